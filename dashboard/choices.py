"""All choices that a workspace offers: those of every page, and those of each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from dashboard.choice import Choice, PlaceChoice
from dashboard.editing import choices as editing
from dashboard.figures import minutes
from dashboard.overview import choices as overview
from dashboard.sharing import choices as sharing
from dashboard.site import choices as site
from dashboard.siting import choices as siting
from dashboard.state import language_choice
from geo.coverage.supply import SERVICES

if TYPE_CHECKING:
    from data.workspace import Workspace


def all_choices(workspace: Workspace) -> tuple[Choice, ...]:
    """What can be chosen, each with its default."""
    settings = workspace.settings
    cutoffs = [minutes(value) for value in settings.cutoffs.minutes]
    profiles = [profile.id for profile in settings.profiles]
    return (
        language_choice(settings.default_language),
        Choice("profile", profiles, profiles[0]),
        Choice("minutes", cutoffs, cutoffs[-1]),
        Choice("site", workspace.centers["id"].tolist(), None),
        Choice("town", workspace.towns, None),
        Choice("service", SERVICES, None),
        PlaceChoice("at", (), None),
        *overview.choices(workspace),
        *site.CHOICES,
        *sharing.CHOICES,
        *siting.choices(workspace),
        *editing.CHOICES,
    )


def choice_of_cutoff(workspace: Workspace) -> int:
    """Place of the chosen cutoff among the workspace's."""
    return [minutes(value) for value in workspace.settings.cutoffs.minutes].index(st.session_state["minutes"])
