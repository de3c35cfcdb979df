"""Which road attention takes, and why; spans of keys and their tables; layouts by default."""

from __future__ import annotations

import math

import pytest
import torch

from fieldcheck import ops
from fieldcheck.cones import CoLU, RCoLU, SecondOrderCone
from fieldcheck.ops import _flex, _roads, masks, native
from fieldcheck.ops._rows import with_table


@pytest.fixture
def unknown(monkeypatch):
    """Nothing probed yet, nothing asked for by name."""
    monkeypatch.delenv("FIELDCHECK_ATTENTION", raising=False)
    _roads._probe_flash.cache_clear()
    yield monkeypatch
    _roads._probe_flash.cache_clear()


CPU, FLASH = torch.device("cpu"), "_scaled_dot_product_flash_attention_for_cpu"


@pytest.mark.skipif(not hasattr(torch.ops.aten, FLASH), reason="this torch has no such kernel")
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_torchs_kernel_is_used_if_it_does_what_its_name_says(unknown, dtype):
    assert _roads._probe_flash(dtype) == ""
    road, reason = _roads.attention(CPU, dtype)
    assert road == "fused"
    assert "checked against plain arithmetic" in reason


def plain(q, k, v, scale, is_causal=False, attn_mask=0.0):
    s = scale * q @ k.mT + attn_mask
    if is_causal:
        s = s.masked_fill(torch.ones(s.shape[-2:]).triu(1).bool(), -torch.inf)
    return torch.softmax(s, -1) @ v, torch.logsumexp(s, -1)


WRONG = {
    "the mask is ignored": lambda q, k, v, scale, is_causal=False: plain(q, k, v, scale),
    "always causal": lambda q, k, v, scale, is_causal=False: plain(q, k, v, scale, True),
    "the sign of the scale": lambda q, k, v, scale, is_causal=False: plain(
        q, k, v, -scale, is_causal
    ),
    "another scale if causal": lambda q, k, v, scale, is_causal=False: plain(
        q, k, v, scale * (1 + is_causal), is_causal
    ),
    "no log-sum-exp": lambda q, k, v, **options: (plain(q, k, v, **options)[0], q[..., 0] * 0),
    "another shape": lambda q, k, v, **options: (
        plain(q, k, v, **options)[0], plain(q, k, v, **options)[1][..., None],
    ),
}  # fmt: skip


@pytest.mark.skipif(not hasattr(torch.ops.aten, FLASH), reason="this torch has no such kernel")
@pytest.mark.parametrize("name", WRONG)
def test_a_kernel_that_errs_is_not_used(unknown, name):
    unknown.setattr(_roads, "flash_cpu", WRONG[name])
    road, reason = _roads.attention(CPU, torch.float64)
    assert (road, reason) == ("chunked", "the fused operator does not return what its name says")


def test_a_kernel_that_is_right_or_refuses(unknown):
    unknown.setattr(_roads, "flash_cpu", plain)
    assert _roads._probe_flash(torch.float64) == ""

    def refuses(*a, **options):
        raise RuntimeError("not today\nand more")

    unknown.setattr(_roads, "flash_cpu", refuses)
    assert _roads._probe_flash(torch.float32) == (
        "the fused operator refuses torch.float32: not today"
    )


def test_roads_of_other_devices(unknown):
    unknown.setattr(_roads, "_probe_flex", lambda device, dtype: "")
    at = lambda device, dtype: _roads.attention(torch.device(device), dtype)
    assert at("cuda", torch.float32)[0] == "flex"
    assert at("cuda", torch.float64) == ("chunked", "compiled flex attention has no float64")
    assert at("meta", torch.float32) == ("chunked", "no fused road is known for meta")
    unknown.setattr(_roads, "_probe_flex", lambda device, dtype: "too old")
    assert at("cuda", torch.float32) == ("chunked", "too old")
    with _roads.attention_road("chunked"):
        assert at("cpu", torch.float32) == ("chunked", "asked for by name")


def test_a_table_narrows_what_the_span_allows():
    span = masks.Span(1, 3, 2, 5, torch.tensor([[True, True, False], [False, True, True]]))
    table = torch.tensor(
        [[True] * 6, [True, True, False, True, False, True], [True] * 3 + [False] * 3]
    )
    seen = with_table(span, table).allowed
    assert seen.tolist() == [[False, True, False], [False, False, False]]
    open_ = with_table(span._replace(allowed=None), table).allowed
    assert open_.tolist() == [[False, True, False], [True, False, False]]
    for_all_rows = with_table(span, table[1:2]).allowed
    assert for_all_rows.tolist() == [[False, True, False], [False, True, False]]
    for_all_keys = with_table(span, table[:, 3:4]).allowed
    assert for_all_keys.tolist() == [[True, True, False], [False, False, False]]
    assert with_table(span, None) is span


@pytest.mark.parametrize(
    "mask", [masks.Causal(), masks.Band(2), masks.Band(1, causal=True), masks.Blocks(3)]
)
def test_flex_sees_the_keys_that_the_bounds_say(mask):
    """The rule that flex attention compiles, pair by pair."""
    n, m = 7, 5
    bounds = mask.bounds(n, m)
    seen, turned = _flex._rule(mask, False), _flex._rule(mask, True)
    for i in range(n):
        for j in range(m):
            inside = bool(bounds.lo[i] <= j < bounds.hi[i])
            a, b = torch.tensor(i), torch.tensor(j)
            assert bool(seen(0, 0, a, b)) is inside
            assert bool(turned(0, 0, b, a)) is inside


def test_the_second_pass_of_flex_sees_the_transposed_mask(monkeypatch):
    asked = []

    def run(q, k, v, scale, key, block_mask, score_mod=None):
        asked.append(block_mask.mask_mod)
        return v, torch.zeros(q.shape[:-1])

    monkeypatch.setattr(_flex, "_run", run)
    q, lse = torch.ones(1, 1, 3, 2), torch.zeros(1, 1, 3)
    _flex.attention(q, q, q, masks.Causal(), None, 1.0)
    _flex.scatter(q, q, lse, lse, masks.Causal(), None, 1.0)
    late, early = torch.tensor(2), torch.tensor(0)
    assert [bool(seen(0, 0, late, early)) for seen in asked] == [True, False]
    assert [bool(seen(0, 0, early, late)) for seen in asked] == [False, True]


# -- layouts by default --------------------------------------------------------------------------
X = torch.linspace(-2, 3, 24, dtype=torch.float64).reshape(2, 12).sin() * 3


def by_groups(op, x, size):
    return torch.cat([op(part) for part in x.split(size, -1)], -1)


def test_by_default_groups_lie_side_by_side_along_the_last_axis():
    for module, op in (
        (CoLU(4), lambda x: ops.colu(x, 4)),
        (RCoLU(4), lambda x: ops.rcolu(x, 4)),
        (SecondOrderCone(4), lambda x: ops.soc_projection(x, 4)),
    ):
        torch.testing.assert_close(module(X), by_groups(op, X, 4))
        assert module(X).shape == X.shape
    assert CoLU(4).eps == RCoLU(4).eps == 0
    assert CoLU(4).planar is CoLU(4).shared is SecondOrderCone(4).planar is False
    assert SecondOrderCone(4).half_angle == math.pi / 4


def test_the_plain_forms_have_the_same_defaults():
    for fast, plain_form in (
        (ops.colu, ops.reference.colu),
        (ops.rcolu, ops.reference.rcolu),
        (ops.soc_projection, ops.reference.soc_projection),
    ):
        torch.testing.assert_close(fast(X, 4), plain_form(X, 4))
        torch.testing.assert_close(fast(X.T, 4, dim=0).T, plain_form(X, 4))
        torch.testing.assert_close(plain_form(X.T, 4, dim=0).T, plain_form(X, 4))
    half_right = torch.tensor([[1.0, 3.0, 4.0]], dtype=torch.float64)  # |w| = 5: s = (1 + 5)/2
    expected = torch.tensor([[3.0, 3 * 3 / 5, 3 * 4 / 5]], dtype=torch.float64)
    torch.testing.assert_close(ops.soc_projection(half_right, 3), expected)
    torch.testing.assert_close(ops.reference.soc_projection(half_right, 3), expected)


def test_the_temperature_is_one_by_default():
    energies = torch.tensor([0.5, 1.0, -0.25], dtype=torch.float64)
    expected = -torch.logsumexp(-energies, 0)
    torch.testing.assert_close(ops.reference.gibbs_free_energy(energies), expected)


def test_where_compiled_loops_are_kept(monkeypatch, tmp_path):
    monkeypatch.setenv("FIELDCHECK_CACHE", str(tmp_path / "own"))
    assert native.cache_folder() == tmp_path / "own"
    monkeypatch.delenv("FIELDCHECK_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert native.cache_folder() == tmp_path / "xdg" / "fieldcheck"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert native.cache_folder() == tmp_path / ".cache" / "fieldcheck"


def test_the_small_case_of_a_probe():
    q, k, bias, causal = _roads._small_case(torch.float32)
    assert q.shape == k.shape == (1, 2, 5, 9)
    assert q.dtype == bias.dtype == torch.float32
    assert bias.isinf().int().tolist() == [[0, 1, 0, 0, 1]] * 5
    assert causal.isinf().tolist() == torch.ones(5, 5).triu(1).bool().tolist()
    assert not torch.equal(q, k)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_nearness_is_that_of_the_dtype(dtype):
    one, eps = torch.ones(2, dtype=torch.float64), torch.finfo(dtype).eps
    assert _roads._near(one + 100 * eps, one, dtype)
    assert not _roads._near(one + 200 * eps, one, dtype)
    assert not _roads._near(one[:1], one, dtype)


def test_a_road_that_is_asked_for_is_taken_and_given_back(monkeypatch):
    monkeypatch.delenv("FIELDCHECK_ATTENTION", raising=False)
    road = lambda: _roads.attention(CPU, torch.float64)
    plain = road()
    with _roads.attention_road("chunked"):
        assert road() == ("chunked", "asked for by name")
        with _roads.attention_road(None):
            assert road() == plain
        assert road()[0] == "chunked"
    assert road() == plain
    monkeypatch.setenv("FIELDCHECK_ATTENTION", "flex")
    assert road() == ("flex", "asked for by name")
    monkeypatch.setenv("FIELDCHECK_ATTENTION", "nowhere")
    with pytest.raises(ValueError, match="FIELDCHECK_ATTENTION must be one of"):
        road()
    with pytest.raises(ValueError, match="road must be one of"), _roads.attention_road("nowhere"):
        pass
