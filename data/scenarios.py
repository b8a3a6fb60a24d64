"""Scenarios: what-ifs that somebody keeps in the registry, and brings back.

A scenario holds changes and the walk under which they were made, no figures: those are computed from the data at hand.
"""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from data.registry.records import from_records, to_records
from data.tables.changes import Change, parsed, written
from data.tables.schema import SCENARIOS

if TYPE_CHECKING:
    from data.registry.store import Registry
    from data.tables.codes import Language
    from data.workspace import Workspace


@dataclass(frozen=True, slots=True)
class SavedScenario:
    """One record of the table `scenarios`.

    Attributes:
        id: never used again for another one.
        name, name_en: what people call it; most have one name only.
        changes: in the order in which they were made.
        profile, minutes: the walk under which it was saved; None where nobody says.
        made, changed: the first and the last day on which it was saved.
        workspace: `Workspace.content_id` of the data at that time.
        source: who answers for it.
        quality: as in every table.
        note: what it is for.
    """

    id: str
    name: str
    changes: tuple[Change, ...]
    profile: str | None = None
    minutes: float | None = None
    made: dt.date | None = None
    changed: dt.date | None = None
    workspace: str | None = None
    source: str | None = None
    quality: str = "approximate"
    note: str | None = None
    name_en: str | None = None

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> SavedScenario:
        """From a plain record that keeps the table's contract."""
        facts = {name: record[name] for name in SCENARIOS.names if name != "format"}
        return cls(**{**facts, "changes": parsed(record["changes"]) or ()})

    def called(self, language: Language) -> str:
        """Its name in a language."""
        return self.name_en if language == "en" and self.name_en else self.name

    @property
    def record(self) -> dict[str, Any]:
        """As the registry takes it."""
        facts = {name: getattr(self, name) for name in SCENARIOS.names if name != "format"}
        return {**facts, "changes": written(self.changes)}


def scenario_of(
    workspace: Workspace, name: str, changes: tuple[Change, ...], *, profile: str, minutes: float, who: str, note: str
) -> SavedScenario:
    """A new scenario, to be kept; made today."""
    day = today()
    return SavedScenario(
        id=f"s-{secrets.token_hex(4)}",
        name=name,
        changes=changes,
        profile=profile,
        minutes=minutes,
        made=day,
        changed=day,
        workspace=workspace.content_id,
        source=who,
        quality="synthetic" if workspace.settings.synthetic else "approximate",
        note=note or None,
    )


def today() -> dt.date:
    """The day where the server stands."""
    return dt.datetime.now().astimezone().date()


@lru_cache(maxsize=2)
def scenarios(workspace: Workspace) -> tuple[SavedScenario, ...]:
    """The scenarios of an opened workspace, the last changed first.

    Raises:
        TableFaultsError: their file has faults.
    """
    found = map(SavedScenario.of, to_records(workspace.table(SCENARIOS.name), SCENARIOS))
    by_name = sorted(found, key=lambda scenario: (scenario.name, scenario.id))
    return tuple(sorted(by_name, key=lambda scenario: scenario.changed or dt.date.min, reverse=True))


def keep(
    registry: Registry, scenario: SavedScenario, who: str, why: str, seen: SavedScenario | None = None
) -> int | None:
    """Write a scenario; the number of the change set, to take it back, None where it stood there just so.

    Args:
        seen: the record that it takes the place of, as the editor saw it; None for a new one.

    Raises:
        StaleRecordError: somebody changed it meanwhile.
        TableFaultsError: it breaks the contract.
    """
    version = None if seen is None else _version(registry, seen)
    with registry.edit(who, why) as edit:
        edit.put(SCENARIOS.name, scenario.record, version)
        return edit.change_set


def discard(registry: Registry, seen: SavedScenario, who: str, why: str) -> int | None:
    """Remove a scenario; the number of the change set, to take it back.

    Raises:
        UnknownRecordError: it is not there any more.
        StaleRecordError: somebody changed it meanwhile.
    """
    version = _version(registry, seen)
    with registry.edit(who, why) as edit:
        edit.remove(SCENARIOS.name, seen.id, version)
        return edit.change_set


def renewed(seen: SavedScenario, other: SavedScenario) -> SavedScenario:
    """What takes the place of a record: another scenario under its id and its first day, and both its names, unless it
    is called otherwise now."""
    if other.name in (seen.name, seen.name_en):
        other = replace(other, name=seen.name, name_en=seen.name_en)
    return replace(other, id=seen.id, made=seen.made)


def _version(registry: Registry, seen: SavedScenario) -> int:
    """The version of a record that somebody saw; 0, which is none, where it never stood there like that."""
    for change in registry.history(SCENARIOS.name, seen.id):
        if change.after is not None and _of_history(change.after) == seen:
            return change.version
    return 0


def _of_history(after: Mapping[str, Any]) -> SavedScenario:
    return SavedScenario.of(to_records(from_records([after], SCENARIOS), SCENARIOS)[0])
