"""The softmax chapter's formulas against plain numpy, at one random point each."""

from fractions import Fraction

import numpy as np
import pytest
from scipy.special import logsumexp, softmax

from fieldcheck.arithmetic.ball import Ball
from fieldcheck.fields import free_energy, gibbs, hopfield
from fieldcheck.fields.integrability import antilinear_jacobian

xp = Ball()
rng = np.random.default_rng(3)


def lift(table):
    """A real or complex numpy array as balls."""
    table = np.asarray(table)
    fractions = np.vectorize(Fraction, otypes=[object])
    if np.iscomplexobj(table):
        return xp.from_raw(fractions(table.real)) + xp.i * xp.from_raw(fractions(table.imag))
    return xp.from_raw(fractions(table))


def lower(value):
    """Midpoints as complex numpy numbers."""
    return np.vectorize(lambda x: complex(x.mid()) if hasattr(x, "real") else float(x.mid()))(
        value.data
    )


def gaussian(*shape):
    return rng.standard_normal(shape) + 1j * rng.standard_normal(shape)


@pytest.fixture
def tokens():
    return gaussian(3, 2), gaussian(2, 2), 1.5


def test_scores_and_both_free_energies(tokens):
    X, W, root_r = tokens
    S = X @ W @ X.conj().T / root_r
    args = (xp, lift(X), lift(W), lift(root_r))
    assert np.allclose(lower(free_energy.scores(*args)), S)
    # The complex logarithm has branches: compare exponentials.
    for formula, axis in ((free_energy.over_keys, 1), (free_energy.over_queries, 0)):
        expected = np.exp(S).sum(axis=axis).prod()
        assert np.allclose(np.exp(lower(formula(*args))), expected)


def test_the_weighted_metric():
    X, W, H, F = (rng.standard_normal(s) for s in ((3, 2), (2, 2), (3, 2), (3, 2)))
    E = np.exp(X @ W @ X.T)
    weighted = free_energy.weighted_inner(xp, lift(X), lift(W), lift(H), lift(F))
    assert np.allclose(lower(weighted), (E.sum(axis=1)[:, None] * H * F).sum())
    assert np.allclose(lower(free_energy.unnormalized(xp, lift(X), lift(W))), E.sum() / 2)


def test_gibbs_free_energy_is_least_at_softmax():
    E, tau = rng.standard_normal(4), 0.7
    p = softmax(-E / tau)
    args = (lift(p), lift(np.log(p)), lift(E), lift(tau))
    least = float(np.real(lower(gibbs.free_energy(xp, *args))))
    assert least == pytest.approx(-tau * logsumexp(-E / tau))
    q = softmax(rng.standard_normal(4))
    other = lower(gibbs.free_energy(xp, lift(q), lift(np.log(q)), lift(E), lift(tau)))
    assert np.real(other) > least


def test_hopfield_step_goes_from_state_to_update():
    x, K, beta = rng.standard_normal(3), rng.standard_normal((5, 3)), 2.0
    update = softmax(beta * K @ x) @ K
    args = (xp, lift(x), lift(K), lift(beta))
    assert np.allclose(lower(hopfield.update(*args)), update)
    assert np.allclose(lower(hopfield.step(*args, xp.one / 2)), x + 0.5 * (update - x))
    energy = 0.5 * x @ x - logsumexp(beta * K @ x) / beta
    assert np.allclose(lower(hopfield.energy(*args)), energy)


def test_antilinear_jacobian_sees_the_conjugate_only():
    X, A = gaussian(2, 2), gaussian(2, 2)
    # F = X A X* has the derivative in X* alone that the X outside does not contribute to.
    J = antilinear_jacobian(xp, lambda Y: Y @ lift(A) @ xp.star(Y), lift(X))
    expected = np.zeros((4, 4), dtype=complex)
    B = X @ A
    for row in range(4):
        i, k = divmod(row, 2)
        for column in range(4):
            m, c = divmod(column, 2)
            expected[row, column] = B[i, c] if k == m else 0
    assert np.allclose(lower(J), expected)
    holomorphic = antilinear_jacobian(xp, lambda Y: Y @ lift(A) @ Y, lift(X))
    assert np.allclose(lower(holomorphic), 0)
