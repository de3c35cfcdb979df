"""The machine's words explained where they stand, and the index of subjects.

The first mention of a glossary's word on a page becomes a link to its entry; a script shows what
the entry says when such a link or a verdict's badge is pointed at or reached by keyboard. A word
that everyday English has too (*proved*, *stands*) is explained on badges only.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import plain
from docutils import nodes
from finding import entries
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from sphinx.util.nodes import make_refnode
from typeset import typesetter

PAGE = "book/glossary"
# Words that the text uses for what everyone calls so.
EVERYDAY = {
    "proved", "proved up to", "refuted", "stands", "fails", "undecided", "invalid", "as printed",
    "repaired", "exact", "enclosed", "series", "rate", "law", "domain", "hypothesis", "seed",
    "sees", "grade", "profile", "rests on",
}  # fmt: skip
MOST = 5
TIPS = "term-tips.js"


def terms(app: Sphinx) -> dict[str, tuple[str, str]]:
    """Each word of the glossary: the id of its entry, and what it says."""
    env: Any = app.env
    return getattr(env, "glossary_terms", {})


def collect(app: Sphinx, doctree: nodes.document) -> None:
    if app.env.docname == PAGE:
        found = {}
        for item in doctree.findall(nodes.definition_list_item):
            said = plain.text(item[-1], typesetter(app))
            for term in item.findall(nodes.term):
                found[term.astext()] = (term["ids"][0], " ".join(said.split()))
        app.env.glossary_terms = found  # type: ignore[attr-defined]


def link_terms(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    known = terms(app)
    if app.builder.format == "html" and known and docname != PAGE:
        _link_first(app, doctree, docname, known)


def _link_first(app: Sphinx, doctree: nodes.document, docname: str, known: Any) -> None:
    left = {word for word in known if word not in EVERYDAY}
    for paragraph in list(doctree.findall(nodes.paragraph)):
        if not left:
            return
        if _within(paragraph, "fc-card", "fc-scroll", "cell_output", "sidebar"):
            continue
        for text in [child for child in paragraph.children if isinstance(child, nodes.Text)]:
            pattern = (
                r"\b(" + "|".join(sorted(map(re.escape, left), key=len, reverse=True)) + r")s?\b"
            )
            match = re.search(pattern, text) if left else None
            if match is None:
                continue
            word = match[1]
            left.discard(word)
            link = make_refnode(
                app.builder, docname, PAGE, known[word][0], nodes.inline("", match[0])
            )
            link["classes"].append("fc-term")
            before, after = text[: match.start()], text[match.end() :]
            at = paragraph.index(text)
            paragraph[at : at + 1] = [nodes.Text(before), link, nodes.Text(after)]


def _within(node: nodes.Node, *classes: str) -> bool:
    while node is not None:
        if isinstance(node, nodes.Element) and set(classes) & set(node.get("classes", ())):
            return True
        node = node.parent
    return False


def write_tips(app: Sphinx, fault: Exception | None) -> None:
    if fault is None and app.builder.format == "html":
        tips = {word: {"id": name, "says": said} for word, (name, said) in terms(app).items()}
        text = f"window.termTips = {json.dumps(tips, ensure_ascii=False)};\n"
        (Path(app.outdir) / "_static" / TIPS).write_text(text, encoding="utf8")


# --- the index ------------------------------------------------------------------------------------


class subject_index(nodes.General, nodes.Element):
    """The list of subjects; filled when all pages are known."""


class SubjectIndex(SphinxDirective):
    has_content = True
    option_spec: ClassVar[dict[str, Any]] = {}

    def run(self) -> list[nodes.Node]:
        return [subject_index(subjects=[line.strip() for line in self.content if line.strip()])]


def fill_index(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    for place in list(doctree.findall(subject_index)):
        found = nodes.definition_list(classes=["fc-index"])
        listed = [e | {"d": d} for d, all_ in sorted(entries(app).items()) for e in all_]
        for subject in place["subjects"]:
            hits = list(_hits(subject, listed))
            if not hits:  # no page speaks of it any more
                continue
            item = nodes.definition_list_item("", nodes.term("", subject))
            line = nodes.paragraph()
            for k, entry in enumerate(hits):
                target = entry["u"].partition("#")[2]
                shown = nodes.inline("", entry["t"])
                line += nodes.Text(" · ") if k else nodes.Text("")
                line += make_refnode(app.builder, docname, entry["d"], target, shown)
            item += nodes.definition("", line)
            found += item
        place.replace_self(found)


def _hits(subject: str, listed: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Claims, then sections, of whose titles the subject is part; else where it stands most."""
    word = re.compile(rf"\b{re.escape(subject)}", re.IGNORECASE)
    titled = [e for e in listed if word.search(e["t"]) and e["d"] != PAGE]
    titled.sort(key=lambda e: ("i" not in e, -len(word.findall(e["x"]))))
    rest = [e for e in listed if e not in titled and e["d"] != PAGE]
    counted = sorted(((len(word.findall(e["x"])), -k) for k, e in enumerate(rest)), reverse=True)
    spoken = [rest[-k] for n, k in counted[:MOST] if n]
    yield from (titled + spoken)[: MOST if titled else 3]


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_node(subject_index)
    app.add_directive("subject-index", SubjectIndex)
    app.connect("doctree-read", collect, priority=600)
    app.connect("doctree-resolved", link_terms, priority=700)
    app.connect("doctree-resolved", fill_index, priority=600)
    app.add_js_file(TIPS, loading_method="defer")
    app.connect("build-finished", write_tips)
    return {"version": "1", "env_version": 1, "parallel_read_safe": False}
