"""Bodies that are another the next time are no statement; what a body merely holds is no memory."""

from __future__ import annotations

import enum
import itertools
import operator
from contextlib import contextmanager
from functools import cache, cached_property, lru_cache, partial
from typing import ClassVar

import numpy as np
import pytest
import torch

import tests.meta.beside
from fieldcheck.domains import vector
from fieldcheck.evidence import memory
from fieldcheck.evidence.clock import TooSlow
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


def _by_late_import(x):
    import tests.meta.beside

    return tests.meta.beside.step(x)


@lru_cache(maxsize=1)
def _bounded(k):
    return [0]


def _by_a_bounded_cache(x):
    _bounded(0)[0] += 1
    return x if _bounded(0)[0] < 30 else 2 * x


@cache
def _once():
    import random

    return 1 + int(random.random() > 2)


class _OwnCount:
    n: ClassVar[list[int]] = []

    def __mul__(self, other):
        self.n.append(1)
        return other if len(self.n) < 30 else 2 * other

    def __get__(self, holder, kind):
        self.n.append(1)
        return 1 if len(self.n) < 30 else 2

    @cached_property
    def kept(self):
        KEPT.append(1)
        return 1 if len(KEPT) < 30 else 2


class _Holder:
    one = _OwnCount()


class _Enumerated(enum.Enum):
    STEP = (_by_list,)


def _within(step=_by_list):
    return [step]


OBJECTS = np.empty(1, dtype=object)
OBJECTS[0] = []


def _by_array(x):
    OBJECTS[0].append(1)
    return x if len(OBJECTS[0]) < 30 else 2 * x


class _Distribution:
    def rvs(self):
        return 1


DISTRIBUTION = _Distribution()
HEIR, WRAPPED, SLOTTED = _Heir(), _wrapping(lambda x: x), _Slotted()
POPPED = partial(([1] * 30 + [2] * 10**4).pop, 0)
OWN, IN_LIST, IN_DICT, IN_TUPLE = _OwnCount(), [_by_list], {"a": _by_list}, (partial(_by_list),)
AS_KEYS = {"a": 1, "b": 2}
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
        lambda x: tests.meta.beside.step(x),
        _by_late_import,
        _by_a_bounded_cache,
        lambda x: _once() * x,
        lambda x: OWN * x,
        lambda x: _Holder.one * x,
        lambda x: _OwnCount().kept * x,
        lambda x: IN_LIST[0](x),
        lambda x: IN_DICT["a"](x),
        lambda x: IN_TUPLE[0](x),
        lambda x: _Enumerated.STEP.value[0](x),
        lambda x: _within()[0](x),
        _by_array,
        lambda x: list({_OwnCount, _Holder}).index(_Holder) * 0 + x,
        lambda x: list(AS_KEYS.keys() & AS_KEYS.keys()).index("a") * 0 + x,
    ],
)
def test_a_body_that_changes_is_no_statement(step):
    verdict, _ = examine(lambda xp, x: Equal(step(x), x), x=vector("n"))
    assert verdict.verdict == "invalid"
    assert "not one statement" in verdict.because


TEXT = operator.attrgetter("data.__class__.__module__")
FORM = "%r"


@pytest.mark.parametrize(
    "telling",
    [
        lambda x: f"{x}",
        lambda x: f"{x!r}",
        lambda x: "%s" % (x,),  # noqa: UP031
        lambda x: FORM % (x,),
        lambda x: operator.mod(FORM, (x,)),
        lambda x: "{x}".format_map({"x": x}),
        lambda x: operator.attrgetter("data.__class__.__module__")(x),
        lambda x: TEXT(x),
        lambda x: operator.methodcaller("__str__")(x),
    ],
)
def test_nothing_is_proved_of_a_body_that_writes_what_it_is_handed(telling):
    step = lambda x: 2 * x if "nowhere" in telling(x) else x
    verdict, evidence = examine(lambda xp, x: Equal(step(x), x), x=vector("n"))
    assert verdict.verdict != "proved"
    assert "a body that looks" in evidence["exact"].detail


def _complaining(x, k):
    if k > 1:
        raise ValueError(f"{k} is too much")
    return k * x


def test_an_error_may_say_what_it_is_about():
    assert examine(lambda xp, x: Equal(_complaining(x, 1), x), x=vector("n"))[0].holds


@pytest.mark.parametrize("cut", [0, 1])
def test_a_look_that_a_limit_cut_short_tells_of_no_change(monkeypatch, cut):
    """As on a machine that was stopped in the midst of it."""
    looks = itertools.count()

    @contextmanager
    def limited(seconds):
        if next(looks) == cut:
            raise TooSlow("no answer")
        yield

    monkeypatch.setattr(memory, "limited", limited)
    assert examine(lambda xp, x: Equal(x + x, 2 * x), x=vector("n"))[0].verdict == "proved"


@cache
def _seeded():
    return int(np.random.default_rng(0).integers(1, 2))


def test_what_a_seed_draws_is_no_chance():
    verdict, _ = examine(lambda xp, x: Equal(_seeded() * x, x), x=vector("n"))
    assert verdict.verdict == "stands"


def test_what_holds_itself_is_looked_at():
    assert examine(lambda xp, x: Equal(len(CYCLE) * x, 2 * x), x=vector("n"))[0].holds


@cache
def _cached(n):
    return n + 1


class _NoEnd(list):
    """What a look at all of it would break."""

    def __iter__(self):
        raise TypeError("no way through")


@lru_cache(maxsize=2)
def _two_of(n):
    return [n]


CYCLE: list[object] = [1]
CYCLE.append(CYCLE)

HELD = {
    "a cache": lambda: _cached(1),
    "a tensor": partial(int, torch.tensor([2, 3])[0]),
    "an array": partial(int, np.array([2, 3])[0]),
    "a list that nobody goes through": partial(len, _NoEnd([1, 2])),
    "a cache with bounds": lambda: _two_of(1)[0] + 0 * _two_of(2)[0] + 0 * _two_of(3)[0] + 1,
}


@pytest.mark.parametrize("name", HELD)
def test_what_is_held_is_no_memory(name):
    two = HELD[name]
    assert examine(lambda xp, x: Equal(two() * x, 2 * x), x=vector("n"))[0].verdict == "proved"
