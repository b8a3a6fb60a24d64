"""The choices of the page Sites."""

from __future__ import annotations

from typing import Final

from dashboard.choice import Choice
from data.monitoring.peers import KINDS as PEERS

LAYERS: Final = ("catchments", "streets", "names")
"""Of the map."""
SECTIONS: Final = ("indicators", "reports", "timeline", "around", "pictures")
"""Of the panel."""

CHOICES: Final = (
    Choice("layers", LAYERS, LAYERS),
    Choice("section", SECTIONS, SECTIONS[0]),
    Choice("peers", PEERS, PEERS[0]),
)
