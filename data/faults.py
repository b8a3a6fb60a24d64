"""Faults in tables: what is wrong where, and what to do, in Chinese and English."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from data.codes import Language
from geo.errors import Fault, TableFaultsError

Severity = Literal["error", "warning"]

SENTENCES: Final[dict[str, tuple[str, str]]] = {
    "missing_column": (
        "缺少此列;文件中有:{found}。请补上此列,或在表头对应中指定",
        "this column is missing; the file has: {found}. Add it, or choose the column that holds it",
    ),
    "empty_table": ("表中没有数据行。请至少填一行", "the table holds no rows. Give at least one"),
    "empty": ("不能为空,请填写", "must not be empty; fill it in"),
    "not_a_number": ("不是数字。请只写数字,不带单位", "is not a number; write digits only, without a unit"),
    "not_whole": ("不是整数,请改为整数", "is not a whole number; write one"),
    "not_finite": ("不是有限的数,请改为数字或留空", "is not a finite number; write a number or leave it empty"),
    "not_a_date": ("不是日期。请写成 2023-05-01", "is not a date; write it as 2023-05-01"),
    "not_a_week": ("不是周次。请写成 2023-W05", "is not a week; write it as 2023-W05"),
    "not_a_flag": ("请写 是 或 否", "write yes or no"),
    "not_a_coordinate": (
        "不是经纬度。请写十进制度(118.835)或度分秒(118°50′06″)",
        "is not a coordinate; write decimal degrees (118.835) or degrees, minutes and seconds (118°50′06″)",
    ),
    "not_in_codes": ("不在可选值中。可写:{expected}", "is not one of the choices: {expected}"),
    "out_of_range": ("超出范围,应在 {low} 到 {high} 之间", "is out of range; it must lie between {low} and {high}"),
    "too_low": ("不能小于 {low}", "must not be less than {low}"),
    "bad_pattern": ("格式不符。{expected}", "has the wrong form. {expected}"),
    "duplicate": (
        "与第 {first} 行重复。请改编号,或删去其中一行",
        "repeats row {first}; change it, or remove one of the two rows",
    ),
    "unknown_reference": (
        "在“{table}”中找不到。请先添加,或更正编号{hint}",
        "is not among the {table}; add it there first, or correct it{hint}",
    ),
    "formula": (
        "是公式,没有可用的结果。请改为数值",
        "is a formula without a usable result; replace it by its value",
    ),
    "swapped_axes": ("经度与纬度可能写反了,请对调", "longitude and latitude seem to be swapped; exchange them"),
    "outside_streets": (
        "不在路网范围内({bounds})。请核对坐标,或换用覆盖此处的路网",
        "lies outside of the streets ({bounds}); check the coordinates, or use streets that cover the place",
    ),
    "looks_metric": (
        "像是以米为单位的平面坐标,请说明坐标系后导入",
        "looks like projected meters; state the coordinate system when importing",
    ),
    "no_population": (
        "没有人口数。请填人口,或填三个年龄段",
        "gives no residents; fill in the population or the three age groups",
    ),
    "population_mismatch": (
        "人口与三个年龄段之和 {total} 不符,请更正其一",
        "differs from the sum {total} of its age groups; correct one of them",
    ),
    "joint_needs_several": (
        "联域中心须有两个以上管理辖区,请补全管理辖区代码",
        "a joint center is governed by two jurisdictions or more; give their codes",
    ),
    "not_a_section": ("不是一节,请写成 [编号] 一节", "is not a section; write it as [id]"),
    "extra_needs_name": ("特色(X)服务须写名称", "a local extra (X) needs a name"),
    "jump": (
        "是前四周平均值 {before} 的十倍以上,请核对",
        "is ten times the mean of the four reports before it ({before}) or more; check it",
    ),
    "datum": (
        "坐标很可能是 {likely}(可能性 {score}),不是 WGS-84。请确认后转换",
        "the coordinates are most likely {likely} ({score}), not WGS-84; confirm it to have them converted",
    ),
    "opened_in_future": (
        "开放日期晚于数据日期 {as_of},请核对状态",
        "lies after the date of the data, {as_of}; check the status",
    ),
}
"""Fault code → (zh, en). English comes out through `geo.errors.Fault.text` as well."""


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
    return TableFault(
        row, column, code, en.format(**facts), shown, zh=zh.format(**facts), severity=severity
    )  # fmt: skip


def raise_on_errors(path: str, faults: Iterable[TableFault]) -> None:
    """Raise one TableFaultsError for all errors among the faults; warnings pass."""
    errors: Sequence[TableFault] = [f for f in faults if f.severity == "error"]
    if errors:
        raise TableFaultsError(path, errors)
