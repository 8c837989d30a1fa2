"""Source that reaches for what grades it, found before anything runs.

This is a search for intent, not a fence: code that means to hide can. What it finds goes to a
person with the points withheld, so it must find nothing in an honest hand-in; a name such as
`max = ...`, `gc.collect()` or an import that is never used is ordinary.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from grader.facts import Doubted
from grader.listings import asked_by_name, picks_a_member, picks_a_name
from grader.machinery import (
    A_PROCESS,
    ADDRESSES,
    ATTRIBUTES,
    DECODES,
    GIVES_NUMBERS,
    PICKLING,
    RESULTS,
    RUNS_TEXT,
    STAND_INS,
    WATCHED_OWNERS,
    may_not_change,
    telling_path,
    telling_text,
)
from grader.notebook import Cell, Notebook, parse_cell
from grader.origins import (
    GETTERS,
    IMPORTS,
    Function,
    Origins,
    TooEntangled,
    bindings,
    plain,
)
from grader.sources import read_sources

MOST_FOUND = 10
MOST_NESTED = 3
MOST_BINDINGS = 50
TENSORS = {"torch.Tensor", "torch.nn.Parameter", "torch.nn.parameter.Parameter"}
SETTERS = ("setattr", "delattr", "__setattr__", "__delattr__")
HARMLESS_METHODS = {"__init__", "__new__", "__init_subclass__"}


class Reach(NamedTuple):
    """One place where code reaches for what grades it.

    Attributes:
        cell: its index in the hand-in, from 0.
        line: in the cell, from 1.
        what: the name or the act, a few words.
    """

    cell: int
    line: int
    what: str


def doubts(notebook: Notebook) -> list[Doubted]:
    """What the source of a hand-in gives reason to doubt: each thing once.

    Code can change what any later exercise claims, so the whole hand-in is in doubt.
    """
    found: dict[str, Doubted] = {}
    for reach in reaching(notebook.code):
        reason = (f"its code reaches for what grades it: {reach.what}"
                  f" (cell {reach.cell + 1}, line {reach.line})")  # fmt: skip
        found.setdefault(reach.what, Doubted(cell=reach.cell, line=reach.line, reason=reason))
    return list(found.values())[:MOST_FOUND]


def reaching(cells: Iterable[Cell]) -> list[Reach]:
    """Every place in code cells that reaches for what grades them, in order."""
    cells = list(cells)
    try:
        read = read_sources(tuple(cell.source for cell in cells))
        parsed = [(cell, t) for cell, of_it in zip(cells, read.trees, strict=True) for t in of_it]
        origins = read.origins
        found = [
            Reach(cell.index, line, what)
            for cell, tree in parsed
            for line, what in Scan(origins).of(tree)
        ]
        found += leaving_results([(cell.index, tree) for cell, tree in parsed], origins)
    except (RecursionError, TooEntangled):
        return [Reach(cells[0].index, 1, "it is too entangled to be read")]
    return sorted(set(found))


class Scan:
    """Looks at one syntax tree.

    Args:
        origins: of all names of the hand-in.
        depth: how many texts that are executed lie around it.
    """

    def __init__(self, origins: Origins, depth: int = 0) -> None:
        self._origins = origins
        self._depth = depth
        self._tree: ast.AST = ast.Module([], [])

    def of(self, tree: ast.AST) -> Iterator[tuple[int, str]]:
        """Lines and what they reach for."""
        self._tree = tree
        inner = {id(n.value) for n in ast.walk(tree) if isinstance(n, ast.Attribute)}
        for node in ast.walk(tree):
            for what in self._telling(node, whole=id(node) not in inner):
                yield getattr(node, "lineno", 1), what

    def _telling(self, node: ast.AST, *, whole: bool) -> Iterator[str]:
        if isinstance(node, ast.Attribute) and (node.attr in ATTRIBUTES or pickles(node)):
            yield node.attr
        elif isinstance(node, (ast.Attribute, ast.Name, ast.Subscript, ast.Call)) and whole:
            yield from sorted(filter(telling_path, self._origins.paths(node)))
        if isinstance(node, (ast.Constant, ast.BinOp, ast.JoinedStr, ast.Call, ast.Subscript)):
            told = telling_text(self._origins.text(node) or "")
            if told or starts_with(node, A_PROCESS):
                yield told or A_PROCESS
        if self._picks(node):
            yield "an attribute picked from a listing"
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            yield from self._imported(node)
        elif isinstance(node, ast.Call):
            yield from self._called(node)
        elif isinstance(node, ast.ClassDef):
            yield from self._defined(node)
        elif isinstance(node, ast.MatchClass):
            yield from sorted(ATTRIBUTES.intersection(node.kwd_attrs))
        elif isinstance(node, ast.Subscript):
            yield from self._computed_module(node)
        for target, value in bindings(node):
            yield from self._bound_anew(target, value)

    def _imported(self, node: ast.Import | ast.ImportFrom) -> Iterator[str]:
        """An import counts only where no other use could be meant."""
        module = getattr(node, "module", None) or ""
        for alias in node.names:
            path = f"{module}.{alias.name}" if module else alias.name
            ours = path.partition(".")[0] == "_observer"
            if ours or alias.name in ATTRIBUTES or (alias.name == "*" and telling_path(module)):
                yield path

    def _bound_anew(self, target: ast.expr, value: ast.expr) -> Iterator[str]:
        """`torch.rand = mine`; `torch.manual_seed = 7` is a mistake that helps nobody."""
        bound = target.attr if isinstance(target, ast.Attribute) else plain(target)
        if bound in ADDRESSES:
            yield f"{bound} = ..."
        item = isinstance(target, ast.Subscript) and not isinstance(target.value, ast.Name)
        if not (item or isinstance(target, ast.Attribute)) or self._is_number(value):
            return
        for path in self._origins.paths(target):
            if may_not_change(path):
                yield f"{path} = ..."

    def _is_number(self, value: ast.AST, depth: int = 0) -> bool:
        if isinstance(value, ast.Name) and depth < MOST_NESTED:
            values = self._origins.values.get(value.id, [])
            few = 0 < len(values) < MOST_BINDINGS
            return few and all(self._is_number(v, depth + 1) for v in values)
        if isinstance(value, ast.Call) and depth < MOST_NESTED:
            called = self._origins.paths(value.func)
            known = bool(called) and all(GIVES_NUMBERS.match(path) for path in called)
            return known and all(self._is_number(a, depth + 1) for a in value.args)
        if isinstance(value, ast.UnaryOp):
            return self._is_number(value.operand, depth)
        return isinstance(value, ast.Constant)

    def _called(self, node: ast.Call) -> Iterator[str]:
        called = self._origins.paths(node.func)
        if any(path.endswith(SETTERS) for path in called) and node.args:
            yield from self._set_by_name(node)
        elif called.intersection(GETTERS) and len(node.args) > 1:
            yield from self._computed_name(node)
        elif called.intersection(RUNS_TEXT):
            yield from self._run_text(node)
        elif called.intersection(IMPORTS) and node.args and self._decoded(node.args[0]):
            yield "an import of a decoded name"
        elif "vars" in called and node.args:
            owners = self._origins.paths(node.args[0]) & {"torch", *WATCHED_OWNERS}
            yield from (f"vars({owner})" for owner in owners)
        elif "type" in called and len(node.args) == 3:
            parts = {p for n in ast.walk(node.args[1]) for p in self._origins.paths(n)}
            if parts & TENSORS:
                yield "a kind of tensor of its own"

    def _set_by_name(self, node: ast.Call) -> Iterator[str]:
        """`setattr(torch, "rand", mine)`, `torch.__setattr__("rand", mine)`."""
        owners, (first, *rest) = self._origins.paths(node.args[0]), node.args
        if not owners or not rest or self._origins.text(first):
            owners = {p.rpartition(".")[0] for p in self._origins.paths(node.func)}
            rest = node.args
        name = self._origins.text(rest[0]) or "?"
        number = len(rest) > 1 and self._is_number(rest[1])
        for owner in sorted(owners):
            if may_not_change(f"{owner}.{name}") and not number:
                yield f"{owner}.{name} = ..."

    def _computed_name(self, node: ast.Call) -> Iterator[str]:
        """`getattr(sys, name)`, where the name cannot be read from the source."""
        if self._origins.text(node.args[1]) is not None:
            return
        owners = self._origins.paths(node.args[0])
        for owner in sorted(owners):
            watched = any(owner == w or owner.startswith(f"{w}.") for w in WATCHED_OWNERS)
            if watched or STAND_INS.match(owner):
                yield f"getattr({owner}, ...)"
        if self._decoded(node.args[1]):
            yield "an attribute with a decoded name"

    def _picks(self, node: ast.AST) -> bool:
        """`getattr(x, next(n for n in dir(x) if "losur" in n))`, and other ways to ask for it."""
        asked = asked_by_name(node, self._origins)
        if asked and picks_a_name(self._origins, *asked, self._tree):
            return True
        return isinstance(node, ast.Call) and picks_a_member(self._origins, node, self._tree)

    def _computed_module(self, node: ast.Subscript) -> Iterator[str]:
        """`sys.modules[name]` is read; `del sys.modules[name]` only forgets it."""
        if "sys.modules" not in self._origins.paths(node.value):
            return
        name = self._origins.text(node.slice)
        if isinstance(node.ctx, ast.Load) and name is None and plain(node.slice) != "__name__":
            yield "sys.modules[...]"
        if isinstance(node.ctx, ast.Store) and (name is None or may_not_change(f"{name}.any")):
            yield "sys.modules[...] = ..."

    def _run_text(self, node: ast.Call) -> Iterator[str]:
        """What a text that is executed reaches for, and texts that had to be decoded first."""
        for argument in node.args:
            text = self._origins.text(argument)
            tree = parse_cell(text) if text and self._depth < MOST_NESTED else None
            if tree is not None:
                for _, what in Scan(self._origins, self._depth + 1).of(tree):
                    yield what
            if self._decoded(argument):
                yield "text that is decoded and executed"

    def _decoded(self, node: ast.AST) -> bool:
        """Whether a text had to be decoded from something nobody can read."""
        for part in self._origins.behind(node):
            name = part.attr if isinstance(part, ast.Attribute) else plain(part)
            backwards = isinstance(part, ast.Slice) and part.step is not None
            if name in DECODES or (backwards and ast.unparse(part) == "::-1"):
                return True
        return False

    def _defined(self, node: ast.ClassDef) -> Iterator[str]:
        methods = {n.name: n for n in node.body if isinstance(n, Function)}
        yield from sorted((ATTRIBUTES | ADDRESSES).intersection(methods))
        if "__eq__" in methods and always_true(methods["__eq__"]):
            yield "an object that equals everything"
        bases = {p for base in node.bases for p in self._origins.paths(base)}
        if bases & TENSORS and methods.keys() - HARMLESS_METHODS:
            yield "a kind of tensor of its own"


def pickles(node: ast.Attribute) -> bool:
    """Whether an object is asked how it is pickled, unless a class asks the one it is based on."""
    based = isinstance(node.value, ast.Call) and plain(node.value.func) == "super"
    return node.attr in PICKLING and not based


def starts_with(node: ast.AST, text: str) -> bool:
    """Whether a computed text starts with exactly this."""
    if isinstance(node, ast.JoinedStr):
        first: ast.AST | None = node.values[0] if len(node.values) > 1 else None
    else:
        first = node.left if isinstance(node, ast.BinOp) else None
    return isinstance(first, ast.Constant) and first.value == text


def always_true(function: Function) -> bool:
    """Whether a comparison says yes whatever it is asked."""
    last = function.body[-1]
    found = [n for n in ast.walk(function) if isinstance(n, ast.Return)]
    return (
        len(found) == 1 and found[0] is last and isinstance(found[0].value, ast.Constant)
        and found[0].value.value is True
    )  # fmt: skip


def leaving_results(parsed: list[tuple[int, ast.Module]], origins: Origins) -> list[Reach]:
    """Code that names the grader's own files and ends the process."""
    ends: list[tuple[int, int]] = []
    named = False
    for cell, tree in parsed:
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and "os._exit" in origins.paths(node.func):
                ends.append((cell, node.lineno))
            named |= isinstance(node, ast.Constant) and bool(RESULTS.search(str(node.value)))
    return [Reach(cell, line, "os._exit beside a result file") for cell, line in ends if named]
