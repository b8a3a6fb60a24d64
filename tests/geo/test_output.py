"""Results on their way out: what fails inside is told as it is, and leaves nothing behind."""

from __future__ import annotations

from pathlib import Path

import pytest

from geo.errors import AtlasError, MissingFileError, OutputError
from geo.output import whole_file


@pytest.mark.parametrize(
    "error", [MissingFileError(path="heights.tif"), OutputError(path="other.csv", reason="the disk is full")]
)
def test_errors_of_the_tree_pass_as_they_are(tmp_path: Path, error: AtlasError) -> None:
    with pytest.raises(type(error)) as caught, whole_file(tmp_path / "out.csv"):
        raise error
    assert caught.value is error
    assert not list(tmp_path.iterdir())


def test_a_fault_of_the_disk_names_the_target(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"out\.csv cannot be written: it broke"), whole_file(tmp_path / "out.csv"):
        raise OSError("it broke")
    assert not list(tmp_path.iterdir())
