"""Slots of a session: the last thing that was made of what a person chose, kept until the choice is another."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import TypeVar

import streamlit as st

T = TypeVar("T")


def remembered(slot: str, key: Hashable, make: Callable[[], T]) -> T:
    """The last value of a slot of the session, made again when the key is another."""
    kept = st.session_state.get(slot)
    if kept is None or kept[0] != key:
        kept = st.session_state[slot] = (key, make())
    value: T = kept[1]
    return value
