r"""What definitions rest on: conditions beside them, functions entry by entry, identities, states.

Each row is an article's words and the spellings of one thing that must all make the same of it.
"""

from __future__ import annotations

import pytest

pytest.importorskip("pylatexenc")

from tests.start.test_kinds import returned
from tests.start.test_reading import outcomes


def last(words: str, said: str = "") -> str:
    """What the last formula's claim returns."""
    outcome = outcomes(words, said)[-1]
    assert outcome.claim is not None, outcome.reason
    return returned(outcome)


ENTRYWISE = [
    "entrywise", "entry-wise", "elementwise", "element-wise", "componentwise", "coordinate-wise",
    "applied entrywise", "taken componentwise", "entry by entry", "applied to each entry",
]  # fmt: skip


@pytest.mark.parametrize("words", ENTRYWISE)
def test_a_function_that_is_said_to_act_on_each_entry(words: str) -> None:
    article = (
        r"Let $W \in \mathbb{R}^{m \times d}$ and $V \in \mathbb{R}^{p \times m}$. Put"
        r"\[ F(x) = V \operatorname{ReLU}(W x), \qquad \operatorname{ReLU}(s) = \max(s, 0)\ "
        rf"\text{{{words}}}. \]"
        r"Then for every $x \in \mathbb{R}^d$ \[ F(2 x) = 2 F(x). \]"
    )
    assert last(article) == "Equal(F(xp, 2 * x, V, W), 2 * F(xp, x, V, W) + more)"


BESIDE = [
    r"\qquad x \in \mathbb{R}^d,\ B x \neq 0.",
    r"\qquad x \in \mathbb{R}^d, \; B x \ne \mathbf{0}.",
    r"\quad x \in \mathbb{R}^d,\, Bx\neq 0.",
]


@pytest.mark.parametrize("beside", BESIDE)
def test_a_vector_that_is_not_zero_beside_a_definition(beside: str) -> None:
    article = (
        r"Let $B \in \mathbb{R}^{m \times d}$. Put"
        rf"\[ L(x) = \frac{{B x}}{{\|B x\|}}, {beside} \]"
        r"Let $x \in \mathbb{R}^d$ with $B x \neq 0$. Then \[ \|L(x)\| = 1. \]"
    )
    assert last(article) == "Equal(xp.norm(L(xp, x, B)), 1 + more)"


ONES = [
    r"1\!\!1", r"1\!1", r"1\!\mathrm{l}", r"1\!\!\mathrm{I}", r"\mathbb{1}", r"\mathbbm{1}",
    r"\mathds{1}", r"\mathbb 1",
]  # fmt: skip


@pytest.mark.parametrize("one", ONES)
@pytest.mark.parametrize(
    "words", ["we write ${}$ for the identity", "${}$ is the identity matrix",
              "let ${}$ denote the identity", "with the identity ${}$"],
)  # fmt: skip
def test_a_doubled_one_is_the_identity_where_words_say_so(one: str, words: str) -> None:
    article = (
        rf"Let $A \in \mathbb{{R}}^{{n \times n}}$ and {words.format(one)}. Then"
        rf"\[ A (c {one} + A) = c A + A^2. \]"
    )
    assert "xp.eye(n)" in last(article)


def test_a_doubled_one_of_which_nothing_is_said_is_no_identity() -> None:
    article = (
        r"Let $A \in \mathbb{R}^{n \times n}$ and $c \in \mathbb{R}$. Then "
        r"\[ A (c \mathbb{1} + A) = c A + A^2. \]"
    )
    assert outcomes(article, "")[-1].claim is None


STATES = [
    r"\langle x | A | x \rangle", r"\langle x \mid A \mid x \rangle",
    r"\left\langle x \middle| A \middle| x \right\rangle", r"\langle x \vert A \vert x \rangle",
    r"\bigl\langle x \bigm| A \bigm| x \bigr\rangle", r"\langle x | A x \rangle",
]  # fmt: skip


@pytest.mark.parametrize("state", STATES)
def test_a_matrix_between_two_states(state: str) -> None:
    said = r"Let $A \in \mathbb{R}^{n \times n}$ and $x \in \mathbb{R}^n$. Then"
    assert last(rf"{said} \[ {state} = x^\top A x. \]") == (
        "Equal(xp.sum(x * (A @ x)), x @ A @ x + more)"
    )


def test_a_symbol_bound_in_a_sentence_is_what_it_was_after() -> None:
    article = (
        r"Let $Z \in \mathbb{R}^{n \times n}$ and $u \in \mathbb{R}^n$. Put "
        r"\[ A = \operatorname{softmax}(Z). \] "
        r"Then for every $A \in \mathbb{R}^{n \times n}$ \[ u^\top A u = u^\top A^\top u. \] "
        r"Moreover \[ A \mathbf{1} = \mathbf{1}. \]"
    )
    assert "A(xp, Z)" in last(article)


def test_a_longer_list_of_what_a_function_depends_on() -> None:
    article = (
        r"Let $W \in \mathbb{R}^{m \times d}$. For $x \in \mathbb{R}^d$ put"
        r"\[ F(x) = F(x; W) = W x. \] Then \[ F(2 x) = 2 F(x). \]"
    )
    assert last(article) == "Equal(F(xp, 2 * x, W), 2 * F(xp, x, W) + more)"


def test_kets_are_their_vectors() -> None:
    article = (
        r"Let $|a\rangle \in \mathbb{R}^n$ and $|b\rangle \in \mathbb{R}^n$. Then"
        r"\[ \langle a | b \rangle = \langle b | a \rangle. \]"
    )
    assert last(article) == "Equal(xp.sum(a * b), xp.sum(b * a) + more)"


def test_labels_that_are_no_vectors_have_no_inner_product() -> None:
    article = (
        r"Let $X \in \mathbb{R}^{n \times m}$, of which $X_{i\mu} = x_i^{\mu}$, and $C = X^\top X$."
        r" Then \[ C_{\mu\nu} = \langle x^{\mu} | x^{\nu} \rangle. \]"
    )
    claim = outcomes(article, "")[-1].claim
    assert claim is None or "x_all" not in claim.inputs or len(claim.inputs["x_all"].shape) == 2
