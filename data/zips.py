"""Zip files from outside: looked over before anything is unpacked."""

from __future__ import annotations

import lzma
import stat
import struct
import zipfile
import zlib
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Final

from geo.errors import DamagedFileError, UnsafeArchiveError

MAX_BYTES: Final = 8 * 2**30
"""Largest unpacked size: a province's workspace stays below 2 GB."""
MAX_RATIO: Final = 200
"""Largest ratio of unpacked to packed size of a member over 10 MB: tables of numbers reach 20, bombs over 1,000."""
RATIO_FROM_BYTES: Final = 10 * 2**20
MAX_MEMBERS: Final = 10_000

ZIP_FAULTS: Final = (zipfile.BadZipFile, EOFError, RuntimeError, ValueError, struct.error, zlib.error, lzma.LZMAError)
"""What `zipfile` raises for changed bytes, wherever they lie; a changed name of a method is a RuntimeError."""


def check_zip(path: Path) -> list[str]:
    """Names of a zip's files, if it is safe to unpack.

    Raises:
        DamagedFileError: it is no zip, or cut off.
        UnsafeArchiveError: it would write outside of its folder, hold links, or unpack to something huge.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except (*ZIP_FAULTS, OSError) as error:
        kind = "an Excel workbook" if path.suffix.lower() == ".xlsx" else "a zip file"
        raise DamagedFileError(path=path.name, kind=kind, reason=error) from error
    if len(members) > MAX_MEMBERS or sum(member.file_size for member in members) > MAX_BYTES:
        raise UnsafeArchiveError(path=path.name, reason="it unpacks to too much")
    for member in members:
        _check_member(path, member)
    return [member.filename for member in members if not member.is_dir()]


def _check_member(path: Path, member: zipfile.ZipInfo) -> None:
    name = member.filename
    parts = (*PurePosixPath(name).parts, *PureWindowsPath(name).parts)
    if ".." in parts or PurePosixPath(name).is_absolute() or PureWindowsPath(name).anchor:
        raise UnsafeArchiveError(path=path.name, reason=f"{name} lies outside of it")
    if stat.S_ISLNK(member.external_attr >> 16):
        raise UnsafeArchiveError(path=path.name, reason=f"{name} is a link")
    if member.file_size > RATIO_FROM_BYTES and member.file_size > MAX_RATIO * max(1, member.compress_size):
        raise UnsafeArchiveError(path=path.name, reason=f"{name} swells to {member.file_size / 2**20:,.0f} MB")
