"""A model was made: of which class, with which layers, and how many numbers to train."""

from __future__ import annotations

import ast

from pydantic import Field

from grader.check import Check, Example
from grader.evidence import Evidence
from grader.facts import CellRead, ModelSeen, ProbeFailed
from grader.finding import Finding, failed, no_evidence, partly, passed
from grader.notebook import parse_cell
from grader.scene import Scene


class ModelMade(Check):
    """A model was made, or used, that has what is asked for.

    One of several models is enough. A model that lacks one of the things asked for earns half. A
    class that is written in this exercise counts by the instances that later ones make of it.
    """

    kind = "model_made"
    reads_operations = False

    trainable: int | None = Field(
        None, ge=0, description="how many numbers ask for gradients; any if left out"
    )
    own_class: bool = Field(True, description="its class must not be one of torch's own")
    layers: list[str] = Field(
        [], description="classes of layers of which it must hold one, such as ReLU"
    )

    def look(self, evidence: Evidence, exercise: str) -> Finding:
        """The model that lacks least."""
        models = evidence.of(exercise, ModelSeen) or instances(evidence, exercise)
        if not models:
            return self._nothing(evidence, exercise)
        missing, model = min(((self._missing(m), m) for m in models), key=lambda p: len(p[0]))
        where = (model.seq,)
        if not missing:
            return passed(f"a {model.type} with {model.trainable} numbers to train", where=where)
        expected = ", ".join(wanted for wanted, _ in missing)
        actual = ", ".join(seen for _, seen in missing)
        asked = self.own_class + (self.trainable is not None) + bool(self.layers)
        because = "the model is another one than asked for"
        if len(missing) < asked:
            return partly(0.5, because, expected=expected, actual=actual, where=where)
        return failed(because, expected=expected, actual=actual, where=where)

    def _missing(self, model: ModelSeen) -> list[tuple[str, str]]:
        """What is asked for and not there, each with what is there instead."""
        missing = []
        if self.own_class and not model.own:
            missing.append(("a class of your own", f"torch's {model.type}"))
        if self.trainable is not None and model.trainable != self.trainable:
            missing.append((f"{self.trainable} numbers to train", str(model.trainable)))
        kinds = {kind for _, kind in model.layers}
        if self.layers and not kinds & set(self.layers):
            there = ", ".join(sorted(kinds)[:6]) or "no layers"
            missing.append((" or ".join(self.layers), there))
        return missing

    def _nothing(self, evidence: Evidence, exercise: str) -> Finding:
        for blind in evidence.of(exercise, ProbeFailed):
            if blind.probe in ("names", "models", "training", "recorder", "wire"):
                return no_evidence(f"models could not be seen: {blind.problem}")
        return failed("no model was made in this exercise", expected="an instance of a model")

    @classmethod
    def examples(cls) -> list[Example]:
        """Models of both kinds, too large ones, and none."""

        def made(kind: str = "Line", *, own: bool = True, trainable: int = 2) -> Evidence:
            scene = Scene().cell("2")
            return scene.model(type=kind, own=own, trainable=trainable).evidence()

        two = {"trainable": 2}
        later = Scene().cell("2", "class Line(nn.Module):\n    ...").cell("3")
        given = made("Sequential", own=False)
        return [
            Example("a model of one's own", two, made(), "2", "passed"),
            Example("a model of torch's", two, given, "2", "partly"),
            Example("any model", {"own_class": False}, given, "2", "passed"),
            Example("three numbers", two, made(trainable=3), "2", "partly"),
            Example("a layer asked for", {"layers": ["ReLU"]}, made(), "2", "partly"),
            Example(
                "nothing of it", two, made("Sequential", own=False, trainable=3), "2", "failed"
            ),
            Example(
                "a class of which a later exercise makes an instance",
                two,
                later.model(type="Line", own=True, trainable=2).evidence(),
                "2",
                "passed",
            ),
            Example("nothing", two, Scene().cell("2").evidence(), "2", "failed"),
        ]


def instances(evidence: Evidence, exercise: str) -> list[ModelSeen]:
    """Models anywhere of the classes that an exercise's cells define."""
    trees = [parse_cell(c.source) for c in evidence.of(exercise, CellRead)]
    classes = {n.name for t in trees if t for n in ast.walk(t) if isinstance(n, ast.ClassDef)}
    return [m for m in evidence.everywhere(ModelSeen) if m.own and m.type in classes]
