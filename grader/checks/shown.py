"""A tensor's numbers, its shape, or both were printed or displayed."""

from __future__ import annotations

from pydantic import Field

from grader.check import Check, Example, Shape
from grader.evidence import Evidence
from grader.facts import TensorSeen
from grader.finding import Finding, failed, partly, passed
from grader.printed import lists_in
from grader.scene import Scene
from grader.values import agree, shape, torch_tensors

MAX_TEXT = 1_000_000


class Shown(Check):
    """A tensor's numbers, its shape, or both were printed or displayed.

    It looks for them in what our run put out, not in what the code says: `print(x)` and `x` on the
    last line of a cell both show. One of two things asked for earns half.
    """

    kind = "shown"

    shape: Shape = Field(description="shape of the tensor to look for")
    numbers: bool = Field(True, description="its numbers must be shown")
    with_shape: bool = Field(False, description="its shape must be shown")

    def look(self, evidence: Evidence, exercise: str) -> Finding:
        """Read the bracketed lists in the exercise's output."""
        tensors = torch_tensors(evidence.of(exercise, TensorSeen))
        tensors = [t for t in tensors if t.shape == self.shape]
        wanted = " and ".join(["its numbers"] * self.numbers + ["its shape"] * self.with_shape)
        name = f"the tensor of shape {shape(self.shape)}"
        if not tensors:
            return failed(f"{name} was not found, so it could not be shown", expected=wanted)
        listed = list(lists_in(evidence.text(exercise)[-MAX_TEXT:]))
        numbers = any(
            found.depth == len(self.shape)
            and agree(found.values, t.values or [], 1.02 * found.precision)
            for found in listed for t in tensors
        )  # fmt: skip
        size = any(f.depth == 1 and f.values == [float(n) for n in self.shape] for f in listed)
        parts = [numbers] * self.numbers + [size] * self.with_shape
        seen = " and ".join(["its numbers"] * numbers + ["its shape"] * size) or "neither"
        where = (tensors[0].seq,)
        if all(parts):
            return passed(f"{name} was shown", where=where, strength="observed")
        if any(parts):
            return partly(sum(parts) / len(parts), f"only part of {name} was shown",
                          expected=wanted, actual=seen, where=where,
                          strength="observed")  # fmt: skip
        return failed(f"{name} was not shown", expected=wanted, actual="not in the output",
                      where=where, strength="observed")  # fmt: skip

    @classmethod
    def examples(cls) -> list[Example]:
        """Both, one of the two, another tensor, nothing."""

        def printed(text: str, made: bool = True) -> Evidence:
            scene = Scene().cell("10")
            if made:
                scene.tensor([1, 2], [0.25, 0.123456])
            return (scene.prints(text) if text else scene).evidence()

        both, numbers = {"shape": [1, 2], "with_shape": True}, {"shape": [1, 2]}
        text = "tensor([[0.2500, 0.1235]])"
        return [
            Example("the tensor and its shape, printed", both,
                    printed(f"{text} torch.Size([1, 2])"), "10", "passed"),
            Example("its numbers, where nothing else is asked for", numbers, printed(text), "10",
                    "passed"),
            Example("its numbers with two decimals", numbers, printed("[[0.25, 0.12]]"), "10",
                    "passed"),
            Example("its numbers without its shape", both, printed(text), "10", "partly"),
            Example("its shape without its numbers", both, printed("(1, 2)"), "10", "partly"),
            Example("other numbers", numbers, printed("[[0.25, 0.13]]"), "10", "failed"),
            Example("the squeezed tensor instead", both, printed("tensor([0.2500, 0.1235])"),
                    "10", "failed"),
            Example("nothing printed", both, printed(""), "10", "failed"),
            Example("printed numbers, and no such tensor", both, printed(text, made=False), "10",
                    "failed"),
        ]  # fmt: skip
