"""A claim's card: document nodes made from its row, with real mathematics, text and links.

A card answers in the order in which a reader asks. Does it hold as printed? If not: the printed
form, where it breaks, and the statement that holds instead. Then how sure one may be, and, folded
away, each neighbour, each hypothesis left out, and the evidence.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from fractions import Fraction
from typing import Any

from docutils import nodes

from fieldcheck.ledger.records import ClaimRow, FormRow, Witness
from fieldcheck.pages import numbers, words
from fieldcheck.verdict import REFUTED


class fc_details(nodes.General, nodes.Element):
    """What is folded away."""


class fc_summary(nodes.General, nodes.TextElement):
    """The line that is seen while it is folded."""


def anchor(claim_id: str) -> str:
    """The id of a card on its page."""
    return f"claim-{claim_id}"


# --- small pieces ---------------------------------------------------------------------------------


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


def _paragraph(*parts: nodes.Node | str, kind: str | None = None) -> nodes.paragraph:
    paragraph = nodes.paragraph(classes=[f"fc-{kind}"] if kind else [])
    for part in parts:
        paragraph += inline(part) if isinstance(part, str) else part
    return paragraph


def power(base: int, exponent: Any) -> list[nodes.Node]:
    """``10^-30`` as text with a raised exponent: hundreds stand on a page, and none is typeset."""
    raised = str(exponent).replace("-", "−")
    return [nodes.Text(str(base)), nodes.superscript(raised, raised)]


def _display(tex: str | None) -> list[nodes.Node]:
    if not tex:
        return []
    return [nodes.math_block(tex, tex, nowrap=False, number=None, label=None, classes=["fc-math"])]


def _span(text: str, *classes: str) -> nodes.inline:
    return nodes.inline(text, text, classes=list(classes))


def verdict_classes(word: str) -> list[str]:
    """Classes of whatever shows a verdict: its colour, and whether it is certain."""
    return [f"fc-verdict-{words.tone(word)}", f"fc-{words.sureness(word)}"]


def verdict_badge(form: FormRow, prefix: str = "") -> nodes.inline:
    """The verdict as words in its colour: full if it is certain, outlined if not."""
    badge = nodes.inline(classes=["fc-verdict", *verdict_classes(form.verdict)])
    badge += nodes.Text(f"{prefix}{words.badge(form)}")
    return badge


def grade_badge(grade: str | None) -> list[nodes.Node]:
    return [nodes.Text(" "), _span(grade, "fc-grade")] if grade else []


def claim_link(claim_id: str, shown: str | nodes.Node | None = None) -> nodes.Node:
    """A reference to a claim's card, resolved when the pages are written; ``shown`` is what one
    clicks on: a text, or a node as it stands."""
    from sphinx.addnodes import pending_xref

    target = pending_xref(
        "", refdomain="fc", reftype="claim", reftarget=claim_id, refexplicit=shown is not None
    )
    if isinstance(shown, nodes.Node):
        target += shown
    else:
        target += nodes.inline("", shown or claim_id, classes=["fc-claim-ref"])
    return target


def _equation_link(label: str) -> nodes.Node:
    from sphinx.addnodes import pending_xref

    target = pending_xref("", refdomain="math", reftype="eq", reftarget=label, refexplicit=False)
    target += nodes.literal(label, label)
    return target


def _listed(parts: Iterable[nodes.Node], separator: str = ", ") -> list[nodes.Node]:
    found: list[nodes.Node] = []
    for part in parts:
        if found:
            found.append(nodes.Text(separator))
        found.append(part)
    return found


def _folded(summary: Sequence[nodes.Node], *content: nodes.Node, kind: str = "") -> fc_details:
    details = fc_details(classes=["fc-forms" if not kind else f"fc-{kind}"])
    line = fc_summary()
    line += summary
    details += line
    details += content
    return details


# --- the witness ----------------------------------------------------------------------------------


def witness(form: FormRow) -> list[nodes.Node]:
    """A counterexample: its inputs as small matrices, then both sides where they differ."""
    stored = form.witness
    if stored is None:
        return []
    box = nodes.container(classes=["fc-witness"])
    sizes = ", ".join(f"{name} = {value}" for name, value in stored.sizes.items())
    head = nodes.paragraph(classes=["fc-label"])
    head += nodes.Text("Counterexample" if form.certain else "Evidence against it")
    if sizes:
        head += _span(f" with {sizes}", "fc-source")
    box += head
    given = nodes.paragraph(classes=["fc-inputs"])
    for name, value in [*stored.inputs.items(), *_directions(stored.raw)]:
        for tex in _assignments(name, value):
            given += [nodes.math(tex, tex), nodes.Text(" ")]
    if given.children:
        box += given
    box += _sides(stored, words.place(form, stored), certain=form.certain)
    return [box]


def _assignments(name: str, value: Any) -> list[str]:
    """``X = (matrix)``; a structured input gives a line for each of its parts."""
    if isinstance(value, dict):
        return [tex for part, inner in value.items() for tex in _assignments(part, inner)]
    if numbers.depth_of(value) > 2:
        return [tex for k, part in enumerate(value, 1) for tex in _assignments(f"{name}_{k}", part)]
    return [f"{numbers.name_tex(name)} = {numbers.matrix_tex(value)}"]


def _directions(raw: dict[str, Any]) -> list[tuple[str, Any]]:
    """The direction a weak form was tested in: part of the counterexample if there is one."""
    found = []
    for key in raw:
        match = re.fullmatch(r"direction(\d+)\.re", key)
        if match is None:
            continue
        imaginary = raw.get(f"direction{match[1]}.im")
        found.append(("H", _complex(raw[key], imaginary)))
    return found


def _complex(real: Any, imaginary: Any) -> Any:
    """Two nested lists of numbers as one of complex numbers."""
    if isinstance(real, list):
        other = imaginary if isinstance(imaginary, list) else [None] * len(real)
        return [_complex(a, b) for a, b in zip(real, other, strict=True)]
    part = numbers.exact(str(imaginary)) if imaginary is not None else Fraction(0)
    if part == 0:
        return real
    sign = "-" if part is not None and part < 0 else "+"
    return f"{real} {sign} {str(imaginary).lstrip('+-')}i"


def _sides(stored: Witness, where: str, *, certain: bool) -> nodes.paragraph:
    line = nodes.paragraph(classes=["fc-sides"])
    if stored.relation == "Solutions":
        line += nodes.Text(f"This point {stored.lhs} and is {stored.rhs}.")
        return line
    for label, value in (("left side ", stored.lhs), ("right side ", stored.rhs)):
        if not value:
            continue
        if line.children:
            line += nodes.Text(", ")
        line += nodes.Text(label)
        line += (
            nodes.math("", numbers.tex(value)) if numbers.is_number(value) else nodes.Text(value)
        )
    if where:
        line += nodes.Text(f" ({where})" if line.children else where)
    by = {"rational": "exact rational arithmetic", "ball": "ball arithmetic"}.get(
        stored.certified_by, stored.certified_by
    )
    digits = f" at {stored.digits} digits" if stored.digits else ""
    line += _span(f". {'Certified' if certain else 'Seen'} by {by}{digits}.", "fc-by")
    return line


_SHOWN = 2
"""Printed forms that a card shows before it folds the rest away."""


# --- the card -------------------------------------------------------------------------------------


def card(
    claim: Any, row: ClaimRow, *, forms: bool = True, known_labels: Collection[str] = ()
) -> nodes.Node:
    """The card of one claim.

    Args:
        claim: from the register: statement, TeX, and the domains.
        row: from the ledger: all that was found.
        forms: show the folded parts.
        known_labels: equation labels that some page defines; others are not linked.
    """
    box = nodes.container(
        classes=["fc-card", *verdict_classes(row.verdict)], ids=[anchor(claim.id)]
    )
    printed = row.of("printed")
    broken = [form for form in printed if form.verdict in words.AGAINST]

    box += _head(claim, row, printed)
    for k, form in enumerate(broken[:_SHOWN]):
        box += _printed(form, claim, source=k == 0)
    if broken[_SHOWN:]:
        more = f"{len(broken) - _SHOWN} more as printed, refuted"
        hidden = [_printed(form, claim, source=False) for form in broken[_SHOWN:]]
        box += _folded([nodes.Text(more)], *hidden)
    box += _statement(claim, row.main, repaired=bool(broken))
    for form in printed:
        if form not in broken:
            box += _printed(form, claim, source=True)
    box += _how_sure(row)
    if forms:
        box += _neighbours(row.of("neighbour"))
        box += _dropped(row.of("dropped"), row.none_dropped_because)
        box += _evidence(row.forms)
    box += _foot(claim, row, known_labels)
    _join_texts(box)
    return box


def _join_texts(box: nodes.Element) -> None:
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


def _head(claim: Any, row: ClaimRow, printed: Sequence[FormRow]) -> nodes.paragraph:
    head = nodes.paragraph(classes=["fc-head"])
    title = nodes.strong(classes=["fc-title"])
    title += inline(claim.title)
    head += title
    badges = nodes.inline(classes=["fc-badges"])
    for form in {form.verdict: form for form in reversed(printed)}.values():
        badges += [verdict_badge(form, "as printed: "), nodes.Text(" ")]
    broken = any(form.verdict in words.AGAINST for form in printed)
    badges += verdict_badge(row.main, "repaired: " if broken and row.main.holds else "")
    badges += grade_badge(row.grade)
    head += [nodes.Text(" "), badges]
    return head


def _printed(form: FormRow, claim: Any, *, source: bool) -> nodes.container:
    part = nodes.container(classes=["fc-part", *verdict_classes(form.verdict)])
    label = nodes.paragraph(classes=["fc-label"])
    label += nodes.Text("As printed")
    if source:
        label += _span(f" ({_sources(claim.sources)})", "fc-source")
    part += label
    part += _display(form.tex)
    part += _paragraph(_sentence(form.title), kind="fault")
    if form.verdict != REFUTED:
        part += _paragraph(*_scope(form), kind="scope")
    part += witness(form)
    return part


def _statement(claim: Any, form: FormRow, *, repaired: bool) -> nodes.container:
    part = nodes.container(classes=["fc-part", *verdict_classes(form.verdict)])
    if form.met and form.verdict in words.AGAINST:
        part += nodes.paragraph("", "The statement that fails", classes=["fc-label"])
    elif repaired:
        part += nodes.paragraph("", "What holds instead", classes=["fc-label"])
    for text in re.split(r"\n\s*\n", claim.statement.strip()):
        part += _paragraph(" ".join(text.split()))
    part += _display(form.tex)
    part += witness(form)
    return part


def _sentence(text: str) -> str:
    """A title as a sentence: a capital, unless it begins with a symbol, and a full stop."""
    text = text.strip()
    if re.match(r"[a-z]{2,}\b", text) or re.match(r"a [a-z]", text):
        text = text[0].upper() + text[1:]
    return text if text.endswith((".", "?", "!")) else f"{text}."


def _sources(sources: Iterable[Any]) -> str:
    return "; ".join(
        f"{source.work}, {source.place}" if source.place else source.work for source in sources
    )


def _scope(form: FormRow) -> list[nodes.Node]:
    """How far the verdict reaches, as a sentence."""
    return [*_said(_sentence(words.scope_line(form))), nodes.Text(" ")]


def _said(text: str) -> list[nodes.Node]:
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


def _how_sure(row: ClaimRow) -> nodes.paragraph:
    line = nodes.paragraph(classes=["fc-sure"])
    line += _scope(row.main)
    if row.grade:
        line += nodes.Text(_sentence(words.GRADE_MEANS[row.grade]) + " ")
    line += _said(words.threshold_words(row.main.threshold) or "")
    if row.weakest:
        before, _, name = words.ground(row).rpartition(" ")
        line += [
            nodes.Text(f" {before[0].upper()}{before[1:]} "),
            claim_link(name),
            nodes.Text("."),
        ]
    return line


def _neighbours(forms: Sequence[FormRow]) -> list[nodes.Node]:
    if not forms:
        return []
    right = sum(form.met for form in forms)
    false = [form.expected is not None and form.expected.word == REFUTED for form in forms]
    what = "false" if all(false) else "one-change" if any(false) else "true"
    told = "told apart" if right == len(forms) else f"{right} of {len(forms)} told apart"
    items = [_form(form) for form in forms]
    summary = f"{len(forms)} neighbours: {what} statements one change away, {told}"
    if len(forms) == 1:
        summary = f"1 neighbour: a {what} statement one change away, {told}"
    return [_folded([nodes.Text(summary)], *items)]


def _form(form: FormRow) -> nodes.container:
    box = nodes.container(classes=["fc-form"])
    line = _paragraph(f"{_sentence(form.title)} ", verdict_badge(form))
    line += grade_badge(form.grade)
    box += line
    box += _display(form.tex)
    if form.verdict != REFUTED:
        box += _paragraph(*_scope(form), kind="scope")
    box += witness(form)
    return box


def _dropped(forms: Sequence[FormRow], why_none: str | None) -> list[nodes.Node]:
    if not forms:
        return [_paragraph(words.none_dropped(why_none), kind="none-dropped")] if why_none else []
    items = []
    for form in forms:
        box = nodes.container(classes=["fc-form"])
        outcome = form.outcome or "not tried"
        means = words.OUTCOME_MEANS.get(outcome, outcome)
        box += _paragraph(f"{_sentence(form.title)} ", _span(f"{means}.", "fc-outcome"))
        box += witness(form)
        items.append(box)
    needed = sum(form.outcome == "necessary" for form in forms)
    count = f"{len(forms)} hypotheses" if len(forms) > 1 else "1 hypothesis"
    return [_folded([nodes.Text(f"{count} left out in turn: {needed} shown to be needed")], *items)]


def _evidence(forms: Sequence[FormRow]) -> list[nodes.Node]:
    """What each method did and found, a line each.

    For the claim and the printed forms only: a neighbour has its witness, and `fieldcheck show`
    has the rest. A page of cards would otherwise be tens of thousands of nodes.
    """
    shown = [form for form in forms if form.role in {"claim", "printed"}]
    content: list[nodes.Node] = []
    for form in shown:
        lines = [
            _paragraph(nodes.strong("", f"{entry.method} {entry.outcome}"), *_said(f": {said}"))
            for entry in form.evidence
            if (said := "; ".join(words.found(entry)))
        ]
        if not lines:
            continue
        if len(shown) > 1:
            content.append(_paragraph(nodes.literal("", form.name)))
        bullets = nodes.bullet_list(classes=["fc-evidence"])
        bullets += [nodes.list_item("", line) for line in lines]
        without = words.without_worst(form)
        if without:
            bullets += nodes.list_item("", _paragraph(without))
        content.append(bullets)
    return [_folded([nodes.Text("Evidence, method by method")], *content)] if content else []


def _foot(claim: Any, row: ClaimRow, known_labels: Collection[str]) -> nodes.paragraph:
    foot = nodes.paragraph(classes=["fc-foot"])
    foot += nodes.literal(claim.id, claim.id)
    foot += nodes.Text(f" · {_sources(claim.sources)}")
    linked = [_equation_link(label) for label in row.equations if label in known_labels]
    if linked:
        foot += [nodes.Text(" · equations "), *_listed(linked)]
    if row.needs:
        foot += [nodes.Text(" · rests on "), *_listed(claim_link(name) for name in row.needs)]
    return foot


# --- tables ---------------------------------------------------------------------------------------


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
    for _ in header:
        group += nodes.colspec(colwidth=1)
    head, body = nodes.thead(), nodes.tbody()
    head += _line([[nodes.Text(name)] for name in header])
    for cells in lines:
        body += _line(cells)
    group += [head, body]
    return grid


def _line(cells: Sequence[Sequence[nodes.Node]]) -> nodes.row:
    line = nodes.row()
    for cell in cells:
        entry = nodes.entry()
        paragraph = nodes.paragraph()
        paragraph += list(cell)
        entry += paragraph
        line += entry
    return line


def scroll(inner: nodes.Node) -> nodes.container:
    """What may be wider than a phone scrolls by itself."""
    box = nodes.container(classes=["fc-scroll"])
    box += inner
    return box
