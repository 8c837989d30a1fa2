"""A method that is meant to be `__init__`, under a name that Python never calls."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from grader.evidence import Evidence
from grader.fault import Example, Fault
from grader.finding import Diagnosis
from grader.model_classes import ModelClass, concerned
from grader.planting import Edit, Mutant, Solution
from grader.raised import errors
from grader.scene import Scene

MEANT = re.compile(r"_{0,3}(?:init|int|inti|intit)_{0,3}")
PATTERN = r"has no attribute|empty parameter list|takes no arguments|positional argument"


class InitMisspelled(Fault):
    """An error about a model without its attributes, whose class has a name like `__init__`."""

    id = "M21"
    title = "`__init__` is misspelled"
    severity = "F"
    stage = "model"
    component = "nn-module"
    folds = ("X21",)
    hints = (
        "Count the underscores around the name of the first method.",
        "Python calls a method with two underscores on each side, when an object is made. Under any"
        " other name it is a method like others, and nobody calls it.",
        "Write two underscores before and two after init.",
    )

    def find(self, evidence: Evidence, exercise: str) -> Iterator[Diagnosis]:
        """Errors about what such a method would have set."""
        kinds = "AttributeError|ValueError|TypeError"
        for raised in errors(evidence, exercise, kinds, PATTERN):
            for model in concerned(evidence, raised):
                for name in misspelled(model):
                    yield self.at(
                        raised.end, exercise,
                        observed=f"{model.name} has a method `{name}` and no `__init__`;"
                        f" {raised.said}",
                        expected="a method `__init__`",
                        because="the method is never called, so the model has no layers",
                    )  # fmt: skip

    @classmethod
    def plant(cls, solution: Solution) -> Iterator[Mutant]:
        """One underscore on each side."""
        for cell, node in solution.nodes(ast.FunctionDef):
            if node.name == "__init__" and "super()" in solution.text(cell, node):
                line = solution.lines(cell)[node.lineno - 1].replace("__init__", "_init_")
                yield Mutant("single underscores", (Edit(cell, node.lineno, node.lineno, line),))

    @classmethod
    def examples(cls) -> list[Example]:
        """Single underscores, and a class that is fine."""
        said = "'M' object has no attribute 'layer'"

        def scene(name: str) -> Evidence:
            start = f"from torch import nn\nclass M(nn.Module):\n    def {name}(self):\n"
            written = Scene().cell("2", f"{start}        self.layer = nn.Linear(1, 1)\nM()(x)")
            return written.error("AttributeError", said, {}).evidence()

        return [
            Example("single underscores", scene("_init_"), "2", True),
            Example("an attribute that is missing", scene("__init__"), "2", False),
        ]


def misspelled(model: ModelClass) -> list[str]:
    """Methods that are meant to be `__init__`, in a class that has none."""
    if "__init__" in model.methods():
        return []
    return [name for name in model.methods() if MEANT.fullmatch(name)]
