"""Shared test helpers."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parents[1]
SHARED_DATA = ROOT.parent / "shared" / "data"

# No deadline: the first example may compile or open a database. In CI the same examples every time.
settings.register_profile("atlas", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("atlas")


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Three workers for two cores: the browser tests wait for their browser about a third of their time."""
    return max(2, (os.cpu_count() or 2) * 3 // 2)


def shared_data(name: str) -> Path:
    """Path of a file among the real data sets, or skip: they are not part of the project and never used in CI."""
    path = SHARED_DATA / name
    if "CI" in os.environ:
        pytest.skip("real data sets are not used in CI")
    if not path.exists():
        pytest.skip(f"the real data set {name} is not on this machine")
    return path
