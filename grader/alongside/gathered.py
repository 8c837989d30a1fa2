"""The evidence of the cells that ran in a student's kernel: what a graded run would have seen.

Facts are held to the same closed form as a hand-in's. They lie in the order of the notebook, as
far as that is known, because that is the order in which they will be graded.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection
from typing import Any

import grader
from grader.alongside.document import Document
from grader.alongside.runs import Run
from grader.assignment import Assignment
from grader.evidence import SCHEMA, Evidence, Header, number
from grader.exercises import Placement
from grader.facts import CellEnded, CellRead, Claim, Fact, ProbeFailed
from grader.preparation import preparing
from grader.run.ask import read_claims
from grader.run.challenge import Asking, asking_after, read_answers, unheard
from grader.run.outputs import outputs_seen, steady

HERE = "in the student's own kernel"
UNASKED = "models and functions cannot be asked here; only a full run can tell"

Answers = Callable[[list[dict[str, Any]]], list[dict[str, Any]]]


class Gatherer:
    """Makes evidence of runs; what it made of one is kept until the next time.

    Args:
        assignment: what was asked for.
    """

    def __init__(self, assignment: Assignment) -> None:
        self._assignment = assignment
        self._read: dict[int, tuple[int, list[Claim]]] = {}

    def take_in(self, run: Run) -> list[Claim]:
        """The claims of a run, read once: when its cell has ended nobody waits for a check."""
        length, claims = self._read.get(run.number, (-1, []))
        if length != len(run.facts):
            claims = read_claims(run.facts, 0, None)
            self._read[run.number] = len(run.facts), claims
        return claims

    def evidence(
        self, document: Document, placement: Placement, *, asked: Collection[str],
        answers: Answers | None, problem: str = "", torch: str = "",
    ) -> Evidence:  # fmt: skip
        """The evidence of all cells that ran.

        Args:
            document: the notebook and its runs.
            placement: which cell answers which exercise.
            asked: exercises whose challenges are asked now.
            answers: asks models and functions; None where they cannot be asked.
            problem: what kept everything from being seen; empty if nothing did.
            torch: its version; empty where it is not known.
        """
        facts: list[Fact] = []
        prepares = preparing(document.notebook)
        last = {placement.exercise.get(i): i for i in sorted(document.runs)}
        for index, run in sorted(document.runs.items()):
            exercise = placement.exercise.get(index)
            facts.append(CellRead(
                cell=index, exercise=exercise, source=run.source,
                written=index in placement.written, prepares=index in prepares,
            ))  # fmt: skip
            facts += self._of_run(index, run, exercise)
            if problem:
                facts.append(ProbeFailed(cell=index, exercise=exercise, probe="recorder",
                                         problem=problem))  # fmt: skip
            if exercise in asked and last[exercise] == index:
                facts += self._answered(index, facts, document, placement, answers)
        sources = "\0".join(run.source for _, run in sorted(document.runs.items()))
        header = Header(
            schema=SCHEMA, assignment=self._assignment.id, student="",
            submission=hashlib.sha256(sources.encode("utf-8", "replace")).hexdigest(),
            ending="finished", sandbox=HERE, devices="real", torch=torch,
            grader=grader.__version__,
        )  # fmt: skip
        return Evidence(header=header, facts=number(facts))

    def _of_run(self, index: int, run: Run, exercise: str | None) -> list[Fact]:
        """What one run of a cell gave."""
        where = {"cell": index, "exercise": exercise}
        claims = [claim.model_copy(update=where) for claim in self.take_in(run)]
        cell: Any = {"outputs": run.outputs}
        shown = outputs_seen(cell, index, exercise, self._assignment.limits.kept_text)
        return [*claims, *shown, ended(run, index, exercise)]

    def _answered(
        self, index: int, facts: list[Fact], document: Document, placement: Placement,
        answers: Answers | None,
    ) -> list[Fact]:  # fmt: skip
        """What the models and functions of the exercise that ends in a cell give."""
        ran = placement._replace(
            exercise={i: e for i, e in placement.exercise.items() if i in document.runs}
        )
        asking = asking_after(index, facts, self._assignment, ran)
        if asking is None:
            return []
        if answers is None:
            return unheard(asking, UNASKED)
        return read_answers(answers(numbered(asking, document)), asking)


def numbered(asking: Asking, document: Document) -> list[dict[str, Any]]:
    """Challenges whose cells are told by the numbers of their runs."""
    return [
        {**asked, "cells": [document.runs[c].number for c in asked["cells"] if c in document.runs]}
        for asked in asking.content
    ]


def ended(run: Run, index: int, exercise: str | None) -> CellEnded:
    """How a run came to its end."""
    return CellEnded(
        cell=index, exercise=exercise, ending="raised" if run.error else "finished",
        line=run.error.get("line"),
        ename=steady(run.error["ename"][:120]) if run.error else None,
        evalue=steady(run.error["evalue"][:2000]) if run.error else None,
    )  # fmt: skip
