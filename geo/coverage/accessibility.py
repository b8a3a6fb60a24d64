"""Accessibility: how much supply there is for each resident, where supply is shared by those who can reach it.

Two-step floating catchment area, of demand points i with people P and supply places j with capacity S:

    R_j = S_j / sum over i of P_i w_ij        access_i = sum over j of R_j w_ij

2SFCA (Luo, W. & Wang, F. 2003, Environment and Planning B 30) has w = 1 within the cutoff. The enhanced form, E2SFCA
(Luo, W. & Qi, Y. 2009, Health & Place 15), weighs by bands of time. Beyond the cutoff w = 0: who reaches nothing has
access 0. Residents x access adds up to all supply that anybody can reach.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from geo.coverage.pairtable import PairTable
from geo.errors import ParameterError
from geo.params import MINUTE_S, TIE_S

FloatArray = NDArray[np.float64]

PER: Final = 1_000
"""Access is stated per so many residents."""


@dataclass(frozen=True, slots=True)
class Decay:
    """Weight by time: `weights[b]` up to `minutes[b]`, 0 beyond the last.

    Args:
        minutes: ends of the bands, rising.
        weights: of the bands, positive, never rising.
    """

    minutes: tuple[float, ...]
    weights: tuple[float, ...]

    def __post_init__(self) -> None:
        rising = all(a < b for a, b in zip(self.minutes, self.minutes[1:], strict=False))
        falling = all(a >= b for a, b in zip(self.weights, self.weights[1:], strict=False))
        fits = 0 < len(self.minutes) == len(self.weights) and self.minutes[0] > 0 and self.weights[-1] > 0
        if not (fits and rising and falling):
            raise ParameterError(
                name="decay",
                value=f"minutes {self.minutes}, weights {self.weights}",
                reason="not bands of falling weight",
                expected="as many weights as minutes; minutes rising, weights positive and not rising",
            )

    @classmethod
    def flat(cls, minutes: float) -> Decay:
        """2SFCA: everybody within the cutoff alike."""
        return cls((minutes,), (1.0,))

    def of(self, seconds: FloatArray) -> FloatArray:
        """Weights (pairs,) of times (pairs,) in seconds."""
        ends = np.asarray(self.minutes) * MINUTE_S + TIE_S
        return np.append(self.weights, 0.0)[np.searchsorted(ends, seconds)]


E2SFCA: Final = Decay((5.0, 10.0, 15.0), (1.0, 0.68, 0.22))
"""Luo & Qi's first set of weights, Gaussian in three bands of equal length (there 10, 20 and 30 minutes' drive)."""


@dataclass(frozen=True, eq=False)
class Access:
    """Supply for each resident.

    Attributes:
        per_thousand: float64 (d,); supply per 1,000 residents, 0 where nothing is reached.
        ratio: float64 (n,); supply of each place per person in its catchment (weighted), NaN where nobody reaches it.
        supply: total over the places.
        unreachable: the part of it that nobody can reach.
        unknown: places whose supply is not known; they are left out.
    """

    per_thousand: FloatArray
    ratio: FloatArray
    supply: float
    unreachable: float
    unknown: int


def floating_catchment(pairs: PairTable, supply: FloatArray, people: FloatArray, decay: Decay) -> Access:
    """2SFCA with `Decay.flat`, E2SFCA with bands.

    Args:
        pairs: d demand points and n places of supply, up to the last band at least.
        supply: float64 (n,); NaN where unknown.
        people: float64 (d,).
        decay: weights by time.
    """
    known = np.isfinite(supply)
    amount = np.where(known, supply, 0.0)
    weight = decay.of(pairs.seconds)
    crowd = np.bincount(pairs.center, weights=people[pairs.demand] * weight, minlength=pairs.n_centers)
    reached = crowd > 0
    ratio = np.divide(amount, crowd, out=np.full(len(amount), np.nan), where=reached & known)
    each = weight * np.nan_to_num(ratio)[pairs.center]
    return Access(
        per_thousand=np.asarray(PER * np.bincount(pairs.demand, weights=each, minlength=pairs.n_demand), np.float64),
        ratio=ratio,
        supply=float(amount.sum()),
        unreachable=float(amount[~reached].sum()),
        unknown=int((~known).sum()),
    )
