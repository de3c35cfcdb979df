"""The ledger's fixtures serve here too: the fake machine, and a ledger it made."""

from __future__ import annotations

from tests.ledger.conftest import fake, ledger

__all__ = ["fake", "ledger"]
