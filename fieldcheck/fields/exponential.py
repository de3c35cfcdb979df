"""The exponential of a matrix, by scaling, a Taylor polynomial and squaring."""

from __future__ import annotations


def expm(xp, A, terms: int = 48, squarings: int = 6):
    """exp(A) for a square A of moderate size; the truncated tail is below 10^-60 for norms up to 8.

    Source: the definition; see Moler and Van Loan, SIAM Review 45 (2003), method 3.
    """
    B = A / 2**squarings
    total = term = xp.eye(A.shape[0]) + 0 * B
    for k in range(1, terms):
        term = term @ B / k
        total = total + term
    for _ in range(squarings):
        total = total @ total
    return total


def exp_nilpotent(xp, B):
    """exp(B) for a strictly triangular B: a finite sum, hence exact."""
    total = term = xp.eye(B.shape[0]) + 0 * B
    for k in range(1, B.shape[0]):
        term = term @ B / k
        total = total + term
    return total
