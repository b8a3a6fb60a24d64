"""What sharing is worth: the sentence on top, coverage with borders open and closed, who serves whom on balance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pandas as pd
import streamlit as st

from dashboard import charts, figures
from dashboard.markdown import plain
from dashboard.panels import quiet
from dashboard.sharing import charts as sharing_charts
from dashboard.sharing.tables import figures_table, figures_twin

if TYPE_CHECKING:
    from dashboard.sharing.view import SharingView

MOST_ROWS: Final = 14
MOST_BORDERS: Final = 10


def sentence(view: SharingView) -> None:
    """One figure and one sentence."""
    text, found = view.text, view.sharing
    level = text(f"level.{view.level}")
    facts = {"level": level, "minutes": view.minutes_text, "what": view.what, "profile": plain(view.profile_name)}
    figure, words = st.columns([1, 4], gap="medium", vertical_alignment="center")
    share = figures.share(found.worth / found.residents)
    figure.metric(
        text("worth.figure"),
        figures.number(found.worth),
        help=view.explained("worth", text("worth.define", level=level)),
    )
    with words:
        if found.worth <= 0:
            st.markdown(text("worth.none", covered=figures.number(found.covered), **facts))
            return
        closed = found.covered - found.worth
        said = text(
            "worth.sentence", worth=figures.number(found.worth), share=share, covered=figures.number(found.covered),
            covered_share=figures.share(found.covered / found.residents), closed=figures.number(closed),
            closed_share=figures.share(closed / found.residents), **facts,
        )  # fmt: skip
        st.markdown(said + _parts(view, level) + _border(view))


def _parts(view: SharingView, level: str) -> str:
    found = view.sharing
    if not 0 < found.worth_joint <= found.worth:
        return ""
    neighbors = found.worth - found.worth_joint
    if round(neighbors) == 0:
        return view.text("worth.all_joint")
    joint = figures.number(found.worth_joint)
    return view.text("worth.parts", joint=joint, neighbors=figures.number(neighbors), level=level)


def _border(view: SharingView) -> str:
    borders = view.sharing.borders()
    if borders.empty:
        return ""
    first = borders.iloc[0]
    one, other = (plain(view.place(code)) for code in (first["one"], first["other"]))
    return view.text("worth.border", one=one, other=other, people=figures.number(first["residents"]))


def beside(view: SharingView) -> None:
    """Open and closed, by jurisdiction."""
    text = view.text
    st.subheader(text("worth.dumbbell"), anchor=False, help=view.explained("worth", text("worth.dumbbell_help")))
    frame = view.sharing.balance("shared")
    frame = frame[frame["residents"] > 0]
    shown = frame[frame["worth"] > 0].head(MOST_ROWS) if len(frame) > MOST_ROWS else frame
    if shown.empty:
        quiet(text("worth.nobody"))
        return
    residents = shown["residents"]
    figure = sharing_charts.dumbbell(
        view.places(shown["code"]),
        (shown["on_own_ground"] / residents).to_numpy(),
        (shown["with_joint"] / residents).to_numpy(),
        (shown["covered"] / residents).to_numpy(),
        [f"+{figures.number(value)}" if value > 0 else "" for value in shown["worth"]],
        (text("worth.own"), text("worth.joint"), text("worth.open")),
    )
    st.plotly_chart(figure, key="dumbbell", config=charts.CONFIG, alt=text("worth.dumbbell_alt"))
    if len(shown) < len(frame):
        rest = frame.drop(shown.index)
        quiet(text("worth.rest", count=len(rest), people=figures.number(rest["worth"].sum())))


def below(view: SharingView) -> None:
    """Net imports, the borders that matter most, and the table of both charts."""
    text = view.text
    left, right = st.columns(2, gap="large")
    with left:
        _net_imports(view)
    with right:
        st.subheader(text("worth.borders"), anchor=False, help=view.explained("worth", text("worth.borders_help")))
        borders = view.sharing.borders()
        if borders.empty:
            quiet(text("worth.no_borders"))
        else:
            figures_table(text, border_table(view, borders).head(MOST_BORDERS), "borders")
    figures_twin(text, balance_table(view), "balance")


def _net_imports(view: SharingView) -> None:
    text = view.text
    st.subheader(text("worth.net"), anchor=False, help=view.explained("ledger", text(f"credit.{view.credit}_help")))
    frame = view.sharing.balance(view.credit)
    frame = frame[frame["net"].abs() >= 0.5]
    if frame.empty:
        quiet(text("worth.no_net"))
        return
    order = frame["net"].abs().sort_values(ascending=False, kind="stable").index[:MOST_ROWS]
    shown = frame.loc[order].sort_values(["net", "code"], ascending=[False, True])
    names = view.places(shown["code"])
    labels = (text("worth.gives"), text("worth.takes"))
    figure = sharing_charts.diverging(names, shown["net"].to_numpy(), labels, text("worth.net_axis"))
    st.plotly_chart(figure, key="net_imports", config=charts.CONFIG, alt=text("worth.net_alt"))
    if len(shown) < len(frame):
        rest = frame.drop(shown.index)
        quiet(text("worth.net_rest", count=len(rest), people=figures.signed(float(rest["net"].sum()))))


def border_table(view: SharingView, borders: pd.DataFrame) -> pd.DataFrame:
    """Borders by residents who would lose their center."""
    text = view.text
    return pd.DataFrame(
        {
            text("worth.one"): [view.place(code) for code in borders["one"]],
            text("worth.other"): [view.place(code) for code in borders["other"]],
            text("worth.would_lose"): borders["residents"].round(1),
        }
    )


def balance_table(view: SharingView) -> pd.DataFrame:
    """All figures of the section, by jurisdiction."""
    text = view.text
    frame = view.sharing.balance(view.credit)
    columns = ("residents", "covered", "with_joint", "on_own_ground", "worth", "unserved", "imports", "exports", "net")
    names = {text("sharing.code"): frame["code"], text("sharing.place"): view.places(frame["code"])}
    return pd.DataFrame(names | {text(f"balance.{name}"): frame[name].round(1) for name in columns})
