"""The choices of a session, and their copy in the URL.

A choice is the id of what was chosen, never its label: a link means the same in both languages. Choices that stand
at their default are left out of the URL.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import streamlit as st

from dashboard.figures import minutes
from dashboard.i18n import LANGUAGES, from_locale
from data.codes import Language
from data.workspace import Workspace

SEPARATOR: Final = "."
"""Between the values of a choice of several; it needs no percent-encoding."""

LAYERS: Final = ("catchments", "streets", "names")
PARTS: Final = ("tables", "import", "reports", "history", "backup")
"""Of the page Data."""
_PUBLISHED: Final = "url_as_published"


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
        Choice("part", PARTS, PARTS[0]),
    )


def choice_of_cutoff(workspace: Workspace) -> int:
    """Place of the chosen cutoff among the workspace's."""
    return [minutes(value) for value in workspace.settings.cutoffs.minutes].index(st.session_state["minutes"])


def restore(offered: Sequence[Choice]) -> None:
    """Bring state in line with the URL: at the first run, and after the reader went back or edited it."""
    url = st.query_params.to_dict()
    moved = url != st.session_state.get(_PUBLISHED)
    for choice in offered:
        if moved or not choice.allows(st.session_state.get(choice.key)):
            st.session_state[choice.key] = choice.read(url)


def publish(offered: Sequence[Choice]) -> None:
    """Write the choices into the URL."""
    written = {choice.key: choice.write(st.session_state.get(choice.key)) for choice in offered}
    url = {key: text for key, text in written.items() if text is not None}
    if st.query_params.to_dict() != url:
        st.query_params.from_dict(url)
    st.session_state[_PUBLISHED] = url


def language() -> Language:
    """The language at hand; before the choices are restored, what URL and browser say."""
    choice = language_choice()
    value = st.session_state.get(choice.key) or choice.read(st.query_params.to_dict())
    return "en" if value == "en" else "zh"
