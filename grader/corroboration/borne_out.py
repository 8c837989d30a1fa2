"""Which claims something outside bears out.

A result is borne out if its call was computed again and its inputs are borne out themselves; it
begins with numbers that a seed gives, that the code writes down, or that the output shows.
"""

from __future__ import annotations

from typing import Any

from grader.corroboration.code import Code, Seeding
from grader.corroboration.compare import Judged
from grader.corroboration.displayed import is_shown
from grader.evidence import Evidence
from grader.facts import CellRead, OpSeen, OutputSeen, SeedSet, TensorSeen
from grader.values import agree

LONGEST_SHOWN = 1000
"""Elements of the largest tensor that torch writes out in full."""


class BorneOut:
    """The claims of one hand-in that are borne out, by how: their `seq`."""

    def __init__(self, evidence: Evidence, code: Code, judged: list[Judged]) -> None:
        self._evidence = evidence
        self._code = code
        self._same = {j.op.seq for j in judged if j.outcome == "same"}
        self._handles: dict[str, TensorSeen] = {}
        self._outputs: dict[int, list[OutputSeen]] = {}
        self._sources = {c.cell: c.source for c in evidence.everywhere(CellRead)}
        for output in evidence.everywhere(OutputSeen):
            self._outputs.setdefault(output.cell, []).append(output)
        self._of_operations = self._made()
        self.displayed: set[int] = set()
        self.replayed: set[int] = set()
        self.written: set[int] = set()
        for fact in evidence.facts:
            if isinstance(fact, TensorSeen):
                self._see(fact)
            elif isinstance(fact, OpSeen):
                self._follow(fact)
            elif isinstance(fact, SeedSet) and is_written(code, fact):
                self.written.add(fact.seq)

    def _made(self) -> set[tuple[int, str]]:
        """Handles that an operation of the cell gave."""
        ops = self._evidence.everywhere(OpSeen)
        return {(o.cell, r) for o in ops for r in o.outputs if isinstance(r, str)}

    def _see(self, tensor: TensorSeen) -> None:
        """A tensor is borne out if it was before, or if the output shows it."""
        if not self._placed(tensor):
            return
        before = self._handles.get(tensor.handle)
        new = (tensor.cell, tensor.handle) not in self._of_operations
        if before is not None and new and is_same(before, tensor):
            self.replayed.add(tensor.seq)
        elif len(tensor.values or []) <= LONGEST_SHOWN and is_shown(
            tensor, self._outputs.get(tensor.cell, []), self._sources.get(tensor.cell, "")
        ):
            self.displayed.add(tensor.seq)
            self._handles[tensor.handle] = tensor

    def _placed(self, tensor: TensorSeen) -> bool:
        """Whether it can be on the device it is said to be on."""
        return tensor.device.startswith("cpu") or self._code.names_a_device(tensor.cell)

    def _follow(self, op: OpSeen) -> None:
        """The results of a call that was computed again from what is borne out."""
        inputs = self._tensors(op, [*op.inputs, *op.named.values()])
        if op.seq not in self._same or not all(self._is(t) for t in inputs):
            return
        self.replayed.add(op.seq)
        for tensor in self._tensors(op, list(op.outputs)):
            if self._placed(tensor):
                self.replayed.add(tensor.seq)
                self._handles[tensor.handle] = tensor
        self._follow_numbers(op)

    def _follow_numbers(self, op: OpSeen) -> None:
        """A plain number that came out of a call is bound under a name at the end of its cell."""
        plain = [float(o) for o in op.outputs if isinstance(o, (int, float))]
        for tensor in self._evidence.everywhere(TensorSeen) if plain else ():
            same_cell = tensor.cell == op.cell and tensor.of == "number"
            if same_cell and any(agree(tensor.values or [], [n], 1e-9) for n in plain):
                self.replayed.add(tensor.seq)

    def _is(self, tensor: TensorSeen) -> bool:
        return tensor.seq in self.replayed or tensor.seq in self.displayed

    def _tensors(self, op: OpSeen, references: list[Any]) -> list[TensorSeen]:
        found: list[TensorSeen] = []
        for item in references:
            if isinstance(item, list):
                found += self._tensors(op, item)
            elif (tensor := self._evidence.tensor(op, item)) is not None:
                found.append(tensor)
        return found


def is_same(one: TensorSeen, other: TensorSeen) -> bool:
    """Whether a tensor is told again as it was."""
    alike = (one.shape, one.dtype, one.device) == (other.shape, other.dtype, other.device)
    return alike and one.values is not None and one.values == other.values


def is_written(code: Code, seed: SeedSet) -> bool:
    """Whether the code holds a seeding call as it was told."""
    return any(is_it(s, seed) for s in code.written_seedings(seed.cell))


def is_it(written: Seeding, told: SeedSet) -> bool:
    """Whether a written call is the one told: the same function of the same module, and value."""
    module, _, name = told.call.rpartition(".")
    own = module.rpartition(".")[2]
    called = written.function
    bare = "." not in called and own == "torch"
    fits = bare or own in called.split(".") or own not in ("cuda", "mps", "xpu", "numpy")
    elsewhere = own == "torch" and {"cuda", "mps", "xpu"} & set(called.split("."))
    return written.value == told.value is not None and called.endswith(name) and fits and (
        not elsewhere)  # fmt: skip
