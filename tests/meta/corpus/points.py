"""Faults at points: on thin sets, in small balls, far away, on branches and cuts, at domains' ends.

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


# -- far away and tiny ------------------------------------------------
@family
def far(rng: random.Random) -> Draft:
    """False only beyond a large number."""
    base, truth = identity(rng), coin(rng)
    power = rng.choice((6, 7, 9, 12, 20, 40, 80))
    simple = not any(f in base.parts[0].text for f in ("exp", "sin", "cos", "log", "tanh", "soft"))
    x, more = scalar(rng, base) if simple else ("t", {"t": "real()"})
    if truth:
        fault = rng.choice(
            (f"xp.relu(-(10**{power}) - {x}*{x})", f"xp.relu(-xp.abs({x}) - 10**{power})")
        )
    else:
        fault = rng.choice(
            (
                f"xp.relu({x} - 10**{power})",
                f"xp.relu({x}*{x} - 10**{2 * power})",
                f"xp.maximum(-{x} - 10**{power}, 0)",
                f"{x} - xp.clip({x}, -(10**{power}), 10**{power})",
            )
        )
    return plant(rng, base, fault, more, truth=truth, provable=base.provable and simple)


@family
def far_order(rng: random.Random) -> Draft:
    """An inequality between a number and a large constant, or powers that cross far out."""
    truth = coin(rng)
    power = rng.choice((3, 6, 9, 15, 40, 80, 150))
    k = rng.randint(1, 9)
    if truth:
        left, right, gap = rng.choice(
            [
                ("-(x*x)", f"xp.lift({k}*10**{power})", f"{k}*10**{power} + x*x"),
                (f"2*10**{power}*x", f"x*x + 10**{2 * power}", f"(x - 10**{power})**2"),
            ]
        )
        return Draft((Part("AtMost", (left, right), {"gap": gap}),), {"x": "real()"})
    left, right, domain = rng.choice(
        [
            ("x", f"xp.lift({k}*10**{power})", "real()"),
            ("x", f"xp.lift(10**{power})", "positive()"),
            ("x*x", f"xp.lift({k}*10**{power})", "real()"),
            ("x**3", f"10**{power}*(1 + x*x)", "real()"),
            ("x", f"10**{power} + xp.sin(x)", "real()"),
            ("xp.log(x)", f"xp.lift({min(power, 600)})", "positive()"),
        ]
    )
    return Draft((Part("AtMost", (left, right)),), {"x": domain}, truth=False)


@family
def tiny(rng: random.Random) -> Draft:
    """One side is off by a part in 10^12 to 10^60."""
    base, truth = identity(rng), coin(rng)
    k = rng.randint(12, 60) if rng.random() < 0.7 else rng.randint(150, 400)
    left, right = base.parts[0].sides
    factor = f"(10**{k} + {0 if truth else 1})/xp.lift(10**{k})"
    # a side that is zero would stay right: seven is added to both
    part = Part("Equal", (f"(2*({left}) + 7)*({factor})", f"2*({right}) + 7"))
    if rng.random() < 0.3:  # an inequality without room, at many points
        left, right, given = rng.choice(
            (
                ("xp.abs(x + y)", "xp.abs(x) + xp.abs(y)", {"x": "real()", "y": "real()"}),
                ("xp.abs(xp.sin(x))", "xp.relu(xp.sin(x)) + xp.abs(xp.sin(x))", {"x": "real()"}),
                (
                    "xp.maximum(x, xp.exp(y))",
                    "xp.relu(x) + xp.exp(y)",
                    {"x": "real()", "y": "real()"},
                ),
            )
        )
        sign, k = "-" if truth else "+", rng.choice((k, rng.randint(150, 300)))
        part = Part("AtMost", (f"{left} {sign} xp.one/10**{k}", right))
        if rng.random() < 0.3:
            left, right = f"2*x*y*(10**{k} {sign} 1)/10**{k}", "x*x + y*y"
            part, given = Part("AtMost", (left, right)), {"x": "real()", "y": "real()"}
        return Draft((part,), given, truth=truth, provable=False)
    return base.but(parts=(part,), truth=truth)


@family
def tiny_beside_large(rng: random.Random) -> Draft:
    """A fault of size one beside a number of 10^30 that cancels."""
    base, truth = identity(rng), coin(rng)
    k = rng.randint(20, 60)
    left, right = base.parts[0].sides
    x, more = scalar(rng, base)
    fault = "" if truth else f" + {rng.choice((x, '1', f'{x}*{x}/1000', 'xp.one/10**9'))}"
    big = rng.choice((f"10**{k}", f"10**{k}*{x}", f"10**{k}*(1 + {x}*{x})"))
    part = Part("Equal", (f"({left}) + {big}{fault}", f"{big} + ({right})"))
    used = more if x in part.text.replace("xp.", "") and more else {}
    return base.but(parts=(part,), given={**base.given, **used}, truth=truth)


@family
def scale(rng: random.Random) -> Draft:
    """Sides of size 1e150, or that move by less than 1e-30 of themselves."""
    base, truth = identity(rng), coin(rng)
    left, right = base.parts[0].sides
    k = rng.choice((40, 60, 100, 150, 250))
    wrong = "" if truth else rng.choice((" + 1", "*2", " - xp.one/10**6"))
    right = f"({right}){wrong}"
    if wrong == "*2":
        left, right = f"{left} + 1", f"({base.parts[0].sides[1]} + 1)*2"
    part = rng.choice(
        (
            Part("Equal", (f"10**{k}*({left})", f"10**{k}*({right})")),
            Part("Equal", (f"({left})/xp.lift(10**{k})", f"({right})/xp.lift(10**{k})")),
            Part("Equal", (f"10**{k} + ({left})", f"({right}) + 10**{k}")),
        )
    )
    return base.but(parts=(part,), truth=truth)


# -- saturation and cancellation ------------------------------------------------
@family
def saturation(rng: random.Random) -> Draft:
    """A function so near its limit that no float tells them apart."""
    truth, k = coin(rng), rng.choice((20, 40, 100, 300, 700))
    grows = rng.choice((f"{k} + x*x", f"{k} + xp.abs(x)", f"{k}*(1 + x*x)"))
    given = {"x": "real()", "y": "real()"}
    if truth:
        part = rng.choice(
            (
                Part("Equal", (f"xp.tanh({grows})*y", f"-xp.tanh(-({grows}))*y")),
                Part("Equal", (f"xp.logistic({grows})*y + xp.logistic(-({grows}))*y", "y")),
                Part("Equal", (f"xp.exp(-({grows}))*xp.exp({grows})*y", "y")),
                Part(
                    "AtMost", (f"xp.exp({grows}) - 1 + 0*y", f"xp.exp({grows})"), {"gap": "xp.one"}
                ),
                Part("AtMost", ("0*y", f"xp.exp(-({grows}))"), {"gap": f"xp.exp(-({grows}))"}),
            )
        )
        return Draft((part,), given)
    part = rng.choice(
        (
            Part("Equal", (f"xp.tanh({grows})*y", "y")),
            Part("Equal", (f"xp.logistic({grows})*y", "y")),
            Part("Equal", (f"y + xp.exp(-({grows}))", "y")),
            Part("Equal", (f"xp.softplus({grows})*y", f"({grows})*y")),
            Part("Equal", (f"xp.log(1 + xp.exp(-({grows})))*y", "0*y")),
            Part("AtMost", (f"xp.exp({grows}) + 0*y", f"xp.exp({grows}) - 1")),
            Part("AtMost", (f"xp.exp(-({grows}))", "0*y")),
            Part("AtMost", ("xp.one + 0*y", f"xp.tanh({grows})")),
        )
    )
    return Draft((part,), given, truth=False)


@family
def cancellation(rng: random.Random) -> Draft:
    """More digits are lost than the usual precisions have."""
    truth, k = coin(rng), rng.choice((30, 60, 80, 120))
    c = fraction(rng).replace("xp.lift(0)", "xp.lift(1)")
    if truth:
        part = rng.choice(
            (
                Part("AtMost", (f"xp.sin(10**{k}*(x + {c}))", "xp.one")),
                Part("Equal", (f"xp.sin(10**{k}*x)**2 + xp.cos(10**{k}*x)**2 + x", "1 + x")),
                Part("Equal", (f"(10**{k} + xp.sin(x)) - 10**{k}", "xp.sin(x)")),
            )
        )
        return Draft((part,), {"x": "real()"}, provable=part.kind == "Equal")
    part = rng.choice(
        (
            Part("AtMost", (f"xp.sin(10**{k}*(x + {c}))", "xp.zeros()")),
            Part("AtMost", (f"xp.cos(10**{k}*(x*x + {c}))", "xp.one/2")),
            Part("AtMost", (f"xp.exp({k} + x*x)", f"xp.exp({k} + x*x) - xp.one/10**{k}")),
            Part(
                "Equal", (f"(10**{k} + xp.sin(x)) - 10**{k}", "xp.sin(x)*(xp.one + xp.one/10**6)")
            ),
            Part("Equal", (f"xp.log(10**{k} + xp.exp(x))", f"xp.log(xp.lift(10**{k})) + 0*x")),
        )
    )
    return Draft((part,), {"x": "real()"}, truth=False)


# -- branches and cuts ------------------------------------------------
@family
def branch(rng: random.Random) -> Draft:
    """True on one side of a kink, false on the other."""
    truth = coin(rng)
    k, c = rng.randint(1, 9), rng.randint(1, 9)
    if truth:
        left, right, given = rng.choice(
            [
                (f"xp.abs(x + {c})", f"x + {c}", {"x": "positive()"}),
                (f"xp.relu(x*x + {c})", f"x*x + {c}", {"x": "real()"}),
                ("xp.maximum(x, -x)", "xp.abs(x)", {"x": "real()"}),
                (f"xp.relu(x - {c}) - xp.relu({c} - x)", f"x - {c}", {"x": "real()"}),
                (f"xp.abs({k}*x - y)", f"xp.abs(y - {k}*x)", {"x": "real()", "y": "real()"}),
                ("xp.relu(-x)", "0*x", {"x": "nonnegative()"}),
                ("xp.relu(x)", "x", {"x": "between(0, 3)"}),
                (
                    "xp.maximum(x, xp.maximum(y, z))",
                    "xp.maximum(xp.maximum(x, y), z)",
                    {"x": "real()", "y": "real()", "z": "real()"},
                ),
                ("xp.relu(xp.minimum(x, -x))", "0*x", {"x": "real()"}),
                (
                    "xp.abs(xp.abs(x) - xp.abs(y))",
                    "xp.maximum(xp.abs(x), xp.abs(y)) - xp.minimum(xp.abs(x), xp.abs(y))",
                    {"x": "real()", "y": "real()"},
                ),
            ]
        )
    else:
        left, right, given = rng.choice(
            [
                (f"xp.abs(x - xp.one/{k}00)", f"x - xp.one/{k}00", {"x": "positive()"}),
                (
                    f"xp.relu(x*x - xp.one/10**{2 * k})",
                    f"x*x - xp.one/10**{2 * k}",
                    {"x": "real()"},
                ),
                (f"xp.maximum(x, {c})", f"{c} + 0*x", {"x": f"between(0, {c + 1})"}),
                (f"xp.relu(x - 100*{c})", "0*x", {"x": "real()"}),
                (f"xp.maximum(x, y - {10 * c})", "x", {"x": "real()", "y": "real()"}),
                (
                    f"xp.relu(xp.relu(x) + {c} - y)",
                    f"xp.relu(x) + {c} - y",
                    {"x": "real()", "y": "real()"},
                ),
                (f"xp.abs(x + y + {50 * c})", f"x + y + {50 * c}", {"x": "real()", "y": "real()"}),
                (f"xp.clip(x, -{50 * c}, {50 * c})", "x", {"x": "real()"}),
                (
                    "xp.relu(xp.minimum(xp.minimum(x, y), -x - y + xp.one/1000))",
                    "0*x",
                    {"x": "real()", "y": "real()"},
                ),
                ("xp.abs(x*y)", "x*y", {"x": "positive()", "y": "real()"}),
            ]
        )
    return Draft((Part("Equal", (left, right)),), given, truth=truth)


@family
def cut(rng: random.Random) -> Draft:
    """True for positive numbers, false on or across the cut of a logarithm or a root."""
    truth = coin(rng)
    d = "positive()" if truth else "number()"
    k = rng.randint(2, 5)
    sides = [
        ("xp.log(x*y)", "xp.log(x) + xp.log(y)"),
        ("xp.sqrt(x*y)", "xp.sqrt(x)*xp.sqrt(y)"),
        (f"xp.log(x**{k})", f"{k}*xp.log(x)"),
        ("xp.log(xp.conj(x))", "xp.conj(xp.log(x))"),
        ("xp.sqrt(xp.conj(x))", "xp.conj(xp.sqrt(x))"),
        ("xp.log(xp.one/x)", "-xp.log(x)"),
        ("xp.sqrt(x*x)", "x"),
        ("xp.sqrt(xp.one/x)", "xp.one/xp.sqrt(x)"),
        ("xp.sqrt(x/y)", "xp.sqrt(x)/xp.sqrt(y)"),
        ("xp.log(xp.exp(x))", "x"),
        (f"xp.log({k}*x*xp.conj(y))", f"xp.log({k}*x) + xp.conj(xp.log(y))"),
    ]
    left, right = rng.choice(sides)
    given = {"x": d, **({"y": d} if "y" in (left + right).replace("xp", "") else {})}
    if rng.random() < 0.3:
        left, right = f"{left} + w*w", f"w*w + {right}"
        given["w"] = "number()"
    return Draft((Part("Equal", (left, right)),), given, truth=truth)


@family
def cut_order(rng: random.Random) -> Draft:
    """A square that is none: the logarithm or the root of what need not be positive."""
    truth = coin(rng)
    k = rng.randint(1, 5)
    d = "positive()" if truth else "real()"
    body = rng.choice(("xp.log(x)**2", f"xp.log(x/{k})**2", "xp.sqrt(x)**4*xp.log(x)**2"))
    if not truth and rng.random() < 0.5:
        value = f"xp.imag(xp.log(-(z/{k})*xp.conj(z/{k})))*xp.abs2(z)"
        return Draft(
            (Part("AtMost", (value, "xp.zeros()"), {"gap": "xp.zeros()"}),),
            {"z": "number()"},
            truth=False,
        )
    return Draft((Part("AtMost", ("0*x", body), {"gap": body}),), {"x": d}, truth=truth)


@family
def root_sign(rng: random.Random) -> Draft:
    """The square root of a square, with the sign that it has and the one that it has not."""
    truth, k = coin(rng), rng.choice((0, 6, 12, 17, 30))
    inner, right, given = rng.choice(
        [
            ("x*x", "xp.abs(x)", {"x": "real()"}),
            ("x**4", "x*x", {"x": "real()"}),
            ("x*x", "x", {"x": "positive()"}),
            ("x*x*y*y", "xp.abs(x*y)", {"x": "real()", "y": "real()"}),
            ("(x*x + 1)**2", "x*x + 1", {"x": "real()"}),
        ]
    )
    if not truth:
        inner, right, given = rng.choice(
            [
                ("x*x", "x", {"x": "real()"}),
                ("x**6", "x**3", {"x": "real()"}),
                ("x*x*y*y", "x*y", {"x": "positive()", "y": "real()"}),
                ("(x - 1)**2", "x - 1", {"x": "positive()"}),
                ("x*x + y*y", "x + y", {"x": "positive()", "y": "positive()"}),
                ("(x*x - 1)**2", "x*x - 1", {"x": "real()"}),
            ]
        )
    part = Part("Equal", (f"1 + xp.sqrt({inner})/10**{k}", f"1 + ({right})/10**{k}"))
    part = part.over(lambda text: text.replace("/10**0", ""))
    return Draft((part,), given, truth=truth)


# -- ends of domains ------------------------------------------------
@family
def domain_end(rng: random.Random) -> Draft:
    """A bound that only the awkward members of a domain break."""
    truth = coin(rng)
    power = rng.choice((1, 1, 2, 4, 8, 20, 50))
    e = f"xp.one/10**{power}"
    if truth:
        part, given = rng.choice(
            [
                (Part("AtMost", ("0*x", "x"), {"gap": "x"}), {"x": "positive()"}),
                (Part("AtMost", (f"-{e}", "x"), {"gap": f"x + {e}"}), {"x": "nonnegative()"}),
                (Part("AtMost", ("xp.zeros()", "A[0, 0]"), {"gap": "A[0, 0]"}), {"A": 'spd("n")'}),
                (
                    Part("AtMost", (f"-{e}", "xp.trace(A)"), {"gap": f"xp.trace(A) + {e}"}),
                    {"A": 'spd("n")'},
                ),
                (Part("Equal", ("xp.det(Q)**2", "xp.one")), {"Q": "orthogonal(2)"}),
                (Part("Equal", ("xp.abs2(xp.det(Q))", "xp.one")), {"Q": "unitary(2)"}),
                (Part("Equal", ("xp.sum(p)", "xp.one")), {"p": 'simplex("n")'}),
                (Part("Equal", ("Q.T @ Q", "xp.eye(Q.shape[0])")), {"Q": 'orthogonal("n")'}),
                (Part("Equal", ("xp.sum(q*q)", "xp.one")), {"q": 'unit_vector("n")'}),
                (Part("AtMost", ("xp.zeros()", "p"), {"gap": "p"}), {"p": 'simplex("n")'}),
            ]
        )
        return Draft((part,), given)
    part, given, sizes = rng.choice(
        [
            (Part("AtMost", (e, "x")), {"x": "positive()"}, {}),
            (Part("Zero", (f"xp.relu({e} - x)",)), {"x": "positive()"}, {}),
            (Part("AtMost", ("x", f"xp.lift(10**{power + 3})")), {"x": "positive()"}, {}),
            (Part("AtMost", (e, "x")), {"x": 'positive("n")'}, {"n": SMALL}),
            (Part("AtMost", (e, "A[0, 0]")), {"A": 'spd("n")'}, {"n": SMALL}),
            (Part("AtMost", (e, "xp.trace(A)")), {"A": 'spd("n")'}, {"n": SMALL}),
            (Part("AtMost", (e, "xp.det(A)")), {"A": 'spd("n")'}, {"n": SMALL}),
            (Part("Equal", ("xp.det(Q)", "xp.one")), {"Q": 'orthogonal("n")'}, {"n": SMALL}),
            (
                Part("Equal", ("on(xp, xp.det(Q + xp.eye(Q.shape[0])))", "xp.one")),
                {"Q": 'orthogonal("n")'},
                {"n": (1, 2, 3)},
            ),
            (
                Part("Equal", ("on(xp, xp.det(Q + xp.eye(Q.shape[0])))", "xp.one")),
                {"Q": 'unitary("n")'},
                {"n": (1, 2)},
            ),
            (
                Part("AtMost", (f"{e} - Q.shape[0]", "xp.trace(Q)")),
                {"Q": 'orthogonal("n")'},
                {"n": SMALL},
            ),
            (
                Part("AtMost", (f"{e} - Q.shape[0]", "xp.real(xp.trace(Q))")),
                {"Q": 'unitary("n")'},
                {"n": SMALL},
            ),
            (Part("AtMost", (e, "p")), {"p": 'simplex("n")'}, {"n": (2, 3, 4)}),
            (Part("AtMost", ("p", f"1 - {e}")), {"p": 'simplex("n")'}, {"n": (2, 3)}),
            (Part("Equal", ("on(xp, x)", "xp.one")), {"x": "nonnegative()"}, {}),
            (Part("AtMost", (f"{e} - 1", "q[0]")), {"q": 'unit_vector("n")'}, {"n": (2, 3)}),
            (Part("AtMost", ("q", f"1 - {e}")), {"q": 'unit_vector("n")'}, {"n": (2, 3)}),
            (Part("AtMost", ("x", f"3 - {e}")), {"x": "between(-1, 3)"}, {}),
            (Part("AtMost", (f"{e} - 1", "x")), {"x": "between(-1, 3)"}, {}),
            (
                Part("Equal", ("on(xp, xp.det(A))", "xp.one")),
                {"A": 'real_matrix("n", "n")'},
                {"n": SMALL},
            ),
            (Part("Equal", ("on(xp, xp.det(A))", "xp.one")), {"A": 'hermitian("n")'}, {"n": SMALL}),
        ]
    )
    return Draft((part,), given, sizes, truth=False)


@family
def complex_input(rng: random.Random) -> Draft:
    """True of real inputs, false of complex ones."""
    truth, k = coin(rng), rng.randint(1, 9)
    sides, n = rng.choice(
        [
            (("xp.norm2(A)", "xp.trace(A @ A.T)"), 2),
            (("xp.star(A)", "A.T"), 2),
            (("xp.abs2(xp.trace(A))", "xp.trace(A)**2"), 2),
            (("xp.norm2(x)", "xp.sum(x*x)"), 1),
            (("xp.conj(x)", "x"), 1),
            (("xp.abs2(x)", "x*x"), 1),
            (("xp.real(x) + x*x", "x + x*x"), 1),
            (("xp.imag(x*x) + x", "x"), 1),
            ((f"xp.sqrt(xp.conj(x) + {k})", f"xp.conj(xp.sqrt(x + {k}))"), 0),
            ((f"xp.log(xp.conj(x) + {k})", f"xp.conj(xp.log(x + {k}))"), 0),
        ]
    )
    name = "A" if n == 2 else "x"
    domain = {
        (0, True): ("positive()", 'positive("n")'),
        (0, False): ("number()", 'matrix("n")'),
        (2, True): ('real_matrix("n", "n")', 'symmetric("n")'),
        (2, False): ('matrix("n", "n")', 'hermitian("n")' if "star" not in sides[0] else ""),
        (1, True): ('vector("n")', "real()"),
        (1, False): ('matrix("n")', "number()"),
    }[n, truth]
    choice = rng.choice([d for d in domain if d])
    if choice == 'hermitian("n")' and "abs2(xp.trace" in sides[0]:
        choice = 'matrix("n", "n")'  # the trace of a Hermitian matrix is real
    false_at = "n >= 2" if choice == 'hermitian("n")' else "True"
    if "star" in sides[0] and choice == 'matrix("n", "n")':
        false_at = "True"
    return Draft(
        (Part("Equal", rng.choice((sides, sides[::-1]))),),
        {name: choice},
        truth=truth,
        false_at=false_at,
    )
