"""Supply for each resident by service, and who can take in somebody today."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
import streamlit as st

from dashboard import figures
from dashboard.choice import place_of
from dashboard.panels import LONG_TABLE, quiet
from dashboard.sharing import cache as sharing_cache
from dashboard.sharing.sharing import access_by_unit
from dashboard.sharing.tables import figures_table, name_column
from dashboard.site.words import capacity_unit
from dashboard.twins import csv_bytes
from geo.coverage.accessibility import E2SFCA, Decay
from geo.coverage.coverage import shares

if TYPE_CHECKING:
    from pandas.io.formats.style import Styler

    from dashboard.sharing.view import SharingView
    from geo.coverage.sharing import Dispatch

SUPPLY_RGB: Final = "63, 163, 156"
STRONGEST: Final = 0.55
HEIGHT_PX: Final = 420
MOST_PEOPLE: Final = 10_000


def beside(view: SharingView) -> None:
    """Where people can be sent."""
    text = view.text
    st.subheader(text("dispatch.title"), anchor=False, help=view.explained("dispatch", text("dispatch.help")))
    places = _places(view)
    with st.form("dispatch", border=True):
        services = view.assessment.supply.services
        first = services.index(view.service) if view.service in services else services.index("elderly_care")
        left, right = st.columns(2)
        service = left.selectbox(
            text("filter.service"), services, index=first, format_func=lambda s: text.code("service", s)
        )
        number = right.number_input(text("dispatch.number"), 1, MOST_PEOPLE, 10)
        names = dict(zip(places, _place_names(view, list(places)), strict=True))
        place = st.selectbox(text("dispatch.place"), list(places), format_func=lambda code: names.get(code, code))
        asked = st.form_submit_button(text("dispatch.ask"), type="primary")
    if asked:
        st.session_state["dispatched"] = (service, place, int(number))
    request = st.session_state.get("dispatched")
    if request and request[1] in places:
        _answer(view, request, places[request[1]])
    else:
        quiet(text("dispatch.hint"))


def _places(view: SharingView) -> dict[str, tuple[float, float]]:
    """Where somebody can be in need: the place looked at, and each jurisdiction's home with most residents."""
    governance, people = view.assessment.governance("village"), view.assessment.residents.people[:, 0]
    found: dict[str, tuple[float, float]] = {}
    at = place_of(st.session_state["at"])
    if at is not None:
        found["at"] = at
    order = np.lexsort((-people, governance.home))
    unit, first = np.unique(governance.home[order], return_index=True)
    for u, home in zip(unit, order[first], strict=True):
        if people[home] > 0:
            lon, lat = view.assessment.residents.lonlat[home].tolist()
            found[governance.codes[u]] = (lon, lat)
    return found


def _place_names(view: SharingView, keys: list[str]) -> list[str]:
    codes = [key for key in keys if key != "at"]
    if not view.has_borders:
        return [view.text("dispatch.at")] * ("at" in keys) + [view.text("dispatch.most")] * len(codes)
    return [view.text("dispatch.at")] * ("at" in keys) + view.places(codes)


def _answer(view: SharingView, request: tuple[str, str, int], lonlat: tuple[float, float]) -> None:
    text, (service, _, number) = view.text, request
    found = view.assessment.dispatch(service, lonlat, number)
    if not len(found.offer):
        st.warning(text("dispatch.nobody", service=text.code("service", service)))
        return
    taken = number - found.unplaced
    key = "dispatch.placed" if found.unplaced <= 0 else "dispatch.short"
    said = text(key, people=figures.number(taken), rest=figures.number(found.unplaced), number=figures.number(number))
    st.markdown(said)
    st.dataframe(offers(view, found), hide_index=True, key=f"offers_{text.language}")
    quiet(text("dispatch.free_note"))


def offers(view: SharingView, found: Dispatch) -> pd.DataFrame:
    """Centers in order of walk, with free capacity and how many to send there."""
    frame, text = found.to_frame(view.assessment.supply.ids), view.text
    return pd.DataFrame(
        {
            text("dispatch.center"): [view.center_name(center) for center in frame["center"]],
            text("dispatch.walk"): frame["minutes"].round(1),
            text("dispatch.free"): frame["free"],
            text("dispatch.takes"): frame["takes"],
        }
    )


def below(view: SharingView) -> None:
    """Supply per 1,000 residents, for all and by jurisdiction."""
    text = view.text
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.subheader(text("supply.title"), anchor=False, help=view.explained("access", text("supply.help")))
        banded = view.minutes >= E2SFCA.minutes[-1] and st.toggle(
            text("supply.banded"), key="banded", help=text("supply.banded_help")
        )
    key = "supply.sentence" if view.has_borders else "supply.sentence_all"
    quiet(text(key, minutes=view.minutes_text))
    decay = E2SFCA if banded else Decay.flat(view.minutes)
    left, right = st.columns([5, 6], gap="large")
    with left:
        figures_table(text, summary(view, decay), "supply")
    if not view.has_borders:
        return
    with right:
        frame = by_unit(view, decay)
        st.dataframe(
            _heat(frame),
            hide_index=True,
            key=f"supply_units_{text.language}_{view.level}",
            height="content" if len(frame) <= LONG_TABLE else HEIGHT_PX,
            column_config={frame.columns[0]: name_column(frame.iloc[:, 0])},
        )
        st.download_button(
            text("twin.download"), lambda: csv_bytes(frame), file_name=f"supply-{view.level}.csv", mime="text/csv",
            on_click="ignore", type="tertiary", key="download_supply_units",
        )  # fmt: skip


def summary(view: SharingView, decay: Decay) -> pd.DataFrame:
    """One row a service: capacity, what there is for 1,000 residents, who has none in reach."""
    text, people = view.text, view.assessment.residents.people[:, 0]
    units = capacity_units(view)
    rows = []
    for service, found in sharing_cache.access(view, decay).items():
        without = float(people[found.per_thousand == 0].sum())
        rows.append(
            (
                text.code("service", service),
                found.supply,
                units.get(service, ""),
                float(shares(found.per_thousand @ people, people.sum())),
                100 * float(shares(np.asarray(without), people.sum())),
                found.unknown,
            )
        )
    names = ("service", "capacity", "unit", "per_thousand", "without", "unknown")
    frame = pd.DataFrame(rows, columns=[text(f"supply.{name}") for name in names]).round(2)
    return frame if frame[text("supply.unknown")].any() else frame.drop(columns=text("supply.unknown"))


def capacity_units(view: SharingView) -> dict[str, str]:
    """What each service's places are counted in, where its addresses agree."""
    rows = view.workspace.service_points.dropna(subset=["capacity_unit"])
    agreed = rows.groupby("service")["capacity_unit"].agg(["nunique", "first"])
    return {
        str(service): capacity_unit(view.text, str(row["first"]), np.nan)
        for service, row in agreed.iterrows()
        if row["nunique"] == 1
    }


def by_unit(view: SharingView, decay: Decay) -> pd.DataFrame:
    """Places per 1,000 residents of each jurisdiction, by service."""
    text, found = view.text, sharing_cache.access(view, decay)
    governance, people = view.assessment.governance(view.level), view.assessment.residents.people[:, 0]
    lived = governance.total(people) > 0
    codes = [code for code, some in zip(governance.codes, lived, strict=True) if some]
    columns = {
        text.code("service", service): access_by_unit(a.per_thousand, people, governance.home, len(governance))[lived]
        for service, a in found.items()
    }
    frame = pd.DataFrame({text("sharing.place"): view.places(codes)} | columns)
    return frame.sort_values(frame.columns[1], ascending=False, kind="stable", ignore_index=True)


def _heat(frame: pd.DataFrame) -> Styler:
    """Grounds by value, each service on its own scale."""
    numbers: list[Hashable] = list(frame.columns[1:])

    def ground(column: pd.Series[float]) -> list[str]:
        most = max(float(column.max()), 1e-9)
        return [f"background-color: rgba({SUPPLY_RGB}, {STRONGEST * v / most:.2f})" if v > 0 else "" for v in column]

    return frame.style.apply(ground, subset=numbers).format(lambda v: "·" if v == 0 else f"{v:,.2f}", subset=numbers)
