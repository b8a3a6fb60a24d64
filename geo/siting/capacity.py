"""Sites with a limited capacity: residents are assigned, and a site serves no more than it can.

Current, J., Storbeck, J. (1988), Capacitated covering models, Environment and Planning B 15, 153-163. With f people of
class c served by site j: sum of f over the sites of a class <= W, sum of f over the classes of a site <= capacity * y,
f <= W y. People of one place may go to different sites. Existing sites serve too, so nothing is taken away beforehand.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from geo.errors import ConflictingRulesError, Demand
from geo.params import MINUTE_S, TIE_S
from geo.siting.covermodel import FLOOR_SLACK, Bools, Floats, Found, Ints, patterns
from geo.siting.merging import merge
from geo.siting.problem import SitingProblem
from geo.siting.program import Clock, Program
from geo.siting.rules import Capacity, Floor

Aim = Literal["cover", "fewest", "median", "center"]


@dataclass(frozen=True, eq=False)
class Flows:
    """Who may be served by whom: pairs of class and site with their seconds; m classes of demand.

    Attributes:
        cls, site: int64 (pairs,).
        seconds: float64 (pairs,); 0 where only being in time counts.
        people: float64 (m,).
        group: int64 (m,); which floors the class belongs to.
    """

    cls: Ints
    site: Ints
    seconds: Floats
    people: Floats
    group: Ints


class CapacityModel:
    """A siting problem with capacities as a program.

    Args:
        problem: with a Capacity among its rules.
        most: at most so many new sites.
        aim: what is asked.
        target: people to serve at least, for "fewest".
        limit_s: everyone in reach is to be served within it, for "center".
        beyond_s: who is not served counts with this walk, for "median".
        demand: what "fewest" and "center" ask for, for messages.
    """

    def __init__(
        self, problem: SitingProblem, most: int | None, aim: Aim, *, target: float = 0.0, limit_s: float = np.inf,
        beyond_s: float | None = None, demand: Demand | None = None,
    ) -> None:  # fmt: skip
        self.problem, self.aim, self.target, self.beyond_s, self.demand = problem, aim, target, beyond_s, demand
        rule = problem.rule(Capacity)
        self.capacity: Floats = rule.people if isinstance(rule, Capacity) else np.full(len(problem.ids), np.inf)
        self.floors = [r for r in problem.rules if isinstance(r, Floor)]
        self.rows = problem.rows.limited(most, problem.free)
        self.flows = self._pairs(limit_s) if aim in ("median", "center") else self._merged()
        self.site: Ints = np.full(len(problem.ids), -1, np.int64)
        self.choice = np.flatnonzero(problem.free)
        self.program = self._program()

    @property
    def in_reach(self) -> Bools:
        """bool (d,): points whose residents count: all if a walk is set for the unserved, else who can be reached."""
        return self.problem.reachable if self.beyond_s is None else self.problem.weight > 0

    @property
    def gap(self) -> float:
        """How near an answer must be to the optimum to count as it: fewer sites differ by one."""
        return 1 - 1e-3 if self.aim == "fewest" else 0.0

    def _merged(self) -> Flows:
        problem = self.problem
        group, _ = patterns(self.floors, len(problem.weight))
        cover = merge(
            problem.times, problem.cutoff_s + TIE_S, problem.weight, sites=problem.existing | problem.free,
            demand=problem.weight > 0, group=group,
        )  # fmt: skip
        cls = np.repeat(np.arange(len(cover)), np.diff(cover.class_indptr))
        return Flows(cls, cover.class_site.astype(np.int64), np.zeros(len(cls)), cover.weight, cover.group)

    def _pairs(self, limit_s: float) -> Flows:
        problem = self.problem
        times, usable = problem.times, problem.existing | problem.free
        kept = usable[times.row] & self.in_reach[times.index] & (times.seconds <= limit_s)
        if self.beyond_s is not None:
            kept &= times.seconds <= self.beyond_s
        group, _ = patterns(self.floors, len(problem.weight))
        number = np.cumsum(self.in_reach) - 1
        return Flows(
            number[times.index[kept]], times.row[kept], times.seconds[kept], problem.weight[self.in_reach],
            np.zeros(int(self.in_reach.sum()), np.int64) if group is None else group[self.in_reach],
        )  # fmt: skip

    def _program(self) -> Program:
        flows = self.flows
        program = Program(maximize=self.aim == "cover")
        self.site[self.choice] = program.columns(
            len(self.choice), cost=1.0 if self.aim == "fewest" else 0.0, integer=True
        )
        penalty = self.beyond_s or 0.0
        cost = {"cover": np.ones(len(flows.cls)), "median": flows.seconds - penalty}.get(self.aim, 0.0)
        f = program.columns(len(flows.cls), cost=cost, high=flows.people[flows.cls])
        everyone = self.aim == "center" or (self.aim == "median" and self.beyond_s is None)
        program.rows(
            flows.cls, f, 1.0, count=len(flows.people), high=flows.people,
            low=flows.people if everyone else -np.inf, demand=(self.demand or Demand("everyone")) if everyone else None,
        )  # fmt: skip
        new = self.site[flows.site] >= 0
        count, each = int(new.sum()), np.arange(int(new.sum()))
        program.rows(
            np.concatenate([each, each]), np.concatenate([f[new], self.site[flows.site[new]]]),
            np.concatenate([np.ones(count), -flows.people[flows.cls[new]]]), count=count, high=0.0,
        )  # fmt: skip
        self._add_capacities(program, f)
        if self.aim == "fewest":
            program.row(f, 1.0, low=self.target - FLOOR_SLACK, demand=self.demand)
        self._add_rules(program, f)
        return program

    def _add_capacities(self, program: Program, f: Ints) -> None:
        """What a site serves is within its capacity, and nobody where a new one is not opened."""
        free = self.problem.free
        limited = np.isfinite(self.capacity) & (free | self.problem.existing)
        row = np.cumsum(limited) - 1
        pair, new = limited[self.flows.site], np.flatnonzero(limited & free)
        program.rows(
            np.concatenate([row[self.flows.site[pair]], row[new]]), np.concatenate([f[pair], self.site[new]]),
            np.concatenate([np.ones(int(pair.sum())), -self.capacity[new]]), count=int(limited.sum()),
            high=np.where(free, 0.0, self.capacity)[limited], demand=Demand("capacity"),
        )  # fmt: skip

    def _add_rules(self, program: Program, f: Ints) -> None:
        self.rows.add_to(program, self.site)
        _, of_floor = patterns(self.floors, len(self.problem.weight))
        for rule, groups in zip(self.floors, of_floor, strict=True):
            counts = groups[self.flows.group][self.flows.cls] & (self.flows.seconds <= self.problem.cutoff_s + TIE_S)
            least = rule.share * self.problem.people(rule.members) - FLOOR_SLACK
            program.row(f[counts], 1.0, low=least, demand=Demand("floor", rule.name, rule.share, done="served"))

    def value(self, values: Floats) -> float:
        """The objective of a solution: people, sites, mean minutes; for "center" 0."""
        f = values[len(self.choice) : len(self.choice) + len(self.flows.cls)]
        if self.aim == "cover":
            return float(f.sum())
        if self.aim == "fewest":
            return float(len(self.opened(values)))
        if self.aim == "center":
            return 0.0
        total = self.flows.people.sum()
        unserved = total - f.sum() if self.beyond_s is not None else 0.0
        walk = float((f * self.flows.seconds).sum() + unserved * (self.beyond_s or 0.0))
        return walk / MINUTE_S / max(float(total), 1e-300)

    def tighter(self, known: float, found: float) -> float:
        """Of two bounds, the better: one known in the units of `value`, one found for the program; NaN is none."""
        if self.aim == "cover":
            return float(np.fmin(known, found))
        if self.aim == "fewest":
            return float(np.fmax(known, np.ceil(found - 1e-6)))
        total = float(self.flows.people.sum())
        return float(np.fmax(known, (found + (self.beyond_s or 0.0) * total) / MINUTE_S / max(total, 1e-300)))

    def start(self, sites: Ints) -> tuple[Ints, Floats]:
        """Columns and values that open some new sites; the solver finds out whom they can serve."""
        return self.site[self.choice], np.isin(self.choice, sites).astype(np.float64)

    def opened(self, values: Floats) -> Ints:
        """The new sites of a solution, without those that serve nobody, as far as the rules let them go."""
        is_open = np.zeros(len(self.problem.ids), np.bool_)
        is_open[self.choice] = values[: len(self.choice)] > 0.5
        f = values[len(self.choice) : len(self.choice) + len(self.flows.cls)]
        serves = np.bincount(self.flows.site, weights=f, minlength=len(is_open))
        for j in np.flatnonzero(is_open & (serves <= FLOOR_SLACK)):
            is_open[j] = False
            if not self.rows.kept_by(is_open):
                is_open[j] = True
        return np.flatnonzero(is_open)


def serve(model: CapacityModel, clock: Clock, relaxed: Found) -> Iterator[Found]:
    """Solve one question with capacities.

    Args:
        relaxed: an answer to the same question without them: its bound holds here too, and its sites are the first
            choice to try.

    Raises:
        ConflictingRulesError: no choice of sites meets all demands.
    """
    best = Found(None, np.nan, relaxed.bound, False)
    yield best
    start = None if relaxed.sites is None else model.start(relaxed.sites)
    for outcome in model.program.solutions(clock, start=start, gap=model.gap):
        if outcome.status == "infeasible":
            raise ConflictingRulesError(model.program.conflict(clock))
        if outcome.values is not None:
            best = Found(model.opened(outcome.values), model.value(outcome.values), best.bound, False)
        best = replace(best, bound=model.tighter(best.bound, outcome.bound))
        if outcome.status == "improved":
            yield best
        elif outcome.status == "optimal":
            best = replace(best, sites=_needed(model, best, clock), bound=best.value, proven=True)
    yield best


def _needed(model: CapacityModel, best: Found, clock: Clock) -> Ints | None:
    """No more sites of an answer than it takes to serve as many: a solver spreads people over all that it may open."""
    if model.aim != "cover" or best.sites is None or not len(best.sites):
        return best.sites
    others = np.setdiff1d(model.choice, best.sites)
    lean = CapacityModel(model.problem.without(others.tolist()), None, "fewest", target=best.value)
    outcome = lean.program.solve(clock)
    return best.sites if outcome.values is None else lean.opened(outcome.values)


def given_by(
    problem: SitingProblem, aim: Aim, sites: Sequence[int], *, beyond_s: float | None = None, floors: bool = False
) -> float:
    """What today's sites and these give within their capacities; of the other rules, floors are kept if asked for.

    Returns:
        People served ("cover"), -inf where floors cannot be kept; or the mean or longest minutes ("median", "center"),
        inf where not everybody in reach can be served. NaN where that takes too long to find out.
    """
    clock, (problem, person) = Clock(), problem.in_units()
    unit = person if aim == "cover" else 1.0
    kept = (Capacity, Floor) if floors else (Capacity,)
    fixed = problem.with_rules(*(rule for rule in problem.rules if isinstance(rule, kept))).standing(sites)
    if (problem.reachable & ~fixed.reachable).any() and beyond_s is None and aim != "cover":
        return np.inf
    try:
        if aim == "center":
            *_, last = serve_within(fixed, 0, clock)
            return last.value / MINUTE_S if last.proven else np.nan
        model = CapacityModel(fixed, None, aim, beyond_s=beyond_s)
        if not len(model.flows.cls):
            return model.value(np.empty(0)) * unit
        outcome = model.program.solve(clock)
    except ConflictingRulesError:
        return np.inf
    if outcome.status == "infeasible":
        return -np.inf if aim == "cover" else np.inf
    return np.nan if outcome.values is None else model.value(outcome.values) * unit


def served(problem: SitingProblem, sites: Sequence[int]) -> float:
    """Most people whom today's sites and these serve within the cutoff; without capacities, whom they cover."""
    is_open, rule = problem.opened(sites), problem.rule(Capacity)
    if not isinstance(rule, Capacity) or np.isinf(rule.people[is_open]).all():
        return problem.people(problem.nearest_s(is_open) <= problem.cutoff_s + TIE_S)
    return given_by(problem, "cover", sites)


def serve_within(problem: SitingProblem, most: int, clock: Clock) -> Iterator[Found]:
    """The shortest longest walk with capacities, by halving; value and bound in seconds."""
    usable = problem.existing | problem.free
    counted = problem.reachable
    shortest = float(problem.nearest_s(usable)[counted].max(initial=0.0))
    row = usable[problem.times.row] & counted[problem.times.index]
    times = np.unique(np.append(problem.times.seconds[row], shortest))
    times = times[times >= shortest]
    low, high = 0, len(times) - 1
    sites: NDArray[np.int64] | None = None
    while not clock.stop and (low < high or sites is None):
        middle = (low + high) // 2 if sites is not None else high
        limit_s = float(times[middle])
        demand = Demand("everyone", amount=limit_s / MINUTE_S)
        model = CapacityModel(problem, most, "center", limit_s=limit_s, demand=demand)
        outcome: Any = model.program.solve(clock)
        if outcome.values is not None:
            sites, high = model.opened(outcome.values), middle
            yield Found(sites, float(times[high]), float(times[low]), low >= high)
        elif outcome.status != "infeasible":
            break
        elif sites is None:
            raise ConflictingRulesError(model.program.conflict(clock))
        else:
            low = middle + 1
    yield Found(sites, float(times[high]), float(times[low]), sites is not None and low >= high)
