"""Faults in rates: wrong orders and constants, what stays, dies slowly or depends on divisors."""

from __future__ import annotations

import random
import re

from tests.meta.corpus.case import Draft, Part, family
from tests.meta.corpus.points import coin

# remainders with leading term c a^p / n^order, analytic in 1/n: (text, order, constant)
ANALYTIC = [
    ("xp.exp(a/n) - 1", 1, "a"),
    ("1 - xp.exp(-a/n)", 1, "a"),
    ("1 - xp.cos(a/n)", 2, "a*a/2"),
    ("a*xp.sin(xp.one/n)", 1, "a"),
    ("xp.exp(a/n) - 1 - a/n", 2, "a*a/2"),
    ("a/n - xp.sin(a/n)", 3, "a**3/6"),
    ("xp.log(1 + a/n)", 1, "a"),
    ("a/n - xp.log(1 + a/n)", 2, "a*a/2"),
    ("xp.sqrt(1 + a/n) - 1", 1, "a/2"),
    ("a*n/(n*n + xp.lift({k}))", 1, "a"),
    ("a/n + {k}*a/n**2", 1, "a"),
    ("xp.one/(1 - a/(a*n + n)) - 1", 1, "a/(a + 1)"),
    ("xp.tanh(a/n)", 1, "a"),
]


def rate(remainder: str, order: int, constant: str = "") -> Part:
    more = {"constant": constant} if constant else {}
    return Part("Rate", (f"lambda n: {remainder}", str(order)), more)


def analytic(rng: random.Random) -> tuple[str, int, str]:
    text, p, constant = rng.choice(ANALYTIC)
    k = rng.choice((1, 7, 10**3, 10**6, 10**8))
    return text.replace("{k}", str(k)), p, constant


@family
def rate_analytic(rng: random.Random) -> Draft:
    """A remainder analytic in 1/n; the order or the constant is wrong, or something stays."""
    truth = coin(rng)
    text, p, constant = analytic(rng)
    given = {"a": "positive()"}
    if truth:
        return Draft((rate(text, p, rng.choice((constant, constant, ""))),), given)
    k = rng.randint(3, 9)
    part = rng.choice(
        (
            rate(text, p, f"({constant})*(10**{k} + 1)/10**{k}"),
            rate(text, p, f"({constant})*2"),
            rate(text, p + 1, ""),
            rate(text, p + 1, constant),
            rate(f"({text})/n + ({text})/10**{k + 3}", p + 1, ""),
            rate(f"({text}) + xp.one/10**{k}0", p, constant),
            rate(f"({text}) - ({constant})/n**{p}", p, ""),
        )
    )
    return Draft((part,), given, truth=False)


# factors that tend to one, and constants that are positive
ONES = (
    "xp.exp(a*h)",
    "(1 + a*h)",
    "(xp.one/(1 + a*h))",
    "xp.cos(a*h)",
    "xp.sqrt(1 + a*h)",
    "(1 + h)**2",
    "(xp.sin(h)/h)",
    "(xp.tanh(a*h)/(a*h))",
    "(xp.log(1 + a*h)/(a*h))",
    "((xp.exp(h) - 1)/h)",
    "(1 + xp.relu(a - 3)*h)",
    "(1 + xp.abs(x)*h)",
    "xp.exp(x*h)",
    "(1 + xp.sum(v*v)*h)",
)
CONSTANTS = ("a", "a*a", "(1 + x*x)", "xp.exp(x)", "(a + xp.sum(v*v))", "(xp.abs(x) + a)", "xp.one")


@family
def rate_composed(rng: random.Random) -> Draft:
    """A constant times a power of 1/n times factors that tend to one, and what is added to them."""
    truth, p = coin(rng), rng.randint(1, 3)
    constant = rng.choice(CONSTANTS)
    ones = rng.sample(ONES, rng.randint(1, 3))
    text = f"{constant}*h**{p}*{'*'.join(ones)}"
    if rng.random() < 0.4:
        text = f"{text} + {rng.randint(1, 10**6)}*a*h**{p + 1}"
    shown, order = constant, p
    if not truth:
        k = rng.randint(2, 30)
        shown, order, text = rng.choice(
            (
                (f"{constant}*(10**{k} + 1)/10**{k}", p, text),
                (f"({constant} + (1 - on(xp, a - {rng.randint(1, 9)})))", p, text),
                (f"({constant} + xp.relu(a - 10**{rng.randint(1, 6)}))", p, text),
                (f"({constant} + xp.relu(xp.one/100 - (a - 2)**2))", p, text),
                (constant, p, f"{text} + a*h**{p}/10**{k}"),
                (constant, p + 1, text),
                (constant, p, f"{text} + xp.one/10**{k}"),
                (constant, p, f"{text} + h/10**{k}" if p > 1 else f"{text} + h**{p}*2"),
            )
        )
    remainder = f"(lambda h: {text})(xp.one/n)"
    given = {"a": "positive()", "x": "real()", "v": 'vector("n")'}
    used = {k: d for k, d in given.items() if re.search(rf"\b{k}\b", text + shown)}
    return Draft((rate(remainder, order, shown),), used or {"a": "positive()"}, truth=truth)


@family
def rate_slow(rng: random.Random) -> Draft:
    """Corrections that die slowly, with the right constant and the one that finite n suggest."""
    truth, k = coin(rng), rng.choice((10, 30, 100))
    slow = rng.choice(
        (
            f"xp.one/({k}*xp.sqrt(xp.lift(n)))",
            f"xp.one/({k}*xp.log(xp.lift(n)))",
            f"xp.one/({k}*xp.log(xp.lift(n))**2)",
        )
    )
    p = rng.randint(1, 2)
    shown = "a" if truth else f"a*(1 + xp.one/{k * rng.choice((10, 50))})"
    part = rate(f"a*(1 + {slow})/n**{p}", p, shown)
    # no finite table of values decides these, and no series does
    words = ("stands", "fails", "undecided")
    return Draft((part,), {"a": "positive()"}, truth=truth, provable=False, words=words)


@family
def rate_order(rng: random.Random) -> Draft:
    """A power that is not whole, or a logarithm beside a power."""
    truth = coin(rng)
    p = rng.randint(1, 3)
    given = {"a": "positive()"}
    if truth:
        text = rng.choice(
            (
                f"a*xp.exp(-{p}*xp.log(xp.lift(n)))",
                f"a*((1 + xp.one/n)**n - xp.exp(xp.one))**2*n**2/n**{p}",
                f"a*xp.sqrt(xp.lift(n))/(n**{p}*xp.sqrt(xp.lift(n)))",
            )
        )
        return Draft((rate(text, p),), given, provable=False)
    text = rng.choice(
        (
            f"a*xp.exp(-xp.log(xp.lift(n))*{1000 * p - rng.choice((1, 10, 50))}/1000)",
            f"a*xp.log(xp.lift(n))/n**{p}",
            f"a*xp.sqrt(xp.log(xp.lift(n)))/n**{p}",
            f"a/(n**{p}*xp.log(xp.lift(n)))",
            f"a/(n**{p}*xp.log(xp.log(xp.lift(n) + 20)))",
            f"a*(1 + xp.log(xp.lift(n))/10**{rng.randint(4, 60)})/n**{p}",
        )
    )
    constant = "a" if "/10**" in text else ""
    return Draft((rate(text, p, constant),), given, truth=False)


@family
def rate_somewhere(rng: random.Random) -> Draft:
    """The leading coefficient vanishes, or changes sign, at some inputs."""
    truth, k = coin(rng), rng.randint(1, 9)
    if truth:
        text, constant = rng.choice(
            (
                ("(x*x + {k})*(xp.exp(xp.one/n) - 1)", "x*x + {k}"),
                ("(x*x + {k})*xp.sin(xp.one/n)", "x*x + {k}"),
            )
        )
        return Draft(
            (rate(text.replace("{k}", str(k)), 1, constant.replace("{k}", str(k))),),
            {"x": "real()"},
        )
    text = rng.choice(
        (
            f"(a - {k})**2/n + a/n**2",
            f"xp.abs(a - {k})*(xp.exp(xp.one/n) - 1) + a/n**2",
            f"xp.relu(a - {k})/n + a/n**2",
        )
    )
    return Draft((rate(text, 2),), {"a": "positive()"}, truth=False)


@family
def rate_arithmetic(rng: random.Random) -> Draft:
    """A remainder that depends on what n is divisible by, or on whether it is large."""
    truth, k = coin(rng), rng.choice((2, 3, 5, 8, 16))
    p = rng.randint(1, 2)
    condition = rng.choice((f"n % {k} == 0", f"n % {k} == 1", "n & (n - 1) == 0"))
    if rng.random() < 0.3:
        condition = f"n < 10**{rng.choice((4, 6, 9))}"
    other = "1" if truth else rng.choice(("2", "xp.lift(11)/10", "xp.lift(10001)/10000"))
    part = rate(f"a*(1 if {condition} else {other})/n**{p}", p, rng.choice(("a", "")))
    if part.more == {} and "n <" in condition:  # without a constant that is a rate of this order
        part = rate(f"a*(1 if {condition} else {other})/n**{p}", p, "a")
    words = ("stands",) if "n <" in condition else ()  # no finite table of values decides it
    return Draft((part,), {"a": "positive()"}, truth=truth, provable=False, words=words)


@family
def rate_degenerate(rng: random.Random) -> Draft:
    """A rate that breaks down at one input, where a leading coefficient vanishes."""
    truth, k = coin(rng), rng.randint(1, 9)
    c = f"(a + {k})" if truth else f"(a - {k})"
    text = rng.choice(
        (
            f"xp.one/(n*{c}**2 + 1)",
            f"(xp.one/n)/({c}**2 + xp.one/n)",
            f"xp.sqrt({c}**2 + xp.one/n) - xp.sqrt({c}**2)",
            f"xp.log({c}**2 + xp.one/n) - xp.log({c}**2 + xp.one/n**2)",
            f"a/(1 + n*xp.abs({c}))",
        )
    )
    return Draft((rate(text, 1),), {"a": "positive()"}, truth=truth, provable="abs" not in text)


SIGNED = ("x", "-a", "(x - y)", "-(1 + x*x)", "(a - x*x)", "x**3", "-xp.exp(x)", "xp.sin(x)")


@family
def rate_signed(rng: random.Random) -> Draft:
    """Remainders of either sign; their constants negated, taken without sign, or another."""
    truth, p = coin(rng), rng.randint(1, 3)
    constant = rng.choice(SIGNED)
    text = f"{constant}*h**{p}*{'*'.join(rng.sample(ONES[:10], rng.randint(1, 2)))}"
    shown, order = constant, p
    if not truth:
        shown, order = rng.choice(
            ((f"-({constant})", p), (f"xp.abs({constant})", p), (f"2*({constant})", p),
             (constant, p + 1), (f"{constant}*(10**{(k := rng.randint(2, 20))} + 1)/10**{k}", p))
        )  # fmt: skip
    remainder = f"(lambda h: {text})(xp.one/n)"
    given = {"a": "positive()", "x": "real()", "y": "real()"}
    used = {k: d for k, d in given.items() if re.search(rf"\b{k}\b", text + shown)}
    return Draft((rate(remainder, order, shown),), used or {"a": "positive()"}, truth=truth)
