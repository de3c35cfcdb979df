"""A source, statement by statement: what it says beside what holds, as document nodes.

The order is the source's and nothing is left out; titles and what is said again are small.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from itertools import groupby

from docutils import nodes

from fieldcheck.ledger.records import FormRow, Ledger
from fieldcheck.pages import standing as stand
from fieldcheck.pages import tex, words
from fieldcheck.pages.cards import counted_badge, form_link, verdict_badge, verdict_classes
from fieldcheck.pages.inline import (
    claim_link,
    folded,
    formula,
    inline,
    listed,
    page_link,
    paragraph,
    scroll,
    sentence,
    table,
)
from fieldcheck.sources import Statement, Work, anchor

Formulas = Callable[[FormRow], str | None]
"""The TeX of a form, which for a claim may be that of the equation it names."""


def page(
    source: Work, ledger: Ledger, chapters: Collection[str], tex_of: Formulas
) -> Iterator[nodes.section]:
    """A section a place; chapters: those that the book has, so that they can be linked."""
    for number, place in enumerate(source.place, 1):
        section = nodes.section(ids=[f"place-{number}"])
        section += nodes.title("", place.name)
        for repeated, run in groupby(place.statement, lambda said: source.first(said) is not said):
            if repeated:
                section += _again(source, [source.first(said) for said in run])
                continue
            for said in run:
                if said.label:
                    section += _label(said)
                else:
                    section += _box(source, said, ledger, chapters, tex_of)
        yield section


# --- what is small --------------------------------------------------------------------------------


def _label(said: Statement) -> nodes.Node:
    """On one line, or with its formulas as they stand."""
    if "$$" in said.text:
        box = nodes.container(classes=["fc-said-label"])
        box += [quotation(said.text), paragraph(said.note)]
        return box
    lines = filter(None, map(str.strip, said.text.split("\n")))
    return paragraph(" · ".join(lines), kind="said-label")


def _again(source: Work, before: Sequence[Statement]) -> nodes.paragraph:
    """One line for a run of what was said before."""
    line = nodes.paragraph(classes=["fc-said-again"])
    line += nodes.Text("Again: ")
    for k, said in enumerate(dict.fromkeys(before)):
        shown = said.text.replace("$$", "$").split("\n")[0].strip()
        line += nodes.Text("; " if k else "")
        if said.label:
            line += inline(shown)
            continue
        link = nodes.reference("", "", refid=anchor(source, said), internal=True)
        link += inline(shown)
        line += link
    return line


# --- a statement ----------------------------------------------------------------------------------


def _box(
    source: Work, said: Statement, ledger: Ledger, chapters: Collection[str], tex_of: Formulas
) -> nodes.container:
    word = stand.standing(ledger, said)
    box = nodes.container(
        classes=["fc-said", f"fc-verdict-{stand.TONE[word]}"], ids=[anchor(source, said)]
    )
    box += _head(said, anchor(source, said).rpartition("-")[2], word)
    box += quotation(said.text)
    broken = stand.against(ledger, said)
    mended = stand.form(ledger, said.mended) if said.mended else None
    after = tex_of(mended) if mended else None
    for form in broken:
        box += _broken(form, said, tex_of(form))
    if mended:
        before = next((tex_of(form) for form in broken if form.role == "printed"), None)
        if before and after:
            _, after = tex.marked(before, after)
        box += _instead(mended, ledger, after)
    if said.note:
        box += paragraph(said.note, kind="note")
    box += _foot(said, ledger, chapters)
    return box


def _head(said: Statement, number: str, word: str) -> nodes.paragraph:
    head = nodes.paragraph(classes=["fc-said-head"])
    head += nodes.inline("", number, classes=["fc-number"])
    shown = f"repaired: {said.change}" if word == stand.REPAIRED else word
    badge = nodes.inline(classes=["fc-standing"])
    badge += nodes.Text(f"{stand.MARK[word]} {shown}")
    head += [nodes.Text(" "), badge]
    if said.reading and not said.printed:
        head += [nodes.Text(" "), nodes.inline("", "in our reading", classes=["fc-source"])]
    return head


def _broken(form: FormRow, said: Statement, shown: str | None) -> list[nodes.Node]:
    """A refuted form: what is wrong with a formula; of words, what we read into them."""
    read = not {form.key, form.key.removesuffix("/claim")} & {*said.printed}
    said_of = sentence(form.title)
    line = paragraph("Read as: " if read else "", said_of, " ", form_link(form), kind="fault")
    return [line, *(_formula(shown) if read else [])]


def _instead(form: FormRow, ledger: Ledger, shown: str | None) -> nodes.container:
    """What holds; where it differs from the printed formula is underlined."""
    claim_id = form.key.partition("/")[0]
    part = nodes.container(classes=["fc-instead", *verdict_classes(form.verdict)])
    part += paragraph(
        nodes.inline("", "Instead: ", classes=["fc-label"]),
        claim_link(claim_id, ledger.rows[claim_id].title),
        " ",
        counted_badge(ledger.rows[claim_id]) if form.role == "claim" else verdict_badge(form),
    )
    part += _formula(shown)
    return part


def _formula(shown: str | None) -> list[nodes.Node]:
    return [paragraph(*formula(shown), kind="formula")] if shown else []


def _foot(said: Statement, ledger: Ledger, chapters: Collection[str]) -> list[nodes.Node]:
    """One line: the claims that treat it, folded, and the chapters where they are."""
    foot = nodes.container(classes=["fc-foot"])
    if said.claims:
        bullets = nodes.bullet_list(classes=["fc-evidence"])
        for name in said.claims:
            row = ledger.rows[name]
            line = paragraph(claim_link(name, row.title), " ", counted_badge(row))
            bullets += nodes.list_item("", line)
        foot += folded([nodes.Text(f"more: {words.count(len(said.claims), 'claim')}")], bullets)
    homes = dict.fromkeys([*said.pages, *(ledger.rows[name].chapter for name in said.claims)])
    links = [page_link(name, name.replace("_", " ")) for name in homes if name in chapters]
    if links:
        foot += paragraph("in " if said.claims else "see ", *listed(links))
    return [foot] if foot.children else []


# --- the source's words ---------------------------------------------------------------------------

_DISPLAY = re.compile(r"\$\$(.+?)\$\$", re.DOTALL)
_STRONG = re.compile(r"\*\*(?=\S)(.+?)(?<=\S)\*\*")


def quotation(text: str) -> nodes.block_quote:
    """The words as they stand, their formulas set; lines with tabs are a table."""
    quote = nodes.block_quote()
    for block in re.split(r"\n\s*\n", text.strip("\n")):
        if "\t" in block:
            rows = [re.split(r"\t+", line.rstrip()) for line in block.split("\n")]
            quote += _grid(rows)
        else:
            quote += _paragraphs(block)
    return quote


def _grid(rows: list[list[str]]) -> nodes.container:
    width = max(map(len, rows))
    cells = [[[nodes.Text(cell)] for cell in (*row, *[""] * (width - len(row)))] for row in rows]
    return scroll(table([*rows[0], *[""] * (width - len(rows[0]))], cells[1:]))


def _paragraphs(block: str) -> Iterator[nodes.Node]:
    """Displayed formulas between lines of text."""
    for k, part in enumerate(_DISPLAY.split(block)):
        if k % 2:
            yield paragraph(*formula(part.strip()), kind="formula")
            continue
        for line in filter(None, map(str.strip, part.split("\n"))):
            yield _line(line.replace(r"\rightarrow", "→") if "$" not in line else line)


def _line(line: str) -> nodes.paragraph:
    parts = _STRONG.split(line)
    return paragraph(*(nodes.strong("", p) if k % 2 else p for k, p in enumerate(parts)))
