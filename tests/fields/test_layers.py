"""Layers against PyTorch's own functions, and one wide head against many."""

import torch
import torch.nn.functional as nn

from fieldcheck.arithmetic.floating import Float
from fieldcheck.fields import layers

xp = Float()


def draw(*shapes):
    generator = torch.Generator().manual_seed(0)
    return [torch.randn(*shape, generator=generator, dtype=torch.float64) for shape in shapes]


def at(formula, *tensors):
    return formula(xp, *(xp.wrap(t) for t in tensors)).data


def test_softmax_head_is_scaled_dot_product_attention():
    X, Q, K, V, O = draw((5, 4), (4, 2), (4, 2), (4, 2), (4, 2))
    root_r = torch.tensor(2.0, dtype=torch.float64).sqrt()
    ours = at(layers.softmax_head, X, Q, K, V, O, root_r)
    theirs = nn.scaled_dot_product_attention((X @ Q)[None], (X @ K)[None], (X @ V)[None])[0] @ O.T
    torch.testing.assert_close(ours, theirs)


def test_relu_mlp():
    X, W_in, W_out = draw((5, 4), (4, 7), (4, 7))
    ours = at(layers.relu_mlp, X, W_in, W_out)
    torch.testing.assert_close(ours, nn.linear(nn.relu(nn.linear(X, W_in.T)), W_out))


def test_side_by_side_and_apart_are_inverse():
    (heads,) = draw((3, 4, 2))
    wide = layers.side_by_side(xp, xp.wrap(heads))
    assert wide.shape == (4, 6)
    for k in range(3):
        assert torch.equal(wide.data[:, 2 * k : 2 * k + 2], heads[k])
    assert torch.equal(layers.apart(xp, wide, 3, 2).data, heads)


def test_linear_head_conjugates():
    X, Q, K, V, O = (
        t + 1j * u
        for t, u in zip(
            draw((3, 2), (2, 1), (2, 1), (2, 1), (2, 1)),
            draw((3, 2), (2, 1), (2, 1), (2, 1), (2, 1)),
            strict=True,
        )
    )
    theirs = X @ Q @ K.mH @ X.mH @ X @ V @ O.mH
    torch.testing.assert_close(at(layers.linear_head, X, Q, K, V, O), theirs)
