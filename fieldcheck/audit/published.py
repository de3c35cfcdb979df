"""What printed numbers can and cannot say: tests from means and deviations, and counts by machine.

Nothing here is fitted to an outcome: a test needs a mean, a deviation and a number of runs, and
where the number is not printed every one is tried.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from scipy import stats
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode
from torch.utils.flop_counter import FlopCounterMode

from .errors import StudyError

WORDS = ("source", "place", "seen", "dataset", "network", "metric", "activation")


@dataclass(frozen=True)
class Printed:
    """One printed number; ``digits`` is how many decimals it was printed with."""

    source: str
    place: str
    seen: str
    dataset: str
    network: str
    metric: str
    activation: str
    value: float
    spread: float | None
    n: int | None
    digits: int


def read(path: Path) -> list[Printed]:
    """The table of printed numbers; StudyError if a row does not read as one."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return [_row(row) for row in csv.DictReader(file)]
    except (OSError, KeyError, ValueError, TypeError) as fault:
        raise StudyError(f"{path} is no table of printed numbers: {fault}") from None


def _row(row: dict[str, str]) -> Printed:
    value, spread, n = row["value"], row["spread"], row["n"]
    words, digits = {key: row[key] for key in WORDS}, len(value.partition(".")[2])
    return Printed(
        value=float(value), spread=float(spread) if spread else None, n=int(n) if n else None,
        digits=digits, **words,
    )  # fmt: skip


# -------------------------------------------------------------------------------------- statistics


def welch(a: Printed, b: Printed, n: int) -> tuple[float, float]:
    """(p, half width of the 95 % interval) of b - a, if each ± is a deviation over n runs."""
    first, second = ((x.spread or 0) ** 2 / n for x in (a, b))
    error = math.sqrt(first + second)
    freedom = (first + second) ** 2 / ((first**2 + second**2) / (n - 1))
    t = abs(b.value - a.value) / error
    return float(2 * stats.t.sf(t, freedom)), float(stats.t.ppf(0.975, freedom)) * error


def fewest(a: Printed, b: Printed, level: float = 0.05, most: int = 10_000) -> int | None:
    """The smallest number of runs each for which the difference would be significant."""
    return next((n for n in range(2, most) if welch(a, b, n)[0] < level), None)


def grim(mean: float, digits: int, n: int, items: int) -> bool:
    """Whether a mean in per cent, rounded to ``digits`` decimals, can come from n counts of items.

    Each run's accuracy is a multiple of 100/items, so a mean of n runs is one of 100/(items n).
    Source: N. Brown and J. Heathers, "The GRIM Test" (2017).
    """
    grain = 100 / (items * n)
    nearest = round(mean / grain) * grain
    return abs(nearest - mean) <= 0.5000001 * 10.0**-digits


def loss_spread_needed(a: float, b: float, level: float = 0.05) -> float:
    """The largest deviation between runs for which one run each would tell a from b."""
    return abs(a - b) / (math.sqrt(2) * float(stats.norm.isf(level / 2)))


# ------------------------------------------------------------------------------------------- counts


class Block(nn.Module):
    """Two 3 x 3 convolutions around an identity; where the size halves, the identity is thinned."""

    def __init__(self, inside: int, outside: int) -> None:
        super().__init__()
        self.stride = outside // inside
        self.first = nn.Conv2d(inside, outside, 3, self.stride, 1, bias=False)
        self.second = nn.Conv2d(outside, outside, 3, 1, 1, bias=False)
        self.norms = nn.ModuleList(nn.BatchNorm2d(outside) for _ in range(2))
        self.missing = outside - inside

    def forward(self, x: Tensor) -> Tensor:
        y = self.norms[1](self.second(F.relu(self.norms[0](self.first(x)))))
        skip = F.pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, 0, self.missing))
        return F.relu(y + skip)


def resnet(depth: int = 56) -> nn.Module:
    """The residual network for 32 x 32 images of K. He et al. (2016), depth 6 n + 2."""
    widths = [16] + [w for w in (16, 32, 64) for _ in range((depth - 2) // 6)]
    blocks = [Block(a, b) for a, b in pairwise(widths)]
    stem = [nn.Conv2d(3, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16), nn.ReLU()]
    return nn.Sequential(*stem, *blocks, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10))


def gpt2_mlp(channels: int = 768, layers: int = 12) -> nn.Module:
    """The MLPs of GPT-2, one after the other."""
    wide = 4 * channels
    unit = lambda: (nn.Linear(channels, wide), nn.ReLU(), nn.Linear(wide, channels))
    return nn.Sequential(*(part for _ in range(layers) for part in unit()))


def products(module: nn.Module, shape: Iterable[int]) -> int:
    """Operations in matrix products and convolutions, two a multiply-add, as torch counts."""
    x = torch.empty(*shape, device="meta")
    counter = FlopCounterMode(display=False)
    with counter, torch.no_grad():
        module.to("meta").eval()(x)
    return counter.get_total_flops()


class _Relus(TorchFunctionMode):
    count = 0

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func in (F.relu, torch.relu):
            self.count += args[0].numel()
        return func(*args, **(kwargs or {}))


def activations(module: nn.Module, shape: Iterable[int]) -> int:
    """How many numbers pass a ReLU."""
    with _Relus() as seen:
        module.to("meta").eval()(torch.empty(*shape, device="meta"))
    return seen.count


def colu_operations(size: int) -> float:
    """Elementary operations of the conic unit a channel, for cones of ``size`` channels.

    A cone of S takes S - 1 squares, S - 2 sums, a root, a quotient, two comparisons and S - 1
    products: 3 S.  ReLU takes one comparison a channel.
    """
    return 3.0 if size > 1 else 1.0
