"""Which ways may be walked: tags of OpenStreetMap in, class and flags or a reason for leaving out.

The rules are what foot routers agree on. Compared: OSMnx (`walk` filter), OSRM (`foot.lua`), Valhalla (`graph.lua`),
OpenTripPlanner (default mapper), R5 (`TraversalPermissionLabeler`); the tags are described in the OpenStreetMap wiki
under *Key:access* and *OSM tags for routing/Access restrictions*. Where they differ, or we from them:

- cycleways and bridleways are walkable unless closed, as people walk there where nothing else is; most of the
  five want a `foot` tag on them (at most 1.3 % of the edges of five extracts looked at);
- private ways are out, as in OSMnx and OSRM; Valhalla takes them at a penalty;
- a street whose sidewalks are mapped apart (`sidewalk=separate`) stays, for the side streets that end on its axis
  (OSMnx drops it); `foot=use_sidepath` says that walking there is forbidden, and takes it out;
- a sidewalk opens a motorway, motorroad or busway (as in R5), but not a way that is closed by `foot` or `access`;
- `access=destination`, `customers` and `permissive` are open: who walks to a place is its visitor;
- `oneway` is for vehicles: only `oneway:foot`, `foot:forward`, `foot:backward` and `conveying` bind walkers.

Conditional restrictions (`access:conditional`) depend on the hour and are not read.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple, Protocol

from geo.streets.table import CLASS_CODE, NO_BACKWARD, NO_FORWARD, STEPS, STRUCTURE


class Tags(Protocol):
    """Tags of an element: a dict, or pyosmium's TagList without copying it."""

    def get(self, key: str, /) -> str | None:
        """Value of a tag, or None."""


class Walkable(NamedTuple):
    """A way that may be walked.

    Attributes:
        street_class: index into `geo.streets.table.STREET_CLASSES`.
        flags: STEPS | STRUCTURE | NO_FORWARD | NO_BACKWARD, in the way's own direction.
    """

    street_class: int
    flags: int


REASONS: Final[dict[str, str]] = {
    "motor_only": "motorways, motorroads and busways that are not opened to walkers",
    "foot_no": "closed to walkers (foot=no)",
    "use_sidepath": "walkers must use the path beside it (foot=use_sidepath)",
    "private": "private",
    "military": "military",
    "no_access": "closed to everybody, or open only to a trade (access=no, forestry, delivery, …)",
    "not_built": "planned, under construction, out of use or gone",
    "not_a_street": "no street: raceways, rest areas, lifts, bus stops, …",
    "ferry": "ferries (not asked for)",
    "outside_extract": "ways with fewer than two nodes inside the extract",
    "cut_at_edge": "ways cut where they leave the extract (their inner part is kept)",
    "zero_length": "ways without length",
    "duplicate_way": "repetitions of a way in the same file",
    "blocked_node": "barriers that walkers cannot pass (the streets end at them)",
    "no_geometry": "rows without a line",
    "unknown_class": "rows whose street class is not understood (kept, as class “road”)",
}
"""Keys of `StreetTable.report`, and what they count."""

_CLASS_OF_HIGHWAY: Final[dict[str, str]] = {
    **{name: name for name in CLASS_CODE if name != "ferry"},
    **{f"{name}_link": name for name in ("trunk", "primary", "secondary", "tertiary", "residential")},
    "crossing": "footway",
    "byway": "track",
    "yes": "road",
}
_CLASS_OF_MOTOR_ONLY: Final = {
    "motorway": "trunk",
    "motorway_link": "trunk",
    "busway": "service",
    "bus_guideway": "service",
}
"""Walkable only where a tag says so, and then counted as the nearest class that there is."""
_NOT_BUILT: Final = frozenset({"construction", "proposed", "planned", "abandoned", "disused", "razed", "demolished"})
_NOT_A_STREET: Final = frozenset(
    {"raceway", "rest_area", "services", "elevator", "bus_stop", "escape", "emergency_bay", "via_ferrata", "no"}
)
KNOWN_HIGHWAYS: Final = frozenset(_CLASS_OF_HIGHWAY) | frozenset(_CLASS_OF_MOTOR_ONLY) | _NOT_BUILT | _NOT_A_STREET
"""`highway` values with a rule of their own; any other is no street."""

_OPEN: Final = frozenset({"yes", "designated", "official", "public", "permissive", "destination", "customers"})
_PRIVATE: Final = frozenset({"private", "residents", "permit"})
_CLOSED: Final = frozenset({"no", "agricultural", "forestry", "delivery", "emergency", "restricted", "license", "bus"})
"""`access` values; agricultural, forestry, private and delivery as in OSRM's foot profile."""

_SIDEWALK_KEYS: Final = ("sidewalk", "sidewalk:both", "sidewalk:left", "sidewalk:right")
_SIDEWALK_VALUES: Final = frozenset({"yes", "both", "left", "right"})
_TRUE: Final = frozenset({"yes", "true", "1"})
_REVERSE: Final = frozenset({"-1", "reverse"})
_NONE: Final = frozenset({None, "no"})

_SOLID_BARRIERS: Final = frozenset(
    {"wall", "fence", "yes", "hedge", "retaining_wall", "city_wall", "guard_rail", "jersey_barrier"}
)
"""Barriers without a way through. `yes`, `wall` and `fence` as in OSRM; the others are as closed as a wall."""


def classify_way(tags: Tags, *, ferries: bool = False) -> Walkable | str:
    """Whether a way is part of the walking network.

    `foot` beats `access`; both beat what the kind of way suggests, but no tag opens what is not there
    (construction) or no street at all (a raceway).

    Args:
        tags: tags of a way, or of a multipolygon whose rings are to be walked.
        ferries: take `route=ferry`.

    Returns:
        Class and flags, or a key of `REASONS`.
    """
    kind, motor_only = _kind(tags)
    if kind not in CLASS_CODE:
        return kind
    if kind == "ferry" and not ferries:
        return "ferry"
    foot = tags.get("foot")
    opened = foot in _OPEN
    if not opened:
        closed = _closed_to_foot(foot) or _closed_to_all(tags)
        if closed:
            return closed
        if motor_only and not any(tags.get(key) in _SIDEWALK_VALUES for key in _SIDEWALK_KEYS):
            return "motor_only"
    return Walkable(CLASS_CODE[kind], _flags(tags, kind))


def blocks_walkers(tags: Tags) -> bool:
    """Whether a barrier node cannot be passed on foot.

    Gates, bollards, stiles, turnstiles and the like are passable unless `foot` or `access` close them, or
    they are said to be locked; walls and fences are not, unless `foot` opens them.
    """
    barrier = tags.get("barrier")
    if barrier in _NONE:
        return False
    foot = tags.get("foot")
    if foot in _OPEN:
        return False
    if _closed_to_foot(foot) or barrier in _SOLID_BARRIERS:
        return True
    access = tags.get("access")
    return access in _PRIVATE or access in _CLOSED or access == "military" or tags.get("locked") == "yes"


def in_order(report: Mapping[str, int]) -> dict[str, int]:
    """Counts by reason in the order of `REASONS`, without zeros."""
    return {reason: report[reason] for reason in REASONS if report.get(reason)}


def in_words(report: Mapping[str, int]) -> str:
    """What was left out, to follow a count of what was found; empty if nothing was."""
    listing = "; ".join(f"{count} {REASONS[reason]}" for reason, count in in_order(report).items())
    return f", left out: {listing}" if listing else ""


def _kind(tags: Tags) -> tuple[str, bool]:
    """(class name, needs to be opened by a tag), or (reason, False)."""
    highway = tags.get("highway")
    if highway is None:
        if tags.get("route") == "ferry":
            return "ferry", False
        if "platform" in (tags.get("railway"), tags.get("public_transport")):
            return "platform", False
        return "not_a_street", False
    if ";" in highway:  # two values, as after joining ways: the first that is known
        highway = next((value for value in highway.split(";") if value in _CLASS_OF_HIGHWAY), highway)
    if highway in _CLASS_OF_HIGHWAY:
        return _CLASS_OF_HIGHWAY[highway], tags.get("motorroad") == "yes"
    if highway in _CLASS_OF_MOTOR_ONLY:
        return _CLASS_OF_MOTOR_ONLY[highway], True
    return ("not_built" if highway in _NOT_BUILT else "not_a_street"), False


def _closed_to_foot(foot: str | None) -> str | None:
    if foot is None:
        return None
    if foot in _PRIVATE:
        return "private"
    if foot in ("use_sidepath", "military"):
        return foot
    return "foot_no" if foot in _CLOSED else None


def _closed_to_all(tags: Tags) -> str | None:
    access = tags.get("access")
    if access == "military" or tags.get("military") not in _NONE:
        return "military"
    if access in _PRIVATE or tags.get("service") == "private":
        return "private"
    return "no_access" if access in _CLOSED else None


def _flags(tags: Tags, kind: str) -> int:
    flags = STEPS if kind == "steps" else 0
    if kind == "ferry" or tags.get("bridge") not in _NONE or tags.get("tunnel") not in _NONE:
        flags |= STRUCTURE
    oneway = tags.get("oneway:foot")
    conveying = tags.get("conveying")
    if oneway is None and conveying == "yes":  # an escalator runs the way its oneway tag says
        oneway = tags.get("oneway")
    if oneway in _TRUE or conveying == "forward" or tags.get("foot:backward") == "no":
        flags |= NO_BACKWARD
    if oneway in _REVERSE or conveying == "backward" or tags.get("foot:forward") == "no":
        flags |= NO_FORWARD
    return flags
