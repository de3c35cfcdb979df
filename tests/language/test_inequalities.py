"""Matrix inequalities in the language of claims: the true ones stand, their neighbours fall."""

from __future__ import annotations

import importlib
import sys

import pytest

from fieldcheck.claim import Form, registered
from tests.language.judged import rechecked


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
    verdict, _ = rechecked(FORMS[key])
    assert verdict.verdict == "stands", verdict.because


@pytest.mark.parametrize("key", FALSE)
def test_its_neighbour_is_refuted(key):
    verdict, found = rechecked(FORMS[key])
    assert verdict.verdict == "refuted", verdict.because
    assert found == []
