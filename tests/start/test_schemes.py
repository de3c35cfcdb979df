"""What articles say of any function: convex ones, conjugates, brackets; random vectors."""

from __future__ import annotations

import pytest

pytest.importorskip("pylatexenc")

from tests.start.test_factors import read, texts

SMOOTH = r"""Let $f\colon\mathbb{R}^d\to\mathbb{R}$ be convex and $L$-smooth, with minimizer
$x^\star$, and $x, y \in \mathbb{R}^d$. """


def test_a_convex_and_smooth_function_is_any_of_them() -> None:
    (made,) = texts(SMOOTH + r"Then \begin{equation} f(x) \ge f(x^\star). \end{equation}")
    assert "f is any convex, L-smooth function" in made
    assert 'f_shares=between(0, 1, "d")' in made
    assert "x_star" in made


def test_of_which_more_is_said_is_none() -> None:
    found = read(
        SMOOTH + r"Suppose that $f$ is even. \begin{equation} f(x) = f(-x). \end{equation}"
    )
    assert not found.of("claim")


def test_a_strongly_convex_function_bends_between_both_bounds() -> None:
    (made,) = texts(
        r"Let $f\colon\mathbb{R}^d\to\mathbb{R}$ be $L$-smooth and $\mu$-strongly convex. Then "
        r"\begin{equation} \|\nabla f(x) - \nabla f(y)\| \ge \mu \|x - y\|. \end{equation}"
    )
    assert 'where=["mu <= L"]' in made


PROX = r"""Let $f\colon\mathbb{R}^n\to(-\infty,+\infty]$ be proper, closed and convex, $\lambda > 0$
and $x \in \mathbb{R}^n$. Its conjugate is \begin{equation}
f^*(y) = \sup_{x \in \mathbb{R}^n} \{\langle x, y \rangle - f(x)\}. \end{equation} Let
\begin{equation} \operatorname{prox}_{\lambda f}(x) = \operatorname*{arg\,min}_{u}
\Bigl\{ f(u) + \frac{1}{2\lambda} \|u - x\|^2 \Bigr\}. \end{equation} """


def test_proximal_points_of_other_functions_and_numbers() -> None:
    (made,) = texts(
        PROX + r"Then \begin{equation} x = \operatorname{prox}_{\lambda f}(x) + "
        r"\lambda \operatorname{prox}_{f^*/\lambda}(x/\lambda). \end{equation}"
    )
    assert made.count("stationary(xp, ") == 3
    assert "xp.norm2(u_" in made


def test_an_extreme_of_what_is_no_bowl_is_not_read() -> None:
    (made,) = texts(
        PROX + r"For $x \in \mathbb{R}^n$ \begin{equation} f(x) = "
        r"\min_{u \in \mathbb{R}^n} \{ \langle u, x \rangle^2 - \|u\|^2 \} + 1. \end{equation}"
    )
    assert "bowl" in made


BRACKET = r"""Let $q, p \in \mathbb{R}^n$. For smooth functions $f, g$ of $(q, p)$ the
Poisson bracket is \begin{equation} \{f, g\} = \sum_{j=1}^n \left( \frac{\partial f}{\partial q_j}
\frac{\partial g}{\partial p_j} - \frac{\partial f}{\partial p_j} \frac{\partial g}{\partial q_j}
\right). \end{equation} """


def test_a_bracket_of_coordinates_keeps_its_indices_apart() -> None:
    (made,) = texts(BRACKET + r"Then \begin{equation} \{q_i, p_j\} = \delta_{ij}. \end{equation}")
    assert "axis=1), xp.eye(n) + more)" in made


def test_letters_in_a_bracket_are_functions_and_no_numbers() -> None:
    (made,) = texts(BRACKET + r"Then \begin{equation} \{f, h\} = -\{h, f\}. \end{equation}")
    assert "h is any smooth function of p, q" in made
    assert "f is any smooth function of p, q" in made


def test_moments_of_what_is_linear_in_a_random_vector() -> None:
    (made,) = texts(
        r"Let $X \in \mathbb{R}^{n \times p}$, $\beta \in \mathbb{R}^p$ and "
        r"$y = X\beta + \varepsilon$, "
        r"where the noise satisfies $\mathbb{E}[\varepsilon] = 0$ and "
        r"$\operatorname{Cov}(\varepsilon) = \tau^2 I_n$. Then "
        r"\begin{equation} \mathbb{E}[y] = X \beta, \qquad "
        r"\operatorname{Cov}(X^\top y) = \tau^2 X^\top X. "
        r"\end{equation}"
    )
    assert "xp.zeros(n)" in made
    assert "xp.jacobian(lambda varepsilon" in made


def test_complex_numbers() -> None:
    (made,) = texts(
        r"Let $A \in \mathbb{C}^{n \times n}$ be Hermitian and $u \in \mathbb{C}^n$. "
        r"\begin{equation} \frac{\partial (u^* A u)}{\partial \bar u} = A u, \qquad "
        r"\bigl(e^{iA}\bigr)^* = e^{-iA}. \end{equation}"
    )
    assert "xp.wirtinger(lambda u: xp.conj(u) @ A @ u, u)" in made
    assert "xp.expm(xp.i * A)" in made


def test_an_index_i_is_no_imaginary_unit() -> None:
    (made,) = texts(r"Let $u \in \mathbb{C}^n$. \begin{equation} \sum_i i u_i = 0. \end{equation}")
    assert "xp.i" not in made


def test_matrices_with_a_label_above() -> None:
    found = read(
        r"Let $X \in \mathbb{R}^{n \times d}$ and $W_Q^h, W_K^h \in \mathbb{R}^{d \times r}$ for "
        r"$h = 1, \dots, L$. "
        r"\begin{equation} \sum_{h=1}^L X W_Q^h = X \sum_{h=1}^L W_Q^h. \end{equation}"
    )
    assert found.of("claim")


def test_a_quadratic_of_a_gaussian_vector() -> None:
    (made,) = texts(
        r"Let $x \sim \mathcal{N}(\mu, \Sigma)$ with $\mu \in \mathbb{R}^n$ and a "
        r"positive definite matrix $\Sigma \in \mathbb{R}^{n \times n}$, and "
        r"$A \in \mathbb{R}^{n \times n}$. Then "
        r"\begin{equation} \mathbb{E}[x^\top A x] = \operatorname{tr}(A \Sigma) + \mu^\top A \mu. "
        r"\end{equation}"
    )
    assert "@ Sigma) / 2" in made


def test_a_convex_set_makes_no_function_convex() -> None:
    (made,) = texts(
        r"Let $C \subset \mathbb{R}^n$ be closed and convex, and let "
        r"$h\colon\mathbb{R}^n\to\mathbb{R}$ be $M$-smooth. For $x, y \in \mathbb{R}^n$ "
        r"\begin{equation} h(y) \ge h(x) + \langle \nabla h(x), y - x \rangle "
        r"- \frac{M}{2} \|y - x\|^2. \end{equation}"
    )
    assert "h is any M-smooth function" in made


def test_a_minimizer_of_something_else_is_none_of_the_function() -> None:
    found = read(
        r"Let $f\colon\mathbb{R}^n\to\mathbb{R}$ be convex and $\lambda > 0$. Let $x^\star$ be the "
        r"minimizer of $f(x) + \lambda \|x\|^2$. \begin{equation} \nabla f(x^\star) = "
        r"-2 \lambda x^\star. \end{equation}"
    )
    assert not found.of("claim")
