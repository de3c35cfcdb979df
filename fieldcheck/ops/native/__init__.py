"""The compiled loops of the conic activations: built once where a compiler is at hand, else absent.

The first call for a kernel compiles one C++ file of plain loops (about two seconds, never more than
:data:`LIMIT`) into the user's cache, tries it on a small case, and keeps it.  Where any of this
fails the plain torch form serves, and :func:`status` tells the reason.

Environment
    ``FIELDCHECK_NATIVE=0``: never compile, never load.
    ``FIELDCHECK_CACHE``: folder for compiled files (default: ``fieldcheck`` in the user's cache
    folder).
    ``CXX``: the compiler to use.
"""

from __future__ import annotations

import ctypes
import functools
import hashlib
import logging
import math
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

log = logging.getLogger("fieldcheck.ops")

SOURCE = Path(__file__).with_name("conic.cpp")
#: Seconds after which an unfinished compilation is given up.
LIMIT = 60
KINDS = {"colu": 0, "rcolu": 1, "soc": 2}
#: Below this many numbers a second thread costs more than it brings.
SERIAL = 1 << 15

# -ffast-math is left out on purpose: linking with it would switch off subnormal numbers for the
# process.
FLAGS = ("-std=c++17", "-O3", "-fno-math-errno", "-fno-trapping-math", "-fno-exceptions",
"-fno-rtti",
         "-fPIC", "-shared")  # fmt: skip
VARIANTS = (("-march=native", "-fopenmp"), ("-fopenmp",), ("-march=native",), ())


class Loaded(NamedTuple):
    """A library ready for calls, and how it came to be."""

    functions: dict[torch.dtype, ctypes._NamedFuncPointer]
    reason: str


def compiler() -> str | None:
    """The C++ compiler that would be used."""
    wanted = [os.environ["CXX"]] if os.environ.get("CXX") else ["g++", "c++", "clang++"]
    return next((found for name in wanted if (found := shutil.which(name))), None)


def cache_folder() -> Path:
    """Where compiled files are kept."""
    if folder := os.environ.get("FIELDCHECK_CACHE"):
        return Path(folder)
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "fieldcheck"


@functools.cache
def _fingerprint(cxx: str) -> str:
    """Changes with the source, the flags, the compiler and the processor's instruction set."""
    version = subprocess.run([cxx, "--version"], capture_output=True, text=True, timeout=LIMIT)
    parts = [SOURCE.read_text(), repr((FLAGS, VARIANTS)), version.stdout, platform.machine()]
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        flags = [line for line in cpuinfo.read_text().splitlines() if line.startswith("flags")]
        parts += flags[:1]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:20]


def _target(cxx: str) -> Path:
    return cache_folder() / f"conic-{_fingerprint(cxx)}.so"


def _say(message: str) -> None:
    """To the log always, to a person at a terminal as well."""
    log.info(message)
    if sys.stderr is not None and sys.stderr.isatty():
        print(f"fieldcheck: {message}", file=sys.stderr, flush=True)


def _compile(cxx: str, target: Path) -> str:
    """Build ``target``, whole or not at all; empty on success, else the reason."""
    _say(f"compiling the conic kernels with {Path(cxx).name} (once, about two seconds)")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        folder = tempfile.mkdtemp(dir=target.parent)
    except OSError as error:
        return f"the cache folder cannot be written: {error.strerror}"
    try:
        built = Path(folder) / target.name
        reason = ""
        for variant in VARIANTS:
            command = [cxx, *FLAGS, *variant, str(SOURCE), "-o", str(built)]
            try:
                done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT)
            except subprocess.TimeoutExpired:
                return f"compiling took more than {LIMIT} s"
            except OSError as error:
                return f"the compiler does not start: {error.strerror}"
            if done.returncode == 0:
                os.replace(built, target)
                return ""
            lines = done.stderr.strip().splitlines()
            reason = reason or f"the compiler refuses: {lines[0] if lines else 'no message'}"
        return reason
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _open(target: Path) -> dict[torch.dtype, ctypes._NamedFuncPointer]:
    library = ctypes.CDLL(str(target))
    functions = {}
    for dtype, name in ((torch.float32, "f32"), (torch.float64, "f64")):
        function = getattr(library, f"fieldcheck_conic_{name}")
        pointer = ctypes.c_void_p
        function.argtypes = (ctypes.c_int, pointer, pointer, pointer, ctypes.c_longlong,
                             ctypes.c_longlong, ctypes.c_double, ctypes.c_int)  # fmt: skip
        function.restype = None
        functions[dtype] = function
    return functions


def _fails_small_case(functions: dict) -> bool:
    """Whether the library errs where the answer is known by hand: (3, 4) is cut to (3, 3)."""
    for dtype, function in functions.items():
        x = torch.tensor([3.0, 4.0, 5.0, 4.0, -1.0, 2.0, 0.0, 0.0], dtype=dtype)
        y = torch.empty_like(x)
        function(KINDS["colu"], x.data_ptr(), None, y.data_ptr(), 8, 2, 1.0, 1)
        if not torch.allclose(y, torch.tensor([3.0, 3, 5, 4, -1, 0, 0, 0], dtype=dtype)):
            return True
    return False


@functools.cache
def _load() -> Loaded | str:
    """The library, compiled now if need be, or the reason why there is none."""
    if os.environ.get("FIELDCHECK_NATIVE", "1") == "0":
        return "switched off by FIELDCHECK_NATIVE=0"
    cxx = compiler()
    if cxx is None:
        return "no C++ compiler was found"
    try:
        target = _target(cxx)
        fresh = not target.exists()
        if fresh and (reason := _compile(cxx, target)):
            return reason
        functions = _open(target)
    except (OSError, AttributeError, subprocess.SubprocessError) as error:
        return f"the compiled file cannot be used: {error}"
    if _fails_small_case(functions):
        return "the compiled file fails a case done by hand"
    return Loaded(functions, f"built with {Path(cxx).name}, kept in the cache")


def available(dtype: torch.dtype) -> bool:
    """Whether compiled loops serve this dtype.  Compiles on the first call."""
    loaded = _load()
    return isinstance(loaded, Loaded) and dtype in loaded.functions


def status() -> tuple[str, str]:
    """The road of the conic activations on the CPU and the reason.  Compiles on the first call."""
    loaded = _load()
    if isinstance(loaded, Loaded):
        return "compiled loop", loaded.reason
    return "plain torch", loaded


def conic(kind: str, x: Tensor, g: Tensor | None, size: int, opening: float, out: Tensor) -> Tensor:
    """Run the loop on contiguous CPU tensors: forward if ``g`` is None, else the derivative along
    ``g``.

    ``x``, ``g`` and ``out`` have one shape; each run of ``size`` numbers is a group.
    """
    loaded = _load()
    assert isinstance(loaded, Loaded)
    n = x.numel()
    threads = 1 if n < SERIAL else torch.get_num_threads()
    loaded.functions[x.dtype](
        KINDS[kind], x.data_ptr(), None if g is None else g.data_ptr(), out.data_ptr(), n, size,
        float(opening), min(threads, math.ceil(n / SERIAL)),
    )  # fmt: skip
    return out
