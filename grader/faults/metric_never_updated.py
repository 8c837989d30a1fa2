"""A loop prints a loss or an accuracy that it never computes."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from grader.cell_code import page_of
from grader.evidence import Evidence
from grader.fault import Example, Fault
from grader.finding import Diagnosis
from grader.loop_edits import passes, tested
from grader.planting import Mutant, Solution, indented
from grader.progress_lines import Loop, bound_in, printed_names, training_loops
from grader.scene import Scene
from grader.training_code import is_loss, made_of, of_a_model, values_of

FEWEST_VALUES = 5


class MetricNeverUpdated(Fault):
    """A number that stays the same in every line, of a name that the loop never sets."""

    id = "B01"
    title = "the printed metric is never updated in the loop"
    severity = "F"
    stage = "metrics"
    component = "metrics"
    hints = (
        "Which line inside the loop sets the name that is printed?",
        "A name keeps its value from an earlier line or cell until something sets it again. To"
        " print it computes nothing.",
        "Compute the loss or the accuracy inside the loop, before the line that prints it.",
    )

    def find(self, evidence: Evidence, exercise: str) -> Iterator[Diagnosis]:
        """Loops whose lines have a number that stays, beside numbers that change."""
        page = evidence.once(page_of)
        for loop in training_loops(evidence, exercise):
            same = stays(loop)
            if same is None:
                continue
            own = bound_in(loop.node)
            for call, name in printed_names(loop.node):
                values = [v for v in values_of(page, name) if isinstance(v, ast.expr)]
                measured = any(
                    of_a_model(page, v) or any(isinstance(n, ast.Call) and is_loss(page, n.func)
                                               for n in made_of(page, v))
                    for v in values
                )  # fmt: skip
                if name.id not in own and measured and not callable_only(call, name):
                    yield self.at(
                        loop.code.read, exercise, line=loop.code.line(call),
                        observed=f"{same:g} in each of {len(loop.lines)} lines; no line of the loop"
                        f" sets {name.id}",
                        expected="a number that is computed anew in each pass",
                        because="the printed number belongs to an earlier model",
                    )  # fmt: skip
                    break

    @classmethod
    def plant(cls, solution: Solution) -> Iterator[Mutant]:
        """The test's loss is computed once before the loop, and under another name in it."""
        for each in passes(solution):
            test = tested(solution, each)
            if test is None or each.loop is None or each.function is not None:
                continue
            loss, forward = test
            lines = [solution.text(each.cell, s) for s in (forward, loss) if s is not None]
            before = "with torch.inference_mode():\n" + indented("\n".join(lines), 4)
            named = solution.replaced(each.cell, loss.targets[0], "loss_now")
            yield Mutant(
                "computed before the loop", (solution.before(each.cell, each.loop, before), named)
            )

    @classmethod
    def examples(cls) -> list[Example]:
        """A loss that stays, one that changes, and a setting that is printed."""
        made = "import torch\nfrom torch import nn\nmodel = nn.Linear(1, 1)\nf = nn.L1Loss()\n"
        loop = (
            "for epoch in range(9):\n    loss = f(model(x), y)\n    loss.backward()\n"
            "    print(f'{loss:.3f} {test:.3f}')"
        )
        setting = loop.replace("test", "rate")

        def printed(source: str, *, same: bool) -> Evidence:
            scene = Scene().cell("4", made + source).trains()
            for i in range(6):
                scene.prints(f"{0.5 - i / 100:.3f} {0.7 if same else 0.7 - i / 100:.3f}\n")
            return scene.ends("finished").evidence()

        before = "test = f(model(z), t)\n"
        inside = loop.replace("    print", "    test = f(model(z), t)\n    print")
        return [
            Example("a loss that stays", printed(before + loop, same=True), "4", True),
            Example("a loss that is computed and stays", printed(inside, same=True), "4", False),
            Example("a loss that changes", printed(before + loop, same=False), "4", False),
            Example("a setting", printed("rate = 0.7\n" + setting, same=True), "4", False),
        ]


def stays(loop: Loop) -> float | None:
    """A broken number that is the same in every line, where another one changes."""
    columns = [c for c in loop.columns() if all(n.decimals for n in c)]
    counts = [len({n.value for n in column}) for column in columns]
    if len(loop.lines) < FEWEST_VALUES or max(counts, default=0) < FEWEST_VALUES:
        return None
    return next((c[0].value for c, n in zip(columns, counts, strict=True) if n == 1), None)


def callable_only(call: ast.Call, name: ast.Name) -> bool:
    """Whether a name in a print is only called there, such as a function of the student's."""
    return any(isinstance(n, ast.Call) and n.func is name for n in ast.walk(call))
