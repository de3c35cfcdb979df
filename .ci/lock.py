"""Lock files from pins: `requirements.txt` with the SHA-256 of every file that the index offers.

    make lock

Of each pinned version all files are taken, for every Python and platform, from the index and the
folders that pip is set to use; pip's own client reads them.  What was accepted of the same version
stays accepted: a folder of wheels on one machine is not on the next.  The builds of torch for CUDA
ask for packages that no other build does; those go into a file of their own, at the versions
that torch names, or the newest that it allows.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

if TYPE_CHECKING:
    from index import File, Index

ROOT = Path(__file__).resolve().parents[1]
PINS = ROOT / "requirements.txt"
LOCK = ROOT / "requirements.lock"
CUDA = ROOT / "requirements-cuda.lock"
HEAD = "# Made by `make lock` from {}; not to be edited.\n"


def pins(text: str) -> dict[str, str]:
    """Names and versions of `requirements.txt`, those to be installed without their own
    dependencies included."""
    found = re.findall(r"^(?:# no-deps: )?([\w.-]+)==(\S+)$", text, re.M)
    return {canonicalize_name(name): version for name, version in found}


def locked(text: str) -> dict[tuple[str, str], set[str]]:
    """The hashes of a lock file, by name and version."""
    blocks = re.findall(r"^([\w.-]+)==(\S+)((?: \\\n +--hash=sha256:[0-9a-f]{64})+)$", text, re.M)
    return {
        (name, version): set(re.findall(r"sha256:(\w+)", hashes))
        for name, version, hashes in blocks
    }


def lines(index: Index, wanted: dict[str, str], before: Path) -> str:
    """A lock of these pins."""
    known = locked(before.read_text(encoding="utf-8")) if before.exists() else {}
    made = []
    for name, version in sorted(wanted.items()):
        pinned = Version(version)
        hashes = {f.sha256 for f in index.files(name) if Version(f.version.public) == pinned}
        if not hashes:
            raise SystemExit(f"{name}=={version}: the index offers no file of it")
        hashes |= known.get((name, version), set())
        made.append(" \\\n    --hash=sha256:".join([f"{name}=={version}", *sorted(hashes)]))
    return "\n".join(made) + "\n"


def besides(index: Index, first: Requirement, wanted: dict[str, str]) -> dict[str, str]:
    """What a package on Linux asks for that is not pinned, and so on down, at the newest versions
    that all who ask allow."""
    asked: dict[str, SpecifierSet] = {}
    while True:
        found, said = _walk(index, first, asked)
        if said == asked:
            return {name: version for name, version in found.items() if name not in wanted}
        asked = said


def _walk(
    index: Index, first: Requirement, asked: dict[str, SpecifierSet]
) -> tuple[dict[str, str], dict[str, SpecifierSet]]:
    """Versions that meet what was asked on the last walk, and what is asked on this one."""
    found: dict[str, str] = {}
    said: dict[str, SpecifierSet] = {}
    todo, seen = [first], set()
    while todo:
        wish = todo.pop()
        name = canonicalize_name(wish.name)
        said[name] = said.get(name, SpecifierSet()) & wish.specifier
        if (name, str(wish)) in seen:
            continue
        seen.add((name, str(wish)))
        allowed = said[name] & asked.get(name, SpecifierSet())
        offered = [f for f in index.files(name) if _for_linux(f) and f.version in allowed]
        newest = max(offered, key=lambda file: file.version)
        found[name] = str(newest.version)
        todo += index.requirements(name, newest, wish.extras)
    return found, said


def _for_linux(file: File) -> bool:
    """A published wheel for Python 3.11 on Linux, or for any."""
    if not file.place.filename.endswith(".whl") or file.version.local:
        return False
    python, _, platform = file.place.filename.removesuffix(".whl").split("-")[-3:]
    return ("cp311" in python or "py3" in python) and platform.endswith(("x86_64", "any"))


def main() -> None:
    """Write both locks."""
    from index import opened  # pip in this process: it puts Python's distutils back in its place

    wanted = pins(PINS.read_text(encoding="utf-8"))
    with opened() as index:
        LOCK.write_text(HEAD.format(PINS.name) + lines(index, wanted, LOCK), encoding="utf-8")
        torch = Requirement(f"torch=={wanted['torch']}")
        cuda = besides(index, torch, wanted)
        head = HEAD.format("what the builds of torch for CUDA ask for besides")
        CUDA.write_text(head + lines(index, cuda, CUDA), encoding="utf-8")


if __name__ == "__main__":
    main()
