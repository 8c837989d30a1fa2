"""A tensor was brought into another shape with its numbers kept."""

from __future__ import annotations

from pydantic import Field

from grader.check import Check, Example, Shape
from grader.evidence import Evidence
from grader.facts import OpSeen, TensorSeen
from grader.finding import Finding, failed, partly, passed
from grader.scene import Scene
from grader.values import agree, is_random, shape, shapes, torch_tensors


class Reshaped(Check):
    """A tensor was brought into another shape with its numbers kept.

    Both tensors have to be in the exercise, with the same numbers in the same order; squeeze, view,
    reshape, flatten and indexing all count. The same step with a tensor of another size earns half.
    """

    kind = "reshaped"

    before: Shape = Field(description="shape it starts from")
    after: Shape = Field(description="shape it must get")
    random: bool = Field(False, description="the tensor must hold random numbers")

    def look(self, evidence: Evidence, exercise: str) -> Finding:
        """Compare every tensor of the one shape with every one of the other."""
        seen = torch_tensors(evidence.of(exercise, TensorSeen))
        wanted = f"{shape(self.before)} to {shape(self.after)}"
        starts = [t for t in seen if t.shape == self.before]
        if self.random:
            starts = [t for t in starts if is_random(evidence, t)]
        if not starts:
            other = self._another_size(evidence, seen)
            if other is not None:
                return partly(0.5, f"the step is right, of a tensor of shape {shape(other.shape)}",
                              expected=wanted, actual=shape(other.shape),
                              where=(other.seq,))  # fmt: skip
            return failed(f"no {'random ' * self.random}tensor of shape {shape(self.before)} "
                          "was found", expected=wanted, actual=shapes(seen))  # fmt: skip
        drawn = {out for o in evidence.of(exercise, OpSeen) if o.seed for out in o.outputs}
        ends = [t for t in seen if t.shape == self.after and t.handle not in drawn]
        for start in starts:
            for end in ends:
                if start.values is not None and agree(end.values or [], start.values, 1e-9):
                    return passed(f"a tensor went from {wanted}", where=(start.seq, end.seq))
        if any(t.shape == self.after for t in seen):
            why = f"the tensor of shape {shape(self.after)} is another one"
            return failed(why, expected=wanted, actual="another tensor")
        return failed(f"no tensor of shape {shape(self.after)} was made from it",
                      expected=wanted, actual=shapes(seen))  # fmt: skip

    def _another_size(self, evidence: Evidence, seen: list[TensorSeen]) -> TensorSeen | None:
        """A tensor with as many dimensions, that lost its dimensions of size 1 in the same way."""
        for start in seen:
            left = [n for n in start.shape if n != 1]
            if len(start.shape) != len(self.before) or len(left) != len(self.after):
                continue
            if self.random and not is_random(evidence, start):
                continue
            for end in seen:
                same = end.shape == left and agree(end.values or [], start.values or [], 1e-9)
                if same and left != start.shape:
                    return start
        return None

    @classmethod
    def examples(cls) -> list[Example]:
        """Squeezed, another tensor, nothing."""
        fields = {"before": [1, 4], "after": [4], "random": True}
        numbers = [0.3, 0.9, 0.1, 0.4]
        done, other, ones, nothing = Scene(), Scene(), Scene(), Scene()
        done.cell("10").tensor([1, 4], numbers, random=True)
        done.tensor([4], numbers)
        other.cell("10").tensor([1, 4], numbers, random=True)
        other.tensor([4], random=True)
        ones.cell("10").tensor([1, 4], [1, 1, 1, 1])
        ones.tensor([4], [1, 1, 1, 1])
        nothing.cell("10")
        size = Scene()
        size.cell("10").tensor([1, 3], numbers[:3], random=True)
        size.tensor([3], numbers[:3])
        return [
            Example("a random tensor of size (1, 4), squeezed", fields, done.evidence(), "10",
                    "passed"),
            Example("the same with a tensor of size (1, 3)", fields, size.evidence(), "10",
                    "partly"),
            Example("a second random tensor instead", fields, other.evidence(), "10", "failed"),
            Example("a tensor of ones, where random numbers are asked for", fields,
                    ones.evidence(), "10", "failed"),
            Example("nothing", fields, nothing.evidence(), "10", "failed"),
        ]  # fmt: skip
