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

from tests.bench.browser import MOST_KB, N_CENTERS, SETTLE_MS, all_cores, write_workspace
from tests.bench.ground import PORTO_FILE
from tests.bench.harness import Row, at_most, bench
from tests.browser.conftest import Visit, chromium, serving, visiting

CLICKS: Final = 9
MOST_S: Final = 0.6
OWN: Final = {"placed", "homes", "marks"}
"""Layers that a click on the ground changes."""
PREPARED_MS: Final = 10_000
"""Until the server has done what it prepares behind the first page."""

WATCH: Final = """() => {
    const inner = [...document.querySelectorAll("iframe")].find(f => f.src.includes("st_folium")).contentWindow;
    const { atlas, L } = inner, root = inner.document.documentElement, now = () => performance.timeOrigin + performance.now();
    const figures = () => [...document.querySelectorAll("[data-testid=stMetricValue]")].map(n => n.innerText).join(" ");
    const place = () => JSON.stringify([atlas.map.getZoom(), atlas.map.getCenter()]);
    const layers = () => Object.fromEntries(Object.entries(atlas.layers).map(([name, made]) => [name, made.layer ?? made]));
    const before = { key: root.dataset.key, figures: figures(), place: place(), layers: layers() };
    const fetched = inner.performance.getEntriesByType("resource").length;
    window.clicked = new Promise(resolve => {
        let clicked, drawn, told;
        inner.addEventListener("click", event => {
            clicked = inner.performance.timeOrigin + event.timeStamp;
            const look = () => {
                const ready = root.dataset.atlas === "ready" && root.dataset.key !== before.key;
                if (!drawn && ready && atlas.layers.placed.layer !== before.layers.placed) drawn = now();
                if (!told && figures() !== before.figures) told = now();
                if (!drawn || !told) return void requestAnimationFrame(look);
                const after = layers();
                resolve({
                    seconds: (Math.max(drawn, told) - clicked) / 1000, map: (drawn - clicked) / 1000, panel: (told - clicked) / 1000,
                    redrawn: Object.keys(after).filter(name => after[name] !== before.layers[name]),
                    kept: place() === before.place,
                    fetched: inner.performance.getEntriesByType("resource").length - fetched,
                });
            };
            requestAnimationFrame(look);
        }, { capture: true, once: true });
    });
}"""
"""Runs in the page: the promise is kept once both are there."""

GROUND: Final = """count => {
    const { map, centers } = atlas, size = map.getSize(), taken = [...centers.values()].map(c => map.latLngToContainerPoint(c.latlng));
    const box = map.getContainer().getBoundingClientRect(), free = [];
    const clear = p => taken.every(t => t.distanceTo(p) > 14) && document.elementFromPoint(box.left + p.x, box.top + p.y)?.closest(".leaflet-control, .leaflet-marker-icon") === null;
    const homes = atlas.geo.uncovered.features.map(f => map.latLngToContainerPoint(atlas.at(f)).round());
    for (const p of homes) {
        if (!L.bounds([60, 60], [size.x - 60, size.y - 60]).contains(p) || !clear(p)) continue;
        if (free.every(q => q.distanceTo(p) > 30)) free.push(p);
        if (free.length === count) break;
    }
    return free.map(p => [p.x, p.y]);
}"""
"""Runs in the map: places in sight where uncovered residents live, on the ground and apart from each other."""


@dataclass(frozen=True, slots=True)
class Click:
    """What one click took: seconds to both, to the map alone and to the figures alone; bytes over the socket."""

    seconds: float
    map_s: float
    panel_s: float
    kilobytes: float
    redrawn: frozenset[str]
    kept: bool
    fetched: int


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
    redrawn = frozenset[str]().union(*(click.redrawn for click in found))
    most = max(click.fetched for click in found)
    what = f"siting, {place}: layers redrawn by a click, fetches"
    yield Row(what, f"{', '.join(sorted(redrawn))}; {most}", "only those that change", redrawn <= OWN)
    kept = sum(click.kept for click in found)
    yield Row(f"siting, {place}: place and zoom kept", f"{kept} of {len(found)}", "all", kept == len(found))


def clicks(workspace: Path | None) -> list[Click]:
    """New centers, one after the other, in a browser and on a server of their own."""
    with chromium() as browser, visiting(browser) as go, serving(workspace) as address:
        visit = go(f"{address}/siting")
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
        seconds=found["seconds"],
        map_s=found["map"],
        panel_s=found["panel"],
        kilobytes=received[0] / 1_000,
        redrawn=frozenset(found["redrawn"]),
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
