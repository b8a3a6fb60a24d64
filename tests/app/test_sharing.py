"""The page Sharing: its figures are the assessment's, everything adds up, and what is missing is said."""

from __future__ import annotations

import io
import shutil
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from streamlit.testing.v1 import AppTest

from dashboard.i18n import catalog
from dashboard.map.state import MapState
from dashboard.sharing.choices import TOPICS
from dashboard.sharing.gaps import as_geopackage, as_workbook
from dashboard.sharing.layers import RANKED, divided_layer, flow_layer, gap_layer
from dashboard.sharing.sharing import (
    CREDITS,
    MOST_UNITS,
    RESIDENTS,
    REST,
    TOTAL,
    TWICE,
    UNSERVED,
    Sharing,
    access_by_unit,
)
from data.workspace import SAMPLE, Workspace
from geo.coverage.jurisdiction import LEVELS
from geo.coverage.supply import SERVICES
from tests.app.conftest import BLOCK_M, HOMES, lonlat
from tests.conftest import ROOT
from tests.geo.assessed import COUNTIES, sample
from tests.languages import strange_words

MINUTES = 15.0
PAGE = "../pages/sharing.py"


def opened(monkeypatch: pytest.MonkeyPatch, folder: Path | None, **url: str) -> AppTest:
    if folder is None:
        monkeypatch.delenv("LINLI_WORKSPACE", raising=False)
    else:
        monkeypatch.setenv("LINLI_WORKSPACE", str(folder))
    app = AppTest.from_file(str(ROOT / "dashboard/main.py"), default_timeout=90)
    for key, value in url.items():
        app.query_params[key] = value
    app.run()
    app.switch_page(PAGE)
    for key, value in url.items():
        app.query_params[key] = value
    app.run()
    assert not app.exception
    return app


def said(app: AppTest) -> str:
    blocks = [*app.title, *app.header, *app.subheader, *app.markdown, *app.info, *app.warning, *app.caption]
    return "\n".join(block.value for block in blocks)


def account(level: str, service: str | None = None) -> Sharing:
    return Sharing.of(sample(), level, MINUTES, service)


# ---- figures ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("service", [None, *SERVICES])
@pytest.mark.parametrize("credit", CREDITS)
@pytest.mark.parametrize("level", LEVELS)
def test_every_row_and_column_of_the_matrix_adds_up(level, credit, service):
    found = account(level, service)
    matrix = found.matrix(credit)
    np.testing.assert_allclose(matrix.drop(columns=RESIDENTS).sum(axis=1), matrix[RESIDENTS], atol=1e-6)
    np.testing.assert_allclose(matrix.drop(index=TOTAL).sum(), matrix.loc[TOTAL], atol=1e-6)
    assert matrix.loc[TOTAL, RESIDENTS] == sample().residents.people[:, 0].sum()
    assert matrix.loc[TOTAL, UNSERVED] == pytest.approx(found.residents - found.covered)
    assert (TWICE in matrix.columns) is (
        credit == "full" and not np.allclose(found.credited("full").sum(), found.covered)
    )
    assert matrix.drop(columns=TWICE, errors="ignore").to_numpy().min() >= -1e-6


def test_the_matrix_of_a_level_without_a_rest_is_the_ledgers_own():
    matrix = account("town").matrix("shared")
    expected = sample().ledger("town").matrix_frame()
    pd.testing.assert_frame_equal(matrix, expected, check_names=False)


def test_villages_without_an_exchange_are_summed_up():
    found, matrix = account("village"), account("village").matrix("shared")
    across = found.across("shared")
    out = np.asarray(across.sum(axis=1)).ravel()
    assert len(matrix) - 2 == min((out > 0).sum(), MOST_UNITS) and REST in matrix.index and REST in matrix.columns


@pytest.mark.parametrize("level", LEVELS)
def test_the_worth_of_sharing_is_what_the_assessment_says(level):
    found, frame = account(level), account(level).balance("shared")
    assert found.worth == pytest.approx(sample().ledger(level, by_site=True).worth.sum())
    assert found.worth - found.worth_joint == pytest.approx(sample().ledger(level).worth.sum())
    assert frame["worth"].sum() == pytest.approx(found.worth)
    assert frame["covered"].sum() == pytest.approx(sample().coverage.covered[-1, 0])
    assert found.borders()["residents"].sum() == pytest.approx(found.worth)
    assert (frame["on_own_ground"] <= frame["with_joint"] + 1e-9).all()
    assert (frame["with_joint"] <= frame["covered"] + 1e-9).all()


@pytest.mark.parametrize("level", ["town", "village"])
def test_the_worth_of_sharing_is_what_methods_define(level):
    """`figure.worth` by its letters, home by home: S stands in A, G is governed by A or by a unit above it."""
    digits = {"town": 9, "village": 12}[level]
    given = sample()
    codes, supply, pairs = given.jurisdictions.codes, given.supply, given.pairs().within(MINUTES * 60)
    standing = [{home[:digits]} for home in supply.home]
    governed = [{code.removesuffix("000").removesuffix("000")[:digits] for code in codes} for codes in supply.governing]
    worth = joint = 0.0
    for home, people in enumerate(given.residents.people[:, 0]):
        mine = codes[given.home_unit[home]] if given.home_unit[home] >= 0 else "outside"
        near = pairs.center[pairs.indptr[home] : pairs.indptr[home + 1]].tolist()
        stands = any(mine.startswith(tuple(standing[center])) for center in near)
        worth += people * (bool(near) - stands)
        joint += people * (any(mine.startswith(tuple(standing[c] | governed[c])) for c in near) - stands)
    found = account(level)
    assert (found.worth, found.worth_joint) == (pytest.approx(worth), pytest.approx(joint)) and joint > 0


@pytest.mark.parametrize("credit", CREDITS)
@pytest.mark.parametrize("level", LEVELS)
def test_net_imports_add_up_to_nothing_and_flows_to_the_imports(level, credit):
    found = account(level)
    frame, flows = found.balance(credit), found.flows(credit)
    assert frame["net"].sum() == pytest.approx(0, abs=1e-6)
    assert flows["residents"].sum() == pytest.approx(frame["imports"].sum()) == pytest.approx(frame["exports"].sum())
    assert flows["residents"].is_monotonic_decreasing and (flows["home"] != flows["server"]).all()


def test_the_joint_center_is_credited_to_all_three_counties_in_full_or_a_third_each():
    shared, full = account("county").matrix("shared"), account("county").matrix("full")
    for county in COUNTIES[:2]:
        assert full.loc[TOTAL, county] == pytest.approx(3 * shared.loc[TOTAL, county]) and full.loc[TOTAL, county] > 0
    assert full.loc[TOTAL, TWICE] == pytest.approx(-2 * full.loc[TOTAL, COUNTIES[0]])


@pytest.mark.parametrize("level", LEVELS)
def test_what_centers_serve_adds_up_to_all_who_are_covered(level):
    found = account(level)
    served = np.array([found.served_by(center) for center in range(len(sample().supply))])
    assert served[:, 0].sum() == pytest.approx(found.covered)
    assert served[:, 1].sum() == pytest.approx(found.ground.by_neighbor.sum())


def test_access_by_unit_shares_out_all_supply_in_reach():
    found, people = sample().access("food"), sample().residents.people[:, 0]
    governance = sample().governance("town")
    each = access_by_unit(found.per_thousand, people, governance.home, len(governance))
    assert np.nansum(each * governance.total(people)) / 1_000 == pytest.approx(found.supply - found.unreachable)


# ---- layers -------------------------------------------------------------------------------------------------


def test_catchments_are_cut_without_loss_and_marked_where_they_cross():
    import shapely

    square = shapely.box(0, 0, 1, 1)
    found, units = sample(), sample().jurisdictions
    center = found.supply.ids.index("qg-03")
    middle = found.xy[0] if center < 0 else found.doors.xy[np.searchsorted(found.supply.door_center, center)]
    around = shapely.transform(square, lambda xy: (xy - 0.5) * 4_000 + middle)
    shapes = np.array([shapely.Polygon()] * len(found.supply), dtype=object)
    shapes[center] = around
    features = divided_layer(found, shapes, found.supply.ids, "town").read()["features"]
    own = [f["properties"]["code"] for f in features if not f["properties"]["across"]]
    others = [f["properties"]["code"] for f in features if f["properties"]["across"]]
    assert own == ["350505102000"] and "350505103000" in others
    land = shapely.intersection(around, shapely.union_all(units.polygons[units.level == LEVELS.index("town")]))
    parts = gpd.GeoSeries([shapely.geometry.shape(f["geometry"]) for f in features], crs="EPSG:4326").to_crs(units.crs)
    assert parts.area.sum() == pytest.approx(land.area, rel=2e-3)


@pytest.mark.parametrize("service", [None, "health"])
def test_only_centers_that_give_the_service_are_drawn(service):
    found, points = sample(), Workspace.open(SAMPLE).service_points
    around = shapely.buffer(shapely.points(found.doors.xy), 300.0)
    first = np.searchsorted(found.supply.door_center, np.arange(len(found.supply)))
    layer = divided_layer(found, around[first], found.supply.ids, "town", service).read()
    drawn = {feature["properties"]["id"] for feature in layer["features"]}
    running = {center for center, is_open in zip(found.supply.ids, found.supply.open, strict=True) if is_open}
    giving = set(points["center"][points["service"] == service])
    assert drawn == (running if service is None else running & giving)
    assert not running <= giving, "some lack it"


def test_arrows_carry_whom_the_ground_ledger_says_and_follow_the_service():
    names = {code: (code, "") for code in sample().jurisdictions.codes}
    for service in (None, "food"):
        found = account("town", service)
        layer = flow_layer(sample().arrows(found.ground, service=service), names).read()
        people = sum(f["properties"]["people"] for f in layer["features"])
        assert people == pytest.approx(found.ground.by_neighbor.sum(), abs=0.5)
    assert people > 0


def test_the_largest_gaps_wear_their_rank():
    gaps = sample().gaps()
    places, areas = (gaps.to_frame(sample().jurisdictions, sample().supply, geometry=g) for g in ("place", "area"))
    features = gap_layer(places, areas, {}).read()["features"]
    points = [f for f in features if f["geometry"]["type"] == "Point"]
    assert len(features) - len(points) == len(gaps)
    assert [f["properties"]["rank"] for f in points] == list(range(RANKED, 0, -1))  # the first is drawn last
    assert points[-1]["properties"]["people"] == pytest.approx(gaps.people[0])


# ---- the page -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_part_speaks_its_language(monkeypatch, language):
    text = catalog(language)
    app = opened(monkeypatch, None, lang=language)
    found = account("town")
    assert app.metric[0].value == f"{found.worth:,.0f}"
    assert f"**{found.worth:,.0f}**" in said(app) and f"{found.worth_joint:,.0f}" in said(app)
    for topic in TOPICS:
        app.session_state["topic"] = topic
        app.run()
        assert not app.exception and not app.warning
        titles = [block.value for block in app.subheader]
        assert titles and app.query_params.get("topic", [TOPICS[0]]) in (topic, [topic])
        assert not strange_words("\n".join(titles), language)
    assert text("equity.title") in titles


def test_the_matrix_on_the_page_is_the_ledger(monkeypatch):
    app = opened(monkeypatch, None, lang="en", topic="ledger", level="county")
    shown = next(frame.value for frame in app.dataframe if "Residents" in frame.value and len(frame.value) == 4)
    ledger = sample().ledger("county")
    assert shown["Residents"].tolist() == [*ledger.residents[:-1], ledger.residents.sum()]
    np.testing.assert_allclose(shown.iloc[-1, 1:4].astype(float), np.asarray(ledger.served.sum(axis=0)).ravel()[:3])


def test_the_matrix_says_how_residents_are_counted(monkeypatch):
    shared, full = (opened(monkeypatch, None, lang="en", topic="ledger", credit=credit) for credit in CREDITS)
    assert "counts once, at" in said(shared) and "once for each of its governors" not in said(shared)
    assert "counts once, at" not in said(full) and "once for each of its governors" in said(full)


def test_the_gap_that_is_looked_at_is_told_in_full(monkeypatch):
    gaps = sample().gaps()
    frame = gaps.to_frame(sample().jurisdictions, sample().supply)
    point = frame.geometry.iloc[6]
    app = opened(monkeypatch, None, topic="gaps", at=f"{point.x:.5f}_{point.y:.5f}", lang="zh")
    assert f"**7 · {frame['name'].iloc[6]}" in said(app)
    listed = next(table.value for table in app.dataframe if "rank" in table.value)
    assert listed["rank"].tolist() == list(range(1, len(gaps) + 1))
    assert listed["residents"].sum() == pytest.approx(sample().coverage.uncovered[-1, 0])
    full = next(table.value for table in app.dataframe if "如何弥补" in table.value)
    read = pd.read_excel(io.BytesIO(as_workbook(full)))
    assert read["居民"].tolist() == full["居民"].tolist()
    monkeypatch.setenv("OGR_GPKG_NUM_THREADS", "1")
    again = gpd.read_file(io.BytesIO(as_geopackage(full, frame)))
    assert len(again) == len(full) and again.geometry.distance(frame.geometry, align=False).max() < 1e-9


def test_dispatch_fills_centers_in_order_of_walk(monkeypatch):
    app = opened(monkeypatch, None, topic="supply", lang="en")
    app.number_input[0].set_value(40)
    place = next(box for box in app.selectbox if box.label == "From where")
    place.set_value("350505001001")
    next(button for button in app.button if button.label == "Find centers").click().run()
    offers = next(table.value for table in app.dataframe if "Takes" in table.value)
    assert offers["Takes"].sum() == 40 and offers["Walk (min)"].is_monotonic_increasing
    assert (offers["Takes"] <= offers["Free"]).all()


@pytest.mark.parametrize("language", ["zh", "en"])
def test_without_outlines_the_ledger_says_so_and_gaps_stand(monkeypatch, grid_folder, language):
    text = catalog(language)
    for topic in TOPICS:
        app = opened(monkeypatch, grid_folder, lang=language, topic=topic)
        missing = text("sharing.no_jurisdictions") in said(app)
        assert missing is (topic in ("worth", "ledger", "options"))
    assert not app.metric or app.metric[0].label != text("worth.figure")


def test_without_borders_catchments_are_whole_and_nothing_crosses(monkeypatch, grid_folder):
    shown: list[MapState] = []
    monkeypatch.setattr("dashboard.map.view.show_map", lambda state, **_: shown.append(state))
    for folder, own in ((grid_folder, {"catchments"}), (None, {"divided", "flows"})):
        app = opened(monkeypatch, folder, lang="en", topic="gaps")
        assert {"catchments", "divided", "flows"} & set(shown[-1].visible) == own
        assert ("Over a border" in str(shown[-1].legend)) is ("divided" in own)
        assert ("governed by" in said(app)) is ("divided" in own)


def test_without_residents_nothing_is_claimed(monkeypatch, tmp_path, grid_folder):
    folder = shutil.copytree(grid_folder, tmp_path / "empty")
    (folder / "demand.parquet").unlink()
    for topic in TOPICS:
        app = opened(monkeypatch, folder, lang="en", topic=topic)
        assert "no residents yet" in said(app) and "%" not in said(app)


def bordered(folder: Path, to: Path, *, west: bool) -> Path:
    """The grid with a town in the south-west, and another that holds the rest."""
    shutil.copytree(folder, to)
    edge = BLOCK_M * 2.5

    def area(x1: float, x2: float) -> shapely.Polygon:
        corners = [(x / BLOCK_M, y / BLOCK_M) for x, y in ((x1, -900), (x2, -900), (x2, 9_000), (x1, 9_000))]
        return shapely.Polygon(lonlat(corners))

    codes = ["350505101000", "350505102000"] if west else ["350505102000"]
    areas = [area(-900, edge), area(edge, 9_000)] if west else [area(-900, 9_000)]
    frame = gpd.GeoDataFrame({"code": codes, "name": codes, "level": "town"}, geometry=areas, crs="EPSG:4326")
    frame.to_parquet(to / "jurisdictions.parquet")
    centers = pd.read_csv(to / "centers.csv")
    centers.assign(home=codes[0], governing=codes[0]).to_csv(to / "centers.csv", index=False)
    return to


def test_a_single_jurisdiction_has_no_border_to_cross(monkeypatch, tmp_path, grid_folder):
    folder = bordered(grid_folder, tmp_path / "one", west=False)
    app = opened(monkeypatch, folder, lang="en", topic="gaps")
    assert "no border" not in said(app)
    app = opened(monkeypatch, folder, lang="en", topic="ledger")
    assert "only one jurisdiction" in said(app) or "no border to cross" in said(app)


def test_two_towns_and_no_joint_center_can_be_counted_by_hand(monkeypatch, tmp_path, grid_folder):
    """Of the homes that `near` reaches, 8 at (3, 3) and 16 at (7, 0) live east of the border."""
    folder = bordered(grid_folder, tmp_path / "two", west=True)
    app = opened(monkeypatch, folder, lang="en", topic="ledger")
    assert app.metric[0].value == str(HOMES[3, 3] + HOMES[7, 0])
    assert not [button for button in app.button_group if button.key == "credit_widget"], (
        "no joint center, nothing to credit"
    )
    matrix = next(table.value for table in app.dataframe if "Residents" in table.value and "Not covered" in table.value)
    assert matrix.iloc[-1]["Residents"] == sum(HOMES.values())
