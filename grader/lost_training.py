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
from grader.facts import CellEnded, CellRead, ErrorRaised, ModelCalled
from grader.model_facts import ModelSeen, TrainingSeen
from grader.notebook import parse_cell
from grader.obstacles import obstacle, stopped
from grader.planting import called

NO_CODE = re.compile(
    r'"""[\s\S]*?"""|\'\'\'[\s\S]*?\'\'\'|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|#[^\n]*'
)
"""Strings and comments."""
BACKWARD = re.compile(r"\.\s*backward\b")
UPDATE = re.compile(r"\.\s*(?:step|grad)\b")


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

    Only training loops of earlier exercises count, whose code names the model, and models that were
    there by then: a new one was never to be trained. Where any model learned something before the
    exercise, that was the training.

    Args:
        evidence: of the run.
        exercise: in which the model is used.
        models: handles of the models, one of which was to be trained.
    """
    begins = min((c.cell for c in evidence.of(exercise, CellRead)), default=-1)
    if any(t.moved is not False and t.cell < begins for t in evidence.everywhere(TrainingSeen)):
        return ""
    seen = [m for m in evidence.everywhere(ModelSeen) if m.handle in models]
    loops = evidence.once(cells_with_a_loop)
    for end in evidence.everywhere(CellEnded):
        other = end.exercise
        if end.ending != "raised" or not other or other == exercise or end.cell > begins:
            continue
        names = {name for m in seen if m.cell <= end.cell for name in m.names}
        named = any(names & words(c.source) for c in evidence.of(other, CellRead) if c.written)
        if end.cell in loops and named:
            return f"its training cost its points in exercise {other}: {stopped(end)}"
    return ""


def came_to_nothing(evidence: Evidence, called: ModelCalled) -> bool:
    """Whether the only call of a model in a cell ended in an error inside of its own `forward`.

    Only an error whose `self` is of the model's class tells that, and only where no other model of
    that class was called there: the error may be that one's.
    """
    counts = called.train_grad, called.train_quiet, called.eval_grad, called.eval_quiet
    if sum(counts) != 1:
        return False
    here = [c.model for c in evidence.everywhere(ModelCalled) if c.cell == called.cell]
    kinds = {m.handle: m.type for m in evidence.everywhere(ModelSeen) if m.handle in here}
    raised_in = {
        o.type for e in evidence.everywhere(ErrorRaised) if e.cell == called.cell
        if e.function == "forward" for o in e.operands if o.name == "self"
    }  # fmt: skip
    own = kinds.pop(called.model, None)
    return own in raised_in and own not in kinds.values()


def holds_a_training(evidence: Evidence, exercise: str) -> bool:
    """Whether the code of an exercise calls what a training calls."""
    return any(trains_somewhere(c.source) for c in evidence.of(exercise, CellRead) if c.written)


def trains_somewhere(source: str) -> bool:
    """Whether code calls what a training calls; of code that cannot be read, its words tell."""
    tree = parse_cell(source)
    if tree is None:
        return looks_like_a_loop(source)
    return any(isinstance(node, ast.Call) and trains(node) for node in ast.walk(tree))


def cells_with_a_loop(evidence: Evidence) -> set[int]:
    """The cells that hold what makes gradients and uses them, or call a function that does."""
    cells = [c for c in evidence.everywhere(CellRead) if c.written]
    trees = {c.cell: parse_cell(c.source) for c in cells}
    functions = [n for tree in trees.values() if tree for n in ast.walk(tree)
                 if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef))]  # fmt: skip
    training: set[str] = set()
    while more := {f.name for f in functions if is_a_loop(f, training)} - training:
        training |= more
    return {
        c.cell
        for c in cells
        if (looks_like_a_loop(c.source) if (tree := trees[c.cell]) is None
            else is_a_loop(tree, training))
    }  # fmt: skip


def is_a_loop(tree: ast.AST, training: Collection[str]) -> bool:
    """Whether code makes gradients and uses them, by an optimizer or by hand.

    Args:
        tree: of the code.
        training: names of functions that do.
    """
    nodes = list(ast.walk(tree))
    calls = {called(n) for n in nodes if isinstance(n, ast.Call)}
    by_hand = any(isinstance(n, ast.Attribute) and n.attr == "grad" for n in nodes)
    return not calls.isdisjoint(training) or ("backward" in calls and ("step" in calls or by_hand))


def looks_like_a_loop(source: str) -> bool:
    """Whether code that cannot be read makes gradients and uses them, by its words."""
    code = NO_CODE.sub(" ", source)
    return BACKWARD.search(code) is not None and UPDATE.search(code) is not None


def words(source: str) -> set[str]:
    """The names that stand in code, whether or not it can be read."""
    return set(re.findall(r"[^\W\d]\w*", NO_CODE.sub(" ", source)))
