"""The choices of the page Siting: what is changed, what is asked, and under which rules."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Final

from dashboard.choice import Choice, ScenarioChoice, WrittenChoice
from dashboard.figures import minutes
from dashboard.siting.changes import makeable
from dashboard.siting.changes import read as read_changes
from dashboard.siting.rules import is_amount, read_quotas, read_weights, written_weights
from data.scenarios import scenarios
from data.tables.changes import written
from geo.people.residents import AGE_GROUPS

if TYPE_CHECKING:
    from data.workspace import Workspace

TASKS: Final = ("whatif", "best", "curve")
GOALS: Final = ("cover", "fewest", "mean", "worst")
"""What the best new sites are the best in."""
ANY_COUNT: Final = "any"
"""As many as the budget allows."""
COUNTS: Final = (*(str(n) for n in range(1, 31)), ANY_COUNT)
TARGETS: Final = ("80", "90", "95", "100")
"""Percent of the residents whom any site can cover."""
CANDIDATES: Final = ("large", "villages", "communities", "streets", "file")
EVERY_M: Final = ("100", "150", "200", "300", "500", "800", "1000")
"""How far apart candidates along streets are."""
AMOUNTS: Final = ("apart", "budget", "price", "room")
"""Of the rules of siting: least distance (m), money, money for a center, residents whom a center can serve."""
OWN_WEIGHTS: Final = "own"
WEIGHTS: Final = ("all", "elders_twice", "elders", "children", OWN_WEIGHTS)
"""Who counts."""
LEAST_SHARES: Final = ("0", "30", "40", "50", "60", "70", "80")
"""Percent that each town should have covered at least."""
EVEN_WEIGHTS: Final = written_weights(1.0 for _ in AGE_GROUPS)
"""Of the age groups, where they are chosen one by one."""
GIVEN: Final = ("open", "committed")
"""Centers that stand in every answer: the open ones, or also those that are being built or planned."""
DRAWN_FOR_SITING: Final = ("catchments", "uncovered", "streets", "names")
"""Layers of the map."""

_DIGEST: Final = re.compile(r"[0-9a-f]{12}")


class ChangesChoice(Choice):
    """The changes of a what-if (`dashboard.siting.changes`); its options are today's open centers."""

    def allows(self, value: object) -> bool:
        """Whether a value says changes that can be made."""
        return read_changes(value, self.options) is not None

    def read(self, url: Mapping[str, str]) -> str | None:
        """The changes in a URL, or None."""
        text = url.get(self.key)
        return text if self.allows(text) else None


def choices(workspace: Workspace) -> tuple[Choice, ...]:
    """The task, the changes of a what-if, the question and its rules, and the layers."""
    return (
        Choice("task", TASKS, TASKS[0]),
        ChangesChoice("changes", workspace.open_centers, None),
        ScenarioChoice("scenario", [found.id for found in scenarios(workspace)], None, partial(held_by, workspace)),
        Choice("goal", GOALS, GOALS[0]),
        Choice("count", COUNTS, "5"),
        Choice("target", TARGETS, "95"),
        Choice("candidates", CANDIDATES, "villages"),
        Choice("every", EVERY_M, "300"),
        WrittenChoice("file", (), None, lambda text: _DIGEST.fullmatch(text) is not None),
        *(WrittenChoice(name, (), None, is_amount) for name in AMOUNTS),
        WrittenChoice("quotas", (), None, partial(_says_quotas, towns=workspace.towns)),
        Choice("weights", WEIGHTS, WEIGHTS[0]),
        WrittenChoice("ages", (), EVEN_WEIGHTS, lambda text: read_weights(text, len(AGE_GROUPS)) is not None),
        Choice("least", LEAST_SHARES, LEAST_SHARES[0]),
        Choice("given", GIVEN, GIVEN[0]),
        Choice("ground", DRAWN_FOR_SITING, DRAWN_FOR_SITING),
    )


def _says_quotas(text: str, towns: Sequence[str]) -> bool:
    return read_quotas(text, towns) is not None


def held_by(workspace: Workspace, scenario: str) -> dict[str, str]:
    """What a saved scenario stands for in a link, as far as the workspace still offers it."""
    found = next(each for each in scenarios(workspace) if each.id == scenario)
    settings = workspace.settings
    held = {"changes": written(makeable(found.changes, workspace.open_centers))}
    if found.profile in [profile.id for profile in settings.profiles]:
        held["profile"] = found.profile
    if found.minutes in settings.cutoffs.minutes:
        held["minutes"] = minutes(found.minutes)
    return {key: text for key, text in held.items() if text is not None}
