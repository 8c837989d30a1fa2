"""What was minimised: told by the graph of a loss, and by the loss module that was called last.

The module knows what it was given before shapes are broadcast, and where that was; the graph knows
losses that are functions or formulas, too.
"""

from __future__ import annotations

from typing import Any

from .graphs import fits, loss_of

MOST_LOOKED_AT = 20
"""Calls of loss modules in a cell whose arguments are looked at."""


class LossProbe:
    """Describes losses.

    Args:
        torch: the torch module.
        device_of: tells the device the student believes a tensor to be on.
    """

    def __init__(self, torch: Any, device_of: Any) -> None:
        self._tensor = torch.Tensor
        self._device_of = device_of
        self.new_cell()

    def new_cell(self) -> None:
        """Look again at what loss modules are called with."""
        self._calls = 0
        self._last: dict[str, Any] = {}

    def called(self, module: Any, args: tuple[Any, ...]) -> bool:
        """Keep what a loss module is called with; whether further calls are looked at."""
        self._calls += 1
        given = [a for a in args[:2] if isinstance(a, self._tensor)]
        if len(given) == 2:
            shapes = [list(a.shape)[:16] for a in given]
            self._last = {
                "module": type(module).__name__[:100],
                "input_shape": shapes[0],
                "target_shape": shapes[1],
                "devices": [self._device_of(a) for a in given],
            }
        if self._calls == MOST_LOOKED_AT:
            self._last = {}  # of a training that starts later, the last is not known
        return self._calls < MOST_LOOKED_AT

    def describe(self, loss: Any) -> dict[str, Any]:
        """A loss from which gradients are made."""
        told = loss_of(loss.grad_fn)
        return {**told, **self._last} if fits(told["kind"], self._last.get("module")) else told
