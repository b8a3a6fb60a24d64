"""One center as the site panel and the printed page look at it: what was chosen, and what was found for it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

from dashboard import cache
from dashboard.controls import profile_name
from dashboard.view import View
from data.monitoring.offers import Offer, offers
from geo.coverage.clientele import Clientele, clientele_of
from geo.coverage.vicinity import Neighbors, gaps_facing, neighbors

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from dashboard.results import NetworkResults
    from data.workspace import Workspace
    from geo.coverage.assessment import Assessment
    from geo.coverage.gaps import Gaps


@dataclass(frozen=True, eq=False)
class SiteView(View):
    """A center, a profile and a cutoff.

    Attributes:
        results: catchments and people reached.
        site: id of the center.
        cutoff: place of the cutoff among the workspace's.
    """

    results: NetworkResults
    site: str
    cutoff: int

    @cached_property
    def index(self) -> int:
        """Row of the center in the workspace's table."""
        return int(self.workspace.centers["id"].tolist().index(self.site))

    @cached_property
    def center(self) -> pd.Series[Any]:
        """Its row."""
        return self.workspace.centers.iloc[self.index]

    @property
    def name(self) -> str:
        """Its name in the page's language."""
        return self.center_name(self.site)

    @property
    def minutes(self) -> float:
        """The cutoff."""
        return self.results.params.cutoffs.minutes[self.cutoff]

    @property
    def profile(self) -> str:
        """Name of the walk profile."""
        return profile_name(self.text, self.workspace.settings, self.results.params.profile.id)

    @property
    def is_open(self) -> bool:
        """Whether it counts as open."""
        return bool(self.center["status"] == "open")

    @property
    def on_street(self) -> bool:
        """Whether it has an address on the streets, and so a catchment."""
        return bool(self.results.standing.center_snapped[self.index])

    @cached_property
    def offers(self) -> list[Offer]:
        """What it offers."""
        return offers(self.workspace, self.site)

    @cached_property
    def assessment(self) -> Assessment:
        """The network of centers, assessed for the profile at hand."""
        return cache.assessment(self.workspace, self.results.params.profile)

    @property
    def number(self) -> int:
        """Its number in the assessment, which orders centers by id."""
        return self.assessment.supply.ids.index(self.site)

    @cached_property
    def clientele(self) -> Clientele:
        """Where the people live whom it serves."""
        return clientele_of(self.assessment, self.number, minutes=self.minutes)

    @cached_property
    def neighbors(self) -> Neighbors:
        """The open centers around it."""
        return neighbors(self.assessment, self.number, minutes=self.minutes)

    @cached_property
    def gaps(self) -> Gaps:
        """All gaps of the network."""
        return cache.gaps(self.workspace, self.results.params.profile, self.minutes)

    @cached_property
    def facing(self) -> NDArray[np.intp]:
        """The gaps that face it, most residents first."""
        return gaps_facing(self.gaps, self.number, is_open=self.is_open)

    def table(self, name: str) -> pd.DataFrame:
        """One of the tables that people edit; shared, so copy it before changing it."""
        return _table(self.workspace, name)

    def name_of(self, number: int) -> str:
        """Name of the center with a number in the assessment."""
        return self.center_name(self.assessment.supply.ids[number])

    def place_name(self, unit: int) -> str:
        """Name of a jurisdiction of the assessment; a word of its own for -1, outside of all."""
        if unit < 0:
            return self.text("around.outside")
        return self.place_names.get(self.assessment.jurisdictions.codes[unit], "")


@lru_cache(maxsize=12)
def _table(workspace: Workspace, name: str) -> pd.DataFrame:
    """A workspace is a state, so its tables are read once for each."""
    return workspace.table(name)
