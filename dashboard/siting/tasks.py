"""Tasks: what the page Siting can be asked to do. Each says what it puts on the map, beside it and below it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar, Final

import streamlit as st

from dashboard import beginning
from dashboard.panels import quiet
from dashboard.siting import answer, controls, curve, panel, scenarios, why

if TYPE_CHECKING:
    from dashboard.siting.best import Answer, Asked
    from dashboard.siting.job import Job
    from dashboard.siting.layers import Mark
    from dashboard.siting.view import SitingView
    from dashboard.siting.whatif import WhatIf
    from geo.siting.tradeoff import CurveStep


@dataclass(frozen=True, eq=False)
class Task:
    """One thing to do. This one is no more than today's map.

    Attributes:
        pointing: a click on the ground places a center.
        view: what is looked at.
    """

    pointing: ClassVar[bool] = False
    view: SitingView

    @property
    def marks(self) -> Sequence[Mark]:
        """Signs on the map."""
        return ()

    @property
    def changed(self) -> WhatIf | None:
        """What the map shows to be changed: catchments of new places, and homes that they cover."""
        return None

    def beside(self) -> None:
        """The panel beside the map."""

    def below(self) -> None:
        """What stands below the map."""


class NobodyCounted(Task):
    """Without residents no place is better than another."""

    def beside(self) -> None:
        """Why there is no answer."""
        quiet(self.view.text("siting.no_residents"))


class Trying(Task):
    """Click and see; keep it, compare it, hand it on."""

    pointing = True

    @property
    def marks(self) -> Sequence[Mark]:
        """The changes."""
        return self.view.marks()

    @property
    def changed(self) -> WhatIf:
        """What they bring."""
        return self.view.what_if

    def beside(self) -> None:
        """Figures and details."""
        panel.panel(self.view)

    def below(self) -> None:
        """Scenarios: keep, compare, hand on."""
        scenarios.section(self.view)


class FindingBest(Task):
    """The best sites, searched in the background from the moment on that they are looked at."""

    @cached_property
    def asked(self) -> Asked | None:
        """The question; None while what it speaks of is not here."""
        return controls.asked(self.view)

    @cached_property
    def found(self) -> Job[Answer] | None:
        """The search."""
        return answer.answers(self.view, self.asked) if self.asked else None

    @cached_property
    def items(self) -> Sequence[Answer]:
        """Answers so far, the best one last: map and panels show the same one."""
        return self.found.items if self.found else ()

    @property
    def marks(self) -> Sequence[Mark]:
        """The chosen sites, numbered."""
        return answer.marks(self.view, self.asked, self.items[-1]) if self.asked and self.items else ()

    @property
    def changed(self) -> WhatIf | None:
        """What they bring."""
        return answer.brought(self.view, self.asked, self.items[-1]) if self.asked and self.items else None

    def beside(self) -> None:
        """The question, the plan and its proof."""
        answer.panel(self.view, self.asked, self.found, self.items)

    def below(self) -> None:
        """Why these sites."""
        if self.asked and self.found and self.items:
            why.below(self.view, self.asked, self.found, self.items[-1])


class Weighing(Task):
    """How much each further site brings."""

    @cached_property
    def asked(self) -> Asked | None:
        """The question; None while what it speaks of is not here."""
        return controls.asked(self.view)

    @cached_property
    def found(self) -> Job[CurveStep] | None:
        """The curve, as it is computed."""
        return curve.steps(self.view, self.asked) if self.asked else None

    def beside(self) -> None:
        """The question and the curve."""
        curve.panel(self.view, self.asked, self.found)


TASKS: Final[dict[str, type[Task]]] = {"whatif": Trying, "best": FindingBest, "curve": Weighing}


def task_of(view: SitingView) -> Task:
    """What the page is asked to do."""
    kind = TASKS[st.session_state["task"]]
    if not kind.pointing and "residents" in beginning.lacks(view.workspace):
        return NobodyCounted(view)
    return kind(view)
