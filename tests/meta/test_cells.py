"""The branch method, checked: piecewise statements whose truth is known.

True ones must be confirmed exactly, false ones and nearly false ones refuted by a point, and what
the method cannot settle must leave it silent.
"""

from __future__ import annotations

import random

import pytest

from fieldcheck.arithmetic.branches import Field, Walk, following
from fieldcheck.arithmetic.graph import Graph
from fieldcheck.cones import colu, lorentz
from fieldcheck.domains import matrix, nonnegative, positive, real, real_matrix, vector
from fieldcheck.evidence.emptiness import is_empty
from fieldcheck.evidence.run import examine
from fieldcheck.relations import AtMost, Equal, Gradient, Zero


def relu_gap(xp, x, z):
    """The gap of the variational inequality of the orthant."""
    p = xp.relu(x)
    return AtMost(xp.sum((x - p) * (z - p)), xp.zeros(), gap=xp.sum(xp.relu(-x) * z))


TRUE = {
    "positive and negative part": (
        lambda xp, x: Equal(xp.relu(x) - xp.relu(-x), x),
        dict(x=vector("n")),
    ),
    "abs of a square": (lambda xp, x: Equal(xp.abs(x * x), x * x), dict(x=real())),
    "max plus min": (
        lambda xp, x, y: Equal(xp.maximum(x, y) + xp.minimum(x, y), x + y),
        dict(x=vector("n"), y=vector("n")),
    ),
    "max of three associates": (
        lambda xp, x, y, z: Equal(xp.maximum(xp.maximum(x, y), z), xp.maximum(x, xp.maximum(y, z))),
        dict(x=real(), y=real(), z=real()),
    ),
    "relu is idempotent": (
        lambda xp, x: Equal(xp.relu(xp.relu(x)), xp.relu(x)),
        dict(x=vector("n")),
    ),
    "positive homogeneity": (
        lambda xp, t, x: Equal(xp.relu(t * x), t * xp.relu(x)),
        dict(t=positive(), x=vector("n")),
    ),
    "root of a square": (lambda xp, x: Equal(xp.sqrt(x * x), xp.abs(x)), dict(x=real())),
    "norm of a multiple": (
        lambda xp, t, x: Equal(xp.norm(t * x), xp.relu(t) * xp.norm(x) + xp.relu(-t) * xp.norm(x)),
        dict(t=real(), x=vector("n")),
    ),
    "an empty branch": (  # x > 1 and x < 0 never happen together
        lambda xp, x: Zero(xp.relu(x - 1) * xp.relu(-x)),
        dict(x=real()),
    ),
    "an empty branch of three": (  # x > y, y > z and z > x
        lambda xp, x, y, z: Zero(xp.relu(x - y) * xp.relu(y - z) * xp.relu(z - x)),
        dict(x=real(), y=real(), z=real()),
    ),
    "an empty branch with a product": (  # a, b > 0, a x > b and x < 0
        lambda xp, a, b, x: Zero(xp.relu(a * x - b) * xp.relu(-x)),
        dict(a=positive(), b=positive(), x=real()),
    ),
    "clip in two orders": (
        lambda xp, x: Equal(xp.clip(x, 0, 1), xp.maximum(xp.minimum(x, 1), 0)),
        dict(x=vector("n")),
    ),
    "gradient of half the square of relu": (
        lambda xp, x: Gradient(lambda y: xp.sum(xp.relu(y) * xp.relu(y)) / 2, x, xp.relu(x)),
        dict(x=vector("n")),
    ),
    "gradient of abs cubed": (
        lambda xp, x: Gradient(lambda y: xp.sum(xp.abs(y) ** 3) / 3, x, x * xp.abs(x)),
        dict(x=vector("n")),
    ),
    "variational inequality": (relu_gap, dict(x=vector("n"), z=nonnegative("n"))),
    "projecting on a cone twice": (
        lambda xp, x, a: Equal(
            lorentz.project(xp, lorentz.project(xp, x, a), a), lorentz.project(xp, x, a)
        ),
        dict(x=vector("S"), a=positive()),
    ),
    "CoLU twice is CoLU": (
        lambda xp, x: Equal(colu.hard(xp, colu.hard(xp, x)), colu.hard(xp, x)),
        dict(x=vector("S")),
    ),
    "modulus of a complex product": (
        lambda xp, A, B: Zero(xp.relu(-xp.abs2(A * B))),
        dict(A=matrix("n"), B=matrix("n")),
    ),
    "inverse and relu": (
        lambda xp, A, x: Equal(xp.relu(xp.solve(A, A @ x)) - xp.relu(-x), x),
        dict(A=real_matrix("n", "n"), x=vector("n")),
    ),
}

SIZES = {"n": (1, 2, 3), "S": (2, 3)}

FALSE = {
    "abs is relu": (lambda xp, x: Equal(xp.abs(x), xp.relu(x)), dict(x=vector("n"))),
    "relu is additive": (
        lambda xp, x, y: Equal(xp.relu(x + y), xp.relu(x) + xp.relu(y)),
        dict(x=real(), y=real()),
    ),
    "homogeneity for all t": (
        lambda xp, t, x: Equal(xp.relu(t * x), t * xp.relu(x)),
        dict(t=real(), x=vector("n")),
    ),
    "max and min swapped": (
        lambda xp, x: Equal(xp.maximum(xp.minimum(x, 0), 1), xp.clip(x, 0, 1)),
        dict(x=real()),
    ),
    "root of a square without abs": (lambda xp, x: Equal(xp.sqrt(x * x), x), dict(x=real())),
    "wrong root of a product": (
        lambda xp, a, b: Equal(xp.sqrt(a) * xp.sqrt(b) + xp.relu(a), -xp.sqrt(a * b) + xp.relu(a)),
        dict(a=positive(), b=positive()),
    ),
    "gap forgets a term": (
        lambda xp, x, z: AtMost(xp.sum((x - xp.relu(x)) * z), xp.zeros() - xp.sum(z)),
        dict(x=vector("n"), z=nonnegative("n")),
    ),
    "rectified CoLU is CoLU": (
        lambda xp, x: Equal(colu.rectified(xp, x), colu.hard(xp, x)),
        dict(x=vector("S")),
    ),
    "gradient with a factor": (
        lambda xp, x: Gradient(lambda y: xp.sum(xp.relu(y) * xp.relu(y)), x, xp.relu(x)),
        dict(x=vector("n")),
    ),
}

NEARLY = {
    "true outside a narrow wedge": (  # false where 0 < 100 x < y
        lambda xp, x, y: Zero(xp.relu(x) * xp.relu(y - 100 * x)),
        dict(x=real(), y=real()),
    ),
    "a slope of one in a million": (
        lambda xp, x: Equal(xp.relu(x) - xp.relu(-x) / 10**6, xp.relu(x)),
        dict(x=vector("n")),
    ),
    "a small shift of the kink": (
        lambda xp, x: Equal(xp.relu(x - xp.one / 10**9), xp.relu(x)),
        dict(x=real()),
    ),
    "right but for one branch of eight": (
        lambda xp, x, y, z: Zero(xp.relu(x) * xp.relu(y) * xp.relu(z)),
        dict(x=real(), y=real(), z=real()),
    ),
    "a negligible gap": (
        lambda xp, x, z: AtMost(
            xp.sum((x - xp.relu(x)) * z) + xp.sum(z) / 10**12,
            xp.zeros(),
            gap=xp.sum(xp.relu(-x) * z),
        ),
        dict(x=vector("n"), z=nonnegative("n")),
    ),
}


UNIT_IN_UNIT = ("projecting on a cone twice", "CoLU twice is CoLU")
"""Where what is brought to unit length vanishes no elimination finds: it is no affine set."""


@pytest.mark.parametrize("name", [name for name in TRUE if name not in UNIT_IN_UNIT])
def test_true_statements_are_confirmed_exactly(name):
    body, given = TRUE[name]
    verdict, evidence = examine(body, sizes=SIZES, **given)
    proof = evidence.get("cells", evidence["exact"])  # free symbols may have sufficed already
    assert proof.outcome == "confirms", proof.reason
    assert (verdict.verdict in ("proved", "proved up to"), verdict.grade) == (True, "exact")
    assert proof.log2_bound < -60


@pytest.mark.parametrize("name", UNIT_IN_UNIT)
def test_every_branch_vanishes_and_the_exception_of_unit_remains(name):
    """So the statement may stand and is not proved; of the first a branch is empty, and that is
    not known."""
    body, given = TRUE[name]
    verdict, evidence = examine(body, sizes={"S": (2,)}, **given)
    proof = evidence["cells"]
    assert proof.outcome == "confirms", proof.reason
    assert proof.log2_bound < -60
    assert proof.proves[0].conditions == ("where a vector that is brought to unit length vanishes",)
    assert verdict.verdict in ("stands", "undecided")


@pytest.mark.parametrize("name", [*FALSE, *NEARLY])
def test_false_statements_are_refuted_by_a_point(name):
    body, given = {**FALSE, **NEARLY}[name]
    verdict, _ = examine(body, sizes=SIZES, **given)
    assert verdict.verdict == "refuted", verdict.because
    assert verdict.witness is not None


def test_a_branch_that_cannot_be_settled_leaves_the_method_silent():
    """2xy > x² + y² + 1 never happens, but it takes a square of x - y to see it."""
    verdict, evidence = examine(
        lambda xp, x, y: Zero(xp.relu(2 * x * y - x * x - y * y - 1)), x=real(), y=real()
    )
    assert evidence["cells"].outcome == "silent"
    assert evidence["cells"].applies
    assert verdict.verdict == "undecided"


def test_a_smooth_statement_is_not_its_concern():
    _, evidence = examine(lambda xp, x: Equal(x * x - 1, (x - 1) * (x + 1)), x=vector("n"))
    assert "cells" not in evidence


def test_branches_are_counted():
    graph = Graph()
    x = graph.raw("x", (3,))
    root = graph.sum(graph.relu(x) * 3 - graph.relu(-x)).data[0]
    where, prefix, count = Field.random(random.Random(0)), (), 0
    while prefix is not None:
        walk = Walk(graph, where, prefix)
        walk.run(root)
        prefix = following(walk.choices)
        count += 1
    assert count == 8  # three decisions, and none for the opposite sign


def test_emptiness_certificates():
    graph = Graph()
    x, y, z = (graph.raw(name, ()) for name in "xyz")
    never = (graph.relu(x - y) * graph.relu(y - z) * graph.relu(z - x)).data[0]
    sometimes = (graph.relu(x - y) * graph.relu(y - z) * graph.relu(z - x + 1)).data[0]
    every = (True, True, True)
    assert is_empty(graph, never, every, random.Random(1))
    assert not is_empty(graph, sometimes, every, random.Random(1))


def test_signs_that_follow_are_not_decided():
    graph = Graph()
    x, y = graph.raw("x", ()), graph.raw("y", ())
    root = (graph.relu(x - y) * graph.relu(y - x - 1)).data[0]
    walk = Walk(graph, Field.random(random.Random(0)), ())
    assert walk.run(root) == 0
    assert len(walk.choices) == 1  # x > y settles the sign of y - x - 1


def test_a_vector_of_no_entries_is_brought_to_unit_length():
    """The projection on the cone ‖w‖ <= t by its spectral form, of n = 1 entry as well."""

    def projected(xp, x):
        r, u = xp.norm(x[1:]), xp.unit(x[1:])
        a, b = xp.relu(x[0] + r) / 2, xp.relu(x[0] - r) / 2
        return xp.concat([xp.stack([a + b]), (a - b) * u])

    moreau = lambda sign: lambda xp, x: Equal(projected(xp, x) + sign * projected(xp, -x), x)
    assert examine(moreau(-1), x=vector("n"))[0].verdict == "proved up to"
    assert examine(moreau(1), x=vector("n"))[0].verdict == "refuted"
