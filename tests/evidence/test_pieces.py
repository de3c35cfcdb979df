"""The pieces of the methods, one by one, at points small enough to redo by hand."""

from __future__ import annotations

import math
import random
import signal
import time
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
import sympy as sp

from fieldcheck.arithmetic.array import Unsupported
from fieldcheck.arithmetic.branches import Field
from fieldcheck.arithmetic.degree import Bound
from fieldcheck.arithmetic.graph import Graph, nodes
from fieldcheck.arithmetic.prime import Unlucky, random_prime
from fieldcheck.domains import matrix, real, vector
from fieldcheck.evidence import clock, emptiness, semialgebraic
from fieldcheck.evidence.decide import decide
from fieldcheck.evidence.gather import gather
from fieldcheck.evidence.methods import (
    cells,
    exact,
    rank,
    rate,
    sample,
    solutions,
)
from fieldcheck.evidence.profiles import PROFILES
from fieldcheck.relations import AtMost, Equal, Rank, Rate, Zero
from fieldcheck.verdict import CONFIRMS, Evidence, Report
from tests.evidence.statements import statement

QUICK = PROFILES["quick"]
TRUE = statement(lambda xp, x: Equal(2 * x, x + x), x=vector("n"))
ORDER = statement(lambda xp, x: AtMost(x, 1 + xp.abs(x)), x=real())


def exactly(*values):
    out = np.empty(len(values), dtype=object)
    out[:] = [Fraction(v) for v in values]
    return out


# -- floats --------------------------------------------------------------------------------------


def only(subject, sizes=None):
    (name,) = subject.raw_shapes(sizes or {})
    return name


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
    primes = max(1, 2 * bound.height * 2**roots / 127)
    chance = (degree / 2**127 + primes / 2**119) * 2**roots
    assert exact.missed(bound, coincidences, roots) == pytest.approx(min(0, math.log2(chance)))


def test_what_an_identity_can_decide():
    body = lambda xp, x: (
        AtMost(x, xp.exp(x)), Zero(x - x), AtMost(x, x + 1, gap=xp.one), Rank(xp.eye(2), 2),
        Equal(x, x), AtMost(0, x * x, gap=x),
    )  # fmt: skip
    subject = statement(body, x=real())
    assert exact.provable(subject) == [1, 2, 4, 5]
    seen = [exact.visible_sign(subject, part) for part in (1, 2, 4, 5, 0)]
    assert seen == [True, True, True, False, False]


def test_degrees_of_an_order_are_those_of_its_gap():
    cubic = statement(lambda xp, x: AtMost(x, x + x**4, gap=x**4), x=real())
    bound, coincidences = exact.measured(cubic, {}, 0)
    assert (bound.top, bound.bottom, coincidences) == (4, 0, 0)
    symbols = statement(lambda xp, x: Equal(xp.exp(x**3), 1 / x), x=real())
    bound, coincidences = exact.measured(symbols, {}, 0)
    assert (bound.top, bound.bottom, coincidences) == (2, 1, 2 * 3)


def test_a_trial_tells_whether_it_holds_with_symbols_and_roots():
    def trial(body):
        rng = random.Random(1)
        primes = [random_prime(rng)]
        trials = exact.Trials(statement(body, x=real()), 0, rng, QUICK.bound, primes)
        run, roots, true = trials._one({}, 0, {})
        return true, bool(run.symbols), roots

    assert trial(lambda xp, x: Equal(x * x, x**2)) == (True, False, 0)
    assert trial(lambda xp, x: Equal(x * x, x**3)) == (False, False, 0)
    assert trial(lambda xp, x: Equal(xp.exp(x), xp.exp(x) + 1)) == (False, True, 0)
    assert trial(lambda xp, x: Equal(xp.sqrt(x * x + 1) ** 2, x * x + 1)) == (True, True, 1)
    with pytest.raises(Unlucky, match="division by zero"):  # at every point: no value at all
        trial(lambda xp, x: Equal(xp.sqrt(x * x + 1 / (x - x)), x))


# -- cells and emptiness -------------------------------------------------------------------------
def entries(body, sizes=None, **given):
    return written(statement(body, **given), sizes or {})


def written(subject, sizes):
    work = cells.Cells(subject, 0, QUICK, random.Random(0), Report("cells"))
    found = work.written(sizes)
    return found.graph, found.residuals


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
def busy(seconds):
    """Use this much processor time."""
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass


def test_a_time_limit_inside_another():
    with clock.limited(5):
        with pytest.raises(clock.TooSlow, match=r"no answer within 0\.05 s"), clock.limited(0.05):
            busy(2)
        with clock.limited(2):
            pass
    assert signal.getitimer(signal.ITIMER_PROF)[0] == 0

    def slow():
        with clock.limited(50):
            pass
        busy(2)

    with pytest.raises(clock.TooSlow, match=r"within 0\.2 s"), clock.limited(0.2):
        slow()


def test_time_that_passes_is_no_time_that_is_used():
    with clock.limited(0.05):
        time.sleep(0.3)  # as a machine that slept, or had other things to do


def test_a_body_that_catches_everything_does_not_catch_the_limit():
    def deaf():
        while True:
            try:
                busy(5)
            except Exception:
                continue

    with pytest.raises(clock.TooSlow), clock.limited(0.05):
        deaf()


# -- what the records of methods say ---------------------------------------------------------------
def test_a_branch_that_fails_is_one_shape_with_its_cells():
    false = statement(lambda xp, x: Equal(xp.relu(x) + xp.relu(-x), x), x=real())
    found = cells.run(false, QUICK, 0)
    assert (found.outcome, found.grade) == ("refutes", "exact")
    assert found.cells == found.cases > 0


def test_the_bound_of_cells_counts_every_cell_and_trial():
    body = lambda xp, x, y: Equal(xp.abs(x * y), xp.abs(x) * xp.abs(y))
    true = statement(body, x=real(), y=real())
    graph, (root,) = written(true, {})
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
        found = list(rate._special(subject, {"n": 4}, [0], PROFILES[name], 0))
        of_few = list(rate._special(subject, {"n": 3}, [0], PROFILES[name], 0))
        assert len(found) < len(of_few) <= 1 + (len(found) - 1) * rate.ENDS
        open_to = [s for s in sample.strata_of(subject)[1:] if s not in rate.EXTREME]
        assert found[0][1] == rate.ZERO  # always
        assert len(found) == 1 + min(most, len(open_to) - 1)
        assert {part for part, _, _ in found} == {0}
        assert len({stratum for _, stratum, _ in found}) == len(found)
    assert rate.SPECIAL == {"quick": 2, "standard": 4, "deep": 8}


def test_a_wrong_constant_is_told_to_the_digits_that_are_known():
    off = lambda xp, x: Rate(lambda n: 3 * xp.one / n**2 + xp.one / n**3, 2, 3 + xp.one / 10**6)
    found = rate.run(statement(off, x=real()), QUICK, 0)
    assert found.reason == "leading constant 3.0, not 3.000001"


def test_the_part_that_nothing_confirms_is_named_from_one():
    seen = Evidence("exact", CONFIRMS, grade="exact", agrees=(0,))
    weak = Evidence("sampled", CONFIRMS, grade="sampled", agrees=(0,))
    verdict = decide([Zero(0), Equal(0, 0)], [seen, weak])
    assert verdict.verdict == "undecided"
    assert verdict.because.startswith("nothing confirms part 2 (Equal)")


def test_the_nearest_miss_names_its_part_from_one():
    looked = object.__new__(solutions.Looked)
    looked.nearest, looked.strata = (0.125, {}, "generic", {}, 0), {"generic": 1}
    assert looked.worst()["raw"]["part"] == 1
    assert looked.worst()["log10"] == "-0.9"


def test_the_processors_flags_do_not_reach_a_verdict():
    def body(xp, x):
        if xp.one.xp.kind == "ball":
            np.log(np.array([-1.0]))  # raises where flags are errors
        return Equal(2 * x, x + x)

    with np.errstate(all="raise"):
        _, found = gather(statement(body, x=real()), QUICK, 0)
    assert not any(e.error for e in found)


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
    assert visited(subject.faulty(400, 0)) == {"generic"}  # too small to be seen
