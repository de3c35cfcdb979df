"""A wheel in an environment outside the checkout: a claim is written there, refuted and repaired.

The environment sees the packages of this one, but the library only as the wheel brings it, and of
the packages that the book and the tests need none.
"""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
NOT_NEEDED = (
    "dask distributed docutils hypothesis IPython jupyter_book matplotlib myst_nb myst_parser "
    "pylatexenc pytest sklearn sphinx safetensors tokenizers transformers"
)
CLAIM = '''
from fieldcheck import Gradient, claim, ours, vector


@claim("lse", title="The gradient of log-sum-exp", sources=[ours()], given=dict(x=vector("n")))
def lse(xp, x, *, share=1):
    """The gradient of log-sum-exp is softmax."""
    return Gradient(lambda x: xp.logsumexp(x), x, share * xp.softmax(WHERE))


lse.vary("twice the softmax", share=2)
'''


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-c", "import sys; from flit_core import buildapi as b; "
         "print(b.build_wheel(sys.argv[1]))", str(folder)],
        cwd=ROOT, check=True, capture_output=True,
    )  # fmt: skip
    (made,) = folder.glob("*.whl")
    return made


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("venv")
    venv.create(home, with_pip=False, symlinks=True)
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    packages = home / "lib" / version / "site-packages"
    zipfile.ZipFile(wheel).extractall(packages)
    for name in NOT_NEEDED.split():
        text = f"raise ImportError('{name} is no part of this environment')\n"
        (packages / f"{name}.py").write_text(text, encoding="utf8")
    # Below the wheel: a path file adds to the end.
    (packages / "below.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf8")
    return home / "bin" / "python"


def run(python: Path, folder: Path, *words: str) -> tuple[int, str]:
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "COV"))}
    done = subprocess.run(
        [python, *words], cwd=folder, env={**inherited, "COLUMNS": "120"},
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


def test_the_wheel_has_what_the_library_reads(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    for path in (ROOT / "fieldcheck").rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts:
            assert path.relative_to(ROOT).as_posix() in names
    (points,) = [name for name in names if name.endswith("entry_points.txt")]
    text = zipfile.ZipFile(wheel).read(points).decode()
    assert "fieldcheck.plugin=fieldcheck.plugin" in text.replace(" ", "")


def test_outside_the_checkout_a_claim_is_refuted_and_repaired(python: Path, tmp_path: Path) -> None:
    code, where = run(python, tmp_path, "-c", "import fieldcheck; print(fieldcheck.__file__)")
    assert code == 0, where
    assert not Path(where.strip()).is_relative_to(ROOT)
    mine = tmp_path / "mine.py"
    verify = ["-m", "fieldcheck", "verify", "mine.py", "--profile", "quick", "--json", "mine.json"]
    mine.write_text(CLAIM.replace("WHERE", "2 * x"), encoding="utf8")
    code, said = run(python, tmp_path, *verify)
    assert code == 1, said
    assert "■ refuted" in said
    code, said = run(python, tmp_path, "-m", "fieldcheck", "replay", "lse/claim",
                     "--from", "mine.py", "--ledger", "mine.json")  # fmt: skip
    assert code == 0, said
    mine.write_text(CLAIM.replace("WHERE", "x"), encoding="utf8")
    code, said = run(python, tmp_path, *verify)
    assert code == 0, said
    assert "● proved for every n" in said
