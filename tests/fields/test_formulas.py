"""Every formula of the fields beside the same one written in numpy, at one generic point."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest
import scipy.linalg

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
    mechanics,
    moments,
    passes,
    potentials,
    slices,
    symplectic,
)
from tests.fields.generic import (
    ACCELERATION,
    CONVOLVED,
    DATA,
    FACTORS,
    GRAM,
    HERMITIAN,
    KERNEL,
    LOWER,
    MASS,
    MEAN,
    OMEGA,
    PATH,
    REAL_SCORES,
    SCORES,
    SHIFT,
    STAR,
    STEP,
    WIDER,
    WIDTHS,
    WR,
    XR,
    YR,
    A,
    B,
    C,
    H,
    K,
    M,
    N,
    O,
    P,
    Q,
    T,
    U,
    V,
    W,
    X,
    Y,
    Z,
    both,
    causal_weights,
    convolved,
    convolved_back,
    dag,
    lse,
    p,
    p2,
    pair,
    q2,
    soft,
    tr,
    v,
    v2,
    x,
    xp,
    y,
)

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
