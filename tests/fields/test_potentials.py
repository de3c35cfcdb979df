"""Each force is the Wirtinger derivative of its potential, in residues or at raised precision."""

import random
from fractions import Fraction

import mpmath
import numpy as np
import pytest

from fieldcheck.arithmetic.multiprecision import Multiprecision
from fieldcheck.arithmetic.prime import Prime, random_prime
from fieldcheck.fields import potentials as p

POLYNOMIAL = [
    (p.quadratic, p.quadratic_force, 1),
    (p.quartic, p.quartic_force, 2),
    (p.double_trace, p.double_trace_force, 2),
    (p.real_potential, p.real_force, 3),
]


def _residues(seed, shapes):
    rng = random.Random(seed)
    xp = Prime(random_prime(rng), rng)
    return xp, [xp.draw(s) + xp.i * xp.draw(s) for s in shapes]


def _is_force(xp, V, X, F, H):
    residual = xp.pull_star(V, X, H) - xp.sum(xp.conj(H) * F)
    return not residual.data.any()


@pytest.mark.parametrize(("potential", "force", "weights"), POLYNOMIAL)
@pytest.mark.parametrize("shape", [(1, 1), (3, 2), (2, 4)])
def test_force_is_derivative(potential, force, weights, shape):
    square = (shape[1], shape[1])
    xp, (X, H, *W) = _residues(1, [shape, shape, *[square] * weights])
    V = lambda Y: potential(xp, Y, *W)
    assert _is_force(xp, V, X, force(xp, X, *W), H)
    assert not _is_force(xp, V, X, force(xp, X, *W) * 2, H)


def test_the_two_heads_are_both_needed():
    xp, (X, H, A, B) = _residues(2, [(2, 2)] * 4)
    V = lambda Y: p.quartic(xp, Y, A, B)
    assert not _is_force(xp, V, X, p.linear_attention(xp, X, A, xp.star(B)), H)


def _numbers(xp, rng, *shape):
    raw = np.vectorize(lambda _: Fraction(rng.randrange(-64, 64), 64), otypes=[object])(
        np.empty(shape)
    )
    return xp.from_raw(raw)


@pytest.mark.parametrize("factor", [1, 2])
def test_softmax_force(factor):
    rng, xp = random.Random(3), Multiprecision()
    with mpmath.workdps(40):
        draw = lambda *s: _numbers(xp, rng, *s) + xp.i * _numbers(xp, rng, *s)
        X, H, W, root = draw(3, 2), draw(3, 2), draw(2, 2), xp.lift(3) / 2
        left = xp.pull_star(lambda Y: p.softmax_energy(xp, Y, W, root), X, H)
        right = xp.sum(xp.conj(H) * p.softmax_force(xp, X, W, root)) * factor
        assert (abs((left - right).data[()]) < mpmath.mpf(10) ** -30) == (factor == 1)
