"""Faults in rates, ranks, gradients and forces, gaps, systems, boxes and known seeds."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path

from tests.meta.corpus.case import Draft, Part, family
from tests.meta.corpus.points import coin, fraction
from tests.meta.corpus.true import order

SEEDS = [
    int(known["K"]) for known in json.loads((Path(__file__).parent / "seeds.json").read_text())
]


# -- rates ------------------------------------------------
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
