"""What a page was made from, hashed, so that no stale output is shown and none is made twice.

Python is compared as code: a comment changes nothing.  A page's cells depend on what they import,
directly or not; on the pinned dependencies, the book's data and what its pictures are drawn with;
and on nothing else, so that a claim's title executes no cell.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from fieldcheck import ordinary
from fieldcheck.evidence import fingerprint as code

PREFIX = "fieldcheck-"
PAGES = "pages.json"
"""In the cache: of each page, what its cells were executed with."""

_LIBRARY = Path(__file__).resolve().parents[1]
_NOT_READ = {".pyc", ".pyo"}


def library_files() -> list[Path]:
    """The library's files."""
    return _files(_LIBRARY.rglob("*"))


def common_files(book: Path | None = None) -> list[Path]:
    """The lock file, the book's data, and what its pictures are drawn with."""
    files = [_LIBRARY.parent / "requirements.txt"]
    if book is not None:
        files += (book / "data").rglob("*")
        files += book.rglob("*.mplstyle")
        files += (book / "figures").rglob("*.py")
    return _files(files)


def _files(found: Iterable[Path]) -> list[Path]:
    return sorted(
        path
        for path in set(found)
        if path.is_file() and path.suffix not in _NOT_READ and "__pycache__" not in path.parts
    )


def _hash(files: Iterable[Path]) -> str:
    """Sixteen hexadecimal digits; a change of a file's name or of what it does changes them."""
    digest = hashlib.sha256(sys.version.encode())
    base = _LIBRARY.parent
    for path in files:
        name = path.relative_to(base).as_posix() if path.is_relative_to(base) else path.name
        content = code.code_digest(path) if path.suffix == ".py" else path.read_bytes()
        digest.update(f"{name}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()[:16]


def library_hash(book: Path | None = None) -> str:
    """Of everything that a page can show: of the library, what all pages share, and the book's own
    extensions."""
    code.forget()
    own = _files((book / "_ext").rglob("*")) if book is not None else []
    return _hash([*library_files(), *common_files(book), *own])


def common_hash(book: Path | None = None) -> str:
    """Of what the cells of all pages share."""
    return _hash(common_files(book))


def page_hashes(pages: Mapping[str, Path], book: Path | None = None) -> dict[str, str]:
    """Of each page, by name: what its cells import of the library."""
    top = _LIBRARY.parent
    code.forget()
    drawn = _named((book / "figures").rglob("*.py")) if book is not None else set()
    whole = library_files()
    hashes: dict[frozenset[Path], str] = {}
    found = {}
    for name, path in pages.items():
        names = (_named([path]) | drawn) & {f for f in whole if f.suffix == ".py"}
        reached = code.reached(names, top)
        if any(_imports_by_name(file) for file in reached):
            reached = {*whole}
        beside = {f for f in whole if f.suffix != ".py" and f.parent in {r.parent for r in reached}}
        key = frozenset(reached | beside)
        if key not in hashes:
            hashes[key] = _hash(sorted(key))
        found[name] = hashes[key]
    return found


def _named(files: Iterable[Path]) -> set[Path]:
    """The library's files that these files, pages or Python, import."""
    top = _LIBRARY.parent
    names: set[str] = set()
    for file in files:
        text = file.read_text(encoding="utf-8", errors="replace")
        names |= {name for name in code.imports(text) if name.startswith(_LIBRARY.name)}
    return {found for name in names if (found := code.file_of(name, top))}


def _imports_by_name(file: Path) -> bool:
    """May it import what no line says?  A package's door says it all the same, to type checkers."""
    text = file.read_text(encoding="utf-8", errors="replace")
    told = file.name == "__init__.py" and "TYPE_CHECKING" in text
    return "import_module(" in text and not told


def fresh_cache(parent: Path, digest: str) -> Path:
    """The cache folder of what all pages share; those of other versions are deleted."""
    current = parent / f"{PREFIX}{digest}"
    for other in parent.glob(f"{PREFIX}*"):
        if other != current and other.is_dir():
            shutil.rmtree(other, ignore_errors=True)
    current.mkdir(parents=True, exist_ok=True)
    return current


def outdated_pages(cache: Path, hashes: Mapping[str, str]) -> set[str]:
    """The pages that were executed with something else; from now on they count as executed with
    this, so the caller forgets their outputs."""
    file = cache / PAGES
    try:
        before = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        before = {}
    ordinary.write_text(file, json.dumps(dict(hashes), indent=1))
    return {name for name, digest in hashes.items() if before.get(name, digest) != digest}
