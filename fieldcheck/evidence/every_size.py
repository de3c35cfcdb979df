"""Every size from finitely many: which sizes must be visited, and whether they were enough.

The theorem (evidence chapter): a number made of inputs by sums and products vanishes at all sizes
if it does at one more value of each size than it has summation indices running over it, in every
combination.  :class:`Plan` runs the body on names instead of lengths and says which values these
are.  A *symbol* whose argument has indices of its own may be the same as another at small sizes
only: such coincidences are compared between the sizes visited, and count only if they do not
change.
"""

from __future__ import annotations

import inspect
import math
import re
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from fieldcheck.arithmetic.array import Unsupported, Value
from fieldcheck.arithmetic.indices import Axis, Count, Indices, most, named
from fieldcheck.arithmetic.informed import Informed
from fieldcheck.arithmetic.sign import Exceptional, Known
from fieldcheck.evidence.statement import Statement
from fieldcheck.evidence.watching import watching

MOST = 420
"""Shapes that a proof for every size may visit."""

LARGEST_SIZE = 24
"""The largest value of one size that is visited for it."""

CUTOFFS = 3
"""How many of the smallest sizes may show coincidences that larger ones do not."""


@dataclass(frozen=True)
class Plan:
    """What a proof of one part for every size takes, or why there is none.

    indices:  for each size the number of summation indices of the residual
    drawn:    the calls of a division whose divisor is drawn
    sites:    the axes of the symbols
    nonlocal_: do symbols depend on how many others there are?
    split:    places of a size that stand apart
    visible:  is an order's gap nonnegative by its form at every size?
    rules:    of each function whose rules depend on a sign: is it known at every size?
    exceptions: where a rule has exceptions that nothing excludes at every size
    ended:    why the indices cannot be counted
    """

    indices: Mapping[str, int] = field(default_factory=dict)
    drawn: frozenset[int] = frozenset()
    sites: tuple[tuple[Axis, ...], ...] = ()
    nonlocal_: bool = False
    split: Mapping[str, int] = field(default_factory=dict)
    visible: bool = True
    rules: tuple[bool, ...] = ()
    exceptions: tuple[Exceptional, ...] = ()
    ended: str = ""

    def values(self, name: str, least: int, allowed: list[int] | None, cut: int) -> list[int]:
        """The values of a size that decide it: one more than there are indices, from the least."""
        many = max(self.indices.get(name, 0) + 1, self._apart(name)) if self.nonlocal_ else 0
        many = max(many, self.indices.get(name, 0) + 1)
        first = max(least, self.split.get(name, 0))
        if allowed is not None:
            own = [n for n in allowed if n >= first]
            return own[cut : cut + many] if len(own) >= cut + many else []
        return list(range(first + cut, first + cut + many))

    def _apart(self, name: str) -> int:
        """Two entries of symbols may have so many different indices."""
        most = max((sum(named(x).count(name) for x in axes) for axes in self.sites), default=0)
        return 2 * most + self.split.get(name, 0)


def plan(statement: Statement, part: int) -> Plan:
    """The plan of one part; ``ended`` says where the argument stops, if it does."""
    watched = watching(statement)
    if watched:
        return Plan(ended=watched)
    drawn: frozenset[int] = frozenset()
    try:
        for _ in range(8):
            counted = _run(statement, part, drawn)
            if not counted[0].first.blocked:
                return _planned(*counted, drawn)
            drawn |= counted[0].first.blocked
        return Plan(ended="divisors that depend on what is summed over")
    except Exception as fault:
        return Plan(ended=_where(statement, fault))


def _planned(xp: Informed, residual: Count, visible: bool, drawn: frozenset[int]) -> Plan:
    indices: Indices = xp.first
    if indices.doubtful:
        return Plan(ended="a divisor may vanish identically at some size")
    if indices.nonlocal_ and any(len(named(axis)) > 1 for s in indices.sites for axis in s):
        return Plan(ended="a symbol along a product of sizes")
    counts = Indices.of(residual)
    if indices.nonlocal_:  # whether two symbols are the same is an identity of its own
        counts = {s: math.ceil(n) for s, n in most(counts, indices.compared).items()}
    return Plan(
        counts,
        drawn,
        tuple(indices.sites),
        indices.nonlocal_,
        {name: max(0, first) + max(0, last) for name, (first, last) in indices.split.items()},
        visible,
        tuple(xp.rules),
        tuple(xp.exceptions),
    )


def _run(statement: Statement, part: int, drawn: frozenset[int]) -> tuple[Informed, Count, bool]:
    """(what was met, the residual, whether a gap is nonnegative by its form)."""
    indices = Indices()
    lengths = {name: 3 + k for k, name in enumerate(statement.size_names)}
    xp = Informed(indices, drawn, lengths)
    raws = {}
    apart = statement.nonzero_raws
    for name, dims in _raw_axes(statement).items():
        shape = tuple(xp._length(indices._length(axis)) for axis in dims)
        counted = indices.variable(name, dims).data
        raws[name] = xp.informed(counted, Known(shape, real=True, nonzero=name in apart))
    relations = statement.relations(xp, raws)
    relation = relations[part]
    direction = _direction(indices, xp, relation, part)
    sides = relation.sides(xp, direction)
    if not sides.order:
        return xp, (sides.left - sides.right).data[0], True
    residual = (sides.right - sides.left) - sides.room
    return xp, residual.data[0], sides.room.data[1].nonneg


def _raw_axes(statement: Statement) -> dict[str, tuple[Axis, ...]]:
    return {
        f"{name}.{part}": tuple(_axis(d) for d in dims)
        for name, domain in statement.form.given.items()
        for part, dims in domain.raw.items()
    }


def _axis(dim: str | int) -> Axis:
    """An axis from its name: 3, "N", "n-1", "n+1", "2*n" or "G*S"."""
    if isinstance(dim, int):
        return () if dim == 1 else (dim,)
    atoms: list[Any] = []
    for factor in dim.split("*"):
        match = re.fullmatch(r"([A-Za-z]+)((?:[+-]\d+)*)|(\d+)", factor.strip())
        if not match or (match[2] and "*" in dim):
            raise Unsupported(f"a dimension {dim!r}")
        if match[3]:
            atoms += [int(match[3])] if int(match[3]) > 1 else []
        else:
            atoms.append((match[1], -sum(map(int, re.findall(r"[+-]\d+", match[2]))), 0))
    return tuple(atoms)


def _direction(indices: Indices, xp: Informed, relation: Any, part: int) -> Value | None:
    shape = relation.direction()
    if shape is None:
        return None
    axes = tuple(indices._axis(n) for n in shape)
    lengths = tuple(xp._length(n) for n in shape)
    whole = indices.variable(f"direction{part}", axes, held=True)
    known = Known(lengths, real=not relation.direction_is_complex)
    return xp.informed(whole.data, known)


def _where(statement: Statement, fault: Exception) -> str:
    """What ended the count, and the line of the body where it did."""
    source = inspect.getsourcefile(
        inspect.unwrap(getattr(statement.form.body, "func", statement.form.body))
    )
    frames = [f for f in traceback.extract_tb(fault.__traceback__) if f.filename == source]
    line = f" (line {frames[-1].lineno}: {frames[-1].line})" if frames else ""
    what = fault.primitive if isinstance(fault, Unsupported) else f"{type(fault).__name__}: {fault}"
    return f"{what}{line}"


# -- coincidences --------------------------------------------------------------------------------
def coincidences(
    plan: Plan, sites: list[np.ndarray], below: Mapping[str, int]
) -> tuple[tuple[str, int, bool], ...]:
    """Which entries of symbols are the same, opposite or resolved, of those with indices below some
    bounds.  What a symbol is called at a point says nothing: only which are the same."""
    first: dict[Any, tuple[int, Any]] = {}
    out = []
    for axes, site in zip(plan.sites, sites, strict=True):
        cut: list[slice] = [slice(None)]  # value and conjugate
        for axis in axes:
            names = named(axis)
            cut.append(slice(below[names[0]]) if names else slice(None))
        for kind, key, *flag in site[tuple(cut)].ravel():
            group = ALSO.get(kind, kind), key
            number, lead = first.setdefault(group, (len(first), flag))
            out.append((kind, number, bool(flag and flag[0]) if kind == "sqrt" else flag == lead))
    return tuple(out)


ALSO = {"back": "exp", "log back": "log"}
"""An argument given back belongs to the symbol it was the argument of."""


# -- the sizes that decide -----------------------------------------------------------------------
def allowed(statement: Statement, sizes: Mapping[str, int]) -> bool:
    """Does the statement speak of these sizes?"""
    listed = statement.form.sizes
    return all(n in listed[name] for name, n in sizes.items() if name in listed)


def grid(statement: Statement, plan: Plan, cut: int) -> dict[str, list[int]]:
    """The values of each size that decide it: the author's own where they are enough."""
    out = {}
    for name in statement.size_names:
        own = statement.form.sizes.get(name)
        least = own[0] if own else 1
        values = plan.values(name, least, list(own), cut) if own else []
        out[name] = values or plan.values(name, least, None, cut)
    return out


def steady(
    plan: Plan, passed: Mapping[tuple[int, ...], list[np.ndarray]], values: Mapping[str, list[int]]
) -> bool:
    """Do the symbols coincide at all these shapes as they do at the largest?"""
    if any(len(sites) != len(plan.sites) for sites in passed.values()):
        return False  # another formula at another size
    names = list(values)
    last = passed[tuple(values[name][-1] for name in names)]
    for shape, sites in passed.items():
        below = {name: min(n, plan._apart(name)) for name, n in zip(names, shape, strict=True)}
        if coincidences(plan, sites, below) != coincidences(plan, last, below):
            return False
    return True
