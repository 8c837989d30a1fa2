"""What a training was set up with: loss, optimizer, learning rate, epochs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from grader.check import Check, Example
from grader.chosen import losses_chosen, optimizers_chosen
from grader.evidence import Evidence
from grader.facts import CellRead
from grader.finding import Finding, failed, no_evidence, passed
from grader.hand_batches import hand_batches
from grader.scene import Scene
from grader.training_runs import TrainingRun, runs_of, unseen

LossKind = Literal[
    "l1_loss", "mse_loss", "smooth_l1_loss", "huber_loss", "cross_entropy", "nll_loss",
    "binary_cross_entropy", "binary_cross_entropy_with_logits", "soft_margin_loss",
]  # fmt: skip


OptimizerName = Literal[
    "Adadelta", "Adafactor", "Adagrad", "Adam", "AdamW", "Adamax", "ASGD", "LBFGS", "Muon",
    "NAdam", "RAdam", "RMSprop", "Rprop", "SGD", "SparseAdam",
]  # fmt: skip


class TrainingSetUp(Check):
    """A training was set up with a given loss, optimizer, learning rate or number of epochs.

    One training of the exercise that has all that is asked for is enough. A loss is told by what it
    computes, so a class, a function and a formula by hand count alike. An epoch is a sweep over the
    data loader that is trained on; without one, a step, or as many as the batches that the code
    cuts out of its data by itself.
    """

    kind = "training_set_up"
    reads_operations = False

    loss: list[LossKind] = Field([], description="losses that count; any if left out")
    optimizer: list[Literal[OptimizerName, "any"]] = Field(
        [],
        description='optimizer classes that count; ["any"] for every one; none needed if left out',
    )
    lr: float | None = Field(None, gt=0, description="the learning rate; any if left out")
    epochs: int | None = Field(
        None, ge=1, description="sweeps over the data; any number if left out"
    )
    at_least: bool = Field(False, description="whether more epochs count as well")
    trained_in: list[str] = Field(
        [],
        description="further exercises where the training may take place; without any, what the"
        " code makes counts, as far as losses and optimizers go",
    )

    def reads_on(self) -> list[str]:
        """Where the training may take place."""
        return self.trained_in

    def look(self, evidence: Evidence, exercise: str) -> Finding:
        """The run that differs least from what is asked for."""
        places = [exercise, *self.trained_in]
        runs = [r for e in places for r in runs_of(evidence, e) if self._shows(r)]
        if not runs:
            why = next((w for e in places if (w := unseen(evidence, e))), None)
            return no_evidence(why) if why else self._untrained(evidence, exercise)
        wrong = [(self._wrong(run, evidence), run) for run in runs]
        missed, run = min(wrong, key=lambda w: len(w[0]))
        if not missed:
            return passed("set up as asked for", where=run.where)
        if [m[0] for m in missed] == ["number of epochs"] and hand_batches(evidence, run):
            return no_evidence("how many epochs its batches make could not be told",
                               actual=f"{run.steps} steps")  # fmt: skip
        unknown = run.loss is None or run.loss.kind == "other"
        if unknown and run.backwards and [m[0] for m in missed] == ["loss"]:
            return no_evidence("which loss it is could not be told", actual=missed[0][2])
        return failed(
            f"trained with another {' and another '.join(m[0] for m in missed)}",
            expected=", ".join(m[1] for m in missed), actual=", ".join(m[2] for m in missed),
            where=run.where,
        )  # fmt: skip

    def _shows(self, run: TrainingRun) -> bool:
        """Whether a run shows what was chosen; where none does, the code may."""
        if not self.trained_in:
            return bool(run.steps or run.backwards)
        return bool(run.backwards if self.loss else run.steps)

    def _untrained(self, evidence: Evidence, exercise: str) -> Finding:
        """What the code makes, where nothing was trained with it and that is another exercise's."""
        if not self.trained_in or self.lr is not None or self.epochs is not None:
            return failed("no training was seen in this exercise")
        losses = losses_chosen(evidence, exercise)
        optimizers = optimizers_chosen(evidence, exercise)
        asked: list[tuple[str, list[str], list[str]]] = [
            ("loss", [*self.loss], losses), ("optimizer", [*self.optimizer], optimizers),
        ]  # fmt: skip
        for what, wanted, made in asked:
            if wanted and not counts(wanted, made):
                code = [c.seq for c in evidence.of(exercise, CellRead) if c.written] if made else []
                return failed(f"no {what} of those asked for was made, and none was used",
                              expected=" or ".join(wanted), actual=", ".join(made) or "none",
                              where=tuple(code), strength="observed")  # fmt: skip
        return passed(f"{' and '.join(losses + optimizers)} is made", strength="observed")

    def _wrong(self, run: TrainingRun, evidence: Evidence) -> list[tuple[str, str, str]]:
        """What differs: its name, what was asked for, what was seen."""
        wrong = []
        loss = run.loss.kind if run.loss else "unknown"
        if self.loss and loss not in self.loss:
            wrong.append(("loss", " or ".join(self.loss), loss))
        name = run.optimizer.type if run.optimizer else "none"
        if self.optimizer and not counts(self.optimizer, [name] if run.optimizer else []):
            wrong.append(("optimizer", " or ".join(self.optimizer), name))
        lr = run.optimizer.settings.get("lr") if run.optimizer else None
        if self.lr is not None and not (
            isinstance(lr, (int, float)) and math.isclose(lr, self.lr, rel_tol=1e-6)
        ):
            wrong.append(("learning rate", f"lr {self.lr:g}", f"lr {lr}"))
        if self.epochs is not None and not self._long_enough(run, self.epochs, evidence):
            wrong.append(("number of epochs", f"{self.epochs} epochs", f"{run.epochs}"))
        return wrong

    def _long_enough(self, run: TrainingRun, epochs: int, evidence: Evidence) -> bool:
        """Whether its sweeps, or its steps, are as many as asked for."""
        batches = hand_batches(evidence, run)
        if batches is not None and batches.a_sweep:
            return run.steps == epochs or batches.may_sweep(
                run.steps, epochs, at_least=self.at_least
            )
        return run.epochs == epochs or (self.at_least and run.epochs > epochs)

    @classmethod
    def examples(cls) -> list[Example]:
        """Right and wrong settings."""
        plain = Scene().cell("3").trains().evidence()
        loaders = Scene().cell("3").trains(epochs=5, steps=300).evidence()

        def by_hand(steps: int) -> Evidence:
            scene = Scene().cell("1")
            scene.tensor([80, 1], [i / 80 for i in range(80)])
            scene.cell("3").trains(steps=steps, backwards=steps)
            fed = [scene.tensor([16, 1], [(i + 16 * n) / 80 for i in range(16)]) for n in range(5)]
            return scene.calls("m1", tuple(fed), train_grad=steps).evidence()

        other = Scene().cell("3").trains(loss={"kind": "other"}).evidence()
        made = "import torch\nloss = torch.nn.L1Loss()"
        chosen = Scene().cell("2", made).ends("finished").evidence()
        elsewhere = {"loss": ["l1_loss"], "trained_in": ["3"]}
        return [
            Example("a loss that is made and not used", elsewhere, chosen, "2", "passed"),
            Example(
                "another loss that is made and not used",
                {"loss": ["mse_loss"], "trained_in": ["3"]},
                chosen,
                "2",
                "failed",
            ),
            Example("a training with this loss", {"loss": ["l1_loss"]}, plain, "3", "passed"),
            Example("a training with another loss", {"loss": ["mse_loss"]}, plain, "3", "failed"),
            Example(
                "a training with a loss that is unknown to us",
                {"loss": ["mse_loss"]},
                other,
                "3",
                "no_evidence",
            ),
            Example(
                "a training with this optimizer and learning rate",
                {"optimizer": ["SGD"], "lr": 0.01},
                plain,
                "3",
                "passed",
            ),
            Example(
                "a training with another learning rate",
                {"optimizer": ["SGD"], "lr": 0.1},
                plain,
                "3",
                "failed",
            ),
            Example(
                "a training with another optimizer", {"optimizer": ["Adam"]}, plain, "3", "failed"
            ),
            Example("300 epochs", {"epochs": 300}, plain, "3", "passed"),
            Example("300 epochs, where 100 are asked for", {"epochs": 100}, plain, "3", "failed"),
            Example(
                "300 epochs, where at least 100 are asked for",
                {"epochs": 100, "at_least": True},
                plain,
                "3",
                "passed",
            ),
            Example("5 epochs of 60 batches", {"epochs": 5}, loaders, "3", "passed"),
            Example("5 epochs of 5 slices", {"epochs": 5}, by_hand(25), "3", "passed"),
            Example(
                "slices in a number that fits no whole epoch",
                {"epochs": 5},
                by_hand(33),
                "3",
                "no_evidence",
            ),
            Example("nothing", {"epochs": 300}, Scene().cell("3").evidence(), "3", "failed"),
        ]


def counts(wanted: Sequence[str], made: Sequence[str]) -> bool:
    """Whether one of the names that count is among those made, upper and lower case aside."""
    if "any" in wanted:
        return bool(made)
    return bool({w.lower() for w in wanted} & {m.lower() for m in made})
