"""The map of a report: where centers open, move or close, whom they newly reach, and whom nobody does. No Streamlit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Final

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from dashboard.map import svg
from dashboard.map.homes import by_cell
from dashboard.map.notes import notes
from dashboard.siting.layers import CELL_M
from dashboard.siting.report.document import Picture, legal
from dashboard.theme import LIGHT
from geo.coverage.jurisdiction import LEVELS
from geo.crs import to_metric

if TYPE_CHECKING:
    from dashboard.siting.layers import Mark
    from dashboard.siting.report.gains import Gains
    from dashboard.siting.view import SitingView

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]

WIDTH: Final = 482.0
"""Points: A4 between margins of 20 mm."""
MAP_HEIGHT: Final = 288.0
LEGEND_ROW: Final = 13.0
LEGEND_GAP: Final = 14.0
LETTERS: Final = 7.0
"""Size of the legend's letters, points."""
CLOSE_UP_M: Final = 7_000.0
"""A map no wider than this names villages, a wider one towns."""
NEW: Final = LIGHT.identity
REACHED_TODAY: Final = LIGHT.reached[2]
REACHED_NEW: Final = LIGHT.reached[1]
GAINED: Final = LIGHT.reached[0]
LOST: Final = LIGHT.uncovered[1]
STILL: Final = LIGHT.uncovered[0]


@dataclass(frozen=True, eq=False)
class Sketch:
    """What is drawn, in meters of the network's system.

    Attributes:
        marks: signs and their places.
        catchments, today: of the placed centers, and of those that are open today and stay.
        homes: (color, middle of each cell float64 (n, 2), residents (n,)), the first below.
        standing: float64 (s, 2); centers open today that stay, and `committed` (c, 2) others that count.
        ground: float64 (g, 2); where people live, or the streets where nobody does.
    """

    marks: Sequence[tuple[Mark, tuple[float, float]]]
    catchments: Sequence[BaseGeometry]
    today: Sequence[BaseGeometry]
    homes: Sequence[tuple[str, Floats, Floats]]
    standing: Floats
    committed: Floats
    ground: Floats

    @classmethod
    def of(cls, view: SitingView, marks: Sequence[Mark], gains: Gains, *, committed: bool) -> Sketch:
        """Of a plan or a scenario.

        Args:
            marks: in the order of the report.
            committed: centers that are building or planned count as given.
        """
        found, centers = view.today.assessment, view.workspace.centers
        crs = found.network.crs
        leaving = {change.center for change in view.changes} if any(m.kind != "site" for m in marks) else set()
        stays = ((centers["status"] == "open") & ~centers["id"].isin(leaving)).to_numpy(np.bool_)
        coming = (~centers["status"].isin(["open", "suspended"])).to_numpy(np.bool_) & committed
        xy = to_metric(centers[["lon", "lat"]].to_numpy(np.float64), crs)
        at = to_metric(np.array([mark.lonlat for mark in marks], dtype=np.float64).reshape(-1, 2), crs)
        placed = np.array([mark.lonlat for mark in marks if mark.kind != "close"], dtype=np.float64).reshape(-1, 2)
        shapes = view.today.catchments(placed).polygons[:, 0] if len(placed) else ()
        people = view.today.baseline.total
        kinds = ((STILL, ~gains.covered_at & ~gains.lost_at), (LOST, gains.lost_at), (GAINED, gains.gained_at))
        return cls(
            [(mark, (x, y)) for mark, (x, y) in zip(marks, at.tolist(), strict=True)],
            [shape for shape in shapes if not shape.is_empty],
            [shape for shape in _today(view, stays | coming) if not shape.is_empty],
            [(color, *by_cell(found.xy[which], people[which], CELL_M)) for color, which in kinds],
            xy[stays],
            xy[coming],
            found.xy[people > 0] if people.any() else found.network.shape_xy,
        )

    @property
    def places(self) -> list[tuple[float, float]]:
        """Where signs stand, so that no name does."""
        others = np.vstack([self.standing, self.committed]).tolist()
        return [at for _, at in self.marks] + [(x, y) for x, y in others]

    @property
    def extent(self) -> BaseGeometry:
        """What must be seen: all that changes; everybody where nothing does."""
        if not self.marks:
            return shapely.multipoints(self.ground)
        changed = (cells for color, cells, _ in self.homes if color != STILL)
        points = np.vstack([np.array([at for _, at in self.marks]), *changed])
        return shapely.union_all([shapely.multipoints(points), *self.catchments])


def _today(view: SitingView, which: Bools) -> Sequence[BaseGeometry]:
    """Catchments of centers of the workspace, by their service points, at the cutoff."""
    from geo.catchments.catchment import catchments
    from geo.engine.reach import Reach, Sources
    from geo.params import MINUTE_S, CatchmentParams, Cutoffs

    found = view.today.assessment
    number = np.full(len(found.supply.ids), -1)
    chosen = [found.supply.ids.index(center) for center in view.workspace.centers["id"][which]]
    number[chosen] = np.arange(len(chosen))
    doors = np.flatnonzero(number[found.supply.door_center] >= 0)
    if not len(doors):
        return ()
    sources = Sources.grouped(found.doors.take(doors), number[found.supply.door_center[doors]], len(chosen))
    params = CatchmentParams(
        profile=view.profile, cutoffs=Cutoffs((view.minutes,)), direction=found.params.direction, snap=found.params.snap
    )
    reach = Reach(found.network, view.profile, view.minutes * MINUTE_S, direction=params.direction)
    return list(catchments(reach, sources, params).polygons[:, 0])


def draw(view: SitingView, sketch: Sketch, fonts: Sequence[str]) -> Picture:
    """The map with its legend below, and scale, north and notes in it."""
    frame = svg.Frame.around(sketch.extent, WIDTH, MAP_HEIGHT)
    level = "village" if frame.meters * WIDTH <= CLOSE_UP_M else "town"
    places = _places(view, level)
    legend, height = _legend(view, sketch)
    family = escape(", ".join(f"'{name}'" for name in fonts), quote=True)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH:g} {height:g}" width="{WIDTH:g}" '
        f'height="{height:g}" font-family="{family}">',
        f'<rect width="100%" height="100%" fill="{LIGHT.paper}"/>',
        f'<clipPath id="map"><rect width="{WIDTH:g}" height="{MAP_HEIGHT:g}"/></clipPath>',
        '<g clip-path="url(#map)">',
        f'<rect width="{WIDTH:g}" height="{MAP_HEIGHT:g}" fill="{LIGHT.outside}"/>',
        *svg.areas(frame, [outline for _, outline in _places(view, "town")], LIGHT.land),
        *svg.areas(frame, sketch.today, REACHED_TODAY, opacity=0.75),
        *svg.areas(frame, sketch.catchments, REACHED_NEW, stroke=GAINED, opacity=0.6),
        *svg.streets(frame, view.workspace.network),
        *svg.areas(frame, [outline for _, outline in places], "none", stroke=LIGHT.borders[1]),
        *(line for color, xy, people in sketch.homes for line in _circles(frame, xy, people, color)),
        *(_dot(x, y, "stand") for x, y in frame.at(sketch.standing).tolist() if _inside(x, y)),
        *(_dot(x, y, "commit") for x, y in frame.at(sketch.committed).tolist() if _inside(x, y)),
        *svg.place_names(frame, places, [svg.Mark(at, "", True, True) for at in sketch.places]),
        *(_sign(frame, at, mark) for mark, at in reversed(sketch.marks)),
        *svg.scale_bar(frame),
        *_north(),
        *svg.note_lines(frame, notes(view.text, view.workspace, paper=True)),
        "</g>",
        f'<rect x="0.25" y="0.25" width="{WIDTH - 0.5:g}" height="{MAP_HEIGHT - 0.5:g}" fill="none" '
        f'stroke="{LIGHT.borders[1]}" stroke-width="0.5"/>',
        *legend,
        "</svg>",
    ]  # fmt: skip
    return Picture(legal("\n".join(parts)), WIDTH, height, legal(_described(view, sketch)))


def _described(view: SitingView, sketch: Sketch) -> str:
    """What the map shows, for who does not see it."""
    text = view.text
    shown = text("list.comma").join(words for _, _, words in _keys(view, sketch))
    places = text("list.comma").join(f"{mark.sign} {mark.name}" for mark, _ in sketch.marks)
    return text("paper.map_alt", shown=shown) + (text("paper.map_places", places=places) if places else "")


def _places(view: SitingView, level: str) -> list[tuple[str, BaseGeometry]]:
    """Names and outlines of a level; of the finest there is where there is none of it."""
    outlines = view.today.assessment.jurisdictions
    wanted = LEVELS.index(level)
    finest = outlines.level.max(initial=0)
    at = np.flatnonzero(outlines.level == (wanted if (outlines.level == wanted).any() else finest))
    names = [view.place(outlines.codes[i]).rpartition(" · ")[2] for i in at]
    return list(zip(names, outlines.polygons[at], strict=True))


def _circles(frame: svg.Frame, xy: Floats, people: Floats, color: str) -> Iterator[str]:
    """Residents by cell; the area of a circle grows with their number."""
    for (x, y), count in zip(frame.at(xy).tolist(), people.tolist(), strict=True):
        if _inside(x, y):
            radius = min(0.55 + 0.07 * count**0.5, 3.2)
            yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.2f}" fill="{color}" fill-opacity="0.85"/>'


def _inside(x: float, y: float) -> bool:
    return 0 <= x <= WIDTH and 0 <= y <= MAP_HEIGHT


def _dot(x: float, y: float, kind: str) -> str:
    """A center that is open today, or one that is to come."""
    fill = LIGHT.marker if kind == "stand" else LIGHT.paper
    return (
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{fill}" stroke="{LIGHT.marker}" stroke-width="1.2"/>'
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.9" fill="none" stroke="{LIGHT.paper}" stroke-width="0.7"/>'
    )


def _sign(frame: svg.Frame, at: tuple[float, float], mark: Mark) -> str:
    x, y = frame.at(np.array([at]))[0].tolist()
    return _drawn(x, y, mark)


def _drawn(x: float, y: float, mark: Mark) -> str:
    """A number for a new center, an arrow for a moved one, a cross for one that closes."""
    if mark.kind == "close":
        arm = f"M{x - 3.4:.1f} {y - 3.4:.1f}l6.8 6.8M{x - 3.4:.1f} {y + 3.4:.1f}l6.8 -6.8"
        return (
            f'<path d="{arm}" stroke="{LIGHT.paper}" stroke-width="3.6"/>'
            f'<path d="{arm}" stroke="{LOST}" stroke-width="1.9"/>'
        )
    body = f'<circle cx="{x:.1f}" cy="{y:.1f}" r="6.4" fill="{NEW}" stroke="{LIGHT.paper}" stroke-width="1.2"/>'
    if mark.kind == "move":  # drawn, for no font has the sign for sure
        arrow = f"M{x - 3:.1f} {y:.1f}h5.4m-2.2 -2.4l2.6 2.4l-2.6 2.4"
        return body + f'<path d="{arrow}" fill="none" stroke="{LIGHT.paper}" stroke-width="1.3"/>'
    return body + (
        f'<text x="{x:.1f}" y="{y + 2.7:.1f}" font-size="7.6" font-weight="bold" text-anchor="middle" '
        f'fill="{LIGHT.paper}">{escape(mark.sign)}</text>'
    )


def _north() -> Iterator[str]:
    x, y = WIDTH - 14, 10.0
    yield f'<path d="M{x} {y}l4 11l-4 -2.6l-4 2.6z" fill="{LIGHT.ink}" stroke="{LIGHT.paper}" stroke-width="0.6"/>'
    yield svg.label(x, y + 19, "N", 7, LIGHT.ink)


def _legend(view: SitingView, sketch: Sketch) -> tuple[list[str], float]:
    """Keys in rows below the map, those only that it shows; and the height of the whole picture."""
    x, y, parts = 2.0, MAP_HEIGHT + LEGEND_ROW, []
    for kind, color, words in _keys(view, sketch):
        width = 16 + svg.text_width(words, LETTERS) + LEGEND_GAP
        if x + width - LEGEND_GAP > WIDTH:
            x, y = 2.0, y + LEGEND_ROW
        parts += [_key(kind, color, x + 6, y - 2.5), svg.label(x + 16, y, words, LETTERS, LIGHT.ink, "start")]
        x += width
    return parts, y + 5


def _keys(view: SitingView, sketch: Sketch) -> list[tuple[str, str, str]]:
    """Kind of sign, color and words of all that the map shows."""
    text, kinds = view.text, {mark.kind for mark, _ in sketch.marks}
    shown = {color for color, xy, _ in sketch.homes if len(xy)}
    today = "paper.legend_given" if len(sketch.committed) else "siting.legend_today"
    keys = [
        ("sign", "", text("siting.legend_new")) if kinds & {"new", "site"} else None,
        ("move", "", text("paper.legend_moved")) if "move" in kinds else None,
        ("close", "", text("paper.legend_closed")) if "close" in kinds else None,
        ("swatch", REACHED_NEW, text("siting.legend_reached")) if sketch.catchments else None,
        ("home", GAINED, text("siting.legend_gained")) if GAINED in shown else None,
        ("home", LOST, text("siting.legend_lost")) if LOST in shown else None,
        ("stand", "", text("paper.legend_open")) if len(sketch.standing) else None,
        ("commit", "", text("paper.legend_committed")) if len(sketch.committed) else None,
        ("swatch", REACHED_TODAY, text(today)) if sketch.today else None,
        ("home", STILL, text("paper.legend_still")) if STILL in shown else None,
    ]
    return [key for key in keys if key]


def _key(kind: str, color: str, x: float, y: float) -> str:
    """A sign of the legend around a point."""
    from dashboard.siting.layers import Mark

    if kind == "swatch":
        return f'<rect x="{x - 5}" y="{y - 3.5}" width="10" height="7" fill="{color}" fill-opacity="0.75"/>'
    if kind == "home":
        return f'<circle cx="{x}" cy="{y}" r="2.4" fill="{color}"/>'
    if kind in ("stand", "commit"):
        return _dot(x, y, kind)
    sign = _drawn(0, 0, Mark("1", "new" if kind == "sign" else kind, "", (0.0, 0.0), 0.0))
    return f'<g transform="translate({x} {y}) scale(0.8)">{sign}</g>'
