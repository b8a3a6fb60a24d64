"""The network file: named arrays and a header in one Arrow IPC file, memory-mapped on reading.

Arrow's file format keeps each buffer aligned and uncompressed, so a loaded network costs no memory until it is
touched, and other tools can open it. One row; each column holds one array as a list. The header carries the
format's name and version and a BLAKE2 checksum over everything, which is also the content id of the network.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from geo.errors import DamagedFileError, MissingFileError, NetworkVersionError, OutputError

FORMAT: Final = "linli-streets"
VERSION: Final = 1
ENDING: Final = ".arrow"
_KIND: Final = "a street network file"

Arrays = Mapping[str, NDArray[Any]]


def content_id(arrays: Arrays, header: Mapping[str, Any]) -> str:
    """BLAKE2b-128 of arrays (names, types, shapes, bytes) and header, as 32 hex digits."""
    digest = hashlib.blake2b(digest_size=16)
    digest.update(json.dumps(header, sort_keys=True, ensure_ascii=True).encode())
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        digest.update(f"{name}:{array.dtype.str}:{array.shape}".encode())
        digest.update(array.reshape(-1).view(np.uint8).data)
    return digest.hexdigest()


def write(path: Path, arrays: Arrays, header: Mapping[str, Any]) -> str:
    """Write one file and return its content id. A failed or interrupted write leaves nothing behind.

    Raises:
        OutputError: the folder is missing, not writable or full.
    """
    import pyarrow as pa

    identity = content_id(arrays, header)
    fields, columns, shapes = [], [], {}
    for name, array in arrays.items():
        flat = np.ascontiguousarray(array).reshape(-1)
        shapes[name] = list(array.shape)
        values = pa.array(flat.view(np.uint8) if flat.dtype == np.bool_ else flat)
        columns.append(pa.LargeListArray.from_arrays(pa.array([0, len(flat)], pa.int64()), values))
        fields.append(pa.field(name, columns[-1].type))
    meta = {"format": FORMAT, "version": VERSION, "id": identity, "shapes": shapes, "header": dict(header)}
    schema = pa.schema(fields, metadata={FORMAT: json.dumps(meta, sort_keys=True)})
    batch = pa.record_batch(columns, schema=schema)
    scratch = None
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        os.close(handle)
        scratch = Path(name)
        with pa.OSFile(str(scratch), "wb") as sink, pa.ipc.new_file(sink, schema) as writer:
            writer.write_batch(batch)
        scratch.chmod(0o644)
        scratch.replace(path)
    except OSError as error:
        raise OutputError(path=path, reason=error.strerror or str(error)) from error
    finally:
        if scratch is not None:
            scratch.unlink(missing_ok=True)
    return identity


def read(path: Path) -> tuple[dict[str, NDArray[Any]], dict[str, Any], str]:
    """Map a file and check it: (arrays, header, content id). The arrays are read-only views of the file.

    Raises:
        MissingFileError: no such file.
        DamagedFileError: not a network file, cut off, or changed since it was written.
        NetworkVersionError: written by another version of the format.
    """
    import pyarrow as pa

    if not path.is_file():
        raise MissingFileError(path=path)
    try:
        batch = pa.ipc.open_file(pa.memory_map(str(path))).get_batch(0)
        batch.validate()  # buffers are as long as they claim: a damaged length must not lead past the file's end
    except PermissionError as error:
        raise DamagedFileError(path=path, kind=_KIND, reason="it may not be read by you") from error
    except (pa.ArrowException, OSError, ValueError, IndexError) as error:
        raise DamagedFileError(path=path, kind=_KIND, reason="its structure is not whole") from error
    text = (batch.schema.metadata or {}).get(FORMAT.encode())
    if text is None:
        raise DamagedFileError(path=path, kind=_KIND, reason="it is an Arrow file of another kind")
    try:
        meta = json.loads(text)
        if meta["version"] != VERSION:
            raise NetworkVersionError(path=path, found=meta["version"], expected=VERSION)
        arrays = {
            name: batch.column(name).values.to_numpy(zero_copy_only=True).reshape(shape)
            for name, shape in meta["shapes"].items()
        }
        sound = content_id(arrays, meta["header"]) == meta["id"]
    except NetworkVersionError:
        raise
    except (pa.ArrowException, ValueError, KeyError, TypeError, AttributeError) as error:
        raise DamagedFileError(path=path, kind=_KIND, reason="its header is damaged") from error
    if not sound:
        raise DamagedFileError(path=path, kind=_KIND, reason="its checksum does not match its content")
    return arrays, meta["header"], meta["id"]
