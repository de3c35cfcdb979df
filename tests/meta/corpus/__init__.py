"""Statements with known truth, made from a family and a number alone.

Nothing here imports the evidence or the arithmetics: what the judge is measured with must not
depend on it.  Only ``judged`` and the command line call the judge.
"""

from tests.meta.corpus import fusion  # noqa: F401
from tests.meta.corpus.case import FAMILIES, Case, make

__all__ = ["FAMILIES", "Case", "make"]
