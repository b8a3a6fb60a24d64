"""The view: what the page Siting looks at, what everything on it is called, and what a hand does to it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import streamlit as st

from dashboard.choice import place_of
from dashboard.siting import cache as siting_cache
from dashboard.siting.changes import makeable, read
from dashboard.siting.layers import Mark
from dashboard.siting.whatif import UNKNOWN_AGE
from dashboard.view import WalkView
from data.scenarios import SavedScenario, scenarios
from data.tables.changes import Change, parsed, with_change, written

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from dashboard.i18n import Catalog
    from dashboard.map.view import Click
    from dashboard.siting.whatif import Today, WhatIf
    from data.workspace import Workspace

MOVING: Final = "moving"
"""Key of the session's state: the center whose new place the next click names."""
MOVE_SIGN: Final = "↷"
CLOSE_SIGN: Final = "✕"
_NUMBER: Final = re.compile(r"-?\d{1,3}(?:\.\d{1,12})?", re.ASCII)
_TWO_NUMBERS: Final = re.compile(rf"\s*{_NUMBER.pattern}\s*[,，、;；_\s]\s*{_NUMBER.pattern}\s*", re.ASCII)


@dataclass(frozen=True, eq=False)
class SitingView(WalkView):
    """The choices of the page.

    Attributes:
        today: today's network for them.
        changes: of the what-if.
    """

    today: Today
    changes: tuple[Change, ...]

    @classmethod
    def of(cls, text: Catalog, workspace: Workspace) -> SitingView:
        """From the choices of the session."""
        chosen = st.session_state
        profile = next(p for p in workspace.settings.profiles if p.id == chosen["profile"])
        minutes = float(chosen["minutes"])
        return cls(
            text=text,
            workspace=workspace,
            profile=profile,
            minutes=minutes,
            today=siting_cache.today(workspace, profile, minutes),
            changes=read(chosen["changes"], workspace.open_centers) or (),
        )

    @cached_property
    def what_if(self) -> WhatIf:
        """What the changes bring."""
        return siting_cache.what_if(self.workspace, self.today, self.changes)

    @cached_property
    def saved(self) -> SavedScenario | None:
        """The saved scenario that was opened."""
        chosen = st.session_state["scenario"]
        return next((found for found in scenarios(self.workspace) if found.id == chosen), None)

    @property
    def is_edited(self) -> bool:
        """Whether the changes are other ones than the opened scenario's, or of none."""
        return self.changes != (() if self.saved is None else self.makeable(self.saved.changes))

    def makeable(self, changes: Iterable[Change]) -> tuple[Change, ...]:
        """The changes that can still be made: today's centers may be others than when they were saved."""
        return makeable(changes, self._open_now)

    @cached_property
    def _open_now(self) -> frozenset[str]:
        return frozenset(self.workspace.open_centers)

    # ---- names ----------------------------------------------------------------------------------------------

    def place(self, code: str) -> str:
        """Name of a jurisdiction; of a village also the town, for names repeat."""
        if not code:
            return self.text("siting.outside")
        name, up = self.place_names.get(code, code), self.above.get(code, "")
        return f"{self.place_names[up]} · {name}" if self.above.get(up) else name

    def group(self, group: str) -> str:
        """Name of an age group."""
        return self.text("siting.unknown_age") if group == UNKNOWN_AGE else self.text(f"group.{group}")

    def nearest_place(self, lonlat: tuple[float, float]) -> str:
        """Name of the jurisdiction where the nearest resident lives; without outlines, the nearest center's."""
        centers, residents = self.workspace.centers, self.today.assessment.residents
        if self.workspace.jurisdictions.empty and len(centers):
            nearest = int(_apart(centers[["lon", "lat"]].to_numpy(np.float64), lonlat).argmin())
            return self.text("gap.near", center=self.center_name(centers["id"].iloc[nearest]))
        if not len(residents):
            return ""
        unit = self.today.governance.home[int(_apart(residents.lonlat, lonlat).argmin())]
        return self.place(self.today.governance.codes[unit])

    def called(self, change: Change, number: int) -> str:
        """A change in words; new centers have numbers."""
        if change.kind == "new" and change.lonlat:
            return self.text("siting.new_center", number=number, place=self.nearest_place(change.lonlat))
        key = "siting.moved" if change.kind == "move" else "siting.closed"
        return self.text(key, name=self.center_name(change.center))

    @cached_property
    def listed(self) -> list[tuple[str, str, Change]]:
        """Sign, words and change, in the order in which they were made."""
        signs, number = {"move": MOVE_SIGN, "close": CLOSE_SIGN}, 0
        rows = []
        for change in self.changes:
            number += change.kind == "new"
            rows.append((signs.get(change.kind, str(number)), self.called(change, number), change))
        return rows

    def marks(self) -> list[Mark]:
        """The changes as the map shows them."""
        in_time = dict(zip(self.what_if.placed, self.what_if.by_placed()["in_time"], strict=True))
        rows = self.workspace.centers
        at = dict(zip(rows["id"], zip(rows["lon"].tolist(), rows["lat"].tolist(), strict=True), strict=True))
        return [
            Mark(sign, change.kind, words, change.lonlat or at[change.center], float(in_time.get(change, 0.0)))
            for sign, words, change in self.listed
        ]

    @cached_property
    def has_villages(self) -> bool:
        """Some homes state their village."""
        return any(self.today.assessment.residents.village)

    def villages(self) -> dict[str, tuple[float, float]]:
        """Code → the place in the middle of a village's residents; none where no home states its village."""
        if not self.has_villages:
            return {}
        found = siting_cache.search(self.workspace, self.profile, "villages", "open").candidates
        return {code: (lon, lat) for code, (lon, lat) in zip(found.ids, found.lonlat.tolist(), strict=True)}

    def table(self, columns: dict[str, Iterable[Any]]) -> pd.DataFrame:
        """A table with headers in the page's language."""
        return pd.DataFrame({self.text(f"column.{name}"): list(values) for name, values in columns.items()})


def _apart(places: NDArray[np.float64], lonlat: tuple[float, float]) -> NDArray[np.float64]:
    """float64 (n,); how far places (n, 2) are, in degrees of latitude: those of longitude are shorter."""
    east, north = (places - lonlat).T
    return np.asarray(np.hypot(east * np.cos(np.radians(lonlat[1])), north))


# ---- what a hand does ---------------------------------------------------------------------------------------


def put(changes: Sequence[Change]) -> None:
    """Make these the changes; where none of the former ones is left, they are no longer the opened scenario's."""
    former = parsed(st.session_state["changes"] or "") or ()
    if not set(former) & set(changes):
        st.session_state["scenario"] = None
    st.session_state["changes"] = written(changes)


def typed_place(text: str) -> tuple[float, float] | None:
    """Degrees (longitude, latitude) of what somebody typed, such as `118.91, 25.12`; None for no place on earth.

    The other order is understood where it can only be that.
    """
    numbers = [float(found) for found in _NUMBER.findall(text)] if _TWO_NUMBERS.fullmatch(text) else []
    for lon, lat in (numbers, numbers[::-1]) if numbers else ():
        if abs(lon) <= 180 and abs(lat) <= 90:
            return round(lon, 5), round(lat, 5)
    return None


def take_click(workspace: Workspace, click: Click) -> None:
    """A click on a center chooses it; one on the ground places a new center, or the one that is being moved."""
    if click.site is not None:
        st.session_state["site"] = click.site
    place = place_of(click.spot)
    if place is not None:
        place_at(workspace, place)


def place_at(workspace: Workspace, lonlat: tuple[float, float]) -> None:
    """A new center there, or the one that is being moved."""
    moving = st.session_state.pop(MOVING, None)
    open_now = workspace.open_centers
    changes = read(st.session_state["changes"], open_now) or ()
    change = Change("move", moving, lonlat) if moving in open_now else Change("new", "", lonlat)
    candidate = with_change(changes, change)
    if read(written(candidate), open_now) is not None:
        put(candidate)
