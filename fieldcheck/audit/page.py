"""A study shown: as JSON, as rows of a table, as pictures, as one HTML file that needs nothing."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from html import escape
from typing import Any, NamedTuple

import numpy as np

Record = dict[str, Any]


class Number(NamedTuple):
    """A number of the study: where it stands, what it is called, what a field would give."""

    part: str
    key: str
    title: str
    field: str


NUMBERS = [
    Number("weights", "symmetric", "QKᵀ of a head, symmetric share", "1 for a tied real head"),
    Number("weights", "symmetric_whole", "W_q W_kᵀ of a layer, symmetric share", ""),
    Number("weights", "mutual", "largest cosine of QKᵀ with another head's transpose", ""),
    Number("weights", "best", "largest |cosine| of QKᵀ with a VOᵀ of the layer", "1 for a pair"),
    Number("weights", "tied_flipped", "cosine of QKᵀ with its own (VOᵀ)ᵀ", "1 if values are keys"),
    Number("weights", "tensor_asymmetry", "asymmetric share of Σ QKᵀ ⊗ VOᵀ", "0"),
    Number("weights", "rank_qk", "effective rank of QKᵀ over r", ""),
    Number("weights", "rank_vo", "effective rank of VOᵀ over r", ""),
    Number("weights", "mlp_tied", "MLP, mean cosine of a unit's weights in and out", "1 or -1"),
    Number("passage", "heads", "a head, non-gradient share", "0"),
    Number("passage", "attention", "attention, non-gradient share", "0"),
    Number("passage", "attention_best", "attention, in the best per-token metric", "0"),
    Number("passage", "mlp", "MLP, non-gradient share", "0"),
    Number("passage", "norm", "norm with its gain, non-gradient share", "0"),
    Number("passage", "layer", "whole layer less identity, non-gradient share", "0"),
    Number("passage", "cosine_pair", "attention's step along the two-term force, cosine", "1"),
    Number("passage", "cosine_query", "attention's step along the force in the query, cosine", "1"),
    Number("passage", "cosine_query_heads", "a head's step along its own such force, cosine", "1"),
    Number("passage", "change_pair", "two-term energy along the step, a token", "rises"),
    Number("passage", "change_query", "energy in the query along the step, a token", "rises"),
    Number("passage", "change_pair_own", "two-term energy, without what all tokens share", "rises"),
    Number("passage", "change_query_own", "energy in the query, without what all share", "rises"),
    Number("passage", "change_normed", "two-term energy of normed tokens over the layer", "rises"),
    Number("passage", "moved", "tokens, relative change", ""),
    Number("passage", "gram_moved", "inner products of tokens, relative change", "0"),
    Number("passage", "gram_moved_since_start", "the same since the first layer", "0"),
    Number("passage", "symmetric_attention", "attention's step, share that moves the same", "0"),
    Number("passage", "token_cosine", "mean cosine of two tokens after the layer", ""),
]  # fmt: skip


def as_json(record: Record) -> str:
    return json.dumps(record, ensure_ascii=False, separators=(",", ":")) + "\n"


def shown(record: Record) -> list[Number]:
    """The numbers that this record has."""
    return [n for n in NUMBERS if record[n.part]]


def values(record: Record, number: Number) -> list[list[float]]:
    """For each layer the values (one, or one a head), without their intervals."""
    rows = [row[number.key] for row in record[number.part]]
    if number.part == "passage":
        return [np.atleast_2d(row)[:, 0].tolist() for row in rows]
    return [np.atleast_1d(row).tolist() for row in rows]


def spans(record: Record, number: Number, null: str) -> list[list[float]]:
    """For each layer (mean, low, high) under a null."""
    if number.part == "weights":
        return [record["weights_null"][null][number.key]] * len(record["weights"])
    return [row[number.key] for row in record["passage_null"][null]]


def table(record: Record) -> list[list[str]]:
    """One row a number: title, the layers' values (means over heads), the two nulls, the field."""
    rows = []
    for number in shown(record):
        layers = [f"{np.mean(v):.3g}" for v in values(record, number)]
        nulls = [_span(spans(record, number, null)) for null in ("random", "shuffled")]
        rows.append([number.title, *layers, *nulls, number.field])
    return rows


def heads(record: Record) -> list[str]:
    """The columns of :func:`table`."""
    layers = [str(i) for i in range(len(record["weights"]))]
    return ["layer", *layers, "random weights", "heads shuffled", "a field has"]


def _span(rows: list[list[float]]) -> str:
    """The range over all layers."""
    low, high = min(r[1] for r in rows), max(r[2] for r in rows)
    return f"{low:.3g} to {high:.3g}"


def panel(ax: Any, record: Record, key: str, colour: str = "C0") -> None:
    """One number on a matplotlib axis: a dot a head and layer, the range of each null as a band."""
    number = next(n for n in NUMBERS if n.key == key)
    for null, shade in (("random", "0.55"), ("shuffled", "0.8")):
        for i, (_, low, high) in enumerate(spans(record, number, null)):
            ax.fill_between([i - 0.4, i + 0.4], low, high, color=shade, linewidth=0, alpha=0.6)
    for i, row in enumerate(values(record, number)):
        spread = np.linspace(-0.25, 0.25, len(row)) if len(row) > 1 else [0.0]
        ax.plot(i + np.asarray(spread), row, "o", color=colour, markersize=3.5)
    ax.set_title(number.title, fontsize=9)
    ax.set_xticks(range(len(record["weights"])))
    ax.set_xlabel("layer")


PANELS = ["symmetric", "best", "tied_flipped", "tensor_asymmetry", "attention", "mlp",
          "cosine_query_heads", "gram_moved"]  # fmt: skip


def as_html(record: Record) -> str:
    """The whole study as one page, pictures inside."""
    about, text = record["model"], record["text"]
    keys = {n.key for n in shown(record)}
    figures = "".join(f"<div>{_svg(record, key)}</div>" for key in PANELS if key in keys)
    row = lambda cells, tag: (
        "<tr>" + "".join(f"<{tag}>{escape(c)}</{tag}>" for c in cells) + "</tr>"
    )
    best = "; ".join(
        f"{name}: {found['cosine']:.3f} (QKᵀ of layer {found['qk'][0]}, head {found['qk'][1]}; "
        f"VOᵀ of layer {found['vo'][0]}, head {found['vo'][1]})"
        for name, found in (("of QKᵀ with VOᵀ", record["best"]["plain"]),
                            ("with its transpose", record["best"]["flipped"]))
    )  # fmt: skip
    read = (
        f"{text['sentences']} sentences of {escape(text['source'])}" if text
        else "no sentences, as the folder has no tokenizer.json"
    )  # fmt: skip
    spectra = "".join(
        row([f"{s['layer']}", s["matrix"], *(_beside(s, law) for law in LAWS)], "td")
        for s in record["spectra"]
    )
    machine = record["machine"]
    return f"""<!doctype html><html lang="en"><meta charset="utf-8">
<title>Is it a field? {escape(about["name"])}</title><style>{_STYLE}</style><body>
<h1>How far is {escape(about["name"])} from a field?</h1>
<p>{escape(about["kind"])}, {about["layers"]} layers of {about["heads"]} heads,
{about["channels"]} channels, {read}. Weights' SHA-256 {about["sha256"]}.
Python {escape(machine["python"])}, torch {escape(machine["torch"])}, seed {record["seed"]}.</p>
<p>Largest cosine anywhere {escape(best)}.</p>
<p>Dots: one a head or layer. Dark bands: random weights of the same shapes and scales.
Light bands: the same weights with heads shuffled.</p>
<div class="figures">{figures}</div>
<h2>Layer by layer</h2><p>Means over heads and sentences; a null's range is over all layers.</p>
<div class="wide"><table>{row(heads(record), "th")}
{"".join(row(r, "td") for r in table(record))}</table></div>
<h2>Spectra</h2><p>Kolmogorov distance from each law (and of Gaussian weights).</p>
<div class="wide"><table>{row(["layer", "matrix", *LAWS.values()], "th")}{spectra}</table></div>
</body></html>
"""


LAWS = {"circular": "circular", "semicircle": "semicircle", "product": "product of two",
        "marchenko_pastur": "Marchenko-Pastur"}  # fmt: skip

_STYLE = (
    ":root{color-scheme:light dark}"
    "body{font:16px/1.5 system-ui,sans-serif;max-width:72rem;margin:auto;padding:1rem}"
    "td,th{padding:.15rem .6rem;text-align:right}td:first-child{text-align:left}"
    ".wide{overflow-x:auto}.figures{display:flex;flex-wrap:wrap;background:#fff}"
)


def _beside(row: Record, law: str) -> str:
    return f"{row[law]:.3f} ({row[f'{law}_null']:.3f})" if law in row else ""


def _svg(record: Record, key: str) -> str:
    """A panel as inline SVG."""
    title = next(n.title for n in NUMBERS if n.key == key)
    return svg(title, lambda ax: panel(ax, record, key), (4.2, 2.8))


def svg(label: str, draw: Callable[[Any], None], size: tuple[float, float]) -> str:
    """A picture of one axis as inline SVG, named by its label, without a date."""
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context({"svg.hashsalt": label, "svg.fonttype": "path"}):
        figure = Figure(figsize=size, layout="constrained")
        draw(figure.add_subplot())
        out = io.StringIO()
        figure.savefig(out, format="svg", metadata={"Date": None})
    text = out.getvalue()
    return text[text.index("<svg") :].replace(
        "<svg", f'<svg role="img" aria-label="{escape(label)}"', 1
    )
