"""StreetNetwork: the walkable street network as arrays, in meters, ready for search.

Nodes lie in Morton order (neighbors on the ground are neighbors in memory), edges follow their first node.
Parallel edges, loops and curved geometry are kept. Elevation, where given, is sampled along each edge.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from geo.crs import check_scale, metric_crs_for, to_lonlat, to_metric
from geo.errors import DamagedFileError, ElevationCoverageError, NoWalkableStreetsError
from geo.streets import netfile
from geo.streets.table import STRUCTURE, StreetTable

if TYPE_CHECKING:
    from geo.elevation import ElevationModel

SAMPLE_SPACING_M: Final = 20.0
"""Longest distance between elevation samples on an edge: below the 30 m cells of the common global models."""

MIN_ELEVATION_SHARE: Final = 0.9
"""An elevation model must cover this share of all samples; streets beyond it count as flat and are reported. Less is
the wrong model; asking for all of it would refuse one that only misses where ways lead out of the extract."""

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class StreetNetwork:
    """n nodes, m edges, 2 m arcs.

    Attributes:
        node_xy: float64 (n, 2), meters in `crs`.
        node_truncated: bool (n,); the extract ends here although the street goes on.
        node_component: int32 (n,); label of the (weakly) connected component.
        component_length_m: float64 (c,); street length of each component.
        edge_nodes: int32 (m, 2); first and last node.
        edge_length_m: float64 (m,).
        edge_class, edge_flags, edge_way: see `geo.streets.table.StreetTable`.
        shape_indptr, shape_xy: vertices of each edge, int64 (m + 1,) and float64 (k, 2), both ends included.
        arc_indptr: int32 (n + 1,); node u has the arcs arc_code[arc_indptr[u]:arc_indptr[u + 1]].
        arc_code: int32 (2 m,); 2 * edge + 0 where u is the edge's first node, + 1 where it is its last.
        sample_indptr, sample_z: elevation samples of each edge, evenly spaced from first to last node,
            int64 (m + 1,) and float32 (s,) in meters; empty where the network carries no elevation.
        crs: metric coordinate system, as text that pyproj reads.
        meta: source, what the reader left out, bounds in degrees, elevation model.
    """

    node_xy: FloatArray
    node_truncated: NDArray[np.bool_]
    node_component: IntArray
    component_length_m: FloatArray
    edge_nodes: IntArray
    edge_length_m: FloatArray
    edge_class: NDArray[np.uint8]
    edge_flags: NDArray[np.uint8]
    edge_way: NDArray[np.int64]
    shape_indptr: NDArray[np.int64]
    shape_xy: FloatArray
    arc_indptr: IntArray
    arc_code: IntArray
    sample_indptr: NDArray[np.int64]
    sample_z: NDArray[np.float32]
    crs: str
    meta: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def build(
        cls, table: StreetTable, *, crs: str | None = None, elevation: ElevationModel | None = None
    ) -> StreetNetwork:
        """Make a network of a street table.

        Args:
            table: edges in degrees.
            crs: metric CRS; by default one that fits the place (`geo.crs.metric_crs_for`).
            elevation: model to sample along the edges.

        Raises:
            NoWalkableStreetsError: the table is empty.
            ElevationCoverageError: the model does not cover the streets.
            ParameterError: `crs` is unknown, or does not measure meters at this place.
        """
        if table.n_edges == 0:
            raise NoWalkableStreetsError(path=table.source, detail="no edges")
        if crs is None:
            crs = metric_crs_for(table.node_lonlat)
        else:
            some = table.edge_nodes[:: max(1, table.n_edges // 1_000)]
            check_scale(table.node_lonlat[some[:, 0]], table.node_lonlat[some[:, 1]], crs)
        node_xy = to_metric(table.node_lonlat, crs)
        order = np.argsort(morton(node_xy), kind="stable")
        rank = np.empty(len(order), dtype=np.int32)
        rank[order] = np.arange(len(order), dtype=np.int32)
        nodes = rank[table.edge_nodes]
        edge_order = np.lexsort((table.edge_way, nodes.max(axis=1), nodes.min(axis=1)))
        nodes = np.ascontiguousarray(nodes[edge_order])
        shape_indptr, picked = gather_runs(table.shape_indptr, edge_order)
        shape_xy = to_metric(table.shape_lonlat[picked], crs)
        length_m = run_lengths(shape_indptr, shape_xy)
        component, component_length = components(len(order), nodes, length_m)
        arc_indptr, arc_code = arcs(len(order), nodes)
        west, south = table.node_lonlat.min(axis=0)
        east, north = table.node_lonlat.max(axis=0)
        network = cls(
            node_xy=node_xy[order],
            node_truncated=table.node_truncated[order],
            node_component=component,
            component_length_m=component_length,
            edge_nodes=nodes,
            edge_length_m=length_m,
            edge_class=table.edge_class[edge_order],
            edge_flags=table.edge_flags[edge_order],
            edge_way=table.edge_way[edge_order],
            shape_indptr=shape_indptr,
            shape_xy=shape_xy,
            arc_indptr=arc_indptr,
            arc_code=arc_code,
            sample_indptr=np.zeros(1, dtype=np.int64),
            sample_z=np.zeros(0, dtype=np.float32),
            crs=crs,
            meta={
                "source": table.source,
                "report": dict(table.report),
                "bounds_lonlat": [float(west), float(south), float(east), float(north)],
            },
        )
        return network if elevation is None else network.with_elevation(elevation)

    def with_elevation(self, model: ElevationModel) -> StreetNetwork:
        """The same network with elevation sampled every SAMPLE_SPACING_M or closer along each edge.

        Bridges and tunnels run straight between their ends.

        Raises:
            ElevationCoverageError: less than MIN_ELEVATION_SHARE of the samples have a height.
        """
        indptr, xy, share = sample_points(self)
        z = model.sample(to_lonlat(xy, self.crs))
        known = np.isfinite(z)
        if known.mean() < MIN_ELEVATION_SHARE:
            west, south, east, north = (round(v, 3) for v in self.bounds_lonlat)
            facts = {"west": west, "south": south, "east": east, "north": north}
            raise ElevationCoverageError(path=model.path, share_pct=f"{100 * known.mean():.1f}", **facts)
        edge = np.repeat(np.arange(self.n_edges), np.diff(indptr))
        flat = np.zeros(self.n_edges, dtype=bool)
        flat[edge[~known]] = True  # an edge with a void counts as flat
        straight = ((self.edge_flags & STRUCTURE) != 0) & ~flat
        first, last = z[indptr[:-1]], z[indptr[1:] - 1]
        on_straight = straight[edge]
        z[on_straight] = (first[edge] + share * (last - first)[edge])[on_straight]
        z[flat[edge]] = 0.0
        elevation = {"path": Path(model.path).name, "edges_with_voids": int(flat.sum())}
        values = {f.name: getattr(self, f.name) for f in fields(self)}
        values |= {"sample_indptr": indptr, "sample_z": z.astype(np.float32)}
        return StreetNetwork(**values | {"meta": {**self.meta, "elevation": elevation}})

    @property
    def n_nodes(self) -> int:
        """How many nodes."""
        return len(self.node_xy)

    @property
    def n_edges(self) -> int:
        """How many edges."""
        return len(self.edge_nodes)

    @property
    def has_elevation(self) -> bool:
        """Whether slopes are known."""
        return len(self.sample_z) > 0

    @property
    def bounds_lonlat(self) -> tuple[float, float, float, float]:
        """West, south, east, north in degrees."""
        west, south, east, north = self.meta["bounds_lonlat"]
        return west, south, east, north

    @cached_property
    def degree(self) -> IntArray:
        """int32 (n,): arcs at each node; a loop counts twice."""
        return np.diff(self.arc_indptr)

    @cached_property
    def content_id(self) -> str:
        """Hash of all that the network holds; keys caches and marks results."""
        return netfile.content_id(self._arrays(), self._header())

    def _arrays(self) -> dict[str, NDArray[Any]]:
        values = {f.name: getattr(self, f.name) for f in fields(self) if f.name not in ("crs", "meta")}
        return {name: v.view(np.uint8) if v.dtype == np.bool_ else v for name, v in values.items()}

    def _header(self) -> dict[str, Any]:
        return {"crs": self.crs, "meta": dict(self.meta)}

    def save(self, path: Path) -> str:
        """Write one file (see `geo.streets.netfile`) and return the content id."""
        return netfile.write(Path(path), self._arrays(), self._header())

    @classmethod
    def load(cls, path: Path) -> StreetNetwork:
        """Map a saved network; errors as in `geo.streets.netfile.read`."""
        arrays, header, identity = netfile.read(Path(path))
        if {*arrays, *header} != {f.name for f in fields(cls)}:
            raise DamagedFileError(path=path, kind="a street network", reason="it holds other things")
        arrays["node_truncated"] = arrays["node_truncated"].view(np.bool_)
        network = cls(**arrays, crs=header["crs"], meta=header["meta"])
        network.__dict__["content_id"] = identity  # just verified: no need to hash twice
        return network


def morton(xy: FloatArray) -> NDArray[np.uint64]:
    """Z-order keys (n,) of points (n, 2): both axes on 2**20 steps of the larger extent, bits interleaved."""
    low = xy.min(axis=0)
    step = max(float((xy.max(axis=0) - low).max()), 1e-9) / (2**20 - 1)
    keys = np.zeros(len(xy), dtype=np.uint64)
    for axis in (0, 1):
        bits = ((xy[:, axis] - low[axis]) / step).astype(np.uint64)
        for shift, mask in ((16, 0x0000FFFF0000FFFF), (8, 0x00FF00FF00FF00FF), (4, 0x0F0F0F0F0F0F0F0F)):
            bits = (bits | (bits << np.uint64(shift))) & np.uint64(mask)
        bits = (bits | (bits << np.uint64(2))) & np.uint64(0x3333333333333333)
        bits = (bits | (bits << np.uint64(1))) & np.uint64(0x5555555555555555)
        keys |= bits << np.uint64(axis)
    return keys


def starts(counts: NDArray[np.integer]) -> NDArray[np.int64]:
    """Start of each run (n + 1,) from the lengths of the runs (n,); the last is their sum."""
    return np.concatenate((np.zeros(1, np.int64), np.cumsum(counts, dtype=np.int64)))


def gather_runs(indptr: NDArray[np.int64], order: NDArray[np.intp]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Reorder runs: (new indptr, positions of the elements in the old array) for runs taken in `order`."""
    counts = np.diff(indptr)[order]
    fresh = starts(counts)
    picked = np.arange(fresh[-1]) + np.repeat(indptr[:-1][order] - fresh[:-1], counts)
    return fresh, picked


def run_lengths(indptr: NDArray[np.int64], xy: FloatArray) -> FloatArray:
    """Length (m,) of each polyline, in the unit of xy."""
    dx, dy = np.diff(xy, axis=0).T
    steps = np.hypot(dx, dy)
    steps[indptr[1:-1] - 1] = 0.0  # the jump from one polyline to the next
    return np.add.reduceat(np.append(steps, 0.0), indptr[:-1])


def components(n_nodes: int, edge_nodes: IntArray, length_m: FloatArray) -> tuple[IntArray, FloatArray]:
    """Component label of each node (n,) and street length of each component (c,)."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    ends = (edge_nodes[:, 0], edge_nodes[:, 1])
    graph = coo_matrix((np.ones(len(edge_nodes), dtype=np.int8), ends), shape=(n_nodes, n_nodes))
    count, label = connected_components(graph, directed=False)
    street_m = np.bincount(label[edge_nodes[:, 0]], weights=length_m, minlength=count)
    return label.astype(np.int32), street_m.astype(np.float64)


def arcs(n_nodes: int, edge_nodes: IntArray) -> tuple[IntArray, IntArray]:
    """CSR of arcs: (indptr (n + 1,), code (2 m,)); see `StreetNetwork.arc_code`."""
    tails = edge_nodes.reshape(-1)  # first and last node alternate, just as codes 2 e and 2 e + 1 do
    code = np.argsort(tails, kind="stable").astype(np.int32)
    indptr = starts(np.bincount(tails, minlength=n_nodes))
    return indptr.astype(np.int32), code


def sample_points(network: StreetNetwork) -> tuple[NDArray[np.int64], FloatArray, FloatArray]:
    """Evenly spaced points along each edge: (indptr (m + 1,), xy (s, 2), share of the edge's length (s,))."""
    length, start = network.edge_length_m, network.shape_indptr
    intervals = np.maximum(np.ceil(length / SAMPLE_SPACING_M), 1).astype(np.int64)
    indptr = starts(intervals + 1)
    edge = np.repeat(np.arange(network.n_edges), intervals + 1)
    share = (np.arange(indptr[-1]) - indptr[edge]) / intervals[edge]
    steps = np.hypot(*np.diff(network.shape_xy, axis=0).T)
    steps[start[1:-1] - 1] = 0.0
    along = np.concatenate(([0.0], np.cumsum(steps)))
    at = along[start[edge]] + share * length[edge]
    segment = np.clip(np.searchsorted(along, at, side="right") - 1, start[edge], start[edge + 1] - 2)
    span = along[segment + 1] - along[segment]
    weight = np.where(span > 0, (at - along[segment]) / np.where(span > 0, span, 1.0), 0.0).clip(0.0, 1.0)
    a, b = network.shape_xy[segment], network.shape_xy[segment + 1]
    return indptr, a + weight[:, None] * (b - a), share
