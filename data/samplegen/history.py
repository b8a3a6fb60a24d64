"""The sample's history: all that its registry holds besides centers and service points.

| file | what it holds |
|---|---|
| `milestones.csv`, `rating_rules.csv`, `targets.csv` | tables by their contracts |
| `weekly_reports_before_correction.csv` | reports that were corrected, as they first came in |
| `weekly_reports.csv` | reports as they stand |
| `ratings.csv`, `emergency_roles.csv` | changes of centers: `center` and columns of the centers' contract |
| `indicators.toml` | declared indicators, which stay a file of the workspace |

A registry takes the corrected reports first and then those that stand: its history then holds the originals. Ratings
are taken in their order; `source`, `quality` and `note` there speak of the row, not of the center.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from data.samplegen.facts import read_units
from data.samplegen.files import write_table
from data.samplegen.indicators import TARGET_COLUMNS, indicators_toml, targets
from data.samplegen.milestones import MILESTONE_COLUMNS, milestones
from data.samplegen.ratings import (
    RATING_COLUMNS,
    ROLE_COLUMNS,
    RULE_COLUMNS,
    emergency_roles,
    rating_milestones,
    rating_rules,
    ratings,
)
from data.samplegen.reports import REPORT_COLUMNS, weekly_reports
from data.samplegen.settlements import village_residents


def write_history(
    folder: Path, centers: Sequence[Mapping[str, Any]], service_points: Sequence[Mapping[str, Any]]
) -> None:
    """Write the files of the history into a folder.

    Args:
        folder: where the rest of the sample lies.
        centers: rows of the centers, as written.
        service_points: rows of the service points, as written.
    """
    units = read_units()
    residents = dict(zip((unit.code for unit in units), village_residents(units), strict=True))
    reports, replaced = weekly_reports(centers, service_points, residents)
    rated = ratings(centers, reports)
    write_table(folder / "weekly_reports.csv", REPORT_COLUMNS, reports)
    write_table(folder / "weekly_reports_before_correction.csv", REPORT_COLUMNS, replaced)
    write_table(folder / "milestones.csv", MILESTONE_COLUMNS, [*milestones(centers), *rating_milestones(rated)])
    write_table(folder / "ratings.csv", RATING_COLUMNS, rated)
    write_table(folder / "rating_rules.csv", RULE_COLUMNS, rating_rules())
    write_table(folder / "emergency_roles.csv", ROLE_COLUMNS, emergency_roles(centers))
    write_table(folder / "targets.csv", TARGET_COLUMNS, targets(units, residents, centers))
    (folder / "indicators.toml").write_text(indicators_toml(), encoding="utf-8", newline="\n")
