"""How channels are cut into groups, and put together again."""

from __future__ import annotations

import pytest
import torch

from fieldcheck.ops import _layout

GENERATOR = torch.Generator().manual_seed(0)


def draw(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, generator=GENERATOR, dtype=torch.float64)


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
