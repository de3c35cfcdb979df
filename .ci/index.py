"""The index that packages come from, read with pip's own client and settings."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
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

LINUX = {"platform_system": "Linux", "sys_platform": "linux", "platform_machine": "x86_64"}


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

    def requirements(self, name: str, file: File, extras: Any) -> Iterator[Requirement]:
        """What a wheel asks for on Linux."""
        metadata = dist_from_wheel_url(name, file.place.url_without_fragment, self.session).metadata
        for text in metadata.get_all("Requires-Dist") or ():
            inner = Requirement(text)
            where = [{**LINUX, "extra": extra} for extra in extras or {""}]
            if inner.marker is None or any(inner.marker.evaluate(place) for place in where):
                yield inner


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


@contextmanager
def opened() -> Iterator[Index]:
    """The index, for as long as pip holds what it needs for it."""
    command = DownloadCommand("lock", "the hashes of every file")
    with command.main_context():
        yield Index(command)
