"""Every command, among files that fit and files that do not: an answer, or one sentence and the
right exit code.

Commands run in this process, and so do the workers' tasks: what is fuzzed is what they are told.
Measuring and training are not begun; a file that they would write or read is.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import sys
import tempfile
from pathlib import Path
from unittest import mock

import typer
from hypothesis import strategies as st
from typer.testing import CliRunner

from fieldcheck import cli
from fieldcheck.bench.run import BenchError
from fieldcheck.ledger import pool, records, store
from fieldcheck.ledger import run as runs
from fieldcheck.printable import UNFIT
from fieldcheck.replication.errors import ReplicationError
from tests.fuzz import texts
from tests.fuzz.language import ODD
from tests.fuzz.target import Fault, Target

TESTS = Path(__file__).parents[1]
FAKE = str(TESTS / "ledger")
HOSTILE = "a\x1b]0;title\x07\u202eb"
CLAIMS = '''
from fieldcheck.claim import claim, ours
from fieldcheck.domains import real
from fieldcheck.relations import Equal
@claim("my-square", title="A square", sources=[ours()], chapter="mine", given=dict(x=real()))
def square(xp, x):
    """The square of a sum."""
    return Equal((x + 1) * (x + 1), x * x + 2 * x + 1)
@square.neighbour("once", key="once")
def _(xp, x):
    return Equal((x + 1) * (x + 1), x * x + x + 1)
'''
SMALL = r"\begin{document}\begin{equation} x = x \label{eq:a}\end{equation}\end{document}"
FILES = {
    "_toc.yml": "", "mine.py": CLAIMS, "broken.py": "raise ValueError('no')", "a.tex": SMALL,
    "bad.json": "{", "list.json": "[1]", "point.toml": 'claim = "plain-true"\n[inputs]\n',
    "half.toml": "claim = 1", "book/a.md": "$$x$$ (eq-a)\n", "empty.tex": "", "net.pt2": "no",
    "weights/config.json": "{}",
}  # fmt: skip


class Home:
    """A project with a ledger of the fake machine, put back after each command."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="fuzz-")
        self.path = Path(self._folder.name) / "home"
        sys.path.insert(0, FAKE)
        self.fake = importlib.import_module("fake_machine")
        sys.path.remove(FAKE)
        rows = {name: records.sealed(self.fake.row(c)) for name, c in self.fake.CLAIMS.items()}
        self.ledger = store.dump(
            records.Ledger(
                run=runs.run_record("quick", 0, True),
                claims=tuple(store.rested(rows).values()),
                timings={},
            )
        )
        self.document = json.loads(self.ledger)
        self._files = {name: text.encode() for name, text in FILES.items()}
        self._files["latin.md/x.md"] = b"\xff$$x$$"
        self._marks: dict[Path, tuple[int, int]] = {}

    def restore(self) -> None:
        """As at first."""
        seen = self._seen()
        for path in sorted(seen.keys() - self._marks.keys(), reverse=True) if self._marks else ():
            path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()
        for name, content in {**self._files, "_build/ledger.json": self.ledger}.items():
            file = self.path / name
            if not self._marks or seen.get(file) != self._marks[file]:
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(content)
                self._marks.pop(file, None)
        if not self._marks:
            (self.path / "fieldcheck").mkdir()
            os.mkfifo(self.path / "pipe.json")
        self._marks = self._seen()

    def _seen(self) -> dict[Path, tuple[int, int]]:
        return {
            p: (
                p.lstat().st_mtime_ns if p.is_file() else 0,
                p.lstat().st_size if p.is_file() else 0,
            )
            for p in self.path.rglob("*")
        }

    @contextlib.contextmanager
    def inside(self):
        """Standing there, with the fake machine, its tasks done in this process."""
        self.restore()
        was = Path.cwd()
        os.chdir(self.path)
        try:
            with (
                mock.patch.object(cli, "MACHINE", "fake_machine"),
                mock.patch.object(pool, "work", _work),
                mock.patch("fieldcheck.bench.cli.measure", _measure),
                mock.patch("fieldcheck.replication.cli._train", _train),
                mock.patch("fieldcheck.audit.cli._study", _study, create=True),
                mock.patch.object(cli, "RECHECK", "tests.fuzz.commands"),
            ):
                yield
        finally:
            os.chdir(was)


SECONDS = 4.0


def recheck(claims, forms, keys=(), **_):
    """The second road, which finds nothing amiss."""
    return []


def check(*_, **__):
    return []


def _work(tasks, *, machine, files, jobs, limits, on_start=lambda name: None):
    engine = importlib.import_module(machine)
    claims = engine.load(files)
    for task in tasks:
        on_start(task.name)
        value, fault = pool._done(pool._Home(engine, claims), task, mock.Mock())
        yield pool.Answer(task, value, fault)


def _measure(*_, **__):
    raise BenchError("nothing is measured here")


def _train(*_, **__):
    raise ReplicationError("nothing is trained here")


def _study(*_, **__):
    from fieldcheck.audit.errors import StudyError

    raise StudyError("nothing is studied here")


HOME = Home()
RUNNER = CliRunner()
COMMAND = typer.main.get_command(cli.app)


def ran(*words: str) -> tuple[int, str, str]:
    """Exit code and output of a command; a fault where it is neither an answer nor a sentence."""
    with mock.patch("typer.testing._get_command", return_value=COMMAND):  # made once
        result = RUNNER.invoke(cli.app, list(words))
    told = f"{words}: {result.stderr[-300:]}"
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise Fault(told) from result.exception
    if result.exit_code not in (0, 1, 2):
        raise Fault(f"exit code {result.exit_code}; {told}")
    if "Traceback" in result.output or "itself is at fault" in result.output:
        raise Fault(told)
    if UNFIT.search(result.output):
        raise Fault(f"unfit text reached the terminal; {told}")
    if result.exit_code == 2 and not result.stderr.strip() and "Usage" not in result.stdout:
        raise Fault(f"exit code 2 without a word; {told}")
    return result.exit_code, result.stdout, result.stderr


# --- words ----------------------------------------------------------------------------------------

NAMES = ["plain-true", "plain-true/printed", "plain-true/nosuch", "only-sampled", "no-such", "",
         "/", "a" * 300, HOSTILE, "my-square", "mine.py", "--", "[bold]", "alpha", "é"]  # fmt: skip
PATHS = [*FILES, "_build/ledger.json", "pipe.json", "/dev/zero", "/dev/full", "none.json", ".", "/",
         "book", "a" * 256, "a/b/c.json", HOSTILE, "\0", "weights", "latin.md", ""]  # fmt: skip
NUMBERS = ["0", "1", "60", "-1", "x", "9" * 5000, "1e9", "", "1.5", str(2**63)]
TARGET = ["torch.nn:GELU()", "torch.nn:Linear(4, 4)", "torch.nn:ReLU()", "os:system('true')", ":",
          "a:b:c", "torch.nn:", "torch.nn:Linear(", "mine.py:square", "none.py:x", "net.pt2",
          "weights", "torch.nn:Softmax(-1)", "fieldcheck.cones:CoLU(2)"]  # fmt: skip
FLAGS = {
    "list": {"--chapter": NAMES, "--json": None, "--ledger": PATHS, "--from": PATHS},
    "show": {"--json": None, "--ledger": PATHS, "--from": PATHS},
    "verify": {"--chapter": NAMES, "--profile": ["quick", "standard", "no"], "--seed": NUMBERS,
               "--jobs": NUMBERS, "--json": PATHS, "--fresh": None, "--replace": None},
    "replay": {"--digits": ["60", "30", *NUMBERS[3:]], "--ledger": PATHS},
    "recheck": {"--anew": NUMBERS, "--jobs": NUMBERS, "--ledger": PATHS},
    "coverage": {"--book": PATHS, "--json": None},
    "schema": {},
    "weights": {"--json": PATHS, "--html": PATHS, "--text": PATHS, "--sentences": NUMBERS},
    "replicate": {"--json": PATHS, "--resume": None, "--pilot": None, "--report": None},
    "bench": {"--op": ["colu", "no", HOSTILE], "--size": ["N=8", "N", "=", "N=x", "N=" + "9" * 5000],  # noqa: E501
              "--device": ["cpu", "tpu", ""], "--json": PATHS, "--resume": None, "--toy": None,
              "--rounds": NUMBERS, "--budget": ["nan", "inf", *NUMBERS]},
    "new": {"--from": ["a.tex", "empty.tex", *PATHS]},
    "": {"--version": None, "--help": None, "--nosuch": None},
}  # fmt: skip
ARGUMENTS = {"coverage": PATHS, "replay": NAMES + PATHS, "new": NAMES + PATHS, "verify": NAMES}


@st.composite
def lines(draw):
    """A command with some of its options, and values that fit and do not."""
    command = draw(st.sampled_from([*FLAGS, *FLAGS, HOSTILE]))
    flags = FLAGS.get(command, {})
    words = [command] if command else []
    words += draw(st.lists(st.sampled_from(ARGUMENTS.get(command, NAMES)), max_size=2))
    for flag in draw(st.lists(st.sampled_from(list(flags)), max_size=2)) if flags else ():
        words.append(flag)
        if flags[flag]:
            words.append(draw(st.sampled_from(flags[flag])))
    if draw(st.integers(0, 20)) == 0:
        words.insert(draw(st.integers(0, len(words))), draw(st.text(max_size=5)))
    return words


def _line(words) -> None:
    with HOME.inside():
        ran(*words)


# --- ledgers --------------------------------------------------------------------------------------


@st.composite
def wrong(draw):
    """A place in the ledger, and what is put there."""
    where, inner = [], HOME.document
    while isinstance(inner, dict | list) and inner and (not where or draw(st.integers(0, 3))):
        steps = list(inner) if isinstance(inner, dict) else list(range(len(inner)))
        where.append(draw(st.sampled_from(steps)))
        inner = inner[where[-1]]
    new = draw(st.one_of(ODD.filter(lambda v: not isinstance(v, bytes)), st.just(HOSTILE),
                         st.just("delete")))  # fmt: skip
    words = draw(st.sampled_from([
        ("list",), ("list", "--json"), ("show", "plain-true"), ("show", "only-sampled/printed"),
        ("replay", "plain-true/printed"), ("verify",), ("show", "plain-true", "--json"),
    ]))  # fmt: skip
    return where, new, words, draw(st.booleans())


def _wrong(given) -> None:
    where, new, words, seal = given
    changed = json.loads(HOME.ledger)
    inner = changed
    for step in where[:-1]:
        inner = inner[step]
    if new == "delete":
        del inner[where[-1]]
    else:
        inner[where[-1]] = new
    if seal:  # a forger may compute it again
        rows = changed.get("claims")
        for k, row in enumerate(rows if isinstance(rows, list) else ()):
            with contextlib.suppress(Exception):  # of no published form: left as it is
                rows[k] = records.plain(records.sealed(row))
    with HOME.inside():
        Path("_build/ledger.json").write_text(json.dumps(changed))
        ran(*words)


def _cut(given) -> None:
    at, words = given
    with HOME.inside():
        Path("_build/ledger.json").write_bytes(HOME.ledger[: at % len(HOME.ledger)])
        code, *_ = ran(*words)
        if code == 0 and words[0] != "schema":
            raise Fault(f"half a ledger is taken for one, cut at {at}")


# --- files ----------------------------------------------------------------------------------------


def _article(text: str) -> None:
    with HOME.inside():
        Path("b.tex").write_text(text, encoding="utf-8")
        code, *_ = ran("new", "--from", "b.tex")
        if code == 0:
            compile((Path("b") / "claims.py").read_text(encoding="utf-8"), "claims.py", "exec")


def _book(text: str) -> None:
    with HOME.inside():
        Path("book/b.md").write_text(text, encoding="utf-8")
        ran("coverage")


def _point(content: bytes) -> None:
    with HOME.inside():
        Path("b.toml").write_bytes(content)
        ran("replay", "b.toml")


AUDITED = st.tuples(
    st.sampled_from(TARGET), st.sampled_from([(), ("--shape", "2x4"), ("--shape", "x"),
                                              ("--shape", "0x4"), ("--dtype", "float99"),
                                              ("--channels", "9"), ("--shape", "9" * 30)]),
)  # fmt: skip


def _audit(given) -> None:
    with HOME.inside():
        ran("audit", given[0], *given[1])


READ = st.sampled_from([("list",), ("show", "plain-true"), ("replay", "plain-true/printed")])
TARGETS = [
    Target("commands, words", lines(), _line, 12),
    Target("commands, a wrong value in the ledger", wrong(), _wrong, 8),
    Target("commands, a ledger cut off", st.tuples(st.integers(0, 10**6), READ), _cut, 2),
    Target("commands, new --from", texts.texts(texts.TEX, texts.ARTICLES[:1]), _article, 1),
    Target("commands, coverage", texts.texts(texts.MYST), _book, 2),
    Target("commands, replay FILE", texts.BYTES, _point, 2),
    Target("commands, audit", AUDITED, _audit, 0.1, 120),
]  # fmt: skip
