"""Runs that are stopped from outside: a full disk, a reader that has gone, a signal. Nothing half-done stays behind."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import pytest

from tests.conftest import ROOT, shared_data
from tests.geo.cli.conftest import Refused, Run, catchments, contents

Done = subprocess.CompletedProcess[str]


@pytest.fixture
def small_disk(desk: Path) -> Iterator[None]:
    """From here on no file may grow beyond 50 bytes, which to a program looks like a full disk."""
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("out", ["out.geojson", "out.gpkg", "out.parquet", "out.csv", "net.arrow", "times.csv"])
@pytest.mark.usefixtures("small_disk")
def test_a_full_disk_leaves_nothing_behind(refused: Refused, out: str) -> None:
    points = ("--origins", "centers.csv", "--destinations", "centers.csv")
    command: tuple[object, ...] = catchments("--minutes", "3,4,5")
    if out == "net.arrow":
        command = ("streets", "streets.osm")
    elif out == "times.csv":
        command = ("matrix", "--streets", "streets.osm", *points)
    message = refused(*command, "--out", out)
    assert f"{out} cannot be written" in message and "space left" in message


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
@pytest.mark.parametrize("command", [catchments(), ("info", "streets.osm"), ("--help",)])
def test_a_full_disk_behind_standard_output(
    run: Run, monkeypatch: pytest.MonkeyPatch, command: tuple[object, ...]
) -> None:
    with open("/dev/full", "w", encoding="utf-8") as full:  # noqa: PTH123
        monkeypatch.setattr(sys, "stdout", full)
        answer = run(*command)
    assert answer.code == 2
    assert "Error: standard output: No space left on device" in answer.err


@pytest.mark.parametrize("command", [catchments(), ("info", "streets.osm"), ("--help",)])
def test_a_reader_that_has_gone_is_no_fault(desk: Path, command: tuple[object, ...]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as pipe:
        done = child(desk, ["-m", "geo", *map(str, command)], stdout=pipe)
    assert done.returncode == 2
    assert done.stderr == ""


def child(desk: Path, arguments: list[str], stdout: IO[bytes] | int = subprocess.DEVNULL) -> Done:
    command, environment = [sys.executable, *arguments], {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        command, cwd=desk, env=environment, stdout=stdout, stderr=subprocess.PIPE, text=True, timeout=60
    )


INTERRUPTED = """
    import os, signal, sys
    from {package} import {module}
    from geo.__main__ import main

    signal.signal(signal.SIGINT, signal.default_int_handler)  # a test runner may have it ignored
    real = {target}

    def interrupted(*args, **kwargs):
        os.kill(os.getpid(), signal.{name})
        return real(*args, **kwargs)

    {target} = interrupted
    sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.parametrize(
    ("package", "module", "target", "name"),
    [
        ("geo.streets", "osm", "osm.classify_way", "SIGINT"),
        ("geo.streets", "osm", "osm.classify_way", "SIGTERM"),
        ("geo.catchments", "catchment", "catchment.area_around", "SIGINT"),
        ("geo", "output", "output.Path.write_bytes", "SIGTERM"),
        ("geo", "output", "output.Path.replace", "SIGINT"),
    ],
    ids=["reading-INT", "reading-TERM", "computing-INT", "writing-TERM", "moving-INT"],
)
def test_an_interrupted_run_leaves_nothing_behind(
    desk: Path, package: str, module: str, target: str, name: str
) -> None:
    (desk / "out.gpkg").write_bytes(b"an older result")
    before = contents(desk)
    code = textwrap.dedent(INTERRUPTED.format(package=package, module=module, target=target, name=name))
    done = child(desk, ["-c", code, *map(str, catchments("--out", "out.gpkg"))])
    assert (done.returncode, done.stderr) == (2, "Interrupted; nothing was written.\n")
    assert contents(desk) == before


def opened(pid: int) -> set[Path]:
    """The files that a process holds open; those that it closes meanwhile are left out."""
    found = set()
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):
            found.add(descriptor.readlink())
    return found


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs /proc to see what the run is doing")
@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_a_long_read_can_be_stopped(desk: Path, stop: signal.Signals) -> None:
    extract = shared_data("porto.osm.pbf").resolve()
    before = contents(desk)
    code = "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler)\nfrom geo.__main__ import main"
    arguments = [
        sys.executable,
        "-c",
        f"{code}\nsys.exit(main(sys.argv[1:]))",
        "streets",
        str(extract),
        "--out",
        "net.arrow",
    ]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(arguments, cwd=desk, env=environment, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 30
    while extract not in opened(process.pid) and time.monotonic() < deadline:
        time.sleep(0.005)
    process.send_signal(stop)
    _, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (2, "Interrupted; nothing was written.\n")
    assert contents(desk) == before
