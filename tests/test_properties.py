"""Every statement expected to hold, at shapes and regimes that Hypothesis draws.

One example is a batch of points of one shape in one stratum.  The worst candidate goes to balls
or rationals, as in a verdict: only a certified counterexample fails the test.
"""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from fieldcheck.arithmetic.array import Unsupported
from fieldcheck.evidence.sample import NOISE, cloud, residuals, strata_of
from fieldcheck.evidence.statement import Statement, numpy_stream
from fieldcheck.evidence.witness import certified
from fieldcheck.register import load

POINTWISE = {"Equal", "Zero", "Force", "Gradient", "AtMost"}


def _holding():
    for claim in load().values():
        for form in claim.forms.values():
            if form.expect == "holds":
                yield form


@pytest.mark.parametrize("form", list(_holding()), ids=lambda f: f.key)
@given(data=st.data())
def test_no_certified_counterexample(form, data):
    statement = Statement(form)
    kinds = {r.name for r in statement.probe(statement.grid(1)[0])}
    if not kinds <= POINTWISE:
        return
    sizes = data.draw(st.sampled_from(statement.grid(6)), label="sizes")
    stratum = data.draw(st.sampled_from(strata_of(statement)), label="stratum")
    seed = data.draw(st.integers(0, 2**32), label="seed")
    points = cloud(statement, sizes, 64, numpy_stream(form.key, f"property/{stratum}", seed))
    try:
        r, _ = residuals(statement, {k: torch.from_numpy(v) for k, v in points.raws.items()})
    except Unsupported:
        return
    here = [k for k, s in enumerate(points.strata) if s == stratum]
    worst = max(here, key=lambda k: float(r[k]))
    if float(r[worst]) > (0.0 if "AtMost" in kinds else NOISE):
        assert certified(statement, sizes, points.row(worst)) is None
