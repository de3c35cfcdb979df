"""One generic point for every formula, and the usual functions of it, in numpy.

Sides are unequal wherever a formula allows it, and no number is 0, 1 or a power of another.
"""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import torch

from fieldcheck.arithmetic.floating import Float

xp = Float()
RNG = np.random.default_rng(5)
N, C, R, H = 3, 4, 2, 5


def real(*shape: int) -> np.ndarray:
    return RNG.standard_normal(shape) + 0.25


def both(*shape: int) -> np.ndarray:
    return real(*shape) + 1j * real(*shape)


def v(x: Any) -> Any:
    return xp.wrap(torch.as_tensor(np.asarray(x)))


def soft(s: np.ndarray, axis: int = -1) -> np.ndarray:
    e = np.exp(s)
    return e / e.sum(axis, keepdims=True)


def lse(s: np.ndarray, axis: int = -1) -> np.ndarray:
    return np.log(np.exp(s).sum(axis))


X, Y, U, Z = both(N, C), both(N, C), both(N, C), both(N, C)
W, A, B, M = both(C, C), both(C, C), both(C, C), both(C, C)
XR, YR, WR = real(N, C), real(N, C), real(C, C) / 3
Q, K, V, O = (real(H, C, R) for _ in range(4))
x, y, p = real(C), real(C), soft(real(C))
ACCELERATION, WIDER, P, FACTORS = real(C), real(3, 5), both(2, N, C), both(4, C, R)
T = 1.7  # stands for the square root of r, a temperature, a scale
PATH = both(5, C)
STEP, OMEGA = 0.3, 0.8
STAR = np.conj(X.T)
GRAM = STAR @ X
tr, dag = np.trace, lambda a: np.conj(a.T)
pair = lambda a, b: (a * np.conj(b)).sum()
LOWER = real(C, C)
MASS = LOWER @ LOWER.T
SCORES = X @ W @ STAR / T
REAL_SCORES = XR @ WR @ XR.T / T


def causal_weights(s: np.ndarray) -> np.ndarray:
    return soft(np.where(np.tri(len(s), dtype=bool), s, -np.inf))


CONVOLVED, KERNEL = real(2, 5), real(3, 2, 3)


def convolved(signal: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    out = np.zeros((kernel.shape[0], signal.shape[1]))
    for i, d in itertools.product(range(signal.shape[1]), range(kernel.shape[2])):
        at = i + d - kernel.shape[2] // 2
        if 0 <= at < signal.shape[1]:
            out[:, i] += kernel[:, :, d] @ signal[:, at]
    return out


def convolved_back(signal: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    return convolved(signal, kernel.transpose(1, 0, 2)[:, :, ::-1])


WIDTHS, HERMITIAN = real(5), both(2, 2)
SHIFT = np.roll(np.eye(5), 1, axis=0)
MEAN = (np.eye(5) + SHIFT) / 2
q2, v2, p2 = real(2), real(2), real(2)
DATA = real(6, C)
