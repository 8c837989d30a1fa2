"""Two sets of predictions were compared: by code, side by side, or in a figure."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from math import prod

from grader.check import Check, Example
from grader.evidence import Evidence
from grader.facts import CellRead, OpSeen, PlotDrawn, TensorSeen
from grader.finding import Finding, failed, passed
from grader.notebook import parse_cell
from grader.scene import Scene

OPERATIONS = ("eq", "ne", "sub", "allclose", "equal", "isclose", "subtract", "dist")
FUNCTIONS = (*OPERATIONS, "array_equal", "assert_close", "assert_allclose", "assert_array_equal")


class Compared(Check):
    """Two tensors of one shape were compared, such as the predictions of two models.

    A comparison by code counts, and so does showing both, printed or drawn. One that is compared
    with itself is not.
    """

    kind = "compared"

    def look(self, evidence: Evidence, exercise: str) -> Finding:
        """Comparisons as they ran, as they are written, and as a reader can make them."""
        for op in evidence.of(exercise, OpSeen):
            if op.op in OPERATIONS and op.error is None and of_two(evidence, op):
                return passed(f"compared with {op.op}", where=(op.seq,))
        for cell in evidence.of(exercise, CellRead):
            if ran(evidence, cell) and compares(cell.source):
                return passed("compared", where=(cell.seq,))
        shown = [t for t in evidence.of(exercise, TensorSeen)
                 if "shown" in t.ways and prod(t.shape) > 1]  # fmt: skip
        if len({t.handle for t in shown}) > 1:
            return passed("shown side by side", where=tuple(t.seq for t in shown))
        figures = [f for f in evidence.of(exercise, PlotDrawn) if any(a.drawn for a in f.axes)]
        if figures:
            return passed("shown in a figure", where=tuple(f.seq for f in figures))
        return failed("the two were not compared", expected="a comparison such as ==",
                      actual="no comparison")  # fmt: skip

    @classmethod
    def examples(cls) -> list[Example]:
        """By code, by eye, and not at all."""

        def two(op: str | None, ways: tuple[str, ...] = ("bound",)) -> Evidence:
            scene = Scene().cell("5")
            made = [scene.tensor([20, 1], [0.5] * 20, ways=ways) for _ in range(2)]
            return (scene.op(op, [*made], [True]) if op else scene).evidence()

        def written(source: str) -> Evidence:
            return Scene().cell("5", source).ends("finished").evidence()

        alone = Scene().cell("5", "torch.allclose(new, new)")
        one = alone.tensor([20, 1], [0.5] * 20)
        alone.op("allclose", [one, one], [True]).ends("finished")
        figure = Scene().cell("5").plots([("points", 20), ("points", 20)]).evidence()
        return [
            Example("compared with ==", {}, two("eq"), "5", "passed"),
            Example("compared with a function of another library", {},
                    written("np.allclose(old.numpy(), new.numpy())"), "5", "passed"),
            Example("two calls of one function", {},
                    written("torch.allclose(model(x), model(x))"), "5", "passed"),
            Example("compared with itself, as arrays", {},
                    written("np.allclose(old.numpy(), old.numpy())"), "5", "failed"),
            Example("an item compared with itself", {}, written("print(r['y'] == r['y'])"), "5",
                    "failed"),
            Example("compared with itself", {}, alone.evidence(), "5", "failed"),
            Example("both shown", {}, two(None, ("shown",)), "5", "passed"),
            Example("drawn", {}, figure, "5", "passed"),
            Example("two tensors, and no more", {}, two(None), "5", "failed"),
            Example("nothing", {}, Scene().cell("5").evidence(), "5", "failed"),
        ]  # fmt: skip


def of_two(evidence: Evidence, op: OpSeen) -> bool:
    """Whether an operation takes two tensors of more than one number and equal size.

    One tensor twice is none: that comparison says nothing.
    """
    if len(op.inputs) > 1 and op.inputs[0] == op.inputs[1]:
        return False
    taken = [evidence.tensor(op, i) for i in op.inputs[:2]]
    sizes = [prod(t.shape) for t in taken if t is not None]
    return len(sizes) == 2 and sizes[0] == sizes[1] > 1


def ran(evidence: Evidence, cell: CellRead) -> bool:
    """Whether a cell came to its end."""
    return any(e.cell == cell.cell and e.ending == "finished"
               for e in evidence.endings(cell.exercise or ""))  # fmt: skip


def compares(source: str) -> bool:
    """Whether code compares two things that are not constants."""
    tree = parse_cell(source)
    for node in ast.walk(tree) if tree else ():
        if isinstance(node, ast.Call):
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            if name in FUNCTIONS and not with_itself(node):
                return True
        elif isinstance(node, ast.Compare) and isinstance(node.ops[0], (ast.Eq, ast.NotEq)):
            sides = (node.left, *node.comparators)
            plain = not any(isinstance(s, (ast.Constant, ast.BinOp)) for s in sides)
            if plain and not itself(sides):
                return True
    return False


def with_itself(call: ast.Call) -> bool:
    """Whether a call compares something with itself."""
    sides = [*call.args[:2]]
    if len(sides) == 1 and isinstance(call.func, ast.Attribute):
        sides.insert(0, call.func.value)
    return len(sides) == 2 and itself(sides)


def itself(sides: Sequence[ast.expr]) -> bool:
    """Whether all sides of a comparison are the same text; two calls of a model may differ."""
    first = sides[0]
    if isinstance(first, ast.Call) and isinstance(first.func, ast.Name):
        return False
    return len({ast.dump(side) for side in sides}) == 1
