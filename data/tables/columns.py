"""Columns and tables as they are declared: what a contract can say. The contracts are in `data.tables.schema`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal

from data.tables.codes import CodeList, Language, Words

Kind = Literal["text", "list", "code", "codes", "integer", "number", "degrees", "flag", "date", "week"]
"""What a cell holds. `list` and `codes` hold several values separated by `;`; `degrees` is a coordinate,
`week` an ISO week such as 2023-W05."""

DTYPE: Final[dict[str, str]] = {
    "text": "str",
    "list": "object",
    "code": "str",
    "codes": "object",
    "integer": "Int64",
    "number": "float64",
    "degrees": "float64",
    "flag": "bool",
    "date": "datetime64[s]",
    "week": "str",
}
"""Pandas type of a typed column; `list` and `codes` hold tuples of str, and are never missing."""

JURISDICTION_PATTERN: Final = r"\d{12}"
"""Statistical code of a county, town or village unit: six digits for the county, three for the town, three for the
village, filled with zeros (National Bureau of Statistics, rules for coding statistical areas)."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table.

    Attributes:
        name: its name in the workspace.
        zh: its header in Chinese.
        en: its header in English.
        kind: what its cells hold.
        required: no cell may be empty, unless there is a default.
        default: what an empty cell means.
        unit: unit of a number, for people.
        codes: the code list of a `code` or `codes` column.
        low: least value, inclusive.
        high: greatest value, inclusive.
        pattern: regular expression that each value matches in full.
        refers: "table.column" whose values are allowed.
        also: other headers under which files carry it.
        note_zh: what to write here, in Chinese.
        note_en: the same in English.
    """

    name: str
    zh: str
    en: str
    kind: Kind = "text"
    required: bool = False
    default: str | float | bool | None = None
    unit: str = ""
    codes: CodeList | None = None
    low: float | None = None
    high: float | None = None
    pattern: str | None = None
    refers: str = ""
    also: tuple[str, ...] = ()
    note_zh: str = ""
    note_en: str = ""

    @property
    def dtype(self) -> str:
        """Pandas type of the typed column."""
        return DTYPE[self.kind]

    @property
    def listed(self) -> bool:
        """Whether a cell holds several values."""
        return self.kind in ("list", "codes")

    def header(self, language: Language) -> str:
        """The header that a template shows."""
        return self.zh if language == "zh" else self.en

    def note(self, language: Language) -> str:
        """What to write into the column."""
        return self.note_zh if language == "zh" else self.note_en


@dataclass(frozen=True, slots=True)
class Table:
    """One table of the workspace.

    Attributes:
        name: its name, also of its file.
        zh: its title in Chinese.
        en: its title in English.
        key: the columns that identify a row.
        columns: in the order in which they are shown.
    """

    name: str
    zh: str
    en: str
    key: tuple[str, ...]
    columns: tuple[Column, ...] = field(repr=False)

    def __getitem__(self, name: str) -> Column:
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)

    @property
    def names(self) -> list[str]:
        """Names of the columns, in order."""
        return [column.name for column in self.columns]

    @property
    def words(self) -> Words:
        """The table's title as a fact of a sentence."""
        return Words(self.zh, self.en)

    def title(self, language: Language) -> str:
        """The table's title."""
        return self.words.label(language)


def level_of(code: str) -> str | None:
    """Level of a 12-digit statistical code: county, town or village; None for others, provinces and prefectures too."""
    if len(code) != 12 or not code.isdecimal() or not code[4:].strip("0"):
        return None
    return "county" if code.endswith("000000") else "town" if code.endswith("000") else "village"


def parent_of(code: str) -> str | None:
    """Code of the unit above: of a village its town, of a town its county; None above that."""
    above = {"village": 9, "town": 6}.get(level_of(code) or "")
    return None if above is None else code[:above].ljust(12, "0")
