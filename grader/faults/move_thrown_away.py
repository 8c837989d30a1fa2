"""A tensor is moved to a device, and what the move returns is thrown away."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from grader.cell_code import CellCode, page_of
from grader.evidence import Evidence
from grader.facts import OpSeen
from grader.fault import Example, Fault, harmless, lucky
from grader.finding import Diagnosis
from grader.planting import Mutant, Solution
from grader.scene import Scene

MOVES = ("to", "cuda", "cpu")


class MoveThrownAway(Fault):
    """A statement that moves a tensor, and is not the last line of its cell, which shows it."""

    id = "D07"
    title = "what `.to(device)` returns is thrown away"
    severity = "W"
    stage = "data"
    component = "device"
    folds = ("X08",)
    hints = (
        "Does `.to` change a tensor, or return a new one?",
        "A model moves in place. A tensor stays where it is, and the call returns a copy on the"
        " other device.",
        "Store what the call returns under a name, and use that.",
    )

    def find(self, evidence: Evidence, exercise: str) -> Iterator[Diagnosis]:
        """Statements of this kind that ran on a tensor; harmless where nothing was to be moved."""
        for cell, call in thrown_away(evidence, exercise, MOVES):
            line = cell.line(call)
            ops = [o for o in evidence.of(exercise, OpSeen)
                   if o.cell == cell.read.cell and o.line == line]  # fmt: skip
            moves = [o for o in ops if o.op in MOVES and o.outputs]
            if len(moves) != 1 or any(o.op == "_parse_to" for o in ops):
                continue
            before = evidence.tensor(moves[0], moves[0].inputs[0] if moves[0].inputs else None)
            after = evidence.tensor(moves[0], moves[0].outputs[0])
            told = self.at(
                moves[0], exercise, line=line,
                observed=f"{ast.unparse(call)}"
                + (f" of a tensor on {before.device}" if before is not None else ""),
                expected="its result under a name",
                because="the tensor stays where it was, and the moved copy is lost",
            )  # fmt: skip
            stayed = before is not None and after is not None and before.device == after.device
            yield harmless(told) if stayed else lucky(told)

    @classmethod
    def plant(cls, solution: Solution) -> Iterator[Mutant]:
        """The results of moves are not stored."""
        for cell, node in solution.nodes(ast.Assign):
            parts = node.value.elts if isinstance(node.value, ast.Tuple) else [node.value]
            targets = node.targets[0]
            names = targets.elts if isinstance(targets, ast.Tuple) else [targets]
            moves = [
                p for p in parts if isinstance(p, ast.Call) and isinstance(p.func, ast.Attribute)
                and p.func.attr == "to" and isinstance(p.func.value, ast.Name)
            ]  # fmt: skip
            if moves and len(moves) == len(parts) == len(names):
                same = [
                    solution.text(cell, n) == solution.text(cell, m.func.value)
                    for n, m in zip(names, moves, strict=True)
                    if isinstance(m.func, ast.Attribute)
                ]
                if all(same):
                    text = "\n".join(solution.text(cell, m) for m in moves)
                    last = solution.trees[cell]
                    if last is not None and last.body[-1] is node:
                        text += "\nNone"
                    yield Mutant("not stored", (solution.instead(cell, node, text),))

    @classmethod
    def examples(cls) -> list[Example]:
        """Thrown away, shown at a cell's end, stored, and where it was already."""

        def scene(source: str, after: str = "cuda:0") -> Evidence:
            built = Scene().cell("6", source)
            before = built.tensor([2, 3])
            moved = before if after == "cpu" else built.tensor([2, 3], device=after)
            fact = built.op("to", [before, "<cuda>"], [moved]).evidence()
            return fact.model_copy(update={
                "facts": tuple(f.model_copy(update={"line": 1}) for f in fact.facts)})  # fmt: skip

        return [
            Example("thrown away", scene("x.to(device)\nx + 1"), "6", True),
            Example("shown at the cell's end", scene("x.to(device)"), "6", False),
            Example("stored", scene("y = x.to(device)\ny + 1"), "6", False),
        ]


def thrown_away(
    evidence: Evidence, exercise: str, names: tuple[str, ...]
) -> Iterator[tuple[CellCode, ast.Call]]:  # fmt: skip
    """Calls of methods that stand alone on a line and are not shown at the end of a cell."""
    for cell in evidence.once(page_of).of(exercise):
        shown = {id(tree.body[-1]) for tree in cell.trees if tree.body}
        for node in cell.walk():
            if isinstance(node, ast.Expr) and id(node) not in shown:
                call = node.value
                if (
                    isinstance(call, ast.Call)
                    and isinstance(call.func, ast.Attribute)
                    and call.func.attr in names
                ):
                    yield cell, call
