"""The function of a loss in place of its module."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from grader.planting import Mutant, Solution, called
from grader.variation import Variation

FUNCTIONS = {
    "L1Loss": "l1_loss", "MSELoss": "mse_loss", "SmoothL1Loss": "smooth_l1_loss",
    "HuberLoss": "huber_loss", "BCELoss": "binary_cross_entropy", "NLLLoss": "nll_loss",
    "BCEWithLogitsLoss": "binary_cross_entropy_with_logits", "CrossEntropyLoss": "cross_entropy",
}  # fmt: skip


class FunctionalLoss(Variation):
    """`torch.nn.functional.l1_loss` in place of `nn.L1Loss()`."""

    name = "functional loss"
    changes = "A function of torch.nn.functional takes the place of a loss module"

    def vary(self, solution: Solution) -> Iterator[Mutant]:
        """Each loss module that is made without settings."""
        imported = {alias.name for _, node in solution.nodes(ast.Import) for alias in node.names
                    if alias.asname is None}  # fmt: skip
        if "torch" not in imported:
            return
        for cell, call in solution.calls(*FUNCTIONS):
            if not (call.args or call.keywords):
                function = f"torch.nn.functional.{FUNCTIONS[called(call)]}"
                yield Mutant(function, (solution.replaced(cell, call, function),))
