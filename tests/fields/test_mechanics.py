"""Systems against SciPy: the acceleration is the Hamiltonian's, and Störmer follows it."""

import numpy as np
import pytest
import torch
from scipy.integrate import solve_ivp

from fieldcheck.arithmetic.floating import Float
from fieldcheck.fields import mechanics as m
from tests.fields.generic import v

xp = Float()
SYSTEMS = {"pendulum": m.PENDULUM, "kepler": m.KEPLER, "quartic": m.QUARTIC}
Q, P = np.array([1.1, -0.4]), np.array([0.2, 0.7])


def vector(x):
    return xp.wrap(torch.as_tensor(x, dtype=torch.float64))


@pytest.mark.parametrize("name", SYSTEMS)
def test_hamilton_gives_velocity_and_acceleration(name):
    system = SYSTEMS[name]
    H = lambda q, p: system.hamiltonian(xp, q, p)
    velocity, force = m.hamilton(xp, H, vector(Q), vector(P))
    assert np.allclose(velocity.data, P)
    assert np.allclose(force.data, system.acceleration(xp, vector(Q)).data)


@pytest.mark.parametrize("name", SYSTEMS)
def test_stormer_converges_to_the_trajectory_at_second_order(name):
    system = SYSTEMS[name]
    acceleration = lambda q: system.acceleration(xp, q)
    rhs = lambda t, z: np.concatenate([z[2:], acceleration(vector(z[:2])).data.numpy()])
    exact = solve_ivp(rhs, (0, 1), np.concatenate([Q, P]), rtol=1e-12, atol=1e-13).y[:2, -1]
    end = lambda n: m.stormer(acceleration, vector(Q), vector(P), xp.one / n, n).data.numpy()
    errors = [np.linalg.norm(end(n) - exact) for n in (64, 128)]
    assert errors[1] < 1e-3
    assert np.log2(errors[0] / errors[1]) == pytest.approx(2, abs=0.05)


@pytest.mark.parametrize("name", SYSTEMS)
def test_the_two_schemes_part_only_if_the_sign_is_wrong(name):
    right, wrong = (m.apart(xp, SYSTEMS[name], vector(Q), vector(P), sign) for sign in (1, -1))
    assert float(right(64).data) < 1e-3
    assert float(wrong(64).data) > 0.1


def test_two_schemes_end_up_apart_by_the_order_of_the_weaker_one():
    q, p = v([0.4]), v([0.3])
    right = m.apart(xp, m.PENDULUM, q, p)
    wrong = m.apart(xp, m.PENDULUM, q, p, sign=-1)
    gaps = [float(right(n).data) for n in (8, 16)]
    assert gaps[0] / gaps[1] == pytest.approx(4, rel=0.05)
    assert gaps[1] < 1e-3
    assert float(wrong(16).data) > 0.1
