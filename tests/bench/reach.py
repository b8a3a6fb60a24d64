"""All junctions within 900 s of 2,000 others: the engine against what the field uses."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from geo.engine.reach import Reach
from geo.params import ADULT
from geo.streets.network import StreetNetwork
from tests.bench.ground import BUDGET_S, N_SOURCES, PLACE, PORTO_FILE, at_nodes, network, random_nodes
from tests.bench.harness import Row, bench, duration, medians, times_faster

DENSE_ROWS = 10
"""SciPy answers with a dense row for each source; few at a time suit it best (measured: 10 beats 1, 50 and all)."""

Arcs = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]
Run = Callable[[], object]


@bench
def reach() -> Iterator[Row]:
    streets = network()
    nodes = random_nodes(streets)
    arcs = lightest_arcs(streets, Reach(streets, ADULT, BUDGET_S))
    engine = Reach(streets, ADULT, BUDGET_S, threads=1)
    sources = at_nodes(streets, nodes)
    graph = matrix_of(streets, arcs)
    same_sets(engine, graph, nodes)

    # name → (how many of the sources, the run, the target)
    rivals: dict[str, tuple[int, Run, float | None]] = {
        "scipy dijkstra(limit)": (N_SOURCES, lambda: scipy_within(graph, nodes), 5.0),
        **networkx_runs(arcs, nodes),
        **(pandana_run(streets, arcs, nodes) if find_spec("pandana") else {}),
        **(igraph_run(streets, arcs, nodes) if find_spec("igraph") else {}),
    }
    runs: dict[str, Run] = {name: run for name, (_, run, _) in rivals.items()}
    seconds = medians({"ours": lambda: engine.nodes(sources), **runs})
    ours_s = seconds["ours"] / N_SOURCES
    found = len(engine.nodes(sources).node) / N_SOURCES
    size = f"{streets.n_edges:,} edges, {found:,.0f} junctions found on average"
    yield Row(f"reach, {PLACE}, a source: ours", duration(ours_s), size)
    for name, (count, _, target) in rivals.items():
        binding = target if PORTO_FILE.exists() else None  # the ratios are promised for Porto
        yield times_faster(f"reach, {PLACE}, a source: {name}", seconds[name] / count, ours_s, binding)


def lightest_arcs(streets: StreetNetwork, engine: Reach) -> Arcs:
    """Tail, head and seconds of arcs, the lightest of parallel ones: most libraries would add them up or drop one."""
    first, last = streets.edge_nodes.T.astype(np.int64)
    tail, head = np.concatenate([first, last]), np.concatenate([last, first])
    seconds = engine.impedance.edge_s.T.reshape(-1)
    usable = (tail != head) & np.isfinite(seconds)
    tail, head, seconds = tail[usable], head[usable], seconds[usable]
    order = np.lexsort((seconds, head, tail))
    tail, head, seconds = tail[order], head[order], seconds[order]
    kept = np.append(True, (np.diff(tail) != 0) | (np.diff(head) != 0))
    return tail[kept], head[kept], seconds[kept]


def matrix_of(streets: StreetNetwork, arcs: Arcs) -> csr_array:
    tail, head, seconds = arcs
    return csr_array((seconds, (head, tail)), shape=(streets.n_nodes, streets.n_nodes))  # "to": against the arcs


def scipy_within(graph: csr_array, nodes: NDArray[np.int64]) -> None:
    """Leaves out what finding the reached junctions in the dense rows would cost."""
    for begin in range(0, len(nodes), DENSE_ROWS):
        dijkstra(graph, indices=nodes[begin : begin + DENSE_ROWS], limit=BUDGET_S)


def same_sets(engine: Reach, graph: csr_array, nodes: NDArray[np.int64]) -> None:
    """A comparison of speed is worth nothing unless both answer the same: node sets and times of some sources.

    Raises:
        RuntimeError: they differ.
    """
    some = nodes[:DENSE_ROWS]
    ours = engine.nodes(at_nodes(engine.network, some))
    expected = dijkstra(graph, indices=some, limit=engine.limit_s)
    times = np.full_like(expected, np.inf)
    times[np.repeat(np.arange(len(some)), np.diff(ours.indptr)), ours.node] = ours.seconds
    if not np.allclose(times, expected, rtol=1e-6, atol=1e-4):
        raise RuntimeError("the engine and SciPy disagree")


def networkx_runs(arcs: Arcs, nodes: NDArray[np.int64]) -> dict[str, tuple[int, Run, float | None]]:
    import networkx as nx

    graph = nx.MultiDiGraph()  # as OSMnx delivers it
    graph.add_weighted_edges_from(zip(*(column.tolist() for column in arcs), strict=True), weight="time")
    some, few = nodes[:300].tolist(), nodes[:60].tolist()

    def cutoff() -> None:
        for node in some:
            nx.single_source_dijkstra_path_length(graph, node, cutoff=BUDGET_S, weight="time")

    def ego() -> None:
        for node in few:
            nx.ego_graph(graph, node, radius=BUDGET_S, distance="time")

    return {
        "networkx single_source_dijkstra_path_length(cutoff)": (len(some), cutoff, None),
        "networkx ego_graph, as in OSMnx's isochrone example": (len(few), ego, 300.0),
    }


def pandana_run(
    streets: StreetNetwork, arcs: Arcs, nodes: NDArray[np.int64]
) -> dict[str, tuple[int, Run, float | None]]:
    import pandana
    import pandas as pd

    tail, head, seconds = arcs
    one_way = tail < head  # both directions take the same time here
    x, y = (pd.Series(axis) for axis in streets.node_xy.T)
    weights = pd.DataFrame({"time": seconds[one_way]})
    net = pandana.Network(x, y, pd.Series(tail[one_way]), pd.Series(head[one_way]), weights, twoway=True)
    some = nodes[:500].tolist()
    return {"pandana nodes_in_range": (len(some), lambda: net.nodes_in_range(some, BUDGET_S), 25.0)}


def igraph_run(
    streets: StreetNetwork, arcs: Arcs, nodes: NDArray[np.int64]
) -> dict[str, tuple[int, Run, float | None]]:
    import igraph

    tail, head, seconds = arcs
    graph: Any = igraph.Graph(streets.n_nodes, list(zip(tail.tolist(), head.tolist(), strict=True)), directed=True)
    few, weights = nodes[:5].tolist(), seconds.tolist()
    return {"igraph distances (knows no limit)": (len(few), lambda: graph.distances(few, weights=weights), None)}
