"""What stands where in a formula's tokens: its sides, calls, states in time."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Sequence
from typing import Any

from fieldcheck.start.article import Article, tokens_of
from fieldcheck.start.formulas import DOTS, is_symbol
from fieldcheck.start.signs import (
    BARS,
    FONTS,
    GREEK,
    SEPARATORS,
    TEXT,
    Node,
    Token,
    is_index,
    named,
    normal,
    spelled,
    unfonted,
)


def curves_of(article: Article) -> set[str]:
    """The states X(t) of curves of which an article says no more than that they are smooth."""
    found: set[str] = set()
    for sentence in article.sentences:
        words = " ".join(str(what) for kind, what in sentence.pieces if kind == "text")
        if not re.search(r"\b(?:differentiable|smooth)\b.*\b(?:curve|path|famil|function)", words):
            continue
        for kind, tex in sentence.pieces:
            clean = unfonted(normal(tokens_of(str(tex)))) if kind == "math" else []
            at = next((k for k in range(len(clean)) if clean[k + 1 : k + 4] == ["(", "t", ")"]), -1)
            if at >= 0 and is_symbol(clean[at : at + 1]):
                found.add(named(clean[at]))
    flows = [unfonted(left_side(tuple(tokens_of(str(tex))))) for s in article.sentences
             for kind, tex in s.pieces if kind == "math"]  # fmt: skip
    flows += [unfonted(left_side(each.tokens)) for each in article.equations]
    moved = {named(left[1]) for left in flows if left[:1] in ([r"\dot"], [r"\ddot"]) and left[1:]}
    return found - moved


def without_time(tokens: tuple[Token, ...], functions: set[str]) -> tuple[Token, ...]:
    """``x(t)`` as ``x``, of what is no function: a state at the time of which all else is."""
    out: list[Token] = []
    clean = normal(tokens)
    at = 0
    while at < len(clean):
        here = clean[at]
        out.append(without_time(here, functions) if isinstance(here, tuple) else here)
        is_name = isinstance(here, tuple) or is_symbol([here])
        if is_name and clean[at + 1 : at + 4] == ["(", "t", ")"] and named(here) not in functions:
            at += 3
        at += 1
    return tuple(out)


def in_time(node: Any, flows: bool, moves: Callable[[Node], bool]) -> Any:
    """A tree with derivatives in the time as rates, of a state or of what depends on one alone."""
    if isinstance(node, tuple):
        return tuple(in_time(each, flows, moves) for each in node)
    if not isinstance(node, Node):
        return node
    made = Node(node.op, tuple(in_time(each, flows, moves) for each in node.args))
    if made.op == "partial" and made.args[1] == Node("sym", ("t",)):
        body = made.args[0]
        of_state = body.op == "sym" or (body.op == "index" and body.args[0].op == "sym")
        if not moves(body) and (of_state or flows):
            made = Node("rate", (body,))
    if made.op == "rate" and made.args[0].op == "index":
        base, names = made.args[0].args
        made = Node("index", (Node("rate", (base,)), names))
    return made


def named_below(tokens: Sequence[Token], numbers: set[str]) -> tuple[Token, ...]:
    r"""``w_\lambda`` with its number in another font, so that it is a name and no index."""
    run = normal(tokens)
    out: list[Token] = []
    for at, token in enumerate(run):
        single = token[0] if isinstance(token, tuple) and len(token) == 1 else token
        is_below = at > 1 and run[at - 1] == "_" and run[at - 3 : at - 2] != [r"\mathbb"] and (
            isinstance(run[at - 2], tuple) or is_symbol([run[at - 2]])
        )  # fmt: skip
        if is_below and is_index(single) and named(single) in numbers:
            out.append((r"\mathrm", (single,)))
        else:
            inside = isinstance(token, tuple) and run[at - 1] not in TEXT
            out.append(named_below(token, numbers) if inside else token)
    return tuple(out)


def without_space(tokens: tuple[Token, ...]) -> tuple[Token, ...]:
    r"""``p = … \in \mathbb{R}^n`` without its end: the formula says more."""
    clean = normal(tokens)
    if r"\in" in clean and "=" in clean[: clean.index(r"\in")]:
        return tuple(clean[: clean.index(r"\in")])
    return tokens


def once_named(tokens: tuple[Token, ...]) -> tuple[tuple[Token, ...], bool]:
    """``p = p(z) = …`` as ``p(z) = …``; and is it so, that the name alone stands for its value?"""
    clean = normal(tokens)
    ends = [at for at, token in enumerate(clean) if token == "="]
    if len(ends) == 2 and ends[0] == 1 and clean[2:4] == [clean[0], "("]:
        return tuple(clean[2:]), True
    return tokens, False


def entries_behind(tokens: tuple[Token, ...], entries: set[str]) -> tuple[Token, ...]:
    """``f_i(x)`` as ``f(x)_i``, for functions that are defined by their entries."""
    out = [entries_behind(t, entries) if isinstance(t, tuple) else t for t in normal(tokens)]
    at = 0
    while at + 3 < len(out):
        here, sign, index, after = out[at : at + 4]
        letter = index[0] if isinstance(index, tuple) and len(index) == 1 else index
        if named(here) in entries and sign == "_" and is_index(letter) and after == "(":
            depth, end = 0, at + 3
            while end < len(out):
                depth += {"(": 1, ")": -1}.get(str(out[end]), 0)
                if not depth:
                    break
                end += 1
            out = [*out[: at + 1], *out[at + 3 : end + 1], "_", index, *out[end + 1 :]]
        at += 1
    return tuple(out)


def left_side(tokens: tuple[Token, ...]) -> list[Token]:
    """What stands before the first equality sign."""
    clean = normal(tokens)
    for at, token in enumerate(clean):
        if token in ("=", ":=", r"\coloneqq", r"\triangleq", r"\equiv"):
            return clean[:at]
    return []


def function_name(left: list[Token]) -> str | None:
    """The name of the function that ``f_s(x, y)_i`` calls, if its arguments are plain symbols."""
    if "(" not in left or ")" not in left:
        return None
    start = left.index("(")
    end = len(left) - 1 - left[::-1].index(")")
    head, inside, tail = left[:start], left[start + 1 : end], left[end + 1 :]
    if tail and (len(tail) != 2 or tail[0] != "_"):
        return None
    listed = bool(DOTS & set(map(spelled, inside))) and _one_letter(inside)
    plain = all(map(_is_plain, inside)) or _are_symbols(inside)
    if not head or not inside or not (listed or plain):
        return None
    base = head[:2] if head[0] in FONTS else head[:1]
    rest = head[len(base) :]
    is_name = head[0] in FONTS or (
        isinstance(head[0], str) and (head[0] in GREEK or (len(head[0]) == 1 and head[0].isalpha()))
    )
    is_square = rest[:1] == ["^"] and spelled(rest[-1]) == "2"
    if not is_name or (rest and (len(rest) != 2 or rest[0] != "_") and not is_square):
        return None
    if head[0] not in FONTS and not listed and _is_product(inside):
        return None
    name = named(base[-1])
    if is_square:
        return f"{name}_squared"
    return f"{name}_{named(rest[1])}" if rest else name


def _one_letter(inside: list[Token]) -> bool:
    """``x_1, …, x_n``: all of one letter."""
    inside = unfonted(inside)
    return {named(inside[k - 1]) for k, t in enumerate(inside) if t == "_"} == {named(inside[0])}


def _are_symbols(inside: list[Token]) -> bool:
    """``x; W_1, W_2``: symbols, with what separates them."""
    runs: list[list[Token]] = [[]]
    for token in unfonted(inside):
        if token in SEPARATORS:
            runs.append([])
        else:
            runs[-1].append(token)
    return len(runs) > 1 and all(map(is_symbol, runs))


def _is_plain(token: Token) -> bool:
    if isinstance(token, tuple):
        return all(map(_is_plain, token))
    return token in (*FONTS, *GREEK, *BARS, ",", ";", r"\mid") or (
        isinstance(token, str) and len(token) == 1 and token.isalpha()
    )


def _is_product(inside: list[Token]) -> bool:
    """``A(B C)``: two symbols side by side are no argument."""
    letters = [t for t in inside if t not in FONTS]
    symbols = [isinstance(t, tuple) or t in GREEK or str(t).isalpha() for t in letters]
    return any(a and b for a, b in itertools.pairwise(symbols))
