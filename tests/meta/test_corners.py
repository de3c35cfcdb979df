"""What is false in one cell between several kinks alone, each of which is seen from both sides.

Of 40 statements whose fault is a small triangle or tetrahedron, drawn as here, 34 stood before the
search went to where kinks meet.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from fieldcheck.domains import real, real_matrix
from fieldcheck.evidence.run import examine
from fieldcheck.relations import AtMost, Equal

NAMES = "xyz"


def least(xp, values):
    found = values[0]
    for value in values[1:]:
        found = xp.minimum(found, value)
    return found


def product(values):
    found = values[0]
    for value in values[1:]:
        found = found * value
    return found


SHAPES: dict[str, Callable[..., Any]] = {
    "a product beside a sine": lambda xp, x, rest, size: Equal(
        xp.sin(x) + product(rest) / size ** (len(rest) - 1), xp.sin(x)),
    "the least beside a sine": lambda xp, x, rest, size: Equal(
        xp.sin(x) + least(xp, rest), xp.sin(x)),
    "an order": lambda xp, x, rest, size: AtMost(xp.sin(x) + least(xp, rest), xp.sin(x)),
    "an order of what is even": lambda xp, x, rest, size: AtMost(
        xp.abs(xp.sin(x)) + product(rest) / size ** (len(rest) - 1), xp.abs(xp.sin(-x))),
    "a factor": lambda xp, x, rest, size: Equal(
        xp.exp(-x * x / 10**9) * (1 + least(xp, rest)), xp.exp(-x * x / 10**9)),
}  # fmt: skip


def drawn(seed: int, shape: str, truth: bool) -> tuple[Any, dict[str, Any]]:
    """A simplex of some size around some point, each from 10^-6 to 10^3, cut out by linear forms; a
    true statement's is empty."""
    rng = random.Random(seed)
    n = rng.choice((2, 2, 3))
    number = lambda: Fraction(rng.randint(-20, 20), rng.choice((1, 3, 7)))
    middle = [number() * Fraction(10) ** rng.randint(-3, 3) for _ in range(n)]
    size = max(1, *map(abs, middle)) * Fraction(10) ** -rng.randint(1, 6)
    forms: list[list[int]] = []
    while len(forms) < n:
        form = [rng.randint(-5, 5) for _ in range(n)]
        if np.linalg.matrix_rank([*forms, form]) > len(forms):
            forms.append(form)

    def body(xp, *inputs):
        lift = lambda q: xp.lift(q.numerator) / q.denominator
        away = [x - lift(q) for x, q in zip(inputs, middle, strict=True)]
        sides = [sum((c * d for c, d in zip(f, away, strict=True)), xp.zeros()) for f in forms]
        last = lift(-size if truth else size) - sum(sides, xp.zeros())
        rest = [xp.relu(side) for side in (*sides, last)]
        return SHAPES[shape](xp, inputs[0], rest, lift(size))

    two = lambda xp, x, y: body(xp, x, y)
    three = lambda xp, x, y, z: body(xp, x, y, z)
    return (two if n == 2 else three), dict.fromkeys(NAMES[:n], real())


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("shape", SHAPES)
def test_what_is_false_in_one_small_cell_is_found(shape, seed):
    body, given = drawn(seed, shape, truth=False)
    verdict, evidence = examine(body, profile="standard", **given)
    assert verdict.verdict == "refuted", {k: e.reason for k, e in evidence.items()}


@pytest.mark.parametrize("seed", range(1))
@pytest.mark.parametrize("shape", SHAPES)
def test_an_empty_cell_is_left_alone(shape, seed):
    body, given = drawn(seed, shape, truth=True)
    verdict, evidence = examine(body, profile="standard", **given)
    assert verdict.verdict in ("stands", "proved"), {k: e.reason for k, e in evidence.items()}


def pinched(xp, x, y, width):
    """Inside the disc around 0 of radius² 1 + width, and of that around (2, 0)."""
    one = 1 + width
    return xp.relu(one - x * x - y * y) * xp.relu(one - (x - 2) * (x - 2) - y * y)


@pytest.mark.parametrize("places", [3, 5])
def test_cells_between_curves(places):
    width = lambda xp: xp.one / 10**places
    false = lambda xp, x, y: Equal(
        xp.sin(x) + 10**places * pinched(xp, x, y, width(xp)), xp.sin(x))  # fmt: skip
    true = lambda xp, x, y: Equal(
        xp.sin(x) + 10**places * pinched(xp, x, y, -width(xp)), xp.sin(x))  # fmt: skip
    given = dict(x=real(), y=real())
    assert examine(false, profile="standard", **given)[0].verdict == "refuted"
    assert examine(true, profile="standard", **given)[0].verdict == "stands"


def test_a_cell_among_the_entries_of_a_vector():
    cell = lambda xp, x: (
        xp.relu(x[0] - 3) * xp.relu(x[1] - 3) * xp.relu(6 + xp.one / 1000 - x[0] - x[1])
    )
    false = lambda xp, x: Equal(xp.sum(xp.sin(x)) + 10**9 * cell(xp, x), xp.sum(xp.sin(x)))
    verdict, _ = examine(false, profile="standard", sizes={"n": [2, 3]}, x=real_matrix("n"))
    assert verdict.verdict == "refuted"
