"""Targets: which of the workspace's targets a plan or a what-if moves, from where to where, and what is then met.

Knows no Streamlit. A target belongs to an indicator (`data.monitoring.indicators`); those count here whose values
follow from where centers stand:

| `from` | value |
|---|---|
| `coverage.covered_share` | percent of the residents of a group with an open center within a cutoff |
| `coverage.residents_uncovered` | residents of the group without one |
| `centers.status` | open centers |
| `centers.home` | communities, and villages of `least_residents` or more, in which an open center stands |
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from dashboard.siting.places import is_community, is_village
from data.monitoring.indicators import NETWORK, Indicator
from geo.people.residents import ALL

if TYPE_CHECKING:
    import pandas as pd

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]

COVERED: Final = "coverage.covered_share"
UNCOVERED: Final = "coverage.residents_uncovered"
OPEN: Final = "centers.status"
UNITS: Final = "centers.home"
COVERAGE: Final = (COVERED, UNCOVERED)
MOVED_BY: Final = (*COVERAGE, OPEN, UNITS)
"""What an indicator is read from, where new centers move it."""


@dataclass(frozen=True, slots=True)
class MovableTarget:
    """A target that new centers may move.

    Attributes:
        indicator: what is measured.
        scope: `all`, or the code of a town.
        period: until when.
        goal: in the indicator's unit.
    """

    indicator: Indicator
    scope: str
    period: str
    goal: float

    @property
    def walk(self) -> tuple[str, float]:
        """Profile and minutes of an indicator of coverage."""
        parameters = self.indicator.parameters
        return str(parameters.get("profile", "adult")), float(parameters.get("cutoff_min", 15))

    @property
    def people(self) -> str:
        """Group of residents of an indicator of coverage."""
        return str(self.indicator.parameters.get("people", ALL))

    def is_met(self, value: float) -> bool:
        """Whether a value reaches the goal."""
        return value <= self.goal + 1e-9 if self.indicator.direction == "down" else value >= self.goal - 1e-9


@dataclass(frozen=True, slots=True)
class Move:
    """A target before and after."""

    target: MovableTarget
    before: float
    after: float

    @property
    def moves(self) -> bool:
        """Whether it changes at all."""
        return bool(abs(self.after - self.before) > 1e-9)

    @property
    def met_before(self) -> bool:
        """Met without the change."""
        return self.target.is_met(self.before)

    @property
    def met_after(self) -> bool:
        """Met with it."""
        return self.target.is_met(self.after)

    @property
    def short(self) -> float:
        """How much is then lacking, in the indicator's unit; 0 where it is met."""
        return 0.0 if self.met_after else abs(self.target.goal - self.after)


@dataclass(frozen=True, eq=False)
class Ground:
    """What targets are measured on, before and after.

    Attributes:
        people: by group, float64 (d,); NaN for a group that is not known.
        units: u codes of jurisdictions, "" for outside of all.
        home: int (d,); the finest unit of each demand point.
        town_of: code of a jurisdiction → code of its town.
        county: code of the county whose units count; None for all.
        centers: finest jurisdiction of each open center, before and after.
        covered: of a profile and minutes, bool (d,) before and after; None where that profile is not offered.
    """

    people: Callable[[str], Floats]
    units: tuple[str, ...]
    home: NDArray[np.integer[Any]]
    town_of: Mapping[str, str]
    county: str | None
    centers: tuple[tuple[str, ...], tuple[str, ...]]
    covered: Callable[[str, float], tuple[Bools, Bools] | None]

    def within(self, codes: Iterable[str], scope: str) -> Bools:
        """bool, which of some jurisdictions belong to a scope."""
        return np.array([scope in (NETWORK, self.town_of.get(code)) for code in codes], dtype=np.bool_)

    @cached_property
    def _lived_in(self) -> tuple[set[str], dict[str, float]]:
        """Of the county: communities, and the residents of villages; those in which nobody lives are left out."""
        total = np.bincount(self.home, self.people(ALL), minlength=len(self.units)).tolist()
        mine = "" if self.county is None else self.county[:6]
        here = {code: n for code, n in zip(self.units, total, strict=True) if n > 0 and code.startswith(mine)}
        villages = {code: n for code, n in here.items() if is_village(code)}
        return {code for code in here if is_community(code)}, villages

    def due_units(self, least_residents: float) -> set[str]:
        """Communities, and villages with so many residents or more, of the county."""
        communities, villages = self._lived_in
        return communities | {code for code, residents in villages.items() if residents >= least_residents}


def movable_targets(indicators: Iterable[Indicator], targets: pd.DataFrame, day: dt.date) -> list[MovableTarget]:
    """The targets that hold on a day: of each indicator and scope that of the month, else the quarter, else the year.

    Args:
        targets: typed by `data.tables.schema.TARGETS`.
    """
    found = []
    for indicator in indicators:
        if indicator.source_of_values not in MOVED_BY:
            continue
        mine = targets[targets["indicator"] == indicator.id]
        for scope in dict.fromkeys(mine["scope"]):
            for period in (f"{day:%Y-%m}", f"{day.year}-Q{(day.month + 2) // 3}", f"{day.year}"):
                goal = indicator.target(mine, period, scope)
                if not np.isnan(goal):
                    found.append(MovableTarget(indicator, scope, period, goal))
                    break
    return found


def moves(targets: Iterable[MovableTarget], ground: Ground) -> list[Move]:
    """Each target before and after; those that cannot be measured here are left out."""
    found = []
    for target in targets:
        values = _covered(target, ground) if target.indicator.source_of_values in COVERAGE else _centers(target, ground)
        if values is not None and not np.isnan(values).any():
            found.append(Move(target, *values))
    return found


def _covered(target: MovableTarget, ground: Ground) -> tuple[float, float] | None:
    covered = ground.covered(*target.walk)
    if covered is None:
        return None
    people = np.where(ground.within(ground.units, target.scope)[ground.home], ground.people(target.people), 0.0)
    whole = float(people.sum())
    before, after = (float(people[mask].sum()) for mask in covered)
    if target.indicator.source_of_values == UNCOVERED:
        return whole - before, whole - after
    return (100 * before / whole, 100 * after / whole) if whole > 0 else None


def _centers(target: MovableTarget, ground: Ground) -> tuple[float, float] | None:
    if target.indicator.parameters.get("status", "open") != "open":
        return None
    before, after = (
        [code for code, here in zip(codes, ground.within(codes, target.scope), strict=True) if here]
        for codes in ground.centers
    )
    if target.indicator.source_of_values == OPEN:
        return float(len(before)), float(len(after))
    due = ground.due_units(float(target.indicator.parameters.get("least_residents", 0)))
    return float(len(due & set(before))), float(len(due & set(after)))
