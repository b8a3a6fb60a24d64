"""Reasons in the history: a person's stand as they were given, the program's own are told in the page's language."""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from dashboard.i18n import LANGUAGES, Catalog, catalog
from data.registry.beginnings import CHANGES, WHO
from data.tables.schema import TABLES

OWN: Final = (
    "reason.first", "reason.corrections", "reason.table", "reason.imported", "review.undo_reason",
    "history.undo_reason", "history.restore_reason", "scenario.why_save", "scenario.why_delete", "scenario.why_undo",
)  # fmt: skip
"""Keys of the sentences that the program gives as a reason, in whatever language the page had then."""


def told(text: Catalog, why: str) -> str:
    """A reason as the page should show it."""
    for key, pattern in _patterns():
        found = pattern.fullmatch(why)
        if found:
            facts = found.groupdict()
            return text(key, **facts | {"name": _file_name(text, facts.get("name", ""))})
    return why


def _file_name(text: Catalog, name: str) -> str:
    """What a file that the program loads holds; any other file is called by its name."""
    if name in CHANGES:
        return text(f"round.{name}")
    return TABLES[name].title(text.language) if name in TABLES else name


def teller(text: Catalog, who: str) -> str:
    """Who made a change as the page should show it: a person, or the program itself."""
    return text("reason.program") if who == WHO else who


@cache
def _patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Each sentence in each language, its facts left open."""
    return tuple((key, _pattern(catalog(language).texts[key])) for key in OWN for language in LANGUAGES)


def _pattern(sentence: str) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)\}", sentence)
    return re.compile("".join(f"(?P<{part}>.+)" if i % 2 else re.escape(part) for i, part in enumerate(parts)))
