"""Automorphisms of masks, by trying all orders, against a graph library that does not."""

from __future__ import annotations

import networkx
import pytest

from fieldcheck.fields import masks

MASKS = {
    "causal": (masks.causal(5), 1),
    "band": (masks.band(6, 2), 2),
    "two blocks": (masks.blocks(6, 3), 72),
    "ring": (masks.circulant(6, (0, 1, -1)), 12),
    "opposite pairs": (masks.circulant(6, (0, 3)), 48),
    "directed ring": (masks.circulant(6, (0, 1)), 6),
    "directed twins": (masks.circulant(6, (0, 1, 4)), 24),
    "full": (masks.full(4), 24),
}


@pytest.mark.parametrize("name", MASKS)
def test_the_group_of_a_mask_is_that_of_its_graph(name):
    mask, size = MASKS[name]
    graph = networkx.DiGraph([(j, k) for j, row in enumerate(mask) for k, m in enumerate(row) if m])
    found = networkx.isomorphism.DiGraphMatcher(graph, graph).isomorphisms_iter()
    theirs = sorted(tuple(order[j] for j in range(len(mask))) for order in found)
    assert sorted(masks.automorphisms(mask)) == theirs
    assert len(theirs) == size


@pytest.mark.parametrize(
    ("mask", "rows"),
    [
        (masks.causal(3), ["100", "110", "111"]),
        (masks.band(4, 1), ["1100", "1110", "0111", "0011"]),
        (masks.band(3, 0), ["100", "010", "001"]),
        (masks.blocks(5, 2), ["11000", "11000", "00110", "00110", "00001"]),
        (masks.circulant(4, (0, 1)), ["1100", "0110", "0011", "1001"]),
        (masks.circulant(3, (-1, 4)), ["011", "101", "110"]),
        (masks.full(2), ["11", "11"]),
    ],
)
def test_masks_row_by_row(mask, rows):
    assert mask == tuple(tuple(map(int, row)) for row in rows)


def test_what_a_reordering_changes_in_a_mask():
    mask = masks.causal(3)
    assert masks.defect(mask, (0, 1, 2)) == 0
    assert masks.defect(mask, (1, 0, 2)) == 2
    assert masks.defect(mask, (2, 1, 0)) == 6
    assert list(masks.automorphisms(mask)) == [(0, 1, 2)]
    assert len(list(masks.automorphisms(masks.circulant(4, (0, 1, -1))))) == 8
