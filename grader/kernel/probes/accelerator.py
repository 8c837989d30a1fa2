"""What `torch.cuda` and `torch.accelerator` say when no GPU is there but one is pretended."""

from __future__ import annotations

import functools
import inspect
import sys
import types
from collections.abc import Callable
from typing import Any

from ..doors import door
from ..recorder import Recorder
from .devices import ACCELERATORS, ServedDevice, full_name
from .stand_ins import NoDevice, generator_class, without_pinning

NAME = "GPU served by the CPU"


def install(torch: Any, served: ServedDevice, recorder: Recorder) -> None:
    """Replace the queries and switches that would need a driver; nothing else of torch.cuda."""

    def asked(answer: Any) -> Callable[..., Any]:
        def query(*args: Any, **kwargs: Any) -> Any:
            if not asked_by_torch():
                recorder.add_once("device_asked", accelerator="cuda")
            return answer

        return query

    cuda = torch.cuda
    replace(cuda, "is_available", asked(True))
    replace(cuda, "device_count", lambda: 1)
    replace(cuda, "current_device", lambda: 0)
    replace(cuda, "is_initialized", lambda: True)
    replace(cuda, "is_current_stream_capturing", lambda: False)  # Adam asks at every step
    replace(cuda, "get_device_name", lambda device=None: NAME)
    properties = types.SimpleNamespace(
        name=NAME, major=7, minor=5, total_memory=2**34, multi_processor_count=40
    )
    replace(cuda, "get_device_properties", lambda device=None: properties)
    replace(cuda, "get_device_capability", lambda device=None: (7, 5))
    replace(cuda, "is_bf16_supported", lambda *args, **kwargs: True)
    for name in ("init", "synchronize", "empty_cache", "set_device", "ipc_collect",
                 "reset_peak_memory_stats", "reset_max_memory_allocated"):  # fmt: skip
        replace(cuda, name, lambda *args, **kwargs: None)
    for name in ("seed", "seed_all"):  # a seed that nobody chose: nothing to record
        replace(cuda, name, served.generator.seed)
    for name in ("memory_allocated", "memory_reserved", "max_memory_allocated",
                 "max_memory_reserved"):  # fmt: skip
        replace(cuda, name, lambda *args, **kwargs: 0)
    replace(cuda, "mem_get_info", lambda device=None: (2**34, 2**34))
    replace(cuda, "memory_summary", lambda *args, **kwargs: "no GPU memory is in use")
    replace(cuda, "initial_seed", served.generator.initial_seed)
    replace(cuda, "get_rng_state", lambda device="cuda": served.generator.get_state())
    replace(cuda, "set_rng_state", lambda state, device="cuda": served.generator.set_state(state))
    cuda.device = NoDevice
    watch(torch.backends.mps, "is_available", "mps", recorder)
    if hasattr(torch, "accelerator"):
        accelerator = torch.accelerator
        replace(accelerator, "is_available", asked(True))
        replace(accelerator, "device_count", lambda: 1)
        device = torch.device("cuda")
        # an optimizer would go on to the device's streams, at every step
        replace(
            accelerator,
            "current_accelerator",
            lambda check_available=False: None if asked_by_torch() else device,
        )
        replace(accelerator, "synchronize", lambda *args, **kwargs: None)
    torch.Generator = generator_class(torch, door(full_name))
    keep_tags(torch, served)
    default_device(torch, served)


def asked_by_torch() -> bool:
    """Whether it is torch itself that asks, such as an optimizer at its step."""
    caller = sys._getframe(3)  # past the query and its stand-in
    return str(caller.f_globals.get("__name__", "")).startswith("torch.")


def replace(owner: Any, name: str, answer: Callable[..., Any]) -> None:
    """Put answer in place of a function, under the name and help of the original."""
    original = getattr(owner, name, None)
    if original is not None:
        setattr(owner, name, functools.wraps(original)(door(answer)))


def watch(owner: Any, name: str, accelerator: str, recorder: Recorder) -> None:
    """Record that code asked for an accelerator that is honestly not there."""
    original = getattr(owner, name)

    def asking(*args: Any, **kwargs: Any) -> Any:
        recorder.add_once("device_asked", accelerator=accelerator)
        return original(*args, **kwargs)

    setattr(owner, name, functools.wraps(original)(door(asking)))


def keep_tags(torch: Any, served: ServedDevice) -> None:
    """Two ways out of a tensor that no torch function mode sees."""
    from torch.utils.data import DataLoader

    original = torch.Tensor._make_subclass

    def make_subclass(cls: Any, data: Any, requires_grad: bool = False, **kwargs: Any) -> Any:
        made = original(cls, data, requires_grad, **kwargs)
        device = served.of(data)
        if not device.startswith("cpu"):
            served.tag(made, device)
        return made

    way_in: Any = door(make_subclass)
    way_in.__signature__ = inspect.signature(make_subclass)  # torch.compile compares it
    torch.Tensor._make_subclass = staticmethod(way_in)
    loader: Any = DataLoader
    loader.__init__ = without_pinning(loader.__init__)


def default_device(torch: Any, served: ServedDevice) -> None:
    """`torch.set_default_device("cuda")` becomes a tag for what is made from here on."""
    original = torch.set_default_device
    told = torch.get_default_device

    def set_default(device: Any) -> None:
        kind = "cpu" if device is None else torch.device(device).type
        if kind in ACCELERATORS:
            original(None)
            served.default = full_name(str(torch.device(device)))
        else:
            served.default = None
            original(device)

    tensor_type = torch.set_default_tensor_type

    @functools.wraps(tensor_type)
    def set_default_type(kind: Any) -> None:
        if str(kind).startswith("torch.cuda."):
            set_default("cuda")
        else:
            tensor_type(kind)

    def get_default() -> Any:
        return torch.device(served.default) if served.default else told()

    for name, answer in (
        ("set_default_tensor_type", set_default_type),
        ("set_default_device", set_default),
        ("get_default_device", get_default),
    ):
        replace(torch, name, answer)
