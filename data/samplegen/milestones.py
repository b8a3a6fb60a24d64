"""Milestones of the 14 pilots from the choice of the site to the opening: planned and actual days, all synthetic.

Published is that 东张 was built from November 2021 to January 2022, and that all 14 were planned for 2022.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, Final

from data.samplegen.centers import MARK
from data.samplegen.facts import SYNTHETIC
from data.samplegen.noise import Dice

MILESTONE_COLUMNS: Final = ("id", "center", "kind", "planned", "done", "source", "quality", "note")

STAGES: Final = (
    ("site_chosen", "", 0),
    ("other", "设计完成 Design", 21),
    ("construction_start", "", 14),
    ("fit_out", "", 45),
    ("other", "设备进场 Equipment", 14),
    ("acceptance", "", 7),
    ("other", "试运行 Trial operation", 7),
    ("opening", "", 10),
)
"""Kind, name where the code list has none, and planned days after the stage before."""

REACHED: Final = {"open": len(STAGES), "building": 4, "planned": 1}
"""How many stages a center of each status has behind it."""
PLANNED_OPENING: Final = {"qg-13": "2022-12-23", "qg-14": "2022-12-30"}
"""Of centers that are not open: the first of the two-step targets says 2022."""

BUILT: Final = "qg-02"
DELAYS: Final[dict[str, dict[int, int]]] = {
    BUILT: {},
    "qg-12": {2: 12, 3: 65},
    "qg-13": {1: 35, 3: 112},
    "qg-14": {0: 180},
}
"""Days lost by stage where they are told; elsewhere the dice say."""


def delays(center: str, key: int) -> list[int]:
    """Days that each stage takes longer than planned: mostly none."""
    told = DELAYS.get(center)
    if told is not None:
        return [told.get(stage, 0) for stage in range(len(STAGES))]
    dice, lost = Dice(111, key), []
    for _ in STAGES:
        chance = dice.below(100)
        lost.append(0 if chance < 70 else 1 + dice.below(5) if chance < 92 else 6 + dice.below(15))
    return lost


def milestones(centers: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Rows of milestones, each center's in the order of its stages."""
    rows = []
    for key, center in enumerate(centers):
        lost = delays(center["id"], key)
        if center["opened"]:
            opening = dt.date.fromisoformat(center["opened"]) - dt.timedelta(days=sum(lost))
        else:
            opening = dt.date.fromisoformat(PLANNED_OPENING[center["id"]])
        for stage, (kind, name, _) in enumerate(STAGES):
            planned = opening - dt.timedelta(days=sum(days for _, _, days in STAGES[stage + 1 :]))
            done = planned + dt.timedelta(days=sum(lost[: stage + 1]))
            rows.append(
                {
                    "id": f"{center['id']}-m{stage + 1}",
                    "center": center["id"],
                    "kind": kind,
                    "planned": planned.isoformat(),
                    "done": done.isoformat() if stage < REACHED[center["status"]] else "",
                    "source": _source(center["id"], kind),
                    "quality": SYNTHETIC,
                    "note": name,
                }
            )
    return rows


def _source(center: str, kind: str) -> str:
    if center == BUILT and kind in ("construction_start", "opening"):
        return f"{MARK}；年月公开，日为示意 (Fujian Daily 2022-02-16: month published, day synthetic)"
    return MARK
