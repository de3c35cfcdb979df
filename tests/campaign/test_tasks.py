"""A task: its points depend on the seed and its number, and each is looked at as one."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import msgspec
import numpy as np
import pytest
import torch
from msgspec import structs

from fieldcheck import register
from fieldcheck.arithmetic.floating import Float
from fieldcheck.campaign.look import batches, look_at, seen
from fieldcheck.campaign.records import Found, fold, number_of_cases, tasks_of
from fieldcheck.claim import HOLDS, Form
from fieldcheck.domains import vector
from fieldcheck.evidence.floats import ratios
from fieldcheck.evidence.replay import replay
from fieldcheck.evidence.statement import Statement
from fieldcheck.ledger.errors import UserError
from fieldcheck.relations import Equal


def plain(found: Found) -> dict[str, Any]:
    """Without the seconds."""
    return {k: v for k, v in msgspec.to_builtins(found).items() if k not in ("busy", "cpu")}


def task(claims: dict[str, Any], name: str, seed: int, number: int, cases: int = 3000) -> Found:
    return look_at(claims[name], claims[name].forms[f"{name}/claim"], seed, number, cases)


def test_a_task_depends_on_seed_and_number_alone(claims: dict[str, Any]) -> None:
    first = plain(task(claims, "firm", 0, 3))
    task(claims, "firm", 0, 4)
    assert plain(task(claims, "firm", 0, 3)) == first
    for seed, number in ((1, 3), (0, 4)):
        other = plain(task(claims, "firm", seed, number))
        assert other["worst"] != first["worst"]


@pytest.mark.parametrize("cases", [1, 17, 3000])
def test_just_so_many_points_are_counted(claims: dict[str, Any], cases: int) -> None:
    found = task(claims, "firm", 0, 0, cases)
    assert found.cases + found.undefined == cases
    assert sum(found.strata.values()) == found.cases


FORMS = ("lse-from-null-key/claim", "free-energy-two-pass/claim", "colu-axioms-soft/claim")


@pytest.mark.parametrize("key", FORMS)
def test_batch_and_single_point_agree(key: str) -> None:
    """The batch is a lift of the body that sees one point: so is each of its rows."""
    statement = Statement(register.load()[key.partition("/")[0]].forms[key])
    points = next(batches(statement, 0, 5, 40))
    together = seen(statement, points)
    for row in range(len(together)):
        raws = {k: Float().wrap(torch.as_tensor(v[row])) for k, v in points.raws.items()}
        with torch.no_grad():
            alone = torch.stack(ratios(statement, Float(), raws)).numpy()
        assert np.allclose(together[row], alone, rtol=1e-6, atol=1e-13), (row, points.strata[row])


def test_the_fold_knows_no_order_and_ends_at_a_refutation(claims: dict[str, Any]) -> None:
    found = [task(claims, "rare", 0, k, 25_000) for k in range(4)]
    refuting = [one.task for one in found if one.refutation]
    assert refuting
    totals = [fold("rare/claim", order) for order in permutations(found)]
    assert all(total == totals[0] for total in totals)
    assert totals[0].tasks == refuting[0] + 1
    assert totals[0].refutation == found[refuting[0]].refutation
    assert totals[0].cases == sum(one.cases for one in found[: refuting[0] + 1])


def test_of_equal_residuals_the_earlier_is_kept(claims: dict[str, Any]) -> None:
    found = task(claims, "firm", 0, 0)
    later = structs.replace(
        found, task=1, worst=tuple(w and structs.replace(w, at={"later": "1"}) for w in found.worst)
    )
    assert fold("firm/claim", [later, found]).worst == found.worst


def test_what_is_surely_false_is_looked_at_beside_louder_rounding() -> None:
    """A fault of a millionth in rare places, where the worst residuals are rounding of large x."""

    def body(xp: Any, x: Any) -> Equal:
        y = [xp.relu((-1) ** k * 100 * xp.sin((50 + 7 * k) * x[k]) - 97) for k in range(3)]
        seldom = y[0] * y[1] * y[2] / 10**8
        return Equal((1 + x[0]) ** 2 - x[0] * (x[0] + 2), 1 + seldom)

    form = Form("example/claim", "claim", "example", body, dict(x=vector(3)), {}, HOLDS)
    found = [look_at(None, form, 0, k, 25_000) for k in range(12)]
    assert all(one.worst[0].size > 1e-6 for one in found)
    assert any(one.refutation for one in found)


def test_a_refutation_can_be_replayed(claims: dict[str, Any]) -> None:
    found = next(f for k in range(9) if (f := task(claims, "rare", 0, k, 25_000)).refutation)
    witness = msgspec.to_builtins(found.refutation.witness)
    form = claims["rare"].forms["rare/claim"]
    assert replay(form, msgspec.json.decode(msgspec.json.encode(witness)), 80)["certified"]


def test_cases_are_read_as_they_are_written() -> None:
    assert number_of_cases("1e8") == 100_000_000
    assert number_of_cases("250_000") == 250_000
    assert [tasks_of(n, 250) for n in (1, 250, 251)] == [1, 1, 2]
    for bad in ("x", "0", "-1", "1.5", "nan", "inf", "1e300", ""):
        with pytest.raises(UserError, match="--cases"):
            number_of_cases(bad)
