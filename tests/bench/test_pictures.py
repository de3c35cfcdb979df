"""The page's pictures from a made-up run: they draw, and leave out what was disturbed."""

import dataclasses
import math

import matplotlib
import pytest

matplotlib.use("Agg")

from matplotlib import pyplot as plt

from fieldcheck.bench import estimate, pictures
from fieldcheck.bench.records import LeftOut, Row, Run
from fieldcheck.bench.run import growths
from fieldcheck.bench.targets import judge


@pytest.fixture
def run():
    rows = []
    for n in (1024, 2048, 4096):
        size = {"N": n, "H": 4, "d": 64}
        for name, factor in (("fieldcheck", 1.0), ("sdpa", 1.1), ("naive", 5.0)):
            seconds = factor * n * n * 1e-8
            rows.append(
                Row(
                    "free_energy", "force", name, size, "float32", "chip", seconds, 0.1, 9,
                    0.5 if (name, n) == ("naive", 4096) else 0.0, 1000 * n, 1e3 * n * n, 1e3 * n,
                    {} if name == "fieldcheck" else {"fieldcheck": factor},
                )
            )  # fmt: skip
    ceilings = {"copy_bytes_per_s": 3e10, "matmul_ops_per_s": 1.8e11}
    return Run(
        {"device": "chip", "kind": "cpu"}, {}, ceilings, rows, growths(rows), judge(rows), []
    )


def lines(figure):
    return [line for axes in figure.axes for line in axes.lines]


def test_growth_shows_calm_rows_only(run):
    figure = pictures.growth(plt, run)
    by_name = {line.get_label().split("  ")[0]: line for line in lines(figure)}
    assert len(by_name["fieldcheck"].get_xdata()) == 3
    assert len(by_name["naive"].get_xdata()) == 2
    assert "N^{2.00}" in by_name["fieldcheck"].get_label()
    plt.close(figure)


def test_the_other_pictures_draw(run):
    for figure in (
        pictures.roofline(plt, run),
        pictures.memory(plt, run),
        pictures.bars(plt, run, run.select("free_energy", "force", "fieldcheck", N=2048)),
    ):
        figure.canvas.draw()
        plt.close(figure)


def test_bars_carry_the_ratios(run):
    figure = pictures.bars(plt, run, run.select("free_energy", "force", "fieldcheck", N=2048))
    words = " ".join(text.get_text() for text in figure.axes[0].texts)
    assert "sdpa  1.1" in words
    assert "naive  5" in words
    plt.close(figure)


def test_disturbed_rows_are_marked_and_missing_operations_named(run):
    calm = pictures.roofline(plt, run)
    assert [line.get_fillstyle() for line in calm.axes[0].lines[1:]] == ["full"]
    assert calm.texts == []
    loud = dataclasses.replace(
        run,
        rows=[dataclasses.replace(row, disturbed=0.5) for row in run.rows],
        left_out=[LeftOut("gibbs", "forward", "all", {"rows": 4}, "no memory")],
    )
    figure = pictures.roofline(plt, loud)
    [mark] = figure.axes[0].lines[1:]
    assert mark.get_fillstyle() == "none"
    assert mark.get_label() == "≈ free energy, force"
    assert [text.get_text() for text in figure.texts] == ["not shown: gibbs, forward"]
    bars = pictures.bars(plt, loud, loud.select("free_energy", "force", "fieldcheck", N=2048))
    assert "≈ sdpa  1.1" in [text.get_text() for text in bars.axes[0].texts]
    assert all(bar.get_facecolor()[3] == 0 for bar in bars.axes[0].patches)
    plt.close("all")


def test_a_calm_row_is_preferred_to_a_larger_disturbed_one(run):
    rows = [dataclasses.replace(r, disturbed=0.5 * (r.size["N"] == 4096)) for r in run.rows]
    [row] = pictures.largest(dataclasses.replace(run, rows=rows))
    assert row.size["N"] == 2048


def test_estimates_name_their_ceiling():
    device = estimate.Device("toy", {"float32": 10.0}, 2.0, "made up")
    assert estimate.floor(estimate.Work("a", "float32", 40.0, 2.0), device) == (4.0, "operations")
    assert estimate.floor(estimate.Work("b", "float32", 10.0, 20.0), device) == (10.0, "bytes")
    for work in estimate.examples():
        seconds, _ = estimate.floor(work, estimate.H100)
        assert 0 < seconds < math.inf
