"""The best new sites: what is asked, and everything that an answer is made of. Only composition; no Streamlit."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
from numpy.typing import NDArray

from dashboard.siting.places import candidates_of
from dashboard.siting.rules import UNRULED, SiteRules
from dashboard.siting.whatif import LONGEST_MINUTES
from geo.coverage.jurisdiction import LEVELS
from geo.crs import to_metric
from geo.errors import ConflictingRulesError, Demand
from geo.params import WalkProfile
from geo.people.residents import AGE_GROUPS, ALL, CHILDREN, ELDERS
from geo.siting.candidates import LARGE_VILLAGE, Candidates, large_first, with_groups
from geo.siting.ground import SiteGround
from geo.siting.questions import FewestSites, MaxCover, PCenter, Plan, PMedian, Question, improve
from geo.siting.rules import Rule, Spacing, near_existing
from geo.siting.tradeoff import (
    CurveStep,
    Necessity,
    SiteCase,
    Stance,
    explain,
    necessities,
    objective_of,
    robustness,
    trade_off,
    with_cutoff,
    with_population,
)

if TYPE_CHECKING:
    from geo.coverage.assessment import Assessment
    from geo.coverage.jurisdiction import Jurisdictions
    from geo.siting.problem import SitingProblem

Goal = Literal["cover", "fewest", "mean", "worst"]
WhyNone = Literal["met", "useless", "forbidden", "unknown"]

SPREAD: Final = 0.10
"""How far off the residents of a town may be, in the test of robustness."""
CURVE_SITES: Final = 20
WEIGHTS: Final[dict[str, dict[str, float] | None]] = {
    "all": None,
    "elders_twice": {ALL: 1.0, ELDERS: 1.0},
    "elders": {ELDERS: 1.0},
    "children": {CHILDREN: 1.0},
}
"""Who counts, by choice: all once, the elderly twice, only the elderly, only children. Else by age group."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as the page puts it.

    Attributes:
        goal: what the sites should be the best in.
        count: how many new sites, at most; None for as many as the budget allows (`cover`); not for `fewest`.
        target: share of the residents in reach of any site, for `fewest`.
        candidates: as `dashboard.siting.places` names them.
        weights: key of `WEIGHTS`; another one for those in `ages`.
        given: `open` centers stand in every answer; `committed` also those that are not open yet.
        minutes: the cutoff.
        profile: who walks.
        rules: what else is demanded.
        ages: what a resident of each age group counts.
    """

    goal: Goal
    count: int | None
    target: float
    candidates: str
    weights: str
    given: str
    minutes: float
    profile: WalkProfile
    rules: SiteRules = field(default_factory=SiteRules)
    ages: tuple[float, ...] = (1.0, 1.0, 1.0)

    @property
    def question(self) -> Question:
        """As the engine takes it."""
        match self.goal:
            case "cover":
                return MaxCover(self.count)
            case "fewest":
                return FewestSites(self.target)
            case "mean":
                return PMedian(self.count or 1, max(LONGEST_MINUTES, self.minutes))
            case "worst":
                return PCenter(self.count or 1)

    @property
    def group_weights(self) -> dict[str, float] | None:
        """What residents count, by group; None for all of them once."""
        if self.weights in WEIGHTS:
            return WEIGHTS[self.weights]
        return {group: weight for group, weight in zip(AGE_GROUPS, self.ages, strict=True) if weight}

    @property
    def longest_minutes(self) -> float:
        """How far times are needed."""
        return max(LONGEST_MINUTES, self.minutes) if self.goal in ("mean", "worst") else self.minutes


@dataclass(frozen=True, eq=False)
class Answer:
    """A plan with the problem that it answers.

    Attributes:
        cases: what each site brings; None until the last plan is explained.
    """

    problem: SitingProblem
    plan: Plan
    cases: tuple[SiteCase, ...] | None = None

    @cached_property
    def why_none(self) -> WhyNone:
        """Of a plan without sites: the target is met without; no candidate by itself brings anything; one would, and
        the conditions do not allow it; or nothing is proven yet."""
        problem, plan = self.problem, self.plan
        if isinstance(plan.question, FewestSites):
            return "met"
        if not plan.proven:
            return "unknown"
        sense = 1.0 if isinstance(plan.question, MaxCover) else -1.0
        none = sense * objective_of(problem, plan.question, ())
        each = (sense * objective_of(problem, plan.question, (site,)) for site in np.flatnonzero(problem.free).tolist())
        helps = any(value > none and not np.isclose(value, none, rtol=1e-9, atol=0) for value in each)
        return "forbidden" if helps else "useless"


@dataclass(frozen=True, eq=False)
class SiteSearch:
    """An assessment's ground, ready for questions.

    Attributes:
        ground: candidates, today's centers and residents on their streets.
        towns: d codes, where each demand point lies; "" outside of all towns.
        candidate_towns: n codes, where each candidate lies.
    """

    ground: SiteGround
    towns: tuple[str, ...]
    candidate_towns: tuple[str, ...]

    @classmethod
    def of(cls, assessment: Assessment, candidates: str, given: str) -> SiteSearch:
        """With candidates as `dashboard.siting.places` names them.

        Raises:
            EmptyTableError: there are none.
        """
        residents, network, supply = assessment.residents, assessment.network, assessment.supply
        found = with_groups(candidates_of(assessment, candidates), residents, network.crs)
        stands = supply.open | supply.coming if given == "committed" else supply.open
        number = np.cumsum(stands) - 1
        doors = np.flatnonzero(stands[supply.door_center])
        ground = SiteGround(
            network,
            residents,
            found,
            tuple(np.array(supply.ids, dtype=object)[stands].tolist()),
            supply.door_lonlat[doors],
            number[supply.door_center[doors]],
            assessment.params.snap,
        )
        units = assessment.jurisdictions
        at = units.homes(to_metric(found.lonlat, network.crs), found.group)
        return cls(ground, _towns(units, assessment.home_unit), _towns(units, at))

    @property
    def candidates(self) -> Candidates:
        """Where a center may go."""
        return self.ground.candidates

    def problem(self, asked: Asked) -> SitingProblem:
        """The siting problem of a question.

        Raises:
            ConflictingRulesError: the spacing leaves no candidate, for today's centers are everywhere too near.
            MissingValuesError: candidates have no cost.
        """
        return self._large_first(self._whole(asked), asked)

    def _whole(self, asked: Asked) -> SitingProblem:
        """With all candidates, the large villages no sooner than the others."""
        rules = asked.rules.of_engine(self.ground, self.candidate_towns, self.towns)
        self._require_room(rules)
        return self.ground.problem(
            asked.profile,
            cutoff=asked.minutes,
            longest_minutes=asked.longest_minutes,
            weights=asked.group_weights,
            rules=rules,
        )

    def _require_room(self, rules: Sequence[Rule]) -> None:
        if self.too_near(rules).all():
            spacing = next(rule.demand for rule in rules if isinstance(rule, Spacing))
            raise ConflictingRulesError((spacing, Demand("existing")))

    def too_near(self, rules: Sequence[Rule]) -> NDArray[np.bool_]:
        """bool (n,); candidates that spacing forbids beside today's centers."""
        existing = np.arange(len(self.ground.site_xy)) >= len(self.candidates)
        return near_existing(rules, existing)[: len(self.candidates)]

    def _large_first(self, problem: SitingProblem, asked: Asked) -> SitingProblem:
        """Where large villages come first, the others are barred while those suffice: for the number of sites, the
        budget or the target."""
        if asked.candidates != "large":
            return problem
        sizes = np.append(self.candidates.residents, np.full(len(self.ground.existing_ids), np.nan))
        large = (np.nan_to_num(sizes) >= LARGE_VILLAGE) & problem.free
        count = int(large.sum())
        if not count:
            return problem
        if asked.goal == "fewest":
            alone = problem.without(np.flatnonzero(problem.free & ~large).tolist())
            suffice = problem.people(alone.attainable) >= asked.target * problem.people(problem.coverable)
        elif asked.count is not None:
            suffice = count >= asked.count
        else:
            costs = asked.rules.costs(self.candidates)[large[: len(self.candidates)]]
            suffice = asked.rules.budget is None or costs.sum() >= asked.rules.budget
        return large_first(problem, sizes, 0 if suffice else count + 1)

    def answers(self, asked: Asked, cancel: threading.Event) -> Iterator[Answer]:
        """Plans that get better; the last one once more, explained."""
        problem, plan = self.problem(asked), None
        for plan in improve(problem, asked.question, cancel=cancel):
            yield Answer(problem, plan)
        if plan is not None and np.isfinite(plan.objective):
            yield Answer(problem, plan, tuple(explain(problem, plan)))

    def curve(self, asked: Asked, cancel: threading.Event) -> Iterator[CurveStep]:
        """Coverage against the number of new sites; whether the large villages suffice is asked of each number."""
        asked = replace(asked, goal="cover", rules=UNRULED)
        whole = self._whole(asked)

        def at(add: int) -> SitingProblem:
            return self._large_first(whole, replace(asked, count=add))

        yield from trade_off(whole, CURVE_SITES, at=at, cancel=cancel)

    def tested(
        self, asked: Asked, answer: Answer, others: dict[str, Asked], cancel: threading.Event
    ) -> Iterator[Stance | Necessity]:
        """How a plan stands under other assumptions, then what doing without each of its sites costs.

        Args:
            others: the same question with another profile or cutoff, by name (`dashboard.siting.assumptions`); draws
                of other numbers of residents come to them.
        """
        problem, plan = answer.problem, answer.plan
        variants = {name: self._variant(problem, asked, other) for name, other in others.items()}
        draws = with_population(problem, SPREAD, self._town_number, draws=3).values()
        variants |= {f"draw.{number}": draw for number, draw in enumerate(draws, start=1)}
        yield from robustness(plan, variants, cancel=cancel)
        if plan.proven:
            yield from necessities(problem, plan, cancel=cancel)

    def _variant(self, problem: SitingProblem, asked: Asked, other: Asked) -> SitingProblem:
        if other.profile == asked.profile and other.minutes <= asked.longest_minutes:
            return with_cutoff(problem, other.minutes)
        return self.problem(replace(other, goal=asked.goal))

    @property
    def _town_number(self) -> NDArray[np.int64]:
        return np.unique(np.array(self.towns), return_inverse=True)[1].astype(np.int64)


def _towns(units: Jurisdictions, at: NDArray[np.int32]) -> tuple[str, ...]:
    """Codes of the towns of units; "" where there is none."""
    rolled = units.rolled_up(at, "town")
    is_town = LEVELS.index("town")
    return tuple(units.codes[unit] if unit >= 0 and units.level[unit] == is_town else "" for unit in rolled.tolist())
