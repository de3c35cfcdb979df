"""A stored row is reused only while nothing it depends on has changed."""

from __future__ import annotations

import importlib
import shutil
import sys
from pathlib import Path

import pytest

import fieldcheck
from fieldcheck.evidence import fingerprint
from fieldcheck.ledger import machine

CLAIMS = """\
import helper
from fieldcheck.claim import claim, ours
from fieldcheck.domains import vector
from fieldcheck.relations import Equal


@claim("hash-example", title="An example", sources=[ours()], chapter="evidence",
       given=dict(x=vector("n")))
def example(xp, x):
    \"\"\"An example.\"\"\"
    return Equal(x + x, helper.twice(x))


@example.neighbour("another")
def _(xp, x):
    return Equal(x + x, 3 * x)
"""


@pytest.fixture
def files(tmp_path):
    (tmp_path / "mine.py").write_text(CLAIMS)
    (tmp_path / "helper.py").write_text("from deeper import TWO\ntwice = lambda x: TWO * x\n")
    (tmp_path / "deeper.py").write_text("TWO = 2\nimport apart\n")
    (tmp_path / "apart.py").write_text("")
    (tmp_path / "unrelated.py").write_text("")
    yield tmp_path
    for name in ("helper", "deeper", "apart", "fieldcheck_claims_mine"):
        sys.modules.pop(name, None)
    sys.path.remove(str(tmp_path.resolve()))
    machine.load()


def of(files, profile="quick", seed=0):
    for name in ("helper", "deeper", "apart"):
        sys.modules.pop(name, None)
    claims = machine.load([str(files / "mine.py")])
    return machine.claim_hash(claims["hash-example"], profile, seed)


def test_the_same_files_have_the_same_hash(files):
    assert of(files) == of(files)


@pytest.mark.parametrize("name", ["mine.py", "helper.py", "deeper.py", "apart.py"])
def test_each_file_that_the_claim_imports_counts(files, name):
    before = of(files)
    (files / name).write_text((files / name).read_text() + "\nchanged = 1\n")
    assert of(files) != before


def test_the_same_size_at_the_same_second_counts(files):
    before = of(files)
    (files / "deeper.py").write_text((files / "deeper.py").read_text().replace("2", "3"))
    assert of(files) != before


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("mine.py", "An example", "Another title"),
        ("mine.py", "another", "yet another title"),
        ("mine.py", '"""An example."""', '"""Said otherwise."""'),
        ("mine.py", "ours\n", "ours  # a comment\n"),
        ("helper.py", "twice", "# a comment\n\n\ntwice"),
        ("deeper.py", "import apart", "# the rest\nimport apart\n"),
    ],
)
def test_comments_and_words_do_not_count(files, name, old, new):
    before = of(files)
    text = (files / name).read_text()
    assert old in text
    (files / name).write_text(text.replace(old, new, 1))
    after = of(files)
    assert (after == before) == (new != "yet another title")  # its key is made of its title


@pytest.mark.parametrize(
    ("old", "new"), [("x + x", "x - x"), ('"n"', '"m"'), ("3 * x", "4 * x"), ("twice", "once")]
)
def test_what_a_body_says_counts(files, old, new):
    (files / "helper.py").write_text((files / "helper.py").read_text() + "once = lambda x: x\n")
    before = of(files)
    (files / "mine.py").write_text(CLAIMS.replace(old, new, 1))
    assert of(files) != before


def test_a_file_that_is_imported_later_counts(files):
    """An import within a function, of a file that nothing has loaded yet."""
    lazy = CLAIMS.replace(
        "    return Equal(x + x, helper", "    import late\n    return Equal(x, helper"
    )
    (files / "late.py").write_text("A = 1\n")
    (files / "mine.py").write_text(lazy)
    before = of(files)
    (files / "late.py").write_text("A = 2\n")
    assert of(files) != before


def test_a_file_that_it_does_not_import_does_not(files):
    before = of(files)
    (files / "unrelated.py").write_text("# changed\n")
    assert of(files) == before


def test_profile_and_seed_count(files):
    assert len({of(files), of(files, "standard"), of(files, seed=1)}) == 3


@pytest.mark.parametrize(
    "name",
    ["claim.py", "relations.py", "domains.py", "verdict.py", "evidence/methods/rate.py",
     "arithmetic/ball.py", "requirements.txt"],
)  # fmt: skip
def test_the_library_counts(monkeypatch, tmp_path, name):
    source = Path(fieldcheck.__file__).parent
    copy = tmp_path / "fieldcheck"
    shutil.copytree(source, copy, ignore=shutil.ignore_patterns("__pycache__", "*.pyc"))
    (tmp_path / "requirements.txt").write_text("a==1\n")
    monkeypatch.setattr(fieldcheck, "__file__", str(copy / "__init__.py"))
    digest = fingerprint.library_digest.__wrapped__
    before = digest()
    assert digest() == before
    file = tmp_path / name if name == "requirements.txt" else copy / name
    for line, counts in (("# a comment\n", False), ("changed=1\n", True)):
        file.write_text(file.read_text() + line)
        fingerprint.forget()
        assert (digest() != before) == counts


def test_a_field_counts_for_those_who_import_it(monkeypatch):
    claims = machine.load()
    digest = fingerprint.code_digest
    before = {name: machine.claim_hash(made, "quick", 0) for name, made in claims.items()}
    changed = lambda file, worded=False: b"1" if file.name == "gibbs.py" else digest(file, worded)
    fingerprint._file_digest.cache_clear()
    monkeypatch.setattr(fingerprint, "code_digest", changed)
    after = {name: machine.claim_hash(made, "quick", 0) for name, made in claims.items()}
    fingerprint._file_digest.cache_clear()
    new = {name for name in before if before[name] != after[name]}
    assert 0 < len(new) < len(before) / 4
    assert {claims[name].chapter for name in new} >= {"softmax"}


WRITTEN = """\
from fieldcheck.claim import claim, ours
from fieldcheck.domains import real, vector
from fieldcheck.relations import Equal
{before}

@claim("hash-example", title="An example", sources=[ours()], given=dict(x={domain}), sizes={sizes})
{decorated}
def example(xp, x):
    \"\"\"An example.\"\"\"
    return Equal({said}, 2 * x)


@example.neighbour("another")
def _(xp, x):
    return Equal(5 * x, 2 * x)
"""


def written(**words):
    return WRITTEN.format(
        **{
            "before": "",
            "domain": "real()",
            "sizes": "{}",
            "decorated": "",
            "said": "f(x)",
            **words,
        }
    )


DECORATOR = (
    "import functools\ndef deco(f):\n    @functools.wraps(f)\n    def g(xp, x): return f(xp, x)\n"
    "    return g\n"
)
TWICE, THRICE = "def f(x): return 2 * x\n", "def f(x): return 3 * x\n"
READ = "import pathlib\nK = int(pathlib.Path(__file__).with_name('k.txt').read_text())"

CHANGES = {
    "digits move between constants": (
        {"mine.py": written(said="12 * x + 345 * x")},
        {"mine.py": written(said="123 * x + 45 * x")},
    ),
    "digits move between sizes": (
        {"mine.py": written(said="x", domain='vector("n")', sizes="dict(n=[1, 23])")},
        {"mine.py": written(said="x", domain='vector("n")', sizes="dict(n=[12, 3])")},
    ),
    "words that are data": (
        {"mine.py": written(before="K = '2 3'.split()", said="int(K[0]) * x")},
        {"mine.py": written(before="K = '3 3'.split()", said="int(K[0]) * x")},
    ),
    "words that are code": (
        {"mine.py": written(before="exec('def f(x): return 2 * x')")},
        {"mine.py": written(before="exec('def f(x): return 3 * x')")},
    ),
    "a data file": ({"mine.py": written(before=READ, said="K * x"), "k.txt": "2"}, {"k.txt": "3"}),
    "a module by its name": (
        {"mine.py": written(before="f = __import__('helped').f"), "helped.py": TWICE},
        {"helped.py": THRICE},
    ),
    "an import behind another statement": (
        {"mine.py": written(before="if True: from helped import f"), "helped.py": TWICE},
        {"helped.py": THRICE},
    ),
    "an import on two lines": (
        {"mine.py": written(before="from helped \\\n  import f"), "helped.py": TWICE},
        {"helped.py": THRICE},
    ),
    "a package in the place of a module": (
        {"mine.py": written(before="from helped import f"), "helped.py": TWICE},
        {"helped/__init__.py": THRICE},
    ),
    "a constant of a package": (
        {"mine.py": written(before="import helped.deep", said="helped.K * x"),
         "helped/__init__.py": "K = 2", "helped/deep.py": ""},
        {"helped/__init__.py": "K = 3"},
    ),
    "a package's own import": (
        {"helped/__init__.py": "", "helped/mine.py": "from . import mine\nfrom .late import f\n",
         "helped/late.py": TWICE, "mine.py": written(before="from helped.mine import f")},
        {"helped/late.py": THRICE},
    ),
    "a body behind a decorator from elsewhere": (
        {"mine.py": written(before="from helped import deco", decorated="@deco", said="2 * x"),
         "helped.py": DECORATOR},
        {"mine.py": written(before="from helped import deco", decorated="@deco", said="3 * x")},
    ),
}  # fmt: skip


def _hash_of(folder, files):
    for name, text in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    for name in [n for n in sys.modules if n.partition(".")[0] == "helped"]:
        del sys.modules[name]
    importlib.invalidate_caches()
    claims = machine.load([str(folder / "mine.py")])
    return machine.claim_hash(claims["hash-example"], "quick", 0)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    yield tmp_path
    for name in [n for n in sys.modules if n.partition(".")[0] == "helped"]:
        del sys.modules[name]
    machine.load()


@pytest.mark.parametrize("name", CHANGES)
def test_what_a_body_reaches_counts_wherever_it_comes_from(folder, name):
    before, after = CHANGES[name]
    first = _hash_of(folder, before)
    assert _hash_of(folder, {}) == first
    assert _hash_of(folder, after) != first


WORDS = {
    "the docstring of a module beside it": (
        {"mine.py": written(before="from helped import f"), "helped.py": '"""One."""\n' + TWICE},
        {"helped.py": '"""Another."""\n' + TWICE},
    ),
    "an import that a docstring tells of": (
        {"mine.py": '"""Said."""\n' + written(before=TWICE), "helped.py": THRICE},
        {"mine.py": '"""Not\nimport helped\n"""\n' + written(before=TWICE)},
    ),
    "line endings": (
        {"mine.py": written(before=TWICE)},
        {"mine.py": written(before=TWICE).replace("\n", "\r\n")},
    ),
}


@pytest.mark.parametrize("name", WORDS)
def test_words_do_not_count_in_any_file(folder, name):
    before, after = WORDS[name]
    assert _hash_of(folder, before) == _hash_of(folder, after)


def test_what_runs_leave_behind_does_not_count(folder):
    """The hash is of what a claim reaches as it is read, in a run's worker too."""
    kept = (
        "from functools import cached_property\nclass A:\n    @cached_property\n    def k(self): "
    )
    text = written(before=f"{kept}return 2\nA = A()", said="A.k * x")
    first = _hash_of(folder, {"mine.py": text})
    (made,) = machine.load([str(folder / "mine.py")]).values()
    made.forms["hash-example/claim"].body.__globals__["A"].k
    assert machine.claim_hash(made, "quick", 0) == first


def test_a_module_register_counts_what_it_imports(folder, monkeypatch):
    monkeypatch.chdir(folder)
    monkeypatch.syspath_prepend(str(folder))
    late = "def g(x):\n    from .late import f\n    return f(x)"
    mine = written(said="g(x)", before=late)
    files = {"helped/__init__.py": "", "helped/late.py": TWICE, "helped/mine.py": mine}
    (folder / "helped").mkdir()
    for name, text in files.items():
        (folder / name).write_text(text)
    first = machine.claim_hash(machine.load(["helped"])["hash-example"], "quick", 0)
    (folder / "helped/late.py").write_text(THRICE)
    assert machine.claim_hash(machine.load(["helped"])["hash-example"], "quick", 0) != first
