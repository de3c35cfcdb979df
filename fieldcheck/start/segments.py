"""A displayed formula in its statements, and what is said beside them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from fieldcheck.start.formulas import Declared, declarations, is_range, is_symbol, letters
from fieldcheck.start.signs import (
    RELATIONS,
    TEXT,
    WIDE,
    Environment,
    Token,
    Unread,
    normal,
    spelled,
)

Segment = tuple[str, list[Token]]
"""A part of a displayed formula, and the words that join it to those before."""
JOINS = re.compile(
    r"\W*(?:and|or|for|if|where|with|when|whenever|provided|so|hence|thus|as|on|in|at|since|"
    r"because|unless|not|all|any|every|but|while|then|resp\w*)\b|\W*$|.*\s\S*\s",
    re.IGNORECASE,
)
"""Words in a formula that stand between statements; others are names in another font."""
CONDITION = re.compile(
    r"\b(?:for|if|where|with|when|whenever|provided|on|in|at|all|any|every|since|as)\b", re.I
)
ENTRYWISE = re.compile(
    r"\W*(?:(?:is |are )?(?:applied|taken|acting|acts|understood|meant) |(?:both |all )?)?"
    r"(?:(?:entry|element|component|coordinate)[- ]?wise|"
    r"(?:entry by entry|element by element|component by component|in each (?:entry|component)|"
    r"to (?:each|every) (?:entry|element|component|coordinate)))\W*",
    re.IGNORECASE,
)
"""How a function of numbers is one of vectors: it is read so anyway."""
DENIAL = re.compile(r"\b(?:not|unless|or|except|fail\w*|neither)\b", re.I)


def _segments(tokens: Sequence[Token]) -> list[Segment]:
    """A formula in parts: apart at wide spaces, at words, and at commas between statements."""
    found: list[Segment] = [("", [])]
    clean = normal(tokens)
    at = 0
    while at < len(clean):
        token = clean[at]
        is_text = token in TEXT and clean[at - 1 : at] not in (["_"], ["^"])
        if is_text and ENTRYWISE.fullmatch(_said(clean[at + 1 : at + 2])):
            at += 1
        elif is_text and at + 1 < len(clean) and JOINS.match(spelled(clean[at + 1])):
            found += _worded(clean[at + 1])
            at += 1
        elif token == r"\forall":
            found.append(("for all", []))
        elif token in WIDE:
            found.append(("", []))
        else:
            found[-1][1].append(token)
        at += 1
    return list(_at_commas(_rejoined(found)))


def _said(tokens: Sequence[Token]) -> str:
    return " ".join("".join(map(spelled, tokens)).split())


def _worded(group: Token) -> Iterator[Segment]:
    r"""The words of ``\text{if $x > 0$}``, each with the formula that goes after them."""
    words = ""
    for token in group if isinstance(group, tuple) else (group,):
        if isinstance(token, tuple):
            yield words, list(token)
            words = ""
        else:
            words += spelled(token)
    yield words, []


def _rejoined(found: Sequence[Segment]) -> Iterator[Segment]:
    """Without empty parts, and with those that a relation or a comma at an end joins."""
    words = ""
    kept: list[Segment] = []
    for word, run in found:
        run = list(run)
        while run and run[-1] in (",", ";", "."):
            run.pop()
        while run and run[0] in (",", ";", "."):
            run.pop(0)
        words = f"{words} {word}".strip()
        if not run:
            continue
        goes_on = kept and not words and (run[0] in RELATIONS or kept[-1][1][-1] in RELATIONS)
        if goes_on:
            kept[-1][1].extend(run)
        else:
            kept.append((words, run))
        words = ""
    if DENIAL.search(words):
        raise Unread("more than one statement")
    yield from kept


def _at_commas(found: Iterable[Segment]) -> Iterator[Segment]:
    """Apart at commas outside of brackets, where a relation stands between any two."""
    for words, run in found:
        parts: list[list[Token]] = [[]]
        depth = 0
        for token in run:
            depth += (token in OPENS) - (token in CLOSES)
            if token == "," and not depth:
                parts.append([])
            else:
                parts[-1].append(token)
        if len(parts) > 1 and all(map(_is_related, parts)) and (
            not is_range(run)
        ):  # fmt: skip
            yield words, parts[0]
            yield from (("", part) for part in parts[1:])
        else:
            yield words, run


def _is_related(part: list[Token]) -> bool:
    """Does a relation stand in it, with something before it?"""
    return any(t in RELATIONS or t in (r"\in", r"\ne", r"\neq") for t in part[1:])


OPENS = frozenset(("(", "[", r"\{", r"\langle", r"\lbrack"))
CLOSES = frozenset((")", "]", r"\}", r"\rangle", r"\rbrack"))


def statements(
    tokens: tuple[Token, ...], parts: set[str]
) -> tuple[list[tuple[tuple[Token, ...], bool]], list[Declared]]:
    r"""The statements of a displayed formula, each with whether a "where" goes before it, and what
    is said beside them, ``\quad i = 1, \dots, n``."""
    first, *rest = _segments(tokens) or [("", [])]
    if first[0]:
        raise Unread("words before a statement")
    statements = [(tuple(first[1]), False)]
    said: list[Declared] = []
    for words, run in rest:
        if DENIAL.search(words):
            raise Unread("more than one statement")
        if run[0] == "(" and run[-1] == ")" and ")" not in run[:-1]:
            run = run[1:-1]
        is_condition = CONDITION.search(words) is not None
        found = list(declarations(run, parts))
        if is_range(run) or run[1:5] == ["(", "0", ")", "="]:
            continue  # or where something begins
        if "=" not in run and found and not (words and not is_condition):
            said += found
        elif is_condition and "=" in run and not found:
            statements.append((tuple(run), True))
        elif is_condition and found:
            said += found
        elif "=" not in run and (is_condition or _is_bare(run) or (said and _differ(run))):
            tex = " ".join(map(_typed_again, run))
            said += [Declared(n, None, (), frozenset((f"where {tex}",))) for n in letters(run)]
        elif any(t in RELATIONS for t in run):
            statements.append((tuple(run), False))
        else:
            raise Unread("more than one statement")
    return statements, said


def _differ(run: list[Token]) -> bool:
    """Is it said, after what is said of its symbols, that two sides differ?"""
    return sum(t in (r"\ne", r"\neq") for t in run) == 1 and not any(t in RELATIONS for t in run)


def _is_bare(run: list[Token]) -> bool:
    """Is it a comparison of symbols and numbers alone, which nobody claims?"""
    sides: list[list[Token]] = [[]]
    for token in run:
        if token in RELATIONS or token in (r"\ne", r"\neq"):
            sides.append([])
        else:
            sides[-1].append(token)
    return len(sides) > 1 and all(
        is_symbol(side) or all(str(t).isdecimal() for t in side) for side in sides
    )


def _typed_again(token: Token) -> str:
    """A token as it may be typed."""
    if isinstance(token, tuple):
        return "{" + " ".join(map(_typed_again, token)) + "}"
    if isinstance(token, Environment):
        raise Unread("a condition that is a matrix")
    return str(token)
