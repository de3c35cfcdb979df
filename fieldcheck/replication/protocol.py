"""The protocol as data, its hash, and the commit that it stands in."""

from __future__ import annotations

import hashlib
import subprocess
import tomllib
from pathlib import Path

import msgspec

from .errors import ReplicationError

FILE = Path(__file__).with_name("protocol.toml")


class Words(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the protocol says in words; the page shows it as it stands."""

    question: str
    data: str
    models: str
    pairing: str
    primary: str
    also: str
    test: str
    support: str
    stopping: str
    diverged: str
    power: str
    rates: str
    not_tried: str


class Stop(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    seeds: int
    least: int
    minutes: float


class Test(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    reference: str
    level: float
    power: float


class Task(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What both tasks have: ``beside`` are arms that are shown and not tested."""

    metric: str
    also: list[str]
    beside: list[str]
    rate_grid: list[float]
    rates: dict[str, float]
    steps: int


class Text(Task, frozen=True, forbid_unknown_fields=True):
    """The character-level GPT."""

    sha256: str
    held_back: int
    channels: int
    layers: int
    heads: int
    context: int
    batch: int


class Caps(Task, frozen=True, forbid_unknown_fields=True):
    """The rotation of a cap of the sphere."""

    half_angle: float
    axis: list[float]
    turn: float
    points: int
    width: int
    grid: list[int]
    package_bias: float


class Protocol(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    activations: list[str]
    cone: int
    seeds: list[int]
    pilot_seeds: list[int]
    words: Words
    stop: Stop
    test: Test
    text: Text
    caps: Caps

    @property
    def tasks(self) -> dict[str, Task]:
        return {"text": self.text, "caps": self.caps}

    def arms(self, task: str) -> list[str]:
        """The activations that a task is trained with, those beside the tests last."""
        return [*self.activations, *self.tasks[task].beside]

    def order(self) -> list[tuple[int, str, str]]:
        """All runs as (seed, task, activation), seed by seed."""
        return [
            (seed, task, arm)
            for seed in self.seeds
            for task in self.tasks
            for arm in self.arms(task)
        ]


def load(path: Path = FILE) -> Protocol:
    """Read a protocol; ReplicationError names the line or field that does not fit."""
    try:
        return msgspec.toml.decode(path.read_bytes(), type=Protocol)
    except (OSError, tomllib.TOMLDecodeError, msgspec.ValidationError) as fault:
        raise ReplicationError(f"{path} is no protocol: {fault}") from None


def digest(path: Path = FILE) -> str:
    """The SHA-256 of the file as it lies there."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def commit(path: Path = FILE) -> str:
    """The commit in which the file got the text that it has.

    Raises ReplicationError if that text is in no commit: then nothing says that it was there first.
    """
    changed = _git(path, "status", "--porcelain", "--", path.name)
    found = "" if changed else _git(path, "log", "-1", "--format=%H", "--", path.name)
    if not found:
        raise ReplicationError(f"commit {path} first: results must come after their protocol")
    return found


def _git(path: Path, *words: str) -> str:
    try:
        done = subprocess.run(
            ["git", *words], cwd=path.parent, capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        raise ReplicationError(
            f"{path} lies in no git checkout: nothing says when it was written"
        ) from None
    return done.stdout.strip()
