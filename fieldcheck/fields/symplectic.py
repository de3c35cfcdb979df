"""The symplectic structure of complex states: one-form, two-form, exterior derivative.

Shapes: X, H, K, L are N x C; a form takes a base point and tangent vectors and gives a number.
Convention: d(f a) = df ∧ a and (a ∧ b)(H, K) = a(H) b(K) - a(K) b(H); the symplectic form is
ω = -dθ, as in V. I. Arnold, Mathematical Methods of Classical Mechanics (up to the overall sign).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def phase(xp, q, p) -> Any:
    """X = (q + ip)/sqrt(2), entry by entry."""
    return (q + xp.i * p) / xp.sqrt(2)


def pairing(xp, H, K) -> Any:
    """Tr(H K*)."""
    return xp.sum(H * xp.conj(K))


def theta(xp, X, H) -> Any:
    """(i/2) Tr(H X* - X H*): the canonical one-form at X, applied to H; real."""
    return xp.i * (pairing(xp, H, X) - pairing(xp, X, H)) / 2


def omega(xp, H, K) -> Any:
    """i Tr(H K* - K H*): the symplectic form i dX∧dX*, real and antisymmetric; it does not depend
    on the base point."""
    return xp.i * (pairing(xp, H, K) - pairing(xp, K, H))


def exterior(xp, form: Callable[[Any, Any], Any], X, H, K) -> Any:
    """dα(H, K) at X for a one-form α(X; H), along constant H and K."""
    along = lambda U, W: xp.push(lambda Y: form(Y, W), X, U)
    return along(H, K) - along(K, H)


def exterior_of_two_form(xp, form: Callable[[Any, Any, Any], Any], X, H, K, L) -> Any:
    """dβ(H, K, L) at X for a two-form β(X; H, K), along constant H, K and L."""
    along = lambda U, V, W: xp.push(lambda Y: form(Y, V, W), X, U)
    return along(H, K, L) + along(K, L, H) + along(L, H, K)


def form_matrix(xp, form: Callable[[Any, Any], Any], shape) -> Any:
    """The matrix of a two-form on the real basis E_a, iE_a of C^(N x C): 2NC x 2NC."""
    basis = xp.basis(shape)
    basis = basis + [xp.i * e for e in basis]
    return xp.stack([xp.stack([form(e, f) for f in basis]) for e in basis])


def symplectic_defect(xp, field: Callable[[Any], Any], X, H, K) -> Any:
    """d/dt ω(H, K) for tangent vectors carried along X' = field(X): zero for a symplectic flow."""
    D = lambda U: xp.push(field, X, U)
    return omega(xp, D(H), K) + omega(xp, H, D(K))
