"""A return in the body of a loop ends a training after its first pass."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from grader.cell_code import CellCode, Page, page_of
from grader.evidence import Evidence
from grader.facts import TrainingSeen
from grader.fault import Example, Fault
from grader.finding import Diagnosis
from grader.planting import Edit, Mutant, Solution, called
from grader.scene import Scene
from grader.training_code import goes_backward


class ReturnInsideTheLoop(Fault):
    """A loop that trains and has a return among its own statements, in a hand-in that trained.

    Such a loop ends in its first pass whatever happens, so the code is proof enough.
    """

    id = "T09"
    title = "`return` inside the training loop"
    severity = "F"
    stage = "loop"
    component = "loop-order"
    sure = False
    folds = ("T17",)
    hints = (
        "Count how many passes the loop makes. Print something in each.",
        "A return ends its function at once, and with it every loop it stands in.",
        "Look at how deep the return is indented. It belongs below the loop, at the loop's own"
        " depth.",
    )

    def find(self, evidence: Evidence, exercise: str) -> Iterator[Diagnosis]:
        """Loops of functions that go backward, or call what does, and return in any case."""
        page = evidence.once(page_of)
        trained = evidence.everywhere(TrainingSeen)
        for code in page.of(exercise):
            for loop, back in self._ended(page, code):
                if any(t.steps or t.backwards for t in trained):
                    yield self.at(
                        code.read, exercise, line=code.line(back),
                        observed=f"a return in the loop of line {code.line(loop)}",
                        expected="a return below the loop",
                        because="the loop ends in its first pass, so the rest of the data or of the"
                        " epochs is never used",
                    )  # fmt: skip

    def _ended(self, page: Page, code: CellCode) -> Iterator[tuple[ast.For, ast.Return]]:
        for loop in (n for n in code.walk() if isinstance(n, ast.For)):
            backs = [s for s in loop.body if isinstance(s, ast.Return)]
            if backs and trains(loop, trainers(page)):
                yield loop, backs[0]

    @classmethod
    def plant(cls, solution: Solution) -> Iterator[Mutant]:
        """The return at the end of a function goes into its loop, or a new one does."""
        functions = list(solution.nodes(ast.FunctionDef))
        training = {function.name for _, function in functions if goes_backward(function)}
        for cell, function in functions:
            last = function.body[-1]
            for loop in (n for n in ast.walk(function) if isinstance(n, ast.For)):
                if not trains(loop, training):
                    continue
                edits: tuple[Edit, ...] = (solution.after(cell, loop.body[-1], "return"),)
                if isinstance(last, ast.Return):
                    moved = solution.after(cell, loop.body[-1], solution.text(cell, last))
                    edits = (solution.without(cell, last), moved)
                yield Mutant(f"return in the loop of {function.name}", edits)

    @classmethod
    def examples(cls) -> list[Example]:
        """A return in the loop, below it, on a condition, and in a loop of another kind."""

        def trained(*lines: str) -> Evidence:
            source = "\n".join(["def fit(loader):", *lines, "fit(loader)"])
            return Scene().cell("3", source).trains(steps=1, backwards=1, cleared=1).evidence()

        loop, body = "    for x, y in loader:", "        loss(x, y).backward()"
        return [
            Example("in the loop", trained(loop, body, "        return 1"), "3", True),
            Example("below the loop", trained(loop, body, "    return 1"), "3", False),
            Example("on a condition", trained(loop, body, "        if done(): return 1"), "3",
                    False),
            Example("in a loop that searches",
                    trained(loop, "        pass", "    for x in loader:", "        return x"), "3",
                    False),
            Example("a cell that does not train",
                    Scene().cell("3", "for x in y: pass").evidence(), "3", False),
        ]  # fmt: skip


def trainers(page: Page) -> set[str]:
    """Names of functions of the hand-in that go backward from a loss."""
    return {
        n.name for code in page.cells for n in code.walk()
        if isinstance(n, ast.FunctionDef) and goes_backward(n)
    }  # fmt: skip


def trains(loop: ast.For, training: set[str]) -> bool:
    """Whether a loop goes backward, or calls one of these functions."""
    calls = {called(n) for n in ast.walk(loop) if isinstance(n, ast.Call)}
    return "backward" in calls or bool(calls & training)
