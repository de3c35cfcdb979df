"""The TeX of the register is made of macros that the page knows.

A macro at the end of one string literal and a letter at the start of the next make a new macro that
nobody defined: r"a,\\quad" r"b" is \\quadb.
"""

from __future__ import annotations

import re

import pytest

from fieldcheck.register import load

RUN_TOGETHER = re.compile(r"\\q?quad[A-Za-z]+|\\(?:text|operatorname|mathrm)[A-Z]\w*")
ENVIRONMENT = re.compile(r"\\begin\{(\w+\*?)\}")
KNOWN = {"aligned", "array", "cases", "gathered", "split", "smallmatrix"}
KNOWN |= {"matrix", "bmatrix", "pmatrix", "vmatrix"}


def faults(tex: str) -> list[str]:
    """Return what MathJax would not know."""
    unknown = [name for name in ENVIRONMENT.findall(tex) if name not in KNOWN]
    return [*RUN_TOGETHER.findall(tex), *unknown]


def test_every_form_is_made_of_known_macros() -> None:
    forms = [form for claim in load().values() for form in claim.forms.values()]
    assert forms
    assert {form.key: faults(form.tex) for form in forms if faults(form.tex)} == {}


@pytest.mark.parametrize(
    "tex", [r"a,\quadb", r"a,\qquadX = y", r"\begin{psmallmatrix} a \end{psmallmatrix}"]
)
def test_a_fault_is_seen(tex: str) -> None:
    assert faults(tex) != []
    assert faults(tex.replace("quad", "quad ").replace("psmall", "small")) == []
