"""Named shapes, and how a structured input is built from free real parameters.

A domain is a recipe: the shapes of its raw real parameters for given sizes, and ``build``, which
makes the structured value from them in any arithmetic.  A witness stores the raw parameters, so
it can be rebuilt elsewhere, and every build satisfies its hypothesis by construction.

A domain is what its name says: ``covers`` tells how much of the named set the recipe reaches, and
a recipe that reaches a part only has the part in its name.

Strata are the places where generic points do not go: ties, zeros, ends, components, closures.  A
stratum maps raw parameters (numpy, a batch in front) to raw parameters.  Huge and tiny inputs are
no strata: a search goes there in every domain.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any, cast

import flint
import numpy as np

Sizes = Mapping[str, int]
Raw = dict[str, Any]
Stratum = Callable[[dict[str, np.ndarray], np.random.Generator], dict[str, np.ndarray]]
Test = Callable[[np.ndarray, np.ndarray], bool]
"""Does a value (real and imaginary parts, exact) lie in a domain?"""


@dataclass(frozen=True)
class Domain:
    """One structured input.

    name:      what a reader sees ("Hermitian matrix")
    dims:      the names of the sizes of its value ("N", "C"), or integers
    raw:       raw component -> its dims
    build:     build(xp, raw values) -> value
    strata:    name -> map on raw arrays
    relaxed:   the domain without the hypothesis, if it has one
    reach:     a range of raw values that gives every value of the domain, if a bounded one does
    extended:  the same input with complex entries, of an arbitrary real one
    arbitrary: nothing at all is assumed of the value
    covers:    what of the named domain the recipe gives: "all"; "dense" in it, in the ordinary
               topology; or the part, in words.  A recipe that does not say gives a part
    nonzero:   raw components whose entries are not zero
    signs:     raw components whose entries are 1 or -1
    within:    what else the raw parameters must meet, at an exact point
    holds:     the hypothesis on a value from elsewhere, which was not built from raw parameters
    span:      two numbers, exact or infinite, between which every entry lies
    range:     of an integer parameter, its first and its last value
    """

    name: str
    dims: tuple[str | int, ...]
    raw: Mapping[str, tuple[str | int, ...]]
    build: Callable[[Any, Raw], Any]
    strata: Mapping[str, Stratum] = field(default_factory=dict)
    relaxed: Domain | None = None
    symbol: str = ""
    reach: tuple[int, int] | None = None
    extended: Domain | None = None
    arbitrary: bool = False
    covers: str = "a part"
    nonzero: tuple[str, ...] = ()
    signs: tuple[str, ...] = ()
    within: Callable[[Raw], bool] | None = None
    holds: Test | None = None
    span: tuple[Fraction | float, Fraction | float] | None = None
    range: tuple[int, int] | None = None

    def called(self, name: str) -> Domain:
        """An integer parameter under its name: the length of an array without entries."""
        return replace(self, raw={"count": (name, 0)})

    def admits(self, raw: Raw) -> bool:
        """Do exact raw parameters (arrays of fractions) meet the hypothesis?"""
        return (
            all(np.all(raw[part] != 0) for part in self.nonzero)
            and all(np.all(np.abs(raw[part]) == 1) for part in self.signs)
            and (self.within is None or self.within(raw))
        )

    @property
    def title(self) -> str:
        """The name, and what the recipe covers where that is not all of it."""
        return self.name if self.covers == "all" else f"{self.name} ({self.covers})"

    @property
    def plain(self) -> bool:
        """Is the value its raw parameters as they stand?"""
        return self.build in (_plain, _complex)

    @property
    def test(self) -> Test | None:
        """Does a value meet the hypothesis?  None where only raw parameters can be asked."""
        if not self.plain:
            return self.holds
        parts = tuple(self.raw)
        return lambda re, im: self.admits(dict(zip(parts, (re, im), strict=False)))

    def moved(self, stratum: str, own: dict[str, np.ndarray], rng: np.random.Generator) -> Raw:
        """A batch of raw parameters moved into a stratum; signs stay, and what may not vanish."""
        out = dict(self.strata[stratum](own, rng))
        for part in self.signs:
            out[part] = own[part]
        for part in self.nonzero:
            out[part] = np.where(out[part] == 0, own[part], out[part])
        return out

    def sizes(self) -> set[str]:
        """The names of the sizes it depends on."""
        dims = [*self.dims, *(d for dims in self.raw.values() for d in dims)]
        return {name for d in dims if isinstance(d, str) for name in re.findall("[A-Za-z]+", d)}

    def raw_shapes(self, sizes: Sizes) -> dict[str, tuple[int, ...]]:
        return {part: tuple(extent(d, sizes) for d in dims) for part, dims in self.raw.items()}

    def with_strata(self, **strata: Stratum) -> Domain:
        return replace(self, strata={**self.strata, **strata})

    def without_strata(self, *names: str) -> Domain:
        """The domain without some strata: those on which a statement is not defined."""
        return replace(
            self,
            strata={k: v for k, v in self.strata.items() if k not in names},
            extended=self.extended and self.extended.without_strata(*names),
        )


def extent(dim: str | int, sizes: Sizes) -> int:
    """A dimension from its name: 3, "N", "n-1" or "G*S"."""
    if isinstance(dim, int):
        return dim
    if dim in sizes:
        return sizes[dim]
    if not re.fullmatch(r"\w+([*+-]\w+)*", dim, re.ASCII):
        raise KeyError(f"dimension {dim!r} is no sum of products of sizes and numbers")
    total = 0
    for sign, product in re.findall(r"([+-]?)([\w*]+)", dim):
        factors = [int(f) if f.isdecimal() else sizes.get(f) for f in product.split("*")]
        if None in factors:
            raise KeyError(f"dimension {dim!r} is not made of the sizes {sorted(sizes)}")
        total += math.prod(cast("list[int]", factors)) * (-1 if sign == "-" else 1)
    return total


# -- strata -------------------------------------------------------------------------------------
def _only(*parts: str) -> Callable[[Stratum], Stratum]:
    """A stratum of some raw components; the others stay."""

    def narrowed(stratum: Stratum) -> Stratum:
        return lambda raw, rng: {**raw, **stratum({k: raw[k] for k in parts}, rng)}

    return narrowed


def _zero_row(raw, rng):
    out = {}
    for k, v in raw.items():
        v = v.copy()
        if v.ndim >= 2 and v.shape[1]:
            v[:, rng.integers(v.shape[1])] = 0
        out[k] = v
    return out


def _zero(raw, rng):
    return {k: v * 0 for k, v in raw.items()}


def _tie_rows(raw, rng):
    """All rows (entries, for a vector) equal."""
    return {
        k: np.broadcast_to(v[:, :1], v.shape).copy() if v.ndim >= 2 else v for k, v in raw.items()
    }


def _scalar_matrix(raw, rng):
    """Multiples of the identity: repeated eigenvalues."""
    out = {}
    for k, v in raw.items():
        square = v.ndim == 3 and v.shape[1] == v.shape[2]
        out[k] = v[:, :1, :1] * np.eye(v.shape[1]) if square else v
    return out


def _real(raw, rng):
    """Real values, of either sign."""
    return {**raw, "im": raw["im"] * 0}


def _integers(raw, rng):
    return {k: np.round(v) for k, v in raw.items()}


def _vanishing(raw, rng):
    """Entries of all sizes down to 2^-60: towards a boundary that is left out."""
    return {k: v * 2.0 ** -rng.integers(1, 61, size=v.shape) for k, v in raw.items()}


def _huge(raw, rng):
    """Entries up to 2^30: towards the far end of a recipe that is bounded."""
    return {k: v * 2.0 ** rng.integers(1, 31, size=v.shape) for k, v in raw.items()}


def _nearly_singular(raw, rng):
    """The last column is the first, but for parts of it as small as 2^-40."""
    out = {}
    for k, v in raw.items():
        v = v.copy()
        if v.shape[2] > 1:
            small = 2.0 ** -rng.integers(1, 41, size=(len(v), 1))
            v[..., -1] = v[..., 0] + small * v[..., -1]
        out[k] = v
    return out


def _on_the_cone(raw, rng):
    """Axis and body of one length, exactly: whole numbers t, w with ‖w‖ = ±t, scaled by halves."""
    out = {}
    for k, v in raw.items():
        rows, n = v.shape
        if n == 1:  # the cone's only point without a body
            out[k] = v * 0
            continue
        m = rng.integers(-3, 4, size=(rows, n - 1)).astype(float)
        m[:, 0] += m[:, 0] == 0
        rest = (m[:, 1:] ** 2).sum(axis=1)
        body = np.concatenate([(m[:, 0] ** 2 - rest)[:, None], 2 * m[:, :1] * m[:, 1:]], axis=1)
        axis = (m[:, 0] ** 2 + rest) * rng.choice((1, 1, -1), size=rows)
        scale = 2.0 ** rng.integers(-3, 2, size=rows)
        out[k] = np.concatenate([axis[:, None], body], axis=1) * scale[:, None]
    return out


def _on_the_axis(raw, rng):
    return {k: np.concatenate([v[:, :1], v[:, 1:] * 0], axis=1) for k, v in raw.items()}


COMMON: dict[str, Stratum] = {"integers": _integers, "ties": _tie_rows, "zero-row": _zero_row}
SQUARE: dict[str, Stratum] = {**COMMON, "zero": _zero, "repeated-eigenvalues": _scalar_matrix}


# -- the hypothesis on a value ---------------------------------------------------------------------
def _every(test: Callable[[np.ndarray], Any]) -> Test:
    return lambda re, im: bool(np.all(test(re)))


def _determinant(x: np.ndarray) -> Fraction:
    entries = [flint.fmpq(int(q.numerator), int(q.denominator)) for q in x.ravel()]
    found = flint.fmpq_mat(len(x), len(x), entries).det()
    return Fraction(int(found.p), int(found.q))


def _is_definite(re: np.ndarray, im: np.ndarray) -> bool:
    minors = (_determinant(re[:k, :k]) for k in range(1, len(re) + 1))
    return bool(np.all(re == re.T)) and all(minor > 0 for minor in minors)


def _is_unitary(re: np.ndarray, im: np.ndarray) -> bool:
    product = re @ re.T + im @ im.T, im @ re.T - re @ im.T  # V V*, of V = re + i im
    return bool(np.all(product[0] == np.eye(len(re), dtype=int)) and np.all(product[1] == 0))


# -- free inputs --------------------------------------------------------------------------------
def _complex(xp, raw):
    return raw["re"] + xp.i * raw["im"]


def _plain(xp, raw):
    return raw["x"]


def _free(dims: tuple[str | int, ...]) -> dict[str, Stratum]:
    """Where a matrix without a condition is special, one of a square shape as square ones are."""
    square = len(dims) == 2 and dims[0] == dims[1]
    return dict(SQUARE) if square else {**COMMON, "zero": _zero}


def matrix(*dims: str | int) -> Domain:
    """Any complex matrix (or vector, with one dimension)."""
    kind = ("complex vector", "complex matrix", "complex tensor")[min(len(dims), 3) - 1]
    strata = {**_free(dims), "real": _real}
    return Domain(
        kind, dims, {"re": dims, "im": dims}, _complex, strata, arbitrary=True, covers="all"
    )


def real_matrix(*dims: str | int) -> Domain:
    """Any real matrix (or vector)."""
    kind = ("real vector", "real matrix", "real tensor")[min(len(dims), 3) - 1]
    return Domain(
        kind, dims, {"x": dims}, _plain, _free(dims), extended=matrix(*dims), covers="all"
    )


def vector(*dims: str | int) -> Domain:
    """Any real vector."""
    return real_matrix(*dims)


def cone_vector(n: str | int) -> Domain:
    """Any real vector (t, w), visited also on the boundary ‖w‖ = ±t of its cone and on the axis."""
    return vector(n).with_strata(boundary=_on_the_cone, axis=_on_the_axis)


def real() -> Domain:
    """Any real number."""
    strata = {"zero": _zero}
    return Domain("real number", (), {"x": ()}, _plain, strata, extended=number(), covers="all")


def _counted(xp, raw):
    return raw["count"].shape[0]


def integer(low: int, high: int) -> Domain:
    """An integer from ``low`` to ``high``, at least 0; every one of them is visited, or of several
    integers (more than 1,024 combinations; 216 beside sizes) the lowest, and the scope says which.

    The body gets it as a plain integer, good for an exponent, a length or a range.
    """
    if not 0 <= low <= high:
        raise ValueError(f"an integer from {low} to {high}: the first is at least 0, and no larger")
    name = f"integer from {low} to {high}"
    return Domain(name, (), {}, _counted, covers="all", range=(low, high))


def number() -> Domain:
    """Any complex number."""
    strata = {"zero": _zero, "real": _real}
    return Domain(
        "complex number", (), {"re": (), "im": ()}, _complex, strata, arbitrary=True, covers="all"
    )


# -- positive and bounded numbers ------------------------------------------------------------------
def _squared(xp, raw):
    return raw["x"] * raw["x"]


def positive(*dims: str | int) -> Domain:
    """Positive numbers, x² for x ≠ 0."""
    return Domain(
        "positive number" if not dims else "positive vector",
        dims,
        {"x": dims},
        _squared,
        {"small": _vanishing},
        relaxed=real() if not dims else real_matrix(*dims),
        covers="all",
        nonzero=("x",),
        holds=_every(lambda x: x > 0),
        span=(Fraction(0), math.inf),
    )


def nonnegative(*dims: str | int) -> Domain:
    """Nonnegative numbers, x²."""
    return Domain(
        "nonnegative number" if not dims else "nonnegative vector",
        dims,
        {"x": dims},
        _squared,
        {"zero": _zero, "zero-row": _zero_row} if dims else {"zero": _zero},
        relaxed=real() if not dims else real_matrix(*dims),
        covers="all",
        holds=_every(lambda x: x >= 0),
        span=(Fraction(0), math.inf),
    )


def root(of: str) -> Domain:
    """The square root of a named width (``r`` >= 1), 1 + x²; its square is the width."""
    return Domain(
        f"square root of {of}, at least 1",
        (),
        {"x": ()},
        lambda xp, raw: raw["x"] * raw["x"] + 1,
        {"one": _zero},
        relaxed=real(),
        symbol=of,
        covers="all",
        holds=_every(lambda x: x >= 1),
        span=(Fraction(1), math.inf),
    )


def between(low: int | Fraction, high: int | Fraction, *dims: str | int) -> Domain:
    """Numbers in [low, high], by low + (high - low) (1 + x)²/(2 + 2x²); the ends are the images of
    x = ±1 (stratum ``ends``).  The square keeps balls narrow at the low end."""
    for end in (low, high):
        if isinstance(end, bool) or not isinstance(end, int | Fraction):
            raise TypeError(f"an end of between is an integer or a Fraction, and not {end!r}")
    if not low <= high:
        raise ValueError(f"a number between {low} and {high}: the first is no larger")

    def build(xp, raw):
        x = raw["x"]
        start, half = Fraction(low), Fraction(high - low) / 2
        part = half.numerator * (1 + x) ** 2 / (1 + x * x) / half.denominator
        return xp.one * start.numerator / start.denominator + part

    def ends(raw, rng):
        return {k: np.sign(v) + (v == 0) for k, v in raw.items()}

    return Domain(
        f"number in [{low}, {high}]",
        dims,
        {"x": dims},
        build,
        {"ends": ends},
        relaxed=real() if not dims else real_matrix(*dims),
        reach=(-1, 1),
        covers="all",
        holds=_every(lambda x: (x >= low) & (x <= high)),
        span=(Fraction(low), Fraction(high)),
    )


def simplex(n: str | int) -> Domain:
    """A probability vector with positive entries: squares of nonzero numbers, normalized."""

    def build(xp, raw):
        w = raw["x"] * raw["x"]
        return w / xp.sum(w)

    return Domain(
        "probability vector with positive entries",
        (n,),
        {"x": (n,)},
        build,
        {"ties": lambda raw, rng: {"x": raw["x"] * 0 + 1}, "small": _vanishing},
        relaxed=positive(n),
        covers="all",
        nonzero=("x",),
        holds=lambda re, im: bool(np.all(re > 0) and re.sum() == 1),
        span=(Fraction(0), Fraction(1)),
    )


def spectral(n: str | int) -> Domain:
    """Any Hermitian matrix by its eigenvectors U (unitary) and eigenvalues w: the pair (U, w), for
    arithmetics that find no eigenvalues; the matrix is ``(U * w) @ xp.star(U)``."""
    base = unitary(n)
    return Domain(
        "eigenvectors and eigenvalues of a Hermitian matrix",
        (n, n),
        {**base.raw, "w": (n,)},
        lambda xp, raw: (base.build(xp, {k: raw[k] for k in base.raw}), raw["w"]),
        {
            "repeated-eigenvalues": _only("w")(_tie_rows),
            "zero": _only("w")(_zero),
            "real": lambda raw, rng: {**raw, "im": raw["im"] * 0, "t": raw["t"] * 0},
        },
        covers="all",
    )


# -- structured matrices ------------------------------------------------------------------------
def hermitian(n: str | int) -> Domain:
    """A + A*, for any A."""

    def build(xp, raw):
        a = _complex(xp, raw)
        return a + xp.star(a)

    holds = lambda re, im: bool(np.all(re == re.T) and np.all(im == -im.T))
    return _square("Hermitian matrix", n, build, matrix(n, n), holds)


def skew_hermitian(n: str | int) -> Domain:
    """A - A*, for any A."""

    def build(xp, raw):
        a = _complex(xp, raw)
        return a - xp.star(a)

    holds = lambda re, im: bool(np.all(re == -re.T) and np.all(im == im.T))
    return _square("skew-Hermitian matrix", n, build, matrix(n, n), holds)


def symmetric(n: str | int) -> Domain:
    """Real symmetric, A + A^T."""
    build = lambda xp, raw: raw["x"] + raw["x"].T
    holds = lambda re, im: bool(np.all(re == re.T))
    return _square("real symmetric matrix", n, build, real_matrix(n, n), holds)


def _square(name: str, n: str | int, build: Any, of: Domain, holds: Test) -> Domain:
    """All matrices of a linear space, built from any matrix."""
    return Domain(name, (n, n), of.raw, build, SQUARE, relaxed=of, covers="all", holds=holds)


def _invertible(raw: Raw) -> bool:
    """Is a matrix of fractions invertible?  A complex one is a real one of twice the size."""
    x = raw["x"] if "x" in raw else np.block([[raw["re"], -raw["im"]], [raw["im"], raw["re"]]])
    return _determinant(x) != 0


def invertible(n: str | int) -> Domain:
    """Any invertible complex matrix."""
    return _regular("invertible matrix", matrix(n, n))


def real_invertible(n: str | int) -> Domain:
    """Any invertible real matrix."""
    return _regular("invertible real matrix", real_matrix(n, n))


def _regular(name: str, of: Domain, **changes: Any) -> Domain:
    """The invertible ones among all matrices."""
    strata = {"integers": _integers, "nearly singular": _nearly_singular}
    kept = {"strata": strata, "relaxed": of, "extended": None, "arbitrary": False}
    return replace(of, name=name, within=_invertible, **{**kept, **changes})


def spd(n: str | int) -> Domain:
    """Real symmetric positive definite, A A^T for an invertible A."""
    return _regular(
        "symmetric positive definite matrix",
        real_matrix(n, n),
        build=lambda xp, raw: raw["x"] @ raw["x"].T,
        relaxed=symmetric(n),
        holds=_is_definite,
    )


def _cayley(xp, k):
    """(I - K)(I + K)^-1 of a skew-Hermitian K: every unitary matrix without eigenvalue -1."""
    one = xp.eye(k.shape[0])
    return xp.star(xp.solve(xp.star(one + k), xp.star(one - k)))


def _minus_one(raw, rng):
    """Where phase and Cayley transform are both i."""
    return {
        "re": raw["re"] * 0,
        "im": raw["im"] * 0 - np.eye(raw["im"].shape[1]) / 2,
        "t": raw["t"] * 0 + 1,
    }


def unitary(n: str | int) -> Domain:
    """A phase (1 + it)²/(1 + t²) times a Cayley transform: every unitary matrix, with rational
    entries for rational raws.  (Some phase but -1 is not minus one of its eigenvalues.)"""

    def build(xp, raw):
        a, t = _complex(xp, raw), raw["t"]
        turn = 1 + xp.i * t
        return turn * turn / (1 + t * t) * _cayley(xp, a - xp.star(a))

    move = _only("re", "im")
    return Domain(
        "unitary matrix",
        (n, n),
        {"re": (n, n), "im": (n, n), "t": ()},
        build,
        {
            "integers": _integers,
            "phase": move(_zero),
            "real": lambda raw, rng: {**raw, "im": raw["im"] * 0, "t": raw["t"] * 0},
            "half-turn": move(_huge),
            "minus one": _minus_one,
        },
        relaxed=matrix(n, n),
        covers="all",
        holds=_is_unitary,
    )


def rotation(n: str | int) -> Domain:
    """The square of a real Cayley transform: every orthogonal matrix of determinant 1, for one with
    half its angles has no eigenvalue -1."""

    def build(xp, raw):
        half = _cayley(xp, raw["x"] - raw["x"].T)
        return half @ half

    strata = {"integers": _integers, "zero": _zero, "half-turn": _huge}
    return Domain(
        "rotation matrix",
        (n, n),
        {"x": (n, n)},
        build,
        strata,
        relaxed=real_matrix(n, n),
        covers="all",
        holds=lambda re, im: _is_unitary(re, im) and _determinant(re) == 1,
    )


def orthogonal(n: str | int) -> Domain:
    """A diagonal matrix of signs times a real Cayley transform: every orthogonal matrix, of either
    determinant (Liebeck and Osborne, Amer. Math. Monthly 98 (1991) 131)."""

    def build(xp, raw):
        return raw["s"][:, None] * _cayley(xp, raw["x"] - raw["x"].T)

    move = _only("x")
    return Domain(
        "orthogonal matrix",
        (n, n),
        {"x": (n, n), "s": (n,)},
        build,
        {"integers": move(_integers), "signs": move(_zero), "half-turn": move(_huge)},
        relaxed=real_matrix(n, n),
        covers="all",
        signs=("s",),
        holds=_is_unitary,
    )


def unit_vector(n: str | int) -> Domain:
    """Any real unit vector: ±(t² - |a|², 2ta)/(t² + |a|²) for (t, a) ≠ 0, rational in t and a."""

    def build(xp, raw):
        t, a = raw["t"], raw["a"]
        rest = xp.sum(a * a)
        return raw["s"] * xp.concat([xp.stack([t * t - rest]), 2 * t * a]) / (t * t + rest)

    return Domain(
        "unit vector",
        (n,),
        {"t": (), "a": (f"{n}-1",), "s": ()},
        build,
        {
            "integers": lambda raw, rng: {**_integers(raw, rng), "t": np.round(raw["t"]) * 2 + 1},
            "first axis": _only("a")(_zero),
        },
        relaxed=real_matrix(n),
        covers="all",
        signs=("s",),
        within=lambda raw: bool(np.any(raw["t"] != 0) or np.any(raw["a"] != 0)),
        holds=lambda re, im: bool((re * re).sum() == 1),
        span=(Fraction(-1), Fraction(1)),
    )


def stacked(count: str | int, of: Domain, name: str) -> Domain:
    """As many members of a domain as ``count`` says, one behind the other along a first axis."""

    def member(raw: Raw, k: int) -> Raw:
        return {part: v[k] for part, v in raw.items()}

    def counted(raw: Raw) -> range:
        return range(next(iter(raw.values())).shape[0])

    free = matrix if "re" in of.raw else real_matrix
    return replace(
        of,
        name=name,
        dims=(count, *of.dims),
        raw={part: (count, *dims) for part, dims in of.raw.items()},
        build=lambda xp, raw: xp.stack([of.build(xp, member(raw, k)) for k in counted(raw)]),
        strata={},
        relaxed=free(count, *of.dims),
        within=lambda raw: all(of.admits(member(raw, k)) for k in counted(raw)),
        holds=None,
    )


def built(
    name: str,
    dims: tuple,
    raw: Mapping[str, tuple],
    build: Callable[[Any, Raw], Any],
    *,
    strata: Mapping[str, Stratum] | None = None,
    relaxed: Domain | None = None,
    **declared: Any,
) -> Domain:
    """A domain of your own: raw components with their dims, and how to build the value.

    ``covers``, ``nonzero``, ``signs``, ``within`` and ``holds`` may be declared as in
    :class:`Domain`; a recipe that says nothing of what it covers gives a part.
    """
    allowed = {"covers", "holds", "nonzero", "signs", "within"}
    if declared.keys() - allowed:
        extra = ", ".join(sorted(declared.keys() - allowed))
        raise TypeError(f"a domain declares {', '.join(sorted(allowed))}, not {extra}")
    return Domain(name, tuple(dims), dict(raw), build, strata or {}, relaxed, **declared)
