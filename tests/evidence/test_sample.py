"""Surveys of batches: what is certified at once, what is kept, and what is said in the end."""

from __future__ import annotations

import math

import numpy as np
import pytest

from fieldcheck.arithmetic.array import Unsupported
from fieldcheck.domains import number, positive, real, vector
from fieldcheck.evidence.methods import sample
from fieldcheck.evidence.methods.sample import Proposal, Refuted, Survey
from fieldcheck.evidence.points import FAR, GENERIC, Cloud
from fieldcheck.evidence.profiles import PROFILES
from fieldcheck.relations import AtMost, Equal, Zero
from tests.evidence.statements import statement

QUICK = PROFILES["quick"]


def run(body, sizes=None, profile=QUICK, **given):
    return sample.run(statement(body, sizes, **given), profile, 0)


def made(value, stratum=GENERIC, n=2):
    points = Cloud.of({"n": n}, {"x.x": np.zeros((1, n))}, stratum)
    return Proposal(value, points, 0, 0)


def survey(body, rows, stratum=GENERIC, **given):
    """A survey that has looked at some points of one real number."""
    look = Survey(statement(body, **(given or {"x": real()})), 3)
    look.visit(Cloud.of({}, {"x.x": np.array(rows, dtype=float)}, stratum))
    return look


def on(xp, t):
    return xp.norm2(xp.unit(xp.stack([t])))


# -- one batch -----------------------------------------------------------------------------------
def test_a_clear_violation_is_certified_at_once():
    with pytest.raises(Refuted) as found:
        survey(lambda xp, x: Equal(2 * x, 3 * x), [0.0, 1.0, 2.0])
    assert float(found.value.proposal.raw["x.x"][()]) in (1.0, 2.0)


def test_rounding_is_kept_for_later():
    body = lambda xp, x: Equal((x + 10**9) - 10**9, x)
    look = survey(body, [0.1, 0.7])
    assert [p.value > 0 for p in look.doubtful[0, GENERIC]] == [True, True]
    assert not look.tried
    look.finish()
    assert look.tried == {(0, GENERIC): 2}


def test_a_thin_violation_is_found_among_the_doubtful():
    look = survey(lambda xp, x: Equal(x * on(xp, 3 * x - 1), x), [0.5, 1 / 3])
    assert look.doubtful[0, GENERIC]
    with pytest.raises(Refuted):
        look.finish()


def test_the_worst_rows_of_other_inputs_go_first():
    moved = np.array([1, 9, 1, 2, 1])
    assert sample._different(np.array([4, 2, 3, 0]), moved) == [4, 3, 2, 0]
    assert sample._different(np.array([3]), moved) == [3]


def test_every_part_and_stratum_has_so_many_tries():
    look = Survey(statement(lambda xp, x: Equal(x, x), x=vector("n")), 3)
    for _ in range(5):
        look.certify(made(1e-3))
        look.certify(made(1e-3, "zero"))
    assert look.tried == {(0, GENERIC): 3, (0, "zero"): 3}


def test_a_quiet_stratum_proposes_one_small_point():
    look = Survey(statement(lambda xp, x: Equal(x, x), x=vector("n")), 3)
    for n, name in ((4, "zero"), (2, "zero"), (5, "zero"), (2, GENERIC), (2, FAR)):
        look.visit(Cloud.of({"n": n}, {"x.x": np.zeros((2, n))}, name))
    assert {key: p.points.sizes for key, p in look.quiet.items()} == {(0, "zero"): {"n": 2}}
    quiet = Survey(statement(lambda xp, x: AtMost(x, x + 1), x=vector("n")), 3)
    for n, value in ((4, 5.0), (2, 1.0), (3, 2.0)):
        quiet.visit(Cloud.of({"n": n}, {"x.x": np.full((2, n), value)}, "ties"))
    assert quiet.quiet[0, "ties"].points.sizes == {"n": 3}


def test_only_the_part_with_the_fault_is_looked_at():
    two = statement(lambda xp, x: (Equal(x, 2 * x), Equal(x, x + 0)), x=real())
    look = Survey(two.faulty(40, 1), 3)
    look.visit(Cloud.of({}, {"x.x": np.array([1.0, 2.0])}, GENERIC))
    assert look.parts == [1]
    assert set(look.worst) == {1}


# -- beyond floats ---------------------------------------------------------------------------------
def test_what_overflows_is_left_to_balls():
    false = lambda xp, x: Equal(xp.exp(x) * (1 + xp.relu(x - 1999)), xp.exp(x))
    look = survey(false, [3000.0])
    assert look.lost[0, GENERIC]
    with pytest.raises(Refuted):
        look.finish()
    true = survey(lambda xp, x: Equal(xp.exp(x) * xp.exp(x), xp.exp(2 * x)), [3000.0])
    assert true.visited() == {GENERIC: 0}
    true.finish()
    assert true.visited() == {GENERIC: 1}


def test_rows_of_all_sizes_and_signs():
    values = np.array([[1e5, 0], [-1e9, 1], [3, 1e200], [1e2, 0], [1, 1], [2, -1e100], [0, 0]])
    points = Cloud.of({"n": 2}, {"x.x": values.astype(float)}, FAR)
    picks = sample._of_all_sizes(points, np.arange(7))
    assert picks[:3] == [2, 5, 1]
    assert 6 in picks
    assert len(picks) == len(set(picks)) == sample.BEYOND


def test_shapes_share_their_points():
    few = statement(lambda xp, x: Equal(x, x), x=real())
    many = statement(lambda xp, X: Equal(X, X), X=vector("N", "C"))
    assert sample.rows_of(few, {}, QUICK) == QUICK.batch * sample.SHAPES
    assert sample.rows_of(many, {"N": 6, "C": 6}, QUICK) == QUICK.batch
    wide = statement(lambda xp, x: Equal(x, x), {"n": [10**5]}, x=vector("n"))
    assert sample.rows_of(wide, {"n": 10**5}, QUICK) == QUICK.batch
    assert [s["N"] * s["C"] for s in sample.distant(many)] == sorted(
        s["N"] * s["C"] for s in sample.distant(many)
    )
    assert len(sample.distant(many)) == sample.DISTANT
    assert sample.distant(few) == [{}]


# -- what a run says -------------------------------------------------------------------------------
def test_the_room_of_an_inequality_and_the_worst_point_are_told():
    roomy = run(lambda xp, x: AtMost(xp.sum(x * x) / 2, xp.sum(x * x)), x=vector("n"))
    assert roomy.outcome == "confirms"
    assert roomy.slack[0] == pytest.approx(0, abs=1e-9)  # at zero
    assert roomy.worst["log10"] == "-inf"
    equal = run(lambda xp, x: Equal(xp.sin(2 * x), 2 * xp.sin(x) * xp.cos(x)), x=real())
    assert equal.slack == {}
    assert equal.worst["raw"]["stratum"] in equal.strata
    assert set(equal.strata) >= {GENERIC, "zero", FAR}


def test_the_record_of_a_proposal():
    record = made(1e-7, stratum="ties").record()
    assert (record["log10"], record["raw"]["stratum"]) == ("-7.0", "ties")
    assert made(0.0).record()["log10"] == made(-1.0).record()["log10"] == "-inf"
    assert record["raw"]["point"] == {"x.x": ["0", "0"]}


def test_the_part_that_is_never_finite_is_named():
    nowhere = lambda xp, x: Equal(x, xp.log(-1 - x * x) / (x - x))
    one = run(nowhere, x=real())
    assert (one.outcome, one.reason, one.vacuous) == (
        "silent", "no instance could be evaluated: no finite instance", True,
    )  # fmt: skip
    two = run(lambda xp, x: (Equal(x, x), nowhere(xp, x)), x=real())
    assert two.reason.endswith(": no finite instance of part 2")
    assert (one.cases, one.shapes) == (0, 1)


def test_where_a_side_has_no_value_is_told():
    found = run(lambda xp, x: Equal(x / x, 1 + 0 * x), x=real())
    assert found.outcome == "confirms"
    assert found.reason == "failed to refute; no value at: zero"
    shape = run(lambda xp, x: Equal(x / (x.shape[0] - 1), x / (x.shape[0] - 1)), {"n": [1, 2]},
                x=vector("n"))  # fmt: skip
    assert shape.reason == "failed to refute; no value at: n = 1"


def test_a_side_never_visited_silences():
    found = run(lambda xp, x: Equal(xp.relu(-1 - xp.exp(x) * xp.one**2 - x + x), 0 * x), x=real())
    assert found.outcome == "silent"
    assert found.why.blocks
    assert "was never positive" in found.reason


def test_numerical_evidence_where_nothing_exact_runs(monkeypatch):
    """A violation that floats see clearly, of a body that neither rationals nor balls can run."""

    def body(xp, x):
        if xp.one.xp.kind in ("rational", "ball"):
            raise Unsupported("nothing")
        return Equal(2 * x, 3 * x)

    found = run(body, x=real())
    assert found.outcome == "doubts"
    assert "1" in found.reason
    rounding = lambda xp, x: (
        Equal((x + 10**14) - 10**14, x) if xp.one.xp.kind == "float" else body(xp, x)
    )
    assert run(rounding, x=real()).outcome != "doubts"


def test_digits_that_decide_nothing_silence(monkeypatch):
    from fieldcheck.evidence.digits import Look

    monkeypatch.setattr(sample, "look", lambda *_, **__: Look(undecided="too many digits"))
    monkeypatch.setattr(sample, "falsified", lambda *_: None)
    found = run(lambda xp, x: Equal(2 * x, 3 * x), x=real())
    assert (found.outcome, found.why.blocks) == ("silent", True)
    assert "too many digits" in found.reason


def test_a_statement_about_zero_may_stand_still():
    assert run(lambda xp, t: Zero(t - t), t=positive()).outcome == "confirms"


def test_a_body_that_floats_cannot_run_is_left_to_others():
    def body(xp, x):
        if xp.one.xp.kind == "float":
            raise Unsupported("floats")
        return Equal(x, x)

    found = run(body, x=number())
    assert (found.outcome, found.applies) == ("silent", False)


def test_an_integer_beyond_floats_is_infinite_to_them():
    found = run(lambda xp, x: Equal(10**400 * x, x * 10**400), x=real())
    assert found.outcome == "confirms"
    assert math.isinf(float(found.worst["log10"])) if found.worst else True
