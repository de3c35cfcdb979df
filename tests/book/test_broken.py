"""Tests that check the tests: each fault is put on a sound page by hand and must be seen.

A page built with the book is copied beside its static files; a fault is written into the copy; the
report of the copy must differ from the report of the page in the field that speaks of this fault.
"""

from __future__ import annotations

import dataclasses
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.book import pages, source
from tests.book.reader import NARROW, WIDE, Reader, Report

MARK = "</h1>"
SOUND = source.table_of_contents()[0]


class Broken:
    """Writes faulty copies of a sound page into a copy of the book made of links."""

    def __init__(self, html: Path, folder: Path) -> None:
        # Without its policy, which would stop most faults before they are seen.
        self.whole = (html / f"{SOUND}.html").read_text(encoding="utf8")
        self.text = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", self.whole)
        self.folder = folder
        beside = Path(SOUND).parent
        for item in html.iterdir():
            if item.name != beside.name:
                (folder / item.name).symlink_to(item)
        (folder / beside).mkdir()
        for item in (html / beside).iterdir():
            (folder / beside / item.name).symlink_to(item)
        self.path = folder / beside / "broken.html"

    def page(self, fault: str) -> Path:
        """Put the fault below the heading of the page's text."""
        start = self.text.index(MARK, self.text.index("<article")) + len(MARK)
        return self.write(self.text[:start] + fault + self.text[start:])

    def write(self, text: str) -> Path:
        self.path.write_text(text, encoding="utf8")
        return self.path


@pytest.fixture
def broken(html: Path, tmp_path: Path) -> Broken:
    return Broken(html, tmp_path)


def faults(report: Report) -> set[str]:
    """Return the names of the fields that speak of a fault."""
    seen = set()
    for name, value in dataclasses.asdict(report).items():
        parts = value.values() if isinstance(value, dict) else [value]
        if isinstance(value, dict | list) and any(parts):
            seen.add(name)
    if report.rendered != report.formulas:
        seen.add("rendered")
    if not report.navigation_opens:
        seen.add("navigation_opens")
    return seen


def test_sound_copy_has_no_fault(broken: Broken, reader: Reader) -> None:
    report = reader.read(broken.page(""))
    assert faults(report) == set()
    assert report.rendered > 0


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ('<p><span class="math"><span class="katex-error">x</span></span></p>', "bad_formulas"),
        (r'<p><span class="math">x squared</span></p>', "rendered"),
        (r"<p>Here $x^2$ was not rendered.</p>", "bad_formulas"),
        (r"<p>Here \(x\) was not rendered.</p>", "bad_formulas"),
        ('<script src="https://example.org/x.js"></script>', "foreign"),
        ('<p style="background: url(https://example.org/x.png)">x</p>', "foreign"),
        ('<script>fetch("https://example.org/")</script>', "foreign"),
        ('<script src="../_static/absent.js"></script>', "failed"),
        ('<img src="../_static/absent.svg" alt="absent">', "blank_images"),
        ("<script>console.error('a fault')</script>", "errors"),
        ("<script>throw new Error('a fault')</script>", "errors"),
        ('<p style="color: #ccc; background: #fff">Too pale to read.</p>', "axe"),
        ('<img src="data:image/gif;base64,R0lGODlhAQABAAAAACw=">', "axe"),
        ("<table><tr><th></th><th>a</th></tr><tr><td>1</td><td>2</td></tr></table>", "axe"),
        ('<div style="width: 1600px">wide</div>', "wide_at"),
        (
            '<div class=math><div class="fc-display"><div class=katex-html style="width: 2000px">'
            "<math></math><annotation>x</annotation></div></div></div>",
            "cut",
        ),
        (
            '<div style="overflow: auto"><table><tr><th>a</th></tr><tr><td style="min-width:900px">'
            "1</td></tr></table></div>",
            "cut_tables",
        ),
        (
            "<details><summary style='min-height: 0; line-height: 1'>x</summary></details>",
            "small_targets",
        ),
        (
            '<div class="fc-picture fc-least-640"><img class="fc-drawing" alt="a dot" width="20"'
            ' style="min-width: 0" src="data:image/svg+xml,<svg xmlns=%22http://www.w3.org/2000/svg'
            '%22 width=%2220%22 height=%2220%22/>"></div>',
            "small_text",
        ),
        ("<style>.primary-toggle { display: none !important }</style>", "navigation_opens"),
        (
            '<img alt="a dot" style="filter: none !important"'
            ' src="data:image/svg+xml,<svg xmlns=%22http://www.w3.org/2000/svg%22/>">',
            "images_not_turned",
        ),
    ],
)
def test_fault_is_seen(broken: Broken, reader: Reader, fault: str, expected: str) -> None:
    assert expected in faults(reader.read(broken.page(fault)))


def test_fault_of_one_mode_or_width_is_seen(broken: Broken, reader: Reader) -> None:
    pale = "<style>html[data-theme=dark] #pale { color: #222 }</style><p id=pale>Pale by night.</p>"
    report = reader.read(broken.page(pale))
    assert report.axe["light"] == []
    assert report.axe["dark"] != []
    report = reader.read(broken.page('<div style="width: 600px">wide on a phone</div>'))
    assert report.wide_at[WIDE[0]] == []
    assert report.wide_at[NARROW[0]] != []


def test_formula_without_mathml_is_seen(broken: Broken, reader: Reader) -> None:
    report = reader.read(broken.write(re.sub(r"<math.*?</math>", "", broken.text, flags=re.S)))
    assert report.bad_formulas
    assert report.rendered < report.formulas / 2


@pytest.mark.parametrize(
    "fault",
    [
        '<script src="https://example.org/x.js"></script>',
        '<img alt="x" src="https://example.org/x.png">',
        "<script>document.title = 'x'</script>",
        '<p onclick="alert(1)">x</p>',
    ],
)
def test_the_policy_is_enforced(broken: Broken, reader: Reader, fault: str) -> None:
    report = Report()
    page = broken.whole.replace(MARK, MARK + fault, 1)
    with reader.open(broken.write(page), report) as opened:
        if "onclick" in fault:
            opened.locator("p[onclick]").first.dispatch_event("click")
        opened.wait_for_timeout(200)
    assert report.foreign == []
    assert any("Content Security Policy" in error for error in report.errors)


def test_search_without_an_index_is_seen(broken: Broken, html: Path, reader: Reader) -> None:
    (broken.folder / "search-entries.js").unlink()
    (broken.folder / "search.html").unlink()
    (broken.folder / "search.html").write_text((html / "search.html").read_text(encoding="utf8"))
    report = Report()
    with reader.open(broken.folder / "search.html", report, query="?q=notation") as page:
        page.wait_for_timeout(500)
        assert page.evaluate("() => look.searchResults()") == []
    assert report.failed != []


OUTPUT = '<div class="cell_output"><div class="output {kind}"><pre>{text}</pre></div></div>'


@pytest.mark.parametrize(
    ("fault", "look"),
    [
        (OUTPUT.format(kind="traceback", text="x"), pages.tracebacks),
        (OUTPUT.format(kind="stream", text="Traceback (most recent call last)"), pages.tracebacks),
        (OUTPUT.format(kind="stream", text="a\nTypeError: no"), pages.tracebacks),
        (OUTPUT.format(kind="stderr", text="a warning"), pages.stderr),
        (OUTPUT.format(kind="text_plain", text="&lt;Figure size 640x480&gt;"), pages.dumps),
        (OUTPUT.format(kind="text_plain", text="&lt;a.B object at 0x7f00&gt;"), pages.dumps),
        ('<img src="a.svg" alt="../_images/a.svg">', pages.nameless),
        ('<img src="a.svg">', pages.nameless),
        ('<script src="//example.org/x.js"></script>', pages.foreign_assets),
        ('<link rel="stylesheet" href="https://example.org/x.css">', pages.foreign_assets),
    ],
)
def test_fault_in_the_file_is_seen(broken: Broken, fault: str, look: object) -> None:
    assert callable(look)
    assert look(pages.soup(broken.page(""))) == []
    assert look(pages.soup(broken.page(fault))) != []


@pytest.mark.parametrize("link", ["../absent.html", "#absent", "notation.html#absent"])
def test_dead_link_is_seen(broken: Broken, link: str) -> None:
    path = broken.page(f'<a href="{link}">x</a>')
    assert pages.dead_links(path, pages.soup(path), {}) == [link]


def test_formula_lost_on_the_way_is_seen(broken: Broken) -> None:
    sound = pages.formulas(pages.soup(broken.page("")))
    assert pages.formulas(pages.soup(broken.page('<span class="math">x</span>'))) == sound + 1
    in_card = '<div class="fc-card"><span class="math">x</span></div>'
    assert pages.formulas(pages.soup(broken.page(in_card))) == sound


@pytest.mark.parametrize("name", ["absent", "empty"])
def test_a_book_without_pages_is_an_error(tmp_path: Path, name: str) -> None:
    (tmp_path / "empty").mkdir()
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "tests/book/test_pages.py", "-q"],
        cwd=source.ROOT,
        env={**os.environ, "FIELDCHECK_HTML": str(tmp_path / name)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert run.returncode == 1
    assert "run `make book` first" in run.stdout
    assert "passed" not in run.stdout


def test_source_is_counted_through_directives() -> None:
    text = r"""
# A title with $x$

Inline $a$, role {math}`b`, display $$c$$ in a line, `$not$` and \$5.

$$ d $$

```{math}
:label: eq-e
e
```

```{exercise} Of $f$
:label: ex-one
Show $g$.

$$ h $$
```

\begin{align} i &= i \end{align}

```{code-cell} ipython3
:tags: [hide-input]
"$not$"
```

```{code-cell} ipython3
---
mystnb:
  image:
    alt: a curve
---
draw()
```

```{code}
$not$
```

![a drawing](figures/a.svg)
"""
    assert source.count(text) == source.Promise(formulas=10, pictures=1, plots=1, cells=2)
