"""A tensor operation whose result is thrown away."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from grader.evidence import Evidence
from grader.facts import OpSeen
from grader.fault import Example, Fault, costly
from grader.faults.move_thrown_away import thrown_away
from grader.finding import Diagnosis
from grader.planting import Mutant, Solution
from grader.raised import errors
from grader.scene import Scene

OPERATIONS = ("squeeze", "unsqueeze", "reshape", "view", "permute", "transpose", "flatten",
              "type", "float", "long", "int", "double", "sigmoid", "softmax", "round",
              "argmax")  # fmt: skip


class ResultThrownAway(Fault):
    """A statement that computes a tensor, and neither stores nor shows it.

    It works by luck, but where an error tells that the old shape met the new one.
    """

    id = "D08"
    title = "the result of a tensor operation is thrown away"
    severity = "W"
    stage = "data"
    component = "tensor-ops"
    hints = (
        "Is what this line computes kept anywhere?",
        "Methods of a tensor return a new one and leave the old one as it was, unless their name"
        " ends in an underscore.",
        "Store the result under a name, and use that name below.",
    )

    def find(self, evidence: Evidence, exercise: str) -> Iterator[Diagnosis]:
        """Statements of this kind that changed shape or type of a tensor."""
        for cell, call in thrown_away(evidence, exercise, OPERATIONS):
            line, name = cell.line(call), getattr(call.func, "attr", "")
            for op in evidence.of(exercise, OpSeen):
                if (op.cell, op.line, op.op) != (cell.read.cell, line, name) or not op.outputs:
                    continue
                before = evidence.tensor(op, op.inputs[0] if op.inputs else None)
                after = evidence.tensor(op, op.outputs[0])
                if before is None or after is None or before.handle == after.handle:
                    continue
                told = self.at(
                    op, exercise, line=line,
                    observed=f"{ast.unparse(call)} makes {after.shape} {after.dtype} of"
                    f" {before.shape} {before.dtype}, and nobody keeps it",
                    expected="the result under a name",
                    because="the tensor itself stays as it was",
                )  # fmt: skip
                missed = met(evidence, exercise, before.shape, after.shape)
                yield costly(told) if missed else told
                break

    @classmethod
    def plant(cls, solution: Solution) -> Iterator[Mutant]:
        """A result that is stored is not."""
        for cell, call in solution.calls("unsqueeze", "squeeze", "float"):
            statement = solution.statement(cell, call)
            function = call.func
            if (
                isinstance(statement, ast.Assign)
                and statement.value is call
                and isinstance(function, ast.Attribute)
            ):
                name = solution.text(cell, statement.targets[0])
                first = f"{name} = {solution.text(cell, function.value)}"
                rest = solution.text(cell, call).removeprefix(solution.text(cell, function.value))
                text = f"{first}\n{name}{rest}"
                yield Mutant("not stored", (solution.instead(cell, statement, text),))

    @classmethod
    def examples(cls) -> list[Example]:
        """Thrown away, shown at a cell's end, stored."""

        def scene(source: str) -> Evidence:
            built = Scene().cell("6", source)
            handles = [built.tensor([2, 1]), built.tensor([2])]
            fact = built.op("squeeze", handles[:1], handles[1:]).evidence()
            return fact.model_copy(update={
                "facts": tuple(f.model_copy(update={"line": 1}) for f in fact.facts)})  # fmt: skip

        return [
            Example("thrown away", scene("x.squeeze()\nx + 1"), "6", True),
            Example("shown at the cell's end", scene("x.squeeze()"), "6", False),
            Example("stored", scene("y = x.squeeze()\ny + 1"), "6", False),
        ]


def met(evidence: Evidence, exercise: str, old: list[int], new: list[int]) -> bool:
    """Whether an error in an exercise names two shapes that do not fit, and they are these."""
    return old != new and any(
        str(old) in (raised.end.evalue or "") and str(new) in (raised.end.evalue or "")
        for raised in errors(evidence, exercise, "ValueError|RuntimeError")
    )
