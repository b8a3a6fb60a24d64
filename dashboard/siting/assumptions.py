"""Assumptions: other ones than those of the question, under which a plan is tested, and what they are called.

Each has a name of its own, the same in every language: `profile.elderly`, `minutes.10`, `draw.1`. No Streamlit.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from dashboard import figures
from dashboard.controls import profile_name
from dashboard.siting.best import SPREAD

if TYPE_CHECKING:
    from dashboard.siting.best import Asked
    from dashboard.siting.view import SitingView

ELDERLY: Final = "elderly"
SHORTER_MINUTES: Final = 10.0


def others(view: SitingView, asked: Asked) -> dict[str, Asked]:
    """Name → the same question with a slower walk, and with a shorter one, where it has neither yet."""
    found = {}
    slow = next((p for p in view.workspace.settings.profiles if p.id == ELDERLY), None)
    if slow is not None and slow != asked.profile:
        found[f"profile.{ELDERLY}"] = replace(asked, profile=slow)
    if asked.minutes > SHORTER_MINUTES:
        found[f"minutes.{figures.minutes(SHORTER_MINUTES)}"] = replace(asked, minutes=SHORTER_MINUTES)
    return found


def called(view: SitingView, name: str) -> str:
    """An assumption in words."""
    kind, _, detail = name.partition(".")
    if kind == "profile":
        return profile_name(view.text, view.workspace.settings, detail)
    if kind == "minutes":
        return view.text("best.other_minutes", minutes=detail)
    return view.text("best.draw", spread=f"{100 * SPREAD:.0f} %", number=detail)
