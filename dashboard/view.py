"""Views: what a page looks at, and what the things on it are called. Each page adds what it looks at itself."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from dashboard import figures, state
from dashboard.choices import all_choices
from dashboard.controls import names_in, profile_name
from dashboard.methods.links import explained

if TYPE_CHECKING:
    from dashboard.i18n import Catalog
    from data.workspace import Workspace
    from geo.params import WalkProfile


@dataclass(frozen=True, eq=False)
class View:
    """A network of centers in a language.

    Attributes:
        text: words of the page's language.
        workspace: the network of centers.
    """

    text: Catalog
    workspace: Workspace

    @cached_property
    def center_names(self) -> dict[str, str]:
        """Id → name of all centers."""
        rows = self.workspace.centers
        return dict(zip(rows["id"], names_in(self.text, rows["name"], rows["name_en"]), strict=True))

    def center_name(self, center: str) -> str:
        """Name of a center."""
        return self.center_names.get(center, center)

    @cached_property
    def place_names(self) -> dict[str, str]:
        """Code → name of all jurisdictions."""
        rows = self.workspace.jurisdictions
        return dict(zip(rows["code"], names_in(self.text, rows["name"], rows["name_en"]), strict=True))

    @cached_property
    def above(self) -> dict[str, str]:
        """Code → code of the jurisdiction above it, where there is one."""
        rows = self.workspace.jurisdictions
        return {code: up for code, up in zip(rows["code"], rows["parent"], strict=True) if isinstance(up, str)}

    def explained(self, figure: str, said: str = "") -> str:
        """A short help with the link to how a figure is computed."""
        return explained(self.text, self.address, figure, said)

    @cached_property
    def address(self) -> dict[str, str]:
        """All choices as the URL has them at the end of this run."""
        return state.address(all_choices(self.workspace))


@dataclass(frozen=True, eq=False)
class WalkView(View):
    """The network for who walks, and how long.

    Attributes:
        profile: who walks.
        minutes: the cutoff.
    """

    profile: WalkProfile
    minutes: float

    @property
    def profile_name(self) -> str:
        """Name of the walk profile."""
        return profile_name(self.text, self.workspace.settings, self.profile.id)

    @property
    def minutes_text(self) -> str:
        """The cutoff as it is written."""
        return figures.minutes(self.minutes)
