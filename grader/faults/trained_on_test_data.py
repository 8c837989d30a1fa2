"""The model is trained on what was split off for the test, or on everything."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from grader.data_parts import same, size, within
from grader.evidence import Evidence
from grader.facts import ModelCalled, TensorSeen
from grader.fault import Example, Fault
from grader.fed import inputs
from grader.finding import Diagnosis
from grader.loop_edits import given_otherwise, passes, tested
from grader.planting import Mutant, Solution
from grader.scene import Scene
from grader.training_code import seen_at
from grader.training_runs import TrainingRun, runs_of

FEWEST = 10
"""Points that make a data set."""


class Split(NamedTuple):
    """A data set and the two parts of it."""

    whole: TensorSeen
    large: TensorSeen
    small: TensorSeen


class TrainedOnTestData(Fault):
    """All that the model was trained on is the smaller part of a split, or what was split."""

    id = "T10"
    title = "training on the test data"
    severity = "F"
    stage = "data"
    component = "data-split"
    hints = (
        "Which tensors go into the loop that calls backward()? Where do they come from?",
        "The test data stand for data that nobody has seen. A model that was trained on them is"
        " tested on what it knows.",
        "Give the training part of the split to the loop, and keep the other part for the test.",
    )

    def find(self, evidence: Evidence, exercise: str) -> Iterator[Diagnosis]:
        """Runs on data that was split, where no other data was used."""
        for run in runs_of(evidence, exercise):
            last = run.parts[-1]
            fed = self._fed(evidence, run)
            if run.steps < 2 or run.backwards < 2 or len(fed) != 1:
                continue
            for split in evidence.once(splits):
                if same(fed[0], split.small) and fed[0].shape == split.small.shape:
                    observed = (
                        f"a training on {split.small.shape[0]} points, the smaller part of"
                        f" {split.whole.shape[0]}"
                    )
                elif same(fed[0], split.whole) and fed[0].shape == split.whole.shape:
                    observed = f"a training on all {split.whole.shape[0]} points"
                else:
                    continue
                yield self.at(
                    seen_at(evidence, last, "backward"), exercise,
                    observed=observed,
                    expected=f"a training on the larger part, {split.large.shape[0]} points",
                    because="the test data are no longer new to the model, so the test says nothing"
                    " about new data",
                )  # fmt: skip
                break

    def _fed(self, evidence: Evidence, run: TrainingRun) -> list[TensorSeen]:
        """What a run's model was trained on in the run's cells."""
        cells = {part.cell for part in run.parts}
        calls = [
            c for c in evidence.of(run.parts[0].exercise or "", ModelCalled)
            if c.cell in cells and c.model == run.parts[-1].model
            and any(d.mode.endswith("grad") for d in c.data)
        ]  # fmt: skip
        return [t for c in calls for t in inputs(evidence, c, trained=True)]

    @classmethod
    def plant(cls, solution: Solution) -> Iterator[Mutant]:
        """The training is given what the test beside it is given."""
        for each in passes(solution):
            test = tested(solution, each)
            if test is None:
                continue
            loss, forward = test
            named = ast.unparse(each.loss.targets[0])
            if each.forward is each.loss or forward is None:
                text = f"{named} = {solution.text(each.cell, loss.value)}"
                edits = [solution.instead(each.cell, each.loss, text)]
            else:
                given = ast.unparse(each.forward.targets[0])
                text = f"{given} = {solution.text(each.cell, forward.value)}"
                edits = [solution.instead(each.cell, each.forward, text)]
                target = solution.text(each.cell, loss.value.args[1])  # type: ignore[attr-defined]
                edits.append(given_otherwise(solution, each, 1, target))
            yield Mutant("test data into the training", tuple(edits))

    @classmethod
    def examples(cls) -> list[Example]:
        """The smaller part, the whole, the larger part, and data without a split."""

        def trained(part: int, *others: int) -> Evidence:
            scene = Scene().cell("1")
            numbers = [float(n) for n in range(100)]
            handles = {}
            for count in (*others, part):
                values = numbers[-count:] if count < 50 else numbers[:count]
                handles[count] = scene.tensor([count, 1], values)
            scene.cell("3")
            values = numbers[-part:] if part < 50 else numbers[:part]
            fed = scene.tensor([part, 1], values)
            scene.trains().calls("m1", (fed,), train_grad=300)
            return scene.evidence()

        return [
            Example("the smaller part", trained(20, 80, 100), "3", True),
            Example("all of it", trained(100, 80, 20), "3", True),
            Example("the larger part", trained(80, 100, 20), "3", False),
            Example("data without a split", trained(100), "3", False),
        ]


def splits(evidence: Evidence) -> list[Split]:
    """Data sets of which both parts, unequal, were bound to names too."""
    found: list[Split] = []
    held = [
        t for t in evidence.everywhere(TensorSeen)
        if "bound" in t.ways and len(t.shape) > 1 and t.shape[0] >= FEWEST
    ]  # fmt: skip
    by_count = {(t.shape[0], *t.shape[1:]): t for t in held}
    for small in by_count.values():
        for large in by_count.values():
            counts = small.shape[0], large.shape[0]
            whole = by_count.get((sum(counts), *small.shape[1:]))
            alike = small.shape[1:] == large.shape[1:] and counts[0] < counts[1]
            if alike and whole and within(small, whole) and within(large, whole):
                if size(small) + size(large) == size(whole):
                    found.append(Split(whole, large, small))
    return found
