"""Results that are displayed and not printed, or the other way round."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from grader.planting import Edit, Mutant, Solution, called
from grader.variation import Variation


class ShownAnotherWay(Variation):
    """`print` outside of loops becomes a display, and a cell's last expression is printed."""

    name = "shown another way"
    changes = "Results are displayed in place of printed, or printed in place of displayed"

    def vary(self, solution: Solution) -> Iterator[Mutant]:
        """All printed ones displayed, and all displayed ones printed."""
        displayed: list[Edit] = []
        printed: list[Edit] = []
        for cell, tree in enumerate(solution.trees):
            for statement in tree.body if tree is not None else ():
                last = tree is not None and statement is tree.body[-1]
                if not isinstance(statement, ast.Expr):
                    continue
                if values := printed_values(statement.value):
                    args = ", ".join(solution.text(cell, v) for v in values)
                    text = args if last else f"display({args})"
                    displayed.append(solution.instead(cell, statement, text))
                elif last and is_result(statement.value):
                    text = f"print({solution.text(cell, statement.value)})"
                    printed.append(solution.instead(cell, statement, text))
        for what, edits in (("displayed, not printed", displayed), ("printed, not displayed",
                                                                     printed)):  # fmt: skip
            if edits:
                yield Mutant(what, tuple(edits))


def printed_values(node: ast.expr) -> list[ast.expr]:
    """What an expression prints; nothing where it prints nothing, or says how to."""
    if not (isinstance(node, ast.Call) and called(node) == "print") or node.keywords:
        return []
    return [] if any(isinstance(a, ast.Starred) for a in node.args) else node.args


def is_result(node: ast.expr) -> bool:
    """Whether an expression at a cell's end is there to be looked at: it does nothing itself."""
    if isinstance(node, ast.Tuple):
        return all(map(is_result, node.elts))
    if isinstance(node, ast.Call):
        return called(node) in ("len", "state_dict", "allclose", "type")
    return isinstance(node, (ast.Name, ast.Attribute, ast.Subscript))
