"""A state is loaded into a model that is built otherwise."""

from __future__ import annotations

import re
from collections.abc import Iterator

from grader.evidence import Evidence
from grader.fault import Example, Fault
from grader.finding import Diagnosis
from grader.planting import Mutant, Solution
from grader.raised import errors
from grader.scene import Scene

MISSING = re.compile(r"Missing key\(s\) in state_dict: (.*?)\.(?:\s|$)", re.DOTALL)
EXTRA = re.compile(r"Unexpected key\(s\) in state_dict: (.*?)\.(?:\s|$)", re.DOTALL)
SIZES = re.compile(
    r"size mismatch for ([\w.]+): copying a param with shape torch\.Size\((\[[\d, ]*\])\)"
    r" from checkpoint, the shape in current model is torch\.Size\((\[[\d, ]*\])\)"
)


class LoadedWeightsDoNotFit(Fault):
    """The error of torch for it, with the first names or shapes that differ."""

    id = "S02"
    title = "the loaded weights do not fit the model"
    severity = "F"
    stage = "crash"
    component = "save-load"
    hints = (
        "Compare the class and its arguments with those of the model that was saved.",
        "A state_dict holds tensors by name. The new model must have the same names with the same"
        " shapes.",
        "Make the new instance from the same class with the same arguments, and load the file that"
        " belongs to it.",
    )

    def find(self, evidence: Evidence, exercise: str) -> Iterator[Diagnosis]:
        """Errors of this kind."""
        pattern = r"Error\(s\) in loading state_dict for"
        for raised in errors(evidence, exercise, "RuntimeError", pattern):
            text = raised.end.evalue or ""
            missing, extra, sizes = (p.search(text) for p in (MISSING, EXTRA, SIZES))
            told = []
            if sizes:
                told.append(f"{sizes[1]} is {sizes[2]} in the file and {sizes[3]} in the model")
            if missing:
                told.append(f"the file lacks {missing[1].strip()}")
            if extra:
                told.append(f"the model lacks {extra[1].strip()}")
            yield self.at(
                raised.end, exercise, observed="; ".join(told) or raised.said,
                expected="the same names and shapes in file and model",
                because="each tensor of the file is copied to the parameter of its name",
            )  # fmt: skip

    @classmethod
    def plant(cls, solution: Solution) -> Iterator[Mutant]:
        """The model that loads is wrapped, or has other sizes."""
        for cell, call in solution.calls("load_state_dict"):
            statement = solution.statement(cell, call)
            for other, what in (
                ("torch.nn.Sequential(torch.nn.Linear(1, 1))", "other names"),
                ("torch.nn.Linear(2, 1)", "other shapes"),
            ):
                name = solution.text(cell, call.func).removesuffix(".load_state_dict")
                if statement is not None:
                    anew = f"{name} = {other}"
                    yield Mutant(what, (solution.before(cell, statement, anew),))

    @classmethod
    def examples(cls) -> list[Example]:
        """Names that are missing, and a path in place of a dictionary."""
        start = "Error(s) in loading state_dict for Linear:\n\t"
        names = f'{start}Missing key(s) in state_dict: "weight", "bias". \n\t'

        def scene(name: str, said: str) -> Evidence:
            return Scene().cell("5").error(name, said, {}).evidence()

        return [
            Example("names that are missing", scene("RuntimeError", names), "5", True),
            Example(
                "a path", scene("TypeError", "Expected state_dict to be dict-like"), "5", False
            ),
        ]
