"""Lock files from pins: `requirements.txt` with the SHA-256 of every file that the index offers.

    make lock

Of each pinned version all files are taken, for every Python and platform, from the index and the
folders that pip is set to use; pip's own client reads them.  What was accepted of the same version
stays accepted: a folder of wheels on one machine is not on the next.  The builds of torch for CUDA
ask for packages that no other build does; those go into a file of their own, at the versions
that torch names, or the newest that it allows.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    canonicalize_name,
    parse_sdist_filename,
    parse_wheel_filename,
)
from packaging.version import Version
from pip._internal.cli.cmdoptions import make_target_python
from pip._internal.commands.download import DownloadCommand
from pip._internal.index.collector import parse_links
from pip._internal.models.link import Link
from pip._internal.network.lazy_wheel import dist_from_wheel_url

ROOT = Path(__file__).resolve().parents[1]
PINS = ROOT / "requirements.txt"
LOCK = ROOT / "requirements.lock"
CUDA = ROOT / "requirements-cuda.lock"
LINUX = {"platform_system": "Linux", "sys_platform": "linux", "platform_machine": "x86_64"}
HEAD = "# Made by `make lock` from {}; not to be edited.\n"


@dataclass(frozen=True)
class File:
    """A file of the index: what it is of, where it is, and its hash."""

    version: Version
    place: Link
    sha256: str


class Index:
    """Where pip would look: its index, further ones, and folders of wheels."""

    def __init__(self, command: DownloadCommand) -> None:
        options, _ = command.parse_args([])
        self._known: dict[str, list[File]] = {}
        self.session = command.get_default_session(options)
        finder = command._build_package_finder(
            options, self.session, target_python=make_target_python(options)
        )
        self._collector = finder._link_collector
        self._folders = [Path(folder) for folder in options.find_links if Path(folder).is_dir()]

    def files(self, name: str) -> list[File]:
        """Of one package, of every version."""
        if name not in self._known:
            self._known[name] = [
                File(version, link, link.hash or "")
                for link in self._links(name)
                if (version := _version(link.filename, name)) and link.hash_name == "sha256"
            ]
        return self._known[name]

    def _links(self, name: str) -> Iterator[Link]:
        scope = self._collector.search_scope
        for place in scope.get_index_urls_locations(name):
            if page := self._collector.fetch_response(Link(place)):
                yield from parse_links(page)
        for folder in self._folders:
            for file in folder.iterdir():
                if _version(file.name, name):
                    yield Link(f"{file.as_uri()}#sha256={_sha256(file)}")


def _version(filename: str, name: str) -> Version | None:
    """The version of a wheel or source archive of this package; None of anything else."""
    try:
        parsed = parse_wheel_filename if filename.endswith(".whl") else parse_sdist_filename
        found, version = parsed(filename)[:2]
    except (InvalidWheelFilename, InvalidSdistFilename):
        return None
    return version if found == canonicalize_name(name) else None


def _sha256(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


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
        todo += _requirements(index, name, newest, wish.extras)
    return found, said


def _for_linux(file: File) -> bool:
    """A published wheel for Python 3.11 on Linux, or for any."""
    if not file.place.filename.endswith(".whl") or file.version.local:
        return False
    python, _, platform = file.place.filename.removesuffix(".whl").split("-")[-3:]
    return ("cp311" in python or "py3" in python) and platform.endswith(("x86_64", "any"))


def _requirements(index: Index, name: str, file: File, extras: Any) -> Iterator[Requirement]:
    metadata = dist_from_wheel_url(name, file.place.url_without_fragment, index.session).metadata
    for text in metadata.get_all("Requires-Dist") or ():
        inner = Requirement(text)
        where = [{**LINUX, "extra": extra} for extra in extras or {""}]
        if inner.marker is None or any(inner.marker.evaluate(place) for place in where):
            yield inner


def main() -> None:
    """Write both locks."""
    wanted = pins(PINS.read_text(encoding="utf-8"))
    command = DownloadCommand("lock", "the hashes of every file")
    with command.main_context():
        index = Index(command)
        LOCK.write_text(HEAD.format(PINS.name) + lines(index, wanted, LOCK), encoding="utf-8")
        torch = Requirement(f"torch=={wanted['torch']}")
        cuda = besides(index, torch, wanted)
        head = HEAD.format("what the builds of torch for CUDA ask for besides")
        CUDA.write_text(head + lines(index, cuda, CUDA), encoding="utf-8")


if __name__ == "__main__":
    main()
