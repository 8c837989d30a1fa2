"""A GPU is used without asking whether there is one."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from grader.cell_code import CellCode, page_of
from grader.evidence import Evidence
from grader.facts import DeviceAsked, DeviceRequested
from grader.fault import Example, Fault
from grader.finding import Diagnosis
from grader.planting import Mutant, Solution
from grader.scene import Scene

GUARDS = (ast.If, ast.IfExp, ast.Try, ast.While)


class CudaHardCoded(Fault):
    """A device that was asked for by name, on a line no condition stands around."""

    id = "X09"
    title = "a device is written into the code"
    severity = "W"
    stage = "data"
    component = "device"
    hints = (
        "What happens here on a computer without a GPU?",
        "Code that runs anywhere asks once which device there is, and uses the answer from then"
        " on.",
        "Choose the device with a check at the top, and use that name in place of the text.",
    )

    def find(self, evidence: Evidence, exercise: str) -> Iterator[Diagnosis]:
        """The first request of a cell that nothing guards."""
        asked = [a.seq for a in evidence.everywhere(DeviceAsked)]
        told: set[int] = set()
        for request in evidence.of(exercise, DeviceRequested):
            if request.device == "cpu" or request.cell in told:
                continue
            cells = evidence.once(page_of).of(exercise)
            lines = [n for c in cells if c.read.cell == request.cell for n in named(c)]
            if any(asked_before < request.seq for asked_before in asked):
                continue
            if lines or not asked:
                told.add(request.cell)
                yield self.at(
                    request, exercise, line=lines[0] if lines else request.line,
                    observed=f"{request.device} is asked for, and nothing checks that it is there",
                    expected="a device that is chosen by a check",
                    because="on a computer without a GPU this line raises an error",
                )  # fmt: skip

    @classmethod
    def plant(cls, solution: Solution) -> Iterator[Mutant]:
        """The choice of a device becomes its name."""
        for cell, node in solution.nodes(ast.IfExp):
            if "is_available" in solution.text(cell, node.test):
                yield Mutant("no check", (solution.replaced(cell, node, '"cuda"'),))

    @classmethod
    def examples(cls) -> list[Example]:
        """A name in the code, and a check before it."""
        plain = Scene().cell("6", 'x.to("cuda")').requests("cuda:0").evidence()
        checked = Scene().cell("6", "x.to(device)").asks("cuda").requests("cuda:0").evidence()
        return [
            Example("a name in the code", plain, "6", True),
            Example("a check before it", checked, "6", False),
            Example("the CPU", Scene().cell("6", 'x.to("cpu")').requests("cpu").evidence(),
                    "6", False),
        ]  # fmt: skip


def named(cell: CellCode) -> list[int]:
    """Lines that name a GPU, with no condition around them."""
    guarded = {id(n) for g in cell.walk() if isinstance(g, GUARDS) for n in ast.walk(g)}
    found = []
    for node in cell.walk():
        text = isinstance(node, ast.Constant) and str(node.value).startswith(("cuda", "mps"))
        call = isinstance(node, ast.Attribute) and node.attr == "cuda"
        if (text or call) and id(node) not in guarded:
            found.append(cell.line(node))
    return sorted(found)
