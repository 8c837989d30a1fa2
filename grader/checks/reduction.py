"""A maximum, minimum, mean, sum or position was found, of what an exercise computed."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from grader.check import Check, Example
from grader.evidence import Evidence
from grader.facts import CellRead, OpSeen, OutputSeen, TensorSeen
from grader.finding import Finding, failed, no_evidence, partly, passed
from grader.printed import Printed, single_numbers
from grader.rankings import ranked_in
from grader.results import different, flat, from_to, numbers_of, results_of, rows_of
from grader.scene import Scene
from grader.values import PRINTED, agree, array, floats_in, is_typed_in, shape

if TYPE_CHECKING:
    from grader.values import Array

MAX_TEXT = 100_000
MOST_RESULTS = 100
"""Different results that are looked for, the latest first."""
POSITIONS = {"argmax", "argmin"}
FINDS = {"argmax", "argmin", "max", "min", "sort", "argsort", "topk", "kthvalue", "aminmax"}
WHERE = {"where", "nonzero", "argwhere"}
LEAVES = {"numpy", "tolist", "array"}
FOLLOWS = {
    *LEAVES, "item", "unravel_index", "getitem", "int", "long", "index", "to", "cpu", "squeeze",
    "select", "flip", "unbind", "flatten", "reshape", "view", "divmod", "floor_divide",
    "remainder", "mod",
}  # fmt: skip


class Reduction(Check):
    """A maximum, minimum, mean, sum or position was found, of what an exercise computed.

    The result of that exercise is the student's own, right or wrong: what its matrix products
    gave, or, where there was none, every tensor it bound to a name or showed. `of` may be the
    exercise itself. A value is recognised by its number; a position, which is a small whole number,
    only where a call found it in the right tensor, or where it was computed without torch.
    """

    kind = "reduction"

    of: str = Field(description="the exercise whose result is reduced")
    by: Literal["max", "min", "mean", "sum", "argmax", "argmin"] = Field(
        description="what to find; of positions, the flat one and (row, column) both count"
    )

    def needs(self) -> list[str]:
        """The exercise whose result is reduced."""
        return [self.of]

    def look(self, evidence: Evidence, exercise: str) -> Finding:
        """Compare with the student's own results, the latest first."""
        results = next(
            (
                found
                for e in from_to(evidence, self.of, exercise)
                if (found := results_of(evidence, e, products_only=e != self.of))
            ),
            [],
        )
        seen = self._seen(evidence, exercise)
        if not results and seen and not evidence.attempted(self.of):
            return no_evidence(f"exercise {self.of} is empty, and another tensor was looked into",
                               actual=seen)  # fmt: skip
        if not results:
            return failed(f"exercise {self.of} left no result to look into",
                          expected=f"{self.by} of the result of {self.of}")  # fmt: skip
        for result in islice(different(reversed(results)), MOST_RESULTS):
            values = array(result)
            if values is None:
                continue
            where = self._found(evidence, exercise, values)
            if where is not None:
                return passed(f"the {self.by} of the result of {self.of} was found",
                              where=(result.seq, where))  # fmt: skip
        latest = array(results[-1])
        expected = _text(self._accepted(latest)[0]) if latest is not None else ""
        along = self._along_one_dimension(evidence, exercise, results)
        if along is not None:
            return partly(0.5, f"the {self.by} was taken along one dimension, not over all of it",
                          expected=expected, where=(along,))  # fmt: skip
        arrays = [a for r in results if (a := array(r)) is not None]
        if self._left_torch(evidence, exercise, arrays):
            return no_evidence(f"the result of {self.of} left torch, where it was not followed",
                               expected=expected)  # fmt: skip
        return failed(f"the {self.by} of the result of exercise {self.of} was not found",
                      expected=expected, actual=seen or "nothing of the kind")  # fmt: skip

    def _accepted(self, values: Array) -> list[list[float]]:
        import numpy as np

        if self.by not in POSITIONS:
            return [[float(getattr(np, self.by)(values))]]
        extreme = values.max() if self.by == "argmax" else values.min()
        places = np.argwhere(np.isclose(values, extreme, rtol=1e-6, equal_nan=True))
        flat = [[float(np.ravel_multi_index(tuple(p), values.shape))] for p in places]
        return flat + [[float(i) for i in p] for p in places if len(p) > 1]

    def _found(self, evidence: Evidence, exercise: str, values: Array) -> int | None:
        accepted = self._accepted(values)
        if self.by in POSITIONS:
            return self._position(evidence, exercise, values, accepted)
        for tensor in evidence.of(exercise, TensorSeen):
            in_a_list = tensor.of == "number" and any("[" in n for n in tensor.names)
            right = not in_a_list and any(agree(tensor.values or [], a, 1e-6) for a in accepted)
            if right and not is_typed_in(evidence, tensor):
                return tensor.seq
        for op in evidence.of(exercise, OpSeen):
            if op.op == "tolist":  # the whole list, which finds nothing
                continue
            numbers = [v for v in flat(op.outputs) if isinstance(v, float)]
            if any(agree([v], accepted[0], 1e-6) for v in numbers):
                return op.seq
        return self._printed(evidence, exercise, values, accepted)

    def _position(
        self, evidence: Evidence, exercise: str, values: Array, accepted: list[list[float]]
    ) -> int | None:
        """A position counts if it was found in the right tensor, and followed from there."""
        found: set[str] = set()
        by_torch: set[str] = set()
        looked = self._left_torch(evidence, exercise, [values])
        looks_into = self._looks_into(evidence, values)
        elsewhere = False
        for op in evidence.of(exercise, OpSeen):
            right = looks_into(op)
            looked = looked or right
            by_torch.update(r for r in flat(op.outputs) if isinstance(r, str))
            if op.op in POSITIONS and not right:
                elsewhere = True
            found |= ranked_in(evidence, op, values)
            follows = op.op in FOLLOWS and any(r in found for r in flat(op.inputs))
            if not follows and not (right and op.op in FINDS | WHERE):
                continue
            numbers = [numbers_of(evidence, op, out) for out in flat(op.outputs)]
            longest = max(map(len, numbers), default=0)
            if op.op in FINDS and longest > 1 and not _sorts(op, longest, values):
                continue  # along one dimension
            found.update(r for r in flat(op.outputs) if isinstance(r, str))
            together = [v for n in numbers for v in n]
            if any(n in accepted for n in [*numbers, together]):
                return op.seq
        if elsewhere or not looked:
            return None
        for tensor in evidence.of(exercise, TensorSeen):
            shown = {"bound", "shown"}.intersection(tensor.ways)
            if shown and tensor.handle not in by_torch and tensor.values in accepted:
                return tensor.seq
        return self._printed(evidence, exercise, values, accepted)

    def _printed(
        self, evidence: Evidence, exercise: str, values: Array, accepted: list[list[float]]
    ) -> int | None:
        """The output that shows the number alone, for what was found outside torch."""
        for output in evidence.of(exercise, OutputSeen):
            if output.channel == "stderr":
                continue
            numbers = _numbers_in(output.text[:MAX_TEXT])
            if all(any(n.shows(v) for n in numbers) for v in values.ravel()):
                continue  # the whole result was printed, which finds nothing
            if self.by in POSITIONS:
                whole = [n.value for n in numbers if not n.decimals]
                runs = (whole[i : i + len(p)] == p for p in accepted for i in range(len(whole)))
                if any(runs):
                    return output.seq
            elif any(n.decimals >= 3 and n.shows(accepted[0][0]) for n in numbers) and not _writes(
                evidence, exercise, accepted[0][0]
            ):
                return output.seq
        return None

    def _looks_into(self, evidence: Evidence, values: Array) -> Callable[[OpSeen], bool]:
        """Whether the right tensor goes into a call, or the mask of where its extreme is."""
        rows = evidence.once(rows_of)
        extreme = values.min() if self.by == "argmin" else values.max()
        right = set(rows.alike.near(values.ravel().tolist(), PRINTED))
        mask = set(rows.alike.near((values == extreme).ravel().astype(float).tolist(), PRINTED))

        def looks(op: OpSeen) -> bool:
            inputs = [t for ref in flat(op.inputs) if (t := evidence.tensor(op, ref))]
            if any(t.values is not None and rows.of[t.seq] in right for t in inputs):
                return True
            masks = (t for t in inputs if t.dtype == "bool")
            return op.op in WHERE and any(rows.of[t.seq] in mask for t in masks)

        return looks

    def _left_torch(self, evidence: Evidence, exercise: str, results: list[Array]) -> bool:
        """Whether a result, or part of it, became numpy or a list on the way to this exercise."""
        numbers = {float(v) for r in results for v in r.ravel()}
        for here in from_to(evidence, self.of, exercise):
            tensors = evidence.of(here, TensorSeen)
            if any(t.of == "numpy" and t.values and numbers >= set(t.values) for t in tensors):
                return True
            for op in evidence.of(here, OpSeen):
                source = evidence.tensor(op, op.inputs[0] if op.inputs else None)
                if op.op in LEAVES and source and source.values and numbers >= set(source.values):
                    return True
        return False

    def _along_one_dimension(
        self, evidence: Evidence, exercise: str, results: list[TensorSeen]
    ) -> int | None:
        family = {"max": "amax", "min": "amin"}.get(self.by, self.by)
        for op in evidence.of(exercise, OpSeen):
            along = len(op.inputs) > 1 or "dim" in op.named or "axis" in op.named
            source = evidence.tensor(op, op.inputs[0] if op.inputs else None)
            if (
                op.op in (self.by, family, self.by.removeprefix("arg"))
                and along
                and source is not None
            ):
                numbers = source.values or []
                if any(agree(numbers, r.values or []) for r in results):
                    return op.seq
        return None

    def _seen(self, evidence: Evidence, exercise: str) -> str:
        for op in evidence.of(exercise, OpSeen):
            source = evidence.tensor(op, op.inputs[0] if op.inputs else None)
            if op.op.removeprefix("a") in (self.by, self.by.removeprefix("a")) and source:
                return f"{op.op} of a tensor of shape {shape(source.shape)}"
        return ""

    @classmethod
    def examples(cls) -> list[Example]:
        """Value, position, of another tensor, along a dimension, nothing."""

        def after(*, call: str = "", of_result: bool = True, output: float = 0) -> Evidence:
            scene = Scene()
            a = scene.cell("7").tensor([2, 2], [1, 2, 3, 9])
            r = scene.tensor([2, 2], [0.5, 3, 7, 1])
            scene.op("matmul", [a, a], [r])
            scene.cell("8")
            if call:
                source = scene.tensor([2, 2], [0.5, 3, 7, 1] if of_result else [1, 2, 3, 9])
                out = scene.tensor([], [output])
                scene.op(call, [source], [out])
            return scene.evidence()

        top, place = {"of": "7", "by": "max"}, {"of": "7", "by": "argmax"}
        rows = Scene()
        a = rows.cell("7").tensor([2, 2], [1, 2, 3, 9])
        r = rows.tensor([2, 2], [0.5, 3, 7, 1])
        rows.op("matmul", [a, a], [r])
        r = rows.cell("8").tensor([2, 2], [0.5, 3, 7, 1])
        rows.op("max", [r, 1], [rows.tensor([2], [3, 7])])
        alone = Scene()
        alone.cell("7", written=False).cell("8")
        x = alone.tensor([2], [1, 2])
        alone.op("max", [x], [alone.tensor([], [2])])
        typed = Scene()
        a = typed.cell("7").tensor([2, 2], [1, 2, 3, 9])
        r = typed.tensor([2, 2], [0.5, 3, 7.1234, 1])
        typed.op("matmul", [a, a], [r])
        typed.cell("8", "print(7.1234)").prints("7.1234")
        return [
            Example("the largest value, typed in", top, typed.evidence(), "8", "failed"),
            Example("the largest of another tensor, because exercise 7 has no answer", top,
                    alone.evidence(), "8", "no_evidence"),
            Example("the largest value of the result of exercise 7", top,
                    after(call="max", output=7.0), "8", "passed"),
            Example("the largest value of another tensor", top,
                    after(call="max", of_result=False, output=9.0), "8", "failed"),
            Example("its position", place, after(call="argmax", output=2), "8", "passed"),
            Example("a position in another tensor, though the same number", place,
                    after(call="argmax", of_result=False, output=2), "8", "failed"),
            Example("the largest value of each row", top, rows.evidence(), "8", "partly"),
            Example("nothing", top, after(), "8", "failed"),
        ]  # fmt: skip


@lru_cache(maxsize=64)
def _numbers_in(text: str) -> tuple[Printed, ...]:
    """The single numbers of a text, which is read once for all results."""
    return tuple(single_numbers(text))


def _writes(evidence: Evidence, exercise: str, value: float) -> bool:
    """Whether the exercise's code writes a number down as it is printed."""
    written = [w for c in evidence.of(exercise, CellRead) for w in floats_in(c.source)]
    return any(Printed(w, len(str(w).partition(".")[2])).shows(abs(value)) for w in written)


def _sorts(op: OpSeen, length: int, values: Array) -> bool:
    """Whether a call gives all values or positions in order, so that its ends are the extremes."""
    return op.op in ("sort", "argsort", "topk") and length >= values.size


def _text(values: list[float]) -> str:
    return ", ".join(f"{v:g}" if v.is_integer() else f"{v:.4f}" for v in values)
