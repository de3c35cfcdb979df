"""What the weights alone say: symmetry, tying, pairing, rank, spectra; each beside its null.

With A_h = Q_h K_hᵀ and B_h = V_h O_hᵀ, C x C of rank r, the theory wants Σ A_h ⊗ B_h symmetric:
each head tied to itself (A = B) or paired with another (A_h = B_g, B_h = A_g).  The free energy in
the query wants B = Aᵀ: values are keys.  Nothing C x C is formed for a head: ⟨QKᵀ, VOᵀ⟩ is a sum
over r x r numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from torch import Tensor

from . import laws
from .checkpoint import Checkpoint, Layer, randomized, shuffled

Array = NDArray[np.float64]
Factors = tuple[Tensor, Tensor]
"""Left and right factors of the heads' matrices, H x C x r each."""

DRAWS = 8
SPECTRUM_DRAWS = 8


def query_key(layer: Layer) -> Factors:
    """Without the biases, which act on no channel."""
    return layer.Q[:, :-1], layer.K[:, :-1]


def value_out(layer: Layer) -> Factors:
    return layer.V[:, :-1], layer.O


def inner(one: Factors, two: Factors) -> Tensor:
    """⟨A_g, B_h⟩ of all pairs of heads, H x H."""
    shape = (*one[0].shape[::2], *two[0].shape[::2])  # g, r, h, s
    wide = lambda f: f.movedim(1, 0).flatten(1)
    left, right = (wide(f).T @ wide(g) for f, g in zip(one, two, strict=True))
    return (left * right).reshape(shape).sum((1, 3))


def flip(factors: Factors) -> Factors:
    """The transposed matrices."""
    return factors[1], factors[0]


def symmetric_share(factors: Factors) -> Tensor:
    """‖(A + Aᵀ)/2‖²/‖A‖² of each head: 1/2 for a random matrix."""
    norms = inner(factors, factors).diagonal()
    return (1 + inner(factors, flip(factors)).diagonal() / norms) / 2


def cosines(one: Factors, two: Factors) -> Tensor:
    """Cosines of the matrices of all pairs of heads."""
    sizes = [inner(f, f).diagonal().sqrt() for f in (one, two)]
    return inner(one, two) / sizes[0][:, None] / sizes[1][None, :]


def tensor_asymmetry(layer: Layer) -> float:
    """The share of Σ A_h ⊗ B_h that changes sign when the two factors are exchanged.

    It is 0 exactly if linear attention with these heads has a complex potential (claim
    ``head-pairing``), and 1/2 for weights without structure.
    """
    A, B = query_key(layer), value_out(layer)
    whole = (inner(A, A) * inner(B, B)).sum()
    return float(1 - (inner(A, B) * inner(A, B).T).sum() / whole) / 2


def pairing(layer: Layer) -> dict[str, float]:
    """How near the heads of a layer come to pairs: cos(A_g, B_h) cos(A_h, B_g) is 1 for a pair."""
    c = cosines(query_key(layer), value_out(layer)).numpy()
    score = c * c.T
    rows, columns = linear_sum_assignment(score, maximize=True)
    return {"tied": float(score.diagonal().mean()), "best": float(score.max()),
            "assigned": float(score[rows, columns].mean())}  # fmt: skip


def effective_rank(factors: Factors) -> Tensor:
    """exp of the entropy of the normalized singular values, of each head, as a share of r.

    Source: O. Roy and M. Vetterli, "The effective rank" (2007).
    """
    roots = [torch.linalg.qr(f)[1] for f in factors]
    s = torch.linalg.svdvals(roots[0] @ roots[1].mT)
    p = s / s.sum(-1, keepdim=True)
    return torch.exp(-torch.special.xlogy(p, p).sum(-1)) / s.shape[-1]


def mlp_tied(layer: Layer) -> float:
    """The mean cosine, over hidden units, of the weights that go in and those that come out."""
    up, down = layer.up.T, layer.down
    return float(torch.nn.functional.cosine_similarity(up, down, dim=1).mean())


def whole_symmetric_share(layer: Layer) -> float:
    """The symmetric share of W_q W_kᵀ, the sum over all heads.

    M. Saponati et al. (2025) score it by 2 · share - 1.
    """
    A = query_key(layer)
    return float(1 + inner(A, flip(A)).sum() / inner(A, A).sum()) / 2


# ------------------------------------------------------------------------------------------ a model


def of_layer(layer: Layer) -> dict[str, Any]:
    """All scale-free numbers of one layer; lists have one entry a head."""
    A, B = query_key(layer), value_out(layer)
    plain, flipped = cosines(A, B), cosines(A, flip(B))
    mutual = cosines(A, flip(A)).fill_diagonal_(-1.0)
    return {
        "symmetric": symmetric_share(A).tolist(),
        "symmetric_vo": symmetric_share(B).tolist(),
        "symmetric_whole": whole_symmetric_share(layer),
        "mutual": mutual.amax(1).tolist(),
        "tied": plain.diagonal().tolist(),
        "tied_flipped": flipped.diagonal().tolist(),
        "best": plain.abs().amax(1).tolist(),
        "best_flipped": flipped.abs().amax(1).tolist(),
        "tensor_asymmetry": tensor_asymmetry(layer),
        "pairing": pairing(layer),
        "rank_qk": effective_rank(A).tolist(),
        "rank_vo": effective_rank(B).tolist(),
        "mlp_tied": mlp_tied(layer),
    }


def _joined(parts: list[Factors]) -> Factors:
    left, right = zip(*parts, strict=True)
    return torch.cat(left), torch.cat(right)


def best_anywhere(model: Checkpoint, flipped: bool) -> dict[str, Any]:
    """The largest cosine of any Q Kᵀ with any V Oᵀ, or with its transpose, over all layers."""
    A, B = (_joined([part(layer) for layer in model.layers]) for part in (query_key, value_out))
    c = cosines(A, flip(B) if flipped else B)
    i, j = divmod(int(c.abs().argmax()), c.shape[1])
    place = lambda k: list(divmod(k, model.heads))
    return {"cosine": float(c[i, j]), "qk": place(i), "vo": place(j)}


def nulls(model: Checkpoint, draws: int, tick: Callable[[], None]) -> dict[str, Any]:
    """95 % ranges of the numbers of one layer, for random weights and for shuffled heads."""
    found: dict[str, Any] = {}
    redraw = lambda model, seed: randomized(model, seed, embeddings=False)
    for name, make in (("random", redraw), ("shuffled", shuffled)):
        layers, bests = [], []
        for seed in range(draws):
            other = make(model, seed)
            layers += [of_layer(layer) for layer in other.layers]
            bests.append([abs(best_anywhere(other, f)["cosine"]) for f in (False, True)])
            tick()
        found[name] = {key: _range([row[key] for row in layers]) for key in layers[0]}
        found[name]["best_anywhere"] = _range(bests)
    return found


def _range(values: list[Any]) -> Any:
    """(mean, 2.5 %, 97.5 %) over all draws, layers and heads."""
    if isinstance(values[0], dict):
        return {key: _range([v[key] for v in values]) for key in values[0]}
    flat = np.concatenate([np.atleast_1d(v) for v in values])
    return [float(flat.mean()), *map(float, np.quantile(flat, [0.025, 0.975]))]


# ------------------------------------------------------------------------------------------ spectra


def spectra(model: Checkpoint, tick: Callable[[], None]) -> list[dict[str, Any]]:
    """Kolmogorov distances from the limit laws, each with the mean distance of Gaussian weights."""
    cache: dict[tuple[Any, ...], float] = {}
    rows = []
    for index, layer in enumerate(model.layers):
        for name, w in _named(layer).items():
            rows.append({"layer": index, "matrix": name, **_distances(w, cache)})
        q, k = (f.numpy() for f in query_key(layer))
        found = [laws.product_distance(a, b) for a, b in zip(q, k, strict=True)]
        expected = _expected(laws.product_distance, (q[0].shape, k[0].shape), cache)
        rows.append({"layer": index, "matrix": "QKᵀ, a head", "product": float(np.mean(found)),
                     "product_null": expected})  # fmt: skip
        tick()
    return rows


def _named(layer: Layer) -> dict[str, Array]:
    """The layer's matrices as they act on rows, heads side by side."""
    side = lambda f: torch.cat(tuple(f), dim=1).numpy()
    (q, k), (v, o) = query_key(layer), value_out(layer)
    return {"W_q": side(q), "W_k": side(k), "W_v": side(v), "W_o": side(o).T,
            "MLP in": layer.up.numpy(), "MLP out": layer.down.numpy()}  # fmt: skip


def _distances(w: Array, cache: dict[tuple[Any, ...], float]) -> dict[str, float]:
    tests: dict[str, Callable[..., float]] = {"marchenko_pastur": laws.square_distance}
    if w.shape[0] == w.shape[1]:
        tests |= {"circular": laws.disc_distance, "semicircle": laws.half_circle_distance}
    found: dict[str, float] = {}
    for name, test in tests.items():
        found[name], found[f"{name}_null"] = test(w), _expected(test, (w.shape,), cache)
    return found


def _expected(
    test: Callable[..., float], shapes: tuple[Any, ...], cache: dict[tuple[Any, ...], float]
) -> float:
    """The mean distance of Gaussian matrices of these shapes."""
    key = (test.__name__, *shapes)
    if key not in cache:
        rng = np.random.default_rng(0)
        cache[key] = float(np.mean([
            test(*(rng.standard_normal(s) for s in shapes)) for _ in range(SPECTRUM_DRAWS)
        ]))  # fmt: skip
    return cache[key]
