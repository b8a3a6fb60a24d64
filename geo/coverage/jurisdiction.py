"""Jurisdictions: counties, towns and villages, and to which of them a place belongs.

**The rule.** At each level a place belongs to exactly one jurisdiction or lies outside of all:

1. A stated code that is in the table decides.
2. Otherwise the villages decide, then, for who lies in none, the towns, then the counties. The levels above follow from
   the finer one, so villages always add up to their town.
3. Within a level, a polygon holds its border. Of several that hold a place (a shared border, an overlap, a village
   drawn inside of another) the smallest area wins, of equal areas the lower code. So an enclave keeps its people
   whether or not the polygon around it has a hole.
4. A place in a gap between polygons belongs to the nearest one within `SLIVER_M`, ties as above.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.cells import column_texts
from geo.crs import WGS84, shapes_to_metric
from geo.errors import Fault, MissingColumnError, MissingCrsError, TableFaultsError

if TYPE_CHECKING:
    from geopandas import GeoDataFrame, GeoSeries

LEVELS: Final = ("county", "town", "village")
"""From coarse to fine."""

SLIVER_M: Final = 5.0
"""Outlines drawn at 1:10,000 do not meet more closely than about half a millimeter on paper."""

CODE_DIGITS: Final = {"county": 6, "town": 9, "village": 12}
"""How many digits of a 12-digit statistical code say the unit; zeros fill the rest."""


@dataclass(frozen=True, eq=False)
class Jurisdictions:
    """j jurisdictions of all levels, ordered by code.

    Attributes:
        codes, names: j texts.
        level: int8 (j,), index into `LEVELS`.
        parent: int32 (j,); the unit above, or -1.
        polygons: object (j,), meters in `crs`.
        crs: metric coordinate system.
    """

    codes: tuple[str, ...]
    names: tuple[str, ...]
    level: NDArray[np.int8]
    parent: NDArray[np.int32]
    polygons: NDArray[np.object_]
    crs: str

    @classmethod
    def of(cls, frame: GeoDataFrame, crs: str) -> Jurisdictions:
        """From polygons with a code, and where known name, level and parent; both follow from a 12-digit code.

        The units of the coarsest level that is there may state parents that are not.

        Args:
            frame: one row a jurisdiction, in any stated coordinate system.
            crs: metric coordinate system, as a rule the network's.

        Raises:
            MissingColumnError, MissingCrsError: it cannot be read.
            TableFaultsError: every row that cannot be used.
        """
        if "code" not in frame:
            raise MissingColumnError(path="jurisdictions", column="code", found=", ".join(map(str, frame.columns)))
        if frame.crs is None:
            raise MissingCrsError(path="jurisdictions")
        frame = frame.assign(code=column_texts(frame, "code"))
        stated = column_texts(frame, "level")
        levels = [level or level_of(code) or "" for level, code in zip(stated, frame["code"], strict=True)]
        shapes = np.asarray(frame.geometry.values, dtype=object)
        if faults := _faults(list(frame["code"]), levels, column_texts(frame, "parent"), shapes):
            raise TableFaultsError("jurisdictions", faults)
        frame = frame.assign(level=levels).sort_values("code", kind="stable")
        codes, levels = list(frame["code"]), list(frame["level"])
        polygons = _projected(frame.geometry, crs)
        broken = ~shapely.is_valid(polygons)
        polygons[broken] = shapely.make_valid(polygons[broken])
        number = {code: i for i, code in enumerate(codes)}
        parents = column_texts(frame, "parent")
        above = [number[p] if p in number else _above(code, number) for p, code in zip(parents, codes, strict=True)]
        return cls(
            codes=tuple(codes),
            names=tuple(name or code for name, code in zip(column_texts(frame, "name"), codes, strict=True)),
            level=np.array([LEVELS.index(level) for level in levels], dtype=np.int8),
            parent=np.array([-1 if p is None else p for p in above], dtype=np.int32),
            polygons=polygons,
            crs=crs,
        )

    @classmethod
    def none(cls, crs: str) -> Jurisdictions:
        """No jurisdictions at all: everybody lives outside."""
        nothing = np.zeros(0)
        return cls((), (), nothing.astype(np.int8), nothing.astype(np.int32), nothing.astype(object), crs)

    def __len__(self) -> int:
        return len(self.codes)

    @cached_property
    def number(self) -> dict[str, int]:
        """Index of each code."""
        return {code: i for i, code in enumerate(self.codes)}

    @cached_property
    def lineage(self) -> NDArray[np.int32]:
        """int32 (j, 3); each unit with the units above it, by level; -1 where there is none."""
        found = np.full((len(self), len(LEVELS)), -1, dtype=np.int32)
        for unit in range(len(self)):
            at = unit
            while at >= 0 and found[unit, self.level[at]] < 0:  # a level seen twice would be a circle
                found[unit, self.level[at]] = at
                at = int(self.parent[at])
        return found

    def rolled_up(self, unit: NDArray[np.int32], level: str) -> NDArray[np.int32]:
        """Units (p,) as seen at a level: their ancestor there, or themselves where they are coarser, or -1.

        A unit that is finer and has no ancestor at the level counts for the one above that, if there is any.
        """
        table = np.full(len(self) + 1, -1, dtype=np.int32)
        for column in self.lineage[:, : LEVELS.index(level) + 1].T:  # the finest that is there is written last
            table[:-1] = np.where(column >= 0, column, table[:-1])
        return table[unit]

    def locate(self, xy: NDArray[np.float64]) -> NDArray[np.int32]:
        """The finest unit that holds each point (p, 2), meters in `crs`: int32 (p,), -1 outside. See the rule above."""
        points = shapely.points(xy)
        tree = shapely.STRtree(points)
        home = np.full(len(xy), -1, dtype=np.int32)
        for level in reversed(range(len(LEVELS))):
            units = np.flatnonzero(self.level == level)
            if not len(units):
                continue
            area = shapely.area(self.polygons[units])
            order = units[np.lexsort((-units, -area))]  # largest first, of equals the higher code first
            shapely.prepare(self.polygons[order])
            found = np.full(len(xy), -1, dtype=np.int32)
            near, at = tree.query(self.polygons[order], predicate="dwithin", distance=SLIVER_M)
            inside = shapely.intersects(self.polygons[order[near]], points[at])
            apart = np.zeros(len(at))
            apart[~inside] = shapely.distance(self.polygons[order[near[~inside]]], points[at[~inside]])
            rank = np.lexsort((near, -apart))  # the last one written is the nearest, and of these the smallest
            found[at[rank]] = order[near[rank]]
            home = np.where(home < 0, found, home)
        return home

    def homes(self, xy: NDArray[np.float64], stated: Sequence[str] | None = None) -> NDArray[np.int32]:
        """The finest unit of each place (p,): the stated one where it is in the table, else where it lies."""
        home = np.full(len(xy), -1, dtype=np.int32)
        if stated is not None:
            home[:] = [self.number.get(code, -1) for code in stated]
        unknown = np.flatnonzero(home < 0)
        if len(unknown) and len(self):
            home[unknown] = self.locate(xy[unknown])
        return home

    def divided(
        self, shapes: NDArray[np.object_], level: str
    ) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.object_]]:
        """Cut areas, such as catchments, along the borders of a level.

        Args:
            shapes: object (s,) of polygons, meters in `crs`.
            level: one of `LEVELS`.

        Returns:
            For each part with an area: which shape it is of int64 (q,), its unit int32 (q,), its polygon object (q,);
            by shape, then by unit. What lies in no unit is left out.
        """
        units = np.flatnonzero(self.level == LEVELS.index(level))
        shape, near = shapely.STRtree(self.polygons[units]).query(shapes, predicate="intersects")
        order = np.lexsort((near, shape))
        shape, unit = shape[order], units[near[order]]
        part = shapely.intersection(shapes[shape], self.polygons[unit])
        some = shapely.area(part) > 0
        return shape[some].astype(np.int64), unit[some].astype(np.int32), part[some]


def level_of(code: str) -> str | None:
    """Level of a 12-digit statistical code, or None: provinces and prefectures are no level here."""
    if len(code) != 12 or not code.isdecimal() or not code[4:].strip("0"):
        return None
    return next(level for level in LEVELS if not code[CODE_DIGITS[level] :].strip("0"))


def _above(code: str, number: dict[str, int]) -> int | None:
    """The unit above by the code's digits."""
    level = level_of(code)
    if level is None:
        return None
    coarser = LEVELS[: LEVELS.index(level)]
    candidates = (number.get(code[: CODE_DIGITS[above]].ljust(12, "0")) for above in reversed(coarser))
    return next((found for found in candidates if found is not None), None)


def _projected(outlines: GeoSeries, crs: str) -> NDArray[np.object_]:
    """Outlines in meters; those in degrees without geopandas, which would search PROJ's database once more."""
    if outlines.crs == WGS84:
        return shapes_to_metric(np.asarray(outlines.values, dtype=object), crs)
    return np.array(outlines.to_crs(crs).values, dtype=object)


def _faults(
    codes: Sequence[str], levels: Sequence[str], parents: Sequence[str], polygons: NDArray[np.object_]
) -> list[Fault]:
    faults: list[Fault] = []
    top = next((level for level in LEVELS if level in levels), None)
    area = np.isin(shapely.get_type_id(polygons), (3, 6)) & ~shapely.is_empty(polygons)
    first: dict[str, int] = {}
    for row, (code, level, parent) in enumerate(zip(codes, levels, parents, strict=True), start=1):
        if level not in LEVELS:
            text = f"the level is none of {', '.join(LEVELS)} and does not follow from the code."
            faults.append(Fault(row, "level", "level_unknown", text, level or code))
        if first.setdefault(code, row) != row:
            text = f"row {first[code]} has the same code."
            faults.append(Fault(row, "code", "id_duplicate", text, code, {"first": first[code]}))
        follows = level_of(parent) is not None and code.startswith(parent.rstrip("0"))  # such a one may be left out
        if parent and level != top and parent not in codes and not follows:
            faults.append(Fault(row, "parent", "unknown_reference", "there is no such jurisdiction.", parent))
        if not area[row - 1]:
            faults.append(Fault(row, "geometry", "no_polygon", "there is no polygon.", code))
    return faults
