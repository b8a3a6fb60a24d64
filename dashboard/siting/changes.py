"""Changes: what a what-if does to today's network, and how a link writes it down. Knows no Streamlit.

    n118.91230_25.12340~mqg-03_118.90000_25.10000~cqg-05

is a new center, `qg-03` at another place, and `qg-05` closed; in the order in which they were made.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from geo.siting.scenario import NewCenter, Scenario

Kind = Literal["new", "move", "close"]

JOINT: Final = "~"
"""Between changes; it needs no percent-encoding and occurs in no id."""
MOST: Final = 30
"""Changes in one scenario: a link has to stay short enough for every browser and messenger."""
FORMAT: Final = "linli-scenario-1"
"""Names the format of a saved scenario."""

_LETTERS: Final[dict[str, Kind]] = {"n": "new", "m": "move", "c": "close"}
_PLACE: Final = re.compile(r"(-?\d{1,3}(?:\.\d{1,6})?)_(-?\d{1,2}(?:\.\d{1,6})?)")


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


def read(text: object, centers: Collection[str]) -> tuple[Change, ...] | None:
    """The changes of a link, or None where it says something else.

    Args:
        centers: ids of today's centers that a change may name.
    """
    if text is None:
        return ()
    if not isinstance(text, str):
        return None
    parts = text.split(JOINT)
    found = [_change(part, centers) for part in parts]
    named = [change.center for change in found if change is not None and change.center]
    if len(parts) > MOST or len(named) != len(set(named)):
        return None
    changes = tuple(change for change in found if change is not None)
    return changes if len(changes) == len(parts) else None


def _change(part: str, centers: Collection[str]) -> Change | None:
    kind, rest = _LETTERS.get(part[:1]), part[1:]
    if kind == "close":
        return Change(kind, rest) if rest in centers else None
    center, place = "", rest
    if kind == "move":
        center, *lonlat = rest.rsplit("_", 2)  # ids may hold the separator
        place = "_".join(lonlat)
        if center not in centers:
            return None
    match = _PLACE.fullmatch(place)
    if kind is None or match is None:
        return None
    lon, lat = float(match[1]), float(match[2])
    return Change(kind, center, (lon, lat)) if abs(lon) <= 180 and abs(lat) <= 90 else None


def with_change(changes: Sequence[Change], change: Change) -> tuple[Change, ...]:
    """One more; it takes the place of what was said of the same center before."""
    kept = [other for other in changes if not change.center or other.center != change.center]
    return (*kept, change)


def scenario(changes: Iterable[Change], name: str = "") -> Scenario:
    """The changes as the engine takes them; new centers are called `new-1`, `new-2`, … in their order."""
    changes = tuple(changes)
    new = [change.lonlat for change in changes if change.kind == "new" and change.lonlat]
    return Scenario(
        name=name,
        added=tuple(NewCenter(f"new-{i}", *lonlat) for i, lonlat in enumerate(new, start=1)),
        moved=tuple(NewCenter(c.center, *c.lonlat) for c in changes if c.kind == "move" and c.lonlat),
        closed=tuple(change.center for change in changes if change.kind == "close"),
    )


def saved(name: str, changes: Iterable[Change], **facts: object) -> bytes:
    """A scenario as a file."""
    content = {"format": FORMAT, "name": name, "changes": written(changes) or "", **facts}
    return (json.dumps(content, ensure_ascii=False, indent=2) + "\n").encode()


def opened(content: bytes, centers: Collection[str]) -> tuple[str, tuple[Change, ...]] | None:
    """Name and changes of a file that `saved` has made; None for any other, or one of other centers."""
    try:
        found: Any = json.loads(content)
    except (UnicodeDecodeError, json.JSONDecodeError):
        return None
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        return None
    changes = read(found.get("changes") or None, centers)
    return None if changes is None else (str(found.get("name", ""))[:80], changes)
