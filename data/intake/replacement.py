"""Replacement: another file for a layer of a workspace, read and compared with what is there, written when asked to."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, TypeGuard, cast

import numpy as np

from data.intake.layers import read_network, read_outlines, read_residents
from data.parts import located
from data.tables.checks import center_faults
from data.tables.faults import raise_on_errors
from data.tables.schema import CENTERS
from data.workspace import SAMPLE
from geo.errors import ReadOnlyWorkspaceError
from geo.output import whole_file

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from data.intake.population import PopulationFile
    from data.workspace import Workspace
    from geo.streets.network import StreetNetwork
    from geo.streets.noding import Progress

Layer = Literal["demand", "jurisdictions", "streets", "elevation"]
LAYERS: Final[tuple[Layer, ...]] = ("demand", "jurisdictions", "streets", "elevation")

LEVELS: Final = ("county", "town", "village")


@dataclass(frozen=True, slots=True)
class Fit:
    """How much of the workspace a new layer holds.

    Attributes:
        centers: centers that it holds, and all.
        residents: residents that it holds (of the new ones where they are the layer), and all.
    """

    centers: tuple[int, int]
    residents: tuple[float, float]


@dataclass(frozen=True, eq=False)
class Replacement:
    """A layer as a file gives it. It has the one of `network`, `outlines` and `residents` that suits the layer.

    Attributes:
        layer: which.
        network: for streets and elevation.
        outlines: for jurisdictions.
        residents: for demand.
        model: GDAL's name of the elevation model, for elevation.
    """

    layer: Layer
    network: StreetNetwork | None = None
    outlines: gpd.GeoDataFrame | None = None
    residents: PopulationFile | None = None
    model: str | None = None

    @classmethod
    def read(
        cls,
        workspace: Workspace,
        layer: Layer,
        path: Path,
        *,
        elevation: Path | None = None,
        buildings: Path | None = None,
        progress: Progress = lambda text, share: None,
    ) -> Replacement:
        """Read a file to its end, so that all its faults show.

        Args:
            workspace: whose layer.
            layer: which.
            path: see `data.intake.layers`; for elevation any raster of heights, which the streets at hand then take.
            elevation: heights for streets.
            buildings: to spread areas of residents over.
            progress: called with what is being done.

        Raises:
            InputError: the file cannot be used.
            TableFaultsError: the centers would stand in jurisdictions that the file does not have.
        """
        if layer == "streets":
            return cls(layer, network=read_network(path, elevation, progress))
        if layer == "elevation":
            from geo.elevation import open_elevation

            network = workspace.network.with_elevation(model := open_elevation(path))
            return cls(layer, network=network, model=model.uri)
        if layer == "jurisdictions":
            outlines = read_outlines(path)
            _require_homes(workspace, outlines, path.name)
            return cls(layer, outlines=outlines)
        known = workspace.jurisdictions if len(workspace.jurisdictions) else None
        residents = read_residents(
            path, outlines=known, network=workspace.network, buildings=buildings, progress=progress
        )
        return cls(layer, residents=residents)

    def write(self, workspace: Workspace) -> None:
        """Put it in place: whole, or not at all.

        Raises:
            ReadOnlyWorkspaceError: the workspace is the shipped sample.
            OutputError: it cannot be written; the layer is as it was.
            TableFaultsError: see `read`.
        """
        if workspace.folder.resolve() == SAMPLE.resolve():
            raise ReadOnlyWorkspaceError(path=workspace.folder)
        if self.outlines is not None:  # centers may have moved meanwhile
            _require_homes(workspace, self.outlines, workspace.path(self.layer).name)
        with ExitStack() as files:  # nothing is put in place before all of it is written
            if self.model is not None:
                from rasterio.shutil import copy

                scratch = files.enter_context(whole_file(workspace.path("elevation")))
                copy(self.model, scratch, driver="GTiff", compress="deflate")
            target = workspace.path("streets" if self.network is not None else self.layer)
            scratch = files.enter_context(whole_file(target))
            if self.network is not None:
                self.network.save(scratch)
            else:
                self._frame.to_parquet(scratch, index=False)

    @property
    def left_out(self) -> Mapping[str, int]:
        """What was left out or mended, by reason."""
        if self.layer == "streets" and self.network is not None:
            return {reason: count for reason, count in self.network.meta["report"].items() if count}
        if self.residents is None:
            return {}
        met = self.residents.population.report
        return {reason: count for reason, count in met.items() if count and reason in MET}

    def measures(self, workspace: Workspace) -> dict[str, tuple[float, float]]:
        """Of each thing to count: how much there is now, and would be; NaN where it is not known."""
        if self.network is not None:
            count = _heights if self.layer == "elevation" else _streets
            now, new = count(workspace.network), count(self.network)
        elif self.outlines is not None:
            now, new = _levels(workspace.jurisdictions), _levels(self.outlines)
        else:
            now, new = _people(workspace.demand), _people(self._frame)
        return {name: (now[name], new[name]) for name in new}

    def fit(self, workspace: Workspace) -> Fit:
        """How much of the workspace it holds: on its streets, inside its outlines, near to its residents' streets."""
        doors = workspace.access_points
        demand = self._frame if self.residents is not None else workspace.demand
        homes = np.column_stack((demand.geometry.x, demand.geometry.y))
        people = demand["population"].to_numpy(np.float64)
        at_doors = doors[["lon", "lat"]].to_numpy(np.float64)
        if self.outlines is not None:
            door_held, home_held = _inside(at_doors, self.outlines), _inside(homes, self.outlines)
        else:
            from geo.engine.snapping import snap

            network = self.network or workspace.network
            door_held, home_held = snap(network, at_doors).snapped, snap(network, homes).snapped
        held = int(doors["center"][door_held].nunique())
        return Fit((held, len(workspace.centers)), (float(people[home_held].sum()), float(people.sum())))

    @property
    def _frame(self) -> gpd.GeoDataFrame:
        return cast("gpd.GeoDataFrame", self.outlines if self.residents is None else self.residents.population.points)


MET: Final = (
    "places_without_people", "cells_without_data", "negative_cells", "empty_cells", "invalid_mended", "slivers",
    "buildings_not_lived_in", "buildings_outside", "fractional_totals",
)  # fmt: skip
"""What the readers of residents in `geo.people` leave out or mend."""


def is_layer(name: str) -> TypeGuard[Layer]:
    """Whether what is to be replaced is a layer, rather than a table."""
    return name in LAYERS


def replace_layer(
    workspace: Workspace,
    layer: Layer,
    path: Path,
    *,
    elevation: Path | None = None,
    buildings: Path | None = None,
    write: bool = True,
    progress: Progress = lambda text, share: None,
) -> PopulationFile | None:
    """Put another file in the place of a layer: `Replacement.read`, then `Replacement.write` unless told otherwise.

    Returns:
        For demand, what was read, with the error to expect of it.
    """
    if workspace.folder.resolve() == SAMPLE.resolve():
        raise ReadOnlyWorkspaceError(path=workspace.folder)
    found = Replacement.read(workspace, layer, path, elevation=elevation, buildings=buildings, progress=progress)
    if write:
        progress("writing", 0.9)
        found.write(workspace)
    return found.residents


def _require_homes(workspace: Workspace, outlines: gpd.GeoDataFrame, file: str) -> None:
    faults = center_faults(workspace.stored(CENTERS.name), outlines)
    raise_on_errors(file, located(workspace.settings.files[CENTERS.name], faults))


def _inside(lonlat: np.ndarray, outlines: gpd.GeoDataFrame) -> np.ndarray:
    import shapely

    points = shapely.points(lonlat)
    held = np.zeros(len(points), dtype=bool)
    held[shapely.STRtree(points).query(outlines.geometry.to_numpy(), predicate="contains")[1]] = True
    return held


def _streets(network: StreetNetwork) -> dict[str, float]:
    return {
        "edges": network.n_edges,
        "length_km": float(network.edge_length_m.sum()) / 1000,
        "with_heights": network.n_edges - network.meta["elevation"]["edges_with_voids"] if network.has_elevation else 0,
    }


def _heights(network: StreetNetwork) -> dict[str, float]:
    z, known = network.sample_z, network.has_elevation
    voids = network.meta["elevation"]["edges_with_voids"] if known else network.n_edges
    return {
        "lowest_m": float(z.min()) if known else np.nan,
        "highest_m": float(z.max()) if known else np.nan,
        "without_heights": voids,
    }


def _levels(outlines: pd.DataFrame) -> dict[str, float]:
    return {level: int((outlines["level"] == level).sum()) for level in LEVELS}


def _people(demand: pd.DataFrame) -> dict[str, float]:
    sums = {name: demand[name].sum(min_count=1) for name in ("population", "age_0_14", "age_60_plus")}
    return {"places": len(demand), **{name: float(people) for name, people in sums.items()}}
