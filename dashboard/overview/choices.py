"""The choices of the page Overview."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import streamlit as st

from dashboard.choice import Choice
from dashboard.overview.layers import SHADES, TONES
from dashboard.overview.scope import COLUMNS, Scope, values_of

if TYPE_CHECKING:
    from data.workspace import Workspace

SHOWN: Final = ("catchments", "uncovered", "overlap", "services", "joint", "streets", "names")
SHOWN_AT_FIRST: Final = ("catchments", "uncovered", "streets", "names")
"""Layers of the map."""
TABLES: Final = ("centers", "towns", "places")
"""Twins of the map."""


def choices(workspace: Workspace) -> tuple[Choice, ...]:
    """Layers, their colors, the table, and the filters that the centers allow."""
    return (
        Choice("show", SHOWN, SHOWN_AT_FIRST),
        Choice("shade", SHADES, None),
        Choice("tone", TONES, TONES[0]),
        Choice("table", TABLES, TABLES[0]),
        *(Choice(name, values_of(workspace.centers, name), ()) for name in COLUMNS),
    )


def scope() -> Scope:
    """The filters at hand."""
    chosen = st.session_state
    values = {name: tuple(chosen[name]) for name in COLUMNS}
    return Scope(town=chosen["town"], service=chosen["service"], **values)
