"""The checkers, checked: statements whose truth is known, fed to the whole machine.

A false acceptance or a false refutation here turns the suite red.
"""

from __future__ import annotations

import time
from fractions import Fraction

import numpy as np
import pytest

from fieldcheck.claim import HOLDS, Form
from fieldcheck.domains import (
    between,
    hermitian,
    matrix,
    nonnegative,
    positive,
    real,
    root,
    spd,
    symmetric,
    unitary,
    vector,
)
from fieldcheck.evidence.gather import judge
from fieldcheck.evidence.profiles import PROFILES
from fieldcheck.evidence.run import examine
from fieldcheck.relations import AtMost, Equal, Force, Gradient, Law, Rank, Rate, Zero

TRUE = {
    "constant sides": (lambda xp, x: Equal(x - x + 1, xp.one), dict(x=real())),
    "commuting scalars": (lambda xp, x: Equal(x * x - 1, (x - 1) * (x + 1)), dict(x=vector("n"))),
    "trace is cyclic": (
        lambda xp, A, B: Equal(xp.trace(A @ B), xp.trace(B @ A)),
        dict(A=matrix("N", "C"), B=matrix("C", "N")),
    ),
    "star reverses products": (
        lambda xp, A, B: Equal(xp.star(A @ B), xp.star(B) @ xp.star(A)),
        dict(A=matrix("N", "C"), B=matrix("C", "N")),
    ),
    "quadratic force": (
        lambda xp, X, W: Force(lambda Y: xp.trace(Y @ W @ xp.star(Y)), X, X @ W),
        dict(X=matrix("N", "C"), W=matrix("C", "C")),
    ),
    "unitary rows": (
        lambda xp, U: Zero(U @ xp.star(U) - xp.eye(U.shape[0])),
        dict(U=unitary("n")),
    ),
    "exp is a homomorphism": (
        lambda xp, x, y: Equal(xp.exp(x + y), xp.exp(x) * xp.exp(y)),
        dict(x=real(), y=real()),
    ),
    "sin and cos": (
        lambda xp, x: Zero(xp.sin(x) * xp.sin(x) + xp.cos(x) * xp.cos(x) - 1),
        dict(x=vector("n")),
    ),
    "softmax ignores a common shift": (
        lambda xp, x, c: Equal(xp.softmax(x), xp.softmax(x + c)),
        dict(x=vector("n"), c=real()),
    ),
    "log-sum-exp gradient": (
        lambda xp, x: Gradient(lambda y: xp.logsumexp(y), x, xp.softmax(x)),
        dict(x=vector("n")),
    ),
    "second derivative by nested pushes": (
        lambda xp, x, h: Equal(
            xp.push(lambda y: xp.push(lambda z: xp.sum(z * z * z), y, h), x, h),
            6 * xp.sum(x * h * h),
        ),
        dict(x=vector("n"), h=vector("n")),
    ),
    "nested derivatives of one product stay apart": (
        lambda xp, x, y: Equal(
            xp.push(lambda a: a * xp.push(lambda b: a * b, y, xp.one), x, xp.one), 2 * x
        ),
        dict(x=real(), y=real()),
    ),
    "moreau in one dimension": (
        lambda xp, x: Equal(xp.relu(x) - xp.relu(-x), x),
        dict(x=vector("n")),
    ),
    "squares are nonnegative, by a visible gap": (
        lambda xp, x, y: AtMost(2 * x * y, x * x + y * y, gap=(x - y) ** 2),
        dict(x=real(), y=real()),
    ),
    "cauchy-schwarz, sampled": (
        lambda xp, x, y: AtMost(xp.sum(x * y) ** 2, xp.norm2(x) * xp.norm2(y) + 1),
        dict(x=vector("n"), y=vector("n")),
    ),
    "badly scaled sides": (
        lambda xp, x, y: Equal((x * 10**30 + y) - x * 10**30, y),
        dict(x=real(), y=real()),
    ),
    "badly scaled and transcendental": (
        lambda xp, x, y: Equal((xp.exp(x) * 10**25 + xp.exp(y)) - xp.exp(x) * 10**25, xp.exp(y)),
        dict(x=real(), y=real()),
    ),
    "hilbert-like system": (
        lambda xp, A, b: Equal(A @ xp.solve(A, b), b),
        dict(A=spd("n"), b=vector("n")),
    ),
    "euler is first order": (
        lambda xp, x: Rate(
            lambda n: xp.abs((1 + xp.one / n) ** n - xp.exp(xp.one)),
            1,
            constant=xp.exp(xp.one) / 2,
        ),
        dict(x=real()),
    ),
    "rank of a product": (
        lambda xp, A, B: Rank(A @ B, min(A.shape[0], A.shape[1])),
        dict(A=matrix("N", "r"), B=matrix("r", "N")),
    ),
}


@pytest.mark.parametrize("name", TRUE)
def test_true_statements_hold(name):
    body, given = TRUE[name]
    verdict, _ = examine(body, **given)
    assert verdict.holds, verdict.because


FALSE = {
    "transpose for star": (
        lambda xp, X, W: Force(lambda Y: xp.trace(Y @ W @ xp.star(Y)), X, X @ W.T),
        dict(X=matrix("N", "C"), W=matrix("C", "C")),
    ),
    "star for the matrix": (
        lambda xp, X, W: Force(lambda Y: xp.trace(Y @ W @ xp.star(Y)), X, X @ xp.star(W)),
        dict(X=matrix("N", "C"), W=matrix("C", "C")),
    ),
    "traces do not permute": (
        lambda xp, A, B, C: Equal(xp.trace(A @ B @ C), xp.trace(A @ C @ B)),
        dict(A=matrix("n", "n"), B=matrix("n", "n"), C=matrix("n", "n")),
    ),
    "off by 1e-12, polynomial": (
        lambda xp, x: Equal(x * x * (10**12 + 1) / 10**12, x * x),
        dict(x=real()),
    ),
    "off by 1e-12, transcendental": (
        lambda xp, x: Equal(xp.sin(x) * (10**12 + 1) / 10**12, xp.sin(x)),
        dict(x=real()),
    ),
    "off by 1e-12, force": (
        lambda xp, X: Force(lambda Y: xp.norm2(Y) * (10**12 + 1) / 10**12, X, X),
        dict(X=matrix("N", "C")),
    ),
    "off by 1e-12, inequality": (
        lambda xp, x, y: AtMost(2 * x * y * (10**12 + 1) / 10**12, x * x + y * y),
        dict(x=real(), y=real()),
    ),
    "a visible gap that is not the gap": (
        lambda xp, x, y: AtMost(3 * x * y, x * x + y * y, gap=(x - y) ** 2),
        dict(x=real(), y=real()),
    ),
    "ties only": (
        lambda xp, x: Zero(xp.norm2(xp.unit(x[0] - x[1])) - 1),
        dict(x=matrix("N", "C")),
        dict(N=[2, 3]),
    ),
    "x = 0 only": (lambda xp, x: Zero(xp.norm2(xp.unit(x)) - 1), dict(x=vector("n"))),
    "all keys of a row masked only": (
        lambda xp, m: Zero(xp.norm2(xp.unit(m), axis=-1) - 1),
        dict(m=nonnegative("N", "C")),
    ),
    "five tokens only": (
        lambda xp, x: Equal(xp.sum(x), xp.sum(x) + max(0, x.shape[0] - 4) * x[0]),
        dict(x=vector("n")),
    ),
    "repeated eigenvalues only": (
        lambda xp, A: Zero(xp.norm2(xp.unit(xp.stack([A[0, 0] - A[1, 1], 2 * A[0, 1]]))) - 1),
        dict(A=symmetric("n")),
        dict(n=[2]),
    ),
    "ill-conditioned input only": (
        lambda xp, x: AtMost(x[0] * x[0], 10**12 * xp.sum(x[1:] * x[1:])),
        dict(x=vector("n")),
        dict(n=[2, 3]),
    ),
    "a needle in 24 dimensions": (
        lambda xp, x: AtMost(xp.one / 4, xp.norm2(x - 2)),
        dict(x=vector("n")),
        dict(n=[24]),
    ),
    "euler is second order": (
        lambda xp, x: Rate(lambda n: xp.abs((1 + xp.one / n) ** n - xp.exp(xp.one)), 2),
        dict(x=real()),
    ),
    "euler with another constant": (
        lambda xp, x: Rate(
            lambda n: xp.abs((1 + xp.one / n) ** n - xp.exp(xp.one)), 1, constant=xp.exp(xp.one)
        ),
        dict(x=real()),
    ),
    "euler with a constant half a percent off": (
        lambda xp, x: Rate(
            lambda n: xp.abs((1 + xp.one / n) ** n - xp.exp(xp.one)),
            1,
            constant=xp.exp(xp.one) * 201 / 400,
        ),
        dict(x=real()),
    ),
    "a remainder that grows": (
        lambda xp, x: Rate(lambda n: (1 + xp.one / n) ** (n * n), 1),
        dict(x=real()),
    ),
    "an exact scheme has no rate": (
        lambda xp, x: Rate(lambda n: xp.abs((x + 1) * (x + 1) - (x * x + 2 * x + 1)), 1),
        dict(x=real()),
    ),
    "a remainder of the other sign": (
        lambda xp, x: Rate(
            lambda n: (1 + xp.one / n) ** n - xp.exp(xp.one), 1, constant=xp.exp(xp.one) / 2
        ),
        dict(x=real()),
    ),
    "rank off by one": (
        lambda xp, A, B: Rank(A @ B, min(A.shape) + 1 if A.shape[0] > 1 else 1),
        dict(A=matrix("N", "r"), B=matrix("r", "N")),
    ),
    "a fair coin at 0.6": (
        lambda xp, x: Law(lambda rng, n: rng.random(n) < 1 / 2, share=3 / 5),
        dict(x=real()),
    ),
    "the logarithm of a negative number": (
        lambda xp, x: Equal(xp.log(-1 - x * x), x),
        dict(x=real()),
    ),
    "skew part forgotten": (
        lambda xp, A: Equal(A, xp.star(A)),
        dict(A=matrix("n", "n")),
    ),
}


@pytest.mark.parametrize("name", FALSE)
def test_false_statements_are_refuted_with_a_witness(name):
    body, given, *sizes = FALSE[name]
    verdict, _ = examine(body, sizes=sizes[0] if sizes else None, **given)
    numerical = verdict.witness is not None and verdict.witness.relation in ("Rate", "Law")
    assert verdict.verdict in ("refuted", *(("fails",) if numerical else ())), verdict
    assert verdict.witness is not None


def _boom(xp, x):
    raise RuntimeError("the body broke")


def _slow(xp, x):
    for _ in range(3 * 10**7):
        pass
    return Equal(x, x)


MEANINGLESS = {
    "crash": (_boom, dict(x=real()), "RuntimeError: the body broke"),
    "nan": (lambda xp, x: Equal(xp.log(x - x), x), dict(x=real()), "no finite instance"),
    "a part without a value": (
        lambda xp, x: (AtMost(x, x + 1), AtMost((0 * x) / (0 * x), x)),
        dict(x=real()),
        "no finite instance of part 2",
    ),
    "comparison in the body": (
        lambda xp, x: Equal(x, x if x > 0 else -x),
        dict(x=real()),
        "may not compare",
    ),
    "float literal": (lambda xp, x: Equal(x * 0.5, x / 2), dict(x=real()), "only integers"),
    "numpy clip": (lambda xp, x: Equal(np.clip(x, 0, 1), x), dict(x=real()), "TypeError"),
    "numpy maximum": (lambda xp, x: Equal(np.maximum(x, 0), x), dict(x=real()), "TypeError"),
    "truth of a value": (
        lambda xp, x: Equal(x, x * 2) if x else Equal(x, x),
        dict(x=real()),
        "may not compare",
    ),
    "no relation": (lambda xp, x: x, dict(x=real()), "must return a relation"),
    "unknown primitive": (lambda xp, x: Equal(xp.sinc(x), x), dict(x=real()), "no 'sinc'"),
    "relu of a complex value": (
        lambda xp, X: Equal(xp.relu(X), X),
        dict(X=matrix("N", "C")),
        "needs a real value",
    ),
}


@pytest.mark.parametrize("name", MEANINGLESS)
def test_meaningless_statements_are_invalid_and_say_why(name):
    body, given, why = MEANINGLESS[name]
    verdict, _ = examine(body, **given)
    assert verdict.verdict == "invalid", verdict
    assert why in (verdict.because or "")


def test_a_slow_body_is_undecided_not_accepted():
    from dataclasses import replace

    from fieldcheck.evidence.profiles import PROFILES

    hurried = replace(PROFILES["quick"], seconds=0.4)
    verdict, _ = examine(_slow, profile=hurried, x=real())
    assert verdict.verdict == "undecided"
    assert "no answer within" in (verdict.because or "")


def test_a_body_that_only_waits_is_undecided_too():
    from fieldcheck.evidence import clock
    from fieldcheck.evidence.clock import TooSlow, limited

    start = time.monotonic()
    with pytest.raises(TooSlow, match="no answer within"), limited(0.02):
        time.sleep(30)
    assert 0.02 * clock.PATIENCE <= time.monotonic() - start < 10


@pytest.mark.parametrize(
    ("constant", "word", "why"),
    [(lambda xp: xp.log(xp.lift(-2)), "invalid", "must be real"),
     (lambda xp: xp.lift(-2), "fails", ""),
     (lambda xp: xp.one / xp.zeros(), "undecided", "constant has no value")],
    ids=["complex", "negative", "infinite"],
)  # fmt: skip
def test_a_leading_constant_without_a_value_confirms_nothing(constant, word, why):
    gap = lambda xp, n: xp.abs((1 + xp.one / n) ** n - xp.exp(xp.one))
    body = lambda xp, x: Rate(lambda n: gap(xp, n), 1, constant=constant(xp))
    verdict, _ = examine(body, x=real())
    assert verdict.verdict == word, verdict
    assert why in (verdict.because or "")


def test_an_equality_is_never_held_by_float_alone():
    """A body that balls cannot run stays undecided, however good the floats look."""

    def body(xp, x):
        from fieldcheck.arithmetic.array import Unsupported

        if xp.one.xp.kind in ("ball", "prime", "degree", "rational"):
            raise Unsupported("balls")
        return Equal(x + x, 2 * x)

    verdict, evidence = examine(body, x=real())
    assert evidence["sampled"].outcome == "confirms"
    assert verdict.verdict == "undecided"


def test_float_noise_never_refutes():
    """A float residual of 100 % (cancellation) is only a proposal; the balls see zero."""
    body = lambda xp, x: Equal((x * 10**30 + xp.sin(x)) - x * 10**30, xp.sin(x))
    verdict, evidence = examine(body, x=real())
    assert float(evidence["sampled"].worst["log10"]) > -1
    assert verdict.holds


def test_a_domain_keeps_its_hypothesis():
    body = lambda xp, A: Equal(A, xp.star(A))
    assert examine(body, A=hermitian("n"))[0].holds
    assert examine(body, A=matrix("n", "n"))[0].verdict == "refuted"


def test_bounded_domains_reach_their_ends():
    strict = lambda xp, t: AtMost(t * t, xp.one - xp.one / 10**9)
    closed = lambda xp, t: AtMost(t * t, xp.one, gap=1 - t * t)
    assert examine(strict, t=between(-1, 1))[0].verdict == "refuted"
    assert examine(closed, t=between(-1, 1))[0].verdict != "refuted"


def test_bounds_may_be_fractions():
    third = lambda xp: xp.one / 3
    low = lambda xp, t: AtMost(third(xp), t)
    high = lambda xp, t: AtMost(t, third(xp) * 2 - xp.one / 10**9)
    domain = between(Fraction(1, 3), Fraction(2, 3))
    assert examine(low, t=domain)[0].holds
    assert examine(high, t=domain)[0].verdict == "refuted"  # the high end is reached


def test_positive_numbers_are_positive():
    body = lambda xp, t, r: (AtMost(-t, xp.one / 10**6 - t * t / t), AtMost(-r, r))
    assert examine(body, t=positive(), r=root("r"))[0].holds


@pytest.mark.parametrize("listed", [False, True])
def test_an_author_s_sizes_are_all_visited(listed):
    """True up to size three and false at four, which the author lists."""
    form = Form(
        "example/claim",
        "claim",
        "example",
        lambda xp, x: Rank(xp.diag(x), min(x.shape[0], 3)),
        dict(x=vector("n")),
        dict(n=[1, 2, 3, 4]),
        HOLDS,
        listed=listed,
    )
    assert judge(form, PROFILES["quick"], 0)[0].verdict == "refuted"
