"""What happened while a model was trained: losses, clearings, steps, gradients.

`torch.autograd.backward`, which `loss.backward()` calls, is replaced; steps are told by the hooks
that torch has for them. Whether gradients were cleared is read from the gradients themselves when
the next backward starts, so the optimizer's `zero_grad`, the model's and a loop of one's own are
told alike. Losses, steps and clearings are counted exactly; gradients are looked at closely before
the steps of a run in a cell whose number, from 0, is 0 or a power of two.
"""

from __future__ import annotations

import sys
import weakref
from collections.abc import Callable
from types import FrameType
from typing import Any

from torch.optim.optimizer import (
    register_optimizer_step_post_hook,
    register_optimizer_step_pre_hook,
)

from ..doors import before, door, identity
from ..recorder import Recorder, line_of
from .devices import ServedDevice
from .forwards import ForwardProbe
from .graphs import leaf_of
from .losses import LossProbe
from .models import ModelProbe
from .rebinding import Rebinding, place_of
from .runs import Run, Trained, computes_within
from .series import MOST
from .sweeps import Sweeps
from .tensors import TensorProbe

MOST_WAITING = 10_000
"""Losses without a step that are kept apart, until one says which run they were of."""


MOST_TRAINED = 1000
"""Models, and groups of other tensors, that are followed in one cell."""
FULL_CURVES, SHORT_CURVE = 30, 100
"""Runs of a cell of which all points are kept that a series holds; and points of later ones."""


class TooManyTrainings(Exception):
    """What is trained now is not followed; the host is told so."""


class TrainingProbe:
    """Watches backward and step, and sorts what they do into runs.

    Args:
        recorder: where the runs go when a cell has ended.
        torch: the torch module.
        tensors: describes the data.
        models: describes the models.
        served: tells the device the student believes a tensor to be on.
        stepped: is told of each step of an optimizer.
    """

    def __init__(
        self, recorder: Recorder, torch: Any, tensors: TensorProbe, models: ModelProbe,
        served: ServedDevice, stepped: Callable[[], None],
    ) -> None:  # fmt: skip
        self._stepped = stepped
        self._recorder = recorder
        self._torch = torch
        self._tensor = torch.Tensor
        self._end = torch._C._functions.AccumulateGrad
        self._device_of = served.of
        self._quiet = torch._C.DisableTorchFunction
        self._losses = LossProbe(torch, served.of)
        self._forwards = ForwardProbe(recorder, torch, tensors, models, served, self._losses.called)
        self._trained: dict[int, tuple[Any, Trained]] = {}
        self._stepping: Any = None  # an optimizer whose step goes forward and backward itself
        self._runs: dict[int, Run] = {}
        self._everything: list[Trained] = []
        self._sweeps = Sweeps()
        self._rebinding = Rebinding()
        self._number = 0
        self._active = self._new = 0
        torch.autograd.backward = before(self._backward, torch.autograd.backward)
        register_optimizer_step_pre_hook(door(self._before_step))
        register_optimizer_step_post_hook(door(self._after_step))

    def _backward(self, tensors: Any, *args: Any, **kwargs: Any) -> None:
        """Look at a loss, at every step: so in one function, without those for what is new."""
        if self._recorder.resting:
            return
        try:
            with self._quiet():
                if type(tensors) in (list, tuple):  # an iterator would be used up by looking
                    tensors = tensors[0] if tensors else None
                graph = tensors.grad_fn if isinstance(tensors, self._tensor) else None
                if graph is None:
                    return  # nothing to see, or torch is about to say so
                leaf = leaf_of(graph, self._end)
                if leaf is None:
                    return
                met = self._trained.get(identity(leaf))
                if met is not None and met[0]() is leaf:
                    trained = met[1]
                else:
                    trained = self._meet(leaf, sys._getframe(1))
                run = trained.runs[-1] if trained.runs else self._first_run(trained, leaf)
                if not run.active:
                    self._start(run, None)
                if run.optimizer is None:
                    self._feed(run)
                waiting = trained.waiting
                new = run.loss is None and not waiting
                described = self._losses.describe(tensors) if new else None
                gradient = leaf.grad
                cleared = gradient is None or not bool(gradient.any())
                value = float(tensors.item()) if tensors.numel() == 1 else None
                waiting.append((value, cleared, described))
                if len(waiting) >= MOST_WAITING:
                    run.take(waiting)
        except Exception as problem:
            self._fail(problem)

    def _seen(self, look: Any, *args: Any) -> None:
        """Look without the student noticing: a failure of ours is told to the host."""
        try:
            with self._quiet():
                look(*args)
        except Exception as problem:
            self._fail(problem)

    def _fail(self, problem: Exception) -> None:
        self._recorder.fail("training", f"{type(problem).__name__}: {problem}")

    def _known(self, leaf: Any) -> Trained | None:
        """What a parameter is known to belong to."""
        known = self._trained.get(identity(leaf))
        return known[1] if known is not None and known[0]() is leaf else None

    def _meet(self, leaf: Any, backward: FrameType | None = None) -> Trained:
        """Learn what a parameter belongs to.

        Args:
            leaf: the parameter.
            backward: what called a backward to it, which may have taken the place of another.
        """
        model, handle = self._forwards.model_of(leaf) or (None, None)
        parameters = [leaf] if model is None else self._parameters(model)
        place = () if backward is None else place_of(backward)
        earlier = self._rebinding.goes_on(place, leaf, model)
        if earlier is None:
            self._new += 1
            if self._new > MOST_TRAINED:
                raise TooManyTrainings(f"more than {MOST_TRAINED} trainings in one cell")
            trained = Trained(model, handle, parameters)
            self._everything.append(trained)
        else:
            trained = earlier.trained
            trained.rebind(parameters, moved=earlier.moved)
        for parameter in parameters:
            self._trained[identity(parameter)] = (weakref.ref(parameter), trained)
        if place:
            self._rebinding.keep(place, trained, leaf)
        return trained

    def _parameters(self, model: Any) -> list[Any]:
        return list(self._torch.nn.Module.parameters(model))

    def _before_step(self, optimizer: Any, args: Any, kwargs: Any) -> None:
        if self._recorder.resting:
            return
        self._stepping = optimizer if computes_within(args, kwargs) else None
        if self._stepping is None:
            self._look_now_and_then(optimizer)

    def _look_now_and_then(self, optimizer: Any) -> None:
        """Look at the gradients of the first, second, fourth, eighth … step."""
        run = self._runs.get(identity(optimizer))
        if (
            run is None or not run.active or run.steps & (run.steps - 1) == 0
            or run.optimizer() is not optimizer
        ):  # fmt: skip
            self._seen(self._look_at_gradients, optimizer)

    def _after_step(self, optimizer: Any, args: Any, kwargs: Any) -> None:
        if self._recorder.resting:
            return
        if computes_within(args, kwargs):
            self._stepping = None
            self._look_now_and_then(optimizer)
        try:
            run = self._runs.get(identity(optimizer))
            if run is None or not run.active or run.optimizer() is not optimizer:
                with self._quiet():
                    run = self._run_of(optimizer)
            trained = run.trained
            if trained.waiting:
                run.take(trained.waiting)
            else:
                run.idle += 1
            trained.stepped = True
            run.steps += 1
            if self._sweeps.open:
                self._feed(run)
        except Exception as problem:
            self._fail(problem)
        self._stepped()

    def _run_of(self, optimizer: Any) -> Run:
        run = self._runs.get(identity(optimizer))
        if run is None or run.optimizer() is not optimizer:
            run = self._runs[identity(optimizer)] = self._new_run(optimizer)
        if not run.active:
            self._start(run, line_of(sys._getframe(1)))
        return run

    def _start(self, run: Run, line: int | None) -> None:
        """First activity of a run in a cell; of many runs, fewer losses each are kept."""
        self._active += 1
        run.start(line, MOST if self._active <= FULL_CURVES else SHORT_CURVE)

    def _new_run(self, optimizer: Any) -> Run:
        covered = [p for group in optimizer.param_groups for p in group["params"]]
        lead = next((p for p in covered if p.grad is not None), covered[0])
        trained = self._known(lead) or self._meet(lead)
        if trained.model is None:  # tensors of no model: those of one optimizer belong together
            self._gather(trained, covered)
        return self._add_run(trained, optimizer)

    def _gather(self, trained: Trained, parameters: list[Any]) -> None:
        for parameter in parameters:
            known = self._known(parameter)
            if known is not None and known is not trained:
                trained.waiting += known.waiting
                known.waiting = []
            self._trained[identity(parameter)] = (weakref.ref(parameter), trained)
        trained.parameters = [weakref.ref(p) for p in parameters]

    def _first_run(self, trained: Trained, leaf: Any) -> Run:
        """The run of a first backward: of the optimizer within whose step it is, if of any."""
        groups = self._stepping.param_groups if self._stepping is not None else ()
        if any(p is leaf for group in groups for p in group["params"]):
            return self._run_of(self._stepping)
        return self._add_run(trained, None)

    def _add_run(self, trained: Trained, optimizer: Any) -> Run:
        self._number += 1
        run = Run(self._number, trained, optimizer)
        trained.runs.append(run)
        return run

    def _look_at_gradients(self, optimizer: Any) -> None:
        run = self._run_of(optimizer)
        gradients = [p.grad for p in run.covered() if p.grad is not None]
        run.looks += 1
        if not gradients:
            run.without_gradient += 1
        elif not any(bool(g.any()) for g in gradients):
            run.zero_gradient += 1
        if not all(bool(g.isfinite().all()) for g in gradients):
            run.not_finite += 1

    def _feed(self, run: Run) -> None:
        sweep = self._sweeps.current()
        if sweep is not None:
            run.feed(sweep)

    def tell(self) -> None:
        """Report the runs of the cell that ended, and start anew."""
        self._seen(self._tell)

    def _tell(self) -> None:
        for trained in self._everything:
            trained.runs[-1].take(trained.waiting)
        for trained in self._everything:
            for run in trained.runs:
                if run.steps or run.backwards:
                    fact = self._recorder.add("training", **run.told(self._device_of))
                    if fact is not None:
                        fact["line"] = run.line
                run.fresh()
        self._forwards.tell()
        self._losses.new_cell()
        self._rebinding.forget()
        self._active = self._new = 0
        self._stepping = None  # a closure that raised ended its step without a word
        self._forget()

    def _forget(self) -> None:
        """Let go of what no longer exists."""
        self._everything = [t for t in self._everything if t.living()]
        living = set(map(id, self._everything))
        self._trained = {k: v for k, v in self._trained.items()
                         if v[0]() is not None and id(v[1]) in living}  # fmt: skip
        self._runs = {k: r for k, r in self._runs.items() if r.optimizer and r.optimizer()}
