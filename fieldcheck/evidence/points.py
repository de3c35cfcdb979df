"""Points of a statement: generic ones, those of its strata, and where a search looks besides.

Besides generic points and strata a search looks at all scales, near and at the numbers that the
body is written with, where entries agree or nearly agree, and at clusters of equal entries.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from fieldcheck.arithmetic.array import Unsupported
from fieldcheck.evidence.constants import constants
from fieldcheck.evidence.draws import Raw, fractions, numpy_stream, simplest, small_entries, stream
from fieldcheck.evidence.statement import NOWHERE, Statement
from fieldcheck.hypotheses import numbers as numbers_of

GENERIC = "generic"
"""The stratum of points with nothing special about them."""

EQUAL = "all parameters equal"
"""Where the sides of an order often meet."""

SCALES, FAR = "scales", "far and tiny"
"""Regimes of some orders of magnitude, and of all that floats have."""

BETWEEN = "between numbers of the hypotheses"

LARGE = 10**300

TRIES = 100
"""Points drawn until one meets the hypotheses; beside the domains floats look for one, too."""

MANY, RARELY = 16, 4096
"""So many times as many points are drawn where some may not meet hypotheses beside the domains; and
points of each kind where a first look finds none."""

RAREST, CLIMB = 32, 200
"""Points that are moved towards hypotheses that none of those meets, and by how many steps."""


RARE = "_rare"
"""Where a form keeps them, by shape."""


class Nowhere(Unsupported):
    """No point of a shape that was tried meets the hypotheses."""


def point(statement: Statement, sizes: dict[str, int], rng: random.Random, bits: int = 10) -> Raw:
    """A generic exact point for all raw parameters of a statement; it meets every hypothesis.

    Raises Nowhere where none is found.
    """
    for _ in range(0 if _key(sizes) in statement.form.__dict__.get(RARE, ()) else TRIES):
        raw = {
            k: small_entries(rng, s, bits, signs=k in statement.sign_raws)
            for k, s in statement.raw_shapes(sizes).items()
        }
        if statement.admits(raw):
            return raw
    if statement.form.where and statement.raw_shapes(sizes):
        found = rare(statement, sizes)
        there = range(len(next(iter(found.values()))))
        for k in rng.sample(there, min(TRIES, len(there))):
            raw = {name: simplest(v[k]) for name, v in found.items()}
            if statement.admits(raw):
                return raw
    raise Nowhere(f"no point that was tried meets the hypotheses at {sizes}")


def nowhere(statement: Statement) -> str:
    """Leave out, once for all, the shapes at which no point meets ``where=``, of which there is
    nothing to be said; in words if that is all of them."""
    if not statement.form.where or NOWHERE in statement.form.__dict__:
        return ""
    empty = []
    for sizes in statement.grid():
        try:
            point(statement, sizes, stream(statement.key, "where", 0))
        except Nowhere:
            empty.append(sizes)
    if len(empty) == len(statement.grid()):
        return f"no point that was tried meets {' and '.join(statement.form.where)}"
    statement.form.__dict__[NOWHERE] = empty
    return ""


def strata_of(statement: Statement) -> list[str]:
    names = {s for d in statement.form.given.values() for s in d.strata}
    return [GENERIC, *sorted(names)]


def moved_into(statement: Statement, stratum: str, raw: Raw, rng: np.random.Generator) -> Raw:
    """A point with every input that has this stratum moved into it."""
    moved = dict(raw)
    for name, domain in statement.form.given.items():
        if stratum in domain.strata:
            own = {
                part: np.asarray(raw[f"{name}.{part}"], dtype=float)[None] for part in domain.raw
            }
            for part, v in domain.moved(stratum, own, rng).items():
                moved[f"{name}.{part}"] = fractions(v[0])
    return moved


def all_equal(raw: Raw, sign: int) -> Raw:
    """One number for all parameters, or with one of them opposite to the others."""
    one = next((v.flat[0] for v in raw.values() if v.size), 1)
    signs = (sign if k == 0 else 1 for k in range(len(raw)))
    return {
        k: np.full(v.shape, s * one, dtype=object)
        for (k, v), s in zip(raw.items(), signs, strict=True)
    }


@dataclass
class Cloud:
    """A batch of points of one shape: raw arrays with a leading axis, each row's stratum, and which
    of the inputs lie in it (as bits)."""

    sizes: dict[str, int]
    raws: dict[str, np.ndarray]
    strata: list[str]
    moved: np.ndarray

    @classmethod
    def of(cls, sizes: dict[str, int], raws: dict[str, np.ndarray], stratum: str) -> Cloud:
        """Points that all lie in one stratum."""
        rows = len(next(iter(raws.values()), [()]))  # without inputs there is one point
        return cls(sizes, raws, [stratum] * rows, np.zeros(rows, dtype=int))

    @classmethod
    def joined(cls, blocks: Sequence[Cloud]) -> Cloud:
        """Points of several clouds of one shape."""
        return cls(
            blocks[0].sizes,
            {k: np.concatenate([b.raws[k] for b in blocks]) for k in blocks[0].raws},
            [label for b in blocks for label in b.strata],
            np.concatenate([b.moved for b in blocks]),
        )

    def row(self, k: int) -> Raw:
        return {name: simplest(v[k]) for name, v in self.raws.items()}


def cloud(
    statement: Statement,
    sizes: dict[str, int],
    rows: int,
    rng: np.random.Generator,
    far: bool = True,
) -> Cloud:
    """About ``rows`` points of one shape: a quarter generic, a quarter in strata, the others in the
    regimes of a search (with ``far``, also at the ends of the range of floats)."""
    if not statement.raw_shapes(sizes):
        return Cloud.of(sizes, {}, GENERIC)
    names = strata_of(statement)
    per = max(2, rows // (4 * max(1, len(names) - 1)))
    blocks = [_generic(statement, sizes, max(2, rows // 4), rng)]
    blocks += [_stratum(statement, sizes, name, per, rng) for name in names[1:]]
    regimes = {**REGIMES, FAR: _far} if far else dict(REGIMES)
    if where := numbers_of(statement.form.where):
        regimes[BETWEEN] = _between
    share = max(4, rows // (2 * len(regimes)))
    written = [*constants(statement.form.body), *where]
    numbers = np.array([float(q) for q in written if abs(q) < LARGE])
    for name, regime in regimes.items():
        blocks.append(_regime(statement, sizes, name, regime, share, numbers, rng))
    return Cloud.joined(blocks)


def spread(
    statement: Statement, sizes: dict[str, int], rows: int, rng: np.random.Generator
) -> Cloud:
    """Points spread evenly over boxes of some sizes."""
    return Cloud.of(sizes, _table(statement, sizes, _evenly, rows, np.array([0.0]), rng), SCALES)


def _generic(
    statement: Statement, sizes: dict[str, int], n: int, rng: np.random.Generator
) -> Cloud:
    shapes = statement.raw_shapes(sizes)

    def drawn(m: int) -> dict[str, np.ndarray]:
        raws = {k: rng.standard_normal((m, *s)) for k, s in shapes.items()}
        return within(statement, raws)

    return Cloud.of(sizes, _met(statement, sizes, drawn, n), GENERIC)


def _met(
    statement: Statement,
    sizes: dict[str, int],
    drawn: Callable[[int], dict[str, np.ndarray]],
    n: int,
) -> Raw:
    """So many points, those first that meet the hypotheses beside the domains."""
    if not statement.form.where:
        return drawn(n)
    from fieldcheck.evidence.floats import inside  # torch, which a book of claims does without

    many = drawn(MANY * n)
    met = inside(statement, many)
    if not met.any() and len(few := next(iter((known := rare(statement, sizes)).values()))):
        return {k: v[np.resize(np.arange(len(few)), n)] for k, v in known.items()}
    first = np.argsort(~met, kind="stable")[:n]
    return {k: v[first] for k, v in many.items()}


def rare(statement: Statement, sizes: dict[str, int]) -> Raw:
    """Points that meet hypotheses which hardly any does, looked for once."""
    known: dict[Any, Raw] = statement.form.__dict__.setdefault(RARE, {})
    if _key(sizes) not in known:
        rng = numpy_stream(statement.key, "where", 0)
        known[_key(sizes)] = _searched(statement, sizes, RARELY, rng)
    return known[_key(sizes)]


def _key(sizes: dict[str, int]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(sizes.items()))


def _searched(statement: Statement, sizes: dict[str, int], n: int, rng: np.random.Generator) -> Raw:
    """Points that floats see to meet the hypotheses, of some magnitudes and between the numbers
    that these are written with: so many of each kind are tried."""
    from fieldcheck.evidence.floats import inside

    numbers = np.array([float(q) for q in numbers_of(statement.form.where) if abs(q) < LARGE])
    found = []
    for regime in (_between, _scaled(6.0), _clustered):
        many = _table(statement, sizes, regime, n, numbers, rng)
        met = inside(statement, many)
        if not met.any():
            many = approached(statement, {k: v[:RAREST] for k, v in many.items()})
            met = inside(statement, many)
        found.append({k: v[met] for k, v in many.items()})
    return {k: np.concatenate([one[k] for one in found]) for k in found[0]}


def approached(statement: Statement, raws: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """A batch moved towards the hypotheses, and then away from their edges."""
    from fieldcheck.evidence.ascent import ascend
    from fieldcheck.evidence.floats import distance

    for height in (distance(statement, all_of_them=True), distance(statement)):
        raws = within(statement, ascend(height, raws, CLIMB, fixed=statement.sign_raws))
    return raws


def within(statement: Statement, raws: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """A batch with signs where signs are asked for, and no zero where none is allowed."""
    out = dict(raws)
    for k in statement.sign_raws:
        out[k] = np.where(out[k] < 0, -1.0, 1.0)
    for k in statement.nonzero_raws:
        out[k] = np.where(out[k] == 0, 1.0, out[k])
    return out


def _stratum(
    statement: Statement, sizes: dict[str, int], name: str, n: int, rng: np.random.Generator
) -> Cloud:
    """Points of a stratum.  Some inputs of a row stay generic, and in half of the rows all but one
    of them do."""
    points = _generic(statement, sizes, n, rng)
    having = [d for d in statement.form.given.items() if name in d[1].strata]
    masks = (rng.random((len(having), n)) < 0.75) & (rng.random(n) < 0.5)
    masks[rng.integers(len(having), size=n), np.arange(n)] = True
    for mask, (given, domain) in zip(masks, having, strict=True):
        own = {part: points.raws[f"{given}.{part}"] for part in domain.raw}
        for part, v in domain.moved(name, own, rng).items():
            pick = mask.reshape((n,) + (1,) * (v.ndim - 1))
            points.raws[f"{given}.{part}"] = np.where(pick, v, own[part])
    return Cloud(sizes, points.raws, [name] * n, 2 ** np.arange(len(having)) @ masks)


# -- regimes: maps of a table (a row for each point, a column for each raw entry) ------------------
Regime = Callable[[np.ndarray, np.ndarray, np.ndarray, np.random.Generator], np.ndarray]
"""(values, the raw parameter that each column belongs to, numbers of the body, stream) -> values"""


def _regime(
    statement: Statement,
    sizes: dict[str, int],
    name: str,
    regime: Regime,
    n: int,
    numbers: np.ndarray,
    rng: np.random.Generator,
) -> Cloud:
    drawn = lambda m: _table(statement, sizes, regime, m, numbers, rng)
    return Cloud.of(sizes, _met(statement, sizes, drawn, n), name)


def _table(
    statement: Statement,
    sizes: dict[str, int],
    regime: Regime,
    n: int,
    numbers: np.ndarray,
    rng: np.random.Generator,
) -> dict[str, np.ndarray]:
    """So many points of a regime, as raw parameters."""
    shapes = statement.raw_shapes(sizes)
    widths = [math.prod(s) for s in shapes.values()]
    owner = np.repeat(np.arange(len(widths)), widths)
    table = rng.standard_normal((n, len(owner)))
    with np.errstate(all="ignore"):
        table = regime(table, owner, numbers, rng) if len(owner) else table
    columns = np.split(table, np.cumsum(widths)[:-1], axis=1) if widths else []
    raws = {
        k: block.reshape((n, *s)) for (k, s), block in zip(shapes.items(), columns, strict=True)
    }
    return within(statement, raws)


def _some(table: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Which entries of each row are changed: one in some rows, all in others, or a few."""
    n, m = table.shape
    chance = rng.choice((0.0, 0.3, 1.0), size=(n, 1))
    mask: np.ndarray = rng.random((n, m)) < chance
    mask[np.arange(n), rng.integers(m, size=n)] = True
    return mask


def _scaled(most: float) -> Regime:
    def regime(
        table: np.ndarray, owner: np.ndarray, numbers: np.ndarray, rng: np.random.Generator
    ) -> np.ndarray:
        """A scale for each input, and in half of the rows another one for each entry."""
        n, m = table.shape
        whole = rng.uniform(-most, most, (n, owner.max() + 1))[:, owner]
        each = np.where(rng.random((n, 1)) < 0.5, rng.uniform(-most, most, (n, m)), whole)
        return np.where(_some(table, rng), table * 10.0**each, table)

    return regime


def _beside(values: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """In half of the rows the values themselves, in the others points within a power of 1/2."""
    n, m = values.shape
    step = np.where(rng.random((n, m)) < 0.5, -1.0, 1.0) * 2.0 ** -rng.integers(1, 51, (n, m))
    near: np.ndarray = values + step * np.maximum(1.0, np.abs(values))
    return np.where(rng.random((n, 1)) < 0.5, values, near)


def _constant(
    table: np.ndarray, owner: np.ndarray, numbers: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Entries at the numbers of the body and beside them; each number has its turn."""
    n, m = table.shape
    turn = numbers[(np.arange(n) + rng.integers(len(numbers))) % len(numbers)]
    mixed = np.where(rng.random((n, m)) < 0.5, turn[:, None], rng.choice(numbers, (n, m)))
    own = np.where(rng.random((n, 1)) < 0.5, turn[:, None], mixed)
    return np.where(_some(table, rng), _beside(own, rng), table)


def _between(
    table: np.ndarray, owner: np.ndarray, numbers: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Entries between two of the numbers, of their roots, of 0 and of ends beyond all: the same two
    for a whole row, or two for each input."""
    n, m = table.shape
    roots = np.sqrt(np.abs(numbers))
    ends = np.concatenate([numbers, roots, -roots, np.array([-1.0, 0.0, 1.0])])
    ends = np.unique(np.concatenate([ends, 2 * ends]))
    low, high = (rng.integers(len(ends), size=(n, owner.max() + 1)) for _ in range(2))
    alike = rng.random((n, 1)) < 0.5
    a, b = (ends[np.where(alike, pick[:, :1], pick)][:, owner] for pick in (low, high))
    between: np.ndarray = a + (b - a) * rng.random((n, m))
    return between


def _tied(
    table: np.ndarray, owner: np.ndarray, numbers: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """An entry that another one is made of, or a whole input; beside it in half of the rows."""
    n, m = table.shape
    table = np.where(rng.random((n, 1)) < 0.5, np.round(2 * table) / 2, table)
    inputs = [np.flatnonzero(owner == k) for k in range(owner.max() + 1)]
    partner = np.arange(m)
    for own in inputs:  # one input is, entry by entry, another of its size
        alike = [other for other in inputs if len(other) == len(own)]
        partner[own] = alike[rng.integers(len(alike))]
    other = np.where(rng.random((n, 1)) < 0.5, partner, rng.integers(m, size=(n, m)))
    source = np.take_along_axis(table, other, axis=1)
    made = np.stack([source, -source, source**2, np.sqrt(np.abs(source)), 2 * source, source / 2])
    kind = rng.choice(len(made), p=(0.5, 0.14, 0.12, 0.12, 0.06, 0.06), size=n)
    return np.where(_some(table, rng), _beside(made[kind, np.arange(n)], rng), table)


def _clustered(
    table: np.ndarray, owner: np.ndarray, numbers: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Entries of few values, in half of the rows small whole numbers, 0 among them."""
    n, m = table.shape
    whole, free = rng.integers(-3, 4, (n, 3)).astype(float), rng.standard_normal((n, 3))
    few = np.where(rng.random((n, 1)) < 0.5, whole, free)
    which = rng.integers(rng.integers(1, 4, size=(n, 1)), size=(n, m))
    return np.take_along_axis(few, which, axis=1)


def _evenly(
    table: np.ndarray, owner: np.ndarray, numbers: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Entries from -10^k to 10^k, a box for each row."""
    n, m = table.shape
    entries: np.ndarray = 10.0 ** rng.integers(0, 4, (n, 1)) * rng.uniform(-1, 1, (n, m))
    return entries


REGIMES: dict[str, Regime] = {
    SCALES: _scaled(6.0),
    "numbers of the body": _constant,
    "nearly equal entries": _tied,
    "clusters": _clustered,
}
"""Where a search looks at every shape."""

_far = _scaled(300.0)
