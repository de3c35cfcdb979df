"""Kinks: where they are, which sides were seen, and how the others are reached."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from fieldcheck.domains import number, orthogonal, positive, real, vector
from fieldcheck.evidence import kinks
from fieldcheck.evidence.kinks import ABOVE, BELOW, POINT, SIDES, ZERO, Sites, land, reach, watched
from fieldcheck.evidence.methods import sample
from fieldcheck.evidence.points import Cloud
from fieldcheck.evidence.profiles import PROFILES
from fieldcheck.evidence.run import examine
from fieldcheck.relations import Equal
from tests.evidence.statements import statement

RNG = np.random.default_rng


def batch(subject, sizes=None, rows=64, seed=0):
    shapes = subject.raw_shapes(sizes or {})
    return {k: RNG(seed).standard_normal((rows, *s)) for k, s in shapes.items()}


def seen(subject, raws, sizes=None):
    """All sites after one batch."""
    sites = Sites(subject)
    tensors = {k: torch.from_numpy(v) for k, v in raws.items()}
    _, found, groups = watched(subject, tensors)
    sites.note(Cloud.of(sizes or {}, raws, "generic"), found, groups)
    return sites


def names(sites):
    return sorted(site.name for site in sites.seen)


def test_sites_are_told_apart_by_the_way_that_leads_there():
    twice = lambda xp, x: xp.relu(x) + xp.relu(-x)
    body = lambda xp, x: Equal(twice(xp, x) + twice(xp, 2 * x), xp.abs(x) * 3)
    assert names(seen(statement(body, x=real()), {"x.x": np.array([1.0, -1.0])})) == [
        "abs", "relu", "relu", "relu", "relu",
    ]  # fmt: skip
    looped = lambda xp, x: Equal(sum(xp.relu(x[k]) for k in range(x.shape[0])), xp.sum(xp.relu(x)))
    subject = statement(looped, x=vector("n"))
    assert names(seen(subject, batch(subject, {"n": 4}), {"n": 4})) == ["relu", "relu"]


def test_derivatives_watch_too():
    body = lambda xp, x: Equal(xp.push(lambda y: xp.relu(y) * (y + 1), x, x), xp.relu(x) * 2 * x)
    assert set(names(seen(statement(body, x=real()), {"x.x": np.array([1.0])}))) == {"relu", "step"}


def unseen(body, values, **given):
    subject = statement(body, **given)
    raws = {k: np.array(v, dtype=float) for k, v in values.items()}
    return {(goal.site.name, goal.side) for goal in seen(subject, raws).unseen()}


def test_what_was_not_visited_is_told():
    body = lambda xp, x: Equal(xp.relu(x - 3) + xp.maximum(x, 2), xp.minimum(x, 9) + xp.abs(x))
    assert unseen(body, {"x.x": [0.0, 1.0]}, x=real()) == {
        ("relu", ABOVE), ("maximum", ABOVE), ("minimum", ABOVE), ("abs", BELOW),
    }  # fmt: skip
    assert unseen(body, {"x.x": [-1.0, 10.0, 2.5]}, x=real()) == set()


def test_what_the_form_excludes_is_not_missed():
    body = lambda xp, x: Equal(
        xp.relu(x * x + 1) + xp.relu(-(x * x)) + xp.maximum(xp.exp(x), -1), xp.abs(xp.exp(x)) + x
    )
    assert unseen(body, {"x.x": [0.5, 1.0]}, x=real()) == set()
    unit = lambda xp, p: Equal(xp.unit(xp.stack([p])), xp.unit(xp.stack([p])))
    assert unseen(unit, {"p.x": [0.5, 1.0]}, p=positive()) == set()


def test_a_constant_has_no_other_side():
    body = lambda xp, x: Equal(xp.relu(xp.one) * x, x * xp.maximum(xp.lift(2), 1))
    assert unseen(body, {"x.x": [0.5, 1.0]}, x=real()) == set()


def test_the_point_where_unit_is_zero_must_be_hit_exactly():
    body = lambda xp, x: Equal(xp.unit(xp.stack([x - 1])), xp.unit(xp.stack([x - 1])))
    assert unseen(body, {"x.x": [0.5, 1.5]}, x=real()) == {("unit", ZERO)}
    assert unseen(body, {"x.x": [0.5, 1.0]}, x=real()) == set()
    third = lambda xp, x: Equal(xp.unit(xp.stack([x - xp.one / 3])) + xp.exp(x), xp.exp(x) + 1)
    assert unseen(third, {"x.x": [0.5, 1 / 3]}, x=real()) == {("unit", ZERO)}  # a ball is no point
    rational = lambda xp, x: Equal(xp.unit(xp.stack([x - xp.one / 3])), xp.stack([x]))
    assert unseen(rational, {"x.x": [0.5, 1 / 3]}, x=real()) == set()


def test_few_points_on_a_side_are_remembered():
    subject = statement(lambda xp, x: Equal(xp.relu(x), xp.relu(x)), x=real())
    raws = {"x.x": np.linspace(-99, 1, 101)}
    found = seen(subject, raws)
    assert {goal.side: row for goal, (_, row) in found.rare.items()} == {ABOVE: 100}


def test_a_side_is_looked_for_at_both_ends_of_the_shapes():
    """Three vectors on a line are never all obtuse, in the plane they may be."""

    def acute(xp, a, b, c):
        return xp.minimum(xp.minimum(-xp.sum(a * b), -xp.sum(b * c)), -xp.sum(a * c))

    body = lambda xp, a, b, c: Equal(xp.relu(acute(xp, a, b, c) - 50), 0 * a[0])
    given = {name: vector("n") for name in "abc"}
    subject = statement(body, {"n": [1, 2]}, **given)
    sites = Sites(subject)
    for n in (1, 2):
        raws = batch(subject, {"n": n})
        _, found, groups = watched(subject, {k: torch.from_numpy(v) for k, v in raws.items()})
        sites.note(Cloud.of({"n": n}, raws, "generic"), found, groups)
    (relu,) = (site for site in sites.seen if site.name == "relu")
    assert sites.seen[relu].ends == [{"n": 1}, {"n": 2}]
    assert sample.run(subject, PROFILES["quick"], 0).outcome == "refutes"


# -- going there -----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "argument",
    [
        lambda xp, x: xp.one / 100 - (x - 700) ** 2,
        lambda xp, x: xp.exp(-((x - 5) ** 2)) - xp.one / 2,
        lambda xp, x: x - 10**9,
        lambda xp, x: xp.one / 10**9 - (x * x + x - 3) ** 2,
    ],
)
def test_a_side_is_reached(argument):
    subject = statement(lambda xp, x: Equal(xp.relu(argument(xp, x)), 0 * x), x=real())
    raws = {"x.x": RNG(0).uniform(-4, 4, 32)}
    goals = seen(subject, raws).unseen()
    assert [goal.side for goal in goals] == [ABOVE]
    there = reach(subject, goals, raws, 80)
    assert ABOVE not in {goal.side for goal in seen(subject, there).unseen()}


def landings(argument, seed=0, rows=96, **given):
    subject = statement(lambda xp, **v: Equal(xp.unit(argument(xp, **v)), 0), **given)
    raws = batch(subject, {"n": 2}, rows, seed)
    sites = seen(subject, raws, {"n": 2})
    return subject, land(subject, raws, [s for s in sites.seen if s.kind == POINT], RNG(seed))


@pytest.mark.parametrize(
    ("argument", "given"),
    [
        (lambda xp, x, y: xp.stack([7 * x - 3 * y + xp.one / 5]), dict(x=real(), y=real())),
        (lambda xp, x: xp.stack([x * x - 49]), dict(x=real())),
        (lambda xp, x, y: xp.stack([x - y - 1, x + y - 4]), dict(x=real(), y=real())),
        (lambda xp, x, y: xp.stack([x * y - 3]), dict(x=real(), y=real())),
        (lambda xp, z: xp.stack([z - 3 - 2 * xp.i]), dict(z=number())),
        (lambda xp, x: x - 2, dict(x=vector("n"))),
        (lambda xp, p: xp.stack([p - 4]), dict(p=positive())),
    ],
)
def test_newton_lands_on_simple_points(argument, given):
    subject, landing = landings(argument, **given)
    assert landing.near
    assert landing.at is not None
    points = Cloud.of({"n": 2}, landing.at, "at")
    hits = [kinks.zeros(subject, points.row(k)) for k in range(len(points.strata))]
    assert any(hits)


def test_newton_comes_near_what_is_no_fraction_and_says_so():
    _, landing = landings(lambda xp, x: xp.stack([x * x - 3]), x=real())
    assert landing.near
    assert landing.at is None
    beside = landing.beside["x.x"]
    assert (np.abs(np.abs(beside) - 3**0.5) < 1e-6).any()


def test_what_stays_away_from_zero_is_not_near():
    _, landing = landings(lambda xp, x: xp.stack([x * x + x + 1]), x=real())
    assert not landing.near
    assert landing.at is None


def test_signs_do_not_move_on_the_way():
    subject = statement(
        lambda xp, Q: Equal(xp.unit(xp.stack([Q[0, 0] - Q[1, 1]])), 0),
        {"n": [2]},
        Q=orthogonal("n"),
    )
    raws = batch(subject, {"n": 2})
    raws["Q.s"] = np.sign(raws["Q.s"])
    landing = land(subject, raws, list(seen(subject, raws, {"n": 2}).seen), RNG(0))
    assert set(np.unique(landing.beside["Q.s"])) <= {-1.0, 1.0}


def test_sites_of_other_kinds():
    body = lambda xp, z, x: Equal(xp.log(z) / x + xp.sqrt(x), xp.abs(z) + x)
    found = seen(
        statement(body, z=number(), x=real()),
        {"z.re": np.array([-1.0]), "z.im": np.array([0.5]), "x.x": np.array([2.0])},
    )
    kinds_of = {site.name: site.kind for site in found.seen}
    assert kinds_of == {"log": "cut", "div": "pole", "sqrt": "cut"}
    assert found.unseen() == []
    assert SIDES not in kinds_of.values()


@pytest.mark.parametrize(
    ("argument", "given"),
    [
        (lambda xp, x, y: xp.exp(x) - 3 + 0 * y, (real(), real())),
        (lambda xp, x, y: x * x - 2 * y * y - 3, (real(), real())),
        (lambda xp, x, y: xp.sin(x) - xp.one / 2 + 0 * y, (real(), real())),
    ],
)
def test_a_thin_set_without_exact_points_is_suspicious(argument, given):
    """There unit is 0 and the sides differ; no rational point shows it."""
    body = lambda xp, x, y: Equal(
        (y + 9) * xp.norm2(xp.unit(xp.stack([argument(xp, x, y)]))), y + 9
    )
    verdict, _ = examine(body, profile="quick", x=given[0], y=given[1])
    assert verdict.verdict == "undecided"
