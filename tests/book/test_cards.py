"""Cards and map as they are used: links, copying, filters, keyboard, and the phone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page

from tests.book.reader import NARROW, Reader, Report


@contextmanager
def opened(reader: Reader, path: Path, query: str = "") -> Iterator[Page]:
    report = Report()
    with reader.open(path, report, query=query) as page:
        yield page
    assert report == Report()


def test_a_link_to_a_consequence_opens_its_line(html: Path, reader: Reader) -> None:
    with opened(reader, html / "book" / "softmax.html") as page:
        name = page.locator("details.fc-row").first.get_attribute("id")
    with opened(reader, html / "book" / "softmax.html", f"#{name}") as page:
        assert page.locator(f"details#{name}").get_attribute("open") is not None


def test_a_command_is_copied(html: Path, reader: Reader) -> None:
    with opened(reader, html / "book" / "softmax.html") as page:
        card = page.locator("#claim-softmax-free-energy")
        button = card.locator("button.fc-copy")
        page.evaluate("document.execCommand = () => (window.copied = document.activeElement.value)")
        page.evaluate("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
        button.focus()
        page.keyboard.press("Enter")
        assert button.inner_text() == "copied"
        command = ".venv/bin/fieldcheck replay softmax-free-energy/printed"
        assert page.evaluate("window.copied") == command
        page.wait_for_function(
            "() => document.querySelector('#claim-softmax-free-energy .fc-copy').textContent"
            " === 'copy replay command'"
        )


def test_what_differs_has_a_line_and_a_colour(html: Path, reader: Reader) -> None:
    colour = """kind => {
        const mark = document.querySelector(
            `#claim-softmax-free-energy .fc-${kind} .katex-underline`);
        return mark?.querySelector(".underline-line") && getComputedStyle(mark).color;
    }"""
    with opened(reader, html / "book" / "softmax.html") as page:
        ink = page.evaluate("getComputedStyle(document.querySelector('article')).color")
        printed, mended = (page.evaluate(colour, kind) for kind in ("printed", "mended"))
        assert printed
        assert mended
        assert len({ink, printed, mended}) == 3


def test_the_map_by_keyboard_and_its_filters(html: Path, reader: Reader) -> None:
    with opened(reader, html / "book" / "ledger.html") as page:
        page.locator(".fc-map-graph a.fc-map-claim[data-claim=softmax-free-energy]").focus()
        on = page.locator(".fc-busy .fc-map-claim.fc-on").evaluate_all(
            "e => e.map(x => x.dataset.claim)"
        )
        assert set(on) == {"lse-gradient-softmax", "softmax-free-energy"}
        assert page.locator(".fc-map-tree").is_hidden()
        page.locator(".fc-maps .fc-filter label", has_text="verdict").locator(
            "select"
        ).select_option("refuted")
        left = page.locator("svg .fc-map-claim:not(.fc-off)").evaluate_all(
            "e => e.map(x => x.dataset.verdict)"
        )
        assert left
        assert set(left) == {"refuted"}
        assert page.locator(".fc-maps [role=status]").inner_text().startswith(f"{len(left)} of ")
        page.locator(".fc-map-as-table > summary").click()
        assert page.locator(".fc-map-table tbody tr:visible").count() == len(left)


def test_a_tree_on_the_phone(html: Path, reader: Reader) -> None:
    with opened(reader, html / "book" / "ledger.html") as page:
        page.set_viewport_size({"width": NARROW[0], "height": NARROW[1]})
        assert page.locator(".fc-map-graph").is_hidden()
        assert page.locator(".fc-map-tree li li a").first.is_visible()


def test_every_card_says_how_to_contest_it(html: Path, reader: Reader) -> None:
    with opened(reader, html / "book" / "softmax.html") as page:
        cards = page.locator(".fc-card").count()
        assert page.locator('.fc-card .fc-actions a[href*="contest.html"]').count() == cards
