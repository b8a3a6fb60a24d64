"""The map of the page Siting: today's network, and what changes in it."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import streamlit as st

from dashboard.choice import place_of
from dashboard.map.state import MapState, center_bounds, map_state
from dashboard.siting import legend
from dashboard.siting.layers import PLACED
from dashboard.state import LOOKS

if TYPE_CHECKING:
    from dashboard.cache import Addresses
    from dashboard.i18n import Catalog
    from dashboard.results import NetworkResults
    from data.workspace import Workspace

KEY: Final = "siting_map"


def siting_map(
    text: Catalog,
    workspace: Workspace,
    results: NetworkResults,
    found: Addresses,
    *,
    pointing: bool,
    left: tuple[str, ...] = (),
) -> MapState:
    """What was chosen, in the words of the page's language; of the page's own layers, those that have an address.

    Args:
        text: the sentences.
        workspace: what is looked at.
        results: of the chosen profile.
        found: the layers' addresses.
        pointing: a click on the ground places a center.
        left: ids of centers that close or move away.
    """
    chosen = st.session_state
    common = map_state(text, workspace, results, found, view="siting", bounds=center_bounds(workspace, results))
    own = tuple(name for name in found.layers if name in ("homes", "marks") or name.startswith(PLACED))
    sections = legend.sections(text, workspace, {*chosen["ground"], *own}, common.minutes, left=bool(left))
    return replace(
        common,
        visible=(*chosen["ground"], *own),
        text=common.text | legend.words(text),
        legend=sections,
        focus=place_of(chosen["at"]),
        looks=chosen.get(LOOKS, 0),
        pointing=pointing,
        left=left,
        fresh={address: base64.b64encode(layer.body).decode("ascii") for address, layer in found.fresh.items()},
    ).keyed()
