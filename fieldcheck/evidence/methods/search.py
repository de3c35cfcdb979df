"""Search: gradient ascent on the violation, from many starts at once, and a look at every kink.

A random sample does not find a violation that lives in a small ball in many dimensions; the
gradient of the two sides' difference does.  Starts come from all strata and are shared among the
parts, each of which is climbed by itself.  Then Newton's method goes to the zeros of whatever has a
kink, a pole, a cut or an exceptional point there.  What the search finds is a proposal: certified
by balls or rationals, or nothing.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

import numpy as np
import torch

from fieldcheck.arithmetic.array import Unsupported, Value
from fieldcheck.arithmetic.floating import Float, batched
from fieldcheck.evidence.ascent import ascend, columns
from fieldcheck.evidence.beyond import highest
from fieldcheck.evidence.corners import beside_corners
from fieldcheck.evidence.deeper import TOUCHING, beside_edges, closest
from fieldcheck.evidence.draws import Raw, numpy_stream, stream
from fieldcheck.evidence.floats import residuals, violations
from fieldcheck.evidence.floats import within as inside
from fieldcheck.evidence.methods.sample import Refuted, Survey, conclusion, refutation, settle
from fieldcheck.evidence.minimize import smallest
from fieldcheck.evidence.points import SCALES, Cloud, cloud, spread, within
from fieldcheck.evidence.profiles import Profile
from fieldcheck.evidence.statement import Statement
from fieldcheck.evidence.witness import certified
from fieldcheck.verdict import Evidence, Report, Why, Witness

FLAT = 1e-20
"""Equalities whose squared residual stays below this at every start are flat: nothing to climb."""

POLISHED = 32
"""Starts that are polished: those closest to a violation."""

BENDS, LONG = 12, 1000
"""Steps of that for one of the first climb: a curved ridge takes hundreds; and the least of points
with few entries, where it takes as many as it must."""

MEETINGS = 4
"""Points of one shape at which the sides of an order meet and more digits are taken."""

CORNER = "where kinks meet"
"""The stratum of points around corners."""

FEW, SCAN, BEST = 3, 128, 48
"""Raw entries of a point so small that many are looked at, how many for each start, and those that
are climbed from: of waves whose tops differ by little the climb alone finds some."""

HIGH = 64
"""Starts at a shape larger than all that are listed."""

STARTS = 4
"""Points of one shape from which edges of hypotheses are looked for."""

Near = tuple[int, dict[str, int], Raw]
"""A part, the sizes and a point."""


def objective(statement: Statement, raws: dict[str, torch.Tensor]) -> torch.Tensor:
    """What the search climbs, for every point and pointwise part: the difference of the sides,
    scaled by a frozen size."""

    def body(xp: Float, values: dict[str, Value]) -> torch.Tensor:
        out = []
        met = inside(statement, xp, values)
        for sides in statement.sides(xp, values):
            gap = (sides.left - sides.right).data
            size = 1 + torch.maximum(sides.left.data.abs().amax(), sides.right.data.abs().amax())
            size = size.detach()
            if sides.order:
                out.append((gap / size).amax())
            else:
                out.append(((gap / size).abs() ** 2).amax())
        found = torch.stack(out)
        return torch.where(met, found, torch.full_like(found, -torch.inf))

    climbed: torch.Tensor = batched(body, raws)
    return climbed


def run(statement: Statement, profile: Profile, seed: int) -> Evidence:
    report = Report("search")
    survey = Survey(statement, profile.proposals)
    if not survey.parts or not statement.raw_shapes(statement.smallest):
        return report.not_concerned()
    rng = numpy_stream(statement.key, "search", seed)
    shapes = [sizes for sizes in shapes_for(statement) if not statement.is_shown(sizes)]
    larger = _larger(survey)
    if not shapes and larger is None:
        return report.not_concerned()
    report.shapes = len(shapes)
    touching: list[Near] = []
    edges: list[tuple[dict[str, int], Raw]] = []
    try:
        for sizes in shapes:
            points = cloud(statement, sizes, profile.starts, rng, far=False)
            if few(points):
                best = _scanned(survey, sizes, SCAN * profile.starts, rng)
                points = Cloud.joined([points, best])
            most = max(BENDS * profile.steps, LONG if few(points) else 0)
            climbed(survey, points, profile.steps, most)
            touching += _near(survey, points)
            edges += _within(survey, points)
            near = cloud(statement, sizes, profile.batch, rng, far=False).raws
            settle(survey, sizes, near, survey.sites.seen, rng)
            if (corners := beside_corners(statement, near, rng)) is not None:
                survey.visit(Cloud.of(sizes, corners, CORNER))
        survey.finish()
        if larger is not None:
            high = cloud(statement, larger, HIGH, rng, far=False)
            climbed(survey, high, profile.steps, profile.steps)
            survey.beyond.append(larger)
        deep = stream(statement.key, "search/touching", seed)
        witness = _touching(survey, touching, deep) or _edges(survey, edges, deep)
        if witness is not None:
            return report.refutes(witness, "enclosed", cases=survey.cases)
    except (Unsupported, NotImplementedError) as reason:
        return report.silent(Why.UNSUPPORTED, f"no gradient: {reason}")
    except Refuted as refuted:
        return refutation(report, survey, refuted, stream(statement.key, "search/witness", seed))
    return conclusion(report, survey, [])


def _larger(survey: Survey) -> dict[str, int] | None:
    """A shape beyond those that are listed, at which the orders are climbed too."""
    statement = survey.statement
    ordered = any(survey.kinds[part] == "AtMost" for part in survey.parts)
    if not ordered or statement.is_shown() or statement.fault is not None:
        return None
    return highest(statement)


def few(points: Cloud) -> bool:
    return bool(columns(points.raws).shape[1] <= FEW)


def _scanned(survey: Survey, sizes: dict[str, int], rows: int, rng: np.random.Generator) -> Cloud:
    """Of many points those at which some part comes closest to a violation."""
    points = spread(survey.statement, sizes, rows, rng)
    raws = {k: torch.from_numpy(v) for k, v in points.raws.items()}
    with torch.no_grad():
        value = objective(survey.statement, raws)[:, [survey.columns[k] for k in survey.parts]]
    each = np.unique(torch.nan_to_num(value, nan=-torch.inf).topk(BEST, dim=0).indices.numpy())
    survey.cases += rows
    return Cloud.of(sizes, {k: v[each] for k, v in points.raws.items()}, SCALES)


def _touching(survey: Survey, near: Sequence[Near], rng: random.Random) -> Witness | None:
    """A point at which an order fails by less than floats tell from nothing."""
    statement = survey.statement
    for part, sizes, raw in near if statement.fault is None else ():
        found = closest(statement, raw, part)
        if found is not None and certified(statement, sizes, found):
            return smallest(statement, sizes, found, rng)
    return None


def _near(survey: Survey, points: Cloud) -> Iterator[Near]:
    """Of each order a few points, apart from each other, at which its sides meet as far as floats
    tell."""
    raws = {k: torch.from_numpy(v) for k, v in points.raws.items()}
    with torch.no_grad():
        values = objective(survey.statement, raws)
    for part in survey.parts:
        if survey.kinds[part] != "AtMost":
            continue
        column = values[:, survey.columns[part]]
        places: set[tuple[bytes, ...]] = set()
        for k in torch.argsort(column, descending=True)[:POLISHED].tolist():
            place = tuple(np.round(v[k], 3).tobytes() for v in points.raws.values())
            if place not in places and len(places) < MEETINGS and column[k] > -TOUCHING:
                places.add(place)
                yield part, points.sizes, points.row(k)


def _edges(
    survey: Survey, near: Sequence[tuple[dict[str, int], Raw]], rng: random.Random
) -> Witness | None:
    """A point closer to the edges of the hypotheses than floats tell, at which a part fails."""
    statement = survey.statement
    if statement.fault is not None:
        return None
    orders = [part for part in survey.parts if survey.kinds[part] == "AtMost"]
    for sizes, raw in near:
        for part in (None, *orders):
            for found in beside_edges(statement, raw, part):
                survey.cases += 1
                if certified(statement, sizes, found):
                    return smallest(statement, sizes, found, rng)
    return None


def _within(survey: Survey, points: Cloud) -> Iterator[tuple[dict[str, int], Raw]]:
    """A few points that meet the hypotheses beside the domains, those first that look worst."""
    if not survey.statement.form.where:
        return
    raws = {k: torch.from_numpy(v) for k, v in points.raws.items()}
    with torch.no_grad():
        worst = objective(survey.statement, raws).amax(dim=1)
    met = torch.argsort(worst, descending=True)[: int((worst > -torch.inf).sum())].tolist()
    spread = met[:: max(1, len(met) // STARTS)]
    for k in dict.fromkeys([*met[: STARTS // 2], *spread[: STARTS // 2]]):
        yield points.sizes, points.row(k)


def climbed(survey: Survey, points: Cloud, steps: int, polish: int) -> None:
    """Climb from a batch of starts, those of an order in a second climb that bends, and look at
    where that leads."""
    statement = survey.statement
    columns = [survey.columns[part] for part in survey.parts]
    climbs = torch.tensor(columns)[torch.arange(len(points.strata)) % len(columns)]
    ordered = any(survey.kinds[part] == "AtMost" for part in survey.parts)
    done = _climb(statement, points.raws, climbs, steps, ordered)
    survey.cases += done * len(points.strata)
    if ordered:
        survey.cases += _polish(statement, points.raws, climbs, polish)
    points.raws.update(within(statement, points.raws))
    survey.visit(points)


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
    leaves = {k: torch.from_numpy(v.copy()) for k, v in raws.items()}
    for k in leaves.keys() - statement.sign_raws:
        leaves[k].requires_grad_()
    free = {k: leaf for k, leaf in leaves.items() if leaf.requires_grad}
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
            torch.where(finite, value, 0).sum(), list(free.values()), allow_unused=True
        )
        rate = 0.3 * (1 - step / (steps + 1)) + 0.01
        with torch.no_grad():
            for (k, leaf), g in zip(free.items(), grads, strict=True):
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


def _polish(
    statement: Statement, raws: dict[str, np.ndarray], climbs: torch.Tensor, steps: int
) -> int:
    """Climb the violation of the best points with a step of their own each: every other row the
    relative one, the others that which it is.

    An inequality that is false by a part in 10^12 is violated only within 10^-6 of the set where
    the sides meet: a fixed step never lands there, one that adapts does.
    """
    start = _own(residuals(statement, {k: torch.from_numpy(v) for k, v in raws.items()}), climbs)
    rows = torch.argsort(start, descending=True)[:POLISHED]
    best, climbs = rows.numpy(), climbs[rows]
    relative = torch.arange(len(rows)) % 2 == 0
    body = lambda xp, values: torch.stack(
        [torch.stack(pair) for pair in violations(statement, xp, values)], dim=1
    )

    def height(tensors: dict[str, torch.Tensor]) -> torch.Tensor:
        both: torch.Tensor = batched(body, tensors)
        return torch.where(relative, _own(both[:, 0], climbs), _own(both[:, 1], climbs))

    moved = ascend(
        height,
        {k: v[best] for k, v in raws.items()},
        steps,
        fixed=statement.sign_raws,
    )
    for k in raws:
        raws[k][best] = moved[k]
    return steps * len(best)
