"""The numbers that a body is written with."""

from __future__ import annotations

from fractions import Fraction
from functools import partial

from fieldcheck.evidence import constants as module
from fieldcheck.evidence.constants import ALWAYS, MOST, constants

DEEP = 41


def helper(xp, x, *, step=23):
    return x - step + _inner(x)


def _inner(x):
    return x * 29


def fractions(*texts):
    return {Fraction(text) for text in texts}


def test_integers_ratios_and_roots():
    found = set(constants(lambda xp, x: xp.one / 100 - (x - 7) ** 2))
    assert fractions("100", "-7", "7/100", "100/7", "10", "1/10") - {Fraction(1, 10)} <= found
    assert set(ALWAYS) <= found


def test_closures_helpers_and_nested_functions():
    k = 37
    body = lambda xp, x: helper(xp, x) + (lambda y: y - 31 - k)(x) + DEEP_OF(x)
    found = set(constants(body))
    assert fractions("23", "29", "31", "37", "23/29") <= found


DEEP_OF = lambda x: x * 43


def test_functions_of_other_modules_by_their_names():
    found = constants(lambda xp, x: module.constants(x))
    assert found == ALWAYS  # what belongs to the judge says nothing of a statement


def test_powers_that_no_compiler_writes_out():
    found = set(constants(lambda xp, x: x - 10**90))
    assert Fraction(10**90) in found
    assert Fraction(1, 10**90) in found


def test_what_is_no_plain_function_has_no_numbers():
    assert constants(partial(helper, None)) == ALWAYS


def test_not_too_many():
    many = eval("lambda xp, x: " + " + ".join(f"x*{n}" for n in range(1000, 1100)))
    assert len(constants(many)) <= MOST + len(ALWAYS)
