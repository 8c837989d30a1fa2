"""What a scripted student does about names: sets missing ones, keeps results, renames others."""

from __future__ import annotations

import ast
import builtins
import difflib
import re
from collections.abc import Iterator

from scripted_lines import written_again
from scripted_page import Page


def undefined(page: Page) -> list[str]:
    """Names in the line, or the cell, that no cell above sets, and no line above."""
    try:
        tree = ast.parse(page.here)
    except SyntaxError:
        return []
    above = "\n".join(page.cells[i] for i in page.code if i < page.cell)
    known = set(names_set(above)) | set(dir(builtins))
    missing = []
    for statement in tree.body:
        loads = [n for n in ast.walk(statement) if isinstance(n, ast.Name)]
        inner = {n.id for n in loads if isinstance(n.ctx, ast.Store)}
        inner |= {a.arg for a in ast.walk(statement) if isinstance(a, ast.arg)}
        for n in loads:
            if isinstance(n.ctx, ast.Load) and n.id not in known | inner:
                missing.append(n.id)
        known |= set(names_set(ast.unparse(statement)))
    return list(dict.fromkeys(missing))


def names_set(source: str) -> list[str]:
    """Names that some code sets at its top level or in its loops."""
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return []
    found = [
        n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
    ]
    found += [n.name for n in ast.walk(tree) if isinstance(n, (ast.FunctionDef, ast.ClassDef))]
    found += [(a.asname or a.name).split(".")[0] for n in ast.walk(tree)
              if isinstance(n, (ast.Import, ast.ImportFrom)) for a in n.names]  # fmt: skip
    return found


USUAL = {
    "torch": "import torch", "nn": "from torch import nn", "np": "import numpy as np",
    "plt": "import matplotlib.pyplot as plt", "Path": "from pathlib import Path",
    "make_moons": "from sklearn.datasets import make_moons",
    "train_test_split": "from sklearn.model_selection import train_test_split",
    "device": 'device = "cuda" if torch.cuda.is_available() else "cpu"',
}  # fmt: skip
"""What every notebook of the course begins with."""


def define(page: Page) -> Iterator[Page]:
    """Sets a missing name above its use: as a later cell does, as usual, by its spelling, as its
    use tells, or as a line beside it does for another name."""
    for name in undefined(page):
        lines = page.here.split("\n")
        above = before_use(page, name)
        for index in page.code:
            for line in page.cells[index].split("\n"):
                if index > page.cell and re.match(rf"{name} = ", line):
                    yield with_line_above(page, above, line)
        if name in USUAL:
            yield page.with_cell(f"{USUAL[name]}\n{page.here}")
        known = [n for i in page.code if i <= page.cell for n in names_set(page.cells[i])]
        for close in difflib.get_close_matches(name, [n for n in known if n != name], 2, 0.75):
            yield page.with_cell(re.sub(rf"\b{name}\b", close, page.here))
        for line in written_again(page, name):
            yield with_line_above(page, above, line)
        for line in lines:
            beside = re.match(r"\w+( = .*\(.*)$", line)
            if beside:
                yield with_line_above(page, above, f"{name}{beside[1]}")


def before_use(page: Page, name: str) -> int:
    """How many lines of the cell stand above the statement that uses a name first."""
    for statement in ast.parse(page.here).body:
        if any(isinstance(n, ast.Name) and n.id == name for n in ast.walk(statement)):
            return statement.lineno - 1
    return 0


def with_line_above(page: Page, above: int, line: str) -> Page:
    """The page with a line more in its cell."""
    lines = page.here.split("\n")
    return page.with_cell("\n".join([*lines[:above], line, *lines[above:]]))


THROWN_AWAY = re.compile(r"(\s*)(\w+)(\.\w+\(.*\))\s*$")


def keep_result(page: Page) -> Iterator[Page]:
    """Gives a result that is thrown away a name: the one that lacks a value, or its own."""
    lines = page.here.split("\n")
    for at in [page.line - 1] if page.at else range(len(lines) - 1):
        match = THROWN_AWAY.match(lines[at])
        if match is None or match[2] in ("plt", "torch"):
            continue
        space, name, call = match.groups()
        there = page._replace(line=at + 1)
        for after in lines[at + 1 : at + 4]:
            alias = re.match(rf"\s*(\w+) = {name}\s*$", after)
            if alias:
                yield page.with_cell(page.here.replace(after, f"{space}{alias[1]} = {name}{call}"))
        yield there.with_line(f"{space}{name} = {name}{call}")


def rename_result(page: Page) -> Iterator[Page]:
    """Gives a result that hides a function another name, wherever it is meant; a function that a
    number was assigned to is called with it."""
    text = "\n".join(page.cells[i] for i in page.code)
    for name in dict.fromkeys(re.findall(r"((?:\b\w+\.)*\b\w+)\(", page.at or page.here)):
        set_again = rf"^(\s*){re.escape(name)} = (.*)$"
        if not re.search(set_again, text, re.MULTILINE):
            continue
        cells = list(page.cells)
        if "." in name:
            for i in page.code:
                cells[i] = re.sub(set_again, rf"\1{name}(\2)", cells[i], flags=re.MULTILINE)
            yield page._replace(cells=tuple(cells))
            continue
        for i in page.code:
            cells[i] = re.sub(rf"(?<![.\w]){name}\b(?!\()", f"{name}_result", cells[i])
        back = [re.sub(rf"\b{name}_result = (nn\.\w+\(\)|torch\.optim.*)$", rf"{name} = \1", c,
                       flags=re.MULTILINE) for c in cells]  # fmt: skip
        yield page._replace(cells=tuple(back))
        called = [re.sub(rf"(?<![.\w]){name}\([^()]*\)", f"{name}_result", c) for c in cells]
        yield page._replace(cells=tuple(called))
