"""A module under audit: its values and derivatives, on states of one shape.

Inside, a state is B x N x C: whatever comes before, tokens, channels.  Complex states are real ones
of twice the size wherever a derivative is taken; a gradient there is Wirtinger's, up to a factor.
Values and derivatives are taken in double precision where the module lets itself be widened.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from .errors import BROKEN, AuditError, said
from .products import Products, _differentiable

LEAN = 1e8
"""Parameters times tokens above which the example is the only state, and fewer probes are taken."""

Module = Callable[[Tensor], Any]


class Subject:
    """``module`` on states like ``example``; ``channels`` names the axis of the channels.

    The tokens' axis is the one before the channels, or all axes behind them (images).
    Raises AuditError, in one sentence, for what cannot be audited.
    """

    def __init__(
        self, module: Module, example: Tensor, *, channels: int = -1, seed: int = 0
    ) -> None:
        _check_example(example)
        self.own, self.seed = module, seed
        self.example = example.detach().resolve_conj().clone()
        check_built(module)
        _check_devices(module, example)
        self._lay_out(example, channels)
        self.is_module = isinstance(module, nn.Module)
        self.first = self.canonical(self._plain(self.own, self.example))
        self.module, wide = self._widened()
        self.x = self.canonical(wide)
        self.complex = self.x.is_complex()
        self.eps = float(torch.finfo(self.x.dtype).eps)
        self.tol = self.eps**0.6
        self.parameters = _count(module)
        batch, tokens, _ = self.x.shape
        self.lean = max(self.parameters, self.x.shape[-1]) * batch * tokens > LEAN
        self._products: dict[int, tuple[Tensor, Products]] = {}
        self._values: dict[int, tuple[Tensor, Tensor]] = {}
        self._points: list[Tensor] = []
        self.pushed: dict[int, list[tuple[Tensor, Tensor]]] = {}
        self.searched: list[Any] = []

    # ------------------------------------------------------------------------------------ layout

    def _lay_out(self, example: Tensor, channels: int) -> None:
        n = example.ndim
        if n and not -n <= channels < n:
            raise AuditError(f"the example has {n} axes, and none is number {channels}")
        c = channels % n if n else 0
        tokens = list(range(c + 1, n)) if c < n - 1 else list(range(max(0, n - 2), n - 1))
        batch = [a for a in range(n) if a != c and a not in tokens]
        self._order = [*batch, *tokens, c] if n else []
        moved = [example.shape[a] for a in self._order]
        self.grid = [example.shape[a] for a in tokens] or [1]
        self._moved = moved
        self._flat = (math.prod(moved[: len(batch)]), math.prod(self.grid), moved[-1] if n else 1)
        self.tokens, self.channels = self._flat[1], self._flat[2]

    def canonical(self, x: Tensor) -> Tensor:
        """A state as the module sees it, laid out as B x N x C."""
        return x.permute(self._order).reshape(self._flat)

    def native(self, z: Tensor) -> Tensor:
        """The inverse of :meth:`canonical`."""
        back = sorted(range(len(self._order)), key=self._order.__getitem__)
        return z.reshape(self._moved).permute(back)

    def real(self, z: Tensor) -> Tensor:
        """A state as real numbers: B x N x C, or B x N x C x 2."""
        return torch.view_as_real(z.resolve_conj()) if z.is_complex() else z

    def back(self, r: Tensor) -> Tensor:
        return torch.view_as_complex(r.contiguous()) if self.complex else r

    # ------------------------------------------------------------------------------------ values

    def _plain(self, module: Module, x: Tensor) -> Tensor:
        """The module's answer, which must be one tensor like its argument; without its graph."""
        with _differentiable():
            try:
                y: Any = module(x.clone().requires_grad_().clone())
            except AuditError:
                raise
            except BROKEN as fault:
                raise AuditError(
                    f"the module fails on an input of shape {_shape(x)}, {_kind(x)}: {said(fault)}"
                ) from None
        return _like(y, x)

    def _widened(self) -> tuple[Module, Tensor]:
        """The module and the example in float64, where the module lets itself be widened."""
        x = self.example
        if x.dtype in (torch.float64, torch.complex64, torch.complex128):
            return self.own, x
        try:
            wide = copy.deepcopy(self.own).double() if self.is_module else self.own  # type: ignore[attr-defined]
            y = self._plain(wide, x.double())
        except (AuditError, RuntimeError, TypeError, NotImplementedError):
            return self.own, x
        return (wide, x.double()) if y.dtype == torch.float64 else (self.own, x)

    def force(self, z: Tensor) -> Tensor:
        """F on canonical states, differentiably."""
        return self.canonical(_like(self.module(self.native(z)), None))

    def at(self, z: Tensor) -> Tensor:
        """F(z), without a graph; remembered."""
        if id(z) not in self._values:
            y = self.canonical(self._plain(self.module, self.native(z)))
            self._values[id(z)] = (z, y)
        return self._values[id(z)][1]

    def fresh(self, z: Tensor) -> Tensor:
        """F(z), asked again."""
        return self.canonical(self._plain(self.module, self.native(z)))

    # ------------------------------------------------------------------------------- derivatives

    def products(self, z: Tensor) -> Products:
        """Jacobian products at z, on real states; remembered."""
        if id(z) not in self._products:
            force = lambda r: self.real(self.force(self.back(r)))
            self._products[id(z)] = (z, Products(force, self.real(z).contiguous()))
        return self._products[id(z)][1]

    def limit(self, z: Tensor) -> float:
        """What a relative defect of derivatives may be: more where difference quotients serve."""
        quotient = max(1e-5, 10 * self.eps ** (2 / 3))
        return quotient if self.products(z).note else self.tol

    # ------------------------------------------------------------------------------------ points

    def generator(self, salt: int = 0) -> torch.Generator:
        return torch.Generator().manual_seed(self.seed * 1000 + salt)

    def normal(self, salt: int = 0, like: Tensor | None = None) -> Tensor:
        """Independent normal entries in the shape of a state, of mean square 1."""
        like = self.x if like is None else like
        return torch.randn(like.shape, generator=self.generator(salt), dtype=like.dtype).to(
            like.device
        )

    @property
    def size(self) -> float:
        """Root mean square of the example, 1 if it is zero."""
        return float(self.x.abs().square().mean().sqrt()) or 1.0

    def points(self, count: int = 3) -> list[Tensor]:
        """The example, and states drawn at its scale at which the module is finite."""
        if not self._points:
            self._points = [self.x]
            for salt in range(1, 1 if self.lean else 3):
                drawn = self.size * self.normal(salt)
                for z in (drawn, self.x * (1 + 0.1 * self.normal(salt).real)):
                    if torch.isfinite(self.real(self.at(z))).all():
                        self._points.append(z)
                        break
        return self._points[:count]


@contextmanager
def evaluating(module: object) -> Iterator[None]:
    """In eval mode; afterwards each part is in the mode it had."""
    flags = [(m, m.training) for m in module.modules()] if isinstance(module, nn.Module) else []
    for m, _ in flags:
        m.training = False
    try:
        yield
    finally:
        for m, flag in flags:
            m.training = flag


def relative(a: Tensor, b: Tensor, *sizes: Tensor) -> float:
    """|a - b| over the larger of |a|, |b| and what else is given; zero where all are zero."""
    top = max(float(t.norm()) for t in (a, b, *sizes))
    return float((a - b).norm()) / top if top else 0.0


# -------------------------------------------------------------------------------------- refusals


def _shape(x: Tensor) -> str:
    return "x".join(map(str, x.shape)) or "()"


def _kind(x: Tensor) -> str:
    return str(x.dtype).removeprefix("torch.")


def _check_example(x: object) -> None:
    if not isinstance(x, Tensor):
        raise AuditError(f"the example must be a tensor, not {type(x).__name__}")
    if not (x.is_floating_point() or x.is_complex()):
        raise AuditError(f"the example is {_kind(x)}: a field needs real or complex numbers")
    if x.numel() == 0:
        raise AuditError(f"the example of shape {_shape(x)} is empty")
    if not torch.isfinite(x).all():
        raise AuditError("the example is not finite")


def check_built(module: object) -> None:
    """Refuse a module whose weights have no shape yet."""
    if isinstance(module, nn.Module) and any(
        map(is_lazy, [*module.parameters(), *module.buffers()])
    ):
        raise AuditError("the module has lazy parameters: call it once, and audit it then")


def _check_devices(module: object, x: Tensor) -> None:
    if not isinstance(module, nn.Module):
        return
    found = {t.device.type for t in [*module.parameters(), *module.buffers()]} - {x.device.type}
    if found:
        raise AuditError(
            f"the module is on {sorted(found)[0]} and the example on {x.device.type}: "
            "bring them together"
        )


def _like(y: Any, x: Tensor | None) -> Tensor:
    """The answer if it is one tensor (of the shape of x); else one sentence."""
    if isinstance(y, dict) and y:
        raise AuditError(f"the module gives a dict: choose an entry, {next(iter(y))!r} for example")
    if isinstance(y, tuple | list):
        raise AuditError(
            f"the module gives a {type(y).__name__} of {len(y)}: choose an entry, 0 say"
        )
    if not isinstance(y, Tensor):
        raise AuditError(f"the module gives {type(y).__name__}, not a tensor")
    if not (y.is_floating_point() or y.is_complex()):
        raise AuditError(f"the module gives {_kind(y)}: a field needs real or complex numbers")
    if y.layout != torch.strided or y.is_nested:
        raise AuditError(f"the module gives a {_layout(y)} tensor: give a dense one")
    if y.is_inference():  # no graph can be made of it, and of a copy can
        y = y.clone()
    y = y.resolve_conj()  # a conjugate is a view until someone looks at its parts
    if x is None:
        return y
    if y.device != x.device:
        raise AuditError(f"the module answers on {y.device}, and was asked on {x.device}")
    if y.shape != x.shape:
        raise AuditError(
            f"a field has the shape of its state, and the module makes {_shape(y)} of {_shape(x)}"
        )
    if y.is_complex() != x.is_complex():
        raise AuditError(f"a field is of its state's kind, and here {_kind(x)} becomes {_kind(y)}")
    return y.detach()


def _layout(y: Tensor) -> str:
    return "nested" if y.is_nested else str(y.layout).removeprefix("torch.").replace("_", " ")


def _count(module: object) -> int:
    return sum(p.numel() for p in module.parameters()) if isinstance(module, nn.Module) else 0
