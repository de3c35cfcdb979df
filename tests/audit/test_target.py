"""``fieldcheck audit TARGET``: what may be named, and one sentence for what may not."""

import json
from pathlib import Path

import pytest
import torch
from torch import nn
from typer.testing import CliRunner

from fieldcheck.audit import cli
from fieldcheck.cli import app


def run(*words):
    return CliRunner().invoke(app, ["audit", *words])


def answers(file):
    record = json.loads(file.read_text())
    return record, {row["key"]: row["verdict"] for row in record["answers"]}


def test_a_function_with_files(tmp_path):
    out, page = tmp_path / "a.json", tmp_path / "a.html"
    result = run("torch:relu", "--shape", "6x4", "--json", str(out), "--html", str(page))
    assert result.exit_code == 0, result.output
    assert "A projection?" in result.output
    record, found = answers(out)
    assert record["target"] == "torch:relu"
    assert record["shape"] == [6, 4]
    assert found["projection"] == "yes"
    assert page.read_text().startswith("<!doctype html>")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.html", "a.json"]


def test_a_factory_finds_its_shape(tmp_path):
    out = tmp_path / "a.json"
    assert run("torch.nn:LayerNorm(12)", "--json", str(out)).exit_code == 0
    record, found = answers(out)
    assert record["shape"] == [16, 12]
    assert found["gradient"] == found["add_channels"] == "yes"


def test_an_image_has_its_channels_first(tmp_path):
    out = tmp_path / "a.json"
    words = ["torch.nn:Conv2d(4,4,3,padding=1)", "--channels", "1", "--shape", "1x4x5x5"]
    assert run(*words, "--json", str(out)).exit_code == 0
    assert answers(out)[1]["S_C"] == "no"


def test_a_file_and_an_entry_of_its_output(tmp_path):
    file, out = tmp_path / "mine.py", tmp_path / "a.json"
    file.write_text("import torch\ndef pair(x):\n    return torch.tanh(x), x\n")
    assert run(f"{file}:pair", "--item", "0", "--json", str(out)).exit_code == 0
    assert answers(out)[1]["gradient"] == "yes"
    assert "choose an entry" in run(f"{file}:pair", "--shape", "6x4").output


def test_an_exported_program(tmp_path):
    file, out = tmp_path / "net.pt2", tmp_path / "a.json"
    x = torch.randn(6, 4)
    torch.export.save(torch.export.export(nn.Sequential(nn.Linear(4, 4), nn.Tanh()), (x,)), file)
    result = run(str(file), "--shape", "6x4", "--dtype", "float32", "--json", str(out))
    assert result.exit_code == 0, result.output
    assert answers(out)[1]["S_N"] == "yes"
    assert answers(out)[1]["gradient"] == "no"


def test_a_folder_is_studied(tmp_path, monkeypatch):
    asked = {}
    monkeypatch.setattr(cli, "weights", lambda path, **rest: asked.update(path=path, **rest))
    assert run(str(tmp_path), "--json", "a.json", "--seed", "3").exit_code == 0
    assert asked == {"path": tmp_path, "json": Path("a.json"), "html": None, "seed": 3}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["torch"], "names nothing"),
        (["no_such_home:f"], "no_such_home cannot be imported"),
        (["torch:no_such"], "torch has no 'no_such'"),
        (["torch:pi"], "cannot be called"),
        (["torch.nn:LayerNorm"], "is a class: say how to build it"),
        (["torch.nn:LayerNorm()"], "cannot be built"),
        (["torch.nn:Linear(4, 4, 4, 4, 4, 4, 4)"], "cannot be built"),
        (["torch.nn:Linear(x, 4)"], "must be plain"),
        (["torch.nn:Linear(4"], "no attribute and no call"),
        (["torch.nn:" + "(" * 20_000], "no attribute and no call"),
        (["torch.nn:Linear(" + "[" * 99 + "]" * 99 + ", 'a'" * 99 + ")"], "cannot be built"),
        (["torch.nn:LazyLinear(4)"], "has lazy parameters"),
        ([""], "'' names nothing"),
        (["torch.nn:Linear(4, 8)"], "makes 16x8 of 16x4"),
        (["torch:relu", "--shape", "axb"], "is no shape"),
        (["torch:relu", "--shape", "9" * 30], "entries"),
        (["torch:relu", "--dtype", "float33"], "no number format"),
        (["torch:relu", "--dtype", "int64"], "the input is int64"),
        (["torch:relu", "--channels", "5", "--shape", "6x4"], "none is number 5"),
        (["torch:rand_like"], "is random"),
        (["no.pt2"], "there is no file no.pt2"),
        (["no.py:f"], "there is no file no.py"),
        (["torch:relu", "--html", "/no/such/page.html"], "does not exist"),
        (["torch:relu", "--html", "{out}"], "is named twice"),
        (["torch.nn:LSTM(4, 4)", "--shape", "6x4"], "choose an entry"),
        (["torch.nn:Linear(4, 4, device='meta')", "--shape", "6x4"], "on meta"),
    ],
)
def test_one_sentence_for_what_does_not_fit(words, said, tmp_path):
    out = tmp_path / "a.json"
    result = run(*(word.replace("{out}", str(out)) for word in words), "--json", str(out))
    assert result.exit_code == 2
    assert said in result.output.replace("\n", " ")
    assert "Traceback" not in result.output
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("text", "target", "said"),
    [
        ("raise SystemExit(0)", "m.py:f", "cannot be imported"),
        ("def make():\n    raise SystemExit(0)", "m.py:make()", "cannot be built"),
        ("def f(x):\n    raise GeneratorExit", "m.py:f", "fails on an input"),
    ],
)
def test_a_file_that_leaves_is_told(text, target, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "m.py").write_text(text)
    result = run(target)
    assert result.exit_code == 2
    assert said in result.output.replace("\n", " ")


@pytest.mark.parametrize("bad", [b"", b"no archive"])
def test_a_broken_program(bad, tmp_path):
    file = tmp_path / "net.pt2"
    file.write_bytes(bad)
    result = run(str(file))
    assert result.exit_code == 2
    assert "is no exported program" in result.output.replace("\n", " ")


def test_a_folder_with_wrong_headers(tmp_path):
    (tmp_path / "config.json").write_text('{"model_type": "bert"}')
    (tmp_path / "model.safetensors").write_bytes(b"\xff" * 16)
    assert run(str(tmp_path)).exit_code == 2


def test_what_torch_logs_of_a_broken_program_is_not_heard(tmp_path, caplog):
    (tmp_path / "net.pt2").write_bytes(b"no archive")
    run(str(tmp_path / "net.pt2"))
    assert not caplog.records
