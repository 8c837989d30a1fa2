"""An error in words: what was seen of it, and the mistake that may be behind it.

From a run, the line and what it was working on are known. From a pasted traceback only the text is,
so what it may mean is told as possible, and nothing of what only a run could show.
"""

from __future__ import annotations

import builtins
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import NamedTuple

from grader.consequences import chain_of
from grader.diagnosing import by_id, diagnose
from grader.evidence import Evidence, number
from grader.facts import CellEnded, ErrorRaised
from grader.fault import possible
from grader.finding import Diagnosis
from grader.innermost import TOP, written
from grader.legible import as_printed, clean
from grader.missing_names import undefined_name
from grader.notebook import parse_cell
from grader.raised import Raised
from grader.scene import Scene
from grader.tutor.events import Event
from grader.tutor.faces import shortened
from grader.tutor.hints import RUNGS, Help
from grader.tutor.practice import line_of

NOWHERE = "-"
"""The exercise of cells that belong to none."""
ERROR = re.compile(r"^([A-Za-z_][\w.]*)(?:: ?(.*))?$")
CELL_FRAME = re.compile(r"^(?:Cell In\s?\[\d+\]|File <ipython-input|<ipython-input|Input In)")
FRAME = re.compile(r'^\s*File "?([^",]+?)"?(?:,? line |:)(\d+)')
ARROW = re.compile(r"^-+>\s*\d+\s?(.*)$")
LAYER = re.compile(r"torch/nn/modules/(linear|conv|batchnorm)\.py")
LAYERS = {"linear": "Linear", "conv": "Conv2d", "batchnorm": "BatchNorm2d"}
QUOTED = re.compile(r"'([\w.]+)'")
FIRST_SHAPE = re.compile(r"\((\d+)x(\d+) and")
UNKNOWN = (
    "This error is not among those that are known here. Its first line above says what went wrong."
    " Print the type and the shape of each name in the line that raised it."
)
NO_TEXT = "No error was found in this text: a traceback ends with a line such as `NameError: …`."
MOST_TEXT = 400


class Explained(NamedTuple):
    """One error.

    Attributes:
        said: the error in one line, as Python writes it.
        cell: from 1; None where only text is known. It is the one in which the line stands.
        line: in the cell, from 1.
        code: that line.
        working_on: what the line was working on, such as "X [800, 2] float32".
        found: the mistake that is behind it, if one is known; certain only where it was seen.
        exercise: id of the one whose cell raised; empty where none is known.
        beside: what the notebook shows beside the cell, such as "In [7]"; empty if that is unknown.
        inside: the function that raised, and where it was called from, if the error was raised in
            another line than the cell ended in; cell, line and code are the function's then.
        follows: which earlier error it follows from, in words; empty where it follows from none.
        ended: the cell that the error ended, from 1; None where only text is known.
    """

    said: str
    cell: int | None = None
    line: int | None = None
    code: str = ""
    working_on: str = ""
    found: Diagnosis | None = None
    exercise: str = ""
    beside: str = ""
    inside: str = ""
    follows: str = ""
    ended: int | None = None

    @property
    def where(self) -> str:
        """The cell and the line, in words; empty where they are not known."""
        if not self.cell:
            return ""
        cell = self.beside or f"cell {self.cell}"
        where = f"{cell}, line {self.line}" if self.line else cell
        return f"{where}, {self.inside}" if self.inside else where


def cell_name(number: int, beside: Mapping[int, str]) -> str:
    """What a cell is called: as the notebook shows it beside it, or by its number, from 1."""
    return beside.get(number, f"cell {number}")


def of_run(
    evidence: Evidence, beside: Mapping[int, str] = MappingProxyType({})
) -> list[Explained]:  # fmt: skip
    """Every error that ended a cell, in order.

    Args:
        evidence: of the run.
        beside: what the notebook shows beside its cells, by their number, such as "In [7]".
    """
    facts = [f if f.exercise else f.model_copy(update={"exercise": NOWHERE})
             for f in evidence.facts]  # fmt: skip
    whole = Evidence(header=evidence.header, facts=number(facts))
    exercises = list(dict.fromkeys(filter(None, (f.exercise for f in facts))))
    found = diagnose(whole, exercises).diagnoses
    lines = {fact.cell: fact for fact in whole.everywhere(ErrorRaised)}
    explained = []
    for end in whole.everywhere(CellEnded):
        if end.ending != "raised":
            continue
        raised = Raised(end, lines.get(end.cell))
        own = written(whole, raised)
        wrong = [d for d in found if ends_cells(d)]
        here = [d for d in wrong if is_behind(d, end, own)] or [
            possible(d) for d in wrong
            if d.severity == "F" and (d.exercise, d.cell) == (end.exercise, end.cell + 1)
        ]  # fmt: skip
        explained.append(Explained(
            shortened(raised.said, MOST_TEXT), own.cell + 1, own.line,
            line_of(whole, own.cell + 1, own.line), raised.with_types(), next(iter(here), None),
            "" if end.exercise in (None, NOWHERE) else end.exercise,
            beside=beside.get(own.cell + 1, ""), inside=inside(raised, end, own, beside),
            follows=follows(whole, end, beside), ended=end.cell + 1,
        ))  # fmt: skip
    return explained


def is_behind(found: Diagnosis, end: CellEnded, own: CellEnded) -> bool:
    """Whether a mistake is that of an error: told in the line that ended the cell, or that raised.

    One line of a function may raise several errors; then it is the one that tells the same names.
    """
    if found.cell == end.cell + 1 and found.line in (None, end.line):
        return True
    names = QUOTED.findall(end.evalue or "")
    told = f"{found.observed} {found.because}"
    there = (found.exercise, found.cell, found.line) == (end.exercise, own.cell + 1, own.line)
    return there and all(name in told for name in names)


def inside(
    raised: Raised, end: CellEnded, own: CellEnded, beside: Mapping[int, str]
) -> str:  # fmt: skip
    """The function that raised, and where it was called from; empty where none was."""
    if raised.line is None or raised.line.function == TOP:
        return ""
    if (own.cell, own.line) == (end.cell, end.line):
        return ""
    where = f"in {raised.line.function}"
    called = [] if own.cell == end.cell else [cell_name(end.cell + 1, beside)]
    called += [f"line {end.line}"] if end.line else []
    return f"{where}, called from {', '.join(called)}" if called else where


def follows(evidence: Evidence, end: CellEnded, beside: Mapping[int, str]) -> str:
    """Which earlier error one follows from; empty where it follows from none."""
    _, *before = chain_of(evidence, end)
    if not before:
        return ""
    told = {line.cell: line for line in evidence.everywhere(ErrorRaised)}
    root = written(evidence, Raised(before[-1], told.get(before[-1].cell)))
    lost, first = cell_name(before[0].cell + 1, beside), cell_name(root.cell + 1, beside)
    because = "" if lost == first else f" because of {first}"
    return (
        f"This follows from an earlier error: {lost} ended{because} before it set"
        f" {undefined_name(end)!r}. Repair {first} first."
    )


def stopped(evidence: Evidence) -> str:
    """What ended a run or a cell otherwise than by an error, such as time; empty if nothing did."""
    if evidence.header.ending != "finished":
        return clean(evidence.header.why)
    cells = [e for e in evidence.everywhere(CellEnded) if e.ending not in ("finished", "raised")]
    return "\n".join(f"cell {e.cell + 1}: {e.ending.replace('_', ' ')}" for e in cells)


def ends_cells(found: Diagnosis) -> bool:
    """Whether a mistake may be what an error came from: what works by luck raises nothing."""
    return found.severity == "F" or by_id()[found.id].stage == "environment"


def of_text(text: str) -> Explained | None:
    """The error that a pasted traceback ends with; None where there is none in it."""
    lines = as_printed(text).strip("\n").split("\n")
    at = next((i for i in range(len(lines) - 1, -1, -1) if names_error(lines[i])), 0)
    match = ERROR.match(lines[at].strip())
    if match is None or not names_error(lines[at]):
        return None
    name = match[1].rpartition(".")[2]
    message = " ".join([match[2] or "", *lines[at + 1 :]])[:2000]
    code = innermost(lines[:at])
    scene = Scene().cell(NOWHERE, code if parse_cell(code) is not None else "...")
    layers = LAYER.findall("\n".join(lines[:at]))
    shape = FIRST_SHAPE.search(message)
    if layers and shape:
        sizes = [int(shape[1]), int(shape[2])]
        scene.error(name, message, {}, layer=(LAYERS[layers[-1]], sizes))
    else:
        scene.ends("raised", name, message, line=1)
    found = diagnose(scene.evidence(), [NOWHERE]).diagnoses
    likely = found[0].model_copy(update={"certain": False}) if found else None
    said = f"{match[1]}: {message.strip()}".removesuffix(": ")
    return Explained(shortened(said, MOST_TEXT), code=code, found=likely)


def names_error(line: str) -> bool:
    """Whether a line is the one that a traceback ends with."""
    match = ERROR.match(line.strip())
    if match is None or line[:1].isspace():
        return False
    name = match[1].rpartition(".")[2]
    known = getattr(builtins, name, None)
    of_python = isinstance(known, type) and issubclass(known, BaseException)
    return of_python or re.fullmatch(r"[A-Z]\w*(?:Error|Exception)", name) is not None


def innermost(lines: list[str]) -> str:
    """The last line of the writer's own code that a traceback shows; empty where it shows none."""
    own, found = False, ""
    for i, line in enumerate(lines):
        frame, arrow = FRAME.match(line), ARROW.match(line)
        if CELL_FRAME.match(line):
            own = True
        elif frame:
            own = not re.search(r"site-packages|dist-packages|/lib/python", frame[1])
            follows = lines[i + 1].strip() if i + 1 < len(lines) else ""
            if own and follows and not ARROW.match(follows):
                found = follows
        elif arrow and own:
            found = arrow[1].strip()
    return found


HINTS_TOLD: dict[Help, int] = {"open": 2, "first": 1, "closed": 0}
"""How many of a mistake's hints an explanation tells, by what the instructor allows."""


def explain_events(
    explained: Sequence[Explained], help_: Help, *, learner: str, at: datetime, assignment: str
) -> list[Event]:
    """What is remembered of explanations: each mistake that was named, as the help that it was.

    Where no mistake is known nobody was helped, and it is remembered that somebody asked.

    Args:
        explained: what was shown.
        help_: what the instructor allows.
        learner: random id of whoever asked.
        at: when, with a time zone.
        assignment: id.
    """
    asked = Event(learner, at, assignment, "explain")
    level = max(1, HINTS_TOLD[help_])  # the name of a mistake tells where to look
    named = [
        asked._replace(exercise=e.exercise, about=e.found.id, level=level)
        for e in explained if e.found is not None
    ]  # fmt: skip
    return list(dict.fromkeys(named)) or [asked]


def words(explained: Explained, help_: Help = "open") -> str:
    """An error for a terminal, with as much help as the instructor allows."""
    lines = [clean(explained.said)]
    if explained.where:
        lines.append(f"   where          {explained.where}")
    if explained.code:
        lines.append(f"   the line       {shortened(clean(explained.code), 100)}")
    if explained.working_on:
        lines.append(f"   it worked on   {shortened(clean(explained.working_on), 200)}")
    found = explained.found
    if explained.follows:
        lines.append(f"   {explained.follows}")
    if found is None:
        return "\n".join(lines if explained.follows else [*lines, f"   {UNKNOWN}"])
    fault = by_id()[found.id]
    lines.append(f"   {'the mistake' if found.certain else 'possibly':<14} {clean(found.title)}")
    if explained.cell and found.because:
        lines.append(f"   because        {clean(found.because)}")
        lines.append(f"   expected       {clean(found.expected)}")
    told = zip(RUNGS, fault.hints[: HINTS_TOLD[help_]], strict=False)
    return "\n".join([*lines, *(f"   {rung:<14} {hint}" for rung, hint in told)])
