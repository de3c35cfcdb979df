"""Bodies that are another the next time are no statement; what a body merely holds is no memory."""

from __future__ import annotations

import itertools
from functools import cache, partial

import numpy as np
import pytest
import torch

from fieldcheck.domains import vector
from fieldcheck.evidence.run import examine
from fieldcheck.relations import Equal

KEPT: list[int] = []


def _by_list(x):
    KEPT.append(1)
    return x if len(KEPT) % 30 else 2 * x


def _by_default(x, box={"n": 0}):  # noqa: B006
    box["n"] += 1
    return x if box["n"] % 40 else 2 * x


class _ByClass:
    n = 0

    def __call__(self, x):
        _ByClass.n += 1
        return x if _ByClass.n % 40 else 2 * x


def _by_closure():
    n = 0

    def body(x):
        nonlocal n
        n += 1
        return x if n % 40 else 2 * x

    return body


def _by_chance(x):
    import random

    return x if random.random() < 0.999 else 2 * x


@cache
def _slot(k):
    return [0]


def _by_a_cached_list(x):
    _slot(0)[0] += 1
    return x if _slot(0)[0] < 30 else 2 * x


class _Slotted:
    __slots__ = ("n",)

    def __init__(self):
        self.n = 0

    def __call__(self, x):
        self.n += 1
        return x if self.n < 30 else 2 * x


class _Base:
    n = 0

    def __getitem__(self, k):
        _Base.n += 1
        return 1 if _Base.n < 30 else 2


class _Heir(_Base):
    pass


class _Meta(type):
    n = 0

    def __call__(cls, x):
        _Meta.n += 1
        return x if _Meta.n < 30 else 2 * x


class _Made(metaclass=_Meta):
    pass


def _wrapping(step):
    calls = [0]

    def wrapper(x):
        calls[0] += 1
        return step(x) if calls[0] < 30 else 2 * step(x)

    wrapper.__wrapped__ = step
    return wrapper


@cache
def _endless():
    return iter(range(10**9))


TURNS = np.zeros(1)


def _by_turns(x):
    """One thing and another, in turn: after an even number of calls nothing has changed."""
    TURNS[0] = (TURNS[0] + 1) % 2
    return x * (1 + 0 * int(TURNS[0]))


def _by_file(x):
    with open(__file__) as text:
        return x if len(text.read()) > 9 else 2 * x


class _Distribution:
    def rvs(self):
        return 1


DISTRIBUTION = _Distribution()
HEIR, WRAPPED, SLOTTED = _Heir(), _wrapping(lambda x: x), _Slotted()
POPPED = partial(([1] * 30 + [2] * 10**4).pop, 0)
COUNTED = itertools.count()
DRAWN = partial(next, itertools.count())
_KEPT_BY_CLOSURE = _by_closure()


@pytest.mark.parametrize(
    "step",
    [
        _by_list,
        _by_default,
        _ByClass(),
        _KEPT_BY_CLOSURE,
        _by_chance,
        _by_a_cached_list,
        lambda x: x if DRAWN() < 30 else 2 * x,
        lambda x: x * POPPED(),
        lambda x: x if next(_endless()) < 30 else 2 * x,
        lambda x: x * HEIR[0],
        lambda x: _Made(x),
        lambda x: WRAPPED(x),
        SLOTTED,
        lambda x: x if next(COUNTED) % 60 else 2 * x,
        lambda x: x if np.random.rand() < 0.999 else 2 * x,  # noqa: NPY002
        lambda x: x if hash(object()) % 97 else 2 * x,
        _by_file,
        lambda x: x if DISTRIBUTION.rvs() < 9 else 2 * x,
        _by_turns,
        lambda x: x if id(object()) % 97 else 2 * x,
    ],
)
def test_a_body_that_changes_is_no_statement(step):
    verdict, _ = examine(lambda xp, x: Equal(step(x), x), x=vector("n"))
    assert verdict.verdict == "invalid"
    assert "not one statement" in verdict.because


@cache
def _cached(n):
    return n + 1


class _NoEnd(list):
    """What a look at all of it would break."""

    def __iter__(self):
        raise TypeError("no way through")


HELD = {
    "a cache": lambda: _cached(1),
    "a tensor": partial(int, torch.tensor([2, 3])[0]),
    "an array": partial(int, np.array([2, 3])[0]),
    "a list that nobody goes through": partial(len, _NoEnd([1, 2])),
}


@pytest.mark.parametrize("name", HELD)
def test_what_is_held_is_no_memory(name):
    two = HELD[name]
    assert examine(lambda xp, x: Equal(two() * x, 2 * x), x=vector("n"))[0].verdict == "proved"
