"""The claims map: where boxes stand, what an arrow joins, and that it always ends."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest
from msgspec import structs

from fieldcheck.ledger import records
from fieldcheck.ledger.records import ClaimRow
from fieldcheck.pages import map as claims_map
from fieldcheck.verdict import Word

NAME = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def rows(fake):
    """Rows of a chapter from a graph: id to what it rests on."""

    def make(graph: dict[str, list[str]], chapter: str = "alpha") -> dict[str, ClaimRow]:
        made = {}
        for claim_id, needs in graph.items():
            row = records.sealed(fake.row(fake.CLAIMS["plain-true"]))
            made[claim_id] = structs.replace(row, id=claim_id, needs=tuple(needs), chapter=chapter)
        return made

    return make


def test_claims_stand_below_what_they_rest_on(rows):
    graph = {"a": [], "b": ["a"], "c": ["a", "b"], "d": [], "e": ["d"], "f": []}
    graph |= {f"z{k}": ["c"] for k in range(7)}
    made = rows(graph)
    boxes, height = claims_map.place(list(made.values()))
    assert set(boxes) == set(graph)
    for name, needs in graph.items():
        for below in needs:
            assert boxes[name].y > boxes[below].y
    places = {(box.column, box.y) for box in boxes.values()}
    assert len(places) == len(boxes)
    assert max(box.y for box in boxes.values()) + claims_map.BOX_HEIGHT <= height
    assert boxes["f"].y == max(box.y for box in boxes.values())  # tied to nothing


def test_a_circle_ends(rows):
    made = rows({"a": ["b"], "b": ["a"], "c": ["c"]})
    boxes, _ = claims_map.place(list(made.values()))
    assert set(boxes) == {"a", "b", "c"}


def test_the_picture_is_well_formed_and_says_the_same_twice(rows):
    made = rows({"a": [], "b": ["a"]})
    other = rows({"far": []}, "beta")
    made["a"].title = 'Less < more & "quoted"'
    made["b"].needs += ("far",)
    made["b"].rests_on, made["b"].weakest = None, "far"
    everything = {**made, **other}
    one, two = (claims_map.chapter_svg(list(made.values()), everything) for _ in range(2))
    assert one == two
    tree = ET.fromstring(one)
    assert len(tree.findall(f"{NAME}g")) == 3
    arrows = {(a.get("data-from"), a.get("data-to")) for a in tree.findall(f"{NAME}path")}
    assert arrows == {("a", "b"), ("far", "b")}
    unsettled = next(g for g in tree.findall(f"{NAME}g") if g.get("data-claim") == "b")
    assert "fc-map-none" in (unsettled.get("class") or "")
    title = unsettled.find(f"{NAME}title")
    assert title is not None
    assert "unsettled, since it rests on far" in (title.text or "")


def test_tiles_wrap(rows):
    made = rows({f"c{k}": [] for k in range(claims_map.TILES_A_ROW + 1)})
    tree = ET.fromstring(claims_map.tiles_svg(list(made.values()), link=lambda name: f"#{name}"))
    assert len(tree.findall(f"{NAME}a")) == claims_map.TILES_A_ROW + 1
    assert tree.get("height") == str(2 * (claims_map.TILE + claims_map.TILE_GAP))


def test_long_names_are_cut(rows):
    made = rows({"a-very-long-name-of-a-claim-that-does-not-fit-in-its-box": []})
    label = claims_map._label(next(iter(made.values())))
    assert label.endswith("…")
    assert len(label) < 40


@pytest.mark.parametrize(
    ("rests_on", "fill"),
    [
        (Word.PROVED, "fc-map-proved"),
        (Word.REFUTED, "fc-map-proved"),
        (Word.UP_TO, "fc-map-part"),
        (Word.ON, "fc-map-part"),
        (Word.STANDS, "fc-map-stands"),
        (Word.FAILS, "fc-map-stands"),
        (None, "fc-map-none"),
    ],
)
def test_the_fill_says_what_a_claim_rests_on(rows, rests_on, fill):
    (row,) = rows({"a": []}).values()
    row.rests_on = rests_on
    (box,) = ET.fromstring(claims_map.tiles_svg([row])).findall(f"{NAME}g")
    assert fill in (box.get("class") or "").split()


def test_the_mark_says_how_sure_the_verdict_is_without_colour(rows):
    (row,) = rows({"a": []}).values()
    assert claims_map._label(row) == "● a"
    row.verdict = Word.STANDS
    assert claims_map._label(row) == "○ a"
    key = claims_map.key()
    assert all(mark in key for mark in "●○■□?!")
    assert all(str(word) in key for word in Word)
