"""The optimizer holds the parameters of another model."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from grader.evidence import Evidence
from grader.fault import Example, Fault
from grader.finding import Diagnosis
from grader.planting import Mutant, Solution, called
from grader.scene import Scene
from grader.training_runs import runs_of


class OptimizerOfAnotherModel(Fault):
    """Steps, none of which can reach the model that is called: the optimizer has other numbers."""

    id = "T01"
    title = "the optimizer holds the parameters of another model"
    severity = "F"
    stage = "loop"
    component = "optimizer-setup"
    folds = ("T02", "T06", "T07", "T17", "T20")
    hints = (
        "Compare the model named where the optimizer is made with the model called in the loop.",
        "An optimizer updates the tensors it was given when it was made. A new model has new"
        " tensors, so an old optimizer goes on updating the old ones.",
        "Make the optimizer again below the line that makes the model, from the parameters of that"
        " model, and use this one in the loop.",
    )

    def find(self, evidence: Evidence, exercise: str) -> Iterator[Diagnosis]:
        """An optimizer that steps without gradients beside a model whose gradients nobody uses."""
        runs = runs_of(evidence, exercise)
        for run in runs:
            last = run.parts[-1]
            lost = [
                r for r in runs
                if r.backwards > 1 and not r.steps and r.parts[-1].cell == last.cell
                and r.parts[-1].model != last.model
            ]  # fmt: skip
            if run.steps > 1 and not run.backwards and run.without_gradient and lost:
                yield self.at(
                    last, exercise,
                    observed=f"{run.steps} steps without any gradient, and {lost[0].backwards}"
                    " losses of a model that no optimizer holds",
                    expected="an optimizer that holds the parameters of the model in the loop",
                    because="the model in the loop never changes, so its loss stays as it was",
                )  # fmt: skip

    @classmethod
    def plant(cls, solution: Solution) -> Iterator[Mutant]:
        """The model is made anew below the optimizer."""
        for cell, call in solution.calls("SGD", "Adam", "AdamW"):
            statement = solution.statement(cell, call)
            for held in (c for c in ast.walk(call) if isinstance(c, ast.Call)):
                if statement is not None and called(held) == "parameters":
                    model = solution.text(cell, held.func).removesuffix(".parameters")
                    anew = f"import copy\n{model} = copy.deepcopy({model})"
                    yield Mutant("model made anew", (solution.after(cell, statement, anew),))

    @classmethod
    def examples(cls) -> list[Example]:
        """An optimizer of an old model, one of the model, and one that leaves a layer out."""

        def loop(**more: object) -> Evidence:
            return Scene().cell("3").trains(**more).evidence()

        alone = {"steps": 0, "optimizer": None, "moved": False}
        old = {"run": "r2", "model": None, "backwards": 0, "idle": 300, "without_gradient": 10,
               "moved": False}  # fmt: skip
        apart = Scene().cell("3").trains(**alone).trains(**old)
        two = Scene().cell("3").trains().trains(run="r2", model="m2")
        return [
            Example("an optimizer of an old model", apart.evidence(), "3", True),
            Example("two models with an optimizer each", two.evidence(), "3", False),
            Example("an optimizer of the model", loop(), "3", False),
            Example("an optimizer of one of two layers", loop(covered=1, trainable=2), "3", False),
            Example("an optimizer of two models", loop(elsewhere=2), "3", False),
        ]
