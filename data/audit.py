"""Audit: every table of a workspace looked over at once, beside the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from data.monitoring.indicators import read_indicators
from data.parts import located
from data.tables.checks import population_faults
from data.tables.columns import Table
from data.tables.faults import TableFault, raise_on_errors
from data.tables.frames import unknown_references
from data.tables.schema import DEMAND, JURISDICTIONS, REGISTERED, TABLES

if TYPE_CHECKING:
    import pandas as pd

    from data.workspace import Workspace

INDICATORS = Table("indicators", "指标", "Indicators", ("id",), ())
"""Declared in `indicators.toml`; here only so that references to them can be named."""


def audit(workspace: Workspace) -> None:
    """Look everything over.

    Raises:
        TableFaultsError: references lead nowhere, a table breaks its contract, outlines and residents do not fit.
        DamagedFileError: a file cannot be read.
    """
    indicators = set(read_indicators(workspace.path("indicators")))
    frames: dict[str, pd.DataFrame] = {table.name: workspace.table(table.name) for table in REGISTERED}
    frames |= {JURISDICTIONS.name: workspace.jurisdictions, DEMAND.name: workspace.demand}
    faults: list[TableFault] = located(DEMAND.name, population_faults(workspace.demand))
    for name, frame in frames.items():
        for column in TABLES[name].columns:
            other, _, target = column.refers.partition(".")
            if not other or (other == JURISDICTIONS.name and workspace.jurisdictions.empty):
                continue
            known = indicators if other == INDICATORS.name else set(frames[other][target].dropna())
            found = unknown_references(frame, column, known, TABLES.get(other, INDICATORS))
            faults += located(name, found)
    raise_on_errors(str(workspace.folder), faults)
