"""Numbers as people read them."""

from __future__ import annotations

import datetime as dt
import math

from dashboard import figures


def test_numbers_have_separators_and_say_what_is_not_known():
    assert figures.number(12345.4) == "12,345"
    assert figures.number(math.nan) == figures.NONE
    assert figures.number(math.inf) == "∞"
    assert figures.share(0.7126) == "71.3 %"
    assert figures.share(math.nan) == figures.NONE
    assert figures.share(-1e-9) == "0.0 %" and figures.whole_share(-1e-9) == "0 %"


def test_units_follow_size():
    assert figures.length(999.4) == "999 m"
    assert figures.length(1_500) == "1.5 km"
    assert figures.length(math.inf) == "∞ km"
    assert figures.area(62_000) == "6.2 ha"
    assert figures.area(1_234_567) == "1.23 km²"
    assert figures.minutes(5.0) == "5" and figures.minutes(7.5) == "7.5"


def test_dates_are_written_as_each_language_writes_them():
    day = dt.date(2023, 6, 30)
    assert figures.date(day, "zh") == "2023年6月30日"
    assert figures.date(day, "en") == "30 June 2023"
