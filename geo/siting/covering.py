"""CoverSearch: a good choice of sites and a bound that nothing can beat, in moments.

Every choice keeps all rules. The bound knows the number of sites and the budget only; it holds with quotas, spacing and
floors too, though loosely where those bind, until the exact solver replaces it by its own. It prices the links
z[c] <= sum y of the model by u[c] in [0, W[c]]: Galvão, R., ReVelle, C. (1996), A Lagrangean heuristic for the maximal
covering location problem, EJOR 88, 114-123.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from geo.siting import sitekernels
from geo.siting.covermodel import FLOOR_SLACK, Bools, CoverModel, Floats
from geo.siting.program import Clock

if TYPE_CHECKING:
    from scipy.sparse import csc_array, csr_array

ROUNDS: Final = 20
"""Subgradient rounds between two looks at the clock and two attempts at a better choice."""
LEAST_STEP: Final = 5e-3
"""The descent has settled when its step factor, 1 at first, has fallen so far."""
SWAP_PASSES: Final = 20


class CoverSearch:
    """The best choice known and the best bound, brought together step by step.

    Args:
        model: what to cover.
    """

    def __init__(self, model: CoverModel) -> None:
        self.model = model
        self.cover = model.cover
        self.best: Bools | None = None
        self.value = -np.inf
        m, n = len(self.cover), self.cover.n_sites
        sets = np.maximum(1, np.diff(self.cover.class_indptr))
        self.u = self.cover.weight / sets
        self.best_u = self.u.copy()
        self.taken = np.zeros(n)
        self._way = np.zeros(m)
        self._control = np.array([np.inf, 1.0, 0.0])
        self._rules = model.rows.arrays
        self._prices, self._rooms = model.rows.knapsacks

    @property
    def bound(self) -> float:
        """No choice covers more of the model's people than this."""
        return float(min(self._control[0], self.cover.weight.sum()))

    @property
    def settled(self) -> bool:
        """Whether more rounds would hardly help."""
        return self.proven or bool(self._control[1] < LEAST_STEP)

    @property
    def proven(self) -> bool:
        """Whether the bound leaves no room above the best choice."""
        return self.best is not None and closes(self.bound, self.value, self.model.step)

    def start(self) -> None:
        """Greedy choices, by people and by people for the money, improved by swaps."""
        self.offer(self.grown(np.zeros(self.cover.n_sites, np.bool_)))
        for price in self._prices[: len(self.model.rows.bounds)]:
            if len(np.unique(price[self.model.free])) > 1:
                self.offer(self.grown(np.zeros(self.cover.n_sites, np.bool_), np.maximum(price, 1e-9)))

    def descend(self, rounds: int = ROUNDS) -> None:
        """Some rounds toward the least bound, then the choice they suggest, improved."""
        floor = max(self.value, 0.0)
        sitekernels.cover_descent(
            *self.cover.arrays, self._prices, self._rooms, self.model.free, floor,
            self.u, self._way, self.best_u, self.taken, self._control, rounds,
        )  # fmt: skip
        self.offer(self.grown(self._suggested()))

    def close(self) -> None:
        """The best choice has been proven by other means."""
        self._control[0] = self.value

    def tighten(self, bound: float) -> None:
        """No choice that is better than the best one covers more than this, as another method has found; NaN: none."""
        if not np.isnan(bound):
            self._control[0] = min(self._control[0], max(bound, self.value))

    def offer(self, is_open: Bools) -> bool:
        """Take a choice if it keeps the rules and covers more than the best one."""
        value = self.cover.covered(is_open)
        if value <= self.value + 1e-9 or not self.model.accepts(is_open):
            return False
        self.best, self.value = is_open, value
        return True

    def grown(self, is_open: Bools, price: Floats | None = None) -> Bools:
        """A choice that keeps the upper rules, filled up greedily and improved by swaps; floors come first."""
        cost = np.ones(self.cover.n_sites) if price is None else price
        begun = self.toward_floors(is_open)
        swapped = self._filled(begun, self.model.free, cost)
        if not self.model.unmet(swapped):
            return swapped
        return self._filled(begun, self.model.free & ~begun, cost)  # what serves the floors stays where it is

    def toward_floors(self, is_open: Bools) -> Bools:
        """A choice and the sites that bring what floors lack, those that bring most first, while upper rules allow."""
        if not self.model.floors:
            return is_open
        state = self._state(is_open)
        opened, count, _, usage = state
        people, sites = self._floor_incidence
        uncovered = count == 0
        lacking = np.array([need.people for need in self.model.floors]) - people[:, ~uncovered].sum(axis=1)
        brings = (people[:, uncovered] @ sites[uncovered]).toarray()
        while (lacking > FLOOR_SLACK).any():
            use = np.minimum(brings, np.maximum(lacking, 0.0)[:, None]).sum(axis=0)
            candidates = np.flatnonzero(self.model.free & ~opened & (use > 1e-9))
            for j in candidates[np.argsort(-use[candidates], kind="stable")]:
                if sitekernels.has_room(j, *self._rules, usage):
                    break
            else:
                break
            sitekernels.open_site(j, *self.cover.arrays, *self._rules, *state)
            new = np.flatnonzero(uncovered & (count > 0))
            uncovered[new] = False
            lacking -= people[:, new].sum(axis=1)
            brings -= (people[:, new] @ sites[new]).toarray()
        result: Bools = opened
        return result

    @cached_property
    def _floor_incidence(self) -> tuple[csc_array, csr_array]:
        """People of each class who count for each floor (f, m), and the sites of each class as ones (m, n)."""
        from scipy.sparse import csc_array, csr_array

        cover = self.cover
        people = np.array([need.within(cover) for need in self.model.floors]) * cover.weight
        ones = np.ones(len(cover.class_site))
        sites = csr_array((ones, cover.class_site, cover.class_indptr), shape=(len(cover), cover.n_sites))
        return csc_array(people), sites

    def trimmed(self, is_open: Bools) -> Bools:
        """A choice without the sites that cover nobody alone, as far as the rules let them go: a solver leaves such."""
        state = self._state(is_open)
        for j in np.flatnonzero(is_open & self.model.free):
            sitekernels.close_site(j, *self.cover.arrays, *self._rules, *state)
            if state[2][j] > 0:
                sitekernels.open_site(j, *self.cover.arrays, *self._rules, *state)
        fewer: Bools = state[0]
        return fewer if self.model.accepts(fewer) else is_open

    def decided(self) -> tuple[Bools, Bools]:
        """Sites that no better choice than the best one opens, and sites that every better one opens."""
        indptr, classes = self.cover.by_site
        running = np.append(0.0, np.cumsum(self.best_u[classes]))
        score = np.where(self.model.free, running[indptr[1:]] - running[indptr[:-1]], 0.0)
        rest = float((self.cover.weight - self.best_u).sum())
        shut, must = ~self.model.free, np.zeros(self.cover.n_sites, np.bool_)
        least = self.value + max(self.model.step - 1e-6, 1e-9 * max(1.0, abs(self.value)))
        for most, worth in worths(score, self._prices, self._rooms):
            bound = rest + most
            shut |= bound + np.minimum(worth, 0.0) < least
            must |= (bound - np.maximum(worth, 0.0) < least) & self.model.free
        return shut & ~must, must & self.model.free

    def _suggested(self) -> Bools:
        """The sites that the bound opens, as far as the upper rules allow."""
        is_open = np.zeros(self.cover.n_sites, np.bool_)
        indptr, row, coef, _, high = self._rules
        usage = np.zeros(len(high))
        for j in np.flatnonzero(self.taken > 0.5):
            mine = slice(indptr[j], indptr[j + 1])
            if self.model.free[j] and (usage[row[mine]] + coef[mine] <= high[row[mine]] + 1e-9).all():
                is_open[j] = True
                np.add.at(usage, row[mine], coef[mine])
        return is_open

    def _filled(self, is_open: Bools, movable: Bools, cost: Floats) -> Bools:
        """A choice filled up greedily, then improved by swaps of the sites that are `movable`, bool (n,)."""
        state = self._state(is_open)
        arrays = (*self.cover.arrays, *self._rules, *state)
        sitekernels.greedy(*arrays, self.model.free, cost)
        sitekernels.swap(*arrays, movable, SWAP_PASSES)
        sitekernels.greedy(*arrays, self.model.free, cost)
        filled: Bools = state[0]
        return filled

    def _state(self, is_open: Bools) -> tuple[Any, ...]:
        """The kernels' state of a choice."""
        indptr, classes = self.cover.by_site
        count = self.cover.counts(is_open).astype(np.uint32)
        running = np.append(0.0, np.cumsum(np.where(count[classes] == 0, self.cover.weight[classes], 0.0)))
        gain = running[indptr[1:]] - running[indptr[:-1]]
        return is_open.copy(), count, gain, self.model.rows.usage(is_open)


def worths(score: Floats, prices: Floats, rooms: Floats) -> Iterator[tuple[float, Floats]]:
    """For each rule that bounds: the most that open sites can score, and what each site is worth beyond its price.

    With pi >= 0 the price of the rule, sum of max(0, score - pi * price) + pi * room is the most, for any pi; a site
    is worth score - pi * price, and forcing in one that is worth less than 0, or out one worth more, costs so much.

    Args:
        score: float64 (n,); prices (b, n) and rooms (b,) are the rules'; one without a limit says nothing.
    """
    for price, room in zip(prices, rooms, strict=True):
        if not np.isfinite(room):
            continue
        taken = np.empty(len(score))
        sitekernels.knapsack(score, price, room, taken)
        edge = (taken > 0) & (price > 0)
        full = float((price * taken).sum()) >= room - 1e-9
        pi = float((score[edge] / price[edge]).min()) if full and edge.any() else 0.0
        worth = score - pi * price
        yield pi * room + float(np.maximum(worth, 0.0).sum()), worth


def closes(bound: float, value: float, step: float) -> bool:
    """Whether no value above `value` and up to `bound` is possible, where values differ by `step` at least."""
    return bound < value + max(step - 1e-6, 1e-9 * max(1.0, abs(value)))


def settle(search: CoverSearch, clock: Clock, until_s: float) -> Iterator[None]:
    """Descend until settled, the clock stops or `until_s` seconds have passed; yields whenever something improved."""
    while not search.settled and not clock.stop and clock.elapsed_s < until_s:
        known = search.value
        search.descend()
        if search.value > known:
            yield
