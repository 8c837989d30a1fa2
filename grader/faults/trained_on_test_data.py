"""The model is trained on what was split off for the test, or on everything."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from grader.data_parts import same, within
from grader.evidence import Evidence
from grader.facts import ModelCalled, TensorSeen
from grader.fault import Example, Fault
from grader.fed import inputs
from grader.finding import Diagnosis
from grader.loop_edits import passes, tested
from grader.planting import Mutant, Solution
from grader.scene import Scene
from grader.training_code import seen_at
from grader.training_runs import TrainingRun, runs_of

FEWEST = 10
"""Points that make a data set."""
MOST_SETS = 60
"""Data sets that are compared."""


class TrainedOnTestData(Fault):
    """All that the model was trained on is the smaller part of a split, or what was split."""

    id = "T10"
    title = "training on the test data"
    severity = "F"
    stage = "data"
    component = "data-split"
    sure = False
    hints = (
        "Which tensors go into the loop that calls backward()? Where do they come from?",
        "The test data stand for data that nobody has seen. A model that was trained on them is"
        " tested on what it knows.",
        "Give the training part of the split to the loop, and keep the other part for the test.",
    )

    def find(self, evidence: Evidence, exercise: str) -> Iterator[Diagnosis]:
        """Runs on data that was split, where no other data was used."""
        before: list[TensorSeen] = []
        for run in runs_of(evidence, exercise):
            last = run.parts[-1]
            fed, earlier = self._fed(evidence, run), list(before)
            before += fed
            if run.steps < 2 or run.backwards < 2 or len(fed) != 1 or len(fed[0].shape) < 2:
                continue
            if any(t.shape[0] < fed[0].shape[0] and within(t, fed[0]) for t in earlier):
                continue  # what was tried on a part is trained on everything in the end
            told = self._smaller_part(evidence, fed[0]) or self._everything(evidence, fed[0])
            if told is not None:
                observed, larger = told
                yield self.at(
                    seen_at(evidence, last, "backward"), exercise,
                    observed=observed,
                    expected=f"a training on the larger part, {larger} points",
                    because="the test data are no longer new to the model, so the test says nothing"
                    " about new data",
                )  # fmt: skip

    def _smaller_part(self, evidence: Evidence, fed: TensorSeen) -> tuple[str, int] | None:
        """What to say of a part that makes a data set together with a larger one."""
        held, count = evidence.once(data_sets).get(tuple(fed.shape[1:]), []), fed.shape[0]
        for whole in held:
            rest = whole.shape[0] - count
            if rest <= count or not within(fed, whole):
                continue
            if any(t.shape[0] == rest and within(t, whole) for t in held):
                return f"a training on {count} points, the smaller part of {count + rest}", rest
        return None

    def _everything(self, evidence: Evidence, fed: TensorSeen) -> tuple[str, int] | None:
        """What to say of a data set of which there are two parts of different size."""
        held, count = evidence.once(data_sets).get(tuple(fed.shape[1:]), []), fed.shape[0]
        parts = [t for t in held if t.shape[0] < count and within(t, fed)]
        sizes = {t.shape[0] for t in parts}
        for size in sorted(sizes, reverse=True):
            if count / 2 < size and count - size in sizes and self._is_whole(held, fed):
                return f"a training on all {count} points, test data and all", size
        return None

    def _is_whole(self, held: list[TensorSeen], fed: TensorSeen) -> bool:
        """Whether it is itself one of the data sets, and part of no larger one."""
        larger = any(t.shape[0] > fed.shape[0] and within(fed, t) for t in held)
        return not larger and any(same(t, fed) for t in held)

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
            place = each.loop
            if test is None or place is None:
                continue
            loss, forward = test
            ours = [first_given(each.forward), each.call.args[1]]
            theirs = [first_given(forward or loss), loss.value.args[1]]  # type: ignore[attr-defined]
            names, others = ([ast.unparse(n) for n in ns if n is not None] for ns in (ours, theirs))
            text = f"{', '.join(names)} = {', '.join(others)}"
            yield Mutant("test data into the training", (solution.before(each.cell, place, text),))

    @classmethod
    def examples(cls) -> list[Example]:
        """The smaller part, the whole, the larger part, and data without a split."""

        def trained(part: int, *others: int, first: int = 0) -> Evidence:
            scene = Scene().cell("1")
            numbers = [float(n) for n in range(100)]
            handles = {}
            for count in (*others, part):
                values = numbers[-count:] if count < 50 else numbers[:count]
                handles[count] = scene.tensor([count, 1], values)
            scene.cell("3")
            values = numbers[-part:] if part < 50 else numbers[:part]
            fed = scene.tensor([part, 1], values)
            if first:
                learnt = scene.tensor([first, 1], numbers[:first])
                scene.trains(run="r0", model="m0").calls("m0", (learnt,), train_grad=300)
            scene.trains().calls("m1", (fed,), train_grad=300)
            return scene.evidence()

        return [
            Example("the smaller part", trained(20, 80, 100), "3", True),
            Example("all of it", trained(100, 80, 20), "3", True),
            Example("the larger part", trained(80, 100, 20), "3", False),
            Example("all of it, after a training on a part", trained(100, 80, 20, first=80), "3",
                    False),
            Example("data without a split", trained(100), "3", False),
        ]  # fmt: skip


def first_given(statement: ast.stmt) -> ast.Name | None:
    """The innermost name that a statement gives to a call as its one argument: a model's input."""
    calls = [n for n in ast.walk(statement) if isinstance(n, ast.Call) and len(n.args) == 1]
    named = [c.args[0] for c in calls if isinstance(c.args[0], ast.Name)]
    return named[-1] if named and isinstance(named[-1], ast.Name) else None


def data_sets(evidence: Evidence) -> dict[tuple[int, ...], list[TensorSeen]]:
    """Tensors that may be data and were bound to names, each once, by the shape of a point."""
    found: dict[tuple[int, ...], dict[str, TensorSeen]] = {}
    for tensor in evidence.everywhere(TensorSeen):
        if "bound" in tensor.ways and len(tensor.shape) > 1 and tensor.shape[0] >= FEWEST:
            content = f"{tensor.shape} {tensor.digest or tensor.values}"
            found.setdefault(tuple(tensor.shape[1:]), {}).setdefault(content, tensor)
    return {point: list(tensors.values())[:MOST_SETS] for point, tensors in found.items()}
