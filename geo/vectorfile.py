"""Vector files: tables with shapes, read as GeoPandas does, their text in the encoding in which it was written."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from geo.errors import AtlasError, DamagedFileError, MissingFileError

if TYPE_CHECKING:
    import geopandas
    import pandas as pd

PARQUET_ENDINGS: Final = (".parquet", ".geoparquet")


def read_vector(path: Path, kind: str, *, layer: str | None = None) -> geopandas.GeoDataFrame | pd.DataFrame:
    """A table of any format of GDAL's, or GeoParquet; one without shapes is a plain table.

    A Shapefile that does not name its encoding (no .cpg) is in UTF-8 or, from Chinese offices, in GB18030.

    Args:
        path: the file.
        kind: what it should be, for messages ("a table of lines").
        layer: which layer, where it has several.

    Raises:
        MissingFileError, DamagedFileError: it cannot be read.
    """
    import geopandas
    import pandas as pd

    if not path.exists():
        raise MissingFileError(path=path)
    with damage_told(path, kind):
        if path.suffix.lower() in PARQUET_ENDINGS:
            try:
                return geopandas.read_parquet(path)
            except ValueError:  # no geometry inside
                return pd.read_parquet(path)
        garbled = _lacks_encoding(path)
        try:
            table = geopandas.read_file(path, layer=layer)
        except UnicodeDecodeError:  # a name cut in the middle of a character
            table = geopandas.read_file(path, layer=layer, encoding="latin-1")
            garbled = True
        return _decoded(table) if garbled else table


@contextmanager
def damage_told(path: Path, kind: str) -> Iterator[None]:
    """Whatever the libraries say of a file that they cannot read, as a DamagedFileError."""
    from pyogrio.errors import DataLayerError, DataSourceError

    try:
        yield
    except AtlasError:
        raise
    except (DataSourceError, DataLayerError, zipfile.BadZipFile, ValueError, OSError) as error:
        raise DamagedFileError(path=path, kind=kind, reason=str(error)) from error


def attributes(table: pd.DataFrame) -> list[str]:
    """Columns other than the geometry."""
    return [column for column in table.columns if column != getattr(table, "active_geometry_name", None)]


def _lacks_encoding(path: Path) -> bool:
    """Whether it is a Shapefile without a .cpg: GDAL then reads its text as Latin-1."""
    if path.suffix.lower() == ".zip":
        with zipfile.ZipFile(path) as archive:
            names = [name.lower() for name in archive.namelist()]
        return any(name.endswith(".shp") for name in names) and not any(name.endswith(".cpg") for name in names)
    return path.suffix.lower() == ".shp" and not any(path.with_suffix(ending).exists() for ending in (".cpg", ".CPG"))


def _decoded(table: pd.DataFrame) -> pd.DataFrame:
    """Text that was read as Latin-1 in its real encoding: UTF-8, or else GB18030 (Chinese offices write GBK)."""
    import pandas as pd

    texts = set(attributes(table))
    columns = [column for column in attributes(table) if pd.api.types.is_string_dtype(table[column])]
    for column in columns:
        texts.update(table[column].dropna().unique())
    try:
        foreign = {text: text.encode("latin-1") for text in texts if not text.isascii()}
    except UnicodeEncodeError:  # the file knew its encoding after all
        return table
    sound = sum(raw.decode("utf-8", errors="ignore").encode() == raw for raw in foreign.values())
    encoding = "utf-8" if 2 * sound >= len(foreign) else "gb18030"
    meant = {text: raw.decode(encoding, errors="ignore") for text, raw in foreign.items()}
    for column in columns:
        table[column] = table[column].replace(meant)
    return table.rename(columns=meant)
