"""Supply: the centers as coverage sees them: their doors, what is given where, and who governs them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from geo.cells import codes_of, column_texts, number_column
from geo.engine.reach import Sources
from geo.engine.snapping import Places
from geo.errors import Fault, MissingColumnError, raise_on_faults

if TYPE_CHECKING:
    from pandas import DataFrame

SERVICES: Final = ("childcare", "elderly_care", "health", "food", "culture", "public_affairs")
"""The six services that every resident should have nearby; local extras are not among them."""

OPEN: Final = "open"
COMING: Final = ("planned", "building")
SHUT: Final = ("suspended", "closed")
"""What a center's status may be. Only open ones cover; those to come are committed; the others count nowhere."""


@dataclass(frozen=True, eq=False)
class Supply:
    """n centers with a doors, ordered by id, so that ties go to the lower id.

    A center covers somebody who reaches any of its doors; a service only somebody who reaches a door where it is given.

    Attributes:
        ids: n texts.
        row: int64 (n,); row of each center in the table, from 1.
        status: n texts of `OPEN`, `COMING` and `SHUT`; only `open` centers cover.
        governing: n tuples of codes; several for a joint center, none where it is not known.
        by_home: bool (n,); nobody is named to govern it, so its home does.
        home: n codes, the jurisdiction in which the center stands; "" where it is not stated.
        opening: n texts, the day on which a center that is not open is due, "" where it is not known.
        door_center: int64 (a,), never falling.
        door_lonlat: float64 (a, 2), degrees.
        services: s texts.
        gives: bool (a, s); the service is given at the door.
        capacity: float64 (a, s); places, seats, beds; 0 where it is not given, NaN where it is given but unknown.
    """

    ids: tuple[str, ...]
    row: NDArray[np.int64]
    status: tuple[str, ...]
    governing: tuple[tuple[str, ...], ...]
    by_home: NDArray[np.bool_]
    home: tuple[str, ...]
    opening: tuple[str, ...]
    door_center: NDArray[np.int64]
    door_lonlat: NDArray[np.float64]
    services: tuple[str, ...]
    gives: NDArray[np.bool_]
    capacity: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.ids)

    @classmethod
    def of(
        cls, centers: DataFrame, service_points: DataFrame | None = None, services: Sequence[str] = SERVICES
    ) -> Supply:
        """From tables.

        Args:
            centers: id, lon, lat; and where known status (else open), governing (tuples of codes, or texts separated
                by ;), home (governs where nobody else does) and planned_opening.
            service_points: center, service, lon, lat, capacity. A service that is none of `services` makes a door.
            services: the services that count.

        Raises:
            MissingColumnError: a table lacks a column.
            TableFaultsError: a status that is not known; service points of centers that are not in the table, or with
                capacities that are no numbers.
        """
        _require(centers, "centers", ("id", "lon", "lat"))
        centers = centers.assign(id=column_texts(centers, "id"), status=statuses(centers, "centers"))
        order = np.argsort(centers["id"].to_numpy(dtype=object), kind="stable")
        centers = centers.iloc[order].reset_index(drop=True)
        number = {name: i for i, name in enumerate(centers["id"])}
        owner, lonlat = np.arange(len(centers)), centers[["lon", "lat"]].to_numpy(np.float64)
        service = np.full(len(centers), -1, dtype=np.int64)
        amount = np.zeros(len(centers))
        if service_points is not None and len(service_points):
            rank = {name: i for i, name in enumerate(services)}
            at_center, places = _at_centers(service_points, number)
            owner = np.append(owner, at_center)
            lonlat = np.concatenate([lonlat, service_points[["lon", "lat"]].to_numpy(np.float64)])
            service = np.append(service, [rank.get(name, -1) for name in column_texts(service_points, "service")])
            amount = np.append(amount, places)
        key = np.column_stack([owner, lonlat])
        doors, at = np.unique(key, axis=0, return_inverse=True)
        given = service >= 0
        gives = np.zeros((len(doors), len(services)), dtype=np.bool_)
        capacity = np.zeros(gives.shape)
        gives[at[given], service[given]] = True
        np.add.at(capacity, (at[given], service[given]), amount[given])
        named, home = _governing(centers), column_texts(centers, "home")
        return cls(
            ids=tuple(number),
            row=order + 1,
            status=tuple(centers["status"]),
            governing=tuple(codes or ((site,) if site else ()) for codes, site in zip(named, home, strict=True)),
            by_home=np.array([not codes for codes in named], dtype=np.bool_),
            home=home,
            opening=column_texts(centers, "planned_opening"),
            door_center=doors[:, 0].astype(np.int64),
            door_lonlat=doors[:, 1:],
            services=tuple(services),
            gives=gives,
            capacity=capacity,
        )

    @cached_property
    def open(self) -> NDArray[np.bool_]:
        """bool (n,)."""
        return np.array([status == OPEN for status in self.status], dtype=np.bool_)

    @cached_property
    def coming(self) -> NDArray[np.bool_]:
        """bool (n,); not open yet."""
        return np.array([status in COMING for status in self.status], dtype=np.bool_)

    def sited(self) -> tuple[tuple[str, ...], ...]:
        """As `governing`, if every center belonged to the jurisdiction alone in which it stands."""
        return tuple((home,) if home else () for home in self.home)

    def cells(self, *, by_site: bool = False) -> list[tuple[int, str]]:
        """Row and column of each center's codes in `governing`, or in `sited` with `by_site`: for messages."""
        by_home = np.ones(len(self), np.bool_) if by_site else self.by_home
        return [(int(row), "home" if home else "governing") for row, home in zip(self.row, by_home, strict=True)]

    def sources(self, doors: Places) -> Sources:
        """Doors on their streets, gathered by center."""
        return Sources.grouped(doors, self.door_center, len(self))


def _require(frame: DataFrame, name: str, columns: tuple[str, ...]) -> None:
    for column in columns:
        if column not in frame:
            raise MissingColumnError(path=name, column=column, found=", ".join(map(str, frame.columns)))


def statuses(frame: DataFrame, name: str) -> tuple[str, ...]:
    """The status of each center of the table `name`; open where none is stated.

    Raises:
        TableFaultsError: one that is not known.
    """
    found, known = column_texts(frame, "status", OPEN), (OPEN, *COMING, *SHUT)
    faults = [
        Fault(row, "status", "status_unknown", f"the status is one of {', '.join(known)}.", status)
        for row, status in enumerate(found, start=1)
        if status not in known
    ]
    raise_on_faults(name, faults)
    return found


def _at_centers(service_points: DataFrame, number: dict[str, int]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Number of each service point's center, and its capacity, NaN where that is not known."""
    _require(service_points, "service_points", ("center", "service", "lon", "lat"))
    names = column_texts(service_points, "center")
    faults = [
        Fault(row, "center", "unknown_reference", "there is no such center.", name)
        for row, name in enumerate(names, start=1)
        if name not in number
    ]
    capacity = number_column(service_points, "capacity", faults)
    raise_on_faults("service_points", faults)
    return np.array([number[name] for name in names], dtype=np.int64), capacity


def _governing(centers: DataFrame) -> list[tuple[str, ...]]:
    """The codes in the column governing."""
    given = centers.get("governing")
    cells = [()] * len(centers) if given is None else given.where(given.notna(), None).tolist()
    return [codes_of(cell) for cell in cells]
