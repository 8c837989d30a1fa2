"""Applies the student's models and functions to what the host asks, each in a fork of its own.

A question lists challenges. Each has numbers, the shapes to give them in, and either the handles
of models or the cells whose functions are meant; the answer lists what each of them gave. What
should have come out is not known here.

A model is in evaluation mode and records no gradients. What it is given has the dtype of its
parameters and lies where they do.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

from .apart import Apart, Told
from .callables import CallableProbe, Candidate
from .copying import with_state_of
from .probes.models import ModelProbe
from .recorder import Fact, Recorder, sendable

MOST_CANDIDATES = 8
"""Of one challenge."""
WALL_S = 20.0
"""Of one answer; it is wide, because the machine may be busy."""
ALL_S = 60.0
"""Of all answers to a question."""
MOST_NUMBERS = 20_000
"""Of one answer."""
MOST_CALLS = 2_000
"""Where each input is given alone."""

Question = dict[str, Any]


class Challenges:
    """Answers challenges.

    Args:
        publisher: the class whose objects send what is printed or shown.
        torch: the torch module.
        recorder: keeps still meanwhile.
        models: knows models by their handles.
        callables: knows functions by their cells.
        files: knows what the last cell saved, see `SavedFiles`.
        only_serve: makes the watching of torch calls serve devices and note nothing.
    """

    def __init__(
        self,
        publisher: type,
        torch: Any,
        recorder: Recorder,
        models: ModelProbe,
        callables: CallableProbe,
        files: Any,
        only_serve: Callable[[], None],
    ) -> None:
        self._torch = torch
        self._recorder = recorder
        self._models = models
        self._callables = callables
        self._files = files
        self._only_serve = only_serve
        self._apart = Apart(publisher, self._settle)
        self._now = time.monotonic
        self._until = 0.0

    def answers(self, question: Question) -> list[Fact]:
        """What each candidate gave, and how many there were more than are asked."""
        facts: list[Fact] = []
        self._until = self._now() + ALL_S
        for asked in question.get("challenges", ()):
            candidates = list(self._candidates(asked))
            facts += [self._answer(asked, c) for c in candidates[:MOST_CANDIDATES]]
            more = len(candidates) - MOST_CANDIDATES
            if more > 0:
                facts.append({"challenge": asked["id"], "left_out": more})
        return facts

    def _candidates(self, asked: Question) -> Iterator[tuple[Candidate, str | None, list[Any]]]:
        """Who is asked, its handle if it is a model, and the shapes that it may take."""
        if asked["ask"] == "function":
            for found in self._callables.of(asked["cells"]):
                yield found, None, asked["shapes"]
        for wanted in asked["models"]:
            model = self._models.alive(wanted["model"])
            if model is not None:
                kind = sendable(type(model).__name__[:100])
                file = self._files.place(wanted["file"]) if "file" in wanted else None
                found = Candidate("", "model", kind, True, model, file)
                yield found, wanted["model"], wanted["shapes"]

    def _answer(self, asked: Question, whom: tuple[Candidate, str | None, list[Any]]) -> Fact:
        candidate, handle, shapes = whom

        def work() -> bytes:
            with self._recorder.paused():
                said = self._apply(candidate, asked["numbers"], shapes)
            return json.dumps(said).encode("utf-8", "backslashreplace")

        told = self._told_apart(work)
        return {
            "challenge": asked["id"], "model": handle, "name": sendable(candidate.name[:100]),
            "by": candidate.by, "type": candidate.type[:100], "own": candidate.own,
            "ended": told.ended, "said": told.line.decode("utf-8", "backslashreplace"),
        }  # fmt: skip

    def _told_apart(self, work: Callable[[], bytes]) -> Told:
        """What a fork tells; nothing where it may not be, or once the host wants no more."""
        left = self._until - self._now()
        if left <= 0:
            return Told("silent")
        try:
            return self._apart.do(work, min(WALL_S, left))
        except KeyboardInterrupt:
            self._until = self._now()
            return Told("silent")
        except Exception:  # the processes or descriptors that it would need are used up
            return Told("silent")

    def _settle(self) -> None:
        """In the fork: one thread, no file of torch's, and nobody watches."""
        self._torch.set_num_threads(1)
        self._torch.serialization._open_zipfile_writer_file = None
        self._only_serve()

    def _apply(self, candidate: Candidate, numbers: list[float], shapes: list[Any]) -> Fact:
        """What a candidate gives for the numbers in the first shape that it takes."""
        first = ""
        try:
            apply, dtype = self._prepared(candidate)
            for shape in shapes:
                try:
                    return self._told(apply(self._input(numbers, shape, dtype, candidate)))
                except Exception as problem:
                    first = first or said_of(problem)
            if candidate.by == "model" or len(shapes[0]) > 1 or len(numbers) > MOST_CALLS:
                return {"error": first}
            whole = self._input(numbers, [len(numbers)], dtype, candidate)
            return self._one_by_one(apply, whole) | {"each": True}
        except BaseException as problem:  # whatever it raises, also to leave
            return {"error": first or said_of(problem)}

    def _prepared(self, candidate: Candidate) -> tuple[Callable[[Any], Any], Any]:
        """What to call, and the dtype that it takes."""
        torch, value = self._torch, candidate.value
        if candidate.by == "class":
            value = value()
        if not self._models.is_model(value):
            return value, torch.float32
        if candidate.file is not None:
            value = with_state_of(value, candidate.file, torch)
        torch.nn.Module.eval(value)
        torch.set_grad_enabled(False)
        parameters = torch.nn.Module.parameters(value)
        dtypes = [p.dtype for p in parameters if p.dtype.is_floating_point]
        return value, dtypes[0] if dtypes else torch.float32

    def _input(self, numbers: list[float], shape: list[int], dtype: Any, whose: Candidate) -> Any:
        """A fresh tensor; it lies where the parameters of what takes it do."""
        with self._torch._C.DisableTorchFunction():
            made = self._torch.tensor(numbers, dtype=dtype, device="cpu").reshape(shape)
            is_model = self._models.is_model(whose.value)
            own = self._torch.nn.Module.parameters(whose.value) if is_model else ()
            parameter = next(iter(own), None)
        return made if parameter is None else made.to(parameter.device)

    def _one_by_one(self, apply: Callable[[Any], Any], whole: Any) -> Fact:
        """What comes out where a function takes one number at a time, a tensor or a plain one."""
        with self._torch._C.DisableTorchFunction():
            plain = whole.tolist()
        try:
            results = [self._told(apply(n.clone())) for n in whole]
        except Exception:
            results = [self._told(apply(n)) for n in plain]
        if any(r.get("shape") != [] or r["values"] is None for r in results):
            return results[0]
        values = [r["values"][0] for r in results]
        return {"shape": [len(values)], "dtype": results[0]["dtype"], "values": values}

    def _told(self, result: Any) -> Fact:
        """The numbers of a result, or of the first tensor in it."""
        torch = self._torch
        with torch._C.DisableTorchFunction(), torch.no_grad():
            for _ in range(3):
                if isinstance(result, torch.Tensor) or not isinstance(result, (tuple, list, dict)):
                    break
                items = list(result.values()) if isinstance(result, dict) else list(result)
                first = [i for i in items if isinstance(i, torch.Tensor)]
                if not first:
                    break
                result = first[0]
            try:
                whole = torch.as_tensor(result).detach()
            except (TypeError, ValueError, RuntimeError):  # no numbers, and that is an answer too
                return {"shape": [], "dtype": sendable(type(result).__name__[:40]), "values": None}
            shape = [int(n) for n in whole.shape][:16]
            dtype = str(whole.dtype).removeprefix("torch.")
            values = None
            if whole.numel() <= MOST_NUMBERS and not whole.dtype.is_complex:
                flat = whole.reshape(-1).to(torch.float64).tolist()
                values = [float(f"{v:.9g}") for v in flat] if dtype != "float64" else flat
            return {"shape": shape, "dtype": dtype, "values": values}


def said_of(problem: BaseException) -> str:
    """An exception's class and the beginning of its message."""
    return f"{type(problem).__name__}: {problem}"[:300]
