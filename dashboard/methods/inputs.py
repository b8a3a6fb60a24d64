"""Inputs: what the figures of a workspace are computed from, how much of it there is, of which day and how sure.

Knows no Streamlit.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from dashboard import figures
from dashboard.i18n import Catalog
from dashboard.site.words import half
from data.tables.codes import QUALITY
from geo.streets.pedestrian import in_order

if TYPE_CHECKING:
    import pandas as pd

    from data.workspace import Workspace

MOST_SOURCES: Final = 3
"""Sources written out, the most frequent first."""
RESIDENTS: Final = "population"


@dataclass(frozen=True, slots=True)
class InputFacts:
    """What is known of one input.

    Attributes:
        id: one of `dashboard.methods.figure_catalog.Input`.
        amount: how much there is, in words; "" where the workspace has none.
        day: of which day or days, in words; "" where that is not stated.
        quality: code of `data.tables.codes.QUALITY` → share of the rows, or of the people; empty where rows have no
            mark.
        sources: as the rows state them, the most frequent first.
    """

    id: str
    amount: str = ""
    day: str = ""
    quality: Mapping[str, float] = field(default_factory=dict)
    sources: tuple[str, ...] = ()

    def quality_in_words(self, text: Catalog) -> str:
        """Marks by share, the surest first; one mark alone stands without its share."""
        if not self.quality:
            return text("methods.unstated") if self.day else figures.NONE
        if len(self.quality) == 1:
            return text.code("quality", next(iter(self.quality)))
        marks = [f"{text.code('quality', mark)} {figures.share(share)}" for mark, share in self.quality.items()]
        return text("list.comma").join(marks)


def inputs(text: Catalog, workspace: Workspace) -> dict[str, InputFacts]:
    """Every input by id, in the order in which they are shown.

    Raises:
        TableFaultsError: a table has faults.
    """
    settings, demand = workspace.settings, workspace.demand
    day = figures.date(settings.as_of, text.language)
    people = text(
        "input.people_amount", people=figures.number(demand[RESIDENTS].sum()), count=figures.number(len(demand))
    )
    found = [
        _streets(text, workspace, day),
        _elevation(text, workspace, day),
        _table(text, "demand", demand, day, amount=people, weights=demand[RESIDENTS]),
        _table(text, "centers", workspace.centers, day),
        _table(text, "service_points", workspace.service_points, day),
        _table(text, "jurisdictions", workspace.jurisdictions, day),
        _reports(text, workspace, day),
        _table(text, "milestones", workspace.table("milestones"), day),
        _table(text, "targets", workspace.table("targets"), day),
    ]
    return {item.id: item for item in found}


def left_out(workspace: Workspace) -> dict[str, int]:
    """What was left out or marked when the streets were read: reason → how many, without zeros."""
    return in_order(workspace.network.meta.get("report", {}))


def _streets(text: Catalog, workspace: Workspace, day: str) -> InputFacts:
    network = workspace.network
    amount = text(
        "input.streets_amount",
        count=figures.number(network.n_edges),
        length=figures.length(float(network.edge_length_m.sum())),
    )
    quality = {"synthetic": 1.0} if workspace.settings.synthetic else {}
    return InputFacts("streets", amount, day, quality, _known([network.meta.get("source")], text))


def _elevation(text: Catalog, workspace: Workspace, day: str) -> InputFacts:
    network = workspace.network
    if not network.has_elevation:
        return InputFacts("elevation", text("input.flat"))
    meta = network.meta.get("elevation", {})
    file, voids = meta.get("path", ""), figures.number(meta.get("edges_with_voids", 0))
    quality = {"synthetic": 1.0} if workspace.settings.synthetic else {}
    return InputFacts("elevation", text("input.heights", file=file, voids=voids), day, quality)


def _reports(text: Catalog, workspace: Workspace, day: str) -> InputFacts:
    reports = workspace.table("weekly_reports")
    facts = _table(text, "weekly_reports", reports, day)
    if reports.empty:
        return facts
    weeks = text("input.weeks", first=reports["week"].min(), last=reports["week"].max())
    return InputFacts(facts.id, facts.amount, weeks, facts.quality, facts.sources)


def _table(
    text: Catalog,
    name: str,
    rows: pd.DataFrame,
    day: str,
    *,
    amount: str = "",
    weights: pd.Series[float] | None = None,
) -> InputFacts:
    if rows.empty:
        return InputFacts(name)
    quality = _quality(rows, weights) if "quality" in rows else {}
    sources = _known(rows["source"].value_counts().index, text) if "source" in rows else ()
    return InputFacts(name, amount or text("input.rows", count=figures.number(len(rows))), day, quality, sources)


def _quality(rows: pd.DataFrame, weights: pd.Series[float] | None) -> dict[str, float]:
    """Share of each mark, the surest first."""
    ones = rows["quality"].notna().astype(float) if weights is None else weights
    total = ones.groupby(rows["quality"]).sum()
    whole = float(total.sum())
    return {mark: float(total[mark]) / whole for mark in QUALITY.ids if mark in total.index and total[mark] > 0}


def _known(sources: Iterable[object], text: Catalog) -> tuple[str, ...]:
    given = [half(source, text.language) for source in sources if isinstance(source, str) and source]
    return tuple(dict.fromkeys(given))[:MOST_SOURCES]
