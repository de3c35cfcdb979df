"""Sums of squares: a third way to see that an order's room is nonnegative, whatever its form.

The room is a quotient of polynomials of the raw parameters.  Times the square of its divisor it is
to be a square times forms m* G m, for monomials m and a matrix G that is positive semidefinite: one
for the whole, or one for each factor.  Real and imaginary parts that belong together are also tried
as one variable z, of which no conjugate enters m: then G is unique.  The monomials are those whose
squares appear with a positive coefficient.  Where a monomial of the room is a product in several
ways, two ways to share it out are tried.  For what has degree 2 this finds every sum of squares;
of degree 4 and more it misses some, and some nonnegative polynomials are none.

All is exact.  The record holds m and G, so that whoever reads it needs none of this.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from flint import Ordering, fmpq, fmpq_mpoly_ctx

from fieldcheck.arithmetic.array import Unsupported, Value
from fieldcheck.arithmetic.polynomials import Polynomials, Ratio, entries
from fieldcheck.evidence.draws import Raw
from fieldcheck.evidence.statement import Statement

BASIS = 200
"""Monomials of one sum of squares."""

FACTORED = (12, 300, 24)
"""Variables, terms and degree of a polynomial that is factored."""

SQUARE, FARTHEST = 40, 64
"""Variables of a form of degree 2 in which a negative direction is looked for, and how often it is
doubled where terms of lower degree stand against it."""

LONGEST = 40_000
"""Characters of a part's record: what is longer cannot be handed to whoever checks it."""

Exponents = tuple[int, ...]
Monomial = tuple[Exponents, Exponents]
"""Powers of the complex variables, and of the real ones."""

Key = tuple[Exponents, Exponents, Exponents]
"""Powers of the complex variables, of their conjugates, and of the real ones."""

Gram = dict[tuple[int, int], tuple[fmpq, fmpq]]


def seen(statement: Statement, part: int, sizes: dict[str, int]) -> dict[str, Any] | None:
    """The record of a part at some sizes: a sum of squares for every entry; or None."""
    try:
        xp, room = _room(statement, part, sizes)
        found = [_certificate(xp, re) for re, im in room if im.zero]
    except Unsupported:
        return None
    if len(found) < len(room) or None in found:
        return None
    return {"sizes": dict(sizes), "entries": found}


def _room(
    statement: Statement, part: int, sizes: dict[str, int]
) -> tuple[Polynomials, list[tuple[Ratio, Ratio]]]:
    """The entries of an order's room, real and imaginary parts, as quotients of polynomials."""
    shapes = statement.raw_shapes(sizes)
    xp = Polynomials(shapes)
    raws: dict[str, Value] = {raw: xp.variable(raw) for raw in shapes}
    return xp, entries(statement.sides(xp, raws, part)[0].room)


def _certificate(xp: Polynomials, room: Ratio) -> dict[str, Any] | None:
    """Of one entry: ``over``^2 room = ``times``^2 m* G m, or a product of such forms."""
    sign, times = 1, xp.ring.constant(1)
    forms: list[dict[str, Any]] = []
    for q in (room.top, room.below):
        if q.is_one():
            continue
        part = _signed(xp, q)
        if part is None:
            return None
        sign, times, forms = sign * part[0], times * part[1], forms + part[2]
    if sign < 0:
        return None
    record = {} if room.below.is_one() else {"over": _polynomial(xp, room.below)}
    record |= {} if times.is_one() else {"times": _polynomial(xp, times)}
    return record | {"forms": forms}


def _signed(xp: Polynomials, p: Any) -> tuple[int, Any, list[dict[str, Any]]] | None:
    """A sign, a square and forms that make up a polynomial: itself, or all of its factors."""
    one = p.context().constant(1)
    if whole := _with_sign(xp, p):
        return whole[0], one, [whole[1]]
    size = len(xp.names), len(p), p.total_degree()
    if any(n > most for n, most in zip(size, FACTORED, strict=True)):
        return None
    number, factors = p.factor()
    if len(factors) == 1 and factors[0][1] == 1:
        return None
    sign, square = 1, one
    forms: list[dict[str, Any]] = []
    for f, times in [(one * number, 1), *factors]:
        square *= f ** (int(times) // 2)
        if int(times) % 2:
            odd = _with_sign(xp, f)
            if odd is None:
                return None
            sign, forms = sign * odd[0], [*forms, odd[1]]
    return sign, square, forms


def _with_sign(xp: Polynomials, p: Any) -> tuple[int, dict[str, Any]] | None:
    """A polynomial that is a sum of squares, or the negative of one."""
    for sign in (1, -1):
        if form := _gram(xp, p * sign):
            return sign, form
    return None


# -- the matrix --------------------------------------------------------------------------------
def _gram(xp: Polynomials, p: Any) -> dict[str, Any] | None:
    if p.is_zero():
        return {"basis": [], "gram": []}
    used = {k for exponents in p.monoms() for k, n in enumerate(exponents) if n}
    for complex_ in _together(xp, used), []:
        variables = _Variables(xp, complex_)
        coefficients = variables.coefficients(p)
        basis = _basis(coefficients)
        for gram in _shared_out(coefficients, basis):
            if positive_semidefinite(gram, len(basis)):
                return variables.record(basis, gram)
        if not complex_:
            break
    return None


def _together(xp: Polynomials, used: set[int]) -> list[tuple[int, int]]:
    """The variables in use that are real and imaginary part of one number."""
    at = {name: k for k, name in enumerate(xp.names)}
    found = []
    for k, (raw, index) in enumerate(xp.names):
        other = at.get((raw.removesuffix(".re") + ".im", index))
        if raw.endswith(".re") and other is not None and {k, other} & used:
            found.append((k, other))
    return found


class _Variables:
    """The variables of a sum of squares: pairs of raw parameters as z and z*, and the rest."""

    def __init__(self, xp: Polynomials, complex_: list[tuple[int, int]]) -> None:
        self.xp, self.complex = xp, complex_
        taken = {k for both in complex_ for k in both}
        self.real = [k for k in range(len(xp.names)) if k not in taken]

    def coefficients(self, p: Any) -> dict[Key, tuple[fmpq, fmpq]]:
        """Real and imaginary parts, by powers of z, z* and the rest."""
        n, zero = len(self.complex), fmpq(0)
        if not n:
            return {((), (), tuple(m)): (c, zero) for m, c in p.to_dict().items()}
        ring = fmpq_mpoly_ctx.get(
            [f"{letter}{k}" for letter in "zw" for k in range(n)]
            + [f"x{k}" for k in range(len(self.real))],
            Ordering.degrevlex,
        )
        z, w, x = ring.gens()[:n], ring.gens()[n : 2 * n], ring.gens()[2 * n :]
        put = dict(zip(self.real, x, strict=True))
        for k, (re, im) in enumerate(self.complex):  # of the imaginary part, i times it
            put[re], put[im] = (z[k] + w[k]) / 2, (z[k] - w[k]) / 2
        turned: tuple[dict[Monomial, fmpq], dict[Monomial, fmpq]] = {}, {}
        for m, c in p.to_dict().items():  # i^-b, of b factors
            b = sum(m[im] for _, im in self.complex)
            turned[b % 2][m] = -c if b % 4 in (1, 2) else c
        out: dict[Key, list[fmpq]] = defaultdict(lambda: [zero, zero])
        for side, terms in enumerate(turned):
            if terms:
                whole = p.context().from_dict(terms)
                moved = whole.compose(*(put[k] for k in range(len(put))), ctx=ring)
                if len(moved) > BASIS**2:
                    raise Unsupported("too many terms in z and z*")
                for m, c in moved.to_dict().items():
                    out[tuple(m[:n]), tuple(m[n : 2 * n]), tuple(m[2 * n :])][side] += c
        return {key: (a, b) for key, (a, b) in out.items() if a or b}

    def record(self, basis: list[Monomial], gram: Gram) -> dict[str, Any]:
        rows = []
        for (u, v), (re, im) in sorted(gram.items()):
            if u <= v and (re or im):
                rows.append(f"{u} {v} {re}" + (f" {im}" if im else ""))
        return {"basis": [self._named(m) for m in basis], "gram": rows}

    def _named(self, monomial: Monomial) -> str:
        names = [
            (_written(self.xp.names[re][0].removesuffix(".re"), self.xp.names[re][1]), n)
            for (re, _), n in zip(self.complex, monomial[0], strict=True)
        ]
        names += [
            (_written(*self.xp.names[k]), n) for k, n in zip(self.real, monomial[1], strict=True)
        ]
        return _product(names)


def _basis(coefficients: Mapping[Key, tuple[fmpq, fmpq]]) -> list[Monomial]:
    """The monomials whose squares appear with a positive coefficient."""
    found = [
        (a, tuple(n // 2 for n in c))
        for (a, b, c), (re, im) in coefficients.items()
        if a == b and not any(n % 2 for n in c) and not im and re > 0
    ]
    if len(found) > BASIS:
        raise Unsupported(f"more than {BASIS} squares")
    return sorted(found, reverse=True)


# -- where a monomial is a product in several ways -----------------------------------------------
def _squared(u: Monomial, v: Monomial, degree: int) -> int:
    """All of it to the square of a monomial, where it is one."""
    return int(u == v)


def _as_in_powers(u: Monomial, v: Monomial, degree: int) -> int:
    """As a power of a linear form shares it out."""
    return _choices(u, degree) * _choices(v, degree)


def _choices(u: Monomial, degree: int) -> int:
    powers = [*u[0], *u[1]]
    rest = degree - sum(powers)
    return math.factorial(degree) // math.prod(map(math.factorial, [*powers, rest]))


SHARES: tuple[Callable[[Monomial, Monomial, int], int], ...] = (_squared, _as_in_powers)


def _shared_out(
    coefficients: Mapping[Key, tuple[fmpq, fmpq]], basis: list[Monomial]
) -> Iterator[Gram]:
    """Matrices whose form is the polynomial, if there are any."""
    ways: dict[Key, list[tuple[int, int]]] = {}
    if len(basis) ** 2 < len(coefficients):
        return
    for i, u in enumerate(basis):
        for j, v in enumerate(basis):
            key = v[0], u[0], tuple(map(sum, zip(u[1], v[1], strict=True)))
            if key in coefficients:
                ways.setdefault(key, []).append((i, j))
    if len(ways) < len(coefficients):
        return
    degree = max((sum(u[0]) + sum(u[1]) for u in basis), default=0)
    several = any(len(set(map(frozenset, pairs))) > 1 for pairs in ways.values())
    for share in SHARES if several else SHARES[:1]:
        gram: Gram = {}
        for key, pairs in ways.items():
            re, im = coefficients[key]
            parts = [share(basis[i], basis[j], degree) for i, j in pairs]
            parts = parts if any(parts) else [1] * len(parts)
            for at, part in zip(pairs, parts, strict=True):
                gram[at] = re * part / sum(parts), im * part / sum(parts)
        yield gram


def positive_semidefinite(gram: Gram, n: int) -> bool:
    """Of a Hermitian matrix, by elimination: a pivot that is 0 has a row of zeros."""
    rows: list[dict[int, fmpq]] = [{} for _ in range(2 * n)]
    for (i, j), (re, im) in gram.items():  # as a real symmetric matrix of twice the size
        for row, column, c in ((i, j, re), (n + i, n + j, re), (i, n + j, -im), (n + i, j, im)):
            if c:
                rows[row][column] = c
    if not any(im for _, im in gram.values()):
        rows = rows[:n]
    for k, own in enumerate(rows):
        pivot = own.pop(k, fmpq(0))
        if pivot < 0 or (not pivot and own):
            return False
        for r, c in own.items():
            for s, d in own.items():
                rest = rows[r].get(s, fmpq(0)) - c * d / pivot
                if rest:
                    rows[r][s] = rest
                else:
                    rows[r].pop(s, None)
            rows[r].pop(k, None)
    return True


# -- a point where it is negative -------------------------------------------------------------
def against(statement: Statement, part: int, sizes: dict[str, int]) -> Raw | None:
    """Of a room of degree 2 that is no sum of squares: raw parameters at which it is negative."""
    try:
        xp, room = _room(statement, part, sizes)
    except Unsupported:
        return None
    shapes = statement.raw_shapes(sizes)
    for re, _ in room:
        for p in (re.top * re.below, re.top, -re.top):
            if len(xp.names) < SQUARE and (found := _negative(p)) is not None:
                raw = {k: np.full(s, Fraction(0), dtype=object) for k, s in shapes.items()}
                for (name, index), x in zip(xp.names, found, strict=True):
                    raw[name][index] = x
                if statement.admits(raw):
                    return raw
    return None


def _negative(p: Any) -> list[Fraction] | None:
    """A point at which a polynomial of degree 2 is negative, or None."""
    if p.total_degree() > 2:
        return None
    n = len(p.context().gens()) + 1  # the last one stands for 1
    form = [[Fraction(0)] * n for _ in range(n)]
    for m, c in p.to_dict().items():
        i, j = ([k for k, e in enumerate(m) for _ in range(int(e))] + [n - 1, n - 1])[:2]
        half = Fraction(int(c.p), int(c.q)) / 2
        form[i][j] += half
        form[j][i] += half
    v = direction(form)
    if v is None:
        return None
    if v[-1]:
        return [x / v[-1] for x in v[:-1]]

    def value(x: Sequence[Fraction]) -> Fraction | int:
        pairs = zip(x, form, strict=True)
        return sum(a * b * c for a, row in pairs for b, c in zip(row, x, strict=True))

    points = ([*(x * 2**k for x in v[:-1]), Fraction(1)] for k in range(FARTHEST))
    return next((x[:-1] for x in points if value(x) < 0), None)


def direction(form: list[list[Fraction]]) -> list[Fraction] | None:
    """A vector on which a real symmetric form is negative, by elimination, or None."""
    n, rows = len(form), [list(row) for row in form]
    for k in range(n):
        pivot = rows[k][k]
        across = next((j for j in range(k + 1, n) if rows[k][j]), None)
        if pivot < 0 or (not pivot and across is not None):
            v = [Fraction(0)] * n
            v[k] = Fraction(1)
            if not pivot and across is not None:
                v[across] = Fraction(1)
                v[k] = -(rows[across][across] + 1) / (2 * rows[k][across])
            for r in reversed(range(k)):  # what makes the form least, given the rest
                rest = sum(rows[r][j] * v[j] for j in range(r + 1, n))
                v[r] = -rest / rows[r][r] if rows[r][r] else Fraction(0)
            return v
        for r in range(k + 1, n):
            if pivot and rows[k][r]:
                factor = rows[k][r] / pivot
                rows[r] = [a - factor * b for a, b in zip(rows[r], rows[k], strict=True)]
    return None


# -- in words ----------------------------------------------------------------------------------
def _written(raw: str, index: tuple[int, ...]) -> str:
    return raw + (f"[{','.join(map(str, index))}]" if index else "")


def _product(names: list[tuple[str, int]]) -> str:
    return " ".join(name + (f"^{n}" if n > 1 else "") for name, n in names if n)


def _polynomial(xp: Polynomials, p: Any) -> dict[str, str]:
    """Monomial -> coefficient."""
    own = [_written(*name) for name in xp.names]
    return {
        _product(list(zip(own, m, strict=True))): str(Fraction(int(c.p), int(c.q)))
        for m, c in p.to_dict().items()
    }
