"""A model was evaluated beside its training: in evaluation mode, without gradients, how often."""

from __future__ import annotations

from pydantic import Field

from grader.check import Check, Example
from grader.evidence import Evidence
from grader.facts import ModelCalled
from grader.fed import inputs
from grader.finding import Finding, failed, no_evidence, partly, passed
from grader.hand_batches import leading
from grader.scene import Scene
from grader.training_runs import TrainingRun, runs_of, unseen


class Evaluated(Check):
    """A model was evaluated beside its training: in evaluation mode, without gradients.

    It looks at how the exercise called its models when it did not train them. `inference_mode`,
    `no_grad` and a decorator count alike. Evaluation mode changes nothing in a model without
    dropout or batch normalisation, so forgetting it costs half; so does recording gradients. All
    batches of a test set in a row, or training and test data at once, are one evaluation. What
    the model was called on before it was trained is none, nor is a grid for a figure.
    """

    kind = "evaluated"
    reads_operations = False

    times: int | None = Field(
        None,
        ge=1,
        description="at least how many evaluations between steps; any number if left out",
    )

    def look(self, evidence: Evidence, exercise: str) -> Finding:
        """The best of the exercise's models, each with its calls in all cells of the exercise."""
        calls: dict[str, list[ModelCalled]] = {}
        for called in evidence.of(exercise, ModelCalled):
            calls.setdefault(called.model, []).append(called)
        if not calls:
            why = unseen(evidence, exercise)
            return no_evidence(why) if why else failed("no model was called in this exercise")
        findings = [self._judge(told, evidence, exercise) for told in calls.values()]
        return max(findings, key=lambda f: f.share)

    def _judge(self, calls: list[ModelCalled], evidence: Evidence, exercise: str) -> Finding:
        trained = [r for r in runs_of(evidence, exercise) if r.parts[-1].model == calls[0].model]
        calls = beside_training(evidence, calls, trained)
        where = tuple(c.seq for c in calls)
        backwards = sum(r.backwards for r in trained)
        with_grad = sum(c.train_grad + c.eval_grad for c in calls)
        right = sum(c.eval_quiet for c in calls)
        quiet = right + sum(c.train_quiet for c in calls)
        passes = sum(c.evaluations for c in calls)
        beside = max(0, with_grad - backwards)
        if not quiet and not beside:
            return failed("the model is trained, but not evaluated",
                          expected="calls in evaluation mode, without gradients",
                          actual="calls for training alone", where=where)  # fmt: skip
        if self.times is not None and passes + beside < self.times:
            return partly(0.5, "the model is evaluated less often than asked for",
                          expected=f"{self.times} evaluations", actual=str(passes + beside),
                          where=where)  # fmt: skip
        if right:
            return passed(f"evaluated {passes} times, in evaluation mode and without gradients",
                          where=where)  # fmt: skip
        if quiet:
            return partly(0.5, "evaluated in training mode", expected="model.eval() before it",
                          actual="training mode", where=where)  # fmt: skip
        return partly(0.5, "evaluated while gradients are recorded",
                      expected="torch.inference_mode() or no_grad()",
                      actual="gradients recorded", where=where)  # fmt: skip

    @classmethod
    def examples(cls) -> list[Example]:
        """Evaluations as they should be, and with something forgotten."""

        def calls(*, passes: int = 0, **modes: int) -> Evidence:
            scene = Scene().cell("3").trains()
            return scene.calls("m1", (), evaluations=passes, **modes).evidence()

        before = Scene().cell("3").calls("m1", (), eval_quiet=1, evaluations=1).cell("3").trains()
        before.calls("m1", (), train_grad=300)
        figure = Scene().cell("3").trains()
        figure.calls("m1", (figure.tensor([80, 2]),), train_grad=300).cell("3")
        figure.calls("m1", (figure.tensor([100, 2]),), eval_quiet=1, evaluations=1)
        twenty = {"times": 15}
        return [
            Example(
                "a model evaluated 15 times, as it should be",
                twenty,
                calls(train_grad=300, eval_quiet=15, passes=15),
                "3",
                "passed",
            ),
            Example(
                "evaluated three times, where 15 are asked for",
                twenty,
                calls(train_grad=300, eval_quiet=3, passes=3),
                "3",
                "partly",
            ),
            Example(
                "evaluated three times on ten batches, where 15 are asked for",
                twenty,
                calls(train_grad=300, eval_quiet=30, passes=3),
                "3",
                "partly",
            ),
            Example(
                "evaluated in training mode",
                {},
                calls(train_grad=300, train_quiet=15, passes=15),
                "3",
                "partly",
            ),
            Example(
                "evaluated while gradients are recorded",
                {},
                calls(train_grad=300, eval_grad=15),
                "3",
                "partly",
            ),
            Example(
                "a model that is called before it is trained", {}, before.evidence(), "3", "failed"
            ),
            Example(
                "a model that is called on a grid for a figure",
                {},
                figure.evidence(),
                "3",
                "failed",
            ),
            Example("a model that is only trained", {}, calls(train_grad=300), "3", "failed"),
            Example("nothing", {}, Scene().cell("3").evidence(), "3", "failed"),
        ]


def beside_training(
    evidence: Evidence, calls: list[ModelCalled], trained: list[TrainingRun]
) -> list[ModelCalled]:
    """The calls of a model that can be its evaluations, and its training with them.

    Those of the cells that train, where it was evaluated there; else those of later cells as well,
    on no more rows than it was trained on. All calls of a model that was not trained here.
    """
    cells = {part.cell for run in trained for part in run.parts}
    if not cells:
        return calls
    inside = [c for c in calls if c.cell in cells]
    backwards = sum(run.backwards for run in trained)
    grads = sum(c.train_grad + c.eval_grad for c in inside)
    if any(c.eval_quiet + c.train_quiet for c in inside) or grads > backwards:
        return inside
    most = max((leading(t) for c in inside for t in inputs(evidence, c)), default=0)
    later = [c for c in calls if c.cell > min(cells) and c.cell not in cells]
    return inside + [
        c for c in later
        if not most or any(leading(t) <= most for t in inputs(evidence, c)) or not c.data
    ]  # fmt: skip
