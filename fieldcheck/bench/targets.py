"""What the operations are meant to reach, as ratios; and whether a run reaches it.  Loads no
torch."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from .growth import exponent
from .records import Judged, Row, Size, size_text

OURS = "fieldcheck"


@dataclass(frozen=True)
class Value:
    """A number that rows give, and the sizes that it covers without a disturbance."""

    where: str
    number: float
    calm: list[Size]


@dataclass(frozen=True)
class Target:
    """A bound on a number that a run's rows give, at every one of the sizes it speaks of."""

    text: str
    op: str
    mode: str
    bound: float
    find: Callable[[list[Row]], Iterator[Value]]
    over: tuple[Size, ...]
    sense: str = "at most"

    def holds(self, value: float) -> bool:
        return value <= self.bound if self.sense == "at most" else value >= self.bound


def covers(part: Size, size: Size) -> bool:
    """Whether ``size`` agrees with what ``part`` states."""
    return part.items() <= size.items()


def _time(peer: str) -> Callable[[list[Row]], Iterator[Value]]:
    def find(rows: list[Row]) -> Iterator[Value]:
        for row in rows:
            if row.implementation == OURS and peer in row.ratios:
                theirs = [r for r in rows if r.size == row.size and r.implementation == peer]
                calm = row.calm and all(r.calm for r in theirs)
                where = size_text(row.size) + ("" if calm else ROUGH)
                yield Value(where, row.ratios[peer], [row.size] if calm else [])

    return find


def _memory(peer: str) -> Callable[[list[Row]], Iterator[Value]]:
    def find(rows: list[Row]) -> Iterator[Value]:
        theirs = {tuple(r.size.items()): r.peak_bytes for r in rows if r.implementation == peer}
        for row in rows:
            other = theirs.get(tuple(row.size.items()))
            if row.implementation == OURS and row.peak_bytes and other:
                yield Value(size_text(row.size), row.peak_bytes / other, [row.size])

    return find


def _speedup(peer: str) -> Callable[[list[Row]], Iterator[Value]]:
    def find(rows: list[Row]) -> Iterator[Value]:
        for value in _time(peer)(rows):
            yield replace(value, number=1 / value.number)

    return find


def _growth(quantity: str) -> Callable[[list[Row]], Iterator[Value]]:
    def find(rows: list[Row]) -> Iterator[Value]:
        points = []
        for row in rows:
            value = row.median_s if quantity == "time" else row.peak_bytes
            if row.implementation == OURS and value and (row.calm or quantity == "memory"):
                points.append((row.size, value))
        points.sort(key=lambda point: point[0]["N"])
        n = [size["N"] for size, _ in points]
        if len(set(n)) >= 3:
            power, _, _ = exponent(n, [value for _, value in points])
            yield Value(f"N {n[0]} to {n[-1]}", power, [size for size, _ in points])

    return find


K = 1024
CONIC = ("colu", "rcolu", "soc_projection")


def _at(*ns: int) -> tuple[Size, ...]:
    return tuple({"N": n * K} for n in ns)


FUSED, NAIVE = _at(4, 8, 16), _at(4, 8)  # at 16k the naive form needs over 12 GB
BATCH: tuple[Size, ...] = ({"N": 4 * K, "C": 256},)
GROUPS: tuple[Size, ...] = tuple({"rows": 16 * K, "C": 512, "S": s} for s in (4, 8, 32))
QUARTIC: tuple[Size, ...] = tuple(
    {"N": n * K, "C": c}
    for n, c in ((4, 32), (4, 64), (4, 128), (4, 256), (4, 512), (16, 64), (16, 256), (64, 64))
)
TARGETS: tuple[Target, ...] = (
    Target("energy and force take no longer than the fused attention of torch alone",
           "free_energy", "force", 1.05, _time("sdpa"), FUSED),
    Target("energy and force take no more memory than the fused attention of torch alone",
           "free_energy", "force", 1.2, _memory("sdpa"), FUSED),
    Target("energy and force are faster than the naive form",
           "free_energy", "force", 4.0, _speedup("naive"), NAIVE, "at least"),
    Target("both forces take less than forward and backward of torch's attention",
           "free_energy", "both forces", 0.75, _time("sdpa forward+backward"), FUSED),
    Target("both forces are faster than the naive form",
           "free_energy", "both forces", 2.0, _speedup("naive"), NAIVE, "at least"),
    Target("memory of both forces grows as N",
           "free_energy", "both forces", 1.1, _growth("memory"), _at(1, 2, 4, 8, 16, 64)),
    Target("share of the matrix-product peak",
           "quartic", "force", 0.75, _speedup("matmul peak"), QUARTIC, "at least"),
    Target("time grows as N", "quartic", "force", 1.1, _growth("time"),
           tuple({"N": n * K, "C": 64} for n in (1, 4, 16, 64))),
    Target("faster than the N x N order",
           "quartic", "force", 300.0, _speedup("N x N order"), QUARTIC[1:2], "at least"),
    *(Target("a plain copy of the tensor", op, "forward", 1.10, _time("copy"), GROUPS)
      for op in CONIC),
    *(Target("ReLU, forward and backward", op, "forward+backward", 1.20, _time("relu"), GROUPS)
      for op in CONIC),
    Target("torch.softmax of the scaled energies",
           "gibbs", "forward", 1.2, _time("torch.softmax of c E"), ({"rows": 16 * K},)),
    Target("the three products up and down, one by one",
           "glu_potential", "force", 1.2, _time("product by product"), BATCH),
    Target("torch's autograd of the potential",
           "glu_potential", "force", 1.2, _time("torch autograd of the potential"), BATCH),
)  # fmt: skip


#: Ends the place of a value that was measured while others used the machine.
ROUGH = " (disturbed)"


def judge(rows: list[Row]) -> list[Judged]:
    """Every target, with what the rows say of it.

    Rough values are shown, and decide nothing.  One calm value beyond the bound is a miss; a target
    is met where calm values within the bound cover every size it speaks of.
    """
    judged = []
    for target in TARGETS:
        mine = [
            r
            for r in rows
            if (r.op, r.mode) == (target.op, target.mode)
            and any(covers(part, r.size) for part in target.over)
        ]
        found = list(target.find(mine))
        sizes = [size for value in found for size in value.calm]
        missing = [
            size_text(part) for part in target.over if not any(covers(part, s) for s in sizes)
        ]
        held = [target.holds(value.number) for value in found if value.calm]
        met = False if not all(held) else None if missing else True
        judged.append(
            Judged(
                target.text,
                target.op,
                target.mode,
                target.bound,
                target.sense,
                [{"where": value.where, "value": value.number} for value in found],
                missing,
                met,
            )
        )
    return judged
