"""The same formulas as other authors type them."""

from __future__ import annotations

import pytest

pytest.importorskip("pylatexenc")

from fieldcheck.start import article, dialect, reading, writing

SAID = r"""
Let $A \in \mathbb{R}^{n \times n}$, $W \in \mathbb{R}^{m \times n}$ and $x \in \mathbb{R}^n$.
"""


def outcomes(body: str, head: str = "") -> list[reading.Outcome]:
    source = rf"\documentclass{{article}}{head}\begin{{document}}{body}\end{{document}}"
    return reading.interpret(article.scan(source, "a.tex")).outcomes


def code(tex: str, head: str = "", said: str = SAID) -> str:
    """The last formula's claim, as text."""
    *_, outcome = outcomes(rf"{said}\begin{{equation}}{tex}\end{{equation}}", head)
    assert outcome.claim is not None, outcome.reason
    return writing._claim(outcome, "a.tex")


@pytest.mark.parametrize(
    ("typed", "plain"),
    [
        (r"\mathop{\rm tr}(A) = {\rm tr}(A^\top)", r"\mathrm{tr}(A) = \mathrm{tr}(A^\top)"),
        (r"\mathop{\mathrm{tr}}(A) = \tr(A^\top)", r"\mathrm{tr}(A) = \mathrm{tr}(A^\top)"),
        (r"\|W\|_{\rm F} = \|W\|_\F", r"\|W\|_F = \|W\|_F"),
        (r"\sum\limits_{i=1}^n x_i = \sum_{i=1}^n x_i", r"\sum_{i=1}^n x_i = \sum_{i=1}^n x_i"),
        (r"\al\norm{x} = \norm*{x}\alpha", r"\alpha\|x\| = \|x\|\alpha"),
        (r"\norm[\big]{x} = \sqrt{x^\top x}", r"\|x\| = \sqrt{x^\top x}"),
        (r"\alpha² + \alpha⁻¹⁰ = x₁ \alpha", r"\alpha^2 + \alpha^{-10} = x_1 \alpha"),
        ("Aᵀ A = A^\\top A", r"A^T A = A^\top A"),
    ],
)  # fmt: skip
def test_the_same_formula_is_the_same_claim(typed: str, plain: str) -> None:
    head = (
        r"\def\F{{\rm F}}\let\al\alpha\newcommand{\tr}{\mathop{\rm tr}}"
        r"\DeclarePairedDelimiter\norm{\lVert}{\rVert}"
    )
    said = SAID + r"Let $\alpha \in \mathbb{R}$."

    def body(tex: str) -> str:
        return code(tex, head, said).partition("return ")[2]

    assert body(typed) == body(plain)


def test_derivatives_of_the_physics_package() -> None:
    head = r"\usepackage{physics}"
    said = SAID + r"Let $f(t) = t^3$ for $t \in \mathbb{R}$."
    assert "Gradient(lambda t: f(xp, t), t, 3 * t**2" in code(r"\dv{f(t)}{t} = 3t^2", head, said)
    assert "xp.gradient(lambda t: f(xp, t), t), t, 6" in code(r"\dv[2]{f(t)}{t} = 6t", head, said)


@pytest.mark.parametrize(
    "words",
    [
        "The transpose of $A$ is denoted by $A'$.",
        "Here $A'$ is the transpose of $A$.",
        "Primes denote transposes.",
    ],
)
def test_primes_that_the_text_calls_transposes(words: str) -> None:
    assert "A.T" in code(r"x'A'x = x'Ax", said=SAID + words)


def test_other_primes_are_left_alone() -> None:
    (outcome,) = outcomes(SAID + r"\begin{equation} x'Ax = x'A'x \end{equation}")
    assert outcome.claim is None


@pytest.mark.parametrize(
    ("tex", "formula", "said"),
    [
        (r"a = b, \qquad a \in S", "a = b", [r"a \in S"]),
        (r"a = b, \quad a \in S,\quad b \in T", "a = b", [r"a \in S", r"b \in T"]),
        (r"a = b, \qquad c = d", r"a = b, \qquad c = d", []),
        (r"a = b, \qquad c = d, \qquad d \in S", r"a = b, \qquad c = d", [r"d \in S"]),
        (r"f(a, \quad b \in S) = c", r"f(a, \quad b \in S) = c", []),
    ],
)
def test_what_stands_behind_a_gap(tex: str, formula: str, said: list[str]) -> None:
    assert dialect.apart(tex) == (formula, said)


def test_what_stands_behind_a_gap_is_a_declaration() -> None:
    made = code(r"\|V\|_F^2 = \mathrm{tr}(V^\top V), \qquad V \in \mathbb{R}^{k \times m}", said="")
    assert 'V=real_matrix("k", "m")' in made


@pytest.mark.parametrize(
    ("tex", "parts"),
    [
        (r"a > 0,\ c \in \mathbb{R}", ["a > 0", r"c \in \mathbb{R}"]),
        (r"x_1, \dots, x_n \in \mathbb{R}", [r"x_1, \dots, x_n \in \mathbb{R}"]),
        (r"f(a = 1, b = 2) = c", [r"f(a = 1, b = 2) = c"]),
        (r"\{p : p_i \ge 0, \sum_i p_i = 1\}", [r"\{p : p_i \ge 0, \sum_i p_i = 1\}"]),
    ],
)
def test_several_conditions_in_one_formula(tex: str, parts: list[str]) -> None:
    assert dialect.listed(tex) == parts


def test_a_size_below_the_least_of_two() -> None:
    said = (
        r"Let $1 \le r \le \min(m, n)$, $B \in \mathbb{R}^{m \times r}$ and "
        r"$C \in \mathbb{R}^{r \times n}$."
    )
    made = code(r"\mathrm{tr}(BC(BC)^\top) = \|BC\|_F^2", said=said)
    for size in ("m=range(3, 7)", "r=range(1, 4)", "n=range(3, 7)"):
        assert size in made


def test_what_is_said_at_a_place_ends_with_its_paragraph() -> None:
    made = code("A x = A x", said=SAID + "At the start $x = 0$ nothing moves.\n\n")
    assert "where" not in made


def test_a_function_is_read_whatever_a_later_sentence_says_of_its_entries() -> None:
    body = (
        r"Let $\beta > 0$. For $z \in \mathbb{R}^n$ let \begin{equation}"
        r"\mathrm{softmax}_\beta(z)_i = \frac{e^{\beta z_i}}{\sum_j e^{\beta z_j}}."
        r"\end{equation} \begin{equation} \sum_i \mathrm{softmax}_\beta(z)_i = 1 \end{equation}"
        "\n\n"
        r"Let $p_{ij}$ be the $j$-th entry of $\mathrm{softmax}_\beta(s_{i1}, \dots, s_{iN})$."
    )
    assert [bool(o.reason) for o in outcomes(body)] == [False, False]


def test_a_claim_is_not_called_like_what_the_article_defines() -> None:
    body = (
        SAID + r"Let $p(y) = y y^\top$ for $y \in \mathbb{R}^n$. \begin{equation}"
        r"\label{eq:p} \mathrm{tr}(A) = \mathrm{tr}(A^\top) \end{equation} \begin{equation}"
        r"\mathrm{tr}(p(x)) = x^\top x \end{equation}"
    )
    source = rf"\begin{{document}}{body}\end{{document}}"
    made = writing.text(reading.interpret(article.scan(source, "a.tex")), "a.py")
    assert made.count("\ndef p(") == 1
    assert "\ndef p_(" in made


@pytest.mark.parametrize(
    ("tex", "parts"),
    [
        (r"a > 0,\ c \in \mathbb{R}", 2),
        (r"1\le i,j\le d", 1),
        (r"0 < a, b < 1", 1),
        (r"h = \sum_x p_x\,g_{y=x}", 1),
        (r"a < b, c < d", 2),
    ],
)
def test_a_range_of_two_and_a_thin_space_are_one_thing(tex: str, parts: int) -> None:
    assert len(dialect.listed(tex)) == parts


def test_what_is_said_of_a_functions_values_makes_it_no_number() -> None:
    body = (
        SAID + r"Let \begin{equation} E(x) = x^\top x \end{equation} \begin{equation}"
        r"\nabla E(x) = 2x \end{equation}"
        "\n\n"
        r"Sum over the steps and use $E \ge 0$."
    )
    definition, claim = outcomes(body)
    assert definition.definition is not None
    assert claim.claim is not None, claim.reason


def test_an_articles_claims_have_ids_that_the_register_has_not() -> None:
    body = SAID + r"\begin{equation}\label{eq:descent} x^\top A x = x^\top A^\top x \end{equation}"
    source = rf"\begin{{document}}{body}\end{{document}}"
    (outcome,) = reading.interpret(article.scan(source, "hopfield.tex")).outcomes
    assert writing.claim_id("hopfield", outcome) == "article-hopfield-descent"
    assert writing.claim_id("mine", outcome) == "mine-descent"


@pytest.mark.parametrize(
    ("tex", "said"),
    [
        ("①x = x", "① has no reading"),
        ("x^² = x", ""),
        (r"\sum_{i=²}^n x_i = 0", ""),
        ("9" * 5000 + "x = x", "a number of 5000 digits"),
        ("0." + "0" * 5000 + "1x = x", "a number of 5003 digits"),
    ],
)
def test_a_numeral_that_is_no_number_here_leaves_one_formula_unread(tex: str, said: str) -> None:
    body = rf"{SAID}\begin{{equation}}{tex}\end{{equation}}\begin{{equation}}x = x\end{{equation}}"
    lost, read = outcomes(body)
    assert said in lost.reason
    assert lost.claim is None
    assert read.claim is not None
