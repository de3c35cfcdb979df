"""The pieces of the operations: checks and their words, layouts, masks, runs of rows, roads."""

from __future__ import annotations

import importlib
import inspect
import itertools
import math
import time

import pytest
import torch

from fieldcheck import ops
from fieldcheck.ops import (
    _attend,
    _check,
    _flex,
    _fused,
    _layout,
    _roads,
    _rows,
    _transforms,
    masks,
    native,
    psd,
    reference,
)

# The package has functions of these names in front of the modules.
_free_energy = importlib.import_module("fieldcheck.ops.free_energy")
_gibbs = importlib.import_module("fieldcheck.ops.gibbs")

GENERATOR = torch.Generator().manual_seed(0)
CPU = torch.device("cpu")


def draw(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, generator=GENERATOR, dtype=torch.float64)


def wide(x) -> torch.Tensor:
    return torch.tensor(x, dtype=torch.float64)


# -- signatures ----------------------------------------------------------------------------------
OPERATIONS = {
    "free_energy": (
        ["q", "k"],
        dict(scale=None, mask=None, empty="error", key_force=False, key_mask=None,
             enable_gqa=False),
    ),
    "colu": (
        ["x", "size"],
        dict(groups=None, dim=-1, planar=False, shared=False, form="hard", negative="kept",
             eps=0.0),
    ),
    "rcolu": (["x", "size"], dict(groups=None, dim=-1, form="hard", negative="kept", eps=0.0)),
    "soc_projection": (
        ["x", "size"], dict(groups=None, dim=-1, planar=False, half_angle=math.pi / 4),
    ),
    "psd_projection": (["a"], {}),
    "quartic": (["x", "q", "k", "v", "o"], {}),
    "gibbs": (["energies", "temperature"], dict(dim=-1)),
    "gibbs_free_energy": (["energies", "temperature"], dict(dim=-1)),
    "glu_potential": (["x", "gate", "up", "out"], {}),
}  # fmt: skip


@pytest.mark.parametrize("name", OPERATIONS)
@pytest.mark.parametrize("where", [ops, reference], ids=["fast", "plain"])
def test_operands_may_stand_first_and_options_are_named(name, where):
    operands, options = OPERATIONS[name]
    parameters = inspect.signature(getattr(where, name)).parameters
    kinds = [(n, p.kind) for n, p in parameters.items()]
    first, named = inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY
    assert kinds == [(n, first) for n in operands] + [(n, named) for n in options]
    assert {n: parameters[n].default for n in options} == options


# -- checks --------------------------------------------------------------------------------------
def test_shapes_as_they_are_told():
    told = [_check.shape(torch.ones(s)) for s in ((), (2,), (2, 3))]
    assert told == ["()", "(2,)", "(2, 3)"]


X = torch.ones(2, 3)
REFUSED = {
    "no tensor": (
        lambda: _check.tensor("op", "x", [1]), TypeError, "op: x must be a tensor, not list",
    ),
    "dtype": (
        lambda: _check.tensor("op", "x", X.int()), TypeError,
        "op: x has dtype torch.int32; allowed are float16, bfloat16, float32, float64",
    ),
    "complex": (
        lambda: _check.tensor("op", "x", X + 0j), TypeError, "op: x has dtype torch.complex64",
    ),
    "axes": (
        lambda: _check.tensor("op", "x", X, ndim=3), ValueError,
        "op: x has shape (2, 3); at least 3 axes are needed",
    ),
    "two dtypes": (
        lambda: _check.alike("op", a=X, b=X, c=X.double()), TypeError,
        "op: a has dtype torch.float32 and c has torch.float64; convert one of them",
    ),
    "two devices": (
        lambda: _check.alike("op", a=X, b=X.to("meta")), ValueError,
        "op: a is on cpu and b on meta; move one of them",
    ),
    "two shapes": (
        lambda: _check.same_shape("op", a=X, b=X, c=X.T), ValueError,
        "op: a has shape (2, 3) and c (3, 2); they must be equal",
    ),
    "an axis": (
        lambda: _check.axis_size("op", "x", X, 1, 4, "why"), ValueError,
        "op: x has shape (2, 3); its axis 1 must be 4, why",
    ),
    "an axis of": (
        lambda: _check.axis_size("op", "x", X, 0, 4, "that of y", X.T), ValueError,
        "op: x has shape (2, 3); its axis 0 must be 4, that of y (3, 2)",
    ),
    "broadcast": (
        lambda: _check.broadcast("op", q=torch.ones(2, 1, 1), k=torch.ones(3, 1, 1)), ValueError,
        "op: the leading axes do not broadcast: q (2, 1, 1) and k (3, 1, 1)",
    ),
    "zero": (
        lambda: _check.positive("op", "s", 0), ValueError,
        "op: s must be finite and above zero, not 0.0",
    ),
    "negative": (lambda: _check.positive("op", "s", -1e-9), ValueError, "not -1e-09"),
    "infinite": (lambda: _check.positive("op", "s", math.inf), ValueError, "not inf"),
    "nan": (lambda: _check.positive("op", "s", math.nan), ValueError, "not nan"),
    "a tensor": (lambda: _check.positive("op", "s", X), TypeError, "op: s must be a number"),
    "no whole number": (
        lambda: _check.whole("op", "n", 1.0), TypeError, "op: n must be a whole number, not 1.0",
    ),
    "choice": (
        lambda: _check.choice("op", "w", "c", ("a", "b")), ValueError,
        "op: w must be one of 'a', 'b', not 'c'",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_is_named(name):
    call, kind, words = REFUSED[name]
    with pytest.raises(kind) as error:
        call()
    assert words in str(error.value)


def test_what_is_allowed_comes_back():
    assert _check.tensor("op", "x", X, ndim=2) is X
    assert _check.tensor("op", "x", X + 0j, dtypes=_check.COMPLEX).is_complex()
    assert _check.positive("op", "s", 2) == 2.0
    assert _check.positive("op", "s", 1e-300) == 1e-300
    assert _check.whole("op", "n", torch.tensor(3)) == 3
    assert _check.choice("op", "w", "a", ("a", "b")) == "a"
    assert _check.broadcast("op", q=torch.ones(2, 1, 5, 6), k=torch.ones(3, 7, 8)) == (2, 3)
    _check.alike("op", a=X, b=X)
    _check.same_shape("op", a=X, b=X)
    _check.axis_size("op", "x", X, -1, 3, "why")
    assert [d for d in _check.FLOATING + _check.COMPLEX if d.is_complex] == list(_check.COMPLEX)


# -- layouts -------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("channels", "size", "groups", "shared", "cut"),
    [
        (12, 4, None, False, (3, 4)),
        (12, None, 4, False, (4, 3)),
        (3, 3, None, False, (1, 3)),
        (13, 4, None, True, (4, 4)),
        (13, None, 6, True, (6, 3)),
        (1, 3, None, True, (0, 3)),
        (2, 2, None, True, (1, 2)),
    ],
)
def test_how_channels_are_cut(channels, size, groups, shared, cut):
    found = _layout.layout("op", channels, size, groups, True, shared)
    assert (found.groups, found.size, found.planar, found.shared) == (*cut, True, shared)


@pytest.mark.parametrize(
    ("channels", "size", "groups", "shared", "words"),
    [
        (12, None, None, False, "give size or groups, one of the two; got size=None, groups=None"),
        (12, 3, 4, False, "got size=3, groups=4"),
        (12, 0, None, False, "size must be a whole number of at least 1, not 0"),
        (12, None, 2.0, False, "groups must be a whole number of at least 1, not 2.0"),
        (12, 5, None, False, "a group size of 5 does not divide 12 channels"),
        (12, None, 5, False, "5 groups do not divide 12 channels"),
        (0, None, 5, False, "0 channels cannot be cut into groups"),
        (12, 4, None, True, "11 body channels are left for bodies of 3"),
        (12, None, 4, True, "4 groups does not divide 12 channels: 11 body channels"),
        (12, 1, None, True, "a group size of 1 does not divide"),
        (0, 4, None, True, "a shared axis needs a channel, but there are 0"),
    ],
)
def test_what_cannot_be_cut_is_said(channels, size, groups, shared, words):
    with pytest.raises(ValueError, match=r"^op: ") as error:
        _layout.layout("op", channels, size, groups, False, shared)
    assert words in str(error.value)


def test_splitting_and_joining():
    x = torch.arange(6.0)[None]
    parts = lambda planar, shared, g, s: _layout.Groups(g, s, planar, shared).split(x)
    axis, body = parts(False, False, 2, 3)
    assert (axis.tolist(), body.tolist()) == ([[[0], [3]]], [[[1, 2], [4, 5]]])
    axis, body = parts(True, False, 2, 3)
    assert (axis.tolist(), body.tolist()) == ([[[0], [1]]], [[[2, 3], [4, 5]]])
    for planar in (False, True):
        axis, body = _layout.Groups(5, 2, planar, True).split(x)
        assert (axis.tolist(), body.tolist()) == ([[[0]]], [[[1], [2], [3], [4], [5]]])
    for cut in (_layout.Groups(2, 3, False, False), _layout.Groups(3, 2, True, False),
                _layout.Groups(1, 6, False, True)):  # fmt: skip
        assert torch.equal(cut.join(*cut.split(x)), x)


@pytest.mark.parametrize("dim", [-3, -2, -1, 0, 1, 2])
def test_the_channel_axis_goes_last(dim):
    x = draw(2, 3, 4)
    assert torch.equal(_layout.channel_last("op", x, dim), x.movedim(dim, -1))
    for wrong in (-4, 3):
        with pytest.raises(ValueError, match=f"dim={wrong} names no axis"):
            _layout.channel_last("op", x, wrong)


# -- masks ---------------------------------------------------------------------------------------
def test_masks_by_name_and_what_is_no_mask():
    assert masks.parse("all") is None
    for mask in (masks.Causal(), masks.Band(0), masks.Band(3, True), masks.Blocks(1)):
        assert masks.parse(str(mask)) == mask
    names = [str(m) for m in (masks.Causal(), masks.Band(2), masks.Band(2, True), masks.Blocks(5))]
    assert names == ["causal", "band:2", "causal-band:2", "blocks:5"]
    with pytest.raises(ValueError, match="'stripes'"):
        masks.parse("stripes")
    for make, wrong, words in (
        (masks.Band, -1, "must not be negative, but is -1"),
        (masks.Blocks, 0, "at least 1, but is 0"),
    ):
        with pytest.raises(ValueError, match=words):
            make(wrong)
    for make in (masks.Band, masks.Blocks):
        with pytest.raises(TypeError, match="whole number"):
            make(1.5)
    assert masks.Band(2) == masks.Band(2, False)


KEPT = {
    masks.Causal(): lambda i, j: j <= i,
    masks.Band(0): lambda i, j: i == j,
    masks.Band(2): lambda i, j: abs(i - j) <= 2,
    masks.Band(1, True): lambda i, j: 0 <= i - j <= 1,
    masks.Blocks(1): lambda i, j: i == j,
    masks.Blocks(3): lambda i, j: i // 3 == j // 3,
}


@pytest.mark.parametrize("mask", KEPT, ids=str)
def test_masks_pair_by_pair(mask):
    for n, m in itertools.product(range(1, 8), range(8)):
        table = [[KEPT[mask](i, j) for j in range(m)] for i in range(n)]
        assert reference.allowed(mask, n, m).tolist() == table
        lo, hi = mask.bounds(n, m)
        assert [[bool(lo[i] <= j < hi[i]) for j in range(m)] for i in range(n)] == table
        assert mask.bounds(n, m).empty.tolist() == [not any(row) for row in table]
        assert mask.keys_of_last(n, m) == sum(table[-1])
        lo, hi = mask.bounds(n, m).transposed(m)
        assert [[bool(lo[j] <= i < hi[j]) for j in range(m)] for i in range(n)] == table


def test_runs_of_rows_and_the_keys_they_need():
    run = lambda mask, n, m, rows: [
        (a, b, c, d, None if t is None else t.int().tolist())
        for a, b, c, d, t in masks.spans(mask and mask.bounds(n, m), n, m, rows, CPU)
    ]
    assert run(None, 5, 3, 2) == [(0, 2, 0, 3, None), (2, 4, 0, 3, None), (4, 5, 0, 3, None)]
    assert run(masks.Causal(), 2, 9, 1) == [(0, 1, 0, 1, None), (1, 2, 0, 2, None)]
    assert run(masks.Causal(), 2, 9, 5) == [(0, 2, 0, 2, [[1, 0], [1, 1]])]
    assert run(masks.Blocks(2), 4, 4, 2) == [(0, 2, 0, 2, None), (2, 4, 2, 4, None)]
    assert run(masks.Band(0), 3, 1, 1) == [
        (0, 1, 0, 1, None), (1, 2, 0, 0, None), (2, 3, 0, 0, None),
    ]  # fmt: skip
    assert run(None, 0, 3, 2) == []


# -- free energy ---------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("lead", "shape"),
    [((), (1, 1)), ((5,), (1, 5)), ((2, 3), (2, 3)), ((2, 3, 4), (1, 24)), ((0,), (1, 0))],
)
def test_leading_axes_are_folded_into_two(lead, shape):
    found = _free_energy._four(draw(6, 7), torch.Size(lead))
    assert found.shape == (*shape, 6, 7)


def test_tables_are_folded_alike():
    fold = lambda table, lead: _free_energy._mask("op", table, torch.Size(lead), 3, 4, CPU, "error")
    one = torch.ones(3, 4, dtype=torch.bool)
    for table, lead, shape in (
        (one, (), (1, 1, 3, 4)),
        (one[:1], (5,), (1, 1, 1, 4)),
        (one[:, :1].expand(1, 1, 3, 1), (2, 5), (1, 1, 3, 1)),
        (one.expand(5, 3, 4), (5,), (1, 5, 3, 4)),
        (one.expand(5, 3, 4), (2, 5), (1, 5, 3, 4)),
        (one.expand(2, 1, 3, 4), (2, 5), (2, 1, 3, 4)),
        (one.expand(5, 3, 4), (6, 2, 5), (1, 60, 3, 4)),
    ):
        name, found = fold(table, lead)
        assert (name, found.shape) == ("all", shape)
    with pytest.raises(TypeError, match="a tensor mask must be bool"):
        fold(one.int(), ())
    for wrong in (one.T, one.expand(2, 3, 4)):
        with pytest.raises(ValueError, match="does not broadcast"):
            fold(wrong, ())
    with pytest.raises(ValueError, match="mask is on meta and q on cpu"):
        fold(one.to("meta"), ())
    with pytest.raises(TypeError, match="must be Causal"):
        fold("causal", ())
    with pytest.raises(ValueError, match="empty must be one of"):
        _free_energy._mask("op", None, torch.Size(()), 3, 4, CPU, "never")


@pytest.mark.parametrize("n", [0, 1, 2])
def test_queries_without_keys_are_refused_if_there_are_any(n):
    fold = lambda mask, m, empty: _free_energy._mask("op", mask, torch.Size(()), n, m, CPU, empty)
    assert fold(masks.Causal(), 1, "error") == ("causal", None)
    assert fold(None, 1, "error") == ("all", None)
    assert fold(masks.Causal(), 0, "zero") == ("causal", None)
    assert fold(None, 0, "zero") == ("all", None)
    if n:
        with pytest.raises(ValueError, match=f"query {n - 1} of {n} sees none of 0 keys"):
            fold(masks.Causal(), 0, "error")
        with pytest.raises(ValueError, match=f"the {n} queries see no key"):
            fold(None, 0, "error")
    else:
        assert fold(masks.Causal(), 0, "error") == ("causal", None)
        assert fold(None, 0, "error") == ("all", None)


def test_the_scale_by_default_and_heads_of_no_size():
    q = draw(3, 9)
    for op in (ops.free_energy, reference.free_energy):
        torch.testing.assert_close(op(q, q).energy, op(q, q, scale=1 / 3).energy)
        assert op(q, q).key_force is None
    with pytest.raises(ValueError, match="the head size must not be 0"):
        ops.free_energy(q[:, :0], q[:, :0])
    with pytest.raises(ValueError, match="the head size of q"):
        ops.free_energy(q, q[:, :4])


def test_one_query_and_two_keys_by_hand():
    """Scores 2·(1, 3) and 2·(0.5, 1)... q = (1, 2): q·k = 3 and 1, s = 1/2."""
    q, k = wide([[1, 2]]), wide([[1, 1], [-1, 1]])
    p = 1 / (1 + math.exp(-1.0))
    for op in (ops.free_energy, reference.free_energy):
        energy, force, received = op(q, k, scale=0.5, key_force=True)
        assert energy.item() == pytest.approx(2 * math.log(math.exp(1.5) + math.exp(0.5)))
        torch.testing.assert_close(force, wide([[2 * p - 1, 1]]))
        torch.testing.assert_close(received, wide([[p, 2 * p], [1 - p, 2 - 2 * p]]))


def test_complex_tokens_as_twice_as_many_real_ones():
    z = torch.complex(draw(3, 2), draw(3, 2))
    flat = _free_energy._real(z)
    assert flat.shape == (3, 4)
    assert torch.equal(_free_energy._complex(flat), z)
    torch.testing.assert_close((flat @ flat.T), (z @ z.mH).real)
    assert torch.equal(_free_energy._real(z.conj())[:, 1::2], -z.imag)


# -- attention -----------------------------------------------------------------------------------
def test_runs_hold_so_many_scores():
    shapes = lambda a, b, m: _attend.chunk_rows(torch.empty(a, b, 1, 1), torch.empty(1, 1, m, 1))
    assert shapes(2, 2, 1 << 10) == _attend.SCORES // (1 << 12)
    assert shapes(1, 1, _attend.SCORES) == 16
    assert shapes(1, 1, 0) == shapes(0, 1, 1) == _attend.SCORES


def test_softmax_and_its_norm_in_rows_of_nothing():
    s = wide([[0, math.log(3)], [-math.inf, -math.inf], [-math.inf, 800.0]])
    p, lse = _attend._softmax(s)
    torch.testing.assert_close(p, wide([[0.25, 0.75], [0, 0], [0, 1]]))
    torch.testing.assert_close(lse, wide([[math.log(4)], [-math.inf], [800.0]]))
    p, lse = _attend._softmax(s[:, :0])
    assert p.shape == (3, 0)
    assert lse.tolist() == [[-math.inf]] * 3


def test_rows_are_set_among_zeros_for_all_keys():
    span = masks.Span(0, 1, 1, 3, None)
    assert _attend._onto(wide([[1], [2]]), span, 4).tolist() == [[0], [1], [2], [0]]


@pytest.mark.parametrize(
    ("shape_q", "shape_k", "idle"),
    [((1, 1, 2, 3), (1, 1, 2, 3), False), ((1, 1, 0, 3), (1, 1, 2, 3), True),
     ((1, 1, 2, 3), (1, 1, 0, 3), True), ((1, 1, 1, 1), (1, 1, 1, 1), False)],
)  # fmt: skip
def test_kernels_are_not_asked_for_nothing(shape_q, shape_k, idle):
    assert _attend._idle(torch.empty(shape_q), torch.empty(shape_k)) is idle


def test_half_types_are_summed_in_single():
    kinds = (torch.float16, torch.bfloat16, torch.float32, torch.float64)
    found = [x.dtype for x in _attend._wide(*(torch.ones(1, dtype=d) for d in kinds))]
    assert found == [torch.float32, torch.float32, torch.float32, torch.float64]
    assert [reference._wide(torch.ones(1, dtype=d)).dtype for d in kinds] == found


def test_the_first_row_of_a_table_without_keys_is_named():
    table = torch.ones(1, 2, 4, 3, dtype=torch.bool)
    _attend._refuse_empty_rows(table, 4)
    table[0, 1, 2] = False
    table[0, 0, 3, 1:] = False
    with pytest.raises(ValueError, match="leaves query 2 of 4 without a key"):
        _attend._refuse_empty_rows(table, 4)


@pytest.mark.parametrize("road", ["fused", "chunked"])
def test_what_every_key_receives(road):
    """exp(s q k^T - lse)^T (w q), with a row of no weight that has no keys."""
    q, k, w = draw(1, 2, 3, 2), draw(1, 2, 4, 2), draw(1, 2, 3)
    lse = torch.logsumexp(0.6 * q @ k.mT, -1) + 0.3
    expected = torch.exp(0.6 * q @ k.mT - lse[..., None]).mT @ (w[..., None] * q)
    with _roads.attention_road(road):
        found = _attend.scatter(q, k, lse, w, None, "all", 0.6)
    torch.testing.assert_close(found, expected)
    assert found.is_contiguous()


# -- rows ----------------------------------------------------------------------------------------
def summed(rows, shared, span):
    (x,), (y,) = rows, shared
    keys = y[..., span.c : span.d, :]
    s = x @ keys.mT
    if span.allowed is not None:
        s = s.masked_fill(~span.allowed, 0)
    out = torch.zeros_like(y)
    out[..., span.c : span.d, :] = s.mT @ x
    return [s.sum(-1, keepdim=True)], [out]


@pytest.mark.parametrize("chunk", [1, 2, 5, 6, 100])
@pytest.mark.parametrize("mask", [None, masks.Causal(), masks.Band(1)], ids=str)
def test_a_map_over_rows_does_not_depend_on_their_runs(mask, chunk):
    x, y = draw(2, 1, 6, 3), draw(2, 1, 5, 3)
    row_map = _rows.RowMap(summed, 6, 5, mask, chunk, None, 1, 1)
    s = x @ y.mT
    if mask is not None:
        s = s * reference.allowed(mask, 6, 5)
    for apply in (row_map, row_map.run):
        sums, products = apply((x,), (y,))
        torch.testing.assert_close(sums, s.sum(-1, keepdim=True))
        torch.testing.assert_close(products, s.mT @ x)
    empty = _rows.RowMap(summed, 0, 5, mask, chunk, None, 1, 1).run((x[..., :0, :],), (y,))
    assert [tuple(e.shape) for e in empty] == [(2, 1, 0, 1), (2, 1, 5, 3)]


def test_defaults_of_a_map():
    plain = _rows.RowMap(summed, 6, 5, None, 2)
    assert (plain.table, plain.row_outputs, plain.shared_outputs) == (None, 1, 0)
    step = plain.derivative(3, 2)
    assert (step.row_outputs, step.shared_outputs, step.chunk) == (3, 2, 2)


# -- transforms, roads, tiles --------------------------------------------------------------------
def test_fresh_code_is_the_same_function():
    def f(a, b=2, *, c=3):
        return a + b * c

    copy = _transforms.fresh(f)
    assert copy.__code__ is not f.__code__
    assert (copy(1), copy(1, 5, c=7), copy.__name__) == (7, 36, "f")
    with pytest.raises(AssertionError):
        _transforms.fresh(math.sin)


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


@pytest.mark.parametrize(
    "mask", [masks.Causal(), masks.Band(100), masks.Band(200, True), masks.Blocks(128),
             masks.Blocks(64), masks.Blocks(200)], ids=str,
)  # fmt: skip
@pytest.mark.parametrize(("n", "m"), [(1, 1), (300, 300), (300, 150), (128, 384), (257, 128)])
@pytest.mark.parametrize("turned", [False, True])
def test_tiles_are_full_partial_or_left_out(mask, n, m, turned):
    table = reference.allowed(mask, m, n).mT if turned else reference.allowed(mask, n, m)
    found = _flex._interval_block_mask(mask, n, m, CPU, turned)
    listed = lambda counts, order: {
        (row, int(order[0, 0, row, k]))
        for row in range(counts.shape[-1])
        for k in range(int(counts[0, 0, row]))
    }
    full = listed(found.full_kv_num_blocks, found.full_kv_indices)
    part = listed(found.kv_num_blocks, found.kv_indices)
    tile = _flex.TILE
    assert not full & part
    for a in range(-(-n // tile)):
        for b in range(-(-m // tile)):
            here = table[a * tile : (a + 1) * tile, b * tile : (b + 1) * tile]
            if (a, b) in full:
                assert here.all()
                assert here.shape[1] == tile
            elif (a, b) not in part:
                assert not here.any()
    assert found.seq_lengths == (n, m)


# -- lengths, scales and slopes of the plain forms -----------------------------------------------
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_the_range_of_a_group(dtype):
    low, high, power = reference.RANGE[dtype]
    finfo = torch.finfo(dtype)
    assert math.log2(power) == round(math.log2(power))
    one = lambda v: reference.scaling(torch.tensor([[v, 0.0]], dtype=dtype)).item()
    assert one(low / 2) == power
    assert one(high * 2) == 1 / power
    assert [one(v) for v in (low * 2, 1.0, high / 2)] == [1, 1, 1]
    assert low**2 < finfo.tiny / finfo.eps < (low * power) ** 2
    assert (high / power) ** 2 < finfo.max
    two = reference.scaling(torch.ones(1, 1, dtype=dtype) * 0, torch.ones(1, 2, dtype=dtype))
    assert two.item() == 1


@pytest.mark.parametrize(
    ("t", "r", "form", "c"),
    [
        (1.0, 2.0, "hard", 0.5),
        (2.0, 2.0, "hard", 1.0),
        (3.0, 2.0, "hard", 1.0),
        (0.0, 2.0, "hard", 0.0),
        (-1.0, 2.0, "hard", 0.0),
        (0.0, 0.0, "hard", 0.0),
        (1.0, 0.0, "hard", 1.0),
        (1.0, 2.0, "soft", 0.5),
        (0.0, 2.0, "soft", 1 / (1 + math.exp(0.5))),
        (1.0, 2.0, "firm", 0.5),
        (0.0, 2.0, "firm", 1 / (1 + math.exp(2.0))),
        (2.0, 2.0, "firm", 1 / (1 + math.exp(-2.0))),
        (1.0, 0.0, "firm", 1.0),
        (-1.0, 0.0, "soft", 0.0),
        (1999.0, 2.0, "soft", 1 / (1 + math.exp(-999.0))),
    ],
)
def test_the_factor_of_the_body(t, r, form, c):
    at = [wide([v]).requires_grad_() for v in (t, r)]
    found = reference.shortening(*at, form)
    assert found.item() == pytest.approx(c, rel=1e-14)
    if found.requires_grad:
        slopes = torch.autograd.grad(found.sum(), at, allow_unused=True)
        assert all(g is None or g.isfinite().all() for g in slopes)
    for wrong in ((math.nan, r), (t, math.nan)):
        assert reference.shortening(*(wide([v]) for v in wrong), form).isnan().item()


@pytest.mark.parametrize("eps", [0.0, 1.0, 0.5])
@pytest.mark.parametrize("form", ["hard", "soft"])
@pytest.mark.parametrize("negative", ["kept", "rectified"])
def test_a_guard_of_any_size_is_that_of_the_plain_form(form, negative, eps):
    x = draw(5, 8)
    options = dict(form=form, negative=negative, eps=eps)
    for name in ("colu", "rcolu"):
        found, plain = (getattr(where, name)(x, 4, **options) for where in (ops, reference))
        torch.testing.assert_close(found, plain)
    t, w = x[:, :1], x[:, 1:4]
    ratio = t / (w.norm(dim=1, keepdim=True) + eps)
    c = ratio.clip(0, 1) if form == "hard" else torch.sigmoid(ratio - 0.5)
    torch.testing.assert_close(ops.colu(x, 4, **options)[:, 1:4], c * w)


@pytest.mark.parametrize("size", [1e-260, 1.0, 1e260])
def test_a_guard_is_scaled_with_its_group(size):
    x = size * wide([[1, 3, -4, 2, 0, 5]])
    for op in (ops.colu, reference.colu):
        found = op(x, 3, eps=size) / size
        torch.testing.assert_close(found, wide([[1, 3 / 6, -4 / 6, 2, 0, 5 / 3]]))
    mean, rest = 2.0, wide([-1, 1, 0])
    ratio = mean * 3**0.5 / (2**0.5 + 10)
    for op in (ops.rcolu, reference.rcolu):
        found = op(size * wide([[1, 3, 2]]), 3, eps=10 * size) / size
        torch.testing.assert_close(found[0], mean + ratio * rest)


FAST = [
    ("colu", {}, True),
    ("colu", dict(planar=True), False),
    ("colu", dict(planar=True, groups=1), True),
    ("colu", dict(form="soft"), False),
    ("colu", dict(negative="rectified"), True),
    ("colu", dict(eps=1.0), False),
    ("colu", dict(shared=True, groups=7), False),
    ("rcolu", {}, True),
    ("rcolu", dict(negative="rectified"), True),
    ("rcolu", dict(eps=1.0), False),
    ("rcolu", dict(form="firm"), False),
    ("soc_projection", {}, True),
    ("soc_projection", dict(planar=True), False),
    ("soc_projection", dict(planar=True, groups=1), True),
]


@pytest.mark.parametrize(("name", "options", "fast"), FAST)
def test_which_maps_go_through_the_operator(monkeypatch, name, options, fast):
    from fieldcheck.ops import conic

    asked = []
    operator = conic.conic

    def spy(x, kind, size, opening):
        asked.append((kind, size, opening))
        return operator(x, kind, size, opening)

    monkeypatch.setattr(conic, "conic", spy)
    x = draw(2, 3, 8)
    options = {"groups": 2} | options
    torch.testing.assert_close(
        getattr(ops, name)(x, **options), getattr(reference, name)(x, **options)
    )
    kind = {"soc_projection": "soc"}.get(name, name)
    kind += " rectified" if options.get("negative") == "rectified" else ""
    assert asked == ([(kind, 8 // options["groups"], pytest.approx(1.0))] if fast else [])
    torch.func.vmap(lambda y: getattr(ops, name)(y, **options))(x)
    assert len(asked) == fast  # a transform cannot look into the operator


@pytest.mark.parametrize("angle", [0.0, math.pi / 2, -1.0, 2.0])
def test_an_opening_lies_between_nothing_and_a_half_space(angle):
    with pytest.raises(ValueError, match="op: half_angle must lie between 0 and pi/2"):
        reference.opening("op", angle)
    for inside in (1e-3, math.pi / 4, 1.5):
        assert reference.opening("op", inside) == math.tan(inside)


@pytest.mark.parametrize("kind", ["colu", "rcolu", "soc"])
@pytest.mark.parametrize("size", [1, 2, 5])
@pytest.mark.parametrize("a", [1.0, 0.6])
def test_the_closed_derivative_is_that_of_the_plain_form(kind, size, a):
    from fieldcheck.ops import conic

    x = draw(12, 2 * size) * 2
    x[:2, 0] += 4
    x[2:4, 0] -= 4
    x[4:6] *= 0.01
    if kind != "rcolu":  # on the walls between the pieces
        x[6, 0], x[7, 1:size], x[8, :size] = 0, 0, 0
        x[9, 0], x[10, 0] = (x[k, 1:size].norm() / a for k in (9, 10))
        x[10, 0] *= -a * a
    g = draw(12, 2 * size)
    found = reference.conic_vjp(x, g, kind, size, a)
    torch.testing.assert_close(found, conic.plain_vjp(x, g, kind, size, a))


# -- temperatures, matrices ----------------------------------------------------------------------
def test_probabilities_by_hand():
    e = wide([[0.0, math.log(2)], [math.log(3), 0.0]])
    for op in (ops.gibbs, reference.gibbs):
        torch.testing.assert_close(op(e), wide([[2 / 3, 1 / 3], [0.25, 0.75]]))
        torch.testing.assert_close(op(e, 0.5), wide([[0.8, 0.2], [0.1, 0.9]]))
        torch.testing.assert_close(op(e, dim=0), wide([[0.75, 1 / 3], [0.25, 2 / 3]]))
        tau = wide([[1.0], [0.5]])
        torch.testing.assert_close(op(e, tau), wide([[2 / 3, 1 / 3], [0.1, 0.9]]))
    for op in (ops.gibbs_free_energy, reference.gibbs_free_energy):
        torch.testing.assert_close(op(e), -torch.log(wide([1.5, 4 / 3])))
        torch.testing.assert_close(op(e, 0.5), -0.5 * torch.log(wide([1.25, 10 / 9])))
        torch.testing.assert_close(op(e, dim=0), -torch.log(wide([4 / 3, 1.5])))
    tau = wide([[1.0], [0.5]])
    expected = -wide([1, 0.5]) * torch.log(wide([1.5, 10 / 9]))
    torch.testing.assert_close(ops.gibbs_free_energy(e, tau), expected)


@pytest.mark.parametrize("tau", [_gibbs.WARM, _gibbs.WARM / 2, 1e-310])
def test_cold_probabilities(tau):
    e = wide([1e300, 1e300, 1e300 * (1 + 1e-10)]) if tau < 1e-300 else wide([3.0, 3.0, 4.0])
    weight = math.exp(-1 / tau) if tau > 1e-300 else 0.0
    expected = wide([1, 1, weight]) / (2 + weight)
    torch.testing.assert_close(ops.gibbs(e, tau), expected)


def test_which_temperatures_and_axes_are_refused():
    e = draw(2, 3)
    for dim in (-2, 1):
        ops.gibbs(e, dim=dim)
    for dim in (-3, 2):
        with pytest.raises(ValueError, match=f"dim={dim} names no axis"):
            ops.gibbs(e, dim=dim)
    with pytest.raises(ValueError, match="axis 1 has no state"):
        ops.gibbs(e[:, :0], dim=1)
    with pytest.raises(ValueError, match="does not broadcast"):
        ops.gibbs(e, draw(2))
    with pytest.raises(ValueError, match="does not broadcast"):
        ops.gibbs(e, draw(1, 2, 3))
    with pytest.raises(ValueError, match="one temperature for all states"):
        ops.gibbs_free_energy(e, draw(2, 3))


def test_divided_differences_of_relu():
    x = wide([2.0, -1.0, 0.0, 2.0, -3.0])
    slope = lambda a, b: (max(a, 0) - max(b, 0)) / (a - b) if a != b else float(a > 0)
    expected = [[slope(a, b) for b in x.tolist()] for a in x.tolist()]
    torch.testing.assert_close(psd.divided_differences(x), wide(expected))
    swap = wide([[0, 2], [2, 0]])
    for op in (ops.psd_projection, reference.psd_projection):
        torch.testing.assert_close(op(swap), wide([[1, 1], [1, 1]]))
        torch.testing.assert_close(op(wide([[0, 4], [0, 0]])), wide([[1, 1], [1, 1]]))
    assert ops.psd_projection(swap.bfloat16()).dtype == torch.bfloat16


# -- compiled loops ------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("n", "threads", "asked"),
    [(0, 4, 1), (native.SERIAL - 1, 4, 1), (native.SERIAL, 4, 1), (native.SERIAL + 1, 4, 2),
     (3 * native.SERIAL, 4, 3), (9 * native.SERIAL, 4, 4), (9 * native.SERIAL, 1, 1)],
)  # fmt: skip
def test_threads_are_asked_for_where_they_pay(monkeypatch, n, threads, asked):
    seen = []
    function = lambda *arguments: seen.append(arguments)
    loaded = native.Loaded({torch.float32: function}, "a test")
    monkeypatch.setattr(native, "_load", lambda: loaded)
    monkeypatch.setattr(torch, "get_num_threads", lambda: threads)
    x = torch.zeros(n)
    out = torch.zeros(n)
    assert native.conic("soc", x, None, 4, 0.5, out) is out
    assert seen[0] == (2, x.data_ptr(), None, out.data_ptr(), n, 4, 0.5, asked)
    native.conic("rcolu", x, x, 4, 1, out)
    assert seen[1][:4] == (1, x.data_ptr(), x.data_ptr(), out.data_ptr())
    assert native.available(torch.float32)
    assert not native.available(torch.float64)
    assert native.status() == ("compiled loop", "a test")
    monkeypatch.setattr(native, "_load", lambda: "no reason")
    assert not native.available(torch.float32)
    assert native.status() == ("plain torch", "no reason")


# -- maps over rows, one by one --------------------------------------------------------------------
SCALE = 0.7
MAPS = {
    "attend": (2, 3, lambda q, k: ([q], [k])),
    "attend_vjp": (2, 3, lambda q, k: ([q, draw(2, 2), draw(2, 1)], [k])),
    "scatter": (2, 3, lambda q, k: ([q, draw(2, 1), draw(2, 1)], [k])),
    "scatter_vjp": (2, 3, lambda q, k: ([q, draw(2, 1), draw(2, 1)], [k, draw(3, 2)])),
}


@pytest.mark.parametrize("name", MAPS)
def test_every_map_over_rows_has_its_derivative(name):
    n, m, arguments = MAPS[name]
    rows, shared = arguments(draw(n, 2), draw(m, 2))
    setting = _attend.Setting(None, None, SCALE)
    over = getattr(setting, name)(rows[0], shared[0])
    count = len(rows)
    leaves = [x.requires_grad_() for x in (*rows, *shared)]
    call = lambda *x: over(x[:count], x[count:])
    assert torch.autograd.gradcheck(call, leaves, raise_exception=True)


def test_the_derivative_of_a_scatter_is_autograds():
    q, k, g, lse, w = draw(3, 2), draw(4, 2), draw(4, 2), draw(3), draw(3)
    leaves = [x.requires_grad_() for x in (q, lse, w, k)]
    weights = torch.exp(SCALE * q @ k.mT - lse[:, None])
    wanted = torch.autograd.grad((g * (weights.mT @ (w[:, None] * q))).sum(), leaves)
    over = _attend.Setting(None, None, SCALE).scatter_vjp(q, k)
    found = over.run((q, lse[:, None], w[:, None]), (k, g))
    for name, a, b in zip(("q", "lse", "w", "k"), found, wanted, strict=True):
        assert torch.allclose(a.reshape(b.shape), b), name


def test_no_rows_at_all_give_their_shapes():
    k, table = draw(4, 2), torch.ones(0, 4, dtype=torch.bool)
    for given in (None, table):
        over = _attend.Setting(None, given, SCALE)
        out, lse = over.attend(draw(0, 2), k).run((draw(0, 2),), (k,))
        assert (out.shape, lse.shape) == ((0, 2), (0, 1))
        (received,) = over.scatter(draw(0, 2), k).run((draw(0, 2), draw(0, 1), draw(0, 1)), (k,))
        assert torch.equal(received, torch.zeros(4, 2, dtype=torch.float64))


def test_the_fused_kernel_gets_rows_without_gaps():
    x = draw(3, 5)
    assert _fused._unit_stride(x) is x
    assert _fused._unit_stride(x[:, 1:4]).data_ptr() == x[:, 1:4].data_ptr()
    for gaps in (x.mT, x[:, ::2]):
        made = _fused._unit_stride(gaps)
        assert made.stride(-1) == 1
        assert torch.equal(made, gaps)


def test_a_mask_inside_a_transform_is_held_to_queries_and_keys():
    q, k = draw(3, 2), draw(4, 2)
    table = torch.tensor([[1, 1, 0, 1], [0, 1, 1, 0], [1, 0, 0, 1]], dtype=torch.bool)
    energy = lambda q: ops.free_energy(q, k, mask=table).energy.sum()
    plain = q.clone().requires_grad_()
    (wanted,) = torch.autograd.grad(energy(plain), plain)
    assert torch.allclose(torch.func.grad(energy)(q), wanted)
    wrong = lambda q: ops.free_energy(q, k, mask=table[:2]).energy.sum()
    with pytest.raises(ValueError, match="mask"):
        torch.func.grad(wrong)(q)


@pytest.mark.parametrize("name", ["is_functorch_wrapped_tensor", "get_dynamic_layer_stack_depth"])
def test_a_torch_without_the_private_names_has_no_transforms_to_see(monkeypatch, name):
    monkeypatch.delattr(torch._C._functorch, name)
    file = importlib.util.find_spec("fieldcheck.ops._transforms")
    module = importlib.util.module_from_spec(file)
    file.loader.exec_module(module)
    if name == "get_dynamic_layer_stack_depth":
        assert module._depth() == 0
    else:
        assert module._is_wrapped(draw(1)) is False


def test_a_compiler_that_is_not_there_is_told(tmp_path):
    gone, target = str(tmp_path / "none"), tmp_path / "loops.so"
    reason = native._compile([gone], target, time.monotonic() + 10)
    assert reason == "the compiler does not start: No such file or directory"
    assert not target.exists()
