"""What an arithmetic refuses, counts, or keeps to itself: the edges of each file."""

from __future__ import annotations

import importlib.util
import random
from fractions import Fraction

import flint
import mpmath
import numpy as np
import pytest
import torch
from flint import acb, arb, fmpq

from fieldcheck.arithmetic import array, ball, base, paired, rational
from fieldcheck.arithmetic.array import Jet, Unsupported
from fieldcheck.arithmetic.ball import Ball, working_digits
from fieldcheck.arithmetic.base import Arithmetic
from fieldcheck.arithmetic.branches import SMALL, Field, Walk, following
from fieldcheck.arithmetic.floating import Float, batched
from fieldcheck.arithmetic.graph import Graph, Node, nodes
from fieldcheck.arithmetic.multiprecision import Multiprecision
from fieldcheck.arithmetic.objects import Objects, boxed, each
from fieldcheck.arithmetic.prime import Prime, Unlucky, random_prime
from fieldcheck.arithmetic.rational import Rational


def objects(*values):
    out = np.empty(len(values), dtype=object)
    out[:] = values
    return out


# -- arrays and jets -----------------------------------------------------------------------------
def test_the_first_tag_of_a_process_is_told_from_none():
    spec = importlib.util.spec_from_file_location("array_again", array.__file__)
    again = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(again)
    assert next(again._tags) > again.newest() == 0


def test_the_newest_tag_and_the_parts_of_an_operand():
    x = Float().one
    old, new = Jet(3, x, None), Jet(7, x, x)
    assert [array.newest(), array.newest(x, 5), array.newest(old), array.newest(old, new, x)] == [
        0, 0, 3, 7,
    ]  # fmt: skip
    own, other = array.parts(new, 7), array.parts(new, 3)
    assert own[0] is x
    assert own[1] is x
    assert other[0] is new
    assert other[1] is None


def test_a_value_is_neither_compared_nor_branched_on():
    x = Float().one
    for refused in (
        lambda: x == 1, lambda: x < 1, lambda: bool(x), lambda: float(x), lambda: x // 2,
        lambda: abs(x), lambda: np.asarray(x),
    ):  # fmt: skip
        with pytest.raises(TypeError, match="may not compare"):
            refused()
    assert (repr(x), repr(Jet(2, x, None))) == ("Array(float, shape=())", f"Jet(2, {x!r})")


@pytest.mark.parametrize("value", [True, False, 1.0, 1j, "1", None, Fraction(1)])
def test_only_whole_numbers_are_lifted(value):
    with pytest.raises(TypeError, match=type(value).__name__):
        Rational().lift(value)


def test_what_is_missing_is_unsupported_or_no_primitive():
    xp = Arithmetic()
    with pytest.raises(Unsupported) as missing:
        xp.sin(base.Array(xp, 0))
    assert missing.value.primitive == "sin"
    with pytest.raises(AttributeError, match="xp has no 'arctanh'"):
        xp.arctanh
    with pytest.raises(AttributeError):
        xp.__nothing__


@pytest.mark.parametrize("n", [1.5, "2", True])
def test_an_exponent_is_a_whole_number_or_a_value(n):
    with pytest.raises(TypeError, match="exponent"):
        Rational().power(3, n)


@pytest.mark.parametrize("n", range(-5, 12))
def test_whole_powers_of_three(n):
    assert Rational().power(3, n).data[0] == fmpq(3) ** n
    assert Float().push(lambda y: y**n, Float().lift(2), Float().one).data.item() == pytest.approx(
        n * 2.0 ** (n - 1)
    )


def test_second_derivatives_of_abs():
    xp = Float()
    twice = lambda f, x: xp.push(lambda y: xp.push(f, y, xp.one), x, xp.one).data.item()
    assert twice(xp.abs, xp.lift(-3)) == 0
    assert twice(lambda y: xp.abs(y) ** 3, xp.lift(-2)) == 12
    z = xp.lift(0) + xp.i  # along the real axis the modulus of i + h bends
    assert twice(xp.abs, z).real == pytest.approx(1)


def test_relu_times_its_argument():
    xp = Float()
    # step skips all the jets: its own slope is nowhere seen.
    slope = xp.push(lambda y: xp.push(lambda z: xp.relu(z) * z, y, xp.one), xp.lift(3), xp.one)
    assert slope.data.item() == 2


# -- balls and floats ----------------------------------------------------------------------------
@pytest.mark.parametrize(("digits", "bits"), [(1, 53), (13, 53), (14, 54), (20, 74), (60, 207)])
def test_digits_in_bits_and_the_precision_given_back(digits, bits):
    before = flint.ctx.prec
    with working_digits(digits):
        assert flint.ctx.prec == bits
        assert 2 ** (bits - 7) > 10**digits or bits == 53
    assert flint.ctx.prec == before
    with pytest.raises(ValueError, match="inside"), working_digits(digits):
        raise ValueError("inside")
    assert flint.ctx.prec == before


def test_balls_at_a_kink_hold_both_sides_and_no_more():
    around = objects(arb(0, 1), arb(0))
    for name, low, high in (("_step", 0, 1), ("_sgn", -1, 1)):
        for found in getattr(Ball(), name)(around):
            assert found.contains(low)
            assert found.contains(high)
            assert not found.contains(low - 0.5)
            assert not found.contains(high + 0.5)
    assert list(Ball()._relu(objects(arb(-2), arb(3)))) == [0, 3]


@pytest.mark.parametrize("name", ["relu", "maximum", "minimum", "step"])
def test_an_order_needs_real_values(name):
    for xp in (Ball(), Float(), Multiprecision(), Rational()):
        operands = (xp.i, xp.one) if name in ("maximum", "minimum") else (xp.i,)
        # Floats have types, and rationals are exact; a ball may be complex at this point alone.
        refusal = Unsupported if xp.kind in ("ball", "mpf") else TypeError
        with pytest.raises(refusal, match="needs a real value"):
            getattr(xp, name)(*operands)
        if len(operands) == 2:
            with pytest.raises(refusal, match="needs a real value"):
                getattr(xp, name)(*operands[::-1])


def test_the_highest_midpoint():
    nothing = arb(1) / arb(0, 1)
    assert ball._highest(objects(arb(-3), arb(2), nothing, acb(1, 9))) == 2
    assert ball._highest(objects(nothing)) == 0
    assert ball._highest(objects(arb(-3), arb(-5))) == -3


def test_pivots_of_balls_prefer_what_is_surely_not_zero():
    xp = Ball()
    assert xp._pivot(arb(-4)) == 4
    assert xp._pivot(arb(3, 1)) == pytest.approx(2)
    assert xp._pivot(arb(1, 2)) < 0
    assert xp._pivot(arb(1) / arb(0, 1)) == -1
    assert Multiprecision()._pivot(mpmath.mpf(-4)) == 4


def test_units_of_balls():
    xp = Ball()
    assert list(xp._unit(objects(arb(0), arb(0)), -1)) == [0, 0]
    (around,) = xp._unit(objects(arb(0, 1)), -1)
    assert around.contains(arb(-1).union(arb(1)))  # all that unit may be, and no more
    assert abs(around) < 1.1
    (around,) = xp._unit(objects(acb(arb(0, 1), 0)), -1)
    assert all(around.contains(z) for z in (acb(0), acb(1), acb(0, -1)))


def test_conjugates_and_parts_of_balls():
    xp, z = Ball(), objects(acb(2, 3), arb(5))
    assert list(xp._conj(z)) == [acb(2, -3), arb(5)]
    assert list(xp._real(z)) == [2, 5]
    assert list(xp._imag(z)) == [3, 0]


def test_scores_are_shifted_and_come_back():
    """Along either axis, for complex scores too, against the plain definition."""
    real = torch.tensor([[0.0, 1.0, -2.0], [3.0, 0.5, 1.5]], dtype=torch.float64)
    for scores in (real, torch.complex(real, real / 4 + 0.25)):
        e = scores.exp()
        high = scores + 700  # exp of this overflows where it is not shifted
        for xp in (Float(), Multiprecision(), Ball()):
            lift = {"float": lambda t, xp=xp: xp.wrap(t)}.get(
                xp.kind, lambda t, xp=xp: xp.wrap(_scalars(xp, t))
            )
            for axis in (0, 1):
                soft = _complexes(xp.softmax(lift(scores), axis))
                np.testing.assert_allclose(soft, e / e.sum(axis, keepdim=True), rtol=1e-12)
                log = _complexes(xp.logsumexp(lift(scores), axis))
                np.testing.assert_allclose(log, e.sum(axis).log(), rtol=1e-12)
                if xp.kind != "mpf":
                    soft = _complexes(xp.softmax(lift(high * 3), axis))
                    assert np.isfinite(soft).all()
                    assert np.isfinite(_complexes(xp.logsumexp(lift(high * 3), axis))).all()
            if not scores.is_complex() or xp.kind == "float":
                plus = _complexes(xp.softplus(lift(scores)))
                np.testing.assert_allclose(plus, np.log1p(np.exp(scores.numpy())), rtol=1e-12)


def _scalars(xp, t):
    if t.is_complex():
        make = (lambda c: acb(c.real, c.imag)) if xp.kind == "ball" else mpmath.mpc
    else:
        make = arb if xp.kind == "ball" else mpmath.mpf
    return np.vectorize(make, otypes=[object])(t.numpy())


def _complexes(value):
    data = value.data
    if isinstance(data, torch.Tensor):
        return data.numpy()
    return np.vectorize(complex, otypes=[complex])(data)


def test_scores_lie_along_the_last_axis_unless_another_is_named():
    d = torch.arange(24, dtype=torch.float64).reshape(2, 3, 4).sin()
    for xp in (Float(), Multiprecision()):
        x = xp.wrap(d if xp.kind == "float" else _scalars(xp, d))
        for axis in (-3, -2, -1, 0, 1, 2):
            found = _complexes(xp.logsumexp(x, axis)), _complexes(xp.softmax(x, axis))
            np.testing.assert_allclose(found[0], d.logsumexp(axis), rtol=1e-12)
            np.testing.assert_allclose(found[1], d.softmax(axis), rtol=1e-12)
            jet = xp.push(lambda y, xp=xp, a=axis: xp.logsumexp(y, a), x, x)
            np.testing.assert_allclose(_complexes(jet), (d.softmax(axis) * d).sum(axis), rtol=1e-12)
        assert xp.logsumexp(x).shape == (2, 3)
        sums = _complexes(xp.sum(xp.softmax(x), axis=-1))
        np.testing.assert_allclose(sums, np.ones((2, 3)), rtol=1e-12)


def test_softplus_of_large_numbers_is_the_number():
    large = torch.tensor([800.0, -800.0], dtype=torch.float64)
    assert Float().softplus(Float().wrap(large)).data.tolist() == [800.0, 0.0]


def test_batches_run_over_the_leading_axis():
    x = torch.arange(6, dtype=torch.float64).reshape(3, 2)
    found = batched(lambda xp, raw: (xp.sum(raw["x"]) + xp.pi).data, {"x": x})
    assert found.tolist() == pytest.approx([1 + np.pi, 5 + np.pi, 9 + np.pi])


def test_multiprecision_at_its_kinks():
    xp, (zero, two) = Multiprecision(), (mpmath.mpf(0), mpmath.mpf(2))
    data = objects(-two, zero, two)
    assert list(xp._relu(data)) == [0, 0, 2]
    assert list(xp._step(data)) == [0, 0, 1]
    assert list(xp._sgn(data)) == [-1, 0, 1]
    assert list(xp._unit(objects(zero, zero), -1)) == [0, 0]
    with mpmath.workdps(40):
        assert abs(xp.pi.data[()] - mpmath.pi) < mpmath.mpf(10) ** -38


def test_boxes():
    assert boxed(3).shape == ()
    assert boxed(3)[()] == 3
    whole = objects(1, 2)
    assert boxed(whole) is whole
    assert each(lambda a, b: a * b, objects(1, 2)[:, None], objects(3, 5)).tolist() == [
        [3, 5], [6, 10],
    ]  # fmt: skip
    for bare in (Objects()._scalar, Objects()._pivot):
        with pytest.raises(NotImplementedError):
            bare(1)
    once = paired.entrywise(lambda a: a + 1, np.array(1, dtype=object))
    assert (once.shape, once[()]) == ((), 2)


# -- rationals and residues ----------------------------------------------------------------------
@pytest.mark.parametrize(
    ("x", "root"),
    [("0", "0"), ("1", "1"), ("4/9", "2/3"), ("1/4", "1/2"), ("9", "3"), ("144/25", "12/5")],
)
def test_rational_roots(x, root):
    assert rational._square_root(fmpq(*map(int, x.split("/")))) == fmpq(*map(int, root.split("/")))


@pytest.mark.parametrize("x", [fmpq(2), fmpq(1, 2), fmpq(4, 3), fmpq(3, 4), fmpq(10**40 + 1)])
def test_irrational_roots_are_refused(x):
    with pytest.raises(Unsupported, match="irrational"):
        rational._square_root(x)


@pytest.mark.parametrize("x", [fmpq(-1), fmpq(-1, 100), fmpq(-4, 9)])
def test_roots_of_negative_rationals_are_refused(x):
    with pytest.raises(Unsupported, match="negative"):
        rational._square_root(x)


@pytest.mark.parametrize("im", [1, -1, Fraction(1, 1000), Fraction(-1, 1000)])
def test_an_imaginary_part_of_either_sign_counts(im):
    xp = Rational()
    z = xp.from_raw(objects(Fraction(0))) + xp.i * xp.from_raw(objects(Fraction(im)))
    with pytest.raises(Unsupported, match="exp of a nonzero"):
        xp.exp(z)
    with pytest.raises(Unsupported, match="complex rational"):
        xp.sqrt(z)
    for name in ("relu", "step"):
        with pytest.raises(TypeError, match="real"):
            getattr(xp, name)(z)
    assert list(xp.abs(z).data[0]) == [fmpq(abs(Fraction(im)).numerator, Fraction(im).denominator)]
    scale = xp.unit(z).data
    assert (scale[0][0], scale[1][0]) == (0, 1 if im > 0 else -1)


@pytest.mark.parametrize("re", [1, -1])
def test_exp_and_abs_of_a_real_part_of_either_sign(re):
    xp = Rational()
    with pytest.raises(Unsupported, match="exp of a nonzero"):
        xp.exp(re)
    assert xp.abs(re).data[0] == 1


def test_a_singular_matrix_is_told():
    for xp in (Rational(), Graph()):
        with pytest.raises(ZeroDivisionError, match="singular"):
            xp.solve(xp.zeros(2, 2), xp.ones(2))
    rng = random.Random(0)
    xp = Prime(random_prime(rng), rng)
    with pytest.raises(Unlucky, match="singular"):
        xp.solve(xp.ones(2, 2), xp.ones(2))
    with pytest.raises(Unlucky, match="division by zero"):
        xp.one / xp.zeros(2)
    # A row whose first entry is imaginary alone is a pivot all the same.
    xp = Rational()
    swap = xp.constant([[0, 1], [1, 0]]) * xp.i
    assert [str(q) for q in xp.solve(swap, xp.constant([2, 3])).data[1]] == ["-3", "-2"]


def test_the_rank_of_residues():
    rng = random.Random(0)
    xp = Prime(random_prime(rng), rng)
    table = xp.constant([[1, 2, 3, 4], [2, 4, 6, 8], [0, 1, 0, 1]])
    assert xp.rank(table.data) == 2
    assert xp.rank(table.T.data) == 2
    assert xp.residues(()).shape == ()
    assert xp.residues((2, 3)).shape == (2, 3)
    assert len({int(r) for r in xp.residues((50,))}) == 50


def test_circular_functions_of_residues():
    rng = random.Random(5)
    xp = Prime(random_prime(rng), rng)
    x = xp.draw((2,))
    zero = lambda v: not v.data.any()
    assert zero(xp.sin(x) ** 2 + xp.cos(x) ** 2 - 1)
    assert zero(xp.sin(2 * x) - 2 * xp.sin(x) * xp.cos(x)) is False  # exp(2x) is another symbol
    assert zero(xp.sin(-x) + xp.sin(x))
    assert zero(xp.cos(-x) - xp.cos(x))
    assert zero(xp.cos(x) + xp.i * xp.sin(x) - xp.exp(xp.i * x))
    assert zero(xp.tanh(x) * (xp.exp(x) ** 2 + 1) - (xp.exp(x) ** 2 - 1))
    assert zero(xp.sin(x * 0))
    pi = xp.pi
    assert zero(pi - xp.pi)
    again = xp.again((False,))
    assert (again.p, again._i, again.prefix) == (xp.p, xp._i, (False,))


def test_the_sign_of_a_root_follows_the_prefix():
    rng = random.Random(1)
    xp = Prime(random_prime(rng), rng)
    nine, four = xp.lift(9), xp.lift(4)

    def both(prefix):
        field = xp.again(prefix)
        return [int(field.sqrt(n).data[0]) for n in (nine, four)]

    assert both(()) == [3, 2]
    assert both((True, False)) == [3, xp.p - 2]
    assert both((False,)) == [xp.p - 3, 2]
    assert both((False, False)) == [xp.p - 3, xp.p - 2]


# -- graphs and branches -------------------------------------------------------------------------
def test_squared_moduli_are_known_to_be_nonnegative():
    graph = Graph()
    z = graph.raw("x", (2,)) + graph.i * graph.raw("y", (2,))
    assert all(n.square for n in nodes(graph.abs2(z).data[0]))
    assert not any(n.square for n in nodes((z * z).data[0]))
    moving = graph.push(graph.abs2, z, z)
    assert moving.shape == (2,)


def test_what_is_written_as_real():
    graph = Graph()
    x, y = graph.raw("x", ()), graph.raw("y", ())
    first = lambda v: nodes(v.data[0])[0]
    assert graph.is_real(first(x * y + 2))
    assert not graph.is_real(first(x + graph.i * y))
    assert graph.is_real(first(graph.real(x + graph.i * y)))
    assert graph.is_real(first(graph.imag(x + graph.i * y)))
    assert graph.is_real(first(graph.abs2(x + graph.i * y)))
    for body in (graph.relu, lambda v: graph.maximum(v, 1), lambda v: graph.minimum(1, v)):
        with pytest.raises(Unsupported, match="not written as a real one"):
            body(x + graph.i * y)


@pytest.mark.parametrize("op", ["relu", "step", "sqrt", "quotient", "exp"])
def test_what_differs_from_branch_to_branch_is_not_fixed(op):
    graph = Graph()
    x = graph.node("raw", "x", ())
    assert x.fixed
    below = graph.node(op, x)
    assert not below.fixed
    assert not graph.node("add", x, below).fixed
    assert graph.node("div", x, graph.const(2)).fixed


def test_constants_of_decisions_and_roots():
    graph = Graph()
    value = lambda f, n: f(graph.const(n)).value
    assert [value(graph._relu_one, n) for n in (-2, 0, 3)] == [0, 0, 3]
    assert [value(graph._step_one, n) for n in (-2, 3)] == [0, 1]
    assert [value(graph._sqrt_one, n) for n in (0, 1, 4)] == [0, 1, None]
    assert graph.exp(graph.zeros(2)).data.tolist() == [[graph.const(1)] * 2] * 2
    assert nodes(graph.exp(graph.one).data[0])[0].op == "exp"
    assert (graph.const(3).value, graph.node("raw", "x", ()).value) == (3, None)


def walk_of(body, prefix=(), seed=0):
    """A walk along a branch of a body in x, y, z; and its root's residue."""
    graph, rng = Graph(), random.Random(seed)
    inputs = [graph.raw(name, ()) for name in "xyz"]
    root = nodes(body(graph, *inputs).data[0])[0]
    while True:
        walk = Walk(graph, Field.random(rng), prefix)
        try:
            return walk, walk.run(root)
        except Unlucky:
            continue


DECIDED = {
    "one relu": (lambda g, x, y, z: g.relu(x), 1),
    "the same again": (lambda g, x, y, z: g.relu(x) + g.relu(x) * 2, 1),
    "its opposite": (lambda g, x, y, z: g.relu(x) - g.relu(-x), 1),
    "a multiple": (lambda g, x, y, z: g.relu(x) + g.relu(7 * x) + g.relu(-x / 16), 1),
    "a large multiple": (lambda g, x, y, z: g.relu(x) + g.relu(17 * x), 1),
    "a multiple of a sum": (lambda g, x, y, z: g.relu(x + y) + g.relu(16 * x + 16 * y), 1),
    "a part of a sum": (lambda g, x, y, z: g.relu(x + y) + g.relu(x / -9 + y / -9), 1),
    "two": (lambda g, x, y, z: g.relu(x) + g.relu(y), 2),
    "a product of decided ones": (lambda g, x, y, z: g.relu(x) + g.relu(y) + g.relu(x * y), 2),
    "a product of two": (lambda g, x, y, z: g.relu(x * y), 2),
    "a quotient of two": (lambda g, x, y, z: g.relu(x / y), 2),
    "a square": (lambda g, x, y, z: g.relu(x * x), 0),
    "a sum of squares": (lambda g, x, y, z: g.relu(x * x + y * y + 1), 0),
    "minus a sum of squares": (lambda g, x, y, z: g.relu(-1 - x * x), 0),
    "a modulus": (lambda g, x, y, z: g.relu(g.abs2(x + g.i * y)), 0),
    "exp": (lambda g, x, y, z: g.relu(g.exp(x)), 0),
    "minus exp": (lambda g, x, y, z: g.relu(-g.exp(x)), 0),
    "a relu": (lambda g, x, y, z: g.relu(g.relu(x) + 1), 1),
    "a sum": (lambda g, x, y, z: g.relu(x + y), 1),
    "zero": (lambda g, x, y, z: g.relu((x + y) * (x - y) - x * x + y * y), 0),
    "the root of a square": (lambda g, x, y, z: g.sqrt(x * x), 1),
    "the root of a decided square": (lambda g, x, y, z: g.relu(x) + g.sqrt(x * x), 1),
    "a root": (lambda g, x, y, z: g.sqrt(x * x + 1), 1),
    "a root and its multiple": (
        lambda g, x, y, z: g.sqrt(x * x + 1) + g.sqrt(y * y * (x * x + 1)), 2,
    ),
    "a root is positive": (lambda g, x, y, z: g.relu(g.sqrt(x * x + 1)), 1),
}  # fmt: skip


@pytest.mark.parametrize("name", DECIDED)
def test_how_much_is_decided(name):
    body, decisions = DECIDED[name]
    walk, _ = walk_of(body)
    assert len(walk.choices) == decisions
    assert all(walk.choices)  # beyond the prefix all are taken positive


VANISHES = {
    "odd part": lambda g, x, y, z: g.relu(x) - g.relu(-x) - x,
    "product": lambda g, x, y, z: g.relu(x) * g.relu(-x),
    "modulus squared": lambda g, x, y, z: (g.relu(x) + g.relu(-x)) ** 2 - x * x,
    "root of a square": lambda g, x, y, z: g.sqrt(x * x) - g.relu(x) - g.relu(-x),
    "root squared": lambda g, x, y, z: g.sqrt(x * x + y * y) ** 2 - x * x - y * y,
    "factor of a root": lambda g, x, y, z: (
        g.sqrt(y * y * (x * x + 1)) - (g.relu(y) + g.relu(-y)) * g.sqrt(x * x + 1)
    ),
    "divisor of a root": lambda g, x, y, z: (
        g.sqrt((x * x + 1) / (y * y)) * (g.relu(y) + g.relu(-y)) - g.sqrt(x * x + 1)
    ),
    "maximum and minimum": lambda g, x, y, z: g.maximum(x, y) + g.minimum(x, y) - x - y,
    "scaled": lambda g, x, y, z: g.relu(3 * x) - 3 * g.relu(x),
    "scaled back": lambda g, x, y, z: g.relu(x / 5) * 5 - g.relu(x),
    "product of signs": lambda g, x, y, z: (
        g.relu(x * y) - g.relu(x) * g.relu(y) - g.relu(-x) * g.relu(-y)
    ),
    "steps": lambda g, x, y, z: (
        g.push(g.relu, x, g.one) + g.push(g.relu, -x, g.one) - 1
    ),
    "quotient at zero": lambda g, x, y, z: g.unit(g.zeros(2))[0],
    "i squared": lambda g, x, y, z: g.i * g.i + 1,
    "exp of opposites": lambda g, x, y, z: g.exp(x) * g.exp(-x) - 1,
}  # fmt: skip


@pytest.mark.parametrize("name", VANISHES)
def test_what_vanishes_on_all_branches(name):
    seen, prefix = 0, ()
    while prefix is not None:
        walk, residue = walk_of(VANISHES[name], prefix, seed=seen)
        assert residue == 0, walk.choices
        assert tuple(walk.choices[: len(prefix)]) == prefix
        seen, prefix = seen + 1, following(walk.choices)
    assert seen >= 1


@pytest.mark.parametrize(
    ("choices", "after"),
    [
        ([], None),
        ([False], None),
        ([False, False], None),
        ([True], (False,)),
        ([True, True], (True, False)),
        ([True, False], (False,)),
        ([False, True, False, False], (False, False)),
    ],
)
def test_the_branch_after_this_one(choices, after):
    assert following(choices) == after


def test_signs_that_every_walk_knows():
    walk, _ = walk_of(lambda g, x, y, z: x)
    assert SMALL == 16
    for n in range(1, SMALL + 1):
        assert (walk.sign[n], walk.sign[walk.p - n]) == (1, -1)
    assert walk.sign[0] == 0
    assert 17 not in walk.sign
    atoms, _ = walk_of(lambda g, x, y, z: g.relu(x) + g.relu(y), (False,))
    assert [sign for _, sign in atoms.atoms] == [-1, 1]


def test_the_sign_of_what_may_be_complex_is_not_decided():
    with pytest.raises(Unsupported, match="not known to be real"):
        walk_of(lambda g, x, y, z: g.sqrt((x + g.i * y) * (x + g.i * y)))
    with pytest.raises(Unsupported, match="nonsense"):
        walk_of(lambda g, x, y, z: g.wrap(objects(g.node("nonsense"), g.node("nonsense"))))


def test_a_field_draws_on_demand_and_never_zero():
    where = Field.random(random.Random(0))
    assert pow(where.i, 2, where.p) == where.p - 1
    assert Field.random(random.Random(0), 13).p == 13
    small = Field.random(random.Random(0), 5)
    assert {small.raw((k,)) for k in range(60)} == {1, 2, 3, 4}
    assert {small.exp(k) for k in range(5)} <= {1, 2, 3, 4}
    assert where.inverse(3) * 3 % where.p == 1
    with pytest.raises(Unlucky, match="division by zero"):
        where.inverse(0)


def test_a_node_says_what_it_is():
    graph = Graph()
    x = graph.node("raw", "x", ())
    assert repr(x) == "Node(raw, ('x', ()))"
    assert isinstance(x - x, Node)
    assert [n.op for n in graph.order(x + graph.const(1))] == ["raw", "const", "add"]
    assert (-x).args[0].value == -1
    assert (x / graph.const(4)).args[0].value == Fraction(1, 4)


def test_a_rank_is_that_of_the_first_halves():
    """Complex values are pairs of residues, for i and -i; a rank needs one of them."""
    xp = Prime(random_prime(random.Random(0)), random.Random(0))
    one, two = np.array([[1, 2], [2, 4]], dtype=object), np.array([[1, 0], [0, 1]], dtype=object)
    assert xp.rank(np.array([one, two])) == 1
    assert xp.rank(np.array([two, one])) == 2
