"""Limit laws: samples approach their own law at its rate, and keep away from a wrong one."""

import numpy as np
import pytest

from fieldcheck.audit import laws

RNG = np.random.default_rng(0)


def test_kolmogorov_by_hand():
    uniform = lambda t: np.clip(np.asarray(t), 0, 1)
    assert laws.kolmogorov([0.5], uniform) == 0.5
    assert laws.kolmogorov([0.25, 0.75], uniform) == 0.25
    assert laws.kolmogorov([0.1, 0.2], uniform) == pytest.approx(0.8)


@pytest.mark.parametrize("ratio", [0.1, 0.5, 1.0])
def test_marchenko_pastur_has_its_moments(ratio):
    law = laws.marchenko_pastur(ratio)
    edges = (1 - ratio**0.5) ** 2, (1 + ratio**0.5) ** 2
    x = np.linspace(*edges, 200_001)
    f = law(x)
    assert f[0] == pytest.approx(0, abs=1e-6)
    assert f[-1] == pytest.approx(1)
    middle, mass = (x[1:] + x[:-1]) / 2, np.diff(f)
    assert middle @ mass == pytest.approx(1, abs=1e-5)
    assert middle**2 @ mass == pytest.approx(1 + ratio, abs=1e-5)


def test_the_laws_at_their_ends():
    assert laws.circular([0, 0.5, 1, 2]) == pytest.approx([0, 0.25, 1, 1])
    assert laws.semicircle([-2, -1, 0, 1, 2]) == pytest.approx([0, 0, 0.5, 1, 1])
    assert laws.product(1.0)([0, 0.3, 1, 3]) == pytest.approx([0, 0.3, 1, 1])
    assert laws.product(1e-9)([0.3]) == pytest.approx([0.09])


@pytest.mark.parametrize(
    ("distance", "rate"),
    [(laws.disc_distance, 0.5), (laws.half_circle_distance, 1), (laws.square_distance, 1)],
)
def test_distances_fall_at_their_rate(distance, rate):
    small, large = (
        np.mean([distance(RNG.standard_normal((c, c))) for _ in range(k)])
        for c, k in ((40, 40), (320, 5))
    )
    assert np.log(small / large) / np.log(8) == pytest.approx(rate, abs=0.2)


@pytest.mark.parametrize(("r", "c"), [(60, 60), (60, 120), (60, 960)])
def test_products_follow_their_own_law_and_no_other(r, c):
    draw = lambda: RNG.standard_normal((c, r))
    radii = np.concatenate([laws.product_radii(draw(), draw()) for _ in range(20)])
    assert laws.kolmogorov(radii, laws.product(r / c)) < 0.06
    if r == c:
        assert laws.kolmogorov(radii, laws.circular) > 0.2
    assert laws.kolmogorov(radii, laws.product(1.0 if r < c else 0.1)) > 0.1


def test_a_wrong_radius_is_seen():
    w = RNG.standard_normal((200, 200))
    radii = np.abs(np.linalg.eigvals(w)) / (laws.rms(w) * 200**0.5)
    assert laws.kolmogorov(radii / 2**0.5, laws.circular) > 0.4
    values = np.linalg.eigvalsh((w + w.T) / 2) / (laws.rms(w) * 200**0.5)
    assert laws.kolmogorov(values / 2, laws.semicircle) > 0.05
    assert laws.kolmogorov(laws.squares(w[:100]), laws.marchenko_pastur(1.0)) > 0.1
