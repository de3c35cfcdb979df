"""A form at a point: its sizes, exact raw parameters, inputs, and the sides of its parts."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np

from fieldcheck.claim import Form
from fieldcheck.recheck.road import UNIT, Open, Road, Value
from fieldcheck.relations import parts_of

FINE = 2**58
"""Generic entries are k/2^58 with |k| <= 2^59: near to uniform modulo a prime, and of size one."""

SPECIAL = [Fraction(n, d) for n, d in ((0, 1), (1, 1), (-1, 1), (2, 1), (-1, 2), (0, 1), (1, 1))]


@dataclass
class Point:
    """Raw parameters; those of a weak form's direction are drawn when they are asked for."""

    raw: dict[str, np.ndarray]
    rng: random.Random
    special: bool = False
    fixed: bool = False  # no entry may be drawn

    def entries(self, shape: tuple[int, ...]) -> np.ndarray:
        out = np.empty(shape, dtype=object)
        for index in np.ndindex(*shape):
            fine = Fraction(self.rng.randrange(-2 * FINE, 2 * FINE), FINE)
            out[index] = self.rng.choice(SPECIAL) if self.special else fine
        return out

    def get(self, name: str, shape: tuple[int, ...]) -> np.ndarray:
        if name not in self.raw:
            if self.fixed:
                raise Open(f"the record has no {name}")
            self.raw[name] = self.entries(shape)
        if self.raw[name].shape != shape:
            raise Open(f"the recorded {name} has shape {self.raw[name].shape}, not {shape}")
        return self.raw[name]


@dataclass
class Case:
    """A form at some sizes."""

    form: Form
    sizes: dict[str, Any]
    shapes: dict[str, dict[str, tuple[Any, ...]]] = field(init=False)

    def __post_init__(self) -> None:
        extent = lambda d: eval(d, {"__builtins__": {}}, self.sizes) if isinstance(d, str) else d
        self.shapes = {
            name: {part: tuple(map(extent, dims)) for part, dims in domain.raw.items()}
            for name, domain in self.form.given.items()
        }

    def point(self, rng: random.Random, special: bool = False) -> Point:
        """A random point that meets every hypothesis."""
        for _ in range(100):
            point = Point({}, rng, special)
            for name, domain in self.form.given.items():
                for part, shape in self.shapes[name].items():
                    v = point.get(f"{name}.{part}", shape)
                    if part in domain.signs:
                        v[...] = np.frompyfunc(lambda q: Fraction(1 if q > 0 else -1), 1, 1)(v)
            if self.admits(point):
                return point
        raise Open("no point drawn meets the hypotheses")

    def sign_points(self) -> Iterator[Point]:
        """Every point, where all raw parameters are signs."""
        shapes = [(f"{n}.{p}", s) for n, of in self.shapes.items() for p, s in of.items()]
        if not all(set(of) <= set(self.form.given[n].signs) for n, of in self.shapes.items()):
            raise Open("an exhaustion over inputs that are not signs")
        ends = np.cumsum([0, *(np.prod(s, dtype=int) for _, s in shapes)])
        if ends[-1] > 12:
            raise Open(f"2^{ends[-1]} points are too many")
        for bits in product((Fraction(1), Fraction(-1)), repeat=int(ends[-1])):
            flat = np.array([*bits, None], dtype=object)[:-1]
            cut = zip(shapes, ends, ends[1:], strict=False)
            yield Point({n: flat[a:b].reshape(s) for (n, s), a, b in cut}, random.Random(0))

    def admits(self, point: Point) -> bool:
        return all(
            domain.admits({part: point.get(f"{name}.{part}", shape) for part, shape in of.items()})
            for (name, domain), of in zip(self.form.given.items(), self.shapes.values(), strict=True)
        )

    def relations(self, xp: Road, entry: Any) -> tuple[Any, ...]:
        """The parts; ``entry(name, shape)`` gives the coefficient of a raw parameter."""
        value = lambda name, shape: Value(xp, {UNIT: entry(name, shape)})
        made = {
            name: domain.build(
                xp, {part: value(f"{name}.{part}", s) for part, s in self.shapes[name].items()}
            )
            for name, domain in self.form.given.items()
        }
        return parts_of(self.form.body(xp, **made))

    def sides(self, xp: Road, relation: Any, part: int, entry: Any) -> Any:
        """Both sides (and the gap) of a part that compares two values."""
        shape, direction = relation.direction(), None
        if shape is not None:
            direction = Value(xp, {UNIT: entry(f"direction{part}.re", shape)})
            if relation.direction_is_complex:
                imaginary = Value(xp, {UNIT: entry(f"direction{part}.im", shape)})
                direction = direction + xp.i * imaginary
        return relation.sides(xp, direction)


def at(xp: Any, point: Point) -> Any:
    """The raw parameters of a point as coefficients of a road."""
    return lambda name, shape: xp.of(point.get(name, shape))
