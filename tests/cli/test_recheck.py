"""`fieldcheck recheck`: what the second road, and gathering anew, find in a ledger."""

from __future__ import annotations

import msgspec
import pytest

from fieldcheck import cli
from fieldcheck.ledger import again, records, store
from fieldcheck.verdict import Why
from tests.cli.commands import DIFFERS, OK, call, fails, fake, home  # noqa: F401


def second_road(findings):
    """A module like fieldcheck.recheck.check that finds this, by form."""
    return SECOND_ROAD.format(findings=findings)


SECOND_ROAD = """
from types import SimpleNamespace

SPOT, SECONDS = "spot check", 4.0
found = {{key: [SimpleNamespace(severity=s, kind="identity", sentence=said)]
          for key, (s, said) in {findings}.items()}}

def recheck(claims, forms, keys=()):
    for claim in claims:
        for row in claim["forms"]:
            if not keys or row["key"] in keys or claim["id"] in keys:
                assert row["key"] in forms
                yield row["key"], row["verdict"], found.get(row["key"], [])
"""


def test_recheck_names_what_does_not_recheck(fake, home, monkeypatch):
    assert "no ledger at" in fails("recheck")
    call("verify", "--jobs", "2")
    (home / "second_road.py").write_text(second_road({}))
    monkeypatch.syspath_prepend(str(home))
    monkeypatch.setattr(cli, "RECHECK", "second_road")
    assert call("recheck")[:2] == (OK, "12 forms looked at again: no fault\n")
    assert call("recheck", "plain-true")[1] == "3 forms looked at again: no fault\n"
    assert call("recheck", "plain-true/twice")[1] == "1 form looked at again: no fault\n"
    assert "no claim 'plain-tru'; near: plain-true" in fails("recheck", "plain-tru")
    said = {"plain-true/claim": ("spot check", "12 of 36 shapes")}
    said["plain-true/printed"] = ("does not recheck", "both sides agree")
    (home / "second_road.py").write_text(second_road(said))
    code, out, _ = call("recheck")
    assert code == DIFFERS
    assert "■ refuted  plain-true/printed  does not recheck (identity): both sides agree" in out
    assert "12 forms looked at again: 1 fault" in out
    assert "12 of 36" not in out


def test_a_ledger_that_was_forged_with_care_does_not_stand(fake, home, monkeypatch):
    """The forger makes evidence and seals anew: what is certain is caught by the second road, what
    is not by gathering it again."""
    call("verify", "--jobs", "2")
    (home / "second_road.py").write_text(second_road({}))
    monkeypatch.syspath_prepend(str(home))
    monkeypatch.setattr(cli, "RECHECK", "second_road")
    code, out, _ = call("recheck", "--anew", "4", "--jobs", "2")
    assert (code, out) == (OK, "12 forms looked at again: no fault\n")
    path = home / "_build" / "ledger.json"
    found = store.read(path)
    (row,) = [row for row in found.claims if row.id == "only-sampled"]
    form = row.forms[1]
    form.verdict, form.witness, form.met, form.grade = "stands", None, True, "sampled"
    form.evidence[0].outcome = "confirms"
    row.seal = records.seal_of(row)
    store.write(path, found)
    assert call("list")[0] == OK  # it fits itself
    assert "4 rows reused" in call("verify", "--jobs", "2")[1]
    code, out, _ = call("recheck", "--anew", "0", "--jobs", "2")  # also where nothing is drawn
    assert code == DIFFERS
    assert "only-sampled/printed  does not come out again" in out
    assert "gathered anew, it is refuted" in out
    # what the second road cannot follow is gathered anew as well, and is no fault by itself
    said = {"plain-true/claim": ("not rechecked", "a relation between symbols")}
    (home / "second_road.py").write_text(second_road(said))
    code, out, _ = call("recheck", "plain-true", "--anew", "0")
    assert (code, out) == (OK, "3 forms looked at again: no fault\n")
    assert call("recheck", "plain-true")[0] == DIFFERS


def _forged(form, **changes):
    """The row of a form with one evidence, or what else is named, told otherwise."""
    plain = records.plain(form)
    for name, value in changes.items():
        at = plain["evidence"][0] if name in plain["evidence"][0] else plain
        at[name] = value
    return msgspec.convert(plain, records.FormRow)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (dict(cases=10**12), "cases"),
        (dict(shapes=99), "shapes"),
        (dict(strata={"every boundary": 5}), "strata"),
        (dict(visited={"n": [1, 2, 3, 4, 5, 99]}), "visited"),
        (
            dict(threshold={"log10": "-300", "tried": 1, "perturbed": "right side"}),
            "smallest fault",
        ),
        (dict(threshold={"log10": "any", "tried": 1, "perturbed": "right side"}), "smallest fault"),
    ],
)
def test_a_row_that_tells_of_more_than_was_tried_does_not_come_out_again(fake, home, changes, said):
    call("verify", "--jobs", "2")
    rows = store.read(home / "_build" / "ledger.json").rows
    form = next(f for row in rows.values() for f in row.forms if f.evidence and f.holds)
    form = _forged(form, method="sampled")  # which goes where the seed says
    assert again._difference(form, form) == ""
    assert said in again._difference(_forged(form, **changes), form)


TOLD = [
    dict(detail="seen by three other laboratories"),
    dict(order="2"),
    dict(box="x in [-10, 10]"),
    dict(digits=10_000),
    dict(cells=7),
    dict(why=next(iter(Why))),
    dict(cases=10**6),
    dict(strata={"ties": 10**6}),
    dict(worst={"what": "largest residual", "log10": "-300", "raw": None}),
    dict(worst={"what": "no residual at all", "log10": "-16", "raw": None}),
    dict(log2_bound="-5000"),
]


@pytest.mark.parametrize("method", ["exact", "sampled"])
@pytest.mark.parametrize("changes", TOLD, ids=lambda c: "-".join(c))
def test_what_the_evidence_tells_must_come_out_again(fake, changes, method):
    """Whether the seed decides it or primes that are drawn afresh."""
    form = records.sealed(fake.row(fake.CLAIMS["plain-true"])).main
    form = _forged(form, method=method)
    assert again._difference(_forged(form, **changes), form) != ""


def test_numbers_of_a_search_may_be_rounded_otherwise_elsewhere(fake):
    form = records.sealed(fake.row(fake.CLAIMS["plain-true"])).main
    form = _forged(_forged(form, method="rate"), detail="no settled slope: 3.94, not 3")
    assert again._difference(_forged(form, detail="no settled slope: 3.93, not 3"), form) == ""
    for said in ("no settled slope: 3.1, not 3", "a settled slope: 3.94, not 3"):
        assert "detail (rate)" in again._difference(_forged(form, detail=said), form)


def test_a_method_that_another_prime_left_out_tells_nothing_of_its_own(fake):
    form = records.sealed(fake.row(fake.CLAIMS["plain-true"])).main
    other = _forged(form, method="cells", worst=None)
    assert again._difference(_forged(other, detail=""), form) == ""
    assert "detail (cells)" in again._difference(_forged(other, detail="in all worlds"), form)
    assert "cases (cells)" in again._difference(_forged(other, detail="", cases=10**9), form)


def test_what_is_told_of_a_counterexample_is_what_its_point_gives(fake, home, monkeypatch):
    """Also where nothing is gathered anew."""
    call("verify", "--jobs", "2")
    (home / "second_road.py").write_text(second_road({}))
    monkeypatch.syspath_prepend(str(home))
    monkeypatch.setattr(cli, "RECHECK", "second_road")
    path = home / "_build" / "ledger.json"
    found = store.read(path)
    row = found.claims[0]
    row.forms[2].witness.lhs = "3/4"
    row.seal = records.seal_of(row)
    store.write(path, found)
    code, out, _ = call("recheck")
    assert code == DIFFERS
    assert f"{row.forms[2].key}  does not recheck (witness): its point gives another lhs" in out


def test_a_difference_that_only_one_draw_of_primes_makes_is_none(fake, home, monkeypatch):
    call("verify", "--jobs", "2")
    ledger = store.read(home / "_build" / "ledger.json")
    drawn = []

    def gathered(rows, request, machine):
        drawn.append(sorted(rows))
        for name in rows:
            keeps = name == "plain-true" or (name == "only-sampled" and len(drawn) == 1)
            yield name, [(name, "proved", [])] if keeps else []

    monkeypatch.setattr(again, "_gathered", gathered)
    request = again.Request(ledger, [], [], 1, 4)
    found = list(again._anew(ledger.rows, request, "fake_machine"))
    assert [key for key, _, _ in found] == ["plain-true"]
    assert drawn[1:] == [["only-sampled", "plain-true"], ["plain-true"]]


def test_what_a_reader_sees_of_a_witness_must_come_out_again(fake, home):
    call("verify", "--jobs", "2")
    rows = store.read(home / "_build" / "ledger.json").rows
    form = next(f for row in rows.values() for f in row.forms if f.witness)
    for told in (dict(lhs="123"), dict(inputs={"x": "17"}), dict(digits=999)):
        witness = {**records.plain(form.witness), **told}
        assert "another witness" in again._difference(_forged(form, witness=witness), form)
    drawn = {**records.plain(form.witness), "raw": {"x.x": "1/3"}, "lhs": "1"}
    assert again._difference(_forged(form, witness=drawn), form) == ""  # points are drawn afresh
