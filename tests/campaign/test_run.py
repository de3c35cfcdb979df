"""Order, interruption and a torn journal change no total."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from fieldcheck.campaign import journal as journals
from fieldcheck.campaign import run, worker
from fieldcheck.campaign.records import Head, head_of
from fieldcheck.ledger.errors import UserError
from tests.campaign.conftest import CLAIMS, PER, Here, Unwatched

TASKS = 6


def shuffled(tasks: list[Any]) -> list[Any]:
    random.Random(1).shuffle(tasks)
    return tasks


@pytest.fixture(scope="module")
def kind(orders: dict[str, Any]) -> str:
    return worker.prepare(list(orders.values()))


@pytest.fixture(scope="module")
def undisturbed(orders: dict[str, Any]) -> dict[str, Any]:
    return run.alone(orders, TASKS * PER)


def go(path: Path, orders: dict[str, Any], here: Here, tasks: int = TASKS) -> dict[str, Any]:
    request = run.Request(cases=tasks * PER, journal=path, per=PER)
    return run.kept(request, orders, here, Unwatched())[0]


def test_no_order_changes_a_total(tmp_path, orders, kind, undisturbed) -> None:
    for k, shuffle in enumerate((list, reversed, shuffled)):
        assert go(tmp_path / str(k), orders, Here(kind, shuffle)) == undisturbed


def test_an_interrupted_run_goes_on(tmp_path, orders, kind, undisturbed) -> None:
    path = tmp_path / "journal"
    with pytest.raises(KeyboardInterrupt):
        go(path, orders, Here(kind, dies=2))
    text = path.read_bytes()
    path.write_bytes(text + text.splitlines()[-1][:50])  # as a kill in the writing leaves it
    second = Here(kind)
    assert go(path, orders, second) == undisturbed
    assert len(second.ended) == TASKS - 2
    third = Here(kind)
    assert go(path, orders, third) == undisturbed
    assert third.ended == []


def test_a_longer_campaign_goes_on_from_a_shorter_one(tmp_path, orders, kind, undisturbed) -> None:
    go(tmp_path / "journal", orders, Here(kind), tasks=2)
    more = Here(kind)
    assert go(tmp_path / "journal", orders, more) == undisturbed
    assert len(more.ended) == TASKS - 2


def test_what_is_refuted_is_left_alone(tmp_path, claims, kind) -> None:
    orders = run.orders_of(claims, ["rare/claim"], (CLAIMS,), 0, 25_000)
    worker.prepare(list(orders.values()))
    here = Here(kind, lambda tasks: tasks)
    here.shuffle = None
    here.each = lambda tasks, heard: (worker.task(o, k, kind) for o, k in tasks)  # type: ignore
    request = run.Request(cases=40 * 25_000, journal=tmp_path / "j", per=25_000)
    totals, measured, _ = run.kept(request, orders, here, Unwatched())
    assert totals["rare/claim"].refutation is not None
    assert measured.tasks == totals["rare/claim"].tasks < 40


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (dict(seed=5), "with seed 5"),
        (dict(per=7), "tasks of 7 cases"),
        (dict(forms={"other/claim": "0"}), "a campaign on other/claim:"),
        (dict(forms={"firm/claim": "0"}), "other sources or versions"),
        (dict(rounding="abacus"), r"other processors \(abacus"),
        (dict(schema="fieldcheck-campaign/0"), "another form"),
    ],
)
def test_campaigns_are_not_mixed(tmp_path, orders, change: dict[str, Any], said: str) -> None:
    head = head_of(orders, "this")
    mine = {name: getattr(head, name) for name in head.__struct_fields__}
    with journals.Journal(tmp_path / "journal", Head(**{**mine, **change})):
        pass
    with pytest.raises(UserError, match=said), journals.Journal(tmp_path / "journal", head):
        pass


def test_a_journal_has_one_writer_and_one_form(tmp_path, orders) -> None:
    head = head_of(orders, "this")
    with (
        journals.Journal(tmp_path / "journal", head),
        pytest.raises(UserError, match="another campaign is writing"),
        journals.Journal(tmp_path / "journal", head),
    ):
        pass
    (tmp_path / "text").write_text("hello\n")
    with pytest.raises(UserError, match="no journal"), journals.Journal(tmp_path / "text", head):
        pass
    with pytest.raises(UserError, match="cannot write"), journals.Journal(tmp_path, head):
        pass


def test_other_sources_are_refused(orders) -> None:
    (order,) = orders.values()
    from msgspec.structs import replace

    with pytest.raises(UserError, match="other sources of firm/claim"):
        worker.prepare([replace(order, fingerprint="0")])
    with pytest.raises(UserError, match="may round otherwise"):
        worker.task(order, 0, "abacus")
