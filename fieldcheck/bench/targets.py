"""What the operations are meant to reach, as ratios; and whether a run reaches it.  Loads no
torch."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from .growth import exponent
from .records import Judged, Row, size_text

OURS = "fieldcheck"
Found = Iterator[tuple[str, float]]


@dataclass(frozen=True)
class Target:
    """A bound on a number that a run's rows give, at each size where they give it."""

    text: str
    op: str
    mode: str
    bound: float
    find: Callable[[list[Row]], Found]
    sense: str = "at most"


def _time(peer: str, at_least: int = 0) -> Callable[[list[Row]], Found]:
    def find(rows: list[Row]) -> Found:
        for row in rows:
            large = row.size.get("N", at_least) >= at_least
            if row.implementation == OURS and large and peer in row.ratios:
                theirs = [r for r in rows if r.size == row.size and r.implementation == peer]
                calm = row.calm and all(r.calm for r in theirs)
                where = size_text(row.size) + ("" if calm else ROUGH)
                yield where, row.ratios[peer]

    return find


def _memory(peer: str, at_least: int) -> Callable[[list[Row]], Found]:
    def find(rows: list[Row]) -> Found:
        theirs = {tuple(r.size.items()): r.peak_bytes for r in rows if r.implementation == peer}
        for row in rows:
            other = theirs.get(tuple(row.size.items()))
            ours = row.implementation == OURS and row.size["N"] >= at_least
            if ours and row.peak_bytes and other:
                yield size_text(row.size), row.peak_bytes / other

    return find


def _speedup(peer: str, at_least: int) -> Callable[[list[Row]], Found]:
    def find(rows: list[Row]) -> Found:
        for where, ratio in _time(peer, at_least)(rows):
            yield where, 1 / ratio

    return find


def _growth(quantity: str, **held: int) -> Callable[[list[Row]], Found]:
    def find(rows: list[Row]) -> Found:
        points = [
            (r.size["N"], r.median_s if quantity == "time" else r.peak_bytes)
            for r in rows
            if r.implementation == OURS
            and (r.calm or quantity == "memory")
            and all(r.size.get(k) == v for k, v in held.items())
        ]
        known = sorted((n, float(y)) for n, y in points if y)
        if len({n for n, _ in known}) >= 3:
            power, _, _ = exponent([n for n, _ in known], [y for _, y in known])
            yield f"N {known[0][0]} to {known[-1][0]}", power

    return find


K = 1024
CONIC = ("colu", "rcolu", "soc_projection")
TARGETS: tuple[Target, ...] = (
    Target("energy and force take no longer than the fused attention of torch alone",
           "free_energy", "force", 1.05, _time("sdpa", 4 * K)),
    Target("energy and force take no more memory than the fused attention of torch alone",
           "free_energy", "force", 1.2, _memory("sdpa", 4 * K)),
    Target("energy and force are faster than the naive form",
           "free_energy", "force", 4.0, _speedup("naive", 4 * K), "at least"),
    Target("both forces take less than forward and backward of torch's attention",
           "free_energy", "both forces", 0.75, _time("sdpa forward+backward", 4 * K)),
    Target("both forces are faster than the naive form",
           "free_energy", "both forces", 2.0, _speedup("naive", 4 * K), "at least"),
    Target("memory of both forces grows as N",
           "free_energy", "both forces", 1.1, _growth("memory")),
    Target("share of the matrix-product peak",
           "quartic", "force", 0.75, _speedup("matmul peak", 4 * K), "at least"),
    Target("time grows as N", "quartic", "force", 1.1, _growth("time", C=64)),
    Target("faster than the N x N order",
           "quartic", "force", 300.0, _speedup("N x N order", 4 * K), "at least"),
    *(Target("a plain copy of the tensor", op, "forward", 1.10, _time("copy")) for op in CONIC),
    *(Target("ReLU, forward and backward", op, "forward+backward", 1.20, _time("relu"))
      for op in CONIC),
    Target("torch.softmax of the scaled energies",
           "gibbs", "forward", 1.2, _time("torch.softmax of -E/tau")),
    Target("torch's autograd of the potential",
           "glu_potential", "force", 1.2, _time("torch autograd of the potential")),
)  # fmt: skip


#: Ends the place of a value that was measured while others used the machine.
ROUGH = " (disturbed)"


def judge(rows: list[Row]) -> list[Judged]:
    """Every target, with what the rows say of it; rough values are shown, and decide nothing."""
    judged = []
    for target in TARGETS:
        mine = [r for r in rows if r.op == target.op and r.mode == target.mode]
        found = list(target.find(mine))
        calm = [value for where, value in found if not where.endswith(ROUGH)]
        if target.sense == "at most":
            met = all(value <= target.bound for value in calm)
        else:
            met = all(value >= target.bound for value in calm)
        judged.append(
            Judged(
                target.text,
                target.op,
                target.mode,
                target.bound,
                target.sense,
                [{"where": where, "value": value} for where, value in found],
                met if calm else None,
            )
        )
    return judged
