r"""Functions of which an article says that they are convex, $L$-smooth or $\mu$-strongly convex:
``f: \mathbb{R}^n \to \mathbb{R}`` with a gradient of known growth, and a point where it is least.

One of them stands for all: in each coordinate a square beside an even function, whose second
derivatives lie between the bounds. (Norms and inner products are those of any other axes.) Where
the article takes extremes of what it adds to the function (a conjugate, a proximal point), it is a
quadratic one, of which these are known in closed form.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction

from fieldcheck.start.arbitrary import ARGUMENT, MORE, _clauses
from fieldcheck.start.article import Article, Sentence, tokens_of
from fieldcheck.start.formulas import Declared, is_symbol, space_of, spelling
from fieldcheck.start.meaning.values import Definition
from fieldcheck.start.signs import MARKS, Node, Token, normal, spelled, unfonted

KIND = re.compile(
    r"\bconvex\b|⟩\s*-?\s*smooth\b|\bLipschitz(?: continuous)? gradient|"
    r"\bgradient\b[^.;]*\bLipschitz"
)
CONVEX = re.compile(r"(?<!non)(?<!non-)(?<!quasi)(?<!quasi-)\bconvex\b(?! (?:set|hull|cone|body))")
SMOOTH = re.compile(
    r"⟨(\d+)⟩\s*-\s*smooth\b|⟨(\d+)⟩\s*-\s*Lipschitz(?:[- ]continuous)?\s+gradients?"
    r"|\bgradients?\b[^.;]*?(?:⟨(\d+)⟩\s*-\s*Lipschitz|\bLipschitz\b[^.;⟩]*?\bconstant\s*⟨(\d+)⟩)"
    r"|\bLipschitz\b[^.;⟩]*\bgradient\b[^.;⟩]*\bconstant\s*⟨(\d+)⟩"
)
STRONG = re.compile(
    r"⟨(\d+)⟩\s*-\s*strongly[- ]convex"
    r"|\bstrongly convex\b[^.;⟩]*\b(?:constant|parameter|modulus)\s*⟨(\d+)⟩"
)
UNDERSTOOD = re.compile(
    r"^(?:\w*convex\w*|Lipschitz|\w*-smooth|proper|closed|minimi\w+|regular\w*|conjugate"
    r"|maximi\w+)$"
)
"""Words that are read here, or that nothing here contradicts."""
POINT = re.compile(
    r"\bminimi[sz]ers?\b|\bminimi[sz]es\b|\bminimum\b|\bargmin\b|\barg\s*min\b|"
    r"\boptimal (?:point|value|solution)"
)
EXTREME = re.compile(
    r"\\(?:sup|argmin|inf)(?![A-Za-z])|\\min(?![A-Za-z])|\bproximal\b|\bconjugate\b|\bprox\b|\benvelope\b"
)


@dataclass
class Convex:
    """The functions, what their parts are, and where they are least."""

    definitions: list[Definition] = field(default_factory=list)
    parts: dict[str, Declared] = field(default_factory=dict)
    told: set[str] = field(default_factory=set)
    """The symbols of which the words that are read here say something."""

    @property
    def marked(self) -> set[str]:
        return {n for n in (*self.parts, *(d.name for d in self.definitions)) if "_star" in n}


@dataclass
class _Told:
    """What is said of one function."""

    name: str
    place: tuple[int, int]
    line: int
    dims: tuple[str | int, ...]
    is_convex: bool = False
    smooth: str = ""
    strong: str = ""
    point: str = ""
    value: str = ""


def convex_of(article: Article) -> Convex:
    """The convex and the smooth functions of an article."""
    found = Convex()
    all_told = list(_functions(article))
    for each in all_told:
        _characterised(article, each, len(all_told) == 1)
        if each.is_convex or each.smooth:
            _made(found, each, is_quadratic=_takes_extremes(article))
    return found


def _numbered(sentence: Sentence) -> str:
    text = "".join(
        f"⟨{at}⟩" if kind == "math" else "; " if kind == "display" else str(what)
        for at, (kind, what) in enumerate(sentence.pieces)
    )
    return " ".join(text.split())


def _run(tex: object) -> list[Token]:
    return unfonted(normal(tokens_of(str(tex))))


def _functions(article: Article) -> Iterator[_Told]:
    """``f: R^n \\to R``, and "a convex function $f$ on $R^n$"."""
    seen: set[str] = set()
    for number, sentence in enumerate(article.sentences):
        for at, (kind, tex) in enumerate(sentence.pieces):
            run = _run(tex) if kind == "math" else []
            colon = next((k for k, t in enumerate(run) if t in (":", r"\colon")), 0)
            if not colon or r"\to" not in run:
                continue
            arrow = run.index(r"\to")
            inside, outside = space_of(run[colon + 1 : arrow]), run[arrow + 1 :]
            is_real = inside is not None and len(inside[1]) < 2 and not inside[2]
            for name in _names(run[:colon]):
                if is_real and inside and _is_line(outside) and name not in seen:
                    seen.add(name)
                    yield _Told(name, (number, at), sentence.line, inside[1])


def _names(run: list[Token]) -> list[str]:
    runs: list[list[Token]] = [[]]
    for token in run:
        runs = [*runs, []] if token == "," else [*runs[:-1], [*runs[-1], token]]
    return [spelling(r) for r in runs] if all(map(is_symbol, runs)) else []


def _is_line(run: list[Token]) -> bool:
    """Is it R, or R with an infinite value?"""
    text = "".join(map(spelled, run)).replace(r"\left", "").replace(r"\right", "")
    infinite = r"\\cup\\\{\+?\\infty\\\}|\\cup\{?\+?\\infty\}?"
    line = (
        rf"(?:\\mathbb)?R(?:{infinite})?|\(-\\infty,\+?\\infty[\])]|"
        r"\\(?:overline|bar)(?:\\mathbb)?R"
    )
    return bool(re.fullmatch(line, text))


def _characterised(article: Article, told: _Told, is_only: bool) -> None:
    """Put what the sentences say of a function into it; another word leaves it unread."""
    for number, sentence in enumerate(article.sentences):
        text = _numbered(sentence)
        symbols = {
            at: _run(tex) for at, (kind, tex) in enumerate(sentence.pieces) if kind == "math"
        }
        speaks = number == told.place[0] or any(
            is_symbol(run) and spelling(run) == told.name for run in symbols.values()
        )
        named_so = re.search(
            r"\b(?:the|its|this|our) (?:\w+ )?(?:function|objective|gradient)", text
        )
        if not speaks and not (is_only and named_so):
            continue
        if speaks and any(_is_another(part, symbols, told) for part in _clauses(sentence)):
            told.is_convex, told.smooth = False, ""
            told.name = ""
            return
        mine = text if not speaks else "; ".join(_of_it(sentence, symbols, told, number))
        told.is_convex = told.is_convex or bool(CONVEX.search(mine))
        for pattern, own in ((SMOOTH, "smooth"), (STRONG, "strong")):
            if match := pattern.search(mine):
                at = next(int(g) for g in match.groups() if g)
                head = _head(symbols[at])
                if head and not getattr(told, own):
                    setattr(told, own, head)
    if told.strong:
        told.is_convex = True
    for number, sentence in enumerate(article.sentences):
        if _is_of_it(article, sentence, told, number, is_only):
            _least(sentence, told)


def _is_of_it(
    article: Article, sentence: Sentence, told: _Told, number: int, is_only: bool
) -> bool:
    """Does a sentence say where the function itself is least, and not what is made of it?"""
    text = _numbered(sentence)
    symbols = {at: _run(tex) for at, (kind, tex) in enumerate(sentence.pieces) if kind == "math"}
    shown = [article.equations[what].tex for kind, what in sentence.pieces if kind == "display"]
    if not (POINT.search(text) or any(r"\arg" in str(r) for r in symbols.values())) or any(
        EXTREME.search(tex) for tex in shown
    ):
        return False
    owners = [symbols[int(k)] for k in re.findall(r"\bof (?:the )?(?:\w+ )?⟨(\d+)⟩", text)]
    others = [r for r in owners if not (is_symbol(r) and spelling(r) == told.name)]
    sums = [r for r in symbols.values() if "+" in r and told.name in map(spelled, r)]
    mine = number == told.place[0] or any(
        told.name in map(spelled, _run(tex)) for kind, tex in sentence.pieces if kind == "math"
    )
    said = is_only and re.search(r"\b(?:the|its|this|our) (?:\w+ )?(?:function|objective)", text)
    return not others and not sums and bool(mine or said)


def _of_it(
    sentence: Sentence, symbols: dict[int, list[Token]], told: _Told, number: int
) -> Iterator[str]:
    """The clauses of a sentence that speak of the function: those with its letter, and those that
    go on without another symbol."""
    goes_on = False
    for part in _clauses(sentence):
        found = list(map(int, re.findall(r"⟨(\d+)⟩", part)))
        is_own = any(
            (number, at) == told.place
            or (is_symbol(symbols[at]) and spelling(symbols[at]) == told.name)
            for at in found
        )
        rest = re.sub(r"⟨\d+⟩\s*-|\b(?:constant|parameter|modulus)\s*⟨\d+⟩", " ", part)
        others = [symbols[int(at)] for at in re.findall(r"⟨(\d+)⟩", rest)]
        goes_on = is_own or (goes_on and not any(map(is_symbol, others)))
        if goes_on:
            yield part


def _head(run: list[Token]) -> str:
    """The letter of ``L`` or of ``L > 0``."""
    end = next((k for k, t in enumerate(run) if t in (">", r"\ge", r"\geq", r"\in")), len(run))
    return spelling(run[:end]) if is_symbol(run[:end]) else ""


def _is_another(part: str, symbols: dict[int, list[Token]], told: _Told) -> bool:
    """Does a clause say of the function what is not read here?"""
    own = [at for at in map(int, re.findall(r"⟨(\d+)⟩", part))
           if is_symbol(symbols[at]) and spelling(symbols[at]) == told.name]  # fmt: skip
    words = [w for w in MORE.findall(part) if not UNDERSTOOD.match(w)]
    return bool(own and words)


def _least(sentence: Sentence, told: _Told) -> None:
    """The point where it is least, and its value there, as a sentence names them."""
    for kind, tex in sentence.pieces:
        run = _run(tex) if kind == "math" else []
        for k in range(len(run) - 2):
            part = run[k : k + 3]
            is_marked = part[1] in ("^", "_") and spelled(part[2]) in MARKS and is_symbol(part[:1])
            if not is_marked or MARKS[spelled(part[2])] not in ("star",):
                continue
            name = f"{spelling(part[:1])}_star"
            if part[0] == told.name or spelling(part[:1]) == told.name:
                told.value = name
            elif not told.point and run[k - 1 : k] not in (["_"], ["^"]):
                told.point = name


def _takes_extremes(article: Article) -> bool:
    return any(EXTREME.search(each.tex) for each in article.equations)


def _sym(name: str) -> Node:
    return Node("sym", (name,))


def _number(value: int | Fraction) -> Node:
    return Node("num", (Fraction(value),))


def _made(found: Convex, told: _Told, *, is_quadratic: bool) -> None:
    """The function that stands for all of them."""
    name, dims = told.name, told.dims
    center = told.point or f"{name}_center"
    found.parts[center] = Declared(center, len(dims), dims)
    away = Node("add", (_sym(ARGUMENT), Node("neg", (_sym(center),))))
    part = told.smooth or f"{name}_size"
    constants = [c for c in (told.smooth, told.strong) if c]
    for constant in (part, *constants):
        found.parts[constant] = Declared(constant, 0, (), frozenset(("positive",)))
    if told.smooth and told.strong:
        both = frozenset(("positive", f"where {_typed(told.strong)} \\le {_typed(told.smooth)}"))
        found.parts[told.smooth] = Declared(told.smooth, 0, (), both)
    size: Node = _sym(part)
    if told.smooth and told.strong:
        size = Node("add", (size, Node("neg", (_sym(told.strong),))))
    terms = [Node("mul", (size, _bowl(found, name, dims, away, told, is_quadratic)))]
    if told.strong:
        square = Node("pow", (Node("norm", (away, "")) if dims else away, _number(2)))
        terms.append(Node("div", (Node("mul", (_sym(told.strong), square)), _number(2))))
    if not told.point:
        slope = f"{name}_slope"
        found.parts[slope] = Declared(slope, len(dims), dims)
        if told.is_convex:  # one that is only smooth keeps a least value
            tilt = Node("inner", (_sym(slope), _sym(ARGUMENT))) if dims else (
                Node("mul", (_sym(slope), _sym(ARGUMENT))))  # fmt: skip
            terms.append(tilt)
    words = [
        "convex" if told.is_convex else "",
        f"{told.smooth}-smooth" if told.smooth else "",
        f"{told.strong}-strongly convex" if told.strong else "",
    ]
    found.told |= {name, center, *constants, told.value} - {""}
    call = Node("call", (name, (_sym(ARGUMENT),)))
    shape = "a quadratic one" if is_quadratic else "one with a minimum"
    found.definitions.append(Definition(
        name, (ARGUMENT,), Node("add", tuple(terms)), "", told.line, call, place=told.place,
        printed=f"{name} is any {', '.join(filter(None, words))} function: here {shape}, a sum "
                "over the coordinates",
    ))  # fmt: skip
    if told.value and told.point:
        least = Node("call", (name, (_sym(center),)))
        found.definitions.append(Definition(
            told.value, (), least, "", told.line, _sym(told.value), place=told.place,
            printed=f"{told.value}, the least value of {name}",
        ))  # fmt: skip


def _typed(name: str) -> str:
    return {"lam": r"\lambda"}.get(name, name if len(name) == 1 else rf"\{name}")


def _bowl(
    found: Convex,
    name: str,
    dims: tuple[str | int, ...],
    away: Node,
    told: _Told,
    is_quadratic: bool,
) -> Node:
    """A function whose second derivatives lie between 0 and 1, and which is least where it is 0."""
    shares = f"{name}_shares"
    own = "between 0 1" if told.smooth or not is_quadratic else "positive"
    found.parts[shares] = Declared(shares, len(dims), dims, frozenset((own,)))
    along = away
    product = "inner" if dims else "mul"
    square = Node("had", (along, along)) if dims else Node("pow", (along, _number(2)))
    form = Node("div", (Node(product, (_sym(shares), square)), _number(2)))
    if is_quadratic:
        return form
    one = Node("ones") if dims else _number(1)
    rest = Node("add", (one, Node("neg", (_sym(shares),))))
    turned = Node("neg", (along,))
    even = Node("add", (_of("softplus", along), _of("softplus", turned)))
    if not told.is_convex:
        even = Node("add", (one, Node("neg", (_of("cos", along),))))
    return Node("add", (form, Node(product, (rest, even))))


def _of(function: str, node: Node) -> Node:
    return Node("call", (function, (node,)))
