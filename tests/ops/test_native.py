"""The compiled loops: built once, whole or not at all, with a reason where they are not."""

import stat

import pytest
import torch

from fieldcheck import ops
from fieldcheck.ops import native


@pytest.fixture
def fresh(tmp_path, monkeypatch):
    """An empty cache, and no memory of what was loaded before."""
    monkeypatch.setenv("FIELDCHECK_CACHE", str(tmp_path / "cache"))
    native._load.cache_clear()
    native._fingerprint.cache_clear()
    yield tmp_path
    native._load.cache_clear()
    native._fingerprint.cache_clear()


def script(path, text):
    path.write_text("#!/bin/sh\n" + text)
    path.chmod(path.stat().st_mode | stat.S_IEXEC)
    return str(path)


def test_builds_once_and_keeps_one_file(fresh):
    if native.compiler() is None:
        pytest.skip("no C++ compiler was found")
    road, reason = native.status()
    assert road == "compiled loop", reason
    kept = list((fresh / "cache").iterdir())
    assert len(kept) == 1
    stamp = kept[0].stat().st_mtime_ns
    native._load.cache_clear()
    assert native.available(torch.float32)
    assert [f.stat().st_mtime_ns for f in (fresh / "cache").iterdir()] == [stamp]


def test_switched_off(fresh, monkeypatch):
    monkeypatch.setenv("FIELDCHECK_NATIVE", "0")
    assert native.status() == ("plain torch", "switched off by FIELDCHECK_NATIVE=0")
    x = torch.tensor([3.0, 4.0])
    assert ops.colu(x, 2).tolist() == [3.0, 3.0]


def test_no_compiler(fresh, monkeypatch):
    monkeypatch.setattr(native.shutil, "which", lambda name: None)
    assert native.status() == ("plain torch", "no C++ compiler was found")


def test_a_compiler_that_refuses(fresh, monkeypatch):
    monkeypatch.setenv("CXX", script(fresh / "cxx", 'echo "no such flag" >&2; exit 1\n'))
    assert native.status() == ("plain torch", "the compiler refuses: no such flag")
    assert list((fresh / "cache").iterdir()) == []


def test_a_compiler_that_never_ends(fresh, monkeypatch):
    cxx = script(fresh / "cxx", '[ "$1" = --version ] || sleep 20\n')
    monkeypatch.setenv("CXX", cxx)
    monkeypatch.setattr(native, "LIMIT", 0.2)
    assert native.status() == ("plain torch", "compiling took more than 0.2 s")
    assert list((fresh / "cache").iterdir()) == []


def test_a_compiler_that_builds_rubbish(fresh, monkeypatch):
    cxx = script(fresh / "cxx", 'while [ "$1" != -o ]; do shift || exit 0; done; echo x > "$2"\n')
    monkeypatch.setenv("CXX", cxx)
    road, reason = native.status()
    assert road == "plain torch"
    assert reason.startswith("the compiled file cannot be used")


def test_a_cache_that_cannot_be_written(fresh, monkeypatch):
    (fresh / "cache").write_text("a file where the folder should be")
    road, reason = native.status()
    assert road == "plain torch"
    assert reason.startswith("the cache folder cannot be written")


def test_a_library_that_errs_is_refused(fresh, monkeypatch):
    if native.compiler() is None:
        pytest.skip("no C++ compiler was found")
    wrong = fresh / "conic.cpp"
    wrong.write_text(native.SOURCE.read_text().replace("y[i] = c * x[i];", "y[i] = x[i];")
                     .replace("first * axis + body * w", "v"))  # fmt: skip
    monkeypatch.setattr(native, "SOURCE", wrong)
    assert native.status() == ("plain torch", "the compiled file fails a case done by hand")


def test_explain_names_every_operation_and_a_reason():
    rows = ops.explain()
    named = " ".join(row.operation for row in rows)
    for op in ("free_energy", "colu", "rcolu", "soc_projection", "quartic", "gibbs", "glu"):
        assert op in named
    assert all(row.road and row.reason for row in rows)
