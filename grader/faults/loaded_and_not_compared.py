"""The loaded model is not what the first one is compared with."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from grader.evidence import Evidence
from grader.facts import ModelCalled, OpSeen, StateLoaded
from grader.fault import Example, Fault
from grader.finding import Diagnosis
from grader.planting import Mutant, Solution, called
from grader.scene import Scene

COMPARES = ("eq", "allclose", "equal", "isclose")


class LoadedAndNotCompared(Fault):
    """Something is compared with itself, or the loaded model is never called, after a loading."""

    id = "S04"
    title = "the loaded model is not compared"
    severity = "F"
    stage = "result"
    component = "save-load"
    sure = False
    hints = (
        "Which object made the second predictions?",
        "The comparison shows that the file holds the model only if one side of it comes from a new"
        " instance that was filled from the file.",
        "Predict with the loaded instance, and hold these predictions against the first ones.",
    )

    def find(self, evidence: Evidence, exercise: str) -> Iterator[Diagnosis]:
        """A comparison below a loading that says nothing about the loaded model."""
        loads = evidence.of(exercise, StateLoaded)
        if not loads:
            return
        first = loads[0].seq
        calls = [c for c in evidence.of(exercise, ModelCalled) if c.cell >= loads[0].cell]
        loaded = {load.model for load in loads}
        unused = bool(calls) and not any(c.model in loaded for c in calls)
        for op in evidence.of(exercise, OpSeen):
            if op.seq < first or op.op not in COMPARES or op.error is not None:
                continue
            itself = len(op.inputs) > 1 and op.inputs[0] == op.inputs[1]
            if not (itself or unused):
                continue
            yield self.at(
                op, exercise,
                observed="a tensor compared with itself" if itself
                else "a comparison, and no call of the loaded model",
                expected="predictions of the first model beside those of the loaded one",
                because="the comparison comes out well whatever the file holds",
            )  # fmt: skip
            return

    @classmethod
    def plant(cls, solution: Solution) -> Iterator[Mutant]:
        """The first model predicts again, or one side of the comparison stands on both."""
        loaded = {
            solution.text(cell, call.func.value): cell
            for cell, call in solution.calls("load_state_dict")
            if isinstance(call.func, ast.Attribute)
        }
        makers = [
            ast.unparse(call.args[0].func).removesuffix(".parameters")
            for _, call in solution.calls("SGD", "Adam", "AdamW")
            if call.args and isinstance(call.args[0], ast.Call)
        ]
        for cell, call in solution.nodes(ast.Call):
            if isinstance(call.func, ast.Name) and call.func.id in loaded and makers:
                old = makers[0]
                yield Mutant("the first model again", (solution.replaced(cell, call.func, old),))
            if called(call) == "allclose" and len(call.args) == 2:
                both = ", ".join([solution.text(cell, call.args[1])] * 2)
                text = f"{solution.text(cell, call.func)}({both})"
                yield Mutant("with itself", (solution.replaced(cell, call, text),))

    @classmethod
    def examples(cls) -> list[Example]:
        """With itself, of the first model twice, of both models, and without a loading."""

        def compared(model: str, *, itself: bool = False, loads: bool = True) -> Evidence:
            scene = Scene().cell("5")
            if loads:
                scene.loads().takes_over("m2")
            one, two = scene.tensor([20, 1], [0.5] * 20), scene.tensor([20, 1], [0.5] * 20)
            scene.calls(model, eval_quiet=1).op("allclose", [two if itself else one, two], [True])
            return scene.evidence()

        return [
            Example("with itself", compared("m2", itself=True), "5", True),
            Example("the first model twice", compared("m1"), "5", True),
            Example("both models", compared("m2"), "5", False),
            Example("nothing was loaded", compared("m1", loads=False), "5", False),
        ]
