"""Small things that the larger tests of the operations pass by."""

from __future__ import annotations

import pytest
import torch

from fieldcheck import ops
from fieldcheck.ops import native
from fieldcheck.ops._layout import Groups, layout


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


def test_the_potential_of_three_factors_worked_out_by_hand():
    """The rows' products g i o are 2·6·2 and 7·6·(-2); a third of their gradient is the force."""
    wide = lambda m: torch.tensor(m, dtype=torch.float64)
    x = wide([[2, 0], [1, 3]])
    gate, up, out = wide([[1], [2]]), wide([[3], [1]]), wide([[1], [-1]])
    g, i, o = wide([[2], [7]]), wide([[6], [6]]), wide([[2], [-2]])
    force = ((i * o) @ gate.T + (g * o) @ up.T + (g * i) @ out.T) / 3
    for op in (ops.glu_potential, ops.reference.glu_potential):
        found = op(x, gate, up, out)
        torch.testing.assert_close(found[0], wide([24, -84]) / 3)
        torch.testing.assert_close(found[1], force)


def test_cutting_one_channel_or_none():
    assert layout("op", 1, None, 1, False, False) == Groups(1, 1, False, False)
    assert layout("op", 0, 4, None, False, False) == Groups(0, 4, False, False)
    with pytest.raises(ValueError, match="give size"):
        layout("op", 0, None, 1, False, False)
    assert layout("op", 7, None, 3, True, True) == Groups(3, 3, True, True)
    assert layout("op", 7, 3, None, True, True) == Groups(3, 3, True, True)
    with pytest.raises(ValueError, match="does not divide 1 channels"):
        layout("op", 1, 3, None, False, False)
    with pytest.raises(ValueError, match="a shared axis needs a channel"):
        layout("op", 0, 3, None, False, True)


@pytest.mark.parametrize("op", [ops.soc_projection, ops.colu, ops.reference.soc_projection])
@pytest.mark.parametrize("t", [-2.0, 2.0])
def test_second_derivatives_at_a_vanishing_body_are_zero(op, t):
    x = torch.tensor([t, 0.0, 0.0], dtype=torch.float64)
    weight = torch.tensor([0.5, 1.0, -2.0], dtype=torch.float64)
    hessian = torch.autograd.functional.hessian(lambda y: (op(y, 3) * weight).sum(), x)
    assert torch.equal(hessian, torch.zeros_like(hessian))


def test_lengths_neither_overflow_nor_vanish():
    for scale in (1e200, 1e-200, 1.0):
        w = scale * torch.tensor([[3.0, 4.0], [0.0, 0.0]], dtype=torch.float64)
        found = ops.reference.length(w)
        torch.testing.assert_close(found / scale, torch.tensor([[5.0], [0.0]]).double())
    assert ops.reference.length(torch.ones(2, 0)).tolist() == [[0], [0]]


def test_the_derivative_asks_for_the_compiled_loop_and_does_without(monkeypatch):
    x = torch.tensor([[2.0, 3.0, 4.0], [-1.0, 2.0, 0.0]], dtype=torch.float64)
    asked = []

    def loop(kind, x, g, size, opening, out):
        asked.append((kind, g is not None))
        return out.zero_()

    monkeypatch.setattr(native, "conic", loop)
    for there in (False, True):
        monkeypatch.setattr(native, "available", lambda dtype, there=there: there)
        asked.clear()
        y = x.clone().requires_grad_()
        ops.colu(y, 3).sum().backward()
        assert asked == ([("colu", False), ("colu", True)] if there else [])
        assert bool(y.grad.any()) is not there
