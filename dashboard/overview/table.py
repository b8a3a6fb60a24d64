"""The overview's table, the twin of its map: centers, towns or places with their figures, as CSV and Excel too."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from dashboard.controls import names_in
from data.tables.codes import Language
from data.tables.reading import TRIGGERS
from data.tables.schema import CENTERS, TABLES

if TYPE_CHECKING:
    from dashboard.i18n import Catalog
    from dashboard.overview.overview import Overview
    from dashboard.results import NetworkResults
    from data.workspace import Workspace

ENDINGS: Final = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
FIGURES: Final = ("residents", "covered", "uncovered", "covered_share", "elders_share", "centers_open")
PERCENT: Final = ("covered_share", "elders_share")


@dataclass(frozen=True, eq=False)
class TwinTable:
    """A table with the page's headers, and what stands under a file of it.

    Attributes:
        frame: as shown; shares are percent.
        percent: headers of columns with percent.
        note: profile, cutoff, date and nature of the data: exports say what they are.
    """

    frame: pd.DataFrame
    percent: frozenset[str]
    note: str

    def file(self, ending: str) -> bytes:
        """The table as a file that spreadsheets open; no cell of it can run as a formula."""
        safe = self.frame.map(lambda value: f"'{value}" if isinstance(value, str) and value[:1] in TRIGGERS else value)
        if ending == "csv":
            text = safe.to_csv(index=False, lineterminator="\n", float_format="%.1f") + f'"{self.note}"\n'
            return text.encode("utf-8-sig")  # the mark is what makes Excel read UTF-8
        buffer = io.BytesIO()
        with pd.ExcelWriter(buffer, engine="openpyxl") as writer:
            safe.to_excel(writer, index=False, sheet_name="linli")
            writer.sheets["linli"].cell(row=len(safe) + 3, column=1, value=self.note)
        return buffer.getvalue()


def header(table: str, column: str, language: Language) -> str:
    """A column's header as its contract has it."""
    found = TABLES[table][column]
    return found.zh if language == "zh" else found.en


def build(text: Catalog, workspace: Workspace, results: NetworkResults, found: Overview, kind: str) -> TwinTable:
    """The table of a kind: `centers`, `towns` or `places`."""
    settings, params = workspace.settings, results.params
    note = text(
        "table.note",
        name=settings.name(text.language),
        date=settings.as_of.isoformat(),
        profile=params.profile.id,
        speed=f"{params.profile.speed_mps:g}",
        minutes=f"{found.ground.minutes:g}",
        quality=text("header.synthetic") if settings.synthetic else "",
    ).replace('"', "”")
    if kind == "centers":
        return TwinTable(_centers(text, workspace, results, found), frozenset(), note)
    rows = found.towns if kind == "towns" else found.places
    named = workspace.jurisdictions.set_index("code").loc[rows["code"]]
    columns: dict[str, object] = {
        text("facts.name"): names_in(text, named["name"], named["name_en"]),
        text("facts.code"): rows["code"].tolist(),
    }
    for name in FIGURES:
        values = rows[name].to_numpy(np.float64)
        columns[text(f"facts.{name}")] = (100 * values).round(2) if name in PERCENT else values.round(0)
    return TwinTable(pd.DataFrame(columns), frozenset(text(f"facts.{name}") for name in PERCENT), note)


def _centers(text: Catalog, workspace: Workspace, results: NetworkResults, found: Overview) -> pd.DataFrame:
    """Centers that are listed, with whom each reaches; the most first."""
    rows = found.centers[found.centers["listed"]]
    cutoff = results.params.cutoffs.minutes.index(found.ground.minutes)
    number = {name: i for i, name in enumerate(workspace.centers["id"])}
    people = results.people[np.array([number[name] for name in rows["id"]], dtype=np.int64), cutoff]
    groups = results.standing.groups
    home = dict(
        zip(
            workspace.jurisdictions["code"],
            names_in(text, workspace.jurisdictions["name"], workspace.jurisdictions["name_en"]),
            strict=True,
        )
    )

    def title(column: str) -> str:
        return CENTERS[column].zh if text.language == "zh" else CENTERS[column].en

    columns: dict[str, object] = {
        title("name"): names_in(text, rows["name"], rows["name_en"]),
        title("status"): [text.code("status", code) for code in rows["status"]],
        title("layout"): [_label(text, "layout", code) for code in rows["layout"]],
        title("batch"): rows["batch"].to_numpy(),
        title("stars"): rows["stars"].to_numpy(),
        text("facts.home"): [home.get(code) if isinstance(code, str) else None for code in rows["home"]],
    }
    peopled = results.standing.peopled
    if peopled:
        columns[text("network.people")] = people[:, 0].round(0)
    if peopled and "age_60_plus" in groups:
        columns[text("facts.elders_reached")] = people[:, groups.index("age_60_plus")].round(0)
    columns[title("opened")] = rows["opened"].dt.date.to_numpy()
    columns[title("quality")] = [text.code("quality", code) for code in rows["quality"]]
    frame = pd.DataFrame(columns)
    if len(frame):
        frame = frame.dropna(axis="columns", how="all")  # what nobody has filled in would only take room
    if not peopled:
        return frame
    return frame.sort_values(text("network.people"), ascending=False, kind="stable", ignore_index=True)


def _label(text: Catalog, codes: str, code: object) -> str | None:
    return text.code(codes, code) if isinstance(code, str) else None
