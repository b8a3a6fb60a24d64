"""Choice: something that a person chooses, and how a URL says it.

A choice is the id of what was chosen, never its label: a link means the same in both languages. Choices that stand
at their default are left out of the URL.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeGuard

SEPARATOR: Final = "."
"""Between the values of a choice of several; it needs no percent-encoding."""

_PLACE: Final = re.compile(r"(-?\d{1,3}(?:\.\d{1,6})?)_(-?\d{1,2}(?:\.\d{1,6})?)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Choice:
    """One choice: its key in state and URL, what may be chosen, and what is chosen at first.

    Attributes:
        default: an option, None where nothing is chosen at first, or a tuple where several may be.
    """

    key: str
    options: Sequence[str]
    default: str | tuple[str, ...] | None

    def allows(self, value: object) -> bool:
        """Whether a value may stand: the workspace may have changed under a session."""
        if isinstance(self.default, tuple):
            return isinstance(value, list) and all(item in self.options for item in value)
        return value in self.options or (value is None and self.default is None)

    def read(self, url: Mapping[str, str]) -> str | list[str] | None:
        """The value in a URL; the default where the URL is silent or says something unknown."""
        text = url.get(self.key)
        if isinstance(self.default, tuple):
            values = self.default if text is None else text.split(SEPARATOR)
            return [value for value in self.options if value in values]
        return text if text in self.options else self.default

    def write(self, value: str | Sequence[str] | None) -> str | None:
        """The text in the URL; None for the default."""
        if isinstance(self.default, tuple):
            chosen = tuple(option for option in self.options if option in (value or ()))
            return None if chosen == self.default else SEPARATOR.join(chosen)
        return None if value is None or value == self.default else str(value)


@dataclass(frozen=True, slots=True)
class WrittenChoice(Choice):
    """A choice that is written out: whatever a form accepts, or its default."""

    accepts: Callable[[str], bool]

    def allows(self, value: object) -> bool:
        """Whether a value has the form."""
        return value == self.default or (isinstance(value, str) and self.accepts(value))

    def read(self, url: Mapping[str, str]) -> str | list[str] | None:
        """The value in a URL; the default where it has another form."""
        text = url.get(self.key)
        return text if text is not None and self.accepts(text) else Choice.read(self, {})


class PlaceChoice(Choice):
    """A place on the map: longitude and latitude, joined by `_`."""

    def allows(self, value: object) -> bool:
        """Whether a value is a place."""
        return value is None or is_place(value)

    def read(self, url: Mapping[str, str]) -> str | None:
        """The place in a URL, or None."""
        text = url.get(self.key)
        return text if self.allows(text) else None


@dataclass(frozen=True, slots=True)
class ScenarioChoice(Choice):
    """A saved scenario. In a link it stands for the choices that it holds, unless the link says otherwise.

    Attributes:
        held: the choices that a scenario holds, as a URL has them.
    """

    held: Callable[[str], Mapping[str, str]]

    def spelled_out(self, url: Mapping[str, str]) -> dict[str, str]:
        """A URL with what its scenario stands for."""
        found = url.get(self.key, "")
        return {**(self.held(found) if found in self.options else {}), **url}

    def shortened(self, url: Mapping[str, str], offered: Sequence[Choice]) -> dict[str, str]:
        """A URL without what its scenario stands for; what differs from it is said, also where it is a default."""
        short = dict(url)
        defaults = {choice.key: choice.default for choice in offered if isinstance(choice.default, str)}
        for key, text in self.held(url[self.key]).items() if self.key in url else ():
            said = url.get(key, defaults.get(key))
            if said is None:  # without its changes it is no scenario any more
                return {name: value for name, value in url.items() if name != self.key}
            short[key] = said
            if said == text:
                del short[key]
        return short


def is_place(value: object) -> TypeGuard[str]:
    """Whether a value is a place as a choice has it, on this globe."""
    found = _PLACE.fullmatch(value) if isinstance(value, str) else None
    return found is not None and abs(float(found[1])) <= 180 and abs(float(found[2])) <= 90


def place_text(lonlat: tuple[float, float]) -> str:
    """A place as a choice."""
    return f"{lonlat[0]:.5f}_{lonlat[1]:.5f}"


def place_of(text: str | None) -> tuple[float, float] | None:
    """The place of a choice: longitude, latitude."""
    if text is None:
        return None
    lon, lat = text.split("_")
    return float(lon), float(lat)
