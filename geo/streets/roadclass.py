"""Road classes of surveys and of derived data sets, in OpenStreetMap's terms."""

from __future__ import annotations

from typing import Final

from geo.streets.pedestrian import KNOWN_HIGHWAYS

_GEOFABRIK: Final = {**{f"track_grade{grade}": "track" for grade in range(1, 6)}, "unknown": "road", "ferry": "ferry"}
"""`fclass` values that are not `highway` values."""

_CHINESE: Final = {
    "高速公路": "motorway",
    "高速": "motorway",
    "匝道": "motorway_link",
    "高架路": "motorway",  # an elevated carriageway has no sidewalk
    "快速路": "trunk",
    "国道": "trunk",
    "一级公路": "trunk",
    "省道": "primary",
    "二级公路": "primary",
    "主干路": "primary",
    "主干道": "primary",
    "县道": "secondary",
    "三级公路": "secondary",
    "次干路": "secondary",
    "次干道": "secondary",
    "乡道": "tertiary",
    "四级公路": "tertiary",
    "支路": "tertiary",
    "支线": "tertiary",
    "引道": "tertiary",
    "村道": "unclassified",
    "乡村路": "unclassified",
    "乡村道路": "unclassified",
    "等外公路": "unclassified",
    "街道": "residential",
    "街巷": "residential",
    "巷道": "residential",
    "内部道路": "service",
    "专用公路": "service",
    "机耕路": "track",
    "大路": "track",
    "时令路": "track",
    "小路": "path",
    "山隘": "path",
    "栈道": "footway",
    "人行道": "footway",
    "人行天桥": "footway",
    "地下通道": "footway",
    "步行街": "pedestrian",
    "步行道": "footway",
    "绿道": "footway",
    "阶梯路": "steps",
    "台阶": "steps",
    "轮渡": "ferry",
    "轨道交通": "no",
    "在建": "construction",
    "规划": "planned",
}

_GB_CODES: Final = {
    "4201": "国道",
    "4202": "省道",
    "4203": "县道",
    "4204": "乡道",
    "4205": "专用公路",
    "4206": "匝道",
    "4301": "轨道交通",
    "4302": "快速路",
    "4303": "高架路",
    "4304": "引道",
    "4305": "街道",
    "4306": "内部道路",
    "4307": "阶梯路",
    "4401": "机耕路",
    "4402": "乡村路",
    "4403": "小路",
    "4404": "时令路",
    "4405": "山隘",
    "4406": "栈道",
}
"""First four of the six digits of GB/T 13923, Classification and codes for fundamental geographic information
features: 42 roads between towns, 43 city roads, 44 country roads."""


def highway_value(text: str) -> str | None:
    """The `highway` value (or "ferry") for a class as a table gives it; None where it is not understood.

    Args:
        text: lower case, without blanks at its ends: a `highway` or `fclass` value, a Chinese class, or a
            code of GB/T 13923.
    """
    if text in KNOWN_HIGHWAYS:
        return text
    if len(text) >= 6 and text.isdecimal():
        text = _GB_CODES.get(text[:4], text)
    return _GEOFABRIK.get(text) or _CHINESE.get(text)
