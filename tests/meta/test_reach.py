"""What a body may reach and still be proved: a list of what is harmless, and nothing beside it."""

from __future__ import annotations

import collections
import contextvars
import enum
import functools
import gc
import itertools
import logging
import math
import os
import pathlib
import queue
import statistics
import threading
from dataclasses import dataclass
from fractions import Fraction
from operator import mul

import numpy as np
import pytest

from fieldcheck.domains import vector
from fieldcheck.evidence.run import examine
from fieldcheck.relations import Equal
from tests.meta import reached_beside as beside

GENERATOR, OLD, BITS = np.random.default_rng(0), np.random.RandomState(0), np.random.PCG64(1)
COUNTER = contextvars.ContextVar("counter", default=0)
QUEUE, LOGGER = queue.SimpleQueue(), logging.getLogger("reached")
NAMES = frozenset(["a", "b", "c"])


@functools.lru_cache(maxsize=3)
def _kept(k):
    return k


class _Meta(type):
    seen = 0

    def __getattr__(cls, name):
        _Meta.seen += 1
        return 1 if _Meta.seen < 40 else 2


class _Asked(metaclass=_Meta):
    pass


def _in_context():
    COUNTER.set(COUNTER.get() + 1)
    return COUNTER.get()


def _first():
    for name in {"a", "b", "c"}:
        return name
    return None


def _within():
    return (lambda: GENERATOR.integers(200))()


NEVER = {
    "a generator": lambda: GENERATOR.integers(200),
    "an older one": lambda: OLD.randint(200),
    "its bits": lambda: BITS.random_raw() % 200,
    "a generator in a function within": _within,
    "a generator of another module": lambda: beside.drawn(),
    "a counter of another module": lambda: beside.stepped() < 40,
    "a normal law": lambda: statistics.NormalDist().samples(1)[0] < 2.5,
    "the context": lambda: _in_context() < 30,
    "a cache's own count": lambda: (_kept(1), _kept.cache_info().hits < 40)[1],
    "a metaclass": lambda: _Asked.foo == 1,
    "a queue": lambda: (QUEUE.put(1), QUEUE.qsize() < 40)[1],
    "a logger": lambda: (LOGGER.setLevel(LOGGER.level + 1), LOGGER.level < 40)[1],
    "what is in memory": lambda: len(gc.get_objects()) % 7,
    "an array that nobody has set": lambda: int(np.empty(1, dtype=np.int64)[0]) % 7 != 3,
    "a thread": lambda: threading.get_native_id() % 2,
    "a folder": lambda: pathlib.Path("/tmp").exists(),
    "the machine": lambda: os.cpu_count() > 1,
    "the order of a set": lambda: next(iter({"a", "b", "c"})) == "a",
    "the order of a set in a loop": lambda: _first() == "a",
    "the order of a set beside": lambda: next(iter(NAMES)) == "a",
    "a hash": lambda: "abc".__hash__() % 3,
}


@pytest.mark.parametrize("name", NEVER)
def test_nothing_is_proved_of_what_may_be_another(name):
    asked = NEVER[name]
    verdict, _ = examine(lambda xp, x: Equal(x, x * (1 if asked() else 2)), x=vector("n"))
    assert verdict.verdict in ("invalid", "stands", "undecided"), verdict
    if verdict.verdict == "stands":
        assert "nothing is proved of a body that looks" in verdict.because


class _Side(enum.Enum):
    LEFT = 1


@dataclass(frozen=True)
class _Pair:
    first: int
    second: int

    @property
    def product(self):
        return self.first * self.second


Point = collections.namedtuple("Point", "x y")
PAIR, POINT, TABLE = _Pair(1, 2), Point(1, 2), {"two": 2, "three": (3, [4])}
HALF, ROW, TWICE = Fraction(1, 2), np.array([2, 3]), functools.partial(mul, 2)

ALWAYS = {
    "a dataclass": lambda: PAIR.product,
    "a named tuple": lambda: POINT.y,
    "a table": lambda: TABLE["two"],
    "an enumeration": lambda: 2 * _Side.LEFT.value,
    "a fraction": lambda: int(4 * HALF),
    "an array of integers": lambda: int(ROW[0]),
    "a call that waits": lambda: TWICE(1),
    "counting": lambda: math.comb(2, 1),
    "permutations": lambda: len(list(itertools.permutations(range(2)))),
    "a set of integers": lambda: len({1, 2}),
    "a cache": lambda: _kept(2),
    "another module": lambda: beside.two(),
    "a function within": lambda: (lambda k: k + 1)(1),
    "a word among some": lambda: 2 if "a" in {"a", "b"} else 1,
    "a word among some beside": lambda: 2 if "a" in NAMES else 1,
    "sorted words": lambda: len(sorted(dict.fromkeys("ab"))),
}


@pytest.mark.parametrize("name", ALWAYS)
def test_what_stays_as_it_is_does_no_harm(name):
    two = ALWAYS[name]
    verdict, _ = examine(lambda xp, x: Equal(two() * x, x + x), x=vector("n"))
    assert verdict.verdict == "proved", verdict.because
