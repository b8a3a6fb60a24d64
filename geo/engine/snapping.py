"""Snapping: from a point to its place along a walkable edge."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from geo.crs import to_metric
from geo.engine.gridindex import GridIndex
from geo.params import SnapParams
from geo.streets.network import StreetNetwork

END_M: Final = 1e-3
"""Nearer to an end of its edge than this, a place is at the end: rounding must not put a door on a corner a hair into
a one-way footpath, from where the way back is once around the block."""


@dataclass(frozen=True, eq=False)
class Places:
    """Points on their streets, p of them, in the order given. What was not snapped stays in the list.

    Attributes:
        xy: float64 (p, 2); the points themselves, meters in the network's CRS.
        edge: int32 (p,); the edge, or -1 where none lies within the distance.
        offset_m: float64 (p,); how far along the edge from its first node; NaN where not snapped.
        access_m: float64 (p,); straight way from the point to the street; inf where not snapped.
        avoided_component: int32 (p,); the scrap of street that lay nearer but was passed over for a component of
            real extent, or -1.
        long_access: bool (p,); the way to the street is longer than the stated distance.
    """

    xy: NDArray[np.float64]
    edge: NDArray[np.int32]
    offset_m: NDArray[np.float64]
    access_m: NDArray[np.float64]
    avoided_component: NDArray[np.int32]
    long_access: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.edge)

    @cached_property
    def snapped(self) -> NDArray[np.bool_]:
        """bool (p,)."""
        return self.edge >= 0

    def take(self, index: NDArray[np.intp]) -> Places:
        """The places at `index`, in that order."""
        return Places(
            xy=self.xy[index],
            edge=self.edge[index],
            offset_m=self.offset_m[index],
            access_m=self.access_m[index],
            avoided_component=self.avoided_component[index],
            long_access=self.long_access[index],
        )


_indexes: WeakKeyDictionary[StreetNetwork, GridIndex] = WeakKeyDictionary()


def grid_index(network: StreetNetwork) -> GridIndex:
    """The network's segment index, made at the first use and kept as long as the network."""
    if network not in _indexes:
        _indexes[network] = GridIndex.of(network)
    return _indexes[network]


def snap(network: StreetNetwork, lonlat: NDArray[np.float64], params: SnapParams | None = None) -> Places:
    """Snap points in degrees, float64 (p, 2), to their streets."""
    return snap_xy(network, to_metric(lonlat, network.crs), params)


def snap_xy(network: StreetNetwork, xy: NDArray[np.float64], params: SnapParams | None = None) -> Places:
    """Snap points in the network's CRS, float64 (p, 2).

    The nearest edge wins, unless it belongs to a component with less street than `params.small_component_m` and an
    edge of a larger component lies within the distance too: then that one, and the scrap is named.
    """
    params = params or SnapParams()
    large = network.component_length_m >= params.small_component_m
    if not large.any():  # a network of scraps has nothing better to offer
        large[:] = True
    component = network.node_component[network.edge_nodes[:, 0]]
    edge, distance, offset = grid_index(network).nearest(network, xy, params.max_distance_m, large[component])
    rank = (edge[:, 1] >= 0).astype(np.intp)
    rows = np.arange(len(edge))
    first = component[edge[:, 0]]
    avoided = (rank == 1) & ~large[first]
    access = distance[rows, rank]
    edge, offset, length = edge[rows, rank], offset[rows, rank], network.edge_length_m[edge[rows, rank]]
    offset = np.where(offset < END_M, 0.0, np.where(length - offset < END_M, length, offset))
    return Places(
        xy=np.asarray(xy, dtype=np.float64),
        edge=edge,
        offset_m=offset,
        access_m=access,
        avoided_component=np.where(avoided, first, -1).astype(np.int32),
        long_access=np.isfinite(access) & (access > params.long_access_m),
    )
