"""Makes what a hand-in saved again, in a fresh process that never saw its state.

The files came out of the run; each is loaded in a process of its own, which dies afterwards. What
that process says is text in a closed form; what it means is worked out here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

from grader.assignment import Assignment, Limits
from grader.brought import Brought
from grader.definitions import Step, steps
from grader.errors import HostError
from grader.evidence import Evidence, number
from grader.facts import CellRead, Corroborated, Fact, ModelSeen, ProbeFailed, Saved
from grader.run.bring import OutOfRun
from grader.run.live import Live
from grader.run.loading import Loader, Lost
from grader.run.verdicts import Tried, brought_along, not_brought, of_file
from grader.sandboxes.sandbox import Sandbox

MOST_FILES = 4
"""Files of one exercise that are loaded: those that were saved last."""


class Reload:
    """Loads the files of one hand-in.

    Args:
        evidence: of its run.
        files: what came out of it.
        along: what came along with it.
        sandbox: starts the processes.
        limits: what they may use.
    """

    def __init__(
        self,
        evidence: Evidence,
        files: Sequence[OutOfRun],
        along: tuple[Brought, ...],
        sandbox: Sandbox,
        limits: Limits,
    ) -> None:
        self._evidence = evidence
        self._files = {(f.fact.cell, f.fact.path): f for f in files}
        self._along = along
        self._sandbox = sandbox
        self._limits = limits
        self._lost = ""

    def facts(self, exercise: str) -> Iterator[Fact]:
        """What became of the files of an exercise."""
        yield from brought_along(self._evidence, exercise)
        last = {(s.cell, s.path): s for s in self._evidence.of(exercise, Saved) if s.path}
        for saved in list(last.values())[-MOST_FILES:]:
            file = self._files.get((saved.cell, saved.path or ""))
            if file is None:
                continue
            if file.data is None:
                yield not_brought(saved, file.fact)
                continue
            try:
                if self._lost:  # what cost one process its time would cost the next one's too
                    raise HostError(self._lost)
                tried = self._tried(saved, file.data, inputs_of(file.live))
                self._lost = tried.lost if tried.late else ""
            except HostError as problem:
                why = f"there was no process to load it in: {problem}"[:2000]
                yield ProbeFailed(cell=saved.cell, exercise=exercise, probe="reload", problem=why)
                continue
            yield of_file(self._evidence, saved, tried, file.live)
            if tried.read and tried.read.state and tried.read.state == saved.state:
                yield Corroborated(cell=saved.cell, exercise=exercise, how="held",
                                   claims=[saved.seq])  # fmt: skip

    def _tried(self, saved: Saved, data: bytes, inputs: list[dict[str, Any]]) -> Tried:
        """What a fresh process says of a file."""
        with Loader(self._sandbox, self._limits, self._along, data) as loader:
            try:
                read = loader.read()
            except Lost as problem:
                return Tried(None, None, str(problem), late=problem.late)
            if read.too_large or read.unsafe or read.holds in (None, "other"):
                return Tried(read, None)
            try:
                return Tried(read, loader.rebuild(self._steps(saved), inputs))
            except Lost as problem:
                return Tried(read, None, str(problem), late=problem.late)

    def _steps(self, saved: Saved) -> list[Step]:
        """What makes the models of the notebook again, as it stood when the file was saved."""
        cells = [c for c in self._evidence.everywhere(CellRead) if c.cell <= saved.cell]
        models = [m for m in self._evidence.everywhere(ModelSeen) if m.cell <= saved.cell]
        own = [m for m in models if m.state == saved.state] or models
        kinds, names = {m.type for m in own}, {n for m in own for n in m.names}
        with suppress(RecursionError):
            return steps([c.source for c in cells], kinds, names)
        return []


def inputs_of(live: Live | None) -> list[dict[str, Any]]:
    """What the model that is made again is given."""
    return [] if live is None else [{"shape": live.shape, "numbers": live.numbers}]


def reloaded(
    evidence: Evidence,
    files: Sequence[OutOfRun],
    along: tuple[Brought, ...],
    assignment: Assignment,
    sandbox: Sandbox,
) -> Evidence:
    """The evidence with what became of its saved files at its end.

    Args:
        evidence: of a run.
        files: what came out of it.
        along: what came along with the hand-in: modules that a model's class may be in.
        assignment: says for which exercises this is asked.
        sandbox: starts the processes that load the files.
    """
    exercises = [e.id for e in assignment.exercise if e.reload]
    work = Reload(evidence, files, along, sandbox, assignment.limits)
    more = [fact for exercise in exercises for fact in work.facts(exercise)]
    return Evidence(header=evidence.header, facts=number([*evidence.facts, *more]))
