"""`fieldcheck new` and `fieldcheck coverage FILE.tex`: all, or nothing and one sentence."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

pytest.importorskip("pylatexenc")

from fieldcheck import cli
from fieldcheck.ledger import machine

BAD = 2
ARTICLE = r"""\documentclass{article}
\begin{document}
Let $a, b \in \mathbb{R}$.
\begin{equation} (a + b)^2 = a^2 + 2ab + b^2 \label{eq:square} \end{equation}
\begin{equation} c = a - b \label{eq:c} \end{equation}
\begin{equation} \int_0^1 a \, da = \tfrac12 \label{eq:lost} \end{equation}
\end{document}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "paper.tex").write_text(ARTICLE, encoding="utf8")
    return tmp_path


def said(*words: str, code: int = 0) -> str:
    result = CliRunner().invoke(cli.app, [*words])
    assert result.exit_code == code, result.output
    return " ".join(result.output.split())


def test_an_empty_project_has_all_its_parts(folder: Path) -> None:
    said("new", "my-theory")
    made = folder / "my-theory"
    names = {p.relative_to(made).as_posix() for p in made.rglob("*") if p.is_file()}
    assert names == {
        ".github/workflows/check.yml", ".gitignore", "Makefile", "README.md", "_config.yml",
        "_toc.yml", "claims.py", "requirements.txt", "verdicts.md",
    }  # fmt: skip
    assert not [p for p in made.rglob("*") if p.is_file() and "@NAME@" in p.read_text("utf8")]
    assert list(machine.load([str(made / "claims.py")])) == ["log-sum-exp-gradient"]


def test_a_project_of_an_article_has_its_claims_and_stubs(folder: Path) -> None:
    output = said("new", "--from", "paper.tex")
    assert "3 displayed equations; 1 claims, 1 definitions, 1 not read" in output
    assert "(eq:lost), line 6: an integral" in output
    made = folder / "paper"
    assert list(machine.load([str(made / "claims.py")])) == ["paper-square"]
    assert "{claim} paper-square" in (made / "verdicts.md").read_text("utf8")
    assert "# def paper_lost(xp, ...):" in (made / "claims.py").read_text("utf8")
    assert (made / "paper.tex").read_text("utf8") == ARTICLE


def test_coverage_of_the_article_names_what_is_open(folder: Path, monkeypatch) -> None:
    said("new", "--from", "paper.tex")
    monkeypatch.chdir(folder / "paper")
    output = said("coverage", "paper.tex", code=1)
    assert "eq:square 4 not judged yet paper-square" in output
    assert "eq:c 5 definition" in output
    assert "eq:lost 6 unverified" in output
    assert "1 of 3 equations of paper.tex are settled" in output


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["new"], "nothing to make"),
        (["new", "../up"], "'../up' is no name for a project"),
        (["new", "taken"], "taken exists"),
        (["new", "--from", "none.tex"], "cannot read none.tex"),
        (["new", "--from", "plain.tex"], "plain.tex displays no equation"),
        (["new", "--from", "/dev/zero"], "cannot read /dev/zero: it is no ordinary file"),
        (["new", "--from", "binary.tex"], "cannot read binary.tex: it is not UTF-8"),
        (["new", "mine", "--from", "verdicts.md"], "has a file verdicts.md of its own"),
        (["coverage", "paper.tex"], "no claims.py beside paper.tex"),
        (["coverage", "none.tex"], "cannot read none.tex"),
        (["verify", "none.py"], "no claims file none.py"),
        (["verify", "--from", "no.such.module"], "'no.such.module'"),
        (["verify", "--from", "fieldcheck.register"], "'fieldcheck.register'"),
    ],
)
def test_bad_input_ends_in_one_sentence_and_nothing_is_written(
    folder: Path, words: list[str], sentence: str
) -> None:
    (folder / "taken").mkdir()
    (folder / "plain.tex").write_text("No formula here: $a = b$.", encoding="utf8")
    (folder / "verdicts.md").write_text(r"\[ a = b \]", encoding="utf8")
    (folder / "binary.tex").write_bytes(b"\xff\xfe\x00")
    before = sorted(folder.rglob("*"))
    output = said(*words, code=BAD)
    assert sentence in output
    assert output.count("error:") == 1
    assert sorted(folder.rglob("*")) == before
