"""A short form of ``make seeds``; what it says of a wrong expectation; what it keeps."""

from __future__ import annotations

import pytest

from fieldcheck.ledger import machine, pool
from tests.repeat import judge, seeds

CLAIMS = '''
from fieldcheck import Equal, claim, ours, real


@claim("seeds-square", title="A square", sources=[ours()], tex="a^2", given=dict(a=real()))
def body(xp, a, *, factor=1):
    """A square is a product."""
    return Equal(a**2, factor * a * a)


body.vary("twice", factor=2)
body.vary("the same, called false", factor=1)
'''
FEW = ("lse-gradient-softmax", "softmax-free-energy")


@pytest.fixture
def planted(tmp_path):
    """A claim of which one neighbour is true: the register's word is wrong."""
    file = tmp_path / "claims.py"
    file.write_text(CLAIMS, encoding="utf-8")
    yield machine.load([str(file)]), (str(file),)
    machine.load()


def judged(claims, files, path, last=2):
    numbers = range(1, last + 1)
    return seeds.run(claims, numbers, profile="quick", jobs=1, path=path, files=files)


def test_a_few_claims_of_the_register(tmp_path):
    claims = {name: machine.load()[name] for name in FEW}
    forms = sum(len(judge.told(claim)) for claim in claims.values())
    tally = judged(claims, (), tmp_path / "kept.jsonl")
    assert (tally.judged, tally.wrong, tally.faults) == (2 * forms, [], [])
    assert forms > 2


def test_a_wrong_expectation_is_seen_and_what_is_known_is_not_judged_again(
    planted, tmp_path, monkeypatch
):
    path = tmp_path / "kept.jsonl"
    tally = judged(*planted, path)
    assert [line.partition(":")[0] for line in tally.wrong] == [
        f"seeds-square/the-same-called-false, seed {seed}" for seed in (1, 2)
    ]
    assert tally.figures(2)["roles"] == {"neighbour": 4}

    whole = path.read_text(encoding="utf-8")
    path.write_text(whole[:-20], encoding="utf-8")  # killed as it wrote
    asked = []
    work = pool.work
    monkeypatch.setattr(
        pool, "work", lambda tasks, **words: asked.extend(tasks) or work(tasks, **words)
    )
    again = judged(*planted, path)
    assert [task.args for task in asked] == [("quick", 2)]
    assert again.wrong == tally.wrong
    assert seeds.known(path, {}) == {}  # of other sources
    judged(*planted, path)
    assert len(asked) == 1


def test_what_a_limit_stopped_is_wrong_and_not_kept(planted, tmp_path, monkeypatch):
    path, name = tmp_path / "kept.jsonl", "seeds-square"
    stops = dict.fromkeys(judge.told(planted[0][name]), "no answer within 1 s")
    answer = pool.Answer(
        pool.Task(name, "verify", ("quick", 1)), judge.verify(name, "quick", 1, stops)
    )
    monkeypatch.setattr(pool, "work", lambda tasks, **words: (a for a in [answer]))
    assert len(judged(*planted, path, last=1).wrong) == 2
    assert path.read_text(encoding="utf-8") == ""


@pytest.mark.parametrize("met", [True, False])
def test_the_exit_status_and_the_figures(met, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(seeds, "FIGURES", tmp_path / "seeds.json")
    form = {"role": "neighbour", "verdict": "stands", "met": met, "because": "nothing spoke"}
    monkeypatch.setattr(seeds, "run", lambda *_, **__: seeds.Tally({("a", 1): {"a/b": form}}))
    assert seeds.main(["--seeds", "1", "--only", FEW[0]]) == int(not met)
    assert seeds.figures() == {}
    assert seeds.main(["--seeds", "1"]) == int(not met)
    assert len(seeds.figures()["standard"]["wrong"]) == int(not met)
    assert ("a/b, seed 1: stands" in capsys.readouterr().out) == (not met)


def test_a_run_replaces_that_of_its_profile(tmp_path, monkeypatch):
    monkeypatch.setattr(seeds, "FIGURES", tmp_path / "seeds.json")
    assert seeds.sentence() == "not measured"
    for judged_, wrong in ((1200, ["one"]), (1300, [])):
        seeds.keep("standard", {"seeds": 20, "judged": judged_, "wrong": wrong})
    seeds.keep("quick", {"seeds": 100, "judged": 9, "wrong": ["one"]})
    assert seeds.sentence() == (
        "1,300 of 1,300 over 20 seeds of the standard profile; "
        "8 of 9 over 100 seeds of the quick profile"
    )
