"""The ledger's file: read with a plain message for each fault, written whole or not at all.

While a run goes on, its rows are appended to a journal beside the ledger; at the end they are
folded in and the journal is removed. A run that was stopped leaves the journal, and the next one
starts from it. The form of the file is that of :mod:`.records`.
"""

from __future__ import annotations

import contextlib
import errno
import glob
import os
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO

import msgspec
from msgspec import structs

from fieldcheck import ordinary
from fieldcheck.ledger import records
from fieldcheck.ledger.errors import LedgerError, OldLedger
from fieldcheck.ledger.records import ClaimRow, Entry, Ledger
from fieldcheck.verdict import Word

try:  # pragma: no cover - which branch runs depends on the system
    import fcntl
except ImportError:  # pragma: no cover - Windows: two runs on one ledger are then not kept apart
    fcntl = None  # type: ignore[assignment]

LARGEST = 1 << 30
"""Bytes of a ledger or a journal."""


# --- where the ledger lies ------------------------------------------------------------------------


def project_root(start: Path | None = None) -> Path | None:
    """The nearest folder upwards that holds ``_toc.yml`` and ``fieldcheck/``, or None."""
    try:
        here = (start or Path.cwd()).resolve()
    except OSError:  # the folder that we stand in has been deleted
        return None
    for folder in (here, *here.parents):
        if (folder / "_toc.yml").is_file() and (folder / "fieldcheck").is_dir():
            return folder
    return None


def default_path(start: Path | None = None) -> Path | None:
    """``_build/ledger.json`` of the project around ``start``, or None outside a project."""
    root = project_root(start)
    return None if root is None else root / "_build" / "ledger.json"


# --- reading and writing --------------------------------------------------------------------------


def read(path: Path) -> Ledger:
    """Read a ledger; what a claim rests on is worked out anew.

    Raises:
        LedgerError: absent, unreadable, cut off, of another form, or with an edited row.
    """
    try:
        data = ordinary.read_bytes(path, LARGEST)
    except FileNotFoundError:
        raise LedgerError(f"no ledger at {path}: run `fieldcheck verify` first") from None
    except OSError as fault:
        raise LedgerError(f"cannot read the ledger {path}: {_reason(fault)}") from None
    remedy = "delete it and run `fieldcheck verify`"
    _check_version(path, data, remedy)
    try:
        ledger = records.read(data, Ledger)
    except records.BadRecord as fault:
        raise LedgerError(f"the ledger {path} is broken at {fault}; {remedy}") from None
    edited = [row.id for row in ledger.claims if row.seal != records.seal_of(row)]
    if edited:
        raise LedgerError(
            f"the row of {edited[0]} in {path} is not what a run wrote (its seal does not fit): "
            f"{remedy}"
        )
    return structs.replace(ledger, claims=tuple(rested(ledger.rows).values()))


class _Head(msgspec.Struct):
    schema: str | None = None


def _check_version(path: Path, data: bytes, remedy: str) -> None:
    """One sentence for what is no JSON, no ledger, or a ledger of an older form."""
    try:
        found = msgspec.json.decode(data, type=_Head).schema
    except msgspec.ValidationError:
        found = None
    except RecursionError:
        raise LedgerError(f"the ledger {path} is nested too deeply: {remedy}") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as fault:
        cut = "truncated" in str(fault)
        state = "is cut off" if cut else f"is not JSON ({fault})"
        raise LedgerError(f"the ledger {path} {state}: {remedy}") from None
    if found == records.SCHEMA:
        return
    if found and found.startswith("fieldcheck-ledger/"):
        raise OldLedger(
            f"{path} is of another form ({found}) than this version's ({records.SCHEMA}): "
            f"run `fieldcheck verify` again"
        )
    was = f"its schema is {found!r}" if found else "it has no schema"
    raise LedgerError(f"{path} is not a ledger ({was}): {remedy}")


def dump(ledger: Ledger) -> bytes:
    """The file's text. The same ledger gives the same bytes."""
    ordered = structs.replace(ledger, timings=dict(sorted(ledger.timings.items())))
    return msgspec.json.format(records.written(ordered), indent=1) + b"\n"


def write(path: Path, ledger: Ledger) -> bool:
    """Write the ledger in one step; returns False if the file already held just this.

    A file that does not change keeps its time stamp, so a book made from it is not built again.
    """
    data = dump(ledger)
    path = _real(path)
    try:
        records.read(data, Ledger)
    except records.BadRecord as fault:
        raise LedgerError(f"this ledger is not written, it is broken at {fault}") from None
    with contextlib.suppress(OSError):
        if ordinary.read_bytes(path, LARGEST) == data:
            return False
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=HALF, dir=path.parent)
    except OSError as fault:
        raise LedgerError(f"cannot write the ledger {path}: {_reason(fault)}") from None
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        os.chmod(name, 0o644)  # mkstemp gives 0600, which a web server could not read
        os.replace(name, path)
    except OSError as fault:
        raise LedgerError(f"cannot write the ledger {path}: {_reason(fault)}") from None
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(name)
    return True


def check_writable(path: Path) -> None:
    """Say before a long run, not after it, that its result could not be kept.

    Raises:
        LedgerError: the folder does not exist or cannot be written to, or the path is a folder.
    """
    try:
        if path.is_dir():
            raise LedgerError(f"{path} is a folder: name a file for the ledger")
        if path.exists() and not path.is_file():
            raise LedgerError(f"{path} is no ordinary file: name another for the ledger")
        folder = _real(path).parent
        if not folder.is_dir():
            raise LedgerError(f"the folder {folder} does not exist: create it or name another")
        if not os.access(folder, os.W_OK):
            raise LedgerError(f"the folder {folder} cannot be written to")
        _real(path).with_name(f".{path.name}.{'x' * 8}{HALF}").exists()  # the longest of the names
    except (OSError, ValueError) as fault:
        raise LedgerError(f"cannot write the ledger {path}: {_reason(fault)}") from None


def _real(path: Path) -> Path:
    """Where a link leads to: it is the file that is written, the link stays."""
    return ordinary.behind(path)


JOURNAL, HALF = ".journal", ".half"


def _reason(fault: Exception) -> str:
    return getattr(fault, "strerror", None) or str(fault)


# --- the journal ----------------------------------------------------------------------------------


class Journal:
    """Rows of a run that is not over, one JSON line each, in ``<ledger>.journal``.

    Use it as a context manager. A second run on the same ledger is refused while this one holds
    the journal, or waits for it if it is patient. Rows that an interrupted run left are in
    :attr:`rows` and :attr:`seconds`.
    """

    def __init__(self, ledger_path: Path, *, patient: bool = False) -> None:
        real = _real(ledger_path)
        self.path = real.with_name(real.name + JOURNAL)
        self.patient = patient
        self.rows: dict[str, ClaimRow] = {}
        self.seconds: dict[str, str] = {}
        self.broken_lines = 0
        self._stream: IO[bytes] | None = None

    def __enter__(self) -> Journal:
        self._stream = self._held()
        try:
            self._sweep()
            for entry in self._old_entries():
                self.rows[entry.row.id] = entry.row
                self.seconds.update(entry.seconds)
        except BaseException:
            self.__exit__()
            raise
        return self

    def _held(self) -> IO[bytes]:
        """The open journal, held by this run alone."""
        while True:
            try:
                if self.path.exists() and not self.path.is_file():
                    raise OSError(errno.EINVAL, "it is no ordinary file")
                stream = open(self.path, "a+b")  # noqa: SIM115 - closed by __exit__
            except OSError as fault:
                raise LedgerError(
                    f"cannot write the journal {self.path}: {_reason(fault)}"
                ) from None
            try:
                if fcntl is not None:
                    fcntl.flock(stream, fcntl.LOCK_EX | (0 if self.patient else fcntl.LOCK_NB))
            except OSError:
                stream.close()
                raise LedgerError(
                    f"another run is writing {self.path}: wait for it, or name another ledger"
                ) from None
            self._stream = stream
            if self._is_ours():
                return stream
            self._stream = None
            stream.close()  # whoever held it has removed it since: what is there now is another

    def __exit__(self, *_: object) -> None:
        # A journal with nothing in it says nothing.  It is removed while it is ours, and only then:
        # what stands in its place once it has been removed is another run's.
        if self._is_ours() and self.path.stat().st_size == 0:
            self.remove()
        if self._stream is not None:
            self._stream.close()
            self._stream = None

    def _sweep(self) -> None:
        """Remove what a run that was killed as it wrote left half written beside the ledger."""
        name = self.path.name.removesuffix(JOURNAL)
        for left in self.path.parent.glob(f".{glob.escape(name)}.*{HALF}"):
            with contextlib.suppress(OSError):
                left.unlink()

    def _is_ours(self) -> bool:
        """Is what lies there the file that this run holds?"""
        if self._stream is None:
            return False
        try:
            mine, there = os.fstat(self._stream.fileno()), os.stat(self.path)
        except OSError:
            return False
        return (mine.st_dev, mine.st_ino) == (there.st_dev, there.st_ino)

    def _old_entries(self) -> Iterator[Entry]:
        assert self._stream is not None
        if os.fstat(self._stream.fileno()).st_size > LARGEST:
            raise LedgerError(f"the journal {self.path} is larger than {LARGEST >> 30} GiB")
        self._stream.seek(0)
        data = self._stream.read()
        self._stream.seek(0, os.SEEK_END)
        if data and not data.endswith(b"\n"):
            self._stream.write(b"\n")  # the line that a kill cut off stays a line of its own
        for line in data.split(b"\n"):
            try:
                entry = records.read(line, Entry)
            except (ValueError, msgspec.MsgspecError, RecursionError):
                self.broken_lines += bool(line.strip())
                continue
            if entry.row.seal != records.seal_of(entry.row):
                self.broken_lines += 1
                continue
            yield entry

    def append(self, row: ClaimRow, seconds: dict[str, str]) -> None:
        """Keep one row; it is on the disk when this returns.

        Raises:
            LedgerError: the disk refuses it.
        """
        assert self._stream is not None, "the journal is not open"
        try:
            self._stream.write(records.written(Entry(row=row, seconds=seconds)) + b"\n")
            self._stream.flush()
            os.fsync(self._stream.fileno())
        except OSError as fault:
            raise LedgerError(f"cannot write the journal {self.path}: {_reason(fault)}") from None
        self.rows[row.id] = row
        self.seconds.update(seconds)

    def remove(self) -> None:
        """Forget the journal: its rows are in the ledger now."""
        if self._is_ours():
            self.path.unlink()


# --- what a claim rests on ------------------------------------------------------------------------

STRENGTH = {
    Word.PROVED: 3, Word.REFUTED: 3, Word.UP_TO: 2, Word.ON: 2, Word.STANDS: 1, Word.FAILS: 1,
}  # fmt: skip
"""How firm the ground is that a claim with this verdict gives; nothing else is ground."""


def rested(rows: Mapping[str, ClaimRow]) -> dict[str, ClaimRow]:
    """The rows with ``rests_on`` and ``weakest`` worked out: a claim is no surer than its ground.

    The word is the weakest among the claim and all its ancestors in ``needs``, the nearest named if
    several are as weak. An ancestor that says less than is expected of it, or has no row, leaves
    nothing to rest on: null.
    """
    found = {}
    for name, row in rows.items():
        word, by = _ground(row, rows)
        found[name] = structs.replace(row, rests_on=word, weakest=by)
    return found


def _ground(row: ClaimRow, rows: Mapping[str, ClaimRow]) -> tuple[Word | None, str | None]:
    if not row.main.met or row.verdict not in STRENGTH:
        return None, None
    weakest, by = row.verdict, None
    if weakest == Word.REFUTED:
        return weakest, None  # a counterexample rests on nothing
    seen, level = {row.id}, list(row.needs)
    while level:  # breadth first, so the nearest ancestor is named
        later: list[str] = []
        for name in level:
            if name in seen:
                continue
            seen.add(name)
            ancestor = rows.get(name)
            if ancestor is None or not ancestor.main.met or ancestor.verdict not in STRENGTH:
                return None, name
            if STRENGTH[ancestor.verdict] < STRENGTH[weakest]:
                weakest, by = ancestor.verdict, name
            later.extend(ancestor.needs)
        level = later
    return weakest, by
