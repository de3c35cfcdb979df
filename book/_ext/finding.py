"""The book's own search: what there is to find, and a page that looks in it without a network.

Each section and each claim is an entry: address, title, the words in it (formulas as plain text),
and, of a claim, its id and what the ledger says, so that a refuted statement is shown as one. The
entries are one script, which the search page loads from disk as well as from a server.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import plain
from docutils import nodes
from sphinx.application import Sphinx
from typeset import typesetter

from fieldcheck.pages import cards, words
from fieldcheck.pages.sphinx_ext import _state

SCRIPT = "search-entries.js"
# A card is an entry of its own; the ledger's tables say again what is found elsewhere.
ELSEWHERE = {"fc-card", "fc-scroll", "fc-maps"}
# Code is found in the notebook.
SILENT = (nodes.literal_block, nodes.comment, nodes.raw, nodes.image, nodes.target)


def entries(app: Sphinx) -> dict[str, list[dict[str, Any]]]:
    """Entries by page; kept with the environment, so that a page is read once."""
    env: Any = app.env
    if not hasattr(env, "search_entries"):
        env.search_entries = {}
    return env.search_entries


def collect(app: Sphinx, doctree: nodes.document) -> None:
    docname = app.env.docname
    found = list(_claims(app, docname, doctree))
    sections = list(doctree.findall(nodes.section))
    page = _title(app, sections[0]) if sections else docname
    for k, section in enumerate(sections):
        address = f"{docname}.html" + (f"#{section['ids'][0]}" if k else "")
        entry = {"u": address, "t": _title(app, section), "x": _words(app, section)}
        found.append(entry if k == 0 else entry | {"p": page})
    entries(app)[docname] = found


def _title(app: Sphinx, section: nodes.section) -> str:
    return _tidy(plain.text(section[0], typesetter(app)))


def _words(app: Sphinx, section: nodes.section) -> str:
    setter = typesetter(app)
    own = [
        child
        for child in section.children[1:]
        if not isinstance(child, nodes.section) and not ELSEWHERE & set(child.get("classes", ()))
    ]
    return _tidy(" ".join(plain.text(child, setter, SILENT) for child in own))


def _claims(app: Sphinx, docname: str, doctree: nodes.document) -> Iterator[dict[str, Any]]:
    state = _state(app)
    for card in doctree.findall(nodes.Element):  # a box, or a line that opens
        if "fc-card" not in card.get("classes", ()):
            continue
        name = next((i.removeprefix("claim-") for i in card["ids"] if i.startswith("claim-")), None)
        if name not in state.claims:
            continue
        claim, row = state.claim(name)
        printed = [form.verdict for form in row.of("printed") if form.verdict in words.AGAINST]
        said = [card_text(app, text) for text in (claim.title, claim.statement)]
        places = "; ".join(f"{s.work}, {s.place}" if s.place else s.work for s in claim.sources)
        forms = " ".join(card_text(app, f"{form.title}.") for form in row.of("printed"))
        yield {
            "u": f"{docname}.html#{cards.anchor(name)}",
            "t": said[0],
            "i": name,
            "x": _tidy(f"{said[1]} {forms} {places}"),
            "v": words.headline(row.main),
            "k": words.tone(row.verdict),
            "b": printed[0] if printed else "",
        }


def card_text(app: Sphinx, text: str) -> str:
    """A claim's own text, whose formulas stand between dollars."""
    box = nodes.paragraph()
    box += cards.inline(text)
    return _tidy(plain.text(box, typesetter(app)))


def _tidy(text: str) -> str:
    return re.sub(r"\s+", " ", text).replace(" ,", ",").replace(" .", ".").strip()


def purge(app: Sphinx, env: Any, docname: str) -> None:
    entries(app).pop(docname, None) if hasattr(env, "search_entries") else None


def write(app: Sphinx, fault: Exception | None) -> None:
    if fault is None and app.builder.format == "html":
        found = entries(app)
        listed = [entry for docname in sorted(found) for entry in found[docname]]
        text = json.dumps(listed, ensure_ascii=False, separators=(",", ":"))
        path = Path(app.outdir) / SCRIPT
        path.write_text(f"window.searchEntries = {text};\n", encoding="utf8")


def no_stock_search(app: Sphinx) -> None:
    """Sphinx's index of stems, TeX among them, is neither made nor asked."""
    app.builder.search = False  # type: ignore[attr-defined]


def search_page(app: Sphinx) -> Iterator[tuple[str, dict[str, Any], str]]:
    yield "search", {"title": "Search"}, "search.html"


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("builder-inited", no_stock_search)
    app.connect("doctree-read", collect)
    app.connect("env-purge-doc", purge)
    app.connect("html-collect-pages", search_page)
    app.connect("build-finished", write)
    return {"version": "1", "env_version": 1, "parallel_read_safe": False}
