"""Indicators: what is measured, declared in the workspace's `indicators.toml` and not in code.

    [[indicator]]
    id = "satisfaction"
    zh = "满意度"
    en = "Satisfaction"
    unit_zh = "%"
    unit_en = "%"
    direction = "up"                                  # up, down or none
    over_weeks = "weighted_mean"                      # sum, mean, weighted_mean or last
    over_centers = "weighted_mean"                    # left out: centers do not add up
    from = "weekly_reports.satisfaction"              # a table's column, or a computation (data.monitoring.measures)
    weight = "weekly_reports.satisfaction_answers"    # for weighted_mean
    parameters = { }                                  # of a computation
    targets = { "2023" = 90 }                         # of each center; the table `targets` goes before these
    source = "…"
    quality = "published"

Values come as observations: columns center, week, value and, where something is weighed, weight. Weeks count in the
month, quarter and year of their Thursday, as ISO 8601 counts years.
"""

from __future__ import annotations

import datetime as dt
import math
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from data.monitoring.reports import monday
from data.tables.codes import ADDING_UP, DIRECTION, QUALITY, CodeList, Language, Words, listed
from data.tables.faults import TableFault, fault, raise_on_errors
from data.tables.schema import WEEKLY_REPORTS
from geo.errors import DamagedFileError

PERIOD: Final = re.compile(r"\d{4}(-(Q[1-4]|(0[1-9]|1[0-2])))?")
NETWORK: Final = "all"
"""Scope of a target for the whole network."""

CHOICES: Final[dict[str, CodeList]] = {
    "direction": DIRECTION,
    "over_weeks": ADDING_UP,
    "over_centers": ADDING_UP,
    "quality": QUALITY,
}
REPORTS: Final = "weekly_reports."
COUNTED: Final = tuple(
    f"{REPORTS}{column.name}" for column in WEEKLY_REPORTS.columns if column.kind in ("integer", "number")
)
"""What can be measured of the weekly reports, or weigh it."""

_TEXT: Final = (str, Words("请写带引号的文字", "Write text in quotes"))
_SECTION: Final = (dict, Words('请写成 { "2023" = 90 } 的样子', 'Write it like { "2023" = 90 }'))
FORMS: Final[dict[str, tuple[type, Words]]] = {
    **dict.fromkeys(("id", "zh", "en", "unit_zh", "unit_en", "direction", "over_weeks", "from", "weight"), _TEXT),
    **dict.fromkeys(("over_centers", "source", "quality"), _TEXT),
    **dict.fromkeys(("parameters", "targets"), _SECTION),
}
NEEDED: Final = ("id", "zh", "en", "direction", "over_weeks", "from")


@dataclass(frozen=True)
class Indicator:
    """One declared indicator.

    Attributes:
        id: its key.
        zh: its name in Chinese.
        en: its name in English.
        source_of_values: `table.column` or a computation of `data.monitoring.measures`.
        direction: whether more is better: `up`, `down` or `none`.
        over_weeks: how a center's weeks add up.
        over_centers: how centers add up, which the page Methods tells; None where they do not.
        unit_zh: its unit in Chinese.
        unit_en: its unit in English.
        weight: where the weights of a weighted mean come from.
        parameters: of a computation.
        targets: period (2023, 2023-Q2, 2023-06) → value that each center should reach.
        source: where the declaration comes from.
        quality: how sure its targets are.
    """

    id: str
    zh: str
    en: str
    source_of_values: str
    direction: str
    over_weeks: str
    over_centers: str | None = None
    unit_zh: str = ""
    unit_en: str = ""
    weight: str | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    targets: Mapping[str, float] = field(default_factory=dict)
    source: str = ""
    quality: str = "approximate"

    def name(self, language: Language) -> str:
        """Its name."""
        return self.zh if language == "zh" else self.en

    def unit(self, language: Language) -> str:
        """Its unit."""
        return self.unit_zh if language == "zh" else self.unit_en

    def target(self, targets: pd.DataFrame, period: str, scope: str = NETWORK) -> float:
        """What the table of targets aims at; NaN where nothing is.

        Args:
            targets: typed by `data.tables.schema.TARGETS`.
            period: 2023, 2023-Q2 or 2023-06.
            scope: `all`, a jurisdiction's code or a center's id.
        """
        hit = (targets["indicator"] == self.id) & (targets["scope"] == scope) & (targets["period"] == period)
        return float(targets.loc[hit, "value"].iloc[0]) if hit.any() else float("nan")

    def center_target(self, targets: pd.DataFrame, period: str, center: str) -> float:
        """What one center should reach: by the table, else as declared for each; NaN where nothing is aimed at."""
        own = self.target(targets, period, center)
        return float(self.targets.get(period, np.nan)) if np.isnan(own) else own


def read_indicators(path: Path) -> dict[str, Indicator]:
    """Indicators by id, in the file's order; none where there is no file.

    Raises:
        DamagedFileError: it is not TOML.
        TableFaultsError: declarations have faults; all of them are listed.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DamagedFileError(path=path, kind="TOML indicators", reason=error) from error
    faults: list[TableFault] = []
    found: dict[str, Indicator] = {}
    first: dict[str, int] = {}
    sections = content.get("indicator", [])
    if not isinstance(sections, list) or not all(isinstance(section, dict) for section in sections):
        raise_on_errors(str(path), [fault("not_a_section", "indicator", value=sections, name="indicator")])
    for row, section in enumerate(sections, start=1):
        wrong = _faults(row, section)
        name = str(section.get("id", ""))
        if name in first:
            wrong.append(fault("duplicate", "id", row=row, value=name, first=first[name]))
        first.setdefault(name, row)
        faults += wrong
        if not wrong:
            found[name] = _indicator(section)
    raise_on_errors(str(path), faults)
    return found


def in_period(weeks: pd.Series[str], period: str) -> pd.Series[bool]:
    """Which weeks belong to a period: 2023, 2023-Q2 or 2023-06."""
    return weeks.map(lambda week: period in periods_of(week)).astype(bool)


@lru_cache(maxsize=4096)
def periods_of(week: str) -> tuple[str, str, str]:
    """Year, quarter and month that a week counts in."""
    thursday = monday(week) + dt.timedelta(days=3)
    year, month = thursday.year, thursday.month
    return f"{year}", f"{year}-Q{(month + 2) // 3}", f"{year}-{month:02d}"


def added_up(rows: pd.DataFrame, groups: pd.Series[Any], how: str) -> pd.Series[float]:
    """Observations added up by group: float64, indexed by group; NaN where nothing is known."""
    values = rows["value"].astype("float64")
    if how == "weighted_mean":
        weights = rows["weight"].astype("float64").where(values.notna())
        total = weights.groupby(groups).sum(min_count=1).replace(0.0, np.nan)
        return (values * weights).groupby(groups).sum(min_count=1) / total
    grouped = values.groupby(groups)
    if how == "sum":
        return grouped.sum(min_count=1)
    return grouped.mean() if how == "mean" else grouped.last()


def _indicator(section: Mapping[str, Any]) -> Indicator:
    plain = ("id", "zh", "en", "unit_zh", "unit_en", "direction", "over_weeks", "over_centers", "weight")
    options = {key: section[key] for key in (*plain, "parameters", "source", "quality") if key in section}
    targets = {period: float(value) for period, value in section.get("targets", {}).items()}
    return Indicator(source_of_values=section["from"], targets=targets, **options)


def _faults(row: int, section: Mapping[str, Any]) -> list[TableFault]:
    faults = [fault("empty", key, row=row) for key in NEEDED if not section.get(key)]
    for key, (kind, form) in FORMS.items():
        if not isinstance(section.get(key, kind()), kind):
            faults.append(fault("bad_pattern", key, row=row, value=section[key], expected=form))
    if any(found.code == "bad_pattern" for found in faults):
        return faults
    for key, codes in CHOICES.items():
        value = section.get(key)
        if value is not None and value not in codes:
            faults.append(fault("not_in_codes", key, row=row, value=value, expected=listed(codes.ids)))
    weighs = "weighted_mean" in (section.get("over_weeks"), section.get("over_centers"))
    if weighs and not section.get("weight"):
        faults.append(fault("empty", "weight", row=row))
    if section.get("from", "").startswith(REPORTS):
        strange = {key: section[key] for key in ("from", "weight") if (section.get(key) or COUNTED[0]) not in COUNTED}
        faults += [fault("not_in_codes", k, row=row, value=v, expected=listed(COUNTED)) for k, v in strange.items()]
    return faults + _target_faults(row, section.get("targets", {}))


def _target_faults(row: int, targets: Mapping[str, Any]) -> list[TableFault]:
    faults = []
    for period, value in targets.items():
        if not PERIOD.fullmatch(period):
            forms = listed(("2023", "2023-Q2", "2023-06"))
            faults.append(fault("bad_pattern", "targets", row=row, value=period, expected=forms))
        if isinstance(value, bool) or not isinstance(value, int | float):
            faults.append(fault("not_a_number", "targets", row=row, value=value))
        elif not math.isfinite(value):
            faults.append(fault("not_finite", "targets", row=row, value=value))
    return faults
