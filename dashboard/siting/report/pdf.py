"""The report as PDF, and its map as PNG: set by Typst on the server, which needs no network and no browser."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from dashboard.i18n import HTML_LANG
from dashboard.site.printed import font_family, system_fonts

if TYPE_CHECKING:
    from dashboard.siting.report.document import Picture, PlanReport

TEMPLATES: Final = Path(__file__).parents[2] / "print"
PNG_PPI: Final = 220.0


def pdf(report: PlanReport) -> bytes:
    """The report as PDF; the same report makes the same file."""
    import typst

    stamp = dt.datetime.combine(report.as_of, dt.time(), tzinfo=dt.UTC)
    inputs = {"data": json.dumps(_facts(report), ensure_ascii=False), "map": report.picture.svg}
    return _one(
        typst.compile(
            TEMPLATES / "plan.typ", format="pdf", font_paths=system_fonts(), sys_inputs=inputs, timestamp=stamp
        )
    )


def png(picture: Picture) -> bytes:
    """A picture as PNG, sharp enough for paper."""
    import typst

    inputs = {"picture": picture.svg, "width": f"{picture.width:g}", "height": f"{picture.height:g}"}
    return _one(
        typst.compile(
            TEMPLATES / "picture.typ", format="png", font_paths=system_fonts(), sys_inputs=inputs, ppi=PNG_PPI
        )
    )


def _one(made: object) -> bytes:
    if not isinstance(made, bytes):
        raise TypeError("one document makes one file")
    return made


def _facts(report: PlanReport) -> dict[str, Any]:
    facts = asdict(report) | {
        "fonts": [font_family()],
        "lang": HTML_LANG[report.language][:2],
        "alt": report.picture.description,
        "as_of": report.as_of.isoformat(),
        "map_height": report.picture.height,
    }
    del facts["picture"]
    return facts
