"""The siting kernels: merging demand, opening and swapping sites, descending Lagrangian bounds; compiled by Numba.

Everywhere n sites, m classes of demand, in both directions: `site_indptr` (n + 1,), `site_class` lists the classes of
each site; `class_indptr` (m + 1,), `class_site` the sites of each class. `weight` (m,) is people. Rules are rows
`low <= sum of coef over the open sites <= high`, listed by site: `rule_indptr` (n + 1,), `rule_row`, `rule_coef`; all
coefficients are positive. A state is `is_open` (n,), `count` (m,) open sites that cover a class, `gain` (n,) people
that opening a site would add, `usage` of each rule row. Gains are kept exact instead of being recomputed lazily: a
class is passed once when it becomes covered, so a whole greedy run costs one pass over the pairs.
"""

from __future__ import annotations

import numpy as np
from numba import njit, types

from geo.engine.kernels import OPTIONS, u4
from geo.engine.signatures import B1, F8, F8X2, I8, OUT_F8, OUT_I8, OUT_U4, U4, Tuple, boolean, float64, int64

void = types.void
OUT_B1 = types.Array(boolean, 1, "C")
U8X2 = types.Array(types.uint64, 2, "C", readonly=True)
OUT_U8X2 = types.Array(types.uint64, 2, "C")
EPS = 1e-9

COVER = (I8, U4, I8, U4, F8)
RULES = (I8, U4, F8, F8, F8)
STATE = (OUT_B1, OUT_U4, OUT_F8, OUT_F8)


@njit(Tuple((OUT_I8, OUT_U4))(I8, U4, F8, float64, B1, B1), **OPTIONS)
def sites_by_demand(indptr, index, seconds, limit_s, site_wanted, demand_wanted):
    """Pairs within the limit turned round: (indptr (d + 1,), sites in rising order)."""
    d = len(demand_wanted)
    starts = np.zeros(d + 1, np.int64)
    for s in range(len(indptr) - 1):
        if site_wanted[s]:
            for k in range(indptr[s], indptr[s + 1]):
                if seconds[k] <= limit_s and demand_wanted[index[k]]:
                    starts[index[k] + u4(1)] += 1
    for i in range(d):
        starts[i + 1] += starts[i]
    out, at = np.empty(starts[d], np.uint32), starts[:-1].copy()
    for s in range(len(indptr) - 1):
        if site_wanted[s]:
            for k in range(indptr[s], indptr[s + 1]):
                if seconds[k] <= limit_s and demand_wanted[index[k]]:
                    i = index[k]
                    out[at[i]] = u4(s)
                    at[i] += 1
    return starts, out


@njit(Tuple((OUT_I8, OUT_U4))(I8, U4, int64), **OPTIONS)
def turned(indptr, index, columns):
    """The same incidence listed by column: (indptr (columns + 1,), rows in rising order)."""
    starts = np.zeros(columns + 1, np.int64)
    for k in range(len(index)):
        starts[index[k] + u4(1)] += 1
    for i in range(columns):
        starts[i + 1] += starts[i]
    out, at = np.empty(len(index), np.uint32), starts[:-1].copy()
    for row in range(len(indptr) - 1):
        for k in range(indptr[row], indptr[row + 1]):
            i = index[k]
            out[at[i]] = u4(row)
            at[i] += 1
    return starts, out


@njit(OUT_U8X2(I8, U4, U8X2), **OPTIONS)
def set_keys(indptr, index, salt):
    """A 128-bit key (rows, 2) of each row's set: the sum of its members' salts."""
    keys = np.zeros((len(indptr) - 1, 2), np.uint64)
    for row in range(len(indptr) - 1):
        for k in range(indptr[row], indptr[row + 1]):
            keys[row, 0] += salt[index[k], 0]
            keys[row, 1] += salt[index[k], 1]
    return keys


@njit(OUT_B1(I8, I8, U4, I8), **OPTIONS)
def differs_from_previous(order, indptr, index, group):
    """Along `order`: whether a row's group or list differs from the one before; equal keys are thereby verified."""
    new = np.ones(len(order), np.bool_)
    for p in range(1, len(order)):
        a, b = order[p - 1], order[p]
        if group[a] != group[b] or indptr[a + 1] - indptr[a] != indptr[b + 1] - indptr[b]:
            continue
        same = True
        for k in range(indptr[a + 1] - indptr[a]):
            if index[indptr[a] + k] != index[indptr[b] + k]:
                same = False
                break
        new[p] = not same
    return new


@njit(void(int64, float64, *RULES, OUT_F8), **OPTIONS)
def count_in_rows(j, times, rule_indptr, rule_row, rule_coef, low, high, usage):
    """Add what site j uses of each row to `usage`, so many times."""
    for k in range(rule_indptr[j], rule_indptr[j + 1]):
        usage[rule_row[k]] += times * rule_coef[k]


@njit(void(int64, *COVER, *RULES, *STATE), **OPTIONS)
def open_site(j, site_indptr, site_class, class_indptr, class_site, weight,
              rule_indptr, rule_row, rule_coef, low, high, is_open, count, gain, usage):  # fmt: skip
    """Open a closed site."""
    is_open[j] = True
    for k in range(site_indptr[j], site_indptr[j + 1]):
        c = site_class[k]
        if count[c] == 0:
            for q in range(class_indptr[c], class_indptr[c + u4(1)]):
                gain[class_site[q]] -= weight[c]
        count[c] += u4(1)
    count_in_rows(j, 1.0, rule_indptr, rule_row, rule_coef, low, high, usage)


@njit(void(int64, *COVER, *RULES, *STATE), **OPTIONS)
def close_site(j, site_indptr, site_class, class_indptr, class_site, weight,
               rule_indptr, rule_row, rule_coef, low, high, is_open, count, gain, usage):  # fmt: skip
    """Close an open site; its gain is then what only it covered."""
    is_open[j] = False
    for k in range(site_indptr[j], site_indptr[j + 1]):
        c = site_class[k]
        count[c] -= u4(1)
        if count[c] == 0:
            for q in range(class_indptr[c], class_indptr[c + u4(1)]):
                gain[class_site[q]] += weight[c]
    count_in_rows(j, -1.0, rule_indptr, rule_row, rule_coef, low, high, usage)


@njit(boolean(int64, *RULES, F8), **OPTIONS)
def has_room(j, rule_indptr, rule_row, rule_coef, low, high, usage):
    """Whether site j may be opened as far as upper limits go."""
    for k in range(rule_indptr[j], rule_indptr[j + 1]):
        row = rule_row[k]
        if usage[row] + rule_coef[k] > high[row] + EPS * (1 + abs(high[row])):
            return False
    return True


@njit(boolean(int64, *RULES, F8), **OPTIONS)
def is_needed(j, rule_indptr, rule_row, rule_coef, low, high, usage):
    """Whether site j helps a row that is below its lower limit."""
    needed = False
    for k in range(rule_indptr[j], rule_indptr[j + 1]):
        needed = needed or usage[rule_row[k]] < low[rule_row[k]] - EPS
    return needed


@njit(boolean(int64, int64, *RULES, F8), **OPTIONS)
def makes_good(r, j, rule_indptr, rule_row, rule_coef, low, high, usage):
    """Whether site j, opened after r was closed, restores every lower limit that r had kept."""
    for k in range(rule_indptr[r], rule_indptr[r + 1]):
        row = rule_row[k]
        if usage[row] < low[row] - EPS:
            extra = 0.0
            for q in range(rule_indptr[j], rule_indptr[j + 1]):
                if rule_row[q] == row:
                    extra += rule_coef[q]
            if usage[row] + extra < low[row] - EPS:
                return False
    return True


@njit(boolean(int64, int64, *RULES, OUT_F8), **OPTIONS)
def may_replace(r, j, rule_indptr, rule_row, rule_coef, low, high, usage):
    """Whether the rules let site j stand in the place of r, which is open."""
    count_in_rows(r, -1.0, rule_indptr, rule_row, rule_coef, low, high, usage)
    allowed = has_room(j, rule_indptr, rule_row, rule_coef, low, high, usage) and makes_good(
        r, j, rule_indptr, rule_row, rule_coef, low, high, usage
    )
    count_in_rows(r, 1.0, rule_indptr, rule_row, rule_coef, low, high, usage)
    return allowed


@njit(void(*COVER, *RULES, *STATE, B1, F8), **OPTIONS)
def greedy(site_indptr, site_class, class_indptr, class_site, weight,
           rule_indptr, rule_row, rule_coef, low, high, is_open, count, gain, usage, free, price):  # fmt: skip
    """Open the free site of the largest gain per price as long as there is one; first what lower limits need."""
    while True:
        short = False
        for row in range(len(low)):
            if usage[row] < low[row] - EPS:
                short = True
        best, best_rate = -1, 0.0
        for j in range(len(free)):
            if not free[j] or is_open[j] or (not short and gain[j] / price[j] <= best_rate + EPS):
                continue
            if short and (best >= 0 and gain[j] / price[j] <= best_rate):
                continue
            if short and not is_needed(j, rule_indptr, rule_row, rule_coef, low, high, usage):
                continue
            if has_room(j, rule_indptr, rule_row, rule_coef, low, high, usage):
                best, best_rate = j, gain[j] / price[j]
        if best < 0:
            return
        open_site(best, site_indptr, site_class, class_indptr, class_site, weight,
                  rule_indptr, rule_row, rule_coef, low, high, is_open, count, gain, usage)  # fmt: skip


@njit(void(*COVER, *RULES, *STATE, B1, int64), **OPTIONS)
def swap(site_indptr, site_class, class_indptr, class_site, weight,
         rule_indptr, rule_row, rule_coef, low, high, is_open, count, gain, usage, free, passes):  # fmt: skip
    """Exchange an open free site for a closed one while that covers more people."""
    for _ in range(passes):
        improved = False
        for r in range(len(free)):
            if not is_open[r] or not free[r]:
                continue
            close_site(r, site_indptr, site_class, class_indptr, class_site, weight,
                       rule_indptr, rule_row, rule_coef, low, high, is_open, count, gain, usage)  # fmt: skip
            best, best_gain = r, gain[r] + 1e-7
            for j in range(len(free)):
                if (
                    free[j] and not is_open[j] and gain[j] > best_gain
                    and has_room(j, rule_indptr, rule_row, rule_coef, low, high, usage)
                    and makes_good(r, j, rule_indptr, rule_row, rule_coef, low, high, usage)
                ):  # fmt: skip
                    best, best_gain = j, gain[j]
            open_site(best, site_indptr, site_class, class_indptr, class_site, weight,
                      rule_indptr, rule_row, rule_coef, low, high, is_open, count, gain, usage)  # fmt: skip
            improved = improved or best != r
        if not improved:
            return


@njit(float64(F8, F8, float64, OUT_F8), **OPTIONS)
def knapsack(score, price, room, taken):
    """Largest sum of score * taken with 0 <= taken <= 1 and the sum of price * taken within room; fills `taken`."""
    rate = np.empty(len(score))
    for j in range(len(score)):
        taken[j] = 0.0
        rate[j] = -score[j] / price[j] if price[j] > 0 else (-np.inf if score[j] > 0 else 0.0)
    value, left = 0.0, room
    for j in np.argsort(rate):
        if score[j] <= 0 or left <= 0:
            if score[j] <= 0:
                break
            if price[j] > 0:
                break
        taken[j] = 1.0 if price[j] <= left else left / price[j]
        value += score[j] * taken[j]
        left -= price[j] * taken[j]
    return value


@njit(float64(F8, F8X2, F8, OUT_F8, OUT_F8), **OPTIONS)
def least_knapsack(score, prices, rooms, least, spare):
    """The smallest `knapsack` over the rows of `prices` (b, n) and `rooms` (b,), whose choice fills `least` (n,)."""
    smallest = np.inf
    for b in range(len(rooms)):
        value = knapsack(score, prices[b], rooms[b], spare)
        if value < smallest:
            smallest = value
            least[:] = spare
    return smallest


@njit(void(boolean, float64, OUT_F8), **OPTIONS)
def pace(progress, shrink, control):
    """Shrink a subgradient's step factor, control[1], after ten rounds without progress, counted in control[2]."""
    control[2] = 0 if progress else control[2] + 1
    if control[2] >= 10:
        control[1] *= shrink
        control[2] = 0


@njit(void(*COVER, F8X2, F8, B1, float64, OUT_F8, OUT_F8, OUT_F8, OUT_F8, OUT_F8, int64), **OPTIONS)
def cover_descent(site_indptr, site_class, class_indptr, class_site, weight,
                  prices, rooms, free, incumbent, u, way, best_u, best_taken, control, rounds):  # fmt: skip
    """Lower the Lagrangian bound on the people that can be covered, by a deflected subgradient.

    u (m,) in [0, weight] prices the links "covered only if a site of its set is open"; for any such u,
    sum(weight - u) + knapsack of the sums of u bounds every choice. `prices` (b, n), `rooms` (b,) are the upper rules
    that the bound keeps, one at a time. `way` is the smoothed direction, `control` [best bound, step factor, rounds
    without progress].
    """
    n, m = len(free), len(weight)
    score, spare, least = np.empty(n), np.empty(n), np.empty(n)
    held = np.empty(m)
    for _ in range(rounds):
        bound = 0.0
        for c in range(m):
            bound += weight[c] - u[c]
        for j in range(n):
            total = 0.0
            if free[j]:
                for k in range(site_indptr[j], site_indptr[j + 1]):
                    total += u[site_class[k]]
            score[j] = total
        bound += least_knapsack(score, prices, rooms, least, spare)
        pace(bound < control[0] - 1e-4 * max(control[0] - incumbent, 1e-9), 0.85, control)
        if bound < control[0]:
            control[0] = bound
            best_u[:] = u
            best_taken[:] = least
        held[:] = 0.0
        for j in range(n):
            if least[j] > 0:
                for k in range(site_indptr[j], site_indptr[j + 1]):
                    held[site_class[k]] += least[j]
        norm = 0.0
        for c in range(m):
            way[c] = 0.6 * way[c] + 0.4 * (1.0 - held[c])
            if not ((way[c] > 0 and u[c] >= weight[c]) or (way[c] < 0 and u[c] <= 0)):
                norm += weight[c] * way[c] * way[c]
        if norm <= 0 or bound <= incumbent:
            return
        step = control[1] * (bound - incumbent) / norm
        for c in range(m):
            u[c] = min(max(u[c] + step * weight[c] * way[c], 0.0), weight[c])
