"""The panel of the best new sites: the question, the plan with its proof, and what it brings."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from threading import Event
from typing import TYPE_CHECKING, Final, TypeVar

import numpy as np
import streamlit as st

from dashboard import figures
from dashboard.panels import quiet
from dashboard.siting import cache as siting_cache
from dashboard.siting import conditions
from dashboard.siting import controls as siting_controls
from dashboard.siting import export as siting_export
from dashboard.siting.best import Answer, Asked, SiteSearch
from dashboard.siting.job import Job
from dashboard.siting.layers import Mark
from dashboard.siting.links import helps
from dashboard.siting.places import BY_VILLAGE, FILE, kind_of
from dashboard.siting.refusal import refused
from dashboard.siting.report.plan import counted, target
from dashboard.siting.targets_panel import targets_panel
from dashboard.siting.view import SitingView, put
from data.tables.changes import MOST, Change
from geo.siting.questions import MaxCover
from geo.siting.rules import Capacity

if TYPE_CHECKING:
    from dashboard.siting.whatif import WhatIf

T = TypeVar("T")

FIRST_WAIT_S: Final = 0.8
"""Most questions are proven within it: then nobody sees an interim answer."""
POLL_S: Final = 0.7
ANSWERS: Final = "siting_answers"
"""Key of the session's search."""
SHORTEST_S: Final = 0.01
"""What took no longer is not told apart."""


def job(name: str, key: object, work: Callable[[Event], Iterable[T]], *, wait_s: float = FIRST_WAIT_S) -> Job[T]:
    """The session's background work of a name: begun anew, and the former one stopped, when the key is another.

    So is work that stopped because nobody looked: what there is of it would pass for the whole.
    """
    held = st.session_state.get(name)
    if held is None or held[0] != key or held[1].forgotten:
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
    return job(ANSWERS, (view.workspace.content_id, asked), partial(search.answers, asked))


def marks(view: SitingView, asked: Asked, answer: Answer) -> list[Mark]:
    """The chosen sites as the map shows them, in the order in which each adds most."""
    found = search_of(view, asked).candidates
    rows = enumerate(answer.plan.sites, start=1)
    lonlat = found.lonlat.tolist()
    in_time = [float(answer.problem.weight[answer.problem.in_time(site)].sum()) for site in answer.plan.sites]
    return [Mark(str(i), "site", called(view, asked, site), tuple(lonlat[site]), in_time[i - 1]) for i, site in rows]


def brought(view: SitingView, asked: Asked, answer: Answer) -> WhatIf:
    """The chosen sites as a what-if, for the homes that they newly cover."""
    places = (mark.lonlat for mark in marks(view, asked, answer))
    return siting_cache.what_if(view.workspace, view.today, tuple(Change("new", "", lonlat) for lonlat in places))


def called(view: SitingView, asked: Asked, site: int) -> str:
    """A candidate in words: its village, its name in the file, or what is nearest."""
    found, kind = search_of(view, asked).candidates, kind_of(asked.candidates)
    if kind in BY_VILLAGE:
        return view.place(found.ids[site])
    lon, lat = found.lonlat[site].tolist()
    if kind == FILE and found.names[site] != found.ids[site]:
        return found.names[site]
    return f"{view.nearest_place((lon, lat))} {found.ids[site]}"


# ---- the panel ----------------------------------------------------------------------------------------------


def panel(view: SitingView, asked: Asked | None, found: Job[Answer] | None, items: Sequence[Answer]) -> None:
    """Everything beside the map.

    Args:
        items: what has been found when the map was drawn, the best answer last.
    """
    siting_controls.question(view)
    conditions.expander(view)
    conditions.summary(view)
    if asked is None or found is None:
        return
    if found.error is not None:
        refused(view, asked, search_of(view, asked), found.error)
        return
    if not items:
        quiet(view.text("best.searching" if found.running else "stopped.cancelled"))
        _cancel(view, found)
        poll(found, 0, "answers")
        return
    answer = items[-1]
    _verdict(view, found, answer)
    if np.isfinite(answer.plan.objective):
        if not answer.plan.sites:
            st.markdown(view.text(f"nosites.{answer.why_none}"))
        _figures(view, asked, answer)
        _buttons(view, asked, answer)
        _notes(view, asked, answer)
        targets_panel(view, brought(view, asked, answer).changes)
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
        st.markdown(f"{said} :small[:gray[{text('best.seconds', seconds=_seconds(plan.seconds))}]]")
        if found.cancelled or not plan.final:
            _cancel(view, found)


def _seconds(seconds: float) -> str:
    return f"{seconds:.2f}" if seconds >= SHORTEST_S else f"< {SHORTEST_S}"


def _cancel(view: SitingView, found: Job[Answer]) -> None:
    if found.running:
        st.button(view.text("best.cancel"), on_click=found.cancel, key="cancel_search")
    elif found.cancelled:
        st.button(view.text("best.again"), on_click=partial(st.session_state.pop, ANSWERS, None), key="search_again")


def _figures(view: SitingView, asked: Asked, answer: Answer) -> None:
    text, plan = view.text, answer.plan
    before = plan.covered_before / plan.people
    more = figures.signed(100 * (plan.share - before), 1)
    people = counted(view, asked)
    added = plan.covered - plan.covered_before
    cards = [
        (text("best.new_sites"), figures.number(len(plan.sites)), _spent(view, asked, answer), "proof"),
        (text("best.added", people=people), figures.number(added), _served(view, answer), "gain"),
        (text("siting.share"), figures.share(plan.share), text("siting.points", points=more), "covered"),
    ]
    if asked.goal in ("mean", "worst"):
        longest = text("best.longest", minutes=figures.number(plan.worst_minutes, 1))
        walk = text("siting.minutes", minutes=figures.number(plan.mean_minutes, 1))
        cards.append((text("best.mean_walk"), walk, longest, "mean_walk"))
    else:
        each = added / len(plan.sites) if plan.sites else np.nan
        cards.append((text("best.each"), figures.number(each), "", "gain"))
    explained = helps(view, {figure: "" for *_, figure in cards})
    with st.container(key="siting_figures"):
        for label, value, below_it, figure in cards:
            with st.container(border=True, gap=None, height="stretch"):
                st.metric(label, value, help=explained[figure])
                if below_it:
                    quiet(below_it)


def _notes(view: SitingView, asked: Asked, answer: Answer) -> None:
    text, left = view.text, answer.plan.unreachable
    if asked.goal == "fewest":
        quiet(text("best.target_note", target=target(view, asked, answer)))
    if left >= 1:
        quiet(
            text("best.unreachable", people=figures.number(left), who=counted(view, asked), minutes=view.minutes_text)
        )
    if asked.goal in ("mean", "worst"):
        quiet(text("best.walk_note"))
    if asked.given != "open":
        quiet(text("best.against_open"))


def _spent(view: SitingView, asked: Asked, answer: Answer) -> str:
    """What the plan costs, where there is a budget."""
    budget = asked.rules.budget
    if budget is None:
        return ""
    costs = asked.rules.costs(search_of(view, asked).candidates)
    spent = figures.number(costs[list(answer.plan.sites)].sum())
    return view.text("best.spent", spent=spent, budget=figures.number(budget))


def _served(view: SitingView, answer: Answer) -> str:
    """Of those newly covered, how many there is room for, where capacity counts."""
    plan = answer.plan
    if answer.problem.rule(Capacity) is None or not isinstance(plan.question, MaxCover):
        return ""
    return view.text("best.served", people=figures.number(plan.objective - plan.covered_before))


def _buttons(view: SitingView, asked: Asked, answer: Answer) -> None:
    text = view.text
    places = [mark.lonlat for mark in marks(view, asked, answer)]

    def adopt() -> None:
        put([Change("new", "", lonlat) for lonlat in places])
        st.session_state["task"] = "whatif"

    with st.container(horizontal=True, gap="small"):
        st.button(text("best.adopt"), on_click=adopt, key="adopt_plan", disabled=not 0 < len(places) <= MOST,
                  help=text("best.adopt_help", most=MOST), type="primary")  # fmt: skip
        siting_export.plan_buttons(view, asked, answer, search_of(view, asked), partial(called, view, asked))
