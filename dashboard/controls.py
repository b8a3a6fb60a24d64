"""The header of every page, the choices that hold on all of them, and what controls of all pages need."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import streamlit as st

from dashboard import figures
from dashboard.i18n import LANGUAGES, Catalog
from dashboard.markdown import plain
from data.settings import Settings
from data.workspace import Workspace

if TYPE_CHECKING:
    import pandas as pd

OWN_NAME = {"zh": "中", "en": "EN"}


def profile_name(text: Catalog, settings: Settings, profile: str) -> str:
    """A walk profile's name: the workspace's own, else the catalog's, else its id."""
    if profile in settings.profile_names:
        return settings.profile_names[profile][0 if text.language == "zh" else 1]
    return text.texts.get(f"profile.{profile}", profile)


def names_in(text: Catalog, zh: Iterable[object], en: Iterable[object]) -> list[str]:
    """Names in the language at hand; where there is no English name, the Chinese one."""
    return [
        str(b) if text.language == "en" and isinstance(b, str) and b else str(a) for a, b in zip(zh, en, strict=True)
    ]


def told_apart(labels: Sequence[str], ids: Iterable[str]) -> list[str]:
    """Labels of which none is twice, for a list to pick from: the browser gives back the label alone.

    Args:
        labels: what things are called.
        ids: theirs, none twice; each label that is there more than once says it too.
    """
    count, marks = Counter(labels), list(ids)
    if len(count) == len(labels):
        return list(labels)
    marked = [label if count[label] == 1 else f"{label} · {mark}" for label, mark in zip(labels, marks, strict=True)]
    return told_apart(marked, marks)  # what is marked may be what another one is called


def list_names(text: Catalog, rows: pd.DataFrame, key: str) -> dict[str, str]:
    """What records are called in a list to pick from, by their key: no two alike.

    Args:
        text: gives the language.
        rows: with the columns name and name_en.
        key: column of the keys.
    """
    labels = names_in(text, rows["name"], rows["name_en"])
    return dict(zip(rows[key], told_apart(labels, rows[key]), strict=True))


def mirror(name: str, suffix: str = "widget") -> dict[str, Any]:
    """Arguments of a widget that shows a choice and gives it back.

    Its key is its own, filled at each run: Streamlit forgets the value of a widget that a page does not show, and the
    content of a popover is made in the browser only when it opens. With the language as suffix also the label is the
    right one: the browser keeps the one that a key was given first.
    """
    key = f"{name}_{suffix}"
    st.session_state[key] = st.session_state[name]
    return {"key": key, "on_change": _give_back, "args": (name, key)}


def _give_back(name: str, key: str) -> None:
    st.session_state[name] = st.session_state[key]


def header(text: Catalog, workspace: Workspace, *, walks: bool) -> None:
    """Title, date and marks on the left; profile, cutoff and language on the right.

    Args:
        text: the sentences.
        workspace: what is looked at.
        walks: the page shows figures that depend on profile and cutoff.
    """
    settings = workspace.settings
    row = st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center")
    as_of = text("header.as_of", date=figures.date(settings.as_of, text.language))
    mark = f" :orange-badge[{text('header.synthetic')}]" if settings.synthetic else ""
    with row.container(width="content"):
        st.title(
            f"{plain(settings.name(text.language))} :small[:gray[{as_of}]{mark}]",
            anchor=False,
            width="content",
            help=plain(settings.note(text.language)) or None,
        )
    with row.container(horizontal=True, vertical_alignment="center", width="content"):
        if walks:
            _walk_choice(text, settings)
        st.segmented_control(
            text("choice.language"),
            LANGUAGES,
            format_func=OWN_NAME.__getitem__,
            key="lang",
            required=True,
            label_visibility="collapsed",
        )


def _walk_choice(text: Catalog, settings: Settings) -> None:
    st.segmented_control(
        text("choice.profile"),
        [profile.id for profile in settings.profiles],
        format_func=lambda profile: plain(profile_name(text, settings, profile)),
        key="profile",
        required=True,
        label_visibility="collapsed",
    )
    st.segmented_control(
        text("choice.minutes"),
        [figures.minutes(value) for value in settings.cutoffs.minutes],
        format_func=lambda value: text("choice.minutes_short", minutes=value),
        key="minutes",
        required=True,
        label_visibility="collapsed",
    )
