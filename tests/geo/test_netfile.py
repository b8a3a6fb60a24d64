"""The network file: what was written comes back, and nothing else does."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from geo.engine.reach import Reach, Sources
from geo.errors import DamagedFileError, MissingFileError, NetworkVersionError, OutputError
from geo.params import ADULT
from geo.streets import netfile
from geo.streets.network import StreetNetwork
from tests.geo import builders
from tests.geo.builders import drawn, hills
from tests.geo.conftest import doorsteps, each_real


@pytest.fixture(scope="module")
def small() -> StreetNetwork:
    return drawn(builders.KNOT, builders.KNOT_STREETS, height=hills, truncated="a")


@pytest.fixture(scope="module")
def content(small: StreetNetwork, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("net") / "small.arrow"
    small.save(path)
    return path.read_bytes()


def assert_same(first: StreetNetwork, second: StreetNetwork) -> None:
    mine, theirs = first._arrays(), second._arrays()
    assert mine.keys() == theirs.keys()
    for name, array in mine.items():
        assert array.dtype == theirs[name].dtype, name
        np.testing.assert_array_equal(array, theirs[name], err_msg=name)
    assert first._header() == second._header()


@each_real("bayfront", "porto_alegre_hills")
def test_a_real_network_comes_back_as_it_was(real: StreetNetwork, tmp_path: Path) -> None:
    path = tmp_path / "real.arrow"
    identity = real.save(path)
    loaded = StreetNetwork.load(path)
    assert_same(real, loaded)
    assert identity == loaded.content_id == real.content_id == netfile.content_id(loaded._arrays(), loaded._header())
    assert loaded.node_truncated.dtype == np.bool_
    sources = Sources.each(doorsteps(real, 3))
    mine, theirs = (Reach(n, ADULT, 600.0).nodes(sources) for n in (real, loaded))
    np.testing.assert_array_equal(mine.seconds, theirs.seconds)
    np.testing.assert_array_equal(mine.node, theirs.node)


def test_loaded_arrays_are_views_of_the_file_that_nobody_can_change(small: StreetNetwork, tmp_path: Path) -> None:
    small.save(tmp_path / "net.arrow")
    loaded = StreetNetwork.load(tmp_path / "net.arrow")
    for name, array in loaded._arrays().items():
        assert not array.flags.writeable, name
        assert not array.flags.owndata, name


def test_the_same_network_is_the_same_bytes(small: StreetNetwork, content: bytes, tmp_path: Path) -> None:
    again = drawn(builders.KNOT, builders.KNOT_STREETS, height=hills, truncated="a")
    again.save(tmp_path / "again.arrow")
    assert (tmp_path / "again.arrow").read_bytes() == content


def test_the_content_id_tells_networks_apart(small: StreetNetwork) -> None:
    others = [
        drawn(builders.KNOT, builders.KNOT_STREETS, truncated="a"),  # no heights
        drawn(builders.KNOT, builders.KNOT_STREETS, height=hills),  # nothing truncated
        drawn(builders.KNOT, builders.KNOT_STREETS, height=hills, truncated="a", step_m=50.001),
        drawn(builders.KNOT, "aPQb ab bc cRSTc/", height=hills, truncated="a"),
    ]
    assert len({small.content_id, *(other.content_id for other in others)}) == 5


def test_arrays_of_one_size_in_another_shape_are_other_content() -> None:
    one = np.arange(6, dtype=np.int32)
    ids = {netfile.content_id({"a": a}, {}) for a in (one, one.reshape(2, 3), one.reshape(3, 2), one.astype(np.uint32))}
    assert len(ids) == 4


# --- damage -----------------------------------------------------------------------------------------


def test_a_file_cut_off_anywhere_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "cut.arrow"
    lengths = {0, 1, 5, 6, 7, 8, 9, len(content) - 1, len(content) - 6, len(content) - 10}
    for length in sorted(lengths | set(range(0, len(content), 97))):
        path.unlink(missing_ok=True)
        path.write_bytes(content[:length])
        with pytest.raises(DamagedFileError, match=r"cut\.arrow"):
            StreetNetwork.load(path)


def test_one_flipped_bit_anywhere_is_an_error_or_harmless(small: StreetNetwork, content: bytes, tmp_path: Path) -> None:
    """Harmless are the padding and the copy of the schema that only streams read. One bit of each byte."""
    path = tmp_path / "flipped.arrow"
    refused = 0
    positions = range(len(content))
    for position in positions:
        damaged = bytearray(content)
        damaged[position] ^= 1 << (position % 8)
        path.unlink(missing_ok=True)
        path.write_bytes(damaged)
        try:
            loaded = StreetNetwork.load(path)
        except (DamagedFileError, NetworkVersionError):
            refused += 1
        else:
            assert_same(small, loaded)
    assert refused > len(positions) / 3


def test_every_flipped_byte_of_an_array_is_found(small: StreetNetwork, content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "flipped.arrow"
    for name in ("node_xy", "edge_length_m", "arc_code", "sample_z"):
        raw = np.ascontiguousarray(small._arrays()[name]).tobytes()
        start = content.index(raw)
        for position in range(start, start + len(raw), 3):
            damaged = bytearray(content)
            damaged[position] ^= 0x40
            path.unlink(missing_ok=True)
            path.write_bytes(damaged)
            with pytest.raises(DamagedFileError, match="checksum"):
                StreetNetwork.load(path)


def test_a_hole_in_the_file_is_refused(content: bytes, tmp_path: Path) -> None:
    """A disk that lost a block gives zeros."""
    path = tmp_path / "hole.arrow"
    for start in range(2_560, len(content) - 512, 512):
        path.unlink(missing_ok=True)
        path.write_bytes(content[:start] + bytes(512) + content[start + 512 :])
        with pytest.raises(DamagedFileError):
            StreetNetwork.load(path)


def test_files_of_other_kinds_are_refused(tmp_path: Path) -> None:
    table = pa.table({"id": [1, 2], "name": ["a", "b"]})
    with pa.OSFile(str(tmp_path / "foreign.arrow"), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
    with pa.OSFile(str(tmp_path / "empty.arrow"), "wb") as sink, pa.ipc.new_file(sink, table.schema):
        pass
    (tmp_path / "text.arrow").write_text("这不是路网文件\n" * 100, encoding="utf-8")
    (tmp_path / "zip.arrow").write_bytes(b"PK\x03\x04" + bytes(4_000))
    for name, reason in [("foreign", "another kind"), ("empty", "kind"), ("text", "another kind"), ("zip", "kind")]:
        with pytest.raises(DamagedFileError, match=reason):
            StreetNetwork.load(tmp_path / f"{name}.arrow")


def test_a_folder_and_a_missing_file_are_named(tmp_path: Path) -> None:
    for path in (tmp_path / "none.arrow", tmp_path):
        with pytest.raises(MissingFileError, match=path.name):
            StreetNetwork.load(path)


def test_another_version_says_which(small: StreetNetwork, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(netfile, "VERSION", 7)
        small.save(tmp_path / "new.arrow")
    with pytest.raises(NetworkVersionError, match=r"format version 7; this program reads version 1"):
        StreetNetwork.load(tmp_path / "new.arrow")


@pytest.mark.parametrize("header", ["{", "[]", "{}", '{"version": 1}', '{"version": 1, "shapes": {"a": [1]}}', "null"])
def test_a_header_that_makes_no_sense_is_damage(header: str, tmp_path: Path) -> None:
    schema = pa.schema([pa.field("b", pa.int32())], metadata={netfile.FORMAT: header})
    path = tmp_path / "odd.arrow"
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, schema) as writer:
        writer.write_batch(pa.record_batch([pa.array([1], pa.int32())], schema=schema))
    with pytest.raises(DamagedFileError, match="header"):
        netfile.read(path)


def test_arrays_that_are_no_network_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "arrays.arrow"
    netfile.write(path, {"node_xy": np.zeros((2, 2))}, {"crs": "EPSG:4549", "meta": {}})
    with pytest.raises(DamagedFileError, match="other things"):
        StreetNetwork.load(path)


# --- writing ----------------------------------------------------------------------------------------


def failing_writer(error: BaseException):
    def new_file(sink, schema):
        sink.write(b"half a file")
        raise error

    return new_file


@pytest.mark.parametrize("error", [KeyboardInterrupt(), OSError(28, "No space left on device"), MemoryError()])
def test_an_interrupted_write_leaves_what_was_there(
    error: BaseException, small: StreetNetwork, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = tmp_path / "kept.arrow"
    small.save(kept)
    before = kept.read_bytes()
    monkeypatch.setattr(pa.ipc, "new_file", failing_writer(error))
    expected = OutputError if isinstance(error, OSError) else type(error)
    for path in (kept, tmp_path / "fresh.arrow"):
        with pytest.raises(expected):
            small.save(path)
    assert [p.name for p in tmp_path.iterdir()] == ["kept.arrow"]
    assert kept.read_bytes() == before


def test_a_missing_folder_is_named(small: StreetNetwork, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="No such file"):
        small.save(tmp_path / "nowhere" / "net.arrow")


def test_a_network_is_replaced_while_it_is_mapped(small: StreetNetwork, tmp_path: Path) -> None:
    """A dashboard has the file open while somebody makes it anew: the old one stays whole until it is let go."""
    path = tmp_path / "net.arrow"
    small.save(path)
    mapped = StreetNetwork.load(path)
    other = drawn(builders.LINE, builders.LINE_STREETS)
    other.save(path)
    assert_same(mapped, small)
    assert_same(StreetNetwork.load(path), other)
