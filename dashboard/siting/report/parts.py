"""Parts that the reports of plans and scenarios share: figures, who gains, assumptions, record. No Streamlit."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from dashboard import figures
from dashboard.methods.parameter_catalog import PARAMETERS
from dashboard.siting.report.document import Column, Section, Table, legal, program_version
from dashboard.siting.whatif import LONGEST_MINUTES
from geo.people.residents import CHILDREN, ELDERS

if TYPE_CHECKING:
    from dashboard.i18n import Catalog
    from dashboard.siting.report.gains import Gains
    from dashboard.siting.view import SitingView

Floats = NDArray[np.float64]

ASSUMED: Final = ("slope_decay", "best_slope", "max_slope", "steps_factor", "snap_max", "tie")
"""Parameters of every walk, besides its speed; their values, reasons and sources stand in the page Methods."""
ARROW: Final = " → "


def pairs(rows: Iterable[tuple[str, str]], text: Catalog, title: str = "") -> Table:
    """A table of names and values; rows without a value are left out."""
    columns = (Column(text("paper.item"), 1.0), Column(text("paper.value"), 2.4))
    return Table(columns, tuple((legal(name), legal(value)) for name, value in rows if value), title)


def subtitle(view: SitingView) -> str:
    """Day, who walks and how long."""
    settings, text = view.workspace.settings, view.text
    return text(
        "paper.subtitle", date=figures.date(settings.as_of, text.language), profile=view.profile_name,
        minutes=view.minutes_text, speed=f"{view.profile.speed_mps:g}",
    )  # fmt: skip


def warning(view: SitingView) -> str:
    """What has to be said of synthetic data; "" where they are not."""
    settings = view.workspace.settings
    return (settings.note(view.text.language) or view.text("map.synthetic")) if settings.synthetic else ""


def running(view: SitingView) -> str:
    """The line at the foot of each page."""
    text = view.text
    mark = text("header.synthetic") if view.workspace.settings.synthetic else ""
    made = text("paper.made", id=view.workspace.content_id[:8])
    return legal(" · ".join(filter(None, [view.workspace.settings.name(text.language), mark, made])))


def words(text: Catalog) -> dict[str, str]:
    """Titles of the parts that every report has, and the page's number."""
    return {
        "summary": text("paper.summary"),
        "figures": text("paper.figures"),
        "map": text("paper.map"),
        "page": text("paper.page"),
    }


# ---- before and after ---------------------------------------------------------------------------------------


def key_figures(view: SitingView, gains: Gains, centers: tuple[int, int], *, longest: bool = False) -> Table:
    """The figures that matter before and after.

    Args:
        centers: how many stand before and after.
        longest: the longest walk matters.
    """
    text, total = view.text, float(gains.people.sum())
    before, after = float(gains.before.sum()), float(gains.after.sum())
    minutes = text("unit.minutes", value="").strip()
    points = text("paper.points")
    rows = [
        (text("paper.centers"), *_counts(*centers)),
        (text("paper.within", minutes=view.minutes_text), *_counts(before, after)),
        (text("paper.share"), *_shares(before, after, total, points)),
        *(
            (text("paper.share_of", group=view.group(group)), *_shares(was, will, people, points))
            for group, was, will, people in zip(
                gains.groups, gains.before.sum(axis=0), gains.after.sum(axis=0), gains.people.sum(axis=0), strict=True
            )
            if group in (CHILDREN, ELDERS)
        ),
        (text("paper.uncovered"), *_counts(total - before, total - after)),
        (text("paper.mean_walk"), *_walk(gains.walks_before.mean, gains.walks_after.mean, minutes)),
    ]
    if longest:
        rows.append(
            (text("paper.longest_walk"), *_walk(gains.walks_before.longest, gains.walks_after.longest, minutes))
        )
    columns = (
        Column(text("paper.figure"), 2.6), Column(text("paper.before"), 1, number=True),
        Column(text("paper.after"), 1, number=True), Column(text("paper.change"), 1.2, number=True),
    )  # fmt: skip
    return Table(columns, tuple(rows))


def _counts(before: float, after: float) -> tuple[str, str, str]:
    return figures.number(before), figures.number(after), figures.signed(round(after) - round(before))


def _shares(before: float, after: float, total: float, points: str) -> tuple[str, str, str]:
    if not total:
        return figures.NONE, figures.NONE, figures.NONE
    return (
        figures.share(before / total),
        figures.share(after / total),
        figures.signed(100 * (after - before) / total, 1, points),
    )


def _walk(before: float, after: float, unit: str) -> tuple[str, str, str]:
    was, will = (f"{figures.number(minutes, 1)} {unit}" for minutes in (before, after))
    return was, will, figures.signed(after - before, 1, unit)


def figure_notes(view: SitingView) -> str:
    """What the walks in the table look at."""
    return view.text("paper.walk_note", minutes=figures.minutes(max(LONGEST_MINUTES, view.minutes)))


def gain_sentences(view: SitingView, gains: Gains) -> list[str]:
    """How coverage changes, who is newly covered and in which town most of them live, and who no longer is."""
    text, total = view.text, float(gains.people.sum())
    gained, lost = float(gains.gained.sum()), float(gains.lost.sum())
    shares = (
        figures.share(float(covered.sum()) / total) if total else figures.NONE
        for covered in (gains.before, gains.after)
    )
    before, after = shares
    facts = {"minutes": view.minutes_text, "profile": view.profile_name, "before": before, "after": after}
    said = [text("paper.says_cover", gained=figures.number(gained), **facts)]
    known = [group in (CHILDREN, ELDERS) for group in gains.groups]
    if any(known) and round(gained):
        parts = (
            text("paper.of_group", group=view.group(group), people=figures.number(people))
            for group, people, shown in zip(gains.groups, gains.gained.sum(axis=0), known, strict=True) if shown
        )  # fmt: skip
        said.append(text("paper.says_groups", groups=text("list.comma").join(parts)))
    by_town = gains.gained.sum(axis=1)
    most = int(by_town.argmax())
    if round(gained) and gains.towns[most]:
        said.append(text("paper.says_town", town=view.place(gains.towns[most]), people=figures.number(by_town[most])))
    if round(lost):
        said.append(text("paper.says_lost", people=figures.number(lost)))
    return said


# ---- who gains ----------------------------------------------------------------------------------------------


def gains_section(view: SitingView, gains: Gains) -> Section:
    """By town, where there are outlines, those with most newly covered first; and by age group."""
    text = view.text
    if not gains.gained.any() and not gains.lost.any():
        return Section("gains", text("paper.gains"), (text("paper.nobody_gains"),))
    by_town = [_by_town(view, gains)] if any(gains.towns) else []
    return Section("gains", text("paper.gains"), tables=(*by_town, _by_group(view, gains)))


def _by_town(view: SitingView, gains: Gains) -> Table:
    text, gained, lost = view.text, gains.gained.sum(axis=1), gains.lost.sum(axis=1)
    touched = np.flatnonzero((gained > 0) | (lost > 0))
    order = touched[np.lexsort((lost[touched], -gained[touched]))]
    loses = bool(lost.any())

    def row(name: str, at: Floats | NDArray[np.int64]) -> tuple[str, ...]:
        people, before, after = (float(values[at].sum()) for values in (gains.people, gains.before, gains.after))
        by_group = [figures.number(value) for value in gains.gained[at].sum(axis=0)]
        gone = [figures.number(lost[at].sum())] if loses else []
        shares = figures.share(before / people), figures.share(after / people)
        return legal(name), figures.number(people), *shares, figures.number(gained[at].sum()), *by_group, *gone

    heads = [text("paper.residents"), text("paper.share_before"), text("paper.share_after"), text("column.gained")]
    heads += [view.group(group) for group in gains.groups] + ([text("column.lost")] if loses else [])
    columns = (Column(text("paper.town"), 1.7), *(Column(legal(head), 1, number=True) for head in heads))
    rows = [row(view.place(gains.towns[i]), np.array([i])) for i in order]
    rows.append(row(text("paper.everywhere"), np.arange(len(gains.towns))))
    return Table(columns, tuple(rows), text("paper.by_town"), totals=1)


def _by_group(view: SitingView, gains: Gains) -> Table:
    text = view.text
    columns = (
        Column(text("paper.age"), 1.7),
        *(Column(text(key), 1, number=True) for key in (
            "paper.residents", "paper.within_before", "paper.within_after", "column.gained", "column.lost",
            "paper.share_before", "paper.share_after",
        )),
    )  # fmt: skip
    parts = np.vstack(
        [values.sum(axis=0) for values in (gains.people, gains.before, gains.after, gains.gained, gains.lost)]
    )
    everyone = np.column_stack([parts, parts.sum(axis=1)])
    names = [*(view.group(group) for group in gains.groups), text("group.population")]
    rows = tuple(
        (
            legal(name),
            *(figures.number(value) for value in column),
            *_part(column[1], column[0]),
            *_part(column[2], column[0]),
        )
        for name, column in zip(names, everyone.T, strict=True)
    )
    return Table(columns, rows, text("paper.by_age"), totals=1)


def _part(some: float, all_: float) -> tuple[str]:
    return (figures.share(some / all_) if all_ else figures.NONE,)


# ---- what it rests on ---------------------------------------------------------------------------------------


def assumptions(view: SitingView) -> Section:
    """What every figure rests on, with its value and its source."""
    text, settings = view.text, view.workspace.settings
    assessment, place = view.today.assessment, settings.profiles.index(view.profile)
    rows = [
        (
            text("parameter.speed.name"),
            f"{view.profile_name} {text('unit.mps', value=f'{view.profile.speed_mps:g}')}",
            text("parameter.speed.why"),
        )
    ]
    for name in ASSUMED:
        parameter = PARAMETERS[name]
        given = parameter.value(settings)
        value = given[place] if isinstance(given, tuple) else given
        shown = text(f"unit.{parameter.unit}", value=f"{value:,g}") if parameter.unit else f"{value:,g}"
        why = text(f"parameter.{name}.why")
        rows.append((text(f"parameter.{name}.name"), shown, f"{why} {parameter.source}".strip()))
    people = assessment.residents.people[:, 0]
    off = float(people[~assessment.homes.snapped].sum())
    qualities = text("list.comma").join(text.code("quality", q) for q in sorted(set(view.workspace.demand["quality"])))
    count = text("paper.residents_value", people=figures.number(people.sum()), points=figures.number(len(people)))
    rows += [
        (text("paper.ways"), text("paper.ways_value"), text("paper.ways_why")),
        (text("paper.residents_data"), count, text("paper.residents_why", quality=qualities)),
        (text("paper.off_street"), text("unit.people", value=figures.number(off)), text("paper.off_street_why")),
    ]
    columns = (
        Column(text("paper.assumption"), 1.3),
        Column(text("paper.value"), 1.2),
        Column(text("paper.source"), 2.6),
    )
    table = Table(columns, tuple((legal(a), legal(b), legal(c)) for a, b, c in rows))
    return Section("assumptions", text("paper.assumptions"), tables=(table,))


def record(view: SitingView, link: str, *, proven: bool = True) -> Section:
    """From what the same report can be made again; a search that ended before its proof may end elsewhere then."""
    text, settings = view.text, view.workspace.settings
    rows = [
        (text("paper.workspace"), settings.name(text.language)),
        (text("paper.as_of"), figures.date(settings.as_of, text.language)),
        (text("paper.content"), view.workspace.content_id),
        (text("paper.streets"), view.workspace.network.content_id),
        (text("paper.parameters"), f"profile={view.profile.id} minutes={view.minutes:g}"),
        (text("paper.link"), link),
        (text("paper.program"), f"Linli Atlas {program_version()}"),
    ]
    return Section(
        "record",
        text("paper.record"),
        (text("paper.record_why" if proven else "paper.record_unproven"),),
        (pairs(rows, text),),
    )
