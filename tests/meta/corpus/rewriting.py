"""Formulas rewritten by rules that hold everywhere, or for positive or real numbers only.

A rule used where it holds makes a true statement.  Used elsewhere it makes a false one if some
point shows it; points are tried in mpmath, which knows nothing of the judge.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import mpmath

from tests.meta.corpus.case import Draft, Part, family
from tests.meta.corpus.points import coin

DIGITS = 60
CLEAR = mpmath.mpf(10) ** -15
DOMAINS = {"P": "positive()", "R": "real()", "C": "number()"}


@dataclass(frozen=True)
class Formula:
    """A formula in xp, how to evaluate it, and what is known of it: P(ositive), N(onnegative),
    R(eal) or C(omplex)."""

    text: str
    kind: str
    value: Callable[[dict[str, Any]], Any]

    @property
    def real(self) -> bool:
        return self.kind != "C"

    @property
    def nonnegative(self) -> bool:
        return self.kind in "PN"


class Unclear(Exception):
    """A value so near a cut or a kink that rounding decides, or no value."""


def _kind(a: Formula, b: Formula, together: str) -> str:
    """Of a sum or product."""
    if "C" in (a.kind, b.kind):
        return "C"
    if a.nonnegative and b.nonnegative:
        positive = (a.kind == "P" or b.kind == "P") if together == "+" else a.kind == b.kind == "P"
        return "P" if positive else "N"
    return "R"


def plus(a: Formula, b: Formula) -> Formula:
    return Formula(f"({a.text} + {b.text})", _kind(a, b, "+"), lambda v: a.value(v) + b.value(v))


def times(a: Formula, b: Formula) -> Formula:
    return Formula(f"({a.text}*{b.text})", _kind(a, b, "*"), lambda v: a.value(v) * b.value(v))


def over(a: Formula, b: Formula) -> Formula:
    return Formula(
        f"({a.text}/{b.text})", _kind(a, b, "*"), lambda v: a.value(v) / _some(b.value(v))
    )


def minus(a: Formula) -> Formula:
    return Formula(f"(-{a.text})", "C" if a.kind == "C" else "R", lambda v: -a.value(v))


def number(n: int) -> Formula:
    kind = "P" if n > 0 else "R"
    return Formula(str(n) if n != 1 else "xp.one", kind, lambda v: mpmath.mpf(n))


def squared(a: Formula) -> Formula:
    kind = "C" if a.kind == "C" else "P" if a.kind == "P" else "N"
    return Formula(f"({a.text})**2", kind, lambda v: a.value(v) ** 2)


def _some(x: Any) -> Any:
    if abs(x) < CLEAR:
        raise Unclear
    return x


def _off_the_cut(x: Any) -> Any:
    x = mpmath.mpc(x)
    if abs(x) < CLEAR or (x.real < 0 and 0 < abs(x.imag) < CLEAR * abs(x)):
        raise Unclear
    return x


def _definite(x: Any) -> Any:
    """A real number that is zero only if it is exactly."""
    x = mpmath.mpc(x)
    if abs(x.imag) > CLEAR or 0 < abs(x.real) < CLEAR:
        raise Unclear
    return x.real


def applied(name: str, a: Formula) -> Formula:
    """A function of a formula."""
    value, kind = FUNCTIONS[name](a)
    return Formula(f"xp.{name}({a.text})", kind, value)


def _smooth(function: Callable[[Any], Any], of_real: str):
    return lambda a: (lambda v: function(a.value(v)), of_real if a.real else "C")


FUNCTIONS: dict[str, Callable[[Formula], tuple[Callable, str]]] = {
    "exp": _smooth(lambda x: mpmath.exp(_small(x)), "P"),
    "sin": _smooth(lambda x: mpmath.sin(_small(x)), "R"),
    "cos": _smooth(lambda x: mpmath.cos(_small(x)), "R"),
    "tanh": _smooth(lambda x: mpmath.tanh(_small(x)), "R"),
    "conj": lambda a: (lambda v: mpmath.conj(a.value(v)), a.kind),
    "real": lambda a: (lambda v: mpmath.re(a.value(v)), "R" if a.kind == "C" else a.kind),
    "imag": lambda a: (lambda v: mpmath.im(a.value(v)), "R"),
    "abs": lambda a: (lambda v: abs(a.value(v)), "P" if a.kind == "P" else "N"),
    "log": lambda a: (
        lambda v: mpmath.log(_off_the_cut(a.value(v))),
        "R" if a.kind == "P" else "C",
    ),
    "sqrt": lambda a: (
        lambda v: mpmath.sqrt(_off_the_cut(a.value(v))),
        a.kind if a.nonnegative else "C",
    ),
    "relu": lambda a: (lambda v: max(_definite(a.value(v)), 0), "P" if a.kind == "P" else "N"),
}


def _small(x: Any) -> Any:
    if abs(x) > 25:
        raise Unclear
    return x


def _on(a: Formula) -> Formula:
    def value(v):
        x = a.value(v)
        if 0 < abs(x) < CLEAR:
            raise Unclear
        return mpmath.mpf(x != 0)

    return Formula(f"on(xp, {a.text})", "N", value)


# -- rules: (left, right, does it hold?) of two formulas -------------------------------------------
Rule = Callable[[Formula, Formula], tuple[Formula, Formula, bool]]
HALF = lambda a: over(a, number(2))


RULES: dict[str, Rule] = {
    "root of a product": lambda a, b: (
        applied("sqrt", times(a, b)),
        times(applied("sqrt", a), applied("sqrt", b)),
        a.nonnegative and b.nonnegative,
    ),
    "log of a product": lambda a, b: (
        applied("log", times(a, b)),
        plus(applied("log", a), applied("log", b)),
        a.kind == b.kind == "P",
    ),
    "log of exp": lambda a, b: (applied("log", applied("exp", a)), a, a.real),
    "exp of log": lambda a, b: (applied("exp", applied("log", a)), a, True),
    "root of a square": lambda a, b: (applied("sqrt", squared(a)), a, a.nonnegative),
    "root of a square, abs": lambda a, b: (applied("sqrt", squared(a)), applied("abs", a), a.real),
    "square of a root": lambda a, b: (squared(applied("sqrt", a)), a, True),
    "conj of log": lambda a, b: (
        applied("conj", applied("log", a)),
        applied("log", applied("conj", a)),
        a.kind == "P",
    ),
    "conj of root": lambda a, b: (
        applied("conj", applied("sqrt", a)),
        applied("sqrt", applied("conj", a)),
        a.nonnegative,
    ),
    "conj of exp": lambda a, b: (
        applied("conj", applied("exp", a)),
        applied("exp", applied("conj", a)),
        True,
    ),
    "conj of sin": lambda a, b: (
        applied("conj", applied("sin", a)),
        applied("sin", applied("conj", a)),
        True,
    ),
    "square of abs": lambda a, b: (squared(applied("abs", a)), times(a, applied("conj", a)), True),
    "square of abs, real": lambda a, b: (squared(applied("abs", a)), squared(a), a.real),
    "abs of a product": lambda a, b: (
        applied("abs", times(a, b)),
        times(applied("abs", a), applied("abs", b)),
        True,
    ),
    "abs of exp": lambda a, b: (
        applied("abs", applied("exp", a)),
        applied("exp", applied("real", a)),
        True,
    ),
    "abs of exp, real": lambda a, b: (applied("abs", applied("exp", a)), applied("exp", a), a.real),
    "abs": lambda a, b: (applied("abs", a), a, a.nonnegative),
    "abs as a root": lambda a, b: (
        applied("abs", a),
        applied("sqrt", times(a, applied("conj", a))),
        True,
    ),
    "relu": lambda a, b: (applied("relu", _re(a)), _re(a), _re(a).nonnegative),
    "relu by abs": lambda a, b: (
        applied("relu", _re(a)),
        HALF(plus(_re(a), applied("abs", _re(a)))),
        True,
    ),
    "relu of minus": lambda a, b: (
        plus(b, applied("relu", minus(_re(a)))),
        b,
        _re(a).nonnegative,
    ),
    "exp of a sum": lambda a, b: (
        applied("exp", plus(a, b)),
        times(applied("exp", a), applied("exp", b)),
        True,
    ),
    "exp of minus": lambda a, b: (
        applied("exp", minus(a)),
        over(number(1), applied("exp", a)),
        True,
    ),
    "root of exp": lambda a, b: (
        applied("sqrt", applied("exp", a)),
        applied("exp", HALF(a)),
        a.real,
    ),
    "root of a reciprocal": lambda a, b: (
        applied("sqrt", over(number(1), a)),
        over(number(1), applied("sqrt", a)),
        a.nonnegative,
    ),
    "log of a reciprocal": lambda a, b: (
        applied("log", over(number(1), a)),
        minus(applied("log", a)),
        a.kind == "P",
    ),
    "log of a square": lambda a, b: (
        applied("log", squared(a)),
        times(number(2), applied("log", a)),
        a.kind == "P",
    ),
    "log of a square, abs": lambda a, b: (
        applied("log", squared(a)),
        times(number(2), applied("log", applied("abs", a))),
        a.real,
    ),
    "log of a root": lambda a, b: (
        applied("log", applied("sqrt", a)),
        HALF(applied("log", a)),
        True,
    ),
    "real part": lambda a, b: (applied("real", a), a, a.real),
    "real part by conj": lambda a, b: (applied("real", a), HALF(plus(a, applied("conj", a))), True),
    "imaginary part": lambda a, b: (plus(applied("imag", a), b), b, a.real),
    "real part of log": lambda a, b: (
        applied("real", applied("log", a)),
        applied("log", applied("abs", a)),
        True,
    ),
    "a root by its conjugate": lambda a, b: (
        times(applied("sqrt", a), applied("conj", applied("sqrt", a))),
        applied("abs", a),
        True,
    ),
    "where it is not zero": lambda a, b: (times(b, _on(a)), b, a.kind == "P"),
    "a quotient by itself": lambda a, b: (times(b, over(a, a)), b, True),
    "tanh": lambda a, b: (
        applied("tanh", a),
        over(
            plus(applied("exp", times(number(2), a)), number(-1)),
            plus(applied("exp", times(number(2), a)), number(1)),
        ),
        True,
    ),
    "cosine and sine": lambda a, b: (
        plus(squared(applied("sin", a)), squared(applied("cos", a))),
        number(1),
        True,
    ),
}


def _re(a: Formula) -> Formula:
    return a if a.real else applied("real", a)


BEYOND = (
    "log of a root",
    "real part of log",
    "a root by its conjugate",
    "abs of exp",
    "log of a square, abs",
)
"""Rules that the judge does not claim to know."""


# -- formulas and contexts -------------------------------------------------------------------------
def formula(rng: random.Random, given: dict[str, str], depth: int) -> Formula:
    """A random formula; inputs that it needs are added to ``given`` (name to kind)."""
    if depth == 0 or rng.random() < 0.25:
        name = rng.choice("xyz")
        kind = given.setdefault(name, rng.choice("PRRCC"))
        return Formula(name, kind, lambda v: v[name])
    a = formula(rng, given, depth - 1)
    match rng.randrange(8):
        case 0:
            return plus(a, formula(rng, given, depth - 1))
        case 1:
            return times(a, formula(rng, given, depth - 1))
        case 2:
            return plus(a, number(rng.choice((1, 2, 3, -1, -2))))
        case 3:
            return times(number(rng.choice((2, 3))), a)
        case 4:
            return squared(a)
        case 5:
            return minus(a)
        case 6:
            return applied(rng.choice(("abs", "conj", "real", "exp")), a)
        case _:
            return a


def within(rng: random.Random, one: Formula, other: Formula, given: dict[str, str]):
    """Both in the same surroundings."""
    match rng.randrange(5):
        case 0:
            beside = formula(rng, given, 1)
            return plus(one, beside), plus(other, beside)
        case 1:
            beside = formula(rng, given, 1)
            return times(one, beside), times(beside, other)
        case 2:
            return applied("exp", one), applied("exp", other)
        case 3:
            return squared(one), times(other, other)
        case _:
            return one, other


# -- points ----------------------------------------------------------------------------------------
SPECIAL = (0, 1, -1, 2, -2, 3, -3, 4, -4, 9, -9)


def points(rng: random.Random, given: dict[str, str]) -> Iterator[dict[str, Any]]:
    """Exact points: small whole numbers, then halves, then anything."""
    for k in range(160):
        yield {name: _input(rng, kind, k) for name, kind in given.items()}


def _input(rng: random.Random, kind: str, k: int) -> Any:
    def one():
        if k < 80:
            return mpmath.mpf(rng.choice(SPECIAL))
        return mpmath.mpf(rng.randint(-40, 40)) / rng.choice((1, 2, 4, 8))

    if kind == "P":
        return abs(one()) or mpmath.mpf(1) / 4
    if kind == "R":
        return one()
    return mpmath.mpc(one(), rng.choice((0, 1, 1)) * one())


def values(
    rng: random.Random, given: dict[str, str], *formulas: Formula
) -> Iterator[tuple[Any, ...]]:
    """What some formulas are at random points, where all of them have a clear value."""
    with mpmath.workdps(DIGITS):
        for point in points(rng, given):
            with suppress(Unclear, ZeroDivisionError, OverflowError, ValueError):
                yield tuple(formula.value(point) for formula in formulas)


def differs(rng: random.Random, left: Formula, right: Formula, given: dict[str, str]) -> bool:
    """Does some point certainly tell both apart?"""
    return any(
        abs(a - b) > CLEAR * 10**5 * (1 + abs(a) + abs(b))
        for a, b in values(rng, given, left, right)
    )


@family
def rewritten(rng: random.Random) -> Draft:
    """A formula and what a rule makes of it, where the rule holds and where it does not."""
    truth = coin(rng)
    while True:
        given: dict[str, str] = {}
        a, b = formula(rng, given, 2), formula(rng, given, 1)
        rule = rng.choice(list(RULES))
        left, right, holds = RULES[rule](a, b)
        if holds != truth:
            continue
        left, right = within(rng, left, right, given)
        if not truth and not differs(rng, left, right, given):
            continue
        if truth and differs(rng, left, right, given):
            raise AssertionError(f"a rule that should hold does not: {left.text} = {right.text}")
        part = Part("Equal", (left.text, right.text))
        names = [name for name in "xyz" if re.search(rf"\b{name}\b", part.text)]
        used = {name: DOMAINS[given[name]] for name in names}
        return Draft((part,), used, truth=truth, provable=rule not in BEYOND)


# -- signs by form ----
def wild(rng: random.Random, given: dict[str, str], depth: int) -> Formula:
    """A random formula with functions, products, quotients and squares."""
    if depth == 0 or rng.random() < 0.15:
        return formula(rng, given, 1)
    a = wild(rng, given, depth - 1)
    match rng.randrange(7):
        case 0:
            return plus(a, wild(rng, given, depth - 1))
        case 1:
            return times(a, wild(rng, given, depth - 1))
        case 2:
            return over(a, wild(rng, given, depth - 1))
        case 3:
            return squared(a)
        case 4:
            return times(a, applied("conj", a))
        case 5:
            return applied(rng.choice(("abs", "sqrt", "log", "exp", "real", "imag", "tanh")), a)
        case _:
            return applied("relu", _re(a))


def negative(rng: random.Random, value: Formula, given: dict[str, str]) -> bool:
    """Is it certainly a negative real number at some point?"""
    found = (mpmath.mpc(x) for (x,) in values(rng, given, value))
    return any(x.imag == 0 and x.real < -CLEAR * 10**6 for x in found)


@family
def sign_by_form(rng: random.Random) -> Draft:
    """0 <= g with g itself as the gap: a value that looks nonnegative, and is or is not."""
    truth = coin(rng)
    while True:
        given = {name: rng.choice("PRR") for name in "xyz"}
        value = wild(rng, given, 3)
        if rng.random() < 0.3:  # what is real for positive numbers only
            value = squared(applied(rng.choice(("log", "sqrt")), wild(rng, given, 1)))
        if value.nonnegative != truth or len(value.text) > 160:
            continue
        if not truth and not negative(rng, value, given):
            continue
        if truth and negative(rng, value, given):
            raise AssertionError(f"it should not be negative: {value.text}")
        names = [name for name in "xyz" if re.search(rf"\b{name}\b", value.text)]
        if not names:
            continue
        used = {name: DOMAINS[given[name]] for name in names}
        part = Part("AtMost", ("xp.zeros()", value.text), {"gap": value.text})
        return Draft((part,), used, truth=truth, provable="/" not in value.text)
