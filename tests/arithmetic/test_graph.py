"""A body written down says what it says when it is run: graphs against rational numbers."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from flint import fmpq

from fieldcheck.arithmetic.graph import Graph, Node, nodes
from fieldcheck.arithmetic.multiprecision import Multiprecision
from fieldcheck.arithmetic.paired import Paired
from fieldcheck.arithmetic.rational import Rational

POINT = {
    "x": [Fraction(3), Fraction(-2), Fraction(1, 2)],
    "y": [Fraction(-1), Fraction(4, 3), Fraction(5)],
}


def complex_of(node: Node, known: dict) -> tuple:
    """The Gaussian rational (re, im) that a node stands for; "i" is the imaginary unit."""
    if node.id not in known:
        a = [complex_of(n, known) for n in node.args if isinstance(n, Node)]
        match node.op:
            case "raw":
                name, index = node.args
                found = POINT[name][index[0]], Fraction(0)
            case "const":
                found = node.args[0], Fraction(0)
            case "i":
                found = Fraction(0), Fraction(1)
            case "add":
                found = a[0][0] + a[1][0], a[0][1] + a[1][1]
            case "mul":
                (p, q), (r, s) = a
                found = p * r - q * s, p * s + q * r
            case "div" | "quotient":
                (p, q), (r, s) = a
                size = r * r + s * s
                found = (
                    ((p * r + q * s) / size, (q * r - p * s) / size) if size else (Fraction(0),) * 2
                )
            case "relu":
                found = max(a[0][0], Fraction(0)), Fraction(0)
            case "step":
                found = Fraction(int(a[0][0] > 0)), Fraction(0)
            case "sqrt":
                root = Fraction(int(a[0][0].numerator ** 0.5), int(a[0][0].denominator ** 0.5))
                assert root * root == a[0][0]
                found = root, Fraction(0)
        known[node.id] = found
    return known[node.id]


BODIES = {
    "ring": lambda xp, x, y: 3 * (x - y) * (2 * x + x) - (x + x) * y * 5 + x - x,
    "constants fold": lambda xp, x, y: (x * 2) * (y * 3) / 6 + 0 * x + 1 * y - (2 * x - x - x),
    "halves": lambda xp, x, y: (x / 2) * (2 * y) + (x / 2 + x / 2),
    "quotients": lambda xp, x, y: (x + 1) / (y * y + 1) / 4,
    "maximum": lambda xp, x, y: xp.maximum(x, y),
    "minimum": lambda xp, x, y: xp.minimum(x, y),
    "scalar against vector": lambda xp, x, y: xp.maximum(x, y[0]) - xp.minimum(y[1], x),
    "abs": lambda xp, x, y: xp.abs(x) * 2 + xp.abs(y - x),
    "relus of constants": lambda xp, x, y: xp.relu(x * 0 + 3) + xp.relu(x * 0 - 3) * x,
    "complex product": lambda xp, x, y: (x + xp.i * y) * (y - xp.i * x),
    "conjugates": lambda xp, x, y: xp.conj(x + xp.i * y) * xp.i,
    "parts": lambda xp, x, y: xp.real((x + xp.i * y) ** 2) - xp.imag((x + xp.i * y) ** 3),
    "modulus": lambda xp, x, y: xp.abs(3 * x[:1] + xp.i * (4 * x[:1])),
    "moduli of a vector": lambda xp, x, y: xp.abs(
        xp.stack([x[0] + xp.i * x[0] * 0, x[0] * 3 - 4 * xp.i * x[0]])
    ),
    "matrices": lambda xp, x, y: (x[:, None] * y[None, :]) @ (y[:, None] * x[None, :]),
    "solve": lambda xp, x, y: xp.solve(xp.diag(x) + xp.ones(3, 3), y),
    "complex solve": lambda xp, x, y: xp.solve(xp.diag(x + xp.i * y) + xp.ones(3, 3), y),
    "unit of zero": lambda xp, x, y: xp.unit(xp.stack([x[0] * 0, x[1] * 0])),
    "unit": lambda xp, x, y: xp.unit(xp.stack([3 * x[0], 4 * x[0]])),
    "derivative of relu": lambda xp, x, y: xp.push(lambda z: xp.relu(z) * z, x, y),
    "derivative of abs": lambda xp, x, y: xp.push(lambda z: xp.abs(z) * z, x, y),
}  # fmt: skip


@pytest.mark.parametrize("name", BODIES)
def test_a_graph_evaluates_to_what_it_was_written_from(name):
    graph, exact = Graph(), Rational()
    raw = lambda v: exact.from_raw(np.array(v, dtype=object))
    written = BODIES[name](graph, graph.raw("x", (3,)), graph.raw("y", (3,)))
    run = BODIES[name](exact, raw(POINT["x"]), raw(POINT["y"]))
    assert written.shape == run.shape
    known: dict = {}
    plain = [complex_of(n, known) for n in nodes(written.data[0])]
    re, im = (list(np.ravel(part)) for part in run.data)
    shown = lambda q: fmpq(q.numerator, q.denominator)
    assert [(shown(a), shown(b)) for a, b in plain] == list(zip(re, im, strict=True))
    conjugate = [complex_of(n, known) for n in nodes(written.data[1])]
    assert conjugate == [(a, -b) for a, b in plain]


def test_equal_expressions_are_one_node():
    graph = Graph()
    x, y = (nodes(graph.raw(name, ()).data[0])[0] for name in "xy")
    assert x + y is y + x
    assert (x * y) * graph.const(2) is graph.const(2) * (y * x)
    assert x + x is graph.const(2) * x
    assert (x - x).value == 0
    assert (x * graph.const(3) - x - x) is x
    assert x / graph.const(2) is x * graph.const(Fraction(1, 2))
    assert (x * graph.const(0)).value == 0
    assert x * graph.const(1) is x
    with pytest.raises(ZeroDivisionError):
        x / graph.const(0)


def test_what_is_fixed_and_what_decides():
    graph = Graph()
    x = graph.raw("x", ())
    assert not graph.has("relu", "step")
    assert nodes((x * x + 1).data[0])[0].fixed
    y = graph.relu(x)
    assert graph.has("relu", "step")
    assert not graph.has("sqrt")
    assert not nodes((y + 1).data[0])[0].fixed
    order = graph.order(nodes((y * x + 1).data[0])[0])
    place = {n.id: k for k, n in enumerate(order)}
    assert all(place[a.id] < place[n.id] for n in order for a in n.args if isinstance(a, Node))
    assert len(place) == len(order)
    steps = [graph._step_one(graph.const(v)) for v in (2, -2)]
    assert [s.value for s in steps] == [1, 0]
    assert graph._step_one(graph.const(0)).op == "step"
    assert [n.args[0] for n in graph.all("raw")] == ["x"]


def test_operands_are_aligned_behind_the_pair_axis():
    a, b = np.zeros((2, 3)), np.zeros((2, 5, 4, 3))
    left, right = Paired._aligned(a, b)
    assert (left.shape, right.shape) == ((2, 1, 1, 3), (2, 5, 4, 3))
    left, right = Paired._aligned(b, a)
    assert (left.shape, right.shape) == ((2, 5, 4, 3), (2, 1, 1, 3))
    left, right = Paired._aligned(a, a)
    assert left.shape == right.shape == (2, 3)


def test_the_scale_of_a_number_of_many_digits_is_one_at_zero():
    xp = Multiprecision()
    values = xp._scale_or_one(np.array([0, 3, -2], dtype=object) * xp.one.data)
    assert [float(v) for v in values] == [1, 3, -2]
