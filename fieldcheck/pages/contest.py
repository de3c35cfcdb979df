"""What a card offers to whoever doubts it: the command that replays, and a point to fill in."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import Any

import numpy as np

from fieldcheck.domains import extent
from fieldcheck.ledger.records import ClaimRow, FormRow, Witness


def command(row: ClaimRow) -> str:
    """The command that rebuilds the card's counterexample, or gathers its evidence again."""
    first = (form for form in row.forms if form.role in ("claim", "printed", "reading"))
    form = next((form for form in first if form.witness), None)
    if form is None:
        return f".venv/bin/fieldcheck verify {row.id} --fresh"
    return f".venv/bin/fieldcheck replay {form.key}"


def template(claim: Any, row: ClaimRow) -> str:
    """A point of the claim's own form, as `fieldcheck replay` reads it.

    The values are those of the counterexample to some neighbour, where its inputs are the claim's,
    or ones and zeros: they meet the hypotheses, and are to be changed.
    """
    main = claim.forms[row.main.key]
    given = getattr(main, "given", {})
    like = next((form for form in row.forms if _same_inputs(form, main, claim)), None)
    witness = like.witness if like else None
    sizes = witness.sizes if witness else _least(main)
    lines = [f'claim = "{claim.id}"', 'form = "claim"']
    if sizes:
        lines.append("sizes = { " + ", ".join(f"{name} = {n}" for name, n in sizes.items()) + " }")
    lines.append("[inputs]")
    for name, domain in given.items():
        value = _of(witness, name, domain) if witness else _simple(domain, sizes)
        lines.append(f"{name} = {value}  # {domain.name}")
    return "\n".join(lines)


def _least(form: Any) -> dict[str, int]:
    names = form.size_names() if hasattr(form, "size_names") else []
    return {name: form.sizes.get(name, [1])[0] for name in names}


def _same_inputs(row: FormRow, main: Any, claim: Any) -> bool:
    """Is its witness a point of the claim's own form, but for the verdict?"""
    form = claim.forms[row.key]
    if row.witness is None or getattr(form, "sizes", None) != getattr(main, "sizes", None):
        return False
    kinds = lambda f: {n: (d.name, d.dims) for n, d in getattr(f, "given", {}).items()}
    return kinds(form) == kinds(main)


def _of(witness: Witness, name: str, domain: Any) -> str:
    shown = witness.inputs.get(name)
    if domain.test is None or not _exact(shown):
        own = {k.partition(".")[2]: v for k, v in witness.raw.items() if k.startswith(f"{name}.")}
        return _table(own)
    return json.dumps(shown)


def _simple(domain: Any, sizes: Any) -> str:
    """The identity, or, where that is outside the domain, ones, or zeros."""
    test = domain.test
    if test is None:
        shapes = domain.raw_shapes(sizes)
        return _table({part: np.ones(shape, dtype=int).tolist() for part, shape in shapes.items()})
    shape = tuple(extent(d, sizes) for d in domain.dims)
    value = np.zeros(shape, dtype=object)
    for index in np.ndindex(*shape):
        value[index] = Fraction(len(set(index[-2:])) < 2 and (len(shape) > 1 or not any(index)))
    none = value * Fraction(0)
    value = next((v for v in (value, none + Fraction(1)) if test(v, none)), none)
    return json.dumps(np.vectorize(int, otypes=[int])(value).tolist())


def _table(parts: dict[str, Any]) -> str:
    return "{ " + ", ".join(f"{part} = {json.dumps(v)}" for part, v in parts.items()) + " }"


def _exact(value: Any) -> bool:
    """No rounded digits, and no table of parts."""
    if isinstance(value, list):
        return all(map(_exact, value))
    return isinstance(value, str) and "." not in value
