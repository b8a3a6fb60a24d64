"""The state of a session: what was chosen, and its copy in the URL.

Choices are kept from page to page, also those that a page does not show.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import streamlit as st

from dashboard.choice import Choice, ScenarioChoice, place_text
from dashboard.i18n import LANGUAGES, from_locale
from data.tables.codes import Language

LOOKS: Final = "looks"
"""How often the map was asked to look at a place."""

_PUBLISHED: Final = "url_as_published"
_WRITTEN: Final = "choices_as_published"
_PAGE: Final = "page_as_restored"


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


def language_choice(default: Language = "zh") -> Choice:
    """The language: the browser's, unless it says nothing."""
    locale = st.context.locale
    return Choice("lang", LANGUAGES, from_locale(locale) if locale else default)


def language() -> Language:
    """The language at hand; before the choices are restored, what URL and browser say."""
    choice = language_choice()
    value = st.session_state.get(choice.key) or choice.read(st.query_params.to_dict())
    return "en" if value == "en" else "zh"


def look_at(lonlat: tuple[float, float]) -> None:
    """Make the map look at a place, also where it was asked to before."""
    st.session_state["at"] = place_text(lonlat)
    st.session_state[LOOKS] = st.session_state.get(LOOKS, 0) + 1
