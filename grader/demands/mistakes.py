"""Every mistake loses what it is written for, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from grader.expectations import Expectation
from grader.grade import NOT_RUN, Mark
from grader.proof import Part, Problem, Tried, ended_early, is_lost, is_withheld, said, shown_by


def mistakes_part(expected: Sequence[Expectation], runs: list[Tried]) -> Part:
    """Every mistake loses what it is written for, and nothing else.

    What several hand-ins show of one criterion is told once.
    """
    if not expected:
        do = ("write solutions with a mistake or two as students make them, and tell in"
              " mistakes/expect.toml what each loses")  # fmt: skip
        none = Problem("mistakes/", "holds no hand-in", do)
        return Part("mistakes", "mistakes lose exactly what expect.toml says", [none])
    by_file = {run.name.rpartition("/")[2]: run for run in runs}
    told: dict[str, Problem] = {}
    held = 0
    for entry in expected:
        found = dict(differences(entry, by_file[entry.hand_in]))
        held += not found
        for key, problem in found.items():
            before = told.get(key)
            told[key] = before._replace(also=before.also + 1) if before else problem
    claim = f"{held} of {len(expected)} mistakes lose exactly what expect.toml says"
    return Part("mistakes", claim, list(told.values()))


def differences(entry: Expectation, run: Tried) -> Iterator[tuple[str, Problem]]:
    """Where a mistake's grade differs from what is expected, each with what it is about."""
    if run.grade.ending in NOT_RUN and (ended := ended_early(run)):
        yield run.name, ended
        return
    for mark in run.grade.marks:
        if different := difference(entry, mark):
            what, do = different
            yield (
                f"{mark.criterion} {what}",
                shown_by(run, f"{mark.criterion} {what}{said(mark)}", do),
            )
    if person := needless_or_missing(entry, run):
        yield f"{run.name} a person", shown_by(run, *person)


def difference(entry: Expectation, mark: Mark) -> tuple[str, str] | None:
    """How one mark differs from what is expected of it, and what to do."""
    name = mark.criterion
    verdict = entry.verdicts.get(name, mark.verdict)
    if is_lost(mark) and name not in entry.loses:
        return "is lost too: ", "mend its check, or name it under `loses` if that is fair"
    if not is_lost(mark) and name in entry.loses:
        do = "see why its check does not mind, and mend it; or take it out of `loses`"
        return "is not lost: ", do
    if is_lost(mark) and mark.verdict != verdict:
        return f"is not {verdict} but ", "mend its check, or what `verdicts` says of it"
    if is_withheld(mark) and name not in entry.withholds:
        return "is withheld: ", "mend its check, or name it under `withholds` if that is fair"
    if not is_withheld(mark) and name in entry.withholds:
        do = "see why nothing keeps its points back, or take it out of `withholds`"
        return "is not withheld: ", do
    return None


def needless_or_missing(entry: Expectation, run: Tried) -> tuple[str, str] | None:
    """A person who is needed and should not be, or the other way round, and what to do."""
    reasons = run.grade.needs_a_person
    if entry.needs_a_person is not None:
        if any(entry.needs_a_person in reason for reason in reasons):
            return None
        instead = f"; the reason is: {reasons[0]}" if reasons else ""
        return f"no person is told of {entry.needs_a_person!r}{instead}", "mend `needs_a_person`"
    if entry.withholds or run.grade.withheld or (run.grade.final and not reasons):
        return None
    why = reasons[0] if reasons else "its grade is not final"
    return (f"a person is needed: {why}",
            "tell a part of that reason under `needs_a_person` if that is fair")  # fmt: skip
