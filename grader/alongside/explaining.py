"""What the last error means: what its line was working on, and the mistake that is known for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from grader.alongside.desk import Desk
from grader.alongside.runs import last_error
from grader.alongside.telling import Telling, paragraphs, sentence
from grader.diagnosing import by_id, diagnose
from grader.evidence import Evidence
from grader.facts import CellEnded
from grader.finding import Diagnosis
from grader.raised import errors

NONE = "No cell that ran here has ended with an error."
UNKNOWN = "No explanation is known for this one. The last line of the error says what Python met."


def explained(desk: Desk) -> Telling:
    """What the last error means, in words."""
    run = last_error(desk.runs())
    if run is None:
        return sentence(NONE)
    evidence = desk.alone(run)
    here = {e.cell + 1 for e in evidence.of("", CellEnded)}
    found = [d for d in diagnose(evidence, [""]).diagnoses if d.cell in here]
    return paragraphs(in_words(evidence, found, run.error))


def in_words(evidence: Evidence, found: Sequence[Diagnosis], error: dict[str, Any]) -> list[str]:
    """The error, what its line was working on, and the first mistake that explains it."""
    line = f" in line {error['line']}" if error.get("line") else ""
    said = " ".join(error["evalue"].split())[:300]
    lines = [f"{error['ename']}{line}: {said}"]
    for raised in errors(evidence, "", ".*"):
        if raised.with_types():
            lines.append(f"That line was working on {raised.with_types()}.")
        if raised.where():
            lines.append(f"It was raised {raised.where()}.")
    if not found:
        return [*lines, UNKNOWN]
    first = found[0]
    fault = by_id()[first.id]
    lines.append(f"{'' if first.certain else 'Possibly: '}{first.title}. {first.because}")
    lines.append(f"Where to look: {fault.hints[0]}")
    return lines
