"""A larger profile looks longer, and decides by the same rules."""

from __future__ import annotations

import itertools

from fieldcheck.evidence.profiles import PROFILES


def test_a_larger_profile_does_no_less():
    quick, standard, deep = (PROFILES[name] for name in ("quick", "standard", "deep"))
    assert [p.name for p in (quick, standard, deep)] == ["quick", "standard", "deep"]
    for less, more in itertools.pairwise((quick, standard, deep)):
        assert less.bound >= more.bound
        assert less.rungs[-1] <= more.rungs[0]
        for name in ("points", "proposals", "batch", "starts", "steps", "cells"):
            assert getattr(less, name) < getattr(more, name), name
        assert less.seconds <= more.seconds
    for p in (quick, standard, deep):
        # Every rung doubles the digits; batches and starts are shared among strata by halves.
        assert [high / low for low, high in itertools.pairwise(p.rungs)] == [2]
        assert {n & (n - 1) for n in (p.batch, p.starts)} == {0}
        assert p.bound < -100
        assert p.points >= 2
