"""The frame of every page: language, workspace, header, navigation, and what stands there when something is wrong."""

from __future__ import annotations

import streamlit as st

from dashboard import cache, controls, panels, routes, state
from dashboard.choices import all_choices
from dashboard.i18n import catalog
from dashboard.map.route import ASSETS
from geo.errors import AtlasError

text = catalog(state.language())
st.set_page_config(page_title=text("app.title"), page_icon=ASSETS / "favicon.png", layout="wide")
st.html(ASSETS / "page.css")
if text.language == "en":
    st.html(ASSETS / "latin.css")
try:
    workspace = cache.open_workspace()
    offered = all_choices(workspace)
    page = st.navigation(routes.pages(text), position="top")
    state.restore(offered, page.url_path)
    if state.language() != text.language:  # the URL has another one: the navigation too shall speak it
        st.rerun()
    controls.header(text, workspace, walks=page.url_path not in routes.WITHOUT_WALKS)
    page.run()
except AtlasError as error:
    panels.show_fault(text, error)
