"""Program: a mixed-integer program gathered in arrays and solved by HiGHS, with answers on the way.

Huangfu, Q., Hall, J. A. J. (2018), Parallelizing the dual revised simplex method, Math. Prog. Comp. 10, 119-142.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Status = Literal["improved", "optimal", "infeasible", "stopped"]

DIAGNOSIS_S: Final = 10.0
GRACE_S: Final = 1.0
"""The solver is asked to stop, and looks up between steps only; after this it is left to end by itself."""


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
    """What the solver says: its status, and the values of all columns where it has any."""

    status: Status
    values: Floats | None = None


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
        self._names: list[str | None] = []
        self._free_groups: set[str] = set()

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
        high: ArrayLike = np.inf, name: str | None = None,
    ) -> None:  # fmt: skip
        """Add `count` rows from entries (row counted from 0 here); `name` says the demand they stand for, if any."""
        self._entries.append(
            (row + self.n_rows, column, np.broadcast_to(np.asarray(value, dtype=np.float64), len(row)))
        )
        self._limits.append(
            tuple(np.broadcast_to(np.asarray(v, dtype=np.float64), count).copy() for v in (low, high))  # type: ignore[arg-type]
        )
        self._names += [name] * count
        self.n_rows += count

    def row(self, column: Ints, value: ArrayLike, *, low: float = -np.inf, high: float = np.inf, name: str) -> None:
        """Add one named row."""
        self.rows(np.zeros(len(column), np.int64), column, value, count=1, low=low, high=high, name=name)

    def solutions(
        self, clock: Clock, *, start: tuple[Ints, Floats] | None = None, gap: float = 0.0
    ) -> Iterator[Outcome]:
        """Solve; yields every better answer as it is found, and last how it ended.

        Args:
            clock: when to stop.
            start: columns and their values to start from.
            gap: an answer this near to the optimum, in units of the objective, is optimal (1 less a bit for whole
                numbers of people).
        """
        answers: queue.Queue[Outcome | BaseException] = queue.Queue()
        abandoned = threading.Event()
        solver = self._solver(clock, answers, abandoned, start, gap)

        def work() -> None:
            try:
                solver.run()
                answers.put(_outcome(solver))
            except BaseException as error:  # noqa: BLE001 - handed to the thread that waits
                answers.put(error)

        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        try:
            while True:
                try:
                    answer = answers.get(timeout=GRACE_S)
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
            abandoned.set()
            thread.join(GRACE_S)

    def solve(self, clock: Clock, *, start: tuple[Ints, Floats] | None = None, gap: float = 0.0) -> Outcome:
        """Solve, and say only how it ended."""
        *_, last = self.solutions(clock, start=start, gap=gap)
        return last

    def conflict(self, clock: Clock) -> list[str]:
        """Of an infeasible program: names of demands that cannot hold together, none of which could be left out.

        A deletion filter: Chinneck, J. W. (2008), Feasibility and Infeasibility in Optimization, section 6.2. Every
        demand that can be dropped while the rest stays infeasible is dropped. It has a time of its own, DIAGNOSIS_S;
        when that is over, what was not yet tried stays in the list.
        """
        clock = Clock(DIAGNOSIS_S, clock.cancel)
        names = list(dict.fromkeys(name for name in self._names if name is not None))
        kept, costs = list(names), self._columns
        self._columns = [(np.zeros_like(c), low, high, kind) for c, low, high, kind in costs]
        try:
            for name in names:
                if clock.stop:
                    break
                self._free_groups.add(name)
                if self.solve(clock).status == "infeasible":
                    kept.remove(name)
                else:
                    self._free_groups.discard(name)
        finally:
            self._free_groups.clear()
            self._columns = costs
        return kept

    def _solver(
        self, clock: Clock, answers: queue.Queue[Outcome | BaseException], abandoned: threading.Event,
        start: tuple[Ints, Floats] | None, gap: float,
    ) -> Any:  # fmt: skip
        import highspy

        solver: Any = highspy.Highs()  # type: ignore[no-untyped-call]
        for option, setting in (
            ("output_flag", False), ("threads", 1), ("parallel", "off"), ("mip_rel_gap", 0.0), ("mip_abs_gap", gap),
            ("time_limit", max(0.01, clock.limit_s - clock.elapsed_s)),
        ):  # fmt: skip
            solver.setOptionValue(option, setting)
        self._pass_to(solver)
        if start is not None:
            column, value = start
            solver.setSolution(len(column), column.astype(np.int32), value)
        kinds = highspy.cb.HighsCallbackType
        interrupts = (kinds.kCallbackMipInterrupt, kinds.kCallbackSimplexInterrupt, kinds.kCallbackIpmInterrupt)

        def callback(kind: Any, message: str, out: Any, into: Any, user_data: Any) -> None:
            if kind == kinds.kCallbackMipImprovingSolution:
                answers.put(Outcome("improved", np.array(out.mip_solution, dtype=np.float64)))
            elif abandoned.is_set() or clock.stop:
                into.user_interrupt = True

        solver.setCallback(callback, None)
        for kind in (kinds.kCallbackMipImprovingSolution, *interrupts):
            solver.startCallback(kind)
        return solver

    def _pass_to(self, solver: Any) -> None:
        from scipy.sparse import coo_array

        cost, low, high, kind = (np.concatenate(part) for part in zip(*self._columns, strict=True))
        entries = [np.concatenate(part) for part in zip(*self._entries, strict=True)]
        row, column, value = entries if entries else (np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0))
        matrix = coo_array((value, (row, column)), shape=(self.n_rows, self.n_columns)).tocsr()
        row_low, row_high = (np.concatenate(part) for part in zip(*self._limits, strict=True))
        if self._free_groups:
            freed = np.array([name in self._free_groups for name in self._names])
            row_low, row_high = np.where(freed, -np.inf, row_low), np.where(freed, np.inf, row_high)
        nothing = np.empty(0, np.int32)
        status = solver.passModel(
            self.n_columns, self.n_rows, matrix.nnz, 0, 2, 1, -1 if self.maximize else 1, 0.0, cost, low, high,
            row_low, row_high, matrix.indptr.astype(np.int32), matrix.indices.astype(np.int32), matrix.data,
            nothing, nothing, np.empty(0), kind,
        )  # fmt: skip
        if "Error" in str(status):
            raise RuntimeError(f"HiGHS refused the program: {status}")


def _outcome(solver: Any) -> Outcome:
    import highspy

    status = solver.getModelStatus()
    kinds = highspy.HighsModelStatus
    solution = solver.getSolution()
    values = np.array(solution.col_value, dtype=np.float64) if solution.value_valid else None
    if status in (kinds.kOptimal, kinds.kModelEmpty):
        return Outcome("optimal", values)
    if status in (kinds.kInfeasible, kinds.kUnboundedOrInfeasible):  # every column of ours is bounded
        return Outcome("infeasible")
    if status in (kinds.kTimeLimit, kinds.kInterrupt, kinds.kSolutionLimit):
        return Outcome("stopped", values)
    raise RuntimeError(f"HiGHS ended with {solver.modelStatusToString(status)}")
