"""On a phone a drawing is as wide as its smallest text needs, and scrolls by itself if it must.

matplotlib draws text as outlines, and their scale stands in the file: `scale(0.1 -0.1)` is size 10.
An exponent is smaller than the text that it belongs to, and is not counted.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

LEAST = 9.0
"""Pixels that the smallest text of a picture has on a narrow screen."""
WIDTH = re.compile(r'<svg[^>]*?\bwidth="([\d.]+)(pt|px)?"', re.DOTALL)
VIEWBOX = re.compile(r'<svg[^>]*?\bviewBox="0 0 ([\d.]+) [\d.]+"', re.DOTALL)
OUTLINE = re.compile(r"scale\((0?\.\d+) -0?\.\d+\)")
NAMED = re.compile(r'font-size(?:="|: ?)([\d.]+)')


@cache
def needed(path: Path) -> int:
    """The width in pixels at which the picture's smallest text has its least size; 0 if unknown."""
    text = path.read_text(encoding="utf8")
    size = smallest(text)
    width = VIEWBOX.search(text) or WIDTH.search(text)
    return round(LEAST / size * float(width[1])) if size and width else 0


def smallest(svg: str) -> float | None:
    """The smallest text of an SVG, in units of its own width."""
    sizes = [float(s) * 100 for s in OUTLINE.findall(svg)] + [float(s) for s in NAMED.findall(svg)]
    return min(sizes, default=None)


def mark(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Wrap each drawing in a box that may scroll, and tell it how wide the drawing must be."""
    if app.builder.format != "html":
        return
    for image in list(doctree.findall(nodes.image)):
        path = Path(app.srcdir) / image["uri"]
        if not path.is_file():
            path = Path(image["uri"])
        if path.suffix != ".svg" or not path.is_file():
            continue
        least = needed(path)
        if least and not isinstance(image.parent, nodes.reference):
            image["classes"].append("fc-drawing")
            box = nodes.container(classes=["fc-picture", f"fc-least-{_step(least)}"])
            image.replace_self(box)
            box += image


def _step(pixels: int) -> int:
    """Widths come in steps of forty pixels, a class each; below 340 none is needed."""
    return min(max(340, -(-pixels // 40) * 40), 1100)


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("doctree-resolved", mark, priority=900)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
