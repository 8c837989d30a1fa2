"""What was proved of an assignment, for a terminal: one line a demand, two a problem."""

from __future__ import annotations

import shlex

from grader.legible import clean, points
from grader.proof import Part, Problem, Proof
from grader.reports.terminal import Line

MOST = 6
"""Problems of one demand that are told: whoever mends these runs it again."""
LONGEST = 200


def proof_report(proof: Proof, folder: str) -> list[Line]:
    """The report: what holds, what does not and what to do, on what the points rest.

    Args:
        proof: the outcome.
        folder: where the assignment lies, as somebody would type it here.
    """
    lines = [Line(f"{proof.assignment}: {'proved' if proof.holds else 'not proved'}", "title")]
    lines += [line for part in proof.parts for line in part_lines(part)]
    if proof.footing is not None:
        told = "  ".join(f"{what} {points(value)}" for what, value in proof.footing.items())
        lines.append(Line(f"    points rest on: {told}", "dim"))
    shown = [p for part in proof.parts for p in part.problems if p.salt is not None]
    if shown:
        lines.append(
            Line(f"    to look closer: {look(proof.assignment, folder, shown[0])}", "plain")
        )
    return lines


def look(assignment: str, folder: str, problem: Problem) -> str:
    """The command that shows the run in question."""
    salt = f" --initial-seed {problem.salt}" if problem.salt else ""
    path = clean(shlex.quote(f"{folder}/{problem.where}"))
    return f"grader grade {path} --assignment {assignment}{salt} --out proofs"


def part_lines(part: Part) -> list[Line]:
    """One demand and its problems."""
    sign = "✗" if part.problems else "✓"
    lines = [Line(f" {sign}  {part.claim}", "bad" if part.problems else "good")]
    for problem in part.problems[:MOST]:
        lines.append(Line(f"      {cut(f'{place(problem)}: {problem.what}')}", "plain"))
        lines.append(Line(f"        → {cut(problem.do)}", "dim"))
    more = len(part.problems) - MOST
    if more > 0:
        lines.append(Line(f"      and {more} more; mend these first", "dim"))
    return lines


def place(problem: Problem) -> str:
    """Where a problem is seen."""
    seed = f" from seed {problem.salt}" if problem.salt else ""
    return f"{problem.where}{seed}" + (f" and {problem.also} more" if problem.also else "")


def cut(text: str) -> str:
    """Text without control characters, and not too long."""
    text = clean(text)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
