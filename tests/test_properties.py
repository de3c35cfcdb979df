"""Every statement expected to hold, at shapes and regimes that Hypothesis draws.

One example is a batch of points of one shape in one stratum.  The worst candidate of every part
goes to balls or rationals, as in a verdict: only a certified counterexample fails the test.

    pytest tests/test_properties.py --hypothesis-profile explore    other examples, and more of them
"""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from fieldcheck.arithmetic.array import Unsupported
from fieldcheck.evidence.draws import numpy_stream
from fieldcheck.evidence.floats import residuals
from fieldcheck.evidence.points import cloud, strata_of
from fieldcheck.evidence.statement import POINTWISE, Statement
from fieldcheck.evidence.witness import certified
from fieldcheck.register import load


def _holding():
    for claim in load().values():
        for form in claim.forms.values():
            if form.expect == "holds" and set(Statement(form).kinds()) <= POINTWISE:
                yield form


@pytest.mark.parametrize("form", list(_holding()), ids=lambda f: f.key)
@given(data=st.data())
def test_no_certified_counterexample(form, data):
    statement = Statement(form)
    sizes = data.draw(st.sampled_from(statement.grid(6)), label="sizes")
    stratum = data.draw(st.sampled_from(strata_of(statement)), label="stratum")
    seed = data.draw(st.integers(0, 2**32), label="seed")
    points = cloud(statement, sizes, 64, numpy_stream(form.key, f"property/{stratum}", seed))
    try:
        ratio, _ = residuals(statement, {k: torch.from_numpy(v) for k, v in points.raws.items()})
    except Unsupported as gap:
        pytest.skip(f"floats cannot run it: {gap.primitive}")
    here = [k for k, s in enumerate(points.strata) if s == stratum]
    for part in range(ratio.shape[1]):
        worst = max(here, key=lambda k: float(ratio[k, part]))
        if float(ratio[worst, part]) > 0:
            assert certified(statement, sizes, points.row(worst)) is None
