"""Samples for distributional statements: n of them from a seeded generator.

Where the law of a sample is known given a part of it, that part alone is drawn entry by entry: a
squared length of independent normal entries is a chi-squared number, and the product of a given
vector with a vector of them is normal.  Both are so by definition, and millions can be drawn.
"""

from __future__ import annotations

import math
from functools import cache

import numpy as np

CHANNELS, WIDTH = 64, 16


@cache
def pair() -> tuple[np.ndarray, np.ndarray]:
    """Two fixed vectors of 64 channels, of about unit length, neither parallel nor orthogonal."""
    x, y = np.random.default_rng(0).standard_normal((2, CHANNELS)) / math.sqrt(CHANNELS)
    return x, (x + y) / 2


def projected_moments(tied: bool) -> tuple[float, float]:
    """Mean and variance of ⟨Q^T x, K^T y⟩ for the fixed pair, by Wick's theorem."""
    x, y = pair()
    inner = float(x @ y) if tied else 0.0
    return inner, (float((x @ x) * (y @ y)) + inner**2) / WIDTH


def projected_products(rng: np.random.Generator, n: int, tied: bool) -> np.ndarray:
    """⟨Q^T x, K^T y⟩ for the fixed pair, with 16 columns of entries of variance 1/16 and K = Q if
    tied.  Given u = Q^T x, a tied Q^T y is its regression on u and a normal rest."""
    x, y = pair()
    length2 = rng.chisquare(WIDTH, n) * (x @ x / WIDTH)
    slope = x @ y / (x @ x) if tied else 0.0
    rest = math.sqrt((y @ y - slope * (x @ y)) / WIDTH)
    return slope * length2 + rest * np.sqrt(length2) * rng.standard_normal(n)


def scores(rng: np.random.Generator, n: int, scale_by: str) -> np.ndarray:
    """x Q K^T y^T over sqrt(r) or sqrt(C), for 64 unit-variance channels, width 16 and weights of
    variance 1/64 (all fresh for each sample)."""
    # Given x, the entries of x Q are independent normal numbers of variance ‖x‖²/C; so for y K.
    lengths2 = rng.chisquare(CHANNELS, (2, n)) / CHANNELS
    products = np.sqrt(rng.chisquare(WIDTH, n)) * rng.standard_normal(n)
    width = {"r": WIDTH, "C": CHANNELS}[scale_by]
    return np.sqrt(lengths2[0] * lengths2[1] / width) * products


def near_one(rng: np.random.Generator, n: int, kind: str, channels: int) -> np.ndarray:
    """Of which rows is ‖x‖/sqrt(C) within 1/sqrt(2C) of 1?

    Rows have entries of variance one on average.  kind: "gaussian"; "heavy", Student t with three
    degrees of freedom; "massive", one channel in C holding half of the mean square.
    """
    if kind == "gaussian":
        square = rng.chisquare(channels, n)
    elif kind == "heavy":
        square = (rng.standard_t(3, (n, channels)) ** 2).sum(axis=1) / 3
    elif kind == "massive":
        square = rng.chisquare(channels - 1, n) / 2 + rng.chisquare(1, n) * channels / 2
    else:
        raise ValueError(f"unknown kind of rows {kind!r}")
    return np.abs(np.sqrt(square / channels) - 1) <= math.sqrt(0.5 / channels)


def square_with_channel(rng: np.random.Generator, n: int, constant: bool, channels: int):
    """‖x‖² over its mean for rows of normal entries and one channel with half of the mean square,
    the same in all rows if ``constant``, else normal."""
    others = channels - 1
    own = 1.0 if constant else rng.chisquare(1, n)
    return (rng.chisquare(others, n) / others + own) / 2


def share_near_one(channels: int) -> float:
    """The share of Gaussian rows for which it is, from the chi-squared distribution."""
    from scipy.special import gammainc  # slow to import, and a list of claims needs none of it

    edge = math.sqrt(0.5 / channels)
    low, high = (gammainc(channels / 2, channels * (1 + s * edge) ** 2 / 2) for s in (-1, 1))
    return float(high - low)
