"""How long one waits for the command line: wall seconds of whole processes, kernels compiled before (`make` does)."""

from __future__ import annotations

import statistics
from collections.abc import Iterator

from tests.bench.ground import SAMPLE_FILE
from tests.bench.harness import ROUNDS, Row, at_most, bench, child

MAX_S = 1.5
MAX_WORK_S = 5.0
"""Our own bound for a small piece of work from start to finish; the others are start alone."""


@bench
def start() -> Iterator[Row]:
    centers = str(SAMPLE_FILE.with_name("centers.csv"))
    commands: dict[str, tuple[list[str], float]] = {
        "--help": (["--help"], MAX_S),
        "info, the sample": (["info", str(SAMPLE_FILE)], MAX_S),
        "catchments of the sample": (["catchments", "--streets", str(SAMPLE_FILE), "--centers", centers], MAX_WORK_S),
    }
    for name, (arguments, limit_s) in commands.items():
        child("-m", "geo", *arguments)
        taken = statistics.median(child("-m", "geo", *arguments).wall_s for _ in range(ROUNDS))
        yield at_most(f"command line, warm: {name}", taken, limit_s, "s")
