"""Each primitive of the language in statements of known truth: no false one holds, no true one
falls, and what is proved is proved on the second road, too."""

from __future__ import annotations

import pytest

from fieldcheck.arithmetic.base import Arithmetic
from fieldcheck.domains import (
    hermitian,
    matrix,
    nonnegative,
    number,
    positive,
    real,
    real_matrix,
    spd,
    spectral,
    vector,
)
from fieldcheck.relations import AtMost, Equal, Gradient
from tests.language.judged import judged

FIXED = {"n": [1, 2, 3]}
SEVEN = {"n": [6, 7]}


def _hermitian(xp, H):
    U, w = H
    return (U * w) @ xp.star(U)


def _exponential(xp, x):
    return xp.sum_to_infinity(x, lambda h: x * h / (1 + h))


def _traces(xp, A):
    return xp.trace(A) ** 2 - xp.trace(A @ A)


PROVED = {
    "variance": (
        lambda xp, x: Equal(xp.mean((x - xp.mean(x)) ** 2), xp.mean(x * x) - xp.mean(x) ** 2),
        {"x": vector("n")},
    ),
    "a mean times how many there are": (
        lambda xp, x: Equal(xp.sum(x), xp.mean(x) * x.shape[0]),
        {"x": vector("n")},
    ),
    "means of means": (
        lambda xp, A: Equal(xp.mean(xp.mean(A, axis=0)), xp.mean(A)),
        {"A": real_matrix("N", "C")},
    ),
    "einsum is a product": (
        lambda xp, A, B: Equal(xp.einsum("ij,jk->ik", A, B), A @ B),
        {"A": matrix("N", "C"), "B": matrix("C", "N")},
    ),
    "einsum without an arrow": (
        lambda xp, A, B: Equal(xp.einsum("ij,ji", A, B), xp.trace(A @ B)),
        {"A": matrix("N", "C"), "B": matrix("C", "N")},
    ),
    "hyperbolic": (
        lambda xp, x: Equal(xp.cosh(x) ** 2 - xp.sinh(x) ** 2, xp.one),
        {"x": matrix("n")},
    ),
    "twice the argument": (
        lambda xp, x: Equal(xp.sinh(2 * x), 2 * xp.sinh(x) * xp.cosh(x)),
        {"x": number()},
    ),
    "arctan is odd": (lambda xp, x: Equal(xp.arctan(-x), -xp.arctan(x)), {"x": vector("n")}),
    "slope of arctan": (
        lambda xp, x: Gradient(lambda y: xp.sum(xp.arctan(y)), x, 1 / (1 + x * x)),
        {"x": vector("n")},
    ),
    "curvature of arctan": (
        lambda xp, x: Equal(
            xp.push(lambda y: xp.push(xp.arctan, y, xp.one), x, xp.one), -2 * x / (1 + x * x) ** 2
        ),
        {"x": real()},
    ),
    "slope of erf": (
        lambda xp, x: Gradient(
            lambda y: y * xp.erf(y) + xp.exp(-y * y) / xp.sqrt(xp.pi), x, xp.erf(x)
        ),
        {"x": real()},
    ),
}
UP_TO = {
    "products": (lambda xp, x: Equal(xp.prod(x) ** 2, xp.prod(x * x)), {"x": vector("n")}),
    "extremes": (lambda xp, x: Equal(xp.max(x), -xp.min(-x)), {"x": vector("n")}),
    "triangles": (
        lambda xp, A: Equal(xp.tril(A) + xp.triu(A, 1), A),
        {"A": matrix("n", "n")},
    ),
    "spectral": (
        lambda xp, H: Equal(xp.trace(_hermitian(xp, H)), xp.sum(H[1]) + 0 * xp.i),
        {"H": spectral("n")},
        FIXED,
    ),
    "determinants": (
        lambda xp, A, B: Equal(xp.det(A @ B), xp.det(A) * xp.det(B)),
        {"A": matrix("n", "n"), "B": matrix("n", "n")},
        SEVEN,
    ),
}
STANDS = {
    "mean and maximum": (lambda xp, x: AtMost(xp.mean(x), xp.max(x)), {"x": vector("n")}),
    "a sum of arctans": (
        lambda xp, x: Equal(xp.arctan(x) + xp.arctan(1 / x), xp.pi / 2),
        {"x": positive()},
    ),
    "eigenvalues and trace": (
        lambda xp, A: Equal(xp.sum(xp.eigvalsh(A)), xp.real(xp.trace(A))),
        {"A": hermitian("n")},
        FIXED,
    ),
    "singular values": (
        lambda xp, A: Equal(xp.sum(xp.svdvals(A) ** 2), xp.norm2(A)),
        {"A": matrix("n", "m")},
        {"n": [1, 3], "m": [2]},
    ),
    "Jacobi's formula": (
        lambda xp, A: Equal(xp.det(xp.expm(A)), xp.exp(xp.trace(A))),
        {"A": matrix("n", "n")},
        {"n": [2]},
    ),
    "log det": (
        lambda xp, A: Equal(xp.trace(xp.logm(A)), xp.log(xp.det(A))),
        {"A": spd("n")},
        {"n": [1, 2]},
    ),
    "logarithm of an exponential": (
        lambda xp, A: Equal(xp.logm(xp.expm(A)), A),
        {"A": hermitian("n")},
        {"n": [2]},
    ),
    "exponential series": (
        lambda xp, x: Equal(1 + _exponential(xp, x), xp.exp(x)),
        {"x": real()},
    ),
}
FALSE = {
    "variance with n - 1": (
        lambda xp, x: Equal(
            xp.sum((x - xp.mean(x)) ** 2) / (x.shape[0] - 1), xp.mean(x * x) - xp.mean(x) ** 2
        ),
        {"x": vector("n")},
    ),
    "a mean over one axis": (
        lambda xp, A: Equal(xp.mean(xp.mean(A, axis=0)), xp.sum(A) / A.shape[0]),
        {"A": real_matrix("N", "C")},
    ),
    "products": (lambda xp, x: Equal(xp.prod(x + 1), xp.prod(x) + 1), {"x": vector("n")}),
    "a product from seven on": (
        lambda xp, x: Equal(xp.prod(xp.mean(x) * x), xp.prod(x) * xp.mean(x) ** 6),
        {"x": vector("n")},
        {"n": [6, 7]},
    ),
    "extremes": (lambda xp, x: Equal(xp.max(x) + xp.min(x), xp.sum(x)), {"x": vector("n")}),
    "at a tie": (
        lambda xp, x: AtMost(1, (xp.max(x) - xp.min(x)) * 10**6 + 10**6 * xp.norm2(x - 1)),
        {"x": vector("n")},
        {"n": [2]},
    ),
    "einsum without transpose": (
        lambda xp, A, B: Equal(xp.einsum("ij,ij->", A, B), xp.trace(A @ B)),
        {"A": matrix("n", "n"), "B": matrix("n", "n")},
    ),
    "triangles": (
        lambda xp, A: Equal(xp.tril(A) + xp.triu(A), A),
        {"A": matrix("n", "n")},
    ),
    "a triangle that is true of one row": (
        lambda xp, A: Equal(xp.tril(A, -1), 0 * A),
        {"A": matrix("n", "n")},
    ),
    "hyperbolic": (
        lambda xp, x: Equal(xp.cosh(x) ** 2 + xp.sinh(x) ** 2, xp.one),
        {"x": vector("n")},
    ),
    "cosh of complex": (lambda xp, x: AtMost(1, xp.abs(xp.cosh(x))), {"x": number()}),
    "arctan beyond its branch": (
        lambda xp, x, y: Equal(xp.arctan(x) + xp.arctan(y), xp.arctan((x + y) / (1 - x * y))),
        {"x": real(), "y": real()},
    ),
    "arctan of negatives": (
        lambda xp, x: Equal(xp.arctan(x) + xp.arctan(1 / x), xp.pi / 2),
        {"x": real()},
    ),
    "arctan far away": (
        lambda xp, x: Equal(xp.arctan(10**200 + x * x), xp.pi / 2),
        {"x": real()},
    ),
    "erf of a symbol that meets another at one row": (
        lambda xp, A, y: Equal(xp.erf(y + _traces(xp, A)), xp.erf(y)),
        {"A": real_matrix("n", "n"), "y": real()},
    ),
    "slope of erf": (
        lambda xp, x: Gradient(
            lambda y: y * xp.erf(y) + 2 * xp.exp(-y * y) / xp.sqrt(xp.pi), x, xp.erf(x)
        ),
        {"x": real()},
    ),
    "a large determinant": (
        lambda xp, A: Equal(xp.det(2 * A), 64 * xp.det(A)),
        {"A": matrix("n", "n")},
        SEVEN,
    ),
    "eigenvalues off by 10^-30": (
        lambda xp, A: Equal(xp.sum(xp.eigvalsh(A)) + xp.one / 10**30, xp.real(xp.trace(A))),
        {"A": hermitian("n")},
        FIXED,
    ),
    "the exponential of a sum": (
        lambda xp, A, B: Equal(xp.expm(A + B), xp.expm(A) @ xp.expm(B)),
        {"A": matrix("n", "n"), "B": matrix("n", "n")},
        {"n": [1, 2]},
    ),
    "a logarithm of a product": (
        lambda xp, A, B: Equal(xp.logm(A @ B), xp.logm(A) + xp.logm(B)),
        {"A": spd("n"), "B": spd("n")},
        {"n": [1, 2]},
    ),
    "spectral norm": (
        lambda xp, A: AtMost(xp.norm(A), xp.spectral_norm(A)),
        {"A": matrix("n", "n")},
        {"n": [1, 2]},
    ),
    "spectral": (
        lambda xp, H: Equal(xp.norm2(_hermitian(xp, H)), xp.sum(H[1]) ** 2),
        {"H": spectral("n")},
        FIXED,
    ),
    "exponential series off by 10^-30": (
        lambda xp, x: Equal(1 + _exponential(xp, x) + x / 10**30, xp.exp(x)),
        {"x": number()},
    ),
}
OPEN = {
    "erf saturates": (
        lambda xp, x, y: Equal(xp.erf(300 + x * x) * y, y),
        {"x": real(), "y": real()},
    ),
    "a sum whose ratio tends to one": (
        lambda xp, x: Equal(xp.sum_to_infinity(x, lambda h: 1 / (1 + h)), 1000 * x),
        {"x": nonnegative()},
    ),
    "a sum that diverges late": (
        lambda xp, x: Equal(
            xp.sum_to_infinity(x, lambda h: xp.one / 2 + 2000 * xp.relu(xp.one / 1000 - h)), 2 * x
        ),
        {"x": real()},
    ),
}


@pytest.mark.parametrize("name", PROVED)
def test_true_for_every_size(name):
    verdict, found = judged(*PROVED[name])
    assert verdict.verdict == "proved", verdict.because
    assert found == []


@pytest.mark.parametrize("name", UP_TO)
def test_true_at_the_sizes_visited(name):
    verdict, found = judged(*UP_TO[name])
    assert verdict.verdict == "proved up to", verdict.because
    assert found == []


@pytest.mark.parametrize("name", STANDS)
def test_true_and_not_provable_here(name):
    verdict, _ = judged(*STANDS[name])
    assert verdict.verdict == "stands", verdict.because


@pytest.mark.parametrize("name", FALSE)
def test_false(name):
    verdict, found = judged(*FALSE[name])
    assert verdict.verdict == "refuted", verdict.because
    assert found == []


@pytest.mark.parametrize("name", OPEN)
def test_false_where_nothing_decides(name):
    verdict, _ = judged(*OPEN[name])
    assert verdict.verdict not in ("proved", "proved up to", "stands")


@pytest.mark.parametrize(
    ("wrong", "meant"),
    [
        ("eigvals", "eigvalsh"),
        ("einsun", "einsum"),
        ("arctanh", "arctan"),
        ("spectral_nrm", "spectral_norm"),
    ],
)
def test_an_unknown_name_suggests_the_nearest(wrong, meant):
    with pytest.raises(AttributeError, match=f"did you mean '{meant}'"):
        getattr(Arithmetic(), wrong)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (lambda xp, A: xp.einsum("ij,jk", A), "names 2 arrays, and is given 1"),
        (lambda xp, A: xp.einsum("ijk->i", A), "has not 2 indices"),
        (lambda xp, A: xp.einsum("ij->ik", A), "the result bears some of them"),
        (lambda xp, A: xp.einsum("ij,jk->ik", A, A), "'j' runs over 3 and over 2"),
        (lambda xp, A: xp.permute(A, (0, 0)), "is no order of the 2 axes"),
        (lambda xp, A: xp.tril(A[0]), "a triangle is taken of a matrix"),
        (lambda xp, A: xp.max(A[:0]), "xp.max of no entries"),
        (lambda xp, A: xp.eigvalsh(A), "needs a square matrix"),
        (lambda xp, A: xp.det(A), "the determinant of a 2 x 3 matrix"),
    ],
)
def test_a_slip_is_named(body, said):
    verdict, _ = judged(
        lambda xp, A: Equal(body(xp, A), body(xp, A)), {"A": matrix("N", "C")}, {"N": [2], "C": [3]}
    )
    assert verdict.verdict == "invalid"
    assert said in (verdict.because or "")
