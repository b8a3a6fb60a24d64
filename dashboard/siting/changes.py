"""Changes on the page: those of a link or a file that can be made to today's centers. Knows no Streamlit."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from typing import Any, Final

from data.tables.changes import FORMAT, Change, parsed, written
from geo.siting.scenario import NewCenter, Scenario

MAX_NAME: Final = 60
"""Letters of a scenario's name."""


def read(text: object, centers: Collection[str]) -> tuple[Change, ...] | None:
    """The changes of a link, or None where it says something else.

    Args:
        centers: ids of today's centers that a change may name.
    """
    if text is None:
        return ()
    changes = parsed(text) if isinstance(text, str) else None
    return changes if changes is not None and len(makeable(changes, centers)) == len(changes) else None


def makeable(changes: Iterable[Change], centers: Collection[str]) -> tuple[Change, ...]:
    """The changes that can be made: those that name no center, or one of today's."""
    return tuple(change for change in changes if not change.center or change.center in centers)


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
    return None if changes is None else (str(found.get("name", ""))[:MAX_NAME], changes)
