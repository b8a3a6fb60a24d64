"""Code lists: the closed vocabularies of the workspace, each code with its label in Chinese and English.

A table says `single_site`; people read 单体集约型 or *single-site*. Files may use either: `CodeList.find` understands
the code, both labels and the other names listed here.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, Literal

Language = Literal["zh", "en"]


def fold(text: str) -> str:
    """Text as it is compared: full-width and case folded, without spaces, hyphens and underscores."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return "".join(letter for letter in plain if not letter.isspace() and letter not in "-_·・/\u200b\ufeff")


@dataclass(frozen=True, slots=True)
class Code:
    """One value of a code list; `also` holds other names it goes by in files."""

    id: str
    zh: str
    en: str
    also: tuple[str, ...] = ()

    def label(self, language: Language) -> str:
        """How people read it."""
        return self.zh if language == "zh" else self.en


@dataclass(frozen=True, slots=True)
class Words:
    """A fact that is words: told in the language of the sentence that it fills, English where none is asked for."""

    zh: str
    en: str

    def __str__(self) -> str:
        return self.en

    def label(self, language: Language) -> str:
        """How people read it."""
        return self.zh if language == "zh" else self.en


def listed(items: Iterable[Words | Code | str]) -> Words:
    """Several words as one fact, with the comma of each language."""
    both = [item if not isinstance(item, str) else Words(item, item) for item in items]
    return Words("、".join(item.zh for item in both), ", ".join(item.en for item in both))


def in_language(facts: Mapping[str, object], language: Language) -> dict[str, object]:
    """Facts as they fill a sentence of a language."""
    return {name: fact.label(language) if isinstance(fact, Words) else fact for name, fact in facts.items()}


@dataclass(frozen=True)
class CodeList:
    """A closed vocabulary, in the order in which it is shown."""

    name: str
    codes: tuple[Code, ...] = field(repr=False)

    def __iter__(self) -> Iterator[Code]:
        return iter(self.codes)

    def __contains__(self, code: object) -> bool:
        return code in self._by_id

    def __getitem__(self, code: str) -> Code:
        return self._by_id[code]

    @property
    def ids(self) -> tuple[str, ...]:
        """The codes, in order."""
        return tuple(code.id for code in self.codes)

    def find(self, text: str) -> str | None:
        """The code that a text means, or None."""
        return self._by_name.get(fold(text))

    @cached_property
    def _by_id(self) -> dict[str, Code]:
        return {code.id: code for code in self.codes}

    @cached_property
    def _by_name(self) -> dict[str, str]:
        return {fold(name): code.id for code in self.codes for name in (code.id, code.zh, code.en, *code.also)}


QUALITY: Final = CodeList(
    "quality",
    (
        Code("surveyed", "实测", "Surveyed", ("测绘", "已核实")),
        Code("published", "公开", "Published", ("已公布", "公布")),
        Code("approximate", "近似", "Approximate", ("约", "估计")),
        Code("synthetic", "示意", "Synthetic", ("模拟", "合成")),
    ),
)

LAYOUT: Final = CodeList(
    "layout",
    (
        Code("single_site", "单体集约型", "Single-site", ("单体集约", "单体")),
        Code("linked_points", "多点串联型", "Linked points", ("多点串联", "串联")),
        Code("clustered", "联片聚合型", "Clustered area", ("连片聚合型", "联片聚合", "clustered")),
    ),
)

STATUS: Final = CodeList(
    "status",
    (
        Code("planned", "规划", "Planned", ("已规划", "拟建", "计划")),
        Code("building", "在建", "Under construction", ("建设中", "装修中", "building")),
        Code("open", "已开放", "Open", ("开放", "运行", "运营", "已建成", "建成")),
        Code("suspended", "暂停", "Suspended", ("停用", "暂停开放", "关闭")),
    ),
)

OPERATING_MODEL: Final = CodeList(
    "operating_model",
    (
        Code("property_company", "物业公司", "Property company", ("物业", "村党组织+物业公司+业委会")),
        Code("social_organization", "社会组织", "Social organization", ("社会组织+志愿者", "村党组织+社会组织+志愿者")),
        Code("state_owned", "区属国企", "State-owned enterprise", ("国企", "国有企业")),
    ),
)

SERVICE: Final = CodeList(
    "service",
    (
        Code("childcare", "幼有所育", "Childcare", ("托幼", "托育", "托幼托教", "托幼托教中心")),
        Code("elderly_care", "老有所养", "Elderly care", ("养老", "养老照料", "养老照料中心")),
        Code("health", "病有所医", "Health", ("医疗", "健康", "健康小屋")),
        Code("food", "食有所安", "Food", ("食堂", "邻里食堂", "canteen")),
        Code("culture", "居有所乐", "Culture and leisure", ("文体", "文化", "口袋公园")),
        Code("public_affairs", "事有所办", "Public affairs", ("政务", "办事", "便民服务", "自助服务")),
        Code("extra", "特色(X)", "Local extra (X)", ("x", "特色", "其他")),
    ),
)
"""The six functions in the programme's order, then X."""

GUIDING_DEPARTMENT: Final = CodeList(
    "guiding_department",
    (
        Code("childcare", "教育部门", "Education"),
        Code("elderly_care", "民政部门", "Civil affairs"),
        Code("health", "卫健部门", "Health"),
        Code("food", "商务部门", "Commerce"),
        Code("culture", "文体旅游部门", "Culture, sport and tourism"),
        Code("public_affairs", "行政服务中心", "Public service center"),
    ),
)
"""Which department guides a function, keyed by service. The report names the six departments; which one guides which
function is read from their names."""

EMERGENCY_ROLE: Final = CodeList(
    "emergency_role",
    (
        Code("command_room", "防控指挥室", "Command room", ("指挥室",)),
        Code("sampling_area", "核酸采样区", "Sampling area", ("采样区",)),
        Code("supply_store", "物资周转仓", "Supply store", ("周转仓",)),
    ),
)

LEVEL: Final = CodeList(
    "level",
    (
        Code("county", "区县", "County", ("区", "县", "县区")),
        Code("town", "镇街", "Town", ("镇", "街道", "乡", "乡镇")),
        Code("village", "村社", "Village or community", ("村", "社区", "村居", "village", "community")),
    ),
)

MILESTONE: Final = CodeList(
    "milestone",
    (
        Code("site_chosen", "选址确定", "Site chosen", ("选址",)),
        Code("construction_start", "开工", "Construction started", ("动工",)),
        Code("fit_out", "装修", "Fit-out", ("装修完成",)),
        Code("acceptance", "验收", "Acceptance"),
        Code("opening", "开放", "Opening", ("启用", "开业")),
        Code("service_added", "新增服务", "Service added", ("增设服务",)),
        Code("agreement", "共建协议", "Co-building agreement", ("签约",)),
        Code("resources_granted", "资源下沉", "Resources granted", ("资金下沉", "项目下沉")),
        Code("rating", "评星", "Rating", ("星级评定",)),
        Code("suspension", "暂停", "Suspension", ("停用",)),
        Code("other", "其他", "Other"),
    ),
)

DIRECTION: Final = CodeList(
    "direction",
    (
        Code("up", "越高越好", "Higher is better", ("高",)),
        Code("down", "越低越好", "Lower is better", ("低",)),
        Code("none", "仅供了解", "For information", ("中性",)),
    ),
)

ADDING_UP: Final = CodeList(
    "adding_up",
    (
        Code("sum", "求和", "Sum", ("合计", "总和")),
        Code("mean", "平均", "Mean", ("均值",)),
        Code("weighted_mean", "加权平均", "Weighted mean", ("加权",)),
        Code("last", "最新值", "Last", ("期末", "末值")),
    ),
)

PARTNER: Final = CodeList(
    "partner",
    (
        Code("member_unit", "党建联盟成员单位", "Member unit", ("成员单位", "共建单位")),
        Code("property_company", "“红色物业”", "Property company", ("物业", "红色物业")),
        Code("owners_committee", "“红色业委会”", "Owners' committee", ("业委会", "红色业委会")),
        Code("social_organization", "社会组织", "Social organization"),
        Code("studio", "轮驻工作室", "Rotating studio", ("工作室",)),
    ),
)

PROJECT: Final = CodeList(
    "project",
    (
        Code("culture_sport", "文体活动", "Culture and sport", ("文体",)),
        Code("convenience", "便民服务", "Convenience services", ("便民",)),
        Code("governance", "社区微治理", "Community micro-governance", ("微治理",)),
        Code("other", "其他", "Other"),
    ),
)

PROJECT_STATE: Final = CodeList(
    "project_state",
    (
        Code("listed", "已列入", "Listed", ("待实施", "清单")),
        Code("under_way", "进行中", "Under way", ("实施中",)),
        Code("done", "已完成", "Done", ("完成", "办结")),
        Code("dropped", "已取消", "Dropped", ("取消",)),
    ),
)

CODE_LISTS: Final = {
    codes.name: codes
    for codes in (
        QUALITY,
        LAYOUT,
        STATUS,
        OPERATING_MODEL,
        SERVICE,
        GUIDING_DEPARTMENT,
        EMERGENCY_ROLE,
        LEVEL,
        MILESTONE,
        DIRECTION,
        ADDING_UP,
        PARTNER,
        PROJECT,
        PROJECT_STATE,
    )
}
