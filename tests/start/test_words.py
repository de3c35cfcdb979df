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


FREE = r"Let $A, B \in \mathbb{R}^{n \times n}$ and $x, y, z \in \mathbb{R}^n$. "


@pytest.mark.parametrize(
    "words",
    [
        r"When a state $x$ is under discussion, it is arbitrary. Then",
        r"Whenever the operator $A$ is considered, we find",
        r"If a query $x$ is given, then",
        r"When $x$ varies,",
    ],
)
def test_words_that_restrict_nothing_leave_a_symbol_free(words: str) -> None:
    made = read(FREE + words, r"A x + A y = A (x + y)")
    assert made == "Equal(A @ x + A @ y, A @ (x + y) + more)"


@pytest.mark.parametrize(
    "words",
    [
        r"If the operator $A$ is frobnicated, then",
        r"If $x$ dominates $y$, then",
        r"Suppose that the matrix $A$ is circulant. Then",
        r"If the state $x$ lies near $y$, then",
        r"Whenever the vector $x$ is drawn from a Gaussian, we find",
    ],
)
def test_words_that_restrict_leave_it_unread(words: str) -> None:
    (outcome,) = outcomes(
        rf"{FREE}{words} \begin{{equation}} A x + y = A x + y \label{{x}} \end{{equation}}", ""
    )
    assert outcome.claim is None


def shown(*parts: str) -> list[str]:
    """What the claims say of displays between words."""
    body = "".join(
        rf"{part} \begin{{equation}} {tex} \label{{l{k}}} \end{{equation}} "
        for k, (part, tex) in enumerate(zip(parts[::2], parts[1::2], strict=True))
    )
    return [returned(each) if each.claim else each.reason for each in outcomes(body, "")]


def test_a_symbol_is_special_only_where_it_is_said_to_be() -> None:
    first, second, third = shown(
        FREE + r"First,", r"\operatorname{tr}(AB) = \operatorname{tr}(BA),",
        r"and with $B = A$", r"\operatorname{tr}(AB) = \operatorname{tr}(BA).",
        r"In general", r"\operatorname{tr}(AB) = \operatorname{tr}(BA).",
    )  # fmt: skip
    assert first == third == "Equal(xp.trace(A @ B), xp.trace(B @ A) + more)"
    assert "B(xp, A)" in second


def test_what_a_convention_defines_holds_where_its_symbol_is_spoken_of() -> None:
    both = shown(
        FREE + r"When a state $x$ is under discussion, $y = A x$. Then", r"y + z = z + y.",
        r"Moreover", r"y + x = x + y.",
    )  # fmt: skip
    assert both == ["Equal(y + z, z + y + more)", "Equal(y(xp, A, x) + x, x + y(xp, A, x) + more)"]


def test_a_symbol_in_which_a_formula_is_derived_is_free_in_it() -> None:
    (made,) = shown(FREE + r"Let $y = A x$. Then", r"\nabla_y \|y\|^2 = 2 y.")
    assert made == "Gradient(lambda y: xp.norm2(y), y, 2 * y + more)"


def test_a_size_in_an_aside_is_that_size() -> None:
    (outcome,) = outcomes(
        r"Let $x \in \mathbb{R}^n$. For two entries, $n = 2$, the sum is "
        r"\begin{equation} \sum_{i=1}^n x_i = x_1 + x_2. \label{x} \end{equation}", ""
    )  # fmt: skip
    assert "sizes=dict(n=[2])" in writing._claim(outcome, "a.tex")


def test_for_general_symbols_nothing_is_assumed_any_more() -> None:
    source = (
        r"Let $A \in \mathbb{R}^{n \times n}$. If $A$ is symmetric, then "
        r"\begin{equation} A = A^\top, \label{a} \end{equation} and for general $A$ "
        r"\begin{equation} (A^\top)^\top = A. \label{b} \end{equation}"
    )
    first, second = (writing._claim(each, "a.tex") for each in outcomes(source, ""))
    assert "symmetric(" in first
    assert "real_matrix(" in second


def test_a_function_of_others_and_one_by_its_square() -> None:
    made = shown(
        FREE + r"Put $s(x)^2 = \|x\|^2 + 1$ and $f_1(x) = x^\top x$, $f_2(x) = x^\top A x$. With",
        r"f = f_1 + f_2", r"we have", r"f(x) = x^\top x + x^\top A x, \qquad s(x)^2 \ge 1.",
    )  # fmt: skip
    assert "AtMost(1, s(xp, x)**2)" in made[1]


def test_the_projection_onto_any_cone() -> None:
    made = shown(
        r"Let $K \subset \mathbb{R}^n$ be a closed convex cone with the projection $P_K$, and let "
        r"$x \in \mathbb{R}^n$. Then", r"x = P_K(x) + P_{K^\circ}(x),",
        r"and", r"\operatorname{dist}(x, K) = \|P_{K^\circ}(x)\|.",
    )  # fmt: skip
    assert "P_K(xp, x, K_axes" in made[0]
    assert "dist_K(xp, x, K_axes" in made[1]


def test_a_real_function_of_a_complex_state() -> None:
    made = shown(
        r"Let $X \in \mathbb{C}^{n \times m}$ and let $V: \mathbb{C}^{n \times m} \to \mathbb{R}$ "
        r"be smooth. The flow is", r"\mathrm{i} \dot X = \frac{\partial V}{\partial \bar X}.",
        r"Then", r"\frac{d}{dt} V(X) = 0.",
    )  # fmt: skip
    assert made[1].startswith("Equal(xp.push(lambda X: V(xp, X,")


@pytest.mark.parametrize(
    ("tex", "expected"),
    [
        (r"\frac{\partial L}{\partial W} = G X^\top", "Gradient(lambda W: L(xp, G, W, X), W, "),
        (r"\nabla_W^2 L = 0", "of L a slope is said, and no more"),
        (r"L = \operatorname{tr}(G^\top Z)", "of L a slope is said, and no more"),
        (
            r"\frac{\partial}{\partial X} \operatorname{tr}\Bigl(\frac{\partial L}{\partial W}^\top"
            r" W\Bigr) = W^\top G",
            "of L a slope is said, and no more",
        ),
    ],
)
def test_of_a_loss_with_a_slope_only_the_slope_is_known(tex: str, expected: str) -> None:
    """The linear function that stands for it has no second derivative, and is not the loss."""
    (outcome,) = outcomes(
        r"Let $W \in \mathbb{R}^{m \times n}$, $X \in \mathbb{R}^{n \times k}$ and $Z = W X$, and "
        r"let $L$ be a differentiable function of $Z$ with $G = \partial L / \partial Z$. Then "
        rf"\begin{{equation}} {tex}. \end{{equation}}",
        "",
    )
    assert expected in (outcome.reason or writing._claim(outcome, "a.tex"))
