"""Contracts: which tables a workspace has, which columns they have, and what may stand in them.

Everything that has to know a table reads it here: the file readers, the checks, the registry, the templates and the
help on the page. A column is declared once, with its headers in Chinese and English.
"""

from __future__ import annotations

from typing import Final

from data.codes import EMERGENCY_ROLE, LAYOUT, LEVEL, OPERATING_MODEL, QUALITY, SERVICE, STATUS
from data.columns import JURISDICTION_PATTERN, Column, Table

# fmt: off  (a declaration reads best as a line)


def _id(zh: str, en: str) -> Column:
    return Column(
        "id",
        zh,
        en,
        required=True,
        pattern=r"[\w.\-]{1,64}",
        also=("编号", "编码", "代码", "code", "no", "序号"),
        note_zh="唯一;字母、数字、汉字、点、横线",
        note_en="Unique; letters, digits, dots and dashes",
    )


def _lon_lat(required: bool) -> tuple[Column, Column]:
    return (
        Column(
            "lon",
            "经度",
            "Longitude",
            "degrees",
            required=required,
            unit="°",
            low=-180,
            high=180,
            also=("lng", "long", "x", "东经", "经度(度)", "经度坐标"),
            note_zh="WGS-84/CGCS2000,十进制度,如 118.835",
            note_en="WGS-84, decimal degrees, such as 118.835",
        ),
        Column(
            "lat",
            "纬度",
            "Latitude",
            "degrees",
            required=required,
            unit="°",
            low=-90,
            high=90,
            also=("y", "北纬", "纬度(度)", "纬度坐标"),
            note_zh="WGS-84/CGCS2000,十进制度,如 25.181",
            note_en="WGS-84, decimal degrees, such as 25.181",
        ),
    )


def _provenance(default: str | None = "approximate") -> tuple[Column, Column]:
    return (
        Column(
            "source", "来源", "Source", also=("数据来源", "出处"), note_zh="数据从哪里来", note_en="Where it comes from"
        ),
        Column("quality", "数据质量", "Quality", "code", required=True, default=default, codes=QUALITY, also=("质量",)),
    )


_NOTE: Final = Column("note", "备注", "Note", also=("说明", "remark", "comment"))

CENTERS: Final = Table(
    "centers",
    "邻里中心",
    "Centers",
    ("id",),
    (
        _id("中心编号", "Center id"),
        Column("name", "中心名称", "Name", required=True, also=("名称", "邻里中心", "邻里中心名称", "中心", "name_zh")),
        Column("name_en", "英文名称", "English name", also=("英文名",)),
        *_lon_lat(required=True),
        Column(
            "home",
            "所在辖区代码",
            "Home jurisdiction",
            pattern=JURISDICTION_PATTERN,
            refers="jurisdictions.code",
            also=("所在辖区", "辖区代码", "统计代码", "行政区划代码", "home_jurisdiction"),
            note_zh="12 位统计用区划代码",
            note_en="12-digit statistical code",
        ),
        Column(
            "governing",
            "管理辖区代码",
            "Governing jurisdictions",
            "list",
            pattern=JURISDICTION_PATTERN,
            refers="jurisdictions.code",
            also=("管理辖区", "共管辖区", "governing_jurisdictions"),
            note_zh="12 位代码,多个用 ; 分隔;空则为所在辖区",
            note_en="12-digit codes separated by ;, empty: the home",
        ),
        Column("layout", "布局类型", "Layout", "code", codes=LAYOUT, also=("类型", "模式", "布局", "建设模式")),
        Column("batch", "批次", "Batch", "integer", low=1, high=99, also=("建设批次",)),
        Column(
            "status", "状态", "Status", "code", required=True, default="open", codes=STATUS, also=("建设状态", "进度")
        ),
        Column("demonstration", "示范点", "Demonstration center", "flag", default=False, also=("是否示范", "示范")),
        Column("joint", "联域中心", "Joint center", "flag", default=False, also=("是否联域", "联域", "joint_center")),
        Column("opened", "开放日期", "Opened on", "date", also=("开业日期", "启用日期", "建成日期", "开放时间(日期)")),
        Column(
            "operating_model", "运营模式", "Operating model", "code", codes=OPERATING_MODEL, also=("运营主体", "运营")
        ),
        Column(
            "stars",
            "星级",
            "Stars",
            "integer",
            low=3,
            high=5,
            also=("评星", "星级评定"),
            note_zh="3、4、5,未评则空",
            note_en="3, 4 or 5; empty when not rated",
        ),
        Column("stars_on", "评星日期", "Rated on", "date", also=("评定日期",)),
        Column(
            "floor_area_m2",
            "建筑面积(平方米)",
            "Floor area (m²)",
            "number",
            low=0,
            high=1_000_000,
            unit="m²",
            also=("建筑面积", "面积", "面积(平方米)", "面积(㎡)", "floor_area", "area_m2"),
        ),
        Column(
            "emergency_roles",
            "应急角色",
            "Emergency roles",
            "codes",
            codes=EMERGENCY_ROLE,
            also=("平战切换", "应急"),
            note_zh="多个用 ; 分隔",
            note_en="Separated by ;",
        ),
        Column(
            "panorama",
            "全景",
            "Panorama",
            also=("VR", "全景图", "vr全景"),
            note_zh="文件名或网址",
            note_en="File or address",
        ),
        Column("photo", "照片", "Photo", also=("图片",), note_zh="文件名或网址", note_en="File name or address"),
        *_provenance(),
        _NOTE,
    ),
)

SERVICE_POINTS: Final = Table(
    "service_points",
    "服务点",
    "Service points",
    ("id",),
    (
        _id("服务点编号", "Service point id"),
        Column(
            "center",
            "所属中心编号",
            "Center",
            required=True,
            refers="centers.id",
            also=("所属中心", "中心编号", "center_id"),
        ),
        Column(
            "service", "功能", "Service", "code", required=True, codes=SERVICE, also=("服务", "服务类型", "功能类型")
        ),
        Column("name", "服务点名称", "Name", also=("名称", "name_zh")),
        Column("name_en", "英文名称", "English name", also=("英文名",)),
        Column("address", "地址", "Address", also=("详细地址", "位置")),
        *_lon_lat(required=True),
        Column("capacity", "容量", "Capacity", "number", low=0, also=("规模", "服务能力")),
        Column(
            "capacity_unit",
            "容量单位",
            "Capacity unit",
            also=("单位", "unit"),
            note_zh="如 床、座、托位、台",
            note_en="Such as beds, seats, places, machines",
        ),
        Column(
            "floor_area_m2",
            "建筑面积(平方米)",
            "Floor area (m²)",
            "number",
            low=0,
            high=1_000_000,
            unit="m²",
            also=("建筑面积", "面积", "面积(平方米)"),
        ),
        Column(
            "opening_hours",
            "开放时间",
            "Opening hours",
            also=("营业时间", "服务时间"),
            note_zh="OpenStreetMap 写法,如 Mo-Fr 08:00-17:30",
            note_en="As in OpenStreetMap: Mo-Fr 08:00-17:30",
        ),
        *_provenance(),
        _NOTE,
    ),
)

JURISDICTIONS: Final = Table(
    "jurisdictions",
    "辖区",
    "Jurisdictions",
    ("code",),
    (
        Column(
            "code",
            "统计代码",
            "Code",
            required=True,
            pattern=JURISDICTION_PATTERN,
            also=("代码", "区划代码", "行政区划代码", "village_code", "xzqdm", "zldwdm"),
            note_zh="12 位,县、镇级末尾补 0",
            note_en="12 digits; counties and towns are filled with zeros",
        ),
        Column("name", "名称", "Name", required=True, also=("辖区名称", "village_name", "xzqmc", "zldwmc", "name_zh")),
        Column("name_en", "英文名称", "English name"),
        Column("level", "级别", "Level", "code", required=True, codes=LEVEL, also=("层级",)),
        Column("parent", "上级代码", "Parent", pattern=JURISDICTION_PATTERN, also=("上级辖区",)),
        *_provenance(),
    ),
)

DEMAND: Final = Table(
    "demand",
    "需求点",
    "Demand points",
    ("id",),
    (
        _id("需求点编号", "Point id"),
        *_lon_lat(required=True),
        Column(
            "village",
            "所在辖区代码",
            "Village",
            pattern=JURISDICTION_PATTERN,
            also=("村社代码", "home", "village_code"),
        ),
        Column(
            "population", "人口", "Residents", "number", low=0, unit="人", also=("总人口", "常住人口", "pop", "人数")
        ),
        Column("age_0_14", "0–14岁", "Aged 0–14", "number", low=0, unit="人", also=("0-14岁", "0-14", "儿童")),
        Column("age_15_59", "15–59岁", "Aged 15–59", "number", low=0, unit="人", also=("15-59岁", "15-59")),
        Column(
            "age_60_plus",
            "60岁及以上",
            "Aged 60 and over",
            "number",
            low=0,
            unit="人",
            also=("60岁以上", "60+", "老年人", "老人"),
        ),
        *_provenance(),
    ),
)
"""Give `population`, or the three age groups, or all four; a missing total is the sum of the groups."""

AGE_COLUMNS: Final = ("age_0_14", "age_15_59", "age_60_plus")

TABLES: Final = {table.name: table for table in (CENTERS, SERVICE_POINTS, JURISDICTIONS, DEMAND)}
