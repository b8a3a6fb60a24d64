"""What the page Siting computes once for all sessions, keyed by content and parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from dashboard import cache
from dashboard.map.layers import Layer
from dashboard.map.route import STORE
from dashboard.overview import layers as overview_layers
from dashboard.overview.scope import Scope
from dashboard.siting import layers as siting_layers
from dashboard.siting.best import SiteSearch
from dashboard.siting.whatif import Today

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from dashboard.overview.overview import Overview
    from dashboard.siting.layers import Mark
    from dashboard.siting.whatif import WhatIf
    from data.tables.changes import Change
    from data.workspace import Workspace
    from geo.coverage.assessment import Assessment
    from geo.params import CoverageParams, WalkProfile


def today(workspace: Workspace, profile: WalkProfile, minutes: float) -> Today:
    """Today's network, prepared for questions."""
    found = cache.assessment(workspace, profile)
    return _today(workspace.content_id, found.params, minutes, workspace, found)


@st.cache_resource(max_entries=12, show_spinner=False)
def _today(
    content_id: str, params: CoverageParams, minutes: float, _workspace: Workspace, _assessment: Assessment
) -> Today:
    return Today.of(_assessment, cache.gaps(_workspace, params.profile, minutes), minutes)


def what_if(workspace: Workspace, found: Today, changes: tuple[Change, ...]) -> WhatIf:
    """What changes bring: the figures are kept for who looks at them again."""
    return _what_if(workspace.content_id, found.assessment.params, found.minutes, changes, found)


@st.cache_resource(max_entries=128, show_spinner=False)
def _what_if(
    content_id: str, params: CoverageParams, minutes: float, changes: tuple[Change, ...], _today: Today
) -> WhatIf:
    return _today.what_if(changes)


def search(workspace: Workspace, profile: WalkProfile, candidates: str, given: str) -> SiteSearch:
    """Candidates and centers on their streets; they do not depend on who walks."""
    found = cache.assessment(workspace, profile)
    return _search(workspace.content_id, candidates, given, found)


@st.cache_resource(max_entries=8, show_spinner=False)
def _search(content_id: str, candidates: str, given: str, _assessment: Assessment) -> SiteSearch:
    return SiteSearch.of(_assessment, candidates, given)


# ---- geometry -----------------------------------------------------------------------------------------------


def addresses(
    workspace: Workspace,
    found: Today,
    lonlat: NDArray[np.float64],
    marks: Sequence[Mark],
    changed: WhatIf | None,
    *,
    uncovered: bool,
) -> cache.Addresses:
    """Publish the geometry of the map, of the layers that are shown only, and say where it is.

    Args:
        lonlat: degrees (a, 2) of the places whose catchments are drawn.
        marks: signs on them.
        changed: whose newly covered homes are drawn.
        uncovered: whether today's uncovered residents are.
    """
    results = cache.network_results(workspace, found.profile)
    common = cache.addresses(workspace, results)
    key = workspace.content_id, found.assessment.params, found.minutes
    made: dict[str, Layer] = {}
    if uncovered:
        made["uncovered"] = _uncovered(*key, cache.overview(workspace, found.profile, found.minutes, Scope()))
    if len(lonlat):
        drawn = (_outline(*key, (lon, lat), found) for lon, lat in lonlat.tolist())
        made["placed"] = Layer.of(outline for outline in drawn if outline is not None)
    if marks:
        made["marks"] = siting_layers.marks_layer(marks)
    if changed is not None and changed.changes:
        made["homes"] = siting_layers.homes_layer(changed)
    layers = common.layers | {name: STORE.publish(layer) for name, layer in made.items()}
    return cache.Addresses(layers=layers, streets=common.streets)


@st.cache_resource(max_entries=12, show_spinner=False)
def _uncovered(content_id: str, params: CoverageParams, minutes: float, _overview: Overview) -> Layer:
    return overview_layers.uncovered_layer(_overview)


@st.cache_resource(max_entries=512, show_spinner=False)
def _outline(
    content_id: str, params: CoverageParams, minutes: float, lonlat: tuple[float, float], _today: Today
) -> str | None:
    return siting_layers.outline(_today, lonlat)
