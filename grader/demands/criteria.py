"""Every criterion can be lost by a wrong answer, and its hints lead back without telling it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from grader.facts import CellRead
from grader.ladders import slips
from grader.proof import Part, Problem, Tried
from grader.rubric import Rubric


def criteria_part(rubric: Rubric, mistakes: list[Tried]) -> Part:
    """Every criterion is lost by somebody who tried, not only by blanks."""
    wrong = {
        m.criterion for run in mistakes for m in run.grade.marks
        if m.verdict in ("failed", "partly")
    }  # fmt: skip
    never = [c.id for c in rubric.criteria if c.id not in wrong]
    problems = []
    if never:
        what = f"no wrong answer loses {listed(never)}"
        do = ("add hand-ins to mistakes/ that get them wrong, with entries in expect.toml;"
              " a blank or a crash shows nothing")  # fmt: skip
        problems = [Problem("mistakes/", what, do)]
    count = len(rubric.criteria)
    claim = f"{count - len(never)} of {count} criteria are lost by a wrong answer"
    return Part("criteria", claim, problems)


def hints_part(rubric: Rubric, tried: Sequence[Tried], tasks: Mapping[str, str]) -> Part:
    """Every criterion has a ladder of hints that gives nothing away.

    Args:
        rubric: whose criteria.
        tried: the runs; what their reports say is expected is no hint, and no code of solutions.
        tasks: what students are told of each exercise.
    """
    problems = []
    solutions = [t.evidence for t in tried if t.role == "solution"]
    for criterion in rubric.criteria:
        expected = {
            m.expected for run in tried for m in run.grade.marks if m.criterion == criterion.id
        }
        found = slips(
            criterion,
            task=tasks.get(criterion.exercise, ""),
            answers=[c.source for e in solutions for c in e.of(criterion.exercise, CellRead)],
            expected=sorted(expected),
        )
        problems += [Problem(f"criterion {criterion.id}", what, do) for what, do in found]
    bad = len({p.where for p in problems})
    count = len(rubric.criteria)
    claim = f"{count - bad} of {count} criteria have hints that give nothing away"
    return Part("hints", claim, problems)


def listed(names: Sequence[str]) -> str:
    """Names as a sentence holds them."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"
