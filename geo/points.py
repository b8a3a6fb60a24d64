"""PointTable: places with ids, as people hand them in, checked as a whole before anything is computed."""

from __future__ import annotations

import io
import re
import warnings
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from geo.cells import column_texts, find_column, text_of
from geo.crs import WGS84, parse_angle
from geo.errors import (
    AngleFormatError,
    DamagedFileError,
    EmptyTableError,
    Fault,
    MissingColumnError,
    MissingCrsError,
    MissingFileError,
    TableFaultsError,
    UnsupportedFormatError,
    raise_on_faults,
)
from geo.vectorfile import PARQUET_ENDINGS, read_vector

if TYPE_CHECKING:
    import geopandas
    import pandas as pd

ID_NAMES: Final = ("id", "编号")
LON_NAMES: Final = ("lon", "lng", "long", "longitude", "经度")
LAT_NAMES: Final = ("lat", "latitude", "纬度")

TEXT_ENDINGS: Final = (".csv", ".tsv", ".txt")
VECTOR_ENDINGS: Final = (".geojson", ".json", ".gpkg", ".shp", ".zip", ".fgb", ".kml", ".gml")
ENDINGS: Final = (*TEXT_ENDINGS, ".xlsx", *PARQUET_ENDINGS, *VECTOR_ENDINGS)

_BLANK_LINES: Final = re.compile(r"\A(?:[ \t\r,;]*\n)+")
"""Before the header."""

PLACE_MARGIN_DEG: Final = 0.05
"""About 5 km: centers a little outside of the streets are listed by the snapping, not taken for another city."""


@dataclass(frozen=True, slots=True, eq=False)
class PointTable:
    """Points with ids, sound by construction: unique ids, coordinates in range.

    Attributes:
        ids: n texts, unique, none empty.
        lonlat: float64 (n, 2), degrees (WGS-84).
        attributes: the other columns, same order, index 0 to n - 1.
        source: what it was read from, for people.
        ids_numbered: the table had no ids; its rows were numbered "1" to "n".
    """

    ids: tuple[str, ...]
    lonlat: NDArray[np.float64]
    attributes: pd.DataFrame
    source: str
    ids_numbered: bool = False

    def __len__(self) -> int:
        return len(self.ids)

    @classmethod
    def of(cls, frame: pd.DataFrame | geopandas.GeoDataFrame, source: str, *, table_name: str = "points") -> PointTable:
        """Check a frame and take it over.

        Column names are matched without regard to case: id or 编号; lon, lng, longitude or 经度; lat, latitude or
        纬度; x and y if they are plainly degrees. A frame with a geometry column gives its points instead, in
        whatever coordinate system.

        Args:
            frame: one row a point.
            source: what it was read from, for messages.
            table_name: what its points are, for messages ("centers", "origins").

        Raises:
            TableFaultsError: every fault of every row, all at once.
            EmptyTableError, MissingColumnError, MissingCrsError: the table cannot be checked row by row.
        """
        import pandas as pd

        label = f"{source} ({table_name})"
        if not len(frame):
            raise EmptyTableError(path=label)
        faults: list[Fault] = []
        if _has_geometry(frame):
            lonlat, used = _geometry_lonlat(frame, label, faults)
        else:
            lonlat, used = _column_lonlat(frame, label, faults)
        id_column = find_column(frame, ID_NAMES)
        if id_column is None:
            ids = [str(row) for row in range(1, len(frame) + 1)]
        else:
            ids = list(column_texts(frame, id_column))
            faults += _id_faults(ids, id_column)
            used.append(id_column)
        raise_on_faults(label, faults)
        attributes = pd.DataFrame(frame).drop(columns=used).reset_index(drop=True)
        return cls(tuple(ids), lonlat, attributes, source, ids_numbered=id_column is None)


def read_points(path: str | Path, *, table_name: str = "points") -> PointTable:
    """Read a table of points: CSV (UTF-8 with or without mark, UTF-16, GB18030), Excel, or what GeoPandas reads.

    Rows that are empty in every cell before the header of a text file or at the end of a sheet are not rows. Cells of a
    text file become numbers only where that loses nothing: codes such as 007 and 1.10 stand as written. A Shapefile may
    come zipped.

    Args:
        path: the file; its ending says its kind.
        table_name: what its points are, for messages.

    Raises:
        MissingFileError, UnsupportedFormatError, DamagedFileError: there is no such table.
        TableFaultsError, EmptyTableError, MissingColumnError, MissingCrsError: see `PointTable.of`.
    """
    path = Path(path)
    ending = path.suffix.lower()
    if ending not in ENDINGS:
        raise UnsupportedFormatError(path=path, expected=", ".join(ENDINGS))
    if not path.is_file():
        raise MissingFileError(path=path)
    if ending in TEXT_ENDINGS:
        frame = _read_text(path)
    elif ending == ".xlsx":
        frame = _read_excel(path)
    else:
        frame = read_vector(path, "a table of places")
    return PointTable.of(frame, str(path), table_name=table_name)


def check_place(
    table: PointTable, west: float, south: float, east: float, north: float, margin_deg: float = PLACE_MARGIN_DEG
) -> NDArray[np.bool_]:
    """Which points lie outside of the network's box: some may, and are for the caller to list; all may not.

    Args:
        table: the points.
        west, south, east, north: the network's bounds, degrees.
        margin_deg: how far outside still counts as inside, degrees.

    Returns:
        bool (n,), true for points outside.

    Raises:
        TableFaultsError: all points are outside; says whether swapped columns explain it.
    """
    low, high = np.array([west, south]) - margin_deg, np.array([east, north]) + margin_deg
    outside = ~((table.lonlat >= low) & (table.lonlat <= high)).all(axis=1)
    if outside.all():
        swapped = table.lonlat[:, ::-1]
        fits = ((swapped >= low) & (swapped <= high)).all(axis=1)
        box = {"west": f"{west:.3f}", "east": f"{east:.3f}", "south": f"{south:.3f}", "north": f"{north:.3f}"}
        bounds = f"lon {box['west']} to {box['east']}, lat {box['south']} to {box['north']}"
        if fits.mean() > 0.5:
            code, mend = (
                "axes_swapped",
                "latitude and longitude are swapped: the other way round they fit. Swap the columns",
            )
        else:
            code, mend = "outside_network", "use streets and points of the same place"
        text = f"none of the {len(table)} points lies on the ground of the streets ({bounds}); {mend}."
        raise TableFaultsError(table.source, [Fault(None, "lon, lat", code, text, facts=box | {"count": len(table)})])
    return np.asarray(outside, dtype=np.bool_)


# Reading ---------------------------------------------------------------------------------------------------------


def _read_text(path: Path) -> pd.DataFrame:
    import pandas as pd

    text = _BLANK_LINES.sub("", _decoded(path))
    header = text.split("\n", 1)[0]
    separator = max(",;\t", key=header.count)
    try:
        with warnings.catch_warnings():
            # Rows longer than the header would be cut with a mere warning.
            warnings.simplefilter("error", pd.errors.ParserWarning)
            frame = pd.read_csv(
                io.StringIO(text),
                sep=separator,
                dtype=str,
                keep_default_na=False,
                index_col=False,
                skipinitialspace=True,
                skip_blank_lines=False,  # a blank line is a row, as in a spreadsheet: rows keep their numbers
            )
    except pd.errors.EmptyDataError:
        raise EmptyTableError(path=path) from None
    except (pd.errors.ParserError, pd.errors.ParserWarning) as error:
        raise DamagedFileError(path=path, kind="a CSV table", reason=str(error).strip()) from error
    frame = _without_empty_end(frame)
    return frame.apply(_typed) if len(frame) else frame


def _decoded(path: Path) -> str:
    data = path.read_bytes()
    marked_utf16 = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    for encoding in ("utf-16",) if marked_utf16 else ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise DamagedFileError(path=path, kind="a CSV table", reason="it is text in neither UTF-8 nor GB18030")


def _read_excel(path: Path) -> pd.DataFrame:
    import pandas as pd

    try:
        frame = pd.read_excel(path, dtype=object, engine="openpyxl")
    except (zipfile.BadZipFile, KeyError, ValueError, OSError) as error:
        raise DamagedFileError(path=path, kind="an Excel workbook", reason=str(error)) from error
    return _without_empty_end(frame).infer_objects()


def _without_empty_end(frame: pd.DataFrame) -> pd.DataFrame:
    filled = frame.replace("", None).notna().any(axis=1).to_numpy()
    last = np.flatnonzero(filled)
    return frame.iloc[: last[-1] + 1 if len(last) else 0]


def _typed(column: pd.Series) -> pd.Series:
    """Numbers where every cell is one and reads back as it stands; codes such as 007, 1E5 and 1.10 stay text."""
    import pandas as pd

    numbers = pd.to_numeric(column.where(column != ""), errors="coerce")
    same = list(map(text_of, numbers.tolist())) == column.tolist()
    return numbers if same and bool(numbers.notna().any()) else column


# Checking --------------------------------------------------------------------------------------------------------


def _has_geometry(frame: pd.DataFrame) -> bool:
    return getattr(frame, "active_geometry_name", None) is not None


def _required(frame: pd.DataFrame, names: Sequence[str], column: str, label: str) -> str:
    found = find_column(frame, names)
    if found is None:
        raise MissingColumnError(path=label, column=column, found=", ".join(str(c) for c in frame.columns))
    return found


def _geometry_lonlat(
    frame: geopandas.GeoDataFrame, label: str, faults: list[Fault]
) -> tuple[NDArray[np.float64], list[str]]:
    """Coordinates of the frame's points and the column that they came from; adds to `faults`."""
    import shapely

    if frame.crs is None:
        raise MissingCrsError(path=label)
    column = frame.geometry.name
    shapes = frame.geometry.to_crs(WGS84).to_numpy()
    single = (shapely.get_type_id(shapes) == shapely.GeometryType.MULTIPOINT) & (
        shapely.get_num_geometries(shapes) == 1
    )
    shapes = np.where(single, shapely.get_geometry(shapes, 0), shapes)  # a multipoint of one point is a point
    kind = shapely.get_type_id(shapes)
    empty = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    text = "there is no place; give the point."
    faults += [Fault(int(i) + 1, column, "geometry_empty", text) for i in np.flatnonzero(empty)]
    text = "a point is needed; use the place of the entrance, or the centroid."
    others = np.flatnonzero(~empty & (kind != shapely.GeometryType.POINT))
    faults += [Fault(int(i) + 1, column, "geometry_not_point", text, shapes[i].geom_type) for i in others]
    sound = ~empty & (kind == shapely.GeometryType.POINT)
    lonlat = np.full((len(frame), 2), np.nan)
    lonlat[sound] = shapely.get_coordinates(shapes[sound])
    faults += _range_faults(lonlat, sound, (column, column))
    return lonlat, [column]


def _column_lonlat(frame: pd.DataFrame, label: str, faults: list[Fault]) -> tuple[NDArray[np.float64], list[str]]:
    """Coordinates from two columns and the columns' names; adds to `faults`."""
    unnamed = find_column(frame, (*LON_NAMES, *LAT_NAMES)) is None
    lon = _required(frame, ("x",) if unnamed else LON_NAMES, "lon", label)
    lat = _required(frame, ("y",) if unnamed else LAT_NAMES, "lat", label)
    lonlat = np.column_stack([_degrees(frame, lon, faults), _degrees(frame, lat, faults)])
    known = ~np.isnan(lonlat[:, 0] + lonlat[:, 1])
    if unnamed and known.any() and (lonlat[known] == np.round(lonlat[known])).all():
        text = "these may be degrees or local meters; name the columns lon and lat if they are degrees."
        faults.append(Fault(None, f"{lon}, {lat}", "axes_unclear", text))
    faults += _range_faults(lonlat, known, (lon, lat))
    return lonlat, [lon, lat]


def _degrees(frame: pd.DataFrame, name: str, faults: list[Fault]) -> NDArray[np.float64]:
    """Values as float64 (n,), NaN where there is none; adds to `faults`."""
    import pandas as pd

    texts = pd.Series(column_texts(frame, name), dtype=object)
    numbers = pd.to_numeric(texts.where(texts != ""), errors="coerce").to_numpy(dtype=np.float64, copy=True)
    numbers[np.isinf(numbers)] = np.nan
    faults += [_number_fault(int(i) + 1, name, texts.iloc[i]) for i in np.flatnonzero(np.isnan(numbers))]
    return numbers


def _number_fault(row: int, column: str, text: str) -> Fault:
    if text.casefold() in ("", "nan", "null", "none"):
        return Fault(row, column, "coordinate_empty", "there is no value; give degrees such as 118.908.", text)
    try:
        degrees = parse_angle(text)
    except AngleFormatError:
        mend = "not a number; give decimal degrees such as 118.908."
        return Fault(row, column, "coordinate_not_number", mend, text)
    meant = f"{degrees:.6f}"
    mend = f"not a decimal number; it may mean {meant}."
    return Fault(row, column, "coordinate_as_angle", mend, text, {"degrees": meant})


def _range_faults(lonlat: NDArray[np.float64], known: NDArray[np.bool_], names: tuple[str, str]) -> Iterator[Fault]:
    """Coordinates that cannot be degrees: one fault for the table if they have one cause, else one a row."""
    size = np.abs(lonlat)
    both = ", ".join(dict.fromkeys(names))
    with np.errstate(invalid="ignore"):
        beyond = known[:, None] & (size > [180.0, 90.0])
        swapped = known & (size[:, 1] > 90) & (size[:, 1] <= 180) & (size[:, 0] <= 90)
        meters = known & (size > 180).all(axis=1)
    if swapped.any() and swapped.sum() * 2 >= known.sum():
        text = "latitudes beyond 90 whose longitudes would fit: the two are swapped. Swap the columns."
        yield Fault(None, both, "axes_swapped", text)
        beyond[swapped] = False
    if meters.any() and meters.sum() * 2 >= known.sum():
        text = "these look like meters; state their CRS or convert them to degrees (WGS-84)."
        yield Fault(None, both, "coordinates_in_meters", text)
        beyond[meters] = False
    for axis, (code, limit) in enumerate((("longitude_out_of_range", 180), ("latitude_out_of_range", 90))):
        text = f"a {code.split('_')[0]} lies between -{limit} and {limit}."
        for i in np.flatnonzero(beyond[:, axis]):
            yield Fault(int(i) + 1, names[axis], code, text, f"{lonlat[i, axis]:g}")


def _id_faults(ids: Sequence[str], column: str) -> Iterator[Fault]:
    first: dict[str, int] = {}
    for row, id_ in enumerate(ids, start=1):
        if not id_:
            yield Fault(row, column, "id_empty", "there is no id; give each point its own.")
        elif first.setdefault(id_, row) != row:
            text = f"row {first[id_]} has the same id; give each point its own."
            yield Fault(row, column, "id_duplicate", text, id_, {"first": first[id_]})
