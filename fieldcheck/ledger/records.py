"""What the ledger holds, as typed records: one definition gives validation, JSON and the schema.

A number beyond a count is a string ("1/2", "0x1.8p-3"): a JSON float would lose digits, and is
refused wherever it stands.  Rows come as plain dicts from the evidence and pass :func:`sealed`, the
ledger's door; above it everything is typed.
"""

from __future__ import annotations

import hashlib
import re
from functools import cached_property
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, structs

from fieldcheck.ledger.errors import unknown
from fieldcheck.verdict import HOLDING, LATE, STOPPED, Outcome, Why, Word, certain

SCHEMA = "fieldcheck-ledger/2"

Text = Annotated[str, Meta(min_length=1)]
Count = Annotated[int, Meta(ge=0, le=2**63 - 1)]
Power = Annotated[str, Meta(pattern=r"^[+-]?([0-9]+(\.[0-9]+)?|inf)$")]
Orders = Annotated[str, Meta(pattern=r"^[+-]?([0-9]+(\.[0-9]+)?|inf)(, [+-]?[0-9]+(\.[0-9]+)?)*$")]
"""One order, or those of several parts."""
Seconds = Annotated[str, Meta(pattern=r"^[0-9]+(\.[0-9]+)?$")]
Grade = Literal["exact", "enclosed", "series", "ladder", "rate", "law", "sampled"]
Sizes = dict[str, Literal["all"] | tuple[Count, ...]]
Numbers = Any
"""A number as an exact or decimal string, a count, or a nested list or object of these."""


class Record(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Base of the records: every field named, none besides."""


class Expected(Record):
    """What the register expects: a word, and the sizes or the box that must be reached."""

    word: Literal[
        "proved", "proved up to", "proved on", "stands", "refuted", "holds"
    ]  # the last: any of the first four
    sizes: dict[str, Count]
    box: str | None

    def __str__(self) -> str:
        listed = ", ".join(f"{name} = {n}" for name, n in self.sizes.items())
        return f"{self.word} {listed}".strip()


class Scope(Record):
    """How far a proof reaches; of what stands, which side conditions were not discharged.

    sizes: "all", or the values covered in every combination.  inputs: what of each domain is
    covered: "all", "dense", or the part.  left_out: where a side has no value.  stated: the sizes
    are all that the statement speaks of.
    """

    sizes: Sizes
    inputs: dict[str, str]
    box: str | None
    conditions: tuple[str, ...]
    left_out: tuple[str, ...]
    stated: bool


class Worst(Record):
    """The worst case of a method: what was measured, its size, and where (sizes, raw, seed)."""

    what: Text
    log10: Power | None
    raw: dict[str, Numbers] | None


class Evidence(Record):
    """What one method did and found on one form; with the relations it gives the verdict again."""

    method: Text
    outcome: Outcome
    why: Why | None
    detail: str
    grade: Grade | None
    agrees: tuple[Count, ...]
    vacuous: bool
    error: str
    cases: Count
    shapes: Count
    strata: dict[str, Count]
    digits: Count | None
    log2_bound: Power | None
    order: Orders | None
    box: str | None
    cells: Count | None
    worst: Worst | None
    proves: dict[str, Scope]  # by the number of the part, from 1
    proof: dict[str, Numbers] | None  # what an independent checker needs

    @property
    def reason(self) -> str:
        """Why it is silent, or what it has to add, as a sentence."""
        if self.why is None or self.why is Why.OTHER:
            return self.detail
        return f"{self.why}: {self.detail}" if self.detail else str(self.why)


class Threshold(Record):
    """The smallest relative fault that the same evidence refuted: 10^log10, "any", or none."""

    log10: Annotated[str, Meta(pattern=r"^(any|-?[0-9]+(\.[0-9]+)?)$")] | None
    tried: Count
    perturbed: Text


class Witness(Record):
    """A point that refutes; ``raw`` and ``sizes`` rebuild it, ``part``, ``index``, ``side`` say
    where it fails."""

    relation: Text
    sizes: dict[str, Count]
    raw: dict[str, Numbers]
    inputs: dict[str, Numbers]
    part: Count
    index: tuple[Count, ...]
    side: Text
    lhs: str
    rhs: str
    certified_by: Text
    digits: Count
    table: tuple[tuple[Count, str], ...]  # of a rate: n and the remainder there
    seed: int | None  # of a law


class FormRow(Record, omit_defaults=True):
    """One statement, judged."""

    key: Annotated[str, Meta(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*/[A-Za-z0-9_.-]+$")]
    role: Literal["claim", "printed", "reading", "neighbour", "dropped"]
    title: Text
    tex: str | None
    hypothesis: str | None
    parts: tuple[Text, ...]  # the relations that the body returns
    expected: Expected | None
    met: bool  # the verdict says at least as much as was expected
    verdict: Word
    grade: Grade | None
    scope: Scope | None
    visited: dict[str, tuple[Count, ...]]  # the sizes that a search looks at
    log2_bound: Power | None
    entropy: str | None
    outcome: str | None  # of a dropped form: what leaving the hypothesis out showed
    because: str | None
    threshold: Threshold | None
    evidence: tuple[Evidence, ...]
    witness: Witness | None
    where: tuple[Text, ...] = ()  # hypotheses beside the domains

    @property
    def name(self) -> str:
        """The key without its claim."""
        return self.key.partition("/")[2]

    @property
    def holds(self) -> bool:
        return self.verdict in HOLDING

    @property
    def certain(self) -> bool:
        return certain(self.verdict)

    @property
    def stopped(self) -> bool:
        """Did a limit cut it short, so that another run could say more?"""
        because, threshold = self.because or "", self.threshold
        if because.startswith(STOPPED) or (threshold and threshold.perturbed.startswith(STOPPED)):
            return True
        return not self.certain and any(LATE in e.detail for e in self.evidence)


class Source(Record):
    """Where a statement is printed."""

    work: Text
    place: str | None


class ClaimRow(Record):
    """A claim with all its forms, the claim's own first.

    rests_on: the weakest word among the claim and all it needs; null where something below does not
    come out as expected.  weakest: the claim below that sets it.  Both follow from the other rows
    and lie outside the seal.
    """

    id: Annotated[str, Meta(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
    title: Text
    chapter: Text
    sources: tuple[Source, ...]
    equations: tuple[Text, ...]
    needs: tuple[Text, ...]
    hash: Text  # of all that the row depends on
    expected: Expected
    verdict: Word
    grade: Grade | None
    scope: Scope | None
    rests_on: Word | None
    weakest: str | None
    none_dropped_because: str | None
    forms: Annotated[tuple[FormRow, ...], Meta(min_length=1)]
    seal: str = ""

    @property
    def main(self) -> FormRow:
        """The claim's own form."""
        return self.forms[0]

    def of(self, role: str) -> list[FormRow]:
        """The forms of a role."""
        return [form for form in self.forms if form.role == role]

    @property
    def surprises(self) -> list[FormRow]:
        """The forms that say less than the register expects (dropped forms never do)."""
        return [form for form in self.forms if not form.met]

    @property
    def as_expected(self) -> bool:
        return not self.surprises

    @property
    def stopped(self) -> bool:
        """Did a limit cut a form short?  Such a row is shown, and not kept."""
        return any(form.stopped for form in self.forms)


class Run(Record):
    """Which library, which lock, which draw; complete: every claim has a row of this run."""

    version: Text
    commit: str | None  # + behind it: with edits on top
    profile: Annotated[str, Meta(pattern="^(quick|standard|deep)$")]
    seed: Count
    lock: str | None  # SHA-256 of requirements.txt
    complete: bool


class Ledger(Record, kw_only=True, dict=True):
    """What a run of ``fieldcheck verify`` found: a row a claim, and seconds by form key."""

    schema: Literal["fieldcheck-ledger/2"] = "fieldcheck-ledger/2"
    run: Run
    claims: Annotated[tuple[ClaimRow, ...], Meta(min_length=1)]
    timings: dict[str, Seconds] = {}

    @cached_property
    def rows(self) -> dict[str, ClaimRow]:
        """Rows by claim id."""
        return {row.id: row for row in self.claims}

    def row(self, claim_id: str) -> ClaimRow:
        """The row of a claim; :class:`UserError` with near names if there is none."""
        if claim_id not in self.rows:
            raise unknown("claim", claim_id, self.rows)
        return self.rows[claim_id]


class Entry(Record):
    """A line of the journal."""

    row: ClaimRow
    seconds: dict[str, Seconds]


# --- JSON in and out ------------------------------------------------------------------------------


class BadRecord(ValueError):
    """A record is not of the published form; the message names the place and the fault."""


def _refuse(number: str) -> Any:
    raise ValueError(f"{number}: a number beyond a count must be a string")


_DECODERS = {
    kind: msgspec.json.Decoder(kind, float_hook=_refuse) for kind in (Ledger, ClaimRow, Entry)
}


def read(data: bytes, kind: Any) -> Any:
    """A record from JSON.

    Raises:
        BadRecord: it is not of the published form; a msgspec.DecodeError otherwise: it is no JSON.
    """
    try:
        return _DECODERS[kind].decode(data)
    except msgspec.ValidationError as fault:
        raise BadRecord(_placed(str(fault), data)) from None


def written(record: Any) -> bytes:
    """The record as JSON on one line."""
    return msgspec.json.encode(record)


def plain(record: Any) -> Any:
    """The record as the dicts, lists and strings of its JSON."""
    return msgspec.json.decode(written(record))


def schema() -> dict[str, Any]:
    """The published JSON Schema of a ledger."""
    return msgspec.json.schema(Ledger)


_AT = re.compile(r"(?P<what>.*) - at `\$(?P<path>.*)`$", re.DOTALL)
_STEP = re.compile(r"\.(\w+)|\[(\d+)\]|(\[\.\.\.\])")


def _placed(message: str, data: bytes) -> str:
    """``claims[2] (softmax-free-energy) / forms[0] (…/claim) / verdict: …``: a path to follow."""
    found = _AT.match(message)
    if found is None:
        return f"the document: {message}"
    value, parts = msgspec.json.decode(data), [""]
    for name, index, inside in _STEP.findall(found["path"]):
        if name:
            value = value.get(name) if isinstance(value, dict) else None
            parts.append(name)
        elif index:
            value = value[int(index)] if isinstance(value, list) else None
            label = (value.get("key") or value.get("id")) if isinstance(value, dict) else None
            parts[-1] += f"[{index}]" + (f" ({label})" if isinstance(label, str) else "")
        else:
            value = None
            parts[-1] += inside
    return f"{' / '.join(filter(None, parts)) or 'the document'}: {found['what']}"


# --- seals ----------------------------------------------------------------------------------------


def seal_of(row: ClaimRow) -> str:
    """A hash of the row's content: an edited row does not fit it.  Integrity, and no trust."""
    bare = structs.replace(row, seal="", rests_on=None, weakest=None)
    return hashlib.sha256(written(bare)).hexdigest()[:32]


def sealed(made: dict[str, Any] | ClaimRow) -> ClaimRow:
    """The ledger's door: a row as the evidence made it, held against the published form, sealed.

    Raises:
        BadRecord: the row is not of the published form.
    """
    row = read(written(made), ClaimRow)
    return structs.replace(row, seal=seal_of(row))
