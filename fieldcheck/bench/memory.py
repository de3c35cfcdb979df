"""Peak memory of a call: how far the process grew beyond what it held before."""

from __future__ import annotations

import ctypes
import gc
from collections.abc import Callable
from pathlib import Path

import torch

_STATUS, _CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")
_GROUP = Path("/sys/fs/cgroup")


def _field(name: str) -> int:
    for line in _STATUS.read_text().splitlines():
        if line.startswith(name + ":"):
            return int(line.split()[1]) * 1024
    raise KeyError(name)


def _settle() -> None:
    """Give freed memory back to the system, so that the next call starts from what is in use."""
    gc.collect()
    libc = ctypes.CDLL(None)
    if hasattr(libc, "malloc_trim"):
        libc.malloc_trim(0)


def peak_bytes(call: Callable[[], object], cuda: bool) -> int | None:
    """Highest memory during the call above that before it, its result included; None if unknown.

    On the CPU this is resident memory as the kernel counts it, so scratch space that no allocator
    of torch sees is included.  Inputs were there before and do not count.
    """
    if cuda:
        torch.cuda.synchronize()
        torch.cuda.reset_peak_memory_stats()
        before = torch.cuda.memory_allocated()
        call()
        torch.cuda.synchronize()
        return torch.cuda.max_memory_allocated() - before
    try:
        _settle()
        _CLEAR.write_text("5")  # resets the high-water mark
        before = _field("VmRSS")
        kept = call()
        peak = _field("VmHWM")
    except (OSError, KeyError):
        return None
    del kept
    return max(0, peak - before)


def free_bytes(device: torch.device) -> int:
    """Memory that is free for use on the device now."""
    if device.type == "cuda":
        return torch.cuda.mem_get_info(device)[0]
    free = 1 << 33  # unknown: 8 GiB
    meminfo = Path("/proc/meminfo")
    if meminfo.exists():
        for line in meminfo.read_text().splitlines():
            if line.startswith("MemAvailable:"):
                free = int(line.split()[1]) * 1024
    try:  # a container may be allowed less than the machine has
        most, used = (int((_GROUP / f"memory.{x}").read_text()) for x in ("max", "current"))
    except (OSError, ValueError):  # no such group, or no limit: "max"
        return free
    return max(0, min(free, most - used))
