"""Links: the figures of the pages lead to how they are computed, and every link finds its figure."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.methods.figure_catalog import FIGURES, KEY, own_figures
from dashboard.sharing.choices import TOPICS
from dashboard.site.choices import SECTIONS
from data.monitoring.indicators import read_indicators
from data.workspace import SAMPLE
from tests.conftest import ROOT

LINK = re.compile(r"\[如何计算\]\((methods\?[^)]*)\)")
KNOWN = {*FIGURES, *own_figures(read_indicators(SAMPLE / "indicators.toml"))}
PARTS = [("sharing", "topic", topic) for topic in TOPICS]
PARTS += [("sites", "section", section) for section in SECTIONS if section != "pictures"]


@pytest.mark.parametrize(("page", "choice", "value"), PARTS)
def test_figures_lead_to_how_they_are_computed(monkeypatch, page, choice, value):
    monkeypatch.delenv("LINLI_WORKSPACE", raising=False)
    app = AppTest.from_file(str(ROOT / "dashboard/main.py"), default_timeout=90)
    for key, chosen in {"site": "qg-05", "profile": "elderly", "lang": "zh", choice: value}.items():
        app.query_params[key] = chosen
    app = app.switch_page(f"../pages/{page}.py").run()
    assert not app.exception
    helps = [element.proto.help for element in (*app.metric, *app.subheader, *app.markdown) if element.proto.help]
    links = [parse_qs(urlsplit(link).query) for said in helps for link in LINK.findall(said)]
    assert links and {link[KEY][0] for link in links} <= KNOWN
    assert all(link["profile"] == ["elderly"] for link in links), "the choices stay"
