"""The panel of one center on the sample: its figures are counted again here, another way."""

from __future__ import annotations

import datetime as dt
import re
import shutil
from dataclasses import replace
from pathlib import Path
from urllib.parse import urljoin

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from dashboard import twins
from dashboard.i18n import LANGUAGES, catalog
from dashboard.results import NetworkResults, Standing
from dashboard.site import around as site_around
from dashboard.site import identity as site_identity
from dashboard.site import panorama
from dashboard.site import people as site_people
from dashboard.site import printed as site_print
from dashboard.site import reports as site_reports
from dashboard.site import timeline as site_timeline
from dashboard.site.choices import SECTIONS
from dashboard.site.view import SiteView
from dashboard.site.words import capacity, half, share_of_target
from data.monitoring.offers import EXTRA, Offer
from data.monitoring.peers import peers, rank
from data.monitoring.pictures import picture_path
from data.monitoring.scorecards import scorecards
from data.monitoring.timeline import timeline
from data.workspace import SAMPLE, Workspace
from geo.engine.reach import Reach, Sources
from geo.engine.snapping import snap
from geo.params import CatchmentParams
from tests.conftest import ROOT

CUTOFF_S = 15 * 60.0


@pytest.fixture(scope="module")
def sample() -> Workspace:
    return Workspace.open(SAMPLE)


@pytest.fixture(scope="module")
def results(sample: Workspace) -> NetworkResults:
    params = CatchmentParams(profile=sample.settings.profiles[0], cutoffs=sample.settings.cutoffs)
    return NetworkResults.of(sample, Standing.of(sample), params)


@pytest.fixture
def view(sample, results):
    return lambda site, language="zh", cutoff=2: SiteView(catalog(language), sample, results, site, cutoff)


@pytest.fixture(scope="module")
def seconds(sample: Workspace) -> pd.DataFrame:
    """Demand point × center, the shortest walk from any address; one search an address, put together here."""
    network = sample.network
    homes = snap(network, sample.demand[["lon", "lat"]].to_numpy(float))
    reach = Reach(network, sample.settings.profiles[0], CUTOFF_S)
    found = pd.DataFrame(np.inf, index=sample.demand.index, columns=sample.centers["id"])
    for center, places in sample.access_points.groupby("center"):
        for lonlat in places[["lon", "lat"]].to_numpy(float):
            times = reach.matrix(Sources.each(snap(network, lonlat[None])), homes)
            walk = np.full(len(found), np.inf)
            walk[times.index] = times.seconds
            found[center] = np.minimum(found[center], walk)
    return found


def opened(monkeypatch: pytest.MonkeyPatch, folder: Path, **url: str) -> AppTest:
    monkeypatch.setenv("LINLI_WORKSPACE", str(folder))
    app = AppTest.from_file(str(ROOT / "dashboard/main.py"), default_timeout=60)
    for key, value in url.items():
        app.query_params[key] = value
    return app.switch_page("../pages/sites.py").run()


def words(app: AppTest) -> str:
    blocks = [*app.header, *app.subheader, *app.markdown, *app.warning]
    return "\n".join(block.value for block in blocks)


# ---- people ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("site", ["qg-03", "qg-07", "qg-08", "qg-11"])
def test_who_is_served_adds_up_to_those_who_have_no_nearer_center(sample, seconds, view, site):
    center = sample.centers.set_index("id").loc[site]
    is_open = sample.centers.set_index("id")["status"] == "open"
    walk = seconds.loc[:, is_open[is_open].index]
    mine = np.isfinite(walk).any(axis=1) & (walk.idxmin(axis=1, skipna=True) == site)
    people, village = sample.demand["population"][mine], sample.demand["village"][mine]
    who = view(site).clientele
    own, town = village == center["home"], village.str[:9] == center["home"][:9]
    assert who.total == pytest.approx(people.sum(), abs=1e-6)
    assert who.own == pytest.approx(people[own].sum(), abs=1e-6)
    assert who.town == pytest.approx(people[town & ~own].sum(), abs=1e-6)
    assert who.beyond == pytest.approx(people[~town].sum(), abs=1e-6)
    assert who.own + who.town + who.beyond + who.outside == pytest.approx(who.total)
    assert who.people.tolist() == sorted(who.people, reverse=True)


def test_a_planned_center_shows_all_whom_it_would_reach(sample, seconds, view):
    expected = sample.demand["population"][np.isfinite(seconds["qg-14"])].sum()
    seen = view("qg-14")
    assert seen.clientele.total == pytest.approx(expected)
    assert "开放后" in site_people.served_text(seen)


def test_a_joint_center_counts_all_who_govern_it_as_its_own(view):
    who = view("qg-07").clientele
    assert who.governed == pytest.approx(who.total) and who.beyond > 0


def test_shared_residents_and_lacking_services_of_a_neighbor(sample, seconds, view):
    seen = view("qg-04")
    names = [seen.assessment.supply.ids[i] for i in seen.neighbors.center]
    assert names[0] == "qg-08" and "qg-04" not in names
    both = np.isfinite(seconds["qg-04"]) & np.isfinite(seconds["qg-08"])
    assert seen.neighbors.shared[0] == pytest.approx(sample.demand["population"][both].sum())
    given = sample.service_points.groupby("center")["service"].agg(set)
    lacking = {s for s, has in zip(seen.assessment.supply.services, seen.neighbors.lacking[0], strict=True) if has}
    assert lacking == given["qg-08"] - given["qg-04"] - {EXTRA}
    assert (np.diff(seen.neighbors.seconds) >= 0).all() and seen.neighbors.seconds.max() <= 3600


def test_gaps_that_face_a_center_hold_nobody_who_is_covered(sample, seconds, view):
    seen = view("qg-03")
    is_open = sample.centers["status"].eq("open").to_numpy()
    covered = np.isfinite(seconds.loc[:, is_open]).any(axis=1).to_numpy()
    facing = np.isin(seen.gaps.gap, seen.facing)
    assert facing.any() and not (facing & covered).any()
    total = sample.demand["population"].to_numpy()[facing].sum()
    assert seen.gaps.people[seen.facing].sum() == pytest.approx(total)
    assert f"{total:,.0f}" in site_around.gap_sentence(seen)


# ---- indicators -----------------------------------------------------------------------------------------------


def test_a_scorecard_is_the_sum_of_the_weeks_of_the_year(sample):
    reports = sample.table("weekly_reports")
    thursday = [dt.date.fromisocalendar(int(w[:4]), int(w[-2:]), 4) for w in reports["week"]]
    in_2023 = np.array([day.year == 2023 for day in thursday])
    cards = {card.indicator.id: card for card in scorecards(sample, "qg-05")}
    mine = reports[in_2023 & (reports["center"] == "qg-05").to_numpy()]
    visits = cards["visits"]
    assert visits.value == mine["visits"].sum()
    answers = mine["satisfaction_answers"].astype(float)
    content = (mine["satisfaction"] * answers).sum() / answers[mine["satisfaction"].notna()].sum()
    assert cards["satisfaction"].value == pytest.approx(content)
    assert visits.target == 2500 and visits.expected == pytest.approx(2500 * 181 / 365)
    assert visits.verdict == "close" and cards["activities"].verdict == "on"
    by_center = reports[in_2023].groupby("center")["visits"].sum()
    assert visits.rank == (int((by_center > visits.value).sum()) + 1, len(by_center))
    assert visits.peer_median == np.median(by_center)
    june = mine[[day.month == 6 and day.year == 2023 for day in np.array(thursday)[mine.index]]]
    assert visits.months["2023-06"] == june["visits"].sum()


def test_a_target_of_nothing_is_shown_and_measured_by_no_bar(view):
    card = replace(scorecards(view("qg-05").workspace, "qg-05")[0], target=0.0, value=3.0, verdict="behind")
    printed = site_print._indicator(view("qg-05", "en"), card)
    assert (printed["target"], printed["verdict_text"], printed["share"]) == ("0", "✕ behind", None)
    assert share_of_target(replace(card, target=-5.0)) is None
    assert share_of_target(replace(card, target=np.nan)) is None
    assert share_of_target(replace(card, target=12.0)) == 0.25
    assert share_of_target(replace(card, target=12.0, value=np.nan)) is None


def test_the_card_of_a_target_of_nothing_says_it(monkeypatch, grid_folder, tmp_path):
    folder = shutil.copytree(grid_folder, tmp_path / "none")
    declared = '[[indicator]]\nid = "x"\nzh = "投诉"\nen = "Complaints"\ndirection = "down"\nover_weeks = "sum"\n'
    declared += 'from = "weekly_reports.visits"\ntargets = { "2023" = 0 }\n'
    (folder / "indicators.toml").write_text(declared, encoding="utf-8")
    center = pd.read_csv(folder / "centers.csv")["id"][0]
    reports = pd.DataFrame({"center": [center], "week": ["2023-W20"], "submitted_on": ["2023-05-22"], "visits": [3]})
    reports.to_csv(folder / "weekly_reports.csv", index=False)
    app = opened(monkeypatch, folder, site=center, section="indicators", lang="en")
    assert not app.exception
    assert next(metric for metric in app.metric if "Complaints" in metric.label).value == "3"
    assert any("0" in block.value and "arget" in block.value for block in app.markdown)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", ["people", "minutes", "m", "s", "days", "reports", "<b>"])
def test_a_unit_of_capacity_is_free_text(language, name):
    offer = Offer("food", 1, capacity=((name, 30.0),))
    assert capacity(catalog(language), offer) == f"30 {name}"


def test_peers_are_of_the_same_kind(sample):
    centers = sample.centers.set_index("id")
    assert set(peers(sample, "qg-05", "town")) == {c for c in centers.index if centers["home"][c][:9] == "350505106"}
    layout = centers.index[centers["layout"] == "linked_points"]
    assert set(peers(sample, "qg-05", "layout")) == set(layout)
    assert peers(sample, "qg-13", "stars") == ["qg-13"]  # not rated: nobody to compare with


def test_ties_share_the_better_place_and_down_is_good_where_it_says_so():
    values = pd.Series({"a": 1.0, "b": 3.0, "c": 3.0, "d": np.nan})
    assert rank(values, "b", "up") == rank(values, "c", "up") == (1, 3)
    assert rank(values, "a", "down") == (1, 3) and rank(values, "d", "up") is None
    assert rank(values, "a", "none") is None and rank(values[["a"]], "a", "up") is None


# ---- milestones, reports, words -------------------------------------------------------------------------------


def test_late_is_counted_from_the_plan_and_overdue_until_today():
    day = pd.Timestamp
    rows = pd.DataFrame(
        [
            ("c", "opening", day(2023, 3, 1), pd.NaT),
            ("c", "site_chosen", day(2023, 1, 1), day(2023, 1, 11)),
            ("c", "fit_out", day(2023, 2, 1), day(2023, 1, 30)),
            ("c", "rating", day(2024, 1, 1), pd.NaT),
            ("c", "acceptance", day(2023, 2, 20), day(2024, 5, 1)),  # done after the day that is looked at
            ("other", "opening", day(2023, 1, 1), pd.NaT),
        ],
        columns=["center", "kind", "planned", "done"],
    ).assign(note="")
    found = timeline(rows, "c", dt.date(2023, 3, 31))
    assert found["kind"].tolist() == ["site_chosen", "fit_out", "acceptance", "opening", "rating"]
    assert found["state"].tolist() == ["done_late", "done", "overdue", "overdue", "ahead"]
    assert found["days_late"].tolist()[:4] == [10, -2, 39, 30] and np.isnan(found["days_late"].iloc[4])


def test_the_worst_delay_is_told(sample, view):
    seen = view("qg-13", "en")
    steps = site_timeline.rows(seen)
    rows = sample.table("milestones")
    rows = rows[(rows["center"] == "qg-13") & rows["done"].isna()]
    worst = (pd.Timestamp(sample.settings.as_of) - rows["planned"].min()).days
    told = site_timeline.summary(seen, steps)
    assert f"{worst} days" in told and f"Overdue: {len(rows)};" in told


def test_recent_weeks_are_the_last_that_were_due(sample, view):
    weeks = site_reports.recent(view("qg-10"))
    assert len(weeks) == site_reports.WEEKS and weeks["week"].is_monotonic_decreasing
    assert (pd.to_datetime(weeks["due"]) <= pd.Timestamp(sample.settings.as_of)).all()
    there = sample.table("weekly_reports").query("center == 'qg-10'").set_index("week")["reported_on"]
    for row in weeks.itertuples():
        expected = (
            "missing" if row.week not in there.index else "late" if there[row.week].date() > row.due else "on_time"
        )
        assert row.state == expected


@pytest.mark.parametrize(
    ("text", "zh", "en"),
    [
        ("示意 synthetic", "示意", "synthetic"),
        ("设计完成 Design", "设计完成", "Design"),
        (
            "示意 synthetic；名称见公开报道 2022 (name: public report)",
            "示意；名称见公开报道 2022",
            "synthetic; name: public report",
        ),
        ("5星 5 stars", "5星", "5 stars"),
        (
            "点位示意；合计为普查数 (places synthetic; totals: census)",
            "点位示意；合计为普查数",
            "places synthetic; totals: census",
        ),
        ("只有中文", "只有中文", "只有中文"),
        ("AED 急救站", "AED 急救站", "AED 急救站"),
        ("plain", "plain", "plain"),
        ("", "", ""),
    ],
)
def test_a_text_in_both_languages_is_shown_in_one(text, zh, en):
    assert (half(text, "zh"), half(text, "en")) == (zh, en)


def test_a_table_taken_away_runs_nothing():
    frame = pd.DataFrame({"a": ["=1+1", "甲", None], "b": [1.5, np.nan, -2.0]})
    lines = twins.csv_bytes(frame).decode("utf-8-sig").splitlines()
    assert lines == ["a,b", "'=1+1,1.5", "甲,", ",-2.0"]


# ---- pictures -------------------------------------------------------------------------------------------------


def test_pictures_come_from_the_workspace_and_nowhere_else(tmp_path):
    folder = tmp_path / "workspace"
    folder.mkdir()
    (folder / "a.jpg").write_bytes(b"x")
    (tmp_path / "secret.jpg").write_bytes(b"x")
    (folder / "link.jpg").symlink_to(tmp_path / "secret.jpg")
    (folder / "page.svg").write_text("<svg/>")
    assert picture_path(folder, "a.jpg") == (folder / "a.jpg").resolve()
    for name in (
        "../secret.jpg",
        str(tmp_path / "secret.jpg"),
        "link.jpg",
        "page.svg",
        "b.jpg",
        "a\0.jpg",
        "",
        None,
        np.nan,
    ):
        assert picture_path(folder, name) is None


def test_only_published_pictures_are_served_in_a_page_that_fetches_nothing_else(tmp_path):
    from starlette.applications import Starlette
    from starlette.testclient import TestClient

    picture = tmp_path / "round.jpg"
    picture.write_bytes(b"\xff\xd8picture")
    address = panorama.publish(picture, "zh")
    client = TestClient(Starlette(routes=panorama.routes()))
    page = client.get(address)
    assert page.status_code == 200 and "default-src 'none'" in page.headers["content-security-policy"]
    assert "{" not in page.text and "http" not in page.text
    settings = client.get(f"{address}.json").json()
    assert settings["strings"]["loadingLabel"] == "载入中…"
    assert client.get(urljoin(address, settings["panorama"])).content == picture.read_bytes()
    script, style = panorama.vendor_files()
    assert all(client.get(f"/vendor/pannellum/assets/{name}").status_code == 200 for name in (script, style))
    assert client.get("/atlas/panorama/zh/unknown").status_code == 404
    assert client.get(address.replace("/zh/", "/xx/")).status_code == 404


# ---- the page -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("section", SECTIONS)
def test_every_section_opens_from_a_link(monkeypatch, section, language):
    app = opened(monkeypatch, SAMPLE, site="qg-03", section=section, lang=language, peers="town")
    assert not app.exception
    text = catalog(language)
    assert app.header[0].value.startswith("福炼社区" if language == "zh" else "Fulian")
    assert text("services.title", had=5, all=6) in words(app)
    assert app.session_state["section"] == section and app.query_params.get("section", SECTIONS[0]) == section


@pytest.mark.parametrize("section", SECTIONS)
def test_a_center_of_which_little_is_known_says_so(monkeypatch, grid_folder, section):
    app = opened(monkeypatch, grid_folder, site="near", section=section, lang="en")
    assert not app.exception
    told = words(app)
    assert "No service points are registered" in told and "No emergency role" in told
    empty = {
        "indicators": "Nothing is measured",
        "reports": "no weekly reports yet",
        "timeline": "no milestones yet",
        "around": "No other open center",
        "pictures": "There is no photo yet",
    }
    assert empty[section] in told


def test_previous_and_next_go_round(monkeypatch, grid_folder):
    app = opened(monkeypatch, grid_folder, site="near", lang="en")
    for expected in ("Far", "Sea", "Near"):
        app.button(key="turn_1").click().run()
        assert app.header[0].value == expected
    app.button(key="turn_-1").click().run()
    assert app.header[0].value == "Sea"


def test_the_link_to_share_is_that_of_the_center_in_sight(monkeypatch, grid_folder):
    app = opened(monkeypatch, grid_folder, lang="en")
    app.selectbox[0].set_value("near").run()
    assert "site=near" in app.code[0].value
    next(button for button in app.button if button.key == "turn_1").click().run()
    assert "site=far" in app.code[0].value and "lang=en" in app.code[0].value


def test_centers_of_one_name_are_told_apart_in_the_list(monkeypatch, tmp_path, grid_folder):
    folder = shutil.copytree(grid_folder, tmp_path / "alike")
    centers = pd.read_csv(folder / "centers.csv", dtype=str)
    centers.assign(name=["新村", "新村", "海"], name_en=None).to_csv(folder / "centers.csv", index=False)
    app = opened(monkeypatch, folder)
    assert app.selectbox[0].options == ["新村 · near", "新村 · far", "海"]


def test_a_photo_that_is_not_there_is_told(monkeypatch, tmp_path, grid_folder):
    folder = shutil.copytree(grid_folder, tmp_path / "pictures")
    centers = pd.read_csv(folder / "centers.csv")
    centers.assign(photo="../x.jpg", panorama="gone.jpg").to_csv(folder / "centers.csv", index=False)
    app = opened(monkeypatch, folder, site="near", section="pictures", lang="en")
    assert words(app).count("does not hold such a picture") == 2


def test_facts_say_where_how_large_and_since_when(view):
    told = site_identity.facts(view("qg-02", "en"))
    assert "350505101206" in told and "opened 31 January 2022" in told and "floor area 5,000 m²" in told


@pytest.mark.parametrize("section", ["indicators", "timeline", "around"])
def test_names_are_shown_as_they_stand(monkeypatch, tmp_path, grid_folder, section):
    name = "![x](http://a.b/c.png) :red[y] <img src=x onerror=alert(1)>"
    folder = shutil.copytree(grid_folder, tmp_path / "hostile")
    centers = pd.read_csv(folder / "centers.csv").assign(name=name, name_en=name, note=name, source=name)
    centers.to_csv(folder / "centers.csv", index=False)
    point = {"id": "p", "center": "near", "service": "extra", "name": name, "name_en": name, "opening_hours": name}
    point |= {"capacity": 1, "capacity_unit": name, "lon": centers["lon"][0], "lat": centers["lat"][0]}
    pd.DataFrame([point, point | {"id": "q", "service": "food"}]).to_csv(folder / "service_points.csv", index=False)
    step = {"id": "m", "center": "near", "kind": "other", "planned": "2023-01-01", "note": name}
    pd.DataFrame([step]).to_csv(folder / "milestones.csv", index=False)
    declared = 'id = "visits"\ndirection = "up"\nover_weeks = "sum"\nfrom = "weekly_reports.visits"\n'
    named = "".join(f'{key} = "{name}"\n' for key in ("zh", "en", "unit_zh", "unit_en"))
    (folder / "indicators.toml").write_text(f"[[indicator]]\n{declared}{named}", encoding="utf-8")
    pd.DataFrame([("near", "2023-W20", 5)], columns=["center", "week", "visits"]).to_csv(
        folder / "weekly_reports.csv", index=False
    )
    app = opened(monkeypatch, folder, site="near", section=section, lang="en")
    assert not app.exception
    shown = [*app.header, *app.subheader, *app.markdown, *app.warning]
    labels = [block.label for block in app.metric]
    spoken = [block.value for block in shown] + labels
    assert any("onerror" in text for text in spoken)
    assert not [text for text in spoken if re.search(r"(?<!\\)(\[x|<img|//a|:red\[)", text)]
    for chart in app.get("plotly_chart"):
        assert "<img" not in chart.proto.spec
