"""A training that did not come about, by no fault of the hand-in.

What needs the trained model in a later exercise cannot be judged then: it was never made.
"""

from __future__ import annotations

import ast

from grader.chosen import trains
from grader.evidence import Evidence
from grader.facts import CellRead
from grader.model_facts import TrainingSeen
from grader.notebook import parse_cell
from grader.obstacles import obstacle


def lost_training(evidence: Evidence) -> str:
    """Why an exercise that holds a training could not train; empty where none was kept from it."""
    exercises = dict.fromkeys(c.exercise for c in evidence.everywhere(CellRead) if c.written)
    for exercise in filter(None, exercises):
        in_the_way = obstacle(evidence, exercise, of_operations=False)
        kept_from_it = in_the_way is not None and in_the_way.withholds
        seen = any(t.moved is not False for t in evidence.of(exercise, TrainingSeen))
        if in_the_way and kept_from_it and not seen and holds_a_training(evidence, exercise):
            return f"exercise {exercise} could not train: {in_the_way.because}"
    return ""


def holds_a_training(evidence: Evidence, exercise: str) -> bool:
    """Whether the code of an exercise calls what a training calls."""
    trees = (parse_cell(c.source) for c in evidence.of(exercise, CellRead) if c.written)
    return any(isinstance(node, ast.Call) and trains(node)
               for tree in trees if tree for node in ast.walk(tree))  # fmt: skip
