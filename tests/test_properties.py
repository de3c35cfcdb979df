"""Every statement expected to hold, at shapes and regimes that Hypothesis draws.

One example is a batch of points of one shape in two strata: a batch is drawn in all of them anyway.
The worst candidate of every part and stratum goes to balls or rationals, as in a verdict: only a
certified counterexample fails the test.

    pytest tests/test_properties.py --hypothesis-profile explore    other examples, and more of them
"""

from __future__ import annotations

from itertools import product

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from fieldcheck.arithmetic.array import Unsupported
from fieldcheck.evidence.draws import numpy_stream
from fieldcheck.evidence.floats import residuals
from fieldcheck.evidence.points import FAR, REGIMES, cloud, strata_of
from fieldcheck.evidence.statement import Statement
from fieldcheck.evidence.witness import certified
from fieldcheck.register import load

TOGETHER = 2
"""Strata of an example."""


def _holding():
    for claim in load().values():
        for form in claim.forms.values():
            subject = Statement(form)
            if form.expect and form.expect.holds and len(subject.pointwise) == len(subject.kinds()):
                yield form


@pytest.mark.parametrize("form", list(_holding()), ids=lambda f: f.key)
@settings(max_examples=settings.default.max_examples // TOGETHER)
@given(data=st.data())
def test_no_certified_counterexample(form, data):
    statement = Statement(form)
    sizes = data.draw(st.sampled_from(statement.grid()), label="sizes")
    every = st.sampled_from([*strata_of(statement), *REGIMES, FAR])
    some = st.lists(every, min_size=TOGETHER, max_size=TOGETHER, unique=True)
    strata = data.draw(some, label="strata")
    seed = data.draw(st.integers(0, 2**32), label="seed")
    points = cloud(statement, sizes, 64, numpy_stream(form.key, "property", seed))
    try:
        ratio = residuals(statement, {k: torch.from_numpy(v) for k, v in points.raws.items()})
    except Unsupported as gap:
        pytest.skip(f"floats cannot run it: {gap.primitive}")
    for stratum, part in product(strata, range(ratio.shape[1])):
        here = [k for k, s in enumerate(points.strata) if s == stratum]
        worst = max(here, key=lambda k: float(ratio[k, part]))
        if float(ratio[worst, part]) > 0:
            assert certified(statement, sizes, points.row(worst)) is None
