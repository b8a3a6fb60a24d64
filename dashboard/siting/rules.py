"""SiteRules: what the page demands of the new sites besides their aim, and how a link writes it down.

Knows no Streamlit.

    350505101000_1_2~350505102000_0_1

are quotas: one or two new sites in the first town, at most one in the second.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from data.tables.codes import Words
from geo.errors import MissingValuesError
from geo.siting.rules import Budget, Capacity, Quota, Rule, Spacing, floors

if TYPE_CHECKING:
    from geo.siting.candidates import Candidates
    from geo.siting.ground import SiteGround

Floats = NDArray[np.float64]

JOINT: Final = "~"
"""Between quotas; it needs no percent-encoding."""
MOST: Final = 99
"""Sites that a quota may ask for."""
LARGEST: Final = 10_000_000.0
"""Of an amount: money, meters, people."""
HEAVIEST: Final = 100.0
"""Weight of an age group."""
COST: Final = Words("费用", "cost")

_QUOTA: Final = re.compile(r"(\d{12})_(\d{1,2})_(\d{1,2})?")
_AMOUNT: Final = re.compile(r"\d{1,8}(\.\d{1,3})?")


@dataclass(frozen=True, slots=True)
class TownQuota:
    """Between `least` and `most` new sites in a town; `most` None: no upper limit."""

    town: str
    least: int = 0
    most: int | None = None

    @property
    def text(self) -> str:
        """As a link has it."""
        return f"{self.town}_{self.least}_{'' if self.most is None else self.most}"


@dataclass(frozen=True, slots=True)
class SiteRules:
    """Demands on a choice of new sites; None demands nothing.

    Attributes:
        least: share (0 to 1) of its residents that each town should have covered.
        spacing_m: no two centers, at least one of them new, nearer to each other in a straight line.
        budget, price: money for all new sites, and what one costs, in the same unit; a price of None takes each
            candidate's own cost.
        capacity: residents whom a new site can serve; None takes each candidate's own, where one is known.
        quotas: new sites by town.
    """

    least: float = 0.0
    spacing_m: float | None = None
    budget: float | None = None
    price: float | None = None
    capacity: float | None = None
    quotas: tuple[TownQuota, ...] = ()

    def of_engine(
        self, ground: SiteGround, candidate_towns: Sequence[str], resident_towns: Sequence[str]
    ) -> list[Rule]:
        """The engine's rules; towns go by their codes.

        Args:
            ground: its rows are the candidates, then today's centers.
            candidate_towns: n codes, "" outside of all towns.
            resident_towns: d codes.

        Raises:
            MissingValuesError: a budget, and candidates without a cost.
        """
        rest = len(ground.existing_ids)
        rules: list[Rule] = [floor for floor in floors(resident_towns, self.least) if floor.name and self.least]
        if self.spacing_m:
            rules.append(Spacing.of(ground.site_xy, self.spacing_m))
        if self.budget is not None:
            rules.append(Budget(np.append(self.costs(ground.candidates), np.zeros(rest)), self.budget))
        room = self.rooms(ground.candidates)
        if np.isfinite(room).any():
            rules.append(Capacity(np.append(room, np.full(rest, np.inf))))
        towns = np.array(candidate_towns, dtype=str)
        for quota in self.quotas:
            members = np.append(towns == quota.town, np.zeros(rest, np.bool_))
            rules.append(Quota(quota.town, members, quota.least, quota.most))
        return rules

    def costs(self, candidates: Candidates) -> Floats:
        """float64 (n,); what each candidate costs.

        Raises:
            MissingValuesError: not known for all.
        """
        if self.price is not None:
            return np.full(len(candidates), self.price)
        unknown = np.flatnonzero(np.isnan(candidates.cost))
        if len(unknown):
            first = candidates.names[unknown[0]]
            raise MissingValuesError(column=COST, count=len(unknown), all=len(candidates), first=first)
        return candidates.cost

    def rooms(self, candidates: Candidates) -> Floats:
        """float64 (n,); residents whom each candidate can serve, inf for no limit."""
        return candidates.capacity if self.capacity is None else np.full(len(candidates), self.capacity)


UNRULED: Final = SiteRules(capacity=np.inf)
"""No demands at all, not even those that a file of candidates states."""


# ---- as a link has them -------------------------------------------------------------------------------------


def is_amount(text: str) -> bool:
    """Whether a text is a number above 0."""
    return _AMOUNT.fullmatch(text) is not None and 0 < float(text) <= LARGEST


def written_quotas(quotas: Iterable[TownQuota]) -> str | None:
    """Quotas as a link has them; those that demand nothing are left out; None for none."""
    demanding = [quota for quota in quotas if quota.least or quota.most is not None]
    return JOINT.join(quota.text for quota in sorted(demanding, key=lambda quota: quota.town)) or None


def read_quotas(text: object, towns: Sequence[str]) -> tuple[TownQuota, ...] | None:
    """The quotas of a link, or None where it says something else.

    Args:
        towns: codes that may be named, each once.
    """
    if text is None:
        return ()
    if not isinstance(text, str):
        return None
    found = [_QUOTA.fullmatch(part) for part in text.split(JOINT)]
    quotas = [TownQuota(m[1], int(m[2]), None if m[3] is None else int(m[3])) for m in found if m is not None]
    named = [quota.town for quota in quotas]
    if len(quotas) < len(found) or len(set(named)) < len(named) or not set(named) <= set(towns):
        return None
    return tuple(quotas)


def written_weights(weights: Iterable[float]) -> str:
    """Weights of the age groups as a link has them: 1_1_2."""
    return "_".join(f"{weight:g}" for weight in weights)


def read_weights(text: object, groups: int) -> tuple[float, ...] | None:
    """The weights of a link, one for each of so many groups, not all of them 0; None where it says something else."""
    parts = text.split("_") if isinstance(text, str) else []
    if len(parts) != groups or not all(_AMOUNT.fullmatch(part) for part in parts):
        return None
    weights = tuple(map(float, parts))
    return weights if any(weights) and max(weights) <= HEAVIEST else None
