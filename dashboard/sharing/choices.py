"""The choices of the page Sharing."""

from __future__ import annotations

from typing import Final

from dashboard.choice import Choice
from dashboard.sharing.sharing import CREDITS
from geo.coverage.jurisdiction import LEVELS
from geo.coverage.report import SHAREABLE

TOPICS: Final = ("worth", "ledger", "gaps", "options", "supply", "equity")
DRAWN: Final = ("divided", "flows", "gaps", "streets", "names")
DRAWN_AT_FIRST: Final = ("divided", "flows", "streets", "names")
"""Layers of the map."""
TOGETHER: Final = ("pair", "group")
"""How many communities share a place."""

CHOICES: Final = (
    Choice("topic", TOPICS, TOPICS[0]),
    Choice("level", LEVELS, "town"),
    Choice("credit", CREDITS, CREDITS[0]),
    Choice("drawn", DRAWN, DRAWN_AT_FIRST),
    Choice("need", SHAREABLE, SHAREABLE[0]),
    Choice("together", TOGETHER, TOGETHER[0]),
)
