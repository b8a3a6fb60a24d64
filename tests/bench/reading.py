"""Reading extracts, as `python -m geo streets` does it: seconds and peak memory of the whole command."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import osmium
from osmium.osm import Node, Relation, Way

from tests.bench.ground import PORTO_FILE
from tests.bench.harness import Row, Usage, at_most, bench, child

SIDE = 3
"""Copies of Porto in a row and in a column: 29 MB."""
STEP_DEG = (0.45, 0.45)
"""A little more than Porto's extent."""
ID_STEP = 10**11
"""More than any id: copies do not share any."""


@bench
def reading() -> Iterator[Row]:
    if not PORTO_FILE.exists():
        yield Row("reading", "left out: it takes Porto's extract")
        return
    with TemporaryDirectory() as folder:
        used = read(PORTO_FILE, Path(folder))
        yield at_most("reading, Porto, 3.2 MB: CPU of the whole command", used.cpu_s, 5, "s")
        large = Path(folder) / "copies.osm.pbf"
        write_copies(large)
        label = f"reading, {SIDE} × {SIDE} Portos, {large.stat().st_size / 1e6:.0f} MB"
        used = read(large, Path(folder))
        yield at_most(f"{label}: CPU of the whole command", used.cpu_s, 60, "s")
        yield at_most(f"{label}: peak memory", used.peak_mb, 2_500, "MB")


def read(source: Path, folder: Path) -> Usage:
    return child("-m", "geo", "streets", str(source), "--out", str(folder / "streets.arrow"))


def write_copies(path: Path) -> None:
    """Copies side by side in one file, nodes first, ids rising: as a larger extract would be."""
    shifts = [(n * ID_STEP, *at) for n, at in enumerate(itertools.product(range(SIDE), range(SIDE)))]
    with osmium.SimpleWriter(path, bufsz=1 << 20) as writer:
        for kind in (osmium.osm.NODE, osmium.osm.WAY, osmium.osm.RELATION):
            for more, east, north in shifts:
                for element in osmium.FileProcessor(PORTO_FILE, kind):
                    if isinstance(element, Node):
                        place = element.location
                        at = (place.lon + east * STEP_DEG[0], place.lat + north * STEP_DEG[1])
                        writer.add_node(element.replace(id=element.id + more, location=at))
                    elif isinstance(element, Way):
                        refs = [node.ref + more for node in element.nodes]
                        writer.add_way(element.replace(id=element.id + more, nodes=refs))
                    elif isinstance(element, Relation):
                        members = [(m.type, m.ref + more, m.role) for m in element.members]
                        writer.add_relation(element.replace(id=element.id + more, members=members))
