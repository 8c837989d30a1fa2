"""What an audit found, for a terminal: one line a question, the diffs of what is wrong below."""

from __future__ import annotations

from collections.abc import Sequence

from grader.audit import Audit, Changed, OfFault
from grader.legible import clean
from grader.reports.proof import cut
from grader.reports.terminal import Line

MOST = 5
"""Of what is wrong, that is told here; the page tells the others."""
MOST_LINES = 8
"""Of a diff."""


def audit_report(audit: Audit) -> list[Line]:
    """The report."""
    return [
        Line(f"{audit.assignment}: {headline(audit)}", "title"),
        *survivors(audit),
        *punished(audit),
        *accused(audit),
        *criteria(audit),
        *unsteady(audit),
        *diagnosed(audit.faults),
    ]


def headline(audit: Audit) -> str:
    """The result first."""
    if audit.percent is None:
        return "no mistake could be planted"
    return f"{audit.lost} of {audit.counted} mistakes lose points ({audit.percent:.1f} %)"


def question(claim: str, *, holds: bool) -> Line:
    """One line: what was asked, and whether all is well."""
    return Line(f" {'✓' if holds else '✗'}  {claim}", "good" if holds else "bad")


def survivors(audit: Audit) -> list[Line]:
    """Mistakes that cost nothing."""
    if audit.percent is None:
        why = "there is no solution to plant a mistake in"
        if audit.solutions:
            why = "the solutions hold nothing that a known mistake could be made in"
        return [Line(f" -  {why}; this says nothing of the rubric", "part")]
    count = len(audit.survivors)
    claim = f"{count} of {audit.counted} mistakes cost nothing" if count else (
        f"each of {audit.counted} mistakes costs something")  # fmt: skip
    if audit.same:
        claim += f"; {len(audit.same)} more do what the solution does"
    return [question(claim, holds=not count), *listed(audit.survivors)]


def punished(audit: Audit) -> list[Line]:
    """Variants that are judged otherwise than their solution."""
    count, all_of_them = len(audit.punished), sum(v.variants for v in audit.variations)
    if not all_of_them:
        return [Line(" -  no solution could be written in another way", "part")]
    how_many = f"{count}" if count else "none"
    claim = f"{how_many} of {all_of_them} other ways to write a solution change a verdict"
    return [question(claim, holds=not count), *listed(audit.punished)]


def accused(audit: Audit) -> list[Line]:
    """Mistakes found in correct work."""
    if not audit.accused:
        return [question("no mistake is diagnosed in correct work", holds=True)]
    lines = [question(f"{len(audit.accused)} mistakes are diagnosed in correct work", holds=False)]
    for one in audit.accused[:MOST]:
        where = f"{one.name}, {one.what}" if one.what else one.name
        said = f"{one.found.id} in exercise {one.found.exercise}: {one.found.observed}"
        lines.append(Line(f"      {cut(f'{where}: {said}')}", "plain"))
    return lines + more(len(audit.accused))


def criteria(audit: Audit) -> list[Line]:
    """Criteria that nothing loses, and those that are lost together."""
    count = audit.criteria - len(audit.never)
    claim = f"{count} of {audit.criteria} criteria are lost by a wrong answer"
    lines = [question(claim, holds=not audit.never)]
    if audit.never:
        lines.append(Line(f"      nothing loses {cut(', '.join(audit.never))}", "plain"))
    for group in audit.together:
        names = cut(", ".join(group.criteria))
        lines.append(Line(f" ◐  always lost together, by {group.hand_ins} hand-ins: {names}",
                          "part"))  # fmt: skip
    return lines


def unsteady(audit: Audit) -> list[Line]:
    """Verdicts that hang on the seed."""
    if not audit.unsteady:
        return [question("no verdict on a solution hangs on the seed", holds=True)]
    lines = [question(f"{len(audit.unsteady)} verdicts hang on the seed", holds=False)]
    for one in audit.unsteady[:MOST]:
        said = f"{one.name}: {one.criterion} is {', '.join(one.verdicts)}"
        lines.append(Line(f"      {cut(said)}", "plain"))
    return lines + more(len(audit.unsteady))


def diagnosed(faults: Sequence[OfFault]) -> list[Line]:
    """Each mistake that was planted, and how well it was found."""
    lines = []
    if faults:
        total = sum(f.mutants for f in faults)
        first, three = sum(f.first for f in faults), sum(f.three for f in faults)
        lines.append(Line(f"    of {total} mutants, {first} are diagnosed first and {three} among"
                          " the first three:", "dim"))  # fmt: skip
    for f in faults:
        told = (f"      {f.id} {f.severity}  mutants {f.mutants:<3} lose points {f.lost:<3}"
                f" first {f.first:<3} of three {f.three:<3} {clean(f.title)}")  # fmt: skip
        lines.append(Line(told, "plain" if f.first == f.mutants else "part"))
    return lines


def listed(changed: Sequence[Changed]) -> list[Line]:
    """The first of some changed solutions, with what is different in them."""
    lines: list[Line] = []
    for one in changed[:MOST]:
        where = f" in exercise {', '.join(one.exercises)}" if one.exercises else ""
        lines.append(Line(f"      {cut(f'{one.by}, {one.what}{where} of {one.name}')}", "plain"))
        for mark in one.marks[:2]:
            said = f"{mark.criterion} is {mark.verdict}: {mark.because}"
            lines.append(Line(f"        → {cut(said)}", "plain"))
        if not one.marks and one.person:
            lines.append(Line(f"        → {cut(f'a person is asked: {one.person}')}", "plain"))
        diff = one.diff.split("\n")
        lines += [Line(f"          {clean(line)}", "dim") for line in diff[:MOST_LINES]]
        if len(diff) > MOST_LINES:
            lines.append(Line("          …", "dim"))
    return lines + more(len(changed))


def more(count: int) -> list[Line]:
    """How many are not told here."""
    return [Line(f"      and {count - MOST} more on the page", "dim")] if count > MOST else []
