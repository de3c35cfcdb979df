"""The parts of a module that are fields themselves: has each, at its own input, a potential?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import torch
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
    """Of each part that maps a state to one of the same shape, down to the third level.

    Two parts that do so only together, as the layers of an MLP, are one part, named first..second.
    """
    if not isinstance(s.module, nn.Module) or s.complex:
        return ()
    calls, order = _record(s)
    known = dict(s.module.named_modules())
    found: list[Sublayer] = []
    for path in order:
        if len(found) < MOST and path.count(".") < DEPTH:
            found += _measured(
                s, path, type(known[path]).__name__, _force(known[path], calls[path])
            )
    for first, second in _spans(order):
        if len(found) < MOST:
            name = f"{first}..{second.rpartition('.')[2]}"
            made = _between(s, known[first], known[second], calls[first])
            found += _measured(s, name, "span", made)
    return tuple(found)


Call = tuple[tuple[Any, ...], dict[str, Any]]
Made = tuple[Callable[[Tensor], Any], Tensor]
Order = dict[str, tuple[torch.Size, torch.Size]]


def _record(s: Subject) -> tuple[dict[str, Call], Order]:
    """The first call of each part as the whole is asked at the example; shapes, as they ended."""
    calls: dict[str, Call] = {}
    shapes: Order = {}
    hooks = []
    for path, module in s.module.named_modules():  # type: ignore[attr-defined]
        if not path:
            continue

        def before(_: nn.Module, args: Any, kwargs: Any, path: str = path) -> None:
            calls.setdefault(path, (args, kwargs))

        def after(_: nn.Module, args: Any, kwargs: Any, out: Any, path: str = path) -> None:
            given, made = _first([*args, *kwargs.values()]), _first([out])
            if given is not None and made is not None:
                shapes.setdefault(path, (given.shape, made.shape))

        hooks.append(module.register_forward_pre_hook(before, with_kwargs=True))
        hooks.append(module.register_forward_hook(after, with_kwargs=True))
    try:
        s.fresh(s.x)
    finally:
        for h in hooks:
            h.remove()
    return calls, shapes


def _first(values: list[Any]) -> Tensor | None:
    """The first tensor, in a tuple too."""
    for v in values:
        if isinstance(v, tuple | list) and v:
            v = v[0]
        if isinstance(v, Tensor) and v.is_floating_point():
            return v
    return None


def _spans(order: Order) -> list[tuple[str, str]]:
    """Neighbours (a, b) in the order of ending: a leaves the shape, b brings it back."""
    left = {p: io for p, io in order.items() if io[0] != io[1]}
    found, open_at = [], ""
    for path, (given, made) in left.items():
        if open_at and made == left[open_at][0]:
            found.append((open_at, path))
            open_at = ""
        elif not open_at and len(given) == len(made):
            open_at = path
    return found


def _measured(s: Subject, path: str, kind: str, made: Made | None) -> list[Sublayer]:
    """The part's share, if it is a force at all."""
    if made is None:
        return []
    force, x = made
    try:
        with _differentiable():
            y = force(x)
        if not isinstance(y, Tensor) or y.shape != x.shape or not y.is_floating_point():
            return []
        p = Products(force, x)
    except (ValueError, RuntimeError, TypeError):
        return []
    if p.note:
        return [Sublayer(path, kind, float("nan"), False, p.note)]
    anti = whole = 0.0
    for k in range(2 if s.lean else PROBES):
        h = s.normal(100 + k, like=x.double())
        w, v = p.push(h), p.pull(h)
        anti += float(((w - v) ** 2).sum()) / 4
        whole += float((w**2 + v**2).sum()) / 2
    share = anti / whole if whole else 0.0
    return [Sublayer(path, kind, share, share**0.5 <= s.tol)]


def _force(module: nn.Module, call: Call) -> Made | None:
    """The part as a function of its first tensor, wherever that one is handed in."""
    args, kwargs = call
    first = _first([*args, *kwargs.values()])
    if first is None:
        return None
    twin = lambda t: t.shape == first.shape and t.data_ptr() == first.data_ptr()

    def force(x: Tensor) -> Any:
        put = lambda t: x if isinstance(t, Tensor) and twin(t) else t
        out = module(*map(put, args), **{k: put(v) for k, v in kwargs.items()})
        return out[0] if isinstance(out, tuple | list) and out else out

    return force, first.detach().clone()


def _between(s: Subject, first: nn.Module, second: nn.Module, call: Call) -> Made | None:
    """The map from the input of one part to the output of a later one, the whole run through."""
    x = _first([*call[0], *call[1].values()])
    if x is None:
        return None

    def force(t: Tensor) -> Any:
        caught: list[Any] = []
        put = first.register_forward_pre_hook(lambda _, args: (t, *args[1:]))
        take = second.register_forward_hook(lambda _, args, out: caught.append(out))
        try:
            s.force(s.x.detach().clone().requires_grad_())
        finally:
            put.remove()
            take.remove()
        return caught[0] if caught else None

    return force, x.detach().clone()
