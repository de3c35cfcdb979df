"""The Sphinx extension: the ledger's directives, equation coverage, and no stale outputs.

Directives::

    {claim} softmax-free-energy        the card of a claim; `:forms: no` leaves out the folded parts
    {ledger-table}                     all claims; `:chapter: softmax` for those of one chapter
    {claims-map}                       the headlines: what rests on what
    {ledger-summary}                   how many claims came out how
    {sources-score} talk               how a source's statements came out; all sources' without it
                    :ticks:            a tick for each statement instead of the table
    {source} talk                      a source, statement by statement
    {ledger-reach}                     how many speak of every size, and of all inputs
    {ledger-thresholds}                how large a fault each grade would have seen
    {equation-coverage}                how many displayed equations are named and checked
    {ledger-timings}                   seconds a claim: for a page that no comparison reads

and the roles ``{claim}`` with an id, which links to its card, and ``{verdict}`` with an id or a
form's key, which shows that verdict as a link to the card: so that no verdict in the text is typed.
An absent, incomplete or stale ledger ends the build, and so does an id or a label that does not
exist.

A book of the user's own says in its configuration where its claims are and whether every displayed
formula must be checked::

    extensions = ["myst_nb", "fieldcheck.pages.sphinx_ext"]
    fieldcheck_registers = ["claims.py"]      # files, modules, or what installed packages offer
    fieldcheck_ledger = "_build/ledger.json"  # from `fieldcheck verify claims.py --ledger FILE`
    fieldcheck_equations = False
"""

from __future__ import annotations

import importlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.domains import Domain
from sphinx.errors import ExtensionError
from sphinx.roles import XRefRole
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective, SphinxRole
from sphinx.util.nodes import make_refnode

from fieldcheck import sources
from fieldcheck.ledger import fingerprint, store
from fieldcheck.ledger import run as runs
from fieldcheck.ledger.errors import UserError, unknown
from fieldcheck.ledger.records import ClaimRow, FormRow, Ledger, Threshold
from fieldcheck.pages import cards, coverage, limits, walk, words
from fieldcheck.pages import map as claims_map
from fieldcheck.pages import standing as stand
from fieldcheck.pages.inline import page_link

logger = logging.getLogger(__name__)
STATIC = Path(__file__).parent / "static"


class fc_map(nodes.General, nodes.Element):
    """The claims map; drawn when pages are written, since only then addresses are known."""


# --- what a build knows ---------------------------------------------------------------------------


@dataclass
class State:
    """The register, and the ledger once a page asks for it."""

    path: Path
    machine: str
    registers: tuple[str, ...] = ()

    @cached_property
    def engine(self) -> Any:
        return importlib.import_module(self.machine)

    @cached_property
    def claims(self) -> dict[str, Any]:
        try:
            if self.registers:  # one that hangs, or ends the process, does so elsewhere first
                runs.known(self.machine, self.registers)
            return self.engine.load(self.registers)
        except UserError as fault:
            raise ExtensionError(str(fault)) from None

    @cached_property
    def ledger(self) -> Ledger:
        """The ledger, if it is complete and was made from the sources as they are now."""
        try:
            ledger = runs.vouched(store.read(self.path), self.claims, self.engine, self.path)
        except UserError as fault:
            raise ExtensionError(str(fault)) from None
        remedy = "run `fieldcheck verify` and build again"
        missing = [name for name in self.claims if name not in ledger.rows]
        if missing:
            raise ExtensionError(
                f"the ledger {self.path} has no row for {_some(missing)}: {remedy}"
            )
        gone = [name for name in ledger.rows if name not in self.claims]
        if gone:
            raise ExtensionError(
                f"the ledger {self.path} has rows that the register does not: {_some(gone)}; "
                f"{remedy}"
            )
        run = ledger.run
        stale = [
            name
            for name, row in ledger.rows.items()
            if row.hash != self.engine.claim_hash(self.claims[name], run.profile, run.seed)
        ]
        if stale:
            raise ExtensionError(
                f"the ledger {self.path} is stale, the sources changed since it was written: "
                f"{_some(stale)}; {remedy}"
            )
        if not run.complete:
            raise ExtensionError(f"the ledger {self.path} says it is incomplete: {remedy}")
        return ledger

    def claim(self, claim_id: str) -> tuple[Any, ClaimRow]:
        """A claim and its row."""
        if claim_id not in self.claims:
            raise unknown("claim", claim_id, self.claims)
        return self.claims[claim_id], self.ledger.row(claim_id)

    def rows(self, chapter: str | None) -> list[ClaimRow]:
        """All rows, or those of a chapter."""
        if chapter is None:
            return list(self.ledger.claims)
        found = [row for row in self.ledger.claims if row.chapter == chapter]
        if not found:
            raise unknown("chapter", chapter, {row.chapter for row in self.ledger.claims})
        return found


def _some(names: list[str], count: int = 3) -> str:
    more = f" and {len(names) - count} more" if len(names) > count else ""
    return ", ".join(names[:count]) + more


def _state(app: Sphinx) -> State:
    state = getattr(app, "fieldcheck", None)
    if state is None:
        path = Path(app.srcdir) / app.config.fieldcheck_ledger
        files = [
            str(Path(app.srcdir) / name) if name.endswith(".py") else name
            for name in app.config.fieldcheck_registers
        ]
        state = State(path, app.config.fieldcheck_machine, tuple(files))
        app.fieldcheck = state  # type: ignore[attr-defined]
    return state


# --- directives -----------------------------------------------------------------------------------


class LedgerDirective(SphinxDirective):
    """A directive whose content comes from the ledger; its page is read anew when that changes."""

    option_spec: ClassVar[dict[str, Any]] = {"chapter": directives.unchanged_required}

    @property
    def build_state(self) -> State:
        return _state(self.env.app)

    def run(self) -> list[nodes.Node]:
        self.env.note_dependency(str(self.build_state.path))
        try:
            return list(self.made())
        except UserError as fault:
            source, line = self.get_source_info()
            raise ExtensionError(f"{source}:{line}: {fault}") from None

    def made(self) -> Iterable[nodes.Node]:
        raise NotImplementedError


def _yes_or_no(argument: str) -> bool:
    value = directives.choice(argument, ("yes", "no", "true", "false"))
    return value in {"yes", "true"}


class ClaimDirective(LedgerDirective):
    """``{claim} ID``: the card."""

    required_arguments = 1
    option_spec: ClassVar[dict[str, Any]] = {"forms": _yes_or_no}

    def made(self) -> Iterable[nodes.Node]:
        claim_id = self.arguments[0].strip()
        claim, row = self.build_state.claim(claim_id)
        if not row.as_expected:
            keys = [form.key for form in row.surprises]
            logger.warning(
                "the verdict on %s is not the expected one",
                _some(keys),
                location=self.get_location(),
                type="fieldcheck",
                subtype="verdict",
            )
        domain = self.env.get_domain("fc")
        assert isinstance(domain, ClaimDomain)
        domain.note(claim_id, claim.title, self.env.docname)
        pages = _scan_pages(self.env.app)
        for docname, page in pages.items():
            if page.labels.keys() & set(claim.equations):
                self.env.note_dependency(self.env.doc2path(docname))
        equations = coverage.displayed(pages.values())
        forms = self.options.get("forms", True)
        card = cards.card(claim, row, forms=forms, equations=equations)
        self.set_source_info(card)
        return [card]


class TableDirective(LedgerDirective):
    """``{ledger-table}``: a line for each claim; a script makes it sortable."""

    def made(self) -> Iterable[nodes.Node]:
        rows = self.build_state.rows(self.options.get("chapter"))
        header = ["claim", "chapter", "as printed", "verdict", "grade", "rests on", "sees"]
        lines = [self._line(row) for row in rows]
        return [cards.scroll(cards.table(header, lines, classes=["fc-ledger"]))]

    def _line(self, row: ClaimRow) -> list[list[nodes.Node]]:
        claim, _ = self.build_state.claim(row.id)
        said = [*row.of("printed"), *([row.main] if sources.is_printed(row.id) else [])]
        printed = {form.verdict: form for form in reversed(said)}.values()
        name = [cards.claim_link(row.id, claim.title), nodes.Text(" ")]
        small = nodes.inline("", "", nodes.literal(row.id, row.id), classes=["fc-id"])
        for source in row.sources:
            small += [nodes.Text(" · "), _source(source)]
        return [
            [*name, small],
            [nodes.Text(row.chapter.replace("_", " "))],
            [cards.word_badge(form) for form in printed],
            [
                cards.word_badge(row.main),
                nodes.inline("", words.extent(row.main), classes=["fc-extent"]),
            ],
            [nodes.Text(row.grade or "")],
            [nodes.Text(row.rests_on or "unsettled")],
            _threshold(row.main.threshold),
        ]


def _source(source: Any) -> nodes.inline:
    """A source as its work and its place in it, by which a script filters."""
    said = nodes.inline(
        "", "", nodes.inline("", source.work, classes=["fc-work"]), classes=["fc-src"]
    )
    if source.place:
        said += [nodes.Text(", "), nodes.inline("", source.place, classes=["fc-place"])]
    return said


def _threshold(threshold: Threshold | None) -> list[nodes.Node]:
    if threshold is None or threshold.log10 is None:
        return [nodes.Text("")]
    if threshold.log10 == words.THRESHOLD_ANY:
        return [nodes.Text("any")]
    return cards.power(10, threshold.log10)


class MapDirective(LedgerDirective):
    """``{claims-map}``: the declared headlines and what rests on what."""

    option_spec: ClassVar[dict[str, Any]] = {}

    def made(self) -> Iterable[nodes.Node]:
        path = Path(self.env.srcdir) / self.config.fieldcheck_headlines
        if not self.config.fieldcheck_headlines:
            path = claims_map.FILE
        self.env.note_dependency(str(path))
        names = claims_map.declared(path)
        for name in names:
            self.build_state.claim(name)
        return [fc_map(rows=names)]


class SummaryDirective(LedgerDirective):
    """``{ledger-summary}``: the counts, in a sentence."""

    def made(self) -> Iterable[nodes.Node]:
        rows = self.build_state.rows(self.options.get("chapter"))
        run = self.build_state.ledger.run
        forms = [form for row in rows for form in row.forms]
        neighbours = [form for form in forms if form.role == "neighbour"]
        certain = sum(row.main.certain for row in rows)
        text = f"{words.count(len(rows), 'claim')}: {words.counts(row.verdict for row in rows)}."
        text += f" Certain, by proof or counterexample: {certain}."
        text += f" Of {words.count(len(neighbours), 'neighbour')}, "
        text += f"{sum(form.met for form in neighbours)} were told apart."
        text += f" Profile {run.profile}, seed {run.seed}."
        return [nodes.paragraph("", text, classes=["fc-summary-line"])]


class SourcesDirective(LedgerDirective):
    """A directive about the sources; its page is read anew when their files change."""

    optional_arguments = 1
    final_argument_whitespace = True
    option_spec: ClassVar[dict[str, Any]] = {}

    def works(self) -> list[sources.Work]:
        for path in sources.FOLDER.glob("*.toml"):
            self.env.note_dependency(str(path))
        if not self.arguments:
            return sources.works()
        if self.arguments[0] not in sources.WORKS:
            raise unknown("source", self.arguments[0], sources.WORKS)
        return [sources.work(self.arguments[0])]


class ScoreDirective(SourcesDirective):
    """``{sources-score}``: how many statements of each source came out how."""

    option_spec: ClassVar[dict[str, Any]] = {"ticks": directives.flag}

    def made(self) -> Iterable[nodes.Node]:
        ledger = self.build_state.ledger
        if "ticks" in self.options:
            yield nodes.container(
                "", *(_ticks(ledger, w) for w in self.works()), classes=["fc-tally"]
            )
            return
        counted: list[tuple[list[nodes.Node], Counter[str]]] = []
        for work in self.works():
            formulas, said = stand.score(ledger, work)
            link = page_link(sources.file_of(work.work).stem, work.work)
            counted.append(([link, nodes.Text(", formulas")], formulas))
            counted.append(([nodes.Text(f"{work.work}, in words")], said))
        usual = (stand.RIGHT, stand.REPAIRED, stand.WRONG, stand.NONE)
        shown = [w for w in stand.MARK if w in usual or any(found[w] for _, found in counted)]
        lines = [
            [name, *(cards.inline(str(found[word] or "")) for word in shown)]
            for name, found in counted
            if found
        ]
        header = ["source", *(f"{stand.MARK[word]} {word}" for word in shown)]
        yield cards.scroll(cards.table(header, lines, classes=["fc-score"]))


def _ticks(ledger: Ledger, work: sources.Work) -> nodes.paragraph:
    """A source in one line: its name, a tick for each statement in order, and the counts."""
    found = [standing for _, standing in stand.course(ledger, work)]
    link = page_link(sources.file_of(work.work).stem, work.work)
    ticks = [
        cards.span("", "fc-tick", f"fc-verdict-{stand.TONE[s]}", f"fc-tick-{s.split()[0]}")
        for s in found
    ]
    line = cards.paragraph(link, cards.span(" "), kind="source-line")
    line += nodes.inline("", "", *ticks, classes=["fc-ticks"])
    for s in (s for s in stand.MARK if s in found):
        mark = cards.span(stand.MARK[s], "fc-key", f"fc-verdict-{stand.TONE[s]}")
        count = nodes.inline("", "", nodes.Text(" "), mark, classes=["fc-count"])
        count += nodes.Text(f" {found.count(s)} {s}")
        line += count
    return line


class SourceDirective(SourcesDirective):
    """``{source} talk``: the source, statement by statement."""

    required_arguments = 1
    optional_arguments = 0

    def made(self) -> Iterable[nodes.Node]:
        pages = _scan_pages(self.env.app)
        for docname in pages:  # a claim may be shown as the equation that it names
            self.env.note_dependency(self.env.doc2path(docname))
        equations = coverage.displayed(pages.values())

        def tex_of(form: FormRow) -> str | None:
            claim_id, _, name = form.key.partition("/")
            if name != "claim":
                return form.tex
            return cards.formula_of(self.build_state.claims[claim_id], equations)

        chapters = {docname.rpartition("/")[2] for docname in self.env.found_docs}
        for work in self.works():
            yield from walk.page(work, self.build_state.ledger, chapters, tex_of)


class ReachDirective(LedgerDirective):
    """``{ledger-reach}``: of which sizes and inputs the claims speak."""

    count = staticmethod(limits.reach)

    def made(self) -> Iterable[nodes.Node]:
        header, *lines = self.count(self.build_state.rows(self.options.get("chapter")))
        cells = [[[nodes.Text(text)] for text in line] for line in lines]
        yield cards.scroll(cards.table(header, cells, classes=["fc-coverage"]))


class ThresholdDirective(ReachDirective):
    """``{ledger-thresholds}``: the faults that the evidence would have seen, by grade."""

    count = staticmethod(limits.thresholds)


class CoverageDirective(LedgerDirective):
    """``{equation-coverage}``: the figure for each chapter."""

    def made(self) -> Iterable[nodes.Node]:
        pages = _scan_pages(self.env.app)
        for docname in pages:
            self.env.note_dependency(self.env.doc2path(docname))
        report = coverage.judge(list(pages.values()), self.build_state.claims)
        yield nodes.paragraph("", f"{report}.", classes=["fc-summary-line"])
        lines = [[[nodes.Text(text)] for text in line] for line in report.lines]
        if lines:
            yield cards.scroll(cards.table(coverage.HEADER, lines, classes=["fc-coverage"]))


_LONGEST = 12
"""Claims that the timings show before they fold the rest away."""


class TimingsDirective(LedgerDirective):
    """``{ledger-timings}``: seconds by claim, the longest first."""

    def made(self) -> Iterable[nodes.Node]:
        ledger = self.build_state.ledger
        spent = {
            row.id: sum(float(ledger.timings.get(form.key, 0)) for form in row.forms)
            for row in self.build_state.rows(self.options.get("chapter"))
        }
        lines: list[list[list[nodes.Node]]] = [
            [
                [cards.claim_link(name)],
                [nodes.Text(f"{seconds:.2f}")],
                [nodes.Text(str(len(ledger.rows[name].forms)))],
            ]
            for name, seconds in sorted(spent.items(), key=lambda item: (-item[1], item[0]))
        ]
        total = f"{sum(spent.values()):.1f} seconds of work in all, on one core."
        yield nodes.paragraph("", total, classes=["fc-summary-line"])
        header = ["claim", "seconds", "forms"]
        yield cards.scroll(cards.table(header, lines[:_LONGEST], classes=["fc-ledger"]))
        if lines[_LONGEST:]:
            rest = cards.scroll(cards.table(header, lines[_LONGEST:], classes=["fc-ledger"]))
            summary = cards.fc_summary()
            summary += nodes.Text(f"The other {words.count(len(lines) - _LONGEST, 'claim')}")
            details = cards.fc_details()
            details += [summary, rest]
            yield details


# --- references -----------------------------------------------------------------------------------


class ClaimRole(XRefRole):
    """``{claim}`id` ``: a link to a claim's card, showing its title unless told otherwise."""

    def __init__(self) -> None:
        super().__init__(innernodeclass=nodes.inline)

    def create_xref_node(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        self.refdomain, self.reftype = "fc", "claim"
        self.classes = ["xref", "fc-claim-ref"]
        return super().create_xref_node()

    def process_link(
        self, env: Any, refnode: Any, has_explicit_title: bool, title: str, target: str
    ) -> tuple[str, str]:
        claims = _state(env.app).claims
        if not has_explicit_title and target in claims:
            title = claims[target].title
        return title, target


class VerdictRole(SphinxRole):
    """``{verdict}`key` ``: the verdict on a claim, or on one of its forms, linked to the card."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        state = _state(self.env.app)
        self.env.note_dependency(str(state.path))
        claim_id, _, _ = self.text.partition("/")
        try:
            _, row = state.claim(claim_id)
            forms = {form.key: form for form in row.forms}
            if self.text not in {claim_id, *forms}:
                raise unknown("form", self.text, {claim_id, *forms})
        except UserError as fault:
            source, line = self.get_source_info()
            raise ExtensionError(f"{source}:{line}: {fault}") from None
        form = forms.get(self.text)
        if form is not None:
            return [cards.form_link(form)], []
        return [cards.claim_link(claim_id, cards.counted_badge(row))], []


class ClaimDomain(Domain):
    """Where each claim's card stands. The card in the claim's own chapter is the one linked to."""

    name = "fc"
    label = "Fieldcheck"
    roles = {"claim": XRefRole()}  # noqa: RUF012 - Sphinx declares it so
    initial_data = {"cards": {}}  # noqa: RUF012
    data_version = 1

    @property
    def cards(self) -> dict[str, dict[str, str]]:
        """Claim id to docname to title."""
        return self.data["cards"]

    def note(self, claim_id: str, title: str, docname: str) -> None:
        self.cards.setdefault(claim_id, {})[docname] = title

    def clear_doc(self, docname: str) -> None:
        for pages in self.cards.values():
            pages.pop(docname, None)

    def merge_domaindata(self, docnames: list[str], otherdata: dict[str, Any]) -> None:
        for claim_id, pages in otherdata["cards"].items():
            for docname, title in pages.items():
                if docname in docnames:
                    self.note(claim_id, title, docname)

    def home(self, claim_id: str) -> str | None:
        """The page of a claim's card."""
        pages = self.cards.get(claim_id)
        if not pages:
            return None
        claims = _state(self.env.app).claims
        chapter = claims[claim_id].chapter if claim_id in claims else None
        own = [docname for docname in pages if docname.rpartition("/")[2] == chapter]
        return (own or sorted(pages))[0]

    def resolve_xref(
        self,
        env: Any,
        fromdocname: str,
        builder: Any,
        typ: str,
        target: str,
        node: Any,
        contnode: Any,
    ) -> nodes.Element | None:
        if typ == "page":
            return _to_page(env, fromdocname, builder, target, node, contnode)
        claims = _state(env.app).claims
        if target not in claims:
            raise ExtensionError(f"{fromdocname}: {unknown('claim', target, claims)}")
        docname = self.home(target)
        if docname is None:  # a claim whose chapter is not in this book: named, not linked
            return contnode
        hint = node.get("hint") or claims[target].title
        return make_refnode(builder, fromdocname, docname, cards.anchor(target), contnode, hint)

    def resolve_any_xref(self, *_: Any) -> list[tuple[str, nodes.Element]]:
        return []

    def get_objects(self) -> Iterator[tuple[str, str, str, str, str, int]]:
        for claim_id in self.cards:
            docname = self.home(claim_id)
            if docname is not None:
                title = self.cards[claim_id][docname]
                # The full name differs from the anchor: else the search would shorten the anchor
                # and make it again from the title.
                name = f"fieldcheck.{claim_id}"
                yield name, title, "claim", docname, cards.anchor(claim_id), 1


def _to_page(
    env: Any, here: str, builder: Any, target: str, node: Any, content: nodes.Element
) -> nodes.Element:
    """A link to a page by the name of its file, ``talk#talk-12``; the bare words if there is none.

    Without words of its own the link shows the page's title.
    """
    name, _, place = target.partition("#")
    homes = [docname for docname in env.found_docs if docname.rpartition("/")[2] == name]
    if not homes:
        return content
    if not node["refexplicit"]:
        content = nodes.inline("", env.titles[homes[0]].astext())
    return make_refnode(builder, here, homes[0], place, content)


# --- writing --------------------------------------------------------------------------------------


def _visit_map(self: Any, node: fc_map) -> None:
    env = self.builder.env
    state = _state(env.app)
    domain = env.get_domain("fc")
    here = self.builder.current_docname

    def link(claim_id: str) -> str | None:
        docname = domain.home(claim_id)
        if docname is None:
            return None
        return f"{self.builder.get_relative_uri(here, docname)}#{cards.anchor(claim_id)}"

    names, rows = node["rows"], state.ledger.rows
    table = claims_map.table(names, rows, link=link)
    self.body.append(
        '<div class="fc-maps"><div class="fc-map-graph fc-scroll">'
        f"{claims_map.svg(names, rows, link=link)}</div>\n"
        f"{claims_map.tree(names, rows, link=link)}\n{claims_map.key()}\n"
        '<details class="fc-map-as-table"><summary>The same as a table</summary>'
        f'<div class="fc-scroll">{table}</div></details></div>\n'
    )
    raise nodes.SkipNode


def _skip(self: Any, node: nodes.Element) -> None:
    raise nodes.SkipNode


def _nothing(self: Any, node: nodes.Element) -> None:
    pass


def _open_details(self: Any, node: nodes.Element) -> None:
    self.body.append(self.starttag(node, "details"))


def _open_summary(self: Any, node: nodes.Element) -> None:
    self.body.append(self.starttag(node, "summary", ""))


# --- events ---------------------------------------------------------------------------------------


def _book_folder(app: Sphinx) -> Path:
    folder = Path(app.srcdir) / "book"
    return folder if folder.is_dir() else Path(app.srcdir)


def set_cache(app: Sphinx, config: Any) -> None:
    """Execute a page's cells anew when what they import changed: their outputs are forgotten."""
    book = _book_folder(app)
    app.fieldcheck_hash = fingerprint.library_hash(book)  # type: ignore[attr-defined]
    if "nb_execution_cache_path" in config:
        parent = Path(app.outdir).parent / ".jupyter_cache"
        cache = fingerprint.fresh_cache(parent, fingerprint.common_hash(book))
        pages = {str(path.resolve()): path for path in book.rglob("*.md")}
        _forget(cache, fingerprint.outdated_pages(cache, fingerprint.page_hashes(pages, book)))
        config.nb_execution_cache_path = str(cache)
    if "html_static_path" in config:
        config.html_static_path.append(str(STATIC))
    if config.fieldcheck_registers:
        app.add_css_file("cards.css")


def _forget(folder: Path, pages: set[str]) -> None:
    """Remove these pages' outputs from the cache of executed notebooks."""
    if not pages:
        return
    from jupyter_cache import get_cache

    cache = get_cache(folder)
    for record in cache.list_cache_records():
        if str(Path(record.uri).resolve()) in pages:
            cache.remove_cache(record.pk)


def outdated(app: Sphinx, env: Any, added: set[str], changed: set[str], removed: set[str]) -> Any:
    """All pages, if the library is not the one they were read with."""
    before = getattr(env, "fieldcheck_hash", None)
    env.fieldcheck_hash = app.fieldcheck_hash  # type: ignore[attr-defined]
    if before != env.fieldcheck_hash:
        env.fieldcheck_scans = {}  # the reader of pages may have changed too
    return [] if before in (None, env.fieldcheck_hash) else sorted(env.found_docs - removed)


def _scan_pages(app: Sphinx) -> dict[str, coverage.Page]:
    """Every Markdown page of the build, scanned, by docname; read again only if it changed."""
    env: Any = app.env
    if not hasattr(env, "fieldcheck_scans"):
        env.fieldcheck_scans = {}
    known: dict[str, tuple[int, coverage.Page]] = env.fieldcheck_scans
    pages = {}
    for docname in sorted(env.found_docs):
        path = Path(env.doc2path(docname))
        if path.suffix != ".md" or not path.is_file():
            continue
        stamp = path.stat().st_mtime_ns
        if docname not in known or known[docname][0] != stamp:
            text = path.read_text(encoding="utf-8")
            known[docname] = stamp, coverage.scan(text, docname.rpartition("/")[2])
        pages[docname] = known[docname][1]
    return pages


def check_equations(app: Sphinx, env: Any) -> None:
    """Warn of every displayed equation that nothing covers; end the build at an unknown label."""
    if not app.config.fieldcheck_equations:
        return
    pages = _scan_pages(app)
    docnames = {page.name: docname for docname, page in pages.items()}
    report = coverage.judge(list(pages.values()), _state(app).claims)
    errors = 0
    for complaint in report.complaints:
        place = complaint.place
        where = (docnames[place.page], place.line) if place else None
        if complaint.error:
            errors += 1
            logger.error("%s", complaint.text, location=where, type="fieldcheck")
        else:
            logger.warning(
                "%s", complaint.text, location=where, type="fieldcheck", subtype="equation"
            )
    if errors:
        raise ExtensionError(
            f"{words.count(errors, 'equation label')} wrongly named: see the errors above"
        )


def check_cards(app: Sphinx, env: Any) -> None:
    """Warn of every claim of a written chapter that has no card."""
    chapters = {docname.rpartition("/")[2]: docname for docname in env.found_docs}
    domain = env.get_domain("fc")
    for claim_id, claim in _state(app).claims.items():
        if claim.chapter in chapters and domain.home(claim_id) is None:
            logger.warning(
                "the claim %s has no card: add a `{claim} %s` directive",
                claim_id,
                claim_id,
                location=chapters[claim.chapter],
                type="fieldcheck",
                subtype="card",
            )


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    app.add_config_value("fieldcheck_ledger", "_build/ledger.json", "env")
    app.add_config_value("fieldcheck_machine", "fieldcheck.ledger.machine", "env")
    app.add_config_value("fieldcheck_headlines", "", "env")
    app.add_config_value("fieldcheck_registers", [], "env")
    app.add_config_value("fieldcheck_equations", True, "env")
    app.add_node(fc_map, html=(_visit_map, None), latex=(_skip, None), text=(_skip, None))
    plain = (_nothing, _nothing)
    app.add_node(
        cards.fc_details,
        html=(_open_details, lambda self, node: self.body.append("</details>\n")),
        latex=plain,
        text=plain,
    )
    app.add_node(
        cards.fc_summary,
        html=(_open_summary, lambda self, node: self.body.append("</summary>\n")),
        latex=plain,
        text=plain,
    )
    app.add_domain(ClaimDomain)
    app.add_role("claim", ClaimRole())
    app.add_role("verdict", VerdictRole())
    for name, directive in (
        ("claim", ClaimDirective),
        ("ledger-table", TableDirective),
        ("claims-map", MapDirective),
        ("ledger-summary", SummaryDirective),
        ("sources-score", ScoreDirective),
        ("source", SourceDirective),
        ("ledger-reach", ReachDirective),
        ("ledger-thresholds", ThresholdDirective),
        ("equation-coverage", CoverageDirective),
        ("ledger-timings", TimingsDirective),
    ):
        app.add_directive(name, directive)
    app.add_css_file("ledger.css")
    app.add_js_file("ledger.js", loading_method="defer")
    app.connect("config-inited", set_cache)
    app.connect("env-get-outdated", outdated)
    app.connect("env-updated", check_cards)
    app.connect("env-updated", check_equations)
    return {"version": "1", "env_version": 1, "parallel_read_safe": True}
