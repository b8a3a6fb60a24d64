"""The panel of targets: which of them changes move, and whether each is then met."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import streamlit as st

from dashboard import cache, figures
from dashboard.markdown import plain
from dashboard.panels import quiet
from dashboard.siting import cache as siting_cache
from dashboard.siting.links import helps
from dashboard.siting.targets import COVERAGE, Ground, MovableTarget, Move, movable_targets, moves
from data.monitoring.indicators import NETWORK
from geo.crs import to_metric

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dashboard.siting.view import SitingView
    from data.tables.changes import Change

MOST_LINES: Final = 6
"""Targets written out; the others are folded away."""


def targets_panel(view: SitingView, changes: Sequence[Change]) -> None:
    """Which targets changes of the network move, from where to where."""
    text, workspace = view.text, view.workspace
    known = cache.records(workspace)
    held = movable_targets(known.indicators.values(), known.targets, workspace.settings.as_of)
    explained = helps(view, {"target_move": text("targets.help")})
    st.markdown(f"**{text('targets.title')}**", help=explained["target_move"])
    if not held:
        quiet(text("targets.none"))
        return
    found = moves(held, ground_of(view, tuple(changes)))
    moved = sorted((move for move in found if move.moves), key=lambda move: move.target.scope != NETWORK)
    if moved:
        st.markdown("\n".join(_line(view, move) for move in moved[:MOST_LINES]))
    if len(moved) > MOST_LINES:
        with st.expander(text("targets.more", count=len(moved) - MOST_LINES)):
            st.markdown("\n".join(_line(view, move) for move in moved[MOST_LINES:]))
    if len(found) > len(moved):
        quiet(text("targets.unmoved", count=len(found) - len(moved)))


def ground_of(view: SitingView, changes: tuple[Change, ...]) -> Ground:
    """What targets are measured on, today and with the changes."""
    found, units = view.today.assessment, view.today.assessment.jurisdictions
    rows, profiles = view.workspace.jurisdictions, {p.id: p for p in view.workspace.settings.profiles}
    codes = (*units.codes, "")
    towns = dict(zip(units.codes, units.rolled_up(np.arange(len(units), dtype=np.int32), "town").tolist(), strict=True))
    is_town = set(rows["code"][rows["level"] == "town"])

    def covered(profile: str, minutes: float) -> tuple[np.ndarray, np.ndarray] | None:
        if profile not in profiles:
            return None
        today = siting_cache.today(view.workspace, profiles[profile], minutes)
        gained, lost = siting_cache.what_if(view.workspace, today, changes).switched
        before = today.baseline.covered
        return before, (before & ~lost) | gained

    return Ground(
        people=found.residents.group,
        units=codes,
        home=np.where(found.home_unit < 0, len(units), found.home_unit),
        town_of={code: codes[unit] for code, unit in towns.items() if codes[unit] in is_town},
        county=view.workspace.settings.county,
        centers=_centers(view, changes),
        covered=covered,
    )


def _centers(view: SitingView, changes: tuple[Change, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Where each open center stands, today and with the changes: codes, "" outside of all jurisdictions."""
    units, network = view.today.assessment.jurisdictions, view.workspace.network
    rows = view.workspace.centers.set_index("id").loc[list(view.today.ids)]

    def located(lonlat: np.ndarray, stated: Sequence[str] | None) -> tuple[str, ...]:
        codes = (*units.codes, "")
        return tuple(codes[unit] for unit in units.homes(to_metric(lonlat, network.crs), stated))

    stated = [code if isinstance(code, str) else "" for code in rows["home"]]
    before = located(rows[["lon", "lat"]].to_numpy(np.float64), stated)
    leaving = {change.center for change in changes}
    places = np.array([change.lonlat for change in changes if change.lonlat], dtype=np.float64).reshape(-1, 2)
    stay = [home for center, home in zip(view.today.ids, before, strict=True) if center not in leaving]
    return before, (*stay, *located(places, None))


def _line(view: SitingView, move: Move) -> str:
    """One target in words."""
    text, target = view.text, move.target
    name = target.indicator.name(text.language)
    if target.scope != NETWORK:
        name = f"{view.place(target.scope)} · {name}"
    kind = "met" if move.met_after else "lost" if move.met_before else "short"
    sign = {"met": ":green[**✓", "lost": ":red[**✕", "short": ":orange[**△"}[kind]
    said = text(f"targets.{kind}", short=_said(view, target, move.short, points=True))
    values = f"{_said(view, target, move.before)} → **{_said(view, target, move.after)}**"
    goal = text("targets.goal", goal=_said(view, target, target.goal), period=target.period)
    return f"- {plain(name)} {values} :small[:gray[{goal}]] {sign} {said}**]"


def _said(view: SitingView, target: MovableTarget, value: float, *, points: bool = False) -> str:
    """A value in the indicator's unit."""
    text, unit = view.text, target.indicator.unit(view.text.language)
    if unit == "%":
        return text("siting.points", points=figures.number(value, 1)) if points else f"{figures.number(value, 1)} %"
    decimals = 1 if target.indicator.source_of_values not in COVERAGE and not float(value).is_integer() else 0
    return figures.number(value, decimals)
