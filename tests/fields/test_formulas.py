"""Every formula of the fields beside the same one written in numpy, at one generic point.

Sides are unequal wherever a formula allows it, and no number is 0, 1 or a power of another.
"""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest
import scipy.linalg
import torch

from fieldcheck.arithmetic.floating import Float
from fieldcheck.fields import (
    actions,
    architectures,
    depth,
    duality,
    exponential,
    free_energy,
    gibbs,
    hopfield,
    integrability,
    invariants,
    layers,
    masks,
    mechanics,
    moments,
    passes,
    potentials,
    slices,
    symplectic,
)

xp = Float()
RNG = np.random.default_rng(5)
N, C, R, H = 3, 4, 2, 5


def real(*shape: int) -> np.ndarray:
    return RNG.standard_normal(shape) + 0.25


def both(*shape: int) -> np.ndarray:
    return real(*shape) + 1j * real(*shape)


def v(x: Any) -> Any:
    return xp.wrap(torch.as_tensor(np.asarray(x)))


def soft(s: np.ndarray, axis: int = -1) -> np.ndarray:
    e = np.exp(s)
    return e / e.sum(axis, keepdims=True)


def lse(s: np.ndarray, axis: int = -1) -> np.ndarray:
    return np.log(np.exp(s).sum(axis))


X, Y, U, Z = both(N, C), both(N, C), both(N, C), both(N, C)
W, A, B, M = both(C, C), both(C, C), both(C, C), both(C, C)
XR, YR, WR = real(N, C), real(N, C), real(C, C) / 3
Q, K, V, O = (real(H, C, R) for _ in range(4))
x, y, p = real(C), real(C), soft(real(C))
ACCELERATION, WIDER, P, FACTORS = real(C), real(3, 5), both(2, N, C), both(4, C, R)
T = 1.7  # stands for the square root of r, a temperature, a scale
PATH = both(5, C)
STEP, OMEGA = 0.3, 0.8
STAR = np.conj(X.T)
GRAM = STAR @ X
tr, dag = np.trace, lambda a: np.conj(a.T)
pair = lambda a, b: (a * np.conj(b)).sum()
LOWER = real(C, C)
MASS = LOWER @ LOWER.T
SCORES = X @ W @ STAR / T
REAL_SCORES = XR @ WR @ XR.T / T


def causal_weights(s: np.ndarray) -> np.ndarray:
    return soft(np.where(np.tri(len(s), dtype=bool), s, -np.inf))


CONVOLVED, KERNEL = real(2, 5), real(3, 2, 3)


def convolved(signal: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    out = np.zeros((kernel.shape[0], signal.shape[1]))
    for i, d in itertools.product(range(signal.shape[1]), range(kernel.shape[2])):
        at = i + d - kernel.shape[2] // 2
        if 0 <= at < signal.shape[1]:
            out[:, i] += kernel[:, :, d] @ signal[:, at]
    return out


def convolved_back(signal: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    return convolved(signal, kernel.transpose(1, 0, 2)[:, :, ::-1])


WIDTHS, HERMITIAN = real(5), both(2, 2)
SHIFT = np.roll(np.eye(5), 1, axis=0)
MEAN = (np.eye(5) + SHIFT) / 2
q2, v2, p2 = real(2), real(2), real(2)
DATA = real(6, C)

CASES: dict[str, tuple[Any, Any]] = {
    # -- potentials ------------------------------------------------------------------------------
    "quadratic": (lambda: potentials.quadratic(xp, v(X), v(W)), tr(X @ W @ STAR)),
    "quadratic force": (lambda: potentials.quadratic_force(xp, v(X), v(W)), X @ W),
    "quartic": (lambda: potentials.quartic(xp, v(X), v(A), v(B)), tr(X @ A @ GRAM @ dag(B) @ STAR)),
    "quartic force": (
        lambda: potentials.quartic_force(xp, v(X), v(A), v(B)),
        X @ A @ GRAM @ dag(B) + X @ dag(B) @ GRAM @ A,
    ),
    "double trace": (
        lambda: potentials.double_trace(xp, v(X), v(A), v(B)), tr(A @ GRAM) * tr(B @ GRAM),
    ),
    "double trace force": (
        lambda: potentials.double_trace_force(xp, v(X), v(A), v(B)),
        X @ A * tr(B @ GRAM) + X @ B * tr(A @ GRAM),
    ),
    "real potential": (
        lambda: potentials.real_potential(xp, v(X), v(W), v(A), v(B)),
        (tr(W @ GRAM) + tr(A @ GRAM @ dag(B) @ GRAM)).real,
    ),
    "hermitian part": (lambda: potentials.hermitian_part(xp, v(W)), (W + dag(W)) / 2),
    "real force": (
        lambda: potentials.real_force(xp, v(X), v(W), v(A), v(B)),
        X @ ((G := W + A @ GRAM @ dag(B) + dag(B) @ GRAM @ A) + dag(G)) / 2,
    ),
    "linear attention": (
        lambda: potentials.linear_attention(xp, v(X), v(A), v(B)), X @ A @ GRAM @ B,
    ),
    "softmax energy": (
        lambda: potentials.softmax_energy(xp, v(X), v(W / 4), v(T)), T * lse(SCORES.real / 4).sum(),
    ),
    "softmax force": (
        lambda: potentials.softmax_force(xp, v(X), v(W / 4), v(T)),
        ((S := soft(SCORES.real / 4)) @ X @ dag(W) + S.T @ X @ W) / 8,
    ),
    "softmax attention": (
        lambda: potentials.softmax_attention(xp, v(XR), v(WR), v(T)), soft(REAL_SCORES) @ XR @ WR,
    ),
    # -- forms and actions -----------------------------------------------------------------------
    "phase": (lambda: symplectic.phase(xp, v(x), v(y)), (x + 1j * y) / math.sqrt(2)),
    "pairing": (lambda: symplectic.pairing(xp, v(X), v(Y)), pair(X, Y)),
    "theta": (lambda: symplectic.theta(xp, v(X), v(Y)), 0.5j * (pair(Y, X) - pair(X, Y))),
    "omega": (lambda: symplectic.omega(xp, v(X), v(Y)), 1j * (pair(X, Y) - pair(Y, X))),
    "exterior": (
        lambda: symplectic.exterior(
            xp, lambda P, D: symplectic.pairing(xp, P * P, D), v(X), v(Y), v(U)
        ),
        2 * (pair(X * Y, U) - pair(X * U, Y)),
    ),
    "exterior of a two-form": (
        lambda: symplectic.exterior_of_two_form(
            xp, lambda P, D, E: xp.sum(P * D) * xp.sum(E), v(X), v(Y), v(U), v(Z)
        ),
        (Y * U).sum() * Z.sum() + (U * Z).sum() * Y.sum() + (Z * Y).sum() * U.sum(),
    ),
    "symplectic defect": (
        lambda: symplectic.symplectic_defect(xp, lambda P: P * P, v(X), v(Y), v(U)),
        2j * (pair(X * Y, U) - pair(U, X * Y) + pair(Y, X * U) - pair(X * U, Y)),
    ),
    "matrix of a form": (
        lambda: symplectic.form_matrix(
            xp, lambda D, E: xp.sum(D * v(X)) * xp.sum(xp.conj(E)), (N, C)
        ),
        np.outer([*X.ravel(), *(1j * X.ravel())], [1] * N * C + [-1j] * N * C),
    ),
    "phase space lagrangian": (
        lambda: actions.phase_space_lagrangian(xp, v(X), v(Y), lambda P: xp.norm2(P)),
        0.5j * (pair(Y, X) - pair(X, Y)) - pair(X, X).real,
    ),
    "newton's lagrangian": (
        lambda: actions.newton_lagrangian(xp, v(XR), v(YR), lambda P: xp.sum(P**3)),
        (YR**2).sum() / 2 - (XR**3).sum(),
    ),
    # L = Σ (x³ v + v³): ∂L/∂x h = 3x²v h; d/dt (x³ + 3v²) h = (3x² v + 6 v a) h.
    "euler-lagrange": (
        lambda: actions.euler_lagrange(
            xp, lambda P, D: xp.sum(P**3 * D + D**3), v(x), v(y), v(ACCELERATION), v(p)
        ),
        -(6 * y * ACCELERATION * p).sum(),
    ),
    "phase space action": (
        lambda: actions.phase_space_action(xp, v(PATH), v(STEP), lambda P: xp.norm2(P)),
        -sum(
            pair(b - a, (a + b) / 2).imag + STEP * pair((a + b) / 2, (a + b) / 2).real
            for a, b in itertools.pairwise(PATH)
        ),
    ),
    "newton's action": (
        lambda: actions.newton_action(xp, v(PATH.real), v(STEP), lambda P: xp.sum(P**3)),
        sum(
            ((b - a) ** 2).sum() / (2 * STEP) - STEP * (a**3).sum()
            for a, b in itertools.pairwise(PATH.real)
        ),
    ),
    "pinned": (lambda: actions.pinned(xp, v(XR)), np.vstack([0 * XR[:1], XR, 0 * XR[:1]])),
    # -- networks --------------------------------------------------------------------------------
    "weights": (
        lambda: architectures.weights(xp, v(XR), v(Q[0]), v(K[0]), v(T)),
        soft(XR @ Q[0] @ K[0].T @ XR.T / T),
    ),
    "causal weights": (
        lambda: architectures.weights(xp, v(XR), v(Q[0]), v(K[0]), v(T), True),
        causal_weights(XR @ Q[0] @ K[0].T @ XR.T / T),
    ),
    "free energy of a head": (
        lambda: architectures.free_energy(xp, v(XR), v(Q[0]), v(K[0]), v(T)),
        T * lse(XR @ Q[0] @ K[0].T @ XR.T / T).sum(),
    ),
    "causal free energy": (
        lambda: architectures.free_energy(xp, v(XR), v(Q[0]), v(K[0]), v(T), True),
        T * sum(lse((XR @ Q[0] @ K[0].T @ XR.T / T)[j, : j + 1]) for j in range(N)),
    ),
    "energy of an mlp": (
        lambda: architectures.mlp_energy(xp, v(XR), v(WR), v(x)),
        (np.maximum(XR @ WR + x, 0) ** 2).sum() / 2,
    ),
    "energy of a block": (
        lambda: architectures.block_energy(xp, v(XR), v(Q), v(K), v(WR), v(x), v(T)),
        (np.maximum(XR @ WR + x, 0) ** 2).sum() / 2
        + T * sum(lse(XR @ Q[h] @ K[h].T @ XR.T / T).sum() for h in range(H)),
    ),
    "attention": (
        lambda: architectures.attention(xp, v(XR), v(Q), v(K), v(V), v(O), v(T)),
        sum(soft(XR @ Q[h] @ K[h].T @ XR.T / T) @ XR @ V[h] @ O[h].T for h in range(H)),
    ),
    "gelu": (
        lambda: architectures.tanh_gelu(xp, v(x), v(0.7), v(0.2)),
        x * (1 + np.tanh(0.7 * (x + 0.2 * x**3))) / 2,
    ),
    "convolution": (
        lambda: architectures.convolve(xp, v(CONVOLVED), v(KERNEL)), convolved(CONVOLVED, KERNEL),
    ),
    "convolution, one wide": (
        lambda: architectures.convolve(xp, v(CONVOLVED), v(KERNEL[..., :1])),
        KERNEL[..., 0] @ CONVOLVED,
    ),
    "convolution back": (
        lambda: architectures.convolve_back(xp, v(WIDER), v(KERNEL)),
        convolved_back(WIDER, KERNEL),
    ),
    "convolution back, one wide": (
        lambda: architectures.convolve_back(xp, v(WIDER), v(KERNEL[..., :1])),
        KERNEL[..., 0].T @ WIDER,
    ),
    "posterior mean": (
        lambda: architectures.posterior_mean(xp, v(x), v(DATA), v(T)),
        soft(-((x - DATA) ** 2).sum(1) / (2 * T)) @ DATA,
    ),
    "attention to data": (
        lambda: architectures.data_attention(xp, v(x), v(DATA), v(T)),
        soft((DATA @ x - (DATA**2).sum(1) / 2) / T) @ DATA,
    ),
    "relu mlp": (
        lambda: layers.relu_mlp(xp, v(XR), v(Q[0]), v(K[0])),
        np.maximum(XR @ Q[0], 0) @ K[0].T,
    ),
    "smooth mlp": (
        lambda: layers.smooth_mlp(xp, v(XR), v(Q[0]), v(K[0])),
        np.tanh(XR @ Q[0]) @ K[0].T,
    ),
    "softmax head": (
        lambda: layers.softmax_head(xp, v(XR), v(Q[0]), v(K[0]), v(V[0]), v(O[0]), v(T)),
        soft(XR @ Q[0] @ K[0].T @ XR.T / T) @ XR @ V[0] @ O[0].T,
    ),
    "side by side": (lambda: layers.side_by_side(xp, v(Q)), np.hstack(list(Q))),
    "heads apart": (lambda: layers.apart(xp, layers.side_by_side(xp, v(Q)), *Q.shape[::2]), Q),
    "the talk's field": (
        lambda: layers.talk_field(xp, v(XR), v(Q), v(K), v(Q), v(K), v(V), v(O), v(T)),
        sum(
            np.maximum(XR @ Q[h], 0) @ K[h].T
            + soft(XR @ Q[h] @ K[h].T @ XR.T / T) @ XR @ V[h] @ O[h].T
            for h in range(H)
        ),
    ),
    "linear head": (
        lambda: layers.linear_head(xp, v(X), *(v(m) for m in FACTORS)),
        X @ FACTORS[0] @ dag(FACTORS[1]) @ GRAM @ FACTORS[2] @ dag(FACTORS[3]),
    ),
    # -- free energies, memories, duality --------------------------------------------------------
    "scores": (lambda: free_energy.scores(xp, v(X), v(W), v(T)), SCORES),
    "over keys": (lambda: free_energy.over_keys(xp, v(XR), v(WR), v(T)), lse(REAL_SCORES).sum()),
    "over queries": (
        lambda: free_energy.over_queries(xp, v(XR), v(WR), v(T)),
        lse(REAL_SCORES, 0).sum(),
    ),
    "unnormalized": (
        lambda: free_energy.unnormalized(xp, v(XR), v(WR)), np.exp(XR @ WR @ XR.T).sum() / 2,
    ),
    "weighted inner product": (
        lambda: free_energy.weighted_inner(xp, v(XR), v(WR), v(YR), v(XR)),
        (np.exp(XR @ WR @ XR.T).sum(1) * (YR * XR).sum(1)).sum(),
    ),
    "gibbs": (
        lambda: gibbs.free_energy(xp, v(p), v(np.log(p)), v(x), v(T)),
        (p * x + T * p * np.log(p)).sum(),
    ),
    "hopfield energy": (
        lambda: hopfield.energy(xp, v(x), v(DATA), v(T)), x @ x / 2 - lse(T * DATA @ x) / T,
    ),
    "hopfield update": (
        lambda: hopfield.update(xp, v(x), v(DATA), v(T)),
        soft(T * DATA @ x) @ DATA,
    ),
    "hopfield step": (
        lambda: hopfield.step(xp, v(x), v(DATA), v(T), v(0.3)),
        0.7 * x + 0.3 * soft(T * DATA @ x) @ DATA,
    ),
    "bregman": (
        lambda: duality.bregman(xp, lambda t: xp.sum(t**3), v(x), v(y)),
        (x**3 - y**3 - 3 * y**2 * (x - y)).sum(),
    ),
    "kinetic": (lambda: duality.kinetic(xp, v(LOWER), v(x)), x @ MASS @ x / 2),
    "inverse kinetic": (
        lambda: duality.inverse_kinetic(xp, v(LOWER), v(x)), x @ np.linalg.solve(MASS, x) / 2,
    ),
    "quartic oscillator": (
        lambda: duality.quartic_oscillator(xp, v(LOWER), v(T), v(x)),
        x @ MASS @ x / 2 + T * (x @ x) ** 2 / 4,
    ),
    "negative entropy": (lambda: duality.negative_entropy(xp, v(p)), (p * np.log(p)).sum()),
    "entropy of a coin": (
        lambda: duality.binary_entropy(xp, v(0.3)), 0.3 * math.log(0.3) + 0.7 * math.log(0.7),
    ),
    "double well": (lambda: duality.double_well(xp, v(x)), (x**2 - 1) ** 2 / 4),
    "hull of the well": (
        lambda: duality.double_well_hull(xp, v([0.5, 2.0, -3.0, 1.0])), [0, 9 / 4, 16, 0],
    ),
    "softplus": (lambda: duality.scaled_softplus(xp, v(x), v(T)), T * np.log1p(np.exp(x / T))),
    "largest": (lambda: duality.largest(xp, v(x)), x.max()),
    "largest of one": (lambda: duality.largest(xp, v(x[2:3])), x[2]),
    # -- depth, exponentials, slices -------------------------------------------------------------
    "expm": (lambda: exponential.expm(xp, v(W)), scipy.linalg.expm(W)),
    "expm of few terms": (
        lambda: exponential.expm(xp, v(WR), terms=3, squarings=1),
        np.linalg.matrix_power(np.eye(C) + WR / 2 + WR @ WR / 8, 2),
    ),
    "expm of one more": (
        lambda: exponential.expm(xp, v(WR), 4, 0),
        np.eye(C) + WR + WR @ WR / 2 + WR @ WR @ WR / 6,
    ),
    "nilpotent": (
        lambda: exponential.exp_nilpotent(xp, v(np.triu(A, 1))), scipy.linalg.expm(np.triu(A, 1)),
    ),
    "euler": (lambda: depth.euler(lambda s: s * s, v(x), v(STEP)), x + STEP * x**2),
    "midpoint": (
        lambda: depth.midpoint(lambda s: s * s, v(x), v(STEP)),
        x + STEP * (x + STEP * x**2 / 2) ** 2,
    ),
    "parallel": (lambda: depth.parallel(lambda s: s * s, lambda s: 3 * s)(v(x)), x**2 + 3 * x),
    "in turn": (
        lambda: depth.one_after_the_other(
            depth.euler, lambda s: s * s, lambda s: s * s * s, v(x), v(STEP)
        ),
        (s := x + STEP * x**2) + STEP * s**3,
    ),
    "strang": (
        lambda: depth.strang(depth.euler, lambda s: s * s, lambda s: s * s * s, v(x), v(STEP)),
        (b := (a := x + STEP / 2 * x**2) + STEP * a**3) + STEP / 2 * b**2,
    ),
    "march": (lambda: depth.march(lambda s: s * s, v(x), 3), x**8),
    "bracket": (
        lambda: depth.bracket(xp, lambda s: s * s, lambda s: s * s * s, v(x)), 2 * x**4 - 3 * x**4,
    ),
    "cyclic shift": (lambda: slices.cyclic_shift(xp, 5), SHIFT),
    "a shift of one": (lambda: slices.cyclic_shift(xp, 1), [[1]]),
    "normal order": (
        lambda: slices.normal_ordered(xp, v(HERMITIAN), v(WIDTHS)),
        np.eye(10) - np.kron(SHIFT, np.eye(2)) + 1j * np.kron(np.diag(WIDTHS) @ SHIFT, HERMITIAN),
    ),
    "midpoints": (
        lambda: slices.midpoint(xp, v(HERMITIAN), v(WIDTHS)),
        np.kron((SHIFT.T - SHIFT) / 2, np.eye(2))
        + 1j * np.kron(MEAN.T @ np.diag(WIDTHS) @ MEAN, HERMITIAN),
    ),
    "a slice": (
        lambda: xp.stack(slices.first_slice(xp, v(OMEGA), v(STEP))),
        [(2j * math.pi * STEP) ** -0.5, e := 1 / STEP - STEP * OMEGA**2 / 2, 1 / STEP, e],
    ),
    "slices joined": (
        lambda: xp.stack(
            slices.join([v(n) for n in (2.0, 3.0, 5.0)], [v(n) for n in (7.0, 11.0, 13.0)])
        ),
        [15, 7 - 121 / 15, 33 / 15, 5 - 9 / 15],
    ),
    "slices composed": (
        lambda: xp.stack(
            slices.compose(
                xp, [v(n) for n in (0.5, 2.0, 3.0, 5.0)], [v(n) for n in (0.25, 7.0, 11.0, 13.0)]
            )
        ),
        [0.125 * np.sqrt(2j * math.pi / 15), 7 - 121 / 15, 33 / 15, 5 - 9 / 15],
    ),
    # -- mechanics -------------------------------------------------------------------------------
    "pendulum": (
        lambda: mechanics.PENDULUM.lagrangian(xp, v(q2), v(v2)),
        (v2**2 / 2 + np.cos(q2)).sum(),
    ),
    "pendulum, H": (
        lambda: mechanics.PENDULUM.hamiltonian(xp, v(q2), v(p2)),
        (p2**2 / 2 - np.cos(q2)).sum(),
    ),
    "pendulum, a": (lambda: mechanics.PENDULUM.acceleration(xp, v(q2)), -np.sin(q2)),
    "kepler": (
        lambda: mechanics.KEPLER.lagrangian(xp, v(q2), v(v2)),
        v2 @ v2 / 2 + (q2 @ q2) ** -0.5,
    ),
    "kepler, H": (
        lambda: mechanics.KEPLER.hamiltonian(xp, v(q2), v(p2)),
        p2 @ p2 / 2 - (q2 @ q2) ** -0.5,
    ),
    "kepler, a": (lambda: mechanics.KEPLER.acceleration(xp, v(q2)), -q2 * (q2 @ q2) ** -1.5),
    "quartic well": (
        lambda: mechanics.QUARTIC.lagrangian(xp, v(q2), v(v2)), v2 @ v2 / 2 - (q2 @ q2) ** 2 / 4,
    ),
    "quartic well, H": (
        lambda: mechanics.QUARTIC.hamiltonian(xp, v(q2), v(p2)), p2 @ p2 / 2 + (q2 @ q2) ** 2 / 4,
    ),
    "quartic well, a": (lambda: mechanics.QUARTIC.acceleration(xp, v(q2)), -(q2 @ q2) * q2),
    "hamilton": (
        lambda: xp.stack(mechanics.hamilton(xp, lambda q, p: xp.sum(q**3 * p * p), v(q2), v(p2))),
        [2 * q2**3 * p2, -3 * q2**2 * p2**2],
    ),
    "one step": (
        lambda: mechanics.stormer(lambda s: s * s, v(x), v(y), v(STEP), 1),
        (one := x + STEP * y + STEP**2 * x**2 / 2),
    ),
    "three steps": (
        lambda: mechanics.stormer(lambda s: s * s, v(x), v(y), v(STEP), 3),
        2 * (two := 2 * one - x + STEP**2 * one**2) - one + STEP**2 * two**2,
    ),
    # -- invariants, integrability, moments, passes ----------------------------------------------
    "columns of invariants": (
        lambda: invariants.stack_columns(xp, [v(x), v(y)]),
        np.stack([x, y], 1),
    ),
    "gram entries": (
        lambda: invariants.stack_columns(xp, invariants.gram_entries(xp, v(P))),
        [(dag(s) @ s).ravel() for s in P],
    ),
    "products of two": (
        lambda: xp.stack(invariants.pair_products([v(n) for n in (2.0, 3.0, 5.0)])),
        [4, 6, 10, 9, 15, 25],
    ),
    "words": (
        lambda: xp.stack(invariants.words(xp, [v(A), v(B)], 2)),
        [np.eye(C), A, B, A @ A, A @ B, B @ A, B @ B],
    ),
    "commuting": (
        lambda: invariants.commuting_conditions(xp, [v(A), v(B)]) @ v(M.ravel()),
        np.concatenate([(M @ A - A @ M).ravel(), (M @ B - B @ M).ravel()]),
    ),
    "wirtinger pairing": (
        lambda: integrability.wirtinger_pairing(
            xp, lambda s: s @ v(A) @ xp.star(s) @ s, v(X), v(Y), v(Z)
        ),
        pair(X @ A @ dag(Y) @ X, Z),
    ),
    "euclidean pairing": (
        lambda: integrability.euclidean_pairing(
            xp, lambda s: s @ v(WR) @ s.T @ s, v(XR), v(YR), v(XR)
        ),
        (XR * (YR @ WR @ XR.T @ XR + XR @ WR @ YR.T @ XR + XR @ WR @ XR.T @ YR)).sum(),
    ),
    "antilinear jacobian": (
        lambda: integrability.antilinear_jacobian(
            xp, lambda s: v(A) @ xp.conj(s) + v(B) @ s, v(both(C))
        ),
        A,
    ),
    "moments of signs": (
        lambda: xp.stack(moments.sign_moments(xp, lambda s: 1 + xp.sum(s * v([2.0, 3.0])), 2)),
        [1, 1 + 4 + 9],
    ),
    # E (a g₁² + b g₁ g₂)² = 3a² + b²
    "moments of gaussians": (
        lambda: xp.stack(
            moments.gaussian_moments(xp, lambda s: 2 * s[0] * s[0] + 5 * s[0] * s[1], 2)
        ),
        [2, 3 * 4 + 25],
    ),
    "free energy of a pass": (
        lambda: passes.free_energy(xp, v(XR), v(DATA), v(T)), lse(T * XR @ DATA.T).sum() / T,
    ),
    "weight of no key": (lambda: passes.null_weight(xp, v(x)), 1 / (1 + np.exp(x).sum())),
    "middle": (
        lambda: passes.middle(xp, v(M), *(v(m) for m in FACTORS)),
        (ab := FACTORS[0] @ dag(FACTORS[1])) @ M @ (cd := FACTORS[2] @ dag(FACTORS[3]))
        + cd @ M @ ab,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_the_formula_is_the_one_of_numpy(name):
    formula, expected = CASES[name]
    found = formula()
    assert found.shape == np.shape(expected)
    np.testing.assert_allclose(np.asarray(found.data), expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("sign", [1, 0, -1])
@pytest.mark.parametrize("unscaled", [False, True])
def test_the_second_pass_and_its_mistakes(sign, unscaled):
    norms = lse(T * XR @ DATA.T)
    shifted = T * (DATA @ XR.T - sign * norms / (1 if unscaled else T))
    weights, sums = passes.second_pass(xp, v(XR), v(DATA), v(T), sign, unscaled)
    np.testing.assert_allclose(weights.data, soft(shifted))
    np.testing.assert_allclose(sums.data, lse(shifted))
    if sign == 1 and not unscaled:
        plain = passes.second_pass(xp, v(XR), v(DATA), v(T))
        assert torch.equal(plain[0].data, weights.data)


def test_the_classical_method_of_runge_and_kutta():
    """On x' = x it is the series of the exponential to the fourth order, with one more field."""
    found = depth.rk4(lambda s: s, v(1.0), v(STEP)).data.item()
    assert found == pytest.approx(sum(STEP**k / math.factorial(k) for k in range(5)), rel=1e-14)
    f = lambda s: s * s
    k1 = f(x)
    k2 = f(x + STEP / 2 * k1)
    k3 = f(x + STEP / 2 * k2)
    k4 = f(x + STEP * k3)
    expected = x + STEP * (k1 + 2 * k2 + 2 * k3 + k4) / 6
    np.testing.assert_allclose(depth.rk4(f, v(x), v(STEP)).data, expected)


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 8])
def test_the_kernel_of_slices_is_joined_one_by_one(n):
    """Put together in any order: here from left to right."""
    h = 0.9 / n
    kernel = slices.first_slice(xp, v(OMEGA), v(h))
    for _ in range(n - 1):
        kernel = slices.compose(xp, kernel, slices.first_slice(xp, v(OMEGA), v(h)))
    factor, a, b, c = (complex(k.data) for k in kernel)
    expected = factor * np.exp(0.5j * (a * 0.4**2 - 2 * b * 0.4 * 0.7 + c * 0.7**2))
    found = slices.sliced_kernel(xp, v(OMEGA), v(0.9), n, v(0.4), v(0.7))
    assert complex(found.data) == pytest.approx(expected, rel=1e-12)


def test_quartic_coefficients_give_the_form_back():
    """Q(M) = Σ T[ab, cd] Tr(M E_ab M E_cd), with T symmetric, at a matrix that is not a unit."""
    quadratic = lambda m: xp.trace(m @ v(A[:2, :2]) @ m @ v(B[:2, :2])) + xp.trace(m) * m[0, 1]
    table = np.asarray(invariants.quartic_coefficients(xp, quadratic, 2).data)
    np.testing.assert_allclose(table, table.T)
    m = M[:2, :2]
    units = [np.outer(a, b) for a, b in itertools.product(np.eye(2), np.eye(2))]
    total = sum(
        table[j, k] * tr(m @ e @ m @ f)
        for (j, e), (k, f) in itertools.product(enumerate(units), enumerate(units))
    )
    assert total == pytest.approx(complex(quadratic(v(m)).data))


@pytest.mark.parametrize(
    ("mask", "rows"),
    [
        (masks.causal(3), ["100", "110", "111"]),
        (masks.band(4, 1), ["1100", "1110", "0111", "0011"]),
        (masks.band(3, 0), ["100", "010", "001"]),
        (masks.blocks(5, 2), ["11000", "11000", "00110", "00110", "00001"]),
        (masks.circulant(4, (0, 1)), ["1100", "0110", "0011", "1001"]),
        (masks.circulant(3, (-1, 4)), ["011", "101", "110"]),
        (masks.full(2), ["11", "11"]),
    ],
)
def test_masks_row_by_row(mask, rows):
    assert mask == tuple(tuple(map(int, row)) for row in rows)


def test_what_a_reordering_changes_in_a_mask():
    mask = masks.causal(3)
    assert masks.defect(mask, (0, 1, 2)) == 0
    assert masks.defect(mask, (1, 0, 2)) == 2
    assert masks.defect(mask, (2, 1, 0)) == 6
    assert list(masks.automorphisms(mask)) == [(0, 1, 2)]
    assert len(list(masks.automorphisms(masks.circulant(4, (0, 1, -1))))) == 8


def test_cycles_and_the_traces_of_permutations():
    assert invariants._cycles((1, 0, 2)) == [2, 1]
    assert invariants._cycles((1, 2, 0, 4, 3)) == [3, 2]
    assert invariants._cycles(()) == []
    # On linear forms a permutation of tokens has C times its number of fixed points as its trace.
    assert invariants._fixed([2, 1], 3, 1) == 3
    assert invariants._fixed([1, 1], 2, 2) == math.comb(5, 2)
    assert invariants._fixed([2], 1, 2) == 1
    assert invariants._fixed([2, 1], 1, 0) == 1


def test_blockings_of_one_channel():
    """Set partitions of two and two indistinguishable factors: nine multisets of blocks."""
    assert len(invariants.blockings(1, 2, 2)) == 9
    assert invariants.blockings(1, 1, 1) == [(((), (0,)), ((0,), ())), (((0,), (0,)),)]
    assert invariants.blockings(2, 1, 0) == [(((0,), ()),), (((1,), ()),)]


def test_products_of_power_sums():
    """Every product is a sum over tokens for each block: counted off at one point."""
    found = invariants.power_sum_products(xp, v(P[..., :2]))
    for value, blocks in zip(found, invariants.blockings(2, 2, 2), strict=True):
        expected = 1
        for conjugated, plain in blocks:
            bars = np.prod([P[..., a].conj() for a in conjugated], axis=0)
            factors = np.prod([P[..., a] for a in plain], axis=0)
            expected = expected * (bars * factors * np.ones((2, N))).sum(1)
        np.testing.assert_allclose(value.data, expected)


def test_domains_of_the_duality():
    chance = duality.chance()
    found = chance.build(xp, {"x": v(0.5), "y": v(1.5)}).data.item()
    assert found == pytest.approx(0.25 / (0.25 + 2.25))
    rng = np.random.default_rng(0)
    assert chance.strata["ties"]({"x": 3.0, "y": 4.0}, rng) == {"x": 3.0, "y": 3.0}
    assert chance.relaxed.build(xp, {"x": v(0.5), "y": v(1.5)}).data.item() == 0.5
    assert chance.raw_shapes({}) == {"x": (), "y": ()}


def test_two_schemes_end_up_apart_by_the_order_of_the_weaker_one():
    q, p = v([0.4]), v([0.3])
    right = mechanics.apart(xp, mechanics.PENDULUM, q, p)
    wrong = mechanics.apart(xp, mechanics.PENDULUM, q, p, sign=-1)
    gaps = [float(right(n).data) for n in (8, 16)]
    assert gaps[0] / gaps[1] == pytest.approx(4, rel=0.05)
    assert gaps[1] < 1e-3
    assert float(wrong(16).data) > 0.1
