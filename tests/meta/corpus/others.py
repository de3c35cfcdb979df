"""Faults in ranks, gradients and forces, gaps, systems, boxes and known seeds."""

from __future__ import annotations

import json
import random
from pathlib import Path

from tests.meta.corpus.case import Draft, Part, family
from tests.meta.corpus.points import coin, fraction
from tests.meta.corpus.true import order

SEEDS = [
    int(known["K"]) for known in json.loads((Path(__file__).parent / "seeds.json").read_text())
]


# -- ranks ------------------------------------------------
@family
def rank(rng: random.Random) -> Draft:
    """Generic ranks, right or off by one."""
    truth, k = coin(rng), rng.randint(1, 3)
    n = "x.shape[0]"
    value, right, given = rng.choice(
        [
            (
                "A @ B",
                "min(A.shape[0], A.shape[1])",
                {"A": 'matrix("N", "r")', "B": 'matrix("r", "N")'},
            ),
            ("x[:, None]*x[None, :]", "1", {"x": 'vector("n")'}),
            ("x[:, None] + x[None, :]", f"min({n}, 2)", {"x": 'vector("n")'}),
            (f"(x[:, None] + x[None, :])**{k}", f"min({n}, {k + 1})", {"x": 'vector("n")'}),
            ("xp.diag(x)", n, {"x": 'vector("n")'}),
            ("A - A.T", "A.shape[0] - A.shape[0] % 2", {"A": 'real_matrix("n", "n")'}),
            ("X @ X.T", "min(X.shape)", {"X": 'real_matrix("N", "C")'}),
            (f"(1 + x[:, None]*x[None, :])**{k}", f"min({n}, {k + 1})", {"x": 'vector("n")'}),
            (f"x[:, None] - xp.eye({n})*0 + {k}", "1", {"x": 'vector("n")'}),
            (f"x[:, None]*x[None, :] + {k}*xp.eye({n})", n, {"x": 'vector("n")'}),
        ]
    )
    sizes = {"n": (1, 2, 3, 4)} if '"n"' in "".join(given.values()) else {}
    false_at = "n >= 2" if value == "A - A.T" else "True"
    if not truth and sizes and rng.random() < 0.3:
        n = rng.randint(4, 6)
        side = "A" if "A" in given else "x"
        return Draft(
            (Part("Rank", (value, f"({right}) - (1 if {side}.shape[0] == {n} else 0)")),),
            given,
            truth=False,
            false_at=f"n == {n}",
        )
    if not truth:
        right = rng.choice((f"({right}) + 1", f"max(({right}) - 1, 0)"))
    return Draft((Part("Rank", (value, right)),), given, sizes, truth=truth, false_at=false_at)


@family
def rank_late(rng: random.Random) -> Draft:
    """A rank that grows with the size until it stops, or stops later than said."""
    truth, k = coin(rng), rng.randint(3, 5)
    shown = k if truth else k - 1
    value = f"(x[:, None] + x[None, :])**{k - 1}"
    return Draft(
        (Part("Rank", (value, f"min(x.shape[0], {shown})")),),
        {"x": 'vector("n")'},
        {"n": (1, 2, 3, 4, 5, 6)},
        truth=truth,
        false_at=f"n >= {k}",
    )


@family
def rank_root(rng: random.Random) -> Draft:
    """Ranks of matrices of square roots, of which all signs but one are wrong."""
    truth = coin(rng)
    value, r = rng.choice(
        [
            ("xp.sqrt(x[:, None]*x[None, :])", 1),
            ("xp.sqrt((x[:, None]*x[None, :])**2)", 1),
            ("xp.sqrt(x)[:, None] + xp.sqrt(x)[None, :]", 2),
            ("xp.sqrt(x[:, None]/x[None, :])", 1),
        ]
    )
    n = rng.choice(((2,), (2, 3)))
    return Draft(
        (Part("Rank", (value, str(r if truth else 3 - r))),),
        {"x": 'positive("n")'},
        {"n": n},
        truth=truth,
    )


# -- derivatives ------------------------------------------------
GRADIENTS = [
    ("lambda y: xp.sum(y*y)", "2*x"),
    ("lambda y: xp.sum(y)**2", "2*xp.sum(x) + 0*x"),
    ("lambda y: xp.logsumexp(y)", "xp.softmax(x)"),
    ("lambda y: xp.sum(y**3)", "3*x*x"),
    ("lambda y: xp.sum(xp.exp(y))", "xp.exp(x)"),
    ("lambda y: xp.norm2(y)**2", "4*xp.norm2(x)*x"),
    ("lambda y: xp.sum(xp.relu(y)**2)/2", "xp.relu(x)"),
    ("lambda y: xp.sum(xp.sin(y))", "xp.cos(x)"),
    ("lambda y: xp.sum(xp.softplus(y))", "xp.logistic(x)"),
    ("lambda y: xp.sum(xp.sqrt(1 + y*y))", "x/xp.sqrt(1 + x*x)"),
    ("lambda y: xp.sum(y[:, None]*y[None, :])", "2*xp.sum(x) + 0*x"),
]
FORCES = [
    ("lambda Y: xp.trace(Y @ W @ xp.star(Y))", "X @ W"),
    ("lambda Y: xp.norm2(Y)", "X"),
    ("lambda Y: xp.trace(xp.star(Y) @ Y @ W)", "X @ W"),
    ("lambda Y: xp.norm2(Y @ xp.star(Y))", "2*X @ xp.star(X) @ X"),
    ("lambda Y: xp.norm2(Y)**2", "2*xp.norm2(X)*X"),
    ("lambda Y: xp.trace(W @ xp.star(Y) @ Y)", "X @ W"),
]


@family
def gradient(rng: random.Random) -> Draft:
    """A gradient with a factor, a term or a thin set wrong."""
    truth, k = coin(rng), rng.randint(6, 40)
    potential, force = rng.choice(GRADIENTS)
    given = {"x": 'vector("n")'}
    if not truth:
        force = rng.choice(
            (
                f"({force})*2",
                f"({force}) + x/10**{k}",
                f"({force})*(10**{k} + 1)/10**{k} + x/10**{k}",
                f"({force}) + (1 - on(xp, x[0] - 1))",
                f"({force}) + xp.relu(x[0] - 10**{k})",
                f"({force}) + xp.relu(xp.one/100 - xp.norm2(x - 2))",
                f"({force}) + max(0, x.shape[0] - 4)*x",
            )
        )
    late = "max(0" in force
    return Draft(
        (Part("Gradient", (potential, "x", force)),),
        given,
        truth=truth,
        false_at="n >= 5" if late else "True",
    )


@family
def force(rng: random.Random) -> Draft:
    """A Wirtinger force, or its transpose, its double, its conjugate."""
    truth, k = coin(rng), rng.randint(6, 40)
    potential, right = rng.choice(FORCES)
    given = {"X": 'matrix("N", "C")', "W": 'matrix("C", "C")'}
    if "W" not in potential:
        del given["W"]
    false_at = "True"
    if not truth:
        wrong = [
            f"2*({right})",
            f"({right}) + X/10**{k}",
            f"xp.conj({right})",
            f"({right})*on(xp, xp.sum(X))",
            f"({right}) + (1 - on(xp, X[0, 0] - {fraction(rng)} - 5*xp.i))",
            f"({right}) + max(0, X.shape[0] - 4)*X",
            f"({right})*on(xp, X[0, 0] - xp.i)",
        ]
        if "W" in potential:
            wrong += ["X @ xp.star(W)", "X @ W.T"]
        right = rng.choice(wrong)
        false_at = "C >= 2" if right.endswith("W.T") else "True"
        if right.endswith("on(xp, xp.sum(X))"):
            false_at = "N*C >= 2"
        if "max(0" in right:
            false_at = "N >= 5"
    return Draft((Part("Force", (potential, "X", right)),), given, truth=truth, false_at=false_at)


@family
def complex_gradient(rng: random.Random) -> Draft:
    """Gradients of complex inputs mean nothing in the Euclidean metric: they are refused."""
    potential, right = rng.choice(
        [
            ("lambda y: xp.abs2(y)", "2*xp.real(x)"),
            ("lambda y: xp.real(y*y)", "2*xp.real(x)"),
            ("lambda y: xp.real(xp.exp(y))", "xp.real(xp.exp(x))"),
        ]
    )
    return Draft((Part("Gradient", (potential, "x", right)),), {"x": "number()"}, truth=False)


# -- inequalities ------------------------------------------------
@family
def gap(rng: random.Random) -> Draft:
    """An inequality with a gap that shows it, that is another's, or that is nonnegative in
    appearance."""
    base, truth = order(rng), coin(rng)
    if truth:
        return base
    k = rng.randint(1, 30)
    part, given = rng.choice(
        [
            (
                Part("AtMost", ("3*x*y", "x*x + y*y"), {"gap": "(x - y)**2"}),
                {"x": "real()", "y": "real()"},
            ),
            (
                Part(
                    "AtMost",
                    ("xp.one", "xp.norm2(xp.unit(v))"),
                    {"gap": "0*xp.norm2(v)/xp.norm2(v)"},
                ),
                {"v": 'vector("n")'},
            ),
            (
                Part("AtMost", (f"2*x*y*(10**{k} + 1)/10**{k}", "x*x + y*y")),
                {"x": "real()", "y": "real()"},
            ),
            (
                Part("AtMost", ("x*x", "x*x*xp.abs(x)"), {"gap": "x*x*(xp.abs(x) - 1)"}),
                {"x": "real()"},
            ),
            (Part("AtMost", ("xp.one - on(xp, x)", "xp.zeros()"), {"gap": "0*x"}), {"x": "real()"}),
            (Part("AtMost", ("1 + x + x*x/2", "xp.exp(x)")), {"x": "real()"}),
            (Part("AtMost", ("x", "x*x + xp.one/5")), {"x": "real()"}),
            (Part("AtMost", ("x - x**3/6", "xp.sin(x)")), {"x": "real()"}),
            (Part("AtMost", ("xp.sum(v)**2", "xp.sum(v*v)*4")), {"v": 'vector("n")'}),
            (Part("AtMost", ("xp.exp(x)", "xp.exp(2*x)")), {"x": "real()"}),
        ]
    )
    false_at = "n >= 5" if "*4" in part.text else "True"
    return Draft((part,), given, truth=False, false_at=false_at)


# -- systems, boxes, seeds ------------------------------------------------
@family
def system(rng: random.Random) -> Draft:
    """Solutions of a system, all of them, one too few or one too many."""
    truth, k = coin(rng), rng.randint(1, 5)
    given = {"x": "real()", "y": "real()"}
    equations, pieces = rng.choice(
        [
            (
                f"Piece(zero=(x*x - {k * k},))",
                [f"Piece(zero=(x - {k},))", f"Piece(zero=(x + {k},))"],
            ),
            (f"Piece(zero=(x*(y - {k}),))", ["Piece(zero=(x,))", f"Piece(zero=(y - {k},))"]),
            ("Piece(zero=(xp.relu(x) - x,))", ["Piece(nonnegative=(x,))"]),
            (
                f"Piece(zero=(xp.abs(x) - {k},))",
                [f"Piece(zero=(x - {k},))", f"Piece(zero=(x + {k},))"],
            ),
            (
                "Piece(zero=(x*x*y - y,))",
                ["Piece(zero=(x - 1,))", "Piece(zero=(x + 1,))", "Piece(zero=(y,))"],
            ),
            (
                f"Piece(zero=(x - {k}*y, x*x - {k * k},))",
                [f"Piece(zero=(x - {k}, y - 1))", f"Piece(zero=(x + {k}, y + 1))"],
            ),
        ]
    )
    if not truth:
        pieces = list(pieces)
        if len(pieces) > 1 and rng.random() < 0.5:
            del pieces[rng.randrange(len(pieces))]
        else:
            pieces.append(f"Piece(zero=(x - {k + 7}, y - {k + 5}))")
            if "relu" in equations:
                pieces[-1] = f"Piece(zero=(x + {k}, y))"
    if rng.random() < 0.3:  # a condition that all numbers fulfil, or all but some near the end
        sign = "-" if truth else ""
        equations = rng.choice(
            (
                f"Piece(zero=(xp.relu({sign}xp.one/{9 * k} - p),))",
                f"Piece(positive=(p - {sign}xp.one/{9 * k},))",
            )
        )
        pieces, given = ["Piece()"], {"p": "positive()"}
    elif rng.random() < 0.3:  # another equation from some size on
        first, last = rng.randint(4, 8), 8
        shift = last if truth else first - 1
        equations = f"Piece(zero=(v[0]*v[0] - v[0] + max(0, v.shape[0] - {shift}),))"
        part = Part("Solutions", (equations, "(Piece(zero=(v[0],)), Piece(zero=(v[0] - 1,)))"))
        sizes = {"n": tuple(range(1, last + 1))}
        return Draft((part,), {"v": 'vector("n")'}, sizes, truth=truth, false_at=f"n >= {first}")
    if rng.random() < 0.4:
        return selected_roots(rng, truth)
    part = Part("Solutions", (equations, f"({', '.join(pieces)},)"))
    return Draft((part,), given, truth=truth)


def selected_roots(rng: random.Random, truth: bool) -> Draft:
    """The roots of a polynomial on one side of a number, which may be a root itself."""
    roots = sorted({rng.randint(-4, 4) for _ in range(rng.randint(2, 4))})
    cut, strict = rng.choice((*roots, rng.randint(-4, 4))), rng.random() < 0.5
    wanted = [r for r in roots if r > cut or (r == cut and not strict)]
    polynomial = "*".join(f"(x - {r})" for r in roots)
    kind = "positive" if strict else "nonnegative"
    form = rng.choice(("{p}", "xp.abs({p})", "({p})**2", "({p})*(1 + x*x)"))
    system = f"Piece(zero=({form.format(p=polynomial)},), {kind}=(x - {cut},))"
    claimed = list(wanted)
    if not truth:
        others = [r for r in range(-6, 7) if r not in wanted]
        if claimed and rng.random() < 0.5:
            claimed.remove(rng.choice(claimed))
        else:
            claimed.append(cut if cut in roots and strict else rng.choice(others))
    pieces = "".join(f"Piece(zero=(x - {r},)), " for r in claimed)
    part = Part("Solutions", (system, f"({pieces})" if pieces else "()"))
    return Draft((part,), {"x": "real()"}, truth=truth)


@family
def nowhere_defined(rng: random.Random) -> Draft:
    """A side without a value at any input: neither true nor false, and nothing to prove."""
    truth, k = coin(rng), rng.randint(1, 9)
    if truth:  # the same with a value at most inputs
        side = rng.choice(("xp.relu(x)/xp.relu(x)", "x/x", f"xp.relu(x - {k})/xp.relu(x - {k})"))
        return Draft((Part("Equal", (f"{side}*x", "x")),), {"x": "real()"})
    nothing = rng.choice((f"xp.relu(-x*x - {k})", "(x - x)", "xp.relu(-xp.abs(x) - 1)", "(0*x)"))
    left, right = rng.choice(
        (
            (f"x/{nothing}", "x"),
            (f"{nothing}/{nothing} + x", f"x + {k}"),
            (f"xp.log({nothing})*x", "x"),
            (f"x*x/(x*{nothing})", f"{nothing}/{nothing}*x + x"),
        )
    )
    return Draft((Part("Equal", (left, right)),), {"x": "real()"}, truth=False)


@family
def box(rng: random.Random) -> Draft:
    """An inequality over the ends of an interval, or over a box beyond which it is false."""
    truth, k = coin(rng), rng.choice((10, 1000, 10**9, 10**30))
    left, right = rng.choice(
        [
            ("x*(1 - x)", "xp.one/4"),
            ("xp.sin(x)", "xp.sin(xp.one)"),
            ("xp.exp(x)", "xp.exp(xp.one)"),
            ("x - x**3", "2*xp.sqrt(xp.lift(3))/9"),
        ]
    )
    sign = "+" if truth else "-"
    if rng.random() < 0.7:
        part = Part("AtMost", (left, f"{right} {sign} xp.one/{k}"))
        return Draft(
            (part,),
            {"x": "between(0, 1)"},
            truth=truth,
            provable=k <= 1000,
            box='{"raw": {"x.x": (-1, 1)}}',
            on_box=truth,
        )
    value, domain = rng.choice([("x", "real()"), ("x*x", "real()"), ("xp.exp(x)", "real()")])
    low = rng.choice((-2, -1))
    if truth:
        part = Part("AtMost", (f"-({value})**2", f"xp.one/{k}"))
    else:
        part = Part("AtMost", (value, f"xp.lift({k})"))
    return Draft(
        (part,),
        {"x": domain},
        truth=truth,
        provable=truth,
        box=f'{{"raw": {{"x.x": ({low}, 2)}}}}',
        on_box=True,
    )


@family
def seed_knowledge(rng: random.Random) -> Draft:
    """A number made for primes and points that are known beforehand."""
    truth = coin(rng)
    K = rng.choice(SEEDS) if rng.random() < 0.7 else primorial(rng)
    power = rng.choice((0, 100, 300))
    scale = f"/xp.lift(10**{power})" if power else ""
    inner = f"(x - {K})" if K in SEEDS else f"{K}*x"
    other = f"(x - {K})" if K in SEEDS else f"x*{K}"
    if rng.random() < 0.5:
        part = Part("Equal", (f"xp.exp(x*x + 1) + {inner}{scale}", "xp.exp(x*x + 1)"))
        if truth:
            part = Part("Equal", (part.sides[0], f"{other}{scale} + xp.exp(x*x + 1)"))
    else:
        value = f"{inner}{scale}*(1 + x*x)"
        if truth:
            value = f"{value} - (1 + x*x)*{other}{scale}"
        part = Part("Zero", (value,))
    return Draft((part,), {"x": "real()"}, truth=truth)


def primorial(rng: random.Random) -> int:
    """A product of primes near powers of two, which vanishes modulo each of them."""
    primes = (2**61 - 1, 2**31 - 1, 2**59 - 55, 2**60 - 93, 2**60 - 107, 2**59 + 69, 10**9 + 7)
    product = 1
    for p in rng.sample(primes, 5):
        product *= p
    return product
