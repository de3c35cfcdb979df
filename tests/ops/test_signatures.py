"""Operands may stand first, options are named."""

from __future__ import annotations

import inspect
import math

import pytest

from fieldcheck import ops
from fieldcheck.ops import reference

OPERATIONS = {
    "free_energy": (
        ["q", "k"],
        dict(scale=None, mask=None, empty="error", key_force=False, key_mask=None,
             enable_gqa=False),
    ),
    "colu": (
        ["x", "size"],
        dict(groups=None, dim=-1, planar=False, shared=False, form="hard", negative="kept",
             eps=0.0),
    ),
    "rcolu": (["x", "size"], dict(groups=None, dim=-1, form="hard", negative="kept", eps=0.0)),
    "soc_projection": (
        ["x", "size"], dict(groups=None, dim=-1, planar=False, half_angle=math.pi / 4),
    ),
    "psd_projection": (["a"], {}),
    "quartic": (["x", "q", "k", "v", "o"], {}),
    "gibbs": (["energies", "temperature"], dict(dim=-1)),
    "gibbs_free_energy": (["energies", "temperature"], dict(dim=-1)),
    "glu_potential": (["x", "gate", "up", "out"], {}),
}  # fmt: skip


@pytest.mark.parametrize("name", OPERATIONS)
@pytest.mark.parametrize("where", [ops, reference], ids=["fast", "plain"])
def test_operands_may_stand_first_and_options_are_named(name, where):
    operands, options = OPERATIONS[name]
    parameters = inspect.signature(getattr(where, name)).parameters
    kinds = [(n, p.kind) for n, p in parameters.items()]
    first, named = inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY
    assert kinds == [(n, first) for n in operands] + [(n, named) for n in options]
    assert {n: parameters[n].default for n in options} == options
