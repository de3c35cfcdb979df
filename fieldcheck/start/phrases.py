r"""What sentences say of a symbol in words, as the formula that says it.

"with smallest eigenvalue $\mu$" is ``\mu = \lambda_{\min}(A)``, and "with eigenvalues
$0 < \mu = \lambda_1 \le \dots \le \lambda_d$" says the same of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from fieldcheck.start.article import Article, Sentence, placed, tokens_of
from fieldcheck.start.formulas import DOTS, is_symbol
from fieldcheck.start.signs import RELATIONS, Environment, Token, normal, spelled, unfonted

Pieces = list[tuple[str, Any]]

_ENDS = {
    r"\lambda_{\min}": r"smallest|least|minimal|minimum|lowest|bottom",
    r"\lambda_{\max}": r"largest|greatest|maximal|maximum|highest|top|leading",
}
_END = "|".join(_ENDS.values())
_VALUE = r"eigenvalues?"
_GAP = r"[^⟨.;:]*"
_ARE = r"\s*,?\s*(?:be|is|are|denotes?|stands? for|for)\s*(?:the\s+)?(?:its\s+)?"
_BOTH = rf"({_END})(?:,?\s+and\s+(?:the\s+)?({_END}))?\s+{_VALUE}"
_PAIR = r"⟨(\d+)⟩(?:\s*(?:,|and|,\s*and)\s*⟨(\d+)⟩)?"
SAID = (
    (re.compile(rf"{_PAIR}{_ARE}{_BOTH}\s+of\s+(?:the\s+)?(?:matrix\s+)?⟨(\d+)⟩"), (1, 2, 3, 4, 5)),
    (
        re.compile(rf"\b(?:the\s+)?{_BOTH}\s+of\s+(?:the\s+)?(?:matrix\s+)?⟨(\d+)⟩\s+"
                   rf"(?:by|is|are|as)\s+{_PAIR}"),
        (4, 5, 1, 2, 3),
    ),
    (re.compile(rf"\b{_BOTH}\s*(?:,|is|are|denoted(?: by)?|equal to)?\s*{_PAIR}"), (3, 4, 1, 2, 0)),
)  # fmt: skip
"""Ways to say it, each with its groups: the symbols, the ends, the matrix."""
CHAIN = re.compile(
    rf"\b{_VALUE}(?:\s+of\s+⟨(\d+)⟩)?\s*(?:as|by|are|in \w+ order)?\s*(?:as|by)?\s*⟨(\d+)⟩"
)
CHAIN_BEFORE = re.compile(
    rf"⟨(\d+)⟩\s*,?\s*(?:be|denote|for|are|as)?\s*(?:the\s+)?(?:\w+\s+)?{_VALUE}\s+of\s+"
    rf"(?:the\s+)?(?:\w+\s+)?⟨(\d+)⟩"
)
DIAGONAL = re.compile(
    r"⟨(\d+)⟩\s*(?:is|be|denotes?|for|,)?\s*(?:the|a)?\s*diagonal (?:\w+ )?matrix\s+"
    r"(?:with|of|having|whose)\b[^⟨.;]*⟨(\d+)⟩(?:\s*on (?:its|the) (?:main )?diagonal)?"
)


_LAWS = r"(?:probability )?(?:distribution|law|measure|mass function)s?"
_IN_SIMPLEX = re.compile(
    rf"\b{_LAWS}\b[^.;]*\b(?:are|is|as)\b[^.;]*"
    r"\b(?:probability vectors?|(?:vectors?|points?|elements?)[^.;]*\bsimplex)\b",
    re.IGNORECASE,
)
_PLAIN_LAW = re.compile(
    r"(?<!joint )(?<!conditional )(?<!stationary )(?<!Gaussian )(?<!normal )(?<!Gibbs )"
    r"(?<!Boltzmann )(?<!marginal )(?<!uniform )(?:\bprobability )?"
    r"\bdistribution(s?)\b(?! (?:of|function))"
)


_STANDARD = re.compile(r"\bstandard (?:normal|Gaussian)\b", re.IGNORECASE)
_CUMULATIVE = re.compile(r"\b(?:distribution function|cdf|c\.d\.f|cumulative)\b", re.IGNORECASE)
_INTEGRAL = re.compile(r"\s*(\\?\w+)\s*\(\s*(\\?\w+)\s*\)\s*=\s*\\int_\{?\s*-\s*\\infty\s*\}?\^")


def in_formulas(article: Article) -> Article:
    """The article with formulas in the place of such words."""
    sentences = [replace(s, pieces=list(_apart(s.pieces))) for s in article.sentences]
    sentences = [replace(s, pieces=list(_written(s))) for s in sentences]
    said = " ".join(str(w) for s in sentences for kind, w in s.pieces if kind == "text")
    if _IN_SIMPLEX.search(" ".join(said.split())):
        sentences = [replace(s, pieces=list(_as_vectors(s.pieces))) for s in sentences]
    sentences = [replace(s, pieces=list(_by_error_function(s.pieces))) for s in sentences]
    if _is_identity(sentences):
        sentences = [replace(s, pieces=[(k, _with_identity(k, w)) for k, w in s.pieces])
                     for s in sentences]  # fmt: skip
        for each in article.equations:
            each.tokens = _identity(each.tokens)
    return placed(replace(article, sentences=sentences))


_ONE = (
    r"\\math(?:bb|bbm|ds|bf)\s*\{?\s*1\s*\}?|1(?:\\!)+(?:1|I|\\(?:mathrm|rm)\s*\{?\s*[l1I]\s*\}?)"
)
_OF_IT = re.compile(
    r"⟨(\d+)⟩\s*(?:,?\s*(?:for|is|be|denotes?|as|being|stands for))"
    r"\s*(?:the|an)\s*(?:\w+ )?identity\b"
    r"|\bidentity(?: matrix| operator| map)?\s*(?:is|by|,|as|denoted(?: by)?|written)?\s*⟨(\d+)⟩"
)


def _is_identity(sentences: Sequence[Sentence]) -> bool:
    """Does an article say that its doubled one is the identity?"""
    for sentence in sentences:
        text = " ".join("".join(
            f"⟨{at}⟩" if kind == "math" else str(what) if kind == "text" else ";"
            for at, (kind, what) in enumerate(sentence.pieces)
        ).split())  # fmt: skip
        for match in _OF_IT.finditer(text):
            tex = str(sentence.pieces[int(match[1] or match[2])][1]).strip()
            if re.match(rf"\{{?(?:{_ONE})\}}?(?:_.*)?$", tex):
                return True
    return False


def _with_identity(kind: str, what: Any) -> Any:
    return re.sub(_ONE, "I", str(what)) if kind == "math" else what


def _identity(tokens: Sequence[Token]) -> tuple[Token, ...]:
    """The tokens with an I for the doubled one."""
    found: list[Token] = []
    for token in tokens:
        if found and found[-1] in (r"\mathbb", r"\mathbf") and spelled(token).strip() == "1":
            found[-1] = "I"
        elif isinstance(token, Environment):
            found.append(Environment(token.name, _identity(token.tokens)))
        else:
            found.append(_identity(token) if isinstance(token, tuple) else token)
    return tuple(found)


def _apart(pieces: Pieces) -> Iterator[tuple[str, Any]]:
    r"""``x \in A, B x \neq 0`` as two formulas: what is said in one is said in several."""
    for kind, what in pieces:
        parts = _at_commas(str(what)) if kind == "math" and r"\in" in str(what) else []
        runs = [normal(tokens_of(part)) for part in parts]
        if len(parts) < 2 or not all(map(_is_said, runs)) or r"\in" not in runs[0]:
            yield kind, what
            continue
        for number, part in enumerate(parts):
            yield from [("text", ", ")] if number else []
            yield "math", part.strip()


def _at_commas(tex: str) -> list[str]:
    """A formula apart at the commas outside of its brackets."""
    parts, depth = [""], 0
    for sign in re.findall(r"\\.|[^\\]", tex, re.DOTALL):
        depth += (sign in OPENS_) - (sign in CLOSES_)
        if sign == "," and not depth:
            parts.append("")
        else:
            parts[-1] += sign
    return [re.sub(r"^(?:\\[ ,;:!])+|(?:\\[ ,;:!])+$", "", part.strip()) for part in parts]


OPENS_, CLOSES_ = ("(", "[", "{", r"\{"), (")", "]", "}", r"\}")


def _is_said(run: Sequence[Token]) -> bool:
    """Is a formula one that says something: has it a relation, and no ellipsis?"""
    signs = {*RELATIONS, r"\in", r"\ne", r"\neq"}
    return any(t in signs for t in run[1:-1]) and not DOTS & set(map(spelled, run))


def _as_vectors(pieces: Pieces) -> Iterator[tuple[str, Any]]:
    """Distributions as probability vectors, where an article says that they are."""
    for kind, what in pieces:
        is_text = kind == "text"
        yield kind, _PLAIN_LAW.sub(r"probability vector\1", what) if is_text else what


def _by_error_function(pieces: Pieces) -> Iterator[tuple[str, Any]]:
    """The distribution function of a standard Gaussian by the error function."""
    words = " ".join(str(w) for kind, w in pieces if kind == "text")
    is_one = _STANDARD.search(words) and _CUMULATIVE.search(words)
    for kind, what in pieces:
        found = _INTEGRAL.match(str(what)) if kind == "math" and is_one else None
        name = found[1].strip() if found else ""
        shown = rf"{name}({found[2]}) = \frac{{1}}{{2}} (1 + \operatorname{{erf}}(" if found else ""
        yield kind, rf"{shown}{found[2]} / \sqrt{{2}}))" if found else what


def _written(sentence: Sentence) -> Iterator[tuple[str, Any]]:
    pieces = sentence.pieces
    text = "".join(
        f"⟨{at}⟩" if kind == "math" else "⟦⟧" if kind == "display" else str(what)
        for at, (kind, what) in enumerate(pieces)
    )
    made: list[tuple[int, int, Pieces]] = []
    for pattern, groups in SAID:
        for match in pattern.finditer(text):
            names = [pieces[int(match[g])][1] if match[g] else None for g in groups[:2]]
            ends = [match[g] for g in groups[2:4]]
            end = match.end()
            if not ends[1] and match[groups[1]] and end == match.end(groups[1]) + 1:
                names[1], end = None, match.end(groups[0]) + 1  # what goes on is another symbol
            at = int(match[groups[4]]) if groups[4] else _matrix(pieces, text[: match.start()])
            found = _equal(names, ends, pieces[at][1] if at >= 0 else "")
            if found and not any(a < end and match.start() < b for a, b, _ in made):
                made.append((match.start(), end, found))
    for match in CHAIN.finditer(text):
        at = int(match[1]) if match[1] else _matrix(pieces, text[: match.start()])
        found = list(_chained(pieces[int(match[2])][1], pieces[at][1])) if at >= 0 else []
        if found:
            made.append((match.start(), match.end(), found))
    for match in CHAIN_BEFORE.finditer(text):
        found = list(_chained(pieces[int(match[1])][1], pieces[int(match[2])][1]))
        if found and not any(a < match.end() and match.start() < b for a, b, _ in made):
            made.append((match.start(), match.end(), found))
    for match in DIAGONAL.finditer(text):
        matrix, entries = (normal(tokens_of(str(pieces[int(g)][1]))) for g in match.groups())
        listed = is_symbol(matrix) and entries[1:2] == ["_"] and is_symbol(entries[:1])
        if listed and (len(entries) == 3 or DOTS & set(map(spelled, entries))):
            name = pieces[int(match[1])][1]
            formula = rf"{name} = \operatorname{{diag}}({spelled(entries[0])})"
            made.append((match.start(), match.end(), [("text", " with "), ("math", formula)]))
    if not made:
        yield from pieces
        return
    here = 0
    for start, end, found in sorted(made, key=lambda each: each[0]):
        yield from _again(text[here:start], pieces)
        yield from found
        here = end
    yield from _again(text[here:], pieces)


def _again(text: str, pieces: Pieces) -> Iterator[tuple[str, Any]]:
    displays = (piece for piece in pieces if piece[0] == "display")
    for part in re.split(r"(⟨\d+⟩|⟦⟧)", text):
        if part == "⟦⟧":
            yield next(displays)
        elif part.startswith("⟨"):
            yield pieces[int(part[1:-1])]
        elif part:
            yield "text", part


def _matrix(pieces: Pieces, before: str) -> int:
    """The symbol that was spoken of last, as a matrix is written; -1 if there is none."""
    for found in reversed(re.findall(r"⟨(\d+)⟩", before)):
        run = unfonted(normal(tokens_of(str(pieces[int(found)][1]))))
        name = run[: run.index(r"\in")] if r"\in" in run else run
        if is_symbol(name) and spelled(name[0])[:1].isupper():
            return int(found)
        if not re.fullmatch(r"(?:\s|\w)*", before.rsplit("⟩", 1)[-1]):
            return -1
    return -1


def _bare(tex: str) -> str:
    return re.split(r"\\in(?![A-Za-z])", tex)[0].strip()


def _equal(names: Sequence[str | None], ends: Sequence[str | None], matrix: str) -> Pieces:
    """Formulas that say which end of the spectrum each symbol is."""
    told = [(n, e) for n, e in zip(names, ends, strict=True) if n and e]
    if not matrix or len(told) != sum(map(bool, names)) or len(told) != sum(map(bool, ends)):
        return []
    made: Pieces = []
    for name, end in told:
        function = next(f for f, words in _ENDS.items() if re.fullmatch(words, end))
        if not is_symbol(unfonted(normal(tokens_of(name)))) or re.match(r"\\lambda_", name):
            return []
        made += [("text", " with "), ("math", f"{name} = {function}({_bare(matrix)})")]
    return [*made, ("text", " ")]


def _chained(tex: str, matrix: str) -> Iterator[tuple[str, Any]]:
    r"""The same of ``m = \lambda_1 \le \dots \le \lambda_d = L``."""
    run = normal(tokens_of(tex))
    sides: list[list[Token]] = [[]]
    signs = []
    for token in run:
        if isinstance(token, str) and token in RELATIONS:
            signs.append(RELATIONS[token])
            sides.append([])
        else:
            sides[-1].append(token)
    letters_ = {spelled(s[0]) for s in sides if len(s) == 3 and s[1] == "_"}
    rising = {"<": True, "<=": True, ">": False, ">=": False}
    ways = {rising[s] for s in signs if s != "="}
    if len(ways) != 1 or not any(t in (r"\dots", r"\cdots", r"\ldots") for t in run):
        return
    if len(letters_) == 1:
        order = "rising" if True in ways else "falling"
        yield "text", " with "
        yield "math", rf"{letters_.pop()} = \operatorname{{{order}eigenvalues}}({_bare(matrix)})"
    is_end = [len(s) == 3 and s[1] == "_" for s in sides]
    for at, sign in enumerate(signs):
        if sign != "=" or is_end[at] == is_end[at + 1]:
            continue
        one, other = (at + 1, at) if is_end[at] else (at, at + 1)
        if not is_symbol(sides[one]):
            continue
        first = spelled(sides[other][2]) == "1"
        function = r"\lambda_{\min}" if first == ways.copy().pop() else r"\lambda_{\max}"
        yield "text", " with "
        yield "math", f"{''.join(map(spelled, sides[one]))} = {function}({_bare(matrix)})"
    yield "text", " "
