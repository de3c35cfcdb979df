"""Search: gradient ascent on the violation, from many starts at once.

A random sample does not find a violation that lives in a small ball in many dimensions; the
gradient of the two sides' difference does.  Starts come from all strata and are shared among the
parts, each of which is climbed by itself.  What the search finds is a proposal: certified by balls
or rationals, or nothing.
"""

from __future__ import annotations

import numpy as np
import torch

from fieldcheck.arithmetic.array import Unsupported
from fieldcheck.arithmetic.floating import batched
from fieldcheck.evidence.draws import numpy_stream, stream
from fieldcheck.evidence.floats import residuals
from fieldcheck.evidence.methods.sample import Proposal, floor_of
from fieldcheck.evidence.minimize import smallest
from fieldcheck.evidence.points import cloud, strata_of
from fieldcheck.evidence.profiles import Profile
from fieldcheck.evidence.statement import Statement
from fieldcheck.evidence.witness import certified
from fieldcheck.verdict import Evidence, Report, Why

FLAT = 1e-20
"""Equalities whose squared residual stays below this at every start are flat: nothing to climb."""


def objective(statement: Statement, raws: dict[str, torch.Tensor]) -> torch.Tensor:
    """What the search climbs, for every point and pointwise part: the difference of the sides,
    scaled by a frozen size."""

    def body(xp, values):
        out = []
        for sides in statement.sides(xp, values):
            gap = (sides.left - sides.right).data
            size = 1 + torch.maximum(sides.left.data.abs().amax(), sides.right.data.abs().amax())
            size = size.detach()
            if sides.order:
                out.append((gap / size).amax())
            else:
                out.append(((gap / size).abs() ** 2).amax())
        return torch.stack(out)

    return batched(body, raws)


def run(statement: Statement, profile: Profile, seed: int) -> Evidence:
    report = Report("search")
    kinds, columns = statement.kinds(), statement.pointwise
    rng = numpy_stream(statement.key, "search", seed)
    watched = [(c, kinds[part]) for c, part in enumerate(columns) if statement.watches(part)]
    if not watched:
        return report.not_concerned()
    ordered = any(kind == "AtMost" for _, kind in watched)
    shapes = shapes_for(statement)
    visited = dict.fromkeys(strata_of(statement), 0)
    cases = 0
    worst: list[Proposal] = []
    proposals: list[Proposal] = []
    for sizes in shapes:
        points = cloud(statement, sizes, profile.starts, rng)
        for name in points.strata:
            visited[name] += 1
        climbs = torch.tensor([column for column, _ in watched])
        climbs = climbs[torch.arange(len(points.strata)) % len(watched)]
        try:
            steps = _climb(statement, points.raws, climbs, profile.steps, ordered)
        except (Unsupported, NotImplementedError) as reason:
            return report.silent(Why.UNSUPPORTED, f"no gradient: {reason}")
        cases += steps * len(points.strata)
        if ordered:
            cases += _polish(statement, points.raws, climbs, 3 * profile.steps)
        ratio, _ = residuals(statement, {k: torch.from_numpy(v) for k, v in points.raws.items()})
        r = ratio.numpy()
        for column, kind in watched:
            ranked = np.argsort(-r[:, column])[: profile.proposals]
            best = [Proposal(float(r[k, column]), points, int(k)) for k in ranked]
            worst.append(best[0])
            proposals += [p for p in best if p.value > floor_of(kind)]
    picker = stream(statement.key, "search/witness", seed)
    counted = dict(cases=cases, shapes=len(shapes), strata=visited)
    for proposal in sorted(proposals, key=lambda p: -p.value):
        raw = proposal.points.row(proposal.row)
        if certified(statement, proposal.points.sizes, raw):
            witness = smallest(statement, proposal.points.sizes, raw, picker)
            return report.refutes(witness, "enclosed", **counted)
    top = max(worst, key=lambda p: p.value)
    return report.confirms(
        columns, "sampled", detail="failed to refute", worst=top.record(), **counted
    )


def shapes_for(statement: Statement) -> list[dict[str, int]]:
    """The smallest shape, a middle one and the largest."""
    grid = statement.grid()
    return [grid[k] for k in dict.fromkeys((0, len(grid) // 2, len(grid) - 1))]


def _own(values: torch.Tensor, climbs: torch.Tensor) -> torch.Tensor:
    """Of every row the value of the part that it climbs."""
    return values.gather(1, climbs[:, None])[:, 0]


def _climb(
    statement: Statement,
    raws: dict[str, np.ndarray],
    climbs: torch.Tensor,
    steps: int,
    order: bool,
) -> int:
    """Move every start uphill (Adam with a step that decays); rows that overflow stay put."""
    leaves = {k: torch.from_numpy(v.copy()).requires_grad_() for k, v in raws.items()}
    first = {k: torch.zeros_like(v) for k, v in leaves.items()}
    second = {k: torch.zeros_like(v) for k, v in leaves.items()}
    best = torch.full((len(next(iter(raws.values()))),), -torch.inf, dtype=torch.float64)
    kept = {k: torch.from_numpy(v.copy()) for k, v in raws.items()}
    done = 0
    for step in range(1, steps + 1):
        value = _own(objective(statement, leaves), climbs)
        finite = torch.isfinite(value.detach())
        if not finite.any():
            break
        better = finite & (value.detach() > best)
        best = torch.where(better, value.detach(), best)
        for k, leaf in leaves.items():
            pick = better.reshape((-1,) + (1,) * (leaf.ndim - 1))
            kept[k] = torch.where(pick, leaf.detach(), kept[k])
        done = step
        if not order and step == 2 and float(best.max()) < FLAT:
            break
        if not value.requires_grad:
            break
        grads: tuple[torch.Tensor | None, ...] = torch.autograd.grad(
            torch.where(finite, value, 0).sum(), list(leaves.values()), allow_unused=True
        )
        rate = 0.3 * (1 - step / (steps + 1)) + 0.01
        with torch.no_grad():
            for (k, leaf), g in zip(leaves.items(), grads, strict=True):
                if g is None:
                    continue
                g = torch.nan_to_num(g, 0.0, 0.0, 0.0)
                first[k].mul_(0.8).add_(g, alpha=0.2)
                second[k].mul_(0.95).addcmul_(g, g, value=0.05)
                move = first[k] / (1 - 0.8**step)
                scale = (second[k] / (1 - 0.95**step)).sqrt() + 1e-30
                leaf.add_(rate * move / scale)
    for k in raws:
        raws[k][...] = kept[k].numpy()
    return done


POLISHED = 32
"""Starts that are polished: those closest to a violation."""


def _polish(
    statement: Statement, raws: dict[str, np.ndarray], climbs: torch.Tensor, steps: int
) -> int:
    """Climb the relative violation of the best points with a step of their own each.

    An inequality that is false by a part in 10^12 is violated only within 10^-6 of the set where
    the sides meet: a fixed step never lands there, one that adapts does.
    """
    tensors = {k: torch.from_numpy(v) for k, v in raws.items()}
    start = _own(residuals(statement, tensors)[0], climbs)
    rows = torch.argsort(start, descending=True)[:POLISHED]
    now = {k: v[rows].clone() for k, v in tensors.items()}
    value, climbs = start[rows], climbs[rows]
    step = torch.full_like(value, 1e-2)
    for _ in range(steps):
        leaves = {k: v.clone().requires_grad_() for k, v in now.items()}
        climbed = _own(residuals(statement, leaves)[0], climbs)
        if not climbed.requires_grad:
            return 0
        finite = torch.isfinite(climbed.detach())
        grads = torch.autograd.grad(
            torch.where(finite, climbed, 0).sum(), list(leaves.values()), allow_unused=True
        )
        trial = {}
        for (k, v), g in zip(now.items(), grads, strict=True):
            move = torch.zeros_like(v) if g is None else torch.nan_to_num(g, 0.0, 0.0, 0.0)
            trial[k] = v + step.reshape((-1,) + (1,) * (v.ndim - 1)) * move
        reached = _own(residuals(statement, trial)[0], climbs)
        better = reached > value
        for k, v in now.items():
            now[k] = torch.where(better.reshape((-1,) + (1,) * (v.ndim - 1)), trial[k], v)
        value = torch.where(better, reached, value)
        step = torch.where(better, step * 2, step / 3)
    for k in raws:
        raws[k][rows.numpy()] = now[k].numpy()
    return steps * len(rows)
