"""The list of all statements, held against the sources, the register and the book: no hole.

Talk and poster are quoted whole: their quotations, one after the other, are the text that the
digest seals. So what is left out, added or misquoted is noticed, be it one character.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest
from msgspec import structs

from fieldcheck import sources
from fieldcheck.claim import SAID
from fieldcheck.register import load
from fieldcheck.sources import Statement, Work

CLAIMS = load()
FORMS = {key: form for claim in CLAIMS.values() for key, form in claim.forms.items()}
BOOK = Path(__file__).parents[1] / "book"
WORKS = sources.works()
QUOTED = [work for work in WORKS if work.digest]


def form(key: str):
    """A form by its key, or a claim's own by its id; None if there is none."""
    return FORMS.get(key if "/" in key else f"{key}/claim")


def holes(work: Work) -> Iterator[str]:
    """What is wrong with the list of one source, a line each."""
    names = [place.name for place in work.place]
    yield from (f"two places are called {name}" for name in names if names.count(name) > 1)
    before: set[str] = set()
    for place, said in work.statements:
        where = f"{work.work}, {place.name}, “{said.plain[:40]}”"
        yield from (f"{where}: {fault}" for fault in faults(work, said, before))
        before.add(said.bare)


def faults(work: Work, said: Statement, before: set[str]) -> Iterator[str]:
    """What is wrong with one statement."""
    if bool(said.quote) == bool(said.paraphrase) or bool(work.digest) != bool(said.quote):
        yield "neither a quotation nor a paraphrase, or the wrong one of the two"
    for key in (*said.printed, *said.reading):
        if form(key) is None:
            yield f"no form {key}"
    for name in (*said.see, *([said.mended] if said.mended else [])):
        if name not in CLAIMS:
            yield f"no claim {name}"
    for key in said.printed:
        if (found := form(key)) and found.role not in ("claim", "printed"):
            yield f"{key} is {found.role}, not printed"
    for key in said.reading:
        if (found := form(key)) and found.role not in ("claim", *SAID):
            yield f"{key} is a {found.role}, no reading"
    for name in said.pages:
        if not (BOOK / f"{name}.md").exists():
            yield f"no page {name}"
    if said.again and said.bare not in before:
        yield "not said before"
    if not said.examined:
        if said.claims or said.pages:
            yield "a label, or what is said again, has no claims"
    elif not said.note:
        yield "without a sentence"
    if bool(said.mended) != bool(said.change):
        yield "what mends it, and what that changes, go together"
    broken = [key for key in (*said.printed, *said.reading) if (f := form(key)) and not holds(f)]
    if said.mended and not broken:
        yield "mended, and nothing is expected to be refuted"


def holds(found) -> bool:
    return found.expect is None or found.expect.holds


@pytest.mark.parametrize("work", QUOTED, ids=lambda work: work.work)
def test_the_quotations_are_the_whole_text(work: Work) -> None:
    assert sources.digest(work) == work.digest


@pytest.mark.parametrize("work", WORKS, ids=lambda work: work.work)
def test_no_hole(work: Work) -> None:
    assert list(holes(work)) == []


@pytest.mark.parametrize("role", SAID)
def test_every_form_of_a_source_has_its_statement(role: str) -> None:
    listed = {
        key
        for work in WORKS
        for _, said in work.statements
        for key in (said.printed if role == "printed" else said.reading)
    }
    assert [key for key, form in FORMS.items() if form.role == role and key not in listed] == []


def test_every_place_that_a_claim_names_treats_it() -> None:
    treated = {
        (work.work, place.name, name)
        for work in WORKS
        for place, said in work.statements
        for name in work.first(said).claims
    }
    named = {
        (source.work, source.place, claim.id)
        for claim in CLAIMS.values()
        for source in claim.sources
        if source.work in sources.WORKS
    }
    assert sorted(named - treated) == []


def test_the_changes_have_names() -> None:
    used = {said.change for work in WORKS for _, said in work.statements if said.change}
    assert used == set(get_args(sources.Change))


# --- each fault is seen ---------------------------------------------------------------------------


def altered(work: Work, number: int, **change) -> Work:
    """The source with one statement changed, by its number from 1."""
    wanted = work.statements[number - 1][1]
    places = tuple(
        structs.replace(
            place,
            statement=tuple(
                structs.replace(said, **change) if said is wanted else said
                for said in place.statement
            ),
        )
        for place in work.place
    )
    return structs.replace(work, place=places)


SOFTMAX = next(
    k
    for k, (_, said) in enumerate(sources.work("talk").statements, 1)
    if "softmax-free-energy/printed" in said.printed
)


def test_a_misquotation_is_seen() -> None:
    talk = sources.work("talk")
    quote = talk.statements[SOFTMAX - 1][1].quote
    spaced = altered(talk, SOFTMAX, quote=f"  {quote}\n\n")
    assert sources.digest(spaced) == talk.digest
    for wrong in (quote.replace(r"\sqrt{r}", "r", 1), ""):
        assert sources.digest(altered(talk, SOFTMAX, quote=wrong)) != talk.digest


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (dict(printed=("softmax-free-energy/printd",)), "no form softmax-free-energy/printd"),
        (dict(see=("softmax-free",)), "no claim softmax-free"),
        (dict(printed=(), reading=(), note=""), "without a sentence"),
        (dict(printed=("field-prefactors/reading",)), "field-prefactors/reading is reading, not"),
        (dict(reading=("softmax-free-energy/scale",)), "no form softmax-free-energy/scale"),
        (dict(reading=("softmax-free-energy/missing-root-r",)), "is a neighbour, no reading"),
        (dict(mended=None), "go together"),
        (dict(printed=("gibbs-variational",), reading=()), "nothing is expected to be refuted"),
        (dict(again=True, quote="never said"), "not said before"),
        (dict(again=True), "a label, or what is said again, has no claims"),
        (dict(pages=("nowhere",)), "no page nowhere"),
        (dict(paraphrase="ours"), "neither a quotation nor a paraphrase"),
    ],
)
def test_a_hole_is_seen(change: dict, fault: str) -> None:
    found = list(holes(altered(sources.work("talk"), SOFTMAX, **change)))
    assert any(fault in line for line in found), found


def test_a_form_knows_where_it_is_said() -> None:
    (work, place, said), poster = sources.said_in("softmax-free-energy/printed")
    assert poster[0].work == "poster"
    assert (work.work, place.name) == ("talk", "What About Softmax?")
    examined = [each for _, each in work.statements if each.examined]
    assert sources.anchor(work, said) == f"talk-{examined.index(said) + 1}"
    assert sources.is_printed("gibbs-variational")
    assert not sources.is_printed("softmax-free-energy")
    assert [place.name for _, place, _ in sources.said_in("low-rank-heads/claim")] == [
        "Transformers",
        "Lemma 6",
    ]
    with pytest.raises(KeyError):
        sources.work("slides")
