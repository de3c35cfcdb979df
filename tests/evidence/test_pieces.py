"""The pieces of the methods, one by one, at points small enough to redo by hand."""

from __future__ import annotations

import itertools
import math
import random
import signal
import time
from dataclasses import replace
from fractions import Fraction

import flint
import mpmath
import numpy as np
import pytest
import sympy as sp
import torch
from flint import acb, arb, fmpq

from fieldcheck.arithmetic.array import Unsupported
from fieldcheck.arithmetic.ball import Ball, working_digits
from fieldcheck.arithmetic.branches import Field
from fieldcheck.arithmetic.degree import Bound
from fieldcheck.arithmetic.graph import Graph, nodes
from fieldcheck.arithmetic.multiprecision import Multiprecision
from fieldcheck.arithmetic.prime import random_prime
from fieldcheck.arithmetic.rational import Rational
from fieldcheck.domains import between, matrix, nonnegative, number, real, vector
from fieldcheck.evidence import clock, emptiness, minimize, semialgebraic, witness
from fieldcheck.evidence import statement as statements
from fieldcheck.evidence.decide import decide
from fieldcheck.evidence.draws import numpy_stream, stream
from fieldcheck.evidence.draws import small_entries as small_point
from fieldcheck.evidence.floats import residuals
from fieldcheck.evidence.gather import gather
from fieldcheck.evidence.methods import (
    cells,
    enclose,
    exact,
    ladder,
    law,
    rank,
    rate,
    sample,
    search,
    solutions,
)
from fieldcheck.evidence.profiles import PROFILES
from fieldcheck.evidence.statement import Fault, Statement
from fieldcheck.relations import AtMost, Equal, Gradient, Rank, Rate, Zero
from fieldcheck.verdict import Evidence
from tests.evidence.statements import statement

QUICK = PROFILES["quick"]
TRUE = statement(lambda xp, x: Equal(2 * x, x + x), x=vector("n"))
ORDER = statement(lambda xp, x: AtMost(x, 1 + xp.abs(x)), x=real())


def exactly(*values):
    out = np.empty(len(values), dtype=object)
    out[:] = [Fraction(v) for v in values]
    return out


# -- profiles ------------------------------------------------------------------------------------
def test_a_larger_profile_does_no_less():
    quick, standard, deep = (PROFILES[name] for name in ("quick", "standard", "deep"))
    assert [p.name for p in (quick, standard, deep)] == ["quick", "standard", "deep"]
    for less, more in itertools.pairwise((quick, standard, deep)):
        assert less.bound >= more.bound
        assert more.rungs[: len(less.rungs)] == less.rungs
        assert less.largest <= more.largest
        for name in ("points", "proposals", "batch", "starts", "steps", "cells", "seconds"):
            assert getattr(less, name) < getattr(more, name), name
    for p in (quick, standard, deep):
        # Every rung doubles the digits; batches and starts are shared among strata by halves.
        assert p.rungs == tuple(15 * 2**k for k in range(len(p.rungs)))
        assert {n & (n - 1) for n in (p.batch, p.starts)} == {0}
        assert p.bound < -100
        assert p.points >= 2


# -- statements ----------------------------------------------------------------------------------
def test_streams_hang_on_form_method_and_seed_and_on_nothing_else():
    for make, draw in ((stream, lambda r: r.random()), (numpy_stream, lambda r: r.random())):
        one = draw(make("a/b", "exact", 0))
        assert draw(make("a/b", "exact", 0)) == one
        assert len({one, *(draw(make(*other)) for other in (
            ("a/c", "exact", 0), ("a/b", "cells", 0), ("a/b", "exact", 1),
        ))}) == 4  # fmt: skip
    assert stream("a/b", "exact", 0).random() == random.Random("0/a/b/exact").random()


def test_small_points_are_odd_over_a_power_of_two():
    for bits in (1, 3, 10):
        found = small_point(random.Random(0), (40, 5), bits)
        assert found.shape == (40, 5)
        values = found.reshape(-1).tolist()
        assert {v.denominator for v in values} == {2 ** (bits + 1)}
        assert -2 < min(values) < -1.2
        assert 1.2 < max(values) < 2
        assert {v.numerator % 2 for v in values} == {1}
    assert len(set(small_point(random.Random(0), (500,), 1).tolist())) == 8
    shapes = {k: v.shape for k, v in statements.point(TRUE, {"n": 2}, random.Random(0)).items()}
    assert shapes == TRUE.raw_shapes({"n": 2})


def test_a_fault_is_one_pattern_for_each_claim():
    signs = Fault(3, 0, 12345).signs((4, 50))
    assert set(signs.reshape(-1).tolist()) == {-1, 1}
    assert (Fault(9, 1, 12345).signs((4, 50)) == signs).all()
    assert (Fault(3, 0, 12346).signs((4, 50)) != signs).any()
    faulty = TRUE.faulty(4, 1)
    assert (faulty.fault.k, faulty.fault.part) == (4, 1)
    assert faulty.fault.pattern == TRUE.faulty(5, 0).fault.pattern
    assert [faulty.watches(k) for k in range(3)] == [False, True, False]
    assert TRUE.watches(7)


def test_parts_by_kind_and_of_a_fault_only_its_own():
    many = statement(lambda xp, x: (Zero(x - x), AtMost(x, x + 1), Equal(x, x), Rank(xp.eye(2), 2)),
                     x=real())  # fmt: skip
    assert many.kinds() == ["Zero", "AtMost", "Equal", "Rank"]
    assert many.parts("Equal", "Zero") == [0, 2]
    assert many.faulty(3, 2).parts("Equal", "Zero") == [2]
    assert many.faulty(3, 1).parts("Equal", "Zero") == []


def test_shapes_are_cut_to_the_largest_and_never_to_none():
    form = replace(TRUE.form, sizes={"n": [2, 5, 9]})
    assert [s["n"] for s in Statement(form).grid(6)] == [2, 5]
    assert [s["n"] for s in Statement(form).grid(9)] == [2, 5, 9]
    assert [s["n"] for s in Statement(form).grid(1)] == [2]
    assert [s["n"] for s in Statement(replace(form, every_size=True)).grid(1)] == [2, 5, 9]
    assert [s["n"] for s in TRUE.grid(10)] == [1, 2, 3, 4, 5, 6]
    assert ORDER.grid(3) == [{}]
    assert Statement(replace(form, every_size=True)).smallest == {"n": 2}
    assert (TRUE.smallest, ORDER.smallest) == ({"n": 1}, {})


def test_every_pair_of_values_is_covered_and_every_row_brings_a_new_one():
    names, ranges = ["a", "b", "c"], [[1, 2, 3], [1, 2, 3, 4], [1, 2, 3, 4, 5]]
    rows = list(statements._pairwise(names, ranges))
    for (i, a), (j, b) in itertools.combinations(enumerate(names), 2):
        seen = {(row[a], row[b]) for row in rows}
        assert seen == set(itertools.product(ranges[i], ranges[j]))
    assert 20 <= len(rows) <= 26
    covered: set = set()
    for row in rows:
        pairs = {(a, row[a], b, row[b]) for a, b in itertools.combinations(names, 2)}
        assert pairs - covered
        covered |= pairs


def test_directions_are_raw_parameters_too():
    slope = statement(lambda xp, X: Gradient(lambda Y: xp.sum(Y * Y), X, 2 * X), X=vector("n"))
    shapes = slope.raw_shapes({"n": 3})
    assert shapes["direction0.re"] == (3,)
    assert "direction0.im" not in shapes
    assert "direction0.re" not in TRUE.raw_shapes({"n": 3})


def test_where_the_parts_change_with_the_size():
    body = lambda xp, x: (Equal(x, x), Equal(x, x)) if x.shape[0] == 3 else Equal(x, x)
    changing = statement(body, x=vector("n"))
    assert changing.changed(2) == ""
    assert changing.changed(3) == "the parts are Equal, but at n = 3 Equal, Equal"


def test_a_fault_is_planted_in_one_part_alone():
    two = statement(lambda xp, x: (Equal(x, x), Equal(3 * x, 3 * x)), {"n": [2]}, x=vector("n"))
    (name,) = two.raw_shapes({"n": 2})
    xp = Rational()
    raws = statements.wrap_raw(xp, {name: exactly(2, -1)})
    plain, shifted = two.faulty(1, 1).sides(xp, raws)
    gap = lambda s: [str(q) for q in (s.right - s.left).data[0]]
    assert gap(plain) == ["0", "0"]
    assert {abs(Fraction(q)) for q in gap(shifted)} == {Fraction(6, 10), Fraction(3, 10)}
    assert len(two.sides(xp, raws)) == 2
    (only,) = two.sides(xp, raws, part=1)
    assert [str(q) for q in only.left.data[0]] == ["6", "-3"]


# -- floats --------------------------------------------------------------------------------------
def ratios(subject, **values):
    raws = {k: torch.tensor(v, dtype=torch.float64) for k, v in values.items()}
    return residuals(subject, raws)


def only(subject, sizes=None):
    (name,) = subject.raw_shapes(sizes or {})
    return name


def test_residuals_are_relative_to_the_larger_side():
    body = lambda xp, x: (Equal(4 * x, 3 * x), Equal(3 * x, 4 * x), AtMost(4 * x, 3 * x), Zero(x))
    subject = statement(body, x=real())
    ratio, prints = ratios(subject, **{only(subject): [2.0, -2.0, 0.25, 0.0, math.inf]})
    quarter = [0.25, 0.25]
    assert ratio[0].tolist() == [*quarter, 0.25, 1.0]
    assert ratio[1].tolist() == [*quarter, -0.25, 1.0]
    assert ratio[2].tolist() == [*quarter, 0.25, 0.25]  # a side that is exempt counts one at least
    assert ratio[3].tolist() == [0.0] * 4
    assert ratio[4].tolist() == [-math.inf] * 4
    assert prints.shape == (5, 4, 2)
    assert prints[0, 0].tolist() == [8, 6]


def test_a_fingerprint_tells_entries_and_parts_apart():
    from fieldcheck.evidence.floats import _fingerprint

    t = lambda *v: torch.tensor(v)
    assert _fingerprint(t(3.0, 5.0).double()).item() == pytest.approx(3 + 5 * 2**0.5)
    found = _fingerprint(t(1 + 2j, 3 - 1j)).item()
    assert found == pytest.approx((1 + 3 * 2**0.5) + 2 * (2 - 2**0.5), rel=1e-6)


# -- samples -------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("high", "moves"), [(1.0, False), (1 + 5e-10, False), (1 + 2e-9, True), (-1.0, True)]
)
def test_a_side_moves_if_its_prints_differ_by_more_than_rounding(high, moves):
    prints = np.array([[[1.0, 0.0]], [[high, 0.0]]])
    assert sample._moving(prints, np.array([True, True])).tolist() == [[moves, False]]


def made(value, moved=0, stratum="generic", n=2):
    sizes = {"n": n}
    cloud = sample.Cloud(sizes, {"x": np.zeros((1, n))}, [stratum], np.array([moved]))
    return sample.Proposal(value, cloud, 0)


def test_the_worst_of_each_set_of_inputs_goes_first():
    assert sample._spread(np.array([4, 2, 3, 0]), np.array([1, 9, 1, 2, 1])) == [4, 3]
    a, b, c, d = made(5, 1), made(4, 1), made(3, 2), made(2, 1)
    assert sample._different([a, b, c, d], 3) == [a, c, b]
    assert sample._different([a, b, c, d], 1) == [a]
    assert sample._different([a], 5) == [a]


def test_what_goes_to_certification():
    profile = replace(QUICK, proposals=2)
    small, large = made(-3, stratum="zero", n=3), made(-2, stratum="zero", n=4)
    loud = [made(v) for v in (1e-3, 1e-5, 1e-4)]
    quiet = [made(1e-12)]
    chosen = sample._chosen(TRUE, {(0, "generic"): loud, (0, "zero"): [small, large]}, profile)
    assert [p.value for p in chosen] == [1e-3, 1e-4, -3]
    assert sample._chosen(TRUE, {(0, "generic"): quiet}, profile) == []
    assert sample._chosen(TRUE, {(0, "zero"): [large]}, profile) == [large]
    assert sample._chosen(TRUE.faulty(1, 1), {(0, "generic"): loud}, profile) == []
    assert sample._chosen(ORDER, {(0, "generic"): quiet}, profile) == quiet  # no rounding to spare
    assert (sample.floor_of("AtMost"), sample.floor_of("Equal")) == (0.0, sample.NOISE)


@pytest.mark.parametrize(
    ("names", "moving", "visited", "cases", "empty", "reason"),
    [
        (["Equal"], [[1, 1]], {"generic": 1}, 2, None, ""),
        (["Equal"], [[1, 1]], {"generic": 1}, 1, None, "only one finite instance"),
        (["Equal"], [[1, 1]], {"generic": 1}, 5, {"n": 3}, "no finite instance at n = 3"),
        (["Equal"], [[1, 1]], {"generic": 1, "zero": 0}, 5, None, "in the stratum 'zero'"),
        (["Zero", "Equal"], [[0, 0], [1, 0]], {}, 5, None, "the right side of part 2"),
        (["Force"], [[0, 1]], {}, 5, None, "the left side of part 1"),
        (["Gradient"], [[0, 0]], {}, 5, None, "the left side of part 1"),
        (["AtMost"], [[0, 0]], {}, 5, None, "neither side of part 1"),
        (["AtMost", "Zero"], [[0, 1], [0, 0]], {}, 5, None, ""),
        (["AtMost"], [[1, 0]], {}, 5, None, ""),
    ],
)
def test_when_a_run_means_nothing(names, moving, visited, cases, empty, reason):
    found = sample._vacuous(
        dict(enumerate(names)), np.array(moving, dtype=bool), visited, cases, empty
    )
    assert reason in found
    assert bool(found) is bool(reason)
    assert not found or found.startswith("vacuous: ")


def test_a_cloud_moves_some_inputs_of_each_row_into_the_stratum():
    subject = statement(lambda xp, x, y: Equal(x, x), x=vector("n"), y=vector("n"))
    cloud = sample.cloud(subject, {"n": 3}, 4000, np.random.default_rng(1))
    labels = np.array(cloud.strata)
    assert set(cloud.moved[labels == "generic"].tolist()) == {0}
    zero = cloud.moved[labels == "zero"]
    assert set(zero.tolist()) == {1, 2, 3}  # at least one of the two, as bits
    assert 0.15 < (zero == 3).mean() < 0.55
    first, second = (cloud.raws[f"{name}.{part}"] for name in "xy" for part in subject.form.given[
        name].raw)  # fmt: skip
    inside = lambda v: ~v[labels == "zero"].any(axis=1)
    assert (inside(first) == (zero % 2 == 1)).all()
    assert (inside(second) == (zero >= 2)).all()
    assert sample.cloud(subject, {"n": 1}, 1, np.random.default_rng(1)).strata.count("generic") == 2


def test_sides_that_drown_in_floats_are_asked_at_many_digits():
    drowned = statement(lambda xp, x: Equal(10**20 + x, x * 0 + 10**20), x=real())
    rng = random.Random(0)
    assert sample._moves_exactly(drowned, [{}], 0, 0, rng)
    assert not sample._moves_exactly(drowned, [{}], 0, 1, rng)


def test_the_part_that_is_never_finite_is_named():
    nowhere = lambda xp, x: Equal(x, 1 / (x - x))
    run = lambda body: sample.run(statement(body, x=real()), QUICK, 0)
    one = run(nowhere)
    assert (one.outcome, one.reason, one.vacuous) == (
        "silent", "vacuous: no finite instance", True,
    )  # fmt: skip
    two = run(lambda xp, x: (Equal(x, x), nowhere(xp, x)))
    assert two.reason == "vacuous: no finite instance of part 2"
    first = run(lambda xp, x: (nowhere(xp, x), Equal(x, x)))
    assert first.reason == "vacuous: no finite instance of part 1"
    assert (one.cases, one.shapes) == (0, 1)


def test_the_record_of_a_proposal():
    record = made(1e-7, stratum="ties").record()
    assert (record["log10"], record["raw"]["stratum"]) == ("-7.0", "ties")
    assert made(0.0).record()["log10"] == made(-1.0).record()["log10"] == "-inf"
    assert record["raw"]["point"] == {"x": ["0", "0"]}


# -- search --------------------------------------------------------------------------------------
def test_what_is_climbed():
    body = lambda xp, x: (AtMost(4 * x, 3 * x), Equal(4 * x, 3 * x))
    subject = statement(body, x=real())
    x = torch.tensor([2.0, -2.0], dtype=torch.float64)
    found = search.objective(subject, {only(subject): x})
    np.testing.assert_allclose(found, [[2 / 9, (2 / 9) ** 2], [-2 / 9, (2 / 9) ** 2]])
    values = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
    assert search._own(values, torch.tensor([1, 0])).tolist() == [2.0, 3.0]


def test_three_shapes_or_fewer():
    assert [s["n"] for s in search.shapes_for(TRUE)] == [1, 4, 6]
    assert search.shapes_for(ORDER) == [{}]
    two = statement(lambda xp, x: Equal(x, x), {"n": [2, 3]}, x=vector("n"))
    assert [s["n"] for s in search.shapes_for(two)] == [2, 3]


def test_a_flat_equality_is_left_after_two_steps():
    (name,) = TRUE.raw_shapes({"n": 2})
    raws = lambda: {name: np.ones((3, 2))}
    part = torch.zeros(3, dtype=torch.long)
    assert search._climb(TRUE, raws(), part, 20, order=False) == 2
    assert search._climb(TRUE, raws(), part, 1, order=False) == 1
    constant = statement(lambda xp, x: AtMost(xp.zeros(2), xp.ones(2)), x=vector("n"))
    assert search._climb(constant, raws(), part, 20, order=True) == 1
    assert search._polish(constant, raws(), part, 20) == 0
    lost = {name: np.full((3, 2), np.nan)}
    assert search._climb(TRUE, lost, part, 20, order=False) == 0


# -- ladder --------------------------------------------------------------------------------------
def test_the_width_of_a_ball():
    with working_digits(30):
        assert ladder._width(arb(0)) == -math.inf
        assert ladder._width(arb(1) / arb(0, 1)) == math.inf
        assert ladder._width(arb(0, "1e-7")) == pytest.approx(-7, abs=1e-6)
        assert ladder._width(acb(0, 0) + acb(arb(0, "1e-7"), 0)) == pytest.approx(-7, abs=1e-6)
        assert ladder._width(arb(100)) == pytest.approx(2)


def test_the_shapes_of_the_ladder_reach_from_the_smallest_to_the_largest():
    sizes = lambda **changes: [s["n"] for s in ladder.shapes_for(TRUE, replace(QUICK, **changes))]
    assert sizes(points=2, largest=3) == [1, 3]
    assert sizes(points=4, largest=6) == [1, 3, 4, 6]
    assert sizes(points=3, largest=5) == [1, 3, 5]


@pytest.mark.parametrize("gap", [12, 11, 13])
def test_each_step_may_fall_short_by_a_few_digits(gap):
    assert ladder._shrinks((15, 30), (-10, -10 - gap)) is (gap >= 15 - ladder.LOSS)


@pytest.mark.parametrize(("fine", "agrees"), [(-51, True), (-49, False), (-100, True)])
def test_the_second_opinion_must_gain_fifty_of_sixty_digits(monkeypatch, fine, agrees):
    answers = {50: mpmath.mpf(1), 110: mpmath.mpf(10) ** fine}
    monkeypatch.setattr(ladder, "_mpmath_residual", lambda s, raw, part, digits: answers[digits])
    assert ladder._second_opinion(TRUE, {"n": 1}, 0, random.Random(0)) is agrees
    answers[50] = mpmath.mpf(0)
    assert ladder._second_opinion(TRUE, {"n": 1}, 0, random.Random(0)) is (fine <= -100)


# -- exact ---------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("bound", "coincidences", "roots"),
    [
        (Bound((), 5, 2, 100.0), 0, 0),
        (Bound((), 0, 0, 0.0), 0, 0),
        (Bound((), 5, 2, 100.0), 64, 0),
        (Bound((), 5, 2, 100.0), 0, 2),
        (Bound((), 5, 2, 1e6), 3, 1),
        (Bound((), 2**40, 0, 0.0), 0, 9),
        (Bound((), 2**58, 2**58, 0.0), 0, 4),
    ],
)
def test_the_chance_to_miss_as_the_docstring_has_it(bound, coincidences, roots):
    degree = 2 * max(1, bound.top + bound.bottom) * 2**roots + coincidences
    primes = max(1, 2 * bound.height * 2**roots / 59)
    chance = (degree / 2**59 + primes / 2**52) * 2**roots
    assert exact.missed(bound, coincidences, roots) == pytest.approx(min(0, math.log2(chance)))


def test_what_an_identity_can_decide():
    body = lambda xp, x: (
        AtMost(x, x + 1), Zero(x - x), AtMost(x, x + 1, gap=xp.one), Rank(xp.eye(2), 2),
        Equal(x, x), AtMost(0, x * x, gap=x),
    )  # fmt: skip
    subject = statement(body, x=real())
    assert exact.provable(subject) == [1, 2, 4, 5]
    seen = [exact._visible_sign(subject, [{}], part) for part in (1, 2, 4, 5, 0)]
    assert seen == [True, True, True, False, False]


def test_degrees_of_an_order_are_those_of_its_gap():
    cubic = statement(lambda xp, x: AtMost(x, x + x**4, gap=x**4), x=real())
    bound, coincidences = exact.measured(cubic, {}, 0)
    assert (bound.top, bound.bottom, coincidences) == (4, 0, 0)
    symbols = statement(lambda xp, x: Equal(xp.exp(x**3), 1 / x), x=real())
    bound, coincidences = exact.measured(symbols, {}, 0)
    assert (bound.top, bound.bottom, coincidences) == (2, 1, 2 * 3)


def test_a_trial_tells_whether_it_holds_with_symbols_and_roots():
    trial = lambda body: exact._trial(statement(body, x=real()), {}, 0, random.Random(1))
    assert trial(lambda xp, x: Equal(x * x, x**2)) == (True, False, 0)
    assert trial(lambda xp, x: Equal(x * x, x**3)) == (False, False, 0)
    assert trial(lambda xp, x: Equal(xp.exp(x), xp.exp(x) + 1)) == (False, True, 0)
    assert trial(lambda xp, x: Equal(xp.sqrt(x) ** 2, x)) == (True, True, 1)
    with pytest.raises(Unsupported, match="square roots at every point"):
        trial(lambda xp, x: Equal(xp.sqrt(-x * x * xp.i * xp.i * 0 + 1 / (x - x)), x))


# -- cells and emptiness -------------------------------------------------------------------------
def entries(body, sizes=None, **given):
    return cells.written_down(statement(body, **given), sizes or {}, 0)


def test_entries_that_must_vanish():
    graph, found = entries(lambda xp, x: Equal(x + 1, xp.relu(x)), {"n": 3}, x=vector("n"))
    assert len(found) == 3
    assert graph.has("relu")
    assert entries(lambda xp, x: Equal(x, x), x=real())[1] == []
    _, found = entries(lambda xp, x: AtMost(0, x, gap=xp.relu(x)), x=real())
    assert len(found) == 1


def test_terms_that_share_nothing_come_apart():
    graph, (root,) = entries(
        lambda xp, x, y, z: Equal(2 * (xp.relu(x) + y) - xp.relu(z) * 3, x * 0 + 1),
        x=real(), y=real(), z=real(),
    )  # fmt: skip
    pieces = cells._independent(graph, root)
    names = [sorted(n.args[0] for n in graph.order(p) if n.op == "raw") for p in pieces]
    assert sorted(map(str, filter(None, names))) == sorted(
        str([f"{v}.{part}"]) for v in "xyz" for part in real().raw
    )
    graph, (root,) = entries(
        lambda xp, x, y: Equal(xp.relu(x) + y, x * y), x=real(), y=real()
    )  # fmt: skip
    assert len(cells._independent(graph, root)) == 1


def test_branches_are_counted_and_the_failing_ones_named():
    graph, (root,) = entries(lambda xp, x, y: Equal(xp.relu(x) * xp.relu(y), x * y),
                             x=real(), y=real())  # fmt: skip
    count, failing = cells._branches(graph, root, 4, random.Random(0))
    assert (count, sorted(failing)) == (4, [(False, False), (False, True), (True, False)])
    with pytest.raises(Unsupported, match="more than 3 branches"):
        cells._branches(graph, root, 3, random.Random(0))
    profile = replace(QUICK, bound=-60.0)
    count, bound, failing = cells._whole(graph, root, profile, random.Random(0))
    assert (count, len(failing)) == (4, 3)
    assert bound <= -60
    one = cells._error(graph, root)
    assert (bound - 2) / one == pytest.approx(round((bound - 2) / one))


def test_the_bound_of_an_entry_follows_its_operations():
    """(x + 3)² / y - relu(x): degrees 2 over 1, one more for the common denominator."""
    graph, (root,) = entries(
        lambda xp, x, y: Equal((x + 3) ** 2 / y, xp.relu(x)), x=real(), y=real()
    )  # fmt: skip
    height = 8.0
    found = cells._error(graph, root)
    tight = exact.missed(Bound((), 2, 1, 0.0), 0, 0)
    loose = exact.missed(Bound((), 2, 1, height), 0, 0)
    assert tight <= found <= loose
    roots, (rooted,) = entries(lambda xp, x: Equal(xp.sqrt(x * x + 1), x), x=real())
    assert cells._error(roots, rooted) > exact.missed(Bound((), 1, 0), 0, 1) - 1


@pytest.mark.parametrize(
    ("q", "small"),
    [(0, "0"), (1, "1"), (-1, "-1"), ("2/3", "2/3"), ("-7/5", "-7/5"), ("4096", "4096"),
     ("1/4096", "1/4096"), ("12345678/87654321", None)],
)  # fmt: skip
def test_residues_of_small_fractions(q, small):
    p = random_prime(random.Random(0))
    q = Fraction(q)
    found = emptiness._small(q.numerator * pow(q.denominator, -1, p) % p, p)
    assert found == (None if small is None else Fraction(small))


def test_relations_of_columns():
    p = 1_000_003
    table = np.array([[1, 2, 3], [2, 4, 7], [1, 2, 5]], dtype=object)
    assert emptiness._kernel(table, p) == [[Fraction(-2), Fraction(1), Fraction(0)]]
    assert emptiness._kernel(np.array([[1, 0], [0, 1]], dtype=object), p) == []
    half = np.array([[2, 1, 3]], dtype=object)
    assert emptiness._kernel(half, p) == [
        [Fraction(-1, 2), Fraction(1), Fraction(0)], [Fraction(-3, 2), Fraction(0), Fraction(1)],
    ]  # fmt: skip


def test_expressions_whose_sign_may_be_known():
    graph = Graph()
    x, y, z = (graph.raw(n, ()) for n in "xyz")
    root = nodes(((x + 1) * y + x * x + graph.sqrt(y + 2) + (y + z) / (z + 5) + (x + y)).data[0])[0]
    found = emptiness._bases(graph, root)
    first = lambda v: nodes(v.data[0])[0]
    assert first(graph.sqrt(y + 2)) in found
    assert first(x + 1) in found
    assert first(z + 5) in found
    assert first(x * x) in found
    assert first(x + y) not in found  # nothing is multiplied or divided by it
    assert first((x + 1) * y) not in found


@pytest.mark.parametrize(
    ("body", "choices", "empty"),
    [
        (lambda g, x, y: g.relu(x - 1) * g.relu(-x), (True, False), True),
        (lambda g, x, y: g.relu(x - 1) * g.relu(-x), (True, True), False),
        (lambda g, x, y: g.relu(x - 1) * g.relu(-x), (False, False), False),
        (lambda g, x, y: g.relu(x - y) * g.relu(y - 2 * x) * g.relu(x), (True,) * 3, True),
        (lambda g, x, y: g.relu(x - 1) * g.relu(y - 1) * g.relu(1 - x * y), (True,) * 3, True),
        (lambda g, x, y: g.relu(x) * g.relu(y) * g.relu(1 - x * y), (True,) * 3, False),
        (lambda g, x, y: g.relu(-1 - x * x + y * 0), (True,), False),
    ],
)
def test_branches_that_no_point_takes(body, choices, empty):
    graph = Graph()
    root = nodes(body(graph, graph.raw("x", ()), graph.raw("y", ())).data[0])[0]
    assert emptiness.is_empty(graph, root, choices, random.Random(0)) is empty
    again = emptiness.is_empty(graph, root, choices, random.Random(1))
    assert again is empty
    assert len(emptiness._certificates[root]) == (1 if empty else 0)


def test_positive_expressions_of_a_walk_and_their_products():
    graph = Graph()
    x, y = graph.raw("x", ()), graph.raw("y", ())
    root = nodes((graph.relu(x) * graph.relu(y)).data[0])[0]
    walk = next(emptiness._points(graph, root, (True, False), Field.random(random.Random(0))))
    one = emptiness._positives(graph, root, walk, 1)
    two = emptiness._positives(graph, root, walk, 2)
    assert one["1",] == 1
    assert sorted(v % walk.p == 1 for v in one.values()) == [False] * (len(one) - 1) + [True]
    named = {node.args[0]: value for (node, _), value in list(one.items())[1:3]}
    raws = {node.args[0]: walk.residue[node.id] for node, _ in walk.atoms}
    assert named["x"] == raws["x"]
    assert named["y"] == -raws["y"] % walk.p
    more = len(one) - 1
    assert len(two) == 1 + more + more * (more + 1) // 2


# -- enclosures ----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("low", "high", "covers"), [(-1, 1, True), (-2, 3, True), (0, 1, False), (-1, "1/2", False)]
)
def test_a_box_covers_what_it_reaches_over(low, high, covers):
    subject = statement(lambda xp, x: AtMost(x, 2), x=between(-1, 1))
    assert subject.form.given["x"].reach == (-1, 1)
    assert enclose._covers(subject, {only(subject): (low, high)}) is covers
    assert enclose._covers(ORDER, {only(ORDER): (-(10**9), 10**9)}) is False


def test_cells_and_balls():
    found = enclose._ball(Fraction(-1), Fraction(3))
    assert found.contains(-1)
    assert found.contains(3)
    assert not found.contains(arb("3.01"))
    assert not found.contains(arb("-1.01"))
    assert enclose._shown({"n": 2, "m": 3}, {"x": (0, 1)}) == "n = 2, m = 3, x in [0, 1]"
    subject = statement(lambda xp, x: AtMost(x, 2), {"n": [2]}, x=vector("n"))
    with pytest.raises(ValueError, match=r"no range for .*it has \['other'\]"):
        enclose._first_cell(subject, {"n": 2}, {"other": (0, 1)})


def test_a_box_is_halved_until_it_is_proved_or_too_many_cells():
    """x² <= 1 + 1/4 on [-1, 1]: two halves, or more as balls are wide."""
    body = lambda xp, x: AtMost(x * x, 1 + xp.one / 4)
    subject = statement(body, x=real())
    coordinates, first = enclose._first_cell(subject, {}, {only(subject): (-1, 1)})
    with working_digits(20):
        run = lambda limit: enclose._subdivide(subject, {}, 0, coordinates, first, limit)
        outcome, count, point, room = run(100)
        assert outcome == "confirms"
        assert 1 <= count <= 7
        # The room of the tightest cell is at most the true one there, and 1/4 at the ends.
        x = float(point[only(subject)])
        assert 0 < room <= 1.25 - x * x
        assert run(count)[:2] == ("confirms", count)
        if count > 1:
            assert run(count - 1)[:3] == ("silent", count, None)


# -- small witnesses -----------------------------------------------------------------------------
def test_smaller_shapes_come_by_their_total_size():
    two = statement(lambda xp, X: Equal(X, X), X=matrix("N", "C"))
    found = [(s["N"], s["C"]) for s in minimize._smaller_sizes(two, {"N": 2, "C": 3})]
    assert found == [(1, 1), (1, 2), (2, 1), (1, 3), (2, 2)]
    assert list(minimize._smaller_sizes(two, {"N": 1, "C": 1})) == []


def test_simpler_variants_of_a_point():
    found = minimize._variants({"x": np.array([0.3, 1.0])})
    rows = sorted(map(tuple, found["x"].tolist()))
    expected = [
        (0.0, 0.0), (0.0, 1.0), (0.5, 1.0), (307 / 1024, 1.0),  # the whole parameter
        (0.0, 1.0), (1.0, 1.0), (-1.0, 1.0), (0.3, 0.0), (0.3, -1.0),  # one entry
    ]  # fmt: skip
    assert rows == sorted(expected)
    assert minimize._variants({"x": np.zeros(0)}) is None
    number = minimize._variants({"x": np.array(0.0)})["x"]
    assert sorted(number.tolist()) == [-1.0, 1.0]


def test_a_witness_is_made_simpler_entry_by_entry():
    false = statement(lambda xp, x: Equal(x[0] * x[0], 0 * x[1]), {"n": [2]}, x=vector("n"))
    name = only(false, {"n": 2})
    thin = minimize._thinned(false, {"n": 2}, {name: exactly("7/3", "-5/7")})
    assert thin[name].tolist() in ([1, 0], [-1, 0])
    record = minimize.smallest(false, {"n": 2}, {name: exactly("7/3", "-5/7")}, random.Random(0))
    assert record.raw[name] in (["1", "0"], ["-1", "0"])
    faulty = false.faulty(3, 0)
    kept = minimize.smallest(faulty, {"n": 2}, {name: exactly("7/3", "-5/7")}, random.Random(0))
    assert kept.raw[name] == ["7/3", "-5/7"]


# -- witnesses -----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("a", "b", "order", "fails"),
    [
        ((1, 0), (1, 0), False, False),
        ((1, 0), (2, 0), False, True),
        ((1, 1), (1, 0), False, True),
        ((1, 0), (1, 0), True, False),
        ((2, 0), (1, 0), True, True),
        ((1, 0), (2, 0), True, False),
    ],
)
def test_when_a_rational_fails(a, b, order, fails):
    pair = lambda z: tuple(map(fmpq, z))
    assert witness._fails(Rational(), pair(a), pair(b), order) is fails


def test_an_order_needs_real_sides():
    for a, b in (((1, 1), (1, 0)), ((1, 0), (1, -1))):
        with pytest.raises(TypeError, match="complex"):
            witness._fails(Rational(), tuple(map(fmpq, a)), tuple(map(fmpq, b)), True)
    with pytest.raises(TypeError, match="complex"):
        witness._fails(Ball(), acb(1, 1), acb(1), True)


def test_when_a_ball_fails():
    ball, nothing = Ball(), arb(1) / arb(0, 1)
    with working_digits(20):
        assert witness._fails(ball, arb(2), arb(1), True)
        assert not witness._fails(ball, arb(1), arb(1), True)
        assert not witness._fails(ball, arb(0, 1), arb(0), True)
        assert witness._fails(ball, arb(1), arb(2), False)
        assert not witness._fails(ball, arb(0, 1), arb(0), False)
        assert witness._fails(ball, acb(0, 1), acb(0), False)
        assert not witness._fails(ball, acb(0, 0), acb(0), False)
        assert not witness._fails(ball, nothing, arb(0), False)
        assert not witness._fails(ball, nothing, arb(0), True)


def test_who_can_look_at_a_point():
    root = statement(lambda xp, x: Equal(xp.sqrt(x), xp.log(x)), x=real())
    at = lambda v: {only(root): np.array(Fraction(v), dtype=object)}
    assert witness.is_finite(root, at(2), 0)
    assert not witness.is_finite(root, at(0), 0)
    over = statement(lambda xp, x: Equal(1 / x, x), x=real())
    assert not witness.is_finite(over, {only(over): np.array(Fraction(0), dtype=object)}, 0)
    assert witness.is_finite(over, {only(over): np.array(Fraction(10**400), dtype=object)}, 0)


@pytest.mark.parametrize(
    ("text", "trimmed"),
    [("1.500", "1.5"), ("2.000", "2"), ("100", "100"), ("1.20e+10", "1.2e+10"), ("3e-5", "3e-5")],
)
def test_zeros_at_the_end_are_trimmed(text, trimmed):
    assert witness._trimmed(text) == trimmed


def test_a_ball_around_zero_is_shown_as_zero_if_it_is_small():
    with working_digits(30):
        assert witness.shown(arb(0, "1e-17"), 18) == "0"
        assert witness.shown(arb(0, "1e-15"), 18) != "0"
        assert witness.shown(acb(0, arb(0, "1e-17"))) == "0"


def test_records_of_worst_cases():
    point = {"x": exactly("1/3", "0.1", 7)}
    record = witness.worst_at("largest residual", -3.14159, {"n": 2}, "zero", point)
    assert record == {
        "what": "largest residual",
        "log10": "-3.1",
        "raw": {"sizes": {"n": 2}, "stratum": "zero", "point": {"x": ["1/3", "1/10", "7"]}},
    }
    assert witness.worst_at("", math.inf, {}, "", {})["log10"] == "inf"
    assert witness.worst_at("", -0.01, {}, "", {})["log10"] == "0.0"
    long = Fraction(0.1)  # fifty-five bits: shown as the float it came from
    assert witness._short(np.array(long, dtype=object)) == (0.1).hex()
    third = Fraction(10**12 + 1, 3 * 10**12)  # no float
    assert witness._short(np.array(third, dtype=object)) == str(third)
    assert witness._short(np.array(Fraction(10**11), dtype=object)) == "1" + "0" * 11
    back = witness.raw_from_record({"x": [[(0.1).hex(), "1/3"]]})["x"]
    assert back.tolist() == [[long, Fraction(1, 3)]]


def test_the_inputs_of_a_witness_are_told_as_a_reader_wants_them():
    two = statement(lambda xp, z, x: Equal(z, z), z=number(), x=nonnegative("n"))
    shapes = two.raw_shapes({"n": 2})
    raw = {k: np.full(s, Fraction(1, 2), dtype=object) for k, s in shapes.items()}
    told = witness.shown_inputs(two, raw, 60)
    assert told["z"] == "1/2 + 1/2i"
    assert told["x"] == ["1/4", "1/4"]


# -- semialgebraic sets --------------------------------------------------------------------------
X, Y = sp.symbols("x y", real=True)


@pytest.mark.parametrize(
    ("zero", "positive", "found"),
    [
        ([X - 1], [X], True),
        ([X - 1], [-X], False),
        ([X * Y], [X, Y], False),
        ([X * Y], [X], True),
        ([X * Y], [X - 1, 1 - X], False),
        ([X**2 + 1], [], False),
        ([X * Y - 1], [X, Y], True),
        ([X * Y - 1], [X, -Y], False),
        ([X * Y - 1, X], [], False),
        ([X - Y, X + Y - 2], [X, Y], True),
        ([sp.Integer(2)], [], False),
        ([(X - 1) * (X - 2)], [X - sp.Rational(3, 2)], True),
        ([2 * X - 3 * Y], [X - Y, 4 - X], True),
    ],
)
def test_equations_and_inequalities_together(zero, positive, found):
    point = semialgebraic.a_point(zero, positive, [X, Y])
    assert (point is not None) is found
    if point is not None:
        assert set(point) == {X, Y}
        assert all(e.subs(point) == 0 for e in zero)
        assert all(p.subs(point) > 0 for p in positive)


@pytest.mark.parametrize("zero", [[X**2 - 2], [X**2 + Y**2 - 3]])
def test_what_is_not_decided_is_said(zero):
    with pytest.raises(semialgebraic.Unknown):
        semialgebraic.a_point(zero, [], [X, Y])
    with pytest.raises(semialgebraic.Unknown):
        semialgebraic.a_point([], [X**2 + Y**2 - 3, 4 - X**2 - Y**2], [X, Y])


def test_the_variable_that_is_solved_for():
    assert semialgebraic._linear_in(X * Y + Y**2 + 1) == X
    assert semialgebraic._linear_in(X * Y + 2 * Y**2 * X + Y**3) == X
    assert semialgebraic._linear_in(X**2 * Y + X + 1) == Y
    assert semialgebraic._linear_in(X**2 + Y) == Y
    assert semialgebraic._linear_in(X * Y + Y + 3 * X) in (X, Y)
    assert semialgebraic._linear_in(X**2 + Y**2) is None
    assert semialgebraic._without_real_roots(X**2 + 1)
    assert not semialgebraic._without_real_roots(X**2 - 2)
    assert not semialgebraic._without_real_roots(X**2 + Y**2 + 1)
    assert semialgebraic._cleared((X - 1) / (Y + 2)) == sp.expand((X - 1) * (Y + 2))
    assert semialgebraic.fraction(sp.Rational(-7, 3)) == Fraction(-7, 3)


def test_more_equations_narrow_a_family():
    (family,) = semialgebraic.families([X - Y])
    assert family == ({X: Y}, [], [])
    ((solved, rest, divisors),) = semialgebraic.extended([2 * Y - 4], family)
    assert (solved[X], solved[Y], rest, divisors) == (2, 2, [], [])
    assert list(semialgebraic.extended([sp.Integer(1)], family)) == []
    assert list(semialgebraic.extended([sp.Integer(0)], family)) == [family]


# -- the clock -----------------------------------------------------------------------------------
def test_a_time_limit_inside_another():
    with clock.limited(5):
        with pytest.raises(clock.TooSlow, match=r"no answer within 0\.05 s"), clock.limited(0.05):
            time.sleep(2)
        with clock.limited(2):
            pass
    assert signal.getitimer(signal.ITIMER_REAL)[0] == 0

    def slow():
        with clock.limited(50):
            pass
        time.sleep(2)

    with pytest.raises(clock.TooSlow, match=r"within 0\.2 s"), clock.limited(0.2):
        slow()


def test_the_precision_is_told():
    with working_digits(20):
        assert witness.precision_bits() == flint.ctx.prec == 74
    assert Multiprecision().name == "mpf"


# -- what the records of methods say ---------------------------------------------------------------
def test_a_branch_that_fails_is_one_shape_with_its_cells():
    false = statement(lambda xp, x: Equal(xp.relu(x) + xp.relu(-x), x), x=real())
    found = cells.run(false, QUICK, 0)
    assert (found.outcome, found.shapes, found.parts) == ("refutes", 1, (0,))
    assert found.cells == found.cases > 0


def test_the_bound_of_cells_counts_every_cell_and_trial():
    body = lambda xp, x, y: Equal(xp.abs(x * y), xp.abs(x) * xp.abs(y))
    true = statement(body, x=real(), y=real())
    graph, (root,) = cells.written_down(true, {}, 0)
    count, bound, failing = cells._whole(graph, root, QUICK, random.Random(0))
    each = cells._error(graph, root)
    trials = (bound - math.log2(count)) / each
    assert failing == []
    assert count > 1
    assert trials == pytest.approx(round(trials))
    assert bound <= QUICK.bound < bound - each


@pytest.mark.parametrize("step", [1, -1])
def test_a_rank_that_is_too_low_rests_on_a_bound_and_one_that_is_too_high_on_none(step):
    body = lambda xp, A: Rank(A, A.shape[0] - 1 + step)  # a generic matrix has full rank
    found = rank.run(statement(body, A=matrix("n+1", "n+1")), QUICK, 0)
    if step == 1:
        assert found.outcome == "confirms"
    else:
        assert (found.outcome, found.log2_bound) == ("refutes", None)
    more = lambda xp, A: Rank(A @ xp.diag(xp.constant([1, 0])), 2)
    low = rank.run(statement(more, A=matrix(2, 2)), QUICK, 0)
    assert low.outcome == "refutes"
    assert float(low.log2_bound) <= QUICK.bound


def test_a_rate_visits_a_few_strata_of_each_part():
    subject = statement(lambda xp, x: Rate(lambda n: xp.abs(x) / n, 1), x=vector("n"))
    for name, most in (("quick", 2), ("standard", 4)):
        found = list(rate._special(subject, {"n": 3}, [0], PROFILES[name], 0))
        open_to = [s for s in sample.strata_of(subject)[1:] if s not in rate.EXTREME]
        assert len(found) == min(most, len(open_to))
        assert {part for part, _, _ in found} == {0}
        assert len({stratum for _, stratum, _ in found}) == len(found)
    assert rate.SPECIAL == {"quick": 2, "standard": 4, "deep": 8}


def test_a_wrong_constant_is_told_to_the_digits_that_are_known():
    off = lambda xp, x: Rate(lambda n: 3 * xp.one / n**2 + xp.one / n**3, 2, 3 + xp.one / 10**6)
    found = rate.run(statement(off, x=real()), QUICK, 0)
    assert found.reason == "leading constant 3.0, not 3.000001"


def test_a_draw_says_where_it_lies():
    assert law.Draw(0.5, 0.25, 1.0, 1e-6).words == "0.5 in [0.25, 1]"
    assert law.Draw(1.5, 0.25, 1.0, 1e-6).words == "1.5 outside [0.25, 1]"


def test_the_part_that_nothing_confirms_is_named_from_one():
    seen = Evidence("exact", "confirms", grade="exact", parts=(0,))
    weak = Evidence("sampled", "confirms", grade="sampled", parts=(0, 1))
    verdict = decide(["Zero", "Equal"], [seen, weak])
    assert verdict.because.startswith("nothing confirms part 2 (Equal)")


def test_the_nearest_miss_names_its_part_from_one():
    looked = object.__new__(solutions.Looked)
    looked.nearest, looked.strata = (0.125, {}, "generic", {}, 0), {"generic": 1}
    assert looked.worst()["raw"]["part"] == 1
    assert looked.worst()["log10"] == "-0.9"


def test_the_processors_flags_do_not_reach_a_verdict():
    def body(xp, x):
        if xp.name == "ball":
            np.log(np.array([-1.0]))  # raises where flags are errors
        return Equal(2 * x, x + x)

    with np.errstate(all="raise"):
        _, found = gather(statement(body, x=real()), QUICK, 0)
    assert not any(e.error for e in found)


def test_mpmath_must_gain_ten_digits_fewer_than_it_is_given():
    low, high = ladder.OPINIONS
    for shrinks, agreed in ((high - low - 9, True), (high - low - 11, False)):
        residual = {low: mpmath.mpf(10) ** -1, high: mpmath.mpf(10) ** (-1 - shrinks)}
        ask = lambda s, r, p, digits, residual=residual: residual[digits]
        before, ladder._mpmath_residual = ladder._mpmath_residual, ask
        try:
            assert ladder._second_opinion(TRUE, {"n": 1}, 0, random.Random(0)) is agreed
        finally:
            ladder._mpmath_residual = before


def test_small_points_are_made_of_seven_numbers():
    subject = statement(lambda xp, x: Equal(x, x), x=vector("n"))
    drawn = solutions._small(subject, {"n": 400}, random.Random(0))
    assert {v for values in drawn.values() for v in values.reshape(-1)} == {
        Fraction(n, 2) for n in (-4, -2, -1, 0, 1, 2, 4)
    }


def test_strata_are_not_visited_for_a_planted_fault():
    subject = statement(lambda xp, x: Rate(lambda n: xp.norm(x) / n, 1, xp.norm(x)), x=vector("n"))
    visited = lambda s: set(rate.run(s, QUICK, 0).strata)
    assert len(visited(subject)) > 1
    assert visited(subject.faulty(40, 0)) == {"generic"}
