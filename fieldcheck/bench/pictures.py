"""Pictures of committed results.  They draw what a file holds, time nothing, and load no torch.

Each function takes matplotlib's ``pyplot`` as the caller has set it up, and one run: a picture
never mixes devices.  Disturbed rows are left out.
"""

from __future__ import annotations

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


def _ours(run: Run) -> list[Row]:
    return [r for r in run.rows if r.implementation == OURS and r.calm]


def largest(rows: list[Row]) -> list[Row]:
    """Of each operation and mode the row with most work."""
    best: dict[tuple[str, str], Row] = {}
    for row in rows:
        key = (row.op, row.mode)
        if key not in best or (row.operations or 0) >= (best[key].operations or 0):
            best[key] = row
    return list(best.values())


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
        axes.annotate(
            "a plain copy", (lo * 1.3, lo * copy / 1e9 * 1.9), rotation=38, color="#555555"
        )
        axes.annotate("matrix-product peak", (hi, peak / 1e9 * 1.15), ha="right", color="#555555")
    rows = [r for r in largest(_ours(run)) if r.operations and r.bytes]
    marks = "os^Dv<>Pp*Xhd8H1"
    for mark, row in zip(marks, rows, strict=False):
        assert row.operations is not None
        assert row.bytes is not None
        axes.plot(
            row.operations / row.bytes, row.operations / row.median_s / 1e9, mark, markersize=6,
            label=f"{_name(row)}, {row.mode}",
        )  # fmt: skip
    axes.set(
        xscale="log", yscale="log", xlabel="operations a byte that must move",
        ylabel="giga-operations a second",
    )  # fmt: skip
    axes.legend(fontsize=7.5, loc="center left", bbox_to_anchor=(1.01, 0.5))
    return figure


def bars(plt: Any, run: Run, picked: list[Row]) -> Any:
    """How many times longer each peer takes than the library, for picked rows of ours."""
    entries: list[tuple[str, float, bool]] = []
    for row in picked:
        peers = [
            r
            for r in run.select(row.op, row.mode, None, **row.size)
            if r.implementation not in (OURS, "matmul peak") and OURS in r.ratios
        ]
        entries.append((f"{_name(row)}, {row.mode}: {size_text(row.size)}", 0.0, True))
        entries += [(r.implementation, r.ratios[OURS], False) for r in peers]
    figure, axes = plt.subplots(figsize=(6.8, 0.25 * len(entries) + 0.8))
    for height, (text, ratio, title) in enumerate(reversed(entries)):
        if title:
            axes.text(0, height - 0.1, text, transform=axes.get_yaxis_transform(), fontsize=8.5,
                      va="center", ha="left", weight="bold")  # fmt: skip
            continue
        axes.barh(height, ratio - 1, left=1, height=0.62,
                  color="#1f5fa8" if ratio >= 1 else "#c2541b")  # fmt: skip
        axes.text(max(ratio, 1) * 1.06, height, f"{text}  {ratio:.3g}", fontsize=8, va="center")
    axes.axvline(1, color="#222222", linewidth=1)
    top = max([ratio for _, ratio, _ in entries] + [2.0])
    axes.set(xscale="log", xlim=(0.4, top * 40), ylim=(-0.7, len(entries) - 0.3), yticks=[],
             xlabel="time over the library's: right of the line the library is faster")  # fmt: skip
    axes.grid(axis="y", visible=False)
    return figure


def _law(run: Run, op: str, mode: str, implementation: str, quantity: str, **held: int) -> str:
    for law in run.growth:
        same = (law.op, law.mode, law.implementation) == (op, mode, implementation)
        fits = all(law.fixed.get(k) == v for k, v in held.items())
        if same and fits and law.quantity == quantity and law.variable == "N":
            return f"$N^{{{law.exponent:.2f}}}$ ({law.low:.2f} to {law.high:.2f})"
    return ""


#: What the growth pictures show: panels of (op, mode, implementation, what is held).
TIMES: tuple[tuple[str, str, tuple[str, ...], dict[str, int]], ...] = (
    ("free_energy", "force", ("fieldcheck", "sdpa", "naive"), {}),
    ("free_energy", "both forces", ("fieldcheck", "sdpa forward+backward", "naive"), {}),
    ("free_energy", "band, both forces", ("fieldcheck",), {}),
    ("quartic", "force", ("fieldcheck", "N x N order"), {"C": 64}),
)


def growth(plt: Any, run: Run) -> Any:
    """Seconds over N, with the fitted exponents."""
    figure, grid = plt.subplots(2, 2, figsize=(7.2, 5.6))
    for axes, (op, mode, names, held) in zip(grid.flat, TIMES, strict=True):
        for name in names:
            rows = [r for r in run.select(op, mode, name, **held) if r.calm]
            if not rows:
                continue
            text = f"{name}  {_law(run, op, mode, name, 'time', **held)}"
            axes.plot([r.size["N"] for r in rows], [r.median_s for r in rows], "o-", markersize=4,
                      label=text)  # fmt: skip
        axes.set(xscale="log", yscale="log", xlabel="$N$", ylabel="seconds")
        axes.set_xscale("log", base=2)
        axes.set_title(f"{SHORT.get(op, op)}, {mode}")
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
