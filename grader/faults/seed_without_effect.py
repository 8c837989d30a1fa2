"""A seed is set where it does not govern the numbers that are drawn."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import pairwise

from grader.cell_code import page_of
from grader.evidence import Evidence
from grader.facts import OpSeen, SeedSet, TrainingSeen
from grader.fault import Example, Fault, lucky
from grader.finding import Diagnosis
from grader.planting import Mutant, Solution
from grader.scene import Scene

DRAWS = ("rand", "randn", "randint", "normal", "randperm")


class SeedWithoutEffect(Fault):
    """A seed that comes too late, is of another generator, is set anew, or is never passed."""

    id = "X03"
    title = "the seed does not govern the numbers as it is meant to"
    severity = "F"
    stage = "data"
    component = "seed"
    sure = False
    hints = (
        "Where is the seed set, where are numbers drawn, and by which generator?",
        "A seed governs what its own generator draws after it. Each draw moves the generator on,"
        " and setting the seed again takes it back to the start.",
        "Set the seed once, for the generator that draws, directly before the first draw. Call the"
        " function with the number in parentheses; `=` would replace it.",
    )

    def find(self, evidence: Evidence, exercise: str) -> Iterator[Diagnosis]:
        """What came of the exercise's seeds and draws."""
        yield from self._assigned(evidence, exercise)
        draws = [o for o in evidence.of(exercise, OpSeen) if o.op in DRAWS and o.seed]
        seeds = [
            s for s in evidence.of(exercise, SeedSet)
            if s.value is not None and {"cpu", "gpu"}.intersection(s.generators)
        ]  # fmt: skip
        if not seeds or not draws or evidence.of(exercise, TrainingSeen):
            return
        used = {
            (o.seed.generator, o.seed.value) for o in evidence.everywhere(OpSeen) if o.seed
        }  # fmt: skip
        for seed in seeds:
            if any((generator, seed.value) in used for generator in seed.generators):
                continue
            earlier = [d for d in draws if d.cell == seed.cell and d.seq < seed.seq]
            later = [d for d in draws if d.seq > seed.seq]
            if later and seed.generators == ["gpu"] and all(self._on_cpu(d) for d in later):
                yield self.at(
                    seed, exercise, observed=f"{seed.call}({seed.value}), and draws on the CPU",
                    expected="a seed for the generator that draws",
                    because="each device has a generator of its own, and the GPU's drew nothing",
                )  # fmt: skip
            elif earlier and not later:
                yield self.at(
                    seed, exercise,
                    observed=f"seed {seed.value} set late; draws before it: {len(earlier)}",
                    expected="the seed before the first draw",
                    because="a seed governs only what is drawn after it",
                )  # fmt: skip
        yield from self._again(exercise, seeds, draws)

    def _on_cpu(self, draw: OpSeen) -> bool:
        return draw.seed is not None and draw.seed.generator == "cpu"

    def _again(
        self, exercise: str, seeds: list[SeedSet], draws: list[OpSeen]
    ) -> Iterator[Diagnosis]:
        """The same seed before two draws of a cell; fine where equal numbers are wanted."""
        for first, second in pairwise(seeds):
            if (first.cell, first.value) != (second.cell, second.value):
                continue
            between = [d for d in draws if first.seq < d.seq < second.seq]
            after = [d for d in draws if d.cell == second.cell and d.seq > second.seq]
            if between and after and set(first.generators) & set(second.generators):
                yield lucky(self.at(
                    second, exercise,
                    observed=f"seed {second.value} set again; draws in between: {len(between)}",
                    expected="the seed set once, before the first draw",
                    because="the numbers start from the beginning again",
                ))  # fmt: skip

    def _assigned(self, evidence: Evidence, exercise: str) -> Iterator[Diagnosis]:
        """The function is overwritten with the number."""
        for cell in evidence.once(page_of).of(exercise):
            for node in cell.walk():
                for target in node.targets if isinstance(node, ast.Assign) else ():
                    if isinstance(target, ast.Attribute) and target.attr == "manual_seed":
                        yield self.at(
                            cell.read, exercise, line=cell.line(node), observed=ast.unparse(node),
                            expected="a call with the number in parentheses",
                            because="this replaces the function by a number, and sets no seed",
                        )  # fmt: skip

    @classmethod
    def plant(cls, solution: Solution) -> Iterator[Mutant]:
        """The seed comes last, is the GPU's, comes twice, or is assigned."""
        for cell, call in solution.calls("manual_seed"):
            statement = solution.statement(cell, call)
            drawn = [c for at, c in solution.calls("rand") if at == cell]
            after = [solution.statement(cell, c) for c in drawn]
            if statement is None or not call.args or not drawn or None in after:
                continue
            text, number = solution.text(cell, statement), solution.text(cell, call.args[0])
            lines = [s for s in after if s is not None]
            yield Mutant("after the draws", (
                solution.without(cell, statement), solution.after(cell, lines[-1], text),
            ))  # fmt: skip
            gpu = f"torch.cuda.manual_seed({number})"
            yield Mutant("the GPU's", (solution.instead(cell, statement, gpu),))
            if len(lines) > 1:
                yield Mutant("set again", (solution.before(cell, lines[1], text),))
            assigned = f"torch.manual_seed = {number}"
            yield Mutant("assigned", (solution.instead(cell, statement, assigned),))

    @classmethod
    def examples(cls) -> list[Example]:
        """Too late, of the GPU, set again, assigned; and a seed before two draws."""

        def scene(*steps: str | int, call: str = "torch.manual_seed") -> Evidence:
            built, seed = Scene().cell("4"), 2**41
            for step in steps:
                if isinstance(step, int):
                    built.seed(call, step)
                    seed = step if call == "torch.manual_seed" else seed
                else:
                    built.tensor([2, 3], random=True, seed=seed)
            return built.evidence()

        assigned = Scene().cell("4", "import torch\ntorch.manual_seed = 7").evidence()
        return [
            Example("too late", scene("draw", "draw", 0), "4", True),
            Example("of the GPU", scene(0, "draw", call="torch.cuda.manual_seed"), "4", True),
            Example("set again", scene(0, "draw", 0, "draw"), "4", True),
            Example("assigned", assigned, "4", True),
            Example("before two draws", scene(0, "draw", "draw"), "4", False),
            Example("no draws at all", scene(0, call="torch.cuda.manual_seed"), "4", False),
        ]
