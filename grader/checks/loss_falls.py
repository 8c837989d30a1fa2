"""The loss of a training goes down, judged by the ends of its curve and not step by step."""

from __future__ import annotations

from pydantic import Field

from grader.check import Check, Example
from grader.curves import GOES_DOWN, CurveVerdict, judge_curve
from grader.evidence import Evidence
from grader.finding import Finding, failed, no_evidence, passed
from grader.scene import Scene
from grader.training_runs import TrainingRun, first_loss, runs_of, unseen

TOLD: dict[CurveVerdict, str] = {
    "nan": "the loss became nan or infinite",
    "exploded": "the loss exploded",
    "diverging": "the loss grows",
    "increasing": "the loss rises",
    "chance": "the loss stays where guessing would put it",
    "mean_only": "the model does no better than predicting the mean",
    "noisy": "the loss goes up and down without getting lower",
    "flat": "the loss stays where it was",
}
ORDER = ("passed", "no_evidence", "failed")
BROKEN: tuple[CurveVerdict, ...] = ("nan", "exploded", "diverging")


class LossFalls(Check):
    """The loss of a training goes down, judged by the ends of its curve and not step by step.

    One training of the exercise whose loss goes down is enough. A correct loop can fail to learn:
    stuck at chance, on data it cannot fit, resumed after it had converged. So by default only a
    loss that blows up fails, and what cannot be told withholds.
    """

    kind = "loss_falls"
    reads_operations = False

    strict: bool = Field(
        False, description="fail a loss that stays where it is, too; else it counts as met"
    )
    classes: int | None = Field(
        None, ge=2, description="number of classes of a cross-entropy, for the loss of guessing"
    )

    def look(self, evidence: Evidence, exercise: str) -> Finding:
        """The best of the exercise's runs."""
        runs = [r for r in runs_of(evidence, exercise) if r.losses]
        if not runs:
            why = unseen(evidence, exercise)
            return no_evidence(why) if why else failed("no loss was seen in this exercise")
        findings = [self._judge(run, first_loss(evidence, run)) for run in runs]
        return min(findings, key=lambda f: ORDER.index(f.verdict))

    def _judge(self, run: TrainingRun, first: float | None) -> Finding:
        curve = judge_curve(run.losses, classes=self.classes, first_ever=first)
        seen = f"{curve.start:.4g} → {curve.end:.4g}"
        if curve.verdict in GOES_DOWN:
            return passed(f"the loss goes from {seen}", where=run.where)
        if curve.verdict == "too_short":
            return no_evidence("too few losses to tell whether they go down", actual=seen)
        if curve.verdict in BROKEN or self.strict:
            return failed(TOLD[curve.verdict], expected="a loss that goes down", actual=seen,
                          where=run.where)  # fmt: skip
        return passed(f"{TOLD[curve.verdict]} ({seen}), which a correct loop may do",
                      where=run.where)  # fmt: skip

    @classmethod
    def examples(cls) -> list[Example]:
        """Curves that fall, stay, rise and end."""

        def curve(*losses: float, **more: object) -> Evidence:
            return Scene().cell("3").trains(losses=list(losses), **more).evidence()

        falls, stays = (1.0, 0.8, 0.5, 0.4, 0.3), (0.7, 0.7, 0.7, 0.7, 0.7)
        return [
            Example("a loss that falls", {}, curve(*falls), "3", "passed"),
            Example(
                "a loss that falls, where that is asked strictly",
                {"strict": True},
                curve(*falls),
                "3",
                "passed",
            ),
            Example("a loss that stays where it was", {}, curve(*stays), "3", "passed"),
            Example(
                "a loss that stays where it was, where more is asked",
                {"strict": True},
                curve(*stays),
                "3",
                "failed",
            ),
            Example("a loss that grows", {}, curve(1.0, 2.0, 4.0, 8.0), "3", "failed"),
            Example("two losses only", {"strict": True}, curve(1.0, 0.9), "3", "no_evidence"),
            Example("nothing", {}, Scene().cell("3").evidence(), "3", "failed"),
        ]
