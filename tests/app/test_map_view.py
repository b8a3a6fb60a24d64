"""What passes through folium holds no data, and what the map reports is read with care."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import replace

import folium
import pytest
from hypothesis import given
from hypothesis import strategies as st
from streamlit_folium import _get_feature_group_string, _get_map_string

from dashboard.map import view as map_view
from dashboard.map.state import MapState
from dashboard.map.view import Click

HOSTILE = "<img src=x onerror=alert(1)>${alert(2)}{{7*7}}{% for x in y %}\"'`\\</script>"


def state(name: str) -> MapState:
    return MapState(
        key=name,
        workspace=name,
        lang="zh-CN",
        bounds=((0.0, 0.0), (1.0, 1.0)),
        layers={"centers": name},
        streets=name,
        visible=(name,),
        cutoffs=(5.0, 10.0),
        shades={"light": (name, name)},
        minutes=10.0,
        selected=name,
        text={"legend": name, "status": {name: name}},
        notes=(name,),
    )


def script_of(shown: MapState) -> str:
    """What streamlit-folium would evaluate in the browser."""
    base = map_view.base_map()
    base.get_root().render()
    group = folium.FeatureGroup()
    group.add_child(map_view._Message(shown))
    return _get_feature_group_string(group, base)


@given(st.text(max_size=30))
def test_no_name_can_leave_its_message(name):
    message = state(name).message()
    assert re.fullmatch(r"[A-Za-z0-9+/=]+", message)
    assert json.loads(base64.b64decode(message))["text"]["legend"] == name


def test_hostile_names_reach_neither_template_nor_script():
    script = script_of(state(HOSTILE))
    assert not any(part in script for part in ("onerror", "${", "{{", "{%", "49", "</script"))
    assert re.search(r'window\.atlas\.show\("[A-Za-z0-9+/=]+", {}\);', script)


def test_geometry_travels_beside_a_message_and_does_not_alter_it():
    plain, fresh = state("甲"), {"layers/0a1b.geojson": "H4sI+/8="}
    laden = replace(plain, fresh=fresh)
    assert laden.message() == plain.message() and laden.keyed().key == plain.keyed().key
    told = re.search(r'window\.atlas\.show\("[A-Za-z0-9+/=]+", (.*)\);', script_of(laden))
    assert json.loads(told[1]) == fresh


def test_the_base_map_is_constant_and_asks_nobody_else():
    scripts = set()
    for _ in range(2):
        base = map_view.base_map()
        base.get_root().render()
        scripts.add(re.sub(r"[0-9a-f]{32}", "", _get_map_string(base)))
        links = [address for _, address in base.default_js + base.default_css]
        assert links and all(address.startswith("../../") for address in links)
    assert len(scripts) == 1
    assert not re.search(r"https?:", scripts.pop())


def test_folium_itself_keeps_its_own_links():
    before = list(folium.Map.default_js)
    map_view.base_map()
    assert folium.Map.default_js == before


@pytest.mark.parametrize("event", [None, "x", {}, {"site": None}, {"site": 3}, {"last_clicked": {"lat": 1}}])
def test_other_events_choose_nothing(event):
    assert Click.read(event) == Click()


def test_a_click_on_a_center_chooses_it():
    assert Click.read({"site": "qg-05", "click": 2}) == Click(site="qg-05")
