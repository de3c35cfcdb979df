"""What is fuzzed: inputs, and what may come of them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from hypothesis.strategies import SearchStrategy

from fieldcheck.evidence.clock import TooSlow, limited


class Fault(AssertionError):
    """An input to which the answer was neither right nor a documented refusal."""


@dataclass(frozen=True)
class Target:
    """One public function or command.

    inputs:  what is tried
    attempt: raises :class:`Fault`, or anything undocumented, where the answer is none
    share:   of a hundred inputs, so many are this one's
    seconds: of processor time for one input
    """

    name: str
    inputs: SearchStrategy[Any]
    attempt: Callable[[Any], None]
    share: float
    seconds: float = 10.0


@contextmanager
def within(target: Target):
    """The time of one input."""
    try:
        with limited(target.seconds):
            yield
    except TooSlow as late:
        raise Fault(f"{target.name}: {late}") from None


def spoken(fault: BaseException, *documented: type[BaseException]) -> None:
    """A refusal is one of the documented kinds, and a sentence."""
    if not isinstance(fault, documented):
        raise fault
    if not str(fault).strip():
        raise Fault(f"{type(fault).__name__} without a word")
