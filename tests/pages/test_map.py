"""The claims map: what an edge is, that none passes behind a box, and what the marks say."""

from __future__ import annotations

import itertools
import random
import xml.etree.ElementTree as ET

import pytest
from bs4 import BeautifulSoup
from msgspec import structs

from fieldcheck.ledger import records
from fieldcheck.ledger.records import ClaimRow
from fieldcheck.pages import map as claims_map
from fieldcheck.pages import words
from fieldcheck.register import load
from fieldcheck.verdict import Word

NAME = "{http://www.w3.org/2000/svg}"
Graph = dict[str, list[str]]


@pytest.fixture
def rows(fake):
    """Rows from a graph: id to what it rests on."""

    def make(graph: Graph, chapter: str = "alpha") -> dict[str, ClaimRow]:
        made = {}
        for claim_id, needs in graph.items():
            row = records.sealed(fake.row(fake.CLAIMS["plain-true"]))
            made[claim_id] = structs.replace(row, id=claim_id, needs=tuple(needs), chapter=chapter)
        return made

    return make


# --- edges ----------------------------------------------------------------------------------------


def test_an_edge_is_a_path_of_needs_that_meets_no_other_headline(rows):
    made = rows({"a": [], "x": ["a"], "y": ["x"], "b": ["y"], "c": ["b", "y"], "d": ["c"]})
    assert claims_map.edges(["a", "b", "c"], made) == [("a", "b"), ("a", "c"), ("b", "c")]
    assert claims_map.edges(["a", "c"], made) == [("a", "c")]
    assert claims_map.edges(["a", "d"], made) == [("a", "d")]
    assert claims_map.edges(["x", "y"], rows({"x": ["y"], "y": ["x"]})) == [("y", "x"), ("x", "y")]


def test_the_declared_headlines_are_claims_and_some_rest_on_others(rows):
    names = claims_map.declared()
    register = load()
    assert len(set(names)) == len(names)
    assert 20 <= len(names) <= 30
    assert [name for name in names if name not in register] == []
    graph = {claim.id: list(claim.needs) for claim in register.values()}
    assert len(claims_map.edges(names, rows(graph))) > 8


# --- where they run -------------------------------------------------------------------------------


def random_graph(seed: int) -> Graph:
    rng = random.Random(seed)
    names = [f"c{k}" for k in range(rng.randrange(2, 30))]
    density = rng.choice((0.05, 0.15, 0.4))
    return {
        name: [low for low in names[:k] if rng.random() < density] for k, name in enumerate(names)
    }


def pictures(rows) -> list[claims_map.Layout]:
    register = load()
    real = rows({claim.id: list(claim.needs) for claim in register.values()})
    names = claims_map.declared()
    made = [claims_map.layout(names, claims_map.edges(names, real))]
    for seed in range(60):
        graph = rows(random_graph(seed))
        made.append(claims_map.layout(list(graph), claims_map.edges(list(graph), graph)))
    return made


def behind(way: list[claims_map.Point], box: claims_map.Box, room: float = 3) -> bool:
    """Does a way enter a box, or come nearer than ``room`` to its side?"""
    for (x0, y0), (x1, y1) in itertools.pairwise(way):
        assert x0 == x1 or y0 == y1  # straight along an axis
        aside = max(x0, x1) <= box.x - room or min(x0, x1) >= box.x + claims_map.WIDTH + room
        apart = max(y0, y1) <= box.y - room or min(y0, y1) >= box.y + claims_map.HEIGHT + room
        if not (aside or apart):
            return True
    return False


def test_no_edge_passes_behind_a_box(rows):
    far = 0
    for made in pictures(rows):
        for (low, high), way in made.ways.items():
            ends = made.boxes[low], made.boxes[high]
            far += ends[1].line - ends[0].line > 1
            assert way[0][1] == ends[0].y + claims_map.HEIGHT
            assert way[-1][1] == ends[1].y
            assert 0 < way[0][0] - ends[0].x < claims_map.WIDTH
            assert 0 < way[-1][0] - ends[1].x < claims_map.WIDTH
            inner = [way[0], *way[1:-1], way[-1]]
            others = [box for box in made.boxes.values() if box not in ends]
            assert not any(behind(inner, box) for box in others)
            # of its own two boxes it touches the rim, once
            assert not behind(way[1:], ends[0])
            assert not behind(way[:-1], ends[1])
    assert far > 100


def test_an_edge_behind_a_box_is_seen():
    box = claims_map.Box("a", 0, 0, 100, 100)
    assert behind([(150, 0), (150, 300)], box)
    assert behind([(0, 120), (120, 120)], box)
    assert behind([(99, 0), (99, 300)], box)
    assert not behind([(90, 0), (90, 300)], box)


def test_two_edges_never_run_on_one_line(rows):
    for made in pictures(rows):
        pieces = [piece for way in made.ways.values() for piece in itertools.pairwise(way)]
        for one, other in itertools.combinations(pieces, 2):
            for axis in (0, 1):
                at = {p[axis] for p in (*one, *other)}
                if len(at) == 1:  # on one line: then apart along it
                    a, b = sorted(p[1 - axis] for p in one), sorted(p[1 - axis] for p in other)
                    assert a[1] <= b[0] or b[1] <= a[0]


def test_boxes_stand_apart_inside_the_picture_below_what_they_rest_on(rows):
    for made in pictures(rows):
        places = {(box.x, box.y) for box in made.boxes.values()}
        assert len(places) == len(made.boxes)
        for box in made.boxes.values():
            assert 0 < box.x < made.width - claims_map.WIDTH
            assert 0 < box.y < made.height - claims_map.HEIGHT
        assert all(0 < x < made.width for way in made.ways.values() for x, _ in way)
        for low, high in made.ways:
            assert made.boxes[low].y < made.boxes[high].y


def test_a_circle_ends(rows):
    made = rows({"a": ["b"], "b": ["a"], "c": ["c"]})
    layout = claims_map.layout(list(made), claims_map.edges(list(made), made))
    assert set(layout.boxes) == {"a", "b", "c"}


# --- what it says ---------------------------------------------------------------------------------


def test_the_picture_is_well_formed_and_says_the_same_twice(rows):
    made = rows({"a": [], "b": ["a"], "c": ["b"]})
    made["a"].title = 'Less < more & "quoted"'
    made["c"].rests_on, made["c"].weakest = None, "b"
    one, two = (claims_map.svg(list(made), made, link=lambda name: f"#{name}") for _ in range(2))
    assert one == two
    root = ET.fromstring(one)
    assert [a.get("href") for a in root.findall(f"{NAME}a")] == ["#a", "#b", "#c"]
    arrows = {(a.get("data-from"), a.get("data-to")) for a in root.findall(f"{NAME}path")}
    assert arrows == {("a", "b"), ("b", "c")}
    last = root.findall(f"{NAME}a")[2]
    assert "unsettled, since it rests on b" in (last.findtext(f"{NAME}title") or "")
    assert last.get("data-source") == "talk"
    assert last.get("data-verdict") == "proved"


@pytest.mark.parametrize(
    ("verdict", "rests_on", "marks"),
    [
        (Word.PROVED, Word.PROVED, "● ▮"),
        (Word.REFUTED, Word.REFUTED, "■ ▮"),
        (Word.PROVED, Word.UP_TO, "● ▥"),
        (Word.ON, Word.ON, "● ▥"),
        (Word.PROVED, Word.STANDS, "● ▯"),
        (Word.STANDS, Word.STANDS, "○ ▯"),
        (Word.FAILS, Word.FAILS, "□ ▯"),
        (Word.PROVED, None, "● ?"),
    ],
)
def test_two_marks_own_verdict_and_all_it_rests_on(rows, verdict, rests_on, marks):
    (row,) = rows({"a": []}).values()
    row.verdict, row.rests_on = verdict, rests_on
    own, ground = marks.split()
    (box,) = ET.fromstring(claims_map.svg(["a"], {"a": row})).findall(f"{NAME}g")
    by_class = {text.get("class"): text.text for text in box.findall(f"{NAME}text")}
    assert (by_class["fc-map-mark"], by_class["fc-map-ground"]) == (own, ground)
    assert f"<li {claims_map.data(row, [])}>{marks} " in claims_map.tree(["a"], {"a": row})


def test_the_key_names_every_mark():
    key = claims_map.key()
    assert all(mark in key and str(word) in key for word, mark in words.MARK.items())
    assert all(mark in key and said in key for mark, said in claims_map.GROUND.values())


def test_the_tree_tells_each_headline_once(rows):
    made = rows({"a": [], "b": ["a"], "c": ["a", "b"], "d": []})
    tree = BeautifulSoup(claims_map.tree(list(made), made), "html.parser")
    (top,) = tree.find_all("ul", recursive=False)
    roots = top.find_all("li", recursive=False)
    assert [item["data-claim"] for item in roots] == ["c", "d"]
    assert [item["data-claim"] for item in top.find_all("li")] == ["c", "a", "b", "a", "d"]
    assert not [item for item in roots if "(above)" in str(item.find(string=True))]


def test_the_table_has_a_line_for_each(rows):
    made = rows({"a": [], "b": ["a"]})
    table = BeautifulSoup(
        claims_map.table(list(made), made, link=lambda name: f"#{name}"), "html.parser"
    )
    lines = [[cell.get_text() for cell in line.select("td")] for line in table.select("tbody tr")]
    assert lines[1] == [
        "Both sides agree", "alpha", "talk", "● proved for every N",
        "▮ proved for every size, or refuted", "Both sides agree",
    ]  # fmt: skip
    assert [a["href"] for a in table.select("tbody tr:nth-child(2) a")] == ["#b", "#a"]
