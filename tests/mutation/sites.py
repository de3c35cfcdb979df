"""Where the library can be changed by one operator, number, condition or loop, and which places are
drawn.

A *site* is one place in the text together with the family of change that fits it; the replacements
that the family offers there (``-`` may become ``+``, ``*``, ``/`` …) count once, and one of them is
drawn.  So a subtraction, which has six, does not outweigh a comparison or a number.

Not drawn, since no test of behaviour could or should notice: annotations, aliases of types,
docstrings (cosmic-ray changes no strings), ``__all__``, ``if TYPE_CHECKING``, overloads and
protocols, what stands inside a ``raise`` or the message of an ``assert``, and the removal of a
decorator that only keeps results.  Nor is an order in the place of ``== "word"``: words are told
apart and never ordered, and which of the few that occur comes first in the alphabet is an accident.
"""

from __future__ import annotations

import ast
import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

ARITHMETIC = ("Add", "Sub", "Mul", "Div", "FloorDiv", "Mod", "Pow")
BITS = ("BitOr", "BitAnd", "BitXor")
SHIFTS = ("RShift", "LShift")
ORDERS = ("Eq", "NotEq", "Lt", "LtE", "Gt", "GtE")
FAMILIES = {
    "AddNot": "condition",
    "ReplaceAndWithOr": "condition",
    "ReplaceOrWithAnd": "condition",
    "ReplaceTrueWithFalse": "constant",
    "ReplaceFalseWithTrue": "constant",
    "NumberReplacer": "number",
    "ReplaceBreakWithContinue": "loop",
    "ReplaceContinueWithBreak": "loop",
    "ZeroIterationForLoop": "loop",
    "ExceptionReplacer": "exception",
    "RemoveDecorator": "decorator",
}
KEEPING = {"cache", "lru_cache", "cached_property"}
"""Decorators that keep results: without them the answers are the same, only later."""


def family(operator: str) -> str | None:
    """The family of one of cosmic-ray's operators, or None if it is not used.

    Left out are changes that cannot but crash on the spot, as a shift in the place of a sum of
    floats, since they would flatter the rate; and ``is`` in the place of ``==``.
    """
    name = operator.removeprefix("core/")
    kind, _, change = name.partition("_")
    before, _, after = change.partition("_")
    if kind == "ReplaceBinaryOperator":
        alike = any(before in group and after in group for group in (ARITHMETIC, BITS, SHIFTS))
        return "arithmetic" if alike else None
    if kind == "ReplaceComparisonOperator":
        alike = (before in ORDERS and after in ORDERS) or {before, after} == {"Is", "IsNot"}
        return "comparison" if alike else None
    if kind == "ReplaceUnaryOperator":
        return "sign" if "Invert" not in change or before == "Delete" else None
    return FAMILIES.get(name)


@dataclass(frozen=True)
class Candidate:
    """One change that an operator offers: where, and which of the operator's occurrences it is."""

    path: str
    operator: str
    occurrence: int
    line: int
    column: int
    definition: str = ""

    @property
    def family(self) -> str:
        return family(self.operator) or "other"

    @property
    def folder(self) -> str:
        return self.path.split("/")[1]


@dataclass(frozen=True)
class Mutant:
    """A drawn change, with the text of the file as it becomes."""

    candidate: Candidate
    text: str
    before: str
    after: str

    @property
    def key(self) -> str:
        content = f"{self.candidate.path}\n{self.text}"
        return hashlib.sha256(content.encode()).hexdigest()[:16]


# -- what is not drawn ---------------------------------------------------------------------------
Place = tuple[int, int]


def _is_alias(node: ast.AST) -> bool:
    """``Interval = Causal | Band``: a union of names, at module level."""
    if not isinstance(node, ast.Assign | ast.AnnAssign) or node.value is None:
        return False
    if isinstance(node.value, ast.Subscript):
        return isinstance(node.value.value, ast.Name) and node.value.value.id[:1].isupper()
    leaves = (ast.BinOp, ast.BitOr, ast.Name, ast.Load, ast.Attribute, ast.Constant, ast.Subscript)
    return isinstance(node.value, ast.BinOp) and all(
        isinstance(n, leaves) for n in ast.walk(node.value)
    )


def _name(node: ast.AST) -> str:
    if isinstance(node, ast.Call):
        node = node.func
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def _excluded(tree: ast.Module) -> Iterator[ast.AST]:
    node: ast.AST
    for node in tree.body:
        targets = getattr(node, "targets", [getattr(node, "target", None)])
        if _is_alias(node) or "__all__" in [_name(t) for t in targets if t is not None]:
            yield node
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                if node.returns is not None:
                    yield node.returns
                if any(_name(d) == "overload" for d in node.decorator_list):
                    yield node
            case ast.ClassDef() if any(_name(base) == "Protocol" for base in node.bases):
                yield node
            case ast.arg(annotation=ast.AST() as annotation):
                yield annotation
            case ast.AnnAssign():
                yield node.annotation
            case ast.If(test=test) if _name(test) == "TYPE_CHECKING":
                yield node
            case ast.Raise():
                yield node
            case ast.Assert(msg=ast.AST() as message):
                yield message
        for decorator in getattr(node, "decorator_list", []):
            if _name(decorator) in KEEPING:
                yield decorator


def _orders(operator: str) -> bool:
    """Does the change put an order into the place of an equality?"""
    before, _, after = operator.rpartition("Operator_")[2].partition("_")
    return before in ("Eq", "NotEq") and after in ("Lt", "LtE", "Gt", "GtE")


def _between_words(tree: ast.Module) -> Iterator[tuple[ast.expr, ast.expr]]:
    """The operands of comparisons with a word that is written out."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare):
            for left, right in pairwise([node.left, *node.comparators]):
                if any(isinstance(getattr(x, "value", None), str) for x in (left, right)):
                    yield left, right


class Text:
    """A file's text, its statements and the stretches from which nothing is drawn."""

    def __init__(self, source: str) -> None:
        self.lines = source.split("\n")
        self.tree = ast.parse(source)
        self.forbidden = [self._span(node) for node in _excluded(self.tree)]
        self.words = [
            (self._span(left)[1], self._span(right)[0]) for left, right in _between_words(self.tree)
        ]

    def _column(self, line: int, offset: int) -> int:
        """ast counts bytes, cosmic-ray characters."""
        return len(self.lines[line - 1].encode()[:offset].decode())

    def _span(self, node: ast.AST) -> tuple[Place, Place]:
        line, end = node.lineno, node.end_lineno  # type: ignore[attr-defined]
        first = self._column(line, node.col_offset)  # type: ignore[attr-defined]
        last = self._column(end, node.end_col_offset)  # type: ignore[attr-defined]
        if isinstance(node, ast.expr) and self.lines[line - 1][:first].strip() == "@":
            first -= 1  # the change that removes a decorator stands at its sign
        return (line, first), (end, last)

    def drawable(self, line: int, column: int, operator: str = "") -> bool:
        stretches = self.forbidden + (self.words if _orders(operator) else [])
        return not any(a <= (line, column) < b for a, b in stretches)


# -- enumeration, with cosmic-ray ----------------------------------------------------------------
def candidates(root: Path, folders: Sequence[str]) -> list[Candidate]:
    """All changes that may be drawn, in the files below ``folders`` of ``root``."""
    import parso
    from cosmic_ray.ast import ast_nodes
    from cosmic_ray.ast.ast_query import ASTQuery
    from cosmic_ray.plugins import get_operator, operator_names

    names = sorted(name for name in operator_names() if family(name))
    operators = [(name, get_operator(name)()) for name in names]
    found = []
    for folder in folders:
        for file in sorted((root / folder).rglob("*.py")):
            source = file.read_text(encoding="utf8")
            text = Text(source)
            nodes = list(ast_nodes(parso.parse(source)))
            path = file.relative_to(root).as_posix()
            for name, operator in operators:
                places = ((n, start) for n in nodes for start, _ in operator.mutation_positions(n))
                for occurrence, (node, (line, column)) in enumerate(places):
                    if text.drawable(line, column, name):
                        definition = ASTQuery(node).get_definition_name() or ""
                        found.append(Candidate(path, name, occurrence, line, column, definition))
    return found


def apply(root: Path, candidate: Candidate) -> Mutant | None:
    """The changed file, or None where the change is none: it does not parse, or says the same."""
    from cosmic_ray.mutating import mutate_code
    from cosmic_ray.plugins import get_operator

    source = (root / candidate.path).read_text(encoding="utf8")
    text = mutate_code(source, get_operator(candidate.operator)(), candidate.occurrence)
    if text is None:
        return None
    try:
        if ast.dump(ast.parse(text)) == ast.dump(ast.parse(source)):
            return None
    except SyntaxError:
        return None
    old, new = source.split("\n"), text.split("\n")
    head = next(i for i, (a, b) in enumerate(zip(old, new, strict=False)) if a != b)
    tail = next(i for i, (a, b) in enumerate(zip(old[::-1], new[::-1], strict=False)) if a != b)
    before = "\n".join(line.strip() for line in old[head : len(old) - tail])
    after = "\n".join(line.strip() for line in new[head : len(new) - tail])
    return Mutant(candidate, text, before, after)


# -- the draw ------------------------------------------------------------------------------------
def chance(*parts: object) -> float:
    """A number in [0, 1) that depends on the parts alone."""
    digest = hashlib.sha256("|".join(map(str, parts)).encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def order(
    found: Iterable[Candidate], lines: Mapping[str, Sequence[str]], seed: int
) -> dict[str, list[list[Candidate]]]:
    """Each folder's sites in the order in which they are drawn.

    A cell is one file and one family.  Within a cell the sites are in random order, the k-th of n
    at (k + u)/n with one random start u; a folder's sites are drawn by that number.  So every cell
    is drawn from in proportion, a larger sample contains the smaller one, and a change to one file
    leaves the draws in the others alone.  What is random hangs on the seed and the text around the
    site, not on its line number.
    """
    sites: dict[tuple[str, str, int, int], list[Candidate]] = defaultdict(list)
    for c in sorted(found, key=lambda c: (c.path, c.line, c.column, c.operator, c.occurrence)):
        sites[c.path, c.family, c.line, c.column].append(c)
    cells: dict[tuple[str, str], list[tuple[float, list[Candidate]]]] = defaultdict(list)
    seen: Counter[tuple[str, ...]] = Counter()
    for (path, kind, line, _), choices in sites.items():
        around = (path, kind, choices[0].definition, lines[path][line - 1].strip())
        seen[around] += 1
        rank = chance(seed, "site", *around, seen[around])
        choices.sort(key=lambda c: chance(seed, "which", rank, c.operator, c.occurrence % 2))
        cells[path, kind].append((rank, choices))
    keyed: dict[str, list[tuple[float, str, list[Candidate]]]] = defaultdict(list)
    for (path, kind), members in cells.items():
        start = chance(seed, "cell", path, kind)
        for k, (_, choices) in enumerate(sorted(members, key=lambda m: m[0])):
            where = (k + start) / len(members)
            keyed[choices[0].folder].append((where, f"{path} {kind}", choices))
    return {
        folder: [choices for *_, choices in sorted(rows, key=lambda row: row[:2])]
        for folder, rows in sorted(keyed.items())
    }


def sample(
    root: Path, folders: Sequence[str], seed: int, each: int
) -> tuple[list[Mutant], dict[str, int]]:
    """``each`` mutants of every folder, and how many sites each folder has."""
    found = candidates(root, folders)
    paths = sorted({c.path for c in found})
    lines = {p: (root / p).read_text(encoding="utf8").split("\n") for p in paths}
    drawn: list[Mutant] = []
    ordered = order(found, lines, seed)
    for sites in ordered.values():
        mutants = (next(filter(None, (apply(root, c) for c in choices)), None) for choices in sites)
        taken: dict[str, Mutant] = {}
        for mutant in filter(None, mutants):
            taken.setdefault(mutant.key, mutant)
            if len(taken) == each:
                break
        drawn += taken.values()
    return drawn, {folder: len(sites) for folder, sites in ordered.items()}
