"""The claims map: every claim a box, every "rests on" an arrow, as one SVG without scripts.

The border says what was found for the claim itself. The fill says how sure one may be once all
that it rests on is counted: the darker, the surer; empty and dashed, if something below is not
settled. The picture depends on the rows alone, so the same ledger gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape

from fieldcheck.ledger.store import Row

COLUMNS = 4
BOX_WIDTH, BOX_HEIGHT = 190, 28
GAP_X, GAP_Y = 14, 20
BAND_HEAD, BAND_GAP, MARGIN = 26, 16, 8
MARK = {"holds": "✓", "refuted": "✗", "undecided": "?", "invalid": "!"}


@dataclass(frozen=True)
class Box:
    """A claim's place on the map."""

    row: Row
    x: int
    y: int

    @property
    def top(self) -> tuple[int, int]:
        return self.x + BOX_WIDTH // 2, self.y

    @property
    def bottom(self) -> tuple[int, int]:
        return self.x + BOX_WIDTH // 2, self.y + BOX_HEIGHT


def depths(rows: Sequence[Row]) -> dict[str, int]:
    """For each claim, the longest chain of claims of its own chapter below it."""
    by_id = {row["id"]: row for row in rows}
    found: dict[str, int] = {}

    def depth(claim_id: str, path: frozenset[str]) -> int:
        if claim_id not in found:
            row = by_id[claim_id]
            below = [
                depth(name, path | {claim_id})
                for name in row["needs"]
                if name in by_id
                and name not in path | {claim_id}
                and by_id[name]["chapter"] == row["chapter"]
            ]
            found[claim_id] = 1 + max(below, default=-1)
        return found[claim_id]

    for row in rows:
        depth(row["id"], frozenset())
    return found


def place(
    rows: Sequence[Row], chapters: Sequence[str]
) -> tuple[list[tuple[str, int]], dict[str, Box], int]:
    """Bands of chapters from top to bottom; in a band, claims below what they rest on.

    Returns:
        (chapter, y) of each band; box by id; height of the whole.
    """
    level = depths(rows)
    bands: list[tuple[str, int]] = []
    boxes: dict[str, Box] = {}
    y = MARGIN
    for chapter in chapters:
        members = [row for row in rows if row["chapter"] == chapter]
        if not members:
            continue
        bands.append((chapter, y))
        y += BAND_HEAD
        for depth in sorted({level[row["id"]] for row in members}):
            line = [row for row in members if level[row["id"]] == depth]
            for start in range(0, len(line), COLUMNS):
                for column, row in enumerate(line[start : start + COLUMNS]):
                    boxes[row["id"]] = Box(row, MARGIN + column * (BOX_WIDTH + GAP_X), y)
                y += BOX_HEIGHT + GAP_Y
        y += BAND_GAP - GAP_Y
    return bands, boxes, y + MARGIN


def svg(
    rows: Sequence[Row],
    *,
    chapters: Sequence[str] = (),
    titles: dict[str, str] | None = None,
    link: Callable[[str], str | None] = lambda claim_id: None,
) -> str:
    """The map as an SVG element to stand inside a page.

    Args:
        rows: the ledger's rows.
        chapters: their order; chapters that are not named follow in the rows' order.
        titles: chapter titles by stem.
        link: address of a claim's card, or None.
    """
    order = list(dict.fromkeys([*chapters, *(row["chapter"] for row in rows)]))
    bands, boxes, height = place(rows, order)
    width = 2 * MARGIN + COLUMNS * BOX_WIDTH + (COLUMNS - 1) * GAP_X
    parts = [
        f'<svg class="fc-map" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}" role="group" aria-label="Map of the claims: '
        f'{len(boxes)} boxes, an arrow from each claim to those that rest on it">',
        '<defs><marker id="fc-map-tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" '
        'markerHeight="7" orient="auto"><path d="M0 1 L7 4 L0 7 z" class="fc-map-tip"/>'
        "</marker></defs>",
    ]
    for chapter, y in bands:
        title = (titles or {}).get(chapter, chapter)
        parts.append(
            f'<text class="fc-map-chapter" x="{MARGIN}" y="{y + 17}">{escape(title)}</text>'
        )
    for box in boxes.values():
        for name in box.row["needs"]:
            if name in boxes:
                parts.append(_arrow(boxes[name], box))
    parts += [_box(box, link(box.row["id"])) for box in boxes.values()]
    parts.append("</svg>")
    return "\n".join(parts)


def _arrow(below: Box, above: Box) -> str:
    (x0, y0), (x1, y1) = below.bottom, above.top
    if y1 <= y0:  # it rests on a claim further down the page
        (x0, y0), (x1, y1) = below.top, above.bottom
    bend = max(12, min(60, abs(y1 - y0) // 2)) * (1 if y1 > y0 else -1)
    path = f"M{x0} {y0} C{x0} {y0 + bend} {x1} {y1 - bend} {x1} {y1}"
    return f'<path class="fc-map-arrow" d="{path}" marker-end="url(#fc-map-tip)"/>'


def _box(box: Box, address: str | None) -> str:
    row = box.row
    grade = row["shown_grade"] or "none"
    label = f"{MARK[row['verdict']]} {row['id']}"
    if len(label) > 31:
        label = label[:30] + "…"
    says = f"{row['title']}: {row['verdict']}"
    says += f", {row['grade']}" if row["grade"] else ""
    if row["capped_by"]:
        says += f", counted as {row['shown_grade'] or 'unsettled'} since it rests on "
        says += row["capped_by"]
    inner = (
        f"<title>{escape(says)}</title>"
        f'<rect x="{box.x}" y="{box.y}" width="{BOX_WIDTH}" height="{BOX_HEIGHT}" rx="4"/>'
        f'<text x="{box.x + 8}" y="{box.y + 18}">{escape(label)}</text>'
    )
    classes = f"fc-map-claim fc-verdict-{row['verdict']} fc-map-{grade}"
    if address:
        return f'<a class="{classes}" href="{escape(address)}">{inner}</a>'
    return f'<g class="{classes}">{inner}</g>'
