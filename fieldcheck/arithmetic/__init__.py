"""One protocol, many number systems (see :class:`fieldcheck.arithmetic.base.Arithmetic`)."""

from fieldcheck.arithmetic.array import Array, Jet, Unsupported, Value, push
from fieldcheck.arithmetic.base import Arithmetic

__all__ = ["Arithmetic", "Array", "Jet", "Unsupported", "Value", "push"]
