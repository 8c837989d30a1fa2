"""Runs a hand-in top to bottom in a kernel of its own and returns its evidence.

One failing cell never stops the run. A cell over a limit is interrupted and keeps what it had; a
kernel that is gone leaves the cells after it unreached, and everything before it judged.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from importlib.metadata import version
from typing import Any, NamedTuple

from nbformat import NotebookNode

import grader
from grader.assignment import Assignment
from grader.errors import HostError, Stopped
from grader.evidence import SCHEMA, Ending, Evidence, Header, number
from grader.exercises import Placement
from grader.facts import CellEnded, CellEnding, CellRead, Doubted, Fact, ProbeFailed
from grader.notebook import Notebook
from grader.preparation import preparing
from grader.run.ask import QUESTION, Answer, not_genuine, read_claims
from grader.run.bring import Bringing, OutOfRun
from grader.run.challenge import asking_after, give, read_answers, unheard
from grader.run.fresh import fresh_notebook
from grader.run.outputs import cell_ended, outputs_seen
from grader.run.seeds import initial_seed
from grader.run.session import Session
from grader.run.watch import TOLD, excess
from grader.sandboxes.sandbox import Sandbox
from grader.submission import Submission, came
from grader.trips import CLOSED, tripped
from grader.trouble import UNHEARD, UNTOLD

ANSWER_S = 60.0
IMPATIENT_S = 2.0
"""How long a kernel that was silent once is waited for."""

Progress = Callable[[int, int], None]


class Run(NamedTuple):
    """What running a hand-in gave.

    Attributes:
        evidence: what was seen.
        executed: the notebook with the outputs of our run.
        files: what came out of it of what it saved, where the assignment asks for that.
    """

    evidence: Evidence
    executed: NotebookNode
    files: tuple[OutOfRun, ...] = ()


def run_submission(
    submission: Submission,
    assignment: Assignment,
    placement: Placement,
    sandbox: Sandbox,
    *,
    salt: int = 0,
    progress: Progress = lambda done, total: None,
) -> Run:
    """Run a readable hand-in in a fresh kernel.

    Args:
        submission: a hand-in whose notebook could be read.
        assignment: gives the limits.
        placement: which cell answers which exercise.
        sandbox: starts the kernel.
        salt: another one starts the random generators elsewhere.
        progress: called with cells done and cells in all.

    Raises:
        HostError: the kernel could not be started.
        Stopped: the batch was broken off meanwhile; what was seen means nothing.
    """
    assert isinstance(submission.notebook, Notebook)  # noqa: S101  (the caller's duty)
    seed = initial_seed(submission.sha256, salt)
    executed = fresh_notebook(submission.notebook)
    with sandbox.kernel(seed, assignment.limits, submission.files) as kernel:
        session = Session(kernel, executed, assignment.limits.output_bytes)
        running = _Running(submission.notebook, assignment, placement, session, executed)
        facts = asyncio.run(running.run(progress))
    if sandbox.closed:
        raise Stopped
    header = Header(
        schema=SCHEMA,
        assignment=assignment.id,
        student=submission.student,
        submission=submission.sha256,
        **came(submission),
        ending=running.ending,
        why=running.why,
        sandbox=sandbox.name,
        devices="served by the CPU",
        initial_seed=seed,
        torch=version("torch"),
        grader=grader.__version__,
        uncertain=[*submission.arrival.odd, *placement.uncertain],
        by_number=list(placement.by_number),
        unheaded=list(placement.unheaded),
    )
    evidence = Evidence(header=header, facts=number(facts))
    return Run(evidence, executed, tuple(running.bringing.files))


class _Running:
    """One run, from its first cell to its last."""

    def __init__(
        self,
        notebook: Notebook,
        assignment: Assignment,
        placement: Placement,
        session: Session,
        executed: NotebookNode,
    ) -> None:
        self._notebook = notebook
        self._assignment = assignment
        self._limits = assignment.limits
        self._placement = placement
        self._session = session
        self._executed = executed
        self._prepares = preparing(notebook)
        self._last = {placement.exercise.get(c.index): c.index for c in notebook.code}
        self._answers = True
        self._wire_heard = True
        self._believed = True
        self.bringing = Bringing(session, assignment)
        self.ending: Ending = "finished"
        self.why = ""

    async def run(self, progress: Progress) -> list[Fact]:
        """Every cell's facts, in order."""
        facts: list[Fact] = []
        try:
            await self._session.start()
            for done, cell in enumerate(self._notebook.code):
                facts += await self._run_cell(cell.index)
                facts += await self._bring(cell.index, facts)
                facts += await self._challenge(cell.index, facts)
                progress(done + 1, len(self._notebook.code))
        finally:
            await self._session.close()
        return facts

    async def _run_cell(self, index: int) -> list[Fact]:
        cell = self._executed.cells[index]
        exercise = self._placement.exercise.get(index)
        written = index in self._placement.written
        read = CellRead(
            cell=index, exercise=exercise, source=cell.source, written=written,
            prepares=index in self._prepares,
        )  # fmt: skip
        if self.ending != "finished":
            return [read, CellEnded(cell=index, exercise=exercise, ending="unreached")]
        ending = await self._execute(cell, index) if cell.source.strip() else None
        facts: list[Fact] = [read, *await self._doubts(index)]
        if self.ending == "finished":
            claims, gone = await self._ask(index, exercise)
            facts += claims
            ending = gone or ending
        if ending != "kernel_died":  # how much a dying kernel still gets out is chance
            facts += outputs_seen(cell, index, exercise, self._limits.kept_text)
        reply = self._session.reply if cell.source.strip() else {}
        facts.append(cell_ended(cell, index, exercise, ending, reply))
        return facts

    async def _bring(self, index: int, facts: list[Fact]) -> list[Fact]:
        """What came out of the files that a cell saved."""
        more: list[Fact] = []

        async def ask() -> None:
            more.extend(await self.bringing.after(index, facts))

        if self.ending == "finished" and self._answers and self.bringing.wants(index, facts):
            with self._session.usage.excused():
                await self._within_limits(ask(), index, spare=True)
        return more

    async def _challenge(self, index: int, facts: list[Fact]) -> list[Fact]:
        """What the models and functions of an exercise answer, after its last cell."""
        if self._last.get(self._placement.exercise.get(index)) != index:
            return []
        asking = asking_after(index, facts, self._assignment, self._placement)
        if asking is None:
            return []
        if self.ending != "finished" or not self._answers:
            return unheard(asking, self.why or UNHEARD)
        answer: list[Answer] = []
        self._session.flooded.clear()  # by the cell, and what it wrote is taken
        with self._session.usage.excused():
            await self._within_limits(give(self._session, asking, answer), index, spare=True)
        self._answers = bool(answer)
        if not answer:
            return unheard(asking, UNHEARD)
        facts = read_answers(answer[0].content.get("facts"), asking)
        return [*facts, *self._doubt_about(answer[0], index)]

    def _doubt_about(self, answer: Answer, index: int) -> list[Doubted]:
        """The doubt that the first answer without a seal is."""
        if answer.genuine or not self._believed:
            return []
        self._believed = False
        return [not_genuine(index)]

    async def _doubts(self, index: int) -> list[Doubted]:
        """What the trip-wire noticed while the cell ran."""
        data = self._session.trips()
        if data is None:
            closed = self._wire_heard and await self._session.alive()
            self._wire_heard = False
            return [Doubted(cell=index, reason=CLOSED)] if closed else []
        return tripped(data, index)

    async def _execute(self, cell: NotebookNode, index: int) -> CellEnding | None:
        """Execute one cell; how it ended where its outputs do not tell."""
        over = await self._within_limits(self._session.execute(cell, index), index)
        if over is None and await self._session.overflowed():
            return "output_flood"
        return over

    async def _ask(self, index: int, exercise: str | None) -> tuple[list[Fact], CellEnding | None]:
        """What the kernel says of the cell that ran; and how it ended, if that ended it."""
        answer: list[Answer] = []

        async def ask() -> None:
            patience = ANSWER_S if self._answers else IMPATIENT_S
            with suppress(TimeoutError):
                async with asyncio.timeout(patience):
                    answer.append(await self._session.question(QUESTION, cell=index))

        ending = await self._within_limits(ask(), index)
        if self.ending != "finished":  # it was we who ended it
            return [], ending
        if ending is None and not answer and await self._session.overflowed():
            ending = "output_flood"
        self._answers = bool(answer) or ending == "output_flood"  # it did, if too much
        if answer:
            claims = read_claims(answer[0].content.get("facts"), index, exercise)
            return [*claims, *self._doubt_about(answer[0], index)], ending
        if not await self._session.alive():
            return [], self._gone(index, "kernel_died", "ended the kernel")
        return [ProbeFailed(cell=index, exercise=exercise, probe="wire", problem=UNTOLD)], ending

    async def _within_limits(
        self, work: Coroutine[Any, Any, None], index: int, *, spare: bool = False
    ) -> CellEnding | None:
        """Await something that the kernel does; how that ended the cell, if it did.

        With `spare`, a kernel over its memory is interrupted first: what took it is a fork.
        """
        session = self._session
        ended = asyncio.Event()
        doing = asyncio.ensure_future(work)
        doing.add_done_callback(lambda _: ended.set())
        watching = asyncio.ensure_future(
            excess(session.usage, self._limits, session.overflowed, ended)
        )
        await asyncio.wait({doing, watching}, return_when=asyncio.FIRST_COMPLETED)
        over = None
        if watching.done() and not doing.done() and (over := watching.result()) is not None:
            if spare or over != "out_of_memory":
                await session.interrupt()
                await asyncio.wait({doing}, timeout=self._limits.interrupt_grace_s)
            if not doing.done():
                await session.kill()
                doing.cancel()
                with suppress(Exception, asyncio.CancelledError):
                    await doing
                return self._gone(index, over, TOLD[over] + " and could not be interrupted")
        try:
            await doing
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is not None and task.cancelling():  # Ctrl-C, and not nbclient's own way out
                raise
            return self._gone(index, "kernel_died", "ended the kernel")
        except Exception:  # a dead kernel, or one that no longer speaks Jupyter's protocol
            await session.kill()
            return self._gone(index, "kernel_died", "ended the kernel or its connection")
        finally:
            ended.set()
            await watching
        return over

    def _gone(self, index: int, ending: CellEnding, what: str) -> CellEnding:
        """The kernel is gone; what comes after this cell is unreached."""
        if ending == "kernel_died" and self._session.taken():
            raise HostError("this machine ended the kernel; it may be short of memory")
        self.ending = ending  # type: ignore[assignment]
        self.why = f"cell {index + 1} {what}; the cells after it did not run"
        return ending
