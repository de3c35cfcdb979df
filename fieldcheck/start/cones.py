r"""Closed convex cones of which an article says no more, and the projections onto them.

One kind stands for all: in some orthonormal axes each coordinate is free, kept at zero, or of one
sign. Their projections, polars and distances are known in closed form. What is refuted of them is
refuted of cones; what is proved is proved of such cones, and the scope of the verdict says so.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from fieldcheck.start.arbitrary import ARGUMENT
from fieldcheck.start.article import Article, formulas_of, tokens_of
from fieldcheck.start.formulas import Declared, is_symbol, space_of, spelling
from fieldcheck.start.meaning.values import Definition
from fieldcheck.start.signs import FONTS, Node, Token, named, normal, spelled, unfonted

CONE = re.compile(r"\bclosed convex cones?\b|\bconvex closed cones?\b")
PROJECTION = re.compile(r"\bproject(?:ion|or)s?\b", re.IGNORECASE)
NAMES = frozenset(("Pi", "P", "proj", "Proj", "pi", "prj"))
DISTANCE = frozenset(("dist", "d"))
POLAR = frozenset((r"\circ", "o"))


@dataclass
class Cones:
    """The cones, and what is known of them."""

    definitions: list[Definition] = field(default_factory=list)
    parts: dict[str, Declared] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)

    def is_polar(self, tokens: Sequence[Token]) -> bool:
        """Does a formula say which points are in the polar of one of the cones?"""
        run = unfonted(normal(tokens))
        is_set = run[1:2] == ["^"] and run[3:5] == ["=", r"\{"] and run[-1] == r"\}"
        return is_set and named(run[0]) in self.names and spelled(run[2]) in POLAR

    def written(self, tokens: Sequence[Token]) -> tuple[Token, ...]:
        r"""``\operatorname{dist}(x, K)`` as a function of x alone."""
        run = [self.written(t) if isinstance(t, tuple) else t for t in normal(tokens)]
        for at in range(len(run) - 1, 3, -1):
            if not (run[at] == ")" and run[at - 2] == "," and named(run[at - 1]) in self.names):
                continue
            depth, begin = 0, at
            while begin >= 0:
                depth += (run[begin] == ")") - (run[begin] == "(")
                if not depth:
                    break
                begin -= 1
            if begin > 0 and named(run[begin - 1]) in DISTANCE:
                letter = run[at - 1]
                run[at - 2 : at] = []
                run[begin:begin] = ["_", letter]
        return tuple(run)


def cones_of(article: Article) -> Cones:
    """The cones of an article of which nothing else is said, if it projects onto them."""
    found = Cones()
    words = " ".join(str(w) for s in article.sentences for kind, w in s.pieces if kind == "text")
    if not (CONE.search(words) and PROJECTION.search(words)):
        return found
    for number, sentence in enumerate(article.sentences):
        text = "".join(f"⟨{k}⟩" if kind == "math" else str(w)
                       for k, (kind, w) in enumerate(sentence.pieces))  # fmt: skip
        for match in re.finditer(rf"⟨(\d+)⟩[^.;⟨]*(?:{CONE.pattern})|(?:{CONE.pattern})\s*⟨(\d+)⟩",
                                 " ".join(text.split())):  # fmt: skip
            at = int(match[1] or match[2])
            run = unfonted(normal(tokens_of(str(sentence.pieces[at][1]))))
            inside = next((k for k, t in enumerate(run) if t in (r"\subset", r"\subseteq")), 0)
            space = space_of(run[inside + 1 :]) if inside else (1, ("",), frozenset[str]())
            own = run[:inside] if inside else run
            if is_symbol(own) and space and space[0] == 1 and not space[2]:
                _made(found, article, spelling(own), space[1], (number, at))
    return found


def _sym(name: str) -> Node:
    return Node("sym", (name,))


def _made(
    found: Cones, article: Article, name: str, dims: tuple[str | int, ...], place: tuple[int, int]
) -> None:
    """The projections onto one cone and its polar, by the names that the article has for them."""
    x = _sym(ARGUMENT)
    axes, up, down = (f"{name}_{part}" for part in ("axes", "up", "down"))
    found.names.add(name)
    found.parts[axes] = Declared(axes, 2, (*dims, *dims), frozenset(("orthogonal",)))
    for each in (up, down):
        found.parts[each] = Declared(each, 1, dims, frozenset(("values 0 1", "coefficient")))
    turned = Node("mul", (Node("T", (_sym(axes),)), x))

    def kept(one: Node, other: Node) -> Node:
        positive = Node("had", (one, Node("ramp", (turned,))))
        negative = Node("had", (other, Node("ramp", (Node("neg", (turned,)),))))
        return Node("mul", (_sym(axes), Node("add", (positive, Node("neg", (negative,))))))

    def rest(of: str) -> Node:
        return Node("add", (Node("ones"), Node("neg", (_sym(of),))))

    bodies = {
        name: kept(_sym(up), _sym(down)), f"{name}_circ": kept(rest(up), rest(down)),
    }  # fmt: skip
    used = {base for run in formulas_of(article) for base in _projecting(run, name)}
    made = {f"{base}_{cone}": body for base in used for cone, body in bodies.items()}
    away = Node("add", (x, Node("neg", (bodies[name],))))
    made |= {f"{base}_{name}": Node("norm", (away, "")) for base in DISTANCE}
    line = article.sentences[place[0]].line
    for own, body in made.items():
        found.definitions.append(Definition(
            own, (ARGUMENT,), body, "", line, Node("call", (own, (x,))), place=place,
            printed=f"{own} is any projection onto a closed convex cone, or what it leaves: "
                    "here of those whose coordinates, in some axes, are free, zero or of one sign",
        ))  # fmt: skip


def _projecting(run: Sequence[Token], name: str) -> set[str]:
    """The letters with a cone below them that stand for projections."""
    found = set()
    clean = [t for t in normal(run) if t not in FONTS]
    for at, token in enumerate(clean):
        if at > 1 and clean[at - 1] == "_":
            inner = [t for t in (token if isinstance(token, tuple) else (token,)) if t not in FONTS]
            is_cone = bool(inner) and named(inner[0]) == name and (
                len(inner) == 1 or (inner[1:2] == ["^"] and spelled(inner[2]) in POLAR)
            )  # fmt: skip
            if is_cone and named(clean[at - 2]) in NAMES:
                found.add(named(clean[at - 2]))
        if isinstance(token, tuple):
            found |= _projecting(token, name)
    return found
