"""The command line of the engine: `python -m geo …`."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from geo.console import command_line, off_street, progress_bar, run, say
from geo.output import GEO_ENDINGS, STDOUT, TABLE_ENDINGS, check_output, write_geo, write_table

if TYPE_CHECKING:
    from geo.engine.snapping import Places
    from geo.params import CatchmentParams, Direction, WalkProfile
    from geo.points import PointTable
    from geo.streets.network import StreetNetwork

app = command_line(
    "Walking catchments on real streets.\n\n"
    "Start with `streets` to turn an OpenStreetMap extract into a network file, then ask for `catchments` around a "
    "table of centers, or for the `matrix` of walking times between two tables. Every command tells more with --help."
)

StreetsOption = Annotated[
    Path,
    typer.Option(help="A network file (.arrow) made by `streets`, or anything that `streets` reads."),
]
ElevationOption = Annotated[
    Path | None, typer.Option(help="Heights of the ground (GeoTIFF or SRTM .hgt, also zipped): slopes then cost time.")
]
ProfileOption = Annotated[
    Literal["adult", "elderly", "child"],
    typer.Option(help="Who walks: adult 1.2 m/s, elderly 0.8 m/s, with a small child 1.0 m/s."),
]
SpeedOption = Annotated[float | None, typer.Option(help="Any other speed on the flat, meters per second.")]
DirectionOption = Annotated[
    Literal["to", "from"], typer.Option(help="Walk to the centers or from them; they differ on slopes.")
]
SnapOption = Annotated[float, typer.Option(help="How far a point may lie from its street, meters.")]


@app.command()
def streets(
    source: Annotated[
        Path,
        typer.Argument(metavar="IN", help=".osm.pbf, .osm(.gz), or a table of lines (.shp, .gpkg, .parquet, …)."),
    ],
    out: Annotated[Path, typer.Option(help="The network file to write (.arrow).")],
    elevation: ElevationOption = None,
    ferries: Annotated[bool, typer.Option(help="Keep ferry lines; left out otherwise, and counted.")] = False,
    layer: Annotated[str | None, typer.Option(help="Layer of a table with several.")] = None,
    crs: Annotated[str | None, typer.Option(help="Metric coordinate system, such as EPSG:4549.")] = None,
) -> None:
    """Make a network file of the streets that can be walked.

    `python -m geo streets porto.osm.pbf --out porto.arrow`
    """
    from geo.streets import netfile
    from geo.streets.network import StreetNetwork
    from geo.streets.reading import read_streets

    check_output(out, (netfile.ENDING,))
    with progress_bar() as progress:
        table = read_streets(source, ferries=ferries, layer=layer, progress=progress)
        progress("building the network", 0.95)
        network = with_elevation(StreetNetwork.build(table, crs=crs), elevation)
        network.save(out)
    say(f"{out}: {summary(network)}")


@app.command()
def info(
    source: Annotated[Path, typer.Argument(metavar="NET", help="A network file, or anything that `streets` reads.")],
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Tell what a network holds: its size, its parts, what was left out and why."""
    network = open_network(source)
    facts = describe(network)
    if as_json:
        typer.echo(json.dumps(facts, ensure_ascii=False))
        return
    width = max(len(name) for name in facts)
    for name, value in facts.items():
        shown = ", ".join(f"{k} {_shown(v)}" for k, v in value.items()) if isinstance(value, dict) else _shown(value)
        typer.echo(f"{name:<{width}}  {shown}")


@app.command()
def catchments(
    streets: StreetsOption,
    centers: Annotated[Path, typer.Option(help="Centers: id, lon, lat (CSV, Excel, GeoJSON, GeoPackage, …).")],
    minutes: Annotated[str, typer.Option(help="Cutoffs in rising order.")] = "5,10,15",
    profile: ProfileOption = "adult",
    speed: SpeedOption = None,
    elevation: ElevationOption = None,
    direction: DirectionOption = "to",
    max_snap: SnapOption = 300.0,
    exact: Annotated[bool, typer.Option(help="Unite exact buffers instead of contouring a 5 m field; slower.")] = False,
    fine: Annotated[bool, typer.Option(help="Contour a 2.5 m field.")] = False,
    out: Annotated[Path, typer.Option(help="GeoJSON, GeoPackage, GeoParquet or CSV; - prints GeoJSON.")] = STDOUT,
) -> None:
    """What can be reached on foot around each center, as polygons with their area and street length.

    `python -m geo catchments --streets porto.arrow --centers centers.csv --out catchments.gpkg`
    """
    check_output(out, GEO_ENDINGS, printable=True)
    params = catchment_params(minutes, walker(profile, speed), direction, max_snap, exact=exact, fine=fine)
    from geo.catchments.catchment import catchments as compute
    from geo.engine.reach import Reach, Sources
    from geo.points import read_points

    table = read_points(centers, table_name="centers")
    network = with_elevation(open_network(streets), elevation)
    places = placed(network, table, max_snap)
    reach = Reach(network, params.profile, params.cutoffs.longest_s, direction=direction)
    with progress_bar() as progress:
        result = compute(reach, Sources.each(places), params, progress=progress)
    frame = result.to_frame(table.ids)
    frame["profile"], frame["speed_mps"], frame["direction"] = params.profile.id, params.profile.speed_mps, direction
    frame["network"] = network.content_id
    write_geo(frame, out, layer="catchments")
    cut_off = int((result.truncated_share > 0).sum())
    if cut_off:
        say(f"{cut_off} catchment(s) reach the edge of the extract and are larger than they look (truncated_share).")


@app.command()
def matrix(
    streets: StreetsOption,
    origins: Annotated[Path, typer.Option(help="Where the walks start: id, lon, lat.")],
    destinations: Annotated[Path, typer.Option(help="Where they end: id, lon, lat.")],
    minutes: Annotated[float, typer.Option(help="Longest walk; pairs beyond it are left out.")] = 30.0,
    profile: ProfileOption = "adult",
    speed: SpeedOption = None,
    elevation: ElevationOption = None,
    max_snap: SnapOption = 300.0,
    out: Annotated[Path, typer.Option(help="CSV or Parquet; - prints CSV.")] = STDOUT,
) -> None:
    """Walking times, door to door, from origins to destinations: origin, destination, minutes.

    `python -m geo matrix --streets porto.arrow --origins homes.csv --destinations centers.csv --out times.csv`
    """
    check_output(out, TABLE_ENDINGS, printable=True)
    from geo.params import Cutoffs, SnapParams

    walk, budget = walker(profile, speed), Cutoffs.of([minutes])
    SnapParams(max_distance_m=max_snap)
    from geo.engine.reach import Reach
    from geo.points import read_points

    starts, ends = read_points(origins, table_name="origins"), read_points(destinations, table_name="destinations")
    network = with_elevation(open_network(streets), elevation)
    reach = Reach(network, walk, budget.longest_s, direction="from")
    times = reach.matrix(placed(network, starts, max_snap), placed(network, ends, max_snap))
    write_table(times.to_frame(starts.ids, ends.ids), out)


@app.command()
def coverage(
    streets: StreetsOption,
    centers: Annotated[
        Path, typer.Option(help="id, lon, lat; also status, governing or home (codes), planned_opening.")
    ],
    demand: Annotated[
        Path, typer.Option(help="Residents: lon, lat, population and/or age_0_14, age_15_59, age_60_plus.")
    ],
    out: Annotated[Path, typer.Option(help="A GeoPackage (.gpkg), or a new folder for tables in CSV.")],
    jurisdictions: Annotated[
        Path | None, typer.Option(help="Outlines with 12-digit codes, or with code, level and parent.")
    ] = None,
    service_points: Annotated[Path | None, typer.Option(help="center, service, lon, lat, capacity.")] = None,
    minutes: Annotated[
        str, typer.Option(help="Cutoffs in rising order; ledger and gaps take the longest.")
    ] = "5,10,15",
    profile: ProfileOption = "adult",
    speed: SpeedOption = None,
    elevation: ElevationOption = None,
    direction: DirectionOption = "to",
    max_snap: SnapOption = 300.0,
) -> None:
    """Who is covered, by whom and across which border; gaps, sharing, access and equity: all tables at once.

    `python -m geo coverage --streets net.arrow --centers centers.csv --demand homes.csv --jurisdictions villages.gpkg
    --out coverage.gpkg`
    """
    from geo.coverage.report import check_target, in_words, read_assessment, tables, write_tables
    from geo.params import CoverageParams, Cutoffs, SnapParams

    check_target(out)
    snap_params = SnapParams(max_distance_m=max_snap)
    params = CoverageParams(walker(profile, speed), Cutoffs.parse(minutes), direction, snap_params)
    assessment = read_assessment(
        with_elevation(open_network(streets), elevation),
        params,
        centers=centers,
        demand=demand,
        jurisdictions=jurisdictions,
        service_points=service_points,
    )
    with progress_bar() as progress:
        write_tables(tables(assessment, progress), out)
    say(f"{out}: {in_words(assessment)}")


@app.command()
def site(
    streets: StreetsOption,
    demand: Annotated[
        Path, typer.Option(help="Residents: lon, lat, population and/or age_0_14, age_15_59, age_60_plus; village.")
    ],
    candidates: Annotated[
        str,
        typer.Option(help="A table (id, lon, lat; cost, capacity, residents, village), or villages, or streets:250."),
    ] = "villages",
    existing: Annotated[
        Path | None,
        typer.Option(help="Open and committed centers: id, lon, lat, status; or service points with center."),
    ] = None,
    add: Annotated[int | None, typer.Option(help="Cover most residents with so many new sites.")] = None,
    cover: Annotated[float | None, typer.Option(help="Fewest sites for this share of who can be reached.")] = None,
    p_median: Annotated[int | None, typer.Option(help="Shortest mean walk with so many new sites.")] = None,
    p_center: Annotated[int | None, typer.Option(help="Shortest longest walk with so many new sites.")] = None,
    minutes: Annotated[float, typer.Option(help="Who has a center within so many minutes is covered.")] = 15.0,
    weights: Annotated[str | None, typer.Option(help="Who counts: age_60_plus=2,age_0_14=1.")] = None,
    large_first: Annotated[bool, typer.Option(help="Villages of 3,000 residents or more first.")] = False,
    spacing: Annotated[float | None, typer.Option(help="Least distance between centers, meters.")] = None,
    floor: Annotated[float | None, typer.Option(help="Share covered in each jurisdiction at least.")] = None,
    at_least: Annotated[int | None, typer.Option(help="New sites in each jurisdiction at least.")] = None,
    at_most: Annotated[int | None, typer.Option(help="New sites in each jurisdiction at most.")] = None,
    digits: Annotated[int, typer.Option(help="Digits of the code that make a jurisdiction: 9 town, 12 village.")] = 9,
    budget: Annotated[float | None, typer.Option(help="Money for all new sites; needs the column cost.")] = None,
    capacity: Annotated[bool, typer.Option(help="Hold to the candidates' column capacity.")] = False,
    time_limit: Annotated[float, typer.Option(help="Seconds; then the best answer so far, with its gap.")] = 60.0,
    profile: ProfileOption = "adult",
    speed: SpeedOption = None,
    elevation: ElevationOption = None,
    max_snap: SnapOption = 300.0,
    out: Annotated[Path, typer.Option(help="GeoJSON, GeoPackage, GeoParquet or CSV; - prints GeoJSON.")] = STDOUT,
) -> None:
    """Where the next centers should go, proven optimal or with the gap that remains.

    `python -m geo site --streets net.arrow --demand homes.csv --existing centers.csv --add 5 --out sites.gpkg`
    """
    check_output(out, GEO_ENDINGS, printable=True)
    from geo.siting.command import SiteOptions, read_ground, run_site

    options = SiteOptions(
        add=add, cover=cover, p_median=p_median, p_center=p_center, minutes=minutes, weights=weights,
        large_first=large_first, spacing_m=spacing, floor=floor, at_least=at_least, at_most=at_most, digits=digits,
        budget=budget, capacity=capacity, time_limit_s=time_limit,
    )  # fmt: skip
    _ = options.question, options.group_weights
    network = with_elevation(open_network(streets), elevation)
    ground = read_ground(network, demand, candidates, existing, max_snap, say)
    frame, _ = run_site(ground, walker(profile, speed), options, say)
    write_geo(frame, out, layer="sites")


@app.command()
def warm() -> None:
    """Compile and cache the engine, once after installing, so that nobody waits for it later."""
    begun = time.perf_counter()
    from geo.catchments import catchment  # noqa: F401  # importing compiles what is not cached yet
    from geo.siting import mediankernels  # noqa: F401  # importing compiles what is not cached yet

    say(f"The engine is ready ({time.perf_counter() - begun:.1f} s).")


def open_network(path: Path) -> StreetNetwork:
    """A network file, or a network made of whatever else holds streets."""
    from geo.streets import netfile
    from geo.streets.network import StreetNetwork
    from geo.streets.reading import read_streets

    if path.suffix.lower() == netfile.ENDING:
        return StreetNetwork.load(path)
    with progress_bar() as progress:
        return StreetNetwork.build(read_streets(path, progress=progress))


def with_elevation(network: StreetNetwork, path: Path | None) -> StreetNetwork:
    """The network with heights from an elevation model, if one was named."""
    if path is None:
        return network
    from geo.elevation import open_elevation

    network = network.with_elevation(open_elevation(path))
    flat = network.meta["elevation"]["edges_with_voids"]
    if flat:
        say(f"{path} has no height for {flat:,} of {network.n_edges:,} streets; they count as flat.")
    return network


def walker(profile: str, speed: float | None) -> WalkProfile:
    """The named profile, or one of the given speed."""
    from geo.params import PROFILES, WalkProfile

    return PROFILES[profile] if speed is None else WalkProfile("custom", speed)


def catchment_params(
    minutes: str, profile: WalkProfile, direction: Direction, max_snap: float, *, exact: bool, fine: bool
) -> CatchmentParams:
    """The options of `catchments`, checked."""
    from geo.params import EXACT, FINE, CatchmentParams, Cutoffs, PolygonParams, SnapParams

    polygon = EXACT if exact else FINE if fine else PolygonParams()
    return CatchmentParams(profile, Cutoffs.parse(minutes), direction, SnapParams(max_distance_m=max_snap), polygon)


def placed(network: StreetNetwork, table: PointTable, max_snap: float) -> Places:
    """Points on their streets; what is on none is said, and stays in the result as unreachable."""
    from geo.engine.snapping import snap
    from geo.params import SnapParams
    from geo.points import check_place

    check_place(table, *network.bounds_lonlat)
    places = snap(network, table.lonlat, SnapParams(max_distance_m=max_snap))
    if lost := off_street(table.source, table.ids, places.snapped.tolist(), max_snap):
        say(lost)
    return places


def describe(network: StreetNetwork) -> dict[str, object]:
    """What a network holds, for people."""
    import numpy as np

    from geo.params import SnapParams
    from geo.streets.table import STREET_CLASSES

    km = np.bincount(network.edge_class, weights=network.edge_length_m / 1000, minlength=len(STREET_CLASSES))
    order = np.argsort(-km, kind="stable")
    lengths = network.component_length_m
    west, south, east, north = network.bounds_lonlat
    return {
        "source": network.meta["source"],
        "id": network.content_id,
        "junctions": network.n_nodes,
        "streets": network.n_edges,
        "length_km": round(float(network.edge_length_m.sum()) / 1000, 1),
        "km_by_class": {STREET_CLASSES[c]: round(float(km[c]), 1) for c in order if km[c] > 0},
        "components": len(lengths),
        "largest_component_share": round(float(lengths.max() / lengths.sum()), 4),
        "scraps": int((lengths < SnapParams().small_component_m).sum()),
        "cut_at_edge": int(network.node_truncated.sum()),
        "left_out": dict(network.meta["report"]),
        "elevation": dict(network.meta.get("elevation", {})) or "none",
        "crs": network.crs,
        "bounds": f"lon {west:.4f} to {east:.4f}, lat {south:.4f} to {north:.4f}",
    }


def _shown(value: object) -> str:
    return f"{value:,}" if isinstance(value, int | float) else str(value)


def summary(network: StreetNetwork) -> str:
    """One line of `describe`."""
    facts = describe(network)
    left_out = ", ".join(f"{name} {count:,}" for name, count in network.meta["report"].items()) or "nothing"
    return (
        f"{network.n_nodes:,} junctions, {network.n_edges:,} streets, {facts['length_km']:,} km in "
        f"{facts['components']:,} component(s); left out: {left_out}"
    )


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    return run(app, "python -m geo", arguments)


if __name__ == "__main__":
    sys.exit(main())
