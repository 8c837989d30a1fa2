"""Whether hints are a ladder that leads to the answer without giving it away.

Cheap signs only: how many rungs there are, the numbers that a criterion expects, and the code of
the solution. Whether a hint helps is for its author to read.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator

from grader.notebook import parse_cell
from grader.printed import Printed, single_numbers
from grader.rubric import Criterion

FEWEST = 2
EXERCISES = re.compile(r"(?i)\bexercises? \d+(?:(?:, | and | to )\d+)*")
BRACKETS = str.maketrans("[]", "  ")


def slips(
    criterion: Criterion, *, task: str, answers: Iterable[str], expected: Iterable[str]
) -> list[tuple[str, str]]:
    """What keeps a criterion's hints from being such a ladder, each with what to do.

    Args:
        criterion: whose hints.
        task: the text that students get of its exercise; what stands there is no secret.
        answers: the code of the exercise in the solutions.
        expected: what reports give as expected.
    """
    found = []
    if len(set(criterion.hints)) < len(criterion.hints):
        found.append(("says the same hint twice", "let each hint say more than the one before"))
    elif len(criterion.hints) < FEWEST:
        few = f"has {len(criterion.hints)} hint, and a ladder has {FEWEST} or more"
        found.append((few, "say where to look, then the idea, then what to change"))
    told = numbers(task)
    secret = [n for n in wanted(criterion, expected) if not any(t.shows(n) for t in told)]
    code = {dense(piece) for source in answers for piece in pieces(source)}
    for rung, hint in enumerate(criterion.hints, 1):
        said = [n for n in numbers(EXERCISES.sub("", hint)) if any(n.shows(s) for s in secret)]
        if said:
            told_it = f"tells the expected {said[0].value:g} in hint {rung}"
            found.append((told_it, "say how to find it, or where the task tells it"))
        if any(piece in dense(hint) for piece in code):
            held = f"holds code of the solution in hint {rung}"
            found.append((held, "name the function or the idea, and leave the line to write"))
    return found


def wanted(criterion: Criterion, expected: Iterable[str]) -> list[float]:
    """The numbers that a criterion asks for, and those that reports give as expected."""
    asked = list(numbers_within(criterion.check.model_dump(exclude_unset=True)))
    return asked + [n.value for text in expected for n in numbers(text)]


def numbers_within(value: object) -> Iterator[float]:
    """The numbers in nested lists and tables."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        for item in value:
            yield from numbers_within(item)
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        yield float(value)


def numbers(text: str) -> list[Printed]:
    """The numbers of a text, in brackets or not."""
    return single_numbers(text.translate(BRACKETS))


def pieces(source: str) -> Iterator[str]:
    """The statements of an answer and what they assign: those that compute something."""
    tree = parse_cell(source)
    for node in ast.walk(tree) if tree else ():
        if isinstance(node, (ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Expr, ast.Return)):
            value = node.value
            if value is not None and computes(value):
                yield ast.unparse(value)


def computes(node: ast.expr) -> bool:
    """Whether an expression calls or combines something."""
    return any(isinstance(n, (ast.Call, ast.BinOp)) for n in ast.walk(node))


def dense(text: str) -> str:
    """Text without white space, and with one kind of quotes."""
    return re.sub(r"\s+", "", text).replace('"', "'")
