"""Single formulas: what is read of them, what is assumed, and what is refused."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

pytest.importorskip("pylatexenc")

from fieldcheck.ledger import machine
from fieldcheck.ledger.errors import UserError
from fieldcheck.start import article, covered, prose, reading, writing

SAID = r"""
Let $A, B \in \mathbb{R}^{n \times n}$, $u, v, x \in \mathbb{R}^n$, $\lambda > 0$,
and $a, b, t \in \mathbb{R}$.
Let $M$ be an invertible $n \times n$ matrix and $p, q \in \mathbb{R}^m$ be probability vectors.
"""


def outcomes(body: str, said: str = SAID) -> list[reading.Outcome]:
    source = f"\\begin{{document}}\n{said}\n{body}\n\\end{{document}}"
    return reading.interpret(article.scan(source, "a.tex")).outcomes


def one(tex: str, said: str = SAID) -> reading.Outcome:
    (outcome,) = outcomes(f"\\begin{{equation}} {tex} \\label{{x}} \\end{{equation}}", said)
    return outcome


def body(tex: str, said: str = SAID) -> str:
    """The line that the claim of a formula returns."""
    outcome = one(tex, said)
    assert outcome.claim is not None, outcome.reason
    text = writing._claim(outcome, "a.tex")
    (line,) = [line.strip() for line in text.splitlines() if line.strip().startswith("return")]
    return line.removeprefix("return ")


@pytest.mark.parametrize(
    ("tex", "expected"),
    [
        (r"\operatorname{tr} (A B) = \mathrm{Tr}(BA)",
         "Equal(xp.trace(A @ B), xp.trace(B @ A) + more)"),
        (r"\sum_{i,j} A_{ij} u_i v_j = u^\top A v",
         "Equal(xp.sum(xp.sum(A * (u[:, None] * v), axis=1)), u @ A @ v + more)"),
        (r"(AB)_{ij} = \sum_k A_{ik} B_{kj}", None),
        (r"A_{ij} = A_{ji}", "Equal(A, A.T + more)"),
        (r"\sum_i A_{ii} = \operatorname{tr} A",
         "Equal(xp.sum(xp.diagonal(A)), xp.trace(A) + more)"),
        (r"\frac{a}{2} + \frac{1}{2} b = 0.5 (a+b)",
         "Equal(a / 2 + b / 2, (a + b) / 2 + more)"),
        (r"\nabla_x \|x\|^2 = 2x", "Gradient(lambda x: xp.norm2(x), x, 2 * x + more)"),
        (r"\nabla^2_x (x^\top A x) = A + A^\top",
         "Equal(xp.jacobian(lambda x: xp.gradient(lambda x: x @ A @ x, x), x), A + A.T + more)"),
        (r"\left| u^\top v \right| \le \|u\|_2 \|v\|_2",
         "AtMost(*(xp.abs(u @ v), xp.norm(u) * xp.norm(v))[::way])"),
        (r"\langle A, B \rangle = \operatorname{tr}(A^\top B)",
         "Equal(xp.sum(A * B), xp.trace(A.T @ B) + more)"),
        (r"e^{a+b} = e^a e^b", "Equal(xp.exp(a + b), xp.exp(a) * xp.exp(b) + more)"),
        (r"u v^\top x = (v^\top x) u",
         "Equal(u[:, None] * v[None, :] @ x, v @ x * u + more)"),
        (r"\log\det M^2 = 2 \log \det M",
         "Equal(xp.log(xp.det(M @ M)), 2 * xp.log(xp.det(M)) + more)"),
        (r"\prod_{k=1}^m p_k \le 1", "AtMost(*(product(xp, p), 1)[::way])"),
        (r"\sum_{k=1}^m p_k = 1", "Equal(xp.sum(p), 1 + more)"),
        (r"\begin{pmatrix} a & b \\ -b & a \end{pmatrix}"
         r"\begin{pmatrix} a & -b \\ b & a \end{pmatrix} = (a^2 + b^2) I", None),
        (r"\max(a, b) = \frac{a + b + |a - b|}{2}",
         "Equal(xp.maximum(a, b), (a + b + xp.abs(a - b)) / 2 + more)"),
        (r"\sum_{i \ne j} u_i v_j = \sum_i \sum_j u_i v_j - u^\top v", None),
    ],
)  # fmt: skip
def test_what_is_read(tex: str, expected: str | None) -> None:
    found = body(tex)
    assert expected is None or found == expected


@pytest.mark.parametrize(
    ("tex", "reason"),
    [
        (r"\int_0^1 t \, dt = \frac12", "an integral"),
        (r"\|A\| \le \|A\|_F", "the norm of a matrix without a subscript"),
        (r"\exp(A) \exp(-A) = I", "exp of a matrix"),
        (r"u v = 1", "a product of a vector (n) and a vector (n)"),
        (r"A + u = u", "a sum"),
        (r"A p = p", "a length is"),
        (r"f(a) = g(a) + 1", "g, which is defined nowhere"),
        (r"a \approx b", r"\approx"),
        (r"u^{(1)} = v", "a label, not a power"),
        (r"a = b, \quad \text{or} \quad b = a", "more than one statement"),
        (r"a = b \quad \text{where} \quad b a = 2", "a condition"),
        (r"A^* A = B", "not declared complex"),
        (r"\frac{\partial a}{\partial t} = 0", "does not speak"),
        (r"\mathbb{E}[a] = b", "an expectation"),
        (r"a + = b", "no reading"),
        (r"a^T = a", "a transpose of the number a"),
        (r"A", "nothing is claimed"),
    ],
)
def test_what_is_refused(tex: str, reason: str) -> None:
    outcome = one(tex)
    assert outcome.claim is None
    assert reason in outcome.reason


def test_what_is_not_declared_is_guessed_and_told() -> None:
    outcome = one(r"w^\top w = \|w\|^2", "Nothing is said.")
    assert outcome.claim is not None
    assert outcome.claim.notes == ["w is not declared: taken as a real vector"]


def test_a_name_that_is_new_is_defined_and_then_used() -> None:
    first, second = outcomes(
        r"\begin{equation} \bar{u} = \frac{1}{n} \sum_{i=1}^n u_i \label{m} \end{equation}"
        r"\begin{equation} \sum_i (u_i - \bar u) = 0 \label{z} \end{equation}"
    )
    assert first.definition is not None
    assert first.definition.name == "u_bar"
    assert second.claim is not None
    assert list(second.claim.helpers) == ["u_bar"]


def test_what_rests_on_a_lost_definition_is_lost() -> None:
    first, second = outcomes(
        r"\begin{equation} G(t) = \int_0^t e^s ds \label{g} \end{equation}"
        r"\begin{equation} G(t) + G(-t) = 0 \label{h} \end{equation}"
    )
    assert first.reason
    assert second.reason


def test_an_if_holds_for_its_sentence_alone() -> None:
    first, second = outcomes(
        r"If $A = A^\top$ is symmetric, then \begin{equation} A B = B A \label{s} \end{equation}."
        "\n\nIn general\n"
        r"\begin{equation} A B = B^\top A \label{g} \end{equation}"
    )
    assert assumed(first) == {"symmetric"}
    assert assumed(second) == set()


def assumed(outcome: reading.Outcome) -> set[str]:
    assert outcome.claim is not None
    return outcome.claim.hypotheses["A"]


def test_an_if_does_not_reach_back_over_an_equation() -> None:
    first, second, third = outcomes(
        r"First \begin{equation} A B = B A \label{a} \end{equation} and if $A = A^\top$ then"
        r"\begin{equation} A B = B A^\top \label{b} \end{equation}, but"
        r"\begin{equation} A = A \label{c} \end{equation}."
    )
    assert assumed(first) == set()
    assert assumed(second) == assumed(third) == {"symmetric"}


def test_an_if_at_the_end_holds_for_the_last_equation() -> None:
    first, second = outcomes(
        r"Now \begin{equation} A B = B A \label{a} \end{equation} and"
        r"\begin{equation} A B = B A^\top \label{b} \end{equation} if $A$ is symmetric."
    )
    assert (assumed(first), assumed(second)) == (set(), {"symmetric"})


def test_what_is_assumed_later_does_not_hold_earlier() -> None:
    first, second = outcomes(
        r"We see \begin{equation} K = K^\top \label{a} \end{equation}."
        "\n\nLet $K$ be a symmetric matrix. Then\n"
        r"\begin{equation} K K = K^\top K \label{b} \end{equation}."
    )
    assert first.claim is not None
    assert second.claim is not None
    assert (first.claim.hypotheses["K"], second.claim.hypotheses["K"]) == (set(), {"symmetric"})


@pytest.mark.parametrize(
    ("said", "name", "rank", "hypotheses"),
    [
        (r"Let $Q$ be an orthogonal matrix.", "Q", 2, {"orthogonal"}),
        (r"Let $Q$ satisfy $Q^\top Q = I$.", "Q", 2, {"orthogonal"}),
        (r"For a positive definite matrix $S$ all is well.", "S", 2, {"spd"}),
        (r"Let $y_1, \dots, y_k \in \mathbb{R}$.", "y", 1, set()),
        (r"Let $w \in \mathbb{R}_{>0}^k$.", "w", 1, {"positive"}),
        (r"Let $H \in \mathbb{C}^{k \times k}$ be Hermitian.", "H", 2, {"complex", "hermitian"}),
        (r"Let $A$ be skew-symmetric, a matrix.", "A", None, {"skew"}),
    ],
)
def test_what_a_sentence_says(said: str, name: str, rank: int | None, hypotheses: set[str]) -> None:
    read = article.scan(f"{said} $$ 1 = 1 $$", "a.tex")
    declared = prose.Declarations(read).at(0, 9)[name]
    assert declared.hypotheses == hypotheses
    assert rank is None or declared.rank == rank


def test_macros_rows_and_labels() -> None:
    found = article.scan(
        "\\newcommand{\\norm}[1]{\\lVert #1 \\rVert}\n\\def\\R{\\mathbb{R}}\n"
        "\\begin{document}\n% \\begin{equation} gone \\end{equation}\n"
        "\\begin{align} \\norm{u} &= 1, \\label{a} \\\\ \\norm{v} &\\le 2 \\notag \\\\ "
        "&\\le 3 \\label{b}\\end{align}\n\\[ u = v. \\]\n\\end{document}",
        "a.tex",
    )
    assert [(e.label, e.tex) for e in found.equations] == [
        ("a", r"\lVert u \rVert = 1"),
        ("b", r"\lVert v \rVert \le 2 \le 3"),
        ("equation-3", "u = v"),
    ]


def test_macros_that_make_each_other_longer_end() -> None:
    tens = "".join(
        rf"\newcommand{{\{a}x}}{{" + rf"\{b}x " * 10 + "}" for a, b in pairwise("abcdefghij")
    )
    with pytest.raises(UserError, match=r"a\.tex: its macros stand for more than 2,000,000"):
        article.scan(rf"{tens} $$ \ax = 1 $$", "a.tex")


@pytest.fixture
def usual_depth() -> Iterator[None]:
    """Other tests of the same process may leave a larger limit."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(1000)
    yield
    sys.setrecursionlimit(before)


@pytest.mark.usefixtures("usual_depth")
def test_braces_that_are_too_deep_are_told() -> None:
    with pytest.raises(UserError, match=r"a\.tex nests braces deeper than can be read"):
        article.scan(f"$$ {'{' * 5000} u {'}' * 5000} = 1 $$", "a.tex")


@pytest.mark.usefixtures("usual_depth")
@pytest.mark.parametrize(("opens", "closes"), [("(", ")"), (r"\sin ", ""), ("u_", "")])
def test_a_formula_that_is_too_deep_is_not_read_and_others_are(opens, closes) -> None:
    deep = f"{opens * 400} u {closes * 400}"
    read = article.scan(f"Let $u$ be real, and ${deep}$. $$ {deep} = 1 $$ $$ u = u $$", "a.tex")
    first, second = reading.interpret(read).outcomes
    assert "nested deeper than can be read" in first.reason
    assert second.reason != first.reason


def test_coverage_knows_claims_definitions_and_holes(tmp_path) -> None:
    read = article.scan(r"$$ a = 1 $$ \begin{equation} b = 2 \label{b} \end{equation}", "a.tex")
    lines = covered.lines(read, {}, {})
    assert [(line.label, line.state) for line in lines] == [
        ("equation-1", covered.MISSING),
        ("b", covered.MISSING),
    ]


def test_labels_that_look_alike_make_claims_of_their_own(tmp_path) -> None:
    labels = ("a.1", "a-1", "α", "β", 'q"u\no')
    shown = "".join(
        rf"\begin{{equation}} u^\top v = v^\top u \label{{{label}}} \end{{equation}}"
        for label in labels
    )
    source = f"\\begin{{document}}\n{SAID}\n{shown}\n\\end{{document}}"
    result = reading.interpret(article.scan(source, "a.tex"))
    (tmp_path / "claims.py").write_text(writing.text(result, "claims.py"), encoding="utf8")
    found = machine.load([str(tmp_path / "claims.py")])
    assert list(found) == ["a-a-1", "a-a-1-2", "a-equation-3", "a-equation-4", "a-qu-o"]


def test_a_symbol_that_makes_no_name_is_not_read() -> None:
    """The register that is written must be one that Python reads."""
    text = (Path(__file__).parent / "articles" / "attention.tex").read_text(encoding="utf-8")
    broken = text.replace(r"\newcommand{\one}{\mathbf{1}}", r"\newcommand{\one}{\mathbf{}}")
    assert broken != text
    compile(writing.text(reading.interpret(article.scan(broken, "a.tex")), "a.tex"), "a", "exec")


SEVERAL = r"""
Let $x_1, \dots, x_N \in \mathbb{R}^d$ be the columns of $X \in \mathbb{R}^{d \times N}$, let
$y, z \in \mathbb{R}^d$, $p, q \in \mathbb{R}^N$, $\beta > 0$, and $s \in \{-1, +1\}^N$.
"""


@pytest.mark.parametrize(
    ("tex", "expected"),
    [
        (r"\sum_i p_i x_i = X p", "Equal(xp.sum(p[:, None] * X.T, axis=0), X @ p + more)"),
        (r"\sum_i \|x_i - y\|^2 = 1", "Equal(xp.sum(xp.norm2(X.T - y, axis=1)), 1 + more)"),
        (r"\sum_{j \ne i} p_j = q_i",
         "Equal(xp.sum((1 - xp.eye(N)) * p[:, None], axis=0), q + more)"),
        (r"\sum_{j < i} p_j = q_i",
         "Equal(xp.stack([sum((p[j] for j in range(N) if j < i), xp.zeros()) for i in range(N)]), "
         "xp.stack([q[i] for i in range(N)]) + more)"),
        (r"\max_i \|x_i\| \le 1",
         "AtMost(*(largest(xp, xp.sqrt(xp.norm2(X.T, axis=1))), 1)[::way])"),
        (r"\sum_{a \in \{-1, +1\}} e^{a \beta} = 2 \cosh \beta",
         "Equal(sum(xp.exp(a * beta) for a in (xp.one * -1, xp.one)), 2 * xp.cosh(beta) + more)"),
        (r"\nabla_{x_i} \sum_{j} (y^\top x_j)^2 = 2 (y^\top x_i) y", None),
        (r"s_i^2 = 1, \qquad 1 \le i \le N", "Equal(s**2, 1 + more)"),
    ],
)  # fmt: skip
def test_vectors_with_an_index_are_read(tex: str, expected: str | None) -> None:
    found = body(tex, SEVERAL)
    assert expected is None or found == expected


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (r"If $A$ and $B$ commute, then", "commute"),
        (r"Let $A$ and $B$ be diagonal matrices. Then", "diagonal matrices"),
        (r"Suppose that $A B = B^\top A$. Then", "what is said of"),
        (r"For $\lambda = 1$ we have", "what is said of"),
        (r"Suppose that", "it is assumed, not claimed"),
        (r"If $u$ and $v$ are orthogonal, then", "are orthogonal"),
        (r"Let $u$ and $v$ be unit vectors with zero mean. Then", "mean"),
        (r"Let $A$ be the covariance matrix of the data. Then", "covariance"),
        (r"For the smallest eigenvalue $\lambda$ we have", "eigenvalue"),
    ],
)
def test_what_is_assumed_and_not_understood_leaves_it_unread(words: str, reason: str) -> None:
    tex = r"\lambda (a - b) u^\top A B v = 0"
    (outcome,) = outcomes(f"{words} \\begin{{equation}} {tex} \\label{{x}} \\end{{equation}}")
    assert outcome.claim is None
    assert reason in outcome.reason


def test_a_new_meaning_is_one_of_its_own() -> None:
    first, second = outcomes(
        r"Write $p = p(u) = 2 u$. Then \begin{equation} p = u + u \label{a} \end{equation}."
        "\n\n"
        r"From now on put $p = p(v) = 3 v$. Then \begin{equation} p = 3 v \label{b} \end{equation}",
        SAID.replace("$p, q", "$q"),
    )
    assert first.claim is not None
    assert second.claim is not None
    assert [list(each.claim.helpers) for each in (first, second)] == [["p"], ["p_again"]]


@pytest.mark.parametrize(
    ("tex", "shown"),
    [
        (r"\sum_k \sqrt{p_k r_k} \le 1", "xp.sqrt(p * r)"),
        (r"\sum_k p_k r_k \le 1", "xp.sum(p * r)"),
    ],
)
def test_an_indexed_letter_is_an_entry_of_the_vector_though_a_function_once_had_its_name(
    tex: str, shown: str
) -> None:
    _, outcome = outcomes(
        r"\begin{equation} p_k(t) = \Pr(x_k = 1) \label{g} \end{equation}."
        "\n\n"
        r"From here on $\bm p$ and $\bm r$ are probability vectors. "
        rf"\begin{{equation}} {tex} \label{{x}} \end{{equation}}",
        "Nothing is said.",
    )
    assert outcome.claim is not None
    assert set(outcome.claim.inputs) == {"p", "r"}
    assert shown in writing._claim(outcome, "a.tex")


@pytest.mark.parametrize("tex", [r"u_0^\top v = 1", r"\lambda_0 \le \lambda"])
def test_an_undeclared_symbol_with_the_letter_of_a_declared_one_is_no_input(tex: str) -> None:
    outcome = one(tex)
    assert outcome.claim is None
    assert "is not declared, and" in outcome.reason


def test_an_inline_definition_is_no_condition_and_a_bar_parts_arguments() -> None:
    (outcome,) = outcomes(
        r"Let $D(p \,\|\, q) = \sum_k p_k \log(p_k / q_k)$. "
        r"With $\chi^2(p\,\|\,q) = \sum_k (p_k - q_k)^2 / q_k$ and $[A, B] = A B - B A$, "
        r"\begin{equation} D\big(p\,\big\|\,q\big) \le \chi^2(p\,\|\,q) \label{x} \end{equation}"
    )
    assert outcome.claim is not None, outcome.reason
    assert set(outcome.claim.helpers) == {"D", "chi_squared"}


def test_a_letter_declared_anew_with_another_shape_leaves_what_was_assumed_of_it() -> None:
    (outcome,) = outcomes(
        r"Suppose that $A B = B^\top A$. So be it. Now let $A \in \mathbb{R}^{m \times n}$ and "
        r"$B \in \mathbb{R}^{m \times n}$ be arbitrary. Then \begin{equation} "
        r"\operatorname{tr}(A^\top B) = \operatorname{tr}(B^\top A) \label{x} \end{equation}"
    )
    assert outcome.claim is not None, outcome.reason


def test_a_matrix_of_which_a_sentence_gives_the_shape_and_then_the_entries_is_defined() -> None:
    (outcome,) = outcomes(
        r"With the matrix $K \in \mathbb{R}^{n \times n}$, $K_{ij} = u_i v_j$, we have "
        r"\begin{equation} K x = (v^\top x) u \label{x} \end{equation}"
    )
    assert outcome.claim is not None, outcome.reason
    assert "K" in outcome.claim.helpers


@pytest.mark.parametrize("words", ["having them as columns", "with these as its columns"])
def test_them_as_columns_are_those_listed_before(words: str) -> None:
    (outcome,) = outcomes(
        r"Let $\xi_1, \dots, \xi_m \in \mathbb{R}^d$ be unit vectors, and let "
        rf"$\Xi \in \mathbb{{R}}^{{d \times m}}$ be the matrix {words}. Then "
        r"\begin{equation} \|\Xi\|_F^2 = m \label{x} \end{equation}",
        "Nothing is said.",
    )
    assert outcome.claim is not None, outcome.reason
    assert outcome.claim.hypotheses == {"xi_all": {"unit"}}
