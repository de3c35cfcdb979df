"""Faults that can be seen in the HTML of a page, without a browser. Each returns what it found."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path
from urllib.parse import unquote, urlsplit

from bs4 import BeautifulSoup, Tag

TRACEBACK = re.compile(r"Traceback \(most recent call last\)|^\w+(Error|Exception): ", re.MULTILINE)
# An object's default repr, or a figure object that was not drawn.
DUMP = re.compile(r"<[\w.]+ (?:object )?at 0x[0-9a-f]+>|<Figure size \d+x\d+|<Axes: ")
FOREIGN = re.compile(r"^(?:https?:)?//", re.IGNORECASE)
# Nodes written by the ledger's directives, and results of cells: not in the chapter's source.
MADE = (
    ".fc-card, .fc-said, .fc-said-label, .fc-said-again, .fc-scroll, .fc-summary-line, "
    ".cell_output, .citation-list"
)


SPAN = re.compile(r"<span\b|</span>")
ID = re.compile(r"<[a-z][^<>]*?\sid=\"([^\"]+)\"")


def soup(path: Path) -> BeautifulSoup:
    """The page without the insides of its formulas, which are nine in ten of its nodes."""
    return BeautifulSoup(_lean(path.read_text(encoding="utf8")), "html.parser")


def _lean(text: str) -> str:
    kept, end = [], 0
    while (start := text.find('<span class="katex"', end)) >= 0:
        kept.append(text[end:start])
        depth = 0
        for tag in SPAN.finditer(text, start):
            depth += 1 if tag[0] != "</span>" else -1
            if depth == 0:
                end = tag.end()
                break
        else:
            break
    return "".join([*kept, text[end:]])


def article(page: BeautifulSoup) -> Tag:
    found = page.select_one("article.bd-article")
    assert isinstance(found, Tag), "the page has no article"
    return found


def tracebacks(page: BeautifulSoup) -> list[str]:
    bad = [e.get_text()[:200] for e in article(page).select(".output.traceback, .output.error")]
    for block in article(page).select(".cell_output pre"):
        if TRACEBACK.search(block.get_text()):
            bad.append(block.get_text()[:200])
    return bad


def stderr(page: BeautifulSoup) -> list[str]:
    return [e.get_text()[:200] for e in article(page).select(".output.stderr")]


def dumps(page: BeautifulSoup) -> list[str]:
    outputs = article(page).select(".cell_output pre")
    return [e.get_text()[:200] for e in outputs if DUMP.search(e.get_text())]


def formulas(page: BeautifulSoup) -> int:
    """Count the formulas that come from the chapter's own text."""
    found = article(page).select("span.math, div.math")
    return sum(1 for e in found if not any(_matches(parent, MADE) for parent in e.parents))


def plots(page: BeautifulSoup) -> list[Tag]:
    return [e for e in article(page).select(".cell_output img") if isinstance(e, Tag)]


def pictures(page: BeautifulSoup) -> list[Tag]:
    """Return the images that do not come from a cell or a card."""
    images = article(page).select("img, object[type='image/svg+xml']")
    return [e for e in images if not any(_matches(parent, MADE) for parent in e.parents)]


def nameless(page: BeautifulSoup) -> list[str]:
    """Return the images without a text for those who cannot see them; a file name is none."""
    bad = []
    for image in article(page).select("img"):
        text = str(image.get("alt", "")).strip()
        if not text or re.search(r"\.(svg|png|jpe?g)$", text) or text.startswith("_images"):
            bad.append(str(image.get("src")))
    return bad


def foreign_assets(page: BeautifulSoup) -> list[str]:
    """Return the addresses off the disk that the page would load. Links to click are free."""
    loads = [("script", "src"), ("img", "src"), ("iframe", "src"), ("source", "src")]
    found = [str(e[key]) for name, key in loads for e in page.find_all(name) if e.has_attr(key)]
    for link in page.find_all("link"):
        if not {"canonical", "author"} & set(link.get("rel") or []):
            found.append(str(link.get("href", "")))
    return [address for address in found if FOREIGN.match(address)]


def policy(page: BeautifulSoup) -> str:
    """The page's content-security policy."""
    meta = page.select_one("meta[http-equiv='Content-Security-Policy']")
    return str(meta["content"]) if meta else ""


def dead_links(path: Path, page: BeautifulSoup, cache: dict[Path, set[str]]) -> list[str]:
    """Return the local addresses on the page that lead nowhere, fragments included."""
    bad = []
    for element in page.select("a[href], img[src], script[src], link[href]"):
        address = str(element.get("href") or element.get("src"))
        parts = urlsplit(address)
        if parts.scheme or parts.netloc:
            continue
        target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
        if not target.exists():
            bad.append(address)
        elif parts.fragment and target.suffix == ".html":
            if target not in cache:
                text = target.read_text(encoding="utf8")
                cache[target] = {unescape(found) for found in ID.findall(text)}
            if unquote(parts.fragment) not in cache[target]:
                bad.append(address)
    return bad


def _matches(element: Tag, selector: str) -> bool:
    return element.name not in (None, "[document]") and element.css.match(selector)
