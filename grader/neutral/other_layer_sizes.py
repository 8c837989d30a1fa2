"""Hidden layers of another size."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import pairwise

from grader.planting import Mutant, Solution, called
from grader.variation import Variation

Piece = tuple[ast.expr, str]


class OtherLayerSizes(Variation):
    """Hidden layers twice as wide; what goes in and what comes out of the model stays."""

    name = "other layer sizes"
    changes = "Hidden layers are twice as wide"

    def vary(self, solution: Solution) -> Iterator[Mutant]:
        """Each class of a model, and each list of sizes that one is made from."""
        classes = set()
        for cell, model in solution.nodes(ast.ClassDef):
            classes.add(model.name)
            pieces = [*of_default(model), *between_layers(model)]
            if pieces:
                yield Mutant(f"class {model.name}", (solution.rewritten(cell, pieces),))
        for cell, call in solution.calls(*classes):
            sizes = call.args[0] if call.args else None
            if isinstance(sizes, (ast.List, ast.Tuple)) and all(map(is_size, sizes.elts)):
                inner = [doubled(e) for e in sizes.elts[1:-1]]
                if inner:
                    yield Mutant(f"sizes of {called(call)}", (solution.rewritten(cell, inner),))


def of_default(model: ast.ClassDef) -> list[Piece]:
    """Defaults of the constructor's parameters that only lie between layers."""
    found: list[Piece] = []
    for init in (s for s in model.body if isinstance(s, ast.FunctionDef) and s.name == "__init__"):
        names = [a.arg for a in init.args.args][-len(init.args.defaults) :]
        for name, default in zip(names, init.args.defaults, strict=False):
            layers = linears(model)
            going_in = [k for k, layer in enumerate(layers) if named(layer, 0, name)]
            coming_out = [k for k, layer in enumerate(layers) if named(layer, 1, name)]
            hidden = going_in and coming_out and [k + 1 for k in coming_out] == going_in
            if hidden and is_size(default):
                found.append(doubled(default))
    return found


def between_layers(model: ast.ClassDef) -> list[Piece]:
    """What one linear layer gives out and the next takes in, where both are the same number."""
    found: dict[int, Piece] = {}
    for one, following in pairwise(linears(model)):
        out, into = argument(one, 1), argument(following, 0)
        if is_size(out) and is_size(into) and ast.dump(out) == ast.dump(into):
            found |= {id(out): doubled(out), id(into): doubled(into)}
    return list(found.values())


def linears(model: ast.ClassDef) -> list[ast.Call]:
    """The linear layers of a class, in the order of the code."""
    calls = [n for n in ast.walk(model) if isinstance(n, ast.Call) and called(n) == "Linear"]
    return sorted(calls, key=lambda c: (c.lineno, c.col_offset))


def argument(layer: ast.Call, place: int) -> ast.expr:
    """What a linear layer takes in, or gives out."""
    keyword = ("in_features", "out_features")[place]
    by_name = [k.value for k in layer.keywords if k.arg == keyword]
    return next(iter([*layer.args[place : place + 1], *by_name]), layer)


def named(layer: ast.Call, place: int, name: str) -> bool:
    """Whether a layer's size is that name."""
    size = argument(layer, place)
    return isinstance(size, ast.Name) and size.id == name


def is_size(node: ast.expr) -> bool:
    """Whether an expression is a whole number."""
    return isinstance(node, ast.Constant) and type(node.value) is int


def doubled(node: ast.expr) -> Piece:
    """A number becomes twice as much."""
    return node, str(2 * int(ast.unparse(node)))
