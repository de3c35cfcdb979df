"""What is installed: the pins, the locks with their hashes, and nothing besides."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import re
import sys
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]


def _module(name: str):
    spec = importlib.util.spec_from_file_location(f"ci_{name}", ROOT / ".ci" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[f"ci_{name}"] = module  # a dataclass asks for it
    spec.loader.exec_module(module)
    return module


lock, audit = _module("lock"), _module("audit")


def read(path: Path) -> dict[tuple[str, str], set[str]]:
    """The lock's hashes; every line of it must have been understood."""
    text = path.read_text(encoding="utf-8")
    found = lock.locked(text)
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    assert len(lines) == len(found) + sum(map(len, found.values()))
    return found


def test_every_pin_is_locked_and_nothing_else():
    pins = lock.pins(lock.PINS.read_text(encoding="utf-8"))
    assert set(read(lock.LOCK)) == set(pins.items()), "say `make lock`"


def test_what_cuda_needs_is_apart():
    apart = {name for name, _ in read(lock.CUDA)}
    assert not apart & {name for name, _ in read(lock.LOCK)}
    assert "triton" in apart
    assert any(name.startswith("nvidia-") for name in apart)


def test_a_hash_that_is_cut_short_is_none():
    text = lock.LOCK.read_text(encoding="utf-8")
    assert len(lock.locked(text.replace("a \\\n", " \\\n", 1))) < len(lock.locked(text))


def test_the_no_deps_line_is_locked():
    assert lock.pins("# no-deps: a.B==1\n# c==2\nd==3\n") == {"a-b": "1", "d": "3"}


def _asked(name: str) -> list[Requirement]:
    found = [Requirement(text) for text in importlib.metadata.requires(name) or ()]
    return [r for r in found if r.marker is None or r.marker.evaluate({"extra": ""})]


def test_nothing_that_is_needed_is_left_unpinned():
    """All is installed without its dependencies: so the pins must hold them all."""
    text = lock.PINS.read_text(encoding="utf-8")
    pinned = lock.pins(text)
    alone = {canonicalize_name(n) for n in re.findall(r"^# no-deps: ([\w.-]+)==", text, re.M)}
    for name in sorted(pinned.keys() - alone):
        for wish in _asked(name):
            needed = canonicalize_name(wish.name)
            if name == "torch" and needed not in pinned:
                continue  # a build for CUDA: its lock is apart
            assert needed in pinned, f"{name} asks for {needed}: pin it"
            assert pinned[needed] in wish.specifier, f"{name} asks for {wish}"


@pytest.mark.parametrize(
    "name", ["Makefile", ".ci/index.py", ".ci/lock.py", "requirements.lock", "SECURITY.md"]
)
def test_no_registry_is_named(name):
    """Where packages come from is a setting of pip's."""
    text = (ROOT / name).read_text(encoding="utf-8")
    assert not re.search(r"index-url|https?://", text)


FINE = {"name": "a", "version": "1", "vulns": []}
BAD = {"name": "b", "version": "2", "vulns": [{"id": "X-1", "fix_versions": ["3"]}]}
SKIPPED = {"name": "c", "skip_reason": "not found"}


@pytest.mark.parametrize(
    ("found", "code", "says"),
    [
        ([], 2, "nothing was audited"),
        ([SKIPPED, SKIPPED], 2, "nothing was audited"),
        ([FINE, SKIPPED], 2, "not audited: c"),
        ([FINE], 0, "1 packages were looked up"),
        ([FINE, BAD], 1, "b 2: X-1, mended in 3"),
        ([BAD, SKIPPED], 1, "b 2: X-1"),
    ],
)
def test_an_audit_that_did_not_happen_is_none(found, code, says):
    got, lines = audit.judged(found)
    assert got == code
    assert says in "\n".join(lines)
