"""Steps aside in a cell that trains.

Watching every call costs a third and more of a small training loop, and its first steps show what
it does. A cell in which an optimizer has stepped a few times is no longer watched call by call,
and the host is told so; the next cell is watched again.

Where the notebook so far names a device, calls must still be served, only no longer described.
What torch itself does inside a step needs neither.
"""

from __future__ import annotations

import re
from typing import Any

from torch._C import DisableTorchFunction
from torch.optim.optimizer import Optimizer

from ..recorder import Recorder
from .operations import OperationProbe
from .stand_ins import unwatched

STEPS = 5
DEVICE = re.compile(r"cuda|device|gpu|mps|xpu", re.IGNORECASE)


class TrainingLoops:
    """Counts optimizer steps and decides what is watched.

    Args:
        operations: what steps aside; already active.
        recorder: is told.
        pretends: whether calls have to be served where a device is named.
    """

    def __init__(
        self, operations: OperationProbe, recorder: Recorder, *, pretends: bool = True
    ) -> None:
        self._pretends = pretends
        self._operations = operations
        self._recorder = recorder
        self._steps = 0
        self._aside = False
        self._device_named = False
        unwatched(Optimizer, DisableTorchFunction)

    def cell_starts(self, info: Any) -> None:
        """Watch again, and look for a device in what is about to run."""
        self._steps = 0
        self._device_named = self._device_named or bool(DEVICE.search(str(info.raw_cell)))

    def cell_ended(self) -> None:
        """Watch what is shown and bound at the end."""
        self._operations.serves_only = False
        if self._aside:
            self._aside = False
            self._operations.watch()

    def stepped(self) -> None:
        """An optimizer made a step."""
        self._steps += 1
        if self._steps != STEPS:
            return
        self._recorder.fail("operations", "the cell trains: its first steps were recorded")
        if (self._pretends and self._device_named) or not self._operations.on_top():
            self._operations.serves_only = True
        else:
            self._operations.step_aside()
            self._aside = True
