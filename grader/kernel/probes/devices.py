"""Code that asks for a GPU runs without one: requests are recorded and served by the CPU.

The student believes a CUDA device to be there. A tensor sent to it stays an ordinary CPU tensor
that carries a tag; reading `x.device`, printing it or moving it back honours the tag. The GPU has
a random generator of its own, as on a real machine, so that seeding only one of the two shows.

Not simulated: errors for mixing devices, threads, C++ code, and so what comes out of `vmap`, `grad`
and the like, which is told where a tagged tensor goes in. The road not taken, real tensors at the
CUDA dispatch key, needs private C++ slots of torch; it can replace this file as a whole.
"""

from __future__ import annotations

from collections.abc import Sized
from typing import Any

from ..recorder import Recorder
from .tags import TensorTags

ACCELERATORS = ("cuda", "mps", "xpu", "xla")


class ServedDevice:
    """The pretended accelerator: tags, requests and its random generator.

    Attributes:
        in_use: holds something once the student can believe anything to lie on the accelerator.

    Args:
        torch: the torch module.
        recorder: where device requests go.
        seed: initial seed of the accelerator's generator.
    """

    def __init__(self, torch: Any, recorder: Recorder, seed: int) -> None:
        from torch.utils import _device

        self._torch = torch
        self._plain = torch.Tensor
        self._really_on = torch._C.TensorBase.device.__get__
        self._transforms = torch._C._functorch
        self._recorder = recorder
        self._tags = TensorTags(torch)
        self.in_use: Sized = self._tags.known
        self.generator = torch.Generator().manual_seed(seed)
        self.default: str | None = None
        self._contexts = _device
        self._constructors = _device._device_constructors()
        drawing = (*RANDOM, *(f"{name}_" for name in RANDOM))
        self._special = {*SPECIAL, *drawing, *(f.__name__ for f in self._constructors)}

    def of(self, tensor: Any) -> str:
        """The device the student believes a tensor to be on, such as "cuda:0"."""
        return str(self._tags.get(tensor) or self._really_on(tensor))

    def tag(self, value: Any, device: str | None) -> None:
        """Mark a tensor, or every tensor of a tuple or list, as being on a device."""
        if isinstance(value, self._torch.Tensor):
            if device is not None:
                self._tags.set(value, device)
        elif isinstance(value, (tuple, list)):
            for item in value:
                self.tag(item, device)

    def serve(self, name: str, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Call a torch function for the student, on the CPU, keeping up the appearance."""
        __tracebackhide__ = True
        if name not in self._special and "device" not in kwargs:
            return self._follow(func, args, kwargs)
        asks = name in ("device", "is_cuda", "get_device", "type") and len(args) == 1 and not kwargs
        if asks and isinstance(args[0], self._torch.Tensor):
            return self._tell(name, func, args[0])
        if name == "_parse_to":  # `model.to(device=…)` reads its arguments, and moves nothing yet
            return func(*args, **kwargs)
        wanted, args, kwargs = self._request(name, func, args, kwargs)
        here = self._first_tag(args) or self._first_tag(tuple(kwargs.values()))
        if here is None and self._transforms.maybe_current_level() is not None:
            self._look_beneath((*args, *kwargs.values()))
        target = here if wanted is None else wanted
        on_accelerator = target is not None and not target.startswith("cpu")
        if name in ("cuda", "pin_memory"):
            result = args[0]  # the real one would look for a driver
        elif on_accelerator and is_random(name):
            result = self._with_own_generator(func, args, kwargs)
        else:
            result = func(*args, **kwargs)
        if wanted is not None and args and result is args[0] and name in ("to", "cuda", "cpu"):
            if wanted == self.of(result):
                return result
            result = result.clone()  # a move makes a new tensor, as it does between real devices
        if name == "data" and len(args) == 2:  # x.data = y
            there = self._tags.get(args[1])
            self._tags.drop(args[0])
            self.tag(args[0], there)
        elif on_accelerator and not (args and result is args[0]):  # in place stays where it is
            self.tag(result, target)
        return result

    def _follow(self, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Make a call that names no device and draws nothing: its result lies where its inputs do.

        Most calls are such: all inputs are looked at only if the first one tells nothing.
        """
        __tracebackhide__ = True
        first: Any = args[0] if args else None
        known = self._tags.known.get(first._cdata) if type(first) is self._plain else None
        here: str | None
        if known is not None:
            here = known[1]
        else:
            here = self._first_tag(args) or self._first_tag(tuple(kwargs.values()))
            if here is None and self._transforms.maybe_current_level() is not None:
                self._look_beneath((*args, *kwargs.values()))
        result = func(*args, **kwargs)
        if here is not None and result is not first and not here.startswith("cpu"):
            self.tag(result, here)  # in place stays where it is
        return result

    def _tell(self, name: str, func: Any, tensor: Any) -> Any:
        tag = self._tags.get(tensor)
        if tag is None:
            return func(tensor)
        if name == "device":
            return self._torch.device(tag)
        if name == "is_cuda":
            return bool(tag.startswith("cuda"))
        if name == "get_device":
            return self._torch.device(tag).index or 0
        return func(tensor).replace("torch.", f"torch.{tag.split(':')[0]}.", 1)

    def _request(
        self, name: str, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[str | None, tuple[Any, ...], dict[str, Any]]:
        """Which device a call asks for, and the call with that replaced by the CPU."""
        wanted: str | None = None
        if name == "cuda":
            wanted = f"cuda:{number(args[1] if len(args) > 1 else kwargs.get('device'))}"
            self.asked_for(wanted)
            return wanted, args[:1], {}
        if name == "cpu":
            return "cpu", args, kwargs
        if kwargs.get("device") is not None:
            wanted = self._parse(kwargs["device"])
            if wanted.startswith("meta"):
                return None, args, kwargs
            kwargs = {k: v for k, v in kwargs.items() if k != "pin_memory"} | {"device": "cpu"}
        elif name == "to" and len(args) > 1:
            other = kwargs.get("other", args[1])
            if isinstance(other, self._torch.Tensor):
                wanted = self.of(other)
            elif isinstance(other, (str, int, self._torch.device)) and not isinstance(other, bool):
                wanted = self._parse(other)
                args = (args[0], "cpu", *args[2:])
        elif self._default() is not None and func in self._constructors:
            wanted = self._default()
            kwargs = {**kwargs, "device": "cpu"}
        if wanted is not None:
            self.asked_for(wanted)
        return wanted, args, kwargs

    def _default(self) -> str | None:
        context = self._contexts.CURRENT_DEVICE
        if context is not None and context.type in ACCELERATORS:
            return full_name(str(context))
        return self.default

    def _parse(self, device: Any) -> str:
        text = f"cuda:{device}" if isinstance(device, int) else str(device)
        if not isinstance(device, int):
            self._torch.device(device)  # an unknown name raises here, as it does anywhere
        return full_name(text)

    def asked_for(self, device: str) -> None:
        """Take down that something is to be on a device."""
        self._recorder.add_once("device", device=device)

    def _first_tag(self, values: tuple[Any, ...]) -> str | None:
        for value in values:
            if isinstance(value, self._torch.Tensor):
                tag = self._tags.get(value)
            elif isinstance(value, (tuple, list)):
                tag = self._first_tag(tuple(value[:8]))
            else:
                tag = None
            if tag is not None:
                return str(tag)
        return None

    def _look_beneath(self, values: tuple[Any, ...]) -> None:
        """Tell if one of these, inside `vmap` or the like, stands for tensors on an accelerator."""
        for value in values:
            if not isinstance(value, self._torch.Tensor):
                continue
            if self._transforms.is_functorch_wrapped_tensor(value):
                self._look_beneath((self._transforms.get_unwrapped(value),))
            elif self._tags.get(value) is not None:
                problem = "on which device the results of vmap, grad and the like lie"
                self._recorder.fail("devices", problem)

    def _with_own_generator(self, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        host = self._torch.default_generator
        kept = host.get_state()
        host.set_state(self.generator.get_state())
        try:
            return func(*args, **kwargs)
        finally:
            self.generator.set_state(host.get_state())
            host.set_state(kept)


SPECIAL = ("device", "is_cuda", "get_device", "type", "_parse_to", "cuda", "cpu", "to", "data",
           "pin_memory")  # fmt: skip
"""Calls that ask where a tensor lies, or that move one."""
RANDOM = ("rand", "randn", "randint", "randperm", "normal", "uniform", "bernoulli", "multinomial",
          "rand_like", "randn_like", "randint_like", "poisson", "exponential", "cauchy",
          "log_normal", "geometric", "random", "dropout")  # fmt: skip


def is_random(name: str) -> bool:
    """Whether a torch function of this name draws random numbers."""
    return name.rstrip("_") in RANDOM


def full_name(device: str) -> str:
    """A device with its index: "cuda" is "cuda:0"; the CPU has none."""
    return f"{device}:0" if device in ACCELERATORS else device


def number(index: Any) -> int:
    """Index of what `.cuda()` may be given: nothing, 0, "cuda:0", torch.device."""
    if isinstance(index, int):
        return index
    text = str(index)
    return int(text.rsplit(":", 1)[1]) if ":" in text else 0
