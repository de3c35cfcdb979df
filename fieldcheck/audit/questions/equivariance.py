"""Symmetries: F(g x) = g F(x) for random elements g of a group, one question a group."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from ..answer import YES, Answer, Answers, judged, not_asked
from ..subject import Subject, relative

Act = Callable[[Tensor], Tensor]
Group = Callable[[Subject, torch.Generator], Act | str]
"""A group as data: draws an element, or says in words why there is none but the identity."""

DRAWS = 2


def asked(group: Group) -> Callable[[Subject, Answers], Answer]:
    """The question whether F commutes with a group."""

    def ask(s: Subject, _: Answers) -> Answer:
        return commutes(s, group)

    return ask


def commutes(s: Subject, group: Group) -> Answer:
    worst, witness = 0.0, None
    for draw in range(1 if s.lean else DRAWS):
        act = group(s, s.generator(300 + draw))
        if isinstance(act, str):
            return not_asked(act)
        for k, z in enumerate(s.points(2)):
            a, b = s.fresh(act(z)), act(s.at(z))
            defect = relative(a, b)
            if defect > worst or defect != defect:
                worst, witness = defect, {"point": k, "element": draw}
    return judged(worst, s.tol, witness)


# ------------------------------------------------------------------------------------------- groups


def unitary(s: Subject, n: int, rng: torch.Generator) -> Tensor:
    """A random orthogonal matrix, unitary for complex states."""
    return torch.linalg.qr(torch.randn(n, n, generator=rng, dtype=s.x.dtype)).Q.to(s.x.device)


def permutation(n: int, rng: torch.Generator) -> Tensor:
    """A random permutation that moves something."""
    while (p := torch.randperm(n, generator=rng)).equal(torch.arange(n)):
        pass
    return p


def token_permutations(s: Subject, rng: torch.Generator) -> Act | str:
    if s.tokens < 2:
        return "there is one token"
    p = permutation(s.tokens, rng)
    return lambda z: z[:, p]


def token_rotations(s: Subject, rng: torch.Generator) -> Act | str:
    if s.tokens < 2:
        return "there is one token"
    n, q = s.tokens, None
    if n <= 512:
        q = unitary(s, n, rng)
        return lambda z: q @ z
    v = torch.nn.functional.normalize(torch.randn(n, 1, generator=rng, dtype=s.x.dtype), dim=0)
    return lambda z: z - 2 * v @ (v.mH @ z)


def channel_permutations(s: Subject, rng: torch.Generator) -> Act | str:
    if s.channels < 2:
        return "there is one channel"
    p = permutation(s.channels, rng)
    return lambda z: z[..., p]


def channel_rotations(s: Subject, rng: torch.Generator) -> Act | str:
    if s.channels < 2:
        return "there is one channel"
    q = unitary(s, s.channels, rng)
    return lambda z: z @ q


def _phases(s: Subject, shape: tuple[int, ...], rng: torch.Generator) -> Tensor:
    if not s.complex:
        signs = torch.randint(0, 2, shape, generator=rng) * 2 - 1
        signs.view(-1)[0] = -1
        return signs.to(s.x)
    angle = 2 * math.pi * torch.rand(shape, generator=rng, dtype=torch.float64)
    return torch.polar(torch.ones_like(angle), angle).to(s.x)


def phase(s: Subject, rng: torch.Generator) -> Act | str:
    """One phase for all; for real states, the sign."""
    g = _phases(s, (1, 1, 1), rng)
    return lambda z: g * z


def token_phases(s: Subject, rng: torch.Generator) -> Act | str:
    g = _phases(s, (1, s.tokens, 1), rng)
    return lambda z: g * z


def channel_phases(s: Subject, rng: torch.Generator) -> Act | str:
    g = _phases(s, (1, 1, s.channels), rng)
    return lambda z: g * z


def shifts(s: Subject, rng: torch.Generator) -> Act | str:
    """Cyclic shifts of the tokens along each of their axes."""
    if s.tokens < 2:
        return "there is one token"
    by = [int(torch.randint(1, max(2, n), (1,), generator=rng)) for n in s.grid]
    axes = list(range(1, 1 + len(s.grid)))

    def act(z: Tensor) -> Tensor:
        grid = z.reshape(z.shape[0], *s.grid, z.shape[-1])
        return torch.roll(grid, by, axes).reshape(z.shape)

    return act


def scalings(s: Subject, rng: torch.Generator) -> Act | str:
    scale = float(0.5 + 2 * torch.rand(1, generator=rng))
    return lambda z: scale * z


# ------------------------------------------------------------------------------- added constants


def added(axis: int) -> Callable[[Subject, Answers], Answer]:
    """F(x + c) = F(x), or = F(x) + c, for c the same in all channels (-1) or all tokens (-2)."""

    def ask(s: Subject, _: Answers) -> Answer:
        if s.x.shape[axis] < 2:
            return not_asked("there is one of them")
        shape = list(s.x.shape)
        shape[axis] = 1
        c = s.size * torch.randn(shape, generator=s.generator(320), dtype=s.x.dtype).to(s.x)
        found = {"F(x)": 0.0, "F(x) + c": 0.0}
        for z in s.points(2):
            moved, f = s.fresh(z + c), s.at(z)
            for name, law in (("F(x)", f), ("F(x) + c", f + c)):
                defect = relative(moved, law)
                if defect > found[name] or defect != defect:
                    found[name] = defect
        name = min(found, key=found.__getitem__)
        answer = judged(found[name], s.tol, {"element": "one constant", "against": name})
        if answer.verdict == YES:
            return Answer(YES, answer.measured, s.tol, f"F(x + c) = {name}", None, {"law": name})
        return answer

    return ask


# ------------------------------------------------------------------------------- groups of channels


def channel_groups(s: Subject, so_far: Answers) -> Answer:
    """Sizes g so that whole groups of g neighbours may change places, or their bodies turn.

    A body is a group without its first channel.  Yes if any size passes in either way.
    """
    sizes = [g for g in (2, 3, 4, 8, 16, 32, 64) if s.channels % g == 0 and g < s.channels]
    if not sizes:
        return not_asked("the channels do not divide into groups")
    if s.lean:
        sizes = sizes[-2:]
    found: dict[str, list[int]] = {"swap": [], "turn": [], "turn bodies": []}
    least, limit = math.inf, s.tol
    for g in sizes:
        for name, group in _grouped(g).items():
            answer = commutes(s, group)
            if answer.verdict == YES:
                found[name].append(g)
            if answer.measured is not None:
                least = min(least, answer.measured)
    said = "; ".join(
        f"{name} groups of {', '.join(map(str, gs))}" for name, gs in found.items() if gs
    )
    witness = {"sizes": sizes, "ways": list(found)}
    if said:
        return Answer(YES, least, limit, said, None, found)
    return Answer("no", least, limit, "", witness, found)


def _grouped(g: int) -> dict[str, Group]:
    cut = lambda z: z.unflatten(-1, (-1, g))

    def swap(s: Subject, rng: torch.Generator) -> Act | str:
        p = permutation(s.channels // g, rng)
        return lambda z: cut(z)[..., p, :].flatten(-2)

    def turn(s: Subject, rng: torch.Generator) -> Act | str:
        q = unitary(s, g, rng)
        return lambda z: (cut(z) @ q).flatten(-2)

    def bodies(s: Subject, rng: torch.Generator) -> Act | str:
        q = torch.block_diag(torch.ones(1, 1).to(s.x), unitary(s, g - 1, rng))
        return lambda z: (cut(z) @ q).flatten(-2)

    ways: dict[str, Group] = {"swap": swap, "turn": turn}
    return ways | ({"turn bodies": bodies} if g > 2 else {})
