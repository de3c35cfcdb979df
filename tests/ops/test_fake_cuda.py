"""CUDA without a GPU: every road is run over tensors that have shape, dtype and device alone."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from fieldcheck.ops import native

HERE = Path(__file__).parent / "no_gpu"
CXX = native.compiler()
pytestmark = [
    pytest.mark.skipif(CXX is None, reason="no C++ compiler for the guard of a GPU"),
    pytest.mark.skipif(torch.version.cuda is not None, reason="this torch has its own guard"),
]


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """What :mod:`tests.ops.no_gpu` says."""
    assert CXX is not None
    guard = tmp_path_factory.mktemp("guard") / "guard.so"
    home = Path(torch.__file__).parent
    built = subprocess.run(
        [*CXX, "-std=c++20", "-shared", "-fPIC", f"-I{home / 'include'}", str(HERE / "guard.cpp"),
         "-o", str(guard), f"-L{home / 'lib'}", "-lc10", "-ltorch_cpu"],
        capture_output=True, text=True,
    )  # fmt: skip
    assert built.returncode == 0, built.stderr[-2000:]
    words = [sys.executable, "-W", "ignore", "-m", "tests.ops.no_gpu", str(guard)]
    root = Path(__file__).parents[2]
    env = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(root), os.environ.get("PYTHONPATH", "")]),
    }
    done = subprocess.run(words, cwd=root, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout.splitlines()[-1])


def test_every_road_gives_what_the_processor_gives(found):
    """Shapes and dtypes, and the device: forward, backward, twice, under autocast; the bodies of
    the operators; the bench from its words to its JSON."""
    assert {name: why for name, why in found["roads"].items() if why} == {}
    assert len(found["roads"]) > 120


def test_no_line_that_speaks_of_a_device_is_left_out(found):
    assert found["lines"] > 40
    assert found["unseen"] == []
