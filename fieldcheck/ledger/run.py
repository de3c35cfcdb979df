"""A run: which claims still need verifying, in what order, and what is kept of them."""

from __future__ import annotations

import hashlib
import importlib
import importlib.metadata
import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from msgspec import structs

from fieldcheck.ledger import pool, store
from fieldcheck.ledger.errors import LedgerError, OldLedger, UserError, unknown
from fieldcheck.ledger.records import ClaimRow, Ledger, Run

MACHINE = "fieldcheck.ledger.machine"


class Progress(Protocol):
    """What a run tells whoever watches it."""

    def planned(self, reused: int, todo: int) -> None: ...
    def started(self, claim_id: str) -> None: ...
    def finished(self, done: pool.Done) -> None: ...


@dataclass
class Request:
    """What the caller asks for."""

    profile: str = "standard"
    seed: int = 0
    jobs: int = 1
    ids: Sequence[str] = ()
    chapter: str | None = None
    files: Sequence[str] = ()
    fresh: bool = False
    patient: bool = False
    """Wait while another run writes the ledger, instead of refusing."""
    path: Path | None = None
    """Where the ledger goes; None keeps nothing."""
    replace: bool = False
    """A whole run may take the place of one of another profile or seed."""
    limits: pool.Limits | None = None
    """Of one form, in place of the profile's own."""


@dataclass
class Outcome:
    """What came of it. ``rows`` are those asked for; ``ledger`` is all that the file holds."""

    rows: list[ClaimRow]
    faults: dict[str, str]
    reused: int
    resumed: int
    ledger: Ledger
    stopped: int = 0
    """Rows that a limit cut short; they are not kept."""
    path: Path | None = None
    written: bool = False

    @property
    def as_expected(self) -> bool:
        """Every claim asked for has a row, and every row is as the register expects."""
        return not self.faults and all(row.as_expected for row in self.rows)


def known(machine: str, files: Sequence[str] = (), *, judging: bool = True) -> dict[str, Any]:
    """The claims: the register's, or those of files, which a worker reads and tells; without
    ``judging``, for who runs none of their bodies.

    Raises:
        UserError: they cannot be read; the message names the file.
    """
    if files:
        return pool.read(files, machine=machine)
    claims: dict[str, Any] = importlib.import_module(machine).load(judging=judging)
    return claims


def choose(claims: dict[str, Any], ids: Sequence[str], chapter: str | None) -> list[str]:
    """The ids to verify, in the register's order. A form key stands for its claim.

    Raises:
        UserError: an unknown id or chapter (with near names), or nothing to verify.
    """
    if not claims:
        raise UserError("there is no claim to verify: the register is empty")
    wanted: set[str] = set()
    for name in ids:
        claim_id = name.partition("/")[0]
        if claim_id not in claims:
            raise unknown("claim", claim_id, claims)
        wanted.add(claim_id)
    if chapter is not None:
        chapters = {claim.chapter for claim in claims.values()}
        if chapter not in chapters:
            raise unknown("chapter", chapter, chapters)
        of_chapter = {name for name, claim in claims.items() if claim.chapter == chapter}
        if wanted and not wanted & of_chapter:
            raise UserError(f"none of {', '.join(sorted(wanted))} is in chapter '{chapter}'")
        wanted = wanted & of_chapter if wanted else of_chapter
    return [name for name in claims if not wanted or name in wanted]


def run(request: Request, progress: Progress, machine: str = MACHINE) -> Outcome:
    """Verify what is asked for, reusing every row that still fits.

    It fits if its hash is that of the sources and its verdicts follow from its evidence. Its words
    are the register's, whatever the file says.

    Rows go to the journal as they come, and are folded into the ledger at the end. An interrupted
    run leaves the ledger as it was and the journal beside it: the next run starts from there.

    Raises:
        UserError: bad input. KeyboardInterrupt passes through with the journal in place.
    """
    engine = importlib.import_module(machine)
    claims = known(machine, request.files)
    ids = choose(claims, request.ids, request.chapter)
    if request.path is None:
        return _keep(request, engine, claims, ids, None, progress, machine)
    store.check_writable(request.path)
    with store.Journal(request.path, patient=request.patient) as journal:
        return _keep(request, engine, claims, ids, journal, progress, machine)


def _keep(
    request: Request,
    engine: Any,
    claims: dict[str, Any],
    ids: list[str],
    journal: store.Journal | None,
    progress: Progress,
    machine: str,
) -> Outcome:
    old = _old_ledger(request)
    hashes = {
        name: engine.claim_hash(claims[name], request.profile, request.seed) for name in claims
    }
    have: dict[str, ClaimRow] = dict(old.rows) if old else {}
    others = _others(request, engine, claims, have)
    seconds: dict[str, str] = dict(old.timings) if old else {}
    resumed = 0
    if journal is not None:
        for name, row in journal.rows.items():
            if row.hash == hashes.get(name):
                resumed += name not in have or have[name].hash != row.hash
                have[name] = row
        seconds.update(journal.seconds)
    have = {name: row for name, row in have.items() if name in claims}
    for name, row in [(name, row) for name, row in have.items() if _fits(row, hashes[name])]:
        said = engine.in_words_of(claims[name], row)
        if said is None:
            del have[name]  # not what a run wrote, whatever its seal says
        else:
            have[name] = said

    kept = {name for name in ids if not request.fresh and _fits(have.get(name), hashes[name])}
    todo = [name for name in ids if name not in kept]
    progress.planned(len(kept), len(todo))
    faults: dict[str, str] = {}
    stopped: dict[str, ClaimRow] = {}
    for done in pool.verify_all(
        _longest_first(todo, seconds),
        machine=machine,
        files=request.files,
        profile=request.profile,
        seed=request.seed,
        jobs=request.jobs,
        limits=request.limits,
        on_start=progress.started,
    ):
        if done.row is None:
            faults[done.claim_id] = done.fault or "no row"
            have.pop(done.claim_id, None)
        elif done.row.stopped:  # shown, but a limit is no verdict: the next run tries again
            stopped[done.claim_id] = done.row
            have.pop(done.claim_id, None)
        else:
            if journal is not None:
                journal.append(done.row, done.seconds)
            have[done.claim_id] = done.row
            seconds.update(done.seconds)
        progress.finished(done)

    rows = store.rested({name: have[name] for name in claims if name in have})
    shown = store.rested({**rows, **stopped})
    rows.update(others)
    complete = all(_fits(rows.get(name), hashes[name]) for name in claims)
    keys = {form.key for row in rows.values() for form in row.forms}
    ledger = Ledger(
        run=run_record(request.profile, request.seed, complete),
        claims=tuple(rows.values()),
        timings={key: value for key, value in seconds.items() if key in keys},
    )
    outcome = Outcome(
        rows=[shown[name] for name in ids if name in shown],
        faults=faults,
        stopped=len(stopped),
        reused=len(kept),
        resumed=resumed,
        ledger=ledger,
        path=request.path,
    )
    if request.path is not None and rows:
        outcome.written = store.write(request.path, ledger)
        if journal is not None:
            journal.remove()
    return outcome


def vouched(ledger: Ledger, claims: dict[str, Any], engine: Any, path: Path) -> Ledger:
    """The ledger with the words of the register, each verdict decided again from its evidence.

    A stale row is left as it is, and shown as stale: there, register and evidence may differ.

    Raises:
        LedgerError: a row of these sources is not what its evidence says.
    """
    rows = {}
    for name, row in ledger.rows.items():
        rows[name] = row
        if name not in claims:
            continue
        said = engine.in_words_of(claims[name], row)
        run = ledger.run
        if said is None and row.hash == engine.claim_hash(claims[name], run.profile, run.seed):
            raise LedgerError(
                f"the row of {name} in {path} is not what a run wrote (its verdicts do not follow "
                f"from its evidence): run `fieldcheck verify {name}` again"
            )
        rows[name] = said or row
    return structs.replace(ledger, claims=tuple(store.rested(rows).values()))


def _fits(row: ClaimRow | None, wanted: str) -> bool:
    return row is not None and row.hash == wanted


def _old_ledger(request: Request) -> Ledger | None:
    """The ledger to build on, if there is one; a broken one is never overwritten."""
    if request.path is None or not request.path.exists():
        return None
    try:
        old = store.read(request.path)
    except OldLedger:
        return None
    if (old.run.profile, old.run.seed) == (request.profile, request.seed):
        return old
    whole = not (request.ids or request.chapter)
    if whole and request.replace:
        return None
    raise UserError(
        f"{request.path} holds a {old.run.profile} run with seed {old.run.seed}, and a "
        f"ledger holds one profile and seed: name another file with --json"
        + (", or say --replace" if whole else "")
    )


def _others(
    request: Request, engine: Any, claims: dict[str, Any], have: dict[str, ClaimRow]
) -> dict[str, ClaimRow]:
    """Rows of a ledger that are of other claims than this run's, to be kept as they are.

    A ledger of the register keeps no claim that is gone; but what is no ledger of the register does
    not become one, and claims of a file do not go into the register's.
    """
    others = {name: row for name, row in have.items() if name not in claims}
    if not others:
        return {}
    own = len(others) < len(have)
    register = engine.load() if request.files else claims
    if request.files and not others.keys() & register.keys():
        return others
    if own and not request.files:
        return {}
    named = ", ".join(list(others)[:3])
    raise UserError(
        f"{request.path} is the ledger of other claims ({named}): name another file with --json"
    )


def apart(path: Path, profile: str, seed: int) -> Path:
    """The ledger at ``path``, or, if that holds another profile or seed, one beside it."""
    try:
        held = store.read(path).run if path.exists() else None
    except OldLedger:
        held = None  # a run replaces it
    if held is None or (held.profile, held.seed) == (profile, seed):
        return path
    return path.with_name(f"{path.stem}-{profile}-{seed}.json")


def _longest_first(ids: list[str], seconds: dict[str, str]) -> list[str]:
    """So that no worker starts the longest claim when the others are done."""
    spent: dict[str, float] = {}
    for key, value in seconds.items():
        claim_id = key.partition("/")[0]
        spent[claim_id] = spent.get(claim_id, 0.0) + float(value)
    return sorted(ids, key=lambda name: -spent.get(name, float("inf")))


# --- what a run records of itself -----------------------------------------------------------------


def run_record(profile: str, seed: int, complete: bool) -> Run:
    """The ledger's ``run``: which library, which lock, which draw."""
    return Run(
        version=version(),
        commit=_commit(),
        profile=profile,
        seed=seed,
        lock=_lock(),
        complete=complete,
    )


def version() -> str:
    """The installed library's version."""
    try:
        return importlib.metadata.version("fieldcheck")
    except importlib.metadata.PackageNotFoundError:  # used from a checkout, not installed
        return "0+uninstalled"


def _library_root() -> Path:
    return Path(__file__).resolve().parents[2]


def _commit() -> str | None:
    """The checkout's commit, with ``+`` if the library differs from it; None outside a checkout."""
    root = _library_root()
    if not (root / ".git").exists():
        return None
    try:
        commit = _git(root, "rev-parse", "--short=12", "HEAD").strip()
        edited = _git(root, "status", "--porcelain", "--", "fieldcheck", "requirements.txt").strip()
    except (OSError, subprocess.SubprocessError):
        return None
    return commit + ("+" if edited else "") if commit else None


def _git(root: Path, *words: str) -> str:
    return subprocess.run(
        ["git", *words], cwd=root, capture_output=True, text=True, timeout=20, check=True
    ).stdout


def _lock() -> str | None:
    lock = _library_root() / "requirements.txt"
    try:
        return hashlib.sha256(lock.read_bytes()).hexdigest()
    except OSError:
        return None


def default_jobs() -> int:
    """One worker a core that this process may use, at most 16: each holds its own torch."""
    try:
        cores = len(os.sched_getaffinity(0))
    except AttributeError:  # pragma: no cover - not Linux
        cores = os.cpu_count() or 1
    return max(1, min(cores, 16))
