"""Who a center is: name, marks, codes, and the ways to the next one, to a printed page and to a link."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, Literal
from urllib.parse import urlencode

import streamlit as st

from dashboard import figures
from dashboard.controls import names_in
from dashboard.markdown import plain
from dashboard.panels import quiet
from dashboard.site.words import given, half, stars

if TYPE_CHECKING:
    from dashboard.site.view import SiteView

Color = Literal["green", "orange", "gray", "violet", "red"]
STATUS_COLOR: Final[dict[str, Color]] = {"open": "green", "building": "orange", "planned": "gray", "suspended": "red"}


def show(view: SiteView, print_button: Callable[[SiteView], None]) -> None:
    """Name and marks on the left, what can be done on the right; below, where it is and who runs it."""
    row = st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center")
    with row.container(width="content"):
        st.header(plain(view.name), anchor=False)
    with row.container(horizontal=True, vertical_alignment="center", width="content", gap="small"):
        print_button(view)
        _share(view)
        _turn(view, -1)
        _turn(view, +1)
    _badges(view)
    lines = [" · ".join(map(plain, facts(view)))]
    if given(view.center["note"]):
        lines.append(plain(half_note(view)))
    st.markdown("  \n".join(f":small[:gray[{line}]]" for line in lines))


def marks(view: SiteView) -> list[tuple[str, Color]]:
    """What is said of a center in a word or two, each with the color of its badge."""
    text, center = view.text, view.center
    found: list[tuple[str, Color]] = [(text.code("status", center["status"]), STATUS_COLOR[center["status"]])]
    if center["joint"]:
        found.append((text("site.joint"), "violet"))
    if given(center["stars"]):
        found.append((stars(center["stars"]), "gray"))
    if given(center["layout"]):
        found.append((text.code("layout", center["layout"]), "gray"))
    if given(center["operating_model"]):
        found.append((text.code("operating_model", center["operating_model"]), "gray"))
    if given(center["batch"]):
        found.append((text("site.batch", number=center["batch"]), "gray"))
    if center["demonstration"]:
        found.append((text("site.demonstration"), "gray"))
    return found


def facts(view: SiteView) -> list[str]:
    """Where it is, its code, since when, how large, and where all this comes from. Text, not Markdown."""
    text, center = view.text, view.center
    place = places(view)
    area = f"{figures.number(center['floor_area_m2'])} m²" if given(center["floor_area_m2"]) else ""
    opened = figures.date(center["opened"].date(), text.language) if given(center["opened"]) else ""
    source = half(center["source"], text.language)
    return [
        *(["/".join(place)] if place else []),
        *([str(center["home"])] if given(center["home"]) else []),
        view.site,
        *([text("site.opened", date=opened)] if opened else []),
        *([text("site.floor_area", area=area)] if area else []),
        *([text("site.source", source=source)] if source else []),
    ]


def half_note(view: SiteView) -> str:
    """The note of a center's row, in the page's language where it is written in both."""
    note = str(view.center["note"])
    zh, mark, en = note.rpartition("。")
    if mark and en.strip() and en.strip()[0].isascii():
        return zh + mark if view.text.language == "zh" else en.strip()
    return half(note, view.text.language)


def places(view: SiteView) -> list[str]:
    """Names of the jurisdictions that hold it, the largest first."""
    rows = view.workspace.jurisdictions.set_index("code")[["name", "name_en", "parent"]]
    code: object = view.center["home"]
    names: list[str] = []
    while isinstance(code, str) and code in rows.index and len(names) < len(rows):
        row = rows.loc[code]
        names = names_in(view.text, [row["name"]], [row["name_en"]]) + names
        code = row["parent"]
    return names


def _badges(view: SiteView) -> None:
    with st.container(horizontal=True, gap="small"):
        for label, color in marks(view):
            st.badge(label, color=color)
        quality = view.center["quality"]
        label = view.text("site.quality", quality=view.text.code("quality", quality))
        st.badge(label, color="orange" if quality == "synthetic" else "gray", help=view.text("site.quality_help"))


def _share(view: SiteView) -> None:
    with st.popover(view.text("site.share"), type="tertiary"):
        quiet(view.text("site.share_hint"))
        page = (st.context.url or "").partition("?")[0]
        st.code(f"{page}?{urlencode(view.address)}", language=None, wrap_lines=True)


def _turn(view: SiteView, step: int) -> None:
    ids = view.workspace.centers["id"].tolist()
    to = ids[(view.index + step) % len(ids)]

    def go() -> None:
        st.session_state["site"] = to

    label = view.text("site.previous" if step < 0 else "site.next")
    st.button(label, key=f"turn_{step}", on_click=go, disabled=len(ids) < 2, type="tertiary")
