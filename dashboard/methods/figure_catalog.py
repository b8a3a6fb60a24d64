"""Figures: what every number on a page means, declared once. Knows no Streamlit.

A figure's words stand in the catalogs as `figure.<id>.name` and `.what`, and the meaning of its formula's letters as
`.where`; its limits as `limit.<id>`. Pages link to one by `address`. The workspace's own indicators are figures too,
with the id `indicator.<id>`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal, get_args
from urllib.parse import urlencode

from data.monitoring.indicators import Indicator

Group = Literal[
    "coverage", "catchment", "sharing", "gaps", "siting", "equity", "reports", "indicators", "residents",
]  # fmt: skip
GROUPS: Final[tuple[Group, ...]] = get_args(Group)

Input = Literal[
    "streets", "elevation", "centers", "service_points", "demand", "jurisdictions",
    "weekly_reports", "milestones", "targets",
]  # fmt: skip

PAGE: Final = "methods"
KEY: Final = "figure"
"""Of the choice in the URL."""
OWN: Final = "indicator."
"""Ids of the workspace's own indicators begin with it."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure.

    Attributes:
        id: its key in catalogs and links.
        group: where the methods page lists it.
        code: the file that computes it.
        formula: TeX; "" where words are enough.
        inputs: what it is computed from.
        parameters: ids of `dashboard.methods.parameter_catalog`.
        limits: ids of the sentences on what it cannot say.
        sources: published works that define it.
    """

    id: str
    group: Group
    code: str
    formula: str = ""
    inputs: tuple[Input, ...] = ()
    parameters: tuple[str, ...] = ()
    limits: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()


def address(figure: str, choices: Mapping[str, str] | None = None) -> str:
    """Where a figure is explained, relative to any page; `choices` (language, profile, …) stay as they are."""
    return f"{PAGE}?{urlencode({**(choices or {}), KEY: figure})}"


def _lines(*lines: str) -> str:
    """A formula of several lines: one line of all would not fit on a phone."""
    return r"\begin{gathered} " + r" \\[4pt] ".join(lines) + r" \end{gathered}"


_WALKS: Final[tuple[Input, ...]] = ("streets", "elevation", "centers", "service_points")
_REACH: Final[tuple[Input, ...]] = (*_WALKS, "demand")
_PACE: Final = ("speed", "slope_decay", "best_slope", "max_slope", "steps_factor")
_SNAP: Final = ("snap_max", "small_component")
_WALK_PARAMETERS: Final = ("cutoffs", *_PACE, *_SNAP, "tie")
_WALK_LIMITS: Final = ("pace", "truncated", "snapping")
_COVER_LIMITS: Final = (*_WALK_LIMITS, "coarse_residents", "hours")

LUO_WANG: Final = "Luo, W. & Wang, F. (2003), Environment and Planning B 30, 865–884"
LUO_QI: Final = "Luo, W. & Qi, Y. (2009), Health & Place 15, 1100–1107"
THEIL: Final = "Theil, H. (1967), Economics and Information Theory"
PALMA: Final = "Palma, J. G. (2011), Development and Change 42, 87–153"
GINI: Final = "Gini, C. (1912), Variabilità e mutabilità"
TOBLER: Final = "Tobler, W. (1993), Three presentations on geographical analysis and modeling, NCGIA TR 93-1"
DIJKSTRA: Final = "Dijkstra, E. W. (1959), Numerische Mathematik 1, 269–271"

_COVERED: Final = _lines(r"\frac{\sum_i w_i\,[\,t_i \le T\,]}{\sum_i w_i}", r"t_i = \min_{c\,\in\,O} t_{ic}")

_DECLARED: Final = (
    # ---- who is covered ----
    Figure("covered", "coverage", "geo/coverage/coverage.py", _COVERED, _REACH, _WALK_PARAMETERS, _COVER_LIMITS),
    Figure(
        "elders", "coverage", "geo/coverage/coverage.py",
        r"\frac{\sum_i w^{60}_i\,[\,t_i \le T\,]}{\sum_i w^{60}_i}",
        _REACH, _WALK_PARAMETERS, (*_COVER_LIMITS, "ages"),
    ),
    Figure(
        "uncovered", "coverage", "geo/coverage/coverage.py", r"\sum_i w_i\,[\,t_i > T\,]",
        _REACH, _WALK_PARAMETERS, (*_COVER_LIMITS, "off_street"),
    ),
    Figure(
        "off_street", "coverage", "dashboard/results.py", r"\sum_i w_i\,[\,a_i > d\,]",
        ("streets", "demand"), _SNAP, ("snapping",),
    ),
    Figure(
        "overlap", "coverage", "geo/coverage/coverage.py", r"n_i = \bigl|\{\,c \in O : t_{ic} \le T\,\}\bigr|",
        _REACH, _WALK_PARAMETERS, (*_WALK_LIMITS, "coarse_residents"),
    ),
    Figure(
        "services", "coverage", "geo/coverage/coverage.py",
        _lines(r"C_s = \sum_i w_i\,\bigl[\,\min_{p\,\in\,D_s} t_{ip} \le T\,\bigr]", r"s = 1, \dots, 6"),
        _REACH, _WALK_PARAMETERS, (*_COVER_LIMITS, "capacity"),
    ),
    Figure(
        "access", "coverage", "geo/coverage/accessibility.py",
        _lines(r"R_j = \frac{S_j}{\sum_i w_i\,g(t_{ij})}", r"A_i = 1000 \sum_j R_j\,g(t_{ij})"),
        _REACH, ("cutoffs", "decay_weights", *_PACE, *_SNAP), (*_COVER_LIMITS, "capacity"), (LUO_WANG, LUO_QI),
    ),
    Figure("centers", "coverage", "dashboard/overview/headlines.py", "", ("centers", "targets"), (), ("opening_days",)),
    # ---- one center ----
    Figure(
        "residents_within", "catchment", "geo/coverage/coverage.py", r"P_c = \sum_i w_i\,[\,t_{ic} \le T\,]",
        _REACH, _WALK_PARAMETERS, (*_COVER_LIMITS, "adds_up"),
    ),
    Figure(
        "walk", "catchment", "geo/engine/reach.py",
        _lines(
            r"t = \frac{a_1}{v} + \sum_k \frac{\ell_k}{v\,f(S_k)} + \frac{a_2}{v}",
            r"f(S) = e^{-\kappa\,(|S - S_0| - |S_0|)}",
        ),
        _REACH, (*_PACE, *_SNAP, "sample_spacing"), (*_WALK_LIMITS, "crossings"), (DIJKSTRA, TOBLER),
    ),
    Figure(
        "area", "catchment", "geo/catchments/catchment.py",
        r"\operatorname{area}\,\{\,x : \operatorname{dist}(x, R_T) \le b\,\}",
        _WALKS, (*_WALK_PARAMETERS, "buffer", "cell", "simplify"), (*_WALK_LIMITS, "outline"),
    ),
    Figure(
        "street_length", "catchment", "geo/catchments/pieces.py", r"L_T = \sum_{k\,\in\,R_T} \ell_k",
        _WALKS, _WALK_PARAMETERS, _WALK_LIMITS,
    ),
    Figure(
        "access_distance", "catchment", "geo/engine/snapping.py", r"a_c = \max_{p\,\in\,c}\, \operatorname{dist}(p, N)",
        ("streets", "centers", "service_points"), (*_SNAP, "long_access"), ("snapping",),
    ),
    Figure(
        "truncated", "catchment", "geo/catchments/catchment.py", r"\frac{n_{\times}}{n}",
        _WALKS, ("cutoffs", *_PACE), ("truncated",),
    ),
    Figure(
        "neighbors", "catchment", "geo/coverage/vicinity.py", r"\min_{p\,\in\,c,\; q\,\in\,c'} t_{pq}",
        _REACH, (*_PACE, *_SNAP), _WALK_LIMITS,
    ),
    # ---- across boundaries ----
    Figure(
        "across", "sharing", "geo/coverage/ledger.py", r"\sum_i w_i\,[\,t_i \le T\,]\,[\,h(i) \ne s(c_i)\,]",
        (*_REACH, "jurisdictions"), (*_WALK_PARAMETERS, "sliver"), (*_COVER_LIMITS, "nearest"),
    ),
    Figure(
        "clientele", "sharing", "geo/coverage/clientele.py", r"K_{cA} = \sum_{i\,\in\,A} w_i\,[\,c_i = c\,]",
        (*_REACH, "jurisdictions"), (*_WALK_PARAMETERS, "sliver"), (*_COVER_LIMITS, "nearest"),
    ),
    Figure(
        "ledger", "sharing", "geo/coverage/ledger.py",
        r"M_{AB} = \sum_{i\,\in\,A} w_i\,[\,t_i \le T\,]\,\frac{[\,B \in G(c_i)\,]}{|G(c_i)|}",
        (*_REACH, "jurisdictions"), (*_WALK_PARAMETERS, "sliver"), (*_COVER_LIMITS, "nearest"),
    ),
    Figure(
        "worth", "sharing", "geo/coverage/ledger.py",
        _lines(
            r"W_A = \sum_{i\,\in\,A} w_i\,\bigl([\,t_i \le T\,] - [\,t^S_i \le T\,]\bigr)",
            r"J_A = \sum_{i\,\in\,A} w_i\,\bigl([\,t^G_i \le T\,] - [\,t^S_i \le T\,]\bigr)",
            r"t_i = \min_{c\,\in\,O} t_{ic}",
            r"t^S_i = \min_{c\,\in\,S_A} t_{ic} \qquad t^G_i = \min_{c\,\in\,G_A} t_{ic}",
        ),
        (*_REACH, "jurisdictions"), (*_WALK_PARAMETERS, "sliver"), (*_COVER_LIMITS, "joint"),
    ),
    Figure(
        "shared_site", "sharing", "geo/coverage/sharing.py",
        r"g_{xA} = \sum_{i\,\in\,A} w_i\,[\,t_{is} > T\,]\,[\,t_{ix} \le T\,]",
        (*_REACH, "jurisdictions"), (*_WALK_PARAMETERS, "site_cell", "least_gain"), _COVER_LIMITS,
    ),
    Figure(
        "dispatch", "sharing", "geo/coverage/sharing.py",
        r"x_j = \min\Bigl(r_j,\; m - \sum_{k < j} x_k\Bigr)",
        _WALKS, (*_PACE, *_SNAP), (*_WALK_LIMITS, "capacity"),
    ),
    # ---- gaps ----
    Figure(
        "gap", "gaps", "geo/coverage/gaps.py", "",
        (*_REACH, "jurisdictions"), (*_WALK_PARAMETERS, "link", "longest", "house"), _COVER_LIMITS,
    ),
    Figure(
        "gap_reason", "gaps", "geo/coverage/gaps.py", r"v\,t_i \ge \rho\,e_i \quad\text{and}\quad e_i \le v\,T",
        (*_REACH, "jurisdictions"), (*_WALK_PARAMETERS, "barrier", "link", "longest"), (*_COVER_LIMITS, "reasons"),
    ),
    # ---- new centers ----
    Figure(
        "gain", "siting", "geo/siting/scenario.py", r"\sum_i w_i\,[\,t_i > T\,]\,[\,t^*_i \le T\,]",
        _REACH, _WALK_PARAMETERS, (*_COVER_LIMITS, "candidates"),
    ),
    Figure(
        "proof", "siting", "geo/siting/questions.py", r"\frac{|u - z|}{\max(|u|, |z|)}",
        _REACH, _WALK_PARAMETERS, ("candidates", "coarse_residents"),
    ),
    Figure(
        "walk_change", "siting", "geo/siting/scenario.py",
        r"\frac{\sum_i w_i\,(t^*_i - t_i)\,[\,t_i, t^*_i \le L\,]}{\sum_i w_i\,[\,t_i, t^*_i \le L\,]}",
        _REACH, ("siting_longest", *_PACE, *_SNAP), (*_COVER_LIMITS, "reached_only"),
    ),
    Figure(
        "marginal", "siting", "geo/siting/tradeoff.py", r"z_k - z_{k-1}",
        _REACH, _WALK_PARAMETERS, ("candidates", "other_sites", "coarse_residents"),
    ),
    Figure(
        "only_site", "siting", "geo/siting/tradeoff.py",
        r"\sum_i w_i\,[\,t_{is} \le T\,]\,\bigl[\,\min_{c\,\in\,O \cup S \setminus s} t_{ic} > T\,\bigr]",
        _REACH, _WALK_PARAMETERS, (*_COVER_LIMITS, "candidates"),
    ),
    Figure(
        "runner_up", "siting", "geo/siting/tradeoff.py",
        r"z(S) - \max_{j\,\notin\,S} z(S \setminus s \cup j)",
        _REACH, _WALK_PARAMETERS, ("candidates", "coarse_residents", "one_at_a_time"),
    ),
    Figure(
        "robustness", "siting", "geo/siting/tradeoff.py", r"\frac{|z^* - z(S)|}{|z^*|}",
        _REACH, _WALK_PARAMETERS, ("candidates", "assumptions"),
    ),
    Figure(
        "indispensable", "siting", "geo/siting/tradeoff.py", r"\frac{z(S) - z_{-s}}{z(S)} > 1\,\%",
        _REACH, _WALK_PARAMETERS, ("candidates", "coarse_residents"),
    ),
    Figure(
        "target_move", "siting", "dashboard/siting/targets.py", "",
        (*_REACH, "jurisdictions", "targets"), _WALK_PARAMETERS, (*_COVER_LIMITS, "as_if_open"),
    ),
    # ---- how the walk is spread ----
    Figure(
        "mean_walk", "equity", "geo/coverage/coverage.py",
        _lines(
            r"\bar t = \frac{\sum_i w_i t_i}{\sum_i w_i}",
            r"q_p = \min\Bigl\{\,x : \sum_{t_i \le x} w_i \ge p \sum_i w_i\Bigr\}",
        ),
        _REACH, ("longest", *_PACE, *_SNAP), (*_COVER_LIMITS, "reached_only"),
    ),
    Figure(
        "worst_tenth", "equity", "geo/coverage/equity.py",
        _lines(r"\frac{10}{W} \sum_i w'_i\, t_i", r"\sum_i w'_i = \frac{W}{10}"),
        _REACH, ("longest", "worst", *_PACE), (*_COVER_LIMITS, "reached_only"),
    ),
    Figure(
        "gini", "equity", "geo/coverage/equity.py",
        r"G = \frac{\sum_i \sum_j w_i w_j\,|t_i - t_j|}{2\,\bar t\,W^2}",
        _REACH, ("longest", *_PACE), (*_COVER_LIMITS, "reached_only", "relative"), (GINI,),
    ),
    Figure(
        "theil", "equity", "geo/coverage/equity.py",
        _lines(
            r"\sum_i s_i \ln\frac{t_i}{\bar t} = \sum_g s_g \ln\frac{\bar t_g}{\bar t} + \sum_g s_g T_g",
            r"T_g = \sum_{i\,\in\,g} \frac{s_i}{s_g} \ln\frac{t_i}{\bar t_g}",
        ),
        (*_REACH, "jurisdictions"), ("longest", *_PACE), (*_COVER_LIMITS, "reached_only", "relative"), (THEIL,),
    ),
    Figure(
        "palma", "equity", "geo/coverage/equity.py",
        _lines(
            r"\frac{\sum_i w'_i t_i}{\sum_i w''_i t_i}", r"\sum_i w'_i = \frac{W}{10}", r"\sum_i w''_i = \frac{4W}{10}"
        ),
        _REACH, ("longest", "worst", "best", *_PACE), (*_COVER_LIMITS, "reached_only", "relative"), (PALMA,),
    ),
    # ---- reports, targets, comparison ----
    Figure(
        "reports", "reports", "data/monitoring/reports.py", r"\frac{n_{+}}{n}",
        ("weekly_reports", "centers"), ("due_days",), ("undated",),
    ),
    Figure(
        "plausibility", "reports", "data/monitoring/reports.py",
        r"x_k \ge m \quad\text{and}\quad x_k \ge \lambda\,\bar x",
        ("weekly_reports",), ("jump", "jump_from", "month_weeks"), ("warning_only",),
    ),
    Figure(
        "days_late", "reports", "data/monitoring/timeline.py", r"d = D_1 - D_0",
        ("milestones",), (), ("planned_days",),
    ),
    Figure(
        "verdict", "reports", "data/monitoring/verdicts.py", r"x \ge x_0 + \eta\,\tau\,(z - x_0)",
        ("targets",), ("near", "close"), ("linear",),
    ),
    Figure("change", "reports", "dashboard/overview/headlines.py", "", ("centers",), (), ("opening_days", "today")),
    Figure("adding_up", "indicators", "data/monitoring/indicators.py", r"\bar x = \frac{\sum_k n_k x_k}{\sum_k n_k}",
           ("weekly_reports", "milestones", "targets"), (), ("unknown_weeks",)),
    Figure("rank", "indicators", "data/monitoring/peers.py", r"1 + \bigl|\{\,c' : x_{c'} \succ x_c\,\}\bigr|",
           ("weekly_reports", "centers"), (), ("small_numbers",)),
    # ---- residents and places ----
    Figure(
        "spreading", "residents", "geo/people/dasymetric.py", r"w_k = W_A\,\frac{\omega_k}{\sum_{k\,\in\,A} \omega_k}",
        ("demand", "streets", "jurisdictions"), ("spacing",), ("spread",),
    ),
    Figure(
        "coarseness", "residents", "geo/people/coarseness.py",
        r"\varepsilon = \frac{\sum_q \sum_d |P_q - P_{qd}|}{\sum_q \sum_d P_{qd}}",
        ("demand",), ("fine_share", "coarse_share", "hamlets", "detour"), ("expected_error",),
    ),
    Figure(
        "home", "residents", "geo/coverage/jurisdiction.py", "", ("demand", "jurisdictions"), ("sliver",),
        ("schematic_borders",),
    ),
    Figure(
        "quality", "residents", "data/tables/codes.py", "",
        ("centers", "service_points", "demand", "jurisdictions"), (), (),
    ),
    Figure(
        "datum", "residents", "geo/hypotheses.py", "", ("streets", "jurisdictions"), ("clear_score",),
        ("datum_formula",),
    ),
)  # fmt: skip

FIGURES: Final[dict[str, Figure]] = {figure.id: figure for figure in _DECLARED}


def own_figures(indicators: Mapping[str, Indicator]) -> dict[str, Figure]:
    """The workspace's indicators as figures."""
    return {f"{OWN}{name}": _own(f"{OWN}{name}", indicator) for name, indicator in indicators.items()}


def _own(name: str, indicator: Indicator) -> Figure:
    table = indicator.source_of_values.split(".")[0]
    base = _READ_FROM.get(indicator.source_of_values) or _READ_FROM.get(table, _REPORTED)
    return replace(base, id=name, inputs=(*base.inputs, "targets"))


def _read(code: str, *inputs: Input, parameters: tuple[str, ...] = (), limits: tuple[str, ...] = ()) -> Figure:
    return Figure("", "indicators", code, inputs=inputs, parameters=parameters, limits=limits)


_MEASURES: Final = "data/monitoring/measures.py"
_REPORTED: Final = _read(_MEASURES, "weekly_reports", limits=("unknown_weeks",))
_READ_FROM: Final = {
    "coverage": _read("geo/coverage/coverage.py", *_REACH, parameters=_WALK_PARAMETERS, limits=_COVER_LIMITS),
    "punctuality": _read(_MEASURES, "weekly_reports", "centers", parameters=("due_days",), limits=("undated",)),
    "centers.status": _read("dashboard/overview/headlines.py", "centers", limits=("opening_days",)),
    "centers.home": _read(
        "dashboard/siting/targets.py", "centers", "demand", "jurisdictions", limits=("schematic_borders",)
    ),
    "milestones": _read(_MEASURES, "milestones", limits=("planned_days",)),
}
"""Where values are read from (`Indicator.source_of_values`, or its table) → what is to be said of them."""
