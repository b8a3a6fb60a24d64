"""Program: a mixed-integer program gathered in arrays and solved by HiGHS, with answers on the way.

Huangfu, Q., Hall, J. A. J. (2018), Parallelizing the dual revised simplex method, Math. Prog. Comp. 10, 119-142.
"""

from __future__ import annotations

import atexit
import queue
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final, Literal
from weakref import WeakSet

import numpy as np
from numpy.typing import ArrayLike, NDArray

from geo.errors import Demand

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Status = Literal["improved", "optimal", "infeasible", "stopped"]

DIAGNOSIS_S: Final = (2.0, 10.0)
"""What finding out who conflicts may take, at least and at most, once it is known that somebody does."""
GRACE_S: Final = 1.0
"""The solver is asked to stop, and looks up between steps only; after this it is left to end by itself."""
FAREWELL_S: Final = 10.0
"""How long Python's end waits for solvers that were left behind: one that returns into what is no more aborts it."""


@dataclass
class Clock:
    """How long a question may take, and whether somebody has lost interest.

    Args:
        limit_s: seconds from the making of this clock.
        cancel: set it from any thread to stop at the next opportunity; the best answer so far stands.
    """

    limit_s: float = 60.0
    cancel: threading.Event | None = None
    begun: float = field(default_factory=time.perf_counter)

    @property
    def elapsed_s(self) -> float:
        """Seconds since this clock was made."""
        return time.perf_counter() - self.begun

    @property
    def stop(self) -> Literal["time", "cancelled"] | None:
        """Why to stop now, or None."""
        if self.cancel is not None and self.cancel.is_set():
            return "cancelled"
        return "time" if self.elapsed_s >= self.limit_s else None


@dataclass(frozen=True, eq=False)
class Outcome:
    """What the solver says: its status, and the values of all columns where it has any.

    Attributes:
        bound: no answer to the program has a better objective than this; NaN where the solver has no such bound.
    """

    status: Status
    values: Floats | None = None
    bound: float = np.nan


class Program:
    """Columns and rows, gathered and then solved.

    Args:
        maximize: the sense of the objective.
    """

    def __init__(self, *, maximize: bool) -> None:
        self.maximize = maximize
        self.n_columns = 0
        self.n_rows = 0
        self._columns: list[tuple[Floats, Floats, Floats, NDArray[np.int32]]] = []
        self._entries: list[tuple[Ints, Ints, Floats]] = []
        self._limits: list[tuple[Floats, Floats]] = []
        self._demands: list[Demand | None] = []
        self._dropped: set[Demand] = set()

    def columns(
        self, count: int, *, cost: ArrayLike = 0.0, low: ArrayLike = 0.0, high: ArrayLike = 1.0, integer: bool = False
    ) -> Ints:
        """Add columns; returns their numbers."""

        def each(values: ArrayLike) -> Floats:
            return np.broadcast_to(np.asarray(values, dtype=np.float64), count).copy()

        self._columns.append((each(cost), each(low), each(high), np.full(count, int(integer), np.int32)))
        self.n_columns += count
        return np.arange(self.n_columns - count, self.n_columns)

    def rows(
        self, row: Ints, column: Ints, value: ArrayLike, *, count: int, low: ArrayLike = -np.inf,
        high: ArrayLike = np.inf, demand: Demand | None = None,
    ) -> None:  # fmt: skip
        """Add `count` rows from entries (row counted from 0 here); `demand` is what they stand for, if anything."""
        self._entries.append(
            (row + self.n_rows, column, np.broadcast_to(np.asarray(value, dtype=np.float64), len(row)))
        )
        self._limits.append(
            tuple(np.broadcast_to(np.asarray(v, dtype=np.float64), count).copy() for v in (low, high))  # type: ignore[arg-type]
        )
        self._demands += [demand] * count
        self.n_rows += count

    def row(
        self, column: Ints, value: ArrayLike, *, low: float = -np.inf, high: float = np.inf,
        demand: Demand | None = None,
    ) -> None:  # fmt: skip
        """Add one row."""
        self.rows(np.zeros(len(column), np.int64), column, value, count=1, low=low, high=high, demand=demand)

    def solutions(
        self, clock: Clock, *, start: tuple[Ints, Floats] | None = None, gap: float = 0.0
    ) -> Iterator[Outcome]:
        """Solve; yields every better answer as it is found, and last how it ended, soon after the clock stops.

        Args:
            clock: when to stop.
            start: columns and their values to start from.
            gap: an answer this near to the optimum, in units of the objective, is optimal (1 less a bit for whole
                numbers of people).
        """
        run = _Run(self, clock, start, gap)
        thread = threading.Thread(target=run.work, daemon=True)
        _threads.add(thread)
        thread.start()
        try:
            while True:
                try:
                    answer = run.answers.get(timeout=GRACE_S)
                except queue.Empty:
                    if not clock.stop:
                        continue
                    answer = Outcome("stopped")  # inside one long step; it ends by itself when it next looks up
                if isinstance(answer, BaseException):
                    raise answer
                yield answer
                if answer.status != "improved":
                    return
        finally:
            run.abandoned.set()
            thread.join(GRACE_S)

    def solve(self, clock: Clock) -> Outcome:
        """Solve, and say only how it ended."""
        *_, last = self.solutions(clock)
        return last

    def conflict(self, clock: Clock) -> list[Demand]:
        """Of an infeasible program: demands that cannot hold together, none of which could be left out.

        A deletion filter: Chinneck, J. W. (2008), Feasibility and Infeasibility in Optimization, section 6.2. Demands
        that can be dropped while the rest stays infeasible are dropped, by halves first, as most are innocent. What
        was not yet tried when the time is over stays in the list: the clock's, but DIAGNOSIS_S at least and at most.
        """
        least, most = DIAGNOSIS_S
        clock = Clock(min(max(clock.limit_s - clock.elapsed_s, least), most), clock.cancel)
        demands = list(dict.fromkeys(demand for demand in self._demands if demand is not None))
        costs = self._columns
        self._columns = [(np.zeros_like(c), low, high, kind) for c, low, high, kind in costs]
        try:
            self._drop(demands, clock)
            return [demand for demand in demands if demand not in self._dropped]
        finally:
            self._dropped.clear()
            self._columns = costs

    def _drop(self, demands: list[Demand], clock: Clock) -> None:
        """Drop those of these that an infeasible program can do without."""
        if clock.stop or not demands:
            return
        self._dropped.update(demands)
        if self.solve(clock).status == "infeasible":
            return
        self._dropped.difference_update(demands)
        if len(demands) > 1:
            half = len(demands) // 2
            self._drop(demands[:half], clock)
            self._drop(demands[half:], clock)

    def pass_to(self, solver: Any) -> None:
        """Hand everything gathered to HiGHS."""
        from scipy.sparse import coo_array

        cost, low, high, kind = (np.concatenate(part) for part in zip(*self._columns, strict=True))
        entries = [np.concatenate(part) for part in zip(*self._entries, strict=True)]
        row, column, value = entries if entries else (np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0))
        matrix = coo_array((value, (row, column)), shape=(self.n_rows, self.n_columns)).tocsr()
        row_low, row_high = (np.concatenate(part) for part in zip(*self._limits, strict=True))
        if self._dropped:
            freed = np.array([demand in self._dropped for demand in self._demands])
            row_low, row_high = np.where(freed, -np.inf, row_low), np.where(freed, np.inf, row_high)
        nothing = np.empty(0, np.int32)
        status = solver.passModel(
            self.n_columns, self.n_rows, matrix.nnz, 0, 2, 1, -1 if self.maximize else 1, 0.0, cost, low, high,
            row_low, row_high, matrix.indptr.astype(np.int32), matrix.indices.astype(np.int32), matrix.data,
            nothing, nothing, np.empty(0), kind,
        )  # fmt: skip
        if "Error" in str(status):
            raise RuntimeError(f"HiGHS refused the program: {status}")


class _Run:
    """One run of HiGHS, in a thread of its own: it cannot be interrupted inside a step, and nobody waits for that.

    Attributes:
        answers: what it found, and last its end or its error.
        abandoned: set it when nobody wants the answer any more.
    """

    def __init__(self, program: Program, clock: Clock, start: tuple[Ints, Floats] | None, gap: float) -> None:
        self.program, self.clock, self.start, self.gap = program, clock, start, gap
        self.answers: queue.Queue[Outcome | BaseException] = queue.Queue()
        self.abandoned = threading.Event()

    def work(self) -> None:
        """Solve."""
        try:
            solver = None if self.clock.stop else self._solver()
            if solver is None or self.abandoned.is_set():
                self.answers.put(Outcome("stopped"))
                return
            solver.run()
            self.answers.put(_outcome(solver))
        except BaseException as error:  # noqa: BLE001 - handed to the thread that waits
            self.answers.put(error)

    def _solver(self) -> Any:
        import highspy

        solver: Any = highspy.Highs()  # type: ignore[no-untyped-call]
        solver.setOptionValue("output_flag", False)
        self.program.pass_to(solver)
        for option, setting in (
            ("threads", 1), ("parallel", "off"), ("mip_rel_gap", 0.0),
            ("mip_abs_gap", self.gap), ("time_limit", max(0.01, self.clock.limit_s - self.clock.elapsed_s)),
        ):  # fmt: skip
            solver.setOptionValue(option, setting)
        if self.start is not None:
            column, value = self.start
            solver.setSolution(len(column), column.astype(np.int32), value)
        kinds = highspy.cb.HighsCallbackType
        interrupts = (kinds.kCallbackMipInterrupt, kinds.kCallbackSimplexInterrupt, kinds.kCallbackIpmInterrupt)

        def callback(kind: Any, message: str, out: Any, into: Any, user_data: Any) -> None:
            if kind == kinds.kCallbackMipImprovingSolution:
                self.answers.put(Outcome("improved", np.array(out.mip_solution, dtype=np.float64)))
            elif self.abandoned.is_set() or self.clock.stop:
                into.user_interrupt = True

        solver.setCallback(callback, None)
        for kind in (kinds.kCallbackMipImprovingSolution, *interrupts):
            solver.startCallback(kind)
        return solver


_threads: WeakSet[threading.Thread] = WeakSet()


@atexit.register
def _wait_for_solvers() -> None:
    """Let solvers that were left behind end; all of them have been told to."""
    until = time.perf_counter() + FAREWELL_S
    for thread in list(_threads):
        thread.join(max(0.0, until - time.perf_counter()))


def _outcome(solver: Any) -> Outcome:
    import highspy

    status, info = solver.getModelStatus(), solver.getInfo()
    kinds = highspy.HighsModelStatus
    feasible = info.primal_solution_status == int(highspy.SolutionStatus.kSolutionStatusFeasible)
    bound = info.mip_dual_bound if info.mip_node_count >= 0 else np.nan  # -1: solved as a linear program
    values = np.array(solver.getSolution().col_value, dtype=np.float64) if feasible else None
    if status in (kinds.kOptimal, kinds.kModelEmpty):
        return Outcome("optimal", values, bound)
    if status in (kinds.kInfeasible, kinds.kUnboundedOrInfeasible):  # every column of ours is bounded
        return Outcome("infeasible")
    if status in (kinds.kTimeLimit, kinds.kInterrupt, kinds.kSolutionLimit):
        return Outcome("stopped", values, bound)
    raise RuntimeError(f"HiGHS ended with {solver.modelStatusToString(status)}")
