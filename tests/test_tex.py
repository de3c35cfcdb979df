"""The TeX of the register is made of macros that the page knows.

A macro at the end of one string literal and a letter at the start of the next make a macro that
nobody defined: r"a,\\quad" r"b" is \\quadb.
"""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest
import yaml

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
