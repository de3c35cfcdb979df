"""The built pages, read in a browser from disk with the network refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.book import source
from tests.book.reader import NARROW, WIDE, Reader, Report


def test_formulas_are_rendered(report: Report, chapter: str) -> None:
    promised = source.read(source.ROOT / f"{chapter}.md").formulas
    assert report.rendered == report.formulas
    assert report.rendered >= promised
    assert report.bad_formulas == []


def test_no_request_leaves_the_disk(report: Report) -> None:
    assert report.foreign == []


def test_no_file_is_missing(report: Report) -> None:
    assert report.failed == []


def test_no_console_error(report: Report) -> None:
    assert report.errors == []


def test_pictures_are_drawn(report: Report) -> None:
    assert report.blank_images == []


def test_drawings_are_turned_over_by_night(report: Report) -> None:
    assert report.images_not_turned == []


@pytest.mark.parametrize("width", [WIDE[0], NARROW[0]])
def test_page_does_not_scroll_sideways(report: Report, width: int) -> None:
    assert report.wide_at[width] == []


@pytest.mark.parametrize(("width", "lines", "row"), [(WIDE[0], 8, 2.2), (NARROW[0], 12, 4)])
def test_a_folded_card_is_short(report: Report, width: int, lines: int, row: float) -> None:
    long = {
        c["id"]: c["lines"]
        for c in report.cards[width]
        if c["lines"] > (row if c["row"] else lines)
    }
    assert long == {}


@pytest.mark.parametrize("width", [WIDE[0], NARROW[0]])
def test_no_formula_of_a_folded_card_is_cut(report: Report, width: int) -> None:
    assert [card["id"] for card in report.cards[width] if card["cut"]] == []


@pytest.mark.parametrize("mode", ["light", "dark", "narrow, dark, open"])
def test_accessible(report: Report, mode: str) -> None:
    assert report.axe[mode] == []


def test_no_formula_is_cut_in_a_wide_window(report: Report) -> None:
    assert report.cut[WIDE[0]] == []


def test_no_table_is_cut_in_a_wide_window(report: Report) -> None:
    assert report.cut_tables == []


def test_what_is_cut_on_a_phone_is_no_card_not_long_and_says_so(report: Report) -> None:
    cut = report.cut[NARROW[0]]
    assert [f for f in cut if f["card"] or f["share"] > 1.5 or not f["cue"]] == []


def test_text_in_pictures_can_be_read_on_a_phone(report: Report) -> None:
    assert report.small_text == []


def test_what_is_touched_is_large_enough(report: Report) -> None:
    assert report.small_targets == []


@pytest.mark.parametrize(("page", "most"), [("ledger", 25), ("timings", 4)])
def test_long_tables_are_short_on_a_phone(
    page: str, most: int, html: Path, reader: Reader, reports: dict[str, Report]
) -> None:
    name = f"book/{page}"
    if name not in reports:
        reports[name] = reader.read(html / f"{name}.html")
    assert reports[name].screens <= most


def test_navigation_opens_in_a_narrow_window(report: Report) -> None:
    assert report.navigation_opens


@pytest.fixture(scope="session")
def ask(html: Path, reader: Reader) -> Iterator[Callable[[str], list[str]]]:
    seen = Report()
    with reader.searching(html, seen) as asked:
        yield asked
    assert seen == Report()


def test_search_finds_each_page_by_its_title(
    report: Report, chapter: str, ask: Callable[[str], list[str]]
) -> None:
    found = ask(report.title)
    assert any(address.split("?")[0].split("#")[0].endswith(f"{chapter}.html") for address in found)


def test_results_go_when_the_query_goes(ask: Callable[[str], list[str]]) -> None:
    assert ask("softmax")
    assert ask("") == []


def test_search_from_the_search_box(html: Path, reader: Reader) -> None:
    report = Report()
    found = reader.search_box(html / f"{source.table_of_contents()[0]}.html", "notation", report)
    assert any("notation" in address for address in found)
    assert report == Report()


def test_an_exact_id_comes_first_and_a_refuted_form_is_marked(html: Path, reader: Reader) -> None:
    report = Report()
    says = reader.search_says(html, "softmax-free-energy", report)
    assert "softmax-free-energy" in says[0]
    assert "as printed: refuted" in says[0]
    assert len(says[0].splitlines()) >= 2  # a line of context
    assert report == Report()


def test_results_hold_no_tex(html: Path, reader: Reader) -> None:
    says = reader.search_says(html, "softmax", Report())
    assert len(says) > 10
    assert [text for text in says if "\\" in text or "$" in text] == []


def test_search_says_when_there_is_nothing(html: Path, reader: Reader) -> None:
    assert reader.search(html, "xyzzyplugh", Report()) == []


def test_first_page_leads_to_the_introduction(html: Path, reader: Reader) -> None:
    assert reader.landing(html / "index.html").endswith(f"{source.table_of_contents()[0]}.html")
