"""When an iteration has settled: at half a unit in the last place of the state, and not before."""

import numpy as np

from fieldcheck.fields import implicit


def test_an_iteration_settles_at_the_rounding_of_the_state():
    half = np.finfo(float).eps / 2
    assert implicit._settled(3 * half, 3.0)
    assert not implicit._settled(-3.1 * half, 3.0)
    state = np.array([1.0, -4.0])
    assert implicit._settled(np.array([4 * half, -4 * half]), state)
    assert not implicit._settled(np.array([0.0, -4.1 * half]), state)
