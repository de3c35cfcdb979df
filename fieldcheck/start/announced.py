"""What is known of an article's names before anything is parsed."""

from __future__ import annotations

import contextlib
import itertools
import re

from fieldcheck.start.article import Article, Equation, tokens_of
from fieldcheck.start.formulas import is_only_assumed, is_symbol, listed_as, spelling
from fieldcheck.start.prose import Declarations
from fieldcheck.start.segments import statements
from fieldcheck.start.sides import function_name, left_side
from fieldcheck.start.signs import (
    ACCENTS,
    FONTS,
    FUNCTIONS,
    MARKS,
    RELATIONS,
    Token,
    Unread,
    is_index,
    named,
    normal,
    spelled,
    unfonted,
)

RAMPS = r"positive parts?|[Rr]ectifi|\bReLU\b|\bramps?\b|\bhinge\b|orthant|threshold"
"""Words of an article that speaks of positive parts."""
INDICES = frozenset("ijkl")


class Announced:
    """The names that an article's formulas define, and what kind of thing each is."""

    def __init__(
        self, article: Article, said: Declarations, functions: set[str], marked: set[str]
    ) -> None:
        self.article = article
        self.said = said
        self.functions = functions
        self.marked = marked  # x^+, x^\star, where the article says what they are
        self.entries: set[str] = set()  # functions that are defined by their entries, f_i(x) = …
        self.explained: set[str] = set()  # all that some formula says what it is
        always = [each for _, each in said.always]
        self.declared = {each.name for each in always if not is_only_assumed(each)}
        self.arrays = {each.name for each in always if each.rank} - FUNCTIONS.keys()
        for equation in article.equations:
            for tokens in _parts_of(equation):
                self.announce(tokens, equation.sentence)
        for number, sentence in enumerate(article.sentences):
            for kind, tex in sentence.pieces:
                if kind == "math" and "=" in str(tex):
                    self._note_entries(tuple(tokens_of(str(tex))), number)
                    self._note_mark(tuple(tokens_of(str(tex))))
        self.pointless = self._pointless()
        self.functions |= self.pointless

    def add_spectra(self) -> None:
        """Take the usual names of eigenvalues for functions, where they mean nothing else."""
        taken = self.functions | self.declared
        self.functions |= {"lam_max", "lam_min"} - taken
        sentences = " ".join(map(str, self.article.sentences))
        if re.search(r"\beigenvalues?\b", sentences, re.IGNORECASE):
            self.functions |= {"lam"} - taken
            self.entries |= {"lam"} - taken

    def _pointless(self) -> set[str]:
        """The functions that a formula makes of others without their arguments, ``V = V_2 + V_4``,
        and that stand with one elsewhere."""
        runs = [unfonted(normal(part)) for e in self.article.equations for part in _parts_of(e)]
        runs += [unfonted(normal(tokens_of(str(tex)))) for s in self.article.sentences
                 for kind, tex in s.pieces if kind == "math"]  # fmt: skip
        called_ = {named(a) for run in runs for a, b in itertools.pairwise(run) if b == "("}
        found = set()
        for run in runs:
            left = unfonted(left_side(tuple(run)))
            right = [t for t in run[len(left) + 1 :] if t not in ("_", "+", "-")]
            whole = {f"{named(a)}_{named(b)}" for a, b in itertools.pairwise(right)} | {
                named(t) for t in right
            }
            is_bare = is_symbol(left) and "(" not in run and len(right) > 1
            if is_bare and whole & self.functions and spelling(left) in called_:
                found.add(spelling(left))
        return found

    def numbers(self) -> set[str]:
        """The letters that are somewhere said to be numbers, and are no sizes."""
        said = [each for _, each in self.said.always]
        for equation in self.article.equations:
            with contextlib.suppress(Unread):
                said += statements(equation.tokens, set())[1]
        numbers = {
            e.name
            for e in said
            if e.rank == 0 and not any(h.startswith("integer") for h in e.hypotheses)
        }
        return numbers - self.said.sizes - INDICES - self.arrays

    def announce(self, tokens: tuple[Token, ...], sentence: int) -> None:
        """Note the name of a function that a formula defines, before anything is parsed."""
        left = left_side(tokens)
        self._note_mark(tokens)
        name = function_name(left) if left else None
        base, _, index = (name or "").rpartition("_")
        is_entry = base in self.arrays and is_index(f"\\{index}" if len(index) > 1 else index)
        several = "," in left  # f(x, y) is no product, and no function of one argument
        is_declared = name in self.declared and (
            name in self.said.named_by(sentence) or not (several or self._is_remark(name))
        )
        if base in self.entries and name and name != base:
            return
        if name and (several or name not in FUNCTIONS) and not is_declared and not is_entry:
            self.functions.add(name)
            if left[-2:-1] == ["_"] and named(left[-1]) in INDICES:  # f(x)_i = …
                self.entries.add(name)

    def _is_remark(self, name: str) -> bool:
        """Is all that is said of a name that it is positive or so, as of a function's values?"""
        said = [each for _, each in self.said.always if each.name == name]
        return not any(each.anew or each.rank for each in said)

    def _note_mark(self, tokens: tuple[Token, ...]) -> None:
        left = unfonted(left_side(tokens))
        if left[:1] and left[0] in ACCENTS and is_symbol(left):
            self.marked.add(spelling(left))  # \bar x = …, which is no conjugate
        if len(left) == 2 and is_symbol(left) and len(named(left[1])) > 1:
            self.marked.add(named(left[1]))  # vol = …
        if is_symbol(left) and not list(listed_as(unfonted(normal(tokens)), set())):
            self.explained.add(named(left[0] if left[0] not in FONTS else left[1]))
        sides: list[list[Token]] = [[]]
        for token in unfonted(normal(tokens)):
            sides = [*sides, []] if token in RELATIONS else [*sides[:-1], [*sides[-1], token]]
        if len(sides) > 2 and "=" in tokens:  # 0 < m = x_1 < x_2: each is what the others say
            self.explained |= {spelling(side) for side in sides if is_symbol(side)}
        if (
            left[1:2] == ["_"]
            and len(left) == 3
            and spelled(left[2]) == "+"
            and (
                r"\max" not in spelled(tuple(tokens))  # x_+ = max(x, 0), which is known
            )
        ):
            self.marked.add(f"{named(left[0])}_plus")
        if left[1:] == ["'"] and is_symbol(left) and named(left[0]) not in self.functions:
            self.marked.add(f"{named(left[0])}_prime")
        if left[1:2] == ["^"] and len(left) == 3 and is_symbol(left):
            self.marked.add(f"{named(left[0])}_{MARKS[spelled(left[2])]}")

    def _note_entries(self, tokens: tuple[Token, ...], sentence: int) -> None:
        """Note a function that a sentence defines by its entries, ``f_i(x) = …``."""
        left = left_side(tokens)
        head = left[: left.index("(")] if "(" in left else []
        base = head[1:2] if head[:1] and head[0] in FONTS else head[:1]
        rest = head[head.index("_") + 1 :] if "_" in head else []
        if not base or len(rest) != 1 or named(rest[0]) not in INDICES:
            return
        name = named(base[0])
        is_declared = name in self.declared & self.said.named_by(sentence)
        if left[-1] == ")" and function_name(left) and not is_declared:
            self.entries.add(name)
            self.functions.add(name)


def speaks_of_ramps(article: Article, words: str) -> bool:
    """Does an article speak of positive parts?"""
    inline = [str(w) for s in article.sentences for kind, w in s.pieces if kind == "math"]
    shown = [*inline, *(e.tex for e in article.equations)]
    return re.search(RAMPS, words) is not None or any(map(_is_ramp, shown))


def spectral_norm(article: Article, words: str) -> str:
    """Does an article speak of the spectral norm ``alone``, or ``too``, or not at all?"""
    spectral = _spectral(words)
    shown = " ".join(str(w) for s in article.sentences for _, w in s.pieces)
    shown += " ".join(e.tex for e in article.equations)
    if (
        not spectral
        and re.search(r"_\s*\{?\s*(?:\\math\w+\s*\{?\s*)?F\b", shown)
        and re.search(r"\bsingular values?\b", words)
    ):
        return "too"  # beside the Frobenius norm, a 2 below is the other one
    return spectral


def _parts_of(equation: Equation) -> list[tuple[Token, ...]]:
    """The statements of a display, each of which may define something."""
    try:
        return [tokens for tokens, _ in statements(equation.tokens, set())[0]]
    except Unread:
        return [equation.tokens]


def _is_ramp(tex: str) -> bool:
    """Is something the greater one of itself and zero in a formula?"""
    return re.search(r"\\max\s*\\?[{(\\].{0,20}\b0\b|\bReLU\b", tex) is not None


def _spectral(words: str) -> str:
    """Does an article speak of the spectral norm, and of no other one of matrices?"""
    if not re.search(r"(?:spectral|operator)\s+norm", words):
        return ""
    return "too" if re.search(r"\bFrobenius|Hilbert--?Schmidt|nuclear norm", words) else "alone"
