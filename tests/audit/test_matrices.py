"""Numbers of the weights, against dense matrices and on weights tied, paired, or neither."""

from dataclasses import replace

import pytest
import torch

from fieldcheck.audit import matrices as m
from fieldcheck.audit.checkpoint import load


@pytest.fixture(scope="module")
def layer(bert_folder):
    return load(bert_folder).layers[0]


def dense(factors):
    return factors[0] @ factors[1].mT


def made(layer, A, B):
    """The layer with heads of these factors (no biases)."""
    bias = torch.zeros(A[0].shape[0], 1, A[0].shape[2], dtype=torch.float64)
    pad = lambda w: torch.cat([w, bias], 1)
    return replace(layer, Q=pad(A[0]), K=pad(A[1]), V=pad(B[0]), O=B[1])


def factors(seed, heads=4, channels=32, r=8):
    g = torch.Generator().manual_seed(seed)
    draw = lambda: torch.randn(heads, channels, r, generator=g, dtype=torch.float64)
    return draw(), draw()


def test_inner_products_without_the_matrices(layer):
    A, B = m.query_key(layer), m.value_out(layer)
    expected = torch.einsum("gij,hij->gh", dense(A), dense(B))
    assert torch.allclose(m.inner(A, B), expected)
    assert torch.allclose(dense(m.flip(A)), dense(A).mT)
    S = (dense(A) + dense(A).mT) / 2
    share = (S**2).sum((1, 2)) / (dense(A) ** 2).sum((1, 2))
    assert torch.allclose(m.symmetric_share(A), share)
    whole = dense(A).sum(0)
    expected = float((((whole + whole.T) / 2) ** 2).sum() / (whole**2).sum())
    assert m.whole_symmetric_share(layer) == pytest.approx(expected)


def test_the_tensor_is_the_dense_one(layer):
    A, B = dense(m.query_key(layer))[:, :5, :5], dense(m.value_out(layer))[:, :5, :5]
    T = torch.einsum("hij,hkl->ijkl", A, B)
    expected = float(((T - T.permute(2, 3, 0, 1)) ** 2).sum() / 4 / (T**2).sum())
    Q, K = torch.linalg.qr(A)
    V, O = torch.linalg.qr(B)
    small = made(layer, (Q, K.mT), (V, O.mT))
    assert m.tensor_asymmetry(small) == pytest.approx(expected)


def test_tied_and_paired_heads_are_recognized(layer):
    A, B = factors(0), factors(1)
    tied = made(layer, A, (2 * A[0], A[1]))
    assert m.tensor_asymmetry(tied) == pytest.approx(0, abs=1e-12)
    assert m.pairing(tied)["tied"] == pytest.approx(1)
    partner = [2, 3, 0, 1]
    pair = made(layer, A, (A[0][partner], A[1][partner]))
    assert m.tensor_asymmetry(pair) == pytest.approx(0, abs=1e-12)
    found = m.pairing(pair)
    assert found["assigned"] == pytest.approx(1)
    assert found["tied"] < 0.1
    free = made(layer, A, B)
    assert m.tensor_asymmetry(free) == pytest.approx(0.5, abs=0.05)
    assert m.pairing(free)["assigned"] < 0.1


def test_values_that_are_keys_have_the_flipped_cosine(layer):
    A = factors(2)
    row = m.of_layer(made(layer, A, m.flip(A)))
    assert row["tied_flipped"] == pytest.approx([1] * 4)
    assert max(map(abs, row["tied"])) < 0.5


def test_ranks():
    q = torch.eye(8, dtype=torch.float64)[None, :, :4]
    assert m.effective_rank((q, q)).tolist() == pytest.approx([1])
    flat = q.clone()
    flat[..., 1:] = 0
    assert m.effective_rank((flat, flat)).tolist() == pytest.approx([0.25])


def test_a_tied_mlp(layer):
    assert m.mlp_tied(replace(layer, down=-3 * layer.up.T)) == pytest.approx(-1)
    assert abs(m.mlp_tied(layer)) < 0.2


def test_nulls_and_spectra_have_all_numbers(bert_folder):
    model = load(bert_folder)
    ticks = []
    found = m.nulls(model, 2, lambda: ticks.append(1))
    assert len(ticks) == 4
    row = m.of_layer(model.layers[0])
    for null in ("random", "shuffled"):
        assert set(row) <= set(found[null])
        mean, low, high = found[null]["symmetric"]
        assert low <= mean <= high
    assert found["random"]["symmetric"][0] == pytest.approx(0.5, abs=0.05)
    spectra = m.spectra(model, lambda: None)
    assert {s["matrix"] for s in spectra} >= {"W_q", "W_o", "MLP in", "QKᵀ, a head"}
    random = [s for s in spectra if "circular" in s]
    assert all(s["circular"] < 3 * s["circular_null"] for s in random)
