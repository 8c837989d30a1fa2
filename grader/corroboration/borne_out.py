"""Which claims something outside bears out.

A result is borne out if its call was computed again and its inputs are borne out themselves; it
begins with numbers that a seed gives, that the code writes down, or that the output shows.
"""

from __future__ import annotations

from grader.corroboration.certainty import Judged, described
from grader.corroboration.code import Code, CodeRead, Seeding
from grader.corroboration.displayed import Displays
from grader.evidence import Evidence
from grader.facts import OpSeen, SeedSet, TensorSeen

DEVICES = {"cuda", "mps", "xpu"}


class BorneOut:
    """The claims of one hand-in that are borne out, by how: their `seq`."""

    def __init__(
        self, evidence: Evidence, code: Code, displays: Displays, judged: list[Judged]
    ) -> None:
        self._evidence = evidence
        self._code = code
        self._displays = displays
        self._same = {j.op.seq for j in judged if j.outcome == "same"}
        self._handles: dict[str, TensorSeen] = {}
        self._numbers: dict[tuple[int, float], list[int]] = {}
        for tensor in evidence.everywhere(TensorSeen):
            if tensor.of == "number" and tensor.values:
                at = (tensor.cell, tensor.values[0])
                self._numbers.setdefault(at, []).append(tensor.seq)
        self._of_operations = self._made()
        self.displayed: set[int] = set()
        self.replayed: set[int] = set()
        self.written: set[int] = set()
        for fact in evidence.facts:
            if isinstance(fact, TensorSeen):
                self._see(fact)
            elif isinstance(fact, OpSeen):
                self._follow(fact)
            elif isinstance(fact, SeedSet) and is_written(code.until(fact.cell), fact):
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
        elif self._displays.show(tensor):
            self.displayed.add(tensor.seq)
            self._handles[tensor.handle] = tensor

    def _placed(self, tensor: TensorSeen) -> bool:
        """Whether it can be on the device it is said to be on."""
        return tensor.device.startswith("cpu") or self._code.until(tensor.cell).names_a_device

    def _follow(self, op: OpSeen) -> None:
        """The results of a call that was computed again from what is borne out."""
        inputs = described(self._evidence, [*op.inputs, *op.named.values()], op)
        if op.seq not in self._same or not all(self._is(t) for t in inputs):
            return
        self.replayed.add(op.seq)
        for tensor in described(self._evidence, list(op.outputs), op):
            if self._placed(tensor):
                self.replayed.add(tensor.seq)
                self._handles[tensor.handle] = tensor
        self._follow_numbers(op)

    def _follow_numbers(self, op: OpSeen) -> None:
        """A plain number that came out of a call is bound under a name at the end of its cell."""
        for output in op.outputs:
            if isinstance(output, (int, float)):
                self.replayed.update(self._numbers.get((op.cell, output), []))

    def _is(self, tensor: TensorSeen) -> bool:
        return tensor.seq in self.replayed or tensor.seq in self.displayed


def is_same(one: TensorSeen, other: TensorSeen) -> bool:
    """Whether a tensor is told again as it was."""
    alike = (one.shape, one.dtype, one.device) == (other.shape, other.dtype, other.device)
    return alike and one.values is not None and one.values == other.values


def is_written(read: CodeRead, seed: SeedSet) -> bool:
    """Whether the code holds a seeding call as it was told."""
    imported = dict(read.imported)
    return any(is_it(s, seed, read.constants, imported) for s in read.seedings)


def is_it(
    written: Seeding,
    told: SeedSet,
    constants: frozenset[tuple[str, int]],
    imported: dict[str, str],
) -> bool:
    """Whether a written call is the one told: the same function of the same module, and value."""
    named = written.name is not None and (written.name, told.value) in constants
    if told.value is None or not (named or written.value == told.value):
        return False
    first, _, rest = written.function.partition(".")
    path = [*imported.get(first, first).split("."), *rest.split(".")] if rest else (
        imported.get(first, first).split("."))  # fmt: skip
    said = told.call.split(".")
    same_place = path[0] == said[0] and DEVICES & set(path) == DEVICES & set(said)
    return same_place and path[-1] == said[-1] and "Generator()" not in path
