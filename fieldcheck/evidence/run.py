"""Putting one statement to the test, without registering it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from fieldcheck.claim import HOLDS, Form
from fieldcheck.domains import Domain
from fieldcheck.evidence.gather import judge
from fieldcheck.evidence.profiles import PROFILES, Profile
from fieldcheck.verdict import Evidence, Verdict


def examine(
    body: Callable[..., Any],
    *,
    sizes: Mapping[str, Sequence[int]] | None = None,
    box: Mapping[str, Any] | None = None,
    profile: str | Profile = "quick",
    seed: int = 0,
    where: Sequence[str] = (),
    **given: Domain,
) -> tuple[Verdict, dict[str, Evidence]]:
    """Put one statement to the test without registering it: its verdict, and evidence by method.

    ``given`` describes the body's inputs, as in a claim::

        verdict, evidence = examine(lambda xp, x: Equal(x + x, 2 * x), x=vector("n"))
    """
    form = Form(
        "example/claim",
        "claim",
        "example",
        body,
        given,
        sizes or {},
        HOLDS,
        box=box,
        where=tuple(where),
    )
    budget = PROFILES[profile] if isinstance(profile, str) else profile
    verdict, evidence, _ = judge(form, budget, seed)
    return verdict, {e.method: e for e in evidence}
