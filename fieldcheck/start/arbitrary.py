r"""Functions of which an article says no more than that they are smooth, ``V: \mathbb{R}^n \to
\mathbb{R}``: a polynomial of degree three with any coefficients stands for them.

What is refuted of it is refuted of them; what is proved is proved of such polynomials, and the
scope of the verdict says so. Where the text says more of one (convex, bounded, ...), it has no
reading.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction

from fieldcheck.start.article import Article, Sentence, tokens_of
from fieldcheck.start.formulas import Declared, is_symbol, letters, space_of, spelling
from fieldcheck.start.meaning.values import Definition
from fieldcheck.start.signs import Node, Token, normal, unfonted

SMOOTH = re.compile(r"\b(?:smooth|differentiable|analytic|polynomial)\b|\bC\b")
MORE = re.compile(
    r"\b(?:\w*convex\w*|\w*concave|Lipschitz|\w*monoton\w*|\w*increasing|\w*decreasing|bounded|"
    r"period\w*|even|odd|\w*positive|\w*negative|coerciv\w*|homogeneous|\w*linear|\w*quadratic|"
    r"\w*invarian\w*|\w*equivarian\w*|symmetric|\w*-smooth|proper|closed|norm|kernel|densit\w+|"
    r"distribution|injective|bijective|invertible|symplectic|radial|satisf\w+|confining|integrable|"
    r"harmonic|holomorphic|conjugate|regular\w*|self-concordant|vanish\w*|minimi\w+|maximi\w+)\b"
    r"|⟩\s*-\s*(?:smooth|strongly)\b"
)
"""What may be said of a function that no polynomial with any coefficients meets."""
CALLED = r"potential|function|objective|loss|map|field|energy|activation|cost|Hamiltonian"
"""What a function may be called, where its letter does not stand."""
ARGUMENT = "t_"


def functions_of(article: Article) -> tuple[list[Definition], dict[str, Declared]]:
    """The functions, each as a polynomial, and what its coefficients are."""
    definitions: list[Definition] = []
    coefficients: dict[str, Declared] = {}
    for number, sentence in enumerate(article.sentences):
        for at, name, inside, outside in _maps(sentence):
            if any(d.name == name for d in definitions) or (
                _is_more(article, name, _near(sentence, at))
            ):  # fmt: skip
                continue
            body, own = _polynomial(name, inside, outside)
            coefficients |= own
            definitions.append(
                Definition(
                    name, (ARGUMENT,), body, "", sentence.line,
                    Node("call", (name, (Node("sym", (ARGUMENT,)),))), place=(number, at),
                    printed=f"{name} is any smooth function: here a polynomial of degree three",
                )
            )  # fmt: skip
    return definitions, coefficients


def _maps(
    sentence: Sentence,
) -> Iterator[tuple[int, str, tuple[str | int, ...], tuple[str | int, ...]]]:
    for at, (kind, tex) in enumerate(sentence.pieces):
        words = _near(sentence, at) if kind == "math" else ""
        if not SMOOTH.search(words) or MORE.search(words):
            continue
        run = unfonted(normal(tokens_of(str(tex)))) if kind == "math" else []
        if (":" not in run and r"\colon" not in run) or r"\to" not in run:
            continue
        colon = next(k for k, t in enumerate(run) if t in (":", r"\colon"))
        arrow = run.index(r"\to")
        inside, outside = space_of(run[colon + 1 : arrow]), space_of(run[arrow + 1 :])
        if not is_symbol(run[:colon]) or not _is_real(inside) or not _is_real(outside):
            continue
        assert inside is not None
        assert outside is not None
        if len(inside[1]) < 2 and len(outside[1]) < 2:
            yield at, spelling(run[:colon]), inside[1], outside[1]


def _is_real(space: object) -> bool:
    return isinstance(space, tuple) and not space[2]


def _is_more(article: Article, name: str, words: str) -> bool:
    """Does a sentence that speaks of the function say more of it?"""
    called = "|".join(re.findall(CALLED, words)) or "function"
    the = re.compile(rf"\b(?:the|this|our|its|these|such) (?:\w+ )?(?:{called})s?\b", re.IGNORECASE)
    for sentence in article.sentences:
        if any(the.search(part) and MORE.search(part) for part in _clauses(sentence)):
            return True
        for at, (kind, tex) in enumerate(sentence.pieces):
            is_told = kind == "math" and MORE.search(_near(sentence, at))
            if is_told and _is_of(normal(tokens_of(str(tex))), name):
                return True
    return False


def _clauses(sentence: Sentence) -> list[str]:
    text = "".join(
        f"⟨{at}⟩" if kind == "math" else "; " if kind == "display" else str(what)
        for at, (kind, what) in enumerate(sentence.pieces)
    )
    parts = r"[.;:,]|\band\s+(?=⟨\d+⟩\s*(?:is|be|are|has|have)\b)|\b(?:where|let)\b"
    return re.split(parts, " ".join(text.split()))


def _near(sentence: Sentence, at: int) -> str:
    """The words of the clause in which a formula stands."""
    return next((part for part in _clauses(sentence) if f"⟨{at}⟩" in part), "")


def _is_of(run: list[Token], name: str) -> bool:
    """Does a formula speak of the function, and say nothing of its own?"""
    return name in letters(run) and "=" not in run


def _sym(name: str) -> Node:
    return Node("sym", (name,))


def _polynomial(
    name: str, inside: tuple[str | int, ...], outside: tuple[str | int, ...]
) -> tuple[Node, dict[str, Declared]]:
    """a x + x B x + (c x)^3, of numbers and vectors."""
    x = _sym(ARGUMENT)
    first, second, third = (f"{name}_{part}" for part in ("linear", "square", "cube"))
    part = frozenset(("coefficient",))

    def told(own: str, *dims: str | int) -> Declared:
        return Declared(own, len(dims), dims, part)

    def power(base: Node, k: int) -> Node:
        return Node("pow", (base, Node("num", (Fraction(k),))))

    if not inside:
        terms = [Node("mul", (_sym(n), power(x, k) if k > 1 else x))
                 for k, n in enumerate((first, second, third), 1)]  # fmt: skip
        own = {n: told(n, *outside) for n in (first, second, third)}
    elif not outside:
        terms = [
            Node("inner", (_sym(first), x)),
            Node("inner", (x, Node("mul", (_sym(second), x)))),
            power(Node("inner", (_sym(third), x)), 3),
        ]
        own = {n: told(n, *inside) for n in (first, third)}
        own[second] = told(second, *inside, *inside)
    else:
        image = Node("mul", (_sym(second), x))
        terms = [Node("mul", (_sym(first), x)), Node("had", (image, image))]
        own = {n: told(n, *outside, *inside) for n in (first, second)}
    return Node("add", tuple(terms)), own
