"""What is opened and computed once for all sessions, keyed by content and parameters."""

from __future__ import annotations

import argparse
import gc
import importlib
import logging
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import sleep
from typing import Final

import streamlit as st

from dashboard.map import layers as map_layers
from dashboard.map.route import STORE
from dashboard.overview import layers as overview_layers
from dashboard.overview.attention import Attention
from dashboard.overview.headlines import Ground
from dashboard.overview.overview import Overview, assess
from dashboard.overview.records import Records
from dashboard.overview.scope import Scope
from dashboard.results import NetworkResults, Standing
from data.workspace import Workspace, locate, stamp
from geo.coverage.assessment import Assessment
from geo.coverage.gaps import Gaps
from geo.errors import AtlasError
from geo.params import CatchmentParams, CoverageParams, WalkProfile

FIRST_PAGE_S: Final = 6.0
"""While the first page is delivered, the preparation of what comes later keeps out of its way."""

LOG: Final = logging.getLogger("linli")


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the browser finds the geometry of one state of the map, below the route's root.

    Attributes:
        fresh: address → layer, of what no browser can have yet: it travels with the message and saves a request.
    """

    layers: dict[str, str]
    streets: str
    fresh: dict[str, map_layers.Layer] = field(default_factory=dict)


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
    return _opened(str(folder), stamp(folder))


@st.cache_resource(max_entries=2, show_spinner=False)
def _opened(folder: str, stamp: tuple[object, ...]) -> Workspace:
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


def records(workspace: Workspace) -> Records:
    """Reports, milestones and targets, read once for an opened workspace."""
    return _records(workspace.opening, workspace)


@st.cache_resource(max_entries=2, show_spinner=False)
def _records(opening: int, _workspace: Workspace) -> Records:
    return Records.of(_workspace)


def assessment(workspace: Workspace, profile: WalkProfile) -> Assessment:
    """The engine's assessment for a profile and all cutoffs of the workspace."""
    return _assessment(
        workspace.content_id, CoverageParams(profile=profile, cutoffs=workspace.settings.cutoffs), workspace
    )


@st.cache_resource(max_entries=6, show_spinner=False)
def _assessment(content_id: str, params: CoverageParams, _workspace: Workspace) -> Assessment:
    return assess(_workspace, params)


@st.cache_resource(max_entries=18, show_spinner=False)
def _gaps(
    content_id: str, params: CoverageParams, minutes: float, service: str | None, _assessment: Assessment
) -> Gaps:
    return _assessment.gaps(service, minutes=minutes)


def gaps(workspace: Workspace, profile: WalkProfile, minutes: float, service: str | None = None) -> Gaps:
    """The gaps in coverage, or in that of a service, at a cutoff."""
    found = assessment(workspace, profile)
    return _gaps(workspace.content_id, found.params, minutes, service, found)


def overview(workspace: Workspace, profile: WalkProfile, minutes: float, scope: Scope) -> Overview:
    """All figures of the overview."""
    found = assessment(workspace, profile)
    return _overview(workspace.opening, found.params, minutes, scope, workspace, found)


@st.cache_resource(max_entries=64, show_spinner=False)
def _overview(
    opening: int,
    params: CoverageParams,
    minutes: float,
    scope: Scope,
    _workspace: Workspace,
    _assessment: Assessment,
) -> Overview:
    return Overview.of(_workspace, _assessment, records(_workspace), scope, minutes)


def attention(workspace: Workspace, found: Overview) -> Attention:
    """What somebody should look at; apart from the other figures, because no map waits for its gaps."""
    ground = found.ground
    params = ground.assessment.params
    left = gaps(workspace, params.profile, ground.minutes)
    return _attention(workspace.opening, params, ground.minutes, ground.scope, workspace, ground, left)


@st.cache_resource(max_entries=64, show_spinner=False)
def _attention(
    opening: int,
    params: CoverageParams,
    minutes: float,
    scope: Scope,
    _workspace: Workspace,
    _ground: Ground,
    _gaps: Gaps,
) -> Attention:
    return Attention.of(_ground, _gaps, records(_workspace), _workspace.settings.as_of)


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


@st.cache_resource(max_entries=4, show_spinner=False)
def _places_layer(content_id: str, _workspace: Workspace) -> map_layers.Layer:
    return overview_layers.places_layer(_workspace.jurisdictions)


def overview_addresses(
    workspace: Workspace, results: NetworkResults, found: Overview, shown: Sequence[str], shade: str | None, tone: str
) -> Addresses:
    """Publish the geometry of the overview's map, of the layers that are shown only, and say where it is."""
    common = addresses(workspace, results)
    snapped = frozenset(workspace.centers["id"][results.standing.center_snapped])
    breaks = overview_layers.breaks_of(found, shade)
    made = {
        "centers": overview_layers.centers_layer(found, snapped, tone),
        "places": _places_layer(workspace.content_id, workspace),
        "facts": overview_layers.facts_layer(found, shade, breaks),
    }
    if "uncovered" in shown:
        made["uncovered"] = overview_layers.uncovered_layer(found)
    if "overlap" in shown:
        made["overlap"] = overview_layers.overlap_layer(found)
    if "services" in shown:
        service = found.ground.scope.service
        made["services"] = overview_layers.services_layer(workspace.service_points, found.centers, service)
    if "joint" in shown:
        made["joint"] = overview_layers.joint_layer(found.centers, workspace.jurisdictions)
    layers = common.layers | {name: STORE.publish(layer) for name, layer in made.items()}
    return Addresses(layers=layers, streets=common.streets)


def prepare() -> None:
    """Open the workspace and compute all its profiles, the default one first. Faults wait for the page to tell them.

    The libraries that only some pages need are loaded last, so that nobody waits for them either.
    """
    try:
        workspace = open_workspace()
        minutes = workspace.settings.cutoffs.minutes
        for i, profile in enumerate(workspace.settings.profiles):
            addresses(workspace, network_results(workspace, profile))
            found = overview(workspace, profile, minutes[-1], Scope())
            if i == 0:
                sleep(FIRST_PAGE_S)
            attention(workspace, found)
    except AtlasError as error:
        LOG.warning("workspace not prepared: %s", error)
    importlib.import_module("plotly.graph_objects")
    # Streamlit collects garbage after every run, and nothing is answered meanwhile: 0.1 s to look at all that stays.
    gc.collect()
    gc.freeze()
