"""All the Python in a cell: its own syntax tree, and those of the texts that its magics run."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from grader.notebook import parse_cell

MOST_NESTED = 3
OTHER_LANGUAGES = {"bash", "sh", "html", "HTML", "javascript", "js", "latex", "markdown",
                   "svg", "perl", "ruby", "script", "sx", "cmd", "sql", "R", "file",
                   "writefile"}  # fmt: skip
"""Cell magics whose body is no code of this process; a file named .py is."""


def trees(source: str, depth: int = 0) -> Iterator[ast.Module]:
    """A cell's syntax tree, and those of the texts that its magics run."""
    tree = parse_cell(source)
    if tree is None:
        return
    yield tree
    for node in ast.walk(tree) if depth < MOST_NESTED else ():
        body = magic_body(node)
        if body:
            for inner in trees(body, depth + 1):
                yield ast.increment_lineno(inner, getattr(node, "lineno", 1))


def magic_body(node: ast.AST) -> str:
    """The Python in the cell below a `%%magic`, or after a `%magic` such as %time."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return ""
    said = [a.value for a in node.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
    if node.func.attr == "run_line_magic" and said[:1] in (["time"], ["timeit"], ["prun"]):
        return said[-1]
    if node.func.attr != "run_cell_magic" or len(said) != 3:
        return ""
    name, line, body = said
    return body if name not in OTHER_LANGUAGES or line.strip().endswith(".py") else ""
