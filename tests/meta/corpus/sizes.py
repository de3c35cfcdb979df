"""Faults at sizes: at one, from one on, where several are equal, behind a symbol or a branch."""

from __future__ import annotations

import random

from tests.meta.corpus import true
from tests.meta.corpus.case import Draft, Part, family
from tests.meta.corpus.points import coin, plant
from tests.meta.corpus.true import identity


def factor(rng: random.Random) -> str:
    """A number that is not zero at a generic input of any size."""
    return rng.choice(("xp.sum(x)", "x[0]", "xp.sum(x*x)", "xp.one", "xp.exp(x[0])"))


@family
def one_size(rng: random.Random) -> Draft:
    """A term that is there at one size only, within the sizes visited or beyond them."""
    base, truth = identity(rng, true.POLYNOMIAL + true.TRANSCENDENTAL[:4]), coin(rng)
    n = rng.randint(2, 9)
    listed = tuple(range(1, rng.randint(3, 8)))
    if rng.random() < 0.3:
        listed = ()
    if truth:
        listed = listed or (1, 2, 3)
        n = max(listed) + rng.randint(1, 3)
    elif listed and n not in listed:
        listed = (*listed, n)
    fault = f"({factor(rng)} if x.shape[0] == {n} else 0)"
    fault = fault.replace("x", "s").replace("sp.", "xp.").replace("esp", "exp")
    sizes = {"k": listed} if listed else {}
    base = base.but(sizes=dict.fromkeys(sizes_of(base), (1, 2, 3)))
    return plant(
        rng,
        base,
        fault,
        {"s": 'vector("k")'},
        truth=truth,
        false_at=f"k == {n}",
        sizes={**base.sizes, **sizes},
    )


def sizes_of(draft: Draft) -> set[str]:
    """The names of the sizes in a draft's domains."""
    return {
        name for name in ("N", "C", "n") for text in draft.given.values() if f'"{name}"' in text
    }


@family
def from_a_size_on(rng: random.Random) -> Draft:
    """A fault from a size on that the author listed, late in a long list."""
    truth = coin(rng)
    first, last = rng.randint(4, 9), rng.randint(9, 12)
    shift = last if truth else first - 1
    left = rng.choice(("xp.sum(x)", "xp.sum(x*x)", "x[0]", "xp.exp(x[0])"))
    fault = f"max(0, x.shape[0] - {shift})*{rng.choice(('x[0]', 'xp.sum(x*x)', 'x[-1]'))}"
    return Draft(
        (Part("Equal", (left, f"{left} + {fault}")),),
        {"x": 'vector("n")'},
        {"n": tuple(range(1, last + 1))},
        truth=truth,
        false_at=f"n >= {first}",
    )


@family
def equal_sizes(rng: random.Random) -> Draft:
    """A fault where several sizes are equal, or where one is larger than another."""
    truth = coin(rng)
    three = rng.random() < 0.6
    given = {"X": 'real_matrix("N", "C")', "Y": 'real_matrix("C", "M")' if three else 'vector("C")'}
    N, C, M = "X.shape[0]", "X.shape[1]", "Y.shape[1]"
    conditions = [
        (f"{N} == {C}", "N == C"),
        (f"{N} > {C} + 3", "N > C + 3"),
        (f"{N} * {C} == 12", "N * C == 12"),
        (f"{N} == 5 and {C} == 3", "N == 5 and C == 3"),
    ]
    if three:
        conditions = [
            (f"{N} == {C} == {M}", "N == C == M"),
            (f"{N} == {M} + 4", "N == M + 4"),
            (f"{N} == {C} == {M} == 4", "N == C == M == 4"),
            (f"{N} == 2 and {C} == 5 and {M} == 3", "N == 2 and C == 5 and M == 3"),
            (f"{N} + {C} + {M} == 16", "N + C + M == 16"),
        ]
    condition, where = rng.choice(conditions)
    sizes: dict[str, tuple[int, ...]] = {}
    if truth:  # lists that the condition never meets
        condition, where = f"{N} == {C}", "False"
        sizes = {"N": (1, 3, 5), "C": (2, 4)}
        if three:
            sizes["M"] = (1, 2)
    value = "xp.sum(X @ Y)"
    part = Part("Equal", (value, f"{value}*(2 if {condition} else 1)"))
    return Draft((part,), given, sizes, truth=truth, false_at=where)


# -- expressions that are zero at small sizes and not beyond: (text, inputs, false from, k) ---
def late(rng: random.Random, most: int = 7) -> tuple[str, dict[str, str], int]:
    """A number that is zero below some size n, and not identically from there on."""
    k = rng.choice((most, rng.randint(2, most)))
    small = min(k, 4)
    matrix = rng.choice(('matrix("n", "n")', 'real_matrix("n", "n")', 'symmetric("n")'))
    choices = [
        (f"elementary(xp, A, {k})", {"A": matrix}, k),
        (f"elementary(xp, A, {k})", {"A": matrix}, k),
        ("xp.trace(A)**2 - xp.trace(A @ A)", {"A": matrix}, 2),
        ("gram(xp, V)", {"V": f'real_matrix({small}, "n")'}, small),
        (f"falling(xp, x, {k})*xp.sum(x*x)", {"x": 'vector("n")'}, k),
        (f"xp.trace(cayley(xp, A, {small - 1}) @ A)", {"A": matrix}, small),
        ("xp.sum(x)*xp.sum(y) - xp.sum(x*y)", {"x": 'vector("n")', "y": 'vector("n")'}, 2),
        ("xp.norm2(x)*xp.norm2(y) - xp.sum(x*y)**2", {"x": 'vector("n")', "y": 'vector("n")'}, 2),
        (f"moments(xp, x, y, {small})", {"x": 'vector("n")', "y": 'vector("n")'}, small),
        (f"moments(xp, x, xp.exp(y), {small})", {"x": 'vector("n")', "y": 'vector("n")'}, small),
        (f"falling(xp, x, {k})*xp.sum(x*x)/(x.shape[0] + 1)", {"x": 'vector("n")'}, k),
        ("xp.sum(x)**2 - xp.sum(x*x)", {"x": 'vector("n")'}, 2),
        ("x.shape[0]*xp.sum(x*x) - xp.sum(x)**2", {"x": 'vector("n")'}, 2),
    ]
    return rng.choice(choices)  # type: ignore[return-value]


def always(rng: random.Random) -> tuple[str, dict[str, str]]:
    """A number that is zero at every size, and looks like those that are not."""
    return rng.choice(
        [
            (
                "elementary(xp, A, 2)*2 - xp.trace(A)**2 + xp.trace(A @ A)",
                {"A": 'matrix("n", "n")'},
            ),
            ("elementary(xp, A, 3) - elementary(xp, A.T, 3)", {"A": 'matrix("n", "n")'}),
            (
                "xp.trace(A @ B) - xp.trace(B @ A)",
                {"A": 'matrix("n", "m")', "B": 'matrix("m", "n")'},
            ),
            ("xp.sum(x)**2 - xp.sum(x[:, None]*x[None, :])", {"x": 'vector("n")'}),
            ("xp.sum(x - xp.sum(x)/x.shape[0])", {"x": 'vector("n")'}),
            ("x.shape[0]*xp.sum(x) - xp.sum(x[:, None] + 0*x[None, :])", {"x": 'vector("n")'}),
            ("falling(xp, x, 2) - x.shape[0]**2 + x.shape[0] + 0*x[0]", {"x": 'vector("n")'}),
        ]
    )


@family
def late_identity(rng: random.Random) -> Draft:
    """An identity that small sizes fulfil: the elementary symmetric functions, Gram's determinant,
    Cayley and Hamilton, Amitsur and Levitzki, falling factorials."""
    if coin(rng):
        value, given = always(rng)
        return Draft((Part("Zero", (value,)),), given)
    if rng.random() < 0.2:
        k = rng.randint(2, 4)
        names = "ABCD"[:k]
        first = k // 2 + 1
        return Draft(
            (Part("Zero", (f"standard(xp, {', '.join(names)})",)),),
            dict.fromkeys(names, 'real_matrix("n", "n")'),
            truth=False,
            false_at=f"n >= {first}",
        )
    value, given, first = late(rng)
    return Draft((Part("Zero", (value,)),), given, truth=False, false_at=f"n >= {first}")


@family
def late_part(rng: random.Random) -> Draft:
    """A late fault added to a true statement about other inputs."""
    base, truth = identity(rng, true.POLYNOMIAL), coin(rng)
    base = base.renamed({"x": "r", "y": "s"}).resized({"n": "q", "N": "P", "C": "Q"})
    if truth:
        value, given = always(rng)
        return plant(rng, base, value, given)
    value, given, first = late(rng)
    return plant(rng, base, value, given, truth=False, false_at=f"n >= {first}")


@family
def behind_a_symbol(rng: random.Random) -> Draft:
    """A late fault behind a reciprocal, exp, log, relu, abs, sqrt, sin."""
    truth = coin(rng)
    first = 1
    if truth:
        value, given = always(rng)
    else:
        value, given, first = late(rng)
    y = {"b": "real()"}
    texts = [
        (f"b/(b + {value})", "xp.one", y),
        (f"xp.log(xp.exp(b + {value}))", "b", y),
        (f"xp.relu(b + {value}) - xp.relu(-(b + {value}))", "b", y),
        (f"xp.exp({value})", "xp.one", {}),
        (f"xp.exp(b + {value})*xp.exp(-b)", "xp.one", y),
        (f"xp.cos({value})", "xp.one", {}),
        (f"xp.tanh({value}) + b", "b", y),
        (f"xp.one/(1 + b*b + {value})", "xp.one/(1 + b*b)", y),
        (f"xp.sin({value})*b", "0*b", y),
    ]
    left, right, more = rng.choice(texts)
    is_complex = any("matrix" in d and "real" not in d for d in given.values())
    if is_complex and "relu" in left:
        given = {k: v.replace("matrix(", "real_matrix(") for k, v in given.items()}
    if is_complex and "xp.log" in left:  # the logarithm undoes exp of real numbers only
        given = {k: v.replace("matrix(", "real_matrix(") for k, v in given.items()}
    return Draft(
        (Part("Equal", (left, right)),), {**given, **more}, truth=truth, false_at=f"n >= {first}"
    )


@family
def reciprocals(rng: random.Random) -> Draft:
    """Products of reciprocals of sums, which behave as numbers at size one only."""
    truth = coin(rng)
    given = {"x": 'vector("n")', "y": 'vector("n")'}
    if truth:
        left, right = rng.choice(
            [
                ("(xp.one/xp.sum(x))*(xp.one/xp.sum(y))", "xp.one/xp.sum(x[:, None]*y[None, :])"),
                ("xp.sum(x/xp.sum(x)) + xp.sum(y)", "1 + xp.sum(y)"),
                ("xp.sum(x*y)/xp.sum(x)", "xp.sum((x/xp.sum(x))*y)"),
                ("xp.sum(xp.softmax(x)*(y - xp.sum(xp.softmax(x)*y)))", "0*xp.sum(y)"),
            ]
        )
    else:
        left, right = rng.choice(
            [
                ("(xp.one/xp.sum(x))*(xp.one/xp.sum(y))", "xp.one/xp.sum(x*y)"),
                ("xp.sum(x/y)", "xp.sum(x)/xp.sum(y)"),
                ("xp.one/xp.sum(xp.one/x) + 0*xp.sum(y)", "xp.sum(x) + 0*xp.sum(y)"),
                ("xp.logsumexp(x) + xp.logsumexp(y)", "xp.logsumexp(x + y)"),
                ("xp.exp(xp.sum(x)) + 0*xp.sum(y)", "xp.sum(xp.exp(x)) + 0*xp.sum(y)"),
                ("xp.abs(xp.sum(x)) + 0*xp.sum(y)", "xp.sum(xp.abs(x)) + 0*xp.sum(y)"),
                ("xp.norm(x)*xp.norm(y)", "xp.abs(xp.sum(x*y))"),
                ("xp.relu(xp.sum(x)) + 0*y", "xp.sum(xp.relu(x)) + 0*y"),
            ]
        )
    return Draft((Part("Equal", (left, right)),), given, truth=truth, false_at="n >= 2")


@family
def branch_and_size(rng: random.Random) -> Draft:
    """Vectors of which all pairs are obtuse: m of them need m - 1 dimensions."""
    truth, m = coin(rng), rng.randint(3, 5)
    names = "abcde"[:m]
    given = dict.fromkeys(names, 'vector("n")')
    listed = tuple(range(1, m - 1)) if truth else rng.choice(((), tuple(range(1, m + 2))))
    value = f"xp.relu(most_acute(xp, {', '.join(names)}))"
    part = Part("Zero", (value,))
    if rng.random() < 0.4:
        part = Part("Equal", (f"xp.sin(xp.sum(a)) + {value}", "xp.sin(xp.sum(a))"))
    return Draft(
        (part,),
        given,
        {"n": listed} if listed else {},
        truth=truth,
        provable=False,
        false_at=f"n >= {m - 1}",
    )


@family
def more_entries(rng: random.Random) -> Draft:
    """Branches with many entries: true of few, false of more."""
    truth, k = coin(rng), rng.randint(2, 3)
    given = {"x": 'vector("n")'}
    inner = rng.choice(("x - xp.sum(x)/x.shape[0]", "x - x[0]", "xp.sum(x) - x"))
    if truth:
        left, right = rng.choice(
            [
                (f"xp.sum(xp.relu({inner})) - xp.sum(xp.relu(-({inner})))", f"xp.sum({inner})"),
                (
                    f"xp.sum(xp.abs({inner}))",
                    f"xp.sum(xp.relu({inner})) + xp.sum(xp.relu(-({inner})))",
                ),
            ]
        )
        return Draft((Part("Equal", (left, right)),), given)
    left = f"xp.relu(xp.sum(xp.relu(x)) - {k}*xp.norm(x))"
    part = Part("Zero", (left,))
    if rng.random() < 0.5:
        part = Part("Equal", (f"{left} + xp.sin(xp.sum(x))", "xp.sin(xp.sum(x))"))
    # Cauchy and Schwarz: sum relu(x) <= sqrt(n) |x|, so the difference is positive from k² + 1 on
    sizes = {"n": (1, k, k * k, k * k + 1)}
    return Draft(
        (part,),
        given,
        sizes,
        truth=False,
        false_at=f"n >= {k * k + 1}",
    )


@family
def part_at_a_size(rng: random.Random) -> Draft:
    """A statement that has another number of parts at larger sizes."""
    truth, first = coin(rng), rng.randint(2, 4)
    left, right = ("xp.sum(x)*2", "xp.sum(x + x)")
    wrong = right if truth else f"{right}*(10**12 + 1)/10**12"
    part = Part("Equal", (left, f"({right} if x.shape[0] < {first} else {wrong})"))
    return Draft((part,), {"x": 'vector("n")'}, truth=truth, false_at=f"n >= {first}")


@family
def late_entries(rng: random.Random) -> Draft:
    """Symmetric functions of entries that went through a function: zero for short vectors only."""
    truth, k = coin(rng), rng.randint(2, 7)
    f, domain = rng.choice(
        [
            ("xp.exp(x)", 'vector("n")'),
            ("xp.relu(x)", 'vector("n")'),
            ("xp.abs(x)", 'vector("n")'),
            ("xp.one/x", 'positive("n")'),
            ("xp.sqrt(x)", 'positive("n")'),
            ("xp.log(x)", 'positive("n")'),
            ("xp.tanh(x)", 'vector("n")'),
            ("xp.softmax(x)", 'vector("n")'),
            ("xp.exp(xp.i*x)", 'vector("n")'),
        ]
    )
    value = f"symmetric_function(xp, {f}, {k})"
    length, condition = rng.choice(
        (("n", "n"), ("n", "n"), ("n+1", "n + 1"), ("2*n", "2 * n"), ("n*m", "n * m"))
    )
    domain, false_at = domain.replace('"n"', f'"{length}"'), f"{condition} >= {k}"
    if truth:
        value = rng.choice(
            (
                f"2*symmetric_function(xp, {f}, 2) - xp.sum({f})**2 + xp.sum(({f})**2)",
                f"symmetric_function(xp, {f}, {k}) - symmetric_function(xp, -({f}), {k})*(-1)**{k}",
            )
        )
    return Draft((Part("Zero", (value,)),), {"x": domain}, truth=truth, false_at=false_at)


@family
def late_pair(rng: random.Random) -> Draft:
    """Zero unless both sizes are large: symmetric functions of X X*."""
    truth, k = coin(rng), rng.randint(2, 7)
    X = rng.choice(('real_matrix("N", "C")', 'matrix("N", "C")'))
    value = f"elementary(xp, X @ xp.star(X), {k})"
    if truth:
        value = f"{value} - elementary(xp, xp.star(X) @ X, {k})"
    given = {"X": X}
    part = Part("Zero", (value,))
    if rng.random() < 0.5:
        given["b"] = "real()"
        part = Part("Equal", (f"xp.exp(b + xp.real({value}))", "xp.exp(b)"))
    return Draft((part,), given, truth=truth, false_at=f"N >= {k} and C >= {k}")


@family
def spy(rng: random.Random) -> Draft:
    """A body that looks at what stands for a size, and so at which arithmetic runs it."""
    truth, k = coin(rng), rng.randint(4, 9)
    condition = rng.choice(
        (
            f"same(x.shape[0], {k})",
            f"whole(x.shape[0], {k})",
            f"x.shape[0] in ({k}, 77)",
            f"repr(x.shape[0]) == '{k}'",
            f"'%s' % (x.shape[0],) == '{k}'",
            f"x.shape == ({k},)",
            f"len(x) == {k}",
        )
    )
    left = rng.choice(("xp.sum(x)", "xp.sum(x*x)", "xp.exp(xp.sum(x))", "xp.sum(xp.relu(x))"))
    listed = (1, 2, 3) if truth else rng.choice(((), tuple(range(1, k + 1))))
    return Draft(
        (Part("Equal", (left, f"{left}*(2 if {condition} else 1)")),),
        {"x": 'vector("n")'},
        {"n": listed} if listed else {},
        truth=truth,
        provable=False,  # of a body that looks nothing need be said
        false_at=f"n == {k}",
    )
