"""Does a value lie in a domain?  The hypothesis on it, tested exactly.

A witness meets its hypotheses by the way it is built; a value from elsewhere must be looked at.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import flint
import numpy as np

from fieldcheck.domains import Domain

Test = Callable[[np.ndarray, np.ndarray], bool]
"""Does a value (real and imaginary parts, exact) lie in the domain?"""


def hypothesis(domain: Domain) -> Test | None:
    """The hypothesis on a value, by the name of its domain; None where values are not tested."""
    if domain.plain:
        keys = tuple(domain.raw)
        return lambda a, b: domain.admits(dict(zip(keys, (a, b), strict=False)))
    if found := re.fullmatch(r"number in \[(\S+), (\S+)\]", domain.name):
        low, high = Fraction(found[1]), Fraction(found[2])
        return lambda a, b: bool(np.all((a >= low) & (a <= high)))
    if domain.name.startswith("square root of"):
        return lambda a, b: bool(np.all(a >= 1))
    return TESTS.get(domain.name)


def _product(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """V V* of V = a + ib."""
    return a @ a.T + b @ b.T, b @ a.T - a @ b.T


def _unitary(a: np.ndarray, b: np.ndarray) -> bool:
    real_part, imaginary = _product(a, b)
    return bool(np.all(real_part == np.eye(len(a), dtype=int)) and np.all(imaginary == 0))


def _minor(a: np.ndarray, k: int) -> Fraction:
    rows = [flint.fmpq(int(q.numerator), int(q.denominator)) for q in a[:k, :k].ravel()]
    found = flint.fmpq_mat(k, k, rows).det()
    return Fraction(int(found.p), int(found.q))


def _definite(a: np.ndarray, b: np.ndarray) -> bool:
    return bool(np.all(a == a.T)) and all(_minor(a, k) > 0 for k in range(1, len(a) + 1))


def _every(test: Callable[[Any], Any]) -> Test:
    return lambda a, b: bool(np.all(test(a)))


TESTS: dict[str, Test] = {
    "positive number": _every(lambda a: a > 0),
    "positive vector": _every(lambda a: a > 0),
    "nonnegative number": _every(lambda a: a >= 0),
    "nonnegative vector": _every(lambda a: a >= 0),
    "number strictly between 0 and 1": _every(lambda a: (a > 0) & (a < 1)),
    "number at least 1": _every(lambda a: a >= 1),
    "Hermitian matrix": lambda a, b: bool(np.all(a == a.T) and np.all(b == -b.T)),
    "skew-Hermitian matrix": lambda a, b: bool(np.all(a == -a.T) and np.all(b == b.T)),
    "real symmetric matrix": lambda a, b: bool(np.all(a == a.T)),
    "symmetric positive definite matrix": _definite,
    "unitary matrix": _unitary,
    "orthogonal matrix": _unitary,
    "rotation matrix": lambda a, b: _unitary(a, b) and _minor(a, len(a)) == 1,
    "probability vector with positive entries": lambda a, b: bool(np.all(a > 0) and a.sum() == 1),
    "unit vector": lambda a, b: bool((a * a).sum() == 1),
}
