"""Named shapes, and how a structured input is built from free real parameters.

A domain is a recipe: the shapes of its raw real parameters for given sizes, and ``build``, which
makes the structured value from them in any arithmetic.  A witness stores the raw parameters, so
it can be rebuilt elsewhere, and every build satisfies its hypothesis by construction.

Strata are the places where generic points do not go: ties, zeros, boundaries, huge and tiny
inputs.  A stratum maps raw parameters (numpy, a batch in front) to raw parameters.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

import numpy as np

Sizes = Mapping[str, int]
Raw = dict[str, Any]
Stratum = Callable[[dict[str, np.ndarray], np.random.Generator], dict[str, np.ndarray]]


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

    def admits(self, raw: Raw) -> bool:
        """Do exact raw parameters (arrays of fractions) meet the hypothesis?"""
        return (
            all(np.all(raw[part] != 0) for part in self.nonzero)
            and all(np.all(np.abs(raw[part]) == 1) for part in self.signs)
            and (self.within is None or self.within(raw))
        )

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
    names = set(re.findall("[A-Za-z]+", dim))
    missing = names - set(sizes)
    if missing or not re.fullmatch(r"[A-Za-z0-9+*-]+", dim):
        raise KeyError(f"dimension {dim!r} is not made of the sizes {sorted(sizes)}")
    return int(eval(dim, {"__builtins__": {}}, dict(sizes)))


# -- strata -------------------------------------------------------------------------------------
def _scaled(power: int) -> Stratum:
    def scale(raw, rng):
        return {k: v * 2.0**power for k, v in raw.items()}

    return scale


def _zero_row(raw, rng):
    out = {}
    for k, v in raw.items():
        v = v.copy()
        if v.ndim >= 2:
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


def _integers(raw, rng):
    return {k: np.round(v) for k, v in raw.items()}


def _ill(raw, rng):
    """Columns (entries) scaled over twelve orders of magnitude."""
    out = {}
    for k, v in raw.items():
        if v.ndim >= 2 and v.shape[-1] > 1:
            v = v * 2.0 ** np.linspace(20, -20, v.shape[-1])
        out[k] = v
    return out


def _on_the_cone(raw, rng):
    """Axis and body of one length, exactly: whole numbers t, w with ‖w‖ = ±t, scaled by halves."""
    out = {}
    for k, v in raw.items():
        rows, n = v.shape
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


COMMON: dict[str, Stratum] = {
    "integers": _integers,
    "ties": _tie_rows,
    "zero-row": _zero_row,
    "large": _scaled(12),
    "ill-conditioned": _ill,
    "denormal": _scaled(-1060),
}
SQUARE: dict[str, Stratum] = {**COMMON, "zero": _zero, "repeated-eigenvalues": _scalar_matrix}
POINT: dict[str, Stratum] = {"large": _scaled(12), "denormal": _scaled(-1060)}


# -- free inputs --------------------------------------------------------------------------------
def _complex(xp, raw):
    return raw["re"] + xp.i * raw["im"]


def _plain(xp, raw):
    return raw["x"]


def matrix(*dims: str | int) -> Domain:
    """Any complex matrix (or vector, with one dimension)."""
    kind = "complex matrix" if len(dims) == 2 else "complex vector" if len(dims) == 1 else "tensor"
    strata = {**COMMON, "zero": _zero}
    return Domain(kind, dims, {"re": dims, "im": dims}, _complex, strata, arbitrary=True)


def real_matrix(*dims: str | int) -> Domain:
    """Any real matrix (or vector)."""
    kind = "real matrix" if len(dims) == 2 else "real vector"
    strata = {**COMMON, "zero": _zero}
    return Domain(kind, dims, {"x": dims}, _plain, strata, extended=matrix(*dims))


def vector(*dims: str | int) -> Domain:
    """Any real vector."""
    return real_matrix(*dims)


def cone_vector(n: str | int) -> Domain:
    """Any real vector (t, w), visited also on the boundary ‖w‖ = ±t of its cone and on the axis."""
    return vector(n).with_strata(boundary=_on_the_cone, axis=_on_the_axis)


def real() -> Domain:
    """Any real number."""
    strata = {**POINT, "zero": _zero}
    return Domain("real number", (), {"x": ()}, _plain, strata, extended=number())


def number() -> Domain:
    """Any complex number."""
    strata = {**POINT, "zero": _zero}
    return Domain("complex number", (), {"re": (), "im": ()}, _complex, strata, arbitrary=True)


# -- positive and bounded numbers ------------------------------------------------------------------
def positive(*dims: str | int) -> Domain:
    """Positive numbers, 1/8 + x²."""
    return Domain(
        "positive number" if not dims else "positive vector",
        dims,
        {"x": dims},
        lambda xp, raw: raw["x"] * raw["x"] + xp.one / 8,
        {"large": _scaled(6)},
        relaxed=real() if not dims else real_matrix(*dims),
    )


def root(of: str) -> Domain:
    """The square root of a named width (``r`` >= 1), drawn as 1 + x²; its square is the width."""
    return Domain(
        f"square root of {of}",
        (),
        {"x": ()},
        lambda xp, raw: raw["x"] * raw["x"] + 1,
        {"large": _scaled(6)},
        relaxed=real(),
        symbol=of,
    )


def nonnegative(*dims: str | int) -> Domain:
    """Nonnegative numbers, x²; zero is a stratum."""
    return Domain(
        "nonnegative number" if not dims else "nonnegative vector",
        dims,
        {"x": dims},
        lambda xp, raw: raw["x"] * raw["x"],
        {"zero": _zero, "zero-row": _zero_row, "large": _scaled(6)}
        if dims
        else {"zero": _zero, "large": _scaled(6)},
        relaxed=real() if not dims else real_matrix(*dims),
    )


def between(low: int | Fraction, high: int | Fraction, *dims: str | int) -> Domain:
    """Numbers in [low, high], by low + (high - low) (1 + x)²/(2 + 2x²); the ends are the images of
    x = ±1 (stratum ``ends``).  The square keeps balls narrow at the low end."""

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
    )


def simplex(n: str | int) -> Domain:
    """A probability vector with positive entries: (1/8 + x²) normalized; rational in x."""

    def build(xp, raw):
        w = raw["x"] * raw["x"] + xp.one / 8
        return w / xp.sum(w)

    return Domain(
        "probability vector",
        (n,),
        {"x": (n,)},
        build,
        {"ties": lambda raw, rng: {"x": raw["x"] * 0 + 1}, "large": _scaled(6)},
        relaxed=positive(n),
    )


# -- structured matrices ------------------------------------------------------------------------
def hermitian(n: str | int) -> Domain:
    """A + A*, for any A."""

    def build(xp, raw):
        a = _complex(xp, raw)
        return a + xp.star(a)

    return Domain(
        "Hermitian matrix",
        (n, n),
        {"re": (n, n), "im": (n, n)},
        build,
        SQUARE,
        relaxed=matrix(n, n),
    )


def skew_hermitian(n: str | int) -> Domain:
    """A - A*, for any A."""

    def build(xp, raw):
        a = _complex(xp, raw)
        return a - xp.star(a)

    return Domain(
        "skew-Hermitian matrix",
        (n, n),
        {"re": (n, n), "im": (n, n)},
        build,
        SQUARE,
        relaxed=matrix(n, n),
    )


def symmetric(n: str | int) -> Domain:
    """Real symmetric, A + A^T."""
    return Domain(
        "real symmetric matrix",
        (n, n),
        {"x": (n, n)},
        lambda xp, raw: raw["x"] + raw["x"].T,
        SQUARE,
        relaxed=real_matrix(n, n),
    )


def complex_symmetric(n: str | int) -> Domain:
    """Complex symmetric, A + A^T (no conjugation)."""

    def build(xp, raw):
        a = _complex(xp, raw)
        return a + a.T

    return Domain(
        "complex symmetric matrix",
        (n, n),
        {"re": (n, n), "im": (n, n)},
        build,
        SQUARE,
        relaxed=matrix(n, n),
    )


def skew(n: str | int) -> Domain:
    """Real skew-symmetric, A - A^T."""
    return Domain(
        "real skew-symmetric matrix",
        (n, n),
        {"x": (n, n)},
        lambda xp, raw: raw["x"] - raw["x"].T,
        SQUARE,
        relaxed=real_matrix(n, n),
    )


def unitary(n: str | int) -> Domain:
    """The Cayley transform (I - K)(I + K)^-1 of a skew-Hermitian K: all unitaries without
    eigenvalue -1, exactly, with rational entries for rational K."""

    def build(xp, raw):
        a = _complex(xp, raw)
        k = a - xp.star(a)
        one = xp.eye(k.shape[0])
        return xp.star(xp.solve(xp.star(one + k), xp.star(one - k)))

    return Domain(
        "unitary matrix",
        (n, n),
        {"re": (n, n), "im": (n, n)},
        build,
        {"integers": _integers, "zero": _zero},
        relaxed=matrix(n, n),
    )


def orthogonal(n: str | int) -> Domain:
    """The real Cayley transform: rotations without eigenvalue -1."""

    def build(xp, raw):
        k = raw["x"] - raw["x"].T
        one = xp.eye(k.shape[0])
        return xp.solve(one + k, one - k)

    return Domain(
        "rotation matrix",
        (n, n),
        {"x": (n, n)},
        build,
        {"integers": _integers, "zero": _zero},
        relaxed=real_matrix(n, n),
    )


def spd(n: str | int) -> Domain:
    """Real symmetric positive definite, A A^T + I."""
    return Domain(
        "symmetric positive definite matrix",
        (n, n),
        {"x": (n, n)},
        lambda xp, raw: raw["x"] @ raw["x"].T + xp.eye(raw["x"].shape[0]),
        {"integers": _integers, "zero": _zero, "large": _scaled(8)},
        relaxed=symmetric(n),
    )


def unit_vector(n: str | int) -> Domain:
    """A real unit vector with rational entries, by stereographic projection from the last axis."""

    def build(xp, raw):
        a = raw["x"]
        s = xp.sum(a * a)
        return xp.concat([xp.stack([1 - s]), 2 * a]) / (1 + s)

    return Domain(
        "unit vector",
        (n,),
        {"x": (f"{n}-1",)},
        build,
        {"integers": _integers, "zero": _zero},
        relaxed=real_matrix(n),
    )


def built(name: str, dims: tuple, raw: Mapping[str, tuple], build, *, strata=None, relaxed=None):
    """A domain of your own: raw components with their dims, and how to build the value."""
    return Domain(name, tuple(dims), dict(raw), build, strata or {}, relaxed)
