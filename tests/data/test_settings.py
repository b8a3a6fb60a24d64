"""Settings: what is written comes back, another registry changes one line, and wrong kinds are named."""

from __future__ import annotations

import datetime as dt
import math
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data.settings import Settings, with_registry
from geo.errors import ParameterError
from geo.params import WalkProfile

ADDRESS = "postgresql+psycopg://linli@db.example.org:5432/linli"
HEAD = 'name_zh = "甲"\nas_of = 2023-06-30\n'

text = st.text(st.characters(exclude_categories=("Cs",)), max_size=8)
values: st.SearchStrategy[Any] = st.recursive(
    st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False) | text | st.dates() | st.times(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
    max_leaves=8,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(text, values, max_size=3), st.dictionaries(text, values, max_size=3), text)
def test_whatever_they_hold_they_come_back(tmp_path: Path, targets: dict[str, Any], map_: dict[str, Any], key: str):
    path = tmp_path / "workspace.toml"
    profile = WalkProfile(key, 1.1)
    first = Settings("甲\x7f\n", "A", dt.date(2023, 6, 30), profiles=(profile,), targets=targets, map=map_)
    path.write_bytes(first.to_toml().encode())
    assert Settings.read(path) == first
    path.write_bytes(with_registry(path, ADDRESS))
    assert Settings.read(path) == replace(first, registry=ADDRESS)
    assert with_registry(path, None) == first.to_toml().encode()


@pytest.mark.parametrize(
    "written",
    [
        'registry = "old"\n',
        '"registry" = "old"\r\n',
        '"\\u0072egistry" = "old" # ours\n',
        'registry = """\\\n  old\n"""\n',
        "",
    ],
)
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_another_registry_changes_one_line(tmp_path: Path, written: str, mark: str) -> None:
    before = f'{mark}# 设置\nname_zh = "甲"  # ours\nnote_zh = """\nregistry = "no"\n"""\n'
    after = 'as_of = 2023-06-30\nx = nan\n[profiles]\n"老人" = 0.8\n[map]\n"审图 号" = inf\n[ours]\nregistry = 1'
    path = tmp_path / "workspace.toml"
    path.write_bytes(f"{before}{written}{after}".encode())
    assert with_registry(path, None) == f"{before}{after}".encode()
    path.write_bytes(with_registry(path, ADDRESS))
    assert Settings.read(path).registry == ADDRESS
    said = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    assert said["ours"] == {"registry": 1} and math.isinf(said["map"]["审图 号"])
    assert with_registry(path, None) == f"{before}{after}".encode(), "to the byte"


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ('counties = "350505"', "counties"),
        ("counties = [350505]", "counties"),
        ('synthetic = "false"', "synthetic"),
        ("synthetic = 0", "synthetic"),
        ("targets = 5", "targets"),
        ("profiles = 5", "profiles"),
        ("map = 5", "map"),
        ("files = 5", "files"),
        ("files = { streets = 5 }", "streets"),
        ('files = { streets = "" }', "files.streets"),
        ('cutoffs = "159"', "cutoffs"),
        ("cutoffs = [true]", "cutoffs"),
        ("name_en = 5", "name_en"),
        ("profiles = { adult = { name_zh = 5 } }", "name_zh"),
        ("registry = 5", "registry"),
    ],
)
def test_wrong_kinds_are_named(tmp_path: Path, line: str, name: str) -> None:
    path = tmp_path / "workspace.toml"
    path.write_text(f"{HEAD}{line}\n", encoding="utf-8")
    with pytest.raises(ParameterError, match=f"^{name} = "):
        Settings.read(path)
