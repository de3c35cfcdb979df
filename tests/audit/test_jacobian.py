"""Shares by batches of probes: against dense Jacobians, and in the metric known to serve."""

import numpy as np
import pytest
import torch
from scipy.optimize import minimize

from fieldcheck.audit.jacobian import RANGE, balancing, best_share, blocks, share

G = torch.Generator().manual_seed(0)
X = torch.randn(6, 4, generator=G, dtype=torch.float64)
W, V = (torch.randn(4, 4, generator=G, dtype=torch.float64) for _ in range(2))
S = W + W.T


def attention(scores, values):
    return lambda x: torch.softmax(x @ scores @ x.T / 3, -1) @ x @ values


def dense(force, x=X):
    J = torch.autograd.functional.jacobian(force, x).reshape(x.numel(), x.numel())
    return float(((J - J.T) ** 2).sum() / 4 / (J**2).sum())


def generator():
    return torch.Generator().manual_seed(1)


def test_the_share_is_that_of_the_dense_jacobian():
    force = attention(W, V)
    assert share(force, X, 2000, generator()) == pytest.approx(dense(force), abs=0.01)
    assert share(torch.tanh, X, 8, generator()) == pytest.approx(0, abs=1e-12)
    assert share(lambda x: 0 * x, X, 8, generator()) == 0


def test_symmetric_scores_and_tied_values_pass_in_their_metric_only():
    force = attention(S, S)
    assert dense(force) > 0.05
    assert best_share(force, X, 64, generator()) == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("force", [attention(S, V), attention(W, W.T), attention(W, W)])
def test_what_has_no_such_metric_does_not(force):
    assert best_share(force, X, 64, generator()) > 0.05


def test_balancing_finds_the_minimum():
    a = np.random.default_rng(0).uniform(0.1, 5, (5, 5)) ** 2
    cost = lambda log: (np.exp(log[:, None] - log[None, :]) * a).sum()
    z = balancing(a)
    assert cost(np.log(z)) == pytest.approx(minimize(cost, np.zeros(5)).fun, rel=1e-6)


def test_a_one_way_coupling_is_not_scaled_away():
    z = balancing(np.tril(np.ones((4, 4))))
    assert z.max() / z.min() == pytest.approx(RANGE)


def test_blocks_estimate_what_they_should():
    J = torch.randn(24, 24, generator=generator(), dtype=torch.float64)
    push = lambda x: (J @ x.reshape(-1)).reshape(6, 4)
    F = push(X)
    P = torch.block_diag(*(torch.eye(4) - torch.outer(f, f) / (f @ f) for f in F))
    K = P @ J @ P
    a, trace = blocks(push, X, 4000, generator())
    expected = (K.reshape(6, 4, 6, 4) ** 2).sum((1, 3)).numpy()
    assert a == pytest.approx(expected, rel=0.1)
    assert trace == pytest.approx(float(torch.trace(K @ K)), abs=0.03 * expected.sum())
