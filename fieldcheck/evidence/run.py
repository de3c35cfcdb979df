"""Verifying a form, a claim, and replaying a witness."""

from __future__ import annotations

import hashlib
import inspect
import sys
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

import fieldcheck
from fieldcheck.arithmetic.array import Unsupported
from fieldcheck.claim import Claim, Form, registered
from fieldcheck.domains import Domain
from fieldcheck.evidence.clock import TooSlow, limited
from fieldcheck.evidence.decide import decide
from fieldcheck.evidence.profiles import PROFILES, Profile
from fieldcheck.evidence.statement import Statement
from fieldcheck.verdict import Evidence, Verdict, weakest

NOT_CONCERNED = (
    "no rank here",
    "no rate here",
    "no law here",
    "no box declared",
    "not a pointwise relation",
    "no equality here",
    "no polynomial identity here",
    "no inequality here",
    "no system here",
    "no identity here",
    "no decision here",
)
"""Methods made for another relation leave no trace in the ledger."""

Method = Callable[[Statement, Profile, int], Evidence]


def methods() -> list[tuple[str, Method]]:
    """All methods, cheap ones first (a certified refutation ends the run)."""
    from fieldcheck.evidence import (
        cells,
        enclose,
        exact,
        ladder,
        law,
        rank,
        rate,
        sample,
        search,
        solutions,
    )

    return [
        ("exact", exact.run),
        ("cells", cells.run),
        ("rank", rank.run),
        ("solutions", solutions.run),
        ("ladder", ladder.run),
        ("rate", rate.run),
        ("law", law.run),
        ("sampled", sample.run),
        ("search", search.run),
        ("enclosed", enclose.run),
    ]


MOOT_ONCE_PROVED = ("cells", "search", "enclosed")
"""Methods that can add nothing where every part is already an exact identity (deep runs them)."""


def _proved(relations: Sequence[str], found: Sequence[Evidence]) -> bool:
    exact = {p for e in found if e.outcome == "confirms" and e.grade == "exact" for p in e.parts}
    return exact.issuperset(range(len(relations)))


@np.errstate(all="ignore")  # flags of the processor, which differ; values are looked at instead
def gather(
    statement: Statement, profile: Profile, seed: int, only: Sequence[str] | None = None
) -> tuple[list[str], list[Evidence]]:
    """Relation names and the evidence of every method that applies, up to a refutation."""
    try:
        with limited(profile.seconds):
            relations = statement.kinds()
    except Exception as error:
        return [], [Evidence("probe", "silent", error=_blame(statement, error))]
    found: list[Evidence] = []
    for name, method in methods():
        if only is not None and name not in only:
            continue
        if name in MOOT_ONCE_PROVED and profile.name != "deep" and _proved(relations, found):
            continue
        try:
            with limited(profile.seconds):
                evidence = method(statement, profile, seed)
        except TooSlow as slow:
            evidence = Evidence(name, "silent", str(slow))
        except Unsupported as gap:
            evidence = Evidence(name, "silent", f"unsupported: {gap.primitive}", applies=False)
        except Exception as error:
            return relations, [*found, Evidence(name, "silent", error=_blame(statement, error))]
        if evidence.applies or evidence.reason not in NOT_CONCERNED:
            found.append(evidence)
        if evidence.outcome == "refutes":
            return relations, found
    pointwise = any(e.method == "sampled" for e in found)
    other = statement.changed(6 if pointwise else profile.largest)
    if other:  # every method has looked at the parts of the smallest sizes alone
        found.append(Evidence("probe", "silent", error=other))
    return relations, found


def _blame(statement: Statement, error: Exception) -> str:
    """One sentence: what broke, and the line of the body where it did."""
    frames = traceback.extract_tb(error.__traceback__)
    source = inspect.getsourcefile(statement.form.body)
    here = [f for f in frames if f.filename == source]
    place = f" (line {here[-1].lineno}: {here[-1].line})" if here else ""
    return f"the body raised {type(error).__name__}: {error}{place}"


def judge(form: Form, profile: Profile, seed: int) -> tuple[Verdict, list[Evidence], list[str]]:
    relations, evidence = gather(Statement(form), profile, seed)
    return decide(relations, evidence), evidence, relations


def examine(
    body: Callable[..., Any],
    *,
    sizes: Mapping[str, Sequence[int]] | None = None,
    box: Mapping[str, Any] | None = None,
    profile: str | Profile = "quick",
    seed: int = 0,
    **given: Domain,
) -> tuple[Verdict, dict[str, Evidence]]:
    """Put one statement to the test without registering it: its verdict, and evidence by method.

    ``given`` describes the body's inputs, as in a claim::

        verdict, evidence = examine(lambda xp, x: Equal(x + x, 2 * x), x=vector("n"))
    """
    form = Form("example/claim", "claim", "example", body, given, sizes or {}, "holds", box=box)
    budget = PROFILES[profile] if isinstance(profile, str) else profile
    verdict, evidence, _ = judge(form, budget, seed)
    return verdict, {e.method: e for e in evidence}


# -- records -------------------------------------------------------------------------------------
def verify_form(claim: Claim, form: Form, profile: Profile, seed: int) -> dict[str, Any]:
    """One element of ``forms`` of the ledger."""
    from fieldcheck.evidence.kill import check_kill
    from fieldcheck.evidence.threshold import threshold

    verdict, evidence, relations = judge(form, profile, seed)
    if form.role == "neighbour" and form.expect == "refuted" and verdict.verdict == "refuted":
        try:
            reason = check_kill(claim, form, verdict)
        except Exception as error:  # the true claim's body may break where the neighbour's ran
            main = Statement(claim.forms[f"{claim.id}/claim"])
            reason = f"the true claim cannot be evaluated there: {_blame(main, error)}"
        if reason:
            verdict = Verdict("invalid", None, reason)
    measured = None
    if verdict.verdict == "holds":
        measured = threshold(form, relations, evidence, profile, seed)
    return {
        "key": form.key,
        "role": form.role,
        "title": form.title,
        "tex": form.tex,
        "hypothesis": form.hypothesis,
        "expected": form.expect,
        "verdict": verdict.verdict,
        "grade": verdict.grade,
        "outcome": _outcome(form, verdict),
        "undecided_because": verdict.because,
        "threshold": measured,
        "evidence": [e.record() for e in evidence],
        "witness": verdict.witness.record() if verdict.witness else None,
    }


def _outcome(form: Form, verdict: Verdict) -> str | None:
    """What dropping a hypothesis showed; null for the other roles."""
    if form.role != "dropped":
        return None
    if verdict.verdict == "refuted":
        return "necessary"
    if verdict.verdict == "invalid":
        return "meaningless without it"
    if verdict.verdict == "holds" and verdict.grade == "exact":
        return "superfluous"
    return "not shown necessary"


def verify_claim(
    claim_id: str, profile: str, seed: int, roles: Sequence[str] | None = None
) -> dict[str, Any]:
    """One element of ``claims`` of the ledger (own grade; capping is the ledger's, which sees all).

    ``seconds`` holds the time of each form and is moved to ``timings`` by the ledger.
    """
    claim = registered()[claim_id]  # the caller has loaded the register, which stands above us
    budget = PROFILES[profile]
    forms, seconds = [], {}
    for key, form in claim.forms.items():
        if roles is not None and form.role not in roles:
            continue
        start = time.perf_counter()
        forms.append(verify_form(claim, form, budget, seed))
        seconds[key] = round(time.perf_counter() - start, 3)
    own = forms[0]
    return {
        "id": claim.id,
        "title": claim.title,
        "chapter": claim.chapter,
        "sources": [{"work": s.work, "place": s.place} for s in claim.sources],
        "equations": list(claim.equations),
        "needs": list(claim.needs),
        "hash": claim_hash(claim, profile, seed),
        "expected": claim.expect,
        "verdict": own["verdict"],
        "grade": own["grade"],
        "shown_grade": own["grade"],
        "capped_by": None,
        "forms": forms,
        "seconds": seconds,
    }


def cap(claims: dict[str, dict[str, Any]]) -> None:
    """Fill ``shown_grade`` and ``capped_by``: a claim is no stronger than what it rests on."""

    def ancestors(id: str, seen: set[str]) -> set[str]:
        for parent in claims[id]["needs"]:
            if parent in claims and parent not in seen:
                seen.add(parent)
                ancestors(parent, seen)
        return seen

    for id, row in claims.items():
        weakest_grade, by = row["grade"], None
        for parent in sorted(ancestors(id, set())):
            grade = claims[parent]["grade"]
            if weakest([weakest_grade, grade]) != weakest_grade:
                weakest_grade, by = grade, parent
        row["shown_grade"], row["capped_by"] = weakest_grade, by


def as_expected(row: dict[str, Any]) -> bool:
    """Does every form of a ledger row have its expected verdict?"""
    return all(f["expected"] is None or f["verdict"] == f["expected"] for f in row["forms"])


# -- replay --------------------------------------------------------------------------------------
def replay(form: Form, witness: dict[str, Any], digits: int = 60) -> dict[str, Any]:
    """Rebuild a stored witness from its raw parameters and evaluate both sides again."""
    from fieldcheck.evidence.witness import certified, raw_from_record, shown, shown_inputs

    statement = Statement(form)
    if witness["relation"] == "Law":
        return {
            "entry": witness["entry"],
            "lhs": witness["lhs"],
            "rhs": witness["rhs"],
            "residual": "",
            "certified": False,
            "inputs": witness["inputs"],
        }
    raw = raw_from_record(witness["raw"])
    if witness["relation"] == "Rate":
        return _replay_rate(statement, witness, raw)
    if witness["relation"] == "Rank":
        return _replay_rank(statement, witness, raw)
    if witness["relation"] == "Solutions":
        return _replay_solutions(statement, witness, raw)
    found = certified(statement, witness["sizes"], raw, digits)
    if found is None:
        return {
            "entry": witness["entry"],
            "lhs": "",
            "rhs": "",
            "residual": "",
            "certified": False,
            "inputs": shown_inputs(statement, raw, digits),
        }
    gap = (
        (found.left[0] - found.right[0], found.left[1] - found.right[1])
        if isinstance(found.left, tuple)
        else found.left - found.right
    )
    return {
        "entry": witness["entry"],
        "lhs": shown(found.left, digits),
        "rhs": shown(found.right, digits),
        "residual": shown(gap, digits),
        "certified": True,
        "inputs": shown_inputs(statement, raw, digits),
    }


def _replay_rate(statement, witness, raw) -> dict[str, Any]:
    from fieldcheck.evidence import rate
    from fieldcheck.evidence.witness import shown, shown_inputs

    parts = [k for k, r in enumerate(statement.probe(witness["sizes"])) if r.name == "Rate"]
    for part in parts:
        table, relation = rate.remainders(statement, raw, part, rate.LEVELS["quick"])
        outcome, reason, _ = rate.judge(statement, table, relation)
        if outcome == "refutes":
            return {
                "entry": "; ".join(f"n = {n}: {shown(e, 12)}" for n, e in table),
                "lhs": reason,
                "rhs": witness["rhs"],
                "residual": "",
                "certified": True,
                "inputs": shown_inputs(statement, raw, 30),
            }
    return {
        "entry": witness["entry"],
        "lhs": "",
        "rhs": "",
        "residual": "",
        "certified": False,
        "inputs": {},
    }


def _replay_rank(statement, witness, raw) -> dict[str, Any]:
    from fieldcheck.arithmetic.rational import Rational
    from fieldcheck.evidence.rank import _rational_rank
    from fieldcheck.evidence.statement import wrap_raw
    from fieldcheck.evidence.witness import shown_inputs

    xp = Rational()
    relations = statement.relations(xp, wrap_raw(xp, raw))
    relation = next(r for r in relations if r.name == "Rank")
    here = _rational_rank(xp.lift(relation.matrix).data)
    return {
        "entry": "rank",
        "lhs": str(here),
        "rhs": str(relation.rank),
        "residual": str(here - relation.rank),
        "certified": here != relation.rank,
        "inputs": shown_inputs(statement, raw, 30),
    }


def _replay_solutions(statement, witness, raw) -> dict[str, Any]:
    from fieldcheck.evidence.solutions import disagrees
    from fieldcheck.evidence.witness import shown_inputs

    return {
        "entry": witness["entry"],
        "lhs": witness["lhs"],
        "rhs": witness["rhs"],
        "residual": "",
        "certified": disagrees(statement, witness),
        "inputs": shown_inputs(statement, raw, 30),
    }


# -- hashes --------------------------------------------------------------------------------------
@cache
def library_digest() -> str:
    """Everything below the register that a verdict depends on, and the pinned dependencies."""
    root = Path(fieldcheck.__file__).parent
    digest = hashlib.sha256()
    files = [root / f for f in ("claim.py", "relations.py", "domains.py", "verdict.py")]
    for folder in ("arithmetic", "evidence", "fields", "cones"):
        files += sorted((root / folder).rglob("*.py"))
    lock = root.parent / "requirements.txt"
    for file in [*files, *([lock] if lock.exists() else [])]:
        digest.update(str(file.relative_to(root.parent)).encode())
        digest.update(file.read_bytes())
    digest.update(sys.version.encode())
    return digest.hexdigest()


def claim_hash(claim: Claim, profile: str, seed: int) -> str:
    """What a stored row must match to be reused."""
    source = inspect.getsourcefile(next(iter(claim.forms.values())).body)
    digest = hashlib.sha256(library_digest().encode())
    digest.update(Path(source).read_bytes() if source else b"")
    digest.update(f"{claim.id}/{profile}/{seed}".encode())
    return digest.hexdigest()


__all__ = [
    "as_expected",
    "cap",
    "claim_hash",
    "examine",
    "gather",
    "judge",
    "replay",
    "verify_claim",
    "verify_form",
]
