"""The model or the optimizer is made anew in each pass of the training loop."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from grader.evidence import Evidence
from grader.fault import Example, Fault, harmless
from grader.finding import Diagnosis
from grader.loop_edits import assigned, passes
from grader.planting import Mutant, Solution
from grader.scene import Scene
from grader.training_code import seen_at
from grader.training_runs import TrainingRun, runs_of

A_LOOP = 5
"""Runs of one cell that make a loop; fewer may be experiments."""


class MadeAnewInTheLoop(Fault):
    """Many runs in one cell, each of one step or one sweep over the data, with equal settings."""

    id = "T16"
    title = "model or optimizer is made anew in each epoch"
    severity = "F"
    stage = "loop"
    component = "loop-order"
    sure = False
    folds = ("T17", "T18", "T20")
    hints = (
        "How often is the model built during one training? And the optimizer?",
        "A new model has new random numbers, and has forgotten what was learned. A new optimizer"
        " has forgotten its momentum.",
        "Make model and optimizer once, above the loop over the epochs.",
    )

    def find(self, evidence: Evidence, exercise: str) -> Iterator[Diagnosis]:
        """Cells with many short runs, of one model or of as many models."""
        short = [r for r in runs_of(evidence, exercise) if r.steps and self._one_pass(r)]
        for cell, count in Counter(r.parts[-1].cell for r in short).items():
            if count < A_LOOP:
                continue
            here = [r for r in short if r.parts[-1].cell == cell]
            if self._compares_settings(here):
                continue
            last = here[-1].parts[-1]
            if len({r.parts[-1].model for r in here}) >= A_LOOP or not last.model:
                yield self.at(
                    seen_at(evidence, last, *self._optimizers(here)), exercise,
                    observed=f"{count} models in one cell, trained for one epoch each",
                    expected="one model, trained for all epochs",
                    because="each epoch starts with new random parameters, so nothing is kept of"
                    " what was learned",
                )  # fmt: skip
            else:
                told = self.at(
                    seen_at(evidence, last, *self._optimizers(here)), exercise,
                    observed=f"{count} optimizers in one cell for one model",
                    expected="one optimizer for all epochs",
                    because="each new optimizer starts without the momentum of the ones before",
                )  # fmt: skip
                kept = any(self._remembers(r) for r in here)
                yield told.model_copy(update={"severity": "W"}) if kept else harmless(told)

    def _compares_settings(self, runs: list[TrainingRun]) -> bool:
        """Whether the optimizers differ, as where learning rates are tried one after the other."""
        return len({str(r.optimizer) for r in runs if r.optimizer is not None}) > 1

    def _one_pass(self, run: TrainingRun) -> bool:
        """Whether a run is a single step, or one sweep over a loader."""
        swept = sum(p.epochs or 0 for p in run.parts)
        return run.steps == 1 or swept == 1

    def _remembers(self, run: TrainingRun) -> bool:
        """Whether an optimizer keeps something from step to step."""
        optimizer = run.optimizer
        return optimizer is not None and (
            optimizer.type != "SGD" or bool(optimizer.settings.get("momentum"))
        )

    def _optimizers(self, runs: list[TrainingRun]) -> list[str]:
        return sorted({r.optimizer.type for r in runs if r.optimizer is not None})

    @classmethod
    def plant(cls, solution: Solution) -> Iterator[Mutant]:
        """What makes the optimizer, or it and the model, is put at the head of the loop."""
        for each in passes(solution):
            loop = each.loop
            for cell, made in assigned(solution, each.step_of):
                if loop is None or "parameters" not in solution.text(cell, made):
                    continue
                text = solution.text(cell, made)
                yield Mutant("optimizer anew", (solution.before(each.cell, loop.body[0], text),))
                model = text.partition(".parameters")[0].rpartition("(")[2]
                for where, built in assigned(solution, model):
                    both = f"{solution.text(where, built)}\n{text}"
                    yield Mutant("model anew", (solution.before(each.cell, loop.body[0], both),))

    @classmethod
    def examples(cls) -> list[Example]:
        """Models for each epoch, optimizers for each, and experiments of several models."""

        def runs(
            count: int, steps: int, *, models: bool, optimizer: str = "Adam", faster: float = 1
        ) -> Evidence:
            scene = Scene().cell("3")
            for number in range(count):
                rate = {"lr": 0.01 * faster**number}
                told = {"type": optimizer, "settings": rate, "groups": 1}
                scene.trains(run=f"r{number}", model=f"m{number if models else 0}", steps=steps,
                             backwards=steps, cleared=steps, optimizer=told)  # fmt: skip
            return scene.evidence()

        return [
            Example("a model for each epoch", runs(30, 1, models=True), "3", True),
            Example("an optimizer for each epoch", runs(30, 1, models=False), "3", True),
            Example("one without a memory, which does no harm",
                    runs(30, 1, models=False, optimizer="SGD"), "3", True),
            Example("ten models, trained for long each", runs(10, 100, models=True), "3", False),
            Example("one model", runs(1, 1, models=True), "3", False),
            Example("a model for each learning rate", runs(9, 1, models=True, faster=2), "3",
                    False),
        ]  # fmt: skip
