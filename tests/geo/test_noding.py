"""Noding, by properties: whatever the traces, edges are the traces cut at their junctions."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from geo.streets.noding import Traces, node_traces
from geo.streets.table import StreetTable

GRID = 5
"""Places are the points of a 5 × 5 grid, so that traces meet often."""
Word = list[int]
walks = st.lists(st.lists(st.integers(0, GRID * GRID - 1), min_size=1, max_size=8), min_size=1, max_size=6)
WORLD = (-180.0, -90.0, 180.0, 90.0)


def noded(words: list[Word], leaving: int = -1) -> StreetTable:
    place = np.array([spot for word in words for spot in word], dtype=np.int64)
    traces = Traces(
        indptr=np.cumsum([0, *map(len, words)]),
        place=place,
        lonlat=np.stack([place % GRID, place // GRID], axis=1).astype(np.float64),
        leaves=place == leaving,
        way=np.arange(len(words), dtype=np.int64),
        street_class=np.zeros(len(words), dtype=np.uint8),
        flags=np.zeros(len(words), dtype=np.uint8),
    )
    return node_traces(traces, frame=WORLD, source="drawn", report={})


def spelled(table: StreetTable) -> list[Word]:
    """Edges as the places they pass."""
    spots = (table.shape_lonlat[:, 0] + GRID * table.shape_lonlat[:, 1]).astype(int).tolist()
    borders = table.shape_indptr.tolist()
    return [spots[start:end] for start, end in pairwise(borders)]


def without_repeats(word: Word) -> Word:
    return [spot for index, spot in enumerate(word) if index == 0 or spot != word[index - 1]]


def expected_edges(words: list[Word]) -> list[Word]:
    """The definition, vertex by vertex."""
    words = [without_repeats(word) for word in words]
    uses = Counter(spot for word in words for spot in word)
    streets = [word for word in words if len(word) > 1]
    ends = {spot for word in streets for spot in (word[0], word[-1])}
    edges = []
    for word in streets:
        edge = [word[0]]
        for spot in word[1:]:
            edge.append(spot)
            if uses[spot] > 1 or spot in ends:
                edges.append(edge)
                edge = [spot]
    return edges


@given(walks)
def test_edges_are_traces_cut_at_junctions(words: list[Word]) -> None:
    table = noded(words)
    assert spelled(table) == expected_edges(words)
    collapsed = sum(1 for word in words if len(word) > 1 and len(without_repeats(word)) == 1)
    assert table.report == ({"zero_length": collapsed} if collapsed else {})


@given(walks)
def test_nodes_are_where_edges_end_and_nowhere_else(words: list[Word]) -> None:
    table = noded(words)
    edges = spelled(table)
    at = (table.node_lonlat[:, 0] + GRID * table.node_lonlat[:, 1]).astype(int)
    assert at[table.edge_nodes].tolist() == [[edge[0], edge[-1]] for edge in edges]
    assert sorted(at.tolist()) == sorted({spot for edge in edges for spot in (edge[0], edge[-1])})
    inner = Counter(spot for edge in edges for spot in edge[1:-1])
    assert set(inner.values()) <= {1}
    assert not inner.keys() & set(at.tolist())


@given(walks)
def test_walking_every_trace_backward_gives_the_same_edges_backward(words: list[Word]) -> None:
    forward = spelled(noded(words))
    backward = spelled(noded([word[::-1] for word in words]))
    assert sorted(forward) == sorted(edge[::-1] for edge in backward)


@given(walks, st.data())
def test_splitting_a_trace_in_two_adds_at_most_a_node(words: list[Word], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(words) - 1))
    cut = data.draw(st.integers(0, len(words[index]) - 1))
    parts = [*words[:index], words[index][: cut + 1], words[index][cut:], *words[index + 1 :]]
    whole, split = noded(words), noded(parts)
    assert whole.n_nodes <= split.n_nodes <= whole.n_nodes + 1
    assert split.n_edges - whole.n_edges == split.n_nodes - whole.n_nodes
    segments = [Counter(pair for edge in spelled(t) for pair in pairwise(edge)) for t in (whole, split)]
    assert segments[0] == segments[1]


def test_where_a_street_leaves_is_a_truncated_node() -> None:
    table = noded([[0, 1, 2]], leaving=1)
    assert spelled(table) == [[0, 1], [1, 2]]
    assert table.node_truncated.tolist() == [False, True, False]
