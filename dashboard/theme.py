"""One palette: each color means one thing, on the map, in charts and in badges, light and dark."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Final, Literal

import numpy as np

ThemeName = Literal["light", "dark"]


OKABE_ITO: Final = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00")


@dataclass(frozen=True, slots=True)
class Palette:
    """Colors by meaning.

    Attributes:
        ink, muted, line, canvas, paper: text, secondary text, rules, page, cards.
        identity: the programme's red, sparingly: the chosen center, the primary button.
        reached: within the shortest, middle and longest cutoff.
        joint: joint centers, service across a boundary.
        land, outside: the ground of the map within and beyond the workspace's jurisdictions.
        road, road_casing, road_line, lane, place, marker, card: parts of the map.
        borders: of counties, towns and villages.
        uncovered: residents without a center in time: some, many.
        ramp: classes of a figure, from low to high.
        steps: colors of things with an order (stars, batches), from first to last.
        categories: things without an order (Okabe–Ito), at most six.
        services: the services in their order, then the local extra.
        groups: age groups, which have no better or worse (Okabe–Ito, in an order that also differs in lightness).
    """

    ink: str
    muted: str
    line: str
    canvas: str
    paper: str
    land: str
    identity: str
    reached: tuple[str, str, str]
    joint: str
    outside: str
    road: str
    road_casing: str
    road_line: str
    lane: str
    borders: tuple[str, str, str]
    place: str
    marker: str
    card: str
    groups: tuple[str, str, str]
    uncovered: tuple[str, str]
    ramp: tuple[str, str, str, str, str]
    steps: tuple[str, ...]
    categories: tuple[str, ...]
    services: tuple[str, ...]

    def shades(self, count: int) -> tuple[str, ...]:
        """A color for each of `count` cutoffs, from the shortest to the longest: evenly along `reached`."""
        anchors = [[int(color[i : i + 2], 16) for i in (1, 3, 5)] for color in self.reached]
        at, known = np.linspace(0, len(anchors) - 1, count), np.arange(len(anchors))
        mixed = zip(*(np.interp(at, known, channel).round() for channel in zip(*anchors, strict=True)), strict=True)
        return tuple("#" + "".join(f"{int(value):02X}" for value in rgb) for rgb in mixed)

    def as_json(self) -> dict[str, Any]:
        """Colors by name, for the map's script."""
        return asdict(self)


LIGHT: Final = Palette(
    ink="#1F2933",
    muted="#5B6B7D",
    line="#E3E8EE",
    canvas="#F5F7F9",
    paper="#FFFFFF",
    land="#FBFAF6",
    identity="#B3261E",
    reached=("#0B6E6E", "#3FA39C", "#A9DAD3"),
    joint="#6D4AA8",
    outside="#E4EAEF",
    road="#FFFFFF",
    road_casing="#AEB9C4",
    road_line="#AEB9C4",
    lane="rgba(31, 41, 51, 0.26)",
    borders=("#7C8998", "#A3ADB8", "#CDD3DA"),
    place="#5B6B7D",
    marker="#1F2933",
    card="rgba(255, 255, 255, 0.97)",
    groups=("#56B4E9", "#0072B2", "#E69F00"),
    uncovered=("#E8A33D", "#B4500F"),
    ramp=("#EEF2F6", "#CBD8E6", "#9DB6D1", "#6A8DB3", "#355F8C"),
    steps=("#9DB6D1", "#6A8DB3", "#355F8C", "#274A70", "#1B3552", "#0F2036"),
    categories=OKABE_ITO,
    services=(*OKABE_ITO, "#5B6B7D"),
)

DARK: Final = Palette(
    ink="#E8EEF4",
    muted="#94A6B8",
    line="#26364A",
    canvas="#0D1622",
    paper="#142131",
    land="#172537",
    identity="#FF6B5E",
    reached=("#7FE0D6", "#3AA79F", "#1C5F62"),
    joint="#B39DEB",
    outside="#0A111B",
    road="#3A4D64",
    road_casing="#0D1622",
    road_line="#46607C",
    lane="rgba(148, 166, 184, 0.34)",
    borders=("#73849A", "#4F6077", "#2C3D52"),
    place="#94A6B8",
    marker="#E8EEF4",
    card="rgba(20, 33, 49, 0.97)",
    groups=("#56B4E9", "#0072B2", "#E69F00"),
    uncovered=("#F2B65A", "#F07C3A"),
    ramp=("#1D2E42", "#2B4666", "#3F658F", "#6389B5", "#A3C1E0"),
    steps=("#3F658F", "#6389B5", "#85A6CC", "#A3C1E0", "#C4D8EC", "#E3EEF8"),
    categories=OKABE_ITO,
    services=(*OKABE_ITO, "#94A6B8"),
)

PALETTES: Final[dict[ThemeName, Palette]] = {"light": LIGHT, "dark": DARK}
