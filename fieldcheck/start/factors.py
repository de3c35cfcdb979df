r"""Decompositions that an article names, ``X = U S V^\top`` with singular values, and blocks.

Every matrix has one, so that X stays any matrix where nothing is said of its factors; in a formula
that speaks of them, X is their product: of matrices with orthonormal columns, and of a diagonal
matrix whose entries are positive (singular values) or real (eigenvalues).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from fieldcheck.start.article import Article, Sentence, tokens_of
from fieldcheck.start.formulas import Declared, is_symbol, spelling
from fieldcheck.start.grammar import Parser
from fieldcheck.start.meaning.values import Definition
from fieldcheck.start.signs import (
    RELATIONS,
    TRANSPOSE,
    Environment,
    Node,
    Token,
    named,
    normal,
    spelled,
    unfonted,
)

SINGULAR = re.compile(r"\bsingular[- ]value (?:decomposition|factori[sz]ation)|\bSVD\b")
SPECTRAL = re.compile(
    r"\beigen(?:value )?-?\s*decomposition|\bspectral (?:decomposition|factori[sz]ation|theorem)|"
    r"\bdiagonali[sz]\w+"
)


BLOCKED = re.compile(r"\b(?:blocks?|block-|partition\w*)\b|\bblock\b")


@dataclass
class Factors:
    """Decompositions: what is said of their factors, and the products that they make."""

    said: dict[str, Declared] = field(default_factory=dict)
    products: dict[str, Definition] = field(default_factory=dict)
    """By the name of what is decomposed."""
    blocked: set[str] = field(default_factory=set)
    """Those that are given in blocks."""
    parts: dict[str, frozenset[str]] = field(default_factory=dict)
    """The names that speak of its factors."""

    def known(self, known: dict[str, Declared]) -> dict[str, Declared]:
        """What is said of symbols, with what a decomposition says of its factors."""
        made = dict(known)
        for name, each in self.said.items():
            old = made.get(name)
            if old is None or old.rank is None or each.several:
                made[name] = each
            elif each.hypotheses and not old.hypotheses & {"orthogonal", *each.hypotheses}:
                made[name] = old.merged(Declared(name, None, (), each.hypotheses))
        return made

    def reached(self, names: set[str]) -> list[Definition]:
        """The products of whose factors a formula speaks."""
        found = {whole for whole in self.products if names & self.parts[whole]}
        if self.blocked & names:  # a matrix in blocks, beside them or what they make
            found |= {w for w in self.products if found & self.parts.get(w, set())}
        return [d for whole, d in self.products.items() if whole in found]


def factors_of(article: Article, definite: set[str]) -> Factors:
    """The decompositions that an article names."""
    found = Factors()
    for number, sentence in enumerate(article.sentences):
        words = " ".join(str(w) for kind, w in sentence.pieces if kind == "text")
        kind = "svd" if SINGULAR.search(words) else "eig" if SPECTRAL.search(words) else ""
        for at, run in _formulas(article, sentence) if kind else ():
            _add(found, kind, run, (number, at), sentence.line, article)
        if BLOCKED.search(words):
            for at, run in _formulas(article, sentence):
                _add_blocks(found, run, (number, at), sentence.line, definite)
    return found


def _add_blocks(
    found: Factors, run: list[Token], place: tuple[int, int], line: int, definite: set[str]
) -> None:
    r"""``S = \begin{pmatrix} A & B \\ C & D \end{pmatrix}``, of a positive definite matrix: its
    blocks are those of a product of a triangular matrix with its transpose."""
    sides = sides_of(run)
    inner = sides[1][0] if len(sides) == 2 and len(sides[1]) == 1 else None
    if not isinstance(inner, Environment) or not is_symbol(sides[0]):
        return
    cells = [[unfonted(normal(c)) for c in row] for row in Parser._cells(inner)]
    whole = spelling(sides[0])
    if [len(row) for row in cells] != [2, 2] or whole not in definite:
        return
    (a, b), (c, d) = cells
    turned = c[-2:-1] == ["^"] and c[:-2] == b
    if not all(map(is_symbol, (a, b, d))) or not (turned or is_symbol(c)):
        return
    names = [spelling(each) for each in ((a, b, d) if turned else (a, b, d, c))]
    if len(set(names)) < len(names) or whole in names:
        return
    first, below, last = (f"{whole}_{part}" for part in ("first", "below", "last"))
    for name, hypotheses in ((first, {"invertible"}), (below, set()), (last, {"invertible"})):
        found.said[name] = Declared(name, 2, ("", ""), frozenset(hypotheses))
    one, low, two = (Node("sym", (n,)) for n in (first, below, last))

    def times(x: Node, y: Node) -> Node:
        return Node("mul", (x, Node("T", (y,))))

    bodies = [times(one, one), times(one, low), Node("add", (times(low, low), times(two, two))),
              times(low, one)]  # fmt: skip
    for name, body in zip(names, bodies, strict=False):
        found.products[name] = Definition(
            name, (), body, "", line, Node("sym", (name,)), place=place,
            printed=f"{name}, a block of {whole}",
        )  # fmt: skip
        found.parts[name] = frozenset((name,))
    corner = Node("T", (Node("sym", (names[1],)),)) if turned else Node("sym", (names[3],))
    rows = (
        (Node("sym", (names[0],)), Node("sym", (names[1],))),
        (corner, Node("sym", (names[2],))),
    )
    found.products[whole] = Definition(
        whole, (), Node("blocks", (rows,)), "", line, Node("sym", (whole,)), place=place,
        printed=f"{whole} by its blocks",
    )  # fmt: skip
    found.parts[whole] = frozenset(names)
    found.blocked.add(whole)


def _formulas(article: Article, sentence: Sentence) -> Iterator[tuple[int, list[Token]]]:
    for at, (kind, what) in enumerate(sentence.pieces):
        if kind == "math":
            yield at, unfonted(normal(tokens_of(str(what))))
        elif kind == "display":
            yield at, unfonted(normal(article.equations[what].tokens))


def sides_of(run: list[Token]) -> list[list[Token]]:
    """The sides of a formula's equality signs."""
    sides: list[list[Token]] = [[]]
    for token in run:
        if isinstance(token, str) and RELATIONS.get(token) == "=":
            sides.append([])
        else:
            sides[-1].append(token)
    return sides


def product_of(run: list[Token]) -> tuple[str, str, str, str] | None:
    r"""The symbols of ``X = U S V^\top``, if a formula begins so."""
    sides = sides_of(run)
    if len(sides) < 2 or not is_symbol(sides[0]) or len(sides[0]) > 2:
        return None
    side = sides[1][:5]
    is_product = len(side) == 5 and side[3] == "^" and all(is_symbol([t]) for t in side[:3])
    mark = [spelled(t) for t in normal(side[4] if isinstance(side[4], tuple) else (side[4],))
            if t != r"\mathsf"] if is_product else []  # fmt: skip
    if not is_product or len(mark) != 1 or mark[0] not in TRANSPOSE or len(sides[1]) > 5:
        return None
    left, middle, right = (named(t) for t in side[:3])
    return spelling(sides[0]), left, middle, right


def _add(
    found: Factors, kind: str, run: list[Token], place: tuple[int, int], line: int, article: Article
) -> None:
    symbols = product_of(run)
    if symbols is None or (symbols[1] == symbols[3]) != (kind == "eig") or len(set(symbols)) < 3:
        return
    whole, left, middle, right = symbols
    entries, columns = _terms(sides_of(run)[2:])
    own = _diagonal(article, middle)
    entries = own or entries or f"{middle}_entries"
    sign = frozenset(("positive",)) if kind == "svd" else frozenset()
    form = "orthonormal" if kind == "svd" else "orthogonal"
    for name in {left, right}:
        found.said[name] = Declared(name, 2, ("", ""), frozenset((form,)))
    found.said[entries] = Declared(entries, 1, ("",), sign)
    letters = columns or [left.lower(), right.lower()]
    for letter, matrix in zip(letters, (left, right), strict=False):
        found.said[f"{letter}_all"] = Declared(
            f"{letter}_all", 2, ("", ""), several=True, of=matrix, columns=True
        )
    core = Node("sym", (middle,)) if own else Node("call", ("diag", (Node("sym", (entries,)),)))
    body = Node("mul", (Node("sym", (left,)), core, Node("T", (Node("sym", (right,)),))))
    found.products[whole] = Definition(
        whole, (), body, "", line, Node("sym", (whole,)), place=place,
        printed=f"{whole} by its factors",
    )  # fmt: skip
    found.parts[whole] = frozenset((left, right, middle, entries, *(f"{x}_all" for x in letters),
                                    *letters))  # fmt: skip
    if not own:
        found.products[middle] = Definition(
            middle, (), core, "", line, Node("sym", (middle,)), place=place,
            printed=f"{middle} is diagonal",
        )  # fmt: skip
        found.parts[middle] = frozenset((middle,))


def _terms(sides: list[list[Token]]) -> tuple[str, list[str]]:
    r"""The letters of ``\sum_i s_i u_i v_i^\top``: of the numbers, and of the vectors."""
    for side in sides:
        if side[:1] == [r"\sum"]:
            names = [named(side[k - 1]) for k, t in enumerate(side)
                     if t == "_" and k and side[k - 1] != r"\sum"]  # fmt: skip
            if len(names) == 3:
                return names[0], names[1:]
    return "", []


def _diagonal(article: Article, middle: str) -> str:
    r"""The letter of the entries that a formula gives a diagonal matrix."""
    for sentence in article.sentences:
        for _, run in _formulas(article, sentence):
            sides = sides_of(run)
            if len(sides) < 2 or not is_symbol(sides[0]) or spelling(sides[0]) != middle:
                continue
            text = [t for t in sides[1] if spelled(t) not in ("(", ")")]
            words = [spelled(t).lstrip("\\").lower() for t in text[:2]]
            if "diag" in words:
                rest = text[words.index("diag") + 1 :]
                return named(rest[0]) if rest and is_symbol(rest[:1]) else ""
    return ""
