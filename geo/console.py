"""What every command line here shares: the progress bar, the exit codes, a safe way to be interrupted.

Exit codes: 0 done; 2 what was given cannot be used, the result could not be delivered or the run was interrupted, and
no file was written; 1 a fault of this program.
"""

from __future__ import annotations

import io
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Final, Never

import typer

from geo.errors import AtlasError

Progress = Callable[[str, float], None]
"""Told what is being done and the share done, 0 to 1."""

_INTERRUPTED: Final = 130
"""What typer makes of a KeyboardInterrupt."""


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
    if isinstance(sys.stdout, io.TextIOWrapper) and not sys.stdout.isatty():
        sys.stdout.reconfigure(encoding="utf-8")  # whatever the system's code page: what is piped is a file
    before = signal.signal(signal.SIGTERM, _interrupt)
    try:
        return _exit_code(app, name, arguments)
    finally:
        signal.signal(signal.SIGTERM, before or signal.SIG_DFL)


def _exit_code(app: typer.Typer, name: str, arguments: list[str] | None) -> int:
    try:
        code = int(app(arguments, prog_name=name, standalone_mode=False) or 0)
        sys.stdout.flush()
    except AtlasError as error:
        say(f"Error: {error}")
    except (BrokenPipeError, SystemExit):  # who read the result has gone, as `head` does; typer exits then
        _drop_stdout()
    except OSError as error:
        _drop_stdout()
        say(
            f"Error: {error.filename or 'standard output'}: {error.strerror}. Check the space left and the permissions."
        )
    except Exception as error:  # usage errors know how to show themselves
        if not hasattr(error, "show"):
            raise
        error.show()
    else:
        if code != _INTERRUPTED:
            return code
        say("Interrupted; nothing was written.")
    return 2


def say(text: str) -> None:
    """A line for the person at the terminal, apart from the results on standard output."""
    typer.echo(text, err=True)


def off_street(source: str, ids: Sequence[str], on_street: Sequence[bool], max_snap_m: float) -> str:
    """Which points of a table found no street, in words; nothing where all did."""
    lost = [key for key, found in zip(ids, on_street, strict=True) if not found]
    if not lost:
        return ""
    shown = ", ".join(lost[:10]) + (f" and {len(lost) - 10} more" if len(lost) > 10 else "")
    return f"{source}: {len(lost)} of {len(ids)} points have no street within {max_snap_m:g} m: {shown}"


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


def _drop_stdout() -> None:
    """Let what is left in standard output's buffer go nowhere, or the interpreter would fail on it when it ends."""
    with suppress(OSError, ValueError), open(os.devnull, "w") as nowhere:  # noqa: PTH123  # os.devnull is no path
        os.dup2(nowhere.fileno(), sys.stdout.fileno())


def _interrupt(signum: int, frame: FrameType | None) -> Never:
    raise KeyboardInterrupt
