"""What only the instructor's page says: why a person should look, and what points rest on."""

from __future__ import annotations

from typing import NamedTuple

from grader.doubts import told as told_doubt
from grader.evidence import Evidence
from grader.facts import Doubted
from grader.footing import Footing, corroborated, footing, rests_on
from grader.pages.recognition import Recognition, recognition
from grader.report import Record
from grader.unfound import unfound


class Reason(NamedTuple):
    """Why a person should look; `cell` from 1 where one cell is meant, `line` in it."""

    text: str
    exercise: str | None
    cell: int | None
    line: int | None


class Review(NamedTuple):
    """What only the instructor sees.

    Attributes:
        reasons: why a person should look, a doubt with its place.
        doubts: of the evidence.
        told_doubts: their sentences, by which marks name them.
        footing: per criterion what its mark rests on.
        rests_on: how many earned points rest on what.
        traces: per criterion the traceback of our check, where that broke.
        run: facts of the run, by their names.
        recognition: what was looked for, where too little of it was found.
    """

    reasons: list[Reason]
    doubts: list[Doubted]
    told_doubts: set[str]
    footing: dict[str, Footing]
    rests_on: dict[Footing, float]
    traces: dict[str, str]
    run: dict[str, str]
    recognition: Recognition | None


def reviewed(record: Record, cells: set[int]) -> Review:
    """What the instructor is told; only the given cells are linked to."""
    grade, evidence = record.grade, record.evidence
    doubts = evidence.everywhere(Doubted)
    places = {told_doubt(d): d for d in reversed(doubts)}
    borne_out = corroborated(evidence)
    return Review(
        reasons=[reason(text, places.get(text), cells, [e.id for e in grade.exercises])
                 for text in grade.needs_a_person],
        doubts=doubts,
        told_doubts=set(places),
        footing={m.criterion: footing(m, evidence, borne_out) for m in grade.marks},
        rests_on=rests_on(grade, evidence),
        traces={m.criterion: m.actual for m in grade.marks if m.verdict == "broken"},
        run=run_facts(evidence),
        recognition=recognition(record.cells, record.assignment) if unfound(grade) else None,
    )  # fmt: skip


def reason(text: str, doubt: Doubted | None, cells: set[int], exercises: list[str]) -> Reason:
    """A reason, with its place where it is about an exercise or a cell."""
    about = next((e for e in exercises if text.startswith(f"exercise {e}: ")), None)
    cell = doubt.cell + 1 if doubt is not None and doubt.cell + 1 in cells else None
    return Reason(text, about, cell, doubt.line if doubt is not None else None)


def run_facts(evidence: Evidence) -> dict[str, str]:
    """Facts of the run, without those that are empty."""
    header = evidence.header
    facts = {
        "ending": header.ending.replace("_", " "),
        "why": header.why,
        "sandbox": header.sandbox if header.sandbox != "none" else "none: it ran without a fence",
        "devices": header.devices,
        "random generators started at": str(header.initial_seed) if header.initial_seed else "",
        "PyTorch": header.torch,
        "grader": header.grader,
        "facts in evidence.jsonl": str(len(evidence.facts)),
        "SHA-256 of the hand-in": header.submission,
    }
    return {name: value for name, value in facts.items() if value}
