"""Rules of siting: what the page demands is what the plan keeps; what cannot be kept is named; a link says it all."""

from __future__ import annotations

import json
import re
import threading
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from dashboard.overview.overview import assess
from dashboard.siting.best import Answer, Asked, SiteSearch
from dashboard.siting.conditions import edited
from dashboard.siting.job import Job
from dashboard.siting.places import GIVEN, GivenPlaces, GivenStore, is_community, is_village
from dashboard.siting.rules import (
    SiteRules,
    TownQuota,
    is_amount,
    read_quotas,
    read_weights,
    written_quotas,
    written_weights,
)
from data.workspace import SAMPLE, Workspace
from geo.coverage.assessment import Assessment
from geo.errors import (
    ConflictingRulesError,
    Demand,
    EmptyTableError,
    MissingCrsError,
    MissingValuesError,
    TableFaultsError,
    TooFewCandidatesError,
    TooManyCandidatesError,
)
from geo.params import MINUTE_S, TIE_S, CoverageParams
from geo.people.residents import ELDERS
from geo.siting.candidates import LARGE_VILLAGE
from tests.conftest import ROOT

JIESHAN, HOULONG, TULING = "350505101000", "350505102000", "350505106000"
MINUTES = 15.0
HOSTILE = "<img src=x onerror=alert(1)>{{7*7}}${1}"


@pytest.fixture(scope="module")
def sample() -> Workspace:
    return Workspace.open(SAMPLE)


@pytest.fixture(scope="module")
def today(sample) -> Assessment:
    return assess(sample, CoverageParams(profile=sample.settings.profiles[0], cutoffs=sample.settings.cutoffs))


@pytest.fixture(scope="module")
def villages(today) -> SiteSearch:
    return SiteSearch.of(today, "villages", "open")


def asked_for(today: Assessment, **other: object) -> Asked:
    facts = {"goal": "cover", "count": 5, "target": 0.95, "candidates": "villages", "weights": "all", "given": "open"}
    return Asked(**(facts | {"minutes": MINUTES, "profile": today.params.profile} | other))  # type: ignore[arg-type]


def best(search: SiteSearch, asked: Asked) -> Answer:
    *_, answer = search.answers(asked, threading.Event())
    assert answer.plan.proven
    return answer


def ruled(search: SiteSearch, today: Assessment, rules: SiteRules, **other: object) -> Answer:
    return best(search, asked_for(today, rules=rules, **other))


# ---- every rule reaches the engine --------------------------------------------------------------------------


def test_a_budget_buys_no_more_than_it_can(today, villages):
    free = best(villages, asked_for(today, count=3))
    three = ruled(villages, today, SiteRules(budget=350.0, price=100.0))
    unlimited = ruled(villages, today, SiteRules(budget=350.0, price=100.0), count=None)
    assert set(three.plan.ids) == set(unlimited.plan.ids) == set(free.plan.ids)


def test_costs_of_the_candidates_count_where_no_price_is_set(today, villages):
    cost = np.where(np.arange(len(villages.candidates)) % 2 == 0, 10.0, 1000.0)
    ground = replace(villages.ground, candidates=replace(villages.candidates, cost=cost))
    answer = ruled(replace(villages, ground=ground), today, SiteRules(budget=40.0))
    assert len(answer.plan.sites) == 4 and all(site % 2 == 0 for site in answer.plan.sites)


def test_a_budget_without_costs_is_refused(today, villages):
    with pytest.raises(MissingValuesError) as error:
        villages.problem(asked_for(today, rules=SiteRules(budget=100.0)))
    assert error.value.facts["count"] == error.value.facts["all"] == len(villages.candidates)


def test_centers_keep_their_distance(today, villages):
    least = 2_500.0
    chosen = villages.ground.site_xy[list(ruled(villages, today, SiteRules(spacing_m=least)).plan.sites)]
    near = villages.ground.site_xy[list(best(villages, asked_for(today)).plan.sites)]
    everyone = np.vstack([chosen, villages.ground.site_xy[len(villages.candidates) :]])

    def closest(xy: np.ndarray, others: np.ndarray) -> float:
        apart = np.linalg.norm(xy[:, None] - others[None], axis=2)
        return float(apart[apart > 0].min())

    assert closest(chosen, everyone) >= least > closest(near, everyone)


def test_quotas_hold_from_below_and_above(today, villages):
    free = [villages.candidate_towns[site] for site in best(villages, asked_for(today)).plan.sites]
    crowded = max(set(free), key=free.count)
    rules = SiteRules(quotas=(TownQuota(HOULONG, 2), TownQuota(crowded, 0, 1)))
    chosen = [villages.candidate_towns[site] for site in ruled(villages, today, rules).plan.sites]
    assert free.count(crowded) > 1 >= chosen.count(crowded)
    assert chosen.count(HOULONG) >= 2


def test_every_town_reaches_the_floor(today, villages):
    answer = ruled(villages, today, SiteRules(least=0.3), goal="fewest", target=0.5)
    nearest = np.minimum(answer.problem.existing_s, answer.problem.nearest_s(answer.problem.opened(answer.plan.sites)))
    people, towns = answer.problem.weight, np.array(villages.towns)
    covered = nearest <= MINUTES * MINUTE_S + TIE_S
    shares = {town: people[covered & (towns == town)].sum() / people[towns == town].sum() for town in set(towns) - {""}}
    assert min(shares.values()) >= 0.3
    assert all(people[towns == town].sum() > 0 for town in shares)


def test_a_new_center_serves_no_more_than_it_has_room_for(today, villages):
    room = 2_000.0
    plan = ruled(villages, today, SiteRules(capacity=room)).plan
    assert plan.objective - plan.covered_before == pytest.approx(5 * room)  # every site is full
    assert plan.covered - plan.covered_before > 5 * room


def test_weights_of_ones_own_are_those_that_have_a_name(today, villages):
    own = best(villages, asked_for(today, weights="own", ages=(0.0, 0.0, 1.0)))
    assert set(own.plan.ids) == set(best(villages, asked_for(today, weights="elders")).plan.ids)
    assert own.plan.people == pytest.approx(today.residents.group(ELDERS).sum())


def test_large_villages_come_first(today):
    search = SiteSearch.of(today, "large", "open")
    sizes = search.candidates.residents
    few = best(search, asked_for(today, candidates="large"))
    assert all(sizes[site] >= LARGE_VILLAGE for site in few.plan.sites)
    large = int((sizes >= LARGE_VILLAGE).sum())
    many = best(search, asked_for(today, candidates="large", count=large + 2))
    assert (sizes[list(many.plan.sites)] >= LARGE_VILLAGE).sum() == large
    assert len(many.plan.sites) == large + 2


def test_the_curve_of_large_villages_is_that_of_the_best_sites(today):
    """Three large villages: with four sites and more the others fill up."""
    search = SiteSearch.of(today, "large", "open")
    sizes = np.full(len(search.candidates), LARGE_VILLAGE - 1.0)
    sizes[[3, 30, 60]] = LARGE_VILLAGE
    few = replace(search, ground=replace(search.ground, candidates=replace(search.candidates, residents=sizes)))
    asked, curve = asked_for(today, candidates="large"), []
    for step in few.curve(asked, threading.Event()):
        curve.append(step.plan)
        if len(curve) == 5:
            break
    alone = [best(few, replace(asked, count=plan.question.add)).plan for plan in curve]
    assert [plan.covered for plan in curve] == pytest.approx([plan.covered for plan in alone])
    assert set(curve[2].sites) == {3, 30, 60} < set(curve[3].sites)
    anywhere = best(SiteSearch.of(today, "villages", "open"), asked_for(today)).plan.coverable
    assert {plan.coverable for plan in curve} == {anywhere} and alone[2].attainable < anywhere


def test_the_fewest_large_villages_reach_the_same_target(today, villages):
    search = SiteSearch.of(today, "large", "open")
    plain = best(villages, asked_for(today, goal="fewest", target=0.5))
    large = best(search, asked_for(today, goal="fewest", target=0.5, candidates="large"))
    assert all(search.candidates.residents[site] >= LARGE_VILLAGE for site in large.plan.sites)
    assert large.plan.covered >= 0.5 * plain.plan.coverable - 1
    assert len(large.plan.sites) >= len(plain.plan.sites)


def test_communities_are_those_of_the_code(today, sample):
    found = SiteSearch.of(today, "communities", "open").candidates
    names = dict(zip(sample.jurisdictions["code"], sample.jurisdictions["name"], strict=True))
    assert len(found) and all(is_community(code) and names[code].endswith("社区") for code in found.ids)
    assert "350505102400" in found.ids  # what is like a community
    assert not is_community("350505400498") and not is_village("350505400498")  # an industrial park
    assert is_village("350505101201") and not is_village("350505101000")
    assert not is_community("350505101000") and not is_community("")


def test_candidates_along_streets_are_as_far_apart_as_asked(today):
    close, far = (len(SiteSearch.of(today, f"streets:{meters}", "open").candidates) for meters in (500, 1000))
    assert 2 * far < close < 4 * far


# ---- candidates of one's own --------------------------------------------------------------------------------


def parcels(search: SiteSearch, rows: list[int]) -> pd.DataFrame:
    lonlat = search.candidates.lonlat[rows]
    names = [f"地块{i}" for i in range(len(rows))]
    ids = [f"A{i}" for i in range(len(rows))]
    return pd.DataFrame({"编号": ids, "名称": names, "经度": lonlat[:, 0], "纬度": lonlat[:, 1]})


@pytest.mark.parametrize("ending", ["csv", "xlsx", "geojson", "gpkg"])
def test_files_of_every_kind_hold_candidates(tmp_path, villages, ending):
    frame = parcels(villages, [0, 5, 9]).assign(费用=[10, 20, 30], 容量=[100, None, 300])
    path = tmp_path / f"地块.{ending}"
    if ending == "csv":
        frame.to_csv(path, index=False, encoding="gb18030")
    elif ending == "xlsx":
        frame.to_excel(path, index=False)
    else:
        points = gpd.points_from_xy(frame.pop("经度"), frame.pop("纬度"))
        gpd.GeoDataFrame(frame, geometry=points, crs="EPSG:4326").to_crs("EPSG:4549").to_file(path)
    found = GivenPlaces.read(path).candidates
    assert found.ids == ("A0", "A1", "A2") and found.names == ("地块0", "地块1", "地块2")
    assert found.cost.tolist() == [10, 20, 30]
    assert found.capacity.tolist() == [100, np.inf, 300]
    assert found.lonlat == pytest.approx(villages.candidates.lonlat[[0, 5, 9]], abs=1e-7)


def test_an_area_counts_by_a_point_inside(tmp_path):
    horseshoe = shapely.Polygon([(0, 0), (4, 0), (4, 4), (3, 4), (3, 1), (1, 1), (1, 4), (0, 4)])
    area = shapely.transform(horseshoe, lambda xy: xy / 1000 + (118.9, 25.1))
    path = tmp_path / "parcels.geojson"
    gpd.GeoDataFrame({"name": ["U"]}, geometry=[area], crs="EPSG:4326").to_file(path)
    found = GivenPlaces.read(path).candidates
    assert found.ids == ("p1",) and found.names == ("U",)
    assert shapely.contains(area, shapely.Point(found.lonlat[0])) and not shapely.contains(area, area.centroid)


def test_files_that_cannot_be_used_say_why(tmp_path):
    for text, error in (
        ("编号,经度,纬度\nA,25.1,118.9\nA,118.9,25.1\n", TableFaultsError),
        ("编号,名称\nA,x\n", TableFaultsError),
        ("编号,经度,纬度\n", EmptyTableError),
    ):
        path = tmp_path / "x.csv"
        path.write_text(text, encoding="utf-8")
        with pytest.raises(error):
            GivenPlaces.read(path)
    nowhere = tmp_path / "x.gpkg"
    gpd.GeoDataFrame({"name": ["U"]}, geometry=[shapely.Point(1, 2)]).to_file(nowhere)
    with pytest.raises(MissingCrsError):
        GivenPlaces.read(nowhere)


def test_only_the_places_of_a_file_are_chosen(tmp_path, today, villages):
    path = tmp_path / "places.csv"
    parcels(villages, [3, 30, 60, 90]).to_csv(path, index=False)
    places = GivenPlaces.read(path)
    GIVEN.put(places)
    where = f"file:{places.digest}"
    search = SiteSearch.of(today, where, "open")
    answer = best(search, asked_for(today, count=2, candidates=where))
    problem = villages.problem(asked_for(today)).without([i for i in range(len(villages.candidates)) if i % 30 != 3])
    rows = {site: [3, 30, 60, 90][site] for site in range(4)}
    assert {rows[site] for site in answer.plan.sites} <= {3, 30, 60, 90} and problem.free.sum() > 0
    with pytest.raises(TooFewCandidatesError):
        best(search, asked_for(today, count=5, candidates=where))


def test_the_curve_knows_no_rules(tmp_path, today, villages):
    path = tmp_path / "places.csv"
    parcels(villages, [3, 30]).assign(容量=[1, 1]).to_csv(path, index=False)
    places = GivenPlaces.read(path)
    GIVEN.put(places)
    where = f"file:{places.digest}"
    search, asked = SiteSearch.of(today, where, "open"), asked_for(today, candidates=where, count=1)
    (first, *_) = search.curve(asked, threading.Event())
    tight = best(search, asked)
    assert first.marginal > 1 == tight.plan.objective - tight.plan.covered_before


def test_the_store_forgets_the_oldest(tmp_path):
    store, digests = GivenStore(most=2), []
    for i in range(3):
        path = tmp_path / f"{i}.csv"
        path.write_text(f"lon,lat\n118.9{i},25.1\n", encoding="utf-8")
        store.put(GivenPlaces.read(path))
        digests.append(GivenPlaces.read(path).digest)
    assert store.get(digests[0]) is None and store.get(digests[2]) is not None and len(set(digests)) == 3


def test_a_file_of_too_many_places_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "many.csv"
    path.write_text("lon,lat\n" + "118.9,25.1\n" * 4, encoding="utf-8")
    assert len(GivenPlaces.read(path).candidates) == 4
    monkeypatch.setattr("dashboard.siting.places.MOST_PLACES", 3)
    with pytest.raises(TooManyCandidatesError, match="4 candidates; no more than 3"):
        GivenPlaces.read(path)


# ---- conflicts ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rules", "other", "kinds"),
    [
        (SiteRules(least=0.8), {"count": 1}, {"count", "floor"}),
        (SiteRules(quotas=(TownQuota(HOULONG, 3, 2),)), {}, {"least", "most"}),
        (SiteRules(quotas=(TownQuota(HOULONG, 40),)), {"count": 30}, {"least"}),
        (SiteRules(budget=150.0, price=100.0, quotas=(TownQuota(HOULONG, 2),)), {}, {"budget", "least"}),
        (SiteRules(spacing_m=5_000.0, quotas=(TownQuota(TULING, 4),)), {}, {"spacing", "least"}),
        (SiteRules(spacing_m=60_000.0), {}, {"spacing", "existing"}),
        (SiteRules(capacity=10.0), {"goal": "fewest", "target": 0.9}, {"target", "capacity"}),
        (SiteRules(budget=100.0, price=100.0), {"goal": "fewest", "target": 0.9}, {"target", "budget"}),
        (SiteRules(budget=100.0, price=100.0), {"goal": "worst"}, {"everyone", "budget"}),
    ],
    ids=lambda value: "-".join(sorted(value)) if isinstance(value, set) else "",
)
def test_the_engine_tells_its_demands_apart(today, villages, rules, other, kinds):
    with pytest.raises(ConflictingRulesError) as error:
        best(villages, asked_for(today, rules=rules, **other))
    assert {demand.kind for demand in error.value.demands} == kinds


def test_a_quota_in_a_conflict_says_its_town_and_number(today, villages):
    with pytest.raises(ConflictingRulesError) as error:
        best(villages, asked_for(today, rules=SiteRules(quotas=(TownQuota(HOULONG, 3, 2),))))
    assert set(error.value.demands) == {Demand("least", HOULONG, 3), Demand("most", HOULONG, 2)}
    assert str(error.value).count(f"at least 3 in {HOULONG}") == 1


# ---- as a link has them -------------------------------------------------------------------------------------

TOWNS = [JIESHAN, HOULONG, TULING]


@given(st.lists(st.tuples(st.integers(0, 99), st.none() | st.integers(0, 99)), min_size=3, max_size=3))
def test_links_say_the_quotas(limits):
    quotas = tuple(TownQuota(town, least, most) for town, (least, most) in zip(TOWNS, limits, strict=True))
    demanding = tuple(quota for quota in quotas if quota.least or quota.most is not None)
    assert read_quotas(written_quotas(quotas), TOWNS) == demanding


@pytest.mark.parametrize("text", ["", "x", JIESHAN, f"{JIESHAN}_1_2~{JIESHAN}_1_", f"{JIESHAN}_100_", "1_1_1", 7, "~"])
def test_other_texts_are_no_quotas(text):
    assert read_quotas(text, TOWNS) is None


@given(st.lists(st.integers(0, 200).map(lambda n: n / 2), min_size=3, max_size=3).filter(any))
def test_links_say_the_weights(weights):
    assert read_weights(written_weights(weights), 3) == tuple(weights)


@pytest.mark.parametrize("text", ["0_0_0", "1_1", "1_1_1_1", "1_-1_1", "1_1_101", "", None, HOSTILE])
def test_other_texts_are_no_weights(text):
    assert read_weights(text, 3) is None


@pytest.mark.parametrize(
    ("text", "sound"), [("500", True), ("2.5", True), ("0", False), ("-1", False), ("1e9", False), ("", False)]
)
def test_amounts_are_numbers_above_zero(text, sound):
    assert is_amount(text) is sound


def test_an_edited_table_gives_quotas():
    before = {HOULONG: TownQuota(HOULONG, 1, 3)}
    found = edited(TOWNS, before, {0: {"least": 2}, 1: {"most": None, "least": None}})
    assert written_quotas(found) == f"{JIESHAN}_2_"
    assert written_quotas(edited(TOWNS, before, {})) == f"{HOULONG}_1_3"


# ---- the page -----------------------------------------------------------------------------------------------


def page(monkeypatch: pytest.MonkeyPatch, folder: Path, **url: str) -> AppTest:
    monkeypatch.setenv("LINLI_WORKSPACE", str(folder))
    app = AppTest.from_file(str(ROOT / "dashboard/main.py"), default_timeout=90)
    for key, value in ({"task": "best"} | url).items():
        app.query_params[key] = value
    return app.switch_page("../pages/siting.py").run()


def said(app: AppTest) -> str:
    return "\n".join(block.value for block in [*app.subheader, *app.markdown, *app.warning])


def test_candidates_that_spacing_takes_away_are_told(monkeypatch):
    app = page(monkeypatch, SAMPLE, lang="zh", apart="4000", quotas=f"{HOULONG}_3_")
    text = said(app).replace("\\", "")
    assert "间距不小于 4,000 m" in text and "后龙镇至少新增 3 个" in text
    assert int(re.search(r"那里有 (\d+) 个候选点", text)[1]) < 3


@pytest.mark.parametrize(
    ("lang", "sentences"),
    [
        ("zh", ["互相冲突", "预算 150 万元", "后龙镇至少新增 2 个", "可提高预算"]),
        ("en", ["cannot hold together", "budget of 150", "Houlong Town: 2 new centers or more", "Raise the budget"]),
    ],
)
def test_a_conflict_is_told_in_the_pages_language(monkeypatch, lang, sentences):
    app = page(monkeypatch, SAMPLE, lang=lang, budget="150", price="100", quotas=f"{HOULONG}_2_")
    assert not app.exception and not app.metric
    assert all(sentence in said(app).replace("\\", "") for sentence in sentences)


def test_a_link_asks_the_same_question_again(monkeypatch):
    wait = Job.wait
    monkeypatch.setattr(Job, "wait", lambda job, seconds: wait(job, 60))  # also on a busy machine to the end
    url = {
        "budget": "500", "price": "120", "apart": "900", "room": "4000", "quotas": f"{HOULONG}_1_2", "least": "0",
        "weights": "own", "ages": "1_1_2", "candidates": "streets", "every": "500", "count": "any", "lang": "zh",
    }  # fmt: skip
    app = page(monkeypatch, SAMPLE, **url)
    assert not app.exception
    kept = {key: value for key, value in url.items() if key not in ("least", "lang")}
    assert {key: app.query_params.get(key) for key in kept} == kept
    for sentence in (
        "预算 500 万元，每个 120 万元",
        "间距不小于 900 m",
        "最多服务 4,000 人",
        "后龙镇 1 至 2 个",
        "1 : 1 : 2",
        "间隔 500 m",
    ):
        assert sentence in said(app).replace("\\", "")
    assert len(app.dataframe[-1].value) == 4  # what 500 buys at 120
    app.button(key="drop_rules").click().run()
    assert not app.exception and "budget" not in app.query_params and "quotas" not in app.query_params
    assert "已设条件：候选点间隔 500 m" in said(app) and "drop_rules" not in [button.key for button in app.button]


def test_what_is_typed_stands_in_the_link(monkeypatch):
    app = page(monkeypatch, SAMPLE, lang="en", count="3")
    assert not app.number_input(key="budget_en").value
    app.number_input(key="budget_en").set_value(200).run()
    assert "have no cost" in said(app)
    app.number_input(key="price_en").set_value(100).run()
    assert (app.query_params["budget"], app.query_params["price"]) == ("200", "100")
    assert app.metric[0].value == "2" and "costs 200 of 200" in said(app)
    app.selectbox(key="count_en").set_value("any").run()
    assert app.metric[0].value == "2" and app.query_params["count"] == "any"
    app.number_input(key="budget_en").set_value(None).run()
    assert "budget" not in app.query_params and app.metric[0].value == "5"  # without a budget there is no "any"


def test_a_file_is_handed_in_and_its_places_are_chosen(monkeypatch, villages):
    content = parcels(villages, [3, 30, 60]).assign(费用=[50, 60, 70]).to_csv(index=False).encode()
    app = page(monkeypatch, SAMPLE, lang="zh", candidates="file", count="2", budget="150")
    assert not app.exception and "请选择文件" in said(app) and not app.metric
    app.file_uploader[0].upload("备选 地块.csv", content, "text/csv").run()
    assert not app.exception and "3 个候选点" in said(app)
    assert app.metric[0].value == "2" and set(app.dataframe[-1].value["地点"]) <= {"地块0", "地块1", "地块2"}
    link = dict(app.query_params)
    again = page(monkeypatch, SAMPLE, **{key: value for key, value in link.items() if isinstance(value, str)})
    assert again.metric[0].value == "2"
    assert again.dataframe[-1].value["地点"].tolist() == app.dataframe[-1].value["地点"].tolist()
    gone = page(monkeypatch, SAMPLE, candidates="file", file="0123456789ab")
    assert not gone.exception and "重新上传" in said(gone)


def test_a_faulty_file_is_told_line_by_line(monkeypatch):
    app = page(monkeypatch, SAMPLE, lang="zh", candidates="file")
    app.file_uploader[0].upload("x.csv", "编号,经度,纬度\nA,25.1,118.9\n".encode(), "text/csv").run()
    assert not app.exception and "对调" in said(app) and not app.metric
    assert "file" not in app.query_params


@pytest.mark.parametrize("url", [{"budget": "x"}, {"quotas": HOSTILE}, {"ages": "0_0_0"}, {"file": HOSTILE}])
def test_a_link_that_says_nonsense_demands_nothing(monkeypatch, grid_folder, url):
    app = page(monkeypatch, grid_folder, candidates="streets", count="1", **url)
    assert not app.exception and "已设条件：候选点间隔" in said(app) and len(app.metric) == 4


def test_names_of_a_file_are_no_markup(monkeypatch, grid_folder):
    home = Workspace.open(grid_folder).demand.geometry.iloc[5]
    rows = {"type": "FeatureCollection", "features": [
        {"type": "Feature", "properties": {"name": HOSTILE}, "geometry": json.loads(shapely.to_geojson(home))}
    ]}  # fmt: skip
    app = page(monkeypatch, grid_folder, lang="en", candidates="file", count="1")
    app.file_uploader[0].upload("a.geojson", json.dumps(rows).encode(), "application/geo+json").run()
    assert not app.exception and app.metric[1].value == "32"
    assert app.dataframe[-1].value["Site"].tolist() == [HOSTILE]
    assert HOSTILE not in said(app)
