"""The compiled loops of the conic activations: built once where a compiler is at hand, else absent.

The first call for a kernel compiles one C++ file of plain loops (a few seconds, all attempts
together never more than :data:`LIMIT`) into the user's cache, tries it on small cases, and keeps
it with its length and its SHA-256 beside it.  A file that is not what they say is not loaded, but
built anew.  A folder or file that others own or may write is not used at all.  Where any of this
fails the plain torch form serves, :func:`status` tells the reason, and the failure is kept too.

Environment
    ``FIELDCHECK_NATIVE=0``: never compile, never load.
    ``FIELDCHECK_CACHE``: folder for compiled files (default: ``fieldcheck`` in the user's cache
    folder).
    ``CXX``: the compiler to use.
"""

from __future__ import annotations

import contextlib
import ctypes
import functools
import hashlib
import logging
import math
import os
import platform
import shlex
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from fieldcheck import ordinary

from .. import reference

log = logging.getLogger("fieldcheck.ops")

SOURCE = Path(__file__).with_name("conic.cpp")
#: Seconds that a first use may take, the compiler's version and all variants together.
LIMIT = 60
KINDS = {"colu": 0, "rcolu": 1, "soc": 2, "colu rectified": 4, "rcolu rectified": 5}
#: Below this many numbers a second thread costs more than it brings.
SERIAL = 1 << 15

# -ffast-math is left out on purpose: linking with it would switch off subnormal numbers for the
# process.
FLAGS = ("-std=c++17", "-O3", "-fno-math-errno", "-fno-trapping-math", "-fno-exceptions",
"-fno-rtti",
         "-fPIC", "-shared")  # fmt: skip
VARIANTS = (("-march=native", "-fopenmp"), ("-fopenmp",), ("-march=native",), ())


Functions = dict[torch.dtype, "ctypes._NamedFuncPointer"]


class Library(NamedTuple):
    """An open file: its functions, and what the compiler made of the loops."""

    functions: Functions
    features: str


class Loaded(NamedTuple):
    """A library ready for calls, and how it came to be."""

    functions: Functions
    reason: str


def compiler() -> list[str] | None:
    """The command of the C++ compiler that would be used; ``CXX`` may be several words."""
    if wanted := shlex.split(os.environ.get("CXX", "")):
        return wanted if shutil.which(wanted[0]) else None
    found = next(filter(shutil.which, ("g++", "c++", "clang++")), None)
    return None if found is None else [found]


def cache_folder() -> Path:
    """Where compiled files are kept."""
    if folder := os.environ.get("FIELDCHECK_CACHE"):
        return Path(folder)
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "fieldcheck"


def _run(command: list[str], deadline: float) -> tuple[int, str, str]:
    """Exit code, output and errors of a command, which ends with all it started at the deadline."""
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace",
        stdin=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    try:
        out, trouble = process.communicate(timeout=max(0.0, deadline - time.monotonic()))
    except BaseException:
        # A compiler's driver leaves the work to a child, which would go on without it.
        with contextlib.suppress(OSError):
            os.killpg(process.pid, signal.SIGKILL)
        process.kill()
        process.communicate()
        raise
    return process.returncode, out, trouble


def _instructions() -> str:
    """The processor's instruction sets, in the words of this system."""
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            if line.partition(":")[0].strip() in ("flags", "Features"):
                return line
    return ""


def _fingerprint(version: str) -> str:
    """Changes with the source, the flags, the compiler and the processor's instruction set."""
    parts = [SOURCE.read_text(), repr((FLAGS, VARIANTS)), version, platform.machine()]
    return hashlib.sha256("\n".join([*parts, _instructions()]).encode()).hexdigest()[:20]


def _say(message: str) -> None:
    """To the log, and to the error stream; a notebook's stream is part of a document, so not
    there."""
    log.info(message)
    if sys.stderr is not None and not type(sys.stderr).__module__.startswith("ipykernel"):
        print(f"fieldcheck: {message}", file=sys.stderr, flush=True)


def _compile(cxx: list[str], target: Path, deadline: float) -> str:
    """Build ``target``, whole or not at all; empty on success, else the reason."""
    name = Path(cxx[-1]).name
    _say(f"compiling the conic kernels with {name} (once, a few seconds)")
    folder = tempfile.mkdtemp(dir=target.parent)
    try:
        built = Path(folder) / target.name
        reason = ""
        for variant in VARIANTS:
            command = [*cxx, *FLAGS, *variant, str(SOURCE), "-o", str(built)]
            try:
                code, _, trouble = _run(command, deadline)
            except subprocess.TimeoutExpired:
                return f"compiling took more than {LIMIT} s"
            except OSError as error:
                return f"the compiler does not start: {error.strerror}"
            if code == 0:
                built.chmod(0o700)
                seal = Path(folder) / "seal"
                seal.write_text(_seal(built.read_bytes()))
                seal.chmod(0o600)
                os.replace(seal, _sealed(target))
                os.replace(built, target)
                return ""
            lines = trouble.strip().splitlines()
            reason = reason or f"the compiler refuses: {lines[0] if lines else 'no message'}"
        return reason
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _seal(content: bytes) -> str:
    """What is kept of a file to know it by: its length and its SHA-256."""
    return f"{len(content)} {hashlib.sha256(content).hexdigest()}\n"


def _sealed(target: Path) -> Path:
    return target.with_suffix(".sha256")


def _failed(target: Path) -> Path:
    return target.with_suffix(".failed")


def _whole(target: Path) -> bool:
    """Whether the file is, byte for byte, the one that was built.  Loading a damaged library can
    end the process."""
    try:
        return ordinary.read_text(_sealed(target)) == _seal(ordinary.read_bytes(target))
    except OSError:  # there is none, or a pipe, that nobody would wait for
        return False


def _foreign(path: Path) -> str:
    """Empty if only this account and root can change what lies here, as ssh wants it; else the
    reason."""
    if not hasattr(os, "geteuid"):  # no owners as these
        return ""
    for one, writing in ((path, 0o022), *((above, 0o002) for above in path.resolve().parents)):
        found = one.stat()
        if found.st_uid not in (0, os.geteuid()):
            return (
                f"{one} belongs to another account; name a folder of your own in FIELDCHECK_CACHE"
            )
        kept = one != path and found.st_mode & stat.S_ISVTX  # there only its owner moves a thing
        if found.st_mode & writing and not kept:
            return f"others may write to {one}; look at what is there, then: chmod go-w {one}"
    return ""


def _open(target: Path) -> Library:
    library = ctypes.CDLL(str(target))
    functions = {}
    for dtype, name in ((torch.float32, "f32"), (torch.float64, "f64")):
        function = getattr(library, f"fieldcheck_conic_{name}")
        pointer = ctypes.c_void_p
        function.argtypes = (ctypes.c_int, pointer, pointer, pointer, ctypes.c_longlong,
                             ctypes.c_longlong, ctypes.c_double, ctypes.c_int)  # fmt: skip
        function.restype = None
        functions[dtype] = function
    features = library.fieldcheck_conic_features()
    words = (
        "vectors" if features & 1 else "no vectors",
        "threads" if features & 2 else "one thread",
    )
    return Library(functions, ", ".join(words))


def _errs(functions: Functions) -> bool:
    """Whether the library disagrees with the plain forms: each kind, both passes, groups in the
    lanes of a vector, of whole vectors, and what is left over."""
    many = 39  # no multiple of the groups that a vector holds
    for dtype, function in functions.items():
        for size in (4, 32):
            x = torch.linspace(-2, 3, many * size, dtype=dtype).sin().roll(3)
            # inside the cone, in its polar, near the rotated axis, between
            rows = x.view(many, size)
            rows[0::4, 0] += 4
            rows[1::4, 0] -= 4
            rows[2::4] += 3
            g = torch.linspace(1, -2, many * size, dtype=dtype)
            got = torch.empty_like(x)
            for kind, number in KINDS.items():
                y = reference.conic(x, kind, size, 1.0)
                d = reference.conic_vjp(x, g, kind, size, 1.0)
                for along, right in ((None, y), (g.data_ptr(), d)):
                    function(number, x.data_ptr(), along, got.data_ptr(), x.numel(), size, 1.0, 1)
                    if not torch.allclose(got, right, rtol=1e-4, atol=1e-4):
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
    deadline = time.monotonic() + LIMIT
    try:
        folder = cache_folder()
    except RuntimeError:  # an account without a home
        return "no home folder for the cache; name one in FIELDCHECK_CACHE"
    try:
        _, version, _ = _run([*cxx, "--version"], deadline)
        target = folder / f"conic-{_fingerprint(version)}.so"
    except subprocess.TimeoutExpired:
        return f"the compiler gave no answer in {LIMIT} s"
    except OSError as error:
        return f"the compiler does not start: {error.strerror}"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for path in (folder, target, _sealed(target), _failed(target)):
            if path.exists() and (reason := _foreign(path)):
                return f"the cache is not to be trusted: {reason}"
        return _kept(cxx, target, deadline)
    except OSError as error:
        return f"the cache folder cannot be used: {error.strerror or error}"


def _kept(cxx: list[str], target: Path, deadline: float) -> Loaded | str:
    """The file of the cache, built if it is not there or cannot be used.

    A failure is kept beside it, so that the next process does not wait for the same again.
    """
    failure = _failed(target)
    if failure.exists():
        said = ordinary.read_text(failure).strip()
        return f"{said} (kept in {failure}; to try again remove it)"
    reason = ""
    for fresh in (False, True):
        if fresh and (reason := _compile(cxx, target, deadline)):
            break
        if not _whole(target):
            continue
        try:
            library = _open(target)
        except (OSError, AttributeError) as error:  # built for another system: built anew once
            reason = f"the compiled file cannot be used: {error}"
            continue
        if _errs(library.functions):
            reason = "the compiled file disagrees with the plain forms"
            break
        built = f"built with {Path(cxx[-1]).name} ({library.features}), kept in the cache"
        return Loaded(library.functions, built)
    if not reason:  # another process may be about to put its own there: no reason to give up
        return "the compiled file was damaged as soon as it was built"
    failure.write_text(reason + "\n")
    return reason


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
    loaded.functions[x.dtype](
        KINDS[kind], x.data_ptr(), None if g is None else g.data_ptr(), out.data_ptr(), n, size,
        float(opening), min(torch.get_num_threads(), max(1, math.ceil(n / SERIAL))),
    )  # fmt: skip
    return out
