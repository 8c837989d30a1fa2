"""A cell uses a name that a run from the top does not define."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from grader.evidence import Evidence
from grader.fault import Example, Fault
from grader.finding import Diagnosis
from grader.missing_names import misspelt, names_set, undefined_name, why_undefined
from grader.obstacles import lost_names
from grader.planting import Mutant, Solution
from grader.scene import Scene

CAUSED = "did not set"
"""What is said of a name that an earlier error kept from being set: that error is the cause."""


class RunsOnlyInYourSession(Fault):
    """A NameError, unless an earlier cell or something this machine lacks explains it."""

    id = "N01"
    title = "the notebook does not run from top to bottom"
    severity = "F"
    stage = "crash"
    component = "notebook-hygiene"
    hints = (
        "Restart the kernel and run all cells. Which one fails first?",
        "A kernel remembers names from cells that were run in another order, changed or deleted. A"
        " fresh one knows what stands above.",
        "Move the cell that sets the name above its first use. Where no cell sets it any more,"
        " write that line again: what is done with it below tells what it has to be.",
    )

    def find(self, evidence: Evidence, exercise: str) -> Iterator[Diagnosis]:
        """NameErrors whose cause is on the page, and is no slip of the keyboard."""
        lost = evidence.once(lost_names)
        for end in evidence.endings(exercise):
            name = undefined_name(end)
            why = why_undefined(evidence, end, name) if name and name not in lost else ""
            if why and CAUSED not in why and not misspelt(evidence, end, name):
                yield self.at(
                    end, exercise, observed=f"{end.ename}: {end.evalue}",
                    expected=f"a line above this one that sets {name!r}", because=why,
                )  # fmt: skip

    @classmethod
    def plant(cls, solution: Solution) -> Iterator[Mutant]:
        """A line goes that sets a name for later cells, or that imports it."""
        trees = solution.trees
        for cell, tree in enumerate(trees):
            for node in tree.body if tree is not None else ():
                if not isinstance(node, ast.Assign | ast.ImportFrom | ast.FunctionDef):
                    continue
                sets = names_set(ast.unparse(node))
                later = {
                    n.id for t in trees[cell + 1 :] if t is not None for n in ast.walk(t)
                    if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)
                }  # fmt: skip
                again = {n for s in solution.sources[:cell] for n in names_set(s)}
                if len(sets) == 1 and sets & later - again and solution.exercises[cell]:
                    yield Mutant("a line deleted", (solution.without(cell, node),))

    @classmethod
    def examples(cls) -> list[Example]:
        """A name that no cell sets, one that a failed cell would have set, and a lost module."""
        said = "name 'model' is not defined"

        def scene(*before: str) -> Scene:
            built = Scene().cell("2", before[0] if before else "pass")
            if before:
                built.ends("raised", *before[1:])
            return built.cell("3", "model(X)")

        alone = scene().ends("raised", "NameError", said)
        after = scene("model = Line()", "TypeError", "no").ends("raised", "NameError", said)
        module = scene(
            "import nowhere as model", "ModuleNotFoundError", "No module named 'nowhere'"
        )
        module.ends("raised", "NameError", said)
        return [
            Example("no cell sets it", alone.evidence(), "3", True),
            Example("an earlier error kept it from being set", after.evidence(), "3", False),
            Example("a module is not installed", module.evidence(), "3", False),
        ]
