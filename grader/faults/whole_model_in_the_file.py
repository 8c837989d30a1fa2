"""A whole model was saved, and `torch.load` refuses to unpack it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from grader.evidence import Evidence
from grader.facts import Saved
from grader.fault import Example, Fault
from grader.finding import Diagnosis
from grader.planting import Mutant, Solution, called
from grader.raised import errors
from grader.scene import Scene

WHICH = re.compile(r"GLOBAL ([\w.]+) was not an allowed global")


class WholeModelInTheFile(Fault):
    """The error of torch.load for it."""

    id = "S03"
    title = "the file holds a whole model, not its state_dict"
    severity = "F"
    stage = "crash"
    component = "save-load"
    hints = (
        "What was handed to torch.save: the model, or its state_dict?",
        "torch.load unpacks tensors and plain containers. A whole model is a Python object of a"
        " class, which could bring any code with it.",
        "Save the model's state_dict, and load it into a new instance.",
    )

    def find(self, evidence: Evidence, exercise: str) -> Iterator[Diagnosis]:
        """Errors of this kind, with the class that was in the way."""
        for raised in errors(evidence, exercise, r"(?:\w+\.)?UnpicklingError", "Weights only load"):
            found = WHICH.search(raised.end.evalue or "")
            saved = [s for s in evidence.everywhere(Saved) if s.cell <= raised.end.cell]
            what = f"the file holds {found[1]}" if found else "the file holds more than tensors"
            whole = (
                " (torch.save was given a model)" if saved and saved[-1].holds == "model" else ""
            )
            yield self.at(
                raised.end, exercise, observed=f"{what}{whole}", expected="a state_dict",
                because="since torch 2.6 torch.load takes files of tensors only, for safety",
            )  # fmt: skip

    @classmethod
    def plant(cls, solution: Solution) -> Iterator[Mutant]:
        """The model itself is saved."""
        for cell, call in solution.calls("save"):
            inner = call.args[0] if call.args else None
            if isinstance(inner, ast.Call) and called(inner) == "state_dict":
                model = solution.text(cell, inner.func).removesuffix(".state_dict")
                yield Mutant("the whole model", (solution.replaced(cell, inner, model),))

    @classmethod
    def examples(cls) -> list[Example]:
        """A whole model, and a file that is not there."""
        said = "Weights only load failed. Unsupported global: GLOBAL Line was not an allowed global"
        whole = Scene().cell("5").saves(holds="model").error("UnpicklingError", said, {})
        absent = Scene().cell("5").error("FileNotFoundError", "No such file: 'm.pth'", {})
        return [
            Example("a whole model", whole.evidence(), "5", True),
            Example("a file that is not there", absent.evidence(), "5", False),
        ]
