"""Verifying a form, a claim, and replaying a witness."""

from __future__ import annotations

import hashlib
import inspect
import re
import sys
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib.util import resolve_name
from pathlib import Path
from typing import Any

import numpy as np

import fieldcheck
from fieldcheck.arithmetic.array import Unsupported
from fieldcheck.claim import Claim, ClaimError, Form, registered
from fieldcheck.domains import Domain
from fieldcheck.evidence.clock import TooSlow, limited
from fieldcheck.evidence.decide import decide
from fieldcheck.evidence.profiles import PROFILES, Profile
from fieldcheck.evidence.statement import Statement
from fieldcheck.verdict import Evidence, Verdict

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
    from fieldcheck.evidence.kill import counted
    from fieldcheck.evidence.threshold import threshold

    verdict, evidence, relations = judge(form, profile, seed)
    if form.role == "neighbour" and form.expect == "refuted" and verdict.verdict == "refuted":
        try:
            verdict = counted(claim, form, verdict)
        except Exception as error:  # the true claim's body may break where the neighbour's ran
            main = Statement(claim.forms[f"{claim.id}/claim"])
            reason = f"the true claim cannot be evaluated there: {_blame(main, error)}"
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
    """What dropping a hypothesis showed; null for the other roles.

    A claim that holds holds wherever the hypothesis does, so a witness against the dropped form
    violates it.  A claim expected refuted has no dropped forms.
    """
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
        "none_dropped_because": claim.none_dropped_because(),
        "forms": forms,
        "seconds": seconds,
    }


def as_expected(row: dict[str, Any]) -> bool:
    """Does every form of a ledger row have its expected verdict?"""
    return all(f["expected"] is None or f["verdict"] == f["expected"] for f in row["forms"])


# -- replay --------------------------------------------------------------------------------------
NOTHING = {"lhs": "", "rhs": "", "residual": "", "certified": False, "inputs": {}}
"""What a witness that does not refute again has to show."""


def replay(form: Form, witness: dict[str, Any], digits: int = 60) -> dict[str, Any]:
    """Rebuild a stored witness from its raw parameters and evaluate both sides again.

    Raises ClaimError where the witness does not fit the form: the claim has changed since.
    """
    from fieldcheck.evidence.witness import raw_from_record

    statement = Statement(form)
    raw = raw_from_record(witness["raw"])
    _same_parameters(statement, witness, raw)
    again = {"Law": _replay_law, "Rate": _replay_rate, "Rank": _replay_rank}
    again["Solutions"] = _replay_solutions
    rebuild = again.get(witness["relation"], _replay_point)
    return {"entry": witness["entry"], **rebuild(statement, witness, raw, digits)}


def _same_parameters(statement: Statement, witness: dict[str, Any], raw: dict[str, Any]) -> None:
    if witness["relation"] == "Law":
        return
    known = set(statement.size_names) <= set(witness["sizes"])
    wanted = statement.raw_shapes(witness["sizes"]) if known else None
    if wanted != {name: np.shape(v) for name, v in raw.items()}:
        raise ClaimError(
            f"the stored witness of {statement.key} does not fit the statement as it is now "
            f"(other inputs or shapes): run `fieldcheck verify {statement.form.claim_id}` first"
        )


def _replay_point(statement, witness, raw, digits) -> dict[str, Any]:
    from fieldcheck.evidence.witness import certified, shown, shown_inputs

    inputs = shown_inputs(statement, raw, digits)
    found = certified(statement, witness["sizes"], raw, digits)
    if found is None:
        return {**NOTHING, "inputs": inputs}
    gap = (
        (found.left[0] - found.right[0], found.left[1] - found.right[1])
        if isinstance(found.left, tuple)
        else found.left - found.right
    )
    return {
        "lhs": shown(found.left, digits),
        "rhs": shown(found.right, digits),
        "residual": shown(gap, digits),
        "certified": True,
        "inputs": inputs,
    }


def _replay_law(statement, witness, raw, digits) -> dict[str, Any]:
    from fieldcheck.evidence import law

    part, seed = law.of_witness(witness)
    draw = law.drawn(statement, part, seed)
    return {
        "lhs": f"{draw.value:.6g}",
        "rhs": f"[{draw.low:.6g}, {draw.high:.6g}]",
        "residual": f"false-alarm rate {draw.false_alarm:g}",
        "certified": draw.outside,
        "inputs": witness["inputs"],
    }


def _replay_rate(statement, witness, raw, digits) -> dict[str, Any]:
    from fieldcheck.evidence import rate
    from fieldcheck.evidence.witness import shown, shown_inputs

    for part in statement.parts("Rate"):
        found = rate.judge(statement, raw, part, rate.DOUBLINGS["standard"], digits)
        if found.outcome == "refutes":
            return {
                "entry": "; ".join(f"n = {n}: {shown(e, 12)}" for n, e in found.table),
                "lhs": found.reason,
                "rhs": witness["rhs"],
                "residual": "",
                "certified": True,
                "inputs": shown_inputs(statement, raw, digits),
            }
    return NOTHING


def _replay_rank(statement, witness, raw, digits) -> dict[str, Any]:
    """More than claimed is seen at the point; fewer is what primes say of all points."""
    from fieldcheck.evidence import rank
    from fieldcheck.evidence.statement import stream
    from fieldcheck.evidence.witness import shown_inputs

    bound = PROFILES["standard"].bound
    for part in statement.parts("Rank"):
        here, claimed = rank.rank_at(statement, raw, part)
        reason = ""
        if here < claimed:
            rng = stream(statement.key, "replay", 0)
            here, _, log2, primes = rank.generic(statement, witness["sizes"], part, rng, bound)
            reason = f"by {primes} primes, error below 2^{log2:.0f}"
        if here != claimed:
            return {
                "lhs": str(here),
                "rhs": str(claimed),
                "residual": str(here - claimed) + (f" ({reason})" if reason else ""),
                "certified": True,
                "inputs": shown_inputs(statement, raw, 30),
            }
    return NOTHING


def _replay_solutions(statement, witness, raw, digits) -> dict[str, Any]:
    from fieldcheck.evidence.solutions import disagrees
    from fieldcheck.evidence.witness import shown_inputs

    return {
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
    """What a stored row must match to be reused: the library, the pinned dependencies, the Python,
    the claim's file and what that imports of its own folder, profile and seed."""
    digest = hashlib.sha256(library_digest().encode())
    source = inspect.getsourcefile(next(iter(claim.forms.values())).body)
    if source:
        for file in sorted(_with_neighbours(Path(source).resolve(), claim.module)):
            digest.update(str(file.name).encode())
            digest.update(file.read_bytes())
    digest.update(f"{claim.id}/{profile}/{seed}".encode())
    return digest.hexdigest()


def _with_neighbours(source: Path, module: str) -> set[Path]:
    """A claims file and the files of its folder that it imports, directly or not."""
    files, todo = {source}, [module]
    while todo:
        for name in _imported(todo.pop()):
            file = getattr(sys.modules.get(name), "__file__", None)
            path = Path(file).resolve() if file else source
            if path not in files and path.is_relative_to(source.parent):
                files.add(path)
                todo.append(name)
    return files


IMPORTS = re.compile(
    r"^[ \t]*(?:from[ \t]+([.\w]+)[ \t]+import[ \t]+(\([^)]*\)|[^\n]*)|import[ \t]+([^\n]*))",
    re.MULTILINE,
)


@cache
def _imports(text: str, package: str) -> set[str]:
    """Names of the modules that a text imports (and of some things that are none).

    Read with a pattern: a parser takes longer than all else that a run without work does.
    """
    names: set[str] = set()
    for origin, what, plain in IMPORTS.findall(text):
        names.update(re.findall(r"[.\w]+", plain))
        if origin:
            start = resolve_name(origin, package) if origin.startswith(".") else origin
            names.update((start, *(f"{start}.{name}" for name in re.findall(r"\w+", what))))
    return names


def _imported(module: str) -> set[str]:
    home = sys.modules.get(module)
    file = getattr(home, "__file__", None)
    package = getattr(home, "__package__", None) or ""
    return _imports(Path(file).read_text(encoding="utf-8"), package) if file else set()


__all__ = [
    "as_expected",
    "claim_hash",
    "examine",
    "gather",
    "judge",
    "replay",
    "verify_claim",
    "verify_form",
]
