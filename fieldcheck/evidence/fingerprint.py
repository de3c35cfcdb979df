"""What a stored row must match to be reused."""

from __future__ import annotations

import hashlib
import inspect
import re
import sys
from functools import cache
from importlib.util import resolve_name
from pathlib import Path

import fieldcheck
from fieldcheck.claim import Claim


@cache
def library_digest() -> str:
    """Everything below the register that a verdict depends on, and the pinned dependencies."""
    root = Path(fieldcheck.__file__).parent
    digest = hashlib.sha256()
    files = [root / f for f in ("claim.py", "relations.py", "domains.py", "verdict.py")]
    for folder in ("arithmetic", "evidence", "fields", "cones"):
        files += sorted((root / folder).rglob("*.py"))
    lock = root.parent / "requirements.txt"
    for file in [*files, *([lock] if lock.exists() else [])]:
        digest.update(str(file.relative_to(root.parent)).encode())
        digest.update(file.read_bytes())
    digest.update(sys.version.encode())
    return digest.hexdigest()


def claim_hash(claim: Claim, profile: str, seed: int) -> str:
    """What a stored row must match to be reused: the library, the pinned dependencies, the Python,
    the claim's file and what that imports of its own folder, profile and seed."""
    digest = hashlib.sha256(library_digest().encode())
    source = inspect.getsourcefile(next(iter(claim.forms.values())).body)
    if source:
        for file in sorted(_with_neighbours(Path(source).resolve(), claim.module)):
            digest.update(str(file.name).encode())
            digest.update(file.read_bytes())
    digest.update(f"{claim.id}/{profile}/{seed}".encode())
    return digest.hexdigest()


def _with_neighbours(source: Path, module: str) -> set[Path]:
    """A claims file and the files of its folder that it imports, directly or not."""
    files, todo = {source}, [module]
    while todo:
        for name in _imported(todo.pop()):
            file = getattr(sys.modules.get(name), "__file__", None)
            path = _resolved(file) if file else source
            if path not in files and path.is_relative_to(source.parent):
                files.add(path)
                todo.append(name)
    return files


@cache
def _resolved(file: str) -> Path:
    """Asked for thousands of times, of some hundred files."""
    return Path(file).resolve()


IMPORTS = re.compile(
    r"^[ \t]*(?:from[ \t]+([.\w]+)[ \t]+import[ \t]+(\([^)]*\)|[^\n]*)|import[ \t]+([^\n]*))",
    re.MULTILINE,
)


@cache
def _imports(text: str, package: str) -> set[str]:
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


def _imported(module: str) -> set[str]:
    home = sys.modules.get(module)
    file = getattr(home, "__file__", None)
    package = getattr(home, "__package__", None) or ""
    return _imports(Path(file).read_text(encoding="utf-8"), package) if file else set()
