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


class Unknown(Exception):
    """The elimination does not decide this set."""


def a_point(
    zero: Sequence[sp.Expr], positive: Sequence[sp.Expr], unknowns: Sequence[sp.Symbol]
) -> Point | None:
    """A rational point with all of ``zero`` vanishing and all of ``positive`` positive, or None.

    Raises Unknown where neither a point nor a proof that there is none is found.
    """
    doubtful = False
    for solved, rest in _eliminated([sp.expand(e) for e in zero], {}):
        try:
            conditions = [_cleared(p.subs(solved)) for p in positive]
            free = [v for v in unknowns if v not in solved]
            found = _inside(conditions, free)
        except Unknown:
            doubtful = True
            continue
        if rest:
            doubtful = True
            continue
        if found is not None:
            return _completed(found, solved, unknowns)
    if doubtful:
        raise Unknown
    return None


def _completed(found: Point, solved, unknowns) -> Point:
    """Values of all unknowns: the free ones, then those solved for in terms of them."""
    point = {v: found.get(v, sp.Integer(0)) for v in unknowns if v not in solved}
    return {v: sp.Rational(solved[v].subs(point)) if v in solved else point[v] for v in unknowns}


def _cleared(p: sp.Expr) -> sp.Expr:
    """A polynomial with the same sign (numerator times denominator)."""
    top, bottom = sp.fraction(sp.together(p))
    return sp.expand(top * bottom)


# -- equations ----------------------------------------------------------------------------------
def _eliminated(equations: list[sp.Expr], solved: dict) -> Iterator[tuple[dict, list]]:
    """All ways to satisfy the equations: (variables in terms of the free ones, what is left)."""
    equations = [e for e in equations if e != 0]
    if any(e.is_number for e in equations):
        return
    if not equations:
        yield solved, []
        return
    first = min(equations, key=sp.count_ops)
    others = [e for e in equations if e is not first]
    for factor, _ in sp.factor_list(first)[1]:
        for v, value in _roots(factor):
            if v is None:
                yield solved, [factor]
                continue
            chosen = {**{w: sp.together(e.subs(v, value)) for w, e in solved.items()}, v: value}
            rest = [sp.fraction(sp.together(e.subs(v, value)))[0] for e in others]
            yield from _eliminated([sp.expand(e) for e in rest], chosen)


def _roots(factor: sp.Expr) -> Iterator[tuple[sp.Symbol | None, sp.Expr | None]]:
    """(variable, value) pairs that make an irreducible factor vanish; (None, None) if unsure."""
    names = sorted(factor.free_symbols, key=str)
    for v in names:
        p = sp.Poly(factor, v)
        if p.degree() == 1 and p.LC().is_number:
            yield v, -p.nth(0) / p.LC()
            return
    if len(names) == 1 and not sp.Poly(factor, names[0]).count_roots():
        return  # irreducible without real roots
    yield None, None  # an irrational root, or a curve: not decided here


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


def _simplest(bottom, top) -> sp.Rational:
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
