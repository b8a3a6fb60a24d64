"""Supply: the centers as coverage sees them: their doors, what is given where, and who governs them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from geo.cells import codes_of, column_texts
from geo.engine.reach import Sources
from geo.engine.snapping import Places
from geo.errors import Fault, MissingColumnError, TableFaultsError

if TYPE_CHECKING:
    from pandas import DataFrame

SERVICES: Final = ("childcare", "elderly_care", "health", "food", "culture", "public_affairs")
"""The six services that every resident should have nearby; local extras are not among them."""

OPEN: Final = "open"


@dataclass(frozen=True, eq=False)
class Supply:
    """n centers with a doors, ordered by id, so that ties go to the lower id.

    A center covers somebody who reaches any of its doors; a service only somebody who reaches a door where it is given.

    Attributes:
        ids: n texts.
        status: n texts; only `open` centers cover.
        governing: n tuples of codes; several for a joint center, none where it is not known.
        home: n codes, the jurisdiction in which the center stands; "" where it is not stated.
        opening: n texts, the day on which a center that is not open is due, "" where it is not known.
        door_center: int64 (a,), never falling.
        door_lonlat: float64 (a, 2), degrees.
        services: s texts.
        gives: bool (a, s); the service is given at the door.
        capacity: float64 (a, s); places, seats, beds; 0 where it is not given, NaN where it is given but unknown.
    """

    ids: tuple[str, ...]
    status: tuple[str, ...]
    governing: tuple[tuple[str, ...], ...]
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
            TableFaultsError: service points of centers that are not in the table.
        """
        _require(centers, "centers", ("id", "lon", "lat"))
        centers = centers.assign(id=column_texts(centers, "id")).sort_values("id", kind="stable", ignore_index=True)
        number = {name: i for i, name in enumerate(centers["id"])}
        owner, lonlat = np.arange(len(centers)), centers[["lon", "lat"]].to_numpy(np.float64)
        service = np.full(len(centers), -1, dtype=np.int64)
        amount = np.zeros(len(centers))
        if service_points is not None and len(service_points):
            rank = {name: i for i, name in enumerate(services)}
            owner = np.append(owner, _owners(service_points, number))
            lonlat = np.concatenate([lonlat, service_points[["lon", "lat"]].to_numpy(np.float64)])
            service = np.append(service, [rank.get(name, -1) for name in column_texts(service_points, "service")])
            amount = np.append(amount, _capacities(service_points))
        key = np.column_stack([owner, lonlat])
        doors, at = np.unique(key, axis=0, return_inverse=True)
        given = service >= 0
        gives = np.zeros((len(doors), len(services)), dtype=np.bool_)
        capacity = np.zeros(gives.shape)
        gives[at[given], service[given]] = True
        np.add.at(capacity, (at[given], service[given]), amount[given])
        return cls(
            ids=tuple(number),
            status=column_texts(centers, "status", OPEN),
            governing=_governing(centers),
            home=column_texts(centers, "home"),
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

    def sited(self) -> tuple[tuple[str, ...], ...]:
        """As `governing`, if every center belonged to the jurisdiction alone in which it stands."""
        return tuple((home,) if home else () for home in self.home)

    def sources(self, doors: Places) -> Sources:
        """Doors on their streets, gathered by center."""
        return Sources.grouped(doors, self.door_center, len(self))


def _require(frame: DataFrame, name: str, columns: tuple[str, ...]) -> None:
    for column in columns:
        if column not in frame:
            raise MissingColumnError(path=name, column=column, found=", ".join(map(str, frame.columns)))


def _owners(service_points: DataFrame, number: dict[str, int]) -> NDArray[np.int64]:
    """Number of each service point's center."""
    _require(service_points, "service_points", ("center", "service", "lon", "lat"))
    names = column_texts(service_points, "center")
    faults = [
        Fault(row, "center", "unknown_reference", "there is no such center.", name)
        for row, name in enumerate(names, start=1)
        if name not in number
    ]
    if faults:
        raise TableFaultsError("service_points", faults)
    return np.array([number[name] for name in names], dtype=np.int64)


def _capacities(service_points: DataFrame) -> NDArray[np.float64]:
    if "capacity" not in service_points:
        return np.full(len(service_points), np.nan)
    return np.asarray(service_points["capacity"], dtype=np.float64)


def _governing(centers: DataFrame) -> tuple[tuple[str, ...], ...]:
    given = centers.get("governing")
    cells = [()] * len(centers) if given is None else given.where(given.notna(), None).tolist()
    homes = column_texts(centers, "home")
    return tuple(codes_of(cell) or ((home,) if home else ()) for cell, home in zip(cells, homes, strict=True))
