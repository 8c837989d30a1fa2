"""The maximum, minimum or their positions were found, of what another exercise computed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from grader.check import Check, Example
from grader.evidence import Evidence
from grader.facts import OpSeen, OutputSeen, TensorSeen
from grader.finding import Finding, failed, no_evidence, partly, passed
from grader.printed import single_numbers
from grader.scene import Scene
from grader.values import PRODUCTS, agree, array, shape

if TYPE_CHECKING:
    from grader.values import Array

MAX_TEXT = 100_000
POSITIONS = {"argmax", "argmin"}
FINDS_POSITION = frozenset(
    [
        "argmax",
        "argmin",
        "max",
        "min",
        "sort",
        "argsort",
        "topk",
        "where",
        "nonzero",
        "unravel_index",
        "item",
        "tolist",
        "kthvalue",
        "argwhere",
        "aminmax",
        "amax",
        "amin",
    ]
)


class Reduction(Check):
    """Looks for a number in this exercise that reduces a result of another one.

    A value is recognised by its number; a position, which is a small whole number, only where a
    call found it in the right tensor, or where it was computed without torch.
    """

    kind = "reduction"

    of: str = Field(description="the exercise whose result is reduced")
    by: Literal["max", "min", "mean", "sum", "argmax", "argmin"] = Field(
        description="what to find; for positions, flat and (row, column) both count"
    )

    def needs(self) -> list[str]:
        """The exercise whose result is reduced."""
        return [self.of]

    def look(self, evidence: Evidence, exercise: str) -> Finding:
        """Compare with the student's own results, the latest first."""
        results = _results(evidence, self.of) or _results(evidence, exercise)
        seen = self._seen(evidence, exercise)
        if not results and seen and not evidence.attempted(self.of):
            return no_evidence(f"exercise {self.of} is empty, and another tensor was looked into",
                               actual=seen)  # fmt: skip
        if not results:
            return failed(f"exercise {self.of} left no result to look into",
                          expected=f"{self.by} of the result of {self.of}")  # fmt: skip
        for result in reversed(results):
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
        return failed(f"the {self.by} of the result of exercise {self.of} was not found",
                      expected=expected, actual=seen or "nothing of the kind")  # fmt: skip

    def _accepted(self, values: Array) -> list[list[float]]:
        import numpy as np

        if self.by not in POSITIONS:
            return [[float(getattr(np, self.by)(values))]]
        extreme = values.max() if self.by == "argmax" else values.min()
        places = np.argwhere(np.isclose(values, extreme, rtol=1e-6))
        flat = [[float(np.ravel_multi_index(tuple(p), values.shape))] for p in places]
        return flat + [[float(i) for i in p] for p in places if len(p) > 1]

    def _found(self, evidence: Evidence, exercise: str, values: Array) -> int | None:
        accepted = self._accepted(values)
        made_by_torch: dict[str, bool] = {}
        for op in evidence.of(exercise, OpSeen):
            right = self._looks_into(evidence, op, values)
            together = [v for out in op.outputs for v in _numbers(evidence, op, out)]
            if right and together in accepted:
                return op.seq
            for out in _flat(op.outputs):
                if isinstance(out, str):
                    made_by_torch[out] = made_by_torch.get(out, False) or right
                elif right and [out] in accepted:
                    return op.seq
        for tensor in evidence.of(exercise, TensorSeen):
            if tensor.values is None or (
                tensor.values not in accepted
                and not any(
                    self.by not in POSITIONS and agree(tensor.values, a, 1e-6) for a in accepted
                )
            ):
                continue
            if self.by not in POSITIONS or made_by_torch.get(tensor.handle, True):
                return tensor.seq
        return self._printed(evidence, exercise, values, accepted)

    def _printed(
        self, evidence: Evidence, exercise: str, values: Array, accepted: list[list[float]]
    ) -> int | None:
        """The output that shows the number, for what was found outside torch.

        A position counts only where the right tensor was looked into in this exercise, because a
        small whole number may be printed for many reasons.
        """
        looked = any(self._is_input(evidence, op, values) for op in evidence.of(exercise, OpSeen))
        if self.by in POSITIONS and not looked:
            return None
        for output in evidence.of(exercise, OutputSeen):
            if output.channel == "stderr":
                continue
            numbers = single_numbers(output.text[:MAX_TEXT])
            shown = [v for v, _ in numbers]
            if all(any(abs(v - s) < 6e-4 for s in shown) for v in values.ravel()):
                continue  # the whole result was printed, which finds nothing
            if self.by not in POSITIONS:
                exact = [(v, step) for v, step in numbers if 1e-6 < step <= 0.0005]
                if any(abs(v - accepted[0][0]) <= 1.02 * step for v, step in exact):
                    return output.seq
                continue
            whole = [v for v, step in numbers if step <= 1e-6 and v == int(v)]
            for place in accepted:
                size = len(place)
                if any(whole[i : i + size] == place for i in range(len(whole))):
                    return output.seq
        return None

    def _is_input(self, evidence: Evidence, op: OpSeen, values: Array) -> bool:
        inputs = [t for ref in _flat(op.inputs) if (t := evidence.tensor(op, ref))]
        return any(t.values is not None and agree(t.values, values) for t in inputs)

    def _looks_into(self, evidence: Evidence, op: OpSeen, values: Array) -> bool:
        if self.by in POSITIONS and op.op not in FINDS_POSITION:
            return False
        inputs = [t for ref in _flat(op.inputs) if (t := evidence.tensor(op, ref))]
        mask = (values == (values.min() if self.by == "argmin" else values.max())).ravel()
        if self._is_input(evidence, op, values):
            return True
        if op.op in ("where", "nonzero", "argwhere"):  # of (values == values.max())
            return any(t.dtype == "bool" and agree(t.values or [], mask) for t in inputs)
        return op.op in ("item", "tolist", "unravel_index") and bool(inputs)

    def _along_one_dimension(
        self, evidence: Evidence, exercise: str, results: list[TensorSeen]
    ) -> int | None:
        family = {"max": "amax", "min": "amin"}.get(self.by, self.by)
        for op in evidence.of(exercise, OpSeen):
            along = len(op.inputs) > 1 or "dim" in op.named or "axis" in op.named
            source = evidence.tensor(op, op.inputs[0] if op.inputs else None)
            if op.op in (self.by, family) and along and source is not None:
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
        return [
            Example("another, because there is none", top, alone.evidence(), "8", "no_evidence"),
            Example("max", top, after(call="max", output=7.0), "8", "passed"),
            Example("max of another", top, after(call="max", of_result=False, output=9.0), "8",
                    "failed"),
            Example("argmax", place, after(call="argmax", output=2), "8", "passed"),
            Example("argmax of another that is the same number", place,
                    after(call="argmax", of_result=False, output=2), "8", "failed"),
            Example("along a dimension", top, rows.evidence(), "8", "partly"),
            Example("nothing", top, after(), "8", "failed"),
        ]  # fmt: skip


def _results(evidence: Evidence, exercise: str) -> list[TensorSeen]:
    """What an exercise computed: the outputs of its matrix products.

    A result that was turned or moved counts too. Where there was no product, every tensor that it
    computed and bound or showed.
    """
    ops = [o for o in evidence.of(exercise, OpSeen) if not o.error and o.inputs]
    products = [o for o in ops if o.op in PRODUCTS]
    made = [t for o in ops for r in o.outputs if (t := evidence.tensor(o, r))]
    kept = [t for t in made if t.shape and {"bound", "shown"}.intersection(t.ways)]
    if not products:
        return kept
    results = [t for o in products for r in o.outputs if (t := evidence.tensor(o, r))]
    numbers = [sorted(t.values or []) for t in results]
    turned = [t for t in kept if any(agree(sorted(t.values or []), n) for n in numbers)]
    return results + turned


def _numbers(evidence: Evidence, op: OpSeen, out: object) -> list[float]:
    tensor = evidence.tensor(op, out)
    return tensor.values or [] if tensor is not None else []


def _flat(items: list[Any]) -> Iterator[Any]:
    for item in items:
        if isinstance(item, list):
            yield from _flat(item)
        else:
            yield item


def _text(values: list[float]) -> str:
    return ", ".join(f"{v:g}" if v == int(v) else f"{v:.4f}" for v in values)
