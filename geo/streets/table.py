"""StreetTable: walkable street edges as a reader delivers them, before they become a network."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

STREET_CLASSES: Final = (
    "unclassified",
    "trunk",
    "primary",
    "secondary",
    "tertiary",
    "residential",
    "living_street",
    "service",
    "pedestrian",
    "footway",
    "path",
    "steps",
    "track",
    "cycleway",
    "bridleway",
    "corridor",
    "platform",
    "ferry",
    "road",
)
"""Names of `StreetTable.edge_class` codes, in the sense of OpenStreetMap's `highway` values."""

CLASS_CODE: Final = {name: code for code, name in enumerate(STREET_CLASSES)}

STEPS: Final = 1
"""Flag: stairs; slower."""
STRUCTURE: Final = 2
"""Flag: bridge or tunnel; its height runs straight between its ends, whatever the terrain does."""
NO_FORWARD: Final = 4
"""Flag: may not be walked from its first to its last vertex."""
NO_BACKWARD: Final = 8
"""Flag: may not be walked from its last to its first vertex."""


@dataclass(frozen=True, slots=True)
class StreetTable:
    """Street edges between junctions, in degrees (WGS-84).

    Attributes:
        node_lonlat: float64 (n, 2).
        node_truncated: bool (n,); the extract ends here although the street goes on.
        edge_nodes: int32 (m, 2); first and last node. Parallel edges and loops are kept.
        edge_class: uint8 (m,); index into STREET_CLASSES.
        edge_flags: uint8 (m,); STEPS | STRUCTURE | NO_FORWARD | NO_BACKWARD.
        edge_way: int64 (m,); id of the way in the source.
        shape_indptr: int64 (m + 1,); edge i has the vertices shape_lonlat[shape_indptr[i]:shape_indptr[i + 1]].
        shape_lonlat: float64 (k, 2); all vertices of each edge, both ends included, at least two.
        source: what it was read from, for people.
        report: counts of what was left out and why (for example {"ferry": 3, "private": 120}).
    """

    node_lonlat: NDArray[np.float64]
    node_truncated: NDArray[np.bool_]
    edge_nodes: NDArray[np.int32]
    edge_class: NDArray[np.uint8]
    edge_flags: NDArray[np.uint8]
    edge_way: NDArray[np.int64]
    shape_indptr: NDArray[np.int64]
    shape_lonlat: NDArray[np.float64]
    source: str
    report: dict[str, int] = field(default_factory=dict)

    @property
    def n_nodes(self) -> int:
        """How many nodes."""
        return len(self.node_lonlat)

    @property
    def n_edges(self) -> int:
        """How many edges."""
        return len(self.edge_nodes)
