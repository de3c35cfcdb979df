"""Below a chapter's title: minutes to read, how long its cells run, the chapters it rests on.

Nothing of it is typed: words are counted, seconds are those of the last execution (rounded up so
coarsely that two runs agree), and a chapter rests on another if one of its claims needs one there.
A page that is no chapter ends with its notebook, if it has cells.
"""

from __future__ import annotations

import math
from typing import Any

from docutils import nodes
from finding import entries
from myst_nb.sphinx_ import NbMetadataCollector
from sphinx.application import Sphinx
from sphinx.util.nodes import make_refnode
from take_along import notebook_path

from fieldcheck.pages.sphinx_ext import _state

A_MINUTE = 200
"""Words read in a minute."""
STEPS = ((10, "10 seconds"), (30, "30 seconds"), (60, "a minute"), (300, "five minutes"))


def insert(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    chapter = docname.rpartition("/")[2]
    title = next(doctree.findall(nodes.title), None)
    if app.builder.format != "html" or title is None:
        return
    if not any(docname in part for part in _chapters(app)):
        last = _notebook(app, docname)
        if last is not None:
            text = nodes.Text("This page as a ")
            title.parent += nodes.paragraph("", "", text, last, classes=["fc-chapter-line"])
        return
    line = nodes.paragraph(classes=["fc-chapter-line"])
    parts = [_reading(app, docname), _running(app, docname), _notebook(app, docname)]
    line += nodes.Text(" · ".join(filter(None, parts[:2])))
    if parts[2] is not None:
        line += [nodes.Text(" · "), parts[2]]
    below = prerequisites(app, chapter)
    for k, name in enumerate(below):
        line += nodes.Text(", " if k else " · rests on ")
        shown = nodes.inline("", app.env.titles[name].astext())
        line += make_refnode(app.builder, docname, name, "", shown)
    title.parent.insert(title.parent.index(title) + 1, line)


def _chapters(app: Sphinx) -> list[list[str]]:
    """The numbered parts of the table of contents."""
    root = app.env.external_site_map.root  # type: ignore[attr-defined]
    return [[str(item) for item in tree.items] for tree in root.subtrees if tree.numbered]


def _reading(app: Sphinx, docname: str) -> str:
    words = sum(len(e["x"].split()) for e in entries(app).get(docname, ()) if "i" not in e)
    return f"{max(1, math.ceil(words / A_MINUTE / 5) * 5) if words > 500 else 2} minutes to read"


def _running(app: Sphinx, docname: str) -> str:
    seconds = (NbMetadataCollector.get_exec_data(app.env, docname) or {}).get("runtime")
    if seconds is None:
        return ""
    return f"its cells run in {next((said for most, said in STEPS if seconds < most), 'minutes')}"


def _notebook(app: Sphinx, docname: str) -> nodes.reference | None:
    if NbMetadataCollector.get_exec_data(app.env, docname) is None:
        return None
    address = f"../{notebook_path(docname)}"
    return nodes.reference("", "notebook", refuri=address, internal=True)


def prerequisites(app: Sphinx, chapter: str) -> list[str]:
    """The pages of the chapters with a claim that a claim of this chapter needs, in book order."""
    claims: dict[str, Any] = _state(app).claims
    own = [claim for claim in claims.values() if claim.chapter == chapter]
    needed = {claims[name].chapter for claim in own for name in claim.needs if name in claims}
    pages = [docname for part in _chapters(app) for docname in part]
    return [d for d in pages if d.rpartition("/")[2] in needed - {chapter}]


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("doctree-resolved", insert, priority=800)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
