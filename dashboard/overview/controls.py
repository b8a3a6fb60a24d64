"""The overview's controls: layers, filters, search. Every choice lives in the URL (`dashboard.state`)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from dashboard.choice import place_text
from dashboard.controls import list_names, mirror, names_in, told_apart
from dashboard.map.view import Click
from dashboard.overview.choices import SHOWN, scope
from dashboard.overview.layers import SHADES, TONES
from dashboard.overview.map import go_to_site
from dashboard.overview.scope import COLUMNS, FILTERS, values_of
from dashboard.state import look_at
from geo.coverage.jurisdiction import LEVELS
from geo.coverage.supply import SERVICES

if TYPE_CHECKING:
    from dashboard.i18n import Catalog
    from data.workspace import Workspace

SEARCH: Final = "search"


def toolbar(text: Catalog, workspace: Workspace) -> None:
    """One row above the map."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        with st.popover(text("overview.layers")):
            _layers(text)
        count = scope().count
        label = text("overview.filters_set", count=count) if count else text("overview.filters")
        with st.popover(label):
            _filters(text, workspace)
        _search(text, workspace)


def value_label(text: Catalog, name: str, value: str) -> str:
    """A filter's value in words."""
    if name == "batch":
        return text("site.batch", number=value)
    if name == "stars":
        return text("site.stars", stars=value)
    return text.code("operating_model" if name == "model" else name, value)


def _layers(text: Catalog) -> None:
    st.pills(
        text("overview.show"),
        SHOWN,
        selection_mode="multi",
        format_func=lambda v: text(f"layer.{v}"),
        **mirror("show"),
    )
    st.selectbox(
        text("overview.shade"),
        SHADES,
        index=None,
        format_func=lambda v: text(f"shade.{v}"),
        **mirror("shade"),
        placeholder=text("overview.no_shade"),
    )
    st.segmented_control(
        text("overview.tone"), TONES, format_func=lambda v: text(f"tone.{v}"), required=True, **mirror("tone")
    )


def _filters(text: Catalog, workspace: Workspace) -> None:
    outlines, codes = workspace.jurisdictions, workspace.towns
    names = list_names(text, outlines[outlines["code"].isin(codes)], "code")
    left, right = st.columns(2)
    _choose_one(left, text, "town", codes, lambda code: names.get(code, code))
    _choose_one(right, text, "service", list(SERVICES), lambda code: text.code("service", code))
    for name in COLUMNS:
        values = values_of(workspace.centers, name)
        if values:
            st.pills(
                text(f"filter.{name}"),
                values,
                selection_mode="multi",
                format_func=partial(value_label, text, name),
                **mirror(name),
            )
    st.button(text("overview.clear"), on_click=_clear, disabled=not scope().count)


def _choose_one(place: Any, text: Catalog, name: str, values: list[str], label: Callable[[str], str]) -> None:
    place.selectbox(
        text(f"filter.{name}"), values, index=None, format_func=label, placeholder=text("overview.all"), **mirror(name)
    )


def _clear() -> None:
    for name in FILTERS:
        st.session_state[name] = [] if name in COLUMNS else None


def _search(text: Catalog, workspace: Workspace) -> None:
    """Find a center or a village: the map looks at it, and a center's page can be opened.

    The only way for the keyboard where there are very many: then the map has no element for each.
    """
    found = _places(text, workspace)
    key = f"{SEARCH}_{text.language}"

    def look() -> None:
        name = st.session_state[key]
        if name is not None:
            look_at(found[name][1])
            st.session_state[key] = None

    st.selectbox(
        text("overview.search"),
        list(found),
        format_func=lambda name: found[name][0] if name in found else name,
        key=key,
        index=None,
        on_change=look,
        placeholder=text("overview.search"),
        label_visibility="collapsed",
        width=260,
    )
    looked_at = st.session_state["at"]
    center = next((i for i in workspace.centers["id"] if looked_at and place_text(found[i][1]) == looked_at), None)
    if center is not None:
        click = Click(site=center)
        st.button(text("sharing.open_center"), key="open_center", type="tertiary", on_click=go_to_site, args=(click,))


def _places(text: Catalog, workspace: Workspace) -> dict[str, tuple[str, tuple[float, float]]]:
    """Id → (label, place): centers, then the jurisdictions from large to small."""
    centers, outlines = workspace.centers, workspace.jurisdictions
    areas = outlines[outlines["level"] != LEVELS[0]]
    middles = areas.geometry.representative_point()
    labels = [label for rows in (centers, areas) for label in names_in(text, rows["name"], rows["name_en"])]
    ids = [*map(str, centers["id"]), *map(str, areas["code"])]
    places = zip([*centers["lon"], *middles.x], [*centers["lat"], *middles.y], strict=True)
    return dict(zip(ids, zip(told_apart(labels, ids), places, strict=True), strict=True))
