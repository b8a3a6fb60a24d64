"""Reasons that the program gave are told in the page's language; those of people stand as they are."""

from __future__ import annotations

import pytest

from dashboard.editing.reasons import OWN, teller, told
from dashboard.i18n import LANGUAGES, catalog

FACTS = {"name": "中心 (1).xlsx", "at": "2023-06-30 08:00", "who": "张三"}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("key", OWN)
def test_own_reasons_are_told_in_the_language_of_the_page(key, language):
    for given in LANGUAGES:
        assert told(catalog(language), catalog(given)(key, **FACTS)) == catalog(language)(key, **FACTS)


def test_a_reason_that_a_person_gave_stands():
    for why in ("区里核对", "", "centers.csv", "{name} [a-z]+"):
        assert told(catalog("en"), why) == why


def test_tables_and_the_program_have_names_that_people_read():
    assert told(catalog("zh"), "centers, from files") == "由文件载入 邻里中心"
    assert told(catalog("zh"), "emergency_roles, from files") == "由文件载入 应急角色"
    assert teller(catalog("en"), "workspace") == "the program" and teller(catalog("en"), "张三") == "张三"
