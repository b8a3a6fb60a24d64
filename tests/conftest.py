"""Shared test helpers."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SHARED_DATA = ROOT.parent / "shared" / "data"


def shared_data(name: str) -> Path:
    """Path of a file among the real data sets, or skip: they are not part of the project."""
    path = SHARED_DATA / name
    if not path.exists():
        pytest.skip(f"the real data set {name} is not on this machine")
    return path
