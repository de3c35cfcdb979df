"""Draws book/figures/road.svg: one claim text becomes evidence, a verdict, and what people read.

    python book/figures/road.py          writes the file
    python book/figures/road.py --check  fails if the file is not what this script draws

Plain SVG with its own light paper: it is shown in the README, where no style sheet of ours reaches.
"""

from __future__ import annotations

import sys
from pathlib import Path
from xml.sax.saxutils import escape

FILE = Path(__file__).with_name("road.svg")
WIDTH, HEIGHT = 980, 350
INK, SOFT, LINE, WASH = "#22252a", "#565c66", "#c9ced6", "#f6f7f9"
HOLDS, REFUTED, LINK = "#17694a", "#a83c12", "#1b4f8f"
SANS = "system-ui, 'Segoe UI', 'Noto Sans', 'Liberation Sans', Helvetica, Arial, sans-serif"
MONO = "ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace"

TOP, ROW, STEP = 92, 62, 84
ROWS = [TOP + STEP * k for k in range(3)]


def text(
    x: float,
    y: float,
    words: str,
    *,
    size: float = 13,
    fill: str = INK,
    family: str = SANS,
    weight: int = 400,
    anchor: str = "start",
) -> str:
    return (
        f'<text x="{x:g}" y="{y:g}" font-family="{escape(family)}" font-size="{size:g}" '
        f'font-weight="{weight}" fill="{fill}" text-anchor="{anchor}">{escape(words)}</text>'
    )


def box(x: float, y: float, w: float, h: float, *, edge: str = LINE, fill: str = WASH) -> str:
    place = f'x="{x:g}" y="{y:g}" width="{w:g}" height="{h:g}"'
    return f'<rect {place} rx="5" fill="{fill}" stroke="{edge}"/>'


def bar(x: float, y: float, h: float, colour: str) -> str:
    return f'<rect x="{x:g}" y="{y:g}" width="4" height="{h:g}" rx="2" fill="{colour}"/>'


def arrow(x1: float, y1: float, x2: float, y2: float) -> str:
    middle = (x1 + x2) / 2
    path = f"M{x1:g} {y1:g} C{middle:g} {y1:g} {middle:g} {y2:g} {x2:g} {y2:g}"
    return (
        f'<path d="{path}" fill="none" stroke="{SOFT}" stroke-width="1.3" marker-end="url(#tip)"/>'
    )


def heading(x: float, words: str, below: str) -> str:
    return text(x, 40, words, size=16, weight=600) + text(x, 62, below, fill=SOFT, size=12.5)


def claim() -> list[str]:
    """The three forms of one text."""
    forms = [
        ("claim", "the force of the free energy", "is attention"),
        ("printed", "the same, as the source", "has it"),
        ("neighbour", "one factor too many", "(must fall)"),
    ]
    out = [heading(28, "A claim", "one text, with its neighbours")]
    for y, (role, first, second) in zip(ROWS, forms, strict=True):
        out += [box(28, y, 208, ROW), text(40, y + 19, role, size=12, family=MONO, fill=LINK)]
        out += [text(40, y + 37, first, size=12.5), text(40, y + 53, second, size=12.5)]
    return out


def evidence() -> list[str]:
    out = [heading(296, "Evidence", "derived from that text")]
    out += [box(296, ROWS[0], 204, ROWS[2] + ROW - ROWS[0])]
    lines = [
        ("floats propose", "many cases, guided search"),
        ("balls decide", "rigorous, at rising precision"),
        ("prime fields decide", "exact identities"),
        ("remainders decide", "orders and limits"),
    ]
    for k, (name, what) in enumerate(lines):
        y = ROWS[0] + 34 + 52 * k
        out += [text(310, y, name, weight=600), text(310, y + 18, what, size=12, fill=SOFT)]
    out += [arrow(236, y + ROW / 2, 292, y + ROW / 2) for y in ROWS]
    return out


def verdicts() -> list[str]:
    out = [heading(560, "A verdict", "graded, never summed")]
    rows = [
        ("✓ proved", "with how far it reaches", HOLDS),
        ("✗ refuted", "with a witness to check", REFUTED),
        ("✗ refuted", "the check can see a fault", REFUTED),
    ]
    for y, (word, what, colour) in zip(ROWS, rows, strict=True):
        out += [arrow(500, y + ROW / 2, 556, y + ROW / 2)]
        out += [box(560, y, 200, ROW), bar(560, y, ROW, colour)]
        out += [text(576, y + 27, word, size=14, weight=600, fill=colour)]
        out += [text(576, y + 46, what, size=12, fill=SOFT)]
    return out


def readers() -> list[str]:
    out = [heading(820, "What you read", "from one ledger")]
    rows = [
        ("the book", "make book"),
        ("the tests", "make test"),
        ("a replay", "fieldcheck replay"),
    ]
    for y, (name, command) in zip(ROWS, rows, strict=True):
        out += [arrow(760, y + ROW / 2, 816, y + ROW / 2), box(820, y, 132, ROW)]
        out += [text(834, y + 27, name, weight=600)]
        out += [text(834, y + 46, command, size=11, family=MONO, fill=SOFT)]
    return out


def drawing() -> str:
    """Return the whole picture as SVG text."""
    label = "A claim with its printed form and a false neighbour; evidence; verdicts; what is read"
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'width="{WIDTH}" height="{HEIGHT}" role="img" aria-label="{label}">\n'
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" '
        f'markerHeight="7" orient="auto"><path d="M0 0.8 L7 4 L0 7.2 z" fill="{SOFT}"/>'
        "</marker></defs>\n"
        f'<rect width="{WIDTH}" height="{HEIGHT}" rx="8" fill="#ffffff"/>\n'
    )
    body = "\n".join([*claim(), *evidence(), *verdicts(), *readers()])
    return f"{head}{body}\n</svg>\n"


if __name__ == "__main__":
    if sys.argv[1:] == ["--check"]:
        same = FILE.is_file() and FILE.read_text(encoding="utf8") == drawing()
        sys.exit(None if same else f"{FILE} is not what {Path(__file__).name} draws: run it anew")
    FILE.write_text(drawing(), encoding="utf8")
