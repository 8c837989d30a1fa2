"""The training's loss is gone when it is printed: the test has taken its name."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from grader.cell_code import page_of
from grader.evidence import Evidence
from grader.fault import Example, Fault, possible
from grader.finding import Diagnosis
from grader.loop_edits import passes, tested
from grader.planting import Mutant, Solution, called
from grader.progress_lines import Loop, printed_names, training_loops
from grader.scene import Scene
from grader.training_code import is_loss


class TrainingLossOverwritten(Fault):
    """The name that backward() was called on is set to another loss before it is printed.

    Certain where two numbers of each line are the same; else the source alone says it.
    """

    id = "B02"
    title = "the training loss is overwritten by the test loss"
    severity = "F"
    stage = "metrics"
    component = "metrics"
    hints = (
        "How many times does one pass of the loop set the name of the loss?",
        "A second assignment replaces the first. What is printed after it is the loss of the test.",
        "Give the loss of the training and the loss of the test names of their own.",
    )

    def find(self, evidence: Evidence, exercise: str) -> Iterator[Diagnosis]:
        """Loops in which that is written."""
        page = evidence.once(page_of)
        for loop in training_loops(evidence, exercise):
            for name, back in went_backward(loop.node):
                again = [
                    a.lineno for a in ast.walk(loop.node)
                    if isinstance(a, ast.Assign) and ast.unparse(a.targets[0]) == name
                    and a.lineno > back and isinstance(a.value, ast.Call)
                    and is_loss(page, a.value.func)
                ]  # fmt: skip
                shown = [
                    call for call, printed in printed_names(loop.node)
                    if again and printed.id == name and call.lineno > again[0]
                ]  # fmt: skip
                if not shown:
                    continue
                found = self.at(
                    loop.code.read, exercise, line=loop.code.line(shown[0]),
                    observed=f"{name} is set to a second loss after backward()"
                    + (", and each line shows one number twice" if twice(loop) else ""),
                    expected="a name for each of the two losses",
                    because="what is printed as the loss of the training is that of the test",
                )  # fmt: skip
                yield found if twice(loop) else possible(found)
                break

    @classmethod
    def plant(cls, solution: Solution) -> Iterator[Mutant]:
        """The test's loss gets the name of the training's."""
        for each in passes(solution):
            test = tested(solution, each)
            if test is None or each.loop is None:
                continue
            old, new = ast.unparse(test[0].targets[0]), ast.unparse(each.loss.targets[0])
            pieces: list[tuple[ast.expr, str]] = [(test[0].targets[0], new)]
            edits = [solution.rewritten(each.cell, pieces)]
            lines = (edits[0].text or "").replace(f"{{{old}:", f"{{{new}:")
            yield Mutant("one name for both", (edits[0]._replace(text=lines),))

    @classmethod
    def examples(cls) -> list[Example]:
        """One name for both, printed or not, and two names."""
        made = "import torch\nfrom torch import nn\nmodel = nn.Linear(1, 1)\nf = nn.L1Loss()\n"
        loop = (
            "for epoch in range(9):\n    loss = f(model(x), y)\n    loss.backward()\n"
            "    {kept}loss = f(model(z), t)\n    print(f'{{loss:.3f}} {{{kept}loss:.3f}}')"
        )

        def printed(source: str, *, twice: bool) -> Evidence:
            scene = Scene().cell("4", made + source).trains()
            for i in range(6):
                scene.prints(f"{0.5 - i / 100:.3f} {0.5 - i / (100 if twice else 90):.3f}\n")
            return scene.ends("finished").evidence()

        batches = loop.format(kept="").replace("    print", "    total = loss\nprint")
        return [
            Example("one name for both", printed(loop.format(kept=""), twice=True), "4", True),
            Example("two names", printed(loop.format(kept="test_"), twice=False), "4", False),
            Example("printed after the loop", printed(batches, twice=False), "4", False),
        ]


def went_backward(loop: ast.AST) -> Iterator[tuple[str, int]]:
    """The names that a loop calls backward() on, and in which line."""
    for node in ast.walk(loop):
        if isinstance(node, ast.Call) and called(node) == "backward":
            held = node.func.value if isinstance(node.func, ast.Attribute) else None
            if isinstance(held, ast.Name):
                yield held.id, node.lineno


def twice(loop: Loop) -> bool:
    """Whether each line shows one broken number twice."""
    columns = [[n.value for n in c] for c in loop.columns() if all(n.decimals for n in c)]
    return any(len(set(c)) > 1 and columns.count(c) > 1 for c in columns)
