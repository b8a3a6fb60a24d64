"""What is opened and computed once for all sessions, keyed by content and parameters."""

from __future__ import annotations

import argparse
import importlib
import logging
import sys
from dataclasses import dataclass
from pathlib import Path
from time import sleep
from typing import Final

import streamlit as st

from dashboard import map_layers
from dashboard.layer_route import STORE
from dashboard.results import NetworkResults, Standing
from data.workspace import Workspace, locate
from geo.errors import AtlasError
from geo.params import CatchmentParams, WalkProfile

FIRST_PAGE_S: Final = 6.0
"""While the first page is delivered, the preparation of what comes later keeps out of its way."""

LOG: Final = logging.getLogger("linli")


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the browser finds the geometry of one state of the map, below the route's root."""

    layers: dict[str, str]
    streets: str


def workspace_folder() -> Path:
    """The folder that the command line names (after `--`), else `LINLI_WORKSPACE`, else the sample."""
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--workspace")
    return locate(parser.parse_known_args(sys.argv[1:])[0].workspace)


def open_workspace() -> Workspace:
    """The workspace; opened again when one of its files has changed.

    Raises:
        AtlasError: it cannot be used; the message says why.
    """
    folder = workspace_folder()
    stamp = tuple(sorted((p.name, p.stat().st_mtime_ns, p.stat().st_size) for p in folder.iterdir() if p.is_file()))
    return _opened(str(folder), stamp)


@st.cache_resource(max_entries=2, show_spinner=False)
def _opened(folder: str, _stamp: tuple[tuple[str, int, int], ...]) -> Workspace:
    workspace = Workspace.open(folder)
    _ = workspace.network, workspace.content_id  # faults in the streets show now
    return workspace


@st.cache_resource(max_entries=2, show_spinner=False)
def _standing(content_id: str, _workspace: Workspace) -> Standing:
    return Standing.of(_workspace)


@st.cache_resource(max_entries=12, show_spinner=False)
def _results(content_id: str, params: CatchmentParams, _workspace: Workspace) -> NetworkResults:
    return NetworkResults.of(_workspace, _standing(content_id, _workspace), params)


def network_results(workspace: Workspace, profile: WalkProfile) -> NetworkResults:
    """Catchments and people reached for a profile and all cutoffs of the workspace."""
    params = CatchmentParams(profile=profile, cutoffs=workspace.settings.cutoffs)
    return _results(workspace.content_id, params, workspace)


@st.cache_resource(max_entries=12, show_spinner=False)
def _catchment_layer(
    content_id: str, params: CatchmentParams, _results: NetworkResults, _ids: list[str]
) -> map_layers.Layer:
    return map_layers.catchment_layer(_results.catchments.to_frame(_ids))


@st.cache_resource(max_entries=2, show_spinner=False)
def _place_layers(content_id: str, _workspace: Workspace, _standing: Standing) -> dict[str, map_layers.Layer]:
    return {
        "jurisdictions": map_layers.jurisdiction_layer(_workspace.jurisdictions),
        "centers": map_layers.center_layer(_workspace.centers, _standing.center_snapped),
        "points": map_layers.point_layer(_standing.access),
    }


@st.cache_resource(max_entries=2, show_spinner=False)
def _street_tiles(content_id: str, _workspace: Workspace) -> map_layers.StreetTiles:
    return map_layers.StreetTiles(_workspace.network)


def addresses(workspace: Workspace, results: NetworkResults) -> Addresses:
    """Publish the map's geometry and say where it is."""
    key = workspace.content_id
    layers = dict(_place_layers(key, workspace, results.standing))
    layers["catchments"] = _catchment_layer(key, results.params, results, workspace.centers["id"].tolist())
    return Addresses(
        layers={name: STORE.publish(layer) for name, layer in layers.items()},
        streets=STORE.publish_streets(_street_tiles(workspace.network.content_id, workspace)),
    )


def prepare() -> None:
    """Open the workspace and compute all its profiles, the default one first. Faults wait for the page to tell them.

    The libraries that only some pages need are loaded last, so that nobody waits for them either.
    """
    try:
        workspace = open_workspace()
        for i, profile in enumerate(workspace.settings.profiles):
            addresses(workspace, network_results(workspace, profile))
            if i == 0:
                sleep(FIRST_PAGE_S)
    except AtlasError as error:
        LOG.warning("workspace not prepared: %s", error)
    importlib.import_module("plotly.graph_objects")
