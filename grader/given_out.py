"""What a loss would be given: told by what models answered, where nothing was trained with it.

The answers to a challenge are numbers from the student's own model. Numbers below 0 or above 1 are
no probabilities, and rows that add up to 1 are.
"""

from __future__ import annotations

import ast

from grader.asked import Given, numbers_of
from grader.evidence import Evidence
from grader.facts import Answered, CellRead, Challenged
from grader.notebook import parse_cell

ONE = 1e-3
"""How far rows of probabilities may be from adding up to 1."""


def answers_given(evidence: Evidence, exercises: list[str]) -> list[Given]:
    """What models gave for challenges up to the last cell of some exercises, the latest last."""
    last = max((c.cell for e in exercises for c in evidence.of(e, CellRead)), default=-1)
    asked = {(c.challenge, c.cell): c.inputs for c in evidence.everywhere(Challenged)}
    answers = [a for a in evidence.everywhere(Answered) if a.by == "model" and a.cell <= last]
    given = [numbers_of(a, asked[a.challenge, a.cell]) for a in answers
             if (a.challenge, a.cell) in asked]  # fmt: skip
    return [g for g in given if g is not None]


def fits(loss: str, given: Given, *, squashed: bool) -> bool | None:
    """Whether a loss takes what a model gives as it is; None where that could not be told.

    Args:
        loss: the function of torch that it is.
        given: what a model answered.
        squashed: whether the model's code may make probabilities.
    """
    width = len(given.rows[0])
    numbers = [n for row in given.rows for n in row]
    probable = all(0 <= n <= 1 for n in numbers)
    if loss == "binary_cross_entropy_with_logits":
        return True if not probable or not squashed else None
    if loss == "binary_cross_entropy":
        return True if probable else None
    if loss == "cross_entropy" and width == 1:
        return False
    whole = all(abs(sum(row) - 1) < ONE for row in given.rows)
    return True if loss == "cross_entropy" and not (probable and whole) else None


def may_squash(evidence: Evidence, model: str) -> bool:
    """Whether the class of a model names a sigmoid or a softmax; so it may, if it is not found."""
    trees = [parse_cell(c.source) for c in evidence.everywhere(CellRead)]
    classes = [n for tree in trees if tree for n in ast.walk(tree)
               if isinstance(n, ast.ClassDef) and n.name == model]  # fmt: skip
    return not classes or any(
        "sigmoid" in ast.unparse(c).lower() or "softmax" in ast.unparse(c).lower() for c in classes
    )
