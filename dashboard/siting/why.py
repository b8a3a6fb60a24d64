"""Why: what each site of a plan brings, and how firmly the plan stands."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from dashboard import figures
from dashboard.markdown import plain
from dashboard.panels import quiet
from dashboard.siting import assumptions
from dashboard.siting.answer import FIRST_WAIT_S, called, job, poll, search_of
from dashboard.siting.best import Answer, Asked
from dashboard.siting.links import line
from dashboard.siting.refusal import refused
from dashboard.twins import SHARE_DECIMALS, table
from geo.siting.tradeoff import Necessity, Stance

if TYPE_CHECKING:
    import pandas as pd

    from dashboard.siting.job import Job
    from dashboard.siting.view import SitingView


def below(view: SitingView, asked: Asked, found: Job[Answer], answer: Answer) -> None:
    """Why each site, and how firmly the plan stands."""
    if found.error is not None or not answer.plan.sites:
        return
    text = view.text
    st.subheader(text("best.why"), anchor=False)
    if answer.cases is None:
        quiet(text("best.explaining") if found.running else text("siting.none"))
        return
    numbers = {name: st.column_config.NumberColumn(format="localized") for name in _numbers(view)}
    table(text, _cases(view, asked, answer), "siting_plan", columns=numbers)
    quiet(f"{text('best.why_note')} {line(view, ('gain', 'residents_within', 'only_site', 'runner_up'))}")
    if answer.cases and all(case.runner_up is None for case in answer.cases):
        quiet(text("best.no_runner_up"))
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
            "worse_by": [round(case.worse_by, decimals) + 0.0 for case in cases],  # 0, not -0
        }
    )


def _tests(view: SitingView, asked: Asked, answer: Answer) -> None:
    text, key = view.text, (view.workspace.content_id, asked, answer.plan.sites)
    asked_for = st.session_state.get("siting_test_key") == key
    if not asked_for:
        st.button(text("best.test"), on_click=partial(st.session_state.__setitem__, "siting_test_key", key),
                  key="test_plan", help=text("best.test_help"))  # fmt: skip
        return
    work = partial(search_of(view, asked).tested, asked, answer, assumptions.others(view, asked))
    found = job("siting_tests", key, work, wait_s=2 * FIRST_WAIT_S)
    items = found.items
    if found.error is not None:
        refused(view, asked, search_of(view, asked), found.error)
        return
    _stances(view, [item for item in items if isinstance(item, Stance)])
    _necessities(view, asked, [item for item in items if isinstance(item, Necessity)])
    if found.running:
        quiet(text("best.testing"))
        poll(found, len(items), "tests")


def _stances(view: SitingView, stances: list[Stance]) -> None:
    text = view.text
    if not stances:
        return
    st.markdown(f"**{text('best.robust')}**")
    frame = view.table(
        {
            "assumption": [assumptions.called(view, stance.name) for stance in stances],
            "kept_sites": [text("best.kept", kept=s.kept, all=len(s.best.sites)) for s in stances],
            "regret": [round(s.regret, SHARE_DECIMALS) for s in stances],
        }
    )
    shares = st.column_config.NumberColumn(format="percent")
    table(text, frame, "siting_robustness", columns={text("column.regret"): shares})
    quiet(f"{text('best.robust_note')} {line(view, ('robustness',))}")


def _necessities(view: SitingView, asked: Asked, found: list[Necessity]) -> None:
    if not found:
        return
    text = view.text
    always = [called(view, asked, item.site) for item in found if item.in_every_good_plan]
    names = text("list.comma").join(plain(name) for name in always) or text("siting.none")
    st.markdown(f"**{text('best.always')}** {names}")
    note = text("best.always_note_fewest" if asked.goal == "fewest" else "best.always_note")
    quiet(f"{note} {line(view, ('indispensable',))}")
