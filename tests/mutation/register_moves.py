"""Maps of the free parameters onto themselves: of statements about all inputs, a form says the same
before and after."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from fractions import Fraction

import numpy as np

from fieldcheck.claim import Form
from fieldcheck.evidence.draws import Raw

Move = Callable[[dict[str, int], Raw], "Raw | None"]


def moves_of(form: Form) -> Iterator[tuple[str, Move]]:
    names = list(form.given)
    for name in names:
        for verb, change in _CHANGES.items():
            yield f"{name} {verb}", _on(name, change)
    if len(names) > 1:
        yield "all inputs negated", _on_all(names)
    for a, b in itertools.combinations(names, 2):
        yield f"{a} and {b} exchanged", _exchanged(a, b)
        yield f"{a} and {b} negated", _both(a, b)


def _parts(raw: Raw, name: str) -> list[str]:
    return [k for k in raw if k.split(".")[0] == name]


def _on(name: str, change: Callable[[dict[str, np.ndarray]], dict | None]) -> Move:
    def move(sizes: dict[str, int], raw: Raw) -> Raw | None:
        own = {k: raw[k] for k in _parts(raw, name)}
        new = change(own)
        if new is None or any(np.shape(new[k]) != own[k].shape for k in own):
            return None
        return {**raw, **new}

    return move


def _on_all(names: list[str]) -> Move:
    return lambda sizes, raw: {k: (-v if k.split(".")[0] in names else v) for k, v in raw.items()}


def _both(a: str, b: str) -> Move:
    return lambda sizes, raw: {k: (-v if k.split(".")[0] in (a, b) else v) for k, v in raw.items()}


def _exchanged(a: str, b: str) -> Move:
    def move(sizes: dict[str, int], raw: Raw) -> Raw | None:
        own = {k.split(".", 1)[1]: raw[k] for k in _parts(raw, a)}
        other = {k.split(".", 1)[1]: raw[k] for k in _parts(raw, b)}
        if set(own) != set(other) or any(own[k].shape != other[k].shape for k in own):
            return None
        swapped = {f"{b}.{k}": v for k, v in own.items()}
        return {**raw, **swapped, **{f"{a}.{k}": v for k, v in other.items()}}

    return move


def _im(own: dict[str, np.ndarray]) -> str | None:
    return next((k for k in own if k.endswith(".im")), None)


def _turned(own: dict[str, np.ndarray]) -> dict | None:
    """Times i, for a complex input."""
    im = _im(own)
    if im is None:
        return None
    re = im[:-3] + ".re"
    return {**own, re: -own[im], im: own[re]} if re in own else None


def _conjugated(own: dict[str, np.ndarray]) -> dict | None:
    im = _im(own)
    return None if im is None else {**own, im: -own[im]}


def _swapped(own: dict[str, np.ndarray]) -> dict | None:
    """Transposed; only a square is, onto itself."""
    if any(v.ndim < 2 for v in own.values()):
        return None
    return {k: np.swapaxes(v, -1, -2) for k, v in own.items()}


def _starred(own: dict[str, np.ndarray]) -> dict | None:
    new = _conjugated(own)
    return None if new is None else _swapped(new)


def _rolled(axis: int, by: int) -> Callable[[dict[str, np.ndarray]], dict | None]:
    def change(own: dict[str, np.ndarray]) -> dict | None:
        if any(v.ndim < -axis for v in own.values()):
            return None
        return {k: np.roll(v, by, axis=axis) for k, v in own.items()}

    return change


def _times(q: Fraction) -> Callable[[dict[str, np.ndarray]], dict | None]:
    return lambda own: {k: v * q for k, v in own.items()}


_CHANGES: dict[str, Callable[[dict[str, np.ndarray]], dict | None]] = {
    "negated": _times(Fraction(-1)),
    "doubled": _times(Fraction(2)),
    "halved": _times(Fraction(1, 2)),
    "conjugated": _conjugated,
    "times i": _turned,
    "transposed": _swapped,
    "starred": _starred,
    "rolled by rows": _rolled(-2, 1),
    "rolled back by rows": _rolled(-2, -1),
    "rolled by columns": _rolled(-1, 1),
    "rolled back by columns": _rolled(-1, -1),
}
