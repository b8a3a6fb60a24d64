"""How a center does: small multiples of its indicators, each with target, peers' median and rank."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
import streamlit as st

from dashboard import charts, figures
from dashboard.markdown import plain
from dashboard.methods.figure_catalog import OWN
from dashboard.panels import quiet
from dashboard.site.words import month, share_of_target, value, verdict, with_unit
from dashboard.twins import twin
from data.monitoring.peers import KINDS, peers
from data.monitoring.scorecards import Scorecard, scorecards

if TYPE_CHECKING:
    from dashboard.site.view import SiteView

COLUMNS: Final = 3
VERDICT_COLOR: Final = {"on": "green", "close": "orange", "behind": "red"}


def show(view: SiteView) -> None:
    """A card an indicator."""
    text = view.text
    cards = scorecards(view.workspace, view.site, st.session_state["peers"])
    if not cards:
        quiet(text("indicators.none"))
        return
    st.segmented_control(
        text("indicators.peers"), KINDS, format_func=lambda kind: text(f"peers.{kind}"), key="peers", required=True
    )
    quiet(_hint(view, cards))
    for start in range(0, len(cards), COLUMNS):
        row = st.columns(COLUMNS, gap="small")
        for column, card in zip(row, cards[start : start + COLUMNS], strict=False):
            with column.container(border=True, height="stretch", gap="xsmall"):
                _card(view, card)
    twin(text, card_table(view, cards), f"{view.site}_indicators")


def _hint(view: SiteView, cards: list[Scorecard]) -> str:
    count = len(peers(view.workspace, view.site, st.session_state["peers"]))
    first, last = cards[0].months.index[0], cards[0].months.index[-1]
    language = view.text.language
    return view.text(
        "indicators.hint", year=cards[0].period, count=count, first=month(first, language), last=month(last, language)
    )


def _card(view: SiteView, card: Scorecard) -> None:
    text, language = view.text, view.text.language
    color = VERDICT_COLOR[card.verdict] if card.verdict else "gray"
    mark = f" :{color}[· {verdict(text, card)}]" if card.verdict else ""
    name, unit = card.indicator.name(language), card.indicator.unit(language)
    told_unit = "" if unit.lower() in name.lower() else f" :small[{plain(unit)}]"
    st.metric(
        f"**{plain(name)}**{told_unit}{mark}",
        value(card, card.value),
        help=view.explained(f"{OWN}{card.indicator.id}"),
    )
    if not np.isnan(card.target):
        target = with_unit(card, card.target, language)
        told = plain(text("indicators.target", target=target, expected=value(card, card.expected)))
        share = share_of_target(card)
        if share is None:
            quiet(told)
        else:
            st.progress(float(np.clip(share, 0, 1)), text=told)
    quiet(plain(place(view, card)))
    if card.months.notna().sum() > 1:
        labels = (charts.label(view.name), text("indicators.median"), text("indicators.pace"))
        figure = charts.spark(card.months, card.median, card.pace, labels, language)
        alt = text("indicators.alt", name=card.indicator.name(language))
        st.plotly_chart(figure, key=f"spark_{card.indicator.id}", config=charts.CONFIG, alt=alt)


def place(view: SiteView, card: Scorecard) -> str:
    """Its place among the peers, and what is usual there."""
    median = value(card, card.peer_median)
    if card.rank is None:
        return view.text("indicators.only_median", median=median)
    return view.text("indicators.rank", rank=card.rank[0], count=card.rank[1], median=median)


def card_table(view: SiteView, cards: list[Scorecard]) -> pd.DataFrame:
    """All figures of all cards."""
    text, language = view.text, view.text.language
    rows = []
    for card in cards:
        row: dict[str, object] = {
            text("indicators.indicator"): card.indicator.name(language),
            text("indicators.unit"): card.indicator.unit(language),
            text("indicators.value"): round(card.value, 1),
            text("indicators.aim"): card.target,
            text("indicators.verdict"): verdict(text, card) or figures.NONE,
            text("indicators.place"): f"{card.rank[0]} / {card.rank[1]}" if card.rank else figures.NONE,
            text("indicators.median"): round(card.peer_median, 1),
        }
        rows.append(row | {month(str(key), language): round(float(v), 1) for key, v in card.months.items()})
    return pd.DataFrame(rows)
