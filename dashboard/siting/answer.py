"""The panel of the best new sites: the question, the plan with its proof, why each site, and how firmly it stands."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from threading import Event
from typing import TYPE_CHECKING, Final, TypeVar

import numpy as np
import streamlit as st

from dashboard import figures
from dashboard.controls import profile_name
from dashboard.markdown import plain
from dashboard.panels import quiet, show_error
from dashboard.siting import cache as siting_cache
from dashboard.siting import controls as siting_controls
from dashboard.siting import export as siting_export
from dashboard.siting.best import MOST_COMPARED, SPREAD, Answer, Asked, SiteSearch
from dashboard.siting.job import Job
from dashboard.siting.layers import Mark
from dashboard.siting.panel import signed
from dashboard.siting.view import SitingView, put
from dashboard.twins import table
from data.tables.changes import MOST, Change
from geo.siting.tradeoff import Necessity, Stance

if TYPE_CHECKING:
    import pandas as pd
    from geopandas import GeoDataFrame

    from dashboard.siting.whatif import WhatIf

T = TypeVar("T")

FIRST_WAIT_S: Final = 0.8
"""Most questions are proven within it: then nobody sees an interim answer."""
POLL_S: Final = 0.7
ELDERLY: Final = "elderly"
SHORTER_MINUTES: Final = 10.0


def job(name: str, key: object, work: Callable[[Event], Iterable[T]], *, wait_s: float = FIRST_WAIT_S) -> Job[T]:
    """The session's background work of a name: begun anew, and the former one stopped, when the key is another."""
    held = st.session_state.get(name)
    if held is None or held[0] != key:
        if held is not None:
            held[1].cancel()
        held = (key, Job(work))
        st.session_state[name] = held
        held[1].wait(wait_s)
    found: Job[T] = held[1]
    return found


def poll(found: Job[T], seen: int, name: str) -> None:
    """While the work goes on, look again; the page is drawn anew as soon as there is more."""

    @st.fragment(run_every=POLL_S if found.running else None)
    def watch() -> None:
        if len(found.items) != seen or (not found.running and running):
            st.rerun()

    running = found.running
    with st.container(key=f"poll_{name}"):
        watch()


def search_of(view: SitingView, asked: Asked) -> SiteSearch:
    """Candidates and centers for a question."""
    return siting_cache.search(view.workspace, view.profile, asked.candidates, asked.given)


def answers(view: SitingView, asked: Asked) -> Job[Answer]:
    """The search for the answer, begun when it is asked for."""
    search = search_of(view, asked)
    return job("siting_answers", (view.workspace.content_id, asked), partial(search.answers, asked))


def marks(view: SitingView, asked: Asked, answer: Answer | None) -> list[Mark]:
    """The chosen sites as the map shows them, in the order in which each adds most."""
    if answer is None:
        return []
    found = search_of(view, asked).candidates
    rows = enumerate(answer.plan.sites, start=1)
    lonlat = found.lonlat.tolist()
    in_time = [float(answer.problem.weight[answer.problem.in_time(site)].sum()) for site in answer.plan.sites]
    return [Mark(str(i), "site", called(view, asked, site), tuple(lonlat[site]), in_time[i - 1]) for i, site in rows]


def brought(view: SitingView, asked: Asked, answer: Answer | None) -> WhatIf:
    """The chosen sites as a what-if, for the homes that they newly cover."""
    places = (mark.lonlat for mark in marks(view, asked, answer))
    return siting_cache.what_if(view.workspace, view.today, tuple(Change("new", "", lonlat) for lonlat in places))


def called(view: SitingView, asked: Asked, site: int) -> str:
    """A candidate in words: its village, or what is nearest."""
    found = search_of(view, asked).candidates
    if asked.candidates == "villages":
        return view.place(found.ids[site])
    lon, lat = found.lonlat[site].tolist()
    return f"{view.nearest_place((lon, lat))} {found.ids[site]}"


# ---- the panel ----------------------------------------------------------------------------------------------


def panel(view: SitingView, asked: Asked, found: Job[Answer]) -> None:
    """Everything beside the map."""
    siting_controls.question(view)
    items = found.items
    if found.error is not None:
        show_error(found.error)
        return
    if not items:
        quiet(view.text("best.searching"))
        _cancel(view, found)
        poll(found, 0, "answers")
        return
    answer = items[-1]
    _verdict(view, found, answer)
    if np.isfinite(answer.plan.objective):
        _figures(view, asked, answer)
        _buttons(view, asked, answer)
    poll(found, len(items), "answers")


def _verdict(view: SitingView, found: Job[Answer], answer: Answer) -> None:
    text, plan = view.text, answer.plan
    if plan.proven:
        said = f":green-badge[✓ {text('best.proven')}]"
    elif not np.isfinite(plan.gap):
        said = f":orange-badge[△ {text('best.no_plan_yet')}]"
    else:
        said = f":orange-badge[△ {text('best.within', gap=f'{100 * plan.gap:.2f} %')}]"
    if plan.stopped:
        said += " " + text(f"stopped.{plan.stopped}")
    elif not plan.proven and found.running:
        said += f" :small[:gray[{text('best.improving')}]]"
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"{said} :small[:gray[{text('best.seconds', seconds=f'{plan.seconds:.2f}')}]]")
        if not plan.final:
            _cancel(view, found)


def _cancel(view: SitingView, found: Job[Answer]) -> None:
    if found.running:
        st.button(view.text("best.cancel"), on_click=found.cancel, key="cancel_search")


def _figures(view: SitingView, asked: Asked, answer: Answer) -> None:
    text, plan = view.text, answer.plan
    before = plan.covered_before / plan.people
    more = signed(100 * (plan.share - before), 1)
    people = text("best.people" if asked.weights == "all" else "best.people_weighted")
    cards = [
        (text("best.new_sites"), figures.number(len(plan.sites)), ""),
        (text("best.added", people=people), figures.number(plan.covered - plan.covered_before), ""),
        (text("siting.share"), figures.share(plan.share), text("siting.points", points=more)),
    ]
    if asked.goal in ("mean", "worst"):
        longest = text("best.longest", minutes=figures.number(plan.worst_minutes, 1))
        walk = text("siting.minutes", minutes=figures.number(plan.mean_minutes, 1))
        cards.append((text("best.mean_walk"), walk, longest))
    else:
        each = (plan.covered - plan.covered_before) / len(plan.sites) if plan.sites else np.nan
        cards.append((text("best.each"), figures.number(each), ""))
    with st.container(key="siting_figures"):
        for label, value, below_it in cards:
            with st.container(border=True, gap=None, height="stretch"):
                st.metric(label, value)
                if below_it:
                    quiet(below_it)
    if plan.unreachable >= 1:
        quiet(text("best.unreachable", people=figures.number(plan.unreachable), minutes=view.minutes_text))
    if asked.goal in ("mean", "worst"):
        quiet(text("best.walk_note"))


def _buttons(view: SitingView, asked: Asked, answer: Answer) -> None:
    text = view.text
    places = [mark.lonlat for mark in marks(view, asked, answer)]
    lonlat = np.array(places, dtype=np.float64).reshape(-1, 2)

    def adopt() -> None:
        put([Change("new", "", lonlat) for lonlat in places])
        st.session_state["task"] = "whatif"

    with st.container(horizontal=True, gap="small"):
        st.button(text("best.adopt"), on_click=adopt, key="adopt_plan", disabled=not 0 < len(places) <= MOST,
                  help=text("best.adopt_help", most=MOST))  # fmt: skip
        st.download_button(
            text("siting.geopackage"),
            data=lambda: siting_export.geopackage(view, plan_frame(view, asked, answer), lonlat),
            file_name="plan.gpkg", mime=siting_export.MIME, key="plan_gpkg", on_click="ignore",
        )  # fmt: skip


def plan_frame(view: SitingView, asked: Asked, answer: Answer) -> GeoDataFrame:
    """The plan as the command line writes it, with the names of this page."""
    from geo.siting.command import plan_frame as frame_of

    frame = frame_of(search_of(view, asked).ground, answer.problem, answer.plan)
    names = [called(view, asked, site) for site in answer.plan.sites]
    return frame.assign(name=names, profile=view.profile.id, question=asked.goal, weights=asked.weights)


# ---- below the map ------------------------------------------------------------------------------------------


def below(view: SitingView, asked: Asked, found: Job[Answer]) -> None:
    """Why each site, and how firmly the plan stands."""
    items = found.items
    if not items or found.error is not None:
        return
    answer, text = items[-1], view.text
    st.subheader(text("best.why"), anchor=False)
    if answer.cases is None:
        quiet(text("best.explaining") if found.running else text("siting.none"))
        return
    numbers = {name: st.column_config.NumberColumn(format="localized") for name in _numbers(view)}
    table(text, _cases(view, asked, answer), "siting_plan", columns=numbers)
    quiet(text("best.why_note"))
    if answer.cases and all(case.runner_up is None for case in answer.cases):
        quiet(text("best.no_runner_up", most=figures.number(MOST_COMPARED)))
    if answer.plan.sites:
        _tests(view, asked, answer)


def _numbers(view: SitingView) -> list[str]:
    return [view.text(f"column.{name}") for name in ("adds", "in_time", "only_it", "worse_by")]


def _cases(view: SitingView, asked: Asked, answer: Answer) -> pd.DataFrame:
    cases = answer.cases or ()
    name = partial(called, view, asked)
    decimals = 2 if asked.goal in ("mean", "worst") else 0
    return view.table(
        {
            "order": range(1, len(cases) + 1),
            "site": [name(case.site) for case in cases],
            "adds": [round(case.adds) for case in cases],
            "in_time": [round(case.in_time) for case in cases],
            "only_it": [round(case.only_it) for case in cases],
            "runner_up": [figures.NONE if case.runner_up is None else name(case.runner_up) for case in cases],
            "worse_by": [round(case.worse_by, decimals) for case in cases],
        }
    )


def _tests(view: SitingView, asked: Asked, answer: Answer) -> None:
    text, key = view.text, (view.workspace.content_id, asked, answer.plan.sites)
    asked_for = st.session_state.get("siting_test_key") == key
    if not asked_for:
        st.button(text("best.test"), on_click=partial(st.session_state.__setitem__, "siting_test_key", key),
                  key="test_plan", help=text("best.test_help"))  # fmt: skip
        return
    work = partial(search_of(view, asked).tested, asked, answer, _others(view, asked))
    found = job("siting_tests", key, work, wait_s=2 * FIRST_WAIT_S)
    items = found.items
    if found.error is not None:
        show_error(found.error)
        return
    _stances(view, [item for item in items if isinstance(item, Stance)])
    _necessities(view, asked, [item for item in items if isinstance(item, Necessity)])
    if found.running:
        quiet(text("best.testing"))
        poll(found, len(items), "tests")


def _others(view: SitingView, asked: Asked) -> dict[str, Asked]:
    settings, text = view.workspace.settings, view.text
    found = {}
    slow = next((p for p in settings.profiles if p.id == ELDERLY), None)
    if slow is not None and slow != asked.profile:
        found[profile_name(text, settings, ELDERLY)] = replace(asked, profile=slow)
    if asked.minutes > SHORTER_MINUTES:
        label = text("best.other_minutes", minutes=figures.minutes(SHORTER_MINUTES))
        found[label] = replace(asked, minutes=SHORTER_MINUTES)
    return found


def _stances(view: SitingView, stances: list[Stance]) -> None:
    text = view.text
    if not stances:
        return
    st.markdown(f"**{text('best.robust')}**")
    draws = iter(range(1, len(stances) + 1))
    spread = f"{SPREAD:.0%}".replace("%", " %")
    names = [
        text("best.draw", spread=spread, number=next(draws)) if stance.name.startswith("residents ±") else stance.name
        for stance in stances
    ]
    frame = view.table(
        {
            "assumption": names,
            "kept_sites": [text("best.kept", kept=s.kept, all=len(s.best.sites)) for s in stances],
            "regret": [s.regret for s in stances],
        }
    )
    shares = st.column_config.NumberColumn(format="percent")
    table(text, frame, "siting_robustness", columns={text("column.regret"): shares})
    quiet(text("best.robust_note"))


def _necessities(view: SitingView, asked: Asked, found: list[Necessity]) -> None:
    if not found:
        return
    text = view.text
    always = [called(view, asked, item.site) for item in found if item.in_every_good_plan]
    names = text("list.comma").join(plain(name) for name in always) or text("siting.none")
    st.markdown(f"**{text('best.always')}** {names}")
    quiet(text("best.always_note_fewest" if asked.goal == "fewest" else "best.always_note"))
