"""A domain is what its name says: near every value of the named set lies one that a recipe gives,
every value it gives is in the set, and what it does not admit is outside its recipe.

Each case has a sampler of the named set, written by its meaning alone, and a map back to raw
parameters; the recipe must then come within 1e-6 of the value.
"""

from __future__ import annotations

import dataclasses
import random
from fractions import Fraction

import numpy as np
import pytest
import scipy.linalg

from fieldcheck import domains
from fieldcheck.arithmetic.multiprecision import Multiprecision
from fieldcheck.arithmetic.rational import Rational
from fieldcheck.domains import (
    between,
    built,
    invertible,
    matrix,
    nonnegative,
    number,
    orthogonal,
    positive,
    real,
    real_invertible,
    real_matrix,
    root,
    rotation,
    simplex,
    spd,
    stacked,
    symmetric,
    unit_vector,
    unitary,
    vector,
)
from fieldcheck.evidence.draws import fractions
from fieldcheck.evidence.points import moved_into, point
from fieldcheck.relations import Equal
from tests.evidence.statements import statement

CLOSE = 1e-6
RNG = np.random.default_rng(7)


# -- the named sets, and how a value is brought back to raw parameters ---------------------------
def entries(shape):
    return RNG.standard_normal(shape) * 10.0 ** RNG.integers(-3, 4)


def orthonormal(n, det=None):
    """Orthogonal, uniformly or with eigenvalues 1 and -1 alone; of a determinant, if given."""
    q, r = np.linalg.qr(RNG.standard_normal((n, n)))
    q = q * np.sign(np.diag(r))
    if RNG.random() < 0.5:
        q = q @ np.diag(RNG.choice([-1.0, 1.0], n)) @ q.T
    if det is not None and np.linalg.det(q) * det < 0:
        q[0] *= -1
    return q


def unitary_value(n):
    q, _ = np.linalg.qr(RNG.standard_normal((n, n)) + 1j * RNG.standard_normal((n, n)))
    angles = RNG.choice([np.pi, 0.0, 1.0, 2.0], n)
    return q @ np.diag(np.exp(1j * angles)) @ q.conj().T


def cayley_back(q):
    """K with (I - K)(I + K)^-1 = q; half of it is the raw matrix."""
    one = np.eye(len(q))
    return np.linalg.solve((one + q).T, (one - q).T).T


def back_rotation(q):
    half = np.real(scipy.linalg.expm(_log_rotation(q) / 2))
    return {"x": cayley_back(half) / 2}


def _log_rotation(q):
    """A real skew logarithm; half turns come in pairs, in a plane of their own each."""
    t, z = scipy.linalg.schur(q, output="real")
    out, k, n = np.zeros_like(q), 0, len(q)
    minus = []
    while k < n:
        if k + 1 < n and abs(t[k + 1, k]) > 1e-9:
            angle = np.arctan2(t[k + 1, k], t[k, k])
            out[k + 1, k], out[k, k + 1] = angle, -angle
            k += 2
            continue
        if t[k, k] < 0:
            minus.append(k)
        k += 1
    for a, b in zip(minus[::2], minus[1::2], strict=True):
        out[b, a], out[a, b] = np.pi, -np.pi
    return z @ out @ z.T


def back_orthogonal(q):
    """Signs for which s q has no eigenvalue -1, well away from it."""
    n = len(q)
    trials = [np.array([1.0 if m >> k & 1 else -1.0 for k in range(n)]) for m in range(2**n)]
    s = max(trials, key=lambda s: abs(np.linalg.det(np.eye(n) + s[:, None] * q)))
    return {"s": s, "x": cayley_back(s[:, None] * q) / 2}


def back_unitary(q):
    """A phase away from minus every eigenvalue."""
    t = max(np.linspace(-2, 2, 41), key=lambda t: abs(np.linalg.det(q / phase(t) + np.eye(len(q)))))
    k = cayley_back(q / phase(t)) / 2
    return {"re": k.real, "im": k.imag, "t": np.array(t)}


def back_spectral(h):
    w, q = np.linalg.eigh(h)
    return {**back_unitary(q), "w": w}


def phase(t):
    return (1 + 1j * t) ** 2 / (1 + t * t)


def back_unit(u):
    """The pole that a stereographic map would miss is reached from the other sign."""
    s = 1.0 if u[0] >= 0 else -1.0
    return {"s": np.array(s), "t": np.array(1 + s * u[0]), "a": s * u[1:]}


def back_between(low, high):
    def back(v):
        share = (v - low) / (high - low)
        # (1 + x)² = 2 share (1 + x²)
        a, b, c = 1 - 2 * share, 2.0, 1 - 2 * share
        root = np.sqrt(np.maximum(b * b - 4 * a * c, 0))
        return {"x": np.array(-2 * c / (b + root))}

    return back


def complex_raws(v):
    return {"re": np.real(v), "im": np.imag(v)}


def spread(shape):
    return 10.0 ** RNG.uniform(-12, 12, shape)


def chosen_simplex():
    w = spread(3)
    return w / w.sum()


def definite(n):
    q = orthonormal(n)
    return q @ np.diag(10.0 ** RNG.uniform(-6, 2, n)) @ q.T


def unit_value(n):
    u = RNG.standard_normal(n)
    if RNG.random() < 0.4:
        u = np.eye(n)[RNG.integers(n)] * RNG.choice([-1.0, 1.0])
    return u / np.linalg.norm(u)


N = {"n": 3}
SETS = {
    "real": (real(), {}, lambda: entries(()), lambda v: {"x": v}),
    "number": (number(), {}, lambda: entries(()) + 1j * entries(()), complex_raws),
    "matrix": (matrix("n", "n"), N, lambda: entries((3, 3)) + 1j * entries((3, 3)), complex_raws),
    "real_matrix": (real_matrix("n", "n"), N, lambda: entries((3, 3)), lambda v: {"x": v}),
    "vector": (vector("n"), N, lambda: entries(3), lambda v: {"x": v}),
    "cone_vector": (domains.cone_vector("n"), N, lambda: entries(3), lambda v: {"x": v}),
    "positive": (positive("n"), N, lambda: spread(3), lambda v: {"x": np.sqrt(v)}),
    "nonnegative": (
        nonnegative("n"), N, lambda: spread(3) * RNG.integers(0, 2, 3),
        lambda v: {"x": np.sqrt(v)}),
    "root": (root("r"), {}, lambda: np.sqrt(RNG.integers(1, 40)), lambda v: {"x": np.sqrt(v - 1)}),
    "between": (
        between(-2, 5), {}, lambda: RNG.choice([-2.0, 5.0, 1.5, -2 + 1e-9, 5 - 1e-9]),
        back_between(-2, 5)),
    "simplex": (simplex("n"), N, chosen_simplex, lambda v: {"x": np.sqrt(v)}),
    "hermitian": (
        domains.hermitian("n"), N,
        lambda: (a := entries((3, 3)) + 1j * entries((3, 3))) + a.conj().T,
        lambda v: complex_raws(v / 2)),
    "skew_hermitian": (
        domains.skew_hermitian("n"), N,
        lambda: (a := entries((3, 3)) + 1j * entries((3, 3))) - a.conj().T,
        lambda v: complex_raws(v / 2)),
    "symmetric": (
        symmetric("n"), N, lambda: (a := entries((3, 3))) + a.T, lambda v: {"x": v / 2}),
    "invertible": (
        invertible("n"), N, lambda: entries((3, 3)) + 1j * entries((3, 3)), complex_raws),
    "real_invertible": (real_invertible("n"), N, lambda: entries((3, 3)), lambda v: {"x": v}),
    "spd": (spd("n"), N, lambda: definite(3), lambda v: {"x": np.linalg.cholesky(v)}),
    "unitary": (unitary("n"), N, lambda: unitary_value(3), back_unitary),
    "rotation": (rotation("n"), {"n": 4}, lambda: orthonormal(4, 1), back_rotation),
    "orthogonal": (orthogonal("n"), N, lambda: orthonormal(3), back_orthogonal),
    "spectral": (
        dataclasses.replace(
            domains.spectral("n"),
            build=lambda xp, raw: (lambda U, w: (U * w) @ xp.star(U))(
                *domains.spectral("n").build(xp, raw))),
        N, lambda: (a := entries((3, 3)) + 1j * entries((3, 3))) + a.conj().T, back_spectral),
    "unit_vector": (unit_vector("n"), N, lambda: unit_value(3), back_unit),
    "stacked": (
        stacked("m", unit_vector("n"), "unit vector for each"), {"n": 3, "m": 2},
        lambda: np.stack([unit_value(3), unit_value(3)]),
        lambda v: {k: np.stack([back_unit(u)[k] for u in v]) for k in ("s", "t", "a")}),
}  # fmt: skip


def built_value(domain, raw):
    xp = Multiprecision()
    value = domain.build(xp, {k: xp.from_raw(v) for k, v in raw.items()})
    out = np.vectorize(complex)(value.data)
    return out if np.any(out.imag) else out.real


@pytest.mark.parametrize("name", SETS)
def test_near_every_value_of_the_named_set_lies_one_that_the_recipe_gives(name):
    domain, sizes, draw, back = SETS[name]
    assert domain.covers == "all"
    shapes = domain.raw_shapes(sizes)
    for _ in range(24):
        value = draw()
        raw = {k: fractions(v) for k, v in back(value).items()}
        assert {k: v.shape for k, v in raw.items()} == shapes
        assert domain.admits(raw), raw
        scale = max(1.0, np.abs(value).max())
        assert np.abs(built_value(domain, raw) - value).max() < CLOSE * scale


def test_every_domain_of_the_library_is_tried():
    made = {
        name
        for name, f in vars(domains).items()
        if callable(f) and getattr(f, "__annotations__", {}).get("return") == "Domain"
        and not name.startswith("_")
    }  # fmt: skip
    assert made == {*SETS, "built", "integer"}  # of which every value is visited


# -- what a recipe gives is in the set ------------------------------------------------------------
def exact(domain, raw):
    xp = Rational()
    value = domain.build(xp, {k: xp.from_raw(v) for k, v in raw.items()}).data
    to = np.vectorize(lambda q: Fraction(int(q.p), int(q.q)), otypes=[object])
    return to(value[0]), to(value[1])


def times(a, b):
    return a[0] @ b[0] - a[1] @ b[1], a[0] @ b[1] + a[1] @ b[0]


def is_one(a):
    return (a[0] == np.eye(len(a[0]), dtype=int)).all() and not a[1].any()


MEANING = {
    "positive": lambda re, im: (re > 0).all() and not im.any(),
    "nonnegative": lambda re, im: (re >= 0).all() and not im.any(),
    "root": lambda re, im: re >= 1,
    "between": lambda re, im: -2 <= re <= 5,
    "simplex": lambda re, im: re.sum() == 1 and (re > 0).all(),
    "hermitian": lambda re, im: (re == re.T).all() and (im == -im.T).all(),
    "skew_hermitian": lambda re, im: (re == -re.T).all() and (im == im.T).all(),
    "symmetric": lambda re, im: (re == re.T).all() and not im.any(),
    "spd": lambda re, im: (re == re.T).all() and all(
        np.linalg.eigvalsh(re.astype(float)) > -1e-12),
    "unitary": lambda re, im: is_one(times((re, im), (re.T, -im.T))),
    "orthogonal": lambda re, im: is_one(times((re, im), (re.T, im.T))) and not im.any(),
    "rotation": lambda re, im: is_one(times((re, im), (re.T, im.T))) and abs(
        np.linalg.det(re.astype(float)) - 1) < 1e-9,
    "unit_vector": lambda re, im: (re * re).sum() == 1 and not im.any(),
}  # fmt: skip


@pytest.mark.parametrize("name", MEANING)
def test_generic_points_and_strata_are_in_the_set(name):
    domain, sizes, _, _ = SETS[name]
    subject = statement(lambda xp, x: Equal(x, x), {k: [n] for k, n in sizes.items()}, x=domain)
    rng, draws = np.random.default_rng(1), random.Random(1)
    for stratum in [None, *domain.strata]:
        for _ in range(3):
            raw = point(subject, sizes, draws)
            if stratum:
                raw = moved_into(subject, stratum, raw, rng)
            if subject.admits(raw):
                own = {k.split(".")[1]: v for k, v in raw.items()}
                assert MEANING[name](*exact(domain, own)), (stratum, own)


# -- ends, components and closures -----------------------------------------------------------------
def moved(domain, sizes, stratum, count=64):
    rng = np.random.default_rng(3)
    own = {k: rng.standard_normal((count, *s)) for k, s in domain.raw_shapes(sizes).items()}
    for part in domain.signs:
        own[part] = np.sign(own[part])
    return own, domain.moved(stratum, own, rng)


def test_a_stratum_keeps_signs_and_what_may_not_vanish():
    domain = dataclasses.replace(
        real_matrix("n", "n"), raw={"x": ("n", "n"), "s": ("n",)}, signs=("s",), nonzero=("x",)
    )
    own, after = moved(domain, N, "zero")
    assert (after["s"] == own["s"]).all()
    assert (after["x"] == own["x"]).all()


def test_the_closure_of_positive_is_approached():
    _, after = moved(positive("n"), N, "small")
    values = after["x"] ** 2
    assert values.min() > 0
    assert values.min() < 1e-12


def test_both_components_of_the_orthogonal_group_and_its_half_turns():
    domain = orthogonal("n")
    _, after = moved(domain, N, "half-turn")
    q = [built_value(domain, {k: fractions(v[m]) for k, v in after.items()}) for m in range(64)]
    assert {round(np.linalg.det(x)) for x in q} == {-1, 1}
    assert min(np.linalg.norm(np.linalg.eigvals(x) + 1, ord=-np.inf) for x in q) < 1e-6


def test_a_unitary_matrix_may_have_the_eigenvalue_minus_one():
    raw = back_unitary(-np.eye(2))
    got = built_value(unitary("n"), {k: fractions(v) for k, v in raw.items()})
    assert np.abs(got + np.eye(2)).max() < 1e-12


def test_a_unit_vector_of_one_entry_has_two_values():
    domain = unit_vector("n")
    at = lambda s: {"s": fractions(s), "t": fractions(2.0), "a": fractions(np.zeros(0))}
    assert [built_value(domain, at(s))[0] for s in (1.0, -1.0)] == [1, -1]


def test_definite_matrices_come_near_singular_ones():
    _, after = moved(spd("n"), N, "nearly singular")
    low = [np.linalg.eigvalsh(x @ x.T)[0] for x in after["x"]]
    assert min(low) < 1e-9


OUTSIDE = {
    "positive": (positive(), {"x": 0.0}),
    "simplex": (simplex("n"), {"x": np.array([1.0, 0.0])}),
    "invertible": (invertible("n"), {"re": np.ones((2, 2)), "im": np.ones((2, 2))}),
    "spd": (spd("n"), {"x": np.ones((2, 2))}),
    "orthogonal": (orthogonal("n"), {"x": np.zeros((2, 2)), "s": np.array([1.0, 0.5])}),
    "unit_vector": (unit_vector("n"), {"t": 0.0, "a": np.zeros(2), "s": 1.0}),
    "stacked": (
        stacked("m", positive("n"), "rows"), {"x": np.array([[1.0, 2.0], [1.0, 0.0]])}),
}  # fmt: skip


@pytest.mark.parametrize("name", OUTSIDE)
def test_a_point_outside_is_not_admitted(name):
    domain, raw = OUTSIDE[name]
    assert not domain.admits({k: fractions(v) for k, v in raw.items()})


# -- what is printed -------------------------------------------------------------------------------
def test_what_a_recipe_leaves_out_is_printed_with_its_name():
    plain = lambda xp, raw: raw["x"]
    assert positive().title == "positive number"
    assert built("odd thing", (), {"x": ()}, plain).title == "odd thing (a part)"
    dense = built("odd thing", (), {"x": ()}, plain, covers="dense", nonzero=("x",))
    assert dense.title == "odd thing (dense)"
    assert not dense.admits({"x": fractions(0.0)})
    with pytest.raises(TypeError, match="not reach"):
        built("odd thing", (), {"x": ()}, plain, reach=(0, 1))


def test_a_name_alone_says_nothing_of_values():
    own = built("positive number", (), {"x": ()}, lambda xp, raw: raw["x"])
    assert own.test is None
    assert positive().test is not None


def test_ends_that_are_exchanged_are_refused():
    with pytest.raises(ValueError, match="between 3 and 1"):
        between(3, 1)


@pytest.mark.parametrize("end", ["1/2", 0.5, True, None])
def test_ends_that_are_not_exact_are_refused(end):
    with pytest.raises(TypeError, match="an integer or a Fraction, and not"):
        between(0, end)
