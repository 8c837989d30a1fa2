"""A loss is given what it is made for: logits, probabilities, a column for each class."""

from __future__ import annotations

from math import prod
from typing import NamedTuple

from pydantic import Field

from grader.check import Check, Example
from grader.chosen import losses_chosen
from grader.evidence import Evidence
from grader.facts import TensorSeen
from grader.finding import Finding, Verdict, failed, no_evidence, partly, passed
from grader.given_out import answers_given, fits, may_squash
from grader.model_facts import LossSeen
from grader.scene import Scene
from grader.training_runs import TrainingRun, runs_of, unseen

LAYERS = frozenset(["linear", "convolution", "mkldnn_convolution", "mv"])
PROBABILITIES = frozenset(["sigmoid", "hardsigmoid", "softmax"])
LOGARITHMS = frozenset(["log_softmax", "log", "log_sigmoid"])
BOUNDED = frozenset(["tanh", "hardtanh", "softsign", "round"])
POSITIVE = frozenset(["relu", "exp", "softplus"])
ANY_NUMBER = LAYERS | frozenset(
    ["dot", "add", "sub", "rsub", "mul", "scale", "sum", "mean", "neg", "leaf", "max", "amax",
     "leaky_relu", "prelu", "elu", "gelu", "silu", "logit", "native_batch_norm",
     "native_layer_norm", "native_group_norm", "native_dropout", "avg_pool2_d", "embedding"]
)  # fmt: skip
"""What makes numbers of either sign and any size, as logits are."""


class Taste(NamedTuple):
    """What a loss takes.

    Attributes:
        wants: in words.
        right: origins that fit.
        wrong: origins that do not; of any other it could not be told.
    """

    wants: str
    right: frozenset[str]
    wrong: frozenset[str]


LOGITS = Taste(
    "logits", ANY_NUMBER, PROBABILITIES | BOUNDED | POSITIVE | {"log_softmax", "log_sigmoid"}
)
TASTES = {
    "binary_cross_entropy_with_logits": LOGITS,
    "soft_margin_loss": LOGITS,  # the same for labels of -1 and 1
    # Softmax forgets what is added to all logits, so numbers above 0 say as much as any.
    "cross_entropy": Taste("logits", ANY_NUMBER | POSITIVE | LOGARITHMS, PROBABILITIES | BOUNDED),
    "binary_cross_entropy": Taste(
        "probabilities", PROBABILITIES, LAYERS | {"relu", "tanh", "softsign", "round"}
    ),
    "nll_loss": Taste(
        "logarithms of probabilities", LOGARITHMS | {"sub"},
        LAYERS | PROBABILITIES | {"relu", "tanh"},
    ),
}  # fmt: skip
IN_WORDS = {
    "linear": "logits", "leaf": "parameters", "round": "rounded predictions, which have no"
    " gradient", "relu": "numbers that went through a ReLU and are never negative",
    "softmax": "probabilities of a softmax", "sigmoid": "probabilities of a sigmoid",
}  # fmt: skip
POINT_BY_POINT = ("l1_loss", "mse_loss", "smooth_l1_loss", "huber_loss")


class LossFits(Check):
    """A loss is given what it is made for: logits, probabilities, a column for each class.

    It looks at what made the loss's input, whether the loss is a class, a function or a formula:
    `BCEWithLogitsLoss` and `CrossEntropyLoss` want logits, and the latter a column for each class;
    `BCELoss` wants probabilities and `NLLLoss` their logarithms. Losses for regression take any
    numbers, of the same shape as their targets. One training of the exercise that fits is enough.
    """

    kind = "loss_fits"
    reads_operations = False

    trained_in: list[str] = Field(
        [], description="further exercises where the training may take place"
    )

    def reads_on(self) -> list[str]:
        """Where the training may take place."""
        return self.trained_in

    def look(self, evidence: Evidence, exercise: str) -> Finding:
        """The best of the exercise's runs."""
        places = [exercise, *self.trained_in]
        runs = [r for e in places for r in runs_of(evidence, e) if r.backwards]
        if not runs:
            why = next((w for e in places if (w := unseen(evidence, e))), None)
            if why is None and self.trained_in:
                return self._untrained(evidence, exercise)
            return no_evidence(why) if why else failed("no training was seen in this exercise")
        findings = [with_its_labels(judge(run), run, evidence) for run in runs]
        return max(findings, key=lambda f: (f.share, f.verdict == "no_evidence"))

    def _untrained(self, evidence: Evidence, exercise: str) -> Finding:
        """Where nothing was trained: what the code chooses, against what the model answered."""
        chosen = [loss for loss in losses_chosen(evidence, exercise) if loss in TASTES]
        if not chosen:
            return failed("no training was seen, and no loss of those known was made")
        given = answers_given(evidence, [exercise, *self.trained_in])
        squashed = bool(given) and may_squash(evidence, given[0].answer.type)
        told = fits(chosen[-1], given[0], squashed=squashed) if given else None
        if told is not None:
            where = (given[0].answer.seq,)
            if told:
                return passed(f"{chosen[-1]} takes what the model gives", where=where,
                              strength="challenged")  # fmt: skip
            return failed(f"{chosen[-1]} is given one column", where=where, strength="challenged",
                          expected="a column for each class", actual="one")  # fmt: skip
        return no_evidence("nothing was trained with the loss, so it is not known what it is given")

    @classmethod
    def examples(cls) -> list[Example]:
        """Each loss with what it wants and with what others want."""

        def fed(
            kind: str, origin: str, *shapes: list[int], labels: tuple[float, ...] = ()
        ) -> Evidence:
            names = ("input_shape", "target_shape")
            told = {"kind": kind, "origin": origin, **dict(zip(names, shapes, strict=False))}
            scene = Scene().cell("1")
            if labels:
                scene.tensor([4], [*labels, *labels])
            return scene.cell("3").trains(loss=told).evidence()

        bce, with_logits = "binary_cross_entropy", "binary_cross_entropy_with_logits"
        cases: list[tuple[str, Evidence, Verdict]] = [
            ("BCEWithLogitsLoss of logits", fed(with_logits, "linear"), "passed"),
            ("BCEWithLogitsLoss of a sigmoid", fed(with_logits, "sigmoid"), "partly"),
            ("BCEWithLogitsLoss of a ReLU", fed(with_logits, "relu"), "partly"),
            ("BCELoss of a sigmoid", fed(bce, "sigmoid"), "passed"),
            ("BCELoss of logits", fed(bce, "linear"), "partly"),
            ("BCELoss of a formula by hand", fed(bce, "reciprocal"), "passed"),
            ("CrossEntropyLoss of logits", fed("cross_entropy", "linear", [40, 3]), "passed"),
            ("CrossEntropyLoss of a softmax", fed("cross_entropy", "softmax", [40, 3]), "partly"),
            ("CrossEntropyLoss of one column", fed("cross_entropy", "linear", [40, 1]), "failed"),
            ("CrossEntropyLoss of a formula", fed("cross_entropy", "div"), "no_evidence"),
            ("NLLLoss of logits", fed("nll_loss", "linear"), "partly"),
            ("a loss that is unknown to us", fed("other", "linear"), "no_evidence"),
            (
                "SoftMarginLoss of logits",
                fed("soft_margin_loss", "linear", labels=(-1, 1)),
                "passed",
            ),
            (
                "SoftMarginLoss with labels of 0 and 1",
                fed("soft_margin_loss", "linear", labels=(0, 1)),
                "no_evidence",
            ),
            ("SoftMarginLoss of probabilities", fed("soft_margin_loss", "sigmoid"), "partly"),
            ("MSELoss of anything", fed("mse_loss", "relu"), "passed"),
            (
                "MSELoss of shape [40, 1], with targets of shape [40]",
                fed("mse_loss", "linear", [40, 1], [40]),
                "partly",
            ),
            ("nothing trained", Scene().cell("3").evidence(), "failed"),
        ]

        def chosen(loss: str, *answers: float, model: str = "") -> Evidence:
            made = f"from torch import nn\nloss = nn.{loss}()\n{model}"
            scene = Scene().cell("3", made).ends("finished")
            if answers:
                scene.challenge(0.0, 1.0).answers(*answers)
            return scene.evidence()

        plain = "class Line(nn.Module): ..."
        later = {"trained_in": ["4"]}
        untrained: list[tuple[str, Evidence, Verdict]] = [
            ("BCEWithLogitsLoss, and a model that gives logits",
             chosen("BCEWithLogitsLoss", -0.3, 0.4), "passed"),
            ("BCEWithLogitsLoss, and a model that may give probabilities",
             chosen("BCEWithLogitsLoss", 0.3, 0.4), "no_evidence"),
            ("BCEWithLogitsLoss, and small numbers of a class without a sigmoid",
             chosen("BCEWithLogitsLoss", 0.3, 0.4, model=plain), "passed"),
            ("CrossEntropyLoss, and a model that gives one number",
             chosen("CrossEntropyLoss", -0.3, 0.4), "failed"),
            ("a loss alone", chosen("BCELoss"), "no_evidence"),
            ("a loss for numbers", chosen("L1Loss"), "failed"),
        ]  # fmt: skip
        return [
            *(Example(about, {}, evidence, "3", verdict) for about, evidence, verdict in cases),
            *(Example(about, later, evidence, "3", v) for about, evidence, v in untrained),
        ]


def judge(run: TrainingRun) -> Finding:
    """Whether the loss of one run fits what it was given."""
    loss = run.loss
    if loss is None or (loss.kind not in TASTES and loss.kind not in POINT_BY_POINT):
        return no_evidence("which loss it is could not be told")
    shapes = wrong_shapes(loss)
    if shapes is not None:
        return shapes.model_copy(update={"where": run.where})
    taste = TASTES.get(loss.kind)
    if taste is None:
        return passed(f"{loss.kind} takes any numbers", where=run.where)
    if loss.origin in taste.right or in_range(loss, taste):
        return passed(f"{loss.kind} is given {taste.wants}", where=run.where)
    if loss.origin in taste.wrong:
        return partly(0.5, f"{loss.kind} wants {taste.wants}", expected=taste.wants,
                      actual=IN_WORDS.get(loss.origin, f"what {loss.origin} gives"),
                      where=run.where)  # fmt: skip
    return no_evidence(f"whether {loss.kind} is given {taste.wants} could not be told")


def with_its_labels(finding: Finding, run: TrainingRun, evidence: Evidence) -> Finding:
    """The finding, unless the loss wants labels of -1 and 1, and none were seen."""
    if finding.verdict != "passed" or run.loss is None or run.loss.kind != "soft_margin_loss":
        return finding
    if any(set(t.values or ()) == {-1.0, 1.0} for t in evidence.everywhere(TensorSeen)):
        return finding
    return no_evidence("soft_margin_loss wants labels of -1 and 1, and none were seen")


def in_range(loss: LossSeen, taste: Taste) -> bool:
    """Whether torch has seen to it: `BCELoss` raises at a number that is no probability."""
    known = loss.origin is not None and loss.origin not in taste.wrong
    return loss.kind == "binary_cross_entropy" and known


def wrong_shapes(loss: LossSeen) -> Finding | None:
    """What is wrong with the shapes of a loss's input and target, as far as they are known."""
    given, target = loss.input_shape or [], loss.target_shape or []
    if loss.kind in ("cross_entropy", "nll_loss") and given:
        columns = given[1] if len(given) > 1 else given[0]
        if columns == 1:
            return failed(f"{loss.kind} is given one column, and is 0 whatever the model says",
                          expected="a column for each class", actual=f"shape {given}")  # fmt: skip
    if (
        loss.kind in POINT_BY_POINT
        and len(given) != len(target)
        and prod(given) == prod(target) > 1
    ):
        return partly(0.5, "every prediction is compared with every target",
                      expected="a target of the same shape", actual=f"{given} and {target}"
                      )  # fmt: skip
    return None
