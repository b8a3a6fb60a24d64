"""Conflicts: the demands that the engine names when they cannot hold together, each told apart by its form.

Knows no Streamlit. The engine names demands in English (`ConflictingRulesError`); towns go by their codes there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

JOINT: Final = "; "
EXISTING: Final = "today's centers"
"""What a spacing may conflict with besides other demands."""

_NUMBER: Final = r"[\d.,e+-]+"
_FORMS: Final[dict[str, str]] = {
    "count": r"at most (?P<count>\d+) new site\(s\)",
    "large": rf"at least (?P<count>\d+) in villages of (?P<residents>{_NUMBER}) residents or more",
    "least": r"at least (?P<count>\d+) in (?P<town>.+)",
    "most": r"at most (?P<count>\d+) in (?P<town>.+)",
    "budget": rf"a budget of (?P<total>{_NUMBER})",
    "spacing": rf"a spacing of (?P<meters>{_NUMBER}) m",
    "target": rf"(?P<share>{_NUMBER}) of all residents (?:covered|served)(?: \(only (?P<can>{_NUMBER}) are.*)?",
    "floor": rf"(?P<share>{_NUMBER}) of (?P<town>.+?) (?:covered|served)(?: \(only (?P<can>{_NUMBER}) can be\))?",
    "capacity": r"the capacity of the sites",
    "everyone": r"everyone in reach served(?: within .+ minutes)?",
    "existing": EXISTING,
}
"""Kind of demand → how the engine writes it; the first that fits."""


@dataclass(frozen=True, slots=True)
class Demand:
    """A demand in a conflict.

    Attributes:
        kind: key of `_FORMS`; "other" for one that is not known here.
        facts: what its sentence says: count, town, share, can, total, meters, or its own words.
    """

    kind: str
    facts: Mapping[str, str] = field(default_factory=dict)


def demands(conflict: object) -> list[Demand]:
    """The demands of a conflict, in the engine's order, each once.

    Args:
        conflict: the fact of that name of a `ConflictingRulesError`.
    """
    return [_demand(name) for name in dict.fromkeys(str(conflict).split(JOINT)) if name]


def _demand(name: str) -> Demand:
    for kind, form in _FORMS.items():
        found = re.fullmatch(form, name)
        if found is not None:
            return Demand(kind, {key: value for key, value in found.groupdict().items() if value is not None})
    return Demand("other", {"words": name})
