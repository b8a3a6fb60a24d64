"""The overview's parts beside its map: the sentence, the six figures, what needs attention, towns and table."""

from __future__ import annotations

import base64
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import streamlit as st

from dashboard import beginning, charts, figures, state
from dashboard.choices import all_choices
from dashboard.controls import names_in, profile_name
from dashboard.markdown import plain
from dashboard.methods.links import explained
from dashboard.overview import charts as overview_charts
from dashboard.overview import table as overview_table
from dashboard.overview.choices import TABLES
from dashboard.overview.map import GO_TO
from dashboard.panels import quiet
from dashboard.state import look_at

if TYPE_CHECKING:
    from dashboard.i18n import Catalog
    from dashboard.overview.attention import Attention, Line
    from dashboard.overview.headlines import Headline
    from dashboard.overview.overview import Overview
    from dashboard.results import NetworkResults
    from data.workspace import Workspace

SIGNS: Final = {"on": "✓", "close": "△", "behind": "✕"}
COLORS: Final = {"on": "green", "close": "orange", "behind": "red"}
SPARK_PX: Final = (56, 16)
MOST_ROWS: Final = 100
"""Rows that the page shows; a file holds them all. More would travel to the browser at every change."""
SPARK_COLOR: Final = "#3FA39C"
NBSP: Final = "\u00a0"
"""Keeps an amount and its unit on one line."""


def sentence(text: Catalog, workspace: Workspace, found: Overview) -> None:
    """What the page shows, with the two figures that matter."""
    covered, params = found.headlines[0], found.ground.assessment.params
    facts = {
        "profile": plain(profile_name(text, workspace.settings, params.profile.id)),
        "minutes": figures.minutes(found.ground.minutes),
        "open": figures.number(found.headlines[3].value),
    }
    beginning.guide(text, workspace)
    if beginning.serves_nobody(workspace):
        return
    if found.total == 0:
        st.markdown(text("headline.no_residents", **facts))
        return
    people = {"people": figures.number(covered.amount), "total": figures.number(found.total)}
    scope = found.ground.scope
    key = "overview.scoped_town" if scope.town else "headline.covered"
    facts["town"] = plain(_place(text, workspace, scope.town or ""))
    said = text(key, share=figures.share(covered.value), **people, **facts)
    st.markdown(said + (text("overview.scoped", count=scope.count) if scope.count else ""))


# ---- six figures --------------------------------------------------------------------------------------------


def cards(text: Catalog, workspace: Workspace, found: Overview) -> None:
    """The six figures, side by side as far as there is room."""
    choices = state.address(all_choices(workspace))
    with st.container(horizontal=True, gap="small", key="headlines"):
        for headline in found.headlines:
            with st.container(border=True, height="stretch", width=160, key=f"headline_{headline.id}", gap=None):
                _card(text, choices, found, headline)


def _card(text: Catalog, choices: dict[str, str], found: Overview, headline: Headline) -> None:
    minutes = figures.minutes(found.ground.minutes)
    help_text = explained(text, choices, headline.id, text(f"define.{headline.id}", minutes=minutes))
    st.metric(text(f"card.{headline.id}", minutes=minutes), _value(text, headline), help=help_text)
    st.markdown("  \n".join(f":small[{line}]" for line in (_change(text, headline), _aim(text, found, headline))))


def _value(text: Catalog, headline: Headline) -> str:
    value = said(headline, headline.value)
    if headline.id == "centers" and headline.target:
        value += f" :small[:gray[/ {figures.number(headline.target.value)}]]"
    if headline.id == "reports" and headline.whole > 0:
        value = f"{figures.number(headline.amount)} :small[:gray[/ {figures.number(headline.whole)}]]"
    known = [v for v in headline.series if not np.isnan(v)]
    if len(known) > 1 and max(known) > min(known):
        value += f" ![{text('card.course')}]({sparkline(headline.series)})"
    return value


def said(headline: Headline, value: float) -> str:
    """A value in the way of its figure."""
    return figures.share(value) if headline.kind == "share" else figures.number(value)


def goal_of(headline: Headline, value: float) -> str:
    """A target: as short as it was set."""
    return f"{100 * value:.3g} %" if headline.kind == "share" else figures.number(value)


def _change(text: Catalog, headline: Headline) -> str:
    change = headline.change
    since = text("card.since_weeks" if headline.id == "reports" else "card.since")
    if np.isnan(change):
        return f":gray[{since} {figures.NONE}]"
    size = abs(change) * (100 if headline.kind == "share" else 1)
    amount = text("card.points", points=figures.number(size, 1)) if headline.kind == "share" else figures.number(size)
    if round(size, 1) == 0:
        return f":gray[{since} {text('card.same')}]"
    moved = f"{'▲' if change > 0 else '▼'} {amount}".replace(" ", NBSP)
    return f":gray[{since} {moved}]"


def _aim(text: Catalog, found: Overview, headline: Headline) -> str:
    """Target with sign and word; where nothing is aimed at, the people behind the figure."""
    target = headline.target
    if target is not None:
        goal = text("card.target", target=goal_of(headline, target.value))
        mark = f"{SIGNS[target.verdict]} {text(f'verdict.{target.verdict}')}"
        return f":{COLORS[target.verdict]}[**{mark}**] :gray[{goal}]"
    if np.isnan(headline.value):
        return f":gray[{text('card.unknown')}]"
    if headline.kind == "share" and headline.id != "reports":
        return f":gray[{text('card.of', part=figures.number(headline.amount), whole=figures.number(headline.whole))}]"
    if headline.id == "across" and headline.whole > 0:
        return f":gray[{text('card.of_covered', share=figures.share(headline.value / headline.whole))}]"
    if headline.id == "uncovered" and headline.whole > 0:
        return f":gray[{text('card.of_all', share=figures.share(headline.value / headline.whole))}]"
    return f":gray[{text('card.no_target')}]"


def sparkline(series: tuple[float, ...]) -> str:
    """A series as a picture's address: a line with a point at its end."""
    width, height = SPARK_PX
    values = np.asarray(series, dtype=np.float64)
    low, high = np.nanmin(values), np.nanmax(values)
    x = np.linspace(2, width - 4, len(values))
    y = height - 3 - (values - low) / (high - low) * (height - 6)
    points = " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x, y, strict=True) if not np.isnan(b))
    last = points.rsplit(" ", 1)[-1].split(",")
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}">'
        f'<polyline points="{points}" fill="none" stroke="{SPARK_COLOR}" stroke-width="1.5"/>'
        f'<circle cx="{last[0]}" cy="{last[1]}" r="2.2" fill="{SPARK_COLOR}"/></svg>'
    )
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode("ascii")


# ---- what needs attention -----------------------------------------------------------------------------------


def attention_list(text: Catalog, workspace: Workspace, lines: Attention) -> None:
    """Lines by kind; each leads to its place on the map or to the page of its center."""
    st.header(text("attention.title"), anchor=False)
    groups = (
        ("gaps", lines.gaps, lines.n_gaps),
        ("overdue", lines.overdue, lines.n_overdue),
        ("reports", lines.reports, lines.n_reports),
    )
    with st.container(gap=None, key="attention"):
        for name, shown, count in groups:
            if name == "gaps" and "residents" in beginning.lacks(workspace):
                continue
            quiet(f"**{text(f'attention.{name}')}** {figures.number(count)}")
            if not shown:
                quiet(text(f"attention.{'none' if name in lines.unrecorded else 'no'}_{name}"))
            for i, line in enumerate(shown):
                st.button(
                    _line(text, workspace, line),
                    key=f"attention_{name}_{i}",
                    type="tertiary",
                    width="stretch",
                    on_click=_lead,
                    args=(line,),
                )


def _lead(line: Line) -> None:
    if line.lonlat is not None:
        look_at(line.lonlat)
    else:
        st.session_state["site"] = line.center
        st.session_state[GO_TO] = "sites"


def _line(text: Catalog, workspace: Workspace, line: Line) -> str:
    facts = dict(line.facts)
    if line.kind == "gap":
        place = _place(text, workspace, facts["code"], facts["near"])
        walk = figures.number(facts["minutes"])
        key = "attention.gap" if np.isfinite(facts["minutes"]) else "attention.gap_unreached"
        return text(key, place=plain(place), people=figures.number(facts["people"]), minutes=walk)
    name = plain(_center_name(text, workspace, str(line.center)))
    if line.kind == "overdue":
        return text("attention.line_overdue", name=name, step=text.code("milestone", facts["step"]), days=facts["days"])
    week = text("attention.week", week=int(facts["week"].split("-W")[1]))
    if line.kind == "implausible":
        column = overview_table.header("weekly_reports", facts["column"], text.language)
        value, before = figures.number(facts["value"]), figures.number(facts["before"])
        return text("attention.line_implausible", name=name, week=week, column=column, value=value, before=before)
    return text(f"attention.line_{line.kind}", name=name, week=week)


def _place(text: Catalog, workspace: Workspace, code: str, near: str = "") -> str:
    """The jurisdiction's name; where there are none, the center that is nearest."""
    rows = workspace.jurisdictions
    mine = rows[rows["code"] == code]
    if len(mine):
        return names_in(text, mine["name"], mine["name_en"])[0]
    if len(rows):
        return text("attention.outside")
    return text("attention.near", center=_center_name(text, workspace, near)) if near else text("attention.unnamed")


def _center_name(text: Catalog, workspace: Workspace, center: str) -> str:
    rows = workspace.centers
    mine = rows[rows["id"] == center]
    return names_in(text, mine["name"], mine["name_en"])[0]


# ---- towns and table ----------------------------------------------------------------------------------------


def towns(text: Catalog, workspace: Workspace, found: Overview) -> None:
    """Towns side by side, the best covered first, with the target as a line; nothing without residents."""
    if found.total == 0:
        return
    st.header(text("towns.title", minutes=figures.minutes(found.ground.minutes)), anchor=False)
    if found.towns.empty:
        quiet(text("towns.none"))
        return
    rows = workspace.jurisdictions.set_index("code").loc[found.towns["code"]]
    target = found.headlines[0].target
    figure = overview_charts.share_bars(
        found.towns["covered_share"].to_numpy(np.float64),
        names_in(text, rows["name"], rows["name_en"]),
        target=None if target is None else target.value,
        target_label="" if target is None else text("towns.target", target=figures.share(target.value)),
    )
    st.plotly_chart(figure, key="towns", config=charts.CONFIG, alt=text("towns.alt"))


def twin(text: Catalog, workspace: Workspace, results: NetworkResults, found: Overview) -> None:
    """The map as a table: sorted by a click on a header, and taken along as a file."""
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.segmented_control(
            text("table.title"),
            TABLES,
            format_func=lambda name: text(f"table.{name}"),
            key="table",
            required=True,
            label_visibility="collapsed",
        )
        kind = st.session_state["table"]
        table = overview_table.build(text, workspace, results, found, kind)
        with st.container(horizontal=True, width="content"):
            for ending, mime in overview_table.ENDINGS.items():
                st.download_button(
                    text(f"table.{ending}"),
                    partial(table.file, ending),
                    file_name=f"{kind}-{workspace.settings.as_of}.{ending}",
                    mime=mime,
                    on_click="ignore",
                    key=f"download_{ending}",
                )
    if table.frame.empty:
        quiet(text("table.empty" if found.ground.scope.count else "table.none"))
        return
    shown = table.frame.head(MOST_ROWS)
    st.dataframe(
        shown,
        key=f"twin_{kind}",
        hide_index=True,
        placeholder=figures.NONE,
        column_config=_config(table.percent, shown),
    )
    if len(shown) < len(table.frame):
        quiet(text("table.first", shown=len(shown), all=figures.number(len(table.frame))))


def _config(percent: frozenset[str], frame: Any) -> dict[str, Any]:
    numbers = {name: st.column_config.NumberColumn(format="localized") for name in frame.select_dtypes("number")}
    return numbers | {name: st.column_config.NumberColumn(format="%.1f %%") for name in percent}
