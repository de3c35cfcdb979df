"""The claims map: every claim a box, every "rests on" an arrow.

Mark and border say what was found for the claim itself: a filled mark is certain, an open one
numerical. The fill says how sure one may be once all that it rests on is counted: dark, proved for
every size; pale, up to a size or on a box; none, numerical; dashed, something below is not settled.
:func:`chapter_svg` draws one chapter with names and arrows; :func:`tiles_svg` draws a chapter as a
few small tiles, so that all chapters fit on a screen. Both are plain SVG that reads without a
script; ``ledger.js`` adds that the chain of the claim under the pointer stands out. The pictures
depend on the rows alone: the same ledger gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from fieldcheck.ledger.records import ClaimRow
from fieldcheck.pages.words import MARK, ground, headline, tone
from fieldcheck.verdict import Word

COLUMNS = 3
BOX_WIDTH, BOX_HEIGHT = 216, 26
GAP_X, GAP_Y, TIGHT_Y, MARGIN = 16, 22, 8, 4
TILE, TILE_GAP, TILES_A_ROW = 24, 4, 11
GROUND = {
    Word.PROVED: ("proved", "proved for every size, or refuted"),
    Word.UP_TO: ("part", "up to a size, or on a box"),
    Word.STANDS: ("stands", "numerical"),
    None: ("none", "unsettled"),
}
"""What the ground makes of a claim: the class of its fill, and the words for it."""
_SAME = {Word.REFUTED: Word.PROVED, Word.ON: Word.UP_TO, Word.FAILS: Word.STANDS}

Link = Callable[[str], str | None]


@dataclass(frozen=True)
class Box:
    """A claim's place on a chapter's map."""

    row: ClaimRow
    column: int
    y: int
    ghost: bool = False
    """A claim of another chapter that something here rests on."""

    @property
    def x(self) -> int:
        return MARGIN + self.column * (BOX_WIDTH + GAP_X)

    @property
    def top(self) -> tuple[int, int]:
        return self.x + BOX_WIDTH // 2, self.y

    @property
    def bottom(self) -> tuple[int, int]:
        return self.x + BOX_WIDTH // 2, self.y + BOX_HEIGHT


# --- layout ---------------------------------------------------------------------------------------


def depths(rows: Sequence[ClaimRow]) -> dict[str, int]:
    """For each claim, the longest chain of the given claims below it; a circle does not hang."""
    by_id = {row.id: row for row in rows}
    found: dict[str, int] = {}

    def depth(claim_id: str, path: frozenset[str]) -> int:
        if claim_id not in found:
            path = path | {claim_id}
            below = [
                depth(name, path)
                for name in by_id[claim_id].needs
                if name in by_id and name not in path
            ]
            found[claim_id] = 1 + max(below, default=-1)
        return found[claim_id]

    for row in rows:
        depth(row.id, frozenset())
    return found


def place(rows: Sequence[ClaimRow], ghosts: Sequence[ClaimRow] = ()) -> tuple[dict[str, Box], int]:
    """Claims below what they rest on; claims without an arrow stand together at the end.

    Args:
        rows: the chapter's.
        ghosts: rows of other chapters that some of them rest on.

    Returns:
        Boxes by id, and the height of the whole.
    """
    everything = [*ghosts, *rows]
    names = {row.id for row in everything}
    level = depths(everything)
    tied = {name for row in everything for name in row.needs if name in names}
    tied |= {row.id for row in rows if any(name in names for name in row.needs)}
    strange = {row.id for row in ghosts}
    boxes: dict[str, Box] = {}
    y = MARGIN
    for depth in sorted({level[name] for name in tied}):
        line = [row for row in everything if row.id in tied and level[row.id] == depth]
        y = _fill(line, boxes, strange, y, GAP_Y)
    y = _fill([row for row in rows if row.id not in tied], boxes, strange, y, TIGHT_Y)
    lowest = max((box.y for box in boxes.values()), default=0)
    return boxes, lowest + BOX_HEIGHT + MARGIN


def _fill(line: list[ClaimRow], boxes: dict[str, Box], strange: set[str], y: int, gap: int) -> int:
    """Place a level of claims, each as near below what it rests on as is free; give the next y.

    A level of more than ``COLUMNS`` claims takes several rows.
    """

    def wish(row: ClaimRow) -> float:
        below = [boxes[name].column for name in row.needs if name in boxes]
        return sum(below) / len(below) if below else float(COLUMNS)

    for start in range(0, len(line), COLUMNS):
        free = list(range(COLUMNS))
        for row in sorted(line[start : start + COLUMNS], key=wish):
            aim = wish(row)
            column = free[0] if aim == COLUMNS else min(free, key=lambda c: (abs(c - aim), c))
            free.remove(column)
            boxes[row.id] = Box(row, column, y, row.id in strange)
        y += BOX_HEIGHT + gap
    return y


# --- one chapter, with names and arrows -----------------------------------------------------------


def chapter_svg(
    rows: Sequence[ClaimRow],
    all_rows: Mapping[str, ClaimRow],
    *,
    link: Link = lambda claim_id: None,
) -> str:
    """A chapter's map as an SVG element to stand inside a page.

    Args:
        rows: the chapter's rows.
        all_rows: every row by id, to find what lies in other chapters.
        link: address of a claim's card, or None.
    """
    own = {row.id for row in rows}
    outside = dict.fromkeys(name for row in rows for name in row.needs if name not in own)
    boxes, height = place(rows, [all_rows[name] for name in outside if name in all_rows])
    width = 2 * MARGIN + COLUMNS * BOX_WIDTH + (COLUMNS - 1) * GAP_X
    said = f"Map of {len(rows)} claims: an arrow leads from each to those that rest on it"
    parts = [_open(width, height, said), _TIP]
    for box in boxes.values():
        parts += [_arrow(boxes[name], box) for name in box.row.needs if name in boxes]
    parts += [_box(box, link(box.row.id)) for box in boxes.values()]
    return "\n".join([*parts, "</svg>"])


_TIP = (
    '<defs><marker id="fc-map-tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" '
    'markerHeight="7" orient="auto"><path d="M0 1 L7 4 L0 7 z" class="fc-map-tip"/>'
    "</marker></defs>"
)


def _open(width: int, height: int, said: str) -> str:
    return (
        f'<svg class="fc-map" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}" role="group" aria-label="{escape(said)}">'
    )


def _arrow(below: Box, above: Box) -> str:
    """From what is rested on to what rests on it."""
    (x0, y0), (x1, y1) = below.bottom, above.top
    down = y1 > y0
    if not down:
        (x0, y0), (x1, y1) = below.top, above.bottom
    bend = max(10, min(50, abs(y1 - y0) // 2)) * (1 if down else -1)
    path = f"M{x0} {y0} C{x0} {y0 + bend} {x1} {y1 - bend} {x1} {y1}"
    return (
        f'<path class="fc-map-arrow" data-from="{below.row.id}" '
        f'data-to="{above.row.id}" d="{path}" marker-end="url(#fc-map-tip)"/>'
    )


def _box(box: Box, address: str | None) -> str:
    inner = (
        f'<rect x="{box.x}" y="{box.y}" width="{BOX_WIDTH}" height="{BOX_HEIGHT}" rx="4"/>'
        f'<text x="{box.x + 8}" y="{box.y + 17}">{escape(_label(box.row))}</text>'
    )
    return _claim(box.row, inner, address, "fc-map-ghost" if box.ghost else "")


def _label(row: ClaimRow) -> str:
    """Mark and id, cut to the box's width."""
    text = f"{MARK[row.verdict]} {row.id}"
    used = 0.0
    for index, sign in enumerate(text):
        used += 4.0 if sign in "iljtfr-. " else 7.0  # a wide sans-serif at 11 px
        if used > BOX_WIDTH - 14:
            return text[: index - 1] + "…"
    return text


# --- all chapters, as tiles -----------------------------------------------------------------------


def tiles_svg(rows: Sequence[ClaimRow], *, link: Link = lambda claim_id: None) -> str:
    """A chapter's claims as tiles in the register's order, a mark in each."""
    lines = -(-len(rows) // TILES_A_ROW)
    step = TILE + TILE_GAP
    width, height = TILES_A_ROW * step, lines * step
    parts = [_open(width, height, f"{len(rows)} claims")]
    for index, row in enumerate(rows):
        x, y = index % TILES_A_ROW * step + 2, index // TILES_A_ROW * step + 2
        inner = (
            f'<rect x="{x}" y="{y}" width="{TILE}" height="{TILE}" rx="4"/>'
            f'<text x="{x + TILE // 2}" y="{y + 16}">{MARK[row.verdict]}</text>'
        )
        parts.append(_claim(row, inner, link(row.id), "fc-map-tile"))
    return "\n".join([*parts, "</svg>"])


def key() -> str:
    """What marks, borders and fills mean, as a list of small tiles."""
    size = TILE + 4
    marks = [(f"fc-verdict-{tone(w)} fc-map-none fc-map-key-border", w, m) for w, m in MARK.items()]
    fills = [(f"fc-verdict-none fc-map-{name}", said, "") for name, said in GROUND.values()]
    lines = []
    for what, entries in (("mark", marks), ("fill", fills)):
        items = [f"<span>{what}:</span>"]
        for classes, said, mark in entries:
            shape = f'<rect x="2" y="2" width="{TILE}" height="{TILE}" rx="4"/>'
            text = f'<text x="{size // 2}" y="18">{mark}</text>' if mark else ""
            items.append(
                f'<span><svg class="fc-map" viewBox="0 0 {size} {size}" width="{size}" '
                f'height="{size}" aria-hidden="true"><g class="fc-map-tile fc-map-sample '
                f'{classes}">{shape}{text}</g></svg> {said}</span>'
            )
        lines.append(f'<div class="fc-map-key">{" ".join(items)}</div>')
    return "\n".join(lines)


# --- both -----------------------------------------------------------------------------------------


def says(row: ClaimRow) -> str:
    """What a box stands for, in a line."""
    text = f"{row.title}: {headline(row.main)}"
    text += f", {row.grade}" if row.grade else ""
    return f"{text}; {ground(row)}" if row.weakest else text


def _claim(row: ClaimRow, inner: str, address: str | None, extra: str) -> str:
    word = row.rests_on and _SAME.get(row.rests_on, row.rests_on)
    fill, _ = GROUND[word]
    classes = f"fc-map-claim fc-verdict-{tone(row.verdict)} fc-map-{fill} {extra}".strip()
    common = f'class="{classes}" data-claim="{row.id}" data-needs="{" ".join(row.needs)}"'
    inner = f"<title>{escape(says(row))}</title>{inner}"
    if address:
        return f'<a {common} href="{escape(address)}">{inner}</a>'
    return f"<g {common}>{inner}</g>"
