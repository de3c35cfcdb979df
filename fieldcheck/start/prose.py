r"""What the sentences of an article say of its symbols: shapes, and hypotheses.

Understood is what authors usually type: ``$A, B \in \mathbb{R}^{n \times n}$``, ``$\lambda > 0$``,
"an invertible matrix $M$", "Let $x_1, \dots, x_n$ be real numbers", ``$R R^\top = I$``.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace

from fieldcheck.start.article import Article, Equation, Sentence, tokens_of
from fieldcheck.start.formulas import (
    DOTS,
    INDEX_NAMES,
    Declared,
    declarations,
    is_open,
    is_range,
    is_symbol,
    letters,
    listed_size,
    names_in,
    several_of,
    space_of,
    spelling,
)
from fieldcheck.start.signs import FONTS, Token, named, normal, spelled, unfonted

INTEGER = r"(?<!-)\bintegers?\b(?! (?:part|multiple|matri|entries|values))|\bnatural numbers?\b"
ADJECTIVES = {
    r"probability (?:vectors?|distributions?|simplex)|(?:in|on) the (?:unit )?simplex": "simplex",
    r"unit vectors?|unit norm|of norm one": "unit",
    r"positive definite|positive-definite|SPD": "spd",
    r"non-?negative(?![ -](?:semi-?)?definite)": "nonnegative",
    r"(?<!non)positive(?![ -]\(?(?:semi-?\)?)?definite)": "positive",
    r"invertible|nonsingular|non-singular|regular matri": "invertible",
    r"(?:skew|anti)[- ]?symmetric|\bskew\b(?![- ])": "skew",
    r"(?<!skew)(?<!skew[- ])(?<!anti)(?<!anti-)symmetric": "symmetric",
    r"orthonormal columns": "orthonormal",
    r"orthogonal matri(?:x|ces)|\brotations?\b": "orthogonal",
    r"(?<!skew)(?<!skew[- ])(?<!anti)(?<!anti-)Hermitian|self-adjoint": "hermitian",
    r"(?:skew|anti)[- ]?Hermitian": "antihermitian",
    r"unitary": "unitary",
    r"complex": "complex",
    r"positive[- ]\(?semi-?\)?definite|non-?negative[- ]definite|\bPSD\b": "psd",
    r"linearly independent|full column rank": "full rank",
    r"(?:zero|vanishing) diagonal|hollow": "hollow",
    r"(?<!doubly )(?<!doubly-)(?<!column-)(?<!column )(?:row[- ])?stochastic": "stochastic",
    r"joint distribution": "joint",
    r"permutation matri(?:x|ces)": "permutation",
    INTEGER: "integer",
}
NOT_READ = re.compile(
    r"\bdiagonal matri\w+|(?:doubly|column|bi)[- ]?stochastic|"
    r"(?:upper|lower)[ -]triangular|\bcommut(?:e|es|ing)\b|"
    r"zero[ -](?:mean|sum)|mean[ -]zero|\bcentr?ed\b|(?:is|are|be) normali[sz]ed|normali[sz]ed to|"
    r"\bidempotent|projection matri|nilpotent|normal matri|traceless|trace[- ]free|full row rank|"
    r"\bcontraction\b|orthonormal(?! columns)|mutually orthogonal|"
    r"orthogonal (?:unit )?vectors|perpendicular|"
    r"(?:[Ll]et|[Ii]f|[Ss]uppose|[Ww]hen|[Aa]ssume)\b[^.;]*?\bare orthogonal\b|parallel to|"
    r"linearly dependent|\bdistinct\b|(?:de|in)creasing order|sum(?:s|ming)? to (?:zero|one)|"
    r"\bpermutations?\b(?! (?:matri|of|invarian|equivarian))|"
    r"adds? up to|with sum one|sufficiently|small enough|large enough|Toeplitz|\bodd\b|"
    r"\beven (?:integer|number)|negative[- ](?:semi-?)?definite|indefinite"
)
"""Hypotheses in words that no domain has: what is said so of a symbol leaves it unread."""
DERIVED = re.compile(
    r"\b(?:eigen\w+|singular (?:values?|vectors?)|covariances?|mean|average|variance|median|limit|"
    r"minimi[sz]ers?|maximi[sz]ers?|optimum|solutions?|fixed points?|inverse(?! temperature)|"
    r"pseudo-?inverse|project(?:ion|or)s?|spectr\w+|stationary|determinant|trace|gradient|"
    r"derivative|Jacobian|incidence|Vandermonde|companion|circulant|Hessian|entropy|expectation|correlation|Gram|Laplacian|root|rank|"
    r"radius)\b"
)
"""What a symbol is of others, where words say it: without a formula it is no input."""
LAW = re.compile(r"(?<!joint )(?<!conditional )\bdistributions?\b(?! of)")
"""What a symbol may be said to be that only some articles mean as a vector."""
ORTHOGONAL = re.compile(
    r"\borthogonal\b(?! (?:projections?|projectors?|complements?|to|basis|decomposition|"
    r"directions?|polynomials?|matri(?:x|ces)|parts?|groups?))"
)
"""Said of a matrix it is a hypothesis of its own; of vectors it speaks of two at once."""
ANEW = re.compile(r"\b(?:let|for|given|fix|consider|take|any|every|all)\b", re.IGNORECASE)
"""What goes before a symbol that stands for something else from there on."""
BACK = re.compile(
    r"\b(?:then|hence|thus|therefore|so|this|these|consequently|moreover|furthermore|also|same|"
    r"in particular|it follows|again|both|such)\b",
    re.IGNORECASE,
)
"""Words of a sentence that goes on from those before it, with what they assume."""
KINDS = {
    r"real numbers?|scalars?|a number\b|temperature|a constant|real parameters?": 0,
    r"\bvectors?\b": 1,
    r"\bmatri(?:x|ces)\b": 2,
}
DENIED = re.compile(r"\b(?:not|nor|without)\b[^|.;]*")
"""What a sentence says that a symbol is not."""

Place = tuple[int, int]
"""A sentence, and a piece of it."""


class Declarations:
    """What is said, and from where to where it holds.

    A declaration holds from its place on. What stands under an "if" holds for the next displayed
    equation of its sentence and those that follow in it, or, at the sentence's end, for the last.
    """

    def __init__(self, article: Article) -> None:
        self.always: list[tuple[Place, Declared]] = []
        self.here: list[tuple[int, set[int], Declared]] = []
        self.parts: set[str] = set()
        self.bound: set[tuple[int, str]] = set()  # symbols that stand for any in a sentence alone
        self.sizes: set[str] = set()
        self.paragraphs = [sentence.paragraph for sentence in article.sentences]
        self.sections = [sentence.section for sentence in article.sentences]
        seen: set[str] = set()
        coined = _coined(article.sentences)
        for number, sentence in enumerate(article.sentences):
            shown = [k for k, (kind, _) in enumerate(sentence.pieces) if kind == "display"]
            known = seen | self.sizes
            self.bound |= {(number, name) for name in _quantified(sentence)}
            for at, each in _all_said(sentence, self.parts, known, article.equations, coined):
                self.sizes.update(d.split("*")[-1] for d in each.dims if d and isinstance(d, str))
                under = _condition(sentence, at)
                if under and each.rank is None and _follows(sentence, at):
                    continue
                brief = under not in ("", "for", "at")
                if shown and each.hypotheses and under and (each.name in seen or brief):
                    after = {k for k in shown if k > at} or {shown[-1]}
                    after -= _any_again(sentence, at, each.name)
                    self.here.append((number, after, each))
                else:
                    if any(map(is_open, each.hypotheses)):
                        sets = any(h.startswith("value ") for h in each.hypotheses)
                        brief = bool(under) and not shown and not sets
                        each = replace(each, ends=end_of(article.sentences, number, brief))
                    self.always.append(((number, at), each))
                    seen.add(each.name)

    def at(self, sentence: int, piece: int = 0, own: bool = False) -> dict[str, Declared]:
        """The symbols as they are known at a place; if asked so, with the shapes that they have
        where no section between declares them anew.

        Of what is declared only later the shape counts, and in the same sentence the rest too.
        """
        known: dict[str, Declared] = {}
        here = (sentence, piece)
        last: dict[str, int] = {}
        for place, said in self.always:
            each = said.within(sentence)
            if place < here and (each.hypotheses or not said.hypotheses or each.rank is not None):
                old = known.get(each.name)
                is_far = own and self.sections[place[0]] != self.sections[sentence]
                if old and is_far and _is_another(old, each):
                    continue
                if old and last[each.name] < place[0] and (
                    _is_another(old, each) or self._is_anew(old, each, last[each.name], place[0])
                ):  # fmt: skip
                    old = None
                last[each.name] = place[0]
                known[each.name] = old.merged(each) if old else each
        for place, each in self.always:
            if (
                place >= here
                and each.name not in known
                and not (each.several and each.name.removesuffix("_all") in known)
            ):
                same = place[0] == sentence
                field = each.hypotheses & {"complex"}
                known[each.name] = each if same else replace(each, hypotheses=field)
        for number, displays, each in self.here:
            if number == sentence and piece in displays:
                old = known.get(each.name)
                if old and self._is_anew(old, each, last.get(each.name, number), number):
                    old = None
                known[each.name] = old.merged(each) if old else each
        return known

    def _is_anew(self, old: Declared, new: Declared, before: int, now: int) -> bool:
        """Is a symbol declared anew in another paragraph, with all that is meant of it?"""
        if not new.anew or self.paragraphs[before] == self.paragraphs[now]:
            return False
        is_part = new.rank == 0 and bool(old.rank) and not new.single  # x > 0, of a vector
        return not (is_part or old.of or old.several or new.several)

    def left_from(self, sentence: int, name: str) -> Declared | None:
        """What a sentence before said of a symbol for its own formulas, "if $P$ is …": where
        nothing else says what it is, it is that still."""
        made: Declared | None = None
        for number, _, each in self.here:
            if number < sentence and each.name == name:
                made = made.merged(each) if made else each
        return made

    def named_by(self, sentence: int) -> set[str]:
        """The symbols that are declared before a sentence ends."""
        return {each.name for place, each in self.always if place[0] <= sentence}

    def only_later(self, sentence: int) -> set[str]:
        """The symbols of which nothing is said up to the end of a sentence, and something after."""
        here = {each.name for number, _, each in self.here if number == sentence}
        later = {each.name for place, each in self.always if place[0] > sentence}
        return later - here - self.named_by(sentence)

    def named_in(self, sentence: int) -> set[str]:
        """The symbols that a sentence itself declares."""
        return {each.name for place, each in self.always if place[0] == sentence
                and each.rank is not None}  # fmt: skip

    def is_given_away(
        self, name: str, since: Place, here: Place, is_function: bool = False
    ) -> bool:
        """Is a symbol that has a definition declared anew between two places? The letter of a
        function may become that of a vector or a matrix by its space alone."""
        return any(
            each.name == name and each.rank is not None and since[0] < place[0]
            and (each.anew or (is_function and each.dims))
            and not (place[0] < here[0] and (place[0], name) in self.bound)
            and (place < here or (is_function and place[0] == here[0]))
            for place, each in self.always
        )  # fmt: skip


def _quantified(sentence: Sentence) -> Iterator[str]:
    """The symbols of "then for every row-stochastic $A$, […]": the formula that follows is said of
    them, and no sentence after."""
    last = max((k for k, (kind, _) in enumerate(sentence.pieces) if kind == "display"), default=0)
    for at, (kind, tex) in enumerate(sentence.pieces[:last]):
        words = words_of(sentence.pieces[max(at - 1, 0) : at])
        if kind == "math" and re.search(r"\b[Ff]or (?:every|any|all|each)\b[^.,;:]*$", words):
            run = unfonted(normal(tokens_of(str(tex))))
            yield from names_in(run[: run.index(r"\in")] if r"\in" in run else run, set()) or ()


def _any_again(sentence: Sentence, at: int, name: str) -> set[int]:
    """The displays before which a sentence takes a symbol for any one again, "for general $A$"."""
    again = len(sentence.pieces)
    for k, (kind, tex) in enumerate(sentence.pieces[at + 1 :], at + 1):
        run = unfonted(normal(tokens_of(str(tex)))) if kind == "math" else []
        first = k
        while (
            first > 1
            and sentence.pieces[first - 2][0] == "math"
            and re.fullmatch(r"\s*(?:,|and|,\s*and)?\s*", str(sentence.pieces[first - 1][1]))
        ):
            first -= 2
        words = words_of(sentence.pieces[max(first - 1, 0) : first])
        is_any = re.search(r"\b(?:general|arbitrary|any|not necessarily)\b[\w\s-]*$", words)
        if is_any and name in (names_in(run, set()) or ()):
            again = min(again, k)
    return {k for k, (kind, _) in enumerate(sentence.pieces) if kind == "display" and k > again}


def end_of(sentences: Sequence[Sentence], number: int, brief: bool) -> int:
    """The sentence from which on a hypothesis no longer holds: after the theorem and its proof, or,
    if it is an "if" that no formula follows, after the paragraph."""
    own = sentences[number]
    if re.search(r"\bin this (?:sub)?section\b", str(own)):
        rest = range(number, len(sentences))
        return next((k for k in rest if sentences[k].section != own.section), sys.maxsize)
    if not brief and not own.theorem:
        return sys.maxsize
    for later in range(number + 1, len(sentences)):
        each = sentences[later]
        inside = each.paragraph == own.paragraph if brief else each.theorem == own.theorem
        if not inside and not BACK.search(str(each)):
            return later
    return sys.maxsize


def _follows(sentence: Sentence, at: int) -> bool:
    """Is it said of what a displayed equation has for its consequence, ", so that … when x < 1"?"""
    before = [k for k, (kind, _) in enumerate(sentence.pieces[:at]) if kind == "display"]
    words = sentence.pieces[before[-1] + 1] if before else ("", "")
    is_so = re.match(r"\s*,?\s*(?:so|hence|whence|therefore|thus)\b", str(words[1]))
    return words[0] == "text" and is_so is not None


def _is_another(old: Declared, new: Declared) -> bool:
    """Is a letter declared anew, with other axes than before, so that it means another thing?"""
    if not new.dims or old.of or old.several != new.several:
        return False
    return old.is_unread or bool(old.rank and old.dims and old.dims != new.dims)


def _condition(sentence: Sentence, at: int) -> str:
    """The word that makes what stands here a condition: "for", "at", another, or none."""
    words = ""
    for kind, what in sentence.pieces[:at]:
        words = "" if kind == "display" else words + (str(what) if kind == "text" else " ")
    found = re.findall(
        r"\b(if|when|whenever|provided|assuming|unless|in case|for|at)\b", words.lower()
    )
    return str(found[0]) if found else ""


# --- one sentence ---------------------------------------------------------------------------------


def _all_said(
    sentence: Sentence,
    parts: set[str],
    seen: set[str],
    equations: Sequence[Equation],
    coined: set[str],
) -> Iterator[tuple[int, Declared]]:
    """Each declaration with the number of its piece; and of what no sense could be made, which
    symbols it speaks of: what is claimed of them may need it."""
    found = [*_said(sentence, parts), *_rows(sentence, parts)]
    words = " ".join(str(what) for kind, what in sentence.pieces if kind == "text")
    explains = bool(re.search(r"\b(?:call|called|said to be|means that)\b", words))
    if explains:  # what a word means
        found = [each for each in found if not each[1].several]
        for k, (at, each) in enumerate(found):
            kept = {h for h in each.hypotheses if not h.startswith("unread ")}
            found[k] = at, replace(each, hypotheses=frozenset(kept))
    yield from sorted(found, key=lambda each: each[0])
    if not explains:
        yield from _misunderstood(sentence)
    got = set().union(*(each.hypotheses for _, each in found))
    text = "" if explains else FACT.sub("", DENIED.sub("", " ".join(words.split())))
    lost = [w for w in NOT_READ.findall(text) if f"unread {w}" not in got]
    lost += [w for w in sorted(coined) if re.search(rf"\b(?:be|is|are|an?|any|every) {w}\b", text)]
    for pattern, what in ADJECTIVES.items():
        word = re.search(pattern, text)
        implied = got & IMPLIES.get(what, set())
        if word and what not in got and not implied and what not in ("complex", "full rank"):
            lost.append(word[0])
    told = False
    for at, (kind, tex) in enumerate(sentence.pieces):
        is_flow = kind == "display" and r"\dot" in equations[tex].tokens
        if is_flow and lost and not told:
            for name in letters(_left(equations[tex].tokens)):
                yield 0, Declared(name, None, (), frozenset((f"unread {lost[0]}",)))
        if kind != "math":
            continue
        tokens = unfonted(normal(tokens_of(str(tex))))
        if tokens[1:] == ["(", "t", ")"]:
            tokens = tokens[:1]
        told = told or bool(lost and names_in(tokens, set()))
        if lost and (names := names_in(tokens, set())):
            for name in names:
                yield at, Declared(name, None, (), frozenset((f"unread {lost[0]}",)))
        elif _is_condition(sentence, at, tokens, seen) and not list(declarations(tokens, set())):
            if any(each.name in letters(tokens) for _, each in found
                   if "simplex" in each.hypotheses):  # fmt: skip
                continue  # it says so in other words
            left = tokens[: tokens.index("=")] if "=" in tokens else tokens
            kind = "unread" if "=" in tokens else "where"
            if is_symbol(left) and (value := _set_to(sentence.pieces, at, tokens)):
                yield at, Declared(spelling(left), None, (), frozenset((f"value {value}",)))
                continue
            numbers = _compared(tokens) if kind == "where" else set()
            anew = bool(ANEW.search(words_of(sentence.pieces[:at])))
            if r"\dot" in left:  # how it moves
                continue
            head = _head(left, seen) if kind == "unread" else []
            for name in head or letters(left if is_symbol(left) else tokens):
                if name.removesuffix("_all") == "pi" and "pi" not in seen:
                    continue
                said = Declared(name, None, (), frozenset((f"{kind} {tex}",)))
                is_number = name in numbers
                yield at, replace(said, rank=0, single=True, anew=anew) if is_number else said


def _head(left: list[Token], seen: set[str]) -> list[str]:
    """The new symbols of which a formula says what they are, ``s(x)^2 = …``: those on its left
    side that stand in no bracket, if nothing was said of them before."""
    outside, depth = [], 0
    for token in left:
        depth += (token in ("(", "[")) - (token in (")", "]"))
        outside += [token] if not depth and token not in (")", "]") else []
    found = list(letters(outside))
    is_one = outside[:1] != [] and is_symbol(outside[:1])
    return found if is_one and not {n.removesuffix("_all") for n in found} & seen else []


def _set_to(pieces: Sequence[tuple[str, object]], at: int, tokens: list[Token]) -> str:
    """The number that a symbol is from here on, "set $b = 1$", if that is what is said."""
    right = "".join(map(spelled, tokens)).partition("=")[2]
    right = re.sub(r"\\[td]?frac(\d)(\d)$", r"\1/\2", right)
    words = re.split(r"[.;:]", words_of(pieces[:at]))[-1].lower()
    told = re.split(r"\b(?:set|take|taking|let|put|fix|choose|setting)\b", words)
    is_number = re.fullmatch(r"\d+(?:\.\d+|/\d+)?", right)
    is_told = len(told) > 1 and not re.search(r"\b(?:if|when|whenever|for|at|case)\b", told[-1])
    return right if is_number and is_told else ""


def _coined(sentences: Sequence[Sentence]) -> set[str]:
    """The adjectives that an article explains itself, where they say what no domain has."""
    text = " ".join(" ".join(words_of(each.pieces).split()) for each in sentences)
    found = set(re.findall(r"\b(?:called|said to be) (\w+) (?:if|when|whenever|provided)\b", text))
    known = "|".join(ADJECTIVES)
    return {word for word in found if not re.search(known, word) and not PLAIN.search(word)}


def _misunderstood(sentence: Sentence) -> Iterator[tuple[int, Declared]]:
    """What is said of symbols in a condition whose words are not all known: "if x lies in …"."""
    marks = {"math": "⟨{}⟩", "display": ";"}
    text = "".join(
        marks[kind].format(at) if kind in marks else str(what)
        for at, (kind, what) in enumerate(sentence.pieces)
    )
    text = " ".join(text.split())
    for match in CLAUSE.finditer(text):
        if EQUALITY.search(text[: match.start()]) or (VAGUE.search(match[1]) and ";" not in text):
            continue
        for part in re.split(r",| and (?=⟨)", match[1]):
            word = restricting(re.sub(r"⟨\d+⟩", "⟨⟩", part))
            for at in map(int, re.findall(r"⟨(\d+)⟩", part)) if word else ():
                tokens = unfonted(normal(tokens_of(str(sentence.pieces[at][1]))))
                for name in names_in(tokens, set()) or ():
                    what = f"unread {part.strip()}"
                    what = re.sub(r"⟨\d+⟩", "…", what)
                    yield at, Declared(name, None, (), frozenset((what,)))


def _left(tokens: Sequence[Token]) -> list[Token]:
    """What stands before the first relation of a formula."""
    clean = normal(tokens)
    return clean[: next((k for k, t in enumerate(clean) if spelled(t) in _RELATIONS), len(clean))]


def _compared(tokens: list[Token]) -> set[str]:
    """The symbols that stand alone on a side of a comparison, and so are numbers."""
    sides: list[list[Token]] = [[]]
    for token in tokens:
        if spelled(token) in _RELATIONS:
            sides.append([])
        else:
            sides[-1].append(token)
    return {spelling(side) for side in sides if is_symbol(side)}


EQUALITY = re.compile(r"\b(?:equalit\w*|attained|iff|only if|tight|sharp)\b[^.;]*$", re.IGNORECASE)
"""Of what is said after these the claim before them is no consequence."""
CLAUSE = re.compile(
    r"\b(?:if|suppose|assume|assuming|provided|whenever|when)\b(?: that)?(.*?)"
    r"(?=\bthen\b|[.;:]|, (?!and\b|or\b|⟨)|\bwe (?:have|get|find|see|obtain)\b|$)",
    re.IGNORECASE,
)
VAGUE = re.compile(r"\b(?:is|are) (?:very |too )?(?:large|small|big|tiny)$")
"""What is said of no number in particular: nothing exact rests on it."""
_PLAIN = (
    r"an?|the|that|then|this|is|are|be|and|or|of|on|in|with|for|to|all|every|any|each|both|some|"
    r"moreover|also|now|again|further|furthermore|we|let|given|fixed|arbitrary|two|three|has|have|"
    r"satisf\w*|such|hold\w*|not|real|complex|square|column|row|vectors?|matri\w+|numbers?|"
    r"scalars?|parameters?|constants?|symbols?|positive|non-?negative|strictly|definite|"
    r"semi-?definite|symmetric|skew|skew-\w+|hermitian|unitary|orthogonal|invertible|regular|"
    r"nonsingular|non-singular|unit|probability|distributions?|entries|simplex|integers?|natural|"
    r"non-?zero|full|rank|diagonal|zero|vanishing|by|from|above|as|itself|moreover|only|just|at|"
    r"time|depends?|differentiable|smooth|function|independent|linearly|sizes?|make|sense|"
    r"appropriate|compatible|conformable|matching|suitable|dimensions?|fit|th|st|size|norm|one|"
    r"another|second|mass|component\w*|coordinates?|equals?|columns?|rows?|standard|basis|where|finite|follows|follow|evolves?|according|flow"
)
PLAIN = re.compile(rf"\b(?:{_PLAIN})\b", re.IGNORECASE)
"""What may be said of a symbol in a condition and is understood, or says nothing."""
_RESTRICTS = (
    r"bounded|(?:\w+-)?(?:convex|concave)\w*|Lipschitz|\w*monoton\w*|\w*increasing|\w*decreasing|"
    r"sparse|dense|generic|singular|circulant|banded|\w*triangular|diagonali[sz]able|(?:un)?stable|"
    r"closed|compact|connected|disjoint|coercive|prime|rational|irreducible|primitive|ergodic|"
    r"reversible|balanced|\w*degenerate|critical|stationary|optimal|feasible|(?:in)?active|"
    r"dominat\w*|exceed\w*|smaller|larger|less|greater|between|inside|outside|belong\w*|lies?|near|"
    r"close|coincid\w*|contain\w*|maxim\w+|minim\w+|normali[sz]ed|whitened|standardi[sz]ed|"
    r"isotropic|radial|homogeneous|low-rank|full-rank|eigen\w+|fixed points?|solutions?|solves?|"
    r"kernel|null\s?space|span\w*|tangent|periodic|Gaussian|distributed|drawn|sampled|random|"
    r"i\.?i\.?d|equilibri\w+|separa\w+|nested|common|overlap\w*|same|identical|equal"
)
RESTRICTS = re.compile(rf"\b(?:{_RESTRICTS})\b|{NOT_READ.pattern}")
"""Words that say more of a symbol than a domain does, wherever in a condition they stand."""
_NEUTRAL = (
    r"under|in|on|at|of|for|as|by|with|from|to|into|over|about|considered|given|fixed|varied|"
    r"denoted|called|written|understood|regarded|viewed|used|taken|meant|discussed|chosen|needed|"
    r"present|known|there|held|kept|here|involved|treated|studied|var(?:y|ies)|changes?|moves?|"
    r"runs?|ranges?|stands?|appears?|occurs?|enters?|allowed|free|again|such"
)
_PREDICATE = re.compile(
    r"⟨⟩(?:-\w+)?\s+(?:(?:is|are|be|being|has|have|was|were)\b)?\s*"
    r"(?:(?:an?|the|its|their|all|both|each|also|then|always|\w+ly)\s+)*([A-Za-z][\w-]+)"
)


def restricting(said: str) -> str:
    """The word of a condition that restricts its symbols, and is not understood: one of those that
    do, or one that says right behind a symbol what it is or does. What else goes with a symbol (its
    kind, "when a state … is under discussion") leaves it as free as before."""
    bare = PLAIN.sub(lambda m: m[0] if m[0].lower() in _VERBS else "", said)
    if found := RESTRICTS.search(bare):
        return found[0]
    for match in _PREDICATE.finditer(said):
        if not (PLAIN.fullmatch(match[1]) or re.fullmatch(_NEUTRAL, match[1], re.IGNORECASE)):
            return match[1]
    return ""


_VERBS = frozenset(("is", "are", "be", "has", "have", "fixed"))
FACT = re.compile(
    r"\b(?:[Ii]t|[Tt]hey|[Tt]his|[Ww]hich|[Tt]hat|then|[Hh]ence|thus) (?:is|are)\b[^,.;:]*"
    r"|\bthe (?:co)?(?:sine|function|sigmoid|tangent|logarithm|exponential) is \w+"
    r"|\b[Tt]he (?:[\w-]+ ){1,4}of (?:is|are)\b[^,.;:]*"
    r"|\b(?:symmetric|positive|orthogonal) (?:part|side|sign|direction|projection|multiple)\w*"
)
"""What a sentence tells and does not assume."""

IMPLIES = {
    "positive": {"spd", "simplex", "psd", "stochastic"}, "symmetric": {"spd", "hollow"},
    "psd": {"spd"},
}  # fmt: skip
"""What is said with other words, by which words."""

_RELATIONS = frozenset(("<", ">", "=", r"\le", r"\leq", r"\ge", r"\geq", r"\preceq", r"\succeq",
                        r"\succ", r"\prec", r"\ll", r"\gg", r"\perp", r"\ne", r"\neq"))  # fmt: skip


def _is_condition(sentence: Sentence, at: int, tokens: list[Token], seen: set[str]) -> bool:
    """Is a formula what is assumed, and no range of an index and no definition?"""
    if not _RELATIONS & set(map(spelled, tokens)) or at == 0 or is_range(tokens):
        return False
    joined = (
        r"\s*(?:,|and|,\s*and|or)?\s*(?:(?:for|every|each|all|any|real|complex|positive|integers?|"
        r"numbers?|scalars?)\s+)*"
    )
    while at > 2 and sentence.pieces[at - 1][0] == "text" and sentence.pieces[at - 2][0] == "math":
        if not re.fullmatch(joined, str(sentence.pieces[at - 1][1])):
            break
        at -= 2
    said = re.sub(
        r"\bi\.\s?e\.|\bthat is\b|\bnamely\b", "such that", str(sentence.pieces[at - 1][1])
    )
    before = re.split(r"[.;:]", said)[-1]
    words = (
        r"if|when|whenever|provided|assum\w*|suppose|such that|satisf\w*|for|with|as long as|at|"
        r"let|put|set|take|choos\w*|choice|case|now|fix|where|given|every|all|any|range|region"
    )
    text = [spelled(t) for t in tokens]
    is_number = text[1:2] == ["="] and "".join(text[2:]).isdigit() and named(tokens[0]) in seen
    shown = any(kind == "display" for kind, _ in sentence.pieces)
    is_told = re.search(rf"\b(?:{words})\b[^,]*{'' if is_number else '$'}", before.lower())
    if sentence.pieces[at - 1][0] != "text" or not (is_told or (is_number and shown)):
        return False
    if EQUALITY.search(before) or {r"\gg", r"\ll"} & set(map(spelled, tokens)):
        return False
    text = [spelled(t) for t in tokens]
    if re.search(r"\bwhere\s*$", before) and "=" in text and not is_symbol(
        tokens[: text.index("=")]
    ):  # fmt: skip
        return False  # what a sign means
    if text[0] in (r"\partial", r"\nabla"):
        return False  # a short hand
    if "=" in text and not {"<", r"\le", r"\leq"} & set(text) and text.count("=") == 1:
        left, right = tokens[: text.index("=")], text[text.index("=") + 1 :]
        if DOTS & set(text) or _is_call(left) or not right:
            return False
        if not is_symbol(left):
            return text[-1] != ")"
        return (right[-1].isdecimal() and len(right) < 3) or spelling(left) in seen
    return not DOTS & set(text) and "=" not in text


def _is_call(left: list[Token]) -> bool:
    """Is a function of symbols on the left side, or a bracket of them, so that this defines it?"""
    text = [spelled(t) for t in left]
    if text[:1] == ["["] and text[-1] == "]" and "," in text:  # [A, B] = AB - BA
        return True
    if text[:1] == [r"\langle"] and r"\rangle" in text[-3:]:
        return True
    if "(" not in left[1:] or (")" not in left[-1:] and left[-2:-1] != ["_"]):
        return False
    head = left[: left.index("(")]
    is_power = len(head) > 2 and head[-2] == "^" and spelled(head[-1]) == "2"
    return is_symbol(head[:-2] if is_power else head) or (bool(head) and head[0] in FONTS)


def _rows(sentence: Sentence, parts: set[str]) -> Iterator[tuple[int, Declared]]:
    """``x_1, …, x_n`` that are the rows or the columns of a matrix, or basis vectors."""
    text = "".join(
        f"⟨{at}⟩" if kind == "math" else " " if kind == "display" else str(what)
        for at, (kind, what) in enumerate(sentence.pieces)
    )
    gap, which = r"[^⟨.;]*", r"\b(columns?|rows?)\b"
    shapes = (
        (rf"⟨(\d+)⟩{gap}(?:⟨\d+⟩[- ]?(?:th|st)\s*)?{which} of{gap}⟨(\d+)⟩", (1, 2, 3)),
        (rf"⟨(\d+)⟩{gap}\b(?:has|have|having|with|whose)\b{gap}{which}{gap}⟨(\d+)⟩", (3, 2, 1)),
        (
            rf"⟨(\d+)⟩{gap}\b(?:with|whose)\b{gap}⟨\d+⟩[- ]?(?:th|st)\s*{which}{gap}⟨(\d+)⟩",
            (3, 2, 1),
        ),
        (rf"{which}\s*⟨(\d+)⟩\s*of{gap}⟨(\d+)⟩", (2, 1, 3)),
    )
    for pattern, (one, kind, whole) in shapes:
        for match in re.finditer(pattern, " ".join(text.split())):
            at = int(match[one])
            name = _one_of_several(sentence.pieces[at][1])
            matrix = unfonted(normal(tokens_of(str(sentence.pieces[int(match[whole])][1]))))
            if name and matrix and is_symbol(matrix[:1]):
                yield max(at, int(match[whole])), Declared(
                    f"{name}_all", 2, ("", ""), several=True, of=named(matrix[0]),
                    columns=match[kind].startswith("column"),
                )  # fmt: skip
    for match in re.finditer(
        rf"⟨(\d+)⟩{gap}\b(?:having|has|with|of)\s+(?:them|these|those)\b{gap}{which}",
        " ".join(text.split()),
    ):  # "the matrix with them as columns"
        at = int(match[1])
        matrix = unfonted(normal(tokens_of(str(sentence.pieces[at][1]))))
        listed = [_one_of_several(tex) for kind, tex in sentence.pieces[:at] if kind == "math"]
        if (names := [name for name in listed if name]) and is_symbol(matrix[:1]):
            yield at, Declared(
                f"{names[-1]}_all", 2, ("", ""), several=True, of=named(matrix[0]),
                columns=match[2].startswith("column"),
            )  # fmt: skip
        elif is_symbol(matrix[:1]):
            yield at, Declared(named(matrix[0]), hypotheses=frozenset((f"unread {match[2]}",)))
    for match in re.finditer(
        rf"⟨(\d+)⟩{gap}(?:⟨\d+⟩{gap})?(?:standard|canonical) (?:basis|unit)", text
    ):
        if name := _one_of_several(sentence.pieces[int(match[1])][1]):
            yield int(match[1]), Declared(f"{name}_all", 2, ("", ""), several=True, of="eye")


def _one_of_several(tex: object) -> str:
    """The letter of ``x_i`` or of ``x_1, …, x_n``."""
    tokens = unfonted(normal(tokens_of(str(tex))))
    if tokens[1:2] not in (["_"], ["^"]) or not is_symbol(tokens[:1]) or len(tokens) < 3:
        return ""
    listed = bool(DOTS & set(map(spelled, tokens)))
    return named(tokens[0]) if listed or named(tokens[2]) in INDEX_NAMES else ""


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
        for each in declarations(normal(tokens_of(tex)), parts):
            words = FACT.sub("", DENIED.sub("", f"{before} | {after}"))
            rank = each.rank
            if rank is None and re.search(INTEGER, words):
                rank = 0
            elif rank is None and not each.hypotheses:
                near = re.split(r",|\band\b", after.lstrip(" ,"))[0]
                near = FACT.sub("", DENIED.sub("", f"{before} | {near}"))
                rank = next((k for pattern, k in KINDS.items() if re.search(pattern, near)), None)
            assumed = {what for pattern, what in ADJECTIVES.items() if re.search(pattern, words)}
            assumed |= {f"unread {w}" for w in NOT_READ.findall(words)}
            if ORTHOGONAL.search(words) and "orthogonal" not in " ".join(assumed):
                is_matrix = rank == 2 or (rank is None and each.name[:1].isupper())
                assumed.add("orthogonal" if is_matrix else "unread orthogonal")
            if not {"=", r"\in"} & set(map(spelled, normal(tokens_of(tex)))):
                last = " ".join(before.split()[-2:])  # "the mean $m$", "$m$ be the mean of"
                first = after.split(",")[0]
                assumed |= {f"unread {w}" for w in DERIVED.findall(f"{last} | {first}")}
            if "simplex" not in assumed | each.hypotheses and LAW.search(words):
                assumed.add("unread distribution")
            if "spd" in assumed:
                assumed -= {"symmetric", "positive"}
            if assumed & {"psd", "simplex"}:  # with positive entries, or a positive form
                assumed -= {"positive"}
            if rank in (None, 2) and SOME_SHAPE.search(words):
                each, rank = replace(each, dims=("", "")), 2
            shape = _shape(pieces, at) if rank in (None, 2) and not each.dims else ()
            if shape and each.name not in shape:
                each, rank = replace(each, dims=shape), 2
            anew = rank is not None and bool(ANEW.search(words_of(pieces[:at])))
            single = rank == 0 and bool(re.search(r"\b(?:reals?|numbers?|scalars?)\b", words))
            made = replace(each, rank=rank, line=sentence.line, anew=anew, single=single,
                           hypotheses=each.hypotheses | assumed)  # fmt: skip
            listed = made.name in parts and DOTS & {spelled(t) for t in tokens_of(tex)}
            if listed and not made.several and rank:
                if not each.rank:
                    continue
                if re.search(r"\bvectors?\b|\bmatri|simplex", words) and "=" not in tex:
                    made = several_of(made, made.dims, ("",))
            base, _, index = made.name.rpartition("_")
            if base and index in INDEX_NAMES and not made.several and made.rank and not made.dims:
                made = several_of(replace(made, name=base), ("",), ("",) * made.rank)
            elif base and index in INDEX_NAMES and not made.several and not made.rank:
                whole = f"{base}_all" if made.hypotheses & {"unit", "simplex", "spd"} else base
                made = replace(made, name=whole, rank=None)
            if made.rank is not None or made.hypotheses:
                yield at, made


def _in_space(pieces: list[tuple[str, object]], at: int) -> Iterator[Declared]:
    r"""``$P$ and $Q$ be matrices in $\mathbb{C}^{n \times n}$``: the space of those before."""
    if at < 2 or not re.search(r"\b(?:in|from|of)\s*$", str(pieces[at - 1][1])):
        return
    space = space_of(normal(tokens_of(str(pieces[at][1]))))
    if space is None:
        return
    rank, dims, hypotheses = space
    k = at - 2
    while k >= 0 and pieces[k][0] == "math":
        tokens = unfonted(normal(tokens_of(str(pieces[k][1]))))
        for name in names_in(tokens, set()) or ():
            each = Declared(name, rank, dims, hypotheses)
            listed = DOTS & set(map(spelled, tokens))
            yield several_of(each, listed_size(tokens), dims) if listed else each
        joined = k > 1 and pieces[k - 1][0] == "text" and re.fullmatch(
            r"\s*(?:,|and|,\s*and|or)?\s*", str(pieces[k - 1][1]))  # fmt: skip
        if not joined:
            return
        k -= 2


def words_of(pieces: Sequence[tuple[str, object]]) -> str:
    return " ".join(str(what) for kind, what in pieces if kind == "text")


def _times(tex: object) -> tuple[str | int, ...]:
    r"""The sizes of ``n \times d``, where a formula is no more."""
    found = space_of(["R", "^", tuple(tokens_of(str(tex)))])
    return found[1] if found and len(found[1]) == 2 else ()


SOME_SHAPE = re.compile(
    r"(?:sizes?|dimensions?|shapes?) (?:that |which )?(?:make sense|fit|match)|"
    r"(?:appropriate|compatible|suitable|conformable|matching) (?:sizes?|dimensions?|shapes?)"
)
SHAPED = r"\s*(?:is|are|be|has size|have size)\s*"
MATRIX = r"\s*(?:(?!and\b)[\w-]+ )*?matri(?:x|ces)\b"


def _shape(pieces: list[tuple[str, object]], at: int) -> tuple[str | int, ...]:
    """What words say of the shape: "an n x n matrix A", "let A be an n x n matrix"."""
    if at > 1 and re.fullmatch(rf"{MATRIX}\s*", str(pieces[at - 1][1])):
        return _times(pieces[at - 2][1])
    k = _last_joined(pieces, at) + 1
    if _is_owner(pieces, at):
        return ()
    if k + 2 >= len(pieces) or not _describes(str(pieces[k][1])):
        return ()
    if re.fullmatch(SHAPED, str(pieces[k][1])) and not re.match(r"\s*matri", str(pieces[k + 2][1])):
        return _times(pieces[k + 1][1])  # "U is m x n and V is n x m"
    is_one = re.search(r"\b(?:an?|two|be|are|is)\b[^.;,]*$", str(pieces[k][1]))
    is_matrix = re.match(MATRIX, str(pieces[k + 2][1]))
    return _times(pieces[k + 1][1]) if is_one and is_matrix else ()


def _last_joined(pieces: list[tuple[str, object]], at: int) -> int:
    """The last formula of those that commas or an "and" join to this one."""
    while at + 2 < len(pieces) and pieces[at + 2][0] == "math" and (
        re.fullmatch(r"\s*(?:,|and|,\s*and|or)?\s*", str(pieces[at + 1][1]))
    ):  # fmt: skip
        at += 2
    return at


def _before(pieces: list[tuple[str, object]], at: int) -> str:
    """The words right before a formula, back to a verb or a comma."""
    if at == 0 or pieces[at - 1][0] != "text":
        return ""
    said = str(pieces[at - 1][1])
    if at > 2 and re.fullmatch(rf"{MATRIX}\s*", said) and _times(pieces[at - 2][1]):
        said = f"{pieces[at - 3][1]} {said}"  # "an orthogonal n x n matrix"
    words = re.split(r"[,;:]|\b(?:be|is|are|with|let|Let|for|For|and|where|of|at|by)\b", said)
    return " ".join(words[-1].split())


def _after(pieces: list[tuple[str, object]], at: int) -> str:
    """The words after a formula, up to the next; what joins it to another is passed over."""
    k = _last_joined(pieces, at) + 1
    if k >= len(pieces) or pieces[k][0] != "text" or _is_owner(pieces, at):
        return ""
    text = str(pieces[k][1])
    if k + 2 < len(pieces) and _times(pieces[k + 1][1]):  # "be symmetric n x n matrices"
        text, k = f"{text} {pieces[k + 2][1]}", k + 2
    last = k + 1 >= len(pieces) or pieces[k + 1][0] != "math"
    if not last:  # "be invertible and" belongs here, "and a unit vector" to the next
        text = re.split(r"\b(?:where|let|Let)\b|\b(?:and|with)\b[^,]*$", text)[0]
    return " ".join(re.split(r"[.;]", text)[0].split()) if _describes(text) else ""


def _is_owner(pieces: list[tuple[str, object]], at: int) -> bool:
    """Is it said of something else of the symbol, "the inverse of $X$ is symmetric"?"""
    before = str(pieces[at - 1][1]) if at and pieces[at - 1][0] == "text" else ""
    after = str(pieces[at + 1][1]) if at + 1 < len(pieces) else ""
    is_of = re.search(
        r"\b(?:the|an?|its|their|this)\s+(?:[\w-]+\s+){1,4}of\s*$", before, re.IGNORECASE
    )
    return bool(is_of and re.match(r"\s*(?:is|are|be|has|have)\b", after))


def _describes(text: str) -> bool:
    verbs = "(?:in|on) the|be|is|are|has|have|denote|form|forms|forming|being|each|both|all"
    return bool(re.match(rf"\s*,?\s*(?:(?:which|that)\s+)?(?:{verbs})\b", text))
