"""Two sets of predictions were compared: by code, side by side, or in a figure."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import pairwise
from math import prod

from grader.check import Check, Example
from grader.evidence import Evidence
from grader.facts import CellRead, OpSeen, PlotDrawn, TensorSeen
from grader.finding import Finding, failed, no_evidence, passed
from grader.notebook import parse_cell
from grader.scene import Scene

OPERATIONS = ("eq", "ne", "sub", "allclose", "equal", "isclose", "subtract", "dist")
FUNCTIONS = (*OPERATIONS, "array_equal", "assert_close", "assert_allclose", "assert_array_equal")


class Compared(Check):
    """Two tensors of one shape were compared, such as the predictions of two models.

    A comparison by code counts, and so does showing both, printed or drawn. One that is compared
    with itself is not; whether two calls of one text give the same cannot be told.
    """

    kind = "compared"

    def look(self, evidence: Evidence, exercise: str) -> Finding:
        """Comparisons as they ran, as they are written, and as a reader can make them."""
        for op in evidence.of(exercise, OpSeen):
            if op.op in OPERATIONS and op.error is None and of_two(evidence, op):
                return passed(f"compared with {op.op}", where=(op.seq,))
        cells = [c for c in evidence.of(exercise, CellRead) if ran(evidence, c)]
        for cell in cells:
            if any(ast.dump(a) != ast.dump(b) for a, b in compared(cell.source)):
                return passed("compared", where=(cell.seq,))
        shown = [t for t in evidence.of(exercise, TensorSeen)
                 if "shown" in t.ways and prod(t.shape) > 1]  # fmt: skip
        if len({t.handle for t in shown}) > 1:
            return passed("shown side by side", where=tuple(t.seq for t in shown))
        figures = [f for f in evidence.of(exercise, PlotDrawn) if any(a.drawn for a in f.axes)]
        if figures:
            return passed("shown in a figure", where=tuple(f.seq for f in figures))
        if any(calls(a) for cell in cells for a, _ in compared(cell.source)):
            return no_evidence("two calls of the same text are compared; whether they give the"
                               " same could not be told")  # fmt: skip
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

        itself = Scene().cell("5", "torch.allclose(new, new)")
        one = itself.tensor([20, 1], [0.5] * 20)
        itself.op("allclose", [one, one], [True]).ends("finished")
        figure = Scene().cell("5").plots([("points", 20), ("points", 20)]).evidence()
        return [
            Example("compared with ==", {}, two("eq"), "5", "passed"),
            Example("compared with a function of another library", {},
                    written("np.allclose(old.numpy(), new.numpy())"), "5", "passed"),
            Example("two calls of one function", {},
                    written("torch.allclose(model(x), model(x))"), "5", "no_evidence"),
            Example("two calls of one function on different data", {},
                    written("torch.allclose(model(x), model(y))"), "5", "passed"),
            Example("a method of the same, with itself", {},
                    written("np.allclose(old.numpy(), old.numpy())"), "5", "failed"),
            Example("an item with itself", {}, written("torch.equal(r['y'], r['y'])"), "5",
                    "failed"),
            Example("by its place with itself", {}, written("torch.allclose(p[0], p[0])"), "5",
                    "failed"),
            Example("with itself by ==", {}, written("(y.cpu() == y.cpu()).all()"), "5", "failed"),
            Example("an attribute with itself", {}, written("assert run.y == run.y"), "5",
                    "failed"),
            Example("three in a row", {}, written("old == new == old"), "5", "passed"),
            Example("a pair that is unpacked", {}, written("allclose(*pair)"), "5", "passed"),
            Example("by keywords", {}, written("torch.allclose(input=old, other=new)"), "5",
                    "passed"),
            Example("compared with itself", {}, itself.evidence(), "5", "failed"),
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


def compared(source: str) -> Iterator[tuple[ast.expr, ast.expr]]:
    """The pairs that code compares, of things that are not constants."""
    tree = parse_cell(source)
    for node in ast.walk(tree) if tree else ():
        if isinstance(node, ast.Call):
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            sides = [*node.args[:2]]
            if len(sides) == 1 and isinstance(node.func, ast.Attribute):
                sides.insert(0, node.func.value)
            sides += [k.value for k in node.keywords] + [node.func]
            if name in FUNCTIONS:
                yield sides[0], sides[1] if len(sides) > 1 else node
        elif isinstance(node, ast.Compare) and isinstance(node.ops[0], (ast.Eq, ast.NotEq)):
            sides = [node.left, *node.comparators]
            plain = not any(isinstance(s, (ast.Constant, ast.BinOp)) for s in sides)
            yield from pairwise(sides) if plain else ()


def calls(side: ast.expr) -> bool:
    """Whether a function with a name of its own is called, which may give others each time."""
    return any(isinstance(n, ast.Call) and isinstance(n.func, ast.Name) for n in ast.walk(side))
