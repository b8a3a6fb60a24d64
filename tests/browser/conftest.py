"""A real browser on a real server, offline: no other host is found, and every request to one is remembered."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest

from tests.conftest import ROOT

CHROMIUMS: Final = ("chromium", "chromium-browser", "google-chrome")
START_S: Final = 60
MAP_S: Final = 30_000
READY: Final = """key => {
    const frame = [...document.querySelectorAll("iframe")].find(f => f.src.includes("st_folium"));
    const root = frame && frame.contentDocument && frame.contentDocument.documentElement;
    return Boolean(root) && root.dataset.atlas === "ready" && root.dataset.key !== key && root.dataset.key;
}"""


@dataclass
class Seen:
    """What happened in a browser context that should not."""

    foreign: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    @property
    def nothing(self) -> bool:
        return not (self.foreign or self.errors or self.dialogs or self.failed)


@contextmanager
def serving(workspace: Path | None, base: str = "") -> Iterator[str]:
    """The dashboard on a free port, with a workspace or the sample, below a base path; yields its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "dashboard/app.py", "--server.headless", "true"]
    command += ["--server.port", str(port), "--server.address", "127.0.0.1", "--server.baseUrlPath", base]
    environment = {key: value for key, value in os.environ.items() if key != "LINLI_WORKSPACE"}
    if workspace is not None:
        environment["LINLI_WORKSPACE"] = str(workspace)
    server = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}/{base}".rstrip("/")
    try:
        until_healthy(f"{address}/_stcore/health", server)
        yield address
    finally:
        server.terminate()
        server.wait(timeout=20)


def until_healthy(address: str, server: subprocess.Popen[bytes]) -> None:
    for _ in range(START_S * 10):
        assert server.poll() is None, "the server ended at once"
        try:
            with urlopen(address, timeout=2):
                return
        except (URLError, OSError):
            time.sleep(0.1)
    raise AssertionError("the server does not answer")


@pytest.fixture(scope="session")
def sample_address() -> Iterator[str]:
    with serving(None) as address:
        yield address


@contextmanager
def chromium() -> Iterator[Any]:
    """A browser, for tests and benchmarks."""
    from playwright.sync_api import sync_playwright

    program = next(filter(None, map(shutil.which, CHROMIUMS)), None)
    flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
    # The browser's own rule, because a handler of Playwright's would take part in every request and turn the cache off.
    flags.append("--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1")
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=program, args=flags)
        yield found
        found.close()


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    if not any(map(shutil.which, CHROMIUMS)):
        pytest.skip("no Chromium is installed on this machine")
    with chromium() as found:
        yield found


@dataclass
class Visit:
    """One page of a browser, and what it has seen."""

    page: Any
    seen: Seen

    @property
    def map(self) -> Any:
        """The frame of the map."""
        return next(frame for frame in self.page.frames if "st_folium" in frame.url)

    def ready(self, other_than: str = "") -> str:
        """Wait until the map is drawn in a state other than the one named; the state's key."""
        key: str = self.page.wait_for_function(READY, arg=other_than, timeout=MAP_S).json_value()
        return key

    def change(self, act: Callable[[], object]) -> float:
        """Do something that changes the map, and wait for it; the seconds it took."""
        before = self.ready()
        start = time.perf_counter()
        act()
        self.ready(other_than=before)
        return time.perf_counter() - start


def note_console(message: Any, seen: Seen) -> None:
    if message.type == "error" and not message.text.startswith("Failed to load resource"):  # noted with its address
        seen.errors.append(message.text)


def note_response(answer: Any, seen: Seen) -> None:
    if answer.status >= 400:
        seen.failed.append(answer.url)


Go = Callable[..., Visit]


@contextmanager
def visiting(browser: Any) -> Iterator[Go]:
    """Yields a function that opens an address in a fresh, offline context."""
    contexts = []

    def go(address: str, *, locale: str = "zh-CN", size: tuple[int, int] = (1366, 768), scheme: str = "light") -> Visit:
        seen = Seen()
        viewport = {"width": size[0], "height": size[1]}
        context = browser.new_context(viewport=viewport, locale=locale, color_scheme=scheme)
        contexts.append(context)
        own = urlsplit(address).netloc

        def note_request(request: Any) -> None:
            if urlsplit(request.url).netloc not in (own, ""):
                seen.foreign.append(request.url)

        context.on("request", note_request)
        page = context.new_page()
        page.on("console", lambda message: note_console(message, seen))
        page.on("pageerror", lambda error: seen.errors.append(str(error)))
        page.on("response", lambda answer: note_response(answer, seen))
        page.on("dialog", lambda dialog: (seen.dialogs.append(dialog.message), dialog.dismiss()))
        page.goto(address)
        return Visit(page, seen)

    try:
        yield go
    finally:
        for context in contexts:
            context.close()


@pytest.fixture
def visit(browser: Any) -> Iterator[Go]:
    with visiting(browser) as go:
        yield go
