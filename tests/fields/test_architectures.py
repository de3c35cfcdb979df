"""The library's formulas against real modules, to round-off, with weights copied both ways."""

import pytest
import torch
import torch.nn.functional as nn

from fieldcheck.arithmetic.floating import Float
from fieldcheck.audit.blocks import DiTBlock, TiedResidual2d, tie
from fieldcheck.audit.weights import (
    gpt2_heads_of,
    heads_of,
    put_gpt2_heads,
    put_heads,
    with_ones,
)
from fieldcheck.fields import architectures as arch

xp = Float()
N, C, H, R, M = 5, 8, 2, 4, 12
ROOT = torch.tensor(R, dtype=torch.float64).sqrt()


def draw(*shape, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=generator, dtype=torch.float64)


def at(formula, *tensors, **options):
    return formula(xp, *(xp.wrap(t) for t in tensors), **options).data


def gradient(formula, X, *tensors, **options):
    X = X.clone().requires_grad_()
    return torch.autograd.grad(at(formula, X, *tensors, **options), X)[0]


def same(ours, theirs):
    torch.testing.assert_close(ours, theirs, rtol=1e-12, atol=1e-12)


def shaken(module, seed=0):
    """The module in float64 with all parameters drawn anew: no bias or gain is left at 0 or 1."""
    torch.manual_seed(seed)
    module = module.double().eval()
    with torch.no_grad():
        for p in module.parameters():
            p.copy_(0.5 * torch.randn_like(p))
    return module


def attend(heads, bias, X, **options):
    return at(arch.attention, with_ones(X), *heads, ROOT, **options) + bias


def normalize(X, norm):
    eps = torch.tensor(norm.eps, dtype=torch.float64)
    out = at(arch.layer_norm, X, eps)
    return out if norm.weight is None else out * norm.weight + norm.bias


# -- scaled dot-product attention ------------------------------------------------------------------
@pytest.mark.parametrize("causal", [False, True])
def test_attention_formula_is_scaled_dot_product_attention(causal):
    X, Q, K, V, O = draw(N, C), *(draw(H, C, R, seed=s) for s in range(1, 5))
    heads = nn.scaled_dot_product_attention(X @ Q, X @ K, X @ V, is_causal=causal)
    same(at(arch.attention, X, Q, K, V, O, ROOT, causal=causal), (heads @ O.mT).sum(0))


def test_frozen_keys_the_gradient_in_the_queries_is_attention_with_values_tied():
    q, k = draw(N, R), draw(7, R, seed=1)
    q.requires_grad_()
    energy = ROOT * torch.logsumexp(q @ k.T / ROOT, dim=-1).sum()
    theirs = nn.scaled_dot_product_attention(q[None], k[None], k[None])[0]
    same(torch.autograd.grad(energy, q)[0], theirs)


@pytest.mark.parametrize("causal", [False, True])
def test_the_gradient_of_the_free_energy_has_a_second_term(causal):
    X, Q, K = draw(N, C), draw(C, R, seed=1), draw(C, R, seed=2)
    full = gradient(arch.free_energy, X, Q, K, ROOT, causal=causal)
    tied = nn.scaled_dot_product_attention(
        (X @ Q)[None], (X @ K)[None], (X @ K)[None], is_causal=causal
    )[0]
    P = at(arch.weights, X, Q, K, ROOT, causal=causal)
    same(full - P.T @ X @ Q @ K.T, tied @ Q.T)
    assert (full - tied @ Q.T).abs().max() > 0.1


# -- PyTorch's encoder layer ---------------------------------------------------------------------
def encoder_layer(norm_first, activation="relu"):
    layer = torch.nn.TransformerEncoderLayer(
        C, H, M, dropout=0.0, activation=activation, batch_first=True, norm_first=norm_first
    )
    return shaken(layer)


def ours_for(layer, X):
    """The layer's output from the library's formulas and the layer's weights."""
    heads, bias = heads_of(layer.self_attn)
    mlp = lambda X: (
        xp.relu(xp.wrap(X @ layer.linear1.weight.T + layer.linear1.bias)).data
        @ layer.linear2.weight.T
        + layer.linear2.bias
    )
    if layer.norm_first:
        X = X + attend(heads, bias, normalize(X, layer.norm1))
        return X + mlp(normalize(X, layer.norm2))
    X = normalize(X + attend(heads, bias, X), layer.norm1)
    return normalize(X + mlp(X), layer.norm2)


@pytest.mark.parametrize("norm_first", [False, True])
def test_encoder_layer(norm_first):
    layer, X = encoder_layer(norm_first), draw(N, C)
    same(ours_for(layer, X), layer(X[None])[0])


def test_weights_go_both_ways():
    one, two = encoder_layer(True), encoder_layer(True)
    shaken(two, seed=5)
    put_heads(two.self_attn, *heads_of(one.self_attn))
    for mine, theirs in zip(
        one.self_attn.state_dict().values(), two.self_attn.state_dict().values(), strict=True
    ):
        assert torch.equal(mine, theirs)


def test_tied_field_written_into_pytorch_modules():
    """Potential first: its weights are put into PyTorch's modules, whose force is its gradient."""
    X, Q, K = draw(N, C), draw(H, C, R, seed=1), draw(H, C, R, seed=2)
    U, b = draw(C, M, seed=3), draw(M, seed=4)
    reads, told = (torch.nn.MultiheadAttention(C, H, batch_first=True).double() for _ in range(2))
    ones = lambda A: torch.cat([A, A.new_zeros(H, 1, R)], dim=1)
    put_heads(reads, (ones(Q), ones(K), ones(K), Q), X.new_zeros(C))
    put_heads(told, (ones(Q), ones(K), ones(Q), K), X.new_zeros(C))
    first, second = torch.nn.Linear(C, M).double(), torch.nn.Linear(M, C).double()
    with torch.no_grad():
        first.weight.copy_(U.T)
        first.bias.copy_(b)
        second.bias.zero_()
    tie(first, second)
    batch = X[None]
    theirs = reads(batch, batch, batch)[0][0] + second(torch.relu(first(X)))
    # the second term needs the weights transposed, which no call of the module offers: by head
    P = told(batch, batch, batch, average_attn_weights=False)[1][0]
    theirs = theirs + (P.mT @ X @ Q @ K.mT).sum(0)
    same(gradient(arch.block_energy, X, Q, K, U, b, ROOT), theirs)


# -- GPT-2 -----------------------------------------------------------------------------------------
S_GELU = torch.tensor(2 / torch.pi, dtype=torch.float64).sqrt()
C_GELU = torch.tensor(0.044715, dtype=torch.float64)


def gelu_mlp(read, U, b, W, a):
    return at(arch.tanh_gelu, read @ U + b, S_GELU, C_GELU) @ W + a


def gpt2(layers):
    transformers = pytest.importorskip("transformers")
    config = transformers.GPT2Config(
        vocab_size=11, n_positions=N, n_embd=C, n_layer=layers, n_head=H, n_inner=M,
        attn_implementation="eager",
    )  # fmt: skip
    return shaken(transformers.GPT2Model(config))


def test_gpt2_weights_copied_out():
    model = gpt2(2)
    tokens = torch.tensor([[3, 1, 4, 1, 5]])
    X = model.wte.weight[tokens[0]] + model.wpe.weight
    for block in model.h:
        heads, bias = gpt2_heads_of(block.attn)
        X = X + attend(heads, bias, normalize(X, block.ln_1), causal=True)
        up, down = block.mlp.c_fc, block.mlp.c_proj
        X = X + gelu_mlp(normalize(X, block.ln_2), up.weight, up.bias, down.weight, down.bias)
    same(normalize(X, model.ln_f), model(tokens).last_hidden_state[0])


def drawn_weights():
    """Heads with biases, an output bias, and an MLP, drawn for the formulas."""
    heads = (*(draw(H, C + 1, R, seed=s) for s in (11, 12, 13)), draw(H, C, R, seed=14))
    mlp = draw(C, M, seed=15), draw(M, seed=16), draw(M, C, seed=17), draw(C, seed=18)
    return heads, draw(C, seed=19), mlp


def test_gpt2_weights_written_in():
    model, X, (heads, bias, mlp) = gpt2(1), draw(N, C), drawn_weights()
    (block,) = model.h
    put_gpt2_heads(block.attn, heads, bias)
    with torch.no_grad():
        for part, value in zip(
            (
                block.mlp.c_fc.weight,
                block.mlp.c_fc.bias,
                block.mlp.c_proj.weight,
                block.mlp.c_proj.bias,
            ),
            mlp,
            strict=True,
        ):
            part.copy_(value)
    Y = X + model.wpe.weight
    Y = Y + attend(heads, bias, normalize(Y, block.ln_1), causal=True)
    Y = Y + gelu_mlp(normalize(Y, block.ln_2), *mlp)
    same(normalize(Y, model.ln_f), model(inputs_embeds=X[None]).last_hidden_state[0])
    for mine, back in zip(heads, gpt2_heads_of(block.attn)[0], strict=True):
        assert torch.equal(mine, back)


# -- residual blocks -------------------------------------------------------------------------------
def test_convolutions():
    x, k, y = draw(3, 7), draw(2, 3, 5, seed=1), draw(2, 7, seed=2)
    same(at(arch.convolve, x, k), nn.conv1d(x[None], k, padding=2)[0])
    same(at(arch.convolve_back, y, k), nn.conv_transpose1d(y[None], k, padding=2)[0])


def in_two_dimensions(formula, x, kernel):
    """A convolution of images from that of lines: a sum over the rows of the kernel."""
    width, height = kernel.shape[2], x.shape[1]
    wide = nn.pad(x, (0, 0, width // 2, width // 2))
    row = lambda i: sum(
        at(formula, wide[:, i + d], kernel[:, :, d].contiguous()) for d in range(width)
    )
    return torch.stack([row(i) for i in range(height)], dim=1)


def test_tied_residual_block_is_the_formula_of_lines_taken_row_by_row():
    block, x = shaken(TiedResidual2d(3, 5)), draw(3, 6, 7)
    k = block.inner.weight.detach()
    hidden = (in_two_dimensions(arch.convolve, x, k) + block.inner.bias[:, None, None]).relu()
    # The transpose meets the rows of the kernel in the opposite order.
    same(block(x[None])[0], x - in_two_dimensions(arch.convolve_back, hidden, k.flip(2)))


def test_tied_residual_block_descends_its_energy():
    block, x = shaken(TiedResidual2d(3, 5)), draw(2, 3, 6, 7)
    x.requires_grad_()
    same(block(x) - x, -torch.autograd.grad(block.energy(x), x)[0])


# -- diffusion -------------------------------------------------------------------------------------
def dit(block, heads, bias, mlp, modulation, X):
    """The block's output from the library's formulas."""
    shift, scale, gate, shift2, scale2, gate2 = modulation
    Y = X + gate * attend(heads, bias, normalize(X, block.norm) * (1 + scale) + shift)
    return Y + gate2 * gelu_mlp(normalize(Y, block.norm) * (1 + scale2) + shift2, *mlp)


def test_diffusion_transformer_block_weights_copied_out():
    block, X, condition = shaken(DiTBlock(C, H, M)), draw(N, C), draw(C, seed=1)
    first, second = block.first, block.second
    mlp = first.weight.T, first.bias, second.weight.T, second.bias
    ours = dit(block, *heads_of(block.attention), mlp, block.modulate(condition), X)
    same(ours, block(X, condition))


def test_diffusion_transformer_block_weights_written_in():
    block, X, (heads, bias, mlp) = shaken(DiTBlock(C, H, M)), draw(N, C), drawn_weights()
    modulation = draw(6, C, seed=20)
    put_heads(block.attention, heads, bias)
    with torch.no_grad():
        for layer, weight, b in ((block.first, *mlp[:2]), (block.second, *mlp[2:])):
            layer.weight.copy_(weight.T)
            layer.bias.copy_(b)
        block.modulation.bias.copy_(modulation.flatten())
    no_condition = torch.zeros(C, dtype=torch.float64)
    same(dit(block, heads, bias, mlp, modulation, X), block(X, no_condition))


def test_denoiser_is_pytorch_attention_with_a_key_bias():
    x, Y, v = draw(4), draw(9, 4, seed=1), torch.tensor(0.7, dtype=torch.float64)
    bias = -(Y**2).sum(1) / (2 * v)
    theirs = nn.scaled_dot_product_attention(
        x[None, None], Y[None], Y[None], attn_mask=bias[None, None], scale=float(1 / v)
    )[0, 0]
    same(at(arch.posterior_mean, x, Y, v), theirs)
    same(at(arch.data_attention, x, Y, v), theirs)
