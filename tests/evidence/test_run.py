"""Records of forms, and stored counterexamples rebuilt."""

from __future__ import annotations

import itertools
from types import SimpleNamespace

import pytest

from fieldcheck.claim import FALSE, HOLDS, Claim, Form, ours
from fieldcheck.domains import matrix, real, vector
from fieldcheck.evidence import rows
from fieldcheck.evidence.gather import judge
from fieldcheck.evidence.profiles import PROFILES
from fieldcheck.evidence.replay import replay
from fieldcheck.relations import AtMost, Equal, Law, Piece, Rank, Rate, Solutions

QUICK = PROFILES["quick"]


def form(body, role="claim", expect=HOLDS, sizes=None, **given):
    return Form(f"test/{role}", role, "a test", body, given, sizes or {}, expect)


def claim(*forms):
    main = forms[0]
    made = Claim("test", "a test", "It is so.", (ours(),), "sparse", (), main.given, (), HOLDS,
                 main.sizes, "", __name__)  # fmt: skip
    made.forms.update({f.key: f for f in forms})
    return made


TRUE = form(lambda xp, x: Equal(x + x, 2 * x), x=real())


def test_only_what_holds_has_a_detection_threshold():
    false = form(lambda xp, x: Equal(x + x, 3 * x), "printed", FALSE, x=real())
    dropped = form(lambda xp, x: Equal(x + x, 2 * x), "dropped", None, x=real())
    of = claim(TRUE, false, dropped)
    found = {f.role: rows.verify_form(of, f, QUICK, 0) for f in (TRUE, false, dropped)}
    assert (found["claim"]["verdict"], found["claim"]["threshold"]["log10"]) == ("proved", "any")
    assert (found["printed"]["verdict"], found["printed"]["threshold"]) == ("refuted", None)
    assert found["dropped"]["outcome"] == "superfluous"
    assert found["dropped"]["threshold"]["log10"] == "any"
    assert found["printed"]["witness"]["raw"] is not None


def test_the_time_of_a_form_is_kept_to_the_millisecond(monkeypatch):
    ticks = (k * 1.00049 for k in itertools.count())
    monkeypatch.setattr(rows, "time", SimpleNamespace(perf_counter=lambda: next(ticks)))
    monkeypatch.setattr(rows, "registered", lambda: {"test": claim(TRUE)})
    row = {"verdict": "proved", "grade": "exact", "expected": None, "scope": None}
    monkeypatch.setattr(rows, "verify_form", lambda *a: row)
    monkeypatch.setattr(rows, "claim_hash", lambda *a: "0")
    made = rows.verify_claim("test", "quick", 0)
    assert made["seconds"] == {"test/claim": 1.0}


REFUTED = {
    "Equal": (lambda xp, x: Equal(x * x, 2 * x), dict(x=real()), {}),
    "AtMost": (lambda xp, x: AtMost(xp.exp(x), xp.one), dict(x=real()), {}),
    "Rate": (lambda xp, x: Rate(lambda n: xp.one / n**2 + xp.one / n**3, 3), dict(x=real()), {}),
    "Rank": (lambda xp, A: Rank(A @ A, 1), dict(A=matrix("n", "n")), {"n": [2]}),
    "Rank, less": (lambda xp, x: Rank(x[:, None] * x[None, :], 2), dict(x=vector("n")), {"n": [2]}),
    "Solutions": (
        lambda xp, x: Solutions(Piece(zero=(x * x - 1,)), (Piece(zero=(x - 1,)),)),
        dict(x=real()),
        {},
    ),
}


@pytest.mark.parametrize("name", REFUTED)
def test_a_stored_witness_refutes_again(name):
    body, given, sizes = REFUTED[name]
    subject = form(body, sizes=sizes, **given)
    verdict, _, _ = judge(subject, QUICK, 0)
    assert verdict.verdict == "refuted"
    record = verdict.witness.record()
    again = replay(subject, record)
    assert again["certified"] is True
    if name.startswith("Rank"):
        assert (again["lhs"], again["rhs"]) == (record["lhs"], record["rhs"])
        assert int(again["residual"].split()[0]) == int(record["lhs"]) - int(record["rhs"])
    elif name == "Rate":
        assert again["lhs"] == record["lhs"]
    elif name == "Solutions":
        assert (again["lhs"], again["rhs"]) == (record["lhs"], record["rhs"])
    else:
        assert again["residual"] not in ("", "0")


def test_a_witness_of_another_statement_is_not_certified():
    for name, other in {
        "Equal": lambda xp, x: Equal(x * x, x * x),
        "Rate": lambda xp, x: Rate(lambda n: xp.one / n**2 + xp.one / n**3, 2),
        "Solutions": lambda xp, x: Solutions(
            Piece(zero=(x * x - 1,)), (Piece(zero=(x - 1,)), Piece(zero=(x + 1,)))
        ),
    }.items():
        body, given, sizes = REFUTED[name]
        verdict, _, _ = judge(form(body, sizes=sizes, **given), QUICK, 0)
        again = replay(form(other, sizes=sizes, **given), verdict.witness.record())
        assert again["certified"] is False
    body, given, sizes = REFUTED["Rank"]
    verdict, _, _ = judge(form(body, sizes=sizes, **given), QUICK, 0)
    right = form(lambda xp, A: Rank(A @ A, 2), sizes=sizes, **given)
    assert replay(right, verdict.witness.record())["certified"] is False


def test_a_law_is_replayed_by_its_seed():
    subject = form(lambda xp, x: Law(lambda rng, n: rng.random(n), mean=2), x=real())
    verdict, _, _ = judge(subject, QUICK, 0)
    again = replay(subject, verdict.witness.record())
    assert again["certified"]
    assert again["lhs"].startswith("mean 0.")


def test_the_decimal_residual_of_exact_sides():
    subject = form(lambda xp, x: Equal(x, x + xp.one / 3), x=real())
    verdict, _, _ = judge(subject, QUICK, 0)
    again = replay(subject, verdict.witness.record())
    assert again["residual"] == "-1/3"
