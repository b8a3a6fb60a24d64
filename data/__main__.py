"""Command line of the data layer: `python -m data …`.

Exit codes: 0 done, 2 the input cannot be used (why, on standard error), 1 anything else.
"""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from geo.errors import AtlasError, InputError

if TYPE_CHECKING:
    from data.builder import Progress

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    help="Make, check and move workspaces: the folders that hold a network of centers.",
)


@app.callback()
def _group() -> None:
    """Keep commands named even while there is only one."""


@app.command()
def new(
    folder: Annotated[Path, typer.Argument(help="Folder to make; it must not exist, or be empty.")],
    streets: Annotated[
        Path,
        typer.Option(help="Streets: .osm.pbf, .osm, a table of lines (.gpkg, .shp, …) or a network file (.arrow)."),
    ],
    centers: Annotated[Path, typer.Option(help="Centers: CSV, Excel, GeoJSON, … with id, name, lon, lat at least.")],
    service_points: Annotated[Path | None, typer.Option(help="Service points: id, center, service, lon, lat.")] = None,
    demand: Annotated[
        Path | None,
        typer.Option(help="Residents as points: lon, lat, population and/or age_0_14, age_15_59, age_60_plus."),
    ] = None,
    jurisdictions: Annotated[
        Path | None, typer.Option(help="Outlines: a layer of polygons with code and name.")
    ] = None,
    elevation: Annotated[Path | None, typer.Option(help="Heights: GeoTIFF or SRTM .hgt(.zip).")] = None,
    name: Annotated[str | None, typer.Option(help="Name of the workspace; by default that of the folder.")] = None,
    as_of: Annotated[dt.datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Day of the data.")] = None,
) -> None:
    """Make a workspace from an extract of streets and a table of centers.

    `python -m data new porto --streets porto.osm.pbf --centers centers.csv`

    then look at it: `LINLI_WORKSPACE=porto make run`
    """
    from data.builder import Sources, build

    day = None if as_of is None else as_of.date()
    sources = Sources(streets, centers, service_points, demand, jurisdictions, elevation, name, day)
    with progress_bar() as progress:
        workspace = build(folder, sources, progress)
    network = workspace.network
    typer.echo(
        f"{workspace.folder}: {len(workspace.centers):,} centers, {network.n_edges:,} streets, "
        f"{workspace.demand['population'].sum():,.0f} residents in {len(workspace.demand):,} places"
    )


@contextmanager
def progress_bar() -> Iterator[Progress]:
    """A progress bar on standard error, where that is a terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("", total=1.0)
        yield lambda text, share: bar.update(task, description=text, completed=share)


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    try:
        result = app(arguments, prog_name="python -m data", standalone_mode=False)
    except InputError as error:
        typer.echo(f"Error: {error}", err=True)
        return 2
    except AtlasError as error:
        typer.echo(f"Error: {error}", err=True)
        return 1
    except typer.Abort:
        typer.echo("Interrupted; nothing was written.", err=True)
        return 1
    except typer.Exit as stop:
        return int(stop.exit_code)
    except Exception as error:  # click's usage errors know how to show themselves
        if not hasattr(error, "show"):
            raise
        error.show()
        return 2
    return int(result or 0)


if __name__ == "__main__":
    sys.exit(main())
