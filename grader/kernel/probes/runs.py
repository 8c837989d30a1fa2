"""Training runs: one for each pair of a model and an optimizer.

A loss belongs to the parameters that its graph leads to; the optimizer whose step comes next and
covers one of them says which run it was. So several runs in one cell or one function are told
apart without asking anything of the student's code.
"""

from __future__ import annotations

import weakref
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import Any

from .reading import plain
from .series import Series
from .sweeps import Sweep

MOST_LOOKED_AT = 2**18
"""Numbers by which is told whether parameters move; of larger models, the first of each."""
MOST_PARAMETERS = 500
"""Tensors of a run that are looked at for that."""


class Trained:
    """What is trained: a model's parameters, or tensors that belong to no model.

    Attributes:
        handle: the model's reference; None for bare tensors.
        parameters: all that ask for gradients.
        waiting: losses since the last step, with whether gradients were cleared before each.
        runs: by optimizer, in the order they came.
        rebound: whether other numbers took the place of its parameters in this cell.
    """

    def __init__(self, model: Any, handle: str | None, parameters: list[Any]) -> None:
        self.model = None if model is None else weakref.ref(model)
        self.handle = handle
        self.parameters = [weakref.ref(p) for p in parameters]
        self.waiting: list[tuple[float | None, bool, dict[str, Any] | None]] = []
        self.runs: list[Run] = []
        self.stepped = False
        self.rebound = False

    def optimized(self) -> bool:
        """Whether an optimizer has stepped on it."""
        return any(run.optimizer is not None for run in self.runs)

    def rebind(self, parameters: list[Any], *, moved: bool) -> None:
        """Others take the place of its parameters, with numbers that differ or not."""
        self.parameters = [weakref.ref(p) for p in parameters]
        self.rebound = self.rebound or moved

    def living(self) -> list[Any]:
        """Its parameters that still exist."""
        return [p for p in (ref() for ref in self.parameters) if p is not None]


class Run:
    """What one optimizer did to one model in this cell, and how much it did before.

    Attributes:
        optimizer: a weak reference; None where gradients were made and no optimizer used them.
        earlier: its steps in earlier cells.
        settings: its optimizer's as it first stepped in this cell; None where none stepped. When
            the optimizer itself goes is for Python's garbage collector to say.
    """

    def __init__(self, number: int, trained: Trained, optimizer: Any) -> None:
        self.handle = f"r{number}"
        self.trained = trained
        self.optimizer: Any = None if optimizer is None else weakref.ref(optimizer)
        self.earlier = 0
        self.steps = 0
        self.fresh()

    def fresh(self) -> None:
        """A new cell starts."""
        self.earlier += self.steps
        self.active = False
        self.trained.rebound = False
        self.steps = self.backwards = self.sweeps = self.batches = 0
        self.fed: tuple[Any, int] = (None, 0)
        self.cleared = self.uncleared = self.accumulated = 0
        self.idle = self.without_gradient = self.zero_gradient = self.not_finite = 0
        self.looks = 0
        self.series = Series()
        self.loss: dict[str, Any] | None = None
        self.line: int | None = None
        self.before: list[tuple[Any, bytes, int]] = []
        self.settings: dict[str, Any] | None = None
        self.parameters: list[Any] = []

    def take(self, waiting: list[tuple[float | None, bool, dict[str, Any] | None]]) -> None:
        """Count losses that led to a step of this run; they wait no more."""
        self.backwards += len(waiting)
        for value, cleared, loss in waiting:
            if cleared:
                self.cleared += 1
            elif self.trained.stepped:
                self.uncleared += 1
            else:
                self.accumulated += 1
            self.trained.stepped = False
            if value is not None:
                self.series.add(value)
            if loss is not None and self.loss is None:
                self.loss = loss
        waiting.clear()

    def feed(self, sweep: Sweep) -> None:
        """A step on a batch of a loader."""
        if self.handle not in sweep.stepped:
            sweep.stepped.add(self.handle)
            self.sweeps += 1
        if self.fed != (sweep, sweep.batches):
            self.fed = (sweep, sweep.batches)
            self.batches += 1

    def epochs(self) -> int | None:
        """Sweeps over loaders in which it stepped; None where none, or a single batch, was used."""
        again = self.batches <= 1 < max(self.steps, self.backwards)
        return None if again or not self.sweeps else self.sweeps

    def covered(self) -> list[Any]:
        """The parameters its optimizer covers, or covered when it first stepped in this cell."""
        optimizer = None if self.optimizer is None else self.optimizer()
        if optimizer is None:
            return [p for p in (ref() for ref in self.parameters) if p is not None]
        return [p for group in optimizer.param_groups for p in group["params"]]

    def start(self, line: int | None, most_points: int) -> None:
        """First activity in a cell: remember how the parameters stood, to see whether they move.

        Args:
            line: of the cell.
            most_points: of its losses, to be kept.
        """
        self.active = True
        self.line = line
        self.series = Series(most_points)
        optimizer = None if self.optimizer is None else self.optimizer()
        self.settings = None if optimizer is None else settings_of(optimizer)
        self.parameters = [weakref.ref(p) for p in self.covered()]
        parameters = self.covered() or self.trained.living()
        most = max(1, MOST_LOOKED_AT // max(1, len(parameters)))
        self.before = [(weakref.ref(p), fingerprint(p, most), most)
                       for p in parameters[:MOST_PARAMETERS]]  # fmt: skip

    def moved(self) -> bool | None:
        """Whether any parameter is not as it was; None where none is left to compare."""
        if self.trained.rebound:
            return True
        pairs = [(ref(), stood, most) for ref, stood, most in self.before]
        alive = [(p, stood, most) for p, stood, most in pairs if p is not None]
        return any(fingerprint(p, most) != stood for p, stood, most in alive) if alive else None

    def told(self, device_of: Any) -> dict[str, Any]:
        """What is told of it when a cell has ended.

        Args:
            device_of: tells the device the student believes a tensor to be on.
        """
        covered = self.covered()
        by_it = {id(p) for p in covered}
        own = self.trained.living()
        of_its_own = sum(p.numel() for p in own if id(p) in by_it)
        series = self.series
        return {
            "run": self.handle,
            "model": self.trained.handle,
            "optimizer": self.settings,
            "earlier": self.earlier,
            "steps": self.steps,
            "backwards": self.backwards,
            "epochs": self.epochs(),
            "cleared": self.cleared,
            "uncleared": self.uncleared,
            "accumulated": self.accumulated,
            "idle": self.idle,
            "looks": self.looks,
            "without_gradient": self.without_gradient,
            "zero_gradient": self.zero_gradient,
            "not_finite": self.not_finite,
            "trainable": sum(p.numel() for p in own if p.requires_grad),
            "covered": of_its_own,
            "elsewhere": sum(p.numel() for p in covered) - of_its_own,
            "moved": self.moved(),
            "devices": sorted({device_of(p) for p in own})[:8],
            "loss": self.loss,
            "losses": [plain(v) for v in series.points()],
            "per_point": series.width,
            "not_numbers": series.unlike_numbers,
            "first": None if series.first is None else plain(series.first),
            "last": None if series.last is None else plain(series.last),
        }


def fingerprint(parameter: Any, most: int) -> bytes:
    """A digest of a parameter's first numbers, which takes no room; empty where it has none."""
    from torch import uint8

    if parameter.is_meta:
        return b""
    flat = parameter.detach().reshape(-1)[:most].cpu().contiguous()
    return blake2b(flat.view(uint8).numpy(), digest_size=16).digest()


def settings_of(optimizer: Any) -> dict[str, Any]:
    """An optimizer's class and the plain numbers of its first parameter group."""
    group = optimizer.param_groups[0] if optimizer.param_groups else {}
    plain = {
        str(key)[:60]: float(value) if isinstance(value, float) else value
        for key, value in list(group.items())[:40]
        if type(value) in (int, float, bool) or value is None
    }
    betas = group.get("betas")
    if isinstance(betas, tuple) and all(type(b) is float for b in betas):
        plain["betas"] = list(betas)[:4]
    return {"type": type(optimizer).__name__[:100], "settings": plain,
            "groups": len(optimizer.param_groups)}  # fmt: skip


def computes_within(args: Sequence[Any], kwargs: Mapping[str, Any]) -> bool:
    """Whether a step was given a closure, which goes forward and backward within the step.

    Args:
        args: of the step, the optimizer first.
        kwargs: of the step.
    """
    closure = args[1] if len(args) > 1 else kwargs.get("closure")
    return closure is not None
