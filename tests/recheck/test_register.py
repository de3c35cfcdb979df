"""Claims of the register: the second road agrees with what the first says of them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from fieldcheck import register
from fieldcheck.recheck.check import recheck, recheck_form
from tests.recheck.records import proved, refuted, sentences, worst

ROOT = Path(__file__).resolve().parents[2]

EVERY = {"N": 5, "C": 5}
"""What six sizes allow."""

PROVED = [
    ("relu-orthant-projection/claim", "sign", [1, 2, 3, 4], {"n": 5}),
    ("relu-orthant-projection-moreau/claim", "cells", [1, 2], None),
    ("colu-definition/claim", "cells", [1], None),
    ("colu-symmetry/claim", "cells", [1], None),
    ("colu-axioms-fixed/claim", "cells", [1, 2], None),
    ("soc-projection/claim", "cells", [1, 2, 3, 4], None),
    ("colu-not-metric-degenerate/claim", "cells", [1, 2, 3, 4], None),
    ("norm-almost-linear-rays/claim", "cells", [1, 2], None),
    ("relu-axioms/claim", "systems", [1], None),
    ("affine-orthant-projection-single/claim", "systems", [1], None),
    ("flow-symplectic/claim", "identity", [1, 2], EVERY),
    ("gram-frozen/claim", "identity", [1], EVERY),
    ("gram-frozen-noether/claim", "identity", [1], EVERY),
    ("kinetic-minus-potential/claim", "identity", [1], EVERY),
    ("geodesic-minimal-jacobi/claim", "identity", [1, 2], {"m": 5}),
    ("softmax-free-energy/claim", "identity", [1], EVERY),  # reciprocals drawn
    ("softmax-real-two-terms/claim", "identity", [1], EVERY),
    ("complex-softmax-real-part/claim", "identity", [1], EVERY),
    ("softmax-free-energy/drop-root_r", "identity", [1], EVERY),
    ("symplectic-form/claim", "identity", [1, 2], EVERY),
    ("euler-lagrange-pair/claim", "identity", [1], EVERY),
    ("phase-space-kinetic/claim", "identity", [1], EVERY),
    ("lse-phase-transition/claim", "identity", [1, 2], None),
    ("lse-gradient-softmax-hessian/claim", "identity", [1], None),
    ("legendre-definition/claim", "sign", [1, 2, 3], None),
    ("colu-symmetry-algebra/claim", "rank", [1], None),
    ("symplectic-nondegenerate/claim", "rank", [1], None),
    ("invariant-count/claim", "rank", [1], None),
    ("flow-symplectic-rk4/claim", "series", [1], None),
]


def test_a_box_and_what_it_leaves() -> None:
    """Two parts are enclosed, the third is an identity: a row without them is not rechecked."""
    form = form_of("legendre-fenchel-young-box/claim")
    row = proved(form, "identity", [3])
    assert "parts [3] alone" in sentences(recheck_form(form, row))
    row["evidence"] += proved(form, "enclosure", [1, 2])["evidence"]
    assert worst(form, row) == "fine"


REFUTED = [
    ("relu-axioms/printed", "Solutions", {"a.x": "1", "c.x": "1"}, {}),
    ("legendre-definition-exp/entropy-sign", "AtMost", {"q.x": "0", "p.x": "-2"}, {}),
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


ALONE = """
import sys
from fieldcheck import register
from fieldcheck.recheck import check
register.load()
parts = {name.split(".")[1] for name in sys.modules if name.startswith("fieldcheck.")}
assert "recheck" in parts and not parts & {"evidence", "arithmetic"}, parts
"""


def test_nothing_of_the_first_road_is_loaded() -> None:
    subprocess.run([sys.executable, "-c", ALONE], cwd=ROOT, check=True, timeout=60)


def test_a_ledger_by_keys() -> None:
    """All forms of a ledger, or those that are named, by claim or by form."""
    forms = register.load()["relu-axioms"].forms
    witness = refuted("Solutions", {"a.x": "1", "c.x": "0"})  # a solution that is claimed
    claims = [{"id": "relu-axioms", "forms": [{**witness, "key": "relu-axioms/printed"}]}]
    for keys, seen in (((), 1), (("relu-axioms",), 1), (("relu-axioms/claim",), 0)):
        found = list(recheck(claims, forms, keys))
        assert [f[0].severity for *_, f in found] == ["does not recheck"] * seen
