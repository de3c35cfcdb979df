"""Running a form: sizes, raw parameters, inputs, and the two sides it asserts.

A :class:`Statement` is a form, possibly with a planted fault (for the detection threshold).  Every
method asks it for sides in its own arithmetic.
"""

from __future__ import annotations

import hashlib
import itertools
import math
import random
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np

from fieldcheck.arithmetic.array import Unsupported, Value
from fieldcheck.arithmetic.ball import Ball, working_digits
from fieldcheck.arithmetic.base import Arithmetic, Primitives
from fieldcheck.arithmetic.multiprecision import Multiprecision
from fieldcheck.arithmetic.ranges import Ranges
from fieldcheck.arithmetic.rational import Rational
from fieldcheck.arithmetic.sign import Sign
from fieldcheck.claim import Form
from fieldcheck.evidence.draws import Raw, small_entries, wrap_raw
from fieldcheck.evidence.vanishing import Pins
from fieldcheck.hypotheses import Condition, conditions
from fieldcheck.relations import Sides, parts_of
from fieldcheck.verdict import ALL, Scope

Lengths = tuple[tuple[str, int], ...]
"""Sizes by name, as a key."""

START = 60
"""Digits at which balls first look whether a point meets the hypotheses."""

NOWHERE = "_nowhere"
"""Under this name a form keeps the shapes at which nothing meets its hypotheses."""

LARGEST = 6
"""Sizes of which nothing is said run over 1..6."""

COVER = 36
"""Shapes that a search visits; beyond them a covering subset."""

PATTERNS = 64
"""Choices of signs at one shape that a proof goes through."""

PRODUCT, CASES = 216, 1024
"""Shapes that a proof visits, and values of integer parameters where there are no sizes; beyond
them the longest ranges are cut, and the scope says so."""


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
    """One form as a universally quantified relation between two sides.

    ``shown``: for each part what is proved of it, so that a search may be brief there.
    """

    form: Form
    fault: Fault | None = None
    entropy: str = field(default_factory=lambda: secrets.token_hex(16))
    shown: tuple[tuple[Scope, ...], ...] = ()

    @property
    def key(self) -> str:
        return self.form.key

    def fresh(self, method: str) -> random.Random:
        """The stream of a proof: from the system's entropy, so that no body could be written with
        its draws in mind; the record keeps it for a replay."""
        return random.Random(f"{self.entropy}/{self.key}/{method}")

    def faulty(self, k: int, part: int) -> Statement:
        pattern = int.from_bytes(hashlib.sha256(self.form.claim_id.encode()).digest()[:8], "big")
        return replace(self, fault=Fault(k, part, pattern))

    def is_shown(self, sizes: Mapping[str, int] | None = None) -> bool:
        """Is every part proved at these sizes, of every input; without any: at every size?"""
        reaches = lambda scope: scope.every_size if sizes is None else scope.covers(sizes)
        return bool(self.shown) and all(any(map(reaches, scopes)) for scopes in self.shown)

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
        relations = self.probe(self.smallest)
        return [k for k, relation in enumerate(relations) if relation.pointwise]

    # -- sizes ---------------------------------------------------------------------------------
    @cached_property
    def size_names(self) -> list[str]:
        return self.form.size_names()

    def range_of(self, name: str) -> list[int]:
        """The values of a size: the author's, whatever the profile, or 1..6."""
        return list(self.form.sizes.get(name, range(1, LARGEST + 1)))

    def grid(self) -> list[dict[str, int]]:
        """The shapes that a search visits: all, or beyond 36 a covering subset in which every pair
        of values of any two names occurs, and every value of all names at once."""
        empty = self.form.__dict__.get(NOWHERE, ())
        return [sizes for sizes in self._covering if sizes not in empty]

    @cached_property
    def _covering(self) -> list[dict[str, int]]:
        full = self.product({name: self.range_of(name) for name in self.size_names})
        if len(full) <= COVER:
            return full
        ranges = [self.range_of(name) for name in self.size_names]
        together = sorted(set.intersection(*map(set, ranges)))
        equal = [dict.fromkeys(self.size_names, n) for n in together]
        cover = list(_pairwise(self.size_names, ranges))
        return sorted(
            [*equal, *(sizes for sizes in cover if sizes not in equal)],
            key=lambda sizes: (math.prod(sizes.values()), list(sizes.values())),
        )

    @staticmethod
    def product(ranges: Mapping[str, Sequence[int]]) -> list[dict[str, int]]:
        """Every combination of some values, in order."""
        names = list(ranges)
        return [
            dict(zip(names, values, strict=True)) for values in itertools.product(*ranges.values())
        ]

    def visited(self) -> dict[str, tuple[int, ...]]:
        """The values of each size that a proof visits in every combination."""
        ranges = {name: tuple(self.range_of(name)) for name in self.size_names}
        while not self._affordable(ranges):
            longest = max(ranges, key=lambda name: (len(ranges[name]), max(ranges[name])))
            if len(ranges[longest]) == 1 or self.form.listed:
                break
            ranges[longest] = ranges[longest][:-1]
        return ranges

    def _affordable(self, ranges: Mapping[str, Sequence[int]]) -> bool:
        """Are the shapes few enough, and at the largest the choices of signs?"""
        most = CASES if set(ranges) <= set(self.form.integers) else PRODUCT
        if math.prod(map(len, ranges.values())) > most:
            return False
        if not self.sign_raws:
            return True
        shapes = self.raw_shapes({name: values[-1] for name, values in ranges.items()})
        signs = sum(math.prod(shapes[k]) for k in self.sign_raws)
        patterns: int = 2**signs
        return patterns <= PATTERNS

    @cached_property
    def smallest(self) -> dict[str, int]:
        return {name: self.range_of(name)[0] for name in self.size_names}

    def scope(self, sizes: Mapping[str, Any], **more: Any) -> Scope:
        """A scope with what the domains' recipes cover.  An integer parameter all of whose values
        were visited is covered, and no size."""
        inputs = {name: domain.covers for name, domain in self.form.given.items()}
        whole = self.form.integers
        left = {n: v for n, v in sizes.items() if n not in whole or v not in (ALL, whole[n])}
        return Scope(left, inputs, stated=self.form.listed, **more)

    # -- shapes ------------------------------------------------------------------------------
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

    def _directions(self, sizes: Lengths) -> list[tuple[tuple[int, ...] | None, bool]]:
        return [(r.direction(), r.direction_is_complex) for r in self.probe(dict(sizes))]

    @cached_property
    def sign_raws(self) -> frozenset[str]:
        """Raw parameters whose entries are 1 or -1."""
        return self._raws_that("signs")

    @cached_property
    def nonzero_raws(self) -> frozenset[str]:
        """Raw parameters whose entries are not zero."""
        return self._raws_that("nonzero") | self.sign_raws

    def _raws_that(self, which: str) -> frozenset[str]:
        given = self.form.given.items()
        return frozenset(f"{n}.{part}" for n, domain in given for part in getattr(domain, which))

    def sign_patterns(self, sizes: dict[str, int]) -> list[Pins]:
        """Every choice of the raw parameters that are 1 or -1: {(name, index): {None: value}}."""
        shapes = self.raw_shapes(sizes)
        entries = [(k, i) for k in sorted(self.sign_raws) for i in np.ndindex(*shapes[k])]
        if 2 ** len(entries) > PATTERNS:
            raise Unsupported(f"more than {PATTERNS} choices of signs")
        return [
            {entry: {None: Fraction(s)} for entry, s in zip(entries, choice, strict=True)}
            for choice in itertools.product((1, -1), repeat=len(entries))
        ]

    def admits(self, raw: Raw) -> bool:
        """Does an exact point meet every hypothesis?"""
        for name, domain in self.form.given.items():
            own = {part: np.asarray(raw[f"{name}.{part}"], dtype=object) for part in domain.raw}
            if not domain.admits(own):
                return False
        return not self.form.where or self._certainly_within(raw)

    def _certainly_within(self, raw: Raw) -> bool:
        """Do exact numbers, or balls of rising precision, see every ``where`` met?"""
        own = {k: v for k, v in raw.items() if not k.startswith("direction")}
        for digits, xp in ((START, Rational()), (START, Ball()), (4 * START, Ball())):
            with working_digits(digits):
                try:
                    found = list(self.within(xp, wrap_raw(xp, own)))
                except (Unsupported, ZeroDivisionError, TypeError):
                    continue
                if all(xp.certainly(kind, value) for kind, value in found):
                    return True
                if xp.kind == "rational":
                    return False
        return False

    def within(self, xp: Arithmetic, raws: Mapping[str, Value]) -> Iterator[Condition]:
        """What ``where`` says of the inputs, in the arithmetic ``xp``."""
        yield from conditions(self.form.where, xp, self.inputs(xp, raws) if self.form.where else {})

    def probe(self, sizes: dict[str, int]) -> tuple[Any, ...]:
        """The relations at some sizes, for their kinds and shapes: the body is run on signs."""
        cache: dict[Lengths, tuple[Any, ...]] = self.form.__dict__.setdefault("_probes", {})
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

    def changed(self) -> str:
        """Where there are other parts than at the smallest sizes, or an empty string."""
        names = self.kinds()
        for sizes in self.grid():
            where = ", ".join(f"{name} = {n}" for name, n in sizes.items())
            try:
                here = [r.name for r in self.probe(sizes)]
            except ValueError as misfit:
                misfit.add_note(f" at {where}")
                raise
            if here != names:
                return f"the parts are {', '.join(names)}, but at {where} {', '.join(here)}"
        return ""

    def signs(self, signs: Sign, shapes: Mapping[str, tuple[int, ...]]) -> dict[str, Value]:
        """The raw parameters as values of which the sign is all that is known."""
        return {k: signs.variable(s, nonzero=k in self.nonzero_raws) for k, s in shapes.items()}

    def _probed(self, shapes: dict[str, tuple[int, ...]]) -> tuple[Any, ...]:
        signs = Sign()
        try:
            return self.relations(signs, self.signs(signs, shapes))
        except Unsupported:  # a primitive without a sign: run it on numbers
            xp, rng = Multiprecision(), random.Random(0)
            values = {
                k: xp.from_raw(small_entries(rng, s, signs=k in self.sign_raws))
                for k, s in shapes.items()
            }
            return self.relations(xp, values)

    # -- running -----------------------------------------------------------------------------
    def inputs(self, xp: Arithmetic, raws: Mapping[str, Value]) -> dict[str, Value]:
        made = {}
        for name, domain in self.form.given.items():
            own = {part: raws[f"{name}.{part}"] for part in domain.raw}
            made[name] = domain.build(Primitives(xp), own)
            if domain.span is not None and isinstance(xp, Ranges):
                made[name] = xp.within(made[name], *domain.span)
        return made

    def relations(self, xp: Arithmetic, raws: Mapping[str, Value]) -> tuple[Any, ...]:
        return parts_of(self.form.body(Primitives(xp), **self.inputs(xp, raws)))

    def sides(
        self, xp: Arithmetic, raws: Mapping[str, Value], part: int | None = None
    ) -> list[Sides]:
        """Both sides of every pointwise part (or of one) in the arithmetic ``xp``."""
        out = []
        for k, relation in enumerate(self.relations(xp, raws)):
            if not relation.pointwise or part not in (None, k):
                continue
            direction = None
            if f"direction{k}.re" in raws:
                direction = raws[f"direction{k}.re"]
                if f"direction{k}.im" in raws:
                    direction = direction + xp.i * raws[f"direction{k}.im"]
            sides = relation.sides(xp, direction)
            out.append(self._planted(xp, sides, k))
        return out

    def _planted(self, xp: Arithmetic, sides: Sides, part: int) -> Sides:
        if self.fault is None or self.fault.part != part:
            return sides
        left, right = sides.left, sides.right + sides.left * 0
        size = xp.one
        if xp.kind not in ("prime", "degree", "graph"):
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
