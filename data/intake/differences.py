"""Differences: what would change if one frame took the place of another."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from data.registry.records import KEY_JOINT
from data.tables.columns import Table
from data.tables.drafts import to_text


@dataclass(frozen=True, eq=False)
class Differences:
    """How incoming rows differ from those that are there.

    Attributes:
        new: keys that are not there yet.
        changed: one row for each changed cell: key, column, before, after, as text.
        same: number of rows that are there just so.
        gone: keys that are there and not in the incoming rows.
    """

    new: tuple[str, ...]
    changed: pd.DataFrame
    same: int
    gone: tuple[str, ...]

    @property
    def n_changed(self) -> int:
        """Number of rows with a changed cell."""
        return int(self.changed["key"].nunique())

    @property
    def nothing(self) -> bool:
        """Whether writing the incoming rows would change nothing."""
        return not self.new and self.changed.empty


def keys_of(frame: pd.DataFrame, table: Table) -> pd.Series[str]:
    """The key of each row as text: `c07`, or `c07/2023-W05`."""
    text = to_text(frame[list(table.key)], table)
    joined = text[table.key[0]]
    for name in table.key[1:]:
        joined = joined + KEY_JOINT + text[name]
    return joined


def differences(current: pd.DataFrame, incoming: pd.DataFrame, table: Table) -> Differences:
    """Compare two typed frames of a table by key; keys are unique in each."""
    before = to_text(current, table).set_axis(pd.Index(keys_of(current, table), dtype="object"), axis=0)
    after = to_text(incoming, table).set_axis(pd.Index(keys_of(incoming, table), dtype="object"), axis=0)
    known = after.index.isin(before.index)
    shared = after.index[known]
    old, new = before.loc[shared].to_numpy(dtype=object), after.loc[shared].to_numpy(dtype=object)
    differs = old != new
    rows, columns = np.nonzero(differs)
    changed = pd.DataFrame(
        {
            "key": shared.to_numpy()[rows],
            "column": np.asarray(table.names, dtype=object)[columns],
            "before": old[rows, columns],
            "after": new[rows, columns],
        }
    )
    return Differences(
        new=tuple(after.index[~known]),
        changed=changed,
        same=int(len(shared) - differs.any(axis=1).sum()),
        gone=tuple(before.index[~before.index.isin(after.index)]),
    )
