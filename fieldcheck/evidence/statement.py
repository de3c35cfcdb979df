"""Running a form: sizes, raw parameters, inputs, and the two sides it asserts.

A :class:`Statement` is a form, possibly with a planted fault (for the detection threshold).  Every
method asks it for sides in its own arithmetic.
"""

from __future__ import annotations

import hashlib
import itertools
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np

from fieldcheck.arithmetic.array import Unsupported, Value
from fieldcheck.arithmetic.multiprecision import Multiprecision
from fieldcheck.arithmetic.sign import Sign
from fieldcheck.claim import Form
from fieldcheck.relations import Sides, parts_of

Raw = dict[str, Any]
"""Raw parameters by name "X.re", in whatever representation the method uses."""


POINTWISE = {"Equal", "Zero", "Force", "Gradient", "AtMost"}
"""Relations with two sides at a point.  A statement may have other parts beside such."""

GENERIC = "generic"
"""The stratum of points with nothing special about them."""


def stream(form_key: str, method: str, seed: int) -> random.Random:
    """A random stream of its own for every form and method (no draw depends on another's)."""
    return random.Random(f"{seed}/{form_key}/{method}")


def numpy_stream(form_key: str, method: str, seed: int) -> np.random.Generator:
    digest = hashlib.sha256(f"{seed}/{form_key}/{method}".encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:16], "big"))


@dataclass(frozen=True)
class Fault:
    """A planted perturbation r + 10^-k s D of one part, D a fixed pattern of signs."""

    k: int
    part: int
    pattern: int

    def signs(self, shape: tuple[int, ...]) -> np.ndarray:
        rng = np.random.default_rng(self.pattern)
        return rng.integers(0, 2, size=shape) * 2 - 1


@dataclass(frozen=True)
class Statement:
    """One form as a universally quantified relation between two sides."""

    form: Form
    fault: Fault | None = None

    @property
    def key(self) -> str:
        return self.form.key

    def faulty(self, k: int, part: int) -> Statement:
        pattern = int.from_bytes(hashlib.sha256(self.form.claim_id.encode()).digest()[:8], "big")
        return replace(self, fault=Fault(k, part, pattern))

    def watches(self, part: int) -> bool:
        """Is a part to be examined?  Of a planted fault only its own part is."""
        return self.fault is None or self.fault.part == part

    def parts(self, *names: str) -> list[int]:
        """The parts of these kinds that are to be examined."""
        relations = self.probe(self.smallest)
        return [k for k, r in enumerate(relations) if r.name in names and self.watches(k)]

    @cached_property
    def pointwise(self) -> list[int]:
        """The parts that have two sides at a point, in the order in which ``sides`` gives them."""
        return [k for k, name in enumerate(self.kinds()) if name in POINTWISE]

    # -- shapes ------------------------------------------------------------------------------
    @cached_property
    def size_names(self) -> list[str]:
        return self.form.size_names()

    def grid(self, largest: int) -> list[dict[str, int]]:
        """All sizes to visit: every pair for two names; beyond 36 shapes a covering subset in
        which every pair of values of any two names still occurs.  ``largest`` is a matter of cost
        and leaves the sizes alone that are part of the statement (``every_size``)."""
        names = self.size_names
        ranges = [list(self.form.sizes.get(n, range(1, 7))) for n in names]
        kept = self.form.sizes if self.form.every_size else ()
        cut = [
            r if n in kept else [v for v in r if v <= largest] or r[:1]
            for n, r in zip(names, ranges, strict=True)
        ]
        full = [dict(zip(names, values, strict=True)) for values in itertools.product(*cut)]
        if len(full) <= 36:
            return full
        return list(_pairwise(names, cut))

    @property
    def smallest(self) -> dict[str, int]:
        return self.grid(1)[0]

    def raw_shapes(self, sizes: dict[str, int]) -> dict[str, tuple[int, ...]]:
        shapes = {
            f"{name}.{part}": shape
            for name, domain in self.form.given.items()
            for part, shape in domain.raw_shapes(sizes).items()
        }
        for k, (shape, is_complex) in enumerate(self._directions(tuple(sizes.items()))):
            if shape is not None:
                shapes[f"direction{k}.re"] = shape
                if is_complex:
                    shapes[f"direction{k}.im"] = shape
        return shapes

    def _directions(self, sizes) -> list[tuple[tuple[int, ...] | None, bool]]:
        return [(r.direction(), r.direction_is_complex) for r in self.probe(dict(sizes))]

    def probe(self, sizes: dict[str, int]) -> tuple[Any, ...]:
        """The relations at some sizes, for their kinds and shapes: the body is run on signs."""
        cache: dict = self.form.__dict__.setdefault("_probes", {})
        key = tuple(sorted(sizes.items()))
        if key not in cache:
            shapes = {
                f"{name}.{part}": shape
                for name, domain in self.form.given.items()
                for part, shape in domain.raw_shapes(sizes).items()
            }
            cache[key] = self._probed(shapes)
        return cache[key]

    def kinds(self) -> list[str]:
        """The names of the relations, at the smallest sizes."""
        return [r.name for r in self.probe(self.smallest)]

    def changed(self, largest: int) -> str:
        """Where there are other parts than at the smallest sizes, or an empty string."""
        names = self.kinds()
        for sizes in self.grid(largest):
            here = [r.name for r in self.probe(sizes)]
            if here != names:
                where = ", ".join(f"{name} = {n}" for name, n in sizes.items())
                return f"the parts are {', '.join(names)}, but at {where} {', '.join(here)}"
        return ""

    def _probed(self, shapes: dict[str, tuple[int, ...]]) -> tuple[Any, ...]:
        signs = Sign()
        try:
            return self.relations(signs, {k: signs.variable(s) for k, s in shapes.items()})
        except Unsupported:  # a primitive without a sign: run it on numbers
            xp, rng = Multiprecision(), random.Random(0)
            values = {k: xp.from_raw(small_point(rng, s)) for k, s in shapes.items()}
            return self.relations(xp, values)

    # -- running -----------------------------------------------------------------------------
    def inputs(self, xp, raws: dict[str, Value]) -> dict[str, Value]:
        made = {}
        for name, domain in self.form.given.items():
            own = {part: raws[f"{name}.{part}"] for part in domain.raw}
            made[name] = domain.build(xp, own)
        return made

    def relations(self, xp, raws: dict[str, Value]) -> tuple[Any, ...]:
        return parts_of(self.form.body(xp, **self.inputs(xp, raws)))

    def sides(self, xp, raws: dict[str, Value], part: int | None = None) -> list[Sides]:
        """Both sides of every pointwise part (or of one) in the arithmetic ``xp``."""
        out = []
        for k, relation in enumerate(self.relations(xp, raws)):
            if relation.name not in POINTWISE or part not in (None, k):
                continue
            direction = None
            if f"direction{k}.re" in raws:
                direction = raws[f"direction{k}.re"]
                if f"direction{k}.im" in raws:
                    direction = direction + xp.i * raws[f"direction{k}.im"]
            sides = relation.sides(xp, direction)
            out.append(self._planted(xp, sides, k))
        return out

    def _planted(self, xp, sides: Sides, part: int) -> Sides:
        if self.fault is None or self.fault.part != part:
            return sides
        left, right = sides.left, sides.right + sides.left * 0
        size = xp.one
        if xp.name not in ("prime", "degree", "graph"):
            both = xp.maximum(xp.abs(left), xp.abs(right))
            size = xp.scale_or_one(both)
        signs = xp.constant(self.fault.signs(right.shape).tolist())
        shift = size * signs / xp.lift(10) ** self.fault.k
        if sides.order:
            shift = -size / xp.lift(10) ** self.fault.k
        return replace(sides, right=right + shift)


def _pairwise(names: list[str], ranges: list[list[int]]) -> Iterator[dict[str, int]]:
    """A covering array of strength two: rows chosen greedily, in a fixed order."""
    rng = random.Random(0)
    todo = {
        (a, x, b, y)
        for a, b in itertools.combinations(range(len(names)), 2)
        for x in ranges[a]
        for y in ranges[b]
    }
    while todo:
        best, gain = None, -1
        for _ in range(40):
            row = [rng.choice(r) for r in ranges]
            a, x, b, y = min(todo)
            row[a], row[b] = x, y
            covered = sum(
                (i, row[i], j, row[j]) in todo
                for i, j in itertools.combinations(range(len(names)), 2)
            )
            if covered > gain:
                best, gain = row, covered
        assert best is not None
        for i, j in itertools.combinations(range(len(names)), 2):
            todo.discard((i, best[i], j, best[j]))
        yield dict(zip(names, best, strict=True))


def small_point(rng: random.Random, shape: tuple[int, ...], bits: int = 10) -> np.ndarray:
    """Random dyadic rationals of size about one with few bits: exact in every arithmetic."""
    out = np.empty(shape, dtype=object)
    flat = out.ravel()
    for k in range(flat.size):
        odd = rng.randrange(-(2 ** (bits + 1)), 2 ** (bits + 1)) * 2 + 1
        flat[k] = Fraction(odd, 2 ** (bits + 1))
    return out


def point(statement: Statement, sizes: dict[str, int], rng: random.Random, bits: int = 10) -> Raw:
    """A generic exact point for all raw parameters of a statement."""
    return {k: small_point(rng, s, bits) for k, s in statement.raw_shapes(sizes).items()}


def wrap_raw(xp, raw: Raw) -> dict[str, Value]:
    """Exact raw parameters as values of an arithmetic."""
    return {name: xp.from_raw(np.asarray(v, dtype=object)) for name, v in raw.items()}


Runner = Callable[..., Any]
