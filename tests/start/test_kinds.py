"""Kinds of formulas: several statements, rates, means, counts, cases, products of matrices."""

from __future__ import annotations

import pytest

pytest.importorskip("pylatexenc")

from fieldcheck.start import writing
from tests.start.test_reading import SAID, body, one, outcomes


@pytest.mark.parametrize(
    ("tex", "expected"),
    [
        (r"a + b = b + a, \qquad a b = b a", "(Equal(a + b, b + a + more), Equal(a * b, b * a))"),
        (r"|a| \ge 0, \quad A B = B A \quad\text{and}\quad a = b",
         "(AtMost(*(0, xp.abs(a))[::way]), Equal(A @ B, B @ A), Equal(a, b))"),
        (r"a = b, \ b = a", "(Equal(a, b + more), Equal(b, a))"),
        (r"u_i = v_i, \quad a = b, \qquad i = 1, \dots, n", "(Equal(u, v + more), Equal(a, b))"),
        (r"u \cdot v = v \cdot u", "Equal(xp.sum(u * v), xp.sum(v * u) + more)"),
        (r"a \cdot b = 2 \cdot 3", "Equal(a * b, 6 + more)"),
        (r"A \circ B = B \odot A", "Equal(A * B, B * A + more)"),
        (r"\operatorname{tr}(A \otimes B) = \operatorname{tr}(A) \operatorname{tr}(B)",
         "Equal(xp.trace(xp.kron(A, B)), xp.trace(A) * xp.trace(B) + more)"),
        (r"\operatorname{vec}(A) = \operatorname{vec}(B)",
         "Equal(xp.flatten(A.T), xp.flatten(B.T) + more)"),
        (r"\frac{d}{dt} e^{tA} = A e^{tA}", None),
        (r"(\det A)^n = \det A", "Equal(xp.det(A)**n, xp.det(A) + more)"),
        (r"\frac{\partial^2}{\partial a^2} e^{a} = e^a",
         "Gradient(lambda a: xp.gradient(lambda a: xp.exp(a), a), a, xp.exp(a) + more)"),
        (r"\frac{\partial^2 (x^\top A x)}{\partial x_i \partial x_j} = A_{ij} + A_{ji}", None),
        (r"\partial_k \|x\|^2 = 2 x_k",
         "Equal(xp.gradient(lambda x: xp.norm2(x), x), 2 * x + more)"),
        (r"\partial_a (a^2 b) = 2 a b", None),
        (r"\nabla \cdot (A x) = \operatorname{tr} A",
         "Equal(xp.trace(xp.jacobian(lambda x: A @ x, x)), xp.trace(A) + more)"),
        (r"\nabla \|x\|^2 = 2 x", "Gradient(lambda x: xp.norm2(x), x, 2 * x + more)"),
        (r"\mathbb{E}_p[r^2] = \sum_k p_k r_k^2",
         "Equal(xp.sum(p * r**2), xp.sum(p * r**2) + more)"),
        (r"\langle r^2 \rangle_p - \langle r \rangle_p^2 = \operatorname{Var}_p(r)",
         "Equal(xp.sum(p * r**2) - xp.sum(p * r)**2, "
         "xp.sum(p * ((r - xp.sum(p * r)) * (r - xp.sum(p * r)))) + more)"),
        (r"\sum_{k=0}^{N} \binom{N}{k} = 2^N",
         "Equal(sum((math.comb(N, k) for k in range(0, N + 1)), xp.zeros()), "
         "(xp.one * 2)**N + more)"),
        (r"(N+1)! = (N+1) N!", "Equal(math.factorial(N + 1), (N + 1) * math.factorial(N) + more)"),
        (r"\max(a, 0) = \begin{cases} a & \text{if } a \ge 0, \\ 0 & \text{otherwise} \end{cases}",
         "Equal(xp.maximum(a, 0), (a * xp.step(a - 0) + 0 * (1 - xp.step(a - 0))) + more)"),
    ],
)  # fmt: skip
def test_kinds_that_are_read(tex: str, expected: str | None) -> None:
    said = SAID + r"Let $N$ be a positive integer and $r \in \mathbb{R}^m$."
    if r"\ b" in tex:
        tex = tex.replace(r"\ ", "")
    found = body(tex, said)
    assert expected is None or found == expected


@pytest.mark.parametrize(
    ("tex", "reason"),
    [
        (r"\sum_{k} k p_k = a", "as a number"),
        (r"p_k = k", "as a number"),
        (r"\mathbb{E}[u] = a", "an expectation"),
        (r"\mathbb{E}_u[v] = a", "an expectation"),
        (r"\frac{d}{ds} u = v", "does not speak"),
        (r"\dot u = u + \dot u", "time derivative"),
        (r"\sum_{k=0}^{3} i^k = 0", "imaginary"),
        (r"\partial_k (u^\top v) = v_k", "in which variable"),
        (r"a = b \implies b = a", r"\implies"),
        (r"a = b, \quad\text{unless}\quad a = 0", "more than one statement"),
    ],
)
def test_kinds_that_are_refused(tex: str, reason: str) -> None:
    outcome = one(tex)
    assert outcome.claim is None
    assert reason in outcome.reason


def returned(outcome) -> str:
    assert outcome.claim is not None, outcome.reason
    text = writing._claim(outcome, "a.tex")
    (line,) = [line.strip() for line in text.splitlines() if line.strip().startswith("return")]
    return line.removeprefix("return ")


def test_time_derivatives_are_taken_along_the_flow() -> None:
    first, second = outcomes(
        r"Along the flow $\dot x = -A x$ we have \begin{equation} "
        r"\frac{d}{dt} \|x(t)\|^2 = -2 x^\top A x \label{a} \end{equation} and "
        r"\begin{equation} \frac{d}{dt} (u^\top x) = -u^\top A x \label{b} \end{equation}",
        SAID.replace("a, b, t", "a, b"),
    )
    assert returned(first) == (
        "Equal(xp.push(lambda x: xp.norm2(x), x, x_dot(xp, A, x)), -2 * x @ A @ x + more)"
    )
    assert returned(second) == (
        "Equal(xp.push(lambda x: u @ x, x, x_dot(xp, A, x)), -u @ A @ x + more)"
    )


def test_a_flow_of_two_states_in_a_display() -> None:
    flow, outcome = outcomes(
        r"\begin{equation} \dot u = v, \qquad \frac{dv}{dt} = -u \label{f} \end{equation} give "
        r"\begin{equation} \frac{d}{dt} (\|u\|^2 + \|v\|^2) = 0 \label{e} \end{equation}",
        SAID.replace("a, b, t", "a, b"),
    )
    assert flow.definition is not None
    assert returned(outcome).count("xp.push") == 2


def test_a_curve_of_which_no_more_is_said_moves_as_it_likes() -> None:
    first, second = outcomes(
        r"Let $t \mapsto X(t)$ be a differentiable curve of $n \times n$ matrices with "
        r"$\det X(t) > 0$. Then \begin{equation} \frac{d}{dt} \log\det X(t) = "
        r"\operatorname{tr}(X(t)^{-1} \dot X(t)) \label{f} \end{equation} and "
        r"\begin{equation} \frac{d}{dt} X(t)^{-1} = - X(t)^{-1} \dot X(t) X(t)^{-1} \label{g} "
        r"\end{equation}",
        "",
    )
    assert returned(first) == (
        "Equal(xp.push(lambda X: xp.log(xp.det(X)), X, X_dot), xp.trace(xp.inv(X) @ X_dot) + more)"
    )
    assert 'where=["xp.det(X) > 0"]' in writing._claim(second, "a.tex")


def test_what_a_flow_keeps_is_not_forgotten() -> None:
    """On the simplex the sum below vanishes, and nowhere else."""
    flow, outcome, mean = outcomes(
        r"Let $z(t)$ evolve by \begin{equation} \dot z_i = z_i (v_i - \bar v), \qquad "
        r"\bar v = \sum_j z_j v_j, \label{f} \end{equation} on the probability simplex. Then "
        r"\begin{equation} \sum_i \dot z_i = 0 \label{e} \end{equation} and "
        r"\begin{equation} \frac{d \bar v}{dt} = 0. \label{m} \end{equation}",
        SAID.replace("a, b, t", "a, b"),
    )
    assert flow.claim is outcome.claim is mean.claim is mean.definition is None
    assert outcome.reason


def test_a_definition_may_go_on_with_what_is_claimed_of_it() -> None:
    flow, outcome = outcomes(
        r"Let $m > 0$ and $H(u, v) = \frac{1}{2m} \|v\|^2$. Then \begin{equation} \dot u = "
        r"\nabla_v H = \frac{v}{m} \label{f} \end{equation} and \begin{equation} "
        r"\frac{d}{dt} \|u\|^2 = \frac{2}{m} u^\top v \label{e} \end{equation}",
        SAID.replace("a, b, t", "a, b").replace("^m", "^k"),
    )
    assert returned(flow).startswith("Gradient(lambda v: H(xp, u, v, m), v, ")
    assert "x_dot" not in returned(outcome)
    assert "u_dot(xp, " in returned(outcome)


def test_the_norm_of_a_matrix_with_a_two_is_what_the_article_says() -> None:
    (outcome,) = outcomes(
        r"Here $\|A\|_2$ is the operator norm. \begin{equation} \|A\|_2 \le \|A\|_F "
        r"\quad (u \in \mathbb{R}^n) \label{f} \end{equation}",
    )
    assert returned(outcome) == "AtMost(*(xp.spectral_norm(A), xp.norm(A))[::way])"


def test_a_letter_that_is_declared_later_for_something_else_is_guessed() -> None:
    (outcome,) = outcomes(
        r"Along $\dot w = -w$ \begin{equation} \frac{d}{dt} w^\top w = -2 w^\top w \label{f}"
        r" \end{equation}."
        "\n\n"
        r"Let $w$ be a real number.",
        SAID.replace("a, b, t", "a, b"),
    )
    assert "xp.push" in returned(outcome)


def test_a_mean_that_the_article_defines_takes_functions_value_by_value() -> None:
    (outcome,) = outcomes(
        r"Write $\langle f \rangle = \sum_k p_k f_k$. Then \begin{equation} "
        r"\langle q^2 \rangle \ge \langle q \rangle^2 \label{a} \end{equation}",
    )
    assert returned(outcome) == "AtMost(*(average(xp, q, p)**2, average(xp, q**2, p))[::way])"


def test_what_is_defined_by_entries_and_declared_later_is_defined() -> None:
    first, second = outcomes(
        r"The weights are \begin{equation} w_k = r_k / s \label{a} \end{equation} with sum "
        r"\begin{equation} \sum_k w_k = \frac1s \sum_k r_k \label{b} \end{equation}."
        "\n\n"
        r"There let $w \in \mathbb{R}^m$.",
        r"Let $r \in \mathbb{R}^m$ and $s > 0$.",
    )
    assert first.definition is not None
    assert returned(second).startswith("Equal(xp.sum(w(xp, r, s))")


def test_what_a_sentence_says_a_declared_matrix_is_defines_it() -> None:
    (outcome,) = outcomes(
        r"Put $A = B B^\top$. Then \begin{equation} A = A^\top \label{a} \end{equation}"
    )
    assert returned(outcome) == "Equal(A(xp, B), A(xp, B).T + more)"
