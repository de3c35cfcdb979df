"""Two passes of attention, small products first, exponentials and sums, against numpy."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.linalg
import torch

from fieldcheck.arithmetic.floating import Float
from fieldcheck.arithmetic.rational import Rational
from fieldcheck.fields import depth, exponential, invariants, layers, passes
from tests.fields.generic import DATA, XR, T, lse, soft, v

xp = Float()
RNG = np.random.default_rng(0)


def value(x):
    return xp.wrap(torch.as_tensor(np.asarray(x)))


def complex_matrix(*shape):
    return RNG.standard_normal(shape) + 1j * RNG.standard_normal(shape)


def test_free_energy():
    q, k = RNG.standard_normal((3, 2)), RNG.standard_normal((4, 2))
    expected = np.log(np.exp(0.7 * q @ k.T).sum(1)).sum() / 0.7
    assert float(passes.free_energy(xp, value(q), value(k), value(0.7)).data) == pytest.approx(
        expected
    )


def test_null_weight():
    scores = RNG.standard_normal(5)
    expected = 1 / (1 + np.exp(scores).sum())
    assert float(passes.null_weight(xp, value(scores)).data) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("options", "shift"),
    [({}, -1 / 0.7), ({"sign": -1}, 1 / 0.7), ({"sign": 0}, 0), ({"unscaled": True}, -1)],
)
def test_second_pass(options, shift):
    """Key m sees query n with the score s (k_m·q_n + shift ℓ_n)."""
    q, k = RNG.standard_normal((3, 2)), RNG.standard_normal((4, 2))
    lse = np.log(np.exp(0.7 * q @ k.T).sum(1))
    scores = 0.7 * (k @ q.T + shift * lse)
    weights, sums = passes.second_pass(xp, value(q), value(k), value(0.7), **options)
    np.testing.assert_allclose(weights.data, scipy.special.softmax(scores, axis=1))
    np.testing.assert_allclose(sums.data, scipy.special.logsumexp(scores, axis=1))


def test_middle_is_both_long_products():
    q, k, v, o = (complex_matrix(3, 2) for _ in range(4))
    M = complex_matrix(3, 3)
    star = lambda a: a.conj().T
    expected = q @ star(k) @ M @ v @ star(o) + v @ star(o) @ M @ q @ star(k)
    found = passes.middle(xp, *(value(a) for a in (M, q, k, v, o)))
    np.testing.assert_allclose(found.data, expected)


def test_exponentials():
    A = RNG.standard_normal((4, 4))
    np.testing.assert_allclose(
        exponential.expm(xp, value(A)).data, scipy.linalg.expm(A), rtol=1e-10, atol=1e-12
    )
    np.testing.assert_allclose(
        exponential.expm(xp, value(A), terms=3, squarings=0).data, np.eye(4) + A + A @ A / 2
    )
    np.testing.assert_allclose(
        exponential.expm(xp, value(A), terms=2, squarings=1).data,
        np.linalg.matrix_power(np.eye(4) + A / 2, 2),
    )
    B = np.triu(A, 1)
    np.testing.assert_allclose(exponential.exp_nilpotent(xp, value(B)).data, scipy.linalg.expm(B))


def test_sums_of_terms_and_of_fields():
    assert layers.total([1, 20, 300]) == 321
    assert layers.total([7]) == 7
    assert depth.parallel(lambda x: 2 * x, lambda x: x * x)(5) == 35


def test_products_of_power_sums():
    """One channel, two conjugated and two plain factors: nine ways to share them among blocks."""
    exact = Rational()
    X = exact.constant([[[2], [3]]]) + exact.i * exact.constant([[[1], [-1]]])
    x = [2 + 1j, 3 - 1j]
    products = invariants.power_sum_products(exact, X)
    found = [complex(*(float(h.p) / float(h.q) for h in v.data[:, 0])) for v in products]
    power = lambda p, q: sum(z.conjugate() ** p * z**q for z in x)
    splits = [  # the partitions of the multiset {z̄, z̄, z, z}
        [(2, 2)], [(2, 1), (0, 1)], [(1, 2), (1, 0)], [(2, 0), (0, 2)], [(1, 1), (1, 1)],
        [(2, 0), (0, 1), (0, 1)], [(0, 2), (1, 0), (1, 0)], [(1, 1), (1, 0), (0, 1)],
        [(1, 0), (1, 0), (0, 1), (0, 1)],
    ]  # fmt: skip
    expected = [np.prod([power(*block) for block in split]) for split in splits]
    key = lambda z: (round(z.real, 6), round(z.imag, 6))
    assert sorted(map(key, found)) == sorted(map(key, expected))


def test_words_are_all_products_up_to_a_length():
    exact = Rational()
    A, B = exact.constant([[1, 2], [0, 1]]), exact.constant([[0, 1], [3, 0]])
    found = invariants.words(exact, [A, B], 3)
    assert len(found) == 1 + 2 + 4 + 8
    letters = [np.array([[1, 2], [0, 1]]), np.array([[0, 1], [3, 0]])]
    expected, level = [np.eye(2)], [np.eye(2)]
    for _ in range(3):
        level = [w @ x for w in level for x in letters]
        expected += level
    got = [np.vectorize(float)(w.data[0]) for w in found]
    assert all((g == e).all() for g, e in zip(got, expected, strict=True))


def test_the_kernel_of_the_commuting_conditions_is_the_commutant():
    W = RNG.standard_normal((3, 3))
    conditions = np.asarray(invariants.commuting_conditions(xp, [value(W), value(W @ W)]).data)
    assert conditions.shape == (18, 9)
    K = RNG.standard_normal((3, 3))
    got = conditions @ K.reshape(-1)
    np.testing.assert_allclose(got[:9].reshape(3, 3), K @ W - W @ K)
    np.testing.assert_allclose(got[9:].reshape(3, 3), K @ W @ W - W @ W @ K)


def test_the_coefficients_of_a_quadratic_form_of_the_gram_matrix():
    C = 2
    unit = lambda a, b: np.eye(C)[:, [a]] @ np.eye(C)[[b], :]
    Q = lambda M: xp.trace(M) ** 2 + M[0, 1] * M[1, 1]
    T = np.asarray(invariants.quartic_coefficients(xp, Q, C).data).reshape(C, C, C, C)
    M = RNG.standard_normal((C, C))
    total = sum(
        T[a, b, c, d] * np.trace(M @ unit(a, b) @ M @ unit(c, d))
        for a in range(C) for b in range(C) for c in range(C) for d in range(C)
    )  # fmt: skip
    assert total == pytest.approx(np.trace(M) ** 2 + M[0, 1] * M[1, 1])
    np.testing.assert_allclose(T, T.transpose(2, 3, 0, 1))


def test_traces_of_words_in_two_weights():
    X = complex_matrix(1, 3, 2)
    weights = [complex_matrix(2, 2) for _ in range(2)]
    single, double = invariants.single_and_double_traces(xp, value(X), [value(w) for w in weights])
    S = [X[0] @ w @ X[0].conj().T for w in weights]
    pairs = [(0, 0), (0, 1), (1, 1)]
    np.testing.assert_allclose(single.data[0], [np.trace(S[i] @ S[j]) for i, j in pairs])
    np.testing.assert_allclose(double.data[0], [np.trace(S[i]) * np.trace(S[j]) for i, j in pairs])


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
