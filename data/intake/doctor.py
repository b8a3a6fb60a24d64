"""Coordinate doctor: what a column of coordinates most likely is, judged by the workspace it is meant for.

The evidence is the workspace's own: does a point fall into the jurisdiction that its row claims, and how far is the
nearest street. Nothing is converted here; a person looks at the ranked hypotheses and confirms one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.tables.frames import read_column
from data.tables.schema import CENTERS
from geo.errors import ParameterError
from geo.hypotheses import Hypothesis, diagnose, is_clear

if TYPE_CHECKING:
    import geopandas as gpd

    from geo.streets.network import StreetNetwork

AS_GIVEN: Final = "wgs84"
STREET_SEARCH_M: Final = 5_000.0
MAX_POINTS: Final = 2_000
"""More points than this are thinned out evenly: the verdict does not get surer."""


def columns_of(cells: pd.DataFrame) -> NDArray[np.float64]:
    """The cells of lon and lat as numbers, float64 (n, 2), whatever their unit; NaN where they are none."""
    return np.column_stack([read_column(cells[name], CENTERS[name])[0].to_numpy(float) for name in ("lon", "lat")])


class Ground(Protocol):
    """What coordinates are judged by: a workspace, or what is to become one."""

    @property
    def network(self) -> StreetNetwork:
        """The streets."""

    @property
    def jurisdictions(self) -> pd.DataFrame:
        """The outlines; empty where there are none."""


def examine(xy: NDArray[np.float64], ground: Ground, claims: pd.Series[Any] | None = None) -> list[Hypothesis]:
    """Rank what columns of coordinates are.

    Args:
        xy: float64 (n, 2), as given.
        ground: its streets and outlines are the evidence.
        claims: code of the jurisdiction that each row claims; None or missing where it claims none.

    Returns:
        Hypotheses, the most likely first; see `geo.hypotheses.diagnose`.
    """
    from geo.engine.snapping import snap
    from geo.params import SnapParams

    thin = slice(None, None, -(-len(xy) // MAX_POINTS) or 1)
    search = SnapParams(max_distance_m=STREET_SEARCH_M)
    inside = None
    if claims is not None and len(ground.jurisdictions):
        inside = _Claims(claims.iloc[thin], ground.jurisdictions)
    return diagnose(
        xy[thin],
        inside=inside if inside and inside.any else None,
        street_distance_m=lambda lonlat: snap(ground.network, lonlat, search).access_m,
    )


def needs_conversion(ranked: Sequence[Hypothesis]) -> bool:
    """Whether the first hypothesis stands out, and is another than degrees in WGS-84."""
    return is_clear(ranked) and ranked[0].id != AS_GIVEN and AS_GIVEN not in ranked[0].same_as


def named(ranked: Sequence[Hypothesis], wanted: str) -> Hypothesis:
    """The hypothesis that a person names.

    Raises:
        ParameterError: the coordinates cannot be that.
    """
    for hypothesis in ranked:
        if wanted.lower() in (name.lower() for name in (hypothesis.id, *hypothesis.same_as)):
            return hypothesis
    expected = ", ".join(hypothesis.id for hypothesis in ranked) or "a file with lon and lat"
    raise ParameterError(name="coordinates", value=wanted, reason="they cannot be that", expected=expected)


def unconfirmed(ranked: Sequence[Hypothesis]) -> ParameterError:
    """What to say of coordinates that need to be converted as long as nobody has said from what."""
    likely = ranked[0].id
    reason, expected = f"the coordinates are most likely {likely}", f"--coordinates {likely}, or wgs84 to keep them"
    return ParameterError(name="coordinates", value=None, reason=reason, expected=expected)


class _Claims:
    """Whether points lie in the jurisdictions that their rows claim; rows without a known claim always do."""

    def __init__(self, claims: pd.Series[Any], outlines: gpd.GeoDataFrame) -> None:
        shapes = claims.map(dict(zip(outlines["code"], outlines.geometry, strict=True))).to_numpy(dtype=object)
        self._claimed = ~pd.isna(shapes)
        self._shapes = shapes[self._claimed]
        self.any = bool(self._claimed.any())

    def __call__(self, lonlat: NDArray[np.float64]) -> NDArray[np.bool_]:
        import shapely

        inside = np.ones(len(lonlat), dtype=np.bool_)
        points = lonlat[self._claimed]
        inside[self._claimed] = shapely.contains_xy(self._shapes, points[:, 0], points[:, 1])
        return inside
