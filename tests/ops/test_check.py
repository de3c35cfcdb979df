"""Checks of arguments, and their words."""

from __future__ import annotations

import math

import pytest
import torch

from fieldcheck.ops import _check


def test_shapes_as_they_are_told():
    told = [_check.shape(torch.ones(s)) for s in ((), (2,), (2, 3))]
    assert told == ["()", "(2,)", "(2, 3)"]


X = torch.ones(2, 3)
REFUSED = {
    "no tensor": (
        lambda: _check.tensor("op", "x", [1]), TypeError, "op: x must be a tensor, not list",
    ),
    "dtype": (
        lambda: _check.tensor("op", "x", X.int()), TypeError,
        "op: x has dtype torch.int32; allowed are float16, bfloat16, float32, float64",
    ),
    "complex": (
        lambda: _check.tensor("op", "x", X + 0j), TypeError, "op: x has dtype torch.complex64",
    ),
    "axes": (
        lambda: _check.tensor("op", "x", X, ndim=3), ValueError,
        "op: x has shape (2, 3); at least 3 axes are needed",
    ),
    "two dtypes": (
        lambda: _check.alike("op", a=X, b=X, c=X.double()), TypeError,
        "op: a has dtype torch.float32 and c has torch.float64; convert one of them",
    ),
    "two devices": (
        lambda: _check.alike("op", a=X, b=X.to("meta")), ValueError,
        "op: a is on cpu and b on meta; move one of them",
    ),
    "two shapes": (
        lambda: _check.same_shape("op", a=X, b=X, c=X.T), ValueError,
        "op: a has shape (2, 3) and c (3, 2); they must be equal",
    ),
    "an axis": (
        lambda: _check.axis_size("op", "x", X, 1, 4, "why"), ValueError,
        "op: x has shape (2, 3); its axis 1 must be 4, why",
    ),
    "an axis of": (
        lambda: _check.axis_size("op", "x", X, 0, 4, "that of y", X.T), ValueError,
        "op: x has shape (2, 3); its axis 0 must be 4, that of y (3, 2)",
    ),
    "broadcast": (
        lambda: _check.broadcast("op", q=torch.ones(2, 1, 1), k=torch.ones(3, 1, 1)), ValueError,
        "op: the leading axes do not broadcast: q (2, 1, 1) and k (3, 1, 1)",
    ),
    "zero": (
        lambda: _check.positive("op", "s", 0), ValueError,
        "op: s must be finite and above zero, not 0.0",
    ),
    "negative": (lambda: _check.positive("op", "s", -1e-9), ValueError, "not -1e-09"),
    "infinite": (lambda: _check.positive("op", "s", math.inf), ValueError, "not inf"),
    "nan": (lambda: _check.positive("op", "s", math.nan), ValueError, "not nan"),
    "a tensor": (lambda: _check.positive("op", "s", X), TypeError, "op: s must be a number"),
    "no whole number": (
        lambda: _check.whole("op", "n", 1.0), TypeError, "op: n must be a whole number, not 1.0",
    ),
    "choice": (
        lambda: _check.choice("op", "w", "c", ("a", "b")), ValueError,
        "op: w must be one of 'a', 'b', not 'c'",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_is_named(name):
    call, kind, words = REFUSED[name]
    with pytest.raises(kind) as error:
        call()
    assert words in str(error.value)


def test_what_is_allowed_comes_back():
    assert _check.tensor("op", "x", X, ndim=2) is X
    assert _check.tensor("op", "x", X + 0j, dtypes=_check.COMPLEX).is_complex()
    assert _check.positive("op", "s", 2) == 2.0
    assert _check.positive("op", "s", 1e-300) == 1e-300
    assert _check.whole("op", "n", torch.tensor(3)) == 3
    assert _check.choice("op", "w", "a", ("a", "b")) == "a"
    assert _check.broadcast("op", q=torch.ones(2, 1, 5, 6), k=torch.ones(3, 7, 8)) == (2, 3)
    _check.alike("op", a=X, b=X)
    _check.same_shape("op", a=X, b=X)
    _check.axis_size("op", "x", X, -1, 3, "why")
    assert [d for d in _check.FLOATING + _check.COMPLEX if d.is_complex] == list(_check.COMPLEX)
