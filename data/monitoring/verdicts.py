"""Verdicts: how a figure stands against its target. The one rule of every page.

Three kinds of aims, each of which may point up or down:

- `reach`, a level that should get from where it began to the target by the due day. Asked for by now:
  start + τ (target − start). Close: at least NEAR of that progress.
- `sum`, what adds up from 0 until the due day, such as visits. Asked for: τ target. Close: at least NEAR of that.
  Pointing down, such as complaints, the target is a limit: close is what runs ahead of the calendar, but not beyond it.
- `hold`, a level that should be kept all the time, such as satisfaction. Asked for: the target. Close: missed by no
  more than a twentieth (CLOSE).

τ is the share of the time gone by (`elapsed`). On target: what is asked for by now is there, or the target itself.
A level that began beyond its target has nothing to reach: it is held.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

NEAR: Final = 0.5
"""Close: at least this share of the progress that the calendar asks for; an assumption."""
CLOSE: Final = 0.95
"""Close: at least this share of a level that should be held; pointing down, the target at least this share of the
value. An assumption."""

Verdict = Literal["on", "close", "behind"]
Kind = Literal["reach", "sum", "hold"]
Direction = Literal["up", "down"]


@dataclass(frozen=True, slots=True)
class Aim:
    """What is aimed at.

    Attributes:
        target: the value aimed at, in the figure's unit; NaN where nothing is.
        kind: see above.
        direction: whether more is better.
        start: the value when the time began, of a level to reach.
        elapsed: share of the time until the due day that has gone by, 0 to 1.
    """

    target: float
    kind: Kind = "hold"
    direction: Direction = "up"
    start: float = 0.0
    elapsed: float = 1.0

    @property
    def expected(self) -> float:
        """What the calendar asks for by now."""
        if self.kind == "hold" or self._began_beyond:
            return self.target
        start = 0.0 if self.kind == "sum" else self.start
        return start + self.elapsed * (self.target - start)

    def verdict(self, value: float) -> Verdict | None:
        """How a value stands; None where it or the target is not known."""
        if np.isnan(value) or np.isnan(self.expected):
            return None
        limit = self.kind == "sum" and self.direction == "down"  # the target is the most that may come together
        if self._reaches(value, self.expected) or (not limit and self._reaches(value, self.target)):
            return "on"
        return "close" if self._reaches(value, self._least) else "behind"

    @property
    def _least(self) -> float:
        """The value from which on it is close."""
        if self.kind == "sum":
            return NEAR * self.expected if self.direction == "up" else self.target
        if self.kind == "hold" or self._began_beyond:
            return self.target * CLOSE if self.direction == "up" else self.target / CLOSE
        return self.start + NEAR * (self.expected - self.start)

    @property
    def _began_beyond(self) -> bool:
        return self.kind == "reach" and self._reaches(self.start, self.target)

    def _reaches(self, value: float, bound: float) -> bool:
        return bool(value >= bound if self.direction == "up" else value <= bound)


def due_day(period: str) -> dt.date:
    """The last day of a period: 2023, 2023-Q2 or 2023-06."""
    year, _, part = period.partition("-")
    month = 12 if not part else 3 * int(part[1]) if part.startswith("Q") else int(part)
    following = dt.date(int(year) + month // 12, month % 12 + 1, 1)
    return following - dt.timedelta(days=1)


def elapsed(period: str, day: dt.date) -> float:
    """Share that has gone by, with a day, of the time from the beginning of the year to the end of a period in it."""
    began, due = dt.date(int(period[:4]) - 1, 12, 31), due_day(period)
    return min((day - began).days / (due - began).days, 1.0)
