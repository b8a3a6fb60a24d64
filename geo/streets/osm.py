"""Reading OpenStreetMap files (.osm.pbf, .osm, .osm.gz, .osm.bz2) as walkable streets."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
import osmium
from numpy.typing import NDArray
from osmium.filter import EntityFilter, IdFilter, KeyFilter
from osmium.osm import NODE, RELATION, WAY, Node, Relation, Way

from geo.errors import DamagedFileError, MissingFileError, NoWalkableStreetsError, UnsupportedFormatError
from geo.streets.noding import Box, Progress, Traces, node_traces
from geo.streets.pedestrian import Walkable, blocks_walkers, classify_way, in_order, in_words
from geo.streets.table import StreetTable

ENDINGS: Final = (".osm.pbf", ".pbf", ".osm", ".osm.gz", ".osm.bz2")

COORDINATE_UNITS: Final = 1e7
"""OpenStreetMap's integer coordinates per degree."""
_UNDEFINED: Final = 2**31 - 1
"""Coordinate of a node whose place is not in the file, in libosmium."""

_WAY_KEYS: Final = ("highway", "railway", "public_transport", "route")
_TELL_EVERY: Final = 5_000
_SURVEY_SHARE, _READ_SHARE = 0.2, 0.9


def read_osm(path: Path, *, ferries: bool = False, progress: Progress | None = None) -> StreetTable:
    """Walkable streets of an OpenStreetMap file.

    Which ways are walkable is in `geo.streets.pedestrian`; how they become edges in `geo.streets.noding`. Beyond that:

    - closed ways and multipolygons (squares, platforms) are walked around their edge, holes included;
    - ways meet where they share a node, never where they only cross: bridges and tunnels stay apart;
    - a barrier node that cannot be passed cuts its ways: each has its own dead end there;
    - a way that leaves the extract is kept up to the last node that the file holds, and that node is marked
      truncated; so are nodes outside the bounding box in the file's header (`geo.streets.noding` says what holds where
      neither tells);
    - ways may come before their nodes (as Overpass writes them), and ids may be negative (as JOSM does).

    Args:
        path: the file; its ending tells the format.
        ferries: keep ferry lines, as class "ferry".
        progress: called with what is being done and the share done, 0 to 1.

    Raises:
        UnsupportedFormatError: its ending is not one of ENDINGS.
        MissingFileError: there is no such file.
        DamagedFileError: it is cut off, damaged, empty or of another kind.
        NoWalkableStreetsError: it holds no way that may be walked.
    """
    path = Path(path)
    ending = next((ending for ending in ENDINGS if path.name.lower().endswith(ending)), None)
    if ending is None:
        raise UnsupportedFormatError(path=path, expected=", ".join(ENDINGS))
    if not path.is_file():
        raise MissingFileError(path=path)
    tell = progress or (lambda text, share: None)
    report: Counter[str] = Counter()
    with _damage_as_error(path):
        tell("Looking through the file", 0.0)
        file = osmium.io.File(path, ending.removeprefix("."))
        survey = _survey(file, report)
        ways = _read_ways(file, survey, ferries, report, tell)
    tell("Joining streets", _READ_SHARE)
    traces = _to_traces(ways, survey.blocked, report)
    if not (np.diff(traces.indptr) >= 2).any():
        raise NoWalkableStreetsError(path=path, detail=f"{survey.n_streets} highway ways{in_words(report)}")
    table = node_traces(traces, frame=survey.frame, source=path.name, report=in_order(report))
    if table.n_edges == 0:
        raise NoWalkableStreetsError(path=path, detail=f"{survey.n_streets} highway ways{in_words(table.report)}")
    tell("Streets read", 1.0)
    return table


@contextmanager
def _damage_as_error(path: Path) -> Iterator[None]:
    try:
        yield
    except (RuntimeError, osmium.InvalidLocationError) as error:  # all that libosmium raises
        raise DamagedFileError(path=path, kind="OpenStreetMap data", reason=str(error).rstrip(".")) from error


@dataclass(frozen=True, slots=True)
class _Survey:
    """What has to be known before the ways are read."""

    frame: Box | None
    rings: dict[int, Walkable]
    blocked: NDArray[np.int64]
    n_ways: int
    n_streets: int


def _survey(file: osmium.io.File, report: Counter[str]) -> _Survey:
    """Multipolygon members, barrier nodes and the number of ways to come, in one pass."""
    rings: dict[int, Walkable] = {}
    blocked = array("q")
    n_ways = n_streets = 0
    barriers = KeyFilter("barrier")
    barriers.enable_for(NODE)
    streets = KeyFilter(*_WAY_KEYS)
    streets.enable_for(WAY | RELATION)
    processor = osmium.FileProcessor(file)
    box = processor.header.box()
    for element in processor.with_filter(barriers).with_filter(streets):
        tags = element.tags
        if isinstance(element, Node):
            if blocks_walkers(tags):
                blocked.append(element.id)
        elif isinstance(element, Way):
            n_ways += 1
            n_streets += "highway" in tags
        elif isinstance(element, Relation) and tags.get("type") == "multipolygon":
            verdict = classify_way(tags)
            if isinstance(verdict, Walkable):
                rings.update((member.ref, verdict) for member in element.members if member.type == "w")
            elif "highway" in tags:
                report[verdict] += 1
    frame = None
    if box.valid():
        low, high = box.bottom_left, box.top_right
        frame = (low.lon, low.lat, high.lon, high.lat)
    return _Survey(frame, rings, np.array(blocked, dtype=np.int64), n_ways, n_streets)


@dataclass(slots=True)
class _Ways:
    """Walkable ways as flat columns; `refs`, `x` and `y` hold the nodes of one way after the other."""

    ids: array[int] = field(default_factory=lambda: array("q"))
    classes: array[int] = field(default_factory=lambda: array("B"))
    flags: array[int] = field(default_factory=lambda: array("B"))
    sizes: array[int] = field(default_factory=lambda: array("q"))
    refs: array[int] = field(default_factory=lambda: array("q"))
    x: array[int] = field(default_factory=lambda: array("i"))
    y: array[int] = field(default_factory=lambda: array("i"))

    def append(self, way: Way, verdict: Walkable) -> None:
        before = len(self.refs)
        add_ref, add_x, add_y = self.refs.append, self.x.append, self.y.append
        for node in way.nodes:
            add_ref(node.ref)
            location = node.location
            add_x(location.x)
            add_y(location.y)
        self.ids.append(way.id)
        self.classes.append(verdict.street_class)
        self.flags.append(verdict.flags)
        self.sizes.append(len(self.refs) - before)


def _read_ways(file: osmium.io.File, survey: _Survey, ferries: bool, report: Counter[str], tell: Progress) -> _Ways:
    ways = _Ways()
    seen: set[int] = set()
    processor = osmium.FileProcessor(file, NODE | WAY).with_locations()
    processor.with_filter(EntityFilter(WAY)).with_filter(KeyFilter(*_WAY_KEYS))
    for count, way in enumerate(processor):
        if count % _TELL_EVERY == 0:
            done = count / max(survey.n_ways, 1)
            tell("Reading streets", _SURVEY_SHARE + (_READ_SHARE - _SURVEY_SHARE) * min(done, 1.0))
        if not isinstance(way, Way):
            continue
        verdict = classify_way(way.tags, ferries=ferries)
        if way.id in seen:
            report["duplicate_way"] += 1
        elif isinstance(verdict, Walkable):
            seen.add(way.id)
            ways.append(way, verdict)
        elif "highway" in way.tags or verdict == "ferry":  # a railway or a bus route is no street left out
            seen.add(way.id)
            report[verdict] += 1
    outlines = survey.rings.keys() - seen  # what a way's own tags say goes before those of its area
    if outlines:
        for way in osmium.FileProcessor(file, WAY).with_filter(IdFilter(outlines)):
            if isinstance(way, Way) and way.id not in seen:
                seen.add(way.id)
                ways.append(way, survey.rings[way.id])
    _fill_places(file, ways, processor.node_location_storage)
    return ways


def _fill_places(file: osmium.io.File, ways: _Ways, storage: osmium.index.LocationTable | None) -> None:
    """Look up nodes that were not known when their way came by: outlines, files not in order, negative ids."""
    missing = np.flatnonzero(np.array(ways.x, dtype=np.int32) == _UNDEFINED)
    refs = np.array(ways.refs, dtype=np.int64)[missing]
    places: dict[int, tuple[int, int]] = {}
    if storage is not None:
        for ref in np.unique(refs[refs > 0]).tolist():
            with suppress(KeyError):
                location = storage.get(ref)
                places[ref] = (location.x, location.y)
    if (refs < 0).any():  # the storage knows positive ids only
        for node in osmium.FileProcessor(file, NODE):
            if isinstance(node, Node) and node.id < 0:
                places[node.id] = (node.location.x, node.location.y)
    for index, ref in zip(missing.tolist(), refs.tolist(), strict=True):
        if ref in places:
            ways.x[index], ways.y[index] = places[ref]


def _to_traces(ways: _Ways, blocked: NDArray[np.int64], report: Counter[str]) -> Traces:
    """Cut ways where nodes are missing and at blocked nodes."""
    refs = np.array(ways.refs, dtype=np.int64)
    x, y = np.array(ways.x, dtype=np.int32), np.array(ways.y, dtype=np.int32)
    sizes = np.array(ways.sizes, dtype=np.int64)
    starts_way, ends_way = _borders(sizes)
    way = np.repeat(np.arange(len(sizes)), sizes)

    is_blocked = np.isin(refs, blocked)
    report["blocked_node"] += len(np.unique(refs[is_blocked]))
    copies = 1 + (is_blocked & ~starts_way & ~ends_way)  # a blocked node between two others ends both sides
    original = np.repeat(np.arange(len(refs)), copies)
    is_copy = np.zeros(len(original), dtype=np.bool_)
    is_copy[1:] = original[1:] == original[:-1]
    refs, x, y, way = refs[original], x[original], y[original], way[original]
    starts_way, ends_way = starts_way[original], ends_way[original]
    own = np.flatnonzero(is_blocked[original])
    refs[own] = refs.max(initial=0) + 1 + np.arange(len(own))

    present = (x != _UNDEFINED) & (np.abs(x / COORDINATE_UNITS) <= 180) & (np.abs(y / COORDINATE_UNITS) <= 90)
    before = np.concatenate([[True], present[:-1]]) | starts_way
    after = np.concatenate([present[1:], [True]]) | ends_way
    first = np.flatnonzero(((starts_way | is_copy) | ~before)[present])
    indptr = np.concatenate([first, [np.count_nonzero(present)]]).astype(np.int64)
    trace_way = way[present][first]

    lost = np.unique(way[~present])
    with_trace = np.unique(trace_way[np.diff(indptr) >= 2])
    report["cut_at_edge"] += int(np.isin(lost, with_trace).sum())
    report["outside_extract"] += len(sizes) - len(with_trace)
    return Traces(
        indptr=indptr,
        place=refs[present],
        lonlat=np.stack([x[present], y[present]], axis=1) / COORDINATE_UNITS,
        leaves=(~before | ~after)[present],
        way=np.array(ways.ids, dtype=np.int64)[trace_way],
        street_class=np.array(ways.classes, dtype=np.uint8)[trace_way],
        flags=np.array(ways.flags, dtype=np.uint8)[trace_way],
    )


def _borders(sizes: NDArray[np.int64]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Whether each node is the first, and the last, of its way."""
    ends = np.cumsum(sizes)
    is_first, is_last = np.zeros((2, int(sizes.sum())), dtype=np.bool_)
    is_first[(ends - sizes)[sizes > 0]] = True
    is_last[ends[sizes > 0] - 1] = True
    return is_first, is_last
