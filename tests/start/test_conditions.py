"""What an article assumes: of sizes, of several symbols at once, and for how long."""

from __future__ import annotations

import pytest

pytest.importorskip("pylatexenc")

from fieldcheck.start import writing
from tests.start.test_reading import outcomes

SAID = r"""
Let $A, B \in \mathbb{R}^{n \times n}$, $u, v, x \in \mathbb{R}^n$ and $a, b, t \in \mathbb{R}$.
"""


def shown(words: str, tex: str, said: str = SAID) -> str:
    """The claim, as text, of a formula after some words."""
    (outcome,) = outcomes(f"{words} \\begin{{equation}} {tex} \\label{{x}} \\end{{equation}}", said)
    assert outcome.claim is not None, outcome.reason
    return writing._claim(outcome, "a.tex")


@pytest.mark.parametrize(
    ("words", "sizes"),
    [
        (r"Let $n \ge 2$. Then", "sizes=dict(n=range(2, 7))"),
        (r"For $n\geq 3$ we have", "sizes=dict(n=range(3, 7))"),
        (r"Fix an integer $n > 1$. Then", "sizes=dict(n=range(2, 7))"),
        (r"For $n = 2$ we have", "sizes=dict(n=[2])"),
        (r"Let $n \geq 1$. Then", ""),
    ],
)
def test_what_is_said_of_a_size_reaches_the_claim(words: str, sizes: str) -> None:
    text = shown(words, r"u^\top v = v^\top u")
    assert sizes in text
    assert ("sizes=" in text) == bool(sizes)


def test_two_sizes_of_which_one_is_the_lesser() -> None:
    text = shown(
        r"Let $W \in \mathbb{R}^{m \times k}$ with $k \le m$. Then",
        r"\operatorname{tr}(W^\top W) = \|W\|_F^2",
    )
    assert "sizes=dict(k=range(1, 4), m=range(3, 7))" in text


def test_a_size_that_is_not_there_leaves_the_other_one() -> None:
    text = shown(
        r"Let $W \in \mathbb{R}^{m \times k}$ with $k < m$ and $z \in \mathbb{R}^m$. Then",
        r"z^\top z = \|z\|^2",
    )
    assert "sizes=dict(m=range(2, 7))" in text


@pytest.mark.parametrize(
    ("words", "where"),
    [
        (r"For $a \ne b$ we have", 'where=["a != b"]'),
        (r"For all $0 < a < b$,", 'where=["0 < a < b"]'),
        (r"If $\|u\| \le 1$, then", 'where=["xp.norm(u) <= 1"]'),
        (r"Suppose that $\det A > 0$. Then", 'where=["xp.det(A) > 0"]'),
        (r"If $1 + v^\top A u \neq 0$, then", 'where=["1 + v @ A @ u != 0"]'),
        (r"Whenever $|a| < 1$ and $a \ne b$ we have", 'where=["a != b", "xp.abs(a) < 1"]'),
        (r"For $t > 1$,", 'where=["t > 1"]'),
    ],
)
def test_a_comparison_that_is_assumed_stands_beside_the_domains(words: str, where: str) -> None:
    text = shown(words, r"t (a - b) \det(A) u^\top v = v^\top u (a - b) t \det A")
    assert where in text


def test_an_input_that_only_a_hypothesis_speaks_of_is_one_all_the_same() -> None:
    text = shown(r"For $a < b$ we have", r"a = 2 a")
    assert "b=real()" in text
    assert 'where=["a < b"]' in text


@pytest.mark.parametrize("words", [r"If $A B = B A$, then", r"If $a = b$, then"])
def test_an_equality_that_is_assumed_leaves_it_unread(words: str) -> None:
    (outcome,) = outcomes(
        rf"{words} \begin{{equation}} A B a = 2 A B a \label{{x}} \end{{equation}}", SAID
    )
    assert outcome.claim is None
    assert "what is said of" in outcome.reason


EQUATION = r"\begin{equation} \det(A B) = \det A \det B \label{x} \end{equation}"


def test_what_a_theorem_assumes_ends_with_its_proof() -> None:
    assumed = r"\begin{lemma} Suppose that $A B = B A$. Then so it is. \end{lemma}"
    (outcome,) = outcomes(rf"{assumed} \begin{{proof}} {EQUATION} \end{{proof}}", SAID)
    assert "what is said of" in outcome.reason
    (outcome,) = outcomes(rf"{assumed} In general, {EQUATION}", SAID)
    assert outcome.claim is not None, outcome.reason


def test_an_if_without_a_formula_after_it_ends_with_its_paragraph() -> None:
    assumed = r"If $A$ and $B$ commute, all is easy."
    (outcome,) = outcomes(rf"{assumed} Then {EQUATION}", SAID)
    assert "commut" in outcome.reason
    (outcome,) = outcomes(f"{assumed}\n\nBut {EQUATION}", SAID)
    assert outcome.claim is not None, outcome.reason


def test_what_is_declared_anew_in_another_paragraph_leaves_what_was_assumed_of_it() -> None:
    (outcome,) = outcomes(
        rf"Let $A$ and $B$ be diagonal matrices. So be it.{chr(10)}{chr(10)}"
        rf"For all $A, B \in \mathbb{{R}}^{{n \times n}}$, {EQUATION}",
        "Nothing is said.",
    )
    assert outcome.claim is not None, outcome.reason


@pytest.mark.parametrize(
    ("words", "domain"),
    [
        (r"For orthogonal $U \in \mathbb{R}^{n \times n}$,", 'orthogonal("n")'),
        (r"For every orthogonal $n \times n$ matrix $U$,", 'orthogonal("n")'),
        (r"Let $U \in \mathbb{R}^{n \times n}$ be orthogonal. Then", 'orthogonal("n")'),
        (r"If $U$ is a symmetric positive definite matrix, then", 'spd("n")'),
        (r"Let $U$ be a symmetric positive-semidefinite matrix. Then", "semidefinite"),
        (r"Let $U$ be skew. Then", "skew-symmetric"),
    ],
)
def test_what_a_matrix_is_in_words(words: str, domain: str) -> None:
    assert f"U={domain}" in shown(words, r"\det U = 1").replace('built("', "") or domain in shown(
        words, r"\det U = 1"
    )


def test_a_size_that_is_an_integer_beside_matrices_is_no_matrix() -> None:
    said = (
        r"Throughout, $n$ is a positive integer, and matrices are real. "
        r"Let $A$ and $B$ be real $n \times n$ matrices. Then"
    )
    text = shown(said, r"(\operatorname{tr} A)^2 \le n \|A\|_F^2 + \|B\|_F^2", "")
    assert 'given=dict(A=real_matrix("n", "n"), B=real_matrix("n", "n"))' in text
    assert "n = A.shape[0]" in text


def test_an_adjective_that_the_article_explains_is_a_hypothesis() -> None:
    explained = (
        r"A matrix $A \in \mathbb{R}^{n \times n}$ is called tame if \begin{equation} A^2 = A. "
        r"\label{t} \end{equation} "
    )
    claimed = r"Let $A$ be tame. Then \begin{equation} A^3 = A \label{x} \end{equation}"
    *_, outcome = outcomes(explained + claimed, "")
    assert outcome.claim is None
    assert "tame" in outcome.reason
