"""Sees a student's own kernel as grading sees a hand-in's, from when self-check starts on.

The same probes; but devices are the real ones, random generators are left alone, and nothing is
imported before the student's code imports it. What a failure of ours keeps from being seen is told
as such, and never raised where the student would meet it.
"""

from __future__ import annotations

import gc
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any

from . import out_of_sight
from .arrival import Arrival
from .callables import CallableProbe
from .check_lines import asked_in
from .listening import Listening, Output
from .observer import Observer
from .probes.names import is_public
from .recorder import Fact, Recorder, in_a_cell

MOST_RUNS = 2_000
"""Of cells, the latest of which are remembered."""


class CellRun:
    """One run of one cell.

    Attributes:
        number: counts the runs of this kernel, from 1.
        at: seconds since 1970 when it started.
        count: what the notebook shows beside it, as in "In [7]".
        cell: what the notebook calls the cell; empty where it does not say.
        source: its text.
        asked: the exercise that its `%%check` line names; None where there is no such line.
        outputs: what it showed, as a notebook holds it.
        error: what it raised: `ename`, `evalue`, `line`; empty where it raised nothing.
        facts: what the probes saw.
        ended: whether it has run to its end.
    """

    def __init__(self, number: int, cell: str, source: str) -> None:
        self.number = number
        self.count = 0
        self.at = time.time()
        self.cell = cell
        self.source = source
        self.asked = asked_in(source)
        self.outputs: list[Output] = []
        self.error: dict[str, Any] = {}
        self.facts: list[Fact] = []
        self.ended = False


class Session:
    """Records the cells that run in this kernel.

    Args:
        shell: IPython's, of a kernel.
        ours: tells whether a text is one of the grader's own.
        after: is given each run that has ended.

    Attributes:
        runs: of cells, in order; the last may still be running.
        problem: what keeps the probes from seeing anything; empty if nothing does.
    """

    def __init__(
        self, shell: Any, ours: Callable[[str], bool], after: Callable[[CellRun], None]
    ) -> None:
        self._shell = shell
        self._after = after
        self._recorder = Recorder()
        self._callables = CallableProbe(shell.user_ns)
        self._listening = Listening(shell, ours)
        self._observer: Observer | None = None
        self._challenges: Any = None
        self._names: dict[str, int] = {}
        self._depth = 0
        self._count = 0
        self.runs: list[CellRun] = []
        self.problem = ""

    def start(self) -> None:
        """Record from now on, the rest of the running cell included."""
        self._callables.cell_ended(-1)
        out_of_sight.install(self._shell)
        self._begin("", str(self._shell.history_manager.input_hist_raw[-1]))
        self._depth = 1
        self._shell.events.register("pre_run_cell", self._cell_starts)
        self._shell.events.register("post_run_cell", self._cell_ran)
        Arrival("torch", self._attach).wait()

    @property
    def torch(self) -> str:
        """The version of torch that is watched; empty before it was imported."""
        known = self._observer is not None
        return str(sys.modules["torch"].__version__) if known else ""

    @property
    def gpu(self) -> bool:
        """Whether the student's code has a GPU in use."""
        torch: Any = sys.modules.get("torch")
        if self._observer is None:
            return False
        return bool(torch.cuda.is_initialized() or torch.xpu.is_initialized())

    def _attach(self) -> None:
        """Put the probes in place."""
        try:
            torch: Any = sys.modules["torch"]
            from .probes import real_devices, seeds

            real = real_devices.RealDevice(torch, self._recorder)
            real_devices.watch_questions(torch, self._recorder)
            real_devices.watch_seeds(torch, real.generator, self._recorder)
            seeds.watch_others(self._recorder)
            observer = Observer(
                self._shell.user_ns, torch, self._recorder, real, Unkept(), self._callables,
                lambda: gc.collect(1),  # all of it takes longer than most cells
            )  # fmt: skip
            observer.names.start_from(self._names)
            observer.cell_starts(Source(self.runs[-1].source if self.runs else ""))
            self._observer = observer
        except Exception as problem:  # a version of torch that the probes do not know
            self.problem = f"{type(problem).__name__}: {problem}"[:300]

    def _begin(self, cell: str, source: str) -> None:
        self._count += 1
        self.runs.append(CellRun(self._count, cell, source))
        del self.runs[:-MOST_RUNS]
        if self._observer is None:
            self._names = {k: id(v) for k, v in self._shell.user_ns.items() if is_public(k)}
        out_of_sight.forget_warnings()
        self._listening.start()

    def _cell_starts(self, info: Any) -> None:
        self._depth += 1
        if self._depth > 1 or not info.store_history:
            return
        self._safely(self._begin, getattr(info, "cell_id", None) or "", str(info.raw_cell))
        if self._observer is not None:
            self._safely(self._observer.cell_starts, info)

    def _cell_ran(self, result: Any) -> None:
        self._depth = max(0, self._depth - 1)
        if self._depth:
            return
        self._listening.stop()
        if not self.runs or self.runs[-1].ended or not result.info.store_history:
            self._safely(self._drop)
            return
        run = self.runs[-1]
        run.count = result.execution_count or 0
        run.cell = run.cell or getattr(result.info, "cell_id", None) or ""
        problem = result.error_before_exec or result.error_in_exec
        if problem is not None:
            run.error = told(problem)
        if self._observer is not None:
            self._safely(self._observer.cell_ran, result)
        self._safely(self._take, run)
        run.ended = True
        self._after(run)

    def look(self) -> None:
        """See what the running cell has done by now, for a check that stands in it."""
        if self.runs and not self.runs[-1].ended:
            self.runs[-1].count = len(self._shell.history_manager.input_hist_raw) - 1
            if self._observer is not None:
                self._safely(self._observer.look)
            self._safely(self._take, self.runs[-1])

    def _take(self, run: CellRun) -> None:
        """Move what was seen into a run."""
        run.outputs = self._listening.heard()
        if self._observer is not None:
            run.facts += self._observer.facts(run.number)
        else:
            self._callables.cell_ended(run.number)
            if "matplotlib.figure" in sys.modules:
                run.facts.append(
                    {
                        "kind": "probe_failed",
                        "seq": 0,
                        "line": None,
                        "probe": "plots",
                        "problem": "figures are not seen before torch is imported",
                    }
                )

    def show(self, value: Any) -> None:
        """Show something below the running cell."""
        from IPython.display import display

        display(value)

    @contextmanager
    def aside(self) -> Iterator[None]:
        """What is done inside is ours, and no fact of the student's."""
        with self._recorder.paused():
            yield

    def _drop(self) -> None:
        """Forget what was no cell of the student's doing."""
        if self._observer is not None:
            self._observer.facts(-1)

    def _safely(self, do: Callable[..., None], *args: Any) -> None:
        try:
            do(*args)
        except Exception as problem:
            self._recorder.fail("recorder", f"{type(problem).__name__}: {problem}")

    @property
    def can_ask(self) -> bool:
        """Whether models and functions can be asked in a copy of this process.

        That is a fork, which no running GPU survives, and which macOS makes of little use.
        """
        can_fork = sys.platform == "linux" and hasattr(os, "fork")
        return self._observer is not None and can_fork and not self.gpu

    def answers(self, asked: list[dict[str, Any]]) -> list[Fact]:
        """What models and functions give for inputs, each in a copy of this process.

        Args:
            asked: challenges as grading puts them; their cells are numbers of runs.
        """
        observer = self._observer
        if observer is None or not self.can_ask:
            return []
        if self._challenges is None:
            from .challenge import Challenges

            torch: Any = sys.modules["torch"]
            publisher = type(self._shell.kernel.iopub_thread)
            self._challenges = Challenges(
                publisher, torch, self._recorder, observer.models, self._callables, observer.files,
                observer.operations.only_serve,
            )  # fmt: skip
        facts: list[Fact] = self._challenges.answers({"challenges": asked})
        return facts


class Unkept:
    """In place of `SavedFiles`: files stay where they are, and nobody takes them."""

    def note(self, told: str) -> None:
        """A file was saved."""

    def cell_ended(self) -> None:
        """A cell ended."""

    def place(self, number: int) -> str:
        """Nowhere."""
        return ""


class Source:
    """What a probe looks at of a cell that is about to run."""

    def __init__(self, raw_cell: str) -> None:
        self.raw_cell = raw_cell


def told(problem: BaseException) -> dict[str, Any]:
    """An exception as evidence tells it: class, message, and the line of the cell."""
    line = getattr(problem, "lineno", None) if isinstance(problem, SyntaxError) else None
    return {"ename": type(problem).__name__, "evalue": message(problem),
            "line": line or line_in(problem.__traceback__)}  # fmt: skip


def message(problem: BaseException) -> str:
    """What an exception says; nothing where that raises itself."""
    try:
        return str(problem)
    except Exception:
        return ""


def line_in(trace: TracebackType | None) -> int | None:
    """The line of the cell that a traceback begins in."""
    while trace is not None:
        if in_a_cell(trace.tb_frame.f_code.co_filename):
            return trace.tb_lineno
        trace = trace.tb_next
    return None
