"""A claim's card: document nodes made from its row, with real mathematics, text and links.

A card answers in the order in which a reader asks: what is printed, what holds instead, where it
breaks, how sure that is and for which sizes. One line each; neighbours, hypotheses, evidence and
code lie in one fold. A consequence drawn in this book is one line that opens.
"""

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from docutils import nodes

from fieldcheck import sources
from fieldcheck.claim import DIFFERS, SAID
from fieldcheck.ledger.records import ClaimRow, Evidence, FormRow
from fieldcheck.pages import case, contest, numbers, tex, words
from fieldcheck.pages.inline import (
    button,
    claim_link,
    equation_link,
    fc_details,
    fc_summary,
    folded,
    formula,
    html,
    inline,
    join_texts,
    listed,
    page_link,
    paragraph,
    power,
    said,
    scroll,
    sentence,
    span,
    table,
)
from fieldcheck.verdict import REFUTED, UP_TO

__all__ = [
    "anchor", "card", "claim_link", "fc_details", "fc_summary", "folded", "form_link",
    "grade_badge", "inline", "power", "scroll", "state", "table", "verdict_badge",
    "verdict_classes",
]  # fmt: skip

OURS = "this book"
LABEL = {"printed": "Printed", "reading": "Read as"}
SHORT = 90
"""Characters of a statement that a card shows beside its formula."""

ROOM = 60
"""Signs of a formula that a card shows; the whole is in the fold."""


def anchor(claim_id: str) -> str:
    """The id of a card on its page."""
    return f"claim-{claim_id}"


# --- verdicts -------------------------------------------------------------------------------------


def verdict_classes(word: str) -> list[str]:
    """Classes of whatever shows a verdict: its colour, and whether it is certain."""
    return [f"fc-verdict-{words.tone(word)}", f"fc-{words.sureness(word)}"]


def verdict_badge(form: FormRow, prefix: str = "") -> nodes.inline:
    """The verdict as words in its colour: full if it is certain, outlined if not."""
    return _verdict(form, prefix + words.badge(form))


def form_link(form: FormRow) -> nodes.Node:
    """The verdict on one form of a claim, linked to the card; what the form says, under the
    pointer: a claim's title is that of what holds."""
    label = LABEL.get(form.role)
    hint = f"{label}: {form.title}" if label else form.title
    return claim_link(form.key.partition("/")[0], verdict_badge(form), hint)


def word_badge(form: FormRow) -> nodes.inline:
    """The verdict's word alone, for a table that has sizes elsewhere."""
    return _verdict(form, str(form.verdict))


def counted_badge(row: ClaimRow) -> nodes.inline:
    """The same of a claim that stands alone in a sentence: what it rests on has its say too."""
    return _verdict(row.main, words.counted(row))


def _verdict(form: FormRow, text: str) -> nodes.inline:
    return span(text, "fc-verdict", *verdict_classes(form.verdict))


def grade_badge(grade: str | None) -> list[nodes.Node]:
    return [nodes.Text(" "), span(grade, "fc-grade")] if grade else []


def printed(row: ClaimRow) -> list[FormRow]:
    """The forms that a source answers for."""
    return [form for role in SAID for form in row.of(role)]


def broken(row: ClaimRow) -> list[FormRow]:
    """Those of them that fail."""
    return [form for form in printed(row) if form.verdict in words.AGAINST]


def state(row: ClaimRow) -> str:
    """What a card says at a glance: right, repaired, wrong, or that it is not known."""
    if row.main.holds:
        return "repaired" if broken(row) else "right"
    return "wrong" if row.verdict in words.AGAINST else "open"


def _badge(row: ClaimRow) -> nodes.inline:
    """The one badge: a mark and words for each state, and a full or an outlined box; the sizes are
    said by the line below."""
    now = state(row)
    classes = ["fc-verdict", *verdict_classes(row.verdict)]
    prefix = "repaired: " if now == "repaired" else ""
    badge = nodes.inline(classes=[*classes, f"fc-state-{now}"])
    word = "proved up to a size" if row.verdict == UP_TO else words.badge(row.main)
    badge += nodes.Text(prefix + word)
    return badge


# --- the card -------------------------------------------------------------------------------------


def card(
    claim: Any, row: ClaimRow, *, forms: bool = True, equations: Mapping[str, str] | None = None
) -> nodes.Node:
    """The card of one claim.

    Args:
        claim: from the register: statement, TeX, and the domains.
        row: from the ledger: all that was found.
        forms: show the folded part.
        equations: the TeX of the labelled equations of all pages; other labels are not linked.
    """
    known = equations or {}
    lines = list(_lines(claim, row, known))
    inside = list(_inside(claim, row, known)) if forms else []
    classes = ["fc-card", *verdict_classes(row.verdict), f"fc-state-{state(row)}"]
    box: nodes.Element
    if all(source.work == OURS for source in claim.sources):
        head = [_badge(row), nodes.Text(" "), _title(claim)]
        sure = _line("Sure", _sure(row), "sure")
        box = folded(head, *lines, sure, *inside, classes=[*classes, "fc-row"])
    else:
        box = nodes.container(classes=classes)
        box += paragraph(_title(claim), nodes.Text(" "), _badge(row), kind="head")
        box += lines
        if inside:
            more = span("evidence, code", "fc-more")
            summary = [span("Sure", "fc-label"), *_sure(row), nodes.Text(" "), more]
            box += folded(summary, *inside, classes=["fc-fold"])
        else:
            box += _line("Sure", _sure(row), "sure")
    box["ids"] = [anchor(claim.id)]
    join_texts(box)
    return box


def _title(claim: Any) -> nodes.strong:
    title = nodes.strong(classes=["fc-title"])
    for node in inline(claim.title):
        pieces = node.astext().split("ᵀ") if isinstance(node, nodes.Text) else []
        if len(pieces) < 2:
            title += node
            continue
        for k, piece in enumerate(pieces):  # the sign itself is unreadable where type is bold
            title += [nodes.superscript("T", "T")] * (k > 0)
            title += nodes.Text(piece)
    return title


def _line(label: str, content: Sequence[nodes.Node], kind: str) -> nodes.paragraph:
    line = nodes.paragraph(classes=["fc-line", f"fc-{kind}"])
    line += [span(label, "fc-label"), nodes.Text(" "), *content]
    return line


def _lines(claim: Any, row: ClaimRow, equations: Mapping[str, str]) -> Iterable[nodes.Node]:
    """What is seen of a card before anything is opened."""
    faults = broken(row) if row.main.holds else []  # else the claim is itself what fails
    main = formula_of(claim, equations)
    case_of = next((form for form in [*faults, row.main] if form.witness), None)
    yield _origin(claim, row)
    if faults:
        first = faults[0]
        before, after = first.tex, main
        if before and after:
            before, after = tex.marked(before, after)
        shown = formula(before, ROOM) if before else inline(sentence(first.title))
        yield _line(LABEL[first.role], shown, "printed")
        yield _line("Instead", formula(after, ROOM) if after else _first(claim), "mended")
    else:
        if not main or len(_plain(claim.statement)) <= SHORT:
            yield paragraph(*_first(claim), kind="statement")
        if main:
            yield _line(_about(row), formula(main, 2 * ROOM), "formula")
    if case_of:
        label = "Smallest case" if case_of.certain else "Seen against it"
        yield _line(label, case.short(case_of), "case")


def _about(row: ClaimRow) -> str:
    """What a card's formula is to its claim; nobody claimed what only this book asks."""
    if row.main.holds:
        return "Holds"
    if state(row) != "wrong":
        return "Examined"
    return "Claimed" if any(sources.said_in(row.main.key)) else "Asked"


def _plain(statement: str) -> str:
    return " ".join(statement.split())


def _first(claim: Any) -> list[nodes.Node]:
    return inline(_plain(re.split(r"\n\s*\n", claim.statement.strip())[0]))


def formula_of(claim: Any, equations: Mapping[str, str]) -> str | None:
    """The claim's formula: its own, else that of the one equation it names."""
    if claim.tex or len(claim.equations) != 1:
        return claim.tex or None
    return equations.get(claim.equations[0])


def _sources(claim: Any) -> str:
    """Where a statement is printed; what this book adds to it goes without saying."""
    named = [(source.work, source.place) for source in claim.sources]
    places = list(dict.fromkeys([*named, *sources.places(claim.id)]))
    elsewhere = [each for each in places if each[0] != OURS]
    return "; ".join(f"{work}, {place}" if place else work for work, place in elsewhere or places)


def _sure(row: ClaimRow) -> list[nodes.Node]:
    """How sure, and for which sizes, of what is printed and of what holds instead; and what a
    claim below makes of it."""
    faults = broken(row) if row.main.holds else []
    first = f"{faults[0].role} {words.against(faults[0])}; instead " if faults else ""
    ground = f"; {words.ground(row)}" if row.weakest else ""
    return said(f" {first}{words.sure_line(row.main)}{ground}")


def _origin(claim: Any, row: ClaimRow) -> nodes.container:
    """Where it is printed, and what one can do with a card: replay it, contest it, link to it."""
    command = contest.command(row)
    what = "replay" if " replay " in command else "check"
    link = f'<a class="fc-permalink" href="#{anchor(claim.id)}" title="Link to {claim.id}">#</a>'
    actions = nodes.paragraph(classes=["fc-actions"])
    actions += [button(f"copy {what}", " command", command), nodes.Text(" ")]
    actions += [page_link("contest", "contest"), nodes.Text(" "), html(link)]
    line = nodes.container(classes=["fc-origin"])
    line += [paragraph(_sources(claim), kind="source"), actions]
    return line


# --- what is folded away --------------------------------------------------------------------------


def _inside(claim: Any, row: ClaimRow, equations: Mapping[str, str]) -> Iterable[nodes.Node]:
    yield from _statement(claim, row, equations)
    for form in printed(row):
        yield from _as_printed(form)
    if row.main.witness and not row.main.holds:
        yield from case.whole(row.main)
    yield from _neighbours(row.of("neighbour"))
    yield from _dropped(row.of("dropped"))
    yield from _evidence(row)
    yield from _context(claim, row, equations)
    yield from _contest(claim, row)
    yield from _code(claim, row)


def _heading(text: str) -> nodes.paragraph:
    return nodes.paragraph(text, text, classes=["fc-label"])


def _statement(claim: Any, row: ClaimRow, equations: Mapping[str, str]) -> Iterable[nodes.Node]:
    for text in re.split(r"\n\s*\n", claim.statement.strip()):
        yield paragraph(_plain(text))
    if claim.differs:
        label = paragraph(f"Checked is {DIFFERS[claim.differs]} ")
        label += [equation_link(claim.equations[0]), nodes.Text(".")]
        yield label
    whole = formula_of(claim, equations)
    if whole and tex.width(whole) > ROOM:
        yield paragraph(*formula(whole), kind="formula")
    parts = [sentence(words.scope_line(row.main))]
    if row.grade:
        parts.append(sentence(words.GRADE_MEANS[row.grade]))
    seen = row.main.threshold
    if seen is not None and seen.log10 != words.THRESHOLD_ANY:
        parts.append(words.threshold_words(seen) or "")
    yield paragraph(*said(" ".join(filter(None, parts))), kind="scope")


def _as_printed(form: FormRow) -> Iterable[nodes.Node]:
    """A printed form, or our reading: what is the matter with it, and the source's own words."""
    box = nodes.container(classes=["fc-form"])
    how = "As printed" if form.role == "printed" else "As we read it"
    box += paragraph(f"{how}: {sentence(form.title)} ", verdict_badge(form))
    for work, place, stated in sources.said_in(form.key):
        name = f"{sources.file_of(work.work).stem}#{sources.anchor(work, stated)}"
        words_ = f"“{stated.plain}”" if stated.quote else f"in our words, {stated.plain}"
        where = page_link(name, f"{work.work}, {work.what} {place.name}")
        box += paragraph(where, f": {words_}", kind="source")
    if form.tex:
        box += paragraph(*formula(form.tex), kind="formula")
    if form.verdict != REFUTED:
        box += paragraph(*said(sentence(words.scope_line(form))), kind="scope")
    box += case.whole(form)
    yield box


def _neighbours(forms: Sequence[FormRow]) -> Iterable[nodes.Node]:
    if not forms:
        return
    right = sum(form.met for form in forms)
    false = [form.expected is not None and form.expected.word == REFUTED for form in forms]
    what = "False" if all(false) else "One-change" if any(false) else "True"
    yield _heading(f"{what} neighbours told apart: {right} of {len(forms)}")
    for form in forms:
        box = nodes.container(classes=["fc-form"])
        box += paragraph(f"{sentence(form.title)} ", verdict_badge(form))
        if form.tex:
            box += paragraph(*formula(form.tex), kind="formula")
        if form.witness:
            box += paragraph(*case.short(form), kind="sides")
        elif form.verdict != REFUTED:
            box += paragraph(*said(sentence(words.scope_line(form))), kind="scope")
        yield box


def _dropped(forms: Sequence[FormRow]) -> Iterable[nodes.Node]:
    if not forms:
        return
    yield _heading("Hypotheses left out in turn")
    for form in forms:
        outcome = form.outcome or "not tried"
        means = words.OUTCOME_MEANS.get(outcome, outcome)
        box = nodes.container(classes=["fc-form"])
        box += paragraph(*_wider(form.title), " ", span(f"{means}.", "fc-outcome"))
        if form.witness:
            box += paragraph(*case.short(form), kind="sides")
        yield box


def _wider(title: str) -> list[nodes.Node]:
    """``Q not a orthogonal matrix: any real matrix`` as a person would say it."""
    match = re.fullmatch(r"([\w, ]+) not (a )?(.+?): (.+)", title)
    if match is None:
        return inline(sentence(title))
    names, one, kind, wider = match.groups()
    article = ("an " if kind[0] in "aeio" else "a ") if one else ""
    shown = [nodes.math(t, t) for t in map(numbers.name_tex, names.split(", "))]
    return [*listed(shown), nodes.Text(f" {wider}, not only {article}{kind}:")]


def _evidence(row: ClaimRow) -> Iterable[nodes.Node]:
    """What each method did and found, a line each.

    For the claim and the printed forms only: a neighbour has its witness, and `fieldcheck show`
    has the rest. A page of cards would otherwise be tens of thousands of nodes.
    """
    shown = [row.main, *printed(row)]
    content: list[nodes.Node] = []
    for form in shown:
        lines = [
            paragraph(nodes.strong("", f"{entry.method} {entry.outcome}"), *said(f": {found}"))
            for entry in form.evidence
            if _tells(form, entry) and (found := "; ".join(words.plainly(entry)))
        ]
        mute = [entry.method for entry in form.evidence if not _tells(form, entry)]
        if mute:
            lines.append(paragraph(f"Nothing to say here had: {', '.join(dict.fromkeys(mute))}."))
        if not lines:
            continue
        if len(shown) > 1:
            content.append(paragraph(nodes.literal("", form.name)))
        bullets = nodes.bullet_list(classes=["fc-evidence"])
        bullets += [nodes.list_item("", line) for line in lines]
        without = words.without_worst(form)
        if without:
            bullets += nodes.list_item("", paragraph(without))
        content.append(bullets)
    if content:
        yield _heading("Evidence, method by method")
        yield from content


def _tells(form: FormRow, entry: Evidence) -> bool:
    """Silence is no news where another method has spoken."""
    return entry.outcome != "silent" or not any(e.outcome != "silent" for e in form.evidence)


def _context(claim: Any, row: ClaimRow, equations: Mapping[str, str]) -> Iterable[nodes.Node]:
    """Where it is printed, the equations that the claim names, and the claims it rests on."""
    line = nodes.paragraph(classes=["fc-context"])
    line += nodes.Text(f"{sentence(_sources(claim))} ")
    linked = [equation_link(label) for label in row.equations if label in equations]
    if linked:
        line += [nodes.Text("Equations "), *listed(linked), nodes.Text(". ")]
    if row.needs:
        needs = [claim_link(name) for name in row.needs]
        line += [nodes.Text("Rests on "), *listed(needs), nodes.Text(".")]
    yield line


def _contest(claim: Any, row: ClaimRow) -> Iterable[nodes.Node]:
    """The reader's own counterexample: a file to fill in, and the command that judges it."""
    yield _heading("Contest it: write your point into point.toml")
    yield _block(contest.template(claim, row))
    yield paragraph("and ask `fieldcheck replay point.toml`. ", page_link("contest", "How"), ".")


def _code(claim: Any, row: ClaimRow) -> Iterable[nodes.Node]:
    """The text that the machine runs: the claim's, and that of its printed forms."""
    bodies: dict[Any, str] = {}
    for key in dict.fromkeys([row.main.key, *(form.key for form in printed(row))]):
        form = claim.forms.get(key)
        body = getattr(form, "body", None)
        if body is None or body.__code__ in bodies:
            continue
        try:
            bodies[body.__code__] = textwrap.dedent(inspect.getsource(body.__code__))
        except OSError:  # typed at a prompt
            continue
    if bodies:
        yield _heading("What the machine runs")
        yield _block("\n".join(bodies.values()))


def _block(text: str) -> nodes.literal_block:
    """Text as it stands.  Without colours: a page has dozens of blocks, each of a hundred words."""
    return nodes.literal_block(text, text, language="none", classes=["fc-code"])
