"""Indices as numbers, products over them, and functions by others."""

from __future__ import annotations

import pytest

pytest.importorskip("pylatexenc")

from fieldcheck.start import article, writing
from tests.start.test_kinds import returned
from tests.start.test_reading import body, one, outcomes

SAID = r"Let $n \ge 2$ be an integer and $x$, $r$ be real numbers. Let $u \in \mathbb{R}^m$."


@pytest.mark.parametrize(
    ("tex", "expected"),
    [
        (r"\sum_{k=-n}^{n} \cos(k x) = 1 + 2 \sum_{k=1}^n \cos(k x)",
         "Equal(sum((xp.cos(k * x) for k in range(-n, n + 1)), xp.zeros()), "
         "1 + 2 * sum((xp.cos(k * x) for k in range(1, n + 1)), xp.zeros()) + more)"),
        (r"\prod_{k=1}^{n-1} \sin\frac{k \pi}{n} = \frac{n}{2^{n-1}}",
         "Equal(math.prod((xp.sin(k * xp.pi / n) for k in range(1, n - 1 + 1)), start=xp.one), "
         "xp.one * n / (xp.one * 2)**(n - 1) + more)"),
        (r"\sum_{k=1}^m k u_k = r", "Equal(sum((k + 1) * u[k] for k in range(m)), r + more)"),
        (r"\sum_{k=1}^m k^2 u_k = r", "Equal(sum((k + 1)**2 * u[k] for k in range(m)), r + more)"),
        (r"\tan x = \frac{\sin x}{\cos x}",
         "Equal(xp.sin(x) / xp.cos(x), xp.sin(x) / xp.cos(x) + more)"),
        (r"\operatorname{sech}^2 x = 1 - \tanh^2 x",
         "Equal((xp.one / xp.cosh(x))**2, 1 - xp.tanh(x)**2 + more)"),
        (r"\operatorname{arsinh} x = r", "Equal(xp.log(x + xp.sqrt(x**2 + 1)), r + more)"),
        (r"\operatorname{artanh} x = r", "Equal(xp.log((1 + x) / (1 - x)) / 2, r + more)"),
        (r"\tan^{-1} x = r", "Equal(xp.arctan(x), r + more)"),
    ],
)  # fmt: skip
def test_numbers_that_are_read(tex: str, expected: str) -> None:
    assert body(tex, SAID) == expected


@pytest.mark.parametrize(
    ("tex", "reason"),
    [
        (r"\sin^{-1} x = r", "the inverse of sin"),
        (r"\sum_k k u_k = r", "as a number"),
        (r"\sum_{k=2}^m k u_k = r", "as a number"),
        (r"\Gamma(x+1) = x \Gamma(x)", "Gamma"),
    ],
)
def test_numbers_that_are_refused(tex: str, reason: str) -> None:
    outcome = one(tex, SAID)
    assert outcome.claim is None
    assert reason in outcome.reason


def test_an_index_as_a_number_does_not_reach_into_a_definition() -> None:
    (outcome,) = outcomes(
        r"For $k \in \mathbb{R}$ put $f(x) = k x$. \begin{equation} \sum_{k=1}^m f(x) u_k = r "
        r"\label{a} \end{equation}", SAID,
    )  # fmt: skip
    assert returned(outcome) == "Equal(xp.sum(f(xp, x, k) * u), r + more)"


def test_a_number_that_is_not_one_has_its_powers() -> None:
    (outcome,) = outcomes(
        r"For every integer $n \ge 1$ and real $r \ne 1$ \begin{equation} \sum_{k=0}^n r^k = "
        r"\frac{1 - r^{n+1}}{1 - r} \label{a} \end{equation}", "",
    )  # fmt: skip
    assert "r**k for k in range(0, n + 1)" in returned(outcome)


def test_a_macro_is_a_word_of_its_own() -> None:
    source = (
        r"\newcommand{\KL}[2]{D(#1\|#2)}\newcommand{\pd}[1]{\partial#1}\begin{document}"
        r"\[a\le\KL pq = \pd f\]\end{document}"
    )
    (equation,) = article.scan(source, "a.tex").equations
    assert equation.tokens[:3] == ("a", r"\le", "D")
    assert equation.tokens[-2:] == (r"\partial", "f")


def test_a_bracket_at_the_left_of_an_equality_in_prose() -> None:
    (outcome,) = outcomes(
        r"Let $(pW)(y)=\sum_x p(x)W(y\mid x)$, \begin{equation} a = a \label{a} \end{equation}"
    )
    assert outcome.claim is not None


SYMPLECTIC = (
    r"Let $J = \begin{pmatrix} 0 & I_n \\ -I_n & 0 \end{pmatrix}$, let $z \in \mathbb{R}^{2n}$ and "
    r"let $S$ be a symmetric $2n \times 2n$ matrix."
)


@pytest.mark.parametrize(
    ("tex", "found"),
    [
        (r"z^\top J z = 0", 'given=dict(z=vector("2*n"))'),
        (r"\operatorname{tr}(J S) = 0", 'given=dict(S=symmetric("2*n"))'),
        (r"\operatorname{tr}(S S) \ge 2 n - n", "n = S.shape[0] // 2"),
        (r"J^2 = -I_{2n} + z z^\top", "return Equal(xp.concat("),
        (r"S J = J S", "xp.zeros(n, n)"),
    ],
)
def test_twice_a_size_is_a_size(tex: str, found: str) -> None:
    outcome = one(tex, SYMPLECTIC)
    assert outcome.claim is not None, outcome.reason
    assert found in writing._claim(outcome, "a.tex")


def test_a_size_and_its_double_do_not_fit() -> None:
    outcome = one(r"z^\top y = 1", rf"{SYMPLECTIC} Let $y \in \mathbb{{R}}^n$.")
    assert outcome.claim is None
    assert "2*n" in outcome.reason


def test_a_sum_that_starts_anywhere_may_be_empty_and_is_not_read() -> None:
    outcome = one(r"\sum_{k=m}^n r^k = \frac{r^m - r^{n+1}}{1-r}", SAID)
    assert outcome.claim is None
    assert "starts elsewhere" in outcome.reason
