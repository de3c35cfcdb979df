"""A stored row is reused only while nothing it depends on has changed."""

from __future__ import annotations

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
    (files / name).write_text((files / name).read_text() + "\n# changed\n")
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
     "arithmetic/ball.py", "fields/duality.py", "cones/lorentz.py", "requirements.txt"],
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
    file.write_text(file.read_text() + "\n")
    assert digest() != before
