"""Matrix inequalities in the language of claims: the true ones stand, their neighbours fall."""

from __future__ import annotations

import importlib
import sys
from dataclasses import replace

import pytest

from fieldcheck.claim import Form, registered
from fieldcheck.evidence.gather import judge
from fieldcheck.evidence.profiles import PROFILES
from fieldcheck.recheck.check import recheck_form

SMALL = replace(
    PROFILES["quick"], name="small", proposals=2, batch=24, starts=24, steps=4, seconds=60
)


def _forms() -> dict[str, Form]:
    """The forms of the register beside this file, which no other test is to see."""
    before = dict(registered())
    registered().clear()
    try:
        sys.modules.pop("tests.language.inequalities", None)
        importlib.import_module("tests.language.inequalities")
        for claim in registered().values():
            claim.finish()
        return {key: form for claim in registered().values() for key, form in claim.forms.items()}
    finally:
        registered().clear()
        registered().update(before)


FORMS = _forms()
TRUE = [key for key, form in FORMS.items() if form.role == "claim"]
FALSE = [key for key, form in FORMS.items() if form.role == "neighbour"]


@pytest.mark.parametrize("key", TRUE)
def test_a_true_inequality_stands(key):
    verdict, _, _ = judge(FORMS[key], SMALL, 0)
    assert verdict.verdict == "stands", verdict.because


@pytest.mark.parametrize("key", FALSE)
def test_its_neighbour_is_refuted(key):
    form = FORMS[key]
    verdict, evidence, _ = judge(form, SMALL, 0)
    assert verdict.verdict == "refuted", verdict.because
    assert verdict.witness is not None
    row = {
        "verdict": "refuted",
        "evidence": [e.record() for e in evidence],
        "witness": verdict.witness.record(),
    }
    assert recheck_form(form, row) == []
