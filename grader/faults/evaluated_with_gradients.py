"""Predictions in evaluation mode that record gradients nobody uses."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from grader.evidence import Evidence
from grader.facts import ModelCalled
from grader.fault import Example, Fault
from grader.finding import Diagnosis
from grader.model_facts import TrainingSeen
from grader.planting import Edit, Mutant, Solution, called
from grader.scene import Scene


class EvaluatedWithGradients(Fault):
    """Calls in evaluation mode with gradients, more than there are backwards for."""

    id = "E03"
    title = "evaluation records gradients"
    severity = "N"
    stage = "evaluation"
    component = "inference-context"
    hints = (
        "In which block do the predictions stand?",
        "To be able to go backward, torch keeps what each step was made of. A prediction that"
        " nothing is learnt from needs none of it.",
        "Put the predictions into a block that switches gradients off.",
    )

    def find(self, evidence: Evidence, exercise: str) -> Iterator[Diagnosis]:
        """Each cell where that was seen."""
        for call in evidence.of(exercise, ModelCalled):
            backwards = sum(
                t.backwards for t in evidence.of(exercise, TrainingSeen)
                if t.cell == call.cell and t.model == call.model
            )  # fmt: skip
            if call.eval_grad > max(0, backwards - call.train_grad):
                yield self.at(
                    call, exercise,
                    observed=f"{call.eval_grad} calls in evaluation mode with gradients",
                    expected="predictions in a block without gradients",
                    because="it is slower and takes more memory, and the result cannot be drawn"
                    " as it is",
                )  # fmt: skip

    @classmethod
    def plant(cls, solution: Solution) -> Iterator[Mutant]:
        """The block without gradients becomes one that is always run."""
        for cell, block in solution.nodes(ast.With):
            manager = block.items[0].context_expr
            if isinstance(manager, ast.Call) and called(manager) in ("inference_mode", "no_grad"):
                yield Mutant("with gradients", (unguarded(cell, block),))

    @classmethod
    def examples(cls) -> list[Example]:
        """With gradients, without, and a training in evaluation mode."""

        def called_so(backwards: int, **modes: int) -> Evidence:
            scene = Scene().cell("4").calls("m1", **modes)
            return scene.trains(backwards=backwards).evidence() if backwards else scene.evidence()

        return [
            Example("with gradients", called_so(0, eval_grad=1), "4", True),
            Example("beside a training", called_so(300, train_grad=300, eval_grad=30), "4", True),
            Example("without gradients", called_so(300, train_grad=300, eval_quiet=30), "4", False),
            Example("a training in evaluation mode", called_so(300, eval_grad=300), "4", False),
        ]


def unguarded(cell: int, block: ast.With) -> Edit:
    """A block that switches something off becomes one that is always run."""
    return Edit(cell, block.lineno, block.lineno, f"{' ' * block.col_offset}if True:")
