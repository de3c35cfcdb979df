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
