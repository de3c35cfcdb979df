"""The TeX of the register is made of macros that the page knows, and stands in one place.

A claim that names one equation of its chapter is shown as that equation. It has TeX of its own only
where it checks more, less or otherwise, and says so.

A macro at the end of one string literal and a letter at the start of the next make a macro that
nobody defined: r"a,\\quad" r"b" is \\quadb.
"""

from __future__ import annotations

import importlib.util
import re
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from fieldcheck.claim import Claim
from fieldcheck.pages import coverage
from fieldcheck.register import load

ROOT = Path(__file__).resolve().parents[1]
ENVIRONMENT = re.compile(r"\\begin\{(\w+\*?)\}")
MACRO = re.compile(r"\\([A-Za-z]+)")


@pytest.fixture(scope="module")
def known() -> set[str]:
    """Every name that MathJax's one file or our configuration defines."""
    spec = importlib.util.spec_from_file_location("offline", ROOT / "book" / "_ext" / "offline.py")
    assert spec is not None
    assert spec.loader is not None
    offline = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(offline)
    script = offline.mathjax_source().read_text(encoding="utf8")
    names = set(re.findall(r'[{,]"?([A-Za-z]+\*?)"?:', script))
    names |= set(re.findall(r'"\\\\([A-Za-z]+)"', script))  # delimiters
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf8"))
    return names | set(config["sphinx"]["config"]["mathjax3_config"]["tex"]["macros"])


def unknown(tex: str, known: set[str]) -> list[str]:
    return [name for name in MACRO.findall(tex) + ENVIRONMENT.findall(tex) if name not in known]


def test_every_form_is_made_of_known_macros(known: set[str]) -> None:
    forms = [form for claim in load().values() for form in claim.forms.values()]
    assert forms
    assert {f.key: unknown(f.tex, known) for f in forms if unknown(f.tex, known)} == {}


@pytest.mark.parametrize(
    "tex", [r"a,\quadb", r"A\impliesb", r"\langlex", r"\begin{psmallmatrix} a \end{psmallmatrix}"]
)
def test_an_unknown_name_is_seen(tex: str, known: set[str]) -> None:
    assert unknown(tex, known) != []


@pytest.mark.parametrize("tex", [r"\langle a\rangle\quad b", r"\begin{pmatrix}1\end{pmatrix}\Tr"])
def test_a_known_name_passes(tex: str, known: set[str]) -> None:
    assert unknown(tex, known) == []


# --- one TeX, not two -----------------------------------------------------------------------------

SAME = {
    r"\mathbb{R}": r"\RR", r"\mathbb R": r"\RR", r"\mathsf{T}": r"\top", r"\mathsf T": r"\top",
    r"{\top}": r"\top", r"\tfrac": r"\frac", r"\lVert": "|", r"\rVert": "|", r"\|": "|",
    r"\ii": "i", r"\ee": "e", r"\dd": "d", r"\mathrm": "", r"\operatorname": "", r"\rm": "",
    r"\norm": "|", r"\inner": "<", r"\abs": "|", r"\langle": "<", r"\rangle": "",
}  # fmt: skip
SPACING = re.compile(
    r"\\(?:left|right|[bB]igg?[lrm]?|displaystyle|textstyle|quad|qquad)(?![A-Za-z])|\\[,;:! ]|\\\\"
    r"|\\(?:begin|end)\{(?:aligned|gathered)\}|[&{}\s.,;:()]"
)


def bare(tex: str) -> str:
    """What a formula says: letters, signs and their order, without spacing, brackets and macros
    for the same sign."""
    for one, other in SAME.items():
        tex = re.sub(re.escape(one) + r"(?![A-Za-z])", lambda _: other, tex)  # noqa: B023
    return SPACING.sub("", tex).replace("|", "").replace("<", "").casefold().replace("\\", "")


def shown() -> dict[str, str]:
    folder = ROOT / "book"
    pages = [coverage.scan(path.read_text("utf8"), path.stem) for path in folder.glob("*.md")]
    return coverage.displayed(pages)


def repeats(claims: list[Claim], equations: dict[str, str]) -> list[str]:
    """The claims whose own TeX is that of their equation, or that do not say how it differs."""
    alone = [claim for claim in claims if claim.tex and len(claim.equations) == 1]
    return [
        claim.id
        for claim in alone
        if not claim.differs or bare(claim.tex) == bare(equations[claim.equations[0]])
    ]


def test_no_claim_repeats_its_equation() -> None:
    assert repeats(list(load().values()), shown()) == []


def test_a_repetition_is_seen() -> None:
    equations = shown()
    claim = load()["legendre-definition-powers-attained"]
    assert not claim.tex
    own = r"p\hat x-\frac{|\hat x|^a}{a}=\frac{|p|^b}{b}\ \text{at}\ \hat x=|p|^{b-2}p"
    assert repeats([replace(claim, tex=own, differs="more")], equations) == [claim.id]
    assert repeats([replace(claim, tex="x = y")], equations) == [claim.id]
    assert repeats([replace(claim, tex="x = y", differs="less")], equations) == []


def test_every_claim_has_a_formula_to_show() -> None:
    equations = shown()
    claims = [claim for claim in load().values() if len(claim.equations) == 1]
    assert [c.id for c in claims if not (c.tex or equations[c.equations[0]])] == []
