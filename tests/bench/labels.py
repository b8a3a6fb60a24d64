"""The nearest center of every junction, and the times from centers to all residents."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.sparse.csgraph import dijkstra

from geo.engine.reach import Reach
from geo.params import ADULT
from tests.bench.ground import BUDGET_S, PLACE, anywhere, at_nodes, network, random_nodes
from tests.bench.harness import Row, bench, duration, medians, times_faster
from tests.bench.reach import lightest_arcs, matrix_of

N_CENTERS = 200
N_DEMAND = 20_000


@bench
def nearest() -> Iterator[Row]:
    streets = network()
    engine = Reach(streets, ADULT, BUDGET_S, threads=1)
    nodes = np.unique(random_nodes(streets, N_CENTERS))
    sources = at_nodes(streets, nodes)
    graph = matrix_of(streets, lightest_arcs(streets, engine))
    runs = {
        "ours": lambda: engine.nearest(sources),
        "scipy": lambda: dijkstra(graph, indices=nodes, limit=BUDGET_S, min_only=True, return_predecessors=True),
    }
    seconds = medians(runs, rounds=9)
    label = f"nearest of {len(nodes)} centers for {streets.n_nodes:,} junctions, {PLACE}"
    yield Row(f"{label}: ours", duration(seconds["ours"]))
    yield times_faster(f"{label}: scipy dijkstra(min_only)", seconds["scipy"], seconds["ours"])


@bench
def matrix() -> Iterator[Row]:
    streets = network()
    engine = Reach(streets, ADULT, BUDGET_S, threads=1)
    nodes = random_nodes(streets, N_CENTERS)
    centers, demand = at_nodes(streets, nodes), anywhere(streets, N_DEMAND)
    graph = matrix_of(streets, lightest_arcs(streets, engine))
    ends = streets.edge_nodes[demand.edge].T
    tails = engine.end_seconds(demand, outward=True).T

    def dense() -> None:
        for node in nodes:
            times = dijkstra(graph, indices=node, limit=BUDGET_S)
            np.flatnonzero(np.minimum(times[ends[0]] + tails[0], times[ends[1]] + tails[1]) <= BUDGET_S)

    seconds = medians({"ours": lambda: engine.matrix(centers, demand), "scipy": dense})
    pairs = len(engine.matrix(centers, demand).seconds)
    label = f"times of {N_CENTERS} centers × {N_DEMAND:,} demand points, {PLACE}"
    yield Row(f"{label}: ours", duration(seconds["ours"]), f"{pairs:,} pairs within 15 min")
    yield times_faster(f"{label}: scipy, a dense row a center", seconds["scipy"], seconds["ours"])
