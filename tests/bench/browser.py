"""The overview in a browser: how long people wait, and what travels over the socket. On all cores, in wall seconds.

A cold start counts from the command to the finished map. The 1,000 centers stand at random on Porto's streets, with
names long enough to hurt; without Porto's extract that part is left out.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd

from geo.crs import to_lonlat
from tests.bench.ground import PORTO_FILE, SEED, network, random_nodes
from tests.bench.harness import Row, at_most, bench
from tests.browser.conftest import Visit, chromium, serving, visiting

N_CENTERS: Final = 1_000
N_DEMAND: Final = 40_000
ROUNDS: Final = 5
SETTLE_MS: Final = 1_500
MOST_KB: Final = 50.0
PREPARING_S: Final = 10
MANY_PREPARING_S: Final = 60
"""For what the server prepares behind the first page: the other profiles."""


@bench
def overview() -> Iterator[Row]:
    with all_cores():
        yield from waits("the sample", None, cold_s=5.0, warm_s=2.0, change_s=0.8)
        yield at_most("sites, the sample: cold server to finished map", cold_wait("/sites"), 5.0, "s")


def cold_wait(page: str) -> float:
    """Seconds from the command to the finished map of a page, in a browser of its own."""
    with chromium() as browser, visiting(browser) as go:
        begun = time.perf_counter()
        with serving(None) as address:
            go(address + page).ready()
            return time.perf_counter() - begun


@bench
def many_centers() -> Iterator[Row]:
    if not PORTO_FILE.exists():
        yield Row(f"overview with {N_CENTERS:,} centers", "left out: no Porto here")
        return
    with all_cores(), tempfile.TemporaryDirectory() as folder:
        workspace = write_workspace(Path(folder))
        yield from waits(f"{N_CENTERS:,} centers, Porto", workspace, cold_s=None, warm_s=4.0, change_s=1.2)


def waits(place: str, workspace: Path | None, *, cold_s: float | None, warm_s: float, change_s: float) -> Iterator[Row]:
    """Cold, warm, profile and filter, in a browser of its own."""
    with chromium() as browser, visiting(browser) as go:
        begun = time.perf_counter()
        with serving(workspace) as address:
            go(address).ready()
            cold = time.perf_counter() - begun
            what = f"overview, {place}: cold server to finished map"
            yield Row(what, f"{cold:.2f} s") if cold_s is None else at_most(what, cold, cold_s, "s")
            time.sleep(PREPARING_S if workspace is None else MANY_PREPARING_S)
            warm = []
            for _ in range(ROUNDS):
                begun = time.perf_counter()
                visit = go(address)
                visit.ready()
                warm.append(time.perf_counter() - begun)
                visit.page.context.close()  # what it still does must not slow the next
            yield at_most(f"overview, {place}: warm session", statistics.median(warm), warm_s, "s")
            visit = go(address)
            visit.ready()
            visit.page.wait_for_timeout(SETTLE_MS)
            yield from changes(place, visit, change_s)


def changes(place: str, visit: Visit, change_s: float) -> Iterator[Row]:
    """A change of profile and of a filter: until the map is drawn, and the bytes of the whole rerun."""
    received = [0]
    page = visit.page

    def choose(name: str) -> Callable[[], None]:
        return lambda: page.get_by_text(name, exact=True).first.click()

    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.on("Network.webSocketFrameReceived", lambda event: _count(received, event))
    for label, names in (("profile", ("老人", "成人")), ("filter", ("第 1 批", "第 2 批"))):
        if label == "filter":
            page.get_by_role("button", name="筛选").click()
            page.wait_for_timeout(SETTLE_MS)
        seconds, kilobytes = [], []
        for i in range(2 * ROUNDS):
            received[0] = 0
            seconds.append(visit.change(choose(names[i % 2])))
            page.wait_for_timeout(SETTLE_MS)
            kilobytes.append(received[0] / 1_000)
        yield at_most(f"overview, {place}: {label} to changed map", statistics.median(seconds), change_s, "s")
        yield at_most(f"overview, {place}: socket, {label}", statistics.median(kilobytes), MOST_KB, "kB")


def _count(received: list[int], event: dict[str, Any]) -> None:
    """Binary frames come as base64."""
    received[0] += len(event["response"]["payloadData"]) * 3 // 4


def write_workspace(folder: Path) -> Path:
    """Porto with random centers and residents."""
    streets, rng = network(), np.random.default_rng(SEED)
    streets.save(folder / "streets.arrow")
    places = to_lonlat(streets.node_xy[random_nodes(streets, N_CENTERS)], streets.crs)
    number = np.arange(N_CENTERS)
    centers = pd.DataFrame(
        {
            "id": [f"c{i:04d}" for i in number],
            "name": [f"Centro de Vizinhança número {i} da Cidade Baixa e Arredores" for i in number],
            "lon": places[:, 0],
            "lat": places[:, 1],
            "status": rng.choice(["open", "open", "building", "planned"], N_CENTERS),
            "batch": rng.integers(1, 6, N_CENTERS),
        }
    )
    centers.to_csv(folder / "centers.csv", index=False)
    homes = to_lonlat(streets.node_xy[random_nodes(streets, N_DEMAND, SEED + 1)], streets.crs)
    residents = pd.DataFrame({"id": [f"d{i}" for i in range(N_DEMAND)]})
    residents["population"] = rng.integers(1, 60, N_DEMAND).astype(float)
    points = gpd.points_from_xy(homes[:, 0], homes[:, 1])
    gpd.GeoDataFrame(residents, geometry=points, crs="EPSG:4326").to_parquet(folder / "demand.parquet")
    settings = 'name_zh = "阿雷格里港"\nname_en = "Porto Alegre"\nas_of = 2023-06-30\nsynthetic = true\n'
    (folder / "workspace.toml").write_text(settings, encoding="utf-8")
    return folder


@contextmanager
def all_cores() -> Iterator[None]:
    """Take back the pinning to one core: server and browser are two programs."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, range(os.cpu_count() or 1))
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
