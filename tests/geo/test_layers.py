"""The house's rules: imports go pages → dashboard → data → geo, and inside geo only downwards."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from tests.conftest import ROOT

ROOMS = ("pages", "dashboard", "data", "geo")
"""From the top of the house to its ground: each may use those after it."""

OUTSIDE_GEO = (
    "streamlit",
    "streamlit_folium",
    "folium",
    "branca",
    "plotly",
    "sqlalchemy",
    "alembic",
    "psycopg",
    "sqlite3",
)
"""geo is pure geography: no screens, no database."""

OUTSIDE_DATA = ("streamlit", "streamlit_folium", "folium", "branca", "plotly")

FLOORS = ("ground", "streets", "engine", "people", "catchments", "coverage", "siting", "__main__")
"""The floors of geo, upwards. The modules that stand in no package are its ground: errors, params, crs, points, …"""

DYNAMIC = ("import_module", "importlib.import_module", "__import__")


def imports(tree: ast.AST, package: str) -> Iterator[tuple[str, int]]:
    """Full names of all that is imported anywhere in a module, and the line."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            if node.level:
                base = package.split(".")[: len(package.split(".")) - node.level + 1]
                module = ".".join([*base, node.module] if node.module else base)
            else:
                module = node.module or ""
            yield module, node.lineno
            yield from ((f"{module}.{alias.name}", node.lineno) for alias in node.names)
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in DYNAMIC:
            yield from ((str(name.value), node.lineno) for name in node.args[:1] if isinstance(name, ast.Constant))


def for_types_only(tree: ast.AST) -> set[int]:
    """Lines of imports that only a type checker runs."""
    guarded = [n for n in ast.walk(tree) if isinstance(n, ast.If) and "TYPE_CHECKING" in ast.unparse(n.test)]
    return {
        line for node in guarded for inner in node.body for line in range(inner.lineno, (inner.end_lineno or 0) + 1)
    }


def modules(room: str) -> list[Path]:
    return sorted(path for path in (ROOT / room).rglob("*.py") if "__pycache__" not in path.parts)


def package_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).parts[:-1])


def breaches(source: str, room: str, package: str) -> list[str]:
    """What a module imports from rooms above its own, or from libraries that its room must not know."""
    above = ROOMS[: ROOMS.index(room)]
    foreign = {"geo": OUTSIDE_GEO, "data": OUTSIDE_DATA}.get(room, ())
    names = imports(ast.parse(source), package)
    return [f"line {line}: {name}" for name, line in names if name.split(".")[0] in above + foreign]


def floor_of(module: str) -> int:
    """The floor of a module of geo, by its name in full."""
    place = module.split(".")[1]
    return FLOORS.index(place) if place in FLOORS else 0


def floor_breaches(source: str, module: str) -> list[str]:
    """What a module of geo imports from floors above its own."""
    mine = floor_of(module)
    names = [(name, line) for name, line in imports(ast.parse(source), module.rpartition(".")[0]) if name[:4] == "geo."]
    return [
        f"line {line}: {name} ({FLOORS[floor_of(name)]} from {FLOORS[mine]})"
        for name, line in names
        if floor_of(name) > mine
    ]


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


@pytest.mark.parametrize("room", ROOMS)
def test_rooms_use_only_the_rooms_below_them(room: str) -> None:
    assert modules(room), f"nothing in {room}"
    found = {
        str(path.relative_to(ROOT)): breach
        for path in modules(room)
        if (breach := breaches(path.read_text(encoding="utf-8"), room, package_of(path)))
    }
    assert not found


def test_inside_geo_imports_go_downwards() -> None:
    found = {
        name_of(path): breach
        for path in modules("geo")
        if (breach := floor_breaches(path.read_text(encoding="utf-8"), name_of(path)))
    }
    assert not found


@pytest.mark.parametrize("room", ROOMS[1:])
def test_imports_run_in_no_circle(room: str) -> None:
    """Types alone may refer to each other."""
    graph = {}
    known = {name_of(path) for path in modules(room)}
    for path in modules(room):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        only_types = for_types_only(tree)
        names = {name for name, line in imports(tree, package_of(path)) if line not in only_types}
        graph[name_of(path)] = (names & known) - {name_of(path)}
    try:
        list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        pytest.fail(" → ".join(error.args[1]))


def test_every_floor_exists() -> None:
    gone = [name for name in FLOORS[1:-1] if not (ROOT / "geo" / name / "__init__.py").exists()]
    assert not gone, "take these out of FLOORS"
    assert {path.parent.name for path in (ROOT / "geo").glob("*/__init__.py")} == set(FLOORS[1:-1])


def test_nothing_of_the_program_imports_its_tests() -> None:
    for room in ROOMS:
        for path in modules(room):
            names = imports(ast.parse(path.read_text(encoding="utf-8")), package_of(path))
            assert not [name for name, _ in names if name.split(".")[0] == "tests"], path


@pytest.mark.parametrize(
    ("source", "room"),
    [
        ("import streamlit", "geo"),
        ("import folium.plugins as p", "geo"),
        ("def f():\n    from sqlalchemy import text", "geo"),
        ("from data.workspace import Workspace", "geo"),
        ("from dashboard import theme", "data"),
        ("import pages.sites", "dashboard"),
        ("import plotly.express", "data"),
        ("import importlib\nimportlib.import_module('streamlit')", "geo"),
        ("from ..data import store", "geo"),
    ],
)
def test_a_breach_between_rooms_is_seen(source: str, room: str) -> None:
    assert breaches(source, room, room)


@pytest.mark.parametrize(
    ("source", "module"),
    [
        ("from geo.engine.reach import Reach", "geo.streets.network"),
        ("from geo import catchments", "geo.engine.reach"),
        ("import geo.coverage.gaps", "geo.people.residents"),
        ("from .streets.network import StreetNetwork", "geo.crs"),
        ("from geo.streets import osm", "geo.errors"),
        ("def f():\n    from geo import __main__", "geo.catchments.catchment"),
        ("from ..siting import scenario", "geo.coverage.gaps"),
    ],
)
def test_a_breach_between_floors_is_seen(source: str, module: str) -> None:
    assert floor_breaches(source, module)


def test_what_goes_down_is_no_breach() -> None:
    source = textwrap.dedent("""
        import numpy as np
        from geo.engine import kernels, pairs
        from geo.params import ADULT
        from geo.catchments.pieces import cut
    """)
    assert not floor_breaches(source, "geo.catchments.catchment")
    assert not breaches(source, "dashboard", "dashboard")
