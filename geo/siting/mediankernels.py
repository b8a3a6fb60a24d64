"""The p-median kernels: interchange and the Lagrangian bound; compiled by Numba.

n sites, d demand points; `site_indptr` (n + 1,), `site_point`, `cost` list the walks (person-seconds) of each site,
only those below `base` (d,), what a point pays without new sites. Rules and states are `geo.siting.sitekernels`'.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numba import njit

from geo.engine.kernels import OPTIONS, u4
from geo.engine.signatures import B1, F8, F8X2, I8, OUT_F8, OUT_U4, U4, float64, int64
from geo.siting.sitekernels import (
    EPS,
    OUT_B1,
    RULES,
    count_in_rows,
    has_room,
    is_needed,
    least_knapsack,
    may_replace,
    pace,
    void,
)

ROUNDING: Final = 1e-12
"""Of a sum of hundreds of thousands of walks, how much of it may be rounding."""


@njit(void(I8, U4, F8, F8, F8, F8X2, F8, B1, float64, OUT_F8, OUT_F8, OUT_F8, OUT_F8, OUT_F8, int64), **OPTIONS)
def median_descent(site_indptr, site_point, cost, base, scale,
                   prices, rooms, free, incumbent, u, way, best_u, best_taken, control, rounds):  # fmt: skip
    """Raise the Lagrangian bound on the total walk, by a deflected subgradient.

    u (d,) <= base prices "everybody walks somewhere"; for any such u, sum(u) - knapsack of the savings
    max(0, u - cost) bounds every choice from below. `scale` (d,) is people, which sets each point's step.
    """
    n, d = len(free), len(base)
    score, spare, least = np.empty(n), np.empty(n), np.empty(n)
    held = np.empty(d)
    for _ in range(rounds):
        bound = u.sum()
        for j in range(n):
            total = 0.0
            if free[j]:
                for k in range(site_indptr[j], site_indptr[j + 1]):
                    total += max(0.0, u[site_point[k]] - cost[k])
            score[j] = total
        bound -= least_knapsack(score, prices, rooms, least, spare)
        pace(bound > control[0] + 1e-4 * max(incumbent - control[0], 1e-9), 0.7, control)
        if bound > control[0]:
            control[0] = bound
            best_u[:] = u
            best_taken[:] = least
        held[:] = 0.0
        for j in range(n):
            if least[j] > 0:
                for k in range(site_indptr[j], site_indptr[j + 1]):
                    if cost[k] < u[site_point[k]]:
                        held[site_point[k]] += least[j]
        norm = 0.0
        for i in range(d):
            way[i] = 0.6 * way[i] + 0.4 * (1.0 - held[i])
            if not (way[i] > 0 and u[i] >= base[i]):
                norm += scale[i] * way[i] * way[i]
        if norm <= 0 or bound >= incumbent:
            return
        step = control[1] * (incumbent - bound) / norm
        for i in range(d):
            u[i] = min(u[i] + step * scale[i] * way[i], base[i])


@njit(void(I8, U4, F8, F8, B1, OUT_U4, OUT_F8, OUT_F8), **OPTIONS)
def two_nearest(site_indptr, site_point, cost, base, is_open, nearest, first, second):
    """Of every point: the open site of least cost (n where the base is no dearer), that cost, and the next one."""
    n = u4(len(is_open))
    nearest[:] = n
    first[:] = base
    second[:] = base
    for j in range(len(is_open)):
        if is_open[j]:
            for k in range(site_indptr[j], site_indptr[j + 1]):
                i = site_point[k]
                if cost[k] < first[i]:
                    second[i] = first[i]
                    first[i] = cost[k]
                    nearest[i] = u4(j)
                elif cost[k] < second[i]:
                    second[i] = cost[k]


@njit(float64(int64, I8, U4, F8, U4, F8, F8, OUT_F8), **OPTIONS)
def saved_by(j, site_indptr, site_point, cost, nearest, first, second, extra):
    """What opening site j saves; `extra` (n + 1,) is filled with what more it saves if an open site then closes."""
    saving = 0.0
    extra[:] = 0.0
    for k in range(site_indptr[j], site_indptr[j + 1]):
        i = site_point[k]
        if cost[k] < first[i]:
            saving += first[i] - cost[k]
            extra[nearest[i]] += second[i] - first[i]
        elif cost[k] < second[i]:
            extra[nearest[i]] += second[i] - cost[k]
    return saving


@njit(int64(I8, U4, F8, F8, *RULES, OUT_B1, OUT_F8, B1, int64), **OPTIONS)
def interchange(site_indptr, site_point, cost, base,
                rule_indptr, rule_row, rule_coef, low, high, is_open, usage, free, rounds):  # fmt: skip
    """Open what saves most walk, then exchange sites while that shortens the total; returns the exchanges made.

    The savings of every exchange from one pass over the pairs: Whitaker, R. (1983), A fast algorithm for the greedy
    interchange for large-scale clustering and median location problems, INFOR 21 (2), 95-108. What an exchange saves
    is a difference of large sums; less than their rounding error is nothing, or two choices would take turns forever.
    """
    n, d = len(free), len(base)
    nearest, first, second = np.empty(d, np.uint32), np.empty(d), np.empty(d)
    loss, extra = np.empty(n + 1), np.zeros(n + 1)
    for made in range(rounds):
        two_nearest(site_indptr, site_point, cost, base, is_open, nearest, first, second)
        loss[:] = 0.0
        for i in range(d):
            loss[nearest[i]] += second[i] - first[i]
        short = (usage < low - EPS).any()
        best, best_in, best_out = 1e-7, -1, -1
        added, add = -1.0 if short else 1e-7, -1
        for j in range(n):
            if is_open[j] or not free[j]:
                continue
            saving = saved_by(j, site_indptr, site_point, cost, nearest, first, second, extra)
            if (
                saving > added
                and has_room(j, rule_indptr, rule_row, rule_coef, low, high, usage)
                and (not short or is_needed(j, rule_indptr, rule_row, rule_coef, low, high, usage))
            ):
                added, add = saving, j
            if add >= 0:
                continue
            for r in range(n):
                if not is_open[r] or not free[r]:
                    continue
                gain = saving + extra[r] - loss[r]
                if (
                    gain > best
                    and gain > ROUNDING * (saving + extra[r] + loss[r])
                    and may_replace(r, j, rule_indptr, rule_row, rule_coef, low, high, usage)
                ):
                    best, best_in, best_out = gain, j, r
        if add >= 0:
            best_in, best_out = add, -1
        if best_in < 0:
            return made
        is_open[best_in] = True
        count_in_rows(best_in, 1.0, rule_indptr, rule_row, rule_coef, low, high, usage)
        if best_out >= 0:
            is_open[best_out] = False
            count_in_rows(best_out, -1.0, rule_indptr, rule_row, rule_coef, low, high, usage)
    return rounds
