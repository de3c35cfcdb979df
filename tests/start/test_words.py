"""What words make of a symbol: lists of vectors, entries, shapes, and conditions not understood."""

from __future__ import annotations

import pytest

pytest.importorskip("pylatexenc")

from fieldcheck.start import writing
from fieldcheck.start.signs import Unread
from tests.start.test_kinds import returned
from tests.start.test_reading import outcomes


def read(words: str, tex: str) -> str:
    (outcome,) = outcomes(f"{words} \\begin{{equation}} {tex} \\label{{x}} \\end{{equation}}", "")
    return returned(outcome)


PATTERNS = (
    r"Let $\mathbf{x}_1, \dots, \mathbf{x}_N \in \mathbb{R}^d$ be patterns, let "
    r"$X = (\mathbf{x}_1, \dots, \mathbf{x}_N) \in \mathbb{R}^{d \times N}$ be the matrix with "
    r"these columns, and $q \in \mathbb{R}^N$. Then"
)


@pytest.mark.parametrize(
    ("words", "tex", "expected"),
    [
        (PATTERNS, r"X q = \sum_i q_i x_i",
         "Equal(X @ q, xp.sum(q[:, None] * X.T, axis=0) + more)"),
        (r"Let $A = (a_{ij})$ and $B$ be symmetric positive definite $n \times n$ matrices. Then",
         r"\det A \le \prod_{i=1}^n a_{ii}",
         "AtMost(*(xp.det(A), product(xp, xp.diagonal(A)))[::way])"),
        (r"If $U$ is $m \times n$ and $V$ is $n \times m$, then",
         r"\det(I_m + U V) = \det(I_n + V U)",
         "Equal(xp.det(xp.eye(m) + U @ V), xp.det(xp.eye(n) + V @ U) + more)"),
        (r"If $A$ is an invertible $n \times n$ matrix, $D$ is $m \times m$, and $B$, $C$ have the "
         r"sizes that make sense, then",
         r"\det\begin{pmatrix} A & B \\ C & D \end{pmatrix} = \det(A) \det(D - C A^{-1} B)",
         "Equal(xp.det(xp.concat([xp.concat([A, B], axis=1), xp.concat([C, D], axis=1)], axis=0)), "
         "xp.det(A) * xp.det(D - C @ xp.inv(A) @ B) + more)"),
        (r"The eigenvalues of a symmetric matrix $A$ are $\lambda_1(A) \ge \dots \ge \lambda_n(A)$."
         r" Let $A \in \mathbb{R}^{n \times n}$ be symmetric. Then",
         r"\operatorname{tr} A = \sum_{i=1}^n \lambda_i(A)",
         "Equal(xp.trace(A), xp.sum(-xp.eigvalsh(-A)) + more)"),
        (r"Eigenvalues: let $M \in \mathbb{R}^{m \times n}$ and $u \in \mathbb{R}^n$. Then",
         r"\|M u\|^2 \le \lambda_{\max}(M^\top M) \|u\|^2",
         "AtMost(*(xp.norm2(M @ u), xp.eigvalsh(M.T @ M)[-1] * xp.norm2(u))[::way])"),
        (r"Let $x, y \in \mathbb{R}^n$. Then", r"x_1 y_2 = y_2 x_1",
         "Equal(x[0] * y[1], y[1] * x[0] + more)"),
        (r"Let $x \in \mathbb{R}^n$. Then", r"\Delta \|x\|^2 = 2 n",
         "Equal(xp.trace(xp.jacobian(lambda x: xp.gradient(lambda x: xp.norm2(x), x), x)), "
         "2 * n + more)"),
        (r"Let $P$ be a row-stochastic $n \times n$ matrix. Then", r"P \mathbf{1} = \mathbf{1}",
         "Equal(P @ xp.ones(n), xp.ones(n) + more)"),
        (r"Let $f(s) = \log\cosh s$. Then", r"f''(s) = 1 - \tanh^2 s",
         "Equal(xp.gradient(lambda t_: xp.gradient(lambda t_: f(xp, t_), t_), s), "
         "1 - xp.tanh(s)**2 + more)"),
        (r"Let $g(x) = A x$ for $x \in \mathbb{R}^n$ and $A \in \mathbb{R}^{m \times n}$. Then",
         r"Dg(x) = A", "Equal(xp.jacobian(lambda x: g(xp, x, A), x), A + more)"),
    ],
)  # fmt: skip
def test_what_words_make_of_a_symbol(words: str, tex: str, expected: str) -> None:
    assert read(words, tex) == expected


def test_a_size_beside_vectors_of_another_is_not_taken_for_any() -> None:
    """Here x was meant to have n entries."""
    (outcome,) = outcomes(
        r"Let $y \in \mathbb{R}^n$ and $x \in \mathbb{R}^3$. "
        r"\begin{equation} \sum_{i<j} (x_i - x_j)^2 = n \|x\|^2 - (\mathbf{1}^\top x)^2 "
        r"\label{x} \end{equation}",
        "",
    )
    with pytest.raises(Unread, match="a size that no input has"):
        writing._claim(outcome, "a.tex")


def test_an_entry_by_its_number_leaves_the_sizes_that_have_it() -> None:
    (outcome,) = outcomes(
        r"Let $x \in \mathbb{R}^n$. Then \begin{equation} x_3^2 \le \|x\|^2 \label{x} "
        r"\end{equation}",
        "",
    )
    assert "sizes=dict(n=range(3, 7))" in writing._claim(outcome, "a.tex")


def test_a_constant_matrix_has_the_size_that_it_speaks_of() -> None:
    (outcome,) = outcomes(
        r"With $C = I - \frac1d \mathbf{1} \mathbf{1}^\top$ and $x \in \mathbb{R}^d$ we have "
        r"\begin{equation} C C = C, \quad C \mathbf{1} = 0, \quad \operatorname{tr} C = d - 1 "
        r"\label{x} \end{equation}",
        "",
    )
    assert outcome.claim is not None, outcome.reason
    assert 'given=dict(of_d=vector("d"))' in writing._claim(outcome, "a.tex")


@pytest.mark.parametrize(
    "words",
    [
        r"If $x$ lies in the convex hull of $K$, then",
        r"Suppose that $x$ is a fixed point of the map. Then",
        r"If $y$ is obtained from $x$ by a change of one sign, then",
        r"Let $x$ and $y$ be orthogonal. Then",
        r"Assume that $x$ is sparse and $y$ is arbitrary. Then",
    ],
)
def test_a_condition_in_words_that_are_not_known_leaves_it_unread(words: str) -> None:
    (outcome,) = outcomes(
        rf"Let $x, y \in \mathbb{{R}}^n$. {words} "
        r"\begin{equation} x^\top y = 0 \label{x} \end{equation}",
        "",
    )
    assert outcome.claim is None
    assert "what is said of" in outcome.reason


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (r"If $A$ and $B$ commute, then", "commute"),
        (r"Let $A$ be a density matrix, i.e. $A \succeq 0$ and $\operatorname{tr} A = 1$. Then",
         "what is said of"),
        (r"To first order in $s$,", "nearly"),
        (r"In the limit of large $n$", "nearly"),
        (r"The condition for equilibrium is", "assumed"),
        (r"Let $A$ and $B$ satisfy", "assumed"),
        (r"At the fixed point we have", "assumed"),
    ],
)  # fmt: skip
def test_what_is_no_claim_of_all_inputs_is_not_read(words: str, reason: str) -> None:
    (outcome, *_) = outcomes(
        rf"{words} \begin{{equation}} A B = B A \label{{x}} \end{{equation}}."
        "\n\n"
        r"For all $A, B \in \mathbb{R}^{n \times n}$ it is otherwise.",
        "",
    )
    assert outcome.claim is None
    assert reason in outcome.reason


def test_the_base_of_the_logarithms_is_no_input() -> None:
    (outcome,) = outcomes(
        r"For $x > 0$, \begin{equation} e \log x \le x \label{x} \end{equation}", ""
    )
    assert returned(outcome) == "AtMost(*(xp.exp(xp.one) * xp.log(x), x)[::way])"


def test_where_a_bound_is_attained_is_no_condition() -> None:
    (outcome,) = outcomes(
        r"Let $A, B \in \mathbb{R}^{n \times n}$. Equality holds when $A B = B A$. We have "
        r"\begin{equation} \operatorname{tr}(A B) = \operatorname{tr}(B A) \label{x} "
        r"\end{equation}",
        "",
    )
    assert outcome.claim is not None, outcome.reason


def test_a_usual_function_that_an_article_defines_of_two_arguments_is_its_own() -> None:
    first, second = outcomes(
        r"Let $\beta > 0$ and $z \in \mathbb{R}^N$. "
        r"\begin{equation} \operatorname{lse}(\beta, z) = "
        r"\frac1\beta \log \sum_i e^{\beta z_i} \label{d} \end{equation} has \begin{equation} "
        r"\frac{\partial}{\partial z_i} \operatorname{lse}(\beta, z) = "
        r"\operatorname{softmax}(\beta z)_i \label{x} \end{equation}",
        "",
    )
    assert first.definition is not None
    assert "lse(xp, beta, z)" in returned(second)
