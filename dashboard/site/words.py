"""Words about one center that the panel and the printed page share. Knows no Streamlit."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from dashboard import figures
from data.monitoring.offers import EXTRA

if TYPE_CHECKING:
    from dashboard.i18n import Catalog
    from data.monitoring.offers import Offer
    from data.monitoring.scorecards import Scorecard
    from data.tables.codes import Language

_HALVES: Final = re.compile(
    r"^([^A-Za-z]*[\u3400-\u9fff][^A-Za-z]*?)[\s(（]+((?:\d+ )?[A-Za-z][^\u3400-\u9fff]*?)[)）]?$"
)
SIGNS: Final = {"on": "✓", "close": "△", "behind": "✕"}
TIMELINE_SIGNS: Final = {"done": "✓", "done_late": "△", "overdue": "✕", "ahead": "○", "undated": "–"}
REPORT_SIGNS: Final = {"on_time": "✓", "late": "△", "missing": "✕", "undated": "–"}


def given(value: object) -> bool:
    """Whether a cell holds something."""
    return not pd.isna(value) and value != ""  # type: ignore[call-overload]


def half(value: object, language: Language) -> str:
    """Of a text that says each thing in Chinese and then in English, the language at hand; other text as it is."""
    parts = str(value).split("；") if given(value) else []
    found = [(part, _HALVES.match(part.strip())) for part in parts]
    if language == "en" and found and found[-1][1] and parts[-1][-1] in ")）" and not any(m for _, m in found[:-1]):
        return found[-1][1].group(2).strip()  # brackets that speak of all that stands before them
    halves = [part if match is None else match.group(1 if language == "zh" else 2).strip() for part, match in found]
    return ("；" if language == "zh" else "; ").join(halves)


def bracketed(name: str, more: str, language: Language) -> str:
    """A name with something in brackets."""
    return f"{name}（{more}）" if language == "zh" else f"{name} ({more})"


def stars(count: object) -> str:
    """★★★★☆; "" where there is no rating."""
    return "★" * int(count) + "☆" * (5 - int(count)) if given(count) else ""  # type: ignore[call-overload]


def day(value: Any, language: Language) -> str:
    """A date; a dash where there is none."""
    return figures.date(value.date(), language) if given(value) else figures.NONE


def month(value: str, language: Language) -> str:
    """2023-06 → 2023年6月, or June 2023."""
    stamp = pd.Timestamp(f"{value}-01")
    return f"{stamp.year}年{stamp.month}月" if language == "zh" else f"{stamp:%B %Y}"


def capacity_unit(text: Catalog, name: str, count: float) -> str:
    """A unit of capacity behind so many: free text of a table; in English where it is known."""
    return text.texts.get(f"one_capacity_unit.{name}" if count == 1 else f"capacity_unit.{name}", name)


def capacity(text: Catalog, offer: Offer) -> str:
    """55 托位; "" where nothing is stated."""
    parts = [f"{figures.number(total)} {capacity_unit(text, name, total)}".strip() for name, total in offer.capacity]
    return text("list.comma").join(parts)


def offer_names(text: Catalog, offer: Offer) -> str:
    """Names of the places of a service; in English those that have an English name, of extras the Chinese else."""
    pairs = zip(offer.names, offer.names_en, strict=True)
    lonely = offer.service == EXTRA
    names = offer.names if text.language == "zh" else [en or zh for zh, en in pairs if en or lonely]
    return text("list.comma").join(names)


def details(text: Catalog, offer: Offer) -> str:
    """Places, capacity, floor area and hours of a service, as far as they are stated."""
    area = f"{figures.number(offer.floor_area_m2)} m²" if given(offer.floor_area_m2) else ""
    several = text("services.points", count=offer.points) if offer.points > 1 else ""
    return " · ".join(filter(None, [offer_names(text, offer), several, capacity(text, offer), area, *offer.hours]))


def value(card: Scorecard, amount: float) -> str:
    """A figure of an indicator: counts whole, percentages and means with one decimal."""
    return figures.number(amount, 0 if card.indicator.over_weeks == "sum" else 1)


def with_unit(card: Scorecard, amount: float, language: Language) -> str:
    """The same with its unit."""
    return figures.NONE if amount != amount else f"{value(card, amount)} {card.indicator.unit(language)}".strip()


def share_of_target(card: Scorecard) -> float | None:
    """How much of a bar its value fills; None where there is nothing to measure by: no value, or a target of 0."""
    return card.value / card.target if card.target > 0 and card.value == card.value else None


def verdict(text: Catalog, card: Scorecard) -> str:
    """✓ 达标; "" where there is nothing to judge."""
    return f"{SIGNS[card.verdict]} {text(f'verdict.{card.verdict}')}" if card.verdict else ""


def late(text: Catalog, days: float) -> str:
    """+24 days, 3 days early, or "" where it is in time or not known."""
    if not given(days) or days == 0:
        return ""
    return text("timeline.days_late" if days > 0 else "timeline.days_early", days=figures.number(abs(days)))
