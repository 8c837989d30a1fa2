"""The figures of an exercise, and what it means where none of them shows what is looked for."""

from __future__ import annotations

from grader.evidence import Evidence
from grader.facts import OutputSeen, PlotDrawn, ProbeFailed
from grader.finding import Finding, no_evidence


def figures_of(evidence: Evidence, exercise: str) -> list[PlotDrawn]:
    """An exercise's figures, each once, as it was when it was shown or saved last."""
    told = evidence.of(exercise, PlotDrawn)
    return list({p.figure or -p.seq - 1: p for p in told}.values())


def unseen_figures(evidence: Evidence, exercise: str) -> Finding | None:
    """That figures may have gone unseen in an exercise; None where they would have been seen."""
    for blind in evidence.of(exercise, ProbeFailed):
        if blind.probe in ("plots", "recorder", "wire"):
            return no_evidence(f"what was drawn could not be seen: {blind.problem}")
    pictures = [o for o in evidence.of(exercise, OutputSeen) if "image/png" in o.mimes]
    if pictures and not evidence.of(exercise, PlotDrawn):
        return no_evidence("a picture was shown, but not what is drawn in it")
    return None
