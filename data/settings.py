"""Settings of a workspace: what its `workspace.toml` says."""

from __future__ import annotations

import datetime as dt
import json
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, TypeGuard

from data.tables.codes import Language
from geo.errors import DamagedFileError, MissingFileError, ParameterError
from geo.params import PROFILES, Cutoffs, WalkProfile

SETTINGS_FILE: Final = "workspace.toml"
BYTE_ORDER_MARK: Final = "\ufeff"

FILES: Final = {
    "streets": "streets.arrow",
    "jurisdictions": "jurisdictions.parquet",
    "demand": "demand.parquet",
    "centers": "centers.csv",
    "service_points": "service_points.csv",
    "indicators": "indicators.toml",
    "elevation": "elevation.tif",
}
"""Part of a workspace → its file name, unless `[files]` says otherwise."""


@dataclass(frozen=True)
class Settings:
    """What a workspace says about itself.

    Attributes:
        name_zh: its name in Chinese.
        name_en: its name in English.
        as_of: the day that its data describe.
        crs: metric CRS of lengths and areas; None takes the street network's.
        synthetic: its data are modeled, not surveyed; every screen says so.
        note_zh: a sentence about the data, in Chinese.
        note_en: the same in English.
        default_language: language of the first visit.
        profiles: walk profiles to choose from; the first is the default.
        profile_names: profile id → (zh, en), where the settings name it.
        cutoffs: time limits to choose from.
        county: code of the county that the workspace is about.
        counties: codes of all counties in it, neighbors included.
        registry: address of a PostgreSQL registry (its password belongs into ~/.pgpass or PGPASSWORD); by default a
            SQLite file in the workspace.
        targets: the `[targets]` table.
        map: the `[map]` table: basemaps, keys, review number, whether outlines are drawn.
        files: part → file name.
    """

    name_zh: str
    name_en: str
    as_of: dt.date
    crs: str | None = None
    synthetic: bool = False
    note_zh: str = ""
    note_en: str = ""
    default_language: Language = "zh"
    profiles: tuple[WalkProfile, ...] = tuple(PROFILES.values())
    profile_names: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    cutoffs: Cutoffs = field(default_factory=Cutoffs)
    county: str | None = None
    counties: tuple[str, ...] = ()
    registry: str | None = None
    targets: Mapping[str, Any] = field(default_factory=dict)
    map: Mapping[str, Any] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=lambda: dict(FILES))

    def name(self, language: Language) -> str:
        """The workspace's name."""
        return self.name_zh if language == "zh" else self.name_en

    def note(self, language: Language) -> str:
        """The sentence about its data."""
        return self.note_zh if language == "zh" else self.note_en

    @classmethod
    def read(cls, path: Path) -> Settings:
        """Read a `workspace.toml`.

        Raises:
            MissingFileError: there is none.
            DamagedFileError: it is not TOML, or not UTF-8.
            ParameterError: a setting has an impossible value.
        """
        content, _ = _parsed(path)
        names = {language: _text(content, f"name_{language}") for language in ("zh", "en")}
        name = names["zh"] or names["en"]
        if name is None:
            raise ParameterError(name="name_zh", value=None, reason="a workspace has a name", expected="a name")
        profiles = _section(content, "profiles")
        return cls(
            name_zh=names["zh"] or name,
            name_en=names["en"] or name,
            as_of=_date(content.get("as_of")),
            crs=_text(content, "crs"),
            synthetic=_flag(content, "synthetic"),
            note_zh=_text(content, "note_zh") or "",
            note_en=_text(content, "note_en") or "",
            default_language=_language(content.get("default_language", "zh")),
            profiles=_profiles(profiles) or tuple(PROFILES.values()),
            profile_names=_profile_names(profiles),
            cutoffs=_cutoffs(content.get("cutoffs", Cutoffs().minutes)),
            county=_text(content, "county"),
            counties=_texts(content, "counties"),
            registry=_text(content, "registry"),
            targets=_section(content, "targets"),
            map=_section(content, "map"),
            files=FILES | _file_names(content),
        )

    def to_toml(self) -> str:
        """These settings as the text of a `workspace.toml`."""
        top = {
            "name_zh": self.name_zh,
            "name_en": self.name_en,
            "as_of": self.as_of,
            "crs": self.crs,
            "synthetic": self.synthetic,
            "note_zh": self.note_zh,
            "note_en": self.note_en,
            "default_language": self.default_language,
            "cutoffs": list(self.cutoffs.minutes),
            "county": self.county,
            "counties": list(self.counties) or None,
            "registry": self.registry,
        }
        lines = [f"{key} = {_toml(value)}" for key, value in top.items() if value not in (None, "")]
        for profile in self.profiles:
            lines += ["", f"[profiles.{_key(profile.id)}]", f"speed_mps = {profile.speed_mps}"]
            lines.append(f"steps_speed_factor = {profile.steps_speed_factor}")
            names = self.profile_names.get(profile.id, ())
            lines += [f"{key} = {_toml(value)}" for key, value in zip(("name_zh", "name_en"), names, strict=False)]
        changed = {part: name for part, name in self.files.items() if FILES.get(part) != name}
        for title, section in (("targets", self.targets), ("map", self.map), ("files", changed)):
            if section:
                lines += ["", f"[{title}]", *(f"{_key(key)} = {_toml(value)}" for key, value in section.items())]
        return "\n".join(lines) + "\n"


def with_registry(path: Path, address: str | None) -> bytes:
    """The content of a `workspace.toml` with another address of a registry, or none; the rest stays as it is written.

    Args:
        path: the file; it is not changed.
        address: of the registry; None for the workspace's own.

    Raises:
        MissingFileError: there is none.
        DamagedFileError: it is not TOML, or not UTF-8.
    """
    content, text = _parsed(path)
    mark = BYTE_ORDER_MARK if text.startswith(BYTE_ORDER_MARK) else ""
    body = text.removeprefix(mark)
    bare = _without(body, "registry", content) if "registry" in content else body
    line = "" if address is None else f"registry = {_toml(address)}\n"
    return f"{mark}{line}{bare}".encode()


def _without(text: str, key: str, content: Mapping[str, Any]) -> str:
    """The text of a TOML file without one of its first keys: the fewest lines without which it says all the rest."""
    lines = text.split("\n")
    wanted = repr({name: value for name, value in content.items() if name != key})  # equal also where it holds nan
    left = (
        "\n".join((*lines[:start], *lines[start + length :]))
        for length in range(1, len(lines) + 1)
        for start in range(len(lines) - length + 1)
    )
    return next(rest for rest in left if _says(rest) == wanted)


def _says(text: str) -> str | None:
    try:
        return repr(tomllib.loads(text))
    except tomllib.TOMLDecodeError:
        return None


def _parsed(path: Path) -> tuple[dict[str, Any], str]:
    """What a TOML file says, and its text as it is written."""
    try:
        text = path.read_bytes().decode()
        return tomllib.loads(text.removeprefix(BYTE_ORDER_MARK)), text
    except FileNotFoundError:
        raise MissingFileError(path=path) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DamagedFileError(path=path, kind="TOML settings", reason=error) from error


def _toml(value: object) -> str:
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_key(key)} = {_toml(item)}" for key, item in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_toml(item) for item in value) + "]"
    if isinstance(value, float):
        return str(value)  # inf and nan are TOML's words as well
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")  # else JSON's strings are TOML's


def _key(name: str) -> str:
    """A key of TOML, in quotes where it needs them."""
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else _toml(name)


def _section(content: Mapping[str, Any], name: str) -> dict[str, Any]:
    section = content.get(name, {})
    if not isinstance(section, dict):
        raise ParameterError(name=name, value=section, reason="it is not a section", expected=f"a [{name}] section")
    return section


def _text(content: Mapping[str, Any], name: str) -> str | None:
    value = content.get(name)
    if value is not None and not isinstance(value, str):
        raise ParameterError(name=name, value=value, reason="it is not text", expected="text in quotes")
    return value or None


def _texts(content: Mapping[str, Any], name: str) -> tuple[str, ...]:
    values = content.get(name, [])
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise ParameterError(name=name, value=values, reason="it is not a list of texts", expected='["…", "…"]')
    return tuple(values)


def _flag(content: Mapping[str, Any], name: str) -> bool:
    value = content.get(name, False)
    if not isinstance(value, bool):
        raise ParameterError(name=name, value=value, reason="it is neither yes nor no", expected="true or false")
    return value


def _file_names(content: Mapping[str, Any]) -> dict[str, str]:
    section = _section(content, "files")
    for part in section:
        if _text(section, part) is None:
            raise ParameterError(name=f"files.{part}", value="", reason="it names no file", expected="a file name")
    return section


def _date(value: object) -> dt.date:
    if isinstance(value, dt.datetime):
        return value.date()
    if isinstance(value, dt.date):
        return value
    try:
        return dt.date.fromisoformat(str(value))
    except ValueError:
        raise ParameterError(name="as_of", value=value, reason="not a date", expected="a date: 2023-06-30") from None


def _language(value: object) -> Language:
    if value == "zh" or value == "en":
        return value
    raise ParameterError(name="default_language", value=value, reason="not a language here", expected="zh or en")


def _cutoffs(value: object) -> Cutoffs:
    if not isinstance(value, list | tuple) or not all(map(_is_number, value)):
        raise ParameterError(name="cutoffs", value=value, reason="not minutes", expected="[5, 10, 15]")
    return Cutoffs.of(value)


def _is_number(value: object) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _profiles(sections: Mapping[str, Any]) -> tuple[WalkProfile, ...]:
    return tuple(_profile(key, section) for key, section in sections.items())


def _profile(key: str, section: object) -> WalkProfile:
    values = section if isinstance(section, dict) else {"speed_mps": section}
    base = PROFILES.get(key, PROFILES["adult"])

    def number(name: str, default: float | None) -> float:
        value = values.get(name, default)
        if not _is_number(value):
            raise ParameterError(name=f"profiles.{key}.{name}", value=value, reason="not a number", expected="a number")
        return float(value)

    speed_mps = number("speed_mps", base.speed_mps if key in PROFILES else None)
    steps = number("steps_speed_factor", base.steps_speed_factor)
    return replace(base, id=key, speed_mps=speed_mps, steps_speed_factor=steps)


def _profile_names(sections: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    named: Iterable[tuple[str, dict[str, Any]]] = ((k, s) for k, s in sections.items() if isinstance(s, dict))
    return {
        key: (_text(section, "name_zh") or key, _text(section, "name_en") or key)
        for key, section in named
        if "name_zh" in section or "name_en" in section
    }
