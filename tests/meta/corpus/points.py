"""Faults at points: on thin sets and in small balls.

Every family draws true members too, which look alike: a ball of negative radius, an empty set.
"""

from __future__ import annotations

import random

from tests.meta.corpus import true
from tests.meta.corpus.case import Draft, Part, family
from tests.meta.corpus.true import identity

SMALL = (1, 2, 3)


def coin(rng: random.Random) -> bool:
    """Is the member to be true?  Two of five are."""
    return rng.random() < 0.4


def fraction(rng: random.Random, far: int = 9) -> str:
    """A rational number, as text."""
    top, bottom = rng.randint(-far, far), rng.choice((1, 1, 1, 2, 3, 5, 7))
    return f"xp.lift({top})/{bottom}"


def plant(rng: random.Random, base: Draft, fault: str, given: dict[str, str], **changes) -> Draft:
    """``fault``, a number that is zero where the statement is to stay true, added to one side."""
    part = base.parts[0]
    left, right = part.sides
    gain = rng.choice(("", "", "3*", "-", f"{rng.randint(2, 99)}*"))
    side = f"{left} + {gain}({fault})"
    sides = (side, right) if rng.random() < 0.5 else (right, side)
    parts = (Part(part.kind, sides, part.more), *base.parts[1:])
    return base.but(parts=parts, given={**base.given, **given}, **changes)


def scalar(rng: random.Random, base: Draft) -> tuple[str, dict[str, str]]:
    """A real number to hang a fault on: one of the statement's own, or a new one."""
    own = [name for name, domain in base.given.items() if domain == "real()"]
    if own and rng.random() < 0.6:
        return rng.choice(own), {}
    return "t", {"t": "real()"}


# -- thin sets ------------------------------------------------
def vanishing(rng: random.Random, x: str, truth: bool) -> tuple[str, dict[str, str]]:
    """An expression that is zero at some rational point (never, if ``truth``), and its inputs."""
    c = fraction(rng)
    k = rng.randint(1, 9)
    if truth:
        return rng.choice(
            [
                (f"{x}*{x} + {k}", {}),
                (f"{x}*{x} + {x} + {k}", {}),
                (f"{x}*{x} + u*u + {k}", {"u": "real()"}),
                (f"{x}*{x} + xp.norm2(v) + {k}", {"v": 'vector("m")'}),
                (f"xp.abs2(z) + {k}", {"z": "number()"}),
                ("p", {"p": "positive()"}),
                (f"p + {x}*{x}", {"p": "positive()"}),
            ]
        )
    return rng.choice(
        [
            (f"{x} - {c}", {}),
            (f"{k}*{x} - {c}", {}),
            (f"{x}*{x} - {k * k}", {}),
            (f"{x} - u", {"u": "real()"}),
            (f"{k}*{x} + u - {c}", {"u": "real()"}),
            (f"{x}*u - {k}", {"u": "real()"}),
            (f"{x} - u*u", {"u": "real()"}),
            (f"{x}*{x} + u*u - {k * k}", {"u": "real()"}),
            (f"{x} - xp.sum(v)", {"v": 'vector("m")'}),
            ("v[0] - v[1]", {"v": "vector(3)"}),
            ("xp.norm2(v) - 1", {"v": "vector(3)"}),
            (f"xp.trace(M) - {k}", {"M": "real_matrix(2, 2)"}),
            ("xp.det(M)", {"M": "real_matrix(2, 2)"}),
            ("xp.trace(M) - 1", {"M": "symmetric(2)"}),
            (f"z - {k}", {"z": "number()"}),
            (f"xp.abs2(z) - {k * k}", {"z": "number()"}),
            (f"p - {k * k}", {"p": "positive()"}),
            (f"p - {x}", {"p": "positive()"}),
        ]
    )


@family
def thin(rng: random.Random) -> Draft:
    """A term that is there only on a set of measure zero."""
    base, truth = identity(rng), coin(rng)
    x, more = scalar(rng, base)
    zero, also = vanishing(rng, x, truth)
    if x not in zero:
        more = {}
    return plant(rng, base, f"1 - on(xp, {zero})", {**more, **also}, truth=truth)


@family
def thin_factor(rng: random.Random) -> Draft:
    """A factor that is one except on a set of measure zero, beside a statement of size one."""
    truth = coin(rng)
    zero, also = vanishing(rng, "x", truth)
    side = rng.choice(("x*x + 1", "2 + xp.sin(x)", "xp.exp(x)", "1 + xp.abs(x)"))
    part = Part("Equal", (f"({side})*on(xp, {zero})", side))
    return Draft((part,), {"x": "real()", **also}, truth=truth)


@family
def thin_transcendental(rng: random.Random) -> Draft:
    """The set on which the term appears is the zero of a transcendental function."""
    base, truth = identity(rng), coin(rng)
    k = rng.randint(1, 9)
    if truth:
        zero, also = rng.choice(
            [
                ("xp.exp(t)", {"t": "real()"}),
                (f"{k} + 1 + xp.sin(t)", {"t": "real()"}),
                (f"xp.logistic(t + {k})", {"t": "real()"}),
                (f"xp.sqrt(p)*{k}", {"p": "positive()"}),
            ]
        )
    else:
        zero, also = rng.choice(
            [
                (f"xp.exp(t - {k}) - 1", {"t": "real()"}),
                (f"xp.sin(t - {k})", {"t": "real()"}),
                (f"xp.tanh(t - {k})", {"t": "real()"}),
                ("xp.log(p)", {"p": "positive()"}),
                (f"xp.sqrt(p) - {k}", {"p": "positive()"}),
                ("xp.exp(t) - xp.exp(u)", {"t": "real()", "u": "real()"}),
                (f"xp.abs(t - {k})", {"t": "real()"}),
                ("xp.relu(t)", {"t": "real()"}),
            ]
        )
    return plant(
        rng, base, f"1 - on(xp, {zero})", also, truth=truth, provable=base.provable and not truth
    )


@family
def curve(rng: random.Random) -> Draft:
    """A term on a curve or surface, with a factor that hides its obvious points."""
    truth, k = coin(rng), rng.randint(1, 5)
    pair = {"x": "real()", "y": "real()"}
    hides, zero, given = rng.choice(
        [
            ("x*y", f"x*x + y*y - {25 * k * k}", pair),
            ("y", "x*x - 2*y*y - 1", pair),
            ("x*(x - 1)", f"x**3 + y**3 - {k**3 + 8}", pair),
            ("(x - 1)*(y - 1)", f"x*y - {k}", pair),
            ("y*(x - 2)", "y*y - x**3 - 1 + x", pair),
            ("X[0, 0]*X[1, 1]", "xp.det(X)", {"X": "real_matrix(2, 2)"}),
            ("xp.trace(X)*xp.sum(X)", "xp.det(X)", {"X": "symmetric(2)"}),
            (
                "xp.norm2(v)*xp.norm2(X)",
                "xp.norm2(X @ v)",
                {"X": "real_matrix(2, 2)", "v": "vector(2)"},
            ),
            ("v[0]*v[1]*v[2]", "v[0]**2 + v[1]**2 - v[2]**2", {"v": "vector(3)"}),
            (
                "xp.norm2(xp.flatten(X @ Y))",
                "xp.norm2(xp.flatten(X @ Y - Y @ X))",
                {"X": "real_matrix(2, 2)", "Y": "real_matrix(2, 2)"},
            ),
        ]
    )
    if truth:
        zero = f"1 + ({zero})**2"
    if rng.random() < 0.3:
        hides = f"({hides})*xp.exp(w)"
        given = {**given, "w": "real()"}
    part = Part("Equal", (f"({hides})*on(xp, {zero})", f"{hides}"))
    return Draft((part,), given, truth=truth)


@family
def coincidence(rng: random.Random) -> Draft:
    """A term that is there only where several entries agree: rows, entries, eigenvalues."""
    base, truth = identity(rng, true.ALGEBRAIC), coin(rng)
    value, domain = rng.choice(
        [
            ("X[0] - X[1]", "real_matrix(2, 3)"),
            ("X[0] - X[1]", 'real_matrix(3, "m")'),
            ("xp.stack([X[0, 0] - X[1, 1], 2*X[0, 1]])", "symmetric(2)"),
            ("xp.stack([X[0] - X[1], X[1] - X[2]])", "vector(3)"),
            ("xp.flatten(X - xp.trace(X)*xp.eye(2)/2)", "real_matrix(2, 2)"),
            ("X - 1", 'vector("m")'),
            ("X", 'vector("m")'),
            ("xp.flatten(X - X.T)", "real_matrix(2, 2)"),
            ("X[0] - 2*X[1]", "real_matrix(2, 3)"),
            ("X[0] + X[1] - 1", 'real_matrix(2, "m")'),
            ("xp.stack([X[0] - 3, X[1] - X[2] - 1])", "vector(3)"),
            ("xp.flatten(X @ X - X)", "symmetric(2)"),
        ]
    )
    if truth:
        value = f"xp.concat([xp.stack([xp.one]), {value}])"
    return plant(rng, base, f"1 - xp.norm2(xp.unit({value}))", {"X": domain}, truth=truth)


# -- needles ------------------------------------------------
def needle_text(rng: random.Random, truth: bool, smallest: int) -> tuple[str, dict[str, str]]:
    """relu(r² - |x - c|²), zero but in a small ball; r² is negative if ``truth``."""
    power = rng.randint(2, smallest)
    radius = f"{'-' if truth else ''}xp.one/10**{power}"
    c, near = fraction(rng, rng.choice((9, 50))), rng.randint(9, 60)
    return rng.choice(
        [
            (f"xp.relu({radius} - (t - {c})**2)", {"t": "real()"}),
            (f"xp.relu({radius} - (t - {c})**2 - (u - 1)**2)", {"t": "real()", "u": "real()"}),
            (f"xp.relu({radius} - xp.norm2(v - {c}))", {"v": 'vector("m")'}),
            (f"xp.relu({radius} - xp.abs2(z - {c} - xp.i))", {"z": "number()"}),
            (f"xp.maximum({radius} - (t - {c})**2, 0)", {"t": "real()"}),
            (f"xp.relu({radius} - xp.abs(t - {c}))", {"t": "real()"}),
            (f"xp.relu({radius} - xp.norm(v - {c}))", {"v": 'vector("m")'}),
            (f"xp.relu({radius} - (p - xp.one/{near})**2)", {"p": "positive()"}),
            (
                f"xp.relu({radius} - (p - t - xp.one/{near})**2 - t*t)",
                {"p": "positive()", "t": "real()"},
            ),
            (f"xp.relu({radius} - xp.norm(M - {c}))", {"M": "real_matrix(2, 2)"}),
        ]
    )


@family
def needle(rng: random.Random) -> Draft:
    """A small ball in which an identity fails, polynomial or not."""
    polynomial, truth = rng.random() < 0.5, coin(rng)
    base = identity(rng, true.ALGEBRAIC if polynomial else true.TRANSCENDENTAL)
    fault, also = needle_text(rng, truth, 8 if polynomial else 6)
    provable = polynomial and "norm(" not in fault
    return plant(rng, base, fault, also, truth=truth, provable=provable)


@family
def needle_order(rng: random.Random) -> Draft:
    """An inequality that fails in a small ball."""
    truth = coin(rng)
    c, power = fraction(rng, rng.choice((9, 1000))), rng.randint(1, 12)
    least = "-" if truth else ""
    left = f"{least}xp.one/10**{power}"
    right, given = rng.choice(
        [
            (f"(x - {c})**2", {"x": "real()"}),
            (f"xp.norm2(x - {c})", {"x": "vector(3)"}),
            (f"(x - {c})**2 + (y + 2)**2", {"x": "real()", "y": "real()"}),
            (f"xp.abs2(x - {c})", {"x": "number()"}),
        ]
    )
    more = {"gap": f"{right} + xp.one/10**{power}"} if truth else {}
    return Draft((Part("AtMost", (left, right), more),), given, truth=truth)
