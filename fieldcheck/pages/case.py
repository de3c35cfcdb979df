"""A counterexample as a person would tell it: the inputs in short, then both sides.

What `cases.toml` says stands instead, if the witness is of the kind that it was written for. The
whole of it, with the direction of a weak form, is for the fold of a card.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

from docutils import nodes
from msgspec.structs import replace

from fieldcheck.ledger.records import FormRow, Witness
from fieldcheck.pages import numbers, tex, words
from fieldcheck.pages.inline import paragraph, said, span

FILE = Path(__file__).with_name("cases.toml")
ROOM = 44
"""Signs that the inputs of a case may take; beyond, they stand in the fold."""

DIGITS = 3


@cache
def told() -> dict[str, dict[str, Any]]:
    """What is said of witnesses in words, by form key: ``says``, and of which witness it does."""
    return tomllib.loads(FILE.read_text(encoding="utf-8"))


def in_words(form: FormRow) -> str | None:
    """The sentence for this form's witness, with its numbers; None if it was written for another.

    ``{lhs}`` and ``{rhs}`` in it are the two sides, ``{X}`` the input X, as TeX; ``{token}`` says
    which row fails.
    """
    entry, stored = told().get(form.key), form.witness
    if entry is None or stored is None:
        return None
    fits = (
        entry.get("sizes", {}) == stored.sizes
        and all(_is_zero(stored.inputs[name]) for name in entry.get("zero", ()))
        and all(stored.inputs[name] == value for name, value in entry.get("when", {}).items())
    )
    if not fits:
        return None
    lhs, rhs = entries(stored)
    values = {"lhs": lhs, "rhs": rhs, **stored.inputs}
    row = words.ORDINAL[stored.index[0]] if stored.index else ""
    put = lambda name: numbers.small_tex(values[name], DIGITS)
    return re.sub(
        r"\{(\w+)\}",
        lambda m: put(m[1]) if m[1] in values else m[0],
        entry["says"].replace("{token}", row),
    )


def short(form: FormRow) -> list[nodes.Node]:
    """The case in one line, or nothing if there is no witness."""
    stored = form.witness
    if stored is None:
        return []
    words_for_it = in_words(form)
    if words_for_it is not None:
        return said(words_for_it)
    lhs, rhs = entries(stored)
    return [*_inputs_in_short(stored), *sides(form, replace(stored, lhs=lhs, rhs=rhs), DIGITS)]


def entries(stored: Witness) -> tuple[Any, Any]:
    """Both sides; of a force that is one number without the direction that it was tested in.

    Tested is the pairing of a direction H with the force F, of one number conj(H) F.
    """
    tested = [value for _, value in directions(stored.raw)]
    if stored.relation != "Force" or len(tested) != 1:
        return stored.lhs, stored.rhs
    (H,) = tested
    while isinstance(H, list) and len(H) == 1:
        (H,) = H
    parts = [p for value in (H, stored.lhs, stored.rhs) if (p := _exact_complex(value))]
    if len(parts) < 3 or not any(parts[0]):
        return stored.lhs, stored.rhs
    (a, b), *both = parts
    length = a * a + b * b
    return tuple(f"{(a * x - b * y) / length} + {(a * y + b * x) / length}i" for x, y in both)  # type: ignore[return-value]


def _exact_complex(value: Any) -> tuple[Fraction, Fraction] | None:
    if isinstance(value, list):
        return None
    pair = numbers.split_complex(str(value)) or (str(value), "0")
    real, imaginary = (numbers.exact(part.removeprefix("+")) for part in pair)
    return None if real is None or imaginary is None else (real, imaginary)


def _inputs_in_short(stored: Witness) -> list[nodes.Node]:
    """``X = (0, 1), W = 1, all else 0:``"""
    shown = [tex for name, value in stored.inputs.items() for tex in assignments(name, value)]
    kept = [text for text, zero in shown if not zero]
    zeros = len(shown) - len(kept)
    if sum(map(tex.width, kept)) > ROOM:
        sizes = ", ".join(f"{name} = {n}" for name, n in stored.sizes.items())
        return said(f"a point with {sizes}: " if sizes else "a point: ")
    found: list[nodes.Node] = []
    for text in kept:
        found += [nodes.Text(", " if found else ""), nodes.math(text, text)]
    if zeros and kept:
        found.append(nodes.Text(", all else 0"))
    if zeros and not kept:
        found.append(nodes.Text("with every input 0"))
    return [*found, nodes.Text(": ")] if found else []


def assignments(name: str, value: Any) -> Iterator[tuple[str, bool]]:
    """``X = (matrix)`` as TeX, and whether it is zero: one for each part of a structured input."""
    if isinstance(value, dict):
        for part, inner in value.items():
            yield from assignments(part, inner)
    elif numbers.depth_of(value) > 2:
        for k, part in enumerate(value, 1):
            yield from assignments(f"{name}_{k}" if len(value) > 1 else name, part)
    else:
        yield f"{numbers.name_tex(name)} = {numbers.small_tex(value)}", _is_zero(value)


def _is_zero(value: Any) -> bool:
    if isinstance(value, list):
        return all(map(_is_zero, value))
    return numbers.exact(str(value)) == 0


def sides(form: FormRow, stored: Witness, digits: int = 6) -> list[nodes.Node]:
    """``left 1/2, right 1 in entry (1, 2)``, as far as the relation has two sides."""
    if stored.relation == "Solutions":
        return said("meets every condition, and is not among the solutions claimed")
    if stored.relation == "Rate":
        return said(f"{_cut(stored.lhs)} ({stored.rhs} is claimed)")
    if stored.relation == "Law":
        return said(f"the {_cut(stored.lhs)} of what was drawn, outside {_cut(stored.rhs)}")
    if stored.relation == "Rank":
        return said(f"the dimension is {stored.lhs}, not {stored.rhs}")
    found: list[nodes.Node] = []
    for label, value in (("left side ", stored.lhs), ("right side ", stored.rhs)):
        if not value:
            continue
        found.append(nodes.Text(f", {label}" if found else label))
        shown = numbers.tex(value, digits) if numbers.is_number(value) else ""
        found.append(nodes.math(shown, shown) if shown else nodes.Text(value))
    where = words.place(form, stored)
    return [*found, nodes.Text(f" {where}" if where else "")]


def _cut(text: str) -> str:
    """Long decimals in a text to three digits."""
    return re.sub(r"\d+\.\d{3,}(?![\d/])", lambda m: numbers.short(m[0], DIGITS), text.rstrip("."))


# --- in full --------------------------------------------------------------------------------------


def whole(form: FormRow) -> list[nodes.Node]:
    """All inputs as matrices, then both sides, and what certifies them."""
    stored = form.witness
    if stored is None:
        return []
    box = nodes.container(classes=["fc-witness"])
    sizes = ", ".join(f"{name} = {value}" for name, value in stored.sizes.items())
    head = nodes.paragraph(classes=["fc-label"])
    head += nodes.Text("Counterexample" if form.certain else "Evidence against it")
    if sizes:
        head += span(f" with {sizes}", "fc-source")
    box += head
    given = nodes.paragraph(classes=["fc-inputs"])
    for name, value in [*stored.inputs.items(), *directions(stored.raw)]:
        for text, _ in assignments(name, value):
            given += [nodes.math(text, text), nodes.Text(" ")]
    if given.children:
        box += given
    box += paragraph(*sides(form, stored), span(f". {certificate(form)}", "fc-by"), kind="sides")
    return [box]


def certificate(form: FormRow) -> str:
    """``Certified by ball arithmetic at 60 digits.``"""
    assert form.witness is not None
    by = form.witness.certified_by
    by = {"rational": "exact rational arithmetic", "ball": "ball arithmetic"}.get(by, by)
    digits = f" at {form.witness.digits} digits" if form.witness.digits else ""
    return f"{'Certified' if form.certain else 'Seen'} by {by}{digits}."


def directions(raw: dict[str, Any]) -> list[tuple[str, Any]]:
    """The direction a weak form was tested in: part of the counterexample if there is one."""
    found = []
    for key in raw:
        match = re.fullmatch(r"direction(\d+)\.re", key)
        if match is None:
            continue
        imaginary = raw.get(f"direction{match[1]}.im")
        found.append(("H", _complex(raw[key], imaginary)))
    return found


def _complex(real: Any, imaginary: Any) -> Any:
    """Two nested lists of numbers as one of complex numbers."""
    if isinstance(real, list):
        other = imaginary if isinstance(imaginary, list) else [None] * len(real)
        return [_complex(a, b) for a, b in zip(real, other, strict=True)]
    part = numbers.exact(str(imaginary)) if imaginary is not None else Fraction(0)
    if part == 0:
        return real
    sign = "-" if part is not None and part < 0 else "+"
    return f"{real} {sign} {str(imaginary).lstrip('+-')}i"
