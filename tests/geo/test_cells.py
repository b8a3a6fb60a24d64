"""Cells of tables: codes as text, numbers as numbers, and every cell that is neither named."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from geo.cells import codes_of, column_texts, find_column, number_column
from geo.errors import Fault
from geo.siting.candidates import Candidates


def test_codes_are_text_whatever_a_spreadsheet_made_of_them() -> None:
    cells = [350505001001.0, np.nan, 1.1, "  x ", None, np.inf, 7]
    assert column_texts(pd.DataFrame({"code": cells}), "code", "?") == (
        "350505001001",
        "?",
        "1.1",
        "x",
        "?",
        "inf",
        "7",
    )
    assert column_texts(pd.DataFrame({"id": [1, 2]}), "code") == ("", "")
    assert codes_of("a；b; a;") == codes_of(["a", "b", None]) == ("a", "b")


def test_columns_are_found_by_name_in_the_order_of_the_names() -> None:
    frame = pd.DataFrame(columns=["Ｐｏｐ", " POPULATION ", "population", 7])
    assert find_column(frame, ("population", "pop")) == " POPULATION "
    assert find_column(frame, ("pop", "population")) == "Ｐｏｐ"
    assert find_column(frame, ("people",)) is None
    assert find_column(frame, ("7",)) == 7


@pytest.mark.parametrize(
    ("cells", "numbers"),
    [
        (["1", " 2.5 ", "", "3e2"], [1, 2.5, np.nan, 300]),
        (["", "nan", "None", None, "NULL"], [np.nan] * 5),
        ([1, "2", None, 3.0], [1, 2, np.nan, 3]),
        (pd.array([1, None], dtype="Int64"), [1, np.nan]),
        ([], []),
    ],
)
def test_numbers_of_a_column(cells: list[object], numbers: list[float]) -> None:
    faults = list[Fault]()
    read = number_column(pd.DataFrame({"cost": cells}, index=range(7, 7 + len(cells))), "cost", faults)
    np.testing.assert_array_equal(read, numbers)
    assert read.dtype == np.float64 and read.flags.writeable and not faults


@pytest.mark.parametrize(
    ("cells", "least", "told"),
    [
        (["1", "1,200", "about 20", "-3", "inf"], 0, [(2, "1,200"), (3, "about 20"), (4, "-3"), (5, "inf")]),
        ([1.0, np.inf, -0.5, np.nan], 0, [(2, "inf"), (3, "-0.5")]),
        ([True, False], 0, [(1, "True"), (2, "False")]),
        ([5, 10], 6, [(1, "5")]),
    ],
)
def test_cells_that_are_no_usable_numbers_are_named(
    cells: list[object], least: float, told: list[tuple[int, str]]
) -> None:
    faults = list[Fault]()
    read = number_column(pd.DataFrame({"cost": cells}), "cost", faults, least=least)
    assert sorted((fault.row, fault.value) for fault in faults) == told
    assert {fault.column for fault in faults} == {"cost"}
    assert np.isnan(read[[row - 1 for row, _ in told]]).all()


def test_a_column_that_is_not_there_is_unknown() -> None:
    assert np.isnan(number_column(pd.DataFrame({"id": ["a", "b"]}), "cost", [])).tolist() == [True, True]


def test_codes_of_candidates_are_text_too() -> None:
    frame = pd.DataFrame({"id": [1, 2], "lon": 118.9, "lat": 25.1, "village": [350505001001.0, None]})
    found = Candidates.of(frame)
    assert (found.ids, found.group) == (("1", "2"), ("350505001001", ""))
