"""The claims map: declared headlines, layered; an edge is a path of `needs` between two of them.

Each headline has two marks. Its own: filled if it is certain, open if numerical, round for the
statement, square against it. And that of all it rests on, itself among it: how far the weakest of
it reaches. Edges run in the channels between the lines of boxes and in the lanes between their
columns, so that none passes behind a box. Beside the picture stand a tree, for narrow pages, and a
table; all are plain HTML that reads without a script. The same ledger gives the same bytes.
"""

from __future__ import annotations

import textwrap
import tomllib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

from fieldcheck.ledger.records import ClaimRow
from fieldcheck.pages.words import MARK, ground, headline, tone
from fieldcheck.verdict import Word

FILE = Path(__file__).with_name("headlines.toml")
COLUMNS = 3
WIDTH, HEIGHT = 184, 50
LANE, TRACK, PORT = 6, 7, 11
"""Between two edges in a lane, in a channel, and at a box."""
ASIDE, CHANNEL, MARGIN = 11, 20, 4
"""Least room between an edge and a box in a lane; height of a channel without edges; the rim."""
SIGNS, LINES = 21, 3
"""Signs and lines of a title in a box."""

GROUND = {
    Word.PROVED: ("▮", "proved for every size, or refuted"),
    Word.UP_TO: ("▥", "up to a size, or on a box"),
    Word.STANDS: ("▯", "numerical"),
    None: ("?", "unsettled"),
}
"""What all that a claim rests on makes of it: the mark, and the words for it."""
_SAME = {Word.REFUTED: Word.PROVED, Word.ON: Word.UP_TO, Word.FAILS: Word.STANDS}

Link = Callable[[str], str | None]
Point = tuple[float, float]


def declared(path: Path = FILE) -> list[str]:
    """The ids of the headlines, in the order of the table."""
    return list(tomllib.loads(path.read_text(encoding="utf-8"))["claims"])


def ground_of(row: ClaimRow) -> tuple[str, str]:
    """The mark of all that a claim rests on, and its words."""
    return GROUND[row.rests_on and _SAME.get(row.rests_on, row.rests_on)]


def edges(names: Sequence[str], rows: Mapping[str, ClaimRow]) -> list[tuple[str, str]]:
    """Pairs (below, above): a path of `needs` leads from the second down to the first, and no other
    headline lies on it."""
    own = set(names)
    found = []
    for name in names:
        seen: set[str] = set()
        todo = list(rows[name].needs)
        while todo:
            here = todo.pop(0)
            if here in seen or here not in rows or here == name:
                continue
            seen.add(here)
            if here not in own:
                todo += rows[here].needs
        found += [(below, name) for below in names if below in seen]
    return found


# --- layout ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Box:
    """A headline's place: its line and column, and its left upper corner."""

    name: str
    line: int
    column: int
    x: float
    y: float


@dataclass
class Layout:
    """Boxes by name, and for each edge the corners of its way."""

    boxes: dict[str, Box] = field(default_factory=dict)
    ways: dict[tuple[str, str], list[Point]] = field(default_factory=dict)
    lanes: list[float] = field(default_factory=list)
    """Where the room beside each column begins."""
    width: float = 0
    height: float = 0


def depths(names: Sequence[str], pairs: Iterable[tuple[str, str]]) -> dict[str, int]:
    """For each headline, the longest way of edges below it; a circle does not hang."""
    below: dict[str, list[str]] = {name: [] for name in names}
    for low, high in pairs:
        below[high].append(low)
    found: dict[str, int] = {}

    def depth(name: str, path: frozenset[str]) -> int:
        if name not in found:
            path = path | {name}
            found[name] = 1 + max(
                (depth(b, path) for b in below[name] if b not in path), default=-1
            )
        return found[name]

    for name in names:
        depth(name, frozenset())
    return found


def _lines(names: Sequence[str], pairs: list[tuple[str, str]]) -> list[dict[str, int]]:
    """Lines of at most ``COLUMNS`` headlines, each with its column: what rests on others below
    them, each as near below as is free; what is tied to nothing in the end."""
    level = depths(names, pairs)
    tied = {name for pair in pairs for name in pair}
    column: dict[str, int] = {}
    lines: list[dict[str, int]] = []

    def wish(name: str) -> float:
        near = [column[low] for low, high in pairs if high == name and low in column]
        return sum(near) / len(near) if near else float(COLUMNS)

    groups = [
        [n for n in names if n in tied and level[n] == d] for d in sorted(set(level.values()))
    ]
    for group in [*groups, [n for n in names if n not in tied]]:
        for start in range(0, len(group), COLUMNS):
            free = list(range(COLUMNS))
            line: dict[str, int] = {}
            for name in sorted(group[start : start + COLUMNS], key=wish):
                aim = wish(name)
                spot = free[0] if aim == COLUMNS else min(free, key=lambda c: (abs(c - aim), c))
                free.remove(spot)
                line[name] = column[name] = spot
            lines.append(line)
    return lines


def layout(names: Sequence[str], pairs: list[tuple[str, str]]) -> Layout:
    """Where boxes stand and how edges run; every edge goes down, and none through a box."""
    lines = _lines(names, pairs)
    at = {name: (k, column) for k, line in enumerate(lines) for name, column in line.items()}
    pairs = [(low, high) for low, high in pairs if at[low][0] < at[high][0]]  # no circles
    lane = {pair: _gap(at[pair[0]][1], at[pair[1]][1]) for pair in pairs if _far(pair, at)}
    room = [2 * ASIDE + LANE * max(0, _count(lane, g) - 1) for g in range(COLUMNS + 1)]
    left = [MARGIN + sum(room[: c + 1]) + c * WIDTH for c in range(COLUMNS)]
    tracks = [_tracks(pairs, at, k) for k in range(len(lines) - 1)]
    top = [float(MARGIN)]
    for used in tracks:
        top.append(top[-1] + HEIGHT + CHANNEL + TRACK * len(used))
    made = Layout(width=left[-1] + WIDTH + room[-1] + MARGIN, height=top[-1] + HEIGHT + MARGIN)
    made.lanes = [float(MARGIN), *(x + WIDTH for x in left)]
    for name, (line, column) in at.items():
        made.boxes[name] = Box(name, line, column, left[column], top[line])
    for pair in pairs:
        made.ways[pair] = _way(pair, made, pairs, lane, tracks)
    return made


def _far(pair: tuple[str, str], at: Mapping[str, tuple[int, int]]) -> bool:
    return at[pair[1]][0] - at[pair[0]][0] > 1


def _gap(one: int, other: int) -> int:
    """The lane between two columns, or beside the one they share."""
    return max(one, other) if one != other else (one if one < COLUMNS / 2 else one + 1)


def _count(lane: Mapping[tuple[str, str], int], gap: int) -> int:
    return sum(g == gap for g in lane.values())


def _tracks(pairs, at, line: int) -> list[tuple[str, str]]:
    """The edges that turn in the channel below a line: those that leave it or reach the next."""
    return [p for p in pairs if at[p[0]][0] == line or at[p[1]][0] == line + 1]


def _way(pair, made: Layout, pairs, lane, tracks) -> list[Point]:
    low, high = made.boxes[pair[0]], made.boxes[pair[1]]
    out = [p for p in pairs if p[0] == pair[0]]
    into = [p for p in pairs if p[1] == pair[1]]
    step = _step(pairs)  # an eighth aside, edges that leave never meet those that reach
    x0 = low.x + WIDTH / 2 + step * (out.index(pair) - (len(out) - 1) / 2 - 1 / 8)
    x1 = high.x + WIDTH / 2 + step * (into.index(pair) - (len(into) - 1) / 2 + 1 / 8)
    first = _height(made, tracks, low.line, pair)
    if pair not in lane and low.column == high.column and len(out) == len(into) == 1:
        return [(x0, low.y + HEIGHT), (x0, high.y)]
    if pair not in lane:
        return [(x0, low.y + HEIGHT), (x0, first), (x1, first), (x1, high.y)]
    gap = lane[pair]
    same = [p for p in lane if lane[p] == gap]
    edge = made.lanes[gap] + ASIDE + LANE * same.index(pair)
    last = _height(made, tracks, high.line - 1, pair)
    return [
        (x0, low.y + HEIGHT), (x0, first), (edge, first), (edge, last), (x1, last), (x1, high.y),
    ]  # fmt: skip


def _step(pairs) -> float:
    """Between two edges at a box: the same for all boxes, and less where one has many."""
    ends = Counter((k, pair[k]) for pair in pairs for k in (0, 1))
    return min(float(PORT), (WIDTH - 20) / max(ends.values()))


def _height(made: Layout, tracks, line: int, pair) -> float:
    """The height of an edge's track in the channel below a line."""
    below = next(box.y for box in made.boxes.values() if box.line == line) + HEIGHT
    return below + CHANNEL / 2 + TRACK * tracks[line].index(pair)


# --- the picture ----------------------------------------------------------------------------------


def svg(
    names: Sequence[str], rows: Mapping[str, ClaimRow], *, link: Link = lambda claim_id: None
) -> str:
    """The map as an SVG element to stand inside a page.

    Args:
        names: the headlines.
        rows: every row by id.
        link: address of a claim's card, or None.
    """
    pairs = edges(names, rows)
    made = layout(names, pairs)
    said = f"{len(names)} headlines: an arrow leads from each to those that rest on it"
    parts = [
        f'<svg class="fc-map" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {made.width:g} '
        f'{made.height:g}" width="{made.width:g}" height="{made.height:g}" role="group" '
        f'aria-label="{escape(said)}">',
        _TIP,
    ]
    for (low, high), way in made.ways.items():
        path = "M" + " L".join(f"{x:g} {y:g}" for x, y in way)
        parts.append(
            f'<path class="fc-map-arrow" data-from="{low}" data-to="{high}" d="{path}" '
            'marker-end="url(#fc-map-tip)"/>'
        )
    needs = {name: [low for low, high in pairs if high == name] for name in names}
    parts += [_box(made.boxes[name], rows[name], needs[name], link(name)) for name in names]
    return "\n".join([*parts, "</svg>"])


_TIP = (
    '<defs><marker id="fc-map-tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" '
    'markerHeight="7" orient="auto"><path d="M0 1 L7 4 L0 7 z" class="fc-map-tip"/>'
    "</marker></defs>"
)


def _box(box: Box, row: ClaimRow, needs: Sequence[str], address: str | None) -> str:
    lines = textwrap.wrap(row.title, SIGNS, max_lines=LINES, placeholder=" …")
    top = box.y + HEIGHT / 2 - 6.5 * (len(lines) - 1) + 4
    text = "".join(
        f'<text x="{box.x + 24:g}" y="{top + 13 * k:g}">{escape(line)}</text>'
        for k, line in enumerate(lines)
    )
    inner = (
        f"<title>{escape(says(row))}</title>"
        f'<rect x="{box.x:g}" y="{box.y:g}" width="{WIDTH}" height="{HEIGHT}" rx="4"/>'
        f'<text class="fc-map-mark" x="{box.x + 12:g}" y="{box.y + HEIGHT / 2 + 4:g}">'
        f"{MARK[row.verdict]}</text>{text}"
        f'<text class="fc-map-ground" x="{box.x + WIDTH - 11:g}" y="{box.y + HEIGHT / 2 + 4:g}">'
        f"{ground_of(row)[0]}</text>"
    )
    common = f'class="fc-map-claim fc-verdict-{tone(row.verdict)}" {data(row, needs)}'
    if address:
        return f'<a {common} href="{escape(address)}">{inner}</a>'
    return f"<g {common}>{inner}</g>"


def data(row: ClaimRow, needs: Sequence[str]) -> str:
    """What the filters ask for, as attributes."""
    works = ",".join(dict.fromkeys(source.work for source in row.sources))
    return (
        f'data-claim="{row.id}" data-needs="{" ".join(needs)}" data-source="{escape(works)}" '
        f'data-chapter="{escape(row.chapter)}" data-verdict="{row.verdict}"'
    )


def says(row: ClaimRow) -> str:
    """What a box stands for, in a line."""
    text = f"{row.title}: {headline(row.main)}"
    text += f", {row.grade}" if row.grade else ""
    return f"{text}; {ground(row)}" if row.weakest else text


def key() -> str:
    """What the two marks mean."""
    own = [f"<dt>{mark}</dt><dd>{word}</dd>" for word, mark in MARK.items()]
    below = [f"<dt>{mark}</dt><dd>{words}</dd>" for mark, words in GROUND.values()]
    return (
        f'<dl class="fc-map-key"><div><dt>Left, its own verdict:</dt></div>{_pairs(own)}</dl>'
        '<dl class="fc-map-key"><div><dt>Right, all it rests on:</dt></div>'
        f"{_pairs(below)}</dl>"
    )


def _pairs(items: Iterable[str]) -> str:
    return "".join(f"<div>{item}</div>" for item in items)


# --- the same as a tree and as a table ------------------------------------------------------------


def tree(
    names: Sequence[str], rows: Mapping[str, ClaimRow], *, link: Link = lambda claim_id: None
) -> str:
    """An indented list: under each headline what it rests on; what came before is named only."""
    pairs = edges(names, rows)
    resting = {low for low, _ in pairs}
    seen: set[str] = set()

    def item(name: str) -> str:
        again = name in seen
        seen.add(name)
        below = [] if again else [low for low, high in pairs if high == name]
        more = f"<ul>{''.join(map(item, below))}</ul>" if below else ""
        row = rows[name]
        note = " (above)" if again and any(high == name for _, high in pairs) else ""
        marks = f"{MARK[row.verdict]} {ground_of(row)[0]}"
        return f"<li {data(row, below)}>{marks} {_named(row, link)}{note}{more}</li>"

    roots = [name for name in names if name not in resting]
    return f'<ul class="fc-map-tree">{"".join(map(item, roots))}</ul>'


HEADER = ("claim", "chapter", "source", "its own verdict", "all it rests on", "rests on")


def table(
    names: Sequence[str], rows: Mapping[str, ClaimRow], *, link: Link = lambda claim_id: None
) -> str:
    """A line for each headline."""
    pairs = edges(names, rows)
    lines = []
    for name in names:
        row = rows[name]
        needs = [low for low, high in pairs if high == name]
        mark, said = ground_of(row)
        cells = (
            _named(row, link),
            escape(row.chapter.replace("_", " ")),
            escape(", ".join(dict.fromkeys(source.work for source in row.sources))),
            f"{MARK[row.verdict]} {escape(headline(row.main))}",
            f"{mark} {escape(said)}",
            "; ".join(_named(rows[low], link) for low in needs) or "",
        )
        line = "".join(f"<td>{cell}</td>" for cell in cells)
        lines.append(f"<tr {data(row, needs)}>{line}</tr>")
    head = "".join(f'<th scope="col">{name}</th>' for name in HEADER)
    return (
        f'<table class="fc-ledger fc-map-table table"><thead><tr>{head}</tr></thead>'
        f"<tbody>{''.join(lines)}</tbody></table>"
    )


def _named(row: ClaimRow, link: Link) -> str:
    address = link(row.id)
    title = escape(row.title)
    return f'<a href="{escape(address)}">{title}</a>' if address else title
