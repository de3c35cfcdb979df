"""The language of claims, and the judge: what is said amiss is refused in a sentence, what is true
is never refuted, what is false never proved."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import strategies as st

from fieldcheck import claim as language
from fieldcheck import domains, relations
from fieldcheck.book import CheckError, check
from fieldcheck.claim import Claim, ClaimError, claim, ours
from fieldcheck.evidence.run import examine
from fieldcheck.relations import AtMost, Equal
from tests.fuzz.target import Fault, Target, spoken

ODD = st.one_of(
    st.none(), st.booleans(), st.integers(-3, 10**20), st.floats(), st.text(max_size=6),
    st.binary(max_size=3), st.lists(st.integers(), max_size=2), st.just({}), st.just(()),
    st.just({"n": [2]}), st.just("\ud800"),
)  # fmt: skip
DIMS = st.one_of(st.sampled_from(["n", "N", "C", "n-1", "G*S", "2*n", "", "-", "é", "n n"]),
                 st.integers(-2, 4), ODD)  # fmt: skip
MAKERS = [getattr(domains, name) for name in (
    "matrix", "real_matrix", "vector", "cone_vector", "real", "number", "positive", "nonnegative",
    "root", "between", "simplex", "hermitian", "skew_hermitian", "symmetric", "invertible",
    "real_invertible", "spd", "unitary", "rotation", "orthogonal", "unit_vector")]  # fmt: skip
DOCUMENTED = (ClaimError, TypeError, ValueError, KeyError)


@st.composite
def claims(draw):
    """Words of a claim, some of them odd."""
    right = {
        "id": "fuzz-claim", "title": "A title", "sources": [ours()],
        "given": {"x": domains.real()}, "expect": "proved", "chapter": "none",
    }  # fmt: skip
    names = [*right, "sizes", "tex", "needs", "equations", "differs", "listed", "box"]
    for name in draw(st.lists(st.sampled_from(names), max_size=2)):
        right[name] = draw(ODD)
    if draw(st.booleans()):
        right["expect"] = draw(
            st.sampled_from(
                [
                    "holds",
                    "proved up to n = 3",
                    "proved up to",
                    "proved on",
                    "stands",
                    "refuted",
                    "so",
                ]
            )
        )
    return right, draw(ODD)


def _claim(given) -> None:
    words, title = given
    words = dict(words)
    before = dict(language._registered)
    try:
        made = claim(words.pop("id"), **words)(_square)
        if isinstance(made, Claim):
            made.neighbour(title)(_square)
            made.vary(title, factor=2)
    except Exception as fault:
        spoken(fault, *DOCUMENTED)
    finally:
        language._registered.clear()
        language._registered.update(before)


def _square(xp, x):
    """A square."""
    return Equal(x * x, x**2)


def _domain(given) -> None:
    make, args, sizes = given
    try:
        made = make(*args)
        made.raw_shapes(sizes)
    except Exception as fault:
        spoken(fault, *DOCUMENTED, AttributeError)


def _relation(given) -> None:
    name, args, options = given
    try:
        relations.parts_of(getattr(relations, name)(*args, **options))
    except Exception as fault:
        spoken(fault, TypeError, ValueError, AttributeError)


# --- the judge ------------------------------------------------------------------------------------

LEAVES = st.sampled_from(["x", "y", 1, 2, 3])
TREES = st.recursive(
    LEAVES, lambda inner: st.tuples(st.sampled_from("+-*"), inner, inner), max_leaves=6
)


def value(tree, x, y):
    """A polynomial at x and y."""
    if not isinstance(tree, tuple):
        return {"x": x, "y": y}.get(tree, tree)
    a, b = value(tree[1], x, y), value(tree[2], x, y)
    return a + b if tree[0] == "+" else a - b if tree[0] == "-" else a * b


def turned(tree):
    """The same polynomial, written another way."""
    if not isinstance(tree, tuple):
        return tree
    a, b = turned(tree[1]), turned(tree[2])
    if tree[0] == "*" and isinstance(a, tuple) and a[0] in "+-":
        return (a[0], ("*", b, a[1]), ("*", b, a[2]))
    return ("-", ("-", a, 0), b) if tree[0] == "-" else (tree[0], b, a)


def _body(left, right, kind=Equal):
    def body(xp, x, y):
        zero = x * 0 + y * 0
        return kind(value(left, x, y) + zero, value(right, x, y) + zero)

    return body


def _judged(given) -> None:
    """A true identity is not refuted, and one that is off somewhere is not proved."""
    tree, off, seed, checked = given
    right = ("+", turned(tree), off) if off else turned(tree)
    points = [(Fraction(a), Fraction(b)) for a in range(-2, 3) for b in range(-2, 3)]
    true = all(value(tree, *p) == value(right, *p) for p in [*points, (Fraction(7), Fraction(11))])
    inputs = {"x": domains.real(), "y": domains.real()}
    body = _body(tree, right)
    if checked:
        try:
            check("eq-fuzz", body, **inputs)
        except CheckError as fault:
            if true and "fails" in str(fault):
                raise Fault(f"a true formula fails: {tree} = {right}") from None
        else:
            if not true:
                raise Fault(f"a false formula is checked: {tree} = {right}")
        return
    verdict, _ = examine(body, profile="quick", seed=seed, **inputs)
    if verdict.verdict in (("refuted", "fails") if true else ("proved", "proved up to")):
        raise Fault(f"{verdict.verdict}: {tree} = {right}")


def _ordered(given) -> None:
    """Squares are at least zero; shifted down by more than nothing they are not."""
    tree, down, seed = given
    square = ("*", tree, tree)
    shifted = ("-", square, Fraction(1, 4)) if down else square
    body = _body(("-", 0, shifted), 0, AtMost)
    inputs = {"x": domains.real(), "y": domains.real()}
    verdict, _ = examine(body, profile="quick", seed=seed, **inputs)
    if not down and verdict.verdict in ("refuted", "fails"):
        raise Fault(f"{verdict.verdict}: -({square}) <= 0")


SEED = st.integers(0, 2**31)
OFF = st.sampled_from([None, ("*", "x", ("-", "y", 1)), ("-", "x", "y"), ("*", "x", "x")])
TARGETS = [
    Target("claim", claims(), _claim, 10),
    Target("domains", st.tuples(st.sampled_from(MAKERS), st.lists(DIMS, max_size=3),
                                st.just({"n": 2, "N": 3, "C": 2, "G": 2, "S": 1})), _domain, 7),
    Target("relations", st.tuples(st.sampled_from(["Equal", "Zero", "Force", "AtMost", "Rate",
                                                   "Rank", "Law", "Solutions", "Gradient"]),
                                  st.lists(ODD, max_size=3), st.dictionaries(
                                      st.sampled_from(["order", "constant", "mean", "sharp"]), ODD,
                                      max_size=2)), _relation, 5),
    Target("book.check", st.tuples(TREES, OFF, SEED, st.just(True)), _judged, 1.5),
    Target("examine", st.tuples(TREES, OFF, SEED, st.just(False)), _judged, 0.15, 60),
    Target("examine, an order", st.tuples(TREES, st.booleans(), SEED), _ordered, 0.05, 60),
]  # fmt: skip
