"""A trained model predicts while it is in training mode."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from grader.evidence import Evidence
from grader.facts import ModelCalled, ModelSeen, StateLoaded
from grader.fault import Example, Fault, harmless
from grader.finding import Diagnosis
from grader.model_facts import TrainingSeen
from grader.planting import Mutant, Solution
from grader.scene import Scene

ACTS_OTHERWISE = re.compile(r"Dropout|BatchNorm|InstanceNorm")
"""Layers that do something else in training mode."""


class EvaluatedInTrainingMode(Fault):
    """Calls without gradients, in training mode, of a model that was trained or loaded.

    Without layers that act otherwise then, such as dropout, that does no harm.
    """

    id = "E01"
    title = "evaluation without `eval()`"
    severity = "F"
    stage = "evaluation"
    component = "train-eval-mode"
    sure = False
    hints = (
        "Call the model twice on the same data. Are the numbers the same?",
        "Dropout and batch normalisation act in one way while a model learns, and in another while"
        " it is used. The mode of the model says which.",
        "Put the model into evaluation mode before it predicts, and back into training mode before"
        " it learns.",
    )

    def find(self, evidence: Evidence, exercise: str) -> Iterator[Diagnosis]:
        """Each cell where that was seen."""
        layers = {m.handle: [kind for _, kind in m.layers] for m in evidence.everywhere(ModelSeen)}
        learnt = [(t.model, t.cell) for t in evidence.everywhere(TrainingSeen) if t.steps]
        learnt += [(s.model, s.cell) for s in evidence.everywhere(StateLoaded)]
        for call in evidence.of(exercise, ModelCalled):
            trained = any(model == call.model and cell <= call.cell for model, cell in learnt)
            if not (call.train_quiet and trained):
                continue
            acting = [k for k in layers.get(call.model, []) if ACTS_OTHERWISE.search(k)]
            found = self.at(
                call, exercise,
                observed=f"{call.train_quiet} calls without gradients in training mode"
                + (f", with {acting[0]} in the model" if acting else ""),
                expected="predictions in evaluation mode",
                because="its numbers are noisy and not those of the model that was learnt" if acting
                else "this model has no layer that minds; with dropout, its numbers would be noisy",
            )  # fmt: skip
            yield found if acting else harmless(found)

    @classmethod
    def plant(cls, solution: Solution) -> Iterator[Mutant]:
        """The call of `eval` goes."""
        for cell, call in solution.calls("eval"):
            statement = solution.statement(cell, call)
            if isinstance(statement, ast.Expr) and statement.value is call:
                yield Mutant("no eval()", (solution.without(cell, statement),))

    @classmethod
    def examples(cls) -> list[Example]:
        """With dropout, without, of an untrained model, and in evaluation mode."""

        def tested(*, dropout: bool = True, trained: bool = True, mode: str = "train") -> Evidence:
            scene = Scene().cell("4")
            layers = [("0", "Linear"), *([("1", "Dropout")] if dropout else [])]
            scene.model(layers=layers)
            if trained:
                scene.trains()
            return scene.calls("m1", **{f"{mode}_quiet": 30}).evidence()

        loaded = Scene().cell("4").loads().takes_over("m1").calls("m1", train_quiet=1).evidence()
        return [
            Example("with dropout", tested(), "4", True),
            Example("without dropout: worth knowing", tested(dropout=False), "4", True),
            Example("a model that was not trained", tested(trained=False), "4", False),
            Example("in evaluation mode", tested(mode="eval"), "4", False),
            Example("a model that took over a state", loaded, "4", True),
        ]
