"""Conditions: the rules that a plan has to keep to, behind one expander, and in one line what is set."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import streamlit as st

from dashboard import figures
from dashboard.markdown import plain
from dashboard.panels import quiet
from dashboard.siting import controls
from dashboard.siting.choices import EVEN_WEIGHTS, LEAST_SHARES, OWN_WEIGHTS
from dashboard.siting.places import FILE, GIVEN, STREETS, GivenPlaces
from dashboard.siting.rules import HEAVIEST, MOST, TownQuota, read_quotas, read_weights, written_quotas, written_weights
from data.tables.drafts import shortest
from geo.people.residents import AGE_GROUPS
from geo.siting.candidates import LARGE_VILLAGE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dashboard.siting.view import SitingView

MONEY_STEP, METERS_STEP, PEOPLE_STEP = 50.0, 100.0, 500.0
RULES = ("apart", "budget", "price", "room", "quotas")
"""Choices that "no conditions" empties; the others go back to their first option."""


def expander(view: SitingView) -> None:
    """All rules; each says what it does when one points at its question mark."""
    text, state, given = view.text, st.session_state, _given()
    stated = given is not None and not np.isnan(given.candidates.cost).all()

    def percent(share: str) -> str:
        return text("best.no_least") if share == "0" else f"{share} %"

    shown = [
        partial(controls.amount, text, "budget", MONEY_STEP),
        partial(
            controls.amount,
            text,
            "price",
            MONEY_STEP,
            placeholder=text("rules.by_file" if stated else "rules.no_price"),
        ),
        partial(controls.amount, text, "apart", METERS_STEP),
        partial(controls.amount, text, "room", PEOPLE_STEP),
        partial(controls.weights, view),
        partial(controls.given, text),
    ]
    if view.workspace.towns:
        shown.append(partial(controls.select, text, "least", LEAST_SHARES, percent))
    if state["candidates"] == STREETS:
        shown.append(partial(controls.every, text))
    with st.expander(text("rules.title"), key=f"siting_rules_{text.language}"):
        for first in range(0, len(shown), 2):
            for column, show in zip(st.columns(2, gap="small"), shown[first : first + 2], strict=False):
                with column:
                    show()
        if state["weights"] == OWN_WEIGHTS:
            _ages(view)
        if view.workspace.towns:
            _quotas(view)


def summary(view: SitingView) -> None:
    """The rules that are set, in one line, and a way to be rid of them."""
    where, demanded = _where(view), _demanded(view)
    if not where and not demanded:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="siting_rules_set"):
        quiet(view.text("rules.active", rules=" · ".join(plain(rule) for rule in (*where, *demanded))))
        if demanded:
            st.button(view.text("rules.drop"), on_click=drop, type="tertiary", key="drop_rules")


def drop() -> None:
    """Take all rules back."""
    state = st.session_state
    for name in RULES:
        state[name] = None
    state["least"], state["weights"], state["given"], state["ages"] = LEAST_SHARES[0], "all", "open", EVEN_WEIGHTS


def _where(view: SitingView) -> list[str]:
    """What the kind of candidates does not say by its name alone, in words."""
    text, state = view.text, st.session_state
    if state["candidates"] == "large":
        return [text("rules.large", residents=figures.number(LARGE_VILLAGE))]
    return [text("rules.every", meters=state["every"])] if state["candidates"] == STREETS else []


def _demanded(view: SitingView) -> list[str]:
    """The rules that are set, in words."""
    text, state, rules, given = view.text, st.session_state, controls.rules(view), _given()
    said = []
    if rules.budget is not None:
        price = rules.price
        each = text("rules.costs_stated") if price is None else text("rules.price", price=amount_text(price))
        said.append(text("rules.budget", budget=amount_text(rules.budget), each=each))
    if rules.spacing_m is not None:
        said.append(text("rules.apart", meters=amount_text(rules.spacing_m)))
    if rules.capacity is not None:
        said.append(text("rules.room", people=amount_text(rules.capacity)))
    elif given is not None and np.isfinite(given.candidates.capacity).any():
        said.append(text("rules.rooms_stated"))
    if rules.least:
        said.append(text("rules.least", share=f"{100 * rules.least:.0f} %"))
    said += [quota_words(view, quota) for quota in rules.quotas]
    if state["weights"] != "all":
        said.append(text(f"weights.{state['weights']}"))
        if state["weights"] == OWN_WEIGHTS:
            said[-1] += f" {state['ages'].replace('_', ' : ')}"
    if state["given"] != "open":
        said.append(text("rules.given"))
    return said


def _given() -> GivenPlaces | None:
    """The candidates of a file, where they are chosen."""
    state = st.session_state
    return GIVEN.get(state["file"] or "") if state["candidates"] == FILE else None


def quota_words(view: SitingView, quota: TownQuota) -> str:
    """A quota in words."""
    kind = "least" if quota.most is None else "most" if not quota.least else "between"
    return view.text(f"quota.{kind}", town=view.place(quota.town), least=quota.least, most=quota.most)


def amount_text(amount: float) -> str:
    """Money, meters or people, with as many decimals as were given."""
    return figures.number(amount) if float(amount).is_integer() else shortest(amount)


# ---- age groups ---------------------------------------------------------------------------------------------


def _ages(view: SitingView) -> None:
    """What a resident of each group counts."""
    text, state = view.text, st.session_state
    weights = read_weights(state["ages"], len(AGE_GROUPS)) or ()
    keys = [f"age_weight_{group}_{text.language}" for group in AGE_GROUPS]
    for column, group, key, weight in zip(st.columns(len(keys)), AGE_GROUPS, keys, weights, strict=True):
        state[key] = weight
        with column:
            st.number_input(
                view.group(group), min_value=0.0, max_value=HEAVIEST, step=0.5, format="%g", key=key,
                on_change=_take_ages, args=(keys,),
            )  # fmt: skip
    quiet(text("rules.ages_note"))


def _take_ages(keys: Sequence[str]) -> None:
    written = written_weights(round(st.session_state[key], 2) for key in keys)
    if read_weights(written, len(keys)) is not None:  # somebody has to count
        st.session_state["ages"] = written


# ---- quotas -------------------------------------------------------------------------------------------------


def _quotas(view: SitingView) -> None:
    """How many new centers each town should have at least and at most."""
    text, codes = view.text, view.workspace.towns
    quotas = {quota.town: quota for quota in read_quotas(st.session_state["quotas"], codes) or ()}
    st.markdown(f":small[{text('choose.quotas')}]", help=text("choose.quotas_help"))
    frame = pd.DataFrame(
        {
            "town": [view.place(code) for code in codes],
            "least": pd.array([_least(quotas.get(code)) for code in codes], dtype="Int64"),
            "most": pd.array([quotas[code].most if code in quotas else None for code in codes], dtype="Int64"),
        }
    )
    # The key changes with what is set: the editor starts from the choice, however that came about.
    key = f"quotas_{text.language}_{st.session_state['quotas'] or ''}"
    number = partial(st.column_config.NumberColumn, min_value=0, max_value=MOST, step=1)
    st.data_editor(
        frame, key=key, hide_index=True, disabled=["town"], placeholder=text("rules.nothing"),
        on_change=_take_quotas, args=(key, codes, quotas),
        column_config={
            "town": text("rules.town"), "least": number(text("rules.at_least")), "most": number(text("rules.at_most")),
        },
    )  # fmt: skip


def _least(quota: TownQuota | None) -> int | None:
    return quota.least if quota and quota.least else None


def _take_quotas(key: str, codes: Sequence[str], quotas: dict[str, TownQuota]) -> None:
    st.session_state["quotas"] = written_quotas(edited(codes, quotas, st.session_state[key]["edited_rows"]))


def edited(codes: Sequence[str], quotas: dict[str, TownQuota], rows: dict[int, dict[str, Any]]) -> list[TownQuota]:
    """Quotas after the table was edited.

    Args:
        codes: towns in the order of the rows.
        quotas: before, by town.
        rows: row → column → new value, as Streamlit's editor reports them.
    """
    found = []
    for row, town in enumerate(codes):
        old, new = quotas.get(town, TownQuota(town)), rows.get(row, {})
        least, most = new.get("least", old.least), new.get("most", old.most)
        found.append(TownQuota(town, int(least or 0), None if most is None else int(most)))
    return found
