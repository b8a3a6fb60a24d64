"""Assessment: coverage, ledger, gaps, sharing, access and equity of one network of centers, for one profile.

It holds what they share (places on the streets, the pair table, the homes' jurisdictions) and makes each of them when
it is asked for. Every figure comes from the module of its name.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.coverage.accessibility import Access, Decay, floating_catchment
from geo.coverage.coverage import Coverage, ServiceCoverage, coverage, nearest_centers, service_coverage, service_pairs
from geo.coverage.equity import Equity, equity
from geo.coverage.gaps import Gaps, Homes, Walk, find_gaps, reasons, straight_to_nearest
from geo.coverage.jurisdiction import Jurisdictions
from geo.coverage.ledger import Governance, Ledger, ledger
from geo.coverage.pairtable import PairTable
from geo.coverage.sharing import Dispatch, SharingOption, candidate_sites, dispatch, shared_sites, site_gains
from geo.coverage.supply import Supply
from geo.crs import to_metric
from geo.engine.reach import Reach, Sources
from geo.engine.snapping import Places, snap
from geo.errors import ParameterError
from geo.params import MINUTE_S, CoverageParams
from geo.people.residents import ALL, CHILDREN, ELDERS, Residents
from geo.streets.network import StreetNetwork

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

FloatArray = NDArray[np.float64]
Allowed = Callable[[NDArray[np.int64], NDArray[np.int32]], NDArray[np.bool_]]


@dataclass(frozen=True, eq=False)
class Assessment:
    """One network of centers, assessed.

    Attributes:
        network: the streets.
        supply: the centers.
        residents: the people.
        jurisdictions: of all levels; `Jurisdictions.none` where there are none.
        params: profile, cutoffs, direction, and how places find their street.
    """

    network: StreetNetwork
    supply: Supply
    residents: Residents
    jurisdictions: Jurisdictions
    params: CoverageParams

    @cached_property
    def xy(self) -> FloatArray:
        """float64 (d, 2); demand points in meters."""
        return to_metric(self.residents.lonlat, self.network.crs)

    @cached_property
    def homes(self) -> Places:
        """Demand points on their streets."""
        return snap(self.network, self.residents.lonlat, self.params.snap)

    @cached_property
    def doors(self) -> Places:
        """The centers' doors on their streets."""
        return snap(self.network, self.supply.door_lonlat, self.params.snap)

    @cached_property
    def home_unit(self) -> NDArray[np.int32]:
        """int32 (d,); finest jurisdiction of each demand point, -1 outside."""
        return self.jurisdictions.homes(self.xy, self.residents.village)

    @cached_property
    def door_pairs(self) -> PairTable:
        """The pair table: demand points and doors of all centers, open or not, within the longest cutoff."""
        reach = self._reach(self.params.cutoffs.longest_s)
        return PairTable.of(reach.matrix(Sources.each(self.doors), self.homes))

    def pairs(self, service: str | None = None) -> PairTable:
        """Demand points and open centers; of the doors only that give a service, where one is named."""
        return (
            self._open_pairs if service is None else service_pairs(self.door_pairs, self.supply, self._service(service))
        )

    @cached_property
    def _open_pairs(self) -> PairTable:
        return service_pairs(self.door_pairs, self.supply)

    @cached_property
    def coverage(self) -> Coverage:
        """By open centers."""
        return coverage(self.pairs(), self.residents.people, self.params.cutoffs)

    @cached_property
    def services(self) -> ServiceCoverage:
        """By service."""
        return service_coverage(self.door_pairs, self.supply, self.residents.people, self.params.cutoffs)

    @cached_property
    def coverable(self) -> FloatArray:
        """float64 (g,); people whom some center could cover: those with a street within the snap distance."""
        return np.asarray(self.residents.people[self.homes.snapped].sum(axis=0))

    def governance(self, level: str, *, by_site: bool = False) -> Governance:
        """Homes and governors at a level; `by_site` leaves each center to the jurisdiction alone where it stands."""
        governing = self.supply.sited() if by_site else self.supply.governing
        if not len(self.jurisdictions):  # nobody's centers, nobody's homes
            governing = ((),) * len(self.supply)
        return Governance.of(self.jurisdictions, self.home_unit, governing, level, self.supply.cells(by_site=by_site))

    def ledger(
        self,
        level: str,
        *,
        minutes: float | None = None,
        group: str = ALL,
        service: str | None = None,
        by_site: bool = False,
    ) -> Ledger:
        """The ledger at a level, by default of all residents at the longest cutoff."""
        minutes = minutes or self.params.cutoffs.minutes[-1]
        people = np.nan_to_num(self.residents.group(group))
        return ledger(self.pairs(service), self.governance(level, by_site=by_site), people, minutes)

    def arrows(self, found: Ledger, group: str = ALL, *, service: str | None = None) -> GeoDataFrame:
        """Who crosses a border to whom: a line from the middle of residents to the center that serves them.

        Args:
            found: a ledger of this assessment, of the same group and service.
            group: whose middle.
            service: None for any center.

        Returns:
            One row a home unit and center that is not its own, most residents first: home, center, residents, and a
            line in EPSG:4326.
        """
        from geopandas import GeoDataFrame

        governance, nearest = found.governance, self.pairs(service).within(found.minutes * MINUTE_S).nearest
        people = np.nan_to_num(self.residents.group(group))
        at = np.flatnonzero((nearest >= 0) & (people > 0))
        at = at[~governance.is_own(at, nearest[at])]
        key, which = np.unique(governance.home[at] * len(self.supply) + nearest[at], return_inverse=True)
        residents = np.bincount(which, weights=people[at], minlength=len(key))
        sums = [np.bincount(which, weights=people[at] * axis[at], minlength=len(key)) for axis in self.xy.T]
        home, center = np.divmod(key, len(self.supply))
        first_door = np.searchsorted(self.supply.door_center, center)
        ends = np.stack([np.column_stack(sums) / residents[:, None], self.doors.xy[first_door]], axis=1)
        codes, ids = np.array(governance.codes, dtype=object), np.array(self.supply.ids, dtype=object)
        columns = {"home": codes[home], "center": ids[center], "residents": residents}
        frame = GeoDataFrame(columns, geometry=shapely.linestrings(ends), crs=self.network.crs).to_crs("EPSG:4326")
        return frame.sort_values(["residents", "home", "center"], ascending=[False, True, True], ignore_index=True)

    def walk(self, service: str | None = None) -> Walk:
        """The walk to the nearest open center, as far as `GapParams.longest_minutes`."""
        return self._open_walk if service is None else self._walk(service)

    @cached_property
    def _open_walk(self) -> Walk:
        return self._walk(None)

    def _walk(self, service: str | None) -> Walk:
        pairs = self.pairs(service)
        center, seconds = pairs.nearest.copy(), pairs.least_s.copy()
        left = np.flatnonzero(center < 0)
        far = self._search(self._at_doors(self.supply.open, service), left)
        center[left], seconds[left] = far.center[left], far.seconds[left]
        return Walk(center, seconds)

    def gaps(self, service: str | None = None, *, minutes: float | None = None) -> Gaps:
        """The gaps in coverage, or in that of a service, at a cutoff (by default the longest)."""
        cutoff_s = (minutes or self.params.cutoffs.minutes[-1]) * MINUTE_S
        pairs = self.pairs(service).within(cutoff_s)
        covered = pairs.nearest >= 0
        homes = self._homes(covered)
        left = np.flatnonzero(~covered)
        counting = self._at_doors(self.supply.open, service)
        to_come = self._at_doors(self.supply.coming, service)
        walk, unopened = self._search(counting, left), self._search(to_come, left)
        own = self.governance("village").is_own
        neighbor = self._search(counting, left, allowed=lambda demand, center: ~own(demand, center))
        doors = self.doors.take(np.flatnonzero(counting))
        reason = reasons(
            homes,
            walk,
            unasked=self.pairs().within(cutoff_s).least_s if service else np.full(len(covered), np.inf),
            unopened=unopened.seconds,
            straight_m=straight_to_nearest(self.xy, doors.xy),
            joined=self._joined(homes, counting if counting.any() else to_come),
            speed_mps=self.params.profile.speed_mps,
            cutoff_s=cutoff_s,
            params=self.params.gaps,
        )
        return find_gaps(homes, reason, walk, unopened, neighbor, self.params.gaps)

    def sharing(
        self, service: str, *, level: str = "village", minutes: float | None = None, pairs_only: bool = False
    ) -> list[SharingOption]:
        """Sites that communities could share for a service: demand points, for units of `governance(level)`."""
        cutoff_s = (minutes or self.params.cutoffs.minutes[-1]) * MINUTE_S
        lacking = self.pairs(service).within(cutoff_s).nearest < 0
        people = self.residents.people[:, 0]
        sites = candidate_sites(self.xy, np.where(self.homes.snapped, people, 0.0))
        reach = self._reach(cutoff_s)
        pairs = PairTable.of(reach.matrix(Sources.each(self.homes.take(sites)), self.homes))
        governance = self.governance(level)
        community = np.where(governance.home == len(governance) - 1, -1, governance.home)
        options = shared_sites(site_gains(pairs, lacking, people, community), pairs_only=pairs_only)
        return [SharingOption(int(sites[o.site]), o.communities, o.gains) for o in options]

    def access(self, service: str, decay: Decay | None = None, *, group: str = ALL) -> Access:
        """Supply of a service per 1,000 residents of a group: 2SFCA at the longest cutoff, or by the bands given."""
        number = self._service(service)
        chosen = self._at_doors(self.supply.open, service)
        capacity = np.where(chosen, self.supply.capacity[:, number], 0.0)
        people = np.nan_to_num(self.residents.group(group))
        decay = decay or Decay.flat(self.params.cutoffs.minutes[-1])
        return floating_catchment(self.door_pairs.of_centers(chosen), capacity, people, decay)

    def equity(self, group: str = ALL, *, level: str = "town", service: str | None = None) -> Equity:
        """The spread of a group's walk to the nearest open center, within and between the units of a level."""
        people = np.nan_to_num(self.residents.group(group))
        return equity(self.walk(service).seconds, people, self.governance(level).home)

    def dispatch(
        self,
        service: str,
        lonlat: tuple[float, float],
        number: float,
        *,
        in_use: FloatArray | None = None,
        minutes: float = 120.0,
    ) -> Dispatch:
        """Where a number of people at a place can go for a service, nearest first.

        Args:
            service: one of `supply.services`.
            lonlat: the place, degrees.
            number: of people.
            in_use: float64 (n,); places taken already at each center.
            minutes: the longest walk that is offered.
        """
        column = self._service(service)
        chosen = self._at_doors(self.supply.open, service)
        place = snap(self.network, np.array([lonlat], dtype=np.float64), self.params.snap)
        reach = self._reach(minutes * MINUTE_S)
        pairs = PairTable.of(reach.matrix(self._sources(chosen), place))
        seconds = np.full(len(self.supply), np.inf)
        seconds[pairs.center] = pairs.seconds
        capacity = np.zeros(len(self.supply))
        np.add.at(capacity, self.supply.door_center[chosen], self.supply.capacity[chosen, column])
        return dispatch(seconds, capacity, number, in_use)

    def _reach(self, longest_s: float) -> Reach:
        return Reach(self.network, self.params.profile, longest_s, direction=self.params.direction)

    def _service(self, service: str | None) -> int | None:
        if service is None:
            return None
        if service not in self.supply.services:
            expected = f"one of {', '.join(self.supply.services)}"
            raise ParameterError(name="service", value=service, reason="not a service here", expected=expected)
        return self.supply.services.index(service)

    def _at_doors(self, centers: NDArray[np.bool_], service: str | None) -> NDArray[np.bool_]:
        """bool (a,); doors of these centers, of the doors only that give a service."""
        chosen = centers[self.supply.door_center]
        return chosen if service is None else chosen & self.supply.gives[:, self._service(service)]

    def _sources(self, doors: NDArray[np.bool_]) -> Sources:
        at = np.flatnonzero(doors)
        return Sources.grouped(self.doors.take(at), self.supply.door_center[at], len(self.supply))

    def _search(self, doors: NDArray[np.bool_], left: NDArray[np.intp], allowed: Allowed | None = None) -> Walk:
        """The nearest center with one of these doors, for the demand points `left`; the others have none."""
        center = np.full(len(self.homes), -1, dtype=np.int32)
        seconds = np.full(len(self.homes), np.inf)
        if doors.any():
            center[left], seconds[left] = nearest_centers(
                self.network,
                self.params.profile,
                self._sources(doors),
                self.homes.take(left),
                longest_s=self.params.gaps.longest_minutes * MINUTE_S,
                direction=self.params.direction,
                first_s=2 * self.params.cutoffs.longest_s,
                allowed=None if allowed is None else lambda demand, found: allowed(left[demand], found),
            )
        return Walk(center, seconds)

    def _joined(self, homes: Homes, doors: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """bool (d,); some of the doors (of all, a mask) is on the home's part of the network. Without any, none is cut
        off from them."""
        if not doors.any():
            return np.ones(len(homes.component), dtype=np.bool_)
        return np.isin(homes.component, self._component(self.doors.take(np.flatnonzero(doors))))

    def _component(self, places: Places) -> NDArray[np.int32]:
        """int32 (p,); part of the network, -1 where there is no street."""
        node = self.network.edge_nodes[places.edge, 0]
        return np.where(places.snapped, self.network.node_component[node], -1).astype(np.int32)

    def _homes(self, covered: NDArray[np.bool_]) -> Homes:
        return Homes(
            xy=self.xy,
            village=self.home_unit,
            component=self._component(self.homes),
            people=self.residents.people[:, 0],
            elders=self.residents.group(ELDERS),
            children=self.residents.group(CHILDREN),
            covered=covered,
        )
