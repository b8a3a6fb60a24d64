"""A benchmark that cannot fail, or that measures something else, is worth nothing."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from geo.streets.network import StreetNetwork
from geo.streets.table import StreetTable
from tests.bench import __main__ as command
from tests.bench import harness
from tests.bench.ground import tiled
from tests.bench.harness import Row, at_most, child, times_faster


@pytest.mark.parametrize(("value", "ok"), [(4.0, True), (4.1, False)])
def test_a_limit_is_kept_or_missed(value: float, ok: bool) -> None:
    assert at_most("polygon", value, 4, "ms").ok is ok


@pytest.mark.parametrize(("theirs_s", "ok"), [(5.0, True), (4.9, False)])
def test_a_ratio_is_theirs_over_ours(theirs_s: float, ok: bool) -> None:
    assert times_faster("reach", theirs_s, 1.0, 5.0).ok is ok
    assert times_faster("reach", theirs_s, 1.0).ok is None


def test_contestants_take_turns() -> None:
    order: list[str] = []
    harness.medians({"a": lambda: order.append("a"), "b": lambda: order.append("b")}, rounds=2)
    assert "".join(order) == "ab" * 3  # once before the clock runs


def test_a_child_is_measured_alone() -> None:
    small = child("-c", "print('done')")
    large = child("-c", "x = b'x' * (300 << 20)")
    again = child("-c", "pass")
    assert small.output == "done\n"
    assert 300 < large.peak_mb < 400
    assert again.peak_mb < 100  # the largest child so far is not this one


def test_a_child_that_fails_is_an_error() -> None:
    with pytest.raises(RuntimeError, match="exit code 3"):
        child("-c", "raise SystemExit(3)")


@pytest.mark.parametrize(("ok", "code"), [(True, 0), (None, 0), (False, 1)])
def test_a_missed_target_is_exit_code_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], ok: bool | None, code: int
) -> None:
    def drawn() -> Iterator[Row]:
        yield Row("drawn", "1 ms", "≤ 2 ms", ok)

    command.main(["no such benchmark"])  # fills the registry
    monkeypatch.setitem(harness.REGISTRY, "drawn.drawn", drawn)
    assert command.main(["drawn"]) == code
    assert ("MISSED" in capsys.readouterr().out) == (code == 1)


def test_an_unknown_name_is_exit_code_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["no such benchmark"]) == 2
    assert "reach.reach" in capsys.readouterr().err


@pytest.mark.parametrize(("joined", "components"), [(False, 6), (True, 1)])
def test_tiles_are_copies(joined: bool, components: int) -> None:
    tile = StreetTable(
        node_lonlat=np.array([[0.0, 0.0], [0.01, 0.0], [0.01, 0.01]]),
        node_truncated=np.array([False, False, True]),
        edge_nodes=np.array([[0, 1], [1, 2]], np.int32),
        edge_class=np.array([5, 9], np.uint8),
        edge_flags=np.zeros(2, np.uint8),
        edge_way=np.array([1, 2]),
        shape_indptr=np.array([0, 2, 5]),
        shape_lonlat=np.array([[0.0, 0.0], [0.01, 0.0], [0.01, 0.0], [0.012, 0.005], [0.01, 0.01]]),
        source="drawing",
    )
    links = 7 if joined else 0  # 3 × 2 tiles have 4 neighbors in rows and 3 in columns
    one, many = StreetNetwork.build(tile), StreetNetwork.build(tiled(tile, 3, 2, joined=joined))
    assert (many.n_nodes, many.n_edges) == (6 * one.n_nodes, 6 * one.n_edges + links)
    assert len(many.component_length_m) == components
    assert many.node_truncated.sum() == 6
    inner = many.edge_way > 0
    assert many.edge_length_m[inner].sum() == pytest.approx(6 * one.edge_length_m.sum(), rel=1e-4)
