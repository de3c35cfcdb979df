"""What is drawn: streams of random numbers, and exact entries that every arithmetic can hold."""

from __future__ import annotations

import hashlib
import random
from fractions import Fraction
from typing import Any

import numpy as np

from fieldcheck.arithmetic.array import Value
from fieldcheck.arithmetic.base import Arithmetic

SIMPLE = 2000
"""Denominators of the fractions that a float is taken for."""

Raw = dict[str, Any]
"""Raw parameters by name "X.re", in whatever representation the method uses."""


def stream(form_key: str, method: str, seed: int) -> random.Random:
    """A random stream of its own for every form and method (no draw depends on another's)."""
    return random.Random(f"{seed}/{form_key}/{method}")


def numpy_stream(form_key: str, method: str, seed: int) -> np.random.Generator:
    digest = hashlib.sha256(f"{seed}/{form_key}/{method}".encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:16], "big"))


def small_entries(
    rng: random.Random, shape: tuple[int, ...], bits: int = 10, signs: bool = False
) -> np.ndarray:
    """Random dyadic rationals of size about one with few bits, none of them zero: exact in every
    arithmetic.  With ``signs``, entries 1 and -1."""
    out = np.empty(shape, dtype=object)
    flat = out.ravel()
    for k in range(flat.size):
        odd = rng.randrange(-(2 ** (bits + 1)), 2 ** (bits + 1)) * 2 + 1
        flat[k] = Fraction(1 if odd > 0 else -1) if signs else Fraction(odd, 2 ** (bits + 1))
    return out


def fractions(v: Any) -> np.ndarray:
    """Floats as the exact fractions they are."""
    v = np.asarray(v)
    out = np.empty(v.shape, dtype=object)
    for index in np.ndindex(*v.shape):
        out[index] = Fraction(float(v[index]))
    return out


def simplest(v: Any) -> np.ndarray:
    """Floats as fractions: those of which they are the rounding, if simple ones (1/3), else the
    exact ones."""

    def one(x: float) -> Fraction:
        exact = Fraction(x)
        near = exact.limit_denominator(SIMPLE)
        return near if float(near) == x else exact

    v = np.asarray(v, dtype=float)
    out = np.empty(v.shape, dtype=object)
    for index in np.ndindex(*v.shape):
        out[index] = one(float(v[index]))
    return out


def wrap_raw(xp: Arithmetic, raw: Raw) -> dict[str, Value]:
    """Exact raw parameters as values of an arithmetic."""
    return {name: xp.from_raw(np.asarray(v, dtype=object)) for name, v in raw.items()}


def modulo(raw: Raw, p: int) -> Raw:
    """Exact fractions as residues."""
    residue = np.frompyfunc(lambda q: q.numerator * pow(q.denominator, -1, p) % p, 1, 1)
    return {k: np.asarray(residue(v), dtype=object) for k, v in raw.items()}
