"""Run the benchmarks named, or all: exit code 1 if a target was missed, 2 if a name is unknown."""

from __future__ import annotations

import os
import platform
import sys
from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec
from pkgutil import iter_modules

from tests.bench import __path__ as package_path
from tests.bench.harness import REGISTRY, Row, one_core, table

PACKAGES = ("numpy", "numba", "scipy", "shapely", "osmium", "networkx", "pandana", "igraph")
SUPPORT = ("__main__", "harness", "ground")


def main(names: list[str]) -> int:
    for module in iter_modules(package_path):
        if module.name not in SUPPORT and not module.name.startswith("test_"):
            import_module(f"tests.bench.{module.name}")
    chosen = {key: run for key, run in REGISTRY.items() if not names or any(key.startswith(name) for name in names)}
    if not chosen:
        print(f"There is no benchmark of that name; there are: {', '.join(REGISTRY)}", file=sys.stderr)
        return 2
    print(machine(), flush=True)
    rows: list[Row] = []
    with one_core():
        for key, run in chosen.items():
            print(f"… {key}", file=sys.stderr, flush=True)
            rows += run()
    print(table(rows))
    missed = [row.what for row in rows if row.ok is False]
    if missed:
        print(f"{len(missed)} target(s) missed: {'; '.join(missed)}", file=sys.stderr)
    return 1 if missed else 0


def machine() -> str:
    """What the figures were measured on."""
    here = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    return ", ".join([here, *(f"{name} {version(name)}" for name in PACKAGES if find_spec(name))])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
