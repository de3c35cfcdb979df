"""The plain forms where a length vanishes: derivatives of derivatives stay finite."""

from __future__ import annotations

import pytest
import torch

from fieldcheck.ops import reference


@pytest.mark.parametrize("kind", ["soc", "colu"])
@pytest.mark.parametrize("t", [-2.0, 2.0])
def test_derivatives_of_the_pulled_back_vector_at_a_vanishing_body(kind, t):
    x = torch.tensor([t, 0.0, 0.0], dtype=torch.float64)
    g = torch.tensor([0.5, 1.0, -2.0], dtype=torch.float64)
    pull = lambda x, g: reference.conic_vjp(x, g, kind, 3, 1.0)
    in_x = torch.autograd.functional.jacobian(lambda y: pull(y, g), x)
    assert torch.equal(in_x, torch.zeros_like(in_x))
    in_g = torch.autograd.functional.jacobian(lambda y: pull(x, y), g)
    kept = [1.0, 1.0, 1.0] if t > 0 else [0.0 if kind == "soc" else 1.0, 0.0, 0.0]
    torch.testing.assert_close(in_g, torch.diag(torch.tensor(kept).double()))
