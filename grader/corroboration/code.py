"""What the code of a hand-in holds, up to a cell: the cells are seen from outside.

What it does not hold, honest code cannot have done. What cannot be read (prose, magics, helpers
from other files) could have done anything, so nothing is concluded from there on.
"""

from __future__ import annotations

import ast
import re
import sys
from functools import lru_cache
from typing import NamedTuple

from grader.evidence import Evidence
from grader.facts import CellRead
from grader.notebook import parse_cell

KNOWN = frozenset(sys.stdlib_module_names) | {
    "torch", "torchvision", "numpy", "matplotlib", "pandas", "sklearn", "tqdm", "IPython", "google",
}  # fmt: skip
"""Modules that call no seeding function of torch by themselves."""
HIDES = frozenset(["exec", "eval", "run_cell_magic", "system", "getoutput", "run_cell", "compile"])
"""Functions that run what cannot be read here."""
HARMLESS_MAGICS = ("matplotlib", "pip", "conda", "config", "load_ext", "autoreload", "precision")
HARMLESS_COMMANDS = ("pip ", "nvidia-smi", "python -V", "python --version")
SHARES = frozenset(
    ["np", "numpy", "from_numpy", "asarray", "as_tensor", "frombuffer", "from_dlpack", "to_dlpack",
     "data", "storage", "untyped_storage", "memoryview", "set_", "share_memory_", "ctypes",
     "__array__", "__array_interface__", "swap_tensors", "from_file", "Storage", "from_blob",
     "resize_", "resize_as_", "as_strided_", "nn", "optim", "torchvision"]
)  # fmt: skip
"""Words of code that may change a tensor's numbers without torch taking note.

Layers such as batch norm do so with what they keep.
"""
INEXACT = frozenset(
    ["autocast", "set_float32_matmul_precision", "allow_tf32", "mkldnn", "compile", "vmap", "jit",
     "func", "functorch", "set_flush_denormal", "amp", "quantize", "quantization", "threading",
     "Thread", "multiprocessing", "set_default_dtype"]
)  # fmt: skip
"""Words of code under which a call may honestly give other numbers than a plain one."""
DEVICE = re.compile(r"cuda|gpu|mps|xpu|xla|device|accelerator|\bto\b", re.IGNORECASE)


class Seeding(NamedTuple):
    """A seeding call as the code writes it: a whole number, a name, or something else is passed."""

    function: str
    value: int | None
    name: str | None


class CodeRead(NamedTuple):
    """What one cell holds, or all cells up to one.

    Attributes:
        readable: whether it is Python that hides nothing and imports nothing unknown.
        words: its identifiers; a usual import of numpy is none.
        seedings: its calls of functions whose name speaks of a seed.
        mentions: how often it names such a function, called or not.
        constants: names that are given a whole number.
        imported: names that stand for something of a module, with its full name.
        names_a_device: whether something in it could bring a tensor to a device.
    """

    text: str
    readable: bool
    words: frozenset[str]
    seedings: tuple[Seeding, ...]
    mentions: int
    constants: frozenset[tuple[str, int]]
    imported: frozenset[tuple[str, str]]
    names_a_device: bool

    def __or__(self, after: CodeRead) -> CodeRead:
        """This code and then some more."""
        return CodeRead(
            f"{self.text}\n{after.text}",
            self.readable and after.readable,
            self.words | after.words,
            self.seedings + after.seedings,
            self.mentions + after.mentions,
            self.constants | after.constants,
            self.imported | after.imported,
            self.names_a_device or after.names_a_device,
        )

    @property
    def may_share_memory(self) -> bool:
        """Whether numbers may have changed unseen between two calls."""
        return not self.readable or bool(self.words & SHARES)

    @property
    def may_be_inexact(self) -> bool:
        """Whether a call may honestly give other numbers than a plain one."""
        return bool(self.words & INEXACT)

    @property
    def seeds(self) -> set[int] | None:
        """The values of all its seedings; None where there may be others."""
        values = {s.value for s in self.seedings}
        if not self.readable or self.mentions != len(self.seedings) or None in values:
            return None
        return {v for v in values if v is not None}


class Code:
    """The code of one hand-in, up to and with each cell."""

    def __init__(self, evidence: Evidence) -> None:
        self._until: dict[int, CodeRead] = {}
        so_far = read("")
        for cell in evidence.everywhere(CellRead):
            so_far = so_far | read(cell.source)
            self._until[cell.cell] = so_far
        self._none = read("")

    def until(self, cell: int) -> CodeRead:
        """What stands in the cells up to and with one."""
        return self._until.get(cell, self._none)


@lru_cache(maxsize=512)
def read(source: str) -> CodeRead:
    """One cell's code."""
    tree = parse_cell(source)
    device = bool(DEVICE.search(source))
    if tree is None:
        return CodeRead(source, False, frozenset(), (), 0, frozenset(), frozenset(), device)
    words: set[str] = set()
    seedings: list[Seeding] = []
    constants: set[tuple[str, int]] = set()
    imported: set[tuple[str, str]] = set()
    readable, mentions = True, 0
    for node in ast.walk(tree):
        words.update(words_of(node))
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            readable = readable and packages(node) <= KNOWN
            imported.update(names_of(node))
        elif isinstance(node, ast.Assign) and (value := whole(node.value)) is not None:
            constants.update((t.id, value) for t in node.targets if isinstance(t, ast.Name))
        elif isinstance(node, ast.Attribute) or (
            isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
        ):
            mentions += speaks_of_a_seed(node)
        elif isinstance(node, ast.Call):
            readable = readable and not hides(node)
            seedings += seeding_of(node)
    return CodeRead(
        source, readable, frozenset(words), tuple(seedings), mentions, frozenset(constants),
        frozenset(imported), device,
    )  # fmt: skip


def packages(node: ast.Import | ast.ImportFrom) -> set[str]:
    """The packages that an import names."""
    if isinstance(node, ast.ImportFrom):
        return {(node.module or "?").partition(".")[0]}
    return {a.name.partition(".")[0] for a in node.names}


def names_of(node: ast.Import | ast.ImportFrom) -> list[tuple[str, str]]:
    """The names that an import gives, with what each stands for."""
    if isinstance(node, ast.ImportFrom):
        return [(a.asname or a.name, f"{node.module}.{a.name}") for a in node.names]
    return [(a.asname, a.name) for a in node.names if a.asname]


def words_of(node: ast.AST) -> list[str]:
    """The identifiers of one node; of imports, only names that are not the module's usual one."""
    if isinstance(node, ast.Name):
        return [node.id]
    if isinstance(node, ast.Attribute):
        return [node.attr]
    if isinstance(node, ast.ImportFrom):
        return [*(node.module or "").split("."), *(a.name for a in node.names)]
    if isinstance(node, ast.Import):
        unusual = [a for a in node.names if a.name != "numpy" or a.asname not in (None, "np")]
        return [word for a in unusual for word in a.name.split(".")]
    return []


def speaks_of_a_seed(node: ast.Attribute | ast.Name) -> bool:
    """Whether a name is that of a seeding function; a number called `seed` is none."""
    name = node.attr if isinstance(node, ast.Attribute) else node.id
    return "seed" in name.lower()


def seeding_of(node: ast.Call) -> list[Seeding]:
    """The call, if the name of what it calls speaks of a seed."""
    if not isinstance(node.func, (ast.Attribute, ast.Name)) or not speaks_of_a_seed(node.func):
        return []
    passed = [*node.args, *(k.value for k in node.keywords)]
    only = passed[0] if len(passed) == 1 else None
    name = only.id if isinstance(only, ast.Name) else None
    return [Seeding(ast.unparse(node.func), whole(only), name)]


def hides(node: ast.Call) -> bool:
    """Whether a call runs code that stands in a text, or outside the hand-in."""
    called = node.func.attr if isinstance(node.func, ast.Attribute) else (
        node.func.id if isinstance(node.func, ast.Name) else "")  # fmt: skip
    first = node.args[0].value if node.args and isinstance(node.args[0], ast.Constant) else ""
    if called == "run_line_magic":
        return first not in HARMLESS_MAGICS
    if called == "system" and str(first).startswith(HARMLESS_COMMANDS):
        return False
    return called in HIDES


def whole(node: ast.expr | None) -> int | None:
    """The whole number that an expression writes down."""
    if isinstance(node, ast.Constant) and isinstance(node.value, int):
        return None if isinstance(node.value, bool) else node.value
    return None
