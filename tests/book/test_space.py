"""The cones in space answer to the keyboard, offline, on a wide and on a narrow screen."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.book.reader import LOCAL, NARROW, WIDE, Reader
from tests.book.source import ROOT

STYLE = ROOT / "book" / "_static" / "fieldcheck.css"


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The drawing alone on a page, with the book's style sheet."""
    spec = importlib.util.spec_from_file_location("space", ROOT / "book" / "figures" / "space.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    file = tmp_path_factory.mktemp("space") / "page.html"
    style = STYLE.read_text(encoding="utf8")
    file.write_text(
        f"<!doctype html><html lang=en><meta charset=utf-8><title>space</title>"
        f"<style>{style}</style>"
        f"<body style='margin:0'>{module.cones_in_space()}",
        encoding="utf8",
    )
    return file


@pytest.fixture(params=[WIDE, NARROW], ids=["wide", "narrow"])
def page(request: pytest.FixtureRequest, reader: Reader, written: Path) -> Iterator[Page]:
    width, height = request.param
    page = reader.browser.new_page(viewport={"width": width, "height": height})
    asked: list[str] = []
    page.on("request", lambda r: asked.append(r.url))
    page.on("pageerror", lambda e: asked.append(f"error: {e}"))
    page.goto(written.as_uri())
    yield page
    page.close()
    assert all(url.startswith(LOCAL) for url in asked)


def drawings(page: Page) -> dict[str, str]:
    return {
        field: page.locator(f"svg[data-field={field}]").inner_html()
        for field in ("relu", "colu", "near")
    }


def test_the_opening_moves_the_cones_and_not_the_orthant(page: Page) -> None:
    before = drawings(page)
    slider = page.locator("input[name=open]")
    slider.focus()
    slider.press("ArrowRight")
    after = drawings(page)
    assert before["relu"] == after["relu"]
    assert before["colu"] != after["colu"]
    assert before["near"] != after["near"]
    assert slider.locator("xpath=following-sibling::output").inner_text() == "50°"


@pytest.mark.parametrize("name", ["turn", "tilt"])
def test_the_view_turns_and_comes_back(page: Page, name: str) -> None:
    before = drawings(page)
    slider = page.locator(f"input[name={name}]")
    slider.focus()
    slider.press("ArrowRight")
    turned = drawings(page)
    assert all(before[field] != turned[field] for field in before)
    slider.press("ArrowLeft")
    assert drawings(page) == before


def test_nothing_sticks_out(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
