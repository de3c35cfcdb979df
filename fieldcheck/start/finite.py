r"""Functions on finite sets as arrays: ``p(x)`` as ``p_x``, a sum over a set as one over an index.

An article that calls a set finite, and sums over it, is written anew before it is read: the set
is a size, its elements are indices, a kernel ``W(y \mid x)`` is a matrix with a row for each x.
What its functions are is said in a sentence of its own, at the beginning. A function of which the
article does not say what it is, or which has several meanings, has no reading.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from fieldcheck.start.article import Article, Sentence, formulas_of, placed, tokens_of
from fieldcheck.start.signs import (
    BARS,
    FONTS,
    GREEK,
    OPERATORS,
    RELATIONS,
    TEXT,
    Environment,
    Token,
    is_index,
    named,
    normal,
    spelled,
)

FINITE = r"finite (?:[\w-]+ )?(?:sets?|alphabets?|spaces?)(?: of [\w ]+)?"
LAWS = (
    r"(?:(?:probability |strictly |positive |discrete )*(?:distributions?|mass functions?|pmfs?)"
    r"|probability (?:vectors?|measures?))"
)
JOINED = r"\s*(?:,|and|,\s*and|or)?\s*"
_KERNELS = r"channels?|kernels?|stochastic|transition|conditional (?:prob|distr)\w+"
EQUALITY = re.compile(r"\b(?:equality|iff|only if)\b", re.IGNORECASE)
KERNEL = re.compile(rf"\b(?:{_KERNELS})\b")
POSITIVE = r"\(0,\\infty\)|\\mathbb(?:\{R\}|R)_\{?(?:>0|\+\+)\}?"
REAL = re.compile(r"\\(?:R|mathbb(?:\{R\}|R))")
DERIVED = re.compile(
    r"\b(?:stationary|invariant|equilibrium|optimal|optimum|posterior|marginal|empirical|induced|"
    r"limit\w*|maximi[sz]\w+|minimi[sz]\w+|law|image|push-?forward|projection|reversible|conjugate|"
    r"tilted|mixture|average|mean|signed|uniform|symmetric)\b|(?<!probability )\bmeasures?\b"
)
"""What a distribution is of others, in words: without a formula it is none of its own."""
TIED = re.compile(
    r"(?<!linearly )\bindependent\b|\bi\.i\.d|\bidentically\b|\bMarkov\b|\buniform|\bdetermin\w+|"
    r"\bfunction of\b|\bsymmetric|\bexchangeable"
)
"""What is said of random variables that their joint distribution does not know."""
USUAL = frozenset(("p", "q", "r", "P", "Q", "mu", "nu"))
"""Letters of distributions, where an article speaks of distributions on a finite set."""
LOST = r"\unsaid"
"""What stands for a function of which is not known what it is."""
VARIABLE = r"\unsaidvariable"
"""The same for a random variable."""
SIZES = "kmNMKdD"


def in_indices(article: Article) -> Article:
    """The article with indices in the place of elements, if it speaks of a finite set."""
    sets = _sets(article)
    return _Writer(article, sets).article() if sets else article


# --- what is a set, and what its elements are -----------------------------------------------------


@dataclass
class _Set:
    size: str
    elements: set[str] = field(default_factory=set)
    numbers: bool = False
    """Is it 1, …, k, so that an element is a number?"""


def _runs(tokens: Sequence[Token]) -> Iterator[list[Token]]:
    """A formula's tokens, and those of each group in it."""
    yield list(tokens)
    for at, token in enumerate(tokens):
        inner = token.tokens if isinstance(token, Environment) else token
        if isinstance(inner, tuple) and tokens[at - 1 : at] not in [[each] for each in TEXT]:
            yield from _runs(normal(inner))


def _set_at(tokens: Sequence[Token], at: int) -> tuple[str, int]:
    r"""The set that is named here, ``\mathcal{X}`` or ``X``, and the tokens that it takes."""
    if at >= len(tokens):
        return "", 0
    fonted = tokens[at] in (r"\mathcal", r"\mathscr", r"\mathsf", r"\mathbf")
    letter = spelled(tokens[at + 1 : at + 2][0]) if fonted and tokens[at + 1 :] else tokens[at]
    if not (isinstance(letter, str) and len(letter) == 1 and letter.isupper()):
        return "", 0
    return (f"{tokens[at]}{letter}", 2) if fonted else (letter, 1)


def _sets(article: Article) -> dict[str, _Set]:
    """The sets that the article calls finite and of whose elements it speaks."""
    letters = {spelled(t) for run in formulas_of(article) for part in _runs(run) for t in part}
    spare = [letter for letter in SIZES if letter not in letters]
    found: dict[str, _Set] = {}
    for sentence in article.sentences:
        for key, size, numbers in _called_finite(sentence.pieces):
            if key not in found or size:
                found[key] = _Set(size, numbers=numbers)
    for run in formulas_of(article):
        for part in _runs(run):
            _note_elements(part, found)
    made = {key: each for key, each in found.items() if each.elements or len(key) > 1}
    for key, each in made.items():
        each.size = each.size or (spare.pop(0) if spare else "")
        each.elements.add(key[-1].lower())
    made = {key: each for key, each in made.items() if each.size}
    for key, each in made.items():
        others = set().union(*(o.elements for k, o in made.items() if k != key))
        each.elements = {e for e in each.elements if e not in others and not _is_real(article, e)}
    return made


def _around(pieces: Sequence[tuple[str, Any]]) -> Iterator[tuple[Any, str, str]]:
    """Each formula with the words before and behind it, or the list of which it is a part."""
    before = ""
    for at, (kind, what) in enumerate(pieces):
        if kind != "math":
            continue
        ahead = str(pieces[at - 1][1]) if at and pieces[at - 1][0] == "text" else ""
        before = before if at > 1 and re.fullmatch(JOINED, ahead) else ahead
        behind = ""
        for later, words in pieces[at + 1 :]:
            if later == "display":
                break
            if later == "text" and not re.fullmatch(JOINED, str(words)):
                behind = str(words)
                break
        yield what, before, behind


def _called_finite(pieces: Sequence[tuple[str, Any]]) -> Iterator[tuple[str, str, bool]]:
    """The sets that a sentence calls finite, each with the size that it gives them, and whether
    they are sets of numbers from 1 on."""
    for what, before, after in _around(pieces):
        tokens = normal(tokens_of(str(what)))
        if tokens[1:2] == ["="] and tokens[2:3] and tokens[2] in BARS and is_index(tokens[0]):
            key, taken = _set_at(tokens, 3)  # m = |X|
            if key and tokens[taken + 3 : taken + 4] and tokens[taken + 3] in BARS:
                yield key, str(tokens[0]), False
                continue
        bars = tokens[:1] and tokens[0] in BARS
        key, taken = _set_at(tokens, 1 if bars else 0)
        rest = tokens[taken + 2 :] if bars else tokens[taken:]
        if not key or (rest and rest[0] != "="):
            continue
        size = str(rest[1]) if rest and len(rest) > 1 and is_index(rest[1]) else ""
        is_said = re.search(rf"\b{FINITE}\s*(?:,|and)?\s*$", before) or re.match(
            r"\s*(?:be|is|are|denotes?)\s+(?:both |an? |the |some )?(?:[\w-]+ )?finite\b", after
        )
        if (bars and size) or (is_said and not rest):
            yield key, size, False
        is_listed = rest[:3] == ["=", r"\{", "1"] and rest[-1] == r"\}" and r"\dots" in rest
        if is_listed and not bars and taken == 2 and is_index(rest[-2]):
            yield key, str(rest[-2]), True


def _note_elements(tokens: list[Token], found: dict[str, _Set]) -> None:
    r"""The letters before ``\in`` and a set."""
    for at, token in enumerate(tokens):
        key, _ = _set_at(tokens, at + 1) if token == r"\in" else ("", 0)
        k = at - 1
        while key in found and k >= 0 and is_index(tokens[k]):
            found[key].elements.add(named(tokens[k]))
            k -= 2 if k > 1 and tokens[k - 1] == "," else len(tokens)
        if token == ":" and (key := _set_at(tokens, at + 1)[0]) in found:
            found[key].elements.add(key[-1].lower())


def _is_real(article: Article, letter: str) -> bool:
    """Is a letter said to be a number or a vector somewhere?"""
    pattern = rf"(?<![A-Za-z\\]){letter}\s*(?:,\s*[a-z]\s*)*\\in\s*(?:\\mathbb|\[|\()"
    texts = [str(w) for s in article.sentences for kind, w in s.pieces if kind == "math"]
    return any(re.search(pattern, text) for text in [*texts, *(e.tex for e in article.equations)])


# --- functions ------------------------------------------------------------------------------------

Use = tuple[str, ...]
"""The sets of a function's arguments, and, for a kernel, a bar before what it is given."""


@dataclass
class _Call:
    """``F(x, y)`` in a formula: its name, what is in the bracket, and where it ends."""

    name: str
    head: list[Token]
    inside: list[Token]
    end: int


def _call_at(tokens: list[Token], at: int) -> _Call | None:
    token = tokens[at]
    if token == r"\mathbb":
        return None
    width = 2 if token in FONTS else 1
    is_letter = token in FONTS or is_index(token) or token in GREEK
    if not is_letter or (at and tokens[at - 1] in (*FONTS, "_", "^")):
        return None
    start = at + width
    if tokens[start : start + 1] == ["_"]:
        start += 2
    if tokens[start : start + 1] != ["("]:
        return None
    depth = 0
    for end in range(start, len(tokens)):
        depth += {"(": 1, ")": -1}.get(tokens[end] if isinstance(tokens[end], str) else "", 0)
        if not depth:
            return _Call(named(tuple(tokens[at:start])), tokens[at:start], tokens[start + 1 : end],
                         end + 1)  # fmt: skip
    return None


class _Writer:
    def __init__(self, article: Article, sets: dict[str, _Set]) -> None:
        self.old, self.sets = article, sets
        self.owner = {e: key for key, each in sets.items() for e in each.elements}
        self.uses: dict[str, set[Use]] = {}
        self.defined: set[str] = set()
        self.acting: set[tuple[str, str]] = set()  # "(pW)(y) = …": p stands before the kernel W
        self.random = self._random()
        self.joints: dict[str, list[Token]] = {}  # by letter: the matrix of a joint distribution
        self.values: dict[str, list[list[Token]]] = {}  # "H(X) = …": what is used and what defined
        self.used: set[str] = set()
        self.families: dict[str, Token] = {}  # "p_\\theta(x) = …": functions of the index, too
        for run in formulas_of(article):
            for part in _runs(run):
                self._note(part)
        self._note_maps()
        self._note_laws()
        self._note_joints()
        self.here = 0
        self.lost_from = self._arbitrary()
        self.tied = self._tied()
        self.kinds = {name: self._kind(name, uses) for name, uses in self.uses.items()}

    def _random(self) -> dict[str, str]:
        """The random variables, each with the set of its values if that is known."""
        found = {key[-1]: key for key in self.sets if len(key) > 1}
        for sentence in self.old.sentences:
            words = " ".join(str(what) for kind, what in sentence.pieces if kind == "text")
            if not re.search(r"\brandom (?:variable|pair|vector|element|quantit)", words):
                continue
            for kind, what in sentence.pieces:
                for token in _flat(normal(tokens_of(str(what)))) if kind == "math" else ():
                    if len(str(token)) == 1 and str(token).isupper():
                        found.setdefault(str(token), "")
        return {c: key for c, key in found.items() if not _is_real(self.old, c)}

    def _variables(self, tokens: Sequence[Token]) -> str:
        """The random variables of a list, as a part of a name; none if there are others in it."""
        words = {",": "and", ";": "and", r"\mid": "given", "|": "given", r"\vert": "given"}
        made = ""
        for at, token in enumerate(tokens):
            if at % 2 == 0 and isinstance(token, str) and token in self.random:
                made += token
            elif at % 2 == 1 and isinstance(token, str) and token in words:
                made += words[token]
            else:
                return ""
        return made if len(tokens) % 2 else ""

    def _law_at(self, tokens: list[Token], at: int) -> tuple[str, str]:
        """The letter and the variables of ``p_{XY}``, the law of random variables."""
        if not (is_index(tokens[at]) and tokens[at + 1 : at + 2] == ["_"] and tokens[at + 2 :]):
            return "", ""
        below = tokens[at + 2]
        inner = normal(below if isinstance(below, tuple) else (below,))
        inner = [t for t in inner if t != ","]
        named_ = "".join(map(spelled, inner))
        parts = [t for t in inner if t not in (r"\mid", "|")]
        is_law = parts and all(isinstance(t, str) and t in self.random for t in parts)
        return (named(tokens[at]), named_) if is_law else ("", "")

    def _note_joints(self) -> None:
        """Letters of a joint distribution and its marginals."""
        spoken = any(re.search(r"\bjoint\b", str(s)) for s in self.old.sentences)
        for name, uses in self.uses.items():
            pairs = [use for use in uses if len(use) == 2]
            if not spoken or not pairs or len(set(pairs[0])) < 2:
                continue
            x, y = pairs[0]
            allowed = {(x, y), (x,), (y,), (y, "|", x), (x, "|", y)}
            if uses <= allowed and (len(uses) > 1 or self._is_said(name, f"joint {LAWS}")):
                self.joints[name] = [name] if len(name) == 1 else [f"\\{name}"]
                self.pair = x, y
        keys = [key for key in self.random.values() if key]
        for run in formulas_of(self.old):
            for part in _runs(run):
                for at in range(len(part)):
                    letter, variables = self._law_at(part, at)
                    pair = [self.random.get(v, "") for v in variables]
                    if len(pair) == 2 and all(pair) and spoken and len(keys) == 2:
                        self.joints[f"{letter}_"] = [r"\mathbf", (letter[0], *variables)]
                        self.pair = pair[0], pair[1]

    def _joint_call(self, joint: list[Token], use: Use, inside: list[Token]) -> list[Token] | None:
        """A value of a joint distribution, of a marginal, or of a conditional distribution."""
        if self.here in self.tied:
            return None
        x, y = self.pair
        letters = dict(zip([u for u in use if u != "|"], [t for t in inside if is_index(t)],
                           strict=True))  # fmt: skip
        if set(letters) - {x, y}:
            return None
        a, b = (letters.get(key, sorted(self.sets[key].elements)[0]) for key in (x, y))
        whole = [*joint, "_", (a, b)]

        def marginal(key: str) -> list[Token]:
            over, size = (b, self.sets[y].size) if key == x else (a, self.sets[x].size)
            return ["(", r"\sum", "_", (over, "=", "1"), "^", (size,), *whole, ")"]

        if "|" in use:
            return [r"\frac", tuple(whole), tuple(marginal(use[-1]))]
        return whole if len(use) == 2 else marginal(use[0])

    def _law(self, letter: str, variables: str) -> list[Token]:
        """The law of random variables as a vector."""
        joint = self.joints.get(f"{letter}_")
        if joint is None or self.here in self.tied:
            return [LOST]
        x, y = self.pair
        both = {self.random.get(v, "") for v in variables}
        if [self.random.get(v) for v in variables] == [x, y]:
            return [r"\operatorname", tuple("vec"), "(", *joint, ")"]
        ones = [r"\mathbf", ("1",)]
        if both == {x}:
            return ["(", *joint, *ones, ")"]
        return ["(", *joint, "^", r"\top", *ones, ")"] if both == {y} else [LOST]

    def _signature(self, call: _Call) -> Use | None:
        """The sets of the arguments, if all of them are elements."""
        found = []
        for at, token in enumerate(call.inside):
            if at % 2 == 0 and is_index(token) and named(token) in self.owner:
                found.append(self.owner[named(token)])
            elif at % 2 == 1 and token in (",", ";"):
                pass
            elif at % 2 == 1 and token in (r"\mid", "|", r"\vert"):
                found.append("|")
            else:
                return None
        return tuple(found) if len(call.inside) % 2 else None

    def _note(self, tokens: list[Token]) -> None:
        for at in range(len(tokens)):
            call = _call_at(tokens, at)
            use = self._signature(call) if call else None
            if call is not None and (made := self._variables(call.inside)):
                self.used.add(f"{call.name}of{made}")
                if at == 0 and tokens[call.end : call.end + 1] == ["="]:
                    self.values[f"{call.name}of{made}"] = tokens
            if call is None or use is None or self._law_at(tokens, at)[0]:
                continue
            self.uses.setdefault(call.name, set()).add(use)
            if at == 0 and tokens[call.end : call.end + 1] == ["="]:
                self.defined.add(call.name)
                if call.head[1:2] == ["_"] and is_index(call.head[2]) and len(use) == 1:
                    self.families[named(call.head[0])] = call.head[2]
        if tokens[:1] == ["("] and tokens[3:5] == [")", "("] and "=" in tokens:
            self.acting.add((named(tokens[1]), named(tokens[2])))

    def _note_maps(self) -> None:
        r"""Functions that are said to be maps from a set, ``f: X \to \mathbb{R}``."""
        self.maps: dict[str, str] = {}
        for run in formulas_of(self.old):
            if ":" not in run or r"\to" not in run:
                continue
            name = run[: run.index(":")]
            key, taken = _set_at(run, run.index(":") + 1)
            if key in self.sets and run[run.index(":") + 1 + taken] == r"\to" and is_index(name[0]):
                end = "".join(map(spelled, run[run.index(r"\to") + 1 :])).replace(" ", "")
                is_list = all(is_index(t) if k % 2 == 0 else t == "," for k, t in enumerate(name))
                for letter in name[::2] if is_list else name[:1]:
                    self.uses.setdefault(named(letter), set()).add((key,))
                    self.maps[named(letter)] = end if is_list or name[1:2] == ["="] else ""

    def _tied(self) -> set[int]:
        """The sentences in which more is known of random variables than their distributions."""
        found: set[int] = set()
        for number, sentence in enumerate(self.old.sentences):
            words = " ".join(str(what) for kind, what in sentence.pieces if kind == "text")
            names = {str(t) for kind, what in sentence.pieces if kind == "math"
                     for t in _flat(normal(tokens_of(str(what))))}  # fmt: skip
            if not (TIED.search(words) and names & self.random.keys()) or EQUALITY.search(words):
                continue
            is_long = re.search(
                r"\b(?:let|throughout|we (?:assume|suppose))\b", words, re.IGNORECASE
            )
            for later in range(number, len(self.old.sentences)):
                each = self.old.sentences[later]
                if is_long or each.paragraph == sentence.paragraph:
                    found.add(later)
        return found

    def _note_laws(self) -> None:
        """Letters that words call distributions, and that no formula takes at an element."""
        for sentence in self.old.sentences:
            runs = [normal(tokens_of(str(w))) for kind, w in sentence.pieces if kind == "math"]
            keys = {_set_at(run, 0)[0] for run in runs} & self.sets.keys() or self.sets.keys()
            for what, _, _ in _around(sentence.pieces):
                for name in self._bare(normal(tokens_of(str(what)))):
                    letter = f"\\{name}" if len(name) > 1 else name
                    if not is_index(letter) or name in self.uses or len(keys) != 1:
                        continue
                    if self._is_said(name, LAWS):
                        self.uses[name] = {(next(iter(keys)),)}

    def _arbitrary(self) -> int:
        r"""The sentence from which on ``\{p_\theta\}`` is any family."""
        for number, sentence in enumerate(self.old.sentences):
            for kind, what in sentence.pieces:
                run = normal(tokens_of(str(what))) if kind == "math" else []
                inner = run[1:] if run[:1] in (["("], [r"\{"]) else []
                if inner[1:2] == ["_"] and named(inner[0]) in self.families:
                    return number
        return len(self.old.sentences)

    def _kind(self, name: str, uses: set[Use]) -> str:
        """What a function is, in words; none if that is not known."""
        if name in self.joints:
            return "a joint distribution"
        if len(uses) > 1 or "_" in name:
            return ""
        (use,) = uses
        is_law = self._is_said(name, LAWS)
        speaks = any(re.search(r"\bdistributions?\b", str(s)) for s in self.old.sentences)
        if "|" in use:
            is_kernel = len(use) == 3 and any(
                KERNEL.search(str(sentence)) for sentence in self._with(name)
            )
            return "a row-stochastic matrix" if is_kernel else ""
        if len(use) == 2:
            is_joint = any("joint distribution" in str(s) for s in self._with(name))
            is_real = self._is_said(name, r"(?:(?:any |real |loss |cost )*functions?|loss|cost)")
            return "a joint distribution" if is_joint else "real" if is_real else ""
        if len(use) != 1:
            return ""
        if name in self.maps:
            end = self.maps[name]
            space = re.fullmatch(r"\\mathbb(?:\{R\}|R)\^\{?(\w)\}?", end)
            if re.fullmatch(POSITIVE, end):
                return "positive"
            return "real" if REAL.fullmatch(end) else f"in {space[1]}" if space else ""
        if self._is_derived(name):
            return ""
        if is_law or (name in USUAL and speaks and name not in self.defined):
            return "a probability vector"
        return "real" if self._is_said(name, r"(?:any |real |arbitrary )*functions?") else ""

    def _with(self, name: str) -> Iterator[Sentence]:
        """The sentences that speak of a function in a formula among words."""
        for sentence in self.old.sentences:
            for kind, what in sentence.pieces:
                if kind == "math" and name in map(named, _flat(normal(tokens_of(str(what))))):
                    yield sentence
                    break

    def _is_derived(self, name: str) -> bool:
        """Do words right before or after it say that it comes from others?"""
        for sentence in self._with(name):
            for what, before, behind in _around(sentence.pieces):
                told = re.match(r"\s*,?\s*(?:be|is|are|denotes?|the|an?|for|of)\b", behind)
                after = re.split(r"[.,;:]", behind.lstrip(" ,"))[0] if told else ""
                near = " ".join(before.split()[-3:]), after
                if name in self._bare(normal(tokens_of(str(what)))) and any(
                    DERIVED.search(words) for words in near
                ):
                    return True
        return False

    def _is_said(self, name: str, words: str) -> bool:
        """Do words right before or after it say what a function is?"""
        for sentence in self._with(name):
            for what, before, behind in _around(sentence.pieces):
                own = self._bare(normal(tokens_of(str(what))))
                some = r"(?:both |an? (?:second |further )?|another |two |some )?"
                told = re.search(rf"(?<!the ){words}\s*(?:,|and)?\s*$", before) or re.match(
                    rf"\s*(?:be|is|are|denotes?)\s+{some}{words}\b", behind
                )
                if told and name in own:
                    return True
        return False

    def _bare(self, tokens: list[Token]) -> list[str]:
        """The functions that a formula only names, with their arguments or without."""
        if any(t in RELATIONS or t in (r"\{", r"\}", r"\dots", ":") for t in tokens):
            return []
        runs: list[list[Token]] = [[]]
        depth = 0
        for token in tokens:
            depth += {"(": 1, ")": -1}.get(token if isinstance(token, str) else "", 0)
            if token == "," and not depth:
                runs.append([])
            else:
                runs[-1].append(token)
        heads = [run[: run.index("(")] if "(" in run and run[-1] == ")" else run for run in runs]
        return [named(tuple(head)) for head in heads if head]

    # -- formulas ---------------------------------------------------------------------------------
    def written(self, tokens: Sequence[Token], means: bool | None = None) -> tuple[Token, ...]:
        """A formula in indices."""
        old = normal(tokens)
        if means is None:
            means = any(
                a in FONTS and spelled(b) in ("E", "Var", "Cov")
                for run in _runs(old) for a, b in itertools.pairwise(run)
            )  # fmt: skip
        out: list[Token] = []
        at = 0
        while at < len(old):
            at = self._step(old, at, out, means)
        return tuple(out)

    def _step(self, old: list[Token], at: int, out: list[Token], means: bool) -> int:
        """Write what begins here; where does the next begin?"""
        token = old[at]
        if token in OPERATORS and old[at + 1 : at + 2] == ["_"]:
            below = old[at + 2]
            low = normal(below if isinstance(below, tuple) else (below,))
            if (ranges := self._ranges(low)) and old[at + 3 : at + 4] != ["^"]:
                for element, size in ranges:
                    out += [token, "_", (element, "=", "1"), "^", (size,)]
                return at + 3
        if (sizes := self._counted(old, at)) is not None:
            out.append(sizes)
            key, taken = _set_at(old, at + 1)
            return at + taken + 2
        if taken := _set_at(old, at)[1] if _set_at(old, at)[0] in self.sets else 0:
            out.append(VARIABLE)
            return at + taken
        if (after := self._of_variables(old, at, out)) is not None:
            return after
        if (below := self._member(old, at)) is not None:
            is_mean = token in FONTS
            out += [*old[at : at + 2], "_", below] if is_mean else below
            return at + (4 if is_mean else 3)
        if call := _call_at(old, at):
            made = self._called(call, means)
            if made is not None:
                out += made
                return call.end
        both = (named(token), named(old[at + 1])) if at + 1 < len(old) else ("", "")
        if is_index(token) and self._acts(*both) and old[at + 2 : at + 3] != ["("]:
            out += ["(", old[at + 1], "^", r"\top", token, ")"]
            return at + 2
        if isinstance(token, tuple) and not (at and old[at - 1] in (*TEXT, *FONTS)):
            is_below = at and old[at - 1] == "_" and all(is_index(t) or t == "," for t in token)
            out.append(token if is_below else self.written(token, means))
        elif isinstance(token, str) and (token in self.random or self._is_number(old, at)):
            out.append(VARIABLE)
        elif isinstance(token, Environment):
            out.append(replace(token, tokens=self._cells(token.tokens, means)))
        elif token == r"\in" and (key := _set_at(old, at + 1)[0]) in self.sets:
            out += ["=", "1", ",", r"\dots", ",", self.sets[key].size]
            return at + 1 + _set_at(old, at + 1)[1]
        else:
            out.append(token)
        return at + 1

    def _of_variables(self, old: list[Token], at: int, out: list[Token]) -> int | None:
        """Write ``H(X)``, a law ``p_X`` or its value; where does the next begin?"""
        call = _call_at(old, at)
        letter, variables = self._law_at(old, at)
        if letter and call is not None:
            use, joint = self._signature(call), self.joints.get(f"{letter}_")
            out += (use and joint and self._joint_call(joint, use, call.inside)) or [LOST]
            return call.end
        if letter:
            right = self._law_at(old, at + 4)[1] if old[at + 3 : at + 4] == [r"\otimes"] else ""
            if right and len(variables) == len(right) == 1:
                one, other = self._law(letter, variables), self._law(letter, right)
                out += [r"\operatorname", tuple("vec"), "(", *one, *other, "^", r"\top", ")"]
                return at + 7
            out += self._law(letter, variables)
            return at + 3
        if call is None or call.name in self.uses or not (made := self._variables(call.inside)):
            return None
        name = f"{call.name}of{made}"
        is_known = name in self.values or self._other(name) in self.values
        is_known = is_known and self.here not in self.tied
        out += [r"\mathbf", tuple(name)] if is_known and len(call.name) == 1 else [VARIABLE]
        return call.end

    def _other(self, name: str) -> str:
        """The name with the two random variables exchanged."""
        if not self.joints:
            return ""
        x, y = (key[-1] for key in self.pair)
        head, _, tail = name.partition("of")
        return f"{head}of{tail.translate({ord(x): y, ord(y): x})}"

    def _likewise(self, tokens: list[Token]) -> str:
        """The definition for the other random variable, where an article leaves it out."""
        call = _call_at(tokens, 0) if tokens else None
        made = self._variables(call.inside) if call else ""
        other = self._other(f"{call.name}of{made}") if call and made else ""
        is_first = other and self.values.get(f"{call.name}of{made}" if call else "") == tokens
        if not is_first or other in self.values or other not in self.used:
            return ""
        x, y = (key[-1] for key in self.pair)
        names = {x: y, y: x, x.lower(): y.lower(), y.lower(): x.lower()}

        def swapped(run: Sequence[Token]) -> tuple[Token, ...]:
            return tuple(swapped(t) if isinstance(t, tuple) else names.get(t, t) for t in run)

        return typed(self.written(swapped(tokens)))

    def _member(self, old: list[Token], at: int) -> tuple[Token, ...] | None:
        r"""``p_\theta`` of a family, or what is meant by ``\mathbb{E}_\theta``, as a call."""
        if self.here >= self.lost_from:
            return None
        is_mean = old[at] in FONTS and spelled(old[at + 1 : at + 2][0]) in ("E", "Var", "Cov")
        start = at + 1 + is_mean
        if old[start : start + 1] != ["_"] or len(old) < start + 2:
            return None
        below = old[start + 1]
        below = below[0] if isinstance(below, tuple) and len(below) == 1 else below
        own = named(old[at]) if not is_mean else next(iter(self.families), "")
        is_one = own in self.families and (not is_mean or len(self.families) == 1)
        is_greek = below in GREEK and named(below) not in self.kinds
        if not is_one or not (is_greek or below == self.families[own]):
            return None
        if not is_mean and old[at + 3 : at + 4] == ["("]:
            return None
        return (r"\operatorname", (*own, "o", "f"), "(", below, ")")

    def _is_number(self, old: list[Token], at: int) -> bool:
        """Does an element stand where a number would?"""
        key = self.owner.get(named(old[at]), "") if is_index(old[at]) else ""
        after, before = old[at + 1 : at + 2], old[at - 1 : at] if at else []
        is_listed = not after or after[0] in (r"\in", ",") or before == [","]
        return bool(key) and not (self.sets[key].numbers or is_listed or before in (["_"], ["^"]))

    def _cells(self, tokens: Sequence[Token], means: bool) -> tuple[Token, ...]:
        """The tokens of an environment, cell by cell: their marks are no spaces."""
        out: list[Token] = []
        run: list[Token] = []
        for token in [*tokens, None]:
            if token in ("&", "\\\\", None):
                out += self.written(tuple(run), means)
                out += [token] if token is not None else []
                run = []
            else:
                run.append(token)
        return tuple(out)

    def _acts(self, vector: str, kernel: str) -> bool:
        is_kernel = self.kinds.get(kernel, "").startswith("a row-stochastic")
        return (
            is_kernel
            and any(each == kernel for _, each in self.acting)
            and self.kinds.get(vector) in ("a probability vector", "real")
        )

    def _ranges(self, low: list[Token]) -> list[tuple[Token, Token]]:
        r"""The indices below an operator with their sizes: ``x \in X``, ``x, y``."""
        text = [t for t in low if t not in ("(", ")")]
        if r"\in" in text:
            names, rest = text[: text.index(r"\in")], text[text.index(r"\in") + 1 :]
            key, taken = _set_at(rest, 0)
            if key not in self.sets or rest[taken : taken + 1] not in ([], [","]):
                return []
            more = self._ranges(rest[taken + 1 :]) if rest[taken:] else []
            if rest[taken:] and not more:
                return []
            own = [t for t in names if t != ","]
            if not all(is_index(t) and self.owner.get(named(t)) == key for t in own):
                return []
            return [*((t, self.sets[key].size) for t in own), *more]
        own = [t for t in text if t != ","]
        if not own or not all(is_index(t) and named(t) in self.owner for t in own):
            return []
        return [(t, self.sets[self.owner[named(t)]].size) for t in own]

    def _counted(self, old: list[Token], at: int) -> str | None:
        """The size of a set between bars."""
        if old[at] not in ("|", r"\vert", r"\lvert"):
            return None
        key, taken = _set_at(old, at + 1)
        closed = old[at + 1 + taken : at + 2 + taken]
        is_set = key in self.sets and closed and closed[0] in ("|", r"\vert", r"\rvert")
        return self.sets[key].size if is_set else None

    def _called(self, call: _Call, means: bool) -> list[Token] | None:
        """A function at an element as an array with an index."""
        use = self._signature(call)
        if call.name in self.joints:
            made = self._joint_call(self.joints[call.name], use, call.inside) if use else None
            return made or [LOST]
        base = named(call.head[1] if call.head[0] in FONTS else call.head[0])
        of_variable = len(call.inside) == 1 and str(call.inside[0]) in {k[-1] for k in self.sets}
        if use is None and not of_variable:
            speaks = any(named(t) in self.owner for t in call.inside if is_index(t))
            return [LOST] if call.name in self.uses or (speaks and base in self.uses) else None
        member = self._member([*call.head, None], 0) if len(call.head) == 3 else None
        if member is not None and (use is None or len(use) == 1):
            head = list(member)
        elif "_" in call.name or not self._is_known(call.name):
            return None if use is None and base not in self.uses else [LOST]
        else:
            head = call.head
        if use is None:
            return list(head) if means else [LOST]
        letters = [t for t in call.inside if is_index(t)]
        return [*head, "_", tuple(letters[::-1] if "|" in use else letters)]

    def _is_known(self, name: str) -> bool:
        """Is it said what a function is, or does a formula define it?"""
        uses = self.uses.get(name, set())
        is_defined = name in self.defined and len(uses) == 1 and len(next(iter(uses))) == 1
        return bool(self.kinds.get(name)) or is_defined

    # -- the article ------------------------------------------------------------------------------
    def article(self) -> Article:
        sentences = []
        for number, sentence in enumerate(self.old.sentences):
            self.here = number
            sentences.append(self._sentence(sentence))
        said = list(self._declared())
        equations = []
        for e in self.old.equations:
            self.here = e.sentence
            equations.append(
                replace(e, tokens=self.written(e.tokens), sentence=e.sentence + len(said))
            )
        return placed(Article(self.old.name, equations, [*said, *sentences], finite=True))

    def _declared(self) -> Iterator[Sentence]:
        """A sentence for each function."""
        for name, kind in sorted(self.kinds.items()):
            if not kind or name in self.defined:
                continue
            use = self.pair if name in self.joints else next(iter(self.uses[name]))
            sizes = [self.sets[key].size for key in use if key != "|"]
            if "|" in use:
                sizes.reverse()
            shown = f"\\{name}" if f"\\{name}" in GREEK else name
            if kind.startswith("in "):
                last = rf"{shown}_{{{sizes[0]}}}"
                listed = rf"{shown}_1, \dots, {last} \in \mathbb{{R}}^{{{kind[3:]}}}"
                yield Sentence([("text", "Let "), ("math", listed), ("text", ".")])
                continue
            power = r" \times ".join(sizes)
            space = rf"{shown} \in \mathbb{{R}}^{{{power}}}"
            words = "." if kind == "real" else f" be {kind}."
            yield Sentence([("text", "Let "), ("math", space), ("text", words)])

        for name, joint in self.joints.items():
            if name.endswith("_"):
                power = r" \times ".join(self.sets[key].size for key in self.pair)
                space = rf"{typed(joint)} \in \mathbb{{R}}^{{{power}}}"
                yield Sentence(
                    [("text", "Let "), ("math", space), ("text", " be a joint distribution.")]
                )

    def _sentence(self, old: Sentence) -> Sentence:
        made = replace(old, pieces=[])
        for kind, what in _uniform(old.pieces, self.sets):
            if kind == "math":
                made.pieces += list(self._inline(str(what)))
                run = normal(tokens_of(str(what)))
            else:
                made.pieces.append((kind, what))
                run = normal(self.old.equations[what].tokens) if kind == "display" else []
            if other := self._likewise(run):
                made.pieces += [("text", " and "), ("math", other), ("text", " ")]
        made.pieces = _merged(made.pieces)
        if self._is_of_laws(made):  # they are positive anyway
            made.pieces = [
                (kind, re.sub(r"\b(?:strictly )?positive\b", "", what) if kind == "text" else what)
                for kind, what in made.pieces
            ]
        return made

    def _is_of_laws(self, sentence: Sentence) -> bool:
        """Does it name distributions and kernels, and nothing else?"""
        found = set()
        for kind, what in sentence.pieces:
            run = normal(tokens_of(str(what))) if kind == "math" else []
            if len(run) == 1 and is_index(run[0]) and named(run[0]) not in self.owner:
                found.add(named(run[0]))
        return bool(found) and all(self.kinds.get(n, "").startswith("a ") for n in found)

    def _inline(self, tex: str) -> Iterator[tuple[str, Any]]:
        """A formula among words: what only says where elements or functions are is no formula."""
        tokens = normal(tokens_of(tex))
        key, taken = _set_at(tokens, 0)
        flat = list(_flat(tokens))
        counted = self._counted(tokens, 0) if tokens else None
        if tokens[1:2] == ["="] and self._counted(tokens, 2) == tokens[0]:
            rest = tokens[_set_at(tokens, 3)[1] + 4 :]
            yield ("math", typed([tokens[0], *rest])) if rest else ("text", "the size")
            return
        if counted is not None:
            rest = tokens[_set_at(tokens, 1)[1] + 2 :]
            if rest[:1] == ["="] and rest[2:]:
                yield "math", typed(self.written(rest[1:]))
            else:
                yield "text", "the size"
        elif key in self.sets and (len(tokens) == taken or tokens[taken] in ("=", r"\times")):
            yield "text", "the set"
        elif self._maps_at(tokens) or (r"\in" in tokens and key == "" and self._is_range(tokens)):
            listed = tokens[: tokens.index(":")] if ":" in tokens else []
            is_named = listed and all(named(t) in self.maps or t == "," for t in listed)
            yield ("math", typed(listed)) if is_named else ("text", "it")
        elif self._is_action(tokens) or self._is_constraint(tokens):
            yield "text", "so"
        elif tokens and (call := _call_at(tokens, 0)) and call.end == len(tokens) and (
            self._signature(call) is not None
        ):  # fmt: skip
            yield "math", typed(tuple(call.head))
        elif (
            any(named(t) in self.owner or t == "(" or t in self.random for t in flat)
            or any(self._acts(named(a), named(b)) for a, b in itertools.pairwise(flat))
        ):  # fmt: skip
            is_compared = bool({"<", ">", r"\ne", r"\neq"} & set(map(spelled, tokens))) or any(
                spelled(t) in RELATIONS and RELATIONS[spelled(t)] != "=" for t in tokens
            )
            yield "math", typed(_bracketed(self.written(tokens)) if is_compared else
                                self.written(tokens))  # fmt: skip
        else:
            yield "math", tex

    def _is_action(self, tokens: list[Token]) -> bool:
        """Does it say what ``(pW)(y)`` is?"""
        is_one = tokens[:1] == ["("] and tokens[3:5] == [")", "("] and "=" in tokens
        return is_one and self._acts(named(tokens[1]), named(tokens[2]))

    def _maps_at(self, tokens: list[Token]) -> bool:
        return ":" in tokens and r"\to" in tokens and (
            _set_at(tokens, tokens.index(":") + 1)[0] in self.sets
            or any(_set_at(tokens, tokens.index(r"\to") + 1)[0] == key for key in self.sets)
        )  # fmt: skip

    def _is_range(self, tokens: list[Token]) -> bool:
        at = tokens.index(r"\in")
        key, taken = _set_at(tokens, at + 1)
        return key in self.sets and at + 1 + taken == len(tokens)

    def _is_constraint(self, tokens: list[Token]) -> bool:
        """Does it say of a distribution or a kernel what each of them is?"""
        ends = [t for t in tokens if t in RELATIONS]
        if len(ends) != 1:
            return False
        at = tokens.index(ends[0])
        left, bound = tokens[:at], "".join(map(spelled, tokens[at + 1 :]))
        wanted = {"0": (r"\ge", r"\geq", ">", r"\geqslant"), "1": ("=",)}.get(bound, ())
        if ends[0] not in wanted:
            return False
        if bound == "1" and left[:2] == [r"\sum", "_"]:
            left = left[3:]
        call = _call_at(left, 0) if left else None
        is_whole = call is not None and call.end == len(left)
        return is_whole and self.kinds.get(call.name if call else "", "real") != "real"


def _bracketed(tokens: Sequence[Token]) -> list[Token]:
    """``(p)_x``, which is a value, and no symbol of its own."""
    out: list[Token] = []
    for at, token in enumerate(tokens):
        is_base = is_index(token) and tokens[at + 1 : at + 2] == ("_",)
        out += ["(", token, ")"] if is_base else [token]
    return out


def _flat(tokens: Sequence[Token]) -> Iterator[Token]:
    for token in tokens:
        if isinstance(token, tuple):
            yield from _flat(token)
        elif isinstance(token, Environment):
            yield from _flat(token.tokens)
        else:
            yield token


def _merged(pieces: Sequence[tuple[str, Any]]) -> list[tuple[str, Any]]:
    """Neighbouring words as one piece."""
    out: list[tuple[str, Any]] = []
    for kind, what in pieces:
        if out and kind == out[-1][0] == "text":
            out[-1] = ("text", f"{out[-1][1]}{what}")
        else:
            out.append((kind, what))
    return out


UNIFORM = r"\s*(?:be|is|denotes?) the uniform distribution(?: on)?\s*"


def _uniform(pieces: Sequence[tuple[str, Any]], sets: dict[str, _Set]) -> Iterator[tuple[str, Any]]:
    """Where a sentence says that u is the uniform distribution, the formula that it is."""
    at = 0
    while at < len(pieces):
        kind, what = pieces[at]
        said = [str(what) for kind, what in pieces[at + 1 : at + 2] if kind == "text"]
        space = [str(what) for kind, what in pieces[at + 2 : at + 3] if kind == "math"]
        key = _set_at(normal(tokens_of(space[0])), 0)[0] if space else ""
        if kind == "math" and said and re.fullmatch(UNIFORM, said[0]) and key in sets:
            yield "text", " with "
            yield "math", rf"{what} = \frac{{1}}{{{sets[key].size}}} \mathbf{{1}}"
            at += 3
        else:
            yield kind, what
            at += 1


def typed(tokens: Sequence[Token]) -> str:
    """Tokens as they may be typed."""
    out = []
    for token in tokens:
        if isinstance(token, tuple):
            out.append("{" + typed(token) + "}")
        elif isinstance(token, Environment):
            out.append(rf"\begin{{{token.name}}}{typed(token.tokens)}\end{{{token.name}}}")
        else:
            out.append(str(token))
    return " ".join(out)
