"""The training goes on with a model that was trained before."""

from __future__ import annotations

from collections.abc import Iterator

from grader.evidence import Evidence
from grader.facts import TrainingSeen
from grader.fault import Example, Fault
from grader.finding import Diagnosis
from grader.loop_edits import passes
from grader.planting import Mutant, Solution
from grader.scene import Scene
from grader.training_code import seen_at
from grader.training_runs import runs_of

LEFT = 0.1
"""A first loss below this part of the model's very first one is that of a trained model."""


class TrainedBefore(Fault):
    """Nothing wrong with it; a curve that starts so low looks as if nothing were learned."""

    id = "T18"
    title = "the training goes on with a trained model"
    severity = "N"
    stage = "result"
    component = "notebook-hygiene"
    hints = (
        "Was the model trained in a cell above, or did this cell run twice?",
        "A training cell that runs again goes on with the parameters that are there.",
        "Make model and optimizer again above the loop if the training shall start anew.",
    )

    def find(self, evidence: Evidence, exercise: str) -> Iterator[Diagnosis]:
        """Runs whose first loss is near the end of an earlier training of their model."""
        for run in runs_of(evidence, exercise):
            part = run.parts[0]
            first = self._first(evidence, part)
            if first is None or part.first is None or not part.steps:
                continue
            if 0 <= float(part.first) <= LEFT * first:
                yield self.at(
                    seen_at(evidence, part, "backward"), exercise,
                    observed=f"the first loss is {part.first}; that of the untrained model was"
                    f" {first}",
                    expected="a new model, if the training shall start anew",
                    because="the model was trained in an earlier cell, so its loss has little left"
                    " to fall",
                )  # fmt: skip

    def _first(self, evidence: Evidence, part: TrainingSeen) -> float | None:
        """The first loss of the same model in the earlier cells, if they trained it."""
        for told in evidence.everywhere(TrainingSeen):
            same = told.model == part.model if part.model else told.run == part.run
            if same and told.cell < part.cell and told.steps and told.first is not None:
                return float(told.first)
        return None

    @classmethod
    def plant(cls, solution: Solution) -> Iterator[Mutant]:
        """The loop of a training stands once more in the cell below."""
        for each in passes(solution):
            if each.loop is not None and each.function is None and not each.loop.col_offset:
                below = next((c for c in range(each.cell + 1, len(solution.sources))
                              if solution.trees[c] and solution.exercises[c]), None)  # fmt: skip
                tree = solution.trees[below] if below is not None else None
                if below is not None and tree is not None and tree.body:
                    text = solution.text(each.cell, each.loop)
                    edit = solution.before(below, tree.body[0], text)
                    yield Mutant("trained again below", (edit,))

    @classmethod
    def examples(cls) -> list[Example]:
        """A trained model, a new one, and one that was trained for a little."""

        def twice(first: float, model: str = "m1") -> Evidence:
            scene = Scene().cell("2").trains(losses=[1.0, 0.5, 0.01])
            told = {"run": "r1" if model == "m1" else "r2", "model": model}
            return scene.cell("3").trains(losses=[first, 0.01, 0.01], **told).evidence()

        return [
            Example("a trained model", twice(0.01), "3", True),
            Example("a new model", twice(0.01, "m2"), "3", False),
            Example("a model that has much to learn", twice(0.6), "3", False),
        ]
