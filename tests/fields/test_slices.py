"""Sliced path integrals against the action written out, and against eigenvalues."""

import numpy as np
import pytest
import torch

from fieldcheck.arithmetic.floating import Float
from fieldcheck.fields import slices
from tests.fields.generic import OMEGA, v

xp = Float()


def value(x):
    return xp.wrap(torch.as_tensor(np.asarray(x)))


@pytest.fixture
def path():
    """A closed path of 5 slices and 2 channels, a Hermitian matrix and slice widths."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((5, 2)) + 1j * rng.standard_normal((5, 2))
    A = rng.standard_normal((2, 2)) + 1j * rng.standard_normal((2, 2))
    return x, A + A.conj().T, rng.uniform(0.1, 0.5, 5)


def test_normal_order_pairs_each_conjugate_with_the_point_before(path):
    x, H, h = path
    before = np.roll(x, 1, axis=0)
    action = sum(
        -a.conj() @ (a - b) - 1j * width * a.conj() @ H @ b
        for a, b, width in zip(x, before, h, strict=True)
    )
    A = slices.normal_ordered(xp, value(H), value(h)).data.numpy()
    assert -x.reshape(-1).conj() @ A @ x.reshape(-1) == pytest.approx(action)


def test_midpoint_is_the_symmetric_action(path):
    x, H, h = path
    before = np.roll(x, 1, axis=0)
    mean = (x + before) / 2
    action = sum(
        (a.conj() @ b - b.conj() @ a) / 2 - 1j * width * m.conj() @ H @ m
        for a, b, m, width in zip(x, before, mean, h, strict=True)
    )
    A = slices.midpoint(xp, value(H), value(h)).data.numpy()
    assert -x.reshape(-1).conj() @ A @ x.reshape(-1) == pytest.approx(action)


@pytest.mark.parametrize("n", [1, 2, 3, 7, 12])
@pytest.mark.parametrize("turn", [1.3, 4.4, 7.7])
def test_the_kernel_has_fresnels_phase_of_all_inner_points_at_once(n, turn):
    w, x, y = 1.2, 0.3, -0.8
    T = turn / w
    h = T / n
    stencil = 2 * np.eye(n - 1) - np.eye(n - 1, k=1) - np.eye(n - 1, k=-1)
    hessian = stencil / h - h * w**2 * np.eye(n - 1)
    pull = np.zeros(n - 1)
    if n > 1:
        pull[0] += y / h
        pull[-1] += x / h
    inner = np.linalg.solve(hessian, pull)
    stretch = np.diff(np.concatenate([[y], inner, [x]])) @ np.diff([y, *inner, x]) / (2 * h)
    action = stretch - h * w**2 * (inner @ inner / 2 + (x**2 + y**2) / 4)
    eigenvalues = np.linalg.eigvalsh(hessian)
    kernel = (2j * np.pi * h) ** (-n / 2) * np.exp(1j * action)
    kernel *= np.prod(np.sqrt(2 * np.pi / abs(eigenvalues)))
    kernel *= np.exp(1j * np.pi * np.sign(eigenvalues).sum() / 4)
    found = slices.sliced_kernel(xp, value(w), value(T), n, value(x), value(y)).data.item()
    assert found == pytest.approx(kernel, rel=1e-9)


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 8])
def test_the_kernel_of_slices_is_joined_one_by_one(n):
    """Put together in any order: here from left to right."""
    h = 0.9 / n
    kernel = slices.first_slice(xp, v(OMEGA), v(h))
    for _ in range(n - 1):
        kernel = slices.compose(xp, kernel, slices.first_slice(xp, v(OMEGA), v(h)))
    factor, a, b, c = (complex(k.data) for k in kernel)
    expected = factor * np.exp(0.5j * (a * 0.4**2 - 2 * b * 0.4 * 0.7 + c * 0.7**2))
    found = slices.sliced_kernel(xp, v(OMEGA), v(0.9), n, v(0.4), v(0.7))
    assert complex(found.data) == pytest.approx(expected, rel=1e-12)
