"""The classes of models that a hand-in writes, read without running them."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from grader.cell_code import CellCode, Page, page_of
from grader.evidence import Evidence
from grader.facts import ModelSeen
from grader.raised import Raised

MODULES = {"torch.nn.Module", "torch.nn.modules.module.Module", "torch.nn.modules.Module"}
WITH_WEIGHTS = {
    "Linear", "LazyLinear", "Bilinear", "Conv1d", "Conv2d", "Conv3d", "ConvTranspose1d",
    "ConvTranspose2d", "ConvTranspose3d", "BatchNorm1d", "BatchNorm2d", "BatchNorm3d", "LayerNorm",
    "GroupNorm", "Embedding", "RNN", "LSTM", "GRU", "MultiheadAttention", "PReLU",
}  # fmt: skip
"""Layers of torch that hold numbers to be learned."""

Function = ast.FunctionDef | ast.AsyncFunctionDef


class Kept(NamedTuple):
    """An attribute that `__init__` sets: its name, what it is set to, and the line in the cell."""

    name: str
    value: ast.expr
    line: int


class ModelClass(NamedTuple):
    """A class with `torch.nn.Module` among its bases.

    Attributes:
        page: the code around it.
        cell: where it is written.
        node: it.
    """

    page: Page
    cell: CellCode
    node: ast.ClassDef

    @property
    def name(self) -> str:
        """What it is called."""
        return self.node.name

    def method(self, name: str) -> Function | None:
        """One of its own methods."""
        found = [n for n in self.node.body if isinstance(n, Function) and n.name == name]
        return found[-1] if found else None

    def methods(self) -> list[str]:
        """The names of its own methods."""
        return [n.name for n in self.node.body if isinstance(n, Function)]

    def kept(self) -> Iterator[Kept]:
        """The attributes that `__init__` sets; a local name is replaced by what it stands for."""
        made = self.method("__init__")
        local: dict[str, ast.expr] = {}
        for node in ast.walk(made) if made is not None else ():
            if isinstance(node, ast.Assign):
                for target in node.targets:
                    if isinstance(target, ast.Name):
                        local[target.id] = node.value
                    elif own(target):
                        value = node.value
                        if isinstance(value, ast.Name):
                            value = local.get(value.id, value)
                        yield Kept(own(target), value, self.cell.line(node))

    def reads(self, attribute: str) -> bool:
        """Whether code outside of `__init__` reads an attribute, or goes through all of them."""
        through = {"children", "named_children", "modules", "_modules", "__dict__"}
        for node in self._outside():
            if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
                if node.attr == attribute or (node.attr in through and own(node)):
                    return True
            if isinstance(node, ast.Name) and node.id in ("getattr", "vars"):
                return True
        return False

    def _outside(self) -> Iterator[ast.AST]:
        inside = {id(n) for n in ast.walk(self.method("__init__") or ast.Pass())}
        for cell in self.page.cells:
            yield from (n for n in cell.walk() if id(n) not in inside)

    def layers_in(self, node: ast.AST) -> list[ast.Call]:
        """Calls in a node that make layers with numbers to be learned."""
        return [n for n in ast.walk(node) if isinstance(n, ast.Call) and self.makes_layer(n)]

    def makes_layer(self, call: ast.Call) -> bool:
        """Whether a call makes such a layer."""
        paths = self.page.paths(call.func)
        return any(p.startswith("torch.nn.") and p.split(".")[-1] in WITH_WEIGHTS for p in paths)

    def seen(self, evidence: Evidence) -> list[ModelSeen]:
        """The models of this class that a run made, if they hold parameters."""
        return [m for m in evidence.everywhere(ModelSeen) if m.own and m.type == self.name]


def model_classes(evidence: Evidence) -> list[ModelClass]:
    """The classes of models of a hand-in, in order; ask for them with `evidence.once`."""
    page = evidence.once(page_of)
    return [
        ModelClass(page, cell, node)
        for cell in page.cells
        for node in cell.walk()
        if isinstance(node, ast.ClassDef) and any(page.paths(b) & MODULES for b in node.bases)
    ]


def classes_of(evidence: Evidence, exercise: str) -> list[ModelClass]:
    """Those that an exercise's cells write."""
    found = evidence.once(model_classes)
    return [c for c in found if c.cell.read.exercise == exercise]


def concerned(evidence: Evidence, raised: Raised) -> Sequence[ModelClass]:
    """The classes an error is about: named in it, else models of its line, else of its cell."""
    classes = [c for c in evidence.once(model_classes) if c.cell.read.cell <= raised.end.cell]
    words = set(raised.said.replace("'", " ").replace("[", " ").replace("]", " ").split())
    types = {o.type for o in raised.models()}
    for wanted in (words, types):
        found = [c for c in classes if c.name in wanted]
        if found:
            return found[-1:]
    here = [c for c in classes if c.cell.read.cell == raised.end.cell]
    return (here or classes)[-1:]


def own(node: ast.AST) -> str:
    """The attribute of `self` that a node is; empty if it is none."""
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        return node.attr if node.value.id == "self" else ""
    return ""
