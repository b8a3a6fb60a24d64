"""Contracts: which tables a workspace has, which columns they have, and what may stand in them.

Everything that has to know a table reads it here: the file readers, the checks, the registry, the templates and the
help on the page. A column is declared once, with its headers in Chinese and English.
"""

from __future__ import annotations

from typing import Final

from data.tables.changes import CHANGES_PATTERN, FORMAT
from data.tables.codes import (
    EMERGENCY_ROLE,
    LAYOUT,
    LEVEL,
    MILESTONE,
    OPERATING_MODEL,
    PARTNER,
    PROJECT,
    PROJECT_STATE,
    QUALITY,
    SERVICE,
    STATUS,
)
from data.tables.columns import JURISDICTION_PATTERN, Column, Table

# A declaration reads best as one line.
# fmt: off


def _id(zh: str, en: str) -> Column:
    return Column("id", zh, en, required=True, pattern=r"[\w.\-]{1,64}", also=("编号", "编码", "代码", "code", "no"),
                  note_zh="唯一；字母、数字、汉字、点、横线", note_en="Unique; letters, digits, dots, dashes")


def _count(name: str, zh: str, en: str, *also: str, unit: str = "") -> Column:
    return Column(name, zh, en, "integer", low=0, also=also, unit=unit)


def _code(name: str, zh: str, en: str, *also: str, refers: str = "") -> Column:
    return Column(name, zh, en, pattern=JURISDICTION_PATTERN, refers=refers, also=also,
                  note_zh="12 位统计用区划代码", note_en="12-digit statistical code")


_LON = Column("lon", "经度", "Longitude", "degrees", required=True, unit="°", low=-180, high=180,
              also=("lng", "long", "x", "东经", "经度坐标"),
              note_zh="WGS-84/CGCS2000，十进制度，如 118.835", note_en="WGS-84, decimal degrees, such as 118.835")
_LAT = Column("lat", "纬度", "Latitude", "degrees", required=True, unit="°", low=-90, high=90,
              also=("y", "北纬", "纬度坐标"),
              note_zh="WGS-84/CGCS2000，十进制度，如 25.181", note_en="WGS-84, decimal degrees, such as 25.181")
_CENTER = Column("center", "中心编号", "Center", required=True, refers="centers.id",
                 also=("所属中心", "所属中心编号", "center_id", "中心代码"))
_KEY_PART = r"[^/]{1,64}"
_INDICATOR = Column("indicator", "指标编号", "Indicator", required=True, pattern=_KEY_PART, refers="indicators.id",
                    also=("指标",), note_zh="如 visits，不含斜线", note_en="Such as visits, without a slash")
_NAME_EN = Column("name_en", "英文名称", "English name", also=("英文名",))
_FLOOR_AREA = Column("floor_area_m2", "建筑面积（平方米）", "Floor area (m²)", "number", low=0, high=1_000_000,
                     unit="m²", also=("建筑面积", "面积", "floor_area", "area_m2"))
_SOURCE = Column("source", "来源", "Source", also=("数据来源", "出处"),
                 note_zh="数据从哪里来", note_en="Where it comes from")
_QUALITY = Column("quality", "数据质量", "Quality", "code", required=True, default="approximate", codes=QUALITY,
                  also=("质量",))
_NOTE = Column("note", "备注", "Note", also=("说明", "remark", "comment"))

CENTERS: Final = Table("centers", "邻里中心", "Centers", ("id",), (
    _id("中心编号", "Center id"),
    Column("name", "中心名称", "Name", required=True, also=("名称", "邻里中心", "邻里中心名称", "中心", "name_zh")),
    _NAME_EN, _LON, _LAT,
    _code("home", "所在辖区代码", "Home jurisdiction", "所在辖区", "辖区代码", "统计代码", "行政区划代码", "村居代码",
          refers="jurisdictions.code"),
    Column("governing", "管理辖区代码", "Governing jurisdictions", "list", pattern=JURISDICTION_PATTERN,
           refers="jurisdictions.code", also=("管理辖区", "共管辖区"),
           note_zh="12 位代码，多个用 ; 分隔；空则为所在辖区", note_en="12-digit codes separated by ; or the home"),
    Column("layout", "布局类型", "Layout", "code", codes=LAYOUT, also=("类型", "模式", "布局", "建设模式")),
    Column("batch", "批次", "Batch", "integer", low=1, high=99, also=("建设批次",)),
    Column("status", "状态", "Status", "code", required=True, default="open", codes=STATUS,
           also=("建设状态", "进度")),
    Column("demonstration", "示范点", "Demonstration center", "flag", default=False, also=("是否示范", "示范")),
    Column("joint", "联域中心", "Joint center", "flag", default=False, also=("是否联域", "联域")),
    Column("opened", "开放日期", "Opened on", "date", also=("开业日期", "启用日期", "建成日期")),
    Column("suspended", "暂停日期", "Suspended on", "date", also=("停用日期",)),
    Column("operating_model", "运营模式", "Operating model", "code", codes=OPERATING_MODEL,
           also=("运营主体", "运营")),
    Column("stars", "星级", "Stars", "integer", low=3, high=5, also=("评星", "星级评定"),
           note_zh="3、4、5；未评则空", note_en="3, 4 or 5; empty when not rated"),
    Column("stars_on", "评星日期", "Rated on", "date", also=("评定日期",)),
    _FLOOR_AREA,
    Column("emergency_roles", "应急角色", "Emergency roles", "codes", codes=EMERGENCY_ROLE,
           also=("平战切换", "应急"), note_zh="多个用 ; 分隔", note_en="Separated by ;"),
    Column("panorama", "全景", "Panorama", also=("VR", "全景图", "vr全景"), note_zh="文件名", note_en="File name"),
    Column("photo", "照片", "Photo", also=("图片",), note_zh="文件名", note_en="File name"),
    _SOURCE, _QUALITY, _NOTE,
))

SERVICE_POINTS: Final = Table("service_points", "服务点", "Service points", ("id",), (
    _id("服务点编号", "Service point id"),
    _CENTER,
    Column("service", "功能", "Service", "code", required=True, codes=SERVICE, also=("服务", "服务类型", "功能类型")),
    Column("name", "服务点名称", "Name", also=("名称", "name_zh"), note_zh="特色（X）服务须写名称",
           note_en="A local extra (X) needs one"),
    _NAME_EN,
    Column("address", "地址", "Address", also=("详细地址", "位置")),
    _LON, _LAT,
    Column("capacity", "容量", "Capacity", "number", low=0, also=("规模", "服务能力")),
    Column("capacity_unit", "容量单位", "Capacity unit", also=("单位", "unit"),
           note_zh="如 床、座、托位、台", note_en="Such as beds, seats, places, machines"),
    _FLOOR_AREA,
    Column("opening_hours", "开放时间", "Opening hours", also=("营业时间", "服务时间"),
           note_zh="OpenStreetMap 写法，如 Mo-Fr 08:00-17:30", note_en="As in OpenStreetMap: Mo-Fr 08:00-17:30"),
    _SOURCE, _QUALITY, _NOTE,
))

MILESTONES: Final = Table("milestones", "里程碑", "Milestones", ("id",), (
    _id("里程碑编号", "Milestone id"),
    _CENTER,
    Column("kind", "事项", "Kind", "code", required=True, codes=MILESTONE, also=("类型", "节点")),
    Column("planned", "计划日期", "Planned for", "date", also=("计划", "计划完成")),
    Column("done", "完成日期", "Done on", "date", also=("实际日期", "完成", "实际完成")),
    _SOURCE, _QUALITY, _NOTE,
))

WEEKLY_REPORTS: Final = Table("weekly_reports", "周报表", "Weekly reports", ("center", "week"), (
    _CENTER,
    Column("week", "周次", "Week", "week", required=True, also=("周", "报告周", "第几周"),
           note_zh="如 2023-W05 或 2023年第5周", note_en="Such as 2023-W05 (ISO week)"),
    Column("reported_on", "报送日期", "Reported on", "date", also=("填报日期", "上报日期")),
    _count("visits", "到访人次", "Visits", "服务人次", "人次", unit="人次"),
    _count("matters_settled", "办结事项", "Matters settled", "办理事项", "解决事项", "办结件数", unit="件"),
    _count("volunteer_sessions", "志愿服务场次", "Volunteer sessions", "志愿服务", "志愿活动", unit="场"),
    _count("activities", "活动场次", "Activities", "活动", "开展活动", unit="场"),
    _count("canteen_meals", "食堂供餐", "Canteen meals", "供餐份数", "就餐人次", "用餐人次", unit="份"),
    _count("study_visits", "参观学习批次", "Study visits", "参观学习", "考察批次", unit="批"),
    _count("kiosk_items", "自助办理件数", "Kiosk items", "自助办件", "自助机办件", unit="件"),
    _count("points_earned", "积分获得", "Points earned", "新增积分", unit="分"),
    _count("points_redeemed", "积分兑换", "Points redeemed", "兑换积分", unit="分"),
    Column("satisfaction", "满意度（%）", "Satisfaction (%)", "number", low=0, high=100, unit="%",
           also=("满意度", "满意率")),
    _count("satisfaction_answers", "评价人数", "Satisfaction answers", "参评人数", "满意度样本", unit="人"),
    _SOURCE, _QUALITY, _NOTE,
))
"""Cells left empty are unknown, not zero."""

TARGETS: Final = Table("targets", "目标", "Targets", ("indicator", "scope", "period"), (
    _INDICATOR,
    Column("scope", "范围", "Scope", required=True, default="all", pattern=_KEY_PART, also=("对象",),
           note_zh="all、辖区代码或中心编号", note_en="all, a jurisdiction code or a center id"),
    Column("period", "时期", "Period", required=True, pattern=r"\d{4}(-(Q[1-4]|(0[1-9]|1[0-2])))?",
           also=("年份", "期间"), note_zh="如 2023、2023-Q2、2023-06", note_en="Such as 2023, 2023-Q2, 2023-06"),
    Column("value", "目标值", "Target", "number", required=True, also=("目标",)),
    _SOURCE, _QUALITY,
))

RATING_RULES: Final = Table("rating_rules", "评星规则", "Rating rules", ("stars", "indicator", "valid_from"), (
    Column("stars", "星级", "Stars", "integer", required=True, low=3, high=5),
    _INDICATOR,
    Column("valid_from", "生效日期", "Valid from", "date", required=True, also=("生效",)),
    Column("at_least", "达标值", "At least", "number", required=True, also=("标准", "不低于")),
    Column("reward_yuan", "奖励（元）", "Reward (yuan)", "number", low=0, unit="元", also=("奖励", "奖励金额")),
    _SOURCE, _QUALITY, _NOTE,
))

PARTNERS: Final = Table("partners", "共建力量", "Partners", ("id",), (
    _id("单位编号", "Partner id"),
    Column("name", "单位名称", "Name", required=True, also=("名称", "单位")),
    Column("kind", "类型", "Kind", "code", required=True, codes=PARTNER),
    Column("centers", "中心编号", "Centers", "list", refers="centers.id", also=("所属中心", "共建中心"),
           note_zh="多个用 ; 分隔", note_en="Separated by ;"),
    Column("agreed", "协议日期", "Agreed on", "date", also=("签约日期",)),
    _SOURCE, _QUALITY, _NOTE,
))

PROJECTS: Final = Table("projects", "项目清单", "Projects", ("id",), (
    _id("项目编号", "Project id"),
    _CENTER,
    Column("month", "月份", "Month", required=True, pattern=r"\d{4}-(0[1-9]|1[0-2])",
           note_zh="如 2023-05", note_en="Such as 2023-05"),
    Column("kind", "类别", "Kind", "code", required=True, codes=PROJECT, also=("类型",)),
    Column("title", "项目名称", "Title", required=True, also=("项目", "名称")),
    Column("state", "进展", "State", "code", required=True, default="listed", codes=PROJECT_STATE, also=("状态",)),
    Column("rating", "居民评分", "Residents' rating", "number", low=0, high=100, also=("评分", "评价")),
    _count("answers", "评分人数", "Answers", "参评人数", unit="人"),
    _SOURCE, _QUALITY, _NOTE,
))

SCENARIOS: Final = Table("scenarios", "选址情景", "Siting scenarios", ("id",), (
    _id("情景编号", "Scenario id"),
    Column("name", "情景名称", "Name", required=True, also=("名称", "情景")),
    _NAME_EN,
    Column("changes", "变动", "Changes", required=True, pattern=CHANGES_PATTERN,
           note_zh="n经度_纬度 新增，m中心编号_经度_纬度 迁移，c中心编号 关闭；用 ~ 连接",
           note_en="n<lon>_<lat> new, m<center>_<lon>_<lat> moved, c<center> closed; joined by ~"),
    Column("format", "变动的写法", "Format of the changes", required=True, default=FORMAT, pattern=FORMAT,
           note_zh=FORMAT, note_en=FORMAT),
    Column("profile", "步行模式", "Walk profile", note_zh="保存时所用", note_en="When it was saved"),
    Column("minutes", "时限（分钟）", "Cutoff (minutes)", "number", low=1, high=240, unit="min",
           also=("时限",), note_zh="保存时所用", note_en="When it was saved"),
    Column("made", "建立日期", "Made on", "date", also=("建立",)),
    Column("changed", "修改日期", "Changed on", "date", also=("修改",)),
    Column("workspace", "数据标识", "Data id", pattern=r"[0-9a-f]{32}",
           note_zh="保存时数据的标识，32 位十六进制", note_en="Of the data when it was saved, 32 hex digits"),
    _SOURCE, _QUALITY, _NOTE,
))
"""What-ifs that somebody keeps. They name centers without referring to them: an idea must not keep a center in the
registry. Their figures are computed anew from the data at hand."""

JURISDICTIONS: Final = Table("jurisdictions", "辖区", "Jurisdictions", ("code",), (
    Column("code", "统计代码", "Code", required=True, pattern=JURISDICTION_PATTERN,
           also=("代码", "区划代码", "行政区划代码", "village_code", "xzqdm", "zldwdm"),
           note_zh="12 位，县、镇级末尾补 0", note_en="12 digits; counties and towns end in zeros"),
    Column("name", "名称", "Name", required=True, also=("辖区名称", "village_name", "xzqmc", "zldwmc", "name_zh")),
    _NAME_EN,
    Column("level", "级别", "Level", "code", required=True, codes=LEVEL, also=("层级",)),
    _code("parent", "上级代码", "Parent", "上级辖区"),
    _SOURCE, _QUALITY,
))

DEMAND: Final = Table("demand", "需求点", "Demand points", ("id",), (
    _id("需求点编号", "Point id"),
    _LON, _LAT,
    _code("village", "所在辖区代码", "Village", "村社代码", "home", "village_code"),
    Column("population", "人口", "Residents", "number", low=0, unit="人", also=("总人口", "常住人口", "pop", "人数")),
    Column("age_0_14", "0–14岁", "Aged 0–14", "number", low=0, unit="人", also=("0-14岁", "0-14", "儿童")),
    Column("age_15_59", "15–59岁", "Aged 15–59", "number", low=0, unit="人", also=("15-59岁", "15-59")),
    Column("age_60_plus", "60岁及以上", "Aged 60 and over", "number", low=0, unit="人",
           also=("60岁以上", "60+", "老年人", "老人")),
    _SOURCE, _QUALITY,
))
"""Give `population`, or the three age groups, or all four; a missing total is the sum of the groups."""

# fmt: on

AGE_COLUMNS: Final = ("age_0_14", "age_15_59", "age_60_plus")

REGISTERED: Final = (
    CENTERS,
    SERVICE_POINTS,
    MILESTONES,
    WEEKLY_REPORTS,
    TARGETS,
    RATING_RULES,
    PARTNERS,
    PROJECTS,
    SCENARIOS,
)
"""The tables that people edit: kept in the registry, in an order in which references point backwards."""

TABLES: Final = {table.name: table for table in (*REGISTERED, JURISDICTIONS, DEMAND)}
