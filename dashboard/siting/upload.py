"""Upload: candidates from a file of one's own, and what became of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import streamlit as st

from dashboard import figures
from dashboard.editing.steps import ENDINGS, Upload
from dashboard.markdown import plain
from dashboard.panels import quiet
from dashboard.siting import cache as siting_cache
from dashboard.siting.places import FILE, GIVEN, GivenPlaces
from geo.errors import AtlasError

if TYPE_CHECKING:
    from dashboard.siting.view import SitingView

TYPES: Final = tuple(ending.removeprefix(".") for ending in ENDINGS)
MAX_FILE_MB: Final = 20
"""Room for the outlines of thousands of parcels."""
FAULT: Final = "candidate_file_fault"
"""Key of the session's state: why the last file cannot be used."""


def uploader(view: SitingView) -> None:
    """Hand in a file; then how many places it holds and how many of them lie on no street."""
    text, key = view.text, f"candidate_file_{view.text.language}"
    with st.container(key=f"upload_{text.language}_candidates"):
        st.file_uploader(
            text("places.file"), type=list(TYPES), max_upload_size=MAX_FILE_MB, key=key, on_change=_take, args=(key,),
            help=text("places.file_help"),
        )  # fmt: skip
    fault: AtlasError | None = st.session_state.get(FAULT)
    if fault is not None:
        what, mend = text.error(fault)
        st.warning(f"{plain_lines(what)}\n\n{plain(mend)}")
        return
    digest = st.session_state["file"]
    given = GIVEN.get(digest or "")
    if given is None:
        quiet(text("places.gone" if digest else "places.hint"))
        return
    _told(view, given)


def plain_lines(text: str) -> str:
    """Text of several lines, shown as it stands."""
    return "  \n".join(plain(line) for line in text.splitlines())


def _told(view: SitingView, given: GivenPlaces) -> None:
    found = siting_cache.search(view.workspace, view.profile, f"{FILE}:{given.digest}", st.session_state["given"])
    off = int((~found.ground.candidate_places.snapped).sum())
    said = view.text("places.read", name=plain(given.name), count=figures.number(len(given.candidates)))
    if off:
        limit = figures.length(view.today.assessment.params.snap.max_distance_m)
        said += view.text("places.off_street", count=figures.number(off), distance=limit)
    quiet(said)


def _take(key: str) -> None:
    file = st.session_state[key]
    st.session_state[FAULT] = None
    if file is None:
        return
    upload = Upload.of(file.name, file.getvalue())  # the file is there as long as this is
    try:
        places = GivenPlaces.read(upload.path)
    except AtlasError as error:
        st.session_state[FAULT], st.session_state["file"] = error, None
        return
    GIVEN.put(places)
    st.session_state["file"] = places.digest
