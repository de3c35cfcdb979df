"""Finished tasks, one JSON line each: what a campaign that was stopped goes on from.

The first line is the head, which says of what campaign.  A line that was cut off in the writing is
left out, and its task done again.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import msgspec

from fieldcheck.campaign.records import Found, Head, written
from fieldcheck.ledger.errors import UserError

try:  # pragma: no cover - which branch runs depends on the system
    import fcntl
except ImportError:  # pragma: no cover - Windows: two runs on one journal are then not kept apart
    fcntl = None  # type: ignore[assignment]

SYNC = 1.0
"""Seconds between two times that the disk is waited for: a power cut costs no more than these, a
kill nothing."""

_head = msgspec.json.Decoder(Head)
_found = msgspec.json.Decoder(Found)


def read(line: bytes) -> Found:
    """A finished task from its line."""
    return _found.decode(line)


class Journal:
    """Use it as a context manager; the tasks that an earlier run left are in :attr:`found`.

    Raises:
        UserError: the file is of another campaign, another run writes it, or it cannot be written.
    """

    def __init__(self, path: Path, head: Head) -> None:
        self.path, self.head = path, head
        self.found: dict[tuple[str, int], Found] = {}
        self._stream: IO[bytes]
        self._synced = 0.0

    def __enter__(self) -> Journal:
        with self._told():
            self._stream = open(self.path, "a+b")  # closed by __exit__
        try:
            self._hold()
            self._take_up()
        except BaseException:
            self._stream.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        with self._told():
            self._sync()
            self._stream.close()

    def append(self, line: bytes) -> Found:
        """Keep one finished task."""
        found = read(line)
        with self._told():
            self._stream.write(line + b"\n")
            self._stream.flush()
            if time.monotonic() - self._synced > SYNC:
                self._sync()
        self.found[found.form, found.task] = found
        return found

    def remove(self) -> None:
        """Forget it: what it says is in the ledger."""
        self.path.unlink(missing_ok=True)

    def _sync(self) -> None:
        self._stream.flush()
        os.fsync(self._stream.fileno())
        self._synced = time.monotonic()

    def _hold(self) -> None:
        try:
            if fcntl is not None:
                fcntl.flock(self._stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise UserError(
                f"another campaign is writing {self.path}: wait for it, or name another --journal"
            ) from None

    def _take_up(self) -> None:
        self._stream.seek(0)
        data, head = self._stream.read(), written(self.head)
        if head.startswith(data):  # nothing, or what a kill left of this very line
            self._stream.truncate(0)
            self._stream.write(head + b"\n")
            self._sync()
            return
        first, *lines = data.split(b"\n")
        try:
            was = _head.decode(first)
        except msgspec.MsgspecError:
            raise UserError(f"{self.path} is no journal of a campaign: name another") from None
        if why := _other(was, self.head):
            raise UserError(f"{self.path} {why}: name another --journal, or delete it")
        for line in lines:
            with contextlib.suppress(msgspec.MsgspecError, UnicodeDecodeError):
                one = read(line)
                self.found[one.form, one.task] = one
        if lines[-1:] != [b""]:
            self._stream.write(b"\n")  # what a kill cut off stays a line of its own

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except OSError as fault:
            raise UserError(f"cannot write the journal {self.path}: {fault.strerror}") from None


def _other(was: Head, now: Head) -> str:
    """Why a journal is not of this campaign, or an empty string."""
    if was.schema != now.schema:
        return f"is of another form ({was.schema})"
    if was.forms.keys() != now.forms.keys():
        names = list(was.forms)
        more = f" and {len(names) - 1} more" if len(names) > 1 else ""
        return f"is of a campaign on {names[0]}{more}"
    if was.seed != now.seed:
        return f"is of a campaign with seed {was.seed}"
    if was.per != now.per:
        return f"is of a campaign with tasks of {was.per} cases"
    if was.forms != now.forms:
        return "is of a campaign with other sources or versions"
    if was.rounding != now.rounding:
        return f"is of a campaign on other processors ({was.rounding}; these: {now.rounding})"
    return ""
