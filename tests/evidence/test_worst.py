"""The worst case of a method can be rebuilt from what the ledger keeps of it."""

from __future__ import annotations

import json
import math

import pytest
import torch

from fieldcheck.claim import Form
from fieldcheck.domains import matrix, real, vector
from fieldcheck.evidence.floats import residuals
from fieldcheck.evidence.run import examine
from fieldcheck.evidence.statement import Statement
from fieldcheck.evidence.witness import raw_from_record
from fieldcheck.relations import AtMost, Equal

ROUNDED = lambda xp, x: Equal(xp.sin(2 * x), 2 * xp.sin(x) * xp.cos(x))


@pytest.mark.parametrize(
    ("body", "given"),
    [
        (ROUNDED, dict(x=vector("n"))),
        (lambda xp, x: AtMost(2 * xp.sin(x), xp.sin(x) ** 2 + 1), dict(x=real())),
        (lambda xp, A: Equal(xp.exp(xp.trace(A)), xp.exp(A[0, 0]) * xp.exp(xp.trace(A) - A[0, 0])),
         dict(A=matrix("n", "n").without_strata("large", "ill-conditioned"))),
    ],
)  # fmt: skip
def test_the_worst_float_residual_comes_back(body, given):
    _, evidence = examine(body, **given)
    statement = Statement(Form("example/claim", "claim", "example", body, given, {}, "holds"))
    for method in ("sampled", "search"):
        worst = json.loads(json.dumps(evidence[method].worst))
        raw = raw_from_record(worst["raw"]["point"])
        rows = {k: torch.tensor([v.astype(float).tolist()], dtype=torch.float64)
                for k, v in raw.items()}  # fmt: skip
        value = float(residuals(statement, rows)[0].amax())
        if worst["log10"] == "-inf":
            assert value <= 0
        else:
            # a batch of one may round its functions in another way than a batch of many
            assert abs(math.log10(value) - float(worst["log10"])) < 0.5
        assert {k: v.shape for k, v in raw.items()} == statement.raw_shapes(worst["raw"]["sizes"])


def test_the_strata_and_shapes_of_a_search_are_counted():
    _, evidence = examine(ROUNDED, x=vector("n"))
    for method in ("sampled", "search"):
        assert set(evidence[method].strata) == {"generic", *vector("n").strata}
        assert all(evidence[method].strata.values())
    assert evidence["search"].shapes == 3  # one entry, some, and six
