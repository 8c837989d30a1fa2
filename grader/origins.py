"""Where the names in a hand-in come from, and what its texts say, read without running it.

`g = gc.get_objects` makes `g` come from `gc.get_objects`, and `"_get" + "frame"` says
`_getframe`. The order of the cells plays no part: a name comes from everything it is ever bound
to.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence

from grader.pieces import put_together

ROUNDS = 6
"""How many names may stand between a name and what it comes from."""
MOST_PATHS = 16
MOST_TEXT = 10_000
MOST_DEPTH = 100
MOST_PARTS = 300_000

SHELL = "get_ipython()"
SHELLS = ("get_ipython", "getipython.get_ipython", "Shell.instance", "Application.instance",
          "KernelApp.instance")  # fmt: skip
IMPORTS = ("__import__", "builtins.__import__", "importlib.import_module")
FROM_MODULES = ("sys.modules.get", "sys.modules.pop", "sys.modules.__getitem__")
GETTERS = ("getattr", "builtins.getattr")
NAMESPACES = ("globals", "locals", "vars")
ALWAYS = {"exec", "eval", "compile", "type", "open", "getattr", "setattr", "delattr", "get_ipython",
          "__import__", "globals", "locals", "vars"}  # fmt: skip
"""Built-in names that may also mean what they always mean where a hand-in binds them anew."""

Function = ast.FunctionDef | ast.AsyncFunctionDef


class TooEntangled(Exception):
    """Names and texts lead through more places than anybody writes by hand."""


class Origins:
    """The names that a hand-in binds at any place.

    Args:
        trees: of its cells.
    """

    def __init__(self, trees: Sequence[ast.AST]) -> None:
        self.values: dict[str, list[ast.AST]] = {}
        self._paths: dict[str, set[str]] = {}
        self._by_name_only: dict[str, set[str]] = {}
        self._texts: dict[str, str | None] = {}
        self._parts = 0
        for tree in trees:
            for node in ast.walk(tree):
                self._note(node)
        self._hand_over([n for tree in trees for n in ast.walk(tree) if isinstance(n, ast.Call)])
        for _ in range(ROUNDS):
            self._spread()

    def _note(self, node: ast.AST) -> None:
        """Remember what a node binds."""
        if isinstance(node, ast.Import):
            for alias in node.names:
                bound = alias.asname or alias.name.partition(".")[0]
                self._comes_from(bound, alias.name if alias.asname else bound)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            for alias in node.names:
                path = f"{node.module}.{alias.name}"
                table = self._paths if alias.asname else self._by_name_only
                table.setdefault(alias.asname or alias.name, set()).add(path)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            self.values.setdefault(node.name, []).append(node)
        else:
            for target, value in bindings(node):
                if isinstance(target, ast.Name):
                    self.values.setdefault(target.id, []).append(value)

    def _hand_over(self, calls: Iterable[ast.Call]) -> None:
        """`f(torch)` binds the parameter of `def f(module)` or `f = lambda module: ...`."""
        for call in calls:
            for made in self.values.get(plain(call.func), [])[:MOST_PATHS]:
                if isinstance(made, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
                    names = [a.arg for a in (*made.args.posonlyargs, *made.args.args)]
                    given = [*zip(names, call.args, strict=False),
                             *((k.arg, k.value) for k in call.keywords if k.arg)]  # fmt: skip
                    for name, value in given:
                        self.values.setdefault(name, []).append(value)

    def _comes_from(self, name: str, path: str) -> None:
        known = self._paths.setdefault(name, set())
        if len(known) < MOST_PATHS:
            known.add(path)

    def _spread(self) -> None:
        """Carry paths over one more assignment."""
        for name, values in self.values.items():
            for value in values:
                if isinstance(value, ast.expr):
                    for path in self.paths(value):
                        self._comes_from(name, path)

    def paths(self, node: ast.AST, depth: int = 0) -> set[str]:
        """Dotted names of what an expression may be or hold, such as `torch.Tensor.tolist`."""
        if depth > MOST_DEPTH:
            return set()
        if isinstance(node, ast.Name):
            return self._paths_of_name(node.id)
        if isinstance(node, ast.Attribute):
            return joined(self.paths(node.value, depth + 1), node.attr)
        if isinstance(node, ast.NamedExpr):
            return self.paths(node.value, depth + 1)
        if isinstance(node, ast.IfExp):
            return self.paths(node.body, depth + 1) | self.paths(node.orelse, depth + 1)
        if isinstance(node, ast.Subscript):
            return self._paths_of_item(node, depth)
        if isinstance(node, ast.Call):
            return self._paths_of_call(node, depth)
        return self._paths_within(node, depth)

    def _paths_within(self, node: ast.AST, depth: int) -> set[str]:
        """What a list, a tuple or a dictionary written down in the source holds."""
        parts: list[ast.expr] = []
        if isinstance(node, (ast.List, ast.Tuple)) and len(node.elts) <= MOST_PATHS:
            parts = node.elts
        elif isinstance(node, ast.Dict) and len(node.values) <= MOST_PATHS:
            parts = node.values
        return {path for part in parts for path in self.paths(part, depth + 1)}

    def _paths_of_name(self, name: str) -> set[str]:
        known = self._paths.get(name, set())
        imported = self._by_name_only.get(name, set())
        if imported and name in self.values:
            # an editor's guess such as `from zmq import device`, and then a `device` of one's own
            imported = {p for p in imported if p.partition(".")[0] in ("ctypes", "gc", "sys")}
        own = {name.replace("__builtins__", "builtins")}
        if known or imported:
            return known | imported | (own & ALWAYS)
        return own & ALWAYS if name in self.values else own

    def _paths_of_item(self, node: ast.Subscript, depth: int) -> set[str]:
        """`sys.modules["gc"]`, `vars(gc)["get_objects"]`, `globals()["gc"]`, `[gc][0]`."""
        key, inner = self.text(node.slice), node.value
        if isinstance(inner, ast.Name) and "sys.modules" not in self.paths(inner):
            held = [v for v in self.values.get(inner.id, []) if not isinstance(v, ast.Name)]
            return {p for v in held[:MOST_PATHS] for p in self._paths_within(v, depth + 1)}
        if key is None:
            return self._paths_within(inner, depth + 1)
        if isinstance(inner, ast.Call) and plain(inner.func) in NAMESPACES:
            if not inner.args:
                return self._paths_of_name(key)
            return joined(self.paths(inner.args[0], depth + 1), key)
        found = self.paths(inner, depth + 1)
        if "sys.modules" in found:
            return {key}
        owners = {p.removesuffix(".__dict__") for p in found if p.endswith(".__dict__")}
        return joined(owners, key)

    def _paths_of_call(self, node: ast.Call, depth: int) -> set[str]:
        """`getattr(gc, "get_objects")`, `__import__("gc")`, `get_ipython()`."""
        called = self.paths(node.func, depth + 1)
        if any(path.endswith(SHELLS) for path in called):
            return {SHELL}
        first = node.args[0] if node.args else None
        if first is not None and called.intersection(IMPORTS + FROM_MODULES):
            name = self.text(first)
            return {name} if name else set()
        if first is not None and len(node.args) > 1 and called.intersection(GETTERS):
            name = self.text(node.args[1])
            return joined(self.paths(first, depth + 1), name) if name else set()
        return set()

    def text(self, node: ast.AST, depth: int = 0) -> str | None:
        """What a text expression says, if its parts stand in the source."""
        if depth > MOST_DEPTH:
            return None
        if isinstance(node, ast.Constant):
            return node.value if isinstance(node.value, str) else None
        if isinstance(node, ast.Name):
            return self._text_of_name(node.id, depth)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            return self._all([node.left, node.right], "", depth)
        if isinstance(node, ast.JoinedStr):
            return self._all(node.values, "", depth)
        if isinstance(node, ast.FormattedValue):
            return self.text(node.value, depth + 1)
        return put_together(node, lambda part: self.text(part, depth + 1)) or (
            self._text_of_join(node, depth) if isinstance(node, ast.Call) else None
        )

    def _text_of_name(self, name: str, depth: int) -> str | None:
        """What a name that is bound once says; each is worked out once."""
        values = self.values.get(name, [])
        if len(values) != 1:
            return None
        if name not in self._texts:
            self._texts[name] = None
            self._texts[name] = self.text(values[0], depth + 1)
        return self._texts[name]

    def _text_of_join(self, node: ast.Call, depth: int) -> str | None:
        """`"".join(["_get", "frame"])`."""
        if not isinstance(node.func, ast.Attribute) or node.func.attr != "join":
            return None
        between = self.text(node.func.value, depth + 1)
        parts = node.args[0] if node.args else None
        if between is None or not isinstance(parts, (ast.List, ast.Tuple)):
            return None
        return self._all(parts.elts, between, depth)

    def _all(self, nodes: Iterable[ast.expr], between: str, depth: int) -> str | None:
        parts = [self.text(n, depth + 1) for n in nodes]
        known = [p for p in parts if p is not None]
        said = between.join(known)
        return said if len(known) == len(parts) and len(said) <= MOST_TEXT else None

    def behind(self, node: ast.AST) -> Iterator[ast.AST]:
        """Everything an expression is made of, also through the names and functions it uses.

        Raises:
            TooEntangled: the hand-in asks for too many of them, all in all.
        """
        seen: set[str] = set()
        waiting = [node]
        while waiting:
            for part in ast.walk(waiting.pop()):
                yield part
                self._parts += 1
                if self._parts > MOST_PARTS:
                    raise TooEntangled
                if isinstance(part, ast.Name) and part.id not in seen:
                    seen.add(part.id)
                    waiting += self.values.get(part.id, [])


def bindings(node: ast.AST) -> Iterator[tuple[ast.expr, ast.expr]]:
    """The targets a node assigns to, each with its value."""
    if isinstance(node, ast.Assign):
        for target in node.targets:
            yield from unpacked(target, node.value)
    elif isinstance(node, (ast.AnnAssign, ast.NamedExpr, ast.AugAssign)):
        if node.value is not None:
            yield node.target, node.value
    elif isinstance(node, (ast.For, ast.AsyncFor, ast.comprehension)):
        for target, _ in unpacked(node.target, node.iter):
            yield target, ast.List(elts=[node.iter])
    elif isinstance(node, ast.withitem) and node.optional_vars is not None:
        yield node.optional_vars, ast.List(elts=[node.context_expr])


def unpacked(target: ast.expr, value: ast.expr) -> Iterator[tuple[ast.expr, ast.expr]]:
    """`a, b = c, d` as two assignments; what cannot be told apart goes to every target."""
    if not isinstance(target, (ast.Tuple, ast.List)):
        yield target, value
        return
    alike = isinstance(value, (ast.Tuple, ast.List)) and len(value.elts) == len(target.elts)
    for position, part in enumerate(target.elts):
        each = value.elts[position] if alike else ast.List(elts=[value])  # type: ignore[attr-defined]
        yield from unpacked(part, each)


def joined(owners: set[str], attribute: str) -> set[str]:
    """The paths of an attribute of any of these."""
    return {f"{owner}.{attribute}" for owner in owners}


def plain(node: ast.AST) -> str:
    """A bare name; nothing for other expressions."""
    return node.id if isinstance(node, ast.Name) else ""
