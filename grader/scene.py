"""Evidence written by hand, for the examples of checks and for tests.

scene = Scene()
x = scene.cell("2").tensor([7, 7], random=True)
evidence = scene.evidence()
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Literal

from grader.evidence import Evidence, Header, number
from grader.facts import (
    Answered,
    CellEnded,
    CellEnding,
    CellRead,
    Challenged,
    DeviceAsked,
    DeviceRequested,
    Doubted,
    ErrorRaised,
    Fact,
    Loaded,
    ModelCalled,
    ModelSeen,
    OpSeen,
    OutputSeen,
    PlotDrawn,
    ProbeFailed,
    Reloaded,
    Saved,
    SeedSet,
    SeedUsed,
    StateLoaded,
    TensorSeen,
    TrainingSeen,
)
from grader.recipes import Points, Recipe


class Scene:
    """Builds evidence, cell after cell."""

    def __init__(self) -> None:
        self._facts: list[Fact] = []
        self._at: dict[str, Any] = {"cell": -1, "exercise": None}
        self._handles = 0
        self._ending: CellEnding = "finished"

    def cell(
        self, exercise: str | None, source: str = "...", *, written: bool = True,
        prepares: bool = False,
    ) -> Scene:  # fmt: skip
        """Start a cell of an exercise."""
        self._at = {"cell": self._at["cell"] + 1, "exercise": exercise}
        read = {"source": source, "written": written, "prepares": prepares}
        self._facts.append(CellRead.model_validate({**self._at, **read}))
        return self

    def tensor(
        self,
        shape: list[int],
        values: list[float] | None = None,
        *,
        random: bool = False,
        seed: int = 2**41,
        device: str = "cpu",
        ways: tuple[str, ...] = ("bound",),
        of: str = "torch",
        dtype: str = "float32",
        requires_grad: bool = False,
    ) -> str:
        """A tensor in the current cell; its handle.

        With `random`, it is the output of a random call under `seed`, and without `values` it
        holds numbers without a pattern.
        """
        self._handles += 1
        handle = f"t{self._handles}"
        if values is None:
            count = math.prod(shape)
            step = 0.754877666 if random else 0.0
            values = [round((self._handles * 0.37 + i * step) % 1.0, 6) for i in range(count)]
        fact = TensorSeen.model_validate(
            {**self._at, "handle": handle, "ways": list(ways), "of": of, "shape": shape,
             "dtype": dtype, "device": device, "values": values,
             "requires_grad": requires_grad}
        )  # fmt: skip
        self._facts.append(fact)
        if random:
            generator = "cpu" if device == "cpu" else "gpu"
            used = SeedUsed.model_validate({"generator": generator, "value": seed})
            self.op("rand", list(shape), [handle], seed=used)
        return handle

    def large(self, shape: list[int], low: float, high: float) -> Scene:
        """A tensor of evenly spread numbers, of which statistics alone are told."""
        self._handles += 1
        stats = [low, high, (low + high) / 2, (high - low) / 12**0.5]
        told = {"handle": f"t{self._handles}", "ways": ["bound"], "of": "torch", "shape": shape,
                "dtype": "float32", "device": "cpu", "stats": stats}  # fmt: skip
        self._facts.append(TensorSeen.model_validate({**self._at, **told}))
        return self

    def op(
        self,
        name: str,
        inputs: list[Any],
        outputs: list[Any],
        *,
        seed: SeedUsed | None = None,
        error: str | None = None,
    ) -> Scene:
        """A torch call in the current cell."""
        self._facts.append(
            OpSeen(**self._at, op=name, inputs=inputs, outputs=outputs, seed=seed, error=error)
        )
        return self

    def seed(self, call: str, value: int | None) -> Scene:
        """A seeding call in the current cell."""
        generators = {"torch.manual_seed": ["cpu", "gpu"], "numpy.random.seed": ["numpy"],
                      "random.seed": ["python"]}.get(call, ["gpu"])  # fmt: skip
        fact = {**self._at, "call": call, "generators": generators, "value": value}
        self._facts.append(SeedSet.model_validate(fact))
        return self

    def trains(self, **told: Any) -> Scene:
        """A training in the current cell: 300 steps of an SGD on a model of two numbers.

        Everything may be told otherwise by the fields of `TrainingSeen`.
        """
        losses = told.get("losses", [0.5, 0.4, 0.3, 0.2, 0.1])
        fields = {
            "run": "r1", "model": "m1", "earlier": 0, "steps": 300, "backwards": 300,
            "cleared": 300, "uncleared": 0, "accumulated": 0, "idle": 0, "looks": 10,
            "without_gradient": 0, "zero_gradient": 0, "not_finite": 0, "trainable": 2,
            "covered": 2, "elsewhere": 0, "moved": True, "devices": ["cpu"], "losses": losses,
            "optimizer": {"type": "SGD", "settings": {"lr": 0.01}, "groups": 1},
            "loss": {"kind": "l1_loss", "module": "L1Loss", "origin": "linear"},
            "per_point": 1, "not_numbers": 0, "first": losses[0], "last": losses[-1],
        }  # fmt: skip
        self._facts.append(TrainingSeen.model_validate({**self._at, **fields, **told}))
        return self

    def calls(
        self, model: str, on: tuple[str, ...] = (), devices: Sequence[dict[str, Any]] = (), /,
        *, evaluations: int = 0, **modes: int,
    ) -> Scene:  # fmt: skip
        """A model is called in the current cell, so often in each mode, on tensors of the cell."""
        counts = dict.fromkeys(("eval_quiet", "eval_grad", "train_quiet", "train_grad"), 0) | modes
        fields = {**self._at, "model": model, "evaluations": evaluations, **counts,
                  "devices": list(devices),
                  "data": [{"mode": m, "tensor": t} for m in modes for t in on]}  # fmt: skip
        self._facts.append(ModelCalled.model_validate(fields))
        return self

    def model(self, handle: str = "m1", **told: Any) -> Scene:
        """A model of one linear layer from 1 to 1, as it stands when the current cell ends."""
        fields = {
            "handle": handle, "names": ["model"], "type": "Line", "layers": [("layer", "Linear")],
            "shapes": [("layer.weight", [1, 1]), ("layer.bias", [1])], "parameters": 2,
            "trainable": 2, "devices": ["cpu"], "training": True, "state": "one",
        }  # fmt: skip
        self._facts.append(ModelSeen.model_validate({**self._at, **fields, **told}))
        return self

    def saves(self, state: str | None = "one", holds: str = "state_dict") -> Scene:
        """A state is saved to a file in the current cell."""
        told: dict[str, Any] = {
            "path": "models/model.pth",
            "holds": holds,
            "entries": [],
            "state": state,
        }
        self._facts.append(Saved.model_validate({**self._at, **told}))
        return self

    def loads(self, path: str = "models/model.pth", state: str | None = "one") -> Scene:
        """A state is loaded from a file in the current cell."""
        told: dict[str, Any] = {"path": path, "holds": "state_dict", "entries": [], "state": state}
        self._facts.append(Loaded.model_validate({**self._at, **told}))
        return self

    def reloads(self, outcome: str = "reloads", **told: object) -> Scene:
        """What was saved in the current cell is made again elsewhere, or not."""
        fields = {**self._at, "path": "models/model.pth", "outcome": outcome, **told}
        self._facts.append(Reloaded.model_validate(fields))
        return self

    def takes_over(self, model: str, state: str | None = "one") -> Scene:
        """A model takes over a loaded state in the current cell."""
        self._facts.append(StateLoaded(**self._at, model=model, state=state))
        return self

    def plots(self, *axes: list[tuple[str, int]], figure: int = 0) -> Scene:
        """A figure is shown: for each axes, kind and size of what is drawn in it."""
        told: Any = [{"drawn": [{"what": w, "count": n} for w, n in drawn]} for drawn in axes]
        self._facts.append(PlotDrawn.model_validate({**self._at, "figure": figure, "axes": told}))
        return self

    def challenge(self, *points: float, inputs: Recipe | None = None, **told: Any) -> Scene:
        """The models of the exercise are given inputs: points of one feature, or others."""
        made = inputs or Points(points=[[p] for p in points])
        fields = {"challenge": "c", "ask": "model", "inputs": made.model_dump(), **told}
        self._facts.append(Challenged.model_validate({**self._at, **fields}))
        return self

    def answers(self, *values: float, **told: Any) -> Scene:
        """A model gives numbers for the challenge: one for each point, if not told otherwise."""
        fields = {"challenge": "c", "by": "model", "model": "m1", "type": "Line", "shape":
                  [len(values)], "dtype": "float32", "values": list(values), "ended": "answered",
                  **told}  # fmt: skip
        self._facts.append(Answered.model_validate({**self._at, **fields}))
        return self

    def asks(self, accelerator: str) -> Scene:
        """The cell asks whether an accelerator is there."""
        self._facts.append(DeviceAsked(**self._at, accelerator=accelerator))
        return self

    def requests(self, device: str) -> Scene:
        """The cell asks for something to be on a device."""
        self._facts.append(DeviceRequested(**self._at, device=device))
        return self

    def blind(self, probe: str, problem: str) -> Scene:
        """Something could not be seen in the current cell."""
        self._facts.append(ProbeFailed(**self._at, probe=probe, problem=problem))
        return self

    def prints(self, text: str, channel: Literal["stdout", "stderr"] = "stdout") -> Scene:
        """The current cell prints."""
        self._facts.append(OutputSeen(**self._at, channel=channel, text=text))
        return self

    def doubts(self, reason: str, exercise: str | None = None) -> Scene:
        """The current cell gives reason to doubt an exercise, or the whole hand-in."""
        at = {**self._at, "exercise": exercise}
        self._facts.append(Doubted(**at, reason=reason))
        return self

    def ends(
        self,
        ending: CellEnding,
        ename: str | None = None,
        evalue: str = "",
        *,
        line: int | None = None,
    ) -> Scene:
        """How the current cell ends, and in which line."""
        told = {"ending": ending, "ename": ename, "evalue": evalue, "line": line}
        self._facts.append(CellEnded.model_validate({**self._at, **told}))
        return self

    def error(
        self, name: str, said: str, tensors: dict[str, list[int]], *, line: int = 1,
        layer: tuple[str, list[int]] | None = None, **told: Any,
    ) -> Scene:  # fmt: skip
        """The current cell ends with an error of a line that works on tensors of these shapes.

        With `layer`, a layer of that class refused a tensor of that shape. Everything else of the
        line may be told by the fields of `ErrorRaised`.
        """
        plain = {"type": "tensor", "dtype": "float32", "device": "cpu"}
        operands = [{"name": n, "shape": s, **plain} for n, s in tensors.items()]
        met = layer and {"type": layer[0], "shapes": [], "input": {"shape": layer[1], **plain}}
        fields = {"function": "<module>", "at": line, "operands": operands, "layer": met, **told}
        self._facts.append(ErrorRaised.model_validate({**self._at, **fields}))
        return self.ends("raised", name, said)

    def evidence(self, **header: Any) -> Evidence:
        """What was built so far."""
        fields = {"schema": "grader/evidence/v1", "assignment": "a", "student": "s",
                  "submission": "0" * 64, "ending": "finished", **header}  # fmt: skip
        return Evidence(header=Header.model_validate(fields), facts=number(self._facts))
