"""The free energy's leading axes, tables of masks, defaults; small cases by hand."""

from __future__ import annotations

import importlib
import math

import pytest
import torch

from fieldcheck import ops
from fieldcheck.ops import masks, reference

# The package has a function of this name in front of the module.
_free_energy = importlib.import_module("fieldcheck.ops.free_energy")
GENERATOR = torch.Generator().manual_seed(0)
CPU = torch.device("cpu")


def draw(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, generator=GENERATOR, dtype=torch.float64)


def wide(x) -> torch.Tensor:
    return torch.tensor(x, dtype=torch.float64)


@pytest.mark.parametrize(
    ("lead", "shape"),
    [((), (1, 1)), ((5,), (1, 5)), ((2, 3), (2, 3)), ((2, 3, 4), (1, 24)), ((0,), (1, 0))],
)
def test_leading_axes_are_folded_into_two(lead, shape):
    found = _free_energy._four(draw(6, 7), torch.Size(lead))
    assert found.shape == (*shape, 6, 7)


def test_tables_are_folded_alike():
    fold = lambda table, lead: _free_energy._mask("op", table, torch.Size(lead), 3, 4, CPU, "error")
    one = torch.ones(3, 4, dtype=torch.bool)
    for table, lead, shape in (
        (one, (), (1, 1, 3, 4)),
        (one[:1], (5,), (1, 1, 1, 4)),
        (one[:, :1].expand(1, 1, 3, 1), (2, 5), (1, 1, 3, 1)),
        (one.expand(5, 3, 4), (5,), (1, 5, 3, 4)),
        (one.expand(5, 3, 4), (2, 5), (1, 5, 3, 4)),
        (one.expand(2, 1, 3, 4), (2, 5), (2, 1, 3, 4)),
        (one.expand(5, 3, 4), (6, 2, 5), (1, 60, 3, 4)),
    ):
        name, found = fold(table, lead)
        assert (name, found.shape) == ("all", shape)
    with pytest.raises(TypeError, match="a tensor mask must be bool"):
        fold(one.int(), ())
    for wrong in (one.T, one.expand(2, 3, 4)):
        with pytest.raises(ValueError, match="does not broadcast"):
            fold(wrong, ())
    with pytest.raises(ValueError, match="mask is on meta and q on cpu"):
        fold(one.to("meta"), ())
    with pytest.raises(TypeError, match="must be Causal"):
        fold("causal", ())
    with pytest.raises(ValueError, match="empty must be one of"):
        _free_energy._mask("op", None, torch.Size(()), 3, 4, CPU, "never")


@pytest.mark.parametrize("n", [0, 1, 2])
def test_queries_without_keys_are_refused_if_there_are_any(n):
    fold = lambda mask, m, empty: _free_energy._mask("op", mask, torch.Size(()), n, m, CPU, empty)
    assert fold(masks.Causal(), 1, "error") == ("causal", None)
    assert fold(None, 1, "error") == ("all", None)
    assert fold(masks.Causal(), 0, "zero") == ("causal", None)
    assert fold(None, 0, "zero") == ("all", None)
    if n:
        with pytest.raises(ValueError, match=f"query {n - 1} of {n} sees none of 0 keys"):
            fold(masks.Causal(), 0, "error")
        with pytest.raises(ValueError, match=f"the {n} queries see no key"):
            fold(None, 0, "error")
    else:
        assert fold(masks.Causal(), 0, "error") == ("causal", None)
        assert fold(None, 0, "error") == ("all", None)


def test_the_scale_by_default_and_heads_of_no_size():
    q = draw(3, 9)
    for op in (ops.free_energy, reference.free_energy):
        torch.testing.assert_close(op(q, q).energy, op(q, q, scale=1 / 3).energy)
        assert op(q, q).key_force is None
    with pytest.raises(ValueError, match="the head size must not be 0"):
        ops.free_energy(q[:, :0], q[:, :0])
    with pytest.raises(ValueError, match="the head size of q"):
        ops.free_energy(q, q[:, :4])


def test_one_query_and_two_keys_by_hand():
    """Scores 2·(1, 3) and 2·(0.5, 1)... q = (1, 2): q·k = 3 and 1, s = 1/2."""
    q, k = wide([[1, 2]]), wide([[1, 1], [-1, 1]])
    p = 1 / (1 + math.exp(-1.0))
    for op in (ops.free_energy, reference.free_energy):
        energy, force, received = op(q, k, scale=0.5, key_force=True)
        assert energy.item() == pytest.approx(2 * math.log(math.exp(1.5) + math.exp(0.5)))
        torch.testing.assert_close(force, wide([[2 * p - 1, 1]]))
        torch.testing.assert_close(received, wide([[p, 2 * p], [1 - p, 2 - 2 * p]]))


def test_complex_tokens_as_twice_as_many_real_ones():
    z = torch.complex(draw(3, 2), draw(3, 2))
    flat = _free_energy._real(z)
    assert flat.shape == (3, 4)
    assert torch.equal(_free_energy._complex(flat), z)
    torch.testing.assert_close((flat @ flat.T), (z @ z.mH).real)
    assert torch.equal(_free_energy._real(z.conj())[:, 1::2], -z.imag)
