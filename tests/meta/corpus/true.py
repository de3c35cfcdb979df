"""True statements, by kind.  {a} ... {d} are replaced by small whole numbers."""

from __future__ import annotations

import random
from collections.abc import Sequence

from tests.meta.corpus.case import Draft, Part

ENTRYWISE = ("real()", "real()", 'vector("n")', 'real_matrix("N", "C")')
POSITIVE = ("positive()", "positive()", 'positive("n")')
COMPLEX = ("number()", 'matrix("n")', 'matrix("N", "C")')
BOUNDED = ("between(0, 1)", "between(-1, 1)", 'between(0, 1, "n")')
R, P, Z = {"x": ENTRYWISE, "y": ENTRYWISE}, {"x": POSITIVE, "y": POSITIVE}, {"x": COMPLEX}
ZZ = {"x": COMPLEX, "y": COMPLEX}
V, VV = {"x": ['vector("n")']}, {"x": ['vector("n")'], "y": ['vector("n")']}
S = {"A": ['matrix("n", "n")', 'real_matrix("n", "n")']}
AB = {"A": ['matrix("N", "C")', 'real_matrix("N", "C")'], "B": ['matrix("C", "N")']}
SS = {"A": ['matrix("n", "n")', 'hermitian("n")'], "B": ['matrix("n", "n")', 'skew_hermitian("n")']}

Template = tuple[str, str, dict[str, Sequence[str]]]

POLYNOMIAL: list[Template] = [
    ("x*x - {a}*{a}", "(x - {a})*(x + {a})", R),
    ("(x + {a})*(x + {b})", "x*x + {a}*x + {b}*x + {a}*{b}", R),
    ("(x + y)**2 - (x - y)**2", "4*x*y", R),
    ("(x**2 + y**2)*({a}**2 + {b}**2)", "({a}*x - {b}*y)**2 + ({a}*y + {b}*x)**2", R),
    ("(x + {a}*y)**3", "x**3 + 3*{a}*x**2*y + 3*{a}**2*x*y**2 + {a}**3*y**3", R),
    ("x**4 + 4*y**4", "(x*x - 2*x*y + 2*y*y)*(x*x + 2*x*y + 2*y*y)", R),
    ("x**3 - y**3", "(x - y)*(x*x + x*y + y*y)", R),
    ("(x/{a} + y/{b})*{a}*{b}", "{b}*x + {a}*y", R),
    ("(x + y)*{a} + x", "({a} + 1)*x + {a}*y", P),
    ("1/x + 1/y", "(x + y)/(x*y)", P),
    ("(x/y)**2", "x**2/y**2", P),
    ("x*y/(x + y) + y*y/(x + y) + {a}", "y + {a}", P),
]
MATRICES: list[Template] = [
    ("xp.trace(A @ B)", "xp.trace(B @ A)", AB),
    ("xp.star(A @ B)", "xp.star(B) @ xp.star(A)", AB),
    ("(A @ B) @ A", "A @ (B @ A)", AB),
    ("xp.norm2(A)", "xp.trace(A @ xp.star(A))", S),
    ("(A + {a}*xp.eye(A.shape[0])) @ A", "A @ A + {a}*A", S),
    ("A @ B - B @ A", "-(B @ A - A @ B)", SS),
    ("(A + B) @ (A - B)", "A @ A - A @ B + B @ A - B @ B", SS),
    ("xp.trace(A @ B @ A)", "xp.trace(A @ A @ B)", SS),
    ("xp.sum(A @ B)", "xp.sum(xp.sum(A, axis=0) * xp.sum(B, axis=1))", AB),
    ("xp.trace(A @ (A @ B - B @ A) + B)", "xp.trace(B)", SS),
]
VECTORS: list[Template] = [
    ("xp.sum(x + {a}*y)", "xp.sum(x) + {a}*xp.sum(y)", VV),
    ("xp.sum(x)**2", "xp.sum(x[:, None]*x[None, :])", V),
    ("xp.norm2(x + y) + xp.norm2(x - y)", "2*xp.norm2(x) + 2*xp.norm2(y)", VV),
    ("xp.sum(x*x) - xp.sum(x)**2/x.shape[0]", "xp.sum((x - xp.sum(x)/x.shape[0])**2)", V),
    (
        "xp.norm2(x)*xp.norm2(y) - xp.sum(x*y)**2",
        "xp.sum((x[:, None]*y[None, :] - y[:, None]*x[None, :])**2)/2",
        VV,
    ),
    ("xp.sum(x - xp.sum(x)/x.shape[0]) + x[0]", "x[0]", V),
    ("x.shape[0]*xp.sum(x)", "xp.sum(x[:, None] + 0*x[None, :])", V),
]
TRANSCENDENTAL: list[Template] = [
    ("xp.exp(x + y)", "xp.exp(x)*xp.exp(y)", R),
    ("xp.exp({a}*x)", "xp.exp(x)**{a}", R),
    ("xp.sin(x + y)", "xp.sin(x)*xp.cos(y) + xp.cos(x)*xp.sin(y)", R),
    ("xp.cos(2*x)", "1 - 2*xp.sin(x)**2", R),
    ("xp.sin(x)**2 + xp.cos(x)**2 + x", "1 + x", R),
    ("xp.tanh(x)*(1 + xp.exp(-2*x))", "1 - xp.exp(-2*x)", R),
    ("xp.logistic(x) + xp.logistic(-x) + y", "1 + y", R),
    ("xp.log(xp.exp(x)) + y", "x + y", R),
    ("xp.log(x*y)", "xp.log(x) + xp.log(y)", P),
    ("xp.log(x/y)", "xp.log(x) - xp.log(y)", P),
    ("{a}*xp.log(x)", "xp.log(x**{a})", P),
    ("xp.exp(xp.log(x))", "x", P),
    ("xp.exp(x)*xp.exp(y)", "xp.exp(x + y)", ZZ),
    ("xp.softmax(x)", "xp.softmax(x + {a})", V),
    ("xp.sum(xp.softmax(x)) + xp.sum(x)", "1 + xp.sum(x)", V),
]
ROOTS: list[Template] = [
    ("xp.sqrt(x)*xp.sqrt(y)", "xp.sqrt(x*y)", P),
    ("xp.sqrt(x)**2", "x", P),
    ("(xp.sqrt(x) + xp.sqrt(y))*(xp.sqrt(x) - xp.sqrt(y))", "x - y", P),
    ("xp.sqrt({a}*{a}*x)", "{a}*xp.sqrt(x)", P),
    ("xp.norm(x)**2 + {a}", "xp.sum(x*x) + {a}", V),
]
PIECES: list[Template] = [
    ("xp.relu(x) - xp.relu(-x)", "x", R),
    ("xp.abs(x)", "xp.relu(x) + xp.relu(-x)", R),
    ("xp.maximum(x, y) + xp.minimum(x, y)", "x + y", R),
    ("xp.abs(x)*xp.abs(y)", "xp.abs(x*y)", R),
    ("xp.abs(x)**2", "x*x", R),
    ("xp.relu({a}*x)", "{a}*xp.relu(x)", R),
    ("xp.maximum(x, y)", "x + xp.relu(y - x)", R),
    ("xp.clip(x, -{a}, {a})", "-xp.clip(-x, -{a}, {a})", R),
    ("xp.relu(x)*xp.relu(-x) + y", "y", R),
    ("xp.relu(xp.relu(x) - {a})", "xp.relu(x - {a})", R),
    ("xp.abs(x)", "x", P),
    ("xp.relu(x + y)", "x + y", P),
]
COMPLEXES: list[Template] = [
    ("xp.abs2(x)", "x*xp.conj(x)", Z),
    ("xp.conj(x*y)", "xp.conj(x)*xp.conj(y)", ZZ),
    ("xp.real(x)**2 + xp.imag(x)**2", "xp.abs2(x)", Z),
    ("xp.abs2(x*y)", "xp.abs2(x)*xp.abs2(y)", ZZ),
    ("xp.real(xp.conj(x)*y)*2", "xp.abs2(x + y) - xp.abs2(x) - xp.abs2(y)", ZZ),
    ("xp.conj(xp.exp(x))", "xp.exp(xp.conj(x))", Z),
]
ALGEBRAIC = POLYNOMIAL + MATRICES + VECTORS + COMPLEXES
IDENTITIES = ALGEBRAIC + TRANSCENDENTAL + ROOTS + PIECES


def filled(rng: random.Random, text: str) -> str:
    return text.format(**{name: rng.randint(1, 9) for name in "abcd"})


def identity(rng: random.Random, among: Sequence[Template] = IDENTITIES) -> Draft:
    """A true equality; entrywise inputs share one domain."""
    left, right, inputs = rng.choice(among)
    numbers = {name: rng.randint(1, 9) for name in "abcd"}
    left, right = left.format(**numbers), right.format(**numbers)
    which = rng.randrange(1000)
    given = {k: options[which % len(options)] for k, options in inputs.items()}
    used = {
        k: v
        for k, v in given.items()
        if k in "".join(c if c.isalnum() or c == "_" else " " for c in f"{left} {right}").split()
    }
    sides = (left, right) if rng.random() < 0.5 else (right, left)
    return Draft((Part("Equal", sides),), used)


# (left, right, gap, given): left <= right; the gap, if any, shows it
ORDERS: list[tuple[str, str, str, dict[str, Sequence[str]]]] = [
    ("2*x*y", "x*x + y*y", "(x - y)**2", R),
    ("{a}*x", "x*x + {a}*{a}", "(x - {a})**2 + {a}*x", P),
    ("x", "xp.relu(x)", "xp.relu(-x)", R),
    ("-{a}*x*x", "x*x", "({a} + 1)*x*x", R),
    ("x", "xp.abs(x)", "2*xp.relu(-x)", R),
    ("x", "x + xp.exp(y)", "xp.exp(y)", R),
    ("xp.abs(x + y)", "xp.abs(x) + xp.abs(y)", "", R),
    ("1 + x", "xp.exp(x)", "", R),
    ("xp.tanh(x)", "xp.one", "", R),
    ("xp.log(x)", "x - 1", "", P),
    ("xp.sin(x)", "xp.one", "", R),
    ("xp.sum(x)**2", "x.shape[0]*xp.sum(x*x)", "xp.sum((x[:, None] - x[None, :])**2)/2", V),
    ("xp.sum(x*y)**2", "xp.norm2(x)*xp.norm2(y)", "", VV),
    ("x*x", "x", "", {"x": ["between(0, 1)"]}),
    ("xp.sqrt(x*y)", "(x + y)/2", "(xp.sqrt(x) - xp.sqrt(y))**2/2", P),
    ("0*x", "x", "x", P),
]


def order(rng: random.Random) -> Draft:
    """A true inequality; provable if its gap is written."""
    left, right, gap, inputs = rng.choice(ORDERS)
    numbers = {name: rng.randint(1, 9) for name in "abcd"}
    left, right, gap = (text.format(**numbers) for text in (left, right, gap))
    which = rng.randrange(1000)
    given = {k: options[which % len(options)] for k, options in inputs.items()}
    words = "".join(c if c.isalnum() else " " for c in f"{left} {right}").split()
    more = {"gap": gap} if gap else {}
    part = Part("AtMost", (left, right), more)
    return Draft((part,), {k: v for k, v in given.items() if k in words}, provable=bool(gap))
