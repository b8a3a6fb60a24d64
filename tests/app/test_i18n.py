"""Both languages say the same things, and every error can be told in both."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterator

import pytest

from dashboard.i18n import LANGUAGES, catalog, from_locale
from data.tables.faults import fault
from geo.errors import AtlasError, DamagedFileError, TableFaultsError
from tests.conftest import ROOT

CJK = re.compile(r"[\u3400-\u9fff]")
HALF_WIDTH_BESIDE_CJK = re.compile(r"[\u3400-\u9fff][,;:()?!]|[,;()?!][\u3400-\u9fff]")


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def error_classes(root: type[AtlasError] = AtlasError) -> list[type[AtlasError]]:
    return [root, *(found for child in root.__subclasses__() for found in error_classes(child))]


def interface(language: str) -> dict[str, str]:
    texts = catalog(language).texts  # type: ignore[arg-type]
    return {key: text for key, text in texts.items() if not key.startswith(("errors.", "damaged."))}


def test_catalogs_have_the_same_keys_and_placeholders():
    zh, en = interface("zh"), interface("en")
    assert zh.keys() == en.keys()
    assert {key: placeholders(text) for key, text in zh.items()} == {key: placeholders(en[key]) for key in en}
    assert not [key for texts in (zh, en) for key, text in texts.items() if "{{" in text], "shown as it stands"


def test_each_catalog_is_in_its_own_language():
    assert not [key for key, text in interface("en").items() if CJK.search(text)]
    wordless = {key for key, text in interface("zh").items() if not CJK.search(text)}
    assert wordless == {"list.comma"}


def test_chinese_has_chinese_punctuation():
    assert not [key for key, text in catalog("zh").texts.items() if HALF_WIDTH_BESIDE_CJK.search(text)]


@pytest.mark.parametrize("error_class", error_classes(), ids=lambda c: c.__name__)
def test_every_error_is_told_in_chinese_with_the_same_facts(error_class: type[AtlasError]):
    texts = catalog("zh").texts
    for part in ("what", "mend"):
        chinese = texts[f"errors.{error_class.__name__}.{part}"]
        assert CJK.search(chinese)
        assert placeholders(chinese) == placeholders(getattr(error_class, part))


def test_no_sentence_is_kept_for_an_error_that_is_gone():
    named = {key.split(".")[1] for key in catalog("zh").texts if key.startswith("errors.")}
    assert named == {error_class.__name__ for error_class in error_classes()}


def said_of_damaged_files() -> Iterator[str]:
    """What the code itself says: texts, and the constants that it names KIND."""
    for path in (path for part in ("geo", "data", "dashboard") for path in (ROOT / part).rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if (
                isinstance(node, ast.AnnAssign)
                and isinstance(node.target, ast.Name)
                and node.target.id.endswith("KIND")
            ):
                yield ast.literal_eval(node.value)  # type: ignore[arg-type]
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "DamagedFileError":
                facts = [keyword.value for keyword in node.keywords if keyword.arg in ("kind", "reason")]
                yield from (fact.value for fact in facts if isinstance(fact, ast.Constant))  # type: ignore[misc]


def test_damaged_files_are_spoken_of_in_chinese():
    said = set(said_of_damaged_files())
    assert len(said) > 20
    known = {key.removeprefix("damaged.") for key in catalog("zh").texts if key.startswith("damaged.")}
    assert said - known == set()
    error = DamagedFileError(path="a.xlsx", kind="an Excel workbook", reason="File is not a zip file.")
    assert catalog("zh").error(error)[0] == "a.xlsx 不能作为 Excel 工作簿 读取：文件不完整，或不是这种格式。"
    error = DamagedFileError(path="a.tif", kind="a population raster", reason="TIFFReadDirectory: failed")
    assert "“TIFFReadDirectory: failed”" in catalog("zh").error(error)[0]


@pytest.mark.parametrize("language", LANGUAGES)
def test_faults_are_listed_in_the_language_up_to_a_limit(language):
    faults = [fault("not_a_number", "lon", row=i, value="x") for i in range(1, 24)]
    what, mend = catalog(language).error(TableFaultsError("centers.csv", faults))
    assert len([line for line in what.splitlines() if line.startswith("- ")]) == TableFaultsError.shown + 1
    assert "centers.csv" in what and "23" in what and "3" in what.splitlines()[-1]
    assert bool(CJK.search(what + mend)) is (language == "zh")


@pytest.mark.parametrize(
    ("locale", "language"), [("zh-CN", "zh"), ("ZH", "zh"), ("en-GB", "en"), ("pt-BR", "en"), (None, "zh"), ("", "zh")]
)
def test_language_follows_the_browser(locale, language):
    assert from_locale(locale) == language


def test_every_sentence_is_used_and_every_sentence_used_exists():
    code = "\n".join(
        path.read_text(encoding="utf-8") for part in ("dashboard", "pages") for path in (ROOT / part).rglob("*.py")
    )
    keys = set(interface("zh"))
    literal = set(re.findall(r"""text\(\s*["']([a-z_]+\.[a-z_0-9]+)["']""", code))
    assert literal <= keys
    spoken = set(re.findall(r"""["']([a-z_]+\.[a-z_0-9]+)["']""", code))
    families = set(re.findall(r"""f["']([a-z_]+\.)\{""", code)) | {"faults."}
    assert not {key for key in keys - spoken if not key.startswith(tuple(families))}
