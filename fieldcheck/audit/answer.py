"""What a question is, and what an answer to it says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .subject import Subject

YES, NO, UNDECIDED, NOT_ASKED = "yes", "no", "undecided", "not asked"


@dataclass(frozen=True)
class Answer:
    """A verdict with the number that it rests on.

    ``measured`` is a relative defect unless the question says otherwise; above ``limit`` it is
    called a fault.  ``witness`` names the point and the element at which it was measured.
    """

    verdict: str
    measured: float | None = None
    limit: float | None = None
    note: str = ""
    witness: dict[str, Any] | None = None
    detail: dict[str, Any] = field(default_factory=dict)


Answers = dict[str, Answer]


@dataclass(frozen=True)
class Question:
    """A question as data: what it asks, how it is answered, which of its answers are certain.

    ``ask`` sees the subject and the answers to the questions before it.  ``certain`` holds the
    verdicts that a witness of evaluations carries; all others are numerical.  ``fault`` names the
    planted fault by which the question's eye is measured (:mod:`fieldcheck.audit.planted`).
    """

    key: str
    title: str
    ask: Callable[[Subject, Answers], Answer]
    number: str
    certain: frozenset[str] = frozenset({NO})
    fault: str = "generic"


def judged(
    defect: float,
    limit: float,
    witness: dict[str, Any] | None = None,
    note: str = "",
    **detail: Any,
) -> Answer:
    """Yes up to the limit, no above; a defect that is no number decides nothing."""
    if defect != defect:
        return Answer(UNDECIDED, None, limit, note or "the defect is not a number", None, detail)
    if defect <= limit:
        return Answer(YES, defect, limit, note, None, detail)
    return Answer(NO, defect, limit, note, witness, detail)


def not_asked(why: str) -> Answer:
    return Answer(NOT_ASKED, note=why)
