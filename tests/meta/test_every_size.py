"""Every size from finitely many: what is true at small sizes alone must not be called proved."""

from __future__ import annotations

import itertools

import pytest

from fieldcheck.claim import HOLDS, Form
from fieldcheck.domains import matrix, positive, real, real_matrix, root, unit_vector, vector
from fieldcheck.evidence import every_size
from fieldcheck.evidence.run import examine
from fieldcheck.evidence.statement import Statement
from fieldcheck.relations import AtMost, Equal, Force, Gradient, Zero
from fieldcheck.verdict import PROVED, REFUTED, STANDS, UP_TO


def elementary(xp, A, k):
    """The k-th elementary symmetric function of the eigenvalues, from traces (Newton)."""
    e, traces, power = [xp.one], [None], A
    for j in range(1, k + 1):
        traces.append(xp.trace(power))
        power = power @ A
        terms = [(e[j - i] * traces[i]) * (1 if i % 2 else -1) for i in range(1, j + 1)]
        total = terms[0]
        for term in terms[1:]:
            total = total + term
        e.append(total / j)
    return e[k]


def standard(factors):
    """The standard polynomial of Amitsur and Levitzki: the signed sum of all orders."""
    total = None
    for order in itertools.permutations(range(len(factors))):
        odd = sum(a > b for a, b in itertools.combinations(order, 2)) % 2
        product = factors[order[0]]
        for k in order[1:]:
            product = product @ factors[k]
        product = -product if odd else product
        total = product if total is None else total + product
    return total


def hidden(xp, y, A):
    """y at size one, and more from size two on."""
    return y + xp.trace(A) ** 2 - xp.trace(A @ A)


SCALAR_AND_MATRIX = dict(y=real(), A=real_matrix("n", "n"))
SQUARE = dict(A=real_matrix("n", "n"))
FOUR = {name: matrix("n", "n") for name in "ABCD"}
PAIR = dict(x=vector("n"), y=vector("n"))

SMALL_SIZES_ONLY = {
    "a quotient": (lambda xp, y, A: Equal(y / hidden(xp, y, A), xp.one + y * 0), SCALAR_AND_MATRIX),
    "log of exp": (lambda xp, y, A: Equal(xp.log(xp.exp(hidden(xp, y, A))), y), SCALAR_AND_MATRIX),
    "two exponentials": (
        lambda xp, y, A: Equal(xp.exp(hidden(xp, y, A)), xp.exp(y)),
        SCALAR_AND_MATRIX,
    ),
    "relu gives back": (
        lambda xp, y, A: Equal(xp.relu(hidden(xp, y, A)) - xp.relu(-hidden(xp, y, A)), y),
        SCALAR_AND_MATRIX,
    ),
    "the root of a square": (
        lambda xp, y, A: Equal(xp.sqrt(hidden(xp, y, A) ** 2), xp.abs(y)),
        SCALAR_AND_MATRIX,
    ),
    "reciprocals of sums": (
        lambda xp, x, y: Equal((1 / xp.sum(x)) * (1 / xp.sum(y)), 1 / xp.sum(x * y)),
        PAIR,
    ),
    "exp of what vanishes below seven": (
        lambda xp, A: Zero(xp.exp(elementary(xp, A, 7)) - 1),
        SQUARE,
    ),
    "what vanishes below seven": (lambda xp, A: Zero(elementary(xp, A, 7)), SQUARE),
    "Amitsur and Levitzki at one size too many": (
        lambda xp, A, B, C, D: Zero(standard([A, B, C, D])),
        FOUR,
    ),
    "Cayley and Hamilton at one size too many": (
        lambda xp, A: Zero(
            A @ A @ A
            - elementary(xp, A, 1) * (A @ A)
            + elementary(xp, A, 2) * A
            - elementary(xp, A, 3) * xp.eye(A.shape[0])
        ),
        SQUARE,
    ),
    "a product of sizes less one to six": (
        lambda xp, x: Zero(
            xp.sum(x)
            * (x.shape[0] - 1)
            * (x.shape[0] - 2)
            * (x.shape[0] - 3)
            * (x.shape[0] - 4)
            * (x.shape[0] - 5)
            * (x.shape[0] - 6)
        ),
        dict(x=vector("n")),
    ),
    "four vectors in the plane": (
        lambda xp, v: Zero(
            xp.relu(
                -xp.maximum(
                    xp.maximum(
                        xp.maximum(xp.sum(v[0] * v[1]), xp.sum(v[0] * v[2])),
                        xp.maximum(xp.sum(v[0] * v[3]), xp.sum(v[1] * v[2])),
                    ),
                    xp.maximum(xp.sum(v[1] * v[3]), xp.sum(v[2] * v[3])),
                )
            )
        ),
        dict(v=real_matrix(4, "n")),
    ),
}

AT_EVERY_SIZE = {
    "trace is cyclic": (
        lambda xp, A, B: Equal(xp.trace(A @ B), xp.trace(B @ A)),
        dict(A=matrix("N", "C"), B=matrix("C", "N")),
    ),
    "variance": (
        lambda xp, x: Equal(
            xp.sum((x - xp.sum(x) / x.shape[0]) ** 2) / x.shape[0],
            xp.sum(x * x) / x.shape[0] - (xp.sum(x) / x.shape[0]) ** 2,
        ),
        dict(x=vector("n")),
    ),
    "the gradient of log-sum-exp": (
        lambda xp, x: Gradient(lambda x: xp.logsumexp(x), x, xp.softmax(x)),
        dict(x=vector("n")),
    ),
    "the force of the free energy": (
        lambda xp, X, W, r: Force(
            lambda X: r * xp.sum(xp.logsumexp(X @ W @ xp.star(X) / r, axis=-2)),
            X,
            xp.softmax(X @ W @ xp.star(X) / r, axis=-2).T @ X @ W,
        ),
        dict(X=matrix("N", "C"), W=matrix("C", "C"), r=root("r")),
    ),
    "rows of a softmax": (
        lambda xp, X: Zero(xp.sum(xp.softmax(X, axis=1), axis=1) - 1),
        dict(X=real_matrix("N", "C")),
    ),
    "relu on each entry": (
        lambda xp, x: Equal(xp.sum(xp.relu(x)) - xp.sum(xp.relu(-x)), xp.sum(x)),
        dict(x=vector("n")),
    ),
    "the last entry apart": (
        lambda xp, x: Equal(xp.sum(x[:-1]) + x[-1], xp.sum(x)),
        dict(x=vector("n")),
    ),
    "a unit vector": (lambda xp, u: Zero(xp.sum(u * u) - 1), dict(u=unit_vector("n"))),
    "an inequality by its gap": (
        lambda xp, x: AtMost(
            xp.sum(x) ** 2,
            xp.sum(x * x) * x.shape[0],
            gap=xp.sum(xp.abs2(x[:, None] - x[None, :])) / 2,
        ),
        dict(x=vector("n")),
    ),
}


@pytest.mark.parametrize("name", SMALL_SIZES_ONLY)
def test_a_coincidence_of_small_sizes_is_refuted(name: str) -> None:
    body, given = SMALL_SIZES_ONLY[name]
    verdict, _ = examine(body, **given)
    assert verdict.verdict == REFUTED


@pytest.mark.parametrize("name", AT_EVERY_SIZE)
def test_what_holds_at_every_size_is_proved(name: str) -> None:
    body, given = AT_EVERY_SIZE[name]
    verdict, _ = examine(body, **given)
    assert verdict.verdict == PROVED, (verdict.because, verdict.scope)
    assert verdict.scope is not None
    assert verdict.scope.every_size


def test_sizes_that_are_listed_and_too_few_are_all_that_is_said() -> None:
    body = lambda xp, A, B, C, D: Zero(standard([A, B, C, D]))
    verdict, _ = examine(body, sizes={"n": (1, 2)}, **FOUR)
    assert verdict.verdict == UP_TO
    assert verdict.scope is not None
    assert verdict.scope.sizes == {"n": (1, 2)}


@pytest.mark.parametrize(
    "body",
    [
        lambda xp, x: Equal(xp.sum(x), xp.sum(x) * (2 if x.shape[0] == 7 else 1)),
        lambda xp, x: Equal(xp.sum(x), xp.sum(x) * [1, 1, 1, 1, 1, 1, 1, 2][x.shape[0] % 8]),
        lambda xp, x: Equal(xp.sum(x), xp.sum(x) * (2 if len(x) > 6 else 1)),
        lambda xp, x: Equal(xp.sum(x), xp.sum(x) * (2 if x.shape == (7,) else 1)),
        lambda xp, x: Equal(xp.sum(x), xp.sum(x) * {7: 2}.get(x.shape[0], 1)),
    ],
)
def test_a_body_that_looks_at_a_size_is_not_proved_for_all(body) -> None:
    verdict, _ = examine(body, x=vector("n"))
    if verdict.verdict == REFUTED:  # by a look beyond the sizes that are listed
        assert verdict.witness.sizes["n"] > 6
        return
    assert verdict.verdict == UP_TO
    assert verdict.scope is not None
    assert max(verdict.scope.sizes["n"]) == 6


def test_nothing_is_proved_of_a_body_that_spells_a_size() -> None:
    body = lambda xp, x: Equal(xp.sum(x), xp.sum(x) * (2 if str(x.shape) == "(30,)" else 1))
    verdict, evidence = examine(body, x=vector("n"))
    assert verdict.verdict == STANDS
    assert "nothing is proved of a body that looks" in evidence["exact"].reason


def test_a_fault_from_seven_on_is_seen_in_the_authors_list() -> None:
    body = lambda xp, x: Equal(xp.sum(x), xp.sum(x) * (2 if x.shape[0] >= 7 else 1))
    verdict, _ = examine(body, sizes={"n": range(1, 11)}, x=vector("n"))
    assert verdict.verdict == REFUTED


@pytest.mark.parametrize("trace", ["name", "exception", "type"])
def test_a_body_that_asks_what_runs_it_has_no_index_count(trace: str) -> None:
    def by_name(xp, x):
        return Equal(xp.sum(x), xp.sum(x) * (1 if xp.one.xp.kind else 2))

    def by_exception(xp, x):
        try:
            n = int(x.shape[0])
        except Exception:
            n = 1
        return Equal(xp.sum(x), xp.sum(x) * (2 if n == 7 else 1))

    def by_type(xp, x):
        return Equal(xp.sum(x), xp.sum(x) * (2 if type(x.shape[0]) is list else 1))

    body = {"name": by_name, "exception": by_exception, "type": by_type}[trace]
    assert _plan(body, dict(x=vector("n"))).ended


def _plan(body, given):
    form = Form("t/claim", "claim", "t", body, given, {}, HOLDS)
    return every_size.plan(Statement(form), 0)


@pytest.mark.parametrize(
    ("body", "given", "indices"),
    [
        (lambda xp, x: Zero(xp.sum(x)), dict(x=vector("n")), {"n": 1}),
        (lambda xp, x: Zero(xp.sum(x) ** 3), dict(x=vector("n")), {"n": 3}),
        (lambda xp, A: Zero(A @ A), dict(A=real_matrix("n", "n")), {"n": 3}),
        (lambda xp, A: Zero(xp.trace(A @ A)), dict(A=real_matrix("n", "n")), {"n": 2}),
        (lambda xp, X: Zero(X @ xp.star(X)), dict(X=matrix("N", "C")), {"N": 2, "C": 1}),
        (lambda xp, x: Zero(xp.sum(x) / x.shape[0]), dict(x=vector("n")), {"n": 1}),
        (lambda xp, x: Zero(xp.sum(x) / x.shape[0] - x[0]), dict(x=vector("n")), {"n": 1}),
        (lambda xp, x: Zero(x / xp.sum(x * x) - x), dict(x=positive("n")), {"n": 2}),
        (lambda xp, x: Zero(xp.exp(x) - 1), dict(x=vector("n")), {"n": 1}),
    ],
)
def test_the_count_by_hand(body, given, indices) -> None:
    plan = _plan(body, given)
    assert not plan.ended
    assert plan.indices == indices
