"""Where kinks meet: points in every cell around a corner, at all distances.

A search that has been on both sides of every kink has not been in every cell between them: of
relu(x) relu(y) relu(10^-3 - x - y) each factor is seen to be positive, and all of them are in a
triangle alone.  Newton's method goes to where some arguments vanish at once; from there each cell
lies in the direction in which they take its signs, and at some distance nothing else cuts it off.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch

from fieldcheck.evidence.ascent import columns, table, uncolumned
from fieldcheck.evidence.kinks import CLOSE, SIDES, newton, watched
from fieldcheck.evidence.points import within
from fieldcheck.evidence.statement import Statement

ENTRIES, ARGUMENTS = 12, 8
"""Raw entries of the largest point that is moved, and arguments that are brought to zero."""

TOGETHER, CORNERS, STARTS = 3, 40, 2
"""Arguments that vanish at a corner, choices of them, and starts for each."""

STEPS = 6

DISTANCES = 10.0 ** np.arange(-10, 4)
"""How far from zero the arguments are taken."""

Raws = dict[str, np.ndarray]


def beside_corners(statement: Statement, raws: Raws, rng: np.random.Generator) -> Raws | None:
    """Points around the corners that some starts lead to, or None if no two kinks meet."""
    many = columns(raws)
    free = np.concatenate(
        [np.full(v[0].size, k not in statement.sign_raws) for k, v in raws.items()]
    )
    if not len(many) or not 1 < free.sum() <= ENTRIES:
        return None
    bends = _Bends.of(statement, raws, free, rng)
    chosen = bends.choices(rng)
    if not len(chosen):
        return None
    chosen = np.repeat(chosen, STARTS, axis=0)
    now = many[rng.integers(len(many), size=len(chosen))]
    for _ in range(STEPS):
        value, slope = bends.linearized(now, chosen)
        now = now + newton(value, slope)
    value, slope = bends.linearized(now, chosen)
    arrived = (np.abs(value) <= CLOSE * (1 + np.abs(now).max(axis=1, keepdims=True))).all(axis=1)
    now, slope, chosen = now[arrived], slope[arrived], chosen[arrived]
    found = []
    for signs in itertools.product((-1.0, 1.0), repeat=TOGETHER):
        there = chosen >= 0  # what is not there is taken once
        used = (there | (np.array(signs) > 0)).all(axis=1)
        along = newton(np.where(there[used], signs, 0.0), slope[used])
        apart = now[used][:, None] + DISTANCES[:, None] * along[:, None]
        found.append(apart.reshape(-1, len(free)))
    points = np.concatenate(found)
    return within(statement, uncolumned(points, raws)) if len(points) else None


@dataclass
class _Bends:
    """Real arguments of whatever has two sides, as (call, which of its entries)."""

    statement: Statement
    raws: Raws
    free: np.ndarray
    members: list[tuple[int, int]]

    @classmethod
    def of(
        cls, statement: Statement, raws: Raws, free: np.ndarray, rng: np.random.Generator
    ) -> _Bends:
        few = {k: torch.from_numpy(v[:2]) for k, v in raws.items()}
        with torch.no_grad():
            _, sites, groups = watched(statement, few)
        members = [
            (k, entry)
            for k, (site, group) in enumerate(zip(sites, groups, strict=True))
            if site.kind == SIDES
            for entry in range(group.shape[1])
        ]
        picks = sorted(rng.permutation(len(members))[:ARGUMENTS].tolist())
        return cls(statement, raws, free, [members[k] for k in picks])

    def choices(self, rng: np.random.Generator) -> np.ndarray:
        """Which arguments meet, two or more; -1 in place of a last one that does not."""
        most = min(TOGETHER, int(self.free.sum()), len(self.members))
        found = [
            [*some, *[-1] * (TOGETHER - n)]
            for n in range(2, most + 1)
            for some in itertools.combinations(range(len(self.members)), n)
        ]
        picks = sorted(rng.permutation(len(found))[:CORNERS].tolist())
        return np.array([found[k] for k in picks], dtype=int)

    def linearized(self, points: np.ndarray, chosen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The chosen arguments of every point and their derivatives; zeros for what is none."""
        leaf = torch.from_numpy(points).requires_grad_()
        raws: Mapping[str, torch.Tensor] = table(leaf, self.raws)
        _, _, groups = watched(self.statement, dict(raws))
        every = [groups[k][:, entry, 0] for k, entry in self.members]
        slopes = [np.zeros_like(points)]
        for value in every:
            rate = None
            if value.requires_grad:
                total = torch.where(torch.isfinite(value), value, 0).sum()
                (rate,) = torch.autograd.grad(total, leaf, retain_graph=True, allow_unused=True)
            slopes.append(np.zeros_like(points) if rate is None else rate.numpy() * self.free)
        rows = np.arange(len(points))[:, None]
        values = [np.zeros(len(points)), *(v.detach().numpy() for v in every)]
        of_all = (np.stack(values, axis=1), np.stack(slopes, axis=1))
        value, slope = (np.nan_to_num(t[rows, chosen + 1]) for t in of_all)
        return value, slope
