"""Statements for the tests of single methods, without a register."""

from __future__ import annotations

from typing import Any

from fieldcheck.claim import HOLDS, Form
from fieldcheck.evidence.statement import Statement


def statement(body: Any, sizes: Any = None, key: str = "test/claim", **given: Any) -> Statement:
    return Statement(Form(key, "claim", "a test", body, given, sizes or {}, HOLDS))
