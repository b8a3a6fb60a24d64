"""One center on one A4 page: the panel's figures set by Typst on the server, which needs no network and no browser."""

from __future__ import annotations

import datetime as dt
import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import streamlit as st

from dashboard import figures
from dashboard.i18n import HTML_LANG
from dashboard.map import svg as svg_map
from dashboard.map.notes import notes
from dashboard.site import around as site_around
from dashboard.site import identity as site_identity
from dashboard.site import people as site_people
from dashboard.site import reports as site_reports
from dashboard.site import timeline as site_timeline
from dashboard.site.words import (
    TIMELINE_SIGNS,
    capacity,
    day,
    details,
    given,
    late,
    offer_names,
    share_of_target,
    stars,
    value,
    verdict,
    with_unit,
)
from data.monitoring.offers import EXTRA
from data.monitoring.scorecards import Scorecard, scorecards
from data.tables.codes import CODE_LISTS
from geo.coverage.jurisdiction import LEVELS
from geo.coverage.vicinity import LONGEST_MINUTES
from geo.crs import to_metric

if TYPE_CHECKING:
    import typst

    from dashboard.site.view import SiteView

TEMPLATE: Final = Path(__file__).parents[1] / "print" / "site.typ"
FONTS: Final = ("Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "Source Han Sans CN", "PingFang SC",
                "Microsoft YaHei", "WenQuanYi Micro Hei", "SimHei", "Droid Sans Fallback")  # fmt: skip
"""Families with Chinese letters, the best first; one of them comes with every system that people read Chinese on."""

MAP_SIZE: Final = (300.0, 232.0)
"""Points; as wide as the page gives it."""
LONG_NAME_BYTES: Final = 60
"""A longer name is set smaller; Chinese letters, three bytes each, are twice as wide as Latin ones."""
SHOWN_INDICATORS: Final = 10
SHOWN_STEPS: Final = 10
SHOWN_NEIGHBORS: Final = 2
STEP_TINTS: Final = {"done": "on", "done_late": "close", "overdue": "behind", "ahead": "idle", "undated": "idle"}


def button(view: SiteView) -> None:
    """The button that makes the page when it is pressed; where it cannot be made, it says what is missing."""
    font = font_family()
    st.download_button(
        view.text("print.button"),
        data=lambda: page(view),
        file_name=f"{view.site}_{view.workspace.settings.as_of:%Y-%m-%d}_{view.text.language}.pdf",
        mime="application/pdf",
        key="print",
        help=view.text("print.help" if font else "print.no_font"),
        disabled=font is None,
        on_click="ignore",
        type="tertiary",
    )


@cache
def system_fonts() -> typst.Fonts:
    """The fonts of this machine; looked up once, a tenth of a second."""
    import typst

    return typst.Fonts()


@cache
def font_family() -> str | None:
    """The best of `FONTS` that this machine has, or None."""
    there = set(system_fonts().families())
    return next((name for name in FONTS if name in there), None)


def page(view: SiteView) -> bytes:
    """The page as PDF."""
    import typst

    inputs = {"data": json.dumps(facts(view), ensure_ascii=False), "map": map_svg(view)}
    made = typst.compile(TEMPLATE, format="pdf", font_paths=system_fonts(), sys_inputs=inputs, timestamp=_stamp(view))
    if not isinstance(made, bytes):
        raise TypeError("one document makes one file")
    return made


def _stamp(view: SiteView) -> dt.datetime:
    """The day of the data: the same data make the same file."""
    return dt.datetime.combine(view.workspace.settings.as_of, dt.time(), tzinfo=dt.UTC)


def facts(view: SiteView) -> dict[str, Any]:
    """All that stands on the page, as text; the template adds nothing."""
    text, settings, center = view.text, view.workspace.settings, view.center
    minutes = text("list.comma").join(figures.minutes(m) for m in view.results.params.cutoffs.minutes)
    speed = f"{view.results.params.profile.speed_mps:g}"
    return {
        "fonts": [font_family()],
        "lang": HTML_LANG[text.language][:2],
        "name": view.name,
        "name_size": 15 if len(view.name.encode()) < LONG_NAME_BYTES else 11,
        "workspace": settings.name(text.language),
        "stars": stars(center["stars"]),
        "marks": [mark for mark, _ in site_identity.marks(view) if "★" not in mark],
        "facts": " · ".join(site_identity.facts(view)),
        "as_of": text("print.as_of", date=figures.date(settings.as_of, text.language)),
        "source": site_identity.half_note(view) if given(center["note"]) else "",
        "synthetic": text("print.synthetic") if settings.synthetic else "",
        "made": text("print.made", id=view.workspace.content_id[:8]),
        "map_note": text("print.map_note", minutes=minutes, profile=view.profile, speed=speed),
        "labels": _labels(view),
        **_services(view),
        **_people(view),
        **_indicators(view),
        **_progress(view),
        **_around(view),
    }


def _labels(view: SiteView) -> dict[str, str]:
    text = view.text
    return {
        "services": text("print.services"),
        "reach": text("print.reach", profile=view.profile),
        "served": text("served.title"),
        "indicators": text("print.indicators", year=view.workspace.settings.as_of.year),
        "reports": text("print.reports"),
        "timeline": text("print.timeline"),
        "neighbors": text("around.neighbors"),
        "gaps": text("around.gaps"),
        "emergency": text("emergency.title"),
        "none": text("print.none"),
    }


def _services(view: SiteView) -> dict[str, Any]:
    text = view.text
    six = [offer for offer in view.offers if offer.service != EXTRA]
    extras = [
        " ".join(filter(None, [offer_names(text, o), capacity(text, o)])) for o in view.offers if o.service == EXTRA
    ]
    roles = view.center["emergency_roles"]
    return {
        "services": [
            {
                "label": text.code("service", offer.service),
                "given": offer.points > 0,
                "details": details(text, offer) if offer.points else text("services.lacking"),
            }
            for offer in six
        ],
        "extras": f"{text.code('service', EXTRA)} {text('list.comma').join(filter(None, extras))}"
        if any(extras)
        else "",
        "emergency": " · ".join(code.label(text.language) for code in CODE_LISTS["emergency_role"] if code.id in roles),
    }


def _people(view: SiteView) -> dict[str, Any]:
    text = view.text
    if not view.on_street:
        limit = figures.length(view.results.params.snap.max_distance_m)
        return {"heads": [], "reach": [], "reach_note": text("site.off_street", distance=limit), "served": [],
                "served_note": ""}  # fmt: skip
    told = site_people.can_tell_homes(view) and view.clientele.total > 0
    return {
        "heads": [
            text("choice.minutes_short", minutes=figures.minutes(m)) for m in view.results.params.cutoffs.minutes
        ],
        "reach": [{"label": label, "values": values} for label, values in site_people.reach_rows(view)],
        "reach_note": "",
        "served": [{"label": label, "share": share} for label, share in site_people.served_shares(view)]
        if told
        else [],
        "served_note": site_people.served_text(view) if told else "",
    }


def _indicators(view: SiteView) -> dict[str, Any]:
    text = view.text
    cards = scorecards(view.workspace, view.site)
    cards = sorted(cards, key=lambda card: np.isnan(card.target))[:SHOWN_INDICATORS]  # what is aimed at comes first
    heads = ("indicator", "value", "target", "", "verdict", "place")
    return {
        "indicator_heads": [text(f"print.{head}") if head else "" for head in heads],
        "indicators": [_indicator(view, card) for card in cards],
    }


def _indicator(view: SiteView, card: Scorecard) -> dict[str, Any]:
    language = view.text.language
    return {
        "name": card.indicator.name(language),
        "value": with_unit(card, card.value, language),
        "target": figures.NONE if np.isnan(card.target) else value(card, card.target),
        "share": share_of_target(card),
        "verdict": card.verdict or "idle",
        "verdict_text": verdict(view.text, card),
        "rank": f"{card.rank[0]} / {card.rank[1]}" if card.rank else figures.NONE,
    }


def _progress(view: SiteView) -> dict[str, Any]:
    text, language = view.text, view.text.language
    steps, weeks = site_timeline.rows(view).tail(SHOWN_STEPS), site_reports.recent(view)
    nothing = text("reports.none" if view.is_open else "reports.not_open")
    names = site_timeline.step_names(view, steps)
    return {
        "reports": nothing if weeks.empty else site_reports.summary(view, weeks).replace("**", ""),
        "steps": [
            {
                "sign": TIMELINE_SIGNS[row["state"]],
                "tint": STEP_TINTS[row["state"]],
                "name": name,
                "day": day(row["done"] if given(row["done"]) else row["planned"], language),
                "late": late(text, row["days_late"]),
            }
            for name, row in zip(names, steps.to_dict("records"), strict=True)
        ],
    }


def _around(view: SiteView) -> dict[str, Any]:
    text, found = view.text, view.neighbors
    table = site_around.neighbor_table(view).head(SHOWN_NEIGHBORS)
    return {
        "neighbors": [
            {"name": name, "walk": text("choice.minutes_short", minutes=f"{walk:.0f}"), "gives": gives}
            for name, walk, *_, gives in table.itertuples(index=False)
        ],
        "no_neighbors": text("around.no_neighbors", minutes=figures.minutes(LONGEST_MINUTES)) if not len(found) else "",
        "gaps": site_around.gap_sentence(view),
    }


def map_svg(view: SiteView) -> str:
    """The map of its catchments; "" where it is on no street."""
    if not view.on_street:
        return ""
    shapes, assessment = view.results.catchments.polygons[view.index], view.assessment
    network, outlines = view.workspace.network, assessment.jurisdictions
    villages = np.flatnonzero(outlines.level == LEVELS.index("village"))
    if not len(villages):
        villages = np.arange(len(outlines))
    centers = view.workspace.centers
    xy = to_metric(centers[["lon", "lat"]].to_numpy(np.float64), network.crs)
    order = np.argsort(np.arange(len(centers)) == view.index, kind="stable")
    return svg_map.picture(
        svg_map.Frame.around(shapes[-1], *MAP_SIZE),
        network,
        places=[(view.place_name(int(i)), outlines.polygons[i]) for i in villages],
        catchments=list(shapes[::-1]),
        doors=to_metric(assessment.supply.door_lonlat[assessment.supply.door_center == view.number], network.crs),
        marks=[
            svg_map.Mark(
                xy=(float(xy[i, 0]), float(xy[i, 1])),
                name=view.name_of(assessment.supply.ids.index(centers["id"].iloc[i])),
                is_open=bool(centers["status"].iloc[i] == "open"),
                chosen=i == view.index,
            )
            for i in order.tolist()
        ],
        notes=notes(view.text, view.workspace, paper=True),
        fonts=[font_family() or ""],
    )
