"""One mutant put to the tests: in a private copy of the tree, in a process of its own.

The copy is made once; for a mutant one file in it is changed, a process is forked from this one,
which has loaded the heavy packages but nothing of the library, and the tests that reach the place
run in it, in the order given, up to the first that fails; those of other folders in a process of
their own, begun only if it must be.  Afterwards the file is put back.

*Killed*: a test failed, or could not be imported.  *Timed out*: a test used over five times its
usual processor time, and ten seconds more; the run is then stopped, and the mutant counts as
killed.  *Incompetent*: the changed module cannot be imported on its own; such a mutant does not
count at all.  *Survived*: all the tests that were chosen passed.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import py_compile
import resource
import select
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import psutil
import pytest

LEFT_BEHIND = shutil.ignore_patterns(
    ".git", ".venv", "_build", "__pycache__", ".hypothesis", ".*_cache", "*.egg-info"
)
HEAVY = (
    *("hypothesis", "matplotlib", "mpmath", "numpy", "scipy.linalg", "scipy.optimize", "sympy"),
    *("flint", "torch", "torch._dynamo", "torch.testing", "torch.nn.attention.flex_attention"),
    *("jsonschema", "rich.console", "typer", "networkx"),
)
"""What is loaded once, before the forks: seconds for each mutant otherwise."""
MEMORY = 12 << 30
"""Bytes of address space that a test run may take: a mutant may ask for any size."""


@dataclass(frozen=True)
class Result:
    """What became of a mutant; ``by`` the test that ended it, which is part of ``unit``."""

    outcome: str
    by: str = ""
    unit: str = ""
    detail: str = ""
    seconds: float = 0.0
    tests: int = 0


@dataclass
class Limits:
    """Processor seconds that a unit of tests may use: ``factor`` times its own, and ``grace``."""

    factor: float = 5.0
    grace: float = 10.0
    usual: Mapping[str, float] = field(default_factory=dict)

    def of(self, unit: str) -> float:
        return self.factor * self.usual.get(unit, 0.0) + self.grace


# -- units ---------------------------------------------------------------------------------------
def unit(item: pytest.Item) -> str:
    """What is run and measured as one: tests that share work are not told apart.

    That is a file whose tests share a fixture, and else the single test.
    """
    path = item.nodeid.partition("::")[0]
    info = getattr(item, "_fixtureinfo", None)
    for fixtures in (info.name2fixturedefs if info else {}).values():
        if fixtures[-1].scope != "function" and fixtures[-1].baseid:
            return path
    return item.nodeid


def file_of(unit: str) -> str:
    return unit.partition("::")[0]


def by_unit(items: Sequence[pytest.Item]) -> dict[str, list[pytest.Item]]:
    units = defaultdict(list)
    for item in items:
        units[unit(item)].append(item)
    return units


# -- the copy ------------------------------------------------------------------------------------
class Copy:
    """A private copy of a tree; what it leaves in the end is nothing."""

    def __init__(self, root: Path, package: str) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="mutation-")
        self.base = Path(self._folder.name)
        self.root = self.base / "tree"
        self.said = self.base / "said"
        """What the last process in the copy printed."""
        self.package = package
        shutil.copytree(root, self.root, ignore=LEFT_BEHIND)
        # Checked by content: a mutant may have the size and the second of what it was made from.
        for file in (self.root / package).rglob("*.py"):
            py_compile.compile(
                str(file), invalidation_mode=py_compile.PycInvalidationMode.CHECKED_HASH
            )

    @contextlib.contextmanager
    def changed(self, path: str, text: str) -> Iterator[None]:
        file = self.root / path
        before = file.read_text(encoding="utf8")
        file.write_text(text, encoding="utf8")
        try:
            yield
        finally:
            file.write_text(before, encoding="utf8")

    def close(self) -> None:
        self._folder.cleanup()


def enter(copy: Copy, cache: Path) -> None:
    """From here on this process, and those it starts, see the copy and write beside it."""
    os.setsid()
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for name in [n for n in sys.modules if n.partition(".")[0] in (copy.package, "tests")]:
        del sys.modules[name]
    os.chdir(copy.root)
    here = {"", str(Path(__file__).resolve().parents[2])}
    sys.path[:] = [str(copy.root), *(p for p in sys.path if p not in here)]
    sys.dont_write_bytecode = True
    sys.executable = os.environ.get("FIELDCHECK_PYTHON", sys.executable)
    os.environ |= {
        "PYTHONPATH": str(copy.root),
        "PYTHONDONTWRITEBYTECODE": "1",
        "FIELDCHECK_CACHE": str(cache),
        "OMP_NUM_THREADS": "1",
    }
    silence = os.open(os.devnull, os.O_RDWR)
    said = os.open(copy.said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    for stream, end in enumerate((silence, said, said)):
        os.dup2(end, stream)


def arguments(copy: Copy, files: Sequence[str]) -> list[str]:
    return [
        *files,
        "-q",
        "-o", "addopts=--import-mode=importlib",
        "-W", "ignore:Module already imported:pytest.PytestAssertRewriteWarning",
        "-p", "no:fieldcheck.plugin",  # of the library that is installed, not of the copy
        "--basetemp", str(copy.base / "pytest"),
    ]  # fmt: skip


def fork(work: Callable[[], object]) -> int:
    """The number of a process that does this work and ends, whatever happens."""
    number = os.fork()
    if number == 0:
        code = 1
        try:
            work()
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)
    return number


def preload() -> None:
    for name in HEAVY:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)


# -- a run ---------------------------------------------------------------------------------------
class Chosen:
    """In the forked process: only these units, in this order, and word of what happens."""

    def __init__(self, order: Sequence[str], say: Callable[[str], None]) -> None:
        self.order = {name: k for k, name in enumerate(order)}
        self.say = say
        self.unit: dict[str, str] = {}

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        self.unit = {item.nodeid: unit(item) for item in items}
        items[:] = [item for item in items if self.unit[item.nodeid] in self.order]
        items.sort(key=lambda item: self.order[self.unit[item.nodeid]])

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self.say(f"start {self.unit[nodeid]}")

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.failed:
            lines = str(report.longrepr).strip().splitlines()
            reason = next((x for x in lines if x.startswith("E ")), lines[-1] if lines else "")
            self.say(f"failed {report.nodeid}\t{' '.join(reason.split())[:200]}")

    def pytest_collectreport(self, report: Any) -> None:
        if report.failed:
            last = str(report.longrepr).strip().splitlines()[-1:]
            self.say(f"failed {report.nodeid}\t{' '.join(last)[:200]}")


def _run(copy: Copy, cache: Path, module: str, order: Sequence[str], pipe: int) -> None:
    enter(copy, cache)

    def say(line: str) -> None:
        os.write(pipe, (line.replace("\n", " ") + "\n").encode())

    say("start import")
    try:
        importlib.import_module(module)
    except BaseException as error:
        say(f"incompetent {type(error).__name__}: {error}")
        return
    if not order:
        say("end 0")
        return
    say("start collection")
    files = sorted({file_of(name) for name in order})
    code = pytest.main([*arguments(copy, files), "-x"], plugins=[Chosen(order, say)])
    say(f"end {int(code)}")


def processor_seconds(number: int) -> float:
    """Of the process and of all that it started."""
    total = 0.0
    with contextlib.suppress(psutil.Error):
        process = psutil.Process(number)
        for one in (process, *process.children(recursive=True)):
            with contextlib.suppress(psutil.Error):
                total += sum(one.cpu_times()[:4])
    return total


def stop(number: int) -> None:
    """End a process and all that it started."""
    with contextlib.suppress(psutil.Error):
        for one in psutil.Process(number).children(recursive=True):
            with contextlib.suppress(psutil.Error):
                one.kill()
    with contextlib.suppress(ProcessLookupError):
        os.killpg(number, signal.SIGKILL)
    with contextlib.suppress(ProcessLookupError):
        os.kill(number, signal.SIGKILL)


def _lines(pipe: int, wait: float) -> list[str] | None:
    """What was said since; None once the other side has closed."""
    ready, _, _ = select.select([pipe], [], [], wait)
    if not ready:
        return []
    data = os.read(pipe, 1 << 16)
    return data.decode(errors="replace").splitlines() if data else None


def stages(path: str, order: Sequence[str]) -> list[list[str]]:
    """The tests of the folder that mirrors the changed file's, and then the others.

    To collect all of the tests takes longer than to run those that kill most mutants.
    """
    folder = f"tests/{path.split('/')[1]}/"
    near = [name for name in order if name.startswith(folder)]
    far = [name for name in order if not name.startswith(folder)]
    return [part for part in (near, far) if part] or [[]]


def trial(
    copy: Copy, path: str, text: str, order: Sequence[str], limits: Limits, cache: Path
) -> Result:
    """Run the units ``order`` on the copy with ``text`` at ``path``."""
    start = time.monotonic()
    tests = 0
    with copy.changed(path, text):
        for part in stages(path, order):
            result = _stage(copy, path, part, limits, cache)
            tests += result.tests
            if result.outcome != "survived":
                break
    return replace(result, seconds=round(time.monotonic() - start, 1), tests=tests)


def _stage(copy: Copy, path: str, order: Sequence[str], limits: Limits, cache: Path) -> Result:
    """Run these units in a process of their own."""
    module = path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    read, write = os.pipe()
    number = fork(lambda: _run(copy, cache, module, order, write))
    os.close(write)
    try:
        return _watch(number, read, limits)
    finally:
        stop(number)
        os.waitpid(number, 0)
        os.close(read)


def _watch(number: int, pipe: int, limits: Limits) -> Result:
    now, since, passed, tests = "import", 0.0, 0.0, 0
    code, last = None, time.monotonic()
    while True:
        lines = _lines(pipe, 0.25)
        # Time in which this process was itself stopped does not count.
        passed, last = passed + min(1.0, time.monotonic() - last), time.monotonic()
        for line in lines or []:
            word, _, rest = line.partition(" ")
            if word == "start":
                if rest != now:
                    now, since, passed = rest, processor_seconds(number), 0.0
                tests += 1
            elif word == "failed":
                by, _, detail = rest.partition("\t")
                return Result("killed", by, now, detail, tests=max(0, tests - 2))
            elif word == "incompetent":
                return Result("incompetent", "import", "import", rest)
            elif word == "end":
                code = int(rest)
        if lines is None:
            if code == 0:
                return Result("survived", tests=max(0, tests - 2))
            if code in (pytest.ExitCode.USAGE_ERROR, pytest.ExitCode.NO_TESTS_COLLECTED):
                raise RuntimeError("pytest did not find the tests that were chosen")
            # The process broke off: a crash of the interpreter, or pytest could not go on.
            outcome = "incompetent" if now == "import" else "killed"
            return Result(outcome, now, now, f"the test run broke off (pytest: {code})")
        allowed = limits.of(now)
        used = processor_seconds(number) - since
        if used > allowed or passed > 6 * allowed:
            detail = f"{used:.0f} s of processor time; usual: {limits.usual.get(now, 0):.2f} s"
            return Result("timed out", now, now, detail, tests=max(0, tests - 2))


# -- which tests reach which lines -----------------------------------------------------------------
class Measured:
    """In the process that collects: each unit runs in a fork of it, so that nothing which one unit
    has worked out and kept is missing in the lines of the next."""

    def __init__(
        self, write: Callable[[dict[str, Any]], None], folder: Path, skip: frozenset[str]
    ) -> None:
        self.write, self.folder, self.skip = write, folder, skip
        self.failed = ""

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.failed:
            self.failed = f"{report.nodeid}: {str(report.longrepr).strip().splitlines()[-1]}"

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        for name, items in by_unit(session.items).items():
            if name not in self.skip:
                number = fork(lambda name=name, items=items: self._measure(name, items))  # type: ignore[misc]
                os.waitpid(number, 0)
        return True

    def _measure(self, name: str, items: Sequence[pytest.Item]) -> None:
        import coverage

        cov = coverage.Coverage(data_file=None, include=[f"{self.folder}/*"], config_file=False)
        before = time.process_time()
        cov.start()
        for item, following in zip(items, [*items[1:], None], strict=True):
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        cov.stop()
        data = cov.get_data()
        times = os.times()
        self.write(
            {
                "unit": name,
                "failed": self.failed,
                "seconds": round(time.process_time() - before + times[2] + times[3], 3),
                "lines": {
                    os.path.relpath(file, self.folder.parent): sorted(data.lines(file) or [])
                    for file in data.measured_files()
                },
            }
        )


def append(log: Path, row: Mapping[str, Any]) -> None:
    """One more line of JSON, in one piece: several processes write to the same file."""
    number = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        os.write(number, (json.dumps(row) + "\n").encode())
    finally:
        os.close(number)


def measure(
    copy: Copy, file: str, cache: Path, log: Path, state: str, skip: frozenset[str] = frozenset()
) -> None:
    """Append one JSON line to ``log`` for each unit of ``file`` that is not in ``skip``."""

    def write(row: dict[str, Any]) -> None:
        append(log, row | {"state": state})

    def work() -> None:
        enter(copy, cache)
        plugin = Measured(write, copy.root / copy.package, skip)
        code = pytest.main(arguments(copy, [file]), plugins=[plugin])
        if code not in (0, 5):
            raise SystemExit(int(code))

    number = fork(work)
    try:
        _, status = os.waitpid(number, 0)
    except BaseException:
        stop(number)
        raise
    if status:
        said = copy.said.read_text(encoding="utf8", errors="replace")[-2000:]
        raise RuntimeError(f"the tests in {file} could not be collected:\n{said}")
