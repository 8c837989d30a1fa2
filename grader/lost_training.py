"""A training that did not come about.

Where that is no fault of the hand-in, what needs the trained model in a later exercise cannot be
judged: it was never made. Where an error of the hand-in ended it, that has cost its points in the
exercise that should train, and later ones are judged on the model as it is, as after a training in
vain.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection

from grader.chosen import trains
from grader.evidence import Evidence
from grader.facts import CellEnded, CellRead
from grader.model_facts import ModelSeen, TrainingSeen
from grader.notebook import parse_cell
from grader.obstacles import obstacle, stopped

STEPS = {"backward", "step"}
"""What every loop of a training calls."""


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


def stopped_training(evidence: Evidence, exercise: str, models: Collection[str]) -> str:
    """Which error ended the training of a model before it learned anything; empty if none did.

    Only trainings of earlier exercises count, whose code names the model, and models that were
    there by then: a new one was never to be trained.

    Args:
        evidence: of the run.
        exercise: in which the model is used.
        models: handles of the models, one of which was to be trained.
    """
    first = min((c.cell for c in evidence.of(exercise, CellRead)), default=0)
    if any(t.moved is not False and t.cell < first for t in evidence.everywhere(TrainingSeen)):
        return ""  # something was trained by then, and this model was not
    seen = [m for m in evidence.everywhere(ModelSeen) if m.handle in models]
    for end in evidence.everywhere(CellEnded):
        other = end.exercise
        if end.ending != "raised" or not other or other == exercise or end.cell > first:
            continue
        cells = [c for c in evidence.of(other, CellRead) if c.written]
        stops = any(is_a_training(c.source) for c in cells if c.cell == end.cell)
        names = {name for m in seen if m.cell <= end.cell for name in m.names}
        named = any(names & words(c.source) for c in cells)
        if stops and named:
            return f"its training cost its points in exercise {other}: {stopped(end)}"
    return ""


def holds_a_training(evidence: Evidence, exercise: str) -> bool:
    """Whether the code of an exercise calls what a training calls."""
    return any(trains_somewhere(c.source) for c in evidence.of(exercise, CellRead) if c.written)


def trains_somewhere(source: str) -> bool:
    """Whether code calls what a training calls; of code that cannot be read, its words tell."""
    tree = parse_cell(source)
    if tree is None:
        return "backward" in words(source)
    return any(isinstance(node, ast.Call) and trains(node) for node in ast.walk(tree))


def is_a_training(source: str) -> bool:
    """Whether code holds the steps of a training, or calls what has a training's name.

    Of code that cannot be read, its words tell, comments aside.
    """
    tree = parse_cell(source)
    if tree is None:
        return words(re.sub(r"#.*", "", source)) >= STEPS
    calls = [n for n in ast.walk(tree) if isinstance(n, ast.Call)]
    names = {getattr(c.func, "attr", getattr(c.func, "id", "")) for c in calls}
    return names >= STEPS or any(
        trains(c) and not STEPS & {getattr(c.func, "attr", "")} for c in calls
    )


def words(source: str) -> set[str]:
    """The names that stand in code, whether or not it can be read."""
    return set(re.findall(r"[^\W\d]\w*", source))
