"""Equity: how the walk to the nearest center is spread over people.

Values are minutes, a burden; weights are people. Measures are over those who reach a center at all; the others are
counted apart, for no number of minutes stands for "never". A demand point with w people counts as w people with the
same walk, so every measure equals that of the list of persons, and a share that ends inside of a demand point takes a
fraction of its people.

Lead with coverage, the worst-off tenth and the 90th percentile. The Gini index is relative: it halves when everybody
walks ten minutes more.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from geo.coverage.coverage import shares, walk_summary, weighted_quantile
from geo.params import MINUTE_S, TIE_S

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pandas import DataFrame

FloatArray = NDArray[np.float64]

WORST: Final = 0.1
BEST: Final = 0.4
"""Palma, J. G. (2011), Homogeneous middles vs. heterogeneous tails, Development and Change 42: the top tenth against
the bottom four tenths."""


@dataclass(frozen=True)
class Theil:
    """Theil's T: total = between + within the groups of a partition."""

    total: float
    between: float
    within: float


@dataclass(frozen=True)
class Equity:
    """The spread of one group's walk.

    Attributes:
        reached, unreached: people in the measures, people left out of them.
        mean, median, p90: minutes.
        worst_tenth: mean minutes of the tenth that walks longest.
        gini: 0 if all walk alike.
        theil: between and within the jurisdictions.
        palma: minutes walked by the worst-off tenth over those walked by the best-off four tenths, as shares of all.
    """

    reached: float
    unreached: float
    mean: float
    median: float
    p90: float
    worst_tenth: float
    gini: float
    theil: Theil
    palma: float


def equity(seconds: FloatArray, people: FloatArray, unit: NDArray[np.int64]) -> Equity:
    """All measures for one group of residents.

    Args:
        seconds: float64 (d,); the walk to the nearest center, inf where none is reached.
        people: float64 (d,).
        unit: int64 (d,); the jurisdictions between and within which Theil's T is split, from 0.
    """
    there = np.isfinite(seconds) & (people > 0)
    minutes, weight = seconds[there] / MINUTE_S, people[there]
    reached = float(weight.sum())
    return Equity(
        reached=reached,
        unreached=float(people.sum()) - reached,
        mean=float(weight @ minutes) / reached if reached else float("nan"),
        median=weighted_quantile(minutes, weight, 0.5),
        p90=weighted_quantile(minutes, weight, 0.9),
        worst_tenth=mean_of_worst(minutes, weight),
        gini=gini(minutes, weight),
        theil=theil(minutes, weight, unit[there]),
        palma=palma(minutes, weight),
    )


def gini(values: FloatArray, weights: FloatArray) -> float:
    """Gini index of values >= 0: one minus twice the area under the Lorenz curve; NaN where nothing adds up."""
    order = np.argsort(values, kind="stable")
    weight, amount = weights[order], (weights * values)[order]
    total = weight.sum() * amount.sum()
    if not total > 0:
        return float("nan")
    upper = np.cumsum(amount)
    return float(1 - (weight @ (2 * upper - amount)) / total)


def theil(values: FloatArray, weights: FloatArray, group: NDArray[np.int64]) -> Theil:
    """Theil's T of values >= 0, split between and within groups numbered from 0; 0 ln 0 = 0.

    Theil, H. (1967), Economics and Information Theory.
    """
    amount = weights * values
    whole, people = amount.sum(), weights.sum()
    if not whole > 0:
        return Theil(*[float("nan")] * 3)
    total = _divergence(amount / whole, weights / people)
    sums, sizes = np.bincount(group, weights=amount), np.bincount(group, weights=weights)
    between = _divergence(sums / whole, sizes / people)
    return Theil(total, between, total - between)


def palma(values: FloatArray, weights: FloatArray) -> float:
    """What the worst-off tenth bears over what the best-off four tenths bear; inf where these bear nothing."""
    worst, best = _sum_of_top(values, weights, WORST), -_sum_of_top(-values, weights, BEST)
    if not weights.sum() > 0:
        return float("nan")
    return float(worst / best) if best > 0 else float("inf") if worst > 0 else float("nan")


def mean_of_worst(values: FloatArray, weights: FloatArray, share: float = WORST) -> float:
    """Mean of the share of people with the highest values; NaN for nobody."""
    part = share * weights.sum()
    return float(_sum_of_top(values, weights, share) / part) if part > 0 else float("nan")


def by_unit(
    seconds: FloatArray, people: FloatArray, unit: NDArray[np.int64], codes: Sequence[str], cutoff_s: float
) -> DataFrame:
    """Unit against unit: code, residents, covered share, mean, median, 90th percentile and worst tenth, unreached.

    Args:
        seconds: float64 (d,); inf where no center is reached.
        people: float64 (d,).
        unit: int64 (d,); index into `codes`.
        codes: u texts.
        cutoff_s: what counts as covered.
    """
    from pandas import DataFrame

    order = np.argsort(unit, kind="stable")
    members = np.split(order, np.cumsum(np.bincount(unit, minlength=len(codes)))[:-1])
    rows = []
    for code, here in zip(codes, members, strict=True):
        time, who = seconds[here], people[here]
        there = np.isfinite(time)
        walk = walk_summary(time, who[:, None])
        rows.append(
            {
                "code": code,
                "residents": who.sum(),
                "covered_share": float(shares(who[time <= cutoff_s + TIE_S].sum(), who.sum())),
                "mean": walk.mean[0],
                "median": walk.median[0],
                "p90": walk.p90[0],
                "worst_tenth": mean_of_worst(time[there] / MINUTE_S, who[there]),
                "unreached": walk.unreached[0],
            }
        )
    return DataFrame(rows)


def _sum_of_top(values: FloatArray, weights: FloatArray, share: float) -> float:
    """Sum over the share of people with the highest values; the last demand point gives a fraction of its people."""
    order = np.argsort(-values, kind="stable")
    weight = weights[order]
    before = np.concatenate(([0.0], np.cumsum(weight)[:-1]))
    taken = np.clip(share * weights.sum() - before, 0.0, weight)
    return float(taken @ values[order])


def _divergence(part: FloatArray, size: FloatArray) -> float:
    """Sum of part ln(part / size) over the parts above 0."""
    some = part > 0
    return float((part[some] * np.log(part[some] / size[some])).sum())
