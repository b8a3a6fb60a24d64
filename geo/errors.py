"""The error tree: every failure that a user can mend has a class here.

An error is a template and the facts that fill it: `what` happened and where, and how to `mend` it.
The class name is the key under which the dashboard finds both sentences in the user's language; here
they are English. Each class also has a builtin parent, so `except ValueError` works as expected.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Final, Literal


class AtlasError(Exception):
    """Root of the tree.

    Args:
        **facts: values for the `{placeholders}` of `what` and `mend`.
    """

    what: ClassVar[str] = "Something failed: {detail}."
    mend: ClassVar[str] = "Report it with the text above."

    def __init__(self, **facts: object) -> None:
        self.facts = facts
        super().__init__(self.render(self.what, self.mend))

    @property
    def code(self) -> str:
        """The key of this error in the message catalogs."""
        return type(self).__name__

    def render(self, what: str, mend: str) -> str:
        """Fill the two templates, in whatever language, with this error's facts."""
        happened, advice = what.format(**self.facts), mend.format(**self.facts)
        return "\n".join((happened, advice)) if "\n" in happened else f"{happened} {advice}".strip()


class InputError(AtlasError, ValueError):
    """Something that was given cannot be used."""


class ParameterError(InputError):
    what = "{name} = {value} cannot be used: {reason}."
    mend = "Give {expected}."


class MissingFileError(InputError, FileNotFoundError):
    what = "There is no file {path}."
    mend = "Check the path; relative paths start at the folder where the command runs."


class NotAWorkspaceError(InputError, FileNotFoundError):
    what = "{path} is not a workspace: it holds no {file}."
    mend = "Make one with `python -m data new`, or check LINLI_WORKSPACE."


class DamagedFileError(InputError):
    what = "{path} cannot be read as {kind}: {reason}."
    mend = "Fetch or make the file again; it may be cut off or of another kind."


class UnsupportedFormatError(InputError):
    what = "{path} has an ending that is not known here."
    mend = "Use one of: {expected}."


class MissingColumnError(InputError, KeyError):
    what = "{path} lacks the column {column}; it has: {found}."
    mend = "Add the column, or rename the one that holds it."

    def __str__(self) -> str:  # KeyError would print the repr
        return str(self.args[0])


class AngleFormatError(InputError):
    what = "{text} cannot be read as an angle: {reason}."
    mend = "Write degrees such as 118.908, or degrees, minutes and seconds such as 118°54'28.8\"E."


class UnsafeArchiveError(InputError):
    what = "{path} was not unpacked: {reason}."
    mend = "Use only archives made by this program or by somebody you trust."


class FolderInUseError(InputError, FileExistsError):
    what = "{path} already exists and is not empty."
    mend = "Choose another folder; nothing is overwritten."


class EmptyTableError(InputError):
    what = "{path} holds no rows."
    mend = "Give at least one."


class MissingCrsError(InputError):
    what = "{path} does not say in which coordinate system it is."
    mend = "State it (for a Shapefile: the .prj file); degrees are read as EPSG:4326."


class NoWalkableStreetsError(InputError):
    what = "{path} holds no street that can be walked ({detail})."
    mend = "Use an extract that covers the place, with its highway ways."


class ElevationCoverageError(InputError):
    what = "The elevation model {path} covers only {share_pct} % of the street network."
    mend = "Use a model that covers lon {west}–{east}, lat {south}–{north}."


class NetworkVersionError(InputError):
    what = "{path} is a street network of format version {found}; this program reads version {expected}."
    mend = "Make it again from its source with `python -m geo streets`."


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault in a table.

    Attributes:
        row: 1-based data row, or None for the table as a whole.
        column: the column's name.
        code: key of the sentence in the message catalogs.
        text: what is wrong and how to mend it, in English.
        value: the offending value, as text.
        facts: what `text` says beyond that, for the same sentence in another language.
    """

    row: int | None
    column: str
    code: str
    text: str
    value: str = ""
    facts: Mapping[str, object] = field(default_factory=dict, compare=False)

    def __str__(self) -> str:
        place = f"row {self.row}, " if self.row is not None else ""
        shown = f" ({self.value})" if self.value else ""
        return f"{place}{self.column}{shown}: {self.text}"


class TableFaultsError(InputError):
    """A table with faults: all of them are collected, then raised once."""

    what = "{path} has {count} fault(s):\n{listing}"
    mend = "Mend these rows; nothing was computed or written."
    shown: ClassVar[int] = 20

    def __init__(self, path: object, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        lines = [f"  - {fault}" for fault in self.faults[: self.shown]]
        if len(self.faults) > self.shown:
            lines.append(f"  - … and {len(self.faults) - self.shown} more")
        super().__init__(path=path, count=len(self.faults), listing="\n".join(lines))


def raise_on_faults(source: object, faults: Sequence[Fault]) -> None:
    """Raise the faults of a table, in the order of its rows; nothing where there are none.

    Raises:
        TableFaultsError: there are some.
    """
    if faults:
        raise TableFaultsError(source, sorted(faults, key=lambda fault: fault.row or 0))


class NobodyInReachError(InputError):
    what = "None of the {candidates} candidate(s) reaches any resident within {minutes} minutes."
    mend = "Check that candidates and residents lie on the same streets, or allow more time."


class TooManyCandidatesError(InputError):
    what = "{path} holds {count:,} candidates; no more than {most:,} can be compared."
    mend = "Leave out those that are out of the question, or one of each pair that is close together."


class TooFewCandidatesError(InputError):
    what = "{wanted} new site(s) were asked for, but only {available} candidate(s) can be chosen."
    mend = "Ask for fewer, or give more candidates."


DemandKind = Literal[
    "count", "least", "most", "budget", "spacing", "target", "floor", "capacity", "everyone", "existing", "barred"
]

_DEMANDS: Final[dict[DemandKind, str]] = {
    "count": "at most {amount:g} new site(s)",
    "least": "at least {amount:g} in {of}",
    "most": "at most {amount:g} in {of}",
    "budget": "a budget of {amount:,.15g}",
    "spacing": "a spacing of {amount:g} m",
    "target": "a covered share of {amount:.15g}",
    "floor": "{amount:.15g} of {of} {done}",
    "capacity": "the capacity of the sites",
    "everyone": "everyone in reach served",
    "existing": "today's centers",
    "barred": "{amount:g} candidate(s) barred",
}


@dataclass(frozen=True, slots=True)
class Demand:
    """What is demanded of a choice of sites; `str` gives the English sentence.

    Attributes:
        kind: which demand it is.
        of: whom a quota or a floor is about, as the rule is named.
        amount: sites (`count`, `least`, `most`, `barred`), money (`budget`), meters (`spacing`), a share of residents
            (`target`, `floor`), or minutes (`everyone`).
        can: the share that can be had at most, where it is less than what is demanded.
        done: what a floor demands: residents are to be covered, or, with capacities, served.
    """

    kind: DemandKind
    of: str = ""
    amount: float | None = None
    can: float | None = None
    done: Literal["covered", "served"] = "covered"

    def __str__(self) -> str:
        said = _DEMANDS[self.kind].format(of=self.of, amount=self.amount, done=self.done)
        if self.kind == "everyone" and self.amount is not None:
            return f"{said} within {self.amount:.15g} minutes"
        if self.can is None:
            return said
        only = f"{self.can:.4f} is in reach of any that may open" if self.kind == "target" else f"{self.can:.3f} can be"
        return f"{said} (only {only})"


class ConflictingRulesError(InputError):
    """Demands that cannot hold together, none of which could be left out."""

    what = "No choice of sites meets all demands. These cannot hold together: {conflict}."
    mend = "Relax or drop one of them."

    def __init__(self, demands: Sequence[Demand]) -> None:
        self.demands = tuple(demands)
        super().__init__(conflict="; ".join(map(str, self.demands)))


class MissingValuesError(InputError):
    what = "{count} of {all} candidate(s) have no {column}; the first is {first}."
    mend = "Fill it in for every candidate, or set one for all."


class UnknownPeopleError(InputError):
    what = "The people of {group} are not known at {count} of {all} demand point(s); the first is {first}."
    mend = "Fill in the column {group}, or count groups only that are known everywhere."


class ReadOnlyWorkspaceError(InputError):
    what = "{path} is the shipped sample, which stays as it is."
    mend = "Make a copy to edit with `python -m data init FOLDER`, and open that."


class RegistryInUseError(InputError):
    what = "The database {path} already holds records."
    mend = "Give an empty one; nothing is overwritten."


class NoHistoryError(InputError):
    what = "Nobody knows how {path} was on {as_of}: its tables come from files, which keep no history."
    mend = "Leave the day out; the history begins with the first edit."


class StaleRecordError(AtlasError, RuntimeError):
    what = "{table} {key} was changed by {who} at {at}, after you opened it: {changed}."
    mend = "Look at the new values, then make your change again; nothing of yours was written."


class StalePreviewError(AtlasError, RuntimeError):
    what = "{table} was changed by {who} at {at}, after you looked at the preview ({count} records)."
    mend = "Look at the preview again; nothing of yours was written."


class UnsureRemovalError(InputError):
    what = "{path} cannot tell which records are gone: {columns} has {count} error(s), behind which one may stand."
    mend = "Correct them, or import without removing; nothing was written."


class RecordInUseError(InputError):
    what = "{table} {key} cannot be removed: {users} refer to it."
    mend = "Remove or move those first."


class UnknownRecordError(InputError, LookupError):
    what = "There is no {key} in {table}{when}."
    mend = "Check the key; it may have been removed."


class RegistryBusyError(AtlasError, TimeoutError):
    what = "{path} is locked: somebody else has been writing for more than {seconds} s."
    mend = "Try again in a moment; nothing was written."

    def __str__(self) -> str:  # OSError would print its errno form
        return str(self.args[0])


class RegistryVersionError(InputError):
    what = "{path} was made by a newer program (version {found}; this one knows {expected})."
    mend = "Update this program; nothing was changed."


class RegistryUnreachableError(AtlasError, ConnectionError):
    what = "The database {path} cannot be reached: {reason}."
    mend = "Check the address, and that the server runs."

    def __str__(self) -> str:
        return str(self.args[0])


class OutputError(AtlasError, OSError):
    what = "{path} cannot be written: {reason}."
    mend = "Choose a folder that exists, that you may write to, with space left."

    def __str__(self) -> str:  # OSError would print its errno form
        return str(self.args[0])
