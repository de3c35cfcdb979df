"""The notation page is true: its exceptions are there, and no chapter gives a letter a new life."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

BOOK = Path(__file__).parents[1] / "book"
NOTATION = (BOOK / "notation.md").read_text(encoding="utf8")
ROW = re.compile(r"^\| \$(\\?\w+)\$ \| .* \| (\[.*) \|$", re.MULTILINE)
EXCEPTIONS = [
    (letter, chapter)
    for letter, chapters in ROW.findall(NOTATION.partition("## Exceptions")[2])
    for chapter in re.findall(r"\]\((\w+)\.md\)", chapters)
]
CHAPTERS = sorted(
    {path.stem for path in BOOK.glob("*.md")}
    - {"bibliography", "ledger", "notation", "timings", "intro"}
)
CODE = re.compile(r"^```\{(?:code-cell|code-block|raw)\}.*?^```$|^```python.*?^```$", re.S | re.M)
MATH = re.compile(
    r"^```\{math\}\n(?::label:[^\n]*\n)?(.*?)^```$|\$\$(.+?)\$\$|\$([^$\n]+)\$", re.S | re.M
)
USUAL = {
    "M": r"X\^(\*|\\top|\{\\mathsf T\})\s*X",
    "S": r"\\tfrac|\\frac|r\^|X|s\\,",
    "K": r"Q\b",
    "P": r"\\softmax|\\operatorname\{Softmax\}",
}
"""What the page itself says that a letter is, where a chapter may repeat it."""


def formulas(chapter: str) -> list[str]:
    """All formulas of a chapter, displayed or not, outside its code."""
    text = CODE.sub("", (BOOK / f"{chapter}.md").read_text(encoding="utf8"))
    return ["".join(found) for found in MATH.findall(text)]


def occurs(letter: str, chapter: str) -> bool:
    """Does a letter stand by itself in a formula, not as a part of a command's name?"""
    alone = rf"(?<![A-Za-z\\]){re.escape(letter)}(?![A-Za-z])"
    return any(re.search(alone, formula) for formula in formulas(chapter))


@pytest.mark.parametrize(("letter", "chapter"), EXCEPTIONS)
def test_an_exception_is_to_be_found(letter: str, chapter: str) -> None:
    assert occurs(letter, chapter)


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_what_a_chapter_defines_anew_is_an_exception(chapter: str) -> None:
    anew = {
        letter
        for formula in formulas(chapter)
        for letter, right in re.findall(r"^\s*([KMPST])\s*(?::=|=)\s*(.+)", formula)
        if not re.match(USUAL.get(letter, r"(?!)"), right) and not re.match(r"\(?\d|\w\s*$", right)
    }
    assert anew <= {letter for letter, where in EXCEPTIONS if where == chapter}


def test_the_table_is_read() -> None:
    assert len(EXCEPTIONS) > 30
    assert ("M", "sparse") in EXCEPTIONS
    assert not occurs("M", "intro")
