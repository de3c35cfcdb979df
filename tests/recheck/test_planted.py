"""Wrong rows of every kind, planted: each is caught, and its true neighbour is not."""

from __future__ import annotations

from fractions import Fraction

import pytest

from fieldcheck.domains import between, built, matrix, number, positive, real, real_matrix, vector
from fieldcheck.recheck import squares
from fieldcheck.recheck.check import recheck_form
from fieldcheck.relations import AtMost, Equal, Force, Piece, Rank, Rate, Solutions
from tests.recheck.records import form, proved, refuted, sentences, worst

WRONG, OPEN, FINE = "does not recheck", "not rechecked", "fine"


def weights():
    """A square matrix of fixed width and any number of columns."""
    return real_matrix(2, "n")


IDENTITIES = [
    ("a factor", lambda xp, x: Equal(x + x, 3 * x), WRONG),
    ("a factor, right", lambda xp, x: Equal(x + x, 2 * x), FINE),
    ("a sign on one side of a kink", lambda xp, x: Equal(xp.abs(x), x), WRONG),
    ("a root's sign", lambda xp, x: Equal(xp.sqrt(x * x), x), WRONG),
    ("a root, right", lambda xp, x: Equal(xp.sqrt(x * x), xp.abs(x)), FINE),
    (
        "a thin set",
        lambda xp, x: Equal(xp.unit(x[:, None] - 1) ** 2 * x[:, None], x[:, None]),
        WRONG,
    ),
    ("a logarithm", lambda xp, x: Equal(xp.log(xp.exp(x)), x), FINE),
    ("a logarithm of a sum", lambda xp, x: Equal(xp.log(1 + xp.exp(x)), x), WRONG),
    ("an exponential of a sum", lambda xp, x: Equal(xp.exp(x + 1), xp.exp(x) * xp.exp(1)), FINE),
    (
        "beyond the symbols",
        lambda xp, x: Equal(xp.exp(xp.log(1 + x * x) / 2), xp.sqrt(1 + x * x)),
        OPEN,
    ),
    ("a derivative", lambda xp, x: Equal(xp.push(xp.tanh, x, x), x * (1 - xp.tanh(x) ** 2)), FINE),
    ("its factor", lambda xp, x: Equal(xp.push(xp.tanh, x, x), x * (1 - xp.tanh(x))), WRONG),
]


@pytest.mark.parametrize(
    ("body", "said"), [i[1:] for i in IDENTITIES], ids=[i[0] for i in IDENTITIES]
)
def test_identity(body, said) -> None:
    of = form(body, x=vector("n"))
    assert worst(of, proved(of, "identity")) == said


def test_force_moves_the_conjugate_alone() -> None:
    V = lambda xp: lambda X: xp.trace(xp.star(X) @ X) + xp.trace(X @ X)
    right = form(lambda xp, X: Force(V(xp), X, X), X=matrix("N", "N"))
    wrong = form(lambda xp, X: Force(V(xp), X, X + xp.star(X)), X=matrix("N", "N"))
    assert worst(right, proved(right, "identity")) == FINE
    assert worst(wrong, proved(wrong, "identity")) == WRONG


def test_a_piecewise_identity_on_one_branch() -> None:
    spot = lambda xp, x: Equal(xp.relu(x) + xp.relu(x - 2) * (x + 1), xp.relu(x))
    of = form(spot, x=real())
    assert worst(of, proved(of, "cells", cells=4)) == FINE  # not beyond 2: a spot check
    spot = lambda xp, x: Equal(xp.relu(x) + xp.relu(x - 1) * (x + 1), xp.relu(x))
    of = form(spot, x=real())
    assert worst(of, proved(of, "cells", cells=4)) == WRONG


def test_branches_are_counted() -> None:
    of = form(lambda xp, x: Equal(xp.relu(x) - xp.relu(-x), x), x=vector("n"))
    assert "branches met of 8 recorded" in sentences(recheck_form(of, proved(of, "cells", cells=8)))


SIGNS = [
    (lambda xp, x: AtMost(2 * x, x * x + 1, gap=(x - 1) ** 2), FINE),
    (lambda xp, x: AtMost(2 * x, x * x + 1, gap=x * x + 1 - 2 * x), OPEN),  # not by its form
    (lambda xp, x: AtMost(2 * x, x * x + 2, gap=(x - 1) ** 2), WRONG),  # another gap
    (lambda xp, x: AtMost(3 * x, x * x + 1, gap=x * x + 1 - 3 * x), WRONG),
    (lambda xp, x: AtMost(2 * x, x * x + 1), OPEN),
    (lambda xp, x: AtMost(1, xp.exp(x * x)), FINE),
    (lambda xp, x: AtMost(xp.exp(-x * x / 2), 1), FINE),
    (lambda xp, x: AtMost(xp.tanh(x), 1), FINE),
    (lambda xp, x: AtMost(0, xp.log(1 + x**2)), FINE),
    (lambda xp, x: AtMost(0, xp.log(x**2 / 10**6)), WRONG),
    (lambda xp, x: AtMost(xp.one / 2, xp.logistic(x)), WRONG),
]


@pytest.mark.parametrize(("body", "said"), SIGNS)
def test_sign(body, said) -> None:
    of = form(body, x=vector("n"))
    assert worst(of, proved(of, "sign")) == said


def whole(*names: str) -> dict:
    """The square of a difference."""
    return {"basis": list(names), "gram": ["0 0 1", "0 1 -1", "1 1 1"]}


def holomorphic(re: str, im: str) -> dict:
    """|z|² + |w|² + 2 Re(conj z (re + i im) w)."""
    return {"basis": ["z", "w"], "gram": ["0 0 1", f"0 1 {re} {im}", "1 1 1"]}


def means(xp, x, y):
    return AtMost(4 / (x + y), 1 / x + 1 / y)


OVER = {"x.x^4 y.x^2": "1", "x.x^2 y.x^4": "1"}
TIMES = {"x.x^3 y.x": "1", "x.x y.x^3": "-1"}
ROUND = {"basis": ["x.x", "y.x"], "gram": ["0 0 1", "1 1 1"]}
REALS, COMPLEX = dict(x=real(), y=real()), dict(z=number(), w=number())
POSITIVE = dict(x=positive(), y=positive())

SQUARES = {
    "two numbers": (
        lambda xp, x, y: AtMost(2 * x * y, x**2 + y**2), REALS, dict(forms=[whole("x.x", "y.x")]),
        FINE),
    "another statement": (
        lambda xp, x, y: AtMost(2 * x * y, x**2 + y**2 - xp.one / 10**20), REALS,
        dict(forms=[whole("x.x", "y.x")]), WRONG),
    "another coefficient": (
        lambda xp, x, y: AtMost(2 * x * y, x**2 + y**2), REALS,
        dict(forms=[{"basis": ["x.x", "y.x"], "gram": ["0 0 1", "0 1 -9/10", "1 1 1"]}]), WRONG),
    "another monomial": (
        lambda xp, x, y: AtMost(2 * x * y, x**2 + y**2), REALS,
        dict(forms=[whole("x.x", "y.x^2")]), WRONG),
    "an indefinite matrix": (
        lambda xp, x, y: AtMost(4 * x * y, x**2 + y**2), REALS,
        dict(forms=[{"basis": ["x.x", "y.x"], "gram": ["0 0 1", "0 1 -2", "1 1 1"]}]), WRONG),
    "a negative pivot": (
        lambda xp, x, y: AtMost(x**2, x**2 - y**2), REALS,
        dict(forms=[{"basis": ["y.x"], "gram": ["0 0 -1"]}]), WRONG),
    "a pivot that is 0": (
        lambda xp, x, y: AtMost(2 * x * y, y**2), REALS,
        dict(forms=[{"basis": ["y.x", "x.x"], "gram": ["0 0 1", "0 1 -1"]}]), WRONG),
    "two negative forms": (
        lambda xp, x, y: AtMost(0, x**2 * y**2), REALS,
        dict(forms=[{"basis": [b], "gram": ["0 0 -1"]} for b in ("x.x", "y.x")]), WRONG),
    "complex numbers": (
        lambda xp, z, w: AtMost(0, xp.abs2(z + xp.i * w)), COMPLEX,
        dict(forms=[holomorphic("0", "1")]), FINE),
    "the conjugate": (
        lambda xp, z, w: AtMost(0, xp.abs2(z + xp.i * w)), COMPLEX,
        dict(forms=[holomorphic("0", "-1")]), WRONG),
    "an indefinite Hermitian matrix": (
        lambda xp, z, w: AtMost(-2 * xp.real(xp.conj(z) * (1 + xp.i) * w),
                                xp.abs2(z) + xp.abs2(w)), COMPLEX,
        dict(forms=[holomorphic("1", "1")]), WRONG),
    "an order that is not real": (
        lambda xp, z, w: AtMost(xp.i * z, xp.abs2(z + w) + xp.i * z + xp.i), COMPLEX,
        dict(forms=[holomorphic("1", "0")]), WRONG),
    "a diagonal that is not real": (
        lambda xp, z, w: AtMost(0, xp.abs2(z)), COMPLEX,
        dict(forms=[{"basis": ["z"], "gram": ["0 0 1 1"]}]), WRONG),
    "a quotient": (means, POSITIVE, dict(over=OVER, times=TIMES, forms=[ROUND]), FINE),
    "without its divisor": (means, POSITIVE, dict(times=TIMES, forms=[ROUND]), WRONG),
    "without its square": (means, POSITIVE, dict(over=OVER, forms=[ROUND]), WRONG),
    "a divisor that is 0": (
        means, POSITIVE, dict(over={}, forms=[{"basis": [], "gram": []}]), WRONG),
    "no such variable": (
        lambda xp, x, y: AtMost(2 * x * y, x**2 + y**2), REALS,
        dict(forms=[whole("x.x", "z.x")]), OPEN),
}  # fmt: skip


@pytest.mark.parametrize("name", SQUARES)
def test_sums_of_squares(name) -> None:
    body, given, entry, said = SQUARES[name]
    of = form(body, **given)
    assert worst(of, proved(of, "identity", squares=[{"sizes": {}, "entries": [entry]}])) == said


MATRICES = {
    "0 0 1; 0 1 -1; 1 1 1": True,
    "0 0 1; 0 1 -1": False,  # a pivot that is 0, with something beside it
    "0 1 1; 1 1 1": False,
    "0 0 1": True,
    "1 1 -1": False,
    "0 0 1; 0 1 0 1; 1 1 1": True,
    "0 0 1; 0 1 0 1; 1 1 9/10": False,
    "0 0 0 1": False,  # no real diagonal
    "0 0 1; 1 0 1; 1 1 2": False,  # below the diagonal
    "0 0 1; 1 2 1": False,  # no such row
    "0 0 1; 0 1 -2; 0 1 1; 1 1 1": False,  # one entry twice
}


@pytest.mark.parametrize("gram", MATRICES)
def test_semidefinite(gram) -> None:
    form = {"basis": ["x.x", "y.x"], "gram": gram.split("; ")}
    assert squares.semidefinite(form) == MATRICES[gram]


def test_sums_of_squares_are_of_every_entry_and_shape() -> None:
    body = lambda xp, x, y: AtMost(2 * x * y, x**2 + y**2)
    of = form(body, {"n": [1, 2]}, x=vector("n"), y=vector("n"))
    entry = lambda k: dict(forms=[whole(f"x.x[{k}]", f"y.x[{k}]")])
    shape = lambda n, *ks: {"sizes": {"n": n}, "entries": [entry(k) for k in ks]}
    row = lambda *shapes: proved(of, "identity", squares=list(shapes))
    assert worst(of, row(shape(1, 0), shape(2, 0, 1))) == FINE
    assert worst(of, row(shape(1, 0), shape(2, 0))) == WRONG
    assert worst(of, row(shape(1, 0), shape(2, 1, 0))) == WRONG
    assert worst(of, row(shape(1, 0))) == OPEN


def test_a_divisor_at_choices_of_signs_is_left_open() -> None:
    of = form(lambda xp, s: AtMost(-1 / (1 + s[0] * s[0]), xp.zeros()), s=signs(1))
    over = dict(over={"": "1", "s.s[0]^2": "1"}, forms=[{"basis": [""], "gram": ["0 0 1"]}])
    assert worst(of, proved(of, "identity", squares=[{"sizes": {}, "entries": [over]}])) == OPEN


def amitsur_levitzki(xp, A, B, C, D):
    """S_4 vanishes on 2 x 2 matrices, and not on larger ones."""
    pair = lambda X, Y: X @ Y - Y @ X
    both = lambda X, Y: X @ Y + Y @ X
    s = both(pair(A, B), pair(C, D)) - both(pair(A, C), pair(B, D)) + both(pair(A, D), pair(B, C))
    return Equal(xp.trace(s @ A), 0 * xp.trace(A))


def square(n: str):
    return real_matrix(n, n)


def test_a_grid_too_short() -> None:
    of = form(amitsur_levitzki, A=square("n"), B=square("n"), C=square("n"), D=square("n"))
    short = {"n": [1, 2]}
    assert worst(of, proved(of, "identity", grid=short)) == FINE  # for the sizes listed
    row = proved(of, "identity", grid=short, indices={"n": 5})
    assert "5 indices over n need 6 sizes, not 2" in sentences(recheck_form(of, row))
    assert worst(of, row) == WRONG
    low = proved(of, "identity", grid=short, indices={"n": 1})
    assert "5 indices over n are counted here, 1 recorded" in sentences(recheck_form(of, low))
    row = proved(of, "identity", grid=short)
    row["evidence"][0]["proves"]["1"]["sizes"] = {"n": "all"}
    assert worst(of, row) == WRONG
    row["evidence"][0]["proves"]["1"]["sizes"] = {"n": [1, 2, 3]}
    assert worst(of, row) == WRONG


def rows(xp, A):
    return 1 / xp.sum(A, axis=1)


COUNTS = [
    ("a square of a sum", lambda xp, x, A: Equal(xp.sum(x) ** 2, 0), 2),
    ("a size", lambda xp, x, A: Equal(x.shape[0] * xp.sum(x), x[0]), 2),
    ("one over a size", lambda xp, x, A: Equal(xp.sum(x) / x.shape[0], x[0]), 1),
    ("softmax", lambda xp, x, A: Equal(xp.softmax(x), x), 2),
    ("a norm", lambda xp, x, A: Equal(xp.norm(x) ** 2, x[0]), 1),
    ("a symbol of sums", lambda xp, x, A: Equal(xp.exp(xp.sum(x)), 1), 1),
    ("symbols of sums", lambda xp, x, A: Equal(xp.exp(A @ x), x), 3),
    ("one denominator", lambda xp, x, A: Equal(rows(xp, A) + rows(xp, A), x), 2),
    ("its neighbour", lambda xp, x, A: Equal(rows(xp, A)[1:] + rows(xp, A)[:-1], x[1:]), 3),
    ("two entries", lambda xp, x, A: Equal(rows(xp, A)[0] + rows(xp, A)[1], x[0]), 2),
    ("a transpose", lambda xp, x, A: Equal(1 / (A @ A) + (1 / (A @ A)).T, A), 4),
    ("a gradient", lambda xp, x, A: Equal(xp.gradient(lambda y: xp.sum(y) ** 2, x), x), 2),
    ("of one entry", lambda xp, x, A: Equal(xp.gradient(lambda y: y[0] * xp.sum(x) ** 2, x), x), 3),
    ("of a trace", lambda xp, x, A: Equal(xp.gradient(lambda Y: xp.trace(Y) ** 2, A), A), 3),
    ("of a form", lambda xp, x, A: Equal(xp.gradient(lambda y: xp.sum(y * (A @ y)), x), x), 3),
    ("a Jacobian", lambda xp, x, A: Equal(xp.jacobian(lambda y: A @ y, x), A), 2),
    ("a Kronecker product", lambda xp, x, A: Equal(xp.sum(xp.kron(A, A) @ xp.kron(A, A)), 0), 6),
]


@pytest.mark.parametrize(("body", "count"), [c[1:] for c in COUNTS], ids=[c[0] for c in COUNTS])
def test_indices_counted_again(body, count) -> None:
    """A grid one value short of the count is not enough; the statements need not be true."""
    of = form(body, {"n": range(2, 9)}, x=vector("n"), A=square("n"))
    for values, enough in ((count, False), (count + 1, True)):
        grid = {"n": list(range(2, 2 + values))}
        row = proved(of, "identity", grid=grid, indices={"n": values - 1})
        said = f"{count} indices over n are counted here"
        found = recheck_form(of, row, shapes=1)  # sizes have no part in the count
        assert (said not in sentences(found)) == enough


def test_a_number_that_is_no_prime() -> None:
    of = form(lambda xp, x: Equal(x, x), x=vector("n"))
    assert worst(of, proved(of, "identity", primes=[str(2**61 - 3)])) == WRONG


def test_a_body_that_looks_at_a_size() -> None:
    seven = lambda xp, x: Equal(xp.sum(x), xp.sum(x) * (2 if x.shape[0] == 7 else 1))
    of = form(seven, x=vector("n"))
    assert worst(of, proved(of, "identity", indices={"n": 2})) == OPEN


def test_a_bound_too_good() -> None:
    of = form(lambda xp, x: Equal((x + 1) ** 2, x * x + 2 * x + 1), x=vector("n"))
    assert worst(of, proved(of, "identity", bound="-50.0", draws=1)) == FINE
    assert worst(of, proved(of, "identity", bound="-100.0", draws=1)) == WRONG
    assert worst(of, proved(of, "identity", bound="-100.0", draws=2)) == FINE
    larger = [str(2**128 - 159)]  # modulo larger primes one draw is enough
    assert worst(of, proved(of, "identity", bound="-100.0", draws=1, primes=larger)) == FINE


def test_rank() -> None:
    gram = lambda r: lambda xp, A: Rank(A.T @ A, r)
    for r, said in ((2, FINE), (1, WRONG), (3, WRONG)):
        of = form(gram(r), A=weights())
        assert worst(of, proved(of, "rank", grid={"n": [3, 4]})) == said


RATES = [
    (lambda xp, a: Rate(lambda n: xp.exp(a / n) - 1, 1, constant=a), FINE),
    (lambda xp, a: Rate(lambda n: xp.exp(a / n) - 1, 2), WRONG),
    (lambda xp, a: Rate(lambda n: xp.exp(a / n) - 1, 1, constant=2 * a), WRONG),
    (lambda xp, a: Rate(lambda n: xp.exp(a / n) - 1 - a / n, 1), WRONG),
    (lambda xp, a: Rate(lambda n: xp.sqrt(1 + a / n) - 1 - a / (2 * n), 2), FINE),  # negative
    (lambda xp, a: Rate(lambda n: a * n / (n * n + 10**7), 1, constant=a), FINE),
    (lambda xp, a: Rate(lambda n: xp.norm(xp.stack([a, a]) / n), 1), FINE),
    (lambda xp, a: Rate(lambda n: sum((a / n for _ in range(n)), 0 * a) / n, 1), OPEN),
]


@pytest.mark.parametrize(("body", "said"), RATES)
def test_series(body, said) -> None:
    of = form(body, a=positive())
    assert worst(of, proved(of, "series")) == said


BOXES = [
    (lambda xp, x: AtMost(x * x, 3 * xp.one), (-1, 1), FINE),
    (lambda xp, x: AtMost(x * x, 2 * xp.one), (-1, 1), WRONG),
    (lambda xp, x: AtMost(x * x, xp.one * 9 / 4), (-1, 1), OPEN),  # equal at an end
    (lambda xp, x: AtMost(x * x, 3 * xp.one), (-1, 0), WRONG),  # not all of the domain
]


@pytest.mark.parametrize(("body", "ends", "said"), BOXES)
def test_enclosure(body, ends, said) -> None:
    of = form(body, box={"raw": {"x.x": ends}}, x=between(0, Fraction(3, 2)))
    assert worst(of, proved(of, "enclosure", grid={})) == said


def signs(n: int):
    from dataclasses import replace

    return replace(built("signs", (n,), {"s": (n,)}, lambda xp, raw: raw["s"]), signs=("s",))


def test_exhaustion() -> None:
    right = form(lambda xp, s: Equal(s**2, xp.ones(3)), s=signs(3))
    wrong = form(lambda xp, s: Equal((1 + s[0]) * (1 + s[1]) * (1 + s[2]), 0 * s[0]), s=signs(3))
    other = form(lambda xp, s: Equal(s, s), s=vector(3))
    assert worst(right, proved(right, "exhaustion")) == FINE
    assert worst(wrong, proved(wrong, "exhaustion")) == WRONG
    assert worst(other, proved(other, "exhaustion")) == OPEN


def test_systems() -> None:
    system = lambda a: Piece(zero=(a * a - a,))
    both = lambda xp, a: Solutions(system(a), (Piece(zero=(a,)), Piece(zero=(a - 1,))))
    one = lambda xp, a: Solutions(system(a), (Piece(zero=(a,)),))
    for body, said in ((both, FINE), (one, WRONG)):
        of = form(body, a=real())
        assert worst(of, proved(of, "systems")) == said


WITNESSES = [
    (lambda xp, x: Equal(x * x, x), "Equal", {"x.x": "1/2"}, FINE),
    (lambda xp, x: Equal(x * x, x), "Equal", {"x.x": "1"}, WRONG),  # both sides are 1
    (lambda xp, x: AtMost(x, x * x), "AtMost", {"x.x": "1/3"}, FINE),
    (lambda xp, x: AtMost(x, x * x), "AtMost", {"x.x": "1"}, WRONG),
    (lambda xp, x: AtMost(xp.exp(x), 1 + x), "AtMost", {"x.x": "0x1.0p-40"}, FINE),
    (lambda xp, x: AtMost(xp.exp(x), 1 + x), "AtMost", {"x.x": "0"}, WRONG),
    (lambda xp, x: AtMost(0, x * x, gap=x), "AtMost", {"x.x": "2"}, FINE),  # by its gap
    (lambda xp, x: Rank(xp.stack([xp.stack([x, xp.one])]), 0), "Rank", {"x.x": "0"}, FINE),
    (lambda xp, x: Rank(xp.stack([xp.stack([x, xp.one])]), 1), "Rank", {"x.x": "0"}, WRONG),
    (
        lambda xp, x: Solutions(Piece(zero=(x * x - x,)), (Piece(zero=(x,)),)),
        "Solutions",
        {"x.x": "1"},
        FINE,
    ),
    (
        lambda xp, x: Solutions(Piece(zero=(x * x - x,)), (Piece(zero=(x,)),)),
        "Solutions",
        {"x.x": "0"},
        WRONG,
    ),
    (lambda xp, x: Rate(lambda n: x / n, 2), "Rate", {"x.x": "1"}, FINE),
    (lambda xp, x: Rate(lambda n: x / n, 1), "Rate", {"x.x": "1"}, WRONG),
    (lambda xp, x: Equal(x, 0), "Law", {"x.x": "1"}, OPEN),
    (lambda xp, x: Equal(x, 0), "Equal", {}, OPEN),  # the point is not in the record
]


@pytest.mark.parametrize(("body", "relation", "raw", "said"), WITNESSES)
def test_witness(body, relation, raw, said) -> None:
    assert worst(form(body, x=real()), refuted(relation, raw)) == said


def test_a_witness_outside_the_hypotheses() -> None:
    of = form(lambda xp, s: Equal(s[0], xp.one), s=signs(1))
    assert worst(of, refuted("Equal", {"s.s": ["-1"]})) == FINE
    assert worst(of, refuted("Equal", {"s.s": ["2"]})) == WRONG


def test_what_is_not_recorded_is_not_rechecked() -> None:
    of = form(lambda xp, x: Equal(x, x), x=vector("n"))
    for missing in ("kind", "parts", "grid", "primes"):
        row = proved(of, "identity")
        del row["evidence"][0]["proof"][missing]
        assert f"the record has no {missing}" in sentences(recheck_form(of, row))
    row = proved(of, "identity")
    row["evidence"][0]["proof"] = None
    assert worst(of, row) == OPEN
    assert worst(of, proved(of, "hearsay")) == OPEN
