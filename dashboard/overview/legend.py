"""Legend: what the overview's map shows, as rows that the map's script draws, in the words of the page."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from dashboard import figures
from dashboard.controls import profile_name
from dashboard.overview.layers import MOST_REACHING, SHARES, breaks_of, tone_values
from data.tables.codes import CODE_LISTS, SERVICE

if TYPE_CHECKING:
    from dashboard.i18n import Catalog
    from dashboard.overview.overview import Overview
    from data.workspace import Workspace
    from geo.params import WalkProfile

Row = tuple[str, str, str]
"""(mark, what, label): the mark is `swatch`, `dot`, `circle` or `symbol`; what names a color, people or a status."""
Section = tuple[str, tuple[Row, ...]]

CIRCLES: Final = (100, 500, 2_000)
"""Residents whose circles the legend shows."""
ORDERED: Final = ("stars", "batch")
"""What has an order gets a ramp; the rest gets colors without an order."""
REACHING_COLORS: Final = (2, 3, 4)
"""Of the ramp, for one, two, three centers."""


def palette_of(tone: str) -> str:
    """The palette's name for the colors of a color mode."""
    return "" if tone == "status" else "steps" if tone in ORDERED else "categories"


def words(text: Catalog) -> dict[str, Any]:
    """Words of the map's card and controls."""
    facts = ("residents", "covered", "uncovered", "elders_share", "centers_open")
    return {
        "facts": {name: text(f"facts.{name}") for name in facts},
        "away": text("legend.away"),
        "unknown": figures.NONE,
    }


def sections(text: Catalog, workspace: Workspace, overview: Overview, profile: WalkProfile) -> tuple[Section, ...]:
    """The legend's sections, for the layers that are shown."""
    shown, made = st.session_state["show"], []
    if "catchments" in shown:
        made.append(_catchments(text, workspace, profile))
    if "uncovered" in shown:
        rows = tuple(("circle", str(n), figures.number(n)) for n in CIRCLES)
        made.append((text("legend.uncovered"), rows))
    if st.session_state["shade"] is not None:
        made.append(_shade(text, overview, st.session_state["shade"]))
    if "overlap" in shown:
        rows = tuple(
            (
                "dot",
                f"ramp.{REACHING_COLORS[n - 1]}",
                text("legend.reaching_most" if n == MOST_REACHING else "legend.reaching", count=n),
            )
            for n in range(1, MOST_REACHING + 1)
        )
        made.append((text("legend.overlap"), rows))
    if "services" in shown:
        rows = tuple(("dot", f"services.{i}", code.label(text.language)) for i, code in enumerate(SERVICE))
        made.append((text("legend.services"), rows))
    made.append(_centers(text, overview))
    return tuple(section for section in made if section[1])


def _catchments(text: Catalog, workspace: Workspace, profile: WalkProfile) -> Section:
    settings = workspace.settings
    minutes = [m for m in settings.cutoffs.minutes if m <= float(st.session_state["minutes"])]
    rows = tuple(("minutes", f"{m:g}", text("choice.minutes_short", minutes=figures.minutes(m))) for m in minutes)
    name = profile_name(text, settings, profile.id)
    return text("map.reached", profile=name, speed=f"{profile.speed_mps:g}"), rows


def _shade(text: Catalog, overview: Overview, shade: str) -> Section:
    breaks = breaks_of(overview, shade)
    say = figures.whole_share if shade in SHARES else figures.number
    labels = [text("legend.below", high=say(breaks[0]))] if breaks else []
    labels += [text("legend.between", low=say(a), high=say(b)) for a, b in pairwise(breaks)]
    labels += [text("legend.above", low=say(breaks[-1]))] if breaks else []
    return text(f"shade.{shade}"), tuple(("swatch", f"ramp.{i}", label) for i, label in enumerate(labels))


def _centers(text: Catalog, overview: Overview) -> Section:
    centers, tone = overview.centers, st.session_state["tone"]
    found = set(centers["status"])
    rows: list[Row] = [("symbol", c.id, c.label(text.language)) for c in CODE_LISTS["status"] if c.id in found]
    if tone == "status" and bool(centers["joint"].any()):
        rows.append(("symbol", "joint", text("map.joint")))
    palette = palette_of(tone)
    rows += [("dot", f"{palette}.{i}", _tone(text, tone, v)) for i, v in enumerate(tone_values(centers, tone))]
    if not centers["listed"].all():
        rows.append(("symbol", "away", text("legend.away")))
    title = text("legend.centers") if tone == "status" else text("legend.centers_by", tone=text(f"tone.{tone}"))
    return title, tuple(rows)


def _tone(text: Catalog, tone: str, value: str) -> str:
    if tone == "layout":
        return text.code("layout", value)
    if tone == "kind":
        return text(f"kind.{value}")
    return text("site.stars", stars=value) if tone == "stars" else text("site.batch", number=value)
