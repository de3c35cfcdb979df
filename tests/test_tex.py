"""The TeX of the register is TeX that the typesetter understands, and stands in one place.

A claim that names one equation of its chapter is shown as that equation. It has TeX of its own only
where it checks more, less or otherwise, and says so.

A macro at the end of one string literal and a letter at the start of the next make a macro that
nobody defined: r"a,\\quad" r"b" is \\quadb.
"""

from __future__ import annotations

import re
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from fieldcheck.claim import Claim
from fieldcheck.pages import coverage
from fieldcheck.register import load

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def typeset() -> Any:
    sys.path.insert(0, str(ROOT / "book" / "_ext"))
    try:
        import typeset
    finally:
        sys.path.pop(0)
    return typeset


@pytest.fixture(scope="module")
def setter(typeset: Any) -> Any:
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf8"))
    return typeset.Typesetter(config["sphinx"]["config"]["tex_macros"])


def test_every_form_is_understood(typeset: Any, setter: Any) -> None:
    forms = [form for claim in load().values() for form in claim.forms.values() if form.tex]
    assert forms
    refused = {}
    for form in forms:
        try:
            setter.display(form.tex)
        except typeset.TexError as fault:
            refused[form.key] = str(fault)
    assert refused == {}


@pytest.mark.parametrize(
    "tex", [r"a,\quadb", r"A\impliesb", r"\langlex", r"\begin{psmallmatrix} a \end{psmallmatrix}"]
)
def test_an_unknown_name_is_refused(tex: str, typeset: Any, setter: Any) -> None:
    with pytest.raises(typeset.TexError):
        setter.display(tex)


@pytest.mark.parametrize(
    ("tex", "cells"),
    [
        (r"\begin{aligned} a &= b \\ &= c \end{aligned}.", [[" a ", "= b "], [" ", "= c."]]),
        (r"a = 1 \\[2pt] b = 2", [["a = 1 "], [" b = 2"]]),
        (r"\begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix}", None),
        (r"\left( \begin{gathered} a \\ b \end{gathered} \right)", None),
    ],
)
def test_rows_are_told_from_what_has_rows_in_it(tex: str, cells: Any, typeset: Any) -> None:
    assert typeset.rows(tex) == cells


def test_a_line_breaks_after_a_wide_space_outside_groups(typeset: Any) -> None:
    tex = r"a = b, \qquad \left( c \quad d \right)"
    assert typeset.breakable(tex) == tex.replace(r"\qquad", r"\qquad\allowbreak ")


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
