"""Points of a statement: generic ones, and those of its strata."""

from __future__ import annotations

import random
from dataclasses import dataclass

import numpy as np

from fieldcheck.evidence.draws import Raw, fractions, small_entries
from fieldcheck.evidence.statement import Statement

GENERIC = "generic"
"""The stratum of points with nothing special about them."""


def point(statement: Statement, sizes: dict[str, int], rng: random.Random, bits: int = 10) -> Raw:
    """A generic exact point for all raw parameters of a statement; it meets every hypothesis."""
    for _ in range(100):
        raw = {
            k: small_entries(rng, s, bits, signs=k in statement.sign_raws)
            for k, s in statement.raw_shapes(sizes).items()
        }
        if statement.admits(raw):
            return raw
    raise ValueError(f"no generic point of {statement.key} meets its hypotheses at {sizes}")


@dataclass
class Cloud:
    """A batch of points of one shape: raw arrays with a leading axis, each row's stratum, and which
    of the inputs lie in it (as bits)."""

    sizes: dict[str, int]
    raws: dict[str, np.ndarray]
    strata: list[str]
    moved: np.ndarray

    def row(self, k: int) -> Raw:
        return {name: fractions(v[k]) for name, v in self.raws.items()}


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


def cloud(
    statement: Statement, sizes: dict[str, int], rows: int, rng: np.random.Generator
) -> Cloud:
    """``rows`` points of one shape: half generic, the rest shared among the strata."""
    names = strata_of(statement)
    per = max(2, rows // (2 * max(1, len(names) - 1)))
    counts = {GENERIC: max(2, rows // 2), **dict.fromkeys(names[1:], per)}
    shapes = statement.raw_shapes(sizes)
    blocks: dict[str, list[np.ndarray]] = {k: [] for k in shapes}
    labels: list[str] = []
    moved: list[np.ndarray] = []
    for stratum, n in counts.items():
        raws = {k: rng.standard_normal((n, *s)) for k, s in shapes.items()}
        for k in statement.sign_raws:
            raws[k] = np.where(raws[k] < 0, -1.0, 1.0)
        inside = [d for d in statement.form.given.items() if stratum in d[1].strata]
        # Some inputs of a row stay generic, and in half of the rows all but one do.
        masks = (rng.random((len(inside), n)) < 0.75) & (rng.random(n) < 0.5)
        if inside:
            masks[rng.integers(len(inside), size=n), np.arange(n)] = True
        for mask, (name, domain) in zip(masks, inside, strict=True):
            own = {part: raws[f"{name}.{part}"] for part in domain.raw}
            for part, v in domain.moved(stratum, own, rng).items():
                pick = mask.reshape((n,) + (1,) * (v.ndim - 1))
                raws[f"{name}.{part}"] = np.where(pick, v, own[part])
        for k, v in raws.items():
            blocks[k].append(v)
        labels += [stratum] * n
        moved.append(2 ** np.arange(len(inside)) @ masks if inside else np.zeros(n, dtype=int))
    return Cloud(
        sizes, {k: np.concatenate(v) for k, v in blocks.items()}, labels, np.concatenate(moved)
    )
