"""Faults that only magnitudes show: far away, tiny, beside large numbers, in saturation."""

from __future__ import annotations

import random

from tests.meta.corpus.case import Draft, Part, family
from tests.meta.corpus.points import coin, fraction, plant, scalar
from tests.meta.corpus.true import identity

SMALL = (1, 2, 3)


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
