"""A map picture as SVG: geometry in, text out. For paper, where no browser draws. Knows no Streamlit."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Final

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from dashboard import figures
from dashboard.theme import LIGHT
from geo.streets.network import gather_runs
from geo.streets.table import STREET_CLASSES

if TYPE_CHECKING:
    from geo.streets.network import StreetNetwork

FloatArray = NDArray[np.float64]

MARGIN: Final = 0.12
"""Room around what must be seen, as a share of it."""
LEAST_M: Final = 1_500.0
"""A map shows at least this much across, however small the catchment."""
LABEL_SHARE: Final = 0.012
"""A place is named where it takes up at least this share of the picture."""
LETTER: Final = 0.92
"""Width of a Chinese letter, in its size; a Latin one takes half."""
MAJOR: Final = frozenset({"trunk", "primary", "secondary", "tertiary"})
ROUND: Final = (1, 2, 5)
NOTE_SIZE: Final = 6.0
NOTE_SHARE: Final = 0.68
"""Of the picture's width: the rest is the scale bar's."""
WORD: Final = re.compile(r"[\u2e80-\uffff]\s*|[^\s\u2e80-\uffff]+\s*|\s+")
"""A word, or one Chinese letter."""


@dataclass(frozen=True, slots=True)
class Frame:
    """What a picture shows: west, south, east, north in meters, and its size in points."""

    bounds: tuple[float, float, float, float]
    width: float
    height: float

    @classmethod
    def around(cls, geometry: BaseGeometry, width: float, height: float) -> Frame:
        """The picture of a size that holds a geometry with some room."""
        west, south, east, north = geometry.bounds
        across = max((east - west) * (1 + 2 * MARGIN), (north - south) * (1 + 2 * MARGIN) * width / height, LEAST_M)
        half_x, half_y = across / 2, across / 2 * height / width
        x, y = (west + east) / 2, (south + north) / 2
        return cls((x - half_x, y - half_y, x + half_x, y + half_y), width, height)

    @property
    def meters(self) -> float:
        """Meters to a point of the picture."""
        return (self.bounds[2] - self.bounds[0]) / self.width

    @property
    def box(self) -> shapely.Polygon:
        """The piece of land."""
        return shapely.box(*self.bounds)

    def at(self, xy: FloatArray) -> FloatArray:
        """Meters (p, 2) to points of the picture, y downwards."""
        moved = (np.asarray(xy, dtype=np.float64) - (self.bounds[0], self.bounds[3])) / self.meters
        return np.asarray(moved * (1, -1))


@dataclass(frozen=True, slots=True)
class Mark:
    """A center on the picture."""

    xy: tuple[float, float]
    name: str
    is_open: bool
    chosen: bool


def picture(
    frame: Frame,
    network: StreetNetwork,
    *,
    places: Sequence[tuple[str, BaseGeometry]],
    catchments: Sequence[BaseGeometry],
    doors: FloatArray,
    marks: Sequence[Mark],
    notes: Sequence[str],
    fonts: Sequence[str],
) -> str:
    """The map of one center.

    Args:
        frame: what is shown.
        network: streets, in meters of the same system as all other geometry.
        places: names and outlines of villages.
        catchments: polygons of all cutoffs, the longest first.
        doors: float64 (p, 2); addresses of the center.
        marks: centers, the chosen one last.
        notes: what must be said of the map (`dashboard.map.notes`).
        fonts: families for names.

    Returns:
        SVG text; all names in it are escaped.
    """
    family = ", ".join(f"'{escape(name)}'" for name in fonts)
    shades = LIGHT.shades(len(catchments))[::-1]
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {frame.width:g} {frame.height:g}" '
        f'width="{frame.width:g}" height="{frame.height:g}" font-family="{escape(family)}">',
        f'<rect width="100%" height="100%" fill="{LIGHT.outside}"/>',
        *areas(frame, [outline for _, outline in places], LIGHT.land, stroke=LIGHT.borders[2]),
        *(path for shape, fill in zip(catchments, shades, strict=True)
          for path in areas(frame, [shape], fill, opacity=0.85)),
        *streets(frame, network),
        *place_names(frame, places, marks),
        *_dots(frame, doors),
        *(line for mark in marks for line in _mark(frame, mark)),
        *scale_bar(frame),
        *note_lines(frame, notes),
        "</svg>",
    ]  # fmt: skip
    return "\n".join(parts)


def _path(frame: Frame, shape: BaseGeometry) -> str:
    """Path data of lines and rings."""
    pieces = []
    for line in shapely.get_parts(shape.boundary if shape.area else shape):
        xy = frame.at(shapely.get_coordinates(line)).round(1)
        pieces.append("M" + "L".join(f"{x:g} {y:g}" for x, y in xy.tolist()))
    return "".join(pieces)


def areas(
    frame: Frame, shapes: Sequence[BaseGeometry], fill: str, *, stroke: str = "none", opacity: float = 1.0
) -> Iterator[str]:
    """Shapes that the frame shows, each one path."""
    clipped = shapely.intersection(np.asarray(shapes, dtype=object), frame.box.buffer(20 * frame.meters))
    for shape in clipped:
        if shape.area:
            data = _path(frame, shapely.simplify(shape, 0.3 * frame.meters))
            yield (
                f'<path d="{data}" fill="{fill}" fill-rule="evenodd" fill-opacity="{opacity:g}" '
                f'stroke="{stroke}" stroke-width="0.5"/>'
            )


def streets(frame: Frame, network: StreetNetwork) -> Iterator[str]:
    """Lanes thin, roads with a casing; each kind one path."""
    first = network.shape_indptr[:-1]
    low = np.minimum.reduceat(network.shape_xy, first, axis=0)
    high = np.maximum.reduceat(network.shape_xy, first, axis=0)
    west, south, east, north = frame.bounds
    seen = ((high >= (west, south)) & (low <= (east, north))).all(axis=1)
    major = np.isin(network.edge_class, [i for i, name in enumerate(STREET_CLASSES) if name in MAJOR])
    lanes, roads = (_lines(frame, network, np.flatnonzero(seen & kind)) for kind in (~major, major))
    yield f'<path d="{lanes}" fill="none" stroke="{LIGHT.muted}" stroke-opacity="0.45" stroke-width="0.4"/>'
    yield f'<path d="{roads}" fill="none" stroke="{LIGHT.road_casing}" stroke-width="2.2"/>'
    yield f'<path d="{roads}" fill="none" stroke="{LIGHT.road}" stroke-width="1.3"/>'


def _lines(frame: Frame, network: StreetNetwork, edges: NDArray[np.intp]) -> str:
    indptr, picked = gather_runs(network.shape_indptr, edges)
    if not len(picked):
        return ""
    owner = np.repeat(np.arange(len(edges)), np.diff(indptr))
    merged = shapely.line_merge(shapely.multilinestrings(shapely.linestrings(network.shape_xy[picked], indices=owner)))
    seen = shapely.clip_by_rect(merged, *frame.bounds)
    # lines one by one: keeping the topology of tens of thousands of them takes seconds and is not to be seen
    return _path(frame, shapely.simplify(seen, 0.3 * frame.meters, preserve_topology=False))


def place_names(frame: Frame, places: Sequence[tuple[str, BaseGeometry]], marks: Sequence[Mark]) -> Iterator[str]:
    """Names of places in the middle of what is seen of them, the largest first, none over another or over a mark."""
    taken: list[BaseGeometry] = [_taken(frame, mark) for mark in marks]
    inside = shapely.box(2, 2, frame.width - 2, frame.height - 2)
    seen = [(name, shapely.intersection(outline, frame.box)) for name, outline in places]
    for name, outline in sorted(seen, key=lambda item: -item[1].area):
        if outline.area < LABEL_SHARE * frame.box.area:
            return
        x, middle = frame.at(shapely.get_coordinates(shapely.point_on_surface(outline)))[0].tolist()
        half = text_width(name, 6.5) / 2
        for y in (middle, middle - 12, middle + 14):
            box = shapely.box(x - half, y - 6, x + half, y + 3)
            if inside.contains(box) and not any(map(box.intersects, taken)):
                taken.append(box)
                yield label(x, y, name, 6.5, LIGHT.place)
                break


def _taken(frame: Frame, mark: Mark) -> BaseGeometry:
    """Where a mark and its name stand."""
    x, y = frame.at(np.array([mark.xy]))[0].tolist()
    half = 6.0 if mark.chosen else max(6.0, text_width(mark.name, 6.5) / 2)
    return shapely.box(x - half, y - (6 if mark.chosen else 13), x + half, y + 6)


def _dots(frame: Frame, doors: FloatArray) -> Iterator[str]:
    for x, y in frame.at(doors).tolist():
        at = f'cx="{x:.1f}" cy="{y:.1f}" r="1.6"'
        yield f'<circle {at} fill="{LIGHT.paper}" stroke="{LIGHT.identity}" stroke-width="0.9"/>'


def _mark(frame: Frame, mark: Mark) -> Iterator[str]:
    x, y = frame.at(np.array([mark.xy]))[0].tolist()
    if not (0 <= x <= frame.width and 0 <= y <= frame.height):
        return
    color, radius = (LIGHT.identity, 4.2) if mark.chosen else (LIGHT.marker, 3.2)
    fill = color if mark.is_open else LIGHT.paper
    yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius}" fill="{fill}" stroke="{color}" stroke-width="1.4"/>'
    if not mark.chosen:
        yield label(x, y - 6, mark.name, 6.5, LIGHT.ink)


def label(x: float, y: float, text: str, size: float, color: str, anchor: str = "middle") -> str:
    """A name with a halo: drawn wide in the paper's color first."""
    at = f'x="{x:.1f}" y="{y:.1f}" font-size="{size:g}" text-anchor="{anchor}"'
    halo = (
        f'<text {at} fill="none" stroke="{LIGHT.paper}" stroke-width="2" stroke-linejoin="round">{escape(text)}</text>'
    )
    return f'{halo}<text {at} fill="{color}">{escape(text)}</text>'


def scale_bar(frame: Frame) -> Iterator[str]:
    """A bar of a round length, about a fifth of the picture."""
    wanted = frame.meters * frame.width / 5
    power = 10 ** np.floor(np.log10(wanted))
    length_m = float(max(step * power for step in ROUND if step * power <= wanted))
    x, y, end = 8.0, frame.height - 8, 8 + length_m / frame.meters
    yield f'<path d="M{x} {y - 3}V{y}H{end:.1f}V{y - 3}" fill="none" stroke="{LIGHT.ink}" stroke-width="1"/>'
    yield label(x + 3, y - 4, figures.length(length_m), 6, LIGHT.ink, "start")


def note_lines(frame: Frame, notes: Sequence[str]) -> Iterator[str]:
    """Notes at the lower right, each as many lines as it needs: an attribution may be long."""
    width = frame.width * NOTE_SHARE
    lines = [line for note in notes for line in _wrapped(note, NOTE_SIZE, width)]
    for row, line in enumerate(reversed(lines)):
        yield label(frame.width - 6, frame.height - 6 - 8.5 * row, line, NOTE_SIZE, LIGHT.ink, "end")


def _wrapped(text: str, size: float, width: float) -> list[str]:
    """Lines no wider than this, broken between words or Chinese letters."""
    lines = [""]
    for piece in WORD.findall(text):
        if lines[-1] and text_width((lines[-1] + piece).rstrip(), size) > width:
            lines.append("")
        lines[-1] += piece
    return [line.strip() for line in lines]


def text_width(text: str, size: float) -> float:
    """Roughly how wide a text is."""
    return size * sum(LETTER if ord(letter) > 0x2E80 else LETTER * 0.58 for letter in text)
