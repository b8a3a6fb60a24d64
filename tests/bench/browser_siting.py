"""Siting in the browser: from the click on the map to the new catchment and its figures. On all cores, in wall seconds.

The browser itself takes the time: from the click it received to the first frame after which the catchment is on the
map and the figures stand beside it. What was drawn, fetched and received meanwhile is counted.
"""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from dashboard.siting.layers import PLACED
from tests.bench.browser import MOST_KB, N_CENTERS, SETTLE_MS, all_cores, write_workspace
from tests.bench.ground import PORTO_FILE
from tests.bench.harness import Row, at_most, bench
from tests.browser.conftest import Visit, chromium, serving, visiting

CLICKS: Final = 9
MOST_S: Final = 0.6
OWN: Final = {PLACED, "homes", "marks"}
"""Layers that a click on the ground changes; of the catchments only the new one."""
COLD_MS: Final = 120_000
PREPARED_MS: Final = 25_000
"""Until the server has done what it prepares behind the first page."""

WATCH: Final = """() => {
    const inner = [...document.querySelectorAll("iframe")].find(f => f.src.includes("st_folium")).contentWindow;
    const { atlas } = inner, root = inner.document.documentElement;
    const now = () => performance.timeOrigin + performance.now();
    const figures = () => [...document.querySelectorAll("[data-testid=stMetricValue]")].map(n => n.textContent).join();
    const place = () => JSON.stringify([atlas.map.getZoom(), atlas.map.getCenter()]);
    const layers = () => Object.fromEntries(Object.entries(atlas.layers).map(([name, { layer }]) => [name, layer]));
    const fetched = () => inner.performance.getEntriesByType("resource").length;
    const before = { key: root.dataset.key, figures: figures(), place: place(), layers: layers(), fetched: fetched() };
    window.clicked = new Promise(resolve => inner.addEventListener("click", event => {
        const clicked = inner.performance.timeOrigin + event.timeStamp;
        let drawn, told;
        const look = () => {
            if (!drawn && root.dataset.atlas === "ready" && root.dataset.key !== before.key) drawn = now();
            if (!told && figures() !== before.figures) told = now();
            if (!drawn || !told) return void requestAnimationFrame(look);
            const after = layers(), names = Object.keys({ ...before.layers, ...after });
            resolve({
                map: (drawn - clicked) / 1000,
                panel: (told - clicked) / 1000,
                redrawn: names.filter(name => after[name] !== before.layers[name]),
                kept: place() === before.place,
                fetched: fetched() - before.fetched,
            });
        };
        requestAnimationFrame(look);
    }, { capture: true, once: true }));
}"""
"""Runs in the page: the promise is kept once both are there."""

GROUND: Final = """count => {
    const { map, centers, geo } = atlas, size = map.getSize(), corner = map.getContainer().getBoundingClientRect();
    const point = latlng => map.latLngToContainerPoint(latlng).round();
    const taken = [...centers.values()].map(center => point(center.latlng));
    const over = p => document.elementFromPoint(corner.left + p.x, corner.top + p.y);
    const open = p => !over(p)?.closest(".leaflet-control, .leaflet-marker-icon");
    const clear = p => open(p) && taken.every(t => t.distanceTo(p) > 14);
    const inside = L.bounds([60, 60], [size.x - 60, size.y - 60]), free = [];
    for (const p of geo.uncovered.features.map(f => point(atlas.at(f)))) {
        if (inside.contains(p) && clear(p) && free.every(q => q.distanceTo(p) > 30)) free.push(p);
        if (free.length === count) break;
    }
    return free.map(p => [p.x, p.y]);
}"""
"""Runs in the map: places in sight where uncovered residents live, on the ground and apart from each other."""


@dataclass(frozen=True, slots=True)
class Click:
    """What one click took and did.

    Attributes:
        map_s, panel_s: seconds until the map was drawn, and until the figures had changed.
        kilobytes: received over the socket.
        redrawn: names of the layers that were added, replaced or taken away.
        kept: place and zoom stayed.
        fetched: requests of the map.
    """

    map_s: float
    panel_s: float
    kilobytes: float
    redrawn: list[str]
    kept: bool
    fetched: int

    @property
    def seconds(self) -> float:
        """Until both."""
        return max(self.map_s, self.panel_s)

    @property
    def alone(self) -> bool:
        """One catchment, and what belongs to it."""
        return len(self.redrawn) == len(OWN) and {name[: len(PLACED)] for name in self.redrawn} == OWN


@bench
def sample() -> Iterator[Row]:
    with all_cores():
        yield from report("the sample", clicks(None))


@bench
def many_centers() -> Iterator[Row]:
    if not PORTO_FILE.exists():
        yield Row(f"siting with {N_CENTERS:,} centers", "left out: no Porto here")
        return
    with all_cores(), tempfile.TemporaryDirectory() as folder:
        yield from report(f"{N_CENTERS:,} centers, Porto", clicks(write_workspace(Path(folder))))


def report(place: str, found: Sequence[Click]) -> Iterator[Row]:
    """Medians of the clicks; what must hold, holds for each of them."""
    seconds = statistics.median(click.seconds for click in found)
    parts = statistics.median(c.map_s for c in found), statistics.median(c.panel_s for c in found)
    slowest = max(click.seconds for click in found)
    note = f" (map {parts[0]:.2f}, figures {parts[1]:.2f}; slowest of {len(found)} {slowest:.2f})"
    yield at_most(f"siting, {place}: click to catchment and figures", seconds, MOST_S, "s", note)
    sent = statistics.median(click.kilobytes for click in found)
    yield at_most(f"siting, {place}: socket, a click", sent, MOST_KB, "kB")
    alone = sum(click.alone for click in found)
    fetched = max(click.fetched for click in found)
    what = f"siting, {place}: clicks that redrew the new catchment, its homes and its sign alone; most requests"
    yield Row(what, f"{alone} of {len(found)}; {fetched}", "all", alone == len(found))
    kept = sum(click.kept for click in found)
    yield Row(f"siting, {place}: place and zoom kept", f"{kept} of {len(found)}", "all", kept == len(found))


def clicks(workspace: Path | None) -> list[Click]:
    """New centers, one after the other, in a browser and on a server of their own."""
    with chromium() as browser, visiting(browser) as go, serving(workspace) as address:
        visit = go(f"{address}/siting")
        visit.page.locator("iframe[src*=st_folium]").wait_for(timeout=COLD_MS)
        visit.ready()
        visit.page.wait_for_timeout(PREPARED_MS)
        places = visit.map.evaluate(GROUND, CLICKS + 1)
        if len(places) < 2:
            raise RuntimeError("no uncovered residents in sight")
        received = received_bytes(visit)
        return [click_on(visit, place, received) for place in places][1:]  # the first one also loads what tables need


def click_on(visit: Visit, place: Sequence[float], received: list[int]) -> Click:
    page = visit.page
    page.evaluate(WATCH)
    received[0] = 0
    visit.map.locator("#map_div").click(position={"x": place[0], "y": place[1]})
    found: dict[str, Any] = page.evaluate("() => window.clicked")
    page.wait_for_timeout(SETTLE_MS)
    return Click(
        map_s=found["map"],
        panel_s=found["panel"],
        kilobytes=received[0] / 1_000,
        redrawn=found["redrawn"],
        kept=found["kept"],
        fetched=found["fetched"],
    )


def received_bytes(visit: Visit) -> list[int]:
    """One counter: bytes that the page received over its socket. Binary frames come as base64."""
    received = [0]

    def note(event: dict[str, Any]) -> None:
        received[0] += len(event["response"]["payloadData"]) * 3 // 4

    session = visit.page.context.new_cdp_session(visit.page)
    session.send("Network.enable")
    session.on("Network.webSocketFrameReceived", note)
    return received
