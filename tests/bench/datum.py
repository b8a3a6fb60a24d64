"""Half a million points a second between any two of WGS-84, GCJ-02 and BD-09."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations

import numpy as np

from geo.datum import Datum, convert_datum
from tests.bench.harness import Row, bench, medians, times_faster

PROMISED_PER_S = 500_000
N_POINTS = 200_000


@bench
def conversions() -> Iterator[Row]:
    points = np.random.default_rng(3).uniform([74, 19], [134, 53], (N_POINTS, 2))
    for source, target in permutations(Datum, 2):
        spent = medians({"ours": lambda a=source, b=target: convert_datum(points, a, b)}, rounds=3)["ours"]
        label = f"datum, {source} → {target}: {N_POINTS / spent / 1e6:.1f} M points/s, over what is promised"
        yield times_faster(label, N_POINTS / PROMISED_PER_S, spent, target=1)
