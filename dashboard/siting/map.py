"""The map of the page Siting: today's network, and what changes in it."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import streamlit as st

from dashboard import cache
from dashboard.choice import place_of
from dashboard.map.state import MapState, map_state, town_bounds
from dashboard.siting import cache as siting_cache
from dashboard.siting import legend
from dashboard.siting.layers import PLACED
from dashboard.state import LOOKS

if TYPE_CHECKING:
    from dashboard.siting.tasks import Task

KEY: Final = "siting_map"


def siting_map(task: Task) -> MapState:
    """What was chosen and what the task shows, in the words of the page's language."""
    view, chosen = task.view, st.session_state
    text, workspace = view.text, view.workspace
    results = cache.network_results(workspace, view.profile)
    uncovered = "uncovered" in chosen["ground"]
    found = siting_cache.addresses(workspace, view.today, task.marks, task.changed, uncovered=uncovered)
    bounds = town_bounds(workspace, results, None)
    common = map_state(text, workspace, results, found, view="siting", bounds=bounds)
    own = tuple(name for name in found.layers if name in ("homes", "marks") or name.startswith(PLACED))
    left = task.changed.left if task.changed else ()
    sections = legend.sections(text, workspace, {*chosen["ground"], *own}, common.minutes, left=bool(left))
    return replace(
        common,
        visible=(*chosen["ground"], *own),
        text=common.text | legend.words(text),
        legend=sections,
        focus=place_of(chosen["at"]),
        looks=chosen.get(LOOKS, 0),
        pointing=task.pointing,
        left=left,
        fresh={address: base64.b64encode(layer.body).decode("ascii") for address, layer in found.fresh.items()},
    ).keyed()
