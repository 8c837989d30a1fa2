"""What of a notebook makes its models again: imports, definitions, constants, and the making.

Cells are never run as a whole, because they train. Statements are taken one by one from the
syntax trees, in their order: what defines something, what is plainly a constant, and what the
making of a model or a definition leans on. Which calls make a model is told by the classes of the
models that were seen, and by what was assigned to their names.

What is left out here leaves a model that cannot be rebuilt; nobody loses a point by it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from grader.trees import trees

MOST_STEPS = 600
MOST_MAKINGS = 40
ROUNDS = 12
"""How many assignments may stand between a making and what it leans on."""

Assignment = ast.Assign | ast.AnnAssign
Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
DEFINES = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
PLAIN = (
    ast.Constant, ast.Name, ast.Attribute, ast.Tuple, ast.List, ast.Dict, ast.Set, ast.UnaryOp,
    ast.BinOp, ast.BoolOp, ast.Compare, ast.IfExp, ast.Subscript, ast.Slice, ast.JoinedStr,
    ast.FormattedValue, ast.keyword, ast.Starred, ast.expr_context, ast.operator, ast.unaryop,
    ast.boolop, ast.cmpop,
)  # fmt: skip
PLAIN_CALLS = ("len", "int", "float", "str", "bool", "range", "list", "tuple", "dict", "set", "min",
               "max", "sum", "round", "sorted", "Path", "pathlib.Path", "torch.device",
               "torch.cuda.is_available", "torch.backends.mps.is_available", "os.path.join",
               "os.cpu_count")  # fmt: skip
LAYERS = ("nn.", "torch.nn.")


class Step(NamedTuple):
    """One statement to run, or an expression that makes a model.

    Attributes:
        do: run it, make a model by it, or make one by it where no other way leads to one.
        text: its Python.
    """

    do: str
    text: str


def steps(sources: Iterable[str], kinds: set[str], names: set[str]) -> list[Step]:
    """The steps that make the models of a notebook again.

    Args:
        sources: of its code cells, in order, up to the one that saved.
        kinds: classes of models that were seen.
        names: names that were bound to them.

    Raises:
        RecursionError: the code is nested deeper than anybody writes by hand.
    """
    statements = [s for source in sources for tree in trees(source) for s in flat(tree.body)]
    made = {id(s): list(makings(s, kinds, names)) for s in statements}
    kept = leaning(statements, made)
    found: list[Step] = []
    for statement in statements:
        if isinstance(statement, DEFINES) or id(statement) in kept:
            found.append(Step("run", ast.unparse(statement)))
        found += [Step("make", ast.unparse(m)) for m in made[id(statement)]]
    last = [Step("make_else", m) for m in hidden_makings(statements, kinds)]
    return [*bounded(found), *last[:MOST_MAKINGS]]


def bounded(found: list[Step]) -> list[Step]:
    """The steps without those beyond a bound; of many makings the last ones."""
    makes = [number for number, s in enumerate(found) if s.do == "make"]
    left_out = set(makes[:-MOST_MAKINGS])
    return [s for number, s in enumerate(found) if number not in left_out][:MOST_STEPS]


def flat(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """Statements with those inside `if`, `try`, `with` and loops, which follow them."""
    for statement in body:
        yield statement
        if isinstance(statement, Definition):
            continue
        for field in ("body", "orelse", "finalbody"):
            yield from flat(getattr(statement, field, []))
        for handler in getattr(statement, "handlers", []):
            yield from flat(handler.body)


def makings(statement: ast.stmt, kinds: set[str], names: set[str]) -> Iterator[ast.expr]:
    """The expressions of a statement, and of none inside it, that make a model."""
    if isinstance(statement, Definition):
        return
    found = [n for e in own_expressions(statement) for n in outer(e)
             if isinstance(n, ast.Call) and last_name(n.func) in kinds]  # fmt: skip
    yield from found
    if isinstance(statement, Assignment) and isinstance(statement.value, ast.Call) and not found:
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        if any(isinstance(t, ast.Name) and t.id in names for t in targets):
            yield statement.value


def own_expressions(statement: ast.stmt) -> Iterator[ast.expr]:
    """The expressions of a statement that are not those of statements inside it."""
    for child in ast.iter_child_nodes(statement):
        if isinstance(child, ast.expr):
            yield child
        elif isinstance(child, ast.withitem):
            yield child.context_expr


def outer(node: ast.AST) -> Iterator[ast.AST]:
    """A node and what lies in it, but for the bodies of functions written there."""
    yield node
    if not isinstance(node, ast.Lambda):
        for child in ast.iter_child_nodes(node):
            yield from outer(child)


def hidden_makings(statements: list[ast.stmt], kinds: set[str]) -> list[str]:
    """Makings inside functions, and those with no arguments at all: worth a try at last."""
    defined = {s.name for s in statements if isinstance(s, ast.ClassDef)}
    inside = [
        ast.unparse(n)
        for s in statements
        if isinstance(s, Definition)
        for n in ast.walk(s)
        if isinstance(n, ast.Call) and last_name(n.func) in kinds
    ]
    return [*(f"{kind}()" for kind in sorted(kinds & defined)), *dict.fromkeys(inside)]


def leaning(statements: list[ast.stmt], made: dict[int, list[ast.expr]]) -> set[int]:
    """Identities of the assignments to run: constants, and what the rest leans on."""
    assigned = [s for s in statements if isinstance(s, Assignment) and s.value is not None]
    kept = {id(s) for s in assigned if is_plain(s.value)}
    roots: list[ast.AST] = [m for found in made.values() for m in found]
    roots += [s for s in statements if isinstance(s, Definition)]
    wanted = {n for root in roots for n in loaded(root)}
    left = [s for s in assigned if not made[id(s)]]
    for _ in range(ROUNDS):
        new = [s for s in left if bound(s) & wanted]
        if not new:
            break
        found = {id(s) for s in new}
        kept |= found
        wanted |= {n for s in new for n in loaded(s)}
        left = [s for s in left if id(s) not in found]
    return kept


def is_plain(value: ast.expr | None) -> bool:
    """Whether an expression is a constant, or made of such by what takes no time."""
    for node in ast.walk(value) if value is not None else ():
        if isinstance(node, ast.Call):
            name = dotted(node.func)
            if name not in PLAIN_CALLS and not name.startswith(LAYERS):
                return False
        elif not isinstance(node, PLAIN):
            return False
    return True


def bound(statement: Assignment) -> set[str]:
    """The names that an assignment binds."""
    targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
    return {n.id for t in targets for n in ast.walk(t) if isinstance(n, ast.Name)}


def loaded(node: ast.AST) -> set[str]:
    """The names that a piece of code reads."""
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and is_read(n)}


def is_read(name: ast.Name) -> bool:
    """Whether a name is read where it stands."""
    return isinstance(name.ctx, ast.Load)


def dotted(node: ast.expr) -> str:
    """`torch.nn.Linear` of a name with attributes; empty for other expressions."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        inner = dotted(node.value)
        return f"{inner}.{node.attr}" if inner else ""
    return ""


def last_name(node: ast.expr) -> str:
    """`Linear` of `nn.Linear`; empty for what is called without a name."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""
