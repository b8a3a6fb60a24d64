"""The interface in Chinese and English: one catalog a language, every sentence by key."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Final

from data.tables.codes import CODE_LISTS, Language, in_language
from data.tables.faults import sentence
from geo.errors import AtlasError, TableFaultsError

LANGUAGES: Final[tuple[Language, ...]] = ("zh", "en")
LOCALES: Final = Path(__file__).parent / "locales"
CJK: Final = re.compile(r"[\u3400-\u9fff]")
SAYS: Final = "said."
SAID: Final = ("kind", "reason", "expected")
"""Facts of errors that are words."""
PLACEHOLDER: Final = re.compile(r"\{(\w+)\}")
HTML_LANG: Final[dict[Language, str]] = {"zh": "zh-CN", "en": "en"}


@dataclass(frozen=True)
class Catalog:
    """The sentences of one language; `catalog("panel.area")` finds one, facts fill its `{placeholders}`."""

    language: Language
    texts: Mapping[str, str]

    def __call__(self, key: str, **facts: object) -> str:
        """The sentence of a key, its placeholders filled."""
        text = self.texts[key]
        return text.format(**facts) if facts else text

    def code(self, code_list: str, code: str | None) -> str:
        """Label of a value of a code list; a dash for a missing one."""
        return CODE_LISTS[code_list][code].label(self.language) if code else "–"

    def error(self, error: AtlasError) -> tuple[str, str]:
        """What happened, and how to mend it. English is what the error itself says."""
        what = self.texts.get(f"errors.{error.code}.what", error.what)
        mend = self.texts.get(f"errors.{error.code}.mend", error.mend)
        facts = in_language(error.facts, self.language)
        facts |= {name: self._said(name, facts[name]) for name in SAID if name in facts}
        if isinstance(error, TableFaultsError):
            facts["listing"] = self._listing(error)
        return what.format(**facts), mend.format(**facts)

    def _said(self, name: str, fact: object) -> str:
        """What the code below says in English (`said.…`); the reasons that a library or the system gives are quoted."""
        said = str(fact).strip().rstrip(".")
        if self.language == "en":
            return said
        for known, told in self._patterns:
            filled = known.fullmatch(said)
            if filled:
                return told.format(**filled.groupdict())
        return self("said.quoted", said=said) if name == "reason" and not CJK.search(said) else said

    @cached_property
    def _patterns(self) -> list[tuple[re.Pattern[str], str]]:
        """What is said, a group for each placeholder; the exact ones first."""
        known = [(key.removeprefix(SAYS), text) for key, text in self.texts.items() if key.startswith(SAYS)]
        return [(_pattern(said), text) for said, text in sorted(known, key=lambda pair: pair[0].count("{"))]

    def _listing(self, error: TableFaultsError) -> str:
        lines = []
        for fault in error.faults[: error.shown]:
            row = self("faults.row", row=fault.row) if fault.row is not None else ""
            value = f" ({fault.value})" if fault.value else ""
            colon = "：" if self.language == "zh" else ": "
            lines.append(f"- {row}{fault.column}{value}{colon}{sentence(fault, self.language)}")
        if len(error.faults) > error.shown:
            lines.append(self("faults.more", count=len(error.faults) - error.shown))
        return "\n".join(lines)


@cache
def catalog(language: Language) -> Catalog:
    """The catalog of a language: `zh.toml` for the frame, and a `page.zh.toml` for each page that has many words."""
    texts: dict[str, str] = {}
    for path in sorted(LOCALES.glob(f"*{language}.toml")):
        texts.update(_flat(tomllib.loads(path.read_text(encoding="utf-8"))))
    return Catalog(language, texts)


def from_locale(locale: str | None) -> Language:
    """The language for a browser's locale: English for English, Chinese for Chinese and where nothing is known."""
    return "zh" if not locale or locale.lower().startswith("zh") else "en"


def _pattern(said: str) -> re.Pattern[str]:
    parts = PLACEHOLDER.split(said)
    parts[::2], parts[1::2] = map(re.escape, parts[::2]), (f"(?P<{name}>.+)" for name in parts[1::2])
    return re.compile("".join(parts), re.DOTALL)


def _flat(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", str(value)
