"""The parts of a module that are fields themselves: each asked, at its own input, for a potential."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from torch import Tensor, nn

from .products import Products, _differentiable
from .subject import Subject

PROBES, MOST, DEPTH = 4, 12, 3


@dataclass(frozen=True)
class Sublayer:
    """A part: its path, its kind, the share ‖A‖²/‖J‖² of its Jacobian that no potential gives."""

    path: str
    kind: str
    share: float
    potential: bool
    note: str = ""

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def sublayers(s: Subject) -> tuple[Sublayer, ...]:
    """Of each part that maps a state to one of the same shape, down to the third level."""
    if not isinstance(s.module, nn.Module) or s.complex:
        return ()
    calls = _record(s)
    found = []
    for path, module in s.module.named_modules():
        if path and path.count(".") < DEPTH and path in calls and len(found) < MOST:
            part = _measured(s, path, module, calls[path])
            if part is not None:
                found.append(part)
    return tuple(found)


Call = tuple[tuple[Any, ...], dict[str, Any]]


def _record(s: Subject) -> dict[str, Call]:
    """The first call of each part while the whole is asked at the example."""
    calls: dict[str, Call] = {}
    hooks = []
    for path, module in s.module.named_modules():  # type: ignore[attr-defined]
        if path:

            def hook(_: nn.Module, args: Any, kwargs: Any, path: str = path) -> None:
                calls.setdefault(path, (args, kwargs))

            hooks.append(module.register_forward_pre_hook(hook, with_kwargs=True))
    try:
        s.fresh(s.x)
    finally:
        for h in hooks:
            h.remove()
    return calls


def _measured(s: Subject, path: str, module: nn.Module, call: Call) -> Sublayer | None:
    made = _force(module, call)
    if made is None:
        return None
    force, x = made
    try:
        with _differentiable():
            y = force(x)
        if not isinstance(y, Tensor) or y.shape != x.shape or not y.is_floating_point():
            return None
        p = Products(force, x)
    except (ValueError, RuntimeError, TypeError):
        return None
    anti = whole = 0.0
    for k in range(2 if s.lean else PROBES):
        h = s.normal(100 + k, like=x.double())
        w = p.push(h)
        v = p.pull(h) if not p.note else None
        if v is None:
            return Sublayer(path, type(module).__name__, float("nan"), False, p.note)
        anti += float(((w - v) ** 2).sum()) / 4
        whole += float((w**2 + v**2).sum()) / 2
    share = anti / whole if whole else 0.0
    return Sublayer(path, type(module).__name__, share, share**0.5 <= s.tol)


def _force(module: nn.Module, call: Call) -> tuple[Callable[[Tensor], Any], Tensor] | None:
    """The part as a function of its first tensor, wherever that one is handed in."""
    args, kwargs = call
    tensors = [t for t in [*args, *kwargs.values()] if isinstance(t, Tensor)]
    if not tensors or not tensors[0].is_floating_point():
        return None
    first = tensors[0]
    same = lambda t: isinstance(t, Tensor) and (t is first or _twin(t, first))

    def force(x: Tensor) -> Any:
        put = lambda t: x if same(t) else t
        out = module(*map(put, args), **{k: put(v) for k, v in kwargs.items()})
        return out[0] if isinstance(out, tuple | list) and out else out

    return force, first.detach().clone()


def _twin(a: Tensor, b: Tensor) -> bool:
    return a.shape == b.shape and a.data_ptr() == b.data_ptr()
