"""Faults in tables: what is wrong where, and what to do, in Chinese and English.

Facts that are words themselves (a table's title, a list of choices) come as `Words` and are told in either language.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from data.tables.codes import QUALITY, STATUS, Language, Words, in_language
from geo.errors import Fault, TableFaultsError

Severity = Literal["error", "warning"]

SENTENCES: Final[dict[str, tuple[str, str]]] = {
    "missing_column": (
        "缺少此列；文件中有：{found}。请补上此列，或在表头对应中指定",
        "this column is missing; the file has: {found}. Add it, or choose the column that holds it",
    ),
    "empty": ("不能为空，请填写", "must not be empty; fill it in"),
    "not_a_number": ("不是数字。请只写数字，不带单位", "is not a number; write digits only, without a unit"),
    "not_whole": ("不是整数，请改为整数", "is not a whole number; write one"),
    "not_finite": ("不是有限的数，请改为数字或留空", "is not a finite number; write a number or leave it empty"),
    "not_a_date": ("不是日期。请写成 2023-05-01", "is not a date; write it as 2023-05-01"),
    "not_a_week": ("不是周次。请写成 2023-W05", "is not a week; write it as 2023-W05"),
    "not_a_flag": ("请写“是”或“否”", "write yes or no"),
    "not_a_coordinate": (
        "不是经纬度。请写十进制度（118.835）或度分秒（118°50′06″)",
        "is not a coordinate; write decimal degrees (118.835) or degrees, minutes and seconds (118°50′06″)",
    ),
    "not_in_codes": ("不在可选值中。可写：{expected}", "is not one of the choices: {expected}"),
    "out_of_range": ("超出范围，应在 {low} 到 {high} 之间", "is out of range; it must lie between {low} and {high}"),
    "too_low": ("不能小于 {low}", "must not be less than {low}"),
    "too_large": ("数太大，请核对位数", "is too large; check the number of digits"),
    "bad_pattern": ("格式不符。{expected}", "has the wrong form. {expected}"),
    "duplicate": (
        "与第 {first} 行重复。请改编号，或删去其中一行",
        "repeats row {first}; change it, or remove one of the two rows",
    ),
    "unknown_reference": (
        "在“{table}”中找不到。请先添加，或更正编号",
        "is not among the {table}; add it there first, or correct it",
    ),
    "formula": (
        "是公式，没有可用的结果。请改为数值",
        "is a formula without a usable result; replace it by its value",
    ),
    "merged": (
        "是合并单元格中的数，可能是各行合计。请取消合并，逐行填写",
        "is a number in merged cells, and may be the sum of their rows; split them and fill in each row",
    ),
    "percent": (
        "是百分数格式，此列不是百分数。请改为数字格式",
        "is formatted as a percentage in a column of plain numbers; write the plain number",
    ),
    "moved": (
        "与图形的位置（{place}）不同。请更正其一，或去掉经度、纬度两列",
        "differs from the point drawn, {place}; correct one of the two, or leave out the columns lon and lat",
    ),
    "swapped_axes": ("经度与纬度可能写反了，请对调", "longitude and latitude seem to be swapped; exchange them"),
    "outside_streets": (
        "不在路网范围内（经度 {west} 到 {east}，纬度 {south} 到 {north}）。请核对坐标，或换用覆盖此处的路网",
        "lies outside of the streets (lon {west} to {east}, lat {south} to {north}); check the coordinates, or use "
        "streets that cover the place",
    ),
    "looks_metric": (
        "像是以米为单位的平面坐标，请说明坐标系后导入",
        "looks like projected meters; state the coordinate system when importing",
    ),
    "no_population": (
        "没有人口数。请填人口，或填三个年龄段",
        "gives no residents; fill in the population or the three age groups",
    ),
    "population_mismatch": (
        "人口与三个年龄段之和 {total} 不符，请更正其一",
        "differs from the sum {total} of its age groups; correct one of them",
    ),
    "joint_needs_several": (
        "联域中心须有两个以上管理辖区，请补全管理辖区代码",
        "a joint center is governed by two jurisdictions or more; give their codes",
    ),
    "not_a_section": ("不是一节，请写成 [[{name}]] 一节", "is not a section; write it as [[{name}]]"),
    "extra_needs_name": ("特色（X）服务须写名称", "a local extra (X) needs a name"),
    "jump": (
        "是前四周平均值 {before} 的十倍以上，请核对",
        "is ten times the mean of the four reports before it ({before}) or more; check it",
    ),
    "datum": (
        "坐标很可能是 {likely}（可能性 {score}），不是 WGS-84。请确认后转换",
        "the coordinates are most likely {likely} ({score}), not WGS-84; confirm it to have them converted",
    ),
    "opened_in_future": (
        "开放日期晚于数据日期 {as_of}，请核对状态",
        "lies after the date of the data, {as_of}; check the status",
    ),
}
"""Fault code → (zh, en). English comes out through `geo.errors.Fault.text` as well."""

FOUND_BY_GEO: Final[dict[str, str]] = {
    "areas_overlap": "与第 {row} 行（{id}）重叠，占较小者的 {percent} %，那里的居民会被重复计算。请修正边界",
    "axes_swapped": "经度与纬度写反了，对调后位置相符。请对调两列",
    "axes_unclear": "分不清是经纬度还是以米为单位的平面坐标。若是经纬度，请把列名写成“经度”“纬度”",
    "coordinate_as_angle": "不是十进制度；可能是 {degrees}，请改写",
    "coordinate_empty": "没有坐标值，请填写，如 118.908",
    "coordinate_not_number": "不是数字。请写十进制度，如 118.908",
    "coordinates_in_meters": "像是以米为单位的平面坐标。请注明坐标系，或换算为经纬度（WGS-84）",
    "coordinates_off_earth": "坐标不在地球上，请核对坐标系",
    "duplicate": "与第 {first} 行相同。请合并两行，或更正其中一行",
    "geometry_empty": "没有图形。请画出图形，或去掉此行",
    "geometry_not_point": "需要点。请用入口的位置，或图形的中心",
    "geometry_not_polygon": "需要面（多边形）；居民点请作为点数据读入",
    "id_duplicate": "与第 {first} 行的编号相同，请各用各的编号",
    "id_empty": "没有编号，请填写各自的编号",
    "latitude_out_of_range": "纬度应在 −90 到 90 之间",
    "level_unknown": "级别不是县、镇、村之一，从代码也看不出来。请填写级别，或更正代码",
    "longitude_out_of_range": "经度应在 −180 到 180 之间",
    "no_polygon": "没有面（多边形），请补上边界",
    "no_population": "没有人口数。请填人口，或填三个年龄段",
    "not_a_building": "建筑须是点或轮廓。请给出其一，或去掉此行",
    "not_a_number": "不是数字。请只写数字",
    "not_in_codes": f"数据质量只能是：{'、'.join(code.zh for code in QUALITY)}",
    "outside_network": (
        "{count} 个点都不在路网范围内（经度 {west} 到 {east}，纬度 {south} 到 {north}）。请使用同一地方的路网和点"
    ),
    "population_mismatch": "三个年龄段之和为 {total}。请更正总数或年龄段",
    "status_unknown": f"状态只能是：{'、'.join(code.zh for code in STATUS)}",
    "too_low": "不能小于 {least}。不知道时请留空",
    "unknown_reference": "找不到这个编号或代码。请更正，或先添加",
}
"""Code of a fault that `geo` finds → zh, filled with its facts. Its English is in the fault."""


@dataclass(frozen=True, slots=True)
class TableFault(Fault):
    """A fault that also speaks Chinese and knows its place in the file.

    Attributes:
        zh: `text` in Chinese.
        line: row number as a spreadsheet shows it, where the table came from a file.
        severity: an `error` keeps its row out; a `warning` only asks for a look.
    """

    zh: str = ""
    line: int | None = None
    severity: Severity = "error"

    def sentence(self, language: Language) -> str:
        """What is wrong and what to do, without the place."""
        return self.zh if language == "zh" else self.text

    def __str__(self) -> str:
        number = self.line if self.line is not None else self.row
        place = f"row {number}, " if number is not None else ""
        shown = f" ({self.value})" if self.value else ""
        return f"{place}{self.column}{shown}: {self.text}"


def fault(
    code: str, column: str, *, row: int | None = None, value: object = "", severity: Severity = "error", **facts: Any
) -> TableFault:
    """Make a fault from its code and the facts that fill its two sentences."""
    zh, en = SENTENCES[code]
    text = str(value)
    shown = text if len(text) <= 60 else f"{text[:57]}…"
    chinese, english = zh.format(**in_language(facts, "zh")), en.format(**in_language(facts, "en"))
    return TableFault(row, column, code, english, shown, facts, zh=chinese, severity=severity)


def sentence(found: Fault, language: Language) -> str:
    """What is wrong and what to do, without the place, whoever found it."""
    if isinstance(found, TableFault):
        return found.sentence(language)
    return found.text if language == "en" else FOUND_BY_GEO[found.code].format(**found.facts)


def raise_on_errors(path: str | Words, faults: Iterable[TableFault]) -> None:
    """Raise one TableFaultsError for all errors among the faults; warnings pass."""
    errors: Sequence[TableFault] = [f for f in faults if f.severity == "error"]
    if errors:
        raise TableFaultsError(path, errors)
