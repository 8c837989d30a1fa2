"""The untouched starter earns nothing and breaks nothing."""

from __future__ import annotations

from grader.facts import ProbeFailed
from grader.proof import Part, Problem, Tried, ended_early, shown_by


def starter_part(runs: list[Tried]) -> Part:
    """The untouched starter earns nothing and breaks nothing."""
    problems = [problem for run in runs for problem in starter_problems(run)]
    if not runs:
        problems.append(
            Problem(
                "starter.ipynb",
                "is missing",
                "write what students get: each task with an empty cell below",
            )
        )
    return Part("starter", "the starter earns nothing and breaks nothing", problems)


def starter_problems(run: Tried) -> list[Problem]:
    """What an untouched starter does that it should not."""
    if ended := ended_early(run):
        return [ended]
    begun = [e for e in run.grade.exercises if e.verdict != "missing"]
    found = [
        shown_by(run, f"exercise {e.id} is {e.verdict} instead of missing"
                f" and earns {e.earned:g} points",
                "leave out of the starter what answers it")
        for e in begun
    ]  # fmt: skip
    broken = [m for m in run.grade.marks if m.verdict == "broken"]
    found += [shown_by(run, f"the check of {m.criterion} breaks", "mend the check")
              for m in broken]  # fmt: skip
    blind = dict.fromkeys(f.probe for f in run.evidence.everywhere(ProbeFailed))
    found += [shown_by(run, f"something in it could not be seen: {name}",
                      "leave out the code that is in the way") for name in blind]  # fmt: skip
    if not begun and not broken:
        found += [shown_by(run, f"a person is needed: {reason}",
                          "mend its headings and cells until nobody is")
                  for reason in run.grade.needs_a_person]  # fmt: skip
    return found
