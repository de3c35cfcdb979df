"""What a killed study keeps, and that it ends where an unbroken one ends."""

from __future__ import annotations

import pytest
import torch

from fieldcheck.replication import data, models, study, train
from fieldcheck.replication.errors import ReplicationError
from fieldcheck.replication.journal import Journal, read

HEAD = {"protocol": "p", "code": "c", "commit": "k"}
quiet = lambda done, total, seconds: None


class Killed(BaseException):
    pass


def numbers(journal):
    return [{k: v for k, v in row.items() if k != "seconds"} for row in journal.rows]


def test_a_killed_study_goes_on(small, tmp_path, monkeypatch):
    runs = study.main_runs(small)
    whole = Journal(tmp_path / "whole", HEAD, False)
    study.go(small, runs, whole, quiet)
    assert len(whole.rows) == len(runs) == 8

    begun = []

    def killed_in_the_fourth(*given):
        begun.append(given)
        if len(begun) == 4:
            raise Killed
        return train.run(*given)

    monkeypatch.setattr(study, "run", killed_in_the_fourth)
    with pytest.raises(Killed):
        study.go(small, runs, Journal(tmp_path / "broken", HEAD, False), quiet)
    assert len(read(tmp_path / "broken")[1]) == 3  # all but the one that was running

    again = Journal(tmp_path / "broken", HEAD, True)
    study.go(small, runs, again, quiet)
    assert len(begun) == 4 + 5
    assert numbers(again) == numbers(whole)


def test_a_line_cut_off_is_left_out(tmp_path):
    journal = Journal(tmp_path / "j", HEAD, False)
    for seed in (1, 2):
        journal.add({"seed": seed, "task": "t", "activation": "a", "rate": 0.1})
    text = journal.path.read_text(encoding="utf8")
    journal.path.write_text(text[:-9], encoding="utf8")
    again = Journal(journal.path, HEAD, True)
    assert [row["seed"] for row in again.rows] == [1]
    again.add({"seed": 3, "task": "t", "activation": "a", "rate": 0.1})
    assert [row["seed"] for row in read(journal.path)[1]] == [1, 3]


def test_a_line_broken_inside_is_an_error(tmp_path):
    journal = Journal(tmp_path / "j", HEAD, False)
    journal.add({"seed": 1})
    text = journal.path.read_text(encoding="utf8")
    journal.path.write_text(text.replace('{"seed"', '{"se"d"'), encoding="utf8")
    with pytest.raises(ReplicationError, match="line 2 is no row"):
        read(journal.path)


def test_only_resume_takes_up_a_journal(tmp_path):
    Journal(tmp_path / "j", HEAD, False)
    with pytest.raises(ReplicationError, match="--resume"):
        Journal(tmp_path / "j", HEAD, False)
    for name in ("protocol", "code"):
        with pytest.raises(ReplicationError, match=f"the {name} changed"):
            Journal(tmp_path / "j", HEAD | {name: "other"}, True)


def test_no_seed_is_begun_after_its_time(small, tmp_path, monkeypatch):
    monkeypatch.setattr(study.time, "monotonic", iter(range(0, 10**6, 60)).__next__)
    journal = Journal(tmp_path / "j", HEAD, False)
    study.go(small, study.main_runs(small), journal, quiet, minutes=1)
    assert {row["seed"] for row in journal.rows} == {7}
    assert len(journal.rows) == 4  # a seed that is begun is ended


def test_one_seed_means_one_start(small):
    """Same weights, same points, same text windows: only the activation differs."""
    states = []
    for name in ("CoLU", "SiLU"):
        torch.manual_seed(3)
        x = data.cap(5, 85)
        model = models.layer(8, models.ACTIVATIONS[name](4))
        states.append([x, *model.parameters()])
    assert all(torch.equal(a, b) for a, b in zip(*states, strict=True))
    same = [train.run(small, "text", arm, 7, 0.0) for arm in ("CoLU", "CoLU", "ReLU")]
    assert same[0] == same[1]
    assert same[0]["loss"] != same[2]["loss"]


def test_the_attention_is_softmax_attention():
    torch.manual_seed(0)
    part, x = models.Attention(8, 2).double(), torch.randn(3, 5, 8, dtype=torch.float64)
    q, k, v = (t.unflatten(-1, (2, 4)).transpose(1, 2) for t in part.read(x).chunk(3, -1))
    plain = torch.nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)
    torch.testing.assert_close(part(x), part.write(plain.transpose(1, 2).flatten(-2)))


def test_the_caps():
    turn = data.rotation([0.35, 0.8, 0.45], 55)
    torch.testing.assert_close(turn @ turn.mT, torch.eye(3, dtype=torch.float64))
    assert turn.trace().item() == pytest.approx(1 + 2 * torch.tensor(55.0).deg2rad().cos().item())
    x = data.cap(4000, 60)
    torch.testing.assert_close(x.norm(dim=-1), torch.ones(4000, dtype=torch.float64))
    assert x[:, 2].min() >= 0.5
    assert x[:, 2].mean().item() == pytest.approx(0.75, abs=0.01)  # heights are uniform
    edge = data.grid(60, 180, 3, 4)
    assert edge[:4, 2].tolist() == pytest.approx([0.5] * 4)
    assert edge[-1, 2].item() == pytest.approx(-1)


def test_the_text_is_hashed():
    assert data.digest({"a": "b"}) != data.digest({"a": "c"})
    with pytest.raises(ReplicationError, match="not those of the protocol"):
        data.text(10, "0" * 64)
    found = data.text(10, None)
    assert 0.02 < len(found.test) / len(found.train) < 0.3
    assert int(found.train.max()) < found.size


def test_rates_and_what_diverges(small):
    rows = [
        {"task": t, "activation": a, "rate": r, "seed": 1, m: v}
        for t, m in (("text", "loss"), ("caps", "error"))
        for a in ("CoLU", "ReLU")
        for r, v in zip(small.tasks[t].rate_grid, (2.0, 1.0, None, 3.0), strict=False)
    ]
    for task, best in study.best_rates(small, rows).items():
        assert best == dict.fromkeys(("CoLU", "ReLU"), small.tasks[task].rate_grid[1])
    assert study.finite(float("nan")) is None
    assert study.finite(0.123456789) == 0.1234568
