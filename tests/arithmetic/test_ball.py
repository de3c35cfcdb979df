"""Balls that say nothing, and balls that are huge, go through log-sum-exp and softmax unharmed."""

from __future__ import annotations

import numpy as np
import pytest
from flint import arb

from fieldcheck.arithmetic.ball import Ball

NOTHING = arb(1) / arb(0, 1)  # a quotient over a ball that holds zero


@pytest.mark.parametrize("entries", [[NOTHING], [arb(1), NOTHING], [NOTHING, arb(1)]])
@pytest.mark.parametrize("name", ["logsumexp", "softmax"])
def test_an_indeterminate_entry_stays_indeterminate(name, entries):
    assert not NOTHING.is_finite()
    xp = Ball()
    with np.errstate(all="raise"):  # what a strict caller sees: comparing NaN sets a flag
        out = getattr(xp, name)(xp.from_balls(np.array(entries, dtype=object)))
    assert not any(x.is_finite() for x in np.atleast_1d(out.data).flat)


def test_huge_scores_stay_finite():
    xp = Ball()
    scores = xp.from_balls(np.array([arb(10) ** 8, arb(10) ** 8 - 1], dtype=object))
    assert (xp.logsumexp(scores).data[()] - arb(10) ** 8 - (1 + (-arb(1)).exp()).log()).contains(0)
    first = xp.softmax(scores).data[0]
    assert first.is_finite()
    assert first.overlaps(1 / (1 + (-arb(1)).exp()))
