"""The catalog of figures holds together, and its page explains each of them in both languages."""

from __future__ import annotations

import re
import shutil
import string
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.i18n import LANGUAGES, catalog
from dashboard.methods import inputs
from dashboard.methods.figure_catalog import FIGURES, GROUPS, OWN, Figure, address, own_figures
from dashboard.methods.parameter_catalog import PARAMETERS, facts
from dashboard.methods.view import Methods, first_sentence
from dashboard.overview import headlines
from data.monitoring.indicators import read_indicators
from data.monitoring.measures import is_measured
from data.settings import Settings
from data.workspace import SAMPLE, Workspace
from geo.coverage.supply import SERVICES
from geo.streets.pedestrian import REASONS
from tests.conftest import ROOT
from tests.languages import strange_words

SETTINGS = Settings.read(SAMPLE / "workspace.toml")


def opened(monkeypatch: pytest.MonkeyPatch, folder: Path, **url: str) -> AppTest:
    """The methods page alone: what the frame does before it is done here."""
    monkeypatch.setenv("LINLI_WORKSPACE", str(folder))

    def page() -> None:
        import runpy

        from dashboard import cache, state
        from dashboard.choices import all_choices
        from tests.conftest import ROOT

        state.restore(all_choices(cache.open_workspace()))
        runpy.run_path(str(ROOT / "pages/methods.py"))

    app = AppTest.from_function(page, default_timeout=60)
    for key, value in url.items():
        app.query_params[key] = value
    return app.run()


def said(app: AppTest) -> str:
    blocks = [*app.header, *app.subheader, *app.markdown, *app.info, *app.warning]
    return "\n".join([*(block.value for block in blocks), *(button.label for button in app.button)])


# ---- the catalog --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("figure", FIGURES.values(), ids=lambda figure: figure.id)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_figure_has_its_words(figure: Figure, language):
    text = catalog(language)
    told = text(f"figure.{figure.id}.what", **facts(text, SETTINGS))
    assert text(f"figure.{figure.id}.name") and told and "{" not in told
    assert bool(figure.formula) is (f"figure.{figure.id}.where" in text.texts)
    assert all(text(f"limit.{limit}") for limit in figure.limits)
    assert figure.group in GROUPS and text(f"families.{figure.group}")
    assert all(text(f"input.{name}") for name in figure.inputs)
    assert set(figure.parameters) <= PARAMETERS.keys()


@pytest.mark.parametrize("path", sorted({f.code for f in FIGURES.values()} | {p.code for p in PARAMETERS.values()}))
def test_what_computes_a_figure_is_there(path):
    assert (ROOT / path).is_file()


def test_no_words_are_kept_for_what_is_gone():
    for language in LANGUAGES:
        keys = catalog(language).texts.keys()
        named = {kind: {key.split(".")[1] for key in keys if key.startswith(f"{kind}.")} for kind in
                 ("figure", "limit", "parameter", "omitted", "families")}  # fmt: skip
        assert named["figure"] == FIGURES.keys()
        assert named["limit"] == {limit for figure in FIGURES.values() for limit in figure.limits}
        assert named["parameter"] == PARAMETERS.keys()
        assert named["omitted"] == REASONS.keys()
        assert named["families"] == set(GROUPS)


def test_every_parameter_serves_a_figure():
    assert PARAMETERS.keys() == {name for figure in FIGURES.values() for name in figure.parameters}


def test_parameters_say_what_the_code_does():
    """By hand from the constants' docstrings: a changed constant changes the page; should it?"""
    zh, en = (facts(catalog(language), SETTINGS) for language in LANGUAGES)
    assert zh["speed"] == "成人 1.2、老人 0.8、带幼儿 1 米/秒"
    assert en["cutoffs"] == "5, 10, 15 minutes"
    assert (en["snap_max"], en["buffer"], en["barrier"]) == ("300 m", "25 m", "2 times")
    assert (zh["due_days"], zh["jump"], zh["worst"]) == ("3 天", "10 倍", "10 %")
    assert en["decay_weights"] == "1, 0.68, 0.22"


def test_every_headline_of_the_overview_is_explained():
    names = re.findall(r'(?:share\(\s*|Headline\(\s*)"([a-z_]+)"', Path(headlines.__file__).read_text(encoding="utf-8"))
    assert len(set(names)) == 6
    assert set(names) <= FIGURES.keys()


def test_every_link_to_a_figure_leads_to_one():
    """Links are written `figure_catalog.address("id")`, or as a plain `methods?figure=id`."""
    files = [path for part in ("dashboard", "pages") for path in (ROOT / part).rglob("*.*")]
    code = "\n".join(path.read_text(encoding="utf-8") for path in files if path.suffix in (".py", ".toml", ".js"))
    linked = set(re.findall(r"""address\(\s*["']([a-z_.0-9]+)["']""", code))
    linked |= set(re.findall(r"methods\?(?:[a-z]+=[^&\s\"']*&)*figure=([a-z_0-9]+)", code))
    assert linked <= FIGURES.keys()


def test_an_address_keeps_the_choices_and_is_safe_in_a_url():
    assert address("gini", {"lang": "en", "town": "a&b"}) == "methods?lang=en&town=a%26b&figure=gini"


def test_every_indicator_of_the_sample_is_a_figure():
    indicators = read_indicators(SAMPLE / "indicators.toml")
    own = own_figures(indicators)
    assert own.keys() == {f"{OWN}{name}" for name in indicators}
    assert own[f"{OWN}visits"].inputs == ("weekly_reports", "targets")
    assert "streets" in own[f"{OWN}covered_share_15_adult"].inputs


def test_an_indicator_is_explained_by_where_its_values_come_from():
    """By hand: who computes it, from what, and what that cannot say."""
    indicators = read_indicators(SAMPLE / "indicators.toml")
    own = own_figures(indicators)
    measures, limits = "data/monitoring/measures.py", {name: own[f"{OWN}{name}"].limits for name in indicators}
    assert {figure.code for name, figure in own.items() if is_measured(indicators[name.removeprefix(OWN)])} == {
        measures
    }
    assert own[f"{OWN}centers_open"].code == "dashboard/overview/headlines.py"
    assert own[f"{OWN}large_units_with_center"].code == "dashboard/siting/targets.py"
    assert own[f"{OWN}large_units_with_center"].inputs == ("centers", "demand", "jurisdictions", "targets")
    assert limits["visits"] == ("unknown_weeks",) and limits["centers_open"] == ("opening_days",)
    assert limits["milestone_days_late"] == ("planned_days",) and limits["large_units_with_center"] == (
        "schematic_borders",
    )
    for figure in own.values():
        assert (ROOT / figure.code).is_file() and ("unknown_weeks" in figure.limits) is (
            figure.inputs == ("weekly_reports", "targets")
        )


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_figure_is_found_by_its_own_name(language):
    methods = Methods(catalog(language), Workspace.open(SAMPLE))
    for figure in methods.ordered():
        name = methods.indicators[figure.id.removeprefix(OWN)].name(language) if figure.id.startswith(OWN) else None
        assert figure in methods.found(name or methods.name(figure)), figure.id


def test_a_teaser_ends_with_its_sentence():
    assert (
        first_sentence("The first that holds: 1. no street; 2. far. Of most.")
        == "The first that holds: 1. no street; 2. far."
    )
    assert first_sentence("一处。二处。") == "一处。" and first_sentence("no stop") == "no stop"
    text = catalog("en")
    for figure in FIGURES:
        assert not first_sentence(text(f"figure.{figure}.what", **facts(text, SETTINGS))).endswith(" 1.")


# ---- what formulas and definitions claim --------------------------------------------------------------------


def test_six_services_are_six():
    assert len(SERVICES) == 6 and r"1, \dots, 6" in FIGURES["services"].formula


def test_formulas_have_balanced_braces():
    for figure in FIGURES.values():
        bare = figure.formula.replace(r"\{", "").replace(r"\}", "").replace(r"\Bigl\{", "").replace(r"\Bigr\}", "")
        assert bare.count("{") == bare.count("}"), figure.id


def test_braces_of_letters_are_no_placeholders():
    """`.where` is shown as it is: its braces are TeX's, and nothing may be filled in there."""
    for language in LANGUAGES:
        for figure in FIGURES:
            where = catalog(language).texts.get(f"figure.{figure}.where", "")
            outside = re.sub(r"\$[^$]*\$", "", where)
            assert not [name for _, name, _, _ in string.Formatter().parse(outside) if name is not None], figure
            assert where.count("$") % 2 == 0


# ---- inputs -------------------------------------------------------------------------------------------------


def test_inputs_tell_quality_by_people_and_the_rest_by_rows(grid_folder, tmp_path):
    import geopandas as gpd

    folder = shutil.copytree(grid_folder, tmp_path / "w")
    demand = gpd.read_parquet(folder / "demand.parquet")
    demand["quality"] = ["surveyed"] * 6 + ["synthetic"]  # 63 people, and 64
    demand.to_parquet(folder / "demand.parquet")
    found = inputs.inputs(catalog("en"), Workspace.open(folder))
    assert found["demand"].amount == "127 people at 7 demand points"
    assert found["demand"].quality == pytest.approx({"surveyed": 63 / 127, "synthetic": 64 / 127})
    assert found["demand"].quality_in_words(catalog("en")) == "Surveyed 49.6 %, Synthetic 50.4 %"
    assert found["centers"].quality_in_words(catalog("zh")) == "近似"
    assert found["weekly_reports"].amount == "" and found["elevation"].amount.startswith("none")


# ---- the page -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_lists_every_figure(monkeypatch, grid_folder, language):
    app = opened(monkeypatch, grid_folder, lang=language)
    assert not app.exception
    labels = [button.label.strip("*") for button in app.button]
    assert labels == [
        catalog(language)(f"figure.{figure.id}.name")
        for group in GROUPS
        for figure in FIGURES.values()
        if figure.group == group
    ]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("figure", FIGURES)
def test_a_cold_link_explains_its_figure(monkeypatch, figure, language, grid_folder):
    app = opened(monkeypatch, grid_folder, figure=figure, lang=language)
    assert not app.exception
    assert app.header[0].value == catalog(language)(f"figure.{figure}.name")
    assert [block.value for block in app.latex] == (
        [f"$$\n{FIGURES[figure].formula}\n$$"] if FIGURES[figure].formula else []
    )
    quoted = [*FIGURES[figure].sources, *(PARAMETERS[name].source for name in FIGURES[figure].parameters)]
    assert strange_words(re.sub(r"\\([^A-Za-z])", r"\1", said(app)), language, filter(None, quoted)) == []
    assert app.query_params["figure"] == figure


def test_an_unknown_figure_says_so_and_shows_all(monkeypatch, grid_folder):
    app = opened(monkeypatch, grid_folder, figure="<b>gone", lang="en")
    assert not app.exception
    assert "no figure" in app.info[0].value and "<b>" not in app.info[0].value
    assert len(app.button) == len(FIGURES)


def test_searching_narrows_the_list_by_name_and_definition(monkeypatch, grid_folder):
    app = opened(monkeypatch, grid_folder, lang="en")
    app.text_input[0].set_value("worst tenth").run()
    assert [button.label for button in app.button] == ["**The worst-off tenth**", "**Gini index**"]
    app.text_input[0].set_value("zzz {x}").run()
    assert not app.exception and not app.button
    assert "No figure" in app.info[0].value


def test_a_line_opens_its_figure_and_the_way_back(monkeypatch, grid_folder):
    app = opened(monkeypatch, grid_folder, lang="en")
    next(button for button in app.button if button.label == "**Gini index**").click().run()
    assert app.header[0].value == "Gini index" and app.query_params["figure"] == "gini"
    next(button for button in app.button if button.label == "Next").click().run()
    assert app.header[0].value == "Theil index"
    app.button[0].click().run()
    assert "figure" not in app.query_params and len(app.button) == len(FIGURES)


def test_own_indicators_are_explained_from_their_declaration(monkeypatch, tmp_path, grid_folder):
    folder = shutil.copytree(grid_folder, tmp_path / "own")
    declared = (
        '[[indicator]]\nid = "x"\nzh = "<b>锄头</b>"\nen = "Hoes *sold*"\ndirection = "down"\nover_weeks = "sum"\n'
    )
    declared += 'from = "weekly_reports.visits"\ntargets = { "2023" = 1200 }\n'
    (folder / "indicators.toml").write_text(declared, encoding="utf-8")
    app = opened(monkeypatch, folder, figure="indicator.x", lang="en")
    assert app.header[0].value == r"Hoes \*sold\*"
    assert "Lower is better" in said(app) and "2023: 1,200" in said(app) and "do not add up" in said(app)


@pytest.mark.parametrize(("language", "word"), [("en", "nothing was left out"), ("zh", "没有略去")])
def test_the_data_chapter_says_what_was_left_out(monkeypatch, grid_folder, language, word):
    app = opened(monkeypatch, grid_folder, chapter="inputs", lang=language)
    assert not app.exception and word in said(app).lower()


@pytest.mark.parametrize("chapter", ["parameters", "engine"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_other_chapters_fill_all_their_facts(monkeypatch, grid_folder, chapter, language):
    app = opened(monkeypatch, grid_folder, chapter=chapter, lang=language)
    assert not app.exception and "{" not in said(app)
