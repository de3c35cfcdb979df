"""Pictures of committed results.  They draw what a file holds, time nothing, and load no torch.

Each function takes matplotlib's ``pyplot`` as the caller has set it up, and one run: a picture
never mixes devices.  Disturbed rows are left out of curves, and are hollow and marked ≈ elsewhere.
"""

from __future__ import annotations

import itertools
from typing import Any

from .records import Growth, Row, Run, size_text

OURS = "fieldcheck"
CEILINGS = ("copy", "matmul peak")
SHORT = {
    "free_energy": "free energy",
    "soc_projection": "cone projection",
    "glu_potential": "gated unit",
    "colu": "CoLU",
    "rcolu": "rotated CoLU",
}


def _name(row: Row | Growth) -> str:
    return SHORT.get(row.op, row.op)


#: The mark of a value that was measured while others used the machine.
ROUGHLY = "≈ "


def largest(run: Run) -> list[Row]:
    """Of each operation and mode our undisturbed row with most work; a disturbed one if there is no
    other."""
    best: dict[tuple[str, str], Row] = {}
    rank = lambda row: (row.calm, row.operations or 0)
    for row in run.select(None, None, OURS):
        key = (row.op, row.mode)
        if key not in best or rank(row) >= rank(best[key]):
            best[key] = row
    return list(best.values())


def unplaced(run: Run) -> list[str]:
    """The operations that the roofline cannot show: left out of the run, or without a count."""
    wanted = dict.fromkeys([(x.op, x.mode) for x in run.rows])
    wanted |= dict.fromkeys([(x.op, x.mode) for x in run.left_out])
    shown = {(row.op, row.mode) for row in largest(run) if row.operations and row.bytes}
    return [f"{SHORT.get(op, op)}, {mode}" for op, mode in wanted if (op, mode) not in shown]


def _legend(axes: Any) -> None:
    """A legend, if there is anything to name."""
    if axes.lines:
        axes.legend(fontsize=7)
    else:
        axes.text(0.5, 0.5, "not measured", transform=axes.transAxes, ha="center")


def roofline(plt: Any, run: Run) -> Any:
    """Operations a second over operations a byte, under the two measured ceilings."""
    figure, axes = plt.subplots(figsize=(6.8, 4.2))
    copy, peak = run.ceilings["copy_bytes_per_s"], run.ceilings["matmul_ops_per_s"]
    lo, hi = 0.2, 3e4
    if copy and peak:
        knee = peak / copy
        axes.plot([lo, knee, hi], [lo * copy / 1e9, peak / 1e9, peak / 1e9], color="#555555")
        axes.annotate("a plain copy ", (knee / 1.6, peak / 1.6e9), ha="right", color="#555555")
        axes.annotate("matrix-product peak", (hi, peak / 1e9 * 1.15), ha="right", color="#555555")
    marks = itertools.cycle("os^Dv<>PphXd8H*")
    for row in largest(run):
        if not (row.operations and row.bytes):
            continue
        axes.plot(
            row.operations / row.bytes, row.operations / row.median_s / 1e9, next(marks),
            markersize=6, label=f"{'' if row.calm else ROUGHLY}{_name(row)}, {row.mode}",
            fillstyle="full" if row.calm else "none",
        )  # fmt: skip
    if missing := unplaced(run):
        figure.text(0.02, -0.04, "not shown: " + "; ".join(missing), fontsize=7.5)
    axes.set(
        xscale="log", yscale="log", xlabel="operations a byte that must move",
        ylabel="giga-operations a second",
    )  # fmt: skip
    axes.legend(fontsize=7.5, loc="center left", bbox_to_anchor=(1.01, 0.5))
    return figure


def bars(plt: Any, run: Run, picked: list[Row]) -> Any:
    """How many times longer each peer takes than the library, for picked rows of ours."""
    entries: list[tuple[str, float, Row | None]] = []
    for row in picked:
        peers = [
            r
            for r in run.select(row.op, row.mode, None, **row.size)
            if r.implementation not in (OURS, *CEILINGS) and OURS in r.ratios
        ]
        entries.append((f"{_name(row)}, {row.mode}: {size_text(row.size)}", 0.0, None))
        for r in peers:
            rough = "" if r.calm and row.calm else ROUGHLY
            entries.append((f"{rough}{r.implementation}", r.ratios[OURS], r))
        for name in CEILINGS:
            if name in row.ratios:
                [r] = run.select(row.op, row.mode, name, **row.size)
                rough = "" if r.calm and row.calm else ROUGHLY
                entries.append((f"{rough}at the rate of the {name}", 1 / row.ratios[name], r))
    figure, axes = plt.subplots(figsize=(6.8, 0.25 * len(entries) + 0.8))
    for height, (text, ratio, peer) in enumerate(reversed(entries)):
        if peer is None:
            axes.text(0, height - 0.1, text, transform=axes.get_yaxis_transform(), fontsize=8.5,
                      va="center", ha="left", weight="bold")  # fmt: skip
            continue
        color = "#1f5fa8" if ratio >= 1 else "#c2541b"
        if peer.implementation in CEILINGS:
            color = "#777777"
        axes.barh(height, ratio - 1, left=1, height=0.62, edgecolor=color,
                  color="none" if text.startswith(ROUGHLY) else color)  # fmt: skip
        axes.text(max(ratio, 1) * 1.06, height, f"{text}  {ratio:.3g}", fontsize=8, va="center")
    axes.axvline(1, color="#222222", linewidth=1)
    top = max([ratio for _, ratio, _ in entries] + [2.0])
    low = min([ratio for _, ratio, peer in entries if peer] + [0.5])
    axes.set(xscale="log", xlim=(0.8 * low, top * 40), ylim=(-0.7, len(entries) - 0.3), yticks=[],
             xlabel="time over the library's: right of the line the library is faster")  # fmt: skip
    axes.grid(axis="y", visible=False)
    return figure


def _law(run: Run, op: str, mode: str, implementation: str, variable: str, **held: int) -> str:
    for law in run.growth:
        same = (law.op, law.mode, law.implementation) == (op, mode, implementation)
        fits = all(law.fixed.get(k) == v for k, v in held.items())
        if same and fits and law.quantity == "time" and law.variable == variable:
            return f"${variable}^{{{law.exponent:.2f}}}$ ({law.low:.2f} to {law.high:.2f})"
    return ""


#: What the growth pictures show: panels of (op, mode, implementations, what grows, what is held).
TIMES: tuple[tuple[str, str, tuple[str, ...], str, dict[str, int]], ...] = (
    ("free_energy", "force", (OURS, "sdpa", "naive"), "N", {}),
    ("free_energy", "both forces", (OURS, "sdpa forward+backward", "naive"), "N", {}),
    ("free_energy", "Hessian-vector", (OURS, "naive"), "N", {}),
    ("free_energy", "band, both forces", (OURS,), "N", {}),
    ("quartic", "force", (OURS,), "N", {"C": 64}),
    ("quartic", "force", (OURS,), "C", {"N": 4096}),
)


def growth(plt: Any, run: Run) -> Any:
    """Seconds over N, and of the quartic force over C, with the fitted exponents."""
    figure, grid = plt.subplots(3, 2, figsize=(7.2, 8.2))
    for axes, (op, mode, names, variable, held) in zip(grid.flat, TIMES, strict=True):
        for name in names:
            rows = [r for r in run.select(op, mode, name, **held) if r.calm]
            if not rows:
                continue
            text = f"{name}  {_law(run, op, mode, name, variable, **held)}"
            points = sorted((r.size[variable], r.median_s) for r in rows)
            axes.plot(*zip(*points, strict=True), "o-", markersize=4, label=text)
        axes.set(xscale="log", yscale="log", xlabel=f"${variable}$", ylabel="seconds")
        axes.set_xscale("log", base=2)
        fixed = "".join(f", ${k}$ = {v}" for k, v in held.items())
        axes.set_title(f"{SHORT.get(op, op)}, {mode}{fixed}")
        _legend(axes)
    return figure


def memory(plt: Any, run: Run) -> Any:
    """Peak memory over N."""
    figure, pair = plt.subplots(1, 2, figsize=(7.2, 3.2), sharey=True)
    shown = (
        ("force", ("fieldcheck", "sdpa", "naive")),
        ("both forces", ("fieldcheck", "sdpa forward+backward", "naive", "naive autograd")),
    )
    for axes, (mode, names) in zip(pair, shown, strict=True):
        for name in names:
            rows = [r for r in run.select("free_energy", mode, name) if r.peak_bytes]
            if rows:
                axes.plot([r.size["N"] for r in rows], [(r.peak_bytes or 0) / 2**20 for r in rows],
                          "o-", markersize=4, label=name)  # fmt: skip
        axes.set(xlabel="$N$", title=f"free energy, {mode}", yscale="log")
        axes.set_xscale("log", base=2)
        _legend(axes)
    pair[0].set_ylabel("MiB above the inputs")
    return figure
