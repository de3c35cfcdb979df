"""Decompositions, families and what is said of entries, in articles."""

from __future__ import annotations

import pytest

pytest.importorskip("pylatexenc")

from fieldcheck.start import article, reading, writing


def read(text: str) -> reading.Result:
    source = f"\\begin{{document}}\n{text}\n\\end{{document}}"
    return reading.interpret(article.scan(source, "a.tex"))


def texts(text: str) -> list[str]:
    """The claims, as text; of one that is not read, the reason."""
    found = read(text)
    names = {d.name for d in found.definitions}
    return [
        writing._claim(o, "a.tex", names) if o.claim else o.reason
        for o in found.outcomes if o.claim or o.reason
    ]  # fmt: skip


SVD = r"""Let $X \in \mathbb{R}^{n \times p}$ and let
\begin{equation} X = U S V^\top \label{svd} \end{equation}
be a thin singular value decomposition, where $U \in \mathbb{R}^{n \times r}$ and
$V \in \mathbb{R}^{p \times r}$ have orthonormal columns $u_i$ and $v_i$, and
$S = \operatorname{diag}(s_1, \dots, s_r)$ with $s_1 \ge \dots \ge s_r > 0$.
"""


def test_a_decomposed_matrix_is_its_product_where_its_factors_are_spoken_of() -> None:
    (made,) = texts(SVD + r"Then \begin{equation} X v_i = s_i u_i. \end{equation}")
    assert 'U_whole=orthogonal("n")' in made
    assert "X(xp, U_whole, V_whole, s)" in made
    assert (
        "sizes=dict(n=range(3, 7), r=range(1, 4), p=range(3, 7))" in made or "r=range(1, 4)" in made
    )


def test_a_decomposed_matrix_is_any_matrix_elsewhere() -> None:
    (made,) = texts(
        SVD + r"Then \begin{equation} \|X\|_F^2 = \operatorname{tr}(X^\top X). \end{equation}"
    )
    assert 'given=dict(X=real_matrix("n", "p"))' in made


def test_numbers_in_order_are_drawn_in_order() -> None:
    (made,) = texts(
        r"Let $s_1 \ge \dots \ge s_r > 0$. Then "
        r"\begin{equation} \sum_{i=1}^r s_i \ge 0. \end{equation}"
    )
    assert 'built("falling numbers"' in made
    assert 'nonzero=("y",)' in made


def test_entries_that_are_symmetric_make_a_symmetric_matrix() -> None:
    (made,) = texts(
        r"Let $w_{ij} = w_{ji} \ge 0$ be weights with $w_{ii} = 0$ and $W = (w_{ij}) \in "
        r"\mathbb{R}^{n \times n}$, and $f \in \mathbb{R}^n$. Then "
        r"\begin{equation} \sum_{i,j} w_{ij} f_i = \sum_{i,j} w_{ij} f_j. \end{equation}"
    )
    assert "symmetric matrix with zero diagonal and no negative entry" in made


def test_a_function_of_what_its_formula_rests_on_keeps_its_argument() -> None:
    (made,) = texts(
        r"Let $A \in \mathbb{R}^{n \times n}$ and $\lambda > 0$. "
        r"Let $H_\lambda = A + \lambda I$ and "
        r"$f(\lambda) = \operatorname{tr} H_\lambda$, for which "
        r"\begin{equation} f'(\lambda) = n. \end{equation}"
    )
    assert "lambda t_: f(xp, t_" in made


FLOW = r"""Let $A \in \mathbb{R}^{n \times n}$ be symmetric. For $s, t \ge 0$ put
\begin{equation} H_t = e^{-tA} \label{heat} \end{equation}
"""


def test_one_of_a_family_by_the_number_below_it() -> None:
    (made,) = texts(FLOW + r"for which \begin{equation} H_{s+t} = H_s H_t. \end{equation}")
    assert "Equal(H_at(xp, s + t, A), H_at(xp, s, A) @ H_at(xp, t, A) + more)" in made


def test_what_is_said_before_what_it_rests_on() -> None:
    (made,) = texts(
        r"Let $A \in \mathbb{R}^{n \times n}$ and $t \ge 0$. The flow is $u(t) = H_t u_0$ with "
        r"$u(0) = u_0 \in \mathbb{R}^n$ and \begin{equation} H_t = e^{-tA}. \end{equation} We have "
        r"$H_0 = I$ and \begin{equation} \frac{d}{dt} u(t) = -A u(t). \end{equation}"
    )
    assert "u(xp, t, A, u_0)" in made


def test_the_last_entry_by_the_size() -> None:
    (made,) = texts(
        r"Let $A \in \mathbb{R}^{n \times n}$ be symmetric, and let "
        r"$\lambda_1 \le \dots \le \lambda_n$ be the eigenvalues of $A$. Then "
        r"\begin{equation} \lambda_n \ge \frac{1}{n} \operatorname{tr} A. \end{equation}"
    )
    assert "lam(xp, A)[n - 1]" in made
    assert "xp.eigvalsh(A)" in "".join(
        h.code for o in read(
            r"Let $A \in \mathbb{R}^{n \times n}$ be symmetric, and let "
            r"$\lambda_1 \le \dots \le \lambda_n$ be the eigenvalues of $A$. Then "
            r"\begin{equation} \lambda_n \ge \lambda_1. \end{equation}").outcomes
        if o.claim for h in o.claim.helpers.values()
    )  # fmt: skip


def test_a_letter_in_two_fonts_is_two_symbols() -> None:
    (made,) = texts(
        r"Let $L \in \mathbb{R}^{n \times n}$ be symmetric and let "
        r"\begin{equation} \mathcal{L} = L + I. \end{equation} "
        r"Then \begin{equation} \operatorname{tr} \mathcal{L} = \operatorname{tr} L + n. "
        r"\end{equation}"
    )
    assert "xp.trace(Lcal(xp, L))" in made


def test_a_pseudoinverse_is_one_of_known_rank() -> None:
    (made,) = texts(
        r"Let $X \in \mathbb{R}^{n \times p}$ with pseudoinverse $X^+$. "
        r"\begin{equation} X X^+ X = X. \end{equation}"
    )
    assert "X @ pseudoinverse(xp, X, min(n, p)) @ X" in made


def test_what_is_said_of_an_inverse_is_not_said_of_the_matrix() -> None:
    (made,) = texts(
        r"Let $X \in \mathbb{R}^{n \times p}$. The Gram matrix of $X$ is symmetric. "
        r"\begin{equation} \|X\|_F^2 = \operatorname{tr}(X X^\top). \end{equation}"
    )
    assert 'X=real_matrix("n", "p")' in made


BLOCKS = r"""Let $\Sigma \in \mathbb{R}^{N \times N}$ be positive definite, partitioned into
blocks as
\begin{equation} \Sigma = \begin{pmatrix} \Sigma_{11} & \Sigma_{12} \\ \Sigma_{21} & \Sigma_{22}
\end{pmatrix}. \end{equation} Let $S = \Sigma_{22} - \Sigma_{21} \Sigma_{11}^{-1} \Sigma_{12}$. """


def test_a_positive_matrix_in_blocks() -> None:
    (made,) = texts(
        BLOCKS + r"\begin{equation} \det \Sigma = \det \Sigma_{11} \det S. \end{equation}"
    )
    assert "Sigma_first=real_invertible(" in made
    assert "xp.det(Sigma_11(xp, Sigma_first)) * xp.det(S(xp" in made


def test_a_name_below_a_letter_is_no_number_of_a_family() -> None:
    found = read(
        r"Let $X \in \mathbb{R}^{n \times p}$, $y \in \mathbb{R}^n$ and $\lambda > 0$. Put "
        r"\begin{equation} b_\lambda = (X^\top X + \lambda I)^{-1} X^\top y. \end{equation} "
        r"For the least squares estimator \begin{equation} X^\top X b_{ols} = X^\top y. "
        r"\end{equation} It is "
        r"\begin{equation} X^\top X b_{2\lambda} = X^\top y - 2 \lambda b_{2\lambda}. "
        r"\end{equation}"
    )
    _, ols, double = found.outcomes
    assert ols.claim is None or "b_at" not in str(ols.claim.relations)
    assert "2 * lam" in str(double.claim and double.claim.relations)


def test_a_bar_over_what_has_a_formula_is_no_conjugate() -> None:
    (made,) = texts(
        r"Let $x \in \mathbb{C}^n$ and $\bar x = \frac{1}{n} \sum_{i=1}^n x_i$. Then "
        r"\begin{equation} \sum_{i=1}^n x_i = n \bar x. \end{equation}"
    )
    assert "x_bar(xp, x)" in made
