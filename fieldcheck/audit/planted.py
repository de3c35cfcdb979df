"""How small a fault would each question have seen?  Faults of falling size, planted in the gallery.

A module of the gallery that answers a question with yes gets a fault of relative size 10^-k; the
smallest that turns the answer is what the question sees, the worst of a few modules.  Run as a
program, this writes ``sensitivity.json``, which reports quote.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from .gallery import EXHIBITS, Exhibit
from .gallery.exhibit import draw
from .inquiry import report
from .questions import BY_KEY, QUESTIONS

Fault = Callable[[Tensor, Tensor, bool, float], Tensor]
HERE = Path(__file__).with_name("sensitivity.json")
DEEPEST, MODULES = 15, 2
DTYPES = {"float64": torch.float64, "float32": torch.float32}


class Planted(nn.Module):
    """A module with a fault of size ``epsilon`` beside its values; ``single`` rounds to float32."""

    def __init__(self, inner: Callable[[Tensor], Any], fault: Fault, epsilon: float, single: bool):
        super().__init__()
        self.inner, self.fault, self.epsilon, self.single = inner, fault, epsilon, single

    def forward(self, x: Tensor) -> Tensor:
        z = x.to(torch.complex128 if x.is_complex() else torch.float64)
        y: Tensor = self.inner(z)
        y = self.fault(z, y, self.training, self.epsilon)
        return y.float() if self.single else y


def _generic(x: Tensor, y: Tensor, training: bool, epsilon: float) -> Tensor:
    """A field without symmetry: it mixes tokens and channels, and is no gradient, odd or scaled."""
    n, c = x.shape[-2:]
    g = draw(n, n, seed=71) @ torch.tanh(x @ draw(c, c, seed=72) + draw(n, c, seed=73))
    size = (y.norm() / g.norm()).detach() if bool(y.detach().any()) else 1.0
    return y + epsilon * size * g


def _noise(x: Tensor, y: Tensor, training: bool, epsilon: float) -> Tensor:
    return y + epsilon * y.norm().detach() * torch.randn_like(y) / y.numel() ** 0.5


def _mode(x: Tensor, y: Tensor, training: bool, epsilon: float) -> Tensor:
    return y * (1 + epsilon * training)


def _stretch(x: Tensor, y: Tensor, training: bool, epsilon: float) -> Tensor:
    return y * (1 + epsilon)


def _pull(x: Tensor, y: Tensor, training: bool, epsilon: float) -> Tensor:
    return y - epsilon * x


FAULTS: dict[str, Fault] = {
    "generic": _generic, "noise": _noise, "mode": _mode, "stretch": _stretch, "pull": _pull,
}  # fmt: skip
# Where a bound is not reached, a small stretch breaks nothing: these modules reach theirs.
TIGHT = {
    "nonexpansive": ("identity", "rotation in phase space"),
    "firm": ("identity", "nearest point of the ball"),
    "monotone": ("linear, a projection", "harmonic oscillators"),
    "modes": ("tanh", "layer norm"),
}


def bases(key: str) -> list[Exhibit]:
    """A few modules that answer yes (and, asked for interactions, none)."""
    word = "no" if key == "interaction" else "yes"
    names = TIGHT.get(key)
    found = [
        e for e in EXHIBITS
        if (e.name in names if names else e.truth()[key] == word and len(e.shape) == 2)
        and not e.complex and e.channels == -1 and e.name != "constant"
    ]  # fmt: skip
    # Far from each other in the gallery, so of different kinds.
    return found if names else found[:: max(1, len(found) // MODULES)][:MODULES]


def seen(key: str, exhibit: Exhibit, epsilon: float, dtype: str) -> bool:
    """Whether the fault turns the module's answer."""
    wanted = "no" if key == "interaction" else "yes"
    torch.manual_seed(0)  # the noise
    inner = Planted(exhibit.module(), FAULTS[BY_KEY[key].fault], epsilon, dtype == "float32")
    found = report(inner, exhibit.example().to(DTYPES[dtype]), only=[key])
    return found[key].verdict != wanted


def smallest(key: str, exhibit: Exhibit, dtype: str) -> float:
    """The smallest power of ten that is seen, by bisection; 1 if not even a tenth is."""
    low, high = 0, DEEPEST + 1
    while high - low > 1:
        middle = (low + high) // 2
        if seen(key, exhibit, 10.0**-middle, dtype):
            low = middle
        else:
            high = middle
    return float(f"1e-{low}")


def measured() -> dict[str, dict[str, float]]:
    """For each precision and question, what it sees in the worst of its modules."""
    return {
        dtype: {
            q.key: max(smallest(q.key, e, dtype) for e in bases(q.key))
            for q in QUESTIONS
            if q.fault in FAULTS
        }
        for dtype in DTYPES
    }


if __name__ == "__main__":
    HERE.write_text(json.dumps(measured(), indent=1) + "\n", encoding="utf-8")
