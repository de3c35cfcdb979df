"""Conic activations as torch modules: layers with a cone for each group of channels.

They hold no parameters.  The functions behind them are in :mod:`fieldcheck.ops`, the same formulas
for any arithmetic in :mod:`fieldcheck.cones.colu`, :mod:`~fieldcheck.cones.lorentz` and
:mod:`~fieldcheck.cones.psd`.
"""

from __future__ import annotations

import math
from typing import Literal

from torch import Tensor, nn

from fieldcheck import ops
from fieldcheck.ops import _check
from fieldcheck.ops._layout import layout, part
from fieldcheck.ops.reference import Form, Negative

Scaling = Literal["hard", "soft", "sqrt", "log"]

#: The scalings of the authors' package, as forms here, and what becomes of a negative axis.
SCALINGS: dict[str, tuple[Form, Negative]] = {
    "hard": ("hard", "rectified"),
    "soft": ("silu", "kept"),
    "sqrt": ("sqrt", "rectified"),
    "log": ("log", "rectified"),
}


class _Conic(nn.Module):
    """What the layers on channels share: how channels are cut into groups, and how they print."""

    def __init__(self, size: int | None, groups: int | None, dim: int) -> None:
        super().__init__()
        if size is None and groups is None:
            size = 4
        # With as many channels as groups the cut fits, whatever is given: what is left to refuse is
        # the size or the number itself.
        op = type(self).__name__
        size, groups = part(op, "size", size), part(op, "groups", groups)
        layout(op, groups or 0, size, groups, False, False)
        self.size, self.groups, self.dim = size, groups, _check.whole(op, "dim", dim)

    def extra_repr(self) -> str:
        cut = f"size={self.size}" if self.groups is None else f"groups={self.groups}"
        return ", ".join([cut, f"dim={self.dim}", *self._options()])

    def _options(self) -> list[str]:
        return []


class CoLU(_Conic):
    r"""Conic linear unit, group by group.

    A group is an axis entry :math:`t` and a body :math:`w`; :math:`y = (t, c\,w)` with
    :math:`c = \mathrm{clip}(t/\lVert w\rVert, 0, 1)`.  It is the nearest point of the cone
    :math:`\lVert w\rVert \le t` among those with the same axis entry, not the nearest of all:
    for that see :class:`SecondOrderCone`.

    Shapes
        Any tensor with C channels along ``dim``, float16 to float64, CPU or CUDA, empty ones too;
        the result has the same shape.  C = G S, or C = 1 + G (S - 1) with a shared axis.

    Parameters
        size: channels S of a group, axis included (4 if neither is given).
        groups: number of groups G, instead of ``size``.
        dim: the channel axis (default the last; 1 for images).
        planar: all axes first, then all bodies, as the activation's authors lay channels out;
            by default each group's axis stands before its own body.
        shared: one axis for all groups.
        form: "hard"; "soft", c the logistic function of t/|w| - 1/2; "firm", of 4 t/|w| - 2;
            "silu", soft with silu(t) for t, axis included; "sqrt" and "log", c the root of q and
            log(1 + q), q = max(t, 0)/|w|.
        negative: a negative axis is "kept" as in the paper, or "rectified" to 0.
        eps: added to |w| in the quotient.

    Equivariance group (linear): (positive scalings x O(S - 1)) for each group, permuted by S_G; its
    isometries are the wreath product of O(S - 1) with S_G.  All forms but silu, and both readings
    of a negative axis, have it.  With a shared axis one common scaling is left; with ``eps`` > 0 or
    the form silu no scaling at all.

    Source: Fu and Cohen, Conic Activation Functions, PMLR 285 (2024) 296-309.
    """

    def __init__(
        self,
        size: int | None = None,
        *,
        groups: int | None = None,
        dim: int = -1,
        planar: bool = False,
        shared: bool = False,
        form: Form = "hard",
        negative: Negative = "kept",
        eps: float = 0.0,
    ) -> None:
        super().__init__(size, groups, dim)
        ops.reference.check_colu("CoLU", form, negative, eps)
        self.planar, self.shared, self.eps = planar, shared, eps
        self.form: Form = form
        self.negative: Negative = negative

    @classmethod
    def jax_colu(
        cls,
        size: int | None = None,
        *,
        groups: int | None = None,
        dim: int = -1,
        scaling: Scaling = "hard",
        shared: bool = False,
    ) -> CoLU:
        """The unit as the authors' package ``jax_colu`` computes it today.

        All axes stand first; 1e-7 is added to lengths; a negative axis is 0, or with soft scaling
        the negative part of SiLU.  ``scaling`` is "hard", "soft" (here the form silu), "sqrt" or
        "log"; ``size``, ``groups``, ``dim`` and ``shared`` are the package's dim, num_groups,
        channel_axis and share_axis.
        """
        _check.choice("CoLU.jax_colu", "scaling", scaling, tuple(SCALINGS))
        form, negative = SCALINGS[scaling]
        return cls(
            size, groups=groups, dim=dim, planar=True, shared=shared, form=form,
            negative=negative, eps=1e-7,
        )  # fmt: skip

    def forward(self, x: Tensor) -> Tensor:
        return ops.colu(
            x, self.size, groups=self.groups, dim=self.dim, planar=self.planar,
            shared=self.shared, form=self.form, negative=self.negative, eps=self.eps,
        )  # fmt: skip

    def _options(self) -> list[str]:
        flags = [name for name in ("planar", "shared") if getattr(self, name)]
        words = [w for w in (self.form, self.negative) if w not in ("hard", "kept")]
        return flags + words + ([f"eps={self.eps}"] if self.eps else [])


class RCoLU(_Conic):
    r"""CoLU about the axis :math:`e = (1, \dots, 1)/\sqrt S` of each group.

    :math:`y = t e + c\,(x - t e)` with :math:`t = \langle x, e\rangle` and
    :math:`c = \mathrm{clip}(t/\lVert x - te\rVert, 0, 1)`.  No channel is special, and no layout
    is needed.

    Shapes
        Any tensor with C = G S channels along ``dim``, dtypes and devices as for :class:`CoLU`.

    Parameters
        size, groups, dim, form, eps: as for :class:`CoLU`.
        negative: where t < 0 the part t e is "kept", as in the paper, or "rectified" to 0.

    Equivariance group (linear): positive scalings (none with ``eps`` > 0) and the isometries that
    fix e in each group, among them all permutations of its channels; groups permuted by S_G.

    Source: Fu and Cohen, Conic Activation Functions, PMLR 285 (2024) 296-309; the printed formula
    is the identity, this is the one its text describes.
    """

    def __init__(
        self,
        size: int | None = None,
        *,
        groups: int | None = None,
        dim: int = -1,
        form: Form = "hard",
        negative: Negative = "kept",
        eps: float = 0.0,
    ) -> None:
        super().__init__(size, groups, dim)
        ops.reference.check_colu("RCoLU", form, negative, eps)
        self.form: Form = form
        self.negative: Negative = negative
        self.eps = eps

    @classmethod
    def jax_colu(
        cls,
        size: int | None = None,
        *,
        groups: int | None = None,
        dim: int = -1,
        scaling: Scaling = "hard",
    ) -> RCoLU:
        """The unit as the authors' package computes it today: see :meth:`CoLU.jax_colu`."""
        _check.choice("RCoLU.jax_colu", "scaling", scaling, tuple(SCALINGS))
        form, negative = SCALINGS[scaling]
        return cls(size, groups=groups, dim=dim, form=form, negative=negative, eps=1e-7)

    def forward(self, x: Tensor) -> Tensor:
        return ops.rcolu(
            x, self.size, groups=self.groups, dim=self.dim, form=self.form,
            negative=self.negative, eps=self.eps,
        )  # fmt: skip

    def _options(self) -> list[str]:
        words = [w for w in (self.form, self.negative) if w not in ("hard", "kept")]
        return words + ([f"eps={self.eps}"] if self.eps else [])


class SecondOrderCone(_Conic):
    r"""Metric projection on a second-order cone of any opening, group by group.

    The nearest point of :math:`\lVert w\rVert \le t \tan\theta`: the group itself inside, 0 in the
    polar cone, else :math:`s(1, a\,w/\lVert w\rVert)` with :math:`a = \tan\theta`, :math:`s = (t +
    a\lVert w\rVert)/(1 + a^2)`. It is firmly nonexpansive and a gradient; with S = 1 it is ReLU.

    Shapes
        Any tensor with C = G S channels along ``dim``, dtypes and devices as for :class:`CoLU`.

    Parameters
        size, groups, dim, planar: as for :class:`CoLU`.
        half_angle: the angle theta between axis and side, in radians (default pi/4).

    Equivariance group (linear): (positive scalings x O(S - 1)) for each group, permuted by S_G.

    Sources: Moreau (1962); Fukushima, Luo and Tseng, SIAM J. Optim. 12 (2002) 436;
    as an activation, Li et al., Generalized Activation via Multivariate Projection (2023).
    """

    def __init__(
        self,
        size: int | None = None,
        *,
        groups: int | None = None,
        dim: int = -1,
        planar: bool = False,
        half_angle: float = math.pi / 4,
    ) -> None:
        super().__init__(size, groups, dim)
        ops.reference.opening("SecondOrderCone", half_angle)
        self.planar, self.half_angle = planar, half_angle

    def forward(self, x: Tensor) -> Tensor:
        return ops.soc_projection(
            x, self.size, groups=self.groups, dim=self.dim, planar=self.planar,
            half_angle=self.half_angle,
        )  # fmt: skip

    def _options(self) -> list[str]:
        return (["planar"] if self.planar else []) + [f"half_angle={self.half_angle:.4g}"]


class PositiveSemidefinite(nn.Module):
    r"""Metric projection on the positive semidefinite matrices: ReLU of the eigenvalues.

    The Hermitian part of the input is :math:`U \Lambda U^*`; the result is :math:`U \Lambda_+ U^*`.

    Shapes
        (..., n, n), real or complex, to the same.

    Equivariance group: conjugation by U(n), or by O(n) over the reals, and positive scalings.

    Source: Higham, Linear Algebra Appl. 103 (1988) 103.
    """

    def forward(self, a: Tensor) -> Tensor:
        return ops.psd_projection(a)
