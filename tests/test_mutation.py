"""The mutation of the library, on toys: the draw, the trial of a mutant, and the figures."""

from __future__ import annotations

import json
import os
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from tests.mutation import figures, trial
from tests.mutation.library import EACH, FOLDERS, TESTED, Reach, report, statement_lines
from tests.mutation.sites import Candidate, Text, candidates, order, sample
from tests.mutation.trees import trees

ROOT = Path(__file__).resolve().parents[1]

LIBRARY = '''"""A toy."""
from __future__ import annotations


def clamp(x: int | None, top: int = 3 + 4) -> int:
    if x is None:
        raise ValueError(f"nothing below {2 + 5}")
    spare = 0 * 1
    return min(x - spare, top)
'''
TESTS = """from fieldcheck.fields.toy import clamp


def test_below():
    assert clamp(2) == 2


def test_above():
    assert clamp(9) == 7
"""


@pytest.fixture
def toy(tmp_path: Path) -> Path:
    """A tree with a library of one file and two tests."""
    root = tmp_path / "toy"
    for name, text in {
        "fieldcheck/__init__.py": "",
        "fieldcheck/fields/__init__.py": "",
        "fieldcheck/fields/toy.py": LIBRARY,
        "tests/fields/test_toy.py": TESTS,
        "pyproject.toml": "[tool.pytest.ini_options]\n",
    }.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf8")
    return root


# -- the figures ---------------------------------------------------------------------------------
@pytest.mark.parametrize(("hits", "n"), [(0, 10), (1, 10), (8, 10), (10, 10), (399, 420)])
def test_the_interval_holds_the_rates_that_the_score_test_does_not_reject(hits, n):
    """Wilson's ends are the rates p with |hits/n - p| = z √(p(1-p)/n)."""
    for p in figures.wilson(hits, n):
        assert (hits / n - p) ** 2 == pytest.approx(figures.Z**2 * p * (1 - p) / n, abs=1e-12)


def test_the_interval_of_a_textbook():
    low, high = figures.wilson(8, 10)
    assert (round(low, 4), round(high, 4)) == (0.4902, 0.9433)
    assert figures.wilson(0, 0) == (0.0, 1.0)


def row(outcome: str, before: str = "a + b") -> dict[str, str]:
    return {
        "path": "fieldcheck/fields/toy.py", "definition": "f", "operator": "X", "before": before,
        "after": "a - b", "outcome": outcome,
    }  # fmt: skip


def test_what_counts_and_what_does_not():
    rows = [row("killed")] * 6 + [row("timed out")] + [row("incompetent")] * 2 + [row("pending")]
    rows += [row("survived", f"line {k}") for k in range(3)]
    found = figures.summary(rows, [row("", "line 1")])
    assert (found["sampled"], found["equivalent"], found["incompetent"]) == (13, 1, 2)
    assert (found["kill_rate"]["killed"], found["kill_rate"]["of"]) == (7, 9)
    assert (found["raw_kill_rate"]["killed"], found["raw_kill_rate"]["of"]) == (7, 10)


def test_an_excuse_without_a_survivor_is_told():
    entries = [row("", "line 0"), row("", "line 7"), row("", "line 8")]
    rows = [row("survived", "line 0"), row("killed", "line 8")]
    assert len(figures.unmatched(rows, entries)) == 2
    assert figures.unmatched(rows, entries[:1]) == []


def test_an_excuse_needs_a_reason_and_stands_once(tmp_path):
    path = tmp_path / "equivalent.toml"
    entry = '[[mutant]]\npath = "p"\ndefinition = "d"\noperator = "o"\nbefore = "b"\nafter = "a"\n'
    path.write_text(entry)
    with pytest.raises(ValueError, match="reason"):
        figures.equivalents(path)
    entry += 'reason = "both are one"\n'
    path.write_text(entry + entry)
    with pytest.raises(ValueError, match="twice"):
        figures.equivalents(path)
    path.write_text(entry)
    assert len(figures.equivalents(path)) == 1


# -- the draw ------------------------------------------------------------------------------------
def many(folders: dict[str, int]) -> tuple[list[Candidate], dict[str, list[str]]]:
    """Two files a folder, one with three times the sites, and six replacements at each site."""
    found, lines = [], {}
    for folder, n in folders.items():
        for name, size in (("a", n), ("b", 3 * n)):
            path = f"lib/{folder}/{name}.py"
            lines[path] = [f"x{k} = y - {k}" for k in range(size)]
            for k in range(size):
                found += [
                    Candidate(path, f"core/ReplaceBinaryOperator_Sub_{to}", k, k + 1, 7)
                    for to in ("Add", "Mul", "Div", "FloorDiv", "Mod", "Pow")
                ]
                found += [
                    Candidate(path, "core/NumberReplacer", 2 * k + i, k + 1, 9) for i in (0, 1)
                ]
    return found, lines


def places(sites: list[list[Candidate]]) -> list[tuple[str, int, str]]:
    return [(s[0].path, s[0].line, s[0].family) for s in sites]


def test_the_draw_is_seeded_and_each_cell_is_drawn_from_in_proportion():
    found, lines = many({"p": 20, "q": 40})
    drawn = order(found, lines, seed=0)
    assert {f: len(s) for f, s in drawn.items()} == {"p": 160, "q": 320}
    assert all(len(site) in (2, 6) for sites in drawn.values() for site in sites)
    again, other = order(found[::-1], lines, seed=0), order(found, lines, seed=1)
    assert places(drawn["p"]) == places(again["p"])
    assert [s[0] for s in drawn["p"]] == [s[0] for s in again["p"]]
    assert places(drawn["p"])[:40] != places(other["p"])[:40]
    # 40 of 160: a quarter of each cell of 20 (file a) and 60 (file b), give or take one.
    cells = Counter((path, kind) for path, _, kind in places(drawn["p"][:40]))
    for (path, _), n in cells.items():
        assert abs(n - (5 if path.endswith("a.py") else 15)) <= 1
    assert len(cells) == 4


def test_a_change_in_one_file_leaves_the_draws_in_the_others_alone():
    found, lines = many({"p": 20})
    before = [p for p in places(order(found, lines, 0)["p"]) if p[0].endswith("b.py")]
    fewer = [c for c in found if not (c.path.endswith("a.py") and c.line < 9)]
    after = [p for p in places(order(fewer, lines, 0)["p"]) if p[0].endswith("b.py")]
    assert after == before


def test_what_no_test_could_notice_is_not_drawn():
    text = Text(
        "from typing import TYPE_CHECKING\n"
        "if TYPE_CHECKING:\n    x = 1\n"
        "__all__ = ['a' + 'b']\n"
        "Name = int | str\n"
        "é = 'é'; y: int | None = 2\n"
        "def f(a: int | None = 3) -> int | str:\n"
        "    assert a > 1, 5 + 6\n"
        "    raise ValueError(7 + 8)\n"
    )
    drawn = [
        (k, c)
        for k, line in enumerate(text.lines, 1)
        for c, sign in enumerate(line)
        if (sign.isdigit() or sign in "|+>") and text.drawable(k, c) and line[c - 1] != "-"
    ]
    where = {(k, text.lines[k - 1][c]) for k, c in drawn}
    assert where == {(6, "2"), (7, "3"), (8, ">"), (8, "1")}


def test_words_are_told_apart_and_not_ordered():
    text = Text('x = a == "word" and b == 3 and "no" != c < d\n')
    place = {sign: text.lines[0].index(sign) for sign in ('== "', "== 3", "!=", "<")}
    order, other = (
        "core/ReplaceComparisonOperator_Eq_LtE",
        "core/ReplaceComparisonOperator_Eq_NotEq",
    )
    drawn = {sign: text.drawable(1, k, order) for sign, k in place.items()}
    assert drawn == {'== "': False, "== 3": True, "!=": False, "<": True}
    assert all(text.drawable(1, k, other) for k in place.values())


def test_the_sample_of_a_toy_tree(toy):
    pytest.importorskip("cosmic_ray", reason="the mutator is in the group `mutation`")
    found = candidates(toy, ["fieldcheck/fields"])
    assert {c.line for c in found} == {5, 6, 8, 9}
    drawn, sites = sample(toy, ["fieldcheck/fields"], seed=0, each=100)
    assert sites == {"fields": len({(c.line, c.column, c.family) for c in found})}
    assert 0 < len(drawn) <= sites["fields"]
    assert all(m.text != LIBRARY and m.before != m.after for m in drawn)
    again, _ = sample(toy, ["fieldcheck/fields"], seed=0, each=3)
    assert [m.key for m in again] == [m.key for m in drawn[:3]]
    fewer = {c.line for c in candidates(toy, ["fieldcheck/fields"])} - {7}
    assert fewer == {5, 6, 8, 9}


# -- the trial -----------------------------------------------------------------------------------
def test_lines_that_run_together():
    assert statement_lines(LIBRARY, 6) == {6}
    assert statement_lines(LIBRARY, 5) == {5, 6, 7, 8, 9}
    assert statement_lines(LIBRARY, 1) is None


def test_a_planted_mutant_is_killed_and_a_planted_survivor_is_told(toy, tmp_path, monkeypatch):
    monkeypatch.delenv("FIELDCHECK_PYTHON", raising=False)
    before = {p: p.read_bytes() for p in toy.rglob("*") if p.is_file()}
    path, limits = "fieldcheck/fields/toy.py", trial.Limits(grace=5.0)
    units = ["tests/fields/test_toy.py::test_below", "tests/fields/test_toy.py::test_above"]
    copy = trial.Copy(toy, "fieldcheck")
    try:

        def become(old: str, new: str, order: list[str] = units) -> trial.Result:
            assert LIBRARY.count(old) == 1
            text = LIBRARY.replace(old, new)
            return trial.trial(copy, path, text, order, limits, tmp_path / "cache")

        assert become("x - spare", "x + spare").outcome == "survived"
        killed = become("3 + 4", "3 - 4")
        assert (killed.outcome, killed.by) == ("killed", units[0])
        assert become("min(x - spare, top)", "x - spare").by == units[1]
        assert become("min(x - spare, top)", "x - spare", units[:1]).outcome == "survived"
        assert become("annotations", "annotation").outcome == "incompetent"
        assert become("spare = 0 * 1", "while True: spare = 0").outcome == "timed out"
        assert become("spare = 0 * 1", "import os; os.abort()").outcome == "killed"
        assert become("x - spare", "x + spare").outcome == "survived"
        assert become("3 + 4", "3 - 4", []).outcome == "survived"
        with pytest.raises(RuntimeError, match="did not find"):
            become("3 + 4", "3 - 4", ["tests/fields/test_toy.py::test_gone"])
    finally:
        copy.close()
    assert not copy.base.exists()
    assert {p: p.read_bytes() for p in toy.rglob("*") if p.is_file()} == before


def test_tests_are_chosen_by_the_lines_that_they_reach(toy, tmp_path):
    pytest.importorskip("coverage", reason="it is in the group `mutation`")
    (toy / "tests" / "fields" / "test_toy.py").write_text(
        TESTS
        + "\n\ndef test_nothing():\n    pass\n\n\ndef test_wrong():\n    assert clamp(1) > 1\n"
    )
    reach = Reach(toy, tmp_path / "reach.jsonl")
    reach.measure(tmp_path / "cache")
    size = reach.log.stat().st_size
    reach.measure(tmp_path / "cache")
    assert reach.log.stat().st_size == size, "what is known was measured again"
    reach.index()
    path, below = "fieldcheck/fields/toy.py", "tests/fields/test_toy.py::test_below"
    assert set(reach.units(path, 9)) == {below, "tests/fields/test_toy.py::test_above"}
    assert reach.units(path, 7) == []
    assert len(reach.within(path, 9, 0.0)) == 1
    assert "test_wrong" in reach.rows["tests/fields/test_toy.py::test_wrong"]["failed"]
    (toy / path).write_text(LIBRARY + "\n", encoding="utf8")
    fresh = Reach(toy, reach.log)
    fresh.read()
    assert fresh.rows == {}, "lines of another text were kept"


def test_tests_of_the_same_folder_come_in_a_process_of_their_own():
    near, far = "tests/fields/test_a.py::x", "tests/ops/test_b.py::y"
    path = "fieldcheck/fields/a.py"
    assert trial.stages(path, [far, near, far]) == [[near], [far, far]]
    assert trial.stages(path, [far]) == [[far]]
    assert trial.stages(path, []) == [[]]


def test_files_may_be_measured_side_by_side(toy, tmp_path):
    pytest.importorskip("coverage", reason="it is in the group `mutation`")
    second = toy / "tests" / "fields" / "test_more.py"
    second.write_text(TESTS)
    reach = Reach(toy, tmp_path / "reach.jsonl")
    reach.measure(tmp_path / "cache", workers=2)
    assert len(reach.rows) == 4
    assert reach.whole == {f"tests/fields/test_{name}.py" for name in ("toy", "more")}
    second.write_text("import nothing_of_that_name\n")
    with pytest.raises(RuntimeError, match="could not be measured"):
        Reach(toy, tmp_path / "other.jsonl").measure(tmp_path / "cache", workers=2)


def test_what_is_tested_is_named_by_its_content(toy):
    git = lambda *words: subprocess.run(
        ["git", "-c", "user.name=a", "-c", "user.email=b@c", *words],
        cwd=toy, check=True, capture_output=True, text=True,
    ).stdout.strip()  # fmt: skip
    git("init")
    before = trees(toy, TESTED)
    assert set(before) == {"fieldcheck", "tests/fields"}
    git("add", ".")
    git("commit", "-m", "one")
    assert {p: git("rev-parse", "--short=12", f"HEAD:{p}") for p in before} == before
    (toy / "fieldcheck" / "fields" / "toy.py").write_text(LIBRARY + "\n")
    assert trees(toy, TESTED)["fieldcheck"] != before["fieldcheck"]
    assert trees(toy, TESTED)["tests/fields"] == before["tests/fields"]
    assert git("diff", "--cached") == ""


def test_the_report_of_a_run(tmp_path):
    rows = [
        {**row(o), "line": 1, "by": "", "tests": 1, "path": f"fieldcheck/{f}/x.py"}
        for f in FOLDERS
        for o in ("killed", "killed", "survived")
    ]
    found = report(rows, dict.fromkeys(FOLDERS, EACH), 0, {}, [], {}, 60.0)
    assert found["total"]["kill_rate"]["rate"] == pytest.approx(2 / 3, abs=1e-4)
    assert all(f["survived"] == 1 for f in found["folders"].values())
    assert "Of 15 changes" in figures.sentence(found)
    assert os.fspath(tmp_path) not in json.dumps(found)


def test_every_excuse_speaks_of_a_line_that_is_there():
    """An entry whose line is gone excuses nothing, and would fail the next run of the mutation."""
    for entry in figures.equivalents(ROOT / "tests" / "mutation" / "equivalent_library.toml"):
        assert entry["before"] in (ROOT / entry["path"]).read_text(encoding="utf8"), entry
