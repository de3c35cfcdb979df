"""The compiled loops: built once, whole or not at all, with a reason where they are not."""

import os
import stat
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest
import torch

from fieldcheck import ops
from fieldcheck.ops import native


@pytest.fixture
def fresh(tmp_path, monkeypatch):
    """An empty cache, and no memory of what was loaded before."""
    monkeypatch.setenv("FIELDCHECK_CACHE", str(tmp_path / "cache"))
    native._load.cache_clear()
    yield tmp_path
    native._load.cache_clear()


@pytest.fixture
def compiler():
    if native.compiler() is None:
        pytest.skip("no C++ compiler was found")


def script(path, text):
    path.write_text("#!/bin/sh\n" + text)
    path.chmod(path.stat().st_mode | stat.S_IEXEC)
    return str(path)


COPY = 'while [ "$1" != -o ]; do shift || exit 0; done; cp {built} "$2"\n'


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The library, compiled once."""
    if native.compiler() is None:
        pytest.skip("no C++ compiler was found")
    folder = tmp_path_factory.mktemp("built")
    trouble = native._compile(native.compiler(), folder / "it.so", time.monotonic() + native.LIMIT)
    assert not trouble
    return folder / "it.so"


@pytest.fixture
def copier(fresh, built, monkeypatch):
    """A compiler that takes no time: it copies what was built."""
    monkeypatch.setenv("CXX", script(fresh / "cxx", COPY.format(built=built)))


def again():
    native._load.cache_clear()
    return native.status()


def kept(fresh, ending):
    return sorted(f.name for f in (fresh / "cache").iterdir() if f.suffix == ending)


def test_builds_once_and_keeps_one_file(fresh, compiler):
    road, reason = native.status()
    assert road == "compiled loop", reason
    [file] = (fresh / "cache").glob("*.so")
    assert kept(fresh, ".sha256") == [file.with_suffix(".sha256").name]
    stamp = file.stat().st_mtime_ns
    assert again()[0] == "compiled loop"
    assert file.stat().st_mtime_ns == stamp
    assert len(list((fresh / "cache").iterdir())) == 2


def test_the_road_tells_vectors_and_threads(fresh, compiler, monkeypatch):
    assert "(vectors, " in native.status()[1]
    assert "threads)" in native.status()[1] or "clang" in str(native.compiler())
    monkeypatch.setattr(native, "VARIANTS", ((),))
    assert "one thread)" in again()[1]


def test_first_use_is_told(fresh, copier, capsys):
    native.status()
    assert "compiling the conic kernels with" in capsys.readouterr().err
    again()
    assert capsys.readouterr().err == ""


def test_a_notebooks_output_stays_clean(fresh, copier, capsys, monkeypatch):
    class Stream(type(sys.stderr)):
        __module__ = "ipykernel.iostream"

    monkeypatch.setattr(sys, "stderr", Stream.__new__(Stream))
    native.status()  # a write would fail on this stream


def test_switched_off(fresh, monkeypatch):
    monkeypatch.setenv("FIELDCHECK_NATIVE", "0")
    assert native.status() == ("plain torch", "switched off by FIELDCHECK_NATIVE=0")
    x = torch.tensor([3.0, 4.0])
    assert ops.colu(x, 2).tolist() == [3.0, 3.0]


def test_no_compiler(fresh, monkeypatch):
    monkeypatch.setattr(native.shutil, "which", lambda name: None)
    assert native.status() == ("plain torch", "no C++ compiler was found")


def test_a_compiler_of_several_words(fresh, copier, monkeypatch):
    launcher = script(fresh / "launcher", 'exec "$@"\n')
    monkeypatch.setenv("CXX", " ".join([launcher, *native.compiler()]))
    road, reason = native.status()
    assert road == "compiled loop", reason


def test_a_compiler_that_refuses_is_asked_once(fresh, monkeypatch):
    asked = fresh / "asked"
    text = f'[ "$1" = --version ] && exit; echo . >> {asked}; echo "no such flag" >&2; exit 1\n'
    monkeypatch.setenv("CXX", script(fresh / "cxx", text))
    assert native.status() == ("plain torch", "the compiler refuses: no such flag")
    assert len(asked.read_text().split()) == len(native.VARIANTS)
    # the next process does not ask again, and says where it knows it from
    road, reason = again()
    assert (road, len(asked.read_text().split())) == ("plain torch", len(native.VARIANTS))
    [failed] = kept(fresh, ".failed")
    assert reason.startswith("the compiler refuses: no such flag (kept in ")
    assert failed in reason
    (fresh / "cache" / failed).unlink()
    again()
    assert len(asked.read_text().split()) == 2 * len(native.VARIANTS)


@pytest.mark.parametrize("slow", ["compiling", "--version"])
def test_a_compiler_that_never_ends(fresh, monkeypatch, slow):
    """All attempts together keep to the limit, and nothing goes on running afterwards."""
    skip = '[ "$1" = --version ] ||' if slow == "compiling" else ""
    child = fresh / "child"
    text = f"{skip} {{ sleep 30 & echo $! > {child}; wait; }}\n"
    monkeypatch.setenv("CXX", script(fresh / "cxx", text))
    monkeypatch.setattr(native, "LIMIT", 0.5)
    begun = time.monotonic()
    road, reason = native.status()
    assert time.monotonic() - begun < 5
    assert road == "plain torch"
    assert (
        reason
        == {
            "compiling": "compiling took more than 0.5 s",
            "--version": "the compiler gave no answer in 0.5 s",
        }[slow]
    )
    time.sleep(0.1)
    state = Path(f"/proc/{child.read_text().strip()}/stat")
    if Path("/proc").is_dir():
        assert not state.exists() or state.read_text().split()[2] == "Z"


def test_a_compiler_that_builds_rubbish(fresh, monkeypatch):
    cxx = script(fresh / "cxx", 'while [ "$1" != -o ]; do shift || exit 0; done; echo x > "$2"\n')
    monkeypatch.setenv("CXX", cxx)
    road, reason = native.status()
    assert road == "plain torch"
    assert reason.startswith("the compiled file cannot be used")


@pytest.mark.parametrize("damage", ["rubbish", "cut", "one bit", "empty", "no seal", "seal cut"])
def test_a_damaged_file_is_built_anew(fresh, copier, damage):
    """Without being loaded: a library that is cut short ends the process with a bus error."""
    native.status()
    [name] = kept(fresh, ".so")
    damaged = fresh / "cache" / name
    content, seal = damaged.read_bytes(), damaged.with_suffix(".sha256")
    middle = len(content) // 2
    bad = {
        "rubbish": b"rubbish",
        "cut": content[:3000],
        "one bit": content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :],
        "empty": b"",
    }.get(damage)
    if bad is not None:
        damaged.unlink()  # a library in use must not be written into
        damaged.write_bytes(bad)
    elif damage == "no seal":
        seal.unlink()
    else:
        seal.write_text(seal.read_text()[:20])
    assert not native._whole(damaged)
    assert again()[0] == "compiled loop"
    assert native._whole(damaged)
    assert kept(fresh, ".failed") == []


@pytest.mark.parametrize("which", ["folder", "file", "seal"])
@pytest.mark.parametrize("mode", [0o020, 0o002])
def test_what_others_may_write_is_not_loaded(fresh, copier, which, mode):
    before = os.umask(0o002)  # files of one's group, as many systems have it
    try:
        assert native.status()[0] == "compiled loop"
    finally:
        os.umask(before)
    assert again()[0] == "compiled loop"
    [file] = (fresh / "cache").glob("*.so")
    path = {"folder": fresh / "cache", "file": file, "seal": file.with_suffix(".sha256")}[which]
    path.chmod(path.stat().st_mode | mode)
    road, reason = again()
    assert road == "plain torch"
    assert reason == (
        f"the cache is not to be trusted: others may write to {path}; look at what is there, "
        f"then: chmod go-w {path}"
    )
    assert ops.colu(torch.tensor([3.0, 4.0]), 2).tolist() == [3.0, 3.0]
    path.chmod(path.stat().st_mode & ~mode)
    assert again()[0] == "compiled loop"


def test_nor_is_what_lies_where_others_may_put_another_in_its_place(fresh, copier, monkeypatch):
    open_to_all = fresh / "shared"
    open_to_all.mkdir()
    monkeypatch.setenv("FIELDCHECK_CACHE", str(open_to_all / "cache"))
    assert again()[0] == "compiled loop"
    open_to_all.chmod(0o777)
    assert f"others may write to {open_to_all}" in again()[1]
    open_to_all.chmod(0o1777)  # as /tmp: there each may move what is his alone
    assert again()[0] == "compiled loop"
    [file] = (open_to_all / "cache").glob("*.so")
    elsewhere = fresh / "elsewhere"
    elsewhere.mkdir()
    file.rename(elsewhere / file.name)
    file.symlink_to(elsewhere / file.name)
    assert again()[0] == "compiled loop"
    elsewhere.chmod(0o777)
    assert f"others may write to {elsewhere}" in again()[1]


@pytest.mark.parametrize("suffix", [".so", ".sha256"])
def test_a_pipe_in_the_cache_is_not_waited_for(fresh, copier, suffix):
    assert native.status()[0] == "compiled loop"
    [file] = (fresh / "cache").glob(f"*{suffix}")
    file.unlink()
    os.mkfifo(file, 0o600)
    assert not native._whole(next((fresh / "cache").glob("*.so")))
    assert again()[0] == "compiled loop"


@pytest.mark.parametrize(("mode", "said"), [(0o600, "cannot be used"), (0o666, "others may write")])
def test_a_kept_failure_is_read_with_the_same_care(fresh, copier, mode, said):
    assert native.status()[0] == "compiled loop"
    [file] = (fresh / "cache").glob("*.so")
    file.with_suffix(".failed").write_bytes(b"\xff\xfe")
    file.with_suffix(".failed").chmod(mode)
    assert said in again()[1]


def test_what_another_account_owns_is_not_loaded(fresh, copier, monkeypatch):
    (fresh / "cache").mkdir(mode=0o700)
    owner = (fresh / "cache").stat().st_uid
    monkeypatch.setattr(os, "geteuid", lambda: owner + 1)
    road, reason = native.status()
    if owner == 0:  # root may change anything anyway
        assert road == "compiled loop"
    else:
        assert road == "plain torch"
        assert "belongs to another account" in reason
    monkeypatch.setattr(native.Path, "stat", lambda self, **_: os.stat_result((0o700,) + (7,) * 9))
    assert "belongs to another account" in native._foreign(fresh)


def test_a_cache_that_cannot_be_used(fresh, monkeypatch):
    (fresh / "cache").write_text("a file where the folder should be")
    road, reason = native.status()
    assert road == "plain torch"
    assert reason.startswith("the cache folder cannot be used")


def test_an_account_without_a_home(fresh, monkeypatch, compiler):
    monkeypatch.delenv("FIELDCHECK_CACHE")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)

    def homeless():
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(native.Path, "home", homeless)
    assert native.status()[1] == "no home folder for the cache; name one in FIELDCHECK_CACHE"
    assert ops.colu(torch.tensor([3.0, 4.0]), 2).tolist() == [3.0, 3.0]


def all_sizes():
    """Values and derivatives of every kind, in lanes, in rows of vectors, and neither."""
    found = []
    for size in (2, 3, 4, 8, 16, 32, 48):
        for dtype in (torch.float32, torch.float64):
            x = torch.randn(39, size, dtype=dtype, generator=torch.Generator().manual_seed(size))
            x[7], x[23] = 0, x[23] * 1e-30
            rectified = (partial(f, negative="rectified") for f in (ops.colu, ops.rcolu))
            for f in (ops.colu, ops.rcolu, ops.soc_projection, *rectified):
                leaf = x.clone().requires_grad_()
                y = f(leaf, size)
                found += [y.detach(), torch.autograd.grad(y, leaf, x.flip(0))[0]]
    return found


@pytest.mark.parametrize("how", ["-march=native", "-mavx2", "no flags", "clang++"])
def test_vectors_of_any_width_from_any_compiler(fresh, compiler, monkeypatch, how):
    """The widths of registers that this processor has, and the other compiler."""
    monkeypatch.setenv("FIELDCHECK_NATIVE", "0")
    plain = all_sizes()
    monkeypatch.delenv("FIELDCHECK_NATIVE")
    native._load.cache_clear()
    if how == "-mavx2" and " avx2 " not in native._instructions():
        pytest.skip("the processor has no AVX2")
    if how == "clang++":
        if not native.shutil.which("clang++"):
            pytest.skip("no clang++ was found")
        monkeypatch.setenv("CXX", "clang++")
    else:
        monkeypatch.setattr(native, "VARIANTS", ((how,) if how.startswith("-") else (),))
    road, reason = native.status()
    assert road == "compiled loop", reason
    assert "(vectors, " in reason
    for got, right in zip(all_sizes(), plain, strict=True):
        torch.testing.assert_close(got, right, rtol=2e-5, atol=2e-5)


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("y[i] = c * x[i];", "y[i] = x[i];"),
        ("first ? front : spread<T, S, j.at>(body) * v[j.at]", "v[j.at]"),
        ("spread<T, S, j.at>(base) + spread", "spread<T, S, j.at>(base) - spread"),
        ("pull = -inside * body * q.inverse;", "pull = inside * body * q.inverse;"),
        ("pull = (in | out) ? zero :", "pull = out ? zero :"),
        ("d[i] = c * g[i] - (inside", "d[i] = c * g[i] + (inside"),
        ("(g_axis - body * g_mean) - pull * mean", "(g_axis - body * g_mean)"),
        ("larger<T>(v[j.at], least)", "v[j.at]"),
        ("axis = (up | keep) ? g_axis + inside : zero;", "axis = g_axis + inside;"),
        ("sum += w * w, along += w * load<T>(h + k);", "sum += w * w;"),
        ("kind != RCOLU ? (first ? b : head) : head", "head"),
    ],
)
def test_a_library_that_errs_anywhere_is_refused(fresh, compiler, monkeypatch, right, wrong):
    source = native.SOURCE.read_text()
    assert right in source
    bad = fresh / "conic.cpp"
    bad.write_text(source.replace(right, wrong))
    monkeypatch.setattr(native, "SOURCE", bad)
    monkeypatch.setattr(native, "VARIANTS", ((),))
    monkeypatch.setattr(native, "FLAGS", tuple(f for f in native.FLAGS if f != "-O3"))
    assert native.status() == ("plain torch", "the compiled file disagrees with the plain forms")


def test_the_files_name_depends_on_all_that_made_it(fresh, monkeypatch):
    names = [native._fingerprint("g++ 12"), native._fingerprint("g++ 13")]
    for change in (
        {"FLAGS": ("-O1",)},
        {"VARIANTS": ((),)},
        {"SOURCE": fresh / "other.cpp"},
        {"_instructions": lambda: "Features : fp asimd sve"},
    ):
        (fresh / "other.cpp").write_text("int x;")
        with monkeypatch.context() as patch:
            for name, value in change.items():
                patch.setattr(native, name, value)
            names.append(native._fingerprint("g++ 12"))
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("word", ["flags", "Features"])
def test_instruction_sets_are_read_in_either_spelling(fresh, monkeypatch, word):
    (fresh / "cpuinfo").write_text(f"processor\t: 0\n{word}\t\t: fp asimd\n")
    monkeypatch.setattr(native, "Path", lambda path: fresh / "cpuinfo")
    assert native._instructions().endswith(": fp asimd")


def test_two_processes_may_build_at_once(fresh, built, monkeypatch):
    """Neither compiler ends before both have begun."""
    (begun := fresh / "begun").mkdir()
    text = COPY.format(built=built).replace(
        "cp ",
        f"touch {begun}/$$; for k in $(seq 600); do "
        f'[ "$(ls {begun} | wc -l)" -ge 2 ] && break; sleep 0.1; done; cp ',
    )
    monkeypatch.setenv("CXX", script(fresh / "cxx", text))
    command = [sys.executable, "-c", "from fieldcheck.ops import native; print(native.status()[0])"]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, env=os.environ) for _ in range(2)]
    assert [p.communicate()[0].split() for p in both] == [[b"compiled", b"loop"]] * 2
    assert len(kept(fresh, ".so")) == 1
    assert len(list(begun.iterdir())) == 2


def test_explain_names_every_operation_and_a_reason():
    rows = ops.explain()
    named = " ".join(row.operation for row in rows)
    for op in ("free_energy", "colu", "rcolu", "soc_projection", "quartic", "gibbs", "glu"):
        assert op in named
    assert all(row.road and row.reason for row in rows)


@pytest.mark.parametrize(
    ("n", "threads", "asked"),
    [(0, 4, 1), (native.SERIAL - 1, 4, 1), (native.SERIAL, 4, 1), (native.SERIAL + 1, 4, 2),
     (3 * native.SERIAL, 4, 3), (9 * native.SERIAL, 4, 4), (9 * native.SERIAL, 1, 1)],
)  # fmt: skip
def test_threads_are_asked_for_where_they_pay(monkeypatch, n, threads, asked):
    seen = []
    function = lambda *arguments: seen.append(arguments)
    loaded = native.Loaded({torch.float32: function}, "a test")
    monkeypatch.setattr(native, "_load", lambda: loaded)
    monkeypatch.setattr(torch, "get_num_threads", lambda: threads)
    x = torch.zeros(n)
    out = torch.zeros(n)
    assert native.conic("soc", x, None, 4, 0.5, out) is out
    assert seen[0] == (2, x.data_ptr(), None, out.data_ptr(), n, 4, 0.5, asked)
    native.conic("rcolu", x, x, 4, 1, out)
    assert seen[1][:4] == (1, x.data_ptr(), x.data_ptr(), out.data_ptr())
    assert native.available(torch.float32)
    assert not native.available(torch.float64)
    assert native.status() == ("compiled loop", "a test")
    monkeypatch.setattr(native, "_load", lambda: "no reason")
    assert not native.available(torch.float32)
    assert native.status() == ("plain torch", "no reason")


def test_a_compiler_that_is_not_there_is_told(tmp_path):
    gone, target = str(tmp_path / "none"), tmp_path / "loops.so"
    reason = native._compile([gone], target, time.monotonic() + 10)
    assert reason == "the compiler does not start: No such file or directory"
    assert not target.exists()
