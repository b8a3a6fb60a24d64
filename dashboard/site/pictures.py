"""Photo and panorama of a center, where the workspace holds them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import streamlit as st

from dashboard.panels import quiet
from dashboard.site import panorama
from dashboard.site.words import given
from data.monitoring.pictures import picture_path

if TYPE_CHECKING:
    from dashboard.site.view import SiteView

PANORAMA_HEIGHT_PX: Final = 460


def show(view: SiteView) -> None:
    """Side by side; an empty place says how to fill it."""
    text, center, folder = view.text, view.center, view.workspace.folder
    photo, round_view = picture_path(folder, center["photo"]), picture_path(folder, center["panorama"])
    left, right = st.columns(2, gap="medium")
    with left:
        st.subheader(text("pictures.photo"), anchor=False)
        if photo is not None:
            st.image(photo, alt=text("pictures.photo_alt", name=view.name))
        else:
            quiet(text("pictures.lost" if given(center["photo"]) else "pictures.no_photo"))
    with right:
        st.subheader(text("pictures.panorama"), anchor=False)
        if round_view is not None:
            address = panorama.publish(round_view, text.language)
            st.iframe(address, height=PANORAMA_HEIGHT_PX, alt=text("pictures.panorama_alt", name=view.name))
        else:
            quiet(text("pictures.lost" if given(center["panorama"]) else "pictures.no_panorama"))
