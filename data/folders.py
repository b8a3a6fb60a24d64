"""Folders that appear complete, or not at all."""

from __future__ import annotations

import errno
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from geo.errors import FolderInUseError, OutputError


@contextmanager
def appearing(folder: Path) -> Iterator[Path]:
    """A sibling folder that takes the place of `folder` at the end; whatever fails, nothing half-made stays.

    Raises:
        FolderInUseError: the folder exists and is not empty.
        OutputError: it cannot be made, or the disk is full.
    """
    folder = folder.expanduser().resolve()
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise FolderInUseError(path=folder)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        under_way = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    except OSError as error:
        raise OutputError(path=folder, reason=error.strerror) from error
    try:
        yield under_way
        under_way.chmod(0o755)  # mkdtemp makes folders for one user alone
        if folder.exists():
            folder.rmdir()  # empty, as checked above
        under_way.rename(folder)
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise OutputError(path=folder, reason=error.strerror) from error
    finally:
        shutil.rmtree(under_way, ignore_errors=True)
