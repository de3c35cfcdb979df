r"""What one formula among words says of its symbols, ``A, B \in \mathbb{R}^{n \times n}``."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from fieldcheck.start.signs import (
    FONTS,
    GREEK,
    MARKS,
    TRANSPOSE,
    TWO_VALUES,
    Token,
    is_index,
    named,
    normal,
    spelled,
    unfonted,
)

DOTS = frozenset((r"\dots", r"\ldots", r"\cdots"))


@dataclass(frozen=True)
class Declared:
    """A symbol: how many axes it has (None: not said), their names, and what is assumed of it."""

    name: str
    rank: int | None = None
    dims: tuple[str | int, ...] = ()
    hypotheses: frozenset[str] = frozenset()
    line: int = 0
    several: bool = False
    """Vectors or matrices, one for each number along the first axis: then `x_all`, of ``x_i``."""
    of: str = ""
    """The matrix of which they are the rows, or the columns."""
    columns: bool = False
    single: bool = False
    """Is it said to be a number?"""
    anew: bool = False
    """Does the sentence give the symbol to something new, as "let" and "for every" do?"""
    ends: int = sys.maxsize
    """The sentence from which on what is not understood of it no longer holds."""

    @property
    def is_unread(self) -> bool:
        """Is nothing said of it but what was not understood?"""
        said = self.hypotheses
        return self.rank is None and bool(said) and all(h.startswith("unread ") for h in said)

    def within(self, sentence: int) -> Declared:
        """What still holds of it in a sentence."""
        if sentence < self.ends:
            return self
        return replace(self, hypotheses=frozenset(h for h in self.hypotheses if not is_open(h)))

    def merged(self, later: Declared) -> Declared:
        if self.of and not later.of:
            return replace(self, hypotheses=self.hypotheses | later.hypotheses)
        if later.rank == 0 and later.hypotheses and self.rank:  # x > 0, of a vector
            return replace(self, hypotheses=self.hypotheses | later.hypotheses)
        if later.rank is None or (later.rank == self.rank and not later.dims):
            return replace(self, hypotheses=self.hypotheses | later.hypotheses)
        kept = self.hypotheses - {"complex"} if later.dims else self.hypotheses
        return replace(later, hypotheses=kept | later.hypotheses)


def is_open(hypothesis: str) -> bool:
    """Is a hypothesis one that no domain has?"""
    return hypothesis.startswith(("unread ", "where ", "value "))


def is_range(run: list[Token]) -> bool:
    r"""``i = 1, \dots, n``, ``1 \le i, j \le n``, ``i \in [n]``, or the indices alone."""
    if all(is_index(t) or t == "," for t in run):
        return True
    text = "".join(" " if t == "," else spelled(t) for t in run)
    letters, size = r"\\?[A-Za-z]+(?: ?\\[A-Za-z]+| [A-Za-z]+)*", r"\\?\w+"
    ranges = (
        rf"{letters}(?:=|\\in\\\{{)(?:0 )?1 (?:2 )?\\l?c?dots(?: {size})?(?:\\\}})?",
        rf"1\\leq?{letters}\\leq?{size}",
        rf"{letters}\\in\[{size}\]",
    )
    return any(re.fullmatch(pattern, text) for pattern in ranges)


def letters(tokens: Sequence[Token]) -> Iterator[str]:
    """All names in a formula, with those in groups and below others."""
    for at, token in enumerate(tokens):
        if at and tokens[at - 1] in FONTS:
            yield named(token)
        elif isinstance(token, tuple):
            yield from letters(token)
        elif isinstance(token, str) and is_symbol([token]):
            yield named(token)
            yield f"{named(token)}_all"


def several_of(
    each: Declared, count: tuple[str | int, ...], dims: tuple[str | int, ...]
) -> Declared:
    """Several vectors or matrices, of each of which something is said."""
    whole = (*count, *dims)
    return replace(each, name=f"{each.name}_all", rank=len(whole), dims=whole, several=True)


def declarations(tokens: list[Token], parts: set[str]) -> Iterator[Declared]:
    """What a formula among words says of its symbols."""
    tokens = unfonted(_without_kets(tokens))
    text = [spelled(t) for t in tokens]
    if text[1:5] == ["(", "0", ")", "="]:  # where something begins
        yield from declarations(tokens[5:], parts)
        return
    if text[1:2] == ["_"] and text[3:] == ["=", "0"] and len(set(text[2])) == 1 and (
        len(text[2]) == 2
    ):  # fmt: skip
        yield Declared(named(tokens[0]).upper(), None, (), frozenset(("hollow",)))
        return
    if said := list(_of_entries(tokens, text)):
        yield from said
        return
    if "=" in text and (found := list(listed_as(tokens, parts))):
        yield from found
        return
    if ordered := _in_order(tokens, text):
        parts.add(ordered.name)
        yield ordered
        return
    if chained := re.fullmatch(rf"(-?\d+)({_LESS})([^<>=]+?)({_LESS})(-?\d+)", "".join(text)):
        ends = [k for k, t in enumerate(text) if re.fullmatch(_LESS, t)]
        for name in names_in(tokens[ends[0] + 1 : ends[1]], parts) or ():
            yield Declared(name, 0, (), frozenset((f"between {chained[1]} {chained[5]}",)))
        return
    if text[:1] == [r"\sum"] and text[-2:] == ["=", "1"] and text[-4:-3] == ["_"]:
        for name in names_in(tokens[-5:-4], parts) or ():
            yield Declared(name, None, (), frozenset(("sum one",)))
        return
    bars = [t for t in text if "ert" in t or t in ("|", r"\|")]
    if len(bars) == 2 and text[0] in bars and text[-2:] == ["=", "1"] and text[-3] in bars:
        for name in names_in(tokens[1:-3], parts) or ():
            yield Declared(name, 1, (), frozenset(("unit",)))
        return
    for relation in (
        r"\in",
        r"\succ",
        r"\succeq",
        ">",
        r"\ge",
        r"\geq",
        r"\geqslant",
        r"\neq",
        r"\ne",
    ):
        if relation in tokens:
            at = tokens.index(relation)
            yield from _member(tokens[:at], relation, tokens[at + 1 :], parts)
            return
    if "=" in tokens:
        yield from _equation(tokens, parts)
        return
    for name in names_in(tokens, parts) or ():
        yield Declared(name)
        if name in parts and DOTS & {spelled(t) for t in tokens}:
            yield Declared(name, 1, listed_size(tokens))


def _without_kets(tokens: list[Token]) -> list[Token]:
    r"""``|z\rangle \in \mathbb{C}^N`` as z: what is said of a state is said of its vector."""
    found = list(tokens)
    while r"\rangle" in found and r"\langle" not in found:
        end = found.index(r"\rangle")
        begin = next((k for k in range(end - 1, -1, -1) if found[k] in BARS_OF_KETS), -1)
        if begin < 0:
            return list(tokens)
        found = [*found[:begin], *found[begin + 1 : end], *found[end + 1 :]]
    return found


BARS_OF_KETS = ("|", r"\vert", r"\lvert", r"\mid")


def _of_entries(tokens: list[Token], text: list[str]) -> Iterator[Declared]:
    r"""``w_{ij} = w_{ji} \ge 0``: a matrix is symmetric, or its entries have a sign."""
    sides: list[list[str]] = [[]]
    for each in text:
        sides = [*sides, []] if each in _ORDER or each == "=" else [*sides[:-1], [*sides[-1], each]]
    first = sides[0]
    signs = [each for each in text if each in _ORDER or each == "="]
    has_two = len(first) == 3 and first[1] == "_" and len(set(first[2].replace(",", ""))) == 2
    if not has_two or not is_symbol(tokens[:1]) or not first[2].replace(",", "").isalpha():
        return
    turned = [first[0], "_", first[2][::-1]]
    said = {"symmetric"} if signs[:1] == ["="] and sides[1] == turned else set()
    if sides[-1] == ["0"] and signs[-1] in (">", r"\ge", r"\geq", r"\geqslant"):
        said.add("positive" if signs[-1] == ">" else "nonnegative")
    if len(sides) == 1 + len(said) and said and set(first[2].replace(",", "")) <= INDEX_NAMES:
        yield Declared(named(tokens[0]).upper(), None, (), frozenset(said))


def _in_order(tokens: list[Token], text: list[str]) -> Declared | None:
    r"""``s_1 \ge \dots \ge s_r > 0``: the numbers in their order, and the sign of the last."""
    ends = [k for k, t in enumerate(text) if t in _ORDER]
    if not DOTS & set(text) or len({text[k].strip("=") for k in ends}) > 2:
        return None
    runs = [tokens[a + 1 : b] for a, b in zip([-1, *ends], [*ends, len(text)], strict=True)]
    down = text[ends[0]] in (">", r"\ge", r"\geq", r"\geqslant") if ends else False
    if any((text[k] in (">", r"\ge", r"\geq", r"\geqslant")) != down for k in ends):
        return None
    zero = runs[-1] if down else runs[0]
    bounded = [spelled(t) for t in zero] == ["0"]
    sign = text[ends[-1] if down else ends[0]] if bounded else ""
    inner = (runs[:-1] if down else runs[1:]) if bounded else runs
    listed = [r for r in inner if len(r) == 3 and r[1] == "_" and is_symbol(r[:1])]
    dotted = [r for r in inner if len(r) == 1 and spelled(r[0]) in DOTS]
    if len(listed) + len(dotted) != len(inner) or len(dotted) != 1 or len(listed) < 2:
        return None
    names = {named(r[0]) for r in listed}
    if len(names) != 1 or spelled(listed[0][2]) != "1":
        return None
    order = {"falling" if down else "rising"}
    if bounded:
        order.add("positive" if sign in ("<", ">") else "nonnegative")
    return Declared(names.pop(), 1, listed_size(listed[-1]), frozenset(order))


_ORDER = frozenset(("<", ">", r"\le", r"\leq", r"\leqslant", r"\ge", r"\geq", r"\geqslant"))


def listed_as(tokens: list[Token], parts: set[str]) -> Iterator[Declared]:
    r"""``A = (a_{ij})``, and ``X = (x_1, \dots, x_N) \in \mathbb{R}^{d \times N}``."""
    text = [spelled(t) for t in tokens]
    at = text.index("=")
    end = text.index(r"\in") if r"\in" in text[at:] else len(text)
    inner, space = tokens[at + 1 : end], space_of(tokens[end + 1 :])
    if not is_symbol(tokens[:at]) or text[at + 1 : at + 2] not in (["("], ["["]):
        return
    name = spelling(tokens[:at])
    if inner[2:3] == ["_"] and inner[4:5] in ([")"], ["]"]):
        below = [t for t in normal(inner[3] if isinstance(inner[3], tuple) else (inner[3],))
                 if t != ","]  # fmt: skip
        if len(below) == 2 and all(map(is_index, below)) and named(inner[1]) == name.lower():
            yield replace(Declared(name, 2), dims=space[1] if space else ())
        return
    inside = [t for t in inner if spelled(t) not in ("(", ")", "[", "]", "|", r"\mid")]
    turned = inside[-2:-1] == ["^"] and is_symbol(inside[:1])
    listed = names_in(inside[:-2] if turned else inside, parts) if DOTS & set(text) else None
    if not listed or space is None:
        return
    rank, dims, hypotheses = space
    yield Declared(name, rank, dims, hypotheses)
    if rank == 2:
        yield Declared(f"{listed[0]}_all", 2, ("", ""), several=True, of=name, columns=not turned)


_LESS = r"<|\\le|\\leq|\\leqslant"


def names_in(tokens: list[Token], parts: set[str]) -> list[str] | None:
    r"""The symbols of a list, ``A, B`` or ``x_1, \dots, x_n``; None if it is something else."""
    text = [spelled(t) for t in tokens]
    if DOTS & set(text):
        script = next((k for k, t in enumerate(text) if t in ("_", "^")), 0)
        if not script or not is_symbol(tokens[:script]):
            return None
        name = named(tuple(tokens[:script]))
        parts.add(name)
        return [name]
    found: list[str] = []
    run: list[Token] = []
    for token in [*tokens, ","]:
        if token != ",":
            run.append(token)
            continue
        if not is_symbol(run):
            return None
        found.append(spelling(run))
        run = []
    return found


def is_symbol(run: list[Token]) -> bool:
    """Is this one symbol: a letter with font, accent, subscript, or a mark above?"""
    if len(run) > 1 and run[-1] == "'":
        return is_symbol(run[:-1])
    if len(run) > 2 and run[-2] == "^":
        return spelled(run[-1]) in MARKS and is_symbol(run[:-2])
    if not run:
        return False
    first = run[0]
    if first in FONTS or first in (r"\hat", r"\bar", r"\tilde"):
        return len(run) == 2 or (len(run) == 4 and run[2] == "_")
    is_letter = isinstance(first, str) and ((len(first) == 1 and first.isalpha()) or first in GREEK)
    return is_letter and (len(run) == 1 or (len(run) == 3 and run[1] == "_"))


def spelling(run: list[Token]) -> str:
    if run[-1] == "'":
        return f"{spelling(run[:-1])}_prime"
    if len(run) > 2 and run[-2] == "^":
        return f"{spelling(run[:-2])}_{MARKS[spelled(run[-1])]}"
    accent = {r"\hat": "_hat", r"\bar": "_bar", r"\tilde": "_tilde"}.get(
        run[0] if isinstance(run[0], str) else ""
    )
    base = named(run[1]) + (accent or "") if len(run) in (2, 4) else named(run[0])
    return base + (f"_{named(run[-1])}" if "_" in run else "")


def listed_size(tokens: list[Token]) -> tuple[str | int, ...]:
    script = next((t for t, sign in zip(tokens[::-1], tokens[-2::-1], strict=False)
                   if sign in ("_", "^") and spelled(t) not in TRANSPOSE), "")  # fmt: skip
    name = named(script)
    return (int(name) if name.isdecimal() else name,)


def _member(
    left: list[Token], relation: str, right: list[Token], parts: set[str]
) -> Iterator[Declared]:
    names = names_in(left[:-3] if left[-3:] == ["(", "t", ")"] else left, parts)
    if not names and relation == r"\in" and (labelled := _labelled(left)):
        space = space_of(right)
        for name in labelled if space and space[0] else ():
            rank, dims, hypotheses = space or (0, (), frozenset())
            yield several_of(Declared(name, rank, dims, hypotheses), ("",), dims)
        return
    if not names:
        return
    if relation != r"\in":
        bound = "".join(map(spelled, right))
        if relation in (r"\succ", r"\succeq"):
            form = "spd" if relation == r"\succ" else "psd"
            yield from (Declared(name, 2, (), frozenset((form,))) for name in names if bound == "0")
            return
        what = {">": "positive", r"\ne": "nonzero", r"\neq": "nonzero"}.get(relation, "nonnegative")
        if bound != "0":
            if what != "nonnegative" or not re.fullmatch(r"\d", bound):
                return
            what = f"least {bound}"
        for name in names:
            yield Declared(name, 0, (), frozenset((what,)))
        return
    if two := two_values(right):
        low, size = two
        for name in names:
            listed = listed_size(left) if name in parts and DOTS & set(map(spelled, left)) else ()
            dims = size or listed
            if size and listed:
                one = Declared(name, 1, size, frozenset((f"values {low} 1",)))
                yield several_of(one, listed, size)
                continue
            yield Declared(name, len(dims), dims, frozenset((f"values {low} 1",)))
        return
    space = _simplex(right) or space_of(right)
    if space is None:
        for name in names:
            if name not in INDEX_NAMES and name not in parts and not DOTS & set(map(spelled, left)):
                where = "".join(map(spelled, right))
                yield Declared(name, None, (), frozenset((f"unread it lies in {where}",)))
        return
    rank, dims, hypotheses = space
    for name in names:
        base, _, index = name.partition("_")
        if name in parts and rank == 0:
            yield Declared(name, 1, listed_size(left), hypotheses)
        elif name in parts and DOTS & set(map(spelled, left)):
            yield several_of(Declared(name, rank, dims, hypotheses), listed_size(left), dims)
        elif index in INDEX_NAMES and base and rank:
            yield several_of(Declared(base, rank, dims, hypotheses), ("",), dims)
        else:
            yield Declared(name, rank, dims, hypotheses)


def _labelled(tokens: list[Token]) -> list[str]:
    """The letters of ``W_Q^h, W_K^h``: each one of several, with an index above."""
    runs: list[list[Token]] = [[]]
    for token in tokens:
        runs = [*runs, []] if token == "," else [*runs[:-1], [*runs[-1], token]]
    found = []
    for run in runs:
        label = spelled(run[-1]).strip("()") if run[-2:-1] == ["^"] else ""
        if label not in INDEX_NAMES | {r"\ell"} or not is_symbol(run[:-2]):
            return []
        found.append(spelling(run[:-2]))
    return found


def _simplex(
    tokens: list[Token],
) -> tuple[int, tuple[str | int, ...], frozenset[str]] | None:
    r"""``\Delta_n`` and ``\Delta^{n-1}``, where probability vectors lie."""
    if tokens[:1] != [r"\Delta"] or len(tokens) not in (1, 3):
        return None
    script = tokens[2] if len(tokens) == 3 else ()
    inner = normal(script if isinstance(script, tuple) else (script,))
    size = named(inner[0]) if len(inner) in (1, 3) and inner[1:] in ([], ["-", "1"]) else ""
    below = len(inner) == 3 and tokens[1] == "_"  # n or n + 1 entries, as one likes
    return 1, ("" if below or not size.isidentifier() else size,), frozenset(("simplex",))


def two_values(tokens: list[Token]) -> tuple[int, tuple[str | int, ...]] | None:
    r"""``\{-1, +1\}^n``: the lower value, and how many there are."""
    text = "".join(spelled(t) for t in tokens if t != "^")
    found = re.fullmatch(r"\\\{(.*)\\\}(\w*)", text)
    low = TWO_VALUES.get(found[1]) if found else None
    if not found or low is None:
        return None
    return low, ((int(found[2]) if found[2].isdecimal() else found[2],) if found[2] else ())


INDEX_NAMES = frozenset((*"ijklmnstabchr", "mu", "nu", "alpha"))
"""Letters below a letter that number several things; others belong to the name."""


def space_of(tokens: list[Token]) -> tuple[int, tuple[str | int, ...], frozenset[str]] | None:
    r"""``\mathbb{R}^{n \times d}``: how many axes, their names, and what is assumed."""
    text = [spelled(t) for t in tokens]
    if text[:1] == [r"\Delta"]:
        return None
    if text[:1] == ["["] or text[:1] == ["("]:
        ends = re.fullmatch(r"[\[(](-?\d+),(-?\d+)[\])]", "".join(text))
        return 0, (), frozenset((f"between {ends[1]} {ends[2]}",) if ends else ())
    if "".join(text[-4:]) in (r"\setminus\{0\}", r"\backslash\{0\}"):
        found = space_of(tokens[:-4])
        return (found[0], found[1], found[2] | {"nonzero"}) if found else None
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
            if any(not d and not _is_product(part) for d, part in zip(dims, sizes, strict=True)):
                return None
        at += 2
    if at < len(tokens) or len(dims) > 2:
        return None
    return len(dims), dims, frozenset(assumed)


def _size(part: list[Token]) -> str | int:
    name = named(tuple(part))
    if name.isdecimal():
        return int(name)
    if several := re.fullmatch(r"([2-9])([A-Za-z])", name):
        return f"{several[1]}*{several[2]}"
    return name if name.isidentifier() and (len(part) <= 2 or is_symbol(part)) else ""


def _is_product(part: list[Token]) -> bool:
    """``H d_v``: a size that is a product of others, of which no more is kept."""
    plain = "".join(spelled(t) for t in part)
    return re.fullmatch(r"(?:\\?[A-Za-z]+(?:_\\?\w+)?)+|\d+(?:\\?[A-Za-z]+)", plain) is not None


_NAME, _TRANSPOSED = r"\\?[A-Za-z]+", r"\\top|T|\\intercal"
_CONJUGATED = r"\\dagger|\*|\\ast|H"


def _equation(tokens: list[Token], parts: set[str]) -> Iterator[Declared]:
    r"""``A = A^\top`` and ``R R^\top = I`` are hypotheses; ``p = (p_1, …, p_n)`` gives a size."""
    text = [spelled(t) for t in tokens]
    at = text.index("=")
    left, right = text[:at], text[at + 1 :]
    clean = ["".join(t for t in side if t not in FONTS) for side in (left, right)]
    for font in FONTS:
        clean = [c.replace(font, "") if len(font) > 2 else c for c in clean]
    for one, other in (clean, clean[::-1]):
        turned = re.fullmatch(rf"(-?)({_NAME})\^({_TRANSPOSED}|{_CONJUGATED})", other)
        if turned and one in (turned[2], f"-{turned[2]}"):
            is_real = re.fullmatch(_TRANSPOSED, turned[3]) is not None
            kinds = ("symmetric", "hermitian"), ("skew", "antihermitian")
            kind = kinds[(turned[1] == "-") != one.startswith("-")][not is_real]
            yield Declared(named(turned[2]), 2, (), frozenset((kind,)))
            return
        if re.fullmatch(r"I(?:_\w)?|Id", other) and (match := re.fullmatch(
            rf"({_NAME}?)(?:\^({_TRANSPOSED}|{_CONJUGATED}))?({_NAME}?)(?:\^({_TRANSPOSED}|{_CONJUGATED}))?",
            one,
        )):  # fmt: skip
            mark = match[2] or match[4] or ""
            if match[1] == match[3] and bool(match[2]) != bool(match[4]):
                kind = "orthogonal" if re.fullmatch(_TRANSPOSED, mark) else "unitary"
                yield Declared(named(match[1]), 2, (), frozenset((kind,)))
            return
    if DOTS & set(right):
        inner = [t for t in tokens[at + 1 :] if t not in ("(", ")", "[", "]")]
        names = names_in(tokens[:at], set())
        if names and names_in(inner, parts):
            yield Declared(names[0], 1, listed_size(inner))


def loose_letters(run: Sequence[Token]) -> set[str]:
    """The letters that stand in a formula, and not below another."""
    found = set[str]()
    for at, token in enumerate(run):
        if at and run[at - 1] == "_":
            continue
        if isinstance(token, tuple):
            found |= loose_letters(normal(token))
        elif is_index(token):
            found.add(named(token))
    return found


def is_only_assumed(said: Declared) -> bool:
    """Is nothing known of a symbol but comparisons in which it stands?"""
    return said.rank is None and bool(said.hypotheses) and all(map(is_open, said.hypotheses))


def is_untold(said: Declared) -> bool:
    """Is a symbol said to be no more than a number, if that?"""
    return is_only_assumed(said) or (not said.rank and not said.hypotheses)
