"""Beginnings: how a registry comes out of the files of a workspace.

| file | what |
|---|---|
| `<table>.csv` | the table as it stands |
| `<table>_before_correction.csv` | records that were corrected later, as they first came in |
| `ratings.csv`, `emergency_roles.csv` | changes of centers, in their order: `center` and some of the centers' columns |

The registry takes them in that order of time, so that its history holds the originals.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pandas as pd

from data.parts import located, read_csv, read_text, typed_table
from data.tables.cells import is_blank
from data.tables.codes import QUALITY
from data.tables.columns import Table
from data.tables.faults import TableFault, fault
from data.tables.schema import CENTERS, REGISTERED

if TYPE_CHECKING:
    from data.registry.store import Registry

ORIGINALS: Final = "_before_correction"
CHANGES: Final = ("ratings", "emergency_roles")
ABOUT_THE_ROW: Final = ("source", "note")
"""Columns of a change that speak of the change itself, not of the center."""
WHO: Final = "workspace"


def read_table(folder: Path, file: str, table: Table) -> tuple[pd.DataFrame, list[TableFault]]:
    """A table as its files tell it, changes of centers included, with all faults."""
    raw = read_text(folder / file)
    faults: list[TableFault] = []
    if table is CENTERS and "id" in raw:
        known = set(raw["id"])
        for name, changes in _rounds(folder):
            strangers = [center for center in changes if center not in known]
            lost = [fault("unknown_reference", "center", value=c, table=table.words) for c in strangers]
            faults += located(f"{name}.csv", lost)
            raw = _changed(raw, changes)
    frame, found = typed_table(raw, file, table)
    return frame, faults + found


def fill(registry: Registry, folder: Path, files: Mapping[str, str]) -> None:
    """Write what the files tell into an empty registry: the originals, then each round of changes.

    Each round has a change set of its own, and all of them are one transaction: whoever comes second finds the registry
    filled, and an interrupted fill leaves it empty.

    Args:
        registry: where to; nothing is written where somebody has.
        folder: the workspace; its files have no faults.
        files: table → file name, where it is not the usual one.

    Raises:
        TableFaultsError: a row refers to nothing.
    """
    from data.registry.database import writing
    from data.registry.editing import Edit
    from data.registry.history import last_set

    paths = {table.name: folder / files.get(table.name, f"{table.name}.csv") for table in REGISTERED}
    with writing(registry.engine) as connection:
        if last_set(connection):
            return
        corrected: dict[str, pd.DataFrame] = {}
        first = Edit(connection, WHO, "first tables, from files")
        for table in REGISTERED:
            frame, _ = read_csv(paths[table.name], table)
            originals, _ = read_csv(folder / f"{table.name}{ORIGINALS}.csv", table)
            first.put_frame(table.name, _instead(frame, originals, table))
            if len(originals):
                corrected[table.name] = frame
        for name, frame in corrected.items():
            Edit(connection, WHO, "corrections, from files").put_frame(name, frame)
        raw = read_text(paths[CENTERS.name])
        for name, changes in _rounds(folder):
            raw = _changed(raw, changes)
            edit = Edit(connection, WHO, f"{name}, from files")
            edit.put_frame(CENTERS.name, typed_table(raw, name, CENTERS)[0])


def _rounds(folder: Path) -> Iterator[tuple[str, dict[str, dict[str, str]]]]:
    """Changes of centers in their order: file, and center → column → text; each center once in a round."""
    for name in CHANGES:
        changes: dict[str, dict[str, str]] = {}
        for row in read_text(folder / f"{name}.csv").to_dict("records"):
            center = row.pop("center")
            if center in changes:
                yield name, changes
                changes = {}
            changes[center] = {str(k): v for k, v in row.items() if k not in ABOUT_THE_ROW and not is_blank(v)}
        if changes:
            yield name, changes


def _changed(raw: pd.DataFrame, changes: Mapping[str, Mapping[str, str]]) -> pd.DataFrame:
    """Raw cells of centers with the changes written in; centers that are not there are passed over.

    A center's row is as sure as the least sure of what it holds: a synthetic rating makes it synthetic.
    """
    texts = pd.DataFrame.from_dict(dict(changes), orient="index").reindex(raw["id"]).set_axis(raw.index)
    columns = {str(name): texts[name].fillna(raw.get(name, "")) for name in texts}
    if "quality" in columns and "quality" in raw:
        pairs = zip(raw["quality"], columns["quality"], strict=True)
        columns["quality"] = pd.Series([max(pair, key=_doubt) for pair in pairs], index=raw.index, dtype="str")
    return raw.assign(**columns)


def _doubt(quality: str) -> int:
    """Place of a quality among the codes, which run from the surest to the least sure; a strange one stays a fault."""
    return QUALITY.ids.index(quality) if quality in QUALITY.ids else len(QUALITY.ids)


def _instead(frame: pd.DataFrame, originals: pd.DataFrame, table: Table) -> pd.DataFrame:
    """The frame with the originals in the place of the records that corrected them."""
    if originals.empty:
        return frame
    keys = list(table.key)
    corrected = pd.MultiIndex.from_frame(frame[keys]).isin(pd.MultiIndex.from_frame(originals[keys]))
    return pd.concat([frame[~corrected], originals], ignore_index=True)
