"""Sharing: what open borders are worth, the account between jurisdictions, and what its tables hold. No Streamlit.

Two ways to close a border. *Each with its own*: residents may walk to centers that a unit of theirs governs; a joint
center stays everybody's who governs it. *Each on its own ground*: every center is left to the jurisdiction alone where
it stands, so joint centers count as shared too. The second is what a map shows and what a leader asks; the difference
between the two is what joint governance gives.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.coverage.coverage import shares
from geo.coverage.ledger import Ledger

if TYPE_CHECKING:
    from scipy.sparse import csr_array

    from geo.coverage.assessment import Assessment

FloatArray = NDArray[np.float64]
Credit = Literal["shared", "full"]

CREDITS: Final[tuple[Credit, ...]] = ("shared", "full")
LARGEST_FLOWS: Final = 8
MOST_UNITS: Final = 24
"""Rows and columns of the matrix; what is smaller is summed up."""

TOTAL: Final = "total"
REST: Final = "rest"
TWICE: Final = "twice"
UNSERVED: Final = "unserved"
RESIDENTS: Final = "residents"
"""Rows and columns of the matrix that are no unit's."""


@dataclass(frozen=True, eq=False)
class Sharing:
    """The account at one level, cutoff and service.

    Attributes:
        level: one of `geo.coverage.jurisdiction.LEVELS`.
        service: one of the services, or None for any center.
        account: homes against those who govern the centers.
        ground: the same with each center governed by its site alone.
    """

    level: str
    service: str | None
    account: Ledger
    ground: Ledger

    @classmethod
    def of(cls, assessment: Assessment, level: str, minutes: float, service: str | None) -> Sharing:
        """Draw up both ledgers; tens of milliseconds once the pair table is made."""
        account = assessment.ledger(level, minutes=minutes, service=service)
        return cls(level, service, account, assessment.ledger(level, minutes=minutes, service=service, by_site=True))

    @property
    def residents(self) -> float:
        """All of them."""
        return float(self.account.residents.sum())

    @property
    def covered(self) -> float:
        """Residents with any center in time."""
        return float(self.account.covered_open.sum())

    @property
    def worth(self) -> float:
        """Residents who are covered only because centers serve beyond the ground on which they stand."""
        return float(self.ground.worth.sum())

    @property
    def worth_joint(self) -> float:
        """Of these, those who have a center of their own in time only by joint governance."""
        return self.worth - float(self.account.worth.sum())

    @property
    def n_inhabited(self) -> int:
        """Units where somebody lives, "outside" not counted."""
        return int((self.account.residents[:-1] > 0).sum())

    def balance(self, credit: Credit) -> pd.DataFrame:
        """One row a unit with residents or with somebody whom it serves, most worth first.

        Columns: code, residents, covered, on_own_ground, with_joint, worth, unserved, imports, exports, net; covered
        are residents, `on_own_ground` and `with_joint` those of them who keep a center where borders are closed in
        either way. Net imports add up to 0.
        """
        across = self.across(credit)
        imports, exports = np.asarray(across.sum(axis=1)).ravel(), np.asarray(across.sum(axis=0)).ravel()
        by_code = dict(zip(self.ground.governance.codes, self.ground.covered_closed, strict=True))
        frame = pd.DataFrame(
            {
                "code": self.account.governance.codes,
                "residents": self.account.residents,
                "covered": self.account.covered_open,
                "on_own_ground": [by_code.get(code, 0.0) for code in self.account.governance.codes],
                "with_joint": self.account.covered_closed,
                "unserved": self.account.unserved,
                "imports": imports,
                "exports": exports,
                "net": imports - exports,
            }
        )
        frame.insert(5, "worth", frame["covered"] - frame["on_own_ground"])
        frame = frame[(frame["residents"] > 0) | (frame["exports"] > 0)]
        return frame.sort_values(["worth", "residents", "code"], ascending=[False, False, True], ignore_index=True)

    def credited(self, credit: Credit) -> csr_array:
        """(u, u); residents by home and governor of the center that serves them."""
        return self.account.served if credit == "shared" else self.account.full

    def across(self, credit: Credit) -> csr_array:
        """The same without what is a unit's own."""
        credited = self.credited(credit)
        return (credited - credited.multiply(self.account.governance.own)).tocsr()

    def flows(self, credit: Credit) -> pd.DataFrame:
        """One row a home unit and another that serves it: home, server, residents; most residents first."""
        entries = self.across(credit).tocoo()
        codes = np.array(self.account.governance.codes, dtype=object)
        frame = pd.DataFrame({"home": codes[entries.row], "server": codes[entries.col], "residents": entries.data})
        frame = frame[frame["residents"] > 0]
        return frame.sort_values(["residents", "home", "server"], ascending=[False, True, True], ignore_index=True)

    def borders(self) -> pd.DataFrame:
        """One row a border, by residents who would lose their center if all closed: one, other, residents.

        A border is the one that they cross to their nearest center, both directions together; the credit of a center
        that stands on no unit's ground goes to "".
        """
        entries = self.ground.lost.tocoo()
        codes = np.array(self.ground.governance.codes, dtype=object)
        pair = np.sort(np.column_stack([codes[entries.row], codes[entries.col]]).astype(str), axis=1)
        frame = pd.DataFrame({"one": pair[:, 0], "other": pair[:, 1], "residents": entries.data})
        frame = frame.groupby(["one", "other"])["residents"].sum().reset_index()
        frame = frame[(frame["residents"] > 0) & (frame["one"] != frame["other"])]
        return frame.sort_values(["residents", "one", "other"], ascending=[False, True, True], ignore_index=True)

    def served_by(self, center: int) -> tuple[float, float]:
        """Residents for whom a center is the nearest: all, and those who live beyond the ground where it stands."""
        governance, served = self.ground.governance, self.ground.by_center[:, [center]].toarray().ravel()
        own = (governance.governors[[center]] @ governance.own.T).toarray().ravel() > 0
        return float(served.sum()), float(served[~own].sum())

    def matrix(self, credit: Credit) -> pd.DataFrame:
        """Residents by home (rows) and governor (columns), by code, closed by totals that add up.

        Units with the largest exchange keep a row and a column, at most MOST_UNITS; at village level only those with
        an exchange. The rest is summed into REST. Then, of each row: TWICE (with full credit, what the columns count
        more than once, a negative number), UNSERVED and RESIDENTS, which is the sum of all before it.
        """
        credited, across = self.credited(credit), self.across(credit)
        out, into = np.asarray(across.sum(axis=1)).ravel(), np.asarray(across.sum(axis=0)).ravel()
        lived = self.account.residents > 0
        serves = np.asarray(credited.sum(axis=0)).ravel() > 0
        rows, columns = self._kept(lived, out), self._kept(serves, into)
        kept = credited[rows][:, columns].toarray()
        codes = np.array(self.account.governance.codes, dtype=object)
        frame = pd.DataFrame(kept, index=codes[rows], columns=codes[columns])
        in_row = np.asarray(credited.sum(axis=1)).ravel()
        if serves.sum() > len(columns):
            frame[REST] = in_row[rows] - kept.sum(axis=1)
        if credit == "full" and not np.allclose(in_row, self.account.covered_open):
            frame[TWICE] = self.account.covered_open[rows] - in_row[rows]
        frame[UNSERVED] = self.account.unserved[rows]
        frame[RESIDENTS] = self.account.residents[rows]
        whole = self._totals(frame, credited, columns)
        if lived.sum() > len(rows):
            frame.loc[REST] = whole - frame.sum()
        frame.loc[TOTAL] = whole
        return frame

    def _kept(self, some: NDArray[np.bool_], exchange: FloatArray) -> NDArray[np.intp]:
        """Units that keep a line of their own, by code."""
        chosen = np.flatnonzero(some & (exchange > 0) if self.level == "village" else some)
        largest = chosen[np.argsort(-exchange[chosen], kind="stable")[:MOST_UNITS]]
        return np.sort(largest)

    def _totals(self, frame: pd.DataFrame, credited: csr_array, columns: NDArray[np.intp]) -> pd.Series[float]:
        by_unit = np.asarray(credited.sum(axis=0)).ravel()
        totals = dict(zip(frame.columns[: len(columns)], by_unit[columns], strict=True))
        totals[REST] = by_unit.sum() - by_unit[columns].sum()
        totals[TWICE] = self.covered - by_unit.sum()
        totals[UNSERVED] = float(self.account.unserved.sum())
        totals[RESIDENTS] = self.residents
        return pd.Series([totals[name] for name in frame.columns], index=frame.columns)


def access_by_unit(per_thousand: FloatArray, people: FloatArray, unit: NDArray[np.int64], size: int) -> FloatArray:
    """Mean supply per 1,000 residents of each unit, float64 (u,); NaN where nobody lives."""
    total = np.bincount(unit, weights=people, minlength=size)
    amount = np.bincount(unit, weights=people * per_thousand, minlength=size)
    return shares(amount.astype(np.float64), total.astype(np.float64))
