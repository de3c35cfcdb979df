"""How a statement comes out, from the rows alone; and a source as a page."""

from __future__ import annotations

import pytest
from docutils import nodes
from sphinx.addnodes import pending_xref

from fieldcheck import sources
from fieldcheck.pages import standing as stand
from fieldcheck.pages import walk
from fieldcheck.sources import Place, Statement, Work
from fieldcheck.verdict import Word

BROKEN = dict(printed=("plain-true/printed",))
CASES = {
    "the formula is the claim's own": (dict(printed=("plain-true",)), stand.RIGHT),
    "refuted, with what mends it": (
        dict(**BROKEN, mended="plain-true", change="sign"),
        stand.REPAIRED,
    ),
    "refuted, and nothing mends it": (BROKEN, stand.WRONG),
    "one of two formulas refuted": (
        dict(printed=("plain-true", "plain-true/printed")),
        stand.WRONG,
    ),
    "words, as we read them": (dict(reading=("plain-true/printed",)), stand.WRONG),
    "a formula decides before a reading": (
        dict(printed=("plain-true",), reading=("plain-true/printed",)),
        stand.RIGHT,
    ),
    "nothing to examine": (dict(pages=("experiments",)), stand.NONE),
}


@pytest.mark.parametrize(("given", "word"), CASES.values(), ids=CASES)
def test_how_a_statement_comes_out(given, word, ledger):
    assert stand.standing(ledger, Statement(quote="x", **given)) == word


def test_what_mends_must_hold(ledger):
    said = Statement(quote="x", **BROKEN, mended="rests-on-plain", change="sign")
    assert stand.standing(ledger, said) == stand.REPAIRED
    ledger.row("rests-on-plain").main.verdict = Word.UNDECIDED
    assert stand.standing(ledger, said) == stand.WRONG


def test_what_is_undecided_is_not_right(ledger):
    ledger.row("plain-true").main.verdict = Word.UNDECIDED
    assert stand.standing(ledger, Statement(quote="x", printed=("plain-true",))) == stand.OPEN


def test_words_are_counted_apart(ledger, work):
    formulas, words = stand.score(ledger, work)
    assert formulas == {stand.REPAIRED: 1}
    assert words == {stand.RIGHT: 1, stand.NONE: 1}


def test_statements_come_in_the_order_of_the_source(ledger, work):
    found = [standing for _, standing in stand.course(ledger, work)]
    assert found == [stand.REPAIRED, stand.RIGHT, stand.NONE]  # labels are no statements


@pytest.fixture
def work() -> Work:
    return Work(
        work="talk",
        title="A talk",
        what="slide",
        says="",
        place=(
            Place(
                name="First",
                statement=(
                    Statement(quote="The plan\n\n- and more", label=True),
                    Statement(
                        quote="Behold\n\n$$x = y$$\n\nfor **all** $x$",
                        note="Mind the sign.",
                        mended="rests-on-plain",
                        change="sign",
                        **BROKEN,
                    ),
                    Statement(quote="It is so", reading=("plain-true",), note="Yes."),
                ),
            ),
            Place(
                name="Second",
                statement=(
                    Statement(quote="It is  so", again=True),
                    Statement(quote="\tA\tB\nrow\t1\t2", note="Numbers.", pages=("gone", "here")),
                ),
            ),
        ),
    )


def test_a_source_as_a_page(ledger, work):
    first, second = walk.page(work, ledger, ["here"], lambda form: form.tex)
    assert [s.next_node(nodes.title).astext() for s in (first, second)] == ["First", "Second"]
    assert first.children[1].astext() == "The plan · - and more"
    box = first.children[2]
    assert box["ids"] == ["talk-1"]
    assert [m.astext() for m in box.findall(nodes.math)][:2] == ["x", "{} = y"]
    assert box.next_node(nodes.strong).astext() == "all"
    text = box.astext()
    for shown in ("1 ↻ repaired: sign", "Form printed, with X* and a 2.", "Instead: ", "Mind the"):
        assert shown in text
    assert "✓ right in our reading" in first.children[3].astext()
    again = second.children[1]
    assert again.astext() == "Again: It is so"
    assert again.next_node(nodes.reference)["refid"] == "talk-2"
    table = second.next_node(nodes.table)
    assert [e.astext() for e in table.findall(nodes.entry)] == [
        "unnamed",
        "A",
        "B",
        "row",
        "1",
        "2",
    ]
    links = [x["reftarget"] for x in second.findall(pending_xref) if x["reftype"] == "page"]
    assert links == ["here"]


def test_the_words_stand_as_they_are():
    shown = walk.quotation(r"PSD \rightarrow Cone, $a \rightarrow b$ and *one star").astext()
    assert shown == r"PSD \rightarrow Cone, a \rightarrow b and *one star"
    assert walk.quotation(r"PSD \rightarrow Cone").astext() == "PSD → Cone"


def test_every_statement_of_a_real_source_has_an_address():
    for work in sources.works():
        examined = [said for _, said in work.statements if said.examined]
        addresses = [sources.anchor(work, said) for said in examined]
        assert len(set(addresses)) == len(addresses)
