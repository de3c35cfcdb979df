"""Faults on branches and cuts, at the ends of domains, and where inputs are complex."""

from __future__ import annotations

import random

from tests.meta.corpus.case import Draft, Part, family
from tests.meta.corpus.points import coin

SMALL = (1, 2, 3)


# -- branches and cuts ------------------------------------------------
@family
def branch(rng: random.Random) -> Draft:
    """True on one side of a kink, false on the other."""
    truth = coin(rng)
    k, c = rng.randint(1, 9), rng.randint(1, 9)
    if truth:
        left, right, given = rng.choice(
            [
                (f"xp.abs(x + {c})", f"x + {c}", {"x": "positive()"}),
                (f"xp.relu(x*x + {c})", f"x*x + {c}", {"x": "real()"}),
                ("xp.maximum(x, -x)", "xp.abs(x)", {"x": "real()"}),
                (f"xp.relu(x - {c}) - xp.relu({c} - x)", f"x - {c}", {"x": "real()"}),
                (f"xp.abs({k}*x - y)", f"xp.abs(y - {k}*x)", {"x": "real()", "y": "real()"}),
                ("xp.relu(-x)", "0*x", {"x": "nonnegative()"}),
                ("xp.relu(x)", "x", {"x": "between(0, 3)"}),
                (
                    "xp.maximum(x, xp.maximum(y, z))",
                    "xp.maximum(xp.maximum(x, y), z)",
                    {"x": "real()", "y": "real()", "z": "real()"},
                ),
                ("xp.relu(xp.minimum(x, -x))", "0*x", {"x": "real()"}),
                (
                    "xp.abs(xp.abs(x) - xp.abs(y))",
                    "xp.maximum(xp.abs(x), xp.abs(y)) - xp.minimum(xp.abs(x), xp.abs(y))",
                    {"x": "real()", "y": "real()"},
                ),
            ]
        )
    else:
        left, right, given = rng.choice(
            [
                (f"xp.abs(x - xp.one/{k}00)", f"x - xp.one/{k}00", {"x": "positive()"}),
                (
                    f"xp.relu(x*x - xp.one/10**{2 * k})",
                    f"x*x - xp.one/10**{2 * k}",
                    {"x": "real()"},
                ),
                (f"xp.maximum(x, {c})", f"{c} + 0*x", {"x": f"between(0, {c + 1})"}),
                (f"xp.relu(x - 100*{c})", "0*x", {"x": "real()"}),
                (f"xp.maximum(x, y - {10 * c})", "x", {"x": "real()", "y": "real()"}),
                (
                    f"xp.relu(xp.relu(x) + {c} - y)",
                    f"xp.relu(x) + {c} - y",
                    {"x": "real()", "y": "real()"},
                ),
                (f"xp.abs(x + y + {50 * c})", f"x + y + {50 * c}", {"x": "real()", "y": "real()"}),
                (f"xp.clip(x, -{50 * c}, {50 * c})", "x", {"x": "real()"}),
                (
                    "xp.relu(xp.minimum(xp.minimum(x, y), -x - y + xp.one/1000))",
                    "0*x",
                    {"x": "real()", "y": "real()"},
                ),
                ("xp.abs(x*y)", "x*y", {"x": "positive()", "y": "real()"}),
            ]
        )
    return Draft((Part("Equal", (left, right)),), given, truth=truth)


@family
def cut(rng: random.Random) -> Draft:
    """True for positive numbers, false on or across the cut of a logarithm or a root."""
    truth = coin(rng)
    d = "positive()" if truth else "number()"
    k = rng.randint(2, 5)
    sides = [
        ("xp.log(x*y)", "xp.log(x) + xp.log(y)"),
        ("xp.sqrt(x*y)", "xp.sqrt(x)*xp.sqrt(y)"),
        (f"xp.log(x**{k})", f"{k}*xp.log(x)"),
        ("xp.log(xp.conj(x))", "xp.conj(xp.log(x))"),
        ("xp.sqrt(xp.conj(x))", "xp.conj(xp.sqrt(x))"),
        ("xp.log(xp.one/x)", "-xp.log(x)"),
        ("xp.sqrt(x*x)", "x"),
        ("xp.sqrt(xp.one/x)", "xp.one/xp.sqrt(x)"),
        ("xp.sqrt(x/y)", "xp.sqrt(x)/xp.sqrt(y)"),
        ("xp.log(xp.exp(x))", "x"),
        (f"xp.log({k}*x*xp.conj(y))", f"xp.log({k}*x) + xp.conj(xp.log(y))"),
    ]
    left, right = rng.choice(sides)
    given = {"x": d, **({"y": d} if "y" in (left + right).replace("xp", "") else {})}
    if rng.random() < 0.3:
        left, right = f"{left} + w*w", f"w*w + {right}"
        given["w"] = "number()"
    return Draft((Part("Equal", (left, right)),), given, truth=truth)


@family
def cut_order(rng: random.Random) -> Draft:
    """A square that is none: the logarithm or the root of what need not be positive."""
    truth = coin(rng)
    k = rng.randint(1, 5)
    d = "positive()" if truth else "real()"
    body = rng.choice(("xp.log(x)**2", f"xp.log(x/{k})**2", "xp.sqrt(x)**4*xp.log(x)**2"))
    if not truth and rng.random() < 0.5:
        value = f"xp.imag(xp.log(-(z/{k})*xp.conj(z/{k})))*xp.abs2(z)"
        return Draft(
            (Part("AtMost", (value, "xp.zeros()"), {"gap": "xp.zeros()"}),),
            {"z": "number()"},
            truth=False,
        )
    return Draft((Part("AtMost", ("0*x", body), {"gap": body}),), {"x": d}, truth=truth)


@family
def root_sign(rng: random.Random) -> Draft:
    """The square root of a square, with the sign that it has and the one that it has not."""
    truth, k = coin(rng), rng.choice((0, 6, 12, 17, 30))
    inner, right, given = rng.choice(
        [
            ("x*x", "xp.abs(x)", {"x": "real()"}),
            ("x**4", "x*x", {"x": "real()"}),
            ("x*x", "x", {"x": "positive()"}),
            ("x*x*y*y", "xp.abs(x*y)", {"x": "real()", "y": "real()"}),
            ("(x*x + 1)**2", "x*x + 1", {"x": "real()"}),
        ]
    )
    if not truth:
        inner, right, given = rng.choice(
            [
                ("x*x", "x", {"x": "real()"}),
                ("x**6", "x**3", {"x": "real()"}),
                ("x*x*y*y", "x*y", {"x": "positive()", "y": "real()"}),
                ("(x - 1)**2", "x - 1", {"x": "positive()"}),
                ("x*x + y*y", "x + y", {"x": "positive()", "y": "positive()"}),
                ("(x*x - 1)**2", "x*x - 1", {"x": "real()"}),
            ]
        )
    part = Part("Equal", (f"1 + xp.sqrt({inner})/10**{k}", f"1 + ({right})/10**{k}"))
    part = part.over(lambda text: text.replace("/10**0", ""))
    return Draft((part,), given, truth=truth)


# -- ends of domains ------------------------------------------------
@family
def domain_end(rng: random.Random) -> Draft:
    """A bound that only the awkward members of a domain break."""
    truth = coin(rng)
    power = rng.choice((1, 1, 2, 4, 8, 20, 50))
    e = f"xp.one/10**{power}"
    if truth:
        part, given = rng.choice(
            [
                (Part("AtMost", ("0*x", "x"), {"gap": "x"}), {"x": "positive()"}),
                (Part("AtMost", (f"-{e}", "x"), {"gap": f"x + {e}"}), {"x": "nonnegative()"}),
                (Part("AtMost", ("xp.zeros()", "A[0, 0]"), {"gap": "A[0, 0]"}), {"A": 'spd("n")'}),
                (
                    Part("AtMost", (f"-{e}", "xp.trace(A)"), {"gap": f"xp.trace(A) + {e}"}),
                    {"A": 'spd("n")'},
                ),
                (Part("Equal", ("xp.det(Q)**2", "xp.one")), {"Q": "orthogonal(2)"}),
                (Part("Equal", ("xp.abs2(xp.det(Q))", "xp.one")), {"Q": "unitary(2)"}),
                (Part("Equal", ("xp.sum(p)", "xp.one")), {"p": 'simplex("n")'}),
                (Part("Equal", ("Q.T @ Q", "xp.eye(Q.shape[0])")), {"Q": 'orthogonal("n")'}),
                (Part("Equal", ("xp.sum(q*q)", "xp.one")), {"q": 'unit_vector("n")'}),
                (Part("AtMost", ("xp.zeros()", "p"), {"gap": "p"}), {"p": 'simplex("n")'}),
            ]
        )
        return Draft((part,), given)
    part, given, sizes = rng.choice(
        [
            (Part("AtMost", (e, "x")), {"x": "positive()"}, {}),
            (Part("Zero", (f"xp.relu({e} - x)",)), {"x": "positive()"}, {}),
            (Part("AtMost", ("x", f"xp.lift(10**{power + 3})")), {"x": "positive()"}, {}),
            (Part("AtMost", (e, "x")), {"x": 'positive("n")'}, {"n": SMALL}),
            (Part("AtMost", (e, "A[0, 0]")), {"A": 'spd("n")'}, {"n": SMALL}),
            (Part("AtMost", (e, "xp.trace(A)")), {"A": 'spd("n")'}, {"n": SMALL}),
            (Part("AtMost", (e, "xp.det(A)")), {"A": 'spd("n")'}, {"n": SMALL}),
            (Part("Equal", ("xp.det(Q)", "xp.one")), {"Q": 'orthogonal("n")'}, {"n": SMALL}),
            (
                Part("Equal", ("on(xp, xp.det(Q + xp.eye(Q.shape[0])))", "xp.one")),
                {"Q": 'orthogonal("n")'},
                {"n": (1, 2, 3)},
            ),
            (
                Part("Equal", ("on(xp, xp.det(Q + xp.eye(Q.shape[0])))", "xp.one")),
                {"Q": 'unitary("n")'},
                {"n": (1, 2)},
            ),
            (
                Part("AtMost", (f"{e} - Q.shape[0]", "xp.trace(Q)")),
                {"Q": 'orthogonal("n")'},
                {"n": SMALL},
            ),
            (
                Part("AtMost", (f"{e} - Q.shape[0]", "xp.real(xp.trace(Q))")),
                {"Q": 'unitary("n")'},
                {"n": SMALL},
            ),
            (Part("AtMost", (e, "p")), {"p": 'simplex("n")'}, {"n": (2, 3, 4)}),
            (Part("AtMost", ("p", f"1 - {e}")), {"p": 'simplex("n")'}, {"n": (2, 3)}),
            (Part("Equal", ("on(xp, x)", "xp.one")), {"x": "nonnegative()"}, {}),
            (Part("AtMost", (f"{e} - 1", "q[0]")), {"q": 'unit_vector("n")'}, {"n": (2, 3)}),
            (Part("AtMost", ("q", f"1 - {e}")), {"q": 'unit_vector("n")'}, {"n": (2, 3)}),
            (Part("AtMost", ("x", f"3 - {e}")), {"x": "between(-1, 3)"}, {}),
            (Part("AtMost", (f"{e} - 1", "x")), {"x": "between(-1, 3)"}, {}),
            (
                Part("Equal", ("on(xp, xp.det(A))", "xp.one")),
                {"A": 'real_matrix("n", "n")'},
                {"n": SMALL},
            ),
            (Part("Equal", ("on(xp, xp.det(A))", "xp.one")), {"A": 'hermitian("n")'}, {"n": SMALL}),
        ]
    )
    return Draft((part,), given, sizes, truth=False)


@family
def complex_input(rng: random.Random) -> Draft:
    """True of real inputs, false of complex ones."""
    truth, k = coin(rng), rng.randint(1, 9)
    sides, n = rng.choice(
        [
            (("xp.norm2(A)", "xp.trace(A @ A.T)"), 2),
            (("xp.star(A)", "A.T"), 2),
            (("xp.abs2(xp.trace(A))", "xp.trace(A)**2"), 2),
            (("xp.norm2(x)", "xp.sum(x*x)"), 1),
            (("xp.conj(x)", "x"), 1),
            (("xp.abs2(x)", "x*x"), 1),
            (("xp.real(x) + x*x", "x + x*x"), 1),
            (("xp.imag(x*x) + x", "x"), 1),
            ((f"xp.sqrt(xp.conj(x) + {k})", f"xp.conj(xp.sqrt(x + {k}))"), 0),
            ((f"xp.log(xp.conj(x) + {k})", f"xp.conj(xp.log(x + {k}))"), 0),
        ]
    )
    name = "A" if n == 2 else "x"
    domain = {
        (0, True): ("positive()", 'positive("n")'),
        (0, False): ("number()", 'matrix("n")'),
        (2, True): ('real_matrix("n", "n")', 'symmetric("n")'),
        (2, False): ('matrix("n", "n")', 'hermitian("n")' if "star" not in sides[0] else ""),
        (1, True): ('vector("n")', "real()"),
        (1, False): ('matrix("n")', "number()"),
    }[n, truth]
    choice = rng.choice([d for d in domain if d])
    if choice == 'hermitian("n")' and "abs2(xp.trace" in sides[0]:
        choice = 'matrix("n", "n")'  # the trace of a Hermitian matrix is real
    false_at = "n >= 2" if choice == 'hermitian("n")' else "True"
    if "star" in sides[0] and choice == 'matrix("n", "n")':
        false_at = "True"
    return Draft(
        (Part("Equal", rng.choice((sides, sides[::-1]))),),
        {name: choice},
        truth=truth,
        false_at=false_at,
    )
