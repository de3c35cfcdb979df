"""The book in figures, a line a page: ``python -m tests.book.figures [HTML] [PAGE …]``.

Printed, and written to ``_build/figures.md`` and ``_build/figures.json``. The time to a typeset
first screen is that of the machine it runs on, with its processor slowed down four times: the best
of three, from the request to the first frame after every formula and face of the page is there.
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

SLOWER = 4
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
    seconds: float
    axe: int
    screens_wide: float
    screens_narrow: float


def figures(reader: Reader, path: Path) -> Figures:
    report = reader.read(path)
    seen = Report()
    with reader.open(path, seen) as page:
        kilobytes = sum(map(_size, page.evaluate("() => look.loaded()"))) / 1024
        words = page.evaluate("() => look.words()")
        wide = page.evaluate("() => look.screens()")
        page.set_viewport_size({"width": NARROW[0], "height": NARROW[1]})
        page.wait_for_timeout(100)
        least = page.evaluate("() => look.leastText()")
    cards = report.cards[WIDE[0]]
    return Figures(
        page=path.stem,
        kilobytes=round(kilobytes),
        words=words,
        cards=sum(not card["row"] for card in cards),
        rows=sum(card["row"] for card in cards),
        cut_wide=len(report.cut[WIDE[0]]),
        cut_narrow=len(report.cut[NARROW[0]]),
        least_text=round(least or 0, 1),
        seconds=round(min(_seconds(reader, path) for _ in range(3)), 2),
        axe=sum(map(len, report.axe.values())),
        screens_wide=round(wide, 1),
        screens_narrow=round(report.screens, 1),
    )


def _size(address: str) -> int:
    file = Path(unquote(urlsplit(address).path))
    return file.stat().st_size if file.is_file() else 0


def _seconds(reader: Reader, path: Path) -> float:
    context = reader.browser.new_context(viewport={"width": NARROW[0], "height": NARROW[1]})
    try:
        page = context.new_page()
        slow: dict[str, Any] = {"rate": SLOWER}
        context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", slow)
        page.add_init_script(TYPESET)
        page.goto(path.as_uri(), wait_until="commit")
        page.wait_for_function("() => window.typeset", timeout=120_000)
        return float(page.evaluate("() => window.typeset")) / 1000
    finally:
        context.close()


HEAD = (
    "page | KB | words | cards (rows) | cut 1280 / 375 | least px | s at 4x | axe "
    "| screens 1280 / 375"
)


def table(found: list[Figures]) -> str:
    lines = [f"| {HEAD} |", "|" + "---|" * (HEAD.count("|") + 1)]
    lines += [
        f"| {f.page} | {f.kilobytes} | {f.words} | {f.cards} ({f.rows}) | {f.cut_wide} / "
        f"{f.cut_narrow} | {f.least_text or '–'} | {f.seconds} | {f.axe} | {f.screens_wide} / "
        f"{f.screens_narrow} |"
        for f in found
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    html = Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "_build" / "html").resolve()
    asked = sys.argv[2:]
    names = [n for n in table_of_contents() if not asked or n.rsplit("/", 1)[-1] in asked]
    with sync_playwright() as playwright:
        reader = Reader(launch(playwright))
        found = [figures(reader, html / f"{name}.html") for name in names]
        reader.browser.close()
    build = ROOT / "_build"
    build.mkdir(exist_ok=True)
    (build / "figures.md").write_text(table(found), encoding="utf8")
    (build / "figures.json").write_text(json.dumps([asdict(f) for f in found], indent=1))
    print(table(found), end="")


if __name__ == "__main__":
    main()
