"""Raw tables: files of any usual kind, read cell by cell without changing what stands in them."""

from __future__ import annotations

import csv
import io
import itertools
import json
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.tables.cells import is_blank
from data.tables.columns import Table
from data.tables.headers import header_row
from data.tables.sheets import read_sheet, sheet_names
from geo.errors import (
    AtlasError,
    DamagedFileError,
    EmptyTableError,
    MissingFileError,
    ParameterError,
    UnsupportedFormatError,
)

if TYPE_CHECKING:
    import geopandas as gpd

TEXT_ENDINGS: Final = (".csv", ".txt", ".tsv")
SHEET_ENDINGS: Final = (".xlsx", ".xlsm")
SHAPE_ENDINGS: Final = (".geojson", ".json", ".gpkg", ".shp", ".zip", ".parquet", ".geoparquet")
LAYERED_ENDINGS: Final = (".gpkg", ".zip")
"""Files that may hold several layers."""
ENDINGS: Final = (*TEXT_ENDINGS, *SHEET_ENDINGS, *SHAPE_ENDINGS)

ENCODINGS: Final = ("utf-8-sig", "gb18030")
"""Tried in this order: text in GB18030 is hardly ever valid UTF-8 by chance, the reverse happens."""

HEADER_SEARCH_ROWS: Final = 20
TRIGGERS: Final = ("=", "+", "-", "@", "\t", "\r")
"""A cell that starts with one of these runs as a formula in a spreadsheet."""

_GUARDED: Final = re.compile(r"'+[=+\-@\t\r]")


@dataclass(frozen=True, eq=False)
class RawTable:
    """Cells of a file as they stand there.

    Attributes:
        path: the file.
        frame: one column for each header, cells as the file has them (None where empty); blank rows left out.
        lines: int64 (n,); the number that a spreadsheet shows beside each row.
        geometry: shapes of the rows, where the file has any.
        crs: their coordinate system as text, or None where the file does not say.
        encoding: text encoding that was found.
        sheet: name of the sheet, of a workbook.
    """

    path: Path
    frame: pd.DataFrame
    lines: NDArray[np.int64]
    geometry: gpd.GeoSeries | None = None
    crs: str | None = None
    encoding: str | None = None
    sheet: str | None = None

    @property
    def headers(self) -> list[str]:
        """The file's headers."""
        return [str(name) for name in self.frame.columns]


def read_raw(path: Path, table: Table, *, sheet: str | None = None) -> RawTable:
    """Read a file for a table; the table is needed to find the header row below titles.

    Args:
        path: CSV, Excel, GeoJSON, GeoPackage, (zipped) Shapefile or GeoParquet.
        table: the contract that the file is meant for.
        sheet: of a workbook; by default the first visible one. Or the layer of a file with several.

    Raises:
        MissingFileError, DamagedFileError, UnsupportedFormatError, EmptyTableError: it cannot be used.
        ParameterError: it has no such sheet, or several layers and none is chosen.
    """
    ending = path.suffix.lower()
    if ending not in ENDINGS:
        raise UnsupportedFormatError(path=path.name, expected=", ".join(ENDINGS))
    if not path.is_file():
        raise MissingFileError(path=path)
    if ending in TEXT_ENDINGS:
        if sheet is not None:
            raise ParameterError(name="sheet", value=sheet, reason="the file has none", expected="a workbook with it")
        raw = _read_text(path, table)
    elif ending in SHEET_ENDINGS:
        raw = _read_workbook(path, table, sheet)
    else:
        raw = _read_shapes(path, sheet)
    if raw.frame.empty:
        raise EmptyTableError(path=path.name)
    return raw


def choices(path: Path) -> list[str]:
    """Names of the sheets or layers of which one is to be chosen; none where there is nothing to choose.

    Raises:
        DamagedFileError, UnsafeArchiveError: the file cannot be read.
    """
    ending = path.suffix.lower()
    if ending in SHEET_ENDINGS:
        return sheet_names(path)
    if ending not in LAYERED_ENDINGS:
        return []
    with _readable(path):
        return list(_layers(path))


def unguard(text: str) -> str:
    """Undo `data.tables.drafts.guard`: take away the apostrophe that kept a cell from running as a formula."""
    return text[1:] if _GUARDED.match(text) else text


def unguarded(cells: pd.DataFrame) -> pd.DataFrame:
    """A frame of text with every cell unguarded."""
    free = cells.copy(deep=False)
    for name in cells:
        if cells[name].str.match(_GUARDED.pattern, na=False).any():
            free[name] = cells[name].map(unguard, na_action="ignore")
    return free


# Text -----------------------------------------------------------------------------------------------------------


def _read_text(path: Path, table: Table) -> RawTable:
    encoding = detect_encoding(path)
    with path.open(encoding=encoding, newline="") as file:
        sample = file.read(1 << 16)
    separator = _separator(sample)
    top = list(itertools.islice(csv.reader(io.StringIO(sample), delimiter=separator), HEADER_SEARCH_ROWS))
    width = max(map(len, top), default=0)
    if width == 0:
        raise EmptyTableError(path=path.name)
    try:
        cells = pd.read_csv(
            path, sep=separator, header=None, names=range(width), dtype="str", keep_default_na=False, na_values=[""],
            encoding=encoding, skip_blank_lines=False, on_bad_lines="error",
        )  # fmt: skip
    except (ValueError, pd.errors.ParserError) as error:
        raise DamagedFileError(path=path.name, kind="a CSV table", reason=error) from error
    cells = unguarded(cells)
    frame, lines = _below_header(
        cells, header_row(cells.head(HEADER_SEARCH_ROWS).fillna("").to_numpy().tolist(), table)
    )
    return RawTable(path, frame, lines, encoding=encoding)


def detect_encoding(path: Path) -> str:
    """Encoding of a text file: UTF-8 (with or without mark), UTF-16 with mark, else GB18030.

    Raises:
        DamagedFileError: it is none of them.
    """
    with path.open("rb") as file:
        mark = file.read(2)
    if mark in (b"\xff\xfe", b"\xfe\xff"):
        return "utf-16"
    for encoding in ENCODINGS:
        try:
            with path.open(encoding=encoding) as text:
                while text.read(1 << 20):
                    pass
        except UnicodeDecodeError:
            continue
        return encoding
    raise DamagedFileError(path=path.name, kind="text", reason="it is neither UTF-8 nor GB18030")


def _separator(sample: str) -> str:
    """The separator that occurs most in the first lines."""
    counts = {mark: sample.count(mark) for mark in (",", "\t", ";")}
    return max(counts, key=lambda mark: counts[mark])


# Workbooks ------------------------------------------------------------------------------------------------------


def _read_workbook(path: Path, table: Table, name: str | None) -> RawTable:
    sheet = read_sheet(path, name)
    if not sheet.rows:
        raise EmptyTableError(path=path.name)
    top = sheet.headings(HEADER_SEARCH_ROWS)
    header = header_row(top, table)
    rows = sheet.filled_below(header)
    rows[header] = top[header]
    width = max(map(len, rows))
    cells = pd.DataFrame([row + [None] * (width - len(row)) for row in rows], dtype="object")
    frame, lines = _below_header(cells, header)
    return RawTable(path, frame, lines, sheet=sheet.name)


def _below_header(cells: pd.DataFrame, header: int) -> tuple[pd.DataFrame, NDArray[np.int64]]:
    """Split a sheet at its header row; columns without a header and without a value, and blank rows, go."""
    titles = ["" if is_blank(title) else str(title).strip() for title in cells.iloc[header]]
    body = cells.iloc[header + 1 :]
    filled = body.notna()
    if body.dtypes.eq("object").any():
        filled &= ~body.map(is_blank)
    keep = [i for i, title in enumerate(titles) if title or filled.iloc[:, i].any()]
    names = _distinct([titles[i] or f"列{i + 1}" for i in keep])
    rows = filled.any(axis=1).to_numpy()
    frame = body.loc[rows, body.columns[keep]]
    frame.columns = pd.Index(names)
    return frame.reset_index(drop=True), np.flatnonzero(rows) + header + 2


def _distinct(names: Sequence[str]) -> list[str]:
    seen: dict[str, int] = {}
    distinct = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        distinct.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return distinct


# Shapes ---------------------------------------------------------------------------------------------------------


def _read_shapes(path: Path, layer: str | None) -> RawTable:
    import geopandas as gpd

    with _readable(path):
        if path.suffix.lower() in (".parquet", ".geoparquet"):
            shapes, encoding = gpd.read_parquet(path), None
        else:
            shapes, encoding = _read_vector(path, layer)
    if not isinstance(shapes, gpd.GeoDataFrame):
        raise DamagedFileError(path=path.name, kind="a layer of shapes", reason="it holds no geometry")
    crs = None if shapes.crs is None else shapes.crs.to_string()
    frame = pd.DataFrame(shapes.drop(columns=shapes.geometry.name)).astype("object")
    frame = frame.where(frame.notna(), None).map(_flat)
    lines = np.arange(2, len(frame) + 2, dtype=np.int64)
    return RawTable(path, frame, lines, geometry=shapes.geometry, crs=crs, encoding=encoding, sheet=layer)


def _flat(cell: object) -> object:
    """A cell as a table can hold it: several values of one cell as one text."""
    if isinstance(cell, dict):
        return json.dumps(cell, ensure_ascii=False, default=str)
    return ";".join(map(str, cell)) if isinstance(cell, list | tuple | np.ndarray) else cell


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    """Tell what GDAL and Arrow say of a file as one error."""
    import pyarrow as pa

    try:
        yield
    except AtlasError:
        raise
    except (ValueError, OSError, RuntimeError, pa.ArrowException) as error:
        said = str(error).replace(str(path), path.name).partition(";")[0].partition(". ")[0]
        raise DamagedFileError(path=path.name, kind="a layer of shapes", reason=said) from error


def _layers(path: Path) -> dict[str, tuple[str, str]]:
    """The layers of a file: name → where GDAL reads it, and its name there. Tables without shapes count only alone."""
    import pyogrio

    from data.zips import check_zip

    if path.suffix.lower() == ".zip":
        inner = [name for name in check_zip(path) if name.lower().endswith(".shp")]
        if inner:
            return {name: (f"/vsizip/{path.resolve()}/{name}", PurePath(name).stem) for name in inner}
    known = pyogrio.list_layers(path).tolist()
    shapes = [name for name, kind in known if kind is not None]
    return {name: (str(path), name) for name in shapes or [name for name, _ in known]}


def _read_vector(path: Path, layer: str | None) -> tuple[gpd.GeoDataFrame, str | None]:
    import geopandas as gpd

    layers = _layers(path)
    if layer is None and len(layers) > 1:
        expected = f"one of {', '.join(layers)}, or a file with one layer alone"
        raise ParameterError(name="sheet", value="none", reason="the file has several layers", expected=expected)
    if layer is not None and layer not in layers:
        raise ParameterError(name="sheet", value=layer, reason="there is none", expected=", ".join(layers))
    source, name = layers[layer] if layer is not None else next(iter(layers.values()))
    if source.lower().endswith(".shp") and not _declares_encoding(path, source):
        return _undeclared(source)
    return gpd.read_file(source, layer=name), None


def _declares_encoding(path: Path, source: str) -> bool:
    """Whether a Shapefile says by a file `.cpg` how its texts are encoded."""
    if path.suffix.lower() == ".shp":
        return path.with_suffix(".cpg").exists()
    from data.zips import check_zip

    return any(
        source.lower().endswith(f"/{name.lower()[:-4]}.shp")
        for name in check_zip(path)
        if name.lower().endswith(".cpg")
    )


def _undeclared(source: str) -> tuple[gpd.GeoDataFrame, str]:
    """A Shapefile that does not declare its encoding: its bytes decide between UTF-8 and GB18030."""
    import geopandas as gpd

    latin = gpd.read_file(source, encoding="ISO-8859-1")
    texts = latin.drop(columns=latin.geometry.name).select_dtypes(["object", "string"])
    content = b"\n".join(str(value).encode("latin-1") for value in texts.to_numpy().ravel() if isinstance(value, str))
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return gpd.read_file(source, encoding="GB18030"), "gb18030"
    return gpd.read_file(source, encoding="UTF-8"), "utf-8"
