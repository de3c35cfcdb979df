"""The built book, found once. No book, or a book without pages, is an error and not a pass."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

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
        # With several workers, one of them has all tests of a page, and opens the page once.
        pages = [
            pytest.param(name, id=name.rsplit("/", 1)[-1], marks=pytest.mark.xdist_group(name))
            for name in CHAPTERS
        ]
        metafunc.parametrize("chapter", pages, scope="session")
