"""The prime field: the primes drawn, roots, free symbols and what is counted of them."""

from __future__ import annotations

import random

import numpy as np
import pytest
from flint import fmpz

from fieldcheck.arithmetic.additive import Additive
from fieldcheck.arithmetic.branches import Field
from fieldcheck.arithmetic.prime import Prime, Unlucky, _root_of_minus_one, random_prime

RNG = random.Random(0)
P = random_prime(random.Random(1))


@pytest.fixture
def xp():
    return Prime(P, random.Random(2))


def residues(xp, *values):
    data = np.empty(len(values), dtype=object)
    data[:] = [v % xp.p for v in values]
    return xp.from_raw(data)


def pairs(value):
    return [tuple(column) for column in value.data.reshape(2, -1).T]


def test_primes_are_large_and_have_a_root_of_minus_one():
    for _ in range(60):
        p = random_prime(RNG)
        assert 2**127 < p < 2**128
        assert p % 4 == 1
        assert fmpz(p).is_prime()
        r = _root_of_minus_one(p, RNG)
        assert r * r % p == p - 1


def test_roots_of_what_has_one(xp):
    assert pairs(xp.sqrt(residues(xp, 0, 1))) == [(0, 0), (1, 1)]
    assert (len(xp.choices), xp.symbols) == (0, 0)
    root = xp.sqrt(residues(xp, 49))
    assert pairs(root)[0][0] in (7, xp.p - 7)
    assert (len(xp.choices), xp.symbols) == (1, 1)
    assert pairs(xp.sqrt(residues(xp, 49))) == pairs(root)
    assert (len(xp.choices), xp.symbols) == (1, 1)
    none = next(n for n in range(2, 100) if pow(n, (xp.p - 1) // 2, xp.p) == xp.p - 1)
    with pytest.raises(Unlucky):
        xp.sqrt(residues(xp, none))


def test_symbols_are_counted_once_for_each_argument(xp):
    for function, free in ((xp.exp, 0), (xp.relu, 0), (xp.log, 1)):
        before = xp.symbols
        function(residues(xp, free))  # exp(0) = 1, relu(0) = 0 and log(1) = 0 are known
        assert xp.symbols == before
        function(residues(xp, 12345))
        function(residues(xp, 12345))
        assert xp.symbols == before + 1


@pytest.mark.parametrize("kind", [Prime, Additive])
def test_all_choices_of_roots_see_the_same_symbols(kind):
    first = kind(P, random.Random(2))
    runs = [first.again(()), first.again((True,)), first.again((), afresh=True)]
    one, other, afresh = (pairs(xp.exp(residues(xp, 5))) for xp in runs)
    assert one == other != afresh


def test_log_and_exp_undo_each_other_and_know_their_fixed_points(xp):
    x = residues(xp, 5, 6, 7)
    assert pairs(xp.log(xp.exp(x))) == pairs(x)
    assert pairs(xp.exp(xp.log(x))) == pairs(x)
    assert pairs(xp.exp(residues(xp, 0))) == [(1, 1)]
    assert pairs(xp.log(residues(xp, 1))) == [(0, 0)]
    with pytest.raises(Unlucky, match="log of zero"):
        xp.log(residues(xp, 0))


def test_the_mirrored_symbols(xp):
    x = residues(xp, 11)
    assert pairs(xp.relu(x) - xp.relu(-x)) == pairs(x)
    step = lambda v: xp.wrap(xp._step(v.data))
    assert pairs(step(x) + step(-x)) == [(1, 1)]
    assert pairs(xp.exp(x) * xp.exp(-x)) == [(1, 1)]


def test_real_and_imaginary_parts(xp):
    z = residues(xp, 3) + xp.i * residues(xp, 5)
    assert pairs(xp.real(z)) == [(3, 3)]
    assert pairs(xp.imag(z)) == [(5, 5)]
    conjugate = xp.conj(z)
    assert pairs(conjugate) == [pairs(z)[0][::-1]]
    assert pairs(z * conjugate) == [(34, 34)]


def test_a_field_of_branches_knows_exp_of_zero():
    where = Field.random(random.Random(0))
    assert where.exp(0) == 1
    y = where.exp(17)
    assert where.exp(17) == y
    assert where.exp(where.p - 17) * y % where.p == 1
    assert where.raw(("x", ())) == where.raw(("x", ()))
    assert 0 < where.raw(("x", ())) < where.p


def test_a_unit_vector_has_length_one(xp):
    while True:
        try:
            unit = xp.unit(xp.draw((3,)))
            break
        except Unlucky:  # the squared length has no root
            continue
    assert pairs(xp.sum(unit * unit)) == [(1, 1)]
