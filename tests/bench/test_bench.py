# ruff: noqa: E501  (tables of cases read best one a line)
"""The measuring process at toy sizes: everything runs and agrees; how fast is nobody's business here."""

import dataclasses
import io
import json
import subprocess
import sys
from itertools import groupby
from pathlib import Path

import jsonschema
import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode
from typer.testing import CliRunner

from fieldcheck import cli, ops
from fieldcheck.bench import cases, counts, memory, peers, records, rounds, run, worker
from fieldcheck.bench.cli import OPERATIONS
from fieldcheck.bench.targets import TARGETS, covers
from fieldcheck.ops import reference

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


def test_every_variable_grows_in_some_case():
    """Three sizes that differ in nothing else, so that an exponent can be fitted."""
    for op, variable in (
        ("free_energy", "N"),
        ("free_energy", "d"),
        ("quartic", "N"),
        ("quartic", "C"),
    ):
        lines = [
            [case.mode, run.held(size, variable)]
            for case in cases.CASES
            if case.op == op
            for size in case.sizes
        ]
        assert max(map(lines.count, lines)) >= 3, (op, variable)


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
        timings, failed = rounds.interleaved(calls, rounds=3, budget=60.0)
    finally:
        rounds.SHORTEST = kept
    assert failed == {}
    assert [len(t.seconds) for t in timings.values()] == [3, 3, 3]
    # How often a turn repeats its call depends on the clock; whose turn it is does not.
    assert "".join(name for name, _ in groupby(order))[-9:] == "abcbcacab"
    slow, fast = rounds.Timing({0: 4.0, 1: 40.0, 2: 6.0}), rounds.Timing({0: 2.0, 1: 20.0, 2: 2.0})
    assert slow.over(fast) == 2.0
    assert rounds.Timing({0: 1.0}).spread is None


def test_one_round_of_a_long_call_is_its_first(monkeypatch):
    monkeypatch.setattr(rounds, "once", lambda calls, *_: (calls[0](), 0.0))
    runs = []
    long = lambda: runs.append("long") or 11.0
    short = lambda: runs.append("short") or 0.5
    timings, _ = rounds.interleaved({"long": [long], "short": [short]}, rounds=3, budget=60.0)
    assert runs.count("long") == 1
    assert timings["long"].counted == [11.0]
    assert timings["long"].spread is None
    assert len(timings["short"].counted) == 3


def test_one_that_raises_is_left_out_with_its_reason():
    def breaks():
        raise RuntimeError("out of luck\nand more")

    timings, failed = rounds.interleaved({"a": [lambda: None], "b": [breaks]}, 2, 60.0)
    assert list(timings) == ["a"]
    assert failed == {"b": "RuntimeError: out of luck"}


def test_the_first_call_is_weighed():
    if memory.peak_bytes(lambda: None, False) is None:
        pytest.skip("this system does not tell peak memory")
    calls = {"large": [lambda: torch.ones(1 << 24)], "small": [lambda: None]}
    timings, _ = rounds.interleaved(calls, 1, 60.0, weigh=True)
    assert timings["large"].peak > 60e6
    assert timings["small"].peak < 10e6


def test_inputs_rotate_through_the_sets():
    seen = []
    rounds.once([lambda: seen.append(0), lambda: seen.append(1)], 4, cuda=False, start=1)
    assert seen == [1, 0, 1, 0]


def test_ratio_to_the_peak_counts_operations():
    contest = cases.Contest({}, operations=10.0, ceiling_operations=100.0)
    timings = {"fieldcheck": rounds.Timing({0: 2.0}), cases.MATMUL: rounds.Timing({0: 10.0})}
    assert worker.ratios("fieldcheck", timings, contest) == {cases.MATMUL: 2.0}
    contest = cases.Contest({}, bytes=20.0, ceiling_bytes=8.0)
    timings = {"fieldcheck": rounds.Timing({0: 5.0}), cases.COPY: rounds.Timing({0: 1.0})}
    assert worker.ratios("fieldcheck", timings, contest) == {cases.COPY: 2.0}


def test_targets_speak_of_sizes_that_are_measured():
    for target in TARGETS:
        sizes = [
            s for c in cases.CASES if (c.op, c.mode) == (target.op, target.mode) for s in c.sizes
        ]
        for part in target.over:
            assert any(covers(part, size) for size in sizes), (target.text, part)


def test_a_peer_of_the_processor_is_absent_elsewhere():
    with pytest.raises(peers.Absent, match="jax runs on the processor here, not on meta"):
        peers._here(torch.ones(2, device="meta"), "jax")


# A stand-in for the measuring process, to see what its parent makes of what it says.
CHILD = """
import json, os, sys
request = json.loads(sys.stdin.readline())
say = lambda event, **data: print(json.dumps(dict(event=event, **data)), flush=True)
sys.stderr.write("x" * 300_000 + "\\n")
say("environment", **ENVIRONMENT)
for number, n in enumerate((1, 2, 3)):
    size = {"N": n}
    if request["part"] != "time" or ["gibbs", "forward", size] in request["known"]:
        continue
    say("contest", op="gibbs", mode="forward", size=size, done=number, of=3)
    row = dict(op="gibbs", mode="forward", implementation="fieldcheck", size=size, dtype="d",
               device="chip", median_s=float(n), spread=None, rounds=1)
    say("row", **row)
    if n == 2:
        sys.stderr.write("killed by the system\\n")
        sys.stderr.flush()
        os._exit(9)
    say("done")
say("end")
"""


@pytest.fixture
def environment():
    roads = [{"operation": "o", "device": "cpu", "road": "r", "reason": "w"}]
    return {
        "device": "chip", "kind": "cpu", "threads": 2, "memory_bytes": 1, "system": "S",
        "python": "3", "packages": {"torch": "2", "jax": None}, "commit": "abc",
        "compiler": "g++", "flags": [], "roads": roads,
    }  # fmt: skip


@pytest.fixture
def child(environment, monkeypatch):
    program = CHILD.replace("ENVIRONMENT", repr(environment))
    start = subprocess.Popen
    fake = lambda command, **options: start([sys.executable, "-c", program], **options)
    monkeypatch.setattr(subprocess, "Popen", fake)


def test_a_contest_that_kills_the_process_is_left_out_and_the_rest_goes_on(child):
    kept = []
    result = run.measure(run.Request(), keep=kept.append)
    assert [row.size["N"] for row in result.rows] == [1, 3]
    [out] = result.left_out
    assert (out.implementation, out.size) == ("all", {"N": 2})
    assert out.reason == "the measuring process stopped: killed by the system"
    assert result.complete
    assert [k.complete for k in kept] == [False] * 3
    assert [len(k.rows) for k in kept] == [1, 1, 2]
    jsonschema.validate(kept[0].to_json(), records.schema())


def test_a_broken_run_is_gone_on_with(child, environment):
    half = []
    run.measure(run.Request(), keep=half.append)
    first = dataclasses.replace(half[0], rows=[dataclasses.replace(half[0].rows[0], median_s=7.0)])
    again = run.measure(run.Request(), earlier=first)
    assert [row.median_s for row in again.rows] == [7.0, 3.0]
    for changed in ({"packages": {"torch": "3", "jax": None}}, {"commit": "abd"}):
        other = dataclasses.replace(first, environment=environment | changed)
        with pytest.raises(run.BenchError, match="earlier run was made under other conditions: "):
            run.measure(run.Request(), earlier=other)
    with pytest.raises(run.BenchError, match="conditions: peers was False, is True"):
        run.measure(run.Request(peers=True), earlier=first)


def test_what_only_some_of_its_processes_measured_is_not_kept(environment, monkeypatch):
    """A run that goes on from it would take one process's rows for those of three."""
    program = CHILD.replace("ENVIRONMENT", repr(environment)).replace('!= "time"', '!= "sweeps"')
    program = program.replace("n == 2", "False")
    start = subprocess.Popen
    fake = lambda command, **options: start([sys.executable, "-c", program], **options)
    monkeypatch.setattr(subprocess, "Popen", fake)
    kept = []
    result = run.measure(run.Request(), keep=kept.append)
    assert [[row.rounds for row in k.rows] for k in kept] == [[3], [3, 3], [3, 3, 3]]
    assert [row.rounds for row in result.rows] == [3, 3, 3]


def test_the_measuring_process_ends_with_its_parent(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO('{"parent": 12345}'))
    monkeypatch.setattr(worker.usage, "end_with", lambda parent: sys.exit(parent))
    with pytest.raises(SystemExit, match="12345"):
        worker.main()


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
    "size", [{"N": 96, "C": 8, "H": 2, "r": 2}, {"N": 64, "C": 32, "H": 4, "r": 8}], ids=str
)
def test_the_count_of_the_quartic_is_torchs(size):
    """What the bench counts is what torch's counter sees, complex operations as eight real ones."""
    contest = cases._quartic(size, CPU, False)
    with FlopCounterMode(display=False) as counter:
        contest.calls[cases.OURS]()
    # torch counts two operations to a multiply-add, whatever the numbers
    assert 4 * counter.get_total_flops() == contest.operations


def test_the_count_of_the_gated_unit_is_torchs():
    contest = cases._glu({"N": 24, "C": 6, "m": 16}, CPU, False)
    with FlopCounterMode(display=False) as counter:
        contest.calls[cases.OURS]()
    assert counter.get_total_flops() == contest.operations


@pytest.mark.parametrize(("n", "c", "r"), [(96, 8, 2), (64, 16, 4), (5, 6, 3)])
def test_both_orders_of_association_are_counted_right(n, c, r):
    """By torch's counter: the library's order, and that of attention written out; one force."""
    x, q, k, v, o = (
        torch.randn(*shape, dtype=torch.complex128) for shape in [(n, c), *[(c, r)] * 4]
    )
    with FlopCounterMode(display=False) as counter:
        moments = ops.quartic(x, q, k, v, o).force
    assert 4 * counter.get_total_flops() == counts.order_of_moments(n, c, r)
    with FlopCounterMode(display=False) as counter:
        xq, xk, xv, xo = x @ q, x @ k, x @ v, x @ o
        attention = (xq @ xk.mH @ xv) @ o.mH
        scores = xv @ xo.mH
        attention = attention + (scores @ xq) @ k.mH
    assert 4 * counter.get_total_flops() == counts.order_of_attention(n, c, r)
    torch.testing.assert_close(moments, attention)


def test_the_order_of_products_decides_the_power_of_n():
    """Through C x C the count is linear in N, through N x N its square leads: by torch's counter."""

    def count(call):
        with FlopCounterMode(display=False) as counter:
            call()
        return counter.get_total_flops()

    def both(n, c=16):
        x = torch.randn(n, c, dtype=torch.complex64)
        parts = [torch.randn(2, c, 4, dtype=torch.complex64) for _ in range(4)]
        return count(lambda: ops.quartic(x, *parts)), count(lambda: reference.quartic(x, *parts))

    (ours, theirs), (ours2, theirs2), (ours4, theirs4) = map(both, (256, 512, 1024))
    assert ours4 - ours2 == 2 * (ours2 - ours)  # a constant and a multiple of N
    second = (theirs4 - theirs2) - 2 * (theirs2 - theirs)
    assert second > 0
    assert second / (2 * 256**2) >= 2 * 16  # of N^2 at least one product of N x C with C x N
    assert theirs4 > 30 * ours4


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
    files = sorted((Path(cases.__file__).parents[2] / "book/data").glob("bench-*.json"))
    for path in files:
        data = json.loads(path.read_text())
        jsonschema.validate(data, records.schema())
        assert data["settings"]["toy"] is False
        assert data["complete"] is True
        assert {row["device"] for row in data["rows"]} == {data["environment"]["device"]}
