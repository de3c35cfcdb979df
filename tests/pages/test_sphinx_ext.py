"""The Sphinx extension on a small book: what it writes, and what it refuses to build."""

from __future__ import annotations

import io
import json
import os
import re
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from msgspec import structs

from fieldcheck.ledger import fingerprint, records, store
from fieldcheck.verdict import Word

pytest.importorskip("sphinx")

CONF = """
extensions = ["myst_parser", "fieldcheck.pages.sphinx_ext"]
myst_enable_extensions = ["dollarmath", "colon_fence"]
fieldcheck_ledger = "ledger.json"
fieldcheck_machine = "fake_machine"
fieldcheck_headlines = "headlines.toml"
html_theme = "basic"
nitpicky = True
"""
INDEX = """# Book

See {claim}`plain-true` and {claim}`by another name <only-sampled>`.

```{ledger-summary}
```

```{ledger-table}
```

```{claims-map}
```

```{equation-coverage}
```

```{ledger-reach}
```

```{ledger-thresholds}
```

```{toctree}
alpha
beta
```
"""
ALPHA = """# Alpha

```{math}
:label: eq-plain
l = r
```

```{claim} plain-true
```

```{claim} rests-on-plain
```
"""
BETA = """# Beta

```{claim} only-sampled
:forms: no
```

```{claim} rests-on-sampled
```
"""


class Book:
    """A book in a temporary folder, with a ledger."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.env = None
        for name, text in (("conf.py", CONF), ("index.md", INDEX), ("alpha.md", ALPHA)):
            self.write(name, text)
        self.write("beta.md", BETA)
        self.write("headlines.toml", 'claims = ["plain-true", "rests-on-sampled"]')

    def write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text, encoding="utf-8")

    def build(self) -> str:
        """Build; returns the warnings. Sphinx's own exceptions pass through."""
        from sphinx.application import Sphinx
        from sphinx.util.docutils import docutils_namespace, patch_docutils

        warnings = io.StringIO()
        out = self.folder / "_build"
        with patch_docutils(self.folder), docutils_namespace():
            app = Sphinx(
                self.folder,
                self.folder,
                out / "html",
                out / "doctrees",
                "html",
                status=None,
                warning=warnings,
            )
            app.build()
        self.env = app.env
        return re.sub(r"\x1b\[[\d;]*m", "", warnings.getvalue())

    def page(self, name: str) -> BeautifulSoup:
        text = (self.folder / "_build" / "html" / f"{name}.html").read_text(encoding="utf-8")
        return BeautifulSoup(text, "html.parser")


@pytest.fixture
def book(ledger, tmp_path) -> Book:
    store.write(tmp_path / "ledger.json", ledger)
    return Book(tmp_path)


@pytest.fixture(autouse=True)
def quiet(recwarn: pytest.WarningsRecorder):
    """Sphinx and docutils warn of their own future; that is not what is tested here."""
    import warnings

    warnings.simplefilter("ignore")


def resealed(row):
    """A row that was changed by hand, as a run would have written it."""
    row.seal = records.seal_of(row)
    return row


def failure(book: Book) -> str:
    """The sentence with which the build ends."""
    from sphinx.errors import ExtensionError

    with pytest.raises(ExtensionError) as caught:
        book.build()
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_a_good_book_builds_without_a_warning(book):
    assert book.build() == ""
    card = book.page("alpha").select_one("#claim-plain-true")
    assert card is not None
    assert {"fc-card", "fc-verdict-holds", "fc-certain"} <= set(card["class"])
    text = " ".join(card.get_text(" ").split())
    # what is printed, what holds instead, where it breaks, how sure; all else in one fold
    asked = ("talk, slide 3", "Printed", "Instead", "Smallest case", "Sure", "evidence, code")
    assert [text.index(word) for word in asked] == sorted(text.index(word) for word in asked)
    (badge,) = card.select(".fc-head .fc-verdict")
    assert badge.get_text() == "repaired: proved"
    assert "refuted at one point; instead proved for every N" in text
    assert "chance of error below 2 −171" in text
    assert "with X* and a 2" in text  # stars are not emphasis
    math = [element.get_text() for element in card.select(".math")]
    small = r"X = \bigl(\begin{smallmatrix} 1 & 0 \\ 0 & \tfrac{1}{2} \end{smallmatrix}\bigr)"
    assert any(small in m for m in math)
    assert any(r"\sqrt{r} = 2" in m for m in math)
    assert "in entry (2, 2)" in text
    (fold,) = card.select("details")
    assert "a uniform relative fault of 10 −30" in " ".join(fold.get_text(" ").split())
    assert fold.select_one('a[href="#equation-eq-plain"]') is not None
    assert 'claim = "plain-true"' in fold.select_one(".fc-code pre").get_text()
    (copy,) = card.select("button.fc-copy[hidden]")
    assert copy["data-copy"] == ".venv/bin/fieldcheck replay plain-true/printed"
    assert card.select_one('a.fc-permalink[href="#claim-plain-true"]') is not None
    assert "No hypothesis was left out" not in text


def test_a_card_shows_the_one_equation_that_its_claim_names(book, fake):
    fake.CLAIMS["plain-true"].tex = ""
    try:
        book.write(
            "alpha.md", ALPHA.replace("l = r", "l = r^2 .").replace("plain-true", "plain-true")
        )
        assert book.build() == ""
    finally:
        fake.CLAIMS["plain-true"].tex = "l = r"
    mended = book.page("alpha").select("#claim-plain-true .fc-mended .math")
    assert [m.get_text() for m in mended] == [r"\(l\)", r"\({} = \underline{r^2}\)"]


def test_a_consequence_of_ours_is_one_line_that_opens(book, fake):
    claim = fake.CLAIMS["rests-on-plain"]
    before, claim.sources = claim.sources, (fake.Source("this book", "consequence drawn here"),)
    try:
        book.build()
    finally:
        claim.sources = before
    row = book.page("alpha").select_one("details#claim-rests-on-plain")
    assert {"fc-card", "fc-row"} <= set(row["class"])
    assert row.summary.get_text(" ", strip=True) == "repaired: proved Both sides agree"
    assert row.select_one("summary ~ p.fc-line") is not None
    assert row.select_one("details details") is None


def test_cards_link_to_one_another(book):
    book.build()
    second = book.page("alpha").select_one("#claim-rests-on-plain")
    assert second.select_one('a[href="#claim-plain-true"]') is not None
    capped = book.page("beta").select_one("#claim-rests-on-sampled")
    assert "which stands" in " ".join(capped.get_text(" ").split())
    assert capped.select_one('a[href="alpha.html#claim-plain-true"]') is not None
    index = book.page("index")
    role = index.select_one('p a[href="alpha.html#claim-plain-true"]')
    assert role.get_text() == "Both sides agree"
    assert index.select_one('p a[href="beta.html#claim-only-sampled"]').get_text() == (
        "by another name"
    )


def test_forms_no_leaves_out_what_is_folded(book):
    book.build()
    assert not book.page("beta").select("#claim-only-sampled details")
    assert book.page("beta").select("#claim-rests-on-sampled details")


def test_table_summary_map_and_coverage(book):
    book.build()
    index = book.page("index")
    rows = index.select("table.fc-ledger:not(.fc-map-table) tbody tr")
    assert len(rows) == 4
    assert "capped" not in index.get_text()
    cells = [cell.get_text(" ", strip=True) for cell in rows[3].select("td")]
    assert cells[0].startswith("Both sides agree rests-on-sampled")
    assert cells[5] == "stands"
    assert cells[1:5] == ["beta", "refuted", "proved every size and input", "exact"]
    summary = index.select_one(".fc-summary-line").get_text()
    assert summary == (
        "4 claims: 3 proved, 1 stands. Certain, by proof or counterexample: 3. "
        "Of 4 neighbours, 4 were told apart. "
        "Profile quick, seed 0."
    )
    boxes = index.select(".fc-map-graph svg.fc-map a.fc-map-claim")
    addresses = ["alpha.html#claim-plain-true", "beta.html#claim-rests-on-sampled"]
    assert [box["href"] for box in boxes] == addresses
    arrows = [(a["data-from"], a["data-to"]) for a in index.select("path.fc-map-arrow")]
    assert arrows == [("plain-true", "rests-on-sampled")]
    assert [a["href"] for a in index.select("ul.fc-map-tree a")] == addresses[::-1]
    assert len(index.select("table.fc-map-table tbody tr")) == 2
    assert "1 of 1 displayed equations are named and checked" in index.get_text()


def test_cards_are_in_the_search_index(book):
    book.build()
    index = (book.folder / "_build" / "html" / "searchindex.js").read_text()
    terms = json.loads(index[index.index("(") + 1 : index.rindex(")")])["terms"]
    assert "smallest" in terms


def test_two_builds_are_the_same_bytes(ledger, tmp_path):
    pages = []
    for name in ("one", "two"):
        folder = tmp_path / name
        folder.mkdir()
        ledger.timings = {key: f"{len(pages)}.5" for key in ledger.timings}
        store.write(folder / "ledger.json", ledger)
        book = Book(folder)
        book.build()
        html = folder / "_build" / "html"
        pages.append({p.name: p.read_bytes() for p in html.glob("*.html")})
    assert pages[0] == pages[1]


# --- what ends a build ----------------------------------------------------------------------------


def test_absent_ledger(book):
    (book.folder / "ledger.json").unlink()
    assert re.search(r"no ledger at .*ledger\.json: run `fieldcheck verify`", failure(book))


def test_truncated_ledger(book):
    path = book.folder / "ledger.json"
    path.write_text(path.read_text()[:5000])
    assert "is cut off" in failure(book)


def test_ledger_of_the_old_form(book):
    path = book.folder / "ledger.json"
    path.write_text(path.read_text().replace("fieldcheck-ledger/2", "fieldcheck-ledger/1"))
    assert "run `fieldcheck verify` again" in failure(book)


def test_ledger_with_an_edited_row(book, ledger):
    ledger.claims[1].main.verdict = Word.STANDS
    store.write(book.folder / "ledger.json", ledger)
    assert "the row of rests-on-plain" in failure(book)


def test_incomplete_ledger(book, ledger):
    ledger.claims = ledger.claims[:2] + ledger.claims[3:]
    store.write(book.folder / "ledger.json", ledger)
    assert "has no row for only-sampled" in failure(book)


def test_ledger_that_calls_itself_incomplete(book, ledger):
    ledger.run.complete = False
    store.write(book.folder / "ledger.json", ledger)
    assert "says it is incomplete" in failure(book)


def test_stale_ledger(book, monkeypatch):
    monkeypatch.setenv("FAKE_VERSION", "2")
    message = failure(book)
    assert "is stale" in message
    assert "plain-true, rests-on-plain, only-sampled and 1 more" in message


def test_ledger_with_a_row_too_many(book, ledger):
    ledger.claims += (resealed(structs.replace(ledger.claims[0], id="gone-since")),)
    store.write(book.folder / "ledger.json", ledger)
    assert "rows that the register does not: gone-since" in failure(book)


def test_unknown_claim(book):
    book.write("alpha.md", ALPHA.replace("{claim} plain-true", "{claim} plain-tru"))
    message = failure(book)
    assert re.search(r"alpha\.md:\d+: no claim 'plain-tru'; near: plain-true", message)


def test_unknown_claim_in_a_role(book):
    book.write("index.md", INDEX.replace("`plain-true`", "`plain-tru`"))
    assert "index: no claim 'plain-tru'; near: plain-true" in failure(book)


def test_a_verdict_in_the_text_is_the_ledgers(book, ledger):
    book.write("index.md", INDEX + "\nIt {verdict}`plain-true`, {verdict}`plain-true/printed`.\n")
    assert book.build() == ""
    links = [badge.parent for badge in book.page("index").select("a > .fc-verdict")]
    assert [link.get_text() for link in links] == ["proved", "refuted"]
    assert {link["href"] for link in links} == {"alpha.html#claim-plain-true"}
    (printed,) = ledger.row("plain-true").of("printed")
    printed.verdict = Word.UNDECIDED
    resealed(ledger.row("plain-true"))
    store.write(book.folder / "ledger.json", ledger)
    book.build()
    assert "undecided" in [b.get_text() for b in book.page("index").select("a > .fc-verdict")]


def test_unknown_form_in_a_verdict(book):
    book.write("alpha.md", ALPHA + "\n{verdict}`plain-true/print`\n")
    message = failure(book)
    assert re.search(r"alpha\.md:\d+: no form 'plain-true/print'; near: plain-true/pr", message)


def test_unknown_headline(book):
    book.write("headlines.toml", 'claims = ["plain-tru"]')
    assert re.search(r"index\.md:\d+: no claim 'plain-tru'; near: plain-true", failure(book))


def test_unknown_chapter(book):
    book.write("index.md", INDEX.replace("{ledger-table}", "{ledger-table}\n:chapter: alpa"))
    assert "no chapter 'alpa'; near: alpha" in failure(book)


def test_claim_names_an_unknown_label(book):
    book.write("alpha.md", ALPHA.replace("eq-plain", "eq-plane"))
    assert "1 equation label wrongly named" in failure(book)


def test_cell_checks_an_unknown_label(book):
    book.write("beta.md", BETA + '\n```{code-cell}\ncheck("eq-nowhere", f)\n```\n')
    assert "1 equation label wrongly named" in failure(book)


# --- what is warned of ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("\n$$\na = b\n$$\n", r"beta\.md:10: WARNING: a displayed formula has no label"),
        ("\n$$\na = b\n$$ (eq-b)\n", r"'eq-b' is named by no claim and checked by no cell"),
        ("\n$$\na = b\n$$ (foo)\n", r"the label 'foo' begins with neither eq- nor def-"),
        (
            "\n::::{note}\n```{math}\na\n```\n::::\n",
            r"beta\.md:11: WARNING: a displayed formula has no label",
        ),
    ],
)
def test_equations_without_cover(book, text, says):
    book.write("beta.md", BETA + text)
    assert re.search(says, book.build())


@pytest.mark.parametrize(
    "text",
    [
        "\n$$\na = b\n$$ (def-b)\n",
        '\n$$\na = b\n$$ (eq-b)\n\n```{code-cell}\ncheck("eq-b", f)\n```\n',
    ],
)
def test_equations_with_cover(book, text):
    book.write("beta.md", BETA + text)
    assert "eq-b" not in book.build()


def test_a_skipped_cell_does_not_count(book):
    cell = '\n```{code-cell}\n:tags: [skip-execution]\ncheck("eq-b", f)\n```\n'
    book.write("beta.md", BETA + "\n$$\na = b\n$$ (eq-b)\n" + cell)
    assert "'eq-b' is named by no claim and checked by no cell" in book.build()


def test_a_claim_without_a_card(book):
    book.write("beta.md", "# Beta\n\n```{claim} only-sampled\n```\n")
    assert "the claim rests-on-sampled has no card" in book.build()


def test_an_unexpected_verdict_is_a_warning_and_stands_on_the_card(book, ledger):
    row = ledger.claims[0]
    row.verdict = row.main.verdict = Word.UNDECIDED
    row.main.met, row.main.because = False, "the balls stay wide"
    resealed(row)
    store.write(book.folder / "ledger.json", ledger)
    warnings = book.build()
    assert "the verdict on plain-true/claim is not the expected one" in warnings
    card = book.page("alpha").select_one("#claim-plain-true")
    assert "fc-verdict-undecided" in card["class"]
    assert "undecided: the balls stay wide" in card.get_text()
    assert "fc-numerical" in card["class"]
    other = book.page("alpha").select_one("#claim-rests-on-plain")
    assert "unsettled, since it rests on" in other.get_text()


# --- nothing stale --------------------------------------------------------------------------------


def _read_pages(book: Book) -> set[str]:
    before = {
        name: (book.folder / "_build" / "doctrees" / f"{name}.doctree").stat().st_mtime_ns
        for name in ("index", "alpha", "beta")
    }
    book.build()
    return {
        name
        for name, time in before.items()
        if (book.folder / "_build" / "doctrees" / f"{name}.doctree").stat().st_mtime_ns > time
    }


def test_pages_follow_the_ledger_and_the_library(book, ledger, monkeypatch):
    book.write("plain.md", "# No claim here\n")
    book.write("index.md", INDEX.replace("\nbeta\n", "\nbeta\nplain\n"))
    book.build()
    assert _read_pages(book) == set()
    ledger.run.commit = "another"
    store.write(book.folder / "ledger.json", ledger)
    os.utime(book.folder / "ledger.json")
    assert _read_pages(book) == {"index", "alpha", "beta"}
    assert _read_pages(book) == set()
    monkeypatch.setattr(fingerprint, "library_hash", lambda book=None: "0123456789abcdef")
    stamp = (book.folder / "_build" / "doctrees" / "plain.doctree").stat().st_mtime_ns
    assert _read_pages(book) == {"index", "alpha", "beta"}
    assert (book.folder / "_build" / "doctrees" / "plain.doctree").stat().st_mtime_ns > stamp


def test_the_hash_sees_every_file_of_the_library(tmp_path, monkeypatch):
    root = tmp_path / "library"
    (root / "fields" / "__pycache__").mkdir(parents=True)
    (root / "fields" / "a.py").write_text("x = 1\n")
    monkeypatch.setattr(fingerprint, "_LIBRARY", root)
    first = fingerprint.library_hash()
    assert first == fingerprint.library_hash()
    (root / "fields" / "__pycache__" / "a.pyc").write_bytes(b"1")
    assert fingerprint.library_hash() == first
    (root / "fields" / "a.py").write_text("x = 2\n")
    second = fingerprint.library_hash()
    (root / "fields" / "a.py").rename(root / "fields" / "b.py")
    third = fingerprint.library_hash()
    (tmp_path / "requirements.txt").write_text("numpy==2\n")
    fourth = fingerprint.library_hash()
    data = tmp_path / "book" / "data"
    data.mkdir(parents=True)
    (data / "scores.csv").write_text("1\n")
    fifth = fingerprint.library_hash(tmp_path / "book")
    (tmp_path / "book" / "_ext").mkdir()
    (tmp_path / "book" / "_ext" / "own.py").write_text("x = 1\n")
    sixth = fingerprint.library_hash(tmp_path / "book")
    assert len({first, second, third, fourth, fifth, sixth}) == 6


def test_a_page_depends_on_what_its_cells_import(tmp_path, monkeypatch):
    root = tmp_path / "fieldcheck"
    for name, text in {
        "__init__": "",
        "fields/__init__": "",
        "fields/a": "from fieldcheck.fields import b\nx = 1\n",
        "fields/b": "y = 1\n",
        "register": "TITLE = 'a title'\n",
        "cli": "from importlib import import_module\nimport_module('fieldcheck.fields.b')\n",
    }.items():
        (root / f"{name}.py").parent.mkdir(parents=True, exist_ok=True)
        (root / f"{name}.py").write_text(text)
    monkeypatch.setattr(fingerprint, "_LIBRARY", root)
    cells = {
        "a": "from fieldcheck.fields.a import x",
        "none": "x = 1",
        "cli": "import fieldcheck.cli",
    }
    pages = {}
    for name, cell in cells.items():
        pages[name] = tmp_path / f"{name}.md"
        pages[name].write_text(f"# A page\n\n```{{code-cell}} ipython3\n{cell}\n```\n")

    def changed(name, text):
        before = fingerprint.page_hashes(pages)
        (root / name).write_text(text)
        after = fingerprint.page_hashes(pages)
        return {page for page in pages if before[page] != after[page]}

    assert changed("register.py", "TITLE = 'another title'\n") == {"cli"}
    assert changed("fields/b.py", "# a comment\ny = 1\n") == set()
    assert changed("fields/b.py", "y = 2\n") == {"a", "cli"}
    assert changed("fields/a.py", "from fieldcheck.fields import b\nx = 2\n") == {"a", "cli"}


def test_old_caches_are_deleted_and_others_are_left(tmp_path):
    for name in ("fieldcheck-old", "somebody-elses"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").touch()
    current = fingerprint.fresh_cache(tmp_path, "new")
    (current / "file").touch()
    assert fingerprint.fresh_cache(tmp_path, "new") == current
    assert sorted(p.name for p in tmp_path.iterdir()) == ["fieldcheck-new", "somebody-elses"]
    assert (current / "file").exists()


def test_cells_run_again_when_the_library_changed_and_only_then(book, monkeypatch):
    pytest.importorskip("myst_nb")
    for name in ("COVERAGE_PROCESS_START", "PYTHONWARNINGS"):
        monkeypatch.delenv(name, raising=False)
    log = book.folder / "log"
    book.write(
        "conf.py",
        CONF.replace('"myst_parser"', '"myst_nb"')
        + 'nb_execution_mode = "cache"\n'
        # Sphinx keeps the default of this setting between applications of one process.
        + 'source_suffix = {".rst": "restructuredtext", ".md": "myst-nb"}\n',
    )
    book.write(
        "beta.md",
        "---\nfile_format: mystnb\nkernelspec:\n  name: python3\n  display_name: Python 3\n---\n"
        + BETA
        + f'\n```{{code-cell}} ipython3\nopen({str(log)!r}, "a").write("ran ")\n```\n',
    )

    def build(beta: str, alpha: str = "a", common: str = "c", library: str = "l") -> int:
        monkeypatch.setattr(fingerprint, "library_hash", lambda folder=None: library)
        monkeypatch.setattr(fingerprint, "common_hash", lambda folder=None: common)
        of = {"beta": beta, "alpha": alpha}
        hashes = lambda pages, folder=None: {n: of.get(Path(n).stem, "") for n in pages}
        monkeypatch.setattr(fingerprint, "page_hashes", hashes)
        book.build()
        return log.read_text().count("ran")

    assert build("1") == 1
    assert build("1") == 1
    os.utime(book.folder / "ledger.json")  # the card is read anew, the cell comes from the cache
    assert build("1") == 1
    assert build("1", library="a title") == 1
    assert build("1", alpha="other imports") == 1
    assert build("2", library="a formula") == 2
    assert build("2", common="2", library="data") == 3
    caches = sorted(p.name for p in (book.folder / "_build" / ".jupyter_cache").iterdir())
    assert caches == ["fieldcheck-2"]


def test_unknown_source(book):
    book.write("alpha.md", ALPHA + "\n```{source} slides\n```\n")
    assert re.search(r"alpha\.md:\d+: no source 'slides'", failure(book))
