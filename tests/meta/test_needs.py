"""What a claim rests on: known claims, and never itself."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from fieldcheck.claim import ClaimError
from fieldcheck.register import _acyclic, load


def claims(**needs):
    return {name: SimpleNamespace(needs=parents) for name, parents in needs.items()}


def test_a_tree_and_a_diamond_are_fine():
    _acyclic(claims(a=(), b=("a",), c=("a",), d=("b", "c")))


@pytest.mark.parametrize(
    ("needs", "loop"),
    [
        ({"a": ("a",)}, "a -> a"),
        ({"a": ("b",), "b": ("a",)}, "a -> b -> a"),
        ({"a": ("b",), "b": ("c",), "c": ("d",), "d": ("b",)}, "b -> c -> d -> b"),
    ],
)
def test_a_circle_is_named(needs, loop):
    with pytest.raises(ClaimError, match=f"in a circle: {loop}"):
        _acyclic(claims(**needs))


def test_an_unknown_claim_is_named():
    with pytest.raises(ClaimError, match="a: needs 'b', which no claim has as its id"):
        _acyclic(claims(a=("b",)))


def test_the_register_is_a_graph_without_circles():
    _acyclic(load())
