"""The best new sites: what is asked, and everything that an answer is made of. Only composition; no Streamlit."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
from numpy.typing import NDArray

from dashboard.siting.whatif import LONGEST_MINUTES
from geo.params import WalkProfile
from geo.people.residents import ALL, CHILDREN, ELDERS
from geo.siting.candidates import Candidates, along_streets, from_villages, with_groups
from geo.siting.ground import SiteGround
from geo.siting.questions import FewestSites, MaxCover, PCenter, Plan, PMedian, Question, improve
from geo.siting.rules import floors
from geo.siting.tradeoff import (
    CurveStep,
    Necessity,
    SiteCase,
    Stance,
    explain,
    necessities,
    robustness,
    trade_off,
    with_cutoff,
    with_population,
)

if TYPE_CHECKING:
    from geo.coverage.assessment import Assessment
    from geo.siting.problem import SitingProblem

Goal = Literal["cover", "fewest", "mean", "worst"]

SPACING_M: Final = 300.0
"""Of candidates along streets: about the length of four blocks, a walk of four minutes."""
SPREAD: Final = 0.10
"""How far off the residents of a town may be, in the test of robustness."""
CURVE_SITES: Final = 20
MOST_COMPARED: Final = 500
"""Candidates up to which a runner-up is looked for where walks count: each of them is tried in each site's place."""
WEIGHTS: Final[dict[str, dict[str, float] | None]] = {
    "all": None,
    "elders_twice": {ALL: 1.0, ELDERS: 1.0},
    "elders": {ELDERS: 1.0},
    "children": {CHILDREN: 1.0},
}
"""Who counts, by choice: all once, the elderly twice, only the elderly, only children."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as the page puts it.

    Attributes:
        goal: what the sites should be the best in.
        count: how many new sites, at most; not for `fewest`.
        target: share of the residents in reach of any site, for `fewest`.
        candidates: `villages` or `streets`.
        weights: key of `WEIGHTS`.
        least: share that each town should have covered at least; 0 for no such demand.
        given: `open` centers stand in every answer; `committed` also those that are not open yet.
        minutes: the cutoff.
        profile: who walks.
    """

    goal: Goal
    count: int
    target: float
    candidates: str
    weights: str
    least: float
    given: str
    minutes: float
    profile: WalkProfile

    @property
    def question(self) -> Question:
        """As the engine takes it."""
        match self.goal:
            case "cover":
                return MaxCover(self.count)
            case "fewest":
                return FewestSites(self.target)
            case "mean":
                return PMedian(self.count, max(LONGEST_MINUTES, self.minutes))
            case "worst":
                return PCenter(self.count)

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


@dataclass(frozen=True, eq=False)
class SiteSearch:
    """An assessment's ground, ready for questions.

    Attributes:
        ground: candidates, today's centers and residents on their streets.
        towns: d codes, where each demand point lies; names by code.
    """

    ground: SiteGround
    towns: tuple[str, ...]
    names: dict[str, str]

    @classmethod
    def of(cls, assessment: Assessment, candidates: str, given: str) -> SiteSearch:
        """With candidates of a kind."""
        residents, network, supply = assessment.residents, assessment.network, assessment.supply
        if candidates == "villages":
            found = from_villages(residents, network.crs)
        else:
            found = along_streets(network, SPACING_M, near_xy=assessment.xy[residents.people[:, 0] > 0])
        stands = np.array([s == "open" or (given == "committed" and s != "suspended") for s in supply.status], np.bool_)
        number = np.cumsum(stands) - 1
        doors = np.flatnonzero(stands[supply.door_center])
        ground = SiteGround(
            network,
            residents,
            with_groups(found, residents, network.crs),
            tuple(np.array(supply.ids, dtype=object)[stands].tolist()),
            supply.door_lonlat[doors],
            number[supply.door_center[doors]],
            assessment.params.snap,
        )
        town = assessment.governance("town", by_site=True)
        towns = tuple(town.codes[i] for i in town.home)
        return cls(ground, towns, dict(zip(town.codes, town.names, strict=True)))

    @property
    def candidates(self) -> Candidates:
        """Where a center may go."""
        return self.ground.candidates

    def problem(self, asked: Asked) -> SitingProblem:
        """The siting problem of a question."""
        rules = floors(self.towns, asked.least, names=self.names) if asked.least else []
        return self.ground.problem(
            asked.profile,
            cutoff=asked.minutes,
            longest_minutes=asked.longest_minutes,
            weights=WEIGHTS[asked.weights],
            rules=rules,
        )

    def answers(self, asked: Asked, cancel: threading.Event) -> Iterator[Answer]:
        """Plans that get better; the last one once more, explained."""
        problem, plan = self.problem(asked), None
        for plan in improve(problem, asked.question, cancel=cancel):
            yield Answer(problem, plan)
        if plan is not None and np.isfinite(plan.objective):
            yield Answer(problem, plan, tuple(explain(_comparable(problem, plan), plan)))

    def curve(self, asked: Asked, cancel: threading.Event) -> Iterator[CurveStep]:
        """Coverage against the number of new sites."""
        problem = self.problem(replace(asked, goal="cover", least=0.0))
        yield from trade_off(problem, CURVE_SITES, cancel=cancel)

    def tested(
        self, asked: Asked, answer: Answer, others: dict[str, Asked], cancel: threading.Event
    ) -> Iterator[Stance | Necessity]:
        """How a plan stands under other assumptions, then what doing without each of its sites costs.

        Args:
            others: the same question with another profile or cutoff, by name.
        """
        problem, plan = answer.problem, answer.plan
        variants = {name: self._variant(problem, asked, other) for name, other in others.items()}
        variants |= with_population(problem, SPREAD, self._town_number, draws=3)
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


def _comparable(problem: SitingProblem, plan: Plan) -> SitingProblem:
    """The problem in which runners-up are looked for; without any where trying them all would take minutes."""
    if isinstance(plan.question, MaxCover | FewestSites) or problem.free.sum() <= MOST_COMPARED:
        return problem
    others = problem.free.copy()
    others[list(plan.sites)] = False
    return problem.without(np.flatnonzero(others).tolist())
