"""The test block updates the model too."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from grader.data_parts import same, within
from grader.evidence import Evidence
from grader.facts import ModelCalled, TensorSeen
from grader.fault import Example, Fault
from grader.faults.evaluated_with_gradients import unguarded
from grader.faults.trained_on_test_data import data_sets
from grader.fed import in_cell
from grader.finding import Diagnosis
from grader.loop_edits import passes, tested
from grader.model_facts import TrainingSeen
from grader.planting import Mutant, Solution
from grader.scene import Scene


class LearnsFromTheTest(Fault):
    """Backward from every call, on both parts of a split, each of which is a data set as a whole.

    A model that was trained on the test data alone is told by another fault.
    """

    id = "E04"
    title = "weights change during the evaluation"
    severity = "F"
    stage = "evaluation"
    component = "data-split"
    folds = ("E03",)
    hints = (
        "Which lines of the test block change something in the model?",
        "A test measures what the model has learnt. If the model learns from the test data as well,"
        " they are no longer new to it.",
        "Leave only the prediction, its loss and its accuracy in the test block.",
    )

    def find(self, evidence: Evidence, exercise: str) -> Iterator[Diagnosis]:
        """Each cell where that was seen."""
        for call in evidence.of(exercise, ModelCalled):
            backwards = sum(
                t.backwards for t in evidence.of(exercise, TrainingSeen)
                if t.cell == call.cell and t.model == call.model and t.steps
            )  # fmt: skip
            if backwards < 2 or backwards < call.train_grad + call.eval_grad:
                continue
            test = self._smaller_of_two(evidence, call)
            if test is not None:
                yield self.at(
                    call, exercise,
                    observed=f"backward after calls on the training data and on {test.shape[0]}"
                    " test points",
                    expected="backward after calls on the training data alone",
                    because="the model learns from the test data, so they are no longer new to it",
                )  # fmt: skip

    def _smaller_of_two(self, evidence: Evidence, call: ModelCalled) -> TensorSeen | None:
        """The smaller part of a split of which both parts were gone backward from."""
        handles = {d.tensor for d in call.data if d.mode.endswith("grad")}
        fed = [t for t in in_cell(evidence, call.cell) if t.handle in handles and len(t.shape) > 1]
        for test in fed:
            sets = evidence.once(data_sets).get(tuple(test.shape[1:]), [])
            if not any(same(test, held) for held in sets):
                continue
            for train in fed:
                both = train.shape[0] + test.shape[0]
                if train.shape[0] > test.shape[0] and any(
                    w.shape[0] == both and within(test, w) and within(train, w) for w in sets
                ):
                    return test
        return None

    @classmethod
    def plant(cls, solution: Solution) -> Iterator[Mutant]:
        """The test block clears, goes backward and steps."""
        for each in passes(solution):
            test = tested(solution, each)
            tree = solution.trees[each.cell]
            if test is None or tree is None:
                continue
            loss, _ = test
            block = next(w for w in ast.walk(tree) if isinstance(w, ast.With)
                         and any(n is loss for n in ast.walk(w)))  # fmt: skip
            name = ast.unparse(loss.targets[0])
            update = f"{each.step_of}.zero_grad()\n{name}.backward()\n{each.step_of}.step()"
            added = solution.after(each.cell, loss, update)
            yield Mutant("an update in the test", (unguarded(each.cell, block), added))

    @classmethod
    def examples(cls) -> list[Example]:
        """Both parts, the training part alone, and a last batch that is smaller."""

        def trained(*fed: int, backwards: int = 600, bound: bool = True) -> Evidence:
            scene = Scene().cell("1")
            numbers = [float(n) for n in range(100)]
            for values in (numbers, numbers[:80], numbers[80:]) if bound else (numbers,):
                scene.tensor([len(values), 1], values)
            scene.cell("3").trains(backwards=backwards)
            made = []
            for count in fed:
                values = numbers[:80] if count == 80 else numbers[-count:]
                made.append(scene.tensor([count, 1], values, ways=("input",)))
            return scene.calls("m1", tuple(made), train_grad=600).evidence()

        return [
            Example("both parts", trained(80, 20), "3", True),
            Example("the training part", trained(80), "3", False),
            Example("both called, one gone backward from", trained(80, 20, backwards=300), "3",
                    False),
            Example("batches, the last of which is smaller", trained(80, 20, bound=False), "3",
                    False),
        ]  # fmt: skip
