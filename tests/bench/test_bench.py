# ruff: noqa: E501  (tables of cases read best one a line)
"""The measuring process at toy sizes: everything runs and agrees; how fast is nobody's business here."""

import json
from itertools import groupby

import jsonschema
import pytest
import torch
from typer.testing import CliRunner

from fieldcheck import cli
from fieldcheck.bench import cases, memory, records, rounds, worker
from fieldcheck.bench.cli import OPERATIONS

CPU = torch.device("cpu")
runner = CliRunner()


@pytest.mark.parametrize("case", cases.CASES, ids=lambda c: f"{c.op}-{c.mode}")
def test_implementations_of_a_contest_agree(case):
    """A contest between functions that compute different things would be no contest."""
    contest = case.build(case.toy[0], CPU, False)
    ours = contest.calls[cases.OURS]()
    first = ours[0] if isinstance(ours, tuple) else ours
    assert torch.isfinite(first).all()
    same = {
        "naive",
        "eager torch",
        "chunked",
        "N x N order",
        "product by product",
        "fieldcheck autograd",
    }
    for name in same & contest.calls.keys():
        theirs = contest.calls[name]()
        pairs = (
            zip(ours[-len(theirs) :], theirs, strict=True)
            if isinstance(ours, tuple)
            else [(ours, theirs)]
        )
        for a, b in pairs:
            if a is not None:
                torch.testing.assert_close(a, b, rtol=1e-3, atol=1e-3)


def test_peers_compute_the_same_numbers():
    size = cases.TOY_ATTENTION[0]
    contest = cases._free_energy_force(size, CPU, False)
    ours = contest.calls[cases.OURS]()
    torch.testing.assert_close(contest.calls["sdpa"](), ours.force)
    energy = ours.energy * size["d"] ** -0.5
    torch.testing.assert_close(contest.calls["null key"](), energy, rtol=1e-3, atol=1e-3)
    quartic = cases._quartic({"N": 32, "C": 64, "H": 4, "r": 16}, CPU, False)
    torch.testing.assert_close(
        quartic.calls["einsum"](), quartic.calls[cases.OURS]().force, rtol=1e-3, atol=1e-5
    )


def test_every_operation_has_a_case():
    assert set(OPERATIONS) == set(cases.operations())


def test_a_call_that_needs_too_much_memory_is_left_out(monkeypatch):
    monkeypatch.setattr(memory, "free_bytes", lambda device: 1 << 30)
    contest = cases.Contest({"ours": lambda: None, "naive": lambda: None}, {"naive": 0.6 * 2**30})
    kept = dict(contest.calls)
    reasons = worker.refuse_large(contest, CPU, False)
    assert reasons == {"naive": "needs about 0.6 GiB, more than half of the 1.0 GiB that are free"}
    assert list(contest.calls) == ["ours"]
    contest.calls = kept
    assert worker.refuse_large(contest, CPU, True) == {}
    assert list(contest.calls) == ["ours", "naive"]


def test_turns_rotate_and_ratios_pair_by_round():
    order = []
    calls = {name: [lambda name=name: order.append(name)] for name in "abc"}
    rounds.SHORTEST, kept = 0.0, rounds.SHORTEST
    try:
        timings = rounds.interleaved(calls, rounds=3, budget=60.0)
    finally:
        rounds.SHORTEST = kept
    assert [len(t.seconds) for t in timings.values()] == [3, 3, 3]
    # How often a turn repeats its call depends on the clock; whose turn it is does not.
    assert "".join(name for name, _ in groupby(order))[-9:] == "abcbcacab"
    slow, fast = rounds.Timing({0: 4.0, 1: 40.0, 2: 6.0}), rounds.Timing({0: 2.0, 1: 20.0, 2: 2.0})
    assert slow.over(fast) == 2.0
    assert rounds.Timing({0: 1.0}).spread == 0.0


def test_inputs_rotate_through_the_sets():
    seen = []
    rounds.once([lambda: seen.append(0), lambda: seen.append(1)], 4, cuda=False, start=1)
    assert seen == [1, 0, 1, 0]


def test_ratio_to_the_peak_counts_operations():
    contest = cases.Contest({}, operations=10.0, ceiling_operations=100.0)
    timings = {"fieldcheck": rounds.Timing({0: 2.0}), cases.MATMUL: rounds.Timing({0: 10.0})}
    assert worker.ratios("fieldcheck", timings, contest) == {cases.MATMUL: 2.0}


def test_peak_memory_sees_the_result():
    if memory.peak_bytes(lambda: None, False) is None:
        pytest.skip("this system does not tell peak memory")
    assert memory.peak_bytes(lambda: torch.ones(1 << 24), False) > 60e6
    assert memory.peak_bytes(lambda: None, False) < 10e6


def test_the_command_writes_a_valid_file(tmp_path):
    path = tmp_path / "bench-toy.json"
    result = runner.invoke(
        cli.app,
        [
            "bench",
            "--toy",
            "--op",
            "gibbs",
            "--op",
            "quartic",
            "--rounds",
            "2",
            "--json",
            str(path),
        ],
    )
    assert result.exit_code == 0, result.output
    jsonschema.validate(json.loads(path.read_text()), records.schema())
    run = records.load(path)
    assert run.settings["toy"] is True
    assert {row.op for row in run.rows} == {"gibbs", "quartic"}
    assert len({row.device for row in run.rows}) == 1
    assert any(g.variable == "C" for g in run.growth)
    assert [j.met for j in run.targets if j.op == "colu"] == [None, None]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--op", "colour"], "no operation is called 'colour'"),
        (["--size", "4096"], "--size takes NAME=NUMBER"),
        (["--device", "tpu"], "--device is cpu or cuda, not 'tpu'"),
        (["--json", "/no/such/folder/x.json"], "does not exist"),
        (["--op", "gibbs", "--size", "N=7", "--toy"], "no case has such a size"),
    ],
)
def test_misuse_is_one_sentence_and_exit_code_two(arguments, words):
    result = runner.invoke(cli.app, ["bench", *arguments])
    assert result.exit_code == 2
    assert words in " ".join(result.output.split())


@pytest.mark.skipif(torch.cuda.is_available(), reason="a CUDA device is present")
def test_no_gpu_is_said():
    result = runner.invoke(cli.app, ["bench", "--device", "cuda"])
    assert result.exit_code == 2
    assert "no CUDA device is present" in result.output


def test_explain_tells_roads_and_reasons():
    result = runner.invoke(cli.app, ["bench", "--explain"])
    assert result.exit_code == 0
    for word in ("free_energy", "quartic", "soc_projection", "gibbs", "glu_potential"):
        assert word in result.output


def test_committed_results_meet_the_schema():
    from pathlib import Path

    files = sorted(Path("book/data").glob("bench-*.json"))
    for path in files:
        data = json.loads(path.read_text())
        jsonschema.validate(data, records.schema())
        assert data["settings"]["toy"] is False
        assert {row["device"] for row in data["rows"]} == {data["environment"]["device"]}
