"""From results to verdicts, and the page's numbers from the file."""

from __future__ import annotations

import json

import pytest

from fieldcheck.replication import report
from fieldcheck.replication.errors import ReplicationError
from fieldcheck.replication.statistics import holm, paired


def edit(path, change):
    record = json.loads(path.read_text(encoding="utf8"))
    change(record["runs"])
    path.write_text(json.dumps(record), encoding="utf8")
    return report.read(path)


def verdicts(protocol, record):
    return {(c.task, c.other): c.verdict for c in report.family(protocol, record)}


def test_the_family_is_the_protocols(made_up):
    protocol, record = report.read(made_up)
    found = report.family(protocol, record)
    assert len(found) == 8
    assert {c.other for c in found} == set(protocol.activations) - {"CoLU"}
    assert {c.verdict for c in found if c.task == "text"} == {report.SUPPORTED}
    assert {c.verdict for c in found if c.task == "caps"} == {report.UNSEEN}
    assert [c.adjusted for c in found] == holm([c.difference.p for c in found])


def test_the_sign_makes_the_opposite(made_up):
    def worse(runs):
        for r in runs:
            if (r["task"], r["activation"]) == ("text", "CoLU"):
                r["loss"] += 2

    found = verdicts(*edit(made_up, worse))
    assert found["text", "ReLU"] == report.OPPOSITE


def test_pairs_are_of_one_seed(made_up):
    """The order of the file does not matter; the seed does."""
    whole = report.family(*report.read(made_up))
    assert report.family(*edit(made_up, lambda runs: runs.reverse())) == whole
    protocol, record = report.read(made_up)
    a, b = (report.column(protocol, record, "caps", arm, "error") for arm in ("CoLU", "SiLU"))
    assert whole[5].other == "SiLU"
    assert whole[5].difference == paired(a, b)


def test_seeds_that_are_not_complete_do_not_count(made_up):
    protocol, record = edit(made_up, lambda runs: runs.pop())
    assert report.complete(protocol, record) == protocol.seeds[:-1]
    assert {c.difference.n for c in report.family(protocol, record)} == {len(protocol.seeds) - 1}


def test_below_the_least_number_nothing_is_reported(made_up):
    def few(runs):
        seeds = sorted({r["seed"] for r in runs})[:9]
        runs[:] = [r for r in runs if r["seed"] in seeds]

    with pytest.raises(ReplicationError, match="9 seeds are complete"):
        report.family(*edit(made_up, few))


def test_what_diverged_is_not_tested(made_up):
    def lost(runs):
        next(r for r in runs if (r["task"], r["activation"]) == ("text", "SiLU"))["loss"] = None

    protocol, record = edit(made_up, lost)
    found = verdicts(protocol, record)
    assert found["text", "SiLU"] == report.DIVERGED
    assert found["text", "ReLU"] == report.SUPPORTED
