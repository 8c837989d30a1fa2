"""Something in the exercise ran on a device."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from grader.check import Check, Example
from grader.evidence import Evidence
from grader.facts import TensorSeen
from grader.finding import Finding, failed, passed
from grader.scene import Scene
from grader.values import torch_tensors


class DeviceUsed(Check):
    """A tensor was used on the device asked for.

    A tensor that was moved, while the moved copy was thrown away, does not count.
    """

    kind = "device_used"
    preparation_counts = True

    device: Literal["cpu", "gpu"] = Field("gpu", description="gpu is any accelerator")

    def look(self, evidence: Evidence, exercise: str) -> Finding:
        """Where the exercise's tensors are."""
        tensors = torch_tensors(evidence.of(exercise, TensorSeen))
        on = [
            t for t in tensors
            if t.device.startswith("cpu") == (self.device == "cpu") and set(t.ways) != {"output"}
        ]  # fmt: skip
        if on:
            return passed(f"a tensor on {on[-1].device} was used", where=(on[-1].seq,))
        places = ", ".join(sorted({t.device for t in tensors})) or "no tensor"
        return failed(f"nothing was used on the {self.device.upper()}",
                      expected=self.device.upper(), actual=places)  # fmt: skip

    @classmethod
    def examples(cls) -> list[Example]:
        """There, elsewhere, nothing."""
        there, elsewhere, nothing = Scene(), Scene(), Scene()
        there.cell("6").tensor([2], device="cuda:0")
        elsewhere.cell("6").tensor([2])
        nothing.cell("6")
        return [
            Example("a tensor on the GPU", {"device": "gpu"}, there.evidence(), "6", "passed"),
            Example("tensors on the CPU only", {}, elsewhere.evidence(), "6", "failed"),
            Example("no tensor", {}, nothing.evidence(), "6", "failed"),
        ]
