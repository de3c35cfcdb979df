"""Subdivision of a box: which parameter is halved, and where a point is looked for."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from fieldcheck.claim import Form
from fieldcheck.domains import vector
from fieldcheck.evidence import enclose
from fieldcheck.evidence.profiles import PROFILES
from fieldcheck.evidence.statement import Statement
from fieldcheck.relations import AtMost


def boxed(body, low=-1, high=1, n=3):
    form = Form("test/claim", "claim", "a test", body, {"x": vector("n")}, {"n": [n]}, "holds")
    (name,) = Statement(form).raw_shapes({"n": n})
    box = {"sizes": {"n": n}, "raw": {name: (low, high)}}
    return Statement(replace(form, box=box))


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_the_parameter_that_the_gap_depends_on_is_halved(axis):
    subject = boxed(lambda xp, x: AtMost(xp.sum(x) / 8, 2 + x[axis] * x[axis] * 4))
    coordinates, first = enclose._first_cell(subject, {"n": 3}, subject.form.box["raw"])
    assert [index for _, index in coordinates] == [(0,), (1,), (2,)]
    assert enclose._axis(subject, {"n": 3}, 0, coordinates, first) == axis


def test_among_equals_the_widest_is_halved_and_a_point_never():
    subject = boxed(lambda xp, x: AtMost(-xp.one, xp.sum(x) * 0))
    coordinates, _ = enclose._first_cell(subject, {"n": 3}, subject.form.box["raw"])
    sides = [(Fraction(0), Fraction(w)) for w in (1, 4, 2)]
    assert enclose._axis(subject, {"n": 3}, 0, coordinates, tuple(sides)) == 1
    thin = ((Fraction(1), Fraction(1)), *sides[1:])
    assert enclose._axis(subject, {"n": 3}, 0, coordinates, thin) == 1


def test_a_strict_inequality_is_proved_and_a_false_one_refuted_inside_the_box():
    strict = boxed(lambda xp, x: AtMost(xp.sum(x * x), xp.one * 4))
    evidence = enclose.run(strict, PROFILES["quick"], 0)
    assert (evidence.outcome, evidence.box) == ("confirms", "n = 3, x.re in [-1, 1]".replace(
        "x.re", next(iter(strict.raw_shapes({"n": 3})))
    ))  # fmt: skip
    # False only near x = (3/4, 3/4, 3/4): no corner of the box and not its middle.
    false = boxed(lambda xp, x: AtMost(xp.one / 50, xp.norm2(4 * x - 3)), 0, 1)
    found = enclose.run(false, PROFILES["quick"], 0)
    assert found.outcome == "refutes"
    assert found.witness is not None


def test_the_points_that_are_tried_are_middles_of_cells():
    """Refuted at once at the middle of the box, which is no corner of it: one cell."""
    body = lambda xp, x: AtMost(xp.one / 100, xp.norm2(8 * x - 5))
    subject = boxed(body, Fraction(1, 4), 1)
    coordinates, first = enclose._first_cell(subject, {"n": 3}, subject.form.box["raw"])
    with enclose.working_digits(enclose.DIGITS):
        outcome, cells, point, _ = enclose._subdivide(subject, {"n": 3}, 0, coordinates, first, 10)
    assert (outcome, cells) == ("refutes", 1)
    assert [Fraction(str(v)) for v in next(iter(point.values()))] == [Fraction(5, 8)] * 3
