"""The forward pass of a training stands in a block without gradients."""

from __future__ import annotations

from collections.abc import Iterator

from grader.evidence import Evidence
from grader.facts import ModelCalled
from grader.fault import Example, Fault
from grader.finding import Diagnosis
from grader.loop_edits import passes
from grader.planting import Mutant, Solution, indented
from grader.raised import errors
from grader.scene import Scene
from grader.training_code import seen_at

NO_GRAPH = r"does not require grad and does not have a grad_fn"
INFERENCE = r"Inference tensors cannot be saved for backward"


class ForwardWithoutGradients(Fault):
    """A loss that cannot go backward, in a cell where the model was called without gradients."""

    id = "T12"
    title = "the training's forward pass is in a block without gradients"
    severity = "F"
    stage = "loop"
    component = "inference-context"
    hints = (
        "Compare how deep the forward pass is indented with the line that begins with `with`.",
        "inference_mode() and no_grad() switch the recording of gradients off for everything in"
        " their block or function. Then backward() has nothing to go along.",
        "Let the training's forward pass and loss stand outside of the block, and the test's"
        " inside.",
    )

    def find(self, evidence: Evidence, exercise: str) -> Iterator[Diagnosis]:
        """The error, and a model that was called only without gradients in its cell."""
        for raised in errors(evidence, exercise, "RuntimeError", f"{NO_GRAPH}|{INFERENCE}"):
            cell = raised.end.cell
            calls = [c for c in evidence.of(exercise, ModelCalled) if c.cell == cell]
            quiet = sum(c.train_quiet + c.eval_quiet for c in calls)
            recorded = sum(c.train_grad + c.eval_grad for c in calls)
            if quiet and (not recorded or "Inference" in (raised.end.evalue or "")):
                yield self.at(
                    seen_at(evidence, raised.end, "inference_mode", "no_grad", "set_grad_enabled"),
                    exercise,
                    observed="a model that is called without gradients, then a backward",
                    expected="a training's forward pass that records gradients",
                    because="the loss has no graph, so backward() has no way to the parameters",
                )  # fmt: skip

    @classmethod
    def plant(cls, solution: Solution) -> Iterator[Mutant]:
        """The forward pass, or the loss with it, moves into such a block."""
        for each in passes(solution):
            for block in ("inference_mode", "no_grad"):
                text = solution.text(each.cell, each.forward)
                inner = f"with torch.{block}():\n{indented(text, 4)}"
                edit = solution.instead(each.cell, each.forward, inner)
                yield Mutant(f"forward pass under {block}", (edit,))

    @classmethod
    def examples(cls) -> list[Example]:
        """A model called without gradients, one with, and a loss of another cause."""
        said = "element 0 of tensors does not require grad and does not have a grad_fn"
        source = "with torch.no_grad():\n    out = model(X)\nloss_fn(out, y).backward()"

        def crash(**modes: int) -> Evidence:
            scene = Scene().cell("3", source).calls("m1", **modes)
            return scene.error("RuntimeError", said, {}, line=3).evidence()

        return [
            Example("without gradients", crash(train_quiet=1), "3", True),
            Example("labels of a model that records", crash(train_grad=1), "3", False),
            Example("no model at all", Scene().cell("3", "x.sum().backward()").error(
                "RuntimeError", said, {"x": [3]}).evidence(), "3", False),
        ]  # fmt: skip
