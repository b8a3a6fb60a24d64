"""Coverage and the ledger at three levels, from tables and a loaded network to figures: snapping, times, homes, sums.

The child (`python -m tests.bench.ledger NET`) does it at the size of a prefecture and tells its time and peak memory.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import numpy as np
import pandas as pd

from data.workspace import SAMPLE, Workspace
from geo.coverage.assessment import Assessment
from geo.coverage.jurisdiction import LEVELS, Jurisdictions
from geo.coverage.supply import Supply
from geo.crs import to_lonlat
from geo.params import CoverageParams
from geo.people.residents import Residents
from geo.streets.network import StreetNetwork
from tests.bench import harness
from tests.bench.ground import PORTO_FILE, SEED
from tests.bench.harness import Row, at_most, bench, child, medians, one_core
from tests.geo.assessed import grid_jurisdictions

MAX_SAMPLE_S: Final = 0.5
MAX_LARGE_S: Final = 10.0
MAX_LARGE_MB: Final = 2_000
N_CENTERS: Final = 1_000
N_DEMAND: Final = 200_000
N_TOWNS: Final = 60
N_VILLAGES: Final = 50
"""In each town."""


@bench
def ledger() -> Iterator[Row]:
    workspace = Workspace.open(SAMPLE)
    _ = workspace.network
    tables = len(workspace.centers), len(workspace.demand)

    def of_sample() -> None:
        assess(
            workspace.network,
            Supply.of(workspace.centers, workspace.service_points),
            Residents.of(workspace.demand),
            Jurisdictions.of(workspace.jurisdictions, workspace.network.crs),
        )

    what = f"ledger, the sample: {tables[0]} centers, {tables[1]:,} demand points, 3 levels"
    yield at_most(what, medians({"ours": of_sample})["ours"], MAX_SAMPLE_S, "s")
    if not PORTO_FILE.exists():
        yield Row("ledger, at the size of a prefecture", "left out: it takes Porto's extract")
        return
    with TemporaryDirectory() as folder:
        file = Path(folder) / "tiled.arrow"
        child("-m", "tests.bench.ground", "3", "2", "1", str(file))
        found = json.loads(child("-m", "tests.bench.ledger", str(file)).output)
    label = (
        f"ledger, Porto × 6, {found['edges'] / 1e6:.2f} M edges: {N_CENTERS:,} centers, {N_DEMAND:,} demand points, "
        f"{found['villages']:,} villages, {found['pairs'] / 1e6:.1f} M pairs, 3 levels"
    )
    yield at_most(f"{label}: time", found["seconds"], MAX_LARGE_S, "s")
    yield at_most(f"{label}: peak memory", found["peak_mb"], MAX_LARGE_MB, "MB")


def assess(network: StreetNetwork, supply: Supply, residents: Residents, jurisdictions: Jurisdictions) -> Assessment:
    """Coverage, coverage by service and the ledger at all levels."""
    assessment = Assessment(network, supply, residents, jurisdictions, CoverageParams())
    _ = assessment.coverage, assessment.services
    for level in LEVELS:
        assessment.ledger(level)
    return assessment


def large(network_file: Path) -> dict[str, float]:
    """In the child: CPU seconds once the network is loaded, and the peak memory of the process."""
    network = StreetNetwork.load(network_file)
    outlines = grid_jurisdictions(*network.bounds_lonlat, columns=N_TOWNS, rows=N_VILLAGES)
    villages = outlines.loc[outlines["level"] == "village", "code"].to_numpy()
    rng = np.random.default_rng(SEED)
    centers = doors(network, N_CENTERS, rng)
    shared = [tuple(rng.choice(villages, 1 + (i % 10 == 0) * 2, replace=False)) for i in range(N_CENTERS)]
    centers = centers.assign(id=[f"c{i:04d}" for i in range(N_CENTERS)], governing=shared)
    homes = doors(network, N_DEMAND, rng).assign(population=rng.integers(1, 60, N_DEMAND).astype(float))
    begun = time.process_time()
    jurisdictions = Jurisdictions.of(outlines, network.crs)
    assessment = assess(network, Supply.of(centers), Residents.of(homes), jurisdictions)
    return {
        "seconds": time.process_time() - begun,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / harness.MAXRSS_UNITS_PER_MB,
        "edges": network.n_edges,
        "pairs": len(assessment.door_pairs),
        "villages": len(villages),
    }


def doors(network: StreetNetwork, count: int, rng: np.random.Generator) -> pd.DataFrame:
    """Points near streets, lon and lat."""
    xy = network.shape_xy[rng.integers(0, len(network.shape_xy), count)] + rng.normal(0.0, 15.0, (count, 2))
    lon, lat = to_lonlat(xy, network.crs).T
    return pd.DataFrame({"lon": lon, "lat": lat})


if __name__ == "__main__":
    with one_core():
        print(json.dumps(large(Path(sys.argv[1]))))
