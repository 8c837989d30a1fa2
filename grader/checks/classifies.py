"""How many points of a challenge a model puts into their class."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from pydantic import Field, model_validator

from grader.asked import Given, best_answer
from grader.challenge import Challenge
from grader.check import Check, Example
from grader.checks.loss_fits import LossFits
from grader.checks.training_works import TrainingWorks
from grader.class_readings import gives_logits, readings, right
from grader.curves import CurveVerdict, judge_curve
from grader.evidence import Evidence
from grader.facts import Answered, Challenged, ModelCalled
from grader.fed import inputs, is_standardised
from grader.finding import Finding, failed, no_evidence, partly, passed
from grader.own_data import best_possible
from grader.recipes import Moons, Own, Recipe, Spirals
from grader.scene import Scene
from grader.starts import each_start, within_reach
from grader.training_runs import TrainingRun, runs_of

PICKED = 0.05
"""How far all points may fall behind those that were tested on, before that is odd."""
SLACK = 0.01
"""By so much the best possible accuracy has to be above what is asked for."""


class Classifies(Check):
    """A model puts enough points of a challenge into their class.

    It reads the answers to a challenge of `moons` or `spirals`; which class each point has is not
    known to the notebook. One number for a point is a logit, or a probability where all lie between
    0 and 1, or where a loss such as `MSELoss` draws it to 0 and 1; several are one for each class,
    of which the largest counts; whole numbers may be the classes themselves. The reading with most
    points right counts, and so does the best of several models. Classes in another order are not
    the same. With `own`, the test part of the notebook's own data decides, scaled as it was, where
    points as noisy as those can be told well enough.
    """

    kind = "classifies"
    reads_operations = False

    challenge: str = Field(description="id of a challenge of this exercise")
    own: str | None = Field(
        None,
        description="id of a challenge of this exercise whose inputs are the notebook's own data:"
        " where that was recognised, and is not too noisy, its test part decides",
    )
    at_least: float = Field(gt=0, le=1, description="the share of points that must be right")
    half_from: float | None = Field(
        None, gt=0, le=1, description="the share from which half is earned; nothing if left out"
    )

    bad_luck: bool = Field(
        False,
        description="whether the best of further runs counts where the first falls short; one that"
        " stays at guessing, though its training did all it must, goes to a person, and so does one"
        " whose runs lie so far apart that another might do it",
    )

    @model_validator(mode="after")
    def _in_order(self) -> Classifies:
        if self.half_from is not None and self.half_from >= self.at_least:
            raise ValueError("half_from must be below at_least")
        return self

    def challenges(self) -> list[str]:
        """The one or two."""
        return [self.challenge, *([self.own] if self.own else [])]

    def hangs_on_luck(self) -> list[str]:
        """All of them, where a bad start is to be forgiven."""
        return self.challenges() if self.bad_luck else []

    def misfit(self, challenge: Challenge) -> str:
        """Points without classes cannot be put into them."""
        own = isinstance(challenge.inputs, Own)
        if own != (challenge.id == self.own):
            return f"its inputs are {'' if own else 'not '}the notebook's own data"
        return super().misfit(challenge) or (
            "" if challenge.inputs.classes() else "its inputs have no classes"
        )

    def look(self, evidence: Evidence, exercise: str) -> Finding:
        """The model with most points right."""
        judge = partial(self._judge, evidence)
        found = best_answer(evidence, exercise, self.challenge, judge)
        measured = self._of_its_own(evidence, exercise)
        if measured is not None and (measured.verdict, found.verdict) != ("no_evidence", "passed"):
            found = measured
        elif found.verdict in ("failed", "partly") and self._on_another_scale(evidence, found):
            return no_evidence(f"{found.because}, as the recipe makes them, but the model was"
                               " trained on scaled ones", expected=found.expected,
                               actual=found.actual)  # fmt: skip
        if found.verdict == "failed" and self.bad_luck and stuck(evidence, exercise):
            return no_evidence(f"{found.because}, though its training did all it must: the loss"
                               " stayed where guessing puts it", expected=found.expected,
                               actual=found.actual)  # fmt: skip
        if found.verdict in ("failed", "partly") and self._in_reach(evidence, exercise):
            return no_evidence(f"{found.because}, and runs from other seeds lie so far apart that"
                               " one may reach more", expected=found.expected,
                               actual=found.actual)  # fmt: skip
        return found

    def _of_its_own(self, evidence: Evidence, exercise: str) -> Finding | None:
        """What the notebook's own test points say, where they are known and tell enough."""
        asked = [c for c in evidence.of(exercise, Challenged) if c.challenge == self.own]
        own = asked[-1].inputs if asked else None
        if not isinstance(own, Own) or own.found is None or self.own is None:
            return None
        found = best_answer(evidence, exercise, self.own, partial(self._judge, evidence))
        answered = found.where and found.strength == "challenged"
        enough = (
            found.verdict in ("passed", "no_evidence")
            or best_possible(own) >= self.at_least + SLACK
        )
        return found if answered and enough else None

    def _on_another_scale(self, evidence: Evidence, found: Finding) -> bool:
        """Whether the model that answered was trained on points that had been scaled."""
        models = {a.model for a in evidence.everywhere(Answered) if a.seq in found.where}
        calls = [c for c in evidence.everywhere(ModelCalled) if c.model in models]
        fed = [t for c in calls for t in inputs(evidence, c, trained=True) if len(t.shape) == 2]
        return any(is_standardised(t) for t in fed)

    def _judge(self, evidence: Evidence, given: Given) -> Finding:
        classes = given.inputs.classes() or []
        logits = gives_logits(evidence, given.answer.model)
        found = list(readings(given.rows, classes, only_logits=logits))
        which = counted(given)
        shares = [(right([read[i] for i in which], [classes[i] for i in which]), how)
                  for how, read in found]  # fmt: skip
        share, how = max(shares, key=lambda s: s[0], default=(None, ""))
        where = (given.answer.seq,)
        if share is None:
            return failed(f"{given.who} gives no classes", expected="a number for each class",
                          actual=f"{len(given.rows[0])} for a point", where=where)  # fmt: skip
        said = f"{given.who} puts {share:.1%} of {named(given)} into their class{how}"
        if share >= self.at_least:
            every = max(right(read, classes) for _, read in found)
            if every < self.at_least - PICKED:
                why = f"{said}, and far fewer of the others: those may have been picked"
                return no_evidence(why, strength="challenged").model_copy(update={"where": where})
            return passed(said, where=where)
        more = {"expected": f"{self.at_least:.0%} or more", "actual": f"{share:.1%}"}
        if self.half_from is not None and share >= self.half_from:
            return partly(0.5, said, where=where, **more)
        return failed(said, where=where, **more)

    def _in_reach(self, evidence: Evidence, exercise: str) -> bool:
        """Whether a run from another seed might do what none of several did."""
        if not self.bad_luck:
            return False
        runs = each_start(evidence, self.challenge)
        return within_reach([self._reached(run, exercise) for run in runs], self.at_least)

    def _reached(self, evidence: Evidence, exercise: str) -> float:
        """The highest share that it would pass by, to a thousandth."""
        low, high = 0, 1000
        while low < high:
            middle = (low + high + 1) // 2
            asked = {"at_least": middle / 1000, "half_from": None, "bad_luck": False}
            easier = self.model_copy(update=asked)
            if easier.look(evidence, exercise).verdict == "passed":
                low = middle
            else:
                high = middle - 1
        return low / 1000

    @classmethod
    def examples(cls) -> list[Example]:
        """Logits, probabilities, scores of each class, and classes the wrong way round."""
        moons, spirals = Moons(n=40, noise=0.1, seed=0), Spirals(n=10, noise=0.2, seed=0)
        truth = moons.classes()

        def story(values: list[float], inputs: Recipe = moons, width: int = 1) -> Evidence:
            scene = Scene().cell("5").challenge(inputs=inputs)
            shape = [len(values) // width, width]
            return scene.answers(*values, shape=shape).evidence()

        logits = [3.0 if c else -2.0 for c in truth]
        some = [-v if i % 5 == 0 else v for i, v in enumerate(logits)]
        scores = [float(c == k) for c in spirals.classes() for k in range(3)]
        fields = {"challenge": "c", "at_least": 0.96}
        half = {**fields, "half_from": 0.75}
        wrong = [-v for v in logits]
        near = [1.1 if c else 0.2 for c in truth]

        def drawn(loss: str) -> Scene:
            scene = Scene().cell("5").trains(loss={"kind": loss, "origin": "linear"})
            return scene.challenge(inputs=moons).answers(*near, shape=[40, 1])

        made = Own(of=moons, found=0.02, test=[*range(20, 40)])

        def of_its_own(*right: bool, new: list[float] = logits) -> Evidence:
            values = [v if right[int(i >= 20)] else -v for i, v in enumerate(logits)]
            scene = Scene().cell("5").challenge(inputs=moons).answers(*new, shape=[40, 1])
            scene.challenge(challenge="own", inputs=made)
            return scene.answers(*values, challenge="own", shape=[40, 1]).evidence()

        bare = Scene().cell("5").challenge(inputs=moons)
        lucky = {**fields, "bad_luck": True}
        bce = {"kind": "binary_cross_entropy_with_logits", "origin": "linear"}
        flat = Scene().cell("5").trains(losses=[0.695, 0.693, 0.694, 0.693], loss=bce)
        flat.challenge(inputs=moons).answers(*[0.1] * 40, shape=[40, 1])
        scaled = Scene().cell("5").trains()
        line = [(i - 19.5) / 11.54 for i in range(40)]
        scaled.calls("m1", (scaled.tensor([20, 2], line),), train_grad=300)
        scaled.challenge(inputs=moons).answers(*some, shape=[40, 1])
        return [
            Example("logits of the right sign", fields, story(logits), "5", "passed"),
            Example("probabilities", fields, story([0.9 if c else 0.2 for c in truth]), "5",
                    "passed"),
            Example("numbers that a squared error drew to 0 and 1", fields,
                    drawn("mse_loss").evidence(), "5", "passed"),
            Example("the same numbers as logits", fields,
                    drawn("binary_cross_entropy_with_logits").evidence(), "5", "failed"),
            Example("scores of three classes", fields, story(scores, spirals, 3), "5", "passed"),
            Example("four of five right, where that earns half", half, story(some), "5", "partly"),
            Example("four of five right", fields, story(some), "5", "failed"),
            Example("the classes the wrong way round", half, story(wrong), "5", "failed"),
            Example("one number where there are three classes", fields,
                    story([0.5] * 30, spirals), "5", "failed"),
            Example("a correct training that got stuck at guessing", lucky, flat.evidence(), "5",
                    "no_evidence"),
            Example("guesses of a model that was not trained", lucky, story([0.1] * 40), "5",
                    "failed"),
            Example("a model that was trained on scaled points", fields, scaled.evidence(), "5",
                    "no_evidence"),
            Example("its own test points right", fields | {"own": "own"}, of_its_own(True, True),
                    "5", "passed"),
            Example("its own test points right, and others wrong", fields | {"own": "own"},
                    of_its_own(False, True, new=some), "5", "no_evidence"),
            Example("its own test points wrong, and others right", fields | {"own": "own"},
                    of_its_own(True, False), "5", "failed"),
            Example("no model", fields, bare.evidence(), "5", "failed"),
        ]  # fmt: skip


def counted(given: Given) -> Sequence[int]:
    """The points that count: of the notebook's own data those for testing, where they are known.

    A second run may have split it otherwise; there all of them do.
    """
    inputs = given.inputs
    test = inputs.test if isinstance(inputs, Own) and not given.answer.again else []
    return test or range(len(given.rows))


def named(given: Given) -> str:
    """What the points that count are called."""
    if not isinstance(given.inputs, Own):
        return "new points"
    return f"the notebook's own {'test ' if len(counted(given)) < len(given.rows) else ''}points"


def stuck(evidence: Evidence, exercise: str) -> bool:
    """Whether a training that did all it must left the loss where guessing puts it."""
    if {c.look(evidence, exercise).verdict for c in (TrainingWorks(), LossFits())} != {"passed"}:
        return False
    runs = [r for r in runs_of(evidence, exercise) if r.losses]
    return bool(runs) and all(curve_of(run) == "chance" for run in runs)


def curve_of(run: TrainingRun) -> CurveVerdict:
    """What the losses of a classifier do; a binary loss is told by its kind."""
    loss = run.loss
    columns = loss.input_shape[1] if loss and loss.input_shape and len(loss.input_shape) > 1 else 1
    return judge_curve(run.losses, classes=max(2, columns)).verdict
