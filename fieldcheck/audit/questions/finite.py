"""Is it finite at zero, at huge and at degenerate states?  Asked in the module's own precision."""

from __future__ import annotations

import torch
from torch import Tensor

from ..answer import NO, YES, Answer, Answers
from ..errors import AuditError
from ..subject import Subject


def _asked(s: Subject, states: dict[str, Tensor]) -> Answer:
    for name, z in states.items():
        try:
            y = s._plain(s.own, z)
        except AuditError as fault:
            return Answer(NO, 1.0, 0.0, str(fault), {"point": name})
        bad = ~torch.isfinite(s.real(y))
        if bad.any():
            share = float(bad.double().mean())
            return Answer(NO, share, 0.0, f"at {name}", {"point": name, "share": share})
    return Answer(YES, 0.0, 0.0)


def at_zero(s: Subject, _: Answers) -> Answer:
    return _asked(s, {"zero": torch.zeros_like(s.example)})


def huge(s: Subject, _: Answers) -> Answer:
    """At a root mean square of the fourth root of the largest number."""
    x = s.example
    size = float(torch.finfo(x.dtype).max) ** 0.25
    now = float(x.abs().double().square().mean().sqrt())
    y = x * (size / now) if now else torch.full_like(x, size)
    return _asked(s, {f"the example at size {size:.0e}": y})


def degenerate(s: Subject, _: Answers) -> Answer:
    """Equal tokens, equal channels, one token that is zero, ties throughout."""
    x = s.canonical(s.example)
    one, first = torch.ones_like(x), x.clone()
    first[:, 0] = 0
    states = {
        "equal tokens": x[:, :1] * one,
        "equal channels": x[..., :1] * one,
        "a zero token": first,
        "all entries one": one,
    }
    return _asked(s, {name: s.native(z) for name, z in states.items()})
