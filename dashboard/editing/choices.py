"""The choice of the page Data."""

from __future__ import annotations

from typing import Final

from dashboard.choice import Choice

PARTS: Final = ("tables", "import", "reports", "history", "backup")

CHOICES: Final = (Choice("part", PARTS, PARTS[0]),)
