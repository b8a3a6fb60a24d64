"""What every command line here shares: the progress bar, the exit codes, a safe way to be interrupted.

Exit codes: 0 done; 2 what was given cannot be used, or the run was interrupted, and nothing was written; 1 a fault of
this program.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import typer

from geo.errors import AtlasError

Progress = Callable[[str, float], None]
"""Told what is being done and the share done, 0 to 1."""


def command_line(description: str) -> typer.Typer:
    """An empty command line with the settings that all of ours share."""
    return typer.Typer(
        help=description,
        add_completion=False,
        no_args_is_help=True,
        rich_markup_mode="markdown",
        pretty_exceptions_enable=False,
    )


def run(app: typer.Typer, name: str, arguments: list[str] | None = None) -> int:
    """Run a command line and return its exit code; messages go to standard error."""
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        return int(app(arguments, prog_name=name, standalone_mode=False) or 0)
    except AtlasError as error:
        say(f"Error: {error}")
    except (KeyboardInterrupt, typer.Abort):
        say("Interrupted; nothing was written.")
    except typer.Exit as stop:
        return int(stop.exit_code)
    except Exception as error:  # usage errors know how to show themselves
        if not hasattr(error, "show"):
            raise
        error.show()
    return 2


def say(text: str) -> None:
    """A line for the person at the terminal, apart from the results on standard output."""
    typer.echo(text, err=True)


@contextmanager
def progress_bar() -> Iterator[Progress]:
    """A progress bar on standard error, where that is a terminal."""
    if not sys.stderr.isatty():
        yield lambda text, share: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=1.0)
        yield lambda text, share: bar.update(task, description=text, completed=share)


def _interrupt(signum: int, frame: FrameType | None) -> Any:
    raise KeyboardInterrupt
