"""What lanes are drawn on: the street graph under construction, and the land where it may grow."""

from __future__ import annotations

from collections import defaultdict
from typing import Final

import numpy as np
import shapely

from data.samplegen.noise import smooth_noise
from data.samplegen.terrain import height_m

MASK_M: Final = 30.0
SHORE_M: Final = 45.0
STEEP: Final = 0.42
"""No lane on ground steeper than this."""
WHIM_M: Final = 240.0
WHIM: Final = 0.55
"""Some ground is more welcome than other: size of its patches, and how much."""


class Streets:
    """A street graph under construction: points, straight pieces, and a hash grid to find them."""

    CELL_M: Final = 60.0

    def __init__(self) -> None:
        self.x: list[float] = []
        self.y: list[float] = []
        self.ends: list[tuple[int, int]] = []
        self.classes: list[int] = []
        self.flags: list[int] = []
        self.grown: list[bool] = []
        self.around: list[list[int]] = []
        self._points: defaultdict[tuple[int, int], list[int]] = defaultdict(list)
        self._pieces: defaultdict[tuple[int, int], list[int]] = defaultdict(list)

    def add_point(self, x: float, y: float) -> int:
        """A new point, rounded to 1 cm."""
        self.x.append(round(x, 2))
        self.y.append(round(y, 2))
        self.around.append([])
        self._points[int(x // self.CELL_M), int(y // self.CELL_M)].append(len(self.x) - 1)
        return len(self.x) - 1

    def add_piece(self, a: int, b: int, street_class: int, *, grown: bool = True, flags: int = 0) -> None:
        """A straight piece between two points."""
        piece = len(self.ends)
        self.ends.append((a, b))
        self.classes.append(street_class)
        self.flags.append(flags)
        self.grown.append(grown)
        self._register(piece)
        self.around[a].append(b)
        self.around[b].append(a)

    def split(self, piece: int, x: float, y: float) -> int:
        """A new point on a piece, which becomes two."""
        a, b = self.ends[piece]
        middle = self.add_point(x, y)
        self.ends[piece] = (a, middle)  # stays listed where the whole was: a superset of its cells
        self.around[a][self.around[a].index(b)] = middle
        self.around[b].remove(a)
        self.around[middle].append(a)
        self.add_piece(middle, b, self.classes[piece], grown=self.grown[piece], flags=self.flags[piece])
        return middle

    def _register(self, piece: int) -> None:
        a, b = self.ends[piece]
        for i in range(
            int(min(self.x[a], self.x[b]) // self.CELL_M), int(max(self.x[a], self.x[b]) // self.CELL_M) + 1
        ):
            for j in range(
                int(min(self.y[a], self.y[b]) // self.CELL_M), int(max(self.y[a], self.y[b]) // self.CELL_M) + 1
            ):
                self._pieces[i, j].append(piece)

    def points_within(self, x: float, y: float, radius_m: float) -> list[int]:
        """The points within a distance, the nearest first."""
        found = []
        for i in range(int((x - radius_m) // self.CELL_M), int((x + radius_m) // self.CELL_M) + 1):
            for j in range(int((y - radius_m) // self.CELL_M), int((y + radius_m) // self.CELL_M) + 1):
                for k in self._points.get((i, j), ()):
                    distance = (self.x[k] - x) ** 2 + (self.y[k] - y) ** 2
                    if distance < radius_m * radius_m:
                        found.append((distance, k))
        return [k for _, k in sorted(found)]

    def nearest_point(self, x: float, y: float, within_m: float, but: int) -> int | None:
        """The nearest point other than one, or None."""
        best, found = within_m * within_m, None
        for i in range(int((x - within_m) // self.CELL_M), int((x + within_m) // self.CELL_M) + 1):
            for j in range(int((y - within_m) // self.CELL_M), int((y + within_m) // self.CELL_M) + 1):
                for k in self._points.get((i, j), ()):
                    distance = (self.x[k] - x) ** 2 + (self.y[k] - y) ** 2
                    if distance < best and k != but:
                        best, found = distance, k
        return found

    def first_crossing(self, start: int, x: float, y: float) -> tuple[int, float, float] | None:
        """The first piece between a point and a place, and where it is met; pieces at the point itself don't count."""
        px, py = self.x[start], self.y[start]
        rx, ry = x - px, y - py
        best: tuple[float, int] | None = None
        for i in range(int(min(px, x) // self.CELL_M), int(max(px, x) // self.CELL_M) + 1):
            for j in range(int(min(py, y) // self.CELL_M), int(max(py, y) // self.CELL_M) + 1):
                for piece in self._pieces.get((i, j), ()):
                    a, b = self.ends[piece]
                    if start in (a, b):
                        continue
                    sx, sy = self.x[b] - self.x[a], self.y[b] - self.y[a]
                    cross = rx * sy - ry * sx
                    if cross == 0.0:
                        continue
                    qx, qy = self.x[a] - px, self.y[a] - py
                    t, u = (qx * sy - qy * sx) / cross, (qx * ry - qy * rx) / cross
                    if 0.0 < t <= 1.0 and 0.0 <= u <= 1.0 and (best is None or (t, piece) < best):
                        best = (t, piece)
        return None if best is None else (best[1], px + best[0] * rx, py + best[0] * ry)


class Land:
    """Where lanes may be and where they like to be: fine rasters of the land without its shore and steepest ground."""

    def __init__(self, land: shapely.Geometry) -> None:
        west, south, east, north = (float(np.floor(v / MASK_M) * MASK_M) for v in land.bounds)
        xs, ys = np.arange(west, east + MASK_M, MASK_M), np.arange(south, north + MASK_M, MASK_M)
        centers = np.stack(np.meshgrid(xs + MASK_M / 2, ys + MASK_M / 2), axis=-1).reshape(-1, 2)
        rise_north, rise_east = np.gradient(height_m(centers).reshape(len(ys), len(xs)), MASK_M)
        flat = np.sqrt(rise_north**2 + rise_east**2).ravel() < STEEP
        allowed = shapely.contains_xy(land.buffer(-SHORE_M), centers) & flat
        self._west, self._south = west, south
        self._rows = allowed.reshape(len(ys), len(xs)).tolist()
        whim = np.round(1.0 + WHIM * smooth_noise(centers, WHIM_M, 71), 4)
        self._whim = whim.reshape(len(ys), len(xs)).tolist()

    def whim(self, x: float, y: float) -> float:
        """Weight of distances here: below 1 where a settlement likes to spread."""
        return float(self._whim[int((y - self._south) // MASK_M)][int((x - self._west) // MASK_M)])

    def allows(self, x: float, y: float) -> bool:
        """Whether a lane may pass here."""
        i, j = int((y - self._south) // MASK_M), int((x - self._west) // MASK_M)
        return 0 <= i < len(self._rows) and 0 <= j < len(self._rows[0]) and bool(self._rows[i][j])
