"""Parameters that are bound anew at each step, as in `w = (w - lr * w.grad).requires_grad_()`.

Each step makes another tensor, and nothing in torch leads from one to the next. A new one goes on
with a training if its loss goes backward from the same place, it has the same shape, and it lies
where the gradient of the one before leads; so two trainings by one function stay two.
"""

from __future__ import annotations

from types import FrameType
from typing import Any, NamedTuple

from ..recorder import OWN
from .runs import Trained

MOST_NUMBERS = 2**16
"""Of a tensor that is kept until the next step."""
MOST_PLACES = 20
DEEPEST = 60
"""Frames that are looked through for code of a hand-in."""
ALONG = 0.5
"""Cosine of the angle to the gradient, from which a step counts as one along it."""
NEAR = 0.05
"""A step of this part of a tensor's length is one whatever its direction."""

Place = tuple[tuple[int, int], ...]


class GoesOn(NamedTuple):
    """A training that goes on with another tensor, and whether that has other numbers."""

    trained: Trained
    moved: bool


class Rebinding:
    """The latest tensor that a loss went backward to, by the place where that happened."""

    def __init__(self) -> None:
        self._latest: dict[Place, tuple[Trained, Any]] = {}

    def goes_on(self, place: Place, leaf: Any, model: Any) -> GoesOn | None:
        """The training that a tensor of a model or of none, just met, goes on with."""
        if place not in self._latest:
            return None
        trained, before = self._latest[place]
        if before.shape != leaf.shape or trained.optimized():
            return None
        same = model is (None if trained.model is None else trained.model())
        if not same or not follows(before, leaf):
            return None
        return GoesOn(trained, bool((before != leaf).any()))

    def keep(self, place: Place, trained: Trained, leaf: Any) -> None:
        """Remember what a loss went backward to."""
        if leaf.numel() <= MOST_NUMBERS and (place in self._latest or self.has_room):
            self._latest[place] = (trained, leaf)

    @property
    def has_room(self) -> bool:
        """Whether another place may be remembered."""
        return len(self._latest) < MOST_PLACES

    def forget(self) -> None:
        """Let go of all tensors."""
        self._latest.clear()


def follows(before: Any, leaf: Any) -> bool:
    """Whether a tensor may be what a step made of another."""
    if before.grad is None:
        return False
    step = (leaf.detach() - before.detach()).reshape(-1).double()
    against = before.grad.reshape(-1).double()
    length = float(step.norm())
    if length <= NEAR * float(before.detach().double().norm()):
        return True
    return float(step @ -against) > ALONG * length * float(against.norm())


def place_of(frame: FrameType | None) -> Place:
    """Where code of a hand-in is: each of its functions on the way there, and the line in it.

    What lies between, of ours and of torch, takes other ways once watching has stepped aside.
    """
    place: list[tuple[int, int]] = []
    for _ in range(DEEPEST):
        if frame is None:
            break
        file = frame.f_code.co_filename
        if not file.startswith(OWN) and "-packages" not in file:
            place.append((id(frame.f_code), frame.f_lineno))
        frame = frame.f_back
    return tuple(place)
