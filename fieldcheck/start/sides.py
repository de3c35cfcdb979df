"""What stands where in a formula's tokens: its sides, calls, states in time."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Sequence
from typing import Any

from fieldcheck.start.article import Article, tokens_of
from fieldcheck.start.formulas import DOTS, Declared, is_symbol, loose_letters, spelling
from fieldcheck.start.signs import (
    ACCENTS,
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
    is_root = tail[:1] == ["^"] and spelled(tail[-1]) == "2"  # f(x)^2 = …
    if tail and (len(tail) != 2 or tail[0] != "_") and not is_root:
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


def families_of(article: Article, numbers: set[str]) -> set[str]:
    r"""The letters that a formula gives for any number below them, ``H_t = e^{-tL}``, and that
    stand with another below them somewhere, ``H_{s+t}``."""
    runs = [unfonted(normal(each.tokens)) for each in article.equations]
    runs += [unfonted(normal(tokens_of(str(tex)))) for s in article.sentences
             for kind, tex in s.pieces if kind == "math"]  # fmt: skip
    below: dict[str, set[str]] = {}
    for run in runs:
        for name, script in _scripts(run):
            below.setdefault(name, set()).add(script)
    found = set()
    for run in runs:
        left = unfonted(left_side(tuple(run)))
        base = left[1:] if left[:1] and left[0] in ACCENTS else left
        is_one = len(base) > 2 and base[1] == "_" and named(base[2]) in numbers
        if not is_one or (len(base) > 3 and base[3] != "("):
            continue
        name, own = spelling(left[: len(left) - len(base) + 1]), named(base[2])
        others = below.get(name, set()) - {own}
        if others and own in loose_letters(run[len(left) :]) and not any(
            re.fullmatch(r"[ijkl]{1,2}", each) for each in others
        ):  # fmt: skip
            found.add(name)
    return found


def _scripts(run: Sequence[Token]) -> Any:
    """Each letter with what stands below it, as text."""
    for at, token in enumerate(run):
        if at > 1 and run[at - 1] == "_":
            accent = at > 2 and run[at - 3] in ACCENTS
            start = at - 3 if accent else at - 2
            if is_symbol(list(run[start : at - 1])):
                text = spelled(token)
                yield spelling(list(run[start : at - 1])), named(token) if is_index(text) else text
        if isinstance(token, tuple):
            yield from _scripts(unfonted(normal(token)))


def laplacians_of(article: Article) -> set[str]:
    """The matrices that a formula gives right after the word, ``L = D - W``."""
    found = set()
    for sentence in article.sentences:
        for at, (kind, what) in enumerate(sentence.pieces):
            before = [str(w) for k, w in sentence.pieces[max(0, at - 1) : at] if k == "text"]
            if kind == "text" or not before or not re.search(r"\bLaplacian\b[^.]*$", before[0]):
                continue
            tokens = tokens_of(str(what)) if kind == "math" else article.equations[what].tokens
            run = unfonted(normal(tokens))
            left = unfonted(left_side(tuple(run)))
            is_difference = len(run) == 5 and run[3] == "-"
            if is_difference and is_symbol(left):
                found.add(spelling(left))
    return found


def speaks_complex(article: Article) -> bool:
    """Does an article speak of complex numbers?"""
    tex = [str(w) for s in article.sentences for kind, w in s.pieces if kind == "math"]
    tex += [each.tex for each in article.equations]
    words = " ".join(str(w) for s in article.sentences for kind, w in s.pieces if kind == "text")
    has_field = any(re.search(r"\\mathbb\s*\{?\s*C", each) for each in tex)
    return has_field or bool(
        re.search(r"\bcomplex (?:numbers?|vectors?|matri|valued)|\bimaginary unit", words)
    )


def below_of(tokens: Sequence[Token]) -> set[str]:
    """The letters that are indices in a formula: below a letter or an operator."""
    found: set[str] = set()
    for at, token in enumerate(tokens):
        if at and tokens[at - 1] == "_":
            inner = token if isinstance(token, tuple) else (token,)
            found |= {named(t) for t in inner if is_index(t)}
        if isinstance(token, tuple):
            found |= below_of(token)
    return found


def starred_of(article: Article) -> dict[str, Declared]:
    """The letters with a star in an article of complex numbers: they are complex, where nothing
    else is said of them."""
    found: dict[str, Declared] = {}
    for equation in article.equations:
        run = unfonted(normal(equation.tokens))
        for at, token in enumerate(run[:-2]):
            is_star = run[at + 1] == "^" and spelled(run[at + 2]) in ("*", r"\ast", r"\dagger", "H")
            if (is_star and is_symbol([token])) or token in (r"\bar", r"\overline"):
                token = run[at + 1] if token in (r"\bar", r"\overline") else token
                token = token[0] if isinstance(token, tuple) and len(token) == 1 else token
                if not is_symbol([token]):
                    continue
                found[named(token)] = Declared(named(token), None, (), frozenset(("complex",)))
    return found


def conjugated_of(article: Article) -> str:
    """Which argument of an inner product is conjugated, as words or a formula say it."""
    words = " ".join(str(w) for s in article.sentences for kind, w in s.pieces if kind == "text")
    words = " ".join(words.split())
    told = re.search(r"(?:conjugate|anti|semi)[- ]?linear in (?:the |its )?(first|second)", words)
    if told:
        return told[1]
    linear = re.search(r"(?<!anti)(?<!conjugate)[- ]linear in (?:the |its )?(first|second)", words)
    if linear:
        return "second" if linear[1] == "first" else "first"
    for equation in article.equations:
        run = unfonted(normal(equation.tokens))
        is_inner = run[:1] == [r"\langle"] and run[2:3] == [","] and run[4:5] == [r"\rangle"]
        star = run[6:9]
        if is_inner and len(star) == 3 and star[1] == "^" and star[0] in (run[1], run[3]) and (
            spelled(star[2]) in ("*", "H", r"\dagger")
        ):  # fmt: skip
            return "first" if star[0] == run[1] else "second"
    return ""
