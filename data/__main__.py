"""Command line of the data layer: `python -m data …`. Exit codes: see `geo.console`."""

from __future__ import annotations

import datetime as dt
import getpass
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from geo.console import command_line, progress_bar, run, say

if TYPE_CHECKING:
    from data.intake.importers import Preview
    from data.intake.replacement import Layer
    from data.tables.codes import Words
    from data.workspace import Workspace

app = command_line("Make, fill, check and move workspaces: the folders that hold a network of centers.")

Folder = Annotated[Path, typer.Argument(help="The workspace.")]
NewFolder = Annotated[Path, typer.Argument(help="Folder to make; it must not exist, or be empty.")]
Registry = Annotated[str | None, typer.Option(help="Empty PostgreSQL database to keep the tables in (a URL).")]
Coordinates = Annotated[
    str | None, typer.Option(help="What the coordinates are: wgs84, gcj02, bd09, or a code such as EPSG:4549.")
]

SHOWN_FAULTS = 50
SHOWN_CHANGES = 20


@app.command()
def new(
    folder: NewFolder,
    streets: Annotated[
        Path,
        typer.Option(help="Streets: .osm.pbf, .osm, a table of lines (.gpkg, .shp, …) or a network file (.arrow)."),
    ],
    centers: Annotated[
        Path | None,
        typer.Option(help="Centers: CSV, Excel, GeoJSON, … with id, name, lon, lat; without them, none stands yet."),
    ] = None,
    service_points: Annotated[Path | None, typer.Option(help="Service points: id, center, service, lon, lat.")] = None,
    demand: Annotated[
        Path | None, typer.Option(help="Residents: points or areas with population or age groups, or a GeoTIFF.")
    ] = None,
    jurisdictions: Annotated[
        Path | None, typer.Option(help="Outlines: a layer of polygons with code and name.")
    ] = None,
    elevation: Annotated[Path | None, typer.Option(help="Heights: GeoTIFF or SRTM .hgt(.zip).")] = None,
    buildings: Annotated[Path | None, typer.Option(help="Buildings, to spread residents of areas over.")] = None,
    name: Annotated[str | None, typer.Option(help="Name of the workspace; by default that of the folder.")] = None,
    as_of: Annotated[dt.datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Day of the data.")] = None,
    coordinates: Coordinates = None,
) -> None:
    """Make a workspace from an extract of streets and, where there are centers already, a table of them.

    `python -m data new porto --streets porto.osm.pbf --centers centers.csv`

    then look at it: `LINLI_WORKSPACE=porto make run`
    """
    from data.builder import Sources, build

    day = None if as_of is None else as_of.date()
    tables = (centers, service_points, demand, jurisdictions)
    sources = Sources(streets, *tables, elevation, buildings, name, day, coordinates)
    heard: list[Words] = []
    with progress_bar() as progress:
        workspace = build(folder, sources, progress, heard.append)
    for words in heard:
        _tell(words)
    _describe(workspace)


@app.command()
def init(
    folder: NewFolder,
    source: Annotated[Path | None, typer.Option("--from", help="Workspace to copy; by default the sample.")] = None,
) -> None:
    """Copy a workspace, to edit it: by default the shipped sample, which itself stays as it is."""
    from data.archive import copy
    from data.workspace import Workspace, locate

    _describe(copy(Workspace.open(locate(source)), folder))


@app.command(name="import")
def import_(
    folder: Folder,
    table: Annotated[str, typer.Argument(help="centers, …; or streets, jurisdictions, demand, elevation")],
    file: Annotated[Path, typer.Argument(help="CSV, Excel, GeoJSON, GeoPackage or zipped Shapefile.")],
    yes: Annotated[bool, typer.Option("--yes", help="Write; without it, only show what would change.")] = False,
    only_sound: Annotated[
        bool, typer.Option("--only-sound", help="Write the sound rows and leave the others.")
    ] = False,
    remove_gone: Annotated[bool, typer.Option("--remove-gone", help="Remove records that the file lacks.")] = False,
    coordinates: Coordinates = None,
    sheet: Annotated[str | None, typer.Option(help="Sheet of a workbook, or layer of a file with several.")] = None,
    faults: Annotated[Path | None, typer.Option(help="Write the faulty rows here, marked, as .xlsx.")] = None,
    who: Annotated[str | None, typer.Option(help="Who is answerable; by default your login.")] = None,
    elevation: Annotated[Path | None, typer.Option(help="Heights, with streets.")] = None,
    buildings: Annotated[Path | None, typer.Option(help="Buildings, to spread residents of areas over.")] = None,
) -> None:
    """Import a table: show every fault and what would change; with --yes, write it in one transaction.

    `python -m data import ws centers centers.xlsx` shows, `… --coordinates gcj02 --yes` writes.
    """
    from data.intake.replacement import is_layer
    from data.workspace import Workspace

    _require_suited(
        table,
        {"--elevation": elevation, "--buildings": buildings, "--coordinates": coordinates, "--sheet": sheet}
        | {"--faults": faults, "--who": who, "--only-sound": only_sound, "--remove-gone": remove_gone},
    )
    workspace = Workspace.open(folder)
    if is_layer(table):
        _import_layer(workspace, table, file, elevation, buildings, yes)
    else:
        _import_table(workspace, table, file, coordinates, sheet, faults, who, only_sound, remove_gone, yes)


@app.command()
def check(folder: Folder) -> None:
    """Open everything in a workspace and name every fault."""
    from data.audit import audit
    from data.workspace import Workspace

    workspace = Workspace.open(folder)
    audit(workspace)
    _describe(workspace)


@app.command()
def export(
    folder: Folder,
    out: Annotated[Path, typer.Argument(help="The whole as .zip; or with --table one as .csv, .xlsx or .gpkg.")],
    table: Annotated[str | None, typer.Option(help="Only this table.")] = None,
    as_of: Annotated[dt.datetime | None, typer.Option(formats=["%Y-%m-%d"], help="As it was on this day.")] = None,
) -> None:
    """Write a workspace as one zip that another installation opens (`restore`), or one of its tables."""
    from data.archive import pack
    from data.tables.exports import export_table
    from data.tables.schema import TABLES
    from data.workspace import Workspace
    from geo.errors import ParameterError
    from geo.output import check_output

    workspace = Workspace.open(folder, None if as_of is None else as_of.date())
    if table is None:
        check_output(out, (".zip",))
        pack(workspace, out)
    elif table in TABLES:
        frames = {"jurisdictions": workspace.jurisdictions, "demand": workspace.demand}
        frame = frames[table] if table in frames else workspace.table(table)
        export_table(frame, TABLES[table], out, workspace.settings.default_language)
        if frame.empty:
            say(f"{TABLES[table].en}: no records" + ("" if as_of is None else f" on {as_of:%Y-%m-%d} or before"))
    else:
        raise ParameterError(name="table", value=table, reason="there is none", expected=", ".join(TABLES))
    typer.echo(str(out))


@app.command()
def template(
    table: Annotated[str, typer.Argument(help="centers, service_points, weekly_reports, …")],
    out: Annotated[Path, typer.Argument(help="The .xlsx file to make.")],
    language: Annotated[Literal["zh", "en"], typer.Option(help="Of headers and choices.")] = "zh",
) -> None:
    """Write an empty workbook for a table, with notes and drop-downs."""
    from data.tables.schema import TABLES
    from data.tables.workbooks import template as workbook
    from geo.errors import ParameterError
    from geo.output import check_output, whole_file

    if table not in TABLES:
        raise ParameterError(name="table", value=table, reason="there is none", expected=", ".join(TABLES))
    check_output(out, (".xlsx",))
    with whole_file(out) as scratch:
        scratch.write_bytes(workbook(TABLES[table], language))


@app.command()
def backup(folder: Folder, out: Annotated[Path, typer.Argument(help="The .zip file to make.")]) -> None:
    """Write a workspace with its whole history as one zip."""
    from data.archive import pack
    from data.workspace import Workspace
    from geo.output import check_output

    check_output(out, (".zip",))
    pack(Workspace.open(folder), out, history=True)
    typer.echo(str(out))


@app.command()
def restore(
    archive: Annotated[Path, typer.Argument(help="A .zip made by export or backup.")],
    folder: NewFolder,
    registry: Registry = None,
) -> None:
    """Make a workspace of a zip; it appears complete, or not at all."""
    from data.archive import unpack

    _describe(unpack(archive, folder, registry=registry))


def _require_suited(table: str, options: Mapping[str, object]) -> None:
    """Refuse a table that cannot be imported, and options that would do nothing for it."""
    from data.intake.replacement import LAYERS
    from data.tables.schema import REGISTERED
    from geo.errors import ParameterError

    tables = [known.name for known in REGISTERED]
    if table not in (*tables, *LAYERS):
        expected = ", ".join([*tables, *LAYERS])
        raise ParameterError(name="table", value=table, reason="it cannot be imported", expected=expected)
    placed = [known.name for known in REGISTERED if "lon" in known.names]
    suited = {"--elevation": ["streets"], "--buildings": ["demand"], "--coordinates": placed}
    for option, value in options.items():
        fit = suited.get(option, tables)
        if value and table not in fit:
            expected = f"it with {', '.join(fit)} only"
            raise ParameterError(name=option, value=value, reason=f"it does nothing for {table}", expected=expected)


def _import_table(
    workspace: Workspace,
    table: str,
    file: Path,
    coordinates: str | None,
    sheet: str | None,
    faults: Path | None,
    who: str | None,
    only_sound: bool,
    remove_gone: bool,
    yes: bool,
) -> None:
    from data.intake.doctor import named, unconfirmed
    from data.intake.importers import preview, require_writable, take
    from data.workspace import SAMPLE
    from geo.errors import ReadOnlyWorkspaceError
    from geo.output import check_output

    if workspace.folder.resolve() == SAMPLE.resolve():
        raise ReadOnlyWorkspaceError(path=workspace.folder)
    if faults is not None:
        check_output(faults, (".xlsx",))
    registry = workspace.registry() if workspace.has_registry else None  # a look must not make one
    shown = preview(file, table, workspace, registry, sheet=sheet)
    if coordinates is not None:
        shown = preview(file, table, workspace, registry, sheet=sheet, position=named(shown.hypotheses, coordinates))
    _show(shown, remove_gone)
    if faults is not None and shown.faults:
        _write_faults(shown, faults, workspace)
    require_writable(shown, only_sound=only_sound, remove_gone=remove_gone)
    if shown.must_ask:
        raise unconfirmed(shown.hypotheses)
    if not yes:
        say("Nothing was written; add --yes to write it.")
        return
    if registry is None:
        registry = workspace.registry()
        shown = replace(shown, revision=registry.revision)  # just made of the files that were compared with
    with progress_bar() as progress:
        user = who or getpass.getuser()
        tally, _ = take(shown, registry, user, only_sound=only_sound, remove_gone=remove_gone, progress=progress)
    typer.echo(f"{tally.added} added, {tally.changed} changed, {tally.same} as before, {tally.removed} removed")


def _write_faults(shown: Preview, path: Path, workspace: Workspace) -> None:
    from data.tables.workbooks import fault_workbook
    from geo.output import whole_file

    with whole_file(path) as scratch:
        scratch.write_bytes(fault_workbook(shown.draft, workspace.settings.default_language))


def _import_layer(
    workspace: Workspace, layer: Layer, file: Path, elevation: Path | None, buildings: Path | None, yes: bool
) -> None:
    from data.intake.replacement import replace_layer
    from data.workspace import Workspace

    with progress_bar() as progress:
        read = replace_layer(
            workspace, layer, file, elevation=elevation, buildings=buildings, write=yes, progress=progress
        )
    if read is not None:
        _tell(read.told)
    if not yes:
        _describe(workspace)
        say(f"{workspace.path(layer).name} would be replaced; nothing was written, add --yes to do it.")
        return
    _describe(Workspace.open(workspace.folder))


def _describe(workspace: Workspace) -> None:
    people = workspace.demand["population"].sum()
    typer.echo(
        f"{workspace.folder}: {len(workspace.centers):,} centers, {workspace.network.n_edges:,} streets, "
        f"{people:,.0f} residents in {len(workspace.demand):,} places"
    )


def _tell(words: Words) -> None:
    say(f"{words.zh}\n{words.en}")


def _show(shown: Preview, remove_gone: bool) -> None:
    for fault in shown.faults[:SHOWN_FAULTS]:
        say(f"{fault.severity}: {fault}\n    {fault.zh}")
    if len(shown.faults) > SHOWN_FAULTS:
        say(f"… and {len(shown.faults) - SHOWN_FAULTS} more (see --faults)")
    for header in shown.draft.match.unmatched:
        say(f"note: the column {header} is not used")
    found = shown.differences
    cells = found.changed.head(SHOWN_CHANGES)[["key", "column", "before", "after"]].astype(str).to_numpy().tolist()
    _list(len(found.new), [f"new: {key}" for key in found.new[:SHOWN_CHANGES]])
    _list(len(found.changed), [f"changed: {key}, {name}: {old or '–'} → {new or '–'}" for key, name, old, new in cells])
    if remove_gone:
        _list(len(shown.gone), [f"to be removed: {key}" for key in shown.gone[:SHOWN_CHANGES]])
    typer.echo(
        f"{len(shown.rows)} sound rows of {len(shown.draft.frame)}: {len(found.new)} new, {found.n_changed} changed, "
        f"{found.same} as before; {len(shown.gone)} records are not in the file"
    )


def _list(count: int, lines: list[str]) -> None:
    for line in lines:
        say(line)
    if count > len(lines):
        say(f"… and {count - len(lines):,} more")


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    return run(app, "python -m data", arguments)


if __name__ == "__main__":
    sys.exit(main())
