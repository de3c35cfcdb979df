"""Small document nodes: text with mathematics in it, formulas, links, tables."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

from docutils import nodes

from fieldcheck.pages import tex


class fc_details(nodes.General, nodes.Element):
    """What is folded away."""


class fc_summary(nodes.General, nodes.TextElement):
    """The line that is seen while it is folded."""


# --- text -----------------------------------------------------------------------------------------


_INLINE = re.compile(r"\$(?P<tex>[^$]+)\$|`(?P<code>[^`]+)`")


def inline(text: str) -> list[nodes.Node]:
    """Text with mathematics between dollars and code between backticks.

    All else, stars and underscores too, is meant as it stands.
    """
    found: list[nodes.Node] = []
    end = 0
    for match in _INLINE.finditer(text):
        if match.start() > end:
            found.append(nodes.Text(text[end : match.start()]))
        if match["tex"]:
            found.append(nodes.math(match["tex"], match["tex"]))
        else:
            found.append(nodes.literal(match["code"], match["code"]))
        end = match.end()
    if end < len(text):
        found.append(nodes.Text(text[end:]))
    return found


def paragraph(*parts: nodes.Node | str, kind: str | None = None) -> nodes.paragraph:
    """A paragraph of nodes and of texts; ``kind`` is its class."""
    made = nodes.paragraph(classes=[f"fc-{kind}"] if kind else [])
    for part in parts:
        made += inline(part) if isinstance(part, str) else part
    return made


def power(base: int, exponent: Any) -> list[nodes.Node]:
    """``10^-30`` as text with a raised exponent: hundreds stand on a page, and none is typeset."""
    raised = str(exponent).replace("-", "−")
    return [nodes.Text(str(base)), nodes.superscript(raised, raised)]


def said(text: str) -> list[nodes.Node]:
    """Text with mathematics and code in it, in which ``2^-101`` is a power too."""
    found: list[nodes.Node] = []
    for node in inline(text):
        pieces = re.split(r"\b(\d+\^-?[\d.]*\d)", node.astext())
        if not isinstance(node, nodes.Text) or len(pieces) == 1:
            found.append(node)
            continue
        for k, piece in enumerate(pieces):
            found += power(*piece.split("^")) if k % 2 else [nodes.Text(piece)]
    return found


def sentence(text: str) -> str:
    """A title as a sentence: a capital, unless it begins with a symbol, and a full stop."""
    text = text.strip()
    if re.match(r"[a-z]{2,}\b", text) or re.match(r"a [a-z]", text):
        text = text[0].upper() + text[1:]
    return text if text.endswith((".", "?", "!")) else f"{text}."


def span(text: str, *classes: str) -> nodes.inline:
    return nodes.inline(text, text, classes=list(classes))


def html(text: str) -> nodes.raw:
    """HTML as it stands, for what docutils has no node for."""
    return nodes.raw("", text, format="html")


def button(label: str, more: str, copied: str) -> nodes.raw:
    """A button that copies a text; a script shows it, since it can do nothing without one.

    ``more`` is the part of its label that a phone has no room for.
    """
    return html(
        f'<button type="button" class="fc-copy" data-copy="{escape(copied)}" hidden>'
        f'{escape(label)}<span class="fc-roomy">{escape(more)}</span></button>'
    )


# --- formulas -------------------------------------------------------------------------------------


def formula(text: str, room: float | None = None) -> list[nodes.Node]:
    """A formula in pieces between which a line may break, so that it fits a narrow page.

    ``room`` in signs: what does not fit is left out, for a place that shows the whole elsewhere.
    """
    found: list[nodes.Node] = []
    statements = tex.pieces(text)
    kept = tex.fitting(statements, room) if room else statements
    for statement in kept:
        if found:
            found.append(span(" ", "fc-gap"))
        for k, piece in enumerate(statement):
            words = tex.WORDS.fullmatch(piece)
            found += [nodes.Text(" ")] * (k > 0)
            found.append(nodes.Text(words[1].strip()) if words else nodes.math(piece, piece))
    return [*found, nodes.Text(" …")] if len(kept) < len(statements) else found


# --- links ----------------------------------------------------------------------------------------


def claim_link(
    claim_id: str, shown: str | nodes.Node | None = None, hint: str | None = None
) -> nodes.Node:
    """A reference to a claim's card, resolved when the pages are written; ``shown`` is what one
    clicks on: a text, or a node as it stands; ``hint`` is said under the pointer, else the claim's
    title."""
    from sphinx.addnodes import pending_xref

    target = pending_xref(
        "", refdomain="fc", reftype="claim", reftarget=claim_id, refexplicit=shown is not None
    )
    if hint:
        target["hint"] = hint
    if isinstance(shown, nodes.Node):
        target += shown
    else:
        target += nodes.inline("", shown or claim_id, classes=["fc-claim-ref"])
    return target


def page_link(name: str, shown: str = "") -> nodes.Node:
    """A reference to the book's page of this name, or to a place on it, ``talk#talk-12``; shows the
    page's title if it is not told what; plain text in a book that has none."""
    from sphinx.addnodes import pending_xref

    target = pending_xref(
        "", refdomain="fc", reftype="page", reftarget=name, refexplicit=bool(shown)
    )
    target += span(shown or name.replace("_", " "))
    return target


def equation_link(label: str) -> nodes.Node:
    """A reference to a numbered equation."""
    from sphinx.addnodes import pending_xref

    target = pending_xref("", refdomain="math", reftype="eq", reftarget=label, refexplicit=False)
    target += nodes.literal(label, label)
    return target


def listed(parts: Iterable[nodes.Node], separator: str = ", ") -> list[nodes.Node]:
    found: list[nodes.Node] = []
    for part in parts:
        if found:
            found.append(nodes.Text(separator))
        found.append(part)
    return found


# --- boxes and tables -----------------------------------------------------------------------------


def folded(
    summary: Sequence[nodes.Node], *content: nodes.Node, classes: Sequence[str] = ()
) -> fc_details:
    """A line, and below it what is seen when it is opened."""
    details = fc_details(classes=list(classes))
    line = fc_summary()
    line += summary
    details += line
    details += content
    return details


def table(
    header: Sequence[str],
    lines: Sequence[Sequence[Sequence[nodes.Node]]],
    *,
    classes: Sequence[str] = (),
) -> nodes.table:
    """A table of inline content, a list of nodes for each cell."""
    grid = nodes.table(classes=["colwidths-auto", *classes])
    group = nodes.tgroup(cols=len(header))
    grid += group
    group += [nodes.colspec(colwidth=1) for _ in header]
    group += nodes.thead("", _line([[_heading(name)] for name in header]))
    group += nodes.tbody("", *map(_line, lines))
    return grid


def _heading(name: str) -> nodes.Node:
    """An empty heading is for the eye only: who hears the table is told that it has no name."""
    return nodes.Text(name) if name else span("unnamed", "visually-hidden")


def _line(cells: Sequence[Sequence[nodes.Node]]) -> nodes.row:
    line = nodes.row()
    for cell in cells:
        entry = nodes.entry()
        within = nodes.paragraph()
        within += list(cell)
        entry += within
        line += entry
    return line


def scroll(inner: nodes.Node) -> nodes.container:
    """What may be wider than a phone scrolls by itself."""
    box = nodes.container(classes=["fc-scroll"])
    box += inner
    return box


def join_texts(box: nodes.Element) -> None:
    """Make one text of neighbouring ones: a book of cards has tens of thousands of them."""
    for element in list(box.findall(nodes.TextElement)):
        joined: list[nodes.Node] = []
        for child in element.children:
            last = joined[-1] if joined else None
            if isinstance(child, nodes.Text) and isinstance(last, nodes.Text):
                joined[-1] = nodes.Text(last.astext() + child.astext())
            else:
                joined.append(child)
        element.children = []
        element += joined
