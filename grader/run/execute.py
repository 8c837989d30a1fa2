"""Runs a hand-in top to bottom in a kernel of its own and returns its evidence.

One failing cell never stops the run. A cell over a limit is interrupted and keeps what it had; a
kernel that is gone leaves the cells after it unreached, and everything before it judged.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple, cast

import nbformat
import psutil
from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.manager import AsyncKernelManager
from nbformat import NotebookNode

import grader
from grader.assignment import Assignment
from grader.errors import HostError
from grader.evidence import SCHEMA, Ending, Evidence, Header, number
from grader.exercises import Placement
from grader.facts import CellEnded, CellEnding, CellRead, Fact, ProbeFailed
from grader.notebook import Notebook
from grader.preparation import only_prepares
from grader.run.ask import ask, read_claims
from grader.run.client import CountingClient
from grader.run.outputs import cell_ended, outputs_seen
from grader.run.prepare import kernel_folder
from grader.run.watch import Usage, excess
from grader.sandboxes.plain import PlainSpecs
from grader.submission import Submission

ANSWER_S = 60.0
IMPATIENT_S = 2.0
"""How long a kernel that was silent once is waited for."""
START_S = 120

Progress = Callable[[int, int], None]


class Run(NamedTuple):
    """What running a hand-in gave: evidence, and the notebook with the outputs of our run."""

    evidence: Evidence
    executed: NotebookNode


def initial_seed(sha256: str, salt: int = 0) -> int:
    """Where the random generators start: fixed for a hand-in, and no seed a course would use.

    Always above 2**40, so that a forgotten seed shows.
    """
    mixed = hashlib.sha256(f"{sha256}:{salt}".encode()).digest()
    return 2**40 + int.from_bytes(mixed[:5], "big")


def run_submission(
    submission: Submission,
    assignment: Assignment,
    placement: Placement,
    *,
    salt: int = 0,
    progress: Progress = lambda done, total: None,
) -> Run:
    """Run a readable hand-in in a fresh kernel.

    Args:
        submission: a hand-in whose notebook could be read.
        assignment: gives the limits.
        placement: which cell answers which exercise.
        salt: another one starts the random generators elsewhere.
        progress: called with cells done and cells in all.

    Raises:
        HostError: the kernel could not be started.
    """
    assert isinstance(submission.notebook, Notebook)  # noqa: S101  (the caller's duty)
    seed = initial_seed(submission.sha256, salt)
    with kernel_folder() as folder:
        running = _Running(submission.notebook, assignment, placement, seed, folder, progress)
        facts = asyncio.run(running.run())
    header = Header(
        schema=SCHEMA,
        assignment=assignment.id,
        student=submission.student,
        submission=submission.sha256,
        ending=running.ending,
        why=running.why,
        sandbox="plain",
        devices="served by the CPU",
        initial_seed=seed,
        torch=version("torch"),
        grader=grader.__version__,
        uncertain=list(placement.uncertain),
    )
    return Run(Evidence(header=header, facts=number(facts)), running.executed)


class _Running:
    """One run, from its first cell to its last."""

    def __init__(
        self,
        notebook: Notebook,
        assignment: Assignment,
        placement: Placement,
        seed: int,
        folder: Path,
        progress: Progress,
    ) -> None:
        self._notebook = notebook
        self._limits = assignment.limits
        self._placement = placement
        self._progress = progress
        self._folder = folder
        self.executed = fresh_notebook(notebook)
        self._answers = True
        self.ending: Ending = "finished"
        self.why = ""
        self._manager = AsyncKernelManager(
            transport="ipc",
            ip=str(folder / "k"),
            connection_file=str(folder / "c.json"),
            kernel_spec_manager=PlainSpecs(seed),
            kernel_name="grader",
        )
        self._client = CountingClient(
            self.executed,
            km=self._manager,
            allow_errors=True,
            timeout=None,
            startup_timeout=START_S,
            shutdown_kernel="immediate",
            record_timing=False,
            store_widget_state=False,
            output_bytes=assignment.limits.output_bytes,
            resources={"metadata": {"path": str(folder / "work")}},
        )

    async def run(self) -> list[Fact]:
        """Every cell's facts, in order."""
        await self._start()
        facts: list[Fact] = []
        try:
            try:
                usage = Usage(vars(self._manager.provisioner)["pid"])
            except psutil.Error as problem:
                raise HostError(f"the kernel ended as it started: {problem}") from problem
            for done, cell in enumerate(self._notebook.code):
                facts += await self._run_cell(cell.index, usage)
                self._progress(done + 1, len(self._notebook.code))
        finally:
            with suppress(Exception):  # the kernel may be gone; its folder goes in any case
                await self._manager.shutdown_kernel(now=True)
            self._kernel_client().stop_channels()
        return facts

    async def _start(self) -> None:
        """Start the kernel; what it writes outside Jupyter's protocol goes to a log."""
        log = self._folder / "kernel.log"
        try:
            with log.open("wb") as file:
                await self._client.async_start_new_kernel(stdout=file, stderr=file)
            await self._client.async_start_new_kernel_client()
        except Exception as problem:
            said = log.read_text(errors="replace").strip().splitlines()[-1:]
            raise HostError(
                f"the kernel did not start: {str(problem)[:300]} {''.join(said)[:300]}"
            ) from problem

    def _kernel_client(self) -> AsyncKernelClient:
        """The channels to the kernel, once it runs."""
        return cast(AsyncKernelClient, self._client.kc)

    async def _run_cell(self, index: int, usage: Usage) -> list[Fact]:
        cell = self.executed.cells[index]
        exercise = self._placement.exercise.get(index)
        written = index in self._placement.written
        read = CellRead(
            cell=index, exercise=exercise, source=cell.source, written=written,
            prepares=only_prepares(cell.source),
        )  # fmt: skip
        if self.ending != "finished":
            return [read, CellEnded(cell=index, exercise=exercise, ending="unreached")]
        ending = await self._within_limits(cell, index, usage) if cell.source.strip() else None
        facts: list[Fact] = [read]
        if self.ending == "finished":
            raw = await ask(self._kernel_client(), ANSWER_S if self._answers else IMPATIENT_S)
            self._answers = raw is not None
            if raw is not None:
                facts += read_claims(raw, index, exercise)
            elif await self._manager.is_alive():
                problem = "the kernel did not say what happened"
                facts.append(
                    ProbeFailed(cell=index, exercise=exercise, probe="wire", problem=problem)
                )
            else:
                ending = self._gone(index, "kernel_died", "ended the kernel")
        if ending != "kernel_died":  # how much a dying kernel still gets out is chance
            facts += outputs_seen(cell, index, exercise, self._limits.kept_text)
        facts.append(cell_ended(cell, index, exercise, ending))
        return facts

    async def _within_limits(
        self, cell: NotebookNode, index: int, usage: Usage
    ) -> CellEnding | None:
        """Execute one cell; how it ended where its outputs do not tell."""
        self._client.new_cell()
        ended = asyncio.Event()
        executing = asyncio.ensure_future(self._client.async_execute_cell(cell, index))
        executing.add_done_callback(lambda _: ended.set())
        watching = asyncio.ensure_future(
            excess(usage, self._limits, self._client.flooded, ended=ended)
        )
        await asyncio.wait({executing, watching}, return_when=asyncio.FIRST_COMPLETED)
        over = None
        if watching.done() and not executing.done() and (over := watching.result()) is not None:
            if over != "out_of_memory":
                await self._manager.interrupt_kernel()
                await asyncio.wait({executing}, timeout=self._limits.interrupt_grace_s)
            if not executing.done():
                await self._manager.shutdown_kernel(now=True)
                executing.cancel()
                ended.set()
                with suppress(Exception, asyncio.CancelledError):
                    await executing
                await watching
                return self._gone(index, over, TOLD[over] + " and could not be interrupted")
        try:
            await executing
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is not None and task.cancelling():  # Ctrl-C, and not nbclient's own way out
                raise
            return self._gone(index, "kernel_died", "ended the kernel")
        except Exception:  # a dead kernel, or one that no longer speaks Jupyter's protocol
            await self._manager.shutdown_kernel(now=True)
            return self._gone(index, "kernel_died", "ended the kernel or its connection")
        finally:
            ended.set()
            await watching
        return over or ("output_flood" if self._client.flooded.is_set() else None)

    def _gone(self, index: int, ending: CellEnding, what: str) -> CellEnding:
        """The kernel is gone; what comes after this cell is unreached."""
        self.ending = ending  # type: ignore[assignment]
        self.why = f"cell {index + 1} {what}; the cells after it did not run"
        return ending


TOLD = {
    "out_of_time": "ran out of time",
    "out_of_memory": "ran out of memory",
    "output_flood": "printed without end",
}


def fresh_notebook(notebook: Notebook) -> NotebookNode:
    """The hand-in's cells without anything else that was submitted with them."""
    make = {
        "code": nbformat.v4.new_code_cell,
        "markdown": nbformat.v4.new_markdown_cell,
        "raw": nbformat.v4.new_raw_cell,
    }
    fresh = nbformat.v4.new_notebook()
    highest = max((c.index for c in notebook.cells), default=-1)
    cells = {c.index: c for c in notebook.cells}
    for index in range(highest + 1):
        cell = cells.get(index)
        made = make[cell.kind](cell.source) if cell else nbformat.v4.new_raw_cell("")
        made["id"] = f"cell-{index}"
        fresh.cells.append(made)
    return fresh
