"""The maps of the cones at hand-checked points, each piece of them; options of the layers."""

from __future__ import annotations

import inspect
import math

import numpy as np
import pytest
import scipy.linalg
import torch

from fieldcheck import cones, ops
from fieldcheck.arithmetic.floating import Float
from fieldcheck.cones import colu, commutant, gaps, lorentz, modules, oracle, psd

xp = Float()
RNG = np.random.default_rng(2)


def v(x):
    return xp.wrap(torch.as_tensor(np.asarray(x, dtype=complex if np.iscomplexobj(x) else float)))


def logistic(t: float) -> float:
    return 1 / (1 + math.exp(-t))


BODY = np.array([3.0, -4.0])  # of length 5
POINTS = {
    "inside": ([7.0, *BODY], 1.0),
    "on the cone": ([5.0, *BODY], 1.0),
    "between": ([2.0, *BODY], 0.4),
    "at the apex": ([0.0, *BODY], 0.0),
    "below": ([-2.0, *BODY], 0.0),
    "far below": ([-9.0, *BODY], 0.0),
}


@pytest.mark.parametrize("name", POINTS)
def test_how_far_the_body_is_shortened(name):
    x, ratio = POINTS[name]
    t = x[0]
    np.testing.assert_allclose(colu.hard(xp, v(x)).data, [t, *ratio * BODY], atol=1e-15)
    np.testing.assert_allclose(
        colu.rectified(xp, v(x)).data, [max(t, 0), *ratio * BODY], atol=1e-15
    )
    kept = min(max(t / 6, 0), 1)
    np.testing.assert_allclose(colu.guarded(xp, v(x), v(1.0)).data, [t, *kept * BODY], atol=1e-15)
    np.testing.assert_allclose(colu.soft(xp, v(x)).data, [t, *logistic(t / 5 - 0.5) * BODY])
    np.testing.assert_allclose(colu.firm(xp, v(x)).data, [t, *logistic(4 * t / 5 - 2) * BODY])
    found = colu.shared(xp, v(t), v([BODY, 2 * BODY, 0 * BODY])).data
    wide = min(max(t / 10, 0), 1)
    np.testing.assert_allclose(found, [ratio * BODY, wide * 2 * BODY, 0 * BODY], atol=1e-15)


def test_groups_are_the_rows():
    rows = v([POINTS["inside"][0], POINTS["between"][0]])
    np.testing.assert_allclose(colu.grouped(xp, rows).data, [[7, 3, -4], [2, 1.2, -1.6]])
    np.testing.assert_allclose(
        colu.grouped(xp, -rows, colu.rectified).data, [[0, 0, 0], [0, 0, 0]], atol=1e-15
    )


@pytest.mark.parametrize("t", [-9.0, -2.0, 2.0, 7.0])
def test_about_another_axis_it_is_the_same_map_turned(t):
    turn = scipy.linalg.expm(np.array([[0, 1, -2], [-1, 0, 0.5], [2, -0.5, 0]]))
    x, e = np.array([t, *BODY]), turn[:, 0]
    right = turn @ colu.hard(xp, v(x)).data.numpy()
    np.testing.assert_allclose(colu.rotated(xp, v(turn @ x), v(e)).data, right, atol=1e-12)
    right = turn @ colu.rectified(xp, v(x)).data.numpy()
    found = colu.rotated_rectified(xp, v(turn @ x), v(e)).data
    np.testing.assert_allclose(found, right, atol=1e-12)
    # As printed, max(min(ratio, 0), 1) is 1 whatever the ratio: the identity.
    found = colu.rotated_as_printed(xp, v(turn @ x), v(e)).data
    np.testing.assert_allclose(found, turn @ x, atol=1e-12)


A = 0.5
PROJECTED = {
    "inside": ([12.0, *BODY], [12.0, *BODY]),
    "on the cone": ([10.0, *BODY], [10.0, *BODY]),
    "between": ([0.0, *BODY], [2.0, 0.6, -0.8]),  # s = (0 + 5/2)/(1 + 1/4) = 2
    "a negative axis": ([-1.0, *BODY], [1.2, 0.36, -0.48]),
    "on the polar cone": ([-2.5, *BODY], [0.0, 0.0, 0.0]),
    "in the polar cone": ([-7.0, *BODY], [0.0, 0.0, 0.0]),
}


@pytest.mark.parametrize("name", PROJECTED)
def test_the_nearest_point_of_a_cone_of_any_opening(name):
    x, near = PROJECTED[name]
    np.testing.assert_allclose(lorentz.project(xp, v(x), v(A)).data, near, atol=1e-14)
    rest = np.subtract(x, near)
    np.testing.assert_allclose(lorentz.project_polar(xp, v(x), v(A)).data, rest, atol=1e-14)
    alpha, delta, u = lorentz.coefficients(xp, v(x), v(A))
    unit = BODY / 5
    np.testing.assert_allclose(u.data, unit)
    again = float(alpha.data) * np.array([1, *A * unit]) + float(delta.data) * np.array([-A, *unit])
    np.testing.assert_allclose(again, x)


def test_the_printed_formula_of_the_right_angle():
    found = lorentz.project_right_angle(xp, v([2.0, *BODY])).data
    np.testing.assert_allclose(found, 0.7 * np.array([5, 3, -4]))
    np.testing.assert_allclose(found, lorentz.project(xp, v([2.0, *BODY]), v(1.0)).data)


def test_matrices_from_their_eigenvalues():
    a = RNG.standard_normal((3, 3)) + 1j * RNG.standard_normal((3, 3))
    u = np.linalg.qr(a)[0]
    values = np.array([2.0, -1.0, 0.5])
    whole, part = (u * values) @ u.conj().T, (u * [2.0, 0, 0.5]) @ u.conj().T
    np.testing.assert_allclose(psd.compose(xp, v(u), v(values)).data, whole, atol=1e-12)
    np.testing.assert_allclose(psd.project(xp, v(u), v(values)).data, part, atol=1e-12)
    expected = np.trace(a.conj().T @ whole).real
    assert float(psd.pairing(xp, v(a), v(whole)).data) == pytest.approx(expected)


@pytest.mark.parametrize("b", [[0.0, 0.0], [0.6, 0.8], [1.0, 2.0], [-3.0, 0.5]])
def test_points_of_the_ball(b):
    u = v([0.6, -0.8])
    point = gaps.ball_point(xp, v(b)).data.numpy()
    np.testing.assert_allclose(point, 2 * np.array(b) / (1 + np.dot(b, b)))
    room = float(gaps.ball_room(xp, v(b)).data)
    assert room == pytest.approx(1 - point @ point, abs=1e-15)
    assert float(gaps.obtuse(xp, u, v(b)).data) == pytest.approx(1 - point @ [0.6, -0.8])


SHARED = {
    "axis": RNG.standard_normal(9),
    "length": RNG.standard_normal((9, 2)),
    "body": RNG.standard_normal((9, 2, 1)),
}


@pytest.mark.parametrize("k", range(9))
def test_points_of_one_axis_and_two_bodies(k):
    points = commutant.shared_cell_points(xp, {n: v(x) for n, x in SHARED.items()})
    assert [len(p) for p in points] == [1] * 9
    x, image, derivative = (np.asarray(part.data) for part in points[k][0])
    height = SHARED["axis"][k] ** 2 + 1 / 8
    assert x[0] == pytest.approx(-height if k % 3 == 2 else height)
    lengths = np.linalg.norm(x[1:].reshape(2, 2), axis=1)
    for g, found in enumerate(lengths):
        more = 1 + SHARED["length"][k, g] ** 2
        outside = k % 3 == 2 or (k // 3 // 2**g) % 2
        assert found == pytest.approx(height * more if outside else height / more)
        s = SHARED["body"][k, g]
        unit = np.array([1 - s @ s, *2 * s]) / (1 + s @ s)
        np.testing.assert_allclose(x[1 + 2 * g : 3 + 2 * g], found * unit)

    def plain(y):
        bodies = xp.wrap(y[1:].reshape(2, 2))
        return torch.cat([y[:1], colu.shared(xp, xp.wrap(y[0]), bodies).data.reshape(-1)])

    at = torch.tensor(x)
    np.testing.assert_allclose(image, plain(at), atol=1e-12)
    np.testing.assert_allclose(
        derivative, torch.autograd.functional.jacobian(plain, at), atol=1e-12
    )


def test_blocks_along_the_diagonal():
    blocks = [v(RNG.standard_normal((n, n))) for n in (1, 3, 2)]
    expected = scipy.linalg.block_diag(*(b.data.numpy() for b in blocks))
    np.testing.assert_allclose(commutant.block_diagonal(xp, blocks).data, expected)
    assert commutant.skewness(xp, 1).data.tolist() == [[1]]
    assert commutant.skewness(xp, 2).data.tolist() == [[1, 0, 0, 0], [0, 1, 1, 0], [0, 0, 0, 1]]


# -- layers --------------------------------------------------------------------------------------
LAYERS = [modules.CoLU, modules.RCoLU, modules.SecondOrderCone]


@pytest.mark.parametrize("layer", LAYERS)
def test_options_are_named_and_the_size_may_be(layer):
    """``CoLU(4, True)`` would say nothing of what is true."""
    kinds = {n: p.kind for n, p in inspect.signature(layer).parameters.items()}
    assert kinds.pop("size") is inspect.Parameter.POSITIONAL_OR_KEYWORD
    assert set(kinds.values()) == {inspect.Parameter.KEYWORD_ONLY}
    defaults = {n: p.default for n, p in inspect.signature(layer).parameters.items()}
    assert (defaults["size"], defaults["groups"], defaults["dim"]) == (None, None, -1)
    assert (layer().size, layer().groups, layer(groups=3).size) == (4, None, None)
    assert defaults.get("half_angle", math.pi / 4) == math.pi / 4
    assert not any(defaults.get(name, False) for name in ("planar", "shared", "eps"))
    assert {defaults.get(n) for n in ("form", "negative")} <= {"hard", "kept", None}


OPTIONS = [
    (modules.CoLU, ops.colu, dict(size=4, planar=True)),
    (modules.CoLU, ops.colu, dict(size=3, shared=True)),
    (modules.CoLU, ops.colu, dict(groups=2, form="soft", negative="rectified", eps=0.25)),
    (modules.CoLU, ops.colu, dict(size=2, form="firm", dim=0)),
    (modules.RCoLU, ops.rcolu, dict(size=2, form="soft", eps=0.25)),
    (modules.RCoLU, ops.rcolu, dict(groups=2, form="firm", negative="rectified", dim=0)),
    (modules.SecondOrderCone, ops.soc_projection, dict(size=4, planar=True, half_angle=0.3)),
    (modules.SecondOrderCone, ops.soc_projection, dict(groups=4, dim=0)),
]


@pytest.mark.parametrize(("layer", "op", "options"), OPTIONS)
def test_a_layer_hands_all_its_options_on(layer, op, options):
    channels = 9 if options.get("shared") else 8
    x = torch.as_tensor(RNG.standard_normal((8, channels)))
    assert torch.equal(layer(**options)(x), op(x, **options))
    shown = repr(layer(**options))
    for name, value in options.items():
        told = f"{name}={value}" if not isinstance(value, str | bool) else str(value)
        assert (name if value is True else told) in shown


@pytest.mark.parametrize("layer", [modules.CoLU, modules.RCoLU])
@pytest.mark.parametrize("eps", [-1e-9, math.nan, math.inf])
def test_a_guard_is_finite_and_not_negative(layer, eps):
    with pytest.raises(ValueError, match=f"{layer.__name__}: eps must be finite"):
        layer(eps=eps)
    assert layer(eps=0.0).eps == 0


@pytest.mark.parametrize("angle", [0.0, -0.1, math.pi / 2, 2.0])
def test_a_half_angle_lies_between_its_bounds(angle):
    with pytest.raises(ValueError, match="SecondOrderCone: half_angle"):
        modules.SecondOrderCone(half_angle=angle)


def test_sizes_and_groups_of_one_are_allowed():
    for layer in LAYERS:
        assert layer(1)(torch.ones(2, 3)).shape == (2, 3)
        assert layer(groups=1)(torch.ones(2, 3)).shape == (2, 3)
        for wrong in (dict(size=0), dict(groups=0), dict(size=-1), dict(size=True + 0.5)):
            with pytest.raises(
                ValueError, match=f"{layer.__name__}: (size|groups) must be a whole"
            ):
                layer(**wrong)


def test_what_the_package_names_it_has():
    for name in cones.__all__:
        assert getattr(cones, name) is getattr(modules, name)
    with pytest.raises(AttributeError, match="'nothing'"):
        cones.nothing


# -- the solver ----------------------------------------------------------------------------------
def test_the_solver_at_points_worked_out_by_hand(capfd):
    close = lambda found, right: np.abs(found - right).max() < 1e-8
    assert close(oracle.orthant(np.array([1.0, -2.0, 3.0])), [1, 0, 3])
    assert close(oracle.second_order(np.array([0.0, 3.0, -4.0]), 0.5), [2, 0.6, -0.8])
    swap = np.array([[0.0, 2.0], [2.0, 0.0]])
    assert close(oracle.semidefinite(swap), [[1, 1], [1, 1]])
    assert close(oracle.semidefinite(np.diag([3.0, -1.0, 2.0])), np.diag([3, 0, 2]))
    assert capfd.readouterr() == ("", "")
