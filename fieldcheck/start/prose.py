r"""What the sentences of an article say of its symbols: shapes, and hypotheses.

Understood is what authors usually type: ``$A, B \in \mathbb{R}^{n \times n}$``, ``$\lambda > 0$``,
"an invertible matrix $M$", "Let $x_1, \dots, x_n$ be real numbers", ``$R R^\top = I$``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from fieldcheck.start.article import Article, Sentence, tokens_of
from fieldcheck.start.grammar import FONTS, GREEK, Token, named, normal, spelled

ADJECTIVES = {
    r"probability (?:vectors?|distributions?)|in the simplex|on the simplex": "simplex",
    r"unit vectors?|unit norm|of norm one": "unit",
    r"positive definite|positive-definite|SPD": "spd",
    r"non-?negative": "nonnegative",
    r"(?<!non)positive(?![ -](?:semi-?)?definite)": "positive",
    r"invertible|nonsingular|non-singular|regular matri": "invertible",
    r"(?:skew|anti)-?symmetric": "skew",
    r"(?<!skew)(?<!skew-)(?<!anti)(?<!anti-)symmetric": "symmetric",
    r"orthogonal matri(?:x|ces)|\brotations?\b": "orthogonal",
    r"Hermitian|self-adjoint": "hermitian",
    r"unitary": "unitary",
    r"complex": "complex",
    r"positive semi-?definite": "psd",
    r"linearly independent": "full rank",
}
KINDS = {
    r"real numbers?|scalars?|a number\b|temperature|a constant|real parameters?": 0,
    r"\bvectors?\b": 1,
    r"\bmatri(?:x|ces)\b": 2,
}
DENIED = re.compile(r"\b(?:not|nor|without)\b[^|.;]*")
"""What a sentence says that a symbol is not."""

DOTS = frozenset((r"\dots", r"\ldots", r"\cdots"))

Place = tuple[int, int]
"""A sentence, and a piece of it."""


@dataclass(frozen=True)
class Declared:
    """A symbol: how many axes it has (None: not said), their names, and what is assumed of it."""

    name: str
    rank: int | None = None
    dims: tuple[str | int, ...] = ()
    hypotheses: frozenset[str] = frozenset()
    line: int = 0

    def merged(self, later: Declared) -> Declared:
        if later.rank is None or (later.rank == self.rank and not later.dims):
            return replace(self, hypotheses=self.hypotheses | later.hypotheses)
        kept = self.hypotheses - {"complex"} if later.dims else self.hypotheses
        return replace(later, hypotheses=kept | later.hypotheses)


class Declarations:
    """What is said, and from where to where it holds.

    A declaration holds from its place on. What stands under an "if" holds for the next displayed
    equation of its sentence and those that follow in it, or, at the sentence's end, for the last.
    """

    def __init__(self, article: Article) -> None:
        self.always: list[tuple[Place, Declared]] = []
        self.here: list[tuple[int, set[int], Declared]] = []
        self.parts: set[str] = set()
        self.sizes: set[str] = set()
        seen: set[str] = set()
        for number, sentence in enumerate(article.sentences):
            shown = [k for k, (kind, _) in enumerate(sentence.pieces) if kind == "display"]
            for at, each in _said(sentence, self.parts):
                self.sizes.update(d for d in each.dims if isinstance(d, str))
                under = _condition(sentence, at)
                if shown and each.hypotheses and under and (each.name in seen or under != "for"):
                    after = {k for k in shown if k > at} or {shown[-1]}
                    self.here.append((number, after, each))
                else:
                    self.always.append(((number, at), each))
                    seen.add(each.name)

    def at(self, sentence: int, piece: int = 0) -> dict[str, Declared]:
        """The symbols as they are known at a place.

        Of what is declared only later the shape counts, and in the same sentence the rest too.
        """
        known: dict[str, Declared] = {}
        here = (sentence, piece)
        for place, each in self.always:
            if place < here:
                old = known.get(each.name)
                known[each.name] = old.merged(each) if old else each
        for place, each in self.always:
            if place >= here and each.name not in known:
                same = place[0] == sentence
                known[each.name] = each if same else replace(each, hypotheses=frozenset())
        for number, displays, each in self.here:
            if number == sentence and piece in displays:
                old = known.get(each.name)
                known[each.name] = old.merged(each) if old else each
        return known


def _condition(sentence: Sentence, at: int) -> str:
    """The word that makes what stands here a condition: "for", another, or none."""
    words = ""
    for kind, what in sentence.pieces[:at]:
        words = "" if kind == "display" else words + (str(what) if kind == "text" else " ")
    found = re.findall(
        r"\b(if|when|whenever|provided|assuming|unless|in case|for)\b", words.lower()
    )
    return str(found[0]) if found else ""


# --- one sentence ---------------------------------------------------------------------------------


def _said(sentence: Sentence, parts: set[str]) -> Iterator[tuple[int, Declared]]:
    """Each declaration with the number of its piece."""
    pieces = sentence.pieces
    for at, (kind, tex) in enumerate(pieces):
        if kind != "math":
            continue
        before = _before(pieces, at)
        after = _after(pieces, at)
        for each in _in_space(pieces, at):
            yield at, replace(each, line=sentence.line)
        for each in _declared(tex, parts):
            words = DENIED.sub("", f"{before} | {after}")
            rank = each.rank
            if rank is None and not each.hypotheses:
                rank = next((k for pattern, k in KINDS.items() if re.search(pattern, words)), None)
            assumed = {what for pattern, what in ADJECTIVES.items() if re.search(pattern, words)}
            if "spd" in assumed:
                assumed -= {"symmetric", "positive"}
            if assumed & {"psd", "simplex"}:  # with positive entries, or a positive form
                assumed -= {"positive"}
            made = replace(each, rank=rank, line=sentence.line,
                           hypotheses=each.hypotheses | assumed)  # fmt: skip
            if made.rank is not None or made.hypotheses:
                yield at, made


def _in_space(pieces: list[tuple[str, object]], at: int) -> Iterator[Declared]:
    r"""``$P$ and $Q$ be matrices in $\mathbb{C}^{n \times n}$``: the space of those before."""
    if at < 2 or not re.search(r"\b(?:in|from|of)\s*$", str(pieces[at - 1][1])):
        return
    space = _space(normal(tokens_of(str(pieces[at][1]))))
    if space is None:
        return
    rank, dims, hypotheses = space
    k = at - 2
    while k >= 0 and pieces[k][0] == "math":
        for name in _names(normal(tokens_of(str(pieces[k][1]))), set()) or ():
            yield Declared(name, rank, dims, hypotheses)
        joined = k > 1 and pieces[k - 1][0] == "text" and re.fullmatch(
            r"\s*(?:,|and|,\s*and|or)?\s*", str(pieces[k - 1][1]))  # fmt: skip
        if not joined:
            return
        k -= 2


def _before(pieces: list[tuple[str, object]], at: int) -> str:
    """The words right before a formula, back to a verb or a comma."""
    if at == 0 or pieces[at - 1][0] != "text":
        return ""
    words = re.split(r"[,;:]|\b(?:be|is|are|with|let|Let|for|For|and|where|of)\b",
                     str(pieces[at - 1][1]))  # fmt: skip
    return " ".join(words[-1].split())


def _after(pieces: list[tuple[str, object]], at: int) -> str:
    """The words after a formula, up to the next; what joins it to another is passed over."""
    k = at + 1
    while k + 1 < len(pieces) and pieces[k][0] == "text" and pieces[k + 1][0] == "math" and (
        re.fullmatch(r"\s*(?:,|and|,\s*and|or)?\s*", str(pieces[k][1]))
    ):  # fmt: skip
        k += 2
    if k >= len(pieces) or pieces[k][0] != "text":
        return ""
    text = str(pieces[k][1])
    last = k + 1 >= len(pieces) or pieces[k + 1][0] != "math"
    if not last:  # "be invertible and" belongs here, "and a unit vector" to the next
        text = re.split(r"\b(?:and|with|where|let|Let)\b", text)[0]
    return " ".join(re.split(r"[.;]", text)[0].split()) if _describes(text) else ""


def _describes(text: str) -> bool:
    return bool(re.match(r"\s*(?:,?\s*(?:which|that)\s+)?(?:be|is|are|has|have|denote)\b", text))


# --- one inline formula ---------------------------------------------------------------------------

_SETS = re.compile(r"\\mathbb|\\mathbf|\\Delta")


def _declared(tex: str, parts: set[str]) -> Iterator[Declared]:
    tokens = normal(tokens_of(tex))
    for relation in (r"\in", ">", r"\ge", r"\geq", r"\geqslant", r"\neq", r"\ne"):
        if relation in tokens:
            at = tokens.index(relation)
            yield from _member(tokens[:at], relation, tokens[at + 1 :], parts)
            return
    if "=" in tokens:
        yield from _equation(tokens, parts)
        return
    for name in _names(tokens, parts) or ():
        yield Declared(name)
        if name in parts and DOTS & {spelled(t) for t in tokens}:
            yield Declared(name, 1, _listed_size(tokens))


def _names(tokens: list[Token], parts: set[str]) -> list[str] | None:
    r"""The symbols of a list, ``A, B`` or ``x_1, \dots, x_n``; None if it is something else."""
    text = [spelled(t) for t in tokens]
    if DOTS & set(text):
        if "_" not in text or text.index("_") == 0:
            return None
        name = named(tuple(tokens[: text.index("_")]))
        parts.add(name)
        return [name]
    found: list[str] = []
    run: list[Token] = []
    for token in [*tokens, ","]:
        if token != ",":
            run.append(token)
            continue
        if not _is_symbol(run):
            return None
        found.append(_spelling(run))
        run = []
    return found


def _is_symbol(run: list[Token]) -> bool:
    if not run:
        return False
    first = run[0]
    if first in FONTS or first in (r"\hat", r"\bar", r"\tilde"):
        return len(run) == 2 or (len(run) == 4 and run[2] == "_")
    is_letter = isinstance(first, str) and ((len(first) == 1 and first.isalpha()) or first in GREEK)
    return is_letter and (len(run) == 1 or (len(run) == 3 and run[1] == "_"))


def _spelling(run: list[Token]) -> str:
    accent = {r"\hat": "_hat", r"\bar": "_bar", r"\tilde": "_tilde"}.get(
        run[0] if isinstance(run[0], str) else ""
    )
    base = named(run[1]) + (accent or "") if len(run) in (2, 4) else named(run[0])
    return base + (f"_{named(run[-1])}" if "_" in run else "")


def _listed_size(tokens: list[Token]) -> tuple[str | int, ...]:
    last = tokens[-1]
    if last == ")":
        last = tokens[-2]
    name = named(last)
    return (int(name) if name.isdigit() else name,)


def _member(
    left: list[Token], relation: str, right: list[Token], parts: set[str]
) -> Iterator[Declared]:
    names = _names(left, parts)
    if not names:
        return
    if relation != r"\in":
        if "".join(map(spelled, right)) != "0":
            return
        what = {">": "positive", r"\ne": "nonzero", r"\neq": "nonzero"}.get(relation, "nonnegative")
        for name in names:
            yield Declared(name, 0, (), frozenset((what,)))
        return
    space = _space(right)
    if space is None:
        return
    rank, dims, hypotheses = space
    for name in names:
        if name in parts and rank == 0:
            yield Declared(name, 1, _listed_size(left), hypotheses)
        else:
            yield Declared(name, rank, dims, hypotheses)


def _space(tokens: list[Token]) -> tuple[int, tuple[str | int, ...], frozenset[str]] | None:
    r"""``\mathbb{R}^{n \times d}``: how many axes, their names, and what is assumed."""
    text = [spelled(t) for t in tokens]
    if text[:1] == [r"\Delta"]:
        return None
    if text[:1] == ["["] or text[:1] == ["("]:
        ends = re.fullmatch(r"[\[(](-?\d+),(-?\d+)[\])]", "".join(text))
        return 0, (), frozenset((f"between {ends[1]} {ends[2]}",) if ends else ())
    field_at = next((k for k, t in enumerate(text[:2]) if t in ("R", "C")), None)
    if field_at is None:
        return None
    assumed = {"complex"} if text[field_at] == "C" else set()
    dims: tuple[str | int, ...] = ()
    at = field_at + 1
    while at + 1 < len(tokens) and text[at] in ("^", "_"):
        script = tokens[at + 1]
        if text[at] == "_" and any(s in spelled(script) for s in (">", "+")):
            assumed.add("positive" if ">" in spelled(script) or "++" in spelled(script)
                        else "nonnegative")  # fmt: skip
        elif text[at] == "^":
            inner = normal(script if isinstance(script, tuple) else (script,))
            sizes: list[list[Token]] = []
            run: list[Token] = []
            for token in [*inner, r"\times"]:
                if token == r"\times":
                    sizes.append(run)
                    run = []
                else:
                    run.append(token)
            if not all(sizes):
                return None
            dims = tuple(_size(part) for part in sizes)
        at += 2
    if at < len(tokens) or len(dims) > 2 or "" in dims:
        return None
    return len(dims), dims, frozenset(assumed)


def _size(part: list[Token]) -> str | int:
    name = named(tuple(part))
    if name.isdigit():
        return int(name)
    return name if name.isidentifier() and len(part) <= 2 else ""


def _equation(tokens: list[Token], parts: set[str]) -> Iterator[Declared]:
    r"""``A = A^\top`` and ``R R^\top = I`` are hypotheses; ``p = (p_1, …, p_n)`` gives a size."""
    text = [spelled(t) for t in tokens]
    at = text.index("=")
    left, right = text[:at], text[at + 1 :]
    clean = ["".join(t for t in side if t not in FONTS) for side in (left, right)]
    clean = [c.replace(r"\mathbf", "").replace(r"\bm", "") for c in clean]
    for one, other in (clean, clean[::-1]):
        match = re.fullmatch(r"(\\?[A-Za-z]+)", one)
        if match and re.fullmatch(re.escape(one) + r"\^(?:\\top|T|\\intercal)", other):
            yield Declared(named(one), 2, (), frozenset(("symmetric",)))
            return
        if other in ("I", "I_n", "I_d") and (
            match := re.fullmatch(
                r"(\\?[A-Za-z]+?)(\^(?:\\top|T))?(\\?[A-Za-z]+?)(\^(?:\\top|T))?", one
            )
        ):
            if match[1] == match[3] and bool(match[2]) != bool(match[4]):
                yield Declared(named(match[1]), 2, (), frozenset(("orthogonal",)))
            return
    if DOTS & set(right):
        inner = [t for t in tokens[at + 1 :] if t not in ("(", ")", "[", "]")]
        names = _names(tokens[:at], set())
        if names and _names(inner, parts):
            yield Declared(names[0], 1, _listed_size(inner))
