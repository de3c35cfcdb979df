"""One hash of all that a chapter's cells can import or read, so that no stale output is shown."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

PREFIX = "fieldcheck-"
_LIBRARY = Path(__file__).resolve().parents[1]
_NOT_READ = {".pyc", ".pyo"}


def library_files(book: Path | None = None) -> list[Path]:
    """The library's files, the lock file, the book's data, and what its pictures are drawn with."""
    files = [path for path in _LIBRARY.rglob("*") if path.is_file()]
    files += [_LIBRARY.parent / "requirements.txt"]
    if book is not None:
        files += (book / "data").rglob("*")
        files += book.rglob("*.mplstyle")
        files += (book / "figures").rglob("*.py")
    return sorted(
        path
        for path in set(files)
        if path.is_file() and path.suffix not in _NOT_READ and "__pycache__" not in path.parts
    )


def library_hash(book: Path | None = None) -> str:
    """Sixteen hexadecimal digits; any change of a file's name or content changes them."""
    digest = hashlib.sha256()
    base = _LIBRARY.parent
    for path in library_files(book):
        name = path.relative_to(base).as_posix() if path.is_relative_to(base) else path.name
        content = path.read_bytes()
        digest.update(f"{name}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()[:16]


def fresh_cache(parent: Path, digest: str) -> Path:
    """The cache folder of this library; those of other versions are deleted."""
    current = parent / f"{PREFIX}{digest}"
    for other in parent.glob(f"{PREFIX}*"):
        if other != current and other.is_dir():
            shutil.rmtree(other, ignore_errors=True)
    current.mkdir(parents=True, exist_ok=True)
    return current
