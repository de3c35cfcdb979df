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
from fieldcheck.start.formulas import (
    Declared,
    is_symbol,
    letters,
    names_in,
    space_of,
    spelling,
)
from fieldcheck.start.meaning.values import Definition
from fieldcheck.start.prose import end_of
from fieldcheck.start.signs import Node, Token, named, normal, unfonted

SMOOTH = re.compile(r"\b(?:smooth|differentiable|analytic|polynomial)\b|\bC\b")
SLOPED = re.compile(r"\b(?:potentials?|Hamiltonians?|observables?)\b")
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
    spaces = _spaces(article)
    for number, sentence in enumerate(article.sentences):
        for at, name, (inside, outside, field) in _told(sentence, spaces):
            excluded = _where_more(article, name, _near(sentence, at))
            if any(d.name == name for d in definitions) or excluded is None:
                continue
            body, own = _polynomial(name, inside, outside, field)
            coefficients |= own
            definitions.append(
                Definition(
                    name, (ARGUMENT,), body, "", sentence.line,
                    Node("call", (name, (Node("sym", (ARGUMENT,)),))), place=(number, at),
                    printed=f"{name} is any smooth function: here a polynomial of degree three",
                    excluded=excluded,
                )
            )  # fmt: skip
    return definitions, coefficients


Map = tuple[tuple[str | int, ...], tuple[str | int, ...], str]
"""The dimensions of what a function takes and of what it gives, and whether that is complex."""
_OF = re.compile(
    rf"(?:{CALLED}|functional|observable)s?\s+((?:⟨\d+⟩(?:\s*(?:,|and|,\s*and)\s*)?)+)"
    r"(?:\s*(?:of|on|in|for)\b[^⟨;.]*⟨(\d+)⟩)?"
)
_IS = re.compile(
    r"((?:⟨\d+⟩(?:\s*(?:,|and|,\s*and)\s*)?)+)\s*(?:be|is|are|denotes?|stands? for)\b[^⟨;.]*?"
    rf"\b(?:{CALLED}|functional|observable)s?\b(?:\s*(?:of|on|in)\b[^⟨;.]*⟨(\d+)⟩)?"
)


def _spaces(article: Article) -> dict[str, Map]:
    """The spaces in which an article says that its symbols lie."""
    found: dict[str, Map] = {}
    for sentence in article.sentences:
        for kind, tex in sentence.pieces:
            run = unfonted(normal(tokens_of(str(tex)))) if kind == "math" else []
            if r"\in" not in run:
                continue
            at = run.index(r"\in")
            space = space_of(run[at + 1 :])
            for name in (names_in(run[:at], set()) or ()) if _is_real(space, True) else ():
                assert space is not None
                found.setdefault(name, (space[1], (), "complex" if "complex" in space[2] else ""))
    return found


def _told(sentence: Sentence, spaces: dict[str, Map]) -> Iterator[tuple[int, str, Map]]:
    """The functions of which a sentence says that they are smooth, by a formula or in words."""
    yield from _maps(sentence)
    if not _is_smooth(sentence):
        return
    for clause in _clauses(sentence):
        if MORE.search(clause):
            continue
        for pattern in (_OF, _IS):
            for match in pattern.finditer(clause):
                space = _in_words(sentence, match[2], clause, spaces)
                for at in map(int, re.findall(r"⟨(\d+)⟩", match[1])) if space else ():
                    run = unfonted(normal(tokens_of(str(sentence.pieces[at][1]))))
                    ends = [run.index(t) for t in ("=", "(") if t in run]  # V(X), V = V(X)
                    run = run[: min(ends, default=len(run))]
                    if is_symbol(run) and spelling(run) not in spaces and space:
                        yield at, spelling(run), space


def _in_words(
    sentence: Sentence, at: str | None, clause: str, spaces: dict[str, Map]
) -> Map | None:
    """The space on which a function is: the one that is named, or that of the one symbol."""
    if at is not None:
        run = unfonted(normal(tokens_of(str(sentence.pieces[int(at)][1]))))
        own = run[: run.index(r"\in")] if r"\in" in run else run
        if is_symbol(own):
            return spaces.get(spelling(own))
        space = space_of(run)
        if space is not None and _is_real(space, True) and len(space[1]) > 0:
            return space[1], (), "complex" if "complex" in space[2] else ""
        return None
    for call in re.findall(r"⟨(\d+)⟩", clause):  # V(X), V(X, \bar X)
        run = unfonted(normal(tokens_of(str(sentence.pieces[int(call)][1]))))
        run = run[run.index("=") + 1 :] if "=" in run else run
        inside = run[2:3] if run[1:2] == ["("] and is_symbol(run[:1]) else []
        if inside and named(inside[0]) in spaces:
            return spaces[named(inside[0])]
    arrays = {m for m in spaces.values() if m[0]}
    is_state = re.search(r"\bof the (?:state|tokens?|field|configuration)\b", clause)
    return arrays.pop() if is_state and len(arrays) == 1 else None


def _is_smooth(sentence: Sentence) -> bool:
    """Does a sentence speak of what is smooth, or of what has a slope wherever it is spoken of?"""
    return bool(SMOOTH.search(str(sentence)) or SLOPED.search(str(sentence)))


def _maps(sentence: Sentence) -> Iterator[tuple[int, str, Map]]:
    for at, (kind, tex) in enumerate(sentence.pieces):
        words = _near(sentence, at) if kind == "math" else ""
        if not _is_smooth(sentence) or MORE.search(words):
            continue
        run = unfonted(normal(tokens_of(str(tex)))) if kind == "math" else []
        if ":" not in run or r"\to" not in run:
            continue
        colon, arrow = run.index(":"), run.index(r"\to")
        inside, outside = space_of(run[colon + 1 : arrow]), space_of(run[arrow + 1 :])
        names = names_in(run[:colon], set())
        if not names or not _is_real(inside, True) or not _is_real(outside):
            continue
        assert inside is not None
        assert outside is not None
        fits = len(outside[1]) < 2 if len(inside[1]) < 2 else not outside[1]
        field = "complex" if "complex" in inside[2] else ""
        if fits and not (field and outside[1]):
            yield from ((at, name, (inside[1], outside[1], field)) for name in names)


def _is_real(space: object, or_complex: bool = False) -> bool:
    return isinstance(space, tuple) and not space[2] - ({"complex"} if or_complex else set())


def _where_more(article: Article, name: str, words: str) -> frozenset[int] | None:
    """The sentences in which more is assumed of the function, with those that go on from them;
    None if more is said of it once and for all."""
    called = "|".join(re.findall(CALLED, words)) or "function"
    the = re.compile(rf"\b(?:the|this|our|its|these|such) (?:\w+ )?(?:{called})s?\b", re.IGNORECASE)
    found: set[int] = set()
    for number, sentence in enumerate(article.sentences):
        parts = [part for part in _clauses(sentence) if MORE.search(part)]
        mine = [part for part in parts if the.search(part) or _speaks(sentence, part, name)]
        if any(not _IF.search(part) for part in mine):
            return None
        if mine:
            ends = end_of(article.sentences, number, brief=True)
            found |= set(range(number, min(ends, len(article.sentences))))
    return frozenset(found)


_IF = re.compile(r"\b(?:if|when|whenever|suppose|assume|assuming|provided)\b", re.IGNORECASE)


def _speaks(sentence: Sentence, part: str, name: str) -> bool:
    """Does a clause speak of the function?"""
    return any(
        _is_of(normal(tokens_of(str(sentence.pieces[at][1]))), name)
        for at in map(int, re.findall(r"⟨(\d+)⟩", part))
    )


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
    name: str, inside: tuple[str | int, ...], outside: tuple[str | int, ...], field: str = ""
) -> tuple[Node, dict[str, Declared]]:
    """a x + x B x + (c x)^3, of numbers, vectors and matrices; of complex ones its real part."""
    if field or len(inside) == 2:
        return _of_arrays(name, inside, field)
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


def _of_arrays(
    name: str, inside: tuple[str | int, ...], field: str
) -> tuple[Node, dict[str, Declared]]:
    """The same of a matrix, or of what is complex, where products are entry by entry and turned."""
    x = _sym(ARGUMENT)
    first, second, third = (f"{name}_{part}" for part in ("linear", "square", "cube"))
    part = frozenset(("coefficient", *filter(None, [field])))
    own = {n: Declared(n, len(inside), inside, part) for n in (first, third)}

    def form(a: Node, b: Node) -> Node:
        product = Node("total", (a, b))
        return Node("call", ("real", (product,))) if field else product

    image: Node = x
    if inside:
        own[second] = Declared(second, 2, (inside[0], inside[0]), part)
        image = Node("mul", (_sym(second), x))
    if len(inside) == 2:
        right = f"{name}_right"
        own[right] = Declared(right, 2, (inside[1], inside[1]), part)
        image = Node("mul", (image, _sym(right)))
    if not inside:
        own[second] = Declared(second, 0, (), part)
        image = Node("mul", (_sym(second), x))
    cube = Node("pow", (form(_sym(third), x), Node("num", (Fraction(3),))))
    return Node("add", (form(_sym(first), x), form(x, image), cube)), own
