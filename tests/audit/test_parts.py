"""Parts that have a potential measure zero; parts that have none do not."""

import pytest
import torch

from fieldcheck.audit import nongradient_fraction
from fieldcheck.audit.parts import parts

PARTS = parts()


@pytest.mark.parametrize("part", PARTS, ids=lambda p: f"{p.module}: {p.name}")
def test_part(part):
    found = nongradient_fraction(part.force, part.at, probes=16)
    if part.potential:
        assert found.fraction < 1e-24
    else:
        assert found.fraction > 0.002


def test_causal_coupling_between_tokens_is_half_non_gradient():
    part = next(p for p in PARTS if p.name == "causal attention")
    J = torch.autograd.functional.jacobian(part.force, part.at)
    n = J.shape[0]
    assert all(J[i, :, j].abs().max() == 0 for i in range(n) for j in range(i + 1, n))
    off = J * (1 - torch.eye(n).double())[:, None, :, None]
    A = (off - off.permute(2, 3, 0, 1)) / 2
    assert float((A**2).sum() / (off**2).sum()) == pytest.approx(0.5)


def test_the_same_seed_gives_the_same_parts():
    one, two, other = (parts(s)[0] for s in (3, 3, 4))
    assert torch.equal(one.force(one.at), two.force(two.at))
    assert not torch.equal(one.at, other.at)
