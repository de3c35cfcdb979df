"""A module of a body's author: what is called there is looked at like what is beside the body."""

import numpy as np

_GENERATOR = np.random.default_rng(0)
_calls = [0]


def drawn():
    return _GENERATOR.integers(200)


def stepped():
    _calls[0] += 1
    return _calls[0]


def two():
    return 2
