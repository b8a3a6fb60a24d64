"""Pictures: photos and panoramas that a center's row names, found in the workspace's folder and nowhere else."""

from __future__ import annotations

from pathlib import Path
from typing import Final

ENDINGS: Final = {".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png", ".webp": "image/webp"}
"""File ending → media type; no SVG, which may hold scripts."""


def picture_path(folder: Path, name: object) -> Path | None:
    """The file that a cell names, or None: nothing is named, it is no picture, or it lies outside of the folder.

    Args:
        folder: the workspace's.
        name: the cell: a file name, below the folder.
    """
    if not isinstance(name, str) or not name or Path(name).suffix.lower() not in ENDINGS:
        return None
    root = folder.resolve()
    try:
        path = (root / name).resolve()
        return path if path.is_relative_to(root) and path.is_file() else None
    except (OSError, ValueError):  # a name that no file can have
        return None
