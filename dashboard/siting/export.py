"""Downloads of a scenario or a plan: the report as PDF and Word, layers for a GIS, and the scenario to be opened again.

Nothing is made before somebody presses a button.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Literal
from urllib.parse import urlencode

import streamlit as st

from dashboard import state
from dashboard.choices import all_choices
from dashboard.site.printed import font_family
from dashboard.siting.report.gains import Gains
from dashboard.siting.report.gis import changes_frame, geopackage, plan_frame
from dashboard.siting.report.plan import Chosen, plan_report
from dashboard.siting.report.scenario import scenario_report

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dashboard.siting.best import Answer, Asked, SiteSearch
    from dashboard.siting.report.document import PlanReport
    from dashboard.siting.view import SitingView

Kind = Literal["pdf", "docx", "gpkg"]

MIME: Final[dict[Kind, str]] = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "gpkg": "application/geopackage+sqlite3",
}
TESTS: Final = "siting_tests"
CURVE: Final = "siting_curve"
"""Keys of the session's background work, whose results a report takes in where they belong to its plan."""


def buttons(view: SitingView, name: str, content: bytes) -> None:
    """Downloads of the what-if at hand.

    Args:
        name: of the scenario.
        content: the scenario as a file.
    """
    text = view.text
    st.download_button(
        text("scenario.save"), content, file_name="scenario.json", mime="application/json", key="save_scenario",
        on_click="ignore", help=text("scenario.save_help"),
    )  # fmt: skip
    report = partial(scenario_report, view, name, fonts=_fonts(), link=_link(view))

    def layers() -> bytes:
        return geopackage(view, changes_frame(view, name), Gains.of_what_if(view.what_if), report())

    downloads(view, "scenario", report, layers)


def plan_buttons(
    view: SitingView, asked: Asked, answer: Answer, search: SiteSearch, name: Callable[[int], str]
) -> None:
    """Downloads of a plan.

    Args:
        name: of a candidate, by its row.
    """
    tested, curve = _tested(view, asked, answer), _curve(view, asked)
    link = _link(view)

    def chosen() -> Chosen:
        return Chosen(asked, answer, search, name, tested(), curve())

    def report() -> PlanReport:
        return plan_report(view, chosen(), fonts=_fonts(), link=link)

    def layers() -> bytes:
        return geopackage(view, plan_frame(view, chosen()), Gains.of_plan(view.today, search, answer), report())

    downloads(view, "plan", report, layers)


def downloads(view: SitingView, name: str, report: Callable[[], PlanReport], layers: Callable[[], bytes]) -> None:
    """Three buttons: the report as PDF and as Word, and a GeoPackage; each is made when it is pressed.

    Args:
        name: of the files, and in the keys of the buttons.
        report: makes the report.
        layers: makes the GeoPackage.
    """
    text, settings = view.text, view.workspace.settings
    font = font_family()
    stem = f"{name}_{settings.as_of:%Y-%m-%d}_{text.language}"
    said = text("paper.help" if font else "paper.no_font")
    files: tuple[tuple[Kind, str, Callable[[], bytes]], ...] = (
        ("pdf", "paper.pdf", partial(_pdf, report)),
        ("docx", "paper.word", partial(_word, report)),
        ("gpkg", "siting.geopackage", layers),
    )
    for kind, label, made in files:
        is_report = kind != "gpkg"
        st.download_button(
            text(label), data=made, file_name=f"{stem}.{kind}", mime=MIME[kind], key=f"{name}_{kind}",
            help=said if is_report else None, disabled=is_report and font is None, on_click="ignore",
        )  # fmt: skip


def _pdf(report: Callable[[], PlanReport]) -> bytes:
    from dashboard.siting.report.pdf import pdf

    return pdf(report())


def _word(report: Callable[[], PlanReport]) -> bytes:
    from dashboard.siting.report.word import docx

    return docx(report())


def _fonts() -> list[str]:
    return [font_family() or ""]


def _link(view: SitingView) -> str:
    """Of the page at hand, without the server's address."""
    return "siting?" + urlencode(state.address(all_choices(view.workspace)), safe="~._-")


def _tested(view: SitingView, asked: Asked, answer: Answer) -> Callable[[], Sequence[Any]]:
    """How this very plan stands under other assumptions, as far as it was tested."""
    key, job = st.session_state.get(TESTS, (None, None))
    belongs = key == (view.workspace.content_id, asked, answer.plan.sites)
    return lambda: job.items if belongs and job is not None else ()


def _curve(view: SitingView, asked: Asked) -> Callable[[], Sequence[Any]]:
    """The trade-off of the same ground and the same people, as far as it was drawn."""
    key, job = st.session_state.get(CURVE, (None, None))

    def ground(asked: Asked) -> tuple[object, ...]:
        return asked.candidates, asked.given, asked.weights, asked.ages, asked.minutes, asked.profile

    belongs = key is not None and key[0] == view.workspace.content_id and ground(key[1]) == ground(asked)
    return lambda: job.items if belongs and job is not None else ()
