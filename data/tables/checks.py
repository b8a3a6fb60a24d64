"""Checks: what must hold between the columns of a table, and between tables."""

from __future__ import annotations

import pandas as pd

from data.tables.columns import Table, level_of, parent_of
from data.tables.faults import TableFault, fault
from data.tables.frames import unknown_references
from data.tables.schema import AGE_COLUMNS, CENTERS, JURISDICTIONS, SERVICE_POINTS
from geo.people.residents import MISMATCH_PEOPLE


def center_faults(centers: pd.DataFrame, jurisdictions: pd.DataFrame) -> list[TableFault]:
    """Faults of centers: unknown jurisdictions, joint centers without partners."""
    faults = joint_faults(centers)
    if len(jurisdictions):
        codes = set(jurisdictions["code"].dropna())
        for name in ("home", "governing"):
            faults += unknown_references(centers, CENTERS[name], codes, JURISDICTIONS)
    return faults


def service_point_faults(service_points: pd.DataFrame, centers: pd.DataFrame) -> list[TableFault]:
    """Faults of service points: unknown centers, local extras without a name."""
    strangers = unknown_references(service_points, SERVICE_POINTS["center"], set(centers["id"].dropna()), CENTERS)
    return strangers + nameless_faults(service_points)


def nameless_faults(service_points: pd.DataFrame) -> list[TableFault]:
    """A fault for each local extra without a name."""
    nameless = (service_points["service"] == "extra") & service_points["name"].isna()
    return [fault("extra_needs_name", "name", row=int(i) + 1) for i in nameless.to_numpy().nonzero()[0]]


def record_faults(table: Table, frame: pd.DataFrame, jurisdictions: pd.DataFrame) -> list[TableFault]:
    """Faults of whole records that would be kept in a table, beyond those of single cells and of references between
    the tables: a workspace with one of them does not open."""
    if table is CENTERS:
        return center_faults(frame, jurisdictions)
    return nameless_faults(frame) if table is SERVICE_POINTS else []


def joint_faults(centers: pd.DataFrame) -> list[TableFault]:
    """A fault for each joint center that is governed by fewer than two jurisdictions."""
    lonely = centers["joint"].to_numpy(dtype=bool) & (centers["governing"].map(len).to_numpy(dtype=int) < 2)
    return [
        fault("joint_needs_several", "governing", row=row, value="; ".join(codes))
        for row, (alone, codes) in enumerate(zip(lonely, centers["governing"], strict=True), start=1)
        if alone
    ]


def population_faults(demand: pd.DataFrame) -> list[TableFault]:
    """Faults of rows that give no residents, or a total other than the sum of its age groups."""
    groups, total = demand[list(AGE_COLUMNS)], demand["population"]
    summed = groups.sum(axis=1, skipna=False)
    empty = (total.isna() & summed.isna()).to_numpy()
    differs = ((total - summed).abs() > MISMATCH_PEOPLE).to_numpy()
    faults = [fault("no_population", "population", row=int(i) + 1) for i in empty.nonzero()[0]]
    for i in differs.nonzero()[0]:
        value, groups_total = f"{total.iloc[i]:g}", f"{summed.iloc[i]:g}"
        faults.append(fault("population_mismatch", "population", row=int(i) + 1, value=value, total=groups_total))
    return faults


def with_totals(demand: pd.DataFrame) -> pd.DataFrame:
    """Demand points with `population` filled by the sum of the age groups where it is missing."""
    summed = demand[list(AGE_COLUMNS)].sum(axis=1, skipna=False)
    return demand.assign(population=demand["population"].fillna(summed))


def with_levels(jurisdictions: pd.DataFrame) -> pd.DataFrame:
    """Raw jurisdictions with `level` and `parent` read from the code where they are not given."""
    filled = jurisdictions.copy()
    codes = filled["code"].astype("str")  # an empty one stays missing, to be named as a fault
    levels, parents = codes.map(level_of, na_action="ignore"), codes.map(parent_of, na_action="ignore")
    for name, derived in (("level", levels), ("parent", parents)):
        filled[name] = filled[name].where(filled[name].notna(), derived) if name in filled else derived
    return filled


def govern(centers: pd.DataFrame) -> pd.DataFrame:
    """Centers with `governing` filled by the home where it is empty."""
    homes = centers["home"].astype("object").where(centers["home"].notna(), None)
    governing = [codes or ((home,) if home else ()) for codes, home in zip(centers["governing"], homes, strict=True)]
    return centers.assign(governing=pd.Series(governing, index=centers.index, dtype="object"))
