"""The four parts of `train_test_split` are given names in another order than they come in."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import NamedTuple

from grader.cell_code import CellCode, page_of
from grader.error_facts import ErrorRaised
from grader.evidence import Evidence
from grader.facts import CellEnded
from grader.fault import Example, Fault
from grader.finding import Diagnosis
from grader.planting import Mutant, Solution
from grader.raised import errors
from grader.scene import Scene

SIZES = re.compile(
    r"(?i)must match|same size|must be the same|batch_size|inconsistent numbers|shapes"
)
POSITIONAL = r"at least 1 dimension|Singleton array|got scalar"
SPLIT = "sklearn.model_selection.train_test_split"


class Split(NamedTuple):
    """Four names that a call of train_test_split is unpacked to, and where."""

    cell: CellCode
    line: int
    names: tuple[str, ...]


class SplitUnpackedInAnotherOrder(Fault):
    """An error over sizes on a line that takes the second part for targets of the first."""

    id = "D04"
    title = "the parts of `train_test_split` are unpacked in the wrong order"
    severity = "F"
    stage = "data"
    component = "data-split"
    folds = ("B08", "L09", "M11", "X22")
    hints = (
        "Print the lengths and shapes of the four parts.",
        "train_test_split returns both parts of the first array, then both parts of the second one."
        " The names have to be in the same order.",
        "Put the names in the order in which the parts are returned, and pass a size by its"
        " keyword.",
    )

    def find(self, evidence: Evidence, exercise: str) -> Iterator[Diagnosis]:
        """Splits of the exercise whose second and third part stand for each other later."""
        for raised in errors(evidence, exercise, "TypeError|ValueError", POSITIONAL):
            if any(raised.end.cell == c.read.cell for c, _ in evidence.once(calls_of)):
                yield self.at(
                    raised.end, exercise, observed=raised.said,
                    expected="a size that is passed by keyword, as in test_size=...",
                    because="what is passed by position is taken for another array to split",
                )  # fmt: skip
        raising = {e.cell for e in evidence.everywhere(CellEnded) if over_sizes(e)}
        lines = [e for e in evidence.everywhere(ErrorRaised) if e.cell in raising]
        for split in evidence.once(splits):
            if split.cell.read.exercise != exercise:
                continue
            for told in lines:
                shapes = {o.name: o.shape for o in told.operands if o.shape}
                wrong = [n for n in split.names[1:3] if n in shapes]
                mates = [
                    n for n, shape in shapes.items() if n not in wrong
                    and shape and shape[0] != (shapes[wrong[0]] or [0])[0]
                ] if wrong else []  # fmt: skip
                partner = split.names[0] if wrong and wrong[0] == split.names[1] else split.names[3]
                if wrong and mates and (partner in mates or len(wrong) == 1):
                    yield self.at(
                        split.cell.read, exercise, line=split.line,
                        observed=f"{wrong[0]} {shapes[wrong[0]]} beside {mates[0]}"
                        f" {shapes[mates[0]]} in cell {told.cell + 1}",
                        expected="both parts of the first array, then both parts of the second",
                        because="the names stand for other parts than their line takes them for",
                    )  # fmt: skip
                    break

    @classmethod
    def plant(cls, solution: Solution) -> Iterator[Mutant]:
        """The second and the third name change places; a size is passed by position."""
        for cell, call in solution.calls("train_test_split"):
            statement = solution.statement(cell, call)
            if not isinstance(statement, ast.Assign):
                continue
            target = statement.targets[0]
            if isinstance(target, ast.Tuple) and len(target.elts) == 4:
                names = [solution.text(cell, e) for e in target.elts]
                text = ", ".join([names[0], names[2], names[1], names[3]])
                yield Mutant("two names swapped", (solution.replaced(cell, target, text),))
            sizes = [k for k in call.keywords if k.arg in ("test_size", "train_size")]
            if sizes:
                arrays = ", ".join(solution.text(cell, a) for a in call.args)
                text = f"{solution.text(cell, call.func)}({arrays}, "
                text += f"{solution.text(cell, sizes[0].value)})"
                yield Mutant("a size by position", (solution.replaced(cell, call, text),))

    @classmethod
    def examples(cls) -> list[Example]:
        """The wrong order, the right one with another error, and a size by position."""
        start = "from sklearn.model_selection import train_test_split\n"
        said = "Target size (torch.Size([160, 2])) must be the same as input size"

        def scene(names: str, wrong: str) -> Evidence:
            built = Scene().cell("1", f"{start}{names} = train_test_split(X, y)").ends("finished")
            built.cell("4", f"loss_fn(logits, {wrong})")
            return built.error("ValueError", said, {"logits": [640], wrong: [160, 2]}).evidence()

        position = Scene().cell("1", f"{start}a, b, c, d = train_test_split(X, y, 0.8)")
        position.error("TypeError", "Input should have at least 1 dimension", {"X": [800, 2]})
        return [
            Example("the wrong order", scene("a, c, b, d", "c"), "1", True),
            Example("the right order", scene("a, b, c, d", "c2"), "1", False),
            Example("a size by position", position.evidence(), "1", True),
        ]


def over_sizes(end: CellEnded) -> bool:
    """Whether a cell ended with an error over sizes."""
    return end.ending == "raised" and SIZES.search(end.evalue or "") is not None


def calls_of(evidence: Evidence) -> list[tuple[CellCode, ast.Call]]:
    """The calls of train_test_split."""
    page = evidence.once(page_of)
    return [
        (cell, node)
        for cell in page.cells
        for node in cell.walk()
        if isinstance(node, ast.Call) and SPLIT in page.paths(node.func)
    ]


def splits(evidence: Evidence) -> list[Split]:
    """Calls that are unpacked to four names."""
    calls = {id(call) for _, call in evidence.once(calls_of)}
    found = []
    for cell in evidence.once(page_of).cells:
        for node in cell.walk() if calls else ():
            if isinstance(node, ast.Assign) and id(node.value) in calls:
                target = node.targets[0]
                if isinstance(target, ast.Tuple) and len(target.elts) == 4:
                    names = tuple(ast.unparse(e) for e in target.elts)
                    found.append(Split(cell, cell.line(node), names))
    return found
