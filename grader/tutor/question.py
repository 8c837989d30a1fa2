"""A question that can be pasted to a person who helps, after many tries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from grader.legible import clean
from grader.tutor.events import Event
from grader.tutor.faces import MOST_WRONG, shortened
from grader.tutor.hints import RUNGS, failed_checks, level_of
from grader.tutor.practice import Practised

INVITATION = "A person may see at once what a program cannot. This can be pasted:"


def question(found: Practised, before: Sequence[Event], versions: Mapping[str, str]) -> str:
    """What was asked for, what happens, what was tried, and with which versions; no solution.

    Args:
        found: what the last check told.
        before: what was done on the exercise.
        versions: of programs, by name; those that are empty are left out.
    """
    lines = [
        f"I am stuck at exercise {found.exercise} of {found.assignment}, {clean(found.title)}.",
        f"I ran {failed_checks(before)} checks that found something.",
    ]
    if found.works:
        lines.append(f"What works: {clean('; '.join(found.works))}.")
    for remark in found.wrong[:MOST_WRONG]:
        lines.append(f"What is wrong: {clean(remark.what)}.")
        if remark.observed:
            lines.append(f"  seen: {shortened(clean(remark.observed))}")
        if remark.expected:
            lines.append(f"  expected: {shortened(clean(remark.expected))}")
        if remark.cell:
            where = f"cell {remark.cell}" + (f", line {remark.line}" if remark.line else "")
            lines.append(f"  where: {where} {shortened(clean(remark.code))}".rstrip())
    level = max(map(level_of, before), default=0)
    if level:
        lines.append(f"The last hint I read: {RUNGS[min(level, len(RUNGS)) - 1]}.")
    told = ", ".join(f"{name} {version}" for name, version in versions.items() if version)
    lines.append(f"Versions: {told}.")
    return "\n".join([INVITATION, "", *(f"    {line}" for line in lines)])
