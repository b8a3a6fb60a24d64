"""Street files: one door for everything that streets can be read from."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from geo.errors import ParameterError, UnsupportedFormatError
from geo.streets import edgetable, osm
from geo.streets.noding import Progress
from geo.streets.table import StreetTable

ENDINGS: Final = osm.ENDINGS + edgetable.ENDINGS


def read_streets(
    path: Path,
    *,
    ferries: bool = False,
    layer: str | None = None,
    class_column: str | None = None,
    progress: Progress | None = None,
) -> StreetTable:
    """Walkable streets of an OpenStreetMap file or a table of lines; the ending tells which.

    Args:
        path: the file, with one of ENDINGS (in any case).
        ferries: keep ferry lines.
        layer: tables: which layer.
        class_column: tables: which column says what a street is.
        progress: called with what is being done and the share done, 0 to 1.

    Raises:
        UnsupportedFormatError: the ending is not one of these.
        ParameterError: a layer or column of an OpenStreetMap file, which has none.
        InputError: see `osm.read_osm` and `edgetable.read_edges`.
    """
    path = Path(path)
    name = path.name.lower()
    if name.endswith(osm.ENDINGS):
        for what, given in (("layer", layer), ("class column", class_column)):
            if given is not None:
                reason = f"{path.name} is an OpenStreetMap file, which has none"
                raise ParameterError(name=what, value=given, reason=reason, expected="none")
        return osm.read_osm(path, ferries=ferries, progress=progress)
    if name.endswith(edgetable.ENDINGS):
        return edgetable.read_edges(path, ferries=ferries, layer=layer, class_column=class_column, progress=progress)
    raise UnsupportedFormatError(path=path, expected=", ".join(ENDINGS))
