"""Small things that the larger tests of the operations pass by."""

from __future__ import annotations

import pytest
import torch

from fieldcheck import ops


@pytest.mark.parametrize("form", ["hard", "soft", "firm"])
def test_the_derivative_at_a_vanishing_body(form):
    """There the body is c w with c the limit along the axis: 0 below the apex, 1 above it."""
    for t in (-2.0, 2.0):
        x = torch.tensor([t, 0.0, 0.0], dtype=torch.float64)
        for op in (ops.reference.colu, ops.colu):
            slope = torch.autograd.functional.jacobian(lambda y, op=op: op(y, 3, form=form), x)
            expected = torch.diag(torch.tensor([1.0, float(t > 0), float(t > 0)]).double())
            torch.testing.assert_close(slope, expected)


def test_factors_that_differ_in_shape_are_named():
    x, a, b = torch.ones(3, 4), torch.ones(4, 2), torch.ones(4, 1)
    with pytest.raises(ValueError, match="they must be equal"):
        ops.glu_potential(x, a, a, b)
    with pytest.raises(ValueError, match="they must be equal"):
        ops.quartic(x, a, a, b, b)
    x = torch.tensor([[2.0, 0.0], [1.0, 3.0]], dtype=torch.float64)
    gate, up, out = (torch.tensor(m, dtype=torch.float64) for m in ([[1.0], [2.0]], [[3.0], [1.0]],
                                                                     [[1.0], [-1.0]]))  # fmt: skip
    found, plain = (op(x, gate, up, out) for op in (ops.glu_potential, ops.reference.glu_potential))
    # Products g i o of the rows: 2·6·2 and 7·6·(-2); their gradient by hand, a third of it as force.
    torch.testing.assert_close(found[0], torch.tensor([24.0, -84.0], dtype=torch.float64) / 3)
    g, i, o = (
        torch.tensor([[2.0], [7.0]]),
        torch.tensor([[6.0], [6.0]]),
        torch.tensor([[2.0], [-2.0]]),
    )
    force = ((i * o) @ gate.float().T + (g * o) @ up.float().T + (g * i) @ out.float().T) / 3
    torch.testing.assert_close(found[1], force.double())
    torch.testing.assert_close(plain[0], found[0])
    torch.testing.assert_close(plain[1], found[1])
