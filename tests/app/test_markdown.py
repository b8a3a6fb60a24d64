"""Names from tables are text in Markdown, whatever they hold."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.markdown import JOINER, as_read, plain

MARKUP = set("\\`*_{}[]()<>#+-.!|~$:@&^=/")


@given(st.text())
def test_what_is_read_is_what_was_given(text):
    assert as_read(plain(text)) == " ".join(text.split()).replace(JOINER, "")


@given(st.text())
def test_every_mark_is_escaped_and_nothing_else_changes(text):
    escaped = plain(text)
    assert re.sub(r"\\(.)", r"\1", escaped).replace(JOINER, "") == " ".join(text.split()).replace(JOINER, "")
    bare = re.sub(r"\\.", "", escaped)
    assert not MARKUP & set(bare) and "\n" not in bare


@pytest.mark.parametrize(
    "name",
    [
        "<img src=x onerror=alert(1)>",
        "![x](http://example.com/x.png)",
        "$x$",
        ":red[x]",
        "# x",
        "http://a.b",
        "www.a.b",
        "a@b.c",
    ],
)
def test_known_attacks_come_out_as_text(name):
    assert re.sub(r"\\(.)", r"\1", plain(name)).replace(JOINER, "") == name
    assert not re.search(r"(?<!\\)[<\[$:#!/]", plain(name))


@pytest.mark.parametrize("address", ["http://a.test", "HTTPS://a.test", "www.a.test", "me@a.test"])
def test_no_address_is_left_that_could_become_a_link(address):
    shown = re.sub(r"\\(.)", r"\1", plain(f"see {address} there"))
    assert address not in shown and address in shown.replace(JOINER, "")
