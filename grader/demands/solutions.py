"""Every solution earns everything, wherever the random generators start."""

from __future__ import annotations

from grader.proof import Part, Problem, Tried, ended_early, said, shown_by


def solutions_part(runs: list[Tried]) -> Part:
    """Every solution earns everything, wherever the random generators start."""
    names = list(dict.fromkeys(run.name for run in runs))
    own = [solution_problems([run for run in runs if run.name == name]) for name in names]
    problems = [problem for found in own for problem in found]
    if not runs:
        do = "write the starter again with every exercise answered"
        missing = Problem("solution.ipynb", "is missing", do)
        return Part("solutions", "a solution earns all points", [missing])
    seeds = len({run.salt for run in runs})
    claim = (f"{own.count([])} of {len(names)} solutions earn all"
             f" {runs[0].grade.possible:g} points, from each of {seeds} seeds")  # fmt: skip
    return Part("solutions", claim, problems)


def solution_problems(runs: list[Tried]) -> list[Problem]:
    """What one solution lacks, each told once for all the seeds it was run from."""
    found: dict[str, tuple[str, list[Tried]]] = {}
    for run in runs:
        for key, told in shortcomings(run):
            found.setdefault(key, (told, []))[1].append(run)
    always = "mend the solution, or what the rubric asks for"
    sometimes = "its random numbers decide: have a seed set, or ask for less"
    return [
        shown_by(those[0], told, always if len(those) == len(runs) else sometimes)
        for told, those in found.values()
    ]


def shortcomings(run: Tried) -> list[tuple[str, str]]:
    """What a run of a solution lacks: how it is recognised from seed to seed, and told."""
    if ended := ended_early(run):
        return [("ending", ended.what)]
    short = [m for m in run.grade.marks if m.verdict != "passed"]
    found = [(f"{m.criterion} {m.verdict}", f"{m.criterion} is {said(m)}") for m in short]
    if not short:
        found += [(r, f"a person is needed: {r}") for r in run.grade.needs_a_person]
    if not found and not run.grade.final:
        found.append(("final", "its grade is not final"))
    return found
