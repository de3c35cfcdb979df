"""Read one built page as a person would: from disk, offline, in a wide and a narrow window, by day and by night.

`Reader.read(path)` opens the page once in headless Chromium and returns a `Report`: facts, no verdicts. The tests say
what the facts must be, and `test_broken.py` shows that each fault, put on a page by hand, appears in its report.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, ConsoleMessage, Page, Playwright, Request, Route

WIDE, NARROW = (1280, 900), (375, 740)
LOCAL = ("file:", "data:", "blob:", "about:")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
NAMES = ("chromium", "chromium-browser", "google-chrome")


def find_chromium() -> str:
    """Return the browser's path: FIELDCHECK_CHROMIUM, else the first of the usual names on the PATH."""
    given = os.environ.get("FIELDCHECK_CHROMIUM")
    found = given or next((path for name in NAMES if (path := shutil.which(name))), None)
    if not found:
        raise FileNotFoundError(f"no Chromium: none of {', '.join(NAMES)} is on the PATH")
    return found


def launch(playwright: Playwright) -> Browser:
    return playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS)


def axe_source() -> str:
    spec = find_spec("axe_playwright_python")
    assert spec is not None and spec.origin is not None
    return (Path(spec.origin).parent / "axe.min.js").read_text(encoding="utf8")


@dataclass
class Report:
    """What was seen on one page. Empty lists everywhere but in `formulas` mean a sound page."""

    formulas: int = 0  # elements that hold a formula
    rendered: int = 0  # of those, with exactly one picture of it
    bad_formulas: list[str] = field(default_factory=list)  # MathJax's own error, or TeX left in the open
    foreign: list[str] = field(default_factory=list)  # requests that would leave the disk
    failed: list[str] = field(default_factory=list)  # local files that are not there
    errors: list[str] = field(default_factory=list)  # console errors and uncaught exceptions
    blank_images: list[str] = field(default_factory=list)
    images_not_turned: list[str] = field(default_factory=list)  # dark mode left a dark drawing on dark ground
    wide_at: dict[int, list[str]] = field(default_factory=dict)  # window width -> what sticks out
    axe: dict[str, list[str]] = field(default_factory=dict)  # light/dark -> rule: first element
    navigation_opens: bool = False  # in the narrow window


FORMULAS = """() => {
  const found = [...document.querySelectorAll('.math')].filter(e => !e.closest('mjx-container'));
  const one = found.filter(e => e.querySelectorAll('mjx-container').length === 1);
  const bad = found.filter(e => !one.includes(e) || e.querySelector('[data-mjx-error], mjx-merror, [data-mml-node="merror"]'))
                   .map(e => e.textContent.slice(0, 80));
  const walk = document.createTreeWalker(document.querySelector('article') || document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const text = walk.currentNode, home = text.parentElement;
    if (home.closest('pre, code, script, style, mjx-container, .fc-tex')) continue;
    if (/\\\\\\(|\\\\\\[|\\$[^$]*\\\\[a-zA-Z]+[^$]*\\$|\\\\begin\\{/.test(text.data)) bad.push(text.data.trim().slice(0, 80));
  }
  return {formulas: found.length, rendered: one.length, bad};
}"""

BLANK = """() => [...document.images].filter(i => !i.complete || i.naturalWidth === 0).map(i => i.src)"""

# A drawing is turned over unless it asks to be kept.
NOT_TURNED = """() => [...document.querySelectorAll('article img')]
  .filter(i => !i.closest('.fc-keep, .tag_keep-colours') && !getComputedStyle(i).filter.includes('invert'))
  .map(i => i.src)"""

STICKS_OUT = """() => {
  const width = document.documentElement.clientWidth;
  if (Math.max(document.documentElement.scrollWidth, document.body.scrollWidth) <= width) return [];
  const out = [...document.body.querySelectorAll('*')].filter(e => e.getBoundingClientRect().right > width + 1);
  return ['page'].concat(out.map(e => e.tagName + '.' + e.className).slice(0, 3));
}"""

AXE = """async () => {
  const result = await axe.run(document, {preload: false, resultTypes: ['violations']});
  return result.violations.map(v => v.id + ': ' + v.nodes[0].html.slice(0, 160));
}"""

# Transitions off, so that a colour is read when it has arrived.
STILL = "*, *::before, *::after { transition: none !important; animation: none !important; }"


class Reader:
    """One browser, one page at a time; every request but those to the disk is refused and counted."""

    def __init__(self, browser: Browser) -> None:
        self.browser = browser
        self.axe = axe_source()

    def open(self, path: Path, report: Report, *, query: str = "") -> Page:
        """Open `path` in a fresh context, in the wide window and light mode, and let MathJax finish."""
        context = self.browser.new_context(
            viewport={"width": WIDE[0], "height": WIDE[1]}, color_scheme="light"
        )
        context.set_default_timeout(30_000)

        def guard(route: Route, request: Request) -> None:
            if request.url.startswith(LOCAL):
                route.continue_()
            else:
                report.foreign.append(request.url)
                route.abort()

        def console(message: ConsoleMessage) -> None:
            if message.type == "error":
                report.errors.append(message.text)

        context.route("**/*", guard)
        page = context.new_page()
        page.on("console", console)
        page.on("pageerror", lambda error: report.errors.append(str(error)))
        page.on("requestfailed", lambda r: r.url.startswith("file:") and report.failed.append(r.url))
        page.goto(path.as_uri() + query, wait_until="load")
        page.add_style_tag(content=STILL)
        page.evaluate("() => window.MathJax && MathJax.startup && MathJax.startup.promise")
        return page

    def read(self, path: Path) -> Report:
        report = Report()
        page = self.open(path, report)
        try:
            self._mathematics(page, report)
            report.blank_images = page.evaluate(BLANK)
            page.evaluate(self.axe)
            self._look(page, report, "light")
            page.emulate_media(color_scheme="dark")
            page.wait_for_function("document.documentElement.dataset.theme === 'dark'")
            report.images_not_turned = page.evaluate(NOT_TURNED)
            self._look(page, report, "dark")
            page.set_viewport_size({"width": NARROW[0], "height": NARROW[1]})
            page.wait_for_timeout(100)
            report.wide_at[NARROW[0]] = page.evaluate(STICKS_OUT)
            report.navigation_opens = self._navigation(page)
        finally:
            page.context.close()
        return report

    def _mathematics(self, page: Page, report: Report) -> None:
        seen: dict[str, Any] = page.evaluate(FORMULAS)
        report.formulas, report.rendered = seen["formulas"], seen["rendered"]
        report.bad_formulas = seen["bad"]

    def _look(self, page: Page, report: Report, mode: str) -> None:
        report.wide_at[WIDE[0]] = report.wide_at.get(WIDE[0]) or page.evaluate(STICKS_OUT)
        report.axe[mode] = page.evaluate(AXE)

    def _navigation(self, page: Page) -> bool:
        """In the narrow window the menu button brings the list of chapters into view."""
        button = page.locator("button.primary-toggle").first
        if not button.is_visible():
            return False
        button.click()
        link = page.locator("nav.bd-links a.reference").first
        try:
            link.wait_for(state="visible", timeout=3_000)
        except Exception:
            return False
        box = link.bounding_box()
        return box is not None and 0 <= box["x"] < NARROW[0]
