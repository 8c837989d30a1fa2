"""What a check tells whoever practises: one exercise, by the judge that grades, public parts only.

It is practice and not a grade: criteria that students may not see count in a grade and are only
counted here, and nobody else hears of what was found.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import NamedTuple

from grader.assignment import Assignment
from grader.audience import A_PERSON_LOOKS, Told, told, visible_exercises, why_not_run
from grader.blocking import Blocker, blocker
from grader.diagnosing import by_id, diagnosed
from grader.evidence import Evidence
from grader.facts import CellRead
from grader.finding import WITHHELD, Diagnosis
from grader.grade import ExerciseGrade, ExerciseVerdict, Grade, judge, mark
from grader.rubric import Rubric
from grader.tutor.causes import causes_in, costs
from grader.tutor.events import Event
from grader.unfound import in_practice

MOST_CAUSES = 2
"""Mistakes that are told beside what was lost by them."""
UNTOLD = "this could not be checked here"


class Remark(NamedTuple):
    """One thing that a check has to say, from what was seen to where.

    Attributes:
        what: what is wrong, or what was asked for and is not there.
        observed: what was seen; may hold text of the student's.
        expected: what was looked for; empty where that may not be told.
        cell: from 1, text cells counted; None where it is about no cell.
        line: in the cell, from 1.
        code: that line, as the student wrote it.
        span: the first and the last cell of the exercise, where it is about all of it.
        certain: whether it was seen happening; what is not is told as possible.
    """

    what: str
    observed: str = ""
    expected: str = ""
    cell: int | None = None
    line: int | None = None
    code: str = ""
    certain: bool = True
    span: tuple[int, int] | None = None


class Practised(NamedTuple):
    """What a check of one exercise found.

    Attributes:
        assignment: its id.
        exercise: its id.
        title: of the exercise.
        verdict: of the exercise, as its public criteria alone make it.
        works: what the criteria that passed ask for.
        asked: how many public criteria there are.
        wrong: mistakes, likeliest cause first, then criteria that lost something.
        unjudged: what could not be judged, and why.
        notes: what is worth knowing and costs nothing.
        hidden: how many further criteria count in a grade and are not shown.
        faults: ids of the mistakes that were seen happening and cost points, likeliest cause first.
        possible: ids of other mistakes that are told and may be behind what was lost.
        criteria: ids of the public criteria that lost something, those last that wait for others,
            then of those that could not be judged.
        passed: components whose public criteria all passed, sorted.
        failed: components in which something was lost, sorted.
        code: SHA-256 of the exercise's cells.
        why: why nothing can be told of any exercise; empty where something can.
        unfound: whether that is because the exercises could not be found in the notebook.
        elsewhere: the assignment whose exercises are in it instead, where that is known.
        beside: what the notebook shows beside its cells, such as "In [7]", by their number.
        blocked_by: what is to be mended first; None where nothing blocks it.
        unhinted: whether there is no hint on that: it is of no exercise, or of a correct one.
    """

    assignment: str
    exercise: str
    title: str
    verdict: ExerciseVerdict
    works: tuple[str, ...]
    asked: int
    wrong: tuple[Remark, ...]
    unjudged: tuple[Remark, ...]
    notes: tuple[Remark, ...]
    hidden: int
    faults: tuple[str, ...]
    possible: tuple[str, ...]
    criteria: tuple[str, ...]
    passed: tuple[str, ...]
    failed: tuple[str, ...]
    code: str
    why: str = ""
    beside: Mapping[int, str] = MappingProxyType({})
    blocked_by: Blocker | None = None
    unhinted: bool = False
    unfound: bool = False
    elsewhere: str = ""

    def where(self, cell: int) -> str:
        """A cell, from 1, as the notebook calls it."""
        return self.beside.get(cell, f"cell {cell}")


def practise(
    evidence: Evidence, assignment: Assignment, rubric: Rubric, exercise: str
) -> Practised:  # fmt: skip
    """What a check of one exercise tells.

    Args:
        evidence: of a run of the notebook, or of as much of it as there is.
        assignment: what was asked for.
        rubric: what earns points.
        exercise: id of one that has a public criterion.

    Raises:
        KeyError: it has none.
    """
    return practise_all(evidence, assignment, rubric)[exercise]


def practise_all(
    evidence: Evidence, assignment: Assignment, rubric: Rubric
) -> dict[str, Practised]:
    """What a check of each exercise tells, for those that have a public criterion, in order."""
    grade = mark(evidence, judge(evidence, rubric, assignment), assignment)
    return practised(diagnosed(grade, evidence), evidence, rubric)


def practised(grade: Grade, evidence: Evidence, rubric: Rubric) -> dict[str, Practised]:
    """The same of a grade that was made already, its diagnoses included."""
    marks, seen = told(grade, rubric, "student"), visible_exercises(grade, rubric, "student")
    found = {
        e.id: of_exercise(
            e, [t for t in marks if t.mark.exercise == e.id], grade, evidence, rubric
        )
        for e in seen
    }  # fmt: skip
    hinted = {e.id for e in seen if e.verdict != "correct"}
    return {
        exercise: one._replace(
            unhinted=one.blocked_by is not None and one.blocked_by.exercise not in hinted
        )
        for exercise, one in found.items()
    }


def of_exercise(
    exercise: ExerciseGrade, marks: list[Told], grade: Grade, evidence: Evidence, rubric: Rubric
) -> Practised:
    """What a check of one exercise tells, from its public marks and its mistakes."""
    lost = [t for t in marks if t.lost and t.mark.verdict not in WITHHELD]
    attempted = exercise.verdict != "missing"
    components = {c.id: c.component for c in rubric.of(exercise.id) if c.component}
    unfound = grade.ending == "unrecognised"
    failed = {components[t.mark.criterion] for t in lost if t.mark.criterion in components}
    withheld = [t for t in marks if t.mark.verdict in WITHHELD]
    amiss = [t.mark.criterion for t in (*(t for t in lost if not t.waits), *lost, *withheld)]
    about = {components[c] for c in amiss if c in components}
    behind = causes_in(exercise, grade, evidence, about, set(components.values()))
    beside = [d for d in grade.diagnoses if d.exercise == exercise.id and d.certain
              and d not in behind]  # fmt: skip
    sure = [d.id for d in behind if costs(d)]
    wrong = [as_remark(d, evidence) for d in behind[:MOST_CAUSES]]
    own = {c.cell + 1 for c in evidence.of(exercise.id, CellRead)}
    wrong += [of_mark(t, own) for t in lost if attempted and not t.waits]
    unjudged = [of_mark(t, own) for t in withheld]
    failed |= {by_id()[fault].component for fault in sure}
    met = {components[t.mark.criterion] for t in marks
           if not t.lost and t.mark.criterion in components}  # fmt: skip
    open_ones = {components[t.mark.criterion] for t in marks
                 if t.lost and t.mark.criterion in components}  # fmt: skip
    return Practised(
        assignment=grade.assignment,
        exercise=exercise.id,
        title=exercise.title,
        verdict=exercise.verdict,
        works=tuple(t.title for t in marks if not t.lost),
        asked=len(marks),
        wrong=tuple(dict.fromkeys(wrong)),
        unjudged=tuple(dict.fromkeys(unjudged)),
        notes=tuple(as_remark(d, evidence) for d in beside if attempted),
        hidden=rubric.kept.get(exercise.id, 0)
        + sum(c.visibility == "hidden" for c in rubric.of(exercise.id)),
        faults=tuple(dict.fromkeys(sure)),
        possible=tuple(dict.fromkeys(d.id for d in behind[:MOST_CAUSES] if not costs(d))),
        criteria=tuple(dict.fromkeys(amiss)),
        passed=tuple(sorted(met - open_ones - failed)),
        failed=tuple(sorted(failed)) if attempted else (),
        code=code_of(evidence, exercise.id),
        why=in_practice(grade) if unfound else why_not_run(grade, "instructor"),
        unfound=unfound,
        blocked_by=blocker(evidence, grade, exercise.id)
        if exercise.verdict == "blocked" else None,
    )  # fmt: skip


def as_remark(found: Diagnosis, evidence: Evidence) -> Remark:
    """A mistake, with the line it was made in."""
    return Remark(
        found.title, found.observed, found.expected, found.cell, found.line,
        line_of(evidence, found.cell, found.line), certain=costs(found),
    )  # fmt: skip


def of_mark(of: Told, own: Collection[int]) -> Remark:
    """A criterion that lost something or could not be judged: what it asks for, and why.

    What was seen may be spread over the notebook; the last of it in the exercise's own cells is
    where there is something to change. Where nothing was seen, all of the exercise is.
    """
    because = of.because.removesuffix(f"; {A_PERSON_LOOKS}")
    if because == A_PERSON_LOOKS:
        because = UNTOLD
    said = of.title if because in ("", of.title) else f"{of.title}: {because}"
    here = [c for c in of.mark.cells if c in own] or of.mark.cells
    if of.mark.cell is None:
        return Remark(said, of.seen, of.expected, span=(here[0], here[-1]) if here else None)
    return Remark(said, of.seen, of.expected, here[-1])


def line_of(evidence: Evidence, cell: int | None, line: int | None) -> str:
    """A line of a cell, without the space around it; empty where it is not known."""
    if cell is None or line is None:
        return ""
    source = next((c.source for c in evidence.everywhere(CellRead) if c.cell == cell - 1), "")
    lines = source.split("\n")
    return lines[line - 1].strip() if 0 < line <= len(lines) else ""


def code_of(evidence: Evidence, exercise: str) -> str:
    """SHA-256 of what stands in an exercise's cells; spaces at the ends of lines count not."""
    cells = (c.source for c in evidence.of(exercise, CellRead))
    kept = ["\n".join(line.rstrip() for line in source.strip().split("\n")) for source in cells]
    return hashlib.sha256("\0".join(kept).encode("utf-8", "replace")).hexdigest()


def event(found: Practised, learner: str, at: datetime) -> Event:
    """What is remembered of a check.

    Args:
        found: what it told.
        learner: random id of whoever asked.
        at: when, with a time zone.
    """
    return Event(
        learner=learner, at=at, assignment=found.assignment, kind="check",
        exercise=found.exercise, outcome="unknown" if found.why else found.verdict,
        passed=found.passed, failed=found.failed, faults=found.faults, criteria=found.criteria,
        code=found.code, possible=found.possible,
        blocked_by=found.blocked_by.exercise if found.blocked_by else "",
        blocked_at=found.where(found.blocked_by.cell) if found.blocked_by
        and found.blocked_by.cell else "", unhinted=found.unhinted,
    )  # fmt: skip
