"""The ledger's file: read with a plain message for each fault, written whole or not at all.

While a run goes on, its rows are appended to a journal beside the ledger; at the end they are
folded in and the journal is removed. A run that was stopped leaves the journal, and the next one
starts from it. The form of the file is ``schema.json``.
"""

from __future__ import annotations

import contextlib
import functools
import json
import os
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from fieldcheck.ledger.errors import LedgerError, unknown

SCHEMA = "fieldcheck-ledger/1"
PROFILES = ("quick", "standard", "deep")
GRADES = ("exact", "enclosed", "rate", "ladder", "law", "sampled")
"""From the strongest to the weakest."""

Row = dict[str, Any]

try:  # pragma: no cover - which branch runs depends on the system
    import fcntl
except ImportError:  # pragma: no cover - Windows: two runs on one ledger are then not kept apart
    fcntl = None  # type: ignore[assignment]


@dataclass
class Ledger:
    """A ledger in memory: the run's record, rows in the register's order, seconds by form key."""

    run: dict[str, Any]
    claims: list[Row]
    timings: dict[str, str] = field(default_factory=dict)

    @functools.cached_property
    def rows(self) -> dict[str, Row]:
        """Rows by claim id."""
        return {row["id"]: row for row in self.claims}

    def row(self, claim_id: str) -> Row:
        """The row of a claim; :class:`UserError` with near names if there is none."""
        if claim_id not in self.rows:
            raise unknown("claim", claim_id, self.rows)
        return self.rows[claim_id]

    def form(self, key: str) -> Row:
        """The form with this key (``softmax-free-energy/printed``)."""
        forms = {form["key"]: form for row in self.claims for form in row["forms"]}
        if key not in forms:
            raise unknown("form", key, forms)
        return forms[key]

    def document(self) -> dict[str, Any]:
        """The JSON document, with keys in the schema's order."""
        return {
            "schema": SCHEMA,
            "run": self.run,
            "claims": self.claims,
            "timings": dict(sorted(self.timings.items())),
        }


# --- where the ledger lies ------------------------------------------------------------------------


def project_root(start: Path | None = None) -> Path | None:
    """The nearest folder upwards that holds ``_toc.yml`` and ``fieldcheck/``, or None."""
    here = (start or Path.cwd()).resolve()
    for folder in (here, *here.parents):
        if (folder / "_toc.yml").is_file() and (folder / "fieldcheck").is_dir():
            return folder
    return None


def default_path(start: Path | None = None) -> Path | None:
    """``_build/ledger.json`` of the project around ``start``, or None outside a project."""
    root = project_root(start)
    return None if root is None else root / "_build" / "ledger.json"


# --- validation -----------------------------------------------------------------------------------


@functools.cache
def schema() -> dict[str, Any]:
    """The published schema."""
    return json.loads((Path(__file__).parent / "schema.json").read_text(encoding="utf-8"))


def _rule(part: str | None) -> dict[str, Any]:
    whole = schema()
    return whole if part is None else {"$ref": f"#/$defs/{part}", "$defs": whole["$defs"]}


@functools.cache
def _quick(part: str | None) -> Any:
    """The schema compiled to code: some fifteen times quicker, with poorer messages."""
    import fastjsonschema

    return fastjsonschema.compile(_rule(part), use_default=False)


def problem(document: Any, part: str | None = None) -> str | None:
    """The first fault of a document against the schema, as ``where: what``, or None.

    ``part`` names a definition (``claim``, ``form``) to check a piece of a ledger by itself.
    """
    import fastjsonschema

    try:
        _quick(part)(document)
    except fastjsonschema.JsonSchemaException as fault:
        return _explained(document, part) or str(fault)
    place = _first_float(document)
    return None if place is None else f"{place}: a number beyond a count must be a string"


def _explained(document: Any, part: str | None) -> str | None:
    import jsonschema  # only a fault pays for it

    checker = jsonschema.Draft202012Validator(_rule(part))
    fault = jsonschema.exceptions.best_match(checker.iter_errors(document))
    if fault is None:
        return None
    return f"{_place(document, fault.absolute_path)}: {_shorten(fault.message)}"


def _shorten(text: str, limit: int = 160) -> str:
    return text if len(text) <= limit else f"{text[: limit // 2]} ... {text[-limit // 2 :]}"


def _place(document: Any, path: Iterable[str | int]) -> str:
    """``claims[2] (softmax-free-energy) / forms[0] / verdict``: a path a person can follow."""
    parts: list[str] = []
    value = document
    for step in path:
        value = value[step]
        if isinstance(step, int) and parts:
            label = value.get("key") or value.get("id") if isinstance(value, dict) else None
            parts[-1] += f"[{step}]" + (f" ({label})" if isinstance(label, str) else "")
        else:
            parts.append(str(step))
    return " / ".join(parts) or "the document"


def _first_float(value: Any, path: tuple[str | int, ...] = ()) -> str | None:
    """Where a JSON float stands, if one does: jsonschema takes 1.0 for an integer."""
    stack: list[tuple[tuple[str | int, ...], Any]] = [(path, value)]
    while stack:
        path, here = stack.pop()
        if isinstance(here, float):
            return _place(value, path)
        if isinstance(here, dict):
            stack.extend(((*path, key), inner) for key, inner in here.items())
        elif isinstance(here, list):
            stack.extend(((*path, index), inner) for index, inner in enumerate(here))
    return None


# --- reading and writing --------------------------------------------------------------------------


def read(path: Path, *, check: bool = True) -> Ledger:
    """Read a ledger.

    Args:
        path: the file.
        check: hold it against the whole schema. Without, only the outline is looked at: enough
            for a list, and quicker.

    Raises:
        LedgerError: absent, unreadable, cut off, or not of the published form.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise LedgerError(f"no ledger at {path}: run `fieldcheck verify` first") from None
    except (OSError, UnicodeDecodeError) as fault:
        raise LedgerError(f"cannot read the ledger {path}: {_reason(fault)}") from None
    remedy = "delete it and run `fieldcheck verify`"
    try:
        document = json.loads(text)
    except json.JSONDecodeError as fault:
        cut = fault.pos >= len(text.rstrip()) - 1 or fault.msg.startswith("Unterminated")
        state = "is cut off" if cut else "is not JSON"
        raise LedgerError(
            f"the ledger {path} {state} at line {fault.lineno}, column {fault.colno}: {remedy}"
        ) from None
    except RecursionError:
        raise LedgerError(f"the ledger {path} is nested too deeply: {remedy}") from None
    found = document.get("schema") if isinstance(document, dict) else None
    if found != SCHEMA:
        was = f"its schema is {found!r}, not {SCHEMA!r}" if found else "it has no schema"
        raise LedgerError(f"{path} is not a ledger of this version ({was}): {remedy}")
    fault_found = problem(document) if check else _outline_problem(document)
    if fault_found:
        raise LedgerError(f"the ledger {path} is broken at {fault_found}; {remedy}")
    return Ledger(document["run"], document["claims"], document["timings"])


def _outline_problem(document: dict[str, Any]) -> str | None:
    """The shape that the list needs, without a walk through all the evidence."""
    run, claims = document.get("run"), document.get("claims")
    if not isinstance(run, dict) or not {"profile", "seed", "complete"} <= run.keys():
        return "run: it lacks profile, seed or complete"
    if not isinstance(claims, list) or not isinstance(document.get("timings"), dict):
        return "claims or timings: missing"
    needed = {"id", "title", "chapter", "verdict", "grade", "expected", "hash", "forms"}
    for index, row in enumerate(claims):
        if not isinstance(row, dict) or not needed <= row.keys() or not row["forms"]:
            return f"claims[{index}]: it lacks a field"
    return None


def dump(ledger: Ledger) -> str:
    """The file's text. The same ledger gives the same bytes."""
    return json.dumps(ledger.document(), indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def write(path: Path, ledger: Ledger) -> bool:
    """Write the ledger in one step; returns False if the file already held just this.

    A file that does not change keeps its time stamp, so a book made from it is not built again.
    """
    broken = problem(ledger.document())
    if broken:
        raise LedgerError(f"this ledger is not written, it is broken at {broken}")
    text = dump(ledger)
    with contextlib.suppress(OSError, UnicodeDecodeError):
        if path.read_text(encoding="utf-8") == text:
            return False
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    except OSError as fault:
        raise LedgerError(f"cannot write the ledger {path}: {_reason(fault)}") from None
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(text)
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
    if path.is_dir():
        raise LedgerError(f"{path} is a folder: name a file for the ledger")
    if not path.parent.is_dir():
        raise LedgerError(f"the folder {path.parent} does not exist: create it or name another")
    if not os.access(path.parent, os.W_OK):
        raise LedgerError(f"the folder {path.parent} cannot be written to")


def _reason(fault: Exception) -> str:
    return getattr(fault, "strerror", None) or str(fault)


# --- the journal ----------------------------------------------------------------------------------


class Journal:
    """Rows of a run that is not over, one JSON line each, in ``<ledger>.journal``.

    Use it as a context manager. A second run on the same ledger is refused while this one holds
    the journal. Rows that an interrupted run left are in :attr:`rows` and :attr:`seconds`.
    """

    def __init__(self, ledger_path: Path) -> None:
        self.path = ledger_path.with_name(ledger_path.name + ".journal")
        self.rows: dict[str, Row] = {}
        self.seconds: dict[str, str] = {}
        self.broken_lines = 0
        self._stream: IO[str] | None = None

    def __enter__(self) -> Journal:
        try:
            self._stream = open(self.path, "a+", encoding="utf-8")
        except OSError as fault:
            raise LedgerError(f"cannot write the journal {self.path}: {_reason(fault)}") from None
        if fcntl is not None:
            try:
                fcntl.flock(self._stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                self._stream.close()
                self._stream = None
                raise LedgerError(
                    f"another run is writing {self.path}: wait for it, or name another ledger"
                ) from None
        for row, seconds in self._old_rows():
            self.rows[row["id"]] = row
            self.seconds.update(seconds)
        return self

    def __exit__(self, *_: object) -> None:
        if self._stream is not None:
            self._stream.close()
            self._stream = None
        # A journal with nothing in it says nothing.
        with contextlib.suppress(OSError):
            if self.path.stat().st_size == 0:
                self.path.unlink()

    def _old_rows(self) -> Iterator[tuple[Row, dict[str, str]]]:
        assert self._stream is not None
        self._stream.seek(0)
        text = self._stream.read()
        self._stream.seek(0, os.SEEK_END)
        if text and not text.endswith("\n"):
            self._stream.write("\n")  # the line that a kill cut off stays a line of its own
        for line in text.splitlines():
            try:
                entry = json.loads(line)
                row, seconds = entry["row"], entry["seconds"]
            except (json.JSONDecodeError, KeyError, TypeError, RecursionError):
                self.broken_lines += bool(line.strip())
                continue
            if problem(row, "claim") or not isinstance(seconds, dict):
                self.broken_lines += 1
                continue
            yield row, seconds

    def append(self, row: Row, seconds: dict[str, str]) -> None:
        """Keep one row; it is on the disk when this returns.

        Raises:
            LedgerError: the row is not of the published form, or the disk refuses it.
        """
        assert self._stream is not None, "the journal is not open"
        fault = problem(row, "claim")
        if fault:
            name = row.get("id") if isinstance(row, dict) else None
            raise LedgerError(f"the row of {name or 'a claim'} is broken at {fault}")
        line = json.dumps({"row": row, "seconds": seconds}, ensure_ascii=False, allow_nan=False)
        try:
            self._stream.write(line + "\n")
            self._stream.flush()
            os.fsync(self._stream.fileno())
        except OSError as fault_found:
            raise LedgerError(
                f"cannot write the journal {self.path}: {_reason(fault_found)}"
            ) from None
        self.rows[row["id"]] = row
        self.seconds.update(seconds)

    def remove(self) -> None:
        """Forget the journal: its rows are in the ledger now."""
        with contextlib.suppress(FileNotFoundError):
            self.path.unlink()


# --- grades ---------------------------------------------------------------------------------------


def cap_grades(rows: dict[str, Row]) -> None:
    """Fill ``shown_grade`` and ``capped_by``: a claim is no surer than what it rests on.

    The cap is the weakest grade among the claim and all its ancestors in ``needs``; ``capped_by``
    names the ancestor that sets it, the nearest if several do. An ancestor whose verdict is not
    the expected one, or which has no row, leaves nothing to rest on: ``shown_grade`` is null.
    """
    for row in rows.values():
        row["shown_grade"], row["capped_by"] = _capped(row, rows)


def _capped(row: Row, rows: dict[str, Row]) -> tuple[str | None, str | None]:
    if row["grade"] is None:
        return None, None
    weakest, by = GRADES.index(row["grade"]), None
    seen, level = {row["id"]}, list(row["needs"])
    while level:  # breadth first, so the nearest ancestor is named
        later: list[str] = []
        for name in level:
            if name in seen:
                continue
            seen.add(name)
            ancestor = rows.get(name)
            if ancestor is None or ancestor["verdict"] != ancestor["expected"]:
                return None, name
            if ancestor["grade"] is None:
                return None, name
            rank = GRADES.index(ancestor["grade"])
            if rank > weakest:
                weakest, by = rank, name
            later.extend(ancestor["needs"])
        level = later
    return GRADES[weakest], by


# --- what counts as a failure ---------------------------------------------------------------------


def surprises(row: Row) -> list[Row]:
    """The forms of a row whose verdict differs from the expected one (dropped forms never do)."""
    return [
        form
        for form in row["forms"]
        if form["expected"] is not None and form["verdict"] != form["expected"]
    ]


def as_expected(row: Row) -> bool:
    """Whether the claim and all its forms came out as the register says."""
    return row["verdict"] == row["expected"] and not surprises(row)
