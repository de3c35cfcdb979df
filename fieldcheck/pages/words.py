"""The sentences that a terminal and a page say alike."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from fieldcheck.ledger.records import ClaimRow, Evidence, FormRow, Threshold, Witness
from fieldcheck.pages import numbers
from fieldcheck.verdict import ALL, HOLDING, ON, PROVED, REFUTED, STANDS, UP_TO, Word, certain

THRESHOLD_ANY = "any"

MARK = {
    Word.PROVED: "●", Word.UP_TO: "●", Word.ON: "●", Word.STANDS: "○",
    Word.REFUTED: "■", Word.FAILS: "□", Word.UNDECIDED: "?", Word.INVALID: "!",
}  # fmt: skip
"""Filled: certain, no further run can say otherwise. Open: numerical. Round: for it."""

AGAINST = (Word.REFUTED, Word.FAILS)

GRADE_MEANS = {
    "exact": "by exact arithmetic",
    "enclosed": "by ball arithmetic over a box or point",
    "series": "by power series whose coefficients are identities",
    "rate": "by convergence at the stated order",
    "ladder": "by balls at rising precision, at generic points",
    "law": "by a statistical test fixed beforehand",
    "sampled": "by search only: no counterexample was found",
}

FLOATS = ("sampled", "search", "campaign")
"""Methods whose residuals are floats: proposals, which other arithmetic disposes of."""

OUTCOME_MEANS = {
    "necessary": "needed: without it the statement fails",
    "superfluous": "not needed: the statement holds without it",
    "not shown necessary": "not shown to be needed",
    "meaningless without it": "needed for the statement to make sense",
}


def count(number: int, what: str) -> str:
    """``1 claim``, ``2 claims``, ``2 160 cases``."""
    return f"{number:,} {what}".replace(",", " ") + ("" if number == 1 else "s")


# --- verdicts -------------------------------------------------------------------------------------


def tone(word: str) -> str:
    """Whose colour a verdict has: holds, refuted, undecided or invalid."""
    if word in HOLDING:
        return "holds"
    return "refuted" if word in AGAINST else str(word)


def sureness(word: str) -> str:
    """Certain verdicts have a full badge, the others an outlined one."""
    return "certain" if certain(word) else "numerical"


def counts(verdicts: Iterable[str]) -> str:
    """``3 proved, 1 proved up to, 2 stand``: every word by itself, the surest first."""
    found = Counter(verdicts)
    plural = {Word.STANDS: "stand", Word.FAILS: "fail"}
    return ", ".join(
        f"{found[word]} {plural.get(word, word) if found[word] != 1 else word}"
        for word in Word
        if found[word]
    )


# --- how far a verdict reaches --------------------------------------------------------------------


def listed(sizes: Mapping[str, Sequence[int]], *, largest: bool = False) -> str:
    """``N, C = 1..6; M = 1, 4``; of what runs from 1 on, ``largest`` says only the end.

    >>> listed({"N": (1, 2, 3), "C": (1, 2, 3)}), listed({"N": (1, 2), "M": (2, 4)}, largest=True)
    ('N, C = 1..3', 'N = 2; M = 2, 4')
    """
    groups: dict[tuple[int, ...], list[str]] = {}
    for name, values in sizes.items():
        groups.setdefault(tuple(values), []).append(name)
    return "; ".join(f"{', '.join(ns)} = {_run(vs, largest)}" for vs, ns in groups.items())


def _run(values: tuple[int, ...], largest: bool) -> str:
    if len(values) < 2 or values != tuple(range(values[0], values[-1] + 1)):
        return ", ".join(map(str, values)) or "none"
    if largest and values[0] == 1:
        return str(values[-1])
    return ", ".join(map(str, values)) if len(values) == 2 else f"{values[0]}..{values[-1]}"


def headline(form: FormRow) -> str:
    """The verdict with its reach: ``proved for every N, C``, ``proved up to N, C = 6``."""
    tried = listed(form.visited)
    if form.verdict == STANDS and tried:
        return f"stands, tried at {tried}"
    return reach(form.verdict, form.scope)


def reach(word: str, scope: Any) -> str:
    """The word with the sizes or the box of its scope (a record's, or a verdict's own)."""
    if scope is None or word not in (PROVED, UP_TO, ON):
        return str(word)
    every = ", ".join(name for name, values in scope.sizes.items() if values == ALL)
    some = listed({k: v for k, v in scope.sizes.items() if v != ALL}, largest=word != PROVED)
    if word == PROVED and some:
        return f"proved for {some}, all that it states" + (f", every {every}" if every else "")
    if word == PROVED:
        return f"proved for every {every or 'input'}"
    said = _up_to(scope.sizes) if word == UP_TO else f"on {box(scope.box)}"
    return f"proved {said}" + (f", every {every}" if every else "")


def _up_to(sizes: Mapping[str, Any]) -> str:
    """``up to C = 3, for N = 3, 4``: a list that does not begin at 1 has no end to go up to."""
    some = {k: tuple(v) for k, v in sizes.items() if v != ALL}
    runs = {k: v for k, v in some.items() if len(v) > 1 and v == tuple(range(1, len(v) + 1))}
    other = listed({k: v for k, v in some.items() if k not in runs})
    if not runs:
        return f"up to the sizes {other}"
    return f"up to {listed(runs, largest=True)}" + (f", for {other}" if other else "")


def box(text: str | None) -> str:
    """``x.x in [-2, 2]`` as ``x in [-2, 2]``."""
    return re.sub(r"\b(\w+)\.\1\b", r"\1", text or "a box")


def badge(form: FormRow) -> str:
    """What stands in a badge: the word, and of *proved up to* the sizes."""
    if form.verdict == ON:
        return "proved on a box"
    return headline(form) if form.verdict == UP_TO else str(form.verdict)


def extent(form: FormRow) -> str:
    """How far a verdict reaches, in one of eight phrases: what a list can be narrowed down to."""
    if form.verdict == UP_TO:
        return "some sizes"
    if form.verdict == ON:
        return "a box"
    if form.verdict == STANDS:
        return "what was tried"
    if form.verdict != PROVED:
        return "a point" if form.verdict == REFUTED else "nothing"
    if form.scope is not None and form.scope.stated:
        return "the sizes it states"
    part = form.scope is not None and (_limits(form) != [])
    return "every size, with exceptions" if part else "every size and input"


def scope_line(form: FormRow) -> str:
    """One line: how far the verdict reaches, and what it leaves open."""
    if form.verdict == STANDS:
        return _stands(form)
    if not form.holds:
        return _against(form)
    return "; ".join([headline(form), *error(form), *_limits(form)])


def sure_line(form: FormRow) -> str:
    """The verdict's reach in one line of a card; what it leaves open, and the chance of error, are
    :func:`scope_line`'s."""
    if form.holds:
        return headline(form)
    if form.verdict != REFUTED or form.witness is None:
        return _against(form)
    by = form.witness.certified_by
    how = {"rational": "exact rational arithmetic", "ball": "ball arithmetic"}.get(by, by)
    return f"refuted at one point, in {how}"


def against(form: FormRow) -> str:
    """Of a form that fails, how, in a few words."""
    return "refuted at one point" if form.verdict == REFUTED else str(form.verdict)


def error(found: FormRow | Evidence) -> list[str]:
    """The chance that something false passed; nothing where nothing was left to chance."""
    bound = found.log2_bound
    return [f"chance of error below 2^{whole(bound)}"] if bound not in (None, "-inf") else []


def _limits(form: FormRow) -> list[str]:
    """Inputs that are covered in part, and the points of which nothing is said."""
    if form.scope is None:
        return []
    part = {k: v for k, v in form.scope.inputs.items() if v not in (ALL, "dense")}
    found = [f"where {', '.join(form.where)}"] if form.where else []
    found += [f"of the inputs only a part: {_named(part)}"] if part else []
    out = ", ".join(form.scope.left_out)
    return found + [f"left out: {out}"] * bool(out)


def _named(part: Mapping[str, str]) -> str:
    return ", ".join(k if v == "a part" else f"{k} ({v})" for k, v in part.items())


def _stands(form: FormRow) -> str:
    tried = [listed(form.visited)] if form.visited else []
    strata = [e.strata for e in form.evidence if e.method in FLOATS and e.strata]
    if strata and all(n for counted in strata for n in counted.values()):
        tried.append("every stratum")
    digits = max((e.digits or 0 for e in form.evidence), default=0)
    tried += [f"{digits} digits"] if digits else []
    parts = [f"stands: tried at {', '.join(tried)}" if tried else "stands"]
    if form.scope is not None and form.scope.conditions:
        parts.append(f"not shown: {'; '.join(form.scope.conditions)}")
    elif form.because:
        parts.append(form.because)
    return "; ".join([*parts, *_limits(form)])


def _against(form: FormRow) -> str:
    if form.verdict != REFUTED or form.witness is None:
        return f"{form.verdict}: {form.because}" if form.because else str(form.verdict)
    sizes = ", ".join(f"{k} = {n}" for k, n in form.witness.sizes.items())
    return f"refuted by a certified point{f' at {sizes}' if sizes else ''}"


def whole(text: Any) -> str:
    """A logarithm rounded up to an integer: a bound may be weakened, not strengthened."""
    number = numbers.exact(str(text))
    return str(text) if number is None else str(-((-number.numerator) // number.denominator))


def counted(row: ClaimRow) -> str:
    """A claim's own verdict in short, and how the weakest that it rests on came out."""
    below = row.weakest is not None
    return badge(row.main) + (f"; rests on one {_came_out(row.rests_on)}" if below else "")


def ground(row: ClaimRow) -> str:
    """What the claims below make of a verdict; empty if they leave it as it is."""
    if row.weakest is None:
        return ""
    if row.rests_on is None:
        return f"unsettled, since it rests on {row.weakest}"
    came_out = _came_out(row.rests_on)
    verb = "which is" if not came_out.startswith("that") else "which"
    return f"rests on {row.weakest}, {verb} {came_out.removeprefix('that ')}"


def _came_out(word: str | None) -> str:
    """``proved up to a size``, ``that stands``: what is said of a claim below."""
    said: dict[str | None, str] = {
        UP_TO: "proved up to a size",
        ON: "proved on a box",
        None: "unsettled",
    }
    return said.get(word, f"that {word}" if word in (STANDS, Word.FAILS) else str(word))


# --- evidence -------------------------------------------------------------------------------------


def found(entry: Evidence, *, full: bool = True) -> list[str]:
    """What one method did, in the terms it counts in, and what it has to add."""
    parts = [count(number, what) for number, what in _counted(entry) if number]
    if full and entry.strata:
        parts.append(f"strata {', '.join(entry.strata)}")
    parts += error(entry)
    if entry.order is not None:
        parts.append(f"order {entry.order}")
    if full and entry.box:
        parts.append(f"box {entry.box}")
    if full and entry.worst and entry.worst.log10 is not None:
        parts.append(worst(entry))
    return parts + [entry.reason] * bool(entry.reason)


def plainly(entry: Evidence) -> list[str]:
    """The same for a card: kinds of points counted, not listed, and of floats no residual, which
    is rounding where the form holds."""
    if entry.method not in FLOATS or entry.outcome != "confirms":
        return found(entry)
    kinds = [f"points of {len(entry.strata)} kinds"] if entry.strata else []
    return [*found(entry, full=False)[:1], *kinds, "no counterexample"]


def _counted(entry: Evidence) -> tuple[tuple[int | None, str], ...]:
    return (entry.cases, "case"), (entry.shapes, "shape"), (entry.cells, "cell")


def worst(entry: Evidence) -> str:
    """The worst case of a method: what was measured, and how large it was."""
    assert entry.worst is not None
    what, log10 = entry.worst.what, entry.worst.log10
    if log10 is None:
        return what
    floats = entry.method in FLOATS
    size = "0" if log10 == "-inf" else f"10^{whole(log10) if floats else log10}"
    # rounding: were it a violation, it would have refuted
    return f"{what} {size}" + ", which is rounding: balls at the same points hold zero" * floats


def without_worst(form: FormRow) -> str:
    """Why a form that holds has no worst case from any method; empty if it has one."""
    found = [e.worst for e in form.evidence if e.outcome == "confirms" and e.worst]
    if not form.holds or any(w.log10 is not None for w in found):
        return ""
    reasons = dict.fromkeys(w.what for w in found)
    return f"Worst case {'; '.join(reasons) or 'none: no method measures one'}."


def none_dropped(why: str) -> str:
    """No hypothesis was left out of a claim, and why."""
    return f"No hypothesis was left out in turn: {why}."


def threshold_words(threshold: Threshold | None) -> str | None:
    """What the check would have seen, as a sentence."""
    if threshold is None or threshold.log10 is None:
        return None
    if threshold.log10 == THRESHOLD_ANY:
        return "At the points that were tried a fault of any size would have been seen."
    return f"At those points a uniform relative fault of 10^{threshold.log10} would have been seen."


# --- witnesses ------------------------------------------------------------------------------------


ORDINAL = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth")


def place(form: FormRow, witness: Witness) -> str:
    """Where a witness fails: ``in entry (1, 2) of the second statement``; nothing of a statement's
    only number."""
    index = [k + 1 for k in witness.index]
    alone = all(n == 1 for n in (*index, *witness.sizes.values()))
    at = f"({', '.join(map(str, index))})" if len(index) > 1 else "".join(map(str, index))
    found = ["in the gap that is stated"] * (witness.side == "gap")
    found += [f"in entry {at}"] * bool(index and not alone)
    if len(form.parts) > 1:
        nth = ORDINAL[witness.part] if witness.part < len(ORDINAL) else f"{witness.part + 1}th"
        found.append(f"{'of' if found else 'in'} the {nth} statement")
    return " ".join(found)
