"""Catchments with their streets cut: milliseconds a center, against buffering each street piece and uniting."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from geo.catchments.catchment import CatchmentSet, catchments
from geo.catchments.pieces import cut
from geo.engine.reach import Reach
from geo.params import ADULT, EXACT, FINE, CatchmentParams, Cutoffs, PolygonParams
from tests.bench.ground import BUDGET_S, PLACE, at_nodes, network, random_nodes
from tests.bench.harness import Row, at_most, bench, duration, medians, times_faster

N_CENTERS = 100
MAX_MS = 4.0


@bench
def polygons() -> Iterator[Row]:
    streets = network()
    engine = Reach(streets, ADULT, BUDGET_S, threads=1)
    sources = at_nodes(streets, random_nodes(streets, N_CENTERS))
    one, three = Cutoffs.of([15]), Cutoffs.of([5, 10, 15])

    def drawn(cutoffs: Cutoffs, polygon: PolygonParams) -> Callable[[], CatchmentSet]:
        params = CatchmentParams(cutoffs=cutoffs, polygon=polygon)
        return lambda: catchments(engine, sources, params)

    field, united = drawn(one, PolygonParams()), drawn(one, EXACT)
    runs: dict[str, Callable[[], object]] = {
        "field": field,
        "united": united,
        "three": drawn(three, PolygonParams()),
        "coarse": drawn(one, PolygonParams(cell_m=10)),
        "cut": lambda: cut(engine, sources, one.seconds),
    }
    seconds = {name: taken / N_CENTERS for name, taken in medians(runs, rounds=3).items()}
    exact = united().area_m2
    label = f"catchments, {PLACE}, a center"
    yield at_most(f"{label}: 15 min, streets cut, 5 m field", 1e3 * seconds["field"], MAX_MS, "ms")
    yield Row(f"{label}: streets cut alone", duration(seconds["cut"]))
    yield Row(f"{label}: 5, 10 and 15 min together", duration(seconds["three"]))
    yield Row(f"{label}: 15 min, 10 m field", duration(seconds["coarse"]))
    yield times_faster(f"{label}: 15 min, buffer each piece, union_all", seconds["united"], seconds["field"])
    for name, shapes, limit in (("5 m field", field(), 1.0), ("2.5 m field (--fine)", drawn(one, FINE)(), 0.3)):
        worst = 100 * float(np.abs(shapes.area_m2 / exact - 1).max())
        yield at_most(f"catchments, {PLACE}: {name}, area against united buffers, worst center", worst, limit, "%")
