"""The study as a whole, on small random networks: complete, repeatable, shown; and its command."""

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from fieldcheck.audit import page, study
from fieldcheck.audit.checkpoint import SHA256, load
from fieldcheck.audit.errors import StudyError
from fieldcheck.audit.text import python_topics, sentences
from fieldcheck.cli import app


@pytest.fixture(scope="module", params=["bert", "gpt2"])
def record(request):
    model = load(request.getfixturevalue(f"{request.param}_folder"))
    ticks = []
    found = study.study(model, count=2, progress=ticks.append)
    assert len(ticks) == study.steps(model, 2)
    return found


def test_a_random_network_is_like_its_null(record):
    assert json.loads(page.as_json(record)) == record
    for number in page.shown(record):
        assert len(page.values(record, number)) == 2, number
    for key in ("symmetric", "symmetric_whole"):
        for value in [r[key] for r in record["weights"]]:
            assert (
                abs(sum(value) / len(value) - 0.5 if isinstance(value, list) else value - 0.5) < 0.1
            )
    for row in record["passage"]:
        assert 0.3 < row["attention"][0] < 0.55
        assert row["norm"][0] < 0.1


def test_the_page_needs_nothing(record):
    html = page.as_html(record)
    assert not re.search(r"(src|href)=[\"']?(https?:)?//", html)
    assert html.count("<svg") == len(page.PANELS)
    assert html.count("aria-label") == len(page.PANELS)
    assert "nan" not in html.lower().replace("finance", "")


def test_the_same_seed_gives_the_same_record(record, request):
    model = load(request.getfixturevalue(f"{record['model']['kind']}_folder"))
    assert study.study(model, count=2) == record


def test_the_books_study_is_of_this_code(record):
    stored = json.loads(Path("book/data/minilm.json").read_text())
    assert stored["model"]["sha256"] == SHA256
    for part in ("weights", "passage"):
        assert set(stored[part][0]) == set(record[part][0])
    assert len(page.heads(stored)) == len(page.table(stored)[0]) == 10


def test_sentences_are_english_and_spread():
    chosen = sentences(8)
    assert len(set(chosen)) == 8
    assert all(12 <= len(s.split()) <= 36 and s[0].isupper() for s in chosen)
    assert all(" ".join(s.split()[:3]) in " ".join(python_topics().split()) for s in chosen)
    with pytest.raises(StudyError, match="has 0 plain sentences"):
        sentences(2, "too short.")


# ------------------------------------------------------------------------------------------ command

RUN = CliRunner()


def test_the_command_writes_both(bert_folder, tmp_path):
    files = tmp_path / "out.json", tmp_path / "out.html"
    result = RUN.invoke(app, ["weights", str(bert_folder), "--sentences", "2",
                              "--json", str(files[0]), "--html", str(files[1])])  # fmt: skip
    assert result.exit_code == 0, result.output
    assert "symmetric share" in result.output
    assert json.loads(files[0].read_text())["model"]["kind"] == "bert"
    assert files[1].read_text().startswith("<!doctype html>")


def test_weights_alone(changed):
    folder = changed(lambda c: c)
    (folder / "tokenizer.json").unlink()
    result = RUN.invoke(app, ["weights", str(folder)])
    assert result.exit_code == 0, result.output
    assert "non-gradient" not in result.output


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["{tmp}/nowhere"], "is not a folder"),
        (["{tmp}"], "has no config.json"),
        (["{bert}", "--json", "{tmp}/no/such.json"], "does not exist"),
        (["{bert}", "--text", "{tmp}/none.txt"], "cannot be read"),
        (["{bert}", "--text", "{short}"], "plain sentences"),
        (["{bert}", "--html", "{tmp}", "--sentences", "2"], "cannot be written"),
        (["{bert}", "--sentences", "100000"], "are asked for"),
    ],
)
def test_bad_input_is_one_sentence(bert_folder, tmp_path, arguments, words):
    short = tmp_path / "short.txt"
    short.write_text("Nothing here.")
    given = [a.format(tmp=tmp_path, bert=bert_folder, short=short) for a in arguments]
    result = RUN.invoke(app, ["weights", *given])
    assert result.exit_code == 2
    assert words in result.output
    assert "Traceback" not in result.output
