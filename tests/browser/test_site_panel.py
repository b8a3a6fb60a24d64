"""The panel of a center in a real browser: every section, both languages, without a network."""

from __future__ import annotations

import re
import shutil

import numpy as np
import pandas as pd
import pytest

from dashboard.i18n import catalog
from dashboard.site.choices import SECTIONS
from data.archive import copy
from data.workspace import SAMPLE, Workspace
from tests.browser.conftest import serving

pytestmark = pytest.mark.browser

SITE = "qg-03"
CJK = re.compile(r"[\u3400-\u9fff]")
SIGN_OF = {"indicators": ".js-plotly-plot", "reports": "[data-testid=stDataFrame]", "timeline": ".js-plotly-plot",
           "around": "[data-testid=stDataFrame]", "pictures": "h3"}  # fmt: skip


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_section_opens_and_the_page_prints(visit, sample_address, language):
    text = catalog(language)
    seen_by = visit(f"{sample_address}/sites?site={SITE}&lang={language}")
    seen_by.ready()
    page = seen_by.page
    for section in SECTIONS:
        page.get_by_role("button", name=text(f"section.{section}"), exact=True).or_(
            page.get_by_role("radio", name=text(f"section.{section}"), exact=True)
        ).first.click()
        where = "" if section == SECTIONS[0] else f"section={section}"
        page.wait_for_url(lambda url, where=where: where in url and ("section=" in url) == bool(where))
        page.locator(SIGN_OF[section]).last.wait_for()
    assert not page.locator("[data-testid=stException]").count()
    assert seen_by.seen.foreign == [] and seen_by.seen.errors == [] and seen_by.seen.dialogs == []
    with page.expect_download(timeout=20_000) as download:
        page.get_by_role("button", name=text("print.button")).click()
    assert download.value.suggested_filename == f"{SITE}_2023-06-30_{language}.pdf"
    assert download.value.path().read_bytes().startswith(b"%PDF-")
    if language == "en":
        assert not CJK.search(page.get_by_test_id("stHeading").last.inner_text())


def test_a_panorama_turns_without_another_host(visit, tmp_path):
    """Pannellum runs from its package; a machine without WebGL gets its sentence instead of the picture."""
    from PIL import Image

    folder = copy(Workspace.open(SAMPLE), tmp_path / "pictures").folder
    sky = np.zeros((64, 128, 3), np.uint8)
    sky[:32], sky[32:] = (120, 160, 210), (90, 110, 80)
    Image.fromarray(sky).save(folder / "round.jpg")
    shutil.copy(folder / "round.jpg", folder / "photo.jpg")
    centers = pd.read_csv(folder / "centers.csv", dtype=str)
    centers.assign(panorama="round.jpg", photo="photo.jpg").to_csv(folder / "centers.csv", index=False)
    with serving(folder) as address:
        seen_by = visit(f"{address}/sites?site={SITE}&section=pictures&lang=zh")
        seen_by.ready()
        frame = seen_by.page.frame_locator("iframe[src*=panorama]")
        frame.locator(".pnlm-container").wait_for(timeout=20_000)
        seen_by.page.get_by_test_id("stImage").locator("img").wait_for()
        frame.locator("html[data-panorama=ready]").wait_for()
        assert seen_by.seen.foreign == [] and seen_by.seen.dialogs == []
        assert [e for e in seen_by.seen.errors if "WebGL" not in e] == []
