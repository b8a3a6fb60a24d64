"""Chinese in Chinese, English in English: every catalog, and the pieces of which sentences are made."""

from __future__ import annotations

import pytest

from dashboard.i18n import LANGUAGES, LOCALES, catalog
from data.tables.codes import CODE_LISTS
from tests.app.test_i18n import interface, placeholders
from tests.languages import half_width, strange_words

VERBATIM = {
    "errors.NoWalkableStreetsError.mend": ("highway",),
    "errors.ReadOnlyWorkspaceError.mend": ("FOLDER",),
    "errors.NotAWorkspaceError.mend": ("LINLI_WORKSPACE",),
    "supply.banded_help": ("Luo", "Qi"),
    "history.key_hint": ("qg-01",),
    "scenarioclosed.sample": ("python", "data", "init"),
    "pannellum.textureSizeError": ("%spx",),
}
"""Commands, tags, examples and authors, by the sentence that may hold them."""


@pytest.mark.parametrize(
    ("text", "language", "strange"),
    [
        ("打开 dashboard 页面", "zh", ["dashboard"]),
        ("导入 CSV 或 Excel，坐标为 WGS-84，{people} 人，`data.toml`", "zh", []),
        ("公式 $w_i \\le T$ 与 :small[小字]", "zh", []),
        ("界山镇 residents", "zh", ["residents"]),
        ("Center 福炼社区 is open", "en", ["福炼社区"]),
        ("Chinese 中 · EN", "en", []),
    ],
)
def test_words_of_the_other_language_are_found(text, language, strange):
    assert strange_words(text, language) == strange


def test_names_from_data_are_no_strange_words():
    assert strange_words("来源：OpenStreetMap extract 2023", "zh", ["OpenStreetMap extract 2023"]) == []


@pytest.mark.parametrize(
    ("text", "found"), [("缺少,请补", True), ("见(上)", True), ("缺少，请补", False), ("1:10,000", False)]
)
def test_western_punctuation_is_found_beside_chinese(text, found):
    assert bool(half_width(text)) is found


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_sentence_holds_words_of_the_other_language(language):
    texts = catalog(language).texts
    strange = {key: strange_words(said, language, VERBATIM.get(key, ())) for key, said in texts.items()}
    assert not {key: words for key, words in strange.items() if words}


def test_chinese_sentences_have_chinese_punctuation():
    assert not {key: half_width(text) for key, text in catalog("zh").texts.items() if half_width(text)}


@pytest.mark.parametrize("page", sorted({path.name.split(".")[0] for path in LOCALES.glob("*.zh.toml")}))
def test_each_page_has_both_languages(page):
    assert (LOCALES / f"{page}.en.toml").is_file()


def test_both_languages_say_the_same_with_the_same_facts():
    zh, en = interface("zh"), interface("en")
    assert zh.keys() == en.keys()
    prose = [key for key in zh if not key.endswith(".where")]  # formulas have braces of their own
    assert not {key for key in prose if placeholders(zh[key]) != placeholders(en[key])}


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_label_of_a_code_is_in_the_other_language(language):
    labels = {(name, code.id): code.label(language) for name, codes in CODE_LISTS.items() for code in codes}
    assert not {key: label for key, label in labels.items() if strange_words(label, language)}
    assert all(labels.values())


SECOND_WORDS = {
    "缺报": "未报", "漏报": "未报", "准时": "按时", "晚报": "迟报", "辖区之外": "辖区以外", "县区": "区县",
    "街镇": "镇街", "村居": "村社", "步行圈": "服务圈", "覆盖比例": "覆盖率", "六项服务": "六项功能",
    "联合中心": "联域中心", "节点": "里程碑", "辖区边界": "辖区界线", "不可达": "走不到", "到不了": "走不到",
    "待建": "尚未开放", "区划代码": "统计代码", "适合共建": "适合共用", "盲区": "缺口", "时间限制": "时限",
}  # fmt: skip
"""A second word for a thing → the one that all pages use (the vocabulary of the design)."""


def test_each_thing_has_one_word():
    texts = catalog("zh").texts
    found = {key: (word, one) for key, said in texts.items() for word, one in SECOND_WORDS.items() if word in said}
    assert not found
    said = "".join(texts.values())
    assert not [one for one in SECOND_WORDS.values() if one not in said]
