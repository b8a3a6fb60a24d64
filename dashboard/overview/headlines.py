"""Headlines: the six figures on top of the overview, each with its change, its course and what is aimed at.

Knows no Streamlit. The past is recomputed from the days on which centers opened, with today's streets and residents.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.monitoring.indicators import NETWORK, Indicator
from data.monitoring.verdicts import Aim, Direction, Verdict, elapsed
from geo.coverage.ledger import ledger
from geo.params import MINUTE_S, TIE_S
from geo.people.residents import ALL, ELDERS

if TYPE_CHECKING:
    from dashboard.overview.records import Records
    from dashboard.overview.scope import Scope
    from geo.coverage.assessment import Assessment
    from geo.coverage.ledger import Governance
    from geo.coverage.pairtable import PairTable

MONTHS: Final = 12
WEEKS: Final = 12
WEEKS_AGO: Final = 4

Kind = Literal["share", "people", "count"]


@dataclass(frozen=True, slots=True)
class Target:
    """What is aimed at, and how it stands by the calendar."""

    value: float
    period: str
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Headline:
    """One figure.

    Attributes:
        id: its key in the catalogs and on the methods page.
        kind: how it is written.
        value: today; NaN where it cannot be known.
        amount, whole: the people or pieces behind a share or a count: covered of all, open of aimed at.
        change: since a month ago, in the unit of the value; NaN where that is not known.
        series: its course, the last one today; empty where it has none.
        rising_is_good: whether more is better; None where neither is.
        target: None where nothing is aimed at.
    """

    id: str
    kind: Kind
    value: float
    amount: float = float("nan")
    whole: float = float("nan")
    change: float = float("nan")
    series: tuple[float, ...] = ()
    rising_is_good: bool | None = True
    target: Target | None = None


@dataclass(frozen=True, slots=True)
class Day:
    """The network on one day: people by group, centers open, residents served by another town's center."""

    covered: float
    covered_elders: float
    n_open: int
    across: float


@dataclass(frozen=True, eq=False)
class Ground:
    """What the figures are taken from.

    Attributes:
        assessment: the network; its supply is ordered as `centers`.
        centers: typed by `data.tables.schema.CENTERS`, ordered by id.
        scope: what is looked at.
        counted: bool (n,); centers whose service counts.
        listed: bool (n,); those of them that belong to the town at hand.
        weight: float64 (d,); 1 for demand points whose residents count, else 0.
        towns: homes and governors, each center with the town alone where it stands.
        minutes: the cutoff.
    """

    assessment: Assessment
    centers: pd.DataFrame
    scope: Scope
    counted: NDArray[np.bool_]
    listed: NDArray[np.bool_]
    weight: NDArray[np.float64]
    towns: Governance
    minutes: float

    def people(self, group: str) -> NDArray[np.float64]:
        """float64 (d,); residents of a group who count; NaN where the group is not known."""
        return self.assessment.residents.group(group) * self.weight

    def pairs(self, is_open: NDArray[np.bool_]) -> PairTable:
        """Demand points and the centers that count and are open, within the cutoff."""
        found, supply = self.assessment, self.assessment.supply
        doors = (is_open & self.counted)[supply.door_center]
        if self.scope.service:
            doors = doors & supply.gives[:, supply.services.index(self.scope.service)]
        pairs = found.door_pairs.of_centers(doors).merged(supply.door_center, len(supply))
        return pairs.within(self.minutes * MINUTE_S)

    def day(self, is_open: NDArray[np.bool_]) -> Day:
        """The figures with these centers open."""
        pairs = self.pairs(is_open)
        covered = pairs.least_s <= self.minutes * MINUTE_S + TIE_S
        found = ledger(pairs, self.towns, np.nan_to_num(self.people(ALL)), self.minutes)
        # Without borders nobody can be served across one, and without residents nothing is known of anybody.
        known = len(self.assessment.jurisdictions) > 0 and float(self.people(ALL).sum()) > 0
        return Day(
            covered=float(self.people(ALL)[covered].sum()),
            covered_elders=float(self.people(ELDERS)[covered].sum()),
            n_open=int((is_open & self.listed).sum()),
            across=float(found.by_neighbor.sum()) if known else float("nan"),
        )


def open_on(centers: pd.DataFrame, day: dt.date) -> NDArray[np.bool_]:
    """bool (n,); centers that were open at the end of a day, by the days on which they opened and were suspended.

    A center that is open and has no such day counts as open all along.
    """
    at = pd.Timestamp(day)
    opened, suspended = centers["opened"], centers["suspended"]
    began = (opened <= at) | (opened.isna() & (centers["status"] == "open"))
    return np.asarray(centers["status"].isin(["open", "suspended"]) & began & ~(suspended <= at), dtype=np.bool_)


def months_before(day: dt.date, count: int) -> list[dt.date]:
    """The same day of the months before, the earliest first, and the day itself."""
    return [(pd.Timestamp(day) - pd.DateOffset(months=k)).date() for k in range(count, -1, -1)]


def headlines(ground: Ground, records: Records, as_of: dt.date) -> tuple[Headline, ...]:
    """All six."""
    now = np.asarray(ground.centers["status"] == "open", dtype=np.bool_)
    days = _course(ground, now, as_of)
    today, before = days[-1], days[-2]
    start = ground.day(open_on(ground.centers, dt.date(as_of.year - 1, 12, 31)))
    total, elders = float(ground.people(ALL).sum()), float(ground.people(ELDERS).sum())
    aims = _Aims(ground, records, as_of)

    def share(name: str, group: str, whole: float, of: Callable[[Day], float]) -> Headline:
        values = tuple(_ratio(of(day), whole) for day in days)
        aim = aims.coverage("covered_share", group)
        target = aims.target(aim, values[-1], _ratio(of(start), whole), scale=0.01)
        return Headline(name, "share", values[-1], of(today), whole, values[-1] - values[-2], values, True, target)

    uncovered = tuple(total - day.covered if total > 0 else float("nan") for day in days)
    aim = aims.coverage("residents_uncovered", ALL)
    return (
        share("covered", ALL, total, lambda day: day.covered),
        share("elders", ELDERS, elders, lambda day: day.covered_elders),
        Headline(
            "uncovered", "people", uncovered[-1], whole=total, change=uncovered[-1] - uncovered[-2],
            series=uncovered, rising_is_good=False,
            target=aims.target(aim, uncovered[-1], total - start.covered),
        ),
        Headline(
            "centers", "count", today.n_open, whole=float(ground.listed.sum()), change=today.n_open - before.n_open,
            series=tuple(float(day.n_open) for day in days),
            target=aims.target(aims.of("centers.status"), today.n_open, start.n_open),
        ),
        Headline(
            "across", "people", today.across, whole=today.covered, change=today.across - before.across,
            series=tuple(day.across for day in days), rising_is_good=None,
        ),
        _reports(ground, records, aims),
    )  # fmt: skip


def _course(ground: Ground, now: NDArray[np.bool_], as_of: dt.date) -> list[Day]:
    """The same day of each month of the last year, and today; each set of open centers is reckoned once."""
    known: dict[bytes, Day] = {}
    sets = [open_on(ground.centers, day) for day in months_before(as_of, MONTHS)[:-1]]
    for is_open in (*sets, now):
        key = is_open.tobytes()
        if key not in known:
            known[key] = ground.day(is_open)
    return [known[is_open.tobytes()] for is_open in (*sets, now)]


def _reports(ground: Ground, records: Records, aims: _Aims) -> Headline:
    """Reports on time in the last week that was due, and in the weeks before."""
    states = records.punctuality
    mine = states[states["center"].isin(ground.centers["id"][ground.listed])]
    if mine.empty:
        return Headline("reports", "share", float("nan"))
    on_time = (mine["state"] == "on_time").groupby(mine["week"]).agg(["sum", "count"]).sort_index()
    course = (on_time["sum"] / on_time["count"]).tail(WEEKS)
    value = float(course.iloc[-1])
    change = value - float(course.iloc[-1 - WEEKS_AGO]) if len(course) > WEEKS_AGO else float("nan")
    return Headline(
        "reports", "share", value, float(on_time["sum"].iloc[-1]), float(on_time["count"].iloc[-1]),
        change, tuple(course), True,
        aims.level(aims.of("punctuality.on_time_share"), value),
    )  # fmt: skip


@dataclass(frozen=True, eq=False)
class _Aims:
    """Targets of the network or of a town. With centers left out, no target fits."""

    ground: Ground
    records: Records
    as_of: dt.date

    def of(self, source: str, **parameters: object) -> Indicator | None:
        """The indicator that is measured this way."""
        for indicator in self.records.indicators.values():
            given = indicator.parameters
            if indicator.source_of_values == source and all(given.get(k) == v for k, v in parameters.items()):
                return indicator
        return None

    def coverage(self, what: str, people: str) -> Indicator | None:
        """The indicator of coverage for the profile and cutoff at hand."""
        profile, minutes = self.ground.assessment.params.profile.id, self.ground.minutes
        found = self.of(f"coverage.{what}", profile=profile, cutoff_min=minutes, people=people)
        if found is None and people == ALL:
            found = self.of(f"coverage.{what}", profile=profile, cutoff_min=minutes, people=None)
        return found

    def target(self, indicator: Indicator | None, value: float, start: float, *, scale: float = 1.0) -> Target | None:
        """A level that should be reached by the end of its period; `scale` turns it into the value's unit."""
        aim, period = self._find(indicator)
        if indicator is None or not period:
            return None
        direction: Direction = "down" if indicator.direction == "down" else "up"
        found = Aim(aim * scale, "reach", direction, start, elapsed(period, self.as_of))
        return _judged(found, value, period)

    def level(self, indicator: Indicator | None, value: float) -> Target | None:
        """A percentage that should be held all the time."""
        aim, period = self._find(indicator)
        if indicator is not None and np.isnan(aim) and self.ground.scope.is_whole:
            period = str(self.as_of.year)
            aim = float(indicator.targets.get(period, np.nan))
        return _judged(Aim(aim / 100), value, period)

    def _find(self, indicator: Indicator | None) -> tuple[float, str]:
        if indicator is None or not self.ground.scope.is_whole:
            return float("nan"), ""
        scope = self.ground.scope.town or NETWORK
        for period in _periods(self.as_of):
            value = indicator.target(self.records.targets, period, scope)
            if not np.isnan(value):
                return value, period
        return float("nan"), ""


def _periods(day: dt.date) -> tuple[str, str, str]:
    """Month, quarter and year of a day."""
    return f"{day:%Y-%m}", f"{day.year}-Q{(day.month + 2) // 3}", str(day.year)


def _judged(aim: Aim, value: float, period: str) -> Target | None:
    verdict = aim.verdict(value)
    return None if verdict is None else Target(aim.target, period, verdict)


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole > 0 else float("nan")
