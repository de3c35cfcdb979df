"""Iterations, extremes over sets, arbitrary functions, and what words say as formulas do."""

from __future__ import annotations

import pytest

pytest.importorskip("pylatexenc")

from fieldcheck.start import article, reading, writing
from fieldcheck.start.formulas import is_range
from fieldcheck.start.reading import Outcome


def outcomes(source: str) -> dict[str, Outcome]:
    result = reading.interpret(article.scan(source, "a.tex"))
    return {each.equation.label: each for each in result.outcomes}


def code(source: str) -> str:
    return writing.text(reading.interpret(article.scan(source, "a.tex")), "a.py")


def shown(label: str, tex: str) -> str:
    return rf"\begin{{equation}} {tex} \label{{{label}}} \end{{equation}}" + "\n"


# --- iterations -----------------------------------------------------------------------------------

DESCENT = (
    r"Let $A \in \mathbb{R}^{d \times d}$ be symmetric positive definite, $b \in \mathbb{R}^d$ and "
    r"$f(x) = \frac12 x^\top A x - b^\top x$ for $x \in \mathbb{R}^d$. With $\eta > 0$ iterate "
    + shown("gd", r"x_{k+1} = x_k - \eta \nabla f(x_k), \qquad k = 0, 1, 2, \dots")
)


def test_after_some_steps() -> None:
    text = code(DESCENT + "Then " + shown("x", r"x_k = (I - \eta A)^k (x_0 - A^{-1} b) + A^{-1} b"))
    assert "functools.reduce(lambda x_now, _: x_now - eta * xp.gradient(" in text
    assert 'given=dict(k=integer(1, 4), x_first=vector("d")' in text


def test_one_step_from_anywhere() -> None:
    text = code(DESCENT + "Then " + shown("x", r"f(x_{k+1}) - f(x_k) \le 0"))
    assert "AtMost(*(f(xp, x_next(xp, A, b, eta, x_now), A, b) - f(xp, x_now, A, b), 0)" in text


def test_a_step_that_is_shifted_is_the_same_step() -> None:
    text = code(DESCENT + "Then " + shown("x", r"x_k - x_{k-1} = - \eta \nabla f(x_{k-1})"))
    assert "Equal(x_next(xp, A, b, eta, x_now) - x_now" in text


@pytest.mark.parametrize(
    "tex",
    [r"\sum_{k=0}^{n} x_k = x_0", r"x_{k+1} - x_{k-1} = x_k", r"x_3 = x_0", r"k x_{k-1} = x_k"],
)
def test_steps_that_are_not_read(tex: str) -> None:
    assert outcomes(DESCENT + "Then " + shown("x", tex))["x"].claim is None


def test_another_method_is_no_claim_on_the_first() -> None:
    second = shown("second", r"x_{k+1} = x_k - \eta A^{-1} \nabla f(x_k)")
    found = outcomes(DESCENT + "The preconditioned iteration is " + second)
    assert found["second"].claim is None
    assert outcomes(DESCENT + "Equivalently, " + second)["second"].claim is not None
    assert "in two ways" in outcomes(DESCENT + "Also " + second)["second"].reason


# --- extremes -------------------------------------------------------------------------------------

SIMPLEX = r"Let $z \in \mathbb{R}^n$ and $H(p) = -\sum_i p_i \log p_i$. "
TOP = r"\log \sum_i e^{z_i} = \max_{p \in \Delta_n} \left\{ p^\top z + H(p) \right\}"


def test_a_maximum_is_its_bound_and_its_value_where_it_is_taken() -> None:
    after = r", attained at $p = \mathrm{softmax}(z)$."
    text = code(SIMPLEX + "Then " + shown("x", TOP) + after)
    assert 'p=simplex("n")' in text
    assert "AtMost(p @ z + H(xp, p), xp.log(xp.sum(xp.exp(z))))" in text
    assert "xp.softmax(z) @ z + H(xp, xp.softmax(z)) + more)" in text


def test_a_maximum_of_which_is_not_said_where_it_is_taken_has_no_reading() -> None:
    assert "where it is taken" in outcomes(SIMPLEX + "Then " + shown("x", TOP))["x"].reason


def test_a_supremum_below_a_bound_needs_no_place() -> None:
    tex = r"\sup_{p \in \Delta_n} (p^\top z + H(p)) \le \log \sum_i e^{z_i}"
    text = code(SIMPLEX + shown("x", tex))
    assert "AtMost(*(p @ z + H(xp, p), xp.log(xp.sum(xp.exp(z))))[::way])" in text


def test_a_minimizer_is_better_than_any_other() -> None:
    said = r"Let $S$ be a symmetric positive definite $n \times n$ matrix, $b \in \mathbb{R}^n$. "
    first = shown("a", r"\hat x = \arg\min_{x} \tfrac12 x^\top S x - b^\top x")
    text = code(said + first + "Then " + shown("b", r"\hat x = S^{-1} b"))
    assert "x @ S @ x / 2 - b @ x" in text
    assert "the extreme is any" in text


def test_the_order_of_matrices_is_that_of_their_forms() -> None:
    said = r"Let $S, R \in \mathbb{R}^{n \times n}$ be symmetric positive definite. Then "
    text = code(said + shown("x", r"S \preceq S + R"))
    assert "any_vector @ S @ any_vector, any_vector @ (S + R) @ any_vector" in text


# --- arbitrary functions --------------------------------------------------------------------------


def test_a_smooth_function_is_a_polynomial_with_any_coefficients() -> None:
    said = (
        r"Let $V: \mathbb{R}^n \to \mathbb{R}$ be a smooth potential and $q, p \in \mathbb{R}^n$. "
        r"Put $H(q, p) = \frac12 \|p\|^2 + V(q)$. Then "
    )
    text = code(said + shown("x", r"\frac{\partial H}{\partial q} = \nabla V(q)"))
    assert "xp.sum(V_linear * t_) + xp.sum(t_ * (V_square @ t_)) + xp.sum(V_cube * t_)**3" in text
    assert 'built("coefficients of a polynomial", ("n",)' in text


@pytest.mark.parametrize(
    "more",
    [r"Suppose that $V$ is homogeneous. ", r"Assume $\nabla V$ is $L$-Lipschitz. ",
     "The potential is bounded from below. "],
)  # fmt: skip
def test_a_function_of_which_more_is_said_is_no_polynomial(more: str) -> None:
    said = r"Let $V: \mathbb{R}^n \to \mathbb{R}$ be a smooth potential and $q \in \mathbb{R}^n$. "
    assert outcomes(said + more + shown("x", r"V(q) \ge 0"))["x"].claim is None


# --- words for formulas ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words",
    [
        r"with smallest eigenvalue $m$ and largest eigenvalue $L$",
        r"with smallest and largest eigenvalues $m$ and $L$",
        r"with eigenvalues $0 < m = \lambda_1 \le \dots \le \lambda_d = L$",
        r"with eigenvalues $L = \lambda_1 \ge \dots \ge \lambda_d = m$",
    ],
)
def test_the_ends_of_a_spectrum(words: str) -> None:
    said = (
        rf"Let $A \in \mathbb{{R}}^{{d \times d}}$ be symmetric {words}, and "
        r"$x \in \mathbb{R}^d$. "
    )
    text = code(said + "Then " + shown("x", r"m \|x\|^2 \le x^\top A x \le L \|x\|^2"))
    assert "AtMost(*(m(xp, A) * xp.norm2(x), x @ A @ x)" in text
    assert "return xp.eigvalsh(A)[0]" in text
    assert "return xp.eigvalsh(A)[-1]" in text


def test_a_member_of_a_chain_that_is_not_read_is_no_free_number() -> None:
    said = r"Let $x \in \mathbb{R}^d$ and $c > 0$, with $0 < m = s_1 \le \dots \le s_d = L$. Then "
    assert "defined elsewhere" in outcomes(said + shown("x", r"m \|x\|^2 \le c"))["x"].reason


def test_a_diagonal_matrix_and_its_powers() -> None:
    said = (
        r"Let $W \in \mathbb{R}^{n \times n}$ be symmetric with nonnegative entries and zero "
        r"diagonal, $d_i = \sum_j w_{ij} > 0$, and let $D$ be the diagonal matrix with entries "
        r"$d_1, \dots, d_n$. Then "
    )
    text = code(said + shown("x", r"D^{1/2} D^{-1/2} = I"))
    assert "xp.diag(xp.sqrt(d(xp, W))) @ xp.diag(" in text or "xp.diag(d(xp, W)**" in text
    assert "zero diagonal and no negative entry" in text


def test_what_only_an_if_declared_keeps_its_meaning() -> None:
    said = (
        r"Let $X \in \mathbb{R}^{n \times d}$. If $P \in \mathbb{R}^{n \times n}$ is a permutation "
        r"matrix, then " + shown("a", r"\|P X\|_F = \|X\|_F") + "Hence also "
    )
    text = code(said + shown("b", r"\operatorname{tr}(X^\top P^\top P X) = \|X\|_F^2"))
    assert text.count("permuted(xp, Pnumber, n)") == 3
    assert text.count("Pnumber=integer(1, 4)") == 2


def test_what_lies_in_what_is_not_known_is_no_free_symbol() -> None:
    said = r"Let $B \in \mathbb{R}^{|E| \times n}$ and $x \in \mathbb{R}^n$. Then "
    assert "it lies in" in outcomes(said + shown("x", r"\|B x\|^2 = \|x\|^2"))["x"].reason


def test_a_number_that_is_set_holds_in_its_section() -> None:
    said = (
        r"Let $\beta > 0$ and $x \in \mathbb{R}^n$. "
        r"\section{A} We set $\beta = 1$ in this section. "
    )
    first = shown("a", r"\beta \|x\|^2 = \|x\|^2")
    last = shown("b", r"\beta^2 \|x\|^2 = \beta \beta \|x\|^2")
    text = code(said + "Then " + first + r"\section{B} Then " + last)
    assert "Equal(xp.one * 1 * xp.norm2(x), xp.norm2(x) + more)" in text
    assert "Equal(beta**2 * xp.norm2(x)" in text


def test_distributions_are_vectors_where_an_article_says_so() -> None:
    said = r"Distributions are vectors in the simplex. Let $p$ and $q$ be distributions. Then "
    tex = shown("x", r"\sum_i p_i \log (p_i / q_i) \ge 0")
    assert "p=simplex(" in code(said + tex)
    assert outcomes(r"Let $p$ and $q$ be distributions. Then " + tex)["x"].claim is None


def test_all_takes_a_symbol_anew_that_has_a_formula() -> None:
    said = r"Let $z \in \mathbb{R}^n$ and put $p = \mathrm{softmax}(z)$. "
    first = said + r"Let $p, q \in \Delta_n$. For all $p$ and $q$, "
    text = code(first + shown("x", r"\sum_i p_i q_i \le 1"))
    assert 'given=dict(p=simplex("n"), q=simplex("n"))' in text


def test_macros_with_a_usual_argument_and_a_digit_for_a_name() -> None:
    said = (
        r"\newcommand{\EE}[2][p]{\mathbb{E}_{#1}\left[#2\right]}\newcommand{\1}{\mathbf{1}}"
        r"Let $p, q \in \Delta_n$ and $x \in \mathbb{R}^n$. Then "
    )
    text = code(said + shown("x", r"\EE{x} + \EE[q]{x} = p^\top x + q^\top x + 0 \cdot \1^\top x"))
    assert "xp.sum(p * x) + xp.sum(q * x)" in text


def test_the_distribution_function_of_a_gaussian_is_its_error_function() -> None:
    said = (
        r"Let $\phi(t) = (2\pi)^{-1/2} e^{-t^2/2}$ and $\Phi(t) = \int_{-\infty}^t \phi(u)\,du$ be "
        r"the density and the distribution function of a standard Gaussian. Then "
    )
    text = code(said + shown("x", r"\Phi'(t) = \phi(t)"))
    assert "xp.erf(t / xp.sqrt(2))" in text


def test_the_jacobian_of_a_function_with_a_name_in_another_font() -> None:
    said = r"For $x \in \mathbb{R}^n$ put $\mathrm{RN}(x) = x \|x\|^2$. "
    text = code(said + shown("x", r"D\,\mathrm{RN}(x) = \|x\|^2 I + 2 x x^\top"))
    assert "xp.jacobian(lambda x: RN(xp, x), x)" in text


def test_a_flow_that_another_section_gives_anew_is_no_claim() -> None:
    said = r"Let $L \in \mathbb{R}^{n \times n}$ and $x \in \mathbb{R}^n$. Consider "
    first = shown("a", r"\dot x = -L x") + r"\section{B} Consider "
    found = outcomes(said + first + shown("b", r"\dot x = - L^\top L x"))
    assert found["b"].claim is None
    assert found["b"].definition is not None


FAMILY = (
    r"Let $\mathcal{X}$ be a finite set with $m = |\mathcal{X}| \ge 2$ elements, "
    r"$T : \mathcal{X} \to \mathbb{R}^r$ and $b : \mathcal{X} \to (0, \infty)$. "
    r"For $\theta \in \mathbb{R}^r$ put "
    + shown("p", r"p_\theta(x) = b(x) \exp(\theta^\top T(x) - A(\theta))")
    + "where "
    + shown("A", r"A(\theta) = \log \sum_{x \in \mathcal{X}} b(x) \exp(\theta^\top T(x)).")
    + r"For $X \sim p_\theta$ "
)


def test_a_definition_that_rests_on_what_stands_behind_it() -> None:
    assert outcomes(FAMILY + shown("x", r"A(\theta) = A(\theta)"))["p"].definition is not None


def test_the_mean_and_the_covariance_of_vectors() -> None:
    text = code(FAMILY + shown("x", r"\nabla A(\theta) = \mathbb{E}_\theta[T(X)]"))
    assert "theta, pof(xp, theta, T_all, b) @ T_all + more)" in text
    text = code(FAMILY + shown("x", r"\nabla^2 A(\theta) = \operatorname{Cov}_\theta(T(X))"))
    assert "(T_all - (pof(xp, theta, T_all, b) @ T_all)[None, :]).T @ " in text


def test_another_distribution_on_a_finite_set() -> None:
    said = (
        r"Let $\mathcal{X}$ be a finite set. The entropy of a probability mass function $p$ is "
        + shown("H", r"H(p) = - \sum_{x \in \mathcal{X}} p(x) \log p(x).")
        + r"If $q$ is another probability mass function, with $q(x) > 0$ for all "
        r"$x \in \mathcal{X}$, then "
    )
    text = code(said + shown("x", r"\sum_{x \in \mathcal{X}} p(x) \log\frac{p(x)}{q(x)} \ge 0"))
    assert 'given=dict(p=simplex("k"), q=simplex("k"))' in text


def test_a_long_word_beside_a_formula_is_seen_at_once_to_be_no_range() -> None:
    run = [*("abcdefgh" * 8), "=", "?"]
    assert not is_range(run)
    assert is_range(["i", ",", r"\mu", "=", "1", ",", r"\dots", ",", "n"])
