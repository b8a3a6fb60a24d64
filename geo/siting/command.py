"""The command `python -m geo site`: its inputs, its question and what it writes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from geo.cells import column_texts
from geo.console import off_street
from geo.coverage.report import read_frame
from geo.coverage.supply import SHUT, statuses
from geo.crs import to_metric
from geo.errors import Fault, ParameterError, TableFaultsError
from geo.params import SitingParams, SnapParams, WalkProfile
from geo.people.residents import Residents
from geo.siting import candidates as places
from geo.siting.candidates import Candidates
from geo.siting.ground import SiteGround
from geo.siting.problem import SitingProblem
from geo.siting.questions import FewestSites, MaxCover, PCenter, Plan, PMedian, Question, improve
from geo.siting.rules import Budget, Capacity, Quota, Rule, Spacing, floors, quotas
from geo.siting.tradeoff import explain

if TYPE_CHECKING:
    from geopandas import GeoDataFrame
    from pandas import DataFrame

    from geo.streets.network import StreetNetwork

LONGEST_WALK_MIN = 60.0
"""How far the mean and the longest walk look; who finds nothing within it counts with it in the mean."""


@dataclass(frozen=True)
class SiteOptions:
    """What the command was asked; one of add, cover, p_median, p_center."""

    add: int | None = None
    cover: float | None = None
    p_median: int | None = None
    p_center: int | None = None
    minutes: float = 15.0
    weights: str | None = None
    large_first: bool = False
    spacing_m: float | None = None
    floor: float | None = None
    at_most: int | None = None
    at_least: int | None = None
    digits: int = 12
    budget: float | None = None
    capacity: bool = False
    time_limit_s: float = 60.0

    @property
    def question(self) -> Question:
        """The question, checked.

        Raises:
            ParameterError: none or several were asked, or codes have no so many digits.
        """
        if not 1 <= self.digits <= 12:
            raise ParameterError(
                name="digits", value=str(self.digits), reason="codes have 12 digits", expected="1 to 12: 9 for towns"
            )
        asked: list[Question] = []
        if self.add is not None:
            asked.append(MaxCover(self.add))
        if self.cover is not None:
            asked.append(FewestSites(self.cover))
        if self.p_median is not None:
            asked.append(PMedian(self.p_median, max(LONGEST_WALK_MIN, self.minutes)))
        if self.p_center is not None:
            asked.append(PCenter(self.p_center))
        if not asked and self.budget is not None:
            asked.append(MaxCover(None))
        if len(asked) != 1:
            raise ParameterError(
                name="question", value=f"{len(asked)} of them", reason="one is answered at a time",
                expected="one of --add, --cover, --p-median, --p-center (or --budget alone)",
            )  # fmt: skip
        return asked[0]

    @property
    def longest_minutes(self) -> float:
        """How far times are needed."""
        return self.minutes if self.p_median is None and self.p_center is None else max(LONGEST_WALK_MIN, self.minutes)

    @property
    def group_weights(self) -> dict[str, float] | None:
        """From text such as "age_60_plus=2,age_0_14"."""
        if self.weights is None:
            return None
        found = {}
        for part in self.weights.replace("，", ",").split(","):
            name, _, factor = part.partition("=")
            try:
                found[name.strip()] = float(factor or 1)
            except ValueError as error:
                raise ParameterError(
                    name="weights", value=part, reason="not a number", expected="such as age_60_plus=2,age_0_14=1"
                ) from error
        return found


def read_ground(
    network: StreetNetwork, demand: Path, candidates: str, existing: Path | None, max_snap: float,
    tell: Callable[[str], None],
) -> SiteGround:  # fmt: skip
    """Read the tables, telling what of them does not count.

    Args:
        demand: lon, lat, population and/or age groups, village.
        candidates: a table with id, lon, lat; or "villages"; or "streets:250" for places 250 m apart.
        existing: id, lon, lat, status; or service points with the column center.
    """
    residents = Residents.of(read_frame(demand, "demand", network))
    if candidates == "villages":
        found = places.from_villages(residents, network.crs)
    elif candidates.startswith("streets:"):
        text = candidates.removeprefix("streets:")
        try:
            spacing = float(text)
        except ValueError as error:
            raise ParameterError(
                name="candidates", value=candidates, reason="no distance", expected="such as streets:250"
            ) from error
        found = places.along_streets(network, spacing, near_xy=to_metric(residents.lonlat, network.crs))
    else:
        found = Candidates.of(read_frame(Path(candidates), "candidates", network))
    found = places.with_groups(found, residents, network.crs)
    ground = SiteGround(network, residents, found, snapping=SnapParams(max_distance_m=max_snap))
    if existing is not None:
        ground = _with_existing(ground, read_frame(existing, "existing", network), str(existing), tell)
    doors = [ground.existing_ids[center] for center in ground.existing_of]
    for source, ids, on_street in (
        (demand, residents.ids, ground.demand_places.snapped),
        (f"candidates ({candidates})", found.ids, ground.candidate_places.snapped),
        (existing, doors, ground.existing_places.snapped),
    ):
        if lost := off_street(str(source), ids, on_street.tolist(), max_snap):
            tell(lost)
    return ground


def _with_existing(ground: SiteGround, frame: DataFrame, source: str, tell: Callable[[str], None]) -> SiteGround:
    """Ground with the centers of a table, or with those of its service points; who is shut does not stand."""
    centers = column_texts(frame, "center" if "center" in frame else "id")
    nobodys = [Fault(row, "center", "id_empty", "there is no center.") for row, c in enumerate(centers, 1) if not c]
    if nobodys:
        raise TableFaultsError(source, nobodys)
    stands = ~np.isin(statuses(frame, source), SHUT)
    shut = sorted({center for center, there in zip(centers, stands, strict=True) if not there})
    if shut:
        tell(f"{source}: {len(shut)} center(s) are suspended or closed and do not count: {', '.join(shut)}")
    ids, of_center = np.unique(np.array(centers, dtype=object)[stands], return_inverse=True)
    lonlat = frame[["lon", "lat"]].to_numpy(np.float64)[stands]
    return replace(
        ground, existing_ids=tuple(ids.tolist()), existing_lonlat=lonlat, existing_of=of_center.astype(np.int64)
    )


def site_rules(ground: SiteGround, options: SiteOptions) -> list[Rule]:
    """The rules that the options ask for; jurisdictions are the first digits of the codes in `village`."""
    rules: list[Rule] = []
    pad = len(ground.existing_ids)
    if options.spacing_m is not None:
        rules.append(Spacing.of(ground.site_xy, options.spacing_m))
    if options.budget is not None:
        _known(np.isfinite(ground.candidates.cost), "cost", "candidate", ground.candidates.ids)
        rules.append(Budget(np.append(ground.candidates.cost, np.zeros(pad)), options.budget))
    if options.capacity:
        _known(np.isfinite(ground.candidates.capacity), "capacity", "candidate", ground.candidates.ids)
        rules.append(Capacity(np.append(ground.candidates.capacity, np.full(pad, np.inf))))
    if options.at_most is not None or options.at_least:
        _known([bool(code) for code in ground.candidates.group], "village", "candidate", ground.candidates.ids)
        towns = [code[: options.digits] for code in ground.candidates.group]
        rules += [
            Quota(rule.name, np.append(rule.members, np.zeros(pad, np.bool_)), rule.least, rule.most)
            for rule in quotas(towns, least=options.at_least or 0, most=options.at_most)
        ]
    if options.floor is not None:
        _known([bool(code) for code in ground.residents.village], "village", "demand point", ground.residents.ids)
        rules += floors([code[: options.digits] for code in ground.residents.village], options.floor)
    return rules


def run_site(
    ground: SiteGround, profile: WalkProfile, options: SiteOptions, tell: Callable[[str], None]
) -> tuple[GeoDataFrame, Plan]:
    """Answer, telling how it goes; the chosen sites as a layer, and the plan."""
    question = options.question
    problem = ground.problem(
        profile, cutoff=options.minutes, longest_minutes=options.longest_minutes, weights=options.group_weights,
        rules=site_rules(ground, options),
    )  # fmt: skip
    if options.large_first:
        if question_size(question) is None:
            raise ParameterError(
                name="large first", value="no number", reason="it needs a number of sites", expected="--add or --p-…"
            )
        _known(np.isfinite(ground.candidates.residents), "residents", "candidate", ground.candidates.ids)
        sizes = np.append(ground.candidates.residents, np.full(len(ground.existing_ids), np.nan))
        problem = places.large_first(problem, sizes, question_size(question) or 0)
    for plan in improve(problem, question, SitingParams(options.time_limit_s)):
        tell(in_words(plan))
    return plan_frame(ground, problem, plan), plan


def question_size(question: Question) -> int | None:
    """How many sites a question asks for, None where that is its answer."""
    return None if isinstance(question, FewestSites) else question.add


def in_words(plan: Plan) -> str:
    """One line on a plan."""
    sites = f"{len(plan.sites)} new site(s)"
    before = f"{plan.served / plan.people:.1%}, before {plan.served_before:,.0f}"
    done = "covered" if abs(plan.covered - plan.served) < 0.5 else "served"
    covered = f"{plan.served:,.0f} of {plan.people:,.0f} residents {done} ({before})"
    walks = ""
    if isinstance(plan.question, PMedian | PCenter):
        walks = f"; mean walk {plan.mean_minutes:.1f} min, longest {plan.worst_minutes:.1f} min"
    beyond = f"; {plan.unreachable:,.0f} out of reach of every site" if plan.unreachable else ""
    end = {"time": "; time is over", "cancelled": "; cancelled", None: ""}[plan.stopped]
    return f"{sites}: {covered}{walks}{beyond}; {plan.verdict}{end} ({plan.seconds:.2f} s)"


def plan_frame(ground: SiteGround, problem: SitingProblem, plan: Plan) -> GeoDataFrame:
    """The chosen sites as a layer in degrees: order, what each brings, its runner-up, and the plan's figures."""
    from geopandas import GeoDataFrame, points_from_xy

    cases = explain(problem, plan)
    lon, lat = ground.candidates.lonlat[list(plan.sites)].T if plan.sites else (np.empty(0), np.empty(0))
    columns = {
        "id": [case.id for case in cases],
        "name": [ground.candidates.names[case.site] for case in cases],
        "order": np.arange(1, len(cases) + 1),
        "lon": lon,
        "lat": lat,
        "residents_added": [case.adds for case in cases],
        "residents_in_time": [case.in_time for case in cases],
        "residents_only_here": [case.only_it for case in cases],
        "runner_up": [case.runner_up_id for case in cases],
        "runner_up_worse_by": [case.worse_by for case in cases],
        "objective": plan.objective,
        "bound": plan.bound,
        "gap": plan.gap,
        "proven": plan.proven,
        "covered_share": plan.share,
        "served_share": plan.served / plan.people,
        "minutes": problem.cutoff_s / 60,
        "network": ground.network.content_id,
    }
    return GeoDataFrame(columns, geometry=points_from_xy(lon, lat), crs="EPSG:4326")


def _known(known: Iterable[bool], column: str, what: str, ids: Sequence[str]) -> None:
    """Refuse a question about something that is not known of everyone."""
    missing = [key for key, there in zip(ids, known, strict=True) if not there]
    if missing:
        raise ParameterError(
            name=column, value="empty", reason=f"{len(missing)} {what}(s) have none, first {missing[0]}",
            expected=f"a column {column} that is filled in for every {what}",
        )  # fmt: skip
