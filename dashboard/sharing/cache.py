"""What the page Sharing computes once for all sessions, keyed by content and parameters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from dashboard import cache
from dashboard.map.layers import Layer
from dashboard.map.route import STORE
from dashboard.sharing import layers as sharing_layers
from geo.coverage.accessibility import Access, Decay
from geo.coverage.equity import Equity, by_unit
from geo.coverage.sharing import SharingOption, distinct

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

    from dashboard.sharing.view import SharingView
    from geo.coverage.assessment import Assessment
    from geo.coverage.gaps import Gaps
    from geo.params import CoverageParams


def gap_frame(view: SharingView) -> GeoDataFrame:
    """The gaps as a table, at their places."""
    return _gap_frame(*view.key, view.assessment, view.gaps())


@st.cache_resource(max_entries=18, show_spinner=False)
def _gap_frame(
    content_id: str, params: CoverageParams, minutes: float, service: str | None, _assessment: Assessment, _gaps: Gaps
) -> GeoDataFrame:
    return _gaps.to_frame(_assessment.jurisdictions, _assessment.supply)


def options(view: SharingView, service: str, *, pairs_only: bool) -> tuple[list[SharingOption], list[SharingOption]]:
    """Sites that communities could share: those that can stand together, and all."""
    content_id, params, minutes, _ = view.key
    return _options(content_id, params, minutes, service, pairs_only, view.assessment)


@st.cache_resource(max_entries=32, show_spinner=False)
def _options(
    content_id: str, params: CoverageParams, minutes: float, service: str, pairs_only: bool, _assessment: Assessment
) -> tuple[list[SharingOption], list[SharingOption]]:
    found = _assessment.sharing(service, minutes=minutes, pairs_only=pairs_only)
    return distinct(found), found


def access(view: SharingView, decay: Decay) -> dict[str, Access]:
    """Supply per 1,000 residents, by service."""
    content_id, params, _, _ = view.key
    return _access(content_id, params, decay, view.assessment)


@st.cache_resource(max_entries=32, show_spinner=False)
def _access(content_id: str, params: CoverageParams, decay: Decay, _assessment: Assessment) -> dict[str, Access]:
    return {service: _assessment.access(service, decay) for service in _assessment.supply.services}


def equity(view: SharingView) -> dict[str, Equity]:
    """The spread of the walk, by group of residents."""
    content_id, params, _, service = view.key
    return _equity(content_id, params, view.level, service, view.assessment)


@st.cache_resource(max_entries=32, show_spinner=False)
def _equity(
    content_id: str, params: CoverageParams, level: str, service: str | None, _assessment: Assessment
) -> dict[str, Equity]:
    groups = _assessment.residents.groups
    return {group: _assessment.equity(group, level=level, service=service) for group in groups}


def units(view: SharingView) -> pd.DataFrame:
    """Unit against unit: those where somebody lives, who walks longest first."""
    return _units(*view.key, view.level, view.assessment)


@st.cache_resource(max_entries=32, show_spinner=False)
def _units(
    content_id: str, params: CoverageParams, minutes: float, service: str | None, level: str, _assessment: Assessment
) -> pd.DataFrame:
    governance = _assessment.governance(level)
    seconds, people = _assessment.walk(service).seconds, _assessment.residents.people[:, 0]
    frame = by_unit(seconds, people, governance.home, governance.codes, minutes * 60.0)
    frame = frame[frame["residents"] > 0]
    return frame.sort_values(["p90", "code"], ascending=[False, True], ignore_index=True)


# ---- geometry -----------------------------------------------------------------------------------------------


def addresses(view: SharingView, sites: Sequence[SharingOption] | None, *, gaps: bool) -> cache.Addresses:
    """Publish the geometry of the layers that are shown, and say where it is.

    Args:
        view: what is looked at.
        sites: shareable ones to show.
        gaps: whether gaps are shown.
    """
    common = cache.addresses(view.workspace, view.results)
    made: dict[str, Layer] = {}
    if view.has_borders and "divided" in view.drawn:
        made["divided"] = _divided(*view.key, view.level, view)
    if view.has_borders and "flows" in view.drawn:
        made["flows"] = _flows(*view.key, view.level, view)
    if gaps:
        made["gaps"] = _gap_layer(*view.key, view)
    if sites is not None:
        called = [view.called(option) for option in sites]
        lonlat = view.assessment.residents.lonlat[[option.site for option in sites]]
        made["sites"] = sharing_layers.site_layer(sites, lonlat, called)
    layers = common.layers | {name: STORE.publish(layer) for name, layer in made.items()}
    return cache.Addresses(layers=layers, streets=common.streets)


@st.cache_resource(max_entries=48, show_spinner=False)
def _divided(
    content_id: str, params: CoverageParams, minutes: float, service: str | None, level: str, _view: SharingView
) -> Layer:
    results = _view.results
    column = results.params.cutoffs.minutes.index(minutes)
    ids = _view.workspace.centers["id"].tolist()
    return sharing_layers.divided_layer(_view.assessment, results.catchments.polygons[:, column], ids, level, service)


@st.cache_resource(max_entries=48, show_spinner=False)
def _flows(
    content_id: str, params: CoverageParams, minutes: float, service: str | None, level: str, _view: SharingView
) -> Layer:
    arrows = _view.assessment.arrows(_view.sharing.ground, service=service)
    return sharing_layers.flow_layer(arrows, _view.names)


@st.cache_resource(max_entries=18, show_spinner=False)
def _gap_layer(
    content_id: str, params: CoverageParams, minutes: float, service: str | None, _view: SharingView
) -> Layer:
    found = _view.assessment
    areas = _view.gaps().to_frame(found.jurisdictions, found.supply, geometry="area")
    return sharing_layers.gap_layer(gap_frame(_view), areas, _view.names)
