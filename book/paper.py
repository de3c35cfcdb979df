"""The whole book on paper: one PDF, made from the built pages by the browser that reads them.

    python book/paper.py _build/html _build/fieldcheck.pdf

All pages become one, in the order of the contents: a link from one to another then is a link
within the PDF, and the headings are its outline. Folds stand open where paper needs them: what was
folded because it is long (evidence, neighbours, the code of pictures) is left to the screen.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
import tempfile
from pathlib import Path
from urllib.parse import unquote, urlsplit

import yaml
from bs4 import BeautifulSoup, Tag
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parents[1]
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
NAMES = ("chromium", "chromium-browser", "google-chrome")
# Tables of the machine's own, which a reader of paper has no use for.
SCREEN_ONLY = {"book/timings", "book/ledger"}
DROPPED = (
    "script, noscript, .headerlink, .copybtn, .prev-next-footer, .fc-filter, .fc-play form, "
    "details.hide.above-input, .fc-card .fc-more, .fc-card .fc-actions, .fc-row > .fc-sure ~ *"
)
FOLDED = ".fc-card details"
FOOT = (
    '<div style="font-size:7pt;width:100%;text-align:center;color:#565c66">'
    '<span class="pageNumber"></span></div>'
)


def contents(toc: dict) -> list[str]:
    """Every page in reading order."""
    chapters = [c["file"] for part in toc.get("parts", ()) for c in part["chapters"]]
    return [toc["root"], *chapters]


def joined(html: Path, names: list[str]) -> str:
    """One page made of the articles of all; an id is preceded by its page's name."""
    head = None
    articles = []
    for name in names:
        page = BeautifulSoup((html / f"{name}.html").read_text(encoding="utf8"), "html.parser")
        head = head or page.head
        article = page.select_one("article.bd-article")
        if not isinstance(article, Tag):
            raise ValueError(f"{name} has no article")
        _prepare(article, name, set(names))
        articles.append(str(article))
    assert head is not None
    for element in head.select("script, meta[http-equiv]"):
        element.decompose()
    body = "\n".join(articles)
    return (
        f'<!doctype html><html lang="en" data-theme="light" data-mode="light">{head}'
        f'<body class="fc-paper"><main class="bd-content">{body}</main></body></html>'
    )


def _prepare(article: Tag, name: str, names: set[str]) -> None:
    for element in article.select(DROPPED):
        element.decompose()
    for fold in article.select("details"):
        if not fold.css.match(FOLDED):
            fold["open"] = ""
    for element in article.select("[id]"):
        element["id"] = _anchor(name, str(element["id"]))
    article["id"] = _anchor(name, "")
    for link in article.select("a[href]"):
        link["href"] = _within(str(link["href"]), name, names)


def _anchor(name: str, fragment: str) -> str:
    return re.sub(r"[^\w-]", "-", f"{name}--{fragment}")


def _within(address: str, name: str, names: set[str]) -> str:
    """A link to a page of the book as a link to its place on paper; others stay."""
    parts = urlsplit(address)
    if parts.scheme or parts.netloc:
        return address
    path = os.path.normpath(str(Path(name).parent / unquote(parts.path))) if parts.path else name
    target = path.removesuffix(".html")
    return f"#{_anchor(target, unquote(parts.fragment))}" if target in names else address


def print_book(html: Path, target: Path) -> int:
    """Write the PDF; return the number of formulas and code blocks that paper would cut."""
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf8"))
    names = [name for name in contents(toc) if name not in SCREEN_ONLY]
    browser_path = os.environ.get("FIELDCHECK_CHROMIUM") or next(
        (path for name in NAMES if (path := shutil.which(name))), None
    )
    if browser_path is None:
        raise SystemExit(f"no Chromium: none of {', '.join(NAMES)} is on the PATH")
    place = html / Path(names[0]).parent
    with tempfile.NamedTemporaryFile("w", suffix=".html", dir=place, encoding="utf8") as file:
        file.write(joined(html, names))
        file.flush()
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=browser_path, args=FLAGS)
            page = browser.new_page(viewport={"width": 680, "height": 960})
            page.set_default_timeout(600_000)
            page.emulate_media(media="print", color_scheme="light")
            page.goto(Path(file.name).as_uri())
            cut = page.evaluate(CUT)
            page.pdf(
                path=target, format="A4", outline=True, tagged=True, print_background=True,
                display_header_footer=True, header_template="<span></span>", footer_template=FOOT,
                margin={"top": "16mm", "bottom": "18mm", "left": "15mm", "right": "15mm"},
            )  # fmt: skip
            browser.close()
    return int(cut)


CUT = """() => [...document.querySelectorAll(".fc-display, pre, table, img")]
  .filter((e) => e.getBoundingClientRect().right > document.documentElement.clientWidth + 1
    || e.scrollWidth > document.documentElement.clientWidth).length"""


if __name__ == "__main__":
    source, pdf = Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve()
    pdf.parent.mkdir(parents=True, exist_ok=True)
    lost = print_book(source, pdf)
    print(f"paper: {pdf.relative_to(ROOT)}, {pdf.stat().st_size / 1e6:.1f} MB; cut: {lost}")
