"""Faults that a user can mend, each told in one sentence."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class UserError(ValueError):
    """Bad input: the message names the thing and says what to do. Exit code 2."""


class LedgerError(UserError):
    """A ledger that is absent, broken, stale or in use."""


class OldLedger(LedgerError):
    """A ledger of another form: a run replaces it."""


def near(name: str, names: Iterable[str], count: int = 3) -> list[str]:
    """The names most like ``name``: those that contain it first, then the closest by spelling.

    >>> near("softmax-fre-energy", ["softmax-free-energy", "wide-mlp"])
    ['softmax-free-energy']
    """
    pool = sorted(set(names))
    found = [other for other in pool if name and name in other][:count]
    for other in difflib.get_close_matches(name, pool, n=count, cutoff=0.5):
        if other not in found:
            found.append(other)
    return found[:count]


def unknown(kind: str, name: str, names: Iterable[str]) -> UserError:
    """``no claim 'x'; near: a, b`` as an error to raise."""
    close = near(name, names)
    hint = f"; near: {', '.join(close)}" if close else ""
    return UserError(f"no {kind} '{name}'{hint}")
