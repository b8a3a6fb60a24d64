"""Both languages say the same things, and every error can be told in both."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterator

import pytest

from dashboard.i18n import CJK, LANGUAGES, SAID, catalog, from_locale
from data.tables.faults import fault
from geo.errors import (
    AngleFormatError,
    AtlasError,
    DamagedFileError,
    OutputError,
    ParameterError,
    TableFaultsError,
    UnsafeArchiveError,
)
from geo.params import Cutoffs
from tests.conftest import ROOT

HALF_WIDTH_BESIDE_CJK = re.compile(r"[\u3400-\u9fff][,;:()?!]|[,;()?!][\u3400-\u9fff]")


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def error_classes(root: type[AtlasError] = AtlasError) -> list[type[AtlasError]]:
    return [root, *(found for child in root.__subclasses__() for found in error_classes(child))]


def interface(language: str) -> dict[str, str]:
    texts = catalog(language).texts  # type: ignore[arg-type]
    return {key: text for key, text in texts.items() if not key.startswith(("errors.", "said."))}


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


COMMAND_LINE = ("__main__.py", "command.py")
"""What only these raise is told in English."""


def said_in_errors() -> Iterator[str]:
    """What the code itself says in the facts of errors, `{}` where it fills something in."""
    errors = {error_class.__name__ for error_class in error_classes()}
    for path in (path for part in ("geo", "data", "dashboard") for path in (ROOT / part).rglob("*.py")):
        nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
        assigned: dict[str, list[ast.expr]] = {}
        for node in nodes:
            if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
                for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                    assigned.setdefault(getattr(target, "id", ""), []).append(node.value)
        for node in nodes:
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in errors and path.name not in COMMAND_LINE:
                for keyword in node.keywords:
                    if keyword.arg in SAID:
                        yield from texts_of(keyword.value)
                        name = getattr(keyword.value, "id", "")
                        if name in SAID or name.endswith("KIND"):
                            yield from (text for value in assigned.get(name, ()) for text in texts_of(value))


def texts_of(value: ast.expr) -> Iterator[str]:
    """The texts that an expression may be; none where it calls something."""
    if isinstance(value, ast.Constant) and isinstance(value.value, str):
        yield value.value
    elif isinstance(value, ast.JoinedStr):
        yield "".join(part.value if isinstance(part, ast.Constant) else "{}" for part in value.values)  # type: ignore[misc]
    elif isinstance(value, ast.IfExp):
        yield from texts_of(value.body)
        yield from texts_of(value.orelse)


def test_what_errors_say_is_said_in_chinese():
    said = {text.rstrip(".") for text in said_in_errors() if re.search("[a-z]{2}", text.replace("{}", ""))}
    assert len(said) > 100
    keys = {key.removeprefix("said.") for key in catalog("zh").texts if key.startswith("said.")}
    known = {re.sub(r"\{\w+\}", "{}", key) for key in keys}
    assert said - known == set()
    assert {key: placeholders(key) for key in keys - {"quoted"}} == {
        key: placeholders(catalog("zh")(f"said.{key}")) for key in keys - {"quoted"}
    }


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (
            DamagedFileError(path="a.xlsx", kind="an Excel workbook", reason="File is not a zip file."),
            "a.xlsx 不能作为 Excel 工作簿 读取：文件不完整，或不是这种格式。",
        ),
        (
            DamagedFileError(path="a.tif", kind="a population raster", reason="TIFFReadDirectory: failed"),
            "a.tif 不能作为 人口栅格 读取：原话是“TIFFReadDirectory: failed”。",
        ),
        (
            DamagedFileError(path="a.xlsx", kind="an Excel workbook", reason="it lacks 表{1}"),
            "a.xlsx 不能作为 Excel 工作簿 读取：缺少 表{1}。",
        ),
        (OutputError(path="a.csv", reason="there is no folder /a/b"), "a.csv 不能写入：没有文件夹 /a/b。"),
        (OutputError(path="a.csv", reason="Permission denied"), "a.csv 不能写入：没有权限。"),
        (OutputError(path="a.csv", reason="Stale file handle"), "a.csv 不能写入：原话是“Stale file handle”。"),
        (UnsafeArchiveError(path="a.zip", reason="x is a link"), "a.zip 没有解压：x 是链接。"),
        (AngleFormatError(text="1°x", reason="it states its direction twice"), "1°x 不能读作角度：方向写了两次。"),
    ],
)
def test_facts_of_errors_are_told_in_chinese(error: AtlasError, told: str):
    assert catalog("zh").error(error)[0] == told
    assert catalog("en").error(error)[0] == error.what.format(**error.facts).replace("..", ".")


def test_a_parameter_is_refused_in_chinese_throughout():
    with pytest.raises(ParameterError) as raised:
        Cutoffs((15.0, 10.0))
    assert catalog("zh").error(raised.value) == (
        "minutes = 15,10 不能使用：时限须为正数，由小到大。",
        "请给出：由小到大、不超过 240 的分钟数，如 5,10,15。",
    )


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
