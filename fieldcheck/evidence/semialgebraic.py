"""Is there a real point where some polynomials vanish and others are positive?  Decided exactly.

By elimination: an equation is factored and each factor solved in turn, for a variable that occurs
linearly or, with one variable left, for its rational roots.  What remains are strict inequalities;
they are split into signs of their factors, and a system of linear ones is decided by the
elimination of Fourier and Motzkin.  What is beyond that is answered "unknown", never guessed.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from fractions import Fraction

import sympy as sp

Point = dict[sp.Symbol, sp.Rational]
Solved = dict[sp.Symbol, sp.Expr]
Family = tuple[Solved, list[sp.Expr], list[sp.Expr]]


class Unknown(Exception):
    """The elimination does not decide this set."""


def a_point(
    zero: Sequence[sp.Expr], positive: Sequence[sp.Expr], unknowns: Sequence[sp.Symbol]
) -> Point | None:
    """A rational point with all of ``zero`` vanishing and all of ``positive`` positive, or None.

    Raises Unknown where neither a point nor a proof that there is none is found.
    """
    return a_point_among(list(families(zero)), positive, unknowns)


def families(zero: Sequence[sp.Expr]) -> Iterator[Family]:
    """All ways to satisfy some equations: (variables in terms of the free ones, equations that are
    left, divisors that must not vanish)."""
    yield from _eliminated([sp.expand(e) for e in zero], {}, [])


def extended(zero: Sequence[sp.Expr], family: Family) -> Iterator[Family]:
    """The members of a family that satisfy more equations."""
    solved, rest, divisors = family
    for more, left, below in _eliminated([sp.expand(e) for e in zero], solved, divisors):
        yield more, [*rest, *left], below


def a_point_among(
    found: Sequence[Family], positive: Sequence[sp.Expr], unknowns: Sequence[sp.Symbol]
) -> Point | None:
    """A point of one of the families with all of ``positive`` positive, or None."""
    doubtful = False
    for solved, rest, divisors in found:
        conditions = [_cleared(p.subs(solved)) for p in [*positive, *(d**2 for d in divisors)]]
        if any(p.is_number and not p > 0 for p in conditions):
            continue
        try:
            inside = _inside(
                [p for p in conditions if not p.is_number], [v for v in unknowns if v not in solved]
            )
        except Unknown:
            doubtful = True
            continue
        if rest:
            doubtful = True
        elif inside is not None:
            return _completed(inside, solved, unknowns)
    if doubtful:
        raise Unknown
    return None


def _completed(found: Point, solved: Solved, unknowns: Sequence[sp.Symbol]) -> Point:
    """Values of all unknowns: the free ones, then those solved for in terms of them."""
    point = {v: found.get(v, sp.Integer(0)) for v in unknowns if v not in solved}
    return {v: sp.Rational(solved[v].subs(point)) if v in solved else point[v] for v in unknowns}


def _cleared(p: sp.Expr) -> sp.Expr:
    """A polynomial with the same sign (numerator times denominator)."""
    top, bottom = sp.fraction(sp.together(p))
    return sp.expand(top * bottom)


# -- equations ----------------------------------------------------------------------------------
def _eliminated(
    equations: list[sp.Expr], solved: Solved, divisors: list[sp.Expr]
) -> Iterator[Family]:
    equations = [e for e in equations if e != 0]
    if any(e.is_number for e in equations):
        return
    if not equations:
        yield solved, [], divisors
        return
    first = min(equations, key=sp.count_ops)
    others = [e for e in equations if e is not first]
    for factor, _ in sp.factor_list(first)[1]:
        v = _linear_in(factor)
        if v is None:
            if (squares := _squares(factor) or _squares(-factor)) is not None:
                yield from _eliminated([*squares, *others], solved, divisors)
            elif not _without_real_roots(factor):
                yield solved, [factor], divisors  # an irrational root, or a curve: not decided here
            continue
        slope, offset = sp.Poly(factor, v).all_coeffs()
        if not slope.is_number:  # no division by it: the case where it vanishes comes first
            yield from _eliminated([slope, offset, *others], solved, divisors)
        value = sp.together(-offset / slope)

        def put(e: sp.Expr, v: sp.Symbol = v, value: sp.Expr = value) -> sp.Expr:
            return sp.together(e.subs(v, value))

        chosen = {**{w: put(e) for w, e in solved.items()}, v: value}
        rest = [sp.expand(sp.fraction(put(e))[0]) for e in others]
        below = [put(d) for d in divisors] + ([] if slope.is_number else [slope])
        yield from _eliminated(rest, chosen, below)


def _linear_in(factor: sp.Expr) -> sp.Symbol | None:
    """A variable in which an irreducible factor is linear, with a constant slope if possible."""
    linear = [v for v in sorted(factor.free_symbols, key=str) if sp.Poly(factor, v).degree() == 1]
    constant = [v for v in linear if sp.Poly(factor, v).LC().is_number]
    return next(iter([*constant, *linear]), None)


def _squares(p: sp.Expr) -> list[sp.Expr] | None:
    """Polynomials, the squares of which add up to this one with positive weights, or None: it is
    zero where they all are.  By completing squares, and by even powers."""
    p = sp.expand(p)
    if p.is_number:
        return None if p < 0 else [sp.Integer(1)] * bool(p)
    own = sp.Poly(p, *sorted(p.free_symbols, key=str))
    for v in own.gens:
        powers = sp.Poly(p, v).all_coeffs()
        if len(powers) == 3 and powers[0].is_number and powers[0] > 0:
            a, b, c = powers
            rest = _squares(c - b**2 / (4 * a))
            return None if rest is None else [v + b / (2 * a), *rest]
    if any(c < 0 or any(n % 2 for n in m) for m, c in own.terms()):
        return None
    roots = [[g ** (n // 2) for g, n in zip(own.gens, m, strict=True)] for m, _ in own.terms()]
    return [sp.prod(root) for root in roots]


def _without_real_roots(factor: sp.Expr) -> bool:
    names = list(factor.free_symbols)
    return len(names) == 1 and not sp.Poly(factor, names[0]).count_roots()


# -- strict inequalities ------------------------------------------------------------------------
def _inside(conditions: list[sp.Expr], free: Sequence[sp.Symbol]) -> Point | None:
    for signs in _factored(conditions):
        linear = [f for f in signs if sp.Poly(f, *free).total_degree() <= 1] if free else signs
        if len(linear) < len(signs):
            if _feasible(linear, list(free)) is None:
                continue
            raise Unknown
        found = _feasible(linear, list(free))
        if found is not None:
            return found
    return None


def _factored(conditions: list[sp.Expr]) -> Iterator[list[sp.Expr]]:
    """The same set as a union of sets on which irreducible factors have fixed signs."""
    choices = []
    for p in conditions:
        constant, factors = sp.factor_list(p)
        if constant == 0:
            return
        even = [f for f, k in factors if k % 2 == 0]
        odd = [f for f, k in factors if k % 2]
        ways = []
        for signs in itertools.product((1, -1), repeat=len(odd)):
            if sp.sign(constant) * sp.prod(signs) > 0:
                for apart in itertools.product((1, -1), repeat=len(even)):
                    ways.append([s * f for s, f in zip(signs + apart, odd + even, strict=True)])
        choices.append(ways)
    for parts in itertools.product(*choices):
        yield [f for part in parts for f in part]


def _feasible(linear: list[sp.Expr], free: list[sp.Symbol]) -> Point | None:
    """A point with all linear forms positive, by Fourier-Motzkin elimination, or None."""
    if not free:
        return {} if all(f > 0 for f in linear) else None
    v, others = free[-1], free[:-1]
    low: list[sp.Expr] = []
    high: list[sp.Expr] = []
    rest: list[sp.Expr] = []
    for f in linear:
        c = f.coeff(v)
        if c == 0:
            rest.append(f)
        else:
            (low if c > 0 else high).append(sp.expand(-(f - c * v) / c))
    between = [h - x for h in high for x in low]
    found = _feasible([sp.expand(e) for e in rest + between], others)
    if found is None:
        return None
    bottom = max((x.subs(found) for x in low), default=None)
    top = min((x.subs(found) for x in high), default=None)
    return {**found, v: _simplest(bottom, top)}


def _simplest(bottom: sp.Rational | None, top: sp.Rational | None) -> sp.Rational:
    """A simple rational strictly between two ends, either of which may be missing."""
    for candidate in (0, 1, -1, 2, -2, sp.Rational(1, 2), sp.Rational(-1, 2)):
        if (bottom is None or candidate > bottom) and (top is None or candidate < top):
            return sp.Rational(candidate)
    if bottom is None:
        return sp.floor(top) - 1
    if top is None:
        return sp.floor(bottom) + 1
    return (bottom + top) / 2


def fraction(x: sp.Rational) -> Fraction:
    """A sympy rational as a Python fraction."""
    return Fraction(int(x.p), int(x.q))
