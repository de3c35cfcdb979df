"""The audit of a module: every question asked, each answer with what it rests on; its parts."""

from __future__ import annotations

import json
import platform
from collections.abc import Iterable
from dataclasses import dataclass, field
from importlib import resources
from typing import Any

import torch
from torch import Tensor

from .answer import NO, NOT_ASKED, Answer, not_asked
from .errors import AuditError
from .products import _differentiable
from .questions import BY_KEY, QUESTIONS
from .questions.line import Potential
from .subject import Module, Subject, evaluating
from .sublayers import Sublayer, sublayers

SCHEMA = 1


@dataclass(frozen=True)
class Report:
    """Answers by key, the potential if there is one, the sublayers' own shares.

    ``potential`` maps a state, shaped as the module's, to a number; its gradient is the field (in
    the metric of :attr:`answers` ``["diagonal"]``, if only there is one).
    """

    name: str
    shape: tuple[int, ...]
    dtype: str
    parameters: int
    seed: int
    answers: dict[str, Answer]
    parts: tuple[Sublayer, ...] = ()
    potential: Potential | None = field(default=None, compare=False)

    def __getitem__(self, key: str) -> Answer:
        return self.answers[key]

    def certain(self, key: str) -> bool:
        """Whether evaluations alone carry the verdict; all other verdicts are numerical."""
        answer = self.answers[key]
        if answer.witness is not None and "certain" in answer.witness:
            return bool(answer.witness["certain"])
        if key in ("projection", "prox") and answer.verdict == NO:
            cause = answer.note.removeprefix("not ")
            return self.certain(cause)
        if key == "interaction":
            return answer.verdict == "yes"
        return answer.verdict in BY_KEY[key].certain

    def sees(self, key: str) -> float | None:
        """The smallest planted fault that the question found in the gallery, at this precision."""
        return sensitivity(self.dtype).get(key)

    def as_dict(self) -> dict[str, Any]:
        """What :func:`json.dumps` takes: the published form."""
        rows = [
            {
                "key": key, "question": BY_KEY[key].title, "verdict": a.verdict,
                "certain": self.certain(key), "measured": _number(a.measured),
                "measures": BY_KEY[key].number, "limit": _number(a.limit),
                "sees": self.sees(key), "note": a.note, "witness": a.witness,
                "detail": {k: v for k, v in a.detail.items() if k != "callable"},
            }
            for key, a in self.answers.items()
        ]  # fmt: skip
        return {
            "schema": SCHEMA, "target": self.name, "shape": list(self.shape), "dtype": self.dtype,
            "parameters": self.parameters, "seed": self.seed,
            "machine": {"python": platform.python_version(), "torch": torch.__version__},
            "answers": rows, "sublayers": [part.as_dict() for part in self.parts],
        }  # fmt: skip


def report(
    module: Module,
    example: Tensor,
    *,
    name: str = "",
    channels: int = -1,
    seed: int = 0,
    only: Iterable[str] | None = None,
) -> Report:
    """Ask every question of ``module`` (or those ``only``), at states like ``example``.

    ``module`` maps a tensor to one of the same shape; the last axis of the example are its
    channels, the one before its tokens, unless ``channels`` names another (1 for images).  A module
    is put into eval mode while it is asked.

    Raises AuditError, in one sentence, for what cannot be audited: see
    :class:`fieldcheck.audit.subject.Subject`.
    """
    chosen = None if only is None else _chosen(only)
    with evaluating(module), _differentiable():
        s = Subject(module, example, channels=channels, seed=seed)
        answers = _ask(s, chosen)
        parts = () if only is not None else sublayers(s)
    kept = answers.get("potential")
    return Report(
        name or _name(module), tuple(example.shape), str(s.x.dtype).removeprefix("torch."),
        s.parameters, seed, answers, parts, kept.detail.get("callable") if kept else None,
    )  # fmt: skip


def _chosen(only: Iterable[str]) -> set[str]:
    """The keys of some questions; one may stand alone."""
    keys, known = {only} if isinstance(only, str) else set(only), [q.key for q in QUESTIONS]
    for key in keys - set(known):
        raise AuditError(f"no question is called {key!r}; there are {', '.join(known)}")
    return keys


def _ask(s: Subject, only: set[str] | None) -> dict[str, Answer]:
    """In order: a question may rest on the answers before it, which are asked then too."""
    wanted = {q.key for q in QUESTIONS} if only is None else _closed(only)
    answers: dict[str, Answer] = {}
    for q in QUESTIONS:
        if q.key not in wanted:
            continue
        if answers and answers["deterministic"].verdict == NO:
            answers[q.key] = not_asked("its output is random")
            continue
        try:
            answers[q.key] = q.ask(s, answers)
        except ValueError as fault:
            answers[q.key] = Answer(NOT_ASKED, note=str(fault))
    return answers


def _closed(keys: set[str]) -> set[str]:
    needs = {
        "diagonal": {"gradient"}, "token": {"gradient"}, "hamiltonian": {"gradient"},
        "potential": {"gradient", "diagonal"}, "symplectic": {"gradient"}, "taylor": {"zero"},
        "projection": {"idempotent", "firm"}, "prox": {"gradient", "firm"},
    }  # fmt: skip
    return keys | {"deterministic"} | {n for k in keys for n in needs.get(k, ())}


def _name(module: object) -> str:
    return getattr(module, "__name__", type(module).__name__)


def _number(x: float | None) -> float | None:
    return None if x is None or x != x or abs(x) == float("inf") else float(f"{x:.5g}")


_SEEN: dict[str, dict[str, float]] = {}


def sensitivity(dtype: str) -> dict[str, float]:
    """For each question the smallest planted fault it found; see :mod:`.planted`."""
    if not _SEEN:
        try:
            text = resources.files(__package__).joinpath("sensitivity.json").read_text("utf-8")
        except FileNotFoundError:
            text = "{}"
        _SEEN.update(json.loads(text) or {"": {}})
    single = dtype in ("float32", "float16", "bfloat16", "complex64")
    return _SEEN.get("float32" if single else "float64", {})
