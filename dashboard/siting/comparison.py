"""Comparison: the figures of scenarios, beside each other and beside today's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
import streamlit as st

from dashboard import figures
from dashboard.markdown import plain
from dashboard.panels import quiet
from dashboard.twins import csv_bytes

if TYPE_CHECKING:
    from dashboard.siting.view import SitingView
    from dashboard.siting.whatif import Today, WhatIf
    from data.tables.changes import Change
    from geo.params import CoverageParams

MOST_BESIDE: Final = 4
"""Scenarios that are compared at once, today apart: more columns nobody reads."""
LABEL_PX: Final = 140
TODAY_PX: Final = 72
COLUMN_PX: Final = 150
"""Widths; the first scenario beside today still stands on a phone."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What a scenario comes to.

    Attributes:
        new, moved, closed: how many changes of each kind.
        covered: residents in time of an open center.
        gained, lost: of them, newly; and those who no longer are.
        share: covered, of all residents.
        shares: the same of each age group, in the order of `Today.groups`; NaN for a group without anybody.
        mean_walk_min: of those who have a center within an hour.
        gaps_closed: gaps in which everybody is covered then.
    """

    new: int
    moved: int
    closed: int
    covered: float
    gained: float
    lost: float
    share: float
    shares: tuple[float, ...]
    mean_walk_min: float
    gaps_closed: int

    @classmethod
    def of(cls, found: WhatIf) -> Figures:
        """Of a what-if."""
        kinds = [change.kind for change in found.changes]
        groups = found.by_group()
        with np.errstate(invalid="ignore"):
            shares = (groups["after"] / groups["residents"]).tolist()
        return cls(
            new=kinds.count("new"),
            moved=kinds.count("move"),
            closed=kinds.count("close"),
            covered=float(found.effect.covered_after.sum()),
            gained=found.gained,
            lost=found.lost,
            share=found.share_after,
            shares=tuple(shares),
            mean_walk_min=float(found.effect.mean_after_min),
            gaps_closed=len(found.effect.gaps_closed),
        )

    @property
    def counts(self) -> str:
        """New, moved and closed centers in a few letters."""
        return f"{self.new} / {self.moved} / {self.closed}"


def figures_of(view: SitingView, changes: tuple[Change, ...]) -> Figures:
    """What changes come to for the walk at hand; kept, for a list asks for the same ones again and again."""
    if changes == view.changes:
        return Figures.of(view.what_if)  # computed for the panel already
    today = view.today
    return _figures(view.workspace.content_id, today.assessment.params, today.minutes, changes, today)


@st.cache_resource(max_entries=1_024, show_spinner=False)
def _figures(
    content_id: str, params: CoverageParams, minutes: float, changes: tuple[Change, ...], _today: Today
) -> Figures:
    return Figures.of(_today.what_if(changes))


@dataclass(frozen=True, slots=True)
class Measure:
    """One row of a comparison.

    Attributes:
        label: with its unit.
        of: its value; a share is in percent.
        decimals: of the value, and of a difference.
    """

    label: str
    of: Callable[[Figures], float]
    decimals: int = 0

    def said(self, found: Figures, beside: Figures | None) -> str:
        """The value, and how much it differs; beside nothing the value itself is the difference."""
        value = figures.number(self.of(found), self.decimals)
        if beside is None or not self.of(beside):
            return value
        apart = self.of(found) - self.of(beside)
        return f"{value} ({figures.signed(apart, self.decimals)})" if round(apart, self.decimals) else value


def measures(view: SitingView) -> list[Measure]:
    """The rows of a comparison."""
    text = view.text

    def of_group(i: int) -> Callable[[Figures], float]:
        return lambda found: 100 * found.shares[i]

    today = figures_of(view, ())
    ages = [
        Measure(text("compare.share_of", group=view.group(group)), of_group(i), 1)
        for i, group in enumerate(view.today.groups)
        if not np.isnan(today.shares[i])
    ]
    return [
        Measure(text("compare.covered"), lambda found: found.covered),
        Measure(text("compare.share"), lambda found: 100 * found.share, 1),
        *(ages if len(ages) > 1 else []),
        Measure(text("compare.gained"), lambda found: found.gained),
        Measure(text("compare.lost"), lambda found: found.lost),
        Measure(text("compare.walk"), lambda found: found.mean_walk_min, 2),
        Measure(text("compare.gaps"), lambda found: found.gaps_closed),
        Measure(text("compare.new"), lambda found: found.new),
        Measure(text("compare.moved"), lambda found: found.moved),
        Measure(text("compare.closed"), lambda found: found.closed),
    ]


def compared(view: SitingView, columns: Mapping[str, tuple[Change, ...]], beside: str) -> pd.DataFrame:
    """A row a figure, a column a scenario, in words.

    Args:
        columns: name → changes.
        beside: name of the one whose differences the others show.
    """
    found = {name: figures_of(view, changes) for name, changes in columns.items()}
    rows = measures(view)
    frame = {view.text("compare.figure"): [row.label for row in rows]}
    for name, of in found.items():
        frame[name] = [row.said(of, None if name == beside else found[beside]) for row in rows]
    return pd.DataFrame(frame)


def numbers(view: SitingView, columns: Mapping[str, tuple[Change, ...]], beside: str) -> pd.DataFrame:
    """The same as numbers, each difference in a column of its own."""
    found = {name: figures_of(view, changes) for name, changes in columns.items()}
    rows = measures(view)
    frame: dict[str, list[object]] = {view.text("compare.figure"): [row.label for row in rows]}
    for name, of in found.items():
        frame[name] = [row.of(of) for row in rows]
        if name != beside:
            title = view.text("compare.difference", name=name, beside=beside)
            frame[title] = [row.of(of) - row.of(found[beside]) for row in rows]
    return pd.DataFrame(frame)


def comparison(view: SitingView, columns: Mapping[str, tuple[Change, ...]]) -> None:
    """Scenarios side by side.

    Args:
        columns: name → changes; the first one is today.
    """
    text, names = view.text, list(columns)
    key = f"compare_beside_{text.language}"
    if st.session_state.get(key) not in names:
        st.session_state[key] = names[0]
    if len(names) > 2:
        st.segmented_control(text("compare.beside"), names, format_func=plain, key=key, required=True)
    beside: str = st.session_state[key]
    frame = compared(view, columns, beside)
    st.dataframe(
        frame,
        hide_index=True,
        width="content",
        height="content",
        key="compare_table",
        column_config={
            text("compare.figure"): st.column_config.TextColumn(pinned=True, width=LABEL_PX),
            **{name: st.column_config.TextColumn(alignment="right", width=COLUMN_PX) for name in names},
            names[0]: st.column_config.TextColumn(alignment="right", width=TODAY_PX),
        },
    )
    st.download_button(
        text("twin.download"),
        data=lambda: csv_bytes(numbers(view, columns, beside)),
        file_name="scenarios_compared.csv",
        mime="text/csv",
        key="download_comparison",
        on_click="ignore",
        type="tertiary",
    )
    quiet(text("compare.note", beside=plain(beside)))
