"""A reader's own counterexample: a point, judged on the form that it contests.

    claim = "softmax-free-energy"
    form = "claim"                     # or "printed", or a neighbour's key
    sizes = { N = 2, C = 1 }
    [inputs]
    X = [["0"], ["1"]]                 # numbers as 2, "1/3", "0.25", "1/2 - 3i"
    W = [["1"]]
    root_r = "1"

An input is given as its value, and the hypothesis on it is checked exactly; or, where a domain has
no such test, by the raw parameters that it is built from (``U = { re = …, im = … }``).
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from fieldcheck import ordinary
from fieldcheck.claim import Claim, Form
from fieldcheck.domains import Domain, extent, matrix, number, real, real_matrix
from fieldcheck.evidence.digits import look
from fieldcheck.evidence.draws import Raw
from fieldcheck.evidence.replay import replay
from fieldcheck.evidence.statement import Statement
from fieldcheck.evidence.witness import shown_apart, strings

FIELDS = {"claim", "form", "sizes", "inputs"}

DIGITS = 4_300
"""The longest integer that is read, as Python reads none that is longer."""


class ContestError(ValueError):
    """A point that does not fit its form; one sentence says what is the matter."""


@dataclass(frozen=True)
class Ruling:
    """What a point shows of a form.

    refutes: does the form fail there?  certain: is that certified (a rate only shows numbers)?
    open:    why it cannot be said, or empty
    """

    form: Form
    refutes: bool
    certain: bool = True
    lhs: str = ""
    rhs: str = ""
    part: int = 0
    index: tuple[int, ...] = ()
    open: str = ""


# --- reading --------------------------------------------------------------------------------------


def read(path: Path) -> dict[str, Any]:
    """The point in a TOML or JSON file; decimals are meant exactly.

    Raises:
        ContestError: no such file, or it does not read.
    """
    try:
        text = ordinary.read_text(path)
    except OSError as fault:
        raise ContestError(f"cannot read {path}: {fault.strerror or fault}") from None
    try:
        if path.suffix == ".json":
            point = json.loads(
                text,
                parse_float=_decimal,
                parse_int=_whole,
                parse_constant=_decimal,
                object_pairs_hook=_once,
            )
        else:
            point = _short(tomllib.loads(text, parse_float=_decimal))
    except ContestError as fault:
        raise ContestError(f"in {path}, {fault}") from None
    except (ValueError, RecursionError) as fault:
        if "int_max_str_digits" in str(fault):
            raise ContestError(f"in {path}, an integer has more than {DIGITS} digits") from None
        raise ContestError(f"{path} is no {path.suffix[1:].upper()}: {fault}") from None
    if not isinstance(point, dict):
        raise ContestError(f"{path} holds a list; a point is a table with claim, sizes and inputs")
    if extra := sorted(point.keys() - FIELDS):
        raise ContestError(f"{path} has {extra[0]!r}; a point has claim, form, sizes and inputs")
    for name, kind in (("claim", str), ("inputs", dict)):
        if name not in point:
            raise ContestError(f"{path} lacks {name!r}")
        if not isinstance(point[name], kind):
            wanted = "a name" if kind is str else "a table"
            raise ContestError(f"in {path}, {name} is {_shown(point[name])}; it is {wanted}")
    return point


def _decimal(text: str) -> Fraction:
    """A decimal, exactly.

    Raises:
        ContestError: it is no number, or one that would be written out for ever.
    """
    if not any(map(str.isdigit, text)):
        raise ContestError(f"{text} is no number")
    exponent = text.lower().partition("e")[2]
    if len(exponent.lstrip("+-0")) > 4:
        raise ContestError(f"{text} has an exponent of more than four digits")
    return Fraction(text)


def _whole(text: str) -> int:
    if len(text) > DIGITS:
        raise ContestError(f"an integer has more than {DIGITS} digits")
    return int(text)


def _short(value: Any) -> Any:
    """What TOML held, with no endless integer: its reader leaves that to a limit of the process."""
    if isinstance(value, int) and abs(value) >= 10**DIGITS:
        raise ContestError(f"an integer has more than {DIGITS} digits")
    if isinstance(value, dict):
        _short(list(value.values()))
    elif isinstance(value, list):
        for part in value:
            _short(part)
    return value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A table of JSON, each of whose names stands there once."""
    table = dict(pairs)
    if len(table) < len(pairs):
        names = [name for name, _ in pairs]
        raise ContestError(f"{next(n for n in names if names.count(n) > 1)!r} stands twice")
    return table


def _shown(value: Any) -> str:
    """A value in a sentence: its beginning, and text as text."""
    said = repr(value) if isinstance(value, str) else str(value)
    return said if len(said) < 40 else f"{said[:36]} ..."


# --- the point ------------------------------------------------------------------------------------


def form_of(claims: Mapping[str, Claim], point: Mapping[str, Any]) -> Form:
    """The form that a point names.

    Raises:
        ContestError: there is none of this name.
    """
    claim = claims.get(point["claim"])
    if claim is None:
        raise ContestError(f"there is no claim {point['claim']!r}: `fieldcheck list` names them")
    key = f"{claim.id}/{point.get('form', 'claim')}"
    if key not in claim.forms:
        names = ", ".join(k.partition("/")[2] for k in claim.forms)
        raise ContestError(f"{claim.id} has no form {point['form']!r}; its forms are {names}")
    return claim.forms[key]


def sizes_of(form: Form, given: Any) -> dict[str, int]:
    """The sizes, all of them and none besides.

    Raises:
        ContestError: one is missing, unknown, no count, or not a size of the statement.
    """
    given = given or {}
    names = form.size_names()
    if not isinstance(given, dict) or set(given) != set(names):
        wanted = ", ".join(names) or "none"
        raise ContestError(f"{form.key} has the sizes {wanted}; the point gives {_listed(given)}")
    for name, n in given.items():
        allowed = list(form.sizes.get(name, [1]))
        run = allowed == list(range(allowed[0], allowed[-1] + 1))
        if type(n) is not int or not (n in allowed or (run and n > allowed[-1])):
            said = f"{allowed[0]} or more" if run else f"one of {', '.join(map(str, allowed))}"
            raise ContestError(f"{name} is {_shown(n)}; in {form.key} it is {said}")
    return {name: given[name] for name in names}


def _listed(given: Any) -> str:
    return (", ".join(given) or "none") if isinstance(given, dict) else repr(given)


def placed(form: Form, inputs: Mapping[str, Any], sizes: dict[str, int]) -> tuple[Form, Raw]:
    """The form over inputs given as they are, and the exact raw parameters.

    Raises:
        ContestError: an input is missing or unknown, of another shape, no number, or does not
            meet its hypothesis.
    """
    needed = [name for name in form.given if name not in form.integers]  # those are sizes
    if set(inputs) != set(needed):
        raise ContestError(
            f"{form.key} has the inputs {', '.join(needed) or 'none'}; the point gives "
            f"{_listed(inputs)}"
        )
    domains, raw = {}, {}
    for name, domain in form.given.items():
        if name in form.integers:
            domains[name] = domain
            raw[f"{name}.count"] = np.empty((sizes[name], 0), dtype=object)
            continue
        domains[name], own = _placed(name, domain, inputs[name], sizes)
        raw.update({f"{name}.{part}": value for part, value in own.items()})
    return replace(form, given=domains), raw


def _placed(name: str, domain: Domain, value: Any, sizes: dict[str, int]) -> tuple[Domain, Raw]:
    if isinstance(value, dict):
        return domain, _built(name, domain, value, sizes)
    test = domain.test
    if test is None:
        parts = ", ".join(f"{name}.{part}" for part in domain.raw)
        raise ContestError(f"{name} ({domain.name}) is given by its parameters {parts}")
    shape = tuple(extent(d, sizes) for d in domain.dims)
    re_, im = _numbers(name, value, shape)
    complex_ = "re" in domain.raw
    if not complex_ and np.any(im != 0):
        raise ContestError(f"{name} is real ({domain.name}), and the point gives a complex value")
    if not test(re_, im):
        raise ContestError(f"{name} does not meet its hypothesis: {domain.name}")
    own = {"re": re_, "im": im} if complex_ else {"x": re_}
    if domain.plain:
        return domain, own
    if domain.dims:
        return (matrix if complex_ else real_matrix)(*domain.dims), own
    return (number if complex_ else real)(), own


def _built(name: str, domain: Domain, parts: dict[str, Any], sizes: dict[str, int]) -> Raw:
    if set(parts) != set(domain.raw):
        wanted = ", ".join(f"{name}.{part}" for part in domain.raw)
        raise ContestError(f"{name} is built from {wanted}; the point gives {_listed(parts)}")
    raw = {}
    for part, shape in domain.raw_shapes(sizes).items():
        raw[part], im = _numbers(f"{name}.{part}", parts[part], shape)
        if np.any(im != 0):
            raise ContestError(f"{name}.{part} is real, and the point gives a complex value")
    if not domain.admits(raw):
        raise ContestError(
            f"{name} does not meet its hypothesis for these parameters: {domain.name}"
        )
    return raw


# --- numbers --------------------------------------------------------------------------------------

_REAL = r"[+-]?\s*(?:\d+(?:/\d+)?|\d*\.\d+)"
_COMPLEX = re.compile(
    rf"(?P<re>{_REAL})?\s*(?:(?P<sign>[+-]?)\s*(?P<im>\d+(?:/\d+)?|\d*\.\d+)?\s*(?P<i>i))?"
)


def _numbers(name: str, value: Any, shape: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Real and imaginary parts of a nested list of numbers, of the shape that is asked for."""
    found = _shape(value)
    if found != shape:
        said: Callable[[tuple[int, ...]], str] = lambda s: " x ".join(map(str, s)) or "one number"
        raise ContestError(f"{name} is {said(found)}; at these sizes it is {said(shape)}")
    real_part, imaginary = np.empty(shape, dtype=object), np.empty(shape, dtype=object)
    for index in np.ndindex(*shape):
        item = value
        for k in index:
            item = item[k]
        real_part[index], imaginary[index] = _number(name, item)
    return real_part, imaginary


def _shape(value: Any) -> tuple[int, ...]:
    if not isinstance(value, list):
        return ()
    inner = {_shape(item) for item in value}
    if len(inner) > 1:
        raise ContestError("the rows of an input are of different lengths")
    return (len(value), *(inner.pop() if inner else ()))


def _number(name: str, item: Any) -> tuple[Fraction, Fraction]:
    if isinstance(item, (int, Fraction)) and not isinstance(item, bool):
        return Fraction(item), Fraction(0)
    text = str(item).strip().replace("−", "-")
    match = _COMPLEX.fullmatch(text)
    if not isinstance(item, str) or match is None or not text:
        raise ContestError(f'{name} has the entry {item!r}; write 2, "1/3", "0.25" or "1/2 - 3i"')
    try:
        imaginary = Fraction(match["im"] or 1) if match["i"] else Fraction(0)
        real_part = Fraction(re.sub(r"\s", "", match["re"] or "0"))
    except ZeroDivisionError:
        raise ContestError(f"{name} has the entry {item!r}, which divides by zero") from None
    if match["i"] and match["re"] and not match["sign"]:  # "3i" was read as 3 and i
        real_part, imaginary = Fraction(0), real_part * imaginary
    return real_part, -imaginary if match["sign"] == "-" else imaginary


# --- judging --------------------------------------------------------------------------------------


def judge(claims: Mapping[str, Claim], point: Mapping[str, Any], digits: int = 60) -> Ruling:
    """What a point shows of the form that it names.

    Raises:
        ContestError: the point does not fit the form, or the form is no statement about points.
    """
    form = form_of(claims, point)
    sizes = sizes_of(form, point.get("sizes"))
    fitted, raw = placed(form, point["inputs"], sizes)
    statement = Statement(fitted)
    kinds = [relation.name for relation in statement.probe(sizes)]
    if "Law" in kinds:
        raise ContestError(f"{form.key} is a law: samples speak of it, and no single point does")
    if form.where and not statement.admits(raw):
        raise ContestError(f"the point does not meet the hypothesis {', '.join(form.where)}")
    ruling = _at_point(form, statement, sizes, raw, digits)
    if ruling.refutes or ruling.open:
        return ruling
    for part, kind in enumerate(kinds):
        if kind in ("Rate", "Rank", "Solutions"):
            found = _by_replay(form, statement, kind, part, sizes, raw, digits)
            if found.refutes:
                return found
    return ruling


def _at_point(
    form: Form, statement: Statement, sizes: dict[str, int], raw: Raw, digits: int
) -> Ruling:
    """A weak form fails at a point if it fails in some direction, and then along some axis."""
    if not statement.pointwise:
        return Ruling(form, refutes=False)
    open_ = ""
    for direction in _axes(statement.raw_shapes(sizes)):
        seen = look(statement, {**raw, **direction}, digits)
        if seen.found:
            at = seen.found
            left, right = shown_apart(at.left, at.right, digits)
            return Ruling(form, True, lhs=left, rhs=right, part=at.part, index=at.index)
        open_ = seen.undecided or ("a side has no value there" if seen.undefined else open_)
    return Ruling(form, refutes=False, open=open_)


def _axes(shapes: Mapping[str, tuple[int, ...]]) -> Iterator[Raw]:
    """Every direction along one axis; one empty choice where there is no weak form."""
    own = {name: shape for name, shape in shapes.items() if name.startswith("direction")}
    zeros: Callable[[tuple[int, ...]], np.ndarray] = lambda shape: np.full(
        shape, Fraction(0), dtype=object
    )
    nothing = {name: zeros(shape) for name, shape in own.items()}
    if not own:
        yield {}
    for name, shape in own.items():
        for index in np.ndindex(*shape):
            moved = zeros(shape)
            moved[index] = Fraction(1)
            yield {**nothing, name: moved}


def _by_replay(
    form: Form,
    statement: Statement,
    kind: str,
    part: int,
    sizes: dict[str, int],
    raw: Raw,
    digits: int,
) -> Ruling:
    nothing = {"lhs": "", "rhs": "", "part": part, "seed": None, "inputs": {}}
    record = {**nothing, "relation": kind, "sizes": sizes, "table": [[1, "0"]]}
    record["raw"] = {name: strings(value) for name, value in raw.items()}
    found = replay(statement.form, record, digits)
    if not found["certified"]:
        return Ruling(form, refutes=False)
    if kind == "Solutions":
        return Ruling(form, True, lhs="meets the conditions or is claimed", rhs="not both")
    certain = kind != "Rate"  # which here is seen in numbers
    return Ruling(form, True, certain, str(found["lhs"]), str(found["rhs"]), part)
