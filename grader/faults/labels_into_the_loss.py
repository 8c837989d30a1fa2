"""The loss is given predicted labels, through which no gradient comes."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from grader.cell_code import Page, page_of
from grader.evidence import Evidence
from grader.facts import ModelCalled
from grader.fault import Example, Fault
from grader.finding import Diagnosis
from grader.loop_edits import given_otherwise, loss_made, passes
from grader.planting import Mutant, Solution, called
from grader.raised import errors
from grader.scene import Scene
from grader.training_code import LossCall, loss_calls, made_of, of_a_model, seen_at
from grader.training_runs import runs_of

STEPS = ("round", "sign", "floor", "ceil", "trunc", "heaviside")
CHOICES = (*STEPS, "argmax", "argmin", "gt", "lt", "ge", "le", "bool", "long", "int")
REFUSED = (
    r"does not require grad and does not have a grad_fn|not implemented for 'Long'"
    r"|floating point type for target with class probabilities"
)


class LabelsIntoTheLoss(Fault):
    """A graph that begins with a rounding, or a loss without one that was given a choice."""

    id = "T15"
    title = "predicted labels are passed to the loss"
    severity = "F"
    stage = "loss"
    component = "logits-probs-labels"
    folds = ("T12", "T17", "T20")
    hints = (
        "Which of logits, probabilities and labels does the loss take?",
        "Labels go in steps: a small change of a parameter changes no label. So the gradient"
        " through them is zero, or there is none.",
        "Give the loss what it takes before anything is rounded or chosen. Make labels for the"
        " accuracy alone.",
    )

    def find(self, evidence: Evidence, exercise: str) -> Iterator[Diagnosis]:
        """Runs on a rounded prediction, and errors of a loss that was given labels."""
        for run in runs_of(evidence, exercise):
            last = run.parts[-1]
            if run.loss is not None and run.loss.origin in STEPS and run.backwards > 1:
                yield self.at(
                    seen_at(evidence, last, run.loss.origin), exercise,
                    observed=f"the loss is given the output of {run.loss.origin}; of {run.steps}"
                    " steps none had a gradient",
                    expected="logits, or whatever the loss takes",
                    because="a rounded prediction has the gradient zero, so nothing is learned",
                )  # fmt: skip
        for raised in errors(evidence, exercise, "RuntimeError|NotImplementedError", REFUSED):
            cell = raised.end.cell
            calls = [c for c in evidence.of(exercise, ModelCalled) if c.cell == cell]
            if not sum(c.train_grad + c.eval_grad for c in calls):
                continue
            for call in loss_calls(evidence, exercise):
                if call.code.read.cell == cell and self._chosen(evidence.once(page_of), call):
                    yield self.at(
                        raised.end, exercise, line=call.code.line(call.call),
                        observed="the loss is given labels that were chosen from the model's"
                        " output",
                        expected="the output itself",
                        because="no gradient comes through a choice, so backward() has no way to"
                        " the parameters",
                    )  # fmt: skip
                    break

    def _chosen(self, page: Page, call: LossCall) -> bool:
        """Whether the prediction is made by a choice, and no choice is made of the target."""
        return any(map(chooses, made_of(page, call.first))) and of_a_model(page, call.first)

    @classmethod
    def plant(cls, solution: Solution) -> Iterator[Mutant]:
        """The prediction is rounded, compared, or the largest is taken."""
        for each in passes(solution):
            name = loss_made(solution, each)
            ways = {
                "BCEWithLogitsLoss": ("torch.round(torch.sigmoid({}))", "({} > 0).float()"),
                "CrossEntropyLoss": ("{}.argmax(dim=1)", "{}.argmax(dim=1).float()"),
                "L1Loss": ("torch.round({})",),
            }.get(name, ())
            for way in ways:
                edit = given_otherwise(solution, each, 0, way)
                yield Mutant(way.format("x"), (edit,))

    @classmethod
    def examples(cls) -> list[Example]:
        """A rounding in the graph, a choice that ends it, and what a detached loss is not."""
        said = "element 0 of tensors does not require grad and does not have a grad_fn"

        def fed(origin: str) -> Evidence:
            told = {"kind": "binary_cross_entropy_with_logits", "origin": origin}
            return Scene().cell("3").trains(loss=told).evidence()

        def crash(given: str) -> Evidence:
            source = (
                "from torch import nn\nmodel = nn.Linear(2, 2)\nloss_fn = nn.CrossEntropyLoss()\n"
                f"out = model(X)\nloss = loss_fn({given}, y)\nloss.backward()"
            )
            scene = Scene().cell("3", source).calls("m1", train_grad=1)
            return scene.error("RuntimeError", said, {}, line=6).evidence()

        return [
            Example("a rounded prediction", fed("round"), "3", True),
            Example("the largest of each row", crash("out.argmax(dim=1)"), "3", True),
            Example("logits", fed("linear"), "3", False),
            Example("a prediction cut from its graph", crash("out.detach()"), "3", False),
        ]


def chooses(node: ast.AST) -> bool:
    """Whether an expression makes labels of numbers."""
    if isinstance(node, ast.Compare):
        return True
    return isinstance(node, ast.Call) and called(node) in CHOICES
