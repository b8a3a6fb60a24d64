"""Reading OpenStreetMap files: small ones drawn here, and real extracts where they are."""

from __future__ import annotations

import bz2
import gzip
from collections import Counter
from pathlib import Path

import numpy as np
import osmium
import pytest
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from geo.errors import DamagedFileError, MissingFileError, NoWalkableStreetsError
from geo.streets.osm import read_osm
from geo.streets.pedestrian import REASONS, Walkable, blocks_walkers, classify_way
from geo.streets.table import CLASS_CODE, STRUCTURE, StreetTable
from tests.conftest import shared_data
from tests.geo.osmfile import HOUSE_STREET, NORTH, STEP_DEG, WEST, nodes, words, write_osm

CROSS = """
  d
a b c
  e
"""
WIDE = (WEST - 1, NORTH - 1, WEST + 1, NORTH + 1)
"""Bounds that hold every drawing, so that nothing counts as cut off."""


def n_components(table: StreetTable) -> int:
    links = coo_array((np.ones(table.n_edges), table.edge_nodes.T), shape=(table.n_nodes, table.n_nodes))
    return int(connected_components(links, directed=False)[0])


class TestJunctions:
    def test_ways_are_split_where_they_share_a_node(self, tmp_path: Path) -> None:
        table = read_osm(write_osm(tmp_path / "a.osm", CROSS, [("abc", HOUSE_STREET), ("dbe", HOUSE_STREET)]))
        assert words(table, CROSS) == ["ab", "bc", "be", "db"]
        assert nodes(table, CROSS) == "abcde"
        assert table.edge_way.tolist() == [1, 1, 2, 2]
        assert table.source == "a.osm"

    def test_ways_that_only_cross_stay_apart(self, tmp_path: Path) -> None:
        bridge = {"highway": "footway", "bridge": "yes"}
        table = read_osm(write_osm(tmp_path / "a.osm", CROSS, [("ac", HOUSE_STREET), ("de", bridge)]))
        assert words(table, CROSS) == ["ac", "de"]
        assert n_components(table) == 2
        assert table.edge_flags.tolist() == [0, STRUCTURE]
        assert table.edge_class.tolist() == [CLASS_CODE["residential"], CLASS_CODE["footway"]]

    def test_vertices_between_are_kept_as_shape(self, tmp_path: Path) -> None:
        table = read_osm(write_osm(tmp_path / "a.osm", CROSS, [("adceb", HOUSE_STREET)]))
        assert words(table, CROSS) == ["adceb"]
        assert nodes(table, CROSS) == "ab"

    def test_a_closed_way_is_a_loop(self, tmp_path: Path) -> None:
        table = read_osm(write_osm(tmp_path / "a.osm", CROSS, [("adcea", {"highway": "pedestrian", "area": "yes"})]))
        assert words(table, CROSS) == ["adcea"]
        assert table.edge_nodes.tolist() == [[0, 0]]

    def test_a_way_may_pass_a_node_twice(self, tmp_path: Path) -> None:
        table = read_osm(write_osm(tmp_path / "a.osm", CROSS, [("abdcb", HOUSE_STREET)]))
        assert words(table, CROSS) == ["ab", "bdcb"]

    def test_parallel_edges_are_kept(self, tmp_path: Path) -> None:
        ways = [("adc", HOUSE_STREET), ("aec", HOUSE_STREET), ("ac", HOUSE_STREET)]
        table = read_osm(write_osm(tmp_path / "a.osm", CROSS, ways))
        assert words(table, CROSS) == ["ac", "adc", "aec"]
        assert np.unique(table.edge_nodes, axis=0).tolist() == [[0, 1]]

    def test_repeated_vertices_are_one(self, tmp_path: Path) -> None:
        ways = [("aabbbc", HOUSE_STREET), ("dd", HOUSE_STREET)]
        table = read_osm(write_osm(tmp_path / "a.osm", CROSS, ways))
        assert words(table, CROSS) == ["abc"]
        assert table.report == {"zero_length": 1}

    def test_two_nodes_on_one_spot_join_what_meets_at_either(self, tmp_path: Path) -> None:
        path = write_osm(
            tmp_path / "a.osm", CROSS, [("abfc", HOUSE_STREET), ("db", HOUSE_STREET), ("fe", HOUSE_STREET)]
        )
        twin = f'<node id="6" lat="{NORTH - 2 * STEP_DEG}" lon="{WEST + 2 * STEP_DEG}" version="1"/><way id="1"'
        path.write_text(path.read_text().replace('<way id="1"', twin))
        table = read_osm(path)
        assert words(table, CROSS) == ["ab", "bc", "be", "db"]
        assert n_components(table) == 1

    def test_a_way_that_is_in_the_file_twice_is_read_once(self, tmp_path: Path) -> None:
        path = write_osm(tmp_path / "a.osm", CROSS, [("abc", HOUSE_STREET)])
        text = path.read_text()
        way = text[text.index("<way") : text.index("</way>") + 6]
        path.write_text(text.replace("</osm>", f"{way}</osm>"))
        table = read_osm(path)
        assert table.n_edges == 1
        assert table.report == {"duplicate_way": 1}


class TestBarriers:
    WAYS = (("abc", HOUSE_STREET), ("dbe", HOUSE_STREET))

    def test_a_gate_is_passed(self, tmp_path: Path) -> None:
        table = read_osm(write_osm(tmp_path / "a.osm", CROSS, self.WAYS, node_tags={"b": {"barrier": "gate"}}))
        assert n_components(table) == 1

    def test_a_closed_gate_ends_every_way_on_both_sides(self, tmp_path: Path) -> None:
        gate = {"b": {"barrier": "gate", "access": "private"}}
        table = read_osm(write_osm(tmp_path / "a.osm", CROSS, self.WAYS, node_tags=gate))
        assert words(table, CROSS) == ["ab", "bc", "be", "db"]
        assert nodes(table, CROSS) == "abbbbcde"
        assert n_components(table) == 4
        assert table.report == {"blocked_node": 1}

    def test_a_closed_gate_at_the_end_of_ways_parts_them(self, tmp_path: Path) -> None:
        ways = [("ab", HOUSE_STREET), ("bc", HOUSE_STREET)]
        table = read_osm(write_osm(tmp_path / "a.osm", CROSS, ways, node_tags={"b": {"barrier": "wall"}}))
        assert words(table, CROSS) == ["ab", "bc"]
        assert n_components(table) == 2


class TestAreas:
    SQUARE = """
e a b
  d c
"""

    def test_a_multipolygon_is_walked_around_its_edge(self, tmp_path: Path) -> None:
        ways = [("ea", HOUSE_STREET), ("abc", {}), ("cda", {})]
        square = [([2, 3], {"highway": "pedestrian"})]
        table = read_osm(write_osm(tmp_path / "a.osm", self.SQUARE, ways, multipolygons=square))
        assert words(table, self.SQUARE) == ["abc", "cda", "ea"]
        assert Counter(table.edge_class.tolist()) == {CLASS_CODE["residential"]: 1, CLASS_CODE["pedestrian"]: 2}

    def test_a_ring_that_is_a_street_is_read_once(self, tmp_path: Path) -> None:
        square = [([1], {"highway": "pedestrian"})]
        table = read_osm(write_osm(tmp_path / "a.osm", self.SQUARE, [("abcda", HOUSE_STREET)], multipolygons=square))
        assert words(table, self.SQUARE) == ["abcda"]
        assert table.edge_class.tolist() == [CLASS_CODE["residential"]]

    def test_a_private_one_is_left_out_and_counted(self, tmp_path: Path) -> None:
        square = [([2], {"highway": "pedestrian", "access": "private"})]
        ways = [("ea", HOUSE_STREET), ("abcda", {})]
        table = read_osm(write_osm(tmp_path / "a.osm", self.SQUARE, ways, multipolygons=square))
        assert words(table, self.SQUARE) == ["ea"]
        assert table.report == {"private": 1}


class TestFerries:
    WAYS = (("ab", HOUSE_STREET), ("bc", {"route": "ferry"}), ("de", {"route": "bus"}))

    def test_off_and_counted(self, tmp_path: Path) -> None:
        table = read_osm(write_osm(tmp_path / "a.osm", CROSS, self.WAYS))
        assert words(table, CROSS) == ["ab"]
        assert table.report == {"ferry": 1}

    def test_on(self, tmp_path: Path) -> None:
        table = read_osm(write_osm(tmp_path / "a.osm", CROSS, self.WAYS), ferries=True)
        assert words(table, CROSS) == ["ab", "bc"]
        assert table.edge_class.tolist() == [CLASS_CODE["residential"], CLASS_CODE["ferry"]]
        assert table.report == {}


class TestEdgeOfTheExtract:
    ROW = "a b c d e f"

    def test_a_way_is_kept_up_to_the_last_node_present(self, tmp_path: Path) -> None:
        path = write_osm(tmp_path / "a.osm", self.ROW, [("abcdef", HOUSE_STREET)], absent="cd", bounds=WIDE)
        table = read_osm(path)
        assert words(table, self.ROW) == ["ab", "ef"]
        assert nodes(table, self.ROW, truncated=True) == "be"
        assert table.report == {"cut_at_edge": 1}

    def test_a_street_that_leaves_at_a_vertex_makes_it_a_truncated_junction(self, tmp_path: Path) -> None:
        path = write_osm(tmp_path / "a.osm", CROSS, [("abc", HOUSE_STREET), ("bd", HOUSE_STREET)], absent="d")
        table = read_osm(path)
        assert words(table, CROSS) == ["ab", "bc"]
        assert nodes(table, CROSS, truncated=True) == "b"
        assert table.report == {"outside_extract": 1}

    def test_where_a_way_is_seen_to_be_cut_dead_ends_elsewhere_are_not_suspected(self, tmp_path: Path) -> None:
        ways = [("abc", HOUSE_STREET), ("dbe", HOUSE_STREET)]
        table = read_osm(write_osm(tmp_path / "a.osm", CROSS, ways, absent="e"))
        assert nodes(table, CROSS) == "abcd"
        assert nodes(table, CROSS, truncated=True) == "b"

    def test_nodes_outside_the_header_box_are_truncated(self, tmp_path: Path) -> None:
        box = (WEST + 0.5 * STEP_DEG, NORTH - 1, WEST + 1, NORTH + 1)
        table = read_osm(write_osm(tmp_path / "a.osm", self.ROW, [("abc", HOUSE_STREET)], bounds=box))
        assert nodes(table, self.ROW, truncated=True) == "a"

    def test_nothing_is_truncated_well_inside_the_box(self, tmp_path: Path) -> None:
        table = read_osm(write_osm(tmp_path / "a.osm", self.ROW, [("abc", HOUSE_STREET)], bounds=WIDE))
        assert not table.node_truncated.any()

    def test_dead_ends_at_the_box_are_truncated_when_nothing_else_tells(self, tmp_path: Path) -> None:
        ten_meters = 0.0001
        box = (WEST - ten_meters, NORTH - 1, WEST + 1, NORTH + 1)
        table = read_osm(write_osm(tmp_path / "a.osm", self.ROW, [("abc", HOUSE_STREET)], bounds=box))
        assert nodes(table, self.ROW, truncated=True) == "a"

    def test_without_a_box_dead_ends_at_the_hull_are_truncated_and_junctions_are_not(self, tmp_path: Path) -> None:
        drawing = """
a     b
   e
   f
d     c
"""
        ways = [("ab", HOUSE_STREET), ("bc", HOUSE_STREET), ("ad", HOUSE_STREET), ("ef", HOUSE_STREET)]
        table = read_osm(write_osm(tmp_path / "a.osm", drawing, ways))
        assert nodes(table, drawing, truncated=True) == "cd"  # e and f end inside, a and b go on


class TestFormats:
    @pytest.mark.parametrize(("ways_first", "sign"), [(True, 1), (False, -1), (True, -1)])
    def test_any_order_and_sign_of_ids(self, tmp_path: Path, ways_first: bool, sign: int) -> None:
        path = write_osm(
            tmp_path / "a.osm", CROSS, [("abc", HOUSE_STREET), ("dbe", HOUSE_STREET)], ways_first=ways_first, sign=sign
        )
        table = read_osm(path)
        assert words(table, CROSS) == ["ab", "bc", "be", "db"]
        assert table.report == {}

    def test_packed(self, tmp_path: Path) -> None:
        plain = write_osm(tmp_path / "a.osm", CROSS, [("abc", HOUSE_STREET)])
        (tmp_path / "b.osm.gz").write_bytes(gzip.compress(plain.read_bytes()))
        (tmp_path / "c.osm.bz2").write_bytes(bz2.compress(plain.read_bytes()))
        with osmium.SimpleWriter(str(tmp_path / "d.osm.pbf")) as writer:
            for element in osmium.FileProcessor(plain):
                writer.add(element)
        for name in ("b.osm.gz", "c.osm.bz2", "d.osm.pbf"):
            assert words(read_osm(tmp_path / name), CROSS) == ["abc"]

    def test_progress_rises_to_one(self, tmp_path: Path) -> None:
        told: list[tuple[str, float]] = []
        path = write_osm(tmp_path / "a.osm", CROSS, [("abc", HOUSE_STREET)])
        read_osm(path, progress=lambda text, share: told.append((text, share)))
        shares = [share for _, share in told]
        assert shares == sorted(shares)
        assert shares[0] == 0
        assert shares[-1] == 1
        assert all(text for text, _ in told)


class TestBadFiles:
    def test_missing(self, tmp_path: Path) -> None:
        with pytest.raises(MissingFileError, match=r"none\.osm\.pbf"):
            read_osm(tmp_path / "none.osm.pbf")

    @pytest.mark.parametrize(
        ("name", "content", "reason"),
        [
            ("empty.osm.pbf", b"", "PBF"),
            ("foreign.osm.pbf", b"id,lon,lat\n1,118.9,25.2\n" * 20, "PBF"),
            ("empty.osm", b"", "no element"),
            ("foreign.osm", b"<html></html>", "html"),
            ("cut.osm", b'<osm version="0.6"><node id="1" lat="2', "XML"),
            ("foreign.osm.gz", b"PK no gzip", "XML"),
        ],
    )
    def test_damaged(self, tmp_path: Path, name: str, content: bytes, reason: str) -> None:
        path = tmp_path / name
        path.write_bytes(content)
        with pytest.raises(DamagedFileError, match=reason):
            read_osm(path)

    def test_cut_off(self, tmp_path: Path) -> None:
        whole = shared_data("bayfront_singapore.osm.pbf").read_bytes()
        path = tmp_path / "cut.osm.pbf"
        path.write_bytes(whole[: len(whole) // 2])
        with pytest.raises(DamagedFileError, match="EOF"):
            read_osm(path)

    def test_no_walkable_way(self, tmp_path: Path) -> None:
        ways = [("ab", {"highway": "motorway"}), ("bc", {"highway": "motorway"}), ("de", {"building": "yes"})]
        path = write_osm(tmp_path / "a.osm", CROSS, ways)
        with pytest.raises(NoWalkableStreetsError, match=r"2 highway ways, left out: 2 motorways"):
            read_osm(path)

    def test_no_way_at_all(self, tmp_path: Path) -> None:
        with pytest.raises(NoWalkableStreetsError, match="0 highway ways"):
            read_osm(write_osm(tmp_path / "a.osm", CROSS, []))


class TestRealExtracts:
    def test_as_counted_the_slow_way(self) -> None:
        """Bayfront: junctions and edges from the definition, node by node."""
        path = shared_data("bayfront_singapore.osm.pbf")
        table = read_osm(path)
        locations, walked, blocked, rings, raw = {}, {}, set(), set(), {}
        for element in osmium.FileProcessor(path):
            if isinstance(element, osmium.osm.Node):
                locations[element.id] = element.location
                if blocks_walkers(element.tags):
                    blocked.add(element.id)
            elif isinstance(element, osmium.osm.Way):
                raw[element.id] = [node.ref for node in element.nodes], "highway" in element.tags
                if isinstance(classify_way(element.tags), Walkable):
                    walked[element.id] = raw[element.id][0]
            elif element.tags.get("type") == "multipolygon" and isinstance(classify_way(element.tags), Walkable):
                rings |= {member.ref for member in element.members if member.type == "w"}
        walked.update({way: raw[way][0] for way in rings & raw.keys() if not raw[way][1]})
        assert all(ref in locations for refs in walked.values() for ref in refs)  # nothing is cut off here
        uses = Counter(ref for refs in walked.values() for ref in refs)
        ends = {ref for refs in walked.values() for ref in (refs[0], refs[-1])}
        junctions = {ref for ref in uses if uses[ref] > 1 or ref in ends}
        inner = [ref for refs in walked.values() for ref in refs[1:-1] if ref in junctions | (blocked & set(uses))]
        assert table.n_edges == len(inner) + len(walked)
        copies = sum(uses[ref] + sum(refs[1:-1].count(ref) for refs in walked.values()) for ref in blocked & set(uses))
        assert table.n_nodes == len(junctions - blocked) + copies

    @pytest.mark.parametrize(
        "name", ["bayfront_singapore", "andorra", "las_palmas_2023", "porto_alegre_centre", "porto"]
    )
    def test_every_street_is_kept_or_counted(self, name: str) -> None:
        path = shared_data(f"{name}.osm.pbf")
        table = read_osm(path)
        in_question, rings, left_out_areas, present = set(), set(), 0, set()
        for element in osmium.FileProcessor(path, osmium.osm.WAY | osmium.osm.RELATION):
            verdict = classify_way(element.tags)
            if isinstance(element, osmium.osm.Way):
                present.add(element.id)
                if isinstance(verdict, Walkable) or verdict == "ferry" or "highway" in element.tags:
                    in_question.add(element.id)
            elif element.tags.get("type") == "multipolygon":
                if isinstance(verdict, Walkable):
                    rings |= {member.ref for member in element.members if member.type == "w"}
                else:
                    left_out_areas += "highway" in element.tags
        in_question |= rings & present
        by_the_way = {"cut_at_edge", "blocked_node"}  # what these count is kept, at least in part
        left_out = sum(count for reason, count in table.report.items() if reason not in by_the_way)
        assert len(in_question) + left_out_areas == len(np.unique(table.edge_way)) + left_out

    @pytest.mark.parametrize(
        "name", ["bayfront_singapore", "andorra", "las_palmas_2023", "porto_alegre_centre", "porto"]
    )
    def test_sound(self, name: str) -> None:
        table = read_osm(shared_data(f"{name}.osm.pbf"))
        again = read_osm(shared_data(f"{name}.osm.pbf"))
        starts, ends = table.shape_indptr[:-1], table.shape_indptr[1:]
        assert (ends - starts >= 2).all()
        assert np.array_equal(table.shape_lonlat[starts], table.node_lonlat[table.edge_nodes[:, 0]])
        assert np.array_equal(table.shape_lonlat[ends - 1], table.node_lonlat[table.edge_nodes[:, 1]])
        assert np.array_equal(np.unique(table.edge_nodes), np.arange(table.n_nodes))
        steps = np.delete(np.diff(table.shape_lonlat, axis=0), starts[1:] - 1, axis=0)
        assert (steps != 0).any(axis=1).all()
        assert set(table.report) <= set(REASONS)
        assert 0 < table.node_truncated.mean() < 0.2
        for field in (
            "node_lonlat",
            "node_truncated",
            "edge_nodes",
            "edge_class",
            "edge_flags",
            "edge_way",
            "shape_lonlat",
        ):
            assert np.array_equal(getattr(table, field), getattr(again, field))
