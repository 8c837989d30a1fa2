"""What a hand-in's runs come to: one run, and further ones where fairness asks for them.

A further run is asked for by its salt. Whoever grades makes it there and then; whoever judges
elsewhere has it from a file, or has it not: then what was seen before stands by itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from grader.evidence import Evidence, number
from grader.facts import Doubted
from grader.grade import Grade, judge, mark
from grader.reporting import Asked
from grader.second_run import STARTS, differing, unlucky, varying, with_answers
from grader.trouble import troubled

Further = Callable[[int], tuple[Evidence | None, str]]
"""The evidence of a run from a salt, or None and the traceback of our bug, if it was one."""


class Weighed(NamedTuple):
    """What runs come to.

    Attributes:
        evidence: of the first run, with what the others add.
        grade: what that earns.
        bug: the traceback of a bug of ours that hit a further run.
        troubled: whether this machine kept something from being seen.
    """

    evidence: Evidence
    grade: Grade
    bug: str
    troubled: bool


def weigh(evidence: Evidence, asked: Asked, further: Further, *, compared: bool) -> Weighed:
    """Judge a run, and further ones where it takes them to be fair.

    Args:
        evidence: of the first run.
        asked: the assignment, and what earns points.
        further: gives another run.
        compared: whether the run is to be held against another.
    """
    findings = judge(evidence, asked.rubric, asked.assignment)
    grade, short = mark(evidence, findings, asked.assignment), unlucky(findings)
    trouble, bug = troubled(evidence), ""
    if compared or (short and evidence.header.ending == "finished"):
        other, bug = further(STARTS[0])
        if other is not None:
            trouble = trouble or troubled(other)
            evidence, other = (
                with_answers(evidence, other, short), with_answers(other, evidence, short)
            )  # fmt: skip
            grade = graded(evidence, asked)
            doubts = differing(grade, graded(other, asked)) if compared else []
            evidence = doubting(evidence, doubts)
            if not doubts:
                evidence, later_bug = started_again(evidence, asked, further)
                bug = bug or later_bug
            grade = graded(evidence, asked)
    return Weighed(evidence, grade, bug, trouble)


def graded(evidence: Evidence, asked: Asked) -> Grade:
    """What evidence is worth."""
    return mark(evidence, judge(evidence, asked.rubric, asked.assignment), asked.assignment)


def started_again(evidence: Evidence, asked: Asked, further: Further) -> tuple[Evidence, str]:
    """The evidence of two runs with answers of further ones, while luck may lack; a traceback."""
    for again, salt in enumerate(STARTS[1:], 2):
        short = unlucky(judge(evidence, asked.rubric, asked.assignment))
        short = varying(evidence, short)
        if not short:
            break
        other, trouble = further(salt)
        if other is None:
            return evidence, trouble
        evidence = with_answers(evidence, other, short, again=again)
    return evidence, ""


def doubting(evidence: Evidence, found: list[Doubted]) -> Evidence:
    """The evidence with doubts at its end."""
    return Evidence(header=evidence.header, facts=number([*evidence.facts, *found]))
