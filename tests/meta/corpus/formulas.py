"""Formulas that statements of the corpus are made of, each with where it vanishes."""

from __future__ import annotations

import itertools


def on(xp, t):
    """1 where t is not zero, 0 where it is."""
    return xp.norm2(xp.unit(xp.stack([t])))


def traces(xp, A, k):
    """tr A, tr A², ..., tr A^k."""
    found, power = [], A
    for _ in range(k):
        found.append(xp.trace(power))
        power = power @ A
    return found


def elementary(xp, A, k):
    """The k-th elementary symmetric function of the eigenvalues, from traces (Newton): zero for
    every matrix smaller than k, and not beyond."""
    return newton(xp, traces(xp, A, k))


def newton(xp, p):
    """The elementary symmetric function of as many numbers as there are power sums."""
    e = [xp.one]
    for m in range(1, len(p) + 1):
        e.append(sum((-1) ** (i - 1) * e[m - i] * p[i - 1] for i in range(1, m + 1)) / m)
    return e[-1]


def symmetric_function(xp, v, k):
    """The k-th elementary symmetric function of the entries of a vector, from their power sums:
    zero for every vector shorter than k, and not beyond."""
    return newton(xp, [xp.sum(v**j) for j in range(1, k + 1)])


def cayley(xp, A, k):
    """The polynomial of Cayley and Hamilton for k by k matrices, at A: zero for matrices of size
    at most k, and not beyond."""
    total, power = xp.zeros(*A.shape), xp.eye(A.shape[0])
    for m in range(k, -1, -1):
        total = total + (-1) ** m * elementary(xp, A, m) * power
        power = power @ A
    return total


def standard(xp, *matrices):
    """Σ sign(π) A_π(1) ... A_π(m): for m = 2k zero on k by k matrices (Amitsur and Levitzki), and
    not on larger ones."""
    total = 0
    for order in itertools.permutations(range(len(matrices))):
        inversions = sum(a > b for a, b in itertools.combinations(order, 2))
        product = matrices[order[0]]
        for index in order[1:]:
            product = product @ matrices[index]
        total = total + (-1) ** inversions * product
    return total


def gram(xp, V):
    """det V V^T for rows of V: zero if there are more rows than columns."""
    return xp.det(V @ V.T)


def moments(xp, x, y, k):
    """det <x^a, y^b> for a, b < k: zero for vectors shorter than k."""
    rows = [[xp.sum(x**a * y**b) for b in range(k)] for a in range(k)]
    return xp.det(xp.stack([xp.stack(row) for row in rows]))


def falling(xp, x, k):
    """n (n - 1) ... (n - k + 1) for x of length n, n written as a sum of ones: zero for n < k."""
    n, product = xp.sum(xp.ones(x.shape[0])), xp.one
    for j in range(k):
        product = product * (n - j)
    return product


def most_acute(xp, *vectors):
    """The least of -<v_a, v_b> over pairs: positive only if all are obtuse, so that m vectors need
    at least m - 1 dimensions."""
    least = None
    for a, b in itertools.combinations(vectors, 2):
        angle = -xp.sum(a * b)
        least = angle if least is None else xp.minimum(least, angle)
    return least


def same(a, b):
    """Is it one object?  Small whole numbers are, what stands for a size need not be."""
    return a is b


def whole(n, number):
    """Is it that number?  What is no whole number is none."""
    match n:
        case int():
            return n == number
        case _:
            return False
