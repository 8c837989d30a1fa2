"""The optimizer holds the parameters of another model."""

from __future__ import annotations

from collections.abc import Iterator

from grader.evidence import Evidence
from grader.fault import Example, Fault
from grader.finding import Diagnosis
from grader.scene import Scene
from grader.training_runs import runs_of


class OptimizerOfAnotherModel(Fault):
    """Steps, none of which can reach the model that is called: the optimizer has other numbers."""

    id = "T01"
    title = "the optimizer holds the parameters of another model"
    severity = "F"
    stage = "loop"
    component = "optimizer-setup"
    folds = ("T02",)
    hints = (
        "Compare the model named where the optimizer is made with the model called in the loop.",
        "An optimizer updates the tensors it was given when it was made. A new model has new"
        " tensors, so an old optimizer goes on updating the old ones.",
        "Make the optimizer again below the line that makes the model, from the parameters of that"
        " model, and use this one in the loop.",
    )

    def find(self, evidence: Evidence, exercise: str) -> Iterator[Diagnosis]:
        """Runs of an optimizer that covers nothing of the model whose loss is made."""
        for run in runs_of(evidence, exercise):
            last = run.parts[-1]
            if run.steps and last.trainable and not last.covered and last.elsewhere:
                yield self.at(
                    last, exercise,
                    observed=f"{run.steps} steps on {last.elsewhere} numbers of another model",
                    expected=f"steps on the {last.trainable} numbers of the model that is called",
                    because="the model that is called never changes, so its loss stays as it was",
                )  # fmt: skip

    @classmethod
    def examples(cls) -> list[Example]:
        """An optimizer of an old model, one of the model, and one that leaves a layer out."""

        def loop(**more: object) -> Evidence:
            return Scene().cell("3").trains(**more).evidence()

        return [
            Example("an optimizer of an old model", loop(covered=0, elsewhere=2), "3", True),
            Example("an optimizer of the model", loop(), "3", False),
            Example("an optimizer of one of two layers", loop(covered=1, trainable=2), "3", False),
            Example("an optimizer of two models", loop(elsewhere=2), "3", False),
        ]
