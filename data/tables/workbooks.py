"""Workbooks for people: templates to fill in, tables to work with, and sheets of faults to correct."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from data.tables.cells import Merged, Percent, is_blank
from data.tables.codes import Language
from data.tables.columns import Column, Table
from data.tables.drafts import to_text
from data.tables.faults import TableFault

if TYPE_CHECKING:
    from openpyxl import Workbook  # type: ignore[import-untyped]
    from openpyxl.worksheet.worksheet import Worksheet  # type: ignore[import-untyped]

    from data.tables.drafts import Draft

TEMPLATE_ROWS: Final = 1_000
"""Rows of a template that carry drop-downs."""
CODES_SHEET: Final = "codes"
HEADER_FILL: Final = "E3E8EE"
REQUIRED_FILL: Final = "F6D9D6"
ERROR_FILL: Final = "F4B6AE"
WARNING_FILL: Final = "F8E3B8"
NUMBER_KINDS: Final = ("integer", "number", "degrees")
TEXT_FORMAT: Final = "@"
DATE_FORMAT: Final = "yyyy-mm-dd"
PERCENT_FORMAT: Final = "0.00%"
WIDTHS: Final = (10, 40)

LINE_TITLE: Final = {"zh": "原行号 Row", "en": "Row 原行号"}
PROBLEM_TITLE: Final = {"zh": "问题 Problems", "en": "Problems 问题"}


def template(table: Table, language: Language) -> bytes:
    """An empty workbook to fill in: headers with notes, drop-downs for code lists, formats that keep codes whole."""
    import openpyxl
    from openpyxl.comments import Comment  # type: ignore[import-untyped]

    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = table.title(language)
    _write_headers(sheet, table.columns, language)
    codes = book.create_sheet(CODES_SHEET)
    codes.sheet_state = "hidden"
    for number, column in enumerate(table.columns, start=1):
        sheet.cell(1, number).comment = Comment(_explanation(column), "Linli Atlas", height=160, width=320)
        letter = sheet.cell(1, number).column_letter
        area = f"{letter}2:{letter}{TEMPLATE_ROWS + 1}"
        rule = _validation(column, codes, language)
        if rule is not None:
            rule.add(area)
            sheet.add_data_validation(rule)
        number_format = _number_format(column)
        if number_format:
            for row in range(2, TEMPLATE_ROWS + 2):
                sheet.cell(row, number).number_format = number_format
    return _saved(book)


def table_workbook(frame: pd.DataFrame, table: Table, language: Language) -> bytes:
    """A typed frame as a workbook: numbers as numbers, dates as dates, code lists by their labels, text as text."""
    import openpyxl

    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = table.title(language)
    _write_headers(sheet, table.columns, language, mark_required=False)
    text = to_text(frame, table)
    for number, column in enumerate(table.columns, start=1):
        for row, value in enumerate(_sheet_values(frame[column.name], text[column.name], column, language), start=2):
            if value is not None:
                write_cell(sheet, row, number, value)
                sheet.cell(row, number).number_format = _number_format(column) or "General"
    return _saved(book)


def fault_workbook(draft: Draft, language: Language) -> bytes:
    """The faulty rows of a draft as they stand in the file, each fault marked and explained; to correct and re-import.

    Where the table as a whole has an error, such as a missing column, all rows are there and tell it. Cells with an
    error are red, with a warning yellow; a comment says what to do. The number of the row in the original file comes
    first, all problems of the row come last; neither is read on import.
    """
    import openpyxl

    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = draft.table.title(language)
    headers = draft.raw.headers
    for number, title in enumerate([LINE_TITLE[language], *headers, PROBLEM_TITLE[language]], start=1):
        write_cell(sheet, 1, number, title)
    _dress_header(sheet, len(headers) + 2)
    place = {column: headers.index(header) + 2 for column, header in draft.match.matched.items()}
    last = len(headers) + 2
    whole, by_row = _by_row(draft)
    for fault in whole:
        _mark(sheet.cell(1, last), fault)
    for line, (row, faults) in enumerate(by_row, start=2):
        write_cell(sheet, line, 1, int(draft.raw.lines[row - 1]))
        for number, value in enumerate(draft.raw.frame.iloc[row - 1], start=2):
            if not is_blank(value):
                write_cell(sheet, line, number, value)
        for fault in faults:
            _mark(sheet.cell(line, place.get(fault.column, last)), fault)
        problems = [_problem(fault, draft.table, language) for fault in (*whole, *faults)]
        write_cell(sheet, line, last, "\n".join(problems))
    return _saved(book)


def write_cell(sheet: Worksheet, row: int, column: int, value: object) -> None:
    """Write a value; text never becomes a formula, whatever it starts with."""
    cell = sheet.cell(row, column)
    if isinstance(value, str):
        from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE  # type: ignore[import-untyped]

        cell.value = None
        cell.data_type = "s"
        cell._value = ILLEGAL_CHARACTERS_RE.sub("", value.text if isinstance(value, Merged) else str(value))
        cell.quotePrefix = True
    else:
        cell.value = value
        if isinstance(value, Percent):
            cell.number_format = PERCENT_FORMAT


def _by_row(draft: Draft) -> tuple[list[TableFault], list[tuple[int, list[TableFault]]]]:
    """The faults of the table as a whole, and those of each row that has some or cannot be taken, 1-based."""
    rows: dict[int, list[TableFault]] = {row + 1: [] for row in draft.faulty_rows}
    whole: list[TableFault] = []
    for fault in draft.faults:
        (whole if fault.row is None else rows.setdefault(fault.row, [])).append(fault)
    return whole, sorted(rows.items())


def _mark(cell: Any, fault: TableFault) -> None:
    from openpyxl.comments import Comment
    from openpyxl.styles import PatternFill  # type: ignore[import-untyped]

    cell.fill = PatternFill("solid", fgColor=ERROR_FILL if fault.severity == "error" else WARNING_FILL)
    cell.comment = Comment(f"{fault.zh}\n{fault.text}", "Linli Atlas")


def _problem(fault: TableFault, table: Table, language: Language) -> str:
    header = table[fault.column].header(language) if fault.column in table.names else fault.column
    return f"{header}: {fault.sentence(language)}"


def _write_headers(sheet: Worksheet, columns: Sequence[Column], language: Language, mark_required: bool = True) -> None:
    for number, column in enumerate(columns, start=1):
        needed = mark_required and column.required and column.default is None
        write_cell(sheet, 1, number, f"{column.header(language)}{' *' if needed else ''}")
    _dress_header(sheet, len(columns))
    if mark_required:
        from openpyxl.styles import PatternFill

        for number, column in enumerate(columns, start=1):
            if column.required and column.default is None:
                sheet.cell(1, number).fill = PatternFill("solid", fgColor=REQUIRED_FILL)


def _dress_header(sheet: Worksheet, n_columns: int) -> None:
    from openpyxl.styles import Font, PatternFill

    low, high = WIDTHS
    for number in range(1, n_columns + 1):
        cell = sheet.cell(1, number)
        cell.font = Font(bold=True)
        cell.fill = PatternFill("solid", fgColor=HEADER_FILL)
        sheet.column_dimensions[cell.column_letter].width = min(high, max(low, 2 * len(str(cell.value)) + 2))
    sheet.freeze_panes = "A2"


def _explanation(column: Column) -> str:
    lines = [f"{column.zh} · {column.en}"]
    if column.required and column.default is None:
        lines.append("必填 · required")
    lines += [note for note in (column.note_zh, column.note_en) if note]
    if column.unit:
        lines.append(f"单位 · unit: {column.unit}")
    if column.codes is not None:
        lines.append(" / ".join(f"{code.zh} {code.en}" for code in column.codes))
    return "\n".join(lines)


def _validation(column: Column, codes: Worksheet, language: Language) -> Any:
    from openpyxl.worksheet.datavalidation import DataValidation  # type: ignore[import-untyped]

    shared = {"allow_blank": True, "showErrorMessage": True, "errorTitle": column.header(language)}
    if column.kind == "code" and column.codes is not None:
        number = codes.max_column + 1 if codes.cell(1, 1).value is not None else 1
        write_cell(codes, 1, number, column.name)
        for row, code in enumerate(column.codes, start=2):
            write_cell(codes, row, number, code.label(language))
        letter = codes.cell(1, number).column_letter
        area = f"{CODES_SHEET}!${letter}$2:${letter}${len(column.codes.codes) + 1}"
        return DataValidation(type="list", formula1=area, **shared)
    if column.kind == "flag":
        return DataValidation(type="list", formula1='"是,否"' if language == "zh" else '"yes,no"', **shared)
    if column.kind in NUMBER_KINDS and column.low is not None:
        kind = "whole" if column.kind == "integer" else "decimal"
        operator = "between" if column.high is not None else "greaterThanOrEqual"
        return DataValidation(type=kind, operator=operator, formula1=column.low, formula2=column.high, **shared)
    return None


def _number_format(column: Column) -> str:
    if column.kind == "date":
        return DATE_FORMAT
    return TEXT_FORMAT if column.kind in ("text", "list", "week") else ""


def _sheet_values(values: pd.Series[Any], text: pd.Series[str], column: Column, language: Language) -> list[Any]:
    codes = column.codes
    if column.kind == "code" and codes is not None:
        return [codes[code].label(language) if code else None for code in text]
    if column.kind == "codes" and codes is not None:
        return ["; ".join(codes[code].label(language) for code in value) or None for value in values]
    if column.kind == "flag":
        yes, no = ("是", "否") if language == "zh" else ("yes", "no")
        return [yes if value else no for value in values]
    if column.kind == "date":
        return [None if pd.isna(day) else day.date() for day in values]
    if column.kind in NUMBER_KINDS:
        convert = int if column.kind == "integer" else float
        return [None if pd.isna(value) else convert(value) for value in values]
    return [value or None for value in text]


def _saved(book: Workbook) -> bytes:
    buffer = BytesIO()
    book.save(buffer)
    return buffer.getvalue()
