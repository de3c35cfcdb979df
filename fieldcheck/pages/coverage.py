"""Which displayed equations of the book are named by a claim or checked by a cell.

A page's source is read with the parser that the book is built with, directives entered, so a
formula inside an exercise counts. The rules: every displayed formula has a label; ``def-`` marks a
definition; an ``eq-`` label is named in some claim's ``equations`` or checked by a call
``check("eq-...", ...)`` in a code cell. A label that a claim of a written chapter or a cell names
and that no page defines is an error.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from fieldcheck import ordinary
from fieldcheck.ledger.errors import UserError, near

_DIRECTIVE = re.compile(r"^\{([^}\s]+)\}\s*(.*)$", re.DOTALL)
_OPTION = re.compile(r"^:([A-Za-z][\w-]*):\s*(.*)$")
_DISPLAYED = {"math_block", "math_block_label", "math_inline_double", "amsmath"}
# Directives whose body is no Markdown of ours: code, data, or nodes made elsewhere.
_OPAQUE_NAMES = (
    "bibliography claim claims-map code code-block equation-coverage eval-rst ledger-reach "
    "ledger-summary ledger-table ledger-thresholds ledger-timings literalinclude parsed-literal "
    "raw sourcecode tableofcontents toctree"
)
_OPAQUE = frozenset(_OPAQUE_NAMES.split())


@dataclass(frozen=True)
class Place:
    """A line of a page."""

    page: str
    line: int

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


@dataclass(frozen=True)
class Complaint:
    """A breach of the rules; ``error`` if it names something that does not exist."""

    place: Place | None
    text: str
    error: bool = False

    def __str__(self) -> str:
        return f"{self.place}: {self.text}" if self.place else self.text


@dataclass
class Page:
    """What one page defines and checks: where each label stands, and the TeX of its formula."""

    name: str
    labels: dict[str, int] = field(default_factory=dict)
    formulas: dict[str, str] = field(default_factory=dict)
    unlabelled: list[int] = field(default_factory=list)
    checks: dict[str, int] = field(default_factory=dict)
    cards: dict[str, int] = field(default_factory=dict)
    by_claim: set[str] = field(default_factory=set)
    by_cell: set[str] = field(default_factory=set)

    @property
    def equations(self) -> list[str]:
        """The labels that must be covered."""
        return [label for label in self.labels if not label.startswith("def-")]

    @property
    def definitions(self) -> list[str]:
        return [label for label in self.labels if label.startswith("def-")]

    @property
    def covered(self) -> list[str]:
        return [label for label in self.equations if label in self.by_claim | self.by_cell]

    @property
    def line(self) -> list[str]:
        """The page's line in a table under :data:`HEADER`."""
        found = (self.by_claim, self.by_cell, self.definitions)
        said = f"{len(self.covered)} of {len(self.equations)}"
        return [self.name, said, *(str(len(labels)) for labels in found)]


HEADER = ("chapter", "named and checked", "by a claim", "by a cell", "definitions")


@dataclass
class Report:
    """All pages with what covers their equations, and every breach of the rules."""

    pages: list[Page]
    complaints: list[Complaint]

    @property
    def total(self) -> int:
        return sum(len(page.equations) for page in self.pages)

    @property
    def covered(self) -> int:
        return sum(len(page.covered) for page in self.pages)

    @property
    def complete(self) -> bool:
        return not self.complaints

    @property
    def lines(self) -> list[list[str]]:
        """A line for each page with a displayed equation."""
        return [page.line for page in self.pages if page.labels]

    def __str__(self) -> str:
        return f"{self.covered} of {self.total} displayed equations are named and checked"

    def as_dict(self) -> dict[str, Any]:
        """For ``fieldcheck coverage --json``."""
        return {
            "covered": self.covered,
            "total": self.total,
            "pages": [
                {
                    "name": page.name,
                    "equations": page.equations,
                    "by_claim": sorted(page.by_claim),
                    "by_cell": sorted(page.by_cell),
                    "definitions": page.definitions,
                }
                for page in self.pages
            ],
            "complaints": [str(complaint) for complaint in self.complaints],
        }


def displayed(pages: Iterable[Page]) -> dict[str, str]:
    """The TeX of every labelled formula, without the punctuation of the sentence it stands in.

    >>> displayed([scan("$$\\na = b ,\\n$$ (eq-a)\\n", "page")])
    {'eq-a': 'a = b'}
    """
    return {label: _STOP.sub(r"\1", tex) for page in pages for label, tex in page.formulas.items()}


_STOP = re.compile(r"(?:\s|\\[,;!. ])*[.,;:?]?\s*((?:\\end\{\w+\})?)\s*$")


# --- the rules ------------------------------------------------------------------------------------


def report(folder: Path, claims: Mapping[str, Any]) -> Report:
    """Read every ``*.md`` of a folder and hold it against the rules.

    Raises:
        UserError: no such folder, or no page in it.
    """
    if not folder.is_dir():
        raise UserError(f"no folder {folder} to look for chapters in")
    files = sorted(folder.glob("*.md"))
    if not files:
        raise UserError(f"no chapter (*.md) in {folder}")
    return judge([scan(ordinary.read_text(path), path.stem) for path in files], claims)


def judge(pages: list[Page], claims: Mapping[str, Any]) -> Report:
    """Mark what is covered and collect the breaches.

    Args:
        pages: scanned pages, named by their stems.
        claims: the register, by id.
    """
    chapters = {page.name for page in pages}
    defined: dict[str, Place] = {}
    complaints: list[Complaint] = []
    for page in pages:
        for label, line in page.labels.items():
            if label in defined:
                text = f"the label '{label}' is taken by {defined[label]}"
                complaints.append(Complaint(Place(page.name, line), text, error=True))
            defined.setdefault(label, Place(page.name, line))
    named = {label for claim in claims.values() for label in claim.equations}
    checked = {label for page in pages for label in page.checks}
    for page in pages:
        page.by_claim = named & set(page.equations)
        page.by_cell = checked & set(page.equations)
        complaints += _breaches(page)
        for label, line in page.checks.items():
            if label not in defined:
                place = Place(page.name, line)
                complaints.append(_unknown(f"a cell checks '{label}'", label, defined, place))
    for claim in claims.values():
        for label in claim.equations:
            if label not in defined and claim.chapter in chapters:
                what = f"the claim {claim.id} names the equation '{label}'"
                complaints.append(_unknown(what, label, defined, None))
    complaints.sort(key=lambda c: (str(c.place.page), c.place.line) if c.place else ("~", 0))
    return Report(pages, complaints)


def _breaches(page: Page) -> Iterator[Complaint]:
    for line in page.unlabelled:
        yield Complaint(Place(page.name, line), "a displayed formula has no label (eq- or def-)")
    for label, line in page.labels.items():
        place = Place(page.name, line)
        if not label.startswith(("eq-", "def-")):
            yield Complaint(place, f"the label '{label}' begins with neither eq- nor def-")
        elif label in page.equations and label not in page.covered:
            yield Complaint(place, f"'{label}' is named by no claim and checked by no cell")


def _unknown(what: str, label: str, labels: Iterable[str], place: Place | None) -> Complaint:
    close = near(label, labels)
    hint = f"; near: {', '.join(close)}" if close else ""
    return Complaint(place, f"{what}, which no page defines{hint}", error=True)


# --- reading a page -------------------------------------------------------------------------------


@cache
def _parser() -> Any:
    try:
        from myst_parser.config.main import MdParserConfig
        from myst_parser.mdit_to_docutils.base import DocutilsRenderer
        from myst_parser.parsers.mdit import create_md_parser
    except ImportError:
        raise UserError(
            "reading the chapters needs the book's dependencies (myst-parser)"
        ) from None
    extensions = {"amsmath", "attrs_inline", "colon_fence", "deflist", "dollarmath", "tasklist"}
    config = MdParserConfig(enable_extensions=extensions, dmath_double_inline=True)
    return create_md_parser(config, DocutilsRenderer)


def scan(text: str, name: str) -> Page:
    """Read one page's Markdown: its labels, unlabelled formulas, checks and cards."""
    page = Page(name)
    _enter(text, 0, page)
    return page


def _enter(text: str, above: int, page: Page) -> None:
    """Add what a piece of Markdown holds; ``above`` lines of the page come before it."""
    for token in _parser().parse(text, {}):
        line = above + (token.map[0] if token.map else 0) + 1
        if token.type in _DISPLAYED:
            label = token.info if token.type == "math_block_label" else None
            _formula(page, label, line, token.content)
        elif token.type in {"fence", "colon_fence"}:
            _directive(token, line, page)
        for child in token.children or ():
            if child.type in _DISPLAYED:
                _formula(page, None, line, child.content)


def _formula(page: Page, label: str | None, line: int, tex: str) -> None:
    if not label:
        page.unlabelled.append(line)
        return
    if label in page.labels:
        page.unlabelled.append(line)  # a label used twice names neither; Sphinx says so as well
    page.labels.setdefault(label, line)
    page.formulas.setdefault(label, tex.strip())


def _directive(token: Any, line: int, page: Page) -> None:
    found = _DIRECTIVE.match(token.info.strip())
    if found is None:
        return
    name, argument = found.groups()
    options, body, used = _split_options(token.content)
    if name == "math":
        _formula(page, options.get("label") or options.get("name"), line, body)
    elif name == "code-cell":
        if "skip-execution" not in options.get("tags", ""):
            for label in checked_labels(body):
                page.checks.setdefault(label, line)
    elif name == "claim":
        page.cards.setdefault(argument.strip(), line)
    elif name not in _OPAQUE:
        _enter(body, line + used, page)


def _split_options(content: str) -> tuple[dict[str, str], str, int]:
    """A directive's options, its body, and how many lines the options took.

    Options stand as ``:name: value`` lines or between two ``---``; for the latter the values are
    kept as their text.
    """
    lines = content.splitlines()
    if lines and lines[0].strip() == "---":
        end = next((k for k, text in enumerate(lines[1:], 1) if text.strip() == "---"), len(lines))
        options: dict[str, str] = {}
        key = ""
        for text in lines[1:end]:
            if text[:1].strip() and ":" in text:
                key, _, value = text.partition(":")
                options[key] = value.strip()
            elif key:
                options[key] += " " + text.strip()
        return options, "\n".join(lines[end + 1 :]), end + 1
    options, used = {}, 0
    for text in lines:
        match = _OPTION.match(text)
        if match is None:
            break
        options[match[1]] = match[2].strip()
        used += 1
    return options, "\n".join(lines[used:]), used


def checked_labels(code: str) -> list[str]:
    """The labels that calls ``check("...", ...)`` in a cell name.

    >>> checked_labels('%time x = 1\\nbook.check("eq-a", f, X=X)')
    ['eq-a']
    """
    lines = ["pass" if text.lstrip().startswith(("%", "!")) else text for text in code.splitlines()]
    try:
        tree = ast.parse("\n".join(lines))
    except SyntaxError:  # the cell will fail when it is executed, and that is told there
        return []
    labels = []
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not node.args:
            continue
        called = node.func.attr if isinstance(node.func, ast.Attribute) else None
        called = node.func.id if isinstance(node.func, ast.Name) else called
        first = node.args[0]
        if called == "check" and isinstance(first, ast.Constant) and isinstance(first.value, str):
            labels.append(first.value)
    return labels
