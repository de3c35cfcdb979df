"""Small witnesses: dimension first, then small integers and halves.

A reader should be able to redo a counterexample by hand.  Many small points of a shape are tried at
once in floats, cheapest first; whatever is kept has been certified again in rationals or balls.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from contextlib import suppress

import numpy as np
import torch

from fieldcheck.arithmetic.array import Unsupported
from fieldcheck.evidence.clock import TooSlow, limited
from fieldcheck.evidence.draws import Raw, simplest
from fieldcheck.evidence.floats import residuals
from fieldcheck.evidence.points import within
from fieldcheck.evidence.statement import Statement
from fieldcheck.evidence.witness import certified, witness_at
from fieldcheck.verdict import Witness

ROWS = 192
"""Small points tried at once in one shape."""

CLEAR = 1e-9
"""Relative violation above which a float point is worth certifying."""

TRIES = 6
"""Points of one shape that are certified before the next shape is tried."""

ROUNDS = 24

ENTRIES = 512
"""Entries of a point beyond which they are not made simpler one by one, but all at once."""

SECONDS = 5
"""Processor time for making a point small: what refutes is not lost because it is large."""

Sizes = dict[str, int]
Rows = dict[str, np.ndarray]


def smallest(
    statement: Statement, sizes: Sizes, raw: Raw, rng: random.Random, digits: int = 60
) -> Witness:
    """The smallest witness found; the given point must refute at these digits."""
    if statement.fault is not None or not raw:  # nobody reads the witness of a planted fault
        return witness_at(statement, sizes, raw, digits)
    # A body that floats cannot run, or that takes long, keeps its point; so does one beyond floats.
    with suppress(Unsupported, TooSlow, OverflowError), limited(SECONDS):
        sizes, raw = _search(statement, sizes, raw, np.random.default_rng(rng.getrandbits(64)))
    return witness_at(statement, sizes, raw, digits)


def _search(
    statement: Statement, sizes: Sizes, raw: Raw, rng: np.random.Generator
) -> tuple[Sizes, Raw]:
    for shape in (*_smaller_sizes(statement, sizes), sizes):
        rows = _small_rows(statement, shape, rng)
        found = _cheapest(statement, shape, rows)
        if found is not None:
            return shape, _thinned(statement, shape, found)
    return sizes, _thinned(statement, sizes, raw)


def _smaller_sizes(statement: Statement, sizes: Sizes) -> Iterator[Sizes]:
    """Shapes smaller than this one, by total size."""
    grid = statement.grid()
    inside = [s for s in grid if all(s[n] <= sizes[n] for n in s) and s != sizes]
    yield from sorted(inside, key=lambda s: (np.prod(list(s.values())), sum(s.values())))


def _small_rows(statement: Statement, sizes: Sizes, rng: np.random.Generator) -> Rows:
    """Random points with entries 0, 1, -1, then 2, -2, 1/2 and 3 as well; sparse ones first."""
    stocks = [
        (np.array([0.0, 1.0]), 0.5),
        (np.array([0.0, 1.0, -1.0]), 0.3),
        (np.array([0.0, 1.0, -1.0, 2.0, -2.0]), 0.2),
        (np.array([0.0, 1.0, -1.0, 2.0, -2.0, 0.5, -0.5, 3.0]), 0.0),
    ]
    per = ROWS // len(stocks)
    out = {}
    for name, shape in statement.raw_shapes(sizes).items():
        blocks = []
        for stock, sparse in stocks:
            block = rng.choice(stock, size=(per, *shape))
            blocks.append(np.where(rng.random((per, *shape)) < sparse, 0.0, block))
        out[name] = np.concatenate(blocks)
    return within(statement, out)


def _cost(rows: Rows) -> np.ndarray:
    """How much there is to write down: nothing for 0, 1 for a unit, more for the rest."""
    total: np.ndarray | float = 0.0
    for v in rows.values():
        flat = np.abs(v.reshape(len(v), -1))
        whole, half = flat == np.round(flat), 2 * flat == np.round(2 * flat)
        price = np.where(whole, 1 + flat, np.where(half, 3 + flat, 40 + flat))
        total = total + np.where(flat == 0, 0.0, price).sum(axis=1)
    return np.asarray(total)


def _violations(statement: Statement, rows: Rows) -> np.ndarray:
    ratio = residuals(statement, {k: torch.from_numpy(v) for k, v in rows.items()})
    return ratio.amax(dim=1).numpy()


def _row(rows: Rows, k: int) -> Raw:
    return {name: simplest(v[k]) for name, v in rows.items()}


def _cheapest(statement: Statement, sizes: Sizes, rows: Rows, below: float = np.inf) -> Raw | None:
    """The cheapest certified point among rows, cheaper than ``below``."""
    violation, cost = _violations(statement, rows), _cost(rows)
    fit = np.flatnonzero((violation > CLEAR) & (cost < below))
    for k in fit[np.argsort(cost[fit], kind="stable")][:TRIES]:
        point = _row(rows, int(k))
        if certified(statement, sizes, point, seen=float(violation[k])):
            return point
    return None


def _thinned(statement: Statement, sizes: Sizes, raw: Raw) -> Raw:
    """Replace entries, one at a time, by simpler ones while the point still refutes."""
    for _ in range(ROUNDS):
        base = {k: np.vectorize(float, otypes=[float])(v) for k, v in raw.items()}
        rows = _variants(statement, base)
        cheaper = None
        if rows is not None:
            now = float(_cost({k: v[None] for k, v in base.items()})[0])
            cheaper = _cheapest(statement, sizes, rows, now)
        if cheaper is None:
            return raw
        raw = cheaper
    return raw


def _variants(statement: Statement, base: Rows) -> Rows | None:
    """All points with one entry, or one whole parameter, made simpler."""
    points: list[Rows] = []
    entries = sum(v.size for v in base.values())
    for name, v in base.items():
        if name in statement.sign_raws:
            continue
        if v.any():
            points.append({**base, name: np.zeros_like(v)})
            points.append({**base, name: np.round(v)})
            points.append({**base, name: np.round(2 * v) / 2})
            points.append({**base, name: np.round(v * 2**10) / 2**10})
        for index in np.ndindex(*v.shape) if entries <= ENTRIES else ():
            for simple in _simpler(float(v[index])):
                changed = v.copy()
                changed[index] = simple
                points.append({**base, name: changed})
    if not points:
        return None
    return {name: np.stack([p[name] for p in points]) for name in base}


def _simpler(x: float) -> set[float]:
    """Numbers to try in place of an entry; of a large one also powers of ten."""
    found = {0.0, 1.0, -1.0, float(np.round(x))}
    if abs(x) > 20:
        power = math.floor(math.log10(abs(x)))
        found |= {math.copysign(10.0**k, x) for k in (power // 2, power, power + 1) if k < 308}
    return found - {x}
