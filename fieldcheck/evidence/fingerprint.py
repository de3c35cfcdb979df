"""What a stored row must match to be reused: code, compared as code.

Comments, empty lines, layout and the docstrings of functions are not in it.  Neither are, of the
file that a claim stands in, its words (titles, places, formulas): those are no evidence, and the
ledger takes them from the register whenever it reads a row.
"""

from __future__ import annotations

import hashlib
import re
import sys
import time
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.machinery import SourceFileLoader
from importlib.util import resolve_name
from pathlib import Path
from types import CodeType
from typing import Any

import fieldcheck
from fieldcheck.claim import Claim

MACHINE = (
    *("claim.py", "relations.py", "domains.py", "hypotheses.py", "verdict.py"),
    *("arithmetic", "evidence"),
)
"""What every row depends on, below the package."""

APART = ("again.py", "contest.py", "fingerprint.py", "run.py")
"""Files beside the evidence that no row is made with."""

FRESH = 2.0
"""Seconds within which a file may change without its time stamp saying so."""


# -- code as code ----------------------------------------------------------------------------------
def _compiled(file: Path) -> CodeType:
    """A file's code; as it was compiled when it was imported, unless it changed just now."""
    loader = SourceFileLoader("_", str(file))
    if time.time() - file.stat().st_mtime > FRESH:
        return loader.get_code("_") or loader.source_to_code(b"", str(file))
    return loader.source_to_code(file.read_bytes(), str(file))


def _plain(code: CodeType, worded: bool) -> Iterator[Any]:
    """What code does, without the lines it stands on; with ``worded``, the words that its outermost
    level holds (a string with a space) are left out."""
    yield code.co_code
    yield getattr(code, "co_exceptiontable", b"")
    yield code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars
    yield code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount, code.co_flags
    first = 1 if _has_docstring(code) else 0
    for constant in code.co_consts[first:]:
        if isinstance(constant, CodeType):
            yield from _plain(constant, False)
        elif isinstance(constant, frozenset):
            yield sorted(map(repr, constant))  # in an order that does not hang on hash seeds
        elif not (worded and isinstance(constant, str) and " " in constant):
            yield constant


def _has_docstring(code: CodeType) -> bool:
    if sys.version_info >= (3, 13):
        return bool(code.co_flags & 0x4000000)
    inner = code.co_flags & 2 and not code.co_name.startswith("<")  # a function's, with a name
    return bool(inner and code.co_consts and isinstance(code.co_consts[0], str))


@cache
def code_digest(file: Path, worded: bool = False) -> bytes:
    """Of what a Python file does; a file that is no Python is taken as it is."""
    digest = hashlib.sha256()
    try:
        for part in _plain(_compiled(file), worded):
            digest.update(repr(part).encode("utf-8", "surrogatepass"))
    except (SyntaxError, ValueError):
        digest.update(file.read_bytes())
    return digest.digest()


# -- what imports what -----------------------------------------------------------------------------
IMPORTS = re.compile(
    r"^[ \t]*(?:from[ \t]+([.\w]+)[ \t]+import[ \t]+(\([^)]*\)|[^\n]*)|import[ \t]+([^\n]*))",
    re.MULTILINE,
)


def imports(text: str, package: str) -> set[str]:
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


@cache
def _imported(file: Path, root: Path) -> frozenset[Path]:
    """Files below ``root`` that a file imports, whether or not they have been loaded."""
    inside = file.relative_to(root).with_suffix("").parts
    package = ".".join(inside[:-1])
    try:
        found = imports(file.read_text(encoding="utf-8", errors="replace"), package)
    except ImportError:  # a relative import beyond the top
        found = set()
    return frozenset(filter(None, (file_of(name, root) for name in found)))


@cache
def file_of(module: str, root: Path) -> Path | None:
    """Where a module lies below a folder, if it does."""
    path = root.joinpath(*module.split("."))
    for file in (path.with_suffix(".py"), path / "__init__.py"):
        if file.is_file():
            return file
    return None


def reached(files: Iterable[Path], root: Path) -> set[Path]:
    """The files, and all below ``root`` that they import, directly or not."""
    seen, todo = set(files), list(files)
    while todo:
        new = _imported(todo.pop(), root) - seen
        seen |= new
        todo += new
    return seen


def forget() -> None:
    """Files may have changed: they are read anew."""
    for known in (code_digest, _imported, file_of, _file_digest):
        known.cache_clear()


# -- the hashes ------------------------------------------------------------------------------------
def _home() -> Path:
    return Path(fieldcheck.__file__).resolve().parent


@cache
def library_digest() -> str:
    """Everything below the register that every verdict depends on, the pinned dependencies, and the
    Python."""
    digest = hashlib.sha256(sys.version.encode())
    home = _home()
    for name in MACHINE:
        below = sorted((home / name).rglob("*.py")) if (home / name).is_dir() else [home / name]
        for file in (file for file in below if file.name not in APART):
            digest.update(file.relative_to(home).as_posix().encode() + code_digest(file))
    lock = home.parent / "requirements.txt"
    if lock.is_file():
        lines = lock.read_text(encoding="utf-8").splitlines()
        pins = sorted(line.strip() for line in lines if not line.lstrip().startswith("#"))
        digest.update("\n".join(filter(None, pins)).encode())
    return digest.hexdigest()


@cache
def _file_digest(source: Path) -> bytes:
    """Of a claims file, and of what it imports of the library and of its own folder."""
    home = _home()
    digest = hashlib.sha256(code_digest(source, worded=True))
    beside = set() if source.is_relative_to(home) else reached([source], source.parent)
    library = {f for file in (source, *beside) for f in _of_library(file)}
    machine = tuple(str(home / name) for name in MACHINE)  # counted already
    for file in sorted(map(str, (beside | library) - {source})):
        if not file.startswith(machine):
            digest.update(Path(file).name.encode() + code_digest(Path(file)))
    return digest.digest()


def _of_library(file: Path) -> set[Path]:
    top = _home().parent
    if file.is_relative_to(top):
        return reached([file], top)
    text = file.read_text(encoding="utf-8", errors="replace")
    names = {name for name in imports(text, "_") if name.startswith("fieldcheck")}
    return reached(filter(None, (file_of(name, top) for name in names)), top)


def claim_hash(claim: Claim, profile: str, seed: int) -> str:
    """What a stored row must match to be reused: the machine, the pinned dependencies, the Python,
    the code of the claim's file and of what that imports, its forms, profile and seed."""
    digest = hashlib.sha256(library_digest().encode())
    source = next(iter(claim.forms.values())).body.__code__.co_filename
    if Path(source).is_file():
        digest.update(_file_digest(Path(source).resolve()))
    digest.update(f"{claim.id}/{profile}/{seed}/{','.join(claim.forms)}".encode())
    if claim.where:  # hypotheses are words and code at once
        digest.update("/".join(claim.where).encode())
    return digest.hexdigest()
