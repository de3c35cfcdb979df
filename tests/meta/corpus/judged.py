"""What the judge says of a case, and whether it may."""

from __future__ import annotations

import itertools
import signal
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from fieldcheck.evidence.run import examine
from fieldcheck.verdict import ALL, Verdict
from tests.meta.corpus import Case, make

LIMIT = 20
"""Seconds for one case."""

GRAVE = ("false proved", "true refuted")
"""What may never happen."""

MISTAKES = (*GRAVE, "false stands", "true fails", "true invalid")


@dataclass(frozen=True)
class Result:
    """One case and what came of it; ``mistake`` is empty where the verdict may be given."""

    family: str
    seed: int
    truth: bool
    provable: bool
    word: str
    mistake: str
    seconds: float
    label: str
    because: str = ""

    def record(self) -> dict[str, Any]:
        return asdict(self)


class Late(BaseException):
    """A case took too long; no ``except Exception`` of the judge may swallow it."""


def judge(case: Case, profile: str = "quick", seed: int = 0, limit: int = LIMIT) -> Result:
    """Examine a case; one that takes too long is *late*, which is no mistake and no proof."""

    def late(*_: Any) -> None:
        raise Late

    start = time.monotonic()
    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(limit)
    try:
        verdict, _ = examine(
            case.body, profile=profile, seed=seed, sizes=case.sizes, box=case.box, **case.given
        )
        word, wrong, because = str(verdict.verdict), mistake(case, verdict), verdict.because or ""
    except Late:
        word, wrong, because = "late", "", ""
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
    seconds = round(time.monotonic() - start, 3)
    return Result(
        case.family, case.seed, case.truth, case.provable, word, wrong, seconds, case.label, because
    )


Task = tuple[str, int, str, int, int]
"""Family, number, profile, seed of the judge, seconds."""


def one(task: Task) -> Result:
    """A case by its name, for another process."""
    name, number, profile, seed, limit = task
    return judge(make(name, number), profile, seed, limit)


def mistake(case: Case, verdict: Verdict) -> str:
    """What is wrong with a verdict on a case, or an empty string."""
    word = str(verdict.verdict)
    if word in case.draft.words:
        return ""
    if case.truth:
        refused = {"refuted": "true refuted", "fails": "true fails", "invalid": "true invalid"}
        return refused.get(word, "")
    if word == "stands":
        return "false stands"
    if word == "proved":
        return "false proved"
    if word == "proved up to":
        return "false proved" if _covers_fault(case, verdict) else ""
    if word == "proved on":
        return "" if case.draft.on_box else "false proved"
    return ""


def _covers_fault(case: Case, verdict: Verdict) -> bool:
    """Does the scope list sizes at which the statement is false?"""
    sizes: Mapping[str, Any] = verdict.scope.sizes if verdict.scope else {}
    names = [name for name in sizes if name.isidentifier()]
    ranges = [range(1, 30) if sizes[name] == ALL else sizes[name] for name in names]
    if not names:
        return True
    return any(
        case.false_at(dict(zip(names, values, strict=True)))
        for values in itertools.islice(itertools.product(*ranges), 200_000)
    )


def proved(result: Result) -> bool:
    return result.word.startswith("proved")
