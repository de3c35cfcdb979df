"""One training: a task, an activation, a seed and a rate in; a few numbers out.

All that is random comes from the seed, in the same order for each activation: with one seed they
share initial weights, data and batches, which is what makes their differences paired.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from . import data, models
from .protocol import Caps, Protocol, Text

Numbers = dict[str, float]


def run(protocol: Protocol, task: str, activation: str, seed: int, rate: float) -> Numbers:
    """Train once.  ``parameters`` is among the numbers, the others are named in the protocol."""
    torch.manual_seed(seed)
    make = functools.partial(models.ACTIVATIONS[activation], protocol.cone)
    if task == "text":
        return _text(protocol.text, make, rate)
    return _caps(protocol.caps, make, rate, activation in protocol.caps.beside)


def _parameters(model: nn.Module) -> int:
    return sum(p.numel() for p in model.parameters())


# ------------------------------------------------------------------------------------------- text


@functools.lru_cache(maxsize=2)
def _read(every: int, expected: str) -> data.Text:
    return data.text(every, expected or None)


def _text(given: Text, make: Callable[[], nn.Module], rate: float) -> Numbers:
    found = _read(given.held_back, given.sha256)
    model = models.GPT(found.size, given.channels, given.layers, given.heads, given.context, make)
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=rate, betas=(0.9, 0.99), weight_decay=0.01, fused=True
    )
    shape = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda k: schedule(k, given.steps))
    losses = []
    for _ in range(given.steps):
        start = torch.randint(len(found.train) - given.context, (given.batch, 1))
        window = found.train[start + torch.arange(given.context + 1)]
        loss = F.cross_entropy(model(window[:, :-1]).flatten(0, 1), window[:, 1:].flatten())
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        shape.step()
        losses.append(loss.item())
    late = losses[-max(1, given.steps // 10) :]
    return {
        **_held_back(model, found.test, given.context),
        "train_loss": math.fsum(late) / len(late), "parameters": _parameters(model),
    }  # fmt: skip


def schedule(step: int, steps: int) -> float:
    """Share of the rate: rises over the first twentieth, then falls along half a cosine to 0."""
    rise = max(1, steps // 20)
    if step < rise:
        return (step + 1) / rise
    return 0.5 * (1 + math.cos(math.pi * (step - rise) / max(1, steps - rise)))


def _held_back(model: nn.Module, signs: Tensor, context: int) -> Numbers:
    """Mean loss (nats a character) and share of right guesses over all of the text held back."""
    count = (len(signs) - 1) // context
    inputs = signs[: count * context].view(count, context)
    targets = signs[1 : count * context + 1].view(count, context)
    loss = right = 0.0
    with torch.no_grad():
        for x, y in zip(inputs.split(64), targets.split(64), strict=True):
            scores = model(x).flatten(0, 1)
            loss += float(F.cross_entropy(scores, y.flatten(), reduction="sum"))
            right += float((scores.argmax(-1) == y.flatten()).sum())
    return {"loss": loss / targets.numel(), "accuracy": 100 * right / targets.numel()}


# ------------------------------------------------------------------------------------------- caps


def _caps(given: Caps, make: Callable[[], nn.Module], rate: float, package: bool) -> Numbers:
    turn = data.rotation(given.axis, given.turn)
    x = data.cap(given.points, given.half_angle)
    model = models.layer(given.width, make(), bias=given.package_bias if package else 0.0)
    pair = lambda x: (x.float(), (x @ turn.mT).float())
    inputs, targets = pair(x)
    optimizer = torch.optim.Adam(model.parameters(), lr=rate, fused=True)
    shape = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda k: schedule(k, given.steps))
    for _ in range(given.steps):
        loss = F.mse_loss(model(inputs), targets)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        shape.step()
    rows, columns = given.grid
    score = lambda x, y: math.log10(float(F.mse_loss(model(x), y)))
    with torch.no_grad():
        return {
            "error": score(*pair(data.grid(0, given.half_angle, rows, columns))),
            "outside": score(*pair(data.grid(given.half_angle, 180, rows, columns))),
            "train_error": score(inputs, targets),
            "parameters": _parameters(model),
        }
