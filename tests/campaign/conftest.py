"""A ledger of two claims that stand, gathered once."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from fieldcheck.campaign.records import Order, Total
from fieldcheck.campaign.run import orders_of
from fieldcheck.ledger import machine, pool
from fieldcheck.ledger import run as runs

CLAIMS = str(Path(__file__).with_name("claims.py"))
PER = 5_000
"""Cases of a task, in most tests."""


class Unwatched:
    """Progress that nobody sees."""

    def planned(self, *_: Any) -> None: ...
    def working(self, done: int) -> None: ...
    def started(self, claim_id: str) -> None: ...
    def finished(self, done: pool.Done) -> None: ...


@dataclass
class Here:
    """Workers that are this process; ``shuffle`` says in which order they end, and ``dies`` after
    how many tasks the run is interrupted."""

    rounding: str
    shuffle: Any = reversed
    dies: int | None = None
    slots: int = 1
    ended: list[int] = field(default_factory=list)

    def each(self, tasks: Any, heard: Any) -> Any:
        from fieldcheck.campaign import worker

        for order, number in self.shuffle([*tasks]):
            if self.dies is not None and len(self.ended) >= self.dies:
                raise KeyboardInterrupt
            heard()
            self.ended.append(number)
            yield worker.task(order, number, self.rounding)


@pytest.fixture(scope="session")
def gathered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("ledger") / "ledger.json"
    request = runs.Request(profile="quick", files=(CLAIMS,), path=path)
    outcome = runs.run(request, Unwatched())
    assert outcome.as_expected
    assert {row.verdict for row in outcome.rows} == {"stands"}
    return path


@pytest.fixture
def ledger(gathered: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(gathered, tmp_path / "ledger.json"))


@pytest.fixture(scope="session")
def claims() -> dict[str, Any]:
    return machine.load((CLAIMS,))


@pytest.fixture(scope="session")
def orders(claims: dict[str, Any]) -> dict[str, Order]:
    return orders_of(claims, ["firm/claim"], (CLAIMS,), 0, PER)


def same(a: Mapping[str, Total], b: Mapping[str, Total]) -> bool:
    return dict(a) == dict(b)
