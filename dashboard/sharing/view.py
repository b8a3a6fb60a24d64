"""The view: what the page Sharing looks at, and what everything on it is called."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import streamlit as st

from dashboard import cache
from dashboard.sharing.sharing import Sharing
from dashboard.view import WalkView

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dashboard.i18n import Catalog
    from dashboard.results import NetworkResults
    from dashboard.sharing.sharing import Credit
    from data.workspace import Workspace
    from geo.coverage.assessment import Assessment
    from geo.coverage.gaps import Gaps
    from geo.coverage.sharing import SharingOption
    from geo.params import CoverageParams

SHOWN_COMMUNITIES = 3


@st.cache_resource(max_entries=64, show_spinner=False)
def _sharing(
    content_id: str, params: CoverageParams, minutes: float, service: str | None, level: str, _assessment: Assessment
) -> Sharing:
    return Sharing.of(_assessment, level, minutes, service)


@dataclass(frozen=True, eq=False)
class SharingView(WalkView):
    """The choices of the page, and the results for them.

    Attributes:
        results: catchments are taken from them.
        assessment: the engine's, for the profile chosen.
        level, service, credit, drawn: as chosen; the service None for any center.
    """

    results: NetworkResults
    assessment: Assessment
    level: str
    service: str | None
    credit: Credit
    drawn: tuple[str, ...]

    @classmethod
    def of(cls, text: Catalog, workspace: Workspace) -> SharingView:
        """From the choices of the session."""
        chosen = st.session_state
        profile = next(p for p in workspace.settings.profiles if p.id == chosen["profile"])
        return cls(
            text=text,
            workspace=workspace,
            profile=profile,
            minutes=float(chosen["minutes"]),
            results=cache.network_results(workspace, profile),
            assessment=cache.assessment(workspace, profile),
            level=chosen["level"],
            service=chosen["service"],
            credit=chosen["credit"],
            drawn=tuple(chosen["drawn"]),
        )

    @property
    def content_id(self) -> str:
        """Names the data."""
        return self.workspace.content_id

    @property
    def key(self) -> tuple[str, CoverageParams, float, str | None]:
        """What most results depend on."""
        return self.content_id, self.assessment.params, self.minutes, self.service

    @cached_property
    def sharing(self) -> Sharing:
        """The account at the level chosen."""
        return _sharing(*self.key, self.level, self.assessment)

    def gaps(self) -> Gaps:
        """The gaps; a second or so for the first who looks."""
        return cache.gaps(self.workspace, self.profile, self.minutes, self.service)

    @property
    def has_borders(self) -> bool:
        """There are outlines of jurisdictions: else nothing crosses a border, and nothing is cut along one."""
        return len(self.assessment.jurisdictions) > 0

    @property
    def has_joint(self) -> bool:
        """An open center is governed by several."""
        centers = self.workspace.centers
        return bool((centers["joint"] & (centers["status"] == "open")).any())

    # ---- names ----------------------------------------------------------------------------------------------

    @cached_property
    def names(self) -> dict[str, tuple[str, str]]:
        """Code → name in Chinese and in English, of all jurisdictions."""
        rows = self.workspace.jurisdictions
        return {
            code: (str(zh), en if isinstance(en, str) else "")
            for code, zh, en in zip(rows["code"], rows["name"], rows["name_en"], strict=True)
        }

    def place(self, code: str) -> str:
        """Name of a jurisdiction, "" is outside of all."""
        if not code:
            return self.text("sharing.outside")
        return self.place_names.get(code, code)

    def places(self, codes: Iterable[str]) -> list[str]:
        """Names that tell the jurisdictions apart: of those that share a name each also says what it belongs to."""
        codes = list(codes)
        names = [self.place(code) for code in codes]
        double = {name for name in names if names.count(name) > 1}
        return [
            self.text("sharing.part_of", name=name, above=self.place(self.above.get(code, "")) + f" {code[-3:]}")
            if name in double
            else name
            for code, name in zip(codes, names, strict=True)
        ]

    def called(self, option: SharingOption) -> str:
        """The communities of an option, the largest gain first."""
        codes = self.assessment.governance("village").codes
        order = sorted(range(len(option.gains)), key=lambda i: -option.gains[i])
        shown = [self.place(codes[option.communities[i]]) for i in order[:SHOWN_COMMUNITIES]]
        rest = len(order) - len(shown)
        more = self.text("list.more", count=rest) if rest else ""
        return self.text("list.comma").join(shown) + more

    # ---- words ----------------------------------------------------------------------------------------------

    @property
    def what(self) -> str:
        """What one walks to: any center, or one with the service."""
        if self.service is None:
            return self.text("sharing.any_center")
        return self.text("sharing.center_with", service=self.service_name)

    @property
    def service_name(self) -> str:
        """Of the service chosen, as it stands within a sentence; "" for none."""
        return "" if self.service is None else self.text.code("service", self.service).lower()
