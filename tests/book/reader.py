"""Read one built page as a person would: from disk, offline, by day and by night, wide and narrow.

`Reader.read(path)` opens the page once in headless Chromium and returns a `Report`: facts, no
verdicts. The tests say what the facts must be; `test_broken.py` puts each fault on a page by hand
and sees it in the report.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

from playwright.sync_api import (
    Browser,
    ConsoleMessage,
    Page,
    Playwright,
    Request,
    Route,
    TimeoutError,
)

WIDE, NARROW = (1280, 900), (375, 740)
LOCAL = ("file:", "data:", "blob:", "about:")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
NAMES = ("chromium", "chromium-browser", "google-chrome")
LOOK = Path(__file__).with_name("look.js").read_text(encoding="utf8")

# Transitions off, so that a colour is read when it has arrived.
STILL = "*, *::before, *::after { transition: none !important; animation: none !important; }"


def find_chromium() -> str:
    """Return the browser's path: FIELDCHECK_CHROMIUM, else the first usual name on the PATH."""
    given = os.environ.get("FIELDCHECK_CHROMIUM")
    found = given or next((path for name in NAMES if (path := shutil.which(name))), None)
    if not found:
        raise FileNotFoundError(f"no Chromium: none of {', '.join(NAMES)} is on the PATH")
    return found


def launch(playwright: Playwright) -> Browser:
    return playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS)


def axe_source() -> str:
    spec = find_spec("axe_playwright_python")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("axe-playwright-python is not installed: `make install`")
    return (Path(spec.origin).parent / "axe.min.js").read_text(encoding="utf8")


@dataclass
class Report:
    """What was seen on one page. A sound page fills only the first four."""

    formulas: int = 0  # elements that hold a formula
    rendered: int = 0  # of those, set, once, and with MathML
    navigation_opens: bool = False  # the menu, in the narrow window
    title: str = ""  # the words of the heading that a reader could type
    bad_formulas: list[str] = field(default_factory=list)  # errors, or TeX left in the open
    foreign: list[str] = field(default_factory=list)  # requests that would leave the disk
    failed: list[str] = field(default_factory=list)  # local files that are not there
    errors: list[str] = field(default_factory=list)  # console errors, uncaught exceptions
    blank_images: list[str] = field(default_factory=list)
    images_not_turned: list[str] = field(default_factory=list)  # dark on dark
    wide_at: dict[int, list[str]] = field(default_factory=dict)  # width: what sticks out
    cards: dict[int, list[dict[str, Any]]] = field(default_factory=dict)  # width: look.cards()
    axe: dict[str, list[str]] = field(default_factory=dict)  # setting: rule and element
    cut: dict[int, list[dict[str, Any]]] = field(default_factory=dict)  # width: cut formulas
    cut_tables: list[str] = field(default_factory=list)  # in the wide window
    small_text: list[str] = field(default_factory=list)  # drawings, in the narrow window
    small_targets: list[str] = field(default_factory=list)
    screens: float = 0  # height of the text in narrow windows, folds closed


IDLE = "() => new Promise((done) => requestIdleCallback(done, { timeout: 2000 }))"
"""A page in the background may never be idle by itself."""


class Reader:
    """One browser; every request but those to the disk is refused and counted."""

    def __init__(self, browser: Browser) -> None:
        self.browser = browser
        self.axe = axe_source()

    @contextmanager
    def open(self, path: Path, report: Report, *, query: str = "") -> Iterator[Page]:
        """Open `path` in a fresh context, wide and light, and let its scripts finish."""
        size = {"width": WIDE[0], "height": WIDE[1]}
        context = self.browser.new_context(viewport=size, color_scheme="light")
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

        def failed(request: Request) -> None:
            if request.url.startswith("file:"):
                report.failed.append(request.url)

        context.route("**/*", guard)
        page = context.new_page()
        page.on("console", console)
        page.on("pageerror", lambda error: report.errors.append(str(error)))
        page.on("requestfailed", failed)
        try:
            page.goto(path.as_uri() + query, wait_until="load")
            page.add_style_tag(content=STILL)
            self._settle(page)
            page.evaluate(LOOK)
            yield page
        finally:
            context.close()

    def read(self, path: Path) -> Report:
        """Return what is seen on one page, opened once: first as it stands, then with every fold
        open, wide and narrow; at last, its formulas emptied, what the accessibility rules say."""
        report = Report()
        with self.open(path, report) as page:
            self._read_folded(page, report)
            page.evaluate("() => look.openFolds()")
            self._size(page, NARROW)
            report.cut[NARROW[0]] = page.evaluate("() => look.cutFormulas()")
            report.small_text = page.evaluate("() => look.smallText()")
            report.small_targets = page.evaluate("() => look.smallTargets()")
            self._size(page, WIDE)
            report.cut[WIDE[0]] = page.evaluate("() => look.cutFormulas()")
            report.cut_tables = page.evaluate("() => look.cutTables()")
            page.evaluate("() => look.emptyFormulas()")
            page.evaluate(self.axe)
            self._read_rules(page, report)
            report.navigation_opens = self._navigation_opens(page)
        return report

    def _read_folded(self, page: Page, report: Report) -> None:
        report.title = page.evaluate("() => look.title()")
        seen: dict[str, Any] = page.evaluate("() => look.formulas()")
        report.formulas, report.rendered = seen["found"], seen["drawn"]
        report.bad_formulas = seen["bad"]
        report.blank_images = page.evaluate("() => look.blankImages()")
        for size in (WIDE, NARROW):
            self._size(page, size)
            report.cards[size[0]] = page.evaluate("() => look.cards()")
            report.wide_at[size[0]] = page.evaluate("() => look.sticksOut()")
        report.screens = page.evaluate("() => look.screens()")

    def _read_rules(self, page: Page, report: Report) -> None:
        """All rules by day, wide and folded, and by night, narrow and open; colours in between."""
        page.evaluate("() => look.closeFolds()")
        report.axe["light"] = page.evaluate("() => look.accessibility()")
        page.emulate_media(color_scheme="dark")
        page.wait_for_function("() => document.documentElement.dataset.theme === 'dark'")
        report.images_not_turned = page.evaluate("() => look.notTurned()")
        report.axe["dark"] = page.evaluate("() => look.accessibility(true)")
        page.evaluate("() => look.openFolds()")
        self._size(page, NARROW)
        report.axe["narrow, dark, open"] = page.evaluate("() => look.accessibility()")

    def _size(self, page: Page, size: tuple[int, int]) -> None:
        page.set_viewport_size({"width": size[0], "height": size[1]})
        self._settle(page)

    def _settle(self, page: Page) -> None:
        page.wait_for_timeout(50)
        page.evaluate(IDLE)

    def _navigation_opens(self, page: Page) -> bool:
        button = page.locator("button.primary-toggle").first
        if not button.is_visible():
            return False
        button.click()
        link = page.locator("nav.bd-links a.reference").first
        try:
            link.wait_for(state="visible", timeout=3_000)
        except TimeoutError:
            return False
        box = link.bounding_box()
        return box is not None and 0 <= box["x"] < NARROW[0]

    @contextmanager
    def searching(self, html: Path, report: Report) -> Iterator[Callable[[str], list[str]]]:
        """The search page, opened once; what it yields types a query and returns the addresses that
        are listed then, without Enter."""
        with self.open(html / "search.html", report) as page:

            def ask(words: str) -> list[str]:
                page.locator(".fc-search input").fill(words)
                return self._results(page)

            yield ask

    def search(self, html: Path, words: str, report: Report) -> list[str]:
        """Open the search page with a query; return the addresses it lists."""
        with self.open(html / "search.html", report, query=f"?q={quote_plus(words)}") as page:
            return self._results(page)

    def search_says(self, html: Path, words: str, report: Report) -> list[str]:
        """The text of each result of a search."""
        with self.open(html / "search.html", report, query=f"?q={quote_plus(words)}") as page:
            self._results(page)
            return [str(text) for text in page.evaluate("() => look.searchSays()")]

    def search_box(self, path: Path, words: str, report: Report) -> list[str]:
        """Open the search box of a page with Ctrl+K and type; return the addresses listed."""
        with self.open(path, report) as page:
            page.keyboard.press("Control+k")
            box = page.locator("input[type=search]:visible").first
            box.fill(words)
            box.press("Enter")
            page.wait_for_url("**/search.html?*")
            page.evaluate(LOOK)
            return self._results(page)

    def _results(self, page: Page) -> list[str]:
        page.wait_for_function("() => look.searchIsDone()")
        return [str(address) for address in page.evaluate("() => look.searchResults()")]

    def landing(self, path: Path) -> str:
        """Return the address that a page of redirection leads to."""
        page = self.browser.new_page()
        try:
            page.goto(path.as_uri(), wait_until="commit")
            page.wait_for_url(lambda url: url != path.as_uri(), timeout=5_000)
            return page.url
        finally:
            page.close()
