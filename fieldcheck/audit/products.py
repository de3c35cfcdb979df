"""J h and Jᵀu for the Jacobian J of a force, without forming J: by autograd, or by differences.

Autograd can be cut off inside a force: by ``detach``, by ``no_grad``, by a gradient taken without
``create_graph``.  What is left is no derivative, and often zero.  So each force is compared along
one random direction with a difference quotient; where the two disagree, quotients serve.
"""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.overrides import TorchFunctionMode

Force = Callable[[Tensor], Tensor]

AGREE = 0.02
"""Relative distance of derivative and quotient beyond which autograd is not believed."""
SCALES = [2.0 ** (4 * k) for k in (0, 1, 2, 3, -1, -2, -3)]
LOW, HIGH = 2.0**-5, 2.0**9
"""A product whose largest entry lies between them is far from both ends of half precision."""


class Products:
    """Products of the Jacobian of ``force`` at ``x`` with tensors of its shape, in float64.

    ``push(h)`` is J h.  ``pull(u)`` is Jᵀu, and is there only where ``note`` is empty; else the
    note says why difference quotients serve.

    Raises ValueError, in one sentence, for what has no Jacobian or is no force: no tensor, another
    shape, batch statistics, chance, steps.
    """

    def __init__(self, force: Force, x: Tensor) -> None:
        if not (isinstance(x, Tensor) and x.is_floating_point()):
            kind = x.dtype if isinstance(x, Tensor) else type(x).__name__
            raise ValueError(f"x must be real floating point, not {kind}")
        with _differentiable():
            self.force, self.x = force, x.detach().clone()
            with _Watch():
                y = self._value(force, self.x)
            if not torch.isfinite(y).all():
                raise ValueError("the force is not finite at this point")
            if not _same(y, self._value(force, self.x)):
                raise ValueError("the force answers differently when asked twice: call eval()")
            self.wide, self.wide_x = _widened(force, self.x)
            self.note = self._prepare()
            self.note = self._disagreement() or self.note

    def push(self, h: Tensor) -> Tensor:
        """J h."""
        with _differentiable():
            return self._quotient(h)[0] if self.note else _scaled(self._push, h)

    def pull(self, u: Tensor) -> Tensor:
        """Jᵀu."""
        with _differentiable():
            return _scaled(lambda v: _grad(self.out, self.leaf, v.to(self.out)), u)

    def _push(self, h: Tensor) -> Tensor:
        """Jᵀu is linear in u, and the transpose of u -> Jᵀu is J."""
        return _grad(self.pulled, self.dual, h.to(self.pulled))

    def _prepare(self) -> str:
        """Build the graph of Jᵀu, or say what prevents it."""
        self.leaf = self.x.clone().requires_grad_()
        try:
            # A clone, so that a force may write into its argument.
            self.out = self.force(self.leaf.clone())
            if not self.out.requires_grad:
                return "its output carries no derivatives"
            self.dual = torch.zeros_like(self.out, requires_grad=True)
            self.pulled = _grad(self.out, self.leaf, self.dual, graph=True)
            self._push(torch.zeros_like(self.x))
        except (RuntimeError, NotImplementedError) as fault:
            return f"autograd refuses it: {str(fault).splitlines()[0][:80]}"
        return ""

    def _disagreement(self) -> str:
        """How autograd and a difference quotient disagree, if they do."""
        h = torch.randn(self.x.shape, generator=torch.Generator().manual_seed(1)).to(self.x.device)
        slope, doubt, kink = self._quotient(h)
        if self.note and (doubt <= AGREE * float(slope.norm()) or not slope.any()):
            return ""
        found = torch.zeros_like(slope) if self.note else _scaled(self._push, h)
        size = max(float(slope.norm()), float(found.norm()))
        gap = float((found - slope).norm())
        if not self.note and gap <= AGREE * size + 4 * doubt + 2 * kink:
            return ""
        if not doubt + kink <= 0.1 * size:  # not a number among them
            raise ValueError(
                "the force does not depend differentiably on x: along one direction autograd gives "
                f"{float(found.norm()):.3g} and a difference quotient {float(slope.norm()):.3g}"
            )
        return "part of it is cut off from autograd"

    def _quotient(self, h: Tensor) -> tuple[Tensor, float, float]:
        """(J h by central differences, what to doubt of it, the jump of slope along h)."""
        x, h = self.wide_x, h.double().to(self.x.device)
        eps = torch.finfo(x.dtype).eps
        step = eps ** (1 / 3) * (_rms(x) or 1.0) / (_rms(h) or 1.0)
        at = lambda t: self._value(self.wide, x + (t * h).to(x)).double()
        middle, ends = at(0.0), {t: (at(t), at(-t)) for t in (step, step / 2)}
        far, near = ((a - b) / (2 * t) for t, (a, b) in ends.items())
        kink = float((sum(ends[step / 2]) - 2 * middle).norm()) / step
        floor = torch.finfo(x.dtype).tiny * middle.numel() ** 0.5
        noise = 4 * eps * (float(middle.norm()) + floor) / step
        return (4 * near - far) / 3, float((near - far).norm()) + noise, max(0.0, kink - noise)

    @staticmethod
    def _value(force: Force, x: Tensor) -> Tensor:
        """The force at x, which must be one real tensor of the shape of x; without its graph."""
        y: Any = force(x.clone().requires_grad_().clone())
        if isinstance(y, Mapping):
            raise ValueError(
                f"the force gives a dict: wrap it, lambda x: module(x)[{next(iter(y))!r}]"
            )
        if isinstance(y, tuple | list):
            raise ValueError(
                f"the force gives a {type(y).__name__}: wrap it, lambda x: module(x)[0]"
            )
        if not (isinstance(y, Tensor) and y.is_floating_point()):
            kind = y.dtype if isinstance(y, Tensor) else type(y).__name__
            raise ValueError(f"the force must give a real tensor, not {kind}")
        if y.shape != x.shape:
            raise ValueError(
                f"a force has the shape of its state: {tuple(x.shape)} became {tuple(y.shape)}"
            )
        return y.detach()


@contextmanager
def _differentiable() -> Iterator[None]:
    """Whatever the caller's modes; only the plain attention kernel can be differentiated twice."""
    if _MODES.set and torch.is_grad_enabled():  # entering costs more than a small product
        yield
        return
    with torch.inference_mode(False), torch.enable_grad(), sdpa_kernel(SDPBackend.MATH):
        _MODES.set = True
        try:
            yield
        finally:
            _MODES.set = False


class _Modes(threading.local):
    set = False


_MODES = _Modes()


class _Watch(TorchFunctionMode):
    """Refuses batch norm in training, which would change its own statistics."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if func is nn.functional.batch_norm and args[1] is not None and kwargs.get("training"):
            raise ValueError(
                "a batch norm is in training mode and would change itself: call eval()"
            )
        return func(*args, **kwargs)


def _grad(y: Tensor, x: Tensor, u: Tensor, graph: bool = False) -> Tensor:
    if not y.requires_grad:
        return torch.zeros_like(x)
    (g,) = torch.autograd.grad(y, x, u, create_graph=graph, retain_graph=True, allow_unused=True)
    return torch.zeros_like(x) if g is None else g


def _scaled(linear: Force, v: Tensor) -> Tensor:
    """A linear map at v in float64, scaled by a power of two that suits the map's own precision."""
    best, best_top = None, -1.0
    for scale in SCALES:
        out = linear(v * scale).double()
        top = float(out.abs().max()) if out.numel() else 0.0
        if LOW <= top <= HIGH:
            return out / scale
        if best_top < top < float("inf"):
            best, best_top = out / scale, top
    if best is None:
        raise ValueError("a derivative is not finite at this point")
    return best


def _widened(force: Force, x: Tensor) -> tuple[Force, Tensor]:
    """Force and state in float64, where the force lets itself be widened."""
    if x.dtype == torch.float64:
        return force, x
    try:
        wide = copy.deepcopy(force).double() if isinstance(force, nn.Module) else force
        y = Products._value(wide, x.double())
    except (RuntimeError, ValueError, TypeError):
        return force, x
    # A force that rounds its output again is no wider than before.
    return (wide, x.double()) if y.dtype == torch.float64 else (force, x)


def _same(a: Tensor, b: Tensor) -> bool:
    """Up to the order of a sum."""
    a, b = a.double(), b.double()
    return bool(torch.allclose(a, b, rtol=1e-2, atol=1e-2 * _rms(a), equal_nan=True))


def _rms(x: Tensor) -> float:
    return float(x.double().square().mean().sqrt()) if x.numel() else 0.0
