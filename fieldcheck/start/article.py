r"""A LaTeX source: its displayed equations with their labels, and the sentences around them.

The source is parsed by pylatexenc; the author's own macros are expanded first.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fieldcheck import ordinary
from fieldcheck.ledger.errors import UserError
from fieldcheck.start import dialect
from fieldcheck.start.signs import OTHER_RELATIONS, RELATIONS, TEXT, Environment, Token, normal
from fieldcheck.start.spellings import canonical

_DISPLAYED = "equation align gather multline eqnarray displaymath flalign alignat math"
DISPLAYED = frozenset(_DISPLAYED.split())
"""Environments that display; with or without a star."""
_INNER = "split aligned gathered alignedat array"
INNER = frozenset(_INNER.split())
_SKIPPED = "figure table tikzpicture verbatim lstlisting thebibliography tabular algorithm"
SKIPPED = frozenset(_SKIPPED.split())
_THEOREMS = (
    r"theorem|thm|lemma|lem|proposition|prop|corollary|cor|remark|rem|example|ex|exercise|claim|"
    r"conjecture|fact|observation"
)
THEOREMS = re.compile(rf"(?:{_THEOREMS})s?")


@dataclass
class Equation:
    """One displayed equation: a row of an alignment counts as one if it has a label."""

    label: str
    tex: str
    line: int
    tokens: tuple[Token, ...]
    sentence: int = 0
    piece: int = 0
    named: bool = True


@dataclass
class Sentence:
    """Words and inline formulas, in order; a displayed equation is a piece with its number."""

    pieces: list[tuple[str, Any]] = field(default_factory=list)
    line: int = 0
    paragraph: int = 0
    theorem: int = 0
    """The number of the theorem that it stands in, or in the proof of; 0 outside of all."""
    section: int = 0

    def __str__(self) -> str:
        shown = {"text": "{}", "math": "${}$", "display": "[…]"}
        return " ".join("".join(shown[k].format(v) for k, v in self.pieces).split())


@dataclass
class Article:
    name: str
    equations: list[Equation]
    sentences: list[Sentence]
    finite: bool = False
    """Does it speak of functions on finite sets, and is it written in indices?"""


def placed(article: Article) -> Article:
    """The article, whose displays know where in their sentences they stand."""
    for sentence in article.sentences:
        for at, (kind, what) in enumerate(sentence.pieces):
            if kind == "display":
                article.equations[what].piece = at
    return article


def read(path: Path) -> Article:
    """Read an article.

    Raises:
        UserError: no such file, no text, or no displayed equation in it; or macros or braces that
            no reader follows.
    """
    try:
        source = ordinary.read_text(path)
    except OSError as fault:
        raise UserError(f"cannot read {path}: {fault.strerror}") from None
    article = scan(source, path.name)
    if not article.equations:
        raise UserError(f"{path} displays no equation: nothing to make claims from")
    return article


def scan(source: str, name: str) -> Article:
    """The same of a text."""
    latexwalker = _parser()
    source = _expanded(dialect.named(_without_comments(source)), name)
    lines = _Lines(source)
    reader = _Reader(name, lines, _Dialect(
        dialect.primes_transpose(source), dialect.two_fonts(source), dialect.pseudoinverts(source),
        dialect.t_transposes(source),
    ))  # fmt: skip
    try:
        nodes = latexwalker.LatexWalker(source, tolerant_parsing=True).get_latex_nodes()[0]
        body = next((n.nodelist for n in nodes if _environment(n) == "document"), nodes)
        reader.walk(body)
    except RecursionError:
        raise UserError(f"{name} nests braces deeper than can be read") from None
    return Article(name, reader.equations, [s for s in reader.sentences if s.pieces])


def _parser() -> Any:
    try:
        from pylatexenc import latexwalker
    except ImportError:
        raise UserError("reading LaTeX needs pylatexenc: pip install 'fieldcheck[tex]'") from None
    return latexwalker


# --- macros ---------------------------------------------------------------------------------------


def _without_comments(source: str) -> str:
    return re.sub(r"(?<!\\)((?:\\\\)*)%[^\n]*", r"\1", source)


LONGEST = 2_000_000
"""Characters by which macros may make a source longer: some make each other ten times longer."""

_DEFINES = re.compile(
    r"\\(?:re)?newcommand\*?\s*\{?\s*\\([A-Za-z]+|\d)\s*\}?\s*(?:\[(\d)\])?(\[[^\]]*\])?\s*(?=\{)"
    r"|\\def\s*\\([A-Za-z]+)((?:#\d)*)\s*(?=\{)"
    r"|\\DeclareMathOperator\*?\s*\{?\s*\\([A-Za-z]+)\s*\}?\s*(?=\{)"
)


Macro = tuple[int, str, str | None]
"""How many arguments, what it stands for, and what the first is where it is left away."""


def _expanded(source: str, name: str) -> str:
    """The source with its own macros replaced by what they stand for; lines keep their numbers."""
    macros: dict[str, Macro] = {}
    kept, at = [], 0
    for match in _DEFINES.finditer(source):
        if match.start() < at:
            continue
        body, end = _group(source, match.end())
        macro = match[1] or match[4] or match[6]
        count = int(match[2] or 0) if match[1] else len(match[5] or "") // 2
        if match[6]:
            body = rf"\operatorname{{{body}}}"
        macros[macro] = count, body, match[3][1:-1] if match[3] else None
        kept.append(source[at : match.start()])
        kept.append("\n" * source.count("\n", match.start(), end))
        at = end
    text = "".join(kept) + source[at:]
    if not macros:
        return text
    own = "|".join(sorted(map(re.escape, macros), key=len, reverse=True))
    use = re.compile(rf"\\({own})(?![A-Za-z])")
    for _ in range(8):
        text, count = _once(text, use, macros)
        if not count:
            break
        if len(text) > LONGEST + len(source):
            raise UserError(f"{name}: its macros stand for more than {LONGEST:,} characters")
    return text


def _once(text: str, use: re.Pattern[str], macros: dict[str, Macro]) -> tuple[str, int]:
    parts: list[str] = []
    at, count = 0, 0
    for match in use.finditer(text):
        if match.start() < at:
            continue
        wanted, body, usual = macros[match[1]]
        end = match.end()
        arguments = {}
        if usual is not None:
            given = re.compile(r"\s*\[([^\[\]]*)\]").match(text, end)
            arguments["#1"], end = (given[1], given.end()) if given else (usual, end)
        for number in range(1 + len(arguments), wanted + 1):
            arguments[f"#{number}"], end = _group(text, end)
        made = _beside(arguments.get(piece, piece) for piece in re.split(r"(#\d)", body))
        parts += [text[at : match.start()], made.replace("\n", " ")]
        at, count = end, count + 1
    return _beside([*parts, text[at:]]), count


def _beside(parts: Iterable[str]) -> str:
    r"""Texts one behind the other, each a word of its own: ``\le`` and ``D`` make no ``\leD``."""
    kept: list[str] = []
    for part in filter(None, parts):
        if kept and part[0].isalpha() and re.search(r"\\[A-Za-z]+$", kept[-1]):
            kept.append(" ")
        kept.append(part)
    return "".join(kept)


def _group(text: str, at: int) -> tuple[str, int]:
    """The argument that begins here, and where it ends."""
    while at < len(text) and text[at].isspace():
        at += 1
    if text[at : at + 1] != "{":
        command = re.compile(r"\\[A-Za-z]+|\\?.", re.DOTALL).match(text, at)
        return (command[0], command.end()) if command else ("", at)
    depth = 0
    for end in range(at, len(text)):
        if text[end - 1 : end] == "\\":
            continue
        depth += (text[end] == "{") - (text[end] == "}")
        if depth == 0:
            return text[at + 1 : end], end + 1
    return text[at + 1 :], len(text)


class _Lines:
    def __init__(self, source: str) -> None:
        self.source = source

    def of(self, position: int) -> int:
        return self.source.count("\n", 0, position) + 1


# --- the document ---------------------------------------------------------------------------------


def _environment(node: Any) -> str:
    name = getattr(node, "environmentname", None) or ""
    return str(name).rstrip("*")


@dataclass(frozen=True)
class _Dialect:
    """How an article types."""

    primes: bool = False
    """Are primes transposes?"""
    fonts: str = ""
    """The letters that it has in two fonts."""
    pseudoinverses: bool = False
    """Is a plus above one?"""
    transposes: bool = False
    """Is a t above a transpose?"""

    def plain(self, tex: str) -> str:
        tex = dialect.with_transposes(tex) if self.transposes else tex
        tex = dialect.apart_by_font(dialect.plain(tex, self.primes), self.fonts)
        return dialect.with_pseudoinverses(tex) if self.pseudoinverses else tex


class _Reader:
    """Walks through the document's nodes and collects sentences and equations."""

    def __init__(self, name: str, lines: _Lines, typed: _Dialect) -> None:
        self.name, self.lines = name, lines
        self.typed = typed
        self.equations: list[Equation] = []
        self.sentences: list[Sentence] = [Sentence()]
        self.paragraph = self.theorem = self.theorems = self.section = 0

    def walk(self, nodes: Iterable[Any]) -> None:
        for node in nodes or ():
            kind = type(node).__name__
            if kind == "LatexCharsNode":
                self.words(node.chars, node.pos)
            elif kind == "LatexMathNode":
                tex = "".join(n.latex_verbatim() for n in node.nodelist)
                if node.displaytype == "display":
                    self.display(tex, node.pos)
                else:
                    for at, part in enumerate(dialect.listed(self.typed.plain(tex))):
                        if at:
                            self.piece("text", ", ", node.pos)
                        self.piece("math", part, node.pos)
            elif kind == "LatexEnvironmentNode":
                self.entered(node)
            elif kind == "LatexGroupNode":
                self.walk(node.nodelist)
            elif kind == "LatexMacroNode":
                self.command(node)
            elif kind == "LatexSpecialsNode":
                self.words(node.specials_chars, node.pos)

    def entered(self, node: Any) -> None:
        name = _environment(node)
        if name in DISPLAYED:
            tex = "".join(n.latex_verbatim() for n in node.nodelist)
            if name == "alignat":
                tex = re.sub(r"^\s*\{\d+\}", "", tex)
            self.display(tex, node.pos)
        elif THEOREMS.fullmatch(name) or name == "proof":
            self.theorems += name != "proof"
            self.new_paragraph()
            self.theorem = self.theorems
            self.walk(node.nodelist)
            self.new_paragraph()
            self.theorem = 0
        elif name not in SKIPPED:
            self.walk(node.nodelist)

    def command(self, node: Any) -> None:
        if node.macroname in ("section", "subsection", "subsubsection", "paragraph", "chapter"):
            self.new_paragraph()
            self.section += 1
            return
        if node.macroname in ("emph", "textit", "textbf", "item", "footnote"):
            arguments = node.nodeargd.argnlist if node.nodeargd else ()
            for each in filter(None, arguments or ()):
                self.walk([each])

    def words(self, text: str, position: int) -> None:
        paragraphs = re.split(r"\n\s*\n", text)
        for number, paragraph in enumerate(paragraphs):
            if number:
                self.new_paragraph()
            for part in re.split(r"(?<=[.!?])(?=\s+[A-Z(])", paragraph):
                self.piece("text", part, position)
                # Whether the sentence ends here is seen when the next words come: "e.g." does not.
                if re.search(r"[.!?]\s*$", part) and not re.search(
                    r"(e\.g|i\.e|cf|resp)\.\s*$", part
                ):
                    self.ended()

    def piece(self, kind: str, what: Any, position: int) -> None:
        if kind == "text" and not what.strip() and not self.sentences[-1].pieces:
            return
        if not self.sentences[-1].pieces:
            self.sentences[-1].line = self.lines.of(position)
            self.sentences[-1].paragraph = self.paragraph
            self.sentences[-1].theorem = self.theorem
            self.sentences[-1].section = self.section
        self.sentences[-1].pieces.append((kind, what))

    def new_paragraph(self) -> None:
        self.ended()
        self.paragraph += 1

    def ended(self) -> None:
        if self.sentences[-1].pieces:
            self.sentences.append(Sentence())

    def display(self, tex: str, position: int) -> None:
        start = position
        for label, row in _rows(tex):
            at = self.lines.source.find(rf"\label{{{label}}}", start) if label else -1
            line = self.lines.of(at if at >= 0 else position)
            number = len(self.equations) + 1
            shown, ends = _punctuated(_bare(row))
            if not shown:
                continue
            formula, said = dialect.apart(self.typed.plain(shown))
            tokens = tuple(tokens_of(formula))
            shown_label = " ".join(re.sub(r'["\\\\]', "", label).split())
            equation = Equation(
                shown_label or f"equation-{number}",
                shown,
                line,
                tokens,
                len(self.sentences) - 1,
                named=bool(shown_label),
            )
            self.equations.append(equation)
            self.piece("display", len(self.equations) - 1, position)
            equation.piece = len(self.sentences[-1].pieces) - 1
            start = max(start, at + 1)
            for each in said:
                self.piece("text", " for ", position)
                self.piece("math", each, position)
            if ends:
                self.ended()


_LABEL = re.compile(r"\\label\s*\{([^}]*)\}")


def _bare(row: str) -> str:
    text = _LABEL.sub("", row)
    text = re.sub(r"\\(?:nonumber|notag|tag\*?\s*\{[^}]*\}|qedhere)", "", text)
    return " ".join(text.split())


def _punctuated(tex: str) -> tuple[str, bool]:
    """A formula without the punctuation of its sentence; and does the sentence end with it?"""
    text = re.sub(r"(?:\s|\\[,;!:]|~|\\ |\\quad)*$", "", tex.strip())
    found = re.match(r"^(.*?)((?:\s|\\[,;!:]|~)*)([.,;:])$", text, re.DOTALL)
    if not found:
        return text, bool(re.search(r"\.\s*(?:\\end\{\w+\*?\}\s*)+$", text))
    return re.sub(r"(?:\s|\\[,;!:]|~)*$", "", found[1]), found[3] == "."


def _rows(tex: str) -> Iterator[tuple[str, str]]:
    r"""The equations of a display: rows with a label each, or all rows as one.

    A row that begins with a relation or a sign goes on with the one before it.
    """
    inner = re.match(
        r"^\s*(\\label\{[^}]*\})?\s*\\begin\{(\w+)\}(?:\{[^}]*\})?(.*)\\end\{\2\}(.*)$", tex,
        re.DOTALL,
    )  # fmt: skip
    if inner and inner[2] in INNER:
        tex = (inner[1] or "") + inner[3] + inner[4]
    joined: list[str] = []
    for row in _split(tex):
        bare = _bare(row).lstrip("& ")
        first = tokens_of(bare)[0] if bare and tokens_of(bare) else ""
        goes_on = isinstance(first, str) and (
            first in RELATIONS or first in OTHER_RELATIONS or first in ("+", "-")
        )
        if joined and goes_on:
            joined[-1] += " " + row.replace("&", " ")
        elif bare or _LABEL.search(row):
            joined.append(row)
    if len(joined) > 1 and not any(_LABEL.search(row) for row in joined[1:]):
        labelled = _LABEL.search(joined[0])
        for number, row in enumerate(joined):
            suffix = "" if number == 0 or not labelled else f"-{number + 1}"
            yield (labelled[1] + suffix if labelled else ""), _unaligned(row)
        return
    for row in joined:
        found = _LABEL.search(row)
        yield (found[1] if found else ""), _unaligned(row)


def _unaligned(row: str) -> str:
    """A row without the marks where it is aligned; those of a matrix in it are its columns."""
    return row if re.search(r"matrix|cases|\begin\{array", row) else row.replace("&", " ")


def _split(tex: str) -> list[str]:
    r"""Rows apart at ``\\``, but not inside braces or an environment."""
    rows, depth, start = [], 0, 0
    for match in re.finditer(r"\\begin\{|\\end\{|\\\\(?:\[[^\]]*\])?|\\[{}]|[{}]", tex):
        sign = match[0]
        if sign.startswith(r"\begin"):
            depth += 2
        elif sign.startswith(r"\end"):
            depth += 0
        elif sign == "{":
            depth += 1
        elif sign == "}":
            depth -= 1
            opened = tex.rfind("\\", 0, match.start())
            if re.match(r"\\begin\{\w+\*?\}", tex[opened : match.end()]):
                depth += 0
            elif re.match(r"\\end\{\w+\*?\}", tex[opened : match.end()]):
                depth -= 0
        elif sign.startswith("\\\\") and depth == 0:
            rows.append(tex[start : match.start()])
            start = match.end()
    rows.append(tex[start:])
    return rows


# --- tokens ---------------------------------------------------------------------------------------


def formulas_of(article: Article, having: str = "") -> Iterator[list[Token]]:
    """The formulas in an article's sentences that have this in them, and the displayed ones."""
    for sentence in article.sentences:
        for kind, tex in sentence.pieces:
            if kind == "math" and having in str(tex):
                yield normal(tokens_of(str(tex)))
    for equation in article.equations:
        yield normal(equation.tokens)


def tokens_of(tex: str) -> list[Token]:
    """The tokens of a formula."""
    latexwalker = _parser()
    from pylatexenc.macrospec import LatexContextDb

    context = LatexContextDb()
    context.set_unknown_macro_spec(_plain_macro())
    context.set_unknown_environment_spec(_plain_environment())
    walker = latexwalker.LatexWalker(tex, latex_context=context, tolerant_parsing=True)
    return canonical(list(_flat(walker.get_latex_nodes()[0])))


def _plain_macro() -> Any:
    from pylatexenc.macrospec import MacroSpec

    return MacroSpec("")


def _plain_environment() -> Any:
    from pylatexenc.macrospec import EnvironmentSpec

    return EnvironmentSpec("")


def _flat(nodes: Iterable[Any], words: bool = False) -> Iterator[Token]:
    """The tokens of nodes; in words spaces count."""
    before = ""
    for node in nodes or ():
        kind = type(node).__name__
        if kind == "LatexCharsNode":
            yield from node.chars if words else re.findall(r"\S", node.chars)
        elif kind == "LatexGroupNode":
            yield tuple(_flat(node.nodelist, words=before in TEXT))
        elif kind == "LatexEnvironmentNode":
            yield Environment(node.environmentname, tuple(_flat(node.nodelist)))
        elif kind == "LatexMacroNode":
            yield "\\" + node.macroname
        elif kind == "LatexSpecialsNode":
            yield node.specials_chars
        elif kind == "LatexMathNode":
            yield tuple(_flat(node.nodelist))
        before = f"\\{node.macroname}" if kind == "LatexMacroNode" else ""
