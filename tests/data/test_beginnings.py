"""How a registry begins: all rounds of the files or none, and only once."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pandas as pd
import pytest

from data.registry import editing
from data.registry.beginnings import fill
from data.registry.editing import Edit
from data.registry.store import Registry
from data.settings import FILES
from data.tables.schema import REGISTERED
from data.workspace import SAMPLE, Workspace


@pytest.fixture(scope="module")
def sample() -> Workspace:
    return Workspace.open(SAMPLE)


def assert_filled(registry: Registry, sample: Workspace) -> None:
    for table in REGISTERED:
        kept = registry.frame(table.name)[table.names]
        told = sample.stored(table.name).sort_values(list(table.key), ignore_index=True)
        pd.testing.assert_frame_equal(kept, told[table.names])


@pytest.mark.parametrize("round_", [1, 2, 3])
def test_interrupted_in_any_round_it_begins_anew(
    registry: Registry, sample: Workspace, round_: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[str] = []

    class Interrupted(Edit):
        def __init__(self, *args: object) -> None:
            begun.append(str(args[-1]))
            if len(begun) > round_:
                raise KeyboardInterrupt
            super().__init__(*args)  # type: ignore[arg-type]

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(editing, "Edit", Interrupted)
        fill(registry, SAMPLE, FILES)
    assert registry.revision == 0
    assert all(registry.frame(table.name).empty for table in REGISTERED)
    fill(registry, SAMPLE, FILES)
    assert_filled(registry, sample)
    sets = {change.change_set: change.why for change in registry.history()}
    reasons = [sets[number] for number in sorted(sets)]
    assert reasons[:2] == ["first tables, from files", "corrections, from files"], "each round is a change set"
    assert reasons[: len(begun)] == begun


def test_who_comes_second_overwrites_nobody(registry: Registry, sample: Workspace) -> None:
    fill(registry, SAMPLE, FILES)
    with registry.edit("Li", "a new name") as edit:
        edit.put("centers", {"id": "qg-01", "name": "新名"}, registry.record("centers", "qg-01")["version"])
    revision = registry.revision
    fill(registry, SAMPLE, FILES)  # by a process that looked before
    assert registry.revision == revision
    assert registry.record("centers", "qg-01")["name"] == "新名"


def test_all_at_once_fill_it_once(address: str, sample: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("data.registry.database.WAIT_S", 60)
    ready = threading.Barrier(4)

    def begin(number: int) -> None:
        ready.wait()
        mine = Registry.open(address, create=True)
        fill(mine, SAMPLE, FILES)
        mine.close()

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(begin, range(4)))
    registry = Registry.open(address)
    assert_filled(registry, sample)
    assert sum(change.why == "first tables, from files" for change in registry.history("centers")) == 14
    registry.close()
