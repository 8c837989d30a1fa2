"""A matrix product was computed, recomputed here from the student's own tensors."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations
from typing import Annotated

from pydantic import ConfigDict, Field, JsonValue, model_validator

from grader.check import Check, Example, Shape
from grader.evidence import Evidence
from grader.facts import OpSeen, TensorSeen
from grader.finding import Finding, failed, partly, passed
from grader.results import (
    Results,
    one_draw,
    one_product,
    only_one,
    products,
    products_seen,
    same_numbers,
)
from grader.scene import Scene
from grader.values import PRODUCTS, array, arrays, is_fresh, is_typed_in, shape

MOST = 40
EITHER: list[JsonValue] = [
    {"required": ["left", "right"], "properties": {"of": False}},
    {"required": ["of"], "properties": {"left": False, "right": False}},
]
Matrix = Annotated[Shape, Field(min_length=2, max_length=2)]


class MatrixProduct(Check):
    """A matrix product was computed, recomputed here from the student's own tensors.

    Which function computed it does not matter. Say which product is meant: of tensors of this
    exercise, by their shapes (`left`, `right`), or of the tensors of an earlier one (`of`). The
    other order, or a reshape where a transpose was needed, earns half.
    """

    model_config = ConfigDict(json_schema_extra={"oneOf": EITHER})

    kind = "matrix_product"

    left: Matrix | None = Field(None, description="shape of the first matrix")
    right: Matrix | None = Field(None, description="shape of the second, after any transpose")
    fresh: bool = Field(
        False, description="both must be made in this exercise, not taken from an earlier one"
    )
    of: str | None = Field(
        None, description="the exercise whose two tensors are multiplied, the second one transposed"
    )

    @model_validator(mode="after")
    def _either(self) -> MatrixProduct:
        if {"left", "right", "of"} & self.model_fields_set not in ({"left", "right"}, {"of"}):
            raise ValueError("give either left and right, or of, and not both")
        return self

    def needs(self) -> list[str]:
        """The exercise whose tensors are multiplied."""
        return [self.of] if self.of else []

    def look(self, evidence: Evidence, exercise: str) -> Finding:
        """Search the exercise's tensors for the product."""
        seen = arrays(evidence.of(exercise, TensorSeen))
        if self.of is not None:
            return self._of_exercise(evidence, exercise, seen, self.of)
        return self._of_shapes(evidence, exercise, seen)

    def _of_shapes(self, evidence: Evidence, exercise: str, seen: list[TensorSeen]) -> Finding:
        assert self.left is not None  # noqa: S101  (the validator's promise)
        assert self.right is not None  # noqa: S101
        wanted = f"{shape(self.left)} @ {shape(self.right)}"
        results = [t for t in seen if not is_typed_in(evidence, t)]
        made = [t for t in seen if not self.fresh or is_fresh(evidence, t)]
        firsts = [t for t in made if t.shape == self.left]
        seconds = [t for t in made if _fits(t, self.right)]
        sized = [t for t in results if len(t.values or []) in self._sizes()]
        told = Results(sized)
        findings = [
            finding
            for a, b in _pairs(firsts, seconds)
            for finding in self._compare(a, b, told, wanted)
        ]
        if findings:
            return max(findings, key=lambda f: f.share)
        everywhere = evidence.everywhere(TensorSeen)
        first = next((t.seq for t in everywhere if t.shape == self.left), len(evidence.facts))
        for op in evidence.of(exercise, OpSeen):
            if self._unclear(evidence, op):
                return passed(f"a product {wanted} was computed, of values without numbers",
                              where=(op.seq,))  # fmt: skip
            if op.seq < first and self._carries_on(evidence, op):
                return passed("the product was computed of an earlier exercise's own tensor",
                              where=(op.seq,))  # fmt: skip
        return failed(f"no matrix product {wanted} was found",
                      expected=wanted, actual=products_seen(evidence, exercise))  # fmt: skip

    def _sizes(self) -> set[int]:
        """How many numbers the product has, in this order or the other."""
        left, right = self.left or [0, 0], self.right or [0, 0]
        return {left[0] * right[1], left[1] * max(1, min(right))}

    def _compare(
        self, a: TensorSeen, b: TensorSeen, results: Results, wanted: str
    ) -> Iterator[Finding]:
        """What is said of those results that are the product of a and b, in either order."""
        import numpy as np

        x, y = array(a), array(b)
        if x is None or y is None or self.left is None or self.right is None:
            return
        full = [self.left[0], self.right[1]]
        with np.errstate(all="ignore"):
            straight = x @ y.reshape(self.right)
            turned = y.reshape(1, -1) @ x if 1 in self.right else None
        right = {t.seq for t in results.near(straight)}
        other = {t.seq for t in results.near(turned)} - right if turned is not None else set()
        both = right | other
        for result in (t for t in results.tensors if t.seq in both) if both else ():
            where = (a.seq, b.seq, result.seq)
            if result.seq in right:
                if result.shape == full or len(result.shape) == 1:
                    yield passed(f"the product {wanted} was computed", where=where)
                    return
                yield partly(0.5, f"the numbers are right, the shape is {shape(result.shape)}",
                             expected=shape(full), actual=shape(result.shape),
                             where=where)  # fmt: skip
            else:
                yield partly(0.5, "the two tensors are multiplied in the other order",
                             expected=wanted, actual=shape(result.shape), where=where)  # fmt: skip

    def _carries_on(self, evidence: Evidence, op: OpSeen) -> bool:
        """Whether a product of another shape is of the tensor that an earlier exercise made.

        The wrong shape has cost its points there.
        """
        operands = [t for ref in op.inputs if (t := evidence.tensor(op, ref))]
        if self.fresh or op.op not in PRODUCTS or op.error or len(operands) != 2:
            return False
        return operands[1].shape == self.right and not is_fresh(evidence, operands[0])

    def _unclear(self, evidence: Evidence, op: OpSeen) -> bool:
        """Whether a product of the right shapes holds values that cannot be recomputed.

        torch.Tensor(1, 7) is not filled with anything: its values may be nan.
        """
        operands = [t for ref in op.inputs if (t := evidence.tensor(op, ref))]
        if op.op not in PRODUCTS or op.error or len(operands) != 2:
            return False
        shapes = [operands[0].shape, operands[1].shape]
        return shapes == [self.left, self.right] and not all(map(_computable, operands))

    def _of_exercise(
        self, evidence: Evidence, exercise: str, seen: list[TensorSeen], of: str
    ) -> Finding:
        own = [t for t in arrays(evidence.of(of, TensorSeen)) if len(t.shape) == 2]
        results = [t for t in seen if not is_typed_in(evidence, t)]
        told = Results(results)
        alone = [(own[0], own[0])] if only_one(own) else []
        for a, b in [*permutations(_few(own), 2), *alone]:
            if a.handle == b.handle and not alone:
                continue
            for product in products(array(a), array(b)):
                same = next((t for t in told.near(product) if t.shape == [*product.shape]), None)
                if same is not None and (alone or not one_draw(evidence, of, a, b)):
                    return passed(
                        f"the product of the two tensors of exercise {of} was computed",
                        where=(a.seq, b.seq, same.seq),
                    )
        wanted = "A @ B.T"
        for op in evidence.of(exercise, OpSeen):
            if op.op in PRODUCTS and not op.error:
                return partly(0.5, self._why_not(evidence, op, own), expected=wanted,
                              actual=one_product(evidence, op), where=(op.seq,))  # fmt: skip
        return failed("no matrix product was found in this exercise",
                      expected=wanted, actual=products_seen(evidence, exercise))  # fmt: skip

    def _why_not(self, evidence: Evidence, op: OpSeen, own: list[TensorSeen]) -> str:
        operands = [t for ref in op.inputs if (t := evidence.tensor(op, ref))]
        known = [any(same_numbers(o, t) for t in own) for o in operands]
        if not all(known):
            return f"a matrix product, but not of the tensors of exercise {self.of}"
        if only_one(operands) and not only_one(own):
            return "one tensor was multiplied with itself"
        return "the right tensors, but reshaped or turned the wrong way"

    @classmethod
    def examples(cls) -> list[Example]:
        """Right, other order, reshaped, other tensors, none."""
        by_shape = {"left": [2, 2], "right": [2, 1]}
        right, turned, none, wrong = Scene(), Scene(), Scene(), Scene()
        for scene, result, size in ((right, [5.0, 11.0], [2, 1]), (turned, [7.0, 10.0], [1, 2])):
            scene.cell("3").tensor([2, 2], [1, 2, 3, 4])
            scene.tensor([1, 2], [1, 2])
            scene.tensor(size, result)
        none.cell("3").tensor([2, 2], [1, 2, 3, 4])
        wrong.cell("3").tensor([2, 2], [1, 2, 3, 4])
        wrong.tensor([1, 2], [1, 2])
        wrong.tensor([2, 2], [1, 4, 3, 8])
        of = {"of": "6"}
        results = {"passed": [1.0, 4, 0, 16], "partly": [1.0, 2, 3, 4], "failed": [0.0, 0, 0, 0]}
        about = {
            "passed": "the product of the two tensors of exercise 6, the second one transposed",
            "partly": "a product of them, one reshaped where it had to be transposed",
            "failed": "no product of them",
        }
        cases = []
        for verdict, values in results.items():
            scene = Scene()
            a = scene.cell("6").tensor([2, 3], [1, 0, 0, 0, 2, 2])
            b = scene.tensor([2, 3], [1, 0, 0, 4, 4, 4])
            out = scene.cell("7").tensor([2, 2], values)
            if verdict != "failed":
                scene.op("matmul", [a, b], [out])
            cases.append((scene, verdict))
        old, typed = Scene(), Scene()
        for exercise in ("3", "4"):
            old.cell(exercise).tensor([2, 2], [1, 2, 3, 4])
            old.tensor([1, 2], [1, 2])
            old.tensor([2, 1], [5.0, 11.0])
        typed.cell("3", "r = torch.tensor([[5.25], [11.75]])").tensor([2, 2], [1, 2, 3, 4])
        typed.tensor([1, 2], [1.25, 2])
        typed.tensor([2, 1], [5.25, 11.75])
        carried, only = Scene(), Scene()
        carried.cell("2").tensor([1, 2], [3, 4])
        carried.cell("3").tensor([1, 2], [1, 2])
        b = carried.tensor([2, 1], [1, 2])
        a = carried.tensor([1, 2], [3, 4])
        carried.op("matmul", [a, b], [carried.tensor([1, 1], [11])])
        only.cell("6").tensor([2, 2], [1, 2, 3, 4])
        only.cell("7").tensor([2, 2], [5, 11, 11, 25])
        odd = Scene()
        a = odd.cell("3").tensor([2, 2], [1, 2, 3, 4])
        b = odd.tensor([2, 1], [float("nan"), 0.0])
        odd.op("matmul", [a, b], [odd.tensor([2, 1], [float("nan"), float("nan")])])
        return [
            Example("the matrix product", by_shape, right.evidence(), "3", "passed"),
            Example("a product whose numbers are nan", by_shape, odd.evidence(), "3", "passed"),
            Example("it in the other order", by_shape, turned.evidence(), "3", "partly"),
            Example("them multiplied elementwise", by_shape, wrong.evidence(), "3", "failed"),
            Example("nothing", by_shape, Scene().cell("3").evidence(), "3", "failed"),
            Example("the product of tensors of an earlier exercise",
                    {**by_shape, "fresh": True}, old.evidence(), "4", "failed"),
            Example("the product of tensors made here", {**by_shape, "fresh": True},
                    right.evidence(), "3", "passed"),
            Example("the right numbers, typed in", by_shape, typed.evidence(), "3", "failed"),
            Example("the product of an earlier exercise's own tensor", by_shape,
                    carried.evidence(), "3", "passed"),
            Example("the product of the only tensor of exercise 6", of, only.evidence(), "7",
                    "passed"),
            Example("one tensor only", by_shape, none.evidence(), "3", "failed"),
            *(Example(about[v], of, s.evidence(), "7", v)  # type: ignore[arg-type]
              for s, v in cases),
        ]  # fmt: skip


def _pairs(
    firsts: list[TensorSeen], seconds: list[TensorSeen]
) -> list[tuple[TensorSeen, TensorSeen]]:
    return [(a, b) for a in _few(firsts) for b in _few(seconds) if a.handle != b.handle]


def _few(tensors: list[TensorSeen]) -> list[TensorSeen]:
    """Not too many to try all pairs: those with a name first, then the latest."""
    named = [t for t in tensors if t.names]
    return [*named, *(t for t in reversed(tensors) if not t.names)][:MOST]


def _fits(tensor: TensorSeen, matrix: list[int]) -> bool:
    """Whether it has the matrix's shape, that of its transpose, or is the matrix's only column."""
    if tensor.shape in (matrix, matrix[::-1]):
        return True
    return 1 in matrix and tensor.shape == [max(matrix)]


def _computable(tensor: TensorSeen) -> bool:
    """Whether its numbers are known, finite and of a size that a product keeps finite."""
    return tensor.values is not None and all(abs(v) < 1e15 for v in tensor.values)
