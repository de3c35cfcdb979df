"""Files that somebody else named: read if they are ordinary and of a size that fits, and written
whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import stat
from pathlib import Path
from typing import IO, Any

try:  # pragma: no cover - which branch runs depends on the system
    import fcntl
except ImportError:  # pragma: no cover - Windows: two runs at once are then not kept apart
    fcntl = None  # type: ignore[assignment]

LARGEST = 1 << 30
"""Bytes."""

PIECE = 1 << 20
"""Bytes that are read at a time: a read of as many as may come would need room for all of them."""


def read_bytes(path: Path, largest: int = LARGEST) -> bytes:
    """The content of an ordinary file.

    Raises:
        OSError: there is none, it is a folder, a device or a pipe (which would be read for ever, or
            waited for), or it is larger than ``largest``.
    """
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    with os.fdopen(handle, "rb") as stream:
        about = os.fstat(stream.fileno())
        if stat.S_ISDIR(about.st_mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
        if not stat.S_ISREG(about.st_mode):
            raise OSError(errno.EINVAL, "it is no ordinary file", str(path))
        if about.st_size > largest:
            raise OSError(errno.EFBIG, f"it is larger than {largest / 2**30:.3g} GiB", str(path))
        return b"".join(iter(lambda: stream.read(PIECE), b""))


def read_text(path: Path, largest: int = LARGEST) -> str:
    """The text of an ordinary file; OSError also where it is not UTF-8."""
    try:
        return read_bytes(path, largest).decode()
    except UnicodeDecodeError as fault:
        raise OSError(errno.EILSEQ, f"it is not UTF-8 ({fault.reason})", str(path)) from None


def read_json(path: Path) -> Any:
    """The value in an ordinary file of JSON.

    Raises:
        OSError: as :func:`read_text`.
        ValueError: it is no JSON, or nested deeper than can be read.
    """
    try:
        return json.loads(read_text(path))
    except RecursionError:
        raise ValueError("it is nested too deep") from None


def behind(path: Path) -> Path:
    """Where a link leads to; OSError if it leads to itself."""
    if not path.is_symlink():
        return path
    end = Path(os.path.realpath(path))
    if end.is_symlink():
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path))
    return end


def write_text(path: Path, text: str) -> None:
    """Write a file whole or not at all: whoever is ended meanwhile leaves the old one, and beside
    it at most a ``.part`` that the next to write takes for its own.

    A link stays, and what it leads to is written; so is a device or a pipe that somebody reads, as
    far as it goes.

    Raises:
        OSError: as the system has it.
    """
    path = behind(path)
    if path.exists() and not path.is_file():
        # A pipe that nobody reads is an error, and not waited for.
        handle = os.open(path, os.O_WRONLY | getattr(os, "O_NONBLOCK", 0))
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            os.set_blocking(handle, True)
            stream.write(text)
        return
    part = path.with_name(f"{path.name}.part")
    with _held(part) as stream:
        try:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
            os.replace(part, path)
        except BaseException:
            part.unlink(missing_ok=True)
            raise


def _held(part: Path) -> IO[str]:
    """The half written file, empty, for one run alone: two at once write one after the other."""
    while True:
        stream = part.open("a", encoding="utf-8")
        if fcntl is not None:
            fcntl.flock(stream, fcntl.LOCK_EX)
        with contextlib.suppress(FileNotFoundError):
            if fcntl is None or os.path.samestat(part.stat(), os.fstat(stream.fileno())):
                stream.truncate(0)
                return stream
        stream.close()  # whoever held it has put it in its place: what is there now is another
