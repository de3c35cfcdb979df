"""Claims of the register: the second road agrees with what the first says of them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from fieldcheck import register
from tests.recheck.records import proved, refuted, worst

ROOT = Path(__file__).resolve().parents[2]

EVERY = {"N": 5, "C": 5}
"""What six sizes allow."""

PROVED = [
    ("relu-orthant-projection/claim", "identity", [2, 4], {"n": 5}),
    ("relu-orthant-projection-moreau/claim", "cells", [1], None),
    ("colu-definition/claim", "cells", [1], None),
    ("colu-symmetry/claim", "cells", [1], None),
    ("colu-axioms-fixed/claim", "cells", [1, 2], None),
    ("soc-projection/claim", "cells", [1, 2, 3, 4], None),
    ("colu-not-metric-degenerate/claim", "cells", [1, 2, 3, 4], None),
    ("norm-almost-linear-rays/claim", "cells", [1, 2], None),
    ("relu-axioms/claim", "systems", [1], None),
    ("affine-orthant-projection-single/claim", "systems", [1], None),
    ("flow-symplectic/claim", "identity", [1], EVERY),
    ("gram-frozen/claim", "identity", [1], EVERY),
    ("gram-frozen-noether/claim", "identity", [1], EVERY),
    ("kinetic-minus-potential/claim", "identity", [1], EVERY),
    ("geodesic-minimal-jacobi/claim", "identity", [1, 2], {"m": 5}),
    ("softmax-free-energy/claim", "identity", [1], EVERY),  # reciprocals drawn
    ("softmax-real-two-terms/claim", "identity", [1], EVERY),
    ("complex-softmax-real-part/claim", "identity", [1], EVERY),
    ("softmax-free-energy/drop-root_r", "identity", [1], EVERY),
    ("symplectic-form/claim", "identity", [1], EVERY),
    ("euler-lagrange-pair/claim", "identity", [1], EVERY),
    ("phase-space-kinetic/claim", "identity", [1], EVERY),
    ("lse-phase-transition/claim", "identity", [1, 2], None),
    ("lse-gradient-softmax-hessian/claim", "identity", [1], None),
    ("legendre-definition/claim", "identity", [1], None),
    ("colu-symmetry-algebra/claim", "rank", [1], None),
    ("symplectic-nondegenerate/claim", "rank", [1], None),
    ("invariant-count/claim", "rank", [1], None),
    ("legendre-fenchel-young-box/claim", "enclosure", [1, 2], None),
    ("flow-symplectic-rk4/claim", "series", [1], None),
]

REFUTED = [
    ("relu-axioms/printed", "Solutions", {"a.x": "1", "c.x": "1"}, {}),
    ("legendre-definition-exp/entropy-sign", "AtMost", {"q.x": "0", "p.x": "1"}, {}),
    (
        "colu-embedding-symmetry/printed",
        "Solutions",
        {"v.x": ["0", "0", "1"], "w.x": ["0", "0", "1"]},
        {},
    ),
]


def form_of(key: str):
    return register.load()[key.split("/")[0]].forms[key]


@pytest.mark.parametrize(("key", "kind", "parts", "indices"), PROVED, ids=[p[0] for p in PROVED])
def test_proved(key: str, kind: str, parts: list[int], indices: dict | None) -> None:
    form = form_of(key)
    said = indices and {name: n for name, n in indices.items() if name in form.size_names()}
    assert worst(form, proved(form, kind, parts, indices=said)) == "fine"


@pytest.mark.parametrize(("key", "relation", "raw", "sizes"), REFUTED, ids=[r[0] for r in REFUTED])
def test_refuted(key: str, relation: str, raw: dict, sizes: dict) -> None:
    assert worst(form_of(key), refuted(relation, raw, sizes)) == "fine"
    claim = form_of(f"{key.split('/')[0]}/claim")
    assert worst(claim, refuted(relation, raw, sizes)) == "does not recheck"


LEDGER = {
    "claims": [
        {
            "id": "flow-symplectic",
            "forms": [
                {
                    **proved(form_of("flow-symplectic/claim"), "identity"),
                    "key": "flow-symplectic/claim",
                }
            ],
        },
        {
            "id": "relu-axioms",
            "forms": [
                {**refuted("Solutions", {"a.x": "1", "c.x": "0"}), "key": "relu-axioms/printed"}
            ],
        },
    ]
}

COMMAND = """
import sys
import typer
from fieldcheck.recheck.cli import recheck_command

app = typer.Typer()
app.command()(recheck_command)
try:
    app()
finally:
    from fieldcheck.recheck import cli
    cli._start(())
    roots = {name.split(".")[1] for name in sys.modules if name.startswith("fieldcheck.")}
    assert not roots & {"evidence", "arithmetic"}, roots
    assert "torch" not in sys.modules
"""


@pytest.mark.parametrize(
    ("keys", "code", "said"),
    [
        (["flow-symplectic"], 0, "proved up to"),
        (["relu-axioms/printed"], 1, "does not recheck, witness: its point solves"),
        ([], 1, "refuted"),
        (["nobody"], 2, "has no row nobody"),
    ],
)
def test_command(tmp_path: Path, keys: list[str], code: int, said: str) -> None:
    """The command's exit code and words; neither it nor its workers load a method."""
    ledger = tmp_path / "ledger.json"
    ledger.write_text(json.dumps(LEDGER), encoding="utf8")
    run = subprocess.run(
        [sys.executable, "-c", COMMAND, *keys, "--ledger", str(ledger), "--jobs", "1"],
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert run.returncode == code, run.stdout + run.stderr
    assert said in run.stdout + run.stderr
