"""Cells of tables: codes as text, numbers as numbers, and every cell that is neither named."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from geo.cells import number_column
from geo.errors import Fault


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
