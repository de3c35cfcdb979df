"""The TeX of the register is TeX that the book's typesetter understands.

A macro at the end of one string literal and a letter at the start of the next make a macro that
nobody defined: r"a,\\quad" r"b" is \\quadb.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

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
