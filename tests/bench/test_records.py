"""The published schema, the files, the fits and the judging: no timing anywhere."""

import dataclasses
import json
import math

import jsonschema
import pytest

from fieldcheck.bench import growth, records
from fieldcheck.bench.records import Row
from fieldcheck.bench.run import calmer, contests, growths, together
from fieldcheck.bench.targets import TARGETS, judge


def row(implementation="fieldcheck", n=1024, seconds=1.0, **more):
    size = {"N": n, "C": 64, "H": 4, "r": 16}
    return Row(
        "quartic", "force", implementation, size, "complex64", "chip", seconds, 0.1, 9, **more
    )


def run(rows):
    environment = {
        "device": "chip", "kind": "cpu", "threads": 2, "memory_bytes": 1, "system": "S",
        "python": "3", "packages": {"jax": None}, "commit": None, "compiler": "g++", "flags": [],
        "roads": [{"operation": "o", "device": "cpu", "road": "r", "reason": "w"}],
    }  # fmt: skip
    settings = {"rounds": 9, "budget_s": 1.0, "toy": False, "peers": True, "allocator": "a"}
    left = [records.LeftOut("quartic", "force", "naive", {"N": 1}, "no memory")]
    ceilings = {"copy_bytes_per_s": None, "matmul_ops_per_s": 1.5e11}
    return records.Run(environment, settings, ceilings, rows, growths(rows), judge(rows), left)


def test_a_run_survives_the_file_and_meets_the_schema(tmp_path):
    rows = [row(n=n, seconds=n * 1e-6, peak_bytes=8 * n) for n in (1024, 2048, 4096)]
    rows[2] = dataclasses.replace(rows[2], ratios={"matmul peak": 1.25})
    first = run(rows)
    records.save(first, tmp_path / "bench-chip.json")
    data = json.loads((tmp_path / "bench-chip.json").read_text())
    jsonschema.Draft202012Validator.check_schema(records.schema())
    jsonschema.validate(data, records.schema())
    assert records.load(tmp_path / "bench-chip.json").to_json() == first.to_json()
    assert [p.name for p in tmp_path.iterdir()] == ["bench-chip.json"]
    assert len(records.committed(tmp_path, "cpu")) == 1
    assert records.committed(tmp_path, "cuda") == []


@pytest.mark.parametrize(
    "spoil", [{"median_s": 0.0}, {"median_s": None}, {"size": "4k"}, {"ratios": {"a": -1}}]
)
def test_the_schema_refuses_nonsense(spoil):
    data = run([row()]).to_json()
    data["rows"][0] |= spoil
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(data, records.schema())


def test_another_file_is_refused(tmp_path):
    (tmp_path / "x.json").write_text('{"schema": "something else"}')
    with pytest.raises(ValueError, match="this is no bench result: schema is 'something else'"):
        records.load(tmp_path / "x.json")
    (tmp_path / "x.json").write_text("[1]")
    with pytest.raises(ValueError, match="this is no bench result: schema is None"):
        records.load(tmp_path / "x.json")


def test_exponent_of_an_exact_power_and_of_noise():
    x = [1, 2, 4, 8]
    slope, low, high = growth.exponent(x, [3 * a**2 for a in x])
    assert math.isclose(slope, 2)
    assert high - low < 1e-12
    slope, low, high = growth.exponent(x, [1.0, 2.2, 3.7, 8.4])
    assert low < 1 < high
    # a fixed cost bends the line, and the interval tells
    _, low, high = growth.exponent(x, [5 + a**2 for a in x])
    assert high - low > 1
    for bad in ([1, 2], [2, 2, 2]):
        with pytest.raises(ValueError, match="an exponent needs"):
            growth.exponent(bad, [1.0] * len(bad))


def test_growth_holds_everything_else():
    """Rows at other C do not enter the fit in N, and r follows C."""
    rows = [row(n=n, seconds=n) for n in (1024, 2048, 4096)]
    for c in (32, 128, 256):
        size = {"N": 4096, "C": c, "H": 4, "r": c // 4}
        rows.append(dataclasses.replace(row(), size=size, median_s=float(c * c)))
    found = {(g.variable, tuple(g.values)): g.exponent for g in growths(rows)}
    assert found.keys() == {("N", (1024, 2048, 4096)), ("C", (32, 64, 128, 256))}
    assert math.isclose(found["N", (1024, 2048, 4096)], 1)


def test_growth_in_the_head_size():
    rows = [
        dataclasses.replace(
            row(), op="free_energy", size={"N": 2048, "H": 4, "d": d}, median_s=3.0 * d
        )
        for d in (32, 64, 128, 256)
    ]
    [law] = growths(rows)
    assert (law.variable, law.fixed) == ("d", {"N": 2048, "H": 4})
    assert math.isclose(law.exponent, 1)


def test_a_target_is_met_only_where_all_its_sizes_are_calm_and_within():
    share = "share of the matrix-product peak"
    sizes = next(t.over for t in TARGETS if t.text == share)
    at = lambda size, ratio, **more: dataclasses.replace(
        row(ratios={"matmul peak": ratio}, **more), size=size | {"H": 4, "r": size["C"] // 4}
    )
    fast = [at(size, 1.25) for size in sizes]
    verdict = lambda rows: next(j for j in judge(rows) if j.text == share)
    assert verdict(fast).met is True
    assert verdict(fast).missing == []
    first = {"where": "N 4096, C 32, H 4, r 8", "value": 0.8}
    assert verdict(fast[:1]).measured == [first]
    # one size of many decides nothing, and the others are named
    assert verdict(fast[:1]).met is None
    assert verdict(fast[1:]).missing == ["N 4096, C 32"]
    # a size that the target does not speak of is not looked at
    assert verdict([*fast, at({"N": 64, "C": 64}, 100.0)]).met is True
    # a miss is a miss, whatever else was measured
    assert verdict([at(sizes[0], 2.0)]).met is False
    loud = at(sizes[0], 2.0, disturbed=0.5)
    assert verdict([loud, *fast[1:]]).met is None
    assert verdict([loud, *fast[1:]]).missing == ["N 4096, C 32"]
    assert verdict([loud]).measured[0]["where"].endswith("(disturbed)")
    assert len(judge([])) == len(TARGETS)
    assert all(j.met is None and j.missing for j in judge([]))


def test_growth_is_judged_over_all_its_sizes():
    rows = [row(n=n, seconds=n) for n in (1024, 4096, 16384, 65536)]
    verdict = lambda rows: next(j for j in judge(rows) if j.text == "time grows as N")
    assert verdict(rows).met is True
    assert verdict(rows[:3]).met is None
    assert verdict(rows[:3]).missing == ["N 65536, C 64"]
    assert verdict([*rows[:3], row(n=65536, seconds=1e7)]).met is False


def test_of_two_versions_of_a_contest_the_calmer_is_kept():
    loud = [row(n=64, seconds=9.0, disturbed=0.8), row("naive", n=64, disturbed=0.7)]
    calm = [row(n=64, seconds=1.0), row("naive", n=64, disturbed=0.2)]
    other = [row(n=128)]
    for first, second in ((loud + other, calm), (calm, loud + other)):
        kept = calmer(contests(first), contests(second))
        assert [r.median_s for r in kept if r.implementation == "fieldcheck"] == [1.0, 1.0]
        assert len(kept) == 3


def test_of_several_processes_a_row_holds_the_medians():
    times = {1.0: 0.0, 4.0: 0.0, 1.2: 0.0, 0.1: 0.9}
    rows = [
        dataclasses.replace(row(n=64, seconds=s, disturbed=d), rounds=5, ratios={"copy": s})
        for s, d in times.items()
    ]
    (one,) = together(rows)
    assert (one.median_s, one.ratios, one.rounds) == (1.2, {"copy": 1.2}, 15)
    assert one.spread == pytest.approx(1.5 / 1.2)
    assert together(rows[:1]) == rows[:1]
    assert together([*rows, row("naive", n=64)])[1].implementation == "naive"
