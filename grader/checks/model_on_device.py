"""A model and all that it is given are on one device, and on the one the code chose."""

from __future__ import annotations

import re
from collections import Counter

from pydantic import Field

from grader.check import Check, Example
from grader.data_parts import same
from grader.evidence import Evidence
from grader.facts import CellRead, DeviceAsked, ModelCalled, TensorSeen
from grader.fed import inputs
from grader.finding import Finding, Verdict, failed, no_evidence, partly, passed
from grader.scene import Scene
from grader.training_runs import runs_of, unseen

NOT_CALLED = re.compile(r"\bis_available\b(?!\s*\()")
"""Asking without parentheses: a function is true, whatever it would answer."""


class ModelOnDevice(Check):
    """A model and all its data are on one device: the one that the code chose.

    In a run there seems to be a GPU of CUDA, and none of any other kind. Code that asks for one,
    with `torch.cuda` or `torch.accelerator`, has to use it; code that asks for another, such as
    `mps`, has to run on the CPU. A tensor that was moved, while the moved copy was thrown away, is
    where it was.
    """

    kind = "model_on_device"
    reads_operations = False
    preparation_counts = True

    agnostic: bool = Field(
        True,
        description="whether the code has to ask for an accelerator and use it if there is one;"
        " false accepts any device that model and data share",
    )

    def look(self, evidence: Evidence, exercise: str) -> Finding:
        """Where models and their inputs were, call by call."""
        calls = evidence.of(exercise, ModelCalled)
        if not calls:
            why = unseen(evidence, exercise)
            return no_evidence(why) if why else failed("no model was called in this exercise")
        where = tuple(c.seq for c in calls)
        met: Counter[tuple[str, str]] = Counter()
        for pair in (d for c in calls for d in c.devices):
            met[pair.model, pair.data] += pair.calls
        if not met:
            return no_evidence("where the model and its data were could not be told")
        return (
            self._apart(evidence, calls, met)
            or self._targets_apart(evidence, exercise)
            or self._chosen(evidence, {model for model, _ in met})
        ).model_copy(update={"where": where})

    def _apart(
        self, evidence: Evidence, calls: list[ModelCalled], met: Counter[tuple[str, str]]
    ) -> Finding | None:
        """Calls with a model on one device and its data on another, which raise on a real GPU."""
        apart = {pair: n for pair, n in met.items() if pair[0] != pair[1]}
        if not apart:
            return None
        (model, data), _ = max(apart.items(), key=lambda p: p[1])
        lost = not data.startswith("cuda") and moved_and_lost(evidence, calls)
        because = (
            "the data was moved, but the moved copy was thrown away: .to() changes no tensor"
            if lost
            else "the model and its data are on different devices, which a real GPU refuses"
        )
        share = 0.5 if len(apart) < len(met) else 0.0
        verdict: Verdict = "partly" if share else "failed"
        return Finding(verdict=verdict, share=share, because=because, expected="both on one device",
                       actual=f"model on {model}, data on {data}")  # fmt: skip

    def _targets_apart(self, evidence: Evidence, exercise: str) -> Finding | None:
        """A loss whose predictions are on one device and its targets on another."""
        for loss in (r.loss for r in runs_of(evidence, exercise)):
            if loss and loss.devices and len(set(loss.devices)) > 1:
                return partly(0.5, "predictions and targets are on different devices, which a real"
                              " GPU refuses", expected="both on one device",
                              actual=" and ".join(loss.devices))  # fmt: skip
        return None

    def _chosen(self, evidence: Evidence, devices: set[str]) -> Finding:
        """Whether the one device was chosen by asking."""
        place = ", ".join(sorted(devices))
        if not self.agnostic:
            return passed(f"model and data are on {place}")
        asked = {a.accelerator for a in evidence.everywhere(DeviceAsked)}
        on_cpu = devices == {"cpu"}
        if asked and on_cpu == ("cuda" not in asked):
            return passed(f"model and data are on {place}, which the code chose")
        if any(NOT_CALLED.search(c.source) for c in evidence.everywhere(CellRead)):
            share, because = 0.5, "is_available is not called, so the answer is always yes"
        elif not on_cpu:
            share, because = 0.5, "the device is fixed: without a GPU, the code ends with an error"
        elif asked:
            share, because = 0.0, "a GPU is asked for, but model and data stay on the CPU"
        else:
            share, because = 0.0, "model and data stay on the CPU, and no accelerator is asked for"
        return Finding(verdict="partly" if share else "failed", share=share, because=because,
                       expected="the accelerator if there is one, else the CPU",
                       actual=place)  # fmt: skip

    @classmethod
    def examples(cls) -> list[Example]:
        """Model and data in all places, and devices chosen in all ways."""

        def story(
            model: str, data: str, asks: str = "cuda", source: str = "...", losses: str = ""
        ) -> Evidence:
            scene = Scene().cell("1", source)
            if asks:
                scene.asks(asks)
            scene.cell("3").trains(loss={"kind": "l1_loss", "devices": losses.split()})
            met = [{"model": model, "data": data, "calls": 300}]
            return scene.calls("m1", (), met, train_grad=300).evidence()

        gpu, cpu, shared = "cuda:0", "cpu", {"agnostic": False}
        uncalled = story(gpu, gpu, "", "device = 'cuda' if torch.cuda.is_available else 'cpu'")
        apart = story(gpu, gpu, losses=f"{gpu} {cpu}")
        return [
            Example("both on the GPU that was asked for", {}, story(gpu, gpu), "3", "passed"),
            Example("both on the CPU, for want of mps", {}, story(cpu, cpu, "mps"), "3", "passed"),
            Example("both on the CPU, though there is a GPU", {}, story(cpu, cpu), "3", "failed"),
            Example("both on the CPU, and nothing asked", {}, story(cpu, cpu, ""), "3", "failed"),
            Example(
                "both on the CPU, where that may be", shared, story(cpu, cpu, ""), "3", "passed"
            ),
            Example("both on a GPU, and nothing asked", {}, story(gpu, gpu, ""), "3", "partly"),
            Example("is_available without parentheses", {}, uncalled, "3", "partly"),
            Example("the model on the GPU alone", shared, story(gpu, cpu), "3", "failed"),
            Example("the data on the GPU alone", shared, story(cpu, gpu), "3", "failed"),
            Example("the targets left on the CPU", shared, apart, "3", "partly"),
            Example("no model called", {}, Scene().cell("3").evidence(), "3", "failed"),
        ]


def moved_and_lost(evidence: Evidence, calls: list[ModelCalled]) -> bool:
    """Whether a copy of what a model was given was on a GPU once, and nothing held it."""
    fed = [t for c in calls for t in inputs(evidence, c)]
    lost = [t for t in evidence.everywhere(TensorSeen)
            if not t.device.startswith("cpu") and set(t.ways) == {"output"}]  # fmt: skip
    return any(same(t, copy) for t in fed for copy in lost)
