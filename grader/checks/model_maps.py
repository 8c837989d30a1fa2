"""What a model makes of inputs: how many outputs, and whether they lie on a line or plane."""

from __future__ import annotations

from typing import Annotated

from pydantic import ConfigDict, Field, JsonValue, model_validator

from grader.asked import Given, best_answer, numbers_of
from grader.check import Check, Example
from grader.checks.model_made import instances
from grader.evidence import Evidence
from grader.facts import Answered, Challenged, ModelSeen
from grader.finding import Finding, failed, no_evidence, partly, passed
from grader.scene import Scene

EXACT, CLEAR = 1e-4, 1e-3
"""Largest distance from the nearest line or plane, in parts of the largest output: below the first
it lies on it, above the second it does not."""

SOMETHING: list[JsonValue] = [
    {"required": ["straight"]},
    {"required": ["outputs"], "properties": {"outputs": {"minItems": 1}}},
]


class ModelMaps(Check):
    """A model gives as many numbers for a point as asked for, on a line or plane or off it.

    It reads the answers to a challenge. `straight = true` asks for outputs that are a weighted sum
    of the inputs plus a bias, whatever the weights; `false` asks for any that are not.
    """

    model_config = ConfigDict(json_schema_extra={"anyOf": SOMETHING})

    kind = "model_maps"
    reads_operations = False

    challenge: str = Field(description="id of a challenge of this exercise")
    straight: bool | None = Field(
        None, description="whether its outputs lie on a line or plane; either if left out"
    )
    outputs: list[Annotated[int, Field(ge=1)]] = Field(
        [], description="how many numbers it may give for a point; any number if left out"
    )

    @model_validator(mode="after")
    def _asks_something(self) -> ModelMaps:
        if self.straight is None and not self.outputs:
            raise ValueError("one of straight and outputs is needed")
        return self

    def challenges(self) -> list[str]:
        """The one."""
        return [self.challenge]

    def look(self, evidence: Evidence, exercise: str) -> Finding:
        """The model that lacks least; of a class alone, an instance that comes later."""
        found = best_answer(evidence, exercise, self.challenge, self._judge)
        if found.verdict != "failed" or evidence.of(exercise, ModelSeen):
            return found
        models = {m.handle for m in instances(evidence, exercise)}
        given = [g for a in evidence.everywhere(Answered) if a.model in models
                 for g in asked_elsewhere(evidence, a)]  # fmt: skip
        judged = [self._judge(g).model_copy(update={"strength": "challenged"}) for g in given]
        if judged:
            return max(judged, key=lambda f: (f.share, f.verdict == "no_evidence"))
        return no_evidence("its class has no instance yet that could be asked") if models else found

    def _judge(self, given: Given) -> Finding:
        where = (given.answer.seq,)
        missing = []
        width = len(given.rows[0])
        if self.outputs and width not in self.outputs:
            wanted = " or ".join(map(str, self.outputs))
            missing.append((f"{wanted} for a point", f"{width} for a point"))
        if self.straight is not None:
            bent = bends(given)
            if bent is None:
                return no_evidence("whether a model's outputs are straight could not be told")
            if bent == self.straight:
                missing.append((told(bent=not bent), told(bent=bent)))
        if not missing:
            said = "" if self.straight is None else f", {told(bent=not self.straight)}"
            return passed(f"{given.who} gives {width} for a point{said}", where=where)
        because = f"{given.who} gives other outputs than asked for"
        expected, actual = (", ".join(texts) for texts in zip(*missing, strict=True))
        if len(missing) < bool(self.outputs) + (self.straight is not None):
            return partly(0.5, because, where=where, expected=expected, actual=actual)
        return failed(because, where=where, expected=expected, actual=actual)

    @classmethod
    def examples(cls) -> list[Example]:
        """Straight and bent models, models of two outputs, and none."""
        points = (0.0, 1.0, 2.0, 3.5)

        def story(*outputs: float, **told: object) -> Evidence:
            return Scene().cell("2").challenge(*points).answers(*outputs, **told).evidence()

        straight, bent = story(0.9, 1.2, 1.5, 1.95), story(0.0, 1.0, 4.0, 12.25)
        two = story(0.9, 0.0, 1.2, 1.0, 1.5, 2.0, 1.95, 3.5, shape=[4, 2])
        late = Scene().cell("2").challenge(*points, problem="the answers did not arrive")
        other = Scene().cell("2").challenge(*points)
        other.answers(ended="raised", error="RuntimeError: shapes", values=None, shape=[])
        ends = Scene().cell("2").challenge(*points)
        ends.answers(ended="died", values=None, shape=[])
        class_ = Scene().cell("2", "class Line(nn.Module):\n    ...").challenge(*points).cell("3")
        class_.model().challenge(*points).answers(0.9, 1.2, 1.5, 1.95)
        is_line = {"challenge": "c", "straight": True, "outputs": [1]}
        is_bent = {"challenge": "c", "straight": False}
        return [
            Example("a model that is a line", is_line, straight, "2", "passed"),
            Example("a parabola", is_line, bent, "2", "partly"),
            Example("a line with two outputs", is_line, two, "2", "partly"),
            Example("a parabola where that is asked for", is_bent, bent, "2", "passed"),
            Example("a line where more is asked for", is_bent, straight, "2", "failed"),
            Example("a model of other inputs", is_line, other.evidence(), "2", "no_evidence"),
            Example("answers that were lost", is_line, late.evidence(), "2", "no_evidence"),
            Example("a model that ends its process", is_line, ends.evidence(), "2", "failed"),
            Example("a class of which a later exercise makes an instance", is_line,
                    class_.evidence(), "2", "passed"),
            Example("no model", is_line, Scene().cell("2").challenge(*points).evidence(), "2",
                    "failed"),
        ]  # fmt: skip


def asked_elsewhere(evidence: Evidence, answer: Answered) -> list[Given]:
    """An answer of another exercise with what it was asked, if it gave numbers."""
    inputs = [c.inputs for c in evidence.everywhere(Challenged)
              if (c.challenge, c.cell) == (answer.challenge, answer.cell)]  # fmt: skip
    given = numbers_of(answer, inputs[-1]) if inputs else None
    return [given] if given is not None else []


def told(*, bent: bool) -> str:
    """What outputs are of the inputs."""
    return "outputs that are no weighted sum" if bent else "outputs that are a weighted sum"


def bends(given: Given) -> bool | None:
    """Whether outputs lie off the nearest line or plane; None where it cannot be told.

    It cannot with too few points, with outputs that are no numbers, or where the distance is so
    small that rounding may have made it.
    """
    import numpy as np

    inputs, outputs = np.array(given.inputs.rows()), np.array(given.rows)
    if len(inputs) < inputs.shape[1] + 2 or not np.isfinite(outputs).all():
        return None
    ones = np.ones((len(inputs), 1))
    sides = np.hstack([inputs, ones])
    nearest, *_ = np.linalg.lstsq(sides, outputs, rcond=None)
    largest = np.abs(outputs).max()
    off = float(np.abs(outputs - sides @ nearest).max() / largest) if largest else 0.0
    return None if EXACT < off < CLEAR else off >= CLEAR
