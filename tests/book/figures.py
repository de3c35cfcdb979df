"""The book in figures, a line a page: ``python -m tests.book.figures [HTML] [PAGE …]``.

Printed, and written to ``_build/figures.md`` and ``_build/figures.json``. Of the two times, the
first screen's is a clock's, with the processor made four times slower, as on a phone: on a machine
that does other things it is too long. The whole page's is the processor's own, times four.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from playwright.sync_api import sync_playwright

from tests.book.reader import NARROW, WIDE, Reader, Report, launch
from tests.book.source import ROOT, table_of_contents

sys.path.insert(0, str(ROOT / "book" / "_ext"))
import pictures

SLOWER = 4
FIRST = """(function look() {
  const root = document.scrollingElement, faces = [...(document.fonts ?? [])];
  const there = root && root.scrollHeight > innerHeight && document.querySelector("article h1");
  const painted = performance.getEntriesByName("first-contentful-paint").length;
  if (there && painted && faces.every(face => face.status !== "loading"))
    window.first = performance.now();
  else requestAnimationFrame(look);
})()"""
"""A frame is drawn, more than a screen is laid out, and no face of type is still on its way."""

TYPESET = """addEventListener("DOMContentLoaded", () => document.fonts.ready.then(() =>
  requestAnimationFrame(() => requestAnimationFrame(() => {
    window.typeset = performance.now();
  }))))"""


@dataclass
class Figures:
    """What the reader of one page meets."""

    page: str
    kilobytes: int  # the page and all that it loads
    words: int  # before anything is opened, formulas as they are read aloud
    cards: int  # that stand open on the page, not as one line
    rows: int  # cards of one line
    cut_wide: int  # display formulas that scroll, folds open
    cut_narrow: int
    least_text: float  # of pictures on a phone, in pixels; 0 where there is none
    first: float  # seconds to the first screen
    seconds: float
    axe: int
    screens_wide: float
    screens_narrow: float


def figures(reader: Reader, path: Path) -> Figures:
    report = reader.read(path)
    seen = Report()
    with reader.open(path, seen) as page:
        words = page.evaluate("() => look.words()")
        wide = page.evaluate("() => look.screens()")
        page.set_viewport_size({"width": NARROW[0], "height": NARROW[1]})
        page.wait_for_timeout(100)
        least = min(map(_least, page.evaluate("() => look.drawings()")), default=0)
    cards = report.cards[WIDE[0]]
    seconds, kilobytes = _load(reader, path)
    return Figures(
        page=path.stem,
        kilobytes=kilobytes,
        words=words,
        cards=sum(not card["row"] for card in cards),
        rows=sum(card["row"] for card in cards),
        cut_wide=len(report.cut[WIDE[0]]),
        cut_narrow=len(report.cut[NARROW[0]]),
        least_text=round(least, 1),
        first=_first(reader, path),
        seconds=seconds,
        axe=sum(map(len, report.axe.values())),
        screens_wide=round(wide, 1),
        screens_narrow=round(report.screens, 1),
    )


def _file(address: str) -> Path:
    return Path(unquote(urlsplit(address).path))


def _least(drawing: list[Any]) -> float:
    """The smallest text of a drawing, from its SVG, at the width at which it is shown."""
    address, width = drawing
    needed = pictures.needed(_file(address))
    return pictures.LEAST * float(width) / needed if needed else 99.0


def _first(reader: Reader, path: Path) -> float:
    """Seconds to a typeset first screen of a phone, the processor made slower: the least of three,
    since whatever else runs only adds."""
    found = []
    for _ in range(3):
        context = reader.browser.new_context(viewport={"width": NARROW[0], "height": NARROW[1]})
        page = context.new_page()
        session = context.new_cdp_session(page)
        session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
        page.add_init_script(FIRST)
        page.goto(path.as_uri(), wait_until="commit")
        page.wait_for_function("() => window.first", timeout=120_000)
        found.append(page.evaluate("() => window.first") / 1000)
        context.close()
    return round(min(found), 2)


def _load(reader: Reader, path: Path) -> tuple[float, int]:
    """Seconds to a typeset page, and the kilobytes that it asked for, itself among them."""
    context = reader.browser.new_context(viewport={"width": NARROW[0], "height": NARROW[1]})
    try:
        page = context.new_page()
        asked: set[Path] = set()
        page.on("request", lambda request: asked.add(_file(request.url)))
        session = context.new_cdp_session(page)
        session.send("Performance.enable", {"timeDomain": "threadTicks"})
        page.add_init_script(TYPESET)
        page.goto(path.as_uri(), wait_until="load")
        page.wait_for_function("() => window.typeset", timeout=120_000)
        metrics = {m["name"]: m["value"] for m in session.send("Performance.getMetrics")["metrics"]}
        weight = sum(file.stat().st_size for file in asked if file.is_file())
        return round(SLOWER * metrics["TaskDuration"], 2), round(weight / 1024)
    finally:
        context.close()


HEAD = (
    "page | KB | words | cards (rows) | cut 1280 / 375 | least px | first s | whole s at 4x | axe "
    "| screens 1280 / 375"
)


def line(f: Figures) -> str:
    cells = [
        f.page, f.kilobytes, f.words, f"{f.cards} ({f.rows})", f"{f.cut_wide} / {f.cut_narrow}",
        f.least_text or "–", f.first, f.seconds, f.axe, f"{f.screens_wide} / {f.screens_narrow}",
    ]  # fmt: skip
    return f"| {' | '.join(map(str, cells))} |"


def main() -> None:
    html = Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "_build" / "html").resolve()
    asked = sys.argv[2:]
    names = [n for n in table_of_contents() if not asked or n.rsplit("/", 1)[-1] in asked]
    lines = [f"| {HEAD} |", "|" + "---|" * (HEAD.count("|") + 1)]
    print(*lines, sep="\n")
    found = []
    with sync_playwright() as playwright:
        reader = Reader(launch(playwright))
        for name in names:
            found.append(figures(reader, html / f"{name}.html"))
            lines.append(line(found[-1]))
            print(lines[-1], flush=True)
        reader.browser.close()
    build = ROOT / "_build"
    build.mkdir(exist_ok=True)
    (build / "figures.md").write_text("\n".join(lines) + "\n", encoding="utf8")
    rows = json.dumps([asdict(each) for each in found], indent=1)
    (build / "figures.json").write_text(rows, encoding="utf8")


if __name__ == "__main__":
    main()
