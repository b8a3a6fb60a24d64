"""The coverage report: an assessment as tables, read from files and written to a GeoPackage or a folder of CSV."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geo.coverage.accessibility import E2SFCA, Access
from geo.coverage.assessment import Assessment
from geo.coverage.coverage import shares
from geo.coverage.equity import by_unit
from geo.coverage.jurisdiction import LEVELS, Jurisdictions
from geo.coverage.sharing import distinct
from geo.coverage.supply import Supply
from geo.errors import DamagedFileError, FolderInUseError, OutputError, UnsupportedFormatError
from geo.output import STDOUT, check_output, whole_file, write_table
from geo.params import MINUTE_S, CoverageParams
from geo.people.residents import Residents
from geo.points import check_place, read_points
from geo.vectorfile import read_vector

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

    from geo.console import Progress
    from geo.streets.network import StreetNetwork

SHAREABLE: Final = ("elderly_care", "childcare", "culture")
"""Services that communities share a place for."""

ANY: Final = "any"
"""Stands for "a center, whatever it gives" where tables name a service."""
ALL_SERVICES: Final = "all"

GEOPACKAGE: Final = ".gpkg"
WGS84: Final = "EPSG:4326"


def read_assessment(
    network: StreetNetwork,
    params: CoverageParams,
    *,
    centers: Path,
    demand: Path,
    jurisdictions: Path | None = None,
    service_points: Path | None = None,
) -> Assessment:
    """Read the tables of an assessment.

    Args:
        network: the streets.
        params: profile, cutoffs, direction.
        centers: id, lon, lat; see `Supply.of` for the other columns.
        demand: lon, lat, population and/or age groups, village; see `Residents.of`.
        jurisdictions: polygons with code, name, level, parent; see `Jurisdictions.of`.
        service_points: center, service, lon, lat, capacity.

    Raises:
        AtlasError: as the readers say.
    """
    points = None if service_points is None else read_frame(service_points, "service_points", network)
    return Assessment(
        network=network,
        supply=Supply.of(read_frame(centers, "centers", network), points),
        residents=Residents.of(read_frame(demand, "demand", network)),
        jurisdictions=read_jurisdictions(jurisdictions, network.crs),
        params=params,
    )


def read_frame(path: Path, name: str, network: StreetNetwork | None = None) -> pd.DataFrame:
    """A table of points with the columns id, lon, lat and all others; not all of them may lie off the network."""
    table = read_points(path, table_name=name)
    if network is not None:
        check_place(table, *network.bounds_lonlat)
    lon, lat = table.lonlat.T
    return table.attributes.drop(columns=["id", "lon", "lat"], errors="ignore").assign(id=table.ids, lon=lon, lat=lat)


def read_jurisdictions(path: Path | None, crs: str) -> Jurisdictions:
    """Outlines from whatever GeoPandas reads; none where no file is named."""
    import geopandas

    if path is None:
        return Jurisdictions.none(crs)
    frame = read_vector(path, kind := "a table of outlines")
    if not isinstance(frame, geopandas.GeoDataFrame):
        raise DamagedFileError(path=path, kind=kind, reason="it holds no geometry")
    return Jurisdictions.of(frame, crs)


def tables(assessment: Assessment, progress: Progress | None = None) -> dict[str, pd.DataFrame]:
    """All tables by name; those with places are GeoDataFrames in EPSG:4326."""
    makers = {
        "coverage": coverage_table,
        "demand_points": demand_table,
        "ledger": ledger_table,
        "flows": flows_table,
        "arrows": arrow_table,
        "gaps": gap_table,
        "sharing": sharing_table,
        "access": access_table,
        "equity": equity_table,
        "units": unit_table,
    }
    made = {}
    for done, (name, make) in enumerate(makers.items()):
        if progress is not None:
            progress(name.replace("_", " "), done / len(makers))
        made[name] = make(assessment)
    return made


def coverage_table(assessment: Assessment) -> pd.DataFrame:
    """One row a service (`any`: a center, whatever it gives; `all`: every service), cutoff and group."""
    any_, by_service = assessment.coverage, assessment.services
    people = {ANY: any_.covered, **dict(zip(by_service.services, by_service.covered, strict=True))}
    people[ALL_SERVICES] = by_service.all_of_them
    rows = [
        {
            "service": service,
            "minutes": minutes,
            "group": group,
            "residents": any_.residents[g],
            "coverable": assessment.coverable[g],
            "covered": covered[k, g],
            "covered_share": float(shares(covered[k, g], any_.residents[g])),
            "covered_twice": any_.redundant[k, g] if service == ANY else np.nan,
        }
        for service, covered in people.items()
        for k, minutes in enumerate(any_.minutes)
        for g, group in enumerate(assessment.residents.groups)
    ]
    return pd.DataFrame(rows)


def demand_table(assessment: Assessment) -> GeoDataFrame:
    """One row a demand point: home, residents, nearest center, minutes (inf: out of reach), what is within reach."""
    from geopandas import GeoDataFrame

    residents, walk, found = assessment.residents, assessment.walk(), assessment.coverage
    ids = np.array([*assessment.supply.ids, ""], dtype=object)
    codes = np.array([*assessment.jurisdictions.codes, ""], dtype=object)
    columns = {"id": residents.ids, "home": codes[assessment.home_unit]}
    columns |= dict(zip(residents.groups, residents.people.T, strict=True))
    columns |= {"center": ids[walk.center], "minutes": (walk.seconds / MINUTE_S).round(3)}
    for k, minutes in enumerate(found.minutes):
        columns[f"centers_{minutes:g}_min"] = found.n_within[:, k]
        columns[f"services_{minutes:g}_min"] = assessment.services.n_services[:, k]
    for service, seconds in zip(assessment.services.services, assessment.services.seconds, strict=True):
        columns[f"minutes_{service}"] = (seconds / MINUTE_S).round(3)
    return GeoDataFrame(columns, geometry=shapely.points(residents.lonlat), crs=WGS84)


def ledger_table(assessment: Assessment) -> pd.DataFrame:
    """One row a level and unit, at the longest cutoff; `worth_by_site`: if a joint center were its site's alone."""
    frames = []
    for level in LEVELS:
        frame = assessment.ledger(level).to_frame()
        by_site = assessment.ledger(level, by_site=True)
        worth = pd.Series(by_site.worth, index=by_site.governance.codes).reindex(frame["code"], fill_value=0.0)
        frames.append(frame.assign(worth_by_site=worth.to_numpy()))
    return pd.concat(frames, ignore_index=True)


def flows_table(assessment: Assessment) -> pd.DataFrame:
    """One row a level and ordered pair of units, at the longest cutoff."""
    return pd.concat([assessment.ledger(level).flows_frame() for level in LEVELS], ignore_index=True)


def arrow_table(assessment: Assessment) -> GeoDataFrame:
    """One row a village or town and the center of others that serves it, at the longest cutoff, as a line."""
    frames = [assessment.arrows(assessment.ledger(level)).assign(level=level) for level in LEVELS]
    return pd.concat(frames, ignore_index=True)


def gap_table(assessment: Assessment) -> GeoDataFrame:
    """The gaps at the longest cutoff: in coverage by any center first, then by each service that is given anywhere."""
    supply = assessment.supply
    services = [supply.services[s] for s in np.flatnonzero(supply.gives.any(axis=0))]
    frames = []
    for service in (None, *services):
        frame = assessment.gaps(service).to_frame(assessment.jurisdictions, supply)
        frame.insert(0, "service", service or ANY)
        frames.append(frame)
    return pd.concat(frames, ignore_index=True)


def sharing_table(assessment: Assessment) -> GeoDataFrame:
    """One row an option and community: where a shared place could stand, and whom it would help.

    `distinct` marks options none of whose communities a better option helps.
    """
    from geopandas import GeoDataFrame

    governance = assessment.governance("village")
    columns = ["service", "kind", "option", "distinct", "community", "name", "gain", "gain_of_all", "site"]
    rows: list[tuple[object, ...]] = []
    for service in (service for service in SHAREABLE if service in assessment.supply.services):
        for kind in ("pair", "group"):
            options = assessment.sharing(service, pairs_only=kind == "pair")
            chosen = distinct(options)
            rows += [
                (
                    service,
                    kind,
                    number,
                    option in chosen,
                    governance.codes[c],
                    governance.names[c],
                    gain,
                    option.gain,
                    option.site,
                )
                for number, option in enumerate(options, start=1)
                for c, gain in zip(option.communities, option.gains, strict=True)
            ]
    frame = pd.DataFrame(rows, columns=columns)
    points = shapely.points(assessment.residents.lonlat[frame.pop("site").to_numpy(np.int64)])
    return GeoDataFrame(frame, geometry=points, crs=WGS84)


def access_table(assessment: Assessment) -> pd.DataFrame:
    """One row a service and method: supply per 1,000 residents, and who has none in reach."""
    people = assessment.residents.people[:, 0]
    rows = []
    for service in assessment.supply.services:
        methods = {"2SFCA": assessment.access(service)}
        if assessment.params.cutoffs.minutes[-1] >= E2SFCA.minutes[-1]:
            methods["E2SFCA"] = assessment.access(service, E2SFCA)
        rows += [{"service": service, "method": name} | _access_row(found, people) for name, found in methods.items()]
    return pd.DataFrame(rows)


def equity_table(assessment: Assessment) -> pd.DataFrame:
    """One row a group of residents; minutes to the nearest center, over those who reach one."""
    rows = []
    for group in assessment.residents.groups:
        found = assessment.equity(group)
        measures = {name: getattr(found, name) for name in found.__dataclass_fields__ if name != "theil"}
        theil = {f"theil_{name}": getattr(found.theil, name) for name in found.theil.__dataclass_fields__}
        rows.append({"group": group} | measures | theil)
    return pd.DataFrame(rows)


def unit_table(assessment: Assessment) -> pd.DataFrame:
    """Unit against unit, at each level."""
    seconds, people = assessment.walk().seconds, assessment.residents.people[:, 0]
    frames = []
    for level in LEVELS:
        governance = assessment.governance(level)
        frame = by_unit(seconds, people, governance.home, governance.codes, assessment.params.cutoffs.longest_s)
        frame.insert(0, "level", level)
        frame.insert(2, "name", governance.names)
        frames.append(frame)
    return pd.concat(frames, ignore_index=True)


def check_target(path: Path) -> None:
    """Refuse a target before anything is computed: it is a GeoPackage, or a folder that is new or empty.

    Raises:
        UnsupportedFormatError, OutputError, FolderInUseError: it cannot be written.
    """
    if path.suffix.lower() == GEOPACKAGE:
        check_output(path, (GEOPACKAGE,))
    elif path.suffix or path == STDOUT:
        raise UnsupportedFormatError(path=path, expected=f"{GEOPACKAGE}, or a folder for tables in CSV")
    elif path.is_file():
        raise OutputError(path=path, reason="it is a file")
    elif path.is_dir() and any(path.iterdir()):
        raise FolderInUseError(path=path)
    else:
        check_output(path.absolute().parent / "tables.csv", (".csv",))


def write_tables(made: dict[str, pd.DataFrame], path: Path) -> None:
    """Write all tables: layers of a GeoPackage, or CSV files in a folder with places as lon and lat. All or nothing."""
    with whole_file(path.absolute()) as scratch:
        if path.suffix.lower() == GEOPACKAGE:
            _write_geopackage(made, scratch)
            return
        scratch.mkdir()
        for name, frame in made.items():
            write_table(_flat(frame), scratch / f"{name}.csv")


def in_words(assessment: Assessment) -> str:
    """The result in a sentence, with what was left out of it."""
    found, residents = assessment.coverage, assessment.residents
    total = found.residents[0]
    off_street = residents.people[~assessment.homes.snapped, 0].sum()
    outside = residents.people[assessment.home_unit < 0, 0].sum()
    unmet = int((~assessment.doors.snapped).sum())
    notes = [
        f"{off_street:,.0f} live on no street" if off_street else "",
        f"{outside:,.0f} live outside of all jurisdictions" if outside and len(assessment.jurisdictions) else "",
        f"{unmet} of {len(assessment.doors)} doors of centers are on no street" if unmet else "",
        f"the age of {residents.unknown_age:,.0f} is not known" if residents.unknown_age else "",
    ]
    share = f" ({found.covered[-1, 0] / total:.1%})".replace("%", " %") if total else ""
    covered = f"{found.covered[-1, 0]:,.0f} of {total:,.0f} residents{share}"
    sentence = f"{covered} have an open center within {found.minutes[-1]:g} minutes"
    return "; ".join([sentence, *filter(None, notes)]) + "."


def _write_geopackage(made: dict[str, pd.DataFrame], path: Path) -> None:
    import pyogrio

    for name, frame in made.items():
        pyogrio.write_dataframe(frame, path, layer=name, driver="GPKG")


def _flat(frame: pd.DataFrame) -> pd.DataFrame:
    """Without geometry; points become lon and lat."""
    if not hasattr(frame, "geometry"):
        return frame
    shapes = frame.geometry
    plain = pd.DataFrame(frame.drop(columns=shapes.name))
    return plain.assign(lon=shapes.x.round(7), lat=shapes.y.round(7)) if (shapes.geom_type == "Point").all() else plain


def _access_row(found: Access, people: NDArray[np.float64]) -> dict[str, float]:
    return {
        "supply": found.supply,
        "supply_out_of_reach": found.unreachable,
        "places_of_unknown_capacity": found.unknown,
        "per_thousand": float(shares(found.per_thousand @ people, people.sum())),
        "highest_per_thousand": float(found.per_thousand.max(initial=0.0)),
        "residents_without": float(people[found.per_thousand == 0].sum()),
    }
