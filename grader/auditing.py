"""What the runs of an audit show."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from grader.audit import (
    Accused,
    Audit,
    Changed,
    OfFault,
    OfVariation,
    Ran,
    Together,
    Unsteady,
)
from grader.fault import Fault
from grader.finding import Diagnosis
from grader.grade import Grade, Mark
from grader.proof import is_lost, is_withheld
from grader.rubric import Rubric
from grader.variation import Variation

FEWEST_TOGETHER = 3
"""Hand-ins that have to lose criteria together before that is told: fewer show nothing."""


class Usual(NamedTuple):
    """What the runs of a solution as it is came to.

    Attributes:
        verdicts: of each criterion, from all seeds.
        lost: criteria that it loses itself.
        person: whether a person is asked about it.
    """

    verdicts: Mapping[str, frozenset[str]]
    lost: frozenset[str]
    person: bool


def audit(
    title: str,
    rubric: Rubric,
    runs: Sequence[Ran],
    faults: Iterable[Fault],
    variations: Iterable[Variation],
) -> Audit:
    """What the runs of one assignment show of its rubric.

    Args:
        title: of the assignment.
        rubric: that was audited.
        runs: all of them; what this machine failed to run shows nothing.
        faults: the mistakes that were planted.
        variations: the ways in which solutions were written otherwise.
    """
    runs = [run for run in runs if run.grade.ending != "host_failed"]
    solutions = [run for run in runs if run.part == "solution"]
    names = list(dict.fromkeys(run.name for run in solutions))
    usual = {name: usually([r.grade for r in solutions if r.name == name]) for name in names}
    runs = [run for run in runs if run.part in ("solution", "mistake") or run.name in usual]
    mutants = [run for run in runs if run.part == "mutant"]
    variants = [run for run in runs if run.part == "variant"]
    known = {fault.id: fault for fault in faults}
    ways = {one.name: one for one in variations}
    titles = {**{i: f.title for i, f in known.items()}, **{n: v.changes for n, v in ways.items()}}
    kept = [
        run for run in mutants
        if not run.same and is_wrong(run, known[run.change.by])
        and not losses(run.grade, usual[run.name])
    ]  # fmt: skip
    wrong = [run for run in runs if run.part == "mistake" or (run.part == "mutant"
                                                              and not run.same)]  # fmt: skip
    return Audit(
        rubric.assignment, title, len(rubric.criteria), len(names),
        [of_fault(f, [r for r in mutants if r.change.by == i], usual) for i, f in known.items()
         if any(r.change.by == i for r in mutants)],
        [of_variation(v, [r for r in variants if r.change.by == n], usual)
         for n, v in ways.items() if any(r.change.by == n for r in variants)],
        [shown(run, usual, titles) for run in kept],
        [shown(run, usual, titles) for run in mutants if run.same],
        [shown(run, usual, titles) for run in variants if differs(run.grade, usual[run.name])],
        accused([*solutions, *variants]),
        never_lost(rubric, wrong),
        lost_together(rubric, wrong),
        unsteady(solutions),
    )  # fmt: skip


def usually(grades: Collection[Grade]) -> Usual:
    """What a solution comes to."""
    verdicts: dict[str, set[str]] = defaultdict(set)
    for grade in grades:
        for mark in grade.marks:
            verdicts[mark.criterion].add(mark.verdict)
    return Usual(
        {criterion: frozenset(found) for criterion, found in verdicts.items()},
        frozenset(m.criterion for grade in grades for m in grade.marks if is_lost(m)),
        any(grade.needs_a_person for grade in grades),
    )


def losses(grade: Grade, usual: Usual) -> list[Mark]:
    """Marks that lost points which the solution has."""
    return [m for m in grade.marks if is_lost(m) and m.criterion not in usual.lost]


def unusual(grade: Grade, usual: Usual) -> list[Mark]:
    """Marks with a verdict that no run of the solution has."""
    return [m for m in grade.marks if m.verdict not in usual.verdicts.get(m.criterion, ())]


def differs(grade: Grade, usual: Usual) -> bool:
    """Whether a variant is judged otherwise than its solution, or a person is asked about it."""
    return bool(unusual(grade, usual) or (grade.needs_a_person and not usual.person))


def shown(run: Ran, usual: Mapping[str, Usual], titles: Mapping[str, str]) -> Changed:
    """A changed solution for whoever reads the audit."""
    change, grade = run.change, run.grade
    person = grade.needs_a_person[0] if grade.needs_a_person else ""
    return Changed(
        change.by, titles[change.by], run.name, change.what, change.exercises, change.diff,
        tuple(unusual(grade, usual[run.name])), tuple(d.id for d in grade.diagnoses),
        "" if usual[run.name].person else person,
    )  # fmt: skip


def of_fault(fault: Fault, mutants: Sequence[Ran], usual: Mapping[str, Usual]) -> OfFault:
    """What became of one mistake's mutants."""
    different = [run for run in mutants if not run.same]
    places = [place_of(fault.id, run.grade.diagnoses, run.change.exercises) for run in different]
    wrong = [run for run in different if is_wrong(run, fault)]
    return OfFault(
        fault.id, fault.title, fault.severity, len(different),
        sum(bool(losses(run.grade, usual[run.name])) for run in different),
        len(mutants) - len(different), places.count(1), sum(1 <= p <= 3 for p in places),
        len(wrong), sum(bool(losses(run.grade, usual[run.name])) for run in wrong),
    )  # fmt: skip


def is_wrong(run: Ran, fault: Fault) -> bool:
    """Whether a mutant should lose points: its mistake is wrong, and not harmless in its place."""
    told = {d.severity for d in run.grade.diagnoses
            if d.id == fault.id and d.exercise in run.change.exercises}  # fmt: skip
    return fault.severity == "F" and (not told or "F" in told)


def place_of(fault: str, diagnoses: Sequence[Diagnosis], exercises: Iterable[str]) -> int:
    """Where a mistake stands among what was diagnosed, from 1; 0 where it was not found.

    The best place counts: in the whole hand-in, or in one of the exercises that were edited. What
    is only worth knowing takes no place from what is wrong.
    """
    wrong = [d for d in diagnoses if d.severity != "N"] or diagnoses
    orders = [[d.id for d in wrong], *([d.id for d in wrong if d.exercise == e] for e in exercises)]
    return min((ids.index(fault) + 1 for ids in orders if fault in ids), default=0)


def of_variation(
    variation: Variation, variants: Sequence[Ran], usual: Mapping[str, Usual]
) -> OfVariation:
    """What became of one variation's variants."""
    unchanged = sum(not differs(run.grade, usual[run.name]) for run in variants)
    return OfVariation(variation.name, variation.changes, len(variants), unchanged)


def accused(correct: Iterable[Ran]) -> list[Accused]:
    """Mistakes that were found where none is; each once, however many seeds show it."""
    found: dict[tuple[str, str, str], Accused] = {}
    for run in correct:
        what = f"{run.change.by}: {run.change.what}" if run.change.by else ""
        for d in run.grade.diagnoses:
            if d.severity == "F":
                one = Accused(run.name, what, run.change.diff, d)
                found.setdefault((run.name, what, d.id), one)
    return list(found.values())


def never_lost(rubric: Rubric, wrong: Iterable[Ran]) -> list[str]:
    """Criteria that no wrong answer loses; blanks, and what waits for others, show nothing."""
    lost = {
        m.criterion for run in wrong for m in run.grade.marks if m.verdict in ("failed", "partly")
    }
    return [c.id for c in rubric.criteria if c.id not in lost]


def lost_together(rubric: Rubric, wrong: Iterable[Ran]) -> list[Together]:
    """Criteria that are lost by the same hand-ins, and so may ask for the same thing twice."""
    losers: dict[str, set[int]] = defaultdict(set)
    for number, run in enumerate(wrong):
        for mark in run.grade.marks:
            if is_lost(mark) or is_withheld(mark):
                losers[mark.criterion].add(number)
    groups: dict[frozenset[int], list[str]] = defaultdict(list)
    for criterion in rubric.criteria:
        groups[frozenset(losers[criterion.id])].append(criterion.id)
    return [
        Together(tuple(criteria), len(hand_ins)) for hand_ins, criteria in groups.items()
        if len(criteria) > 1 and len(hand_ins) >= FEWEST_TOGETHER
    ]  # fmt: skip


def unsteady(solutions: Sequence[Ran]) -> list[Unsteady]:
    """Criteria whose verdict on a solution is not the same from every seed."""
    verdicts: dict[tuple[str, str], list[str]] = defaultdict(list)
    for run in sorted(solutions, key=lambda r: r.salt):
        for mark in run.grade.marks:
            verdicts[run.name, mark.criterion].append(mark.verdict)
    return [
        Unsteady(name, criterion, tuple(found))
        for (name, criterion), found in verdicts.items()
        if len(set(found)) > 1
    ]
