"""A tensor of a given shape, dtype, device or content exists in the exercise."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Literal

from pydantic import ConfigDict, Field, model_validator

from grader.check import Check, Example, Shape
from grader.evidence import Evidence
from grader.facts import DeviceAsked, DeviceRequested, TensorSeen
from grader.finding import Finding, failed, partly, passed
from grader.scene import Scene
from grader.values import (
    agree,
    brief,
    is_fresh,
    is_random,
    is_typed_in,
    shape,
    shapes,
    torch_tensors,
)

_Fits = Callable[[TensorSeen], bool]
Dtype = Literal[
    "float16", "bfloat16", "float32", "float64", "complex64", "complex128",
    "uint8", "uint16", "uint32", "uint64", "int8", "int16", "int32", "int64", "bool",
]  # fmt: skip


class TensorMade(Check):
    """A tensor of a given shape, dtype, device or content was made.

    It counts wherever it is bound to a name, shown or used in the exercise's cells. Give as many
    fields as the exercise asks for: one tensor has to fulfil them all. Fewer tensors than `count`
    earn part of the points.
    """

    model_config = ConfigDict(json_schema_extra={"not": {"required": ["shape", "shapes"]}})

    kind = "tensor_made"

    shape: Shape | None = Field(None, description="the shape it must have")
    shapes: list[Shape] = Field(
        [], description="in place of shape: several tensors, one of each shape"
    )
    or_transposed: bool = Field(
        False, description="also count the transposed shape, and n for (1, n)"
    )
    dtype: Dtype | None = Field(None, description="the type of its numbers")
    device: Literal["cpu", "gpu"] | None = Field(
        None, description="gpu is any accelerator, or the CPU where code looked for one in vain"
    )
    random: bool = Field(False, description="its numbers must be drawn, not written down")
    distribution: Literal["uniform", "normal"] | None = Field(
        None, description="uniform on [0, 1) as torch.rand draws, or standard normal as torch.randn"
    )
    fresh: bool = Field(
        False, description="its numbers must be in no tensor of an earlier exercise"
    )
    values: list[list[float]] = Field(
        [],
        description="its numbers, row after row in one list, such as [[1.5, 2.0, 0.25]]; several"
        " lists are several contents, of which it must hold one. Numbers as torch prints them, with"
        " four decimals, are enough",
    )
    tolerance: float = Field(6e-5, gt=0, description="how far its numbers may be from values")
    count: int = Field(1, ge=1, description="how many such tensors there must be")
    name: str | None = Field(None, description="the name it must be bound to; best left out")

    @model_validator(mode="after")
    def _fits_together(self) -> TensorMade:
        if {"shape", "shapes"} <= self.model_fields_set:
            raise ValueError("give either shape, or shapes for several tensors, and not both")
        size = math.prod(self.shape) if self.shape is not None else None
        for content in self.values:
            if size not in (None, len(content)):
                told = shape(self.shape or [])
                raise ValueError(f"a tensor of shape {told} holds {size} numbers,"
                                 f" and a list in values {len(content)}: write all numbers of the"
                                 " tensor into one list, row after row")  # fmt: skip
        return self

    def look(self, evidence: Evidence, exercise: str) -> Finding:
        """Narrow the exercise's tensors down by one wish after another."""
        if self.shapes:
            return self._one_of_each(evidence, exercise)
        left = torch_tensors(evidence.of(exercise, TensorSeen))
        if self.name is not None:
            left = [t for t in left if self.name in t.names]
        for what, fits in self._wishes(evidence, exercise):
            kept = [t for t in left if fits(t)]
            if not kept:
                return failed(
                    f"no tensor {self._told()} was found in this exercise".replace("  ", " "),
                    expected=self._wish(what), actual=self._seen(what, left),
                    where=tuple(t.seq for t in left[:3]),
                )  # fmt: skip
            left = kept
        contents = {t.handle for t in left}
        if not contents:
            named = f"a tensor named {self.name}" if self.name else "a tensor"
            return failed(f"no {named[2:]} was found in this exercise", expected=named)
        where = tuple(t.seq for t in left[: self.count])
        if len(contents) < self.count:
            return partly(
                len(contents) / self.count / 2,
                f"{len(contents)} of {self.count} tensors {self._wanted()} found",
                where=where,
            )
        return passed(f"tensor {self._wanted()} found".replace("  ", " "), where=where)

    def wanted_numbers(self) -> list[float]:
        """The first of the accepted contents."""
        return self.values[0] if self.values else []

    def _one_of_each(self, evidence: Evidence, exercise: str) -> Finding:
        found = [
            self.model_copy(update={"shape": s, "shapes": []}).look(evidence, exercise)
            for s in self.shapes
        ]
        bad = [f for f in found if f.verdict != "passed"]
        if not bad:
            where = tuple(seq for f in found for seq in f.where[:1])
            return passed("all the tensors asked for were made", where=where)
        return bad[0]

    def _wishes(self, evidence: Evidence, exercise: str) -> list[tuple[str, _Fits]]:
        wishes: list[tuple[str, _Fits]] = []
        if self.shape is not None:
            wishes.append(("shape", lambda t: t.shape in self._accepted_shapes()))
        if self.random:
            wishes.append(("random", lambda t: is_random(evidence, t)))
        if self.fresh:
            wishes.append(("fresh", lambda t: is_fresh(evidence, t)))
        if self.distribution is not None:
            wishes.append(("distribution", lambda t: looks_drawn(t, self.distribution)))
        if self.dtype is not None:
            wishes.append(("dtype", lambda t: t.dtype == self.dtype))
        if self.device is not None:
            searched = self.device == "gpu" and searched_in_vain(evidence, exercise)
            wishes.append(("device", lambda t: self._on_device(t, searched)))
        if self.values:
            wishes.append(("values", lambda t: self._holds(t) and not is_typed_in(evidence, t)))
        return wishes

    def _holds(self, tensor: TensorSeen) -> bool:
        return any(agree(tensor.values or [], v, self.tolerance) for v in self.values)

    def _accepted_shapes(self) -> list[list[int]]:
        own = self.shape or []
        if not self.or_transposed:
            return [own]
        flat = [[n for n in own if n != 1]] if 1 in own else []
        return [own, own[::-1], *flat]

    def _on_device(self, tensor: TensorSeen, searched: bool) -> bool:
        if self.device == "cpu":
            return tensor.device.startswith("cpu")
        if set(tensor.ways) == {"output"}:  # moved, and the moved copy thrown away
            return False
        return searched or not tensor.device.startswith("cpu")

    def _wish(self, what: str) -> str:
        """What the wish that nothing fulfilled asks for."""
        return {
            "shape": shape(self.shape or []),
            "random": "random numbers",
            "fresh": "made in this exercise",
            "distribution": f"{self.distribution} random numbers",
            "dtype": self.dtype or "",
            "device": f"on the {(self.device or '').upper()}",
            "values": brief(self.values[0]) if self.values else "",
        }[what]

    def _wanted(self) -> str:
        words = [f"of shape {shape(self.shape)}" if self.shape is not None else ""]
        words.append("with random numbers" if self.random else "")
        words.append(f"drawn {self.distribution}ly" if self.distribution else "")
        words.append(f"of dtype {self.dtype}" if self.dtype else "")
        words.append(f"on the {self.device.upper()}" if self.device else "")
        words.append(f"with the numbers {brief(self.values[0])}" if self.values else "")
        return " ".join(w for w in words if w)

    def _told(self) -> str:
        """What was wanted, without the numbers, which a rubric may keep from students."""
        numbers = f"with the numbers {brief(self.values[0])}" if self.values else ""
        return (
            self._wanted().replace(numbers, "with the numbers asked for")
            if numbers
            else (self._wanted())
        )

    def _seen(self, what: str, left: list[TensorSeen]) -> str:
        if not left:
            return "no tensor"
        last = left[-1]
        if what == "fresh":
            return "made in an earlier exercise"
        if what == "device":
            return "on " + ", ".join(sorted({t.device for t in left}))
        if what == "dtype":
            return ", ".join(sorted({t.dtype for t in left}))
        if what == "values":
            return brief(last.values or [])
        if what in ("random", "distribution"):
            return f"other numbers {brief(last.values or [])}"
        return shapes(left)

    @classmethod
    def examples(cls) -> list[Example]:
        """Shape, count, device, values and nothing."""
        made, other, nothing = Scene(), Scene(), Scene()
        made.cell("6").tensor([2, 3], random=True, device="cuda:0")
        made.tensor([2, 3], random=True, device="cuda:0")
        other.cell("6").tensor([2, 3], random=True)
        other.tensor([3, 2], [1, 1, 1, 1, 1, 1])
        nothing.cell("6")
        thrown = Scene()
        thrown.cell("6").tensor([2, 3], random=True)
        thrown.tensor([2, 3], random=True, device="cuda:0", ways=("output",))
        again = Scene()
        again.cell("5").tensor([2], [1, 2])
        again.cell("6").tensor([2], [1, 2])
        mac = Scene()
        mac.cell("6").asks("mps").requests("cpu").tensor([2, 3], random=True)
        two = {"shape": [2, 3], "random": True, "device": "gpu", "count": 2}
        one = {"shape": [2, 3], "device": "gpu"}
        return [
            Example("a random tensor of shape (2, 3)", {"shape": [2, 3], "random": True},
                    other.evidence(), "6", "passed"),
            Example("two random tensors on the GPU", two, made.evidence(), "6", "passed"),
            Example("the two tensors on the CPU", two, other.evidence(), "6", "failed"),
            Example("tensors of other shapes", {"shape": [7, 7]}, other.evidence(), "6", "failed"),
            Example("a tensor of one of two shapes", {"shapes": [[2, 3], [7, 7]]},
                    other.evidence(), "6", "failed"),
            Example("tensors of both shapes", {"shapes": [[2, 3], [3, 2]]}, other.evidence(),
                    "6", "passed"),
            Example("the transposed tensor", {"shape": [3, 2], "or_transposed": True},
                    made.evidence(), "6", "passed"),
            Example("a tensor of ones, where random numbers are asked for",
                    {"shape": [3, 2], "random": True}, other.evidence(), "6", "failed"),
            Example("a tensor with one of the contents", {"values": [[0] * 6, [1] * 6]},
                    other.evidence(), "6", "passed"),
            Example("tensors with other contents", {"values": [[2] * 6]}, other.evidence(), "6",
                    "failed"),
            Example("a tensor of dtype float32", {"shape": [2, 3], "dtype": "float64"},
                    other.evidence(), "6", "failed"),
            Example("one of two tensors", {"shape": [2, 3], "count": 2}, other.evidence(), "6",
                    "partly"),
            Example("a tensor whose moved copy was thrown away", one, thrown.evidence(), "6",
                    "failed"),
            Example("a tensor on the CPU, after code looked for an Apple GPU", one,
                    mac.evidence(), "6", "passed"),
            Example("numbers between 0 and 1", {"shape": [2, 3], "distribution": "uniform"},
                    made.evidence(), "6", "passed"),
            Example("numbers between 0 and 1, where normal ones are asked for",
                    {"shape": [2, 3], "distribution": "normal"}, made.evidence(), "6", "failed"),
            Example("the tensor of an earlier exercise", {"shape": [2], "fresh": True},
                    again.evidence(), "6", "failed"),
            Example("no tensor", {}, nothing.evidence(), "6", "failed"),
            Example("nothing", two, nothing.evidence(), "6", "failed"),
        ]  # fmt: skip


def searched_in_vain(evidence: Evidence, exercise: str) -> bool:
    """Whether code asked for an accelerator we do not serve, and then chose the CPU by itself."""
    asked = any(a.accelerator != "cuda" for a in evidence.everywhere(DeviceAsked))
    chose = any(r.device == "cpu" for r in evidence.of(exercise, DeviceRequested))
    return asked and chose


def looks_drawn(tensor: TensorSeen, distribution: str | None) -> bool:
    """Whether numbers can have been drawn so: uniform ones lie in [0, 1), normal ones do not."""
    values = tensor.values if tensor.values is not None else (tensor.stats or [])[:2]
    inside = bool(values) and all(0 <= v < 1 for v in values)
    return inside if distribution == "uniform" else bool(values) and not inside
