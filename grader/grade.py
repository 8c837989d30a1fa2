"""From evidence to a grade: `judge` asks the checks, `mark` adds up.

Pure: no kernel, no torch, no clock. The same evidence and rubric give the same bytes.
"""

from __future__ import annotations

from typing import Annotated, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer

from grader.another_homework import DOUBT, unless_another
from grader.asking import ask, only_prepared, where_else
from grader.assignment import Assignment
from grader.consequences import Before, note_losses
from grader.doubts import doubt_about, doubted
from grader.doubts import reasons as doubt_reasons
from grader.evidence import Ending, Evidence
from grader.facts import CellRead, Doubted
from grader.finding import (
    WITHHELD,
    Diagnosis,
    Finding,
    Strength,
    Verdict,
    no_evidence,
    waiting,
)
from grader.obstacles import Obstacle, after_the_error, obstacle, seen_before, withheld_in
from grader.rubric import Criterion, Rubric

SCHEMA: Literal["grader/grade/v1"] = "grader/grade/v1"

NOT_RUN = {
    "unreadable": "the hand-in could not be read",
    "unrecognised": "its exercises could not be found",
    "host_failed": "not graded yet",
}
NO_CELLS = frozenset({"unreadable", "host_failed"})
"""Endings of which no notebook is kept."""

ExerciseVerdict = Literal["correct", "partly", "wrong", "missing", "blocked", "unknown"]
Points = Annotated[float, PlainSerializer(lambda v: float(f"{v:.4g}"), return_type=float)]


class Mark(BaseModel):
    """One criterion's outcome; `where` are positions in the evidence, `cells` count from 1.

    Where nothing in the evidence is pointed at, the cells are all those that answer the exercise.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    criterion: str
    exercise: str
    core: bool
    verdict: Verdict
    share: Points
    earned: Points
    possible: Points
    because: str
    expected: str
    actual: str
    strength: Strength
    where: list[int]
    cells: list[int]

    @property
    def cell(self) -> int | None:
        """The cell that is pointed at, from 1; None where none is."""
        return self.cells[-1] if self.where and self.cells else None

    @property
    def place(self) -> str:
        """Where it is, in words: a cell, or else the exercise; empty where nothing answers that."""
        if self.cell is not None or not self.cells:
            return f"cell {self.cell}" if self.cells else ""
        first, last = self.cells[0], self.cells[-1]
        cells = f"cell {first}" if first == last else f"cells {first} to {last}"
        return f"exercise {self.exercise}, {cells}"


class ExerciseGrade(BaseModel):
    """One exercise's outcome."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    title: str
    verdict: ExerciseVerdict
    earned: Points
    withheld: Points
    possible: Points


class Grade(BaseModel):
    """The outcome of one hand-in.

    Attributes:
        earned: points for certain.
        withheld: points that could not be judged; a person or a new run settles them.
        final: whether `earned` is the whole truth; only then is it a number to export.
        file: which file it is, from the path that was named.
        sandbox: what stood between the hand-in and the machine; empty where nothing ran.
        needs_a_person: reasons, each a sentence; empty for most hand-ins.
        diagnoses: mistakes that were found, causes first; they change no points.
        detector_bugs: tracebacks of ours from looking for them.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_: Literal["grader/grade/v1"] = Field(SCHEMA, alias="schema")
    assignment: str
    student: str
    submission: str
    file: str = ""
    earned: Points
    withheld: Points
    possible: Points
    final: bool
    ending: Ending
    sandbox: str = ""
    needs_a_person: list[str]
    exercises: list[ExerciseGrade]
    marks: list[Mark]
    diagnoses: list[Diagnosis] = []
    detector_bugs: list[str] = []


class Judged(NamedTuple):
    """A finding, the criterion it answers, and what stood in the way."""

    criterion: Criterion
    finding: Finding
    obstacle: Obstacle | None


def judge(evidence: Evidence, rubric: Rubric, assignment: Assignment) -> list[Judged]:
    """Every criterion's finding, in the rubric's order."""
    judged: list[Judged] = []
    shares: dict[str, float | None] = {}
    before: Before = {}
    for exercise in assignment.exercise:
        own = {reads: obstacle(evidence, exercise.id, before, of_operations=reads)
               for reads in (True, False)}  # fmt: skip
        elsewhere = where_else(evidence, rubric, assignment, exercise.id)
        prepared = only_prepared(evidence, rubric, exercise.id)
        for criterion in rubric.of(exercise.id):
            reads = criterion.check.reads_operations
            others = [*criterion.check.needs(), *criterion.check.reads_on()]
            in_the_way = own[reads] or withheld_in(evidence, others, of_operations=reads)
            finding = find(evidence, criterion, shares, in_the_way, elsewhere, prepared=prepared)
            shares[criterion.id] = None if finding.verdict in WITHHELD else finding.share
            doubt = doubt_about(evidence, [exercise.id, *others])
            judged.append(Judged(criterion, doubted(finding, doubt), in_the_way))
        core = [j.finding for j in judged if j.criterion.exercise == exercise.id
                and j.criterion.core]  # fmt: skip
        note_losses(evidence, exercise.id, core, before)
    found = unless_another(evidence.header, [(j.criterion, j.finding) for j in judged])
    return [j._replace(finding=f) for j, f in zip(judged, found, strict=True)]


def find(
    evidence: Evidence,
    criterion: Criterion,
    shares: dict[str, float | None],
    in_the_way: Obstacle | None,
    elsewhere: str,
    *,
    prepared: bool,
) -> Finding:
    """One criterion's finding; a check is asked only where it can mean something."""
    if evidence.header.ending in NOT_RUN:
        return no_evidence(f"{NOT_RUN[evidence.header.ending]}: {evidence.header.why}")
    if elsewhere:
        return no_evidence(elsewhere)
    if not evidence.attempted(criterion.exercise):
        return Finding(verdict="not_attempted", share=0, because="nothing was handed in here")
    if prepared:
        return Finding(verdict="not_attempted", share=0, because="only preparation was handed in")
    waits = [a for a in criterion.after if not shares.get(a)]
    finding = ask(evidence, criterion, criterion.exercise)
    finding = after_the_error(evidence, criterion.exercise, finding)
    if finding.verdict == "passed" or finding.verdict in WITHHELD:
        return finding
    if in_the_way is not None and in_the_way.withholds:
        return no_evidence(in_the_way.because, expected=finding.expected, actual=finding.actual)
    if (
        in_the_way is not None
        and finding.share == 0
        and not seen_before(evidence, finding, in_the_way)
    ):
        return finding.model_copy(update={"verdict": "blocked", "because": in_the_way.because})
    begun = finding.verdict != "not_attempted"
    return waiting(waits, shares) if waits and begun else finding


def mark(evidence: Evidence, judged: list[Judged], assignment: Assignment) -> Grade:
    """Add up the findings."""
    marks = [make_mark(evidence, j) for j in judged]
    exercises = []
    for exercise in assignment.exercise:
        mine = [m for m in marks if m.exercise == exercise.id]
        if mine:
            exercises.append(
                ExerciseGrade(
                    id=exercise.id, title=exercise.title, verdict=exercise_verdict(mine),
                    earned=sum(m.earned for m in mine),
                    withheld=sum(m.possible for m in mine if m.verdict in WITHHELD),
                    possible=sum(m.possible for m in mine),
                )
            )  # fmt: skip
    withheld = sum(e.withheld for e in exercises)
    unreached = any(j.obstacle and j.obstacle.kind == "unreached" for j in judged)
    header = evidence.header
    return Grade(
        schema=SCHEMA,
        assignment=header.assignment, student=header.student, submission=header.submission,
        file=header.file, ending=header.ending, sandbox=header.sandbox,
        earned=sum(e.earned for e in exercises),
        withheld=withheld,
        possible=sum(e.possible for e in exercises),
        final=withheld == 0 and not unreached and not evidence.everywhere(Doubted),
        needs_a_person=reasons(evidence, judged),
        exercises=exercises,
        marks=marks,
    )  # fmt: skip


def make_mark(evidence: Evidence, judged: Judged) -> Mark:
    """A finding in points."""
    criterion, finding, _ = judged
    cells = sorted({evidence.facts[w].cell + 1 for w in finding.where if w < len(evidence.facts)})
    if not cells:
        read = evidence.of(criterion.exercise, CellRead)
        cells = sorted({c.cell + 1 for c in read if c.written})
    return Mark(
        criterion=criterion.id, exercise=criterion.exercise, core=criterion.core,
        verdict=finding.verdict, share=finding.share,
        earned=finding.share * criterion.points, possible=criterion.points,
        because=finding.because, expected=finding.expected, actual=finding.actual,
        strength=finding.strength, where=list(finding.where), cells=cells,
    )  # fmt: skip


def exercise_verdict(marks: list[Mark]) -> ExerciseVerdict:
    """correct, partly, wrong, missing; blocked and unknown where it could not be judged."""
    verdicts = {m.verdict for m in marks}
    if {m.verdict for m in marks if m.core} == {"not_attempted"}:
        return "missing"
    if verdicts == {"passed"}:
        return "correct"
    core_earned = any(m.core and m.share > 0 for m in marks)
    cores = {m.verdict for m in marks if m.core}
    if not core_earned and "failed" in cores and not cores & set(WITHHELD):
        return "wrong"
    certain_loss = verdicts & {"failed", "partly", "blocked", "not_attempted"}
    if verdicts & set(WITHHELD) and not (core_earned and certain_loss):
        return "unknown"
    if core_earned:
        return "partly"
    return "blocked" if cores == {"blocked"} and "failed" not in verdicts else "wrong"


def reasons(evidence: Evidence, judged: list[Judged]) -> list[str]:
    """Why a person should look at this hand-in."""
    header = evidence.header
    found = [header.why] if header.ending != "finished" else []
    if header.ending in NOT_RUN:
        return [*found, *header.uncertain]
    doubts = doubt_reasons(evidence)
    found += [*header.uncertain, *doubts]
    for criterion, finding, in_the_way in judged:
        if finding.verdict == "broken":
            found.append(f"criterion {criterion.id}: our check failed")
        elif finding.because in doubts:
            continue
        elif finding.because == DOUBT:
            found.insert(0, DOUBT)  # of all of it, and before what else was guessed
        elif finding.verdict == "no_evidence":
            found.append(f"exercise {criterion.exercise}: {finding.because}")
        elif not evidence.attempted(criterion.exercise):
            continue  # what the template gives may need names that nobody has defined
        elif in_the_way is not None and in_the_way.asks_a_person and finding.share < 1:
            found.append(f"exercise {criterion.exercise}: {in_the_way.because}")
    return list(dict.fromkeys(found))
