"""Siting by brute force: every subset of candidates, judged by the definitions alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.optimize import linprog

from geo.siting.problem import SitingProblem
from geo.siting.rules import Budget, Capacity, Floor, Quota, Rule, Spacing

Floats = NDArray[np.float64]
CUTOFF = 10.0


@dataclass(frozen=True)
class Instance:
    """A small problem as plain arrays: minutes (n, d), people (d,), existing rows, rules."""

    minutes: Floats
    people: Floats
    existing: tuple[int, ...]
    rules: tuple[Rule, ...] = ()

    @property
    def problem(self) -> SitingProblem:
        return SitingProblem.of_minutes(
            self.minutes, self.people, cutoff=CUTOFF, existing=self.existing, rules=self.rules
        )

    @property
    def candidates(self) -> list[int]:
        return [j for j in range(len(self.minutes)) if j not in self.existing]

    def choices(self, most: int | None = None) -> Iterator[tuple[int, ...]]:
        """Every set of new sites that keeps the rules on sites."""
        top = len(self.candidates) if most is None else most
        for size in range(top + 1):
            yield from (c for c in combinations(self.candidates, size) if self.allows(c))

    def allows(self, new: tuple[int, ...]) -> bool:
        opened = set(new) | set(self.existing)
        for rule in self.rules:
            if isinstance(rule, Quota):
                count = sum(bool(rule.members[j]) for j in new)
                if count < rule.least or (rule.most is not None and count > rule.most):
                    return False
            elif isinstance(rule, Budget):
                if sum(rule.cost[j] for j in new) > rule.total + 1e-9:
                    return False
            elif isinstance(rule, Spacing) and any(
                a in opened and b in opened and (a in new or b in new) for a, b in rule.pairs.tolist()
            ):
                return False
        return True

    def nearest(self, new: tuple[int, ...]) -> Floats:
        rows = [*new, *self.existing]
        return self.minutes[rows].min(axis=0) if rows else np.full(len(self.people), np.inf)

    def covered(self, new: tuple[int, ...]) -> float:
        return float(self.people[self.nearest(new) <= CUTOFF].sum())

    @property
    def unserved(self) -> bool:
        """Whether no floor asks for anybody."""
        return not any(
            rule.share * self.people[rule.members].sum() > 1e-6 for rule in self.rules if isinstance(rule, Floor)
        )

    def floors_hold(self, new: tuple[int, ...]) -> bool:
        near = self.nearest(new) <= CUTOFF
        return all(
            self.people[rule.members & near].sum() >= rule.share * self.people[rule.members].sum() - 1e-6
            for rule in self.rules
            if isinstance(rule, Floor)
        )

    @property
    def usable(self) -> list[int]:
        """Existing sites and candidates that no existing one is too near to."""
        near = {
            j
            for rule in self.rules
            if isinstance(rule, Spacing)
            for a, b in rule.pairs.tolist()
            for j, other in ((a, b), (b, a))
            if other in self.existing
        }
        return [j for j in range(len(self.minutes)) if j in self.existing or j not in near]

    @property
    def in_reach(self) -> NDArray[np.bool_]:
        return (self.people > 0) & np.isfinite(self.minutes[self.usable].min(axis=0))

    def walk(self, new: tuple[int, ...], beyond: float | None) -> float:
        """Mean minutes over who can be reached (or, with `beyond`, over everybody), inf if somebody is not."""
        near = self.nearest(new)
        if beyond is not None:
            near = np.minimum(near, beyond)
        counted = self.in_reach if beyond is None else self.people > 0
        return float((self.people[counted] * near[counted]).sum() / self.people[counted].sum())

    def worst(self, new: tuple[int, ...]) -> float:
        return float(self.nearest(new)[self.in_reach].max(initial=0.0))

    def served(self, new: tuple[int, ...]) -> float:
        """Most people served with capacities within the cutoff; -inf if floors fail."""
        pairs = [(i, j) for j in self.opened(new) for i in range(len(self.people)) if self.minutes[j, i] <= CUTOFF]
        result = self.assigned(new, pairs, [-1.0] * len(pairs), everyone=False)
        return -result if np.isfinite(result) else -np.inf

    def capacitated_walk(self, new: tuple[int, ...], beyond: float | None) -> float:
        """Least mean minutes when everybody counted is assigned within the capacities, inf if he cannot be."""
        counted = self.in_reach if beyond is None else self.people > 0
        if not counted.any():
            return 0.0
        limit = np.inf if beyond is None else beyond
        pairs = [
            (i, j)
            for j in self.opened(new)
            for i in np.flatnonzero(counted).tolist()
            if self.minutes[j, i] < np.inf and self.minutes[j, i] <= limit
        ]
        everyone = float(self.people[counted].sum())
        cost = [self.minutes[j, i] - (beyond or 0.0) for i, j in pairs]
        result = self.assigned(new, pairs, cost, everyone=beyond is None)
        return (result + (beyond or 0.0) * everyone) / everyone

    def capacitated_worst(self, new: tuple[int, ...]) -> float:
        """Least time within which everybody in reach can be assigned within the capacities, inf if he cannot be."""
        times = np.unique(self.minutes[np.isfinite(self.minutes)])
        for limit in times:
            pairs = [
                (i, j)
                for j in self.opened(new)
                for i in np.flatnonzero(self.in_reach).tolist()
                if self.minutes[j, i] <= limit
            ]
            if np.isfinite(self.assigned(new, pairs, [0.0] * len(pairs), everyone=True)):
                return float(limit)
        return float("inf")

    def opened(self, new: tuple[int, ...]) -> list[int]:
        return [*new, *self.existing]

    def assigned(
        self, new: tuple[int, ...], pairs: list[tuple[int, int]], cost: list[float], *, everyone: bool
    ) -> float:
        """Least cost of assigning people to pairs (point, site), by linear programming; inf if it cannot be done."""
        if not pairs:
            return float("inf") if (everyone and self.in_reach.any()) or not self.unserved else 0.0
        capacity = next(rule.people for rule in self.rules if isinstance(rule, Capacity))
        limits = [[float(p[1] == j) for p in pairs] for j in self.opened(new)]
        room = [float(min(capacity[j], 1e9)) for j in self.opened(new)]
        demand = [[float(p[0] == i) for p in pairs] for i in range(len(self.people))]
        equal: list[list[float]] = []
        wanted: list[float] = []
        for i, row in enumerate(demand):
            if everyone and self.in_reach[i]:
                equal.append(row)
                wanted.append(float(self.people[i]))
            else:
                limits.append(row)
                room.append(float(self.people[i]))
        for rule in self.rules:
            if isinstance(rule, Floor):
                limits.append([-float(rule.members[i] and self.minutes[j, i] <= CUTOFF) for i, j in pairs])
                room.append(-rule.share * self.people[rule.members].sum() + 1e-6)
        result = linprog(cost, A_ub=limits, b_ub=room, A_eq=equal or None, b_eq=wanted or None)
        return float(result.fun) if result.status == 0 else float("inf")

    def best(
        self, value: Callable[[tuple[int, ...]], float], most: int | None = None, *, least: bool = False
    ) -> float | None:
        """The best value over all choices that keep every rule, or None if there is none."""
        values = [value(c) for c in self.choices(most) if self.floors_hold(c)]
        finite = [v for v in values if np.isfinite(v)]
        if not finite:
            return None
        return min(finite) if least else max(finite)


@st.composite
def instances(draw: st.DrawFn, *, sites: int = 7, points: int = 9, with_rules: bool = True) -> Instance:
    """Small instances with ties, unreachable points, empty houses, existing sites and rules of every kind."""
    n, d = draw(st.integers(2, sites)), draw(st.integers(1, points))
    seed = draw(st.integers(0, 2**32 - 1))
    random = np.random.default_rng(seed)
    minutes = random.integers(0, 25, (n, d)).astype(np.float64)
    minutes[random.random((n, d)) < draw(st.sampled_from([0.0, 0.3, 0.6]))] = np.inf
    people = random.integers(0, 12, d).astype(np.float64)
    if draw(st.booleans()):
        people *= draw(st.sampled_from([0.5, 1 / 3]))
    existing = tuple(sorted(random.choice(n, draw(st.integers(0, min(2, n - 1))), replace=False).tolist()))
    rules: list[Rule] = []
    if with_rules:
        for kind in draw(st.sets(st.sampled_from(["quota", "spacing", "budget", "floor"]), max_size=3)):
            rules += _rules(kind, random, n, d)
    return Instance(minutes, people, existing, tuple(rules))


def _rules(kind: str, random: np.random.Generator, n: int, d: int) -> list[Rule]:
    if kind == "quota":
        side = random.random(n) < 0.5
        least = int(random.integers(0, 2))
        return [Quota("east", side, least, least + int(random.integers(0, 2))), Quota("west", ~side, 0, 2)]
    if kind == "spacing":
        return [
            Spacing(
                np.array([p for p in combinations(range(n), 2) if random.random() < 0.25], dtype=np.int64).reshape(
                    -1, 2
                ),
                meters=1.0,
            )
        ]
    if kind == "budget":
        return [Budget(random.integers(0, 5, n).astype(np.float64), float(random.integers(2, 9)))]
    town = random.random(d) < 0.5
    return [Floor("town", town, float(random.choice([0.25, 0.5]))), Floor("all", np.ones(d, np.bool_), 0.2)]
