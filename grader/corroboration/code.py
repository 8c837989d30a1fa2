"""What the code of a hand-in holds, up to a cell: the cells are seen from outside.

What it does not hold, honest code cannot have done. What cannot be read (prose, helpers from
other files) could have done anything, so nothing is concluded from there on.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from typing import NamedTuple

from grader.evidence import Evidence
from grader.facts import CellRead
from grader.notebook import parse_cell

KNOWN = frozenset(sys.stdlib_module_names) | {
    "torch", "torchvision", "numpy", "matplotlib", "pandas", "sklearn", "tqdm", "IPython", "google",
}  # fmt: skip
"""Modules that call no seeding function of torch by themselves."""
SHARES = frozenset(
    ["np", "numpy", "from_numpy", "asarray", "as_tensor", "frombuffer", "from_dlpack", "to_dlpack",
     "data", "storage", "untyped_storage", "memoryview", "set_", "share_memory_", "ctypes",
     "__array__", "__array_interface__", "swap_tensors", "from_file", "Storage", "from_blob"]
)  # fmt: skip
"""Words of code that may change a tensor's numbers without torch taking note."""
INEXACT = frozenset(
    ["autocast", "set_float32_matmul_precision", "allow_tf32", "mkldnn", "compile", "vmap", "jit",
     "func", "functorch", "set_flush_denormal", "amp", "quantize", "quantization", "threading",
     "Thread", "multiprocessing", "set_default_dtype"]
)  # fmt: skip
"""Words of code under which a call may honestly give other numbers than a plain one."""
DEVICE = re.compile(r"cuda|gpu|mps|xpu|xla|device|accelerator|\bto\b", re.IGNORECASE)


class Seeding(NamedTuple):
    """A seeding call as the code writes it; `value` where it can be told."""

    function: str
    value: int | None


class _Cell(NamedTuple):
    index: int
    source: str
    tree: ast.Module | None


class Code:
    """The code of one hand-in."""

    def __init__(self, evidence: Evidence) -> None:
        self._cells = [
            _Cell(c.cell, c.source, parse_cell(c.source)) for c in evidence.everywhere(CellRead)
        ]
        self._words: dict[int, frozenset[str]] = {}

    def text(self, cell: int) -> str:
        """All code up to and with a cell."""
        return "\n".join(c.source for c in self._cells if c.index <= cell)

    def readable(self, cell: int) -> bool:
        """Whether all code up to a cell is Python, and imports nothing unknown."""
        trees = [c.tree for c in self._cells if c.index <= cell]
        return all(t is not None and imports(t) <= KNOWN for t in trees)

    def words(self, cell: int) -> frozenset[str]:
        """The identifiers in the code up to and with a cell."""
        if cell not in self._words:
            trees = [c.tree for c in self._cells if c.index <= cell and c.tree]
            self._words[cell] = frozenset(w for t in trees for w in words_of(t))
        return self._words[cell]

    def may_share_memory(self, cell: int) -> bool:
        """Whether numbers may have changed unseen between two calls."""
        return not self.readable(cell) or bool(self.words(cell) & SHARES)

    def may_be_inexact(self, cell: int) -> bool:
        """Whether a call may honestly give other numbers than a plain one."""
        return bool(self.words(cell) & INEXACT)

    def names_a_device(self, cell: int) -> bool:
        """Whether something in the code could bring a tensor to a device."""
        return bool(DEVICE.search(self.text(cell)))

    def seedings(self, cell: int) -> list[Seeding] | None:
        """The seeding calls up to a cell; None where the code may hold some that are not told."""
        found: list[Seeding] = []
        for one in self._cells:
            if one.index <= cell and one.tree is not None:
                found += seedings_of(one.tree)
        mentions = sum("seed" in n.lower() for n in self._called_or_not(cell))
        return found if self.readable(cell) and mentions == len(found) else None

    def written_seedings(self, cell: int) -> list[Seeding]:
        """The seeding calls up to a cell that can be told, with names put in for their values."""
        trees = [c.tree for c in self._cells if c.index <= cell and c.tree is not None]
        known = [pair for tree in trees for pair in constants(tree)]
        return [s for tree in trees for s in seedings_of(tree, known)]

    def _called_or_not(self, cell: int) -> Iterator[str]:
        """Every name and attribute that is read, with repetition."""
        for one in self._cells:
            for node in ast.walk(one.tree) if one.index <= cell and one.tree else ():
                if isinstance(node, ast.Attribute):
                    yield node.attr
                elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                    yield node.id


def imports(tree: ast.Module) -> set[str]:
    """The packages that code imports."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found.update(a.name.partition(".")[0] for a in node.names)
        elif isinstance(node, ast.ImportFrom):
            found.add((node.module or "?").partition(".")[0])
    return found


def words_of(tree: ast.Module) -> Iterator[str]:
    """The identifiers of code; of imports, only names that are not the module's usual one."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.keyword) and node.arg:
            yield node.arg
        elif isinstance(node, ast.ImportFrom):
            yield from (node.module or "").split(".")
            yield from (a.name for a in node.names)
        elif isinstance(node, ast.Import):
            for alias in node.names:
                plain = alias.name == "numpy" and alias.asname in (None, "np")
                yield from () if plain else alias.name.split(".")


def seedings_of(tree: ast.Module, known: list[tuple[str, int]] | None = None) -> list[Seeding]:
    """The calls of functions whose name speaks of a seed.

    With `known`, a name that is passed stands for every whole number it is given anywhere.
    """
    found = []
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        function = ast.unparse(node.func)
        if "seed" not in function.rpartition(".")[2].lower():
            continue
        passed = [*node.args, *(k.value for k in node.keywords)]
        value = whole(passed[0]) if len(passed) == 1 else None
        found.append(Seeding(function, value))
        if known and len(passed) == 1 and isinstance(passed[0], ast.Name):
            found += [Seeding(function, v) for name, v in known if name == passed[0].id]
    return found


def constants(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Names that are given a whole number, with the number."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and (value := whole(node.value)) is not None:
            for target in node.targets:
                if isinstance(target, ast.Name):
                    yield target.id, value


def whole(node: ast.expr) -> int | None:
    """The whole number that an expression writes down."""
    if isinstance(node, ast.Constant) and isinstance(node.value, int):
        return None if isinstance(node.value, bool) else node.value
    return None
