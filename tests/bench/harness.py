"""What all benchmarks share: rows and their limits, fair timing, children whose memory is measured.

Contestants run in turns in one process, pinned to one core, and are timed in CPU seconds; each counts with the median
of its rounds. So a ratio holds on another machine, and a busy one disturbs all alike.
"""

from __future__ import annotations

import gc
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
ROUNDS: Final = 5
MAXRSS_UNITS_PER_MB: Final = 2**20 if sys.platform == "darwin" else 2**10


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the report.

    Attributes:
        what: what was measured.
        measured: the figure, with its unit.
        compared: a ratio to something measured in the same run, or the limit.
        ok: whether the target was met; None where there is none.
    """

    what: str
    measured: str
    compared: str = ""
    ok: bool | None = None


Bench = Callable[[], Iterator[Row]]
REGISTRY: Final[dict[str, Bench]] = {}


def bench(function: Bench) -> Bench:
    """Register a benchmark under its module's and its own name; every module of this package is searched for them."""
    REGISTRY[f"{function.__module__.rsplit('.', 1)[-1]}.{function.__name__}"] = function
    return function


def at_most(what: str, value: float, limit: float, unit: str, note: str = "") -> Row:
    """A row whose value has an upper limit in the same unit."""
    return Row(what, f"{figure(value)} {unit}{note}", f"≤ {limit:,g} {unit}", value <= limit)


def times_faster(what: str, theirs_s: float, ours_s: float, target: float | None = None) -> Row:
    """A row on somebody else's time over ours, with the least ratio that is claimed."""
    ratio = theirs_s / ours_s
    compared = f"× {figure(ratio)}" + (f" (≥ {target:g})" if target else "")
    return Row(what, duration(theirs_s), compared, None if target is None else ratio >= target)


def medians(contestants: Mapping[str, Callable[[], object]], rounds: int = ROUNDS) -> dict[str, float]:
    """Median CPU seconds of each contestant; all run once before, then take turns."""
    for run in contestants.values():
        run()
    taken: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(rounds):
        for name, run in contestants.items():
            gc.collect()
            begun = time.process_time()
            run()
            taken[name].append(time.process_time() - begun)
    return {name: statistics.median(seconds) for name, seconds in taken.items()}


@dataclass(frozen=True, slots=True)
class Usage:
    """What a child process used: CPU seconds of all its threads, wall seconds, peak resident memory, its output."""

    cpu_s: float
    wall_s: float
    peak_mb: float
    output: str


_LAUNCHER: Final = """
import json, resource, subprocess, sys, time
begun = time.perf_counter()
code = subprocess.call([sys.executable, *sys.argv[2:]])
wall_s = time.perf_counter() - begun
used = resource.getrusage(resource.RUSAGE_CHILDREN)
with open(sys.argv[1], "w") as file:
    json.dump([code, used.ru_utime + used.ru_stime, wall_s, used.ru_maxrss], file)
"""
"""Runs a child and notes what it used. Linux counts the parent's memory into a child's peak, so the parent that
measures must be a small one, and must have no other child."""


def child(*arguments: str) -> Usage:
    """Run Python with arguments from the project's root, to its end.

    Raises:
        RuntimeError: it failed; with what it said.
    """
    with TemporaryDirectory() as folder:
        note = Path(folder) / "used.json"
        command = [sys.executable, "-S", "-c", _LAUNCHER, str(note), *arguments]
        run = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=True)
        code, cpu_s, wall_s, peak = json.loads(note.read_text(encoding="utf-8"))
    if code:
        raise RuntimeError(f"{' '.join(arguments)}: exit code {code}\n{run.stdout}")
    return Usage(cpu_s, wall_s, peak / MAXRSS_UNITS_PER_MB, run.stdout)


@contextmanager
def one_core() -> Iterator[None]:
    """Pin this process and its children to one core, where the system can."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(before)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def figure(value: float) -> str:
    """Three significant digits, thousands apart."""
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    return f"{value:,.{digits}f}"


def duration(seconds: float) -> str:
    """Seconds in the unit that suits them."""
    for size, unit in ((1.0, "s"), (1e-3, "ms")):
        if seconds >= size:
            return f"{figure(seconds / size)} {unit}"
    return f"{figure(seconds / 1e-6)} µs"


def table(rows: Sequence[Row]) -> str:
    """The rows as a Markdown table."""
    mark = {True: "ok", False: "MISSED", None: "–"}
    cells = [("what", "ratio or limit", "measured", ""), *((r.what, r.compared, r.measured, mark[r.ok]) for r in rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(4)]
    lines = ["| " + " | ".join(f"{c:<{w}}" for c, w in zip(row, widths, strict=True)) + " |" for row in cells]
    return "\n".join([lines[0], "|" + "|".join("-" * (w + 2) for w in widths) + "|", *lines[1:]])
