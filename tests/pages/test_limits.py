"""The two tables of how far the claims reach and how wrong they could be."""

from __future__ import annotations

from types import SimpleNamespace as Row

from fieldcheck.pages import limits


def row(verdict="proved", grade="exact", log10="any", sizes=None, visited=None, inputs=None):
    """What the tables read of a ledger's row."""
    scope = Row(sizes=sizes or {}, inputs=inputs or {}, box=None)
    main = Row(threshold=log10 and Row(log10=log10), visited=visited or {})
    return Row(verdict=verdict, grade=grade, scope=scope, main=main)


def test_thresholds_are_counted_by_grade():
    rows = [
        row(),
        row(log10="-40"),
        row(log10="-19"),
        row("stands", "rate", "-1"),
        row("stands", "rate", None),
        row("refuted", "exact", "-3"),
    ]
    assert limits.thresholds(rows) == [
        ["grade", "claims", "any fault", "10^−40", "coarser ones only", "the coarsest"],
        ["exact", "3", "1", "1", "1", "10^−19"],
        ["rate", "1", "0", "0", "1", "10^−1"],
    ]


def test_an_inequality_that_leaves_twice_the_room_shows_no_fault_below_its_size():
    assert limits.thresholds([row(grade="enclosed", log10="0.0")])[1][3:] == ["1", "0", ""]


def test_reach_tells_every_size_from_those_listed():
    rows = [
        row(sizes={"N": "all"}),
        row(),
        row(sizes={"N": "all"}, inputs={"x": "1/8 and more"}),
        row("proved up to", sizes={"N": "all", "C": [1, 2]}),
        row("stands", visited={"n": [1, 2]}),
        row("refuted"),
    ]
    assert limits.reach(rows)[1:] == [
        ["proved", "3", "2", "0", "1", "1"],
        ["proved up to", "1", "0", "1", "0", "0"],
        ["stands", "1", "0", "1", "0", "0"],
    ]
