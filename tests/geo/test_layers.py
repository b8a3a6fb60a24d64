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

FLOORS = {
    0: "errors params streets",
    1: "crs datum elevation points signatures console output",
    2: "noding roadclass pedestrian osm edgetable streetfile netfile network kernels gridindex snapping",
    3: "impedance pace pairs reach",
}
"""The engine's floors. What is not named stands above the engine, on floor 4: catchments, coverage, siting, …"""

DYNAMIC = ("import_module", "importlib.import_module", "__import__")
ABOVE_ENGINE = 4
SCENARIO = 5
FLOOR_OF = {name: floor for floor, names in FLOORS.items() for name in names.split()}
FLOOR_OF |= {"scenario": SCENARIO, "__main__": SCENARIO + 1}


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


def floor_breaches(source: str, module: str) -> list[str]:
    """What a module of geo imports from floors above its own."""
    mine = FLOOR_OF.get(module, ABOVE_ENGINE)
    found = []
    for name, line in imports(ast.parse(source), "geo"):
        parts = name.split(".")
        if parts[0] == "geo" and len(parts) > 1 and FLOOR_OF.get(parts[1], floor_of_unnamed(parts[1])) > mine:
            found.append(f"line {line}: {name} (floor {FLOOR_OF.get(parts[1], ABOVE_ENGINE)} from floor {mine})")
    return found


def floor_of_unnamed(name: str) -> int:
    return ABOVE_ENGINE if (ROOT / "geo" / f"{name}.py").exists() else 0


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
        path.name: breach
        for path in modules("geo")
        if (breach := floor_breaches(path.read_text(encoding="utf-8"), path.stem))
    }
    assert not found


def test_inside_geo_imports_run_in_no_circle() -> None:
    """Also within a floor; types alone may refer to each other."""
    graph = {}
    for path in modules("geo"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        only_types = for_types_only(tree)
        names = {
            name.split(".")[1]
            for name, line in imports(tree, "geo")
            if name.startswith("geo.") and line not in only_types
        }
        graph[path.stem] = {name for name in names if (ROOT / "geo" / f"{name}.py").exists()} - {path.stem}
    try:
        order = list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        pytest.fail(" → ".join(error.args[1]))
    assert order.index("errors") < order.index("reach") < order.index("catchment")


def test_every_named_module_exists() -> None:
    gone = [name for name in FLOOR_OF if name != "scenario" and not (ROOT / "geo" / f"{name}.py").exists()]
    assert not gone, "take these out of FLOORS"


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
        ("from geo.reach import Reach", "network"),
        ("from geo import catchment", "reach"),
        ("import geo.coverage", "snapping"),
        ("from .network import StreetNetwork", "crs"),
        ("from geo.crs import to_metric", "errors"),
        ("def f():\n    from geo import __main__", "catchment"),
    ],
)
def test_a_breach_between_floors_is_seen(source: str, module: str) -> None:
    assert floor_breaches(source, module)


def test_what_goes_down_is_no_breach() -> None:
    source = textwrap.dedent("""
        import numpy as np
        from geo import kernels, pairs
        from geo.params import ADULT
        from geo.pieces import cut
    """)
    assert not floor_breaches(source, "catchment")
    assert not breaches(source, "dashboard", "dashboard")
