"""No loss ever goes backward."""

from __future__ import annotations

from collections.abc import Iterator

from grader.evidence import Evidence
from grader.fault import Example, Fault
from grader.finding import Diagnosis
from grader.loop_edits import passes
from grader.planting import Mutant, Solution
from grader.scene import Scene
from grader.training_code import seen_at
from grader.training_runs import runs_of, unseen


class BackwardMissing(Fault):
    """Steps without any backward, and no gradient to use."""

    id = "T06"
    title = "backward() is missing"
    severity = "F"
    stage = "loop"
    component = "loop-order"
    hints = (
        "Something has to make the gradients before a step. Which line does?",
        "A loss function measures and changes nothing. backward() works out how each parameter"
        " bears on the loss.",
        "Let the loss go backward once in each pass, between clearing and stepping. The call needs"
        " its parentheses.",
    )

    def find(self, evidence: Evidence, exercise: str) -> Iterator[Diagnosis]:
        """Runs of steps without a gradient, in an exercise where no loss goes backward."""
        runs = runs_of(evidence, exercise)
        if unseen(evidence, exercise) or any(run.backwards for run in runs):
            return
        for run in runs:
            last = run.parts[-1]
            if run.steps > 1 and run.without_gradient and not run.only_zeros and not run.moved:
                yield self.at(
                    seen_at(evidence, last, "step"), exercise,
                    observed=f"{run.steps} steps, and no loss that went backward",
                    expected="a backward before each step",
                    because="without gradients a step changes nothing, so the loss stays as it was",
                )  # fmt: skip

    @classmethod
    def plant(cls, solution: Solution) -> Iterator[Mutant]:
        """The backward goes, or loses its parentheses."""
        for each in passes(solution):
            named = solution.text(each.cell, each.backward).removesuffix("()")
            yield Mutant("no backward", (solution.without(each.cell, each.backward),))
            yield Mutant("no parentheses", (solution.instead(each.cell, each.backward, named),))

    @classmethod
    def examples(cls) -> list[Example]:
        """No backward, gradients made by hand, and another model's backward."""

        def loop(**more: object) -> Scene:
            return Scene().cell("3", "opt.step()").trains(**{"backwards": 0, "idle": 300, **more})

        lost = {"without_gradient": 10, "moved": False}
        other = {"run": "r2", "model": "m2", "steps": 0, "optimizer": None, "moved": False}
        return [
            Example("no backward", loop(**lost).evidence(), "3", True),
            Example("gradients from elsewhere", loop().evidence(), "3", False),
            Example("a backward of another model", loop(**lost).trains(**other).evidence(), "3",
                    False),
            Example("what was trained could not be seen",
                    loop(**lost).blind("training", "it broke").evidence(), "3", False),
            Example("an ordinary loop", Scene().cell("3").trains().evidence(), "3", False),
        ]  # fmt: skip
