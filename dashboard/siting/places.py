"""Places: where a new center may go, as a choice names it. Knows no Streamlit.

    villages · large · communities · streets:300 · file:3f5a…

one in each village; the same, large villages first; communities only; along the streets every 300 m; a file's places.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Final

from data.tables.columns import JURISDICTION_PATTERN, Column, Table
from data.tables.drafts import draft
from geo.errors import TooManyCandidatesError
from geo.siting.candidates import Candidates, along_streets, from_villages

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geo.coverage.assessment import Assessment

BY_VILLAGE: Final = ("large", "villages", "communities")
"""Kinds whose candidates are villages, by code."""
STREETS: Final = "streets"
FILE: Final = "file"
KEPT_FILES: Final = 32
MOST_PLACES: Final = 10_000
"""Of a file: each has walking times to all homes around it, and all of them stay in memory."""
COMMUNITY_NUMBERS: Final = (range(1, 200), range(400, 498))
"""Last three digits of the code of a residents' committee and of what is like one; villages have 200 to 399 and 500 to
597 (National Bureau of Statistics, rules for coding statistical areas)."""
VIRTUAL_NUMBERS: Final = (498, 598)
"""Parks, farms and the like that have no committee (虚拟社区), as the published lists of codes have them."""
NUMBERED: Final = "p"
"""Stands before the row's number where a file gives no ids."""

# fmt: off
TABLE: Final = Table("candidates", "候选点", "Candidates", ("id",), (
    Column("id", "编号", "Id", required=True, also=("候选点编号", "地块编号", "代码", "code", "fid")),
    Column("name", "名称", "Name", also=("地块名称", "地块", "地点", "候选点", "name_zh")),
    Column("lon", "经度", "Longitude", "degrees", required=True, unit="°", low=-180, high=180,
           also=("lng", "long", "x", "东经", "经度坐标"), note_zh="如 118.835", note_en="Such as 118.835"),
    Column("lat", "纬度", "Latitude", "degrees", required=True, unit="°", low=-90, high=90,
           also=("y", "北纬", "纬度坐标"), note_zh="如 25.181", note_en="Such as 25.181"),
    Column("village", "所在辖区代码", "Village", pattern=JURISDICTION_PATTERN,
           also=("村社代码", "home", "village_code"), note_zh="12 位统计用区划代码",
           note_en="12-digit statistical code"),
    Column("cost", "费用", "Cost", "number", low=0, also=("造价", "投资", "成本", "价格", "price")),
    Column("capacity", "容量", "Capacity", "number", low=0, also=("可服务人数", "服务人数", "服务能力", "规模")),
))
# fmt: on
"""What a file of candidates may hold. The cost is in the unit of the budget; the capacity in residents."""


@dataclass(frozen=True, eq=False)
class GivenPlaces:
    """Candidates that somebody handed in.

    Attributes:
        name: of the file.
        digest: of its content; what a link says.
        candidates: its rows.
    """

    name: str
    digest: str
    candidates: Candidates

    @classmethod
    def read(cls, path: Path) -> GivenPlaces:
        """From a table of points (CSV, Excel) or a layer (GeoJSON, GeoPackage, zipped Shapefile).

        An area counts by a point inside of it; where there are no ids, the rows are numbered.

        Raises:
            InputError: it cannot be used; every faulty row is named.
        """
        frame = draft(path, TABLE, defaults={"id": NUMBERED}).require_sound()
        if len(frame) > MOST_PLACES:
            raise TooManyCandidatesError(path=path.name, count=len(frame), most=MOST_PLACES)
        digest = hashlib.sha256(path.read_bytes()).hexdigest()[:12]
        return cls(path.name, digest, Candidates.of(frame))


class GivenStore:
    """The files that were handed in of late, for links that name them; shared by all sessions of the server."""

    def __init__(self, most: int = KEPT_FILES) -> None:
        self._most = most
        self._places: OrderedDict[str, GivenPlaces] = OrderedDict()
        self._lock = Lock()

    def put(self, places: GivenPlaces) -> None:
        """Keep a file's places; the least recently used are forgotten."""
        with self._lock:
            self._places[places.digest] = places
            self._places.move_to_end(places.digest)
            while len(self._places) > self._most:
                self._places.popitem(last=False)

    def get(self, digest: str) -> GivenPlaces | None:
        """The places of a digest, if they are still here."""
        with self._lock:
            if digest in self._places:
                self._places.move_to_end(digest)
                return self._places[digest]
            return None


GIVEN: Final = GivenStore()


def is_community(code: str) -> bool:
    """Whether a village-level unit is a community (社区) by its 12-digit code, rather than a village."""
    return any(_number(code) in numbers for numbers in COMMUNITY_NUMBERS)


def is_village(code: str) -> bool:
    """Whether a code is that of a village; communities, and parks that count as one, are none."""
    return _number(code) > 0 and not is_community(code) and _number(code) not in VIRTUAL_NUMBERS


def _number(code: str) -> int:
    """The last three digits of a 12-digit code; 0 for units above a village, and for what is no code."""
    return int(code[9:]) if len(code) == 12 and code.isdecimal() else 0


def kind_of(where: str) -> str:
    """What kind of candidates a choice names."""
    return where.partition(":")[0]


def candidates_of(assessment: Assessment, where: str) -> Candidates:
    """The candidates that a choice names.

    Raises:
        EmptyTableError: there are none.
        KeyError: the file is not here any more; who offers it looks first.
    """
    kind, _, detail = where.partition(":")
    residents, network = assessment.residents, assessment.network
    if kind == STREETS:
        return along_streets(network, float(detail), near_xy=assessment.xy[residents.people[:, 0] > 0])
    if kind == FILE:
        given = GIVEN.get(detail)
        if given is None:
            raise KeyError(detail)
        return given.candidates
    found = from_villages(residents, network.crs)
    return _only(found, [is_community(code) for code in found.ids]) if kind == "communities" else found


def _only(candidates: Candidates, kept: Sequence[bool]) -> Candidates:
    rows = [i for i, keep in enumerate(kept) if keep]

    def texts(values: Sequence[str]) -> tuple[str, ...]:
        return tuple(values[i] for i in rows)

    return Candidates(
        ids=texts(candidates.ids), names=texts(candidates.names), lonlat=candidates.lonlat[rows],
        group=texts(candidates.group), residents=candidates.residents[rows], cost=candidates.cost[rows],
        capacity=candidates.capacity[rows],
    )  # fmt: skip
