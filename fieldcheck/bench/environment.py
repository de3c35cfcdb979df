"""What the numbers depend on: processor or GPU, threads, memory, versions, and the roads taken."""

from __future__ import annotations

import platform
import subprocess
from pathlib import Path
from typing import Any

import torch

from fieldcheck import ops
from fieldcheck.ops import native

from . import peers

#: Instruction sets worth a mention.
NOTABLE = ("avx2", "avx512f", "avx512_bf16", "amx_tile", "neon", "asimd", "sve")


def _cpuinfo(*keys: str) -> str:
    path = Path("/proc/cpuinfo")
    if path.exists():
        for line in path.read_text().splitlines():
            name, _, value = line.partition(":")
            if name.strip() in keys:
                return value.strip()
    return ""


def _memory_bytes() -> int:
    path = Path("/proc/meminfo")
    if path.exists():
        return int(path.read_text().split()[1]) * 1024
    return 1


def device_name(device: torch.device) -> str:
    """The device's own name, and for a processor its threads.  Two names never share a ratio."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    model = _cpuinfo("model name") or platform.processor() or platform.machine()
    return f"{model}, {torch.get_num_threads()} threads"


def _first_line(*command: str, folder: Path | None = None) -> str | None:
    """What a command says first; None where it cannot be run, fails or is silent."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, cwd=folder)
    except (OSError, subprocess.SubprocessError):
        return None
    lines = done.stdout.splitlines() if done.returncode == 0 else []
    return lines[0].strip() if lines else None


def commit() -> str | None:
    """The last commit that changed what is measured or how; with a plus if files were changed
    since."""
    here = Path(__file__).parent
    paths = ("--", str(here), str(here.parent / "ops"))
    last = _first_line("git", "log", "-1", "--format=%h", *paths, folder=here)
    changed = _first_line("git", "status", "--porcelain", *paths, folder=here)
    return last and last + ("+" if changed else "")


def environment(device: torch.device) -> dict[str, Any]:
    """The description that goes with every result."""
    flags = _cpuinfo("flags", "Features").split()
    return {
        "device": device_name(device),
        "kind": device.type,
        "threads": torch.get_num_threads(),
        "memory_bytes": _memory_bytes()
        if device.type == "cpu"
        else torch.cuda.get_device_properties(device).total_memory,
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "packages": peers.versions(),
        "commit": commit(),
        "compiler": (cxx := native.compiler()) and _first_line(*cxx, "--version"),
        "flags": [flag for flag in NOTABLE if flag in flags],
        "roads": [row._asdict() for row in ops.explain()],
    }
