"""Sharing opportunities: where communities that lack a service could share a place for it, and what each would gain."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pandas as pd
import streamlit as st

from dashboard import figures
from dashboard.choice import place_text
from dashboard.controls import mirror
from dashboard.markdown import plain
from dashboard.panels import quiet
from dashboard.sharing import cache as sharing_cache
from dashboard.sharing.choices import TOGETHER
from dashboard.sharing.tables import figures_table
from dashboard.state import look_at
from geo.coverage.report import SHAREABLE

if TYPE_CHECKING:
    from dashboard.sharing.view import SharingView
    from geo.coverage.sharing import SharingOption

HEIGHT_PX: Final = 330
WIDTHS_PX: Final = (44, 300, 110)


def sites(view: SharingView) -> list[SharingOption]:
    """Options that can stand together: none helps a community that a better one helps already."""
    chosen = st.session_state
    return sharing_cache.options(view, chosen["need"], pairs_only=chosen["together"] == "pair")[0]


def beside(view: SharingView) -> None:
    """What is to be shared, the chosen option in full, and all of them as a list."""
    text = view.text
    st.subheader(text("option.title"), anchor=False, help=view.explained("shared_site", text("option.help")))
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.segmented_control(
            text("option.need"), SHAREABLE, format_func=lambda s: text.code("service", s), required=True,
            label_visibility="collapsed", **mirror("need"),
        )  # fmt: skip
        st.segmented_control(
            text("option.together"), TOGETHER, format_func=lambda t: text(f"option.{t}"), required=True,
            label_visibility="collapsed", **mirror("together"),
        )  # fmt: skip
    found = sites(view)
    if not found:
        quiet(text("option.none", minutes=view.minutes_text))
        return
    _card(view, found)
    key = f"options_{text.language}_{st.session_state['need']}_{st.session_state['together']}_{view.key[1:3]}"
    st.dataframe(
        pd.DataFrame(
            {
                "rank": range(1, len(found) + 1),
                "who": [view.called(option) for option in found],
                "gain": [round(option.gain) for option in found],
            }
        ),
        key=key,
        hide_index=True,
        height=HEIGHT_PX,
        on_select=lambda: _look(view, key, found),
        selection_mode="single-cell",
        column_config={
            "rank": st.column_config.NumberColumn("#", width=WIDTHS_PX[0]),
            "who": st.column_config.TextColumn(text("option.communities"), width=WIDTHS_PX[1]),
            "gain": st.column_config.NumberColumn(text("option.gain"), format="localized", width=WIDTHS_PX[2]),
        },
    )


def _card(view: SharingView, found: list[SharingOption]) -> None:
    text, row = view.text, chosen(view, found)
    option = found[row]
    need = text.code("service", st.session_state["need"])
    with st.container(border=True, gap=None, key="option_card"):
        people = figures.number(option.gain)
        st.markdown(f"**{row + 1}** · {text('option.sentence', need=need, minutes=view.minutes_text, people=people)}")
        sides = [f"{plain(name)} **+{figures.number(gain)}**" for name, gain in gains(view, option)]
        quiet(text("list.comma").join(sides))


def gains(view: SharingView, option: SharingOption) -> list[tuple[str, float]]:
    """Communities and what each would gain, the largest first."""
    codes = view.assessment.governance("village").codes
    named = view.places([codes[community] for community in option.communities])
    return sorted(zip(named, option.gains, strict=True), key=lambda side: (-side[1], side[0]))


def chosen(view: SharingView, found: list[SharingOption]) -> int:
    """Row of the option whose place is looked at, else the first."""
    at = st.session_state["at"]
    places = [place_text(_site(view, option)) for option in found]
    return places.index(at) if at in places else 0


def _site(view: SharingView, option: SharingOption) -> tuple[float, float]:
    lon, lat = view.assessment.residents.lonlat[option.site].tolist()
    return lon, lat


def _look(view: SharingView, key: str, found: list[SharingOption]) -> None:
    cells = st.session_state[key].selection.cells
    if cells:
        look_at(_site(view, found[cells[0][0]]))


def below(view: SharingView) -> None:
    """All options, also those that compete, one row a community."""
    text, state = view.text, st.session_state
    every = sharing_cache.options(view, state["need"], pairs_only=state["together"] == "pair")[1]
    if not every:
        return
    st.subheader(text("option.all", count=len(every)), anchor=False)
    rows = [
        (number, name, round(gain, 1), round(option.gain, 1), *(round(v, 6) for v in _site(view, option)))
        for number, option in enumerate(every, start=1)
        for name, gain in gains(view, option)
    ]
    heads = ["#", *(text(f"option.{name}") for name in ("community", "gain", "gain_of_all"))]
    frame = pd.DataFrame(rows, columns=[*heads, text("gap.lon"), text("gap.lat")])
    figures_table(text, frame, f"sharing-{state['need']}-{state['together']}")
