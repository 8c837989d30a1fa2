"""The devices that are really there: nothing is pretended, and no driver is asked for anything.

Where a tensor lies is read from the tensor. A device counts as in use once the student's own code
has started it: asking whether there is one would start a driver.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from typing import Any

from ..doors import before
from ..recorder import Recorder
from .accelerator import asked_by_torch
from .devices import full_name, number

UNSEEDED = 67280421310721
"""What torch's own generators of a GPU start from."""
SEEDING = ("manual_seed", "manual_seed_all")
ASKING = (("cuda", "is_available", "cuda"), ("cuda", "device_count", "cuda"),
          ("backends.mps", "is_available", "mps"), ("xpu", "is_available", "xpu"),
          ("accelerator", "is_available", "cuda"),
          ("accelerator", "current_accelerator", "cuda"))  # fmt: skip


class Started:
    """Whether the student's code has a GPU in use; true of it then."""

    def __init__(self, torch: Any) -> None:
        self._cuda, self._xpu = torch.cuda.is_initialized, torch.xpu.is_initialized

    def __bool__(self) -> bool:
        return sys.platform == "darwin" or bool(self._cuda() or self._xpu())


class GpuSeed:
    """What the generator of the GPU was seeded with last."""

    def __init__(self) -> None:
        self._seed = UNSEEDED

    def manual_seed(self, seed: int) -> None:
        """It was seeded."""
        self._seed = seed

    def initial_seed(self) -> int:
        """The seed."""
        return self._seed


class RealDevice:
    """Tells devices, and lets every call be.

    Attributes:
        pretends: that there is a GPU.
        in_use: true once something can lie elsewhere than on the CPU.
        generator: knows the seed of the GPU's.

    Args:
        torch: the torch module.
        recorder: where device requests go.
    """

    pretends = False

    def __init__(self, torch: Any, recorder: Recorder) -> None:
        self._really_on = torch._C.TensorBase.device.__get__
        self._device = torch.device
        self._recorder = recorder
        self.in_use = Started(torch)
        self.generator = GpuSeed()

    def of(self, tensor: Any) -> str:
        """The device a tensor is on, such as "cuda:0"."""
        return str(self._really_on(tensor))

    def serve(self, name: str, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Make a call, and note the device it asks for."""
        __tracebackhide__ = True
        wanted = kwargs.get("device")
        if wanted is None and name == "to" and len(args) > 1:
            wanted = args[1]
        if name == "cuda":
            wanted = f"cuda:{number(args[1] if len(args) > 1 else wanted)}"
        if type(wanted) in (str, self._device):
            self._recorder.add_once("device", device=full_name(str(wanted)))
        return func(*args, **kwargs)


def watch_seeds(torch: Any, gpu: GpuSeed, recorder: Recorder) -> None:
    """Record the seeding calls of torch; they do what they do."""
    within = [False]

    def seen(call: str, generators: list[str]) -> Callable[..., None]:
        def look(seed: Any, *args: Any, **kwargs: Any) -> None:
            if within[0] or not isinstance(seed, (int, float)):
                return
            recorder.add_once("seed", call=call, generators=generators, value=int(seed))
            if "gpu" in generators:
                gpu.manual_seed(int(seed))

        return look

    original = torch.manual_seed

    @functools.wraps(original)
    def seed_all(seed: Any) -> Any:  # it seeds each GPU through the functions below
        __tracebackhide__ = True
        within[0] = True
        try:
            return original(seed)
        finally:
            within[0] = False

    seeding = before(seen("torch.manual_seed", ["cpu", "gpu"]), seed_all)
    torch.manual_seed = torch.random.manual_seed = seeding
    for owner, path in (
        (torch.cuda, "torch.cuda"), (torch.cuda.random, "torch.cuda.random"),
        (torch.mps, "torch.mps"), (torch.xpu, "torch.xpu"),
    ):  # fmt: skip
        for name in SEEDING:
            function = getattr(owner, name, None)
            if function is not None:
                setattr(owner, name, before(seen(f"{path}.{name}", ["gpu"]), function))


def watch_questions(torch: Any, recorder: Recorder) -> None:
    """Record that code asked whether an accelerator is there; the answer is the machine's."""

    def seen(accelerator: str) -> Callable[..., None]:
        def look(*args: Any, **kwargs: Any) -> None:
            if not asked_by_torch():
                recorder.add_once("device_asked", accelerator=accelerator)

        return look

    for path, name, accelerator in ASKING:
        owner = torch
        for part in path.split("."):
            owner = getattr(owner, part, None)
        function = getattr(owner, name, None)
        if function is not None:
            setattr(owner, name, before(seen(accelerator), function))
