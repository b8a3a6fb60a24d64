"""OpenStreetMap files drawn in ASCII, for tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from xml.sax.saxutils import quoteattr

from geo.streets.table import StreetTable

WEST, NORTH = 118.9, 25.2
STEP_DEG = 0.001
"""Every column and every line of a drawing is this far from the next: about 100 and 111 m."""

Tags = Mapping[str, str]
HOUSE_STREET: Tags = {"highway": "residential"}


def place(drawing: str, letter: str) -> tuple[float, float]:
    """Longitude and latitude of a letter in a drawing."""
    for row, line in enumerate(drawing.splitlines()):
        column = line.find(letter)
        if column >= 0:
            return round(WEST + column * STEP_DEG, 7), round(NORTH - row * STEP_DEG, 7)
    raise AssertionError(f"{letter} is not in the drawing")


def letters(drawing: str) -> list[str]:
    return sorted({character for character in drawing if character.isalpha()})


def write_osm(
    path: Path,
    drawing: str,
    ways: Sequence[tuple[str, Tags]],
    *,
    node_tags: Mapping[str, Tags] | None = None,
    multipolygons: Sequence[tuple[Sequence[int], Tags]] = (),
    absent: str = "",
    bounds: tuple[float, float, float, float] | None = None,
    ways_first: bool = False,
    sign: int = 1,
) -> Path:
    """An .osm file: letters are nodes (a is 1, b is 2, …), a way is a word, ways count from 1.

    Args:
        path: where to.
        drawing: where the nodes lie.
        ways: the letters of each way, and its tags.
        node_tags: tags of letters.
        multipolygons: member ways and tags of relations.
        absent: letters that ways name and the file does not hold.
        bounds: west, south, east, north for the header.
        ways_first: as Overpass writes it.
        sign: -1 gives negative ids, as JOSM does.
    """
    node_tags = node_tags or {}
    nodes = []
    for letter in letters(drawing):
        if letter not in absent:
            lon, lat = place(drawing, letter)
            tags = _tags(node_tags.get(letter, {}))
            nodes.append(f'<node id="{_id(letter) * sign}" lat="{lat}" lon="{lon}" version="1">{tags}</node>')
    drawn = []
    for number, (word, way_tags) in enumerate(ways, start=1):
        refs = "".join(f'<nd ref="{_id(letter) * sign}"/>' for letter in word)
        drawn.append(f'<way id="{number * sign}" version="1">{refs}{_tags(way_tags)}</way>')
    relations = []
    for number, (members, relation_tags) in enumerate(multipolygons, start=1):
        inside = "".join(f'<member type="way" ref="{member}" role="outer"/>' for member in members)
        tags = _tags({"type": "multipolygon", **relation_tags})
        relations.append(f'<relation id="{number}" version="1">{inside}{tags}</relation>')
    box = ""
    if bounds:
        box = '<bounds minlon="{}" minlat="{}" maxlon="{}" maxlat="{}"/>'.format(*bounds)
    parts = [*drawn, *nodes] if ways_first else [*nodes, *drawn]
    body = "\n".join([box, *parts, *relations])
    path.write_text(f"<?xml version='1.0'?>\n<osm version='0.6'>\n{body}\n</osm>\n", encoding="utf-8")
    return path


def words(table: StreetTable, drawing: str) -> list[str]:
    """The edges as words of letters, sorted."""
    name = {place(drawing, letter): letter for letter in letters(drawing)}
    spelled = []
    for start, end in zip(table.shape_indptr[:-1], table.shape_indptr[1:], strict=True):
        spelled.append("".join(name[lon, lat] for lon, lat in table.shape_lonlat[start:end].round(7).tolist()))
    return sorted(spelled)


def nodes(table: StreetTable, drawing: str, *, truncated: bool = False) -> str:
    """The nodes' letters, sorted; only the truncated ones if asked for."""
    name = {place(drawing, letter): letter for letter in letters(drawing)}
    chosen = table.node_lonlat[table.node_truncated] if truncated else table.node_lonlat
    return "".join(sorted(name[lon, lat] for lon, lat in chosen.round(7).tolist()))


def _id(letter: str) -> int:
    return ord(letter) - ord("a") + 1


def _tags(tags: Tags) -> str:
    return "".join(f"<tag k={quoteattr(key)} v={quoteattr(value)}/>" for key, value in tags.items())
