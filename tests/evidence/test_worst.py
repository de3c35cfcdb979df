"""The worst case of a method can be rebuilt from what the ledger keeps of it."""

from __future__ import annotations

import json
import math

import pytest
import torch

from fieldcheck.claim import HOLDS, Form
from fieldcheck.domains import matrix, real, real_matrix, vector
from fieldcheck.evidence.floats import residuals
from fieldcheck.evidence.methods import law, rank, sample, search, solutions
from fieldcheck.evidence.profiles import PROFILES
from fieldcheck.evidence.run import examine
from fieldcheck.evidence.statement import Statement
from fieldcheck.evidence.witness import raw_from_record
from fieldcheck.relations import AtMost, Equal, Law, Piece, Rank, Solutions

ROUNDED = lambda xp, x: Equal(xp.cos(x + xp.pi / 3) + xp.cos(x - xp.pi / 3), xp.cos(x))


@pytest.mark.parametrize(
    ("body", "given"),
    [
        (ROUNDED, dict(x=vector("n"))),
        (lambda xp, x: AtMost(2 * xp.sin(x), xp.sin(x) ** 2 + 1), dict(x=real())),
        (lambda xp, A: ROUNDED(xp, xp.real(xp.trace(A))), dict(A=matrix("n", "n"))),
    ],
)  # fmt: skip
def test_the_worst_float_residual_comes_back(body, given):
    statement = Statement(Form("example/claim", "claim", "example", body, given, {}, HOLDS))
    for method in (sample, search):
        worst = json.loads(json.dumps(method.run(statement, PROFILES["quick"], 0).worst))
        raw = raw_from_record(worst["raw"]["point"])
        rows = {k: torch.tensor([v.astype(float).tolist()], dtype=torch.float64)
                for k, v in raw.items()}  # fmt: skip
        value = float(residuals(statement, rows)[0].amax())
        if worst["log10"] == "-inf":
            assert value <= 0
        else:
            # a batch of one may round its functions in another way than a batch of many
            assert abs(math.log10(value) - float(worst["log10"])) < 0.5
        assert {k: v.shape for k, v in raw.items()} == statement.raw_shapes(worst["raw"]["sizes"])


def worst_of(method, body, sizes=None, box=None, **given):
    """(what was measured, its log10, the raw record), once around through JSON."""
    _, evidence = examine(body, sizes=sizes, box=box, **given)
    assert evidence[method].outcome == "confirms"
    worst = json.loads(json.dumps(evidence[method].worst))
    return worst["what"], worst["log10"], worst["raw"]


def test_of_several_laws_the_draw_nearest_to_its_edge():
    """A coin that is nearly as biased as would be seen comes nearer than two fair ones."""
    coin = lambda p: Law(lambda rng, n: rng.random(n) < p, share=1 / 2)
    body = lambda xp, x: (coin(0.5), coin(0.5018), coin(0.5))
    what, log10, raw = worst_of("law", body, x=real())
    assert "share of the way" in what
    assert -0.3 < float(log10) <= 0
    assert (raw["part"], raw["seed"]) == (2, 0)


@pytest.mark.parametrize(("value", "way"), [(1.0, 0.0), (1.2, 0.1), (3.0, 1.0), (-3.0, 2.0)])
def test_the_middle_and_the_edge_of_an_interval(value, way):
    draw = law.Draw("mean", 10, value, -1.0, 3.0, 1e-6)
    assert draw.way == pytest.approx(way)
    assert draw.outside == (way > 1)


def test_the_rank_that_floats_see_least():
    """A matrix that is worse, the larger it is; the point that is kept gives the same ratio."""

    def body(xp, A):
        one = xp.eye(A.shape[0])
        first = one[:, :1] @ one[:1, :]
        return Rank(A.T @ A + first * 10**8, A.shape[0])

    what, log10, raw = worst_of("rank", body, A=real_matrix("n", "n"))
    assert what.endswith("in floats")
    assert raw["sizes"]["n"] > 1  # one entry is its own largest
    assert -12 < float(log10) < -7
    given = {"A": real_matrix("n", "n")}
    subject = Statement(Form("example/claim", "claim", "example", body, given, {}, HOLDS))
    again = rank.conditioned(subject, raw_from_record(raw["point"]), 0)
    assert abs(math.log10(again) - float(log10)) < 0.1


def test_a_rank_of_zero_has_no_worst_case_and_says_so():
    what, log10, raw = worst_of("rank", lambda xp, A: Rank(A - A, 0), A=real_matrix("n", "n"))
    assert what.startswith("none: ")
    assert (log10, raw) == (None, None)


def test_the_nearest_miss_of_a_system():
    """Where 4a = 1: of the small numbers 0 misses it least, by 1; a generic one may come nearer."""
    body = lambda xp, a: Solutions(Piece(zero=(4 * a - 1,)), (Piece(zero=(a - xp.one / 4,)),))
    what, log10, raw = worst_of("solutions", body, a=real())
    assert "not claimed" in what
    a = raw_from_record(raw["point"])["a.x"][()]
    miss = abs(4 * a - 1) / (abs(a) or 1)
    assert 0 < miss <= 1
    assert math.isclose(math.log10(miss), float(log10), abs_tol=0.051)


@pytest.mark.parametrize("claimed", [lambda a: a - 2, lambda a: a - 1], ids=["missed", "too many"])
def test_points_hold_the_elimination_to_account(claimed, monkeypatch):
    """An elimination that sees no difference is found out by the small numbers."""
    monkeypatch.setattr(solutions.Problem, "differences", lambda self: iter(()))
    body = lambda xp, a: Solutions(Piece(zero=(a - 2,)), (Piece(zero=(claimed(a),)),))
    verdict, evidence = examine(body, a=real())
    assert set(evidence["solutions"].strata) >= {"generic", "small numbers", "zero"}
    assert verdict.verdict == ("proved" if claimed(0) == -2 else "refuted")


def test_the_least_that_a_box_guarantees():
    body = lambda xp, x: AtMost(x * xp.exp(xp.lift(0)), x * x + 1)  # no polynomial
    box = dict(raw={"x.x": (-1, 1)})
    what, log10, raw = worst_of("enclosed", body, box=box, x=real())
    assert "guarantees" in what
    assert raw["stratum"] == "the box"
    assert -5 < float(log10) <= math.log10(3 / 4) + 0.05  # at x = 1/2 the sides differ by 3/4


def test_an_identity_modulo_primes_has_no_worst_case():
    body = lambda xp, x: Equal((x + 1) ** 2, x**2 + 2 * x + 1)
    what, log10, raw = worst_of("exact", body, x=real())
    assert what.startswith("none: ")
    assert (log10, raw) == (None, None)


def test_the_strata_and_shapes_of_a_search_are_counted():
    given = {"x": vector("n")}
    statement = Statement(Form("example/claim", "claim", "example", ROUNDED, given, {}, HOLDS))
    found = [method.run(statement, PROFILES["quick"], 0) for method in (sample, search)]
    for evidence in found:
        assert set(evidence.strata) >= {"generic", *vector("n").strata}
        assert all(evidence.strata.values())
    assert found[1].shapes == 3  # one entry, some, and six
