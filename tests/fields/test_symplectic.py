"""Forms and actions against facts that can be computed another way."""

import random
from fractions import Fraction

import numpy as np

from fieldcheck.arithmetic.prime import Prime, random_prime
from fieldcheck.arithmetic.rational import Rational
from fieldcheck.fields import actions
from fieldcheck.fields import symplectic as s


def _residues(seed, *shapes):
    rng = random.Random(seed)
    xp = Prime(random_prime(rng), rng)
    return xp, [xp.draw(shape) + xp.i * xp.draw(shape) for shape in shapes]


def _vanishes(value):
    return not value.data.any()


def test_form_matrix_is_the_canonical_one():
    xp = Rational()
    matrix = s.form_matrix(xp, lambda H, K: s.omega(xp, H, K), (2, 2))
    eye, zero = np.eye(4, dtype=int), np.zeros((4, 4), dtype=int)
    canonical = 2 * np.block([[zero, eye], [-eye, zero]])  # on E and iE, of squared length 1, not ½
    assert _vanishes(matrix - xp.constant(canonical.tolist()))


def test_derivative_of_a_differential_is_zero_and_of_theta_is_not():
    xp, (X, H, K) = _residues(0, (2, 3), (2, 3), (2, 3))
    differential = lambda Y, U: xp.push(lambda Z: xp.norm2(Z) ** 2, Y, U)
    assert _vanishes(s.exterior(xp, differential, X, H, K))
    assert not _vanishes(s.exterior(xp, lambda Y, U: s.theta(xp, Y, U), X, H, K))


def test_euler_lagrange_of_a_total_derivative_is_zero():
    xp, (X, v, a, H) = _residues(1, (2, 2), (2, 2), (2, 2), (2, 2))
    exact = lambda Y, U: xp.push(lambda Z: xp.norm2(Z) ** 2, Y, U)
    assert _vanishes(actions.euler_lagrange(xp, exact, X, v, a, H))
    other = lambda Y, U: s.theta(xp, Y, U)
    assert not _vanishes(actions.euler_lagrange(xp, other, X, v, a, H))


def test_symplectic_defect_sees_a_rotation_and_a_stretch():
    xp, (X, H, K) = _residues(2, (2, 2), (2, 2), (2, 2))
    assert _vanishes(s.symplectic_defect(xp, lambda Y: xp.i * Y, X, H, K))
    assert not _vanishes(s.symplectic_defect(xp, lambda Y: Y * 1, X, H, K))


def _rationals(xp, rng, *shape):
    draw = np.vectorize(lambda _: Fraction(rng.randrange(-9, 9), 3), otypes=[object])
    return xp.from_raw(draw(np.empty(shape)))


def test_the_midpoint_path_makes_the_phase_space_action_stationary():
    xp, rng = Rational(), random.Random(3)
    w, h = xp.lift(3) / 2, xp.lift(1) / 5
    turn = (1 - xp.i * h * w / 2) / (1 + xp.i * h * w / 2)
    path = [xp.stack([xp.one + xp.i])]
    for _ in range(4):
        path.append(path[-1] * turn)
    X = xp.stack(path)
    inner = _rationals(xp, rng, 3, 1) + xp.i * _rationals(xp, rng, 3, 1)
    H = actions.pinned(xp, inner)
    S = lambda Y: actions.phase_space_action(xp, Y, h, lambda x: w * xp.norm2(x))
    assert _vanishes(xp.push(S, X, H))
    assert not _vanishes(xp.push(S, X * 2 + H, H))


def test_newton_action_of_a_straight_line():
    xp = Rational()
    line = xp.constant([[0], [2], [4]])
    S = actions.newton_action(xp, line, xp.one / 2, lambda x: xp.sum(x))
    assert _vanishes(S - (8 - 1))  # ½ (4 + 4)/½ less ½ (0 + 2)
