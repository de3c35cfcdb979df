"""The limit laws of random matrices, and the distance of a sample from them.

With entries of variance σ²: the eigenvalues of a C x C matrix fill the disc of radius σ√C
(circular law); those of its Hermitian part W/2 + W*/2 the interval of half-width σ√(2C)
(semicircle); those of W W* follow Marchenko and Pastur; and those of Q Kᵀ with Q and K of size
C x r, the r that are not zero, a law between the disc's (r ≪ C) and P(|z| < t) = t (r = C).
Sources: J. Ginibre (1965); V. Girko (1984); T. Tao and V. Vu (2010); E. Wigner (1955);
V. Marchenko and L. Pastur (1967); for products Z. Burda, R. Janik and B. Waclaw (2010).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

Law = Callable[[ArrayLike], NDArray[np.float64]]


def kolmogorov(sample: ArrayLike, law: Law) -> float:
    """The largest distance between a sample's distribution function and the law's."""
    points = np.sort(np.asarray(sample, dtype=float))
    n, expected = len(points), law(points)
    steps = np.arange(n + 1) / n
    return float(max((steps[1:] - expected).max(), (expected - steps[:-1]).max()))


def circular(radius: ArrayLike) -> NDArray[np.float64]:
    """P(|z| < radius) of the uniform law on the unit disc."""
    inside: NDArray[np.float64] = np.clip(np.asarray(radius, dtype=float), 0, 1)
    return inside**2


def product(ratio: float) -> Law:
    """P(|z| < radius) for the nonzero eigenvalues of Q Kᵀ, r/C = ratio, in units of the edge.

    The edge is σ_Q σ_K √(r C).  The law F solves radius² = F (1 - ratio + ratio F).
    """

    def law(radius: ArrayLike) -> NDArray[np.float64]:
        square = circular(radius)
        gap = 1 - ratio
        return 2 * square / (gap + np.sqrt(gap**2 + 4 * ratio * square) + (square == 0))

    return law


def semicircle(x: ArrayLike) -> NDArray[np.float64]:
    """Distribution function of the semicircle on [-1, 1]."""
    t: NDArray[np.float64] = np.clip(np.asarray(x, dtype=float), -1, 1)
    return 0.5 + (t * np.sqrt(1 - t**2) + np.arcsin(t)) / np.pi


def marchenko_pastur(ratio: float) -> Law:
    """Distribution function of the eigenvalues of W*W/(σ² m), W of size m x n, ratio n/m <= 1.

    The support is [(1 - √ratio)², (1 + √ratio)²].
    """
    angle = np.linspace(0, np.pi, 4097)
    half = 2 * np.sqrt(ratio)
    x = 1 + ratio - half * np.cos(angle)
    # At ratio 1 the density's pole at 0 cancels against sin²: 0/0 at the first angle only.
    slope = half**2 * np.sin(angle) ** 2 / (2 * np.pi * ratio * np.maximum(x, 1e-300))
    if ratio == 1:
        slope[0] = 2 / np.pi
    steps = (slope[1:] + slope[:-1]) / 2 * np.diff(angle)
    mass = np.concatenate([[0.0], np.cumsum(steps)])
    return lambda t: np.interp(np.asarray(t, dtype=float), x, mass / mass[-1])


# -------------------------------------------------------------------- what a matrix is compared by


def disc_distance(w: NDArray[np.float64]) -> float:
    """Of the moduli of a square matrix's eigenvalues from the circular law, at its own scale."""
    return kolmogorov(np.abs(np.linalg.eigvals(w)) / (rms(w) * len(w) ** 0.5), circular)


def half_circle_distance(w: NDArray[np.float64]) -> float:
    """Of the eigenvalues of the symmetric part from the semicircle, at the matrix's own scale."""
    values = np.linalg.eigvalsh((w + w.T) / 2)
    return kolmogorov(values / (rms(w) * (2 * len(w)) ** 0.5), semicircle)


def square_distance(w: NDArray[np.float64]) -> float:
    """Of the squared singular values from Marchenko and Pastur, at the matrix's own scale."""
    return kolmogorov(squares(w), marchenko_pastur(min(w.shape) / max(w.shape)))


def product_distance(q: NDArray[np.float64], k: NDArray[np.float64]) -> float:
    """Of the moduli of the nonzero eigenvalues of Q Kᵀ from the law of products; Q, K: C x r."""
    return kolmogorov(product_radii(q, k), product(q.shape[1] / q.shape[0]))


def product_radii(q: NDArray[np.float64], k: NDArray[np.float64]) -> NDArray[np.float64]:
    """Moduli of the nonzero eigenvalues of Q Kᵀ, in units of the edge."""
    edge = rms(q) * rms(k) * (q.shape[0] * q.shape[1]) ** 0.5
    return np.abs(np.linalg.eigvals(k.T @ q)) / edge


def squares(w: NDArray[np.float64]) -> NDArray[np.float64]:
    """Eigenvalues of W*W/(σ² m), W turned so that m >= n; none negative."""
    w = w if w.shape[0] >= w.shape[1] else w.T
    return np.maximum(np.linalg.eigvalsh(w.T @ w), 0) / (rms(w) ** 2 * w.shape[0])


def rms(w: NDArray[np.float64]) -> float:
    return float(np.sqrt(np.mean(w**2)))
