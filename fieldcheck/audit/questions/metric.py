"""Is F a gradient in another metric: weights on the channels, or on the tokens?

A weight matrix M = diag(m) makes it one if M J is symmetric.  Tested on directions u, v this is
linear in m: Σ m_i (u_i (Jv)_i - v_i (Ju)_i) = 0.  Directions that live on a few channels, or a few
tokens, ask for their weights alone; so a few products decide, and nothing is fitted.  Weights may
be scaled together: the least one is set to 1, and non-negative least squares finds the rest.

Weights of tokens may depend on the state.  Then directions at right angles to each token's own
force are asked, where their derivatives do not enter (see :mod:`fieldcheck.audit.jacobian`).
"""

from __future__ import annotations

import itertools

import numpy as np
import torch
from scipy.optimize import nnls
from torch import Tensor

from ..answer import UNDECIDED, YES, Answer, Answers, judged, not_asked
from ..subject import Subject
from .jumps import doubted

MOST = 8
"""As many channels or tokens are asked at once."""


def diagonal(s: Subject, so_far: Answers) -> Answer:
    """Constant positive weights, one a channel, the same at two points."""
    if so_far["gradient"].verdict == UNDECIDED:
        return not_asked(so_far["gradient"].note)
    if s.channels < 2:
        return not_asked("there is one channel")
    some = _some(s, s.channels, 4 if s.lean else MOST)
    systems = [_system(s, z, some, -1) for z in _points(s)]
    a, b = (np.concatenate(parts) for parts in zip(*systems, strict=True))
    defect, m = _solve(a, b)
    limit = 3 * max(s.limit(z) for z in _points(s))
    answer = judged(defect, limit, {"channels": some}, _scope(some, s.channels, "channels"))
    if answer.verdict == YES and len(some) == s.channels:
        answer.detail["weights"] = m.tolist()
    return _or_gradient(answer, so_far)


def token(s: Subject, so_far: Answers) -> Answer:
    """Positive weights, one a token, that may depend on the state."""
    if so_far["gradient"].verdict == UNDECIDED:
        return not_asked(so_far["gradient"].note)
    if s.channels < 2 or s.complex:
        return not_asked("one channel" if s.channels < 2 else "not asked of complex states")
    some = _some(s, s.tokens, 4 if s.lean else MOST)
    found = [_solve(*_system(s, z, some, -2, off_force=True)) for z in _points(s)]
    defect = max(d for d, _ in found)
    limit = 3 * max(s.limit(z) for z in _points(s))
    answer = judged(defect, limit, {"tokens": some}, _scope(some, s.tokens, "tokens"))
    return _or_gradient(answer, so_far)


def _or_gradient(answer: Answer, so_far: Answers) -> Answer:
    """What is a gradient without weights is one with them, however that was seen."""
    return answer if so_far["gradient"].verdict == YES else doubted(answer, so_far)


def _points(s: Subject) -> list[Tensor]:
    return s.points(1 if s.lean else 2)


def _some(s: Subject, n: int, most: int) -> list[int]:
    if n <= most:
        return list(range(n))
    order = torch.randperm(n, generator=s.generator(7))
    return sorted(order[:most].tolist())


def _scope(some: list[int], n: int, what: str) -> str:
    return "" if len(some) == n else f"asked of {len(some)} of {n} {what}"


def _system(
    s: Subject, z: Tensor, some: list[int], axis: int, off_force: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """One row a pair of directions, one column a weight; and the sizes of the terms."""
    p, f = s.products(z), s.at(z)
    f = s.real(f).double()
    ax = axis if f.ndim == 3 else axis - 1
    keep = torch.zeros(f.shape[ax], dtype=torch.bool)
    keep[some] = True
    shape = [1] * f.ndim
    shape[ax] = -1
    mask = keep.reshape(shape).to(f)
    # As many directions as make more equations than unknowns, twice over.
    many = next(k for k in itertools.count(4) if k * (k - 1) >= 4 * len(some))
    off = lambda t: t
    if off_force:
        along = torch.nn.functional.normalize(f, dim=-1)
        off = lambda t: t - (t * along).sum(-1, keepdim=True) * along
    us = [off(s.normal(200 + k, like=f) * mask) for k in range(many)]
    ws = [p.push(u) for u in us]
    over = [d for d in range(f.ndim) if d != ax % f.ndim]
    rows, sizes = [], []
    for i, j in itertools.combinations(range(many), 2):
        rows.append((us[i] * ws[j] - us[j] * ws[i]).sum(over)[keep].cpu().numpy())
        sizes.append(((us[i] * ws[j]).abs() + (us[j] * ws[i]).abs()).sum(over)[keep].cpu().numpy())
    return np.array(rows), np.array(sizes)


def _solve(a: np.ndarray, b: np.ndarray) -> tuple[float, np.ndarray]:
    """The least relative defect over weights that are at least 1, and these weights."""
    top = float(np.abs(b).max()) or 1.0
    a, b = a / top, b / top
    ones = np.ones(a.shape[1])
    try:
        more, _ = nnls(a, -a @ ones)
    except RuntimeError:
        more = 0 * ones
    best = (np.inf, ones)
    for m in (ones, ones + more):
        whole = float(np.linalg.norm(b @ m))
        defect = float(np.linalg.norm(a @ m)) / whole if whole else 0.0
        best = min(best, (defect, m), key=lambda pair: pair[0])
    return best
