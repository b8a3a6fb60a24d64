"""Import: a file becomes records in three steps: read and look it over, show what would change, write.

Nothing is written before `take`. What is sound can be taken while the rest goes back as a sheet with its faults
marked (`data.tables.workbooks.write_faults`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from data.intake.differences import Differences, differences, keys_of
from data.intake.doctor import columns_of, examine, needs_conversion
from data.monitoring.reports import implausible
from data.registry.editing import Progress, Tally
from data.tables.cells import is_blank
from data.tables.checks import record_faults
from data.tables.codes import Words, listed
from data.tables.columns import Table
from data.tables.drafts import Draft, draft
from data.tables.faults import TableFault, fault, raise_on_errors
from data.tables.frames import unknown_references
from data.tables.schema import CENTERS, REGISTERED, TABLES, WEEKLY_REPORTS
from geo.errors import UnsureRemovalError
from geo.hypotheses import Hypothesis

if TYPE_CHECKING:
    from data.registry.store import Registry
    from data.workspace import Workspace


@dataclass(frozen=True, eq=False)
class Preview:
    """What an import would do.

    Attributes:
        draft: the file as it was read, with all faults.
        rows: the sound rows as they would be written: columns that the file lacks keep what is there.
        differences: what writing them would change.
        hypotheses: what the coordinates may be, the most likely first; empty for tables without any.
        position: the hypothesis that a person confirmed and that was applied.
        revision: the registry's revision that it was compared with.
    """

    draft: Draft
    rows: pd.DataFrame
    differences: Differences
    hypotheses: tuple[Hypothesis, ...] = field(default=())
    position: Hypothesis | None = None
    revision: int = 0

    @property
    def table(self) -> Table:
        """The contract."""
        return self.draft.table

    @property
    def faults(self) -> tuple[TableFault, ...]:
        """Everything that was found, errors and warnings."""
        return self.draft.faults

    @cached_property
    def gone(self) -> list[str]:
        """Keys that are there and that the file does not hold; it holds faulty rows, too."""
        held = set(keys_of(self.draft.frame, self.table))
        return [key for key in self.differences.gone if key not in held]

    @cached_property
    def unsure_keys(self) -> tuple[TableFault, ...]:
        """Errors by which some row may be another record than it seems, so that none can be said to be gone."""
        of_keys = (f for f in self.faults if f.row is None or f.column in self.table.key)
        return tuple(f for f in of_keys if f.severity == "error")

    @property
    def must_ask(self) -> bool:
        """Whether the coordinates are clearly something else than they should be, and nobody has confirmed it yet."""
        return self.position is None and needs_conversion(self.hypotheses)


def preview(
    path: Path,
    table: str,
    workspace: Workspace,
    registry: Registry | None,
    *,
    columns: Mapping[str, str] | None = None,
    defaults: Mapping[str, str] | None = None,
    sheet: str | None = None,
    position: Hypothesis | None = None,
) -> Preview:
    """Read a file for one of the registry's tables and compare it with what is there. Writes nothing.

    Args:
        path: CSV, Excel, GeoJSON, GeoPackage or zipped Shapefile.
        table: name of the table.
        workspace: gives streets and outlines to judge by.
        registry: what is there; None where the workspace has none yet, and its files tell.
        columns: column → header, where a person chose.
        defaults: column → value for columns that the file lacks.
        sheet: of a workbook.
        position: what the coordinates are, confirmed by a person.

    Raises:
        InputError: the file cannot be read at all.
    """
    contract = TABLES[table]
    read = draft(path, contract, columns=columns, defaults=defaults, sheet=sheet, position=position)
    hypotheses: tuple[Hypothesis, ...] = ()
    if {"lon", "lat"} <= set(read.cells):
        claims = read.frame.get("home")
        hypotheses = tuple(examine(columns_of(read.cells), workspace, claims))
    revision = 0 if registry is None else registry.revision  # before reading: `take` notices what changes meanwhile
    current = _stored(table, workspace, registry)
    completed = _completed(read, current)
    found = _content_faults(read, completed, current, workspace, registry)
    if position is None and needs_conversion(hypotheses):
        best = hypotheses[0]
        found.append(fault("datum", "lon", severity="warning", likely=best.id, score=f"{best.score:.0%}"))
    read = read.with_faults(found)
    rows = completed.drop(index=list(read.faulty_rows)).reset_index(drop=True)
    return Preview(read, rows, differences(current, rows, contract), hypotheses, position, revision)


def require_writable(shown: Preview, *, only_sound: bool = False, remove_gone: bool = False) -> None:
    """Refuse what `take` must not write.

    Raises:
        TableFaultsError: there are errors, and not only the sound rows are wanted, or none is sound.
        UnsureRemovalError: records are to be removed, and some key in the file cannot be read.
    """
    if shown.rows.empty or not only_sound:
        raise_on_errors(shown.draft.raw.path.name, shown.faults)
    if remove_gone and shown.unsure_keys:
        names = dict.fromkeys(f.column for f in shown.unsure_keys)
        columns = listed(Words(shown.table[name].zh, name) for name in names)
        raise UnsureRemovalError(path=shown.draft.raw.path.name, count=len(shown.unsure_keys), columns=columns)


def take(
    shown: Preview,
    registry: Registry,
    who: str,
    *,
    why: str = "",
    only_sound: bool = False,
    remove_gone: bool = False,
    progress: Progress = lambda text, share: None,
) -> tuple[Tally, int | None]:
    """Write what a preview shows, in one transaction.

    Args:
        shown: the preview that a person confirmed.
        registry: where to.
        who: the person.
        why: what for; where nobody says, that the file was imported.
        only_sound: leave faulty rows out; otherwise one faulty row keeps everything out.
        remove_gone: remove records that the file does not hold.
        progress: called with the share written.

    Returns:
        What was done, and the change set by which it can be taken back; None where nothing had changed.

    Raises:
        TableFaultsError, UnsureRemovalError: see `require_writable`.
        StalePreviewError: the table was changed since the preview.
        RecordInUseError: a record that is to be removed is referred to.
        RegistryBusyError, OutputError: see `data.registry.store.Registry.edit`.
    """
    require_writable(shown, only_sound=only_sound, remove_gone=remove_gone)
    table = shown.table
    with registry.edit(who, why or f"import {shown.draft.raw.path.name}") as edit:
        edit.require_unchanged(table.name, shown.revision)
        tally = edit.put_frame(table.name, shown.rows, progress)
        if remove_gone:
            edit.remove_all(table.name, dict.fromkeys(shown.gone))
            tally += Tally(removed=len(shown.gone))
    return tally, edit.change_set


def _stored(table: str, workspace: Workspace, registry: Registry | None) -> pd.DataFrame:
    return workspace.stored(table) if registry is None else registry.frame(table).drop(columns="version")


def _content_faults(
    read: Draft, completed: pd.DataFrame, current: pd.DataFrame, workspace: Workspace, registry: Registry | None
) -> list[TableFault]:
    """Faults that show only beside what is there: in the records as they would be kept, and beside the other tables."""
    table, frame = read.table, read.frame
    faults = record_faults(table, completed, workspace.jurisdictions)
    for column in table.columns:
        other, _, target = column.refers.partition(".")
        if column.name in read.cells and TABLES.get(other) in REGISTERED:
            faults += unknown_references(frame, column, set(_stored(other, workspace, registry)[target]), TABLES[other])
    if table is CENTERS:
        late = completed["opened"] > pd.Timestamp(workspace.settings.as_of)
        for i in completed.index[late & (completed["status"] == "open")]:
            day = f"{completed.loc[i, 'opened']:%Y-%m-%d}"
            as_of = workspace.settings.as_of
            faults.append(fault("opened_in_future", "opened", row=i + 1, value=day, severity="warning", as_of=as_of))
    if table is WEEKLY_REPORTS:
        faults += implausible(frame, current)
    broken = {(f.column, f.row) for f in read.faults}
    return [f for f in faults if (f.column, f.row) not in broken]


def _completed(read: Draft, current: pd.DataFrame) -> pd.DataFrame:
    """The rows as they would be kept, with what is there wherever the file says nothing.

    An empty cell clears a value; it leaves alone what has a default, and what the file has no column for.
    """
    table = read.table
    rows = read.frame[table.names].copy()
    if current.empty or rows.empty:
        return rows
    there = current[table.names].set_axis(pd.Index(keys_of(current, table), dtype="object"), axis=0)
    keys = pd.Series(keys_of(rows, table), index=rows.index, dtype="object")
    known = keys.isin(there.index)
    for column in table.columns:
        silent = known.copy()
        if column.name in read.cells:
            if column.default is None:
                continue
            silent &= read.cells[column.name].map(is_blank)
        if silent.any():
            rows[column.name] = _replaced(rows[column.name], silent, there[column.name], keys)
    return rows


def _replaced(
    values: pd.Series[Any], where: pd.Series[bool], there: pd.Series[Any], keys: pd.Series[Any]
) -> pd.Series[Any]:
    old = there.reindex(keys[where]).set_axis(values.index[where])
    mixed = values.astype("object").copy()
    mixed[where] = old.astype("object")
    return mixed.astype(values.dtype)
