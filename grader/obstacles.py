"""What kept an exercise from being seen, apart from being wrong.

What this machine lacks, a module, an accelerator, a keyboard, is not the student's fault, and
withholds points. An unreached cell, a name that a clean run does not define, and an error that
follows from an earlier exercise come from the hand-in, cost its points for now, and go to a person.
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from grader.consequences import Before, root_of
from grader.evidence import Evidence
from grader.facts import (
    CellEnded,
    CellRead,
    DeviceAsked,
    OutputSeen,
    ProbeFailed,
    SeedSet,
    TensorSeen,
    TrainingSeen,
)
from grader.finding import Finding
from grader.missing_names import (
    cell_without,
    first_of_all,
    names_set,
    undefined_name,
    why_undefined,
)

OVERWRITTEN = re.compile(r"'(?:int|float|str|bool|Tensor)' object is not callable")
NO_DRIVER = re.compile(
    r"NVIDIA driver|CUDA error|CUDA driver|not compiled with CUDA|not linked with support for cuda"
    r"|torch\.cuda\.\w+Tensor not available"
)
NO_NETWORK = ("URLError", "HTTPError", "ConnectionError", "ConnectTimeout", "gaierror", "SSLError",
              "MaxRetryError", "NameResolutionError")  # fmt: skip
NOT_RUN = re.compile(r"\[not run while grading\] (?:wget|curl|git|gdown|kaggle)\b")
OLDER = re.compile(r"__new__\(\) missing 1 required positional argument: 'task'")
"""What today's torchmetrics says to code that was right for an older one."""
ONLY_EXPLAINS = ("errors",)
"""Probes whose facts explain what went wrong, and that no check reads."""
NO_MODULE = re.compile(r"No module named '([\w.]+)'")


NOTHING: Before = {}


class Obstacle(NamedTuple):
    """Why an exercise could not be judged like any other.

    Attributes:
        kind: environment and unseen withhold points; the others do not.
        because: one sentence to the student.
        cell: that ended with an error, where one did.
    """

    kind: Literal["environment", "unseen", "unreached", "undefined_name", "consequence"]
    because: str
    cell: int | None = None

    @property
    def withholds(self) -> bool:
        """Whether the points are withheld instead of lost."""
        return self.kind in ("environment", "unseen")

    @property
    def asks_a_person(self) -> bool:
        """Whether it is of the hand-in's own making and a person should hear of it."""
        return self.kind in ("undefined_name", "consequence")


def obstacle(
    evidence: Evidence, exercise: str, before: Before = NOTHING, *, of_operations: bool = True
) -> Obstacle | None:
    """The first thing that stood in the way of an exercise, if any.

    An error of its own does not, nor does what only follows from that.

    Args:
        evidence: of the run.
        exercise: its id.
        before: the exercises judged so far that lost something.
        of_operations: whether torch calls that were not recorded stand in the way.
    """
    ends = evidence.endings(exercise)
    written = {c.cell for c in evidence.of(exercise, CellRead) if c.written}
    lost_with_the_run = {"unreached", evidence.header.ending} - {"finished"}
    if any(e.ending in lost_with_the_run for e in ends if e.cell in written):
        return Obstacle("unreached", f"not reached: {evidence.header.why}")
    lacks, lost = evidence.once(lacking), evidence.once(lost_names)
    for end in ends:
        if end.cell in lacks:
            return Obstacle("environment", f"needs {lacks[end.cell]}")
        name = undefined_name(end)
        if name in lost:
            return Obstacle("environment", f"needs {name!r} from a cell that needs {lost[name]}")
        if OVERWRITTEN.search(end.evalue or "") and end.ename == "TypeError":
            return Obstacle("undefined_name", "calls a name that an earlier line overwrote")
        root = root_of(evidence, end, before)
        if name and (root or not own_fault(evidence, end, name)):
            return Obstacle("undefined_name", why_undefined(evidence, end, name), end.cell)
        if root:
            said = f"follows from exercise {root}: {stopped(end)}"
            return Obstacle("consequence", said, end.cell)
    for failure in evidence.of(exercise, ProbeFailed):
        if failure.probe in ONLY_EXPLAINS:
            continue
        if of_operations or failure.probe != "operations":
            return Obstacle("unseen", f"could not be seen completely ({failure.problem})")
    return None


def withheld_in(
    evidence: Evidence, exercises: list[str], *, of_operations: bool
) -> Obstacle | None:
    """What withheld one of the other exercises that a check reads."""
    found = (obstacle(evidence, e, of_operations=of_operations) for e in exercises)
    return next((o for o in found if o is not None and o.withholds), None)


def own_fault(evidence: Evidence, end: CellEnded, name: str) -> bool:
    """Whether a name is missing because another cell of the same exercise raised before it."""
    lost = cell_without(evidence, end, name)
    return lost is not None and lost.exercise == end.exercise


def seen_before(evidence: Evidence, finding: Finding, in_the_way: Obstacle) -> bool:
    """Whether what a finding rests on was there without the cell whose error follows from another.

    A training in another cell is, and so is what the code chooses; figures and answers are not.
    """
    facts = [evidence.facts[w] for w in finding.where]
    return (
        in_the_way.kind == "consequence"
        and bool(facts)
        and all(
            isinstance(f, CellRead) or (isinstance(f, TrainingSeen) and f.cell != in_the_way.cell)
            for f in facts
        )
    )


def after_the_error(evidence: Evidence, exercise: str, finding: Finding) -> Finding:
    """A finding that begins with the error that stopped the exercise, where that cost points.

    What was found in part was stopped by it only if it is of the cell that raised.
    """
    raised = [e for e in evidence.endings(exercise) if e.ending == "raised" and e.ename]
    cells = {evidence.facts[w].cell for w in finding.where}
    if finding.verdict == "partly":
        raised = [e for e in raised if e.cell in cells]
    if not raised or finding.verdict not in ("failed", "partly"):
        return finding
    first = first_of_all(evidence, raised[-1])
    end = first if first.exercise == exercise else raised[-1]
    return finding.model_copy(update={"because": f"{stopped(end)}; {finding.because}"})


def stopped(end: CellEnded) -> str:
    """Where a cell raised what."""
    line = f" in line {end.line}" if end.line else ""
    said = " ".join((end.evalue or "").split())
    return f"cell {end.cell + 1} stopped{line} with {end.ename}: {said}"[:160].rstrip(": ")


def lacking(evidence: Evidence) -> dict[int, str]:
    """What cells needed that is not here, by cell: a module, a keyboard, an accelerator."""
    lacks: dict[int, str] = {}
    made_something = {t.cell for t in evidence.everywhere(TensorSeen)}
    made_something |= {s.cell for s in evidence.everywhere(SeedSet) if "cpu" not in s.generators}
    for asked in evidence.everywhere(DeviceAsked):
        if asked.accelerator != "cuda" and asked.cell not in made_something:
            lacks[asked.cell] = f"the accelerator {asked.accelerator!r}, which is not here"
    fetched = any(NOT_RUN.search(o.text) for o in evidence.everywhere(OutputSeen))
    for end in evidence.everywhere(CellEnded):
        if end.ename == "ModuleNotFoundError":
            match = NO_MODULE.search(end.evalue or "")
            module = match.group(1) if match else "a module"
            lacks[end.cell] = f"{module}, which is not installed here"
        elif end.ename == "AcceleratorError" or NO_DRIVER.search(end.evalue or ""):
            lacks[end.cell] = "a GPU of a kind that is not served here"
        elif end.ename == "TypeError" and OLDER.search(end.evalue or ""):
            lacks[end.cell] = "torchmetrics as it was before 0.11"
        elif end.ename == "FileNotFoundError" and (file := left_out(evidence, end.evalue or "")):
            lacks[end.cell] = f"{file}, which lay beside it and could not come along"
        elif end.ename in NO_NETWORK or (end.ename == "FileNotFoundError" and fetched):
            lacks[end.cell] = "data from the network, which is not there while grading"
        elif end.ending == "asked_for_input":
            lacks[end.cell] = "somebody at the keyboard: it waits for input()"
    return lacks


def left_out(evidence: Evidence, message: str) -> str:
    """The file that a message is about, if it is one that lay beside the hand-in."""
    name = message.rpartition(": ")[2].strip("'\"").rpartition("/")[2]
    behind = (n.rpartition("/")[2] for n in evidence.header.left_out)
    return name if name and name in behind else ""


def lost_names(evidence: Evidence) -> dict[str, str]:
    """Names that cells would have bound, had they what they lack; each with what that is."""
    lacks = evidence.once(lacking)
    sources = {c.cell: c.source for c in evidence.everywhere(CellRead)}
    lost: dict[str, str] = {}
    for end in evidence.everywhere(CellEnded):
        reason = lacks.get(end.cell) or lost.get(undefined_name(end))
        if reason:
            lost.update(dict.fromkeys(names_set(sources.get(end.cell, "")), reason))
    return lost
