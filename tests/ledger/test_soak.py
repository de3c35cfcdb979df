"""A short form of ``make soak``: runs ended at random points lose nothing and leave nothing."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.ledger.soak import Soak


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="finds processes in /proc")
def test_runs_that_are_ended_at_random_points(tmp_path):
    soak = Soak(tmp_path, random.Random(0))
    for _ in range(4):
        soak.once(within=2.5)
    soak.finish()
    assert sum(soak.ends.values()) == 4
