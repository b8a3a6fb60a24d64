"""Many Portos side by side: the time of a center must not grow with the size of the network, and one machine holds it.

The child (`python -m tests.bench.scale NET SMALL`) loads the large network, answers, notes its peak memory, and only
then loads the small one to compare the two in turns.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from geo.engine.reach import Reach
from geo.params import ADULT
from geo.streets.network import StreetNetwork
from tests.bench import harness
from tests.bench.ground import BUDGET_S, N_SOURCES, PORTO_FILE, at_nodes, porto_table, random_nodes
from tests.bench.harness import Row, at_most, bench, child, duration, figure, medians, one_core

TILES = {"× 6": (3, 2, False), "× 6, joined": (3, 2, True), "× 49": (7, 7, False)}
"""Columns, rows, joined: 0.6 M and 5 M edges."""
MAX_GROWTH = 2.0
MAX_LOADED_MB = 1_500


@bench
def scale() -> Iterator[Row]:
    if not PORTO_FILE.exists():
        yield Row("scale", "left out: it takes Porto's extract")
        return
    with TemporaryDirectory() as folder:
        small = Path(folder) / "porto.arrow"
        StreetNetwork.build(porto_table()).save(small)
        for name, (columns, rows, joined) in TILES.items():
            large = Path(folder) / "tiled.arrow"
            child("-m", "tests.bench.ground", str(columns), str(rows), str(int(joined)), str(large))
            found = json.loads(child("-m", "tests.bench.scale", str(large), str(small)).output)
            label = f"scale, Porto {name}, {found['edges'] / 1e6:.2f} M edges"
            ratio = found["large_s"] / found["small_s"]
            measured = f"{duration(found['large_s'])} against {duration(found['small_s'])}"
            growth = f"× {figure(ratio)} (≤ {MAX_GROWTH:g})"
            yield Row(f"{label}: time of a source", measured, growth, ratio <= MAX_GROWTH)
            yield Row(f"{label}: loading and checking the file · setting the engine up", found["set_up"])
            yield at_most(f"{label}: peak memory with the engine", found["peak_mb"], MAX_LOADED_MB, "MB")
            large.unlink()


def compare(large_file: Path, small_file: Path) -> dict[str, object]:
    """In the child: times of a source on both networks, and the peak memory (MB) with the large one alone."""
    begun = time.process_time()
    large = StreetNetwork.load(large_file)
    loaded = time.process_time()
    engine = Reach(large, ADULT, BUDGET_S, threads=1)
    _ = engine.graph
    ready = time.process_time()
    sources = at_nodes(large, random_nodes(large))
    engine.nodes(sources)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / harness.MAXRSS_UNITS_PER_MB
    small = StreetNetwork.load(small_file)
    small_engine, small_sources = Reach(small, ADULT, BUDGET_S, threads=1), at_nodes(small, random_nodes(small))
    seconds = medians(
        {"large": lambda: engine.nodes(sources), "small": lambda: small_engine.nodes(small_sources)}, rounds=9
    )
    return {
        "edges": large.n_edges,
        "peak_mb": peak,
        "set_up": f"{duration(loaded - begun)} · {duration(ready - loaded)}",
        "large_s": seconds["large"] / N_SOURCES,
        "small_s": seconds["small"] / N_SOURCES,
    }


if __name__ == "__main__":
    with one_core():
        print(json.dumps(compare(Path(sys.argv[1]), Path(sys.argv[2]))))
