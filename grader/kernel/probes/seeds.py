"""Seeding calls: which generator, which value.

torch's own functions are replaced, not only watched, because seeding a GPU that is served by the
CPU must reach the generator that serves it.

What is replaced can be taken apart by whoever calls it, so each is a door: see `doors`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from ..doors import door
from ..recorder import Recorder
from .devices import ServedDevice


def install(torch: Any, served: ServedDevice, recorder: Recorder) -> None:
    """Record and serve the seeding calls of torch, numpy and random."""

    def seed_all(seed: int) -> Any:
        both = ["cpu", "gpu"]
        recorder.add_once("seed", call="torch.manual_seed", generators=both, value=int(seed))
        served.generator.manual_seed(int(seed))
        return torch.default_generator.manual_seed(int(seed))

    def seed_gpu(call: str) -> Callable[[int], None]:
        def seeding(seed: int) -> None:
            recorder.add_once("seed", call=call, generators=["gpu"], value=int(seed))
            served.generator.manual_seed(int(seed))

        return seeding

    def unknown_seed() -> int:
        served.generator.seed()
        return int(torch.default_generator.seed())

    torch.seed = torch.random.seed = functools.wraps(torch.seed)(door(unknown_seed))
    seeding = functools.wraps(torch.manual_seed)(door(seed_all))
    torch.manual_seed = torch.random.manual_seed = seeding
    for owner, path in (
        (torch.cuda, "torch.cuda"),
        (torch.cuda.random, "torch.cuda.random"),
        (torch.mps, "torch.mps"),
        (torch.xpu, "torch.xpu"),
    ):
        for name in ("manual_seed", "manual_seed_all"):
            original = getattr(owner, name, None)
            if original is not None:
                gpu = door(seed_gpu(f"{path}.{name}"))
                setattr(owner, name, functools.wraps(original)(gpu))
    watch_others(recorder)


def watch_others(recorder: Recorder) -> None:
    """Numpy's and Python's global generators."""
    import random

    import numpy as np

    for owner, name, call, generator in (
        (np.random, "seed", "numpy.random.seed", "numpy"),
        (random, "seed", "random.seed", "python"),
    ):
        setattr(owner, name, recorded(getattr(owner, name), call, generator, recorder))


def recorded(original: Any, call: str, generator: str, recorder: Recorder) -> Callable[..., Any]:
    """original, with each call told to the recorder."""

    def seeding(*args: Any, **kwargs: Any) -> Any:
        value = args[0] if args else next(iter(kwargs.values()), None)
        whole = isinstance(value, int) and not isinstance(value, bool)
        recorder.add_once("seed", call=call, generators=[generator], value=value if whole else None)
        return original(*args, **kwargs)

    return functools.wraps(original)(door(seeding))
