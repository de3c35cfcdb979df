"""Mutants of a claim's body: every place where one small slip would change the formula.

A body is read as a syntax tree, together with the functions of the same file that it calls; one
place is changed at a time, and the changed text is compiled anew. Five operators:

    sign       a + b <-> a - b;  -a -> a;  a term or an argument negated
    transpose  x.T -> x;  an operand of @ transposed
    star       star(x) -> x.T, conj(x), x;  conj(x) -> x;  x.T -> star(x)
    index      axis -1 <-> -2, 0 <-> 1;  x[k] shifted by one;  x[j, k] -> x[k, j]
    factor     n -> n + 1;  a constant factor or a divisor dropped;  a term doubled

What is no formula stays: docstrings, domains, ranges of loops. So do two keywords that are not part
of what is claimed: ``start`` of a rate says where to look, and ``gap`` of an inequality is a proof,
which the exact method checks against the two sides (the ``room`` of ``at_most`` is claimed, too).
"""

from __future__ import annotations

import ast
import copy
import difflib
import inspect
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from fieldcheck.claim import Form

OPERATORS = ("sign", "transpose", "star", "index", "factor")

RELATIONS = {
    "Equal",
    "Zero",
    "Force",
    "Gradient",
    "AtMost",
    "Rate",
    "Rank",
    "Law",
    "Piece",
    "Solutions",
    "at_most",
}
PRODUCTS = (ast.Mult, ast.Div, ast.MatMult, ast.Pow)
PLAIN = {"range", "len", "zip", "list", "tuple", "dict", "enumerate", "reversed", "product"}
"""Python's own functions: their arguments count things and are no terms of a formula."""

ANALYTIC = {
    "exp",
    "log",
    "sqrt",
    "sin",
    "cos",
    "tanh",
    "logistic",
    "softplus",
    "softmax",
    "logsumexp",
    "relu",
    "abs",
    "unit",
    "maximum",
    "minimum",
    "clip",
}
"""Functions whose arguments are negated and doubled: elsewhere that is the same as outside."""

LINEAR = {"sum", "trace", "real", "imag", "star", "conj", "flatten", "reshape", "diag", "diagonal"}
"""A sign or a factor inside is one outside, where it is tried."""

SHOWN = 72

Path = tuple[tuple[str, int | None], ...]


@dataclass(frozen=True)
class Mutant:
    """One change at one place."""

    form: Form
    where: str  # "body", or the name of the helper it changes
    operator: str
    path: Path
    new: ast.expr
    before: str
    after: str
    ordinal: int = 1

    @property
    def key(self) -> str:
        """Stable under edits elsewhere in the file: no line numbers."""
        again = f" #{self.ordinal}" if self.ordinal > 1 else ""
        change = f"{short(self.before)} -> {short(self.after)}"
        return f"{self.form.key} | {self.where} | {self.operator} | {change}{again}"


def short(text: str) -> str:
    """A long formula with its middle left out."""
    if len(text) <= SHOWN:
        return text
    half = (SHOWN - 5) // 2
    return f"{text[:half]} ... {text[-half:]}"


# -- reading a body and what it calls ------------------------------------------------------------
@dataclass(frozen=True)
class Text:
    """The functions of a file behind one form: its body, and the helpers that it reaches."""

    body: ast.FunctionDef
    helpers: dict[str, ast.FunctionDef]
    namespace: dict[str, Any]
    name: str
    choices: dict[str, Any]

    def function(self, where: str) -> ast.FunctionDef:
        return self.body if where == "body" else self.helpers[where]

    def source(self, where: str = "", changed: ast.FunctionDef | None = None) -> str:
        """All the functions as text, one of them changed."""
        parts = {"body": self.body, **self.helpers}
        if changed is not None:
            parts[where] = changed
        return "\n\n".join(ast.unparse(f) for f in parts.values())

    def compiled(
        self,
        where: str = "",
        changed: ast.FunctionDef | None = None,
        rewrite: Callable[[ast.Module], ast.Module] = lambda module: module,
        **names: Any,
    ) -> Callable:
        """The body, in a namespace where the helpers are those of this text.

        ``rewrite`` may change the whole text once more, with ``names`` at its disposal.
        """
        parts = {"body": self.body, **self.helpers}
        if changed is not None:
            parts[where] = changed
        body = copy.copy(parts.pop("body"))
        body.name = "mutated_body"
        module = rewrite(ast.Module([*parts.values(), body], []))
        space = {**self.namespace, **names}
        exec(compile(ast.fix_missing_locations(module), f"<mutant of {self.name}>", "exec"), space)
        made = space["mutated_body"]
        made.__kwdefaults__ = {
            name: space[value.__name__] if _is_helper(value, self.helpers) else value
            for name, value in self.choices.items()
        }
        return made


@cache
def _functions(filename: str) -> tuple[dict[int, ast.FunctionDef], dict[str, ast.FunctionDef]]:
    """Functions of a file by first line, and those that are no forms by name."""
    with open(filename, encoding="utf-8") as file:
        tree = ast.parse(file.read())
    by_line: dict[int, ast.FunctionDef] = {}
    helpers: dict[str, ast.FunctionDef] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            by_line[min([node.lineno, *(d.lineno for d in node.decorator_list)])] = node
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and not node.decorator_list:
            helpers[node.name] = node
    return by_line, helpers


def text_of(form: Form) -> Text:
    """The text behind a form.

    Raises:
        ValueError: the body is no function written with ``def`` in a file.
    """
    body = inspect.unwrap(form.body)
    code = getattr(body, "__code__", None)
    if code is None or body.__closure__:
        raise ValueError(f"{form.key}: the body is not a plain function of its file")
    by_line, known = _functions(code.co_filename)
    if code.co_firstlineno not in by_line:
        raise ValueError(f"{form.key}: no function starts at line {code.co_firstlineno}")
    choices = dict(body.__kwdefaults__ or {})
    found = {v.__name__: known[v.__name__] for v in choices.values() if _is_helper(v, known)}
    todo = [by_line[code.co_firstlineno], *found.values()]
    while todo:
        for node in ast.walk(todo.pop()):
            name = node.id if isinstance(node, ast.Name) else ""
            if name in known and name not in found:
                found[name] = known[name]
                todo.append(known[name])
    bare = copy.copy(by_line[code.co_firstlineno])
    bare.decorator_list = []
    ordered = {name: f for name, f in known.items() if name in found}
    module = sys.modules[body.__module__]
    return Text(bare, ordered, vars(module), form.key, choices)


def _is_helper(value: Any, helpers: dict[str, ast.FunctionDef]) -> bool:
    """Is a choice one of the functions of the file?"""
    return callable(value) and getattr(value, "__name__", "") in helpers


def registration(form: Form) -> str:
    """The decorators of a form's body, as text."""
    code = form.body.__code__
    node = _functions(code.co_filename)[0][code.co_firstlineno]
    return "\n".join(ast.unparse(d) for d in node.decorator_list)


# -- the mutants of a form -----------------------------------------------------------------------
def mutants_of(form: Form) -> list[Mutant]:
    """All mutants of a form, in the order of the text, each with a key of its own."""
    text = text_of(form)
    seen: Counter[str] = Counter()
    out = []
    for where in ("body", *text.helpers):
        for operator, path, new in _edits(text.function(where)):
            old = _at(text.function(where), path)
            before, after = ast.unparse(old), ast.unparse(new)
            if before == after:
                continue
            made = Mutant(form, where, operator, path, new, before, after)
            seen[made.key] += 1
            out.append(replace(made, ordinal=seen[made.key]))
    return out


def mutated(mutant: Mutant) -> ast.FunctionDef:
    """The function with the one change."""
    tree = copy.deepcopy(text_of(mutant.form).function(mutant.where))
    *front, (field, index) = mutant.path
    parent = _at(tree, tuple(front))
    new = copy.deepcopy(mutant.new)
    if index is None:
        setattr(parent, field, new)
    else:
        getattr(parent, field)[index] = new
    return tree


def form_of(mutant: Mutant) -> Form:
    """The mutant as a form, to be judged like any other."""
    body = text_of(mutant.form).compiled(mutant.where, mutated(mutant))
    return replace(mutant.form, body=body)


def diff(mutant: Mutant) -> list[str]:
    """The lines that change."""
    old = ast.unparse(text_of(mutant.form).function(mutant.where)).splitlines()
    new = ast.unparse(mutated(mutant)).splitlines()
    lines = difflib.unified_diff(old, new, n=0, lineterm="")
    return [line for line in lines if not line.startswith(("---", "+++", "@@"))]


def _at(tree: ast.AST, path: Path) -> Any:
    for field, index in path:
        tree = getattr(tree, field)
        if index is not None:
            tree = tree[index]  # type: ignore[index]
    return tree


# -- where and what ------------------------------------------------------------------------------
Edit = tuple[str, Path, ast.expr]


def _edits(function: ast.FunctionDef) -> Iterator[Edit]:
    statements = list(enumerate(function.body))
    first = statements[0][1]
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
        statements = statements[1:]  # the docstring
    for k, statement in statements:
        yield from _visit(statement, (("body", k),), [function])


def _children(node: ast.AST) -> Iterator[tuple[str, int | None, ast.AST]]:
    for field, value in ast.iter_fields(node):
        if isinstance(value, ast.AST):
            yield field, None, value
        elif isinstance(value, list):
            for k, item in enumerate(value):
                if isinstance(item, ast.AST):
                    yield field, k, item


def _visit(node: ast.AST, path: Path, above: list[ast.AST]) -> Iterator[Edit]:
    for operator, new in _changes(node, path, above):
        yield operator, path, new
    for field, k, child in _children(node):
        if _is_formula(node, field, child):
            yield from _visit(child, (*path, (field, k)), [*above, node])


def _is_formula(node: ast.AST, field: str, child: ast.AST) -> bool:
    """Whether a child is part of the formula (an index is changed as a whole, by its parent)."""
    if isinstance(node, ast.Subscript) and field == "slice":
        return False
    if isinstance(node, ast.Call) and _name(node.func) in {"range", "len"}:
        return False
    if isinstance(node, ast.keyword) and node.arg in {"axis", "start", "gap", "strict", "repeat"}:
        return False
    if isinstance(child, (ast.arguments, ast.JoinedStr)):
        return False
    # Left sides of assignments, and attributes such as .shape, are names and not values.
    return not (field in {"targets", "target", "func"} and not isinstance(child, ast.Attribute))


def _changes(node: ast.AST, path: Path, above: list[ast.AST]) -> Iterator[tuple[str, ast.expr]]:
    if not isinstance(node, ast.expr):
        return
    parent, field = above[-1], path[-1][0]
    # sign
    if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Add, ast.Sub)):
        other = ast.Sub() if isinstance(node.op, ast.Add) else ast.Add()
        yield "sign", ast.BinOp(node.left, other, node.right)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        yield "sign", node.operand
    if _is_term(node, parent, field, path, above):
        flipped_above = isinstance(parent, ast.UnaryOp) or (
            isinstance(parent, ast.BinOp)
            and isinstance(parent.op, (ast.Add, ast.Sub))
            and field == "right"
        )
        if not flipped_above:
            yield "sign", ast.UnaryOp(ast.USub(), node)
        yield "factor", ast.BinOp(ast.Constant(2), ast.Mult(), node)
    # transpose and star
    if isinstance(node, ast.Attribute) and node.attr == "T":
        yield "transpose", node.value
        yield "star", _xp("star", node.value)
    if (
        isinstance(parent, ast.BinOp)
        and isinstance(parent.op, ast.MatMult)
        and not (isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult))
        and not (isinstance(node, ast.Attribute) and node.attr == "T")
        and _primitive(node) != "star"
    ):
        yield "transpose", ast.Attribute(node, "T", ast.Load())
    if isinstance(node, ast.Call) and _primitive(node) == "star":
        (inside,) = node.args
        yield "star", ast.Attribute(inside, "T", ast.Load())
        yield "star", _xp("conj", inside)
        yield "star", inside
    if isinstance(node, ast.Call) and _primitive(node) == "conj":
        yield "star", node.args[0]
    # index
    if isinstance(node, ast.Call):
        yield from (("index", new) for new in _other_axes(node))
    if isinstance(node, ast.Subscript):
        yield from (("index", new) for new in _other_indices(node))
    # factor
    if isinstance(node, ast.Constant) and type(node.value) is int:
        yield "factor", ast.Constant(node.value + 1)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
        if _is_integer(node.left):
            yield "factor", node.right
        if _is_integer(node.right):
            yield "factor", node.left
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
        yield "factor", node.left


def _is_term(node: ast.expr, parent: ast.AST, field: str, path: Path, above: list[ast.AST]) -> bool:
    """A place where a sign or a factor could be lost: a whole product, or what stands alone."""
    whole = isinstance(node, ast.BinOp) and isinstance(node.op, PRODUCTS)
    alone = isinstance(node, (ast.Call, ast.Name, ast.Attribute, ast.Subscript)) or (
        isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Add, ast.Sub))
    )
    if not (whole or alone) or _counts(node):
        return False
    if isinstance(node, ast.Call) and _name(node.func) in RELATIONS | PLAIN:
        return False
    if isinstance(parent, ast.BinOp):
        if isinstance(parent.op, PRODUCTS):
            return False
        return isinstance(parent.op, (ast.Add, ast.Sub)) and not (
            isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Add, ast.Sub))
        )
    if isinstance(parent, ast.UnaryOp):
        return whole
    if isinstance(parent, ast.Lambda):
        return field == "body" and not isinstance(node, ast.Name)
    if isinstance(parent, ast.Return):
        return True
    if isinstance(parent, ast.Assign):
        return not isinstance(node, ast.Name) and not isinstance(parent.targets[0], ast.Tuple)
    if isinstance(parent, ast.Tuple):
        # In a piece a value that is zero is as zero with another sign.
        zero = isinstance(above[-2], ast.keyword) and above[-2].arg in {"zero", "nonzero"}
        return not zero
    if isinstance(parent, (ast.List, ast.ListComp, ast.GeneratorExp)):
        return field in {"elts", "elt"}
    if isinstance(parent, ast.keyword):
        return parent.arg in {"constant", "room"}
    if isinstance(parent, ast.Call):
        return _is_term_argument(parent, field, path[-1][1], whole)
    return False


def _is_term_argument(call: ast.Call, field: str, k: int | None, whole: bool) -> bool:
    name = _name(call.func)
    if field != "args":
        return False
    if name == "Equal":
        return k == 1  # the other side negated or doubled says the same
    if name in {"Force", "Gradient"}:
        return k == 2
    if name in {"Zero", "Rank", "Law", "Solutions"}:
        return False  # zero times a factor; a rank does not see one
    if name in {"AtMost", "at_most"}:
        return True
    if name in PLAIN | LINEAR:
        return False
    return whole or name in ANALYTIC


def _counts(node: ast.AST) -> bool:
    """Sizes and other Python integers: .shape and len."""
    if isinstance(node, ast.Subscript):
        return _counts(node.value)
    if isinstance(node, ast.Attribute):
        return node.attr == "shape"
    if isinstance(node, ast.Call):
        return _name(node.func) == "len"
    if isinstance(node, ast.BinOp):
        return _counts(node.left) or _counts(node.right)
    return False


def _other_axes(call: ast.Call) -> Iterator[ast.expr]:
    for k, keyword in enumerate(call.keywords):
        if keyword.arg != "axis":
            continue
        axis = _integer(keyword.value)
        if axis is None:
            continue
        other = {-1: -2, -2: -1, 0: 1, 1: 0}.get(axis, axis - 1)
        keywords = list(call.keywords)
        keywords[k] = ast.keyword("axis", _literal(other))
        yield ast.Call(call.func, call.args, keywords)


def _other_indices(node: ast.Subscript) -> Iterator[ast.expr]:
    index = node.slice
    parts = index.elts if isinstance(index, ast.Tuple) else [index]

    def subscript(new: list[ast.expr]) -> ast.expr:
        inside = ast.Tuple(new, ast.Load()) if isinstance(index, ast.Tuple) else new[0]
        return ast.Subscript(node.value, inside, ast.Load())

    for k, part in enumerate(parts):
        for other in _shifted(part):
            yield subscript([*parts[:k], other, *parts[k + 1 :]])
    if len(parts) > 1 and ast.dump(parts[0]) != ast.dump(parts[1]):
        yield subscript([parts[1], parts[0], *parts[2:]])


def _shifted(part: ast.expr) -> Iterator[ast.expr]:
    value = _integer(part)
    if value is not None:
        yield _literal(value + 1 if value >= 0 else value - 1)
    elif isinstance(part, ast.Slice):
        for field in ("lower", "upper"):
            end = getattr(part, field)
            if end is not None and not isinstance(end, ast.Constant | ast.UnaryOp):
                ends = [ast.BinOp(end, ast.Sub(), ast.Constant(1))]
            else:
                ends = list(_shifted(end)) if end is not None else []
            for new in ends:
                both = {"lower": part.lower, "upper": part.upper, "step": part.step, field: new}
                yield ast.Slice(**both)
    elif isinstance(part, (ast.Name, ast.BinOp, ast.Subscript)):
        yield ast.BinOp(part, ast.Sub(), ast.Constant(1))  # k - 1 wraps around at the front


# -- small readings of a tree --------------------------------------------------------------------
def _name(func: ast.expr) -> str:
    return func.id if isinstance(func, ast.Name) else getattr(func, "attr", "")


def _primitive(node: ast.expr) -> str:
    """The name of a primitive, of a call of xp."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        owner = node.func.value
        if isinstance(owner, ast.Name) and owner.id == "xp":
            return node.func.attr
    return ""


def _xp(name: str, argument: ast.expr) -> ast.Call:
    return ast.Call(ast.Attribute(ast.Name("xp", ast.Load()), name, ast.Load()), [argument], [])


def _integer(node: ast.AST | None) -> int | None:
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        inside = _integer(node.operand)
        return None if inside is None else -inside
    if isinstance(node, ast.Constant) and type(node.value) is int:
        return node.value
    return None


def _is_integer(node: ast.expr) -> bool:
    return _integer(node) is not None


def _literal(n: int) -> ast.expr:
    return ast.Constant(n) if n >= 0 else ast.UnaryOp(ast.USub(), ast.Constant(-n))
