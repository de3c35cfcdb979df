r"""Other ways to type the same TeX, in the one that the grammar knows.

Font switches inside braces, operators put together by hand, names made by ``\let`` or for pairs of
delimiters, the derivatives of the physics package, primes for transposes, raised and lowered
characters, and what a display says behind a gap of the symbols in it.
"""

from __future__ import annotations

import re
from itertools import groupby
from unicodedata import decomposition, normalize

_SWITCHES = {"rm": "mathrm", "bf": "mathbf", "it": "mathit", "sf": "mathsf", "cal": "mathcal"}
_FONTS = r"mathbb|mathcal|mathbf|mathrm|mathsf|mathit|mathfrak|mathscr|bm|boldsymbol"

_LET = re.compile(r"\\let\s*\\([A-Za-z]+)\s*=?\s*\\([A-Za-z]+)")
_PAIR = re.compile(
    r"\\DeclarePairedDelimiter\s*\{?\s*\\([A-Za-z]+)\s*\}?\s*\{([^{}]*)\}\s*\{([^{}]*)\}"
)
PHYSICS = {
    "norm": r"\lVert #1 \rVert", "abs": r"\lvert #1 \rvert", "qty": r"(#1)", "vb": r"\mathbf{#1}",
    "dv": r"\frac{d #1}{d #2}", "pdv": r"\frac{\partial #1}{\partial #2}",
}  # fmt: skip
"""What the physics package's commands stand for, of those that take braces."""

_TRANSPOSED = (
    r"(?:is|are|denotes?|stands? for|means?|for|as)\s+(?:the\s+|its\s+|their\s+|a\s+)?transpos"
)
_PRIMES = re.compile(
    rf"\$[^$]*[A-Za-z]'\$\s+{_TRANSPOSED}|\bprimes?\s+{_TRANSPOSED}"
    r"|\btranspose\b(?: of \$[^$]*\$)?[^.$]{0,40}\$[A-Za-z]'\$",
    re.IGNORECASE,
)
_GAP = re.compile(r"(?<!\\),\s*(?:\\qquad|\\quad)(?:\s|\\qquad|\\quad)*")


def named(source: str) -> str:
    r"""A source without ``\let`` and paired delimiters: what they name is a macro like others."""
    for own, meant in _LET.findall(source):
        if own in ("begin", "end"):
            continue
        source = re.sub(rf"\\{own}(?![A-Za-z])", rf"\\{meant}", _LET.sub("", source, count=1))
    for own, left, right in _PAIR.findall(source):
        made = rf"\newcommand{{\{own}}}[1]{{{left} #1 {right}}}"
        source = _PAIR.sub(made.replace("\\", r"\\"), source, count=1)
        source = re.sub(rf"\\{own}(?:\*|\[\\[A-Za-z]+\])\s*(?=\{{)", rf"\\{own}", source)
    if re.search(r"\\usepackage(?:\[[^\]]*\])?\{[^}]*\bphysics\b", source):
        macros = [
            rf"\newcommand{{\{own}}}[{body.count('#')}]{{{body}}}" for own, body in PHYSICS.items()
        ]
        source = re.sub(r"\\(dv|pdv)\[(\d)\]\{([^{}]*)\}\{([^{}]*)\}", _again, source)
        source = "".join(macros) + source
    return source


def _again(match: re.Match[str]) -> str:
    d = "d" if match[1] == "dv" else r"\partial"
    return rf"\frac{{{d}^{match[2]} {match[3]}}}{{{d} {match[4]}^{match[2]}}}"


_MATH = re.compile(
    r"(?<!\\)\$(?:[^$\\]|\\.)+\$|\\\[.*?\\\]|\\\(.*?\\\)|"
    r"\\begin\{(equation|align|gather|multline|eqnarray|flalign|alignat)\*?\}.*?\\end\{\1\*?\}",
    re.DOTALL,
)
_CURLED = re.compile(r"\\(?:mathcal|mathscr)\s*(?:\{\s*([A-Z])\s*\}|([A-Z])(?![A-Za-z]))")


_SETS = re.compile(
    r"\bfinite (?:[\w-]+ )?(?:sets?|alphabets?|spaces?)\b|\balphabets?\b|"
    r"\b(?:is|are) finite\b"
)


def two_fonts(source: str) -> str:
    """The letters that an article has both calligraphic and plain."""
    if _SETS.search(source):  # where these letters are sets, and X an element of its own
        return ""
    found = [match[0] for match in _MATH.finditer(source)]
    curled = {m[1] or m[2] for tex in found for m in _CURLED.finditer(tex)}
    sets = {m[1] or m[2] for tex in found for m in _CURLED.finditer(tex)
            if re.search(r"(?:\\(?:in|to|times|colon|subset|subseteq)|\||:)\s*$", tex[: m.start()])
            }  # fmt: skip
    curled -= sets
    left = " ".join(_CURLED.sub(" ", tex) for tex in found)
    left = re.sub(
        r"\\(?:mathbb|mathfrak|operatorname|mathrm|text\w*|label|ref)\*?\s*\{[^{}]*\}", " ", left
    )
    left = re.sub(r"\\[A-Za-z]+", " ", left)
    return "".join(sorted(letter for letter in curled if letter in left))


def apart_by_font(tex: str, letters: str) -> str:
    """A formula in which these letters, where they are calligraphic, are letters of their own."""
    return _CURLED.sub(
        lambda m: rf"\{m[1] or m[2]}cal " if (m[1] or m[2]) in letters else m[0], tex
    )


_PSEUDO = re.compile(r"\bpseudo-?\s?inverses?\b|\bMoore\s*-*\s*Penrose\b", re.IGNORECASE)


def pseudoinverts(source: str) -> bool:
    """Does an article speak of pseudoinverses, so that a plus or a dagger above is one?"""
    return bool(_PSEUDO.search(source))


def with_pseudoinverses(tex: str) -> str:
    r"""``X^+`` and ``(X^\top X)^\dagger``, of what may be a matrix."""
    mark = r"\s*\^\s*(?:\{\s*(?:\+|\\dagger)\s*\}|\+|\\dagger(?![A-Za-z]))"
    return re.sub(rf"(?<=[A-Z)}}\]])(?<!\\mathbb\{{R\}}){mark}", r"^{\\pseudoinverse}", tex)


def plain(tex: str, primes: bool = False) -> str:
    """A formula with fonts and operators as commands that take braces."""
    tex = tex if tex.isascii() else _levelled(tex)
    tex = re.sub(
        r"\{\s*\\(rm|bf|it|sf|cal)\s+([^{}\\]*?)\s*\}",
        lambda m: rf"{{\{_SWITCHES[m[1]]}{{{m[2]}}}}}", tex,
    )  # fmt: skip
    by_hand = r"\\mathop\s*\{\s*(\{)?\s*\\math(?:rm|sf)\s*\{(\w+)\}\s*(?(1)\}\s*)\}"
    tex = re.sub(by_hand, r"\\operatorname{\2}", tex)
    tex = re.sub(r"\\mathop\s*\{([A-Za-z]{2,})\}", r"\\operatorname{\1}", tex)
    tex = re.sub(r"\\(?:no)?limits(?![A-Za-z])", "", tex)
    tex = re.sub(rf"\{{\s*\\({_FONTS})\s+([A-Za-z])\s*\}}", r"{\\\1{\2}}", tex)
    # A group of one letter is that letter, unless something before it takes the braces.
    tex = re.sub(rf"(^|[\s,=(+\-])\{{\s*(\\(?:{_FONTS})\{{\w+\}})\s*\}}", r"\1\2", tex)
    tex = re.sub(rf"(\\(?:in|to|times|colon))\{{\s*(\\(?:{_FONTS})\{{\w+\}})\s*\}}", r"\1 \2", tex)
    tex = re.sub(
        r"\\(?:operatorname|mathop|mathrm|text)\*?\s*\{\s*arg\s*(?:\\[,;:! ])?\s*\\?(min|max)\s*\}"
        r"|\\arg\s*(?:\\[,;:! ])?\s*\\(min|max)(?![A-Za-z])",
        lambda m: rf"\arg{m[1] or m[2]}", tex,
    )  # fmt: skip
    return re.sub(r"'(?!')", r"^{\\top}", tex) if primes and "''" not in tex else tex


_LEVELS = {"<super>": "^", "<sub>": "_"}


def _levelled(tex: str) -> str:
    """``x²`` and ``v₁₀`` with the exponents and indices of TeX."""

    def level(character: str) -> str:
        return _LEVELS.get(decomposition(character).partition(" ")[0], "")

    parts = ((sign, "".join(run)) for sign, run in groupby(tex, level))
    return "".join(
        f"{sign}{{{normalize('NFKC', run).replace('−', '-')}}}" if sign else run
        for sign, run in parts
    )


def primes_transpose(source: str) -> bool:
    """Does an article say that a prime is a transpose?"""
    return bool(_PRIMES.search(" ".join(source.split())))


_BY_T = re.compile(r"\^\s*(?:\{\s*t\s*\}|t(?![A-Za-z]))")
_NO_LETTERS = re.compile(
    r"\\(?:text\w*|mathrm|mathsf|operatorname|label|ref|begin|end|tag|mbox)\*?\s*\{[^{}]*\}|\\[A-Za-z]+"
)


def t_transposes(source: str) -> bool:
    """Does an article have the letter t as an exponent alone, and so as a transpose?"""
    formulas = " ".join(match[0] for match in _MATH.finditer(source))
    plain_ = _NO_LETTERS.sub(" ", formulas)
    return len(_BY_T.findall(plain_)) > 1 and "t" not in _BY_T.sub(" ", plain_)


def with_transposes(tex: str) -> str:
    """A formula in which an exponent t is a transpose."""
    return _BY_T.sub(r"^{\\top}", tex)


def apart(tex: str) -> tuple[str, list[str]]:
    r"""A displayed formula, and what it says behind a gap of sets in which symbols lie:
    ``f(A) = A, \qquad A \in \mathbb{R}^{n \times n}``."""
    gaps = [m for m in _GAP.finditer(tex) if not _inside(tex[: m.start()])]
    for at, gap in enumerate(gaps):
        ends = [*(g.start() for g in gaps[at + 1 :]), len(tex)]
        said = [tex[begin.end() : end].strip() for begin, end in zip(gaps[at:], ends, strict=True)]
        if all(re.match(r"[^=<>]*\\in(?![A-Za-z])[^=<>]*$", each) for each in said):
            return tex[: gap.start()], said
    return tex, []


_RELATION = re.compile(r"[=<>]|\\(?:in|ge|geq|le|leq|ne|neq|geqslant|leqslant)(?![A-Za-z])")
_LESS = r"\s*(?:<|\\le(?:q|qslant)?(?![A-Za-z]))\s*"
_BELOW = re.compile(rf"\s*-?\d+{_LESS}\\?\w+(?:\s*,\s*\\?\w+)*\s*")
_ABOVE = re.compile(rf"\s*\\?\w+{_LESS}")
"""The halves of ``1 \\le i, j \\le n``, which says one thing of both."""


def listed(tex: str) -> list[str]:
    r"""What an inline formula says of several symbols, one by one: ``a > 0,\ c \in \mathbb{R}``."""
    parts, start = [], 0
    for comma in re.finditer(r"(?<!\\),(?:\s|\\[ ,;:]|\\quad|\\qquad|~)*", tex):
        is_range = _BELOW.fullmatch(tex[start : comma.start()]) and _ABOVE.match(tex[comma.end() :])
        if not (is_range or _inside(tex[: comma.start()])):
            parts.append(tex[start : comma.start()])
            start = comma.end()
    parts.append(tex[start:])
    return parts if all(map(_RELATION.search, parts)) else [tex]


def _inside(before: str) -> bool:
    """Is a bracket or an environment open here?"""
    opened = re.sub(r"\\[lr]angle(?![A-Za-z])", lambda m: "(" if m[0][1] == "l" else ")", before)
    return (
        len(re.findall(r"[{(\[]", opened)) > len(re.findall(r"[})\]]", opened))
        or before.count(r"\begin") > before.count(r"\end")
    )  # fmt: skip
