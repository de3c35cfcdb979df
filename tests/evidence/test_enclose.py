"""Subdivision of a box: which parameter is halved, and where a point is looked for."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from fieldcheck.claim import HOLDS, Form
from fieldcheck.domains import between, built, matrix, real, vector
from fieldcheck.evidence.methods import enclose
from fieldcheck.evidence.methods.enclose import Subdivision, covers, shown_box
from fieldcheck.evidence.profiles import PROFILES
from fieldcheck.evidence.statement import Statement
from fieldcheck.relations import AtMost, Equal, Force
from tests.evidence.statements import statement


def boxed(body, low=-1, high=1, n=3):
    form = Form("test/claim", "claim", "a test", body, {"x": vector("n")}, {"n": [n]}, HOLDS)
    box = {"sizes": {"n": n}, "raw": {"x.x": (low, high)}}
    return Statement(replace(form, box=box))


def cells_of(subject, part=0):
    sizes = {**subject.smallest, **subject.form.box.get("sizes", {})}
    return Subdivision(subject, sizes, part, subject.form.box["raw"])


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_the_parameter_that_the_gap_depends_on_is_halved(axis):
    subject = boxed(lambda xp, x: AtMost(xp.sum(x) / 8, 2 + x[axis] * x[axis] * x[axis] * 4))
    cells = cells_of(subject)
    assert [index for _, index in cells.coordinates] == [(0,), (1,), (2,)]
    (first,) = cells.first_cells()
    assert cells.axis(first) == axis


def test_among_equals_the_widest_is_halved_and_a_point_never():
    cells = cells_of(boxed(lambda xp, x: AtMost(-xp.one, xp.sum(x) * 0)))
    sides = [(Fraction(0), Fraction(w)) for w in (1, 4, 2)]
    assert cells.axis(tuple(sides)) == 1
    thin = ((Fraction(1), Fraction(1)), *sides[1:])
    assert cells.axis(thin) == 1


def test_a_strict_inequality_is_proved_and_a_false_one_refuted_inside_the_box():
    strict = boxed(lambda xp, x: AtMost(xp.sum(x * x), xp.one * 4))
    evidence = enclose.run(strict, PROFILES["quick"], 0)
    assert (evidence.outcome, evidence.box) == ("confirms", "n = 3, x in [-1, 1]")
    # False only near x = (3/4, 3/4, 3/4): no corner of the box and not its middle.
    false = boxed(lambda xp, x: AtMost(xp.one / 50, xp.norm2(4 * x - 3)), 0, 1)
    found = enclose.run(false, PROFILES["quick"], 0)
    assert found.outcome == "refutes"
    assert found.witness is not None


def test_the_points_that_are_tried_are_middles_of_cells():
    """Refuted at once at the middle of the box, which is no corner of it: one cell."""
    body = lambda xp, x: AtMost(xp.one / 100, xp.norm2(8 * x - 5))
    cells = cells_of(boxed(body, Fraction(1, 4), 1))
    with enclose.working_digits(enclose.DIGITS):
        point = cells.run(10)
    assert cells.cells == 1
    assert [Fraction(str(v)) for v in next(iter(point.values()))] == [Fraction(5, 8)] * 3


# -- which box ------------------------------------------------------------------------------------
ROOM = lambda xp, x: AtMost(x, 3 + x * x)


@pytest.mark.parametrize(
    ("domain", "sizes", "ranges", "whole"),
    [
        (between(-2, 2), {}, {"x.x": (-1, 1)}, True),
        (between(-2, 2), {}, {"x.x": (-3, 1)}, True),
        (between(-2, 2), {}, {"x.x": (0, 1)}, False),
        (between(-2, 2), {}, {"x.x": ("-1", "1")}, True),
        (real(), {}, {"x.x": (-1000, 1000)}, False),
        (between(-2, 2, "n"), {"n": [2]}, {"x.x": (-1, 1)}, True),
        (between(-2, 2, "n"), {"n": [2, 3]}, {"x.x": (-1, 1)}, False),
    ],
)
def test_a_box_is_the_whole_domain_or_it_is_not(domain, sizes, ranges, whole):
    subject = statement(ROOM, sizes, x=domain)
    assert covers(subject, subject.smallest, ranges) is whole


def test_a_box_is_named_as_a_reader_reads_it():
    given = dict(x=real(), z=matrix("n"), p=between(0, 5))
    subject = statement(lambda xp, x, z, p: AtMost(p, 6 + x * x), {"n": [2]}, **given)
    ranges = {"x.x": (-2, 2), "z.re": (0, 1), "z.im": (-1, 0), "p.x": (0, "1/2")}
    assert shown_box(subject, {"n": 2}, ranges) == (
        "n = 2, x in [-2, 2], Re z in [0, 1], Im z in [-1, 0], parameter x of p in [0, 1/2]"
    )


def test_both_signs_are_visited_and_directions_are_not():
    """A recipe with signs: x times a sign; and a second part that needs a direction."""
    sign = built("a real number", (), {"x": (), "s": ()}, lambda xp, raw: raw["x"] * raw["s"])
    domain = replace(sign, signs=("s",), reach=(-1, 1))

    def body(xp, v, X):
        return AtMost(v, xp.one * 2), Force(lambda Y: xp.norm2(Y), X, X)

    subject = statement(body, {"N": [1], "C": [1]}, v=domain, X=matrix("N", "C"))
    ranges = {"v.x": (0, 1), "v.s": (1, 1), "X.re": (0, 0), "X.im": (0, 0)}
    cells = Subdivision(subject, {"N": 1, "C": 1}, 0, ranges)
    signs = [dict(zip(cells.coordinates, cell, strict=True))["v.s", ()]
             for cell in cells.first_cells()]  # fmt: skip
    assert signs == [(-1, -1), (1, 1)]
    with enclose.working_digits(enclose.DIGITS):
        assert cells.run(10) is None
    assert (cells.decided, cells.cells) == (True, 2)


def test_a_violation_at_one_sign_is_found():
    sign = built("a real number", (), {"x": (), "s": ()}, lambda xp, raw: raw["x"] * raw["s"])
    domain = replace(sign, signs=("s",), reach=(-1, 1), covers="all")
    subject = statement(lambda xp, v: AtMost(-v, xp.one / 2), v=domain)
    raw = {"v.x": (0, 1), "v.s": (0, 1)}  # as if only the sign 1 were meant
    subject = Statement(replace(subject.form, box={"raw": raw}))
    assert enclose.run(subject, PROFILES["quick"], 0).outcome == "refutes"


# -- what a cell may say --------------------------------------------------------------------------
SOUND = {
    "a pole": (lambda xp, x: AtMost(xp.one, 2 + 1 / (x * x)), -1, 1),
    "the cut of a logarithm": (lambda xp, x: AtMost(xp.log(x), xp.one * 9), -1, 1),
    "an infinite side": (lambda xp, x: AtMost(xp.one, xp.exp(10**300 * (x + 3))), -1, 1),
    "equality at one point": (lambda xp, x: AtMost(2 * x, x * x + 1), 0, 2),
    "equality at a cell's corner": (lambda xp, x: AtMost(0, xp.relu(x)), -1, 1),
    "a slope at its kink": (
        lambda xp, x: AtMost(xp.push(xp.relu, x, xp.one), xp.one), -1, 1),
    "a unit vector at zero": (
        lambda xp, x: AtMost(xp.sum(xp.unit(xp.stack([x, x])) ** 2), xp.one * 9 / 10), -1, 1),
    "the root of what may be negative": (lambda xp, x: AtMost(-1, xp.sqrt(x)), -1, 1),
}  # fmt: skip


@pytest.mark.parametrize("name", SOUND)
def test_what_is_not_strict_or_not_finite_on_a_cell_is_not_proved(name):
    body, low, high = SOUND[name]
    subject = statement(body, x=real())
    subject = Statement(replace(subject.form, box={"raw": {"x.x": (low, high)}}))
    cells = cells_of(subject)
    with enclose.working_digits(enclose.DIGITS):
        cells.run(150)
    assert not cells.decided


@pytest.mark.parametrize("name", ["step", "unit", "relu", "clip", "norm", "softmax"])
def test_a_cell_holds_the_values_of_its_points(name):
    functions = {
        "step": lambda xp, x: xp.push(xp.relu, x - xp.ones(2), xp.ones(2)),
        "unit": lambda xp, x: xp.unit(x),
        "relu": lambda xp, x: xp.relu(x - 1) + xp.relu(-x),
        "clip": lambda xp, x: xp.clip(x, -1, xp.one / 2),
        "norm": lambda xp, x: xp.norm(x) - xp.sqrt(xp.norm2(x)) + x * x,
        "softmax": lambda xp, x: xp.softmax(3 * x),
    }
    subject = statement(
        lambda xp, x: AtMost(functions[name](xp, x), 100 + 0 * x), {"n": [2]}, x=vector("n")
    )
    cells = Subdivision(subject, {"n": 2}, 0, {"x.x": (-3, 3)})
    rng = np.random.default_rng(0)
    with enclose.working_digits(40):
        for _ in range(60):
            middle = [Fraction(int(k), 4) for k in rng.integers(-8, 9, 2)]
            width = Fraction(1, int(rng.integers(1, 9)))
            wide = cells.gap([(m - width, m + width) for m in middle])
            for corner in ((-1, -1), (1, 0), (0, 0), (1, 1)):
                at = [m + width * c for m, c in zip(middle, corner, strict=True)]
                here = cells.gap([(v, v) for v in at])
                for point, cell in zip(here, wide, strict=False):
                    assert not point.is_finite() or not cell.is_finite() or cell.overlaps(point)


def test_several_parts_are_proved_one_by_one():
    """The first part has room; the second is an equality somewhere: only the first is proved."""
    body = lambda xp, x: (AtMost(x, x * x + 1), AtMost(2 * x, x * x + 1), Equal(x, x + 0))
    subject = statement(body, x=real())
    subject = Statement(replace(subject.form, box={"raw": {"x.x": (-2, 2)}}))
    hurried = replace(PROFILES["quick"], cells=300)
    evidence = enclose.run(subject, hurried, 0)
    assert evidence.outcome == "silent"
    assert list(evidence.proves) == [0]
