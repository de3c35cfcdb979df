"""The command: bad input ends in one sentence and code 2; progress fits any terminal."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from typer.testing import CliRunner

from fieldcheck import cli
from fieldcheck.campaign import run, show
from fieldcheck.campaign.records import fold
from tests.campaign.conftest import CLAIMS, Here


def call(*words: str) -> tuple[int, str]:
    done = CliRunner().invoke(cli.app, ["campaign", *words], env={"COLUMNS": "200"})
    return done.exit_code, done.output


@pytest.fixture
def at_home(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers that are this process, with small tasks."""

    def local(request: run.Request, orders: dict[str, Any], progress: Any) -> Any:
        from fieldcheck.campaign import worker

        kind = worker.prepare(list(orders.values()))
        return run.kept(request, orders, Here(kind), progress)

    monkeypatch.setattr(run, "run", local)
    monkeypatch.setattr("fieldcheck.campaign.records.PER", 25_000)


@pytest.mark.usefixtures("at_home")
def test_a_campaign_from_end_to_end(ledger: Path, tmp_path: Path) -> None:
    at = ("--from", CLAIMS, "--ledger", str(ledger))
    out = tmp_path / "out.json"
    code, said = call(*at, "firm", "--cases", "5e4", "--json", str(out))
    assert code == 0, said
    assert "firm/claim: no counterexample; 50 000 cases" in said
    made = json.loads(out.read_text())
    assert made["totals"]["firm/claim"]["cases"] == 50_000
    assert made["measured"]["cases"] == 50_000
    assert not ledger.with_name("ledger.campaign").exists()
    code, said = call(*at, "rare/claim", "--cases", "1e6", "--journal", str(tmp_path / "kept"))
    assert code == 1, said
    assert "rare/claim: refuted in task" in said
    assert (tmp_path / "kept").exists()
    code, said = call(*at, "rare/claim")
    assert (code, "is refuted: a campaign tries what holds" in said) == (2, True)


def test_bad_input_is_one_sentence(ledger: Path, tmp_path: Path, gathered: Path) -> None:
    at = ("--from", CLAIMS, "--ledger", str(ledger))
    for words, expected in (
        (("firms",), "no claim 'firms'; near: firm"),
        (("firm/clam",), "no form 'firm/clam'; near: firm/claim"),
        (("firm", "--cases", "many"), "--cases 'many' is no number"),
        (("firm/one-sign",), "firm/one-sign is refuted"),
        (("firm", "--journal", str(tmp_path)), "is a folder"),
        (("firm", "--json", str(tmp_path / "no" / "file")), "does not exist"),
    ):
        code, said = call(*at, *words)
        assert code == 2, said
        assert expected in said
        assert said.strip().count("\n") == 0
    assert ledger.read_bytes() == gathered.read_bytes()
    assert [p.name for p in tmp_path.iterdir()] == ["ledger.json"]


def test_without_dask_it_says_what_to_install(
    ledger: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "dask", None)
    code, said = call("firm", "--from", CLAIMS, "--ledger", str(ledger))
    assert code == 2
    assert "pip install 'fieldcheck[campaign]'" in said


@pytest.mark.parametrize("width", [20, 40, 60, 120])
def test_progress_fits_a_terminal(width: int) -> None:
    console = Console(file=io.StringIO(), width=width, force_terminal=True, color_system=None)
    with show.Watch(console) as watch:
        watch.planned(0, 10**8)
        watch.begun -= 10
        watch.working(2 * 10**7)
        shown = watch.bar.get_renderable()
        plain = Console(file=io.StringIO(), width=width, color_system=None)
        plain.print(shown)
    lines = plain.file.getvalue().splitlines()  # type: ignore[attr-defined]
    assert len(lines) == 1
    assert len(lines[0]) <= width
    assert "20 %" in lines[0]
    assert width < 40 or "cases/s  40 s left" in lines[0]


def test_a_log_has_a_line_now_and_then() -> None:
    console = Console(file=io.StringIO(), width=80)
    with show.Watch(console) as watch:
        watch.planned(0, 1000)
        watch.working(100)
        watch.said -= show.LOG + 1
        watch.working(200)
    said = console.file.getvalue()  # type: ignore[attr-defined]
    assert said.count("\n") == 1
    assert said.startswith("20 %")


def test_a_summary_of_nothing() -> None:
    console = Console(file=io.StringIO(), width=80)
    show.summary(console, {"a/claim": fold("a/claim", [])}, run.Measured())
    assert "0 cases" in console.file.getvalue()  # type: ignore[attr-defined]
