"""The second job: judges what the first one left, by a rubric that the first one never saw."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from grader.along import all_doubts, modules
from grader.assignment import Assignment
from grader.ci.bundle import Bundle, Runs
from grader.ci.handed import Handed
from grader.diagnosing import diagnosed
from grader.errors import HostError
from grader.evidence import Ending, Evidence
from grader.exercises import Placement, place
from grader.fact import Claim, Fact
from grader.facts import CellEnded, CellRead, Doubted, OutputSeen
from grader.grade import NOT_RUN, Grade
from grader.grading import without_run
from grader.notebook import Notebook
from grader.preparation import only_prepares
from grader.reporting import Asked
from grader.rubric import Rubric, load_rubric
from grader.run.fresh import fresh_notebook
from grader.run.seeds import initial_seed
from grader.second_run import worth_a_second_run
from grader.submission import Submission, came, read_submission
from grader.weighing import graded, weigh


class Judged(NamedTuple):
    """What came of one hand-in.

    Attributes:
        handed: the hand-in.
        submission: as it was read here.
        rubric: by which it was judged.
        evidence: what its grade rests on.
        executed: the notebook of the run; None where none ran.
        grade: what it earned.
        trouble: what kept it from being judged: this machine's trouble, or a bundle that is not
            what it should be; empty for most.
        bug: the traceback of a bug of ours.
    """

    handed: Handed
    submission: Submission
    rubric: Rubric
    evidence: Evidence
    executed: str | None
    grade: Grade
    trouble: str = ""
    bug: str = ""


def judge_handed(one: Handed, bundle: Bundle, course: Path, rubrics: Path | None) -> Judged:
    """Judge one hand-in by the evidence of it. What is wrong with that costs nobody a point.

    Args:
        one: the hand-in, laid out here from git.
        bundle: what the first job left.
        course: the course folder.
        rubrics: where the rubrics are, if not in the course folder.

    Raises:
        AuthorError: the rubric is wrong.
    """
    rubric = load_rubric(course, one.assignment, rubrics)
    asked = Asked(one.assignment, rubric)
    submission = read_submission(one.path, one.place.student, one.assignment, one.arrival)
    try:
        runs = runs_of(submission, one.assignment, bundle)
        first, *_ = runs.evidence.values()
        sources = modules(submission.files).values()
        others = dict(list(runs.evidence.items())[1:])
        weighed = weigh(
            first, asked, lambda salt: (others.get(salt), ""),
            compared=worth_a_second_run(first, sources),
        )  # fmt: skip
        grade = diagnosed(weighed.grade, weighed.evidence)
    except HostError as problem:
        return unjudged(one, submission, asked, str(problem))
    except Exception as problem:  # broad: evidence may be anything; what it breaks is its own
        why = f"a bug of ours: {type(problem).__name__}"
        found = unjudged(one, submission, asked, why)
        return found._replace(bug=traceback.format_exc())
    trouble = grade.needs_a_person[0] if grade.ending == "host_failed" else ""
    return Judged(one, submission, rubric, weighed.evidence, runs.executed, grade, trouble)


def unjudged(one: Handed, submission: Submission, asked: Asked, why: str) -> Judged:
    """A hand-in whose points are all withheld."""
    evidence = without_run(submission, asked.assignment, "host_failed", why)
    grade = graded(evidence, asked)
    return Judged(one, submission, asked.rubric, evidence, None, grade, trouble=why)


def runs_of(submission: Submission, assignment: Assignment, bundle: Bundle) -> Runs:
    """What was seen of a hand-in, if it is of this one.

    Raises:
        HostError: it is not there, or of something else.
    """
    runs = bundle.runs(assignment.id, submission.student)
    for number, (salt, evidence) in enumerate(runs.evidence.items()):
        for problem in contradictions(evidence, submission, assignment, salt):
            raise HostError(f"its evidence is not of this hand-in: {problem}")
        if number == 0 and salt != 0:
            raise HostError("its evidence is not of this hand-in: the first run is missing")
    return runs


def fate_of(submission: Submission, assignment: Assignment) -> Ending:
    """How a hand-in ends that does not run; of one that can, that this machine failed."""
    if not isinstance(submission.notebook, Notebook):
        return "unreadable"
    recognised = place(submission.notebook, assignment).recognised
    return "host_failed" if recognised else "unrecognised"


def contradictions(
    evidence: Evidence, submission: Submission, assignment: Assignment, salt: int
) -> Iterator[str]:
    """What evidence says otherwise than the hand-in itself."""
    header = evidence.header
    said = (header.assignment, header.student, header.submission)
    if said != (assignment.id, submission.student, submission.sha256):
        yield "assignment, student or file"
    if header.ending in NOT_RUN:
        if evidence.facts:
            yield "facts of a run that was none"
        if header.ending != fate_of(submission, assignment):
            yield "whether its exercises can be read"
        return
    if not isinstance(submission.notebook, Notebook):
        yield "it cannot be read"
        return
    if header.initial_seed != initial_seed(submission.sha256, salt):
        yield "where the random generators started"
    placement = place(submission.notebook, assignment)
    guessed = ([*submission.arrival.odd, *placement.uncertain], [*placement.by_number],
               [*placement.unheaded])  # fmt: skip
    if (header.uncertain, header.by_number, header.unheaded) != guessed:
        yield "what reading it had to guess"
    if header.model_dump(include=set(came(submission))) != came(submission):
        yield "the files that came along"
    if evidence.everywhere(CellRead) != cells_of(submission.notebook, placement, evidence):
        yield "its cells"
    if any(fact.seq != at for at, fact in enumerate(evidence.facts)):
        yield "the order of facts"
    if any(misplaced(fact, placement, submission.notebook) for fact in evidence.facts):
        yield "facts of other exercises"
    told = {without_place(d) for d in evidence.everywhere(Doubted)}
    if any(without_place(d) not in told for d in all_doubts(submission.notebook, submission.files)):
        yield "doubts about its code"


def cells_of(notebook: Notebook, placement: Placement, like: Evidence) -> list[CellRead]:
    """The code cells as a run would tell them, at the positions where some evidence has them."""
    positions = iter([fact.seq for fact in like.everywhere(CellRead)])
    fresh = fresh_notebook(notebook)
    return [
        CellRead(
            seq=next(positions, -1), cell=cell.index, exercise=placement.exercise.get(cell.index),
            source=fresh.cells[cell.index].source, written=cell.index in placement.written,
            prepares=only_prepares(fresh.cells[cell.index].source),
        )
        for cell in notebook.code
    ]  # fmt: skip


def misplaced(fact: Fact, placement: Placement, notebook: Notebook) -> bool:
    """Whether a fact is about a cell that is not there, or an exercise that the cell is not of."""
    if not 0 <= fact.cell < max(1, len(notebook.cells)):
        return True
    own = placement.exercise.get(fact.cell)
    if isinstance(fact, (Claim, CellRead, CellEnded, OutputSeen)):
        return fact.exercise != own
    return fact.exercise not in (None, own)


def without_place(doubt: Doubted) -> str:
    """A doubt as text, but for its position in the evidence."""
    return doubt.model_copy(update={"seq": 0}).model_dump_json()
