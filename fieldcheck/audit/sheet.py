"""A report shown: as a table in the terminal, as JSON, as one HTML page that needs nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from html import escape
from typing import Any

import numpy as np
import torch
from rich.console import Console
from rich.markup import escape as plain
from rich.table import Table
from rich.text import Text

from .answer import NO, NOT_ASKED, UNDECIDED, YES
from .inquiry import Report
from .page import _STYLE, svg
from .questions import BY_KEY
from .questions.potential import base_of

COLOURS = {YES: "green", NO: "red", UNDECIDED: "yellow", NOT_ASKED: "dim"}


def as_json(report: Report) -> str:
    return json.dumps(report.as_dict(), ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def number(x: float | None) -> str:
    if x is None:
        return ""
    return "0" if x == 0 else f"{x:.1e}" if abs(x) < 1e-3 or abs(x) >= 1e4 else f"{x:.3g}"


def rows(report: Report) -> list[tuple[str, str, str, str, str, str]]:
    """(question, verdict, measured, sees, certain or numerical, remark) for each question."""
    out = []
    for key, a in report.answers.items():
        sees = report.sees(key)
        decided = a.verdict in (YES, NO)
        seen = "one entry" if BY_KEY[key].fault == "pole" else number(sees)
        sort = ("certain" if report.certain(key) else "numerical") if decided else ""
        out.append((BY_KEY[key].title, a.verdict, number(a.measured), seen if decided else "",
                    sort, remark(report, key)))  # fmt: skip
    return out


def remark(report: Report, key: str) -> str:
    """What there is to say besides: the note, and for a no its witness."""
    a = report.answers[key]
    said = [a.note] if a.note else []
    if key == "gradient" and a.verdict == NO:
        said.append(f"{100 * a.detail['share']:.3g} % of |J|² is no gradient")
    if a.witness and a.verdict == NO:
        said.append("; ".join(f"{k} {_short(v)}" for k, v in a.witness.items() if k != "certain"))
    return "; ".join(said)


def _short(v: Any) -> str:
    return f"{v:.4g}" if isinstance(v, float) else str(v)


def head(report: Report) -> str:
    shape = " x ".join(map(str, report.shape))
    parts = f", {report.parameters:,} parameters" if report.parameters else ""
    return f"input {shape}, asked in {report.dtype}{parts}, seed {report.seed}"


def show(report: Report, console: Console) -> None:
    """The table, the parts, and where the non-gradient part is."""
    table = Table(title=Text(f"{report.name}: {head(report)}"), title_justify="left", box=None)
    for column in ("question", "answer", "measured", "sees", "", "remark"):
        table.add_column(column, overflow="fold")
    for q, verdict, *rest in rows(report):
        table.add_row(q, f"[{COLOURS[verdict]}]{verdict}[/]", *map(plain, rest))
    console.print(table)
    for axis in ("token", "channel"):
        if places := report.answers["gradient"].detail.get(f"by_{axis}"):
            console.print(f"non-gradient part, most by {axis}: {_most(places)}")
    for part in report.parts:
        word = "[green]potential[/]" if part.potential else f"{100 * part.share:.3g} % no gradient"
        said = plain(part.note) or word
        console.print(f"part {plain(part.path)} ({part.kind}): {said}", highlight=False)
    if report.potential is not None:
        console.print("potential: report.potential(x), by line integral")
    console.print(
        "measured: a relative defect unless the question is of a constant; sees: the smallest "
        "planted fault found in the gallery", style="dim",
    )  # fmt: skip


def _most(places: list[float]) -> str:
    order = sorted(range(len(places)), key=places.__getitem__, reverse=True)[:5]
    return ", ".join(f"{i} ({100 * places[i]:.3g} %)" for i in order)


# --------------------------------------------------------------------------------------------- HTML


def as_html(report: Report) -> str:
    """The report as one page, pictures inside."""
    figures = "".join(
        f"<figure>{svg(label, draw, size)}<figcaption>{escape(label)}</figcaption></figure>"
        for label, draw, size in pictures(report)
    )
    cells = lambda row, tag: "<tr>" + "".join(f"<{tag}>{c}</{tag}>" for c in row) + "</tr>"
    body = "".join(
        cells([escape(q), f'<b class="{v.split()[0]}">{escape(v)}</b>', *map(escape, rest)], "td")
        for q, v, *rest in rows(report)
    )
    parts = "".join(
        cells([escape(p.path), escape(p.kind), escape(p.note) or f"{p.share:.3g}",
               "yes" if p.potential else "no"], "td")
        for p in report.parts
    )  # fmt: skip
    return f"""<!doctype html><html lang="en"><meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Is it a field? {escape(report.name)}</title><style>{_STYLE}{_MORE}</style><body><main>
<h1>Is {escape(report.name)} a field?</h1>
<p>{escape(head(report))}. Python {escape(report.as_dict()["machine"]["python"])},
torch {escape(torch.__version__)}.</p>
<p><strong>The answer.</strong> {escape(summary(report))}</p>
<div class="figures">{figures}</div>
{"<h2>Its parts</h2><p>Each at its own input, without what surrounds it.</p>" if parts else ""}
{f'<div class="wide"><table>{cells(["part", "kind", "share no potential gives", "potential"], "th")}{parts}</table></div>' if parts else ""}
<h2>Question by question</h2>
<p><em>Measured</em> is a relative defect, or the constant asked for. <em>Sees</em> is the smallest
fault, planted in modules of known answers, that this question found at this precision. A verdict is
<em>certain</em> if evaluations of the module alone carry it, and <em>numerical</em> otherwise: nothing
that was tried spoke against it.</p>
<div class="wide"><table class="asked">
{cells(["question", "answer", "measured", "sees", "", "remark"], "th")}{body}</table></div>
</main></body></html>
"""  # noqa: E501


_MORE = (
    "main{max-width:60rem;margin:auto}h1{overflow-wrap:anywhere}figure{margin:.5rem;color:#000}figcaption{max-width:26rem;"
    "font-size:.85rem}.asked td{text-align:left;vertical-align:top}.yes{color:#1e7d57}"
    ".no{color:#c2541b}.not,.undecided{opacity:.7}"
)


def summary(report: Report) -> str:
    """Some sentences: field or not, where the rest is, symmetries, what kind of map."""
    a = report.answers
    yes = lambda key: a[key].verdict == YES
    said = []
    if yes("gradient"):
        said.append("It is a gradient field, as far as this saw.")
    elif yes("diagonal"):
        said.append("It is a gradient field in a metric that weighs the channels.")
    elif yes("token"):
        said.append("It is a gradient field in a metric that weighs the tokens.")
    elif a["gradient"].verdict == NO:
        share = 100 * a["gradient"].detail["share"]
        said.append(f"It is no gradient field: no potential gives {share:.3g} % of its Jacobian.")
    if yes("hamiltonian"):
        said.append("It is a Hamiltonian field.")
    groups = [BY_KEY[k].title.rstrip("?") for k in ("S_N", "U_N", "shift", "S_C", "U_C", "phase",
              "token_phases", "channel_phases", "scaling") if yes(k)]  # fmt: skip
    if groups:
        said.append("; ".join(groups) + ".")
    kinds = [BY_KEY[k].title.rstrip("?").lower() for k in ("projection", "prox", "idempotent",
             "nonexpansive", "monotone", "symplectic") if yes(k)]  # fmt: skip
    if kinds:
        said.append("As a map: " + ", ".join(kinds) + ".")
    held = [p.path for p in report.parts if p.potential]
    if report.parts:
        said.append("Parts with a potential: " + (", ".join(held) or "none") + ".")
    return " ".join(said)


Picture = tuple[str, Callable[[Any], None], tuple[float, float]]


def pictures(report: Report) -> list[Picture]:
    """(what it shows, how it is drawn, its size) of each picture that this report has."""
    out: list[Picture] = [
        ("The defect of each question that was answered by one, and the limit beyond which it is a "
         "fault.", lambda ax: _defects(ax, report), (6.4, 5.2)),
    ]  # fmt: skip
    detail = report.answers["gradient"].detail
    for axis in ("token", "channel"):
        places = detail.get(f"by_{axis}")
        if places and len(places) > 1:
            label = f"Where the non-gradient part is: its share in each {axis}."
            out.append((label, partial(_bars, places=places, axis=axis), (4.2, 2.6)))
    if report.parts:
        label = "Of each part, the share of its Jacobian that no potential gives."
        out.append((label, lambda ax: _parts(ax, report), (4.8, 0.4 + 0.35 * len(report.parts))))
    if report.potential is not None:
        label = "The potential along a straight line through the example."
        out.append((label, lambda ax: _line(ax, report), (4.2, 2.6)))
    moved = report.answers["interaction"].detail.get("moved")
    if moved:
        label = "Which tokens move (across) when one is changed (down)."
        out.append((label, lambda ax: _moved(ax, moved, report), (4.2, 2.6)))
    return out


def _defects(ax: Any, report: Report) -> None:
    asked = [(k, a) for k, a in report.answers.items()
             if a.measured is not None and a.limit and a.verdict in (YES, NO)
             and k not in ("interaction", "nonexpansive", "firm", "taylor")]  # fmt: skip
    for i, (_, a) in enumerate(reversed(asked)):
        colour = "#1e7d57" if a.verdict == YES else "#c2541b"
        ax.plot([max(a.measured or 0, 1e-17)], [i], "o", color=colour, markersize=4)
        ax.plot([a.limit], [i], "|", color="0.4")
    ax.set_xscale("log")
    ax.set_yticks(range(len(asked)), [BY_KEY[k].title for k, _ in reversed(asked)], fontsize=7)
    ax.set_xlabel("defect (dot) and limit (bar)")


def _bars(ax: Any, places: list[float], axis: str) -> None:
    ax.bar(range(len(places)), places, color="#c2541b")
    ax.set(xlabel=axis, ylabel="share")


def _parts(ax: Any, report: Report) -> None:
    names = [p.path for p in reversed(report.parts)]
    shares = [0 if p.share != p.share else p.share for p in reversed(report.parts)]
    ax.barh(names, shares, color="#c2541b")
    ax.tick_params(labelsize=7)
    ax.set(xlim=(0, 1), xlabel="share")


def _line(ax: Any, report: Report) -> None:
    potential = report.potential
    assert potential is not None
    s = potential._subject
    t = np.linspace(-1.5, 1.5, 31)
    base = base_of(s) * 0
    values = [float(potential(s.native(base + float(k) * s.x)).detach()) for k in t]
    ax.plot(t, values, color="#1e7d57")
    ax.set(xlabel="t", ylabel="S(t x)")


def _moved(ax: Any, moved: dict[str, list[int]], report: Report) -> None:
    tokens = max(max(seen, default=0) for seen in moved.values()) + 1
    grid = np.zeros((len(moved), tokens))
    for i, seen in enumerate(moved.values()):
        grid[i, [j for j in seen if j < tokens]] = 1
    ax.imshow(grid, aspect="auto", cmap="Greens", vmin=0, vmax=1.3)
    ax.set_yticks(range(len(moved)), list(moved))
    ax.set(xlabel="token", ylabel="changed")
