"""The model clears its gradients, not the optimizer."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from grader.planting import Mutant, Solution, called
from grader.variation import Variation


class ClearedByTheModel(Variation):
    """`model.zero_grad()` in place of `optimizer.zero_grad()`."""

    name = "the model clears"
    changes = "The model's zero_grad() clears the gradients, in place of the optimizer's"

    def vary(self, solution: Solution) -> Iterator[Mutant]:
        """Each clearing by an optimizer that holds the parameters of one model."""
        held = models_of_optimizers(solution)
        for cell, call in solution.calls("zero_grad"):
            optimizer = call.func.value if isinstance(call.func, ast.Attribute) else None
            if isinstance(optimizer, ast.Name) and len(held.get(optimizer.id, ())) == 1:
                [model] = held[optimizer.id]
                yield Mutant("model.zero_grad()", (solution.replaced(cell, optimizer, model),))


def models_of_optimizers(solution: Solution) -> dict[str, set[str]]:
    """The model whose parameters an optimizer of some name was made from, as the code names it."""
    found: dict[str, set[str]] = {}
    for cell, assign in solution.nodes(ast.Assign):
        made, target = assign.value, assign.targets[0]
        if not (isinstance(made, ast.Call) and made.args and isinstance(target, ast.Name)):
            continue
        held = made.args[0]
        if isinstance(held, ast.Call) and called(held) == "parameters":
            model = solution.text(cell, held.func).removesuffix(".parameters")
            found.setdefault(target.id, set()).add(model)
    return found
