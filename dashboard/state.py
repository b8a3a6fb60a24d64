"""The choices of a session, and their copy in the URL.

A choice is the id of what was chosen, never its label: a link means the same in both languages. Choices that stand
at their default are left out of the URL. They are kept from page to page, also those that a page does not show.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final, TypeGuard

import streamlit as st

from dashboard.figures import minutes
from dashboard.i18n import LANGUAGES, from_locale
from dashboard.overview.layers import SHADES, TONES
from dashboard.overview.scope import COLUMNS, Scope, values_of
from dashboard.sharing.sharing import CREDITS
from dashboard.siting.changes import makeable
from dashboard.siting.changes import read as read_changes
from dashboard.siting.rules import is_amount, read_quotas, read_weights, written_weights
from data.monitoring.peers import KINDS as PEERS
from data.scenarios import scenarios
from data.tables.changes import written
from data.tables.codes import Language
from data.workspace import Workspace
from geo.coverage.jurisdiction import LEVELS
from geo.coverage.report import SHAREABLE
from geo.coverage.supply import SERVICES
from geo.people.residents import AGE_GROUPS

SEPARATOR: Final = "."
"""Between the values of a choice of several; it needs no percent-encoding."""

LAYERS: Final = ("catchments", "streets", "names")
SECTIONS: Final = ("indicators", "reports", "timeline", "around", "pictures")
"""Of the panel of a center."""
PARTS: Final = ("tables", "import", "reports", "history", "backup")
"""Of the page Data."""
SHOWN: Final = ("catchments", "uncovered", "overlap", "services", "joint", "streets", "names")
SHOWN_AT_FIRST: Final = ("catchments", "uncovered", "streets", "names")
"""Layers of the overview's map."""
TOPICS: Final = ("worth", "ledger", "gaps", "options", "supply", "equity")
"""Of the page Sharing."""
DRAWN: Final = ("divided", "flows", "gaps", "streets", "names")
DRAWN_AT_FIRST: Final = ("divided", "flows", "streets", "names")
"""Layers of its map."""
TASKS: Final = ("whatif", "best", "curve")
"""Of the page Siting."""
GOALS: Final = ("cover", "fewest", "mean", "worst")
"""What the best new sites are the best in."""
ANY_COUNT: Final = "any"
"""As many as the budget allows."""
COUNTS: Final = (*(str(n) for n in range(1, 31)), ANY_COUNT)
TARGETS: Final = ("80", "90", "95", "100")
"""Percent of the residents whom any site can cover."""
CANDIDATES: Final = ("large", "villages", "communities", "streets", "file")
EVERY_M: Final = ("100", "150", "200", "300", "500", "800", "1000")
"""How far apart candidates along streets are."""
AMOUNTS: Final = ("apart", "budget", "price", "room")
"""Of the rules of siting: least distance (m), money, money for a center, residents whom a center can serve."""
OWN_WEIGHTS: Final = "own"
WEIGHTS: Final = ("all", "elders_twice", "elders", "children", OWN_WEIGHTS)
"""Who counts."""
LEAST_SHARES: Final = ("0", "30", "40", "50", "60", "70", "80")
"""Percent that each town should have covered at least."""
EVEN_WEIGHTS: Final = written_weights(1.0 for _ in AGE_GROUPS)
"""Of the age groups, where they are chosen one by one."""
GIVEN: Final = ("open", "committed")
"""Centers that stand in every answer: the open ones, or also those that are being built or planned."""
DRAWN_FOR_SITING: Final = ("catchments", "uncovered", "streets", "names")
TOGETHER: Final = ("pair", "group")
"""How many communities share a place."""
TABLES: Final = ("centers", "towns", "places")
"""Twins of the overview's map."""

_PUBLISHED: Final = "url_as_published"
_WRITTEN: Final = "choices_as_published"
_PAGE: Final = "page_as_restored"
LOOKS: Final = "looks"
"""How often the map was asked to look at a place."""
_DIGEST: Final = re.compile(r"[0-9a-f]{12}")
_PLACE: Final = re.compile(r"-?\d{1,3}(\.\d{1,6})?_-?\d{1,2}(\.\d{1,6})?")


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


class ChangesChoice(Choice):
    """The changes of a what-if (`dashboard.siting.changes`); its options are today's open centers."""

    def allows(self, value: object) -> bool:
        """Whether a value says changes that can be made."""
        return read_changes(value, self.options) is not None

    def read(self, url: Mapping[str, str]) -> str | None:
        """The changes in a URL, or None."""
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
    """Whether a value is a place as a choice has it."""
    return isinstance(value, str) and _PLACE.fullmatch(value) is not None


def place_text(lonlat: tuple[float, float]) -> str:
    """A place as a choice."""
    return f"{lonlat[0]:.5f}_{lonlat[1]:.5f}"


def look_at(lonlat: tuple[float, float]) -> None:
    """Make the map look at a place, also where it was asked to before."""
    st.session_state["at"] = place_text(lonlat)
    st.session_state[LOOKS] = st.session_state.get(LOOKS, 0) + 1


def place_of(text: str | None) -> tuple[float, float] | None:
    """The place of a choice: longitude, latitude."""
    if text is None:
        return None
    lon, lat = text.split("_")
    return float(lon), float(lat)


def language_choice(default: Language = "zh") -> Choice:
    """The language: the browser's, unless it says nothing."""
    locale = st.context.locale
    return Choice("lang", LANGUAGES, from_locale(locale) if locale else default)


def choices(workspace: Workspace) -> tuple[Choice, ...]:
    """All choices that a workspace offers."""
    settings = workspace.settings
    cutoffs = [minutes(value) for value in settings.cutoffs.minutes]
    profiles = [profile.id for profile in settings.profiles]
    return (
        language_choice(settings.default_language),
        Choice("profile", profiles, profiles[0]),
        Choice("minutes", cutoffs, cutoffs[-1]),
        Choice("site", workspace.centers["id"].tolist(), None),
        Choice("layers", LAYERS, LAYERS),
        Choice("section", SECTIONS, SECTIONS[0]),
        Choice("peers", PEERS, PEERS[0]),
        Choice("part", PARTS, PARTS[0]),
        Choice("show", SHOWN, SHOWN_AT_FIRST),
        Choice("shade", SHADES, None),
        Choice("tone", TONES, TONES[0]),
        Choice("table", TABLES, TABLES[0]),
        PlaceChoice("at", (), None),
        Choice("town", towns(workspace), None),
        Choice("service", SERVICES, None),
        Choice("topic", TOPICS, TOPICS[0]),
        Choice("level", LEVELS, "town"),
        Choice("credit", CREDITS, CREDITS[0]),
        Choice("drawn", DRAWN, DRAWN_AT_FIRST),
        Choice("need", SHAREABLE, SHAREABLE[0]),
        Choice("together", TOGETHER, TOGETHER[0]),
        Choice("task", TASKS, TASKS[0]),
        ChangesChoice("changes", open_centers(workspace), None),
        ScenarioChoice("scenario", [found.id for found in scenarios(workspace)], None, partial(held_by, workspace)),
        Choice("goal", GOALS, GOALS[0]),
        Choice("count", COUNTS, "5"),
        Choice("target", TARGETS, "95"),
        Choice("candidates", CANDIDATES, "villages"),
        Choice("every", EVERY_M, "300"),
        WrittenChoice("file", (), None, lambda text: _DIGEST.fullmatch(text) is not None),
        *(WrittenChoice(name, (), None, is_amount) for name in AMOUNTS),
        WrittenChoice("quotas", (), None, partial(_says_quotas, towns=towns(workspace))),
        Choice("weights", WEIGHTS, WEIGHTS[0]),
        WrittenChoice("ages", (), EVEN_WEIGHTS, lambda text: read_weights(text, len(AGE_GROUPS)) is not None),
        Choice("least", LEAST_SHARES, LEAST_SHARES[0]),
        Choice("given", GIVEN, GIVEN[0]),
        Choice("ground", DRAWN_FOR_SITING, DRAWN_FOR_SITING),
        *(Choice(name, values_of(workspace.centers, name), ()) for name in COLUMNS),
    )


def _says_quotas(text: str, towns: Sequence[str]) -> bool:
    return read_quotas(text, towns) is not None


def held_by(workspace: Workspace, scenario: str) -> dict[str, str]:
    """What a saved scenario stands for in a link, as far as the workspace still offers it."""
    found = next(each for each in scenarios(workspace) if each.id == scenario)
    settings = workspace.settings
    held = {"changes": written(makeable(found.changes, open_centers(workspace)))}
    if found.profile in [profile.id for profile in settings.profiles]:
        held["profile"] = found.profile
    if found.minutes in settings.cutoffs.minutes:
        held["minutes"] = minutes(found.minutes)
    return {key: text for key, text in held.items() if text is not None}


def towns(workspace: Workspace) -> list[str]:
    """Codes of the towns."""
    outlines = workspace.jurisdictions
    return sorted(outlines["code"][outlines["level"] == "town"])


def open_centers(workspace: Workspace) -> list[str]:
    """Ids of the centers that are open."""
    centers = workspace.centers
    return centers["id"][centers["status"] == "open"].tolist()


def scope() -> Scope:
    """The filters at hand."""
    chosen = st.session_state
    values = {name: tuple(chosen[name]) for name in COLUMNS}
    return Scope(town=chosen["town"], service=chosen["service"], **values)


def choice_of_cutoff(workspace: Workspace) -> int:
    """Place of the chosen cutoff among the workspace's."""
    return [minutes(value) for value in workspace.settings.cutoffs.minutes].index(st.session_state["minutes"])


def restore(offered: Sequence[Choice], page: str | None = None) -> None:
    """Bring state in line with the URL: at the first run, and after the reader went back or edited it.

    Args:
        offered: the choices.
        page: address of the page at hand. When it is another one than before and the URL is silent, the choices
            stay: Streamlit's navigation drops them from the URL.
    """
    url = st.query_params.to_dict()
    published = st.session_state.get(_PUBLISHED)
    turned = page is not None and page != st.session_state.get(_PAGE)
    if turned and not url and published is not None:
        url = published
    # Whoever chooses twice in a row sends the second choice with the URL of before the first: then the choice counts.
    # The browser's buttons change nothing but the URL.
    moved = turned or (url != published and not _chosen(offered))
    for scenario in _scenarios(offered):
        url = scenario.spelled_out(url)
    for choice in offered:
        kept = choice.key in st.session_state and choice.allows(st.session_state[choice.key])
        # Written back even where it stays: Streamlit forgets what belongs to a widget that a page does not show.
        st.session_state[choice.key] = st.session_state[choice.key] if kept and not moved else choice.read(url)
    if page is not None:
        st.session_state[_PAGE] = page


def _chosen(offered: Sequence[Choice]) -> bool:
    """Whether a choice is another than was published: somebody has just made it."""
    written = st.session_state.get(_WRITTEN, {})
    known = [choice for choice in offered if choice.key in written and choice.key in st.session_state]
    values = [(choice, st.session_state[choice.key]) for choice in known]
    return any(choice.allows(value) and choice.write(value) != written[choice.key] for choice, value in values)


def address(offered: Sequence[Choice]) -> dict[str, str]:
    """The choices as a URL has them."""
    url = {key: text for key, text in _written(offered).items() if text is not None}
    for choice in _scenarios(offered):
        url = choice.shortened(url, offered)
    return url


def _scenarios(offered: Sequence[Choice]) -> list[ScenarioChoice]:
    return [choice for choice in offered if isinstance(choice, ScenarioChoice)]


def _written(offered: Sequence[Choice]) -> dict[str, str | None]:
    return {choice.key: choice.write(st.session_state.get(choice.key)) for choice in offered}


def publish(offered: Sequence[Choice]) -> None:
    """Write the choices into the URL."""
    url = address(offered)
    if st.query_params.to_dict() != url:
        st.query_params.from_dict(url)
    st.session_state[_PUBLISHED], st.session_state[_WRITTEN] = url, _written(offered)


def language() -> Language:
    """The language at hand; before the choices are restored, what URL and browser say."""
    choice = language_choice()
    value = st.session_state.get(choice.key) or choice.read(st.query_params.to_dict())
    return "en" if value == "en" else "zh"
