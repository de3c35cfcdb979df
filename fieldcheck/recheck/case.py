"""A form at a point: its sizes, exact raw parameters, inputs, and the sides of its parts."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np

from fieldcheck.claim import Form
from fieldcheck.hypotheses import NONNEGATIVE, NONZERO, conditions
from fieldcheck.recheck.field import Residues, fresh_prime
from fieldcheck.recheck.intervals import Intervals, digits, holds_zero, is_complex
from fieldcheck.recheck.road import UNIT, Open, Value
from fieldcheck.relations import parts_of

FINE = 2**58
"""Generic entries are k/2^58 with |k| <= 2^59: near to uniform modulo a prime, and of size one."""

RARELY = 3000
"""Points drawn until one meets hypotheses beside the domains."""

DIGITS = 60

SPECIAL = [Fraction(n) for n in ("0", "0", "1", "1", "-1", "2", "-1/2")]
Entry = Callable[[str, tuple], Any]


@dataclass
class Point:
    """Raw parameters by name; with a stream, those that are missing are drawn."""

    raw: dict[str, np.ndarray]
    rng: random.Random | None = None
    special: bool = False

    def get(self, name: str, shape: tuple[int, ...]) -> np.ndarray:
        if name not in self.raw:
            if self.rng is None:
                raise Open(f"the record has no {name}")
            rng, special = self.rng, self.special
            fine = lambda: Fraction(rng.randrange(-2 * FINE, 2 * FINE), FINE)
            draw = np.frompyfunc(lambda _: rng.choice(SPECIAL) if special else fine(), 1, 1)
            self.raw[name] = np.asarray(draw(np.empty(shape, dtype=object)), dtype=object)
        if self.raw[name].shape != shape:
            raise Open(f"the recorded {name} has shape {self.raw[name].shape}, not {shape}")
        return self.raw[name]

    def entry(self, xp: Any) -> Entry:
        """The raw parameters as coefficients of a road."""
        return lambda name, shape: xp.of(self.get(name, shape))


class Case:
    """A form at some sizes, which may be names."""

    def __init__(self, form: Form, sizes: Mapping[str, Any]):
        extent = lambda d: eval(d, {"__builtins__": {}}, dict(sizes)) if isinstance(d, str) else d
        self.form, self.sizes = form, dict(sizes)
        self.shapes = {
            f"{name}.{part}": tuple(map(extent, dims))
            for name, domain in form.given.items()
            for part, dims in domain.raw.items()
        }

    def raws(self, which: str) -> list[str]:
        """The raw parameters that a domain lists as ``signs`` or ``nonzero``."""
        given = self.form.given.items()
        return [f"{name}.{part}" for name, d in given for part in getattr(d, which)]

    def point(self, rng: random.Random, special: bool = False) -> Point:
        """A random point that meets every hypothesis."""
        for _ in range(RARELY if self.form.where else 100):
            point = Point({}, rng, special)
            for name in self.raws("signs"):
                v = point.get(name, self.shapes[name])
                v[...] = np.frompyfunc(lambda q: Fraction(1 if q > 0 else -1), 1, 1)(v)
            if self.admits(point):
                return point
        raise Open("no point drawn meets the hypotheses")

    def admits(self, point: Point) -> bool:
        get = lambda name: point.get(name, self.shapes[name])
        within = all(
            domain.admits({part: get(f"{name}.{part}") for part in domain.raw})
            for name, domain in self.form.given.items()
        )
        return within and (not self.form.where or where_met(self, point))

    def every_point(self) -> Iterator[Point]:
        """All of them, where every raw parameter is a sign."""
        ends = np.cumsum([0, *(int(np.prod(s)) for s in self.shapes.values())]).tolist()
        if set(self.shapes) != set(self.raws("signs")) or ends[-1] > 12:
            raise Open("an exhaustion over inputs that are not a few signs")
        for bits in product((Fraction(1), Fraction(-1)), repeat=ends[-1]):
            flat = np.array([*bits, None], dtype=object)[:-1]
            cut = zip(self.shapes.items(), ends[:-1], ends[1:], strict=True)
            yield Point({name: flat[a:b].reshape(shape) for (name, shape), a, b in cut})

    def inputs(self, xp: Any, entry: Entry) -> dict[str, Any]:
        raw = {name: Value(xp, {UNIT: entry(name, s)}) for name, s in self.shapes.items()}
        made = {
            name: domain.build(xp, {part: raw[f"{name}.{part}"] for part in domain.raw})
            for name, domain in self.form.given.items()
        }
        if narrowed := getattr(xp, "within", None):
            spans = {name: d.span for name, d in self.form.given.items() if d.span is not None}
            made |= {name: narrowed(made[name], *span) for name, span in spans.items()}
        return made

    def relations(self, xp: Any, entry: Entry) -> tuple[Any, ...]:
        return parts_of(self.form.body(xp, **self.inputs(xp, entry)))

    def sides(self, xp: Any, entry: Entry, parts: Iterable[int]) -> list[tuple[int, Any]]:
        """Both sides (and the gap) of those parts, which compare two values."""
        relations = self.relations(xp, entry)
        direction = lambda k: direction_of(xp, relations[k], f"direction{k}", entry)
        return [(k, relations[k].sides(xp, direction(k))) for k in parts]


def where_met(case: Case, point: Point) -> bool:
    """Are the hypotheses beside the domains certainly met?  By intervals; that a value is zero, and
    so not negative, modulo a fresh prime."""
    with digits(DIGITS):
        xp = Intervals()
        for kind, value in conditions(case.form.where, xp, case.inputs(xp, point.entry(xp))):
            for x in value.z[UNIT].flat:
                if not (not holds_zero(x) if kind == NONZERO else not is_complex(x) and x.a > 0):
                    return kind == NONNEGATIVE and _by_zeros(case, point)
    return True


def _by_zeros(case: Case, point: Point) -> bool:
    """The same, where zeros are told from small numbers by residues."""
    rng = random.Random(random.SystemRandom().getrandbits(64))
    field, xp = Residues(fresh_prime(rng), rng), Intervals()
    exact = conditions(case.form.where, field, case.inputs(field, point.entry(field)))
    near = conditions(case.form.where, xp, case.inputs(xp, point.entry(xp)))
    for (kind, residue), (_, value) in zip(exact, near, strict=True):
        zeros = [not r for r in residue.z[UNIT].r.flat]
        for zero, x in zip(zeros, value.z[UNIT].flat, strict=True):
            sure = not holds_zero(x) if kind == NONZERO else not is_complex(x) and x.a > 0
            if not sure and not (zero and kind == NONNEGATIVE):
                return False
    return True


def direction_of(xp: Any, relation: Any, name: str, entry: Entry) -> Value | None:
    """What a weak form is tested in."""
    shape = relation.direction()
    if shape is None:
        return None
    halves = ("re", "im") if relation.direction_is_complex else ("re",)
    real, *imaginary = (Value(xp, {UNIT: entry(f"{name}.{half}", shape)}) for half in halves)
    return real + xp.i * imaginary[0] if imaginary else real
