"""Parameters: every assumption behind the figures with the value at hand.

Names and reasons stand in the catalogs as `parameter.<id>.name` and `.why`; published sources are quoted as they are.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from dashboard.controls import profile_name
from dashboard.i18n import Catalog
from dashboard.markdown import plain
from dashboard.siting import whatif
from data.monitoring import reports, verdicts
from data.settings import Settings
from geo import hypotheses, params
from geo.coverage import accessibility, equity, gaps, jurisdiction, sharing
from geo.people import coarseness, dasymetric
from geo.streets import network

Value = Callable[[Settings], float | tuple[float, ...]]

WEIDMANN: Final = "Weidmann, U. (1993), Transporttechnik der Fußgänger, ETH Zürich"
TOBLER: Final = "Tobler, W. (1993), NCGIA TR 93-1"
PALMA: Final = "Palma, J. G. (2011), Development and Change 42"
LUO_QI: Final = "Luo, W. & Qi, Y. (2009), Health & Place 15"

SNAP: Final = params.SnapParams()
POLYGON: Final = params.PolygonParams()
GAPS: Final = params.GapParams()


@dataclass(frozen=True, slots=True)
class Parameter:
    """One assumption.

    Attributes:
        id: its key in the catalogs.
        unit: key of `unit.<unit>` in the catalogs, or %, or nothing.
        value: one number, or one for each profile or band.
        code: the file that declares it.
        source: a published work, "" for an assumption of ours.
        editable: a workspace can set it in its `workspace.toml`.
        by_profile: the value has one number for each walk profile.
    """

    id: str
    unit: str
    value: Value
    code: str = "geo/params.py"
    source: str = ""
    editable: bool = False
    by_profile: bool = False

    def shown(self, text: Catalog, settings: Settings) -> str:
        """The value with its unit, in the page's language."""
        given = self.value(settings)
        numbers = [f"{number:,g}" for number in (given if isinstance(given, tuple) else (given,))]
        if self.by_profile:
            names = [plain(profile_name(text, settings, profile.id)) for profile in settings.profiles]
            numbers = [f"{name} {number}" for name, number in zip(names, numbers, strict=True)]
        value = text("list.comma").join(numbers)
        if self.unit in ("", "%"):
            return f"{value} {self.unit}".rstrip()
        return text(f"unit.{self.unit}", value=value)


def _of(value: float | tuple[float, ...]) -> Value:
    return lambda _settings: value


_DECLARED: Final = (
    Parameter("cutoffs", "minutes", lambda s: s.cutoffs.minutes, editable=True),
    Parameter("speed", "mps", lambda s: tuple(p.speed_mps for p in s.profiles), editable=True, by_profile=True),
    Parameter("steps_factor", "", lambda s: tuple(p.steps_speed_factor for p in s.profiles), source=WEIDMANN,
              editable=True, by_profile=True),
    Parameter("slope_decay", "", _of(params.TOBLER_DECAY), source=TOBLER),
    Parameter("best_slope", "slope", _of(params.TOBLER_BEST_SLOPE), source=TOBLER),
    Parameter("max_slope", "slope", _of(params.MAX_SLOPE)),
    Parameter("sample_spacing", "m", _of(network.SAMPLE_SPACING_M), "geo/streets/network.py"),
    Parameter("tie", "s", _of(params.TIE_S)),
    Parameter("snap_max", "m", _of(SNAP.max_distance_m)),
    Parameter("small_component", "m", _of(SNAP.small_component_m)),
    Parameter("long_access", "m", _of(SNAP.long_access_m)),
    Parameter("buffer", "m", _of(POLYGON.buffer_m)),
    Parameter("cell", "m", _of(POLYGON.cell_m)),
    Parameter("simplify", "m", _of(POLYGON.simplify_m)),
    Parameter("decay_weights", "", _of(accessibility.E2SFCA.weights), "geo/coverage/accessibility.py", LUO_QI),
    Parameter("sliver", "m", _of(jurisdiction.SLIVER_M), "geo/coverage/jurisdiction.py"),
    Parameter("link", "m", _of(GAPS.link_m)),
    Parameter("longest", "minutes", _of(GAPS.longest_minutes)),
    Parameter("siting_longest", "minutes", _of(whatif.LONGEST_MINUTES), "dashboard/siting/whatif.py"),
    Parameter("barrier", "times", _of(params.DETOUR_BARRIER)),
    Parameter("house", "m", _of(gaps.HOUSE_M), "geo/coverage/gaps.py"),
    Parameter("site_cell", "m", _of(sharing.SITE_CELL_M), "geo/coverage/sharing.py"),
    Parameter("least_gain", "people", _of(sharing.MIN_GAIN), "geo/coverage/sharing.py"),
    Parameter("worst", "%", _of(100 * equity.WORST), "geo/coverage/equity.py", PALMA),
    Parameter("best", "%", _of(100 * equity.BEST), "geo/coverage/equity.py", PALMA),
    Parameter("due_days", "days", _of(reports.DUE_DAYS), "data/monitoring/reports.py"),
    Parameter("jump", "times", _of(reports.JUMP), "data/monitoring/reports.py"),
    Parameter("jump_from", "", _of(reports.JUMP_FROM), "data/monitoring/reports.py"),
    Parameter("month_weeks", "reports", _of(reports.MONTH_WEEKS), "data/monitoring/reports.py"),
    Parameter("near", "%", _of(100 * verdicts.NEAR), "data/monitoring/verdicts.py"),
    Parameter("close", "%", _of(100 * verdicts.CLOSE), "data/monitoring/verdicts.py"),
    Parameter("spacing", "m", _of(dasymetric.SPACING_M), "geo/people/dasymetric.py"),
    Parameter("detour", "times", _of(coarseness.DETOUR), "geo/people/coarseness.py"),
    Parameter("hamlets", "", _of(coarseness.HAMLETS), "geo/people/coarseness.py"),
    Parameter("fine_share", "%", _of(100 * coarseness.FINE_SHARE), "geo/people/coarseness.py"),
    Parameter("coarse_share", "%", _of(100 * coarseness.COARSE_SHARE), "geo/people/coarseness.py"),
    Parameter("clear_score", "%", _of(100 * hypotheses.CLEAR_SCORE), "geo/hypotheses.py"),
)  # fmt: skip

PARAMETERS: Final[dict[str, Parameter]] = {parameter.id: parameter for parameter in _DECLARED}


def facts(text: Catalog, settings: Settings) -> dict[str, str]:
    """Every parameter's value, to fill the `{placeholders}` of the figures' sentences."""
    return {name: parameter.shown(text, settings) for name, parameter in PARAMETERS.items()}
