"""The built book, found once. No book, or a book without pages, is an error and not a pass."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import sync_playwright
from xdist.scheduler import LoadScopeScheduling

from tests.book.reader import Reader, Report, launch
from tests.book.source import ROOT, table_of_contents

HTML = Path(os.environ.get("FIELDCHECK_HTML", ROOT / "_build" / "html")).resolve()
CHAPTERS = table_of_contents()


@pytest.fixture(scope="session")
def html() -> Path:
    if not any(HTML.glob("book/*.html")):
        pytest.fail(f"no built page in {HTML}: run `make book` first", pytrace=False)
    return HTML


@pytest.fixture(scope="session")
def reader() -> Iterator[Reader]:
    with sync_playwright() as playwright:
        browser = launch(playwright)
        yield Reader(browser)
        browser.close()


@pytest.fixture(scope="session")
def reports(html: Path, reader: Reader) -> dict[str, Report]:
    """Filled page by page as the tests ask; each page is opened once."""
    return {}


@pytest.fixture
def report(chapter: str, html: Path, reader: Reader, reports: dict[str, Report]) -> Report:
    if chapter not in reports:
        reports[chapter] = reader.read(html / f"{chapter}.html")
    return reports[chapter]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "chapter" in metafunc.fixturenames:
        if not CHAPTERS:
            raise pytest.UsageError("_toc.yml names no page")
        metafunc.parametrize(
            "chapter",
            [pytest.param(name, id=_page(name)) for name in CHAPTERS],
            scope="session",
        )


def _page(name: str) -> str:
    return name.rsplit("/", 1)[-1]


class ByPage(LoadScopeScheduling):
    """With several workers, one of them has all tests of a page, and opens the page once."""

    def _split_scope(self, nodeid: str) -> str:
        words = nodeid.rpartition("[")[2].rstrip("]").split("-")
        return next((page for page in map(_page, CHAPTERS) if page in words), nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByPage:
    return ByPage(config, log)
