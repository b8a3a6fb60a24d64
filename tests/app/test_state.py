"""Choices and the URL say the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.choice import Choice, PlaceChoice, place_of, place_text
from dashboard.site.choices import LAYERS

PROFILE = Choice("profile", ("adult", "elderly"), "adult")
SITE = Choice("site", ("qg-01", "qg-02"), None)
SHOWN = Choice("layers", LAYERS, LAYERS)


def url_of(choice: Choice, value: object) -> dict[str, str]:
    text = choice.write(value)  # type: ignore[arg-type]
    return {} if text is None else {choice.key: text}


@given(
    st.sampled_from(["adult", "elderly"]), st.sampled_from([None, "qg-01", "qg-02"]), st.sets(st.sampled_from(LAYERS))
)
def test_what_is_written_is_read_back(profile, site, layers):
    shown = [layer for layer in LAYERS if layer in layers]
    for choice, value in ((PROFILE, profile), (SITE, site), (SHOWN, shown)):
        assert choice.read(url_of(choice, value)) == value
        assert choice.allows(value)


PLACE = PlaceChoice("at", (), None)


@given(st.floats(-180, 180), st.floats(-90, 90))
def test_every_place_on_the_globe_is_read_back(lon, lat):
    url = {"at": place_text((lon, lat))}
    assert place_of(PLACE.read(url)) == pytest.approx((lon, lat), abs=1e-5)


@pytest.mark.parametrize(
    "value", ["999_99", "180.1_0", "0_90.000001", "-181_0", "0_-91", "118.9_25_1", "x", "_", "١_٢", ""]
)
def test_what_is_no_place_on_the_globe_is_none(value):
    assert PLACE.read({"at": value}) is None and not PLACE.allows(value)


def test_defaults_stay_out_of_the_url():
    assert PROFILE.write("adult") is None
    assert SITE.write(None) is None
    assert SHOWN.write(list(reversed(LAYERS))) is None
    assert SHOWN.write([]) == ""


def test_a_link_with_an_unknown_value_opens_the_default():
    assert PROFILE.read({"profile": "racing"}) == "adult"
    assert SITE.read({"site": "<b>"}) is None
    assert SHOWN.read({"layers": "streets.rockets"}) == ["streets"]


def test_values_that_a_workspace_no_longer_offers_do_not_stand():
    assert not SITE.allows("gone")
    assert not PROFILE.allows(None)
    assert not SHOWN.allows(["gone"])
