"""Sample statistics for distributional statements: (value, low, high) from a seeded generator.

The interval is what the statement predicts, six standard errors to either side: under the
statement the value leaves it with probability below :data:`FALSE_ALARM` (normal approximation).
"""

from __future__ import annotations

import math

import numpy as np

FALSE_ALARM = 1e-8
ERRORS = 6.0
Interval = tuple[float, float, float]


def _around(value: float, expected: float, error: float) -> Interval:
    return value, expected - ERRORS * error, expected + ERRORS * error


def _of_variance(samples: np.ndarray, expected: float) -> Interval:
    """The sample variance against an expected one; its error from the sample's own kurtosis."""
    centred = samples - samples.mean()
    square = centred**2
    return _around(float(square.mean()), expected, float(square.std()) / math.sqrt(samples.size))


def projected_products(
    rng: np.random.Generator, channels: int, r: int, tied: bool, draws: int = 20_000
) -> tuple[np.ndarray, float, float]:
    """Draws of ⟨Q^T x, K^T y⟩ with entries of variance 1/r; also ⟨x, y⟩ and ‖x‖²‖y‖²."""
    x, y = rng.standard_normal((2, channels)) / math.sqrt(channels)
    y = (x + y) / 2
    # Q^T x and Q^T y are jointly Gaussian; drawing them is drawing Q.
    gram = np.array([[x @ x, x @ y], [x @ y, y @ y]])
    root = np.linalg.cholesky(gram)
    both = rng.standard_normal((draws, r, 2)) @ root.T / math.sqrt(r)
    left = both[..., 0]
    right = both[..., 1] if tied else (rng.standard_normal((draws, r)) * math.sqrt(gram[1, 1] / r))
    return (left * right).sum(axis=1), float(x @ y), float((x @ x) * (y @ y))


def projected_mean(
    rng: np.random.Generator, tied: bool, channels: int = 64, r: int = 16
) -> Interval:
    """The mean of ⟨Q^T x, K^T y⟩ against ⟨x, y⟩."""
    samples, inner, _ = projected_products(rng, channels, r, tied)
    return _around(float(samples.mean()), inner, float(samples.std()) / math.sqrt(samples.size))


def score_variance(
    rng: np.random.Generator, scale_by: str, channels: int = 64, r: int = 16, draws: int = 20_000
) -> Interval:
    """The variance of x Q K^T y^T over sqrt(r) or sqrt(C) against 1, for unit-variance channels
    and weights of variance 1/C (fresh for each draw)."""
    x = rng.standard_normal((draws, channels))
    y = rng.standard_normal((draws, channels))
    norms = np.linalg.norm(x, axis=1), np.linalg.norm(y, axis=1)
    # Given x, the entries of x Q are independent Gaussians of variance ‖x‖²/C.
    query = rng.standard_normal((draws, r)) * (norms[0] / math.sqrt(channels))[:, None]
    key = rng.standard_normal((draws, r)) * (norms[1] / math.sqrt(channels))[:, None]
    width = {"r": r, "C": channels}[scale_by]
    return _of_variance((query * key).sum(axis=1) / math.sqrt(width), 1.0)


def norm_spread(
    rng: np.random.Generator, kind: str, channels: int = 512, rows: int = 20_000
) -> Interval:
    """The share of rows with | ‖x‖/sqrt(C) - 1 | <= 1/sqrt(2C) against the normal law's.

    Rows have entries of variance one on average.  kind: "gaussian"; "heavy", Student t with three
    degrees of freedom; "massive", one channel in C holding half of the mean square.
    """
    if kind == "gaussian":
        x = rng.standard_normal((rows, channels))
    elif kind == "heavy":
        x = rng.standard_t(3, (rows, channels)) / math.sqrt(3)
    elif kind == "massive":
        x = rng.standard_normal((rows, channels)) / math.sqrt(2)
        x[:, 0] = rng.standard_normal(rows) * math.sqrt(channels / 2)
    else:
        raise ValueError(f"unknown kind of rows {kind!r}")
    off = np.abs(np.linalg.norm(x, axis=1) / math.sqrt(channels) - 1)
    share = math.erf(math.sqrt(0.5))  # of a normal law within one standard deviation
    return _around(
        float(np.mean(off <= math.sqrt(0.5 / channels))),
        share,
        math.sqrt(share * (1 - share) / rows),
    )
