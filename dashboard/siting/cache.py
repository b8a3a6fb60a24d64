"""What the page Siting computes once for all sessions, keyed by content and parameters."""

from __future__ import annotations

from functools import lru_cache, partial
from typing import TYPE_CHECKING, Final

import streamlit as st

from dashboard import cache
from dashboard.choice import place_text
from dashboard.map.layers import Layer
from dashboard.map.route import STORE
from dashboard.overview import layers as overview_layers
from dashboard.overview.scope import Scope
from dashboard.siting import layers as siting_layers
from dashboard.siting.best import SiteSearch
from dashboard.siting.whatif import Today

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

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

FRESH_BYTES: Final = 10_000
"""Geometry that travels with the message, compressed: a rerun has to stay small."""


def addresses(
    workspace: Workspace,
    found: Today,
    marks: Sequence[Mark],
    changed: WhatIf | None,
    *,
    uncovered: bool,
) -> cache.Addresses:
    """Publish the geometry of the map, of the layers that are shown only, and say where it is.

    Each catchment is a layer of its own: the map draws the new one and leaves the others alone.

    Args:
        marks: signs on the map.
        changed: whose catchments of new places and newly covered homes are drawn.
        uncovered: whether today's uncovered residents are.
    """
    results = cache.network_results(workspace, found.profile)
    common = cache.addresses(workspace, results)
    key = workspace.content_id, found.assessment.params, found.minutes
    drawn, own = _catchments(*key, found), dict[str, Layer]()
    for lon, lat in changed.lonlat.tolist() if changed else ():
        catchment = drawn((lon, lat))
        if catchment is not None:
            own[f"{siting_layers.PLACED}{place_text((lon, lat))}"] = catchment
    if marks:
        own["marks"] = siting_layers.marks_layer(marks)
    if changed is not None and changed.changes:
        own["homes"] = siting_layers.homes_layer(changed)
    addresses = {name: STORE.publish(layer) for name, layer in own.items()}
    fresh = {addresses[name]: own[name] for name in _latest(own)}
    if uncovered:
        addresses["uncovered"] = STORE.publish(_uncovered(*key, workspace))
    return cache.Addresses(layers=common.layers | addresses, streets=common.streets, fresh=fresh)


def _latest(own: Mapping[str, Layer]) -> Iterator[str]:
    """What the latest change has altered, as far as it is small: the browser has the rest."""
    room = FRESH_BYTES
    for name in ("homes", "marks", *[name for name in own if name.startswith(siting_layers.PLACED)][-1:]):
        if name in own and len(own[name].body) <= room:
            room -= len(own[name].body)
            yield name


@st.cache_resource(max_entries=12, show_spinner=False)
def _uncovered(content_id: str, params: CoverageParams, minutes: float, _workspace: Workspace) -> Layer:
    return overview_layers.uncovered_layer(cache.overview(_workspace, params.profile, minutes, Scope()))


@st.cache_resource(max_entries=12, show_spinner=False)
def _catchments(
    content_id: str, params: CoverageParams, minutes: float, _today: Today
) -> Callable[[tuple[float, float]], Layer | None]:
    """Catchment of a place, drawn once. A cache of Streamlit's would take longer to find it than to draw it."""
    return lru_cache(maxsize=512)(partial(siting_layers.catchment_layer, _today))
