"""Changes: what a what-if does to a network of centers, and how a table, a file and a link write it down.

    n118.91230_25.12340~mqg-03_118.90000_25.10000~cqg-05

is a new center, `qg-03` at another place, and `qg-05` closed; in the order in which they were made.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

Kind = Literal["new", "move", "close"]

JOINT: Final = "~"
"""Between changes; it needs no percent-encoding and occurs in no id."""
MOST: Final = 30
"""Changes in one what-if: a link has to stay short enough for every browser and messenger."""
FORMAT: Final = "linli-scenario-1"
"""Names this way of writing, for the day when there is another."""

_CENTER: Final = r"[\w.\-]+"
_LON: Final = r"-?(?:(?:1[0-7]\d|\d{1,2})(?:\.\d{1,6})?|180(?:\.0{1,6})?)"
_LAT: Final = r"-?(?:[0-8]?\d(?:\.\d{1,6})?|90(?:\.0{1,6})?)"
_CHANGE: Final = rf"(?:n{_LON}_{_LAT}|m{_CENTER}_{_LON}_{_LAT}|c{_CENTER})"

CHANGES_PATTERN: Final = rf"{_CHANGE}(?:{JOINT}{_CHANGE}){{0,{MOST - 1}}}"
"""Everything that it lets in can be read."""

_KINDS: Final[dict[str, Kind]] = {"n": "new", "m": "move", "c": "close"}
_WHOLE: Final = re.compile(CHANGES_PATTERN)


@dataclass(frozen=True, slots=True)
class Change:
    """One change: a new center at a place, one of today's at another place, or one that closes.

    Attributes:
        center: id of one of today's centers; "" for a new one.
        lonlat: degrees (WGS-84); None where a center closes.
    """

    kind: Kind
    center: str = ""
    lonlat: tuple[float, float] | None = None

    @property
    def text(self) -> str:
        """As a link has it."""
        place = "" if self.lonlat is None else f"{self.lonlat[0]:.5f}_{self.lonlat[1]:.5f}"
        return self.kind[0] + (f"{self.center}_{place}" if self.kind == "move" else self.center or place)


def written(changes: Iterable[Change]) -> str | None:
    """Changes as a link has them; None for none."""
    return JOINT.join(change.text for change in changes) or None


def parsed(text: str) -> tuple[Change, ...] | None:
    """The changes that a text says; None for any other text. What is said last of a center counts."""
    if not _WHOLE.fullmatch(text):
        return None
    changes: tuple[Change, ...] = ()
    for part in text.split(JOINT):
        changes = with_change(changes, _change(_KINDS[part[0]], part[1:]))
    return changes


def _change(kind: Kind, rest: str) -> Change:
    if kind == "close":
        return Change(kind, rest)
    *center, lon, lat = rest.rsplit("_", 2)  # ids may hold the separator
    return Change(kind, "".join(center), (float(lon), float(lat)))


def with_change(changes: Sequence[Change], change: Change) -> tuple[Change, ...]:
    """One more; it takes the place of what was said of the same center before."""
    kept = [other for other in changes if not change.center or other.center != change.center]
    return (*kept, change)
