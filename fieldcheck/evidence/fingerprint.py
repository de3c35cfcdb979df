"""What a stored row must match to be reused: code, compared as code.

Comments, empty lines, layout and docstrings are not in it.  Neither are, of the file that a claim
stands in, its words (titles, places, formulas): those are no evidence, and the ledger takes them
from the register whenever it reads a row.

Beside the code of files stands what a claim's bodies and domains can reach, by value, as it was
before any of them ran: a number that comes from a data file, from the surroundings or from words.
"""

from __future__ import annotations

import hashlib
import inspect
import pickle
import re
import sys
import time
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.machinery import SourceFileLoader
from itertools import count
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

import numpy as np

import fieldcheck
from fieldcheck.claim import Claim, ClaimError
from fieldcheck.domains import Domain
from fieldcheck.evidence.holding import attributes, entries, kinds, shared
from fieldcheck.evidence.plain import FIXED, TENSOR, own
from fieldcheck.evidence.watching import reached as within

MACHINE = (
    *("claim.py", "relations.py", "domains.py", "hypotheses.py", "verdict.py"),
    *("arithmetic", "evidence"),
)
"""What every row depends on, below the package."""

APART = ("again.py", "contest.py", "fingerprint.py", "retold.py", "run.py")
"""Files beside the evidence that no row is made with."""

FRESH = 2.0
"""Seconds within which a file may change without its time stamp saying so."""


# -- code as code ----------------------------------------------------------------------------------
def _compiled(file: Path) -> CodeType:
    """A file's code."""
    return _code_of(file, file.read_bytes())


@cache
def _code_of(file: Path, source: bytes) -> CodeType:
    """By its text, so that what did not change need not be forgotten; as it was compiled when it
    was imported, unless it changed just now."""
    loader = SourceFileLoader("_", str(file))
    if time.time() - file.stat().st_mtime > FRESH:
        return loader.get_code("_") or loader.source_to_code(b"", str(file))
    return loader.source_to_code(source, str(file))


def _plain(code: CodeType, worded: bool) -> Iterator[Any]:
    """What code does, without the lines it stands on; with ``worded``, the words that its outermost
    level holds (a string with a space) are left out."""
    yield code.co_code
    yield getattr(code, "co_exceptiontable", b"")
    yield code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars
    yield code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount, code.co_flags
    constants = list(code.co_consts)
    if _has_docstring(code):
        constants[0] = None
    for constant in constants:
        if isinstance(constant, CodeType):
            yield from _plain(constant, False)
        elif isinstance(constant, frozenset):
            yield sorted(map(repr, constant))  # in an order that does not hang on hash seeds
        elif not (worded and isinstance(constant, str) and " " in constant):
            yield constant


def _has_docstring(code: CodeType) -> bool:
    if code.co_name == "<module>":
        return code.co_names[:1] == ("__doc__",) and isinstance(code.co_consts[0], str)
    if sys.version_info >= (3, 13):
        return bool(code.co_flags & 0x4000000)
    inner = code.co_flags & 2 and not code.co_name.startswith("<")  # a function's, with a name
    return bool(inner and code.co_consts and isinstance(code.co_consts[0], str))


@cache
def code_digest(file: Path, worded: bool = False) -> bytes:
    """Of what a Python file does; a file that is no Python is taken as it is."""
    return _digest_of(file, file.read_bytes(), worded)


@cache
def _digest_of(file: Path, source: bytes, worded: bool) -> bytes:
    digest = hashlib.sha256()
    try:
        for part in _plain(_code_of(file, source), worded):
            digest.update(f"{part!r}\0".encode("utf-8", "surrogatepass"))
    except (SyntaxError, ValueError):
        digest.update(source)
    return digest.digest()


# -- what imports what -----------------------------------------------------------------------------
IMPORTS = re.compile(
    r"(?:^|[;:])[ \t]*"
    r"(?:from[ \t]+([.\w]+)[ \t]+import[ \t]+(\([^)]*\)|[^\n;]*)|import[ \t]+([^\n;]*))",
    re.MULTILINE,
)
CONTINUED = re.compile(r"\\\r?\n")


def imports(text: str) -> set[str]:
    """Names of the modules that a text imports (and of some things that are none); relative ones
    begin with their dots.

    Read with a pattern: a parser takes longer than all else that a run without work does.
    """
    names: set[str] = set()
    for origin, what, plain in IMPORTS.findall(CONTINUED.sub(" ", text)):
        names.update(re.findall(r"[.\w]+", plain))
        if origin:
            start = origin if origin.endswith(".") else f"{origin}."
            names.update((origin, *(start + name for name in re.findall(r"\w+", what))))
    return names


@cache
def _imported(file: Path, root: Path) -> frozenset[Path]:
    """Files below ``root``, or of the author's elsewhere, that a file imports, whether or not they
    have been loaded."""
    told = imports(file.read_text(encoding="utf-8", errors="replace"))
    said = _names(_compiled(file))  # what only a comment or a docstring imports is not there
    found = {_file_of(name, file, root) for name in told if name.strip(".").split(".")[0] in said}
    return frozenset(filter(None, found))


def _names(code: CodeType) -> set[str]:
    """The names in a file's code, and what they begin with."""
    names = {name.split(".")[0] for name in code.co_names}
    return names.union({""}, *(_names(c) for c in code.co_consts if isinstance(c, CodeType)))


def _file_of(name: str, file: Path, root: Path) -> Path | None:
    """Where the module lies that a file calls so."""
    inside = name.lstrip(".")
    if up := len(name) - len(inside):
        return file_of(inside, file.parents[up - 1]) if up <= len(file.parents) else None
    loaded = str(getattr(sys.modules.get(name), "__file__", None) or "")
    if root != _home().parent and loaded.endswith(".py") and own(name, ""):
        return Path(loaded).resolve()
    return file_of(name, root)


@cache
def file_of(module: str, root: Path) -> Path | None:
    """Where a module lies below a folder, if it does; a package comes first, as for Python."""
    path = root.joinpath(*filter(None, module.split(".")))
    for file in (path / "__init__.py", path.with_suffix(".py") if module else path):
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
    for known in (code_digest, _imported, file_of, _file_digest, _reach, _real):
        known.cache_clear()
    _noted.clear()


# -- values as values ------------------------------------------------------------------------------
_noted: dict[str, bytes] = {}


def note(claims: Iterable[Claim]) -> None:
    """Keep what the claims reach as it is now, before a body has run and filled what it keeps."""
    for claim in claims:
        _noted[claim.id] = _contents(claim)


def _contents(claim: Claim) -> bytes:
    forms = claim.forms.values()
    given = {id(d): d for form in forms for d in form.given.values()}
    domains = {number: _domain(d) for number, d in given.items()}
    digest = hashlib.sha256()
    for form in forms:
        holds = form.expect is None or form.expect.holds
        stated = (form.role, holds, dict(form.sizes), form.box, form.listed, form.where)
        digest.update(
            _digest(form.key, _told(stated, {}, count()), *form.given) + _reach(form.body)
        )
        for domain in form.given.values():
            digest.update(domains[id(domain)])
    return digest.digest()


def _domain(domain: Domain) -> bytes:
    """Without those that it becomes where something is left out: they are a form's own."""
    own = {n: v for n, v in vars(domain).items() if n not in ("relaxed", "extended", "strata")}
    called = {**domain.strata, **{n: v for n, v in own.items() if callable(v)}}
    data = {n: v for n, v in own.items() if n not in called}
    said = [_digest(repr(data)), *(_digest(n) + _reach(f) for n, f in called.items())]
    return b"".join(said)


@cache
def _reach(function: Any) -> bytes:
    """What a function does, and the data that it can reach."""
    said, left = set(), iter(range(MOST))
    try:
        for code, near in within(function):
            said.add(_digest(*(f"{part!r}" for part in _plain(code, False))))
            said.update(_digest(name, _told(value, {}, left)) for name, value in near)
    except RecursionError:
        raise ClaimError(f"{_called(function)} reaches what is nested too deeply") from None
    except _TooMany:
        raise ClaimError(f"{_called(function)} reaches more than {MOST:,} values") from None
    return b"".join(sorted(said))


MOST = 200_000
"""Values that a body may reach, one counted each time that a way leads to it."""


class _TooMany(Exception):
    """A body reaches more than that."""


def _called(function: Any) -> str:
    code = getattr(function, "__code__", None)
    return f"line {code.co_firstlineno}: {code.co_name}" if code else repr(type(function).__name__)


def _digest(*texts: str) -> bytes:
    return hashlib.sha256("\0".join(texts).encode("utf-8", "surrogatepass")).digest()


def _told(value: Any, seen: dict[int, Any], left: Iterator[int]) -> str:
    """Data as text; of functions and modules, whose code is looked at apart, only that they are."""
    if next(left, None) is None:
        raise _TooMany
    kind = type(value)
    if kind in FIXED:
        return f"{kind.__name__} {_shown(value)}"
    if id(value) in seen:
        return "again"
    seen = {**seen, id(value): value}
    if isinstance(value, np.generic) or (
        isinstance(value, np.ndarray) and not value.dtype.hasobject
    ):
        return f"{value.dtype.str} {value.shape} {hashlib.sha256(value.tobytes()).hexdigest()}"
    if (kind.__module__, kind.__name__) == TENSOR:
        return f"{value.dtype} {value.tolist()}"
    if inspect.ismodule(value) or (kind is FunctionType and not vars(value)):
        return kind.__name__
    parts = [*(entries(value) or ()), *attributes(value)]
    parts += [one for k in kinds(value) for one in shared(k)]
    texts = [_told(one, seen, left) for one in parts]
    ordered = sorted(texts) if isinstance(value, set | frozenset) else texts
    return f"{kind.__name__}({', '.join(ordered)})"


def _shown(value: Any) -> str:
    try:
        return repr(value)
    except ValueError:  # a number of too many digits
        return pickle.dumps(value, 5).hex()


# -- the hashes ------------------------------------------------------------------------------------
def _home() -> Path:
    return _folder(fieldcheck.__file__)


@cache
def _folder(file: str) -> Path:
    return Path(file).resolve().parent


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
    beside = set() if source.is_relative_to(home) else reached([source], _root(source))
    library = {f for file in (source, *beside) for f in _of_library(file)}
    machine = tuple(str(home / name) for name in MACHINE)  # counted already
    for file in sorted(map(str, (beside | library) - {source})):
        if not file.startswith(machine):
            digest.update(Path(file).name.encode() + code_digest(Path(file)))
    return digest.digest()


def _root(file: Path) -> Path:
    """The folder in which a file, or the outermost package that it is of, lies."""
    folder = file.parent
    while (folder / "__init__.py").is_file():
        folder = folder.parent
    return folder


def _of_library(file: Path) -> set[Path]:
    top = _home().parent
    if file.is_relative_to(top):
        return reached([file], top)
    text = file.read_text(encoding="utf-8", errors="replace")
    names = {name for name in imports(text) if name.startswith("fieldcheck")}
    return reached(filter(None, (file_of(name, top) for name in names)), top)


def _sources(claim: Claim) -> list[Path]:
    """The files in which a claim and its bodies are written."""
    bodies = [inspect.unwrap(form.body) for form in claim.forms.values()]
    named = [body.__code__.co_filename for body in bodies if hasattr(body, "__code__")]
    named.append(str(getattr(sys.modules.get(claim.module), "__file__", None) or ""))
    return sorted(filter(None, map(_real, set(named))))


@cache
def _real(name: str) -> Path | None:
    return Path(name).resolve() if Path(name).is_file() else None


def claim_hash(claim: Claim, profile: str, seed: int) -> str:
    """What a stored row must match to be reused: the machine, the pinned dependencies, the Python,
    the code of the claim's file and of what that imports, its forms and all that they reach,
    profile and seed."""
    digest = hashlib.sha256(library_digest().encode() + made_of(claim))
    digest.update(f"{claim.id}/{profile}/{seed}/{','.join(claim.forms)}".encode())
    return digest.hexdigest()


def made_of(claim: Claim) -> bytes:
    """What a claim's rows depend on beside the library, profile and seed; one that was told by
    another process brings it along."""
    said: bytes | None = getattr(claim, "made_of", None)
    if said is not None:
        return said
    files = [_file_digest(source) for source in _sources(claim)]
    return b"".join([*files, _noted[claim.id] if claim.id in _noted else _contents(claim)])
