"""A name is used that differs by a slip of the keyboard from one that is there."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from grader.evidence import Evidence
from grader.fault import Example, Fault
from grader.finding import Diagnosis
from grader.innermost import written
from grader.missing_names import misspelt, names_set, undefined_name
from grader.planting import Mutant, Solution
from grader.raised import errors
from grader.scene import Scene

LONG = 4
"""Letters before the two that are swapped."""


class NameMisspelt(Fault):
    """A NameError of a name that no cell sets, and that is spelt much like one that is there."""

    id = "X26"
    title = "a name is written in two ways"
    severity = "F"
    stage = "crash"
    component = "python"
    sure = False
    hints = (
        "Compare the name that the error tells with the names above, letter by letter.",
        "Python takes two spellings for two names; capitals count. One that was never set is not"
        " there.",
        "Write the name the same way in both places.",
    )

    def find(self, evidence: Evidence, exercise: str) -> Iterator[Diagnosis]:
        """NameErrors of names that are nearly there."""
        for raised in errors(evidence, exercise, "NameError"):
            name = undefined_name(raised.end)
            near = misspelt(evidence, raised.end, name) if name else ""
            if near:
                yield self.at(
                    written(evidence, raised), exercise, observed=f"{name!r}, which no cell sets",
                    expected=f"{near!r}, which is there",
                    because=f"{name!r} may be meant for {near!r}",
                )  # fmt: skip

    @classmethod
    def plant(cls, solution: Solution) -> Iterator[Mutant]:
        """Two letters of a name are swapped where a later cell first uses it."""
        for cell, tree in enumerate(solution.trees):
            above = frozenset().union(*(names_set(s) for s in solution.sources[:cell]))
            for node in ast.walk(tree) if tree is not None else ():
                if not (isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)):
                    continue
                start, last, end = node.id[:-2], node.id[-2:-1], node.id[-1:]
                if node.id in above and len(start) >= LONG and last != end:
                    wrong = f"{start}{end}{last}"
                    yield Mutant("letters swapped", (solution.replaced(cell, node, wrong),))
                    break

    @classmethod
    def examples(cls) -> list[Example]:
        """Letters swapped, and what is another name or was never written."""

        def scene(sets: str, uses: str) -> Evidence:
            built = Scene().cell("2", f"{sets} = 1").ends("finished").cell("3", f"{uses} + 1")
            return built.error("NameError", f"name {uses!r} is not defined", {}).evidence()

        return [
            Example("letters swapped", scene("X_train", "X_trian"), "3", True),
            Example("another capital", scene("X_train", "x_train"), "3", True),
            Example("the other part of the data", scene("X_train", "y_train"), "3", False),
            Example("another number", scene("model_1", "model_2"), "3", False),
            Example("many of them", scene("loss", "losses"), "3", False),
        ]
