"""Every CUDA road of the library, run on a GPU that only seems to be there.

    python -m tests.ops.no_gpu GUARD.so

A process of its own: the guard must be loaded before torch, and torch must not have walked back
through a graph before.  Prints one JSON object: of each road what went wrong, or null; and the
lines that speak of a device and were never run.
"""

import ctypes
import importlib.util
import json
import sys
from pathlib import Path

_TORCH = importlib.util.find_spec("torch")
assert _TORCH is not None
assert _TORCH.origin is not None
for _library in ("libc10.so", "libtorch_cpu.so"):
    ctypes.CDLL(str(Path(_TORCH.origin).parent / "lib" / _library), mode=ctypes.RTLD_GLOBAL)
ctypes.CDLL(sys.argv[1], mode=ctypes.RTLD_GLOBAL)

from tests.ops.no_gpu import branches, roads  # noqa: E402 - only now may torch be loaded


def main() -> None:
    wanted = branches.lines()
    found: dict[str, str | None] = {}
    with branches.seen(wanted) as seen:
        for name, road in roads.all_roads().items():
            try:
                road()
                found[name] = None
            except Exception as fault:
                found[name] = f"{type(fault).__name__}: {fault}"[:600]
    unseen = [
        f"{file}:{line}" for file, lines in wanted.items() for line in sorted(lines - seen[file])
    ]
    print(json.dumps({"roads": found, "unseen": unseen, "lines": sum(map(len, wanted.values()))}))


if __name__ == "__main__":
    main()
