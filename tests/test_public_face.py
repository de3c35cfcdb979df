"""``from fieldcheck import …``: what a theorist needs, without loading what is not asked for."""

from __future__ import annotations

import ast
import inspect
import re
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

import fieldcheck
from fieldcheck import domains

FACE = Path(fieldcheck.__file__)


def run(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_importing_the_package_loads_nothing_else() -> None:
    loaded = run("import sys, fieldcheck; print(*sys.modules)").split()
    assert [name for name in loaded if name.startswith(("fieldcheck.", "numpy", "torch"))] == []


def test_writing_a_claim_loads_no_torch_and_no_register() -> None:
    loaded = run("import sys\nfrom fieldcheck import Equal, claim, vector\nprint(*sys.modules)")
    assert {"torch", "fieldcheck.register"} & set(loaded.split()) == set()


@pytest.mark.parametrize("name", fieldcheck.__all__)
def test_every_name_is_there(name: str) -> None:
    assert callable(getattr(fieldcheck, name))


def test_type_checkers_see_the_same_names() -> None:
    (block,) = (n for n in ast.parse(FACE.read_text("utf8")).body if isinstance(n, ast.If))
    seen = [a.name for node in block.body if isinstance(node, ast.ImportFrom) for a in node.names]
    assert sorted(seen) == sorted(fieldcheck.__all__)
    assert (FACE.parent / "py.typed").exists()


def test_every_domain_is_among_them() -> None:
    made = [n for n, f in vars(domains).items() if inspect.isfunction(f) and n[0] != "_"]
    returns = lambda n: inspect.signature(getattr(domains, n)).return_annotation
    assert [n for n in made if returns(n) == "Domain" and n not in fieldcheck.__all__] == []


def test_another_name_is_refused() -> None:
    with pytest.raises(AttributeError, match="module 'fieldcheck' has no attribute 'maths'"):
        fieldcheck.maths  # type: ignore[attr-defined]


@pytest.mark.parametrize("first", ["pass", "import fieldcheck.claim", "fieldcheck.claim"])
def test_claim_is_the_decorator_and_its_module(first: str) -> None:
    code = "from fieldcheck import claim; claim('a', title='', sources=[claim.ours()], given={})"
    run(f"import fieldcheck\n{first}\n{code}\nprint(fieldcheck.claim.Form)")


def test_the_example_of_the_docstring_runs() -> None:
    text = inspect.getdoc(fieldcheck) or ""
    example = "\n".join(re.findall(r"^(?:    .*)?$", text, re.MULTILINE))
    assert "claim(" in example
    out = run(dedent(example) + "\nprint(*squared_norm.forms)")
    assert out.startswith("proved")
    assert "my-first/the-factor-two-of-the-real-gradient" in out
