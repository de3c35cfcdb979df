"""The whole study of one checkpoint: weights, spectra, sentences, each beside its nulls."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from scipy import stats

from . import matrices
from .checkpoint import Checkpoint, randomized, shuffled
from .passage import Passage
from .text import sentences

SCHEMA = 1
NULL_NETS, NULL_SENTENCES = 2, 2

Progress = Callable[[str], None]
Record = dict[str, Any]


def steps(model: Checkpoint, count: int) -> int:
    """How often :func:`study` reports progress."""
    texts = count + 2 * NULL_NETS * min(NULL_SENTENCES, count) if model.tokenize else 0
    return 1 + 2 * matrices.DRAWS + len(model.layers) + texts


def study(
    model: Checkpoint,
    *,
    count: int = 8,
    seed: int = 0,
    text: str | None = None,
    source: str = "pydoc_data.topics of Python",
    progress: Progress = lambda what: None,
) -> Record:
    """Measure all that the chapter on trained Transformers shows.

    ``count`` sentences are taken from ``text``, or from what ships with Python.  A folder without a
    tokenizer gets no sentences: then ``passage`` is None.  Numbers of sentences are pairs: mean,
    and half the width of the 95 % interval over the sentences.

    Raises StudyError if the text has too few sentences or does not fit the weights.
    """
    chosen = sentences(count, text) if model.tokenize else []
    progress("weights")
    found: Record = {
        "schema": SCHEMA,
        "model": _about(model),
        "machine": {"python": platform.python_version(), "torch": torch.__version__},
        "seed": seed,
        "weights": [matrices.of_layer(layer) for layer in model.layers],
        "best": {"plain": matrices.best_anywhere(model, False),
                 "flipped": matrices.best_anywhere(model, True)},
        "weights_null": matrices.nulls(model, matrices.DRAWS, lambda: progress("other weights")),
        "spectra": matrices.spectra(model, lambda: progress("spectra")),
        "text": None, "passage": None, "passage_null": None,
    }  # fmt: skip
    if model.tokenize:
        digest = hashlib.sha256("\n".join(chosen).encode()).hexdigest()
        found["text"] = {"source": source, "sentences": count, "sha256": digest}
        found["passage"] = _passages(model, chosen, seed, lambda: progress("sentences"))
        found["passage_null"] = {
            name: _null(make, model, chosen, seed, lambda: progress("other weights"))
            for name, make in (("random", randomized), ("shuffled", shuffled))
        }
    return rounded(found)


def _about(model: Checkpoint) -> Record:
    layer = model.layers[0]
    return {
        "name": model.name, "kind": model.kind, "sha256": model.sha256,
        "layers": len(model.layers), "heads": model.heads, "channels": model.channels,
        "head_size": layer.Q.shape[-1], "hidden": layer.up.shape[1],
        "causal": model.causal, "pre_norm": model.pre_norm,
    }  # fmt: skip


def _passages(
    model: Checkpoint, chosen: list[str], seed: int, tick: Callable[[], None]
) -> list[Record]:
    """For each layer, the mean of each number over the sentences, and its half width."""
    measure, rows = Passage(model), []
    for k, sentence in enumerate(chosen):
        rows.append(measure(sentence, seed + k))
        tick()
    return [
        {key: _interval([row[i][key] for row in rows]) for key in rows[0][i]}
        for i in range(len(model.layers))
    ]


def _null(
    make: Callable[[Checkpoint, int], Checkpoint],
    model: Checkpoint, chosen: list[str], seed: int, tick: Callable[[], None],
) -> list[Record]:  # fmt: skip
    """The same numbers for other networks, over a few of the sentences: (mean, low, high)."""
    few = chosen[:NULL_SENTENCES]
    nets = [Passage(make(model, seed + n)) for n in range(NULL_NETS)]
    rows = []
    for net in nets:
        for k, sentence in enumerate(few):
            rows.append(net(sentence, seed + k))
            tick()
    return [
        {key: _span([row[i][key] for row in rows]) for key in rows[0][i]}
        for i in range(len(model.layers))
    ]


def _interval(values: list[Any]) -> Any:
    """[mean, half width] over sentences, entry by entry for lists."""
    a = np.array(values, dtype=float)
    n = len(a)
    half = stats.t.ppf(0.975, n - 1) * a.std(axis=0, ddof=1) / n**0.5 if n > 1 else 0 * a[0]
    return np.stack([a.mean(axis=0), half], axis=-1).tolist()


def _span(values: list[Any]) -> list[float]:
    """[mean, least, largest] over networks, sentences and heads."""
    a = np.array(values, dtype=float)
    return [float(a.mean()), float(a.min()), float(a.max())]


def rounded(value: Any) -> Any:
    """Five significant digits: more are the machine's, not the model's."""
    if isinstance(value, float):
        return float(f"{value:.5g}")
    if isinstance(value, dict):
        return {key: rounded(v) for key, v in value.items()}
    if isinstance(value, list):
        return [rounded(v) for v in value]
    return value
