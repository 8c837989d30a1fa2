"""A matrix product was computed, recomputed here from the student's own tensors."""

from __future__ import annotations

from itertools import permutations
from typing import TYPE_CHECKING, NamedTuple

from pydantic import Field, model_validator

from grader.check import Check, Example
from grader.evidence import Evidence
from grader.facts import OpSeen, TensorSeen
from grader.finding import Finding, failed, partly, passed
from grader.scene import Scene
from grader.values import PRODUCTS, agree, array, shape, torch_tensors

if TYPE_CHECKING:
    from grader.values import Array

MOST = 40


class _Product(NamedTuple):
    result: TensorSeen
    operands: tuple[TensorSeen, ...]


class MatrixProduct(Check):
    """Looks for a tensor whose numbers are the product of two others of the exercise.

    Which function computed it does not matter. A product of the right tensors in the other order,
    or of tensors reshaped where a transpose was needed, is part of the way.
    """

    kind = "matrix_product"

    left: list[int] | None = Field(None, description="shape of the first matrix")
    right: list[int] | None = Field(None, description="shape of the second, as multiplied")
    of: str | None = Field(
        None, description="multiply the tensors of this exercise, the second one transposed"
    )

    @model_validator(mode="after")
    def _either(self) -> MatrixProduct:
        if (self.of is None) == (self.left is None) or (self.left is None) != (self.right is None):
            raise ValueError("give either left and right, or of")
        return self

    def needs(self) -> list[str]:
        """The exercise whose tensors are multiplied."""
        return [self.of] if self.of else []

    def look(self, evidence: Evidence, exercise: str) -> Finding:
        """Search the exercise's tensors for the product."""
        seen = torch_tensors(evidence.of(exercise, TensorSeen))
        if self.of is not None:
            return self._of_exercise(evidence, exercise, seen, self.of)
        return self._of_shapes(evidence, exercise, seen)

    def _of_shapes(self, evidence: Evidence, exercise: str, seen: list[TensorSeen]) -> Finding:
        assert self.left is not None  # noqa: S101  (the validator's promise)
        assert self.right is not None  # noqa: S101
        wanted = f"{shape(self.left)} @ {shape(self.right)}"
        size = self.right[0] * self.right[1]
        firsts = [t for t in seen if t.shape == self.left]
        seconds = [t for t in seen if _size(t) == size and _is_vector_or(t, self.right)]
        result = [self.left[0], self.right[1]]
        for a, b in _pairs(firsts, seconds):
            x, y = array(a), array(b)
            if x is None or y is None:
                continue
            straight = x @ y.reshape(self.right)
            for t in seen:
                if agree(t.values or [], straight):
                    where = (a.seq, b.seq, t.seq)
                    if t.shape == result or len(t.shape) == 1:
                        return passed(f"the product {wanted} was computed", where=where)
                    return partly(0.5, f"the numbers are right, the shape is {shape(t.shape)}",
                                  expected=shape(result), actual=shape(t.shape),
                                  where=where)  # fmt: skip
                if 1 in self.right and agree(t.values or [], y.reshape(1, -1) @ x):
                    return partly(
                        0.5, "the two tensors are multiplied in the other order",
                        expected=f"{wanted}, giving {shape(result)}", actual=shape(t.shape),
                        where=(a.seq, b.seq, t.seq),
                    )  # fmt: skip
        return failed(f"no matrix product {wanted} was found",
                      expected=wanted, actual=_products_seen(evidence, exercise))  # fmt: skip

    def _of_exercise(
        self, evidence: Evidence, exercise: str, seen: list[TensorSeen], of: str
    ) -> Finding:
        own = [t for t in torch_tensors(evidence.of(of, TensorSeen)) if len(t.shape) == 2]
        for a, b in permutations(own[:MOST], 2):
            x, y = array(a), array(b)
            if x is None or y is None or a.handle == b.handle:
                continue
            for product in _products(x, y):
                for t in seen:
                    if t.shape == list(product.shape) and agree(t.values or [], product):
                        return passed(
                            f"the product of the two tensors of exercise {of} was computed",
                            where=(a.seq, b.seq, t.seq),
                        )
        wanted = f"A @ B.T of the tensors of exercise {of}"
        for op in evidence.of(exercise, OpSeen):
            if op.op in PRODUCTS and not op.error:
                return partly(0.5, self._why_not(evidence, op, own), expected=wanted,
                              actual=_one_product(evidence, op), where=(op.seq,))  # fmt: skip
        return failed("no matrix product was found in this exercise",
                      expected=wanted, actual=_products_seen(evidence, exercise))  # fmt: skip

    def _why_not(self, evidence: Evidence, op: OpSeen, own: list[TensorSeen]) -> str:
        operands = [t for ref in op.inputs if (t := evidence.tensor(op, ref))]
        known = [any(_same_numbers(o, t) for t in own) for o in operands]
        if not all(known):
            return f"a matrix product, but not of the tensors of exercise {self.of}"
        return "a matrix product of the right tensors, but reshaped or turned the wrong way"

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
        results = {"passed": [1.0, 4, 4, 16], "partly": [1.0, 2, 3, 4], "failed": [0.0, 0, 0, 0]}
        cases = []
        for verdict, values in results.items():
            scene = Scene()
            a = scene.cell("6").tensor([2, 3], [1, 0, 0, 0, 2, 2])
            b = scene.tensor([2, 3], [1, 0, 0, 4, 4, 4])
            out = scene.cell("7").tensor([2, 2], values)
            if verdict != "failed":
                scene.op("matmul", [a, b], [out])
            cases.append((scene, verdict))
        return [
            Example("right", by_shape, right.evidence(), "3", "passed"),
            Example("other order", by_shape, turned.evidence(), "3", "partly"),
            Example("element-wise", by_shape, wrong.evidence(), "3", "failed"),
            Example("one tensor only", by_shape, none.evidence(), "3", "failed"),
            *(Example(f"of exercise 6: {v}", of, s.evidence(), "7", v)  # type: ignore[arg-type]
              for s, v in cases),
        ]  # fmt: skip


def _products(x: Array, y: Array) -> list[Array]:
    """x @ y.T, and x @ y where no transpose is needed."""
    fitting = []
    if x.shape[1] == y.shape[1]:
        fitting.append(x @ y.T)
    elif x.shape[1] == y.shape[0]:
        fitting.append(x @ y)
    return fitting


def _pairs(
    firsts: list[TensorSeen], seconds: list[TensorSeen]
) -> list[tuple[TensorSeen, TensorSeen]]:
    return [(a, b) for a in firsts[:MOST] for b in seconds[:MOST] if a.handle != b.handle]


def _size(tensor: TensorSeen) -> int:
    return len(tensor.values or [])


def _is_vector_or(tensor: TensorSeen, matrix: list[int]) -> bool:
    """Whether it has the matrix's shape, that of its transpose, or is the matrix's only column."""
    if tensor.shape in (matrix, matrix[::-1]):
        return True
    return 1 in matrix and len(tensor.shape) == 1


def _same_numbers(one: TensorSeen, other: TensorSeen) -> bool:
    a, b = array(one), array(other)
    return a is not None and b is not None and agree(sorted(a.ravel()), sorted(b.ravel()))


def _products_seen(evidence: Evidence, exercise: str) -> str:
    ops = [o for o in evidence.of(exercise, OpSeen) if o.op in PRODUCTS]
    return ", ".join(_one_product(evidence, o) for o in ops[:3]) or "no matrix product"


def _one_product(evidence: Evidence, op: OpSeen) -> str:
    operands = [t for ref in op.inputs if (t := evidence.tensor(op, ref))]
    text = " @ ".join(shape(t.shape) for t in operands)
    return f"{text} (raised an error)" if op.error else text
