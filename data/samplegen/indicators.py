"""Indicators and targets of the sample: what is counted, how it adds up, and what is aimed at.

Published targets are the 14 pilots of 2022 and, for 2023, a center in every community and in every village with
3,000 or more residents; how many units that is follows from the sample's modeled residents. The other targets are
synthetic, or an orientation from a national plan.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from data.samplegen.centers import MARK
from data.samplegen.facts import PUBLISHED, QUANGANG, SYNTHETIC, Unit, padded

TARGET_COLUMNS: Final = ("indicator", "scope", "period", "value", "source", "quality")
LARGE_VILLAGE: Final = 3_000
PILOTS_2022: Final = 14

_PILOTS_SOURCE: Final = "泉港区公开报道 2022：2022年14个试点 (public report: 14 pilots in 2022)"
_UNITS_SOURCE: Final = f"{MARK}；2023年目标公开，数量按示意人口算得 (target published, number from modeled residents)"
_SATISFACTION_SOURCE: Final = "2025年便民生活圈国家方案，至2030年 (national plan of 2025, by 2030)"
_VISITS_SOURCE: Final = f"{MARK}；公开的是实绩，每年40批次以上 (published as done, not as aimed at)"


@dataclass(frozen=True, slots=True)
class Indicator:
    """One declared indicator.

    Args:
        id, zh, en: name.
        unit_zh, unit_en: unit.
        direction: code of `data.tables.codes.DIRECTION`.
        over_weeks: code of `data.tables.codes.ADDING_UP`.
        over_centers: the same; empty where the network has a value of its own, as catchments overlap.
        origin: table.column that it is read from, or the computation.
        weight: what weighs a weighted mean.
        parameters: of a computation.
        targets: period → what each center should reach in it.
    """

    id: str
    zh: str
    en: str
    unit_zh: str
    unit_en: str
    direction: str
    over_weeks: str
    over_centers: str
    origin: str
    weight: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    targets: Mapping[str, int] = field(default_factory=dict)


def _weekly(
    name: str, zh: str, en: str, unit_zh: str, unit_en: str, direction: str = "up", **targets: int
) -> Indicator:
    """A count of the weekly reports; targets as y2023=…"""
    by_year = {period.removeprefix("y"): value for period, value in targets.items()}
    return Indicator(name, zh, en, unit_zh, unit_en, direction, "sum", "sum", f"weekly_reports.{name}", targets=by_year)


def _covered(profile: str, zh: str, en: str, people: str) -> Indicator:
    parameters = {"profile": profile, "cutoff_min": 15, "people": people}
    return Indicator(f"covered_share_15_{profile}", zh, en, "%", "%", "up", "last", "", "coverage.covered_share",
                     parameters=parameters)  # fmt: skip


# fmt: off
INDICATORS: Final = (
    _weekly("visits", "到访人次", "Visits", "人次", "visits", y2023=2_500),
    _weekly("matters_settled", "办结事项", "Matters settled", "件", "matters", y2023=400),
    _weekly("volunteer_sessions", "志愿服务场次", "Volunteer sessions", "场", "sessions", y2023=150),
    _weekly("activities", "活动场次", "Activities", "场", "activities", y2023=80),
    _weekly("canteen_meals", "食堂供餐", "Canteen meals", "份", "meals"),
    _weekly("study_visits", "参观学习批次", "Study visits", "批", "visits", "none"),
    _weekly("kiosk_items", "自助办理件数", "Kiosk items", "件", "items"),
    _weekly("points_earned", "积分获得", "Points earned", "分", "points"),
    _weekly("points_redeemed", "积分兑换", "Points redeemed", "分", "points", "none"),
    Indicator("satisfaction", "满意度", "Satisfaction", "%", "%", "up", "weighted_mean", "weighted_mean",
              "weekly_reports.satisfaction", weight="weekly_reports.satisfaction_answers", targets={"2023": 90}),
    _weekly("satisfaction_answers", "评价人数", "Satisfaction answers", "人", "answers", "none"),
    Indicator("reports_on_time", "周报按时率", "Reports on time", "%", "%", "up", "weighted_mean", "weighted_mean",
              "punctuality.on_time_share", weight="punctuality.due", targets={"2023": 95}),
    Indicator("centers_open", "已开放中心", "Centers open", "个", "centers", "up", "last", "sum", "centers.status",
              parameters={"status": "open"}),
    Indicator("large_units_with_center", "社区和3000人以上村已建中心数", "Communities and large villages with a center",
              "个", "units", "up", "last", "sum", "centers.home",
              parameters={"status": "open", "least_residents": LARGE_VILLAGE}),
    Indicator("milestone_days_late", "里程碑延误天数", "Milestones: days late", "天", "days", "down", "last", "mean",
              "milestones.days_late"),
    _covered("adult", "15分钟步行覆盖率（成人）", "Covered within 15 minutes (adult)", "population"),
    _covered("elderly", "15分钟步行覆盖率（60岁及以上，老人步速）",
             "Covered within 15 minutes (aged 60 and over, elderly pace)", "age_60_plus"),
    _covered("child", "15分钟步行覆盖率（0–14岁，带幼儿步速）",
             "Covered within 15 minutes (aged 0–14, with a child)", "age_0_14"),
    Indicator("residents_within_15", "15分钟步行可达居民", "Residents within 15 minutes", "人", "residents", "up",
              "last", "", "coverage.residents_within", parameters={"profile": "adult", "cutoff_min": 15}),
    Indicator("residents_uncovered_15", "15分钟未覆盖居民", "Residents not covered within 15 minutes", "人",
              "residents", "down", "last", "", "coverage.residents_uncovered",
              parameters={"profile": "adult", "cutoff_min": 15}),
)
# fmt: on

_HEAD: Final = """\
# Indicators: what is counted, how it adds up, and what is aimed at. Panels read this file.
# over_weeks, over_centers: sum, mean, weighted_mean (by `weight`) or last. Without over_centers, centers do not add
# up (catchments overlap): the network's own value counts. `from` names a table's column or a computation.
# targets: what each center should reach in a period; targets of the network, a jurisdiction or one center stand in
# the table `targets`, which goes before these.
# All targets here are synthetic.
"""


def indicators_toml() -> str:
    """The text of `indicators.toml`."""
    return "\n".join([_HEAD, *map(_section, INDICATORS)])


def _section(indicator: Indicator) -> str:
    values: dict[str, str | Mapping[str, Any]] = {
        "id": indicator.id,
        "zh": indicator.zh,
        "en": indicator.en,
        "unit_zh": indicator.unit_zh,
        "unit_en": indicator.unit_en,
        "direction": indicator.direction,
        "over_weeks": indicator.over_weeks,
        "over_centers": indicator.over_centers,
        "from": indicator.origin,
        "weight": indicator.weight,
        "parameters": indicator.parameters,
        "targets": indicator.targets,
        "source": MARK,
        "quality": SYNTHETIC,
    }
    return "\n".join(["[[indicator]]", *(f"{key} = {_value(value)}" for key, value in values.items() if value), ""])


def _value(value: str | int | Mapping[str, Any]) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{json.dumps(key)} = {_value(item)}" for key, item in value.items()) + " }"
    return json.dumps(value, ensure_ascii=False)  # JSON's strings and integers are TOML's


def large_units(units: Iterable[Unit], residents: Mapping[str, int]) -> list[str]:
    """Codes of Quangang's communities, and of its villages with 3,000 or more residents.

    A 虚拟社区 (an industrial park that statistics count as a community) is none.
    """
    return [
        unit.code
        for unit in units
        if unit.county == QUANGANG
        and (unit.name.endswith("社区居委会") or (not unit.is_community and residents[unit.code] >= LARGE_VILLAGE))
    ]


def targets(
    units: Sequence[Unit], residents: Mapping[str, int], centers: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Rows of targets."""
    due = large_units(units, residents)
    rows: list[tuple[str, str, str, int, str, str]] = [
        ("centers_open", "all", "2022", PILOTS_2022, _PILOTS_SOURCE, PUBLISHED),
        ("centers_open", "all", "2023", len({*due, *(center["home"] for center in centers)}), _UNITS_SOURCE, SYNTHETIC),
        ("large_units_with_center", "all", "2023", len(due), _UNITS_SOURCE, SYNTHETIC),
        ("satisfaction", "all", "2030", 90, _SATISFACTION_SOURCE, PUBLISHED),
        ("covered_share_15_adult", "all", "2023", 50, MARK, SYNTHETIC),
        ("study_visits", "qg-02", "2022", 40, _VISITS_SOURCE, SYNTHETIC),
        ("study_visits", "qg-02", "2023", 40, _VISITS_SOURCE, SYNTHETIC),
    ]
    for town in sorted({code[:9] for code in due}):
        count = sum(code.startswith(town) for code in due)
        rows.append(("large_units_with_center", padded(town), "2023", count, _UNITS_SOURCE, SYNTHETIC))
    return [dict(zip(TARGET_COLUMNS, row, strict=True)) for row in rows]
